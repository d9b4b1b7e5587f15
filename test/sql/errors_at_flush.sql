--
-- Where a definition fails for a changed row the change fails: the message names tview and key.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA failing;
SET search_path = failing, public;
CREATE TABLE t (a int PRIMARY KEY, n int, s text);
CREATE TABLE quiet (a int PRIMARY KEY, n int);
INSERT INTO t SELECT n, n, n::text FROM generate_series(1, 3) n;
CREATE TVIEW tv_first WITH (key = 'a') AS SELECT a, n FROM t;
CREATE TVIEW tv_division AS SELECT a AS pk_division, jsonb_build_object('n', 100 / n) AS data FROM t;
CREATE TVIEW tv_cast AS SELECT a AS pk_cast, jsonb_build_object('s', s::numeric) AS data FROM t;
CREATE TVIEW tv_last WITH (key = 'a') AS SELECT a, data FROM tv_division JOIN t ON a = pk_division;
CREATE TVIEW tv_quiet WITH (key = 'a') AS SELECT a, n FROM quiet;
\set all '\'tv_first, tv_division, tv_cast, tv_last\''

-- at commit
UPDATE t SET n = 0 WHERE a = 2;
SELECT same(:all, 'division by zero');
UPDATE t SET s = 'no number' WHERE a = 3;
SELECT same(:all, 'cast');
INSERT INTO t VALUES (4, 4, '4'), (5, 0, '5'), (6, 6, '6');
SELECT count(*) FROM t;
SELECT same(:all, 'several rows');

-- the message names the tview and the key
SELECT refused('division by zero', '22012', 'UPDATE t SET n = 0 WHERE a = 2; SELECT FROM tv_first');
SELECT refused('cast', '22P02', 'UPDATE t SET s = $$no number$$ WHERE a = 3; SELECT FROM tv_cast');
SELECT refused('the second of three', '22012', 'INSERT INTO t VALUES (4, 4, $$4$$), (5, 0, $$5$$), (6, 6, $$6$$); SELECT FROM tv_first');
SELECT refused('on the way to a tview above', '22012', 'UPDATE t SET n = 0 WHERE a = 2; SELECT FROM tv_last');

-- before a query that reads a tview
BEGIN;
UPDATE t SET n = 50 WHERE a = 1;
SELECT data FROM tv_division WHERE pk_division = 1;
UPDATE t SET n = 0 WHERE a = 1;
SELECT data FROM tv_division WHERE pk_division = 1;
SELECT 'the transaction is lost';
COMMIT;
SELECT n FROM t WHERE a = 1;
SELECT same(:all, 'before a query');

-- a change that is repaired before anyone looks is no error
BEGIN;
UPDATE t SET n = 0;
UPDATE t SET n = a;
COMMIT;
SELECT same(:all, 'repaired');

-- unrelated tables are not blocked
BEGIN;
INSERT INTO quiet VALUES (1, 0);
SAVEPOINT s;
UPDATE t SET n = 0 WHERE a = 1;
SELECT FROM tv_first;
ROLLBACK TO s;
COMMIT;
SELECT same('tv_quiet, tv_first', 'unrelated');

-- keys: a second row for a key, a NULL
CREATE TABLE pairs (a int, b int);
CREATE TVIEW tv_pairs WITH (key = 'a') AS SELECT a, b FROM pairs;
INSERT INTO pairs VALUES (1, 1), (2, 2);
INSERT INTO pairs VALUES (1, 3);
INSERT INTO pairs SELECT n, n FROM generate_series(2, 5) n;
UPDATE pairs SET a = 2 WHERE a = 1;
INSERT INTO pairs VALUES (NULL, 4);
UPDATE pairs SET a = NULL;
SELECT same('tv_pairs', 'bad keys');
BEGIN;
INSERT INTO pairs VALUES (1, 3);
DELETE FROM pairs WHERE a = 1 AND b = 1;
COMMIT;
SELECT same('tv_pairs', 'replaced row');
-- the unique identifier
CREATE TABLE tb_u (pk_u int PRIMARY KEY, id uuid);
CREATE TVIEW tv_u AS SELECT pk_u, id, '{}'::jsonb AS data FROM tb_u;
INSERT INTO tb_u VALUES (1, md5('1')::uuid);
INSERT INTO tb_u VALUES (2, md5('1')::uuid);
SELECT same('tv_u', 'duplicate identifier');

-- a subquery that yields two rows, an assertion in a function, and a full recomputation
CREATE TVIEW tv_scalar WITH (key = 'a') AS SELECT a, (SELECT b FROM pairs p WHERE p.a = t.a) AS b FROM t;
CREATE TVIEW tv_all WITH (key = 'a', on_untraceable = 'recompute') AS SELECT a, n / (SELECT count(*) FROM quiet) AS share FROM t;
DROP TVIEW tv_pairs;
INSERT INTO pairs VALUES (2, 9);
DELETE FROM quiet;
SELECT same('tv_scalar, tv_all', 'errors');

-- a NULL key and a duplicate one, of a tview that is recomputed
CREATE TABLE counted (a int, b int);
INSERT INTO counted SELECT n, n FROM generate_series(1, 3) n;
CREATE TVIEW tv_counted WITH (key = 'a, b', on_untraceable = 'recompute') AS
	SELECT a, b, (SELECT count(*) FROM counted) AS n FROM counted WHERE b > 0;
INSERT INTO counted VALUES (NULL, 4);
UPDATE counted SET a = NULL WHERE b = 2;
INSERT INTO counted VALUES (3, 3);
INSERT INTO counted VALUES (5, 5), (5, 5);
INSERT INTO counted VALUES (NULL, 0), (4, 4);
UPDATE counted SET b = 5 WHERE a IS NULL;
SELECT a, b, n FROM tv_counted ORDER BY a;
SELECT same('tv_counted', 'recomputed with a bad key');
TRUNCATE counted;
SELECT same('tv_counted', 'empty');

-- the primary key of a tview is needed
ALTER TABLE tv_first DROP CONSTRAINT tv_first_pkey;
UPDATE t SET n = 7 WHERE a = 1;
ALTER TABLE tv_first ADD PRIMARY KEY (a);
UPDATE t SET n = 7 WHERE a = 1;
SELECT same(:all, 'primary key');

-- constraints that users put on a tview, or on its rows, at once or deferred
CREATE TABLE part (part int PRIMARY KEY, price int);
CREATE TVIEW tv_part WITH (key = 'part') AS SELECT part, price FROM part;
ALTER TABLE tv_part ADD CONSTRAINT cheap CHECK (price < 100);
CREATE TABLE ordered (part int REFERENCES tv_part DEFERRABLE INITIALLY DEFERRED);
INSERT INTO part VALUES (1, 50), (2, 60);
\set VERBOSITY terse
INSERT INTO part VALUES (3, 200);
UPDATE part SET price = 300 WHERE part = 1;
\set VERBOSITY default
BEGIN;
INSERT INTO ordered VALUES (1);
INSERT INTO ordered VALUES (4);
INSERT INTO part VALUES (4, 70);
COMMIT;
INSERT INTO ordered VALUES (9);
DELETE FROM part WHERE part = 4;
BEGIN;
DELETE FROM part WHERE part = 4;
DELETE FROM ordered WHERE part = 4;
COMMIT;
SELECT string_agg(part::text, ' ' ORDER BY part) FROM tv_part;
SELECT same('tv_part', 'constraints of a tview');

-- rows that the definition does not have: what would fail for them does not
CREATE TABLE kind (kind int PRIMARY KEY, name text);
CREATE TABLE other (other int PRIMARY KEY, kind int, pair int[], mark int[], name text);
CREATE TABLE base (base int PRIMARY KEY, other int, kind int, pair int[], doc jsonb);
INSERT INTO kind VALUES (1, 'pair'), (2, 'other');
INSERT INTO other VALUES (1, 1, '{1,2}', '{1,2}', 'one'), (2, 2, '{1,2,3}', '{1,2,3}', 'two');
INSERT INTO base VALUES (1, 1, 1, '{5,6}', '{"n": 7}'), (2, 2, NULL, '{7,8}', '{"n": "unknown"}');
CREATE TVIEW tv_arrays WITH (key = 'base') AS SELECT base, k.name, ARRAY[base.pair, other.pair] AS pairs
	FROM base JOIN other USING (other) JOIN kind k ON k.kind = base.kind;
CREATE TVIEW tv_ordered WITH (key = 'base') AS SELECT base, k.name, other.name AS other
	FROM base JOIN other USING (other) JOIN kind k ON k.kind = base.kind ORDER BY (doc ->> 'n')::int;
CREATE TVIEW tv_guarded WITH (key = 'base') AS SELECT base, q.mark FROM base
	JOIN (SELECT other, mark FROM other JOIN kind USING (kind) WHERE kind.name = 'pair' OFFSET 0) q USING (other)
	WHERE ARRAY[base.pair, q.mark] <> ARRAY[[0,0],[0,0]];
UPDATE other SET pair = '{1,2,9}' WHERE other = 2;
UPDATE other SET mark = '{1,2,9}' WHERE other = 2;
UPDATE other SET name = 'TWO' WHERE other = 2;
UPDATE other SET pair = '{3,4}', mark = '{5,6}', name = 'ONE' WHERE other = 1;
SELECT base, pairs FROM tv_arrays;
SELECT same('tv_arrays, tv_ordered, tv_guarded', 'rows left out');

-- cancellation
CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(CASE $1 WHEN 77 THEN 5 ELSE 0 END); RETURN $1; END $$;
CREATE TVIEW tv_slow WITH (key = 'a') AS SELECT a, slow(n) AS n FROM t;
SET statement_timeout = '100ms';
UPDATE t SET n = 77 WHERE a = 2;
BEGIN;
UPDATE t SET n = 77 WHERE a = 3;
SELECT FROM tv_slow;
ROLLBACK;
RESET statement_timeout;
SELECT same('tv_slow', 'statement_timeout');

-- an error of a trigger on the tview leaves nothing behind to which keys would be noted
CREATE TABLE noted (pk_noted int PRIMARY KEY, v text);
CREATE TVIEW tv_noted AS SELECT pk_noted, jsonb_build_object('v', v) AS data FROM noted;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
CREATE TRIGGER refuse AFTER INSERT ON tv_noted FOR EACH ROW EXECUTE FUNCTION refuse();
INSERT INTO noted VALUES (1, 'a');
DO $$ BEGIN PERFORM 'x' || (SELECT max(x) FROM (SELECT pg_tviews_note_key(-1)::text AS x OFFSET 0) q); END $$;
DO $$ BEGIN INSERT INTO noted VALUES (1, 'a'); PERFORM FROM tv_noted; EXCEPTION WHEN OTHERS THEN RAISE NOTICE '%', SQLERRM; END $$;
SELECT equals('notes go nowhere', pg_tviews_note_key(n)::text, 'true') FROM generate_series(-1, 1) n;

-- cursors that it leaves open end with the transaction
CREATE FUNCTION leave_open() RETURNS trigger LANGUAGE plpgsql AS
	$$ DECLARE c refcursor := 'leftover'; x int; BEGIN OPEN c FOR SELECT pk FROM generate_series(1, 1000) pk JOIN noted ON true ORDER BY pk; FETCH c INTO x; RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER refuse AFTER INSERT ON tv_noted FOR EACH ROW EXECUTE FUNCTION leave_open();
INSERT INTO noted VALUES (2, 'b');
SELECT count(*) FROM pg_cursors WHERE name = 'leftover';
BEGIN;
INSERT INTO noted VALUES (3, 'c');
PREPARE TRANSACTION 'leftover';
SELECT count(*) FROM pg_cursors WHERE name = 'leftover';
COMMIT PREPARED 'leftover';
INSERT INTO noted VALUES (4, 'd');
SELECT same('tv_noted', 'cursors left open');

SET client_min_messages = warning;
DROP SCHEMA failing CASCADE;
