/*
 * peers.c
 *		Rows that show something else because another row changed.
 *
 * Window functions, DISTINCT ON and LIMIT let a row influence others: those
 * that share the PARTITION BY or DISTINCT ON columns with it, or for LIMIT, the
 * place in the enclosing query.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"

/* Can a row of the query change what other rows show? */
bool
rows_influence_others(Query *query)
{
	return query->hasWindowFuncs || query->hasDistinctOn ||
		query->limitCount != NULL || query->limitOffset != NULL;
}

static List *
common_clauses(List *clauses, List *others)
{
	List	   *result = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, clauses)
		foreach(lc2, others)
			if (lfirst_node(SortGroupClause, lc)->tleSortGroupRef ==
				lfirst_node(SortGroupClause, lc2)->tleSortGroupRef)
				result = lappend(result, lfirst(lc));
	return result;
}

/* The columns that all windows, and DISTINCT ON, go by; NIL for none. */
static List *
shared_clauses(Query *query)
{
	List	   *result = NIL;
	bool		first = true;
	ListCell   *lc;

	foreach(lc, query->windowClause)
	{
		WindowClause *window = lfirst_node(WindowClause, lc);

		result = first ? window->partitionClause :
			common_clauses(result, window->partitionClause);
		first = false;
	}
	if (query->hasDistinctOn)
		result = first ? query->distinctClause :
			common_clauses(result, query->distinctClause);
	return result;
}

/*
 * A row influences those that agree with it on all columns of one of these lists;
 * NIL in it for every row.  Windows that have no columns in common do it one by one;
 * what DISTINCT ON then does with that is more than one step.
 */
List *
peer_clauses(Query *query)
{
	List	   *shared = shared_clauses(query);
	List	   *result = NIL;
	ListCell   *lc;

	if (query->limitCount != NULL || query->limitOffset != NULL)
		return list_make1(NIL);
	if (shared != NIL || query->hasDistinctOn)
		return list_make1(shared);
	foreach(lc, query->windowClause)
	{
		List	   *partition = lfirst_node(WindowClause, lc)->partitionClause;

		if (partition == NIL)
			return list_make1(NIL);
		result = list_append_unique(result, partition);
	}
	return result;
}

/* The output columns, by resno, that sort or group clauses name. */
Bitmapset *
clause_outputs(Query *query, List *clauses)
{
	Bitmapset  *result = NULL;
	ListCell   *lc;

	foreach(lc, clauses)
		result = bms_add_member(result,
								get_sortgroupclause_tle(lfirst(lc),
														query->targetList)->resno);
	return result;
}

/* The level without what makes rows influence each other, one level down. */
static Query *
peer_query(Query *query, Bitmapset *needed)
{
	Query	   *peers = copyObject(query);
	ListCell   *lc;

	foreach(lc, peers->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node	   *expr = (Node *) tle->expr;

		if (query->setOperations == NULL &&
			(contain_windowfuncs(expr) ||
			 (tle->ressortgroupref == 0 && !bms_is_member(tle->resno, needed) &&
			  !decides_row_count(query, expr))))
			tle->expr = (Expr *) makeNullConst(exprType(expr), exprTypmod(expr),
											   exprCollation(expr));
		tle->resjunk = false;
		tle->resname = psprintf("p%d", tle->resno);
	}
	peers->windowClause = NIL;
	peers->hasWindowFuncs = false;
	peers->sortClause = NIL;
	peers->limitCount = peers->limitOffset = NULL;
	if (peers->hasDistinctOn)
	{
		peers->hasDistinctOn = false;
		peers->distinctClause = NIL;
	}
	IncrementVarSublevelsUp((Node *) peers, 1, 1);
	return peers;
}

static RangeTblEntry *
peer_item(Query *peers)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, peers->targetList)
		names = lappend(names, makeString(lfirst_node(TargetEntry, lc)->resname));
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = peers;
	rte->lateral = true;
	rte->inFromCl = true;
	rte->alias = makeAlias("peers", NIL);
	rte->eref = makeAlias("peers", names);
	return rte;
}

static bool
never_null(Query *query, Node *expr)
{
	ListCell   *lc;

	if (IsA(expr, Const))
		return !((Const *) expr)->constisnull;
	if (IsA(expr, Var))
	{
		RangeTblEntry *rte = rt_fetch(((Var *) expr)->varno, query->rtable);

		return ((Var *) expr)->varlevelsup == 0 && rte->rtekind == RTE_RELATION &&
			tview_attribute_not_null(rte->relid, ((Var *) expr)->varattno);
	}
	if (IsA(expr, CoalesceExpr))
		foreach(lc, ((CoalesceExpr *) expr)->args)
			if (never_null(query, lfirst(lc)))
				return true;
	return false;
}

/* left = right, or both NULL */
static Node *
same_value(Query *query, Oid eqop, Node *left, Node *right)
{
	Oid			collation = exprCollation(right);
	Node	   *equal = (Node *) make_opclause(eqop, BOOLOID, false, (Expr *) left,
											   (Expr *) right, InvalidOid,
											   collation);
	NullTest   *left_null = makeNode(NullTest);
	NullTest   *right_null = makeNode(NullTest);

	if (never_null(query, left))
		return equal;
	left_null->arg = (Expr *) copyObject(left);
	right_null->arg = (Expr *) copyObject(right);
	left_null->nulltesttype = right_null->nulltesttype = IS_NULL;
	left_null->location = right_null->location = -1;
	return (Node *) make_orclause(list_make2(equal,
											 make_andclause(list_make2(left_null, right_null))));
}

static Var *
peer_var(Index item, TargetEntry *tle)
{
	return makeVar(item, tle->resno, exprType((Node *) tle->expr),
				   exprTypmod((Node *) tle->expr),
				   exprCollation((Node *) tle->expr), 0);
}

/* What lets all rows influence each other, for messages. */
static void
note_barrier(Focus *focus, Query *query)
{
	if (query->limitCount || query->limitOffset)
	{
		focus->barrier = "LIMIT or OFFSET";
		focus->location = exprLocation(query->limitCount ? query->limitCount :
									   query->limitOffset);
	}
	else
	{
		focus->barrier = "a window function without PARTITION BY";
		focus->location = locate_windowfunc((Node *) query->targetList);
	}
}

/*
 * From a changed row of the query to its peers: the query as it is now, joined
 * on the columns that peers share.  own: the changed row, with those columns
 * among its outputs.
 */
Focus *
focus_peers(Query *query, const Focus *own, List *clauses, Bitmapset *demand)
{
	Focus	   *focus = palloc(sizeof(Focus));
	Query	   *flat = copyObject(own->query);
	Query	   *peers = peer_query(query, bms_union(demand,
													clause_outputs(query, clauses)));
	Index		item = list_length(flat->rtable) + 1;
	RangeTblRef *ref = makeNode(RangeTblRef);
	ListCell   *lc;

	*focus = *own;
	focus->query = flat;
	focus->inexact = NULL;		/* peers are read as they are */
	focus->allowed = bms_add_member(bms_copy(own->allowed), item);
	if (clauses == NIL)
		note_barrier(focus, query);
	ref->rtindex = item;
	flat->rtable = lappend(flat->rtable, peer_item(peers));
	flat->jointree->fromlist = lappend(flat->jointree->fromlist, ref);
	foreach(lc, clauses)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);
		TargetEntry *tle = get_sortgroupclause_tle(clause, query->targetList);
		Node	   *value = output_expr(own->query->targetList, tle->resno);

		if (value != NULL)
			value = tview_fold(copyObject(value));
		if (value != NULL)
			flat->jointree->quals = (Node *)
				lappend((List *) flat->jointree->quals,
						same_value(flat, clause->eqop, value,
								   (Node *) peer_var(item, tle)));
	}
	flat->targetList = NIL;
	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (bms_is_member(tle->resno, demand) &&
			!contain_windowfuncs((Node *) tle->expr))
			flat->targetList = lappend(flat->targetList,
									   makeTargetEntry((Expr *) peer_var(item, tle),
													   tle->resno,
													   psprintf("k%d", tle->resno),
													   false));
	}
	return focus;
}
