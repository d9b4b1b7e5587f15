/* pg_tviews: objects of the extension */

\echo Use "CREATE EXTENSION pg_tviews" to load this file. \quit

-- regclass, but a restore may read names of relations that it did not make: a dump can leave out
-- some tviews, and the rows of the others must not be lost.
CREATE TYPE pg_tviews_regclass;
CREATE FUNCTION pg_tviews_regclass_in(cstring) RETURNS pg_tviews_regclass
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION pg_tviews_regclass_out(pg_tviews_regclass) RETURNS cstring
    LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'regclassout';
CREATE FUNCTION pg_tviews_regclass_recv(internal) RETURNS pg_tviews_regclass
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'regclassrecv';
CREATE FUNCTION pg_tviews_regclass_send(pg_tviews_regclass) RETURNS bytea
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'regclasssend';
CREATE TYPE pg_tviews_regclass (
    INPUT = pg_tviews_regclass_in, OUTPUT = pg_tviews_regclass_out,
    RECEIVE = pg_tviews_regclass_recv, SEND = pg_tviews_regclass_send,
    LIKE = regclass, CATEGORY = 'N');
COMMENT ON TYPE pg_tviews_regclass IS
    'internal: regclass, in rows of pg_tview_meta';
CREATE CAST (pg_tviews_regclass AS regclass) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_tviews_regclass AS oid) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_tviews_regclass AS integer) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (regclass AS pg_tviews_regclass) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (oid AS pg_tviews_regclass) WITHOUT FUNCTION AS ASSIGNMENT;

CREATE TABLE pg_tview_meta (
    tview pg_tviews_regclass PRIMARY KEY,
    view pg_tviews_regclass NOT NULL UNIQUE,
    entity text NOT NULL,
    key_columns text[] NOT NULL,
    options text[] NOT NULL DEFAULT '{}',
    settings text[] NOT NULL DEFAULT '{}',
    populated boolean NOT NULL DEFAULT true,
    reads pg_tviews_regclass[] NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE pg_tview_meta IS
    'one row for each tview: what cannot be derived from its backing view';
GRANT SELECT ON pg_tview_meta TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('pg_tview_meta', '');

-- Triggers

CREATE FUNCTION pg_tviews_capture() RETURNS trigger
    LANGUAGE C AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pg_tviews_capture() IS
    'trigger on base tables: notes which rows changed';

CREATE FUNCTION pg_tviews_guard() RETURNS trigger
    LANGUAGE C AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pg_tviews_guard() IS
    'trigger on tviews: refuses direct writes';

CREATE FUNCTION pg_tviews_meta_known() RETURNS trigger
    LANGUAGE C AS 'MODULE_PATHNAME';
CREATE TRIGGER pg_tviews_meta_known
    BEFORE INSERT ON pg_tview_meta
    FOR EACH ROW EXECUTE FUNCTION pg_tviews_meta_known();
ALTER TABLE pg_tview_meta ENABLE ALWAYS TRIGGER pg_tviews_meta_known;

CREATE FUNCTION pg_tviews_meta_changed() RETURNS trigger
    LANGUAGE C AS 'MODULE_PATHNAME';
CREATE TRIGGER pg_tviews_meta_changed
    AFTER INSERT OR UPDATE OR DELETE ON pg_tview_meta
    FOR EACH ROW EXECUTE FUNCTION pg_tviews_meta_changed();
ALTER TABLE pg_tview_meta ENABLE ALWAYS TRIGGER pg_tviews_meta_changed;

CREATE FUNCTION pg_tviews_on_drop() RETURNS event_trigger
    LANGUAGE C AS 'MODULE_PATHNAME';
CREATE EVENT TRIGGER pg_tviews_on_drop ON sql_drop
    EXECUTE FUNCTION pg_tviews_on_drop();
ALTER EVENT TRIGGER pg_tviews_on_drop ENABLE ALWAYS;

CREATE FUNCTION pg_tviews_on_ddl_start() RETURNS event_trigger
    LANGUAGE C AS 'MODULE_PATHNAME';
CREATE EVENT TRIGGER pg_tviews_on_ddl_start ON ddl_command_start
    EXECUTE FUNCTION pg_tviews_on_ddl_start();
ALTER EVENT TRIGGER pg_tviews_on_ddl_start ENABLE ALWAYS;

CREATE FUNCTION pg_tviews_on_ddl() RETURNS event_trigger
    LANGUAGE C AS 'MODULE_PATHNAME';
CREATE EVENT TRIGGER pg_tviews_on_ddl ON ddl_command_end
    EXECUTE FUNCTION pg_tviews_on_ddl();
ALTER EVENT TRIGGER pg_tviews_on_ddl ENABLE ALWAYS;

-- Internal

CREATE FUNCTION pg_tviews_note_key(n integer) RETURNS boolean
    LANGUAGE C VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pg_tviews_note_key(integer) IS
    'internal: names the key being computed in error messages';

-- What users call

CREATE FUNCTION pg_tviews_create(name text, query text, options text[] DEFAULT '{}')
    RETURNS regclass LANGUAGE C VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pg_tviews_create(text, text, text[]) IS
    'CREATE TVIEW name WITH (options) AS query';

CREATE FUNCTION pg_tviews_drop(name text, if_exists boolean DEFAULT false)
    RETURNS void LANGUAGE C VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pg_tviews_drop(text, boolean) IS
    'DROP TVIEW [IF EXISTS] name';

CREATE FUNCTION pg_tviews_refresh(name text)
    RETURNS void LANGUAGE C VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pg_tviews_refresh(text) IS
    'recompute a tview and write the rows that differ';

CREATE FUNCTION pg_tviews_refresh_all()
    RETURNS void LANGUAGE C VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pg_tviews_refresh_all() IS
    'pg_tviews_refresh() for each tview of the user';

CREATE FUNCTION pg_tviews_version() RETURNS text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'pg_tviews';
    END;
COMMENT ON FUNCTION pg_tviews_version() IS 'installed version of pg_tviews';

-- Introspection

CREATE FUNCTION pg_tviews_analyze_select(sql text, options text[] DEFAULT '{}') RETURNS jsonb
    LANGUAGE C STABLE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pg_tviews_analyze_select(text, text[]) IS
    'what a SELECT would become as a tview, and every reason to refuse it';

CREATE FUNCTION pg_tviews_describe(tview regclass) RETURNS jsonb
    LANGUAGE C STABLE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pg_tviews_describe(regclass) IS
    'what pg_tviews_analyze_select() says, of an existing tview; NULL for another relation';

CREATE VIEW pg_tview_relations AS
    WITH RECURSIVE below (tview, relation) AS (
        (SELECT tview::regclass, view::oid FROM pg_tview_meta
         UNION
         SELECT tview, unnest(reads)::oid FROM pg_tview_meta)
        UNION
        SELECT b.tview, d.refobjid
        FROM below b
        JOIN pg_rewrite r ON r.ev_class = b.relation AND r.rulename = '_RETURN'
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                        AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> b.relation
    )
    SELECT b.tview,
           b.relation::regclass AS relation,
           CASE WHEN c.relkind <> 'v' THEN 'table'
                WHEN m.view IS NULL THEN 'helper'
                ELSE 'backing view' END AS kind
    FROM below b
    JOIN pg_class c ON c.oid = b.relation AND c.relkind IN ('r', 'p', 'f', 'v')
    LEFT JOIN pg_tview_meta m ON m.view = b.relation;
COMMENT ON VIEW pg_tview_relations IS
    'the tables and views that each tview reads, directly or through views';
GRANT SELECT ON pg_tview_relations TO PUBLIC;

CREATE VIEW pg_tview_helpers AS
    SELECT relation AS helper, array_agg(tview ORDER BY tview::text) AS tviews
    FROM pg_tview_relations
    WHERE kind = 'helper'
    GROUP BY relation;
COMMENT ON VIEW pg_tview_helpers IS
    'views in definitions that are not themselves those of a tview, and who uses them';
GRANT SELECT ON pg_tview_helpers TO PUBLIC;

-- (a cast of the name to regclass would ask for rights on its schema)
CREATE VIEW pg_tviews_info AS
    WITH RECURSIVE stack (tview, lower, depth) AS (
        SELECT tview::regclass, tview::regclass, 1 FROM pg_tview_meta
        UNION
        SELECT s.tview, r.relation, s.depth + 1
        FROM stack s
        JOIN pg_tview_relations r ON r.tview = s.lower
        JOIN pg_tview_meta m ON m.tview = r.relation
    )
    SELECT m.tview::regclass, m.view::regclass, m.entity, m.key_columns, m.options, m.populated,
           (SELECT max(s.depth) FROM stack s WHERE s.tview = m.tview) AS depth,
           pg_total_relation_size(m.tview) AS size,
           c.fk_columns, c.uuid_fk_columns,
           t.dependencies, t.dependency_traces, t.dependency_types, t.dependency_paths,
           t.array_match_keys
    FROM pg_tview_meta m
    CROSS JOIN LATERAL (SELECT pg_tviews_describe(m.tview) AS description OFFSET 0) d
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(e->>'name' ORDER BY n)
                        FILTER (WHERE e->>'role' = 'lineage'), '{}') AS fk_columns,
               coalesce(array_agg(e->>'name' ORDER BY n)
                        FILTER (WHERE e->>'role' = 'filter'), '{}') AS uuid_fk_columns
        FROM jsonb_array_elements(d.description->'columns') WITH ORDINALITY AS x (e, n)) c
    CROSS JOIN LATERAL (
        SELECT array_agg((SELECT c.oid::regclass
                          FROM parse_ident(e->>'table') AS i (names)
                          JOIN pg_namespace s ON s.nspname = i.names[1]::name
                          JOIN pg_class c ON c.relnamespace = s.oid AND c.relname = i.names[2]::name)
                         ORDER BY n) AS dependencies,
               array_agg(e->>'traced' ORDER BY n) AS dependency_traces,
               array_agg(e->>'holds' ORDER BY n) AS dependency_types,
               array_agg(e->>'path' ORDER BY n) AS dependency_paths,
               array_agg(e->>'match_key' ORDER BY n) AS array_match_keys
        FROM jsonb_array_elements(d.description->'base_tables') WITH ORDINALITY AS x (e, n)) t;
COMMENT ON VIEW pg_tviews_info IS
    'pg_tview_meta and what follows from the definitions; dependencies and the arrays after it have an element for each occurrence of a base table';
GRANT SELECT ON pg_tviews_info TO PUBLIC;

CREATE FUNCTION pg_tviews_session_counters(
        OUT tview oid, OUT refreshes bigint, OUT keys bigint, OUT passes bigint,
        OUT recomputes bigint)
    RETURNS SETOF record LANGUAGE C VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pg_tviews_session_counters() IS
    'internal: what pg_tviews_statistics shows';

CREATE VIEW pg_tviews_statistics AS
    SELECT m.tview::regclass, coalesce(c.refreshes, 0) AS refreshes, coalesce(c.keys, 0) AS keys,
           coalesce(c.passes, 0) AS passes, coalesce(c.recomputes, 0) AS recomputes
    FROM pg_tview_meta m
    LEFT JOIN pg_tviews_session_counters() c ON c.tview = m.tview;
COMMENT ON VIEW pg_tviews_statistics IS
    'what flushes of this session did to each tview: refreshes by key, of how many keys, and how many computed all rows in one pass since that was cheaper; recomputations of all rows';
GRANT SELECT ON pg_tviews_statistics TO PUBLIC;

-- The triggers that a tview needs: on which table, which events and levels (bits of
-- pg_trigger.tgtype), and which function.
CREATE VIEW pg_tview_triggers AS
    WITH RECURSIVE targets (tview, target) AS (
        SELECT tview, relation::oid FROM pg_tview_relations WHERE kind = 'table'
        UNION
        SELECT t.tview, i.inhrelid FROM targets t JOIN pg_inherits i ON i.inhparent = t.target
    ),
    needed (tview, target, purpose, function, type) AS (
        SELECT t.tview, t.target, 'capture', 'pg_tviews_capture'::regproc, k.type
        FROM targets t, (VALUES (29), (32)) k (type)
        UNION ALL
        SELECT m.tview, m.tview::oid, 'guard', 'pg_tviews_guard'::regproc, k.type
        FROM pg_tview_meta m, (VALUES (62), (31)) k (type)
    )
    SELECT n.tview, n.target::regclass AS relation, n.purpose, t.tgname AS name,
           CASE n.type WHEN 29 THEN 'row changes' WHEN 32 THEN 'TRUNCATE'
                       WHEN 62 THEN 'statements' ELSE 'rows' END AS watches,
           CASE t.tgenabled WHEN 'A' THEN 'always' WHEN 'O' THEN 'origin'
                            WHEN 'R' THEN 'replica' WHEN 'D' THEN 'disabled'
                            ELSE 'missing' END AS state
    FROM needed n
    JOIN pg_class c ON c.oid = n.target
    LEFT JOIN pg_trigger t ON t.tgrelid = n.target AND t.tgfoid = n.function
                          AND t.tgtype & 63 = n.type;
COMMENT ON VIEW pg_tview_triggers IS
    'the triggers that each tview needs on its base tables and on itself';
GRANT SELECT ON pg_tview_triggers TO PUBLIC;

CREATE FUNCTION pg_tviews_health(
        OUT tview regclass, OUT severity text, OUT problem text, OUT hint text)
    RETURNS SETOF record LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT t.tview,
               CASE WHEN t.state = 'origin' THEN 'warning' ELSE 'error' END,
               format(CASE t.state
                   WHEN 'missing' THEN 'the trigger that captures %s of table %s is missing'
                   WHEN 'disabled' THEN 'the trigger that captures %s of table %s is disabled'
                   WHEN 'replica' THEN 'the trigger that captures %s of table %s fires for replicated changes only'
                   ELSE 'the trigger that captures %s of table %s does not fire for replicated changes'
                   END, t.watches, t.relation),
               CASE t.state
                   WHEN 'missing' THEN format('Run CREATE OR REPLACE TVIEW %s with its definition.', t.tview)
                   ELSE format('Run ALTER TABLE %s ENABLE ALWAYS TRIGGER %I, then SELECT pg_tviews_refresh(%L).',
                               t.relation, t.name, t.tview)
                   END
        FROM pg_tview_triggers t
        WHERE t.purpose = 'capture' AND t.state <> 'always'
        UNION ALL
        SELECT t.tview, 'warning',
               format('the trigger that refuses direct writes (%s) %s', t.watches,
                      CASE t.state WHEN 'missing' THEN 'is missing'
                          WHEN 'origin' THEN 'does not fire for replicated changes'
                          ELSE 'is disabled' END),
               CASE t.state
                   WHEN 'missing' THEN 'Drop the tview and create it again.'
                   ELSE format('Run ALTER TABLE %s ENABLE ALWAYS TRIGGER %I, then SELECT pg_tviews_refresh(%L).',
                               t.tview, t.name, t.tview)
                   END
        FROM pg_tview_triggers t
        WHERE t.purpose = 'guard' AND t.state <> 'always'
        UNION ALL
        SELECT m.tview, 'error', 'the primary key is missing',
               format('Run ALTER TABLE %s ADD PRIMARY KEY (%s).', m.tview,
                      (SELECT string_agg(quote_ident(k), ', ') FROM unnest(m.key_columns) k))
        FROM pg_tview_meta m
        JOIN pg_class c ON c.oid = m.tview
        WHERE NOT EXISTS (
            SELECT FROM pg_index i
            WHERE i.indrelid = m.tview AND i.indisprimary AND i.indisvalid
              AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text)
                   FROM pg_attribute a
                   WHERE a.attrelid = m.tview AND a.attnum = ANY (i.indkey))
                  = (SELECT array_agg(k ORDER BY k) FROM unnest(m.key_columns) k))
        UNION ALL
        SELECT m.tview, 'warning', 'it was created WITH NO DATA and never filled',
               format('Run SELECT pg_tviews_refresh(%L).', m.tview)
        FROM pg_tview_meta m
        WHERE NOT m.populated
        UNION ALL
        SELECT m.tview, 'error', 'its table or its backing view does not exist',
               CASE WHEN EXISTS (SELECT FROM pg_class c WHERE c.oid = m.tview)
                   THEN format('Run DROP TVIEW %s, and create it again.', m.tview)
                   ELSE format('Run DELETE FROM pg_tview_meta WHERE tview::oid = %s.', m.tview::oid)
                   END
        FROM pg_tview_meta m
        WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = m.tview)
           OR NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = m.view)
        UNION ALL
        SELECT g.tgrelid::regclass, 'error',
               'it has the triggers of a tview, but pg_tview_meta does not know it: nothing keeps it',
               'Drop the table and its view, and create the tview again with CREATE TVIEW.'
        FROM (SELECT DISTINCT tgrelid FROM pg_trigger
              WHERE tgfoid = 'pg_tviews_guard'::regproc) g
        WHERE NOT EXISTS (SELECT FROM pg_tview_meta m WHERE m.tview::oid = g.tgrelid)
        UNION ALL
        SELECT NULL, 'warning',
               format('trigger %s of table %s serves no tview', o.tgname, o.tgrelid::regclass),
               format('Run DROP TRIGGER %I ON %s.', o.tgname, o.tgrelid::regclass)
        FROM pg_trigger o
        WHERE o.tgfoid = 'pg_tviews_capture'::regproc AND o.tgparentid = 0
          AND NOT EXISTS (SELECT FROM pg_tview_triggers n WHERE n.relation::oid = o.tgrelid)
          -- row security may read tables that no definition names
          AND NOT EXISTS (SELECT FROM pg_depend d
                          WHERE d.classid = 'pg_policy'::regclass
                            AND d.refclassid = 'pg_class'::regclass
                            AND d.refobjid = o.tgrelid)
        UNION ALL
        SELECT NULL, CASE WHEN e.evtenabled = 'O' THEN 'warning' ELSE 'error' END,
               format(CASE WHEN e.evtenabled = 'O'
                   THEN 'event trigger %s does not fire under session_replication_role = replica'
                   ELSE 'event trigger %s is disabled' END, e.evtname),
               format('Run ALTER EVENT TRIGGER %I ENABLE ALWAYS.', e.evtname)
        FROM pg_event_trigger e
        WHERE e.evtfoid IN ('pg_tviews_on_drop'::regproc, 'pg_tviews_on_ddl'::regproc,
                            'pg_tviews_on_ddl_start'::regproc)
          AND e.evtenabled <> 'A'
        ORDER BY 1, 2, 3;
    END;
COMMENT ON FUNCTION pg_tviews_health() IS
    'what may keep tviews from being right; no row where all is well';
