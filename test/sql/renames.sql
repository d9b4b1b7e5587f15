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

SET client_min_messages = warning;
DROP SCHEMA renames, archive CASCADE;
