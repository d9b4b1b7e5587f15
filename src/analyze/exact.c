/*
 * exact.c
 *		Values that are equal, but not the same.
 *
 * GROUP BY, DISTINCT and set operations show one row for all that are equal:
 * 1.50 and 1.5 make one group, and which of them it shows is not the changed
 * row's to say.  So an output of theirs, as a changed row has it, may stand in for
 * what the query shows where the type's own comparisons look at it, and as a key,
 * which is compared in the same way; but nothing can be computed from it.
 */
#include "base/compat.h"

#include "access/nbtree.h"
#include "analyze/focus.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* Are values of this type the same, byte for byte, if they are equal? */
static bool
equal_is_same(Oid type, Oid collation)
{
	Oid			base = getBaseType(type);
	Oid			element = get_base_element_type(base);
	TypeCacheEntry *typcache;
	Oid			function;

	if (OidIsValid(element))
		return equal_is_same(element, collation);
	if (base == BPCHAROID)
		return false;			/* trailing blanks do not count */
	typcache = lookup_type_cache(base, TYPECACHE_BTREE_OPFAMILY);
	if (!OidIsValid(typcache->btree_opf))
		return false;
	function = get_opfamily_proc(typcache->btree_opf, typcache->btree_opintype,
								 typcache->btree_opintype, BTEQUALIMAGE_PROC);
	if (!OidIsValid(collation))
		collation = DEFAULT_COLLATION_OID;
	return OidIsValid(function) &&
		DatumGetBool(OidFunctionCall1Coll(function, collation,
										  ObjectIdGetDatum(typcache->btree_opintype)));
}

/* Is a value the same wherever one that is equal to it could stand? */
bool
is_exact(Node *expr)
{
	return equal_is_same(exprType(expr), exprCollation(expr));
}

/* Does a set operation take rows for one whose values in a column are not the same? */
bool
merges_unequal(Node *node, int column)
{
	SetOperationStmt *op = (SetOperationStmt *) node;

	if (IsA(node, RangeTblRef))
		return false;
	if ((op->op != SETOP_UNION || !op->all) &&
		!equal_is_same(list_nth_oid(op->colTypes, column - 1),
					   list_nth_oid(op->colCollations, column - 1)))
		return true;
	return merges_unequal(op->larg, column) || merges_unequal(op->rarg, column);
}

/* Are values of two types compared in the same way? */
static bool
same_comparison(Oid type, Oid other)
{
	Oid			element = get_base_element_type(type);
	Oid			other_element = get_base_element_type(other);

	if (OidIsValid(element) && OidIsValid(other_element))
		return same_comparison(element, other_element);
	return lookup_type_cache(getBaseType(type), TYPECACHE_BTREE_OPFAMILY)->btree_opf ==
		lookup_type_cache(getBaseType(other), TYPECACHE_BTREE_OPFAMILY)->btree_opf;
}

/* The expression without changes of type that leave its comparisons alone: what is equal
 * as citext may differ as text. */
static Node *
strip(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
	{
		Node	   *arg = (Node *) ((RelabelType *) node)->arg;

		if (!same_comparison(exprType(node), exprType(arg)) ||
			exprCollation(node) != exprCollation(arg))
			break;
		node = arg;
	}
	return node;
}

static bool
is_reference(Node *node, InexactReferences *refs)
{
	ListCell   *lc;

	node = strip(node);
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		if (refs->item != 0 && var->varno == refs->item && var->varlevelsup == refs->level &&
			bms_is_member(var->varattno, refs->columns))
			return true;
	}
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_SUBLINK &&
		bms_is_member(((Param *) node)->paramid, refs->params))
		return true;
	foreach(lc, refs->exprs)
		if (refs->level == 0 && equal(node, lfirst(lc)))
			return true;
	return false;
}

/* Does an operator compare values of this type as its btree operator class does? */
static bool
compares(Oid operator, Oid inputcollid, Node *arg)
{
	TypeCacheEntry *typcache = lookup_type_cache(getBaseType(exprType(arg)),
												 TYPECACHE_BTREE_OPFAMILY);
	ListCell   *lc;

	if (OidIsValid(inputcollid) && inputcollid != exprCollation(arg))
		return false;
	foreach(lc, get_op_index_interpretation(operator))
		if (((OpIndexInterpretation *) lfirst(lc))->opfamily_id == typcache->btree_opf)
			return true;
	return false;
}

static bool
misuse_walker(Node *node, InexactReferences *refs)
{
	ListCell   *lc;

	if (node == NULL)
		return false;
	check_stack_depth();
	if (is_reference(node, refs))
		return true;
	if (IsA(node, NullTest) && is_reference((Node *) ((NullTest *) node)->arg, refs))
		return false;
	if (IsA(node, OpExpr) || IsA(node, DistinctExpr))
	{
		OpExpr	   *op = (OpExpr *) node;

		foreach(lc, op->args)
			if (!(is_reference(lfirst(lc), refs) &&
				  compares(op->opno, op->inputcollid, lfirst(lc))) &&
				misuse_walker(lfirst(lc), refs))
				return true;
		return false;
	}
	if (IsA(node, Query))
	{
		bool		result;

		refs->level++;
		result = query_tree_walker((Query *) node, misuse_walker, refs, 0);
		refs->level--;
		return result;
	}
	return expression_tree_walker(node, misuse_walker, refs);
}

/* Is something computed from one of these values, but a comparison? */
bool
misuses_inexact(Node *node, InexactReferences refs)
{
	return misuse_walker(node, &refs);
}

/* Is the expression one of these values as it is? */
bool
is_inexact(Node *node, InexactReferences refs)
{
	return is_reference(node, &refs);
}

/* What a level groups by, where equal values need not be the same. */
List *
inexact_group_exprs(Query *query)
{
	List	   *exprs = NIL;
	ListCell   *lc;

	foreach(lc, query->groupClause)
	{
		Node	   *expr = get_sortgroupclause_expr(lfirst_node(SortGroupClause, lc),
													query->targetList);

		if (!is_exact(expr))
			exprs = lappend(exprs, strip(expr));
	}
	return exprs;
}
