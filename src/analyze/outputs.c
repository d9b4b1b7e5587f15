/*
 * outputs.c
 *		Which output columns of a level survive, looked at from one row.
 *
 * A column survives if it can be computed from one combination of rows.
 * Grouping sets make several rows of a combination, one for each set, with
 * constants in the place of what is not in the set.
 */
#include "base/compat.h"

#include "analyze/focus.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

/* The expression of an output column, NULL where it was not kept. */
Node *
output_expr(List *targetlist, AttrNumber resno)
{
	ListCell   *lc;

	foreach(lc, targetlist)
		if (lfirst_node(TargetEntry, lc)->resno == resno)
			return (Node *) lfirst_node(TargetEntry, lc)->expr;
	return NULL;
}

typedef struct GroupingContext
{
	Query	   *query;
	List	   *set;			/* sortgrouprefs of one grouping set */
} GroupingContext;

/* GROUPING(a, b): a bit for each argument that is not in the set. */
static Node *
grouping_constant(GroupingFunc *grouping, List *set)
{
	int			result = 0;
	ListCell   *lc;

	foreach(lc, grouping->refs)
		result = (result << 1) | (list_member_int(set, lfirst_int(lc)) ? 0 : 1);
	return (Node *) makeConst(INT4OID, -1, InvalidOid, sizeof(int32),
							  Int32GetDatum(result), false, true);
}

/* An output as a row of one grouping set shows it. */
static Node *
grouping_set_mutator(Node *node, GroupingContext *context)
{
	ListCell   *lc;

	if (node == NULL)
		return NULL;
	if (IsA(node, GroupingFunc) && ((GroupingFunc *) node)->agglevelsup == 0)
		return grouping_constant((GroupingFunc *) node, context->set);
	foreach(lc, context->query->groupClause)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);

		if (!list_member_int(context->set, clause->tleSortGroupRef) &&
			equal(node, get_sortgroupclause_expr(clause, context->query->targetList)))
			return (Node *) makeNullConst(exprType(node), exprTypmod(node),
										  exprCollation(node));
	}
	return expression_tree_mutator(node, grouping_set_mutator, context);
}

/* The outputs of a level as rows of one grouping set show them. */
List *
grouping_set_outputs(Query *query, List *set)
{
	GroupingContext context = {query, set};
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		tle->expr = (Expr *) grouping_set_mutator((Node *) tle->expr, &context);
		result = lappend(result, tle);
	}
	return result;
}

/* The construct that hides an output column from one row's point of view. */
static const char *
output_barrier(Level *level, TargetEntry *tle)
{
	Query	   *query = level->query;
	Node	   *expr = (Node *) tle->expr;

	if (contain_aggs_of_level(expr, 0))
		return "an aggregate";
	if (query->hasWindowFuncs && contain_windowfuncs(expr))
		return "a window function";
	if (checkExprHasSubLink(expr))
		return "a subquery";
	return NULL;
}

/* A function call as an item of its own, joined LATERAL. */
static Node *
set_returning_item(Focus *focus, Node *call)
{
	Query	   *flat = focus->query;
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblFunction *function = makeNode(RangeTblFunction);
	RangeTblRef *ref = makeNode(RangeTblRef);

	function->funcexpr = call;
	function->funccolcount = 1;
	rte->rtekind = RTE_FUNCTION;
	rte->functions = list_make1(function);
	rte->lateral = true;
	rte->inFromCl = true;
	rte->alias = makeAlias("s", NIL);
	rte->eref = makeAlias("s", list_make1(makeString("s")));
	flat->rtable = lappend(flat->rtable, rte);
	ref->rtindex = list_length(flat->rtable);
	flat->jointree->fromlist = lappend(flat->jointree->fromlist, ref);
	focus->allowed = bms_add_member(focus->allowed, ref->rtindex);
	return (Node *) makeVar(ref->rtindex, 1, exprType(call), exprTypmod(call),
							exprCollation(call), 0);
}

/*
 * Set-returning functions in a select list run in lockstep; as items of their
 * own they make every combination, which is more.
 */
static Node *
set_returning_mutator(Node *node, Focus *focus)
{
	if (node == NULL)
		return NULL;
	node = expression_tree_mutator(node, set_returning_mutator, focus);
	if (IS_SRF_CALL(node) && get_typtype(exprType(node)) != TYPTYPE_PSEUDO)
		return set_returning_item(focus, node);
	return node;
}

/*
 * An output in the terms of the items; NULL where it cannot be kept.  Rows that
 * are equal may stand for one another, here or below: then what the output is has
 * only an equal value in the row that is shown, and what is computed from one is
 * lost.
 */
static Node *
kept_output(Level *level, TargetEntry *tle, Substitution *substitution, Focus *focus)
{
	Query	   *query = level->query;
	InexactReferences below = {.item = substitution->item, .columns = substitution->inexact};
	InexactReferences groups = {.exprs = inexact_group_exprs(query)};
	Substitution plain = *substitution;
	Node	   *expr = (Node *) tle->expr;
	bool		handed_on = is_inexact(expr, below) || is_inexact(expr, groups);

	if (handed_on)
		plain.inexact = NULL;
	else if (misuses_inexact(expr, below) || misuses_inexact(expr, groups))
	{
		focus->barrier = "values that may be equal without being the same";
		focus->location = exprLocation(expr);
		return NULL;
	}
	expr = substitute_vars(expr, &plain);
	if (plain.unavailable || contain_aggs_of_level(expr, 0))
		return NULL;
	if (handed_on || (query->distinctClause != NIL && !query->hasDistinctOn &&
					  !is_exact((Node *) tle->expr)))
		focus->inexact = bms_add_member(focus->inexact, tle->resno);
	return expr;
}

/*
 * Keep what outputs of a level can be computed from one row, in one variant.
 * What hides the others is noted in the focus.
 */
void
keep_outputs(Level *level, List *outputs, Substitution *substitution, Focus *focus)
{
	ListCell   *lc;

	foreach(lc, outputs)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		const char *barrier;
		Node	   *expr;

		if (!bms_is_member(tle->resno, level->demand))
			continue;
		barrier = output_barrier(level, tle);
		if (barrier != NULL)
		{
			focus->barrier = barrier;
			focus->location = exprLocation((Node *) tle->expr);
			continue;
		}
		expr = kept_output(level, tle, substitution, focus);
		if (expr == NULL)
			continue;
		if (level->query->hasTargetSRFs)
			expr = set_returning_mutator(expr, focus);
		if (expression_returns_set(expr))
			focus->barrier = "a set-returning function";
		else
			focus->query->targetList =
				lappend(focus->query->targetList,
						makeTargetEntry((Expr *) expr, tle->resno,
										psprintf("k%d", tle->resno), false));
	}
}
