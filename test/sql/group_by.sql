--
-- Tviews whose rows are groups: they appear and vanish with their members.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA group_by;
SET search_path = group_by, public;
CREATE TABLE sale (no int PRIMARY KEY, customer text NOT NULL, day date NOT NULL, amount numeric(10,2));
INSERT INTO sale SELECT n, 'c' || n % 3, '2024-01-01'::date + n % 2, n FROM generate_series(1, 8) n;

CREATE TVIEW tv_total WITH (key = 'customer') AS
	SELECT customer, count(*) AS n, sum(amount) AS total FROM sale GROUP BY customer;
CREATE TVIEW tv_day WITH (key = 'customer, month') AS
	SELECT customer, date_trunc('month', day)::date AS month, max(amount) AS best FROM sale GROUP BY 1, 2;
CREATE TVIEW tv_big WITH (key = 'customer') AS
	SELECT customer, sum(amount) AS total FROM sale GROUP BY customer HAVING sum(amount) >= 15;
CREATE TVIEW tv_distinct WITH (key = 'customer') AS SELECT DISTINCT customer FROM sale;
CREATE TVIEW tv_latest WITH (key = 'customer') AS
	SELECT DISTINCT ON (customer) customer, no, day, amount FROM sale ORDER BY customer, day DESC, no DESC;
CREATE TVIEW tv_expression WITH (key = 'bucket') AS
	SELECT upper(customer) || '-' || (no % 2) AS bucket, array_agg(no ORDER BY no) AS members FROM sale GROUP BY 1;
\set all '\'tv_total, tv_day, tv_big, tv_distinct, tv_latest, tv_expression\''
SELECT customer, n, total FROM tv_total ORDER BY 1;
SELECT same(:all, 'creation');

-- a group appears, grows, shrinks, vanishes
SELECT remember('tv_total'), remember('tv_distinct') \g /dev/null
INSERT INTO sale VALUES (20, 'new', '2024-02-01', 5);
SELECT equals('group appears', changed('tv_total') || ', ' || changed('tv_distinct'), '+new, +new');
INSERT INTO sale VALUES (21, 'new', '2024-02-01', 11);
SELECT equals('HAVING holds now', (SELECT total FROM tv_big WHERE customer = 'new'), 16.00);
SELECT remember('tv_distinct') \g /dev/null
DELETE FROM sale WHERE no = 21;
SELECT equals('HAVING no longer', (SELECT count(*) FROM tv_big WHERE customer = 'new'), 0);
SELECT equals('DISTINCT does not mind', changed('tv_distinct'), 'none');
SELECT same(:all, 'shrinks');
DELETE FROM sale WHERE customer = 'new';
SELECT equals('group vanishes', (SELECT count(*) FROM tv_total WHERE customer = 'new'), 0);
SELECT same(:all, 'vanishes');

-- a member moves to another group, of its own and as the last
SELECT remember('tv_total') \g /dev/null
UPDATE sale SET customer = 'c1' WHERE no = 3;
SELECT equals('member moves', changed('tv_total'), 'c0 c1');
UPDATE sale SET customer = 'c9' WHERE customer = 'c0';
SELECT equals('group renamed', changed('tv_total'), '-c0 c1 +c9');
SELECT same(:all, 'moves');

-- DISTINCT ON: the first row of a group changes, goes, comes
UPDATE sale SET day = '2025-01-01' WHERE no = 4;
SELECT no FROM tv_latest WHERE customer = 'c1';
INSERT INTO sale VALUES (30, 'c1', '2026-01-01', 1);
SELECT no FROM tv_latest WHERE customer = 'c1';
DELETE FROM sale WHERE no = 30;
SELECT no FROM tv_latest WHERE customer = 'c1';
UPDATE sale SET day = '2020-01-01' WHERE no = 4;
SELECT no FROM tv_latest WHERE customer = 'c1';
SELECT same(:all, 'DISTINCT ON');

-- all at once
UPDATE sale SET customer = 'c' || no % 4, amount = amount + 1;
SELECT same(:all, 'all move');
BEGIN;
DELETE FROM sale;
SELECT equals('no group', (SELECT count(*) FROM tv_total), 0);
SELECT same(:all, 'empty');
INSERT INTO sale VALUES (1, 'c', '2024-01-01', 1);
SELECT same(:all, 'one');
COMMIT;
SELECT same(:all, 'commit');

-- a group without GROUP BY has one row, always: traceable only as a whole
CREATE TVIEW tv_sum WITH (key = 'one', on_untraceable = 'recompute') AS SELECT 1 AS one, sum(amount) AS total FROM sale;
INSERT INTO sale VALUES (2, 'd', '2024-01-01', 2);
SELECT total FROM tv_sum;
DELETE FROM sale;
SELECT total FROM tv_sum;
SELECT same('tv_sum', 'aggregate of all');

-- grouping sets, with and without a usable key
INSERT INTO sale SELECT n, 'c' || n % 3, '2024-01-01'::date + n % 2, n FROM generate_series(1, 8) n;
CREATE TVIEW tv_cube WITH (key = 'label', on_untraceable = 'recompute') AS
	SELECT coalesce(customer, '*') || ' ' || coalesce(day::text, '*') AS label, sum(amount) AS total
	FROM sale GROUP BY CUBE (customer, day);
UPDATE sale SET amount = amount + 1 WHERE no = 4;
INSERT INTO sale VALUES (9, 'c7', '2024-01-09', 1);
DELETE FROM sale WHERE no IN (1, 2);
SELECT same('tv_cube', 'CUBE');

-- an expression in one grouping set, a column of it in another
CREATE TABLE sold (day date, amount int);
CREATE TVIEW tv_sold WITH (key = 'g, month, day') AS
	SELECT grouping(date_trunc('month', day::timestamp), day) AS g, coalesce(date_trunc('month', day::timestamp), '-infinity') AS month,
		coalesce(day, '-infinity') AS day, sum(amount) AS amount
	FROM sold WHERE day IS NOT NULL GROUP BY ROLLUP (date_trunc('month', day::timestamp), day);
CREATE TVIEW tv_sold_sets WITH (key = 'g, a, e') AS
	SELECT grouping(amount, amount + 1) AS g, coalesce(amount, -9) AS a, coalesce(amount + 1, -9) AS e, count(*) FROM sold GROUP BY GROUPING SETS ((amount), (amount + 1));
INSERT INTO sold VALUES ('2024-01-01', 1), ('2024-01-02', 2), ('2024-02-02', 2);
SELECT same('tv_sold, tv_sold_sets', 'expressions in grouping sets');
UPDATE sold SET day = '2024-02-01', amount = 5 WHERE amount = 1;
SELECT same('tv_sold, tv_sold_sets', 'another group');
DELETE FROM sold WHERE amount = 2;
SELECT same('tv_sold, tv_sold_sets', 'fewer groups');
SELECT count(*) FROM tv_sold;

SET client_min_messages = warning;
DROP SCHEMA group_by CASCADE;
