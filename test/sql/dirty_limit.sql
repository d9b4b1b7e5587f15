--
-- Large transactions: captured changes past the limit are applied at the end of the statement.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA large;
SET search_path = large, public;
CREATE TABLE p (p int PRIMARY KEY, name text);
CREATE TABLE c (c int PRIMARY KEY, p int, v int, t text);
CREATE INDEX ON c (p);
INSERT INTO p SELECT n, 'p' || n FROM generate_series(1, 3000) n;
INSERT INTO c SELECT n, n % 3000 + 1, n, 'text ' || n FROM generate_series(1, 9000) n;
ANALYZE p, c;
CREATE TVIEW tv_p WITH (key = 'p') AS SELECT p, name, (SELECT sum(v) FROM c WHERE c.p = p.p) AS total FROM p;
CREATE TVIEW tv_c WITH (key = 'c') AS SELECT c, v, t, name FROM c LEFT JOIN p USING (p);
SET pg_tviews.dirty_limit = '64kB';

BEGIN;
UPDATE c SET v = v + 1;
UPDATE c SET t = t || '!' WHERE c % 3 = 0;
INSERT INTO c SELECT n, n % 3000 + 1, n, 'text ' || n FROM generate_series(9001, 12000) n;
SELECT same('tv_p, tv_c', 'large statements');
DELETE FROM c WHERE c % 2 = 0;
UPDATE p SET name = name || '?';
COMMIT;
SELECT same('tv_p, tv_c', 'large transaction');
BEGIN;
UPDATE c SET p = p % 3000 + 1 WHERE c < 5000;
SAVEPOINT s;
UPDATE c SET v = -v;
DELETE FROM p WHERE p % 2 = 0;
ROLLBACK TO s;
UPDATE p SET name = upper(name) WHERE p < 1000;
COMMIT;
SELECT same('tv_p, tv_c', 'savepoint');
BEGIN;
UPDATE c SET v = v * 2;
DELETE FROM p;
ROLLBACK;
SELECT same('tv_p, tv_c', 'rollback');

-- many small statements
DO $$
BEGIN
	FOR i IN 1 .. 3000 LOOP
		UPDATE c SET v = i WHERE c = i;
		IF i % 1000 = 0 THEN PERFORM FROM tv_p WHERE p = i; END IF;
	END LOOP;
END
$$;
SELECT same('tv_p, tv_c', 'many statements');
-- long values
UPDATE c SET t = repeat('long ', 2000) WHERE c < 500;
SELECT same('tv_c', 'long values');
CREATE TVIEW tv_t WITH (key = 't') AS SELECT left(t, 30) AS t, count(*) AS n FROM c GROUP BY 1;
UPDATE c SET t = c || t WHERE c < 500;
SELECT same('tv_t, tv_c', 'long keys');
-- a flush to save memory must not fail on what is only so in the middle of the transaction
CREATE TABLE item (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, d int, name text);
INSERT INTO item SELECT n, 1, 'n' || n FROM generate_series(1, 5000) n;
CREATE TVIEW tv_item WITH (key = 'id') AS SELECT id, 10 / d AS share FROM item;
BEGIN;
UPDATE item SET id = id + 1 WHERE id < 5000;
SAVEPOINT a;
UPDATE item SET d = 0;
ROLLBACK TO a;
UPDATE item SET d = 0 WHERE id > 10;
UPDATE item SET id = 1, d = 2 WHERE name = 'n5000';
UPDATE item SET d = 5 WHERE d = 0;
COMMIT;
SELECT same('tv_item', 'an early flush that fails');
UPDATE item SET d = 5 - d;
SELECT same('tv_item', 'a transaction that fails');
RESET pg_tviews.dirty_limit;
-- in one go, under the default limit
BEGIN;
UPDATE c SET v = 0, p = 1 + c % 7;
SELECT same('tv_p, tv_c, tv_t', 'in memory');
DELETE FROM c;
COMMIT;
SELECT same('tv_p, tv_c, tv_t', 'all deleted');

SET client_min_messages = warning;
DROP SCHEMA large CASCADE;
