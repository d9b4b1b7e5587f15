--
-- Parallel workers see what their query sees, also where it runs with its caller's snapshot.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA parallel;
SET search_path = parallel, public;
CREATE TABLE t (pk_t int PRIMARY KEY, n int);
INSERT INTO t SELECT i, 0 FROM generate_series(1, 1000) i;
CREATE TVIEW tv_t AS SELECT pk_t, n, jsonb_build_object('n', n) AS data FROM t;
CREATE TABLE other AS SELECT pk_t FROM t;
ANALYZE t, tv_t, other;
CREATE FUNCTION by_query() RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN RETURN QUERY SELECT sum(t.n) FROM other JOIN tv_t t USING (pk_t); END $$;
CREATE FUNCTION by_execute() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE result bigint;
BEGIN EXECUTE 'SELECT sum(t.n) FROM other JOIN tv_t t USING (pk_t)' INTO result; RETURN result; END $$;
CREATE FUNCTION by_error() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'SELECT sum(1 / (t.n - 1)) FROM other JOIN tv_t t USING (pk_t)';
	RETURN 0;
EXCEPTION WHEN division_by_zero THEN RETURN (SELECT sum(n) FROM tv_t);
END $$;
CREATE FUNCTION in_worker(k int) RETURNS int STABLE PARALLEL SAFE LANGUAGE plpgsql AS $$
BEGIN RETURN (SELECT n FROM parallel.tv_t WHERE pk_t = k); END $$;
CREATE FUNCTION plan() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN RETURN QUERY EXECUTE 'EXPLAIN SELECT sum(t.n) FROM other JOIN tv_t t USING (pk_t)'; END $$;
PREPARE p AS SELECT sum(t.n) FROM other JOIN tv_t t USING (pk_t);
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SET enable_memoize = off;
SET plan_cache_mode = force_generic_plan;
-- The workers look up tv_t by an index scan that is not parallel by itself.
SELECT ok('parallel plan', string_agg(line, ' ') ~ 'Gather.*Nested Loop.*Parallel Seq Scan on other.*Index Scan using tv_t_pkey') FROM plan() line;

-- Each of these should be 1000.
BEGIN; UPDATE t SET n = 1; SELECT sum(t.n) FROM other JOIN tv_t t USING (pk_t); ROLLBACK;
BEGIN; UPDATE t SET n = 1; SELECT by_query(); ROLLBACK;
BEGIN; UPDATE t SET n = 1; SELECT by_execute(); ROLLBACK;
BEGIN; UPDATE t SET n = 1; COPY (SELECT sum(t.n) FROM other JOIN tv_t t USING (pk_t)) TO stdout; ROLLBACK;
BEGIN; UPDATE t SET n = 1; CREATE TABLE c AS SELECT sum(t.n) FROM other JOIN tv_t t USING (pk_t); TABLE c; ROLLBACK;
BEGIN; UPDATE t SET n = 1; CREATE TABLE c AS EXECUTE p; TABLE c; ROLLBACK;
BEGIN; UPDATE t SET n = 1; DECLARE c CURSOR FOR SELECT sum(t.n) FROM other JOIN tv_t t USING (pk_t); FETCH c; ROLLBACK;
BEGIN; UPDATE t SET n = 1; COPY (SELECT sum(in_worker(pk_t)) FROM other) TO stdout; ROLLBACK;

-- Other isolation levels, errors, and the plan that is kept.
BEGIN ISOLATION LEVEL REPEATABLE READ; UPDATE t SET n = 1; SELECT by_execute(); ROLLBACK;
BEGIN; UPDATE t SET n = 1; SELECT by_error(); SAVEPOINT s; UPDATE t SET n = 2; SELECT by_query() / 2; ROLLBACK TO s; SELECT by_query(); ROLLBACK;
BEGIN; UPDATE t SET n = 1; SELECT by_query(); UPDATE t SET n = 2; SELECT by_query() / 2; COMMIT;
SELECT by_query() / 2;
SELECT same('tv_t');

SET client_min_messages = warning;
DROP SCHEMA parallel CASCADE;
