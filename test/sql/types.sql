--
-- Column types keep their meaning, and every change of a value is noticed.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA types;
SET search_path = types, public;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE pair AS (x int, y text);
CREATE TABLE v (
	k int PRIMARY KEY, n numeric, n2 numeric(10,2), t text, vc varchar(10), ch char(4), b boolean, ts timestamptz, iv interval,
	e mood, j jsonb, js json, f float8, x xml, pt point, bx bytea, arr text[], p pair, i inet, r tstzrange, bits bit(3), ident oid
);
INSERT INTO v VALUES (1, 1.5, 1.5, 'text', 'vc', 'ch', true, '2024-06-01 12:00+02', '1 mon 2 days', 'happy', '{"a": 1.0}', '{"b":  2}', 0.1,
	'<a/>', '(1,2)', '\x00ff', '{a,NULL}', '(1,one)', '10.0.0.1/8', '[2024-01-01,2024-02-01)', '101', 1);
INSERT INTO v (k) VALUES (2);
CREATE TVIEW tv_v WITH (key = 'k') AS SELECT * FROM v;
CREATE TVIEW tv_doc AS SELECT k AS pk_doc, to_jsonb(v) - 'x' AS data FROM v;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute t
	WHERE attrelid = 'tv_v'::regclass AND attnum > 0 AND attname <> 'updated_at'
	AND format_type(atttypid, atttypmod) IS DISTINCT FROM
		(SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'v'::regclass AND attname = t.attname);
SELECT same('tv_v, tv_doc', 'creation');

-- values that = takes for the same
CREATE PROCEDURE check_change(assignment text) LANGUAGE plpgsql AS $$
DECLARE
	written text;
BEGIN
	PERFORM remember('tv_v');
	EXECUTE 'UPDATE v SET ' || assignment || ' WHERE k = 1';
	written := changed('tv_v');
	RAISE INFO '%', equals(assignment, written, '1');
	RAISE INFO '%', same('tv_v, tv_doc', assignment);
END
$$;
CALL check_change($$n = 1.50$$);
CALL check_change($$n = 1.5$$);
CALL check_change($$t = 'TEXT'$$);
CALL check_change($$j = '{"a": 1.00}'$$);
CALL check_change($$js = '{"b": 2}'$$);
CALL check_change($$f = '0'$$);
CALL check_change($$f = '-0'$$);
CALL check_change($$iv = '32 days'$$);
CALL check_change($$iv = '1 mon 48 hours'$$);
CALL check_change($$x = '<a></a>'$$);
CALL check_change($$pt = '(1.0000001,2)'$$);
CALL check_change($$arr = '{a,NULL,NULL}'$$);
CALL check_change($$arr = '[0:1]={a,b}'$$);
CALL check_change($$arr = '{a,b}'$$);
CALL check_change($$p = '(1,)'$$);
CALL check_change($$p = NULL$$);
CALL check_change($$p = '(,)'$$);
CALL check_change($$b = NULL$$);
CALL check_change($$i = '10.0.0.1'$$);
CALL check_change($$n = 'NaN', f = 'Infinity', ts = '-infinity'$$);
SELECT remember('tv_v') \g /dev/null
UPDATE v SET ts = ts, n = n, j = '{"a":1.00}', ch = 'ch  ', x = x, p = '(,)' WHERE k = 1;
SELECT equals('the same in another spelling', changed('tv_v'), 'none');

-- text of every kind
INSERT INTO v (k, t, arr) VALUES (3, E'newline\n tab\t quote'' double" backslash\\ brace{}', ARRAY['ünïcödé', '日本語', '🐘', '', ' ', 'NULL']);
SELECT same('tv_v, tv_doc', 'unicode');
UPDATE v SET t = repeat('🐘', 10) WHERE t ~ 'newline';
SELECT same('tv_v, tv_doc', 'elephants');
DELETE FROM v WHERE t LIKE '🐘%';
SELECT same('tv_v, tv_doc', 'deleted');

-- documents of more than a megabyte, out of line and compressed
CREATE TABLE big (k int PRIMARY KEY, t text, o int);
ALTER TABLE big ALTER t SET STORAGE EXTERNAL;
INSERT INTO big SELECT n, (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 40000) i), n FROM generate_series(1, 2) n;
CREATE TVIEW tv_big AS SELECT k AS pk_big, jsonb_build_object('t', t, 'o', o) AS data FROM big;
CREATE TVIEW tv_by WITH (key = 't') AS SELECT left(t, 20) AS t, count(*) AS n, sum(length(t)) AS size FROM big GROUP BY 1;
SELECT min(length(data::text)) FROM tv_big;
UPDATE big SET o = 10 WHERE k = 1;
SELECT same('tv_big, tv_by', 'big unchanged');
BEGIN;
SELECT pg_stat_get_xact_blocks_fetched(reltoastrelid) AS before FROM pg_class WHERE oid = 'big'::regclass \gset
UPDATE big SET o = 11 WHERE k = 1;
SELECT equals('big not fetched', pg_stat_get_xact_blocks_fetched(reltoastrelid), :before) FROM pg_class WHERE oid = 'big'::regclass;
COMMIT;
UPDATE big SET t = reverse(t) WHERE k = 1;
SELECT same('tv_big, tv_by', 'big changed');
DELETE FROM big WHERE k = 2;
SELECT same('tv_big, tv_by', 'big deleted');

-- a type with equality of its own, and columns that the definition does not use without any
CREATE TABLE odd (k int PRIMARY KEY, used text, unused_json json, unused_xml xml, unused_point point);
CREATE TVIEW tv_odd WITH (key = 'k') AS SELECT k, used FROM odd;
INSERT INTO odd VALUES (1, 'a', '{}', '<a/>', '(0,0)');
SELECT remember('tv_odd') \g /dev/null
UPDATE odd SET unused_json = '[]', unused_xml = NULL, unused_point = '(1,1)';
SELECT equals('unused types', changed('tv_odd'), 'none');
UPDATE odd SET used = 'b', unused_json = '[1]';
SELECT same('tv_odd', 'unused types');

-- generated columns
CREATE TABLE gen (k int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED, i int GENERATED ALWAYS AS IDENTITY);
CREATE TVIEW tv_gen WITH (key = 'k') AS SELECT k, twice, i FROM gen;
INSERT INTO gen (k, a) VALUES (1, 1), (2, 2);
UPDATE gen SET a = 5 WHERE k = 1;
SELECT k, twice FROM tv_gen ORDER BY k;
SELECT same('tv_gen', 'generated');

SET client_min_messages = warning;
DROP SCHEMA types CASCADE;
