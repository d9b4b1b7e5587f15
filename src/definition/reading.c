/*
 * reading.c
 *		Reasons to refuse that lie outside the definition: who asks, and what the
 *		relations that it reads are made of.
 */
#include "base/compat.h"

#include "base/guc.h"
#include "definition/definition.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* As whom the tview will read: OR REPLACE leaves it to whom it belongs. */
Oid
tview_request_owner(const TviewRequest *request)
{
	if (request->or_replace && tview_meta_of_table(request->self) != NULL)
		return tview_relation_owner(request->self);
	return GetUserId();
}

static List *
check_schema(List *refusals, Oid owner)
{
	Oid			schema = tview_extension_schema();
	char	   *name = get_namespace_name(schema);

	if (schema_aclcheck_compat(schema, owner, ACL_USAGE) == ACLCHECK_OK)
		return refusals;
	return lappend(refusals,
				   tview_refusal(ERRCODE_INSUFFICIENT_PRIVILEGE, -1,
								 psprintf("permission denied for schema %s", name),
								 "Refreshes use functions of pg_tviews in this schema as the owner of the tview.",
								 psprintf("GRANT USAGE ON SCHEMA %s.", quote_identifier(name))));
}

/* purpose: what the tview does with the table, as the end of a sentence */
static List *
check_right(List *refusals, const char *title, Oid owner, Oid relid, AclMode right,
			const char *purpose)
{
	char	   *detail;

	if (pg_class_aclcheck(relid, owner, right) == ACLCHECK_OK)
		return refusals;
	detail = psprintf("%s %s.", title, purpose);
	detail[0] = pg_toupper(detail[0]);
	return lappend(refusals,
				   tview_refusal(ERRCODE_INSUFFICIENT_PRIVILEGE, -1,
								 psprintf("permission denied for table %s", get_rel_name(relid)),
								 detail,
								 "A tview needs SELECT and TRIGGER on each base table."));
}

/*
 * Rights that a role lacks to own a tview that reads these relations: the
 * definition and its tracing queries read them as the owner.  title: what
 * messages call the tview.
 */
List *
tview_rights_refusals(const char *title, Oid owner, List *relids)
{
	List	   *refusals = check_schema(NIL, owner);
	ListCell   *lc;

	foreach(lc, relids)
	{
		refusals = check_right(refusals, title, owner, lfirst_oid(lc), ACL_SELECT,
							   "reads it as its owner");
		refusals = check_right(refusals, title, owner, lfirst_oid(lc), ACL_TRIGGER,
							   "puts a trigger on it");
	}
	return refusals;
}

static List *
check_depth(List *refusals, const TviewRequest *request, List *relids)
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
								 psprintf("%s would be %d tviews deep",
										  tview_request_title(request), depth),
								 psprintf("The limit is %d.", tview_max_depth),
								 "Read base tables or backing views instead, or raise pg_tviews.max_depth."));
}

static TviewRefusal *
cycle(const TviewRequest *request, Oid relid)
{
	char	   *title = tview_request_title(request);
	char	   *other = get_rel_name(relid);

	return tview_refusal(ERRCODE_INVALID_OBJECT_DEFINITION, -1,
						 psprintf("%s cannot read tview \"%s\"", title, other),
						 psprintf("Tview \"%s\" reads %s.", other, title),
						 "Read the base tables instead.");
}

/*
 * A tview and those that read it, at any depth: its table or its backing view,
 * which is enough to make a circle of definitions.
 */
static List *
tviews_above(Oid self)
{
	List	   *all = list_make1_oid(self);

	for (int i = 0; i < list_length(all); i++)
	{
		Oid			tview = list_nth_oid(all, i);
		Oid			view = tview_meta_of_table(tview)->view;

		all = list_concat_unique_oid(all, tviews_reading(tview));
		all = list_concat_unique_oid(all, tviews_reading(view));
	}
	return all;
}

/* Replacing a tview must not make it read a tview that reads it. */
static List *
check_cycle(List *refusals, const TviewRequest *request, List *relids)
{
	const TviewMeta *meta = tview_meta_of_table(request->self);
	List	   *above;
	ListCell   *lc;

	if (meta == NULL)
		return refusals;
	above = tviews_above(request->self);
	foreach(lc, relids)
		if (lfirst_oid(lc) != request->self && list_member_oid(above, lfirst_oid(lc)))
			refusals = lappend(refusals, cycle(request, lfirst_oid(lc)));
	return refusals;
}

/* What keeps the user from making a tview that reads these relations. */
List *
tview_reading_refusals(const TviewRequest *request, List *relids)
{
	char	   *title = tview_request_title(request);
	Oid			owner = tview_request_owner(request);
	List	   *refusals = tview_rights_refusals(title, owner, relids);
	ListCell   *lc;

	foreach(lc, relids)
		refusals = list_concat(refusals,
							   tview_policy_refusals(title, owner,
													 tview_query_views(request->query),
													 lfirst_oid(lc)));
	refusals = check_depth(refusals, request, relids);
	return check_cycle(refusals, request, relids);
}

/* Replacing a tview must not make its backing view read itself. */
List *
tview_own_view_refusals(const TviewRequest *request)
{
	const TviewMeta *meta = tview_meta_of_table(request->self);
	Oid			view = InvalidOid;

	if (meta != NULL)
		view = meta->view;
	else if (request->view != NULL)
		view = get_relname_relid(request->view, request->schema);
	if (!OidIsValid(view) || !list_member_oid(tview_query_views(request->query), view))
		return NIL;
	return list_make1(tview_refusal(ERRCODE_INVALID_OBJECT_DEFINITION, -1,
									psprintf("its definition reads its own backing view \"%s\"",
											 request->view),
									NULL, "Read the base tables instead."));
}
