/*
 * report.c
 *		pg_tviews_analyze_select() and pg_tviews_describe().
 *
 * Both say the same about a definition: the first about one that is only
 * thought of, with the rights of the caller; the second about an existing one,
 * with those of its owner, as maintenance does.  Only the parser and the
 * rewriter see the definition; nothing is planned, executed or created.
 */
#include "base/compat.h"

#include "access/relation.h"
#include "analyze/feeds.h"
#include "base/sandbox.h"
#include "catalog/pg_class.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "monitor/monitor.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteHandler.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#define KEY_PREFIX		"pk_"

PGDLLEXPORT Datum pg_tviews_analyze_select(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum pg_tviews_describe(PG_FUNCTION_ARGS);

/* Name the tview after the first column that looks like a key. */
static void
derive_names(TviewReport *report)
{
	List	   *path = fetch_search_path(false);
	char	   *schema = path == NIL ? NULL : get_namespace_name(linitial_oid(path));
	ListCell   *lc;

	foreach(lc, report->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		char	   *table;

		if (tle->resjunk || strncmp(tle->resname, KEY_PREFIX, strlen(KEY_PREFIX)) != 0 ||
			tle->resname[strlen(KEY_PREFIX)] == '\0')
			continue;
		report->entity = tle->resname + strlen(KEY_PREFIX);
		report->key_columns = list_make1(tle->resname);
		table = psprintf("tv_%s", report->entity);
		report->table = quote_qualified_identifier(schema, table);
		report->view = quote_qualified_identifier(schema, psprintf("v_%s", report->entity));
		if (schema != NULL)
			report->self = get_relname_relid(table, linitial_oid(path));
		break;
	}
}

static void
examine_keys(TviewReport *report)
{
	int			nkeys = list_length(report->key_columns);
	AttrNumber *keys = palloc0(sizeof(AttrNumber) * (nkeys + 1));
	AttrNumber	document = tview_find_column(report->query, "data");
	ListCell   *lc;

	foreach(lc, report->key_columns)
		keys[foreach_current_index(lc)] = tview_find_column(report->query, lfirst(lc));
	if (nkeys > 0)
		report->traces = tview_analyze(report->expanded, keys, nkeys, report->table,
									   report->key_columns)->traces;
	report->feeds = tview_feeds(report->expanded, document, keys, nkeys);
}

/* The same words twice, as for each of two levels, help nobody. */
static void
add_refusals(TviewReport *report, List *refusals)
{
	ListCell   *lc;

	foreach(lc, refusals)
	{
		TviewRefusal *refusal = lfirst(lc);
		bool		known = false;
		ListCell   *lc2;

		foreach(lc2, report->refusals)
			known = known ||
				strcmp(((TviewRefusal *) lfirst(lc2))->message, refusal->message) == 0;
		if (!known)
			report->refusals = lappend(report->refusals, refusal);
	}
}

/* Find out everything; the sandbox gives names in tracing queries a schema. */
static void
examine(TviewReport *report, Oid user, List *settings)
{
	TviewSandbox sandbox;
	Query	   *expanded;

	add_refusals(report, tview_column_refusals(report));
	tview_sandbox_enter(&sandbox, user, settings);
	expanded = tview_expand_query(report->query);
	add_refusals(report, tview_check_definition(expanded, report->self));
	report->clock = tview_depends_on_clock(expanded);
	if (!expanded->hasModifyingCTE)
	{
		report->expanded = expanded;
		examine_keys(report);
		add_refusals(report, tview_trace_refusals(report));
	}
	tview_sandbox_leave(&sandbox);
}

static void
write_columns(TviewReport *report, JsonWriter *writer)
{
	ListCell   *lc;

	json_begin_array(writer, "columns");
	foreach(lc, report->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		TviewColumnRole role;

		if (tle->resjunk)
			continue;
		role = tview_column_role(report, tle);
		json_begin_object(writer, NULL);
		json_string(writer, "name", tle->resname);
		json_string(writer, "type",
					format_type_with_typemod(exprType((Node *) tle->expr),
											 exprTypmod((Node *) tle->expr)));
		json_string(writer, "role", role.role);
		json_string(writer, "index", role.index);
		json_end_object(writer);
	}
	json_end_array(writer);
}

static void
write_refusals(TviewReport *report, JsonWriter *writer)
{
	ListCell   *lc;

	json_begin_array(writer, "refusals");
	foreach(lc, report->refusals)
	{
		TviewRefusal *refusal = lfirst(lc);

		json_begin_object(writer, NULL);
		json_string(writer, "sqlstate", unpack_sql_state(refusal->sqlstate));
		json_string(writer, "message", refusal->message);
		json_string(writer, "detail", refusal->detail);
		json_string(writer, "hint", refusal->hint);
		json_end_object(writer);
	}
	json_end_array(writer);
}

static Datum
report_as_jsonb(TviewReport *report)
{
	JsonWriter	writer = {0};

	json_begin_object(&writer, NULL);
	json_string(&writer, "entity", report->entity);
	json_string(&writer, "table", report->table);
	json_string(&writer, "view", report->view);
	json_strings(&writer, "key", report->key_columns);
	write_columns(report, &writer);
	tview_report_tables(report, &writer);
	json_boolean(&writer, "depends_on_clock", report->clock);
	json_string(&writer, "lock", "tview");
	write_refusals(report, &writer);
	json_end_object(&writer);
	return json_finish(&writer);
}

PG_FUNCTION_INFO_V1(pg_tviews_analyze_select);

/* pg_tviews_analyze_select(sql text) returns jsonb: what it would become. */
Datum
pg_tviews_analyze_select(PG_FUNCTION_ARGS)
{
	TviewReport report = {0};

	report.query = tview_parse_select(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	derive_names(&report);
	examine(&report, GetUserId(), NIL);
	if (report.expanded != NULL)
		add_refusals(&report, tview_rights_refusals(&report));
	return report_as_jsonb(&report);
}

static Query *
definition_of_view(Oid view)
{
	Relation	rel = relation_open(view, AccessShareLock);
	Query	   *query = copyObject(get_view_query(rel));

	relation_close(rel, NoLock);
	return query;
}

/* The owner of a relation; InvalidOid where there is no such relation. */
static Oid
relation_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

static char *
qualified_name(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

PG_FUNCTION_INFO_V1(pg_tviews_describe);

/*
 * pg_tviews_describe(tview regclass) returns jsonb: what it is; NULL where that
 * is no tview or not a complete one.
 */
Datum
pg_tviews_describe(PG_FUNCTION_ARGS)
{
	const TviewMeta *meta = tview_meta_of_table(PG_GETARG_OID(0));
	const char *untraceable;
	TviewReport report = {0};
	List	   *settings = NIL;
	Oid			view;
	ListCell   *lc;

	if (meta == NULL)
		PG_RETURN_NULL();
	view = meta->view;
	untraceable = tview_meta_option(meta, "on_untraceable");
	report.recompute = untraceable != NULL && pg_strcasecmp(untraceable, "recompute") == 0;
	report.explicit_key = tview_meta_option(meta, "key") != NULL;
	report.entity = pstrdup(meta->entity);
	report.self = meta->tview;
	foreach(lc, meta->key_columns)
		report.key_columns = lappend(report.key_columns, pstrdup(lfirst(lc)));
	foreach(lc, meta->settings)
		settings = lappend(settings, pstrdup(lfirst(lc)));
	if (!OidIsValid(relation_owner(report.self)) || !OidIsValid(relation_owner(view)))
		PG_RETURN_NULL();
	report.table = qualified_name(report.self);
	report.view = qualified_name(view);
	report.query = definition_of_view(view);
	examine(&report, relation_owner(report.self), settings);
	return report_as_jsonb(&report);
}
