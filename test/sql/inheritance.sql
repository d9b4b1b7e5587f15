--
-- Inheritance: a parent's rows are those of its children, unless the definition says ONLY.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA inheritance;
SET search_path = inheritance, public;
CREATE TABLE city (id int, name text);
CREATE TABLE extra (x int);
CREATE TABLE capital (dropped int, country text) INHERITS (extra, city);
ALTER TABLE capital DROP dropped;
INSERT INTO city VALUES (1, 'Springfield');
INSERT INTO capital (id, name, country) VALUES (2, 'Paris', 'F'), (3, 'Rome', 'I');
CREATE TVIEW tv_city WITH (key = 'id') AS SELECT id, name FROM city;
CREATE TVIEW tv_only WITH (key = 'id') AS SELECT id, name FROM ONLY city;
CREATE TVIEW tv_capital WITH (key = 'id') AS SELECT id, name, country FROM capital;
\set all '\'tv_city, tv_only, tv_capital\''
SELECT same(:all, 'creation');
UPDATE city SET name = upper(name);
SELECT same(:all, 'through the parent');
UPDATE capital SET name = lower(name), country = 'X' WHERE id = 2;
INSERT INTO capital (id, name) VALUES (4, 'Berlin');
SELECT same(:all, 'through the child');
SELECT remember('tv_only') \g /dev/null
DELETE FROM city WHERE id IN (2, 3);
SELECT equals('ONLY', changed('tv_only'), 'none');
UPDATE ONLY city SET id = 10;
SELECT same(:all, 'deletes');
-- a child that comes, is left alone, and goes
CREATE TABLE village (mayor text) INHERITS (city);
INSERT INTO village VALUES (20, 'Little Snoring', 'x');
SELECT same(:all, 'new child');
TRUNCATE village;
SELECT same(:all, 'child truncated');
CREATE TABLE hamlet (id int, name text, x int);
INSERT INTO hamlet VALUES (30, 'Smallest');
ALTER TABLE hamlet INHERIT city;
SELECT equals('INHERIT', (SELECT name FROM tv_city WHERE id = 30), 'Smallest');
UPDATE hamlet SET name = 'Smaller';
SELECT same(:all, 'INHERIT');
ALTER TABLE hamlet NO INHERIT city;
SELECT same(:all, 'NO INHERIT');
TRUNCATE ONLY city;
SELECT same(:all, 'TRUNCATE ONLY');
DROP TABLE capital CASCADE;
SELECT same('tv_city, tv_only', 'child dropped');
TRUNCATE city;
SELECT equals('nothing left', (SELECT count(*) FROM tv_city), 0);

-- a tview stays outside of it
CREATE TABLE heirs (id int NOT NULL, name text, updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE shares (id int NOT NULL, name text, updated_at timestamptz NOT NULL) PARTITION BY LIST (id);
CREATE TABLE solo (id int PRIMARY KEY, name text);
CREATE TVIEW tv_solo WITH (key = 'id') AS SELECT id, name FROM solo;
SELECT refused('tview as a child', '42809', 'ALTER TABLE tv_solo INHERIT heirs');
SELECT refused('tview as a parent', '42809', 'ALTER TABLE heirs INHERIT tv_solo');
SELECT refused('tview as a partition', '42809', 'ALTER TABLE shares ATTACH PARTITION tv_solo FOR VALUES IN (1)');

-- a child need not keep to what its parent demands (before 18): NULL keys
CREATE TABLE place (id int NOT NULL, name text);
CREATE TVIEW tv_place WITH (key = 'id') AS SELECT id, name FROM place;
CREATE TABLE ruin () INHERITS (place);
INSERT INTO ruin VALUES (1, 'old');
SELECT same('tv_place', 'child');
DO $$ BEGIN ALTER TABLE ruin ALTER id DROP NOT NULL; EXCEPTION WHEN invalid_table_definition THEN END $$;
SELECT same('tv_place', 'child without NOT NULL');
SELECT split_part(refused('NULL from a child', '23502', $$INSERT INTO ruin VALUES (NULL, 'nameless'); SELECT FROM tv_place$$), E'\n', 1);
SELECT same('tv_place', 'NULL from a child');

SET client_min_messages = warning;
DROP SCHEMA inheritance CASCADE;
