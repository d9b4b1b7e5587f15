/*
 * compat.h
 *		The only place that knows PostgreSQL versions.
 *
 * The rest of the code is written against the newest API; each entry says what
 * changed and when it can go.  PostgreSQL 15 is the oldest supported server.
 */
#ifndef TVIEWS_COMPAT_H
#define TVIEWS_COMPAT_H

#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/guc_tables.h"

#if PG_VERSION_NUM < 150000
#error "pg_tviews needs PostgreSQL 15 or later"
#endif

/*
 * 16 hides a module's symbols by default and exports those marked; 15 exports
 * everything.  Ask for the newer behaviour on both.  Delete with 15.
 */
#if PG_VERSION_NUM < 160000
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

/* 16 gave flatten_join_alias_vars a planner argument.  Delete with 15. */
#if PG_VERSION_NUM >= 160000
#define flatten_join_alias_vars_compat(query, node) \
	flatten_join_alias_vars(NULL, query, node)
#else
#define flatten_join_alias_vars_compat(query, node) \
	flatten_join_alias_vars(query, node)
#endif

/* 16 notes in each Var which outer joins can make it NULL.  Delete with 15. */
#if PG_VERSION_NUM >= 160000
#define var_forget_outer_joins(var) ((var)->varnullingrels = NULL)
#else
#define var_forget_outer_joins(var) ((void) (var))
#endif

/*
 * 18 routes grouped expressions through a range table entry of their own;
 * before it there is nothing to flatten.  Delete with 17.
 */
#if PG_VERSION_NUM >= 180000
#define query_has_group_rte(query) ((query)->hasGroupRTE)
#define flatten_group_exprs_compat(query, node) \
	flatten_group_exprs(NULL, query, node)
#define query_drop_group_rte(query) ((query)->hasGroupRTE = false)
#else
#define query_has_group_rte(query) false
#define flatten_group_exprs_compat(query, node) (node)
#define query_drop_group_rte(query) ((void) 0)
#endif

/* 16 split "which indexes need entries" into an enum.  Delete with 15. */
#if PG_VERSION_NUM >= 160000
typedef TU_UpdateIndexes TviewUpdateIndexes;
#define update_needs_indexes(state) ((state) != TU_None)
#define update_only_summarizing(state) ((state) == TU_Summarizing)
#define ExecInsertIndexTuples_compat(relinfo, slot, estate, update, summarizing) \
	ExecInsertIndexTuples(relinfo, slot, estate, update, false, NULL, NIL, summarizing)
#else
typedef bool TviewUpdateIndexes;
#define update_needs_indexes(state) (state)
#define update_only_summarizing(state) false
#define ExecInsertIndexTuples_compat(relinfo, slot, estate, update, summarizing) \
	ExecInsertIndexTuples(relinfo, slot, estate, update, false, NULL, NIL)
#endif

/*
 * 16 moved permission data out of range table entries, 18 wants the indexes of
 * unpruned relations too.  Delete with 17.
 */
static inline void
init_result_range_table(EState *estate, RangeTblEntry *rte, Bitmapset *updated)
{
#if PG_VERSION_NUM >= 160000
	RTEPermissionInfo *perminfo = makeNode(RTEPermissionInfo);

	perminfo->relid = rte->relid;
	perminfo->updatedCols = updated;
	rte->perminfoindex = 1;
#if PG_VERSION_NUM >= 180000
	ExecInitRangeTable(estate, list_make1(rte), list_make1(perminfo),
					   bms_make_singleton(1));
#else
	ExecInitRangeTable(estate, list_make1(rte), list_make1(perminfo));
#endif
#else
	rte->updatedCols = updated;
	ExecInitRangeTable(estate, list_make1(rte));
#endif
}

/* 18 added an instrumentation argument.  Delete with 17. */
#if PG_VERSION_NUM >= 180000
#define index_beginscan_compat(heap, index, snapshot, nkeys) \
	index_beginscan(heap, index, snapshot, NULL, nkeys, 0)
#else
#define index_beginscan_compat(heap, index, snapshot, nkeys) \
	index_beginscan(heap, index, snapshot, nkeys, 0)
#endif

/* 18 took the last argument of ExecutorRun away.  Delete with 17. */
#if PG_VERSION_NUM >= 180000
#define EXECUTOR_RUN_PARAMETERS \
	QueryDesc *query, ScanDirection direction, uint64 count
#define EXECUTOR_RUN_ARGUMENTS query, direction, count
#else
#define EXECUTOR_RUN_PARAMETERS \
	QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once
#define EXECUTOR_RUN_ARGUMENTS query, direction, count, execute_once
#endif

/* 16 told indexes that keep an update from being HOT from others.  Delete with 15. */
#if PG_VERSION_NUM < 160000
#define INDEX_ATTR_BITMAP_HOT_BLOCKING INDEX_ATTR_BITMAP_ALL
#endif

/* 16 lets others look for a setting's variable by name.  Delete with 15. */
static inline struct config_generic *
find_guc(const char *name)
{
#if PG_VERSION_NUM >= 160000
	return find_option(name, false, true, 0);
#else
	struct config_generic **variables = get_guc_variables();

	for (int i = 0; i < GetNumConfigOptions(); i++)
		if (pg_strcasecmp(variables[i]->name, name) == 0)
			return variables[i];
	return NULL;
#endif
}

/* 18 lets the caller reserve bytes before the tuple.  Delete with 17. */
#if PG_VERSION_NUM >= 180000
#define heap_form_minimal_tuple_compat(tupdesc, values, nulls) \
	heap_form_minimal_tuple(tupdesc, values, nulls, 0)
#else
#define heap_form_minimal_tuple_compat(tupdesc, values, nulls) \
	heap_form_minimal_tuple(tupdesc, values, nulls)
#endif

/* 18 looks beyond btree for what an operator means.  Delete with 17. */
#if PG_VERSION_NUM < 180000
#define get_op_index_interpretation(opno) get_op_btree_interpretation(opno)
#define OpIndexInterpretation OpBtreeInterpretation
#endif

/* 16 replaced the per-catalog privilege checks by one each.  Delete with 15. */
#if PG_VERSION_NUM >= 160000
#define relation_ownercheck_compat(relid, role) \
	object_ownercheck(RelationRelationId, relid, role)
#define schema_ownercheck_compat(schema, role) \
	object_ownercheck(NamespaceRelationId, schema, role)
#define schema_aclcheck_compat(schema, role, mode) \
	object_aclcheck(NamespaceRelationId, schema, role, mode)
#else
#define relation_ownercheck_compat(relid, role) \
	pg_class_ownercheck(relid, role)
#define schema_ownercheck_compat(schema, role) \
	pg_namespace_ownercheck(schema, role)
#define schema_aclcheck_compat(schema, role, mode) \
	pg_namespace_aclcheck(schema, role, mode)
#endif

/* 16 moved this macro to a header that extensions can see.  Delete with 15. */
#ifndef IS_SRF_CALL
#define IS_SRF_CALL(node) \
	((IsA(node, FuncExpr) && ((FuncExpr *) (node))->funcretset) || \
	 (IsA(node, OpExpr) && ((OpExpr *) (node))->opretset))
#endif

/* 17 can give generated columns another expression.  Delete with 16. */
#if PG_VERSION_NUM >= 170000
#define is_set_expression(subtype) ((subtype) == AT_SetExpression)
#else
#define is_set_expression(subtype) false
#endif

/* 18 computes virtual generated columns when they are read.  Delete with 17. */
#if PG_VERSION_NUM >= 180000
#define has_virtual_columns(tupdesc) \
	((tupdesc)->constr != NULL && (tupdesc)->constr->has_generated_virtual)
#define attribute_is_virtual(attr) \
	((attr)->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
#define virtual_column_expression(rel, attno) \
	build_generation_expression(rel, attno)
#else
#define has_virtual_columns(tupdesc) false
#define attribute_is_virtual(attr) false
#define virtual_column_expression(rel, attno) NULL
#endif

/* 18 has NOT NULL constraints that are not valid for all rows.  Delete with 17. */
#if PG_VERSION_NUM >= 180000
#define attribute_not_null(tupdesc, i) \
	(TupleDescCompactAttr(tupdesc, i)->attnullability == ATTNULLABLE_VALID)
#else
#define attribute_not_null(tupdesc, i) (TupleDescAttr(tupdesc, i)->attnotnull)
#endif

/* 16 and later wrap SQL/JSON expressions, which may name a type.  Delete with 15. */
static inline bool
is_json_expression(Node *node)
{
#if PG_VERSION_NUM >= 170000
	return IsA(node, JsonConstructorExpr) || IsA(node, JsonExpr);
#elif PG_VERSION_NUM >= 160000
	return IsA(node, JsonConstructorExpr);
#else
	return false;
#endif
}

#endif							/* TVIEWS_COMPAT_H */
