/*
 * parts.h
 *		Pieces of a row that can be computed and replaced by themselves.
 *
 * Parts are numbered from 1, by their place in a list of TviewPart; the number
 * TVIEW_WHOLE_ROW stands for all of the row, and for whether there is one.
 */
#ifndef TVIEWS_PARTS_H
#define TVIEWS_PARTS_H

#include "analyze/analyze.h"

#define TVIEW_WHOLE_ROW 0

/* A column of the definition, or a member of the object that a column builds. */
typedef struct TviewPart
{
	AttrNumber	attno;			/* column of the view */
	List	   *members;		/* C strings, from the outside in; NIL for a column */
	Node	   *expr;			/* during analysis only */
} TviewPart;

/* Which parts the rows and columns of one occurrence of a base relation reach. */
typedef struct ReachedParts
{
	RangeTblEntry *rte;			/* the occurrence */
	Bitmapset  *rows;			/* by a row that comes or goes */
	List	   *columns;		/* of ColumnReach, by another value in a column */
} ReachedParts;

typedef struct ColumnReach
{
	AttrNumber	attno;			/* 0 for the whole row as a value */
	Bitmapset  *parts;
} ColumnReach;

/* parts.c */
extern List *tview_find_parts(Query *expanded, const AttrNumber *keys, int nkeys);
extern void tview_assign_parts(TviewAnalysis *analysis, List *parts);
extern char *tview_parts_query(Oid view, List *parts, const Bitmapset *wanted,
							   Bitmapset *keys, bool inward);

/* reach.c */
extern List *tview_reached_parts(Query *expanded, List *parts);

/* inward.c */
extern Query *tview_bring_conditions_in(Query *query, List *key_names);

/* lookup.c */
extern List *tview_lookup_joins(Query *query);
extern void tview_loosen_joins(Query *query, Bitmapset *keys);

#endif							/* TVIEWS_PARTS_H */
