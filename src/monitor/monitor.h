/*
 * monitor.h
 *		Tells users what tviews are made of; changes nothing.
 */
#ifndef TVIEWS_MONITOR_H
#define TVIEWS_MONITOR_H

#include "analyze/analyze.h"
#include "nodes/parsenodes.h"
#include "utils/jsonb.h"

/* A definition, existing or only thought of, and what was found out. */
typedef struct TviewReport
{
	Query	   *query;			/* as analysed, views not expanded */
	char	   *entity;			/* NULL where there is no key to name it by */
	char	   *table;			/* quoted, with schema; NULL like entity */
	char	   *view;
	Oid			self;			/* the table, where it exists */
	List	   *key_columns;	/* of char * */
	bool		explicit_key;	/* by WITH (key = ..) */
	bool		recompute;		/* WITH (on_untraceable = 'recompute') */
	List	   *refusals;		/* of TviewRefusal */
	Query	   *expanded;		/* NULL where it cannot be looked into */
	bool		clock;			/* depends on the clock or on settings */
	List	   *traces;			/* of TviewTrace */
	List	   *feeds;			/* of TviewFeeds */
} TviewReport;

/* json.c: writes one jsonb value, front to back */
typedef struct JsonWriter
{
	JsonbParseState *state;
	JsonbValue *result;
} JsonWriter;

extern void json_begin_object(JsonWriter *writer, const char *key);
extern void json_end_object(JsonWriter *writer);
extern void json_begin_array(JsonWriter *writer, const char *key);
extern void json_end_array(JsonWriter *writer);
extern void json_string(JsonWriter *writer, const char *key, const char *value);
extern void json_integer(JsonWriter *writer, const char *key, int value);
extern void json_boolean(JsonWriter *writer, const char *key, bool value);
extern void json_strings(JsonWriter *writer, const char *key, List *values);
extern Datum json_finish(JsonWriter *writer);

/* columns.c */
typedef struct TviewColumnRole
{
	const char *role;			/* key, identifier, lineage, filter, ... */
	const char *index;			/* primary key, unique, index, or NULL */
} TviewColumnRole;

extern TviewColumnRole tview_column_role(TviewReport *report, TargetEntry *tle);
extern List *tview_column_refusals(TviewReport *report);
extern List *tview_trace_refusals(TviewReport *report);
extern char *tview_untraceable_reason(const TviewTrace *trace);

/* rights.c */
extern List *tview_rights_refusals(TviewReport *report);

/* tables.c */
extern void tview_report_tables(TviewReport *report, JsonWriter *writer);

#endif							/* TVIEWS_MONITOR_H */
