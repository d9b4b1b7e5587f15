/*
 * feeds.h
 *		Where in the document the rows of each base relation show.
 */
#ifndef TVIEWS_FEEDS_H
#define TVIEWS_FEEDS_H

#include "access/attnum.h"
#include "nodes/parsenodes.h"

/* One path of the document that an occurrence of a base relation feeds. */
typedef struct TviewFeed
{
	char	   *path;			/* "author.name", "comments[].text", "" for all */
	bool		value;			/* by a column's value, not only by its rows */
	AttrNumber	attno;			/* the column that is the value, or 0 */
} TviewFeed;

typedef struct TviewFeeds
{
	RangeTblEntry *source;		/* the occurrence, in the expanded query */
	List	   *feeds;			/* of TviewFeed, each path once */
} TviewFeeds;

/* feeds.c */
extern List *tview_feeds(Query *expanded, AttrNumber document,
						 const AttrNumber *keys, int nkeys);

/* feeds_ties.c */
extern bool tview_unique_on(const RangeTblEntry *rte, Bitmapset *columns);

#endif							/* TVIEWS_FEEDS_H */
