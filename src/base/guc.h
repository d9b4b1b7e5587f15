/*
 * guc.h
 *		All settings of pg_tviews.
 */
#ifndef TVIEWS_GUC_H
#define TVIEWS_GUC_H

typedef enum TviewRefreshMode
{
	TVIEW_REFRESH_DEFERRED,		/* before a reader, else before commit */
	TVIEW_REFRESH_IMMEDIATE		/* at the end of every statement */
} TviewRefreshMode;

extern bool tview_allow_direct_writes;
extern bool tview_create_table_as;
extern int	tview_dirty_limit;
extern int	tview_max_depth;
extern int	tview_refresh_mode;
extern bool tview_verify_patches;

extern void tview_guc_init(void);
extern bool tview_restore_in_progress(void);

#endif							/* TVIEWS_GUC_H */
