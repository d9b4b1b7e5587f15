/*
 * writer.c
 *		Writes the rows of a tview that differ from what is stored.
 *
 * Rows go straight to the table and its indexes, as in logical replication's
 * apply worker: no planning, no permission checks, no row security, but
 * constraints and the AFTER triggers that users put on a tview, with
 * transition tables.  A row that is stored already, byte for byte, is not
 * touched.
 *
 * Order.  Two rows may swap a value that has a unique index.  So rows in which
 * such a value changes wait until all others are done, and insertions wait for
 * them.  If there are several, all their old versions go before a new one comes.
 * For triggers and foreign keys these are updates as well.
 *
 * Publications.  That subscribers can find an updated or deleted row, and can
 * tell whether a row filter has it, is checked for each, as the apply worker
 * does; after the first the answer is in the relation cache.
 *
 * The caller holds the tview's refresh lock, so nobody else changes its rows.
 */
#include "base/compat.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "refresh/refresh.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

struct TviewWriter
{
	TviewDesc  *desc;
	Relation	rel;
	Snapshot	snapshot;
	EState	   *estate;
	ResultRelInfo *relinfo;
	Relation	key_index;
	IndexScanDesc scan;			/* of key_index */
	ScanKeyData *scan_keys;
	int		   *scan_key_of;	/* by index column: which key column */
	IndexScanDesc seen_scan;	/* the same, of all versions */
	TupleTableSlot *seen;
	TupleTableSlot *stored;		/* the row found last */
	TupleTableSlot *fresh;		/* the row to write */
	TviewEvaluation *evaluation;	/* what was put into it last */
	Bitmapset  *indexed_columns;	/* as below, of any index */
	bool		indexes_open;	/* all, in relinfo */
	Bitmapset  *unique_columns; /* then: of unique indexes besides the key */
	Tuplestorestate *moves;		/* NULL while there are none */
	ItemPointerData *moved;		/* the versions that these replace */
	int			nmoved;
	int			moved_allocated;
	Tuplestorestate *inserts;	/* NULL while there are none */
	int64		inserted;
	int64		updated;
	int64		deleted;
	TransitionCaptureState *insert_capture;
	TransitionCaptureState *update_capture;
	TransitionCaptureState *delete_capture;
};

static EState *
make_estate(Relation rel, TviewDesc *desc, ResultRelInfo *relinfo)
{
	EState	   *estate = CreateExecutorState();
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	Bitmapset  *updated = NULL;

	for (int i = 0; i < desc->ncolumns; i++)
		updated = bms_add_member(updated, desc->table_attnos[i] -
								 FirstLowInvalidHeapAttributeNumber);
	if (desc->updated_at != InvalidAttrNumber)
		updated = bms_add_member(updated, desc->updated_at -
								 FirstLowInvalidHeapAttributeNumber);
	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(rel);
	rte->relkind = rel->rd_rel->relkind;
	rte->rellockmode = RowExclusiveLock;
	init_result_range_table(estate, rte, updated);
	InitResultRelInfo(relinfo, rel, 1, NULL, 0);
	estate->es_opened_result_relations =
		lappend(estate->es_opened_result_relations, relinfo);
	estate->es_output_cid = GetCurrentCommandId(true);
	return estate;
}

/* Columns that unique or exclusion indexes other than the key's depend on,
 * offset by FirstLowInvalidHeapAttributeNumber. */
static Bitmapset *
unique_columns(ResultRelInfo *relinfo)
{
	Bitmapset  *columns = NULL;

	for (int i = 0; i < relinfo->ri_NumIndices; i++)
	{
		Relation	index = relinfo->ri_IndexRelationDescs[i];
		IndexInfo  *info = relinfo->ri_IndexRelationInfo[i];

		if (!index->rd_index->indisprimary &&
			(info->ii_Unique || info->ii_ExclusionOps != NULL))
		{
			for (int j = 0; j < info->ii_NumIndexAttrs; j++)
				if (info->ii_IndexAttrNumbers[j] != 0)
					columns = bms_add_member(columns, info->ii_IndexAttrNumbers[j] -
											 FirstLowInvalidHeapAttributeNumber);
			pull_varattnos((Node *) info->ii_Expressions, 1, &columns);
			pull_varattnos((Node *) info->ii_Predicate, 1, &columns);
		}
	}
	return columns;
}

/* Open the indexes, which most changes of documents have no need of. */
static void
need_indexes(TviewWriter *writer)
{
	if (writer->indexes_open)
		return;
	ExecOpenIndices(writer->relinfo, false);
	writer->unique_columns = unique_columns(writer->relinfo);
	writer->indexes_open = true;
}

static void
lost_primary_key(TviewDesc *desc)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("tview %s has lost its primary key", desc->name),
			 errhint("Add a primary key on its key columns.")));
}

/* Which of the key columns this attribute of the table is. */
static int
key_number(TviewDesc *desc, AttrNumber attno)
{
	for (int i = 0; i < desc->nkeys; i++)
		if (desc->keys[i].table_attno == attno)
			return i;
	lost_primary_key(desc);
	return -1;
}

static void
prepare_key_scan(TviewWriter *writer)
{
	TviewDesc  *desc = writer->desc;
	int			nkeys = desc->nkeys;
	Relation	index;

	if (!OidIsValid(desc->key_index))
		lost_primary_key(desc);
	index = writer->key_index = index_open(desc->key_index, RowExclusiveLock);
	if (index->rd_index->indnkeyatts != nkeys)
		lost_primary_key(desc);
	writer->scan_keys = palloc(sizeof(ScanKeyData) * nkeys);
	writer->scan_key_of = palloc(sizeof(int) * nkeys);
	for (int i = 0; i < nkeys; i++)
	{
		Oid			type = index->rd_opcintype[i];
		Oid			operator = get_opfamily_member(index->rd_opfamily[i], type, type,
												   BTEqualStrategyNumber);

		ScanKeyEntryInitialize(&writer->scan_keys[i], 0, i + 1,
							   BTEqualStrategyNumber, InvalidOid,
							   index->rd_indcollation[i], get_opcode(operator), 0);
		writer->scan_key_of[i] = key_number(desc, index->rd_index->indkey.values[i]);
	}
}

/*
 * Start writing.  snapshot: the one the new rows are computed with; must stay
 * active until tview_writer_finish().
 */
TviewWriter *
tview_writer_open(TviewDesc *desc, Snapshot snapshot)
{
	TviewWriter *writer = palloc0(sizeof(TviewWriter));
	TriggerDesc *triggers;

	writer->desc = desc;
	writer->snapshot = snapshot;
	writer->rel = table_open(desc->tview, RowExclusiveLock);
	writer->relinfo = makeNode(ResultRelInfo);
	writer->estate = make_estate(writer->rel, desc, writer->relinfo);
	writer->indexed_columns = RelationGetIndexAttrBitmap(writer->rel,
														 INDEX_ATTR_BITMAP_HOT_BLOCKING);
	prepare_key_scan(writer);
	writer->stored = table_slot_create(writer->rel, NULL);
	writer->fresh = MakeSingleTupleTableSlot(RelationGetDescr(writer->rel),
											 &TTSOpsVirtual);
	triggers = writer->relinfo->ri_TrigDesc;
	writer->insert_capture = MakeTransitionCaptureState(triggers, desc->tview,
														CMD_INSERT);
	writer->update_capture = MakeTransitionCaptureState(triggers, desc->tview,
														CMD_UPDATE);
	writer->delete_capture = MakeTransitionCaptureState(triggers, desc->tview,
														CMD_DELETE);
	return writer;
}

/* Have a scan of the key's index, begun when first needed, look for a key. */
static void
look_for_key(TviewWriter *writer, IndexScanDesc *scan, Snapshot snapshot, const Datum *key)
{
	int			nkeys = writer->desc->nkeys;

	if (*scan == NULL)
		*scan = index_beginscan_compat(writer->rel, writer->key_index, snapshot, nkeys);
	for (int i = 0; i < nkeys; i++)
		writer->scan_keys[i].sk_argument = key[writer->scan_key_of[i]];
	index_rescan(*scan, writer->scan_keys, nkeys, NULL, 0);
}

/* Find the stored row of a key; it becomes the current row. */
bool
tview_writer_find(TviewWriter *writer, const Datum *key)
{
	bool		found;

	look_for_key(writer, &writer->scan, writer->snapshot, key);
	found = index_getnext_slot(writer->scan, ForwardScanDirection, writer->stored);
	if (found)
		ExecMaterializeSlot(writer->stored);
	return found;
}

/* Make the row at this place the current row. */
bool
tview_writer_fetch(TviewWriter *writer, ItemPointer tid)
{
	return table_tuple_fetch_row_version(writer->rel, tid, writer->snapshot,
										 writer->stored);
}

static void
check_result(TviewWriter *writer, TM_Result result)
{
	if (result == TM_Ok)
		return;
	if (result == TM_SelfModified)	/* by the first of two rows for one key */
		tview_duplicate_key_error(writer->desc, NULL);
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not write a row of tview %s", writer->desc->name),
			 errdetail("It was changed by a direct write at the same time."),
			 errhint("Retry the transaction.")));
}

/*
 * Does the transaction's snapshot show another version of this key than that at tid, NULL
 * for none, or not that one?  All versions are looked at, since for the server's conflict
 * detection at SERIALIZABLE this is no reading.
 */
static bool
snapshot_differs(TviewWriter *writer, const Datum *key, ItemPointer tid)
{
	bool		differs = false;

	if (writer->seen == NULL)
		writer->seen = table_slot_create(writer->rel, NULL);
	look_for_key(writer, &writer->seen_scan, SnapshotAny, key);
	while (!differs && index_getnext_slot(writer->seen_scan, ForwardScanDirection, writer->seen))
	{
		bool		stored = tid != NULL && ItemPointerEquals(tid, &writer->seen->tts_tid);

		differs = stored != table_tuple_satisfies_snapshot(writer->rel, writer->seen,
														   GetTransactionSnapshot());
	}
	ExecClearTuple(writer->seen);
	return differs;
}

/*
 * A key is refreshed whose stored row is the current one, if it exists.  A
 * transaction that keeps one snapshot may see another version: see conflict.c.
 */
void
tview_writer_note_key(TviewWriter *writer, const Datum *key, bool exists)
{
	if (IsolationUsesXactSnapshot() &&
		snapshot_differs(writer, key, exists ? &writer->stored->tts_tid : NULL))
		tview_conflict_note(writer->desc);
}

/*
 * The same where all keys are refreshed, those included that another transaction has deleted and
 * that this one would not have either.
 */
void
tview_writer_note_all(TviewWriter *writer)
{
	bool		differs = false;
	TupleTableSlot *slot;
	TableScanDesc scan;

	if (!IsolationUsesXactSnapshot())
		return;
	slot = table_slot_create(writer->rel, NULL);
	scan = table_beginscan(writer->rel, SnapshotAny, 0, NULL);
	while (!differs && table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		differs = table_tuple_satisfies_snapshot(writer->rel, slot, writer->snapshot) !=
			table_tuple_satisfies_snapshot(writer->rel, slot, GetTransactionSnapshot());
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	if (differs)
		tview_conflict_note(writer->desc);
}

static void
delete_version(TviewWriter *writer, ItemPointer tid)
{
	TM_FailureData failure;

	CheckCmdReplicaIdentity(writer->rel, CMD_DELETE);
	check_result(writer,
				 table_tuple_delete(writer->rel, tid, GetCurrentCommandId(true),
									writer->snapshot, InvalidSnapshot, true,
									&failure, false));
}

/* Delete the current row. */
void
tview_writer_delete(TviewWriter *writer)
{
	ItemPointerData tid = writer->stored->tts_tid;

	delete_version(writer, &tid);
	ExecARDeleteTriggers(writer->estate, writer->relinfo, &tid, NULL,
						 writer->delete_capture, false);
	writer->deleted++;
}

static void
check_constraints(TviewWriter *writer)
{
	tview_note_current_row(writer->fresh);
	if (writer->rel->rd_att->constr != NULL)
		ExecConstraints(writer->relinfo, writer->fresh, writer->estate);
}

/* The version at this place is the fresh row now. */
static void
fire_update(TviewWriter *writer, ItemPointer tid, List *recheck)
{
	ExecARUpdateTriggers(writer->estate, writer->relinfo, NULL, NULL, tid, NULL,
						 writer->fresh, recheck, writer->update_capture, false);
	tview_note_current_row(NULL);
	writer->updated++;
	ResetPerTupleExprContext(writer->estate);
}

static void
update_version(TviewWriter *writer, ItemPointer tid)
{
	TM_FailureData failure;
	LockTupleMode lockmode;
	TviewUpdateIndexes indexes;
	List	   *recheck = NIL;

	CheckCmdReplicaIdentity(writer->rel, CMD_UPDATE);
	check_constraints(writer);
	check_result(writer,
				 table_tuple_update(writer->rel, tid, writer->fresh,
									GetCurrentCommandId(true), writer->snapshot,
									InvalidSnapshot, true, &failure, &lockmode,
									&indexes));
	if (update_needs_indexes(indexes))
	{
		need_indexes(writer);
		recheck = ExecInsertIndexTuples_compat(writer->relinfo, writer->fresh,
											   writer->estate, true,
											   update_only_summarizing(indexes));
	}
	fire_update(writer, tid, recheck);
}

/* Returns the indexes whose deferred check is to be repeated. */
static List *
insert_version(TviewWriter *writer)
{
	need_indexes(writer);
	check_constraints(writer);
	table_tuple_insert(writer->rel, writer->fresh, GetCurrentCommandId(true), 0,
					   NULL);
	return ExecInsertIndexTuples_compat(writer->relinfo, writer->fresh,
										writer->estate, false, false);
}

static void
insert_row(TviewWriter *writer)
{
	List	   *recheck = insert_version(writer);

	ExecARInsertTriggers(writer->estate, writer->relinfo, writer->fresh, recheck,
						 writer->insert_capture);
	tview_note_current_row(NULL);
	writer->inserted++;
	ResetPerTupleExprContext(writer->estate);
}

/* The fresh slot has its values, but for the time. */
static void
finish_fresh(TviewWriter *writer)
{
	TupleTableSlot *slot = writer->fresh;
	AttrNumber	updated_at = writer->desc->updated_at;

	if (updated_at != InvalidAttrNumber)
	{
		slot->tts_values[updated_at - 1] =
			TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
		slot->tts_isnull[updated_at - 1] = false;
	}
	ExecStoreVirtualTuple(slot);
	slot->tts_tableOid = RelationGetRelid(writer->rel);
}

/* Fill the fresh slot from the columns of the view. */
static void
store_fresh(TviewWriter *writer, const Datum *values, const bool *nulls)
{
	TupleTableSlot *slot = writer->fresh;
	TviewDesc  *desc = writer->desc;

	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts);
	for (int i = 0; i < desc->ncolumns; i++)
	{
		slot->tts_values[desc->table_attnos[i] - 1] = values[i];
		slot->tts_isnull[desc->table_attnos[i] - 1] = nulls[i];
	}
	finish_fresh(writer);
}

/* Is the fresh value of a column another one, by its bytes? */
static bool
fresh_differs(TviewWriter *writer, AttrNumber attno, Datum value, bool is_null)
{
	Form_pg_attribute attr = TupleDescAttr(RelationGetDescr(writer->rel), attno - 1);

	if (is_null || writer->fresh->tts_isnull[attno - 1])
		return is_null != writer->fresh->tts_isnull[attno - 1];
	return !datum_image_eq(value, writer->fresh->tts_values[attno - 1],
						   attr->attbyval, attr->attlen);
}

static bool
column_differs(TviewWriter *writer, AttrNumber attno)
{
	bool		is_null;
	Datum		value = slot_getattr(writer->stored, attno, &is_null);

	return fresh_differs(writer, attno, value, is_null);
}

/* Does the current row differ in these columns, and in one with a unique index? */
static bool
row_differs(TviewWriter *writer, const AttrNumber *columns, int ncolumns,
			bool *unique_differs)
{
	bool		differs = false;

	*unique_differs = false;
	for (int i = 0; i < ncolumns; i++)
	{
		AttrNumber	attno = writer->desc->table_attnos[columns ? columns[i] - 1 : i];
		int			member = attno - FirstLowInvalidHeapAttributeNumber;
		bool		indexed = bms_is_member(member, writer->indexed_columns);

		if ((differs && !indexed) || !column_differs(writer, attno))
			continue;
		differs = true;
		if (!indexed)
			continue;
		need_indexes(writer);
		if (bms_is_member(member, writer->unique_columns))
			*unique_differs = true;
	}
	return differs;
}

static void
insert_later(TviewWriter *writer)
{
	if (writer->inserts == NULL)
		writer->inserts = tuplestore_begin_heap(false, false, work_mem);
	tuplestore_puttupleslot(writer->inserts, writer->fresh);
}

static void
move_later(TviewWriter *writer)
{
	if (writer->moves == NULL)
	{
		writer->moves = tuplestore_begin_heap(false, false, work_mem);
		writer->moved_allocated = 8;
		writer->moved = palloc(sizeof(ItemPointerData) * writer->moved_allocated);
	}
	if (writer->nmoved == writer->moved_allocated)
	{
		writer->moved_allocated *= 2;
		writer->moved = repalloc_huge(writer->moved, sizeof(ItemPointerData) *
									  writer->moved_allocated);
	}
	writer->moved[writer->nmoved++] = writer->stored->tts_tid;
	tuplestore_puttupleslot(writer->moves, writer->fresh);
}

/* Replace the current row by the fresh one, if it differs in these columns. */
static void
replace_row(TviewWriter *writer, const AttrNumber *columns, int ncolumns)
{
	ItemPointerData tid = writer->stored->tts_tid;
	bool		unique_differs;

	if (!row_differs(writer, columns, ncolumns, &unique_differs))
		return;
	if (unique_differs)
		move_later(writer);
	else
		update_version(writer, &tid);
}

/*
 * Make a row what the definition says.  values, nulls: by view column.  exists:
 * the current row is the stored one of the same key; else there is none.
 */
void
tview_writer_put(TviewWriter *writer, const Datum *values, const bool *nulls,
				 bool exists)
{
	store_fresh(writer, values, nulls);
	if (exists)
		replace_row(writer, NULL, writer->desc->ncolumns);
	else
		insert_later(writer);
}

/*
 * Make the current row with some parts replaced the one to be written.  values,
 * nulls: by column of the evaluation.  False where that cannot be done.
 */
bool
tview_writer_patch(TviewWriter *writer, TviewEvaluation *evaluation,
				   const Datum *values, const bool *nulls)
{
	TupleTableSlot *fresh = writer->fresh;
	int			natts = fresh->tts_tupleDescriptor->natts;
	MemoryContext old;
	bool		result;

	ExecClearTuple(fresh);
	slot_getallattrs(writer->stored);
	memcpy(fresh->tts_values, writer->stored->tts_values, sizeof(Datum) * natts);
	memcpy(fresh->tts_isnull, writer->stored->tts_isnull, sizeof(bool) * natts);
	ResetPerTupleExprContext(writer->estate);
	old = MemoryContextSwitchTo(GetPerTupleMemoryContext(writer->estate));
	result = tview_patch_row(writer->desc, evaluation, values, nulls,
							 fresh->tts_values, fresh->tts_isnull);
	MemoryContextSwitchTo(old);
	finish_fresh(writer);
	writer->evaluation = evaluation;
	return result;
}

/* Write the row that tview_writer_patch() made. */
void
tview_writer_save(TviewWriter *writer)
{
	replace_row(writer, writer->evaluation->columns, writer->evaluation->ncolumns);
}

/*
 * The first column of the view in which the row to be written is not this one;
 * 0 where there is none.
 */
AttrNumber
tview_writer_compare(TviewWriter *writer, const Datum *values, const bool *nulls)
{
	for (int i = 0; i < writer->desc->ncolumns; i++)
		if (fresh_differs(writer, writer->desc->table_attnos[i], values[i], nulls[i]))
			return i + 1;
	return 0;
}

/* Fetch the next row that was put off into the fresh slot. */
static bool
next_put_off(TviewWriter *writer, Tuplestorestate *store, TupleTableSlot *slot)
{
	TupleTableSlot *fresh = writer->fresh;
	int			natts = fresh->tts_tupleDescriptor->natts;

	CHECK_FOR_INTERRUPTS();
	if (!tuplestore_gettupleslot(store, true, false, slot))
		return false;
	ExecClearTuple(fresh);
	slot_getallattrs(slot);
	memcpy(fresh->tts_values, slot->tts_values, sizeof(Datum) * natts);
	memcpy(fresh->tts_isnull, slot->tts_isnull, sizeof(bool) * natts);
	ExecStoreVirtualTuple(fresh);
	fresh->tts_tableOid = RelationGetRelid(writer->rel);
	return true;
}

/* Only if there are several rows can one need a value that another gives up. */
static void
do_moves(TviewWriter *writer, TupleTableSlot *slot)
{
	bool		several = writer->nmoved > 1;

	for (int i = 0; several && i < writer->nmoved; i++)
		delete_version(writer, &writer->moved[i]);
	for (int i = 0; next_put_off(writer, writer->moves, slot); i++)
	{
		if (several)
			fire_update(writer, &writer->moved[i], insert_version(writer));
		else
			update_version(writer, &writer->moved[i]);
	}
	tuplestore_end(writer->moves);
	writer->moves = NULL;
	writer->nmoved = 0;
}

static void
do_inserts(TviewWriter *writer, TupleTableSlot *slot)
{
	while (next_put_off(writer, writer->inserts, slot))
		insert_row(writer);
	tuplestore_end(writer->inserts);
	writer->inserts = NULL;
}

/* Do what was put off. */
void
tview_writer_flush(TviewWriter *writer)
{
	TupleTableSlot *slot;

	if (writer->moves == NULL && writer->inserts == NULL)
		return;
	slot = MakeSingleTupleTableSlot(RelationGetDescr(writer->rel), &TTSOpsMinimalTuple);
	if (writer->moves != NULL)
		do_moves(writer, slot);
	if (writer->inserts != NULL)
		do_inserts(writer, slot);
	ExecDropSingleTupleTableSlot(slot);
}

/*
 * Stop writing, after tview_writer_flush(), and queue statement triggers.  The caller ends the trigger
 * query level afterwards, with the executor state that is returned, and then
 * calls tview_writer_close().
 */
EState *
tview_writer_finish(TviewWriter *writer)
{
	if (writer->deleted > 0)
		ExecASDeleteTriggers(writer->estate, writer->relinfo,
							 writer->delete_capture);
	if (writer->updated > 0)
		ExecASUpdateTriggers(writer->estate, writer->relinfo,
							 writer->update_capture);
	if (writer->inserted > 0)
		ExecASInsertTriggers(writer->estate, writer->relinfo,
							 writer->insert_capture);
	CommandCounterIncrement();
	return writer->estate;
}

/* Release everything; the table stays locked. */
void
tview_writer_close(TviewWriter *writer)
{
	if (writer->scan != NULL)
		index_endscan(writer->scan);
	if (writer->seen_scan != NULL)
		index_endscan(writer->seen_scan);
	if (writer->seen != NULL)
		ExecDropSingleTupleTableSlot(writer->seen);
	ExecDropSingleTupleTableSlot(writer->stored);
	ExecDropSingleTupleTableSlot(writer->fresh);
	index_close(writer->key_index, NoLock);
	ExecCloseResultRelations(writer->estate);
	ExecResetTupleTable(writer->estate->es_tupleTable, false);
	FreeExecutorState(writer->estate);
	table_close(writer->rel, NoLock);
}
