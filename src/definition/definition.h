/*
 * definition.h
 *		What may become a tview.
 *
 * A reason to refuse is a TviewRefusal in a list.  CREATE TVIEW throws the
 * first, reports show all.
 */
#ifndef TVIEWS_DEFINITION_H
#define TVIEWS_DEFINITION_H

#include "analyze/analyze.h"
#include "nodes/parsenodes.h"

/* A tview that is asked for, or asked about. */
typedef struct TviewRequest
{
	RangeVar   *range;			/* as the user wrote the name */
	Query	   *query;			/* the analysed SELECT */
	const char *text;			/* its text, where it is not the statement's own */
	List	   *column_names;	/* CREATE TVIEW x (a, b); of String */
	List	   *options;		/* of DefElem */
	bool		if_not_exists;
	bool		or_replace;
	bool		with_data;

	/* filled by tview_request_resolve(); NULL where there is no name */
	Oid			schema;
	char	   *name;
	char	   *view;
	char	   *entity;
	char	   *qualified_name; /* quoted, with schema */
	char	   *qualified_view;
	Oid			self;			/* what has this name already, or InvalidOid */
	List	   *key_columns;	/* of char * */
	bool		explicit_key;	/* by WITH (key = ..) */
	bool		recompute;		/* WITH (on_untraceable = 'recompute') */
	List	   *stored_options; /* of char *, for pg_tview_meta */
	List	   *reads;			/* Oids of WITH (reads = ..) */
	bool		explicit_reads;
} TviewRequest;

/* request.c: throws, since this is about the statement */
extern Query *tview_parse_select(const char *sql);
extern void tview_request_resolve(TviewRequest *request);
extern void tview_request_derive_view(TviewRequest *request, char *name);
extern void tview_request_resolve_names(TviewRequest *request, char *name);
extern bool tview_request_derive_names(TviewRequest *request, const char *column);
extern void tview_request_options(TviewRequest *request, List *options);
extern void tview_request_name_columns(TviewRequest *request);
extern List *tview_options_from_array(Datum array);
extern char *tview_request_title(const TviewRequest *request);

/* columns.c */
typedef enum TviewIndexKind
{
	TVIEW_INDEX_NONE,
	TVIEW_INDEX_PRIMARY_KEY,
	TVIEW_INDEX_UNIQUE,
	TVIEW_INDEX_PLAIN
} TviewIndexKind;

typedef struct TviewColumnRole
{
	const char *role;			/* key, identifier, lineage, filter, ... */
	TviewIndexKind index;
} TviewColumnRole;

extern TviewColumnRole tview_column_role(const TviewRequest *request, TargetEntry *tle);
extern AttrNumber *tview_key_attributes(const TviewRequest *request);
extern List *tview_column_refusals(const TviewRequest *request);

/* tracing.c */
extern char *tview_untraceable_reason(const TviewTrace *trace);
extern List *tview_trace_refusals(const TviewRequest *request, List *traces);

/* policies.c */
extern List *tview_policy_refusals(const char *title, Oid owner, List *views,
								   Oid relid);

/* temporary.c */
extern List *tview_temporary_refusals(List *views, Query *expanded);

/* reading.c */
extern Oid	tview_request_owner(const TviewRequest *request);
extern List *tview_rights_refusals(const char *title, Oid owner, List *relids);
extern List *tview_own_view_refusals(const TviewRequest *request);
extern List *tview_reading_refusals(const TviewRequest *request, List *relids);

#endif							/* TVIEWS_DEFINITION_H */
