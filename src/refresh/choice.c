/*
 * choice.c
 *		Key by key, or in one pass over all rows: which is cheaper?
 *
 * Evaluating the definition for a key is cheap where an index leads to the rows
 * it needs.  Where none does, as for the few groups of a large table, each key
 * reads the table once more, and computing all rows in one pass wins.  The
 * planner's costs tell the two apart.  They are trusted only where the keys are
 * most of the stored rows, so that a wrong estimate costs little.  Elsewhere the
 * clock decides: by how long keys took the last time, or, where the costs raise a
 * suspicion, one of these.
 */
#include "base/compat.h"

#include "access/table.h"
#include "access/tableam.h"
#include "portability/instr_time.h"
#include "refresh/queries.h"
#include "refresh/refresh.h"
#include "utils/snapmgr.h"

/* From here on the number of keys decides alone. */
#define MANY_KEYS	1000

/* A refresh by key that costs less than this is not worth planning another. */
#define WORTH_PLANNING	10000.0

/* Nor is one that took less than this, in ms. */
#define WORTH_TIMING	500.0

/* In ms; a key by itself takes less where an index leads to it, and less still in a batch. */
#define SLOW_KEY		1.0

/* What was slow once need not be so for ever: after some passes, try again. */
#define FADING			0.9

/* Estimates may be wrong by this factor, to either side. */
#define SUSPICION	10

/* What a unit of the planner's costs takes where nobody has measured it. */
#define MS_PER_COST	0.02

/* A pass has to win by this factor, since it also compares all rows. */
#define CLEARLY_SLOWER	2

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

static Cost
pass_cost(TviewDesc *desc)
{
	SPIPlanPtr	plan = tview_whole_plan(desc);
	Cost		cost = tview_plan_cost(plan);

	SPI_freeplan(plan);
	return cost;
}

/* The same without planning each time, while the tview has about as many rows. */
static Cost
known_pass_cost(TviewDesc *desc)
{
	double		rows = estimated_rows(desc);

	if (desc->pass_cost == 0 || rows > 2 * desc->pass_rows || rows < desc->pass_rows / 2)
	{
		desc->pass_cost = pass_cost(desc);
		desc->pass_rows = rows;
	}
	return desc->pass_cost;
}

/* Milliseconds that a pass takes: as the last one did, or what its cost lets expect. */
static double
pass_time(TviewDesc *desc)
{
	return desc->pass_time > 0 ? desc->pass_time : desc->pass_cost * MS_PER_COST;
}

/* Took keys so long the last time that a pass is faster? */
static bool
were_slow(TviewDesc *desc, TviewEvaluation *evaluation, int64 count)
{
	double		time = count * evaluation->key_time;

	if (time < WORTH_TIMING)
		return false;
	(void) known_pass_cost(desc);
	if (time < CLEARLY_SLOWER * pass_time(desc))
		return false;
	evaluation->key_time *= FADING;
	return true;
}

/* Does one of the keys take so long that, times all of them, a pass is faster? */
static bool
one_is_slow(TviewDesc *desc, TviewEvaluation *evaluation, KeySet *keys)
{
	double		time = tview_evaluation_time(desc, evaluation, keys);

	return time > SLOW_KEY && keys->count * time > CLEARLY_SLOWER * pass_time(desc);
}

/*
 * Is computing all rows of a tview cheaper than those of some keys?  parts: what
 * would be computed of each.
 */
bool
tview_pass_is_cheaper(TviewDesc *desc, KeySet *keys, const Bitmapset *parts)
{
	TviewEvaluation *evaluation;
	Cost		by_key;

	if (keys->count > MANY_KEYS && keys->count > estimated_rows(desc) / 2)
		return true;
	evaluation = tview_evaluation(desc, parts);
	if (were_slow(desc, evaluation, keys->count))
		return true;
	if (keys->count < 2)
		return false;
	by_key = keys->count * tview_evaluation_cost(desc, evaluation);
	if (by_key < WORTH_PLANNING)
		return false;
	if (keys->count <= MANY_KEYS && stores_fewer_rows(desc, 2 * keys->count))
		return pass_cost(desc) < by_key;
	return by_key * SUSPICION > known_pass_cost(desc) &&
		one_is_slow(desc, evaluation, keys);
}

/* The pass itself, which is timed for the next choice. */
void
tview_pass(TviewDesc *desc, TviewWriter *writer)
{
	instr_time	start;
	instr_time	duration;

	INSTR_TIME_SET_CURRENT(start);
	tview_recompute_whole(desc, writer);
	INSTR_TIME_SET_CURRENT(duration);
	INSTR_TIME_SUBTRACT(duration, start);
	desc->pass_time = INSTR_TIME_GET_MILLISEC(duration);
}
