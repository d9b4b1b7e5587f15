/*
 * drops.c
 *		What is left of a tview whose table was dropped, and the policies and
 *		columns that were.
 */
#include "base/compat.h"

#include "access/xact.h"
#include "base/guc.h"
#include "capture/capture.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "commands/event_trigger.h"
#include "ddl/ddl.h"
#include "ddl/events.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

PGDLLEXPORT Datum pg_tviews_on_drop(PG_FUNCTION_ARGS);

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

/* The relations that the command dropped. */
static List *
dropped_relations(void)
{
	return tview_relations_of_command("SELECT objid FROM pg_catalog.pg_event_trigger_dropped_objects() "
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
	List	   *relids = tview_relations_of_command("SELECT DISTINCT pg_catalog.to_regclass(pg_catalog.format("
											  "'%I.%I', address_names[1], address_names[2])) "
											  "FROM pg_catalog.pg_event_trigger_dropped_objects() "
											  "WHERE object_type OPERATOR(pg_catalog.=) 'policy'");
	ListCell   *lc;

	foreach(lc, relids)
		tview_revalidate(lfirst_oid(lc), command, true);
}

/* Compute again what shows whole rows of a table or row type that has lost a column. */
static void
column_dropped(Oid relid)
{
	ListCell   *lc;

	if (type_is_stored(get_rel_type_id(relid)))
		tview_recompute_all();
	foreach(lc, tviews_reading(relid))
		if (tview_reads_whole_rows(tview_desc(lfirst_oid(lc))))
			tview_recompute_later(lfirst_oid(lc));
}

/*
 * A type, domain or function that was dropped by CASCADE takes columns along, which
 * the command does not name.
 */
static void
check_dropped_columns(void)
{
	List	   *relids = tview_relations_of_command("SELECT DISTINCT objid FROM pg_catalog.pg_event_trigger_dropped_objects() "
											  "WHERE objsubid OPERATOR(pg_catalog.>) 0 AND classid OPERATOR(pg_catalog.=) "
											  "'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid");
	ListCell   *lc;

	foreach(lc, relids)
		if (relation_exists(lfirst_oid(lc)))
			column_dropped(lfirst_oid(lc));
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
	{
		check_dropped_policies(data->parsetree);
		check_dropped_columns();
	}
	PG_RETURN_NULL();
}
