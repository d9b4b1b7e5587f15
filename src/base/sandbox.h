/*
 * sandbox.h
 *		The environment in which definition and tracing queries run.
 */
#ifndef TVIEWS_SANDBOX_H
#define TVIEWS_SANDBOX_H

#include "nodes/parsenodes.h"

typedef struct TviewSandbox
{
	Oid			saved_user;
	int			saved_sec_context;
	int			guc_nest_level;
} TviewSandbox;

extern void tview_sandbox_enter(TviewSandbox *sandbox, Oid owner, List *settings);
extern void tview_sandbox_leave(TviewSandbox *sandbox);
extern void tview_sandbox_search_path(const char *schema);
extern char *tview_deparse(Query *query);

/* aliases.c */
extern void tview_resolve_aliases(Query *query);
extern List *tview_merged_references(Query *query);

/* collations.c */
extern void tview_keep_collation(Node *node);
extern void tview_keep_output_collations(Query *query);

/* explicit.c */
extern Query *tview_make_explicit(Query *query);
extern List *tview_settings_current(void);

#endif							/* TVIEWS_SANDBOX_H */
