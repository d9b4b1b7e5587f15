/*
 * tracing.c
 *		Changes to base tables that cannot be traced to keys.
 */
#include "base/compat.h"

#include "definition/definition.h"
#include "utils/lsyscache.h"

/* Why a trace has to recompute everything, as a sentence. */
char *
tview_untraceable_reason(const TviewTrace *trace)
{
	char	   *table = get_rel_name(trace->relid);

	if (trace->reason == NULL)
		return psprintf("No join or filter condition ties table \"%s\" to the key.", table);
	return psprintf("Table \"%s\" reaches the key only through %s.", table, trace->reason);
}

static TviewRefusal *
untraceable(const TviewTrace *trace)
{
	return tview_refusal(ERRCODE_FEATURE_NOT_SUPPORTED, trace->location,
						 psprintf("changes to table \"%s\" cannot be traced to keys",
								  get_rel_name(trace->relid)),
						 tview_untraceable_reason(trace),
						 "WITH (on_untraceable = 'recompute') recomputes the whole tview at each change to the table.");
}

/* The traces that would recompute everything, where that was not asked for. */
List *
tview_trace_refusals(const TviewRequest *request, List *traces)
{
	List	   *refusals = NIL;
	ListCell   *lc;

	foreach(lc, traces)
	{
		TviewTrace *trace = lfirst(lc);

		if (trace->whole && !trace->declared && !request->recompute)
			refusals = lappend(refusals, untraceable(trace));
	}
	return refusals;
}
