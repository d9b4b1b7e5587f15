/*
 * alter.c
 *		DROP TVIEW and ALTER TVIEW.
 *
 * A tview is a table and a view that stay together: both are renamed, moved
 * and given away at once.  Dropping is DROP TABLE; drops.c sees the table go
 * and removes the rest.
 */
#include "base/compat.h"

#include "access/relation.h"
#include "access/xact.h"
#include "base/sandbox.h"
#include "capture/capture.h"
#include "catalog/namespace.h"
#include "commands/defrem.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "refresh/refresh.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/*
 * The relation of this name, InvalidOid if there is none.  Whoever is dropping
 * or renaming a tview of the name is waited for first.
 */
Oid
tview_relid_by_name(RangeVar *range)
{
	Oid			relid = InvalidOid;
	Oid			before;

	do
	{
		before = relid;
		relid = RangeVarGetRelid(range, NoLock, true);
		(void) tview_still_exists(relid);
	} while (relid != before);
	return relid;
}

/* The tview of this name; throws where the relation is something else. */
static const TviewMeta *
lookup_tview(RangeVar *range, bool missing_ok)
{
	Oid			relid = tview_relid_by_name(range);
	const TviewMeta *meta;

	if (!OidIsValid(relid))
	{
		ereport(missing_ok ? NOTICE : ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 missing_ok ? errmsg("tview \"%s\" does not exist, skipping", range->relname)
				 : errmsg("tview \"%s\" does not exist", range->relname)));
		return NULL;
	}
	meta = tview_meta_of_table(relid);
	if (meta == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a tview", range->relname),
				 errhint("Use the command for tables or views.")));
	return meta;
}

/* The same, where the user may alter it, whatever the change. */
static const TviewMeta *
lookup_own_tview(RangeVar *range, bool missing_ok)
{
	const TviewMeta *meta = lookup_tview(range, missing_ok);

	if (meta != NULL && !relation_ownercheck_compat(meta->tview, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, range->relname);
	if (meta != NULL)
		tview_check_complete(meta->tview);
	return meta;
}

/* As DROP TABLE does, but before base tables are locked. */
static void
check_may_drop(Oid tview)
{
	if (!relation_ownercheck_compat(tview, GetUserId()) &&
		!schema_ownercheck_compat(get_rel_namespace(tview), GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(tview));
}

/* A name in DROP TVIEW, and the tview that has it. */
typedef struct DropTarget
{
	RangeVar   *range;
	Oid			tview;
} DropTarget;

static bool
is_target(List *targets, Oid tview)
{
	ListCell   *lc;

	foreach(lc, targets)
		if (((DropTarget *) lfirst(lc))->tview == tview)
			return true;
	return false;
}

/* The tviews that have these names by now, each once. */
static List *
find_targets(List *ranges, bool missing_ok)
{
	List	   *targets = NIL;
	ListCell   *lc;

	foreach(lc, ranges)
	{
		const TviewMeta *meta = lookup_tview(lfirst(lc), missing_ok);
		DropTarget *target;

		if (meta == NULL || is_target(targets, meta->tview))
			continue;
		check_may_drop(meta->tview);
		target = palloc(sizeof(DropTarget));
		target->range = lfirst(lc);
		target->tview = meta->tview;
		targets = lappend(targets, target);
	}
	return targets;
}

static List *
ranges_of(List *targets)
{
	List	   *ranges = NIL;
	ListCell   *lc;

	foreach(lc, targets)
		ranges = lappend(ranges, ((DropTarget *) lfirst(lc))->range);
	return ranges;
}

/* Does another of these tviews read this one? */
static bool
is_read_by_another(Oid tview, List *targets)
{
	Oid			view = tview_meta_of_table(tview)->view;
	ListCell   *lc;

	foreach(lc, targets)
	{
		TviewDesc  *other;

		if (!tview_exists(((DropTarget *) lfirst(lc))->tview))
			continue;
		other = tview_desc(((DropTarget *) lfirst(lc))->tview);
		if (other->tview != tview &&
			(list_member_oid(other->base_relations, tview) ||
			 list_member_oid(other->helper_views, view)))
			return true;
	}
	return false;
}

/* One that no other of them reads. */
static DropTarget *
next_target(List *targets)
{
	ListCell   *lc;

	foreach(lc, targets)
		if (!is_read_by_another(((DropTarget *) lfirst(lc))->tview, targets))
			return lfirst(lc);
	return linitial(targets);
}

/* Lock, in the order of writers, all that goes with these tviews. */
void
tview_lock_for_drop(List *tviews, DropBehavior behavior)
{
	List	   *all = list_copy(tviews);

	for (int i = 0; behavior == DROP_CASCADE && i < list_length(all); i++)
	{
		Oid			tview = list_nth_oid(all, i);
		Oid			view = tview_meta_of_table(tview)->view;

		all = list_concat_unique_oid(all, tviews_reading(tview));
		all = list_concat_unique_oid(all, tviews_reading(view));
	}
	tview_capture_lock_for_drop(all);
}

/*
 * Wait for those who write the base tables, of all tviews at once since one may
 * read another; false where meanwhile one has gone, or has another name.
 */
static bool
lock_targets(List *targets, DropBehavior behavior)
{
	List	   *tviews = NIL;
	ListCell   *lc;

	foreach(lc, targets)
		tviews = lappend_oid(tviews, ((DropTarget *) lfirst(lc))->tview);
	tview_lock_for_drop(tviews, behavior);
	foreach(lc, targets)
	{
		DropTarget *target = lfirst(lc);

		if (tview_meta_of_table(target->tview) == NULL ||
			RangeVarGetRelid(target->range, NoLock, true) != target->tview)
			return false;
	}
	return true;
}

/* DROP TVIEW a, b: DROP TABLE of each, those that read others first. */
void
tview_drop(List *ranges, bool missing_ok, DropBehavior behavior)
{
	List	   *targets = find_targets(ranges, missing_ok);

	while (!lock_targets(targets, behavior))
		targets = find_targets(ranges_of(targets), missing_ok);
	while (targets != NIL)
	{
		DropTarget *target = next_target(targets);
		ListCell   *lc;

		targets = list_delete_ptr(targets, target);
		tview_ddl_execute("DROP TABLE %s%s", tview_qualified_name(target->tview),
						  behavior == DROP_CASCADE ? " CASCADE" : "");
		CommandCounterIncrement();

		/* CASCADE may have taken others along. */
		foreach(lc, targets)
			if (tview_meta_of_table(((DropTarget *) lfirst(lc))->tview) == NULL)
				targets = foreach_delete_current(targets, lc);
	}
}

/*
 * The table was renamed or moved: so is the view, and what goes by its name.
 * Everything else about the tview stays as it was.
 */
void
tview_follow_table(Oid tview, const char *old_name)
{
	TviewMeta	meta = tview_meta_copy(tview_meta_of_table(tview));
	TviewRequest request = {0};
	char	   *schema = get_namespace_name(get_rel_namespace(meta.view));
	char	   *old_table = quote_qualified_identifier(schema, old_name);
	char	   *old_view = tview_qualified_name(meta.view);

	request.schema = get_rel_namespace(tview);
	request.explicit_key = tview_meta_option(&meta, "key") != NULL;
	tview_request_derive_view(&request, get_rel_name(tview));
	if (get_rel_namespace(meta.view) != request.schema)
		tview_ddl_execute("ALTER VIEW %s SET SCHEMA %s", old_view,
						  quote_identifier(get_namespace_name(request.schema)));
	if (strcmp(get_rel_name(meta.view), request.view) != 0)
		tview_ddl_execute("ALTER VIEW %s RENAME TO %s", tview_qualified_name(meta.view),
						  quote_identifier(request.view));
	meta.entity = request.entity;
	tview_meta_update(&meta);
	tview_follow_comments(tview, meta.view, old_table, old_view);
}

/* ALTER TABLE with this action, and the same for the view. */
static void
rename_or_move(const TviewMeta *meta, const char *action)
{
	Oid			tview = meta->tview;
	char	   *old_name = get_rel_name(tview);

	tview_ddl_execute("ALTER TABLE %s %s", tview_qualified_name(tview), action);
	tview_follow_table(tview, old_name);
}

static void
alter_both(const TviewMeta *meta, const char *action)
{
	Oid			tview = meta->tview;
	Oid			view = meta->view;

	tview_ddl_execute("ALTER TABLE %s %s", tview_qualified_name(tview), action);
	tview_ddl_execute("ALTER VIEW %s %s", tview_qualified_name(view), action);
}

static bool
is_given(const char *stored, List *options)
{
	ListCell   *lc;

	foreach(lc, options)
		if (strncmp(lfirst(lc), stored, strcspn(stored, "=") + 1) == 0)
			return true;
	return false;
}

/* Options as they are stored, those that were not given as they were. */
static List *
merge_options(List *old, List *given)
{
	ListCell   *lc;

	foreach(lc, old)
		if (!is_given(lfirst(lc), given))
			given = lappend(given, lfirst(lc));
	return given;
}

static Query *
query_of_view(Oid view)
{
	Relation	rel = relation_open(view, AccessShareLock);
	Query	   *query = copyObject(get_view_query(rel));

	relation_close(rel, NoLock);
	return query;
}

/* Throw the first reason why the functions of a tview may not read these tables. */
static void
check_reads(TviewRequest *request, const TviewMeta *meta)
{
	TviewDesc  *desc = tview_desc(meta->tview);
	char	   *prefix = psprintf("cannot alter tview \"%s\": ", get_rel_name(meta->tview));
	TviewSandbox sandbox;
	List	   *refusals;
	List	   *reading;
	ListCell   *lc;

	request->name = get_rel_name(meta->tview);
	request->self = meta->tview;
	request->query = query_of_view(meta->view);
	tview_sandbox_enter(&sandbox, desc->owner, desc->settings);
	refusals = tview_check_definition(tview_expand_query(request->query), meta->tview,
									  request->reads);
	reading = tview_reading_refusals(request, request->reads);
	tview_sandbox_leave(&sandbox);
	foreach(lc, refusals)		/* the text is not that of this statement */
		((TviewRefusal *) lfirst(lc))->location = -1;
	tview_refuse(request, prefix, refusals);
	tview_refuse(request, "", reading);
}

/* Have changes to these tables noticed, and see what was missed so far. */
static void
set_reads(TviewRequest *request, TviewMeta *meta)
{
	TviewDesc  *desc;

	check_reads(request, meta);
	tview_capture_lock(request->reads);
	meta->reads = request->reads;
	tview_meta_update(meta);
	CommandCounterIncrement();
	desc = tview_desc(meta->tview);
	tview_capture_install(desc->base_relations);
	tview_capture_sweep();
	if (desc->populated)
		tview_dirty_add_whole(desc);
}

static void
set_options(const TviewMeta *old, List *options)
{
	TviewRequest request = {0};
	TviewMeta	meta = tview_meta_copy(old);
	const char *untraceable;

	request.name = get_rel_name(meta.tview);
	tview_request_options(&request, options);
	if (request.explicit_key)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot change the key of tview \"%s\"", get_rel_name(meta.tview)),
				 errhint("Drop the tview and create it again.")));
	meta.options = merge_options(meta.options, request.stored_options);
	untraceable = tview_meta_option(&meta, "on_untraceable");
	request.recompute = untraceable != NULL && pg_strcasecmp(untraceable, "recompute") == 0;
	tview_refuse(&request, psprintf("cannot alter tview \"%s\": ", get_rel_name(meta.tview)),
				 tview_trace_refusals(&request, tview_desc(meta.tview)->traces));
	if (request.explicit_reads)
		set_reads(&request, &meta);
	else
		tview_meta_update(&meta);
}

static void
unsupported(RangeVar *range)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("unsupported ALTER TVIEW of \"%s\"", range->relname),
			 errdetail("The columns of a tview are those of its definition."),
			 errhint("ALTER TVIEW can RENAME TO, SET SCHEMA, OWNER TO and SET options; for columns use CREATE OR REPLACE TVIEW.")));
}

static void
alter_table(AlterTableStmt *statement)
{
	const TviewMeta *meta = lookup_own_tview(statement->relation, statement->missing_ok);
	Oid			tview;
	ListCell   *lc;

	if (meta == NULL)
		return;
	tview = meta->tview;
	foreach(lc, statement->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		/* The command before may have renewed the cache. */
		CommandCounterIncrement();
		meta = tview_meta_of_table(tview);

		if (cmd->subtype == AT_ChangeOwner)
		{
			alter_both(meta, psprintf("OWNER TO %s",
									  quote_identifier(get_rolespec_name(cmd->newowner))));
			CommandCounterIncrement();
			tview_owner_changed(tview);
		}
		else if (cmd->subtype == AT_SetRelOptions)
			set_options(meta, castNode(List, cmd->def));
		else
			unsupported(statement->relation);
	}
}

static void
alter_statement(Node *statement)
{
	const TviewMeta *meta;

	if (IsA(statement, RenameStmt))
	{
		RenameStmt *stmt = (RenameStmt *) statement;

		if (stmt->renameType != OBJECT_TABLE)
			unsupported(stmt->relation);
		meta = lookup_own_tview(stmt->relation, stmt->missing_ok);
		if (meta != NULL)
			rename_or_move(meta, psprintf("RENAME TO %s", quote_identifier(stmt->newname)));
	}
	else if (IsA(statement, AlterObjectSchemaStmt))
	{
		AlterObjectSchemaStmt *stmt = (AlterObjectSchemaStmt *) statement;

		meta = lookup_own_tview(stmt->relation, stmt->missing_ok);
		if (meta != NULL)
			rename_or_move(meta, psprintf("SET SCHEMA %s",
										  quote_identifier(stmt->newschema)));
	}
	else if (IsA(statement, AlterTableStmt))
		alter_table((AlterTableStmt *) statement);
	else
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("unsupported ALTER TVIEW"),
				 errhint("ALTER TVIEW can RENAME TO, SET SCHEMA, OWNER TO and SET options.")));
}

/* ALTER TVIEW, as the parse tree of ALTER TABLE. */
void
tview_alter(Node *statement)
{
	tview_flush();
	tview_ddl_begin();
	PG_TRY();
	{
		alter_statement(statement);
	}
	PG_FINALLY();
	{
		tview_ddl_end();
	}
	PG_END_TRY();
	CommandCounterIncrement();
}
