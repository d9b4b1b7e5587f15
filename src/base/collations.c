/*
 * collations.c
 *		Keeps collations what they are when a query is parsed again from its text.
 *
 * The parser derives the collation of a comparison from what is compared.  Where
 * something else has come to stand in the place of a column (a constant, NULL,
 * the expression of a subquery's output) it would derive another one, or none.
 * There the arguments are given their collation: as (SELECT .. COLLATE x), which
 * counts as a column of that collation does; COLLATE alone would prevail over all
 * others in the expressions around it.
 *
 * The derivation is that of the server's parse_collate.c.
 */
#include "base/compat.h"

#include "base/sandbox.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_collation.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

typedef enum Strength
{
	NONE,						/* of no collatable type */
	IMPLICIT,
	CONFLICT,					/* of several columns with different collations */
	EXPLICIT
} Strength;

typedef struct Derived
{
	Oid			collation;
	Strength	strength;
	bool		failed;			/* two explicit ones: an error */
} Derived;

static bool derive_walker(Node *node, Derived *context);

static void
merge(Derived *context, Oid collation, Strength strength)
{
	if (strength > context->strength)
	{
		context->collation = collation;
		context->strength = strength;
	}
	else if (strength < context->strength || collation == context->collation)
		return;
	else if (strength == EXPLICIT)
		context->failed = true;
	else if (strength != IMPLICIT || collation == DEFAULT_COLLATION_OID)
		return;
	else if (context->collation == DEFAULT_COLLATION_OID)
		context->collation = collation;
	else
		context->strength = CONFLICT;
}

/* Its own collation, whatever it is made of? */
static bool
is_leaf(Node *node)
{
	switch (nodeTag(node))
	{
		case T_Var:
		case T_Param:
		case T_CaseTestExpr:
		case T_CoerceToDomainValue:
		case T_SetToDefault:
		case T_SubLink:
		case T_FieldSelect:
		case T_Aggref:
		case T_WindowFunc:
			return true;
		default:
			return false;
	}
}

/* What the parser would make of an expression, merged with what stands beside it. */
static bool
derive_walker(Node *node, Derived *context)
{
	Derived		own = {0};
	Oid			type_collation;

	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, List))
		return expression_tree_walker(node, derive_walker, context);
	if (IsA(node, TargetEntry))
		return derive_walker((Node *) ((TargetEntry *) node)->expr, context);
	if (IsA(node, CaseWhen))
		return derive_walker((Node *) ((CaseWhen *) node)->result, context);
	if (IsA(node, CollateExpr))
	{
		merge(context, ((CollateExpr *) node)->collOid, EXPLICIT);
		return false;
	}
	type_collation = get_typcollation(exprType(node));
	if (!OidIsValid(type_collation))
		return false;
	if (IsA(node, Const))
		merge(context, type_collation, IMPLICIT);
	else if (is_leaf(node))
		merge(context, exprCollation(node), IMPLICIT);
	else
	{
		if (IsA(node, CaseExpr))
		{
			derive_walker((Node *) ((CaseExpr *) node)->args, &own);
			derive_walker((Node *) ((CaseExpr *) node)->defresult, &own);
		}
		else
			expression_tree_walker(node, derive_walker, &own);
		context->failed = context->failed || own.failed;
		if (own.strength == NONE)
			merge(context, type_collation, IMPLICIT);
		else
			merge(context, own.collation, own.strength);
	}
	return false;
}

/* Would the parser find this collation for what is made of these arguments? */
static bool
is_derived(Node *args, Oid collation)
{
	Derived		derived = {0};

	derive_walker(args, &derived);
	return derived.strength != CONFLICT && !derived.failed && derived.collation == collation;
}

static bool
sublink_param_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_SUBLINK)
		return true;
	return expression_tree_walker(node, sublink_param_walker, context);
}

/* The same value with a collation of its own. */
static Node *
with_collation(Node *arg, Oid collation)
{
	CollateExpr *collate = makeNode(CollateExpr);
	SubLink    *sublink;
	Query	   *query;

	collate->arg = (Expr *) arg;
	collate->collOid = collation;
	collate->location = -1;
	if (contain_agg_clause(arg) || contain_windowfuncs(arg) || expression_returns_set(arg) ||
		sublink_param_walker(arg, NULL))
		return (Node *) collate;
	IncrementVarSublevelsUp((Node *) collate, 1, 0);
	query = makeNode(Query);
	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->jointree = makeFromExpr(NIL, NULL);
	query->targetList = list_make1(makeTargetEntry((Expr *) collate, 1, pstrdup("value"), false));
	sublink = makeNode(SubLink);
	sublink->subLinkType = EXPR_SUBLINK;
	sublink->subselect = (Node *) query;
	sublink->location = -1;
	return (Node *) sublink;
}

static Node *
collatable(Node *arg, Oid collation)
{
	return OidIsValid(get_typcollation(exprType(arg))) ? with_collation(arg, collation) : arg;
}

static void
give_collation(List *args, Oid collation)
{
	ListCell   *lc;

	if (!OidIsValid(collation) || is_derived((Node *) args, collation))
		return;
	foreach(lc, args)
		lfirst(lc) = collatable(lfirst(lc), collation);
}

/* The arguments of an aggregate, but for those that are there for its ORDER BY only. */
static void
give_aggregate_collation(Aggref *aggregate)
{
	List	   *args = NIL;
	ListCell   *lc;

	foreach(lc, aggregate->args)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			args = lappend(args, lfirst(lc));
	if (aggregate->aggkind != AGGKIND_NORMAL || !OidIsValid(aggregate->inputcollid) ||
		is_derived((Node *) args, aggregate->inputcollid))
		return;
	foreach(lc, args)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		tle->expr = (Expr *) collatable((Node *) tle->expr, aggregate->inputcollid);
	}
}

/*
 * Have a function, operator or aggregate keep the collation it uses.  Changes the node, not
 * what is below its arguments.
 */
void
tview_keep_collation(Node *node)
{
	switch (nodeTag(node))
	{
		case T_FuncExpr:
			give_collation(((FuncExpr *) node)->args, ((FuncExpr *) node)->inputcollid);
			break;
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			give_collation(((OpExpr *) node)->args, ((OpExpr *) node)->inputcollid);
			break;
		case T_ScalarArrayOpExpr:
			give_collation(((ScalarArrayOpExpr *) node)->args,
						   ((ScalarArrayOpExpr *) node)->inputcollid);
			break;
		case T_MinMaxExpr:
			give_collation(((MinMaxExpr *) node)->args, ((MinMaxExpr *) node)->inputcollid);
			break;
		case T_Aggref:
			give_aggregate_collation((Aggref *) node);
			break;
		case T_WindowFunc:
			give_collation(((WindowFunc *) node)->args, ((WindowFunc *) node)->inputcollid);
			break;
		default:
			break;
	}
}

/*
 * Have the outputs of a query keep their collations, but for those that it groups or sorts
 * by: they have to stay the expressions they are.
 */
void
tview_keep_output_collations(Query *query)
{
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Oid			collation = exprCollation((Node *) tle->expr);

		if (tle->ressortgroupref == 0 && OidIsValid(collation) &&
			!is_derived((Node *) tle->expr, collation))
			tle->expr = (Expr *) with_collation((Node *) tle->expr, collation);
	}
}
