/*
 * focus.c
 *		Looks at a query from each base relation in it in turn.
 *
 * For every occurrence T of a base relation, anywhere below a query, this
 * makes one or more Focus: flat inner joins of T's changed rows with the items
 * met on the way up, and the output columns that survive.  Going up one level,
 * whatever the level does to its rows (grouping, DISTINCT, ORDER BY, set
 * operations) is left out, which can only make more rows; what is computed
 * from many rows is not available any more.
 *
 * Where a level lets one row influence others (window functions, DISTINCT ON,
 * LIMIT), the affected rows are the changed row itself and its peers (peers.c).
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parsetree.h"

static void
lift_all(Level *level, const Place *place, List *inner)
{
	ListCell   *lc;

	foreach(lc, inner)
		lift(level, place, lfirst(lc), ((Focus *) lfirst(lc))->source);
}

/* SubLinks of an expression, those inside their subqueries not included. */
static bool
sublink_walker(Node *node, List **sublinks)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
	{
		*sublinks = lappend(*sublinks, node);
		return sublink_walker(((SubLink *) node)->testexpr, sublinks);
	}
	if (IsA(node, Query))
		return false;
	return expression_tree_walker(node, sublink_walker, sublinks);
}

static Bitmapset *
all_outputs(Query *query)
{
	Bitmapset  *result = NULL;
	ListCell   *lc;

	foreach(lc, query->targetList)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			result = bms_add_member(result, lfirst_node(TargetEntry, lc)->resno);
	return result;
}

/* Sublinks of a condition for which NULL is as good as false. */
static void
add_positive(Node *condition, List **positive)
{
	ListCell   *lc;

	if (condition == NULL)
		return;
	if (IsA(condition, SubLink))
		*positive = lappend(*positive, condition);
	else if (IsA(condition, BoolExpr) &&
			 ((BoolExpr *) condition)->boolop != NOT_EXPR)
		foreach(lc, ((BoolExpr *) condition)->args)
			add_positive(lfirst(lc), positive);
}

/* Conditions within an expression: WHEN of a searched CASE, and FILTER. */
static bool
positive_walker(Node *node, List **positive)
{
	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, CaseExpr) && ((CaseExpr *) node)->arg == NULL)
	{
		ListCell   *lc;

		foreach(lc, ((CaseExpr *) node)->args)
			add_positive((Node *) lfirst_node(CaseWhen, lc)->expr, positive);
	}
	if (IsA(node, Aggref))
		add_positive((Node *) ((Aggref *) node)->aggfilter, positive);
	return expression_tree_walker(node, positive_walker, positive);
}

/* Look from the relations in all sublinks of an expression of the level. */
static void
focus_sublinks(Level *level, Node *expr, Place place)
{
	List	   *sublinks = NIL;
	List	   *positive = NIL;
	ListCell   *lc;

	sublink_walker(expr, &sublinks);
	if (place.conjunct != NULL)
		add_positive(place.conjunct, &positive);
	positive_walker(expr, &positive);
	foreach(lc, sublinks)
	{
		SubLink    *sublink = lfirst_node(SubLink, lc);
		Query	   *subselect = castNode(Query, sublink->subselect);
		Bitmapset  *demand = sublink->testexpr ? all_outputs(subselect) : NULL;

		place.sublink = sublink;
		place.positive = list_member_ptr(positive, sublink);
		/* What a tie compares its outputs with comes after it. */
		lift_all(level, &place,
				 focus_query(subselect, demand,
							 list_member_ptr(level->ties, place.conjunct) ? NULL : demand));
	}
}

/* A relation whose rows cannot be followed from here on. */
static Focus *
lost_focus(RangeTblEntry *source, const char *barrier, int location)
{
	Focus	   *focus = palloc0(sizeof(Focus));
	RangeTblRef *ref = makeNode(RangeTblRef);

	ref->rtindex = 1;
	focus->source = source;
	focus->query = makeNode(Query);
	focus->query->commandType = CMD_SELECT;
	focus->query->rtable = list_make1(copyObject(source));
	focus->query->jointree = makeFromExpr(list_make1(ref), NULL);
	focus->changed = 1;
	focus->barrier = barrier;
	focus->location = location;
	return focus;
}

/* All relations in an expression or query: they cannot be followed. */
static void
lose_relations(Level *level, Node *node, const char *barrier, int location)
{
	ListCell   *lc;

	foreach(lc, tview_relations_in(node))
		level->result = lappend(level->result, lost_focus(lfirst(lc), barrier, location));
}

static void
focus_item(Level *level, Index item)
{
	RangeTblEntry *rte = rt_fetch(item, level->query->rtable);
	Place		place = {.item = item};
	Bitmapset  *demand;

	switch (rte->rtekind)
	{
		case RTE_RELATION:
			lift(level, &place, NULL, rte);
			/* Tracing queries do not see the rows that a policy hides by now. */
			lose_relations(level, (Node *) rte->securityQuals,
						   "a row security policy", -1);
			break;
		case RTE_SUBQUERY:
			demand = item_demand(level, item);
			lift_all(level, &place, focus_query(rte->subquery, demand, demand));
			break;
		case RTE_FUNCTION:
			focus_sublinks(level, (Node *) rte->functions, place);
			break;
		case RTE_TABLEFUNC:
			focus_sublinks(level, (Node *) rte->tablefunc, place);
			break;
		case RTE_VALUES:
			focus_sublinks(level, (Node *) rte->values_lists, place);
			break;
		default:
			break;
	}
}

/* Only recursive ones are left by now. */
static void
focus_ctes(Level *level)
{
	ListCell   *lc;

	foreach(lc, level->query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		lose_relations(level, cte->ctequery, "a recursive common table expression",
					   cte->location);
	}
}

static void
focus_expressions(Level *level)
{
	Query	   *query = level->query;
	Place		nowhere = {0};
	ListCell   *lc;

	foreach(lc, query->targetList)
		focus_sublinks(level, (Node *) lfirst_node(TargetEntry, lc)->expr, nowhere);
	focus_sublinks(level, query->havingQual, nowhere);
	focus_sublinks(level, query->limitOffset, nowhere);
	focus_sublinks(level, query->limitCount, nowhere);
	foreach(lc, query->windowClause)
	{
		focus_sublinks(level, lfirst_node(WindowClause, lc)->startOffset, nowhere);
		focus_sublinks(level, lfirst_node(WindowClause, lc)->endOffset, nowhere);
	}
	foreach(lc, level_conjuncts((Node *) query->jointree))
	{
		Place		place = {.conjunct = lfirst(lc)};

		focus_sublinks(level, lfirst(lc), place);
	}
}

/* The cases of nested levels multiply: beyond a number, nothing is followed. */
static void
give_up_if_many(Level *level)
{
	if (!level->too_many)
		return;
	level->result = NIL;
	lose_relations(level, (Node *) level->query, "too many cases of outer joins", -1);
}

/* A level without set operations, from every relation in it. */
static List *
focus_level(Query *query, Bitmapset *demand, Bitmapset *anchors)
{
	Level		level = {.query = query, .demand = demand};
	Bitmapset  *items = level_items((Node *) query->jointree);
	int			item = -1;

	level.order = level_order(query, anchors, &level.ties);
	while ((item = bms_next_member(items, item)) >= 0)
		focus_item(&level, item);
	focus_ctes(&level);
	focus_expressions(&level);
	give_up_if_many(&level);
	return level.result;
}

static void
collect_branches(Node *node, List **branches)
{
	if (IsA(node, RangeTblRef))
	{
		*branches = lappend_int(*branches, ((RangeTblRef *) node)->rtindex);
		return;
	}
	collect_branches(castNode(SetOperationStmt, node)->larg, branches);
	collect_branches(castNode(SetOperationStmt, node)->rarg, branches);
}

/* Give the outputs of a branch the types of the whole set operation. */
static void
coerce_outputs(Focus *focus, List *types)
{
	List	   *kept = NIL;
	ListCell   *lc;

	foreach(lc, focus->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Oid			type = list_nth_oid(types, tle->resno - 1);
		Node	   *expr = (Node *) tle->expr;

		if (exprType(expr) != type)
			expr = coerce_to_target_type(NULL, expr, exprType(expr), type, -1,
										 COERCION_IMPLICIT, COERCE_IMPLICIT_CAST,
										 -1);
		if (expr == NULL)
			continue;
		tle->expr = (Expr *) expr;
		kept = lappend(kept, tle);
	}
	focus->query->targetList = kept;
}

/* Another row may be shown for the changed one, equal to it. */
static void
mark_compared(Focus *focus, Node *set_operations)
{
	ListCell   *lc;

	foreach(lc, focus->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (merges_unequal(set_operations, tle->resno))
			focus->inexact = bms_add_member(focus->inexact, tle->resno);
	}
}

/*
 * A set operation, from every relation in its branches: a changed row of a
 * branch can only change result rows with the same values.
 */
static List *
focus_set_operation(Query *query, Bitmapset *demand, Bitmapset *anchors)
{
	List	   *types = castNode(SetOperationStmt, query->setOperations)->colTypes;
	List	   *branches = NIL;
	List	   *result = NIL;
	ListCell   *lc;

	collect_branches(query->setOperations, &branches);
	foreach(lc, branches)
	{
		RangeTblEntry *rte = rt_fetch(lfirst_int(lc), query->rtable);
		List	   *inner = focus_query(rte->subquery, demand, anchors);
		ListCell   *lc2;

		foreach(lc2, inner)
		{
			Focus	   *focus = lfirst(lc2);

			/* The branch was one level below; nothing of this one is in it. */
			focus->query = hoist(focus->query, 0);
			coerce_outputs(focus, types);
			mark_compared(focus, query->setOperations);
			result = lappend(result, focus);
		}
	}
	return result;
}

/* A query from every relation in it, but for what rows do to each other. */
static List *
focus_rows(Query *query, Bitmapset *demand, Bitmapset *anchors)
{
	if (query->setOperations != NULL)
		return focus_set_operation(query, demand, anchors);
	return focus_level(query, demand, anchors);
}

/*
 * Look at a query from every base relation in it, at any depth.
 *
 * demand: the output columns (by resno) by which the rows of the query are
 * tied to the outside, and which each Focus should keep where it can.
 * anchors: those of them that tie it to what comes before it in the order.
 * Returns a list of Focus; an occurrence has several where different cases
 * need different joins, and their results are to be united.
 */
List *
focus_query(Query *query, Bitmapset *demand, Bitmapset *anchors)
{
	List	   *result = focus_rows(query, demand, anchors);
	ListCell   *lc;
	ListCell   *lc2;

	check_stack_depth();
	if (!rows_influence_others(query))
		return result;

	/* Peers are found by the columns they share: those come first then. */
	foreach(lc, peer_clauses(query))
	{
		Bitmapset  *shared = clause_outputs(query, lfirst(lc));

		foreach(lc2, focus_rows(query, shared, shared))
			result = lappend(result, focus_peers(query, lfirst(lc2), lfirst(lc), demand));
	}
	return result;
}
