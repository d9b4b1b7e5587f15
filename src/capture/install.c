/*
 * install.c
 *		Puts the capture triggers on base tables and takes them off again.
 *
 * They are ordinary triggers: pg_dump writes them, \d shows them.  One pair
 * serves all tviews of a table.  Row triggers of a partitioned table are copied
 * to its partitions by the server; TRUNCATE triggers, and all triggers of an
 * inheritance parent, are not, so those are created on each child.  They fire
 * always, replicated changes included.
 */
#include "base/compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "capture/capture.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "parser/parse_func.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#define ROW_TRIGGER			"pg_tviews_capture"
#define TRUNCATE_TRIGGER	"pg_tviews_truncate"

static char *
table_name(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

static char *
capture_function(void)
{
	return quote_qualified_identifier(get_namespace_name(tview_extension_schema()),
									  "pg_tviews_capture");
}

/* The relations and all their partitions and children, each once. */
List *
tview_capture_targets(List *relids)
{
	List	   *targets = NIL;
	ListCell   *lc;

	foreach(lc, relids)
		targets = list_concat_unique_oid(targets,
										 find_all_inheritors(lfirst_oid(lc),
															 NoLock, NULL));
	return targets;
}

/*
 * Keep others from writing to base tables until the end of the transaction, as
 * CREATE TRIGGER does: no change may slip between fill and capture.  In Oid
 * order, so that two creations wait for each other but never in a circle.
 */
void
tview_capture_lock(List *relids)
{
	List	   *targets = tview_capture_targets(relids);
	ListCell   *lc;

	list_sort(targets, list_oid_cmp);
	foreach(lc, targets)
		LockRelationOid(lfirst_oid(lc), ShareRowExclusiveLock);
}

static void
create_trigger(Oid relid, const char *name, const char *when)
{
	if (OidIsValid(get_trigger_oid(relid, name, true)))
		return;
	tview_run_as_superuser(psprintf("CREATE TRIGGER %s AFTER %s EXECUTE FUNCTION %s()",
									name, psprintf(when, table_name(relid)),
									capture_function()));
	tview_run_as_superuser(psprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s",
									table_name(relid), name));
}

/* Make sure that changes to the relations are captured. */
void
tview_capture_install(List *relids)
{
	ListCell   *lc;

	/* Parents come before their partitions, which inherit the row trigger. */
	foreach(lc, tview_capture_targets(relids))
	{
		create_trigger(lfirst_oid(lc), ROW_TRIGGER,
					   "INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW");
		create_trigger(lfirst_oid(lc), TRUNCATE_TRIGGER,
					   "TRUNCATE ON %s FOR EACH STATEMENT");
	}
}

/* Did a partition get this trigger from its parent? */
static bool
trigger_is_inherited(Oid trigger)
{
	Relation	rel = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		result = false;

	ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(trigger));
	scan = systable_beginscan(rel, TriggerOidIndexId, true, NULL, 1, &key);
	if (HeapTupleIsValid(tuple = systable_getnext(scan)))
		result = OidIsValid(((Form_pg_trigger) GETSTRUCT(tuple))->tgparentid);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

static void
drop_trigger(Oid relid, const char *name)
{
	Oid			trigger = get_trigger_oid(relid, name, true);

	/* One that came from a partitioned parent goes with the parent's. */
	if (OidIsValid(trigger) && !trigger_is_inherited(trigger))
		tview_run_as_superuser(psprintf("DROP TRIGGER %s ON %s", name,
										table_name(relid)));
}

/* The triggers that call the capture function, as their tables' Oids. */
static List *
captured_tables(void)
{
	List	   *name = list_make2(makeString(get_namespace_name(tview_extension_schema())),
								  makeString(ROW_TRIGGER));
	Oid			function = LookupFuncName(name, 0, NULL, false);
	Relation	rel = table_open(TriggerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;
	List	   *tables = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_trigger trigger = (Form_pg_trigger) GETSTRUCT(tuple);

		if (trigger->tgfoid == function)
			tables = list_append_unique_oid(tables, trigger->tgrelid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return tables;
}

/* Take the triggers off tables that no tview reads any more. */
void
tview_capture_sweep(void)
{
	ListCell   *lc;

	foreach(lc, captured_tables())
	{
		if (tviews_reading(lfirst_oid(lc)) != NIL)
			continue;
		drop_trigger(lfirst_oid(lc), ROW_TRIGGER);
		drop_trigger(lfirst_oid(lc), TRUNCATE_TRIGGER);
	}
}
