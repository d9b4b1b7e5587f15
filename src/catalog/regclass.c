/*
 * regclass.c
 *		The type of columns of pg_tview_meta that name relations.
 *
 * It is regclass in all but its input: a dump that leaves out a tview has its row of
 * pg_tview_meta all the same, and a name that cannot be read would end the COPY of all rows.
 */
#include "base/compat.h"

#include "base/guc.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

PGDLLEXPORT Datum pg_tviews_regclass_in(PG_FUNCTION_ARGS);

static Oid
relation_of_dump(const char *name)
{
	List	   *names = textToQualifiedNameList(cstring_to_text(name));
	Oid			relid = RangeVarGetRelid(makeRangeVarFromNameList(names), NoLock, true);

	if (!OidIsValid(relid))
		ereport(WARNING,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s\" does not exist", name),
				 errdetail("The row of pg_tview_meta that names it is left out.")));
	return relid;
}

PG_FUNCTION_INFO_V1(pg_tviews_regclass_in);

/*
 * pg_tviews_regclass_in(cstring) returns pg_tviews_regclass: what regclassin() returns;
 * but while a script of pg_dump runs, a relation that does not exist is a
 * warning and 0, which pg_tviews_meta_known() looks for.
 */
Datum
pg_tviews_regclass_in(PG_FUNCTION_ARGS)
{
	if (!tview_restore_in_progress())
		return regclassin(fcinfo);
	PG_RETURN_OID(relation_of_dump(PG_GETARG_CSTRING(0)));
}
