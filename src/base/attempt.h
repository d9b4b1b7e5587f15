/*
 * attempt.h
 *		Work that may fail, or that keeps no locks, in a subtransaction.
 */
#ifndef TVIEWS_ATTEMPT_H
#define TVIEWS_ATTEMPT_H

extern void tview_look(void (*action) (void *arg), void *arg);
extern ErrorData *tview_attempt(void (*action) (void *arg), void *arg);

#endif							/* TVIEWS_ATTEMPT_H */
