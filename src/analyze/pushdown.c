/*
 * pushdown.c
 *		Conditions on the key that the planner would apply too early.
 *
 * 1.5 and 1.50 make one group, but not one text.  Where a query asks for the row
 * whose key is x::text = '1.5', and x is what a subquery is grouped by, the planner
 * filters before it groups, and finds the group of 1.5 alone.  So it may do: a
 * view does not say which of them it shows.  But a tview has one row for the
 * group, computed from all of it.
 *
 * It happens where the key, or what is compared with something, is computed from
 * such values.  Such definitions are evaluated behind a fence.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

/* Outputs of a query, by resno. */
typedef struct Outputs
{
	Bitmapset  *unequal;		/* one of several values that are equal */
	Bitmapset  *computed;		/* computed from such */
	bool		compared;		/* something is compared with what is computed */
} Outputs;

static Outputs unequal_outputs(Query *query);

static bool
mentions_walker(Node *node, InexactReferences *refs)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (is_inexact(node, *refs))
		return true;
	if (IsA(node, Query))
	{
		bool		result;

		refs->level++;
		result = query_tree_walker((Query *) node, mentions_walker, refs, 0);
		refs->level--;
		return result;
	}
	return expression_tree_walker(node, mentions_walker, refs);
}

static bool
mentions(Node *node, InexactReferences refs)
{
	return mentions_walker(node, &refs);
}

typedef struct CompareContext
{
	InexactReferences unequal;
	InexactReferences computed;
} CompareContext;

/* Is an expression computed from unequal values? */
static bool
is_computed(Node *node, const CompareContext *context)
{
	return mentions(node, context->computed) ||
		(!is_inexact(node, context->unequal) && misuses_inexact(node, context->unequal));
}

static bool
compares_walker(Node *node, CompareContext *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, OpExpr) &&
		op_mergejoinable(((OpExpr *) node)->opno, exprType(linitial(((OpExpr *) node)->args))) &&
		(is_computed(linitial(((OpExpr *) node)->args), context) ||
		 is_computed(llast(((OpExpr *) node)->args), context)))
		return true;
	if (IsA(node, Query))
	{
		bool		result;

		context->unequal.level++;
		context->computed.level++;
		result = query_tree_walker((Query *) node, compares_walker, context, 0);
		context->unequal.level--;
		context->computed.level--;
		return result;
	}
	return expression_tree_walker(node, compares_walker, context);
}

/* Note what becomes of some values in the outputs and conditions of a level. */
static void
note_values(Query *query, CompareContext *context, Outputs *outputs)
{
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (is_inexact((Node *) tle->expr, context->unequal))
			outputs->unequal = bms_add_member(outputs->unequal, tle->resno);
		else if (is_computed((Node *) tle->expr, context))
			outputs->computed = bms_add_member(outputs->computed, tle->resno);
	}
	outputs->compared = outputs->compared || query_tree_walker(query, compares_walker, context, 0);
}

/* The subqueries of a level; those in its expressions come by themselves. */
static void
note_items(Query *query, Outputs *outputs)
{
	for (int item = 1; item <= list_length(query->rtable); item++)
	{
		RangeTblEntry *rte = rt_fetch(item, query->rtable);
		CompareContext context = {0};
		Outputs		inner;

		if (rte->rtekind != RTE_SUBQUERY)
			continue;
		inner = unequal_outputs(rte->subquery);
		outputs->compared = outputs->compared || inner.compared;
		if (query->setOperations != NULL)
		{
			outputs->unequal = bms_join(outputs->unequal, inner.unequal);
			outputs->computed = bms_join(outputs->computed, inner.computed);
			continue;
		}
		context.unequal.item = context.computed.item = item;
		context.unequal.columns = inner.unequal;
		context.computed.columns = inner.computed;
		note_values(query, &context, outputs);
	}
}

static bool
sublinks_walker(Node *node, bool *compared)
{
	if (node == NULL || *compared)
		return false;
	if (IsA(node, SubLink))
		*compared = unequal_outputs((Query *) ((SubLink *) node)->subselect).compared;
	if (IsA(node, Query))
		return false;
	return expression_tree_walker(node, sublinks_walker, compared);
}

/* What a level groups or partitions by, where equal values need not be the same. */
static List *
unequal_groups(Query *query)
{
	List	   *exprs = inexact_group_exprs(query);
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, query->windowClause)
		foreach(lc2, lfirst_node(WindowClause, lc)->partitionClause)
		{
			Node	   *expr = get_sortgroupclause_expr(lfirst_node(SortGroupClause, lc2),
														query->targetList);

			if (!is_exact(expr))
				exprs = lappend(exprs, expr);
		}
	return exprs;
}

static Outputs
unequal_outputs(Query *query)
{
	Outputs		outputs = {0};
	CompareContext groups = {{.exprs = unequal_groups(query)}};
	ListCell   *lc;

	check_stack_depth();
	note_items(query, &outputs);
	if (groups.unequal.exprs != NIL)
		note_values(query, &groups, &outputs);
	query_tree_walker(query, sublinks_walker, &outputs.compared, QTW_IGNORE_RT_SUBQUERIES);
	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if ((query->setOperations != NULL && merges_unequal(query->setOperations, tle->resno)) ||
			(query->distinctClause != NIL && !is_exact((Node *) tle->expr)))
			outputs.unequal = bms_add_member(outputs.unequal, tle->resno);
	}
	return outputs;
}

/* Is an output computed from what, further inside, equal values were merged by? */
bool
output_tells_equals_apart(Query *query, AttrNumber resno)
{
	return bms_is_member(resno, unequal_outputs(query).computed);
}

/*
 * Can a condition on the key reach what rows are grouped by, and tell values apart
 * that are equal there?
 */
bool
tview_needs_fence(Query *expanded, const AttrNumber *keys, int nkeys)
{
	Outputs		outputs = unequal_outputs(expanded);

	for (int i = 0; i < nkeys; i++)
		if (bms_is_member(keys[i], outputs.computed))
			return true;
	return outputs.compared;
}
