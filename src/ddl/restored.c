/*
 * restored.c
 *		What a script of pg_dump has not brought.
 *
 * pg_dump copies the rows of tviews.  Asked to leave out rows, of tviews since they can be
 * computed, or of base tables, it leaves out all rows of a table.  So once everything that a
 * tview consists of is there, it is computed if it, or a table below it, is empty.
 *
 * A restore in several jobs makes the parts of a tview in transactions of their own; whoever
 * is last has to see those of the others, so that they wait for each other.
 */
#include "base/compat.h"

#include "access/table.h"
#include "access/tableam.h"
#include "base/guc.h"
#include "capture/capture.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "ddl/ddl.h"
#include "ddl/events.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Let one transaction at a time make parts of tviews. */
void
tview_restore_lock(void)
{
	LockRelationOid(tview_meta_relid(), ShareUpdateExclusiveLock);
}

/* A command of a restore is about to run: does it make a trigger of ours, or may it let an owner read? */
void
tview_before_restoring(Node *command)
{
	if (IsA(command, GrantStmt) ||
		(IsA(command, CreateTrigStmt) &&
		 tview_is_own_trigger(((CreateTrigStmt *) command)->trigname)))
		tview_restore_lock();
}

static bool
is_empty(Oid relid)
{
	Relation	rel = table_open(relid, AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL);
	bool		found = table_scan_getnextslot(scan, ForwardScanDirection, slot);

	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	return !found;
}

/* Is a tview, or a table below it or below tviews that it reads, empty? */
static bool
may_lack_rows(Oid tview)
{
	List	   *relids = list_make1_oid(tview);
	ListCell   *lc;

	for (int i = 0; i < list_length(relids); i++)
		if (tview_exists(list_nth_oid(relids, i)))
			relids = list_concat_unique_oid(relids,
											tview_desc(list_nth_oid(relids, i))->base_relations);
	foreach(lc, tview_capture_targets(relids))
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_RELATION && is_empty(lfirst_oid(lc)))
			return true;
	return false;
}

static bool
may_use_schemas(Oid owner, List *relids)
{
	ListCell   *lc;

	foreach(lc, relids)
		if (schema_aclcheck_compat(get_rel_namespace(lfirst_oid(lc)), owner,
								   ACL_USAGE) != ACLCHECK_OK)
			return false;
	return true;
}

/* Privileges come last in a dump. */
static bool
may_compute(TviewDesc *desc)
{
	List	   *relids = list_concat(list_make2_oid(desc->tview, desc->view),
									 desc->base_relations);

	return may_use_schemas(desc->owner, relids) &&
		tview_rights_refusals("", desc->owner, desc->base_relations) == NIL;
}

/*
 * A part of a tview has been restored.  If it was the last one, see to it that the
 * rows are right.
 */
void
tview_part_restored(Oid tview)
{
	TviewDesc  *desc;

	if (!tview_exists(tview) || !tview_has_guard(tview))
		return;
	desc = tview_desc(tview);
	if (desc->populated && tview_all_captured(desc->base_relations) &&
		may_compute(desc) && may_lack_rows(tview))
		tview_recompute_later(tview);
}

static void
parts_restored(List *tviews)
{
	ListCell   *lc;

	foreach(lc, tviews)
		tview_part_restored(lfirst_oid(lc));
}

/* The triggers of a tview, or of a table below tviews, have been restored. */
void
tview_triggers_restored(Oid relid)
{
	tview_part_restored(relid);
	parts_restored(tviews_reading(relid));
}

/* Privileges have been restored: an owner may have come to read what he could not. */
void
tview_privileges_restored(GrantStmt *command)
{
	ListCell   *lc;

	if (command->targtype != ACL_TARGET_OBJECT)
		return;
	if (command->objtype == OBJECT_SCHEMA)
		parts_restored(tview_meta_tables());
	else if (command->objtype == OBJECT_TABLE)
		foreach(lc, command->objects)
			parts_restored(tviews_reading(RangeVarGetRelid(lfirst(lc), NoLock, false)));
}
