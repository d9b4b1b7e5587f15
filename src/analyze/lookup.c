/*
 * lookup.c
 *		Joins that find one row at most; outer ones neither add nor drop rows.
 *
 * The proof is the planner's: the columns that the join condition makes equal
 * to something on the other side are those of a unique index, under an equality
 * that the index knows, or those by which a subquery is grouped.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "analyze/focus.h"
#include "analyze/parts.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/planmain.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

/*
 * Note the column of the item that a condition makes equal to something else.  An
 * equality of two types that goes by the time zone may hold for several rows.
 */
static List *
add_lookup_column(List *columns, Node *condition, Index item)
{
	OpExpr	   *op = (OpExpr *) condition;

	if (!IsA(op, OpExpr) || list_length(op->args) != 2 ||
		op_volatile(op->opno) != PROVOLATILE_IMMUTABLE)
		return columns;
	for (int i = 0; i < 2; i++)
	{
		Var		   *var = list_nth(op->args, i);
		Node	   *other = list_nth(op->args, 1 - i);
		LookupColumn *column;

		if (!IsA(var, Var) || var->varlevelsup > 0 || var->varno != item ||
			var->varattno <= 0 || !op_mergejoinable(op->opno, exprType(linitial(op->args))) ||
			bms_is_member(item, varnos_of_level(other, 0)))
			continue;
		column = palloc(sizeof(LookupColumn));
		column->attno = var->varattno;
		column->operator = op->opno;
		column->collation = op->inputcollid;
		columns = lappend(columns, column);
	}
	return columns;
}

static List *
lookup_columns(JoinExpr *join, Index item)
{
	List	   *columns = NIL;
	ListCell   *lc;

	foreach(lc, split_conjuncts(join->quals))
		columns = add_lookup_column(columns, lfirst(lc), item);
	return columns;
}

static bool
fixes_column(List *columns, AttrNumber attno, Oid opfamily, Oid collation)
{
	ListCell   *lc;

	foreach(lc, columns)
	{
		LookupColumn *column = lfirst(lc);

		if (column->attno == attno && column->collation == collation &&
			list_member_oid(get_mergejoin_opfamilies(column->operator), opfamily))
			return true;
	}
	return false;
}

/* Is this index unique, at once and without exception, on some of the columns? */
static bool
index_is_unique_on(Oid indexid, List *columns)
{
	Relation	index = index_open(indexid, AccessShareLock);
	Form_pg_index form = index->rd_index;
	bool		result = form->indisunique && form->indimmediate &&
		form->indisvalid && heap_attisnull(index->rd_indextuple,
										   Anum_pg_index_indpred, NULL);

	for (int i = 0; result && i < form->indnkeyatts; i++)
		result = form->indkey.values[i] > 0 &&
			fixes_column(columns, form->indkey.values[i], index->rd_opfamily[i],
						 index->rd_indcollation[i]);
	index_close(index, NoLock);
	return result;
}

/* Does a table have one row at most for values of these columns? */
bool
table_is_unique_on(RangeTblEntry *rte, List *columns)
{
	Relation	rel;
	bool		result = false;
	ListCell   *lc;

	/* The index of an inheritance parent knows nothing of its children. */
	if (rte->inh && rte->relkind == RELKIND_RELATION && has_subclass(rte->relid))
		return false;
	rel = relation_open(rte->relid, AccessShareLock);
	foreach(lc, RelationGetIndexList(rel))
		result = result || index_is_unique_on(lfirst_oid(lc), columns);
	relation_close(rel, NoLock);
	return result;
}

static bool
subquery_is_unique_on(Query *query, List *columns)
{
	List	   *attnos = NIL;
	List	   *operators = NIL;
	ListCell   *lc;

	foreach(lc, columns)
	{
		LookupColumn *column = lfirst(lc);

		/* As the planner does not, see that grouping compares in the same way. */
		if (OidIsValid(column->collation) &&
			!get_collation_isdeterministic(column->collation))
			continue;
		attnos = lappend_int(attnos, column->attno);
		operators = lappend_oid(operators, column->operator);
	}
	return query_supports_distinctness(query) &&
		query_is_distinct_for(query, attnos, operators);
}

static bool
finds_one_row(Query *query, JoinExpr *join)
{
	Index		item;
	RangeTblEntry *rte;

	if ((join->jointype != JOIN_LEFT && join->jointype != JOIN_INNER) ||
		!IsA(join->rarg, RangeTblRef))
		return false;
	item = ((RangeTblRef *) join->rarg)->rtindex;
	rte = rt_fetch(item, query->rtable);

	/* What refers to an item must stand after it, see reach.c. */
	if (bms_next_member(level_items(join->larg), item) >= 0)
		return false;
	if (rte->rtekind == RTE_RELATION)
		return rte->tablesample == NULL &&
			table_is_unique_on(rte, lookup_columns(join, item));
	return rte->rtekind == RTE_SUBQUERY &&
		subquery_is_unique_on(rte->subquery, lookup_columns(join, item));
}

/* Joins of one or both types that find one row at most. */
static List *
add_lookup_joins(List *lookups, Query *query, Node *node, bool inner)
{
	ListCell   *lc;

	check_stack_depth();
	if (IsA(node, RangeTblRef))
		return lookups;
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		if ((inner || join->jointype == JOIN_LEFT) && finds_one_row(query, join))
			lookups = lappend(lookups, join);
		lookups = add_lookup_joins(lookups, query, join->larg, inner);
		return add_lookup_joins(lookups, query, join->rarg, inner);
	}
	foreach(lc, castNode(FromExpr, node)->fromlist)
		lookups = add_lookup_joins(lookups, query, lfirst(lc), inner);
	return lookups;
}

/*
 * The LEFT JOINs of a level whose right side is one item that has one row at
 * most for a row of the left side: a list of JoinExpr.
 */
List *
tview_lookup_joins(Query *query)
{
	return add_lookup_joins(NIL, query, (Node *) query->jointree, false);
}

/* A column compared as keys are. */
LookupColumn *
lookup_column(Var *var)
{
	LookupColumn *column = palloc(sizeof(LookupColumn));

	column->attno = var->varattno;
	column->operator = lookup_type_cache(var->vartype, TYPECACHE_EQ_OPR)->eq_opr;
	column->collation = var->varcollid;
	return column;
}

/* The columns of an item that are outputs, compared as keys are. */
static List *
key_columns(Query *query, Bitmapset *keys, Index item)
{
	List	   *columns = NIL;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Var		   *var = (Var *) tle->expr;

		if (!bms_is_member(tle->resno, keys) || !IsA(var, Var) ||
			var->varlevelsup > 0 || var->varno != item)
			continue;
		columns = lappend(columns, lookup_column(var));
	}
	return columns;
}

/*
 * Can a condition, or an item that is computed from others, fail for a row that
 * only some join keeps out?
 */
static bool
rows_can_fail(Query *query, List *lookups)
{
	List	   *conjuncts = level_conjuncts((Node *) query->jointree);
	ListCell   *lc;

	foreach(lc, lookups)
		if (rt_fetch(castNode(RangeTblRef, lfirst_node(JoinExpr, lc)->rarg)->rtindex,
					 query->rtable)->lateral)
			return true;
	return tview_can_fail(flatten_join_alias_vars_compat(query, (Node *) conjuncts));
}

/*
 * Let a definition yield rows that it does not have, where that makes it cheaper
 * to compute one of which we know that it has it: an inner join that finds one
 * row at most is made an outer one, which the planner leaves out where nobody
 * asks for its columns.
 *
 * For a key there must be one row at most even so.  So all joins must be of this
 * kind, around one item of which the key names one row.  And nothing may fail for
 * the rows that come with it.
 */
void
tview_loosen_joins(Query *query, Bitmapset *keys)
{
	Bitmapset  *items = level_items((Node *) query->jointree);
	List	   *lookups = add_lookup_joins(NIL, query, (Node *) query->jointree, true);
	RangeTblEntry *rte;
	ListCell   *lc;

	if (!level_is_flat(query) || rows_can_fail(query, lookups))
		return;
	foreach(lc, lookups)
		items = bms_del_member(items, castNode(RangeTblRef,
											   lfirst_node(JoinExpr, lc)->rarg)->rtindex);
	if (bms_membership(items) != BMS_SINGLETON)
		return;
	rte = rt_fetch(bms_singleton_member(items), query->rtable);
	if (rte->rtekind != RTE_RELATION ||
		!table_is_unique_on(rte, key_columns(query, keys, bms_singleton_member(items))))
		return;
	foreach(lc, lookups)
		lfirst_node(JoinExpr, lc)->jointype = JOIN_LEFT;
}
