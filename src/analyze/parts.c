/*
 * parts.c
 *		What a row consists of, and the query that computes some of it.
 *
 * Every column of a definition is a part, but for those of the key.  A column
 * that is one jsonb_build_object() falls into its members, and a member that is
 * one into its own.  A part is computed by the definition with everything else
 * left out of its SELECT list, so it gets there by the same functions.
 */
#include "base/compat.h"

#include "access/relation.h"
#include "access/sysattr.h"
#include "analyze/focus.h"
#include "analyze/parts.h"
#include "base/sandbox.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteManip.h"
#include "rewrite/rewriteHandler.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Definitions with more parts are not worth the bookkeeping for each change. */
#define MAX_PARTS	1000

/* The key of a member of an object, where it is a constant; else NULL. */
static char *
member_key(Node *node)
{
	Const	   *key = (Const *) node;

	if (!IsA(key, Const) || key->constisnull)
		return NULL;
	if (key->consttype == UNKNOWNOID)
		return DatumGetCString(key->constvalue);
	return key->consttype == TEXTOID ? TextDatumGetCString(key->constvalue) : NULL;
}

static bool
list_has_string(List *strings, const char *wanted)
{
	ListCell   *lc;

	foreach(lc, strings)
		if (strcmp(lfirst(lc), wanted) == 0)
			return true;
	return false;
}

/* The arguments of a jsonb_build_object() with known, distinct keys; or NIL. */
static List *
object_arguments(Node *node)
{
	FuncExpr   *function = (FuncExpr *) node;
	List	   *seen = NIL;

	if (!IsA(function, FuncExpr) || function->funcvariadic ||
		function->funcid != F_JSONB_BUILD_OBJECT_ANY ||
		list_length(function->args) % 2 != 0)
		return NIL;
	for (int i = 0; i < list_length(function->args); i += 2)
	{
		char	   *key = member_key(list_nth(function->args, i));

		if (key == NULL || list_has_string(seen, key))
			return NIL;
		seen = lappend(seen, key);
	}
	return function->args;
}

/* What an expression consists of.  members: the way to it. */
static List *
add_parts(List *parts, AttrNumber attno, List *members, Node *expr)
{
	List	   *args = object_arguments(expr);
	TviewPart  *part;

	check_stack_depth();
	for (int i = 0; i < list_length(args); i += 2)
		parts = add_parts(parts, attno,
						  lappend(list_copy(members), member_key(list_nth(args, i))),
						  list_nth(args, i + 1));
	if (args != NIL)
		return parts;
	part = palloc(sizeof(TviewPart));
	part->attno = attno;
	part->members = members;
	part->expr = expr;
	return lappend(parts, part);
}

static bool
is_key(AttrNumber attno, const AttrNumber *keys, int nkeys)
{
	for (int i = 0; i < nkeys; i++)
		if (keys[i] == attno)
			return true;
	return false;
}

/* Would the query have other rows if an output were left out? */
static bool
outputs_decide_rows(Query *query)
{
	return query->setOperations != NULL || query->distinctClause != NIL ||
		query->hasTargetSRFs || (query->hasAggs && query->groupClause == NIL);
}

/*
 * The parts of a definition, a list of TviewPart.  NIL: its rows can only be
 * computed as a whole.
 */
List *
tview_find_parts(Query *expanded, const AttrNumber *keys, int nkeys)
{
	List	   *parts = NIL;
	ListCell   *lc;

	if (outputs_decide_rows(expanded))
		return NIL;
	foreach(lc, expanded->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!tle->resjunk && tle->ressortgroupref == 0 &&
			!is_key(tle->resno, keys, nkeys))
			parts = add_parts(parts, tle->resno, NIL, (Node *) tle->expr);
	}
	return list_length(parts) <= MAX_PARTS ? parts : NIL;
}

static ReachedParts *
find_reached(List *all, RangeTblEntry *rte)
{
	ListCell   *lc;

	foreach(lc, all)
		if (((ReachedParts *) lfirst(lc))->rte == rte)
			return lfirst(lc);
	return NULL;
}

/* What each column of the base relation reaches; one of a whole-row Var is any. */
static void
assign_columns(TviewTrace *trace, ReachedParts *reached)
{
	Relation	rel = relation_open(trace->relid, AccessShareLock);
	TupleDesc	tupdesc = RelationGetDescr(rel);
	ListCell   *lc;

	trace->natts = tupdesc->natts;
	trace->column_parts = palloc0(sizeof(Bitmapset *) * (trace->natts + 1));
	foreach(lc, reached->columns)
	{
		ColumnReach *column = lfirst(lc);

		for (AttrNumber attno = 1; attno <= trace->natts; attno++)
			if (column->attno == attno ||
				(column->attno == InvalidAttrNumber &&
				 !TupleDescAttr(tupdesc, attno - 1)->attisdropped))
				trace->column_parts[attno] =
					bms_add_members(trace->column_parts[attno], column->parts);
	}
	relation_close(rel, NoLock);
}

/* Tell each trace which parts its base relation reaches. */
void
tview_assign_parts(TviewAnalysis *analysis, List *parts)
{
	List	   *all = tview_reached_parts(analysis->expanded, parts);
	ListCell   *lc;

	foreach(lc, analysis->traces)
	{
		TviewTrace *trace = lfirst(lc);
		ReachedParts *reached = find_reached(all, trace->source);

		if (reached == NULL)
			elog(ERROR, "no parts found for relation %u", trace->relid);
		trace->row_parts = reached->rows;
		assign_columns(trace, reached);
	}
}

/* Does one of the parts lie at this member, or below it? */
static bool
is_wanted(List *parts, AttrNumber attno, List *members)
{
	ListCell   *lc;

	foreach(lc, parts)
	{
		TviewPart  *part = lfirst(lc);
		int			i = 0;

		if (part->attno != attno)
			continue;
		while (i < list_length(members) && i < list_length(part->members) &&
			   strcmp(list_nth(members, i), list_nth(part->members, i)) == 0)
			i++;
		if (i == list_length(members) || i == list_length(part->members))
			return true;
	}
	return false;
}

/* Leave out of an expression what is not wanted. */
static void
prune(Node *expr, List *parts, AttrNumber attno, List *members)
{
	List	   *args = object_arguments(expr);
	List	   *kept = NIL;

	check_stack_depth();
	if (args == NIL)
		return;
	for (int i = 0; i < list_length(args); i += 2)
	{
		Node	   *key = list_nth(args, i);
		List	   *inner = lappend(list_copy(members), member_key(key));

		if (!is_wanted(parts, attno, inner))
			continue;
		prune(list_nth(args, i + 1), parts, attno, inner);
		kept = lappend(lappend(kept, key), list_nth(args, i + 1));
	}
	((FuncExpr *) expr)->args = kept;
}

/* Leave out the windows of a level of which no function is left. */
static void
prune_windows(Query *query)
{
	if (!query->hasWindowFuncs || contain_windowfuncs((Node *) query->targetList))
		return;
	query->windowClause = NIL;
	query->hasWindowFuncs = false;
}

static void
prune_targets(Query *query, Oid view, List *parts, Bitmapset *keys)
{
	List	   *kept = NIL;
	List	   *hidden = NIL;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		bool		wanted = is_wanted(parts, tle->resno, NIL);

		if (wanted)
			prune((Node *) tle->expr, parts, tle->resno, NIL);
		else if (!bms_is_member(tle->resno, keys))
		{
			if (tle->ressortgroupref == 0)
				continue;
			tle->resjunk = true;
		}
		tle->resname = tle->resjunk ? NULL : get_attname(view, tle->resno, false);
		if (tle->resjunk)
			hidden = lappend(hidden, tle);
		else
			kept = lappend(kept, tle);
	}
	query->targetList = list_concat(kept, hidden);
	foreach(lc, query->targetList)
		lfirst_node(TargetEntry, lc)->resno = foreach_current_index(lc) + 1;
	prune_windows(query);
}

/* Can computing one of the parts fail for a row that the definition does not have? */
static bool
any_can_fail(List *parts)
{
	ListCell   *lc;

	foreach(lc, parts)
		if (tview_can_fail(((TviewPart *) lfirst(lc))->expr))
			return true;
	return false;
}

static Query *
query_of_view(Oid view)
{
	Relation	rel = relation_open(view, AccessShareLock);
	Query	   *query = copyObject(get_view_query(rel));

	relation_close(rel, NoLock);
	return query;
}

static void
name_columns(Query *query, Oid view)
{
	ListCell   *lc;

	foreach(lc, query->targetList)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			lfirst_node(TargetEntry, lc)->resname =
				get_attname(view, lfirst_node(TargetEntry, lc)->resno, false);
}

static List *
column_names(Oid view, Bitmapset *columns)
{
	List	   *names = NIL;
	int			column = -1;

	while ((column = bms_next_member(columns, column)) >= 0)
		names = lappend(names, get_attname(view, column, false));
	return names;
}

/* Order means nothing for the row of a key. */
static void
forget_order(Query *query)
{
	ListCell   *lc;

	if (!level_is_flat(query))
		return;
	query->sortClause = NIL;
	foreach(lc, query->targetList)
		lfirst_node(TargetEntry, lc)->ressortgroupref = 0;
}

/* Leave out all parts but some. */
static void
keep_parts(Query *query, Oid view, List *parts, const Bitmapset *wanted, Bitmapset *keys)
{
	List	   *some = NIL;
	int			number = -1;

	forget_order(query);
	while ((number = bms_next_member(wanted, number)) >= 0)
		some = lappend(some, list_nth(parts, number - 1));
	if (!any_can_fail(some))
		tview_loosen_joins(query, keys);
	prune_targets(query, view, some, keys);
}

/*
 * The definition in a view with the key columns and some parts only, as SQL.  It
 * may yield rows that the definition does not have, but one at most for a key.
 *
 * parts: those of the definition; wanted: numbers of some of them, or TVIEW_WHOLE_ROW; keys:
 * the key columns of the view; inward: with what joins subqueries brought into these, NULL
 * where there is nothing to bring.
 */
char *
tview_parts_query(Oid view, List *parts, const Bitmapset *wanted, Bitmapset *keys, bool inward)
{
	Query	   *query = inward ? tview_expand_view(view) : query_of_view(view);

	if (bms_is_member(TVIEW_WHOLE_ROW, wanted))
		name_columns(query, view);
	else
		keep_parts(query, view, parts, wanted, keys);
	if (inward && (query = tview_bring_conditions_in(query, column_names(view, keys))) == NULL)
		return NULL;
	return tview_deparse(tview_make_explicit(query));
}
