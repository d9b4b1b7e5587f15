/*
 * jsonb_ivm.c
 *		The functions that SQL calls.
 *
 * Each takes its arguments apart and calls one function of jsonb_patch.h;
 * there is no other logic here.  Where nothing changes, the argument is
 * returned as it came, so a compressed or out-of-line value stays so and an
 * UPDATE does not write it again.
 */
#include "postgres.h"

#include "compat.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "jsonb_patch.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(jsonb_ivm_merge_shallow);
PG_FUNCTION_INFO_V1(jsonb_ivm_deep_merge);
PG_FUNCTION_INFO_V1(jsonb_ivm_merge_at_path);
PG_FUNCTION_INFO_V1(jsonb_ivm_smart_patch_array);
PG_FUNCTION_INFO_V1(jsonb_ivm_array_update_where);
PG_FUNCTION_INFO_V1(jsonb_ivm_array_update_where_batch);
PG_FUNCTION_INFO_V1(jsonb_ivm_array_update_multi_row);
PG_FUNCTION_INFO_V1(jsonb_ivm_array_update_where_path);
PG_FUNCTION_INFO_V1(jsonb_ivm_array_delete_where);
PG_FUNCTION_INFO_V1(jsonb_ivm_array_insert_where);
PG_FUNCTION_INFO_V1(jsonb_ivm_array_contains_id);
PG_FUNCTION_INFO_V1(jsonb_ivm_extract_id);
PG_FUNCTION_INFO_V1(jsonb_ivm_set_path);
PG_FUNCTION_INFO_V1(jsonb_ivm_apply_changeset);

#define GET_JSONB(n) JSONB_PATCH_ARGUMENT(PG_GETARG_DATUM(n))

/* Returns a result, or argument 0 as it came if that is the result. */
#define RETURN_PATCHED(result, target) \
	do { \
		Jsonb	   *result_ = (result); \
		if (result_ == (target)) \
			PG_RETURN_DATUM(PG_GETARG_DATUM(0)); \
		PG_RETURN_JSONB_P(JSONB_PATCH_RESULT(result_)); \
	} while (0)

static JsonbPatchString
get_string(FunctionCallInfo fcinfo, int arg)
{
	text	   *value = PG_GETARG_TEXT_PP(arg);
	JsonbPatchString string = {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};

	return string;
}

/* A match from two arguments that follow each other, key and value. */
static JsonbPatchMatch
get_match(FunctionCallInfo fcinfo, int arg)
{
	JsonbPatchMatch match;

	match.key = get_string(fcinfo, arg);
	jsonb_patch_require_match_key(match.key);
	match.value = jsonb_patch_value(GET_JSONB(arg + 1));
	return match;
}

PGDLLEXPORT Datum
jsonb_ivm_merge_shallow(PG_FUNCTION_ARGS)
{
	Jsonb	   *target = GET_JSONB(0);

	RETURN_PATCHED(jsonb_patch_merge(target, GET_JSONB(1)), target);
}

PGDLLEXPORT Datum
jsonb_ivm_deep_merge(PG_FUNCTION_ARGS)
{
	Jsonb	   *target = GET_JSONB(0);

	RETURN_PATCHED(jsonb_patch_deep_merge(target, GET_JSONB(1)), target);
}

PGDLLEXPORT Datum
jsonb_ivm_merge_at_path(PG_FUNCTION_ARGS)
{
	Jsonb	   *target = GET_JSONB(0);
	JsonbPatchPath path;

	jsonb_patch_path_from_array(&path, PG_GETARG_ARRAYTYPE_P(2));
	RETURN_PATCHED(jsonb_patch_merge_at_path(target, GET_JSONB(1), &path), target);
}

PGDLLEXPORT Datum
jsonb_ivm_array_update_where(PG_FUNCTION_ARGS)
{
	Jsonb	   *target = GET_JSONB(0);
	JsonbPatchMatch match = get_match(fcinfo, 2);

	RETURN_PATCHED(jsonb_patch_update_where(target, get_string(fcinfo, 1), &match,
											GET_JSONB(4)),
				   target);
}

/* The same, with the updates as the second argument. */
PGDLLEXPORT Datum
jsonb_ivm_smart_patch_array(PG_FUNCTION_ARGS)
{
	Jsonb	   *target = GET_JSONB(0);
	JsonbPatchMatch match = get_match(fcinfo, 3);

	RETURN_PATCHED(jsonb_patch_update_where(target, get_string(fcinfo, 2), &match,
											GET_JSONB(1)),
				   target);
}

PGDLLEXPORT Datum
jsonb_ivm_array_update_where_batch(PG_FUNCTION_ARGS)
{
	Jsonb	   *target = GET_JSONB(0);
	JsonbPatchString match_key = get_string(fcinfo, 2);

	jsonb_patch_require_match_key(match_key);
	RETURN_PATCHED(jsonb_patch_update_where_batch(target, get_string(fcinfo, 1), match_key,
												  GET_JSONB(3)),
				   target);
}

/* What array_update_multi_row keeps between rows. */
typedef struct MultiRow
{
	Datum	   *targets;
	bool	   *nulls;
	int			count;
	JsonbPatchString key;
	JsonbPatchMatch match;
	Jsonb	   *updates;
} MultiRow;

static MultiRow *
begin_multi_row(FunctionCallInfo fcinfo)
{
	MultiRow   *state = palloc(sizeof(MultiRow));
	JsonbPatchValue updates;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), JSONBOID, -1, false, TYPALIGN_INT,
					  &state->targets, &state->nulls, &state->count);
	state->key = get_string(fcinfo, 1);
	state->match = get_match(fcinfo, 2);
	state->updates = GET_JSONB(4);
	updates = jsonb_patch_value(state->updates);
	jsonb_patch_require_object(&updates, "updates");
	return state;
}

/* One row for each document, in order; a null document gives a null. */
PGDLLEXPORT Datum
jsonb_ivm_array_update_multi_row(PG_FUNCTION_ARGS)
{
	FuncCallContext *funcctx;
	MultiRow   *state;
	uint64		i;
	Jsonb	   *target;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext oldcontext;

		funcctx = SRF_FIRSTCALL_INIT();
		oldcontext = MemoryContextSwitchTo(funcctx->multi_call_memory_ctx);
		funcctx->user_fctx = begin_multi_row(fcinfo);
		MemoryContextSwitchTo(oldcontext);
	}
	funcctx = SRF_PERCALL_SETUP();
	state = funcctx->user_fctx;
	i = funcctx->call_cntr;
	if (i >= (uint64) state->count)
		SRF_RETURN_DONE(funcctx);
	if (state->nulls[i])
		SRF_RETURN_NEXT_NULL(funcctx);
	target = JSONB_PATCH_ARGUMENT(state->targets[i]);
	target = jsonb_patch_update_where(target, state->key, &state->match, state->updates);
	SRF_RETURN_NEXT(funcctx, JsonbPGetDatum(JSONB_PATCH_RESULT(target)));
}

PGDLLEXPORT Datum
jsonb_ivm_array_update_where_path(PG_FUNCTION_ARGS)
{
	Jsonb	   *target = GET_JSONB(0);
	JsonbPatchPath path;
	JsonbPatchMatch match;

	jsonb_patch_path_parse(&path, get_string(fcinfo, 4), "update path");
	match = get_match(fcinfo, 2);
	RETURN_PATCHED(jsonb_patch_update_where_path(target, get_string(fcinfo, 1), &match, &path,
												 GET_JSONB(5)),
				   target);
}

PGDLLEXPORT Datum
jsonb_ivm_array_delete_where(PG_FUNCTION_ARGS)
{
	Jsonb	   *target = GET_JSONB(0);
	JsonbPatchMatch match = get_match(fcinfo, 2);

	RETURN_PATCHED(jsonb_patch_delete_where(target, get_string(fcinfo, 1), &match), target);
}

/* Not strict, because the two last arguments may be null. */
PGDLLEXPORT Datum
jsonb_ivm_array_insert_where(PG_FUNCTION_ARGS)
{
	JsonbPatchSort sort = {false, {NULL, 0}, false};
	Jsonb	   *target;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s argument must not be null",
						PG_ARGISNULL(1) ? "array_path" : "new_element")));
	if (!PG_ARGISNULL(3))
	{
		sort.has_key = true;
		sort.key = get_string(fcinfo, 3);
	}
	if (!PG_ARGISNULL(4))
		sort.descending = jsonb_patch_sort_order(get_string(fcinfo, 4));
	target = GET_JSONB(0);
	RETURN_PATCHED(jsonb_patch_insert_where(target, get_string(fcinfo, 1), GET_JSONB(2), &sort),
				   target);
}

PGDLLEXPORT Datum
jsonb_ivm_array_contains_id(PG_FUNCTION_ARGS)
{
	JsonbPatchMatch match = get_match(fcinfo, 2);

	PG_RETURN_BOOL(jsonb_patch_contains(GET_JSONB(0), get_string(fcinfo, 1), &match));
}

PGDLLEXPORT Datum
jsonb_ivm_extract_id(PG_FUNCTION_ARGS)
{
	JsonbPatchValue root = jsonb_patch_value(GET_JSONB(0));
	JsonbPatchValue id;

	if (!jsonb_patch_member(&root, get_string(fcinfo, 1), &id))
		PG_RETURN_NULL();
	if (id.type == JENTRY_ISSTRING)
		PG_RETURN_TEXT_P(cstring_to_text_with_len(id.data, id.len));
	if (id.type == JENTRY_ISNUMERIC)
		PG_RETURN_TEXT_P(cstring_to_text(DatumGetCString(DirectFunctionCall1(numeric_out,
																			  PointerGetDatum(id.data)))));
	PG_RETURN_NULL();
}

PGDLLEXPORT Datum
jsonb_ivm_set_path(PG_FUNCTION_ARGS)
{
	Jsonb	   *target = GET_JSONB(0);
	JsonbPatchDoc doc;
	JsonbPatchPath path;

	jsonb_patch_path_parse(&path, get_string(fcinfo, 1), "path");
	jsonb_patch_open(&doc, target);
	jsonb_patch_set(&doc, &path, jsonb_patch_value(GET_JSONB(2)));
	RETURN_PATCHED(jsonb_patch_close(&doc), target);
}

PGDLLEXPORT Datum
jsonb_ivm_apply_changeset(PG_FUNCTION_ARGS)
{
	Jsonb	   *target = GET_JSONB(0);

	RETURN_PATCHED(jsonb_patch_apply_changeset(target, GET_JSONB(1)), target);
}
