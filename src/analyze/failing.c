/*
 * failing.c
 *		Expressions that cannot fail, whatever the values in them, and what is known
 *		of those that can.
 *
 * A condition or a cast may rely on another condition to keep it from failing:
 * x <> 0 AND 10 / x > 1.  What cannot fail may be evaluated without it.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "base/attempt.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

static bool
varies_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Const:
		case T_List:
		case T_FuncExpr:
		case T_OpExpr:
		case T_RelabelType:
			return expression_tree_walker(node, varies_walker, context);
		default:
			return true;
	}
}

/*
 * Computed from constants alone, by immutable functions?  The planner does so
 * before any row is read: where that fails, the definition fails as well.
 */
static bool
is_constant(Node *node)
{
	return !varies_walker(node, NULL) && !contain_mutable_functions(node);
}

/* Comparisons do not fail, nor does what is declared not to tell of its arguments. */
static bool
operator_can_fail(Oid operator)
{
	return !get_func_leakproof(get_opcode(operator)) &&
		get_op_index_interpretation(operator) == NIL;
}

static bool
can_fail_walker(Node *node, void *context)
{
	const bool *constants_can_fail = context;

	if (node == NULL || (!*constants_can_fail && is_constant(node)))
		return false;
	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_Var:
		case T_Const:
		case T_List:
		case T_TargetEntry:
		case T_BoolExpr:
		case T_NullTest:
		case T_BooleanTest:
		case T_RelabelType:
		case T_CoalesceExpr:
			break;
		case T_ArrayExpr:		/* arrays in it may differ in size */
			if (((ArrayExpr *) node)->multidims)
				return true;
			break;
		case T_FuncExpr:
			if (!get_func_leakproof(((FuncExpr *) node)->funcid))
				return true;
			break;
		case T_OpExpr:
		case T_DistinctExpr:
			if (operator_can_fail(((OpExpr *) node)->opno))
				return true;
			break;
		case T_ScalarArrayOpExpr:
			if (operator_can_fail(((ScalarArrayOpExpr *) node)->opno))
				return true;
			break;
		default:
			return true;
	}
	return expression_tree_walker(node, can_fail_walker, context);
}

/* Can evaluating an expression, or a list of them, fail for some values?  "Yes" may be wrong. */
bool
tview_can_fail(Node *node)
{
	bool		constants_can_fail = false;

	return can_fail_walker(node, &constants_can_fail);
}

static void
fold(void *arg)
{
	Node	  **node = arg;

	*node = eval_const_expressions(NULL, *node);
}

/*
 * What an expression comes to where the columns replaced by NULL are so; NULL where
 * computing parts of it fails, which the definition may do for no row: not those of CASE
 * that it does not come to.
 */
Node *
tview_fold(Node *node)
{
	bool		constants_can_fail = true;

	if (!can_fail_walker(node, &constants_can_fail))
		fold(&node);
	else if (tview_attempt(fold, &node) != NULL)
		return NULL;
	return node;
}
