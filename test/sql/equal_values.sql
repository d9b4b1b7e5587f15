--
-- Values that are equal and not the same: grouping, DISTINCT and set operations show one for all.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA equals;
SET search_path = equals, public;
CREATE TABLE a (pk int PRIMARY KEY, n numeric);
CREATE TABLE b (pk int PRIMARY KEY, n numeric, t text);
CREATE TABLE label (pk int PRIMARY KEY, t text, n numeric);
INSERT INTO label VALUES (1, '1.5', 1.5), (2, '1.50', 2.0), (3, '2', 2);
INSERT INTO a VALUES (1, 1.5);
-- computed from one of them: every key may be concerned
CREATE TVIEW tv_except WITH (key = 'k', on_untraceable = 'recompute') AS
	SELECT q.n::text AS k FROM (SELECT n FROM a WHERE n IS NOT NULL EXCEPT SELECT n FROM b) q;
CREATE TVIEW tv_group WITH (key = 'k', on_untraceable = 'recompute') AS
	SELECT n::text AS k, count(*) AS c FROM a WHERE n IS NOT NULL GROUP BY n;
SELECT refused('computed from what is grouped', '0A000', 'CREATE TVIEW tv_no WITH (key = ''k'') AS SELECT n::text AS k, count(*) AS c FROM a GROUP BY n');
SELECT refused('computed from a set operation', '0A000',
	'CREATE TVIEW tv_no WITH (key = ''k'') AS SELECT n::text AS k FROM (SELECT n FROM a UNION SELECT n FROM b) q');
SELECT refused('computed from what is distinct', '0A000',
	'CREATE TVIEW tv_no WITH (key = ''k'') AS SELECT n + 1 AS k FROM (SELECT DISTINCT n FROM a) q');
-- joined by something computed from one of them
CREATE TVIEW tv_label WITH (key = 'pk', on_untraceable = 'recompute') AS
	SELECT l.pk, g.c FROM label l LEFT JOIN (SELECT n, count(*) AS c FROM a GROUP BY n) g ON g.n::text = l.t;
CREATE TVIEW tv_in WITH (key = 'pk', on_untraceable = 'recompute') AS
	SELECT l.pk, l.t ~ ANY (SELECT n::text FROM (SELECT DISTINCT n FROM a) d) AS found FROM label l;
-- compared as the type does, or handed on: traced
CREATE TVIEW tv_key WITH (key = 'n') AS SELECT n, count(*) AS c FROM a WHERE n IS NOT NULL GROUP BY n;
CREATE TVIEW tv_union WITH (key = 'n') AS SELECT n FROM a WHERE n IS NOT NULL UNION SELECT n FROM b WHERE n IS NOT NULL;
CREATE TVIEW tv_joined WITH (key = 'pk') AS
	SELECT l.pk, g.c FROM label l LEFT JOIN (SELECT n, count(*) AS c FROM a GROUP BY n) g ON g.n = l.n;
CREATE TVIEW tv_less WITH (key = 'pk') AS
	SELECT l.pk, (SELECT sum(d.n) FROM (SELECT DISTINCT n FROM a) d WHERE d.n < l.n) AS total FROM label l;
CREATE TVIEW tv_all WITH (key = 'pk') AS SELECT q.pk, q.n::text AS t FROM (SELECT pk, n FROM a UNION ALL SELECT -pk, n FROM b) q;
CREATE TVIEW tv_text WITH (key = 'k') AS SELECT n::text AS k, count(*) AS c FROM a WHERE n IS NOT NULL GROUP BY n::text;
SELECT traced('tv_key, tv_union, tv_joined, tv_less, tv_all, tv_text');
\set all '''tv_except, tv_group, tv_label, tv_in, tv_key, tv_union, tv_joined, tv_less, tv_all, tv_text'''
INSERT INTO b VALUES (1, 1.50);
SELECT same(:all, 'taken away by its equal');
INSERT INTO a VALUES (2, 1.50), (3, 2.00);
SELECT same(:all, 'an equal value comes');
UPDATE a SET n = 1.500 WHERE pk = 2;
UPDATE b SET n = 2 WHERE pk = 1;
SELECT same(:all, 'another spelling');
DELETE FROM a WHERE pk = 1;
SELECT same(:all, 'the value that was shown goes');
DELETE FROM a;
DELETE FROM b;
SELECT same(:all, 'nothing left');
DROP TVIEW tv_except, tv_group, tv_label, tv_in, tv_key, tv_union, tv_joined, tv_less, tv_all, tv_text;

-- a collation that takes different strings for equal
CREATE COLLATION ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE person (pk int PRIMARY KEY, name text COLLATE ignore_case);
CREATE TABLE sign (pk int PRIMARY KEY, t text COLLATE "C");
INSERT INTO sign VALUES (1, 'Bob'), (2, 'bob');
SELECT refused('compared in another way', '0A000', $$CREATE TVIEW tv_no WITH (key = 'pk') AS
	SELECT s.pk, g.n FROM sign s JOIN (SELECT name, count(*) AS n FROM person GROUP BY name) g ON g.name COLLATE "C" = s.t$$);
CREATE TVIEW tv_sign WITH (key = 'pk', on_untraceable = 'recompute') AS
	SELECT s.pk, g.n FROM sign s JOIN (SELECT name, count(*) AS n FROM person GROUP BY name) g ON g.name COLLATE "C" = s.t;
CREATE TVIEW tv_name WITH (key = 'name') AS SELECT name, count(*) AS n FROM person WHERE name IS NOT NULL GROUP BY name;
INSERT INTO person VALUES (1, 'Bob');
INSERT INTO person VALUES (2, 'bob');
SELECT same('tv_sign, tv_name', 'another case');
DELETE FROM person WHERE pk = 1;
SELECT same('tv_sign, tv_name', 'the first of them goes');

-- the other branch decides how the rows of a set operation are compared
CREATE TABLE word (pk int PRIMARY KEY, t text NOT NULL);
INSERT INTO word VALUES (1, 'X');
SELECT refused('a branch with another collation', '0A000', $$CREATE TVIEW tv_no WITH (key = 'k') AS SELECT t COLLATE "C" AS k
	FROM (SELECT t FROM word UNION SELECT t COLLATE ignore_case FROM (VALUES ('x'), ('y')) a(t)) u$$);

-- what is equal as citext is not as text
CREATE EXTENSION citext;
CREATE TABLE u (pk int PRIMARY KEY, e citext, n int);
CREATE TABLE w (pk int PRIMARY KEY, t text);
INSERT INTO u VALUES (1, 'Ann', 1), (2, 'ann', 1), (3, 'Bob', 1);
INSERT INTO w VALUES (1, 'Ann'), (2, 'Bob');
SELECT refused('a group by its text', '0A000', $$CREATE TVIEW tv_no WITH (key = 'k') AS
	SELECT e::text AS k, sum(n) AS n FROM u WHERE e IS NOT NULL GROUP BY e$$);
SELECT refused('a join by the text of a group', '0A000', $$CREATE TVIEW tv_no WITH (key = 'pk') AS
	SELECT pk, n FROM w JOIN (SELECT e, sum(n) AS n FROM u GROUP BY e) s ON s.e::text = w.t$$);
CREATE TVIEW tv_citext WITH (key = 'e') AS SELECT e, sum(n) AS n FROM u WHERE e IS NOT NULL GROUP BY e;
UPDATE u SET n = 5 WHERE pk = 2;
SELECT same('tv_citext', 'groups of citext');

-- a condition on the key must not be applied to the rows of a group
CREATE TABLE amount (pk int PRIMARY KEY, x numeric);
CREATE TABLE mark (k text PRIMARY KEY, x numeric, s text);
INSERT INTO amount VALUES (1, 1.5), (2, 1.50), (3, 2);
INSERT INTO mark VALUES ('1.5', 1.5, 'a'), ('2', 2, 'b');
CREATE TVIEW tv_pair WITH (key = 'k') AS
	SELECT l.k, n, s FROM (SELECT x, count(*) AS n FROM amount WHERE x IS NOT NULL GROUP BY x) g JOIN mark l ON l.x = g.x AND l.k = g.x::text;
CREATE TVIEW tv_window WITH (key = 'k') AS
	SELECT l.k, n, s FROM (SELECT pk, x, count(*) OVER (PARTITION BY x) AS n FROM amount) w JOIN mark l ON l.x = w.x AND l.k = w.x::text AND w.pk <> 7;
INSERT INTO amount VALUES (7, 1.5);
SELECT k, n FROM tv_pair ORDER BY k;
SELECT same('tv_pair, tv_window', 'one more');
INSERT INTO mark VALUES ('1.50', 1.5, 'c');
CREATE TVIEW tv_text WITH (key = 'k', on_untraceable = 'recompute') AS
	SELECT g.k, n, s FROM (SELECT x::text AS k, count(*) AS n FROM amount WHERE x IS NOT NULL GROUP BY x) g JOIN mark l ON l.k = g.k;
UPDATE mark SET s = 'aa';
SELECT same('tv_pair, tv_text', 'marks');

SET client_min_messages = warning;
DROP SCHEMA equals CASCADE;
