/*
 * names.c
 *		Functions and types that a descriptor's queries call by name.
 *
 * Tracing queries and those on the view are kept as text.  Views survive a
 * rename of what they use; for that text, a rename must be noticed.  Relations
 * send relation cache invalidations; schemas, operators and collations are
 * renamed so rarely that any change to one renews all descriptors.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "analyze/analyze.h"
#include "catalog/pg_operator.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static void
add_name(List **names, int cache, Oid object)
{
	TviewName  *name;

	if (object < FirstNormalObjectId)
		return;					/* nobody renames those of the server */
	name = palloc(sizeof(TviewName));
	name->cache = cache;
	name->hash = GetSysCacheHashValue1(cache, ObjectIdGetDatum(object));
	*names = lappend(*names, name);
}

static bool
add_function(Oid function, void *names)
{
	add_name(names, PROCOID, function);
	return false;
}

static bool
names_walker(Node *node, List **names)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, names_walker, names, 0);
	check_functions_in_node(node, add_function, names);
	if (IsA(node, Var) || IsA(node, Const) || IsA(node, FuncExpr) ||
		IsA(node, RelabelType) || IsA(node, CoerceViaIO) || IsA(node, CoerceToDomain))
		add_name(names, TYPEOID, exprType(node));
	return expression_tree_walker(node, names_walker, names);
}

/* What an expanded definition calls by name, as a list of TviewName. */
List *
tview_names_used(Query *expanded)
{
	List	   *names = NIL;

	names_walker((Node *) expanded, &names);
	return names;
}

/* An operator's qualified name, as OPERATOR() takes it. */
char *
tview_operator_name(Oid operator)
{
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator));
	Form_pg_operator form;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", operator);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	name = psprintf("%s.%s", quote_identifier(get_namespace_name(form->oprnamespace)),
					NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return name;
}
