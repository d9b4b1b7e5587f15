--
-- Unique indexes that users put on a tview: rows may exchange values within one transaction.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA uniques;
SET search_path = uniques, public;
CREATE TABLE item (pk int PRIMARY KEY, code text, slot int, active boolean, size int);
INSERT INTO item VALUES (1, 'a', 10, true, 1), (2, 'b', 20, true, 2), (3, 'a', 30, false, 3);
CREATE TVIEW tv_item WITH (key = 'pk') AS SELECT pk, code, slot, active, int4range(slot, slot + 10) AS room, size FROM item;
CREATE TVIEW tv_slot WITH (key = 'pk') AS SELECT pk, slot FROM item;
CREATE TVIEW tv_room WITH (key = 'pk') AS SELECT pk, int4range(slot, slot + 10) AS room FROM item;
CREATE TVIEW tv_several WITH (key = 'pk') AS SELECT pk, code, slot, active FROM item;
\set all '\'tv_item, tv_slot, tv_room, tv_several\''
CREATE UNIQUE INDEX partial ON tv_item (code) WHERE active;
CREATE UNIQUE INDEX expression ON tv_slot ((slot * 2));
ALTER TABLE tv_room ADD CONSTRAINT rooms EXCLUDE USING gist (room WITH &&);
CREATE UNIQUE INDEX several ON tv_several (code, slot) INCLUDE (active);
-- the predicate decides, not the indexed column
UPDATE item SET active = NOT active WHERE code = 'a';
SELECT same(:all, 'another row is active');
UPDATE item SET active = NOT active WHERE code = 'a';
SELECT same(:all, 'and back');
-- exchanged through an expression, and an exclusion constraint
UPDATE item SET slot = 30 - slot WHERE pk < 3;
SELECT same(:all, 'slots exchanged');
UPDATE item SET code = CASE pk WHEN 1 THEN 'b' ELSE 'a' END WHERE pk < 3;
SELECT same(:all, 'codes exchanged');
UPDATE item SET slot = 10 + slot % 30;
SELECT same(:all, 'slots rotated');
BEGIN;
DELETE FROM item WHERE pk = 1;
INSERT INTO item SELECT 4, code, slot, active, 4 FROM tv_item WHERE pk = 2;
DELETE FROM item WHERE pk = 2;
COMMIT;
SELECT same(:all, 'passed on');
-- many rows at once, one by one and as a whole
INSERT INTO item SELECT n, 'c' || n, n * 10, true, n FROM generate_series(100, 1500) n;
UPDATE item SET slot = CASE WHEN pk % 2 = 0 THEN slot + 10 ELSE slot - 10 END, code = 'c' || pk + CASE WHEN pk % 2 = 0 THEN 1 ELSE -1 END WHERE pk BETWEEN 100 AND 1499;
SELECT same(:all, 'pairs exchanged');
UPDATE item SET slot = CASE WHEN pk % 2 = 0 THEN slot - 10 ELSE slot + 10 END WHERE pk BETWEEN 200 AND 219;
SELECT same(:all, 'some pairs exchanged');
-- a row that only changes elsewhere is updated in place, which keeps what refers to it
CREATE TABLE note (item int REFERENCES tv_item ON DELETE CASCADE);
INSERT INTO note VALUES (3);
SELECT remember('tv_item') \g /dev/null
UPDATE item SET size = 30 WHERE pk = 3;
SELECT equals('updated', changed('tv_item') || (SELECT count(*) FROM note), '31');
-- what the definition cannot keep is an error of the writer, who is told
SELECT refused('not unique any more', '23505', $$INSERT INTO item VALUES (5, 'a', 5000, true, 5), (6, 'a', 6000, true, 6); SELECT FROM tv_item$$);
SELECT refused('excluded', '23P01', $$INSERT INTO item VALUES (7, 'x', 100000, true, 1), (8, 'y', 100001, true, 1); SELECT FROM tv_room$$);
SELECT same('tv_item', 'refused');
DROP TABLE note;

-- the primary key is the engine's; what remains of it must fit
SELECT refused('another primary key', '55000', $$
	ALTER TABLE tv_item DROP CONSTRAINT tv_item_pkey, ADD PRIMARY KEY (pk, code); UPDATE item SET size = 0 WHERE pk = 3; SELECT FROM tv_item$$);
SELECT refused('no primary key', '55000', $$ALTER TABLE tv_item DROP CONSTRAINT tv_item_pkey; UPDATE item SET size = 0 WHERE pk = 3; SELECT FROM tv_item$$);
SELECT refused('a primary key on another column', '55000', $$
	ALTER TABLE tv_item DROP CONSTRAINT tv_item_pkey, ADD PRIMARY KEY (slot); UPDATE item SET size = 0 WHERE pk = 3; SELECT FROM tv_item$$);
ALTER TABLE tv_item DROP CONSTRAINT tv_item_pkey;
ALTER TABLE tv_item ADD CONSTRAINT my_key PRIMARY KEY (pk) INCLUDE (size);
UPDATE item SET size = 0 WHERE pk = 3;
SELECT same('tv_item', 'the same key under another name');
CREATE TABLE two (a int, b text, c int, PRIMARY KEY (a, b));
INSERT INTO two VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3);
CREATE TVIEW tv_two WITH (key = 'a, b') AS SELECT a, b, c FROM two;
ALTER TABLE tv_two DROP CONSTRAINT tv_two_pkey, ADD PRIMARY KEY (b, a);
UPDATE two SET c = c + 1 WHERE a = 1;
DELETE FROM two WHERE b = 'y';
SELECT same('tv_two', 'columns in another order');

-- commands see what the transaction has changed
CREATE TABLE tune (pk int PRIMARY KEY, n int);
INSERT INTO tune VALUES (1, 1), (2, 1);
CREATE TVIEW tv_tune WITH (key = 'pk') AS SELECT pk, n FROM tune;
BEGIN;
UPDATE tune SET n = 2 WHERE pk = 2;
CREATE UNIQUE INDEX ON tv_tune (n);
COMMIT;
SELECT same('tv_tune', 'an index on what is pending');

-- a row whose unique values change is updated, for foreign keys and triggers
CREATE TABLE account (pk int PRIMARY KEY, id int, name text);
INSERT INTO account VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c');
CREATE TVIEW tv_account WITH (key = 'pk') AS SELECT pk, id, name FROM account;
CREATE UNIQUE INDEX ON tv_account (id);
CREATE TABLE likes (pk int PRIMARY KEY, account int REFERENCES tv_account (pk) ON DELETE CASCADE, id int REFERENCES tv_account (id) ON UPDATE CASCADE);
CREATE TABLE keeps (account int REFERENCES tv_account (pk) ON DELETE RESTRICT);
INSERT INTO likes VALUES (1, 1, 10), (2, 2, 20);
INSERT INTO keeps VALUES (3);
CREATE TVIEW tv_likes WITH (key = 'pk') AS SELECT pk, account, id, (SELECT name FROM tv_account a WHERE a.pk = account) AS name FROM likes;
UPDATE account SET id = id + 1 WHERE pk <> 2;
TABLE likes ORDER BY 1;
SELECT same('tv_account, tv_likes', 'unique values change');
CREATE TABLE log (what text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (TG_OP || ' ' || (SELECT string_agg(pk || ':' || id, ' ' ORDER BY pk) FROM new_rows)); RETURN NULL; END $$;
CREATE TRIGGER note AFTER UPDATE ON tv_account REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'neither inserted nor deleted'; END $$;
CREATE TRIGGER never AFTER INSERT OR DELETE ON tv_account FOR EACH ROW EXECUTE FUNCTION never();
ALTER TABLE likes DROP CONSTRAINT likes_id_fkey;
UPDATE account SET id = 42 - id WHERE pk <> 2;
UPDATE account SET id = 51 - id WHERE pk <> 3;
TABLE log;
TABLE likes ORDER BY 1;
SELECT same('tv_account, tv_likes', 'unique values swapped');
DROP TRIGGER never ON tv_account;
DELETE FROM account WHERE pk = 1;
TABLE likes ORDER BY 1;
SELECT same('tv_account, tv_likes', 'cascades');

SET client_min_messages = warning;
DROP SCHEMA uniques CASCADE;
