/*
 * rights.c
 *		Reasons to refuse a definition that lie in who asks, and in what there is.
 */
#include "base/compat.h"

#include "base/guc.h"
#include "catalog/catalog.h"
#include "miscadmin.h"
#include "monitor/monitor.h"
#include "utils/lsyscache.h"

static List *
check_right(List *refusals, Oid relid, AclMode right, char *detail)
{
	if (pg_class_aclcheck(relid, GetUserId(), right) == ACLCHECK_OK)
		return refusals;
	return lappend(refusals,
				   tview_refusal(ERRCODE_INSUFFICIENT_PRIVILEGE, -1,
								 psprintf("permission denied for table %s",
										  get_rel_name(relid)),
								 detail, "A tview needs SELECT and TRIGGER on each base table."));
}

static List *
check_depth(List *refusals, List *relids)
{
	int			depth = 1;
	ListCell   *lc;

	foreach(lc, relids)
		if (tview_meta_of_table(lfirst_oid(lc)) != NULL)
			depth = Max(depth, tview_desc(lfirst_oid(lc))->depth + 1);
	if (depth <= tview_max_depth)
		return refusals;
	return lappend(refusals,
				   tview_refusal(ERRCODE_STATEMENT_TOO_COMPLEX, -1,
								 psprintf("the tview would be %d tviews deep", depth),
								 psprintf("The limit is %d.", tview_max_depth),
								 "Read base tables or backing views instead, or raise pg_tviews.max_depth."));
}

/* What keeps the current user from making this definition a tview. */
List *
tview_rights_refusals(TviewReport *report)
{
	List	   *relids = tview_base_relations(report->expanded);
	List	   *refusals = NIL;
	ListCell   *lc;

	foreach(lc, relids)
	{
		refusals = check_right(refusals, lfirst_oid(lc), ACL_SELECT, NULL);
		refusals = check_right(refusals, lfirst_oid(lc), ACL_TRIGGER,
							   "A tview puts a trigger on each base table.");
	}
	return check_depth(refusals, relids);
}
