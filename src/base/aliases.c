/*
 * aliases.c
 *		Columns of joins, by the names that USING and aliases give them.
 */
#include "base/compat.h"

#include "base/sandbox.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"

typedef struct MergedContext
{
	List	   *levels;			/* of Query, the innermost first */
	List	   *found;
} MergedContext;

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

static bool
merged_walker(Node *node, MergedContext *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;
		Query	   *query;

		if (var->varlevelsup == 0 || var->varlevelsup >= list_length(context->levels))
			return false;
		query = list_nth(context->levels, var->varlevelsup);
		if (rt_fetch(var->varno, query->rtable)->rtekind == RTE_JOIN)
			context->found = lappend_int(context->found, var->varlevelsup);
		return false;
	}
	if (IsA(node, Query))
	{
		bool		result;

		context->levels = lcons(node, context->levels);
		result = query_tree_walker((Query *) node, merged_walker, context, 0);
		context->levels = list_delete_first(context->levels);
		return result;
	}
	return expression_tree_walker(node, merged_walker, context);
}

/*
 * How subqueries refer to columns that USING has merged, of enclosing levels: a list
 * of how many levels up these are, in the order of the query tree.
 *
 * The server writes such a column without the name of its join, which in a subquery can
 * be that of a column there: what is parsed from the SQL has one reference less.
 */
List *
tview_merged_references(Query *query)
{
	MergedContext context = {NIL, NIL};

	merged_walker((Node *) query, &context);
	return context.found;
}
