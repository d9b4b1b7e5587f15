--
-- What a published tview's subscribers could not follow is refused, as in the server.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA published;
SET search_path = published, public;
SET client_min_messages = error;	-- of wal_level
CREATE TABLE t (pk_t int PRIMARY KEY, v int);
INSERT INTO t VALUES (1, 5), (2, 20);
CREATE TVIEW tv_t AS SELECT pk_t, v, jsonb_build_object('v', v) AS data FROM t;

-- a row filter with a column that is not in the replica identity
CREATE PUBLICATION tview_test FOR TABLE tv_t WHERE (v > 10);
SELECT refused('UPDATE with a row filter', '42P10', 'UPDATE published.t SET v = 25 - v; SELECT FROM published.tv_t');
SELECT refused('DELETE with a row filter', '42P10', 'DELETE FROM published.t; SELECT FROM published.tv_t');
INSERT INTO t VALUES (3, 30);
SELECT same('tv_t', 'row filter');
ALTER PUBLICATION tview_test SET (publish = 'insert');
UPDATE t SET v = 25 - v;
SELECT same('tv_t', 'insertions are published only');
ALTER PUBLICATION tview_test SET (publish = 'insert, update, delete');
ALTER PUBLICATION tview_test SET TABLE tv_t WHERE (pk_t > 1);
UPDATE t SET v = 25 - v;
DELETE FROM t WHERE pk_t = 3;
SELECT same('tv_t', 'filter by the key');

-- nothing to find rows by
ALTER TABLE tv_t REPLICA IDENTITY NOTHING;
ALTER PUBLICATION tview_test SET TABLE tv_t;
SELECT refused('UPDATE without replica identity', '55000', 'UPDATE published.t SET v = 25 - v; SELECT FROM published.tv_t');
SELECT refused('DELETE without replica identity', '55000', 'DELETE FROM published.t; SELECT FROM published.tv_t');
ALTER TABLE tv_t REPLICA IDENTITY FULL;
UPDATE t SET v = 25 - v;
DELETE FROM t WHERE pk_t = 1;
SELECT same('tv_t', 'whole rows');

DROP PUBLICATION tview_test;
DROP SCHEMA published CASCADE;
