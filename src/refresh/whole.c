/*
 * whole.c
 *		Recomputes a tview from scratch and applies the difference.
 *
 * One pass: the definition and the stored rows are joined on the key, and each
 * pair is inserted, updated, deleted or left alone.  Rows are fetched from a
 * cursor, so memory does not grow with the tview.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "refresh/refresh.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#define FETCH_ROWS	500

/* SELECT t.ctid, whether the definition has the row, its columns */
static char *
difference_sql(TviewDesc *desc)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT t.ctid, v.present");
	for (int i = 0; i < desc->ncolumns; i++)
		appendStringInfo(&sql, ", v.%s",
						 quote_identifier(get_attname(desc->view, i + 1, false)));
	appendStringInfo(&sql, " FROM (SELECT true AS present, * FROM %s OFFSET 0) v"
					 " FULL JOIN (SELECT ctid", desc->view_name);
	for (int i = 0; i < desc->nkeys; i++)
		appendStringInfo(&sql, ", %s AS k%d",
						 quote_identifier(get_attname(desc->tview,
													  desc->keys[i].table_attno, false)),
						 i + 1);
	appendStringInfo(&sql, " FROM %s) t ON ", desc->name);
	for (int i = 0; i < desc->nkeys; i++)
		appendStringInfo(&sql, "%sv.%s OPERATOR(%s) t.k%d", i > 0 ? " AND " : "",
						 quote_identifier(get_attname(desc->view,
													  desc->keys[i].view_attno, false)),
						 tview_operator_name(desc->keys[i].eq_operator), i + 1);
	return sql.data;
}

/* nulls: of a row of the definition */
static void
check_key(TviewDesc *desc, const bool *nulls)
{
	for (int i = 0; i < desc->nkeys; i++)
		if (nulls[desc->keys[i].view_attno - 1])
			tview_null_key_error(desc);
}

static void
apply_pair(TviewDesc *desc, TviewWriter *writer, HeapTuple tuple,
		   TupleDesc tupdesc, Datum *values, bool *nulls)
{
	bool		stored;
	bool		present;

	heap_deform_tuple(tuple, tupdesc, values, nulls);
	stored = !nulls[0];
	present = !nulls[1];
	if (stored && !tview_writer_fetch(writer, (ItemPointer) DatumGetPointer(values[0])))
		elog(ERROR, "row of tview %s vanished during its refresh", desc->name);
	if (present)
	{
		check_key(desc, nulls + 2);
		tview_writer_put(writer, values + 2, nulls + 2, stored);
	}
	else
		tview_writer_delete(writer);
}

/* Number of stored rows, those just written included. */
static int64
count_rows(TviewDesc *desc)
{
	bool		isnull;

	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	if (SPI_execute(psprintf("SELECT pg_catalog.count(*) FROM %s", desc->name),
					true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not count rows of tview %s", desc->name);
	PopActiveSnapshot();
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0],
									   SPI_tuptable->tupdesc, 1, &isnull));
}

/* The query that recomputes a tview, planned for the tables as they are now. */
SPIPlanPtr
tview_whole_plan(TviewDesc *desc)
{
	SPIPlanPtr	plan = SPI_prepare(difference_sql(desc), 0, NULL);

	if (plan == NULL)
		elog(ERROR, "could not prepare the refresh of tview %s", desc->name);
	return plan;
}

/*
 * Make all rows of a tview what its definition says.  SPI must be connected;
 * the active snapshot is the one of the writer.
 */
void
tview_recompute_whole(TviewDesc *desc, TviewWriter *writer)
{
	Datum	   *values = palloc(sizeof(Datum) * (desc->ncolumns + 2));
	bool	   *nulls = palloc(sizeof(bool) * (desc->ncolumns + 2));
	int64		rows = 0;
	Portal		portal;
	SPIPlanPtr	plan = tview_whole_plan(desc);

	tview_writer_note_all(writer);
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	do
	{
		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			apply_pair(desc, writer, SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
					   values, nulls);
			rows += nulls[1] ? 0 : 1;
		}
		SPI_freetuptable(SPI_tuptable);
	} while (SPI_processed > 0);
	SPI_cursor_close(portal);
	SPI_freeplan(plan);
	tview_writer_flush(writer);

	/* Two rows for one key meet the same stored row, which counts once. */
	if (count_rows(desc) != rows)
		tview_duplicate_key_error(desc, NULL);
}
