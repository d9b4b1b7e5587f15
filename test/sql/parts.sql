--
-- The table and the view of a tview, and the triggers that keep them, as users may meet them: renamed, moved, with
-- other rules, comments, or dropped.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA parts;
CREATE SCHEMA elsewhere;
SET search_path = parts, public;
CREATE TABLE t (a int PRIMARY KEY, b text);
INSERT INTO t VALUES (1, 'one'), (2, 'two');
CREATE TVIEW tv_b WITH (key = 'a') AS SELECT a, b FROM t;
CREATE FUNCTION there() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s over %s, entity %s, commented "%s" and "%s"', tview, view, entity, obj_description(tview, 'pg_class'),
		obj_description(view, 'pg_class')), E'\n' ORDER BY tview::text) FROM pg_tview_meta
$$;

-- what is done to the table is done to both
SELECT there();
ALTER TABLE tv_b RENAME TO tv_c;
SELECT there();
ALTER TABLE tv_c SET SCHEMA elsewhere;
SELECT there();
UPDATE t SET b = 'eins' WHERE a = 1;
SELECT same('elsewhere.tv_c', 'moved by ALTER TABLE');
ALTER TVIEW elsewhere.tv_c SET SCHEMA parts;
ALTER TVIEW tv_c RENAME TO tv_b;
SELECT there();
CREATE VIEW v_taken AS SELECT 1 AS one;
SELECT refused('the name of the view is taken', '42P07', 'ALTER TABLE tv_b RENAME TO tv_taken');
CREATE TVIEW tv_named AS SELECT a AS pk_named, jsonb_build_object('b', b) AS data FROM t;
SELECT refused('a name without an entity', '42602', 'ALTER TABLE tv_named RENAME TO named');
DROP TVIEW tv_named;

-- the view alone
SELECT refused('the view renamed', '42809', 'ALTER VIEW v_b RENAME TO v_old');
SELECT refused('the view renamed as a table', '42809', 'ALTER TABLE v_b RENAME TO v_old');
SELECT refused('the view moved', '42809', 'ALTER VIEW v_b SET SCHEMA elsewhere');
SELECT refused('its column renamed', '42809', 'ALTER VIEW v_b RENAME COLUMN b TO c');
SELECT there();

-- a view that got away in spite of this: everything goes by what is recorded, not by names
SET check_function_bodies = off;
SELECT pg_catalog.set_config('search_path', '', false);
ALTER VIEW parts.v_b RENAME TO v_old;
RESET check_function_bodies;
SET search_path = parts, public;
SELECT there();
CREATE OR REPLACE TVIEW tv_b WITH (key = 'a') AS SELECT a, upper(b) AS b FROM t;
SELECT there();
SELECT same('tv_b', 'OR REPLACE');
SELECT refused('its own view', '42P17', $$CREATE OR REPLACE TVIEW tv_b WITH (key = 'a') AS SELECT a, b FROM v_old$$);
SELECT pg_tviews_refresh('tv_b');
ALTER TVIEW tv_b RENAME TO tv_c;
SELECT there();
DROP TVIEW tv_c;
SELECT equals('nothing left', (SELECT count(*) FROM pg_class WHERE relnamespace = 'parts'::regnamespace AND relname IN ('v_b', 'v_c', 'v_old')), 0);

-- a row without a view, as only a superuser can make it
CREATE TVIEW tv_b WITH (key = 'a') AS SELECT a, b FROM t;
SET check_function_bodies = off;
SELECT pg_catalog.set_config('search_path', '', false);
DROP TABLE parts.tv_b;
DROP VIEW parts.v_b;
RESET check_function_bodies;
SET search_path = parts, public;
CREATE TABLE tv_b AS SELECT a, b FROM t;
INSERT INTO pg_tview_meta (tview, view, entity, key_columns) VALUES ('tv_b', 0::oid, 'b', '{a}');
SELECT refused('refresh', '55000', $$SELECT pg_tviews_refresh('tv_b')$$);
SELECT refused('OR REPLACE', '55000', $$CREATE OR REPLACE TVIEW tv_b WITH (key = 'a') AS SELECT a, b FROM t$$);
CREATE TYPE label AS ENUM ('a');
ALTER TYPE label RENAME VALUE 'a' TO 'b';
DROP TVIEW tv_b;
SELECT equals('DROP TVIEW', there(), NULL);

-- rules
CREATE VIEW helper AS SELECT a, b FROM t;
CREATE TVIEW tv_b WITH (key = 'a') AS SELECT a, b FROM helper;
SELECT refused('a rule for the definition', '42809', $$CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO v_b DO INSTEAD SELECT a, upper(b) AS b FROM t$$);
CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO helper DO INSTEAD SELECT a, upper(b) AS b FROM t WHERE a > 1;
SELECT same('tv_b', 'a rule for a helper view');
INSERT INTO t VALUES (3, 'three');
SELECT same('tv_b', 'after a rule for a helper view');
SELECT refused('a rule that cannot be traced', '0A000', $$CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO helper DO INSTEAD SELECT a, b FROM t ORDER BY b LIMIT 1$$);
CREATE RULE by_view AS ON INSERT TO v_b DO INSTEAD INSERT INTO t VALUES (NEW.a, NEW.b);
INSERT INTO v_b VALUES (4, 'four');
SELECT same('tv_b', 'a rule for writing');

-- comments of users stay
COMMENT ON VIEW v_b IS 'mine';
CREATE OR REPLACE TVIEW tv_b WITH (key = 'a') AS SELECT a, lower(b) AS b FROM helper;
SELECT there();
COMMENT ON TABLE tv_b IS NULL;
ALTER TVIEW tv_b RENAME TO tv_c;
SELECT there();

-- a capture trigger that was turned off comes back with OR REPLACE, and other tviews see what was missed
CREATE TVIEW tv_other WITH (key = 'a') AS SELECT a, b FROM t;
ALTER TABLE t DISABLE TRIGGER pg_tviews_capture;
UPDATE t SET b = 'missed' WHERE a = 2;
CREATE OR REPLACE TVIEW tv_c WITH (key = 'a') AS SELECT a, lower(b) AS b FROM helper;
SELECT same('tv_c, tv_other', 'turned off for a time');
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 't'::regclass AND NOT tgisinternal ORDER BY 1;
UPDATE t SET b = 'seen' WHERE a = 2;
SELECT same('tv_c, tv_other', 'turned on again');

SET client_min_messages = warning;
DROP SCHEMA parts, elsewhere CASCADE;
