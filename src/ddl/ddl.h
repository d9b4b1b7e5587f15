/*
 * ddl.h
 *		What statements mean for tviews.
 */
#ifndef TVIEWS_DDL_H
#define TVIEWS_DDL_H

#include "analyze/analyze.h"
#include "nodes/parsenodes.h"

/* A tview to create, checked and named. */
typedef struct TviewRequest
{
	RangeVar   *range;			/* as the user wrote the name */
	Query	   *query;			/* the analysed SELECT */
	List	   *column_names;	/* CREATE TVIEW x (a, b); of String */
	List	   *options;		/* of DefElem */
	bool		if_not_exists;
	bool		or_replace;
	bool		with_data;

	/* filled by tview_request_resolve() */
	Oid			schema;
	char	   *name;
	char	   *view;
	char	   *entity;
	char	   *qualified_name; /* quoted, with schema */
	char	   *qualified_view;
	List	   *key_columns;	/* of char * */
	bool		explicit_key;	/* by WITH (key = ..) */
	bool		recompute;		/* WITH (on_untraceable = 'recompute') */
	List	   *stored_options; /* of char *, for pg_tview_meta */
} TviewRequest;

/* request.c */
extern void tview_request_resolve(TviewRequest *request);
extern void tview_request_resolve_names(TviewRequest *request, char *name);
extern void tview_request_options(TviewRequest *request, List *options);
extern void tview_request_check_columns(TviewRequest *request);
extern List *tview_request_problems(TviewRequest *request,
									TviewAnalysis **analysis);
extern void tview_refusal_throw(const TviewRequest *request,
								const TviewRefusal *refusal);

/* create.c */
extern bool tview_create(TviewRequest *request);
extern void tview_populate(Oid tview);

/* sql.c */
extern void tview_ddl_begin(void);
extern void tview_ddl_end(void);
extern bool tview_ddl_active(void);
extern void tview_ddl_execute(const char *format,...) pg_attribute_printf(1, 2);

/* alter.c */
extern void tview_alter(Node *statement);
extern void tview_drop(List *ranges, bool missing_ok, DropBehavior behavior);

/* functions.c */
extern Query *tview_parse_select(const char *sql);

/* children.c */
extern void tview_children_init(void);

/* utility.c */
extern void tview_utility_init(void);

#endif							/* TVIEWS_DDL_H */
