/*
 * inward.c
 *		Conditions that join a subquery, brought into it.
 *
 * Where a subquery s is grouped by author, the planner applies s.author = 7 inside of it,
 * but not s.author = p.author: for the one post that is refreshed it computes all authors'
 * groups.  LATERAL (SELECT .. WHERE author = p.author GROUP BY author) computes one.
 * That is better for few rows of p and worse for many, so the refresh compares the
 * costs of both (refresh/evaluate.c).
 * What may be brought in: merging.c.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "analyze/inward.h"
#include "analyze/parts.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

/* Where an item stands in its level: what holds for its rows, and what it can refer to. */
typedef struct ItemPlace
{
	List	   *conditions;
	Bitmapset  *visible;
} ItemPlace;

/* Nothing refers to a join in an expanded query. */
static void
forget_join(RangeTblEntry *rte)
{
	rte->rtekind = RTE_RESULT;
	rte->joinaliasvars = NIL;
	rte->eref->colnames = NIL;
}

/* An alias of a join would hide its items from those beside it. */
static void
forget_aliases(Query *query, Node *node)
{
	JoinExpr   *join = (JoinExpr *) node;

	check_stack_depth();
	if (!IsA(node, JoinExpr))
		return;
	join->alias = NULL;
	join->join_using_alias = NULL;
	rt_fetch(join->rtindex, query->rtable)->alias = NULL;
	rt_fetch(join->rtindex, query->rtable)->join_using_alias = NULL;
	forget_aliases(query, join->larg);
	forget_aliases(query, join->rarg);
}

/* Let the inner joins at the top of a level be a list. */
static void
flatten_joins(Query *query, Node *node, List **items, List **conditions)
{
	JoinExpr   *join = (JoinExpr *) node;

	check_stack_depth();
	if (!IsA(node, JoinExpr) || join->jointype != JOIN_INNER)
	{
		forget_aliases(query, node);
		*items = lappend(*items, node);
		return;
	}
	*conditions = list_concat(*conditions, split_conjuncts(join->quals));
	forget_join(rt_fetch(join->rtindex, query->rtable));
	flatten_joins(query, join->larg, items, conditions);
	flatten_joins(query, join->rarg, items, conditions);
}

static void
flatten_level(Query *query)
{
	List	   *items = NIL;
	List	   *conditions = split_conjuncts(query->jointree->quals);
	ListCell   *lc;

	foreach(lc, query->jointree->fromlist)
		flatten_joins(query, lfirst(lc), &items, &conditions);
	query->jointree->fromlist = items;
	query->jointree->quals = conditions == NIL ? NULL : (Node *) make_ands_explicit(conditions);
}

/* Go down to an item: an outer join lets its missing side see the other one, and its own conditions. */
static void
descend(Node *node, Index item, ItemPlace *place)
{
	JoinExpr   *join = (JoinExpr *) node;
	bool		left;

	if (!IsA(node, JoinExpr))
		return;
	left = bms_is_member(item, level_items(join->larg));
	if (join->jointype == JOIN_FULL || join->jointype == (left ? JOIN_RIGHT : JOIN_LEFT))
		place->conditions = NIL;
	if (join->jointype == JOIN_INNER || (join->jointype == JOIN_LEFT && !left))
		place->conditions = list_concat(place->conditions, split_conjuncts(join->quals));
	if (!left && (join->jointype == JOIN_INNER || join->jointype == JOIN_LEFT))
		place->visible = bms_add_members(place->visible, level_items(join->larg));
	descend(left ? join->larg : join->rarg, item, place);
}

static Bitmapset *
references_of(Query *query, Bitmapset *items)
{
	Bitmapset  *result = NULL;
	int			item = -1;

	while ((item = bms_next_member(items, item)) >= 0)
		result = bms_join(result, lateral_references(rt_fetch(item, query->rtable)));
	return result;
}

/* The members of the FROM list that do not refer to one of them, at any remove. */
static Bitmapset *
independent_items(Query *query, Node *member)
{
	Bitmapset  *dependent = level_items(member);
	Bitmapset  *result = NULL;
	bool		found = true;
	ListCell   *lc;

	while (found)
	{
		found = false;
		bms_free(result);
		result = NULL;
		foreach(lc, query->jointree->fromlist)
		{
			Bitmapset  *items = level_items(lfirst(lc));

			if (bms_overlap(items, dependent))
				continue;
			if (bms_overlap(references_of(query, items), dependent))
			{
				dependent = bms_join(dependent, items);
				found = true;
			}
			else
				result = bms_join(result, items);
		}
	}
	return result;
}

static ItemPlace
place_of(Query *query, Index item)
{
	ItemPlace	place = {NIL, NULL};
	ListCell   *lc;

	foreach(lc, query->jointree->fromlist)
	{
		if (!bms_is_member(item, level_items(lfirst(lc))))
			continue;
		place.conditions = split_conjuncts(query->jointree->quals);
		place.visible = independent_items(query, lfirst(lc));
		descend(lfirst(lc), item, &place);
	}
	return place;
}

/* Something that an item can be compared with inside: a column of another one, or of an outer query. */
static bool
is_known(Node *node, const ItemPlace *place)
{
	Var		   *var = (Var *) strip_relabel(node);

	return IsA(var, Var) &&
		(var->varlevelsup > 0 || bms_is_member(var->varno, place->visible));
}

static bool
find_condition(Node *node, Index item, const ItemPlace *place, InwardCondition *condition)
{
	OpExpr	   *op = (OpExpr *) node;

	if (!IsA(op, OpExpr) || list_length(op->args) != 2 ||
		!op_mergejoinable(op->opno, exprType(linitial(op->args))))
		return false;
	for (int side = 0; side < 2; side++)
	{
		Var		   *var = (Var *) strip_relabel(list_nth(op->args, side));

		if (IsA(var, Var) && var->varlevelsup == 0 && var->varno == item &&
			var->varattno > 0 && is_known(list_nth(op->args, 1 - side), place))
		{
			*condition = (InwardCondition) {op, side, var->varattno};
			return true;
		}
	}
	return false;
}

static bool
compares_with_sibling(const InwardCondition *condition)
{
	return ((Var *) strip_relabel(list_nth(condition->op->args,
										   1 - condition->side)))->varlevelsup == 0;
}

/* Bring into an item what joins it.  Returns whether it refers to others now. */
static bool
bring_into_item(Query *query, Index item)
{
	RangeTblEntry *rte = rt_fetch(item, query->rtable);
	ItemPlace	place = place_of(query, item);
	Bitmapset  *done = NULL;
	bool		changed = false;
	ListCell   *lc;

	foreach(lc, place.conditions)
	{
		InwardCondition condition;

		if (!find_condition(lfirst(lc), item, &place, &condition) ||
			bms_is_member(condition.attno, done) ||
			!bring_into(rte->subquery, &condition, 1))
			continue;
		done = bms_add_member(done, condition.attno);
		if (compares_with_sibling(&condition))
			rte->lateral = changed = true;
	}
	return changed;
}

/* Put the members of a FROM list after those that they refer to. */
static void
sort_items(Query *query)
{
	List	   *open = query->jointree->fromlist;
	Bitmapset  *missing = level_items((Node *) query->jointree);
	List	   *sorted = NIL;

	while (open != NIL)
	{
		Node	   *next = NULL;
		ListCell   *lc;

		foreach(lc, open)
		{
			Bitmapset  *items = level_items(lfirst(lc));
			Bitmapset  *others = bms_difference(missing, items);

			next = lfirst(lc);
			if (!bms_overlap(references_of(query, items), others))
				break;
		}
		missing = bms_del_members(missing, level_items(next));
		sorted = lappend(sorted, next);
		open = list_delete_ptr(list_copy(open), next);
	}
	query->jointree->fromlist = sorted;
}

/*
 * A subquery has the names by which its columns are known, also where it was a CTE with
 * others, or a view in which some have been renamed.
 */
static void
name_columns(RangeTblEntry *rte)
{
	rte->alias = makeAlias(rte->eref->aliasname, copyObject(rte->eref->colnames));
}

static bool
bring_into_level(Query *query)
{
	bool		changed = false;

	flatten_level(query);
	for (Index item = 1; item <= list_length(query->rtable); item++)
	{
		RangeTblEntry *rte = rt_fetch(item, query->rtable);

		if (rte->rtekind != RTE_SUBQUERY)
			continue;
		name_columns(rte);
		if (!rte->security_barrier && contains_merging(rte->subquery))
			changed = bring_into_item(query, item) || changed;
	}
	sort_items(query);
	return changed;
}

static bool
inward_walker(Node *node, bool *changed)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;

		if (query->setOperations == NULL && query->jointree != NULL)
			*changed = bring_into_level(query) || *changed;
		return query_tree_walker(query, inward_walker, changed, 0);
	}
	return expression_tree_walker(node, inward_walker, changed);
}

/* The columns of the key from which the planner does not find the partitions by itself. */
static List *
key_outputs(Query *query, List *key_names)
{
	List	   *outputs = NIL;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		ListCell   *lc2;

		foreach(lc2, key_names)
		{
			if (tle->resjunk || strcmp(tle->resname, lfirst(lc2)) != 0)
				continue;
			if (is_partition_output(query, tle))
				return NIL;
			if (is_plain(tle))
				outputs = lappend(outputs, tle);
		}
	}
	return outputs;
}

/*
 * Is a row of a view, as one value, among the values? The view has a type, and names that may
 * be others now; a subquery has neither.
 */
static bool
has_view_rows(Node *node, void *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		return var->varattno == InvalidAttrNumber && var->vartype != RECORDOID &&
			get_rel_relkind(get_typ_typrelid(var->vartype)) == RELKIND_VIEW;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, has_view_rows, context, 0);
	return expression_tree_walker(node, has_view_rows, context);
}

/*
 * An expanded query with the conditions that join subqueries brought into these, where
 * that may save rows of them; and with windows computed for the partitions that the row of
 * a key needs.  NULL if there is neither.  The argument may be changed.
 */
Query *
tview_bring_conditions_in(Query *query, List *key_names)
{
	bool		changed = false;
	List	   *outputs;
	Query	   *partitions;

	if (has_view_rows((Node *) query, NULL))
		return NULL;
	inward_walker((Node *) query, &changed);
	if (has_partitions(query) && (outputs = key_outputs(query, key_names)) != NIL)
		return by_partitions(query, outputs, &partitions);
	return changed ? query : NULL;
}
