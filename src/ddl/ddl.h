/*
 * ddl.h
 *		What statements mean for tviews.
 */
#ifndef TVIEWS_DDL_H
#define TVIEWS_DDL_H

#include "definition/definition.h"
#include "nodes/parsenodes.h"

/* create.c */
extern bool tview_create(TviewRequest *request);
extern void tview_refuse(const TviewRequest *request, const char *prefix,
						 List *refusals);
extern void tview_populate(List *tviews);

/* sql.c */
extern void tview_ddl_begin(void);
extern void tview_ddl_end(void);
extern bool tview_ddl_active(void);
extern void tview_ddl_execute(const char *format,...) pg_attribute_printf(1, 2);

/* alter.c */
extern Oid	tview_relid_by_name(RangeVar *range);
extern void tview_alter(Node *statement);
extern void tview_follow_table(Oid tview, const char *old_name);
extern void tview_drop(List *ranges, bool missing_ok, DropBehavior behavior);
extern void tview_lock_for_drop(List *tviews, DropBehavior behavior);

/* comments.c */
extern void tview_comment_table(const char *table, const char *view);
extern void tview_comment_view(const char *table, const char *view);
extern void tview_follow_comments(Oid tview, Oid view, const char *old_table,
								  const char *old_view);

/* effects.c */
extern bool tview_recomputed_by(TviewDesc *desc, Oid relid, Node *command, bool contents);
extern List *tview_with_children(List *relids, Node *command);

/* revalidate.c */
extern void tview_check_still_supported(TviewDesc *desc);
extern void tview_owner_changed(Oid tview);
extern void tview_after_reassignment(Node *command);
extern void tview_recompute_later(Oid tview);
extern void tview_after_replacement(Oid tview, Oid view, bool columns_added);

/* enabled.c */
extern void tview_repair_capture(List *relids);

/* ties.c */
extern void tview_tie_parts(Oid tview, Oid view, List *reads);
extern void tview_tie_again(void);

/* restored.c */
extern void tview_restore_lock(void);
extern void tview_part_restored(void);

/* attached.c */
extern void tview_check_deferrable(Oid tview);
extern void tview_check_trigger_or_rule(Node *command);

/* guard.c */
extern void tview_guard_restored(Oid tview);
extern bool tview_has_guard(Oid relid);
extern bool tview_replaces_view(Node *command);
extern bool tview_guard_enable(Oid relid, bool disabled);
extern void tview_check_complete(Oid tview);
extern void tview_check_inheritance(Oid relid);
extern void tview_check_parts(Oid relid, Node *command);

/* children.c */
extern void tview_children_init(void);

/* utility.c */
extern void tview_utility_init(void);
extern bool tview_asked_by_setting(Node *tree);

#endif							/* TVIEWS_DDL_H */
