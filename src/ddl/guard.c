/*
 * guard.c
 *		Keeps the parts of a tview what they are: refuses direct writes to its
 *		rows, and changes of its columns, view, owners or parents.
 *
 * The first is a trigger function, which works without preloading; events.c
 * asks for the others when a command has touched a part.  During a restore
 * (see events.c) rows copied into a tview are not refused but dropped in
 * favour of a recomputation.  Neither are those that logical replication brings
 * for a tview, if it is one here, too: they are dropped, since it is computed
 * from what replication brings for its base tables.
 */
#include "base/compat.h"

#include "access/relation.h"
#include "base/guc.h"
#include "capture/capture.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "replication/logicalworker.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

PGDLLEXPORT Datum pg_tviews_guard(PG_FUNCTION_ARGS);

static void
refuse_write(TriggerData *data)
{
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("cannot change tview \"%s\"", RelationGetRelationName(data->tg_relation)),
			 errdetail("Its rows are those of its definition."),
			 errhint("Change the base tables; their changes appear in the tview by themselves.")));
}

/* The triggers came here without the row of pg_tview_meta, as in a dump of one schema. */
static void
refuse_orphan(TriggerData *data)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("table \"%s\" is not kept by pg_tviews", RelationGetRelationName(data->tg_relation)),
			 errdetail("It has the triggers of a tview, but pg_tview_meta does not know it."),
			 errhint("Drop the table and its view, and create the tview again with CREATE TVIEW; for a plain table, drop its triggers pg_tviews_guard and pg_tviews_guard_rows.")));
}

/* A restore, or a subscription, fills tables in its own order. */
static bool
is_copied(void)
{
	return tview_restore_in_progress() ||
		SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA;
}

/* What a row trigger returns to let the row through. */
static HeapTuple
untouched_row(TriggerData *data)
{
	if (!TRIGGER_FIRED_FOR_ROW(data->tg_event))
		return NULL;
	return TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
}

PG_FUNCTION_INFO_V1(pg_tviews_guard);

/* Trigger function on tviews: refuses writes by users. */
Datum
pg_tviews_guard(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Oid			relid;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("pg_tviews_guard() must be called as a trigger")));
	relid = RelationGetRelid(data->tg_relation);
	if (tview_allow_direct_writes ||
		(tview_meta_of_table(relid) == NULL && is_copied()))
		return PointerGetDatum(untouched_row(data));
	if (tview_meta_of_table(relid) == NULL)
		refuse_orphan(data);
	if (!IsLogicalWorker() && !tview_restore_in_progress())
		refuse_write(data);
	/* No trigger can keep TRUNCATE from what it does. */
	if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event) ||
		(!TRIGGER_FIRED_FOR_ROW(data->tg_event) && !IsLogicalWorker()))
		tview_recompute_later(relid);
	return PointerGetDatum(NULL);
}

/* The guard triggers of a relation in one of these states, as in pg_trigger. */
static List *
guard_triggers(Oid relid, const char *states)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	TriggerDesc *triggers = rel->trigdesc;
	List	   *names = NIL;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Trigger    *trigger = &triggers->triggers[i];

		if (strchr(states, trigger->tgenabled) != NULL &&
			(strcmp(trigger->tgname, "pg_tviews_guard") == 0 ||
			 strcmp(trigger->tgname, "pg_tviews_guard_rows") == 0))
			names = lappend(names, pstrdup(trigger->tgname));
	}
	relation_close(rel, AccessShareLock);
	return names;
}

/*
 * Make guard triggers that were enabled in another way fire always again;
 * disabled: those that were turned off, too.  Returns whether there were any.
 */
bool
tview_guard_enable(Oid relid, bool disabled)
{
	static const char partial[] = {TRIGGER_FIRES_ON_ORIGIN, TRIGGER_FIRES_ON_REPLICA, '\0'};
	static const char off[] = {TRIGGER_FIRES_ON_ORIGIN, TRIGGER_FIRES_ON_REPLICA,
	TRIGGER_DISABLED, '\0'};
	List	   *names = guard_triggers(relid, disabled ? off : partial);
	ListCell   *lc;

	foreach(lc, names)
		tview_run_as_superuser(psprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s",
										tview_qualified_name(relid), (char *) lfirst(lc)));
	return names != NIL;
}

/* Has a tview the triggers that keep writers out, enabled or not? */
bool
tview_has_guard(Oid relid)
{
	static const char any[] = {TRIGGER_FIRES_ON_ORIGIN, TRIGGER_FIRES_ON_REPLICA,
	TRIGGER_FIRES_ALWAYS, TRIGGER_DISABLED, '\0'};

	return guard_triggers(relid, any) != NIL;
}

/*
 * A restore may have turned off the guard of a table of which it was not known
 * that it is a tview.  The lock waits for those who are filling it like that.
 */
void
tview_guard_restored(Oid tview)
{
	if (!tview_restore_in_progress() || !tview_has_guard(tview))
		return;
	LockRelationOid(tview, ShareRowExclusiveLock);
	(void) tview_guard_enable(tview, true);
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

static void
refuse_column_change(const TviewMeta *meta)
{
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("cannot change the columns of tview \"%s\"", get_rel_name(meta->tview)),
			 errdetail("The columns of a tview are those of its definition."),
			 errhint("Use CREATE OR REPLACE TVIEW.")));
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
		refuse_column_change(meta);
}

/*
 * ALTER TYPE computes new values, also where the type stays the same, and can
 * set modifiers and collations that the definition has not.
 */
static void
check_column_types(const TviewMeta *meta, Node *command)
{
	ListCell   *lc;

	if (!IsA(command, AlterTableStmt))
		return;
	foreach(lc, ((AlterTableStmt *) command)->cmds)
		if (lfirst_node(AlterTableCmd, lc)->subtype == AT_AlterColumnType)
			refuse_column_change(meta);
}

/* A crash would empty the table, and nobody would fill it again. */
static void
check_persistence(const TviewMeta *meta)
{
	if (get_rel_persistence(meta->tview) != RELPERSISTENCE_PERMANENT)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("tview \"%s\" cannot be unlogged", get_rel_name(meta->tview)),
				 errdetail("A crash of the server would leave it without rows.")));
}

/* The view goes where the table goes: whoever gave away one may give both. */
static void
align_owners(const TviewMeta *meta)
{
	Oid			owner = tview_relation_owner(meta->tview);
	Oid			tview = meta->tview;

	if (owner == tview_relation_owner(meta->view))
		return;
	tview_run_as_superuser(psprintf("ALTER VIEW %s OWNER TO %s",
									tview_qualified_name(meta->view),
									quote_identifier(GetUserNameFromId(owner, false))));
	CommandCounterIncrement();
	tview_owner_changed(tview);
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

/* Was the relation renamed or moved?  Returns its name before, else NULL. */
static const char *
name_before(Node *command)
{
	if (IsA(command, RenameStmt) &&
		(((RenameStmt *) command)->renameType == OBJECT_TABLE ||
		 ((RenameStmt *) command)->renameType == OBJECT_VIEW))
		return ((RenameStmt *) command)->relation->relname;
	if (IsA(command, AlterObjectSchemaStmt) &&
		((AlterObjectSchemaStmt *) command)->relation != NULL)
		return ((AlterObjectSchemaStmt *) command)->relation->relname;
	return NULL;
}

/* The view goes where the table goes. */
static void
follow_table(Oid tview, const char *old_name)
{
	tview_ddl_begin();
	PG_TRY();
	{
		tview_follow_table(tview, old_name);
	}
	PG_FINALLY();
	{
		tview_ddl_end();
	}
	PG_END_TRY();
	CommandCounterIncrement();
}

static void
refuse_view_move(const TviewMeta *meta, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("cannot rename or move view \"%s\"", name),
			 errdetail("It is the definition of tview \"%s\".", get_rel_name(meta->tview)),
			 errhint("Use ALTER TVIEW, which does both.")));
}

/* Of a tview whose view was dropped behind our back nothing can be made. */
void
tview_check_complete(Oid tview)
{
	if (!tview_exists(tview))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("tview \"%s\" has lost its backing view", get_rel_name(tview)),
				 errhint("Drop the tview and create it again.")));
}

/* Rows of a tview are its definition's, neither a child's nor a parent's. */
void
tview_check_inheritance(Oid relid)
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

/* Does a command give a view, of whatever name, another definition? */
bool
tview_replaces_view(Node *command)
{
	return IsA(command, ViewStmt) ||
		(IsA(command, RuleStmt) && ((RuleStmt *) command)->event == CMD_SELECT);
}

/* A command touched this relation: is it still the part of a tview it was? */
void
tview_check_parts(Oid relid, Node *command)
{
	const TviewMeta *meta = tview_meta_of_table(relid);
	const char *old_name = name_before(command);

	tview_check_inheritance(relid);
	if (meta != NULL && tview_exists(meta->tview))
	{
		tview_check_deferrable(relid);
		check_column_types(meta, command);
		check_persistence(meta);
		check_columns(meta);
		align_owners(meta);
		if (old_name != NULL)
			follow_table(relid, old_name);
	}
	meta = tview_meta_of_view(relid);
	if (meta != NULL && tview_exists(meta->tview))
	{
		if (tview_replaces_view(command))
			refuse_view_change(meta);
		if (old_name != NULL)
			refuse_view_move(meta, old_name);
		check_columns(meta);
		check_owners(meta);
	}
}
