/*
 * session.h
 *		Where a session's transactions and queries meet the tviews.
 */
#ifndef TVIEWS_SESSION_H
#define TVIEWS_SESSION_H

/* xact.c */
extern void tview_xact_init(void);
extern bool tview_is_committing(void);

/* executor.c */
extern void tview_executor_init(void);
extern void tview_at_statement_end(void);

#endif							/* TVIEWS_SESSION_H */
