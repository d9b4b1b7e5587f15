--
-- Aggregates in a document: arrays, counts, extremes, and the aggregate under a join.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA aggregates;
SET search_path = aggregates, public;
CREATE TABLE tb_order (pk_order int PRIMARY KEY, customer text);
CREATE TABLE tb_line (pk_line int PRIMARY KEY, id uuid, fk_order int, position int, item text, price numeric, kind char);
INSERT INTO tb_order SELECT n, 'customer ' || n FROM generate_series(1, 3) n;
INSERT INTO tb_line SELECT n, md5(n::text)::uuid, 1 + n % 2, 10 - n, 'item ' || n, n * 1.5, chr(97 + n % 3)
	FROM generate_series(1, 6) n;

CREATE TVIEW tv_order AS
	SELECT o.pk_order, ARRAY(SELECT id FROM tb_line WHERE fk_order = o.pk_order ORDER BY position) AS ids,
		l.n, l.total, l.lowest, l.highest, l.mean, l.kinds, l.all_cheap,
		jsonb_build_object('customer', o.customer, 'lines', coalesce(l.lines, '[]'), 'by kind', l.by_kind) AS data
	FROM tb_order o LEFT JOIN (
		SELECT fk_order, count(*) AS n, sum(price) AS total, min(price) AS lowest, max(price) AS highest,
			avg(price) AS mean, array_agg(DISTINCT kind ORDER BY kind) AS kinds, bool_and(price < 10) AS all_cheap,
			jsonb_agg(item ORDER BY position) FILTER (WHERE price > 0) AS lines,
			jsonb_object_agg(kind, pk_line ORDER BY pk_line) AS by_kind
		FROM tb_line GROUP BY fk_order) l ON l.fk_order = o.pk_order;
SELECT pk_order, n, total, lowest, highest, round(mean, 2) AS mean, kinds, all_cheap, data FROM tv_order ORDER BY 1;
SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'tv_order'::regclass AND attname = 'ids';
SELECT same('tv_order', 'creation');

-- the extreme goes, and another comes
SELECT remember('tv_order') \g /dev/null
DELETE FROM tb_line WHERE pk_line = 6;
SELECT equals('maximum deleted', (SELECT highest FROM tv_order WHERE pk_order = 1), 6.0);
SELECT equals('only that order', changed('tv_order'), '1');
UPDATE tb_line SET price = 100 WHERE pk_line = 2;
SELECT equals('new maximum', (SELECT highest FROM tv_order WHERE pk_order = 1), 100);
UPDATE tb_line SET price = 0.5 WHERE pk_line = 2;
SELECT equals('maximum shrinks', (SELECT highest FROM tv_order WHERE pk_order = 1), 6.0);
SELECT same('tv_order', 'extremes');

-- order within the array
UPDATE tb_line SET position = -position WHERE fk_order = 2;
SELECT data -> 'lines' FROM tv_order WHERE pk_order = 2;
SELECT same('tv_order', 'order');

-- the first and the last row of a group
INSERT INTO tb_line VALUES (10, md5('10')::uuid, 3, 1, 'item 10', 1, 'x');
SELECT n, data -> 'lines', ids FROM tv_order WHERE pk_order = 3;
SELECT remember('tv_order') \g /dev/null
UPDATE tb_line SET fk_order = 1 WHERE pk_line = 10;
SELECT equals('moved to another group', changed('tv_order'), '1 3');
SELECT n, data -> 'lines', ids FROM tv_order WHERE pk_order = 3;
DELETE FROM tb_line WHERE fk_order = 1;
SELECT n, total, kinds, data FROM tv_order WHERE pk_order = 1;
SELECT same('tv_order', 'groups');

-- rows of no group, and groups without parent
INSERT INTO tb_line VALUES (11, NULL, NULL, 1, 'nowhere', 1, 'x'), (12, NULL, 4, 1, 'too early', 1, 'x');
SELECT same('tv_order', 'no parent');
INSERT INTO tb_order VALUES (4, 'late');
SELECT n, data -> 'lines' FROM tv_order WHERE pk_order = 4;
UPDATE tb_line SET fk_order = 4 WHERE fk_order IS NULL;
SELECT same('tv_order', 'late parent');

-- NULLs in what is aggregated
UPDATE tb_line SET price = NULL, item = NULL WHERE fk_order = 4;
SELECT n, total, data -> 'lines' FROM tv_order WHERE pk_order = 4;
SELECT same('tv_order', 'NULLs');

-- an aggregate over a join, one in HAVING, and nested aggregation
CREATE TABLE tb_item (item text PRIMARY KEY, weight int);
INSERT INTO tb_item SELECT 'item ' || n, n FROM generate_series(1, 12) n;
CREATE TVIEW tv_heavy WITH (key = 'pk_order') AS
	SELECT o.pk_order, sum(i.weight) AS weight, jsonb_agg(i.weight ORDER BY i.weight) AS weights
	FROM tb_order o JOIN tb_line l ON l.fk_order = o.pk_order JOIN tb_item i USING (item)
	GROUP BY o.pk_order HAVING sum(i.weight) > 5;
CREATE TVIEW tv_customer WITH (key = 'customer') AS
	SELECT customer, sum(n) AS lines, max(n) AS most FROM (
		SELECT customer, pk_order, count(pk_line) AS n FROM tb_order LEFT JOIN tb_line ON fk_order = pk_order
		GROUP BY customer, pk_order) per_order
	GROUP BY customer;
INSERT INTO tb_line SELECT 20 + n, NULL, 1 + n % 4, n, 'item ' || n, n, 'k' FROM generate_series(1, 12) n;
SELECT same('tv_heavy, tv_customer, tv_order', 'insert');
UPDATE tb_item SET weight = 0 WHERE weight > 3;
SELECT same('tv_heavy', 'HAVING no longer holds');
UPDATE tb_item SET weight = 9 WHERE item = 'item 2';
SELECT pk_order, weight FROM tv_heavy ORDER BY 1;
UPDATE tb_order SET customer = 'the same';
SELECT * FROM (SELECT customer, lines, most FROM tv_customer) c;
DELETE FROM tb_line WHERE fk_order = 1;
SELECT same('tv_heavy, tv_customer, tv_order', 'delete');

SET client_min_messages = warning;
DROP SCHEMA aggregates CASCADE;
