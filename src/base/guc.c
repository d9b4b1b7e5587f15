/*
 * guc.c
 *		All settings of pg_tviews, in alphabetical order.
 */
#include "base/compat.h"

#include <limits.h>

#include "base/guc.h"

bool		tview_allow_direct_writes = false;
bool		tview_create_table_as = false;
int			tview_dirty_limit = 65536;
int			tview_max_depth = 10;
int			tview_refresh_mode = TVIEW_REFRESH_DEFERRED;
bool		tview_verify_patches = false;

static const struct config_enum_entry refresh_modes[] = {
	{"deferred", TVIEW_REFRESH_DEFERRED, false},
	{"immediate", TVIEW_REFRESH_IMMEDIATE, false},
	{NULL, 0, false}
};

void
tview_guc_init(void)
{
	DefineCustomBoolVariable("pg_tviews.allow_direct_writes",
							 "Lets a superuser write to the table of a tview.",
							 "What is written by hand stays until a change to base tables "
							 "concerns it, or pg_tviews_refresh() is called.",
							 &tview_allow_direct_writes,
							 false, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("pg_tviews.create_table_as",
							 "Makes CREATE TABLE tv_... AS create a tview.",
							 NULL,
							 &tview_create_table_as,
							 false, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_tviews.dirty_limit",
							"Sets the memory for captured changes of one transaction.",
							"Past it, changes are flushed at the end of the statement.",
							&tview_dirty_limit,
							65536, 64, MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomIntVariable("pg_tviews.max_depth",
							"Sets how many tviews may be stacked on one another.",
							NULL,
							&tview_max_depth,
							10, 1, 1000, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("pg_tviews.refresh",
							 "Sets when changed rows are refreshed.",
							 NULL,
							 &tview_refresh_mode,
							 TVIEW_REFRESH_DEFERRED, refresh_modes,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("pg_tviews.verify_patches",
							 "Compares every patched row with what its definition yields.",
							 "For tests: a difference is an error, and nothing is faster.",
							 &tview_verify_patches,
							 false, PGC_SUSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	MarkGUCPrefixReserved("pg_tviews");
}

/*
 * Is this session running a script of pg_dump?  All of them set these two, the
 * second of which is of no use to anybody else.
 */
bool
tview_restore_in_progress(void)
{
	return !check_function_bodies && namespace_search_path[0] == '\0';
}
