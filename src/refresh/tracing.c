/*
 * tracing.c
 *		From captured rows to keys: runs the tracing queries.
 */
#include "base/compat.h"

#include "miscadmin.h"
#include "refresh/queries.h"
#include "refresh/refresh.h"
#include "utils/tuplestore.h"

/* Sets of this size and more get a plan made for their size. */
#define LARGE_SET		1000

/* The captured values are the keys. */
static void
keys_direct(TviewTrace *trace, TraceQuery *query, Tuplestorestate *store, KeySet *keys)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(trace->capture_desc,
													&TTSOpsMinimalTuple);
	int		   *columns = palloc(sizeof(int) * keys->desc->nkeys);

	for (int i = 0; i < keys->desc->nkeys; i++)
		for (int j = 0; j < trace->ncaptured; j++)
			if (trace->captured[j] == query->direct[i])
				columns[i] = j;
	tuplestore_rescan(store);
	while (tuplestore_gettupleslot(store, true, false, slot))
	{
		Datum		values[INDEX_MAX_KEYS];
		bool		nulls[INDEX_MAX_KEYS];

		for (int i = 0; i < keys->desc->nkeys; i++)
			values[i] = slot_getattr(slot, columns[i] + 1, &nulls[i]);
		keyset_add(keys, values, nulls);
	}
	ExecDropSingleTupleTableSlot(slot);
}

/* Add the keys in the result of a query whose columns are the key columns. */
static void
add_result_keys(KeySet *keys)
{
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		Datum		values[INDEX_MAX_KEYS];
		bool		nulls[INDEX_MAX_KEYS];

		for (int i = 0; i < keys->desc->nkeys; i++)
			values[i] = SPI_getbinval(SPI_tuptable->vals[row],
									  SPI_tuptable->tupdesc, i + 1, &nulls[i]);
		keyset_add(keys, values, nulls);
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
keys_by_query(TraceQuery *query, KeySet *keys, int64 rows)
{
	if (rows >= LARGE_SET)
	{
		SPIPlanPtr	plan = tview_prepare(query->sql, 0, NULL);

		tview_execute(plan, NULL);
		SPI_freeplan(plan);
	}
	else
		tview_execute(tview_kept_plan(&query->plan, query->sql, 0, NULL), NULL);
	add_result_keys(keys);
}

/* All captured rows of one occurrence, as a relation for queries; NULL for none. */
static Tuplestorestate *
register_captured(List *sets, int occurrence, const char *name)
{
	Tuplestorestate *store = NULL;
	TupleDesc	tupdesc = NULL;
	int64		rows = 0;
	ListCell   *lc;

	foreach(lc, sets)
	{
		DirtySet   *set = lfirst(lc);

		if (set->trace == NULL || set->trace->occurrence != occurrence)
			continue;
		if (store == NULL)
			store = tuplestore_begin_heap(true, false, work_mem);
		tview_dirty_copy(set, store);
		tupdesc = set->trace->capture_desc;
		rows += tview_dirty_count(set);
	}
	/* Assume one row: a kept plan must suit the smallest change best. */
	if (store != NULL)
		tview_register_tuplestore(name, tupdesc, store, rows >= LARGE_SET ? rows : 1);
	return store;
}

static char *
numbered_relation(int occurrence)
{
	return psprintf("%s_%d", TVIEW_CHANGED_RELATION, occurrence);
}

/* A query that reads captured rows of other occurrences as well. */
static void
keys_by_crossing_query(List *sets, TraceQuery *query, KeySet *keys, int64 rows)
{
	List	   *stores = NIL;
	bool		complete = true;
	ListCell   *lc;

	foreach(lc, query->others)
	{
		Tuplestorestate *store = register_captured(sets, lfirst_int(lc),
												   numbered_relation(lfirst_int(lc)));

		stores = lappend(stores, store);
		complete = complete && store != NULL;
	}
	if (complete)
		keys_by_query(query, keys, rows);
	foreach(lc, stores)
	{
		if (lfirst(lc) == NULL)
			continue;
		SPI_unregister_relation(numbered_relation(list_nth_int(query->others,
															   foreach_current_index(lc))));
		tuplestore_end(lfirst(lc));
	}
}

static void
trace_occurrence(List *sets, TviewTrace *trace, KeySet *keys)
{
	Tuplestorestate *store = register_captured(sets, trace->occurrence,
											   TVIEW_CHANGED_RELATION);
	int64		rows = tuplestore_tuple_count(store);
	ListCell   *lc;

	foreach(lc, trace->queries)
	{
		TraceQuery *query = lfirst(lc);

		if (query->direct != NULL)
			keys_direct(trace, query, store, keys);
		else
			keys_by_crossing_query(sets, query, keys, rows);
	}
	SPI_unregister_relation(TVIEW_CHANGED_RELATION);
	tuplestore_end(store);
}

/*
 * Add the keys that captured rows may concern.  sets: all of one descriptor.
 * SPI must be connected.
 */
void
tview_trace_keys(List *sets, KeySet *keys)
{
	Bitmapset  *done = NULL;
	ListCell   *lc;

	foreach(lc, sets)
	{
		TviewTrace *trace = ((DirtySet *) lfirst(lc))->trace;

		if (bms_is_member(trace->occurrence, done))
			continue;
		done = bms_add_member(done, trace->occurrence);
		trace_occurrence(sets, trace, keys);
	}
}
