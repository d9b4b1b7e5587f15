--
-- Rows that hang on the absence of others: outer joins of all kinds and anti joins.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA outer_joins;
SET search_path = outer_joins, public;
CREATE TABLE a (a int PRIMARY KEY, x text);
CREATE TABLE b (b int PRIMARY KEY, a int, y text);
CREATE TABLE c (c int PRIMARY KEY, b int, z text);
INSERT INTO a SELECT n, 'a' || n FROM generate_series(1, 3) n;
INSERT INTO b VALUES (1, 1, 'b1'), (2, 9, 'b2'), (3, NULL, 'b3');
INSERT INTO c VALUES (1, 1, 'c1'), (2, 2, 'c2'), (3, 9, 'c3');

-- at most one partner each
CREATE TVIEW tv_left WITH (key = 'a') AS
	SELECT a.a, x, min(y) AS y FROM a LEFT JOIN b USING (a) GROUP BY a.a, x;
CREATE TVIEW tv_right WITH (key = 'b') AS SELECT b, x, y FROM a RIGHT JOIN b USING (a);
CREATE TVIEW tv_full WITH (key = 'key', on_untraceable = 'recompute') AS
	SELECT concat_ws('/', concat('a', a.a), concat('b', b)) AS key, x, y FROM a FULL JOIN b ON b.a = a.a;
CREATE TVIEW tv_full_group WITH (key = 'a') AS
	SELECT coalesce(a.a, b.a, 0) AS a, count(x) AS xs, count(y) AS ys FROM a FULL JOIN b ON b.a = a.a GROUP BY 1;
CREATE TVIEW tv_chain WITH (key = 'c') AS
	SELECT c, z, y, x FROM c LEFT JOIN b USING (b) LEFT JOIN a USING (a);
CREATE TVIEW tv_nested WITH (key = 'a') AS
	SELECT a.a, string_agg(y || z, ',' ORDER BY y, z) AS yz FROM a LEFT JOIN (b JOIN c USING (b)) ON b.a = a.a GROUP BY a.a;
CREATE TVIEW tv_filtered WITH (key = 'a') AS
	SELECT a.a, x, count(b) AS n FROM a LEFT JOIN b ON b.a = a.a AND y <> 'hidden' GROUP BY a.a, x;
CREATE TVIEW tv_anti WITH (key = 'a') AS SELECT a, x FROM a WHERE NOT EXISTS (SELECT FROM b WHERE b.a = a.a);
CREATE TVIEW tv_anti_join WITH (key = 'a') AS SELECT a.a, x FROM a LEFT JOIN b ON b.a = a.a WHERE b.b IS NULL;
CREATE TVIEW tv_no_c WITH (key = 'a') AS
	SELECT a.a FROM a WHERE NOT EXISTS (SELECT FROM b JOIN c USING (b) WHERE b.a = a.a);
\set all '\'tv_left, tv_right, tv_full, tv_full_group, tv_chain, tv_nested, tv_filtered, tv_anti, tv_anti_join, tv_no_c\''
SELECT same(:all, 'creation');

-- the first match comes, the last goes
SELECT remember('tv_anti'), remember('tv_left'), remember('tv_full') \g /dev/null
INSERT INTO b VALUES (4, 2, 'b4');
SELECT equals('first match', concat_ws(', ', changed('tv_anti'), changed('tv_left'), changed('tv_full')), '-2, 2, -a2/b +a2/b4');
SELECT same(:all, 'first match');
SELECT remember('tv_anti'), remember('tv_left'), remember('tv_full') \g /dev/null
DELETE FROM b WHERE b = 4;
SELECT equals('last match', concat_ws(', ', changed('tv_anti'), changed('tv_left'), changed('tv_full')), '+2, 2, +a2/b -a2/b4');
SELECT same(:all, 'last match');

-- a partner changes sides
UPDATE b SET a = 3 WHERE b = 1;
SELECT * FROM (SELECT a, x, y FROM tv_left) t ORDER BY a;
SELECT same(:all, 'match moves');
UPDATE b SET a = NULL WHERE b = 1;
SELECT same(:all, 'match to NULL');
UPDATE b SET a = 3 WHERE a IS NULL;
SELECT same(:all, 'match from NULL');

-- the missing side of an outer join arrives and leaves
INSERT INTO a VALUES (9, 'late');
SELECT c, z, y, x FROM tv_chain ORDER BY c;
SELECT same(:all, 'late parent');
INSERT INTO b VALUES (9, 9, 'b9');
SELECT same(:all, 'late middle');
DELETE FROM a WHERE a = 9;
SELECT same(:all, 'parent gone');
UPDATE c SET b = 3 - b WHERE b < 3;
SELECT same(:all, 'chain moves');

-- conditions within ON
UPDATE b SET y = 'hidden' WHERE b IN (1, 3);
SELECT equals('ON condition no longer holds', (SELECT n FROM tv_filtered WHERE a = 3), 0);
UPDATE b SET y = 'shown', a = 1;
SELECT equals('ON condition holds again', (SELECT n FROM tv_filtered WHERE a = 1), 4);
SELECT same(:all, 'ON condition');

-- keys of both sides
UPDATE a SET a = a + 10;
SELECT same(:all, 'keys of a');
UPDATE b SET b = b + 10, a = 11;
SELECT same(:all, 'keys of b');
TRUNCATE c;
SELECT same(:all, 'no c');
INSERT INTO c SELECT n, n, 'new' FROM generate_series(9, 20) n;
DELETE FROM b;
DELETE FROM a WHERE a = 12;
SELECT same(:all, 'no b');

-- a document whose every part may be missing
CREATE TVIEW tv_document WITH (key = 'c') AS
	SELECT c, jsonb_strip_nulls(jsonb_build_object('z', z, 'b', to_jsonb(b), 'a', CASE WHEN a.a IS NOT NULL THEN jsonb_build_object('x', x) END)) AS data
	FROM c LEFT JOIN b USING (b) LEFT JOIN a ON a.a = b.a AND a.x IS NOT NULL;
INSERT INTO b SELECT n, n + 2, 'again' FROM generate_series(9, 12) n;
UPDATE a SET x = NULL WHERE a = 11;
SELECT c, data FROM tv_document WHERE c < 13 ORDER BY c;
SELECT same('tv_document', 'optional parts');

-- a key of a side that goes missing would be NULL
CREATE TABLE quota (area int PRIMARY KEY);
CREATE TABLE book (pk int PRIMARY KEY);
INSERT INTO quota VALUES (1), (2);
INSERT INTO book VALUES (1), (2);
CREATE TVIEW tv_side WITH (key = 'area') AS SELECT q.area, b.pk FROM book b LEFT JOIN quota q ON q.area = b.pk;
SELECT refused('the side goes', '23502', $$DELETE FROM quota WHERE area = 2; SELECT FROM tv_side$$);
SELECT refused('a row without it comes', '23502', $$INSERT INTO book VALUES (7); SELECT FROM tv_side$$);
INSERT INTO quota VALUES (7);
INSERT INTO book VALUES (7);
SELECT same('tv_side', 'keys of the optional side');

-- names for the columns of a join
CREATE TVIEW tv_alias WITH (key = 'c') AS
	SELECT c.c, j.e, to_jsonb(j) AS whole FROM c LEFT JOIN (b LEFT JOIN a USING (a)) AS j(d, e, f) ON j.e = c.b;
UPDATE a SET x = x || '!';
UPDATE b SET a = a + 1 WHERE b > 9;
SELECT same('tv_alias', 'the alias of a join');

-- chains of outer joins, to the left and to the right
CREATE TABLE emp (emp int PRIMARY KEY, name text, boss int);
INSERT INTO emp SELECT n, 'emp ' || n, n - 1 FROM generate_series(1, 14) n;
CREATE TVIEW tv_bosses WITH (key = 'emp') AS
	SELECT e.emp, concat_ws(' < ', e.name, b1.name, b2.name, b3.name, b4.name, b5.name, b6.name, b7.name, b8.name, b9.name) AS bosses FROM emp e
	LEFT JOIN emp b1 ON b1.emp = e.boss LEFT JOIN emp b2 ON b2.emp = b1.boss LEFT JOIN emp b3 ON b3.emp = b2.boss
	LEFT JOIN emp b4 ON b4.emp = b3.boss LEFT JOIN emp b5 ON b5.emp = b4.boss LEFT JOIN emp b6 ON b6.emp = b5.boss
	LEFT JOIN emp b7 ON b7.emp = b6.boss LEFT JOIN emp b8 ON b8.emp = b7.boss LEFT JOIN emp b9 ON b9.emp = b8.boss;
SET statement_timeout = '20s';
CREATE TVIEW tv_deep WITH (key = 'emp') AS
	SELECT e.emp, b1.name AS first, b12.name AS last FROM emp e LEFT JOIN (emp b1 LEFT JOIN (emp b2 LEFT JOIN (emp b3 LEFT JOIN
		(emp b4 LEFT JOIN (emp b5 LEFT JOIN (emp b6 LEFT JOIN (emp b7 LEFT JOIN (emp b8 LEFT JOIN (emp b9 LEFT JOIN
		(emp b10 LEFT JOIN (emp b11 LEFT JOIN emp b12 ON b12.emp = b11.boss) ON b11.emp = b10.boss) ON b10.emp = b9.boss)
		ON b9.emp = b8.boss) ON b8.emp = b7.boss) ON b7.emp = b6.boss) ON b6.emp = b5.boss) ON b5.emp = b4.boss)
		ON b4.emp = b3.boss) ON b3.emp = b2.boss) ON b2.emp = b1.boss) ON b1.emp = e.boss;
RESET statement_timeout;
SELECT traced('tv_bosses, tv_deep');
UPDATE emp SET name = 'the boss' WHERE emp = 1;
SELECT emp, first, last FROM tv_deep WHERE emp > 11 ORDER BY emp;
SELECT same('tv_bosses, tv_deep', 'end of a chain');
UPDATE emp SET boss = 14 WHERE emp = 4;
DELETE FROM emp WHERE emp = 7;
SELECT same('tv_bosses, tv_deep', 'middle of a chain');

SET client_min_messages = warning;
DROP SCHEMA outer_joins CASCADE;
