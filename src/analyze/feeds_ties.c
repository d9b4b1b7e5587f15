/*
 * feeds_ties.c
 *		Which items of a join decide which rows of other items are taken.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "analyze/feeds.h"
#include "analyze/feeds_private.h"
#include "analyze/focus.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Is the item on a side of an outer join that can be missing? */
bool
feeds_can_be_missing(Node *node, Index item)
{
	ListCell   *lc;

	if (IsA(node, RangeTblRef))
		return false;
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		if ((join->jointype == JOIN_LEFT || join->jointype == JOIN_FULL) &&
			bms_is_member(item, level_items(join->rarg)))
			return true;
		if ((join->jointype == JOIN_RIGHT || join->jointype == JOIN_FULL) &&
			bms_is_member(item, level_items(join->larg)))
			return true;
		return feeds_can_be_missing(join->larg, item) ||
			feeds_can_be_missing(join->rarg, item);
	}
	foreach(lc, castNode(FromExpr, node)->fromlist)
		if (feeds_can_be_missing(lfirst(lc), item))
			return true;
	return false;
}

static List *
add_tie(List *ties, Bitmapset *items, Node *condition)
{
	FeedTie    *tie = palloc(sizeof(FeedTie));

	tie->items = items;
	tie->condition = condition;
	return lappend(ties, tie);
}

static List *
add_conditions(List *ties, Node *quals)
{
	ListCell   *lc;

	foreach(lc, split_conjuncts(quals))
		ties = add_tie(ties, varnos_of_level(lfirst(lc), 0), lfirst(lc));
	return ties;
}

/* The whole condition of an outer join decides whether a side is missing. */
static List *
add_outer_join(List *ties, JoinExpr *join)
{
	Bitmapset  *items = varnos_of_level(join->quals, 0);

	if (join->jointype == JOIN_LEFT || join->jointype == JOIN_FULL)
		items = bms_join(items, level_items(join->rarg));
	if (join->jointype == JOIN_RIGHT || join->jointype == JOIN_FULL)
		items = bms_join(items, level_items(join->larg));
	return add_tie(ties, items, join->quals);
}

static List *
ties_of_joins(Node *node, List *ties)
{
	ListCell   *lc;

	check_stack_depth();
	if (IsA(node, RangeTblRef))
		return ties;
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		ties = join->jointype == JOIN_INNER ? add_conditions(ties, join->quals) :
			add_outer_join(ties, join);
		return ties_of_joins(join->rarg, ties_of_joins(join->larg, ties));
	}
	ties = add_conditions(ties, castNode(FromExpr, node)->quals);
	foreach(lc, castNode(FromExpr, node)->fromlist)
		ties = ties_of_joins(lfirst(lc), ties);
	return ties;
}

/* What a FROM item computes its rows from, as far as it is an expression. */
static Node *
item_source(RangeTblEntry *rte)
{
	switch (rte->rtekind)
	{
		case RTE_FUNCTION:
			return (Node *) rte->functions;
		case RTE_TABLEFUNC:
			return (Node *) rte->tablefunc;
		case RTE_VALUES:
			return (Node *) rte->values_lists;
		default:
			return (Node *) rte->securityQuals;
	}
}

/* Everything that ties the items of a level together, as a list of FeedTie. */
List *
feeds_ties(Query *query)
{
	List	   *ties = ties_of_joins((Node *) query->jointree, NIL);
	Bitmapset  *items = level_items((Node *) query->jointree);
	int			item = -1;

	while ((item = bms_next_member(items, item)) >= 0)
	{
		RangeTblEntry *rte = rt_fetch(item, query->rtable);
		Bitmapset  *tied = bms_copy(lateral_references(rte));

		ties = add_tie(ties, bms_add_member(tied, item), item_source(rte));
	}
	return ties;
}

/* The items tied to an item, itself included, without going over the anchor. */
Bitmapset *
feeds_tied_items(List *ties, Index item, Index anchor)
{
	Bitmapset  *group = bms_make_singleton(item);
	bool		grew;

	do
	{
		ListCell   *lc;

		CHECK_FOR_INTERRUPTS();
		grew = false;
		foreach(lc, ties)
		{
			Bitmapset  *items = bms_copy(((FeedTie *) lfirst(lc))->items);

			if (anchor != 0)
				items = bms_del_member(items, anchor);
			if (!bms_overlap(items, group) || bms_is_subset(items, group))
				continue;
			group = bms_add_members(group, items);
			grew = true;
		}
	} while (grew);
	return group;
}

/* Add the column of an item that a condition makes equal to something else. */
static Bitmapset *
add_fixed_column(Bitmapset *columns, Node *condition, Index item)
{
	OpExpr	   *op = (OpExpr *) condition;

	if (!IsA(op, OpExpr) || list_length(op->args) != 2 ||
		(OidIsValid(op->inputcollid) &&
		 !get_collation_isdeterministic(op->inputcollid)))
		return columns;
	for (int i = 0; i < 2; i++)
	{
		Var		   *var = (Var *) strip_relabel(list_nth(op->args, i));

		if (IsA(var, Var) && var->varlevelsup == 0 && var->varno == item &&
			var->varattno > 0 && op_mergejoinable(op->opno, var->vartype) &&
			!bms_is_member(item, varnos_of_level(list_nth(op->args, 1 - i), 0)))
			columns = bms_add_member(columns, var->varattno);
	}
	return columns;
}

static Bitmapset *
add_fixed_columns(Bitmapset *columns, Node *quals, Index item)
{
	ListCell   *lc;

	foreach(lc, split_conjuncts(quals))
		columns = add_fixed_column(columns, lfirst(lc), item);
	return columns;
}

/* The columns of an item that a join tree makes equal to something else. */
Bitmapset *
feeds_fixed_columns(Node *node, Index item)
{
	Bitmapset  *columns = NULL;
	ListCell   *lc;

	check_stack_depth();
	if (IsA(node, RangeTblRef))
		return NULL;
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		/* An outer join keeps the rows of a side whatever its condition says. */
		if (join->jointype == JOIN_INNER ||
			(join->jointype == JOIN_LEFT && bms_is_member(item, level_items(join->rarg))) ||
			(join->jointype == JOIN_RIGHT && bms_is_member(item, level_items(join->larg))))
			columns = add_fixed_columns(columns, join->quals, item);
		columns = bms_join(columns, feeds_fixed_columns(join->larg, item));
		return bms_join(columns, feeds_fixed_columns(join->rarg, item));
	}
	columns = add_fixed_columns(columns, castNode(FromExpr, node)->quals, item);
	foreach(lc, castNode(FromExpr, node)->fromlist)
		columns = bms_join(columns, feeds_fixed_columns(lfirst(lc), item));
	return columns;
}

/* The columns of an item that are outputs of its level, among some outputs. */
Bitmapset *
feeds_columns_of(Query *query, Bitmapset *outputs, Index item)
{
	Bitmapset  *columns = NULL;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Var		   *var = (Var *) strip_relabel((Node *) tle->expr);

		if (bms_is_member(tle->resno, outputs) && IsA(var, Var) &&
			var->varlevelsup == 0 && var->varno == item && var->varattno > 0)
			columns = bms_add_member(columns, var->varattno);
	}
	return columns;
}

/* Is an index unique on some of these columns, in every case? */
static bool
is_unique_on(HeapTuple tuple, Bitmapset *columns)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);

	if (!index->indisunique || !index->indimmediate || !index->indisvalid ||
		!heap_attisnull(tuple, Anum_pg_index_indpred, NULL))
		return false;
	for (int i = 0; i < index->indnkeyatts; i++)
		if (index->indkey.values[i] <= 0 ||
			!bms_is_member(index->indkey.values[i], columns))
			return false;
	return true;
}

/* Do these columns name one row of a relation at most? */
bool
tview_unique_on(const RangeTblEntry *rte, Bitmapset *columns)
{
	Relation	rel;
	bool		result = false;
	ListCell   *lc;

	/* The index of an inheritance parent knows nothing of its children. */
	if (rte->inh && rte->relkind == RELKIND_RELATION && has_subclass(rte->relid))
		return false;
	rel = relation_open(rte->relid, AccessShareLock);
	foreach(lc, RelationGetIndexList(rel))
	{
		HeapTuple	tuple = SearchSysCache1(INDEXRELID,
											ObjectIdGetDatum(lfirst_oid(lc)));

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for index %u", lfirst_oid(lc));
		result = result || is_unique_on(tuple, columns);
		ReleaseSysCache(tuple);
	}
	relation_close(rel, NoLock);
	return result;
}

/* Is every grouping column among these outputs, so that each has one row? */
static bool
groups_by(Query *query, Bitmapset *outputs)
{
	ListCell   *lc;

	if (query->groupClause == NIL || query->groupingSets != NIL)
		return false;
	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (get_sortgroupref_clause_noerr(tle->ressortgroupref, query->groupClause) &&
			!bms_is_member(tle->resno, outputs))
			return false;
	}
	return true;
}

static bool
item_is_unique_on(RangeTblEntry *rte, Bitmapset *columns)
{
	Query	   *query = rte->subquery;
	Bitmapset  *items;
	int			item;

	check_stack_depth();
	if (rte->rtekind == RTE_RELATION)
		return tview_unique_on(rte, columns);
	if (rte->rtekind != RTE_SUBQUERY || query->setOperations != NULL ||
		query->hasTargetSRFs)
		return false;
	if (groups_by(query, columns))
		return true;
	items = level_items((Node *) query->jointree);
	if (bms_membership(items) != BMS_SINGLETON || query->groupingSets != NIL)
		return false;
	item = bms_singleton_member(items);
	return item_is_unique_on(rt_fetch(item, query->rtable),
							 feeds_columns_of(query, columns, item));
}

/*
 * The item of a level of which given outputs name one row at most, or 0.
 */
Index
feeds_anchor(Query *query, Bitmapset *outputs)
{
	Bitmapset  *items = level_items((Node *) query->jointree);
	int			item = -1;

	if (query->setOperations != NULL)
		return 0;
	while ((item = bms_next_member(items, item)) >= 0)
		if (item_is_unique_on(rt_fetch(item, query->rtable),
							  feeds_columns_of(query, outputs, item)))
			return item;
	return 0;
}
