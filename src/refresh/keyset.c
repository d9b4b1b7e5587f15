/*
 * keyset.c
 *		A set of keys of one tview, each once.
 *
 * Equality is that of the key type's btree operator class, the one that the
 * primary key uses: 1.0 and 1.00 are one key.
 */
#include "base/compat.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "refresh/refresh.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

KeySet *
keyset_create(const TviewDesc *desc)
{
	KeySet	   *set = palloc0(sizeof(KeySet));

	set->desc = desc;
	set->allocated = 8;
	set->values = palloc(sizeof(Datum) * set->allocated * desc->nkeys);
	return set;
}

/* Key number n, as an array of the key columns' values. */
Datum *
keyset_get(const KeySet *set, int64 n)
{
	return set->values + n * set->desc->nkeys;
}

/* Add a key; the values are copied.  A key that has a NULL only leaves a mark. */
void
keyset_add(KeySet *set, const Datum *values, const bool *nulls)
{
	const TviewDesc *desc = set->desc;
	Datum	   *key;

	for (int i = 0; i < desc->nkeys; i++)
	{
		if (nulls[i])
		{
			set->saw_null = true;
			return;
		}
	}
	if (set->count == set->allocated)
	{
		set->allocated *= 2;
		set->values = repalloc_huge(set->values, sizeof(Datum) *
									set->allocated * desc->nkeys);
	}
	key = keyset_get(set, set->count++);
	for (int i = 0; i < desc->nkeys; i++)
		key[i] = datumCopy(values[i], desc->keys[i].typbyval, desc->keys[i].typlen);
}

static int
compare_keys(const void *a, const void *b, void *arg)
{
	const TviewDesc *desc = arg;

	for (int i = 0; i < desc->nkeys; i++)
	{
		TviewKey   *key = &desc->keys[i];
		int			result = DatumGetInt32(FunctionCall2Coll(&key->compare,
															 key->collation,
															 ((const Datum *) a)[i],
															 ((const Datum *) b)[i]));

		if (result != 0)
			return result;
	}
	return 0;
}

/* Sort the keys and drop repeated ones. */
void
keyset_unique(KeySet *set)
{
	const TviewDesc *desc = set->desc;
	size_t		width = sizeof(Datum) * desc->nkeys;
	int64		kept = 1;

	if (set->count < 2)
		return;
	qsort_arg(set->values, set->count, width, compare_keys, (void *) desc);
	for (int64 n = 1; n < set->count; n++)
	{
		CHECK_FOR_INTERRUPTS();
		if (compare_keys(keyset_get(set, kept - 1), keyset_get(set, n),
						 (void *) desc) != 0)
			memcpy(keyset_get(set, kept++), keyset_get(set, n), width);
	}
	set->count = kept;
}

/* A key as "(a, b)=(1, x)", for messages. */
char *
tview_key_text(const TviewDesc *desc, const Datum *key)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < desc->nkeys; i++)
		appendStringInfo(&text, "%s%s", i == 0 ? "(" : ", ",
						 get_attname(desc->tview, desc->keys[i].table_attno, false));
	appendStringInfoString(&text, ")=");
	for (int i = 0; i < desc->nkeys; i++)
	{
		Oid			output;
		bool		varlena;

		getTypeOutputInfo(desc->keys[i].type, &output, &varlena);
		appendStringInfo(&text, "%s%s", i == 0 ? "(" : ", ",
						 OidOutputFunctionCall(output, key[i]));
	}
	appendStringInfoChar(&text, ')');
	return text.data;
}
