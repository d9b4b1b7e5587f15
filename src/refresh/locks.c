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
#include "utils/memutils.h"

/* Users' advisory locks have class 1 and 2. */
#define TVIEW_LOCK_CLASS	41

static List *
find_downstream(Oid tview)
{
	List	   *all = list_make1_oid(tview);

	for (int i = 0; i < list_length(all); i++)
		all = list_concat_unique_oid(all, tviews_reading(list_nth_oid(all, i)));
	return all;
}

/* The tview itself and every tview above it, at any depth; do not modify. */
List *
tview_downstream(Oid tview)
{
	TviewDesc  *desc = tview_desc(tview);

	if (desc->downstream_generation != tview_desc_generation())
	{
		uint64		generation = tview_desc_generation();
		MemoryContext old = MemoryContextSwitchTo(desc->context);

		desc->downstream = find_downstream(tview);
		desc->downstream_generation = generation;
		MemoryContextSwitchTo(old);
	}
	return desc->downstream;
}

/* Lock these tviews and all above them until the end of the transaction. */
void
tview_lock_for_refresh(List *tviews)
{
	List	   *all = NIL;
	ListCell   *lc;

	foreach(lc, tviews)
		all = list_concat_unique_oid(all, tview_downstream(lfirst_oid(lc)));
	list_sort(all, list_oid_cmp);
	foreach(lc, all)
	{
		LOCKTAG		tag;

		SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, lfirst_oid(lc), 0, TVIEW_LOCK_CLASS);
		(void) LockAcquire(&tag, ExclusiveLock, false, false);
	}
}
