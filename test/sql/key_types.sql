--
-- Keys whose equality is not that of their bytes, and keys of every kind of type: the row of a key is found by the
-- type's own equality, and shows the spelling that the base row has.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA key_types;
SET search_path = key_types, public;
SET client_min_messages = warning;
CREATE EXTENSION citext SCHEMA key_types;
RESET client_min_messages;
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN name_domain AS citext CHECK (length(VALUE::text) < 100);
CREATE DOMAIN amount AS numeric CHECK (VALUE < 1000);
CREATE TYPE pair AS (n numeric, t text);
CREATE TYPE nested AS (p pair, c citext);
CREATE TYPE colour AS ENUM ('red', 'green');

-- The same life for keys of each type. one and other spell the same key, next is another one.
CREATE PROCEDURE live(type text, one text, other text, next text) LANGUAGE plpgsql AS $$
DECLARE
	step text;
	report text := '';
	tviews CONSTANT text := 'tv_plain, tv_document, tv_children, tv_first, tv_joined, tv_crossed, tv_reversed';
BEGIN
	EXECUTE format('CREATE TABLE base (id int PRIMARY KEY, k %1$s NOT NULL, note text);
		CREATE TABLE child (id int PRIMARY KEY, fk %1$s, note text)', type);
	CREATE INDEX ON base (k);
	CREATE INDEX ON child (fk);
	EXECUTE format('INSERT INTO base VALUES (1, %L, ''one''), (2, %L, ''next'')', one, next);
	EXECUTE format('INSERT INTO child VALUES (1, %L, ''c1''), (2, %L, ''c2''), (3, %L, ''c3''), (4, NULL, ''none'')', one, other, next);
	PERFORM pg_tviews_create('tv_plain', 'SELECT k, note FROM base', '{key=k}');
	PERFORM pg_tviews_create('tv_document', 'SELECT k AS pk_document, jsonb_build_object(''k'', k, ''note'', note) AS data FROM base');
	PERFORM pg_tviews_create('tv_children', 'SELECT k, note, (SELECT string_agg(c.note, '','' ORDER BY id) FROM child c WHERE fk = k) AS notes FROM base', '{key=k}');
	PERFORM pg_tviews_create('tv_first', 'SELECT DISTINCT ON (fk) fk, id, note FROM child WHERE fk IS NOT NULL ORDER BY fk, id', '{key=fk}');
	PERFORM pg_tviews_create('tv_joined', 'SELECT k, c.id, b.note, c.note AS child FROM base b JOIN child c ON fk = k', '{"key=k, id"}');
	PERFORM pg_tviews_create('tv_crossed', 'SELECT c.id AS c, b.id AS b, k, b.note FROM child c JOIN base b ON fk = k', '{"key=c, b, k"}');
	PERFORM pg_tviews_create('tv_reversed', 'SELECT c.id, k, b.note, c.note AS child FROM child c LEFT JOIN base b ON k = fk', '{key=id}');
	FOREACH step IN ARRAY ARRAY[
		'UPDATE base SET note = note || ''!''',
		'UPDATE base SET k = %2$L::%4$s WHERE id = 1',
		'UPDATE child SET fk = %2$L::%4$s, note = ''other'' WHERE id = 1',
		'UPDATE child SET fk = %1$L::%4$s WHERE id = 2',
		'UPDATE child SET fk = %3$L::%4$s WHERE id < 3',
		'UPDATE child SET fk = %1$L::%4$s WHERE id = 2',
		'WITH gone AS (DELETE FROM base WHERE id = 1) INSERT INTO base VALUES (9, %1$L::%4$s, ''again'')',
		'UPDATE base SET k = CASE id WHEN 2 THEN %2$L::%4$s ELSE %3$L::%4$s END',
		'UPDATE child SET note = note || ''?''',
		'DELETE FROM child WHERE id = 2',
		'INSERT INTO child VALUES (0, %2$L::%4$s, ''first''), (5, %1$L::%4$s, ''last'')',
		'UPDATE child SET fk = NULL WHERE id = 0',
		'DELETE FROM base WHERE id = 2',
		'INSERT INTO base VALUES (1, %1$L::%4$s, ''back'')',
		'TRUNCATE child',
		'INSERT INTO child VALUES (6, %2$L::%4$s, ''both'')',
		'WITH gone AS (DELETE FROM child) DELETE FROM base'] LOOP
		EXECUTE format(step, one, other, next, type);
		SELECT report || coalesce(string_agg(E'\n' || line, ''), '') INTO report
		FROM string_to_table(same(tviews, step), E'\n') line WHERE line NOT LIKE 'ok %';
	END LOOP;
	RAISE INFO '%', ok(type, report = '') || report;
	DROP TABLE base, child CASCADE;
END
$$;
SET client_min_messages = error;
CALL live('citext', 'key', 'KEY', 'next');
CALL live('name_domain', 'Straße', 'STRAßE', 'next');
CALL live('text COLLATE nocase', 'key', 'Key', 'next');
CALL live('varchar(10) COLLATE nocase', 'ä', 'Ä', 'next');
CALL live('numeric', '1.0', '1.00', '2');
CALL live('numeric(10,3)', '1', '1.000', '-1');
CALL live('amount', '1e1', '10.0', '3');
CALL live('float8', '0', '-0', 'NaN');
CALL live('float4', '-0', '0', '-Infinity');
CALL live('jsonb', '{"a": 1, "b": [1.0]}', '{"b": [1.00], "a": 1.0}', '{}');
CALL live('pair', '(1.0,a)', '(1.00,a)', '(1.0,A)');
CALL live('nested', '("(1.0,a)",x)', '("(1.00,a)",X)', '("(1.0,)",)');
CALL live('numeric[]', '{1.0,NULL}', '{1.00,NULL}', '{}');
CALL live('citext[]', '{a,b}', '{A,b}', '{a}');
CALL live('numrange', '[1.0,2)', '[1.00,2.0)', 'empty');
CALL live('interval', '1 mon', '30 days', '1 day');
CALL live('timestamptz', '2024-06-01 12:00+00', '2024-06-01 14:00+02', 'infinity');
CALL live('timestamp', '2024-06-01 12:00', '2024-06-01 12:00:00.000000', '-infinity');
CALL live('timetz', '12:00+00', '12:00:00+00', '14:00+02');
CALL live('char(5)', 'a', 'a    ', ' a');
CALL live('"char"', 'a', 'a', '');
CALL live('text', E'it''s "a" \\ \n\t{}', E'it''s "a" \\ \n\t{}', '');
CALL live('text COLLATE "C"', '日本語 🐘', '日本語 🐘', 'NULL');
CALL live('varchar', '$$ %s %L', '$$ %s %L', '''');
CALL live('bytea', '\x00ff', '\x00FF', '\x');
CALL live('uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{A0EEBC99-9C0B4EF8-BB6D6BB9-BD380A11}', '00000000-0000-0000-0000-000000000000');
CALL live('inet', '10.0.0.1', '10.0.0.1/32', '10.0.0.1/8');
CALL live('colour', 'red', 'red', 'green');
CALL live('money', '1', '1.00', '-1');
CALL live('pg_lsn', '0/0A', '0/A', 'FFFFFFFF/FFFFFFFF');
CALL live('tsvector', 'a b', 'b a', '');
RESET client_min_messages;

-- What one type calls equal, another does not: rows joined under the wider equality are each found.
CREATE TABLE login (t text PRIMARY KEY, name text);
CREATE TABLE entry (id int PRIMARY KEY, c citext, n text);
INSERT INTO login VALUES ('a', 'small'), ('A', 'large'), ('b', 'other');
INSERT INTO entry VALUES (1, 'a', 'one'), (2, 'A', 'two');
CREATE TVIEW tv_login WITH (key = 't') AS SELECT t, name, (SELECT string_agg(n, ',' ORDER BY id) FROM entry WHERE c = t::citext) AS entries FROM login;
CREATE TVIEW tv_entry WITH (key = 'id') AS SELECT id, n, (SELECT string_agg(name, ',' ORDER BY t COLLATE "C") FROM login WHERE t::citext = c) AS names FROM entry;
CREATE TVIEW tv_pairs WITH (key = 't, id') AS SELECT t, id, name, n FROM login JOIN entry ON c = t::citext;
\set all '\'tv_login, tv_entry, tv_pairs\''
UPDATE entry SET n = 'changed' WHERE id = 1;
SELECT same(:all, 'citext to text: the entry');
UPDATE login SET name = 'LARGE' WHERE t = 'A';
SELECT same(:all, 'citext to text: the login');
UPDATE entry SET c = 'B' WHERE id = 1;
SELECT same(:all, 'citext to text: moved');
UPDATE login SET t = 'B' WHERE t = 'A';
SELECT same(:all, 'citext to text: renamed');
DELETE FROM entry WHERE id = 1;
SELECT same(:all, 'citext to text: gone');
CREATE TABLE strict (k text COLLATE "C" PRIMARY KEY, note text);
CREATE TABLE loose (id int PRIMARY KEY, k text COLLATE nocase);
INSERT INTO strict VALUES ('x', '1'), ('X', '2');
INSERT INTO loose VALUES (1, 'x'), (2, 'y');
CREATE TVIEW tv_strict WITH (key = 'k') AS SELECT s.k, note, (SELECT count(*) FROM loose l WHERE l.k = s.k COLLATE nocase) AS n FROM strict s;
CREATE TVIEW tv_loose WITH (key = 'id, k') AS SELECT id, s.k, note FROM loose l JOIN strict s ON l.k = s.k COLLATE nocase;
UPDATE loose SET k = 'X' WHERE id = 2;
SELECT same('tv_strict, tv_loose', 'collations: moved');
UPDATE strict SET note = note || '!';
DELETE FROM loose WHERE id = 1;
SELECT same('tv_strict, tv_loose', 'collations: changed');
UPDATE strict SET k = 'y' WHERE k = 'X';
UPDATE loose SET k = 'Y';
SELECT same('tv_strict, tv_loose', 'collations: renamed');
CREATE TABLE whole (n int PRIMARY KEY, note text);
CREATE TABLE part (id int PRIMARY KEY, n numeric);
INSERT INTO whole VALUES (1, 'one'), (2, 'two');
INSERT INTO part VALUES (1, 1.0), (2, 1.5), (3, 2.00);
CREATE TVIEW tv_whole WITH (key = 'n') AS SELECT w.n, note, (SELECT sum(p.n) FROM part p WHERE p.n = w.n) AS sum FROM whole w;
CREATE TVIEW tv_part WITH (key = 'k') AS SELECT p.n AS k, string_agg(note, ',' ORDER BY id) AS notes, count(*) AS c FROM part p LEFT JOIN whole w ON w.n = p.n WHERE p.id <> 3 GROUP BY p.n;
UPDATE part SET n = 2.0 WHERE id = 2;
UPDATE whole SET note = 'ONE' WHERE n = 1;
SELECT same('tv_whole, tv_part', 'numeric to int');
UPDATE part SET n = 1.000 WHERE id = 1;
UPDATE whole SET n = 3 WHERE n = 2;
SELECT same('tv_whole, tv_part', 'numeric to int: spelling');

-- A change of spelling is a change: it is written, once, and reaches the tviews above.
CREATE TABLE spelled (c citext PRIMARY KEY, n numeric);
INSERT INTO spelled VALUES ('abc', 1.0), ('def', 2.0);
CREATE TVIEW tv_spelled WITH (key = 'c') AS SELECT c, n FROM spelled;
CREATE TVIEW tv_spelled_above WITH (key = 'c') AS SELECT c, c::text || n AS text FROM tv_spelled;
SELECT remember('tv_spelled'), remember('tv_spelled_above') \g /dev/null
UPDATE spelled SET c = 'ABC' WHERE c = 'abc';
SELECT c, text FROM tv_spelled_above ORDER BY 1;
SELECT equals('one row', changed('tv_spelled') || ' ' || changed('tv_spelled_above'), '+ABC -abc +ABC -abc');
SELECT count(*) FROM tv_spelled WHERE c = 'abc';
SELECT remember('tv_spelled') \g /dev/null
UPDATE spelled SET c = 'ABC' WHERE c = 'abc';
SELECT equals('the same spelling', changed('tv_spelled'), 'none');
BEGIN;
UPDATE spelled SET c = 'Abc' WHERE c = 'abc';
SELECT c FROM tv_spelled ORDER BY 1;
UPDATE spelled SET c = 'ABC' WHERE c = 'abc';
COMMIT;
SELECT same('tv_spelled, tv_spelled_above', 'spelled');
-- keys that are too long for an index, or equal where the definition tells them apart
CREATE TABLE long (t text);
CREATE TVIEW tv_long WITH (key = 't') AS SELECT t, count(*) AS n FROM long GROUP BY t;
INSERT INTO long VALUES (repeat('x', 2000)), (repeat('ä€', 200));
SELECT split_part(refused('too long', '54000', $$INSERT INTO long SELECT string_agg(md5(i::text), '') FROM generate_series(1, 400) i; SELECT FROM tv_long$$), E'\n', 1);
SELECT same('tv_long', 'long');
CREATE TABLE twice (a text PRIMARY KEY);
INSERT INTO twice VALUES ('x');
CREATE TVIEW tv_twice WITH (key = 'c') AS SELECT a::citext AS c, length(a) AS l FROM twice;
SELECT refused('equal keys', '23505', $$INSERT INTO twice VALUES ('X'); SELECT FROM tv_twice$$);
SELECT same('tv_twice', 'equal keys');

SET client_min_messages = warning;
DROP SCHEMA key_types CASCADE;
