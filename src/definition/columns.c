/*
 * columns.c
 *		The convention for output columns: what they are for, and what is wrong
 *		with them.
 */
#include "base/compat.h"

#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "definition/definition.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/typcache.h"

static bool
has_suffix(const char *name, const char *suffix)
{
	size_t		length = strlen(name);

	return length > strlen(suffix) &&
		strcmp(name + length - strlen(suffix), suffix) == 0;
}

static TviewColumnRole
role_by_name(const TviewRequest *request, const char *name, Oid type)
{
	if (strcmp(name, "data") == 0 && type == JSONBOID)
		return (TviewColumnRole) {"document", TVIEW_INDEX_NONE};
	if (strcmp(name, "id") == 0)
		return (TviewColumnRole) {"identifier", request->explicit_key ?
			TVIEW_INDEX_PLAIN : TVIEW_INDEX_UNIQUE};
	if (strcmp(name, "identifier") == 0)
		return (TviewColumnRole) {"identifier", TVIEW_INDEX_PLAIN};
	if (strncmp(name, "fk_", 3) == 0)
		return (TviewColumnRole) {"lineage", TVIEW_INDEX_PLAIN};
	if (type == UUIDOID && has_suffix(name, "_id"))
		return (TviewColumnRole) {"filter", TVIEW_INDEX_PLAIN};
	return (TviewColumnRole) {"materialized", TVIEW_INDEX_NONE};
}

static bool
is_key_column(const TviewRequest *request, const char *name)
{
	ListCell   *lc;

	foreach(lc, request->key_columns)
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	return false;
}

/* The role of a column by its name and type, and the index it gets for it. */
TviewColumnRole
tview_column_role(const TviewRequest *request, TargetEntry *tle)
{
	Oid			type = exprType((Node *) tle->expr);
	TviewColumnRole role = role_by_name(request, tle->resname, type);

	if (!OidIsValid(GetDefaultOpClass(type, BTREE_AM_OID)))
		role.index = TVIEW_INDEX_NONE;
	if (is_key_column(request, tle->resname))
	{
		role.role = "key";
		if (list_length(request->key_columns) == 1 || role.index == TVIEW_INDEX_NONE)
			role.index = TVIEW_INDEX_PRIMARY_KEY;
	}
	return role;
}

/* The output column that each key column is; 0 where there is none. */
AttrNumber *
tview_key_attributes(const TviewRequest *request)
{
	AttrNumber *keys = palloc(sizeof(AttrNumber) * list_length(request->key_columns));
	ListCell   *lc;

	foreach(lc, request->key_columns)
		keys[foreach_current_index(lc)] = tview_find_column(request->query, lfirst(lc));
	return keys;
}

static TargetEntry *
output_column(const TviewRequest *request, const char *name)
{
	AttrNumber	resno = tview_find_column(request->query, name);
	ListCell   *lc;

	foreach(lc, request->query->targetList)
		if (!lfirst_node(TargetEntry, lc)->resjunk &&
			lfirst_node(TargetEntry, lc)->resno == resno)
			return lfirst(lc);
	return NULL;
}

/* What is wrong with the name of a column, or NULL. */
static TviewRefusal *
check_name(const TviewRequest *request, TargetEntry *tle)
{
	int			location = exprLocation((Node *) tle->expr);

	if (tle->resname == NULL || tle->resname[0] == '\0' ||
		strcmp(tle->resname, "?column?") == 0)
		return tview_refusal(ERRCODE_INVALID_COLUMN_DEFINITION, location,
							 psprintf("output column %d of %s has no name",
									  tle->resno, tview_request_title(request)),
							 NULL, "Give it a name with AS.");
	if (tview_find_column(request->query, tle->resname) != tle->resno)
		return tview_refusal(ERRCODE_DUPLICATE_COLUMN, location,
							 psprintf("output column \"%s\" of %s is specified more than once",
									  tle->resname, tview_request_title(request)),
							 NULL, "Give each output column a name of its own with AS.");
	return NULL;
}

/* What is wrong with a key column, or NULL. */
static TviewRefusal *
check_key(const TviewRequest *request, const char *name)
{
	TargetEntry *tle = output_column(request, name);
	char	   *title = tview_request_title(request);
	Oid			type;

	if (tle == NULL)
		return tview_refusal(ERRCODE_UNDEFINED_COLUMN, -1,
							 psprintf("key column \"%s\" of %s is missing", name, title),
							 "The definition has no output column of this name.",
							 "Add the column, or name the key: WITH (key = 'column').");
	type = exprType((Node *) tle->expr);
	if (!OidIsValid(lookup_type_cache(type, TYPECACHE_CMP_PROC)->cmp_proc))
		return tview_refusal(ERRCODE_UNDEFINED_FUNCTION, -1,
							 psprintf("key column \"%s\" of %s has type %s, which cannot be a key",
									  name, title, format_type_be(type)),
							 "The type has no default btree operator class.",
							 "Cast the key to a type that can be ordered.");
	return NULL;
}

/* Nothing was asked for by name, and no output column gives it one. */
static TviewRefusal *
no_key(void)
{
	return tview_refusal(ERRCODE_UNDEFINED_COLUMN, -1,
						 "the key column is missing",
						 "By convention the key of tview tv_post is its output column pk_post.",
						 "Add the column, or name the key: WITH (key = 'column').");
}

/* What is wrong with the document, or NULL. */
static TviewRefusal *
check_data(const TviewRequest *request)
{
	TargetEntry *tle = output_column(request, "data");
	char	   *title = tview_request_title(request);
	char	   *key = request->key_columns == NIL ? "column" : linitial(request->key_columns);

	if (tle == NULL)
		return tview_refusal(ERRCODE_UNDEFINED_COLUMN, -1,
							 psprintf("column \"data\" of %s is missing", title),
							 "By convention a tview has a document in column \"data\" of type jsonb.",
							 psprintf("Add the document, or name the key to do without: WITH (key = '%s').",
									  key));
	if (exprType((Node *) tle->expr) != JSONBOID)
		return tview_refusal(ERRCODE_DATATYPE_MISMATCH, exprLocation((Node *) tle->expr),
							 psprintf("column \"data\" of %s has type %s instead of jsonb",
									  title, format_type_be(exprType((Node *) tle->expr))),
							 NULL, "Build the document with jsonb functions, or cast it to jsonb.");
	return NULL;
}

/* Everything that is wrong with the output columns, as a list of TviewRefusal. */
List *
tview_column_refusals(const TviewRequest *request)
{
	List	   *refusals = NIL;
	ListCell   *lc;

	foreach(lc, request->query->targetList)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			refusals = lappend(refusals, check_name(request, lfirst(lc)));
	foreach(lc, request->key_columns)
		refusals = lappend(refusals, check_key(request, lfirst(lc)));
	if (request->key_columns == NIL)
		refusals = lappend(refusals, no_key());
	if (!request->explicit_key)
		refusals = lappend(refusals, check_data(request));
	foreach(lc, refusals)
		if (lfirst(lc) == NULL)
			refusals = foreach_delete_current(refusals, lc);
	return refusals;
}
