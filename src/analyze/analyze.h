/*
 * analyze.h
 *		From the definition of a tview to the traces of its base tables.
 *
 * See README.md in this folder for the method and why no key is missed.
 */
#ifndef TVIEWS_ANALYZE_H
#define TVIEWS_ANALYZE_H

#include "access/attnum.h"
#include "access/tupdesc.h"
#include "catalog/catalog.h"
#include "executor/spi.h"
#include "nodes/parsenodes.h"

/* Name under which tracing queries read the captured rows; column cN of it is
 * attribute N of the base table. */
#define TVIEW_CHANGED_RELATION "tview_changed"

/* One way from captured values to keys. */
typedef struct TraceQuery
{
	AttrNumber *direct;			/* base attribute of each key column, or NULL */
	char	   *sql;			/* else: query over TVIEW_CHANGED_RELATION */
	List	   *others;			/* occurrences whose captured rows it reads too,
								 * as TVIEW_CHANGED_RELATION_<number> */
	SPIPlanPtr	plan;			/* filled by the refresh module */
} TraceQuery;

/* How changes to one occurrence of a base table become keys. */
typedef struct TviewTrace
{
	int			occurrence;		/* number of the occurrence, from 1 */
	Oid			relid;			/* the base table as the definition names it */
	bool		inherit;		/* false for ONLY */
	bool		whole;			/* a change may concern every key */
	bool		declared;		/* read by functions, says option "reads" */
	bool		crossed;		/* its captured rows meet those of others in a query */
	bool		null_key;		/* a row may come to have a NULL in its key */
	bool		can_fail;		/* a query may, where the definition does not */
	const char *reason;			/* why, where whole */
	int			location;		/* of the construct in the query, or -1 */
	List	   *queries;		/* of TraceQuery, unless whole */
	int			ncaptured;
	AttrNumber *captured;		/* attributes to capture, ascending */
	bool		references_all; /* whole-row reference: all of them */
	Bitmapset  *row_parts;		/* parts of the tview's row (see parts.h) that a
								 * row which comes or goes may change */
	AttrNumber	natts;			/* of the base table */
	Bitmapset **column_parts;	/* the same for another value, by attribute */
	RangeTblEntry *source;		/* during analysis only */
	TupleDesc	capture_desc;	/* of captured tuples; columns named cN */
	struct DirtySet *pending;	/* where to add captured values ... */
	uint64		pending_epoch;	/* ... while this is the current epoch */
} TviewTrace;

/* What an analysis found out about a definition. */
typedef struct TviewAnalysis
{
	List	   *traces;			/* of TviewTrace */
	bool		key_nullable;	/* the key is not provably free of NULL */
	bool		clock;			/* depends on the clock or on settings */
	Query	   *expanded;		/* the definition with all views expanded */
} TviewAnalysis;

/* A reason for which a definition is refused. */
typedef struct TviewRefusal
{
	int			sqlstate;
	char	   *message;
	char	   *detail;
	char	   *hint;
	int			location;
} TviewRefusal;

/* expand.c */
extern Query *tview_expand_query(Query *query);
extern Query *tview_expand_view(Oid view);
extern List *tview_query_views(Query *query);
extern List *tview_helper_views(Oid view);
extern List *tview_relations_in(Node *node);

/* checks.c */
extern List *tview_check_definition(Query *expanded, Oid self, List *reads);
extern List *tview_base_relations(Query *expanded, List *reads);
extern bool tview_depends_on_clock(Query *expanded);
extern TviewRefusal *tview_refusal(int sqlstate, int location, char *message,
								   char *detail, char *hint);

/* usage.c */
typedef struct ColumnUsage
{
	RangeTblEntry *rte;			/* an occurrence of a base relation */
	Bitmapset  *columns;		/* offset by FirstLowInvalidHeapAttributeNumber */
	bool		all;
} ColumnUsage;

extern List *tview_column_usage(Query *expanded);

/* declared.c */
extern List *tview_declared_traces(List *reads, int occurrence);

/* trace.c */
extern TviewAnalysis *tview_analyze(Query *expanded, const AttrNumber *keys,
									int nkeys, const char *table_name,
									const char *view_name, List *key_names);

/* failing.c */
extern bool tview_can_fail(Node *node);
extern Node *tview_fold(Node *node);

/* pushdown.c */
extern bool tview_needs_fence(Query *expanded, const AttrNumber *keys, int nkeys);

/* nullable.c */
extern bool tview_attribute_not_null(Oid relid, AttrNumber attno);
extern bool tview_output_not_null(Query *expanded, AttrNumber resno);

/* names.c */
typedef struct TviewName
{
	int			cache;			/* syscache of the object ... */
	uint32		hash;			/* ... and its hash value there */
} TviewName;

/* For relations, instead of a syscache; the Oid stands for the hash value. */
#define TVIEW_NAME_RELATION (-1)

extern List *tview_names_used(Query *expanded);
extern char *tview_operator_name(Oid operator);

/* keep.c */
extern List *tview_keep_traces(List *traces, int nkeys);
extern List *tview_keep_parts(List *parts);
extern List *tview_keep_names(List *names);

/* A query that computes all columns of the definition, or some parts. */
typedef struct TviewEvaluation
{
	Bitmapset  *parts;			/* see parts.h; TVIEW_WHOLE_ROW for all */
	char	   *relation;		/* what is read: the view, or a subquery */
	int			ncolumns;
	AttrNumber *columns;		/* columns of the view, ascending */
	SPIPlanPtr	single_plan;	/* filled by the refresh module */
	SPIPlanPtr	batch_plan;
	double		key_time;		/* in ms, that a key took the last time; 0: unknown */
} TviewEvaluation;

/* descriptor.c: what a backend knows about one tview */
typedef struct TviewKey
{
	AttrNumber	view_attno;
	AttrNumber	table_attno;
	Oid			type;
	int32		typmod;
	Oid			collation;
	int16		typlen;
	bool		typbyval;
	Oid			eq_operator;	/* default btree equality */
	FmgrInfo	compare;		/* default btree comparison */
} TviewKey;

typedef struct TviewDesc
{
	Oid			tview;			/* hash key; must be first */
	Oid			view;
	Oid			owner;
	MemoryContext context;		/* holds the descriptor itself */
	bool		valid;			/* cleared by invalidation */
	bool		populated;
	bool		recompute;		/* on_untraceable = 'recompute' */
	bool		fenced;			/* conditions on the key must not go into the view */
	bool		uses_foreign;	/* a refresh may read or write foreign tables */
	int			depth;			/* 1 + depth of the tviews it reads */
	char	   *name;			/* qualified and quoted */
	char	   *view_name;		/* qualified and quoted */
	List	   *settings;
	int			nkeys;
	TviewKey   *keys;
	bool		user_triggers;	/* triggers besides ours and those of constraints */
	Oid			key_index;		/* primary key of the table, if it still has one */
	bool		unique_index;	/* there is another unique or exclusion index */
	int			ncolumns;		/* of the view */
	AttrNumber *table_attnos;	/* of each view column in the table */
	AttrNumber	updated_at;		/* 0 where the definition has its own */
	bool		key_nullable;
	List	   *traces;			/* of TviewTrace */
	List	   *base_relations; /* Oids, as named in the definition or declared */
	List	   *reads;			/* Oids of those that are declared */
	List	   *helper_views;	/* Oids of the views between */
	List	   *names;			/* of TviewName: functions and types it uses */
	List	   *downstream;		/* Oids of the tviews above, at any depth ... */
	bool		downstream_foreign; /* ... do these or this read foreign tables */
	uint64		downstream_generation;	/* ... as of this generation */
	List	   *parts;			/* of TviewPart; NIL: only as a whole */
	List	   *evaluations;	/* of TviewEvaluation, made when first needed */
	TviewEvaluation *verification;	/* of all, as defined; or NULL */
	Cost		pass_cost;		/* of computing all rows, 0 while unknown ... */
	double		pass_rows;		/* ... when the tview had so many */
	double		pass_time;		/* in ms, as the last one took, 0 while unknown */
} TviewDesc;

/*
 * A descriptor that was outdated before it was complete is made again, but not more often than
 * this: with much DDL elsewhere the server has everybody forget everything all the time.
 */
#define TVIEW_MAX_ATTEMPTS	3

extern void tview_desc_init(void);
extern TviewDesc *tview_desc(Oid tview);
extern bool tview_analysing(void);
extern void tview_desc_at_xact_end(void);
extern uint64 tview_desc_generation(void);
extern List *tview_downstream(Oid tview);
extern List *tview_all_downstream(List *tviews);
extern bool tview_is_foreign(Oid relid);
extern bool tview_downstream_uses_foreign(Oid tview);
extern AttrNumber tview_find_column(Query *query, const char *name);

#endif							/* TVIEWS_ANALYZE_H */
