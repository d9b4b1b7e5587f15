/*
 * aliases.c
 *		Columns of joins, by the names that USING and aliases give them.
 */
#include "base/compat.h"

#include "base/sandbox.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"

/*
 * A column is the same above and below an outer join, for which the server could not
 * resolve some, and is to be deparsed as that of its item, not of a join.
 */
static bool
plain_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Var))
	{
		var_forget_outer_joins((Var *) node);
		((Var *) node)->varnosyn = 0;
		((Var *) node)->varattnosyn = 0;
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, plain_walker, context, 0);
	return expression_tree_walker(node, plain_walker, context);
}

static Node *
flatten(Query *query, Node *node)
{
	return node == NULL ? NULL : flatten_join_alias_vars_compat(query, node);
}

static void
flatten_rte(Query *query, RangeTblEntry *rte)
{
	switch (rte->rtekind)
	{
		case RTE_SUBQUERY:
			if (rte->lateral)
				rte->subquery = (Query *) flatten(query, (Node *) rte->subquery);
			break;
		case RTE_FUNCTION:
			rte->functions = (List *) flatten(query, (Node *) rte->functions);
			break;
		case RTE_TABLEFUNC:
			rte->tablefunc = (TableFunc *) flatten(query, (Node *) rte->tablefunc);
			break;
		case RTE_VALUES:
			rte->values_lists = (List *) flatten(query, (Node *) rte->values_lists);
			break;
		default:
			break;
	}
}

/*
 * In one level of a query, let Vars of join aliases and of grouping columns become the
 * expressions they stand for.  In place.  All columns become those of plain items.
 */
void
tview_resolve_aliases(Query *query)
{
	ListCell   *lc;

	query_tree_walker(query, plain_walker, NULL, 0);
	if (query_has_group_rte(query))
	{
		query->targetList = (List *)
			flatten_group_exprs_compat(query, (Node *) query->targetList);
		query->havingQual = query->havingQual == NULL ? NULL :
			flatten_group_exprs_compat(query, query->havingQual);
		query_drop_group_rte(query);
	}
	query->targetList = (List *) flatten(query, (Node *) query->targetList);
	query->havingQual = flatten(query, query->havingQual);
	query->jointree = (FromExpr *) flatten(query, (Node *) query->jointree);
	foreach(lc, query->rtable)
		flatten_rte(query, lfirst_node(RangeTblEntry, lc));
}
