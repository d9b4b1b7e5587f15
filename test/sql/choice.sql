--
-- Key by key or in one pass: where each key would read a large table once more, all rows are computed at once.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA choice;
SET search_path = choice, public;
CREATE TABLE sale (no int PRIMARY KEY, shop int NOT NULL, kind int NOT NULL, open boolean NOT NULL, amount int NOT NULL, remark text NOT NULL);
INSERT INTO sale SELECT n, n % 10000, n % 8, n % 20000 = 0, n % 100, repeat('x', 100) FROM generate_series(1, 100000) n;
CREATE INDEX ON sale (shop);
ANALYZE sale;
CREATE TVIEW tv_kind WITH (key = 'kind') AS SELECT kind, sum(amount) AS total FROM sale GROUP BY kind;
CREATE TVIEW tv_shop WITH (key = 'shop') AS SELECT shop, sum(amount) AS total FROM sale GROUP BY shop;
CREATE TVIEW tv_open WITH (key = 'no') AS SELECT no, amount FROM sale WHERE open;
\set all '\'tv_kind, tv_shop, tv_open\''
CREATE VIEW done AS
	SELECT string_agg(format('%s %s/%s', substring(tview::text FROM 'tv_(.*)'), refreshes, passes), ', ' ORDER BY tview::text) AS n
	FROM pg_tviews_statistics WHERE tview IN ('tv_kind'::regclass, 'tv_shop'::regclass, 'tv_open'::regclass);
SELECT count(*) FROM tv_open;

UPDATE sale SET amount = amount + 1 WHERE no = 1;
SELECT equals('one key', n, 'kind 1/0, open 1/0, shop 1/0') FROM done;
UPDATE sale SET amount = amount + 1 WHERE no IN (1, 2, 3);
SELECT equals('fewer than half', n, 'kind 2/0, open 2/0, shop 2/0') FROM done;
SELECT remember('tv_kind') \g /dev/null
UPDATE sale SET amount = amount + 1 WHERE no BETWEEN 1 AND 6;
SELECT equals('more than half, each a scan', n, 'kind 3/1, open 3/0, shop 3/0') FROM done;
SELECT equals('rows that do not differ are not written', changed('tv_kind'), '1 2 3 4 5 6');
SELECT same(:all, 'more than half');
UPDATE sale SET open = NOT open WHERE no BETWEEN 20001 AND 20020;
SELECT equals('more than are stored, but each by an index', n, 'kind 3/1, open 4/0, shop 3/0') FROM done;
SELECT same(:all, 'other keys');
BEGIN;
UPDATE sale SET kind = kind % 2 + 10 WHERE no <= 50;
SELECT kind FROM tv_kind ORDER BY kind;
DELETE FROM sale WHERE kind BETWEEN 10 AND 11;
SELECT kind FROM tv_kind ORDER BY kind;
COMMIT;
SELECT equals('groups come and go', n, 'kind 5/2, open 5/0, shop 4/0') FROM done;
SELECT same(:all, 'groups come and go');
UPDATE sale SET amount = 0 WHERE shop < 6000;
SELECT equals('many keys', n, 'kind 6/3, open 6/1, shop 5/1') FROM done;
SELECT same(:all, 'many keys');
SELECT equals('none is a recomputation', sum(recomputes), 0)
	FROM pg_tviews_statistics WHERE tview IN ('tv_kind'::regclass, 'tv_shop'::regclass, 'tv_open'::regclass);

-- few keys of many rows, but each reads the whole table: the clock says so, one key having been tried
CREATE TABLE movement (pk_movement int PRIMARY KEY, product int, delta int);
INSERT INTO movement SELECT n, n % 200, 1 FROM generate_series(1, 20000) n;
CREATE TABLE cancelled (pk_movement int, product int);
INSERT INTO cancelled SELECT n, n % 200 FROM generate_series(1, 20000, 7) n;
CREATE TVIEW tv_movement WITH (key = 'pk_movement') AS
	SELECT pk_movement, product FROM movement EXCEPT SELECT pk_movement, product FROM cancelled;
ANALYZE movement, cancelled, tv_movement;
UPDATE movement SET product = -1 WHERE product = 77;
SELECT refreshes, keys, passes, recomputes FROM pg_tviews_statistics WHERE tview = 'tv_movement'::regclass;
SELECT same('tv_movement', 'a pass for few keys');

SET client_min_messages = warning;
DROP SCHEMA choice CASCADE;
