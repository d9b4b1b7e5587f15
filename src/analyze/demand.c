/*
 * demand.c
 *		Which columns of a FROM item tie its rows to the rest of the query: those a
 *		Focus inside it should keep.
 */
#include "base/compat.h"

#include "analyze/focus.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"

/* Does a condition tie an item to items before it, or to the outside? */
static bool
ties_to_earlier(Level *level, Node *conjunct, Index item)
{
	Bitmapset  *items = varnos_of_level(conjunct, 0);
	int			other = -1;

	if ((reads_tables(conjunct) && !list_member_ptr(level->ties, conjunct)) ||
		!bms_is_member(item, items))
		return false;
	while ((other = bms_next_member(items, other)) >= 0)
		if (level->order[other] > level->order[item])
			return false;
	return bms_membership(items) == BMS_MULTIPLE || references_outside(conjunct);
}

/* The columns of an item from which another, LATERAL one is computed. */
static Bitmapset *
columns_for_lateral(RangeTblEntry *rte, Index item)
{
	switch (rte->rtekind)
	{
		case RTE_FUNCTION:
			return columns_of_item((Node *) rte->functions, item);
		case RTE_TABLEFUNC:
			return columns_of_item((Node *) rte->tablefunc, item);
		case RTE_VALUES:
			return columns_of_item((Node *) rte->values_lists, item);
		default:
			return NULL;
	}
}

/*
 * The columns of a FROM item by which its rows are tied to the demanded
 * outputs or to items before it.
 */
Bitmapset *
item_demand(Level *level, Index item)
{
	Query	   *query = level->query;
	Bitmapset  *items = level_items((Node *) query->jointree);
	Bitmapset  *demand = NULL;
	Bitmapset  *shown = NULL;	/* items of the demanded outputs */
	ListCell   *lc;
	int			other = -1;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!bms_is_member(tle->resno, level->demand))
			continue;
		demand = bms_join(demand, columns_of_item((Node *) tle->expr, item));
		shown = bms_join(shown, varnos_of_level((Node *) tle->expr, 0));
	}
	foreach(lc, level_conjuncts((Node *) query->jointree))
		if (ties_to_earlier(level, lfirst(lc), item))
			demand = bms_join(demand, columns_of_item(lfirst(lc), item));
	while ((other = bms_next_member(items, other)) >= 0)
	{
		RangeTblEntry *rte = rt_fetch(other, query->rtable);

		if (rte->rtekind == RTE_SUBQUERY && level->order[other] < level->order[item])
			demand = bms_join(demand,
							  columns_of_item((Node *) rte->subquery, item));
		else if (bms_is_member(other, shown))
			demand = bms_join(demand, columns_for_lateral(rte, item));
	}
	return demand;
}
