/*
 * attached.c
 *		Triggers and rules that users put on a tview: those that could change what a
 *		refresh writes, or that it could not fire, are refused.
 */
#include "base/compat.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "ddl/ddl.h"
#include "nodes/parsenodes.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Those that check foreign keys; unique constraints have their own ways. */
static bool
has_deferrable_foreign_keys(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	bool		result = false;

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
		result = result || (rel->trigdesc->triggers[i].tgdeferrable &&
							RI_FKey_trigger_type(rel->trigdesc->triggers[i].tgfoid) != RI_TRIGGER_NONE);
	relation_close(rel, AccessShareLock);
	return result;
}

/*
 * Flushes fire the triggers of users in a security-restricted operation, in
 * which the server defers none, those of constraints included.
 */
void
tview_check_deferrable(Oid tview)
{
	if (tview_has_user_triggers(tview) && has_deferrable_foreign_keys(tview))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("tview \"%s\" cannot have both triggers and deferrable foreign keys",
						get_rel_name(tview)),
				 errdetail("Its triggers fire in a security-restricted operation, in which nothing can be deferred.")));
}

static void
check_trigger(Oid tview, CreateTrigStmt *command)
{
	if (command->deferrable)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("trigger \"%s\" of tview \"%s\" cannot be deferrable",
						command->trigname, get_rel_name(tview)),
				 errdetail("Triggers on a tview fire when its rows are written, as its owner."),
				 errhint("Leave out DEFERRABLE.")));
	tview_check_deferrable(tview);
}

/* A command has just made a trigger or a rule: may the relation have it? */
void
tview_check_trigger_or_rule(Node *command)
{
	RangeVar   *range = NULL;
	Oid			relid;

	if (IsA(command, CreateTrigStmt))
		range = ((CreateTrigStmt *) command)->relation;
	else if (IsA(command, RuleStmt))
		range = ((RuleStmt *) command)->relation;
	if (range == NULL)
		return;
	relid = RangeVarGetRelid(range, NoLock, true);
	if (tview_meta_of_table(relid) == NULL)
		return;
	if (IsA(command, RuleStmt) ||
		((CreateTrigStmt *) command)->timing == TRIGGER_TYPE_BEFORE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("tview \"%s\" can have AFTER triggers only", get_rel_name(relid)),
				 errdetail("Its rows are written as its definition computes them.")));
	check_trigger(relid, (CreateTrigStmt *) command);
}
