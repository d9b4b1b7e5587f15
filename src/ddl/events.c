/*
 * events.c
 *		Event triggers: what other statements mean for tviews.
 *
 * They work without preloading.  pg_dump restores tables, views and triggers
 * one by one, in its own order and with all data in between; while it does,
 * these checks give way: rows copied into a tview are dropped in favour of a
 * recomputation, dropping a table leaves its view to the script, and triggers
 * are the script's business.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "base/guc.h"
#include "base/sandbox.h"
#include "capture/capture.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/event_trigger.h"
#include "ddl/ddl.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "refresh/refresh.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

PGDLLEXPORT Datum pg_tviews_on_drop(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum pg_tviews_on_ddl(PG_FUNCTION_ARGS);

/* A helper view or a policy may contain now what no definition may contain. */
static void
check_definition(TviewDesc *desc)
{
	TviewSandbox sandbox;
	Query	   *expanded;
	List	   *refusals;
	ListCell   *lc;

	tview_sandbox_enter(&sandbox, desc->owner, desc->settings);
	expanded = tview_expand_view(desc->view);
	refusals = list_concat(tview_check_definition(expanded, desc->tview, desc->reads),
						   tview_temporary_refusals(desc->helper_views, expanded));
	tview_sandbox_leave(&sandbox);
	foreach(lc, refusals)		/* the text is not that of this command */
		((TviewRefusal *) lfirst(lc))->location = -1;
	tview_refuse(NULL, psprintf("tview %s could no longer be kept: ", desc->name), refusals);
}

/*
 * A helper view may have become one whose changes cannot be traced; tables, or
 * other owners, may have brought policies.
 */
void
tview_check_still_supported(TviewDesc *desc)
{
	char	   *title = psprintf("tview %s", desc->name);
	ListCell   *lc;

	check_definition(desc);
	foreach(lc, desc->base_relations)
		tview_refuse(NULL, "", tview_policy_refusals(title, desc->owner,
													 desc->helper_views,
													 lfirst_oid(lc)));
	foreach(lc, desc->traces)
	{
		TviewTrace *trace = lfirst(lc);

		if (trace->whole && !trace->declared && !desc->recompute)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("changes to table \"%s\" could no longer be traced to keys of tview %s",
							get_rel_name(trace->relid), desc->name),
					 errhint("ALTER TVIEW %s SET (on_untraceable = 'recompute').",
							 desc->name)));
	}
}

/* The owner of a tview needs the same rights as whoever creates one. */
static void
check_rights(TviewDesc *desc, List *relids)
{
	char	   *title = psprintf("tview \"%s\"", get_rel_name(desc->tview));

	tview_refuse(NULL, "", tview_rights_refusals(title, desc->owner, relids));
}

/*
 * Can this command bring a table into definitions that they did not read?
 * Policies count, also where row security is turned on or stops to exempt.
 */
static bool
reaches_tables(Node *command)
{
	ListCell   *lc;

	if (IsA(command, CreatePolicyStmt) || IsA(command, AlterPolicyStmt) ||
		tview_replaces_view(command))
		return true;
	if (!IsA(command, AlterTableStmt))
		return false;
	if (((AlterTableStmt *) command)->objtype == OBJECT_VIEW)
		return true;			/* whose policies apply, for one */
	foreach(lc, ((AlterTableStmt *) command)->cmds)
	{
		AlterTableType subtype = lfirst_node(AlterTableCmd, lc)->subtype;

		if (subtype == AT_EnableRowSecurity || subtype == AT_ForceRowSecurity ||
			subtype == AT_ChangeOwner)
			return true;
	}
	return false;
}

/* Can this command change what a definition yields, without changing rows? */
static bool
changes_contents(Node *command)
{
	ListCell   *lc;

	if (tview_replaces_view(command))
		return true;
	if (!IsA(command, AlterTableStmt))
		return false;
	if (((AlterTableStmt *) command)->objtype == OBJECT_VIEW)
		return true;			/* whose policies apply, for one */
	foreach(lc, ((AlterTableStmt *) command)->cmds)
	{
		switch (lfirst_node(AlterTableCmd, lc)->subtype)
		{
			case AT_AddIndex:
			case AT_AddConstraint:
			case AT_DropConstraint:
			case AT_ValidateConstraint:
			case AT_AddColumn:
			case AT_DropColumn:
			case AT_ColumnDefault:
			case AT_DropNotNull:
			case AT_SetNotNull:
			case AT_SetStatistics:
			case AT_SetStorage:
			case AT_SetOptions:
			case AT_ResetOptions:
			case AT_SetRelOptions:
			case AT_ResetRelOptions:
			case AT_SetTableSpace:
			case AT_ClusterOn:
			case AT_DropCluster:
			case AT_ReplicaIdentity:
			case AT_ChangeOwner:
			case AT_EnableTrig:
			case AT_DisableTrig:
			case AT_EnableAlwaysTrig:
			case AT_EnableReplicaTrig:
			case AT_EnableTrigAll:
			case AT_DisableTrigAll:
			case AT_EnableTrigUser:
			case AT_DisableTrigUser:
				break;
			default:
				return true;
		}
	}
	return false;
}

/* Documents may show whole rows of a view, by the names of its columns. */
static bool
renames_view_column(Oid relid, Node *command)
{
	return IsA(command, RenameStmt) &&
		((RenameStmt *) command)->renameType == OBJECT_COLUMN &&
		get_rel_relkind(relid) == RELKIND_VIEW;
}

/* Does a document show whole rows of a table, by the names of its columns? */
static bool
reads_whole_rows(TviewDesc *desc)
{
	ListCell   *lc;

	foreach(lc, desc->traces)
		if (((TviewTrace *) lfirst(lc))->references_all)
			return true;
	return false;
}

static bool
changes_columns(Node *command)
{
	ListCell   *lc;

	if (IsA(command, RenameStmt))
		return ((RenameStmt *) command)->renameType == OBJECT_COLUMN;
	if (!IsA(command, AlterTableStmt))
		return false;
	foreach(lc, ((AlterTableStmt *) command)->cmds)
	{
		AlterTableType subtype = lfirst_node(AlterTableCmd, lc)->subtype;

		if (subtype == AT_AddColumn || subtype == AT_DropColumn)
			return true;
	}
	return false;
}

static bool
has_row_security(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		result = HeapTupleIsValid(tuple) &&
		((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

/*
 * A tview, or what it reads, belongs to someone else now, who may see other
 * rows of tables with row security.
 */
static void
owners_changed(TviewDesc *desc)
{
	ListCell   *lc;

	tview_check_still_supported(desc);
	if (!desc->populated)
		return;
	foreach(lc, desc->base_relations)
		if (has_row_security(lfirst_oid(lc)))
			tview_dirty_add_whole(desc);
}

/* A tview belongs to someone else now. */
void
tview_owner_changed(Oid tview)
{
	TviewDesc  *desc = tview_desc(tview);

	check_rights(desc, desc->base_relations);
	owners_changed(desc);
}

/* Row security exempts the owner of a table. */
static bool
changes_exemption(Oid relid, Node *command)
{
	ListCell   *lc;

	if (!IsA(command, AlterTableStmt) || !has_row_security(relid))
		return false;
	foreach(lc, ((AlterTableStmt *) command)->cmds)
		if (lfirst_node(AlterTableCmd, lc)->subtype == AT_ChangeOwner)
			return true;
	return false;
}

/*
 * Does a command on a relation have the rows of a tview above computed again?
 * contents: it does something else that changes what the relation yields.
 */
bool
tview_recomputed_by(TviewDesc *desc, Oid relid, Node *command, bool contents)
{
	return desc->populated &&
		(contents || changes_contents(command) || changes_exemption(relid, command) ||
		 renames_view_column(relid, command) ||
		 (changes_columns(command) && reads_whole_rows(desc)));
}

/*
 * A view or table below tviews changed: capture all of it, and look again.
 * contents: so did what it yields.
 */
static void
revalidate(Oid relid, Node *command, bool contents)
{
	ListCell   *lc;

	foreach(lc, tviews_reading(relid))
	{
		TviewDesc  *desc = tview_desc(lfirst_oid(lc));

		tview_check_still_supported(desc);
		if (reaches_tables(command))
			check_rights(desc, list_delete_oid(list_copy(desc->base_relations), relid));
		tview_capture_install(desc->base_relations);
		if (!tview_recomputed_by(desc, relid, command, contents))
			continue;

		/*
		 * Writers may have captured under the old definition: wait for them,
		 * where before.c has not done so.
		 */
		tview_capture_lock(desc->base_relations);
		tview_dirty_add_whole(desc);
	}
}

static void
after_command_on(Oid relid, Node *command)
{
	tview_check_parts(relid, command);
	if (tview_meta_of_view(relid) == NULL && tviews_reading(relid) != NIL)
		revalidate(relid, command, false);
}

/*
 * OR REPLACE gave a tview another definition: those that read its view follow,
 * and so do those that show whole rows of a table that has more columns now.
 */
void
tview_after_replacement(Oid tview, Oid view, bool columns_added)
{
	ListCell   *lc;

	CommandCounterIncrement();
	revalidate(view, (Node *) makeNode(ViewStmt), true);
	if (!columns_added)
		return;
	foreach(lc, tviews_reading(tview))
	{
		TviewDesc  *desc = tview_desc(lfirst_oid(lc));

		if (desc->populated && reads_whole_rows(desc))
			tview_dirty_add_whole(desc);
	}
}

static bool
relation_exists(Oid relid)
{
	return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid));
}

/* Does the command take along what depends on the objects it drops? */
static DropBehavior
drop_behavior(Node *command)
{
	if (IsA(command, DropStmt))
		return ((DropStmt *) command)->behavior;
	if (IsA(command, DropOwnedStmt))
		return ((DropOwnedStmt *) command)->behavior;
	return DROP_RESTRICT;
}

/* The relations, as Oids in the caller's context, that a query finds. */
static List *
relations_of_command(const char *query)
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
	return relations_of_command("SELECT DISTINCT objid FROM pg_catalog.pg_event_trigger_ddl_commands() "
								"WHERE classid OPERATOR(pg_catalog.=) "
								"'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid");
}

/* The relations that the command dropped. */
static List *
dropped_relations(void)
{
	return relations_of_command("SELECT objid FROM pg_catalog.pg_event_trigger_dropped_objects() "
								"WHERE classid OPERATOR(pg_catalog.=) "
								"'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid");
}

/*
 * The table of a tview is gone: so is its row, and its view is to be dropped.
 * If it went before this command, its view is none of the command's business.
 */
static void
clean_up(Oid tview, Oid view, ObjectAddresses *views)
{
	ObjectAddress address;

	tview_meta_delete(tview);
	if (tview_restore_in_progress() || !relation_exists(view) ||
		!list_member_oid(dropped_relations(), tview))
		return;
	ObjectAddressSet(address, RelationRelationId, view);
	add_exact_object_address(&address, views);
}

/*
 * The same for all whose table is gone, at once, since one may read another.
 * Returns whether there were any; CASCADE may make more.
 */
static bool
clean_up_all(DropBehavior behavior)
{
	ObjectAddresses *views = new_object_addresses();
	bool		any = false;
	ListCell   *lc;

	foreach(lc, tview_meta_tables())
	{
		const TviewMeta *meta = tview_meta_of_table(lfirst_oid(lc));

		if (meta == NULL || relation_exists(meta->tview))
			continue;
		clean_up(meta->tview, meta->view, views);
		any = true;
	}
	performMultipleDeletions(views, behavior, 0);
	return any;
}

/*
 * Policies decide what the owner of a tview sees of a base table; a command
 * drops them by name, or by CASCADE.
 */
static void
check_dropped_policies(Node *command)
{
	List	   *relids = relations_of_command("SELECT DISTINCT pg_catalog.to_regclass(pg_catalog.format("
											  "'%I.%I', address_names[1], address_names[2])) "
											  "FROM pg_catalog.pg_event_trigger_dropped_objects() "
											  "WHERE object_type OPERATOR(pg_catalog.=) 'policy'");
	ListCell   *lc;

	foreach(lc, relids)
		revalidate(lfirst_oid(lc), command, true);
}

PG_FUNCTION_INFO_V1(pg_tviews_on_drop);

/* Event trigger function for sql_drop. */
Datum
pg_tviews_on_drop(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;
	bool		any = false;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("pg_tviews_on_drop() must be called as an event trigger")));
	if (!OidIsValid(tview_meta_relid()))
		PG_RETURN_NULL();
	CommandCounterIncrement();
	while (clean_up_all(drop_behavior(data->parsetree)))
		any = true;
	if (any && !tview_restore_in_progress())
	{
		CommandCounterIncrement();
		tview_capture_sweep();
	}
	if (!tview_restore_in_progress() && tview_meta_tables() != NIL)
		check_dropped_policies(data->parsetree);
	PG_RETURN_NULL();
}

/* Renamed labels and attributes show in documents while no row changes. */
static bool
renames_parts_of_type(Node *command)
{
	if (IsA(command, AlterEnumStmt))
		return ((AlterEnumStmt *) command)->oldVal != NULL;
	if (IsA(command, RenameStmt))
		return ((RenameStmt *) command)->renameType == OBJECT_ATTRIBUTE;
	return IsA(command, AlterTableStmt) &&
		((AlterTableStmt *) command)->objtype == OBJECT_TYPE;
}

/* Did other columns of a table, as a type, change what documents show? */
static bool
changes_stored_type(Node *command, List *relids)
{
	ListCell   *lc;

	if (!changes_columns(command))
		return false;
	foreach(lc, relids)
		if (type_is_stored(get_rel_type_id(lfirst_oid(lc))))
			return true;
	return false;
}

static void
recompute(Oid tview)
{
	if (tview_exists(tview) && tview_desc(tview)->populated)
		tview_dirty_add_whole(tview_desc(tview));
}

static void
recompute_all(void)
{
	ListCell   *lc;

	foreach(lc, tview_meta_tables())
		recompute(lfirst_oid(lc));
}

/* Does it name a trigger of ours to be enabled as it should be? */
static bool
restores_trigger(AlterTableCmd *command)
{
	return command->subtype == AT_EnableAlwaysTrig &&
		strncmp(command->name, "pg_tviews_", strlen("pg_tviews_")) == 0 &&
		!InSecurityRestrictedOperation();	/* which is how we do it */
}

static bool
enables_triggers(AlterTableStmt *command, bool *ours)
{
	ListCell   *lc;

	*ours = false;
	foreach(lc, command->cmds)
		*ours = *ours || restores_trigger(lfirst_node(AlterTableCmd, lc));
	if (*ours)
		return true;
	foreach(lc, command->cmds)
	{
		switch (lfirst_node(AlterTableCmd, lc)->subtype)
		{
			case AT_EnableTrig:
			case AT_EnableTrigAll:
			case AT_EnableTrigUser:
			case AT_EnableReplicaTrig:
				return true;
			default:
				break;
		}
	}
	return false;
}

/* A restore filled pg_tview_meta with triggers off: do what they would have. */
static void
recover_metadata(Oid relid)
{
	ListCell   *lc;

	tview_run_as_superuser(psprintf("ALTER TABLE %s.pg_tview_meta "
									"ENABLE ALWAYS TRIGGER pg_tviews_meta_changed",
									quote_identifier(get_namespace_name(get_rel_namespace(relid)))));
	CacheInvalidateRelcacheByRelid(relid);
	CommandCounterIncrement();
	foreach(lc, tview_meta_tables())
	{
		TviewMeta	meta = tview_meta_copy(tview_meta_of_table(lfirst_oid(lc)));

		if (!tview_exists(meta.tview))
			continue;
		tview_tie_parts(meta.tview, meta.view, meta.reads);
	}
}

/* What changed in this relation while its triggers were off is unknown. */
static void
recompute_readers(Oid relid)
{
	ListCell   *lc;

	foreach(lc, tviews_reading(relid))
		recompute(lfirst_oid(lc));
}

/* Have the capture triggers of base tables fire again that were turned off. */
void
tview_repair_capture(List *relids)
{
	ListCell   *lc;

	foreach(lc, tview_capture_targets(relids))
		if (tview_capture_enable(lfirst_oid(lc), true))
			recompute_readers(lfirst_oid(lc));
}

/*
 * ENABLE TRIGGER would have our triggers ignore replicated changes.  What was
 * changed while they were off is unknown, but to a restore.  ours: they were
 * enabled by name.
 */
static void
check_enabled_triggers(Oid relid, bool ours)
{
	bool		captures;
	bool		guards;

	if (relid == tview_meta_relid())
	{
		recover_metadata(relid);
		return;
	}

	captures = tview_capture_enable(relid, false) || ours;
	guards = tview_guard_enable(relid) || ours;
	if (tview_restore_in_progress())
		return;
	if (guards)
		recompute(relid);
	if (captures)
		recompute_readers(relid);
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

/*
 * REASSIGN OWNED was executed, for which there are no event triggers; the
 * utility hook calls this.
 */
void
tview_after_reassignment(Node *command)
{
	Oid			heir;
	ListCell   *lc;

	if (!OidIsValid(tview_meta_relid()))
		return;
	CommandCounterIncrement();
	heir = get_rolespec_oid(castNode(ReassignOwnedStmt, command)->newrole, false);
	foreach(lc, tview_meta_tables())
	{
		if (!tview_exists(lfirst_oid(lc)))
			continue;
		tview_check_parts(lfirst_oid(lc), command);
		if (tview_relation_owner(lfirst_oid(lc)) == heir)
			tview_owner_changed(lfirst_oid(lc));
		else
			owners_changed(tview_desc(lfirst_oid(lc)));
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

	revalidate(RangeVarGetRelid(table, NoLock, false), command, true);
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
		enables_triggers((AlterTableStmt *) data->parsetree, &ours))
		foreach(lc, touched_relations())
			check_enabled_triggers(lfirst_oid(lc), ours);
	if (tview_restore_in_progress() || tview_meta_tables() == NIL)
		PG_RETURN_NULL();
	tview_check_trigger_or_rule(data->parsetree);
	touched = touched_relations();
	if (renames_parts_of_type(data->parsetree) || IsA(data->parsetree, DropOwnedStmt) ||
		changes_stored_type(data->parsetree, touched))
		recompute_all();
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
