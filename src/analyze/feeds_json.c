/*
 * feeds_json.c
 *		What the server's functions make of json, as far as paths go.
 */
#include "base/compat.h"

#include "analyze/feeds_private.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

/*
 * By name, since the strict variants of the aggregates do not exist in every
 * version of the server.
 */
static const struct
{
	const char *name;
	JsonRole	role;
}			json_functions[] =
{
	{"jsonb_build_object", JSON_OBJECT_BUILDER},
	{"json_build_object", JSON_OBJECT_BUILDER},
	{"jsonb_build_array", JSON_ARRAY_BUILDER},
	{"json_build_array", JSON_ARRAY_BUILDER},
	{"jsonb_agg", JSON_ARRAY_AGGREGATE},
	{"jsonb_agg_strict", JSON_ARRAY_AGGREGATE},
	{"json_agg", JSON_ARRAY_AGGREGATE},
	{"json_agg_strict", JSON_ARRAY_AGGREGATE},
	{"array_agg", JSON_ARRAY_AGGREGATE},
	{"to_jsonb", JSON_SAME},
	{"to_json", JSON_SAME},
	{"jsonb_strip_nulls", JSON_SAME},
	{"json_strip_nulls", JSON_SAME}
};

JsonRole
feeds_json_role(Oid function)
{
	char	   *name;

	if (get_func_namespace(function) != PG_CATALOG_NAMESPACE)
		return JSON_OTHER;
	name = get_func_name(function);
	for (int i = 0; i < lengthof(json_functions); i++)
		if (strcmp(name, json_functions[i].name) == 0)
			return json_functions[i].role;
	return JSON_OTHER;
}

static bool
is_simple_member(const char *key)
{
	if (*key == '\0')
		return false;
	for (; *key; key++)
		if (strchr(".[]\"\\", *key) != NULL || (unsigned char) *key < ' ')
			return false;
	return true;
}

/* The path of a member; names that could be taken for a path are quoted. */
const char *
feeds_member(const char *path, Const *key)
{
	StringInfoData result;
	Oid			output;
	bool		varlena;
	char	   *name;

	getTypeOutputInfo(key->consttype, &output, &varlena);
	name = OidOutputFunctionCall(output, key->constvalue);
	initStringInfo(&result);
	appendStringInfo(&result, "%s%s", path, *path ? "." : "");
	if (is_simple_member(name))
		appendStringInfoString(&result, name);
	else
		escape_json(&result, name);
	return result.data;
}

static JsonShape
shape_of_const(Const *value)
{
	Jsonb	   *jsonb;

	if (value->constisnull)
		return JSON_NOTHING;
	if (value->consttype != JSONBOID)
		return JSON_UNKNOWN;
	jsonb = DatumGetJsonbP(value->constvalue);
	if (JB_ROOT_IS_OBJECT(jsonb))
		return JSON_OBJECT;
	return JB_ROOT_IS_SCALAR(jsonb) ? JSON_UNKNOWN : JSON_ARRAY;
}

static JsonShape
shape_of_call(Query *query, Oid function, List *args)
{
	switch (feeds_json_role(function))
	{
		case JSON_OBJECT_BUILDER:
			return JSON_OBJECT;
		case JSON_ARRAY_BUILDER:
		case JSON_ARRAY_AGGREGATE:
			return JSON_ARRAY;
		case JSON_SAME:
			return feeds_json_shape(query, linitial(args));
		default:
			return JSON_UNKNOWN;
	}
}

static JsonShape
shape_of_var(Query *query, Var *var)
{
	RangeTblEntry *rte;
	TargetEntry *tle;

	if (var->varlevelsup > 0)
		return JSON_UNKNOWN;
	rte = rt_fetch(var->varno, query->rtable);
	if (rte->rtekind != RTE_SUBQUERY || rte->subquery->setOperations != NULL)
		return JSON_UNKNOWN;
	tle = get_tle_by_resno(rte->subquery->targetList, var->varattno);
	return tle == NULL ? JSON_UNKNOWN :
		feeds_json_shape(rte->subquery, (Node *) tle->expr);
}

/* The shape that all expressions have. */
static JsonShape
common_shape(Query *query, List *exprs)
{
	JsonShape	common = JSON_NOTHING;
	ListCell   *lc;

	foreach(lc, exprs)
	{
		JsonShape	shape = feeds_json_shape(query, lfirst(lc));

		if (shape == JSON_NOTHING)
			continue;
		if (common != JSON_NOTHING && shape != common)
			return JSON_UNKNOWN;
		common = shape;
	}
	return common;
}

/* The shape of an expression of a query level. */
JsonShape
feeds_json_shape(Query *query, Node *node)
{
	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_Const:
			return shape_of_const((Const *) node);
		case T_FuncExpr:
			return shape_of_call(query, ((FuncExpr *) node)->funcid,
								 ((FuncExpr *) node)->args);
		case T_Aggref:
			return shape_of_call(query, ((Aggref *) node)->aggfnoid, NIL);
		case T_Var:
			return shape_of_var(query, (Var *) node);
		case T_CoalesceExpr:
			return common_shape(query, ((CoalesceExpr *) node)->args);
		case T_OpExpr:
			if (((OpExpr *) node)->opfuncid == F_JSONB_CONCAT)
				return common_shape(query, ((OpExpr *) node)->args);
			return JSON_UNKNOWN;
		default:
			return JSON_UNKNOWN;
	}
}
