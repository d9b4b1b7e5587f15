--
-- The word tview is a keyword in three places only: after CREATE [OR REPLACE],
-- DROP and ALTER at the beginning of a statement.  Everywhere else it is a
-- name or a piece of text, as without pg_tviews.
--

-- a table, its columns, an index, a constraint and a view
CREATE TABLE tview (tview int CONSTRAINT tview CHECK (tview > 0), drop int, alter int);
CREATE INDEX ON tview (drop, tview);
INSERT INTO tview (tview, drop, alter) VALUES (1, 2, 3);
SELECT tview, tview.tview, TVIEW."tview" FROM tview AS tview;
CREATE VIEW tview_v AS SELECT tview FROM tview;
CREATE OR REPLACE VIEW tview_v AS SELECT tview FROM tview;
SELECT * FROM tview_v;
DROP VIEW tview_v;

-- two words in a row, but a column and its label
SELECT drop tview, alter tview FROM tview;
SELECT t.drop tview, t.alter/* ; */tview FROM tview t;
SELECT t.create tview FROM (SELECT 4 AS create) t;
SELECT 5 AS create, tview FROM tview;
SELECT
  drop -- the label is on the next line;
  tview
FROM tview;
SELECT 1; SELECT drop tview FROM tview; SELECT ';', drop tview FROM tview;
SELECT 1 \; SELECT drop tview FROM tview \; SELECT ';' AS x, drop tview FROM tview;

-- a table and its alias
CREATE TABLE drop (a int);
SELECT count(*) FROM drop tview;
DROP TABLE drop;

-- ALTER TABLE names columns without the word COLUMN
CREATE TABLE syntax_t (a int);
ALTER TABLE syntax_t ADD tview int;
ALTER TABLE syntax_t
  ALTER tview TYPE bigint,
  ALTER /* ; */ tview SET DEFAULT 7;
INSERT INTO syntax_t VALUES (1);
SELECT * FROM syntax_t;
ALTER TABLE syntax_t -- ; the next line is no statement
DROP tview;
ALTER TABLE syntax_t ADD tview int; ALTER TABLE syntax_t /* ';' */
DROP tview;
SELECT * FROM syntax_t;

-- literals, quoted names, comments
SELECT 'create tview', 'x;
drop tview y', E'\'; drop tview z', $$; alter tview$$, $a$ $$;
create or replace tview $$ $a$;
SELECT 1 AS "create tview", 2 AS ";
drop tview";
SELECT 1 /* ; drop tview x */ + /* /* ; */ create tview */ 1 -- ; alter tview x
AS tview;
SET standard_conforming_strings = off;
SET escape_string_warning = off;
SELECT '\'; drop tview x' AS escaped;
SELECT 'it\'s;' drop \; SELECT drop /* ' */ tview FROM tview;
RESET standard_conforming_strings;
RESET escape_string_warning;

-- variables and statements of PL/pgSQL
DO $$
DECLARE
	tview int := 1;
	drop int := 2;
BEGIN
	SELECT drop tview INTO tview;
	RAISE NOTICE 'tview is %', tview;
	EXECUTE 'SELECT alter tview FROM tview' INTO drop;
	RAISE NOTICE 'drop is %', drop;
END
$$;

-- a literal that goes on on the next line, with escapes
DO $$
BEGIN
	EXECUTE E'ALTER TABLE syntax_t ADD tview text DEFAULT E\'a\'\n\'\\\';\'\n/* \' */ ; ALTER TABLE syntax_t /**/ DROP\ntview';
END
$$;
SELECT * FROM syntax_t;

-- names are quoted as before
SELECT quote_ident('tview'), quote_ident('create'), quote_ident('table');

-- not at the beginning of a statement of its own: still an error, at the word
EXPLAIN CREATE TVIEW x AS SELECT 1;
PREPARE p AS CREATE TVIEW x AS SELECT 1;
CREATE SCHEMA s
CREATE TVIEW x AS SELECT 1;
CREATE FUNCTION f() RETURNS int BEGIN ATOMIC
  CREATE TVIEW x AS SELECT 1;
END;
CREATE OR TVIEW x AS SELECT 1;
CREATE REPLACE TVIEW x AS SELECT 1;
CREATE TEMP TVIEW x AS SELECT 1;
CREATE OR REPLACE TEMP TVIEW x AS SELECT 1;
CREATE "TVIEW" x AS SELECT 1;
CREATE TVIEWS x AS SELECT 1;
CREATE OR REPLACE TABLE x AS SELECT 1;
DROP OR REPLACE TVIEW x;
TVIEW x;

-- a parse that fails leaves nothing behind for the next
CREATE OR REPLACE TVIEW;
CREATE OR REPLACE TABLE x AS SELECT 1;
DROP TVIEW;
SELECT drop tview FROM tview;

-- positions are those of the text as written
CREATE
OR /* x */ REPLACE
TVIEW x AS SELECT no such thing here;
ALTER TVIEW a RENAME x;
SELECT 1 AS a \; DROP /* x */ TVIEW IF x;

DROP TABLE tview, syntax_t;
