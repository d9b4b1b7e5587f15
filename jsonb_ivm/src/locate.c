/*
 * locate.c
 *		Following a path through a document: find, create, set, remove.
 *
 * Where something is to be created, what is missing or JSON null becomes the
 * container that the next step needs, and an array is padded with nulls.
 * A container or scalar of another kind is never overwritten on the way: that
 * is an error.  Where something is only looked for, it is not found.
 */
#include "postgres.h"

#include "compat.h"
#include "miscadmin.h"
#include "node.h"
#include "utils/builtins.h"

static const JsonbPatchValue null_value = {JENTRY_ISNULL, 0, NULL, NULL};

/* Replaces JSON null by an empty container; errors out on anything else. */
static void
make_container(JsonbPatchDoc *doc, JsonbPatchValue *value,
			   const JsonbPatchPath *path, int depth)
{
	bool		is_object = !path->steps[depth].is_index;

	if (value->type != JENTRY_ISNULL)
		ereport(ERROR,
				(errcode(is_object ? ERRCODE_SQL_JSON_OBJECT_NOT_FOUND :
						 ERRCODE_SQL_JSON_ARRAY_NOT_FOUND),
				 errmsg("path \"%s\" does not point to an %s, found: %s",
						jsonb_patch_path_text(path, depth),
						is_object ? "object" : "array",
						jsonb_patch_type_name(value))));
	value->type = JENTRY_ISCONTAINER;
	value->node = jsonb_patch_node_create(is_object);
	doc->changed = true;
}

/* Appends nulls to an array until it has n elements. */
static void
pad_array(JsonbPatchNode *array, uint32 n)
{
	uint32		missing = n - array->count;
	JsonbContainer *nulls = palloc(offsetof(JsonbContainer, children) +
								   missing * sizeof(JEntry));
	uint32		i;

	nulls->header = missing | JB_FARRAY;
	for (i = 0; i < missing; i++)
		nulls->children[i] = JENTRY_ISNULL;
	jsonb_patch_node_push_run(array, nulls, 0, missing);
	array->pieces[array->npieces - 1].base_pos =
		array->base ? container_count(array->base) : 0;
}

/* The child of an array at an index; NULL if it is to be neither found nor
 * created. */
static JsonbPatchValue *
element_at(JsonbPatchDoc *doc, JsonbPatchNode *array, uint64 index, bool create)
{
	PatchPos	pos;

	if (!jsonb_patch_node_nth(array, index, &pos))
	{
		if (!create)
			return NULL;
		if (index > JSONB_PATCH_MAX_PADDING)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("array index " UINT64_FORMAT " exceeds maximum allowed size %d",
							index, JSONB_PATCH_MAX_PADDING),
					 errdetail("The array has %u elements and would be padded with nulls.",
							   array->count)));
		pad_array(array, (uint32) index + 1);
		doc->changed = true;
		(void) jsonb_patch_node_nth(array, index, &pos);
	}
	return jsonb_patch_node_own(array, &pos);
}

/* The same for a member of an object. */
static JsonbPatchValue *
member_of(JsonbPatchDoc *doc, JsonbPatchNode *object, JsonbPatchString key, bool create)
{
	PatchPos	pos;

	if (jsonb_patch_node_find(object, key, &pos))
		return jsonb_patch_node_own(object, &pos);
	if (!create)
		return NULL;
	doc->changed = true;
	return jsonb_patch_node_insert(object, &pos, key, null_value);
}

/* Follows the first nsteps of a path, from value on. */
static JsonbPatchValue *
follow(JsonbPatchDoc *doc, JsonbPatchValue *value, const JsonbPatchPath *path,
	   int nsteps, bool create)
{
	int			i;

	for (i = 0; i < nsteps && value != NULL; i++)
	{
		const JsonbPatchStep *step = &path->steps[i];

		if (step->is_index ? !jsonb_patch_is_array(value) : !jsonb_patch_is_object(value))
		{
			if (!create)
				return NULL;
			make_container(doc, value, path, i);
		}
		jsonb_patch_node_open(value);
		if (step->is_index)
			value = element_at(doc, value->node, step->index, create);
		else
			value = member_of(doc, value->node, step->key, create);
	}
	return value;
}

/* What a path leads to, to be changed in place; NULL if nothing. */
JsonbPatchValue *
jsonb_patch_find(JsonbPatchDoc *doc, const JsonbPatchPath *path)
{
	return follow(doc, &doc->root, path, path->nsteps, false);
}

/* The same, but creates what is missing; what is new is JSON null. */
JsonbPatchValue *
jsonb_patch_find_or_create(JsonbPatchDoc *doc, const JsonbPatchPath *path)
{
	return follow(doc, &doc->root, path, path->nsteps, true);
}

/* Sets what a path leads to from parent, which is part of the document. */
void
jsonb_patch_set_within(JsonbPatchDoc *doc, JsonbPatchValue *parent,
					   const JsonbPatchPath *path, JsonbPatchValue value)
{
	*follow(doc, parent, path, path->nsteps, true) = value;
	doc->changed = true;
}

void
jsonb_patch_set(JsonbPatchDoc *doc, const JsonbPatchPath *path, JsonbPatchValue value)
{
	jsonb_patch_set_within(doc, &doc->root, path, value);
}

/* Takes out what a path leads to, if it leads anywhere. */
void
jsonb_patch_remove(JsonbPatchDoc *doc, const JsonbPatchPath *path)
{
	const JsonbPatchStep *last;
	JsonbPatchValue *parent;
	PatchPos	pos;
	bool		found;

	if (path->nsteps == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot remove the root of a document")));
	last = &path->steps[path->nsteps - 1];
	parent = follow(doc, &doc->root, path, path->nsteps - 1, false);
	if (parent == NULL ||
		!(last->is_index ? jsonb_patch_is_array(parent) : jsonb_patch_is_object(parent)))
		return;
	jsonb_patch_node_open(parent);
	found = last->is_index ?
		jsonb_patch_node_nth(parent->node, last->index, &pos) :
		jsonb_patch_node_find(parent->node, last->key, &pos);
	if (!found)
		return;
	jsonb_patch_node_delete(parent->node, &pos);
	doc->changed = true;
}

/* Adds a number to what a path leads to; what is missing or null counts as 0. */
void
jsonb_patch_increment(JsonbPatchDoc *doc, const JsonbPatchPath *path,
					  const JsonbPatchValue *by)
{
	JsonbPatchValue *value = jsonb_patch_find_or_create(doc, path);
	Datum		sum;

	doc->changed = true;
	if (value->type == JENTRY_ISNULL)
	{
		*value = *by;
		return;
	}
	if (value->type != JENTRY_ISNUMERIC)
		ereport(ERROR,
				(errcode(ERRCODE_NON_NUMERIC_SQL_JSON_ITEM),
				 errmsg("path \"%s\" does not point to a number, found: %s",
						jsonb_patch_path_text(path, path->nsteps),
						jsonb_patch_type_name(value))));
	sum = DirectFunctionCall2(numeric_add, PointerGetDatum(value->data),
							  PointerGetDatum(by->data));
	value->data = DatumGetPointer(sum);
	value->len = VARSIZE_ANY(value->data);
}
