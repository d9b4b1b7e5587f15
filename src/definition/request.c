/*
 * request.c
 *		Reads what is asked for: the SELECT, options and names.
 *
 * What makes no sense here is an error of the statement, not a reason to refuse
 * its definition, and is thrown.
 */
#include "base/compat.h"

#include "catalog/namespace.h"
#include "commands/defrem.h"
#include "definition/definition.h"
#include "nodes/makefuncs.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#define TABLE_PREFIX	"tv_"
#define VIEW_PREFIX		"v_"
#define KEY_PREFIX		"pk_"

#define WHITE_SPACE		" \t\n\r\f"

/* Positions in a text are not positions in the statement that holds it. */
static void
parse_error_callback(void *arg)
{
	int			position = geterrposition();

	if (position <= 0)
		return;
	errposition(0);
	internalerrposition(position);
	internalerrquery((const char *) arg);
}

/* The raw statement in a text that must be one SELECT. */
static RawStmt *
parse_raw_select(const char *sql)
{
	List	   *statements = raw_parser(sql, RAW_PARSE_DEFAULT);
	RawStmt    *raw;

	if (list_length(statements) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("a tview must be defined by one SELECT"),
				 errdetail("The text has %d statements.", list_length(statements)),
				 errhint("Give one SELECT.")));
	raw = linitial_node(RawStmt, statements);
	if (!IsA(raw->stmt, SelectStmt))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("a tview must be defined by a SELECT"),
				 errhint("Give the SELECT only, without CREATE.")));
	if (((SelectStmt *) raw->stmt)->intoClause != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("SELECT INTO cannot define a tview"),
				 errhint("Remove INTO.")));
	return raw;
}

/* Analyse a text that must be one SELECT. */
Query *
tview_parse_select(const char *sql)
{
	ErrorContextCallback callback;
	Query	   *query;

	callback.callback = parse_error_callback;
	callback.arg = unconstify(char *, sql);
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	query = parse_analyze_fixedparams(parse_raw_select(sql), sql, NULL, 0, NULL);
	error_context_stack = callback.previous;
	return query;
}

/* Cut a list at its commas, but for those inside of quotes. */
static List *
split_at_commas(const char *value)
{
	List	   *items = NIL;
	bool		quoted = false;
	const char *start = value;

	for (const char *c = value;; c++)
	{
		if (*c == '"')
			quoted = !quoted;
		if (*c != '\0' && (*c != ',' || quoted))
			continue;
		items = lappend(items, pnstrdup(start, c - start));
		if (*c == '\0')
			return items;
		start = c + 1;
	}
}

/* One table in option "reads"; it stays locked, as tables in a query do. */
static Oid
read_table(const TviewRequest *request, char *name)
{
	RangeVar   *range;
	Oid			relid;

	if (name[strspn(name, WHITE_SPACE)] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"reads\" of %s has a comma without a table",
						tview_request_title(request)),
				 errhint("Give the names of tables, separated by commas.")));
	range = makeRangeVarFromNameList(textToQualifiedNameList(cstring_to_text(name)));
	relid = RangeVarGetRelid(range, AccessShareLock, true);
	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"%s\" in option \"reads\" of %s does not exist",
						name + strspn(name, WHITE_SPACE), tview_request_title(request)),
				 errhint("Name tables with their schemas, separated by commas.")));
	return relid;
}

static List *
parse_reads_option(const TviewRequest *request, const char *value)
{
	List	   *relids = NIL;
	ListCell   *lc;

	if (value[strspn(value, WHITE_SPACE)] == '\0')
		return NIL;
	foreach(lc, split_at_commas(value))
		relids = list_append_unique_oid(relids, read_table(request, lfirst(lc)));
	return relids;
}

/* 'name=value' strings as the DefElems of WITH (name = value). */
List *
tview_options_from_array(Datum array)
{
	List	   *options = NIL;
	ListCell   *lc;

	foreach(lc, text_array_to_list(array))
	{
		char	   *name = lfirst(lc);
		char	   *equals = strchr(name, '=');

		if (equals == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("malformed tview option \"%s\"", name),
					 errhint("Write options as name=value.")));
		*equals = '\0';
		options = lappend(options,
						  makeDefElem(name, (Node *) makeString(equals + 1), -1));
	}
	return options;
}

static List *
parse_key_option(const TviewRequest *request, const char *value)
{
	List	   *names = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	if (!SplitIdentifierString(pstrdup(value), ',', &names) || names == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for option \"key\" of %s: \"%s\"",
						tview_request_title(request), value),
				 errhint("Give one or more output columns, separated by commas.")));
	foreach(lc, names)
		for_each_cell(lc2, names, lnext(names, lc))
			if (strcmp(lfirst(lc), lfirst(lc2)) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("column \"%s\" appears twice in option \"key\" of %s",
								(char *) lfirst(lc), tview_request_title(request)),
						 errhint("Name each key column once.")));
	if (list_length(names) > INDEX_MAX_KEYS)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("cannot use more than %d columns in a key", INDEX_MAX_KEYS),
				 errhint("Name fewer columns.")));
	return names;
}

static bool
parse_untraceable_option(const TviewRequest *request, const char *value)
{
	if (pg_strcasecmp(value, "recompute") == 0)
		return true;
	if (pg_strcasecmp(value, "error") == 0)
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for option \"on_untraceable\" of %s: \"%s\"",
					tview_request_title(request), value),
			 errhint("Valid values are \"error\" and \"recompute\".")));
}

/* The value of an option; throws where there is none, or no such option. */
static char *
option_value(const TviewRequest *request, DefElem *option)
{
	if (option->defnamespace != NULL ||
		(strcmp(option->defname, "key") != 0 &&
		 strcmp(option->defname, "on_untraceable") != 0 &&
		 strcmp(option->defname, "reads") != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized option \"%s\" of %s", option->defname,
						tview_request_title(request)),
				 errhint("Valid options are \"key\", \"on_untraceable\" and \"reads\".")));
	if (option->arg == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("option \"%s\" of %s has no value", option->defname,
						tview_request_title(request)),
				 errhint("Write %s = 'value'.", option->defname)));
	return defGetString(option);
}

/* Read WITH (...) into the request. */
void
tview_request_options(TviewRequest *request, List *options)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);
		char	   *value = option_value(request, option);

		if (strcmp(option->defname, "reads") == 0)
		{
			request->reads = parse_reads_option(request, value);
			request->explicit_reads = true;
			continue;			/* stored as Oids, which a rename does not break */
		}
		if (strcmp(option->defname, "key") == 0)
		{
			if (request->explicit_key)
				ereport(ERROR,
						(errcode(ERRCODE_SYNTAX_ERROR),
						 errmsg("option \"key\" of %s specified more than once",
								tview_request_title(request)),
						 errhint("List all key columns in one option: WITH (key = 'a, b').")));
			request->key_columns = parse_key_option(request, value);
			request->explicit_key = true;
		}
		else
			request->recompute = parse_untraceable_option(request, value);
		request->stored_options = lappend(request->stored_options,
										  psprintf("%s=%s", option->defname, value));
	}
}

static void
check_name_length(const char *name, const char *of)
{
	if (strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("tview name \"%s\" is too long", of),
				 errdetail("The name of its backing view, \"%s\", would exceed %d bytes.",
						   name, NAMEDATALEN - 1),
				 errhint("Choose a shorter name.")));
}

/* Derive entity, view and key names from the name of a table. */
void
tview_request_derive_view(TviewRequest *request, char *name)
{
	bool		prefixed = strncmp(name, TABLE_PREFIX, strlen(TABLE_PREFIX)) == 0 &&
		name[strlen(TABLE_PREFIX)] != '\0';

	if (!prefixed && !request->explicit_key)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("tview name \"%s\" is not \"%s\" and the name of an entity", name, TABLE_PREFIX),
				 errdetail("By convention tview tv_post has the key column pk_post."),
				 errhint("Rename it to \"%s%s\", or name its key: WITH (key = 'column').",
						 TABLE_PREFIX, strcmp(name, TABLE_PREFIX) == 0 ? "entity" : name)));
	request->name = name;
	request->entity = pstrdup(prefixed ? name + strlen(TABLE_PREFIX) : name);
	request->view = psprintf("%s%s", VIEW_PREFIX, request->entity);
	check_name_length(request->view, name);
	if (!request->explicit_key)
	{
		char	   *key = psprintf("%s%s", KEY_PREFIX, request->entity);

		check_name_length(key, name);
		request->key_columns = list_make1(key);
	}
}

/* The view of a tview that is there already, whatever it is called by now. */
static void
use_existing_view(TviewRequest *request)
{
	const TviewMeta *meta = tview_meta_of_table(request->self);
	char	   *view = meta == NULL ? NULL : get_rel_name(meta->view);

	if (view == NULL)
		return;
	request->view = view;
	request->qualified_view =
		quote_qualified_identifier(get_namespace_name(get_rel_namespace(meta->view)), view);
}

/* Resolve the name of a table, and those that follow from it. */
void
tview_request_resolve_names(TviewRequest *request, char *name)
{
	char	   *schema = get_namespace_name(request->schema);

	tview_request_derive_view(request, name);
	request->qualified_name = quote_qualified_identifier(schema, name);
	request->qualified_view = quote_qualified_identifier(schema, request->view);
	request->self = get_relname_relid(name, request->schema);
	use_existing_view(request);
}

/* Name a request after an output column pk_<entity>; false for any other name. */
bool
tview_request_derive_names(TviewRequest *request, const char *column)
{
	const char *entity = column + strlen(KEY_PREFIX);

	if (strncmp(column, KEY_PREFIX, strlen(KEY_PREFIX)) != 0 || entity[0] == '\0')
		return false;
	tview_request_resolve_names(request, psprintf("%s%s", TABLE_PREFIX, entity));
	return true;
}

/* Resolve names and options; throws where they make no sense. */
void
tview_request_resolve(TviewRequest *request)
{
	if (request->range->relpersistence == RELPERSISTENCE_TEMP ||
		(request->range->schemaname != NULL &&
		 strcmp(request->range->schemaname, "pg_temp") == 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("tview \"%s\" cannot be temporary", request->range->relname),
				 errhint("Create it in a permanent schema.")));
	tview_request_options(request, request->options);
	request->schema = RangeVarGetAndCheckCreationNamespace(request->range, NoLock, NULL);
	tview_request_resolve_names(request, request->range->relname);
}

/* Give the output columns the names of CREATE TVIEW x (a, b). */
void
tview_request_name_columns(TviewRequest *request)
{
	ListCell   *name = list_head(request->column_names);
	ListCell   *lc;

	foreach(lc, request->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk || name == NULL)
			continue;
		tle->resname = pstrdup(strVal(lfirst(name)));
		name = lnext(request->column_names, name);
	}
	if (name != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("tview \"%s\" has more column names than output columns",
						request->name),
				 errhint("Give one name for each output column.")));
}

/* What messages call the tview: tview "tv_post". */
char *
tview_request_title(const TviewRequest *request)
{
	if (request->name != NULL)
		return psprintf("tview \"%s\"", request->name);
	if (request->range != NULL)
		return psprintf("tview \"%s\"", request->range->relname);
	return pstrdup("the tview");
}
