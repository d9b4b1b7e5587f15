/*
 * sublinks.c
 *		Conditions that contain a subquery, from the point of view of single rows.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "catalog/pg_aggregate.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static bool
ctes_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
		return ((RangeTblEntry *) node)->rtekind == RTE_CTE;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, ctes_walker, context,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, ctes_walker, context);
}

/* Does a condition read common table expressions?  Only recursive ones are left. */
bool
reads_ctes(Node *conjunct)
{
	return ctes_walker(conjunct, NULL);
}

/*
 * Does a condition read tables, in a subquery?  Then it may not hold any more where
 * it did, though no row that it is about has changed.
 */
bool
reads_tables(Node *conjunct)
{
	return checkExprHasSubLink(conjunct) &&
		(tview_relations_in(conjunct) != NIL || reads_ctes(conjunct));
}

static Node *
replace_sublink_params(Node *node, List *outputs)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_SUBLINK)
		return copyObject(output_expr(outputs, ((Param *) node)->paramid));
	return expression_tree_mutator(node, replace_sublink_params, outputs);
}

static bool
lost_output_walker(Node *node, List *outputs)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_SUBLINK)
		return output_expr(outputs, ((Param *) node)->paramid) == NULL;
	return expression_tree_walker(node, lost_output_walker, outputs);
}

/* Does a comparison with a row of the subquery need an output that is not there? */
static bool
needs_lost_output(Node *comparison, List *outputs)
{
	return lost_output_walker(comparison, outputs);
}

/* The comparisons of single columns that a comparison of rows consists of, all of
 * which have to decide the result as the whole does. */
static List *
column_comparisons(SubLink *sublink)
{
	Node	   *comparison = sublink->testexpr;

	if (sublink->subLinkType == ANY_SUBLINK ? is_andclause(comparison) :
		is_orclause(comparison))
		return ((BoolExpr *) comparison)->args;
	return list_make1(comparison);
}

/* The comparison can decide the result: NULL may, too, but not where it is as good
 * as false. */
static Node *
decides(const Place *place, Node *comparison)
{
	bool		any = place->sublink->subLinkType == ANY_SUBLINK;
	BooleanTest *test;

	if (place->positive && any)
		return comparison;
	test = makeNode(BooleanTest);
	test->arg = (Expr *) comparison;
	test->booltesttype = any ? IS_NOT_FALSE : IS_NOT_TRUE;
	test->location = -1;
	return (Node *) test;
}

/*
 * The comparison of x op ANY/ALL (SELECT ..) as conditions on the changed row:
 * it only matters where the comparison can decide the result.  In a plain
 * WHERE x IN (..) that is where it is true; elsewhere NULL counts too.  outputs,
 * inexact: of the subquery.
 */
List *
sublink_conditions(const Place *place, List *outputs, Bitmapset *inexact)
{
	InexactReferences refs = {.params = inexact};
	SubLink    *sublink = place->sublink;
	List	   *result = NIL;
	ListCell   *lc;

	if (sublink == NULL || sublink->testexpr == NULL ||
		(sublink->subLinkType != ANY_SUBLINK &&
		 sublink->subLinkType != ALL_SUBLINK) ||
		checkExprHasSubLink(sublink->testexpr))
		return NIL;
	foreach(lc, column_comparisons(sublink))
		if (!needs_lost_output(lfirst(lc), outputs) && !misuses_inexact(lfirst(lc), refs))
			result = lappend(result,
							 decides(place, replace_sublink_params(lfirst(lc), outputs)));
	return result;
}

/* x = ANY (array) for x IN (SELECT unnest(array)), else NULL. */
static Node *
compared_array(SubLink *sublink)
{
	Query	   *query = (Query *) sublink->subselect;
	OpExpr	   *op = (OpExpr *) sublink->testexpr;
	FuncExpr   *unnest;
	ScalarArrayOpExpr *result;

	if (sublink->subLinkType != ANY_SUBLINK || !IsA(op, OpExpr) ||
		!IsA(lsecond(op->args), Param) || !level_is_flat(query) ||
		query->jointree->fromlist != NIL || query->jointree->quals != NULL)
		return NULL;
	unnest = (FuncExpr *) linitial_node(TargetEntry, query->targetList)->expr;
	if (!IsA(unnest, FuncExpr) || unnest->funcid != F_UNNEST_ANYARRAY ||
		checkExprHasSubLink((Node *) unnest))
		return NULL;
	result = makeNode(ScalarArrayOpExpr);
	result->opno = op->opno;
	result->opfuncid = op->opfuncid;
	result->useOr = true;
	result->inputcollid = op->inputcollid;
	result->args = list_make2(linitial(op->args), copyObject(linitial(unnest->args)));
	result->location = -1;
	IncrementVarSublevelsUp(lsecond(result->args), -1, 1);
	return (Node *) result;
}

/* Is the result of an aggregate one of the values it reads? */
static bool
picks_value(Oid aggregate)
{
	HeapTuple	tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(aggregate));
	bool		result = HeapTupleIsValid(tuple) &&
		OidIsValid(((Form_pg_aggregate) GETSTRUCT(tuple))->aggsortop);

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

static bool
joins_inner(Node *node)
{
	ListCell   *lc;

	if (IsA(node, RangeTblRef))
		return true;
	if (IsA(node, JoinExpr))
		return ((JoinExpr *) node)->jointype == JOIN_INNER &&
			joins_inner(((JoinExpr *) node)->larg) &&
			joins_inner(((JoinExpr *) node)->rarg);
	foreach(lc, castNode(FromExpr, node)->fromlist)
		if (!joins_inner(lfirst(lc)))
			return false;
	return true;
}

/* The rows of a subquery of which one matches where the condition is true; NULL if there is
 * more to it. */
static Query *
joined_rows(SubLink *sublink)
{
	bool		any = sublink->subLinkType == ANY_SUBLINK;
	Query	   *query;

	if (any ? checkExprHasSubLink(sublink->testexpr) : sublink->subLinkType != EXISTS_SUBLINK)
		return NULL;
	query = loosened_query((Query *) sublink->subselect, any);
	return query != NULL && level_is_flat(query) &&
		joins_inner((Node *) query->jointree) ? query : NULL;
}

static void
add_item(Focus *focus, int item, bool allowed)
{
	RangeTblRef *ref = makeNode(RangeTblRef);

	ref->rtindex = item;
	focus->query->jointree->fromlist = lappend(focus->query->jointree->fromlist, ref);
	if (allowed)
		focus->allowed = bms_add_member(focus->allowed, item);
}

/*
 * The items of a subquery in a condition as items of the Focus; returns what is known
 * of them.  They may be read where all items may that the condition is about.
 * outputs: receives the subquery's.
 */
static List *
join_subquery(Focus *focus, Node *condition, Query *subquery, List **outputs)
{
	Bitmapset  *before = bms_add_member(bms_copy(focus->allowed), focus->changed);
	bool		allowed = bms_is_subset(varnos_of_level(condition, 0), before);
	Query	   *query = hoist(subquery, list_length(focus->query->rtable));
	Bitmapset  *items = level_items((Node *) query->jointree);
	int			item = -1;

	focus->query->rtable = list_concat(focus->query->rtable, query->rtable);
	while ((item = bms_next_member(items, item)) >= 0)
		add_item(focus, item, allowed);
	*outputs = query->targetList;
	return level_conjuncts((Node *) query->jointree);
}

/* EXISTS (..) and x IN (..) */
static List *
join_sublink(Focus *focus, SubLink *sublink, Query *rows)
{
	List	   *outputs;
	List	   *facts = join_subquery(focus, (Node *) sublink, rows, &outputs);

	if (sublink->testexpr != NULL)
		facts = list_concat(facts, split_conjuncts(replace_sublink_params(sublink->testexpr,
																		  outputs)));
	return facts;
}

/* The scalar subquery that an argument of a comparison is, or NULL. */
static SubLink *
scalar_subquery(Node *arg)
{
	while (IsA(arg, RelabelType))
		arg = (Node *) ((RelabelType *) arg)->arg;
	return IsA(arg, SubLink) && ((SubLink *) arg)->subLinkType == EXPR_SUBLINK ?
		(SubLink *) arg : NULL;
}

/* What the result of an aggregate that picks one of its values (max, min) is picked
 * from; other expressions as they are. */
Node *
picked_from(Node *expr)
{
	Aggref	   *aggregate = (Aggref *) expr;
	Node	   *arg;

	if (!IsA(expr, Aggref) || aggregate->agglevelsup > 0 ||
		list_length(aggregate->args) != 1 || !picks_value(aggregate->aggfnoid))
		return expr;
	arg = (Node *) linitial_node(TargetEntry, aggregate->args)->expr;
	return exprType(arg) == aggregate->aggtype ? arg : expr;
}

/*
 * Is the result of a scalar subquery, if there is one, that of one of its rows?  Where it
 * aggregates, be it in ORDER BY only, there is a result without rows: NULL, if picked.
 */
static bool
shows_row(SubLink *sublink)
{
	Query	   *query = (Query *) sublink->subselect;
	Node	   *result = (Node *) linitial_node(TargetEntry, query->targetList)->expr;

	return query->groupClause == NIL && query->groupingSets == NIL &&
		query->havingQual == NULL && query->setOperations == NULL &&
		!query->hasWindowFuncs && !query->hasTargetSRFs && query->cteList == NIL &&
		joins_inner((Node *) query->jointree) &&
		(!query->hasAggs || picked_from(result) != result) &&
		!contain_aggs_of_level(picked_from(result), 0);
}

static Node *
replace_scalar(Node *node, Node *value)
{
	RelabelType *result;

	if (!IsA(node, RelabelType))
		return copyObject(value);
	result = (RelabelType *) copyObject(node);
	result->arg = (Expr *) replace_scalar((Node *) result->arg, value);
	return (Node *) result;
}

/*
 * x = (SELECT y .. ORDER BY .. LIMIT 1) and x = (SELECT max(y) ..) say of one row of the
 * subquery that x = y, as does every comparison that is not true for NULL.
 */
static List *
join_scalar(Focus *focus, OpExpr *op)
{
	for (int i = 0; i < list_length(op->args); i++)
	{
		SubLink    *sublink = scalar_subquery(list_nth(op->args, i));
		OpExpr	   *comparison;
		List	   *outputs;
		List	   *facts;

		if (sublink == NULL || !shows_row(sublink))
			continue;
		facts = join_subquery(focus, (Node *) op, (Query *) sublink->subselect, &outputs);
		comparison = copyObject(op);
		list_nth_cell(comparison->args, i)->ptr_value =
			replace_scalar(list_nth(op->args, i),
						   picked_from((Node *) linitial_node(TargetEntry, outputs)->expr));
		return lappend(facts, comparison);
	}
	return NIL;
}

/*
 * Facts that say EXISTS (..) or x IN (..) as joins, where they can be: so they lead
 * from row to row, by indexes.  What x = (SELECT ..) says of single rows is added.
 * Returns the facts that are left and what the joins add; the Focus gets their items.
 */
List *
join_sublinks(Focus *focus, List *facts)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, facts)
	{
		Node	   *fact = lfirst(lc);
		SubLink    *sublink = IsA(fact, SubLink) ? (SubLink *) fact : NULL;
		Node	   *array = sublink ? compared_array(sublink) : NULL;
		Query	   *rows = sublink ? joined_rows(sublink) : NULL;
		List	   *joined = NIL;

		if (array != NULL)
			fact = array;
		else if (rows != NULL)
		{
			joined = join_sublink(focus, sublink, rows);
			fact = NULL;
		}
		else if (IsA(fact, OpExpr) && op_strict(((OpExpr *) fact)->opno))
			joined = join_scalar(focus, (OpExpr *) fact);

		/* What follows from a fact comes first: it leads further. */
		result = list_concat(result, join_sublinks(focus, joined));
		if (fact != NULL)
			result = lappend(result, fact);
	}
	return result;
}
