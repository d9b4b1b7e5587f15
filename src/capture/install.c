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
#include "common/hashfn.h"
#include "parser/parse_func.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#define CAPTURE_FUNCTION	"pg_tviews_capture"

static char *
capture_function(void)
{
	return quote_qualified_identifier(get_namespace_name(tview_extension_schema()),
									  CAPTURE_FUNCTION);
}

/* The relations and all their partitions and children, each once; without those
 * that have been dropped while we waited for a lock. */
List *
tview_capture_targets(List *relids)
{
	List	   *targets = NIL;
	ListCell   *lc;

	foreach(lc, relids)
		if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(lfirst_oid(lc))))
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
	List	   *locked = NIL;
	List	   *targets;

	/* A partition may be attached while we wait: look again. */
	while ((targets = list_difference_oid(tview_capture_targets(relids), locked)) != NIL)
	{
		ListCell   *lc;

		list_sort(targets, list_oid_cmp);
		foreach(lc, targets)
			LockRelationOid(lfirst_oid(lc), ShareRowExclusiveLock);
		locked = list_concat(locked, targets);
	}
}

/*
 * The tables below relations that are tviews, down to those that are not: who
 * writes to those has read locks on all tviews above, and writes to these at
 * his commit.  To wait for him, wait below.
 */
List *
tview_tables_below(List *relids)
{
	List	   *all = list_copy(relids);
	List	   *tables = NIL;

	for (int i = 0; i < list_length(all); i++)
	{
		Oid			relid = list_nth_oid(all, i);

		if (tview_exists(relid))
			all = list_concat_unique_oid(all, tview_desc(relid)->base_relations);
		else
			tables = lappend_oid(tables, relid);
	}
	return tables;
}

/* One capture trigger, as found in pg_trigger. */
typedef struct CaptureTrigger
{
	Oid			relid;
	char	   *name;
	bool		truncate;		/* else for rows */
	bool		inherited;		/* a partition's copy of its parent's */
	bool		partial;		/* enabled, but not for all origins */
	bool		disabled;
} CaptureTrigger;

/* All capture triggers, or those of one relation. */
static List *
capture_triggers(Oid relid)
{
	List	   *name = list_make2(makeString(get_namespace_name(tview_extension_schema())),
								  makeString(CAPTURE_FUNCTION));
	Oid			function = LookupFuncName(name, 0, NULL, false);
	Relation	rel = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	List	   *triggers = NIL;

	ScanKeyInit(&key, Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, TriggerRelidNameIndexId, OidIsValid(relid), NULL,
							  OidIsValid(relid) ? 1 : 0, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
		CaptureTrigger *trigger;

		if (form->tgfoid != function)
			continue;
		trigger = palloc(sizeof(CaptureTrigger));
		trigger->relid = form->tgrelid;
		trigger->name = pstrdup(NameStr(form->tgname));
		trigger->truncate = TRIGGER_FOR_TRUNCATE(form->tgtype);
		trigger->inherited = OidIsValid(form->tgparentid);
		trigger->partial = (form->tgenabled == TRIGGER_FIRES_ON_ORIGIN ||
							form->tgenabled == TRIGGER_FIRES_ON_REPLICA);
		trigger->disabled = form->tgenabled == TRIGGER_DISABLED;
		triggers = lappend(triggers, trigger);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return triggers;
}

static bool
has_own_trigger(Oid relid, bool truncate)
{
	ListCell   *lc;

	foreach(lc, capture_triggers(relid))
	{
		CaptureTrigger *trigger = lfirst(lc);

		if (trigger->truncate == truncate && !trigger->inherited)
			return true;
	}
	return false;
}

static void
enable_always(Oid relid, const char *trigger)
{
	tview_run_as_superuser(psprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s",
									tview_qualified_name(relid), quote_identifier(trigger)));
}

/* Base tables first, then tviews, each in Oid order: as writers lock them. */
static int
compare_for_drop(const ListCell *a, const ListCell *b)
{
	bool		a_is_tview = tview_meta_of_table(lfirst_oid(a)) != NULL;
	bool		b_is_tview = tview_meta_of_table(lfirst_oid(b)) != NULL;

	return a_is_tview != b_is_tview ? a_is_tview - b_is_tview : list_oid_cmp(a, b);
}

/*
 * Wait for the writers of the base tables of tviews before these are dropped.
 * Then, since their flushes read all of these tables, take the lock that is
 * needed where the triggers will go as well.
 */
void
tview_capture_lock_for_drop(List *tviews)
{
	List	   *relids = NIL;
	List	   *targets;
	ListCell   *lc;

	foreach(lc, tviews)
		if (tview_exists(lfirst_oid(lc)))
			relids = list_concat_unique_oid(relids, tview_desc(lfirst_oid(lc))->base_relations);
	tview_capture_lock(tview_tables_below(relids));
	targets = list_concat_unique_oid(tview_capture_targets(relids), tviews);
	list_sort(targets, compare_for_drop);
	foreach(lc, targets)
		LockRelationOid(lfirst_oid(lc),
						list_member_oid(tviews, lfirst_oid(lc)) ||
						list_difference_oid(tviews_reading(lfirst_oid(lc)), tviews) == NIL ?
						AccessExclusiveLock : ShareRowExclusiveLock);
}

static void
create_trigger(Oid relid, const char *unquoted, const char *when, const char *each)
{
	const char *name = quote_identifier(unquoted);

	tview_run_as_superuser(psprintf("CREATE TRIGGER %s AFTER %s ON %s FOR EACH %s "
									"EXECUTE FUNCTION %s()", name, when,
									tview_qualified_name(relid), each, capture_function()));
	enable_always(relid, unquoted);
}

/*
 * Partitions get copies of their parent's trigger under its name, so that of a
 * partitioned table has a name that none of them uses for itself.
 */
static char *
row_trigger_name(Oid relid)
{
	char	   *name;

	if (get_rel_relkind(relid) != RELKIND_PARTITIONED_TABLE)
		return "pg_tviews_capture";
	name = psprintf("pg_tviews_capture_%s", get_rel_name(relid));
	if (strlen(name) >= NAMEDATALEN)
		name = psprintf("pg_tviews_capture_%08x",
						string_hash(get_rel_name(relid), NAMEDATALEN));
	return name;
}

static void
install_row_trigger(Oid relid)
{
	if (!has_own_trigger(relid, false))
		create_trigger(relid, row_trigger_name(relid),
					   "INSERT OR UPDATE OR DELETE", "ROW");
}

static void
install_truncate_trigger(Oid relid)
{
	/* The utility hook sees those of foreign tables. */
	if (get_rel_relkind(relid) != RELKIND_FOREIGN_TABLE &&
		!has_own_trigger(relid, true))
		create_trigger(relid, "pg_tviews_truncate", "TRUNCATE", "STATEMENT");
}

/* Make sure that changes to the relations are captured. */
void
tview_capture_install(List *relids)
{
	ListCell   *lc;

	foreach(lc, tview_capture_targets(relids))
	{
		Oid			relid = lfirst_oid(lc);

		if (list_member_oid(relids, relid) || !get_rel_relispartition(relid))
			install_row_trigger(relid);
		install_truncate_trigger(relid);
	}
}

/* Have all of these relations, which definitions name, the triggers that note changes of rows? */
bool
tview_all_captured(List *relids)
{
	ListCell   *lc;

	foreach(lc, relids)
		if (!has_own_trigger(lfirst_oid(lc), false))
			return false;
	return true;
}

/* Have they and their partitions the triggers that note TRUNCATE? */
bool
tview_all_truncates_captured(List *relids)
{
	ListCell   *lc;

	foreach(lc, tview_capture_targets(relids))
		if (get_rel_relkind(lfirst_oid(lc)) != RELKIND_FOREIGN_TABLE &&
			!has_own_trigger(lfirst_oid(lc), true))
			return false;
	return true;
}

/*
 * Make capture triggers of a relation that were enabled in another way fire
 * always again; disabled: those that were turned off, too.  Returns whether
 * there were any.
 */
bool
tview_capture_enable(Oid relid, bool disabled)
{
	bool		any = false;
	ListCell   *lc;

	foreach(lc, capture_triggers(relid))
	{
		CaptureTrigger *trigger = lfirst(lc);

		if (!trigger->partial && !(disabled && trigger->disabled))
			continue;
		enable_always(relid, trigger->name);
		any = true;
	}
	return any;
}

/* Take the triggers off tables that no tview reads any more. */
void
tview_capture_sweep(void)
{
	ListCell   *lc;

	foreach(lc, capture_triggers(InvalidOid))
	{
		CaptureTrigger *trigger = lfirst(lc);

		/* A partition's copy goes with its parent's trigger. */
		if (trigger->inherited || tviews_reading(trigger->relid) != NIL)
			continue;

		/* A tview may have come to read it while we waited for the lock. */
		LockRelationOid(trigger->relid, AccessExclusiveLock);
		if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(trigger->relid)) &&
			tviews_reading(trigger->relid) == NIL)
			tview_run_as_superuser(psprintf("DROP TRIGGER %s ON %s",
											quote_identifier(trigger->name),
											tview_qualified_name(trigger->relid)));
	}
}
