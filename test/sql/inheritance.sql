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

-- a deferred foreign key that references the tview
CREATE TABLE visit (id int REFERENCES tv_city DEFERRABLE INITIALLY DEFERRED);
INSERT INTO city VALUES (40, 'Visited');
INSERT INTO visit VALUES (40);
ALTER TABLE hamlet INHERIT city;
INSERT INTO hamlet VALUES (41, 'Unvisited');
ALTER TABLE hamlet NO INHERIT city;
SELECT same('tv_city, tv_only', 'NO INHERIT below a foreign key');
DROP TABLE visit;

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

-- commands on the columns of a parent change those of its children, whose whole rows a document may show
CREATE TABLE par (id int, a int);
CREATE TABLE chi (b int) INHERITS (par);
CREATE TABLE grandchi () INHERITS (chi);
CREATE TABLE parted (id int, a int, z int) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE holder (id int, r chi);
INSERT INTO chi VALUES (1, 2, 3);
INSERT INTO grandchi VALUES (2, 2, 3);
INSERT INTO parted VALUES (1, 1, 1);
INSERT INTO holder VALUES (1, '(1,2,3)');
CREATE TVIEW tv_chi WITH (key = 'id') AS SELECT id, to_jsonb(chi) AS data FROM chi;
CREATE TVIEW tv_grandchi WITH (key = 'id') AS SELECT id, to_jsonb(grandchi) AS data FROM grandchi;
CREATE TVIEW tv_part WITH (key = 'id') AS SELECT id, to_jsonb(part) AS data FROM part;
CREATE TVIEW tv_holder WITH (key = 'id') AS SELECT id, to_jsonb(r) AS data FROM holder;
CREATE TVIEW tv_columns WITH (key = 'id') AS SELECT id, b FROM chi;
\set all '\'tv_chi, tv_grandchi, tv_part, tv_holder, tv_columns\''
SELECT remember('tv_columns') \g /dev/null
ALTER TABLE par RENAME a TO aa;
SELECT same(:all, 'RENAME COLUMN of the parent');
ALTER TABLE par ADD q int;
ALTER TABLE parted ADD q int DEFAULT 7;
SELECT same(:all, 'ADD COLUMN');
ALTER TABLE parted ALTER z TYPE text USING 'x' || z;
SELECT same(:all, 'ALTER TYPE');
ALTER TABLE par DROP aa;
ALTER TABLE parted DROP q;
SELECT same(:all, 'DROP COLUMN');
SELECT equals('columns by name', changed('tv_columns'), 'none');
SELECT remember('tv_chi') \g /dev/null
ALTER TABLE ONLY par ALTER q SET DEFAULT 3;
ALTER TABLE par ENABLE ROW LEVEL SECURITY;
SELECT equals('what children do not follow', changed('tv_chi'), 'none');

SET client_min_messages = warning;
DROP SCHEMA inheritance CASCADE;
