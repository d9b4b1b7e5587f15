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
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_agg.h"
#include "parser/parse_coerce.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

/* Where in a level the changed relation is. */
typedef struct Place
{
	Index		item;			/* FROM item that contains it, or 0 */
	Node	   *conjunct;		/* condition whose sublink contains it */
	SubLink    *sublink;
	bool		positive;		/* NULL counts as false where it stands */
} Place;

/* A condition in the terms of the items, or NULL if it has columns that are lost
 * or aggregates of the level (a sublink may hold some). */
static Node *
kept_condition(Node *qual, Substitution *substitution)
{
	Node	   *result = substitute_vars(qual, substitution);

	return substitution->unavailable || contain_aggs_of_level(result, 0) ? NULL : result;
}

/* May the condition rely on others to keep it from failing?  One that ties items
 * together is needed even so. */
static bool
relies_on_others(Node *qual)
{
	return bms_membership(varnos_of_level(qual, 0)) != BMS_MULTIPLE && tview_can_fail(qual);
}

/*
 * Add conditions of a level, but for those that cannot be kept.  lost: some others
 * have not been, already.  Returns false where one can never hold.
 */
static bool
keep_conditions(List *quals, bool lost, Substitution *substitution, List **facts)
{
	ListCell   *lc;

	foreach(lc, quals)
		lost = lost || kept_condition(lfirst(lc), substitution) == NULL;
	foreach(lc, quals)
	{
		Node	   *qual = kept_condition(lfirst(lc), substitution);

		if (qual == NULL || (lost && relies_on_others(qual)))
			continue;
		if (bms_overlap(varnos_of_level(lfirst(lc), 0), substitution->nulled))
			qual = eval_const_expressions(NULL, qual);
		if (IsA(qual, Const) && (((Const *) qual)->constisnull ||
								 !DatumGetBool(((Const *) qual)->constvalue)))
			return false;
		*facts = lappend(*facts, qual);
	}
	return true;
}

/* Rewrite what an item refers to; false where it cannot be kept. */
static bool
substitute_in_item(RangeTblEntry *rte, Substitution *substitution)
{
	Node	   *result;

	switch (rte->rtekind)
	{
		case RTE_SUBQUERY:
			result = substitute_vars((Node *) rte->subquery, substitution);
			rte->subquery = (Query *) result;
			rte->lateral = true;
			break;
		case RTE_FUNCTION:
			result = substitute_vars((Node *) rte->functions, substitution);
			rte->functions = (List *) result;
			break;
		case RTE_TABLEFUNC:
			result = substitute_vars((Node *) rte->tablefunc, substitution);
			rte->tablefunc = (TableFunc *) result;
			break;
		case RTE_VALUES:
			result = substitute_vars((Node *) rte->values_lists, substitution);
			rte->values_lists = (List *) result;
			break;
		case RTE_RELATION:
		case RTE_RESULT:
			return true;
		default:
			return false;		/* a recursive CTE stays where it is */
	}
	return !substitution->unavailable;
}

/* The items of a variant that can take part, rewritten in the range table. */
static Bitmapset *
keep_items(Query *flat, const Variant *variant, Substitution inner)
{
	Bitmapset  *kept = NULL;
	int			item = -1;

	while ((item = bms_next_member(variant->items, item)) >= 0)
	{
		RangeTblEntry *rte = rt_fetch(item, flat->rtable);
		Substitution substitution = inner;

		if (!bms_is_member(item, variant->nulled))
			substitution.nulled = variant->nulled;
		substitution.unknown = variant->unknown;
		if (rte->rtekind == RTE_RELATION || rte->rtekind == RTE_RESULT ||
			(rte->rtekind != RTE_CTE &&
			 bms_is_empty(lateral_references(rte))) ||
			substitute_in_item(rte, &substitution))
			kept = bms_add_member(kept, item);
	}
	return kept;
}

static void
offset_members(Bitmapset **target, Bitmapset *members, int offset)
{
	int			member = -1;

	while ((member = bms_next_member(members, member)) >= 0)
		*target = bms_add_member(*target, member + offset);
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

/*
 * The comparison of x op ANY/ALL (SELECT ..) as a condition on the changed row:
 * it only matters where the comparison can decide the result.  In a plain
 * WHERE x IN (..) that is where it is true; elsewhere NULL counts too.
 */
static Node *
sublink_condition(const Place *place, List *outputs, Bitmapset *inexact)
{
	InexactReferences refs = {.params = inexact};
	SubLink    *sublink = place->sublink;
	BooleanTest *test;
	Node	   *condition;
	ListCell   *lc;

	if (sublink == NULL || sublink->testexpr == NULL ||
		(sublink->subLinkType != ANY_SUBLINK &&
		 sublink->subLinkType != ALL_SUBLINK) ||
		checkExprHasSubLink(sublink->testexpr) ||
		misuses_inexact(sublink->testexpr, refs))
		return NULL;
	foreach(lc, ((Query *) sublink->subselect)->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!tle->resjunk && output_expr(outputs, tle->resno) == NULL)
			return NULL;
	}
	condition = replace_sublink_params(sublink->testexpr, outputs);
	if (place->positive && sublink->subLinkType == ANY_SUBLINK)
		return condition;
	test = makeNode(BooleanTest);
	test->arg = (Expr *) condition;
	test->booltesttype = sublink->subLinkType == ANY_SUBLINK ?
		IS_NOT_FALSE : IS_NOT_TRUE;
	test->location = -1;
	return (Node *) test;
}

/* A Focus of a lower level, renumbered to join the items of this one. */
static Query *
hoist(const Focus *inner, int offset)
{
	Query	   *query = copyObject(inner->query);

	OffsetVarNodes((Node *) query, offset, 0);
	IncrementVarSublevelsUp((Node *) query, -1, 1);
	return query;
}

/*
 * The items that come before the place in the order of the level.  Where the
 * place itself is seen as NULL, the affected row consists of the other items
 * only: as far as those changed too, their own traces find it.
 */
static Bitmapset *
items_before(Level *level, const Place *place, const Variant *variant)
{
	bool		nulled = bms_is_member(place->item, variant->nulled);
	Bitmapset  *result = NULL;
	int			item = -1;

	while ((item = bms_next_member(variant->items, item)) >= 0)
		if (place->item == 0 ||
			level->order[item] < level->order[place->item] ||
			(nulled && !bms_is_member(item, variant->nulled)))
			result = bms_add_member(result, item);
	return result;
}

static List *
item_refs(Bitmapset *items)
{
	List	   *refs = NIL;
	int			item = -1;

	while ((item = bms_next_member(items, item)) >= 0)
	{
		RangeTblRef *ref = makeNode(RangeTblRef);

		ref->rtindex = item;
		refs = lappend(refs, ref);
	}
	return refs;
}

/* The items and conditions of a lower Focus, beside those of the variant. */
static bool
add_hoisted(const Place *place, const Variant *variant, const Query *hoisted,
			Bitmapset *inexact, Query *flat, List **facts)
{
	Substitution substitution = {.nulled = variant->nulled_below};
	Node	   *condition = sublink_condition(place, hoisted->targetList, inexact);

	flat->rtable = list_concat(flat->rtable, hoisted->rtable);
	flat->jointree->fromlist = list_concat(flat->jointree->fromlist,
										   hoisted->jointree->fromlist);
	substitution.unknown = variant->unknown;
	return keep_conditions((List *) hoisted->jointree->quals, false, &substitution, facts) &&
		(condition == NULL ||
		 keep_conditions(split_conjuncts(condition), false, &substitution, facts));
}

static Focus *
start_focus(Level *level, const Place *place, const Focus *inner,
			RangeTblEntry *source)
{
	Focus	   *focus = palloc0(sizeof(Focus));

	focus->source = source;
	focus->query = makeNode(Query);
	focus->query->commandType = CMD_SELECT;
	focus->query->rtable = copyObject(level->query->rtable);
	focus->changed = inner ? inner->changed + list_length(focus->query->rtable) :
		place->item;
	focus->barrier = inner ? inner->barrier : NULL;
	focus->location = inner ? inner->location : -1;
	if (place->sublink && focus->location < 0)
		focus->location = place->sublink->location;
	return focus;
}

/*
 * One variant of a level around a lower Focus; inner is NULL where the changed
 * relation is an item of this level itself.  outputs: the target list.
 */
static void
lift_variant(Level *level, const Place *place, const Variant *variant,
			 List *outputs, const Focus *inner, RangeTblEntry *source)
{
	int			offset = list_length(level->query->rtable);
	Query	   *hoisted = inner ? hoist(inner, offset) : NULL;
	Focus	   *focus = start_focus(level, place, inner, source);
	Query	   *flat = focus->query;
	Substitution substitution = {0};
	Bitmapset  *items;
	List	   *facts = NIL;

	if (inner)
	{
		/* What is computed from a sublink is lost; from a subquery, not all. */
		substitution.item = place->item;
		substitution.outputs = place->sublink ? NIL : hoisted->targetList;
		substitution.inexact = place->sublink ? NULL : inner->inexact;
	}
	items = keep_items(flat, variant, substitution);
	if (inner)
		items = bms_del_member(items, place->item);
	focus->allowed = bms_intersect(items_before(level, place, variant), items);
	focus->null_case = !bms_is_empty(variant->nulled) || (inner && inner->null_case);
	if (!keep_conditions(variant->quals, variant->lost, &substitution, &facts))
		return;
	flat->jointree = makeFromExpr(item_refs(items), NULL);
	if (inner)
	{
		offset_members(&focus->allowed, inner->allowed, offset);
		if (!add_hoisted(place, variant, hoisted, inner->inexact, flat, &facts))
			return;
	}
	flat->jointree->quals = (Node *) facts;
	substitution.nulled = variant->nulled;
	substitution.unknown = variant->unknown;
	keep_outputs(level, outputs, &substitution, focus);
	level->result = lappend(level->result, focus);
}

/* A variant once, or once for each grouping set. */
static void
lift_grouping_sets(Level *level, const Place *place, const Variant *variant,
				   const Focus *inner, RangeTblEntry *source)
{
	Query	   *query = level->query;
	ListCell   *lc;

	if (query->groupingSets == NIL)
	{
		lift_variant(level, place, variant, query->targetList, inner, source);
		return;
	}
	foreach(lc, expand_grouping_sets(query->groupingSets, query->groupDistinct, -1))
	{
		int			before = list_length(level->result);

		lift_variant(level, place, variant,
					 grouping_set_outputs(query, lfirst(lc)), inner, source);
		if (list_length(level->result) > before &&
			list_length(lfirst(lc)) < list_length(query->groupClause))
			((Focus *) llast(level->result))->null_case = true;
	}
}

/* What of this level is asked for from outside its joins. */
static Bitmapset *
wanted_items(Level *level, const Place *place, const Focus *inner)
{
	Bitmapset  *wanted = NULL;
	ListCell   *lc;

	foreach(lc, level->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (bms_is_member(tle->resno, level->demand))
			wanted = bms_join(wanted, varnos_of_level((Node *) tle->expr, 0));
	}
	if (inner)
		wanted = bms_join(wanted, varnos_of_level((Node *) inner->query, 0));
	if (place->sublink)
		wanted = bms_join(wanted, varnos_of_level(place->sublink->testexpr, 0));
	return wanted;
}

static void
lift(Level *level, const Place *place, const Focus *inner,
	 RangeTblEntry *source)
{
	LevelTarget target = {0};
	ListCell   *lc;

	target.query = level->query;
	target.item = place->item;
	target.conjunct = place->conjunct;
	target.wanted = wanted_items(level, place, inner);
	foreach(lc, level_variants(&target))
		lift_grouping_sets(level, place, lfirst(lc), inner, source);
}

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

		place.sublink = sublink;
		place.positive = list_member_ptr(positive, sublink);
		lift_all(level, &place,
				 focus_query(subselect,
							 sublink->testexpr ? all_outputs(subselect) : NULL,
							 false));
	}
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
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		if (var->varlevelsup == context->level && var->varno == context->item &&
			var->varattno > 0)
			context->columns = bms_add_member(context->columns, var->varattno);
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

static Bitmapset *
columns_of_item(Node *node, Index item)
{
	ColumnsContext context = {item, 0, NULL};

	columns_walker(node, &context);
	return context.columns;
}

/* Does a condition tie an item to items before it, or to the outside? */
static bool
ties_to_earlier(Level *level, Node *conjunct, Index item)
{
	Bitmapset  *items = varnos_of_level(conjunct, 0);
	int			other = -1;

	if (checkExprHasSubLink(conjunct) || !bms_is_member(item, items))
		return false;
	while ((other = bms_next_member(items, other)) >= 0)
		if (level->order[other] > level->order[item])
			return false;
	return bms_membership(items) == BMS_MULTIPLE || references_outside(conjunct);
}

/* The columns of an item from which another, LATERAL one is computed. */
static Bitmapset *
columns_for_lateral(RangeTblEntry *rte, Index item)
{
	switch (rte->rtekind)
	{
		case RTE_FUNCTION:
			return columns_of_item((Node *) rte->functions, item);
		case RTE_TABLEFUNC:
			return columns_of_item((Node *) rte->tablefunc, item);
		case RTE_VALUES:
			return columns_of_item((Node *) rte->values_lists, item);
		default:
			return NULL;
	}
}

/*
 * The columns of a FROM item by which its rows are tied to the demanded
 * outputs or to items before it.
 */
static Bitmapset *
item_demand(Level *level, Index item)
{
	Query	   *query = level->query;
	Bitmapset  *items = level_items((Node *) query->jointree);
	Bitmapset  *demand = NULL;
	Bitmapset  *shown = NULL;	/* items of the demanded outputs */
	ListCell   *lc;
	int			other = -1;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!bms_is_member(tle->resno, level->demand))
			continue;
		demand = bms_join(demand, columns_of_item((Node *) tle->expr, item));
		shown = bms_join(shown, varnos_of_level((Node *) tle->expr, 0));
	}
	foreach(lc, level_conjuncts((Node *) query->jointree))
		if (ties_to_earlier(level, lfirst(lc), item))
			demand = bms_join(demand, columns_of_item(lfirst(lc), item));
	while ((other = bms_next_member(items, other)) >= 0)
	{
		RangeTblEntry *rte = rt_fetch(other, query->rtable);

		if (rte->rtekind == RTE_SUBQUERY && level->order[other] < level->order[item])
			demand = bms_join(demand,
							  columns_of_item((Node *) rte->subquery, item));
		else if (bms_is_member(other, shown))
			demand = bms_join(demand, columns_for_lateral(rte, item));
	}
	return demand;
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

	switch (rte->rtekind)
	{
		case RTE_RELATION:
			lift(level, &place, NULL, rte);
			/* Tracing queries do not see the rows that a policy hides by now. */
			lose_relations(level, (Node *) rte->securityQuals,
						   "a row security policy", -1);
			break;
		case RTE_SUBQUERY:
			lift_all(level, &place,
					 focus_query(rte->subquery, item_demand(level, item), false));
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

/* A level without set operations, from every relation in it. */
static List *
focus_level(Query *query, Bitmapset *demand, bool top)
{
	Level		level = {query, demand, level_order(query, demand), top, NIL};
	Bitmapset  *items = level_items((Node *) query->jointree);
	int			item = -1;

	while ((item = bms_next_member(items, item)) >= 0)
		focus_item(&level, item);
	focus_ctes(&level);
	focus_expressions(&level);
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

/* Does a set operation take rows for one that are equal? */
static bool
compares_rows(Node *node)
{
	SetOperationStmt *op = (SetOperationStmt *) node;

	if (IsA(node, RangeTblRef))
		return false;
	return op->op != SETOP_UNION || !op->all ||
		compares_rows(op->larg) || compares_rows(op->rarg);
}

/* Another row may be shown for the changed one, equal to it. */
static void
mark_compared(Focus *focus)
{
	ListCell   *lc;

	foreach(lc, focus->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!is_exact((Node *) tle->expr))
			focus->inexact = bms_add_member(focus->inexact, tle->resno);
	}
}

/*
 * A set operation, from every relation in its branches: a changed row of a
 * branch can only change result rows with the same values.
 */
static List *
focus_set_operation(Query *query, Bitmapset *demand)
{
	List	   *types = castNode(SetOperationStmt, query->setOperations)->colTypes;
	List	   *branches = NIL;
	List	   *result = NIL;
	ListCell   *lc;

	collect_branches(query->setOperations, &branches);
	foreach(lc, branches)
	{
		RangeTblEntry *rte = rt_fetch(lfirst_int(lc), query->rtable);
		List	   *inner = focus_query(rte->subquery, demand, false);
		ListCell   *lc2;

		foreach(lc2, inner)
		{
			Focus	   *focus = lfirst(lc2);

			/* The branch was one level below; nothing of this one is in it. */
			focus->query = hoist(focus, 0);
			coerce_outputs(focus, types);
			if (compares_rows(query->setOperations))
				mark_compared(focus);
			result = lappend(result, focus);
		}
	}
	return result;
}

/* A query from every relation in it, but for what rows do to each other. */
static List *
focus_rows(Query *query, Bitmapset *demand, bool top)
{
	if (query->setOperations != NULL)
		return focus_set_operation(query, demand);
	return focus_level(query, demand, top);
}

/*
 * Look at a query from every base relation in it, at any depth.
 *
 * demand: the output columns (by resno) by which the rows of the query are
 * tied to the outside, and which each Focus should keep where it can.
 * Returns a list of Focus; an occurrence has several where different cases
 * need different joins, and their results are to be united.
 */
List *
focus_query(Query *query, Bitmapset *demand, bool top)
{
	List	   *result = focus_rows(query, demand, top);
	List	   *clauses;
	ListCell   *lc;

	check_stack_depth();
	if (!rows_influence_others(query))
		return result;

	/* Peers are found by the columns they share: those come first then. */
	clauses = peer_clauses(query);
	foreach(lc, focus_rows(query, clause_outputs(query, clauses), false))
		result = lappend(result, focus_peers(query, lfirst(lc), clauses, demand));
	return result;
}
