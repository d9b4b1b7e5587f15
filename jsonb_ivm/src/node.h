/*
 * node.h
 *		An opened container: a list of pieces, like the piece table of a text
 *		editor.
 *
 * A piece is either a run, meaning consecutive children of some container in
 * binary format, or a single value.  Opening a container makes one run of all
 * its children; a change splits runs around the place that changes.  So the
 * work done here is proportional to the number of changes, not of children.
 *
 * The pieces of an object are sorted by key, and runs of an object may come
 * from several containers (target and source of a merge).  The runs of an
 * array all come from the container it was opened from (base), except for
 * padding with nulls, and in the same order as there.
 *
 * Positions, and pointers to values in a piece, are valid until the node
 * changes.
 */
#ifndef JSONB_PATCH_NODE_H
#define JSONB_PATCH_NODE_H

#include "layout.h"

typedef struct JsonbPatchIndex JsonbPatchIndex;

typedef struct PatchPiece
{
	const JsonbContainer *run;	/* NULL if this is a single value */
	uint32		first;			/* run: first child (of an object, first pair) */
	uint32		count;			/* run: number of children or pairs; else 1 */
	uint32		base_pos;		/* array: where in base this is, or if it is not
								 * in base, before which child of base */
	JsonbPatchString key;		/* single value of an object */
	JsonbPatchValue value;		/* single value */
} PatchPiece;

struct JsonbPatchNode
{
	bool		is_object;
	uint32		count;			/* elements or pairs */
	int			npieces;
	int			maxpieces;
	PatchPiece *pieces;
	const JsonbContainer *base; /* what was opened, NULL if created here */
	int			searches;		/* array: linear searches so far */
	JsonbPatchIndex *indexes;	/* array: see match.c */
};

/* A child of a node: child (of the run) of a piece. */
typedef struct PatchPos
{
	int			piece;
	uint32		child;			/* absolute in the run; 0 for a single value */
} PatchPos;

/* A search for all matches of an array. */
typedef struct JsonbPatchMatches
{
	JsonbPatchNode *node;
	const JsonbPatchMatch *match;
	JsonbPatchIndex *index;		/* NULL: go through the elements */
	int			piece;			/* where to go on */
	uint32		next;			/* with an index: next of its chain */
} JsonbPatchMatches;

#ifdef __GNUC__
#pragma GCC visibility push(hidden)
#endif

extern JsonbPatchNode *jsonb_patch_node_create(bool is_object);
extern JsonbPatchNode *jsonb_patch_node_open(JsonbPatchValue *container);
extern PatchPiece *jsonb_patch_node_make_room(JsonbPatchNode *node, int at, int n);
extern void jsonb_patch_node_push_run(JsonbPatchNode *node, const JsonbContainer *run,
									  uint32 first, uint32 count);
extern JsonbPatchValue *jsonb_patch_node_own(JsonbPatchNode *node, PatchPos *pos);
extern void jsonb_patch_node_delete(JsonbPatchNode *node, PatchPos *pos);
extern JsonbPatchValue *jsonb_patch_node_insert(JsonbPatchNode *node, PatchPos *pos,
												JsonbPatchString key,
												JsonbPatchValue value);
extern bool jsonb_patch_node_find(const JsonbPatchNode *object, JsonbPatchString key,
								  PatchPos *pos);
extern bool jsonb_patch_node_nth(const JsonbPatchNode *array, uint64 n, PatchPos *pos);
extern bool jsonb_patch_node_find_base(const JsonbPatchNode *array, uint32 base_pos,
									   PatchPos *pos);
extern PatchPos jsonb_patch_node_end(const JsonbPatchNode *node);

/* write.c */
extern Jsonb *jsonb_patch_write(const JsonbPatchValue *root);

/* match.c */
extern void jsonb_patch_expect_searches(JsonbPatchValue *array, uint32 n);
extern void jsonb_patch_matches_begin(JsonbPatchMatches *matches, JsonbPatchValue *array,
									  const JsonbPatchMatch *match);
extern JsonbPatchValue *jsonb_patch_matches_next(JsonbPatchMatches *matches);
extern bool jsonb_patch_match_next(JsonbPatchNode *array, const JsonbPatchMatch *match,
								   PatchPos *pos);
extern bool jsonb_patch_locate_first(JsonbPatchNode *array, const JsonbPatchMatch *match,
									 PatchPos *pos);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

/* What is at a position, without making it a piece of its own. */
static inline JsonbPatchValue
node_value(const JsonbPatchNode *node, const PatchPos *pos)
{
	const PatchPiece *piece = &node->pieces[pos->piece];

	if (piece->run == NULL)
		return piece->value;
	if (node->is_object)
		return pair_value(piece->run, pos->child);
	return value_at(piece->run, pos->child);
}

static inline JsonbPatchString
pair_key(const JsonbContainer *object, uint32 i)
{
	JsonbPatchString key;
	uint32		start = entry_start(object, i);

	key.data = container_data(object) + start;
	key.len = entry_end(object->children[i], start) - start;
	return key;
}

/*
 * Walks the elements of an array in order.  Elements of a run are read one
 * after the other, so each costs one JEntry.
 */
typedef struct PatchWalk
{
	const JsonbPatchNode *node;
	PatchPos	pos;			/* of the element returned last */
	PatchPos	next;
	uint32		start;			/* next.child's data, if in the middle of a run */
	const char *data;
} PatchWalk;

static inline void
walk_begin(PatchWalk *walk, const JsonbPatchNode *array, PatchPos from)
{
	walk->node = array;
	walk->next = from;
	walk->data = NULL;
}

static inline bool
walk_next(PatchWalk *walk, JsonbPatchValue *element)
{
	const PatchPiece *piece;

	if (walk->next.piece >= walk->node->npieces)
		return false;
	piece = &walk->node->pieces[walk->next.piece];
	walk->pos = walk->next;
	if (piece->run == NULL)
	{
		*element = piece->value;
		walk->next.child++;
	}
	else
	{
		if (walk->data == NULL)
		{
			walk->data = container_data(piece->run);
			walk->start = entry_start(piece->run, walk->next.child);
		}
		walk->start = read_value(piece->run, walk->data, walk->next.child++,
								 walk->start, element);
	}
	if (piece->run == NULL || walk->next.child == piece->first + piece->count)
	{
		walk->data = NULL;
		walk->next.piece++;
		walk->next.child = 0;
		if (walk->next.piece < walk->node->npieces)
			walk->next.child = walk->node->pieces[walk->next.piece].first;
	}
	return true;
}

/* The position of the first child. */
static inline PatchPos
node_begin(const JsonbPatchNode *node)
{
	PatchPos	pos = {0, 0};

	if (node->npieces > 0)
		pos.child = node->pieces[0].first;
	return pos;
}

#endif							/* JSONB_PATCH_NODE_H */
