/*
 * usage.c
 *		Which columns of each base relation a definition depends on.
 *
 * An UPDATE that changes none of them need not be captured.  A column that a
 * nested view offers but nobody above asks for does not count, so a level is
 * examined with the set of its output columns that are used; the others become
 * NULL in the expanded definition, and nothing later sees what they read.
 *
 * Levels are walked from the outside in.  Within a level, range table entries
 * are taken last to first: a LATERAL item refers only to items before it, so
 * what an item must deliver is complete when its turn comes.
 */
#include "base/compat.h"

#include "access/sysattr.h"
#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteManip.h"

typedef struct UsageLevel
{
	Query	   *query;
	Bitmapset **used;			/* by range table index, offset attributes */
	bool	   *all;
	struct UsageLevel *outer;
} UsageLevel;

typedef struct UsageContext
{
	UsageLevel *level;
	List	   *result;			/* of ColumnUsage */
} UsageContext;

static void examine_query(Query *query, Bitmapset *outputs, bool all_outputs,
						  UsageContext *context);

static void
note_var(Var *var, UsageContext *context)
{
	UsageLevel *level = context->level;

	for (Index i = 0; i < var->varlevelsup && level != NULL; i++)
		level = level->outer;
	if (level == NULL)
		return;
	if (var->varattno == InvalidAttrNumber)
		level->all[var->varno] = true;
	else
		level->used[var->varno] =
			bms_add_member(level->used[var->varno],
						   var->varattno - FirstLowInvalidHeapAttributeNumber);
}

static bool
usage_walker(Node *node, UsageContext *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Var))
	{
		note_var((Var *) node, context);
		return false;
	}
	if (IsA(node, Query))
	{
		examine_query((Query *) node, NULL, true, context);
		return false;
	}
	return expression_tree_walker(node, usage_walker, context);
}

/*
 * A set-returning function makes rows, and an aggregate without GROUP BY makes
 * a query return one row, whatever is done with the result.
 */
bool
decides_row_count(Query *query, Node *expr)
{
	return expression_returns_set(expr) ||
		(query->groupClause == NIL && contain_aggs_of_level(expr, 0));
}

/* Does the level need this output, wanted by the outside or not? */
static bool
output_matters(Query *query, TargetEntry *tle, Bitmapset *outputs, bool all)
{
	if (all || tle->resjunk || tle->ressortgroupref != 0)
		return true;
	if (query->distinctClause != NIL || query->setOperations != NULL)
		return true;
	if (decides_row_count(query, (Node *) tle->expr))
		return true;
	return bms_is_member(tle->resno - FirstLowInvalidHeapAttributeNumber,
						 outputs);
}

static void
report_relation(RangeTblEntry *rte, Bitmapset *columns, bool all,
				UsageContext *context)
{
	ColumnUsage *usage = palloc(sizeof(ColumnUsage));

	usage->rte = rte;
	usage->columns = columns;
	usage->all = all;
	context->result = lappend(context->result, usage);
}

static void
examine_rte(RangeTblEntry *rte, Bitmapset *columns, bool all,
			bool set_operation, UsageContext *context)
{
	switch (rte->rtekind)
	{
		case RTE_RELATION:
			report_relation(rte, columns, all, context);
			break;
		case RTE_SUBQUERY:
			examine_query(rte->subquery, columns, all || set_operation, context);
			break;
		case RTE_FUNCTION:
			usage_walker((Node *) rte->functions, context);
			break;
		case RTE_TABLEFUNC:
			usage_walker((Node *) rte->tablefunc, context);
			break;
		case RTE_VALUES:
			usage_walker((Node *) rte->values_lists, context);
			break;
		default:
			break;
	}
}

/* Range table indexes of the items of a join tree or set operation tree. */
static bool
collect_items(Node *node, Bitmapset **items)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblRef))
		*items = bms_add_member(*items, ((RangeTblRef *) node)->rtindex);
	else if (IsA(node, FromExpr))
		collect_items((Node *) ((FromExpr *) node)->fromlist, items);
	else if (IsA(node, List))
	{
		ListCell   *lc;

		foreach(lc, (List *) node)
			collect_items(lfirst(lc), items);
	}
	else if (IsA(node, JoinExpr))
	{
		collect_items(((JoinExpr *) node)->larg, items);
		collect_items(((JoinExpr *) node)->rarg, items);
	}
	else if (IsA(node, SetOperationStmt))
	{
		collect_items(((SetOperationStmt *) node)->larg, items);
		collect_items(((SetOperationStmt *) node)->rarg, items);
	}
	return false;
}

static void
examine_expressions(Query *query, Bitmapset *outputs, bool all,
					UsageContext *context)
{
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (output_matters(query, tle, outputs, all))
			usage_walker((Node *) tle->expr, context);
		else
			tle->expr = (Expr *) makeNullConst(exprType((Node *) tle->expr),
											   exprTypmod((Node *) tle->expr),
											   exprCollation((Node *) tle->expr));
	}
	usage_walker((Node *) query->jointree, context);
	usage_walker(query->havingQual, context);
	usage_walker(query->limitOffset, context);
	usage_walker(query->limitCount, context);
	foreach(lc, query->windowClause)
	{
		WindowClause *window = lfirst_node(WindowClause, lc);

		usage_walker(window->startOffset, context);
		usage_walker(window->endOffset, context);
	}
	foreach(lc, query->cteList)
		usage_walker(lfirst_node(CommonTableExpr, lc)->ctequery, context);
}

static void
examine_query(Query *query, Bitmapset *outputs, bool all_outputs,
			  UsageContext *context)
{
	int			nrtes = list_length(query->rtable);
	UsageLevel	level;
	Bitmapset  *items = NULL;

	check_stack_depth();
	level.query = query;
	level.used = palloc0(sizeof(Bitmapset *) * (nrtes + 1));
	level.all = palloc0(sizeof(bool) * (nrtes + 1));
	level.outer = context->level;
	context->level = &level;

	collect_items((Node *) query->jointree, &items);
	collect_items(query->setOperations, &items);
	examine_expressions(query, outputs, all_outputs, context);
	for (int i = nrtes; i > 0; i--)
	{
		RangeTblEntry *rte = list_nth_node(RangeTblEntry, query->rtable, i - 1);

		if (!bms_is_member(i, items))
			continue;
		usage_walker((Node *) rte->securityQuals, context);
		examine_rte(rte, level.used[i], level.all[i],
					query->setOperations != NULL, context);
	}
	context->level = level.outer;
}

/*
 * Every occurrence of a base relation in an expanded definition, with the
 * columns of it that the definition depends on: a list of ColumnUsage.  Output
 * columns of subqueries that nobody uses are replaced by NULL on the way.
 */
List *
tview_column_usage(Query *expanded)
{
	UsageContext context = {NULL, NIL};

	examine_query(expanded, NULL, true, &context);
	return context.result;
}
