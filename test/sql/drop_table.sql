--
-- DROP TABLE of several tables, tviews among them, in any order.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA drop_table;
SET search_path = drop_table, public;
CREATE PROCEDURE again() LANGUAGE plpgsql AS $$
BEGIN
	SET LOCAL client_min_messages = warning;
	DROP TABLE IF EXISTS t, u CASCADE;
	CREATE TABLE t (a int PRIMARY KEY);
	CREATE TABLE u (a int PRIMARY KEY);
	CREATE VIEW helper AS SELECT a FROM t;
	PERFORM pg_tviews_create('tv_a', 'SELECT a FROM helper', '{key=a}');
	PERFORM pg_tviews_create('tv_up', 'SELECT a FROM v_a', '{key=a}');
	PERFORM pg_tviews_create('tv_top', 'SELECT a FROM tv_up', '{key=a}');
	PERFORM pg_tviews_create('tv_u', 'SELECT a FROM u', '{key=a}');
END
$$;
CREATE FUNCTION there() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'drop_table'::regnamespace AND relkind IN ('r', 'v')
$$;
CALL again();
DROP TABLE u, tv_u;
SELECT there();
DROP TABLE tv_a, tv_up, tv_top;
SELECT there();
CALL again();
DROP TABLE IF EXISTS tv_u, nowhere, tv_a, u, tv_top, tv_up;
SELECT there();
CALL again();
SELECT refused('a helper view stays', '2BP01', 'DROP TABLE t, tv_a, tv_up, tv_top');
SELECT refused('not all that read it', '2BP01', 'DROP TABLE u, tv_a, tv_up');
SELECT there();
SELECT refused('nowhere', '42P01', 'DROP TABLE tv_u, u, nowhere');
SELECT refused('no table', '42809', 'DROP TABLE tv_u, u, helper');
SELECT there();
SET client_min_messages = warning;
DROP TABLE t, tv_a CASCADE;
RESET client_min_messages;
SELECT there();
SELECT equals('no rows left over', (SELECT count(*) FROM pg_tview_meta WHERE tview <> 'tv_u'::regclass), 0);
-- what depends on each other in other ways is dropped at once, as by the server
CREATE TABLE points (a int REFERENCES tv_u);
DROP TABLE tv_u, points;
SELECT there();
SELECT equals('all gone', (SELECT count(*) FROM pg_tview_meta), 0);

SET client_min_messages = warning;
DROP SCHEMA drop_table CASCADE;
