/*
 * nullable.c
 *		Whether an output column can be NULL.
 *
 * Only a "no" is certain.  It spares the check for NULL keys at refresh.
 */
#include "base/compat.h"

#include "access/relation.h"
#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

static bool expr_not_null(Query *query, Node *expr);

/* Is the item on a side of an outer join that can be missing? */
static bool
item_can_be_missing(Node *node, int item, bool missing)
{
	ListCell   *lc;

	if (IsA(node, RangeTblRef))
		return missing && ((RangeTblRef *) node)->rtindex == item;
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;
		bool		left = join->jointype == JOIN_RIGHT || join->jointype == JOIN_FULL;
		bool		right = join->jointype == JOIN_LEFT || join->jointype == JOIN_FULL;

		return item_can_be_missing(join->larg, item, missing || left) ||
			item_can_be_missing(join->rarg, item, missing || right);
	}
	foreach(lc, castNode(FromExpr, node)->fromlist)
		if (item_can_be_missing(lfirst(lc), item, missing))
			return true;
	return false;
}

/* Does a table have rows somewhere that need not follow its constraints? */
static bool
has_unruly_rows(Relation rel)
{
	char		relkind = rel->rd_rel->relkind;
	ListCell   *lc;

	if (relkind == RELKIND_FOREIGN_TABLE)
		return true;
	if (relkind != RELKIND_PARTITIONED_TABLE)
		return has_subclass(RelationGetRelid(rel));
	foreach(lc, find_all_inheritors(RelationGetRelid(rel), NoLock, NULL))
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_FOREIGN_TABLE)
			return true;
	return false;
}

/* Is the column of a table declared NOT NULL, and does every row follow?  Children
 * need not, unless they are partitions, and nobody checks foreign tables. */
bool
tview_attribute_not_null(Oid relid, AttrNumber attno)
{
	Relation	rel = try_relation_open(relid, AccessShareLock);
	bool		result;

	if (rel == NULL)
		return false;
	result = attno > 0 && attno <= RelationGetNumberOfAttributes(rel) &&
		attribute_not_null(RelationGetDescr(rel), attno - 1) && !has_unruly_rows(rel);
	relation_close(rel, NoLock);
	return result;
}

/* Is a condition never true where a column is NULL? */
static bool
condition_excludes_null(Node *condition, Var *var)
{
	List	   *args = NIL;
	ListCell   *lc;

	if (IsA(condition, NullTest) && ((NullTest *) condition)->nulltesttype == IS_NOT_NULL &&
		!((NullTest *) condition)->argisrow)
		args = list_make1(((NullTest *) condition)->arg);
	else if (IsA(condition, OpExpr) && op_strict(((OpExpr *) condition)->opno))
		args = ((OpExpr *) condition)->args;
	foreach(lc, args)
		if (equal(strip_relabel(lfirst(lc)), var))
			return true;
	return false;
}

/* Do conditions that every row satisfies exclude that a column is NULL? */
static bool
conditions_exclude_null(Node *node, Var *var)
{
	Node	   *quals = NULL;
	List	   *items = NIL;
	ListCell   *lc;

	if (IsA(node, FromExpr))
	{
		quals = ((FromExpr *) node)->quals;
		items = ((FromExpr *) node)->fromlist;
	}
	else if (IsA(node, JoinExpr) && ((JoinExpr *) node)->jointype == JOIN_INNER)
	{
		quals = ((JoinExpr *) node)->quals;
		items = list_make2(((JoinExpr *) node)->larg, ((JoinExpr *) node)->rarg);
	}
	foreach(lc, split_conjuncts(quals))
		if (condition_excludes_null(lfirst(lc), var))
			return true;
	foreach(lc, items)
		if (conditions_exclude_null(lfirst(lc), var))
			return true;
	return false;
}

static bool
var_not_null(Query *query, Var *var)
{
	RangeTblEntry *rte;

	if (var->varlevelsup > 0 || var->varattno <= 0)
		return false;
	if (conditions_exclude_null((Node *) query->jointree, var))
		return true;
	if (item_can_be_missing((Node *) query->jointree, var->varno, false))
		return false;
	rte = rt_fetch(var->varno, query->rtable);
	if (rte->rtekind == RTE_RELATION)
		return tview_attribute_not_null(rte->relid, var->varattno);
	return rte->rtekind == RTE_SUBQUERY &&
		tview_output_not_null(rte->subquery, var->varattno);
}

static bool
expr_not_null(Query *query, Node *expr)
{
	ListCell   *lc;

	switch (nodeTag(expr))
	{
		case T_Const:
			return !((Const *) expr)->constisnull;
		case T_Var:
			return var_not_null(query, (Var *) expr);
		case T_RelabelType:
			return expr_not_null(query, (Node *) ((RelabelType *) expr)->arg);
		case T_CoalesceExpr:
			foreach(lc, ((CoalesceExpr *) expr)->args)
				if (expr_not_null(query, lfirst(lc)))
					return true;
			return false;
		default:
			return false;
	}
}

static bool
set_operation_not_null(Query *query, Node *node, AttrNumber resno)
{
	SetOperationStmt *op = (SetOperationStmt *) node;

	if (IsA(node, RangeTblRef))
		return tview_output_not_null(rt_fetch(((RangeTblRef *) node)->rtindex,
											  query->rtable)->subquery, resno);
	return set_operation_not_null(query, op->larg, resno) &&
		set_operation_not_null(query, op->rarg, resno);
}

/* True where output column resno of an expanded query is never NULL. */
bool
tview_output_not_null(Query *query, AttrNumber resno)
{
	ListCell   *lc;

	check_stack_depth();
	if (query->groupingSets != NIL)
		return false;
	if (query->setOperations != NULL)
		return set_operation_not_null(query, query->setOperations, resno);
	foreach(lc, query->targetList)
		if (lfirst_node(TargetEntry, lc)->resno == resno)
			return expr_not_null(query,
								 (Node *) lfirst_node(TargetEntry, lc)->expr);
	return false;
}
