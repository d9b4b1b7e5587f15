/*
 * trace.c
 *		Turns each Focus of a definition into a way from captured values to keys.
 */
#include "base/compat.h"

#include "access/sysattr.h"
#include "analyze/analyze.h"
#include "analyze/paths.h"
#include "base/sandbox.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/typcache.h"

/* Items that a tracing query reads in two ways, at most: 2^n queries. */
#define MAX_CROSSED_ITEMS	3

typedef struct TraceBuilder
{
	const AttrNumber *keys;
	int			nkeys;
	const char *table_name;
	const char *view_name;
	List	   *key_names;
	List	   *key_collations;
	List	   *usages;			/* of ColumnUsage; their order numbers them */
	List	   *traces;			/* of TviewTrace, so far */
	TviewTrace *trace;			/* being built */
	const Focus *focus;
} TraceBuilder;

/* Where keys come from of which a tracing query finds only some columns. */
typedef enum KeysFrom
{
	KEYS_FOUND,					/* it finds all */
	KEYS_STORED,				/* the tview: rows that were there */
	KEYS_DEFINED				/* the view: rows that are there now */
} KeysFrom;

static TviewTrace *trace_for(TraceBuilder *builder, RangeTblEntry *source);

/*
 * Copies of an occurrence keep its number in a field that the server uses for
 * other kinds of range table entries only.
 */
static int
occurrence_of(const RangeTblEntry *rte)
{
	return rte->ctelevelsup;
}

/* Stands where captured rows go: those of the focus, or of a numbered one. */
static RangeTblEntry *
changed_rte(const RangeTblEntry *source, bool numbered)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List	   *names = NIL;

	for (int i = 1; i <= list_length(source->eref->colnames); i++)
		names = lappend(names, makeString(psprintf("c%d", i)));
	rte->rtekind = RTE_CTE;
	rte->ctename = !numbered ? TVIEW_CHANGED_RELATION :
		psprintf("%s_%d", TVIEW_CHANGED_RELATION, occurrence_of(source));
	rte->inFromCl = true;
	rte->alias = makeAlias("d", NIL);
	rte->eref = makeAlias("d", names);
	return rte;
}

static RangeTblEntry *
unused_rte(void)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);

	rte->rtekind = RTE_RESULT;
	rte->eref = makeAlias("unused", NIL);
	return rte;
}

/* Conditions among the changed rows and the items read, but for those on whole rows, of
 * which only some columns are captured.  crossing: see focus_facts(). */
static List *
conditions_among(const Focus *focus, Bitmapset *items, bool crossing)
{
	Bitmapset  *known = bms_add_member(bms_copy(items), focus->changed);
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, focus_facts(focus, crossing))
		if (bms_is_subset(varnos_of_level(lfirst(lc), 0), known) &&
			!bms_is_member(InvalidAttrNumber, columns_of_item(lfirst(lc), focus->changed)))
			result = lappend(result, lfirst(lc));
	return result;
}

/* Add items to a FROM clause, each after those it refers to. */
static void
append_items(Query *query, Bitmapset *items)
{
	Bitmapset  *open = bms_copy(items);

	while (!bms_is_empty(open))
	{
		int			item = -1;
		RangeTblRef *ref = makeNode(RangeTblRef);

		do
			item = bms_next_member(open, item);
		while (bms_overlap(lateral_references(rt_fetch(item, query->rtable)), open));
		ref->rtindex = item;
		query->jointree->fromlist = lappend(query->jointree->fromlist, ref);
		open = bms_del_member(open, item);
	}
}

static RangeTblEntry *
tracing_rte(const Focus *focus, int item, Bitmapset *items, Bitmapset *captured)
{
	RangeTblEntry *rte = rt_fetch(item, focus->query->rtable);

	if (item == focus->changed)
		return changed_rte(focus->source, false);
	if (!bms_is_member(item, items))
		return unused_rte();
	return bms_is_member(item, captured) ? changed_rte(rte, true) : rte;
}

/*
 * SELECT the key columns found FROM the changed rows and the items.  crossing: items
 * are read regardless of the order; captured: those of which the captured rows are meant.
 */
static Query *
tracing_query(const Focus *focus, Bitmapset *items, bool crossing, Bitmapset *captured,
			  const KeySource *sources, int nkeys)
{
	Query	   *query = makeNode(Query);
	List	   *conditions = conditions_among(focus, items, crossing);

	items = bms_add_member(bms_copy(items), focus->changed);
	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->jointree = makeFromExpr(NIL, NULL);
	for (int i = 0; i < nkeys; i++)
		if (sources[i].expr != NULL)
			query->targetList =
				lappend(query->targetList,
						makeTargetEntry((Expr *) sources[i].expr,
										list_length(query->targetList) + 1,
										psprintf("k%d", i + 1), false));
	for (int item = 1; item <= list_length(focus->query->rtable); item++)
		query->rtable = lappend(query->rtable,
								tracing_rte(focus, item, items, captured));
	append_items(query, items);
	if (conditions != NIL)
		query->jointree->quals = (Node *) make_ands_explicit(conditions);
	query = copyObject(query);
	loosen_subqueries(query);
	return query;
}

static void
add_captured(TviewTrace *trace, Bitmapset *columns)
{
	Bitmapset  *all = bms_copy(columns);
	int			column = -1;
	int			n = 0;

	for (int i = 0; i < trace->ncaptured; i++)
		all = bms_add_member(all, trace->captured[i]);
	trace->ncaptured = bms_num_members(all);
	trace->captured = palloc(sizeof(AttrNumber) * (trace->ncaptured + 1));
	while ((column = bms_next_member(all, column)) >= 0)
		trace->captured[n++] = column;
}

static bool
same_query(const TraceQuery *a, const TraceQuery *b, int nkeys)
{
	if (a->direct != NULL && b->direct != NULL)
		return memcmp(a->direct, b->direct, sizeof(AttrNumber) * nkeys) == 0;
	return a->sql != NULL && b->sql != NULL && strcmp(a->sql, b->sql) == 0;
}

/*
 * Does a tracing query compute something that can fail?  What keeps it from that
 * in the definition need not be part of the query.
 */
static bool
query_can_fail(Query *query)
{
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		RTEKind		kind = lfirst_node(RangeTblEntry, lc)->rtekind;

		if (kind != RTE_RELATION && kind != RTE_CTE && kind != RTE_RESULT)
			return true;
	}
	return tview_can_fail((Node *) query->targetList) ||
		tview_can_fail(query->jointree->quals);
}

static void
add_query(TraceBuilder *builder, TraceQuery *query, Bitmapset *columns)
{
	ListCell   *lc;

	foreach(lc, builder->trace->queries)
		if (same_query(lfirst(lc), query, builder->nkeys))
			return;
	add_captured(builder->trace, columns);
	builder->trace->queries = lappend(builder->trace->queries, query);
}

/* The captured values are the key: no query needed. */
static bool
try_direct(TraceBuilder *builder, const KeySource *sources)
{
	TraceQuery *query = palloc0(sizeof(TraceQuery));
	Bitmapset  *columns = NULL;

	query->direct = palloc(sizeof(AttrNumber) * builder->nkeys);
	for (int i = 0; i < builder->nkeys; i++)
	{
		Node	   *expr = sources[i].expr;

		while (IsA(expr, RelabelType))
			expr = (Node *) ((RelabelType *) expr)->arg;
		if (!IsA(expr, Var) || ((Var *) expr)->varno != builder->focus->changed ||
			((Var *) expr)->varattno <= 0)
			return false;
		query->direct[i] = ((Var *) expr)->varattno;
		columns = bms_add_member(columns, query->direct[i]);
	}
	add_query(builder, query, columns);
	return true;
}

/* The operator by which the primary key of the tview tells keys apart. */
static Oid
key_equality(Node *expr)
{
	return lookup_type_cache(exprType(expr), TYPECACHE_EQ_OPR)->eq_opr;
}

/* COLLATE with the collation that a column of the key has in the tview, if any. */
static const char *
key_collation(TraceBuilder *builder, int i)
{
	Oid			collation = list_nth_oid(builder->key_collations, i);

	return !OidIsValid(collation) ? "" :
		psprintf(" COLLATE %s", generate_collation_name(collation));
}

/* The key columns of t, with a prefix. */
static void
append_key_columns(TraceBuilder *builder, StringInfo sql)
{
	for (int i = 0; i < builder->nkeys; i++)
		appendStringInfo(sql, "%st.%s", i > 0 ? ", " : "",
						 quote_identifier(list_nth(builder->key_names, i)));
}

/* t.key = s.key for the key columns found. */
static void
append_key_conditions(TraceBuilder *builder, const KeySource *sources, StringInfo sql)
{
	const char *separator = " WHERE ";

	for (int i = 0; i < builder->nkeys; i++)
	{
		if (sources[i].expr == NULL)
			continue;
		appendStringInfo(sql, "%st.%s OPERATOR(%s) s.k%d%s", separator,
						 quote_identifier(list_nth(builder->key_names, i)),
						 tview_operator_name(key_equality(sources[i].expr)),
						 i + 1, key_collation(builder, i));
		separator = " AND ";
	}
}

/* SQL for whole keys, of a tracing query that finds these columns of them. */
static char *
keys_sql(TraceBuilder *builder, const KeySource *sources, KeysFrom from, char *found)
{
	StringInfoData sql;

	if (from == KEYS_FOUND)
		return found;
	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	append_key_columns(builder, &sql);
	if (from == KEYS_STORED)
		appendStringInfo(&sql, " FROM %s t, (%s) s", builder->table_name, found);
	else
	{
		/* A part without a key may be NULL: that has to be seen. */
		appendStringInfo(&sql, " FROM (SELECT DISTINCT * FROM (%s) s) s LEFT JOIN LATERAL (SELECT ", found);
		append_key_columns(builder, &sql);
		appendStringInfo(&sql, " FROM %s t", builder->view_name);
	}
	append_key_conditions(builder, sources, &sql);
	if (from == KEYS_DEFINED)
		appendStringInfoString(&sql, " OFFSET 0) t ON true");
	return sql.data;
}

/* Keys by a query that finds these columns of them. */
static bool
add_tracing_query(TraceBuilder *builder, const KeySource *sources, KeysFrom from)
{
	Bitmapset  *items = NULL;
	Query	   *query;
	Bitmapset  *captured;
	TraceQuery *result = palloc0(sizeof(TraceQuery));

	for (int i = 0; i < builder->nkeys; i++)
		if (sources[i].expr != NULL)
			items = bms_add_members(items, sources[i].items);
	query = tracing_query(builder->focus, items, false, NULL, sources, builder->nkeys);
	captured = columns_of_level(query, builder->focus->changed);
	if (bms_is_member(InvalidAttrNumber, captured))
		return false;
	builder->trace->can_fail = builder->trace->can_fail || from == KEYS_DEFINED ||
		query_can_fail(query);
	result->sql = keys_sql(builder, sources, from, tview_deparse(tview_make_explicit(query)));
	add_query(builder, result, captured);
	return true;
}

/* Computed from constants alone, so that what fails now fails for any row? */
static bool
is_same_for_all(Node *expr)
{
	return bms_is_empty(varnos_of_level(expr, 0)) && !references_outside(expr) &&
		!checkExprHasSubLink(expr) && !contain_mutable_functions(expr);
}

/* An output column: NULL in SQL where no row can compute it, NULL in C where we cannot. */
static Node *
focus_output(const Focus *focus, AttrNumber resno)
{
	ListCell   *lc;

	foreach(lc, focus->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node	   *value;

		if (tle->resno != resno)
			continue;
		value = tview_fold(copyObject((Node *) tle->expr));
		if (value == NULL && is_same_for_all((Node *) tle->expr))
			value = (Node *) makeNullConst(exprType((Node *) tle->expr), -1, InvalidOid);
		return value;
	}
	return NULL;
}

/*
 * Find sources for the key columns.  *found: how many there are; *connected: at
 * least one is tied to the changed rows, or none needs to be.  Returns false
 * where a key column can only be NULL, so that there is nothing to trace.
 */
static bool
find_sources(TraceBuilder *builder, PathGraph *graph, KeySource *sources,
			 int *found, bool *connected)
{
	bool		reads_items = false;

	*found = 0;
	*connected = false;
	for (int i = 0; i < builder->nkeys; i++)
	{
		Node	   *expr = focus_output(builder->focus, builder->keys[i]);

		memset(&sources[i], 0, sizeof(KeySource));
		if (expr != NULL && IsA(expr, Const) && ((Const *) expr)->constisnull)
		{
			builder->trace->null_key = true;
			return false;
		}
		if (expr != NULL)
			path_key_source(graph, expr, &sources[i]);
		if (sources[i].expr == NULL)
			continue;
		(*found)++;
		if (varnos_of_level(sources[i].expr, 0) != NULL)
		{
			reads_items = true;
			*connected = *connected || sources[i].connected;
		}
	}
	if (*found == builder->nkeys && !reads_items)
		*connected = true;		/* a constant key */
	return true;
}

/* The items that the sources of all key columns read. */
static Bitmapset *
source_items(TraceBuilder *builder, const KeySource *sources)
{
	Bitmapset  *items = NULL;

	for (int i = 0; i < builder->nkeys; i++)
		items = bms_add_members(items, sources[i].items);
	return items;
}

/* A tracing query that sees some items as their captured rows. */
static bool
add_crossing_query(TraceBuilder *builder, const KeySource *sources,
				   Bitmapset *items, Bitmapset *captured)
{
	Query	   *query = tracing_query(builder->focus, items, true, captured, sources,
									  builder->nkeys);
	Bitmapset  *columns = columns_of_level(query, builder->focus->changed);
	TraceQuery *result = palloc0(sizeof(TraceQuery));
	int			item = -1;

	while ((item = bms_next_member(captured, item)) >= 0)
	{
		RangeTblEntry *rte = rt_fetch(item, builder->focus->query->rtable);
		ColumnUsage *usage = list_nth(builder->usages, occurrence_of(rte) - 1);
		Bitmapset  *other = columns_of_level(query, item);

		/* Of a whole row, not all columns are captured. */
		if (bms_is_member(InvalidAttrNumber, other))
			return false;
		add_captured(trace_for(builder, usage->rte), other);
		result->others = lappend_int(result->others, occurrence_of(rte));
	}
	if (bms_is_member(InvalidAttrNumber, columns))
		return false;
	builder->trace->can_fail = builder->trace->can_fail || query_can_fail(query);
	result->sql = tview_deparse(tview_make_explicit(query));
	add_query(builder, result, columns);
	return true;
}

/*
 * For keys computed from rows that can change together: read every item both
 * as it is and as it was captured, in all combinations.
 */
static bool
trace_crosswise(TraceBuilder *builder)
{
	KeySource  *sources = palloc0(sizeof(KeySource) * builder->nkeys);
	const Focus *focus = builder->focus;
	Bitmapset  *items;
	Bitmapset  *later;
	Bitmapset  *captured = NULL;
	int			found;
	bool		connected;
	int			item = -1;

	if (!find_sources(builder, path_graph(focus, ITEMS_CROSSING), sources, &found, &connected))
		return true;
	if (found < builder->nkeys || !connected)
		return false;
	items = source_items(builder, sources);
	later = bms_difference(items, focus->allowed);
	while ((item = bms_next_member(later, item)) >= 0)
		if (rt_fetch(item, focus->query->rtable)->rtekind != RTE_RELATION)
			return false;
	if (bms_num_members(later) > MAX_CROSSED_ITEMS)
		return false;

	/* All subsets of the later items, the empty one first. */
	for (;;)
	{
		if (!add_crossing_query(builder, sources, items, captured))
			return false;
		item = bms_next_member(later, -1);
		while (item >= 0 && bms_is_member(item, captured))
		{
			captured = bms_del_member(captured, item);
			item = bms_next_member(later, item);
		}
		if (item < 0)
			return true;
		captured = bms_add_member(captured, item);
	}
}

/*
 * For an occurrence that can be traced otherwise, a case in which nothing ties
 * its rows to the key but NULLs: every stored key that has the parts of the key
 * that are known, and every key there is now, if any changed row satisfies the
 * conditions on it alone.
 */
static bool
trace_loosely(TraceBuilder *builder)
{
	KeySource  *sources = palloc0(sizeof(KeySource) * builder->nkeys);
	int			found;
	bool		connected;

	if (!find_sources(builder, path_graph(builder->focus, ITEMS_BEFORE), sources,
					  &found, &connected))
		return true;
	if (found == builder->nkeys)
		return add_tracing_query(builder, sources, KEYS_FOUND);
	return add_tracing_query(builder, sources, KEYS_STORED) &&
		(!find_sources(builder, path_graph(builder->focus, ITEMS_NOW), sources,
					   &found, &connected) ||
		 (found == builder->nkeys && add_tracing_query(builder, sources, KEYS_FOUND)));
}

/* Add the queries for one Focus; false where it cannot be traced. */
static bool
trace_focus(TraceBuilder *builder)
{
	KeySource  *sources = palloc0(sizeof(KeySource) * builder->nkeys);
	KeySource  *now = palloc0(sizeof(KeySource) * builder->nkeys);
	int			found;
	bool		connected;

	if (!find_sources(builder, path_graph(builder->focus, ITEMS_BEFORE), sources,
					  &found, &connected))
		return true;
	if (found == builder->nkeys && connected)
		return try_direct(builder, sources) ||
			add_tracing_query(builder, sources, KEYS_FOUND);
	if (found == 0 || !connected || !add_tracing_query(builder, sources, KEYS_STORED))
		return trace_crosswise(builder);

	/* Old rows are found by the key columns known; new ones by all items, or, where
	 * a column is computed from many rows, by the same columns. */
	if (!find_sources(builder, path_graph(builder->focus, ITEMS_NOW), now,
					  &found, &connected))
		return true;
	if (found == builder->nkeys && connected &&
		add_tracing_query(builder, now, KEYS_FOUND))
		return true;
	return add_tracing_query(builder, sources, KEYS_DEFINED);
}

/* The trace of an occurrence, made when first asked for. */
static TviewTrace *
trace_for(TraceBuilder *builder, RangeTblEntry *source)
{
	TviewTrace *trace;
	ListCell   *lc;

	foreach(lc, builder->traces)
		if (((TviewTrace *) lfirst(lc))->source == source)
			return lfirst(lc);
	trace = palloc0(sizeof(TviewTrace));
	trace->source = source;
	trace->occurrence = occurrence_of(source);
	trace->relid = source->relid;
	trace->inherit = source->inh;
	trace->location = -1;
	trace->references_all = true;
	foreach(lc, builder->usages)
	{
		ColumnUsage *usage = lfirst(lc);

		if (usage->rte == source)
			trace->references_all = usage->all;
	}
	builder->traces = lappend(builder->traces, trace);
	return trace;
}

static void
make_whole(TviewTrace *trace, const Focus *focus)
{
	trace->whole = true;
	trace->reason = focus->barrier;
	trace->location = focus->location;
}

/* The cases in which nothing ties the rows to the key, after all others. */
static void
trace_loose_cases(TraceBuilder *builder, List *loose)
{
	ListCell   *lc;

	foreach(lc, loose)
	{
		builder->focus = lfirst(lc);
		builder->trace = trace_for(builder, builder->focus->source);
		if (builder->trace->whole)
			continue;
		if (builder->trace->queries == NIL || !builder->focus->null_case ||
			!trace_loosely(builder))
			make_whole(builder->trace, builder->focus);
	}
}

/* A query reads captured rows of a trace and of other occurrences. */
static void
mark_crossing(List *traces, TviewTrace *trace, TraceQuery *query)
{
	ListCell   *lc;

	if (query->others == NIL)
		return;
	trace->crossed = true;
	foreach(lc, traces)
	{
		TviewTrace *other = lfirst(lc);

		if (list_member_int(query->others, other->occurrence))
			other->crossed = true;
	}
}

/* Tell the traces whose captured rows queries read together with those of others. */
static void
mark_crossed(List *traces)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, traces)
		foreach(lc2, ((TviewTrace *) lfirst(lc))->queries)
			mark_crossing(traces, lfirst(lc), lfirst(lc2));
}

/*
 * Analyse an expanded definition.
 *
 * keys, nkeys: the key columns, as output column numbers.  table_name, view_name and
 * key_names: the tview's table and view (qualified, quoted) and the names of its key
 * columns, for tracing queries that read them.  Never throws for a construct
 * that cannot be traced: such a trace says so.
 */
TviewAnalysis *
tview_analyze(Query *expanded, const AttrNumber *keys, int nkeys,
			  const char *table_name, const char *view_name, List *key_names)
{
	TviewAnalysis *analysis = palloc0(sizeof(TviewAnalysis));
	TraceBuilder builder = {keys, nkeys, table_name, view_name, key_names};
	Bitmapset  *demand = NULL;
	List	   *loose = NIL;
	ListCell   *lc;

	builder.usages = tview_column_usage(expanded);
	foreach(lc, builder.usages)
		((ColumnUsage *) lfirst(lc))->rte->ctelevelsup = foreach_current_index(lc) + 1;
	for (int i = 0; i < nkeys; i++)
	{
		demand = bms_add_member(demand, keys[i]);
		builder.key_collations = lappend_oid(builder.key_collations,
											 exprCollation(output_expr(expanded->targetList, keys[i])));
		if (!tview_output_not_null(expanded, keys[i]))
			analysis->key_nullable = true;
	}
	foreach(lc, focus_query(expanded, demand, demand))
	{
		CHECK_FOR_INTERRUPTS();
		builder.focus = lfirst(lc);
		builder.trace = trace_for(&builder, builder.focus->source);
		if (!trace_focus(&builder))
			loose = lappend(loose, lfirst(lc));
	}
	trace_loose_cases(&builder, loose);
	mark_crossed(builder.traces);
	analysis->traces = builder.traces;
	analysis->expanded = expanded;
	analysis->clock = tview_depends_on_clock(expanded);
	return analysis;
}
