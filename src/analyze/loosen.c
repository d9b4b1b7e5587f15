/*
 * loosen.c
 *		Subqueries without what only chooses among their rows, or merges them.
 *
 * The planner looks at every row of a subquery with LIMIT, DISTINCT, grouping or
 * windows that is joined by another column than those it goes by.  A tracing query
 * may find too many keys, so it can do without: each row of such a subquery is one
 * that it has without them, but for columns computed from many rows.  Then the
 * subquery is a join like others, which indexes lead through.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

/* A subquery that has been loosened. */
typedef struct Loosened
{
	Query	   *query;
	Bitmapset  *lost;			/* columns computed from many rows: NULL */
	Bitmapset  *picked;			/* max, min: the value of one of the rows, or NULL */
	bool		may_be_empty;	/* where the subquery is not: a picked value shows it is not */
} Loosened;

/* UNION as UNION ALL, down to what is neither. */
static void
loosen_union(Node *node)
{
	SetOperationStmt *operation = (SetOperationStmt *) node;

	if (!IsA(node, SetOperationStmt) || operation->op != SETOP_UNION)
		return;
	operation->all = true;
	operation->groupClauses = NIL;
	loosen_union(operation->larg);
	loosen_union(operation->rarg);
}

/* What of a column one row tells; NULL for nothing. */
static Node *
loosened_column(TargetEntry *tle, bool may_pick, Loosened *loose)
{
	Node	   *expr = (Node *) tle->expr;
	Node	   *picked = picked_from(expr);

	if (!contain_windowfuncs(expr) && !contain_aggs_of_level(expr, 0))
		return expr;
	if (may_pick && picked != expr)
	{
		loose->picked = bms_add_member(loose->picked, tle->resno);
		return picked;
	}
	loose->lost = bms_add_member(loose->lost, tle->resno);
	return (Node *) makeNullConst(exprType(expr), exprTypmod(expr), exprCollation(expr));
}

/*
 * The rows before grouping, windows, DISTINCT and LIMIT.  Where a group shows one of
 * several values that are equal, but not the same, the row with that value need not be
 * the one with the greatest of another.
 */
static Loosened
loosen(const Query *original)
{
	Query	   *query = copyObject((Query *) original);
	bool		may_pick = inexact_group_exprs(query) == NIL;
	Loosened	loose = {query};
	List	   *columns = NIL;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			continue;
		tle->expr = (Expr *) loosened_column(tle, may_pick, &loose);
		tle->ressortgroupref = 0;
		columns = lappend(columns, tle);
	}
	loose.may_be_empty = query->groupClause == NIL && (query->hasAggs || query->havingQual);
	query->targetList = columns;
	query->groupClause = query->distinctClause = query->sortClause = query->windowClause = NIL;
	query->havingQual = query->limitCount = query->limitOffset = NULL;
	query->limitOption = LIMIT_OPTION_COUNT;
	query->hasAggs = query->hasWindowFuncs = query->hasDistinctOn = false;
	if (query->setOperations != NULL)
		loosen_union(query->setOperations);
	return loose;
}

/* Functions that return sets run in lockstep: none of them can be left out. */
static bool
can_be_loosened(const Query *query)
{
	return query->groupingSets == NIL && !query->hasTargetSRFs && query->rowMarks == NIL &&
		query->cteList == NIL;
}

/* The columns that are not what they were; a whole row is not either, then. */
static Bitmapset *
computed_columns(const Loosened *loose)
{
	Bitmapset  *columns = bms_union(loose->lost, loose->picked);

	return bms_is_empty(columns) ? NULL : bms_add_member(columns, InvalidAttrNumber);
}

/*
 * Does a condition, where it is true of a picked value, say so of the row that has
 * it?  picked: such columns of the item.
 */
static bool
holds_for_picked(Node *condition, Index item, Bitmapset *picked)
{
	OpExpr	   *op = (OpExpr *) condition;
	ListCell   *lc;

	if (!IsA(condition, OpExpr) || !op_strict(op->opno))
		return false;
	foreach(lc, op->args)
	{
		Node	   *arg = lfirst(lc);

		while (IsA(arg, RelabelType))
			arg = (Node *) ((RelabelType *) arg)->arg;
		if (!IsA(arg, Var) && bms_overlap(columns_of_item(arg, item), picked))
			return false;
	}
	return true;
}

/*
 * Keep the conditions that hold for rows of the loosened item.  Returns false where
 * one that ties it to others is lost.  used: the picked columns that are needed.
 */
static bool
keep_conditions(List *conditions, Index item, const Loosened *loose, List **kept,
				Bitmapset **used)
{
	ListCell   *lc;

	foreach(lc, conditions)
	{
		Node	   *condition = lfirst(lc);
		Bitmapset  *computed = bms_intersect(columns_of_item(condition, item),
											 computed_columns(loose));

		if (bms_is_empty(computed))
			*kept = lappend(*kept, condition);
		else if (bms_membership(varnos_of_level(condition, 0)) != BMS_MULTIPLE &&
				 !references_outside(condition))
			continue;			/* it only narrows the result */
		else if (!bms_is_subset(computed, loose->picked) ||
				 !holds_for_picked(condition, item, computed))
			return false;
		else
		{
			*used = bms_join(*used, computed);
			*kept = lappend(*kept, condition);
		}
	}
	return bms_membership(*used) != BMS_MULTIPLE;	/* each is of another row */
}

/* The columns of an item that a query reads elsewhere than in its WHERE clause. */
static Bitmapset *
columns_read(Query *query, Index item)
{
	Query		rest = *query;
	FromExpr	from = *query->jointree;

	from.quals = NULL;
	rest.jointree = &from;
	return columns_of_level(&rest, item);
}

static void
loosen_item(Query *query, Index item)
{
	RangeTblEntry *rte = rt_fetch(item, query->rtable);
	Loosened	loose;
	List	   *kept = NIL;
	Bitmapset  *used = NULL;

	if (rte->rtekind != RTE_SUBQUERY || !can_be_loosened(rte->subquery))
		return;
	loose = loosen(rte->subquery);
	if (!keep_conditions(split_conjuncts(query->jointree->quals), item, &loose, &kept, &used) ||
		bms_overlap(columns_read(query, item), computed_columns(&loose)) ||
		(loose.may_be_empty && bms_is_empty(used)))
		return;
	loosen_subqueries(loose.query);
	rte->subquery = loose.query;
	query->jointree->quals = kept ? (Node *) make_ands_explicit(kept) : NULL;
}

/* Items of which each row of the query has a row: joined, and not missing. */
static void
loosen_items(Query *query, Node *node)
{
	ListCell   *lc;

	check_stack_depth();
	if (IsA(node, RangeTblRef))
		loosen_item(query, ((RangeTblRef *) node)->rtindex);
	else if (IsA(node, JoinExpr) && ((JoinExpr *) node)->jointype == JOIN_INNER)
	{
		loosen_items(query, ((JoinExpr *) node)->larg);
		loosen_items(query, ((JoinExpr *) node)->rarg);
	}
	else if (IsA(node, FromExpr))
		foreach(lc, ((FromExpr *) node)->fromlist)
			loosen_items(query, lfirst(lc));
}

/* The branches of UNION: all their columns are needed, by position. */
static void
loosen_branches(Query *query, Node *node)
{
	RangeTblEntry *rte;
	Query	   *loose;

	if (IsA(node, SetOperationStmt))
	{
		if (((SetOperationStmt *) node)->op == SETOP_UNION)
		{
			loosen_branches(query, ((SetOperationStmt *) node)->larg);
			loosen_branches(query, ((SetOperationStmt *) node)->rarg);
		}
		return;
	}
	rte = rt_fetch(((RangeTblRef *) node)->rtindex, query->rtable);
	loose = loosened_query(rte->subquery, true);
	if (loose != NULL)
	{
		loosen_subqueries(loose);
		rte->subquery = loose;
	}
}

/* Loosen the subqueries that a tracing query joins, in place, as far as they can be. */
void
loosen_subqueries(Query *query)
{
	if (query->setOperations != NULL)
		loosen_branches(query, query->setOperations);
	else
		loosen_items(query, (Node *) query->jointree);
}

/*
 * The rows of a query without what chooses among them; NULL if that would lose columns, where
 * they are needed, or the only row.
 */
Query *
loosened_query(const Query *query, bool columns_needed)
{
	Loosened	loose;

	if (!can_be_loosened(query))
		return NULL;
	loose = loosen(query);
	return loose.may_be_empty ||
		(columns_needed && computed_columns(&loose) != NULL) ? NULL : loose.query;
}
