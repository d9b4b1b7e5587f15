/*
 * policies.c
 *		Row security that would show the definition other rows than its refreshes.
 *
 * Refreshes read base tables as the owner of the tview, exempt from FORCE ROW
 * LEVEL SECURITY.  Whoever reads the backing view has each table read as the
 * owner of the view that names it, not exempt.  Where that can differ, the
 * tview could not equal its definition.
 */
#include "base/compat.h"

#include "definition/definition.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"

static bool
reads_as_others(Oid owner, List *views)
{
	ListCell   *lc;

	foreach(lc, views)
		if (tview_relation_owner(lfirst_oid(lc)) != owner)
			return true;
	return false;
}

static TviewRefusal *
policy_refusal(const char *title, Oid relid, const char *what, char *detail,
			   char *hint)
{
	return tview_refusal(ERRCODE_FEATURE_NOT_SUPPORTED, -1,
						 psprintf("row security of table \"%s\" %s the owner of %s",
								  get_rel_name(relid), what, title),
						 detail, hint);
}

/*
 * Reasons why a tview of this owner, which reads views at any depth, may not
 * read this table.  title: what messages call the tview.
 */
List *
tview_policy_refusals(const char *title, Oid owner, List *views, Oid relid)
{
	if (check_enable_rls(relid, owner, true) != RLS_ENABLED)
		return NIL;
	if (relation_ownercheck_compat(relid, owner))
		return list_make1(policy_refusal(title, relid, "is forced upon",
										 "Refreshes are exempt from FORCE ROW LEVEL SECURITY, as foreign key checks are; who reads the definition is not.",
										 "Have the tview owned by another role, or use NO FORCE ROW LEVEL SECURITY."));
	if (reads_as_others(owner, views))
		return list_make1(policy_refusal(title, relid, "applies to",
										 "The definition reads views of other owners, for which other rows may be visible.",
										 "Have the tview or the views owned by one role, or read the tables directly."));
	return NIL;
}
