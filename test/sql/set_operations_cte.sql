--
-- UNION, INTERSECT, EXCEPT, common table expressions, VALUES, set-returning functions.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA set_operations;
SET search_path = set_operations, public;
CREATE TABLE cat (id int PRIMARY KEY, name text, owner int);
CREATE TABLE dog (id int PRIMARY KEY, name text, owner int);
CREATE TABLE owner (owner int PRIMARY KEY, name text, mails text[]);
INSERT INTO cat SELECT n, 'cat ' || n, n % 2 + 1 FROM generate_series(1, 4) n;
INSERT INTO dog SELECT n, 'dog ' || n, n % 3 + 1 FROM generate_series(3, 6) n;
INSERT INTO owner SELECT n, 'owner ' || n, ARRAY['m' || n, 'n' || n] FROM generate_series(1, 3) n;

CREATE TVIEW tv_animal WITH (key = 'kind, id') AS
	SELECT 'cat' AS kind, c.id, c.name, o.name AS owner FROM cat c JOIN owner o USING (owner)
	UNION ALL
	SELECT 'dog', d.id, d.name, o.name FROM dog d LEFT JOIN owner o USING (owner);
CREATE TVIEW tv_union WITH (key = 'id') AS SELECT id FROM cat UNION SELECT id FROM dog;
CREATE TVIEW tv_intersect WITH (key = 'id') AS SELECT id FROM cat INTERSECT SELECT id FROM dog;
CREATE TVIEW tv_except WITH (key = 'id') AS SELECT id FROM cat EXCEPT SELECT id FROM dog;
CREATE TVIEW tv_mixed WITH (key = 'id') AS
	(SELECT id FROM cat EXCEPT SELECT id FROM dog) UNION (SELECT id FROM dog EXCEPT SELECT id FROM cat);
CREATE TVIEW tv_owner WITH (key = 'owner') AS
	WITH animal AS (SELECT owner, name FROM cat UNION ALL SELECT owner, name FROM dog),
		counted AS (SELECT owner, count(*) AS n, jsonb_agg(name ORDER BY name) AS names FROM animal GROUP BY owner)
	SELECT o.owner, o.name, n, names FROM owner o LEFT JOIN counted USING (owner);
CREATE TVIEW tv_materialized WITH (key = 'owner') AS
	WITH c AS MATERIALIZED (SELECT * FROM cat) SELECT owner, count(*) AS n, max(id) AS newest FROM c GROUP BY owner;
CREATE TVIEW tv_twice WITH (key = 'id') AS
	WITH c AS (SELECT id, name, owner FROM cat) SELECT a.id, a.name, (SELECT count(*) FROM c b WHERE b.owner = a.owner) AS of_owner FROM c a;
CREATE TVIEW tv_mail WITH (key = 'owner, mail') AS SELECT owner, mail, n FROM owner, unnest(mails) WITH ORDINALITY AS m(mail, n);
CREATE TVIEW tv_values WITH (key = 'id') AS
	SELECT id, name, label FROM cat JOIN (VALUES (1, 'one'), (2, 'two')) v(owner, label) USING (owner);
\set all '\'tv_animal, tv_union, tv_intersect, tv_except, tv_mixed, tv_owner, tv_materialized, tv_twice, tv_mail, tv_values\''
SELECT same(:all, 'creation');

SELECT remember('tv_animal'), remember('tv_owner') \g /dev/null
UPDATE owner SET name = 'renamed' WHERE owner = 2;
SELECT equals('both branches', changed('tv_animal') || '; ' || changed('tv_owner'), 'cat,1 cat,3 dog,4; 2');
SELECT same(:all, 'owner');
SELECT remember('tv_union'), remember('tv_intersect'), remember('tv_except') \g /dev/null
DELETE FROM dog WHERE id = 3;
SELECT equals('one of two branches', concat_ws(', ', changed('tv_union'), changed('tv_intersect'), changed('tv_except')), 'none, -3, +3');
SELECT same(:all, 'dog deleted');
SELECT remember('tv_union') \g /dev/null
DELETE FROM cat WHERE id = 3;
SELECT equals('the last of both', changed('tv_union'), '-3');
SELECT same(:all, 'cat deleted');
INSERT INTO cat VALUES (6, 'cat 6', 3), (7, 'cat 7', 1);
SELECT same(:all, 'inserted');
UPDATE cat SET owner = owner % 3 + 1, name = upper(name);
UPDATE dog SET owner = NULL WHERE id = 4;
SELECT owner, n, names FROM tv_owner ORDER BY owner;
SELECT same(:all, 'moved');
UPDATE owner SET mails = mails || ARRAY['z' || owner] WHERE owner < 3;
UPDATE owner SET mails = mails[2:] WHERE owner = 2;
UPDATE owner SET mails = NULL WHERE owner = 3;
SELECT owner, mail, n FROM tv_mail ORDER BY 1, 2;
SELECT same(:all, 'arrays');
UPDATE cat SET id = 20 - id;
UPDATE dog SET id = 20 - id;
SELECT same(:all, 'keys');
UPDATE owner SET owner = 4 WHERE owner = 2;
UPDATE cat SET owner = 4 WHERE owner = 2;
DELETE FROM owner WHERE owner = 1;
SELECT same(:all, 'owners');

-- the same row from two branches: allowed by UNION, an error by UNION ALL
CREATE TVIEW tv_double WITH (key = 'id') AS SELECT id FROM cat UNION ALL SELECT id + 100 FROM dog WHERE id < 100;
SELECT refused('two rows for a key', '23505', 'INSERT INTO cat SELECT max(id) + 100, $$x$$, 1 FROM dog; SELECT FROM tv_double');
SELECT same('tv_double', 'refused');

-- what cannot be traced is recomputed where that is asked for
CREATE TVIEW tv_recursive WITH (key = 'n', on_untraceable = 'recompute') AS
	WITH RECURSIVE r AS (SELECT count(*) AS n FROM cat UNION ALL SELECT n - 1 FROM r WHERE n > 1) SELECT n FROM r WHERE n IS NOT NULL;
CREATE TVIEW tv_top WITH (key = 'id', on_untraceable = 'recompute') AS SELECT id, name FROM cat ORDER BY name DESC, id LIMIT 2;
SELECT remember('tv_recursive') \g /dev/null
INSERT INTO cat VALUES (30, 'zz', 1), (31, 'zz', 1);
SELECT equals('recursive: only the rows that differ', changed('tv_recursive'), '+6 +7');
DELETE FROM cat WHERE id = 30;
UPDATE cat SET name = 'zzz' WHERE id = 13;
SELECT id, name FROM tv_top ORDER BY name;
SELECT same('tv_recursive, tv_top, tv_double', 'recomputed');

-- a view in a recursive query
CREATE VIEW cats AS SELECT id, owner FROM cat WHERE id > 0;
CREATE TVIEW tv_of_view WITH (key = 'owner', on_untraceable = 'recompute') AS
	WITH RECURSIVE r AS (SELECT owner FROM cats WHERE owner IS NOT NULL UNION SELECT owner - 1 FROM r WHERE owner > 1) SELECT owner FROM r;
INSERT INTO cat VALUES (50, 'late', 9);
SELECT same('tv_of_view', 'recursive over a view');

SET client_min_messages = warning;
DROP SCHEMA set_operations CASCADE;
