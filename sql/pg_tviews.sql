/* pg_tviews: objects of the extension */

\echo Use "CREATE EXTENSION pg_tviews" to load this file. \quit

CREATE TABLE pg_tview_meta (
    tview regclass PRIMARY KEY,
    view regclass NOT NULL UNIQUE,
    entity text NOT NULL,
    key_columns text[] NOT NULL,
    options text[] NOT NULL DEFAULT '{}',
    settings text[] NOT NULL DEFAULT '{}',
    populated boolean NOT NULL DEFAULT true
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

CREATE FUNCTION pg_tviews_on_ddl() RETURNS event_trigger
    LANGUAGE C AS 'MODULE_PATHNAME';
CREATE EVENT TRIGGER pg_tviews_on_ddl ON ddl_command_end
    EXECUTE FUNCTION pg_tviews_on_ddl();

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
