/*
 * statistics.c
 *		Counts what the flushes of this session did to each tview.
 *
 * In the memory of the backend, so counting costs nothing and needs no lock; a
 * rollback does not take anything back.  The counters say whether a tview is
 * refreshed by key or recomputed as a whole, which its definition promises but
 * only a flush decides.
 */
#include "base/compat.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "refresh/refresh.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

typedef struct TviewCounters
{
	Oid			tview;			/* hash key */
	int64		refreshes;		/* by key */
	int64		keys;			/* refreshed by these */
	int64		passes;			/* refreshes that computed all rows at once */
	int64		recomputes;		/* of all rows, whatever their keys */
} TviewCounters;

static HTAB *counters = NULL;

PGDLLEXPORT Datum pg_tviews_session_counters(PG_FUNCTION_ARGS);

static TviewCounters *
counters_of(Oid tview)
{
	TviewCounters *entry;
	bool		found;

	if (counters == NULL)
	{
		HASHCTL		ctl = {0};

		ctl.keysize = sizeof(Oid);
		ctl.entrysize = sizeof(TviewCounters);
		ctl.hcxt = TopMemoryContext;
		counters = hash_create("tview counters", 64, &ctl,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(counters, &tview, HASH_ENTER, &found);
	if (!found)
		entry->refreshes = entry->keys = entry->passes = entry->recomputes = 0;
	return entry;
}

/* A flush refreshed this many keys of a tview; in one pass over all rows? */
void
tview_count_refresh(Oid tview, int64 keys, bool pass)
{
	TviewCounters *entry = counters_of(tview);

	entry->refreshes++;
	entry->keys += keys;
	entry->passes += pass ? 1 : 0;
}

/* A flush recomputed all rows of a tview. */
void
tview_count_recompute(Oid tview)
{
	counters_of(tview)->recomputes++;
}

PG_FUNCTION_INFO_V1(pg_tviews_session_counters);

/* pg_tviews_session_counters() returns a row for each tview flushed so far. */
Datum
pg_tviews_session_counters(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	HASH_SEQ_STATUS scan;
	TviewCounters *entry;

	InitMaterializedSRF(fcinfo, 0);
	if (counters == NULL)
		return (Datum) 0;
	hash_seq_init(&scan, counters);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		Datum		values[5] = {
			ObjectIdGetDatum(entry->tview),
			Int64GetDatum(entry->refreshes),
			Int64GetDatum(entry->keys),
			Int64GetDatum(entry->passes),
			Int64GetDatum(entry->recomputes)
		};
		bool		nulls[5] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
