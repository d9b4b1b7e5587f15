--
-- The table of a tview is written by its refreshes only.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA direct;
SET search_path = direct, public;
CREATE TABLE t (a int PRIMARY KEY, b text);
INSERT INTO t VALUES (1, 'one'), (2, 'two');
CREATE TVIEW tv_t WITH (key = 'a') AS SELECT a, b FROM t;
CREATE TABLE child () INHERITS (t);

SELECT refused('INSERT', '42809', $$INSERT INTO tv_t VALUES (3, 'x')$$);
SELECT refused('INSERT of nothing', '42809', $$INSERT INTO tv_t SELECT FROM tv_t WHERE false$$);
SELECT refused('UPDATE', '42809', $$UPDATE tv_t SET b = 'x'$$);
SELECT refused('UPDATE of no row', '42809', $$UPDATE tv_t SET b = 'x' WHERE false$$);
SELECT refused('DELETE', '42809', $$DELETE FROM tv_t$$);
SELECT refused('TRUNCATE', '42809', $$TRUNCATE tv_t$$);
SELECT refused('MERGE', '42809', $$MERGE INTO tv_t USING t ON tv_t.a = t.a WHEN MATCHED THEN DELETE$$);
SELECT refused('ON CONFLICT', '42809', $$INSERT INTO tv_t VALUES (1, 'x') ON CONFLICT (a) DO UPDATE SET b = 'x'$$);
SELECT refused('through a CTE', '42809', $$WITH d AS (DELETE FROM tv_t RETURNING *) SELECT * FROM d$$);
CREATE VIEW over_it AS SELECT a, b FROM tv_t;
SELECT refused('through a view', '42809', $$UPDATE over_it SET b = 'x'$$);
COPY tv_t (a, b) FROM stdin;
9	nine
\.
CREATE FUNCTION write_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE tv_t SET b = 'x'; RETURN NULL; END $$;
CREATE TRIGGER write_it AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION write_it();
SELECT refused('from a trigger', '42809', $$UPDATE t SET b = 'y' WHERE a = 1$$);
DROP TRIGGER write_it ON t;
CREATE TRIGGER write_it AFTER UPDATE ON tv_t FOR EACH ROW EXECUTE FUNCTION write_it();
SELECT refused('from a trigger on the tview', '42809', $$UPDATE t SET b = 'y' WHERE a = 1; SELECT FROM tv_t$$);
DROP TRIGGER write_it ON tv_t;
SELECT refused('by a foreign key', '42809', $$
	ALTER TABLE tv_t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t ON DELETE CASCADE; DELETE FROM t WHERE a = 1$$);
SELECT refused('as partition or child', '42809', $$CREATE TABLE heir () INHERITS (tv_t)$$);
SELECT same('tv_t', 'refused writes');

-- whoever writes as replication does is refused, too; what refreshes write is not
SET session_replication_role = replica;
SELECT refused('INSERT as a replica', '42809', $$INSERT INTO tv_t VALUES (3, 'x')$$);
SELECT refused('UPDATE as a replica', '42809', $$UPDATE tv_t SET b = 'x'$$);
SELECT refused('DELETE as a replica', '42809', $$DELETE FROM tv_t$$);
SELECT refused('TRUNCATE as a replica', '42809', $$TRUNCATE tv_t$$);
INSERT INTO t VALUES (5, 'five');
UPDATE t SET b = b || '.' WHERE a = 5;
SELECT same('tv_t', 'base table as a replica');
DELETE FROM t WHERE a = 5;
RESET session_replication_role;
SELECT same('tv_t', 'replica');

-- triggers that were off: what was written meanwhile is unknown, and goes
CREATE FUNCTION guards() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s %s', tgname, tgenabled), ', ' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = 'tv_t'::regclass AND tgname LIKE 'pg\_tviews\_guard%' $$;
SELECT guards();
ALTER TABLE tv_t DISABLE TRIGGER ALL;
INSERT INTO tv_t VALUES (3, 'x');
UPDATE tv_t SET b = 'x' WHERE a = 1;
SELECT severity, problem, hint FROM pg_tviews_health() ORDER BY 2;
ALTER TABLE tv_t ENABLE TRIGGER ALL;
SELECT same('tv_t', 'ENABLE TRIGGER ALL');
SELECT guards();
ALTER TABLE tv_t DISABLE TRIGGER pg_tviews_guard;
SELECT refused('rows alone are guarded, too', '42809', 'DELETE FROM tv_t');
ALTER TABLE tv_t DISABLE TRIGGER pg_tviews_guard_rows;
DELETE FROM tv_t;
ALTER TABLE tv_t ENABLE TRIGGER pg_tviews_guard;
SELECT same('tv_t', 'ENABLE TRIGGER');
ALTER TABLE tv_t DISABLE TRIGGER USER;
DELETE FROM tv_t;
ALTER TABLE tv_t ENABLE REPLICA TRIGGER pg_tviews_guard_rows;
ALTER TABLE tv_t ENABLE ALWAYS TRIGGER pg_tviews_guard;
SELECT same('tv_t', 'ENABLE ALWAYS TRIGGER');
SELECT guards();
ALTER TABLE t DISABLE TRIGGER pg_tviews_capture;
INSERT INTO t VALUES (6, 'unseen');
ALTER TABLE t ENABLE ALWAYS TRIGGER pg_tviews_capture;
SELECT same('tv_t', 'ENABLE ALWAYS TRIGGER of the base table');
DELETE FROM t WHERE a = 6;
SELECT equals('all is well', (SELECT count(*) FROM pg_tviews_health()), 0);

-- lifted for a superuser's session
SET pg_tviews.allow_direct_writes = on;
UPDATE tv_t SET b = 'by hand' WHERE a = 1;
INSERT INTO tv_t VALUES (7, 'by hand');
DELETE FROM tv_t WHERE a = 2;
RESET pg_tviews.allow_direct_writes;
SELECT a, b FROM tv_t ORDER BY a;
SELECT remember('tv_t') \g /dev/null
UPDATE t SET b = 'TWO' WHERE a = 2;
SELECT equals('a change brings back its row', changed('tv_t'), '+2');
SELECT pg_tviews_refresh('tv_t') \g /dev/null
SELECT equals('refresh: the rest', changed('tv_t'), '1 +2 -7');
SELECT same('tv_t', 'refresh');

-- what users may add
CREATE INDEX ON tv_t (b);
ALTER TABLE tv_t SET (fillfactor = 50);
ALTER TABLE tv_t ALTER b SET STATISTICS 1000;
COMMENT ON TABLE tv_t IS 'mine';
ALTER TABLE tv_t ADD CONSTRAINT short CHECK (length(b) < 10);
CREATE STATISTICS st ON a, b FROM tv_t;
SET client_min_messages = error;
CREATE PUBLICATION regress_tview FOR TABLE tv_t;
RESET client_min_messages;
ALTER TABLE tv_t REPLICA IDENTITY FULL;
VACUUM (ANALYZE) tv_t;
UPDATE t SET b = 'more' WHERE a = 1;
\set VERBOSITY terse
UPDATE t SET b = 'much too long' WHERE a = 1;
\set VERBOSITY default
SELECT same('tv_t', 'additions');
DROP PUBLICATION regress_tview;

SET client_min_messages = warning;
DROP SCHEMA direct CASCADE;
