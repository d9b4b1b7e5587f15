/*
 * restored.c
 *		What a script of pg_dump has not brought.
 *
 * pg_dump copies the rows of tviews.  Asked to leave out rows, of tviews since they can be
 * computed, or of base tables, it leaves out all rows of a table.  So once everything that
 * tviews consist of is there, a tview is computed if it, or a table below it, is empty.
 *
 * A restore in several jobs makes the parts of a tview in transactions of their own; whoever
 * is last has to see those of the others, so that they wait for each other.
 */
#include "base/compat.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "base/attempt.h"
#include "base/guc.h"
#include "capture/capture.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "ddl/ddl.h"
#include "ddl/events.h"
#include "refresh/refresh.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Let one transaction at a time make parts of tviews. */
void
tview_restore_lock(void)
{
	LockRelationOid(tview_meta_relid(), ShareUpdateExclusiveLock);
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

static bool
has_primary_key(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	bool		result;

	list_free(RelationGetIndexList(rel));
	result = OidIsValid(rel->rd_pkindex);
	relation_close(rel, AccessShareLock);
	return result;
}

/* Has every tview all of its parts?  Before that, what one writes cannot go on to those above. */
static bool
all_complete(void)
{
	List	   *tviews = NIL;
	ListCell   *lc;

	foreach(lc, tview_meta_tables())
		if (tview_exists(lfirst_oid(lc)))
			tviews = lappend_oid(tviews, lfirst_oid(lc));
	foreach(lc, tviews)
		if (!tview_has_guard(lfirst_oid(lc)) || !has_primary_key(lfirst_oid(lc)))
			return false;
	foreach(lc, tviews)
	{
		List	   *relids = tview_desc(lfirst_oid(lc))->base_relations;

		if (!tview_all_captured(relids) || !tview_all_truncates_captured(relids))
			return false;
	}
	return true;
}

static void
compute(void *arg)
{
	tview_refresh_fully(*(Oid *) arg);
}

/* Compute a tview, or say that it could not be done: privileges of others may be missing yet. */
static void
compute_restored(Oid tview)
{
	ErrorData  *error = tview_attempt(compute, &tview);

	if (error != NULL)
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("could not compute tview %s", tview_qualified_name(tview)),
				 errdetail_internal("%s", error->message),
				 errhint("If rows of it, or of tables below it, have been left out, run pg_tviews_refresh().")));
}

/* See to it that the rows of some tviews are right, if all parts have been restored. */
static void
compute_if_complete(List *tviews)
{
	ListCell   *lc;

	if (tviews == NIL || !all_complete())
		return;
	foreach(lc, tviews)
	{
		TviewDesc  *desc;

		if (!tview_exists(lfirst_oid(lc)))
			continue;
		desc = tview_desc(lfirst_oid(lc));
		if (desc->populated && may_compute(desc) && may_lack_rows(lfirst_oid(lc)))
			compute_restored(lfirst_oid(lc));
	}
}

/* A part of a tview has been restored, maybe the last one of all. */
void
tview_part_restored(void)
{
	compute_if_complete(tview_meta_tables());
}

/* Does a command end the making of a trigger whose name begins like this? */
static bool
completes(AlterTableStmt *command, const char *name)
{
	ListCell   *lc;

	foreach(lc, command->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_EnableAlwaysTrig && strncmp(cmd->name, name, strlen(name)) == 0)
			return true;
	}
	return false;
}

static bool
adds_primary_key(AlterTableStmt *command)
{
	ListCell   *lc;

	foreach(lc, command->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_AddConstraint &&
			castNode(Constraint, cmd->def)->contype == CONSTR_PRIMARY)
			return true;
	}
	return false;
}

/* Triggers of a table have been restored, or its primary key. */
void
tview_table_restored(Oid relid, AlterTableStmt *command)
{
	bool		is_tview = tview_meta_of_table(relid) != NULL;

	if ((is_tview && (completes(command, "pg_tviews_guard_rows") || adds_primary_key(command))) ||
		completes(command, "pg_tviews_truncate") ||
		(completes(command, "pg_tviews_capture") && !get_rel_relispartition(relid)))
		tview_part_restored();
}

/* The tviews that read what a GRANT is about. */
static List *
tviews_of_grant(GrantStmt *command)
{
	List	   *tviews = NIL;
	ListCell   *lc;

	if (command->targtype != ACL_TARGET_OBJECT)
		return NIL;
	if (command->objtype == OBJECT_SCHEMA)
		return tview_meta_tables();
	foreach(lc, command->objtype == OBJECT_TABLE ? command->objects : NIL)
	{
		Oid			relid = RangeVarGetRelid(lfirst(lc), NoLock, true);

		if (OidIsValid(relid))
			tviews = list_concat_unique_oid(tviews, tviews_reading(relid));
	}
	return tviews;
}

/* Tviews whose owners could not compute them before the GRANT that is running. */
static List *lacking_rights = NIL;	/* in TopTransactionContext */

static void
note_lacking_rights(GrantStmt *command)
{
	List	   *tviews = tviews_of_grant(command);
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);
	ListCell   *lc;

	lacking_rights = NIL;
	foreach(lc, tviews)
		if (tview_exists(lfirst_oid(lc)) && !may_compute(tview_desc(lfirst_oid(lc))))
			lacking_rights = lappend_oid(lacking_rights, lfirst_oid(lc));
	MemoryContextSwitchTo(old);
}

/* Privileges have been restored: owners may have come to read what they could not. */
void
tview_privileges_restored(void)
{
	compute_if_complete(lacking_rights);
	lacking_rights = NIL;
}

/* Does a command make the primary key of a tview? */
static bool
makes_key_of_tview(AlterTableStmt *command)
{
	Oid			relid = RangeVarGetRelid(command->relation, NoLock, true);

	return OidIsValid(relid) && tview_meta_of_table(relid) != NULL && adds_primary_key(command);
}

/* Has a table been filled with its triggers off?  Whether that is a tview, or below one, others may be about to say. */
static bool
enables_triggers(AlterTableStmt *command)
{
	bool		ours;

	return tview_command_enables_triggers(command, &ours) && !ours;
}

/* A command of a restore is about to run: does it make a part of a tview, or may it let an owner read? */
void
tview_before_restoring(Node *command)
{
	if (IsA(command, CreateTrigStmt) &&
		tview_is_own_trigger(((CreateTrigStmt *) command)->trigname))
		tview_restore_lock();
	if (IsA(command, AlterTableStmt) && (enables_triggers((AlterTableStmt *) command) ||
										 makes_key_of_tview((AlterTableStmt *) command)))
		tview_restore_lock();
	if (!IsA(command, GrantStmt))
		return;
	tview_restore_lock();
	note_lacking_rights((GrantStmt *) command);
}
