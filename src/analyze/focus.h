/*
 * focus.h
 *		Private to the analysis: a query seen from one changed base relation.
 */
#ifndef TVIEWS_FOCUS_H
#define TVIEWS_FOCUS_H

#include "nodes/parsenodes.h"
#include "nodes/primnodes.h"

/*
 * One flat join in which one item stands for the changed rows of a base
 * relation.  query->rtable holds the items, query->jointree->fromlist which of
 * them take part (inner-joined), query->jointree->quals a List of conditions
 * that hold for every combination of rows considered ("facts"), and
 * query->targetList the output columns that could be kept, by resno.
 */
typedef struct Focus
{
	RangeTblEntry *source;		/* the occurrence, in the expanded query */
	Query	   *query;
	Index		changed;		/* the item that stands for changed rows */
	Bitmapset  *allowed;		/* items that come before it, see README.md */
	Bitmapset  *inexact;		/* outputs, by resno, whose value only equals what
								 * the query shows, see exact.c */
	bool		null_case;		/* NULLs stand for some columns: a missing side
								 * of an outer join, a smaller grouping set */
	const char *barrier;		/* last construct that hid a column, or NULL */
	int			location;		/* of the barrier, or -1 */
} Focus;

/*
 * A case of the outer joins of a level: which items take part, and which are
 * seen as all-NULL from above.
 */
typedef struct Variant
{
	Bitmapset  *items;
	Bitmapset  *nulled;
	Bitmapset  *nulled_below;	/* the same as seen from the changed relation */
	Bitmapset  *unknown;		/* may or may not be NULL: not to be used */
	List	   *quals;
	bool		lost;			/* some conditions are not among them */
} Variant;

/* What the cases of a level are made for. */
typedef struct LevelTarget
{
	Query	   *query;
	Index		item;			/* contains the changed relation, or 0 */
	Node	   *conjunct;		/* contains it in a sublink, or NULL */
	List	   *ties;			/* of the level */
	Bitmapset  *wanted;			/* items referenced from outside the joins */
} LevelTarget;

/* One level, while it is looked at from its relations in turn. */
typedef struct Level
{
	Query	   *query;
	Bitmapset  *demand;			/* output columns to keep, by resno */
	int		   *order;
	List	   *ties;			/* conditions that read tables, see level_order() */
	List	   *result;			/* of Focus */
	bool		too_many;		/* more than MAX_FOCUSES */
} Level;

/* Where in a level the changed relation is. */
typedef struct Place
{
	Index		item;			/* FROM item that contains it, or 0 */
	Node	   *conjunct;		/* condition whose sublink contains it */
	SubLink    *sublink;
	bool		positive;		/* NULL counts as false where it stands */
} Place;

/* substitute.c */
typedef struct Substitution
{
	Bitmapset  *nulled;			/* Vars of these become NULL */
	Bitmapset  *unknown;		/* Vars of these are not available */
	Index		item;			/* Vars of this become outputs ... */
	List	   *outputs;		/* ... of this target list; 0 for none */
	Bitmapset  *inexact;		/* those from which nothing can be computed */
	bool		unavailable;	/* set where an expression cannot be kept */
	int			sublevels_up;	/* internal */
} Substitution;

extern Node *substitute_vars(Node *node, Substitution *substitution);
extern void substitute_level(Query *query, Substitution *substitution);
extern Node *strip_relabel(Node *node);
extern List *split_conjuncts(Node *quals);
extern Bitmapset *varnos_of_level(Node *node, int level);
extern Bitmapset *columns_of_item(Node *node, Index item);
extern Bitmapset *columns_of_level(Query *query, Index item);
extern bool references_outside(Node *node);
extern bool contains_node(Node *tree, Node *wanted);

/* exact.c */
typedef struct InexactReferences
{
	Index		item;			/* Vars of this item ... */
	Bitmapset  *columns;		/* ... and these columns */
	Bitmapset  *params;			/* parameters of a sublink's comparison */
	List	   *exprs;			/* these expressions */
	int			level;			/* internal */
} InexactReferences;

extern bool is_exact(Node *expr);
extern bool merges_unequal(Node *set_operations, int column);
extern bool is_inexact(Node *node, InexactReferences refs);
extern bool misuses_inexact(Node *node, InexactReferences refs);
extern List *inexact_group_exprs(Query *query);

/* usage.c */
extern bool decides_row_count(Query *query, Node *expr);

/* level.c */
extern Bitmapset *level_items(Node *jointree);
extern List *level_variants(LevelTarget *target);
extern List *level_conjuncts(Node *jointree);
extern bool level_is_flat(Query *query);
extern Bitmapset *lateral_references(RangeTblEntry *rte);
extern int *level_order(Query *query, Bitmapset *anchors, List **ties);

/* outputs.c */
extern Node *output_expr(List *targetlist, AttrNumber resno);
extern List *grouping_set_outputs(Query *query, List *set);
extern void keep_outputs(Level *level, List *outputs, Substitution *substitution,
						 Focus *focus);

/* peers.c */
extern bool rows_influence_others(Query *query);
extern List *peer_clauses(Query *query);
extern Bitmapset *clause_outputs(Query *query, List *clauses);
extern Focus *focus_peers(Query *query, const Focus *own, List *clauses,
						  Bitmapset *demand);

/* demand.c */
extern Bitmapset *item_demand(Level *level, Index item);

/* sublinks.c */
extern bool reads_ctes(Node *conjunct);
extern bool reads_tables(Node *conjunct);
extern List *sublink_conditions(const Place *place, List *outputs, Bitmapset *inexact);
extern Node *picked_from(Node *expr);
extern List *join_sublinks(Focus *focus, List *facts);

/* lookup.c: "column = something of another item" */
typedef struct LookupColumn
{
	AttrNumber	attno;
	Oid			operator;
	Oid			collation;
} LookupColumn;

extern LookupColumn *lookup_column(Var *var);
extern bool table_is_unique_on(RangeTblEntry *rte, List *columns);

/* pushdown.c */
extern bool output_tells_equals_apart(Query *query, AttrNumber resno);

/* partition.c */
extern bool has_partitions(Query *query);
extern Query *by_partitions(Query *query, List *outputs, Query **partitions);
extern bool is_partition_output(Query *query, TargetEntry *tle);

/* loosen.c */
extern Query *loosened_query(const Query *query, bool columns_needed);
extern void loosen_subqueries(Query *query);

/* lift.c */
extern Query *hoist(Query *query, int offset);
extern void lift(Level *level, const Place *place, const Focus *inner,
				 RangeTblEntry *source);

/* focus.c */
extern List *focus_query(Query *query, Bitmapset *demand, Bitmapset *anchors);

#endif							/* TVIEWS_FOCUS_H */
