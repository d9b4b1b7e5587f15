/*
 * jsonb_patch.h
 *		Changing a jsonb value without rebuilding it: the public interface.
 *
 * A JsonbPatchDoc is a document under change.  It refers to the bytes of the
 * values it was made of and copies nothing until jsonb_patch_close(), which
 * writes the result once.  Any number of changes may come between; each sees
 * the effect of those before it.  src/README.md describes the model.
 *
 * Lifetime: a document, and everything handed to it (values, keys, paths),
 * must stay in memory until it is closed.  All memory is palloc'd in the
 * current context and left to it; one context for all calls on a document.
 * The result of jsonb_patch_close() depends on nothing else.
 *
 * Errors are raised with ereport; a document is of no use after one.
 *
 * Every function that returns Jsonb * returns its first argument itself, not
 * a copy, where there is nothing to change.
 */
#ifndef JSONB_PATCH_H
#define JSONB_PATCH_H

#include "utils/array.h"
#include "utils/jsonb.h"

/* Limits of this library; those of the format itself are core's. */
#define JSONB_PATCH_MAX_STEPS		1000	/* steps of a path */
#define JSONB_PATCH_MAX_PADDING		100000	/* index an array is padded up to */
#define JSONB_PATCH_MAX_OPS			10000	/* operations of a changeset */

typedef struct JsonbPatchNode JsonbPatchNode;

/* A value: bytes somewhere, or a container that has been opened for change. */
typedef struct JsonbPatchValue
{
	JEntry		type;			/* type bits of a JEntry, nothing else */
	uint32		len;			/* length of data, padding left out */
	const char *data;			/* a scalar's bytes or a JsonbContainer */
	JsonbPatchNode *node;		/* if not NULL, the container is this, and
								 * data and len are out of date */
} JsonbPatchValue;

typedef struct JsonbPatchDoc
{
	Jsonb	   *source;
	JsonbPatchValue root;
	bool		changed;		/* is root anything but source? */
} JsonbPatchDoc;

/* A text that is not terminated by zero. */
typedef struct JsonbPatchString
{
	const char *data;
	uint32		len;
} JsonbPatchString;

typedef struct JsonbPatchStep
{
	bool		is_index;
	uint64		index;			/* if is_index */
	JsonbPatchString key;		/* otherwise */
} JsonbPatchStep;

typedef struct JsonbPatchPath
{
	int			nsteps;
	JsonbPatchStep *steps;
} JsonbPatchPath;

/* "the element whose member key equals value" */
typedef struct JsonbPatchMatch
{
	JsonbPatchString key;
	JsonbPatchValue value;
} JsonbPatchMatch;

/* Where to put a new element; without a key, at the end. */
typedef struct JsonbPatchSort
{
	bool		has_key;
	JsonbPatchString key;
	bool		descending;
} JsonbPatchSort;

/* Each library that is built with these files uses its own. */
#ifdef __GNUC__
#pragma GCC visibility push(hidden)
#endif

/* document.c */
extern void jsonb_patch_open(JsonbPatchDoc *doc, Jsonb *source);
extern Jsonb *jsonb_patch_close(JsonbPatchDoc *doc);
extern JsonbPatchValue jsonb_patch_value(const Jsonb *jsonb);
extern bool jsonb_patch_is_object(const JsonbPatchValue *value);
extern bool jsonb_patch_is_array(const JsonbPatchValue *value);
extern const char *jsonb_patch_type_name(const JsonbPatchValue *value);
extern bool jsonb_patch_member(const JsonbPatchValue *value, JsonbPatchString key,
							   JsonbPatchValue *member);
extern void jsonb_patch_require_object(const JsonbPatchValue *value, const char *name);
extern void jsonb_patch_require_match_key(JsonbPatchString key);
extern bool jsonb_patch_sort_order(JsonbPatchString order);

/* path.c */
extern void jsonb_patch_path_parse(JsonbPatchPath *path, JsonbPatchString text,
								   const char *what);
extern void jsonb_patch_path_from_array(JsonbPatchPath *path, ArrayType *array);
extern void jsonb_patch_path_from_value(JsonbPatchPath *path, const JsonbPatchValue *value);
extern void jsonb_patch_path_of_key(JsonbPatchPath *path, JsonbPatchStep *step,
									JsonbPatchString key);
extern char *jsonb_patch_path_text(const JsonbPatchPath *path, int nsteps);

/* locate.c */
extern JsonbPatchValue *jsonb_patch_find(JsonbPatchDoc *doc, const JsonbPatchPath *path);
extern JsonbPatchValue *jsonb_patch_find_or_create(JsonbPatchDoc *doc,
												   const JsonbPatchPath *path);
extern void jsonb_patch_set(JsonbPatchDoc *doc, const JsonbPatchPath *path,
							JsonbPatchValue value);
extern void jsonb_patch_set_within(JsonbPatchDoc *doc, JsonbPatchValue *parent,
								   const JsonbPatchPath *path, JsonbPatchValue value);
extern void jsonb_patch_remove(JsonbPatchDoc *doc, const JsonbPatchPath *path);
extern void jsonb_patch_increment(JsonbPatchDoc *doc, const JsonbPatchPath *path,
								  const JsonbPatchValue *by);

/* merge.c */
extern void jsonb_patch_merge_into(JsonbPatchDoc *doc, JsonbPatchValue *target,
								   const JsonbPatchValue *source, bool deep);
extern void jsonb_patch_merge_path(JsonbPatchDoc *doc, const JsonbPatchPath *path,
								   const JsonbPatchValue *source, bool deep);
extern Jsonb *jsonb_patch_merge(Jsonb *target, Jsonb *source);
extern Jsonb *jsonb_patch_deep_merge(Jsonb *target, Jsonb *source);
extern Jsonb *jsonb_patch_merge_at_path(Jsonb *target, Jsonb *source,
										const JsonbPatchPath *path);

/* match.c */
extern bool jsonb_patch_equal(const JsonbPatchValue *a, const JsonbPatchValue *b);
extern JsonbPatchValue *jsonb_patch_match_first(JsonbPatchValue *array,
												const JsonbPatchMatch *match);

/* array.c: on an array anywhere in a document, which the caller has found */
extern void jsonb_patch_array_update(JsonbPatchDoc *doc, JsonbPatchValue *array,
									 const JsonbPatchMatch *match,
									 const JsonbPatchValue *updates, bool all);
extern void jsonb_patch_array_replace(JsonbPatchDoc *doc, JsonbPatchValue *array,
									  const JsonbPatchMatch *match, JsonbPatchValue value);
extern void jsonb_patch_array_delete(JsonbPatchDoc *doc, JsonbPatchValue *array,
									 const JsonbPatchMatch *match);

/* array.c: the same, but creates the array that path leads to */
extern void jsonb_patch_array_insert(JsonbPatchDoc *doc, const JsonbPatchPath *path,
									 JsonbPatchValue element, const JsonbPatchSort *sort);
extern void jsonb_patch_array_upsert(JsonbPatchDoc *doc, const JsonbPatchPath *path,
									 const JsonbPatchMatch *match, JsonbPatchValue value,
									 const JsonbPatchSort *sort);

/* array.c: on the array that a top-level key of a document holds */
extern Jsonb *jsonb_patch_update_where(Jsonb *target, JsonbPatchString key,
									   const JsonbPatchMatch *match, Jsonb *updates);
extern Jsonb *jsonb_patch_update_where_path(Jsonb *target, JsonbPatchString key,
											const JsonbPatchMatch *match,
											const JsonbPatchPath *path, Jsonb *value);
extern Jsonb *jsonb_patch_update_where_batch(Jsonb *target, JsonbPatchString key,
											 JsonbPatchString match_key, Jsonb *updates);
extern Jsonb *jsonb_patch_delete_where(Jsonb *target, JsonbPatchString key,
									   const JsonbPatchMatch *match);
extern Jsonb *jsonb_patch_insert_where(Jsonb *target, JsonbPatchString key,
									   Jsonb *element, const JsonbPatchSort *sort);
extern bool jsonb_patch_contains(Jsonb *data, JsonbPatchString key,
								 const JsonbPatchMatch *match);

/* changeset.c */
extern Jsonb *jsonb_patch_apply_changeset(Jsonb *target, Jsonb *ops);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#endif							/* JSONB_PATCH_H */
