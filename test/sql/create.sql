--
-- What CREATE TVIEW makes: table, view, indexes, triggers, comments, registration.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA creation;
SET search_path = creation, public;
CREATE TABLE tb_item (
	pk_item int PRIMARY KEY,
	id uuid NOT NULL UNIQUE,
	identifier text UNIQUE,
	fk_owner int,
	owner_id uuid,
	shop_id int,
	price numeric(10,2),
	tags text[],
	active boolean
);
INSERT INTO tb_item SELECT n, md5('i' || n)::uuid, 'item-' || n, n % 2, md5('o' || n)::uuid, n, n + 0.5, ARRAY['t' || n], n > 1
	FROM generate_series(1, 3) n;

-- by convention: key pk_item, document data, public identifiers, lineage and filter columns
CREATE TVIEW tv_item AS
	SELECT pk_item, id, identifier, fk_owner, owner_id, shop_id, price, tags, active, price * 2 AS double,
		jsonb_build_object('id', id, 'price', price) AS data
	FROM tb_item;
SELECT attname, format_type(atttypid, atttypmod), attnotnull
	FROM pg_attribute WHERE attrelid = 'tv_item'::regclass AND attnum > 0 ORDER BY attnum;
SELECT indexdef FROM pg_indexes WHERE tablename = 'tv_item' AND schemaname = 'creation' ORDER BY indexname;
SELECT equals('room for updates in place', reloptions::text, '{fillfactor=90}') FROM pg_class WHERE oid = 'tv_item'::regclass;
SELECT obj_description('tv_item'::regclass), obj_description('v_item'::regclass);
SELECT tview, view, entity, key_columns, options, populated FROM pg_tview_meta;
SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger
	WHERE tgrelid IN ('tb_item'::regclass, 'tv_item'::regclass) AND NOT tgisinternal ORDER BY 1, 2;
SELECT ok('updated_at is recent', (SELECT bool_and(updated_at BETWEEN now() - interval '1 hour' AND now()) FROM tv_item));
SELECT same('tv_item', 'creation');

-- updated_at of changed documents only
CREATE TEMP TABLE before AS SELECT pk_item, updated_at FROM tv_item;
UPDATE tb_item SET price = 7 WHERE pk_item = 2;
SELECT pk_item, i.updated_at > b.updated_at AS later FROM tv_item i JOIN before b USING (pk_item) ORDER BY 1;
SELECT same('tv_item', 'update');

-- another key, no document, several columns
CREATE TVIEW tv_price WITH (key = 'identifier') AS SELECT identifier, price FROM tb_item;
CREATE TVIEW tv_pair WITH (key = 'fk_owner, "Weird key"') AS
	SELECT fk_owner, pk_item AS "Weird key", active FROM tb_item;
CREATE TVIEW prices WITH (key = pk_item) AS SELECT pk_item, price FROM tb_item;
SELECT tview, view, entity, key_columns, options FROM pg_tview_meta ORDER BY tview::text;
SELECT indexdef FROM pg_indexes WHERE tablename IN ('tv_pair', 'prices') AND schemaname = 'creation' ORDER BY indexname;
UPDATE tb_item SET price = 8, identifier = 'other' WHERE pk_item = 3;
SELECT same('tv_price, tv_pair, prices', 'other keys');

-- a definition with an updated_at of its own
CREATE TVIEW tv_own WITH (key = 'pk_item') AS SELECT pk_item, '2000-01-01'::date AS updated_at FROM tb_item;
INSERT INTO tb_item (pk_item, id, identifier, fk_owner) VALUES (4, md5('4')::uuid, '4', 4);
SELECT * FROM tv_own WHERE pk_item = 4;
SELECT same('tv_own', 'own updated_at');

-- empty, then filled by changes
DELETE FROM tb_item;
CREATE TVIEW tv_empty WITH (key = 'pk_item') AS SELECT pk_item, active FROM tb_item;
SELECT equals('created empty', (SELECT count(*) FROM tv_empty), 0);
INSERT INTO tb_item (pk_item, id, identifier, fk_owner) VALUES (1, md5('x')::uuid, 'x', 4);
SELECT same('tv_empty, tv_item', 'first row');

-- WITH NO DATA: stays empty until it is refreshed, from then on it is kept
CREATE TVIEW tv_late WITH (key = 'pk_item') AS SELECT pk_item, active FROM tb_item WITH NO DATA;
INSERT INTO tb_item (pk_item, id, identifier, fk_owner) VALUES (2, md5('y')::uuid, 'y', 4);
SELECT equals('WITH NO DATA', (SELECT count(*) FROM tv_late), 0);
SELECT pg_tviews_refresh('tv_late') \g /dev/null
SELECT same('tv_late', 'first refresh');
UPDATE tb_item SET active = true;
SELECT same('tv_late', 'afterwards');

-- rolled back: nothing remains
BEGIN;
CREATE TVIEW tv_gone WITH (key = 'pk_item') AS SELECT pk_item FROM tb_item;
SELECT to_regclass('tv_gone'), to_regclass('v_gone');
ROLLBACK;
SELECT to_regclass('tv_gone'), to_regclass('v_gone'), (SELECT count(*) FROM pg_tview_meta WHERE entity = 'gone');
SELECT equals('version', pg_tviews_version(), (SELECT extversion FROM pg_extension WHERE extname = 'pg_tviews'));

SET client_min_messages = warning;
DROP SCHEMA creation CASCADE;
SELECT equals('nothing registered', (SELECT count(*) FROM pg_tview_meta), 0);
