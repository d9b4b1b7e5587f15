/*
 * xact.c
 *		The only transaction callbacks of pg_tviews.
 *
 *		event						what is done
 *		before commit or prepare	flush, then deferred triggers and cursors, until quiet
 *		subtransaction commits		its captured changes move one level up
 *		subtransaction aborts		its changes go; what its flushes used returns
 *		commit, prepare, abort		everything is forgotten
 *
 * In a parallel worker nothing is ever pending.
 */
#include "base/compat.h"

#include "access/xact.h"
#include "capture/capture.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "refresh/refresh.h"
#include "session/session.h"
#include "storage/proc.h"
#include "utils/portal.h"
#include "utils/timeout.h"

/* Are the flushes before commit or prepare running? */
static bool committing = false;

bool
tview_is_committing(void)
{
	return committing;
}

/*
 * The server stops the timer of a statement before it commits; a flush is still
 * part of the statement.  Returns whether the timer was started.
 */
static bool
resume_statement_timeout(void)
{
	/* Background workers, as those that apply replicated changes, have no such limit. */
	if (MyBackendType != B_BACKEND || StatementTimeout <= 0 ||
		get_timeout_active(STATEMENT_TIMEOUT))
		return false;
	enable_timeout_after(STATEMENT_TIMEOUT, StatementTimeout);
	return true;
}

/*
 * Flush, and do again what the server did before: fire deferred triggers, close
 * cursors.  Triggers on tviews and functions in definitions may have left some.
 */
static void
flush_once(bool is_prepare)
{
	tview_flush();
	do
		AfterTriggerFireDeferred();
	while (PreCommit_Portals(is_prepare));
}

/* Deferred triggers may write base tables again. */
static void
flush_until_quiet(bool is_prepare)
{
	bool		timer;

	if (!tview_dirty_pending())
		return;
	timer = resume_statement_timeout();
	committing = true;
	while (tview_dirty_pending())
		flush_once(is_prepare);
	committing = false;
	if (timer)
		disable_timeout(STATEMENT_TIMEOUT, false);
}

static void
forget_everything(void)
{
	committing = false;
	tview_flush_abort(1);
	tview_conflict_forget();
	tview_dirty_xact_end();
	tview_capture_at_xact_end();
	tview_desc_at_xact_end();
}

static void
xact_callback(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			flush_until_quiet(event == XACT_EVENT_PRE_PREPARE);
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
		case XACT_EVENT_ABORT:
			forget_everything();
			break;
		default:
			break;
	}
}

static void
subxact_callback(SubXactEvent event, SubTransactionId mySubid,
				 SubTransactionId parentSubid, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_COMMIT_SUB)
		tview_dirty_subxact_commit(level);
	else if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		tview_flush_abort(level);
		tview_dirty_subxact_abort(level);
	}
}

void
tview_xact_init(void)
{
	RegisterXactCallback(xact_callback, NULL);
	RegisterSubXactCallback(subxact_callback, NULL);
}
