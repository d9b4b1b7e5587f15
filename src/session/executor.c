/*
 * executor.c
 *		Queries see their transaction's own changes in tviews.
 *
 * Before a query starts, what is pending for the tviews in its range table is
 * flushed, and the query's snapshot is advanced past the flush.  This covers
 * plain and prepared statements, cursors, and queries inside functions, since
 * each of them starts the executor.
 */
#include "base/compat.h"

#include "base/guc.h"
#include "capture/capture.h"
#include "executor/executor.h"
#include "refresh/refresh.h"
#include "session/session.h"
#include "utils/snapmgr.h"

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

/*
 * Let the query see what flushes wrote, and nothing else that it would not have
 * seen: the same snapshot at a later command.
 */
static void
advance_snapshot(QueryDesc *query)
{
	Snapshot	before = query->snapshot;

	PushCopiedSnapshot(before);
	UpdateActiveSnapshotCommandId();
	query->snapshot = RegisterSnapshot(GetActiveSnapshot());
	PopActiveSnapshot();
	UnregisterSnapshot(before);
}

/*
 * Was the query's snapshot taken before a flush wrote a tview that it reads?
 * This query's own flush, or one before a query inside a function that runs
 * with the snapshot of its caller.
 */
static bool
snapshot_is_behind(QueryDesc *query)
{
	ListCell   *lc;

	if (query->snapshot == InvalidSnapshot || !IsMVCCSnapshot(query->snapshot) ||
		query->snapshot->curcid >= tview_flushed_command())
		return false;
	foreach(lc, relations_of(query->plannedstmt))
		if (tview_meta_of_table(lfirst_oid(lc)) != NULL)
			return true;
	return false;
}

static void
flush_for_query(QueryDesc *query)
{
	/* A worker cannot know what is pending here: flush all before. */
	if (query->plannedstmt->parallelModeNeeded)
		tview_flush();
	else
		tview_flush_for(relations_of(query->plannedstmt));
}

static void
tview_ExecutorStart(QueryDesc *query, int eflags)
{
	if (tview_dirty_pending() && !tview_flush_is_writing() &&
		!(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		flush_for_query(query);
	if (tview_flushed_command() != 0 && !tview_flush_is_writing() &&
		snapshot_is_behind(query))
		advance_snapshot(query);
	if (prev_ExecutorStart)
		prev_ExecutorStart(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
}

/*
 * Flush where settings or memory ask for it.  The statements of a trigger, a
 * cascading foreign key among them, are parts of the one that fired it.
 */
void
tview_at_statement_end(void)
{
	if (!tview_dirty_pending() || tview_flush_is_writing())
		return;
	if ((tview_refresh_mode == TVIEW_REFRESH_IMMEDIATE && !tview_in_trigger()) ||
		tview_dirty_over_limit() || tview_flush_reads_foreign())
		tview_flush();
}

static void
tview_ExecutorRun(EXECUTOR_RUN_PARAMETERS)
{
	tview_running_queries++;
	PG_TRY();
	{
		if (prev_ExecutorRun)
			prev_ExecutorRun(EXECUTOR_RUN_ARGUMENTS);
		else
			standard_ExecutorRun(EXECUTOR_RUN_ARGUMENTS);
	}
	PG_FINALLY();
	{
		tview_running_queries--;
	}
	PG_END_TRY();
}

static void
tview_ExecutorFinish(QueryDesc *query)
{
	tview_running_queries++;
	PG_TRY();
	{
		if (prev_ExecutorFinish)
			prev_ExecutorFinish(query);
		else
			standard_ExecutorFinish(query);
	}
	PG_FINALLY();
	{
		tview_running_queries--;
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
