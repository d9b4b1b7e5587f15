/*
 * sandbox.c
 *		The environment in which definition and tracing queries run.
 *
 * Whoever fires a refresh, its queries run as the owner of the tview, in a
 * security-restricted operation, with a search_path nobody can plant objects
 * in, and under the output settings that were in force when the tview was
 * created: the same base rows must give the same bytes for every writer.  This
 * is what core does for REFRESH MATERIALIZED VIEW.
 *
 * An error inside the sandbox needs no clean-up here: transaction abort resets
 * user id, security context and settings.
 */
#include "base/compat.h"

#include "base/sandbox.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/ruleutils.h"

/*
 * Settings that can change the bytes of a value computed from the same rows,
 * in the order in which they are recorded.
 */
static const char *const output_settings[] = {
	"TimeZone",
	"DateStyle",
	"IntervalStyle",
	"extra_float_digits",
	"bytea_output",
	"xmlbinary",
	"xmloption",
	"lc_monetary",
	"lc_numeric",
	"lc_time",
	"default_text_search_config",
	"timezone_abbreviations",
	"quote_all_identifiers"
};

/* Settings that are the same for every refresh, whatever the session says. */
static const char *const fixed_settings[][2] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"row_security", "on"},
	{"array_nulls", "on"},
	{"gin_fuzzy_search_limit", "0"},	/* else an index may leave out rows */
	{"jit", "off"},				/* a refresh is many short evaluations */
	{"standard_conforming_strings", "on"},	/* as when queries were deparsed */
};

/* Settings under which constants are written as text that is read alike under all. */
static const char *const deparse_settings[][2] = {
	{"TimeZone", "GMT"},
	{"DateStyle", "ISO, YMD"},
	{"IntervalStyle", "iso_8601"},
	{"extra_float_digits", "3"},
	{"bytea_output", "hex"},
};

/* The variables of these settings, found once. */
static struct config_generic *output_variables[lengthof(output_settings)];
static struct config_generic *fixed_variables[lengthof(fixed_settings)];
static struct config_generic *deparse_variables[lengthof(deparse_settings)];

/*
 * Is the setting in force?  GetConfigOption() answers the same, but looks for
 * the name at each call.
 */
static bool
has_value(struct config_generic *variable, const char *value)
{
	switch (variable->vartype)
	{
		case PGC_BOOL:
			return strcmp(*((struct config_bool *) variable)->variable ? "on" : "off",
						  value) == 0;
		case PGC_INT:
			return *((struct config_int *) variable)->variable == atoi(value);
		case PGC_STRING:
			{
				const char *current = *((struct config_string *) variable)->variable;

				return current != NULL && strcmp(current, value) == 0;
			}
		case PGC_ENUM:
			return strcmp(config_enum_lookup_by_value((struct config_enum *) variable,
													  *((struct config_enum *) variable)->variable),
						  value) == 0;
		default:
			return false;
	}
}

static void
set_if_different(struct config_generic **variable, const char *name, const char *value)
{
	if (*variable == NULL)
		*variable = find_guc(name);
	if (*variable != NULL && has_value(*variable, value))
		return;
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* Set what a "name=value" string says, if the name is one of those known. */
static void
apply_setting(const char *setting)
{
	for (int i = 0; i < lengthof(output_settings); i++)
	{
		size_t		length = strlen(output_settings[i]);

		if (strncmp(setting, output_settings[i], length) == 0 && setting[length] == '=')
		{
			set_if_different(&output_variables[i], output_settings[i],
							 setting + length + 1);
			return;
		}
	}
}

/*
 * Become the owner of a tview in its recorded settings.
 *
 * settings: list of "name=value" C strings as recorded in pg_tview_meta, from
 * tview_settings_current().  Must be paired with tview_sandbox_leave() unless
 * an error is thrown.
 */
void
tview_sandbox_enter(TviewSandbox *sandbox, Oid owner, List *settings)
{
	ListCell   *lc;

	GetUserIdAndSecContext(&sandbox->saved_user, &sandbox->saved_sec_context);
	sandbox->guc_nest_level = NewGUCNestLevel();
	for (int i = 0; i < lengthof(fixed_settings); i++)
		set_if_different(&fixed_variables[i], fixed_settings[i][0], fixed_settings[i][1]);
	foreach(lc, settings)
		apply_setting(lfirst(lc));
	SetUserIdAndSecContext(owner, sandbox->saved_sec_context |
						   SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION |
						   SECURITY_NOFORCE_RLS);
}

/* Back to the user and settings that tview_sandbox_enter() found. */
void
tview_sandbox_leave(TviewSandbox *sandbox)
{
	AtEOXact_GUC(false, sandbox->guc_nest_level);
	SetUserIdAndSecContext(sandbox->saved_user, sandbox->saved_sec_context);
}

/*
 * Look for unqualified names in one schema, until the settings' nesting level
 * ends.
 */
void
tview_sandbox_search_path(const char *schema)
{
	(void) set_config_option("search_path",
							 psprintf("%s, pg_temp", quote_identifier(schema)),
							 PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/*
 * A query as SQL.  Whoever parses it, under whatever recorded settings, gets the
 * same constants.
 */
char *
tview_deparse(Query *query)
{
	int			level = NewGUCNestLevel();
	char	   *sql;

	for (int i = 0; i < lengthof(deparse_settings); i++)
		set_if_different(&deparse_variables[i], deparse_settings[i][0],
						 deparse_settings[i][1]);
	sql = pg_get_querydef(query, false);
	AtEOXact_GUC(false, level);
	return sql;
}

/* The output settings of this session, as a list of "name=value" strings. */
List *
tview_settings_current(void)
{
	List	   *settings = NIL;

	for (int i = 0; i < lengthof(output_settings); i++)
	{
		const char *value = GetConfigOption(output_settings[i], true, false);

		if (value != NULL)
			settings = lappend(settings,
							   psprintf("%s=%s", output_settings[i], value));
	}
	return settings;
}
