/*
 * comments.c
 *		What the table and the view of a tview say of each other.
 *
 * Written once; followed when a part is renamed, unless users wrote another.
 */
#include "base/compat.h"

#include "catalog/pg_class.h"
#include "commands/comment.h"
#include "ddl/ddl.h"
#include "utils/builtins.h"

static char *
table_comment(const char *view)
{
	return psprintf("tview: rows of view %s, kept by pg_tviews", view);
}

static char *
view_comment(const char *table)
{
	return psprintf("definition of tview %s", table);
}

static bool
has_comment(Oid relid, const char *text)
{
	char	   *comment = GetComment(relid, RelationRelationId, 0);

	return comment != NULL && strcmp(comment, text) == 0;
}

void
tview_comment_table(const char *table, const char *view)
{
	tview_ddl_execute("COMMENT ON TABLE %s IS %s", table,
					  quote_literal_cstr(table_comment(view)));
}

void
tview_comment_view(const char *table, const char *view)
{
	tview_ddl_execute("COMMENT ON VIEW %s IS %s", view,
					  quote_literal_cstr(view_comment(table)));
}

/* The parts have other names now than when these comments were written. */
void
tview_follow_comments(Oid tview, Oid view, const char *old_table, const char *old_view)
{
	char	   *table_name = tview_qualified_name(tview);
	char	   *view_name = tview_qualified_name(view);

	if (has_comment(tview, table_comment(old_view)))
		tview_comment_table(table_name, view_name);
	if (has_comment(view, view_comment(old_table)))
		tview_comment_view(table_name, view_name);
}
