/*
 * create.c
 *		CREATE TVIEW: from a checked request to view, table, triggers and rows.
 *
 * Order: everything that can be refused is refused first.  Then the base
 * tables are locked against writers; then comes the backing view, then the
 * capture triggers; then a snapshot is taken, so that no change slips between
 * fill and capture; then the table is made by CREATE TABLE AS, and its indexes
 * after it.
 *
 * Each of these commands fires the event triggers of users, which may write base
 * tables, and read the tview where there is one.  What they write after the fill
 * is noticed by the capture triggers.  OR REPLACE gives the table its columns
 * before the view, so that the tview can be refreshed at any time.
 */
#include "base/compat.h"

#include "access/relation.h"
#include "access/xact.h"
#include "base/sandbox.h"
#include "capture/capture.h"
#include "catalog/pg_class.h"
#include "ddl/ddl.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "refresh/refresh.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"

static void
error_position(const TviewRequest *request, int location)
{
	if (location < 0)
		return;
	if (request->text == NULL)
		errposition(location + 1);
	else
	{
		internalerrposition(location + 1);
		internalerrquery(request->text);
	}
}

/* Throw the first of a list of refusals, if any; prefix says what for, where they do not. */
void
tview_refuse(const TviewRequest *request, const char *prefix, List *refusals)
{
	TviewRefusal *refusal;

	if (refusals == NIL)
		return;
	refusal = linitial(refusals);
	ereport(ERROR,
			(errcode(refusal->sqlstate),
			 errmsg("%s%s", prefix, refusal->message),
			 refusal->detail ? errdetail("%s", refusal->detail) : 0,
			 refusal->hint ? errhint("%s", refusal->hint) : 0,
			 error_position(request, refusal->location)));
}

/*
 * The reasons to refuse what the definition contains; *analysis gets what was
 * found out where there is none.
 */
static List *
analyze_definition(TviewRequest *request, TviewAnalysis **analysis)
{
	List	   *refusals = tview_own_view_refusals(request);
	Query	   *expanded;

	if (refusals != NIL)
		return refusals;
	expanded = tview_expand_query(request->query);
	refusals = list_concat(tview_check_definition(expanded, request->self, request->reads),
						   tview_temporary_refusals(tview_query_views(request->query),
													expanded));
	if (refusals != NIL)
		return refusals;
	*analysis = tview_analyze(expanded, tview_key_attributes(request),
							  list_length(request->key_columns),
							  request->qualified_name,
							  request->qualified_view, request->key_columns);
	return tview_trace_refusals(request, (*analysis)->traces);
}

/* A crash empties unlogged tables without telling anyone. */
static void
notice_unlogged(TviewRequest *request, List *relids)
{
	ListCell   *lc;

	foreach(lc, relids)
		if (get_rel_persistence(lfirst_oid(lc)) == RELPERSISTENCE_UNLOGGED)
			ereport(NOTICE,
					(errmsg("tview \"%s\" reads unlogged table \"%s\"",
							request->name, get_rel_name(lfirst_oid(lc))),
					 errdetail("A crash of the server empties the table, but not the tview."),
					 errhint("Run pg_tviews_refresh() after a crash.")));
}

/* Throw the first reason to refuse the definition; returns its base tables if none. */
static List *
check_definition(TviewRequest *request)
{
	TviewAnalysis *analysis = NULL;
	List	   *relids;
	TviewSandbox sandbox;
	List	   *refusals;

	tview_request_name_columns(request);
	tview_refuse(request, "", tview_column_refusals(request));
	tview_sandbox_enter(&sandbox, tview_request_owner(request), NIL);
	refusals = analyze_definition(request, &analysis);
	tview_sandbox_leave(&sandbox);
	tview_refuse(request, psprintf("cannot create tview \"%s\": ", request->name),
				 refusals);
	relids = tview_base_relations(analysis->expanded, request->reads);
	tview_refuse(request, "", tview_reading_refusals(request, relids));
	notice_unlogged(request, relids);
	if (analysis->clock)
		ereport(NOTICE,
				(errmsg("tview \"%s\" depends on the clock or on settings", request->name),
				 errdetail("Its rows do not change by themselves; they are computed when a base row changes.")));
	return relids;
}

static char *
column_names(TviewRequest *request, bool key_only)
{
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	if (key_only)
		foreach(lc, request->key_columns)
			appendStringInfo(&list, "%s%s", list.len ? ", " : "",
							 quote_identifier(lfirst(lc)));
	else
		foreach(lc, request->query->targetList)
			if (!lfirst_node(TargetEntry, lc)->resjunk)
				appendStringInfo(&list, "%s%s", list.len ? ", " : "",
								 quote_identifier(lfirst_node(TargetEntry, lc)->resname));
	return list.data;
}

/* The view was made of SQL: refuse where that says something else than the definition. */
static void
check_view(TviewRequest *request)
{
	List	   *references = tview_merged_references(request->query);
	Relation	view;
	bool		same;

	if (references == NIL)
		return;
	view = relation_open(get_relname_relid(request->view, request->schema), AccessShareLock);
	same = equal(tview_merged_references(get_view_query(view)), references);
	relation_close(view, NoLock);
	if (!same)
		ereport(ERROR,
				(errcode(ERRCODE_AMBIGUOUS_COLUMN),
				 errmsg("cannot create tview \"%s\": a view would not keep its definition as it is",
						request->name),
				 errdetail("A subquery refers to a column merged by USING, whose name it has itself."),
				 errhint("Use ON instead of USING, or another name in the subquery.")));
}

static void
create_view(TviewRequest *request)
{
	char	   *definition = tview_deparse(copyObject(request->query));
	Size		length = strlen(definition);

	if (length > 0 && definition[length - 1] == ';')
		definition[length - 1] = '\0';
	tview_ddl_execute("CREATE %s VIEW %s (%s) AS %s",
					  request->or_replace ? "OR REPLACE" : "",
					  request->qualified_view, column_names(request, false),
					  definition);
	check_view(request);
	if (!OidIsValid(request->self))
		tview_comment_view(request->qualified_name, request->qualified_view);
}

/*
 * CREATE TABLE AS with the latest snapshot, in the maintenance environment.
 *
 * Documents are updated far more often than they come and go: room in each
 * page keeps new versions next to the old ones and out of the indexes (HOT).
 */
static void
fill_table(TviewRequest *request, List *settings)
{
	bool		own_time = tview_find_column(request->query, "updated_at") != 0;
	TviewSandbox sandbox;
	SPIPlanPtr	plan;
	char	   *sql = psprintf("CREATE TABLE %s WITH (fillfactor = 90) AS SELECT %s%s FROM %s WITH %s DATA",
							   request->qualified_name, column_names(request, false),
							   own_time ? "" : ", pg_catalog.now() AS updated_at",
							   request->qualified_view,
							   request->with_data ? "" : "NO");

	tview_sandbox_enter(&sandbox, GetUserId(), settings);
	SPI_connect();
	plan = SPI_prepare(sql, 0, NULL);
	if (plan == NULL ||
		SPI_execute_snapshot(plan, NULL, NULL, GetLatestSnapshot(),
							 InvalidSnapshot, false, false, 0) < 0)
		elog(ERROR, "could not fill tview %s", request->qualified_name);
	SPI_finish();
	tview_sandbox_leave(&sandbox);
}

/* Say what a failed primary key means for a definition. */
static void
explain_key_error(TviewRequest *request, ErrorData *error)
{
	if (error->sqlerrcode == ERRCODE_UNIQUE_VIOLATION)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("key of tview \"%s\" is not unique", request->name),
				 error->detail ? errdetail_internal("%s", error->detail) : 0,
				 errhint("Group or filter the definition so that column %s is unique, or name another key: WITH (key = '...').",
						 column_names(request, true))));
	if (error->sqlerrcode == ERRCODE_NOT_NULL_VIOLATION)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("key of tview \"%s\" is NULL in some row", request->name),
				 errdetail_internal("%s", error->message),
				 errhint("Exclude such rows in the definition, or name another key: WITH (key = '...').")));
	ReThrowError(error);
}

static void
create_primary_key(TviewRequest *request)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		tview_ddl_execute("ALTER TABLE %s ADD PRIMARY KEY (%s)",
						  request->qualified_name, column_names(request, true));
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		explain_key_error(request, error);
	}
	PG_END_TRY();
}

static void
create_index(TviewRequest *request, TargetEntry *tle)
{
	TviewIndexKind kind = tview_column_role(request, tle).index;

	if (kind == TVIEW_INDEX_UNIQUE || kind == TVIEW_INDEX_PLAIN)
		tview_ddl_execute("CREATE %s ON %s (%s)",
						  kind == TVIEW_INDEX_UNIQUE ? "UNIQUE INDEX" : "INDEX",
						  request->qualified_name, quote_identifier(tle->resname));
}

static void
create_indexes(TviewRequest *request)
{
	ListCell   *lc;

	create_primary_key(request);
	foreach(lc, request->query->targetList)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			create_index(request, lfirst(lc));
}

/* A trigger that always fires, replicated changes included. */
static void
create_guard_trigger(TviewRequest *request, const char *name, const char *when,
					 const char *each)
{
	char	   *function =
		quote_qualified_identifier(get_namespace_name(tview_extension_schema()),
								   "pg_tviews_guard");

	tview_run_as_superuser(psprintf("CREATE TRIGGER %s BEFORE %s ON %s FOR EACH %s "
									"EXECUTE FUNCTION %s()", name, when,
									request->qualified_name, each, function));
	tview_run_as_superuser(psprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s",
									request->qualified_name, name));
}

/* The table cannot be written but by refreshes. */
static void
create_guard(TviewRequest *request)
{
	create_guard_trigger(request, "pg_tviews_guard",
						 "INSERT OR UPDATE OR DELETE OR TRUNCATE", "STATEMENT");
	create_guard_trigger(request, "pg_tviews_guard_rows",
						 "INSERT OR UPDATE OR DELETE", "ROW");
}

static void
register_tview(TviewRequest *request, Oid tview, List *settings)
{
	const TviewMeta *old = tview_meta_of_table(tview);
	TviewMeta	meta = {0};

	meta.tview = tview;
	meta.view = old != NULL ? old->view :
		get_relname_relid(request->view, request->schema);
	meta.entity = request->entity;
	meta.key_columns = request->key_columns;
	meta.options = request->stored_options;
	meta.settings = settings;
	meta.populated = request->with_data;
	meta.reads = request->reads;
	if (old != NULL)
		tview_meta_update(&meta);
	else
		tview_meta_insert(&meta);
}

static void
create_new(TviewRequest *request, List *relids, List *settings)
{
	uint64		changes_before;
	Oid			tview;

	create_view(request);
	tview_capture_install(relids);
	changes_before = tview_captured_changes;
	fill_table(request, settings);
	if (tview_find_column(request->query, "updated_at") == 0)
		tview_ddl_execute("ALTER TABLE %s ALTER updated_at SET NOT NULL, "
						  "ALTER updated_at SET DEFAULT pg_catalog.now()",
						  request->qualified_name);
	create_indexes(request);
	tview_comment_table(request->qualified_name, request->qualified_view);
	create_guard(request);
	tview = get_relname_relid(request->name, request->schema);
	register_tview(request, tview, settings);

	/* Until now the tview was not known to capture. */
	if (request->with_data && tview_captured_changes != changes_before)
		tview_dirty_add_whole(tview_desc(tview));
}

/* The type of an output column, as ADD COLUMN takes it. */
static char *
column_type(Node *expr)
{
	char	   *type = format_type_with_typemod(exprType(expr), exprTypmod(expr));
	Oid			collation = exprCollation(expr);

	if (!OidIsValid(collation) || collation == get_typcollation(exprType(expr)))
		return type;
	return psprintf("%s COLLATE %s", type, generate_collation_name(collation));
}

static void
check_same_type(TviewRequest *request, Oid tview, TargetEntry *tle)
{
	Oid			stored = get_atttype(tview, get_attnum(tview, tle->resname));
	Oid			type = exprType((Node *) tle->expr);

	if (stored == type)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
			 errmsg("cannot change the type of column \"%s\" of tview \"%s\" from %s to %s",
					tle->resname, request->name, format_type_be(stored),
					format_type_be(type)),
			 errhint("Drop the tview and create it again.")));
}

/* Columns that OR REPLACE adds at the end of the definition; are there any? */
static bool
add_columns(TviewRequest *request, Oid tview, Oid view)
{
	bool		any = false;
	ListCell   *lc;

	foreach(lc, request->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node	   *expr = (Node *) tle->expr;

		if (tle->resjunk)
			continue;
		if (get_attnum(tview, tle->resname) != InvalidAttrNumber)
		{
			/* The view will refuse other types; updated_at was not in it. */
			if (get_attnum(view, tle->resname) == InvalidAttrNumber)
				check_same_type(request, tview, tle);
			continue;
		}
		tview_ddl_execute("ALTER TABLE %s ADD COLUMN %s %s",
						  request->qualified_name, quote_identifier(tle->resname),
						  column_type(expr));
		create_index(request, tle);
		any = true;
	}
	return any;
}

static bool
same_names(List *a, List *b)
{
	ListCell   *lc;
	ListCell   *lc2;

	if (list_length(a) != list_length(b))
		return false;
	forboth(lc, a, lc2, b)
		if (strcmp(lfirst(lc), lfirst(lc2)) != 0)
			return false;
	return true;
}

/*
 * The view is about to be another: what a flush for an event trigger finds
 * stored, here and in tviews that read the view, cannot be patched.
 */
static void
forget_stored_rows(Oid tview, Oid view)
{
	ListCell   *lc;

	foreach(lc, lcons_oid(tview, tviews_reading(view)))
	{
		TviewDesc  *desc = tview_desc(lfirst_oid(lc));

		if (desc->populated)
			tview_dirty_add_whole(desc);
	}
}

static void
replace(TviewRequest *request, Oid tview, List *relids, List *settings)
{
	const TviewMeta *meta = tview_meta_of_table(tview);
	bool		columns_added;

	if (!same_names(meta->key_columns, request->key_columns))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("cannot change the key of tview \"%s\"", request->name),
				 errhint("Drop the tview and create it again.")));
	columns_added = add_columns(request, tview, meta->view);
	register_tview(request, tview, settings);
	forget_stored_rows(tview, tview_meta_of_table(tview)->view);
	create_view(request);
	tview_capture_install(relids);
	tview_repair_capture(relids);
	tview_after_replacement(tview, tview_meta_of_table(tview)->view, columns_added);
	tview_capture_sweep();
	if (request->with_data)
		tview_refresh_fully(tview);
}

static void
duplicate_relation(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_TABLE),
			 errmsg("relation \"%s\" already exists", name),
			 errhint("Choose another name, or drop the relation.")));
}

/* Who is dropping or renaming the tview that has the name is waited for. */
static void
wait_for_existing(TviewRequest *request)
{
	Oid			before;

	do
	{
		before = request->self;
		(void) tview_still_exists(before);
		tview_request_resolve_names(request, request->name);
	} while (request->self != before);
}

/* Look for what is there already; false where there is nothing to do. */
static bool
check_existing(TviewRequest *request)
{
	Oid			view = get_relname_relid(request->view, request->schema);

	if (OidIsValid(request->self))
	{
		const TviewMeta *meta = tview_meta_of_table(request->self);

		if (request->if_not_exists)
		{
			ereport(NOTICE,
					(errcode(ERRCODE_DUPLICATE_TABLE),
					 errmsg("relation \"%s\" already exists, skipping", request->name)));
			return false;
		}
		if (!request->or_replace || meta == NULL)
			duplicate_relation(request->name);
		if (!relation_ownercheck_compat(request->self, GetUserId()))
			aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, request->name);
		tview_check_complete(request->self);
	}
	else if (OidIsValid(view))
		duplicate_relation(request->view);
	return true;
}

/* While we waited for locks, the tview may have been dropped or renamed. */
static void
check_unchanged(TviewRequest *request)
{
	if (OidIsValid(request->self) &&
		(!tview_exists(request->self) ||
		 get_relname_relid(request->name, request->schema) != request->self))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("tview \"%s\" was dropped or renamed by another transaction",
						request->name),
				 errhint("Run the statement again.")));
}

/* The base tables of the tview as it was, and of those that read its view. */
static List *
tables_of_replaced(Oid tview)
{
	TviewDesc  *desc = tview_desc(tview);
	List	   *relids = list_copy(desc->base_relations);
	ListCell   *lc;

	foreach(lc, tviews_reading(desc->view))
		relids = list_concat_unique_oid(relids, tview_desc(lfirst_oid(lc))->base_relations);
	return relids;
}

static void
create_objects(TviewRequest *request, List *relids)
{
	List	   *settings = tview_settings_current();
	List	   *relids_to_lock = relids;

	/* What is pending was captured under the old definition. */
	tview_flush();

	/* Before the view is locked: writers need it for their flushes. */
	if (OidIsValid(request->self))
	{
		relids_to_lock = list_union_oid(relids, tables_of_replaced(request->self));
		tview_capture_lock(tview_tables_below(relids_to_lock));
	}
	tview_capture_lock(relids_to_lock);
	check_unchanged(request);
	if (OidIsValid(request->self))
		replace(request, request->self, relids, settings);
	else
		create_new(request, relids, settings);
}

/*
 * Create or replace a tview.  Returns false where IF NOT EXISTS found one.
 */
bool
tview_create(TviewRequest *request)
{
	List	   *relids;

	tview_request_resolve(request);
	wait_for_existing(request);
	if (!check_existing(request))
		return false;
	relids = check_definition(request);
	tview_ddl_begin();
	PG_TRY();
	{
		create_objects(request, relids);
	}
	PG_FINALLY();
	{
		tview_ddl_end();
	}
	PG_END_TRY();
	CommandCounterIncrement();
	return true;
}

/*
 * First fill of tviews created WITH NO DATA: keep writers out, and have the next
 * flush compute all rows.
 */
void
tview_populate(List *tviews)
{
	List	   *relids = NIL;
	ListCell   *lc;

	foreach(lc, tviews)
		relids = list_concat_unique_oid(relids, tview_desc(lfirst_oid(lc))->base_relations);
	tview_capture_lock(relids);
	foreach(lc, tviews)
	{
		TviewMeta	meta = tview_meta_copy(tview_meta_of_table(lfirst_oid(lc)));

		meta.populated = true;
		tview_meta_update(&meta);
		CommandCounterIncrement();
	}
}
