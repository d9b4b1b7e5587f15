/*
 * match.c
 *		Finding the elements of an array whose member equals a value.
 *
 * An element matches if it is an object that has the key and whose member
 * there is equal to the value in the sense of jsonb's own = operator: no
 * coercion between types, numbers by value, strings by bytes, containers as
 * a whole.
 *
 * One or two searches of an array go through its elements.  From the third
 * on, which a batch or a changeset has, a hash index over the elements the
 * array had when it was opened serves; those changed since are single values
 * and are gone through.  An index never needs to be updated, because an
 * element of the base either is still in a run, unchanged, or is not found
 * there (jsonb_patch_node_find_base).
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "compat.h"
#include "miscadmin.h"
#include "node.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define SEARCHES_BEFORE_INDEX 2
#define NO_ELEMENT PG_UINT32_MAX

struct JsonbPatchIndex
{
	struct JsonbPatchIndex *next_index; /* of the same array */
	JsonbPatchString key;
	uint32		mask;			/* number of buckets - 1 */
	uint32	   *buckets;		/* first element with this hash */
	uint32	   *next;			/* for each element, the next with this hash */
	JsonbPatchValue *members;	/* for each element, what key holds */
};

/*
 * Compares numbers by value.  Most are in numeric's short form: a header of
 * two bytes (0x8000 says short, 0x1F80 is the display scale, the rest sign
 * and weight), then digits without zeros on either side.  Equal numbers in
 * this form differ in the display scale only, so a comparison of bytes decides.
 * An array is searched mostly through numbers that are not equal.
 */
static bool
equal_numbers(const JsonbPatchValue *a, const JsonbPatchValue *b)
{
	const uint32 skip = VARHDRSZ + sizeof(uint16);
	uint16		a_header;
	uint16		b_header;

	memcpy(&a_header, a->data + VARHDRSZ, sizeof(uint16));
	memcpy(&b_header, b->data + VARHDRSZ, sizeof(uint16));
	if ((a_header & 0xC000) == 0x8000 && (b_header & 0xC000) == 0x8000)
		return a->len == b->len && ((a_header ^ b_header) & ~0x1F80) == 0 &&
			memcmp(a->data + skip, b->data + skip, a->len - skip) == 0;
	return DatumGetBool(DirectFunctionCall2(numeric_eq,
											PointerGetDatum(a->data),
											PointerGetDatum(b->data)));
}

/* A container as it is now, in binary format. */
static JsonbContainer *
flat_container(const JsonbPatchValue *value)
{
	if (value->node != NULL)
		return &jsonb_patch_write(value)->root;
	return unconstify(JsonbContainer *, value_container(value));
}

bool
jsonb_patch_equal(const JsonbPatchValue *a, const JsonbPatchValue *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type)
	{
		case JENTRY_ISSTRING:
			return key_compare(a->data, a->len, b->data, b->len) == 0;
		case JENTRY_ISNUMERIC:
			return equal_numbers(a, b);
		case JENTRY_ISCONTAINER:
			return compareJsonbContainers(flat_container(a), flat_container(b)) == 0;
		default:
			return true;		/* null and booleans are all type */
	}
}

static bool
element_matches(const JsonbPatchValue *element, const JsonbPatchMatch *match)
{
	JsonbPatchValue member;

	return jsonb_patch_member(element, match->key, &member) &&
		jsonb_patch_equal(&member, &match->value);
}

/*
 * Finds the first match at or behind *pos by going through the elements.
 */
bool
jsonb_patch_match_next(JsonbPatchNode *array, const JsonbPatchMatch *match, PatchPos *pos)
{
	PatchWalk	walk;
	JsonbPatchValue element;

	walk_begin(&walk, array, *pos);
	while (walk_next(&walk, &element))
	{
		CHECK_FOR_INTERRUPTS();
		if (element_matches(&element, match))
		{
			*pos = walk.pos;
			return true;
		}
	}
	return false;
}

/* Equal values have equal hashes; containers share one. */
static uint32
hash_value(const JsonbPatchValue *value)
{
	switch (value->type)
	{
		case JENTRY_ISSTRING:
			return hash_bytes((const unsigned char *) value->data, value->len);
		case JENTRY_ISNUMERIC:
			return DatumGetUInt32(DirectFunctionCall1(hash_numeric,
													  PointerGetDatum(value->data)));
		default:
			return hash_bytes_uint32(value->type);
	}
}

/* An index over the base of an array, which must have one. */
static JsonbPatchIndex *
build_index(const JsonbPatchNode *array, JsonbPatchString key)
{
	const JsonbContainer *base = array->base;
	uint32		n = container_count(base);
	uint32		nbuckets = pg_nextpower2_32(Max(n, 16));
	JsonbPatchIndex *index = palloc(sizeof(JsonbPatchIndex));
	uint32	   *hashes = MemoryContextAllocHuge(CurrentMemoryContext,
												(Size) n * sizeof(uint32));
	const char *data = container_data(base);
	uint32		start = 0;
	uint32		i;

	index->key = key;
	index->mask = nbuckets - 1;
	index->buckets = MemoryContextAllocHuge(CurrentMemoryContext,
											(Size) nbuckets * sizeof(uint32));
	index->next = MemoryContextAllocHuge(CurrentMemoryContext, (Size) n * sizeof(uint32));
	index->members = MemoryContextAllocHuge(CurrentMemoryContext,
											(Size) n * sizeof(JsonbPatchValue));
	memset(index->buckets, 0xFF, (Size) nbuckets * sizeof(uint32));

	for (i = 0; i < n; i++)
	{
		JsonbPatchValue element;

		CHECK_FOR_INTERRUPTS();
		start = read_value(base, data, i, start, &element);
		index->members[i].data = NULL;
		if (jsonb_patch_member(&element, key, &index->members[i]))
			hashes[i] = hash_value(&index->members[i]);
	}

	/* From the back, so that the chains come out in the order of elements. */
	for (i = n; i-- > 0;)
	{
		uint32	   *bucket;

		if (index->members[i].data == NULL)
			continue;
		bucket = &index->buckets[hashes[i] & index->mask];
		index->next[i] = *bucket;
		*bucket = i;
	}
	pfree(hashes);
	return index;
}

/* The index to use for a search, or NULL if going through is as good. */
static JsonbPatchIndex *
get_index(JsonbPatchNode *array, JsonbPatchString key)
{
	JsonbPatchIndex *index;

	for (index = array->indexes; index != NULL; index = index->next_index)
	{
		if (key_compare(index->key.data, index->key.len, key.data, key.len) == 0)
			return index;
	}
	if (array->base == NULL || array->searches++ < SEARCHES_BEFORE_INDEX)
		return NULL;
	index = build_index(array, key);
	index->next_index = array->indexes;
	array->indexes = index;
	array->searches = 0;
	return index;
}

/* Finds the first element of the base that matches and is unchanged. */
static bool
match_in_base(const JsonbPatchNode *array, const JsonbPatchIndex *index,
			  const JsonbPatchMatch *match, PatchPos *pos)
{
	uint32		i = index->buckets[hash_value(&match->value) & index->mask];

	for (; i != NO_ELEMENT; i = index->next[i])
	{
		CHECK_FOR_INTERRUPTS();
		if (jsonb_patch_equal(&index->members[i], &match->value) &&
			jsonb_patch_node_find_base(array, i, pos))
			return true;
	}
	return false;
}

/* Finds the first match among the single values in pieces [0, last). */
static bool
match_in_values(const JsonbPatchNode *array, const JsonbPatchMatch *match,
				int last, PatchPos *pos)
{
	int			i;

	for (i = 0; i < last; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (array->pieces[i].run == NULL &&
			element_matches(&array->pieces[i].value, match))
		{
			pos->piece = i;
			pos->child = 0;
			return true;
		}
	}
	return false;
}

/* Finds the first match in an array. */
bool
jsonb_patch_locate_first(JsonbPatchNode *array, const JsonbPatchMatch *match, PatchPos *pos)
{
	JsonbPatchIndex *index = get_index(array, match->key);
	bool		found;
	PatchPos	in_base;

	if (index == NULL)
	{
		*pos = node_begin(array);
		return jsonb_patch_match_next(array, match, pos);
	}
	found = match_in_base(array, index, match, &in_base);
	if (match_in_values(array, match, found ? in_base.piece : array->npieces, pos))
		return true;
	if (found)
		*pos = in_base;
	return found;
}

/* Tells that an array is going to be searched n times. */
void
jsonb_patch_expect_searches(JsonbPatchValue *array, uint32 n)
{
	if (n > SEARCHES_BEFORE_INDEX)
		jsonb_patch_node_open(array)->searches = SEARCHES_BEFORE_INDEX;
}

/*
 * Begins to go through all matches; nothing else may change the array
 * until the last one has been returned.
 */
void
jsonb_patch_matches_begin(JsonbPatchMatches *matches, JsonbPatchValue *array,
						  const JsonbPatchMatch *match)
{
	JsonbPatchNode *node = jsonb_patch_node_open(array);

	matches->node = node;
	matches->match = match;
	matches->index = get_index(node, match->key);
	matches->piece = 0;
	if (matches->index != NULL)
		matches->next = matches->index->buckets[hash_value(&match->value) &
												matches->index->mask];
}

/* With an index: first the single values, then the chain. */
static JsonbPatchValue *
next_indexed(JsonbPatchMatches *m)
{
	while (m->piece < m->node->npieces)
	{
		PatchPiece *piece = &m->node->pieces[m->piece++];

		CHECK_FOR_INTERRUPTS();
		if (piece->run == NULL && element_matches(&piece->value, m->match))
			return &piece->value;
	}
	while (m->next != NO_ELEMENT)
	{
		uint32		i = m->next;
		PatchPos	pos;

		CHECK_FOR_INTERRUPTS();
		m->next = m->index->next[i];
		if (jsonb_patch_equal(&m->index->members[i], &m->match->value) &&
			jsonb_patch_node_find_base(m->node, i, &pos))
		{
			JsonbPatchValue *value = jsonb_patch_node_own(m->node, &pos);

			m->piece = m->node->npieces;
			return value;
		}
	}
	return NULL;
}

/* The next match, to be changed in place; NULL behind the last one. */
JsonbPatchValue *
jsonb_patch_matches_next(JsonbPatchMatches *m)
{
	PatchPos	pos = {m->piece, 0};
	JsonbPatchValue *value;

	if (m->index != NULL)
		return next_indexed(m);
	if (pos.piece < m->node->npieces)
		pos.child = m->node->pieces[pos.piece].first;
	if (!jsonb_patch_match_next(m->node, m->match, &pos))
		return NULL;
	value = jsonb_patch_node_own(m->node, &pos);
	m->piece = pos.piece + 1;
	return value;
}

/* The first match, to be changed in place; NULL if there is none. */
JsonbPatchValue *
jsonb_patch_match_first(JsonbPatchValue *array, const JsonbPatchMatch *match)
{
	JsonbPatchNode *node = jsonb_patch_node_open(array);
	PatchPos	pos;

	if (!jsonb_patch_locate_first(node, match, &pos))
		return NULL;
	return jsonb_patch_node_own(node, &pos);
}
