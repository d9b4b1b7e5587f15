/*
 * request.c
 *		Checks what CREATE TVIEW asks for, before anything is made.
 */
#include "base/compat.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_relation.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"
#include "utils/varlena.h"

#define TABLE_PREFIX	"tv_"
#define VIEW_PREFIX		"v_"
#define KEY_PREFIX		"pk_"

/* Raise a refusal of a tview as the error it describes. */
void
tview_refusal_throw(const TviewRequest *request, const TviewRefusal *refusal)
{
	ereport(ERROR,
			(errcode(refusal->sqlstate),
			 errmsg("cannot create tview \"%s\": %s", request->name, refusal->message),
			 refusal->detail ? errdetail("%s", refusal->detail) : 0,
			 refusal->hint ? errhint("%s", refusal->hint) : 0,
			 refusal->location >= 0 ? errposition(refusal->location + 1) : 0));
}

static List *
parse_key_option(const char *value)
{
	List	   *names = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	if (!SplitIdentifierString(pstrdup(value), ',', &names) || names == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for option \"key\": \"%s\"", value),
				 errhint("Give one or more output columns, separated by commas.")));
	foreach(lc, names)
		for_each_cell(lc2, names, lnext(names, lc))
			if (strcmp(lfirst(lc), lfirst(lc2)) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("column \"%s\" appears twice in option \"key\"",
								(char *) lfirst(lc)),
						 errhint("Name each key column once.")));
	if (list_length(names) > INDEX_MAX_KEYS)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("cannot use more than %d columns in a key", INDEX_MAX_KEYS),
				 errhint("Name fewer columns.")));
	return names;
}

static bool
parse_untraceable_option(const char *value)
{
	if (pg_strcasecmp(value, "recompute") == 0)
		return true;
	if (pg_strcasecmp(value, "error") == 0)
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for option \"on_untraceable\": \"%s\"", value),
			 errhint("Valid values are \"error\" and \"recompute\".")));
}

/* Read WITH (...) into the request. */
void
tview_request_options(TviewRequest *request, List *options)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);
		char	   *value = defGetString(option);

		if (option->defnamespace != NULL ||
			(strcmp(option->defname, "key") != 0 &&
			 strcmp(option->defname, "on_untraceable") != 0))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized tview option \"%s\"", option->defname),
					 errhint("Valid options are \"key\" and \"on_untraceable\".")));
		if (strcmp(option->defname, "key") == 0)
		{
			if (request->explicit_key)
				ereport(ERROR,
						(errcode(ERRCODE_SYNTAX_ERROR),
						 errmsg("option \"key\" specified more than once"),
						 errhint("List all key columns in one option: WITH (key = 'a, b').")));
			request->key_columns = parse_key_option(value);
			request->explicit_key = true;
		}
		else
			request->recompute = parse_untraceable_option(value);
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

/* Derive entity, view and key names from the name of the table. */
void
tview_request_resolve_names(TviewRequest *request, char *name)
{
	bool		prefixed = strncmp(name, TABLE_PREFIX, strlen(TABLE_PREFIX)) == 0 &&
		name[strlen(TABLE_PREFIX)] != '\0';
	char	   *schema = get_namespace_name(request->schema);

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
	request->qualified_name = quote_qualified_identifier(schema, name);
	request->qualified_view = quote_qualified_identifier(schema, request->view);
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

static void
rename_columns(TviewRequest *request)
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

static void
check_column_name(TviewRequest *request, TargetEntry *tle)
{
	if (tle->resname == NULL || tle->resname[0] == '\0' ||
		strcmp(tle->resname, "?column?") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_COLUMN_DEFINITION),
				 errmsg("output column %d of tview \"%s\" has no name",
						tle->resno, request->name),
				 errhint("Give it a name with AS."),
				 errposition(exprLocation((Node *) tle->expr) + 1)));
	if (tview_find_column(request->query, tle->resname) != tle->resno)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_COLUMN),
				 errmsg("output column \"%s\" of tview \"%s\" is specified more than once",
						tle->resname, request->name),
				 errhint("Give each output column a name of its own with AS."),
				 errposition(exprLocation((Node *) tle->expr) + 1)));
}

static TargetEntry *
output_column(TviewRequest *request, const char *name)
{
	AttrNumber	resno = tview_find_column(request->query, name);
	ListCell   *lc;

	foreach(lc, request->query->targetList)
		if (!lfirst_node(TargetEntry, lc)->resjunk &&
			lfirst_node(TargetEntry, lc)->resno == resno)
			return lfirst(lc);
	return NULL;
}

static void
check_key_column(TviewRequest *request, const char *name)
{
	TargetEntry *tle = output_column(request, name);
	Oid			type;

	if (tle == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("key column \"%s\" of tview \"%s\" is missing", name, request->name),
				 errdetail("The definition has no output column of this name."),
				 errhint("Add the column, or name the key: WITH (key = 'column').")));
	type = exprType((Node *) tle->expr);
	if (!OidIsValid(lookup_type_cache(type, TYPECACHE_CMP_PROC)->cmp_proc))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("key column \"%s\" of tview \"%s\" has type %s, which cannot be a key",
						name, request->name, format_type_be(type)),
				 errdetail("The type has no default btree operator class."),
				 errhint("Cast the key to a type that can be ordered.")));
}

static void
check_data_column(TviewRequest *request)
{
	TargetEntry *tle = output_column(request, "data");

	if (tle == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"data\" of tview \"%s\" is missing", request->name),
				 errdetail("By convention a tview has a document in column \"data\" of type jsonb."),
				 errhint("Add the document, or name the key to do without: WITH (key = '%s').",
						 (char *) linitial(request->key_columns))));
	if (exprType((Node *) tle->expr) != JSONBOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"data\" of tview \"%s\" has type %s instead of jsonb",
						request->name, format_type_be(exprType((Node *) tle->expr))),
				 errhint("Build the document with jsonb functions, or cast it to jsonb."),
				 errposition(exprLocation((Node *) tle->expr) + 1)));
}

/* Check the output columns against the rules of the convention. */
void
tview_request_check_columns(TviewRequest *request)
{
	ListCell   *lc;

	rename_columns(request);
	foreach(lc, request->query->targetList)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			check_column_name(request, lfirst(lc));
	foreach(lc, request->key_columns)
		check_key_column(request, lfirst(lc));
	if (!request->explicit_key)
		check_data_column(request);
}

static char *
untraceable_detail(TviewTrace *trace)
{
	if (trace->reason == NULL)
		return psprintf("No join or filter condition ties table \"%s\" to the key.",
						get_rel_name(trace->relid));
	return psprintf("Table \"%s\" reaches the key only through %s.",
					get_rel_name(trace->relid), trace->reason);
}

static TviewRefusal *
untraceable(TviewTrace *trace)
{
	return tview_refusal(ERRCODE_FEATURE_NOT_SUPPORTED, trace->location,
						 psprintf("changes to table \"%s\" cannot be traced to keys",
								  get_rel_name(trace->relid)),
						 untraceable_detail(trace),
						 "WITH (on_untraceable = 'recompute') recomputes the whole tview at each change to the table.");
}

static TviewRefusal *
reads_itself(TviewRequest *request)
{
	return tview_refusal(ERRCODE_INVALID_OBJECT_DEFINITION, -1,
						 psprintf("its definition reads its own backing view \"%s\"",
								  request->view),
						 NULL, "Read the base tables instead.");
}

/*
 * All reasons to refuse the definition; *analysis gets what was found out, NULL
 * where there was a reason not to look.
 */
List *
tview_request_problems(TviewRequest *request, TviewAnalysis **analysis)
{
	Oid			self = get_relname_relid(request->name, request->schema);
	Oid			view = get_relname_relid(request->view, request->schema);
	AttrNumber *keys = palloc(sizeof(AttrNumber) * list_length(request->key_columns));
	Query	   *expanded;
	List	   *problems;
	ListCell   *lc;

	*analysis = NULL;
	if (OidIsValid(view) && list_member_oid(tview_query_views(request->query), view))
		return list_make1(reads_itself(request));
	expanded = tview_expand_query(request->query);
	problems = tview_check_definition(expanded, self);
	if (problems != NIL)
		return problems;
	foreach(lc, request->key_columns)
		keys[foreach_current_index(lc)] = tview_find_column(request->query, lfirst(lc));
	*analysis = tview_analyze(expanded, keys, list_length(request->key_columns),
							  request->qualified_name, request->key_columns);
	foreach(lc, (*analysis)->traces)
	{
		TviewTrace *trace = lfirst(lc);

		if (trace->whole && !request->recompute)
			problems = lappend(problems, untraceable(trace));
	}
	return problems;
}
