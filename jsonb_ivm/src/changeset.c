/*
 * changeset.c
 *		A list of operations on one document, given as jsonb.
 *
 * Operations are applied in order to one open document, which is written once
 * at the end.  An error in any of them is an error of the whole call; its
 * context says which operation it was.
 */
#include "postgres.h"

#include "compat.h"
#include "miscadmin.h"
#include "node.h"

/* What an operation needs besides op and path. */
#define NEEDS_VALUE		0x01	/* value: anything */
#define NEEDS_OBJECT	0x02	/* value: an object */
#define NEEDS_BY		0x04	/* by: a number */
#define NEEDS_MATCH		0x08	/* match_key and match_value */
#define TAKES_SORT		0x10	/* sort_key and sort_order, optional */

/* One operation, read. */
typedef struct Op
{
	JsonbPatchPath path;
	JsonbPatchValue value;		/* value or by */
	JsonbPatchMatch match;
	JsonbPatchSort sort;
} Op;

typedef struct OpKind
{
	const char *name;
	int			fields;
	void		(*apply) (JsonbPatchDoc *doc, const Op *op);
} OpKind;

/* For the error context. */
typedef struct OpContext
{
	uint32		number;
	const char *name;			/* NULL as long as it is not known */
} OpContext;

static void
apply_set(JsonbPatchDoc *doc, const Op *op)
{
	jsonb_patch_set(doc, &op->path, op->value);
}

static void
apply_remove(JsonbPatchDoc *doc, const Op *op)
{
	jsonb_patch_remove(doc, &op->path);
}

static void
apply_merge(JsonbPatchDoc *doc, const Op *op)
{
	jsonb_patch_merge_path(doc, &op->path, &op->value, false);
}

static void
apply_deep_merge(JsonbPatchDoc *doc, const Op *op)
{
	jsonb_patch_merge_path(doc, &op->path, &op->value, true);
}

static void
apply_increment(JsonbPatchDoc *doc, const Op *op)
{
	jsonb_patch_increment(doc, &op->path, &op->value);
}

/* The array of an operation that does nothing without one. */
static JsonbPatchValue *
find_array(JsonbPatchDoc *doc, const Op *op)
{
	JsonbPatchValue *array = jsonb_patch_find(doc, &op->path);

	return array != NULL && jsonb_patch_is_array(array) ? array : NULL;
}

static void
apply_array_update(JsonbPatchDoc *doc, const Op *op)
{
	JsonbPatchValue *array = find_array(doc, op);

	if (array != NULL)
		jsonb_patch_array_update(doc, array, &op->match, &op->value, false);
}

static void
apply_array_update_all(JsonbPatchDoc *doc, const Op *op)
{
	JsonbPatchValue *array = find_array(doc, op);

	if (array != NULL)
		jsonb_patch_array_update(doc, array, &op->match, &op->value, true);
}

static void
apply_array_replace(JsonbPatchDoc *doc, const Op *op)
{
	JsonbPatchValue *array = find_array(doc, op);

	if (array != NULL)
		jsonb_patch_array_replace(doc, array, &op->match, op->value);
}

static void
apply_array_delete(JsonbPatchDoc *doc, const Op *op)
{
	JsonbPatchValue *array = find_array(doc, op);

	if (array != NULL)
		jsonb_patch_array_delete(doc, array, &op->match);
}

static void
apply_array_upsert(JsonbPatchDoc *doc, const Op *op)
{
	jsonb_patch_array_upsert(doc, &op->path, &op->match, op->value, &op->sort);
}

static void
apply_array_insert(JsonbPatchDoc *doc, const Op *op)
{
	jsonb_patch_array_insert(doc, &op->path, op->value, &op->sort);
}

static const OpKind op_kinds[] = {
	{"set", NEEDS_VALUE, apply_set},
	{"remove", 0, apply_remove},
	{"merge", NEEDS_OBJECT, apply_merge},
	{"deep_merge", NEEDS_OBJECT, apply_deep_merge},
	{"increment", NEEDS_BY, apply_increment},
	{"array_update", NEEDS_MATCH | NEEDS_OBJECT, apply_array_update},
	{"array_update_all", NEEDS_MATCH | NEEDS_OBJECT, apply_array_update_all},
	{"array_replace", NEEDS_MATCH | NEEDS_VALUE, apply_array_replace},
	{"array_upsert", NEEDS_MATCH | NEEDS_OBJECT | TAKES_SORT, apply_array_upsert},
	{"array_delete", NEEDS_MATCH, apply_array_delete},
	{"array_insert", NEEDS_VALUE | TAKES_SORT, apply_array_insert},
};

/* Looks up a field of an operation. */
static bool
get_field(const JsonbPatchValue *op, const char *name, JsonbPatchValue *field)
{
	JsonbPatchString key = {name, strlen(name)};

	return jsonb_patch_member(op, key, field);
}

static void
require_field(const JsonbPatchValue *op, const char *name, JsonbPatchValue *field)
{
	if (!get_field(op, name, field))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("field \"%s\" is missing", name)));
}

static void
report_field_type(const char *name, const char *wanted, const JsonbPatchValue *field)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("field \"%s\" must be %s, got: %s",
					name, wanted, jsonb_patch_type_name(field))));
}

/* Reads a string field; false if it is absent or null. */
static bool
get_string_field(const JsonbPatchValue *op, const char *name, JsonbPatchString *string)
{
	JsonbPatchValue field;

	if (!get_field(op, name, &field) || field.type == JENTRY_ISNULL)
		return false;
	if (field.type != JENTRY_ISSTRING)
		report_field_type(name, "a string", &field);
	string->data = field.data;
	string->len = field.len;
	return true;
}

static void
read_match(const JsonbPatchValue *value, JsonbPatchMatch *match)
{
	JsonbPatchValue key;

	require_field(value, "match_key", &key);
	if (key.type != JENTRY_ISSTRING)
		report_field_type("match_key", "a string", &key);
	match->key.data = key.data;
	match->key.len = key.len;
	jsonb_patch_require_match_key(match->key);
	require_field(value, "match_value", &match->value);
}

static void
read_sort(const JsonbPatchValue *value, JsonbPatchSort *sort)
{
	JsonbPatchString order;

	sort->has_key = get_string_field(value, "sort_key", &sort->key);
	sort->descending = get_string_field(value, "sort_order", &order) &&
		jsonb_patch_sort_order(order);
}

/* Reads what an operation needs. */
static void
read_op(const JsonbPatchValue *value, const OpKind *kind, Op *op)
{
	JsonbPatchValue path = {JENTRY_ISNULL, 0, NULL, NULL};

	(void) get_field(value, "path", &path);
	jsonb_patch_path_from_value(&op->path, &path);
	if (kind->fields & NEEDS_MATCH)
		read_match(value, &op->match);
	if (kind->fields & (NEEDS_VALUE | NEEDS_OBJECT))
		require_field(value, "value", &op->value);
	if ((kind->fields & NEEDS_OBJECT) && !jsonb_patch_is_object(&op->value))
		report_field_type("value", "an object", &op->value);
	if (kind->fields & NEEDS_BY)
	{
		require_field(value, "by", &op->value);
		if (op->value.type != JENTRY_ISNUMERIC)
			report_field_type("by", "a number", &op->value);
	}
	if (kind->fields & TAKES_SORT)
		read_sort(value, &op->sort);
}

static const OpKind *
find_kind(const JsonbPatchValue *value)
{
	JsonbPatchString name;
	int			i;

	if (!jsonb_patch_is_object(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("operation must be an object, got: %s",
						jsonb_patch_type_name(value))));
	if (!get_string_field(value, "op", &name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("field \"%s\" is missing", "op")));
	for (i = 0; i < (int) lengthof(op_kinds); i++)
	{
		const char *kind = op_kinds[i].name;

		if (key_compare(kind, strlen(kind), name.data, name.len) == 0)
			return &op_kinds[i];
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown operation \"%s\"", pnstrdup(name.data, name.len))));
}

static void
op_error_context(void *arg)
{
	const OpContext *context = arg;

	if (context->name != NULL)
		errcontext("changeset op #%u (%s)", context->number, context->name);
	else
		errcontext("changeset op #%u", context->number);
}

static void
apply_ops(JsonbPatchDoc *doc, const JsonbContainer *ops)
{
	OpContext	context = {0, NULL};
	ErrorContextCallback callback = {error_context_stack, op_error_context, &context};

	error_context_stack = &callback;
	for (; context.number < container_count(ops); context.number++)
	{
		JsonbPatchValue value = value_at(ops, context.number);
		const OpKind *kind;
		Op			op;

		CHECK_FOR_INTERRUPTS();
		context.name = NULL;
		kind = find_kind(&value);
		context.name = kind->name;
		read_op(&value, kind, &op);
		kind->apply(doc, &op);
	}
	error_context_stack = callback.previous;
}

Jsonb *
jsonb_patch_apply_changeset(Jsonb *target, Jsonb *ops)
{
	JsonbPatchValue list = jsonb_patch_value(ops);
	uint32		n;
	JsonbPatchDoc doc;

	if (!jsonb_patch_is_array(&list))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("ops argument must be a JSONB array, got: %s",
						jsonb_patch_type_name(&list))));
	n = container_count(value_container(&list));
	if (n > JSONB_PATCH_MAX_OPS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("changeset has %u ops, exceeds maximum %d",
						n, JSONB_PATCH_MAX_OPS)));
	jsonb_patch_open(&doc, target);
	apply_ops(&doc, value_container(&list));
	return jsonb_patch_close(&doc);
}
