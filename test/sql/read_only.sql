--
-- READ ONLY transactions: functions that act refuse, what is pending is flushed.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA read_only;
SET search_path = read_only, public;
CREATE TABLE t (a int PRIMARY KEY, b int);
INSERT INTO t VALUES (1, 1);
CREATE TVIEW tv_t WITH (key = 'a') AS SELECT a, b FROM t;
BEGIN READ ONLY;
SELECT refused('pg_tviews_refresh', '25006', $$SELECT pg_tviews_refresh('tv_t')$$);
SELECT refused('pg_tviews_refresh_all', '25006', 'SELECT pg_tviews_refresh_all()');
SELECT refused('pg_tviews_create', '25006', $$SELECT pg_tviews_create('tv_u', 'SELECT a, b FROM t', '{key=a}')$$);
SELECT refused('pg_tviews_drop', '25006', $$SELECT pg_tviews_drop('tv_t')$$);
SELECT refused('CREATE TVIEW', '25006', $$CREATE TVIEW tv_u WITH (key = 'a') AS SELECT a, b FROM t$$);
SELECT refused('CREATE OR REPLACE TVIEW', '25006', $$CREATE OR REPLACE TVIEW tv_t WITH (key = 'a') AS SELECT a, b FROM t$$);
SELECT refused('ALTER TVIEW', '25006', 'ALTER TVIEW tv_t RENAME TO tv_u');
SELECT refused('ALTER TVIEW SET', '25006', $$ALTER TVIEW tv_t SET (on_untraceable = 'recompute')$$);
SELECT refused('DROP TVIEW', '25006', 'DROP TVIEW tv_t');
SELECT a, b FROM tv_t;
COMMIT;

-- what was written before goes on
BEGIN;
UPDATE t SET b = 2;
SET TRANSACTION READ ONLY;
SELECT b FROM tv_t;
COMMIT;
BEGIN;
UPDATE t SET b = 3;
SET TRANSACTION READ ONLY;
COMMIT;
SELECT same('tv_t');

SET client_min_messages = warning;
DROP SCHEMA read_only CASCADE;
