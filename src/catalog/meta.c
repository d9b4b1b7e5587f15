/*
 * meta.c
 *		Reads pg_tview_meta through a cache of this backend.
 *
 * The table holds one short row for each tview, so the cache is the whole
 * table.  A trigger on pg_tview_meta sends a relation cache invalidation for
 * it on every change (also when pg_restore fills it); the callback here only
 * marks the cache, the next reader loads it again.
 */
#include "base/compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Columns of pg_tview_meta */
enum
{
	Anum_meta_tview = 1,
	Anum_meta_view,
	Anum_meta_entity,
	Anum_meta_key_columns,
	Anum_meta_options,
	Anum_meta_settings,
	Anum_meta_populated,
	Anum_meta_reads,
	Natts_meta = Anum_meta_reads
};

static MemoryContext meta_context = NULL;	/* holds all of the below */
static List *meta_rows = NIL;
static Oid	meta_relid = InvalidOid;
static bool meta_valid = false;

static void
meta_invalidate(Datum arg, Oid relid)
{
	if (relid == InvalidOid || relid == meta_relid || meta_relid == InvalidOid)
		meta_valid = false;
}

void
tview_meta_init(void)
{
	CacheRegisterRelcacheCallback(meta_invalidate, (Datum) 0);
}

/* The schema of the extension's objects, InvalidOid where it is not created. */
Oid
tview_extension_schema(void)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			schema = InvalidOid;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber,
				F_NAMEEQ, CStringGetDatum("pg_tviews"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	if (HeapTupleIsValid(tuple = systable_getnext(scan)))
		schema = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return schema;
}

List *
text_array_to_list(Datum array)
{
	Datum	   *elems;
	bool	   *nulls;
	int			nelems;
	List	   *result = NIL;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false,
					  TYPALIGN_INT, &elems, &nulls, &nelems);
	for (int i = 0; i < nelems; i++)
		if (!nulls[i])
			result = lappend(result, TextDatumGetCString(elems[i]));
	return result;
}

/* The Oids in an array of regclass, or of our variant of it. */
List *
tview_regclass_array_to_list(Datum array)
{
	ArrayType  *oids = DatumGetArrayTypeP(array);
	Datum	   *elems;
	bool	   *nulls;
	int			nelems;
	List	   *result = NIL;

	deconstruct_array(oids, ARR_ELEMTYPE(oids), sizeof(Oid), true,
					  TYPALIGN_INT, &elems, &nulls, &nelems);
	for (int i = 0; i < nelems; i++)
		if (!nulls[i])
			result = lappend_oid(result, DatumGetObjectId(elems[i]));
	return result;
}

static TviewMeta *
meta_from_tuple(HeapTuple tuple, TupleDesc desc)
{
	Datum		values[Natts_meta];
	bool		nulls[Natts_meta];
	TviewMeta  *meta = palloc0(sizeof(TviewMeta));

	heap_deform_tuple(tuple, desc, values, nulls);
	meta->tview = DatumGetObjectId(values[Anum_meta_tview - 1]);
	meta->view = DatumGetObjectId(values[Anum_meta_view - 1]);
	meta->entity = TextDatumGetCString(values[Anum_meta_entity - 1]);
	meta->key_columns = text_array_to_list(values[Anum_meta_key_columns - 1]);
	meta->options = text_array_to_list(values[Anum_meta_options - 1]);
	meta->settings = text_array_to_list(values[Anum_meta_settings - 1]);
	meta->populated = DatumGetBool(values[Anum_meta_populated - 1]);
	meta->reads = tview_regclass_array_to_list(values[Anum_meta_reads - 1]);
	return meta;
}

static List *
meta_scan(Oid relid)
{
	List	   *rows = NIL;
	Relation	rel = table_open(relid, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		rows = lappend(rows, meta_from_tuple(tuple, RelationGetDescr(rel)));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return rows;
}

/* Load the cache if needed; afterwards meta_rows is right as of now. */
static void
meta_load(void)
{
	MemoryContext context;
	MemoryContext old;
	Oid			schema;

	if (meta_valid)
		return;
	schema = tview_extension_schema();
	meta_relid = OidIsValid(schema) ?
		get_relname_relid("pg_tview_meta", schema) : InvalidOid;

	/* Set first: an invalidation that arrives while we read must win. */
	meta_valid = true;
	context = AllocSetContextCreate(CacheMemoryContext, "tview metadata",
									ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	PG_TRY();
	{
		List	   *rows = OidIsValid(meta_relid) ? meta_scan(meta_relid) : NIL;

		if (meta_context != NULL)
			MemoryContextDelete(meta_context);
		meta_context = context;
		meta_rows = rows;
	}
	PG_CATCH();
	{
		meta_valid = false;
		MemoryContextDelete(context);
		PG_RE_THROW();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
}

/* Oid of pg_tview_meta, InvalidOid where the extension is not created. */
Oid
tview_meta_relid(void)
{
	meta_load();
	return meta_relid;
}

/*
 * This session has written to pg_tview_meta: look again at once, whatever has
 * become of the trigger, since who deletes rows does so until none is left.
 */
void
tview_meta_written(void)
{
	meta_valid = false;
	if (OidIsValid(meta_relid))
		CacheInvalidateRelcacheByRelid(meta_relid);
}

static List *
copy_strings(List *strings)
{
	List	   *copy = NIL;
	ListCell   *lc;

	foreach(lc, strings)
		copy = lappend(copy, pstrdup(lfirst(lc)));
	return copy;
}

/* A copy that outlives the cache. */
TviewMeta
tview_meta_copy(const TviewMeta *meta)
{
	TviewMeta	copy = *meta;

	copy.entity = pstrdup(meta->entity);
	copy.key_columns = copy_strings(meta->key_columns);
	copy.options = copy_strings(meta->options);
	copy.settings = copy_strings(meta->settings);
	copy.reads = list_copy(meta->reads);
	return copy;
}

/* Is this pg_tview_meta?  For invalidation callbacks: reads no catalog. */
bool
tview_meta_is_relid(Oid relid)
{
	return OidIsValid(meta_relid) && relid == meta_relid;
}

/* The row of the tview with this table, or NULL. */
const TviewMeta *
tview_meta_of_table(Oid relid)
{
	ListCell   *lc;

	meta_load();
	foreach(lc, meta_rows)
	{
		TviewMeta  *meta = lfirst(lc);

		if (meta->tview == relid)
			return meta;
	}
	return NULL;
}

/* The row of the tview with this backing view, or NULL. */
const TviewMeta *
tview_meta_of_view(Oid relid)
{
	ListCell   *lc;

	meta_load();
	foreach(lc, meta_rows)
	{
		TviewMeta  *meta = lfirst(lc);

		if (meta->view == relid)
			return meta;
	}
	return NULL;
}

/* Is there a tview with this table?  In the middle of a DROP, its parts can be
 * gone before its row is. */
bool
tview_exists(Oid relid)
{
	const TviewMeta *meta = tview_meta_of_table(relid);

	return meta != NULL &&
		SearchSysCacheExists1(RELOID, ObjectIdGetDatum(meta->tview)) &&
		SearchSysCacheExists1(RELOID, ObjectIdGetDatum(meta->view));
}

static void
wait_for_ddl(Oid relid)
{
	LockRelationOid(relid, AccessShareLock);
	UnlockRelationOid(relid, AccessShareLock);
}

/*
 * The same once those who have its parts locked, maybe to drop them, are done.
 * Keeps no lock: that on the table comes after those on base tables.
 */
bool
tview_still_exists(Oid relid)
{
	const TviewMeta *meta = tview_meta_of_table(relid);
	Oid			view;

	if (meta == NULL)
		return false;
	view = meta->view;
	wait_for_ddl(relid);
	wait_for_ddl(view);
	return tview_exists(relid);
}

/* The tables of all tviews, as a fresh list of Oids. */
List *
tview_meta_tables(void)
{
	List	   *tables = NIL;
	ListCell   *lc;

	meta_load();
	foreach(lc, meta_rows)
		tables = lappend_oid(tables, ((TviewMeta *) lfirst(lc))->tview);
	return tables;
}

/* The backing views of the tviews whose functions are declared to read a table. */
List *
tview_meta_declared_readers(Oid relid)
{
	List	   *views = NIL;
	ListCell   *lc;

	meta_load();
	foreach(lc, meta_rows)
		if (list_member_oid(((TviewMeta *) lfirst(lc))->reads, relid))
			views = lappend_oid(views, ((TviewMeta *) lfirst(lc))->view);
	return views;
}

/* The value of an option of a tview, or NULL where it was not given. */
const char *
tview_meta_option(const TviewMeta *meta, const char *name)
{
	size_t		len = strlen(name);
	ListCell   *lc;

	foreach(lc, meta->options)
	{
		const char *option = lfirst(lc);

		if (strncmp(option, name, len) == 0 && option[len] == '=')
			return option + len + 1;
	}
	return NULL;
}
