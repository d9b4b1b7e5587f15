/*
 * dependents.c
 *		Which tviews lie directly above a relation, whose triggers it has, where a type is stored.
 *
 * Nothing is stored for this: pg_depend already says which views read a
 * table, and pg_inherits which parents a partition or child has.
 */
#include "base/compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/reltrigger.h"

/*
 * The relation that a row of a catalog belongs to, InvalidOid where the row is
 * gone: by the Oid of the row and the number of the column that says so.
 */
static Oid
owning_relation(Oid catalog, Oid index, AttrNumber oid_column, Oid object,
				AttrNumber relation_column)
{
	Relation	rel = table_open(catalog, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			result = InvalidOid;
	bool		isnull;

	ScanKeyInit(&key, oid_column, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object));
	scan = systable_beginscan(rel, index, true, NULL, 1, &key);
	if (HeapTupleIsValid(tuple = systable_getnext(scan)))
		result = DatumGetObjectId(heap_getattr(tuple, relation_column,
											   RelationGetDescr(rel), &isnull));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

/*
 * The relation that a pg_depend entry ties to what it refers to: a view by its
 * rule, a table by its policy; InvalidOid for anything else.
 */
static Oid
reading_relation(Form_pg_depend depend)
{
	Oid			relid;

	if (depend->classid == PolicyRelationId)
		return owning_relation(PolicyRelationId, PolicyOidIndexId, Anum_pg_policy_oid,
							   depend->objid, Anum_pg_policy_polrelid);
	if (depend->classid != RewriteRelationId)
		return InvalidOid;
	relid = owning_relation(RewriteRelationId, RewriteOidIndexId, Anum_pg_rewrite_oid,
							depend->objid, Anum_pg_rewrite_ev_class);
	return get_rel_relkind(relid) == RELKIND_VIEW ? relid : InvalidOid;
}

/* Views whose definition, and tables whose policies, mention the relation, and backing
 * views of tviews whose functions are declared to read it. */
static List *
relations_mentioning(Oid relid)
{
	Relation	rel = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	List	   *readers = NIL;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, DependReferenceIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid			reader = reading_relation((Form_pg_depend) GETSTRUCT(tuple));

		if (OidIsValid(reader) && reader != relid)
			readers = list_append_unique_oid(readers, reader);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return list_concat_unique_oid(readers, tview_meta_declared_readers(relid));
}

/* Direct parents of a partition or inheritance child. */
static List *
inheritance_parents(Oid relid)
{
	Relation	rel = table_open(InheritsRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	List	   *parents = NIL;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		parents = lappend_oid(parents,
							  ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return parents;
}

/* The relation itself, then every parent above it, each once. */
List *
relation_ancestors(Oid relid)
{
	List	   *all = list_make1_oid(relid);

	for (int i = 0; i < list_length(all); i++)
		all = list_concat_unique_oid(all,
									 inheritance_parents(list_nth_oid(all, i)));
	return all;
}

/*
 * The tviews whose definition reads a relation: itself or through plain views,
 * directly or as a partition or child of a table they read.  Tviews that read
 * it only through another tview's table are not among them, nor are those of
 * which something is gone.
 */
List *
tviews_reading(Oid relid)
{
	List	   *pending = relation_ancestors(relid);
	List	   *tviews = NIL;

	for (int i = 0; i < list_length(pending); i++)
	{
		List	   *readers = relations_mentioning(list_nth_oid(pending, i));
		ListCell   *lc;

		CHECK_FOR_INTERRUPTS();
		foreach(lc, readers)
		{
			const TviewMeta *meta = tview_meta_of_view(lfirst_oid(lc));

			if (meta != NULL && tview_exists(meta->tview))
				tviews = list_append_unique_oid(tviews, meta->tview);
		}
		pending = list_concat_unique_oid(pending, readers);
	}
	return tviews;
}

/* Does a table have triggers besides ours and those of constraints? */
bool
tview_has_user_triggers(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	TriggerDesc *triggers = rel->trigdesc;
	Oid			extension = get_extension_oid("pg_tviews", true);
	bool		result = false;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
		if (!triggers->triggers[i].tgisinternal &&
			getExtensionOfObject(ProcedureRelationId, triggers->triggers[i].tgfoid) != extension)
			result = true;
	relation_close(rel, AccessShareLock);
	return result;
}

/* The column that depends on a type: is it one of a table, or of a type that is stored? */
static bool
stores_type(Form_pg_depend depend)
{
	char		relkind;

	if (depend->classid == TypeRelationId)
		return type_is_stored(depend->objid);
	if (depend->classid != RelationRelationId || depend->objsubid <= 0)
		return false;
	relkind = get_rel_relkind(depend->objid);
	return relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE ||
		relkind == RELKIND_FOREIGN_TABLE ||
		(relkind == RELKIND_COMPOSITE_TYPE && type_is_stored(get_rel_type_id(depend->objid)));
}

/*
 * Is a type that of a table's column somewhere: as it is, or in an array, a domain,
 * a range or a row?
 */
bool
type_is_stored(Oid type)
{
	Relation	rel = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		result = false;

	check_stack_depth();
	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(TypeRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(type));
	scan = systable_beginscan(rel, DependReferenceIndexId, true, NULL, 2, keys);
	while (!result && HeapTupleIsValid(tuple = systable_getnext(scan)))
		result = stores_type((Form_pg_depend) GETSTRUCT(tuple));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}
