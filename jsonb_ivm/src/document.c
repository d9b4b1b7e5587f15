/*
 * document.c
 *		Opening and closing a document, and what values are.
 */
#include "postgres.h"

#include "compat.h"
#include "node.h"

/* A jsonb as a value; a scalar at the root is unwrapped from its array. */
JsonbPatchValue
jsonb_patch_value(const Jsonb *jsonb)
{
	JsonbPatchValue value;

	if (JB_ROOT_IS_SCALAR(jsonb))
		return value_at(&jsonb->root, 0);
	value.type = JENTRY_ISCONTAINER;
	value.len = VARSIZE(jsonb) - VARHDRSZ;
	value.data = (const char *) &jsonb->root;
	value.node = NULL;
	return value;
}

void
jsonb_patch_open(JsonbPatchDoc *doc, Jsonb *source)
{
	doc->source = source;
	doc->root = jsonb_patch_value(source);
	doc->changed = false;
}

/* The document as it is now; the source itself if nothing has changed. */
Jsonb *
jsonb_patch_close(JsonbPatchDoc *doc)
{
	return doc->changed ? jsonb_patch_write(&doc->root) : doc->source;
}

bool
jsonb_patch_is_object(const JsonbPatchValue *value)
{
	if (!JBE_ISCONTAINER(value->type))
		return false;
	if (value->node != NULL)
		return value->node->is_object;
	return container_is_object(value_container(value));
}

bool
jsonb_patch_is_array(const JsonbPatchValue *value)
{
	return JBE_ISCONTAINER(value->type) && !jsonb_patch_is_object(value);
}

/* The word for a value's type in messages. */
const char *
jsonb_patch_type_name(const JsonbPatchValue *value)
{
	switch (value->type)
	{
		case JENTRY_ISSTRING:
			return "string";
		case JENTRY_ISNUMERIC:
			return "number";
		case JENTRY_ISBOOL_FALSE:
		case JENTRY_ISBOOL_TRUE:
			return "boolean";
		case JENTRY_ISNULL:
			return "null";
		default:
			return jsonb_patch_is_object(value) ? "object" : "array";
	}
}

/* Looks up a member; false if value is not an object or has no such key. */
bool
jsonb_patch_member(const JsonbPatchValue *value, JsonbPatchString key,
				   JsonbPatchValue *member)
{
	PatchPos	pos;

	if (!JBE_ISCONTAINER(value->type))
		return false;
	if (value->node == NULL)
		return find_member(value_container(value), key, member);
	if (!value->node->is_object || !jsonb_patch_node_find(value->node, key, &pos))
		return false;
	*member = node_value(value->node, &pos);
	return true;
}

void
jsonb_patch_require_object(const JsonbPatchValue *value, const char *name)
{
	if (!jsonb_patch_is_object(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s argument must be a JSONB object, got: %s",
						name, jsonb_patch_type_name(value))));
}

/* Rejects the empty match_key, which is a mistake more often than a key. */
void
jsonb_patch_require_match_key(JsonbPatchString key)
{
	if (key.len == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("match_key must not be empty")));
}

/* Reads asc or desc, in either case; true for desc. */
bool
jsonb_patch_sort_order(JsonbPatchString order)
{
	bool		descending = order.len == 4 && pg_strncasecmp(order.data, "desc", 4) == 0;

	if (!descending && (order.len != 3 || pg_strncasecmp(order.data, "asc", 3) != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sort_order must be ASC or DESC, got: \"%s\"",
						pnstrdup(order.data, order.len))));
	return descending;
}
