/*
 * before.c
 *		What commands must know, or lock, before they begin.
 *
 * A command that has tviews computed again locks their base tables against
 * writers (see revalidate.c).  Were it to do so at its end only,
 * it would hold its own table or view by then, which the flush of a writer may
 * need that it then waits for.  So these locks come first; writers wait before
 * they hold anything.  Nothing is decided here: names are looked up without
 * locks, and the command does that again.
 */
#include "base/compat.h"

#include "base/guc.h"
#include "capture/capture.h"
#include "catalog/namespace.h"
#include "commands/event_trigger.h"
#include "ddl/ddl.h"
#include "ddl/events.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "refresh/refresh.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

PGDLLEXPORT Datum pg_tviews_on_ddl_start(PG_FUNCTION_ARGS);

/* DETACH .. CONCURRENTLY commits in its middle, when no event trigger can act. */
static void
refuse_detach_concurrently(AlterTableStmt *command)
{
	ListCell   *lc;

	foreach(lc, command->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);
		List	   *tviews;

		if (cmd->subtype != AT_DetachPartition || !castNode(PartitionCmd, cmd->def)->concurrent)
			continue;
		tviews = tviews_reading(RangeVarGetRelid(command->relation, NoLock, true));
		if (tviews != NIL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot detach partitions of table \"%s\" concurrently",
							command->relation->relname),
					 errdetail("Tview \"%s\" reads it, and would show the rows of the partition for some time after they are gone.",
							   get_rel_name(linitial_oid(tviews))),
					 errhint("Use DETACH PARTITION without CONCURRENTLY.")));
	}
}

/*
 * Add a relation to a list, if the user owns it: nobody else may do what we
 * prepare for, and nobody else shall keep its writers waiting.
 */
static List *
add_own(List *relids, RangeVar *range)
{
	Oid			relid = range == NULL ? InvalidOid : RangeVarGetRelid(range, NoLock, true);

	if (!OidIsValid(relid) || !relation_ownercheck_compat(relid, GetUserId()))
		return relids;
	return list_append_unique_oid(relids, relid);
}

/* The table, and the parents that it is about to get. */
static List *
altered_relations(AlterTableStmt *command)
{
	List	   *relids = add_own(NIL, command->relation);
	ListCell   *lc;

	foreach(lc, command->cmds)
		if (lfirst_node(AlterTableCmd, lc)->subtype == AT_AddInherit)
			relids = add_own(relids, castNode(RangeVar, lfirst_node(AlterTableCmd, lc)->def));
	return relids;
}

/* Tables by the names of their policies. */
static List *
relations_of_policies(List *names)
{
	List	   *relids = NIL;
	ListCell   *lc;

	foreach(lc, names)
	{
		List	   *name = list_copy(lfirst_node(List, lc));

		name = list_truncate(name, list_length(name) - 1);
		relids = add_own(relids, makeRangeVarFromNameList(name));
	}
	return relids;
}

static bool
drops_policies(Node *command)
{
	return IsA(command, DropStmt) && ((DropStmt *) command)->removeType == OBJECT_POLICY;
}

/* Relations that a command changes in a way that may concern tviews above. */
static List *
changed_relations(Node *command)
{
	if (IsA(command, AlterTableStmt))
		return altered_relations((AlterTableStmt *) command);
	if (IsA(command, ViewStmt) && ((ViewStmt *) command)->replace)
		return add_own(NIL, ((ViewStmt *) command)->view);
	if (IsA(command, CreatePolicyStmt))
		return add_own(NIL, ((CreatePolicyStmt *) command)->table);
	if (IsA(command, AlterPolicyStmt))
		return add_own(NIL, ((AlterPolicyStmt *) command)->table);
	if (IsA(command, RenameStmt) && ((RenameStmt *) command)->renameType == OBJECT_COLUMN)
		return add_own(NIL, ((RenameStmt *) command)->relation);
	if (drops_policies(command))
		return relations_of_policies(((DropStmt *) command)->objects);
	return NIL;
}

/* Lock the base tables of all tviews that will be computed again. */
static void
lock_for_recomputation(Node *command)
{
	bool		policy = IsA(command, CreatePolicyStmt) || IsA(command, AlterPolicyStmt) ||
		drops_policies(command);
	List	   *base_relations = NIL;
	ListCell   *lc;

	foreach(lc, tview_with_children(changed_relations(command), command))
	{
		Oid			relid = lfirst_oid(lc);
		ListCell   *lc2;

		if (tview_meta_of_view(relid) != NULL)
			continue;
		foreach(lc2, tviews_reading(relid))
			if (tview_exists(lfirst_oid(lc2)) &&
				tview_recomputed_by(tview_desc(lfirst_oid(lc2)), relid, command, policy))
				base_relations = list_concat_unique_oid(base_relations,
														tview_desc(lfirst_oid(lc2))->base_relations);
	}
	tview_capture_lock(tview_tables_below(base_relations));
	tview_capture_lock(base_relations);
}

/* A flush that writes a table to which a tview gets a foreign key waits for the tview. */
static void
lock_for_foreign_keys(AlterTableStmt *command)
{
	List	   *tables = NIL;
	ListCell   *lc;

	if (tview_meta_of_table(RangeVarGetRelid(command->relation, NoLock, true)) == NULL ||
		add_own(NIL, command->relation) == NIL)
		return;
	foreach(lc, command->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_AddConstraint &&
			castNode(Constraint, cmd->def)->contype == CONSTR_FOREIGN)
			tables = add_own(tables, castNode(Constraint, cmd->def)->pktable);
	}
	tview_capture_lock(tview_tables_below(tables));
}

/* Is a tview, or what it reads, in the schema? */
static bool
is_in_schema(TviewDesc *desc, Oid schema)
{
	List	   *relids = list_concat_copy(desc->base_relations, desc->helper_views);
	ListCell   *lc;

	foreach(lc, lappend_oid(lappend_oid(relids, desc->tview), desc->view))
		if (get_rel_namespace(lfirst_oid(lc)) == schema)
			return true;
	return false;
}

/*
 * Nothing locks a schema.  The queries of a running flush mention it by name, so that
 * they would find others' tables where two schemas change places.
 */
static void
lock_for_renamed_schema(const char *name)
{
	Oid			schema = get_namespace_oid(name, true);
	List	   *tviews = NIL;
	ListCell   *lc;

	if (!OidIsValid(schema) || !schema_ownercheck_compat(schema, GetUserId()))
		return;
	foreach(lc, tview_meta_tables())
		if (tview_exists(lfirst_oid(lc)) && is_in_schema(tview_desc(lfirst_oid(lc)), schema))
			tviews = lappend_oid(tviews, lfirst_oid(lc));
	tview_lock_for_refresh(tviews);
}

/* Add the tviews that read a dropped relation itself, not as part of another, or have it as their view. */
static List *
add_dependent_tviews(List *tviews, Oid relid)
{
	const TviewMeta *meta = tview_meta_of_view(relid);

	if (meta != NULL)
		tviews = list_append_unique_oid(tviews, meta->tview);
	if (list_length(relation_ancestors(relid)) > 1)
		return tviews;
	return list_concat_unique_oid(tviews, tviews_reading(relid));
}

/* Lock what goes with tviews that are dropped by themselves or by CASCADE. */
static void
lock_for_drop(DropStmt *command)
{
	List	   *tviews = NIL;
	ListCell   *lc;

	if (command->removeType != OBJECT_TABLE && command->removeType != OBJECT_VIEW &&
		command->removeType != OBJECT_FOREIGN_TABLE)
		return;
	foreach(lc, command->objects)
	{
		List	   *relids = add_own(NIL, makeRangeVarFromNameList(lfirst_node(List, lc)));

		if (relids == NIL)
			continue;
		if (tview_meta_of_table(linitial_oid(relids)) != NULL)
			tviews = list_append_unique_oid(tviews, linitial_oid(relids));
		else if (command->behavior == DROP_CASCADE)
			tviews = add_dependent_tviews(tviews, linitial_oid(relids));
	}
	if (tviews != NIL)
		tview_lock_for_drop(tviews, command->behavior);
}

/*
 * Where calling the event trigger is what loads the library, the hook that would
 * have made a tview has not seen this statement.
 */
static void
refuse_if_late(Node *command)
{
	if (!tview_ddl_active() && tview_asked_by_setting(command))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot create tview \"%s\": pg_tviews was not loaded when the statement began",
						((CreateTableAsStmt *) command)->into->rel->relname),
				 errdetail("Setting \"pg_tviews.create_table_as\" asks for a tview."),
				 errhint("Run it again now; better, have pg_tviews in shared_preload_libraries or session_preload_libraries.")));
}

PG_FUNCTION_INFO_V1(pg_tviews_on_ddl_start);

/*
 * Event trigger function for ddl_command_start.  Calling it also loads the
 * library, and with it the hook that notices drops.
 */
Datum
pg_tviews_on_ddl_start(PG_FUNCTION_ARGS)
{
	Node	   *command;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("pg_tviews_on_ddl_start() must be called as an event trigger")));
	command = ((EventTriggerData *) fcinfo->context)->parsetree;
	refuse_if_late(command);
	if (tview_ddl_active() || !OidIsValid(tview_meta_relid()))
		PG_RETURN_NULL();
	if (tview_restore_in_progress())
		tview_before_restoring(command);
	if (tview_restore_in_progress() || tview_meta_tables() == NIL)
		PG_RETURN_NULL();
	tview_tie_again();
	if (IsA(command, AlterTableStmt))
	{
		refuse_detach_concurrently((AlterTableStmt *) command);
		lock_for_foreign_keys((AlterTableStmt *) command);
	}
	if (IsA(command, RenameStmt) && ((RenameStmt *) command)->renameType == OBJECT_SCHEMA)
		lock_for_renamed_schema(((RenameStmt *) command)->subname);
	lock_for_recomputation(command);
	if (IsA(command, DropStmt))
		lock_for_drop((DropStmt *) command);
	PG_RETURN_NULL();
}
