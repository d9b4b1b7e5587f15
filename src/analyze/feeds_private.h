/*
 * feeds_private.h
 *		Private to the files feeds*.c.
 */
#ifndef TVIEWS_FEEDS_PRIVATE_H
#define TVIEWS_FEEDS_PRIVATE_H

#include "nodes/parsenodes.h"

/* What a function of the server does to json. */
typedef enum JsonRole
{
	JSON_OTHER,
	JSON_OBJECT_BUILDER,		/* key, value, key, value, ... */
	JSON_ARRAY_BUILDER,			/* an element from each argument */
	JSON_ARRAY_AGGREGATE,		/* an element from each row */
	JSON_SAME					/* the argument, written as json */
} JsonRole;

/* What is surely known of a json value; it may be NULL all the same. */
typedef enum JsonShape
{
	JSON_NOTHING,				/* always NULL */
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_UNKNOWN
} JsonShape;

/* How what is being followed gets to the path. */
typedef enum FeedMode
{
	FEED_EXACT,					/* it is what stands there */
	FEED_VALUE,					/* it is used to compute what stands there */
	FEED_ROWS					/* it decides which rows are taken */
} FeedMode;

typedef struct FeedLevel
{
	Query	   *query;
	struct FeedLevel *outer;
	Index		anchor;			/* item whose rows cannot be exchanged, or 0 */
	Bitmapset  *fixed;			/* outputs that are given from above */
	bool		covered;		/* its rows were fed to a path already */
	bool		busy;			/* they are being fed */
} FeedLevel;

typedef struct FeedWalk
{
	FeedLevel  *level;
	const char *path;
	FeedMode	mode;
	bool		plain;			/* a column met now is the value itself */
	List	  **result;			/* of TviewFeeds */
} FeedWalk;

/* feeds.c */
extern bool feed_walker(Node *node, FeedWalk *walk);
extern void feed_mode(FeedWalk *walk, Node *node, FeedMode mode);
extern void feed_note(FeedWalk *walk, RangeTblEntry *source, AttrNumber attno);

/* feeds_levels.c */
extern FeedLevel *feed_level_above(FeedLevel *level, Index levels);
extern void feed_var(FeedWalk *walk, Var *var);
extern void feed_output(FeedWalk *walk, AttrNumber attno);
extern void feed_rows(FeedWalk *walk);

/* feeds_json.c */
extern JsonRole feeds_json_role(Oid function);
extern JsonShape feeds_json_shape(Query *query, Node *node);
extern const char *feeds_member(const char *path, Const *key);

/* Items of a level that a condition, an outer join or LATERAL ties together. */
typedef struct FeedTie
{
	Bitmapset  *items;
	Node	   *condition;		/* or the source of an item; may be NULL */
} FeedTie;

/* feeds_ties.c */
extern List *feeds_ties(Query *query);
extern Bitmapset *feeds_tied_items(List *ties, Index item, Index anchor);
extern bool feeds_can_be_missing(Node *jointree, Index item);
extern Bitmapset *feeds_fixed_columns(Node *jointree, Index item);
extern Bitmapset *feeds_columns_of(Query *query, Bitmapset *outputs, Index item);
extern Index feeds_anchor(Query *query, Bitmapset *outputs);

#endif							/* TVIEWS_FEEDS_PRIVATE_H */
