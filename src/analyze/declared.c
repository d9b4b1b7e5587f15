/*
 * declared.c
 *		Tables that functions of a definition read, as its option "reads" says.
 *
 * Nobody can see into a function.  What is declared counts as a base table whose
 * every change may concern every key.
 */
#include "base/compat.h"

#include "access/relation.h"
#include "analyze/parts.h"
#include "utils/rel.h"

/* Another value in any column may change any row. */
static void
assign_columns(TviewTrace *trace)
{
	Relation	rel = relation_open(trace->relid, AccessShareLock);
	TupleDesc	tupdesc = RelationGetDescr(rel);

	trace->natts = tupdesc->natts;
	trace->column_parts = palloc0(sizeof(Bitmapset *) * (trace->natts + 1));
	for (AttrNumber attno = 1; attno <= trace->natts; attno++)
		if (!TupleDescAttr(tupdesc, attno - 1)->attisdropped)
			trace->column_parts[attno] = trace->row_parts;
	relation_close(rel, NoLock);
}

static TviewTrace *
declared_trace(Oid relid, int occurrence)
{
	TviewTrace *trace = palloc0(sizeof(TviewTrace));

	trace->occurrence = occurrence;
	trace->relid = relid;
	trace->inherit = true;
	trace->whole = true;
	trace->declared = true;
	trace->reason = "functions";
	trace->location = -1;
	trace->references_all = true;
	trace->row_parts = bms_make_singleton(TVIEW_WHOLE_ROW);
	assign_columns(trace);
	return trace;
}

/* A trace for each declared table (Oids), numbered from the given occurrence. */
List *
tview_declared_traces(List *reads, int occurrence)
{
	List	   *traces = NIL;
	ListCell   *lc;

	foreach(lc, reads)
		traces = lappend(traces, declared_trace(lfirst_oid(lc), occurrence++));
	return traces;
}
