/*
 * substitute.c
 *		Rewrites Vars of one query level, at any depth below it.
 */
#include "base/compat.h"

#include "analyze/focus.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"

static Node *
output_for(Var *var, Substitution *substitution)
{
	ListCell   *lc;

	foreach(lc, substitution->outputs)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resno == var->varattno)
		{
			Node	   *expr = copyObject((Node *) tle->expr);

			if (substitution->sublevels_up > 0)
				IncrementVarSublevelsUp(expr, substitution->sublevels_up, 0);
			return expr;
		}
	}
	return NULL;
}

static Node *
substitute_var(Var *var, Substitution *substitution)
{
	Node	   *expr = NULL;

	if (bms_is_member(var->varno, substitution->nulled))
		return (Node *) makeNullConst(var->vartype, var->vartypmod, var->varcollid);
	if (!bms_is_member(var->varno, substitution->unknown))
	{
		if (substitution->item == 0 || var->varno != substitution->item)
			return copyObject((Node *) var);
		expr = output_for(var, substitution);
	}
	if (expr != NULL)
		return expr;
	substitution->unavailable = true;
	return copyObject((Node *) var);
}

static Node *
substitute_mutator(Node *node, Substitution *substitution)
{
	if (node == NULL)
		return NULL;
	check_stack_depth();
	if (IsA(node, Var) &&
		((Var *) node)->varlevelsup == substitution->sublevels_up)
		return substitute_var((Var *) node, substitution);
	if (IsA(node, Query))
	{
		Query	   *result;

		substitution->sublevels_up++;
		result = query_tree_mutator((Query *) node, substitute_mutator,
									substitution, 0);
		substitution->sublevels_up--;
		return (Node *) result;
	}
	return expression_tree_mutator(node, substitute_mutator, substitution);
}

/*
 * Replace Vars of the current level in an expression (or, for a Query, in what
 * lies below it) as the substitution says.  Returns a new tree; sets
 * substitution->unavailable where some Var has no replacement, and then the
 * tree must not be used.
 */
Node *
substitute_vars(Node *node, Substitution *substitution)
{
	InexactReferences refs = {.item = substitution->item, .columns = substitution->inexact};

	substitution->unavailable = substitution->inexact != NULL && misuses_inexact(node, refs);
	substitution->sublevels_up = 0;
	return substitute_mutator(node, substitution);
}

/*
 * Replace Vars of a query's own level everywhere in it, in place.  Vars without
 * a replacement stay.
 */
void
substitute_level(Query *query, Substitution *substitution)
{
	Query	   *result;

	substitution->sublevels_up = 0;
	result = query_tree_mutator(query, substitute_mutator, substitution, 0);
	*query = *result;
}

/* An expression without the casts that leave its value as it is. */
Node *
strip_relabel(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

/* The conditions ANDed in a WHERE or ON clause, as a fresh list. */
List *
split_conjuncts(Node *quals)
{
	List	   *result = NIL;
	ListCell   *lc;

	if (quals == NULL)
		return NIL;
	if (IsA(quals, List))
	{
		foreach(lc, (List *) quals)
			result = list_concat(result, split_conjuncts(lfirst(lc)));
		return result;
	}
	if (!is_andclause(quals))
		return list_make1(quals);
	foreach(lc, ((BoolExpr *) quals)->args)
		result = list_concat(result, split_conjuncts(lfirst(lc)));
	return result;
}

typedef struct VarnosContext
{
	Bitmapset  *varnos;
	int			level;
} VarnosContext;

static bool
varnos_walker(Node *node, VarnosContext *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Var))
	{
		if (((Var *) node)->varlevelsup == context->level)
			context->varnos = bms_add_member(context->varnos,
											 ((Var *) node)->varno);
		return false;
	}
	if (IsA(node, Query))
	{
		bool		result;

		context->level++;
		result = query_tree_walker((Query *) node, varnos_walker, context, 0);
		context->level--;
		return result;
	}
	return expression_tree_walker(node, varnos_walker, context);
}

/*
 * Items of the query `level` levels up that an expression refers to, in itself
 * or in subqueries.  A Query counts as an expression: its own items are one
 * level further down.
 */
Bitmapset *
varnos_of_level(Node *node, int level)
{
	VarnosContext context = {NULL, level};

	varnos_walker(node, &context);
	return context.varnos;
}

typedef struct ColumnsContext
{
	Index		item;
	int			level;
	Bitmapset  *columns;
} ColumnsContext;

static bool
columns_walker(Node *node, ColumnsContext *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		if (var->varlevelsup == context->level && var->varno == context->item)
			context->columns = bms_add_member(context->columns,
											  Max(var->varattno, InvalidAttrNumber));
		return false;
	}
	if (IsA(node, Query))
	{
		bool		result;

		context->level++;
		result = query_tree_walker((Query *) node, columns_walker, context, 0);
		context->level--;
		return result;
	}
	return expression_tree_walker(node, columns_walker, context);
}

/* The columns of an item that an expression of its level reads; 0 stands for a whole row
 * or a system column. */
Bitmapset *
columns_of_item(Node *node, Index item)
{
	ColumnsContext context = {item, 0, NULL};

	columns_walker(node, &context);
	return context.columns;
}

/* The same for the level itself. */
Bitmapset *
columns_of_level(Query *query, Index item)
{
	ColumnsContext context = {item, -1, NULL};

	columns_walker((Node *) query, &context);
	return context.columns;
}

static bool
outside_walker(Node *node, int *level)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Var))
		return ((Var *) node)->varlevelsup > *level;
	if (IsA(node, Query))
	{
		bool		result;

		(*level)++;
		result = query_tree_walker((Query *) node, outside_walker, level, 0);
		(*level)--;
		return result;
	}
	return expression_tree_walker(node, outside_walker, level);
}

/* Does an expression of a level refer to levels that enclose it? */
bool
references_outside(Node *node)
{
	int			level = 0;

	return outside_walker(node, &level);
}

static bool
contains_walker(Node *node, Node *wanted)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (node == wanted)
		return true;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, contains_walker, wanted, 0);
	return expression_tree_walker(node, contains_walker, wanted);
}

/* Is this very node, by address, part of the tree? */
bool
contains_node(Node *tree, Node *wanted)
{
	return contains_walker(tree, wanted);
}
