/*
 * conflict.c
 *		Rows of tviews that a transaction with one snapshot cannot follow.
 *
 * At REPEATABLE READ and SERIALIZABLE a transaction reads with the snapshot of
 * its first statement, but its refreshes compute from what is committed when they
 * run.  If another transaction has changed the same row of a tview in between,
 * the snapshot shows the version before that, and not or not only the own one: two
 * rows for one key.  If it has made the row, the own version shows what the snapshot
 * knows nothing of.  An UPDATE by hand would fail with a serialization failure, or find
 * no row.  A refresh has no need to, unless somebody looks:
 *
 *		when a query reads the tview later with the transaction's snapshot
 *		when triggers of users get the row, whose queries have that snapshot
 *		at SERIALIZABLE, also when one has read it before: the other transaction may
 *		have read what this one changes, and the server, which takes it for granted
 *		that one of two writers of a row fails, does not see the circle
 *
 * What a rolled-back savepoint has noted stays: it costs a retry at most.
 */
#include "base/compat.h"

#include "access/xact.h"
#include "refresh/refresh.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* Oids of tviews, in TopTransactionContext */
static List *overtaken = NIL;	/* the snapshot does not show rows that were refreshed */
static List *seen = NIL;		/* by queries at SERIALIZABLE */

static List *
add_tview(List *tviews, Oid tview)
{
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);

	tviews = list_append_unique_oid(tviews, tview);
	MemoryContextSwitchTo(old);
	return tviews;
}

static void
serialization_failure(Oid tview)
{
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not serialize access due to concurrent update"),
			 errdetail("A concurrent transaction changed a row of tview \"%s\" that this transaction refreshed.",
					   get_rel_name(tview)),
			 errhint("The transaction might succeed if retried.")));
}

/* A key was refreshed of which the transaction sees another row than the stored one, or none. */
void
tview_conflict_note(TviewDesc *desc)
{
	if (list_member_oid(seen, desc->tview) || desc->user_triggers)
		serialization_failure(desc->tview);
	overtaken = add_tview(overtaken, desc->tview);
}

/* Is this the snapshot with which the transaction reads everything? */
static bool
is_transaction_snapshot(Snapshot snapshot)
{
	Snapshot	own = GetTransactionSnapshot();

	return snapshot->xmax == own->xmax && snapshot->xcnt == own->xcnt;
}

/* A query is about to read these tviews (Oids) with a snapshot. */
void
tview_conflict_check(List *tviews, Snapshot snapshot)
{
	ListCell   *lc;

	if (!IsolationUsesXactSnapshot() || !is_transaction_snapshot(snapshot))
		return;
	foreach(lc, tviews)
	{
		if (list_member_oid(overtaken, lfirst_oid(lc)))
			serialization_failure(lfirst_oid(lc));
		if (IsolationIsSerializable())
			seen = add_tview(seen, lfirst_oid(lc));
	}
}

/* The transaction is over; its memory goes by itself. */
void
tview_conflict_forget(void)
{
	overtaken = NIL;
	seen = NIL;
}
