/*
 * attempt.c
 *		Work that may fail, or that keeps no locks, in a subtransaction.
 */
#include "base/compat.h"

#include "access/xact.h"
#include "base/attempt.h"
#include "utils/resowner.h"

/*
 * Is this an error that other work may not meet?  What definitions call can fail in
 * any way, so all are but those of the server and of other sessions, which are not
 * to be answered by more work.
 */
static bool
may_be_avoided(int sqlstate)
{
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_TRANSACTION_ROLLBACK:	/* serialization, deadlocks */
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_PROGRAM_LIMIT_EXCEEDED:
		case ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE:	/* lock timeouts */
		case ERRCODE_OPERATOR_INTERVENTION: /* cancelled, shut down */
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_INTERNAL_ERROR:
			return false;
		default:
			return true;
	}
}

/* Call action(arg) in a subtransaction, which is undone if it fails, or if it is not to be kept. */
static ErrorData *
call_in_subtransaction(void (*action) (void *arg), void *arg, bool keep)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		action(arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	if (error == NULL && keep)
		ReleaseCurrentSubTransaction();
	else
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

/*
 * Call action(arg) in a subtransaction.  Returns NULL where it succeeded, else the
 * error, after undoing what it did; an error that cannot be avoided is thrown on.
 */
ErrorData *
tview_attempt(void (*action) (void *arg), void *arg)
{
	ErrorData  *error = call_in_subtransaction(action, arg, true);

	if (error != NULL && !may_be_avoided(error->sqlerrcode))
		ReThrowError(error);
	return error;
}

/*
 * Call action(arg), which only reads, and keep none of the locks that it takes; but in parallel
 * mode, which knows no subtransactions.
 */
void
tview_look(void (*action) (void *arg), void *arg)
{
	ErrorData  *error = NULL;

	if (IsInParallelMode())
		action(arg);
	else
		error = call_in_subtransaction(action, arg, false);
	if (error != NULL)
		ReThrowError(error);
}
