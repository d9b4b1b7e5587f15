/*
 * evaluate.c
 *		Evaluates the definition, or some parts of it, for given keys.
 *
 * PostgreSQL does not push "key = ANY(keys)" into a grouped subquery, and it
 * pulls up a plain LATERAL and then computes everything as well; behind OFFSET
 * 0 the key is pushed down as far as it goes.
 */
#include "base/compat.h"

#include "analyze/parts.h"
#include "base/attempt.h"
#include "base/guc.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "refresh/queries.h"
#include "refresh/refresh.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define KEYS_RELATION	"tview_keys"

/* As many keys as a plan for a batch is made for. */
#define PLANNED_KEYS	100

/* So many queries for different parts are kept for a tview. */
#define MAX_EVALUATIONS	64

static TviewEvaluation *
find_evaluation(TviewDesc *desc, const Bitmapset *parts)
{
	ListCell   *lc;

	foreach(lc, desc->evaluations)
		if (bms_equal(((TviewEvaluation *) lfirst(lc))->parts, parts))
			return lfirst(lc);
	return NULL;
}

static Bitmapset *
all_columns(TviewDesc *desc)
{
	return bms_add_range(NULL, 1, desc->ncolumns);
}

static Bitmapset *
key_columns(TviewDesc *desc)
{
	Bitmapset  *columns = NULL;

	for (int i = 0; i < desc->nkeys; i++)
		columns = bms_add_member(columns, desc->keys[i].view_attno);
	return columns;
}

static Bitmapset *
columns_of_parts(TviewDesc *desc, const Bitmapset *parts)
{
	Bitmapset  *columns = NULL;
	int			number = -1;

	while ((number = bms_next_member(parts, number)) >= 0)
		columns = bms_add_member(columns,
								 ((TviewPart *) list_nth(desc->parts, number - 1))->attno);
	return columns;
}

/* What to read for some parts of rows.  inward: see tview_parts_query(); maybe NULL. */
static char *
relation_to_read(TviewDesc *desc, const Bitmapset *parts, bool inward)
{
	char	   *query;

	if (tview_is_whole(parts) && !inward)
		return !desc->fenced ? desc->view_name :
			psprintf("(SELECT * FROM %s OFFSET 0)", desc->view_name);
	query = tview_parts_query(desc->view, desc->parts, parts, key_columns(desc), inward);
	if (query == NULL)
		return NULL;
	return !desc->fenced || !tview_is_whole(parts) ? psprintf("(%s)", query) :
		psprintf("(SELECT * FROM (%s) d OFFSET 0)", query);
}

/* In the descriptor's memory; the arguments are not. */
static TviewEvaluation *
plain_evaluation(TviewDesc *desc, const Bitmapset *parts)
{
	Bitmapset  *columns = tview_is_whole(parts) ? all_columns(desc) : columns_of_parts(desc, parts);
	char	   *relation = relation_to_read(desc, parts, false);
	MemoryContext old = MemoryContextSwitchTo(desc->context);
	TviewEvaluation *evaluation = palloc0(sizeof(TviewEvaluation));
	int			column = -1;

	evaluation->parts = bms_copy(parts);
	evaluation->relation = pstrdup(relation);
	evaluation->columns = palloc(sizeof(AttrNumber) * bms_num_members(columns));
	while ((column = bms_next_member(columns, column)) >= 0)
		evaluation->columns[evaluation->ncolumns++] = column;
	MemoryContextSwitchTo(old);
	return evaluation;
}

/* The other way to write an evaluation, and what a key costs by it. */
typedef struct OtherForm
{
	TviewDesc  *desc;
	TviewEvaluation evaluation; /* relation is NULL where there is none */
	Cost		cost;
} OtherForm;

static void
find_other_form(void *arg)
{
	OtherForm  *other = arg;
	char	   *relation = relation_to_read(other->desc, other->evaluation.parts, true);

	if (relation == NULL)
		return;
	other->evaluation.relation = MemoryContextStrdup(other->desc->context, relation);
	other->cost = tview_evaluation_cost(other->desc, &other->evaluation);
}

/*
 * The other form is of our own making, and the plain one as good: if the server does not
 * take it, no write has to fail for that.  Tests are to see it.
 */
static bool
has_other_form(OtherForm *other)
{
	ErrorData  *error;

	if (tview_verify_patches)
	{
		find_other_form(other);
		return other->evaluation.relation != NULL;
	}
	error = tview_attempt(find_other_form, other);
	if (error == NULL)
		return other->evaluation.relation != NULL;
	SPI_unregister_relation(KEYS_RELATION);
	ereport(DEBUG1,
			(errmsg_internal("tview %s is evaluated as defined: %s", other->desc->name,
							 error->message)));
	return false;
}

/* Read what joins subqueries inside of them, if that is cheaper for a key; in tests, always. */
static void
bring_conditions_in(TviewDesc *desc, TviewEvaluation *evaluation)
{
	OtherForm	other = {desc, *evaluation, 0};

	other.evaluation.relation = NULL;
	if (!has_other_form(&other))
		return;
	if (tview_verify_patches || other.cost < tview_evaluation_cost(desc, evaluation))
	{
		if (evaluation->batch_plan != NULL)
			SPI_freeplan(evaluation->batch_plan);
		*evaluation = other.evaluation;
	}
	else
		SPI_freeplan(other.evaluation.batch_plan);
}

static TviewEvaluation *
make_evaluation(TviewDesc *desc, const Bitmapset *parts)
{
	TviewEvaluation *evaluation = plain_evaluation(desc, parts);
	MemoryContext old;

	bring_conditions_in(desc, evaluation);
	old = MemoryContextSwitchTo(desc->context);
	desc->evaluations = lappend(desc->evaluations, evaluation);
	MemoryContextSwitchTo(old);
	return evaluation;
}

/* Do these parts mean that all of the row is to be computed? */
bool
tview_is_whole(const Bitmapset *parts)
{
	return bms_is_member(TVIEW_WHOLE_ROW, parts);
}

/*
 * How to compute these parts of rows: the same, or everything where there are
 * too many ways already.  Call in the sandbox.
 */
TviewEvaluation *
tview_evaluation(TviewDesc *desc, const Bitmapset *parts)
{
	TviewEvaluation *evaluation = find_evaluation(desc, parts);

	if (evaluation != NULL)
		return evaluation;
	if (!tview_is_whole(parts) && list_length(desc->evaluations) >= MAX_EVALUATIONS)
		return tview_evaluation_of_all(desc);
	return make_evaluation(desc, parts);
}

TviewEvaluation *
tview_evaluation_of_all(TviewDesc *desc)
{
	Bitmapset  *whole = bms_make_singleton(TVIEW_WHOLE_ROW);
	TviewEvaluation *evaluation = tview_evaluation(desc, whole);

	bms_free(whole);
	return evaluation;
}

/* How the definition itself says it, for verification. */
TviewEvaluation *
tview_evaluation_as_defined(TviewDesc *desc)
{
	if (desc->verification == NULL)
		desc->verification = plain_evaluation(desc, bms_make_singleton(TVIEW_WHOLE_ROW));
	return desc->verification;
}

/* The columns of an evaluation, each with a prefix. */
static char *
column_list(TviewDesc *desc, TviewEvaluation *evaluation, const char *prefix)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < evaluation->ncolumns; i++)
		appendStringInfo(&list, "%s%s%s", i > 0 ? ", " : "", prefix,
						 quote_identifier(get_attname(desc->view,
													  evaluation->columns[i], false)));
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
single_sql(TviewDesc *desc, TviewEvaluation *evaluation)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT 0, %s FROM %s v WHERE ",
					 column_list(desc, evaluation, "v."), evaluation->relation);
	append_key_conditions(&sql, desc, "$%d");
	return sql.data;
}

static char *
batch_sql(TviewDesc *desc, TviewEvaluation *evaluation)
{
	StringInfoData sql;
	char	   *columns = column_list(desc, evaluation, "v.");

	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "SELECT k.n, %s FROM %s k, LATERAL (SELECT %s FROM %s v WHERE ",
					 columns, KEYS_RELATION, columns, evaluation->relation);
	append_key_conditions(&sql, desc, "k.k%d");
	appendStringInfo(&sql, " OFFSET 0) v WHERE %s.pg_tviews_note_key(k.n)",
					 quote_identifier(get_namespace_name(tview_extension_schema())));
	return sql.data;
}

/* Run the query for so many keys, and note how long each takes, planning aside. */
static void
execute_timed(TviewEvaluation *evaluation, SPIPlanPtr plan, Datum *values, int64 count)
{
	instr_time	start;
	instr_time	duration;

	if (evaluation->key_time == 0)
		(void) tview_plan_cost(plan);
	INSTR_TIME_SET_CURRENT(start);
	tview_execute(plan, values);
	INSTR_TIME_SET_CURRENT(duration);
	INSTR_TIME_SUBTRACT(duration, start);
	evaluation->key_time = INSTR_TIME_GET_MILLISEC(duration) / count;
}

static void
evaluate_single(TviewDesc *desc, TviewEvaluation *evaluation, KeySet *keys, int64 n)
{
	Oid			types[INDEX_MAX_KEYS];

	for (int i = 0; i < desc->nkeys; i++)
		types[i] = desc->keys[i].type;
	tview_note_current_key(n);
	execute_timed(evaluation, tview_kept_plan(&evaluation->single_plan,
											  evaluation->single_plan ? NULL :
											  single_sql(desc, evaluation),
											  desc->nkeys, types),
				  keyset_get(keys, n), 1);
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

static SPIPlanPtr
batch_plan(TviewDesc *desc, TviewEvaluation *evaluation)
{
	return tview_kept_plan(&evaluation->batch_plan,
						   evaluation->batch_plan ? NULL : batch_sql(desc, evaluation),
						   0, NULL);
}

static void
evaluate_batch(TviewDesc *desc, TviewEvaluation *evaluation, KeySet *keys,
			   int64 first, int64 count)
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
	tview_register_tuplestore(KEYS_RELATION, tupdesc, store, PLANNED_KEYS);
	execute_timed(evaluation, batch_plan(desc, evaluation), NULL, count);
	SPI_unregister_relation(KEYS_RELATION);
	tuplestore_end(store);
}

/*
 * What the planner thinks that one key of a batch costs.  It takes
 * pg_tviews_note_key() for a filter that one key in three passes.
 */
Cost
tview_evaluation_cost(TviewDesc *desc, TviewEvaluation *evaluation)
{
	Tuplestorestate *store = tuplestore_begin_heap(false, false, work_mem);
	Cost		cost;

	tview_register_tuplestore(KEYS_RELATION, keys_tupdesc(desc), store, PLANNED_KEYS);
	cost = tview_plan_cost(batch_plan(desc, evaluation)) / (PLANNED_KEYS / 3);
	SPI_unregister_relation(KEYS_RELATION);
	tuplestore_end(store);
	return cost;
}

/*
 * Evaluate the definition for some keys, and note how long it takes.  The result is left in
 * SPI_tuptable: the number of the key, then the columns of the evaluation.
 */
void
tview_evaluate(TviewDesc *desc, TviewEvaluation *evaluation, KeySet *keys,
			   int64 first, int64 count)
{
	if (count == 1)
		evaluate_single(desc, evaluation, keys, first);
	else
		evaluate_batch(desc, evaluation, keys, first, count);
}

/*
 * Milliseconds that one of the keys takes: one in the middle, since the first may be of
 * another kind.
 */
double
tview_evaluation_time(TviewDesc *desc, TviewEvaluation *evaluation, KeySet *keys)
{
	tview_evaluate(desc, evaluation, keys, keys->count / 2, 1);
	SPI_freetuptable(SPI_tuptable);
	tview_note_current_key(-1);
	return evaluation->key_time;
}

/* Throw: the definition has a row without a key. */
void
tview_null_key_error(TviewDesc *desc)
{
	ereport(ERROR,
			(errcode(ERRCODE_NOT_NULL_VIOLATION),
			 errmsg("definition of tview %s yields a NULL key", desc->name),
			 errdetail("A row of the definition has a NULL in its key columns."),
			 errhint("Exclude such rows in the definition, or choose another key.")));
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
		tview_null_key_error(desc);
	SPI_freetuptable(SPI_tuptable);
}
