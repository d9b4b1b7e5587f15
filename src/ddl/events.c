/*
 * events.c
 *		The event trigger after other statements: what they mean for tviews.
 *
 * Event triggers work without preloading.  pg_dump restores tables, views and triggers
 * one by one, in its own order and with all data in between; while it does,
 * these checks give way: rows copied into a tview are dropped in favour of a
 * recomputation, dropping a table leaves its view to the script, and triggers
 * are the script's business.
 */
#include "base/compat.h"

#include "access/xact.h"
#include "base/guc.h"
#include "capture/capture.h"
#include "catalog/namespace.h"
#include "commands/event_trigger.h"
#include "ddl/ddl.h"
#include "ddl/events.h"
#include "executor/spi.h"
#include "utils/lsyscache.h"

PGDLLEXPORT Datum pg_tviews_on_ddl(PG_FUNCTION_ARGS);

/* The relations, as Oids in the caller's context, that a query finds. */
List *
tview_relations_of_command(const char *query)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *relids = NIL;

	SPI_connect();
	if (SPI_execute(query, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not list the objects of a command");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Datum		relid = SPI_getbinval(SPI_tuptable->vals[i],
										  SPI_tuptable->tupdesc, 1, &isnull);
		MemoryContext old = MemoryContextSwitchTo(context);

		if (!isnull)
			relids = lappend_oid(relids, DatumGetObjectId(relid));
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return relids;
}

/* The relations that the command touched. */
static List *
touched_relations(void)
{
	return tview_relations_of_command("SELECT DISTINCT objid FROM pg_catalog.pg_event_trigger_ddl_commands() "
									  "WHERE classid OPERATOR(pg_catalog.=) "
									  "'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid");
}

static void
after_command_on(Oid relid, Node *command)
{
	tview_check_parts(relid, command);
	if (tview_meta_of_view(relid) == NULL && tviews_reading(relid) != NIL)
		tview_revalidate(relid, command, false);
}

/* Did other columns of a table, as a type, change what documents show? */
static bool
changes_stored_type(Node *command, List *relids)
{
	ListCell   *lc;

	if (!tview_command_changes_columns(command))
		return false;
	foreach(lc, relids)
		if (type_is_stored(get_rel_type_id(lfirst_oid(lc))))
			return true;
	return false;
}

/* ALTER TABLE parent ATTACH PARTITION child touches the parent only. */
static void
check_attached_partitions(AlterTableStmt *command)
{
	ListCell   *lc;

	foreach(lc, command->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_AttachPartition && IsA(cmd->def, PartitionCmd))
			tview_check_inheritance(RangeVarGetRelid(((PartitionCmd *) cmd->def)->name,
													 NoLock, false));
	}
}

/* ALTER TABLE child NO INHERIT parent touches the child only. */
static void
check_lost_parents(AlterTableStmt *command)
{
	ListCell   *lc;

	foreach(lc, command->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_DetachPartition || cmd->subtype == AT_DetachPartitionFinalize)
			tview_capture_sweep();
		if (cmd->subtype != AT_DropInherit)
			continue;
		after_command_on(RangeVarGetRelid(castNode(RangeVar, cmd->def), NoLock, false),
						 (Node *) command);
		tview_capture_sweep();
	}
}

/* The address of CREATE RULE is that of the rule. */
static void
check_rule(RuleStmt *command)
{
	after_command_on(RangeVarGetRelid(command->relation, NoLock, false), (Node *) command);
}

static void
check_policy(Node *command)
{
	RangeVar   *table = IsA(command, CreatePolicyStmt) ?
		((CreatePolicyStmt *) command)->table : ((AlterPolicyStmt *) command)->table;

	tview_revalidate(RangeVarGetRelid(table, NoLock, false), command, true);
}

PG_FUNCTION_INFO_V1(pg_tviews_on_ddl);

/* Event trigger function for ddl_command_end. */
Datum
pg_tviews_on_ddl(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;
	bool		ours;
	List	   *touched;
	ListCell   *lc;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("pg_tviews_on_ddl() must be called as an event trigger")));
	if (tview_ddl_active() || !OidIsValid(tview_meta_relid()))
		PG_RETURN_NULL();
	CommandCounterIncrement();
	if (IsA(data->parsetree, AlterTableStmt) &&
		tview_command_enables_triggers((AlterTableStmt *) data->parsetree, &ours))
		foreach(lc, touched_relations())
			tview_triggers_enabled(lfirst_oid(lc), ours);
	if (IsA(data->parsetree, AlterTableStmt) &&
		tview_command_disables_triggers((AlterTableStmt *) data->parsetree))
		foreach(lc, touched_relations())
			tview_triggers_disabled(lfirst_oid(lc));
	if (tview_meta_tables() == NIL)
		PG_RETURN_NULL();
	if (tview_restore_in_progress())
	{
		/* Nothing else: those who restore in parallel would wait for each other. */
		if (tview_command_adds_rows(data->parsetree))
			foreach(lc, touched_relations())
				tview_touched_by_restore(lfirst_oid(lc));
		if (IsA(data->parsetree, AlterTableStmt))
			foreach(lc, touched_relations())
				tview_table_restored(lfirst_oid(lc), (AlterTableStmt *) data->parsetree);
		if (IsA(data->parsetree, GrantStmt))
			tview_privileges_restored();
		PG_RETURN_NULL();
	}
	tview_check_trigger_or_rule(data->parsetree);
	touched = tview_with_children(touched_relations(), data->parsetree);
	if (tview_command_renames_parts(data->parsetree) || IsA(data->parsetree, DropOwnedStmt) ||
		changes_stored_type(data->parsetree, touched))
		tview_recompute_all();
	foreach(lc, touched)
		after_command_on(lfirst_oid(lc), data->parsetree);
	if (IsA(data->parsetree, AlterTableStmt))
	{
		check_lost_parents((AlterTableStmt *) data->parsetree);
		check_attached_partitions((AlterTableStmt *) data->parsetree);
	}
	if (IsA(data->parsetree, CreatePolicyStmt) || IsA(data->parsetree, AlterPolicyStmt))
		check_policy(data->parsetree);
	if (IsA(data->parsetree, RuleStmt))
		check_rule((RuleStmt *) data->parsetree);
	PG_RETURN_NULL();
}
