/*
 * sanitize.h
 *		Exact bounds for AddressSanitizer; compat.h includes it only under it.
 *
 * The server's allocator takes memory in large blocks, so the sanitizer, which
 * sees these only, would not notice a byte written behind a chunk.  Here each
 * chunk of this library lies between two poisoned zones, is poisoned as a
 * whole when freed, and the arguments of SQL functions are copied into such
 * chunks.  The zones are lifted when the memory context is reset, because its
 * memory is used again then.
 */
#ifndef JSONB_PATCH_SANITIZE_H
#define JSONB_PATCH_SANITIZE_H

#include <sanitizer/asan_interface.h>

#include "fmgr.h"
#include "utils/memutils.h"

#define GUARD_ZONE 64
#define GUARD_CODE __attribute__((no_sanitize("address"), unused))

typedef struct PatchGuard
{
	MemoryContextCallback callback;
	char	   *block;
	Size		size;			/* what was asked for */
} PatchGuard;

static GUARD_CODE void
guard_lift(void *arg)
{
	PatchGuard *guard = arg;

	__asan_unpoison_memory_region(guard->block, GUARD_ZONE * 2 + guard->size);
}

static GUARD_CODE void *
guard_alloc(Size size)
{
	PatchGuard *guard = (palloc) (sizeof(PatchGuard));

	guard->block = (MemoryContextAllocHuge) (CurrentMemoryContext, GUARD_ZONE * 2 + size);
	guard->size = size;
	guard->callback.func = guard_lift;
	guard->callback.arg = guard;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &guard->callback);
	*(PatchGuard **) guard->block = guard;
	__asan_poison_memory_region(guard->block, GUARD_ZONE);
	__asan_poison_memory_region(guard->block + GUARD_ZONE + size, GUARD_ZONE);
	return guard->block + GUARD_ZONE;
}

static GUARD_CODE void *
guard_alloc0(Size size)
{
	return memset(guard_alloc(size), 0, size);
}

static GUARD_CODE void
guard_free(void *chunk)
{
	PatchGuard *guard = *(PatchGuard **) ((char *) chunk - GUARD_ZONE);

	__asan_poison_memory_region(chunk, guard->size);
}

static GUARD_CODE void *
guard_realloc(void *chunk, Size size)
{
	PatchGuard *guard = *(PatchGuard **) ((char *) chunk - GUARD_ZONE);
	void	   *moved = guard_alloc(size);

	memcpy(moved, chunk, Min(size, guard->size));
	guard_free(chunk);
	return moved;
}

static GUARD_CODE void *
guard_argument(Datum datum)
{
	struct varlena *value = PG_DETOAST_DATUM(datum);

	return memcpy(guard_alloc(VARSIZE(value)), value, VARSIZE(value));
}

#define palloc(size) guard_alloc(size)
#define palloc0(size) guard_alloc0(size)
#define repalloc(chunk, size) guard_realloc(chunk, size)
#define repalloc_huge(chunk, size) guard_realloc(chunk, size)
#define MemoryContextAllocHuge(context, size) guard_alloc(size)
#define pfree(chunk) guard_free(chunk)

#undef PG_GETARG_TEXT_PP
#define PG_GETARG_TEXT_PP(n) ((text *) guard_argument(PG_GETARG_DATUM(n)))
#define JSONB_PATCH_ARGUMENT(datum) ((Jsonb *) guard_argument(datum))
#define JSONB_PATCH_RESULT(jsonb) \
	((Jsonb *) memcpy((palloc) (VARSIZE(jsonb)), (jsonb), VARSIZE(jsonb)))

#endif							/* JSONB_PATCH_SANITIZE_H */
