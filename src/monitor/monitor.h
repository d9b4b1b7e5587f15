/*
 * monitor.h
 *		Tells users what tviews are made of; changes nothing.
 */
#ifndef TVIEWS_MONITOR_H
#define TVIEWS_MONITOR_H

#include "definition/definition.h"
#include "nodes/parsenodes.h"
#include "utils/jsonb.h"

/* A definition, existing or only thought of, and what was found out. */
typedef struct TviewReport
{
	TviewRequest request;
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

/* tables.c */
extern void tview_report_tables(TviewReport *report, JsonWriter *writer);

#endif							/* TVIEWS_MONITOR_H */
