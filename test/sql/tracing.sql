--
-- What tracing must find, and what it must not evaluate: cases in which a key could be missed.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA tracing;
SET search_path = tracing, public;

-- a condition that may fail, without the subquery that keeps it from failing
CREATE TABLE place (pk int PRIMARY KEY, area int);
CREATE TABLE visit (pk int PRIMARY KEY, area int, x int);
INSERT INTO place VALUES (1, 1), (2, 1), (3, 2);
INSERT INTO visit VALUES (1, 1, 5), (2, 2, 20);
CREATE TVIEW tv_place WITH (key = 'pk') AS
	SELECT p.pk, count(v.pk) AS n FROM place p
	LEFT JOIN visit v ON v.area = p.area AND v.x <> (SELECT 0) AND 10 / v.x > 0
	GROUP BY p.pk;
INSERT INTO visit VALUES (3, 1, 0), (4, 1, 2);
UPDATE visit SET x = 0 WHERE pk = 1;
UPDATE visit SET x = 7 WHERE pk = 3;
DELETE FROM visit WHERE x = 0;
SELECT pk, n FROM tv_place ORDER BY pk;
SELECT same('tv_place', 'a condition that may fail');

-- equal under the collation of a condition is not the same key under that of the column
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE word (word text PRIMARY KEY);
CREATE TABLE used (pk int PRIMARY KEY, word text, times int);
INSERT INTO word VALUES ('Apple'), ('pear');
INSERT INTO used VALUES (1, 'apple', 1), (2, 'PEAR', 1), (3, 'pear', 1);
CREATE TVIEW tv_word WITH (key = 'word') AS
	SELECT w.word, sum(u.times) AS times FROM word w
	LEFT JOIN used u ON u.word COLLATE nocase = w.word COLLATE nocase GROUP BY w.word;
CREATE TVIEW tv_used WITH (key = 'word') AS
	SELECT w.word, sum(u.times) AS times FROM word w
	LEFT JOIN used u ON u.word COLLATE nocase = w.word GROUP BY w.word;
UPDATE used SET times = 5 WHERE pk < 3;
INSERT INTO used VALUES (4, 'APPLE', 2);
SELECT word, times FROM tv_used ORDER BY word;
SELECT same('tv_word, tv_used', 'a nondeterministic collation');

-- statistics change in mid-transaction: what was captured before still counts
BEGIN;
INSERT INTO used SELECT n, 'apple', 1 FROM generate_series(10, 500) n;
ANALYZE used;
UPDATE used SET times = 3 WHERE word = 'pear';
COMMIT;
SELECT same('tv_word, tv_used', 'ANALYZE in mid-transaction');

-- a tracing query that was made before a rename
CREATE TABLE author (pk int PRIMARY KEY, name text);
CREATE TABLE book (pk int PRIMARY KEY, author int);
INSERT INTO author VALUES (1, 'a'), (2, 'b');
INSERT INTO book VALUES (1, 1), (2, 1), (3, 2);
CREATE TVIEW tv_book WITH (key = 'pk') AS SELECT b.pk, a.name FROM book b JOIN author a ON a.pk = b.author;
BEGIN;
UPDATE author SET name = 'c' WHERE pk = 1;
ALTER TABLE book RENAME author TO writer;
COMMIT;
SELECT same('tv_book', 'renamed while changes were pending');

-- keys in several batches
CREATE TABLE many (pk int PRIMARY KEY, t text);
INSERT INTO many SELECT n, 'old' FROM generate_series(1, 9000) n;
CREATE TVIEW tv_many WITH (key = 'pk') AS SELECT pk, t FROM many;
UPDATE many SET t = 'new' WHERE pk <= 3500;
SELECT same('tv_many', 'several batches');

-- a HAVING with a subquery
CREATE TABLE quota (area int PRIMARY KEY, least int);
INSERT INTO quota VALUES (1, 1), (2, 2);
CREATE TVIEW tv_area WITH (key = 'area') AS
	SELECT area, count(*) AS n FROM visit GROUP BY area
	HAVING count(*) >= (SELECT least FROM quota q WHERE q.area = visit.area);
UPDATE quota SET least = 3 - least;
SELECT area, n FROM tv_area ORDER BY area;
SELECT same('tv_area', 'a subquery in HAVING');

-- a key from the side of an outer join that can be missing
INSERT INTO quota VALUES (3, 1);
CREATE TVIEW tv_side WITH (key = 'area') AS SELECT q.area, b.pk FROM book b LEFT JOIN quota q ON q.area = b.pk;
SELECT refused('the side goes', '23502', 'TRUNCATE quota; SELECT FROM tv_side');
SELECT same('tv_side', 'a key from a missing side');
SELECT refused('a key goes', '23502', 'UPDATE book SET pk = 8 WHERE pk = 3; SELECT FROM tv_side');
DROP TVIEW tv_side;

-- a key made of two tables, whose rows go and change together
CREATE TVIEW tv_pair WITH (key = 'pair') AS SELECT b.pk || '/' || a.pk AS pair, a.name FROM book b JOIN author a ON a.pk = b.writer;
BEGIN;
DELETE FROM book WHERE pk = 1;
DELETE FROM author WHERE pk = 1;
UPDATE book SET pk = 8 WHERE pk = 3;
UPDATE author SET pk = 3 WHERE pk = 2;
UPDATE book SET writer = 3 WHERE pk = 8;
COMMIT;
SELECT pair, name FROM tv_pair;
SELECT same('tv_pair, tv_book', 'a key made of two tables');

-- two windows with different partitions
CREATE TVIEW tv_windows WITH (key = 'pk') AS
	SELECT pk, count(*) OVER (PARTITION BY area) AS same_area, count(*) OVER (PARTITION BY area, x) AS same_both FROM visit;
UPDATE visit SET area = 3, x = 9;
INSERT INTO visit VALUES (9, 3, 1);
UPDATE visit SET x = 1 WHERE pk = 2;
SELECT same('tv_windows', 'two windows');

-- joins and subqueries that seem to have one row, and may have more or none
CREATE INDEX ON visit (area);
CREATE TABLE seat (pk int PRIMARY KEY, no int UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TVIEW tv_visits WITH (key = 'pk') AS
	SELECT p.pk, count(*) AS n FROM place p LEFT JOIN visit v ON v.area = p.area GROUP BY p.pk;
CREATE TVIEW tv_seats WITH (key = 'pk') AS
	SELECT p.pk, count(*) AS n FROM place p LEFT JOIN seat s ON s.no = p.pk GROUP BY p.pk;
CREATE TVIEW tv_busy WITH (key = 'pk') AS
	SELECT p.pk FROM place p JOIN LATERAL (SELECT max(x) FROM visit v WHERE v.area = p.area HAVING count(*) > 1) b ON true;
INSERT INTO visit VALUES (20, 1, 1), (21, 2, 1);
SELECT same('tv_visits, tv_busy', 'one row for each');
INSERT INTO visit VALUES (22, 2, 1), (23, 2, 1);
SELECT same('tv_visits, tv_busy', 'several rows');
UPDATE visit SET area = 1 WHERE pk > 20;
SELECT same('tv_visits, tv_busy', 'moved rows');
DELETE FROM visit WHERE area = 1;
SELECT same('tv_visits, tv_busy', 'no rows');
BEGIN;
INSERT INTO seat VALUES (1, 1), (2, 1);
SELECT n FROM tv_seats WHERE pk = 1;
SELECT same('tv_seats', 'two rows for now');
UPDATE seat SET no = pk;
COMMIT;
SELECT same('tv_seats', 'unique at the end');

-- a column that makes groups in a subquery, and shows nowhere
INSERT INTO visit VALUES (30, 1, 1), (31, 1, 1), (32, 2, 1);
CREATE TVIEW tv_kinds WITH (key = 'pk') AS
	SELECT p.pk, (SELECT count(*) FROM (SELECT area, x, max(pk) FROM visit GROUP BY area, x) g WHERE g.area = p.area) AS kinds
	FROM place p;
UPDATE visit SET x = 2 WHERE pk = 31;
SELECT same('tv_kinds', 'another group');

-- a table that is tied by = and by <> is traced by =
CREATE TABLE post (pk int PRIMARY KEY, author int);
CREATE TABLE vote (post int, voter int, value int, PRIMARY KEY (post, voter));
CREATE TABLE member (pk int PRIMARY KEY);
INSERT INTO member SELECT generate_series(1, 5);
INSERT INTO post SELECT n, n % 5 + 1 FROM generate_series(1, 10) n;
CREATE TVIEW tv_karma WITH (key = 'pk') AS SELECT m.pk, (SELECT sum(v.value) FROM vote v JOIN post p ON p.pk = v.post
	WHERE v.voter <> m.pk AND p.author = m.pk) AS karma FROM member m;
INSERT INTO vote SELECT n, n * 3 % 5 + 1, n FROM generate_series(1, 10) n;
SELECT same('tv_karma', 'votes');
SELECT b -> 'queries' AS "= before <>" FROM jsonb_array_elements(pg_tviews_analyze_select(pg_get_viewdef('v_karma'), '{key=pk}') -> 'base_tables') b
	WHERE b ->> 'table' = 'tracing.vote';

-- limits that limit nothing, and conditions on whole rows beside one that ties
CREATE TVIEW tv_unlimited WITH (key = 'pk') AS SELECT pk, author FROM (SELECT * FROM post OFFSET 0) p LIMIT ALL;
CREATE TVIEW tv_whole WITH (key = 'pk') AS SELECT m.pk, (SELECT count(*) FROM vote v WHERE v.voter = m.pk AND v IS NOT NULL) AS votes,
	(SELECT count(*) FROM vote v WHERE v.voter = m.pk AND to_jsonb(v) ->> 'value' = '3') AS threes FROM member m;
UPDATE post SET author = author % 5 + 1 WHERE pk < 5;
UPDATE vote SET value = CASE WHEN value % 2 = 0 THEN 3 END WHERE post > 3;
SELECT same('tv_unlimited, tv_whole', 'no limits, whole rows');

-- definitions keep what they call by name, under its new name
CREATE TYPE grade AS ENUM ('good', 'bad');
CREATE FUNCTION graded(int) RETURNS grade LANGUAGE sql IMMUTABLE RETURN CASE WHEN $1 > 2 THEN 'good' ELSE 'bad' END::grade;
CREATE TVIEW tv_grade WITH (key = 'grade') AS SELECT graded(times) AS grade, count(*) AS n FROM used GROUP BY graded(times);
UPDATE used SET times = 4 WHERE pk = 10;
ALTER FUNCTION graded(int) RENAME TO judged;
UPDATE used SET times = 1 WHERE pk = 10;
SELECT same('tv_grade', 'renamed function');
ALTER TYPE grade RENAME TO mark;
UPDATE used SET times = 6 WHERE pk = 11;
SELECT same('tv_grade', 'renamed type');

SET client_min_messages = warning;
DROP SCHEMA tracing CASCADE;
