--
-- Collations of comparisons in which something else stands for a column.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA collations;
SET search_path = collations, public;
CREATE TABLE p (p int PRIMARY KEY, z text, d text COLLATE "de-x-icu");
CREATE TABLE a (a int PRIMARY KEY, x text COLLATE "de-x-icu");
CREATE TABLE b (b int PRIMARY KEY, y text, v int);
INSERT INTO p VALUES (1, 'B', 'A'), (2, 'A', 'b');

-- 'a' < 'B' by the collation of a.x, not by that of the constant
CREATE TVIEW tv_missing WITH (key = 'p, b') AS
	SELECT p, b, v FROM p JOIN (b LEFT JOIN a ON a = b) ON coalesce(x, 'a') < z;
CREATE TVIEW tv_union WITH (key = 'p, i') AS
	SELECT p, i FROM p JOIN (SELECT a AS i, x AS k FROM a UNION ALL SELECT b + 100, y FROM b) u ON u.k < z;
CREATE TVIEW tv_explicit WITH (key = 'p, b') AS
	SELECT p, b, v FROM p JOIN (SELECT b, v, y COLLATE "C" AS k FROM b) s ON upper(k) = d COLLATE "de-x-icu";
CREATE TVIEW tv_most WITH (key = 'p') AS
	SELECT p, (SELECT max(k) FROM (SELECT y COLLATE "C" AS k FROM b UNION ALL SELECT upper(y) COLLATE "C" FROM b) s WHERE k < d COLLATE "C") AS most FROM p;
CREATE TVIEW tv_part WITH (key = 'x, v') AS
	SELECT a.x, b.v, p.z FROM a JOIN p ON a.x = p.z COLLATE "C" JOIN b ON b.b = p.p;
\set all '\'tv_missing, tv_union, tv_explicit, tv_most, tv_part\''
SELECT traced(:all);
INSERT INTO b VALUES (1, 'a', 1);
SELECT p, b FROM tv_missing ORDER BY p;
SELECT p, i FROM tv_union ORDER BY p;
SELECT same(:all, 'b inserted');
UPDATE b SET v = 2;
SELECT same(:all, 'b updated');
INSERT INTO a VALUES (1, 'B'), (2, 'A'), (3, 'a');
SELECT x, v FROM tv_part;
SELECT same(:all, 'a inserted');
UPDATE p SET p = p + 10, z = lower(z), d = upper(d);
SELECT same(:all, 'p updated');
INSERT INTO b VALUES (2, 'B', 5), (3, NULL, 6);
DELETE FROM a WHERE a = 1;
SELECT same(:all, 'deleted');
DELETE FROM b;
SELECT same(:all, 'no b');

SET client_min_messages = warning;
DROP SCHEMA collations CASCADE;
