--
-- Definitions change below other tviews: helper views rename their columns, OR REPLACE changes a tview whose table or
-- backing view others read.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA replaced_under;
SET search_path = replaced_under, public;
CREATE TABLE t (pk int PRIMARY KEY, nm text, x int);
CREATE TABLE u (pk int PRIMARY KEY, nm text);
INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2);
INSERT INTO u VALUES (1, 'u1'), (3, 'u3');

-- whole rows of a helper view show the names of its columns
CREATE VIEW hv AS SELECT pk, nm FROM t;
CREATE VIEW over AS SELECT h.pk, to_jsonb(h) AS j FROM hv h;
CREATE TVIEW tv_1 WITH (key = 'pk') AS SELECT pk, to_jsonb(hv) AS j FROM hv;
CREATE TVIEW tv_2 WITH (key = 'pk') AS SELECT pk, j FROM over;
ALTER VIEW hv RENAME COLUMN nm TO nm2;
SELECT same('tv_1, tv_2', 'ALTER VIEW RENAME COLUMN');
ALTER TABLE hv RENAME COLUMN nm2 TO nm3;
SELECT same('tv_1, tv_2', 'ALTER TABLE RENAME COLUMN');
SELECT j FROM tv_1 ORDER BY pk;

-- a tview below others: they read its table, its view, or a helper view over it
CREATE TVIEW tv_d1 WITH (key = 'pk') AS SELECT pk, nm FROM t;
CREATE VIEW over_d1 AS SELECT v.pk, to_jsonb(v) AS j FROM v_d1 v;
CREATE TVIEW tv_d2 WITH (key = 'pk') AS SELECT v.pk, to_jsonb(v) AS j FROM v_d1 v;
CREATE TVIEW tv_d3 WITH (key = 'pk') AS SELECT v.pk, v.j FROM over_d1 v;
CREATE TVIEW tv_d4 WITH (key = 'pk') AS SELECT v.pk, to_jsonb(v) - 'updated_at' AS j FROM tv_d1 v;
CREATE TVIEW tv_d5 WITH (key = 'pk') AS SELECT v.pk, v.j FROM tv_d2 v;
CREATE TVIEW tv_d6 WITH (key = 'pk') AS SELECT v.pk, v.nm FROM v_d1 v WITH NO DATA;
CREATE TVIEW tv_d7 WITH (key = 'pk', on_untraceable = 'recompute') AS SELECT u.pk, (SELECT count(*) FROM v_d1) AS n FROM u;
\set all '\'tv_d1, tv_d2, tv_d3, tv_d4, tv_d5, tv_d7\''
SELECT same(:all, 'creation');
CREATE OR REPLACE TVIEW tv_d1 WITH (key = 'pk') AS SELECT pk, nm, NULL::int AS x FROM t;
SELECT same(:all, 'a column was added');
SELECT j FROM tv_d2 WHERE pk = 1;
SELECT j FROM tv_d4 WHERE pk = 1;
CREATE OR REPLACE TVIEW tv_d1 WITH (key = 'pk') AS SELECT pk, upper(nm) AS nm, x FROM t WHERE pk > 1;
SELECT same(:all, 'other rows');
INSERT INTO t VALUES (3, 'three', 3);
SELECT same(:all, 'then a change');
-- another base table
CREATE OR REPLACE TVIEW tv_d1 WITH (key = 'pk') AS SELECT pk, nm, 0 AS x FROM u;
SELECT same(:all, 'another base table');
INSERT INTO u VALUES (4, 'u4');
UPDATE u SET nm = 'changed' WHERE pk = 1;
SELECT same(:all, 'changes of the other base table');
SELECT equals('no triggers on a table that nobody reads any more', (SELECT string_agg(tgname, ' ') FROM pg_trigger
	WHERE tgrelid = 't'::regclass AND tgname LIKE 'pg\_tviews%' AND NOT EXISTS (SELECT FROM pg_tview_relations WHERE relation = 't'::regclass)), NULL);
-- filled later, it is right
CREATE OR REPLACE TVIEW tv_d1 WITH (key = 'pk') AS SELECT pk, nm || '!' AS nm, 0 AS x FROM u WITH NO DATA;
SELECT same('tv_d2, tv_d3, tv_d5, tv_d7', 'WITH NO DATA');
SELECT pg_tviews_refresh('tv_d1');
SELECT pg_tviews_refresh('tv_d6');
SELECT same(:all || ', tv_d6', 'filled');
-- what those above could not bear
SELECT refused('cannot be traced above', '0A000', $$CREATE OR REPLACE TVIEW tv_d1 WITH (key = 'pk', on_untraceable = 'recompute') AS
	SELECT pk, (SELECT max(nm) FROM t) AS nm, 0 AS x FROM u$$);
SELECT refused('in a circle', '42P17', $$CREATE OR REPLACE TVIEW tv_d1 WITH (key = 'pk') AS SELECT v.pk, v.j::text AS nm, 0 AS x FROM tv_d2 v$$);
SELECT refused('in a circle, by views', '42P17', $$CREATE OR REPLACE TVIEW tv_d1 WITH (key = 'pk') AS SELECT v.pk, v.j::text AS nm, 0 AS x FROM v_d2 v$$);
UPDATE u SET nm = nm || '?';
SELECT same(:all || ', tv_d6', 'refused');

SET client_min_messages = warning;
DROP SCHEMA replaced_under CASCADE;
