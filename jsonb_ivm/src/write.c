/*
 * write.c
 *		Writing a changed document in the binary format.
 *
 * One buffer of sufficient size is allocated up front and filled from front
 * to back, so an untouched byte is copied once.  A run is copied with one
 * memcpy; only its JEntries are gone through, because one in
 * JB_OFFSET_STRIDE of them holds an offset and which one depends on the
 * position.  The result is what core would write for the same value:
 *
 * - the offset is where core puts it, in every entry whose number is a
 *	 multiple of JB_OFFSET_STRIDE;
 * - numerics and containers start at a multiple of four, padded with zeros.
 *	 Where a change moves what follows by something else than a multiple of
 *	 four, children are placed one by one until the first that needs padding
 *	 has absorbed the difference;
 * - pieces of an object are sorted and unique, as node.h demands.
 */
#include "postgres.h"

#include "compat.h"
#include "miscadmin.h"
#include "node.h"
#include "utils/memutils.h"

typedef struct Writer
{
	char	   *buf;
	Size		len;
} Writer;

/* The container being written. */
typedef struct Children
{
	Writer	   *writer;
	Size		entries;		/* position of JEntry 0 in the buffer */
	Size		data;			/* where the children's data begin */
	uint32		next;			/* number of the next child */
	bool		is_object;		/* for messages */
} Children;

static JEntry write_value(Writer *w, const JsonbPatchValue *value);

static void
report_too_large(bool is_object)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 is_object ?
			 errmsg("total size of jsonb object elements exceeds the maximum of %d bytes",
					JENTRY_OFFLENMASK) :
			 errmsg("total size of jsonb array elements exceeds the maximum of %d bytes",
					JENTRY_OFFLENMASK)));
}

/*
 * Upper bound of the bytes that children [first, first + n) of a run need,
 * entries included: moving them can add padding in one place only.
 */
static uint64
bound_of_run(const JsonbContainer *run, uint32 first, uint32 n)
{
	uint32		start = entry_start(run, first);
	uint32		last_start = entry_start(run, first + n - 1);
	uint32		end = entry_end(run->children[first + n - 1], last_start);

	return (uint64) (end - start) + (uint64) n * sizeof(JEntry) + 3;
}

/* Upper bound of the bytes that a value needs, its own entry included. */
static uint64
bound_of_value(const JsonbPatchValue *value)
{
	const JsonbPatchNode *node = value->node;
	uint64		bound = sizeof(JEntry) + 3 + sizeof(uint32);
	int			i;

	if (node == NULL)
		return bound + value->len;

	check_stack_depth();
	for (i = 0; i < node->npieces; i++)
	{
		const PatchPiece *piece = &node->pieces[i];

		if (piece->run == NULL)
		{
			bound += bound_of_value(&piece->value);
			if (node->is_object)
				bound += sizeof(JEntry) + piece->key.len;
			continue;
		}
		bound += bound_of_run(piece->run, piece->first, piece->count);
		if (node->is_object)
			bound += bound_of_run(piece->run, container_count(piece->run) + piece->first,
								  piece->count);
	}
	return bound;
}

static void
pad(Writer *w)
{
	while (w->len != INTALIGN(w->len))
		w->buf[w->len++] = 0;
}

static void
copy_bytes(Writer *w, const char *data, Size len)
{
	if (len > 0)
		memcpy(w->buf + w->len, data, len);
	w->len += len;
}

/* Notes the child whose type and length are in entry and whose data was just
 * written. */
static void
put_entry(Children *c, JEntry entry)
{
	Size		end = c->writer->len - c->data;
	JEntry	   *entries = (JEntry *) (c->writer->buf + c->entries);

	if (end > JENTRY_OFFLENMASK)
		report_too_large(c->is_object);
	if (c->next % JB_OFFSET_STRIDE == 0)
		entry = (entry & JENTRY_TYPEMASK) | (JEntry) end | JENTRY_HAS_OFF;
	entries[c->next++] = entry;
}

/* Writes n children whose data can be copied as they are. */
static void
write_block(Children *c, const JsonbContainer *run, uint32 first, uint32 n, uint32 start)
{
	JEntry	   *out = (JEntry *) (c->writer->buf + c->entries) + c->next;
	uint32		number = c->next;
	uint32		shift = (uint32) (c->writer->len - c->data) - start;
	uint32		end = start;
	uint32		i;

	for (i = 0; i < n; i++, number++)
	{
		JEntry		entry = run->children[first + i];
		uint32		new_end = entry_end(entry, end);

		entry &= JENTRY_TYPEMASK;
		if (number % JB_OFFSET_STRIDE == 0)
			entry |= ((new_end + shift) & JENTRY_OFFLENMASK) | JENTRY_HAS_OFF;
		else
			entry |= new_end - end;
		out[i] = entry;
		end = new_end;
	}
	copy_bytes(c->writer, container_data(run) + start, end - start);
	c->next = number;
	if (c->writer->len - c->data > JENTRY_OFFLENMASK)
		report_too_large(c->is_object);
}

/* Writes keys, none of which is aligned. */
static void
write_keys(Children *c, const JsonbContainer *run, uint32 first, uint32 n)
{
	write_block(c, run, first, n, entry_start(run, first));
}

/* Writes children of any type, first those that have to be placed singly. */
static void
write_run(Children *c, const JsonbContainer *run, uint32 first, uint32 n)
{
	const char *data = container_data(run);
	uint32		start = entry_start(run, first);
	uint32		last = first + n;

	while (first < last &&
		   ((uint32) (c->writer->len - c->data) - start) % sizeof(uint32) != 0)
	{
		JsonbPatchValue value;

		CHECK_FOR_INTERRUPTS();
		start = read_value(run, data, first++, start, &value);
		put_entry(c, write_value(c->writer, &value));
	}
	if (first < last)
		write_block(c, run, first, last - first, start);
}

/* Writes the header of a container and leaves room for its entries. */
static void
begin_container(Writer *w, Children *c, bool is_object, uint32 count, uint32 flags)
{
	uint32		header = count | flags;
	Size		entries = (Size) count * (is_object ? 2 : 1);

	if (count > JB_CMASK)
		report_too_large(is_object);
	pad(w);
	copy_bytes(w, (const char *) &header, sizeof(header));
	c->writer = w;
	c->entries = w->len;
	c->data = w->len + entries * sizeof(JEntry);
	c->next = 0;
	c->is_object = is_object;
	w->len = c->data;
}

static void
write_object(Writer *w, const JsonbPatchNode *node)
{
	Children	c;
	int			i;

	begin_container(w, &c, true, node->count, JB_FOBJECT);
	for (i = 0; i < node->npieces; i++)
	{
		const PatchPiece *piece = &node->pieces[i];

		CHECK_FOR_INTERRUPTS();
		if (piece->run != NULL)
			write_keys(&c, piece->run, piece->first, piece->count);
		else
		{
			copy_bytes(w, piece->key.data, piece->key.len);
			put_entry(&c, JENTRY_ISSTRING | piece->key.len);
		}
	}
	for (i = 0; i < node->npieces; i++)
	{
		const PatchPiece *piece = &node->pieces[i];

		CHECK_FOR_INTERRUPTS();
		if (piece->run != NULL)
			write_run(&c, piece->run, container_count(piece->run) + piece->first,
					  piece->count);
		else
			put_entry(&c, write_value(w, &piece->value));
	}
}

static void
write_array(Writer *w, const JsonbPatchNode *node)
{
	Children	c;
	int			i;

	begin_container(w, &c, false, node->count, JB_FARRAY);
	for (i = 0; i < node->npieces; i++)
	{
		const PatchPiece *piece = &node->pieces[i];

		CHECK_FOR_INTERRUPTS();
		if (piece->run != NULL)
			write_run(&c, piece->run, piece->first, piece->count);
		else
			put_entry(&c, write_value(w, &piece->value));
	}
}

/* Writes a value and returns its type and length, padding included. */
static JEntry
write_value(Writer *w, const JsonbPatchValue *value)
{
	Size		start = w->len;
	Size		len;

	if (type_is_aligned(value->type))
		pad(w);
	if (value->node == NULL)
		copy_bytes(w, value->data, value->len);
	else
	{
		check_stack_depth();
		if (value->node->is_object)
			write_object(w, value->node);
		else
			write_array(w, value->node);
	}
	len = w->len - start;
	if (len > JENTRY_OFFLENMASK)
		report_too_large(value->node != NULL && value->node->is_object);
	return value->type | (JEntry) len;
}

/* The document with the given root, in new memory. */
Jsonb *
jsonb_patch_write(const JsonbPatchValue *root)
{
	uint64		bound = bound_of_value(root) + VARHDRSZ + sizeof(uint32);
	Writer		w;

	/*
	 * What exceeds MaxAllocSize as a bound exceeds the format's limit, a
	 * quarter of that, in fact.
	 */
	if (bound > MaxAllocSize)
		report_too_large(jsonb_patch_is_object(root));
	w.buf = palloc(bound);
	w.len = VARHDRSZ;

	if (JBE_ISCONTAINER(root->type))
		(void) write_value(&w, root);
	else
	{
		Children	c;

		begin_container(&w, &c, false, 1, JB_FARRAY | JB_FSCALAR);
		put_entry(&c, write_value(&w, root));
	}
	SET_VARSIZE(w.buf, w.len);
	return (Jsonb *) w.buf;
}
