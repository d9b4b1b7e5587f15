/*
 * reach.c
 *		Which parts of a row a change to a base relation can reach.
 *
 * Two ways lead from a base relation to a part:
 *
 * By value.  The expression of the part mentions a column, or an output of a
 * subquery that mentions it.  A sublink in the expression belongs to it with
 * everything inside.
 *
 * By rows.  What a level does with a column in its FROM, WHERE, GROUP BY,
 * HAVING, ORDER BY, LIMIT and the like decides which rows there are, and so may
 * change everything: it reaches the whole row.  Two kinds of items can be told
 * apart, because they leave the number of rows above them alone:
 *	- An aggregate without GROUP BY yields one row, whatever it reads.  Its rows
 *	  reach what its outputs reach.
 *	- A lookup (lookup.c) is an item whose LEFT JOIN finds one row at most.
 *	  Which one reaches what the item's columns reach.
 *
 * It follows that a part which no change of a transaction reaches has the value
 * that is stored: every row that goes into it is there before and after, and no
 * expression in it mentions what changed.
 *
 * Levels are walked from the outside in, and the items of a level last to
 * first: LATERAL items and the conditions of joins refer to items before them,
 * so what an item reaches is complete when its turn comes.
 */
#include "base/compat.h"

#include "analyze/focus.h"
#include "analyze/parts.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"

typedef struct ReachLevel
{
	Query	   *query;
	List	  **columns;		/* by item, lists of ColumnReach */
	struct ReachLevel *outer;
} ReachLevel;

typedef struct ReachContext
{
	ReachLevel *level;
	Bitmapset  *parts;			/* what is being walked reaches these */
	List	   *outputs;		/* of TviewPart: what the top level is made of */
	List	   *result;			/* of ReachedParts */
} ReachContext;

static void reach_query(Query *query, List *outputs, Bitmapset *rows,
						ReachContext *context);

static List *
note_column(List *columns, AttrNumber attno, Bitmapset *parts)
{
	ColumnReach *reach;
	ListCell   *lc;

	foreach(lc, columns)
	{
		reach = lfirst(lc);
		if (reach->attno != attno)
			continue;
		reach->parts = bms_add_members(reach->parts, parts);
		return columns;
	}
	reach = palloc(sizeof(ColumnReach));
	reach->attno = attno;
	reach->parts = bms_copy(parts);
	return lappend(columns, reach);
}

static List *
every_output(Bitmapset *parts)
{
	return note_column(NIL, InvalidAttrNumber, parts);
}

static void
note_var(Var *var, ReachContext *context)
{
	ReachLevel *level = context->level;

	for (Index i = 0; i < var->varlevelsup && level != NULL; i++)
		level = level->outer;
	if (level != NULL)
		level->columns[var->varno] = note_column(level->columns[var->varno],
												 var->varattno, context->parts);
}

static bool
reach_walker(Node *node, ReachContext *context)
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
		reach_query((Query *) node, every_output(context->parts), context->parts, context);
		return false;
	}
	return expression_tree_walker(node, reach_walker, context);
}

/* What a node mentions reaches these parts. */
static void
reach(Node *node, Bitmapset *parts, ReachContext *context)
{
	Bitmapset  *saved = context->parts;

	context->parts = parts;
	reach_walker(node, context);
	context->parts = saved;
}

/* All parts that anything in the list reaches. */
static Bitmapset *
all_reached(List *columns)
{
	Bitmapset  *all = NULL;
	ListCell   *lc;

	foreach(lc, columns)
		all = bms_add_members(all, ((ColumnReach *) lfirst(lc))->parts);
	return all;
}

/* What an output of a subquery reaches; as a row, it reaches all of them. */
static Bitmapset *
output_reaches(List *outputs, AttrNumber resno)
{
	Bitmapset  *parts = NULL;
	ListCell   *lc;

	foreach(lc, outputs)
	{
		ColumnReach *output = lfirst(lc);

		if (output->attno == resno || output->attno == InvalidAttrNumber)
			parts = bms_add_members(parts, output->parts);
	}
	return parts;
}

/* Is the result one row, whatever the query reads? */
static bool
yields_one_row(Query *query)
{
	return query->hasAggs && query->groupClause == NIL &&
		query->groupingSets == NIL && query->havingQual == NULL &&
		query->limitCount == NULL && query->limitOffset == NULL &&
		query->setOperations == NULL && !query->hasTargetSRFs;
}

/* Can another value in this output change which rows there are? */
static bool
output_decides_rows(Query *query, TargetEntry *tle)
{
	return tle->resjunk || tle->ressortgroupref != 0 ||
		query->distinctClause != NIL || query->setOperations != NULL ||
		expression_returns_set((Node *) tle->expr);
}

/* Does a column of the definition consist of such parts? */
static bool
has_part(List *parts, AttrNumber attno)
{
	ListCell   *lc;

	foreach(lc, parts)
		if (((TviewPart *) lfirst(lc))->attno == attno)
			return true;
	return false;
}

static void
reach_targets(Query *query, List *outputs, Bitmapset *rows, ReachContext *context)
{
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Bitmapset  *parts = output_reaches(outputs, tle->resno);

		if (context->level->outer == NULL && has_part(context->outputs, tle->resno))
			continue;
		if (output_decides_rows(query, tle))
			parts = bms_union(parts, rows);
		reach((Node *) tle->expr, parts, context);
	}
}

/* The conditions of a join tree, but for those by which lookups find their row. */
static void
reach_joins(Node *node, List *lookups, Bitmapset *rows, ReachContext *context)
{
	ListCell   *lc;

	check_stack_depth();
	if (IsA(node, RangeTblRef))
		return;
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		if (!list_member_ptr(lookups, join))
			reach(join->quals, rows, context);
		reach_joins(join->larg, lookups, rows, context);
		reach_joins(join->rarg, lookups, rows, context);
		return;
	}
	reach(castNode(FromExpr, node)->quals, rows, context);
	foreach(lc, castNode(FromExpr, node)->fromlist)
		reach_joins(lfirst(lc), lookups, rows, context);
}

/* Everything that decides which rows there are, but for outputs and items. */
static void
reach_clauses(Query *query, List *lookups, Bitmapset *rows, ReachContext *context)
{
	Bitmapset  *whole = bms_make_singleton(TVIEW_WHOLE_ROW);
	ListCell   *lc;

	reach_joins((Node *) query->jointree, lookups, rows, context);
	reach(query->havingQual, rows, context);
	reach(query->limitOffset, rows, context);
	reach(query->limitCount, rows, context);
	foreach(lc, query->windowClause)
	{
		reach(lfirst_node(WindowClause, lc)->startOffset, rows, context);
		reach(lfirst_node(WindowClause, lc)->endOffset, rows, context);
	}

	/* Only recursive ones are left, and nobody follows their columns. */
	foreach(lc, query->cteList)
		reach(lfirst_node(CommonTableExpr, lc)->ctequery, whole, context);
}

static void
report_relation(RangeTblEntry *rte, List *columns, Bitmapset *rows,
				ReachContext *context)
{
	ReachedParts *reached = palloc(sizeof(ReachedParts));

	reached->rte = rte;
	reached->rows = rows;
	reached->columns = columns;
	context->result = lappend(context->result, reached);
}

static void
reach_item(RangeTblEntry *rte, List *columns, Bitmapset *rows, ReachContext *context)
{
	switch (rte->rtekind)
	{
		case RTE_RELATION:
			report_relation(rte, columns, rows, context);
			break;
		case RTE_SUBQUERY:
			reach_query(rte->subquery, columns, rows, context);
			break;
		default:
			reach((Node *) rte->functions, rows, context);
			reach((Node *) rte->tablefunc, rows, context);
			reach((Node *) rte->values_lists, rows, context);
			reach((Node *) rte->tablesample, rows, context);
			break;
	}
}

/* The join by which an item is looked up, if it is. */
static JoinExpr *
lookup_of(List *lookups, Index item)
{
	ListCell   *lc;

	foreach(lc, lookups)
	{
		JoinExpr   *join = lfirst_node(JoinExpr, lc);

		if (castNode(RangeTblRef, join->rarg)->rtindex == item)
			return join;
	}
	return NULL;
}

/*
 * What the rows of an item reach, whose columns have been noted but for those
 * that decide which rows it has itself.
 */
static Bitmapset *
item_reaches(List *lookups, Index item, Bitmapset *rows, ReachContext *context)
{
	JoinExpr   *join = lookup_of(lookups, item);

	if (join != NULL)
	{
		rows = all_reached(context->level->columns[item]);
		reach(join->quals, rows, context);
	}
	reach((Node *) rt_fetch(item, context->level->query->rtable)->securityQuals,
		  rows, context);
	return rows;
}

static void
reach_items(Query *query, List *lookups, Bitmapset *rows, ReachContext *context)
{
	Bitmapset  *items = level_items((Node *) query->jointree);

	/* Members of a set operation are in no join tree. */
	for (int item = list_length(query->rtable); item > 0; item--)
	{
		RangeTblEntry *rte = rt_fetch(item, query->rtable);

		if (query->setOperations != NULL)
			reach_item(rte, every_output(rows), rows, context);
		else if (bms_is_member(item, items))
		{
			Bitmapset  *item_rows = item_reaches(lookups, item, rows, context);

			reach_item(rte, context->level->columns[item], item_rows, context);
		}
	}
}

/* The parts of the definition reach themselves. */
static void
reach_parts(ReachContext *context)
{
	ListCell   *lc;

	foreach(lc, context->outputs)
		reach(((TviewPart *) lfirst(lc))->expr,
			  bms_make_singleton(foreach_current_index(lc) + 1), context);
}

/* Walk a query.  outputs: what its output columns reach by their values. */
static void
reach_query(Query *query, List *outputs, Bitmapset *rows, ReachContext *context)
{
	ReachLevel	level = {query};
	List	   *lookups = tview_lookup_joins(query);

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	level.columns = palloc0(sizeof(List *) * (list_length(query->rtable) + 1));
	level.outer = context->level;
	if (yields_one_row(query))
		rows = all_reached(outputs);
	context->level = &level;
	reach_targets(query, outputs, rows, context);
	if (level.outer == NULL)
		reach_parts(context);
	reach_clauses(query, lookups, rows, context);
	reach_items(query, lookups, rows, context);
	context->level = level.outer;
}

/*
 * What every occurrence of a base relation reaches: a list of ReachedParts.
 *
 * expanded: as tview_column_usage() left it.  parts: of tview_find_parts().
 */
List *
tview_reached_parts(Query *expanded, List *parts)
{
	ReachContext context = {.outputs = parts};
	Bitmapset  *whole = bms_make_singleton(TVIEW_WHOLE_ROW);
	List	   *outputs = NIL;
	ListCell   *lc;

	foreach(lc, expanded->targetList)
	{
		AttrNumber	resno = lfirst_node(TargetEntry, lc)->resno;

		if (!has_part(parts, resno))
			outputs = note_column(outputs, resno, whole);
	}
	reach_query(expanded, outputs, whole, &context);
	return context.result;
}
