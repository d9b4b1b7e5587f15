/*
 * executor.c
 *		Queries see their transaction's own changes in tviews.
 *
 * Before a query starts, what is pending for the tviews in its range table is
 * flushed, and the query's snapshot is renewed.  This covers
 * plain and prepared statements, cursors, and queries inside functions, since
 * each of them starts the executor.
 */
#include "base/compat.h"

#include "access/xact.h"
#include "base/guc.h"
#include "capture/capture.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "refresh/refresh.h"
#include "session/session.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

static ExecutorStart_hook_type prev_ExecutorStart = NULL;
static ExecutorRun_hook_type prev_ExecutorRun = NULL;
static ExecutorFinish_hook_type prev_ExecutorFinish = NULL;

static List *
relations_of(PlannedStmt *stmt)
{
	List	   *relids = NIL;
	ListCell   *lc;

	foreach(lc, stmt->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_RELATION)
			relids = lappend_oid(relids, rte->relid);
	}
	return relids;
}

/* The tviews that a query reads. */
static List *
tviews_read(QueryDesc *query)
{
	List	   *tviews = NIL;
	ListCell   *lc;

	foreach(lc, relations_of(query->plannedstmt))
		if (tview_meta_of_table(lfirst_oid(lc)) != NULL)
			tviews = list_append_unique_oid(tviews, lfirst_oid(lc));
	return tviews;
}

/*
 * Was the query's snapshot taken before a flush wrote tviews?  This query's own
 * flush, or one before a query inside a function that runs with the snapshot of
 * its caller; or before the command that it is part of (CREATE TABLE AS), which has
 * advanced a snapshot from before the flush.
 */
static bool
snapshot_is_behind(QueryDesc *query)
{
	if (!IsMVCCSnapshot(query->snapshot))
		return false;
	return query->snapshot->curcid < tview_flushed_command() ||
		(!IsolationUsesXactSnapshot() && tview_flushed_command() > 0 &&
		 tview_flush_saw_more(query->snapshot));
}

/* The same snapshot, which also sees what this transaction did until now. */
static Snapshot
advanced_snapshot(Snapshot snapshot)
{
	Snapshot	result;

	PushCopiedSnapshot(snapshot);
	UpdateActiveSnapshotCommandId();
	result = RegisterSnapshot(GetActiveSnapshot());
	PopActiveSnapshot();
	return result;
}

/*
 * Let the query see what the flush wrote.  At READ COMMITTED that takes a new
 * snapshot: the flush may have waited for another transaction and then replaced
 * a row that this one wrote, of which the old snapshot shows the version before.
 * Otherwise it stays the one it was: that of a foreign key's query is a later one
 * than that of the transaction.
 */
static void
renew_snapshot(QueryDesc *query)
{
	Snapshot	before = query->snapshot;

	query->snapshot = IsolationUsesXactSnapshot() ? advanced_snapshot(before) :
		RegisterSnapshot(GetTransactionSnapshot());
	UnregisterSnapshot(before);
}

/* Does the plan call functions of users, which may read anything? */
static bool
calls_functions(PlannedStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->invalItems)
		if (lfirst_node(PlanInvalItem, lc)->cacheId == PROCOID)
			return true;
	return false;
}

/* May parallel workers read tviews that the plan does not mention? */
static bool
workers_may_read(QueryDesc *query)
{
	return query->plannedstmt->parallelModeNeeded && calls_functions(query->plannedstmt);
}

static void
flush_for_query(QueryDesc *query)
{
	/* A worker cannot know what is pending here: flush all before. */
	if (workers_may_read(query))
		tview_flush();
	else
		tview_flush_for(relations_of(query->plannedstmt));
}

/* Have the tviews that a query reads show all that its transaction did. */
static void
prepare_reading(QueryDesc *query)
{
	List	   *tviews;

	if (tview_dirty_pending())
		flush_for_query(query);
	if ((tview_flushed_command() == 0 && !IsolationIsSerializable()) ||
		query->snapshot == InvalidSnapshot)
		return;
	tviews = tviews_read(query);
	if (tviews == NIL && !workers_may_read(query))
		return;
	if (snapshot_is_behind(query))
		renew_snapshot(query);
	tview_conflict_check(tviews, query->snapshot);
}

/*
 * A wrapper of foreign tables ends its remote transaction before commit; one that
 * is begun after that would bring the server down.  What is known to use foreign
 * tables has been flushed before, but for changes made without a statement, and
 * there are functions that say they read nothing.
 */
static void
refuse_foreign_tables(PlannedStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		bool		written = list_member_int(stmt->resultRelations,
											  foreach_current_index(lc) + 1);

		/* Of a table that is read, the partitions are in the list; of one that is
		 * written, not all. */
		if (rte->rtekind == RTE_RELATION &&
			(rte->relkind == RELKIND_FOREIGN_TABLE || (written && tview_is_foreign(rte->relid))))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot use foreign table \"%s\" while tviews are refreshed at commit",
							get_rel_name(rte->relid)),
					 errdetail("Its remote transaction has ended by then."),
					 errhint("SET pg_tviews.refresh = 'immediate'.")));
	}
}

static void
tview_ExecutorStart(QueryDesc *query, int eflags)
{
	if (tview_is_committing())
		refuse_foreign_tables(query->plannedstmt);
	if (!tview_flush_is_writing() && !tview_analysing() && !(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		prepare_reading(query);
	if (prev_ExecutorStart)
		prev_ExecutorStart(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
}

/*
 * Flush where settings or memory ask for it.  What triggers do, a cascading
 * foreign key among them, is part of the statement that fired them.
 */
void
tview_at_statement_end(void)
{
	if (!tview_dirty_pending() || tview_flush_is_writing() || tview_analysing() ||
		tview_in_statement())
		return;
	if (tview_refresh_mode == TVIEW_REFRESH_IMMEDIATE || tview_flush_uses_foreign())
		tview_flush();
	else if (tview_dirty_over_limit())
		tview_flush_early();
}

static bool
writes(QueryDesc *query)
{
	return query->operation != CMD_SELECT || query->plannedstmt->hasModifyingCTE;
}

/*
 * Parallel workers get the active snapshot, not the query's own.  A portal makes
 * the query's active before it runs it; SPI and COPY do so before it starts,
 * when it may still be renewed.
 */
static bool
workers_need_snapshot(QueryDesc *query)
{
	return query->plannedstmt->parallelModeNeeded && query->snapshot != InvalidSnapshot &&
		ActiveSnapshotSet() && GetActiveSnapshot() != query->snapshot;
}

static void
run(EXECUTOR_RUN_PARAMETERS)
{
	bool		push = workers_need_snapshot(query);

	if (push)					/* on an error the server pops it */
		PushActiveSnapshot(query->snapshot);
	if (prev_ExecutorRun)
		prev_ExecutorRun(EXECUTOR_RUN_ARGUMENTS);
	else
		standard_ExecutorRun(EXECUTOR_RUN_ARGUMENTS);
	if (push)
		PopActiveSnapshot();
}

static void
tview_ExecutorRun(EXECUTOR_RUN_PARAMETERS)
{
	if (!writes(query))
	{
		run(EXECUTOR_RUN_ARGUMENTS);
		return;
	}
	tview_running_writes++;
	PG_TRY();
	{
		run(EXECUTOR_RUN_ARGUMENTS);
	}
	PG_FINALLY();
	{
		tview_running_writes--;
	}
	PG_END_TRY();
}

static void
finish(QueryDesc *query)
{
	if (prev_ExecutorFinish)
		prev_ExecutorFinish(query);
	else
		standard_ExecutorFinish(query);
}

static void
tview_ExecutorFinish(QueryDesc *query)
{
	if (!writes(query))
	{
		finish(query);
		return;
	}
	tview_running_writes++;
	PG_TRY();
	{
		finish(query);
	}
	PG_FINALLY();
	{
		tview_running_writes--;
	}
	PG_END_TRY();
	tview_at_statement_end();
}

void
tview_executor_init(void)
{
	prev_ExecutorStart = ExecutorStart_hook;
	ExecutorStart_hook = tview_ExecutorStart;
	prev_ExecutorRun = ExecutorRun_hook;
	ExecutorRun_hook = tview_ExecutorRun;
	prev_ExecutorFinish = ExecutorFinish_hook;
	ExecutorFinish_hook = tview_ExecutorFinish;
}
