/*
 * children.c
 *		Rows that leave a table because a partition or child is dropped.
 *
 * When sql_drop event triggers run, the catalogs have forgotten whose child
 * the dropped table was, so this looks just before.
 */
#include "base/compat.h"

#include "base/guc.h"
#include "capture/capture.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "ddl/ddl.h"
#include "utils/lsyscache.h"

static object_access_hook_type prev_object_access = NULL;

static void
child_dropped(Oid relid)
{
	ListCell   *lc;

	if (tview_restore_in_progress() || !OidIsValid(tview_meta_relid()) ||
		list_length(relation_ancestors(relid)) < 2)
		return;
	foreach(lc, tviews_reading(relid))
	{
		if (tview_exists(lfirst_oid(lc)) && tview_desc(lfirst_oid(lc))->populated)
			tview_dirty_add_whole(tview_desc(lfirst_oid(lc)));
	}
}

static void
note_access(ObjectAccessType access, Oid class, Oid object, int column, void *arg)
{
	if (prev_object_access)
		prev_object_access(access, class, object, column, arg);
	if (access == OAT_DROP && class == RelationRelationId && column == 0)
		child_dropped(object);
}

void
tview_children_init(void)
{
	prev_object_access = object_access_hook;
	object_access_hook = note_access;
}
