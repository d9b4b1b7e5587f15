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
#include "optimizer/tlist.h"
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
	bool		unknown;		/* what it shows is not certain */
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

/*
 * A grouping expression in one grouping set: itself, or NULL where it is not in the set;
 * NULL in C if the node is none.  Some servers fold constants before they group.
 */
static Node *
grouping_expression(Node *node, GroupingContext *context)
{
	bool		found = false;
	ListCell   *lc;

	foreach(lc, context->query->groupClause)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);

		if (!equal(node, get_sortgroupclause_expr(clause, context->query->targetList)))
			continue;
		if (list_member_int(context->set, clause->tleSortGroupRef))
			return copyObject(node);
		found = true;
	}
	if (!found)
		return NULL;
	context->unknown = context->unknown || varnos_of_level(node, 0) == NULL;
	return (Node *) makeNullConst(exprType(node), exprTypmod(node), exprCollation(node));
}

/* An output as a row of one grouping set shows it.  The largest expression that is one to
 * group by counts, not what it consists of. */
static Node *
grouping_set_mutator(Node *node, GroupingContext *context)
{
	Node	   *expression;

	if (node == NULL)
		return NULL;
	if (IsA(node, GroupingFunc) && ((GroupingFunc *) node)->agglevelsup == 0)
		return grouping_constant((GroupingFunc *) node, context->set);
	expression = grouping_expression(node, context);
	return expression ? expression :
		expression_tree_mutator(node, grouping_set_mutator, context);
}

/* The outputs of a level as rows of one grouping set show them, as far as that is certain. */
List *
grouping_set_outputs(Query *query, List *set)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));
		GroupingContext context = {query, set};

		tle->expr = (Expr *) grouping_set_mutator((Node *) tle->expr, &context);
		if (!context.unknown)
			result = lappend(result, tle);
	}
	return result;
}

/* The construct that hides an output column from one row's point of view. */
static const char *
output_barrier(Query *query, Node *expr)
{
	if (contain_aggs_of_level(expr, 0))
		return "an aggregate";
	if (query->hasWindowFuncs && contain_windowfuncs(expr))
		return "a window function";
	if (checkExprHasSubLink(expr))
		return "a subquery";
	return NULL;
}

/* Set-returning calls of a select list as items. */
typedef struct SetReturning
{
	Focus	   *focus;
	List	   *calls;			/* run in lockstep; NIL: each by itself */
	bool		lost;			/* they cannot be items */
	Index		item;			/* of those in lockstep, 0: not made yet */
} SetReturning;

/* The different set-returning calls in an expression, inner ones first. */
static bool
set_returning_walker(Node *node, List **calls)
{
	if (node == NULL)
		return false;
	expression_tree_walker(node, set_returning_walker, calls);
	if (IS_SRF_CALL(node))
		*calls = list_append_unique(*calls, node);
	return false;
}

/* One call, or each within the next. */
static bool
is_nest(List *calls)
{
	for (int i = 1; i < list_length(calls); i++)
		if (!contains_node(list_nth(calls, i), list_nth(calls, i - 1)))
			return false;
	return true;
}

/* FROM makes several columns of a row, and nothing but function calls to items. */
static bool
can_be_item(Node *call)
{
	Oid			type = exprType(call);

	return IsA(call, FuncExpr) && !type_is_rowtype(type) &&
		get_typtype(type) != TYPTYPE_PSEUDO;
}

/* Is an output computed before the others, since groups or windows go by it? */
static bool
is_computed_before(Query *query, TargetEntry *tle)
{
	ListCell   *lc;

	if (get_sortgroupref_clause_noerr(tle->ressortgroupref, query->groupClause))
		return true;
	foreach(lc, query->windowClause)
	{
		WindowClause *window = lfirst_node(WindowClause, lc);

		if (get_sortgroupref_clause_noerr(tle->ressortgroupref, window->partitionClause) ||
			get_sortgroupref_clause_noerr(tle->ressortgroupref, window->orderClause))
			return true;
	}
	return false;
}

/*
 * Items of the level that the demanded outputs show.  Of outer joins, the cases are
 * told apart for these only: others are seen as NULL where they need not be.
 */
static Bitmapset *
shown_items(Level *level, List *outputs)
{
	Bitmapset  *result = NULL;
	ListCell   *lc;

	foreach(lc, outputs)
		if (bms_is_member(lfirst_node(TargetEntry, lc)->resno, level->demand))
			result = bms_join(result, varnos_of_level((Node *) lfirst_node(TargetEntry, lc)->expr, 0));
	return result;
}

/* One of several calls in the terms of the items; NULL where it cannot be kept. */
static Node *
lockstep_call(Query *query, Node *call, Bitmapset *shown, Substitution substitution)
{
	InexactReferences groups = {.exprs = inexact_group_exprs(query)};
	Bitmapset  *nulled = bms_intersect(varnos_of_level(call, 0), substitution.nulled);

	if (!can_be_item(call) || !bms_is_subset(nulled, shown) || output_barrier(query, call) != NULL ||
		expression_returns_set((Node *) ((FuncExpr *) call)->args) ||
		misuses_inexact(call, groups))
		return NULL;
	call = substitute_vars(call, &substitution);
	return substitution.unavailable || !IS_SRF_CALL(call) ? NULL : call;
}

/*
 * Which set-returning calls of a select list run in lockstep, whether somebody
 * asks for their columns or not: where others have more rows, a call yields NULL.
 * Calls within others run one after the other, and so do those that groups or
 * windows go by and the rest; where only some do, none is kept.
 */
static SetReturning
set_returning_calls(Level *level, List *outputs, Substitution *substitution, Focus *focus)
{
	Bitmapset  *shown = shown_items(level, outputs);
	SetReturning result = {focus};
	List	   *calls = NIL;
	bool		before = false;
	ListCell   *lc;

	foreach(lc, outputs)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		set_returning_walker((Node *) tle->expr, &calls);
		before = before || (expression_returns_set((Node *) tle->expr) &&
							is_computed_before(level->query, tle));
	}
	if (is_nest(calls))
		return result;
	result.lost = before;
	foreach(lc, calls)
	{
		Node	   *call = lockstep_call(level->query, lfirst(lc), shown, *substitution);

		result.lost = result.lost || call == NULL;
		result.calls = lappend(result.calls, call);
	}
	return result;
}

/* Function calls as an item, joined LATERAL: ROWS FROM (..) runs several in lockstep. */
static Index
set_returning_item(Focus *focus, List *calls)
{
	Query	   *flat = focus->query;
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef *ref = makeNode(RangeTblRef);
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, calls)
	{
		RangeTblFunction *function = makeNode(RangeTblFunction);

		function->funcexpr = copyObject(lfirst(lc));
		function->funccolcount = 1;
		rte->functions = lappend(rte->functions, function);
		names = lappend(names, makeString(psprintf("s%d", list_length(rte->functions))));
	}
	rte->rtekind = RTE_FUNCTION;
	rte->lateral = true;
	rte->inFromCl = true;
	rte->alias = makeAlias("s", NIL);
	rte->eref = makeAlias("s", names);
	flat->rtable = lappend(flat->rtable, rte);
	ref->rtindex = list_length(flat->rtable);
	flat->jointree->fromlist = lappend(flat->jointree->fromlist, ref);
	focus->allowed = bms_add_member(focus->allowed, ref->rtindex);
	return ref->rtindex;
}

/* The column of an item that is one of its calls; the call itself where there is none. */
static Node *
call_column(Index item, List *calls, Node *call)
{
	ListCell   *lc;

	foreach(lc, calls)
		if (equal(lfirst(lc), call))
			return (Node *) makeVar(item, foreach_current_index(lc) + 1, exprType(call),
									exprTypmod(call), exprCollation(call), 0);
	return call;
}

/* Replace set-returning calls by the columns of items. */
static Node *
set_returning_mutator(Node *node, SetReturning *context)
{
	if (node == NULL)
		return NULL;
	node = expression_tree_mutator(node, set_returning_mutator, context);
	if (!IS_SRF_CALL(node) || context->lost || !can_be_item(node))
		return node;
	if (context->calls == NIL)
		return call_column(set_returning_item(context->focus, list_make1(node)),
						   list_make1(node), node);
	if (context->item == 0)
		context->item = set_returning_item(context->focus, context->calls);
	return call_column(context->item, context->calls, node);
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
	SetReturning calls = {focus};
	ListCell   *lc;

	if (level->query->hasTargetSRFs)
		calls = set_returning_calls(level, outputs, substitution, focus);
	foreach(lc, outputs)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		const char *barrier;
		Node	   *expr;

		if (!bms_is_member(tle->resno, level->demand))
			continue;
		barrier = output_barrier(level->query, (Node *) tle->expr);
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
			expr = set_returning_mutator(expr, &calls);
		if (expression_returns_set(expr))
			focus->barrier = "a set-returning function";
		else
			focus->query->targetList =
				lappend(focus->query->targetList,
						makeTargetEntry((Expr *) expr, tle->resno,
										psprintf("k%d", tle->resno), false));
	}
}
