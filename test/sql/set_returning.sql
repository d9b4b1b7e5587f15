--
-- Several set-returning functions in one select list: they run in lockstep, and where one ends first, NULLs fill up.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA set_returning;
SET search_path = set_returning, public;
CREATE TYPE pair AS (n int, s text);
CREATE TABLE t (pk int PRIMARY KEY, a int, tags text[], words text[], pairs pair[]);
CREATE TABLE p (pk int PRIMARY KEY, a int, b int);
CREATE TABLE q (qk int PRIMARY KEY, x int[], y int[]);
INSERT INTO t VALUES (1, 0, '{}', '{}', '{}'), (2, 2, '{x}', '{u v,w}', '{"(1,a)"}');
INSERT INTO p VALUES (1, 1, 5), (2, 2, NULL);
INSERT INTO q VALUES (1, '{1}', '{7}'), (2, '{3}', '{2}');
CREATE TVIEW tv_padded WITH (key = 'pk, n') AS
	SELECT pk, coalesce(n, 0) AS n, tag FROM (SELECT pk, generate_series(1, a) AS n, unnest(tags) AS tag FROM t) s;
CREATE TVIEW tv_within WITH (key = 'pk, n') AS
	SELECT pk, coalesce(n, -1) AS n, a, tag FROM (SELECT pk, a, generate_series(1, a) * 10 AS n, unnest(tags) || '!' AS tag FROM t) s;
-- the key has only one of them, or one that nobody else reads makes more rows of the key
CREATE TVIEW tv_one WITH (key = 'n') AS
	SELECT coalesce(n, 0) AS n, count(*) AS c, string_agg(tag, ' ' ORDER BY pk, tag) AS tags
	FROM (SELECT pk, generate_series(1, a) AS n, unnest(tags) AS tag FROM t) s GROUP BY 1;
CREATE TVIEW tv_unread WITH (key = 'pk, n') AS
	SELECT pk, coalesce(n, 0) AS n, count(*) AS c FROM (SELECT pk, generate_series(1, a) AS n, unnest(tags) AS tag FROM t) s GROUP BY 1, 2;
CREATE TVIEW tv_junk WITH (key = 'pk, n') AS
	SELECT pk, coalesce(n, 0) AS n, count(*) AS c FROM (SELECT pk, generate_series(1, a) AS n FROM t ORDER BY unnest(tags)) s GROUP BY 1, 2;
CREATE TVIEW tv_sides WITH (key = 'pk, n', on_untraceable = 'recompute') AS
	SELECT pk, coalesce(n, 0) AS n, count(*) AS c, max(y) AS y
	FROM (SELECT pk, generate_series(1, a) AS n, unnest(y) AS y FROM p LEFT JOIN q ON q.qk = p.pk) s GROUP BY 1, 2;
CREATE TVIEW tv_both WITH (key = 'pk, n, y') AS
	SELECT pk, coalesce(n, 0) AS n, coalesce(y, 0) AS y
	FROM (SELECT pk, generate_series(1, a) AS n, unnest(y) AS y FROM p LEFT JOIN q ON q.qk = p.pk) s GROUP BY 1, 2, 3;
-- below a sublink: a NULL that fills up makes IN unknown
CREATE TVIEW tv_in WITH (key = 'pk') AS SELECT pk, (a, b) IN (SELECT unnest(x), unnest(y) FROM q) AS i FROM p;
-- one alone, and one within another, are as before
CREATE TVIEW tv_single WITH (key = 'pk, tag') AS SELECT pk, unnest(tags) AS tag FROM t;
CREATE TVIEW tv_nested WITH (key = 'pk, word') AS SELECT DISTINCT pk, unnest(string_to_array(unnest(words), ' ')) AS word FROM t;
-- several of which one is within another, or decides the groups, are not all in lockstep; rows are not followed at all
CREATE TVIEW tv_levels WITH (key = 'pk, word', on_untraceable = 'recompute') AS
	SELECT pk, coalesce(word, '-') AS word, count(*) AS c
	FROM (SELECT pk, unnest(string_to_array(unnest(words), ' ')) AS word, unnest(tags) AS tag FROM t) s GROUP BY 1, 2;
CREATE TVIEW tv_grouped WITH (key = 'pk, tag, n', on_untraceable = 'recompute') AS
	SELECT pk, tag, n, c FROM (SELECT pk, unnest(tags) AS tag, generate_series(1, 2) AS n, count(*) AS c FROM t GROUP BY pk, 2) s;
CREATE TVIEW tv_row WITH (key = 'pk, n', on_untraceable = 'recompute') AS SELECT pk, (u).n AS n, (u).s AS s FROM (SELECT pk, unnest(pairs) AS u FROM t) s;
\set all '''tv_padded, tv_within, tv_one, tv_unread, tv_junk, tv_sides, tv_both, tv_in, tv_single, tv_nested, tv_levels, tv_grouped, tv_row'''
SELECT traced(:all);
UPDATE t SET tags = '{y}' WHERE pk = 1;
SELECT same(:all, 'one function yields rows');
UPDATE t SET tags = '{p,q,r}' WHERE pk = 2;
SELECT same(:all, 'the other yields more');
UPDATE t SET a = 5;
UPDATE t SET words = '{a,b c,d}', pairs = '{"(1,b)","(2,c)"}';
SELECT same(:all, 'more of the first');
UPDATE q SET y = '{}' WHERE qk = 1;
SELECT same(:all, 'IN becomes unknown');
UPDATE q SET y = '{8,9,10}';
UPDATE p SET a = 0;
SELECT same(:all, 'the other side of a join');
INSERT INTO t VALUES (3, 1, '{a,b}', '{x}', '{"(3,d)"}');
DELETE FROM q WHERE qk = 1;
UPDATE p SET a = 3;
DELETE FROM t WHERE pk = 2;
SELECT same(:all, 'rows that come and go');
UPDATE t SET tags = NULL;
UPDATE t SET a = 0;
SELECT same(:all, 'no rows');

-- what fills up is seen as a key
CREATE TABLE k (pk int PRIMARY KEY, a int, tags text[]);
INSERT INTO k VALUES (1, 1, '{x}');
CREATE TVIEW tv_null WITH (key = 'pk, n') AS SELECT pk, generate_series(1, a) AS n, unnest(tags) AS tag FROM k;
SELECT refused('a NULL key', '23502', 'UPDATE k SET tags = ''{x,y}''; SELECT FROM tv_null');
SELECT same('tv_null');

SET client_min_messages = warning;
DROP SCHEMA set_returning CASCADE;
