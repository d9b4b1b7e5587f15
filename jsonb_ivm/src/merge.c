/*
 * merge.c
 *		Merging objects.
 *
 * Pieces and source are both sorted by key, so a merge goes through both once
 * and the search for the next key starts where the last one ended.  What
 * comes from the source is taken as runs of the source.
 */
#include "postgres.h"

#include "compat.h"
#include "miscadmin.h"
#include "node.h"

typedef struct Merge
{
	JsonbPatchDoc *doc;
	bool		deep;
	const JsonbContainer *source;
	uint32		next;			/* next pair of source */
	uint32		count;			/* pairs of source */
	JsonbPatchString key;		/* of the next pair, if there is one */
	JsonbPatchNode *out;
} Merge;

/* Moves on to a pair of the source. */
static void
seek(Merge *m, uint32 next)
{
	CHECK_FOR_INTERRUPTS();
	m->next = next;
	if (next < m->count)
		m->key = pair_key(m->source, next);
}

/* Takes the next pair of the source. */
static void
take_source(Merge *m)
{
	jsonb_patch_node_push_run(m->out, m->source, m->next, 1);
	seek(m, m->next + 1);
}

static void
push_value(Merge *m, JsonbPatchString key, JsonbPatchValue value)
{
	PatchPos	end = jsonb_patch_node_end(m->out);

	(void) jsonb_patch_node_insert(m->out, &end, key, value);
}

/*
 * Merges the next pair of the source with the pair of the target that has
 * the same key.  False if the source simply replaces it.
 */
static bool
merge_deeper(Merge *m, JsonbPatchValue *target)
{
	JsonbPatchValue source;

	if (!m->deep || !jsonb_patch_is_object(target))
		return false;
	source = pair_value(m->source, m->next);
	if (!jsonb_patch_is_object(&source))
		return false;
	jsonb_patch_merge_into(m->doc, target, &source, true);
	push_value(m, m->key, *target);
	seek(m, m->next + 1);
	return true;
}

/* Merges with a run of the target what of the source sorts before its end. */
static void
merge_run(Merge *m, const PatchPiece *piece)
{
	uint32		at = piece->first;
	uint32		end = piece->first + piece->count;

	while (m->next < m->count && at < end)
	{
		uint32		pos;
		bool		found = find_key(piece->run, at, end, m->key.data, m->key.len, &pos);
		JsonbPatchValue value;

		jsonb_patch_node_push_run(m->out, piece->run, at, pos - at);
		at = pos;
		if (pos == end)
			break;
		if (!found)
		{
			take_source(m);
			continue;
		}
		value = pair_value(piece->run, pos);
		if (!merge_deeper(m, &value))
			take_source(m);
		at = pos + 1;
	}
	jsonb_patch_node_push_run(m->out, piece->run, at, end - at);
}

/* The same for a single value. */
static void
merge_value(Merge *m, const PatchPiece *piece)
{
	JsonbPatchValue value = piece->value;

	while (m->next < m->count)
	{
		int			cmp = key_compare(m->key.data, m->key.len, piece->key.data, piece->key.len);

		if (cmp > 0)
			break;
		if (cmp == 0)
		{
			if (!merge_deeper(m, &value))
				take_source(m);
			return;
		}
		take_source(m);
	}
	push_value(m, piece->key, value);
}

/*
 * Merges source, an object that has not been opened, into target, an object
 * or JSON null in the document.  With deep, where both have an object under
 * the same key these are merged in turn; otherwise source's value replaces.
 */
void
jsonb_patch_merge_into(JsonbPatchDoc *doc, JsonbPatchValue *target,
					   const JsonbPatchValue *source, bool deep)
{
	const JsonbContainer *container = value_container(source);
	JsonbPatchNode *node;
	Merge		m;
	int			i;

	check_stack_depth();
	if (target->type == JENTRY_ISNULL)
	{
		*target = *source;
		doc->changed = true;
		return;
	}
	if (container_count(container) == 0)
		return;
	node = jsonb_patch_node_open(target);
	m.doc = doc;
	m.deep = deep;
	m.source = container;
	m.count = container_count(container);
	m.out = jsonb_patch_node_create(true);
	seek(&m, 0);
	for (i = 0; i < node->npieces; i++)
	{
		if (node->pieces[i].run != NULL)
			merge_run(&m, &node->pieces[i]);
		else
			merge_value(&m, &node->pieces[i]);
	}
	jsonb_patch_node_push_run(m.out, m.source, m.next, m.count - m.next);
	m.out->base = node->base;
	target->node = m.out;
	doc->changed = true;
}

/* Merges into what a path leads to; creates it if it is missing or null. */
void
jsonb_patch_merge_path(JsonbPatchDoc *doc, const JsonbPatchPath *path,
					   const JsonbPatchValue *source, bool deep)
{
	JsonbPatchValue *target = jsonb_patch_find_or_create(doc, path);

	if (target->type != JENTRY_ISNULL && !jsonb_patch_is_object(target))
		ereport(ERROR,
				(errcode(ERRCODE_SQL_JSON_OBJECT_NOT_FOUND),
				 errmsg("path \"%s\" does not point to an object, found: %s",
						jsonb_patch_path_text(path, path->nsteps),
						jsonb_patch_type_name(target))));
	jsonb_patch_merge_into(doc, target, source, deep);
}

/* target || source, for objects only. */
Jsonb *
jsonb_patch_merge(Jsonb *target, Jsonb *source)
{
	JsonbPatchValue value = jsonb_patch_value(source);
	JsonbPatchDoc doc;

	jsonb_patch_open(&doc, target);
	jsonb_patch_require_object(&doc.root, "target");
	jsonb_patch_require_object(&value, "source");
	jsonb_patch_merge_into(&doc, &doc.root, &value, false);
	return jsonb_patch_close(&doc);
}

/* Recursive merge; if either is not an object, the source. */
Jsonb *
jsonb_patch_deep_merge(Jsonb *target, Jsonb *source)
{
	JsonbPatchValue value = jsonb_patch_value(source);
	JsonbPatchDoc doc;

	jsonb_patch_open(&doc, target);
	if (!jsonb_patch_is_object(&doc.root) || !jsonb_patch_is_object(&value))
		return source;
	jsonb_patch_merge_into(&doc, &doc.root, &value, true);
	return jsonb_patch_close(&doc);
}

Jsonb *
jsonb_patch_merge_at_path(Jsonb *target, Jsonb *source, const JsonbPatchPath *path)
{
	JsonbPatchValue value = jsonb_patch_value(source);
	JsonbPatchDoc doc;

	jsonb_patch_open(&doc, target);
	jsonb_patch_require_object(&value, "source");
	jsonb_patch_require_object(&doc.root, "target");
	jsonb_patch_merge_path(&doc, path, &value, false);
	return jsonb_patch_close(&doc);
}
