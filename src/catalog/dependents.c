/*
 * dependents.c
 *		Which tviews lie directly above a relation.
 *
 * Nothing is stored for this: pg_depend already says which views read a
 * table, and pg_inherits which parents a partition or child has.
 */
#include "base/compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/catalog.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_rewrite.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* The relation whose rewrite rule this is, or InvalidOid. */
static Oid
rule_relation(Oid rule)
{
	Relation	rel = table_open(RewriteRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			result = InvalidOid;

	ScanKeyInit(&key, Anum_pg_rewrite_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(rule));
	scan = systable_beginscan(rel, RewriteOidIndexId, true, NULL, 1, &key);
	if (HeapTupleIsValid(tuple = systable_getnext(scan)))
		result = ((Form_pg_rewrite) GETSTRUCT(tuple))->ev_class;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

/* Views whose definition mentions the relation itself. */
static List *
views_mentioning(Oid relid)
{
	Relation	rel = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	List	   *views = NIL;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, DependReferenceIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);
		Oid			view;

		if (depend->classid != RewriteRelationId)
			continue;
		view = rule_relation(depend->objid);
		if (OidIsValid(view) && view != relid &&
			get_rel_relkind(view) == RELKIND_VIEW)
			views = list_append_unique_oid(views, view);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return views;
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
 * it only through another tview's table are not among them.
 */
List *
tviews_reading(Oid relid)
{
	List	   *pending = relation_ancestors(relid);
	List	   *tviews = NIL;

	for (int i = 0; i < list_length(pending); i++)
	{
		List	   *views = views_mentioning(list_nth_oid(pending, i));
		ListCell   *lc;

		CHECK_FOR_INTERRUPTS();
		foreach(lc, views)
		{
			const TviewMeta *meta = tview_meta_of_view(lfirst_oid(lc));

			if (meta != NULL)
				tviews = list_append_unique_oid(tviews, meta->tview);
		}
		pending = list_concat_unique_oid(pending, views);
	}
	return tviews;
}
