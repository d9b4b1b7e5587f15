/*
 * utility.c
 *		The ProcessUtility hook: finds the statements that concern tviews.
 */
#include "base/compat.h"

#include "access/xact.h"
#include "base/guc.h"
#include "capture/capture.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/event_trigger.h"
#include "ddl/ddl.h"
#include "ddl/syntax.h"
#include "miscadmin.h"
#include "refresh/refresh.h"
#include "session/session.h"
#include "tcop/cmdtag.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

static ProcessUtility_hook_type prev_ProcessUtility = NULL;

static void
require_extension(void)
{
	if (!OidIsValid(tview_extension_schema()))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension pg_tviews is not created in this database"),
				 errhint("Run CREATE EXTENSION pg_tviews.")));
}

/* What CREATE TABLE AS can say and CREATE TVIEW cannot. */
static void
check_create_clauses(CreateTableAsStmt *stmt)
{
	IntoClause *into = stmt->into;
	const char *clause = NULL;

	if (into->accessMethod != NULL)
		clause = "USING";
	else if (into->onCommit != ONCOMMIT_NOOP)
		clause = "ON COMMIT";
	else if (into->tableSpaceName != NULL)
		clause = "TABLESPACE";
	if (clause != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s is not supported in CREATE TVIEW", clause),
				 errhint("Use ALTER TABLE on the tview afterwards.")));
	if (!IsA(stmt->query, Query) ||
		castNode(Query, stmt->query)->commandType != CMD_SELECT)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("tview \"%s\" must be defined by a SELECT", into->rel->relname),
				 errhint("Write CREATE TVIEW name AS SELECT ...")));
	if (stmt->is_select_into)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("SELECT INTO cannot define a tview"),
				 errhint("Remove INTO.")));
}

static void
create_tview(CreateTableAsStmt *stmt, bool or_replace, QueryCompletion *qc)
{
	TviewRequest request = {0};

	require_extension();
	check_create_clauses(stmt);
	if (or_replace && stmt->if_not_exists)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("OR REPLACE and IF NOT EXISTS exclude each other for tview \"%s\"",
						stmt->into->rel->relname),
				 errhint("Leave out one of them.")));
	request.range = copyObject(stmt->into->rel);
	request.query = copyObject(castNode(Query, stmt->query));
	request.column_names = stmt->into->colNames;
	request.options = stmt->into->options;
	request.if_not_exists = stmt->if_not_exists;
	request.or_replace = or_replace;
	request.with_data = !stmt->into->skipData;
	tview_create(&request);
	if (qc)
		SetQueryCompletion(qc, CMDTAG_CREATE_TABLE, 0);
}

static void
drop_tviews(DropStmt *stmt, QueryCompletion *qc)
{
	List	   *ranges = NIL;
	ListCell   *lc;

	foreach(lc, stmt->objects)
		ranges = lappend(ranges, makeRangeVarFromNameList(lfirst(lc)));
	tview_drop(ranges, stmt->missing_ok, stmt->behavior);
	if (qc)
		SetQueryCompletion(qc, CMDTAG_DROP_TABLE, 0);
}

/* Does one of these tviews read one of these tables, or the view of one? */
static bool
read_each_other(List *tviews, List *tables)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, tviews)
	{
		TviewDesc  *desc = tview_desc(lfirst_oid(lc));

		foreach(lc2, tables)
		{
			const TviewMeta *meta = tview_meta_of_table(lfirst_oid(lc2));

			if (list_member_oid(desc->base_relations, lfirst_oid(lc2)) ||
				(meta != NULL && list_member_oid(desc->helper_views, meta->view)))
				return true;
		}
	}
	return false;
}

/*
 * The tviews, as names, that DROP TABLE names together with tables that they
 * read: the server does not know that their views go with them.  NIL where it
 * can do without us.
 */
static List *
tviews_to_drop_first(DropStmt *stmt)
{
	List	   *tviews = NIL;
	List	   *tables = NIL;
	List	   *names = NIL;
	ListCell   *lc;

	if (stmt->removeType != OBJECT_TABLE || list_length(stmt->objects) < 2 ||
		tview_restore_in_progress() || !OidIsValid(tview_meta_relid()))
		return NIL;
	foreach(lc, stmt->objects)
	{
		Oid			relid = tview_relid_by_name(makeRangeVarFromNameList(lfirst(lc)));

		tables = lappend_oid(tables, relid);
		if (!tview_exists(relid))
			continue;
		tviews = lappend_oid(tviews, relid);
		names = lappend(names, lfirst(lc));
	}
	return read_each_other(tviews, tables) ? names : NIL;
}

/* A copy of a DROP TABLE without the tviews, which are dropped here. */
static PlannedStmt *
drop_tviews_first(PlannedStmt *pstmt, List *names)
{
	PlannedStmt *rest = copyObject(pstmt);
	DropStmt   *first = copyObject(castNode(DropStmt, pstmt->utilityStmt));

	first->objects = names;
	castNode(DropStmt, rest->utilityStmt)->objects =
		list_difference(castNode(DropStmt, pstmt->utilityStmt)->objects, names);
	drop_tviews(first, NULL);
	return rest;
}

/* A statement that says TVIEW. */
static void
process_tview_statement(Node *tree, const TviewStatement *said, QueryCompletion *qc)
{
	static const char *const names[] = {
		[TVIEW_STATEMENT_CREATE] = "CREATE TVIEW",
		[TVIEW_STATEMENT_DROP] = "DROP TVIEW",
		[TVIEW_STATEMENT_ALTER] = "ALTER TVIEW",
	};

	require_extension();
	PreventCommandIfReadOnly(names[said->kind]);
	switch (said->kind)
	{
		case TVIEW_STATEMENT_CREATE:
			if (!IsA(tree, CreateTableAsStmt))
				ereport(ERROR,
						(errcode(ERRCODE_SYNTAX_ERROR),
						 errmsg("a tview must be defined by a SELECT"),
						 errhint("Write CREATE TVIEW name AS SELECT ...")));
			create_tview((CreateTableAsStmt *) tree, said->or_replace, qc);
			break;
		case TVIEW_STATEMENT_DROP:
			drop_tviews(castNode(DropStmt, tree), qc);
			break;
		case TVIEW_STATEMENT_ALTER:
			tview_alter(tree);
			break;
	}
}

static bool
may_say_tview(Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_CreateTableAsStmt:
		case T_CreateStmt:
		case T_CreateForeignTableStmt:
		case T_DropStmt:
		case T_AlterTableStmt:
		case T_AlterTableMoveAllStmt:
		case T_AlterObjectSchemaStmt:
		case T_AlterObjectDependsStmt:
		case T_RenameStmt:
			return true;
		default:
			return false;
	}
}

/* CREATE TABLE tv_x AS, where the user asked that it be a tview. */
bool
tview_asked_by_setting(Node *tree)
{
	CreateTableAsStmt *stmt = (CreateTableAsStmt *) tree;

	return tview_create_table_as && IsA(tree, CreateTableAsStmt) &&
		stmt->objtype == OBJECT_TABLE && !stmt->is_select_into &&
		IsA(stmt->query, Query) &&
		stmt->into->rel->relpersistence == RELPERSISTENCE_PERMANENT &&
		strncmp(stmt->into->rel->relname, "tv_", 3) == 0 &&
		OidIsValid(tview_extension_schema());
}

/* Does the command give rights?  They may be what the next flush needs. */
static bool
grants_rights(Node *tree)
{
	return IsA(tree, GrantStmt) && ((GrantStmt *) tree)->is_grant;
}

/* A temporary table that is nobody's child: no tview can read it. */
static bool
makes_temporary_table(Node *tree)
{
	RangeVar   *range = NULL;

	if (IsA(tree, CreateTableAsStmt))
		range = ((CreateTableAsStmt *) tree)->into->rel;
	else if (IsA(tree, CreateStmt) && ((CreateStmt *) tree)->inhRelations == NIL)
		range = ((CreateStmt *) tree)->relation;
	return range != NULL &&
		(range->relpersistence == RELPERSISTENCE_TEMP ||
		 (range->schemaname != NULL && strcmp(range->schemaname, "pg_temp") == 0));
}

/*
 * Pending changes must not meet another definition or another table.  The parts
 * of a statement need nothing that the whole did not, nor do commands of ours, in the
 * sandbox, where no deferred trigger could be queued.  A flush keeps its locks
 * until commit, so that one too many makes other writers wait.
 */
static void
flush_before(Node *tree, ProcessUtilityContext context)
{
	if (!tview_dirty_pending() || tview_ddl_active() || InSecurityRestrictedOperation() ||
		context == PROCESS_UTILITY_SUBCOMMAND || makes_temporary_table(tree))
		return;
	if (GetCommandLogLevel(tree) == LOGSTMT_DDL && !grants_rights(tree))
		tview_flush();
}

/* Foreign tables cannot have TRUNCATE triggers. */
static void
capture_foreign_truncate(TruncateStmt *stmt)
{
	List	   *relids = NIL;
	ListCell   *lc;

	foreach(lc, stmt->relations)
		relids = lappend_oid(relids, RangeVarGetRelid(lfirst(lc), NoLock, false));
	foreach(lc, tview_capture_targets(relids))
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_FOREIGN_TABLE)
			tview_capture_truncate(lfirst_oid(lc));
}

/*
 * COPY of a tview reads with the active snapshot, which must see the flush.
 * Returns whether it was replaced.
 */
static bool
prepare_copy(CopyStmt *copy)
{
	Oid			relid;

	if (copy->relation == NULL || copy->is_from)
		return false;
	relid = RangeVarGetRelid(copy->relation, NoLock, true);
	if (!OidIsValid(relid) || tview_meta_of_table(relid) == NULL)
		return false;
	tview_flush_for(list_make1_oid(relid));
	PushActiveSnapshot(GetTransactionSnapshot());
	tview_conflict_check(list_make1_oid(relid), GetActiveSnapshot());
	return true;
}

/* What the hook gets, and passes on. */
#define UTILITY_PARAMETERS \
	PlannedStmt *pstmt, const char *queryString, bool readOnlyTree, \
	ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *queryEnv, \
	DestReceiver *dest, QueryCompletion *qc
#define UTILITY_ARGUMENTS \
	pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc

static void tview_ProcessUtility(UTILITY_PARAMETERS);

/* Do what a statement says of tviews; false where it says nothing of them. */
static bool
process_as_tview(UTILITY_PARAMETERS)
{
	Node	   *tree = pstmt->utilityStmt;
	TviewStatement said;
	List	   *names;

	if (context == PROCESS_UTILITY_SUBCOMMAND || tview_ddl_active())
		return false;
	if (may_say_tview(tree) &&
		tview_statement_parse(queryString, pstmt->stmt_location, pstmt->stmt_len, &said))
	{
		process_tview_statement(tree, &said, qc);
		return true;
	}
	if (tview_asked_by_setting(tree))
	{
		create_tview((CreateTableAsStmt *) tree, false, qc);
		return true;
	}
	names = IsA(tree, DropStmt) ? tviews_to_drop_first((DropStmt *) tree) : NIL;
	if (names == NIL)
		return false;
	tview_ProcessUtility(drop_tviews_first(pstmt, names), queryString, false, context,
						 params, queryEnv, dest, qc);
	return true;
}

static void
process(UTILITY_PARAMETERS)
{
	if (prev_ProcessUtility)
		prev_ProcessUtility(UTILITY_ARGUMENTS);
	else
		standard_ProcessUtility(UTILITY_ARGUMENTS);
}

/* COPY FROM writes without the executor, which tells of other statements. */
static void
process_copy_from(UTILITY_PARAMETERS)
{
	tview_running_writes++;
	PG_TRY();
	{
		process(UTILITY_ARGUMENTS);
	}
	PG_FINALLY();
	{
		tview_running_writes--;
	}
	PG_END_TRY();
}

static void
process_copy(UTILITY_PARAMETERS)
{
	CopyStmt   *copy = castNode(CopyStmt, pstmt->utilityStmt);
	bool		snapshot = prepare_copy(copy);

	if (copy->is_from)
		process_copy_from(UTILITY_ARGUMENTS);
	else
		process(UTILITY_ARGUMENTS);
	if (snapshot)
		PopActiveSnapshot();
}

static void
tview_ProcessUtility(UTILITY_PARAMETERS)
{
	Node	   *tree = pstmt->utilityStmt;

	flush_before(tree, context);
	if (process_as_tview(UTILITY_ARGUMENTS))
		return;
	if (IsA(tree, CopyStmt))
		process_copy(UTILITY_ARGUMENTS);
	else
		process(UTILITY_ARGUMENTS);
	if (IsA(tree, TruncateStmt))
		capture_foreign_truncate((TruncateStmt *) tree);
	if (IsA(tree, ReassignOwnedStmt))
		tview_after_reassignment(tree);

	/* COPY, TRUNCATE and DDL end without the executor. */
	if (!IsA(tree, TransactionStmt))
		tview_at_statement_end();
}

void
tview_utility_init(void)
{
	prev_ProcessUtility = ProcessUtility_hook;
	ProcessUtility_hook = tview_ProcessUtility;
}
