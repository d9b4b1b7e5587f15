/*
 * columns.c
 *		What the output columns of a definition are for, and what is wrong with
 *		them.
 *
 * The rules and messages are those of CREATE TVIEW, which stops at the first
 * problem; here all are collected.
 */
#include "base/compat.h"

#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "monitor/monitor.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

static bool
is_key_column(TviewReport *report, const char *name)
{
	ListCell   *lc;

	foreach(lc, report->key_columns)
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	return false;
}

static bool
is_filter_column(const char *name, Oid type)
{
	size_t		length = strlen(name);

	return type == UUIDOID && length > 3 && strcmp(name + length - 3, "_id") == 0;
}

/* The role of a column by its name and type, and the index it gets for it. */
TviewColumnRole
tview_column_role(TviewReport *report, TargetEntry *tle)
{
	Oid			type = exprType((Node *) tle->expr);
	bool		ordered = OidIsValid(GetDefaultOpClass(type, BTREE_AM_OID));
	TviewColumnRole role = {"materialized", NULL};

	if (strcmp(tle->resname, "data") == 0 && type == JSONBOID)
		role.role = "document";
	else if (strcmp(tle->resname, "id") == 0)
	{
		role.role = "identifier";
		role.index = !ordered ? NULL : report->explicit_key ? "index" : "unique";
	}
	else if (strcmp(tle->resname, "identifier") == 0)
	{
		role.role = "identifier";
		role.index = ordered ? "index" : NULL;
	}
	else if (strncmp(tle->resname, "fk_", 3) == 0)
	{
		role.role = "lineage";
		role.index = ordered ? "index" : NULL;
	}
	else if (is_filter_column(tle->resname, type))
	{
		role.role = "filter";
		role.index = "index";
	}
	if (is_key_column(report, tle->resname))
	{
		role.role = "key";
		if (list_length(report->key_columns) == 1 || role.index == NULL)
			role.index = "primary key";
	}
	return role;
}

/* What is wrong with the name of a column, or NULL. */
static TviewRefusal *
check_name(TviewReport *report, TargetEntry *tle)
{
	int			location = exprLocation((Node *) tle->expr);

	if (tle->resname == NULL || tle->resname[0] == '\0' ||
		strcmp(tle->resname, "?column?") == 0)
		return tview_refusal(ERRCODE_INVALID_COLUMN_DEFINITION, location,
							 psprintf("output column %d has no name", tle->resno),
							 NULL, "Give it a name with AS.");
	if (tview_find_column(report->query, tle->resname) != tle->resno)
		return tview_refusal(ERRCODE_DUPLICATE_COLUMN, location,
							 psprintf("output column \"%s\" is specified more than once",
									  tle->resname),
							 NULL, "Give each output column a name of its own with AS.");
	return NULL;
}

/* What is wrong with the type of a column in its role, or NULL. */
static TviewRefusal *
check_type(TviewReport *report, TargetEntry *tle)
{
	Oid			type = exprType((Node *) tle->expr);
	int			location = exprLocation((Node *) tle->expr);

	if (is_key_column(report, tle->resname) &&
		!OidIsValid(lookup_type_cache(type, TYPECACHE_CMP_PROC)->cmp_proc))
		return tview_refusal(ERRCODE_UNDEFINED_FUNCTION, location,
							 psprintf("key column \"%s\" has type %s, which cannot be a key",
									  tle->resname, format_type_be(type)),
							 "The type has no default btree operator class.",
							 "Cast the key to a type that can be ordered.");
	if (!report->explicit_key && strcmp(tle->resname, "data") == 0 && type != JSONBOID)
		return tview_refusal(ERRCODE_DATATYPE_MISMATCH, location,
							 psprintf("column \"data\" has type %s instead of jsonb",
									  format_type_be(type)),
							 NULL, "Build the document with jsonb functions, or cast it to jsonb.");
	return NULL;
}

static List *
append_if_any(List *refusals, TviewRefusal *refusal)
{
	return refusal == NULL ? refusals : lappend(refusals, refusal);
}

/* Everything that is wrong with the output columns, as a list of TviewRefusal. */
List *
tview_column_refusals(TviewReport *report)
{
	List	   *refusals = NIL;
	ListCell   *lc;

	if (report->key_columns == NIL)
		refusals = lappend(refusals,
						   tview_refusal(ERRCODE_UNDEFINED_COLUMN, -1,
										 "the key column is missing",
										 "By convention the key of tview tv_post is its output column pk_post.",
										 "Add the column, or name the key: WITH (key = 'column')."));
	if (!report->explicit_key &&
		tview_find_column(report->query, "data") == InvalidAttrNumber)
		refusals = lappend(refusals,
						   tview_refusal(ERRCODE_UNDEFINED_COLUMN, -1,
										 "column \"data\" is missing",
										 "By convention a tview has a document in column \"data\" of type jsonb.",
										 "Add the document, or name the key to do without: WITH (key = 'column')."));
	foreach(lc, report->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			continue;
		refusals = append_if_any(refusals, check_name(report, tle));
		refusals = append_if_any(refusals, check_type(report, tle));
	}
	return refusals;
}

/* Why a trace has to recompute everything, as a sentence. */
char *
tview_untraceable_reason(const TviewTrace *trace)
{
	char	   *table = get_rel_name(trace->relid);

	if (trace->reason == NULL)
		return psprintf("No join or filter condition ties table \"%s\" to the key.", table);
	return psprintf("Table \"%s\" reaches the key only through %s.", table, trace->reason);
}

/* Changes that cannot be traced, where recomputing was not asked for. */
List *
tview_trace_refusals(TviewReport *report)
{
	List	   *refusals = NIL;
	ListCell   *lc;

	foreach(lc, report->traces)
	{
		TviewTrace *trace = lfirst(lc);

		if (trace->whole && !report->recompute)
			refusals = lappend(refusals,
							   tview_refusal(ERRCODE_FEATURE_NOT_SUPPORTED, trace->location,
											 psprintf("changes to table \"%s\" cannot be traced to keys",
													  get_rel_name(trace->relid)),
											 tview_untraceable_reason(trace),
											 "WITH (on_untraceable = 'recompute') recomputes the whole "
											 "tview at each change to the table."));
	}
	return refusals;
}
