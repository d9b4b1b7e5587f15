/*
 * paths.h
 *		Private to the analysis: how a changed row reaches the key.
 */
#ifndef TVIEWS_PATHS_H
#define TVIEWS_PATHS_H

#include "analyze/focus.h"

/* Which items a tracing query may read, see path_graph(). */
typedef enum ReadItems
{
	ITEMS_BEFORE,
	ITEMS_NOW,
	ITEMS_CROSSING
} ReadItems;

/* The items of a Focus that can be reached from the changed rows. */
typedef struct PathGraph
{
	const Focus *focus;
	List	   *facts;			/* usable conditions, the closest ties first */
	Bitmapset  *usable;			/* items a tracing query may read */
	Bitmapset  *reached;
	Bitmapset **ancestors;		/* by item: what it takes to reach it */
} PathGraph;

/* A key column in terms of the items of a Focus. */
typedef struct KeySource
{
	Node	   *expr;			/* NULL where not available */
	Bitmapset  *items;			/* to be read for it, besides the changed rows */
	bool		connected;		/* tied to the changed rows */
} KeySource;

extern List *focus_facts(const Focus *focus, bool crossing);
extern PathGraph *path_graph(const Focus *focus, ReadItems read);
extern void path_key_source(PathGraph *graph, Node *expr, KeySource *source);

#endif							/* TVIEWS_PATHS_H */
