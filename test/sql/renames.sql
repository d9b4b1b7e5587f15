--
-- Renames that no row change announces: of labels and attributes that documents show, and of everything that a
-- definition calls by name. Views survive them; so must tviews, in sessions that worked before.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA renames;
CREATE SCHEMA library;
SET search_path = renames, library, public;
CREATE TYPE library.mood AS ENUM ('sad', 'happy');
CREATE TYPE library.pair AS (x int, y text);
CREATE DOMAIN library.short AS text CHECK (length(VALUE) < 20);
CREATE COLLATION library.backwards FROM "C";
CREATE FUNCTION library.twice(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 * 2; END';
CREATE FUNCTION library.add_twice(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 + $2 * 2; END';
CREATE AGGREGATE library.sum_twice (int) (SFUNC = add_twice, STYPE = int, INITCOND = '0');
CREATE FUNCTION library.same_half(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 / 2 = $2 / 2; END';
CREATE OPERATOR library.~~~ (LEFTARG = int, RIGHTARG = int, FUNCTION = same_half);
CREATE TABLE t (a int PRIMARY KEY, m mood, p pair, s short);
CREATE TABLE u (b int PRIMARY KEY, a int, v text);
INSERT INTO t VALUES (1, 'sad', '(1,one)', 'x'), (2, 'happy', '(2,two)', 'y'), (7, 'happy', NULL, NULL);
INSERT INTO u SELECT n, n % 4, 'v' || n FROM generate_series(1, 9) n;
CREATE TVIEW tv_doc AS SELECT a AS pk_doc, to_jsonb(t) AS data FROM t;
CREATE TVIEW tv_mood WITH (key = 'm') AS SELECT m, count(*) AS n, min(p::text) AS p FROM t GROUP BY m;
CREATE TVIEW tv_calls WITH (key = 'a') AS
	SELECT a, twice(a) AS twice, s, (SELECT sum_twice(b) FROM u WHERE u.a ~~~ t.a) AS sum,
		(SELECT string_agg(v, ',' ORDER BY v COLLATE backwards) FROM u WHERE twice(u.b) = t.a * 2) AS vs, m::text::mood AS m
	FROM t;
CREATE TVIEW tv_above WITH (key = 'a') AS SELECT a, twice(twice) AS twice, m FROM tv_calls;
\set all '\'tv_doc, tv_mood, tv_calls, tv_above\''
UPDATE t SET p = '(5,five)' WHERE a = 1;
SELECT same(:all, 'creation');

-- what documents show
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
SELECT same(:all, 'RENAME VALUE');
SELECT data ->> 'm' FROM tv_doc WHERE pk_doc = 1;
ALTER TYPE mood ADD VALUE 'angry' BEFORE 'happy';
UPDATE t SET m = 'angry' WHERE a = 1;
SELECT same(:all, 'ADD VALUE');
ALTER TYPE pair RENAME ATTRIBUTE y TO text;
SELECT same('tv_doc', 'RENAME ATTRIBUTE');
SELECT data -> 'p' FROM tv_doc WHERE pk_doc = 1;
BEGIN;
UPDATE t SET p = '(6,six)' WHERE a = 2;
ALTER TYPE pair ADD ATTRIBUTE z int;
SELECT same('tv_doc', 'ADD ATTRIBUTE');
ALTER TYPE pair DROP ATTRIBUTE x;
SELECT same('tv_doc', 'DROP ATTRIBUTE');
COMMIT;
SELECT data -> 'p' FROM tv_doc WHERE pk_doc = 2;
ALTER TABLE t RENAME s TO short;
SELECT same(:all, 'RENAME COLUMN');

-- what definitions call; each time something changes afterwards, here and there
CREATE PROCEDURE after(command text) LANGUAGE plpgsql AS $$
BEGIN
	UPDATE t SET a = a WHERE a = 1;
	EXECUTE command;
	UPDATE u SET v = v || '!' WHERE b < 4;
	UPDATE t SET short = coalesce(short, '') || '+';
	RAISE INFO '%', same('tv_doc, tv_mood, tv_calls, tv_above', command);
END
$$;
CALL after('ALTER FUNCTION library.twice(int) RENAME TO doubled');
CALL after('ALTER FUNCTION library.doubled(int) SET SCHEMA renames');
CALL after('ALTER OPERATOR library.~~~ (int, int) SET SCHEMA renames');
CALL after('ALTER AGGREGATE library.sum_twice(int) RENAME TO total');
CALL after('ALTER TYPE library.mood RENAME TO feeling');
CALL after('ALTER DOMAIN library.short RENAME TO shorter');
CALL after('ALTER COLLATION library.backwards RENAME TO forwards');
CALL after('ALTER SCHEMA library RENAME TO archive');
CALL after('ALTER TABLE renames.u RENAME TO w; ALTER TABLE renames.w RENAME TO u');
CALL after('ALTER TABLE renames.u SET SCHEMA archive; ALTER TABLE archive.u SET SCHEMA renames');
CALL after('ALTER TVIEW tv_calls RENAME TO tv_called; ALTER TVIEW tv_called RENAME TO tv_calls');

-- what constants in tracing queries are printed as
CREATE TABLE t2 (a int PRIMARY KEY, code text);
CREATE TABLE item (k int PRIMARY KEY, code text, m archive.feeling, rel regclass, typ regtype, fn regproc, fns regprocedure, cfg regconfig);
INSERT INTO t2 VALUES (1, 'x'), (2, 'y');
CREATE TABLE parted (k int, n int) PARTITION BY LIST (k);
CREATE TABLE pp1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE pp2 PARTITION OF parted FOR VALUES IN (2);
CREATE TYPE first AS (x int);
CREATE TYPE second AS (x int);
CREATE FUNCTION one(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION two(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2';
CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);
INSERT INTO item VALUES (1, 'x', 'blue', 'pp1', 'first', 'one', 'one(int)', 'renames.words'),
	(2, 'x', 'happy', 'pp2', 'second', 'two', 'two(int)', 'simple'), (3, 'x', 'angry', NULL, NULL, NULL, NULL, NULL);
CREATE TABLE item2 AS SELECT * FROM item;
CREATE TVIEW tv_blue WITH (key = 'a') AS SELECT a, (SELECT count(*) FROM item WHERE code = t2.code AND m = 'blue') AS n FROM t2;
CREATE TVIEW tv_angry WITH (key = 'a') AS SELECT a, (SELECT count(*) FROM item2 WHERE code = t2.code AND m = 'angry') AS n FROM t2;
CREATE TVIEW tv_rel WITH (key = 'a') AS SELECT a, (SELECT count(*) FROM item WHERE code = t2.code AND rel = 'pp1'::regclass) AS n FROM t2;
CREATE TVIEW tv_typ WITH (key = 'a') AS SELECT a, (SELECT count(*) FROM item WHERE code = t2.code AND typ = 'first'::regtype) AS n FROM t2;
CREATE TVIEW tv_fn WITH (key = 'a') AS
	SELECT a, (SELECT count(*) FROM item WHERE code = t2.code AND fn = 'one'::regproc AND fns = 'one(int)'::regprocedure) AS n FROM t2;
CREATE TVIEW tv_cfg WITH (key = 'a') AS SELECT a, (SELECT count(*) FROM item2 WHERE code = t2.code AND cfg = 'renames.words'::regconfig) AS n FROM t2;
CREATE TVIEW tv_part WITH (key = 'k') AS SELECT k, jsonb_build_object('first', (tableoid = 'pp1'::regclass)::int, 'n', n) AS data FROM parted;
\set constants '\'tv_blue, tv_angry, tv_rel, tv_typ, tv_fn, tv_cfg, tv_part\''
INSERT INTO parted VALUES (1, 1), (2, 2);
UPDATE parted SET n = n + 1;
UPDATE t2 SET code = code;
SELECT same(:constants, 'constants');
-- names given away before a tracing query has run
ALTER TYPE archive.feeling RENAME VALUE 'blue' TO 'red';
ALTER TYPE archive.feeling RENAME VALUE 'happy' TO 'blue';
ALTER TABLE pp1 RENAME TO pp0;
ALTER TABLE pp2 RENAME TO pp1;
ALTER TYPE first RENAME TO zeroth;
ALTER TYPE second RENAME TO first;
ALTER FUNCTION one(int) RENAME TO zero;
ALTER FUNCTION two(int) RENAME TO one;
ALTER TEXT SEARCH CONFIGURATION words RENAME TO wordy;
-- one of each alone, so that none hides another
INSERT INTO item (k, code, m) SELECT k + 10, 'y', m FROM item WHERE k = 1;
INSERT INTO item (k, code, rel) SELECT 21, 'y', rel FROM item WHERE k = 1;
INSERT INTO item (k, code, typ) SELECT 22, 'y', typ FROM item WHERE k = 1;
INSERT INTO item (k, code, fn, fns) SELECT 23, 'y', fn, fns FROM item WHERE k = 1;
UPDATE parted SET n = n + 1;
SELECT same(:constants, 'other names');
ALTER TYPE archive.feeling RENAME VALUE 'angry' TO 'calm';
INSERT INTO item2 (k, code, m) SELECT k + 10, 'y', m FROM item WHERE k = 3;
INSERT INTO item2 (k, code, cfg) SELECT 24, 'y', cfg FROM item WHERE k = 1;
SELECT same('tv_angry, tv_cfg', 'names that are gone');

-- types of rows, of domains, of arrays; attributes of them
CREATE TYPE spot AS (x int, y text);
CREATE TYPE named AS (a int, v text);
CREATE DOMAIN letter AS text;
CREATE TABLE above (a int, code text);
CREATE TABLE below (PRIMARY KEY (a), s spot) INHERITS (above);
INSERT INTO below VALUES (1, 'x', '(1,one)'), (2, 'y', '(2,two)');
CREATE TVIEW tv_typed WITH (key = 'a') AS
	SELECT a, jsonb_build_object('code', code, 'row', to_jsonb(ROW(a, code)::named), 'above', to_jsonb(b::above), 'field', (s).y || code,
		'letters', to_jsonb(string_to_array(code, ',')::letter[]), 'none', to_jsonb(ARRAY[]::letter[]),
		'records', (SELECT jsonb_agg(r.l || code) FROM jsonb_to_recordset('[{"l": "q"}]') AS r(l letter)),
		'xml', (SELECT string_agg(x.l, code) FROM XMLTABLE('/r/l' PASSING ('<r><l>z</l></r>'::xml) COLUMNS l letter PATH '.') x)) AS data
	FROM below b;
CREATE PROCEDURE renamed(command text) LANGUAGE plpgsql AS $$
BEGIN
	UPDATE below SET code = code || '-' WHERE a = 1;
	EXECUTE command;
	UPDATE below SET code = code || '+';
	RAISE INFO '%', same('tv_typed', command);
END
$$;
CALL renamed('ALTER TYPE named RENAME TO called');
CALL renamed('ALTER DOMAIN letter RENAME TO sign');
CALL renamed('ALTER TABLE above RENAME TO parent');
CALL renamed('ALTER TYPE spot RENAME ATTRIBUTE y TO z');
CALL renamed('ALTER TYPE spot RENAME TO point2');

-- the row type of a table as the type of a column, of an array, within a type
CREATE TABLE addr (street text, zip text);
CREATE TYPE kept AS (at addr, n int);
CREATE DOMAIN home AS addr;
CREATE TABLE person (id int PRIMARY KEY, home addr, homes addr[], kept kept, own home);
INSERT INTO person VALUES (1, '("a street",1)', ARRAY['(b,2)'::addr], ROW('(c,3)', 4), '(d,5)');
CREATE TVIEW tv_home WITH (key = 'id') AS SELECT id, to_jsonb(home) AS data FROM person;
CREATE TVIEW tv_homes WITH (key = 'id') AS SELECT id, to_jsonb(homes) AS data FROM person;
CREATE TVIEW tv_kept WITH (key = 'id') AS SELECT id, to_jsonb(kept) AS data FROM person;
CREATE TVIEW tv_own WITH (key = 'id') AS SELECT id, to_jsonb(own) AS data FROM person;
\set homes '\'tv_home, tv_homes, tv_kept, tv_own\''
ALTER TABLE addr RENAME COLUMN zip TO code;
SELECT same(:homes, 'RENAME COLUMN of a row type');
ALTER TABLE addr ADD COLUMN city text;
SELECT same(:homes, 'ADD COLUMN of a row type');
ALTER TABLE addr DROP COLUMN street;
SELECT same(:homes, 'DROP COLUMN of a row type');
SELECT data FROM tv_home;

-- what the result does not need is named by the view even so
CREATE TABLE extra (extra int PRIMARY KEY, b int);
CREATE TABLE label (a int PRIMARY KEY, v text);
INSERT INTO label SELECT a, 'label' FROM t;
CREATE FUNCTION unneeded(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';
CREATE TVIEW tv_unneeded WITH (key = 'a') AS
	SELECT t.a, l.v FROM t LEFT JOIN label l ON l.a = t.a
	LEFT JOIN (SELECT b, jsonb_agg((SELECT bool_or(true) FROM extra e WHERE e.b = u.a)) AS e, max(unneeded(a)) AS f FROM u GROUP BY b) g ON g.b = t.a;
UPDATE label SET v = 'one' WHERE a = 1;
ALTER TABLE extra RENAME TO more;
UPDATE label SET v = 'two' WHERE a = 1;
SELECT same('tv_unneeded', 'a table that is not needed');
ALTER FUNCTION unneeded(int) RENAME TO useless;
UPDATE label SET v = 'three' WHERE a = 1;
SELECT same('tv_unneeded', 'a function that is not needed');
SELECT equals('nothing had to be recomputed', (SELECT recomputes FROM pg_tviews_statistics WHERE tview = 'tv_unneeded'::regclass), 0);

SET client_min_messages = warning;
DROP SCHEMA renames, archive CASCADE;
