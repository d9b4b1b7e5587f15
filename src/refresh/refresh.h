/*
 * refresh.h
 *		From pending changes to right rows.
 */
#ifndef TVIEWS_REFRESH_H
#define TVIEWS_REFRESH_H

#include "analyze/analyze.h"
#include "capture/capture.h"
#include "executor/spi.h"
#include "nodes/execnodes.h"

/* Keys of one tview; nkeys Datums each. */
typedef struct KeySet
{
	const TviewDesc *desc;
	int64		count;
	int64		allocated;
	Datum	   *values;
	bool		saw_null;		/* a key with a NULL was not added */
} KeySet;

/* What error messages of a refresh say. */
typedef struct TviewErrorContext
{
	TviewDesc  *desc;
	KeySet	   *keys;			/* NULL while no key is known */
	int64		current;		/* number of the key, -1 while unknown */
	TupleTableSlot *row;		/* being written, NULL while none is */
	ErrorContextCallback callback;
	struct TviewErrorContext *enclosing;	/* of another refresh, or NULL */
	int			enclosing_level;
} TviewErrorContext;

/* Writes rows of one tview; see writer.c. */
typedef struct TviewWriter TviewWriter;

/* flush.c */
extern void tview_flush(void);
extern void tview_flush_for(List *relids);
extern bool tview_flush_uses_foreign(void);
extern void tview_flush_abort(int level);
extern bool tview_flush_is_writing(void);
extern void tview_flush_early(void);
extern CommandId tview_flushed_command(void);
extern bool tview_flush_saw_more(Snapshot snapshot);
extern void tview_refresh_fully(Oid tview);

/* batch.c */
extern void tview_duplicate_key_error(TviewDesc *desc, const Datum *key);
extern void tview_refresh_keys(TviewDesc *desc, TviewWriter *writer, KeySet *keys,
							   const Bitmapset *parts);

/* locks.c */
extern void tview_lock_for_refresh(List *tviews);

/* keyset.c */
extern KeySet *keyset_create(const TviewDesc *desc);
extern void keyset_add(KeySet *set, const Datum *values, const bool *nulls);
extern void keyset_unique(KeySet *set);
extern Datum *keyset_get(const KeySet *set, int64 n);
extern char *tview_key_text(const TviewDesc *desc, const Datum *key);

/* tracing.c */
extern void tview_trace_keys(List *sets, KeySet *keys);

/* evaluate.c */
extern bool tview_is_whole(const Bitmapset *parts);
extern TviewEvaluation *tview_evaluation(TviewDesc *desc, const Bitmapset *parts);
extern TviewEvaluation *tview_evaluation_of_all(TviewDesc *desc);
extern TviewEvaluation *tview_evaluation_as_defined(TviewDesc *desc);
extern void tview_evaluate(TviewDesc *desc, TviewEvaluation *evaluation,
						   KeySet *keys, int64 first, int64 count);
extern Cost tview_evaluation_cost(TviewDesc *desc, TviewEvaluation *evaluation);
extern double tview_evaluation_time(TviewDesc *desc, TviewEvaluation *evaluation, KeySet *keys);
extern void tview_null_key_error(TviewDesc *desc);
extern void tview_check_null_keys(TviewDesc *desc);

/* patch.c */
extern bool tview_patch_row(TviewDesc *desc, TviewEvaluation *evaluation,
							const Datum *values, const bool *nulls,
							Datum *row_values, bool *row_nulls);

/* context.c */
extern void tview_error_context_push(TviewErrorContext *context, TviewDesc *desc,
									 KeySet *keys);
extern void tview_error_context_pop(TviewErrorContext *context);
extern void tview_error_context_abort(int level);
extern void tview_note_current_key(int64 n);
extern void tview_note_current_row(TupleTableSlot *row);

/* writer.c */
extern TviewWriter *tview_writer_open(TviewDesc *desc, Snapshot snapshot);
extern bool tview_writer_find(TviewWriter *writer, const Datum *key);
extern bool tview_writer_fetch(TviewWriter *writer, ItemPointer tid);
extern void tview_writer_note_all(TviewWriter *writer);
extern void tview_writer_note_key(TviewWriter *writer, const Datum *key, bool exists);
extern void tview_writer_put(TviewWriter *writer, const Datum *values,
							 const bool *nulls, bool exists);
extern bool tview_writer_patch(TviewWriter *writer, TviewEvaluation *evaluation,
							   const Datum *values, const bool *nulls);
extern AttrNumber tview_writer_compare(TviewWriter *writer, const Datum *values,
									   const bool *nulls);
extern void tview_writer_save(TviewWriter *writer);
extern void tview_writer_delete(TviewWriter *writer);
extern void tview_writer_flush(TviewWriter *writer);
extern EState *tview_writer_finish(TviewWriter *writer);
extern void tview_writer_close(TviewWriter *writer);

/* conflict.c */
extern void tview_conflict_note(TviewDesc *desc);
extern void tview_conflict_check(List *tviews, Snapshot snapshot);
extern void tview_conflict_forget(void);

/* choice.c */
extern bool tview_pass_is_cheaper(TviewDesc *desc, KeySet *keys,
								  const Bitmapset *parts);
extern void tview_pass(TviewDesc *desc, TviewWriter *writer);

/* whole.c */
extern SPIPlanPtr tview_whole_plan(TviewDesc *desc);
extern void tview_recompute_whole(TviewDesc *desc, TviewWriter *writer);

/* statistics.c */
extern void tview_count_refresh(Oid tview, int64 keys, bool pass);
extern void tview_count_recompute(Oid tview);

#endif							/* TVIEWS_REFRESH_H */
