/*
 * sublinks.c
 *		Conditions that contain a subquery, from the point of view of single rows.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/fmgroids.h"

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

/* Is the condition true where the rows of the subquery, joined, have a match? */
static bool
is_join(SubLink *sublink)
{
	Query	   *query = (Query *) sublink->subselect;

	return (sublink->subLinkType == EXISTS_SUBLINK ||
			(sublink->subLinkType == ANY_SUBLINK &&
			 !checkExprHasSubLink(sublink->testexpr))) &&
		level_is_flat(query) && !query->hasTargetSRFs && query->cteList == NIL &&
		joins_inner((Node *) query->jointree);
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
 * The items of the subquery of a condition as items of the Focus; returns what is
 * known of them.  They may be read where all items may that the condition is about.
 */
static List *
join_sublink(Focus *focus, SubLink *sublink)
{
	Bitmapset  *before = bms_add_member(bms_copy(focus->allowed), focus->changed);
	bool		allowed = bms_is_subset(varnos_of_level((Node *) sublink, 0), before);
	Query	   *query = hoist((Query *) sublink->subselect, list_length(focus->query->rtable));
	Bitmapset  *items = level_items((Node *) query->jointree);
	List	   *facts = level_conjuncts((Node *) query->jointree);
	int			item = -1;

	focus->query->rtable = list_concat(focus->query->rtable, query->rtable);
	while ((item = bms_next_member(items, item)) >= 0)
		add_item(focus, item, allowed);
	if (sublink->testexpr != NULL)
		facts = list_concat(facts, split_conjuncts(replace_sublink_params(sublink->testexpr,
																		  query->targetList)));
	return facts;
}

/*
 * Facts that say EXISTS (..) or x IN (..) as joins, where they can be: so they lead
 * from row to row, by indexes.  Returns the facts that are left and what the joins add;
 * the Focus gets their items.
 */
List *
join_sublinks(Focus *focus, List *facts)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, facts)
	{
		SubLink    *sublink = lfirst(lc);
		Node	   *array = IsA(sublink, SubLink) ? compared_array(sublink) : NULL;

		if (array != NULL)
			result = lappend(result, array);
		else if (IsA(sublink, SubLink) && is_join(sublink))
			result = list_concat(result, join_sublinks(focus, join_sublink(focus, sublink)));
		else
			result = lappend(result, sublink);
	}
	return result;
}
