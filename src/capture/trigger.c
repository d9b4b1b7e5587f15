/*
 * trigger.c
 *		The trigger on base tables: compares, copies, and runs no SQL.
 *
 * One row trigger serves all tviews that read a table.  What it needs to know
 * about the table it fires on (also a partition or child of the table that a
 * definition names) is kept in a map, rebuilt when descriptors may have
 * changed.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "capture/capture.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* One trace, in terms of the table the trigger fires on. */
typedef struct CaptureRule
{
	TviewDesc  *desc;
	TviewTrace *trace;
	AttrNumber *captured;		/* attributes of this table */
	int			nreferenced;
	AttrNumber *referenced;		/* attributes of this table, too */
	Bitmapset **parts;			/* that each of these reaches; the trace's */
} CaptureRule;

typedef struct CaptureMap
{
	Oid			relid;			/* hash key */
	uint64		generation;		/* of the descriptors it was made from */
	MemoryContext context;
	List	   *rules;			/* of CaptureRule */
} CaptureMap;

static HTAB *maps = NULL;

int			tview_running_writes = 0;
uint64		tview_captured_changes = 0;

PGDLLEXPORT Datum pg_tviews_capture(PG_FUNCTION_ARGS);

void
tview_capture_init(void)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(CaptureMap);
	ctl.hcxt = TopMemoryContext;
	maps = hash_create("tview capture maps", 64, &ctl,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* The attribute of a child that is this attribute of its parent. */
static AttrNumber
map_attribute(Oid parent, AttrNumber attno, Oid relid)
{
	char	   *name;
	AttrNumber	result;

	if (parent == relid)
		return attno;
	name = get_attname(parent, attno, false);
	result = get_attnum(relid, name);
	if (result == InvalidAttrNumber)
		elog(ERROR, "column \"%s\" of relation %u not found in child %u",
			 name, parent, relid);
	return result;
}

static CaptureRule *
make_rule(TviewDesc *desc, TviewTrace *trace, Oid relid)
{
	CaptureRule *rule = palloc0(sizeof(CaptureRule));

	rule->desc = desc;
	rule->trace = trace;
	rule->captured = palloc(sizeof(AttrNumber) * (trace->ncaptured + 1));
	for (int i = 0; i < trace->ncaptured; i++)
		rule->captured[i] = map_attribute(trace->relid, trace->captured[i], relid);
	rule->referenced = palloc(sizeof(AttrNumber) * (trace->natts + 1));
	rule->parts = palloc(sizeof(Bitmapset *) * (trace->natts + 1));
	for (AttrNumber attno = 1; attno <= trace->natts; attno++)
	{
		if (trace->column_parts[attno] == NULL)
			continue;
		rule->parts[rule->nreferenced] = trace->column_parts[attno];
		rule->referenced[rule->nreferenced++] =
			map_attribute(trace->relid, attno, relid);
	}
	return rule;
}

static List *
make_rules(Oid relid)
{
	List	   *ancestors = relation_ancestors(relid);
	List	   *rules = NIL;
	ListCell   *lc;

	foreach(lc, tviews_reading(relid))
	{
		TviewDesc  *desc;
		ListCell   *lc2;

		/* It may be about to be dropped: wait, and see. */
		LockRelationOid(lfirst_oid(lc), AccessShareLock);
		if (!tview_exists(lfirst_oid(lc)))
			continue;
		desc = tview_desc(lfirst_oid(lc));
		if (!desc->populated)
			continue;
		foreach(lc2, desc->traces)
		{
			TviewTrace *trace = lfirst(lc2);

			if (trace->relid == relid ||
				(trace->inherit && list_member_oid(ancestors, trace->relid)))
				rules = lappend(rules, make_rule(desc, trace, relid));
		}
	}
	return rules;
}

/* Rebuild a map; on error it stays empty and marked as never built. */
static void
rebuild_map(CaptureMap *map)
{
	MemoryContext context;
	MemoryContext old;
	List	   *rules;
	uint64		generation;
	int			attempts = 0;

	context = AllocSetContextCreate(CurTransactionContext, "tview capture map",
									ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);

	/*
	 * Building descriptors can retire others: repeat until nothing moves.  Where something always
	 * does, it is none of our tables: our writer has a lock on this one, for which whoever
	 * changes what is captured of it waits.
	 */
	do
	{
		CHECK_FOR_INTERRUPTS();
		generation = tview_desc_generation();
		rules = make_rules(map->relid);
	} while (generation != tview_desc_generation() && ++attempts < TVIEW_MAX_ATTEMPTS);
	MemoryContextSwitchTo(old);
	MemoryContextSetParent(context, TopMemoryContext);
	if (map->context != NULL)
		MemoryContextDelete(map->context);
	map->context = context;
	map->rules = rules;
	map->generation = tview_desc_generation();
}

static List *
rules_of(Oid relid)
{
	CaptureMap *map;
	bool		found;

	map = hash_search(maps, &relid, HASH_ENTER, &found);
	if (!found)
	{
		map->generation = 0;
		map->context = NULL;
		map->rules = NIL;
	}
	if (map->generation != tview_desc_generation())
		rebuild_map(map);
	return map->rules;
}

/* Free the maps that are to be rebuilt: their relations may not even exist. */
void
tview_capture_at_xact_end(void)
{
	static uint64 swept = 0;
	HASH_SEQ_STATUS scan;
	CaptureMap *map;

	if (swept == tview_desc_generation())
		return;
	swept = tview_desc_generation();
	hash_seq_init(&scan, maps);
	while ((map = hash_seq_search(&scan)) != NULL)
	{
		if (map->generation == swept)
			continue;
		if (map->context != NULL)
			MemoryContextDelete(map->context);
		hash_search(maps, &map->relid, HASH_REMOVE, NULL);
	}
}

/* Are both the same value in the TOAST table, which need not be fetched? */
static bool
is_same_toast(Datum value1, Datum value2)
{
	return VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(value1)) &&
		VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(value2)) &&
		memcmp(VARDATA_EXTERNAL(DatumGetPointer(value1)),
			   VARDATA_EXTERNAL(DatumGetPointer(value2)), sizeof(varatt_external)) == 0;
}

/* Did an attribute get another value?  Numbers that are equal but print
 * differently are different. */
static bool
attribute_differs(TupleTableSlot *before, TupleTableSlot *after, AttrNumber attno)
{
	Form_pg_attribute attr = TupleDescAttr(before->tts_tupleDescriptor, attno - 1);
	bool		null1;
	bool		null2;
	Datum		value1 = slot_getattr(before, attno, &null1);
	Datum		value2 = slot_getattr(after, attno, &null2);

	if (null1 || null2)
		return null1 != null2;
	if (attr->attlen == -1 && is_same_toast(value1, value2))
		return false;
	return !datum_image_eq(value1, value2, attr->attbyval, attr->attlen);
}

/* The parts of the tview's rows that a change may concern; NULL for none. */
static Bitmapset *
parts_changed(CaptureRule *rule, TupleTableSlot *before, TupleTableSlot *after)
{
	Bitmapset  *parts = NULL;

	if (before == NULL || after == NULL)
		return rule->trace->row_parts;
	for (int i = 0; i < rule->nreferenced; i++)
		if (!bms_is_subset(rule->parts[i], parts) &&
			attribute_differs(before, after, rule->referenced[i]))
			parts = parts == NULL ? rule->parts[i] : bms_union(parts, rule->parts[i]);
	return parts;
}

static void
capture_slot(CaptureRule *rule, const Bitmapset *parts, TupleTableSlot *slot)
{
	Datum		values[MaxHeapAttributeNumber];
	bool		nulls[MaxHeapAttributeNumber];

	if (slot == NULL)
		return;
	for (int i = 0; i < rule->trace->ncaptured; i++)
		values[i] = slot_getattr(slot, rule->captured[i], &nulls[i]);
	tview_dirty_add(rule->desc, rule->trace, parts, values, nulls);
}

static void
capture_row(Oid relid, TupleTableSlot *before, TupleTableSlot *after)
{
	ListCell   *lc;

	tview_captured_changes++;
	foreach(lc, rules_of(relid))
	{
		CaptureRule *rule = lfirst(lc);
		Bitmapset  *parts = parts_changed(rule, before, after);

		if (parts == NULL)
			continue;
		if (rule->trace->whole)
			tview_dirty_add_whole(rule->desc);
		else if (rule->trace->queries != NIL || rule->trace->null_key)
		{
			capture_slot(rule, parts, before);
			capture_slot(rule, parts, after);
		}
	}
}

/* A relation was truncated, which does not say what rows went. */
void
tview_capture_truncate(Oid relid)
{
	ListCell   *lc;

	tview_captured_changes++;
	foreach(lc, rules_of(relid))
		tview_dirty_add_whole(((CaptureRule *) lfirst(lc))->desc);
}

/*
 * Are we in the middle of a statement that may have changed more than is captured?
 * Of its rows some triggers have fired, others, ours among them, are waiting.
 */
bool
tview_in_statement(void)
{
	return tview_running_writes > 0;
}

PG_FUNCTION_INFO_V1(pg_tviews_capture);

/* Trigger function: AFTER INSERT, UPDATE, DELETE row and TRUNCATE statement. */
Datum
pg_tviews_capture(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Oid			relid;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("pg_tviews_capture() must be called as an AFTER trigger")));
	relid = RelationGetRelid(data->tg_relation);
	if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event))
		tview_capture_truncate(relid);
	else if (TRIGGER_FIRED_BY_INSERT(data->tg_event))
		capture_row(relid, NULL, data->tg_trigslot);
	else if (TRIGGER_FIRED_BY_DELETE(data->tg_event))
		capture_row(relid, data->tg_trigslot, NULL);
	else
		capture_row(relid, data->tg_trigslot, data->tg_newslot);
	return PointerGetDatum(NULL);
}
