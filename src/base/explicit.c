/*
 * explicit.c
 *		Expressions for which SQL cannot say which operator they use, in other words.
 *
 * Queries for maintenance are made as trees and parsed again from their text,
 * where search_path knows the operators of pg_catalog only.  Others are written
 * OPERATOR(schema.=).  But IS DISTINCT FROM, NULLIF, CASE x WHEN, JOIN USING,
 * comparisons of rows and (a, b) IN (SELECT ..) find theirs by name.  So where
 * these use an operator of another schema (citext's, say) they are replaced
 * by expressions with the same result.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "base/sandbox.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* Does an operator need its schema to be found? */
static bool
needs_schema(Oid operator)
{
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", operator);
	result = ((Form_pg_operator) GETSTRUCT(tuple))->oprnamespace != PG_CATALOG_NAMESPACE;
	ReleaseSysCache(tuple);
	return result;
}

static bool
schemas_walker(Node *node, void *context)
{
	ListCell   *lc;

	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, OpExpr) && needs_schema(((OpExpr *) node)->opno))
		return true;
	if (IsA(node, RowCompareExpr))
		foreach(lc, ((RowCompareExpr *) node)->opnos)
			if (needs_schema(lfirst_oid(lc)))
				return true;
	return expression_tree_walker(node, schemas_walker, context);
}

/* Does an expression, subqueries apart, use operators that need their schema? */
static bool
need_schemas(Node *node)
{
	return schemas_walker(node, NULL);
}

static Node *
compare(Oid operator, Oid collation, Node *left, Node *right)
{
	return (Node *) make_opclause(operator, BOOLOID, false, (Expr *) copyObject(left),
								  (Expr *) copyObject(right), InvalidOid, collation);
}

static Node *
is_null(Node *arg)
{
	NullTest   *test = makeNode(NullTest);

	test->arg = (Expr *) copyObject(arg);
	test->nulltesttype = IS_NULL;
	test->location = -1;
	return (Node *) test;
}

static CaseExpr *
make_case(Oid type, Oid collation, Node *otherwise)
{
	CaseExpr   *result = makeNode(CaseExpr);

	result->casetype = type;
	result->casecollid = collation;
	result->defresult = (Expr *) otherwise;
	result->location = -1;
	return result;
}

static void
add_when(CaseExpr *expr, Node *condition, Node *value)
{
	CaseWhen   *when = makeNode(CaseWhen);

	when->expr = (Expr *) condition;
	when->result = (Expr *) value;
	when->location = -1;
	expr->args = lappend(expr->args, when);
}

/* a IS DISTINCT FROM b */
static Node *
explicit_distinct(DistinctExpr *distinct)
{
	Node	   *left = linitial(distinct->args);
	Node	   *right = lsecond(distinct->args);
	Node	   *equal = compare(distinct->opno, distinct->inputcollid, left, right);
	CaseExpr   *result = make_case(BOOLOID, InvalidOid,
								   (Node *) make_notclause((Expr *) equal));

	add_when(result, is_null(left), (Node *) make_notclause((Expr *) is_null(right)));
	add_when(result, is_null(right), makeBoolConst(true, false));
	return (Node *) result;
}

/* NULLIF(a, b) */
static Node *
explicit_nullif(NullIfExpr *nullif)
{
	Node	   *value = linitial(nullif->args);
	CaseExpr   *result = make_case(exprType(value), exprCollation(value), copyObject(value));

	add_when(result, compare(nullif->opno, nullif->inputcollid, value, lsecond(nullif->args)),
			 (Node *) makeNullConst(exprType(value), exprTypmod(value), exprCollation(value)));
	return (Node *) result;
}

/* What stands for x in CASE x WHEN, under changes of its type; NULL if it is not there. */
static Node *
replace_test_value(Node *node, Node *value)
{
	if (IsA(node, CaseTestExpr))
		return copyObject(value);
	if (IsA(node, RelabelType))
	{
		RelabelType *result = (RelabelType *) copyObject(node);

		result->arg = (Expr *) replace_test_value((Node *) result->arg, value);
		return result->arg == NULL ? NULL : (Node *) result;
	}
	if (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcformat == COERCE_IMPLICIT_CAST)
	{
		FuncExpr   *result = (FuncExpr *) copyObject(node);

		linitial(result->args) = replace_test_value(linitial(result->args), value);
		return linitial(result->args) == NULL ? NULL : (Node *) result;
	}
	return NULL;
}

/* CASE x WHEN y THEN .. as CASE WHEN x = y THEN .. */
static Node *
explicit_case(CaseExpr *original)
{
	CaseExpr   *result = copyObject(original);
	ListCell   *lc;

	foreach(lc, result->args)
	{
		OpExpr	   *test = (OpExpr *) lfirst_node(CaseWhen, lc)->expr;
		Node	   *value;

		if (!IsA(test, OpExpr) || list_length(test->args) != 2)
			return (Node *) original;
		value = replace_test_value(linitial(test->args), (Node *) original->arg);
		if (value == NULL)
			return (Node *) original;
		linitial(test->args) = value;
	}
	result->arg = NULL;
	return (Node *) result;
}

/* a < b of one column of a comparison of rows, for any of its operators */
static Oid
strict_operator(RowCompareExpr *rows, int column)
{
	Oid			operator = list_nth_oid(rows->opnos, column);
	Oid			family = list_nth_oid(rows->opfamilies, column);
	bool		less = get_op_opfamily_strategy(operator, family) <= BTLessEqualStrategyNumber;
	Oid			left;
	Oid			right;

	op_input_types(operator, &left, &right);
	return get_opfamily_member(family, left, right,
							   less ? BTLessStrategyNumber : BTGreaterStrategyNumber);
}

static Oid
equal_operator(RowCompareExpr *rows, int column)
{
	Oid			left;
	Oid			right;

	op_input_types(list_nth_oid(rows->opnos, column), &left, &right);
	return get_opfamily_member(list_nth_oid(rows->opfamilies, column), left, right,
							   BTEqualStrategyNumber);
}

/* (a, b) < (c, d) from one column on: a < c OR a = c AND b < d */
static Node *
explicit_rows(RowCompareExpr *rows, int column)
{
	Oid			collation = list_nth_oid(rows->inputcollids, column);
	Node	   *left = list_nth(rows->largs, column);
	Node	   *right = list_nth(rows->rargs, column);
	Node	   *rest;

	if (column == list_length(rows->opnos) - 1)
		return compare(list_nth_oid(rows->opnos, column), collation, left, right);
	rest = make_and_qual(compare(equal_operator(rows, column), collation, left, right),
						 explicit_rows(rows, column + 1));
	return (Node *) make_orclause(list_make2(compare(strict_operator(rows, column), collation,
													 left, right), rest));
}

static Node *
columns_mutator(Node *node, List *columns)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_SUBLINK)
	{
		Node	   *expr = (Node *) list_nth_node(TargetEntry, columns,
												  ((Param *) node)->paramid - 1)->expr;

		return (Node *) makeVar(1, ((Param *) node)->paramid, exprType(expr),
								exprTypmod(expr), exprCollation(expr), 0);
	}
	return expression_tree_mutator(node, columns_mutator, columns);
}

/* A subquery as the only item of another, which refers to its columns. */
static RangeTblEntry *
subquery_item(Query *subquery)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	int			n = 0;
	ListCell   *lc;

	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = copyObject(subquery);
	IncrementVarSublevelsUp((Node *) rte->subquery, 1, 1);
	rte->inFromCl = true;
	rte->alias = makeAlias("s", NIL);
	foreach(lc, rte->subquery->targetList)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			rte->alias->colnames = lappend(rte->alias->colnames,
										   makeString(psprintf("c%d", ++n)));
	rte->eref = copyObject(rte->alias);
	return rte;
}

/* SELECT comparison FROM (the subquery) */
static Query *
compared_rows(SubLink *sublink)
{
	Query	   *query = makeNode(Query);
	RangeTblEntry *item = subquery_item((Query *) sublink->subselect);
	Node	   *comparison = copyObject(sublink->testexpr);
	RangeTblRef *ref = makeNode(RangeTblRef);

	IncrementVarSublevelsUp(comparison, 1, 0);
	comparison = columns_mutator(comparison, item->subquery->targetList);
	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->rtable = list_make1(item);
	ref->rtindex = 1;
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	query->targetList = list_make1(makeTargetEntry((Expr *) comparison, 1,
												   pstrdup("result"), false));
	return query;
}

/*
 * (a, b) IN (SELECT ..) as true = ANY (SELECT a = x AND b = y FROM (..) s), and
 * (a, b) = (SELECT ..) as (SELECT a = x AND b = y FROM (..) s).
 */
static Node *
explicit_sublink(SubLink *sublink)
{
	SubLink    *result = copyObject(sublink);
	Param	   *param;

	result->subselect = (Node *) compared_rows(sublink);
	result->testexpr = NULL;
	result->operName = NIL;
	if (sublink->subLinkType == ROWCOMPARE_SUBLINK)
	{
		result->subLinkType = EXPR_SUBLINK;
		return (Node *) result;
	}
	param = makeNode(Param);
	param->paramkind = PARAM_SUBLINK;
	param->paramid = 1;
	param->paramtype = BOOLOID;
	param->paramtypmod = -1;
	param->location = -1;
	result->operName = list_make1(makeString(pstrdup("=")));
	result->testexpr = compare(BooleanEqualOperator, InvalidOid,
							   makeBoolConst(true, false), (Node *) param);
	return (Node *) result;
}

static bool
compares_columns(SubLink *sublink)
{
	return sublink->testexpr != NULL && !IsA(sublink->testexpr, OpExpr) &&
		need_schemas(sublink->testexpr);
}

static bool
case_needs_schemas(CaseExpr *expr)
{
	ListCell   *lc;

	foreach(lc, expr->args)
		if (IsA(lfirst_node(CaseWhen, lc)->expr, OpExpr) &&
			needs_schema(((OpExpr *) lfirst_node(CaseWhen, lc)->expr)->opno))
			return true;
	return false;
}

/* The node in other words, or itself; what is below it is not looked at. */
static Node *
explicit_node(Node *node)
{
	switch (nodeTag(node))
	{
		case T_DistinctExpr:
			return needs_schema(((DistinctExpr *) node)->opno) ?
				explicit_distinct((DistinctExpr *) node) : node;
		case T_NullIfExpr:
			return needs_schema(((NullIfExpr *) node)->opno) ?
				explicit_nullif((NullIfExpr *) node) : node;
		case T_CaseExpr:
			return ((CaseExpr *) node)->arg != NULL && case_needs_schemas((CaseExpr *) node) ?
				explicit_case((CaseExpr *) node) : node;
		case T_RowCompareExpr:
			return need_schemas(node) ? explicit_rows((RowCompareExpr *) node, 0) : node;
		case T_SubLink:
			return compares_columns((SubLink *) node) ?
				explicit_sublink((SubLink *) node) : node;
		default:
			return node;
	}
}

/* Do joins USING columns find their operators by name? */
static bool
using_needs_schemas(Node *node)
{
	ListCell   *lc;

	if (IsA(node, RangeTblRef))
		return false;
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		return (join->usingClause != NIL && need_schemas(join->quals)) ||
			using_needs_schemas(join->larg) || using_needs_schemas(join->rarg);
	}
	foreach(lc, castNode(FromExpr, node)->fromlist)
		if (using_needs_schemas(lfirst(lc)))
			return true;
	return false;
}

static void
forget_using(Node *node)
{
	ListCell   *lc;

	if (IsA(node, RangeTblRef))
		return;
	if (IsA(node, JoinExpr))
	{
		((JoinExpr *) node)->usingClause = NIL;
		forget_using(((JoinExpr *) node)->larg);
		forget_using(((JoinExpr *) node)->rarg);
		return;
	}
	foreach(lc, castNode(FromExpr, node)->fromlist)
		forget_using(lfirst(lc));
}

/* JOIN USING as JOIN ON, in one level. */
static Query *
explicit_joins(Query *query)
{
	if (query->jointree == NULL || !using_needs_schemas((Node *) query->jointree))
		return query;
	query = copyObject(query);
	tview_resolve_aliases(query);
	forget_using((Node *) query->jointree);
	return query;
}

static Node *
explicit_mutator(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	check_stack_depth();
	node = explicit_node(node);
	if (IsA(node, Query))
	{
		Query	   *query = query_tree_mutator(explicit_joins((Query *) node), explicit_mutator,
											   context, 0);

		tview_keep_output_collations(query);
		return (Node *) query;
	}
	node = expression_tree_mutator(node, explicit_mutator, context);
	tview_keep_collation(node);
	return node;
}

/* A query for maintenance, as a copy that means the same when it is parsed again from its
 * text. */
Query *
tview_make_explicit(Query *query)
{
	return castNode(Query, explicit_mutator((Node *) query, NULL));
}
