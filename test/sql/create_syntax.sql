--
-- The statements in every place and spelling in which SQL can be written.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA syntax;
CREATE SCHEMA "Other Schema";
SET search_path = syntax, public;
CREATE TABLE t (a int PRIMARY KEY, b text);
INSERT INTO t VALUES (1, 'one'), (2, 'two');
CREATE FUNCTION tviews() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(tview::text, ' ' ORDER BY tview::text COLLATE "C") FROM pg_tview_meta
$$;

-- case, white space, comments
create tview tv_a with (key = 'a') as select a, b from t;
CrEaTe
	TvIeW
		tv_b WITH (key = 'a') AS TABLE t;
CREATE /* a comment /* nested */ ; */ TVIEW -- the name; follows
	tv_c/**/WITH(key='a')AS(SELECT*FROM t);
CREATE--
TVIEW--
tv_d WITH (key = 'a') AS WITH c AS (SELECT * FROM t) SELECT * FROM c;
SELECT equals('spellings', tviews(), 'tv_a tv_b tv_c tv_d');
drop/**/tview tv_a; DROP TVIEW IF EXISTS tv_b, tv_c, tv_nowhere; Drop Tview tv_d;
SELECT equals('dropped', tviews(), NULL);

-- names: quoted, qualified, keywords
CREATE TVIEW "tv_Quoted ""name""" WITH (key = 'a') AS SELECT a, b AS "B b" FROM t;
CREATE TVIEW "Other Schema".tv_other WITH (key = 'a') AS SELECT a FROM t;
CREATE TVIEW syntax.tv_tview WITH (key = 'tview') AS SELECT a AS tview FROM t AS tview;
CREATE TVIEW tv_columns (x, "Y") WITH (key = 'x') AS SELECT a, b FROM t;
CREATE TVIEW tviews WITH (key = 'a') AS SELECT a FROM t;
SELECT equals('names', tviews(), '"Other Schema".tv_other "tv_Quoted ""name""" tv_columns tv_tview tviews');
UPDATE t SET a = 3 WHERE a = 1;
SELECT same('"tv_Quoted ""name""", "Other Schema".tv_other, tv_columns, tv_tview, tviews', 'names');
DROP TVIEW "tv_Quoted ""name""", "Other Schema".tv_other, syntax.tv_tview, tv_columns, tviews;

-- several statements in one string
CREATE TVIEW tv_a WITH (key = 'a') AS SELECT a FROM t\; CREATE TVIEW tv_b WITH (key = 'a') AS SELECT a FROM t\; SELECT 'between; create tview x'\; DROP TVIEW tv_a;
SELECT equals('several statements', tviews(), 'tv_b');
DROP TVIEW tv_b;

-- a transaction block, savepoints
BEGIN;
CREATE TVIEW tv_a WITH (key = 'a') AS SELECT a FROM t;
INSERT INTO t VALUES (4, 'four');
SELECT same('tv_a', 'in the transaction of its creation');
SAVEPOINT s;
CREATE TVIEW tv_b WITH (key = 'a') AS SELECT a FROM t;
INSERT INTO t VALUES (5, 'five');
ROLLBACK TO s;
SELECT same('tv_a', 'after ROLLBACK TO');
COMMIT;
SELECT equals('transaction block', tviews(), 'tv_a');
SELECT same('tv_a', 'after COMMIT');
BEGIN;
DROP TVIEW tv_a;
INSERT INTO t VALUES (6, 'six');
ROLLBACK;
INSERT INTO t VALUES (7, 'seven');
SELECT same('tv_a', 'rolled back DROP');
DROP TVIEW tv_a;

-- EXECUTE, PL/pgSQL, SQL functions
DO $$
BEGIN
	CREATE TVIEW tv_a WITH (key = 'a') AS SELECT a, b FROM t;
	EXECUTE 'CREATE TVIEW tv_b WITH (key = ''a'') AS SELECT a FROM t';
	FOR i IN 1 .. 2 LOOP
		EXECUTE format('create /* %s */ tview tv_%s with (key = ''a'') as select a from t', i, i);
	END LOOP;
	INSERT INTO t VALUES (8, 'eight');
END
$$;
CREATE PROCEDURE make(name text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TVIEW %I WITH (key = ''a'') AS SELECT a FROM t', name);
	COMMIT;
	UPDATE t SET b = 'x' WHERE a = 8;
END
$$;
CALL make('tv_proc');
CREATE FUNCTION make_sql() RETURNS void LANGUAGE sql AS 'CREATE TVIEW tv_sql WITH (key = ''a'') AS SELECT a FROM t';
SELECT make_sql() \g /dev/null
SELECT equals('from functions', tviews(), 'tv_1 tv_2 tv_a tv_b tv_proc tv_sql');
SELECT same('tv_1, tv_2, tv_a, tv_b, tv_proc, tv_sql', 'from functions');
DO $$ BEGIN DROP TVIEW tv_1, tv_2; EXECUTE 'DROP TVIEW tv_a, tv_b, tv_proc, tv_sql'; END $$;

-- IF NOT EXISTS
CREATE TVIEW IF NOT EXISTS tv_a WITH (key = 'a') AS SELECT a FROM t;
CREATE TVIEW IF NOT EXISTS tv_a WITH (key = 'a') AS SELECT a, b FROM t;
CREATE TABLE plain (a int);
CREATE TVIEW IF NOT EXISTS plain WITH (key = 'a') AS SELECT a FROM t;
CREATE TVIEW tv_a WITH (key = 'a') AS SELECT a FROM t;

-- an identifier called tview stays one; so does text
CREATE TABLE tview (tview int);
SELECT tview.tview FROM tview tview;
SELECT 'CREATE TVIEW x' AS "create tview", $$; DROP TVIEW tv_a$$ AS text;
DROP TABLE tview;
-- a table is no tview
DROP TVIEW plain;
DROP TVIEW tv_missing;
ALTER TVIEW plain RENAME TO tv_plain;

-- the position of an error is right
CREATE TVIEW tv_error WITH (key = 'a') AS SELECT a, missing FROM t;
CREATE TVIEW tv_error AS SELEC a FROM t;
CREATE OR REPLACE TVIEW tv_error WITH (key = 'a') AS SELECT nowhere.a FROM t;

-- functions for tools that parse SQL themselves, and CREATE TABLE AS where asked for
SELECT pg_tviews_create('tv_f', 'SELECT a, b FROM t', ARRAY['key=a']);
SELECT pg_tviews_create('"Other Schema".tv_g', 'SELECT a AS pk_g, jsonb_build_object(''b'', b) AS data FROM t;');
CREATE TABLE tv_plain AS SELECT a AS pk_plain, '{}'::jsonb AS data FROM t;
SET pg_tviews.create_table_as = on;
CREATE TABLE tv_ctas AS SELECT a AS pk_ctas, jsonb_build_object('b', b) AS data FROM t;
CREATE TABLE not_tv AS SELECT a FROM t;
CREATE TEMP TABLE tv_temp AS SELECT a FROM t;
RESET pg_tviews.create_table_as;
SELECT equals('functions', tviews(), '"Other Schema".tv_g tv_a tv_ctas tv_f');
INSERT INTO t VALUES (9, 'nine');
SELECT same('"Other Schema".tv_g, tv_a, tv_ctas, tv_f', 'functions');
SELECT pg_tviews_drop('tv_f'), pg_tviews_drop('"Other Schema".tv_g'), pg_tviews_drop('tv_f', if_exists => true);
SELECT pg_tviews_drop('tv_f');
SELECT pg_tviews_drop('plain');
SELECT equals('functions drop', tviews(), 'tv_a tv_ctas');

SET client_min_messages = warning;
DROP SCHEMA syntax, "Other Schema" CASCADE;
SELECT equals('nothing left', (SELECT count(*) FROM pg_tview_meta), 0);
