/*
 * feeds.c
 *		Where in the document the rows of each base relation show.
 *
 * An occurrence T of a base relation feeds path P of the document where a
 * change to a row of T can change what a document, one that is there before and
 * after, has at P.  Two ways lead there:
 *
 * By value.  A column of T goes into what stands at P.  The expression of the
 * document is followed through everything that builds jsonb member by member
 * or element by element, through subqueries, and into the outputs of views.
 * Any other function hides where its arguments go, so they feed the path at
 * which its result stands.
 *
 * By its rows.  T helps to decide which rows are taken for P:
 *	- What an aggregate or a subselect reads (its FROM, WHERE, grouping, ORDER
 *	  BY, LIMIT) feeds the path of its result: "comments" for rows, next to
 *	  "comments[].text" for values.
 *	- In a join, what ties an item to the others feeds the paths at which
 *	  columns of the item show: post.fk_user feeds "author" because it decides
 *	  which author is shown.  Not so for the anchor, the item that has a unique
 *	  index on key columns: which of its rows belongs to a key never changes.
 *	  Items tied together only by the anchor do not influence each other.
 *
 * An occurrence that does none of this only decides which documents there are,
 * and feeds "", the whole document.  A path stays although a shorter one covers
 * it, since the two say different things.  Paths may be too many or too short,
 * never too few or too long.
 */
#include "base/compat.h"

#include "analyze/analyze.h"
#include "analyze/feeds.h"
#include "analyze/feeds_private.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"

static TviewFeeds *
find_feeds(List *all, RangeTblEntry *source)
{
	ListCell   *lc;

	foreach(lc, all)
		if (((TviewFeeds *) lfirst(lc))->source == source)
			return lfirst(lc);
	return NULL;
}

static TviewFeed *
find_path(TviewFeeds *feeds, const char *path)
{
	ListCell   *lc;

	foreach(lc, feeds->feeds)
		if (strcmp(((TviewFeed *) lfirst(lc))->path, path) == 0)
			return lfirst(lc);
	return NULL;
}

/* An occurrence of a base relation, or a column of it, feeds the path. */
void
feed_note(FeedWalk *walk, RangeTblEntry *source, AttrNumber attno)
{
	TviewFeeds *feeds = find_feeds(*walk->result, source);
	TviewFeed  *feed;
	bool		value = walk->mode != FEED_ROWS;

	if (feeds == NULL)
	{
		feeds = palloc0(sizeof(TviewFeeds));
		feeds->source = source;
		*walk->result = lappend(*walk->result, feeds);
	}
	feed = find_path(feeds, walk->path);
	if (feed == NULL)
	{
		feed = palloc0(sizeof(TviewFeed));
		feed->path = pstrdup(walk->path);
		feeds->feeds = lappend(feeds->feeds, feed);
	}
	if (walk->mode != FEED_EXACT || !walk->plain || attno < 0)
		attno = 0;
	if (value)
		feed->attno = feed->value && feed->attno != attno ? 0 : attno;
	feed->value = feed->value || value;
}

/* Follow a node with something about the walk changed. */
static void
feed(FeedWalk *walk, Node *node, const char *path, FeedMode mode, bool plain)
{
	FeedWalk	inner = *walk;

	inner.path = path;
	inner.mode = Max(walk->mode, mode);
	inner.plain = plain;
	feed_walker(node, &inner);
}

/* What a node reads feeds the path in this way at most. */
void
feed_mode(FeedWalk *walk, Node *node, FeedMode mode)
{
	feed(walk, node, walk->path, mode, false);
}

static const char *
element_path(FeedWalk *walk)
{
	return walk->mode == FEED_EXACT ? psprintf("%s[]", walk->path) : walk->path;
}

static bool
is_json_type(Oid type)
{
	return type == JSONOID || type == JSONBOID;
}

static void
feed_object(FeedWalk *walk, List *args)
{
	for (int i = 0; i < list_length(args); i += 2)
	{
		Node	   *key = list_nth(args, i);
		Node	   *value = i + 1 < list_length(args) ? list_nth(args, i + 1) : NULL;

		if (walk->mode == FEED_EXACT && IsA(key, Const) &&
			!((Const *) key)->constisnull)
			feed(walk, value, feeds_member(walk->path, (Const *) key), FEED_EXACT, true);
		else
		{
			feed_mode(walk, key, FEED_VALUE);
			feed_mode(walk, value, FEED_VALUE);
		}
	}
}

static void
feed_elements(FeedWalk *walk, List *elements)
{
	ListCell   *lc;

	foreach(lc, elements)
		feed(walk, lfirst(lc), element_path(walk), FEED_EXACT, true);
}

static void
feed_function(FeedWalk *walk, FuncExpr *function)
{
	JsonRole	role = function->funcvariadic ? JSON_OTHER : feeds_json_role(function->funcid);

	switch (role)
	{
		case JSON_OBJECT_BUILDER:
			feed_object(walk, function->args);
			break;
		case JSON_ARRAY_BUILDER:
			feed_elements(walk, function->args);
			break;
		case JSON_SAME:
			feed_walker((Node *) function->args, walk);
			break;
		default:
			feed_mode(walk, (Node *) function->args, FEED_VALUE);
			break;
	}
}

/* a || b keeps members and elements apart only among their like. */
static void
feed_operator(FeedWalk *walk, OpExpr *op)
{
	if (op->opfuncid == F_JSONB_CONCAT &&
		feeds_json_shape(walk->level->query, (Node *) op) != JSON_UNKNOWN)
		feed(walk, (Node *) op->args, walk->path, FEED_EXACT, false);
	else
		feed_mode(walk, (Node *) op->args, FEED_VALUE);
}

static void
feed_case(FeedWalk *walk, CaseExpr *expr)
{
	ListCell   *lc;

	feed_mode(walk, (Node *) expr->arg, FEED_VALUE);
	foreach(lc, expr->args)
	{
		CaseWhen   *when = lfirst_node(CaseWhen, lc);

		feed_mode(walk, (Node *) when->expr, FEED_VALUE);
		feed(walk, (Node *) when->result, walk->path, FEED_EXACT, false);
	}
	feed(walk, (Node *) expr->defresult, walk->path, FEED_EXACT, false);
}

/* A cast within json leaves the value as it is; all else hides its input. */
static bool
feed_computed(FeedWalk *walk, Node *node)
{
	FeedWalk	inner = *walk;

	if (!IsA(node, CoerceViaIO) || !is_json_type(exprType(node)) ||
		!is_json_type(exprType((Node *) ((CoerceViaIO *) node)->arg)))
		inner.mode = Max(walk->mode, FEED_VALUE);
	return expression_tree_walker(node, feed_walker, &inner);
}

static void
feed_aggregate(FeedWalk *walk, Aggref *aggregate)
{
	FeedWalk	inner = *walk;
	bool		elements = feeds_json_role(aggregate->aggfnoid) == JSON_ARRAY_AGGREGATE;
	bool		covered;
	ListCell   *lc;

	inner.level = feed_level_above(walk->level, aggregate->agglevelsup);
	if (inner.level == NULL)
		return;
	covered = inner.level->covered;
	if (!covered)
		feed_rows(&inner);
	inner.level->covered = true;
	feed_mode(walk, (Node *) aggregate->aggdirectargs, FEED_VALUE);
	feed_mode(walk, (Node *) aggregate->aggfilter, FEED_ROWS);
	foreach(lc, aggregate->args)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			feed_mode(walk, (Node *) tle->expr, FEED_ROWS);
		else if (elements)
			feed(walk, (Node *) tle->expr, element_path(walk), FEED_EXACT, true);
		else
			feed_mode(walk, (Node *) tle->expr, FEED_VALUE);
	}
	inner.level->covered = covered;
}

static void
feed_window_function(FeedWalk *walk, WindowFunc *function)
{
	feed_rows(walk);
	feed_mode(walk, (Node *) function->args, FEED_VALUE);
	feed_mode(walk, (Node *) function->aggfilter, FEED_ROWS);
}

static void
feed_sublink(FeedWalk *walk, SubLink *sublink)
{
	FeedLevel	level = {castNode(Query, sublink->subselect), walk->level};
	FeedWalk	inner = *walk;

	inner.level = &level;
	feed_rows(&inner);
	level.covered = true;
	feed_mode(walk, sublink->testexpr, FEED_VALUE);
	switch (sublink->subLinkType)
	{
		case EXISTS_SUBLINK:
			break;
		case EXPR_SUBLINK:
			feed_output(&inner, 1);
			break;
		case ARRAY_SUBLINK:
			inner.path = element_path(walk);
			feed_output(&inner, 1);
			break;
		default:
			inner.mode = Max(walk->mode, FEED_VALUE);
			feed_output(&inner, InvalidAttrNumber);
			break;
	}
}

/* Visits what an expression reads. */
bool
feed_walker(Node *node, FeedWalk *walk)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_Var:
			feed_var(walk, (Var *) node);
			return false;
		case T_FuncExpr:
			feed_function(walk, (FuncExpr *) node);
			return false;
		case T_OpExpr:
			feed_operator(walk, (OpExpr *) node);
			return false;
		case T_Aggref:
			feed_aggregate(walk, (Aggref *) node);
			return false;
		case T_WindowFunc:
			feed_window_function(walk, (WindowFunc *) node);
			return false;
		case T_SubLink:
			feed_sublink(walk, (SubLink *) node);
			return false;
		case T_CaseExpr:
			feed_case(walk, (CaseExpr *) node);
			return false;
		case T_ArrayExpr:
			feed_elements(walk, ((ArrayExpr *) node)->elements);
			return false;
		case T_CoalesceExpr:
			feed(walk, (Node *) ((CoalesceExpr *) node)->args, walk->path,
				 FEED_EXACT, false);
			return false;
		case T_List:
		case T_RelabelType:
		case T_CoerceToDomain:
			return expression_tree_walker(node, feed_walker, walk);
		default:
			return feed_computed(walk, node);
	}
}

/*
 * The paths that each occurrence of a base relation feeds, as a list of
 * TviewFeeds.
 *
 * expanded: as tview_column_usage() left it.  document: the output column, 0
 * where there is none (then nothing is fed).  keys: the key columns.
 */
List *
tview_feeds(Query *expanded, AttrNumber document, const AttrNumber *keys, int nkeys)
{
	List	   *result = NIL;
	FeedLevel	level = {expanded};
	FeedWalk	walk = {&level, "", FEED_EXACT, true, &result};
	ListCell   *lc;

	if (document == InvalidAttrNumber)
		return NIL;
	for (int i = 0; i < nkeys; i++)
		level.fixed = bms_add_member(level.fixed, keys[i]);
	level.anchor = feeds_anchor(expanded, level.fixed);
	feed_output(&walk, document);

	/* The rest only decides which documents there are. */
	walk.mode = FEED_ROWS;
	foreach(lc, tview_column_usage(expanded))
	{
		ColumnUsage *usage = lfirst(lc);

		if (find_feeds(result, usage->rte) == NULL)
			feed_note(&walk, usage->rte, 0);
	}
	return result;
}
