-- What SQL has gained since the oldest server: JSON constructors (16), JSON_TABLE, MERGE with
-- RETURNING and BY SOURCE, COPY that skips lines (17), virtual generated columns, RETURNING OLD,
-- NOT NULL constraints with names, keys WITHOUT OVERLAPS (18).  The checks of a server that has the
-- feature print only what is wrong, so that the output is the same on one that has it not.
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA newer_servers;
SET search_path = newer_servers, public;
SELECT current_setting('server_version_num')::int >= 160000 AS is_16,
	current_setting('server_version_num')::int >= 170000 AS is_17,
	current_setting('server_version_num')::int >= 180000 AS is_18 \gset

-- unequal(after, tviews): the lines of same() that do not say ok
CREATE FUNCTION unequal(after text, tviews text) RETURNS SETOF text
LANGUAGE sql AS $$
	SELECT line FROM string_to_table(same(tviews, after), E'\n') line WHERE line NOT LIKE 'ok - %'
$$;
-- wrong(name, got, wanted): the same for equals()
CREATE FUNCTION wrong(name text, got text, wanted text) RETURNS SETOF text
LANGUAGE sql AS $$
	SELECT line FROM equals(name, got, wanted) line WHERE line NOT LIKE 'ok - %'
$$;

-- on every server
CREATE TABLE tb_order (pk_order int, customer int, amount int, lines jsonb, PRIMARY KEY (pk_order))
PARTITION BY RANGE (pk_order);
CREATE TABLE order_1 PARTITION OF tb_order FOR VALUES FROM (0) TO (5);
CREATE TABLE order_2 PARTITION OF tb_order DEFAULT;
INSERT INTO tb_order SELECT n, n % 3, n * 10, jsonb_build_array(jsonb_build_object('a', n), jsonb_build_object('a', n + 1))
FROM generate_series(1, 8) n;
CREATE TVIEW tv_order WITH (key = 'pk_order') AS SELECT pk_order, customer, amount FROM tb_order;
CREATE TVIEW tv_sums WITH (key = 'customer') AS
	SELECT customer + 100 AS customer, sum(amount) AS total, GROUPING(customer + 100) AS g
	FROM tb_order GROUP BY GROUPING SETS ((customer + 100)) HAVING count(*) > 1;
\set all '''tv_order, tv_sums'''
UPDATE tb_order SET customer = 1 WHERE pk_order = 6;
SELECT same(:all, 'every server');

\if :is_16
CREATE TVIEW tv_constructed WITH (key = 'customer') AS
	SELECT customer, any_value(customer) AS same, JSON_ARRAYAGG(amount ORDER BY amount RETURNING jsonb) AS amounts,
		JSON_OBJECT('id': customer, 'n': nullif(count(*), 2) ABSENT ON NULL RETURNING jsonb) AS data
	FROM (SELECT * FROM tb_order) GROUP BY customer;
UPDATE tb_order SET amount = 11 WHERE pk_order = 1;
INSERT INTO tb_order VALUES (11, 4, 1), (12, 4, NULL);
UPDATE tb_order SET customer = 5 WHERE pk_order = 12;
SELECT * FROM unequal('constructors', 'tv_constructed');
\endif

\if :is_17
CREATE TVIEW tv_line WITH (key = 'pk_order, line') AS
	SELECT pk_order, line, a FROM tb_order, JSON_TABLE(lines, '$[*]' COLUMNS (line FOR ORDINALITY, a int PATH '$.a')) j;
CREATE TVIEW tv_queried WITH (key = 'pk_order') AS
	SELECT pk_order, JSON_VALUE(lines, '$[0].a' RETURNING int) AS first, JSON_QUERY(lines, '$[1]') AS second,
		JSON_EXISTS(lines, '$[*] ? (@.a > 4)') AS large
	FROM tb_order;
UPDATE tb_order SET lines = '[{"a": 1}, {"a": 2}, {"a": 9}]' WHERE pk_order = 7;
SELECT * FROM unequal('JSON_TABLE', 'tv_line, tv_queried');

WITH merged AS (
	MERGE INTO tb_order o USING (VALUES (1, 44), (20, 1)) v(k, amount) ON o.pk_order = v.k
	WHEN MATCHED THEN UPDATE SET amount = v.amount
	WHEN NOT MATCHED BY TARGET THEN INSERT VALUES (k, 2, v.amount, '[{"a": 9}]')
	WHEN NOT MATCHED BY SOURCE AND o.customer = 0 THEN DELETE
	RETURNING merge_action() AS action, o.pk_order)
SELECT string_agg(action || pk_order, ' ' ORDER BY pk_order) AS merged FROM merged \gset
SELECT * FROM wrong('MERGE RETURNING', :'merged', 'UPDATE1 DELETE3 INSERT20');
SELECT * FROM unequal('MERGE', 'tv_order, tv_sums, tv_line, tv_queried');
CREATE VIEW cheap AS SELECT pk_order, customer, amount FROM tb_order WHERE amount < 1000;
MERGE INTO cheap USING (VALUES (2), (30)) v(k) ON pk_order = k
WHEN MATCHED THEN UPDATE SET amount = 77 WHEN NOT MATCHED THEN INSERT VALUES (k, 8, 9);
SELECT * FROM unequal('MERGE INTO a view', 'tv_order, tv_sums, tv_line, tv_queried');
SELECT * FROM wrong('MERGE INTO a tview', left(refused('MERGE INTO a tview', '42809',
	'MERGE INTO tv_order USING (VALUES (1)) v(k) ON pk_order = k WHEN MATCHED THEN DELETE'), 2), 'ok');

SET client_min_messages = warning;
COPY tb_order (pk_order, customer) FROM PROGRAM 'printf "40,1\noops,1\n41,x\n42,2\n"' WITH (FORMAT csv, ON_ERROR ignore);
RESET client_min_messages;
SELECT * FROM wrong('COPY', (SELECT count(*) FROM tv_order WHERE pk_order >= 40)::text, '2');
SELECT * FROM unequal('COPY', 'tv_order, tv_sums, tv_line, tv_queried');
\endif

\if :is_18
CREATE TABLE tb_item (
	pk_item int PRIMARY KEY,
	price numeric,
	amount int,
	tag text NOT NULL,
	total numeric GENERATED ALWAYS AS (price * amount) VIRTUAL,
	label text GENERATED ALWAYS AS (lower(tag)) VIRTUAL,
	more int GENERATED ALWAYS AS (amount + 1) STORED
);
CREATE TABLE tb_label (pk_label int PRIMARY KEY, label text);
INSERT INTO tb_item (pk_item, price, amount, tag) VALUES (1, 2, 3, 'A'), (2, 5, 1, 'a'), (3, 1, 1, 'B');
INSERT INTO tb_label VALUES (1, 'a'), (2, 'b'), (3, 'c');
CREATE TVIEW tv_item AS
	SELECT pk_item, total, jsonb_build_object('total', total, 'label', label, 'more', more) AS data FROM tb_item;
CREATE TVIEW tv_whole WITH (key = 'pk_item') AS SELECT pk_item, to_jsonb(i) AS data FROM tb_item i;
CREATE TVIEW tv_large WITH (key = 'pk_item') AS SELECT pk_item, total FROM tb_item WHERE total > 4;
CREATE TVIEW tv_by_label WITH (key = 'label') AS SELECT label, sum(total) AS total FROM tb_item GROUP BY label;
CREATE TVIEW tv_label AS
	SELECT pk_label, jsonb_build_object('items', (SELECT jsonb_agg(total ORDER BY pk_item) FROM tb_item i
		WHERE i.label = l.label)) AS data FROM tb_label l;
\set items '''tv_item, tv_whole, tv_large, tv_by_label, tv_label'''
SELECT * FROM unequal('virtual', :items);
UPDATE tb_item SET amount = 7 WHERE pk_item = 2;
SELECT * FROM unequal('virtual: what it is computed from', :items);
UPDATE tb_item SET tag = 'C' WHERE pk_item = 1;
SELECT * FROM unequal('virtual: in keys and conditions', :items);
INSERT INTO tb_item (pk_item, price, amount, tag) VALUES (4, 2, 3, 'c'), (5, NULL, 2, 'b');
DELETE FROM tb_item WHERE label = 'a';
SELECT * FROM unequal('virtual: new and gone', :items);
ALTER TABLE tb_item ALTER total SET EXPRESSION AS (price + amount);
ALTER TABLE tb_item ALTER label SET EXPRESSION AS (upper(tag));
SELECT * FROM unequal('virtual: another expression', :items);
UPDATE tb_label SET label = upper(label);
UPDATE tb_item SET price = 9;
SELECT * FROM unequal('virtual: after another expression', :items);

WITH changed AS (UPDATE tb_item SET tag = 'x' WHERE pk_item = 4 RETURNING old.label || new.label AS labels)
SELECT labels FROM changed \gset
SELECT * FROM wrong('RETURNING OLD and NEW', :'labels', 'CX');
MERGE INTO tb_item i USING (VALUES (1), (9)) v(k) ON pk_item = k
WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (pk_item, price, amount, tag) VALUES (k, 1, 2, 'b');
SELECT * FROM unequal('virtual: MERGE', :items);

-- a partition with other columns, another expression, a NOT NULL of another name
CREATE TABLE tb_part (pk_part int CONSTRAINT part_there NOT NULL, a int, twice int GENERATED ALWAYS AS (a * 2) VIRTUAL)
PARTITION BY RANGE (pk_part);
CREATE TABLE part_1 PARTITION OF tb_part FOR VALUES FROM (0) TO (10);
CREATE TABLE part_2 (gone text, twice int GENERATED ALWAYS AS (a * 3) VIRTUAL, a int, pk_part int CONSTRAINT named NOT NULL);
ALTER TABLE part_2 DROP gone;
ALTER TABLE tb_part ATTACH PARTITION part_2 FOR VALUES FROM (10) TO (20);
INSERT INTO tb_part (pk_part, a) VALUES (1, 1), (11, 1), (12, 2);
CREATE TVIEW tv_part AS SELECT pk_part, jsonb_build_object('twice', twice) AS data FROM tb_part;
CREATE TVIEW tv_twice WITH (key = 'twice') AS SELECT twice, count(*) AS n FROM tb_part GROUP BY twice;
CREATE TVIEW tv_thrice WITH (key = 'pk_part') AS SELECT pk_part, twice AS thrice FROM part_2;
\set parts '''tv_part, tv_twice, tv_thrice'''
UPDATE tb_part SET a = a + 4;
SELECT * FROM unequal('virtual in partitions', :parts);
UPDATE tb_part SET pk_part = 15 WHERE pk_part = 1;
INSERT INTO part_2 (pk_part, a) VALUES (16, 8);
SELECT * FROM unequal('virtual in partitions: moved', :parts);
ALTER TABLE tb_part ADD CONSTRAINT a_there NOT NULL a NOT VALID;
ALTER TABLE tb_part VALIDATE CONSTRAINT a_there;
ALTER TABLE tb_part DETACH PARTITION part_2;
UPDATE part_2 SET a = 0;
SELECT * FROM unequal('virtual in partitions: detached', :parts);
ALTER TABLE tb_part ATTACH PARTITION part_2 FOR VALUES FROM (10) TO (20);
UPDATE tb_part SET a = 1;
SELECT * FROM unequal('virtual in partitions: attached', :parts);

CREATE TABLE tb_booking (
	room int4range,
	at daterange,
	note text,
	PRIMARY KEY (room, at WITHOUT OVERLAPS)
);
INSERT INTO tb_booking VALUES ('[1,1]', '[2024-01-01,2024-01-05)', 'x'), ('[1,1]', '[2024-01-05,2024-01-09)', 'y');
CREATE TVIEW tv_booking WITH (key = 'room, at') AS SELECT room, at, note FROM tb_booking;
UPDATE tb_booking SET at = '[2024-01-02,2024-01-04)', note = 'z' WHERE note = 'x';
DELETE FROM tb_booking WHERE note = 'y';
SELECT * FROM unequal('WITHOUT OVERLAPS', 'tv_booking');
-- a NOT NULL that rows of old need not follow
CREATE TABLE tb_old (pk_old int PRIMARY KEY, k int, v int);
INSERT INTO tb_old VALUES (1, NULL, 1), (2, NULL, 2), (3, 1, 3);
ALTER TABLE tb_old ADD CONSTRAINT k_there NOT NULL k NOT VALID;
CREATE TVIEW tv_old WITH (key = 'pk_old') AS SELECT pk_old, sum(v) OVER (PARTITION BY k) AS s FROM tb_old;
DELETE FROM tb_old WHERE pk_old = 1;
SELECT * FROM unequal('NOT NULL, NOT VALID', 'tv_old');
\endif

SELECT same(:all, 'at the end');
SET client_min_messages = warning;
DROP SCHEMA newer_servers CASCADE;
