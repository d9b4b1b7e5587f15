/*
 * ties.c
 *		What pg_depend says of tviews: their tables depend on their views, and on what
 *		their functions read.
 *
 * Triggers on pg_tview_meta see to it, also where a restore fills it.  pg_upgrade
 * fills it with a file, so that no trigger fires: before the first command of a session
 * that could need them, ties that are missing are made again.
 */
#include "base/compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "base/guc.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "commands/trigger.h"
#include "ddl/ddl.h"
#include "executor/spi.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/rel.h"

PGDLLEXPORT Datum pg_tviews_meta_known(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum pg_tviews_meta_changed(PG_FUNCTION_ARGS);

static void
untie(Oid tview, Oid relid)
{
	deleteDependencyRecordsForSpecific(RelationRelationId, tview, DEPENDENCY_NORMAL,
									   RelationRelationId, relid);
}

/* Have the table of a tview depend on another relation; once, if called again. */
static void
tie(Oid tview, Oid relid)
{
	ObjectAddress table_address;
	ObjectAddress other_address;

	untie(tview, relid);
	ObjectAddressSet(table_address, RelationRelationId, tview);
	ObjectAddressSet(other_address, RelationRelationId, relid);
	recordDependencyOn(&table_address, &other_address, DEPENDENCY_NORMAL);
}

/* Have the table of a tview depend on its view and on what its functions read. */
void
tview_tie_parts(Oid tview, Oid view, List *reads)
{
	ListCell   *lc;

	tie(tview, view);
	foreach(lc, reads)
		tie(tview, lfirst_oid(lc));
}

/* Does the table of a tview depend on its view? */
static bool
is_tied(Oid tview, Oid view)
{
	Relation	rel = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		result = false;

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(tview));
	scan = systable_beginscan(rel, DependDependerIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

		result = result || (depend->refclassid == RelationRelationId &&
							depend->refobjid == view);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

/* The first tview that has lost its ties, or InvalidOid. */
static Oid
untied_tview(void)
{
	ListCell   *lc;

	foreach(lc, tview_meta_tables())
	{
		Oid			tview = lfirst_oid(lc);

		if (tview_exists(tview) && !is_tied(tview, tview_meta_of_table(tview)->view))
			return tview;
	}
	return InvalidOid;
}

/* All tviews depend again on what they should; one session at a time does this. */
void
tview_tie_again(void)
{
	static bool checked = false;
	Oid			tview;

	if (checked)
		return;
	if (OidIsValid(untied_tview()))
		LockRelationOid(tview_meta_relid(), ShareRowExclusiveLock);
	while (OidIsValid(tview = untied_tview()))
	{
		TviewMeta	meta = tview_meta_copy(tview_meta_of_table(tview));

		tview_tie_parts(tview, meta.view, meta.reads);
		CommandCounterIncrement();
	}
	checked = true;
}

/* The tables that functions read, by a row of pg_tview_meta. */
static List *
reads_of_row(HeapTuple tuple, TupleDesc tupdesc)
{
	bool		isnull;

	return tview_regclass_array_to_list(heap_getattr(tuple, SPI_fnumber(tupdesc, "reads"),
													 tupdesc, &isnull));
}

static Oid
oid_of_row(HeapTuple tuple, TupleDesc tupdesc, const char *column)
{
	bool		isnull;

	return DatumGetObjectId(heap_getattr(tuple, SPI_fnumber(tupdesc, column),
										 tupdesc, &isnull));
}

/* A row says something else now of what functions read. */
static void
tie_reads_again(Oid tview, List *before, List *after)
{
	ListCell   *lc;

	foreach(lc, list_difference_oid(before, after))
		untie(tview, lfirst_oid(lc));
	foreach(lc, list_difference_oid(after, before))
		tie(tview, lfirst_oid(lc));
}

/* Has a restore brought a row of which there is a relation only in the database that was dumped? */
static bool
names_what_is_missing(HeapTuple tuple, TupleDesc tupdesc)
{
	return !OidIsValid(oid_of_row(tuple, tupdesc, "tview")) ||
		!OidIsValid(oid_of_row(tuple, tupdesc, "view")) ||
		list_member_oid(reads_of_row(tuple, tupdesc), InvalidOid);
}

/* Has a restore brought the row of a tview that is there already? */
static bool
is_known(HeapTuple tuple, TupleDesc tupdesc)
{
	const TviewMeta *known = tview_meta_of_table(oid_of_row(tuple, tupdesc, "tview"));

	return known != NULL && known->view == oid_of_row(tuple, tupdesc, "view");
}

PG_FUNCTION_INFO_V1(pg_tviews_meta_known);

/*
 * Trigger function on pg_tview_meta, before INSERT: a restore of rows into a
 * database that has the tview leaves out its row, since the one that is there
 * says what the tview is here.  So it does if it has not made the tview.
 */
Datum
pg_tviews_meta_known(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	TupleDesc	tupdesc;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("pg_tviews_meta_known() must be called as a trigger")));
	if (RelationGetRelid(data->tg_relation) != tview_meta_relid() ||
		!TRIGGER_FIRED_BY_INSERT(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("pg_tviews_meta_known() serves pg_tview_meta only")));
	tupdesc = RelationGetDescr(data->tg_relation);
	if (tview_restore_in_progress() &&
		(names_what_is_missing(data->tg_trigtuple, tupdesc) || is_known(data->tg_trigtuple, tupdesc)))
		return PointerGetDatum(NULL);
	return PointerGetDatum(data->tg_trigtuple);
}

PG_FUNCTION_INFO_V1(pg_tviews_meta_changed);

/*
 * Trigger function on pg_tview_meta: a new row, from us or from a restore, ties
 * the table to its view and to what its functions read; every change makes all
 * sessions look again.
 */
Datum
pg_tviews_meta_changed(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	TupleDesc	tupdesc;
	Oid			tview;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("pg_tviews_meta_changed() must be called as a trigger")));
	if (RelationGetRelid(data->tg_relation) != tview_meta_relid())
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("pg_tviews_meta_changed() serves pg_tview_meta only")));
	tupdesc = RelationGetDescr(data->tg_relation);
	tview = oid_of_row(data->tg_trigtuple, tupdesc, "tview");
	if (TRIGGER_FIRED_BY_INSERT(data->tg_event))
	{
		if (tview_restore_in_progress())
			tview_restore_lock();	/* before those on tables */
		tview_tie_parts(tview, oid_of_row(data->tg_trigtuple, tupdesc, "view"),
						reads_of_row(data->tg_trigtuple, tupdesc));
		tview_guard_restored(tview);
	}
	else if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
		tie_reads_again(tview, reads_of_row(data->tg_trigtuple, tupdesc),
						reads_of_row(data->tg_newtuple, tupdesc));
	CacheInvalidateRelcache(data->tg_relation);
	if (TRIGGER_FIRED_BY_INSERT(data->tg_event) && tview_restore_in_progress())
	{
		CommandCounterIncrement();
		tview_part_restored();
	}
	return PointerGetDatum(NULL);
}
