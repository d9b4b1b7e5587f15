--
-- DDL on base tables: what a definition does not mind just works, the rest is refused.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA ddl_base;
CREATE SCHEMA moved;
SET search_path = ddl_base, public;
CREATE TABLE parent (dropped_1 int, p int PRIMARY KEY, name varchar(20), unused text, x int);
CREATE TABLE child (c int PRIMARY KEY, dropped_2 text, p int, label text);
ALTER TABLE parent DROP dropped_1;
ALTER TABLE child DROP dropped_2;
INSERT INTO parent VALUES (1, 'one', '', 1), (2, 'two', '', 2);
INSERT INTO child VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c');
CREATE VIEW helper AS SELECT p, jsonb_agg(label ORDER BY c) AS labels FROM child GROUP BY p;
CREATE TVIEW tv_parent WITH (key = 'p') AS
	SELECT p, name, x, labels FROM parent LEFT JOIN helper USING (p);
SELECT same('tv_parent', 'tables with dropped columns');
CREATE PROCEDURE write() LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE (SELECT format('UPDATE %s SET %I = %I || ''!'' WHERE %I = 1', attrelid::regclass, attname,
		attname, (SELECT attname FROM pg_attribute WHERE attrelid = a.attrelid AND attnum = 2))
		FROM pg_attribute a WHERE attrelid = (SELECT oid FROM pg_class WHERE relname IN ('parent', 'father')) AND attnum = 3);
	EXECUTE (SELECT format('UPDATE %s SET %I = %I || ''?'' WHERE %I = 3', attrelid::regclass, attname,
		attname, (SELECT attname FROM pg_attribute WHERE attrelid = a.attrelid AND attnum = 1))
		FROM pg_attribute a WHERE attrelid = (SELECT oid FROM pg_class WHERE relname = 'child') AND attnum = 4);
END
$$;
CALL write();
SELECT same('tv_parent', 'first write');

-- renames and moves
ALTER TABLE parent RENAME name TO "Full Name";
CALL write();
SELECT same('tv_parent', 'renamed column');
ALTER TABLE child RENAME label TO p2;
ALTER TABLE child RENAME p TO parent;
CALL write();
SELECT same('tv_parent', 'renamed join column');
ALTER TABLE parent RENAME TO father;
ALTER TABLE father SET SCHEMA moved;
CALL write();
SELECT same('tv_parent', 'renamed and moved table');
ALTER VIEW helper RENAME TO assistant;
ALTER SCHEMA moved RENAME TO moved_again;
CALL write();
SELECT p, "name", labels FROM tv_parent ORDER BY p;
SELECT same('tv_parent', 'renamed view and schema');
ALTER TABLE moved_again.father SET SCHEMA ddl_base;
ALTER TABLE father RENAME TO parent;

-- columns that come and go
ALTER TABLE parent ADD extra int DEFAULT 7;
ALTER TABLE child ADD extra int DEFAULT 7;
CALL write();
SELECT same('tv_parent', 'added column');
ALTER TABLE parent DROP unused;
ALTER TABLE parent ALTER extra TYPE bigint;
CALL write();
SELECT same('tv_parent', 'dropped column');
ALTER TABLE parent DROP x;
ALTER TABLE child DROP parent;
ALTER TABLE parent ALTER "Full Name" TYPE text;
CALL write();
SELECT same('tv_parent', 'refused changes');

-- pending changes come first
BEGIN;
UPDATE parent SET x = x + 1;
DELETE FROM child WHERE c = 2;
ALTER TABLE child RENAME parent TO mother;
ALTER TABLE child ADD extra_2 int;
INSERT INTO child VALUES (4, 2, 'd');
SELECT same('tv_parent', 'DDL between changes');
COMMIT;
SELECT same('tv_parent', 'commit');

-- DDL and changes in one transaction that rolls back
BEGIN;
ALTER TABLE parent RENAME p TO pp;
UPDATE parent SET x = 100;
SELECT same('tv_parent', 'in the transaction');
ROLLBACK;
CALL write();
SELECT same('tv_parent', 'rolled back DDL');

-- constraints, indexes, statistics, rewrites
ALTER TABLE parent ADD CONSTRAINT positive CHECK (x > 0);
CREATE INDEX ON child (mother);
ALTER TABLE child REPLICA IDENTITY FULL;
CLUSTER child USING child_pkey;
VACUUM FULL parent;
ANALYZE child;
CALL write();
SELECT same('tv_parent', 'other DDL');

-- a helper view that is replaced changes the documents
CREATE OR REPLACE VIEW assistant AS SELECT mother AS p, jsonb_agg(upper(p2) ORDER BY c) AS labels FROM child GROUP BY mother;
SELECT p, labels FROM tv_parent ORDER BY p;
SELECT same('tv_parent', 'replaced helper');
CREATE TABLE prefix (p int, t text);
CREATE OR REPLACE VIEW assistant AS SELECT mother AS p, jsonb_agg(t || p2 ORDER BY c) AS labels
	FROM child JOIN prefix ON prefix.p = mother GROUP BY mother;
SELECT same('tv_parent', 'helper over another table');
INSERT INTO prefix VALUES (1, '>');
SELECT p, labels FROM tv_parent ORDER BY p;
SELECT same('tv_parent', 'change in the other table');
SELECT refused('helper that cannot be traced any more', '0A000',
	'CREATE OR REPLACE VIEW assistant AS SELECT p, (SELECT jsonb_agg(c) FROM child) AS labels FROM prefix');

-- disabled triggers
ALTER TABLE parent DISABLE TRIGGER ALL;
UPDATE parent SET "Full Name" = 'written unseen';
ALTER TABLE parent ENABLE TRIGGER ALL;
SELECT same('tv_parent', 'written while triggers were disabled');
CALL write();
SELECT same('tv_parent', 'triggers disabled and enabled');

-- columns that go with something else, where a document shows whole rows
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE DOMAIN small AS int CHECK (value < 100);
CREATE TYPE feeling AS (m mood, n int);
CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2';
CREATE TABLE whole (pk int PRIMARY KEY, m mood, x int, g int GENERATED ALWAYS AS (twice(x)) STORED, s small, f feeling, r child);
INSERT INTO whole (pk, m, x, s, f) VALUES (1, 'a', 1, 7, '(b,2)');
CREATE TVIEW tv_whole WITH (key = 'pk') AS SELECT pk, to_jsonb(whole) AS data FROM whole;
CREATE TVIEW tv_value WITH (key = 'pk') AS SELECT pk, to_jsonb(f) AS f FROM whole;
CREATE TVIEW tv_named WITH (key = 'pk') AS SELECT pk, x FROM whole;
SELECT remember('tv_named') \g /dev/null
SET client_min_messages = warning;
DROP DOMAIN small CASCADE;
SELECT same('tv_whole, tv_value', 'DROP DOMAIN CASCADE');
DROP FUNCTION twice CASCADE;
SELECT same('tv_whole, tv_value', 'DROP FUNCTION CASCADE');
SELECT equals('columns by name', changed('tv_named'), 'none');
DROP TYPE mood CASCADE;
SELECT same('tv_whole, tv_value', 'DROP TYPE CASCADE, for a table and a row type');
DROP TABLE whole CASCADE;
RESET client_min_messages;

-- dropping
DROP TABLE child;
DROP VIEW assistant;
DROP TABLE prefix;
SELECT same('tv_parent', 'refused drops');
DROP TABLE prefix CASCADE;
SELECT to_regclass('tv_parent'), to_regclass('v_parent'), to_regclass('assistant'), (SELECT count(*) FROM pg_tview_meta);
CALL write();
SELECT equals('no triggers left', (SELECT count(*) FROM pg_trigger WHERE tgrelid IN ('parent'::regclass, 'child'::regclass)), 0);

-- a script of pg_dump that changes what a tview in use reads
CREATE TABLE scripted (pk_scripted int PRIMARY KEY, v text) PARTITION BY LIST (pk_scripted);
CREATE TABLE scripted_1 PARTITION OF scripted FOR VALUES IN (1);
CREATE TABLE scripted_2 (pk_scripted int NOT NULL PRIMARY KEY, v text);
CREATE VIEW shown AS SELECT pk_scripted, v FROM scripted;
CREATE TVIEW tv_scripted AS SELECT pk_scripted, jsonb_build_object('v', v) AS data FROM shown;
INSERT INTO scripted VALUES (1, 'a');
INSERT INTO scripted_2 VALUES (2, 'b');
SET check_function_bodies = off;
SELECT set_config('search_path', '', false);
CREATE OR REPLACE VIEW ddl_base.shown AS SELECT pk_scripted, upper(v) AS v FROM ddl_base.scripted;
ALTER TABLE ONLY ddl_base.scripted ATTACH PARTITION ddl_base.scripted_2 FOR VALUES IN (2);
RESET check_function_bodies;
SET search_path = ddl_base, public;
SELECT same('tv_scripted', 'a script of pg_dump');
SELECT data FROM tv_scripted ORDER BY 1;

-- what is not used any more is not kept in memory
CREATE PROCEDURE come_and_go() LANGUAGE plpgsql AS $$ BEGIN
	FOR i IN 1 .. 5 LOOP
		CREATE TVIEW tv_gone AS SELECT pk_scripted AS pk_gone, jsonb_build_object('v', v) AS data FROM scripted;
		COMMIT;
		UPDATE scripted SET v = v || i;
		COMMIT;
		DROP TVIEW tv_gone;
		COMMIT;
	END LOOP; END $$;
CALL come_and_go();
SELECT same('tv_scripted', 'others come and go');
SELECT ok('no descriptor is left', (SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'tview descriptor') <=
	(SELECT count(*) FROM pg_tview_meta));

SET client_min_messages = warning;
DROP SCHEMA ddl_base, moved_again CASCADE;
