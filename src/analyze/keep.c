/*
 * keep.c
 *		Copies what an analysis found into memory that lasts.
 *
 * An analysis looks at a definition from every base relation, in every case: what it
 * leaves behind is many times larger than its result.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "analyze/parts.h"

static char *
keep_string(const char *string)
{
	return string == NULL ? NULL : pstrdup(string);
}

static AttrNumber *
keep_columns(const AttrNumber *columns, int count)
{
	AttrNumber *copy;

	if (columns == NULL)
		return NULL;
	copy = palloc(sizeof(AttrNumber) * (count + 1));
	memcpy(copy, columns, sizeof(AttrNumber) * count);
	return copy;
}

static TraceQuery *
keep_query(const TraceQuery *query, int nkeys)
{
	TraceQuery *copy = palloc0(sizeof(TraceQuery));

	copy->direct = keep_columns(query->direct, nkeys);
	copy->sql = keep_string(query->sql);
	copy->others = list_copy(query->others);
	return copy;
}

static Bitmapset **
keep_column_parts(Bitmapset **parts, AttrNumber natts)
{
	Bitmapset **copy = palloc0(sizeof(Bitmapset *) * (natts + 1));

	for (AttrNumber attno = 1; attno <= natts; attno++)
		copy[attno] = bms_copy(parts[attno]);
	return copy;
}

static TviewTrace *
keep_trace(const TviewTrace *trace, int nkeys)
{
	TviewTrace *copy = palloc(sizeof(TviewTrace));
	ListCell   *lc;

	*copy = *trace;
	copy->reason = keep_string(trace->reason);
	copy->queries = NIL;
	foreach(lc, trace->queries)
		copy->queries = lappend(copy->queries, keep_query(lfirst(lc), nkeys));
	copy->captured = keep_columns(trace->captured, trace->ncaptured);
	copy->row_parts = bms_copy(trace->row_parts);
	if (trace->column_parts != NULL)
		copy->column_parts = keep_column_parts(trace->column_parts, trace->natts);
	copy->source = NULL;
	return copy;
}

/* Copies of traces, but for what is known during the analysis only. */
List *
tview_keep_traces(List *traces, int nkeys)
{
	List	   *copies = NIL;
	ListCell   *lc;

	foreach(lc, traces)
		copies = lappend(copies, keep_trace(lfirst(lc), nkeys));
	return copies;
}

/* Copies of parts. */
List *
tview_keep_parts(List *parts)
{
	List	   *copies = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, parts)
	{
		const TviewPart *part = lfirst(lc);
		TviewPart  *copy = palloc(sizeof(TviewPart));

		copy->attno = part->attno;
		copy->expr = copyObject(part->expr);
		copy->members = NIL;
		foreach(lc2, part->members)
			copy->members = lappend(copy->members, pstrdup(lfirst(lc2)));
		copies = lappend(copies, copy);
	}
	return copies;
}

/* Copies of names. */
List *
tview_keep_names(List *names)
{
	List	   *copies = NIL;
	ListCell   *lc;

	foreach(lc, names)
	{
		TviewName  *copy = palloc(sizeof(TviewName));

		*copy = *(TviewName *) lfirst(lc);
		copies = lappend(copies, copy);
	}
	return copies;
}
