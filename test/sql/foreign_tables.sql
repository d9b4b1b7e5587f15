--
-- Foreign tables: tviews on them, and above those, are refreshed at the end of each statement, since at commit the
-- remote transaction has ended. The server is this one, by another connection.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA abroad;
SET search_path = abroad, public;
SET client_min_messages = warning;
CREATE EXTENSION postgres_fdw SCHEMA abroad;
DO $$ BEGIN EXECUTE format('CREATE SERVER abroad FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
	split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database()); END $$;
CREATE USER MAPPING FOR CURRENT_USER SERVER abroad;
RESET client_min_messages;
CREATE TABLE far (a int, b text);
CREATE TABLE here (a int PRIMARY KEY, c text);
CREATE TABLE plain (a int PRIMARY KEY);
INSERT INTO far VALUES (1, 'one'), (1, 'uno'), (2, 'two');
INSERT INTO here VALUES (1, 'c1'), (2, 'c2'), (3, 'c3');
CREATE FOREIGN TABLE away (a int, b text) SERVER abroad OPTIONS (schema_name 'abroad', table_name 'far');
CREATE TVIEW tv_here WITH (key = 'a') AS SELECT a, c, (SELECT string_agg(b, ',' ORDER BY b) FROM away WHERE away.a = here.a) AS bs FROM here;
CREATE TVIEW tv_above WITH (key = 'bs') AS SELECT coalesce(bs, '') AS bs, count(*) AS n FROM tv_here GROUP BY 1;
CREATE TVIEW tv_plain WITH (key = 'a') AS SELECT a, (SELECT count(*) FROM away WHERE away.a = plain.a) AS n FROM plain;
\set all '\'tv_here, tv_above, tv_plain\''
SELECT same(:all, 'creation');
INSERT INTO away VALUES (3, 'three');
SELECT same(:all, 'INSERT');
UPDATE away SET b = 'zwei', a = 3 WHERE a = 2;
SELECT same(:all, 'UPDATE');
DELETE FROM away WHERE b = 'uno';
SELECT same(:all, 'DELETE');
COPY away FROM stdin;
2	copied
\.
SELECT same(:all, 'COPY');
INSERT INTO plain VALUES (3);
UPDATE here SET c = 'changed' WHERE a = 3;
SELECT same(:all, 'a local table');
BEGIN;
UPDATE away SET b = b || '!';
INSERT INTO here VALUES (4, 'c4');
SAVEPOINT s;
DELETE FROM away WHERE a = 3;
ROLLBACK TO s;
INSERT INTO away VALUES (4, 'four');
SELECT a, bs FROM tv_here ORDER BY a;
COMMIT;
SELECT same(:all, 'transaction');
TRUNCATE away;
SELECT same(:all, 'TRUNCATE');
BEGIN;
INSERT INTO away VALUES (1, 'rolled back');
ROLLBACK;
SELECT same(:all, 'rolled back');
-- NOT NULL of a foreign table is a promise that nobody checks
CREATE TABLE far_null (id int PRIMARY KEY, k int, v int);
INSERT INTO far_null VALUES (1, NULL, 1), (2, NULL, 2), (3, 1, 3);
CREATE FOREIGN TABLE away_null (id int NOT NULL, k int NOT NULL, v int) SERVER abroad OPTIONS (schema_name 'abroad', table_name 'far_null');
CREATE TABLE parted_null (id int, k int NOT NULL, v int) PARTITION BY LIST (id);
CREATE FOREIGN TABLE part_null PARTITION OF parted_null DEFAULT SERVER abroad OPTIONS (schema_name 'abroad', table_name 'far_null');
CREATE TVIEW tv_null WITH (key = 'id') AS SELECT id, sum(v) OVER (PARTITION BY k) AS s FROM away_null;
CREATE TVIEW tv_part_null WITH (key = 'id') AS SELECT id, sum(v) OVER (PARTITION BY k) AS s FROM parted_null;
DELETE FROM away_null WHERE id = 1;
SELECT same('tv_null', 'NULL in a column that is NOT NULL here');
SELECT pg_tviews_refresh('tv_part_null') \g /dev/null
UPDATE parted_null SET v = 7 WHERE id = 2;
INSERT INTO far_null VALUES (4, NULL, 4);
SELECT pg_tviews_refresh('tv_part_null') \g /dev/null
DELETE FROM parted_null WHERE id = 2;
SELECT same('tv_part_null', 'NULL in a partition');
DROP TVIEW tv_null, tv_part_null;
-- what deferred triggers change is refreshed before the remote transaction ends
CREATE FUNCTION change_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE here SET c = c || '?'; RETURN NULL; END $$;
CREATE TABLE trigger_here (a int);
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON trigger_here DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_here();
INSERT INTO trigger_here VALUES (1);
SELECT same(:all, 'deferred trigger');
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO trigger_here VALUES (2);
COMMIT;
SELECT same(:all, 'immediate trigger');
-- as a partition and as a child
CREATE TABLE parted (a int, b text) PARTITION BY LIST (a);
CREATE TABLE parted1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE far2 (a int, b text);
CREATE FOREIGN TABLE parted2 PARTITION OF parted FOR VALUES IN (2) SERVER abroad OPTIONS (schema_name 'abroad', table_name 'far2');
CREATE TVIEW tv_parted WITH (key = 'a') AS SELECT a, count(*) AS n, max(b) AS b FROM parted GROUP BY a;
INSERT INTO parted VALUES (1, 'x'), (2, 'y'), (2, 'z');
SELECT same('tv_parted', 'foreign partition');
DELETE FROM parted WHERE b = 'z';
UPDATE parted2 SET b = 'Y';
SELECT same('tv_parted', 'foreign partition changed');
-- changes on the other side are not seen until a refresh
INSERT INTO far VALUES (1, 'unseen');
SELECT equals('unseen', (SELECT bs FROM tv_here WHERE a = 1), NULL);
SELECT pg_tviews_refresh('tv_here') \g /dev/null
SELECT same(:all, 'refreshed');

-- a foreign table that the result does not need is read even so
CREATE TABLE alone (a int PRIMARY KEY, c text);
CREATE TVIEW tv_needless WITH (key = 'a') AS
	WITH w AS MATERIALIZED (SELECT a, c, (SELECT max(b) FROM away WHERE away.a = alone.a) AS b FROM alone) SELECT a, c FROM w;
INSERT INTO alone SELECT a, 'c' || a FROM generate_series(1, 3) a;
UPDATE alone SET c = c || '!';
CREATE TABLE lonely (a int PRIMARY KEY, c text);
CREATE VIEW needless AS WITH far AS (SELECT a, max(b) AS b FROM away GROUP BY a),
	unused AS (SELECT x.b, y.b AS c FROM far x JOIN far y USING (a)) SELECT a, c FROM lonely;
CREATE TVIEW tv_unused WITH (key = 'a') AS SELECT a, c FROM needless;
INSERT INTO lonely VALUES (1, 'c1');
SELECT same('tv_needless, tv_unused', 'not needed');
-- triggers on tviews may write to them
CREATE TABLE note_far (a int, what text);
CREATE FOREIGN TABLE note (a int, what text) SERVER abroad OPTIONS (schema_name 'abroad', table_name 'note_far');
CREATE TABLE noted (a int PRIMARY KEY, b text);
CREATE TVIEW tv_noted WITH (key = 'a') AS SELECT a, b FROM noted;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO note VALUES (new.a, TG_OP); RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE ON tv_noted FOR EACH ROW EXECUTE FUNCTION note();
INSERT INTO noted VALUES (1, 'x'), (2, 'y');
BEGIN;
UPDATE noted SET b = 'z' WHERE a = 1;
COMMIT;
SELECT * FROM note_far ORDER BY 1, 2;
SELECT same('tv_noted', 'a trigger that writes abroad');

-- a function that says it reads nothing
CREATE FUNCTION reads_nothing(int) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = abroad AS
	$$ BEGIN RETURN (SELECT max(b) FROM away WHERE a = $1); END $$;
CREATE TABLE believed (a int PRIMARY KEY);
CREATE TVIEW tv_believed WITH (key = 'a') AS SELECT a, reads_nothing(a) AS b FROM believed;
INSERT INTO believed VALUES (1);
SET pg_tviews.refresh = immediate;
INSERT INTO believed VALUES (1);
RESET pg_tviews.refresh;
SELECT same('tv_believed', 'a function that lies');

SET client_min_messages = warning;
DROP SCHEMA abroad CASCADE;
