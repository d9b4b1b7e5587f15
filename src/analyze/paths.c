/*
 * paths.c
 *		The cheapest way from the changed rows of a Focus to a key column.
 *
 * A key column may be replaced by anything the conditions make equal to it
 * (p.pk_post = c.fk_post), so often the captured values are the key.  Else the
 * items to read are those on the path along the conditions.
 */
#include "base/compat.h"

#include "analyze/paths.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* One row at most, for one of another item. */
#define DETERMINED	INT_MAX

/* Is the operator the one by which a btree index on the type finds equals? */
static bool
belongs_to_type(Oid operator, Oid type)
{
	TypeCacheEntry *typcache = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);

	return list_member_oid(get_mergejoin_opfamilies(operator), typcache->btree_opf);
}

/*
 * Is this `a = b` under the default btree equality of its type?  Then a key
 * equal to a is equal to b.
 */
static bool
is_equality(Node *fact, Node **left, Node **right)
{
	OpExpr	   *op = (OpExpr *) fact;
	Oid			type;

	if (!IsA(fact, OpExpr) || list_length(op->args) != 2 ||
		(OidIsValid(op->inputcollid) &&
		 !get_collation_isdeterministic(op->inputcollid)))
		return false;
	type = exprType(linitial(op->args));
	if (type != exprType(lsecond(op->args)) || !op_mergejoinable(op->opno, type))
		return false;
	if (!belongs_to_type(op->opno, type))
		return false;
	*left = strip_relabel(linitial(op->args));
	*right = strip_relabel(lsecond(op->args));
	return true;
}

/* Does a condition a = .. say that the expression is not NULL? */
static bool
is_compared(List *facts, Node *expr)
{
	ListCell   *lc;

	foreach(lc, facts)
	{
		Node	   *left;
		Node	   *right;

		if (is_equality(lfirst(lc), &left, &right) &&
			(equal(left, expr) || equal(right, expr)))
			return true;
	}
	return false;
}

/* COALESCE(a, ..) is a where it is alone or cannot be NULL. */
static Node *
simplify_coalesce(List *facts, Node *expr)
{
	Node	   *stripped = strip_relabel(expr);
	Node	   *first;

	if (!IsA(stripped, CoalesceExpr))
		return expr;
	first = simplify_coalesce(facts, linitial(((CoalesceExpr *) stripped)->args));
	if (list_length(((CoalesceExpr *) stripped)->args) == 1 ||
		is_compared(facts, strip_relabel(first)))
		return first;
	return expr;
}

/*
 * Everything the conditions make equal to an expression, itself first.  Equal
 * as the expression's type has it: what citext calls equal, text does not.
 */
static List *
equal_expressions(List *facts, Node *expr)
{
	Oid			type = exprType(expr);
	List	   *members = list_make1(strip_relabel(expr));

	for (int i = 0; i < list_length(members); i++)
	{
		ListCell   *lc;

		foreach(lc, facts)
		{
			Node	   *left;
			Node	   *right;

			if (!is_equality(lfirst(lc), &left, &right) ||
				!belongs_to_type(((OpExpr *) lfirst(lc))->opno, type))
				continue;
			/* USING above an outer join compares COALESCE(a, b) */
			left = strip_relabel(simplify_coalesce(facts, left));
			right = strip_relabel(simplify_coalesce(facts, right));
			if (equal(left, list_nth(members, i)))
				members = list_append_unique(members, right);
			else if (equal(right, list_nth(members, i)))
				members = list_append_unique(members, left);
		}
	}
	return members;
}

/* The class of equal expressions that has this one, or NULL. */
static List *
class_of(List *classes, Node *expr)
{
	ListCell   *lc;

	foreach(lc, classes)
		if (list_member(lfirst(lc), expr))
			return lfirst(lc);
	return NULL;
}

/* What the conditions make equal: a list of lists of expressions. */
static List *
equal_classes(List *facts)
{
	List	   *classes = NIL;
	ListCell   *lc;

	foreach(lc, facts)
	{
		Node	   *left;
		Node	   *right;
		List	   *of_left;
		List	   *of_right;

		if (!is_equality(lfirst(lc), &left, &right))
			continue;
		of_left = class_of(classes, left);
		of_right = class_of(classes, right);
		if (of_left != NIL && of_left == of_right)
			continue;
		classes = list_delete_ptr(list_delete_ptr(classes, of_left), of_right);
		classes = lappend(classes,
						  list_concat_copy(of_left ? of_left : list_make1(left),
										   of_right ? of_right : list_make1(right)));
	}
	return classes;
}

static Var *
column_of(List *exprs, Index item)
{
	ListCell   *lc;

	foreach(lc, exprs)
	{
		Var		   *var = lfirst(lc);

		if (IsA(var, Var) && var->varlevelsup == 0 && var->varno == item)
			return var;
	}
	return NULL;
}

/*
 * How well does one row of another item find those of an item: by how many columns, or, where
 * these make it one row at most, DETERMINED.
 */
static int
closeness(const PathGraph *graph, List *classes, Index item, Index other)
{
	RangeTblEntry *rte = rt_fetch(item, graph->focus->query->rtable);
	List	   *columns = NIL;
	ListCell   *lc;

	foreach(lc, classes)
	{
		Var		   *var = column_of(lfirst(lc), item);

		if (var != NULL && column_of(lfirst(lc), other) != NULL)
			columns = lappend(columns, lookup_column(var));
	}
	if (columns != NIL && rte->rtekind == RTE_RELATION && table_is_unique_on(rte, columns))
		return DETERMINED;
	return list_length(columns);
}

static List *
add_edge(List *edges, Bitmapset *edge)
{
	ListCell   *lc;

	foreach(lc, edges)
		if (bms_equal(lfirst(lc), edge))
			return edges;
	return lappend(edges, edge);
}

/* Are there more ways between items than it takes to connect them? */
static bool
has_alternatives(const PathGraph *graph)
{
	List	   *edges = NIL;
	Bitmapset  *items = NULL;
	ListCell   *lc;

	foreach(lc, graph->facts)
	{
		Bitmapset  *edge = varnos_of_level(lfirst(lc), 0);

		if (bms_membership(edge) != BMS_MULTIPLE)
			continue;
		items = bms_add_members(items, edge);
		edges = add_edge(edges, edge);
	}
	return list_length(edges) >= bms_num_members(items);
}

/* A condition and how close it brings two items. */
typedef struct RankedFact
{
	Node	   *fact;
	int			place;
	int			rank;
} RankedFact;

static int
compare_ranks(const ListCell *a, const ListCell *b)
{
	const RankedFact *first = lfirst(a);
	const RankedFact *second = lfirst(b);

	return first->rank != second->rank ? second->rank - first->rank :
		first->place - second->place;
}

static RankedFact *
rank_fact(const PathGraph *graph, List *classes, Node *fact, int place)
{
	RankedFact *ranked = palloc(sizeof(RankedFact));
	Bitmapset  *edge = varnos_of_level(fact, 0);
	int			first = bms_next_member(edge, -1);
	int			second = bms_next_member(edge, first);

	ranked->fact = fact;
	ranked->place = place;
	ranked->rank = bms_num_members(edge) != 2 ? 0 :
		Max(closeness(graph, classes, first, second), closeness(graph, classes, second, first));
	return ranked;
}

/*
 * The conditions, those first by which one item determines another, then those that tie
 * two items by more columns than others.  Where all rows of a tenant have its number, that
 * alone leads from one of them to all of the others.
 */
static List *
closest_first(const PathGraph *graph)
{
	List	   *classes = equal_classes(graph->facts);
	List	   *ranked = NIL;
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, graph->facts)
		ranked = lappend(ranked, rank_fact(graph, classes, lfirst(lc),
										   foreach_current_index(lc)));
	list_sort(ranked, compare_ranks);
	foreach(lc, ranked)
		result = lappend(result, ((RankedFact *) lfirst(lc))->fact);
	return result;
}

static Bitmapset *
item_references(const Focus *focus, int item)
{
	return lateral_references(rt_fetch(item, focus->query->rtable));
}

static void
reach(PathGraph *graph, int item, Bitmapset *via)
{
	Bitmapset  *ancestors = bms_make_singleton(item);
	int			member = -1;

	while ((member = bms_next_member(via, member)) >= 0)
		if (member != item)
			ancestors = bms_add_members(ancestors, graph->ancestors[member]);
	graph->ancestors[item] = ancestors;
	graph->reached = bms_add_member(graph->reached, item);
}

/* Use an edge if it leads to exactly one new item, or to several at once. */
static bool
follow_edge(PathGraph *graph, Bitmapset *edge, bool several)
{
	Bitmapset  *open = bms_difference(edge, graph->reached);
	int			item = -1;

	if (bms_is_empty(open) || !bms_is_subset(open, graph->usable) ||
		!bms_overlap(edge, graph->reached) ||
		(bms_membership(open) == BMS_MULTIPLE && !several))
		return false;
	while ((item = bms_next_member(open, item)) >= 0)
		reach(graph, item, edge);
	item = -1;
	while ((item = bms_next_member(open, item)) >= 0)
		graph->ancestors[item] = bms_add_members(graph->ancestors[item], open);
	return true;
}

static bool
follow_facts(PathGraph *graph, bool equalities, bool several)
{
	ListCell   *lc;

	foreach(lc, graph->facts)
	{
		Node	   *left;
		Node	   *right;

		if (is_equality(lfirst(lc), &left, &right) == equalities &&
			follow_edge(graph, varnos_of_level(lfirst(lc), 0), several))
			return true;
	}
	return false;
}

static bool
follow_laterals(PathGraph *graph)
{
	int			item = -1;

	while ((item = bms_next_member(graph->usable, item)) >= 0)
	{
		Bitmapset  *edge = item_references(graph->focus, item);

		if (!bms_is_empty(edge) &&
			follow_edge(graph, bms_add_member(edge, item), false))
			return true;
	}
	return false;
}

/*
 * What is known of the rows.  crossing: also where other items than those before may be
 * seen as they were; then not what reads tables that come after the changed rows in
 * the order, and so may have changed as well.
 */
List *
focus_facts(const Focus *focus, bool crossing)
{
	Bitmapset  *before = bms_add_member(bms_copy(focus->allowed), focus->changed);
	List	   *result = NIL;
	ListCell   *lc;

	if (!crossing)
		return (List *) focus->query->jointree->quals;
	foreach(lc, (List *) focus->query->jointree->quals)
		if (!reads_tables(lfirst(lc)) ||
			bms_is_subset(varnos_of_level(lfirst(lc), 0), before))
			result = lappend(result, lfirst(lc));
	return result;
}

/*
 * Explore a Focus from its changed rows, by which items are read.
 *
 * ITEMS_BEFORE: those that come before, for the keys of rows that existed before
 * (README.md says why); ITEMS_NOW: any, for the keys of rows that exist now;
 * ITEMS_CROSSING: any, as they are and as they were.
 */
PathGraph *
path_graph(const Focus *focus, ReadItems read)
{
	PathGraph  *graph = palloc0(sizeof(PathGraph));
	ListCell   *lc;

	graph->focus = focus;
	graph->facts = focus_facts(focus, read == ITEMS_CROSSING);
	graph->usable = bms_copy(focus->allowed);
	if (read != ITEMS_BEFORE)
		foreach(lc, focus->query->jointree->fromlist)
			graph->usable = bms_add_member(graph->usable,
										   lfirst_node(RangeTblRef, lc)->rtindex);
	graph->ancestors = palloc0(sizeof(Bitmapset *) *
							   (list_length(focus->query->rtable) + 1));
	graph->reached = bms_make_singleton(focus->changed);
	if (has_alternatives(graph))
		graph->facts = closest_first(graph);
	while (follow_facts(graph, true, false) || follow_laterals(graph) ||
		   follow_facts(graph, false, false) || follow_facts(graph, true, true) ||
		   follow_facts(graph, false, true))
		CHECK_FOR_INTERRUPTS();
	return graph;
}

/* The items to read so that these can be read; false where not allowed. */
static bool
items_to_read(PathGraph *graph, Bitmapset *wanted, KeySource *source)
{
	Bitmapset  *todo = bms_del_member(bms_copy(wanted), graph->focus->changed);
	int			item;

	source->connected = bms_is_empty(todo) || bms_overlap(wanted, graph->reached);
	while ((item = bms_next_member(todo, -1)) >= 0)
	{
		Bitmapset  *more;

		todo = bms_del_member(todo, item);
		if (item == graph->focus->changed || bms_is_member(item, source->items))
			continue;
		if (!bms_is_member(item, graph->usable))
			return false;
		source->items = bms_add_member(source->items, item);
		more = bms_union(graph->ancestors[item], item_references(graph->focus, item));
		todo = bms_join(todo, more);
	}
	return true;
}

static bool
better(const KeySource *candidate, const KeySource *best)
{
	if (best->expr == NULL)
		return true;
	if (candidate->connected != best->connected)
		return candidate->connected;
	return bms_num_members(candidate->items) < bms_num_members(best->items);
}

/* The best expression for a key column; source->expr is NULL for none. */
void
path_key_source(PathGraph *graph, Node *expr, KeySource *source)
{
	Oid			type = exprType(expr);
	ListCell   *lc;

	expr = simplify_coalesce(graph->facts, expr);
	memset(source, 0, sizeof(KeySource));
	foreach(lc, equal_expressions(graph->facts, expr))
	{
		KeySource	candidate = {.expr = lfirst(lc)};

		if (checkExprHasSubLink(candidate.expr))
			continue;
		if (!items_to_read(graph, varnos_of_level(candidate.expr, 0), &candidate))
			continue;
		if (exprType(candidate.expr) != type)
			candidate.expr = (Node *)
				makeRelabelType((Expr *) candidate.expr, type, -1,
								get_typcollation(type), COERCE_IMPLICIT_CAST);
		if (better(&candidate, source))
			*source = candidate;
	}
}
