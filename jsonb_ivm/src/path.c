/*
 * path.c
 *		Paths: from text, from text[] and from jsonb.
 *
 * In a text, dots separate keys and [digits] is an index:
 *
 *		path := ['.'] step { ['.'] step } ['.']		step := key | '[' ['+'] digits [']']
 *
 * A dot is required only between two keys.  There is no quoting: a key with
 * a dot or a bracket cannot be written, everything else can.  Where a path is
 * an array, its elements are taken as they are.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "compat.h"
#include "lib/stringinfo.h"
#include "node.h"
#include "utils/builtins.h"

#define FIRST_STEPS 8

typedef struct PathParser
{
	JsonbPatchPath *path;
	int			maxsteps;		/* allocated */
	JsonbPatchString text;
	const char *what;			/* what the text is, for messages */
} PathParser;

static void
report_too_deep(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("path has too many steps"),
			 errdetail("A path may have up to %d steps.", JSONB_PATCH_MAX_STEPS)));
}

static void
report_bad_path(const PathParser *parser, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid %s \"%s\": %s", parser->what,
					pnstrdup(parser->text.data, parser->text.len), why)));
}

static JsonbPatchStep *
add_step(PathParser *parser)
{
	JsonbPatchPath *path = parser->path;

	if (path->nsteps == JSONB_PATCH_MAX_STEPS)
		report_too_deep();
	if (path->nsteps == parser->maxsteps)
	{
		parser->maxsteps *= 2;
		path->steps = repalloc(path->steps, parser->maxsteps * sizeof(JsonbPatchStep));
	}
	memset(&path->steps[path->nsteps], 0, sizeof(JsonbPatchStep));
	return &path->steps[path->nsteps++];
}

/* Reads an unsigned decimal number that is all of a text. */
static bool
parse_index(const char *data, uint32 len, uint64 *index)
{
	uint32		i;

	*index = 0;
	for (i = 0; i < len; i++)
	{
		uint64		digit = (unsigned char) data[i] - '0';

		if (digit > 9 || *index > (PG_UINT64_MAX - digit) / 10)
			return false;
		*index = *index * 10 + digit;
	}
	return len > 0;
}

/* Reads an index from behind its opening bracket to behind the closing one,
 * which may be missing at the end. */
static const char *
parse_brackets(PathParser *parser, const char *from, const char *end)
{
	const char *close = memchr(from, ']', end - from);
	const char *stop = close ? close : end;
	bool		plus = stop > from && *from == '+';
	JsonbPatchStep *step = add_step(parser);

	if (stop == from)
		report_bad_path(parser, "empty array index");
	step->is_index = true;
	if (!parse_index(from + plus, stop - from - plus, &step->index))
		report_bad_path(parser, psprintf("invalid array index: %s",
										 pnstrdup(from, stop - from)));
	return close ? close + 1 : end;
}

/* Reads a key, to the next character that means something. */
static const char *
parse_key(PathParser *parser, const char *from, const char *end)
{
	JsonbPatchStep *step = add_step(parser);
	const char *at = from;

	while (at < end && *at != '.' && *at != '[' && *at != ']')
		at++;
	step->key.data = from;
	step->key.len = at - from;
	return at;
}

/* Parses a text; what says in messages what it is. */
void
jsonb_patch_path_parse(JsonbPatchPath *path, JsonbPatchString text, const char *what)
{
	PathParser	parser = {path, FIRST_STEPS, text, what};
	const char *at = text.data;
	const char *end = text.data + text.len;

	path->nsteps = 0;
	path->steps = palloc(parser.maxsteps * sizeof(JsonbPatchStep));
	while (at < end)
	{
		if (*at == '[')
			at = parse_brackets(&parser, at + 1, end);
		else if (*at == ']')
			report_bad_path(&parser, "unexpected closing bracket");
		else if (*at != '.')
			at = parse_key(&parser, at, end);
		else if (++at < end && *at == '.')
			report_bad_path(&parser, "consecutive dots");
	}
	if (path->nsteps == 0)
		report_bad_path(&parser, "empty path");
}

/* Takes a path of keys from a text[]. */
void
jsonb_patch_path_from_array(JsonbPatchPath *path, ArrayType *array)
{
	PathParser	parser = {path, FIRST_STEPS, {NULL, 0}, NULL};
	Datum	   *elements;
	bool	   *nulls;
	int			n;
	int			i;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("wrong number of array subscripts")));
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	path->nsteps = 0;
	path->steps = palloc(parser.maxsteps * sizeof(JsonbPatchStep));
	for (i = 0; i < n; i++)
	{
		JsonbPatchStep *step = add_step(&parser);

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("path element at position %d is null", i + 1)));
		step->key.data = VARDATA_ANY(DatumGetPointer(elements[i]));
		step->key.len = VARSIZE_ANY_EXHDR(DatumGetPointer(elements[i]));
	}
}

/* Takes one step of a path from an element of a jsonb array. */
static void
step_from_value(JsonbPatchStep *step, const JsonbPatchValue *value)
{
	if (value->type == JENTRY_ISSTRING)
	{
		step->key.data = value->data;
		step->key.len = value->len;
		return;
	}
	if (value->type == JENTRY_ISNUMERIC)
	{
		char	   *digits = DatumGetCString(DirectFunctionCall1(numeric_out,
																 PointerGetDatum(value->data)));

		step->is_index = true;
		if (parse_index(digits, strlen(digits), &step->index))
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("path elements must be strings or non-negative integers")));
}

/*
 * Takes a path from jsonb: a string in the grammar above, or an array of
 * strings (keys) and non-negative integers (indexes).  JSON null and the
 * empty string are the root.
 */
void
jsonb_patch_path_from_value(JsonbPatchPath *path, const JsonbPatchValue *value)
{
	PathParser	parser = {path, FIRST_STEPS, {NULL, 0}, NULL};
	const JsonbContainer *array = value_container(value);
	uint32		i;

	path->nsteps = 0;
	path->steps = NULL;
	if (value->type == JENTRY_ISNULL ||
		(value->type == JENTRY_ISSTRING && value->len == 0))
		return;
	if (value->type == JENTRY_ISSTRING)
	{
		JsonbPatchString text = {value->data, value->len};

		jsonb_patch_path_parse(path, text, "path");
		return;
	}
	if (!jsonb_patch_is_array(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("path must be a string or an array, got: %s",
						jsonb_patch_type_name(value))));
	path->steps = palloc(parser.maxsteps * sizeof(JsonbPatchStep));
	for (i = 0; i < container_count(array); i++)
	{
		JsonbPatchValue element = value_at(array, i);

		step_from_value(add_step(&parser), &element);
	}
}

/* A path of one key, without an allocation. */
void
jsonb_patch_path_of_key(JsonbPatchPath *path, JsonbPatchStep *step, JsonbPatchString key)
{
	step->is_index = false;
	step->index = 0;
	step->key = key;
	path->nsteps = 1;
	path->steps = step;
}

/* The first nsteps of a path for a message. */
char *
jsonb_patch_path_text(const JsonbPatchPath *path, int nsteps)
{
	StringInfoData text;
	int			i;

	initStringInfo(&text);
	for (i = 0; i < nsteps; i++)
	{
		const JsonbPatchStep *step = &path->steps[i];

		if (step->is_index)
		{
			appendStringInfo(&text, "[" UINT64_FORMAT "]", step->index);
			continue;
		}
		if (i > 0)
			appendStringInfoChar(&text, '.');
		appendBinaryStringInfo(&text, step->key.data, step->key.len);
	}
	return text.data;
}
