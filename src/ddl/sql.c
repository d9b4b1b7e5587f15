/*
 * sql.c
 *		Runs the plain DDL that tviews are made of.
 *
 * While it runs, the checks that keep users from changing the parts of a tview
 * one by one stand back.
 */
#include "base/compat.h"

#include "ddl/ddl.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"

static int	ddl_depth = 0;

/* Pair with tview_ddl_end() in PG_TRY .. PG_FINALLY. */
void
tview_ddl_begin(void)
{
	ddl_depth++;
}

void
tview_ddl_end(void)
{
	ddl_depth--;
}

bool
tview_ddl_active(void)
{
	return ddl_depth > 0;
}

/* Run one statement, with the rights and settings in force. */
void
tview_ddl_execute(const char *format,...)
{
	StringInfoData sql;
	int			result;

	initStringInfo(&sql);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&sql, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&sql, needed);
	}
	SPI_connect();
	result = SPI_execute(sql.data, false, 0);
	if (result < 0)
		elog(ERROR, "could not execute \"%s\": %s", sql.data,
			 SPI_result_code_string(result));
	SPI_finish();
}
