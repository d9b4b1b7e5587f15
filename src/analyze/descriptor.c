/*
 * descriptor.c
 *		What a backend knows about a tview: derived from its view, cached.
 *
 * Lifetime.  A descriptor is built when first needed and lives until something
 * it depends on changes.  Invalidation callbacks only mark it.  A marked
 * descriptor is replaced at the next look-up but stays allocated until the end
 * of the transaction, because captured changes and running refreshes still
 * point to it; it is not wrong for them: a change that matters to them would
 * have needed a lock that the writing transaction excludes.  A name of a schema,
 * which nothing locks, changes while no flush runs (ddl/before.c).  At the end of a
 * transaction those that are not valid go, too.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "analyze/parts.h"
#include "base/attempt.h"
#include "base/guc.h"
#include "base/sandbox.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

typedef struct DescEntry
{
	Oid			tview;			/* hash key */
	TviewDesc  *desc;			/* NULL while none is built */
} DescEntry;

static HTAB *descriptors = NULL;
static List *retired = NIL;		/* in TopMemoryContext, freed at xact end */
static uint64 generation = 1;	/* counts invalidations */
static int	analyses = 0;		/* that run, one inside of the other */

static void
invalidate_all(void)
{
	HASH_SEQ_STATUS scan;
	DescEntry  *entry;

	generation++;
	hash_seq_init(&scan, descriptors);
	while ((entry = hash_seq_search(&scan)) != NULL)
		if (entry->desc != NULL)
			entry->desc->valid = false;
}

static bool
uses_name(TviewDesc *desc, int cache, uint32 hash)
{
	ListCell   *lc;

	foreach(lc, desc->names)
	{
		TviewName  *name = lfirst(lc);

		if (name->cache == cache && name->hash == hash)
			return true;
	}
	return false;
}

static void
invalidate_relation(Datum arg, Oid relid)
{
	HASH_SEQ_STATUS scan;
	DescEntry  *entry;

	if (!OidIsValid(relid) || tview_meta_is_relid(relid))
	{
		invalidate_all();
		return;
	}
	generation++;
	hash_seq_init(&scan, descriptors);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		TviewDesc  *desc = entry->desc;

		if (desc != NULL && desc->valid &&
			(relid == desc->tview || relid == desc->view ||
			 list_member_oid(desc->base_relations, relid) ||
			 list_member_oid(desc->helper_views, relid) ||
			 uses_name(desc, TVIEW_NAME_RELATION, relid)))
			desc->valid = false;
	}
}

/* A function or type changed, maybe its name; hash 0 stands for all. */
static void
invalidate_name(Datum arg, int cache, uint32 hash)
{
	HASH_SEQ_STATUS scan;
	DescEntry  *entry;

	hash_seq_init(&scan, descriptors);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		if (entry->desc == NULL || !entry->desc->valid ||
			(hash != 0 && !uses_name(entry->desc, cache, hash)))
			continue;
		entry->desc->valid = false;
		generation++;
	}
}

static void
invalidate_schema(Datum arg, int cache, uint32 hash)
{
	invalidate_all();
}

void
tview_desc_init(void)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(DescEntry);
	ctl.hcxt = TopMemoryContext;
	descriptors = hash_create("tview descriptors", 64, &ctl,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	CacheRegisterRelcacheCallback(invalidate_relation, (Datum) 0);
	CacheRegisterSyscacheCallback(PROCOID, invalidate_name, (Datum) 0);
	CacheRegisterSyscacheCallback(TYPEOID, invalidate_name, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, invalidate_schema, (Datum) 0);
	CacheRegisterSyscacheCallback(OPEROID, invalidate_schema, (Datum) 0);
	CacheRegisterSyscacheCallback(COLLOID, invalidate_schema, (Datum) 0);
	CacheRegisterSyscacheCallback(ENUMOID, invalidate_schema, (Datum) 0);
	CacheRegisterSyscacheCallback(TSCONFIGOID, invalidate_schema, (Datum) 0);
	CacheRegisterSyscacheCallback(TSDICTOID, invalidate_schema, (Datum) 0);
}

/* Changes whenever anything that descriptors depend on may have changed. */
uint64
tview_desc_generation(void)
{
	return generation;
}

/* Output column of a query by name, 0 where there is none. */
AttrNumber
tview_find_column(Query *query, const char *name)
{
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!tle->resjunk && strcmp(tle->resname, name) == 0)
			return tle->resno;
	}
	return InvalidAttrNumber;
}

static void
describe_key(TviewDesc *desc, TviewKey *key, const char *name)
{
	TypeCacheEntry *typcache;

	key->table_attno = get_attnum(desc->tview, name);
	key->view_attno = get_attnum(desc->view, name);
	if (key->table_attno <= 0 || key->view_attno <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("key column \"%s\" of tview %s does not exist", name, desc->name),
				 errhint("Restore the definition with CREATE OR REPLACE TVIEW.")));
	get_atttypetypmodcoll(desc->view, key->view_attno, &key->type, &key->typmod,
						  &key->collation);
	get_typlenbyval(key->type, &key->typlen, &key->typbyval);
	typcache = lookup_type_cache(key->type, TYPECACHE_EQ_OPR | TYPECACHE_CMP_PROC);
	key->eq_operator = typcache->eq_opr;
	if (!OidIsValid(typcache->cmp_proc))
		elog(ERROR, "type %s has no btree comparison", format_type_be(key->type));
	fmgr_info_cxt(typcache->cmp_proc, &key->compare, desc->context);
}

static bool
is_primary(Oid indexid)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(indexid));
	bool		result = HeapTupleIsValid(tuple) &&
		((Form_pg_index) GETSTRUCT(tuple))->indisprimary;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

static Oid
find_primary_key(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	List	   *indexes = RelationGetIndexList(rel);
	ListCell   *lc;

	relation_close(rel, AccessShareLock);
	foreach(lc, indexes)
		if (is_primary(lfirst_oid(lc)))
			return lfirst_oid(lc);
	return InvalidOid;
}

static bool
is_unique_besides_key(Oid indexid)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(indexid));
	Form_pg_index form;
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_index) GETSTRUCT(tuple);
	result = !form->indisprimary && (form->indisunique || form->indisexclusion);
	ReleaseSysCache(tuple);
	return result;
}

/* Has the table a unique or exclusion index besides its primary key? */
static bool
has_unique_index(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	bool		result = false;
	ListCell   *lc;

	foreach(lc, RelationGetIndexList(rel))
		result = result || is_unique_besides_key(lfirst_oid(lc));
	relation_close(rel, AccessShareLock);
	return result;
}

/* Which table column each column of the view is stored in. */
static void
describe_columns(TviewDesc *desc)
{
	Relation	view = relation_open(desc->view, AccessShareLock);
	TupleDesc	tupdesc = RelationGetDescr(view);

	desc->ncolumns = tupdesc->natts;
	desc->table_attnos = palloc0(sizeof(AttrNumber) * tupdesc->natts);
	desc->updated_at = get_attnum(desc->tview, "updated_at");
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(tupdesc, i);

		desc->table_attnos[i] = get_attnum(desc->tview, NameStr(attr->attname));
		if (desc->table_attnos[i] <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of tview %s does not exist",
							NameStr(attr->attname), desc->name)));
		if (desc->table_attnos[i] == desc->updated_at)
			desc->updated_at = InvalidAttrNumber;
	}
	relation_close(view, AccessShareLock);
}

/* The tuple in which a trace keeps captured values. */
static TupleDesc
capture_tupdesc(TviewTrace *trace)
{
	TupleDesc	tupdesc = CreateTemplateTupleDesc(trace->ncaptured);

	for (int i = 0; i < trace->ncaptured; i++)
	{
		Oid			type;
		int32		typmod;
		Oid			collation;

		get_atttypetypmodcoll(trace->relid, trace->captured[i], &type, &typmod,
							  &collation);
		TupleDescInitEntry(tupdesc, i + 1, psprintf("c%d", trace->captured[i]),
						   type, typmod, 0);
		TupleDescInitEntryCollation(tupdesc, i + 1, collation);
	}
	return tupdesc;
}

static int
tview_depth(TviewDesc *desc)
{
	int			depth = 0;
	ListCell   *lc;

	foreach(lc, desc->base_relations)
		if (tview_meta_of_table(lfirst_oid(lc)) != NULL)
			depth = Max(depth, tview_desc(lfirst_oid(lc))->depth);
	return depth + 1;
}

/* What an analysis finds out about the definition, in the current memory context. */
static void
analyze_definition(TviewDesc *desc, List *key_names)
{
	Query	   *expanded = tview_expand_view(desc->view);
	AttrNumber *keys = palloc(sizeof(AttrNumber) * desc->nkeys);
	TviewAnalysis *analysis;

	for (int i = 0; i < desc->nkeys; i++)
		keys[i] = desc->keys[i].view_attno;
	/* Before the analysis takes out what the result does not need: the view names it all. */
	desc->names = tview_names_used(expanded);
	analysis = tview_analyze(expanded, keys, desc->nkeys, desc->name,
							 desc->view_name, key_names);
	desc->key_nullable = analysis->key_nullable;
	desc->fenced = tview_needs_fence(expanded, keys, desc->nkeys);
	if (!analysis->clock && !desc->fenced)
		desc->parts = tview_find_parts(expanded, keys, desc->nkeys);
	tview_assign_parts(analysis, desc->parts);
	desc->traces = list_concat(analysis->traces,
							   tview_declared_traces(desc->reads,
													 list_length(analysis->traces) + 1));
	desc->base_relations = tview_base_relations(expanded, desc->reads);
	desc->helper_views = tview_helper_views(desc->view);
}

static void
describe_traces(TviewDesc *desc, List *key_names)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "tview analysis",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(work);
	ListCell   *lc;

	analyze_definition(desc, key_names);
	MemoryContextSwitchTo(old);
	desc->names = tview_keep_names(desc->names);
	desc->parts = tview_keep_parts(desc->parts);
	desc->traces = tview_keep_traces(desc->traces, desc->nkeys);
	desc->base_relations = list_copy(desc->base_relations);
	desc->helper_views = list_copy(desc->helper_views);
	MemoryContextDelete(work);
	foreach(lc, desc->traces)
	{
		TviewTrace *trace = lfirst(lc);

		if (!trace->whole)
			trace->capture_desc = capture_tupdesc(trace);
	}
}

/* Is it a foreign table, or does one belong to it? */
bool
tview_is_foreign(Oid relid)
{
	ListCell   *lc;

	foreach(lc, find_all_inheritors(relid, NoLock, NULL))
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_FOREIGN_TABLE)
			return true;
	return false;
}

/* Has the database any foreign table? */
static bool
foreign_tables_exist(void)
{
	Relation	rel = table_open(ForeignTableRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	bool		result = HeapTupleIsValid(systable_getnext(scan));

	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

static bool
mentions_foreign_table(Query *query)
{
	ListCell   *lc;

	foreach(lc, tview_relations_in((Node *) query))
		if (tview_is_foreign(lfirst_node(RangeTblEntry, lc)->relid))
			return true;
	return false;
}

static bool
view_mentions_foreign_table(Oid view)
{
	Relation	rel = relation_open(view, AccessShareLock);
	bool		result = mentions_foreign_table(get_view_query(rel));

	relation_close(rel, NoLock);
	return result;
}

/*
 * May a refresh use foreign tables?  The executor opens all that the views
 * mention, a common table expression that nobody reads among them, and the
 * triggers of users may do anything.  (What policies read is in the expanded
 * definition only.)
 */
static bool
uses_foreign_tables(TviewDesc *desc)
{
	ListCell   *lc;

	if (!foreign_tables_exist())
		return false;
	if (desc->user_triggers || view_mentions_foreign_table(desc->view) ||
		mentions_foreign_table(tview_expand_view(desc->view)))
		return true;
	foreach(lc, desc->reads)
		if (tview_is_foreign(lfirst_oid(lc)))
			return true;
	foreach(lc, desc->helper_views)
		if (view_mentions_foreign_table(lfirst_oid(lc)))
			return true;
	return false;
}

/*
 * The analysis folds constants, and so may call functions of users: these need a
 * snapshot, which there is none of before commit, and their queries must not find a tview
 * to flush, whose descriptor is being made.
 */
typedef struct Description
{
	TviewDesc  *desc;
	List	   *key_names;
} Description;

static void
describe_in_sandbox(void *arg)
{
	TviewDesc  *desc = ((Description *) arg)->desc;
	TviewSandbox sandbox;
	bool		push = !ActiveSnapshotSet();

	if (push)
		PushActiveSnapshot(GetLatestSnapshot());
	analyses++;
	PG_TRY();
	{
		tview_sandbox_enter(&sandbox, desc->owner, desc->settings);
		describe_traces(desc, ((Description *) arg)->key_names);
		desc->uses_foreign = uses_foreign_tables(desc);
		tview_sandbox_leave(&sandbox);
	}
	PG_FINALLY();
	{
		analyses--;
	}
	PG_END_TRY();
	if (push)
		PopActiveSnapshot();
}

/* Is the query that starts one of a function that the analysis calls? */
bool
tview_analysing(void)
{
	return analyses > 0;
}

static TviewDesc *
build_descriptor(const TviewMeta *meta, MemoryContext context)
{
	TviewDesc  *desc = palloc0(sizeof(TviewDesc));
	List	   *key_names = NIL;
	ListCell   *lc;

	desc->tview = meta->tview;
	desc->view = meta->view;
	desc->context = context;
	desc->valid = true;
	desc->populated = meta->populated;
	desc->recompute = (tview_meta_option(meta, "on_untraceable") != NULL &&
					   pg_strcasecmp(tview_meta_option(meta, "on_untraceable"),
									 "recompute") == 0);
	desc->owner = tview_relation_owner(meta->tview);
	desc->name = tview_qualified_name(meta->tview);
	desc->view_name = tview_qualified_name(meta->view);
	desc->reads = list_copy(meta->reads);
	foreach(lc, meta->settings)
		desc->settings = lappend(desc->settings, pstrdup(lfirst(lc)));
	foreach(lc, meta->key_columns)
		key_names = lappend(key_names, pstrdup(lfirst(lc)));
	desc->nkeys = list_length(key_names);
	desc->keys = palloc0(sizeof(TviewKey) * desc->nkeys);
	desc->key_index = find_primary_key(desc->tview);
	desc->unique_index = has_unique_index(desc->tview);
	desc->user_triggers = tview_has_user_triggers(desc->tview);
	describe_columns(desc);
	foreach(lc, key_names)
		describe_key(desc, &desc->keys[foreach_current_index(lc)], lfirst(lc));


	/*
	 * Whoever writes to one base table is not to wait for those who change another.  What
	 * they change invalidates the descriptor.
	 */
	tview_look(describe_in_sandbox, &(Description) {desc, key_names});
	desc->depth = tview_depth(desc);
	return desc;
}

/* Throw where a tview, or a part of it, is not there, or goes while we wait. */
static void
check_existence(Oid tview)
{
	char	   *name;

	if (tview_still_exists(tview))
		return;
	name = get_rel_name(tview);
	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("tview with OID %u does not exist", tview),
				 errdetail("It was dropped in the meantime.")));
	if (tview_meta_of_table(tview) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a tview", name)));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("the backing view of tview \"%s\" does not exist", name),
			 errhint("Drop the table and create the tview again.")));
}

static TviewDesc *
make_descriptor(Oid tview)
{
	MemoryContext context;
	MemoryContext old;
	TviewDesc  *desc;
	uint64		before = generation;

	check_existence(tview);

	/* Under the transaction until complete, so that an error frees it. */
	context = AllocSetContextCreate(CurTransactionContext, "tview descriptor",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	desc = build_descriptor(tview_meta_of_table(tview), context);
	MemoryContextSwitchTo(old);
	MemoryContextSetParent(context, CacheMemoryContext);

	/* What changed while we looked may have been missed: look again next time. */
	desc->valid = (generation == before);
	return desc;
}

static void
retire(TviewDesc *desc)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	retired = lappend(retired, desc);
	MemoryContextSwitchTo(old);
	generation++;				/* nobody may keep pointing to it */
}

/*
 * The descriptor of a tview; throws where the table is not one.  Valid until
 * the end of the transaction.
 */
TviewDesc *
tview_desc(Oid tview)
{
	DescEntry  *entry;
	TviewDesc  *desc;
	bool		found;

	check_stack_depth();
	entry = hash_search(descriptors, &tview, HASH_ENTER, &found);
	if (!found)
		entry->desc = NULL;
	if (entry->desc != NULL && entry->desc->valid)
		return entry->desc;

	desc = make_descriptor(tview);
	entry = hash_search(descriptors, &tview, HASH_ENTER, &found);
	if (entry->desc != NULL)
		retire(entry->desc);
	entry->desc = desc;
	return desc;
}

static List *
find_downstream(Oid tview)
{
	List	   *all = list_make1_oid(tview);

	for (int i = 0; i < list_length(all); i++)
		all = list_concat_unique_oid(all, tviews_reading(list_nth_oid(all, i)));
	return all;
}

static bool
any_uses_foreign(List *tviews)
{
	ListCell   *lc;

	foreach(lc, tviews)
	{
		/* It may be about to be dropped: wait, and see. */
		LockRelationOid(lfirst_oid(lc), AccessShareLock);
		if (tview_exists(lfirst_oid(lc)) && tview_desc(lfirst_oid(lc))->uses_foreign)
			return true;
	}
	return false;
}

/* The descriptor of a tview that knows the tviews above it. */
static TviewDesc *
desc_with_downstream(Oid tview)
{
	TviewDesc  *desc = tview_desc(tview);

	if (desc->downstream_generation != generation)
	{
		uint64		before = generation;
		List	   *found = find_downstream(tview);
		bool		foreign = any_uses_foreign(found);
		MemoryContext old = MemoryContextSwitchTo(desc->context);

		list_free(desc->downstream);
		desc->downstream = list_copy(found);
		desc->downstream_foreign = foreign;
		desc->downstream_generation = before;
		MemoryContextSwitchTo(old);
	}
	return desc;
}

/* The tview itself and every tview above it, at any depth; do not modify. */
List *
tview_downstream(Oid tview)
{
	return desc_with_downstream(tview)->downstream;
}

/* These tviews and all above them, each once, in Oid order. */
List *
tview_all_downstream(List *tviews)
{
	List	   *all = NIL;
	ListCell   *lc;

	foreach(lc, tviews)
		all = list_concat_unique_oid(all, tview_downstream(lfirst_oid(lc)));
	list_sort(all, list_oid_cmp);
	return all;
}

/* May refreshing the tview or one above it use foreign tables? */
bool
tview_downstream_uses_foreign(Oid tview)
{
	return desc_with_downstream(tview)->downstream_foreign;
}

static void
free_plan(SPIPlanPtr plan)
{
	if (plan != NULL)
		SPI_freeplan(plan);
}

static void
free_plans(TviewEvaluation *evaluation)
{
	free_plan(evaluation->single_plan);
	free_plan(evaluation->batch_plan);
}

static void
free_descriptor(TviewDesc *desc)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, desc->evaluations)
		free_plans(lfirst(lc));
	if (desc->verification != NULL)
		free_plans(desc->verification);
	foreach(lc, desc->traces)
		foreach(lc2, ((TviewTrace *) lfirst(lc))->queries)
			free_plan(((TraceQuery *) lfirst(lc2))->plan);
	MemoryContextDelete(desc->context);
}

/*
 * Free the descriptors that are not valid any more: their tviews may not even exist.  A capture map
 * may have been made from one that was outdated before it was complete.
 */
static void
sweep_descriptors(void)
{
	HASH_SEQ_STATUS scan;
	DescEntry  *entry;

	hash_seq_init(&scan, descriptors);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		if (entry->desc != NULL && entry->desc->valid)
			continue;
		if (entry->desc != NULL)
		{
			free_descriptor(entry->desc);
			generation++;		/* nobody may keep pointing to it */
		}
		hash_search(descriptors, &entry->tview, HASH_REMOVE, NULL);
	}
}

/* Free the descriptors that were replaced during the transaction, or will be. */
void
tview_desc_at_xact_end(void)
{
	static uint64 swept = 0;
	ListCell   *lc;

	foreach(lc, retired)
		free_descriptor(lfirst(lc));
	list_free(retired);
	retired = NIL;
	if (swept != generation)
		sweep_descriptors();
	swept = generation;
}
