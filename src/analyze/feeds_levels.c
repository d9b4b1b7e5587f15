/*
 * feeds_levels.c
 *		How query levels bring the rows below them to a path.
 */
#include "base/compat.h"

#include "analyze/feeds_private.h"
#include "analyze/focus.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"

/* The level so many levels up, NULL beyond the definition. */
FeedLevel *
feed_level_above(FeedLevel *level, Index levels)
{
	while (levels-- > 0 && level != NULL)
		level = level->outer;
	return level;
}

/* Every base relation below a node. */
static bool
all_relations_walker(Node *node, FeedWalk *walk)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_RELATION)
			feed_note(walk, rte, 0);
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, all_relations_walker, walk,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, all_relations_walker, walk);
}

/* Any row that a recursive query reads can influence any that it returns. */
static void
feed_recursive(FeedWalk *walk, RangeTblEntry *rte)
{
	FeedLevel  *level = feed_level_above(walk->level, rte->ctelevelsup);
	FeedWalk	inner = *walk;
	ListCell   *lc;

	inner.mode = Max(walk->mode, FEED_VALUE);
	if (level == NULL)
		return;
	foreach(lc, level->query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (strcmp(cte->ctename, rte->ctename) == 0)
			all_relations_walker(cte->ctequery, &inner);
	}
}

/* A subquery in FROM, as a level whose rows its level asks for. */
static FeedLevel
level_of_item(FeedLevel *level, Index item)
{
	RangeTblEntry *rte = rt_fetch(item, level->query->rtable);
	FeedLevel	inner = {rte->subquery, level};
	Bitmapset  *fixed;

	/* Members of a set operation are no items. */
	fixed = level->query->setOperations != NULL ? NULL :
		feeds_columns_of(level->query, level->fixed, item);
	if (level->query->setOperations == NULL && item != level->anchor)
		fixed = bms_join(fixed,
						 feeds_fixed_columns((Node *) level->query->jointree, item));
	inner.fixed = fixed;
	inner.anchor = feeds_anchor(rte->subquery, fixed);
	inner.covered = level->covered;
	return inner;
}

/* The rows of an item: what they are made of decides which there are. */
static void
feed_item_rows(FeedWalk *walk, Index item)
{
	RangeTblEntry *rte = rt_fetch(item, walk->level->query->rtable);

	if (rte->rtekind == RTE_RELATION)
		feed_note(walk, rte, 0);
	else if (rte->rtekind == RTE_SUBQUERY)
	{
		FeedLevel	level = level_of_item(walk->level, item);
		FeedWalk	inner = *walk;

		inner.level = &level;
		feed_rows(&inner);
	}
	else if (rte->rtekind == RTE_CTE)
		feed_recursive(walk, rte);
}

/* What decides which row of an item is joined feeds what shows of the item. */
static void
feed_choice(FeedWalk *walk, Index item)
{
	FeedLevel  *level = walk->level;
	FeedWalk	inner = *walk;
	List	   *ties;
	Bitmapset  *group;
	int			member = -1;
	ListCell   *lc;

	CHECK_FOR_INTERRUPTS();
	inner.mode = FEED_ROWS;
	if (!level_is_flat(level->query))
	{
		feed_rows(&inner);
		return;
	}
	level->busy = true;
	ties = feeds_ties(level->query);
	group = feeds_tied_items(ties, item, level->anchor);
	foreach(lc, ties)
	{
		FeedTie    *tie = lfirst(lc);

		if (bms_overlap(tie->items, group))
			feed_walker(tie->condition, &inner);
	}
	while ((member = bms_next_member(group, member)) >= 0)
		if (feeds_can_be_missing((Node *) level->query->jointree, member))
			feed_item_rows(&inner, member);
	level->busy = false;
}

static void
feed_item(FeedWalk *walk, Index item, AttrNumber attno)
{
	FeedLevel  *level = walk->level;
	RangeTblEntry *rte = rt_fetch(item, level->query->rtable);
	FeedWalk	inner = *walk;
	FeedLevel	inner_level;

	switch (rte->rtekind)
	{
		case RTE_RELATION:
			feed_note(walk, rte, attno);
			break;
		case RTE_SUBQUERY:
			inner_level = level_of_item(level, item);
			inner.level = &inner_level;
			feed_output(&inner, attno);
			break;
		case RTE_CTE:
			feed_recursive(walk, rte);
			break;
		case RTE_FUNCTION:
			feed_mode(walk, (Node *) rte->functions, FEED_VALUE);
			break;
		case RTE_TABLEFUNC:
			feed_mode(walk, (Node *) rte->tablefunc, FEED_VALUE);
			break;
		case RTE_VALUES:
			feed_mode(walk, (Node *) rte->values_lists, FEED_VALUE);
			break;
		default:
			break;
	}
	if (!level->covered && !level->busy && item != level->anchor)
		feed_choice(walk, item);
}

void
feed_var(FeedWalk *walk, Var *var)
{
	FeedWalk	inner = *walk;

	inner.level = feed_level_above(walk->level, var->varlevelsup);
	if (inner.level != NULL)
		feed_item(&inner, var->varno, var->varattno);
}

/* Is this a set operation that drops duplicates somewhere? */
static bool
compares_rows(Node *node)
{
	SetOperationStmt *op = (SetOperationStmt *) node;

	if (op == NULL || IsA(op, RangeTblRef))
		return false;
	return op->op != SETOP_UNION || !op->all ||
		compares_rows(op->larg) || compares_rows(op->rarg);
}

static Bitmapset *
set_operation_members(Node *node)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, RangeTblRef))
		return bms_make_singleton(((RangeTblRef *) node)->rtindex);
	return bms_join(set_operation_members(((SetOperationStmt *) node)->larg),
					set_operation_members(((SetOperationStmt *) node)->rarg));
}

/* An output of each member of a set operation, or all of them. */
static void
feed_set_operation(FeedWalk *walk, AttrNumber attno)
{
	Bitmapset  *members = set_operation_members(walk->level->query->setOperations);
	bool		covered = walk->level->covered;
	int			member = -1;

	if (!covered)
		feed_rows(walk);
	walk->level->covered = true;
	while ((member = bms_next_member(members, member)) >= 0)
	{
		FeedLevel	level = level_of_item(walk->level, member);
		FeedWalk	inner = *walk;

		inner.level = &level;
		feed_output(&inner, attno);
	}
	walk->level->covered = covered;
}

/* An output column of a level; all of them for 0. */
void
feed_output(FeedWalk *walk, AttrNumber attno)
{
	Query	   *query = walk->level->query;
	ListCell   *lc;

	check_stack_depth();
	if (query->setOperations != NULL)
	{
		feed_set_operation(walk, attno);
		return;
	}
	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resno == attno)
			feed_walker((Node *) tle->expr, walk);
		else if (attno == InvalidAttrNumber && !tle->resjunk)
			feed_mode(walk, (Node *) tle->expr, FEED_VALUE);
	}
}

/* The expressions of a level that can decide which rows it has. */
static void
feed_row_expressions(FeedWalk *walk)
{
	Query	   *query = walk->level->query;
	ListCell   *lc;

	foreach(lc, feeds_ties(query))
		feed_walker(((FeedTie *) lfirst(lc))->condition, walk);
	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->ressortgroupref != 0 || expression_returns_set((Node *) tle->expr))
			feed_walker((Node *) tle->expr, walk);
	}
	feed_walker(query->havingQual, walk);
	feed_walker(query->limitOffset, walk);
	feed_walker(query->limitCount, walk);
}

/* Everything that decides which rows a level has feeds the path. */
void
feed_rows(FeedWalk *walk)
{
	FeedLevel  *level = walk->level;
	FeedWalk	inner = *walk;
	Bitmapset  *items;
	int			item = -1;

	check_stack_depth();
	if (level->busy)
		return;
	level->busy = true;
	inner.mode = FEED_ROWS;
	items = level_items((Node *) level->query->jointree);
	items = bms_join(items, set_operation_members(level->query->setOperations));
	while ((item = bms_next_member(items, item)) >= 0)
		feed_item_rows(&inner, item);
	feed_row_expressions(&inner);
	if (compares_rows(level->query->setOperations))
	{
		bool		covered = level->covered;

		level->covered = true;
		feed_set_operation(&inner, InvalidAttrNumber);
		level->covered = covered;
	}
	level->busy = false;
}
