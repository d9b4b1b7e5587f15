/*
 * meta_write.c
 *		Changes pg_tview_meta.
 *
 * The rows are written by plain SQL, with the privileges of the bootstrap
 * superuser: a user who may create a tview has no rights on our table.  The
 * caller has checked what the user may do.
 */
#include "base/compat.h"

#include "base/sandbox.h"
#include "catalog/catalog.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

static Datum
list_to_text_array(List *strings)
{
	Datum	   *elems = palloc(sizeof(Datum) * (list_length(strings) + 1));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, strings)
		elems[n++] = CStringGetTextDatum((char *) lfirst(lc));
	return PointerGetDatum(construct_array(elems, n, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

static Datum
list_to_regclass_array(List *oids)
{
	Datum	   *elems = palloc(sizeof(Datum) * (list_length(oids) + 1));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, oids)
		elems[n++] = ObjectIdGetDatum(lfirst_oid(lc));
	return PointerGetDatum(construct_array(elems, n, REGCLASSOID, sizeof(Oid), true,
										   TYPALIGN_INT));
}

static const char *
meta_table_name(void)
{
	return quote_qualified_identifier(get_namespace_name(tview_extension_schema()),
									  "pg_tview_meta");
}

/* Execute one statement as the bootstrap superuser, out of reach of the
 * session's search_path. */
static void
execute_as_superuser(const char *sql, int nargs, Oid *types, Datum *values)
{
	TviewSandbox sandbox;
	int			result;

	tview_sandbox_enter(&sandbox, BOOTSTRAP_SUPERUSERID, NIL);
	SPI_connect();
	result = SPI_execute_with_args(sql, nargs, types, values, NULL, false, 0);
	if (result < 0)
		elog(ERROR, "could not execute \"%s\": %s", sql,
			 SPI_result_code_string(result));
	SPI_finish();
	tview_sandbox_leave(&sandbox);
}

/* Execute a statement without arguments as the bootstrap superuser. */
void
tview_run_as_superuser(const char *sql)
{
	execute_as_superuser(sql, 0, NULL, NULL);
}

static void
meta_write(const char *sql, const TviewMeta *meta)
{
	Oid			types[] = {OIDOID, OIDOID, TEXTOID, TEXTARRAYOID, TEXTARRAYOID,
	TEXTARRAYOID, BOOLOID, REGCLASSARRAYOID};
	Datum		values[] = {
		ObjectIdGetDatum(meta->tview),
		ObjectIdGetDatum(meta->view),
		CStringGetTextDatum(meta->entity),
		list_to_text_array(meta->key_columns),
		list_to_text_array(meta->options),
		list_to_text_array(meta->settings),
		BoolGetDatum(meta->populated),
		list_to_regclass_array(meta->reads)
	};

	execute_as_superuser(sql, lengthof(types), types, values);
	tview_meta_written();
}

void
tview_meta_insert(const TviewMeta *meta)
{
	meta_write(psprintf("INSERT INTO %s (tview, view, entity, key_columns, "
						"options, settings, populated, reads) "
						"VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
						meta_table_name()), meta);
}

void
tview_meta_update(const TviewMeta *meta)
{
	meta_write(psprintf("UPDATE %s SET view = $2, entity = $3, "
						"key_columns = $4, options = $5, settings = $6, "
						"populated = $7, reads = $8 WHERE tview::oid = $1",
						meta_table_name()), meta);
}

void
tview_meta_delete(Oid tview)
{
	Oid			type = OIDOID;
	Datum		value = ObjectIdGetDatum(tview);

	execute_as_superuser(psprintf("DELETE FROM %s WHERE tview::oid = $1",
								  meta_table_name()), 1, &type, &value);
	tview_meta_written();
}
