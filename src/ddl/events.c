/*
 * events.c
 *		Event triggers and table triggers that keep the parts of a tview together.
 *
 * They work without preloading.  pg_dump restores tables, views and triggers
 * one by one, in its own order and with all data in between; while it does,
 * recognised by check_function_bodies being off as pg_dump's scripts set it,
 * these checks give way: rows copied into a tview are dropped in favour of a
 * recomputation, dropping a table leaves its view to the script, and triggers
 * are the script's business.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "base/guc.h"
#include "capture/capture.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "commands/trigger.h"
#include "ddl/ddl.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "refresh/refresh.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

PGDLLEXPORT Datum pg_tviews_guard(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum pg_tviews_meta_changed(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum pg_tviews_on_drop(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum pg_tviews_on_ddl_start(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum pg_tviews_on_ddl(PG_FUNCTION_ARGS);

static void
refuse_write(TriggerData *data)
{
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("cannot change tview \"%s\"", RelationGetRelationName(data->tg_relation)),
			 errdetail("Its rows are those of its definition."),
			 errhint("Change the base tables; their changes appear in the tview by themselves.")));
}

PG_FUNCTION_INFO_V1(pg_tviews_guard);

/* Trigger function on tviews: refuses writes by users. */
Datum
pg_tviews_guard(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Oid			relid;
	bool		row;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("pg_tviews_guard() must be called as a trigger")));
	relid = RelationGetRelid(data->tg_relation);
	row = TRIGGER_FIRED_FOR_ROW(data->tg_event);
	if (tview_allow_direct_writes || tview_ddl_active() ||
		tview_meta_of_table(relid) == NULL)
		return PointerGetDatum(row ? data->tg_trigtuple : NULL);
	if (!tview_restore_in_progress())
		refuse_write(data);
	if (!row && tview_desc(relid)->populated)
		tview_dirty_add_whole(tview_desc(relid));
	return PointerGetDatum(NULL);
}

/* Have the table of a tview depend on its view; once, if called again. */
static void
tie_parts(Oid tview, Oid view)
{
	ObjectAddress table_address;
	ObjectAddress view_address;

	deleteDependencyRecordsForSpecific(RelationRelationId, tview, DEPENDENCY_NORMAL,
									   RelationRelationId, view);
	ObjectAddressSet(table_address, RelationRelationId, tview);
	ObjectAddressSet(view_address, RelationRelationId, view);
	recordDependencyOn(&table_address, &view_address, DEPENDENCY_NORMAL);
}

PG_FUNCTION_INFO_V1(pg_tviews_meta_changed);

/*
 * Trigger function on pg_tview_meta: a new row, from us or from a restore, ties
 * the table to its view; every change makes all sessions look again.
 */
Datum
pg_tviews_meta_changed(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	bool		isnull;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("pg_tviews_meta_changed() must be called as a trigger")));
	if (RelationGetRelid(data->tg_relation) != tview_meta_relid())
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("pg_tviews_meta_changed() serves pg_tview_meta only")));
	if (TRIGGER_FIRED_BY_INSERT(data->tg_event))
	{
		TupleDesc	tupdesc = RelationGetDescr(data->tg_relation);

		tie_parts(DatumGetObjectId(heap_getattr(data->tg_trigtuple, 1,
												tupdesc, &isnull)),
				  DatumGetObjectId(heap_getattr(data->tg_trigtuple, 2,
												tupdesc, &isnull)));
	}
	CacheInvalidateRelcache(data->tg_relation);
	return PointerGetDatum(NULL);
}

/* Number of columns of a relation that were not dropped. */
static int
live_columns(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	int			count = 0;

	for (int i = 0; i < RelationGetNumberOfAttributes(rel); i++)
		if (!TupleDescAttr(RelationGetDescr(rel), i)->attisdropped)
			count++;
	relation_close(rel, AccessShareLock);
	return count;
}

/* Columns are the definition's business, whoever changed them. */
static void
check_columns(const TviewMeta *meta)
{
	int			columns = live_columns(meta->view);
	int			expected = columns;
	bool		same = true;

	if (get_attnum(meta->view, "updated_at") == InvalidAttrNumber)
	{
		AttrNumber	attno = get_attnum(meta->tview, "updated_at");

		expected++;
		same = attno != InvalidAttrNumber &&
			get_atttype(meta->tview, attno) == TIMESTAMPTZOID;
	}
	for (int i = 1; i <= columns; i++)
	{
		AttrNumber	attno = get_attnum(meta->tview, get_attname(meta->view, i, false));

		same = same && attno != InvalidAttrNumber &&
			get_atttype(meta->tview, attno) == get_atttype(meta->view, i);
	}
	if (!same || live_columns(meta->tview) != expected)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot change the columns of tview \"%s\"", get_rel_name(meta->tview)),
				 errdetail("The columns of a tview are those of its definition."),
				 errhint("Use CREATE OR REPLACE TVIEW.")));
}

/* The view goes where the table goes: whoever gave away one may give both. */
static void
align_owners(const TviewMeta *meta)
{
	Oid			owner = tview_relation_owner(meta->tview);
	char	   *schema = get_namespace_name(get_rel_namespace(meta->view));

	if (owner == tview_relation_owner(meta->view))
		return;
	tview_run_as_superuser(psprintf("ALTER VIEW %s OWNER TO %s",
									quote_qualified_identifier(schema,
															   get_rel_name(meta->view)),
									quote_identifier(GetUserNameFromId(owner, false))));
}

static void
check_owners(const TviewMeta *meta)
{
	if (tview_relation_owner(meta->tview) != tview_relation_owner(meta->view))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("tview \"%s\" and its backing view must have the same owner",
						get_rel_name(meta->tview)),
				 errhint("Use ALTER TVIEW ... OWNER TO.")));
}

static void
refuse_view_change(const TviewMeta *meta)
{
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("cannot replace view \"%s\"", get_rel_name(meta->view)),
			 errdetail("It is the definition of tview \"%s\".", get_rel_name(meta->tview)),
			 errhint("Use CREATE OR REPLACE TVIEW.")));
}

/* A helper view may have become one whose changes cannot be traced. */
static void
check_still_supported(TviewDesc *desc)
{
	ListCell   *lc;

	foreach(lc, desc->traces)
	{
		TviewTrace *trace = lfirst(lc);

		if (trace->whole && !desc->recompute)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("changes to table \"%s\" could no longer be traced to keys of tview %s",
							get_rel_name(trace->relid), desc->name),
					 errhint("ALTER TVIEW %s SET (on_untraceable = 'recompute').",
							 desc->name)));
	}
}

/* Can this command change what a definition yields, without changing rows? */
static bool
changes_contents(Node *command)
{
	ListCell   *lc;

	if (IsA(command, ViewStmt) || IsA(command, CreatePolicyStmt) ||
		IsA(command, AlterPolicyStmt) || IsA(command, DropStmt))
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

/* A view or table below tviews changed: capture all of it, and look again. */
static void
revalidate(Oid relid, Node *command)
{
	bool		recompute = changes_contents(command);
	ListCell   *lc;

	foreach(lc, tviews_reading(relid))
	{
		TviewDesc  *desc = tview_desc(lfirst_oid(lc));

		check_still_supported(desc);
		tview_capture_install(desc->base_relations);
		if (!desc->populated ||
			!(recompute || (changes_columns(command) && reads_whole_rows(desc))))
			continue;

		/* Writers may have captured under the old definition: wait for them. */
		tview_capture_lock(desc->base_relations);
		tview_dirty_add_whole(desc);
	}
}

/* Rows of a tview are its definition's, neither a child's nor a parent's. */
static void
check_inheritance(Oid relid)
{
	List	   *family = relation_ancestors(relid);
	ListCell   *lc;

	if (list_length(family) < 2)
		return;
	foreach(lc, family)
		if (tview_meta_of_table(lfirst_oid(lc)) != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("tview \"%s\" cannot take part in inheritance or partitioning",
							get_rel_name(lfirst_oid(lc))),
					 errhint("Use a view over both tables.")));
}

static void
after_command_on(Oid relid, Node *command)
{
	const TviewMeta *meta = tview_meta_of_table(relid);

	check_inheritance(relid);

	if (meta != NULL)
	{
		check_columns(meta);
		align_owners(meta);
	}
	meta = tview_meta_of_view(relid);
	if (meta != NULL)
	{
		if (IsA(command, ViewStmt))
			refuse_view_change(meta);
		check_columns(meta);
		check_owners(meta);
		return;
	}
	if (tviews_reading(relid) != NIL)
		revalidate(relid, command);
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

/* The table of a tview is gone: remove what belonged to it. */
static void
clean_up(Oid tview, Oid view, DropBehavior behavior)
{
	ObjectAddress address;

	tview_meta_delete(tview);
	if (tview_restore_in_progress() || !relation_exists(view))
		return;
	ObjectAddressSet(address, RelationRelationId, view);
	performDeletion(&address, behavior, 0);
}

/* Policies decide what the owner of a tview sees of a base table. */
static void
check_dropped_policies(DropStmt *command)
{
	ListCell   *lc;

	if (command->removeType != OBJECT_POLICY)
		return;
	foreach(lc, command->objects)
	{
		List	   *name = list_copy(castNode(List, lfirst(lc)));
		RangeVar   *table = makeRangeVarFromNameList(list_truncate(name,
																   list_length(name) - 1));
		Oid			relid = RangeVarGetRelid(table, NoLock, true);

		if (OidIsValid(relid))
			revalidate(relid, (Node *) command);
	}
}

PG_FUNCTION_INFO_V1(pg_tviews_on_drop);

/* Event trigger function for sql_drop. */
Datum
pg_tviews_on_drop(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;
	bool		any = false;
	ListCell   *lc;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("pg_tviews_on_drop() must be called as an event trigger")));
	if (!OidIsValid(tview_meta_relid()))
		PG_RETURN_NULL();
	CommandCounterIncrement();
	foreach(lc, tview_meta_tables())
	{
		const TviewMeta *meta = tview_meta_of_table(lfirst_oid(lc));

		if (meta == NULL || relation_exists(meta->tview))
			continue;
		clean_up(meta->tview, meta->view, drop_behavior(data->parsetree));
		any = true;
	}
	if (any && !tview_restore_in_progress())
	{
		CommandCounterIncrement();
		tview_capture_sweep();
	}
	if (IsA(data->parsetree, DropStmt))
		check_dropped_policies((DropStmt *) data->parsetree);
	PG_RETURN_NULL();
}

/* The relations that the command touched, as Oids in the caller's context. */
static List *
touched_relations(void)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *relids = NIL;

	SPI_connect();
	if (SPI_execute("SELECT DISTINCT objid FROM pg_catalog.pg_event_trigger_ddl_commands() "
					"WHERE classid OPERATOR(pg_catalog.=) "
					"'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid",
					true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not list the objects of a command");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Datum		relid = SPI_getbinval(SPI_tuptable->vals[i],
										  SPI_tuptable->tupdesc, 1, &isnull);
		MemoryContext old = MemoryContextSwitchTo(context);

		relids = lappend_oid(relids, DatumGetObjectId(relid));
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return relids;
}

/* Triggers and rules that could change what a refresh writes. */
static void
check_trigger_or_rule(Node *command)
{
	RangeVar   *range = NULL;
	const TviewMeta *meta;

	if (IsA(command, CreateTrigStmt) &&
		((CreateTrigStmt *) command)->timing == TRIGGER_TYPE_BEFORE)
		range = ((CreateTrigStmt *) command)->relation;
	else if (IsA(command, RuleStmt))
		range = ((RuleStmt *) command)->relation;
	if (range == NULL)
		return;
	meta = tview_meta_of_table(RangeVarGetRelid(range, NoLock, true));
	if (meta != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("tview \"%s\" can have AFTER triggers only", get_rel_name(meta->tview)),
				 errdetail("Its rows are written as its definition computes them.")));
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

static void
recompute_all(void)
{
	ListCell   *lc;

	foreach(lc, tview_meta_tables())
		if (tview_desc(lfirst_oid(lc))->populated)
			tview_dirty_add_whole(tview_desc(lfirst_oid(lc)));
}

static bool
enables_triggers(AlterTableStmt *command)
{
	ListCell   *lc;

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
		tie_parts(lfirst_oid(lc), tview_meta_of_table(lfirst_oid(lc))->view);
}

/*
 * ENABLE TRIGGER would have our triggers ignore replicated changes.  What was
 * changed while they were off is unknown, but to a restore.
 */
static void
check_enabled_triggers(Oid relid)
{
	ListCell   *lc;

	if (relid == tview_meta_relid())
	{
		recover_metadata(relid);
		return;
	}

	if (!tview_capture_enable(relid) || tview_restore_in_progress())
		return;
	foreach(lc, tviews_reading(relid))
		if (tview_desc(lfirst_oid(lc))->populated)
			tview_dirty_add_whole(tview_desc(lfirst_oid(lc)));
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
			check_inheritance(RangeVarGetRelid(((PartitionCmd *) cmd->def)->name,
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

		if (cmd->subtype == AT_DetachPartition)
			tview_capture_sweep();
		if (cmd->subtype != AT_DropInherit)
			continue;
		after_command_on(RangeVarGetRelid(castNode(RangeVar, cmd->def), NoLock, false),
						 (Node *) command);
		tview_capture_sweep();
	}
}

static void
check_policy(Node *command)
{
	RangeVar   *table = IsA(command, CreatePolicyStmt) ?
		((CreatePolicyStmt *) command)->table : ((AlterPolicyStmt *) command)->table;

	revalidate(RangeVarGetRelid(table, NoLock, false), command);
}

PG_FUNCTION_INFO_V1(pg_tviews_on_ddl_start);

/*
 * Event trigger function for ddl_command_start: does nothing, but calling it
 * loads the library, and with it the hook that notices drops.
 */
Datum
pg_tviews_on_ddl_start(PG_FUNCTION_ARGS)
{
	PG_RETURN_NULL();
}

PG_FUNCTION_INFO_V1(pg_tviews_on_ddl);

/* Event trigger function for ddl_command_end. */
Datum
pg_tviews_on_ddl(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;
	ListCell   *lc;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("pg_tviews_on_ddl() must be called as an event trigger")));
	if (tview_ddl_active() || !OidIsValid(tview_meta_relid()))
		PG_RETURN_NULL();
	CommandCounterIncrement();
	if (IsA(data->parsetree, AlterTableStmt) &&
		enables_triggers((AlterTableStmt *) data->parsetree))
		foreach(lc, touched_relations())
			check_enabled_triggers(lfirst_oid(lc));
	if (tview_restore_in_progress() || tview_meta_tables() == NIL)
		PG_RETURN_NULL();
	check_trigger_or_rule(data->parsetree);
	if (renames_parts_of_type(data->parsetree))
		recompute_all();
	foreach(lc, touched_relations())
		after_command_on(lfirst_oid(lc), data->parsetree);
	if (IsA(data->parsetree, AlterTableStmt))
	{
		check_lost_parents((AlterTableStmt *) data->parsetree);
		check_attached_partitions((AlterTableStmt *) data->parsetree);
	}
	if (IsA(data->parsetree, CreatePolicyStmt) || IsA(data->parsetree, AlterPolicyStmt))
		check_policy(data->parsetree);
	PG_RETURN_NULL();
}
