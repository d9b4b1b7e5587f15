/*
 * dirty.c
 *		The changes of this transaction that tviews do not show yet.
 *
 * Captured values live in sets, one for each trace and nesting level, each
 * value once.  A flush takes the pending sets of a tview.  What was captured
 * at the level of the flush itself shares its fate and is dropped at once; a
 * set from an outer level is only marked as consumed, because if the
 * subtransaction of the flush rolls back, so do the refreshed rows, and the
 * set must be pending again.
 *
 *		event						sets of that level		consumed by it
 *		subtransaction commits		move one level up		by the level above;
 *															dropped at own level
 *		subtransaction aborts		dropped					pending again
 *		transaction ends			dropped					dropped
 *
 * Everything is allocated below TopTransactionContext.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "analyze/parts.h"
#include "base/guc.h"
#include "capture/capture.h"
#include "common/hashfn.h"
#include "utils/datum.h"
#include "utils/memutils.h"

typedef struct DirtyRow
{
	MinimalTuple tuple;
	uint32		hash;
	char		status;
} DirtyRow;

#define SH_PREFIX dirty
#define SH_ELEMENT_TYPE DirtyRow
#define SH_KEY_TYPE MinimalTuple
#define SH_KEY tuple
#define SH_HASH_KEY(tb, key) \
	hash_bytes((const unsigned char *) (key), (key)->t_len)
#define SH_EQUAL(tb, a, b) \
	((a)->t_len == (b)->t_len && memcmp(a, b, (a)->t_len) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, a) (a)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static List *sets = NIL;		/* of DirtySet, in TopTransactionContext */
static Size total_bytes = 0;

/* Changes whenever a cached DirtySet pointer may have become wrong. */
static uint64 epoch = 1;

static void
drop_set(DirtySet *set)
{
	total_bytes -= set->bytes;
	MemoryContextDelete(set->context);
	epoch++;
}

static DirtySet *
make_set(TviewDesc *desc, TviewTrace *trace)
{
	MemoryContext context = AllocSetContextCreate(TopTransactionContext,
												  "tview changes",
												  ALLOCSET_SMALL_SIZES);
	DirtySet   *set = MemoryContextAllocZero(context, sizeof(DirtySet));
	MemoryContext old;

	set->desc = desc;
	set->trace = trace;
	set->level = GetCurrentTransactionNestLevel();
	set->context = context;
	if (trace != NULL)
		set->rows = dirty_create(context, 8, NULL);
	old = MemoryContextSwitchTo(TopTransactionContext);
	sets = lappend(sets, set);
	MemoryContextSwitchTo(old);
	return set;
}

static DirtySet *
find_set(TviewDesc *desc, TviewTrace *trace)
{
	int			level = GetCurrentTransactionNestLevel();
	ListCell   *lc;

	foreach(lc, sets)
	{
		DirtySet   *set = lfirst(lc);

		if (set->trace == trace && set->desc == desc &&
			set->level == level && set->consumed == 0)
			return set;
	}
	return make_set(desc, trace);
}

/* Every key of the tview may have changed. */
void
tview_dirty_add_whole(TviewDesc *desc)
{
	(void) find_set(desc, NULL);
}

/* Flatten values that live in TOAST: they must outlast the row version. */
static void
detoast_values(TupleDesc tupdesc, Datum *values, bool *nulls)
{
	for (int i = 0; i < tupdesc->natts; i++)
		if (!nulls[i] && TupleDescAttr(tupdesc, i)->attlen == -1)
			values[i] = PointerGetDatum(PG_DETOAST_DATUM(values[i]));
}

/* More parts of rows concern the set. */
static void
add_parts(DirtySet *set, const Bitmapset *parts)
{
	MemoryContext old;

	if (bms_is_subset(parts, set->parts))
		return;
	old = MemoryContextSwitchTo(set->context);
	set->parts = bms_add_members(set->parts, parts);
	MemoryContextSwitchTo(old);
}

/*
 * Remember captured values of a trace, and the parts that the change concerns.
 * Values are copied; the arrays may be scribbled on.  A set that outgrows
 * pg_tviews.dirty_limit becomes "every key".
 */
void
tview_dirty_add(TviewDesc *desc, TviewTrace *trace, const Bitmapset *parts,
				Datum *values, bool *nulls)
{
	DirtySet   *set = trace->pending;
	MinimalTuple tuple;
	MemoryContext old;
	bool		found;

	if (set == NULL || trace->pending_epoch != epoch ||
		set->level != GetCurrentTransactionNestLevel())
	{
		set = find_set(desc, trace);
		trace->pending = set;
		trace->pending_epoch = epoch;
	}
	add_parts(set, parts);
	detoast_values(trace->capture_desc, values, nulls);
	old = MemoryContextSwitchTo(set->context);
	tuple = heap_form_minimal_tuple_compat(trace->capture_desc, values, nulls);
	(void) dirty_insert(set->rows, tuple, &found);
	if (found)
		pfree(tuple);
	else
	{
		Size		bytes = tuple->t_len + 2 * sizeof(DirtyRow);

		set->bytes += bytes;
		total_bytes += bytes;
	}
	MemoryContextSwitchTo(old);

	if (total_bytes > (Size) tview_dirty_limit * 1024)
	{
		tview_dirty_add_whole(desc);
		sets = list_delete_ptr(sets, set);
		drop_set(set);
	}
}

bool
tview_dirty_pending(void)
{
	ListCell   *lc;

	foreach(lc, sets)
		if (((DirtySet *) lfirst(lc))->consumed == 0)
			return true;
	return false;
}

/* Is so much memory in use that it is time to flush? */
bool
tview_dirty_over_limit(void)
{
	return total_bytes > (Size) tview_dirty_limit * 1024 / 2;
}

/* The tviews with pending changes, each once. */
List *
tview_dirty_tviews(void)
{
	List	   *tviews = NIL;
	ListCell   *lc;

	foreach(lc, sets)
	{
		DirtySet   *set = lfirst(lc);

		if (set->consumed == 0)
			tviews = list_append_unique_oid(tviews, set->desc->tview);
	}
	return tviews;
}

/*
 * The pending sets of a tview, which count as consumed by the current nesting
 * level from now on.  They stay readable until tview_dirty_release() or the end
 * of the transaction.
 */
List *
tview_dirty_take(Oid tview)
{
	List	   *taken = NIL;
	ListCell   *lc;

	foreach(lc, sets)
	{
		DirtySet   *set = lfirst(lc);

		if (set->consumed != 0 || set->desc->tview != tview)
			continue;
		set->consumed = GetCurrentTransactionNestLevel();
		taken = lappend(taken, set);
	}
	epoch++;
	return taken;
}

/* Number of captured rows in a set. */
int64
tview_dirty_count(DirtySet *set)
{
	return set->rows->members;
}

/* Append the captured rows of a set to a tuplestore. */
void
tview_dirty_copy(DirtySet *set, Tuplestorestate *store)
{
	dirty_iterator iterator;
	DirtyRow   *row;
	TupleTableSlot *slot = MakeSingleTupleTableSlot(set->trace->capture_desc,
													&TTSOpsMinimalTuple);

	dirty_start_iterate(set->rows, &iterator);
	while ((row = dirty_iterate(set->rows, &iterator)) != NULL)
	{
		ExecStoreMinimalTuple(row->tuple, slot, false);
		tuplestore_puttupleslot(store, slot);
	}
	ExecDropSingleTupleTableSlot(slot);
}

/*
 * Sets of a tview that earlier flushes took and that tracing queries may have to
 * read once more, together with what was captured since: two rows that one
 * statement deleted need not be captured before the same flush.
 */
List *
tview_dirty_taken_before(Oid tview, List *taken)
{
	List	   *before = NIL;
	ListCell   *lc;

	foreach(lc, sets)
	{
		DirtySet   *set = lfirst(lc);

		if (set->consumed != 0 && set->desc->tview == tview &&
			set->trace != NULL && set->trace->crossed && !list_member_ptr(taken, set))
			before = lappend(before, set);
	}
	return before;
}

/* The trace of a descriptor that captures the same values of the same rows. */
static TviewTrace *
same_trace(TviewDesc *desc, const TviewTrace *trace)
{
	ListCell   *lc;

	foreach(lc, desc->traces)
	{
		TviewTrace *other = lfirst(lc);

		if (other->occurrence == trace->occurrence && other->relid == trace->relid &&
			!other->whole && other->ncaptured == trace->ncaptured &&
			memcmp(other->captured, trace->captured,
				   sizeof(AttrNumber) * trace->ncaptured) == 0)
			return other;
	}
	return NULL;
}

/*
 * Have sets belong to the current descriptor of their tview.  Something replaced
 * theirs since the capture, mostly what changes nothing, like ANALYZE, or names
 * in the queries of the old one.  Of another descriptor it is not known what the
 * parts are, so all may have changed.  False where every key may have changed: a
 * set says so, or the current descriptor does not capture what there is.
 */
bool
tview_dirty_rebind(List *bound, TviewDesc *desc)
{
	Bitmapset  *whole = bms_make_singleton(TVIEW_WHOLE_ROW);
	ListCell   *lc;

	foreach(lc, bound)
	{
		DirtySet   *set = lfirst(lc);
		TviewTrace *trace;

		if (set->trace == NULL)
			return false;
		if (set->desc == desc)
			continue;
		trace = same_trace(desc, set->trace);
		if (trace == NULL)
			return false;
		set->desc = desc;
		set->trace = trace;
		add_parts(set, whole);
	}
	return true;
}

/*
 * Drop sets whose refresh can no longer be undone without undoing the change
 * itself, and that no other tracing query can need.  Call when a flush is
 * complete.
 */
void
tview_dirty_release(void)
{
	bool		in_statement = tview_in_statement();
	List	   *kept = NIL;
	ListCell   *lc;
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);

	foreach(lc, sets)
	{
		DirtySet   *set = lfirst(lc);

		if (set->consumed != 0 && set->consumed <= set->level &&
			!(in_statement && set->trace != NULL && set->trace->crossed))
			drop_set(set);
		else
			kept = lappend(kept, set);
	}
	list_free(sets);
	sets = kept;
	MemoryContextSwitchTo(old);
}

static void
merge_rows(DirtySet *target, DirtySet *set)
{
	dirty_iterator iterator;
	DirtyRow   *row;

	dirty_start_iterate(set->rows, &iterator);
	while ((row = dirty_iterate(set->rows, &iterator)) != NULL)
	{
		MinimalTuple tuple;
		bool		found;

		if (dirty_lookup(target->rows, row->tuple) != NULL)
			continue;
		tuple = MemoryContextAlloc(target->context, row->tuple->t_len);
		memcpy(tuple, row->tuple, row->tuple->t_len);
		(void) dirty_insert(target->rows, tuple, &found);
	}
	add_parts(target, set->parts);
	target->bytes += set->bytes;
	total_bytes += set->bytes;
}

/* Fold a set that moved up into the pending one there, if there is one. */
static bool
merge_into_sibling(DirtySet *set)
{
	ListCell   *lc;

	if (set->consumed != 0)
		return false;
	foreach(lc, sets)
	{
		DirtySet   *other = lfirst(lc);

		if (other == set || other->trace != set->trace ||
			other->desc != set->desc || other->level != set->level ||
			other->consumed != 0)
			continue;
		if (set->trace != NULL)
			merge_rows(other, set);
		return true;
	}
	return false;
}

/* The subtransaction at this nesting level became part of its parent. */
void
tview_dirty_subxact_commit(int level)
{
	ListCell   *lc;

	foreach(lc, sets)
	{
		DirtySet   *set = lfirst(lc);

		if (set->consumed >= level)
			set->consumed = level - 1;
		if (set->level < level)
			continue;
		set->level = level - 1;
		if (merge_into_sibling(set))
		{
			sets = foreach_delete_current(sets, lc);
			drop_set(set);
		}
	}
	epoch++;
}

/* The subtransaction at this nesting level was undone. */
void
tview_dirty_subxact_abort(int level)
{
	ListCell   *lc;

	foreach(lc, sets)
	{
		DirtySet   *set = lfirst(lc);

		if (set->level >= level)
		{
			sets = foreach_delete_current(sets, lc);
			drop_set(set);
		}
		else if (set->consumed >= level)
			set->consumed = 0;
	}
	epoch++;
}

/* The transaction is over; its memory goes by itself. */
void
tview_dirty_xact_end(void)
{
	sets = NIL;
	total_bytes = 0;
	epoch++;
}
