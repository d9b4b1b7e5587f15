/*
 * inward.h
 *		Private to inward.c and merging.c: a condition brought into a subquery.
 */
#ifndef TVIEWS_INWARD_H
#define TVIEWS_INWARD_H

#include "nodes/parsenodes.h"

/* A condition "column of an item = something else". */
typedef struct InwardCondition
{
	OpExpr	   *op;
	int			side;			/* the argument with the column */
	AttrNumber	attno;
} InwardCondition;

extern bool contains_merging(Query *query);
extern bool is_plain(TargetEntry *tle);
extern bool bring_into(Query *query, const InwardCondition *condition, int depth);

#endif							/* TVIEWS_INWARD_H */
