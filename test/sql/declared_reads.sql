--
-- Tables that functions of a definition read: WITH (reads = ..).
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA declared_reads;
SET search_path = declared_reads, public;
CREATE TABLE post (post int PRIMARY KEY, title text);
CREATE TABLE vote (post int, stars int, note text);
CREATE TABLE "Odd, name" (factor int);
INSERT INTO post VALUES (1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO vote VALUES (1, 1), (1, 2), (2, 5);
INSERT INTO "Odd, name" VALUES (1);
CREATE FUNCTION stars(int) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT sum(stars) FROM declared_reads.vote WHERE post = $1 $$;
CREATE FUNCTION weighted(int) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN RETURN declared_reads.stars($1) * (SELECT sum(factor) FROM declared_reads."Odd, name"); END $$;

SELECT refused('not declared', '0A000', $$CREATE TVIEW tv_stars WITH (key = 'post') AS SELECT post, stars(post) AS stars FROM post$$);
-- supports: Functions / STABLE ones, whose tables are declared
CREATE TVIEW tv_stars WITH (key = 'post', reads = 'declared_reads.vote') AS SELECT post, title, stars(post) AS stars FROM post;
CREATE TVIEW tv_weighted WITH (key = 'post', reads = 'vote , "Odd, name"') AS SELECT post, weighted(post) AS stars FROM post WHERE weighted(post) > 1;
SELECT traced('tv_stars, tv_weighted');
SELECT equals('recorded by Oid', (SELECT reads::text FROM pg_tview_meta WHERE tview = 'tv_weighted'::regclass), '{vote,"\"Odd, name\""}');

-- every change of a declared table
INSERT INTO vote VALUES (3, 7);
SELECT same('tv_stars, tv_weighted', 'INSERT');
UPDATE vote SET stars = stars + 1 WHERE post = 1;
SELECT same('tv_stars, tv_weighted', 'UPDATE');
BEGIN;
DELETE FROM vote WHERE post = 2;
UPDATE "Odd, name" SET factor = 3;
UPDATE post SET title = title || '!' WHERE post = 1;
SELECT same('tv_stars, tv_weighted', 'inside');
SAVEPOINT s;
TRUNCATE vote;
SELECT same('tv_stars, tv_weighted', 'TRUNCATE');
ROLLBACK TO s;
SELECT same('tv_stars, tv_weighted', 'rolled back to a savepoint');
COMMIT;
SELECT same('tv_stars, tv_weighted', 'together with a base table');
SELECT remember('tv_stars') \g /dev/null
UPDATE vote SET note = 'unimportant';
SELECT equals('only rows that differ are written', changed('tv_stars'), 'none');
UPDATE post SET title = 'x' WHERE post = 2;
SELECT equals('a base table is traced by key as before', changed('tv_stars'), '2');

-- what is said of them
SELECT t->>'table' AS "table", t->>'traced' AS traced, t->>'reason' AS reason, t->'referenced' AS referenced
FROM jsonb_array_elements(pg_tviews_describe('tv_stars')->'base_tables') t;
SELECT t->>'table' AS "table", t->>'traced' AS traced
FROM jsonb_array_elements(pg_tviews_analyze_select($$SELECT post, stars(post) AS stars FROM post$$, '{key=post,reads=vote}')->'base_tables') t;
SELECT jsonb_array_length(pg_tviews_analyze_select($$SELECT post, stars(post) AS stars FROM post$$, '{key=post,reads=vote}')->'refusals') AS refusals,
	jsonb_array_length(pg_tviews_analyze_select($$SELECT post, stars(post) AS stars FROM post$$, '{key=post}')->'refusals') AS without;
SELECT string_agg(relation::text, ', ' ORDER BY relation::text) FROM pg_tview_relations WHERE tview = 'tv_weighted'::regclass AND kind = 'table';
SELECT count(*) FROM pg_tviews_health() WHERE tview::text IN ('tv_stars', 'tv_weighted');

-- what cannot be declared
CREATE VIEW a_view AS SELECT * FROM vote;
CREATE MATERIALIZED VIEW stored AS SELECT * FROM vote;
CREATE TEMP TABLE own (a int);
CREATE FUNCTION try(reads text) RETURNS text LANGUAGE sql AS $$
	SELECT format('CREATE TVIEW tv_no WITH (key = ''post'', reads = %L) AS SELECT post, stars(post) AS stars FROM post', reads) $$;
SELECT refused('an unknown table', '42P01', try('nowhere'));
SELECT refused('a view', '42809', try('a_view'));
SELECT refused('a materialized view', '42809', try('stored'));
SELECT refused('a system catalog', '42809', try('pg_class'));
SELECT refused('a temporary table', '42P16', try('own'));
SELECT refused('no name', '22023', try('vote,,'));
SELECT refused('the tview itself', '42P17', $$CREATE OR REPLACE TVIEW tv_stars WITH (key = 'post', reads = 'tv_stars') AS SELECT post, title, stars(post) AS stars FROM post$$);
CREATE FUNCTION moody(int) RETURNS float8 LANGUAGE sql VOLATILE AS $$ SELECT random() + count(*) FROM declared_reads.vote $$;
SELECT refused('a volatile function', '0A000', $$CREATE TVIEW tv_no WITH (key = 'post', reads = 'vote') AS SELECT post, moody(post) AS m FROM post$$);
SELECT equals('nothing is left', (SELECT count(*) FROM pg_class WHERE relname = 'tv_no'), 0);

-- rights are those of the owner
SET client_min_messages = warning;
CREATE ROLE regress_reader;
RESET client_min_messages;
GRANT USAGE, CREATE ON SCHEMA declared_reads TO regress_reader;
GRANT SELECT, TRIGGER ON post TO regress_reader;
SET ROLE regress_reader;
SELECT refused('no rights', '42501', $$CREATE TVIEW tv_role WITH (key = 'post', reads = 'vote') AS SELECT post, stars(post) AS stars FROM post$$);
RESET ROLE;
GRANT SELECT ON vote TO regress_reader;
SET ROLE regress_reader;
SELECT refused('no TRIGGER', '42501', $$CREATE TVIEW tv_role WITH (key = 'post', reads = 'vote') AS SELECT post, stars(post) AS stars FROM post$$);
CREATE TVIEW tv_role WITH (key = 'post') AS SELECT post, title FROM post;
RESET ROLE;
SELECT refused('no TRIGGER of the owner, by ALTER', '42501', $$ALTER TVIEW tv_role SET (reads = 'vote')$$);
GRANT TRIGGER ON vote TO regress_reader;
ALTER TVIEW tv_role SET (reads = 'vote');
SET ROLE regress_reader;
CREATE OR REPLACE TVIEW tv_role WITH (key = 'post', reads = 'vote') AS SELECT post, title, stars(post) AS stars FROM post;
RESET ROLE;
INSERT INTO vote VALUES (2, 8);
SELECT same('tv_stars, tv_weighted, tv_role', 'another owner');
DROP TVIEW tv_role;

-- changed by ALTER and OR REPLACE
SELECT refused('still needed', '0A000', $$ALTER TVIEW tv_stars SET (reads = '')$$);
ALTER TVIEW tv_stars SET (on_untraceable = 'recompute');
INSERT INTO vote VALUES (1, 100);
SELECT same('tv_stars', 'another option was set');
ALTER TVIEW tv_stars SET (on_untraceable = 'error');
ALTER TVIEW tv_weighted SET (reads = 'vote');
UPDATE "Odd, name" SET factor = 10;
SELECT equals('what is not declared is not noticed', (SELECT same('tv_weighted') LIKE 'not ok%'), true);
SELECT equals('and needs no trigger', (SELECT count(*) FROM pg_trigger WHERE tgrelid = '"Odd, name"'::regclass), 0);
ALTER TVIEW tv_weighted SET (reads = 'vote, "Odd, name"');
SELECT same('tv_weighted', 'declared again');
UPDATE "Odd, name" SET factor = 11;
SELECT same('tv_stars, tv_weighted', 'and noticed');
SELECT refused('OR REPLACE without', '0A000', $$CREATE OR REPLACE TVIEW tv_stars WITH (key = 'post') AS SELECT post, title, stars(post) AS stars FROM post$$);
CREATE OR REPLACE TVIEW tv_stars WITH (key = 'post', reads = 'vote, "Odd, name"') AS SELECT post, title, weighted(post) AS stars FROM post;
UPDATE "Odd, name" SET factor = 2;
SELECT same('tv_stars, tv_weighted', 'replaced');

-- partitions, rename, drop
CREATE TABLE part (post int, stars int) PARTITION BY RANGE (post);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (3);
CREATE FUNCTION of_parts(int) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM declared_reads.part WHERE post = $1 $$;
SELECT pg_tviews_create('tv_parts', 'SELECT post, of_parts(post) AS n FROM post', '{key=post,reads=part}');
INSERT INTO part_1 VALUES (1, 1);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (3) TO (9);
INSERT INTO part_2 VALUES (3, 1);
UPDATE part SET post = 4 - post;
SELECT same('tv_parts', 'partitions');
ALTER TABLE part DETACH PARTITION part_1;
SELECT same('tv_parts', 'detached');
-- supports: Functions / STABLE ones as the only source of rows
CREATE TVIEW tv_source WITH (key = 'n', reads = 'vote') AS SELECT n, stars(n) AS stars FROM generate_series(1, 3) n WHERE stars(n) > 0;
DELETE FROM vote WHERE post = 2;
SELECT same('tv_source', 'no base table but the declared one');
SELECT traced('tv_source');
ALTER TABLE vote RENAME TO ballot;
CREATE OR REPLACE FUNCTION stars(int) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT sum(stars) FROM declared_reads.ballot WHERE post = $1 $$;
INSERT INTO ballot VALUES (2, 9);
SELECT same('tv_stars, tv_weighted, tv_source', 'renamed');
SELECT refused('a table that is needed', '2BP01', 'DROP TABLE ballot');
CREATE TVIEW tv_above WITH (key = 'post') AS SELECT post, n FROM tv_parts;
CREATE FUNCTION of_tview(int) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT n FROM declared_reads.tv_above WHERE post = $1 $$;
CREATE TVIEW tv_of_tview WITH (key = 'post', reads = 'tv_above') AS SELECT post, of_tview(post) AS n FROM post;
INSERT INTO part VALUES (3, 3), (4, 4);
SELECT same('tv_parts, tv_above, tv_of_tview', 'a function that reads a tview');
SELECT refused('a circle', '42P17', $$CREATE OR REPLACE TVIEW tv_parts WITH (key = 'post', reads = 'part, tv_of_tview') AS SELECT post, of_parts(post) AS n FROM post$$);
SELECT refused('a circle, by ALTER', '42P17', $$ALTER TVIEW tv_parts SET (reads = 'part, tv_of_tview')$$);
SET client_min_messages = warning;
DROP TABLE "Odd, name" CASCADE;
SELECT string_agg(tview::text, ', ' ORDER BY tview::text) FROM pg_tview_meta WHERE tview::text IN ('tv_stars', 'tv_weighted', 'tv_source');
DROP TABLE ballot CASCADE;
SELECT equals('gone with their tables', (SELECT count(*) FROM pg_class WHERE relname IN ('tv_source', 'v_source', 'tv_stars', 'v_weighted')), 0);

DROP SCHEMA declared_reads CASCADE;
DROP OWNED BY regress_reader;
DROP ROLE regress_reader;
