--
-- Flushes in the middle of a statement: not everything it changed is captured yet.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA mid_statement;
SET search_path = mid_statement, public;

-- keys computed from two rows that one statement deletes or changes
CREATE TABLE t (pk int PRIMARY KEY, g int);
INSERT INTO t SELECT n, n % 3 FROM generate_series(1, 9) n;
CREATE TVIEW tv_pair WITH (key = 'k') AS SELECT a.pk || '/' || b.pk AS k, a.g FROM t a JOIN t b ON a.g = b.g;
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM count(*) FROM mid_statement.tv_pair; RETURN NULL; END $$;
CREATE TRIGGER look AFTER UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION look();
UPDATE t SET g = g + 1 WHERE pk < 5;
SELECT same('tv_pair', 'a trigger that reads: UPDATE');
DELETE FROM t WHERE pk > 3;
SELECT same('tv_pair', 'a trigger that reads: DELETE');
BEGIN;
SAVEPOINT a;
DELETE FROM t;
ROLLBACK TO a;
UPDATE t SET g = 1;
COMMIT;
SELECT same('tv_pair', 'a trigger that reads: rolled back');
DROP TRIGGER look ON t;

-- the same by a function in the statement, which sees what that has done so far
CREATE FUNCTION looked(int) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM count(*) FROM mid_statement.tv_pair; RETURN true; END $$;
BEGIN;
DELETE FROM t WHERE pk = 1;
DELETE FROM t WHERE looked(pk);
COMMIT;
SELECT same('tv_pair', 'a function that reads');
SELECT equals('nothing is left', (SELECT count(*) FROM tv_pair), 0);
SET client_min_messages = warning;
DROP SCHEMA mid_statement CASCADE;
