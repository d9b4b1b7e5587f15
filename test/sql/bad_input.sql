--
-- What is refused: each with its SQLSTATE, a message that names the tview and the culprit, and
-- advice; and nothing is left behind.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA bad;
SET search_path = bad, public;
CREATE TABLE t (a int, b int, c text, j jsonb, p point, x xml);
INSERT INTO t VALUES (1, 1, '1'), (1, 2, '2'), (NULL, 3, '3');
CREATE TABLE u (a int PRIMARY KEY, b int);
CREATE MATERIALIZED VIEW m AS SELECT a FROM u;
CREATE SEQUENCE s;
CREATE FUNCTION any_time() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1';
CREATE FUNCTION reads_u() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM u';
CREATE TVIEW tv_u WITH (key = 'a') AS SELECT a, b FROM u;
CREATE TVIEW tv_above WITH (key = 'a') AS SELECT a, b FROM tv_u;
CREATE TABLE kinds (a int PRIMARY KEY, c text, n numeric(5,2));
INSERT INTO kinds VALUES (1, 'one', 1.25);
CREATE TVIEW tv_kinds WITH (key = 'a') AS SELECT a, c, n FROM kinds;
CREATE FUNCTION objects() RETURNS text LANGUAGE sql AS $$
	SELECT concat((SELECT count(*) FROM pg_class WHERE relnamespace = 'bad'::regnamespace), ' ',
		(SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal), ' ', (SELECT count(*) FROM pg_tview_meta))
$$;
SELECT objects() AS before \gset

-- columns
SELECT refused('missing key column', '42703', $$CREATE TVIEW tv_x AS SELECT a, j AS data FROM t$$);
SELECT refused('missing named key column', '42703', $$CREATE TVIEW tv_x WITH (key = 'b, k') AS SELECT a, b FROM t$$);
SELECT refused('key not unique in the data', '23505', $$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a, b FROM t WHERE a > 0$$);
SELECT refused('key NULL in the data', '23502', $$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a, b FROM t WHERE b > 1$$);
SELECT refused('key without an order', '42883', $$CREATE TVIEW tv_x WITH (key = 'p') AS SELECT p, b FROM t$$);
SELECT refused('missing data', '42703', $$CREATE TVIEW tv_x AS SELECT b AS pk_x, c FROM t$$);
SELECT refused('data not jsonb', '42804', $$CREATE TVIEW tv_x AS SELECT b AS pk_x, c AS data FROM t$$);
SELECT refused('duplicate column', '42701', $$CREATE TVIEW tv_x WITH (key = 'b') AS SELECT b, c, a AS c FROM t$$);
SELECT refused('unnamed column', '42611', $$CREATE TVIEW tv_x WITH (key = 'b') AS SELECT b, a + 1 FROM t$$);
SELECT refused('too many column names', '42601', $$CREATE TVIEW tv_x (a, b) WITH (key = 'a') AS SELECT b FROM t$$);

-- names and options
SELECT refused('no prefix and no key', '42602', $$CREATE TVIEW posts AS SELECT b AS pk_posts, j AS data FROM t$$);
SELECT refused('nothing after the prefix', '42602', $$CREATE TVIEW tv_ AS SELECT b AS pk_, j AS data FROM t$$);
SELECT refused('name too long for the view', '42622', format($$CREATE TVIEW %s WITH (key = 'b') AS SELECT b FROM t$$, repeat('x', 62)));
SELECT refused('existing table', '42P07', $$CREATE TVIEW u WITH (key = 'b') AS SELECT b FROM t$$);
SELECT refused('existing table, OR REPLACE', '42P07', $$CREATE OR REPLACE TVIEW u WITH (key = 'b') AS SELECT b FROM t$$);
CREATE VIEW v_taken AS SELECT 1 AS one;
SELECT refused('existing view', '42P07', $$CREATE TVIEW tv_taken WITH (key = 'b') AS SELECT b FROM t$$);
SELECT refused('existing view, OR REPLACE', '42P07', $$CREATE OR REPLACE TVIEW tv_taken WITH (key = 'b') AS SELECT b FROM t$$);
DROP VIEW v_taken;
SELECT refused('unknown schema', '3F000', $$CREATE TVIEW nowhere.tv_x WITH (key = 'b') AS SELECT b FROM t$$);
SELECT refused('temporary', '42601', $$CREATE TEMP TVIEW tv_x WITH (key = 'b') AS SELECT b FROM t$$);
SELECT refused('in pg_temp', '42P16', $$CREATE TVIEW pg_temp.tv_x WITH (key = 'b') AS SELECT b FROM t$$);
SELECT refused('unknown option', '22023', $$CREATE TVIEW tv_x WITH (keys = 'b') AS SELECT b FROM t$$);
SELECT refused('unknown value', '22023', $$CREATE TVIEW tv_x WITH (key = 'b', on_untraceable = 'ignore') AS SELECT b FROM t$$);
SELECT refused('malformed key', '22023', $$CREATE TVIEW tv_x WITH (key = 'b,,c') AS SELECT b, c FROM t$$);
SELECT refused('empty key', '22023', $$CREATE TVIEW tv_x WITH (key = '') AS SELECT b, c FROM t$$);
SELECT refused('key column twice', '42701', $$CREATE TVIEW tv_x WITH (key = 'b, b') AS SELECT b, c FROM t$$);
SELECT refused('key twice', '42601', $$CREATE TVIEW tv_x WITH (key = 'b', key = 'b') AS SELECT b, c FROM t$$);
SELECT refused('malformed option', '22023', $$SELECT pg_tviews_create('tv_x', 'SELECT b FROM t', ARRAY['key'])$$);

-- what is read
SELECT refused('volatile function', '0A000', $$CREATE TVIEW tv_x WITH (key = 'b') AS SELECT b, any_time() AS n FROM t$$);
SELECT refused('volatile in a condition', '0A000', $$CREATE TVIEW tv_x WITH (key = 'b') AS SELECT b FROM t WHERE random() < 2$$);
SELECT refused('clock_timestamp', '0A000', $$CREATE TVIEW tv_x WITH (key = 'b') AS SELECT b, clock_timestamp() AS at FROM t$$);
SELECT refused('function that reads a table', '0A000', $$CREATE TVIEW tv_x WITH (key = 'b') AS SELECT b, reads_u() AS n FROM t$$);
SELECT refused('untraceable', '0A000', $$CREATE TVIEW tv_x WITH (key = 'b') AS SELECT b, (SELECT count(*) FROM u) AS n FROM t$$);
SELECT refused('window over all', '0A000', $$CREATE TVIEW tv_x WITH (key = 'b') AS SELECT b, rank() OVER (ORDER BY c) AS n FROM t$$);
SELECT refused('LIMIT over all', '0A000', $$CREATE TVIEW tv_x WITH (key = 'b') AS SELECT b FROM t ORDER BY b LIMIT 2$$);
SELECT refused('recursive', '0A000', $$CREATE TVIEW tv_x WITH (key = 'n') AS WITH RECURSIVE r AS (SELECT b AS n FROM t UNION SELECT n - 1 FROM r WHERE n > 0) SELECT n FROM r$$);
SELECT refused('itself', '42P01', $$CREATE TVIEW tv_x WITH (key = 'b') AS SELECT b FROM tv_x$$);
SELECT refused('itself, OR REPLACE', '42P17', $$CREATE OR REPLACE TVIEW tv_u WITH (key = 'a') AS SELECT a, b FROM tv_u$$);
SELECT refused('its own view, OR REPLACE', '42P17', $$CREATE OR REPLACE TVIEW tv_u WITH (key = 'a') AS SELECT a, b FROM v_u$$);
SELECT refused('a cycle', '42P17', $$CREATE OR REPLACE TVIEW tv_u WITH (key = 'a') AS SELECT a, b FROM tv_above$$);
SELECT refused('a cycle through a view', '42P17', $$CREATE OR REPLACE TVIEW tv_u WITH (key = 'a') AS SELECT a, b FROM v_above$$);
CREATE TEMP TABLE temporary_table (a int);
SELECT refused('temporary base table', '42P16', $$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a FROM temporary_table$$);
SELECT refused('system catalog', '42809', $$CREATE TVIEW tv_x WITH (key = 'oid') AS SELECT oid, relname FROM pg_class$$);
SELECT refused('information schema', '42809', $$CREATE TVIEW tv_x WITH (key = 'table_name') AS SELECT table_name FROM information_schema.tables$$);
SELECT refused('materialized view', '42809', $$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a FROM m$$);
SELECT refused('sequence', '42809', $$CREATE TVIEW tv_x WITH (key = 'last_value') AS SELECT last_value FROM s$$);
SELECT refused('no base table', '42P17', $$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT 1 AS a$$);
SELECT refused('unknown table', '42P01', $$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a FROM nowhere$$);
SELECT refused('TABLESAMPLE', '0A000', $$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a FROM u TABLESAMPLE system (50)$$);
SELECT refused('system column', '0A000', $$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a, ctid AS place FROM u$$);

-- what is no SELECT
SELECT refused('a column list', '42601', $$CREATE TVIEW tv_x (a int, b int)$$);
SELECT refused('EXECUTE', '42601', $$PREPARE q AS SELECT a FROM u; CREATE TVIEW tv_x WITH (key = 'a') AS EXECUTE q$$);
SELECT refused('INSERT .. RETURNING', '42601', $$CREATE TVIEW tv_x AS INSERT INTO u VALUES (9) RETURNING a AS pk_x$$);
SELECT refused('a data-modifying CTE', '0A000', $$CREATE TVIEW tv_x WITH (key = 'a') AS WITH d AS (DELETE FROM u RETURNING a) SELECT a FROM d$$);
SELECT refused('SELECT INTO', '42601', $$SELECT pg_tviews_create('tv_x', 'SELECT a INTO y FROM u', '{key=a}')$$);
SELECT refused('FOR UPDATE', '0A000', $$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a FROM u FOR UPDATE$$);
SELECT refused('an INSERT to the function', '42601', $$SELECT pg_tviews_create('tv_x', 'INSERT INTO u VALUES (7)', '{key=a}')$$);
SELECT refused('two SELECTs to the function', '42601', $$SELECT pg_tviews_create('tv_x', 'SELECT a FROM u; SELECT a FROM u', '{key=a}')$$);
SELECT refused('nothing to the function', '42601', $$SELECT pg_tviews_create('tv_x', '', '{key=a}')$$);
SELECT refused('a parameter', '42P02', $$SELECT pg_tviews_create('tv_x', 'SELECT a FROM u WHERE a = $1', '{key=a}')$$);
SELECT refused('OR REPLACE IF NOT EXISTS', '42601', $$CREATE OR REPLACE TVIEW IF NOT EXISTS tv_x WITH (key = 'a') AS SELECT a FROM u$$);
SELECT refused('USING', '0A000', $$CREATE TVIEW tv_x USING heap WITH (key = 'a') AS SELECT a FROM u$$);
SELECT refused('UNLOGGED', '42601', $$CREATE UNLOGGED TVIEW tv_x WITH (key = 'a') AS SELECT a FROM u$$);

-- its columns, triggers and rules are the definition's
SELECT refused('ADD COLUMN', '42809', $$ALTER TABLE tv_u ADD COLUMN c int$$);
SELECT refused('DROP COLUMN', '42809', $$ALTER TABLE tv_above DROP COLUMN b$$);
SELECT refused('DROP updated_at', '42809', $$ALTER TABLE tv_above DROP COLUMN updated_at$$);
SELECT refused('DROP COLUMN that a tview reads', '2BP01', $$ALTER TABLE tv_u DROP COLUMN b$$);
SELECT refused('ALTER TYPE', '42809', $$ALTER TABLE tv_u ALTER updated_at TYPE text$$);
SELECT refused('ALTER TYPE to the same type', '42809', $$ALTER TABLE tv_kinds ALTER c TYPE text USING upper(c)$$);
SELECT refused('ALTER TYPE by another collation', '42809', $$ALTER TABLE tv_kinds ALTER c TYPE text COLLATE "C"$$);
SELECT refused('ALTER TYPE by another modifier', '42809', $$ALTER TABLE tv_kinds ALTER n TYPE numeric(5,0)$$);
SELECT refused('ALTER TVIEW ALTER TYPE', '0A000', $$ALTER TVIEW tv_u ALTER b TYPE bigint$$);
SELECT refused('SET UNLOGGED', '42809', $$ALTER TABLE tv_u SET UNLOGGED$$);
SELECT refused('RENAME COLUMN', '42809', $$ALTER TABLE tv_u RENAME b TO c$$);
SELECT refused('ALTER TVIEW ADD COLUMN', '0A000', $$ALTER TVIEW tv_u ADD COLUMN c int$$);
SELECT refused('replacing the view', '42809', $$CREATE OR REPLACE VIEW v_u AS SELECT a, b + 1 AS b FROM u$$);
SELECT refused('dropping the view', '2BP01', $$DROP VIEW v_u$$);
SELECT refused('changed key', '42P16', $$CREATE OR REPLACE TVIEW tv_u WITH (key = 'b') AS SELECT a, b FROM u$$);
SELECT refused('changed column type', '42P16', $$CREATE OR REPLACE TVIEW tv_u WITH (key = 'a') AS SELECT a, b::text FROM u$$);
SELECT refused('changed collation', '42P16', $$CREATE OR REPLACE TVIEW tv_kinds WITH (key = 'a') AS SELECT a, c COLLATE "C" AS c, n FROM kinds$$);
SELECT refused('changed modifier', '42P16', $$CREATE OR REPLACE TVIEW tv_kinds WITH (key = 'a') AS SELECT a, c, n::numeric(5,0) AS n FROM kinds$$);
SELECT refused('lost column', '42P16', $$CREATE OR REPLACE TVIEW tv_u WITH (key = 'a') AS SELECT a FROM u$$);
SELECT refused('a BEFORE trigger', '42809', $$CREATE TRIGGER t BEFORE UPDATE ON tv_u FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()$$);
SELECT refused('a deferrable trigger', '42809', $$CREATE CONSTRAINT TRIGGER t AFTER UPDATE ON tv_u DEFERRABLE FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()$$);
SELECT refused('a deferred trigger', '42809', $$CREATE CONSTRAINT TRIGGER t AFTER UPDATE ON tv_u INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()$$);
SELECT refused('a rule', '42809', $$CREATE RULE r AS ON UPDATE TO tv_u DO INSTEAD NOTHING$$);
SELECT refused('refresh of no tview', '42809', $$SELECT pg_tviews_refresh('u')$$);
SELECT refused('refresh of nothing', '42P01', $$SELECT pg_tviews_refresh('nowhere')$$);

-- what reads tables without being called by name, or reads them by the text of a query
CREATE FUNCTION add_u(bigint, int) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT coalesce($1, 0) + $2 + count(*) FROM bad.u';
CREATE FUNCTION any_sum(bigint, int) RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT $1 + $2';
CREATE FUNCTION and_u(bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 + (SELECT count(*) FROM bad.u); END';
CREATE FUNCTION plus(bigint, int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE FUNCTION minus(bigint, int) RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 - $2; END';
CREATE AGGREGATE sum_u (int) (SFUNC = add_u, STYPE = bigint);
CREATE AGGREGATE sum_any (int) (SFUNC = any_sum, STYPE = bigint, INITCOND = '0');
CREATE AGGREGATE sum_final (int) (SFUNC = plus, STYPE = bigint, FINALFUNC = and_u, INITCOND = '0');
CREATE AGGREGATE sum_moving (int) (SFUNC = plus, STYPE = bigint, INITCOND = '0', MSFUNC = plus, MINVFUNC = minus, MSTYPE = bigint, MINITCOND = '0');
CREATE AGGREGATE sum_plain (int) (SFUNC = plus, STYPE = bigint, INITCOND = '0');
SELECT refused('an aggregate that reads tables', '0A000', $$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a, sum_u(b) AS s FROM u GROUP BY a$$);
SELECT refused('a volatile aggregate', '0A000', $$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a, sum_any(b) AS s FROM u GROUP BY a$$);
SELECT refused('a final function that reads tables', '0A000', $$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a, sum_final(b) AS s FROM u GROUP BY a$$);
SELECT refused('a moving aggregate', '0A000',
	$$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a, sum_moving(b) OVER (PARTITION BY b ORDER BY a ROWS 1 PRECEDING) AS s FROM u$$);
CREATE TVIEW tv_plain WITH (key = 'a') AS SELECT a, sum_plain(b) AS s FROM u GROUP BY a;
DROP TVIEW tv_plain;
CREATE EXTENSION tablefunc SCHEMA bad;
SELECT refused('a query given as text', '0A000',
	$$CREATE TVIEW tv_x WITH (key = 'a') AS SELECT u.a, c.n FROM u JOIN crosstab('SELECT a, 1, b FROM bad.t') AS c(a int, n int) USING (a)$$);
CREATE TVIEW tv_plain WITH (key = 'a', reads = 't') AS SELECT u.a, c.n FROM u JOIN crosstab('SELECT a, 1, b FROM bad.t') AS c(a int, n int) USING (a);
DROP TVIEW tv_plain;
DROP EXTENSION tablefunc;
DROP AGGREGATE sum_u(int), sum_any(int), sum_final(int), sum_moving(int), sum_plain(int);
DROP FUNCTION add_u, any_sum, and_u, plus, minus;

SELECT equals('nothing left behind', objects(), :'before');
-- a constraint trigger that cannot be deferred is one like others
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER t AFTER INSERT ON tv_u FOR EACH ROW EXECUTE FUNCTION nothing();
ALTER TABLE tv_u ADD CONSTRAINT later UNIQUE (b) DEFERRABLE INITIALLY DEFERRED;
INSERT INTO u VALUES (1, 1), (2, 2);
UPDATE u SET b = 3 - b;
SELECT same('tv_u, tv_above', 'constraints');
-- the server would write a merged column without the name of its join, and read that of the subquery
CREATE TABLE left_side (k int PRIMARY KEY, j int);
CREATE TABLE right_side (k int PRIMARY KEY, j int);
CREATE TABLE counted (x int, j int);
CREATE TABLE counted_too (x int, y int);
CREATE TVIEW tv_merged WITH (key = 'l, r') AS SELECT coalesce(a.k, -1) AS l, coalesce(b.k, -1) AS r,
	(SELECT count(*) FROM counted c WHERE c.x = u.j) AS n FROM left_side a FULL JOIN right_side b USING (j) AS u;
CREATE TVIEW tv_merged (l, r, n) WITH (key = 'l, r') AS SELECT coalesce(a.k, -1) AS x, coalesce(b.k, -1) AS y,
	(SELECT count(*) FROM counted_too c WHERE c.x = u.j) AS z FROM left_side a FULL JOIN right_side b USING (j) AS u;
INSERT INTO left_side VALUES (1, 1), (2, 2);
INSERT INTO right_side VALUES (1, 1), (3, 3);
INSERT INTO counted_too VALUES (1, 9), (3, 9);
SELECT same('tv_merged', 'a merged column');
SELECT l, r, n FROM tv_merged ORDER BY l, r;

-- more cases than can be followed
DO $$ BEGIN FOR i IN 1 .. 8 LOOP EXECUTE format('CREATE TABLE link_%s (k int PRIMARY KEY)', i); END LOOP; END $$;
DO $$ BEGIN EXECUTE 'CREATE TVIEW tv_chain WITH (key = ''k'') AS SELECT k FROM ' ||
	(SELECT string_agg('link_' || n || CASE WHEN n > 1 THEN ' USING (k)' ELSE '' END, ' FULL JOIN ' ORDER BY n) FROM generate_series(1, 8) n); END $$;

DO $$ DECLARE nested text := 'link_1'; BEGIN
	FOR i IN 2 .. 8 LOOP
		nested := format('(SELECT coalesce(a.k, b.k) AS k FROM %s a FULL JOIN link_%s b ON a.k = b.k)', nested, i);
	END LOOP;
	EXECUTE format('CREATE TVIEW tv_nested WITH (key = ''k'') AS SELECT k FROM %s z', nested); END $$;

SET client_min_messages = warning;
DROP SCHEMA bad CASCADE;
