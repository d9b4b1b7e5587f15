--
-- What roles cannot reach through the engine: its internal functions, and the
-- rights of whoever happens to write when a tview is refreshed.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE ROLE regress_owner;
CREATE ROLE regress_writer;
CREATE ROLE regress_thief;
CREATE SCHEMA security;
GRANT USAGE ON SCHEMA security TO PUBLIC;
GRANT CREATE ON SCHEMA security TO regress_owner;
CREATE SCHEMA theft AUTHORIZATION regress_thief;
SET search_path = security, public;
CREATE TABLE base (a int PRIMARY KEY, b text);
CREATE TABLE secret (a int PRIMARY KEY, b text);
INSERT INTO base VALUES (1, 'one'), (2, 'two');
INSERT INTO secret VALUES (1, 'secret');
GRANT ALL ON base TO regress_owner;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON base TO regress_writer;
CREATE VIEW v_secret_names AS SELECT a FROM secret;
SET ROLE regress_owner;
CREATE TVIEW tv_base WITH (key = 'a') AS SELECT a, b FROM base;
RESET ROLE;

-- internal functions are triggers, and those of their own tables only
SET ROLE regress_thief;
SET search_path = theft, security, public;
SELECT refused('capture called', '39P01', 'SELECT pg_tviews_capture()');
SELECT refused('guard called', '39P01', 'SELECT pg_tviews_guard()');
SELECT refused('meta_known called', '39P01', 'SELECT pg_tviews_meta_known()');
SELECT refused('meta_changed called', '39P01', 'SELECT pg_tviews_meta_changed()');
SELECT refused('on_ddl called', '39P01', 'SELECT pg_tviews_on_ddl()');
SELECT refused('on_drop called', '39P01', 'SELECT pg_tviews_on_drop()');
SELECT refused('event trigger', '42501', 'CREATE EVENT TRIGGER mine ON sql_drop EXECUTE FUNCTION pg_tviews_on_drop()');
SELECT refused('function replaced', '42501', $$
	CREATE OR REPLACE FUNCTION public.pg_tviews_capture() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'$$);
SELECT refused('function altered', '42501', 'ALTER FUNCTION public.pg_tviews_capture() SECURITY DEFINER');
SELECT refused('function dropped', '42501', 'DROP FUNCTION public.pg_tviews_guard() CASCADE');
SELECT refused('metadata inserted', '42501', $$INSERT INTO pg_tview_meta VALUES ('secret', 'v_secret_names', 'x', '{a}')$$);
SELECT refused('metadata deleted', '42501', 'DELETE FROM pg_tview_meta');
SELECT refused('metadata truncated', '42501', 'TRUNCATE pg_tview_meta');
SELECT refused('metadata trigger', '42501', 'ALTER TABLE pg_tview_meta DISABLE TRIGGER ALL');
-- the metadata trigger on a table that looks like pg_tview_meta would tie foreign tables to foreign views
CREATE TABLE pg_tview_meta (LIKE public.pg_tview_meta INCLUDING ALL);
CREATE TRIGGER pg_tviews_meta_changed AFTER INSERT OR UPDATE OR DELETE ON theft.pg_tview_meta
	FOR EACH ROW EXECUTE FUNCTION public.pg_tviews_meta_changed();
SELECT refused('metadata of one''s own', '42809', $$
	INSERT INTO theft.pg_tview_meta VALUES ('secret', 'v_secret_names', 'secret', '{a}', '{}', '{}', true)$$);
CREATE TABLE notes (tview oid, view oid);
CREATE TRIGGER t AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION pg_tviews_meta_changed();
SELECT refused('metadata trigger elsewhere', '42809', $$INSERT INTO notes VALUES ('secret'::regclass, 'v_secret_names'::regclass)$$);
ALTER TABLE pg_tview_meta DISABLE TRIGGER ALL;
INSERT INTO theft.pg_tview_meta VALUES ('secret', 'v_secret_names', 'secret', '{a}', '{}', '{}', true);
SELECT refused('metadata of one''s own is not asked', '42809', $$SELECT pg_tviews_refresh('secret')$$);
SELECT equals('and not shown', (SELECT count(*) FROM public.pg_tviews_info WHERE tview = 'secret'::regclass), 0);
RESET ROLE;
SELECT equals('tables are tied to views by us alone', (SELECT count(*) FROM pg_depend
	WHERE objid = 'security.secret'::regclass AND refobjid = 'security.v_secret_names'::regclass), 0);
DROP TABLE theft.pg_tview_meta;
-- capture and guard triggers where no tview is
SET ROLE regress_thief;
CREATE TABLE plain (a int);
CREATE TRIGGER c AFTER INSERT OR UPDATE OR DELETE ON plain FOR EACH ROW EXECUTE FUNCTION pg_tviews_capture();
CREATE TRIGGER ct AFTER TRUNCATE ON plain FOR EACH STATEMENT EXECUTE FUNCTION pg_tviews_capture();
CREATE TRIGGER cb BEFORE UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION pg_tviews_capture();
CREATE TRIGGER g BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION pg_tviews_guard();
CREATE TRIGGER gs BEFORE INSERT OR DELETE OR TRUNCATE ON plain FOR EACH STATEMENT EXECUTE FUNCTION pg_tviews_guard();
SELECT refused('guard of a plain table', '55000', 'INSERT INTO plain VALUES (1)');
DROP TRIGGER g ON plain;
DROP TRIGGER gs ON plain;
INSERT INTO plain VALUES (1), (2);
DELETE FROM plain WHERE a = 1;
SELECT equals('capture of a plain table does nothing', (SELECT string_agg(a::text, ',') FROM plain), '2');
SELECT refused('capture before', '39P01', 'UPDATE plain SET a = 3');
TRUNCATE plain;
-- a base table whose owner was there first with a trigger of that name
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TABLE taken (a int PRIMARY KEY, b text);
CREATE TRIGGER pg_tviews_capture AFTER INSERT ON taken FOR EACH ROW EXECUTE FUNCTION nothing();
SELECT refused('trigger of that name', '42710', $$CREATE TVIEW tv_taken WITH (key = 'a') AS SELECT a, b FROM taken$$);
-- the key that error messages name, asked for by somebody
SELECT pg_tviews_note_key(0), pg_tviews_note_key(-5), pg_tviews_note_key(2147483647) \g /dev/null
RESET ROLE;
SET search_path = security, public;

-- Whatever of the owner's runs at a refresh runs as the owner and cannot become anybody else.  The function says
-- where it ran (a sequence each), as whom, and tries to be the superuser of the session, while watched.
CREATE TABLE other (n int, t text);
INSERT INTO other VALUES (1, '1'), (2, 'two');
GRANT ALL ON other TO regress_owner;
SET ROLE regress_owner;
SELECT format('CREATE SEQUENCE seen_%s', place) FROM unnest('{definition,view,operator,cast,domain,policy,index,predicate,constraint,when,row,statement}'::text[]) place
\gexec
CREATE FUNCTION seen(value text, place text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	setting text;
BEGIN
	IF current_setting('regress.watch', true) IS DISTINCT FROM 'on' THEN
		RETURN value;
	END IF;
	PERFORM nextval('security.seen_' || place);
	IF current_user <> 'regress_owner' THEN
		RAISE WARNING '% runs as %', place, current_user;
	END IF;
	FOREACH setting IN ARRAY '{role=postgres,role=none,session_authorization=regress_thief}'::text[] LOOP
		BEGIN
			PERFORM set_config(split_part(setting, '=', 1), split_part(setting, '=', 2), false);
			RAISE WARNING '% got out with %', place, setting;
		EXCEPTION WHEN insufficient_privilege THEN
		END;
	END LOOP;
	RETURN value;
END
$$;
CREATE FUNCTION seen_matches(a text, b int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN security.seen(a, 'operator') = b::text; END $$;
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = int, FUNCTION = seen_matches);
CREATE DOMAIN checked AS text CHECK (VALUE IS NULL OR security.seen(VALUE, 'domain') IS NOT NULL);
CREATE TYPE wrapped AS (t text);
CREATE FUNCTION unwrap(w wrapped) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN security.seen(w.t, 'cast'); END $$;
CREATE CAST (wrapped AS text) WITH FUNCTION unwrap(wrapped);
CREATE VIEW helper AS SELECT n, seen(t, 'view') AS t FROM other;
CREATE TVIEW tv_run WITH (key = 'a') AS
	SELECT a, seen(b, 'definition') AS b, ROW(b)::wrapped::text AS c, b::checked AS d,
		(SELECT string_agg(t, ',' ORDER BY t) FROM helper WHERE b === n) AS e
	FROM base;
CREATE INDEX ON tv_run (seen(b, 'index'));
CREATE INDEX ON tv_run (a) WHERE seen(b, 'predicate') IS NOT NULL;
ALTER TABLE tv_run ADD CONSTRAINT c CHECK (seen(b, 'constraint') IS NOT NULL);
CREATE FUNCTION seen_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM security.seen('', lower(TG_LEVEL)); RETURN NULL; END $$;
CREATE TRIGGER r AFTER INSERT OR UPDATE OR DELETE ON tv_run FOR EACH ROW EXECUTE FUNCTION seen_trigger();
CREATE TRIGGER s AFTER INSERT OR UPDATE OR DELETE ON tv_run FOR EACH STATEMENT EXECUTE FUNCTION seen_trigger();
CREATE TRIGGER w AFTER UPDATE ON tv_run FOR EACH ROW WHEN (seen(NEW.b, 'when') <> '') EXECUTE FUNCTION seen_trigger();
RESET ROLE;
ALTER TABLE base ENABLE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON base TO regress_owner USING (seen(b, 'policy') <> '');
CREATE POLICY writer_all ON base TO regress_writer USING (true);
CREATE PROCEDURE watch() LANGUAGE sql AS $$
	SELECT setval(c.oid::regclass, 1, false) FROM pg_class c WHERE relkind = 'S' AND relname LIKE 'seen\_%';
	SELECT set_config('regress.watch', 'on', false) $$;
CREATE FUNCTION unseen() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	sequence regclass;
	ran boolean;
	result text := '';
BEGIN
	FOR sequence IN SELECT oid FROM pg_class WHERE relkind = 'S' AND relname LIKE 'seen\_%' ORDER BY relname LOOP
		EXECUTE format('SELECT is_called FROM %s', sequence) INTO ran;
		IF NOT ran THEN
			result := result || ' ' || substr(sequence::text, 6);
		END IF;
	END LOOP;
	PERFORM set_config('regress.watch', 'off', false);
	RETURN coalesce(nullif(ltrim(result), ''), 'none');
END
$$;
CALL watch();
UPDATE base SET b = b || '!';
SELECT equals('at a superuser''s commit all but', unseen(), 'view');
SELECT same('tv_base, tv_run', 'superuser, commit');
CALL watch();
BEGIN;
UPDATE base SET b = '2' WHERE a = 2;
INSERT INTO base VALUES (3, '1');
INSERT INTO other VALUES (1, 'more');
SELECT count(*) FROM tv_run;
SELECT equals('before a superuser''s query all but', unseen(), 'none');
COMMIT;
SELECT same('tv_base, tv_run', 'superuser, query');
CALL watch();
SET ROLE regress_writer;
UPDATE base SET b = b || '?';
RESET ROLE;
SELECT equals('at the commit of a writer without rights all but', unseen(), 'view');
CALL watch();
SET ROLE regress_writer;
SET pg_tviews.refresh = immediate;
UPDATE base SET b = '1' WHERE a = 1;
RESET pg_tviews.refresh;
RESET ROLE;
SELECT equals('at the end of his statement all but', unseen(), 'none');
SELECT same('tv_base, tv_run', 'writer');
CALL watch();
SET ROLE regress_owner;
SELECT pg_tviews_refresh('tv_base'), pg_tviews_refresh('tv_run') \g /dev/null
RESET ROLE;
SELECT equals('where a refresh writes nothing all but', unseen(), 'constraint index predicate row statement when');

-- What a writer plants is not found: tables, types, functions and operators in front of those of the server.
CREATE SCHEMA plants AUTHORIZATION regress_writer;
GRANT USAGE ON SCHEMA plants TO PUBLIC;
SET ROLE regress_owner;
CREATE FUNCTION folded(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN value = 'ONE' OR length(value) >= 100 THEN value ELSE lower(value) END; END $$;
CREATE TVIEW tv_many WITH (key = 'a, n') AS SELECT a, n, folded(b) AS b, count(*) AS c, max(t) AS t
	FROM base JOIN other ON length(b) >= n GROUP BY a, n, b;
RESET ROLE;
SET ROLE regress_writer;
CREATE FUNCTION plants.planted() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE 'planted code runs as %', current_user; END $$;
SELECT format('CREATE FUNCTION plants.%s(%s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM plants.planted(); END $f$', f, a, r)
FROM (VALUES ('lower', 'text', 'text'), ('now', '', 'timestamptz'), ('length', 'text', 'int'), ('pg_tviews_note_key', 'int', 'boolean'),
	('unnest', 'anyarray', 'SETOF anyelement'), ('max', 'text', 'text'), ('int4eq', 'int, int', 'boolean'), ('text', 'varchar', 'text')) v (f, a, r)
\gexec
CREATE FUNCTION plants.equal(int, int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM plants.planted(); END $$;
CREATE FUNCTION plants.equal(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM plants.planted(); END $$;
CREATE FUNCTION plants.equal(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM plants.planted(); END $$;
SELECT format('CREATE OPERATOR plants.%s (LEFTARG = %s, RIGHTARG = %2$s, FUNCTION = plants.equal)', o, t)
FROM unnest('{=,<>,>=,<}'::text[]) o, unnest('{int,text,bigint}'::text[]) t
\gexec
CREATE TYPE plants.int4 AS ENUM ('planted');
CREATE TEMP TABLE base (a text, b text);
CREATE TEMP TABLE other (n text, t text);
CREATE TEMP TABLE tview_changed (c1 text);
CREATE TEMP TABLE tview_keys (k1 text);
CREATE TEMP TABLE tv_many (a text, n text, b text, c text, t text);
CREATE TEMP TABLE pg_tview_meta (tview regclass, view regclass);
SET search_path = pg_temp, plants, security, pg_catalog;
SET pg_tviews.refresh = immediate;
-- (they would be, outside of it)
SELECT 1 = 1;
UPDATE security.base SET b = 'planted';
INSERT INTO security.base VALUES (10, 'ten'), (11, 'eleven');
INSERT INTO security.base SELECT g, 'many' FROM pg_catalog.generate_series(1000, 2100) g;
DELETE FROM security.base;
INSERT INTO security.base VALUES (1, 'one'), (2, '1'), (3, 'three');
TRUNCATE security.base;
INSERT INTO security.base VALUES (1, 'one'), (2, '1'), (3, 'three');
RESET pg_tviews.refresh;
RESET search_path;
RESET ROLE;
DROP TABLE pg_temp.base, pg_temp.other, tview_changed, tview_keys, pg_temp.tv_many, pg_temp.pg_tview_meta;
SET search_path = security, public;
SELECT same('tv_base, tv_run, tv_many', 'plants');

-- Writers need nothing but their right on the base table: not even a look into the schemas.
CREATE SCHEMA hidden AUTHORIZATION regress_owner;
SET ROLE regress_owner;
ALTER TVIEW tv_many SET SCHEMA hidden;
CREATE TVIEW hidden.tv_above WITH (key = 'n') AS SELECT n, sum(c) AS c, count(*) AS rows FROM hidden.tv_many GROUP BY n;
RESET ROLE;
CREATE TABLE parent (p int PRIMARY KEY);
INSERT INTO parent VALUES (1), (2), (3);
ALTER TABLE base ADD FOREIGN KEY (a) REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE;
CREATE FUNCTION write_as_definer(int, text) RETURNS void LANGUAGE sql SECURITY DEFINER AS 'UPDATE security.base SET b = $2 WHERE a = $1';
GRANT SELECT, UPDATE, DELETE ON parent TO regress_thief;
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO regress_owner;
SET ROLE regress_writer;
UPDATE security.base SET b = 'hidden' WHERE a = 1;
SET ROLE regress_thief;
DELETE FROM security.parent WHERE p = 2;
UPDATE security.parent SET p = 30 WHERE p = 3;
SELECT security.write_as_definer(1, 'by a definer');
RESET ROLE;
GRANT USAGE ON SCHEMA public TO PUBLIC;
SELECT same('tv_base, tv_run, hidden.tv_many, hidden.tv_above', 'writers without rights');
SELECT a, b FROM tv_base ORDER BY a;
SET row_security = off;
UPDATE base SET b = 'row security off' WHERE a = 1;
RESET row_security;
SELECT same('tv_base, tv_run, hidden.tv_many, hidden.tv_above', 'row_security off');
DROP POLICY owner_sees ON base;
ALTER TABLE base DISABLE ROW LEVEL SECURITY;

-- Whoever may not read a table may not read it through a tview.
CREATE VIEW v_other AS SELECT n, t FROM other;
CREATE FUNCTION read_secret(int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT b FROM security.secret WHERE a = $1';
GRANT SELECT (a), TRIGGER ON secret TO regress_owner;
GRANT SELECT ON v_secret_names TO regress_owner;
SET ROLE regress_owner;
SELECT refused('columns only', '42501', $$CREATE TVIEW tv_s WITH (key = 'a') AS SELECT a FROM secret$$);
SELECT refused('through a view of someone else', '42501', $$CREATE TVIEW tv_s WITH (key = 'a') AS SELECT a FROM v_secret_names$$);
SELECT refused('in a join', '42501', $$CREATE TVIEW tv_s WITH (key = 'a') AS SELECT a, s.b FROM base LEFT JOIN secret s USING (a)$$);
SELECT refused('in a subquery', '42501', $$CREATE TVIEW tv_s WITH (key = 'a') AS SELECT a FROM base b WHERE EXISTS (SELECT FROM secret s WHERE s.a = b.a)$$);
SELECT refused('in a branch', '42501', $$CREATE TVIEW tv_s WITH (key = 'a') AS SELECT a FROM base UNION SELECT a FROM secret$$);
SELECT refused('through a function', '42501', $$CREATE TVIEW tv_s WITH (key = 'a') AS SELECT a, read_secret(a) AS s FROM base$$);
SELECT refused('by pg_tviews_create', '42501', $$SELECT pg_tviews_create('tv_s', 'SELECT a, b FROM security.secret', '{key=a}')$$);
SELECT refused('by OR REPLACE', '42501', $$CREATE OR REPLACE TVIEW tv_base WITH (key = 'a') AS SELECT a, b, (SELECT s.b FROM secret s WHERE s.a = base.a) AS s FROM base$$);
SELECT refused('without data', '42501', $$CREATE TVIEW tv_s WITH (key = 'a') AS SELECT a, b FROM secret WITH NO DATA$$);
SET ROLE regress_thief;
SELECT refused('a schema without a look', '42501', $$CREATE TVIEW theft.tv_s WITH (key = 'n') AS SELECT n FROM hidden.tv_above$$);
RESET ROLE;
SELECT equals('nothing is left of it', (SELECT count(*) FROM pg_tview_meta WHERE tview::text LIKE '%tv\_s') + (SELECT count(*) FROM pg_class WHERE relname IN ('tv_s', 'v_s'))
	+ (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'secret'::regclass AND tgname LIKE 'pg\_tviews%'), 0);

-- Row security: what the owner of the tview sees decides, as long as definition and refresh see the same.
CREATE ROLE regress_heir;
GRANT SELECT, TRIGGER ON base, other, v_other TO PUBLIC;
GRANT CREATE, USAGE ON SCHEMA security, hidden TO regress_heir;
ALTER TABLE other ENABLE ROW LEVEL SECURITY;
CREATE POLICY ones ON other TO regress_owner USING (n = 1);
CREATE POLICY twos ON other TO regress_heir USING (n = 2);
SET ROLE regress_owner;
SELECT refused('as two roles', '0A000', $$CREATE TVIEW tv_o WITH (key = 'n') AS SELECT n, count(*) AS c FROM v_other GROUP BY n$$);
CREATE TVIEW tv_o WITH (key = 'n') AS SELECT n, count(*) AS c FROM other GROUP BY n;
RESET ROLE;
INSERT INTO other VALUES (2, 'not seen'), (1, 'seen');
TABLE v_o;
SELECT same('tv_o', 'policy of the owner');
ALTER TVIEW tv_o OWNER TO regress_heir;
TABLE v_o;
SELECT same('tv_o', 'policy of the next owner');
ALTER TABLE tv_o OWNER TO regress_owner;
TABLE v_o;
SELECT same('tv_o', 'policy of the owner of the table');
ALTER TABLE other OWNER TO regress_owner;
TABLE v_o;
SELECT same('tv_o', 'exempt as the owner of the base table');
SELECT split_part(refused('FORCE', '0A000', 'ALTER TABLE other FORCE ROW LEVEL SECURITY'), E'\n', 1);
ALTER TABLE other OWNER TO CURRENT_USER;
SELECT same('tv_o', 'not exempt any more');
ALTER TABLE other FORCE ROW LEVEL SECURITY;
SELECT split_part(refused('owner of a forced table', '0A000', 'ALTER TABLE other OWNER TO regress_owner'), E'\n', 1);
ALTER TABLE other NO FORCE ROW LEVEL SECURITY;
ALTER TABLE other DISABLE ROW LEVEL SECURITY;
SELECT same('tv_o', 'policies gone');
SET ROLE regress_owner;
CREATE TVIEW tv_p WITH (key = 'n') AS SELECT n, count(*) AS c FROM v_other GROUP BY n;
RESET ROLE;
SELECT split_part(refused('as two roles, later', '0A000', 'ALTER TABLE other ENABLE ROW LEVEL SECURITY'), E'\n', 1);
ALTER VIEW v_other OWNER TO regress_owner;
ALTER TABLE other ENABLE ROW LEVEL SECURITY;
TABLE v_p;
SELECT same('tv_o, tv_p', 'as one role');
SELECT split_part(refused('view to another role', '0A000', 'ALTER VIEW v_other OWNER TO CURRENT_USER'), E'\n', 1);
SELECT refused('tview to another role', '0A000', 'ALTER TVIEW tv_p OWNER TO regress_heir');
SELECT refused('table of a tview to another role', '0A000', 'ALTER TABLE tv_p OWNER TO regress_heir');

-- Table and view have one owner, however they change hands.
CREATE FUNCTION owners(name text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(DISTINCT relowner::regrole::text, ', ') FROM pg_class WHERE relname IN ('tv_' || name, 'v_' || name) $$;
SELECT refused('ALTER VIEW OWNER', '42809', 'ALTER VIEW v_o OWNER TO regress_heir');
SET ROLE regress_owner;
SELECT split_part(refused('ALTER TVIEW to a role that is not his', '42501', 'ALTER TVIEW tv_o OWNER TO regress_writer'), E'\n', 1);
SELECT split_part(refused('ALTER TABLE to a role that is not his', '42501', 'ALTER TABLE tv_o OWNER TO regress_writer'), E'\n', 1);
RESET ROLE;
SELECT equals('refused', owners('o'), 'regress_owner');
ALTER TABLE tv_o OWNER TO regress_heir;
SELECT equals('ALTER TABLE OWNER', owners('o'), 'regress_heir');
ALTER TABLE tv_o OWNER TO regress_owner;
REASSIGN OWNED BY regress_owner TO regress_heir;
SELECT equals('REASSIGN OWNED', owners('o') || ' ' || owners('base') || ' ' || owners('many'), 'regress_heir regress_heir regress_heir');
TABLE v_o;
SELECT same('tv_o, tv_p', 'REASSIGN OWNED');
REASSIGN OWNED BY regress_heir TO regress_owner;
SELECT same('tv_o, tv_p', 'and back');
UPDATE base SET b = b || '.';
UPDATE other SET t = t || '.';
ALTER TABLE other DISABLE ROW LEVEL SECURITY;
SELECT same('tv_base, tv_run, hidden.tv_many, hidden.tv_above, tv_o, tv_p', 'other owners');

-- The owner loses the right to read: writers get an error that names the tview, and nothing becomes stale.
REVOKE ALL ON other FROM PUBLIC, regress_owner;
SELECT split_part(refused('a query that reads', '42501', $$INSERT INTO other VALUES (1, 'x'); SELECT FROM tv_o$$), E'\n', 1);
\set VERBOSITY terse
INSERT INTO other VALUES (1, 'at commit');
\set VERBOSITY default
SELECT refused('his refresh', '42501', $$SELECT pg_tviews_refresh('tv_o')$$);
GRANT SELECT ON other TO regress_heir;
GRANT regress_heir TO regress_owner;
INSERT INTO other VALUES (1, 'by membership');
SELECT same('tv_o', 'by membership');
REVOKE regress_heir FROM regress_owner;
SELECT split_part(refused('no member any more', '42501', $$INSERT INTO other VALUES (1, 'x'); SELECT FROM tv_o$$), E'\n', 1);
GRANT SELECT ON other TO regress_owner;
INSERT INTO other VALUES (1, 'TRIGGER is needed at creation only');
SELECT same('tv_base, tv_run, hidden.tv_many, hidden.tv_above, tv_o', 'granted again');

SET client_min_messages = warning;
DROP SCHEMA hidden, security, theft, plants CASCADE;
DROP OWNED BY regress_owner, regress_writer, regress_thief, regress_heir;
DROP ROLE regress_owner, regress_writer, regress_thief, regress_heir;
