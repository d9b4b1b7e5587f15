/*
 * events.h
 *		Private to the event triggers.
 */
#ifndef TVIEWS_EVENTS_H
#define TVIEWS_EVENTS_H

#include "analyze/analyze.h"
#include "nodes/parsenodes.h"

/* events.c */
extern List *tview_relations_of_command(const char *query);

/* effects.c */
extern bool tview_command_reaches_tables(Node *command);
extern bool tview_command_changes_columns(Node *command);
extern bool tview_command_renames_parts(Node *command);
extern bool tview_command_adds_rows(Node *command);
extern bool tview_reads_whole_rows(TviewDesc *desc);
extern bool tview_has_row_security(Oid relid);

/* revalidate.c */
extern void tview_recompute_all(void);
extern void tview_revalidate(Oid relid, Node *command, bool contents);
extern void tview_touched_by_restore(Oid relid);

/* restored.c */
extern void tview_before_restoring(Node *command);
extern void tview_table_restored(Oid relid, AlterTableStmt *command);
extern void tview_privileges_restored(void);

/* enabled.c */
extern bool tview_is_own_trigger(const char *name);
extern bool tview_command_enables_triggers(AlterTableStmt *command, bool *ours);
extern void tview_triggers_enabled(Oid relid, bool ours);
extern bool tview_command_disables_triggers(AlterTableStmt *command);
extern void tview_triggers_disabled(Oid relid);

#endif							/* TVIEWS_EVENTS_H */
