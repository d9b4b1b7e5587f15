/*
 * attempt.h
 *		Work that may fail, in a subtransaction.
 */
#ifndef TVIEWS_ATTEMPT_H
#define TVIEWS_ATTEMPT_H

extern ErrorData *tview_attempt(void (*action) (void *arg), void *arg);

#endif							/* TVIEWS_ATTEMPT_H */
