/*
 * layout.h
 *		Reading the binary format of jsonb, one child at a time.
 *
 * A container is a header (count and kind), one JEntry per child (an object
 * has its keys first, then the values in key order), then the children's data.
 * A JEntry holds the type of a child and either its length or the offset of
 * its end; numerics and containers start at a multiple of four, and the
 * padding before them counts as part of their length.
 *
 * Nothing here copies or allocates: a JsonbPatchValue points into the
 * container it was read from and lives as long as that.  Whichever entries
 * hold offsets is read from the entries and not assumed, as core asks.
 */
#ifndef JSONB_PATCH_LAYOUT_H
#define JSONB_PATCH_LAYOUT_H

#include "jsonb_patch.h"

/* Objects up to this many pairs are searched from the front. */
#define LINEAR_SEARCH_PAIRS 12

static inline uint32
container_count(const JsonbContainer *c)
{
	return c->header & JB_CMASK;
}

static inline bool
container_is_object(const JsonbContainer *c)
{
	return (c->header & JB_FOBJECT) != 0;
}

/* Number of JEntries: an object has two for each pair. */
static inline uint32
container_entries(const JsonbContainer *c)
{
	return container_is_object(c) ? container_count(c) * 2 : container_count(c);
}

static inline const char *
container_data(const JsonbContainer *c)
{
	return (const char *) &c->children[container_entries(c)];
}

/* Numerics and containers are aligned, everything else is not. */
static inline bool
type_is_aligned(JEntry type)
{
	return JBE_ISNUMERIC(type) || JBE_ISCONTAINER(type);
}

/* Where the data of a child that starts at start ends. */
static inline uint32
entry_end(JEntry entry, uint32 start)
{
	return JBE_HAS_OFF(entry) ? JBE_OFFLENFLD(entry) : start + JBE_OFFLENFLD(entry);
}

/* Where the data of child i starts, padding included. */
static inline uint32
entry_start(const JsonbContainer *c, uint32 i)
{
	uint32		start = 0;

	while (i > 0)
	{
		JEntry		entry = c->children[--i];

		start += JBE_OFFLENFLD(entry);
		if (JBE_HAS_OFF(entry))
			break;
	}
	return start;
}

/* Reads child i, whose data starts at start; returns where it ends. */
static inline uint32
read_value(const JsonbContainer *c, const char *data, uint32 i, uint32 start,
		   JsonbPatchValue *value)
{
	JEntry		entry = c->children[i];
	uint32		end = entry_end(entry, start);

	if (type_is_aligned(entry))
		start = INTALIGN(start);
	value->type = entry & JENTRY_TYPEMASK;
	value->len = end - start;
	value->data = data + start;
	value->node = NULL;
	return end;
}

static inline JsonbPatchValue
value_at(const JsonbContainer *c, uint32 i)
{
	JsonbPatchValue value;

	read_value(c, container_data(c), i, entry_start(c, i), &value);
	return value;
}

/* The value of pair i of an object. */
static inline JsonbPatchValue
pair_value(const JsonbContainer *object, uint32 i)
{
	return value_at(object, container_count(object) + i);
}

static inline const JsonbContainer *
value_container(const JsonbPatchValue *value)
{
	return (const JsonbContainer *) value->data;
}

/* jsonb's own order of keys: the shorter first, then by bytes. */
static inline int
key_compare(const char *a, uint32 alen, const char *b, uint32 blen)
{
	if (alen != blen)
		return alen < blen ? -1 : 1;
	return memcmp(a, b, alen);
}

/* Compares key i of an object with the given one. */
static inline int
compare_key_at(const JsonbContainer *object, const char *data, uint32 i,
			   const char *key, uint32 keylen)
{
	uint32		start = entry_start(object, i);
	uint32		end = entry_end(object->children[i], start);

	return key_compare(data + start, end - start, key, keylen);
}

/*
 * Searches pairs [first, last) of an object for a key.  *pos is the pair, or
 * if there is none, the first pair whose key sorts after it.  The first few
 * pairs are looked at in turn, which is all there is in a small object and
 * finds neighbours quickly when two objects are merged; then the search
 * gallops and halves.
 */
static inline bool
find_key(const JsonbContainer *object, uint32 first, uint32 last,
		 const char *key, uint32 keylen, uint32 *pos)
{
	const char *data = container_data(object);
	uint32		linear_last = Min(last, first + LINEAR_SEARCH_PAIRS);
	uint32		start = entry_start(object, first);
	uint32		step = LINEAR_SEARCH_PAIRS;
	uint32		low;

	for (low = first; low < linear_last; low++)
	{
		uint32		end = entry_end(object->children[low], start);
		uint32		len = end - start;

		if (len >= keylen)
		{
			int			cmp = len > keylen ? 1 : memcmp(data + start, key, keylen);

			if (cmp >= 0)
			{
				*pos = low;
				return cmp == 0;
			}
		}
		start = end;
	}

	while (step < last - low &&
		   compare_key_at(object, data, low + step, key, keylen) < 0)
	{
		low += step + 1;
		step *= 2;
	}
	if (step < last - low)
		last = low + step + 1;

	while (low < last)
	{
		uint32		middle = low + (last - low) / 2;
		int			cmp = compare_key_at(object, data, middle, key, keylen);

		if (cmp == 0)
		{
			*pos = middle;
			return true;
		}
		if (cmp < 0)
			low = middle + 1;
		else
			last = middle;
	}
	*pos = low;
	return false;
}

/* Looks up a member; false if the container is an array or lacks the key. */
static inline bool
find_member(const JsonbContainer *c, JsonbPatchString key, JsonbPatchValue *member)
{
	uint32		pair;

	if (!container_is_object(c) ||
		!find_key(c, 0, container_count(c), key.data, key.len, &pair))
		return false;
	*member = pair_value(c, pair);
	return true;
}

#endif							/* JSONB_PATCH_LAYOUT_H */
