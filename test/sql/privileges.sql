--
-- Who may do what, and as whom maintenance runs.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE ROLE regress_owner;
CREATE ROLE regress_writer;
CREATE ROLE regress_reader;
CREATE SCHEMA privileges;
GRANT USAGE ON SCHEMA privileges TO PUBLIC;
GRANT CREATE ON SCHEMA privileges TO regress_owner, regress_writer;
SET search_path = privileges, public;
CREATE TABLE base (a int PRIMARY KEY, b text, secret text);
CREATE TABLE other (a int, c text);
INSERT INTO base VALUES (1, 'one', 's'), (2, 'two', 's');

-- creating
SET ROLE regress_owner;
SELECT refused('no SELECT', '42501', $$CREATE TVIEW tv_base WITH (key = 'a') AS SELECT a, b FROM base$$);
RESET ROLE;
GRANT SELECT ON base, other TO regress_owner;
SET ROLE regress_owner;
SELECT refused('no TRIGGER', '42501', $$CREATE TVIEW tv_base WITH (key = 'a') AS SELECT a, b FROM base$$);
RESET ROLE;
GRANT TRIGGER ON base, other TO regress_owner;
SET ROLE regress_owner;
CREATE TVIEW tv_base WITH (key = 'a') AS SELECT a, b, (SELECT string_agg(c, ',' ORDER BY c) FROM other o WHERE o.a = base.a) AS cs FROM base;
SELECT refused('elsewhere', '42501', $$CREATE TVIEW information_schema.tv_base WITH (key = 'a') AS SELECT a, b FROM base$$);
GRANT SELECT ON tv_base TO regress_reader;
RESET ROLE;
SELECT relname, relowner::regrole FROM pg_class WHERE oid IN ('tv_base'::regclass, 'v_base'::regclass) ORDER BY 1;

-- writing a base table without any right on the tview, nor on the other tables
GRANT INSERT, UPDATE, DELETE, TRUNCATE, SELECT ON base TO regress_writer;
SET ROLE regress_writer;
UPDATE base SET b = 'written' WHERE a = 1;
INSERT INTO base VALUES (3, 'three');
SELECT refused('writer reads', '42501', 'SELECT FROM tv_base');
SELECT refused('writer reads the view', '42501', 'SELECT FROM v_base');
SELECT refused('writer writes', '42501', 'DELETE FROM tv_base');
SELECT refused('writer alters', '42501', 'ALTER TVIEW tv_base RENAME TO tv_mine');
SELECT refused('writer drops', '42501', 'DROP TVIEW tv_base');
SELECT refused('writer replaces', '42501', $$CREATE OR REPLACE TVIEW tv_base WITH (key = 'a') AS SELECT a, b, NULL::text AS cs FROM base$$);
SELECT refused('writer refreshes', '42501', $$SELECT pg_tviews_refresh('tv_base')$$);
SELECT refused('writer drops by function', '42501', $$SELECT pg_tviews_drop('tv_base')$$);
SELECT refused('writer lifts the guard', '42501', 'SET pg_tviews.allow_direct_writes = on');
SELECT refused('writer registers', '42501', $$UPDATE pg_tview_meta SET key_columns = '{b}'$$);
SELECT refused('writer captures', '42501', $$CREATE TRIGGER mine AFTER INSERT ON base FOR EACH ROW EXECUTE FUNCTION pg_tviews_capture()$$);
SELECT pg_tviews_refresh_all() \g /dev/null
RESET ROLE;
SELECT a, b FROM tv_base ORDER BY a;
SELECT same('tv_base', 'written by another role');

-- reading needs SELECT on the tview only; the owner may refresh, not write
SET ROLE regress_reader;
SELECT count(*) FROM tv_base;
SELECT refused('reader reads the base table', '42501', 'SELECT FROM base');
RESET ROLE;
SET ROLE regress_owner;
SELECT pg_tviews_refresh('tv_base') \g /dev/null
SELECT refused('owner writes', '42809', $$UPDATE tv_base SET b = 'x'$$);
RESET ROLE;

-- maintenance sees what the owner sees, whoever writes
ALTER TABLE base ENABLE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON base FOR SELECT TO regress_owner USING (b <> 'hidden');
CREATE POLICY writer_all ON base TO regress_writer USING (true);
SET ROLE regress_writer;
UPDATE base SET b = 'hidden' WHERE a = 2;
INSERT INTO base VALUES (4, 'shown'), (5, 'hidden');
RESET ROLE;
SELECT a, b FROM tv_base ORDER BY a;
SET ROLE regress_owner;
SELECT equals('row security of base tables is the owner''s', (SELECT string_agg(a::text, '' ORDER BY a) FROM tv_base),
	(SELECT string_agg(a::text, '' ORDER BY a) FROM v_base));
RESET ROLE;
ALTER TABLE base DISABLE ROW LEVEL SECURITY;
DROP POLICY owner_sees ON base;
SELECT pg_tviews_refresh('tv_base') \g /dev/null

-- row security on the tview itself, forced upon its owner, does not stop maintenance
ALTER TABLE tv_base ENABLE ROW LEVEL SECURITY;
ALTER TABLE tv_base FORCE ROW LEVEL SECURITY;
CREATE POLICY even ON tv_base FOR SELECT USING (a % 2 = 0);
SET ROLE regress_writer;
UPDATE base SET b = 'row security' WHERE a < 3;
DELETE FROM base WHERE a = 5;
RESET ROLE;
SELECT same('tv_base', 'FORCE ROW LEVEL SECURITY');
SET ROLE regress_reader;
SELECT a, b FROM tv_base ORDER BY a;
RESET ROLE;

-- functions of a definition run as the owner, restricted; what a writer plants is not found
CREATE TABLE caught (who text);
GRANT INSERT ON caught TO PUBLIC;
SET ROLE regress_owner;
CREATE FUNCTION whoami(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN current_user || ': ' || $1; END $$;
CREATE TVIEW tv_who WITH (key = 'a') AS SELECT a, whoami(b) AS b FROM base;
RESET ROLE;
SET ROLE regress_writer;
CREATE FUNCTION privileges.lower(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'planted' $$;
CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN INSERT INTO privileges.caught VALUES (current_user); RETURN 'epoch'; END $$;
CREATE TEMP TABLE base (a int, b text);
SET search_path = pg_temp, privileges, pg_catalog;
UPDATE privileges.base SET b = 'attack' WHERE a = 1;
DROP TABLE pg_temp.base;
RESET search_path;
RESET ROLE;
SET search_path = privileges, public;
SELECT a, b FROM tv_who WHERE a = 1;
SELECT equals('nothing planted was called', (SELECT count(*) FROM caught), 0);
SELECT same('tv_base', 'attack');
-- security_restricted_operation: a function cannot leave things behind
SET ROLE regress_owner;
CREATE FUNCTION sneaky(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM set_config('role', 'postgres', false); RETURN $1; END $$;
SELECT refused('SET ROLE within maintenance', '42501', $$CREATE TVIEW tv_sneaky WITH (key = 'a') AS SELECT a, sneaky(b) AS b FROM base$$);
RESET ROLE;

-- the owner loses his rights: writers are told
REVOKE SELECT ON base FROM regress_owner;
SELECT refused('owner without SELECT', '42501', $$UPDATE privileges.base SET b = 'x' WHERE a = 1; SELECT FROM tv_base$$);
GRANT SELECT ON base TO regress_owner;
-- given away
SELECT refused('new owner has no SELECT', '42501', $$ALTER TVIEW tv_base OWNER TO regress_writer$$);
GRANT SELECT, TRIGGER ON base, other TO regress_writer;
ALTER TVIEW tv_base OWNER TO regress_writer;
UPDATE privileges.base SET b = 'z' WHERE a = 1;
SELECT same('tv_base', 'OWNER TO');

SET client_min_messages = warning;
DROP SCHEMA privileges CASCADE;
DROP OWNED BY regress_owner, regress_writer, regress_reader;
DROP ROLE regress_owner, regress_writer, regress_reader;
