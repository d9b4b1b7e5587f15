/*
 * tables.c
 *		Says how a definition depends on each of its base tables.
 *
 * Besides the paths that an occurrence feeds, three words sum up where its
 * values stand in the document: "scalar" for members at the top,
 * "nested_object" for members of one nested object, "array" for the elements
 * of one array.  An occurrence without values in the document has none.
 */
#include "base/compat.h"

#include "access/relation.h"
#include "access/sysattr.h"
#include "analyze/feeds.h"
#include "catalog/pg_attribute.h"
#include "monitor/monitor.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

static List *
column_names(Oid relid, const AttrNumber *columns, int ncolumns)
{
	List	   *names = NIL;

	for (int i = 0; i < ncolumns; i++)
		names = lappend(names, get_attname(relid, columns[i], false));
	return names;
}

static List *
all_column_names(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	TupleDesc	tupdesc = RelationGetDescr(rel);
	List	   *names = NIL;

	for (int i = 0; i < tupdesc->natts; i++)
		if (!TupleDescAttr(tupdesc, i)->attisdropped)
			names = lappend(names, pstrdup(NameStr(TupleDescAttr(tupdesc, i)->attname)));
	relation_close(rel, NoLock);
	return names;
}

static List *
referenced_columns(const ColumnUsage *usage)
{
	List	   *names = NIL;
	int			column = -1;

	if (usage->all)
		return all_column_names(usage->rte->relid);
	while ((column = bms_next_member(usage->columns, column)) >= 0)
	{
		AttrNumber	attno = column + FirstLowInvalidHeapAttributeNumber;

		names = lappend(names, attno == TableOidAttributeNumber ? "tableoid" :
						get_attname(usage->rte->relid, attno, false));
	}
	return names;
}

static TviewTrace *
trace_of(TviewReport *report, RangeTblEntry *source)
{
	ListCell   *lc;

	foreach(lc, report->traces)
		if (((TviewTrace *) lfirst(lc))->source == source)
			return lfirst(lc);
	return NULL;
}

static List *
feeds_of(TviewReport *report, RangeTblEntry *source)
{
	ListCell   *lc;

	foreach(lc, report->feeds)
		if (((TviewFeeds *) lfirst(lc))->source == source)
			return ((TviewFeeds *) lfirst(lc))->feeds;
	return NIL;
}

/* How keys are found: the cheapest word that is true of all its queries. */
static const char *
tracing_method(const TviewTrace *trace)
{
	ListCell   *lc;

	if (trace->whole)
		return "recompute";
	if (trace->queries == NIL)
		return "none";
	foreach(lc, trace->queries)
		if (((TraceQuery *) lfirst(lc))->direct == NULL)
			return "query";
	return "direct";
}

static void
write_trace(TviewReport *report, const TviewTrace *trace, JsonWriter *writer)
{
	List	   *queries = NIL;
	ListCell   *lc;

	json_string(writer, "traced", tracing_method(trace));
	json_begin_array(writer, "direct");
	foreach(lc, trace->whole ? NIL : trace->queries)
	{
		TraceQuery *query = lfirst(lc);

		if (query->direct != NULL)
			json_strings(writer, NULL, column_names(trace->relid, query->direct,
													list_length(report->request.key_columns)));
		else
			queries = lappend(queries, query->sql + strspn(query->sql, " "));
	}
	json_end_array(writer);
	json_strings(writer, "queries", queries);
	json_strings(writer, "captured", trace->whole ? NIL :
				 column_names(trace->relid, trace->captured, trace->ncaptured));
	if (trace->whole)
		json_string(writer, "reason", tview_untraceable_reason(trace));
}

/* The path of the object or array that a path is a member or element of. */
static char *
parent_path(const char *path)
{
	char	   *parent = pstrdup(path);
	int			end = strlen(parent);
	bool		quoted = false;

	if (end >= 2 && strcmp(parent + end - 2, "[]") == 0)
		return parent;
	while (end > 0 && (quoted || (parent[end - 1] != '.' && parent[end - 1] != ']')))
	{
		end--;
		if (parent[end] == '"' && (end == 0 || parent[end - 1] != '\\'))
			quoted = !quoted;
	}
	while (end > 0 && parent[end - 1] == '.')
		end--;
	parent[end] = '\0';
	return parent;
}

/* Is one path the other or above it? */
static bool
is_above(const char *above, const char *path)
{
	size_t		length = strlen(above);

	return strncmp(above, path, length) == 0 &&
		(length == 0 || path[length] == '\0' || path[length] == '.' ||
		 path[length] == '[');
}

/* The innermost place that holds all values of an occurrence; NULL for none. */
static char *
place_of_values(List *feeds)
{
	char	   *place = NULL;
	ListCell   *lc;

	foreach(lc, feeds)
	{
		TviewFeed  *feed = lfirst(lc);

		if (!feed->value)
			continue;
		if (place == NULL)
			place = parent_path(feed->path);
		while (!is_above(place, feed->path))
		{
			/* out of an array as well as out of an object */
			if (strlen(place) >= 2 && strcmp(place + strlen(place) - 2, "[]") == 0)
				place[strlen(place) - 2] = '\0';
			else
				place = parent_path(place);
		}
	}
	return place;
}

/* Is this column by itself a key of the table? */
static bool
is_unique_column(Oid relid, AttrNumber attno)
{
	RangeTblEntry rte = {.type = T_RangeTblEntry,.rtekind = RTE_RELATION};

	rte.relid = relid;
	rte.relkind = get_rel_relkind(relid);
	rte.inh = true;
	return attno > 0 &&
		tview_unique_on(&rte, bms_make_singleton(attno));
}

/* The member by which an element can be told: it shows a unique column. */
static char *
match_key(Oid relid, const char *array, List *feeds)
{
	size_t		length = strlen(array);
	ListCell   *lc;

	foreach(lc, feeds)
	{
		TviewFeed  *feed = lfirst(lc);
		char	   *parent = parent_path(feed->path);

		if (strcmp(parent, array) == 0 && is_unique_column(relid, feed->attno) &&
			feed->path[length] == '.')
			return feed->path + length + 1;
	}
	return NULL;
}

static void
write_place(const ColumnUsage *usage, List *feeds, JsonWriter *writer)
{
	char	   *place = place_of_values(feeds);
	size_t		length = place == NULL ? 0 : strlen(place);
	bool		array = length >= 2 && strcmp(place + length - 2, "[]") == 0;

	json_string(writer, "holds", place == NULL ? NULL : array ? "array" :
				length > 0 ? "nested_object" : "scalar");
	json_string(writer, "match_key",
				array ? match_key(usage->rte->relid, place, feeds) : NULL);
	json_string(writer, "path", !array ? place : pnstrdup(place, length - 2));
}

static int
compare_paths(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

static void
write_feeds(const ColumnUsage *usage, List *feeds, JsonWriter *writer)
{
	List	   *paths = NIL;
	ListCell   *lc;

	foreach(lc, feeds)
		paths = lappend(paths, ((TviewFeed *) lfirst(lc))->path);
	list_sort(paths, compare_paths);
	json_strings(writer, "feeds", paths);
	write_place(usage, feeds, writer);
}

/* How many of the first n usages are of this relation? */
static int
count_occurrences(List *usages, int n, Oid relid)
{
	int			count = 0;

	for (int i = 0; i < n; i++)
		if (((ColumnUsage *) list_nth(usages, i))->rte->relid == relid)
			count++;
	return count;
}

/* The occurrences of base relations, more or less as the text has them. */
static List *
occurrences(TviewReport *report)
{
	List	   *ordered = NIL;
	ListCell   *lc;

	if (report->expanded == NULL)
		return NIL;
	foreach(lc, tview_column_usage(report->expanded))
		ordered = lcons(lfirst(lc), ordered);
	return ordered;
}

/* A table that functions read: nobody knows where its values stand. */
static void
write_declared(TviewReport *report, TviewTrace *trace, JsonWriter *writer)
{
	ColumnUsage usage = {0};

	json_begin_object(writer, NULL);
	json_string(writer, "table", tview_qualified_name(trace->relid));
	json_integer(writer, "occurrence", 1);
	write_trace(report, trace, writer);
	json_strings(writer, "referenced", all_column_names(trace->relid));
	write_feeds(&usage, NIL, writer);
	json_end_object(writer);
}

/*
 * Write the member base_tables: an element for each occurrence, and for each
 * table that functions are declared to read.
 */
void
tview_report_tables(TviewReport *report, JsonWriter *writer)
{
	List	   *usages = occurrences(report);
	ListCell   *lc;

	json_begin_array(writer, "base_tables");
	foreach(lc, usages)
	{
		ColumnUsage *usage = lfirst(lc);
		Oid			relid = usage->rte->relid;
		TviewTrace *trace = trace_of(report, usage->rte);

		json_begin_object(writer, NULL);
		json_string(writer, "table", tview_qualified_name(relid));
		json_integer(writer, "occurrence",
					 count_occurrences(usages, foreach_current_index(lc) + 1, relid));
		if (usage->rte->alias != NULL)
			json_string(writer, "alias", usage->rte->alias->aliasname);
		if (trace != NULL)
			write_trace(report, trace, writer);
		json_strings(writer, "referenced", referenced_columns(usage));
		write_feeds(usage, feeds_of(report, usage->rte), writer);
		json_end_object(writer);
	}
	foreach(lc, tview_declared_traces(report->request.reads, 1))
		write_declared(report, lfirst(lc), writer);
	json_end_array(writer);
}
