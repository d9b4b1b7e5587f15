/*
 * expand.c
 *		Brings a definition into the one shape that analysis works on.
 *
 * Views and row-level security policies are expanded by the server's own
 * rewriter.  Then, at every level: common table expressions become subqueries
 * at each place that uses them (a recursive one stays), and Vars of join
 * aliases and of grouping columns become the expressions they stand for, so
 * that every Var names an item of the FROM clause.  Comparisons with an array
 * made of a subquery's rows become comparisons with the rows.
 *
 * The result is for analysis only; what is executed is always the view itself.
 */
#include "base/compat.h"

#include "access/relation.h"
#include "analyze/analyze.h"
#include "analyze/focus.h"
#include "base/sandbox.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

typedef struct InlineContext
{
	CommonTableExpr *cte;
	int			depth;			/* levels below the query that owns the CTE */
} InlineContext;

static void
become_subquery(RangeTblEntry *rte, const InlineContext *context)
{
	Query	   *subquery = copyObject(castNode(Query, context->cte->ctequery));

	/* Outer references of the CTE now start from deeper down. */
	if (context->depth > 0)
		IncrementVarSublevelsUp((Node *) subquery, context->depth, 1);
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = subquery;
	rte->ctename = NULL;
	rte->ctelevelsup = 0;
	rte->coltypes = NIL;
	rte->coltypmods = NIL;
	rte->colcollations = NIL;
}

static bool
inline_walker(Node *node, InlineContext *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_CTE &&
			rte->ctelevelsup == context->depth &&
			strcmp(rte->ctename, context->cte->ctename) == 0)
			become_subquery(rte, context);
		return false;
	}
	if (IsA(node, Query))
	{
		bool		result;

		context->depth++;
		result = query_tree_walker((Query *) node, inline_walker, context,
								   QTW_EXAMINE_RTES_AFTER);
		context->depth--;
		return result;
	}
	return expression_tree_walker(node, inline_walker, context);
}

/* In order, since a CTE may use those before it. */
static void
inline_ctes(Query *query)
{
	List	   *kept = NIL;
	ListCell   *lc;

	foreach(lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);
		InlineContext context = {cte, 0};

		if (cte->cterecursive)
			kept = lappend(kept, cte);
		else
			query_tree_walker(query, inline_walker, &context,
							  QTW_EXAMINE_RTES_AFTER);
	}
	query->cteList = kept;
}

/* The virtual generated columns of a table as a target list. */
static List *
virtual_columns(RangeTblEntry *rte, Index item)
{
	Relation	rel = relation_open(rte->relid, AccessShareLock);
	TupleDesc	tupdesc = RelationGetDescr(rel);
	List	   *columns = NIL;

	for (int i = 0; has_virtual_columns(tupdesc) && i < tupdesc->natts; i++)
	{
		Node	   *expr;

		if (!attribute_is_virtual(TupleDescAttr(tupdesc, i)))
			continue;
		expr = virtual_column_expression(rel, i + 1);
		ChangeVarNodes(expr, 1, item, 0);
		columns = lappend(columns, makeTargetEntry((Expr *) expr, i + 1, NULL, false));
	}
	relation_close(rel, NoLock);
	return columns;
}

/* Virtual columns are not in captured rows: see what they are computed from. */
static void
replace_virtual_columns(Query *query)
{
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		Substitution substitution = {.item = foreach_current_index(lc) + 1};

		if (rte->rtekind != RTE_RELATION)
			continue;
		substitution.outputs = virtual_columns(rte, substitution.item);
		if (substitution.outputs != NIL)
			substitute_level(query, &substitution);
	}
}

/* The constant that a limit is, or NULL. */
static Const *
constant_limit(Node *limit)
{
	if (limit == NULL || checkExprHasSubLink(limit))
		return NULL;
	limit = tview_fold(copyObject(limit));
	return limit != NULL && IsA(limit, Const) ? (Const *) limit : NULL;
}

/* OFFSET 0 and LIMIT ALL limit nothing. */
static void
drop_limits(Query *query)
{
	Const	   *offset = constant_limit(query->limitOffset);
	Const	   *count = constant_limit(query->limitCount);

	if (offset != NULL && (offset->constisnull || DatumGetInt64(offset->constvalue) == 0))
		query->limitOffset = NULL;
	if (count != NULL && count->constisnull)
		query->limitCount = NULL;
}

static bool
normalize_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Query))
	{
		inline_ctes((Query *) node);
		tview_resolve_aliases((Query *) node);
		replace_virtual_columns((Query *) node);
		drop_limits((Query *) node);
		return query_tree_walker((Query *) node, normalize_walker, context, 0);
	}
	return expression_tree_walker(node, normalize_walker, context);
}

/* An array without the casts that leave its elements as they are. */
static Node *
strip_array_casts(Node *array)
{
	for (;;)
	{
		ArrayCoerceExpr *coercion = (ArrayCoerceExpr *) array;

		if (IsA(array, RelabelType))
			array = (Node *) ((RelabelType *) array)->arg;
		else if (IsA(array, ArrayCoerceExpr) && IsA(coercion->elemexpr, RelabelType) &&
				 IsA(((RelabelType *) coercion->elemexpr)->arg, CaseTestExpr))
			array = (Node *) coercion->arg;
		else
			return array;
	}
}

/*
 * x op ANY (ARRAY(SELECT ..)), or ALL, as x op ANY (SELECT ..); NULL for others.  An array
 * made of arrays has their elements.
 */
static Node *
compared_subquery(ScalarArrayOpExpr *comparison)
{
	Node	   *array = lsecond(comparison->args);
	Oid			type = get_element_type(exprType(array));
	SubLink    *sublink;
	Node	   *output;
	Param	   *row = makeNode(Param);

	array = strip_array_casts(array);
	if (!IsA(array, SubLink) || ((SubLink *) array)->subLinkType != ARRAY_SUBLINK ||
		!OidIsValid(type))
		return NULL;
	sublink = (SubLink *) array;
	output = (Node *) linitial_node(TargetEntry,
									castNode(Query, sublink->subselect)->targetList)->expr;
	if (!IsBinaryCoercible(exprType(output), type))
		return NULL;
	row->paramkind = PARAM_SUBLINK;
	row->paramid = 1;
	row->paramtype = exprType(output);
	row->paramtypmod = exprTypmod(output);
	row->paramcollid = exprCollation(output);
	row->location = -1;
	sublink->subLinkType = comparison->useOr ? ANY_SUBLINK : ALL_SUBLINK;
	sublink->testexpr = (Node *)
		make_opclause(comparison->opno, BOOLOID, false, linitial(comparison->args),
					  row->paramtype == type ? (Expr *) row :
					  (Expr *) makeRelabelType((Expr *) row, type, -1, exprCollation(array),
											   COERCE_IMPLICIT_CAST),
					  InvalidOid, comparison->inputcollid);
	set_opfuncid((OpExpr *) sublink->testexpr);
	return (Node *) sublink;
}

static Node *
compare_subqueries(Node *node, void *context)
{
	Node	   *result = NULL;

	if (node == NULL)
		return NULL;
	check_stack_depth();
	if (IsA(node, Query))
		return (Node *) query_tree_mutator((Query *) node, compare_subqueries, context, 0);
	node = expression_tree_mutator(node, compare_subqueries, context);
	if (IsA(node, ScalarArrayOpExpr))
		result = compared_subquery((ScalarArrayOpExpr *) node);
	return result ? result : node;
}

/*
 * Expand an analysed SELECT.  The argument is not changed.  Takes the locks
 * that reading needs on all relations in it.
 */
Query *
tview_expand_query(Query *query)
{
	List	   *rewritten;
	Query	   *expanded = copyObject(query);

	AcquireRewriteLocks(expanded, true, false);
	rewritten = QueryRewrite(expanded);
	if (list_length(rewritten) != 1)
		elog(ERROR, "unexpected rewrite result for a tview definition");
	expanded = linitial_node(Query, rewritten);
	normalize_walker((Node *) expanded, NULL);
	return (Query *) compare_subqueries((Node *) expanded, NULL);
}

/* Expand the definition stored in a view. */
Query *
tview_expand_view(Oid view)
{
	Relation	rel = relation_open(view, AccessShareLock);
	Query	   *expanded = tview_expand_query(get_view_query(rel));

	relation_close(rel, NoLock);
	return expanded;
}

static bool
views_walker(Node *node, List **views)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_RELATION && rte->relkind == RELKIND_VIEW)
			*views = list_append_unique_oid(*views, rte->relid);
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, views_walker, views,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, views_walker, views);
}

/* The views that a query reads, at any depth, each once. */
List *
tview_query_views(Query *query)
{
	List	   *views = NIL;

	views_walker((Node *) query, &views);
	for (int i = 0; i < list_length(views); i++)
	{
		Relation	rel = relation_open(list_nth_oid(views, i), AccessShareLock);

		views_walker((Node *) get_view_query(rel), &views);
		relation_close(rel, NoLock);
	}
	return views;
}

/* The views that a view reads, at any depth, each once. */
List *
tview_helper_views(Oid view)
{
	Relation	rel = relation_open(view, AccessShareLock);
	List	   *views = tview_query_views(get_view_query(rel));

	relation_close(rel, NoLock);
	return list_delete_oid(views, view);
}

static bool
relations_walker(Node *node, List **relations)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		/* Not the OLD and NEW that views kept when they were expanded. */
		if (rte->rtekind == RTE_RELATION && rte->relkind != RELKIND_VIEW)
			*relations = lappend(*relations, node);
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, relations_walker, relations,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, relations_walker, relations);
}

/* All occurrences of base relations in an expanded query or expression, needed
 * for its result or not: a list of RangeTblEntry. */
List *
tview_relations_in(Node *node)
{
	List	   *relations = NIL;

	relations_walker(node, &relations);
	return relations;
}
