/*
 * patch.c
 *		Puts evaluated parts into a stored row.
 *
 * The members of a document that have been evaluated come as a document of the
 * same build with nothing else in it.  They replace those of the stored one; the
 * rest of it is copied as bytes, never taken apart.  The result is the same, byte
 * for byte, as if the whole document had been built: jsonb has one form for a
 * value.
 */
#include "base/compat.h"

#include "analyze/parts.h"
#include "jsonb_patch.h"
#include "refresh/refresh.h"

static JsonbPatchString
string_of(const char *text)
{
	JsonbPatchString string = {text, strlen(text)};

	return string;
}

static void
path_of_part(JsonbPatchPath *path, const TviewPart *part)
{
	ListCell   *lc;

	path->nsteps = list_length(part->members);
	path->steps = palloc(sizeof(JsonbPatchStep) * path->nsteps);
	foreach(lc, part->members)
	{
		JsonbPatchStep *step = &path->steps[foreach_current_index(lc)];

		step->is_index = false;
		step->key = string_of(lfirst(lc));
	}
}

static bool
find_member(JsonbPatchValue *value, const JsonbPatchPath *path)
{
	for (int i = 0; i < path->nsteps; i++)
		if (!jsonb_patch_member(value, path->steps[i].key, value))
			return false;
	return true;
}

/* Replace one member of a document by that of another; false if there is none. */
static bool
patch_member(JsonbPatchDoc *doc, const TviewPart *part, Jsonb *evaluated)
{
	JsonbPatchPath path;
	JsonbPatchValue fresh = jsonb_patch_value(evaluated);
	JsonbPatchValue *stored;

	path_of_part(&path, part);
	stored = jsonb_patch_find(doc, &path);
	if (stored == NULL || !find_member(&fresh, &path))
		return false;
	*stored = fresh;
	doc->changed = true;
	return true;
}

/* Put the members of one column that have been evaluated into what is stored. */
static bool
patch_column(TviewDesc *desc, TviewEvaluation *evaluation, AttrNumber column,
			 Datum *stored, Datum evaluated)
{
	JsonbPatchDoc doc;
	Jsonb	   *fresh = DatumGetJsonbP(evaluated);
	int			number = -1;

	jsonb_patch_open(&doc, DatumGetJsonbP(*stored));
	while ((number = bms_next_member(evaluation->parts, number)) >= 0)
	{
		TviewPart  *part = list_nth(desc->parts, number - 1);

		if (part->attno == column && !patch_member(&doc, part, fresh))
			return false;
	}
	*stored = JsonbPGetDatum(jsonb_patch_close(&doc));
	return true;
}

/* Is this column computed as one, not by its members? */
static bool
is_one_part(TviewDesc *desc, AttrNumber column)
{
	ListCell   *lc;

	foreach(lc, desc->parts)
	{
		TviewPart  *part = lfirst(lc);

		if (part->attno == column)
			return part->members == NIL;
	}
	return true;
}

/*
 * Put evaluated columns into a row.  values, nulls: by column of the evaluation;
 * row_values, row_nulls: by column of the table.  False where what is stored has
 * no place for them: it was not made by this definition.
 */
bool
tview_patch_row(TviewDesc *desc, TviewEvaluation *evaluation, const Datum *values,
				const bool *nulls, Datum *row_values, bool *row_nulls)
{
	for (int i = 0; i < evaluation->ncolumns; i++)
	{
		AttrNumber	column = evaluation->columns[i];
		int			attribute = desc->table_attnos[column - 1] - 1;

		if (is_one_part(desc, column))
		{
			row_values[attribute] = values[i];
			row_nulls[attribute] = nulls[i];
		}
		else if (nulls[i] || row_nulls[attribute] ||
				 !patch_column(desc, evaluation, column, &row_values[attribute], values[i]))
			return false;
	}
	return true;
}
