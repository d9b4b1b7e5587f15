/*
 * revalidate.c
 *		A relation below tviews, or an owner, is not what it was: looks at the
 *		tviews again.
 */
#include "base/compat.h"

#include "access/xact.h"
#include "base/sandbox.h"
#include "capture/capture.h"
#include "ddl/ddl.h"
#include "ddl/events.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

/* Compute all of a tview again at the next flush, if it still exists and has rows. */
void
tview_recompute_later(Oid tview)
{
	if (tview_exists(tview) && tview_desc(tview)->populated)
		tview_dirty_add_whole(tview_desc(tview));
}

/* The same for all tviews. */
void
tview_recompute_all(void)
{
	ListCell   *lc;

	foreach(lc, tview_meta_tables())
		tview_recompute_later(lfirst_oid(lc));
}

/* A helper view or a policy may contain now what no definition may contain. */
static void
check_definition(TviewDesc *desc)
{
	TviewSandbox sandbox;
	Query	   *expanded;
	List	   *refusals;
	ListCell   *lc;

	tview_sandbox_enter(&sandbox, desc->owner, desc->settings);
	expanded = tview_expand_view(desc->view);
	refusals = list_concat(tview_check_definition(expanded, desc->tview, desc->reads),
						   tview_temporary_refusals(desc->helper_views, expanded));
	tview_sandbox_leave(&sandbox);
	foreach(lc, refusals)		/* the text is not that of this command */
		((TviewRefusal *) lfirst(lc))->location = -1;
	tview_refuse(NULL, psprintf("tview %s could no longer be kept: ", desc->name), refusals);
}

/*
 * A helper view may have become one whose changes cannot be traced; tables, or
 * other owners, may have brought policies.
 */
void
tview_check_still_supported(TviewDesc *desc)
{
	char	   *title = psprintf("tview %s", desc->name);
	ListCell   *lc;

	check_definition(desc);
	foreach(lc, desc->base_relations)
		tview_refuse(NULL, "", tview_policy_refusals(title, desc->owner,
													 desc->helper_views,
													 lfirst_oid(lc)));
	foreach(lc, desc->traces)
	{
		TviewTrace *trace = lfirst(lc);

		if (trace->whole && !trace->declared && !desc->recompute)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("changes to table \"%s\" could no longer be traced to keys of tview %s",
							get_rel_name(trace->relid), desc->name),
					 errhint("ALTER TVIEW %s SET (on_untraceable = 'recompute').",
							 desc->name)));
	}
}

/* The owner of a tview needs the same rights as whoever creates one. */
static void
check_rights(TviewDesc *desc, List *relids)
{
	char	   *title = psprintf("tview \"%s\"", get_rel_name(desc->tview));

	tview_refuse(NULL, "", tview_rights_refusals(title, desc->owner, relids));
}

/*
 * A tview, or what it reads, belongs to someone else now, who may see other
 * rows of tables with row security.
 */
static void
owners_changed(TviewDesc *desc)
{
	ListCell   *lc;

	tview_check_still_supported(desc);
	if (!desc->populated)
		return;
	foreach(lc, desc->base_relations)
		if (tview_has_row_security(lfirst_oid(lc)))
			tview_dirty_add_whole(desc);
}

/* A tview belongs to someone else now. */
void
tview_owner_changed(Oid tview)
{
	TviewDesc  *desc = tview_desc(tview);

	check_rights(desc, desc->base_relations);
	owners_changed(desc);
}

/*
 * REASSIGN OWNED was executed, for which there are no event triggers; the
 * utility hook calls this.
 */
void
tview_after_reassignment(Node *command)
{
	Oid			heir;
	ListCell   *lc;

	if (!OidIsValid(tview_meta_relid()))
		return;
	CommandCounterIncrement();
	heir = get_rolespec_oid(castNode(ReassignOwnedStmt, command)->newrole, false);
	foreach(lc, tview_meta_tables())
	{
		if (!tview_exists(lfirst_oid(lc)))
			continue;
		tview_check_parts(lfirst_oid(lc), command);
		if (tview_relation_owner(lfirst_oid(lc)) == heir)
			tview_owner_changed(lfirst_oid(lc));
		else
			owners_changed(tview_desc(lfirst_oid(lc)));
	}
}

/*
 * Compute all of a tview again at the next flush.  Writers may have captured under the
 * old definition: wait for them, where before.c has not done so.
 */
static void
recompute(TviewDesc *desc)
{
	tview_capture_lock(desc->base_relations);
	tview_dirty_add_whole(desc);
}

/*
 * A view or table below tviews changed: capture all of it, and look again.
 * contents: so did what it yields.
 */
void
tview_revalidate(Oid relid, Node *command, bool contents)
{
	ListCell   *lc;

	foreach(lc, tviews_reading(relid))
	{
		TviewDesc  *desc = tview_desc(lfirst_oid(lc));

		tview_check_still_supported(desc);
		if (tview_command_reaches_tables(command))
			check_rights(desc, list_delete_oid(list_copy(desc->base_relations), relid));
		tview_capture_install(desc->base_relations);
		if (tview_recomputed_by(desc, relid, command, contents))
			recompute(desc);
	}
}

/*
 * A script of pg_dump has replaced a view, or attached a partition.  Of tviews that it is
 * making itself, base tables may be empty yet, and have no triggers; others are in use.
 */
void
tview_touched_by_restore(Oid relid)
{
	ListCell   *lc;

	foreach(lc, tviews_reading(relid))
	{
		TviewDesc  *desc = tview_desc(lfirst_oid(lc));

		if (desc->populated && tview_all_captured(desc->base_relations))
			recompute(desc);
	}
}

/*
 * OR REPLACE gave a tview another definition: those that read its view follow,
 * and so do those that show whole rows of a table that has more columns now.
 */
void
tview_after_replacement(Oid tview, Oid view, bool columns_added)
{
	ListCell   *lc;

	CommandCounterIncrement();
	tview_revalidate(view, (Node *) makeNode(ViewStmt), true);
	if (!columns_added)
		return;
	foreach(lc, tviews_reading(tview))
	{
		TviewDesc  *desc = tview_desc(lfirst_oid(lc));

		if (desc->populated && tview_reads_whole_rows(desc))
			tview_dirty_add_whole(desc);
	}
}
