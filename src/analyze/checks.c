/*
 * checks.c
 *		What a definition may not contain.
 *
 * These functions return reasons instead of throwing them, so that
 * pg_tviews_analyze_select() can list all of them.
 */
#include "base/compat.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/transam.h"
#include "analyze/analyze.h"
#include "catalog/catalog.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

/* Functions of the server that read tables named in their arguments. */
static const Oid table_readers[] = {
	F_TABLE_TO_XML, F_TABLE_TO_XMLSCHEMA, F_TABLE_TO_XML_AND_XMLSCHEMA,
	F_SCHEMA_TO_XML, F_SCHEMA_TO_XMLSCHEMA, F_SCHEMA_TO_XML_AND_XMLSCHEMA,
	F_DATABASE_TO_XML, F_DATABASE_TO_XMLSCHEMA,
	F_DATABASE_TO_XML_AND_XMLSCHEMA
};

/* Libraries whose functions, where STABLE, run the text of a query. */
static const char *const query_libraries[] = {"tablefunc", "pgxml", "dblink"};

/*
 * Functions whose result changes while no row does: by the clock or settings, by the
 * transaction, by the session.  Those of the current user, schema and database are
 * not among them: a definition is always evaluated as its owner, with one path.
 */
static const Oid clock_functions[] = {
	F_NOW, F_TRANSACTION_TIMESTAMP, F_STATEMENT_TIMESTAMP,
	F_AGE_TIMESTAMPTZ, F_AGE_TIMESTAMP,
	F_CURRENT_SETTING_TEXT, F_CURRENT_SETTING_TEXT_BOOL,
	F_TXID_CURRENT, F_TXID_CURRENT_IF_ASSIGNED, F_TXID_CURRENT_SNAPSHOT,
	F_PG_CURRENT_XACT_ID, F_PG_CURRENT_XACT_ID_IF_ASSIGNED, F_PG_CURRENT_SNAPSHOT,
	F_AGE_XID, F_PG_TRIGGER_DEPTH,
	F_PG_BACKEND_PID, F_SESSION_USER, F_CURRENT_SCHEMAS, F_PG_MY_TEMP_SCHEMA,
	F_INET_CLIENT_ADDR, F_INET_CLIENT_PORT, F_INET_SERVER_ADDR, F_INET_SERVER_PORT,
#ifdef F_SYSTEM_USER			/* since 16 */
	F_SYSTEM_USER,
#endif
	F_PG_POSTMASTER_START_TIME, F_PG_CONF_LOAD_TIME
};

/* What the input of dates and times takes for a point in time that moves. */
static const char *const clock_words[] = {"now", "today", "tomorrow", "yesterday"};

typedef struct CheckContext
{
	List	   *refusals;
	int			location;		/* of the expression being checked */
	bool		clock;			/* or settings, or the session */
	bool		reads_declared; /* it is known what functions read */
} CheckContext;

/* Make a reason to refuse; detail and hint may be NULL. */
TviewRefusal *
tview_refusal(int sqlstate, int location, char *message, char *detail,
			  char *hint)
{
	TviewRefusal *refusal = palloc(sizeof(TviewRefusal));

	refusal->sqlstate = sqlstate;
	refusal->location = location;
	refusal->message = message;
	refusal->detail = detail;
	refusal->hint = hint;
	return refusal;
}

static bool
oid_in(Oid value, const Oid *array, int n)
{
	for (int i = 0; i < n; i++)
		if (array[i] == value)
			return true;
	return false;
}

static void
refuse_function(CheckContext *context, Oid function, char *message, char *detail,
				char *hint)
{
	context->refusals =
		lappend(context->refusals,
				tview_refusal(ERRCODE_FEATURE_NOT_SUPPORTED, context->location,
							  psprintf(message, format_procedure(function)),
							  detail, hint));
}

/* Is it in one of the libraries that run queries given as text? */
static bool
runs_query_text(HeapTuple tuple)
{
	bool		isnull;
	Datum		probin = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_probin, &isnull);
	const char *library;

	if (isnull)
		return false;
	library = TextDatumGetCString(probin);
	library = last_dir_separator(library) ? last_dir_separator(library) + 1 : library;
	for (int i = 0; i < lengthof(query_libraries); i++)
	{
		size_t		length = strlen(query_libraries[i]);

		if (strncmp(library, query_libraries[i], length) == 0 &&
			(library[length] == '\0' || library[length] == '.'))
			return true;
	}
	return false;
}

/* A user's function in SQL or a procedural language may read any table. */
static bool
may_read_tables(HeapTuple tuple)
{
	Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(tuple);

	if (oid_in(proc->oid, table_readers, lengthof(table_readers)))
		return true;
	if (proc->oid < FirstNormalObjectId || proc->provolatile != PROVOLATILE_STABLE)
		return false;
	if (proc->prolang == ClanguageId)
		return runs_query_text(tuple);
	return proc->prolang != INTERNALlanguageId;
}

static bool check_function(Oid function, void *arg);

/* Whatever its functions are, an aggregate counts as IMMUTABLE. */
static void
check_aggregate(Oid aggregate, CheckContext *context)
{
	HeapTuple	tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(aggregate));
	Form_pg_aggregate form;
	Oid			functions[8];

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for aggregate %u", aggregate);
	form = (Form_pg_aggregate) GETSTRUCT(tuple);
	functions[0] = form->aggtransfn;
	functions[1] = form->aggfinalfn;
	functions[2] = form->aggcombinefn;
	functions[3] = form->aggserialfn;
	functions[4] = form->aggdeserialfn;
	functions[5] = form->aggmtransfn;
	functions[6] = form->aggminvtransfn;
	functions[7] = form->aggmfinalfn;
	ReleaseSysCache(tuple);
	for (int i = 0; i < lengthof(functions); i++)
		if (OidIsValid(functions[i]))
			check_function(functions[i], context);
}

static bool
check_function(Oid function, void *arg)
{
	CheckContext *context = arg;
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc proc;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	proc = (Form_pg_proc) GETSTRUCT(tuple);
	if (proc->provolatile == PROVOLATILE_VOLATILE)
		refuse_function(context, function,
						"function %s is volatile and cannot be used in a tview",
						"Its result can change without any change to a base table.",
						"Compute the value when the base row is written, or mark the function "
						"IMMUTABLE or STABLE if it is.");
	else if (!context->reads_declared && may_read_tables(tuple))
		refuse_function(context, function,
						"function %s may read tables and cannot be used in a tview",
						"Changes to the tables that it reads would not be noticed.",
						"Write its query into the definition, or name the tables that it reads: "
						"WITH (reads = '...'), or mark the function IMMUTABLE if its result "
						"depends on its arguments only.");
	if (oid_in(function, clock_functions, lengthof(clock_functions)))
		context->clock = true;
	if (proc->prokind == PROKIND_AGGREGATE)
		check_aggregate(function, context);
	ReleaseSysCache(tuple);
	return false;
}

static bool
clock_word_walker(Node *node, void *context)
{
	Const	   *constant = (Const *) node;
	char	   *value;

	if (node == NULL)
		return false;
	if (!IsA(node, Const))
		return expression_tree_walker(node, clock_word_walker, context);
	if (constant->constisnull ||
		(constant->consttype != TEXTOID && constant->consttype != VARCHAROID &&
		 constant->consttype != BPCHAROID))
		return false;
	value = TextDatumGetCString(constant->constvalue);
	value = str_tolower(value, strlen(value), C_COLLATION_OID);
	for (int i = 0; i < lengthof(clock_words); i++)
		if (strstr(value, clock_words[i]) != NULL)
			return true;
	return false;
}

/*
 * A cast of text to a date or time goes by the clock where the text is "now" or the
 * like.  What counts is whether the definition can say so itself, by a constant
 * anywhere in the argument.  A column that is cast can say so as well, but only
 * where somebody has stored a word in the place of a date; of nearly all such
 * columns the notice would be wrong, and their documents never patched.
 */
static bool
is_clock_cast(Node *node)
{
	Oid			type;

	if (!IsA(node, CoerceViaIO) && !IsA(node, ArrayCoerceExpr))
		return false;
	type = getBaseType(exprType(node));
	if (OidIsValid(get_element_type(type)))
		type = getBaseType(get_element_type(type));
	return (type == DATEOID || type == TIMEOID || type == TIMETZOID ||
			type == TIMESTAMPOID || type == TIMESTAMPTZOID) &&
		expression_tree_walker(node, clock_word_walker, NULL);
}

static bool
is_clock_value(Node *node)
{
	if (!IsA(node, SQLValueFunction))
		return false;
	switch (((SQLValueFunction *) node)->op)
	{
		case SVFOP_CURRENT_DATE:
		case SVFOP_CURRENT_TIME:
		case SVFOP_CURRENT_TIME_N:
		case SVFOP_CURRENT_TIMESTAMP:
		case SVFOP_CURRENT_TIMESTAMP_N:
		case SVFOP_LOCALTIME:
		case SVFOP_LOCALTIME_N:
		case SVFOP_LOCALTIMESTAMP:
		case SVFOP_LOCALTIMESTAMP_N:
		case SVFOP_SESSION_USER:
			return true;
		default:
			return false;
	}
}

static void
check_query(Query *query, CheckContext *context)
{
	if (query->commandType != CMD_SELECT || query->hasModifyingCTE)
		context->refusals =
			lappend(context->refusals,
					tview_refusal(ERRCODE_FEATURE_NOT_SUPPORTED, -1,
								  "a tview definition must not change data",
								  NULL, "Use a plain SELECT."));
	if (query->rowMarks != NIL)
		context->refusals =
			lappend(context->refusals,
					tview_refusal(ERRCODE_FEATURE_NOT_SUPPORTED, -1,
								  "FOR UPDATE and FOR SHARE are not allowed in a tview definition",
								  "A definition is evaluated at every refresh and must not lock rows.",
								  "Remove the locking clause."));
}

static bool
check_walker(Node *node, CheckContext *context)
{
	int			saved = context->location;
	bool		result;

	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Query))
	{
		check_query((Query *) node, context);
		return query_tree_walker((Query *) node, check_walker, context, 0);
	}
	if (exprLocation(node) >= 0)
		context->location = exprLocation(node);
	if (is_clock_value(node) || is_clock_cast(node))
		context->clock = true;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
		context->refusals =
			lappend(context->refusals,
					tview_refusal(ERRCODE_UNDEFINED_PARAMETER, context->location,
								  "a tview definition must not contain parameters",
								  NULL, "Write the value into the definition."));
	check_functions_in_node(node, check_function, context);
	result = expression_tree_walker(node, check_walker, context);
	context->location = saved;
	return result;
}

static bool
is_system_relation(Oid relid)
{
	char	   *schema = get_namespace_name(get_rel_namespace(relid));

	return relid < FirstNormalObjectId ||
		get_rel_namespace(relid) == PG_CATALOG_NAMESPACE ||
		(schema != NULL && strcmp(schema, "information_schema") == 0);
}

/* Why a relation cannot be a base table; NULL where it can. */
static TviewRefusal *
check_relation(Oid relid, Oid self)
{
	char	   *name = get_rel_name(relid);
	char		relkind = get_rel_relkind(relid);

	if (relid == self)
		return tview_refusal(ERRCODE_INVALID_OBJECT_DEFINITION, -1,
							 psprintf("tview \"%s\" cannot be defined by reading itself", name),
							 NULL, "Read the base tables instead.");
	if (is_system_relation(relid))
		return tview_refusal(ERRCODE_WRONG_OBJECT_TYPE, -1,
							 psprintf("system relation \"%s\" cannot be a base table of a tview", name),
							 "Changes to system relations cannot be captured.",
							 "Copy what you need into a table of your own.");
	if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE &&
		relkind != RELKIND_FOREIGN_TABLE)
		return tview_refusal(ERRCODE_WRONG_OBJECT_TYPE, -1,
							 psprintf("relation \"%s\" cannot be a base table of a tview", name),
							 relkind == RELKIND_MATVIEW ?
							 "A materialized view does not tell which of its rows changed." :
							 "Only tables, partitioned tables and foreign tables can be.",
							 relkind == RELKIND_MATVIEW ?
							 "Make the materialized view a tview, or read the tables below it." :
							 "Read a table instead.");
	if (get_rel_persistence(relid) == RELPERSISTENCE_TEMP)
		return tview_refusal(ERRCODE_INVALID_TABLE_DEFINITION, -1,
							 psprintf("temporary table \"%s\" cannot be a base table of a tview", name),
							 "A temporary table is visible to its own session only.",
							 "Use a permanent table.");
	return NULL;
}

static TviewRefusal *
check_sample(RangeTblEntry *rte)
{
	if (rte->tablesample == NULL)
		return NULL;
	return tview_refusal(ERRCODE_FEATURE_NOT_SUPPORTED, -1,
						 psprintf("TABLESAMPLE of \"%s\" is not allowed in a tview definition",
								  get_rel_name(rte->relid)),
						 "A sample is different at every evaluation.",
						 "Filter by a column instead.");
}

/* The row identity of a physical tuple is not part of the data. */
static TviewRefusal *
check_columns(ColumnUsage *usage)
{
	int			column = bms_next_member(usage->columns, -1);

	for (; column >= 0; column = bms_next_member(usage->columns, column))
	{
		AttrNumber	attno = column + FirstLowInvalidHeapAttributeNumber;

		if (attno < 0 && attno != TableOidAttributeNumber)
			return tview_refusal(ERRCODE_FEATURE_NOT_SUPPORTED, -1,
								 psprintf("system column of \"%s\" cannot be used in a tview",
										  get_rel_name(usage->rte->relid)),
								 "It changes when the row is moved or locked.",
								 "Use the primary key of the table.");
	}
	return NULL;
}

/* Of the reasons for one relation, the first. */
static TviewRefusal *
check_usage(ColumnUsage *usage, Oid self)
{
	TviewRefusal *refusal = check_relation(usage->rte->relid, self);

	if (refusal == NULL)
		refusal = check_sample(usage->rte);
	return refusal != NULL ? refusal : check_columns(usage);
}

/*
 * All reasons to refuse an expanded definition: a list of TviewRefusal.
 *
 * self: the table of the tview if it exists already, else InvalidOid.  reads:
 * Oids of the tables that its functions are declared to read.
 */
List *
tview_check_definition(Query *expanded, Oid self, List *reads)
{
	CheckContext context = {NIL, -1, false, reads != NIL};
	List	   *usages = tview_column_usage(expanded);
	ListCell   *lc;

	check_walker((Node *) expanded, &context);
	foreach(lc, usages)
	{
		TviewRefusal *refusal = check_usage(lfirst(lc), self);

		if (refusal != NULL)
			context.refusals = lappend(context.refusals, refusal);
	}
	foreach(lc, reads)
	{
		TviewRefusal *refusal = check_relation(lfirst_oid(lc), self);

		if (refusal != NULL)
			context.refusals = lappend(context.refusals, refusal);
	}
	if (usages == NIL && reads == NIL)
		context.refusals =
			lappend(context.refusals,
					tview_refusal(ERRCODE_INVALID_OBJECT_DEFINITION, -1,
								  "a tview must read at least one table",
								  "Without a base table its rows would never change.",
								  "Use a view or a table."));
	return context.refusals;
}

/* Does the definition depend on the clock or on settings? */
bool
tview_depends_on_clock(Query *expanded)
{
	CheckContext context = {NIL, -1, false, true};

	check_walker((Node *) expanded, &context);
	return context.clock;
}

/* The base relations of an expanded definition and those declared, each once. */
List *
tview_base_relations(Query *expanded, List *reads)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, tview_column_usage(expanded))
		result = list_append_unique_oid(result,
										((ColumnUsage *) lfirst(lc))->rte->relid);
	return list_concat_unique_oid(result, reads);
}
