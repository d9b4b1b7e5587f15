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
#include "miscadmin.h"
#include "monitor/monitor.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteHandler.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

PGDLLEXPORT Datum pg_tviews_analyze_select(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum pg_tviews_describe(PG_FUNCTION_ARGS);

/* Name the tview after the first column that looks like a key. */
static void
derive_names(TviewRequest *request)
{
	List	   *path = fetch_search_path(false);
	ListCell   *lc;

	request->schema = path == NIL ? InvalidOid : linitial_oid(path);
	foreach(lc, request->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!tle->resjunk && tview_request_derive_names(request, tle->resname))
			break;
	}
}

static void
examine_keys(TviewReport *report)
{
	TviewRequest *request = &report->request;
	int			nkeys = list_length(request->key_columns);
	AttrNumber *keys = tview_key_attributes(request);
	AttrNumber	document = tview_find_column(request->query, "data");

	if (nkeys > 0)
		report->traces = tview_analyze(report->expanded, keys, nkeys,
									   request->qualified_name,
									   request->qualified_view,
									   request->key_columns)->traces;
	report->feeds = tview_feeds(report->expanded, document, keys, nkeys);
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
is_known(TviewReport *report, const TviewRefusal *refusal)
{
	ListCell   *lc;

	foreach(lc, report->refusals)
	{
		TviewRefusal *known = lfirst(lc);

		if (same_text(known->message, refusal->message) &&
			same_text(known->detail, refusal->detail))
			return true;
	}
	return false;
}

/* The same words twice, as for each of two levels, help nobody. */
static void
add_refusals(TviewReport *report, List *refusals)
{
	ListCell   *lc;

	foreach(lc, refusals)
		if (!is_known(report, lfirst(lc)))
			report->refusals = lappend(report->refusals, lfirst(lc));
}

/* Find out everything; the sandbox gives names in tracing queries a schema. */
static void
examine(TviewReport *report, Oid user, List *settings)
{
	TviewSandbox sandbox;
	Query	   *expanded;

	add_refusals(report, tview_column_refusals(&report->request));
	tview_sandbox_enter(&sandbox, user, settings);
	expanded = tview_expand_query(report->request.query);
	add_refusals(report, tview_check_definition(expanded, report->request.self,
												  report->request.reads));
	add_refusals(report, tview_temporary_refusals(tview_query_views(report->request.query),
												  expanded));
	report->clock = tview_depends_on_clock(expanded);
	if (!expanded->hasModifyingCTE)
	{
		report->expanded = expanded;
		examine_keys(report);
		add_refusals(report, tview_trace_refusals(&report->request, report->traces));
	}
	tview_sandbox_leave(&sandbox);
}

static const char *const index_names[] = {
	[TVIEW_INDEX_NONE] = NULL,
	[TVIEW_INDEX_PRIMARY_KEY] = "primary key",
	[TVIEW_INDEX_UNIQUE] = "unique",
	[TVIEW_INDEX_PLAIN] = "index",
};

static void
write_columns(TviewReport *report, JsonWriter *writer)
{
	ListCell   *lc;

	json_begin_array(writer, "columns");
	foreach(lc, report->request.query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		TviewColumnRole role;

		if (tle->resjunk)
			continue;
		role = tview_column_role(&report->request, tle);
		json_begin_object(writer, NULL);
		json_string(writer, "name", tle->resname);
		json_string(writer, "type",
					format_type_with_typemod(exprType((Node *) tle->expr),
											 exprTypmod((Node *) tle->expr)));
		json_string(writer, "role", role.role);
		json_string(writer, "index", index_names[role.index]);
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
		if (refusal->location >= 0)
			json_integer(writer, "position", refusal->location + 1);
		json_end_object(writer);
	}
	json_end_array(writer);
}

static Datum
report_as_jsonb(TviewReport *report)
{
	const TviewRequest *request = &report->request;
	JsonWriter	writer = {0};

	json_begin_object(&writer, NULL);
	json_string(&writer, "entity", request->entity);
	json_string(&writer, "table", request->qualified_name);
	json_string(&writer, "view", request->qualified_view);
	json_strings(&writer, "key", request->key_columns);
	write_columns(report, &writer);
	tview_report_tables(report, &writer);
	json_boolean(&writer, "depends_on_clock", report->clock);
	json_string(&writer, "lock", "tview");
	write_refusals(report, &writer);
	json_end_object(&writer);
	return json_finish(&writer);
}

PG_FUNCTION_INFO_V1(pg_tviews_analyze_select);

/*
 * pg_tviews_analyze_select(sql text, options text[]) returns jsonb: what it
 * would become; options are 'name=value'.
 */
Datum
pg_tviews_analyze_select(PG_FUNCTION_ARGS)
{
	TviewReport report = {0};

	report.request.query = tview_parse_select(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	tview_request_options(&report.request,
						  tview_options_from_array(PG_GETARG_DATUM(1)));
	derive_names(&report.request);
	add_refusals(&report, tview_own_view_refusals(&report.request));
	examine(&report, GetUserId(), NIL);
	if (report.expanded != NULL)
		add_refusals(&report,
					 tview_reading_refusals(&report.request,
											tview_base_relations(report.expanded,
																  report.request.reads)));
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

static List *
copy_strings(List *strings)
{
	List	   *copy = NIL;
	ListCell   *lc;

	foreach(lc, strings)
		copy = lappend(copy, pstrdup(lfirst(lc)));
	return copy;
}

/* What an existing tview was created with; the SELECT and full names are not. */
static void
request_of_meta(TviewRequest *request, const TviewMeta *meta)
{
	const char *untraceable = tview_meta_option(meta, "on_untraceable");

	request->recompute = untraceable != NULL && pg_strcasecmp(untraceable, "recompute") == 0;
	request->explicit_key = tview_meta_option(meta, "key") != NULL;
	request->entity = pstrdup(meta->entity);
	request->self = meta->tview;
	request->key_columns = copy_strings(meta->key_columns);
	request->reads = list_copy(meta->reads);
}

PG_FUNCTION_INFO_V1(pg_tviews_describe);

/*
 * pg_tviews_describe(tview regclass) returns jsonb: what it is; NULL where that
 * is no tview or not a complete one.
 */
Datum
pg_tviews_describe(PG_FUNCTION_ARGS)
{
	Oid			tview = PG_GETARG_OID(0);
	const TviewMeta *meta = tview_meta_of_table(tview);
	TviewReport report = {0};
	List	   *settings;
	Oid			view;

	if (meta == NULL)
		PG_RETURN_NULL();
	view = meta->view;
	settings = copy_strings(meta->settings);
	request_of_meta(&report.request, meta);
	if (!OidIsValid(relation_owner(tview)) || !OidIsValid(relation_owner(view)))
		PG_RETURN_NULL();
	report.request.name = get_rel_name(tview);
	report.request.schema = get_rel_namespace(tview);
	report.request.view = get_rel_name(view);
	report.request.qualified_name = tview_qualified_name(tview);
	report.request.qualified_view = tview_qualified_name(view);
	report.request.query = definition_of_view(view);
	examine(&report, relation_owner(tview), settings);
	return report_as_jsonb(&report);
}
