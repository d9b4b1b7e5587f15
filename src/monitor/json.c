/*
 * json.c
 *		Writes one jsonb value, front to back.
 *
 * key is the member's name inside an object, NULL inside an array and for the
 * outermost value.
 */
#include "base/compat.h"

#include "monitor/monitor.h"

static void
push(JsonWriter *writer, JsonbIteratorToken token, JsonbValue *value)
{
	writer->result = pushJsonbValue(&writer->state, token, value);
}

static void
push_string(JsonWriter *writer, JsonbIteratorToken token, const char *string)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = pstrdup(string);
	value.val.string.len = strlen(string);
	push(writer, token, &value);
}

/* Name what follows; returns the token for it, if it is a scalar. */
static JsonbIteratorToken
push_key(JsonWriter *writer, const char *key)
{
	if (key == NULL)
		return WJB_ELEM;
	push_string(writer, WJB_KEY, key);
	return WJB_VALUE;
}

void
json_begin_object(JsonWriter *writer, const char *key)
{
	push_key(writer, key);
	push(writer, WJB_BEGIN_OBJECT, NULL);
}

void
json_end_object(JsonWriter *writer)
{
	push(writer, WJB_END_OBJECT, NULL);
}

void
json_begin_array(JsonWriter *writer, const char *key)
{
	push_key(writer, key);
	push(writer, WJB_BEGIN_ARRAY, NULL);
}

void
json_end_array(JsonWriter *writer)
{
	push(writer, WJB_END_ARRAY, NULL);
}

/* A string, or null. */
void
json_string(JsonWriter *writer, const char *key, const char *value)
{
	JsonbIteratorToken token = push_key(writer, key);
	JsonbValue	null = {.type = jbvNull};

	if (value != NULL)
		push_string(writer, token, value);
	else
		push(writer, token, &null);
}

void
json_boolean(JsonWriter *writer, const char *key, bool value)
{
	JsonbValue	boolean = {.type = jbvBool, .val.boolean = value};

	push(writer, push_key(writer, key), &boolean);
}

void
json_integer(JsonWriter *writer, const char *key, int value)
{
	JsonbValue	number = {.type = jbvNumeric, .val.numeric = int64_to_numeric(value)};

	push(writer, push_key(writer, key), &number);
}

/* An array of strings from a list of char *. */
void
json_strings(JsonWriter *writer, const char *key, List *values)
{
	ListCell   *lc;

	json_begin_array(writer, key);
	foreach(lc, values)
		json_string(writer, NULL, lfirst(lc));
	json_end_array(writer);
}

/* The finished value, as a Datum of type jsonb. */
Datum
json_finish(JsonWriter *writer)
{
	return JsonbPGetDatum(JsonbValueToJsonb(writer->result));
}
