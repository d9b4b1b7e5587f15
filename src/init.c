/*
 * init.c
 *		Loads the library: one call for each module, lowest first.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "base/guc.h"
#include "capture/capture.h"
#include "catalog/catalog.h"
#include "ddl/ddl.h"
#include "ddl/syntax.h"
#include "session/session.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	tview_guc_init();
	tview_meta_init();
	tview_desc_init();
	tview_capture_init();
	tview_xact_init();
	tview_executor_init();
	tview_utility_init();
	tview_children_init();
	tview_syntax_init();
}
