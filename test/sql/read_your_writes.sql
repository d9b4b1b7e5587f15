--
-- Whatever reads a tview inside a transaction sees the changes made so far.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA reading;
SET search_path = reading, public;
CREATE TABLE t (a int PRIMARY KEY, b int);
INSERT INTO t SELECT n, 0 FROM generate_series(1, 5) n;
CREATE TVIEW tv_t WITH (key = 'a') AS SELECT a, b FROM t;
CREATE TVIEW tv_sum WITH (key = 'odd') AS SELECT a % 2 AS odd, sum(b) AS total FROM tv_t GROUP BY 1;
CREATE VIEW over_it AS SELECT sum(b) AS s FROM tv_t;
CREATE FUNCTION f_volatile() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT sum(b) FROM tv_t';
CREATE FUNCTION f_stable() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT sum(b) FROM tv_t';
CREATE FUNCTION f_plpgsql() RETURNS bigint LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT sum(b) FROM tv_t); END $$;
CREATE FUNCTION f_dynamic() RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE s bigint; BEGIN EXECUTE 'SELECT sum(b) FROM tv_t' INTO s; RETURN s; END $$;
CREATE FUNCTION f_atomic() RETURNS bigint BEGIN ATOMIC SELECT sum(b) FROM tv_t; END;
CREATE FUNCTION f_writes(x int) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	UPDATE t SET b = x WHERE a = 1;
	RETURN (SELECT sum(b) FROM tv_t);
END
$$;
PREPARE q AS SELECT sum(b) FROM tv_t;
PREPARE q1(int) AS SELECT b FROM tv_t WHERE a = $1;
EXECUTE q;

BEGIN;
UPDATE t SET b = 1;
SELECT equals('plain query', (SELECT sum(b) FROM tv_t), 5);
UPDATE t SET b = 2;
EXECUTE q;
UPDATE t SET b = 3;
EXECUTE q1(1);
UPDATE t SET b = 4;
SELECT equals('view', (SELECT s FROM over_it), 20);
UPDATE t SET b = 5;
SELECT equals('SQL function', f_volatile(), 25);
UPDATE t SET b = 6;
SELECT equals('stable SQL function', f_stable(), 30);
UPDATE t SET b = 7;
SELECT equals('PL/pgSQL function', f_plpgsql(), 35);
UPDATE t SET b = 8;
SELECT equals('dynamic SQL', f_dynamic(), 40);
UPDATE t SET b = 9;
SELECT equals('BEGIN ATOMIC', f_atomic(), 45);
SELECT equals('function that writes', f_writes(0), 36);
SELECT string_agg(f_writes(n)::text, ' ') FROM generate_series(1, 3) n;
UPDATE t SET b = 10;
COPY tv_t (b) TO stdout;
UPDATE t SET b = 11;
COPY (SELECT sum(b) FROM tv_t) TO stdout;
UPDATE t SET b = 12;
CREATE TEMP TABLE copied AS SELECT * FROM tv_t;
SELECT equals('CREATE TABLE AS', (SELECT sum(b) FROM copied), 60);
UPDATE t SET b = 13;
INSERT INTO copied SELECT * FROM tv_t;
SELECT equals('INSERT .. SELECT', (SELECT sum(b) FROM copied), 125);
UPDATE t SET b = 14;
UPDATE t SET b = (SELECT sum(b) FROM tv_t) WHERE a = 1;
SELECT equals('subquery of an UPDATE', (SELECT b FROM tv_t WHERE a = 1), 70);
UPDATE t SET b = 15;
SELECT equals('EXISTS', EXISTS (SELECT FROM tv_t WHERE b = 15), true);
UPDATE t SET b = 16;
WITH w AS (UPDATE t SET b = 17 WHERE a = 1 RETURNING b) SELECT w.b, (SELECT sum(b) FROM tv_t) FROM w;
UPDATE t SET b = 18;
SELECT b FROM tv_t WHERE a = 1 FOR UPDATE;
UPDATE t SET b = 19;
SELECT equals('tview over tview', (SELECT sum(total) FROM tv_sum), 95);
UPDATE t SET b = 20;
SELECT same('tv_t, tv_sum', 'inside');
COMMIT;
SELECT same('tv_t, tv_sum', 'commit');

-- cursors see the state at their opening
BEGIN;
UPDATE t SET b = 30;
DECLARE c CURSOR FOR SELECT a, b FROM tv_t ORDER BY a;
FETCH 1 FROM c;
UPDATE t SET b = 31;
FETCH 1 FROM c;
SELECT sum(b) FROM tv_t;
FETCH 1 FROM c;
DECLARE h CURSOR WITH HOLD FOR SELECT sum(b) FROM tv_t;
UPDATE t SET b = 32;
COMMIT;
FETCH h;
CLOSE h;
DO $$
DECLARE
	r record;
BEGIN
	FOR r IN SELECT a, b FROM tv_t ORDER BY a LOOP
		UPDATE t SET b = b + 1;
		IF r.a = 2 THEN PERFORM FROM tv_t; END IF;
		IF r.b <> 32 THEN RAISE 'the loop sees %', r; END IF;
	END LOOP;
END
$$;
SELECT equals('loop', (SELECT sum(b) FROM tv_t), 185);
SELECT same('tv_t, tv_sum', 'cursors');

-- every isolation level, and read-only readers
BEGIN ISOLATION LEVEL REPEATABLE READ;
UPDATE t SET b = 40;
SELECT equals('REPEATABLE READ', (SELECT sum(b) FROM tv_t), 200);
UPDATE t SET b = 41;
SELECT same('tv_t, tv_sum', 'REPEATABLE READ');
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
DELETE FROM t WHERE a = 5;
SELECT equals('SERIALIZABLE', (SELECT count(*) FROM tv_t), 4);
COMMIT;
BEGIN;
UPDATE t SET b = 50;
SET TRANSACTION READ ONLY;
SELECT sum(b) FROM tv_t;
COMMIT;
SELECT same('tv_t, tv_sum', 'isolation levels');
-- a parallel plan
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
BEGIN;
UPDATE t SET b = 60;
SELECT sum(b) FROM tv_t;
COMMIT;
SELECT same('tv_t, tv_sum', 'parallel');
-- parallel workers that read tviews in a function: the plan does not mention them
CREATE TABLE big AS SELECT n FROM generate_series(1, 20000) n;
ALTER TABLE big SET (parallel_workers = 2);
ANALYZE big;
CREATE FUNCTION total(int) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = reading AS
	$$ BEGIN RETURN (SELECT sum(b) FROM tv_t); END $$;
SET max_parallel_workers_per_gather = 2;
BEGIN;
UPDATE t SET b = 70;
SELECT total(n), count(*) FROM big GROUP BY 1;
SET LOCAL parallel_leader_participation = off;
UPDATE t SET b = 71;
SELECT total(n), count(*) FROM big GROUP BY 1;
COMMIT;
-- where they cannot, the flush waits
BEGIN;
UPDATE t SET b = 72;
SELECT count(*) FROM big;
SELECT equals('no flush, no lock', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid = 41), 0);
COMMIT;
SELECT same('tv_t, tv_sum', 'parallel functions');

SET client_min_messages = warning;
DROP SCHEMA reading CASCADE;
