/*
 * names.c
 *		Functions, types and others that a descriptor's queries call by name.
 *
 * Tracing queries and those on the view are kept as text.  Views survive a
 * rename of what they use; for that text, a rename must be noticed.  Relations
 * send relation cache invalidations; schemas, operators, collations, labels of enums
 * and text search objects are renamed so rarely that any change to one renews all
 * descriptors.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "analyze/analyze.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
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

/* Any change to a relation, its columns included, sends its Oid to the relation cache. */
static void
add_relation(List **names, Oid relid)
{
	TviewName  *name;

	if (relid < FirstNormalObjectId)
		return;
	name = palloc(sizeof(TviewName));
	name->cache = TVIEW_NAME_RELATION;
	name->hash = relid;
	*names = lappend(*names, name);
}

static bool
add_function(Oid function, void *names)
{
	add_name(names, PROCOID, function);
	return false;
}

/* Constants that are an Oid, but are written as the name of what it stands for. */
static void
add_constant(List **names, Const *constant)
{
	if (constant->constisnull)
		return;
	switch (constant->consttype)
	{
		case REGCLASSOID:
			add_relation(names, DatumGetObjectId(constant->constvalue));
			break;
		case REGTYPEOID:
			add_name(names, TYPEOID, DatumGetObjectId(constant->constvalue));
			break;
		case REGPROCOID:
		case REGPROCEDUREOID:
			add_name(names, PROCOID, DatumGetObjectId(constant->constvalue));
			break;
		default:
			break;
	}
}

/* Is the type of such an expression written with it? */
static bool
shows_type(Node *node)
{
	switch (nodeTag(node))
	{
		case T_Var:
		case T_Const:
		case T_FuncExpr:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_ArrayCoerceExpr:
		case T_ConvertRowtypeExpr:
		case T_CoerceToDomain:
		case T_RowExpr:
		case T_FieldStore:
		case T_ArrayExpr:
		case T_XmlExpr:
			return true;
		default:
			return is_json_expression(node);
	}
}

/* Types of the columns that a function or XMLTABLE in FROM is said to return. */
static void
add_column_types(List **names, List *types)
{
	ListCell   *lc;

	foreach(lc, types)
		add_name(names, TYPEOID, lfirst_oid(lc));
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
	if (shows_type(node))
		add_name(names, TYPEOID, exprType(node));
	if (IsA(node, Const))
		add_constant(names, (Const *) node);
	else if (IsA(node, FieldSelect))
		add_relation(names, get_typ_typrelid(getBaseType(exprType((Node *) ((FieldSelect *) node)->arg))));
	else if (IsA(node, RangeTblFunction))
		add_column_types(names, ((RangeTblFunction *) node)->funccoltypes);
	else if (IsA(node, TableFunc))
		add_column_types(names, ((TableFunc *) node)->coltypes);
	return expression_tree_walker(node, names_walker, names);
}

/* What an expanded definition calls by name, as a list of TviewName. */
List *
tview_names_used(Query *expanded)
{
	List	   *names = NIL;
	ListCell   *lc;

	names_walker((Node *) expanded, &names);
	foreach(lc, tview_relations_in((Node *) expanded))
		add_relation(&names, lfirst_node(RangeTblEntry, lc)->relid);
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
