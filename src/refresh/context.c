/*
 * context.c
 *		What error messages say of a refresh: the tview, and the key if it is known.
 */
#include "base/compat.h"

#include "access/xact.h"
#include "refresh/refresh.h"

/* The key of a row of the tview's table, for messages. */
static char *
key_of_row(TviewDesc *desc, TupleTableSlot *row)
{
	Datum		key[INDEX_MAX_KEYS];
	bool		isnull;

	for (int i = 0; i < desc->nkeys; i++)
		key[i] = slot_getattr(row, desc->keys[i].table_attno, &isnull);
	return tview_key_text(desc, key);
}

/* Where pg_tviews_note_key() leaves its note, which lives as long as the transaction level
 * that it belongs to does not fail; NULL while nobody listens. */
static TviewErrorContext *listening = NULL;
static int	listening_level = 0;

PGDLLEXPORT Datum pg_tviews_note_key(PG_FUNCTION_ARGS);

static void
describe_refresh(void *arg)
{
	TviewErrorContext *context = arg;

	if (context->row != NULL && !in_error_recursion_trouble())
		errcontext("refresh of tview %s, key %s", context->desc->name,
				   key_of_row(context->desc, context->row));
	else if (context->keys != NULL && context->current >= 0 &&
			 context->current < context->keys->count && !in_error_recursion_trouble())
		errcontext("refresh of tview %s, key %s", context->desc->name,
				   tview_key_text(context->desc,
								  keyset_get(context->keys, context->current)));
	else
		errcontext("refresh of tview %s", context->desc->name);
}

/*
 * Name the tview in messages, and the key while one is being computed.  The
 * context is the caller's; keys may be NULL.
 */
void
tview_error_context_push(TviewErrorContext *context, TviewDesc *desc, KeySet *keys)
{
	context->desc = desc;
	context->keys = keys;
	context->current = -1;
	context->row = NULL;
	context->callback.callback = describe_refresh;
	context->callback.arg = context;
	context->callback.previous = error_context_stack;
	error_context_stack = &context->callback;
	context->enclosing = listening;
	context->enclosing_level = listening_level;
	listening = context;
	listening_level = GetCurrentTransactionNestLevel();
}

void
tview_error_context_pop(TviewErrorContext *context)
{
	error_context_stack = context->callback.previous;
	listening = context->enclosing;
	listening_level = context->enclosing_level;
}

/* A level of the transaction failed: contexts pushed in it are gone without having been
 * popped.  One around them hears no more of keys. */
void
tview_error_context_abort(int level)
{
	if (listening_level >= level)
		listening = NULL;
}

/* From now on messages name this key; -1 for none. */
void
tview_note_current_key(int64 n)
{
	if (listening != NULL)
		listening->current = n;
}

/* From now on messages name the key of this row, which is being written; NULL for none. */
void
tview_note_current_row(TupleTableSlot *row)
{
	if (listening != NULL)
		listening->row = row;
}

PG_FUNCTION_INFO_V1(pg_tviews_note_key);

/*
 * pg_tviews_note_key(n integer) returns boolean
 *
 * Internal: true.  A filter on the keys while the definition is evaluated for
 * them one by one, so that an error can name the key.
 */
Datum
pg_tviews_note_key(PG_FUNCTION_ARGS)
{
	tview_note_current_key(PG_GETARG_INT32(0));
	PG_RETURN_BOOL(true);
}
