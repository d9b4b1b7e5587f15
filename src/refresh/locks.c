/*
 * locks.c
 *		Who may refresh a tview.
 *
 * One flush at a time writes a tview: it takes a lock on the tview before it
 * looks at anything and keeps it until the transaction ends.  Two transactions
 * that are blind to each other's uncommitted change thus flush one after the
 * other, and the second sees what the first committed.  The lock is taken even
 * if the change turns out to concern no row, because a row that another
 * transaction has not committed yet may be concerned.
 *
 * A flush locks all tviews that its changes can reach at once, in Oid order,
 * so that two flushes never wait for each other.  (A transaction that flushes
 * twice, because it reads a tview in between, can still meet another one
 * crosswise; the server's deadlock detector then ends one of them.)
 *
 * The lock lives in the advisory lock space under a class of its own, where no
 * user's pg_advisory_lock() can meet it.
 */
#include "base/compat.h"

#include "miscadmin.h"
#include "refresh/refresh.h"
#include "storage/lock.h"
#include "utils/inval.h"

/* Users' advisory locks have class 1 and 2. */
#define TVIEW_LOCK_CLASS	41

/* Lock these tviews and all above them until the end of the transaction. */
void
tview_lock_for_refresh(List *tviews)
{
	ListCell   *lc;

	foreach(lc, tview_all_downstream(tviews))
	{
		LOCKTAG		tag;

		SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, lfirst_oid(lc), 0, TVIEW_LOCK_CLASS);
		(void) LockAcquire(&tag, ExclusiveLock, false, false);
	}
	/* A schema that tviews are in may have got another name while we waited. */
	AcceptInvalidationMessages();
}
