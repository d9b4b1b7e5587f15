/*
 * merging.c
 *		Which conditions a subquery that merges rows takes: grouped, distinct, windowed, or a
 *		set operation.
 *
 * What the condition compares has to be what the subquery groups, partitions or is distinct
 * by, under the same notion of equality.  Then it keeps, or leaves out, all rows of a group
 * together, and where it leaves them out, the join would have done so.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "analyze/inward.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

static bool
merges_rows(Query *query)
{
	return query->groupClause != NIL || query->windowClause != NIL ||
		query->distinctClause != NIL || query->setOperations != NULL;
}

/* Does a query, or one of those that it reads, merge rows? */
bool
contains_merging(Query *query)
{
	ListCell   *lc;

	check_stack_depth();
	if (merges_rows(query))
		return true;
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_SUBQUERY && contains_merging(rte->subquery))
			return true;
	}
	return false;
}

/* Are rows that are equal in an output, as an operator sees it, treated alike by these clauses? */
static bool
clauses_agree(List *clauses, TargetEntry *tle, Oid operator)
{
	ListCell   *lc;

	foreach(lc, clauses)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);

		if (clause->tleSortGroupRef == tle->ressortgroupref)
			return equality_ops_are_compatible(clause->eqop, operator);
	}
	return clauses == NIL;
}

static bool
windows_agree(List *windows, TargetEntry *tle, Oid operator)
{
	ListCell   *lc;

	foreach(lc, windows)
		if (lfirst_node(WindowClause, lc)->partitionClause == NIL ||
			!clauses_agree(lfirst_node(WindowClause, lc)->partitionClause, tle, operator))
			return false;
	return true;
}

/* May an output be compared before rows are merged: computed from one row, and never failing? */
bool
is_plain(TargetEntry *tle)
{
	return !contain_aggs_of_level((Node *) tle->expr, 0) &&
		!contain_windowfuncs((Node *) tle->expr) &&
		!checkExprHasSubLink((Node *) tle->expr) && !tview_can_fail((Node *) tle->expr);
}

/*
 * May rows of a query be left out, windows apart, that do not satisfy a condition on an output?
 * Not where they are in an order, on which an aggregate above may rely.
 */
static bool
admits_condition(Query *query, TargetEntry *tle, const InwardCondition *condition)
{
	Oid			operator = condition->op->opno;

	return query->limitCount == NULL && query->limitOffset == NULL &&
		query->groupingSets == NIL && !query->hasTargetSRFs &&
		(query->sortClause == NIL || query->distinctClause != NIL) &&
		!output_tells_equals_apart(query, tle->resno) &&
		(query->groupClause != NIL || !query->hasAggs) && is_plain(tle) &&
		condition->op->inputcollid == exprCollation((Node *) tle->expr) &&
		clauses_agree(query->groupClause, tle, operator) &&
		clauses_agree(query->distinctClause, tle, operator);
}

/* One side of a condition: its column becomes an expression, with the same casts. */
static Node *
replace_column(Node *side, Expr *value)
{
	RelabelType *copy;

	if (!IsA(side, RelabelType))
		return (Node *) copyObject(value);
	copy = copyObject((RelabelType *) side);
	copy->arg = (Expr *) replace_column((Node *) ((RelabelType *) side)->arg, value);
	return (Node *) copy;
}

static void
add_condition(Query *query, TargetEntry *tle, const InwardCondition *condition, int depth)
{
	OpExpr	   *op = copyObject(condition->op);
	List	   *conjuncts = split_conjuncts(query->jointree->quals);

	IncrementVarSublevelsUp(list_nth(op->args, 1 - condition->side), depth, 0);
	list_nth_cell(op->args, condition->side)->ptr_value =
		replace_column(list_nth(op->args, condition->side), tle->expr);
	query->jointree->quals = (Node *) make_ands_explicit(lappend(conjuncts, op));
}

/* The rows that a condition wants decide which partitions of the windows are computed. */
static void
bring_into_partitions(Query *query, TargetEntry *tle, const InwardCondition *condition,
					  int depth)
{
	TargetEntry *inner = copyObject(tle);
	Query	   *partitions;

	*query = *by_partitions(query, NIL, &partitions);
	IncrementVarSublevelsUp((Node *) inner, 1, 1);
	add_condition(partitions, inner, condition, depth + 1);
}

/* The same into all branches of UNION and INTERSECT that take it; their results are filtered above. */
static bool
bring_into_branches(Query *query, Node *node, const InwardCondition *condition, int depth)
{
	SetOperationStmt *setop = (SetOperationStmt *) node;
	bool		left;
	bool		right;

	if (IsA(node, RangeTblRef))
		return bring_into(rt_fetch(((RangeTblRef *) node)->rtindex, query->rtable)->subquery,
						  condition, depth + 1);
	if (setop->op == SETOP_EXCEPT)
		return false;
	if (setop->groupClauses != NIL &&
		!equality_ops_are_compatible(list_nth_node(SortGroupClause, setop->groupClauses,
												   condition->attno - 1)->eqop,
									 condition->op->opno))
		return false;
	left = bring_into_branches(query, setop->larg, condition, depth);
	right = bring_into_branches(query, setop->rarg, condition, depth);
	return left || right;
}

/* Bring a condition into a query that is so many levels below it, if it takes it. */
bool
bring_into(Query *query, const InwardCondition *condition, int depth)
{
	TargetEntry *tle = get_tle_by_resno(query->targetList, condition->attno);
	Node	   *column = strip_relabel(list_nth(condition->op->args, condition->side));

	check_stack_depth();
	if (query->setOperations != NULL)
		return query->limitCount == NULL && query->limitOffset == NULL &&
			bring_into_branches(query, query->setOperations, condition, depth);
	if (exprType((Node *) tle->expr) != exprType(column) ||
		!admits_condition(query, tle, condition))
		return false;
	if (windows_agree(query->windowClause, tle, condition->op->opno))
		add_condition(query, tle, condition, depth);
	else if (has_partitions(query))
		bring_into_partitions(query, tle, condition, depth);
	else
		return false;
	return true;
}
