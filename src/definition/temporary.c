/*
 * temporary.c
 *		Temporary objects that a definition depends on, itself or through other
 *		objects.
 *
 * They are dropped when their session ends, and everything that depends on them
 * goes along, without an event trigger that could clean up.
 */
#include "base/compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "definition/definition.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* Add an object to a list of ObjectAddress, once; those of the server stay. */
static void
add_object(List **objects, Oid class, Oid object)
{
	ObjectAddress *address;
	ListCell   *lc;

	if (object < FirstNormalObjectId)
		return;
	foreach(lc, *objects)
	{
		address = lfirst(lc);
		if (address->classId == class && address->objectId == object)
			return;
	}
	address = palloc(sizeof(ObjectAddress));
	ObjectAddressSet(*address, class, object);
	*objects = lappend(*objects, address);
}

static bool
add_function(Oid function, void *objects)
{
	add_object(objects, ProcedureRelationId, function);
	return false;
}

static void
add_types(List **objects, List *types)
{
	ListCell   *lc;

	foreach(lc, types)
		add_object(objects, TypeRelationId, lfirst_oid(lc));
}

static void
add_operators(List **objects, Node *node)
{
	ListCell   *lc;

	if (IsA(node, OpExpr) || IsA(node, DistinctExpr) || IsA(node, NullIfExpr))
		add_object(objects, OperatorRelationId, ((OpExpr *) node)->opno);
	else if (IsA(node, ScalarArrayOpExpr))
		add_object(objects, OperatorRelationId, ((ScalarArrayOpExpr *) node)->opno);
	else if (IsA(node, RowCompareExpr))
		foreach(lc, ((RowCompareExpr *) node)->opnos)
			add_object(objects, OperatorRelationId, lfirst_oid(lc));
	else if (IsA(node, SortGroupClause))
	{
		add_object(objects, OperatorRelationId, ((SortGroupClause *) node)->eqop);
		add_object(objects, OperatorRelationId, ((SortGroupClause *) node)->sortop);
	}
}

/* A name that was looked up: 'x'::regclass. */
static void
add_named(List **objects, Const *name)
{
	if (name->constisnull)
		return;
	if (name->consttype == REGCLASSOID)
		add_object(objects, RelationRelationId, DatumGetObjectId(name->constvalue));
	else if (name->consttype == REGPROCOID || name->consttype == REGPROCEDUREOID)
		add_object(objects, ProcedureRelationId, DatumGetObjectId(name->constvalue));
	else if (name->consttype == REGTYPEOID)
		add_object(objects, TypeRelationId, DatumGetObjectId(name->constvalue));
}

/* Types come in with columns, constants, functions and casts. */
static bool
brings_type(Node *node)
{
	switch (nodeTag(node))
	{
		case T_Var:
		case T_Const:
		case T_FuncExpr:
		case T_FieldSelect:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_ArrayCoerceExpr:
		case T_ConvertRowtypeExpr:
		case T_RowExpr:
		case T_CoerceToDomain:
			return true;
		default:
			return false;
	}
}

/* Temporary tables are refused by a rule of their own. */
static void
add_relations(List **objects, Query *query)
{
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_RELATION &&
			get_rel_persistence(rte->relid) != RELPERSISTENCE_TEMP)
			add_object(objects, RelationRelationId, rte->relid);
	}
}

static bool
objects_walker(Node *node, List **objects)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Query))
	{
		add_relations(objects, (Query *) node);
		return query_tree_walker((Query *) node, objects_walker, objects,
								 QTW_EXAMINE_SORTGROUP);
	}
	check_functions_in_node(node, add_function, objects);
	add_operators(objects, node);
	if (brings_type(node))
	{
		add_object(objects, TypeRelationId, exprType(node));
		add_object(objects, CollationRelationId, exprCollation(node));
	}
	if (IsA(node, CollateExpr))
		add_object(objects, CollationRelationId, ((CollateExpr *) node)->collOid);
	else if (IsA(node, Const))
		add_named(objects, (Const *) node);
	else if (IsA(node, RangeTblFunction))
		add_types(objects, ((RangeTblFunction *) node)->funccoltypes);
	else if (IsA(node, TableFunc))
		add_types(objects, ((TableFunc *) node)->coltypes);
	return expression_tree_walker(node, objects_walker, objects);
}

/* Add what an object depends on; true where it lies in a temporary schema. */
static bool
add_dependencies(List **objects, Relation depend, const ObjectAddress *object)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		temporary = false;

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(object->classId));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(object->objectId));
	scan = systable_beginscan(depend, DependDependerIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (form->refclassid == NamespaceRelationId)
			temporary = temporary || isAnyTempNamespace(form->refobjid);
		else
			add_object(objects, form->refclassid, form->refobjid);
	}
	systable_endscan(scan);
	return temporary;
}

/* Of these objects and all that they depend on, the temporary ones. */
static List *
temporary_objects(List *objects)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	List	   *result = NIL;

	for (int i = 0; i < list_length(objects); i++)
	{
		ObjectAddress *object = list_nth(objects, i);

		CHECK_FOR_INTERRUPTS();
		if (add_dependencies(&objects, depend, object))
			result = lappend(result, object);
	}
	table_close(depend, AccessShareLock);
	return result;
}

static char *
object_name(const ObjectAddress *object)
{
	int			cache = get_object_catcache_oid(object->classId);
	HeapTuple	tuple = SearchSysCache1(cache, ObjectIdGetDatum(object->objectId));
	bool		isnull;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for object %u", object->objectId);
	name = pstrdup(NameStr(*DatumGetName(SysCacheGetAttr(cache, tuple,
														 get_object_attnum_name(object->classId),
														 &isnull))));
	ReleaseSysCache(tuple);
	return name;
}

/*
 * Temporary objects that an expanded definition, or one of these views in it,
 * depends on.
 */
List *
tview_temporary_refusals(List *views, Query *expanded)
{
	List	   *objects = NIL;
	List	   *refusals = NIL;
	ListCell   *lc;

	foreach(lc, views)
		add_object(&objects, RelationRelationId, lfirst_oid(lc));
	objects_walker((Node *) expanded, &objects);
	foreach(lc, temporary_objects(objects))
		refusals = lappend(refusals,
						   tview_refusal(ERRCODE_INVALID_TABLE_DEFINITION, -1,
										 psprintf("temporary %s \"%s\" cannot be used in a tview",
												  getObjectTypeDescription(lfirst(lc), false),
												  object_name(lfirst(lc))),
										 "It is dropped when its session ends, and what depends on it goes along.",
										 "Create it in a permanent schema."));
	return refusals;
}
