/*
 * partition.c
 *		Window functions computed for some partitions only.
 *
 * A condition on a column by which windows are not partitioned must not go below them: the
 * place of one product in its category needs all of the category.  But it needs
 * nothing else.  So the query is read for the partitions that hold a wanted row:
 *
 *		SELECT x.* FROM (SELECT DISTINCT category FROM product WHERE <wanted>) d,
 *			LATERAL (SELECT .. FROM product WHERE category = d.category) x
 *
 * Each row of it is in one partition, so that it comes once.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parse_oper.h"
#include "rewrite/rewriteManip.h"
#include "utils/typcache.h"

/* Items of the query that is made. */
enum
{
	PARTITIONS = 1,
	ROWS
};

/* What all windows are partitioned by: a list of SortGroupClause. */
static List *
common_partition(Query *query)
{
	List	   *common = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, query->windowClause)
	{
		List	   *partition = lfirst_node(WindowClause, lc)->partitionClause;
		List	   *kept = NIL;

		foreach(lc2, partition)
			if (foreach_current_index(lc) == 0 || list_member(common, lfirst(lc2)))
				kept = lappend(kept, lfirst(lc2));
		common = kept;
	}
	return common;
}

static bool
partitions_are_plain(Query *query, List *partition)
{
	ListCell   *lc;

	foreach(lc, partition)
	{
		Node	   *expr = get_sortgroupclause_expr(lfirst(lc), query->targetList);

		if (contain_aggs_of_level(expr, 0) || checkExprHasSubLink(expr) ||
			tview_can_fail(expr))
			return false;
	}
	return partition != NIL;
}

/* Can the rows of a query be computed for each partition of its windows by itself? */
bool
has_partitions(Query *query)
{
	return query->hasWindowFuncs && query->distinctClause == NIL &&
		query->cteList == NIL && query->setOperations == NULL && query->groupingSets == NIL &&
		query->limitCount == NULL && query->limitOffset == NULL &&
		!query->hasTargetSRFs && partitions_are_plain(query, common_partition(query));
}

static bool
is_among(Index ref, List *targets)
{
	ListCell   *lc;

	foreach(lc, targets)
		if (lfirst_node(TargetEntry, lc)->ressortgroupref == ref)
			return true;
	return false;
}

/* Add those that GROUP BY refers to, which are not shown. */
static List *
add_grouping_targets(List *targets, Query *query)
{
	ListCell   *lc;

	foreach(lc, query->groupClause)
	{
		TargetEntry *tle = get_sortgroupclause_tle(lfirst(lc), query->targetList);

		if (is_among(tle->ressortgroupref, targets))
			continue;
		tle = makeTargetEntry(copyObject(tle->expr), list_length(targets) + 1, NULL, true);
		tle->ressortgroupref = get_sortgroupclause_tle(lfirst(lc),
													   query->targetList)->ressortgroupref;
		targets = lappend(targets, tle);
	}
	return targets;
}

static SortGroupClause *
distinct_clause(TargetEntry *tle)
{
	SortGroupClause *clause = makeNode(SortGroupClause);

	get_sort_group_operators(exprType((Node *) tle->expr), true, true, false,
							 &clause->sortop, &clause->eqop, NULL, &clause->hashable);
	clause->tleSortGroupRef = tle->ressortgroupref;
	return clause;
}

/* An output of the query for partitions, called d<number>. */
static TargetEntry *
shown_target(TargetEntry *source, int number, Index ref)
{
	TargetEntry *tle = makeTargetEntry(copyObject(source->expr), number,
									   psprintf("d%d", number), false);

	tle->ressortgroupref = ref;
	return tle;
}

/* The partitions of a query, and some more outputs of their rows, each combination once. */
static Query *
distinct_partitions(Query *query, List *partition, List *outputs)
{
	Query	   *result = copyObject(query);
	List	   *targets = NIL;
	Index		ref = 0;
	ListCell   *lc;

	foreach(lc, query->targetList)
		ref = Max(ref, lfirst_node(TargetEntry, lc)->ressortgroupref);
	result->distinctClause = copyObject(partition);
	foreach(lc, partition)
		targets = lappend(targets,
						  shown_target(get_sortgroupclause_tle(lfirst(lc), query->targetList),
									   list_length(targets) + 1,
									   lfirst_node(SortGroupClause, lc)->tleSortGroupRef));
	foreach(lc, outputs)
	{
		targets = lappend(targets, shown_target(lfirst(lc), list_length(targets) + 1, ++ref));
		result->distinctClause = lappend(result->distinctClause,
										 distinct_clause(llast(targets)));
	}
	result->targetList = add_grouping_targets(targets, query);
	result->sortClause = NIL;
	result->windowClause = NIL;
	result->hasWindowFuncs = false;
	return result;
}

static Node *
is_null(Node *arg)
{
	NullTest   *test = makeNode(NullTest);

	test->arg = copyObject((Expr *) arg);
	test->nulltesttype = IS_NULL;
	test->location = -1;
	return (Node *) test;
}

/* left = right, or both are NULL */
static Node *
is_same(Oid operator, Node *left, Node *right, bool nullable)
{
	Node	   *equal = (Node *) make_opclause(operator, BOOLOID, false,
											   copyObject((Expr *) left),
											   copyObject((Expr *) right),
											   InvalidOid, exprCollation(left));

	if (!nullable)
		return equal;
	return (Node *) make_orclause(list_make2(equal,
											 make_andclause(list_make2(is_null(left),
																	   is_null(right)))));
}

static void
add_qual(Query *query, Node *qual)
{
	query->jointree->quals = (Node *)
		make_ands_explicit(lappend(split_conjuncts(query->jointree->quals), qual));
}

/* Have a query compute the partition only that the first item of its outer query names. */
static void
keep_partition(Query *query, List *partition, Query *partitions)
{
	ListCell   *lc;

	foreach(lc, partition)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);
		int			number = foreach_current_index(lc) + 1;
		Var		   *wanted = makeVarFromTargetEntry(PARTITIONS,
													list_nth(partitions->targetList, number - 1));

		wanted->varlevelsup = 1;
		add_qual(query, is_same(clause->eqop,
								get_sortgroupclause_expr(clause, query->targetList),
								(Node *) wanted,
								!tview_output_not_null(partitions, number)));
	}
}

static RangeTblEntry *
subquery_item(Query *query, const char *name, bool lateral)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, query->targetList)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			names = lappend(names, makeString(pstrdup(lfirst_node(TargetEntry, lc)->resname)));
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = query;
	rte->lateral = lateral;
	rte->inFromCl = true;
	rte->alias = makeAlias(name, NIL);
	rte->eref = makeAlias(name, names);
	return rte;
}

static RangeTblRef *
item_ref(int item)
{
	RangeTblRef *ref = makeNode(RangeTblRef);

	ref->rtindex = item;
	return ref;
}

/* All that a query shows, of the partitions that another one lists. */
static Query *
join_partitions(Query *partitions, Query *rows)
{
	Query	   *result = makeNode(Query);
	ListCell   *lc;

	result->commandType = CMD_SELECT;
	result->canSetTag = true;
	result->rtable = list_make2(subquery_item(partitions, "d", false),
								subquery_item(rows, "x", true));
	result->jointree = makeFromExpr(list_make2(item_ref(PARTITIONS), item_ref(ROWS)), NULL);
	foreach(lc, rows->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!tle->resjunk)
			result->targetList = lappend(result->targetList,
										 makeTargetEntry((Expr *) makeVarFromTargetEntry(ROWS, tle),
														 tle->resno, pstrdup(tle->resname), false));
	}
	return result;
}

/* Join by an output that both show. */
static void
join_by_output(Query *query, TargetEntry *of_rows, TargetEntry *of_partitions)
{
	Oid			equality = lookup_type_cache(exprType((Node *) of_rows->expr),
											 TYPECACHE_EQ_OPR)->eq_opr;

	add_qual(query, is_same(equality, (Node *) makeVarFromTargetEntry(ROWS, of_rows),
							(Node *) makeVarFromTargetEntry(PARTITIONS, of_partitions),
							false));
}

/*
 * The query in another form, computed by partitions, of which it has some (has_partitions()).
 * outputs: TargetEntries of columns, never NULL, that name the wanted rows; conditions on them
 * reach the list of partitions.  *partitions becomes the query that lists these.
 */
Query *
by_partitions(Query *query, List *outputs, Query **partitions)
{
	List	   *partition = common_partition(query);
	Query	   *rows = copyObject(query);
	Query	   *result;
	ListCell   *lc;

	*partitions = distinct_partitions(query, partition, outputs);
	IncrementVarSublevelsUp((Node *) *partitions, 1, 1);
	IncrementVarSublevelsUp((Node *) rows, 1, 1);
	keep_partition(rows, partition, *partitions);
	result = join_partitions(*partitions, rows);
	foreach(lc, outputs)
		join_by_output(result, lfirst(lc),
					   list_nth((*partitions)->targetList,
								list_length(partition) + foreach_current_index(lc)));
	return result;
}

/* Is an output one by which all windows are partitioned? */
bool
is_partition_output(Query *query, TargetEntry *tle)
{
	ListCell   *lc;

	foreach(lc, common_partition(query))
		if (lfirst_node(SortGroupClause, lc)->tleSortGroupRef == tle->ressortgroupref)
			return true;
	return false;
}
