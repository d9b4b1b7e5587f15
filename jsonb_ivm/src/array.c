/*
 * array.c
 *		Changing elements of an array that are found by a member's value.
 *
 * The functions of the first half work on an array anywhere in a document,
 * those of the second half on the one that a top-level key holds.  There, an
 * update requires the array, a deletion does nothing without it, and an
 * insertion creates it.
 */
#include "postgres.h"

#include "compat.h"
#include "miscadmin.h"
#include "node.h"
#include "utils/builtins.h"

/* Merges updates into the first match or into all. */
void
jsonb_patch_array_update(JsonbPatchDoc *doc, JsonbPatchValue *array,
						 const JsonbPatchMatch *match,
						 const JsonbPatchValue *updates, bool all)
{
	JsonbPatchMatches matches;
	JsonbPatchValue *element;

	if (!all)
	{
		element = jsonb_patch_match_first(array, match);
		if (element != NULL)
			jsonb_patch_merge_into(doc, element, updates, false);
		return;
	}
	jsonb_patch_matches_begin(&matches, array, match);
	while ((element = jsonb_patch_matches_next(&matches)) != NULL)
		jsonb_patch_merge_into(doc, element, updates, false);
}

void
jsonb_patch_array_replace(JsonbPatchDoc *doc, JsonbPatchValue *array,
						  const JsonbPatchMatch *match, JsonbPatchValue value)
{
	JsonbPatchValue *element = jsonb_patch_match_first(array, match);

	if (element == NULL)
		return;
	*element = value;
	doc->changed = true;
}

void
jsonb_patch_array_delete(JsonbPatchDoc *doc, JsonbPatchValue *array,
						 const JsonbPatchMatch *match)
{
	JsonbPatchNode *node = jsonb_patch_node_open(array);
	PatchPos	pos;

	if (!jsonb_patch_locate_first(node, match, &pos))
		return;
	jsonb_patch_node_delete(node, &pos);
	doc->changed = true;
}

/* null < boolean < number < string < array and object */
static int
sort_rank(const JsonbPatchValue *value)
{
	switch (value->type)
	{
		case JENTRY_ISNULL:
			return 0;
		case JENTRY_ISBOOL_FALSE:
			return 1;
		case JENTRY_ISBOOL_TRUE:
			return 2;
		case JENTRY_ISNUMERIC:
			return 3;
		case JENTRY_ISSTRING:
			return 4;
		default:
			return 5;
	}
}

/* Within a type: numbers by value, strings by bytes, containers are equal. */
static int
sort_compare(const JsonbPatchValue *a, const JsonbPatchValue *b)
{
	int			cmp = sort_rank(a) - sort_rank(b);

	if (cmp != 0)
		return cmp;
	if (a->type == JENTRY_ISNUMERIC)
		return DatumGetInt32(DirectFunctionCall2(numeric_cmp,
												 PointerGetDatum(a->data),
												 PointerGetDatum(b->data)));
	if (a->type == JENTRY_ISSTRING)
	{
		cmp = memcmp(a->data, b->data, Min(a->len, b->len));
		return cmp != 0 ? cmp : (a->len > b->len) - (a->len < b->len);
	}
	return 0;
}

/*
 * Where to insert an element: before the first that sorts behind it.
 * Elements without the key are passed over; an element without it goes to
 * the end.
 */
static PatchPos
insert_position(const JsonbPatchNode *array, const JsonbPatchValue *element,
				const JsonbPatchSort *sort)
{
	JsonbPatchValue wanted;
	JsonbPatchValue other;
	JsonbPatchValue member;
	PatchWalk	walk;

	if (!sort->has_key || !jsonb_patch_member(element, sort->key, &wanted))
		return jsonb_patch_node_end(array);
	walk_begin(&walk, array, node_begin(array));
	while (walk_next(&walk, &other))
	{
		int			cmp;

		CHECK_FOR_INTERRUPTS();
		if (!jsonb_patch_member(&other, sort->key, &member))
			continue;
		cmp = sort_compare(&member, &wanted);
		if (sort->descending ? cmp < 0 : cmp > 0)
			return walk.pos;
	}
	return jsonb_patch_node_end(array);
}

/* The array at a path, to be inserted into; created if it is missing or null. */
static JsonbPatchValue *
find_or_create_array(JsonbPatchDoc *doc, const JsonbPatchPath *path)
{
	JsonbPatchValue *array = jsonb_patch_find_or_create(doc, path);

	if (array->type == JENTRY_ISNULL)
	{
		array->type = JENTRY_ISCONTAINER;
		array->node = jsonb_patch_node_create(false);
		doc->changed = true;
	}
	else if (!jsonb_patch_is_array(array))
		ereport(ERROR,
				(errcode(ERRCODE_SQL_JSON_ARRAY_NOT_FOUND),
				 errmsg("path \"%s\" does not point to an array, found: %s",
						jsonb_patch_path_text(path, path->nsteps),
						jsonb_patch_type_name(array))));
	return array;
}

static void
insert_sorted(JsonbPatchDoc *doc, JsonbPatchValue *array, JsonbPatchValue element,
			  const JsonbPatchSort *sort)
{
	JsonbPatchNode *node = jsonb_patch_node_open(array);
	JsonbPatchString no_key = {NULL, 0};
	PatchPos	pos = insert_position(node, &element, sort);

	(void) jsonb_patch_node_insert(node, &pos, no_key, element);
	doc->changed = true;
}

void
jsonb_patch_array_insert(JsonbPatchDoc *doc, const JsonbPatchPath *path,
						 JsonbPatchValue element, const JsonbPatchSort *sort)
{
	insert_sorted(doc, find_or_create_array(doc, path), element, sort);
}

/* Merges value into the first match, or inserts it if there is none. */
void
jsonb_patch_array_upsert(JsonbPatchDoc *doc, const JsonbPatchPath *path,
						 const JsonbPatchMatch *match, JsonbPatchValue value,
						 const JsonbPatchSort *sort)
{
	JsonbPatchValue *array = find_or_create_array(doc, path);
	JsonbPatchValue *element = jsonb_patch_match_first(array, match);

	if (element != NULL)
		jsonb_patch_merge_into(doc, element, &value, false);
	else
		insert_sorted(doc, array, value, sort);
}

/* What the top-level key of a document holds, or NULL. */
static JsonbPatchValue *
find_top(JsonbPatchDoc *doc, JsonbPatchString key)
{
	JsonbPatchPath path;
	JsonbPatchStep step;

	jsonb_patch_path_of_key(&path, &step, key);
	return jsonb_patch_find(doc, &path);
}

/* The same, to be an array. */
static JsonbPatchValue *
require_array(JsonbPatchDoc *doc, JsonbPatchString key)
{
	JsonbPatchValue *array = find_top(doc, key);

	if (array == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SQL_JSON_MEMBER_NOT_FOUND),
				 errmsg("path \"%s\" does not exist in document",
						pnstrdup(key.data, key.len))));
	if (!jsonb_patch_is_array(array))
		ereport(ERROR,
				(errcode(ERRCODE_SQL_JSON_ARRAY_NOT_FOUND),
				 errmsg("path \"%s\" does not point to an array, found: %s",
						pnstrdup(key.data, key.len), jsonb_patch_type_name(array))));
	return array;
}

Jsonb *
jsonb_patch_update_where(Jsonb *target, JsonbPatchString key,
						 const JsonbPatchMatch *match, Jsonb *updates)
{
	JsonbPatchValue value = jsonb_patch_value(updates);
	JsonbPatchValue *array;
	JsonbPatchDoc doc;

	jsonb_patch_open(&doc, target);
	array = require_array(&doc, key);
	jsonb_patch_require_object(&value, "updates");
	jsonb_patch_array_update(&doc, array, match, &value, false);
	return jsonb_patch_close(&doc);
}

/* Sets what path leads to within the first match. */
Jsonb *
jsonb_patch_update_where_path(Jsonb *target, JsonbPatchString key,
							  const JsonbPatchMatch *match,
							  const JsonbPatchPath *path, Jsonb *value)
{
	JsonbPatchValue *element;
	JsonbPatchDoc doc;

	jsonb_patch_open(&doc, target);
	element = jsonb_patch_match_first(require_array(&doc, key), match);
	if (element != NULL)
		jsonb_patch_set_within(&doc, element, path, jsonb_patch_value(value));
	return jsonb_patch_close(&doc);
}

/* Reads entry i of the list of a batch. */
static void
read_batch_entry(const JsonbPatchValue *entry, uint32 i, JsonbPatchValue *match_value,
				 JsonbPatchValue *updates)
{
	static const JsonbPatchString match_value_key = {"match_value", 11};
	static const JsonbPatchString updates_key = {"updates", 7};

	if (!jsonb_patch_member(entry, match_value_key, match_value) ||
		!jsonb_patch_member(entry, updates_key, updates) ||
		!jsonb_patch_is_object(updates))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid entry %u of updates_array", i),
				 errdetail("An entry must be an object with the keys match_value and updates, and updates must be an object.")));
}

/* Applies a list of updates in order, each to all its matches. */
Jsonb *
jsonb_patch_update_where_batch(Jsonb *target, JsonbPatchString key,
							   JsonbPatchString match_key, Jsonb *updates)
{
	JsonbPatchValue list = jsonb_patch_value(updates);
	JsonbPatchMatch match;
	const JsonbContainer *entries = value_container(&list);
	JsonbPatchValue *array;
	JsonbPatchDoc doc;
	uint32		i;

	if (!jsonb_patch_is_array(&list))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("updates_array argument must be a JSONB array, got: %s",
						jsonb_patch_type_name(&list))));
	jsonb_patch_open(&doc, target);
	array = require_array(&doc, key);
	match.key = match_key;
	jsonb_patch_expect_searches(array, container_count(entries));
	for (i = 0; i < container_count(entries); i++)
	{
		JsonbPatchValue entry = value_at(entries, i);
		JsonbPatchValue merge;

		read_batch_entry(&entry, i, &match.value, &merge);
		jsonb_patch_array_update(&doc, array, &match, &merge, true);
	}
	return jsonb_patch_close(&doc);
}

Jsonb *
jsonb_patch_delete_where(Jsonb *target, JsonbPatchString key, const JsonbPatchMatch *match)
{
	JsonbPatchValue *array;
	JsonbPatchDoc doc;

	jsonb_patch_open(&doc, target);
	array = find_top(&doc, key);
	if (array != NULL && jsonb_patch_is_array(array))
		jsonb_patch_array_delete(&doc, array, match);
	return jsonb_patch_close(&doc);
}

Jsonb *
jsonb_patch_insert_where(Jsonb *target, JsonbPatchString key, Jsonb *element,
						 const JsonbPatchSort *sort)
{
	JsonbPatchDoc doc;
	JsonbPatchPath path;
	JsonbPatchStep step;

	jsonb_patch_open(&doc, target);
	jsonb_patch_require_object(&doc.root, "target");
	jsonb_patch_path_of_key(&path, &step, key);
	jsonb_patch_array_insert(&doc, &path, jsonb_patch_value(element), sort);
	return jsonb_patch_close(&doc);
}

/* Does the array that a top-level key holds have a match? */
bool
jsonb_patch_contains(Jsonb *data, JsonbPatchString key, const JsonbPatchMatch *match)
{
	JsonbPatchValue root = jsonb_patch_value(data);
	JsonbPatchValue array;
	PatchPos	pos;

	if (!jsonb_patch_member(&root, key, &array) || !jsonb_patch_is_array(&array))
		return false;
	return jsonb_patch_locate_first(jsonb_patch_node_open(&array), match, &pos);
}
