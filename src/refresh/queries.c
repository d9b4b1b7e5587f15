/*
 * queries.c
 *		Runs tracing queries and evaluates the definition for given keys.
 *
 * Captured rows and keys reach the queries as named tuplestores, so any type
 * can be a key.  Plans are prepared once per backend and kept in the
 * descriptor.  All queries read with the active snapshot, which the flush has
 * taken after its locks.
 *
 * PostgreSQL does not push "key = ANY(keys)" into a grouped subquery, and it
 * pulls up a plain LATERAL and then computes everything as well; behind OFFSET
 * 0 the key is pushed down as far as it goes.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "refresh/refresh.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

#define KEYS_RELATION	"tview_keys"

/* Sets of this size and more get a plan made for their size. */
#define LARGE_SET		1000

/* Where pg_tviews_note_key() leaves its note; NULL while nobody listens. */
static TviewErrorContext *listening = NULL;

PGDLLEXPORT Datum pg_tviews_note_key(PG_FUNCTION_ARGS);

static void
describe_refresh(void *arg)
{
	TviewErrorContext *context = arg;

	if (context->keys != NULL && context->current >= 0 &&
		context->current < context->keys->count && !in_error_recursion_trouble())
		errcontext("refresh of tview %s, key %s", context->desc->name,
				   tview_key_text(context->desc,
								  keyset_get(context->keys, context->current)));
	else
		errcontext("refresh of tview %s", context->desc->name);
}

/*
 * Name the tview in messages, and the key while one is being computed.  The
 * context is the caller's; keys may be NULL.
 */
void
tview_error_context_push(TviewErrorContext *context, TviewDesc *desc, KeySet *keys)
{
	context->desc = desc;
	context->keys = keys;
	context->current = -1;
	context->callback.callback = describe_refresh;
	context->callback.arg = context;
	context->callback.previous = error_context_stack;
	error_context_stack = &context->callback;
	listening = context;
}

void
tview_error_context_pop(TviewErrorContext *context)
{
	error_context_stack = context->callback.previous;
	listening = NULL;
}

/* After an error the context is gone without having been popped. */
void
tview_error_context_abort(void)
{
	listening = NULL;
}

/* From now on messages name this key; -1 for none. */
void
tview_note_current_key(int64 n)
{
	if (listening != NULL)
		listening->current = n;
}

PG_FUNCTION_INFO_V1(pg_tviews_note_key);

/*
 * pg_tviews_note_key(n integer) returns boolean
 *
 * Internal: true.  A filter on the keys while the definition is evaluated for
 * them one by one, so that an error can name the key.
 */
Datum
pg_tviews_note_key(PG_FUNCTION_ARGS)
{
	tview_note_current_key(PG_GETARG_INT32(0));
	PG_RETURN_BOOL(true);
}

static void
register_tuplestore(const char *name, TupleDesc tupdesc, Tuplestorestate *store,
					double rows)
{
	EphemeralNamedRelation enr = palloc0(sizeof(EphemeralNamedRelationData));
	int			result;

	enr->md.name = pstrdup(name);
	enr->md.reliddesc = InvalidOid;
	enr->md.tupdesc = tupdesc;
	enr->md.enrtype = ENR_NAMED_TUPLESTORE;
	enr->md.enrtuples = rows;
	enr->reldata = store;
	result = SPI_register_relation(enr);
	if (result != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register \"%s\": %s", name,
			 SPI_result_code_string(result));
}

/* One plan for all values: which key it is never changes how to find it. */
static SPIPlanPtr
prepare(const char *sql, int nargs, Oid *types)
{
	SPIPlanPtr	plan = SPI_prepare_cursor(sql, nargs, types,
										  CURSOR_OPT_GENERIC_PLAN);

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", sql,
			 SPI_result_code_string(SPI_result));
	return plan;
}

/* The plan in *slot, prepared if it is not there. */
static SPIPlanPtr
kept_plan(SPIPlanPtr *slot, const char *sql, int nargs, Oid *types)
{
	if (*slot == NULL)
	{
		SPIPlanPtr	plan = prepare(sql, nargs, types);

		if (SPI_keepplan(plan) != 0)
			elog(ERROR, "could not keep plan of \"%s\"", sql);
		*slot = plan;
	}
	return *slot;
}

static void
execute(SPIPlanPtr plan, Datum *values)
{
	int			result = SPI_execute_plan(plan, values, NULL, true, 0);

	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not read for a refresh: %s",
			 SPI_result_code_string(result));
}

/* The captured values are the keys. */
static void
keys_direct(TviewTrace *trace, TraceQuery *query, Tuplestorestate *store, KeySet *keys)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(trace->capture_desc,
													&TTSOpsMinimalTuple);
	int		   *columns = palloc(sizeof(int) * keys->desc->nkeys);

	for (int i = 0; i < keys->desc->nkeys; i++)
		for (int j = 0; j < trace->ncaptured; j++)
			if (trace->captured[j] == query->direct[i])
				columns[i] = j;
	tuplestore_rescan(store);
	while (tuplestore_gettupleslot(store, true, false, slot))
	{
		Datum		values[INDEX_MAX_KEYS];
		bool		nulls[INDEX_MAX_KEYS];

		for (int i = 0; i < keys->desc->nkeys; i++)
			values[i] = slot_getattr(slot, columns[i] + 1, &nulls[i]);
		keyset_add(keys, values, nulls);
	}
	ExecDropSingleTupleTableSlot(slot);
}

/* Add the keys in the result of a query whose columns are the key columns. */
static void
add_result_keys(KeySet *keys)
{
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		Datum		values[INDEX_MAX_KEYS];
		bool		nulls[INDEX_MAX_KEYS];

		for (int i = 0; i < keys->desc->nkeys; i++)
			values[i] = SPI_getbinval(SPI_tuptable->vals[row],
									  SPI_tuptable->tupdesc, i + 1, &nulls[i]);
		keyset_add(keys, values, nulls);
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
keys_by_query(TraceQuery *query, KeySet *keys, int64 rows)
{
	if (rows >= LARGE_SET)
	{
		SPIPlanPtr	plan = prepare(query->sql, 0, NULL);

		execute(plan, NULL);
		SPI_freeplan(plan);
	}
	else
		execute(kept_plan(&query->plan, query->sql, 0, NULL), NULL);
	add_result_keys(keys);
}

/* All captured rows of one occurrence, as a relation for queries; NULL for none. */
static Tuplestorestate *
register_captured(List *sets, int occurrence, const char *name)
{
	Tuplestorestate *store = NULL;
	TupleDesc	tupdesc = NULL;
	int64		rows = 0;
	ListCell   *lc;

	foreach(lc, sets)
	{
		DirtySet   *set = lfirst(lc);

		if (set->trace == NULL || set->trace->occurrence != occurrence)
			continue;
		if (store == NULL)
			store = tuplestore_begin_heap(true, false, work_mem);
		tview_dirty_copy(set, store);
		tupdesc = set->trace->capture_desc;
		rows += tview_dirty_count(set);
	}
	/* Assume one row: a kept plan must suit the smallest change best. */
	if (store != NULL)
		register_tuplestore(name, tupdesc, store, rows >= LARGE_SET ? rows : 1);
	return store;
}

static char *
numbered_relation(int occurrence)
{
	return psprintf("%s_%d", TVIEW_CHANGED_RELATION, occurrence);
}

/* A query that reads captured rows of other occurrences as well. */
static void
keys_by_crossing_query(List *sets, TraceQuery *query, KeySet *keys, int64 rows)
{
	List	   *stores = NIL;
	bool		complete = true;
	ListCell   *lc;

	foreach(lc, query->others)
	{
		Tuplestorestate *store = register_captured(sets, lfirst_int(lc),
												   numbered_relation(lfirst_int(lc)));

		stores = lappend(stores, store);
		complete = complete && store != NULL;
	}
	if (complete)
		keys_by_query(query, keys, rows);
	foreach(lc, stores)
	{
		if (lfirst(lc) == NULL)
			continue;
		SPI_unregister_relation(numbered_relation(list_nth_int(query->others,
															   foreach_current_index(lc))));
		tuplestore_end(lfirst(lc));
	}
}

static void
trace_occurrence(List *sets, TviewTrace *trace, KeySet *keys)
{
	Tuplestorestate *store = register_captured(sets, trace->occurrence,
											   TVIEW_CHANGED_RELATION);
	int64		rows = tuplestore_tuple_count(store);
	ListCell   *lc;

	foreach(lc, trace->queries)
	{
		TraceQuery *query = lfirst(lc);

		if (query->direct != NULL)
			keys_direct(trace, query, store, keys);
		else
			keys_by_crossing_query(sets, query, keys, rows);
	}
	SPI_unregister_relation(TVIEW_CHANGED_RELATION);
	tuplestore_end(store);
}

/*
 * Add the keys that captured rows may concern.  sets: all of one descriptor.
 * SPI must be connected.
 */
void
tview_trace_keys(List *sets, KeySet *keys)
{
	Bitmapset  *done = NULL;
	ListCell   *lc;

	foreach(lc, sets)
	{
		TviewTrace *trace = ((DirtySet *) lfirst(lc))->trace;

		if (bms_is_member(trace->occurrence, done))
			continue;
		done = bms_add_member(done, trace->occurrence);
		trace_occurrence(sets, trace, keys);
	}
}

/* The view's columns, each with a prefix. */
static char *
column_list(TviewDesc *desc, const char *prefix)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < desc->ncolumns; i++)
		appendStringInfo(&list, "%s%s%s", i > 0 ? ", " : "", prefix,
						 quote_identifier(get_attname(desc->view, i + 1, false)));
	return list.data;
}

/* v.key = <value> for all key columns; value is a format of the number. */
static void
append_key_conditions(StringInfo sql, TviewDesc *desc, const char *value)
{
	for (int i = 0; i < desc->nkeys; i++)
	{
		Oid			operator = desc->keys[i].eq_operator;

		appendStringInfo(sql, "%sv.%s OPERATOR(%s) ", i > 0 ? " AND " : "",
						 quote_identifier(get_attname(desc->view,
													  desc->keys[i].view_attno, false)),
						 tview_operator_name(operator));
		appendStringInfo(sql, value, i + 1);
	}
}

static char *
single_sql(TviewDesc *desc)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT 0, %s FROM %s v WHERE ",
					 column_list(desc, "v."), desc->view_name);
	append_key_conditions(&sql, desc, "$%d");
	return sql.data;
}

static char *
batch_sql(TviewDesc *desc)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "SELECT k.n, %s FROM %s k, LATERAL (SELECT %s FROM %s v WHERE ",
					 column_list(desc, "v."), KEYS_RELATION,
					 column_list(desc, "v."), desc->view_name);
	append_key_conditions(&sql, desc, "k.k%d");
	appendStringInfo(&sql, " OFFSET 0) v WHERE %s.pg_tviews_note_key(k.n)",
					 quote_identifier(get_namespace_name(tview_extension_schema())));
	return sql.data;
}

static void
recompute_single(TviewDesc *desc, KeySet *keys, int64 n)
{
	Oid			types[INDEX_MAX_KEYS];

	for (int i = 0; i < desc->nkeys; i++)
		types[i] = desc->keys[i].type;
	tview_note_current_key(n);
	execute(kept_plan(&desc->single_plan,
					  desc->single_plan ? NULL : single_sql(desc),
					  desc->nkeys, types), keyset_get(keys, n));
}

static TupleDesc
keys_tupdesc(TviewDesc *desc)
{
	TupleDesc	tupdesc = CreateTemplateTupleDesc(desc->nkeys + 1);

	TupleDescInitEntry(tupdesc, 1, "n", INT4OID, -1, 0);
	for (int i = 0; i < desc->nkeys; i++)
	{
		TupleDescInitEntry(tupdesc, i + 2, psprintf("k%d", i + 1),
						   desc->keys[i].type, desc->keys[i].typmod, 0);
		TupleDescInitEntryCollation(tupdesc, i + 2, desc->keys[i].collation);
	}
	return tupdesc;
}

static void
recompute_batch(TviewDesc *desc, KeySet *keys, int64 first, int64 count)
{
	Tuplestorestate *store = tuplestore_begin_heap(false, false, work_mem);
	TupleDesc	tupdesc = keys_tupdesc(desc);

	for (int64 n = first; n < first + count; n++)
	{
		Datum		values[INDEX_MAX_KEYS + 1];
		bool		nulls[INDEX_MAX_KEYS + 1] = {false};

		values[0] = Int32GetDatum(n);
		memcpy(values + 1, keyset_get(keys, n), sizeof(Datum) * desc->nkeys);
		tuplestore_putvalues(store, tupdesc, values, nulls);
	}
	register_tuplestore(KEYS_RELATION, tupdesc, store, 100);
	execute(kept_plan(&desc->batch_plan,
					  desc->batch_plan ? NULL : batch_sql(desc), 0, NULL), NULL);
	SPI_unregister_relation(KEYS_RELATION);
	tuplestore_end(store);
}

/*
 * Evaluate the definition for some keys.  The result is left in SPI_tuptable:
 * the number of the key, then the columns of the view.
 */
void
tview_recompute(TviewDesc *desc, KeySet *keys, int64 first, int64 count)
{
	if (count == 1)
		recompute_single(desc, keys, first);
	else
		recompute_batch(desc, keys, first, count);
}

/*
 * Throw if the definition yields a row with a NULL in its key, which no key
 * that is refreshed would ever find.
 */
void
tview_check_null_keys(TviewDesc *desc)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT 1 FROM %s v WHERE ", desc->view_name);
	for (int i = 0; i < desc->nkeys; i++)
		appendStringInfo(&sql, "%sv.%s IS NULL", i > 0 ? " OR " : "",
						 quote_identifier(get_attname(desc->view,
													  desc->keys[i].view_attno, false)));
	appendStringInfoString(&sql, " LIMIT 1");
	if (SPI_execute(sql.data, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for NULL keys of tview %s", desc->name);
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("definition of tview %s yields a NULL key", desc->name),
				 errdetail("A row of the definition has a NULL in its key columns."),
				 errhint("Exclude such rows in the definition, or choose another key.")));
	SPI_freetuptable(SPI_tuptable);
}
