/*
 * level.c
 *		One query level: its outer joins as cases, and the order of its items.
 *
 * Cases.  A combination of rows of a level falls into exactly one case of
 * each outer join: both sides matched, or one side missing and seen as NULL
 * from above.  In every case the joins are inner joins, so a level becomes a
 * list of flat joins ("variants").  Where the changed relation is on a side
 * that can be missing, a further case matters: the row of the other side
 * appears NULL-extended exactly when no match is left, so the rows that match
 * a changed row are affected in their NULL-extended form too.
 *
 * Order.  See README.md: the tracing query of a relation may only read
 * relations that come before it in an order that starts at the demanded
 * outputs.  The order must not depend on which relation is traced.
 *
 * A condition with a subquery that reads tables ties items together if nothing
 * else does.  The tables in it come right before the item that it ties to
 * those before, so where that item is traced, it holds now if it held before.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

/* Beyond this, an outer join that would only refine the result is not split. */
#define MAX_CASES	32

/* Beyond this, rows cannot be followed through a chain of full joins. */
#define MAX_FULL_CASES	1000

/* Not an item: range table indexes start at 1. */
#define OUTSIDE				0

static List *variants_of(Node *node, LevelTarget *target);

/* The items below a join tree node. */
Bitmapset *
level_items(Node *node)
{
	Bitmapset  *items = NULL;
	ListCell   *lc;

	if (IsA(node, RangeTblRef))
		return bms_make_singleton(((RangeTblRef *) node)->rtindex);
	if (IsA(node, JoinExpr))
		return bms_union(level_items(((JoinExpr *) node)->larg),
						 level_items(((JoinExpr *) node)->rarg));
	foreach(lc, castNode(FromExpr, node)->fromlist)
		items = bms_join(items, level_items(lfirst(lc)));
	return items;
}

/* All conditions of a join tree: of WHERE and of every ON. */
List *
level_conjuncts(Node *node)
{
	List	   *result;
	ListCell   *lc;

	if (IsA(node, RangeTblRef))
		return NIL;
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		result = split_conjuncts(join->quals);
		result = list_concat(result, level_conjuncts(join->larg));
		return list_concat(result, level_conjuncts(join->rarg));
	}
	result = split_conjuncts(castNode(FromExpr, node)->quals);
	foreach(lc, castNode(FromExpr, node)->fromlist)
		result = list_concat(result, level_conjuncts(lfirst(lc)));
	return result;
}

/* Is each row of a level one row of each of its items, and nothing else? */
bool
level_is_flat(Query *query)
{
	return query->groupClause == NIL && query->groupingSets == NIL &&
		!query->hasAggs && !query->hasWindowFuncs && query->havingQual == NULL &&
		query->distinctClause == NIL && query->setOperations == NULL &&
		query->limitCount == NULL && query->limitOffset == NULL;
}

/* What an item computes its rows from, NULL for a table. */
static Node *
item_source(RangeTblEntry *rte)
{
	switch (rte->rtekind)
	{
		case RTE_SUBQUERY:
			return (Node *) rte->subquery;
		case RTE_FUNCTION:
			return (Node *) rte->functions;
		case RTE_TABLEFUNC:
			return (Node *) rte->tablefunc;
		case RTE_VALUES:
			return (Node *) rte->values_lists;
		default:
			return NULL;
	}
}

/* The siblings that an item refers to. */
Bitmapset *
lateral_references(RangeTblEntry *rte)
{
	return varnos_of_level(item_source(rte), 0);
}

static Variant *
copy_variant(const Variant *variant)
{
	Variant    *copy = palloc(sizeof(Variant));

	copy->items = bms_copy(variant->items);
	copy->nulled = bms_copy(variant->nulled);
	copy->nulled_below = bms_copy(variant->nulled_below);
	copy->unknown = bms_copy(variant->unknown);
	copy->quals = list_copy(variant->quals);
	copy->lost = variant->lost;
	return copy;
}

/*
 * Can tracing queries use a condition?  One that reads tables, only if it ties items
 * (see "Order"), and only between their rows as they are.
 */
static bool
is_usable(LevelTarget *target, Node *conjunct, bool nulled)
{
	if (!reads_tables(conjunct))
		return true;
	return list_member_ptr(target->ties, conjunct) && !nulled;
}

/*
 * Add a condition to a variant.  Returns false where the condition cannot hold
 * in it.
 */
static bool
add_conjunct(LevelTarget *target, Variant *variant, Node *conjunct)
{
	Bitmapset  *varnos = varnos_of_level(conjunct, 0);
	Substitution substitution = {.nulled = variant->nulled};

	if (bms_overlap(varnos, variant->unknown) ||
		!is_usable(target, conjunct, bms_overlap(varnos, variant->nulled)))
	{
		variant->lost = true;
		return true;
	}
	if (bms_overlap(varnos, variant->nulled))
	{
		conjunct = substitute_vars(conjunct, &substitution);
		if (!checkExprHasSubLink(conjunct))
			conjunct = tview_fold(conjunct);
		if (conjunct == NULL)
		{
			variant->lost = true;
			return true;
		}
		if (IsA(conjunct, Const))
			return !((Const *) conjunct)->constisnull &&
				DatumGetBool(((Const *) conjunct)->constvalue);
	}
	variant->quals = lappend(variant->quals, conjunct);
	return true;
}

/* The variants in which the conditions can hold, with them added. */
static List *
add_quals(LevelTarget *target, List *variants, Node *quals)
{
	List	   *conjuncts = split_conjuncts(quals);
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, variants)
	{
		Variant    *variant = copy_variant(lfirst(lc));
		bool		possible = true;
		ListCell   *lc2;

		foreach(lc2, conjuncts)
			possible = possible && add_conjunct(target, variant, lfirst(lc2));
		if (possible)
			result = lappend(result, variant);
	}
	return result;
}

/* What the changed relation on one side sees of the other side. */
static Bitmapset *
seen_from(LevelTarget *target, const Variant *variant, const Variant *other)
{
	if (target->item != 0 && bms_is_member(target->item, variant->items))
		return bms_union(variant->nulled_below, other->nulled);
	return variant->nulled_below;
}

static List *
product(LevelTarget *target, List *left, List *right)
{
	List	   *result = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, left)
	{
		foreach(lc2, right)
		{
			Variant    *variant = copy_variant(lfirst(lc));
			Variant    *other = lfirst(lc2);

			variant->nulled_below = bms_union(seen_from(target, variant, other),
											  seen_from(target, other, variant));
			variant->items = bms_add_members(variant->items, other->items);
			variant->nulled = bms_add_members(variant->nulled, other->nulled);
			variant->unknown = bms_add_members(variant->unknown, other->unknown);
			variant->quals = list_concat(variant->quals, other->quals);
			variant->lost = variant->lost || other->lost;
			result = lappend(result, variant);
		}
	}
	return result;
}

/* The same rows, with some items seen as NULL, or not to be used, from above. */
static List *
seen_as(List *variants, Bitmapset *nulled, Bitmapset *unknown)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, variants)
	{
		Variant    *variant = copy_variant(lfirst(lc));

		variant->nulled = bms_add_members(variant->nulled, nulled);
		variant->unknown = bms_add_members(variant->unknown, unknown);
		result = lappend(result, variant);
	}
	return result;
}

static bool
same_variant(const Variant *a, const Variant *b)
{
	ListCell   *lc;
	ListCell   *lc2;

	if (!bms_equal(a->items, b->items) || !bms_equal(a->nulled, b->nulled) ||
		!bms_equal(a->nulled_below, b->nulled_below) || !bms_equal(a->unknown, b->unknown) ||
		a->lost != b->lost || list_length(a->quals) != list_length(b->quals))
		return false;
	forboth(lc, a->quals, lc2, b->quals)
		if (!equal(lfirst(lc), lfirst(lc2)))
			return false;
	return true;
}

/*
 * Two lists of variants as one, each once: below a side that is seen as NULL it does not
 * matter which others are, so a chain of outer joins has few cases.
 */
static List *
add_variants(List *variants, List *more)
{
	List	   *result = list_copy(variants);
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, more)
	{
		bool		known = false;

		foreach(lc2, result)
			known = known || same_variant(lfirst(lc), lfirst(lc2));
		if (!known)
			result = lappend(result, lfirst(lc));
	}
	return result;
}

static List *
with_nulled(List *variants, Bitmapset *items)
{
	return seen_as(variants, items, NULL);
}

/* Items referred to by the conditions of a join tree, but for one join. */
static Bitmapset *
referenced_outside(Node *node, Node *skip)
{
	Bitmapset  *result = NULL;
	ListCell   *lc;

	if (node == skip || IsA(node, RangeTblRef))
		return NULL;
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		result = varnos_of_level(join->quals, 0);
		result = bms_join(result, referenced_outside(join->larg, skip));
		return bms_join(result, referenced_outside(join->rarg, skip));
	}
	result = varnos_of_level(castNode(FromExpr, node)->quals, 0);
	foreach(lc, castNode(FromExpr, node)->fromlist)
		result = bms_join(result, referenced_outside(lfirst(lc), skip));
	return result;
}

/* Does anything outside a join ask for columns of one of its sides? */
static bool
side_is_wanted(LevelTarget *target, JoinExpr *join, Bitmapset *side)
{
	Bitmapset  *wanted = bms_copy(target->wanted);
	Bitmapset  *items = level_items((Node *) target->query->jointree);
	int			item = -1;

	wanted = bms_join(wanted,
					  referenced_outside((Node *) target->query->jointree,
										 (Node *) join));
	while ((item = bms_next_member(items, item)) >= 0)
		if (!bms_is_member(item, side))
			wanted = bms_join(wanted,
							  lateral_references(rt_fetch(item, target->query->rtable)));
	return bms_overlap(wanted, side);
}

/*
 * A side without the changed relation that can be missing: two cases, or one
 * where the difference does not show.
 */
static List *
optional_side(LevelTarget *target, JoinExpr *join, List *kept, List *matched,
			  Bitmapset *side)
{
	if (!side_is_wanted(target, join, side))
		return with_nulled(kept, side);
	if (list_length(matched) + list_length(kept) > MAX_CASES)
		return seen_as(kept, NULL, side);
	return add_variants(matched, with_nulled(kept, side));
}

/*
 * A one-sided outer join; `side` can be missing.  Both the changed relation on
 * that side and one in the join condition decide whether it is.
 */
static List *
one_sided(LevelTarget *target, JoinExpr *join, List *kept, List *matched,
		  Bitmapset *side)
{
	if (bms_is_member(target->item, side) ||
		(target->conjunct != NULL && contains_node(join->quals, target->conjunct)))
		return add_variants(matched, with_nulled(matched, side));
	return optional_side(target, join, kept, matched, side);
}

/* Rows of which nothing is known. */
static Variant *
unknown_rows(Bitmapset *items)
{
	Variant    *variant = palloc0(sizeof(Variant));

	variant->items = items;
	variant->unknown = bms_copy(items);
	variant->lost = true;
	return variant;
}

static List *
full_join(LevelTarget *target, JoinExpr *join, List *left, List *right,
		  List *matched)
{
	Bitmapset  *left_items = level_items(join->larg);
	Bitmapset  *right_items = level_items(join->rarg);
	List	   *result;

	if (list_length(left) + list_length(right) + list_length(matched) > MAX_FULL_CASES)
		return list_make1(unknown_rows(bms_union(left_items, right_items)));
	if (target->conjunct != NULL && contains_node(join->quals, target->conjunct))
	{
		result = add_variants(matched, with_nulled(matched, left_items));
		return add_variants(result, with_nulled(matched, right_items));
	}
	result = add_variants(matched,
						  with_nulled(bms_is_member(target->item, right_items) ? matched : left,
									  right_items));
	return add_variants(result,
						with_nulled(bms_is_member(target->item, left_items) ? matched : right,
									left_items));
}

/* Variants of which the changed relation, if it is below here, is a part. */
static List *
with_target(List *variants, LevelTarget *target, Bitmapset *below)
{
	List	   *result = NIL;
	ListCell   *lc;

	if (target->item == 0 || !bms_is_member(target->item, below))
		return variants;
	foreach(lc, variants)
		if (bms_is_member(target->item, ((Variant *) lfirst(lc))->items))
			result = lappend(result, lfirst(lc));
	return result;
}

/* Where the changed relation is in a condition, it sees what that sees. */
static void
look_from_conjunct(LevelTarget *target, Node *quals, List *variants)
{
	ListCell   *lc;

	if (target->conjunct == NULL || !contains_node(quals, target->conjunct))
		return;
	foreach(lc, variants)
	{
		Variant    *variant = lfirst(lc);

		variant->nulled_below = bms_copy(variant->nulled);
	}
}

static List *
variants_of_join(JoinExpr *join, LevelTarget *target)
{
	List	   *left = variants_of(join->larg, target);
	List	   *right = variants_of(join->rarg, target);
	List	   *matched = add_quals(target, product(target, left, right), join->quals);
	List	   *result;

	look_from_conjunct(target, join->quals, matched);

	switch (join->jointype)
	{
		case JOIN_INNER:
			return matched;
		case JOIN_LEFT:
			result = one_sided(target, join, left, matched,
							   level_items(join->rarg));
			break;
		case JOIN_RIGHT:
			result = one_sided(target, join, right, matched,
							   level_items(join->larg));
			break;
		case JOIN_FULL:
			result = full_join(target, join, left, right, matched);
			break;
		default:
			elog(ERROR, "unrecognized join type: %d", (int) join->jointype);
	}
	return with_target(result, target, level_items((Node *) join));
}

static List *
variants_of(Node *node, LevelTarget *target)
{
	Variant    *single;
	List	   *result;
	ListCell   *lc;

	check_stack_depth();
	if (IsA(node, JoinExpr))
		return variants_of_join((JoinExpr *) node, target);

	single = palloc0(sizeof(Variant));
	result = list_make1(single);
	if (IsA(node, RangeTblRef))
	{
		single->items = bms_make_singleton(((RangeTblRef *) node)->rtindex);
		return result;
	}
	foreach(lc, castNode(FromExpr, node)->fromlist)
		result = product(target, result, variants_of(lfirst(lc), target));
	result = add_quals(target, result, castNode(FromExpr, node)->quals);
	look_from_conjunct(target, castNode(FromExpr, node)->quals, result);
	return result;
}

/* The cases of a level, as a list of Variant. */
List *
level_variants(LevelTarget *target)
{
	List	   *variants;
	ListCell   *lc;

	variants = variants_of((Node *) target->query->jointree, target);
	if (target->item == 0 && target->conjunct == NULL)
		foreach(lc, variants)
			((Variant *) lfirst(lc))->nulled_below = ((Variant *) lfirst(lc))->nulled;
	return variants;
}

/* The items that a condition refers to, OUTSIDE included. */
static Bitmapset *
condition_edge(Node *conjunct)
{
	Bitmapset  *edge = varnos_of_level(conjunct, 0);

	return references_outside(conjunct) ? bms_add_member(edge, OUTSIDE) : edge;
}

/* Does a condition find rows by equal values, as far as its operator says? */
static bool
compares_equal(Node *condition)
{
	Oid			operator = IsA(condition, OpExpr) ? ((OpExpr *) condition)->opno :
		IsA(condition, ScalarArrayOpExpr) ? ((ScalarArrayOpExpr *) condition)->opno : InvalidOid;

	return OidIsValid(operator) && get_mergejoin_opfamilies(operator) != NIL;
}

/*
 * Sets of items tied together by a condition or by LATERAL; equal: only by conditions
 * that compare for equality.  Member OUTSIDE stands for the enclosing levels, which a
 * correlated subquery refers to.
 */
static List *
level_edges(Query *query, Bitmapset *items, bool equal)
{
	List	   *edges = NIL;
	ListCell   *lc;
	int			item = -1;

	foreach(lc, level_conjuncts((Node *) query->jointree))
	{
		Bitmapset  *edge = condition_edge(lfirst(lc));

		if (bms_membership(edge) == BMS_MULTIPLE && !reads_tables(lfirst(lc)) &&
			(!equal || compares_equal(lfirst(lc))))
			edges = lappend(edges, edge);
	}
	while ((item = bms_next_member(items, item)) >= 0)
	{
		RangeTblEntry *rte = rt_fetch(item, query->rtable);
		Bitmapset  *edge = lateral_references(rte);

		if (references_outside(item_source(rte)))
			edge = bms_add_member(edge, OUTSIDE);
		if (!bms_is_empty(edge))
			edges = lappend(edges, bms_add_member(edge, item));
	}
	return edges;
}

/* Place every item that one edge ties to items already placed. */
static Bitmapset *
next_layer(List *edges, Bitmapset *placed)
{
	Bitmapset  *layer = NULL;
	ListCell   *lc;

	foreach(lc, edges)
	{
		Bitmapset  *open = bms_difference(lfirst(lc), placed);

		if (bms_membership(open) == BMS_SINGLETON)
			layer = bms_add_members(layer, open);
	}
	return layer;
}

static void
place_layer(int *ranks, Bitmapset **placed, Bitmapset *layer)
{
	int			item = -1;

	while ((item = bms_next_member(layer, item)) >= 0)
	{
		if (bms_is_member(item, *placed))
			continue;
		ranks[item] = bms_num_members(*placed);
		*placed = bms_add_member(*placed, item);
	}
}

/* The items of the first anchor that is not placed yet. */
static Bitmapset *
next_root(Query *query, Bitmapset *anchors, Bitmapset *items, Bitmapset *placed)
{
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Bitmapset  *roots;

		if (!bms_is_member(tle->resno, anchors))
			continue;
		roots = bms_int_members(varnos_of_level((Node *) tle->expr, 0), items);
		roots = bms_difference(roots, placed);
		if (!bms_is_empty(roots))
			return roots;
	}
	return NULL;
}

static bool
item_reads_tables(RangeTblEntry *rte)
{
	return rte->rtekind == RTE_RELATION ||
		(rte->rtekind == RTE_SUBQUERY &&
		 tview_relations_in((Node *) rte->subquery) != NIL);
}

/*
 * The item that a condition with a subquery ties to items already placed; the
 * condition is noted.  plain: only one that is nothing but the subquery, which can
 * be read like a join.
 */
static Bitmapset *
tie_by_subquery(Query *query, Bitmapset *placed, bool plain, List **ties)
{
	ListCell   *lc;

	foreach(lc, level_conjuncts((Node *) query->jointree))
	{
		Node	   *conjunct = lfirst(lc);
		Bitmapset  *edge = condition_edge(conjunct);
		Bitmapset  *open = bms_difference(edge, placed);

		if (!reads_tables(conjunct) || reads_ctes(conjunct) ||
			(plain && !IsA(conjunct, SubLink)) ||
			bms_membership(open) != BMS_SINGLETON || !bms_overlap(edge, placed) ||
			!item_reads_tables(rt_fetch(bms_singleton_member(open), query->rtable)))
			continue;
		*ties = lappend(*ties, conjunct);
		return open;
	}
	return NULL;
}

/*
 * The order of the items of a level, as ranks from 1 by range table index: the
 * items of the first anchor, an output, then those that conditions tie to them
 * or to the enclosing levels, and so on: so the way from any item to that
 * output leads over items before it.  Other comparisons than for equality tie
 * only what nothing else does: they find too much.  Items that nothing ties to the
 * others come last.
 *
 * Returns in *ties the conditions that had to be used for it although they read
 * tables.
 */
int *
level_order(Query *query, Bitmapset *anchors, List **ties)
{
	int		   *ranks = palloc0(sizeof(int) * (list_length(query->rtable) + 1));
	Bitmapset  *items = level_items((Node *) query->jointree);
	List	   *equalities = level_edges(query, items, true);
	List	   *edges = level_edges(query, items, false);
	Bitmapset  *placed = bms_make_singleton(OUTSIDE);

	*ties = NIL;
	place_layer(ranks, &placed, next_root(query, anchors, items, placed));
	while (!bms_is_subset(items, placed))
	{
		Bitmapset  *layer = bms_int_members(next_layer(equalities, placed), items);

		if (bms_is_empty(layer))
			layer = bms_int_members(next_layer(edges, placed), items);
		if (bms_is_empty(layer))
			layer = next_root(query, anchors, items, placed);
		if (bms_is_empty(layer))
			layer = tie_by_subquery(query, placed, true, ties);
		if (bms_is_empty(layer))
			layer = tie_by_subquery(query, placed, false, ties);
		if (bms_is_empty(layer))
			layer = bms_make_singleton(bms_next_member(bms_difference(items, placed), -1));
		place_layer(ranks, &placed, layer);
	}
	return ranks;
}
