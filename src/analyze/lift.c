/*
 * lift.c
 *		Takes a Focus up one level: what it is joined with there, what is known
 *		of the rows, and which outputs survive.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_agg.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"

/* So many cases of a level, those of levels below it included, are followed. */
#define MAX_FOCUSES	4000

/*
 * A condition in the terms of the items, or NULL if it has columns that are lost.  The
 * comparison of a sublink in a select list may also hold what no condition may.
 */
static Node *
kept_condition(Node *qual, Substitution *substitution)
{
	Node	   *result = substitute_vars(qual, substitution);

	if (substitution->unavailable || contain_aggs_of_level(result, 0) ||
		contain_windowfuncs(result) || expression_returns_set(result))
		return NULL;
	/* Not comparisons with a subquery, which have to stay what SQL can say. */
	if (bms_overlap(varnos_of_level(qual, 0), substitution->nulled) &&
		!checkExprHasSubLink(result))
		result = tview_fold(result);
	return result;
}

/* May the condition rely on others to keep it from failing?  One that ties items
 * together, or to the enclosing levels, is needed even so. */
static bool
relies_on_others(Node *qual)
{
	return bms_membership(varnos_of_level(qual, 0)) != BMS_MULTIPLE &&
		!references_outside(qual) && tview_can_fail(qual);
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

/*
 * A query of a lower level, renumbered to join the items of this one.  What its items
 * refer to in an outer level may be beside them then.
 */
Query *
hoist(Query *query, int offset)
{
	Query	   *hoisted = copyObject(query);
	ListCell   *lc;

	OffsetVarNodes((Node *) hoisted, offset, 0);
	IncrementVarSublevelsUp((Node *) hoisted, -1, 1);
	foreach(lc, hoisted->rtable)
		if (!bms_is_empty(lateral_references(lfirst_node(RangeTblEntry, lc))))
			lfirst_node(RangeTblEntry, lc)->lateral = true;
	return hoisted;
}

/*
 * Where in the order of the level the place is: a subquery that ties an item to
 * others right before that item, any other in an expression after all of them.
 */
static int
rank_of_place(Level *level, const Place *place)
{
	Bitmapset  *tied;
	int			rank = 0;
	int			item = -1;

	if (place->item != 0)
		return level->order[place->item];
	if (!list_member_ptr(level->ties, place->conjunct))
		return INT_MAX;
	tied = varnos_of_level(place->conjunct, 0);
	while ((item = bms_next_member(tied, item)) >= 0)
		rank = Max(rank, level->order[item]);
	return rank;
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
	int			rank = rank_of_place(level, place);
	Bitmapset  *result = NULL;
	int			item = -1;

	while ((item = bms_next_member(variant->items, item)) >= 0)
		if (level->order[item] < rank ||
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
	List	   *conditions = sublink_conditions(place, hoisted->targetList, inexact);

	flat->rtable = list_concat(flat->rtable, hoisted->rtable);
	flat->jointree->fromlist = list_concat(flat->jointree->fromlist,
										   hoisted->jointree->fromlist);
	substitution.unknown = variant->unknown;
	return keep_conditions((List *) hoisted->jointree->quals, false, &substitution, facts) &&
		keep_conditions(conditions, false, &substitution, facts);
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
	Query	   *hoisted = inner ? hoist(inner->query, offset) : NULL;
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
	flat->jointree->quals = (Node *) join_sublinks(focus, facts);
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

/*
 * The Focus of a level around a lower one, or, where inner is NULL, around the changed
 * relation itself; they are added to the level's result.
 */
void
lift(Level *level, const Place *place, const Focus *inner,
	 RangeTblEntry *source)
{
	LevelTarget target = {0};
	ListCell   *lc;

	CHECK_FOR_INTERRUPTS();
	level->too_many = level->too_many || list_length(level->result) > MAX_FOCUSES;
	if (level->too_many)
		return;
	target.query = level->query;
	target.item = place->item;
	target.conjunct = place->conjunct;
	target.ties = level->ties;
	target.wanted = wanted_items(level, place, inner);
	foreach(lc, level_variants(&target))
		lift_grouping_sets(level, place, lfirst(lc), inner, source);
}
