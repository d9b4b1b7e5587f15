--
-- ALTER TVIEW, OR REPLACE and the ways in which a tview can go.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA alter_drop;
CREATE SCHEMA elsewhere;
SET search_path = alter_drop, public;
CREATE ROLE regress_tview_owner;
GRANT ALL ON SCHEMA alter_drop, elsewhere TO regress_tview_owner;
CREATE TABLE t (a int PRIMARY KEY, b text, c int);
GRANT SELECT, TRIGGER ON t TO regress_tview_owner;
INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2);
CREATE FUNCTION tview_is() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s over %s, entity %s, key %s, owners %s', tview, view, entity, key_columns,
		(SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class WHERE oid IN (tview, view))), E'\n' ORDER BY tview::text)
	FROM pg_tview_meta
$$;
CREATE FUNCTION triggers() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(tgname, ' ' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = 't'::regclass AND NOT tgisinternal
$$;

-- what a command itself does to pg_tview_meta it sees, also where somebody has turned the trigger off that tells others
BEGIN;
SET LOCAL statement_timeout = '10s';
CREATE TVIEW tv_a WITH (key = 'a') AS SELECT a, b FROM t;
ALTER TABLE pg_tview_meta DISABLE TRIGGER pg_tviews_meta_changed;
DROP TVIEW tv_a;
SELECT ok('dropped', tview_is() IS NULL AND to_regclass('v_a') IS NULL);
ROLLBACK;

-- ALTER TVIEW
CREATE TVIEW tv_a WITH (key = 'a') AS SELECT a, b FROM t;
ALTER TVIEW tv_a RENAME TO tv_b;
SELECT tview_is();
UPDATE t SET b = 'eins' WHERE a = 1;
SELECT same('tv_b', 'RENAME TO');
ALTER TVIEW tv_b SET SCHEMA elsewhere;
SELECT tview_is();
UPDATE t SET b = 'une' WHERE a = 1;
SELECT same('elsewhere.tv_b', 'SET SCHEMA');
ALTER TVIEW elsewhere.tv_b OWNER TO regress_tview_owner;
SELECT tview_is();
UPDATE t SET b = 'uno' WHERE a = 1;
SELECT same('elsewhere.tv_b', 'OWNER TO');
SELECT refused('SET of an unknown option', '22023', 'ALTER TVIEW elsewhere.tv_b SET (nonsense = 1)');
SELECT refused('SET of the key', '0A000', $$ALTER TVIEW elsewhere.tv_b SET (key = 'b')$$);
ALTER TVIEW elsewhere.tv_b SET (on_untraceable = 'recompute');
SELECT options FROM pg_tview_meta;
UPDATE t SET b = 'ichi' WHERE a = 1;
SELECT same('elsewhere.tv_b', 'SET');
SELECT refused('RENAME TO an existing name', '42P07', 'ALTER TVIEW elsewhere.tv_b RENAME TO tv_b');
SELECT refused('IF EXISTS not', '42P01', 'ALTER TVIEW tv_nowhere RENAME TO tv_x');
ALTER TVIEW IF EXISTS tv_nowhere RENAME TO tv_x;
ALTER TVIEW IF EXISTS elsewhere.tv_b RENAME TO tv_a;
-- the statements for tables keep both together, too
ALTER TABLE elsewhere.tv_a SET SCHEMA alter_drop;
ALTER TABLE tv_a RENAME TO tv_c;
ALTER TABLE tv_c OWNER TO postgres;
UPDATE t SET b = 'ni' WHERE a = 2;
SELECT same('tv_c', 'ALTER TABLE');
DROP TVIEW tv_c;
SELECT equals('nothing left', (SELECT count(*) FROM pg_class WHERE relname IN ('v_a', 'v_b', 'v_c', 'tv_c')), 0);
SELECT equals('no triggers left', triggers(), NULL);

-- OR REPLACE keeps what users added
CREATE OR REPLACE TVIEW tv_a WITH (key = 'a') AS SELECT a, b FROM t;
CREATE INDEX tv_a_own ON tv_a (b);
GRANT SELECT ON tv_a TO regress_tview_owner;
ALTER TABLE tv_a ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON tv_a USING (a > 1);
CREATE TRIGGER own AFTER INSERT ON tv_a FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
SELECT refused('the trigger is called', '39P01', $$INSERT INTO t VALUES (3, 'three'); SELECT FROM tv_a$$);
DROP TRIGGER own ON tv_a;
SELECT remember('tv_a') \g /dev/null
CREATE OR REPLACE TVIEW tv_a WITH (key = 'a') AS SELECT a, CASE WHEN a = 1 THEN 'other' ELSE b END AS b, c FROM t;
SELECT equals('OR REPLACE writes the rows that differ', changed('tv_a'), '1 2');
SELECT a, b, c FROM tv_a ORDER BY a;
SELECT remember('tv_a') \g /dev/null
CREATE OR REPLACE TVIEW tv_a WITH (key = 'a') AS SELECT a, b, c FROM t;
SELECT equals('and no others', changed('tv_a'), '1');
SELECT has_table_privilege('regress_tview_owner', 'tv_a', 'SELECT'), to_regclass('tv_a_own'),
	(SELECT count(*) FROM pg_policies WHERE tablename = 'tv_a'), (SELECT relrowsecurity FROM pg_class WHERE oid = 'tv_a'::regclass);
UPDATE t SET c = 10 WHERE a = 1;
SELECT same('tv_a', 'OR REPLACE');
-- by other tables: their triggers come and go
CREATE TABLE t2 (a int, d text);
INSERT INTO t2 VALUES (1, 'x');
CREATE OR REPLACE TVIEW tv_a WITH (key = 'a') AS SELECT a, max(d) AS b, 0 AS c FROM t2 GROUP BY a;
SELECT equals('no triggers on a table no longer read', triggers(), NULL);
INSERT INTO t2 VALUES (1, 'y'), (2, 'z');
SELECT same('tv_a', 'other base table');
DROP TVIEW tv_a;

-- DROP: several, of any kind
CREATE TVIEW tv_a WITH (key = 'a') AS SELECT a FROM t;
CREATE TVIEW tv_b WITH (key = 'a') AS SELECT a FROM t;
CREATE TVIEW tv_c WITH (key = 'a') AS SELECT a FROM tv_b;
DROP TVIEW tv_b;
DROP TABLE tv_a;
SELECT equals('triggers stay while needed', triggers(), 'pg_tviews_capture pg_tviews_truncate');
INSERT INTO t VALUES (4, 'four');
SELECT same('tv_b, tv_c', 'DROP of another');
DROP TVIEW tv_b CASCADE;
SELECT equals('DROP CASCADE', (SELECT count(*) FROM pg_tview_meta) || coalesce(triggers(), ''), '0');
INSERT INTO t VALUES (5, 'five');

-- DROP VIEW of the backing view takes the table along only with CASCADE
CREATE TVIEW tv_a WITH (key = 'a') AS SELECT a FROM t;
DROP VIEW v_a;
DROP VIEW v_a CASCADE;
SELECT equals('DROP VIEW CASCADE', (SELECT count(*) FROM pg_tview_meta) || coalesce(triggers(), ''), '0');

-- a tview above that reads the backing view
CREATE TVIEW tv_a WITH (key = 'a') AS SELECT a FROM t;
CREATE TVIEW tv_b WITH (key = 'a') AS SELECT a FROM v_a;
SELECT refused('a reader of the backing view', '2BP01', 'DROP TVIEW tv_a');
SELECT refused('a reader of the backing view, DROP TABLE', '2BP01', 'DROP TABLE tv_a');
INSERT INTO t VALUES (8, 'eight');
SELECT same('tv_a, tv_b', 'refused DROP');
SET client_min_messages = warning;
DROP TVIEW tv_a CASCADE;
RESET client_min_messages;
SELECT equals('DROP CASCADE', (SELECT count(*) FROM pg_tview_meta) || coalesce(triggers(), ''), '0');

-- DROP OWNED, DROP SCHEMA, DROP EXTENSION
SET ROLE regress_tview_owner;
CREATE TVIEW tv_o WITH (key = 'a') AS SELECT a FROM t;
RESET ROLE;
DROP OWNED BY regress_tview_owner;
SELECT equals('DROP OWNED', (SELECT count(*) FROM pg_tview_meta) || coalesce(triggers(), ''), '0');
CREATE TVIEW elsewhere.tv_s WITH (key = 'a') AS SELECT a FROM t;
SET client_min_messages = warning;
DROP SCHEMA elsewhere CASCADE;
RESET client_min_messages;
SELECT equals('DROP SCHEMA', (SELECT count(*) FROM pg_tview_meta) || coalesce(triggers(), ''), '0');
INSERT INTO t VALUES (6, 'six');
CREATE TVIEW tv_a WITH (key = 'a') AS SELECT a FROM t;
BEGIN;
SAVEPOINT s;
DROP EXTENSION pg_tviews;
ROLLBACK TO s;
SET LOCAL client_min_messages = warning;
DROP EXTENSION pg_tviews CASCADE;
ROLLBACK;
INSERT INTO t VALUES (7, 'seven');
SELECT same('tv_a', 'rolled back DROP EXTENSION');

-- columns that OR REPLACE adds are those that CREATE would have made
CREATE TABLE grown (pk_grown int PRIMARY KEY, id uuid, fk_user int, user_id uuid, t text COLLATE "C", n numeric(5,2), at timestamp);
INSERT INTO grown VALUES (1, md5('1')::uuid, 1, md5('u')::uuid, 't', 1.5, '2024-01-01');
CREATE TVIEW tv_grown AS SELECT pk_grown, jsonb_build_object('t', t) AS data FROM grown;
CREATE OR REPLACE TVIEW tv_grown AS SELECT pk_grown, jsonb_build_object('t', t) AS data, id, fk_user, user_id, t, n FROM grown;
CREATE TVIEW tv_whole WITH (key = 'pk_grown') AS SELECT pk_grown, jsonb_build_object('t', t) AS data, id, fk_user, user_id, t, n FROM grown;
SELECT attname, format_type(atttypid, atttypmod), collname, (SELECT count(*) FROM pg_index i WHERE i.indrelid = a.attrelid AND a.attnum = ANY (indkey)) AS indexes
FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = attcollation
WHERE attrelid = 'tv_grown'::regclass AND attnum > 0 AND attname <> 'updated_at' ORDER BY attname COLLATE "C";
INSERT INTO grown VALUES (2, md5('2')::uuid, 2, NULL, 'T', 1.25, NULL);
SELECT same('tv_grown, tv_whole', 'columns added');
SELECT refused('updated_at of another type', '42P16', $$
	CREATE OR REPLACE TVIEW tv_grown AS SELECT pk_grown, jsonb_build_object('t', t) AS data, id, fk_user, user_id, t, n, at AS updated_at FROM grown$$);
SELECT same('tv_grown', 'refused');
CREATE OR REPLACE TVIEW tv_grown AS SELECT pk_grown, jsonb_build_object('t', t) AS data, id, fk_user, user_id, t, n, at::timestamptz AS updated_at FROM grown WHERE at IS NOT NULL;
UPDATE grown SET at = '2024-02-02' WHERE pk_grown = 2;
SELECT same('tv_grown', 'updated_at of the definition');

SET client_min_messages = warning;
DROP SCHEMA alter_drop CASCADE;
DROP ROLE regress_tview_owner;
