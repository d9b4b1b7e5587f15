/*
 * effects.c
 *		What a command can change for tviews, as its parse tree says.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "ddl/ddl.h"
#include "ddl/events.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* Is a view another one, or does it alter whose policies apply? */
static bool
changes_view(Node *command)
{
	return tview_replaces_view(command) ||
		(IsA(command, AlterTableStmt) &&
		 ((AlterTableStmt *) command)->objtype == OBJECT_VIEW);
}

/*
 * Can this command bring a table into definitions that they did not read?
 * Policies count, also where row security is turned on or stops to exempt.
 */
bool
tview_command_reaches_tables(Node *command)
{
	ListCell   *lc;

	if (IsA(command, CreatePolicyStmt) || IsA(command, AlterPolicyStmt) ||
		changes_view(command))
		return true;
	if (!IsA(command, AlterTableStmt))
		return false;
	foreach(lc, ((AlterTableStmt *) command)->cmds)
	{
		AlterTableType subtype = lfirst_node(AlterTableCmd, lc)->subtype;

		if (subtype == AT_EnableRowSecurity || subtype == AT_ForceRowSecurity ||
			subtype == AT_ChangeOwner)
			return true;
	}
	return false;
}

/* Can this command change what a definition yields, without changing rows? */
static bool
changes_contents(Node *command)
{
	ListCell   *lc;

	if (changes_view(command))
		return true;
	if (!IsA(command, AlterTableStmt))
		return false;
	foreach(lc, ((AlterTableStmt *) command)->cmds)
	{
		switch (lfirst_node(AlterTableCmd, lc)->subtype)
		{
			case AT_AddIndex:
			case AT_AddConstraint:
			case AT_DropConstraint:
			case AT_ValidateConstraint:
			case AT_AddColumn:
			case AT_DropColumn:
			case AT_ColumnDefault:
			case AT_DropNotNull:
			case AT_SetNotNull:
			case AT_SetStatistics:
			case AT_SetStorage:
			case AT_SetOptions:
			case AT_ResetOptions:
			case AT_SetRelOptions:
			case AT_ResetRelOptions:
			case AT_SetTableSpace:
			case AT_ClusterOn:
			case AT_DropCluster:
			case AT_ReplicaIdentity:
			case AT_ChangeOwner:
			case AT_EnableTrig:
			case AT_DisableTrig:
			case AT_EnableAlwaysTrig:
			case AT_EnableReplicaTrig:
			case AT_EnableTrigAll:
			case AT_DisableTrigAll:
			case AT_EnableTrigUser:
			case AT_DisableTrigUser:
				break;
			default:
				return true;
		}
	}
	return false;
}

/* Documents may show whole rows of a view, by the names of its columns. */
static bool
renames_view_column(Oid relid, Node *command)
{
	return IsA(command, RenameStmt) &&
		((RenameStmt *) command)->renameType == OBJECT_COLUMN &&
		get_rel_relkind(relid) == RELKIND_VIEW;
}

/* Does a document show whole rows of a table, by the names of its columns? */
bool
tview_reads_whole_rows(TviewDesc *desc)
{
	ListCell   *lc;

	foreach(lc, desc->traces)
		if (((TviewTrace *) lfirst(lc))->references_all)
			return true;
	return false;
}

/* Does it add, drop or rename columns? */
bool
tview_command_changes_columns(Node *command)
{
	ListCell   *lc;

	if (IsA(command, RenameStmt))
		return ((RenameStmt *) command)->renameType == OBJECT_COLUMN;
	if (!IsA(command, AlterTableStmt))
		return false;
	foreach(lc, ((AlterTableStmt *) command)->cmds)
	{
		AlterTableType subtype = lfirst_node(AlterTableCmd, lc)->subtype;

		if (subtype == AT_AddColumn || subtype == AT_DropColumn)
			return true;
	}
	return false;
}

/* Does a change of the columns of a table go on to its children? */
static bool
changes_children(Node *command)
{
	ListCell   *lc;

	if (IsA(command, RenameStmt))
		return ((RenameStmt *) command)->renameType == OBJECT_COLUMN &&
			((RenameStmt *) command)->relation->inh;
	if (!IsA(command, AlterTableStmt) || !((AlterTableStmt *) command)->relation->inh)
		return false;
	foreach(lc, ((AlterTableStmt *) command)->cmds)
	{
		AlterTableType subtype = lfirst_node(AlterTableCmd, lc)->subtype;

		if (subtype == AT_AddColumn || subtype == AT_DropColumn ||
			subtype == AT_AlterColumnType || is_set_expression(subtype))
			return true;
	}
	return false;
}

/* Add the children of a relation whose rows others show than those that show its own. */
static List *
add_children(List *relids, Oid parent)
{
	List	   *tviews = tviews_reading(parent);
	ListCell   *lc;

	foreach(lc, find_all_inheritors(parent, NoLock, NULL))
		if (list_difference_oid(tviews_reading(lfirst_oid(lc)), tviews) != NIL ||
			type_is_stored(get_rel_type_id(lfirst_oid(lc))))
			relids = list_append_unique_oid(relids, lfirst_oid(lc));
	return relids;
}

/* Relations that a command names, and the children that it changes with them. */
List *
tview_with_children(List *relids, Node *command)
{
	List	   *result = list_copy(relids);
	ListCell   *lc;

	if (changes_children(command))
		foreach(lc, relids)
			if (has_subclass(lfirst_oid(lc)))
				result = add_children(result, lfirst_oid(lc));
	return result;
}

/* Do policies of this relation apply to anybody? */
bool
tview_has_row_security(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		result = HeapTupleIsValid(tuple) &&
		((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

/* Row security exempts the owner of a table. */
static bool
changes_exemption(Oid relid, Node *command)
{
	ListCell   *lc;

	if (!IsA(command, AlterTableStmt) || !tview_has_row_security(relid))
		return false;
	foreach(lc, ((AlterTableStmt *) command)->cmds)
		if (lfirst_node(AlterTableCmd, lc)->subtype == AT_ChangeOwner)
			return true;
	return false;
}

/*
 * Does a command on a relation have the rows of a tview above computed again?
 * contents: it does something else that changes what the relation yields.
 */
bool
tview_recomputed_by(TviewDesc *desc, Oid relid, Node *command, bool contents)
{
	return desc->populated &&
		(contents || changes_contents(command) || changes_exemption(relid, command) ||
		 renames_view_column(relid, command) ||
		 (tview_command_changes_columns(command) && tview_reads_whole_rows(desc)));
}

/* Is a view another one by it, or has a table more rows: those of other tables? */
bool
tview_command_adds_rows(Node *command)
{
	ListCell   *lc;

	if (!IsA(command, AlterTableStmt))
		return tview_replaces_view(command);
	foreach(lc, ((AlterTableStmt *) command)->cmds)
	{
		AlterTableType subtype = lfirst_node(AlterTableCmd, lc)->subtype;

		if (subtype == AT_AttachPartition || subtype == AT_AddInherit)
			return true;
	}
	return false;
}

/* Renamed labels and attributes show in documents while no row changes. */
bool
tview_command_renames_parts(Node *command)
{
	if (IsA(command, AlterEnumStmt))
		return ((AlterEnumStmt *) command)->oldVal != NULL;
	if (IsA(command, RenameStmt))
		return ((RenameStmt *) command)->renameType == OBJECT_ATTRIBUTE;
	return IsA(command, AlterTableStmt) &&
		((AlterTableStmt *) command)->objtype == OBJECT_TYPE;
}
