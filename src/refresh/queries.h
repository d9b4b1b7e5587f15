/*
 * queries.h
 *		Private to the refresh: how its queries are prepared and run.
 */
#ifndef TVIEWS_QUERIES_H
#define TVIEWS_QUERIES_H

#include "access/tupdesc.h"
#include "executor/spi.h"
#include "utils/tuplestore.h"

extern void tview_register_tuplestore(const char *name, TupleDesc tupdesc,
									  Tuplestorestate *store, double rows);
extern SPIPlanPtr tview_prepare(const char *sql, int nargs, Oid *types);
extern SPIPlanPtr tview_kept_plan(SPIPlanPtr *slot, const char *sql, int nargs,
								  Oid *types);
extern Cost tview_plan_cost(SPIPlanPtr plan);
extern void tview_execute(SPIPlanPtr plan, Datum *values);

#endif							/* TVIEWS_QUERIES_H */
