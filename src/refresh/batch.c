/*
 * batch.c
 *		Brings the rows of some keys up to date: evaluate, compare, write.
 *
 * Where only some parts of the rows can have changed, only these are evaluated
 * and put into the stored rows (patch.c).  A stored row that does not look as
 * the definition would have made it is computed as a whole instead.
 */
#include "base/compat.h"

#include "base/guc.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "refresh/refresh.h"

/* Keys computed by one query. */
#define BATCH_KEYS	1000

/* Throw: the definition has two rows for one key, which may be unknown. */
void
tview_duplicate_key_error(TviewDesc *desc, const Datum *key)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("definition of tview %s yields more than one row for a key",
					desc->name),
			 key ? errdetail("Key %s is duplicated.", tview_key_text(desc, key)) : 0,
			 errhint("Group or filter the definition so that its key is unique, or add columns to the key.")));
}

/* Find the stored row of a key, which becomes the writer's current row. */
static bool
find_row(TviewWriter *writer, KeySet *keys, int64 n)
{
	Datum	   *key = keyset_get(keys, n);
	bool		exists = tview_writer_find(writer, key);

	tview_writer_note_key(writer, key, exists);
	return exists;
}

static void
delete_missing(TviewWriter *writer, KeySet *keys, int64 first, int64 count,
			   const bool *seen)
{
	for (int64 n = 0; n < count; n++)
		if (!seen[n] && find_row(writer, keys, first + n))
			tview_writer_delete(writer);
}

/*
 * For pg_tviews.verify_patches: is the patched row what the definition says?
 * Not where changes can be visible that are captured later; see README.md.
 */
static void
verify_patch(TviewDesc *desc, TviewWriter *writer, KeySet *keys, int64 n)
{
	Datum	   *values = palloc(sizeof(Datum) * (desc->ncolumns + 1));
	bool	   *nulls = palloc(sizeof(bool) * (desc->ncolumns + 1));
	AttrNumber	differs = 1;

	tview_evaluate(desc, tview_evaluation_as_defined(desc), keys, n, 1);
	if (SPI_processed == 1)
	{
		heap_deform_tuple(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, values, nulls);
		differs = tview_writer_compare(writer, values + 1, nulls + 1);
	}
	if (differs != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("patched row of tview %s is not what its definition yields",
						desc->name),
				 errdetail("Key %s, column %d.", tview_key_text(desc, keyset_get(keys, n)),
						   differs)));
	SPI_freetuptable(SPI_tuptable);
	pfree(values);
	pfree(nulls);
}

/* Make the row of a key what was evaluated; false where that is not enough. */
static bool
write_row(TviewDesc *desc, TviewWriter *writer, TviewEvaluation *evaluation,
		  KeySet *keys, int64 n, const Datum *values, const bool *nulls)
{
	bool		exists = find_row(writer, keys, n);

	if (tview_is_whole(evaluation->parts))
		tview_writer_put(writer, values, nulls, exists);
	else if (!exists || !tview_writer_patch(writer, evaluation, values, nulls))
		return false;
	else
	{
		if (tview_verify_patches && !tview_in_statement())
			verify_patch(desc, writer, keys, n);
		tview_writer_save(writer);
	}
	return true;
}

static void
refresh_batch(TviewDesc *desc, TviewWriter *writer, TviewEvaluation *evaluation,
			  KeySet *keys, int64 first, int64 count)
{
	bool	   *seen = palloc0(sizeof(bool) * count);
	bool	   *incomplete = palloc0(sizeof(bool) * count);
	Datum	   *values = palloc(sizeof(Datum) * (evaluation->ncolumns + 1));
	bool	   *nulls = palloc(sizeof(bool) * (evaluation->ncolumns + 1));
	SPITupleTable *result;
	uint64		rows;

	tview_evaluate(desc, evaluation, keys, first, count);
	result = SPI_tuptable;
	rows = SPI_processed;
	for (uint64 i = 0; i < rows; i++)
	{
		int64		n;

		CHECK_FOR_INTERRUPTS();
		heap_deform_tuple(result->vals[i], result->tupdesc, values, nulls);
		n = count == 1 ? 0 : DatumGetInt32(values[0]) - first;
		tview_note_current_key(first + n);
		if (seen[n])
			tview_duplicate_key_error(desc, keyset_get(keys, first + n));
		seen[n] = true;
		incomplete[n] = !write_row(desc, writer, evaluation, keys, first + n,
								   values + 1, nulls + 1);
	}
	tview_note_current_key(-1);
	SPI_freetuptable(result);
	delete_missing(writer, keys, first, count, seen);
	for (int64 n = 0; n < count; n++)
		if (incomplete[n])
			refresh_batch(desc, writer, tview_evaluation_of_all(desc), keys, first + n, 1);
	pfree(seen);
	pfree(incomplete);
	pfree(values);
	pfree(nulls);
}

/*
 * Make the rows of these keys what the definition says.  parts: what of them can
 * differ from what is stored.
 */
void
tview_refresh_keys(TviewDesc *desc, TviewWriter *writer, KeySet *keys,
				   const Bitmapset *parts)
{
	TviewEvaluation *evaluation = tview_evaluation(desc, parts);

	for (int64 first = 0; first < keys->count; first += BATCH_KEYS)
		refresh_batch(desc, writer, evaluation, keys, first,
					  Min(BATCH_KEYS, keys->count - first));
}
