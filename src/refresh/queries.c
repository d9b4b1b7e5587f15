/*
 * queries.c
 *		How the queries of a refresh are prepared and run.
 *
 * Captured rows and keys reach them as named tuplestores, so any type can be a
 * key.  Plans are prepared once per backend and kept in the descriptor.  All
 * queries read with the active snapshot, which the flush has taken after its
 * locks.
 */
#include "base/compat.h"

#include "executor/spi_priv.h"
#include "refresh/queries.h"
#include "utils/plancache.h"
#include "utils/queryenvironment.h"

/*
 * Let queries read a tuplestore under a name.  rows: how many the planner is to
 * assume.
 */
void
tview_register_tuplestore(const char *name, TupleDesc tupdesc, Tuplestorestate *store,
					double rows)
{
	EphemeralNamedRelation enr = palloc0(sizeof(EphemeralNamedRelationData));
	int			result;

	enr->md.name = pstrdup(name);
	enr->md.reliddesc = InvalidOid;
	enr->md.tupdesc = tupdesc;
	enr->md.enrtype = ENR_NAMED_TUPLESTORE;
	enr->md.enrtuples = rows;
	enr->reldata = store;
	result = SPI_register_relation(enr);
	if (result != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register \"%s\": %s", name,
			 SPI_result_code_string(result));
}

/* One plan for all values: which key it is never changes how to find it. */
SPIPlanPtr
tview_prepare(const char *sql, int nargs, Oid *types)
{
	SPIPlanPtr	plan = SPI_prepare_cursor(sql, nargs, types,
										  CURSOR_OPT_GENERIC_PLAN);

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", sql,
			 SPI_result_code_string(SPI_result));
	return plan;
}

/* The plan in *slot, prepared if it is not there. */
SPIPlanPtr
tview_kept_plan(SPIPlanPtr *slot, const char *sql, int nargs, Oid *types)
{
	if (*slot == NULL)
	{
		SPIPlanPtr	plan = tview_prepare(sql, nargs, types);

		if (SPI_keepplan(plan) != 0)
			elog(ERROR, "could not keep plan of \"%s\"", sql);
		*slot = plan;
	}
	return *slot;
}

/* What running it costs, in the planner's units. */
Cost
tview_plan_cost(SPIPlanPtr plan)
{
	CachedPlan *cached = SPI_plan_get_cached_plan(plan);
	Cost		cost = linitial_node(PlannedStmt, cached->stmt_list)->planTree->total_cost;

	ReleaseCachedPlan(cached, plan->saved ? CurrentResourceOwner : NULL);
	return cost;
}

/* The result is left in SPI_tuptable. */
void
tview_execute(SPIPlanPtr plan, Datum *values)
{
	int			result = SPI_execute_plan(plan, values, NULL, true, 0);

	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not read for a refresh: %s",
			 SPI_result_code_string(result));
}
