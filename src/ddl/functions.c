/*
 * functions.c
 *		The SQL functions that do what the statements do.
 */
#include "base/compat.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/defrem.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "refresh/refresh.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/varlena.h"

PGDLLEXPORT Datum pg_tviews_create(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum pg_tviews_drop(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum pg_tviews_refresh(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum pg_tviews_refresh_all(PG_FUNCTION_ARGS);

static RangeVar *
range_from_text(text *name)
{
	return makeRangeVarFromNameList(textToQualifiedNameList(name));
}

PG_FUNCTION_INFO_V1(pg_tviews_create);

/*
 * pg_tviews_create(name text, query text, options text[]) returns regclass
 *
 * CREATE TVIEW name WITH (options) AS query; options are 'name=value'.
 */
Datum
pg_tviews_create(PG_FUNCTION_ARGS)
{
	TviewRequest request = {0};

	PreventCommandIfReadOnly("pg_tviews_create()");
	request.range = range_from_text(PG_GETARG_TEXT_PP(0));
	request.text = text_to_cstring(PG_GETARG_TEXT_PP(1));
	request.query = tview_parse_select(request.text);
	request.options = tview_options_from_array(PG_GETARG_DATUM(2));
	request.with_data = true;
	tview_create(&request);
	PG_RETURN_OID(get_relname_relid(request.name, request.schema));
}

PG_FUNCTION_INFO_V1(pg_tviews_drop);

/* pg_tviews_drop(name text, if_exists boolean): DROP TVIEW [IF EXISTS] name. */
Datum
pg_tviews_drop(PG_FUNCTION_ARGS)
{
	PreventCommandIfReadOnly("pg_tviews_drop()");
	tview_drop(list_make1(range_from_text(PG_GETARG_TEXT_PP(0))),
			   PG_GETARG_BOOL(1), DROP_RESTRICT);
	PG_RETURN_VOID();
}

/* Those of these tviews that were never filled, or the others; without those gone. */
static List *
those_populated(List *tviews, bool populated)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, tviews)
		if (tview_exists(lfirst_oid(lc)) &&
			tview_meta_of_table(lfirst_oid(lc))->populated == populated)
			result = lappend_oid(result, lfirst_oid(lc));
	return result;
}

/*
 * Recompute tviews in one flush, which takes all its locks in one order.  Who
 * may be dropping one of them is waited for; one that is gone then needs
 * nothing.
 */
static void
refresh(List *tviews)
{
	ListCell   *lc;

	list_sort(tviews, list_oid_cmp);
	foreach(lc, tviews)
		LockRelationOid(lfirst_oid(lc), AccessShareLock);
	tview_populate(those_populated(tviews, false));
	foreach(lc, those_populated(tviews, true))
		tview_dirty_add_whole(tview_desc(lfirst_oid(lc)));
	tview_flush();
}

static void
check_refreshable(Oid tview)
{
	if (tview_meta_of_table(tview) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a tview", get_rel_name(tview)),
				 errhint("pg_tview_meta lists the tviews.")));
	if (!relation_ownercheck_compat(tview, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(tview));
	tview_check_complete(tview);
}

PG_FUNCTION_INFO_V1(pg_tviews_refresh);

/* pg_tviews_refresh(name text): recompute all rows, write those that differ. */
Datum
pg_tviews_refresh(PG_FUNCTION_ARGS)
{
	RangeVar   *range = range_from_text(PG_GETARG_TEXT_PP(0));
	Oid			tview = RangeVarGetRelid(range, AccessShareLock, false);

	PreventCommandIfReadOnly("pg_tviews_refresh()");
	check_refreshable(tview);
	refresh(list_make1_oid(tview));
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(pg_tviews_refresh_all);

/* pg_tviews_refresh_all(): refresh every tview that the user owns. */
Datum
pg_tviews_refresh_all(PG_FUNCTION_ARGS)
{
	List	   *own = NIL;
	ListCell   *lc;

	PreventCommandIfReadOnly("pg_tviews_refresh_all()");
	foreach(lc, tview_meta_tables())
		if (tview_exists(lfirst_oid(lc)) &&
			relation_ownercheck_compat(lfirst_oid(lc), GetUserId()))
			own = lappend_oid(own, lfirst_oid(lc));
	refresh(own);
	PG_RETURN_VOID();
}
