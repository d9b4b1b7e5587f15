/*
 * flush.c
 *		Brings all pending changes into the tviews they concern.
 *
 * Locks first, then a fresh snapshot, then trace, compute and write; see
 * README.md.  Tviews are taken lowest first, so that one that reads another
 * sees it right.  Writing a tview fires its own capture trigger, if another
 * tview reads it, and so adds to what is pending; the loop ends when nothing
 * is.
 *
 * Everything is read with the latest snapshot at every isolation level, as
 * referential integrity checks do: a document is a function of what is
 * committed plus the own changes, not of an old snapshot.
 */
#include "base/compat.h"

#include "access/xact.h"
#include "base/attempt.h"
#include "base/sandbox.h"
#include "catalog/pg_inherits.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "refresh/refresh.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* A flush that user triggers keep feeding is ended after so many steps. */
#define MAX_STEPS	1000

/* Nesting level of the transaction whose flush is writing, 0: none.  While a
 * definition is evaluated, nothing may start another flush. */
static int	writing_level = 0;

/* The command that reads what this transaction's last flush wrote; 0: none. */
static CommandId flushed_command = 0;

/* Has a flush failed in this transaction that was only to save memory? */
static bool early_flush_failed = false;

/* The xids that the last snapshot of a flush took for running, from its xmin to its xmax. */
static TransactionId *running = NULL;	/* in TopTransactionContext */
static uint32 nrunning = 0;
static TransactionId next_xid = InvalidTransactionId;

CommandId
tview_flushed_command(void)
{
	return flushed_command;
}

static void
note_snapshot(Snapshot snapshot)
{
	if (running != NULL)
		pfree(running);
	running = MemoryContextAlloc(TopTransactionContext,
								 sizeof(TransactionId) * (snapshot->xcnt + 1));
	memcpy(running, snapshot->xip, sizeof(TransactionId) * snapshot->xcnt);
	nrunning = snapshot->xcnt;
	next_xid = snapshot->xmax;
}

static bool
was_running(TransactionId xid)
{
	for (uint32 i = 0; i < nrunning; i++)
		if (TransactionIdEquals(running[i], xid))
			return true;
	return false;
}

/*
 * May a snapshot, taken before the last flush of this transaction and advanced by hand
 * since, not show what others had committed for that?
 */
bool
tview_flush_saw_more(Snapshot snapshot)
{
	if (TransactionIdPrecedes(snapshot->xmax, next_xid))
		return true;
	for (uint32 i = 0; i < snapshot->xcnt; i++)
		if (TransactionIdPrecedes(snapshot->xip[i], next_xid) && !was_running(snapshot->xip[i]))
			return true;
	return false;
}

/* Are rows of a tview being computed or written by us right now? */
bool
tview_flush_is_writing(void)
{
	return writing_level > 0;
}

/* Forget what an error interrupted at this nesting level or below. */
void
tview_flush_abort(int level)
{
	if (level <= 1)
	{
		flushed_command = 0;
		early_flush_failed = false;
		running = NULL;			/* goes with the transaction's memory */
	}
	if (writing_level >= level)
		writing_level = 0;
	tview_error_context_abort(level);
}

/* The pending tview that depends on no other pending one. */
static Oid
lowest_pending(List *tviews)
{
	Oid			lowest = InvalidOid;
	int			depth = 0;
	ListCell   *lc;

	foreach(lc, tviews)
	{
		TviewDesc  *desc = tview_desc(lfirst_oid(lc));

		if (!OidIsValid(lowest) || desc->depth < depth)
		{
			lowest = desc->tview;
			depth = desc->depth;
		}
	}
	return lowest;
}

/* The parts of the rows that the sets may concern. */
static Bitmapset *
parts_of_sets(List *sets)
{
	Bitmapset  *parts = NULL;
	ListCell   *lc;

	foreach(lc, sets)
		parts = bms_add_members(parts, ((DirtySet *) lfirst(lc))->parts);
	return parts;
}

/* May a row have got a NULL in its key, which no tracing query finds? */
static bool
may_lose_key(List *sets)
{
	ListCell   *lc;

	foreach(lc, sets)
		if (((DirtySet *) lfirst(lc))->trace->null_key)
			return true;
	return false;
}

/* Refresh the keys that the sets may concern, in the cheaper way. */
static void
apply_keys(TviewDesc *desc, List *sets, KeySet *keys, TviewWriter *writer)
{
	Bitmapset  *parts = parts_of_sets(sets);
	bool		pass;

	tview_trace_keys(sets, keys);
	keyset_unique(keys);
	pass = tview_pass_is_cheaper(desc, keys, parts);
	tview_count_refresh(desc->tview, keys->count, pass);
	if (pass)
	{
		tview_pass(desc, writer);
		return;
	}
	if ((keys->saw_null || may_lose_key(sets)) && desc->key_nullable)
		tview_check_null_keys(desc);
	tview_refresh_keys(desc, writer, keys, parts);
}

/* From captured values, or NIL for "every key", to written rows; SPI is connected. */
static void
apply_sets(TviewDesc *desc, List *sets, TviewWriter *writer)
{
	KeySet	   *keys = keyset_create(desc);
	TviewErrorContext context;

	tview_error_context_push(&context, desc, keys);
	if (sets == NIL)
	{
		tview_count_recompute(desc->tview);
		tview_recompute_whole(desc, writer);
	}
	else
		apply_keys(desc, sets, keys, writer);
	tview_writer_flush(writer);
	tview_error_context_pop(&context);
}

/*
 * Lock what the definition reads before the snapshot is taken: a command that
 * rewrites a table, if we waited for it later, would leave it empty in ours.
 * Returns the descriptor as it is with the locks held.
 */
static TviewDesc *
lock_base_relations(Oid tview)
{
	TviewDesc  *desc;
	uint64		before;
	int			attempts = 0;

	do
	{
		ListCell   *lc;

		before = tview_desc_generation();
		desc = tview_desc(tview);
		LockRelationOid(desc->view, AccessShareLock);
		foreach(lc, desc->helper_views)
			LockRelationOid(lfirst_oid(lc), AccessShareLock);
		foreach(lc, desc->base_relations)
		{
			LockRelationOid(lfirst_oid(lc), AccessShareLock);
			if (has_subclass(lfirst_oid(lc)))
				(void) find_all_inheritors(lfirst_oid(lc), AccessShareLock, NULL);
		}
	} while (!desc->valid && before != tview_desc_generation() &&
			 ++attempts < TVIEW_MAX_ATTEMPTS);
	return attempts < TVIEW_MAX_ATTEMPTS ? tview_desc(tview) : desc;
}

/*
 * Become the owner of a tview, as whom its AFTER triggers run: whoever happens to
 * run when a flush is due has not asked for them.
 *
 * They get a search_path in which that one cannot plant anything, and a
 * security-restricted operation, in which nothing can be put off until he is
 * back.  Without triggers of users, those of constraints are left, and of them
 * only what a foreign key does to other tables can lead to somebody's code: to
 * triggers on these, which run as whoever writes, as they do elsewhere.
 */
static void
become_trigger_owner(TviewDesc *desc)
{
	Oid			user;
	int			sec_context;

	if (!desc->user_triggers)
		return;
	GetUserIdAndSecContext(&user, &sec_context);
	SetUserIdAndSecContext(desc->owner, sec_context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
	tview_sandbox_search_path(get_namespace_name(get_rel_namespace(desc->tview)));
}

/* Fire the AFTER triggers on a tview whose rows were written; they may cause further flushes. */
static void
fire_after_triggers(TviewDesc *desc, EState *estate)
{
	int			guc_level = NewGUCNestLevel();
	TviewErrorContext context;
	Oid			user;
	int			sec_context;

	tview_error_context_push(&context, desc, NULL);
	GetUserIdAndSecContext(&user, &sec_context);
	become_trigger_owner(desc);
	PushActiveSnapshot(GetLatestSnapshot());
	tview_running_writes++;
	PG_TRY();
	{
		AfterTriggerEndQuery(estate);
	}
	PG_FINALLY();
	{
		tview_running_writes--;
	}
	PG_END_TRY();
	PopActiveSnapshot();
	AtEOXact_GUC(false, guc_level);
	SetUserIdAndSecContext(user, sec_context);
	tview_error_context_pop(&context);
}

/* Refresh one tview for these sets, NIL for "every key". */
static void
refresh_rows(TviewDesc *desc, List *sets)
{
	TviewSandbox sandbox;
	TviewWriter *writer;
	EState	   *estate;

	writing_level = GetCurrentTransactionNestLevel();
	tview_sandbox_enter(&sandbox, desc->owner, desc->settings);
	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	SPI_connect();
	AfterTriggerBeginQuery();
	note_snapshot(GetActiveSnapshot());
	writer = tview_writer_open(desc, GetActiveSnapshot());
	apply_sets(desc, sets, writer);
	estate = tview_writer_finish(writer);
	PopActiveSnapshot();
	tview_sandbox_leave(&sandbox);
	writing_level = 0;

	fire_after_triggers(desc, estate);
	tview_writer_close(writer);
	SPI_finish();
}

/* Can a refresh by key fail for a reason that the definition knows nothing of? */
static bool
needs_second_try(TviewDesc *desc, List *sets)
{
	ListCell   *lc;

	/* Stored rows may have unique values that others, not yet captured, give up. */
	if (desc->unique_index && tview_in_statement())
		return true;
	foreach(lc, sets)
		if (((DirtySet *) lfirst(lc))->trace->can_fail)
			return true;
	return false;
}

typedef struct RefreshByKey
{
	TviewDesc  *desc;
	List	   *sets;
} RefreshByKey;

static void
refresh_by_key(void *arg)
{
	RefreshByKey *refresh = arg;

	refresh_rows(refresh->desc, refresh->sets);
}

/*
 * Recompute everything, after a refresh by key has failed: this fails only where
 * the definition does, and then the first error says more.
 */
static void
recompute_after(TviewDesc *desc, ErrorData *error)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		refresh_rows(desc, NIL);
	}
	PG_CATCH();
	{
		if (geterrcode() != error->sqlerrcode)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		ReThrowError(error);
	}
	PG_END_TRY();
}

/* Refresh one tview for the sets that were taken; "every key" if there is one without trace. */
static void
refresh_tview(Oid tview, List *sets)
{
	TviewDesc  *desc = lock_base_relations(tview);
	ErrorData  *error;

	sets = list_concat_copy(sets, tview_dirty_taken_before(tview, sets));
	if (!tview_dirty_rebind(sets, desc))
		sets = NIL;
	if (sets == NIL || !needs_second_try(desc, sets))
	{
		refresh_rows(desc, sets);
		return;
	}
	error = tview_attempt(refresh_by_key, &(RefreshByKey) {desc, sets});
	if (error != NULL)
		recompute_after(desc, error);
}

/* The tviews with pending changes, but for those that were dropped since. */
static List *
pending_tviews(void)
{
	List	   *tviews = NIL;
	ListCell   *lc;

	foreach(lc, tview_dirty_tviews())
	{
		if (tview_exists(lfirst_oid(lc)))
			tviews = lappend_oid(tviews, lfirst_oid(lc));
		else
			(void) tview_dirty_take(lfirst_oid(lc));
	}
	return tviews;
}

/*
 * Take all table locks before the refresh locks, so that whoever we wait for
 * does not wait for us, and see what was done before we got them.
 */
static List *
lock_tables(List *tviews)
{
	List	   *all = tview_all_downstream(tviews);
	ListCell   *lc;

	foreach(lc, all)
		LockRelationOid(lfirst_oid(lc), RowExclusiveLock);
	foreach(lc, all)
		if (tview_exists(lfirst_oid(lc)))
			(void) lock_base_relations(lfirst_oid(lc));
	return pending_tviews();
}

/* Bring everything that is pending into the tviews. */
void
tview_flush(void)
{
	MemoryContext context;
	MemoryContext old;
	int			steps = 0;
	List	   *tviews;

	if (writing_level > 0)
		return;
	tviews = pending_tviews();
	if (tviews == NIL)
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "tview flush",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	for (; tviews != NIL; tviews = pending_tviews())
	{
		Oid			tview;

		if (++steps > MAX_STEPS + list_length(tview_meta_tables()))
			ereport(ERROR,
					(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
					 errmsg("refresh of tviews does not come to an end"),
					 errdetail("Triggers keep changing base tables of the tviews they belong to."),
					 errhint("Check the AFTER triggers on tviews.")));
		tviews = lock_tables(tviews);
		if (tviews == NIL)
			break;
		tview_lock_for_refresh(tviews);
		tview = lowest_pending(tviews);
		refresh_tview(tview, tview_dirty_take(tview));
		tview_dirty_release();
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	flushed_command = GetCurrentCommandId(false);
}

/*
 * Flush if one of these relations is a tview that pending changes can reach;
 * for a query that is about to read them.
 */
void
tview_flush_for(List *relids)
{
	ListCell   *lc;

	if (writing_level > 0)
		return;
	foreach(lc, pending_tviews())
	{
		ListCell   *lc2;

		foreach(lc2, tview_downstream(lfirst_oid(lc)))
		{
			if (list_member_oid(relids, lfirst_oid(lc2)))
			{
				tview_flush();
				return;
			}
		}
	}
}

/*
 * May a flush use foreign tables?  Then it must not wait for the commit: by
 * then their wrapper has ended its remote transaction.
 */
bool
tview_flush_uses_foreign(void)
{
	ListCell   *lc;

	foreach(lc, pending_tviews())
		if (tview_downstream_uses_foreign(lfirst_oid(lc)))
			return true;
	return false;
}

static void
flush_all(void *arg)
{
	tview_flush();
}

/* Compute all rows later of what is pending now, of which no single change is kept. */
static void
recompute_pending(void)
{
	ListCell   *lc;

	foreach(lc, pending_tviews())
	{
		(void) tview_dirty_take(lfirst_oid(lc));
		tview_dirty_add_whole(tview_desc(lfirst_oid(lc)));
	}
	tview_dirty_release();
}

/*
 * Flush for no other reason than memory.  In the middle of a transaction definitions may
 * fail that do not at its end: a deferred constraint allows a key twice for a moment.  Then
 * the flush waits for the end, and computes all rows.
 */
void
tview_flush_early(void)
{
	if (early_flush_failed || tview_attempt(flush_all, NULL) == NULL)
		return;
	early_flush_failed = true;
	recompute_pending();
}

/* Recompute all rows of a tview and what depends on them. */
void
tview_refresh_fully(Oid tview)
{
	tview_dirty_add_whole(tview_desc(tview));
	tview_flush();
}
