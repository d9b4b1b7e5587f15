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
 * jsonb_out-independent helpers of core used here (getJsonbOffset and the
 * like) have kept their signatures since 9.4; the format itself is what
 * pg_upgrade keeps, so nothing else depends on the version.
 */

#ifdef JSONB_PATCH_SANITIZE
#include "sanitize.h"
#endif

#endif							/* JSONB_PATCH_COMPAT_H */
