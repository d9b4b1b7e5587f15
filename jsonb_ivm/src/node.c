/*
 * node.c
 *		Opened containers: finding, splitting, replacing and inserting pieces.
 *
 * See node.h for the model.  These functions do not know about paths or
 * matching and never look below the container they are given.
 */
#include "postgres.h"

#include "compat.h"
#include "miscadmin.h"
#include "node.h"

#define FIRST_PIECES 4			/* enough for one change in the middle */

/* An empty container. */
JsonbPatchNode *
jsonb_patch_node_create(bool is_object)
{
	JsonbPatchNode *node = palloc0(sizeof(JsonbPatchNode));

	node->is_object = is_object;
	node->maxpieces = FIRST_PIECES;
	node->pieces = palloc(FIRST_PIECES * sizeof(PatchPiece));
	return node;
}

/* Makes a container one that can be changed; idempotent. */
JsonbPatchNode *
jsonb_patch_node_open(JsonbPatchValue *container)
{
	const JsonbContainer *base = value_container(container);

	Assert(JBE_ISCONTAINER(container->type));
	if (container->node == NULL)
	{
		container->node = jsonb_patch_node_create(container_is_object(base));
		container->node->base = base;
		jsonb_patch_node_push_run(container->node, base, 0, container_count(base));
	}
	return container->node;
}

/*
 * Opens a gap of n pieces before piece at and returns its first piece.  The
 * gap is not initialized.
 */
PatchPiece *
jsonb_patch_node_make_room(JsonbPatchNode *node, int at, int n)
{
	if (node->npieces + n > node->maxpieces)
	{
		node->maxpieces = Max(node->maxpieces * 2, node->npieces + n);
		node->pieces = repalloc_huge(node->pieces,
									 node->maxpieces * sizeof(PatchPiece));
	}
	memmove(node->pieces + at + n, node->pieces + at,
			(node->npieces - at) * sizeof(PatchPiece));
	node->npieces += n;
	return node->pieces + at;
}

/* Appends children of a container; neighbours join the run before them. */
void
jsonb_patch_node_push_run(JsonbPatchNode *node, const JsonbContainer *run,
						  uint32 first, uint32 count)
{
	PatchPiece *piece = node->pieces + node->npieces - 1;

	if (count == 0)
		return;
	node->count += count;
	if (node->npieces > 0 && piece->run == run && piece->first + piece->count == first)
	{
		piece->count += count;
		return;
	}
	piece = jsonb_patch_node_make_room(node, node->npieces, 1);
	piece->run = run;
	piece->first = first;
	piece->count = count;
	piece->base_pos = first;
}

/*
 * Splits the run at pos so that pos is the first child of its piece.  Does
 * nothing at the border of a piece, which any single value is.
 */
static void
split_before(JsonbPatchNode *node, PatchPos *pos)
{
	PatchPiece *piece;
	uint32		left;

	if (pos->piece >= node->npieces)
		return;
	piece = &node->pieces[pos->piece];
	if (piece->run == NULL || pos->child == piece->first)
		return;
	left = pos->child - piece->first;
	piece = jsonb_patch_node_make_room(node, pos->piece, 1);
	piece[0] = piece[1];
	piece[0].count = left;
	piece[1].first += left;
	piece[1].base_pos += left;
	piece[1].count -= left;
	pos->piece++;
}

/* Makes the child at pos a piece of its own; pos stays on it. */
static PatchPiece *
isolate(JsonbPatchNode *node, PatchPos *pos)
{
	PatchPos	after;

	split_before(node, pos);
	if (node->pieces[pos->piece].run != NULL)
	{
		after.piece = pos->piece;
		after.child = pos->child + 1;
		if (node->pieces[pos->piece].count > 1)
			split_before(node, &after);
	}
	return &node->pieces[pos->piece];
}

/*
 * Makes the child at pos a single value and returns it, to be changed in
 * place.  The pointer is valid until the node itself changes.
 */
JsonbPatchValue *
jsonb_patch_node_own(JsonbPatchNode *node, PatchPos *pos)
{
	PatchPiece *piece = isolate(node, pos);

	if (piece->run != NULL)
	{
		const JsonbContainer *run = piece->run;

		piece->value = node_value(node, pos);
		if (node->is_object)
			piece->key = pair_key(run, pos->child);
		piece->run = NULL;
		piece->first = 0;
		pos->child = 0;
	}
	return &piece->value;
}

/* Takes the child at pos out. */
void
jsonb_patch_node_delete(JsonbPatchNode *node, PatchPos *pos)
{
	PatchPiece *piece = isolate(node, pos);

	node->npieces--;
	node->count--;
	memmove(piece, piece + 1, (node->npieces - pos->piece) * sizeof(PatchPiece));
}

/* The position behind the last child. */
PatchPos
jsonb_patch_node_end(const JsonbPatchNode *node)
{
	PatchPos	end = {node->npieces, 0};

	return end;
}

/*
 * Puts a value before the child at pos.  In an object, pos must be where the
 * key belongs; in an array, key is not used.
 */
JsonbPatchValue *
jsonb_patch_node_insert(JsonbPatchNode *node, PatchPos *pos, JsonbPatchString key,
						JsonbPatchValue value)
{
	PatchPiece *piece;
	uint32		base_pos = node->base ? container_count(node->base) : 0;

	split_before(node, pos);
	if (pos->piece < node->npieces)
		base_pos = node->pieces[pos->piece].base_pos;
	piece = jsonb_patch_node_make_room(node, pos->piece, 1);
	piece->run = NULL;
	piece->first = 0;
	piece->count = 1;
	piece->base_pos = base_pos;
	piece->key = key;
	piece->value = value;
	node->count++;
	pos->child = 0;
	return &piece->value;
}

/* Where a key sorts relative to the pieces: -1 before, 0 inside, 1 behind. */
static int
compare_piece(const PatchPiece *piece, JsonbPatchString key)
{
	const char *data;

	if (piece->run == NULL)
		return key_compare(key.data, key.len, piece->key.data, piece->key.len);
	data = container_data(piece->run);
	if (compare_key_at(piece->run, data, piece->first, key.data, key.len) > 0)
		return -1;
	if (compare_key_at(piece->run, data, piece->first + piece->count - 1,
					   key.data, key.len) < 0)
		return 1;
	return 0;
}

/*
 * Finds a key of an object.  If it is not there, *pos is where to insert it.
 */
bool
jsonb_patch_node_find(const JsonbPatchNode *object, JsonbPatchString key, PatchPos *pos)
{
	int			low = 0;
	int			high = object->npieces;

	/* The usual case by far: just opened, not changed yet. */
	if (high == 1 && object->pieces[0].run != NULL)
	{
		const PatchPiece *piece = object->pieces;
		bool		found = find_key(piece->run, piece->first, piece->first + piece->count,
									 key.data, key.len, &pos->child);

		pos->piece = pos->child == piece->first + piece->count ? 1 : 0;
		return found;
	}

	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		const PatchPiece *piece = &object->pieces[middle];
		int			cmp = compare_piece(piece, key);

		if (cmp == 0)
		{
			pos->piece = middle;
			pos->child = 0;
			return piece->run == NULL ||
				find_key(piece->run, piece->first, piece->first + piece->count,
						 key.data, key.len, &pos->child);
		}
		if (cmp > 0)
			low = middle + 1;
		else
			high = middle;
	}
	pos->piece = low;
	pos->child = low < object->npieces ? object->pieces[low].first : 0;
	return false;
}

/* Finds the nth element of an array, counted from 0. */
bool
jsonb_patch_node_nth(const JsonbPatchNode *array, uint64 n, PatchPos *pos)
{
	int			i;

	if (n >= array->count)
		return false;
	for (i = 0; n >= array->pieces[i].count; i++)
		n -= array->pieces[i].count;
	pos->piece = i;
	pos->child = array->pieces[i].first + (uint32) n;
	return true;
}

/*
 * Finds the element that was number base_pos when the array was opened.
 * False if it has been deleted, replaced or changed since.
 */
bool
jsonb_patch_node_find_base(const JsonbPatchNode *array, uint32 base_pos, PatchPos *pos)
{
	int			low = 0;
	int			high = array->npieces;
	const PatchPiece *piece;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (array->pieces[middle].base_pos <= base_pos)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return false;
	piece = &array->pieces[low - 1];
	if (piece->run != array->base || base_pos - piece->first >= piece->count)
		return false;
	pos->piece = low - 1;
	pos->child = base_pos;
	return true;
}
