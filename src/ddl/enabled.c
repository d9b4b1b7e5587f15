/*
 * enabled.c
 *		Triggers that are turned on again: what changed while they were off is
 *		unknown.  And those that a restore may not turn off.
 */
#include "base/compat.h"

#include "access/xact.h"
#include "base/guc.h"
#include "base/sandbox.h"
#include "capture/capture.h"
#include "catalog/namespace.h"
#include "ddl/ddl.h"
#include "ddl/events.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

bool
tview_is_own_trigger(const char *name)
{
	return strncmp(name, "pg_tviews_", strlen("pg_tviews_")) == 0;
}

/* Does it name a trigger of ours to be enabled as it should be? */
static bool
restores_trigger(AlterTableCmd *command)
{
	return command->subtype == AT_EnableAlwaysTrig &&
		tview_is_own_trigger(command->name) &&
		!InSecurityRestrictedOperation();	/* which is how we do it */
}

/* ours: by name, a trigger of ours. */
bool
tview_command_enables_triggers(AlterTableStmt *command, bool *ours)
{
	ListCell   *lc;

	*ours = false;
	foreach(lc, command->cmds)
		*ours = *ours || restores_trigger(lfirst_node(AlterTableCmd, lc));
	if (*ours)
		return true;
	foreach(lc, command->cmds)
	{
		switch (lfirst_node(AlterTableCmd, lc)->subtype)
		{
			case AT_EnableTrig:
			case AT_EnableTrigAll:
			case AT_EnableTrigUser:
			case AT_EnableReplicaTrig:
				return true;
			default:
				break;
		}
	}
	return false;
}

static void
enable_meta_triggers(Oid relid)
{
	tview_run_as_superuser(psprintf("ALTER TABLE %s.pg_tview_meta "
									"ENABLE ALWAYS TRIGGER pg_tviews_meta_known, "
									"ENABLE ALWAYS TRIGGER pg_tviews_meta_changed",
									quote_identifier(get_namespace_name(get_rel_namespace(relid)))));
}

/* Somebody filled pg_tview_meta with triggers off: do what they would have. */
static void
recover_metadata(Oid relid)
{
	ListCell   *lc;

	enable_meta_triggers(relid);
	CacheInvalidateRelcacheByRelid(relid);
	CommandCounterIncrement();
	foreach(lc, tview_meta_tables())
	{
		TviewMeta	meta = tview_meta_copy(tview_meta_of_table(lfirst_oid(lc)));

		if (!tview_exists(meta.tview))
			continue;
		tview_tie_parts(meta.tview, meta.view, meta.reads);
	}
}

/* What changed in this relation while its triggers were off is unknown. */
static void
recompute_readers(Oid relid)
{
	ListCell   *lc;

	foreach(lc, tviews_reading(relid))
		tview_recompute_later(lfirst_oid(lc));
}

/* Have the capture triggers of base tables fire again that were turned off. */
void
tview_repair_capture(List *relids)
{
	ListCell   *lc;

	foreach(lc, tview_capture_targets(relids))
		if (tview_capture_enable(lfirst_oid(lc), true))
			recompute_readers(lfirst_oid(lc));
}

bool
tview_command_disables_triggers(AlterTableStmt *command)
{
	ListCell   *lc;

	foreach(lc, command->cmds)
	{
		AlterTableType type = lfirst_node(AlterTableCmd, lc)->subtype;

		if (type == AT_DisableTrigAll || type == AT_DisableTrigUser)
			return true;
	}
	return false;
}

/*
 * A restore turns off all triggers of a table while it fills it.  Those that keep
 * rows out of tviews stay on: a tview is computed as soon as its base tables are
 * filled, and the same rows must not come twice.
 */
void
tview_triggers_disabled(Oid relid)
{
	if (!tview_restore_in_progress())
		return;
	if (relid == tview_meta_relid())
		enable_meta_triggers(relid);
	else if (tview_meta_of_table(relid) != NULL)
		(void) tview_guard_enable(relid, true);
}

/*
 * ENABLE TRIGGER would have our triggers ignore replicated changes.  What was
 * changed while they were off is unknown.  ours: they were enabled by name, as
 * by a restore that has just made them.
 */
void
tview_triggers_enabled(Oid relid, bool ours)
{
	bool		captures;
	bool		guards;

	if (relid == tview_meta_relid())
	{
		recover_metadata(relid);
		return;
	}

	captures = tview_capture_enable(relid, false) || ours;
	guards = tview_guard_enable(relid, false) || ours;
	if (ours && tview_restore_in_progress())
		return;
	if (guards)
		tview_recompute_later(relid);
	if (captures)
		recompute_readers(relid);
}
