/*
 * compat.h
 *		The only place that knows server and compiler versions.
 *
 * Include it directly after postgres.h in every file.
 */
#ifndef JSONB_PATCH_COMPAT_H
#define JSONB_PATCH_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "PostgreSQL 15 or newer is required"
#endif

/*
 * Before 16, PGDLLEXPORT is empty outside Windows, so a library built with
 * -fvisibility=hidden would not export its entry points.  Drop with 15.
 */
#if PG_VERSION_NUM < 160000 && defined(__GNUC__) && !defined(_WIN32)
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

/*
 * How SQL functions get a jsonb and return one.  Under AddressSanitizer these
 * and the allocation functions are others.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define JSONB_PATCH_SANITIZE
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define JSONB_PATCH_SANITIZE
#endif

#ifdef JSONB_PATCH_SANITIZE
#include "sanitize.h"
#else
#define JSONB_PATCH_ARGUMENT(datum) DatumGetJsonbP(datum)
#define JSONB_PATCH_RESULT(jsonb) (jsonb)
#endif

#endif							/* JSONB_PATCH_COMPAT_H */
