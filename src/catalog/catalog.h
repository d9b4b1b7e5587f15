/*
 * catalog.h
 *		What is recorded about tviews, and what depends on what.
 */
#ifndef TVIEWS_CATALOG_H
#define TVIEWS_CATALOG_H

#include "nodes/pg_list.h"

/* One row of pg_tview_meta.  Lives in the cache: valid until the next
 * tview_meta_* call after an invalidation, so copy what must last. */
typedef struct TviewMeta
{
	Oid			tview;			/* the table */
	Oid			view;			/* the backing view */
	char	   *entity;
	List	   *key_columns;	/* of char * */
	List	   *options;		/* of char *, "name=value" */
	List	   *settings;		/* of char *, "name=value" */
	bool		populated;		/* false after WITH NO DATA */
	List	   *reads;			/* Oids of tables that its functions read */
} TviewMeta;

/* meta.c */
extern void tview_meta_init(void);
extern Oid	tview_meta_relid(void);
extern bool tview_meta_is_relid(Oid relid);
extern void tview_meta_written(void);
extern Oid	tview_extension_schema(void);
extern const TviewMeta *tview_meta_of_table(Oid relid);
extern const TviewMeta *tview_meta_of_view(Oid relid);
extern TviewMeta tview_meta_copy(const TviewMeta *meta);
extern bool tview_exists(Oid relid);
extern bool tview_still_exists(Oid relid);
extern List *tview_meta_tables(void);
extern List *tview_meta_declared_readers(Oid relid);
extern const char *tview_meta_option(const TviewMeta *meta, const char *name);
extern List *text_array_to_list(Datum array);
extern List *tview_regclass_array_to_list(Datum array);

/* meta_write.c */
extern void tview_meta_insert(const TviewMeta *meta);
extern void tview_meta_update(const TviewMeta *meta);
extern void tview_meta_delete(Oid tview);
extern void tview_run_as_superuser(const char *sql);

/* relations.c */
extern char *tview_qualified_name(Oid relid);
extern Oid	tview_relation_owner(Oid relid);

/* dependents.c */
extern List *tviews_reading(Oid relid);
extern List *relation_ancestors(Oid relid);
extern bool type_is_stored(Oid type);
extern bool tview_has_user_triggers(Oid relid);

#endif							/* TVIEWS_CATALOG_H */
