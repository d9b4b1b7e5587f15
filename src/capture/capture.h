/*
 * capture.h
 *		Notices changes to base tables and keeps what tracing needs of them.
 */
#ifndef TVIEWS_CAPTURE_H
#define TVIEWS_CAPTURE_H

#include "analyze/analyze.h"
#include "utils/tuplestore.h"

/*
 * Captured values of one trace at one transaction nesting level, each once.
 * trace is NULL for "every key of the tview".
 */
typedef struct DirtySet
{
	TviewDesc  *desc;
	TviewTrace *trace;
	int			level;			/* nesting level that captured it */
	int			consumed;		/* level whose flush used it, 0: pending */
	MemoryContext context;
	Bitmapset  *parts;			/* of the tview's rows that may have changed */
	struct dirty_hash *rows;
	Size		bytes;
} DirtySet;

/* dirty.c */
extern void tview_dirty_add(TviewDesc *desc, TviewTrace *trace,
							const Bitmapset *parts, Datum *values, bool *nulls);
extern void tview_dirty_add_whole(TviewDesc *desc);
extern bool tview_dirty_pending(void);
extern bool tview_dirty_over_limit(void);
extern List *tview_dirty_tviews(void);
extern List *tview_dirty_take(Oid tview);
extern int64 tview_dirty_count(DirtySet *set);
extern void tview_dirty_copy(DirtySet *set, Tuplestorestate *store);
extern List *tview_dirty_taken_before(Oid tview, List *taken);
extern bool tview_dirty_rebind(List *bound, TviewDesc *desc);
extern void tview_dirty_release(void);
extern void tview_dirty_subxact_commit(int level);
extern void tview_dirty_subxact_abort(int level);
extern void tview_dirty_xact_end(void);

/* How many statements that write are running, one inside of the other. */
extern int	tview_running_writes;

/* How many changes the capture triggers of this session have seen, whether or not a
 * tview shows them. */
extern uint64 tview_captured_changes;

/* trigger.c */
extern void tview_capture_init(void);
extern void tview_capture_truncate(Oid relid);
extern void tview_capture_at_xact_end(void);
extern bool tview_in_statement(void);

/* install.c */
extern void tview_capture_lock(List *relids);
extern List *tview_tables_below(List *relids);
extern void tview_capture_lock_for_drop(List *tviews);
extern void tview_capture_install(List *relids);
extern bool tview_all_captured(List *relids);
extern bool tview_all_truncates_captured(List *relids);
extern bool tview_capture_enable(Oid relid, bool disabled);
extern void tview_capture_sweep(void);
extern List *tview_capture_targets(List *relids);

#endif							/* TVIEWS_CAPTURE_H */
