/*
 * choice.c
 *		Key by key, or in one pass over all rows: which is cheaper?
 *
 * Evaluating the definition for a key is cheap where an index leads to the rows
 * it needs.  Where none does, as for the few groups of a large table, each key
 * reads the table once more, and computing all rows in one pass wins.  The
 * planner's costs tell the two apart.  They are trusted only where the keys are
 * most of the stored rows, so that a wrong estimate costs little.
 */
#include "base/compat.h"

#include "access/table.h"
#include "access/tableam.h"
#include "refresh/queries.h"
#include "refresh/refresh.h"
#include "utils/snapmgr.h"

/* From here on the number of keys decides alone. */
#define MANY_KEYS	1000

/* A refresh by key that costs less than this is not worth planning another. */
#define WORTH_PLANNING	10000.0

static double
estimated_rows(TviewDesc *desc)
{
	Relation	rel = table_open(desc->tview, AccessShareLock);
	BlockNumber pages;
	double		rows;
	double		all_visible;

	table_relation_estimate_size(rel, NULL, &pages, &rows, &all_visible);
	table_close(rel, NoLock);
	return rows;
}

/* Exact, since a small table has no statistics; reads no more rows than that. */
static bool
stores_fewer_rows(TviewDesc *desc, int64 limit)
{
	Relation	rel = table_open(desc->tview, AccessShareLock);
	TableScanDesc scan = table_beginscan(rel, GetActiveSnapshot(), 0, NULL);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	int64		rows = 0;

	while (rows < limit && table_scan_getnextslot(scan, ForwardScanDirection, slot))
		rows++;
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	table_close(rel, NoLock);
	return rows < limit;
}

/*
 * Is computing all rows of a tview cheaper than those of some keys?  parts: what
 * would be computed of each.
 */
bool
tview_pass_is_cheaper(TviewDesc *desc, KeySet *keys, const Bitmapset *parts)
{
	Cost		by_key;
	bool		cheaper;
	SPIPlanPtr	whole;

	if (keys->count > MANY_KEYS)
		return keys->count > estimated_rows(desc) / 2;
	if (keys->count < 2)
		return false;
	by_key = keys->count * tview_evaluation_cost(desc, tview_evaluation(desc, parts));
	if (by_key < WORTH_PLANNING || !stores_fewer_rows(desc, 2 * keys->count))
		return false;
	whole = tview_whole_plan(desc);
	cheaper = tview_plan_cost(whole) < by_key;
	SPI_freeplan(whole);
	return cheaper;
}
