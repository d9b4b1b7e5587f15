--
-- Views between a tview and its tables, and tables that no foreign key or name gives away.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA helper_views;
SET search_path = helper_views, public;
CREATE TABLE person (person_no int PRIMARY KEY, first text, last text);
CREATE TABLE state (code text PRIMARY KEY, label text);
CREATE TABLE ticket (no int PRIMARY KEY, author int, state text, title text);
CREATE TABLE tag (tag text PRIMARY KEY, colour text);
CREATE TABLE ticket_tag (no int, tag text, PRIMARY KEY (no, tag));
INSERT INTO person VALUES (1, 'Ada', 'L'), (2, 'Bob', 'M');
INSERT INTO state VALUES ('o', 'open'), ('c', 'closed');
INSERT INTO ticket VALUES (1, 1, 'o', 'a'), (2, 1, 'c', 'b'), (3, 2, 'o', 'c'), (4, NULL, NULL, 'd');
INSERT INTO tag VALUES ('bug', 'red'), ('idea', 'green');
INSERT INTO ticket_tag VALUES (1, 'bug'), (1, 'idea'), (3, 'bug');

CREATE VIEW person_name AS SELECT person_no, first || ' ' || last AS name FROM person;
CREATE VIEW person_document AS SELECT person_no, jsonb_build_object('name', name) AS document FROM person_name;
CREATE VIEW tags_of AS
	SELECT no, jsonb_agg(jsonb_build_array(t.tag, t.colour) ORDER BY t.tag) AS tags
	FROM ticket_tag tt JOIN tag t USING (tag) GROUP BY no;
CREATE VIEW open_tickets AS SELECT * FROM ticket WHERE state IS DISTINCT FROM 'c';
CREATE TVIEW tv_ticket WITH (key = 'no') AS
	SELECT t.no, t.title, p.document AS author, s.label, tags_of.tags
	FROM ticket t
	LEFT JOIN person_document p ON p.person_no = t.author
	LEFT JOIN state s ON s.code = t.state
	LEFT JOIN tags_of USING (no);
CREATE TVIEW tv_open WITH (key = 'no') AS
	SELECT no, title, name FROM open_tickets LEFT JOIN person_name ON author = person_no;
SELECT same('tv_ticket, tv_open', 'creation');

-- two views deep
SELECT remember('tv_ticket'), remember('tv_open') \g /dev/null
UPDATE person SET last = 'Lovelace' WHERE person_no = 1;
SELECT equals('table two views below', changed('tv_ticket') || ', ' || changed('tv_open'), '1 2, 1');
SELECT no, author FROM tv_ticket ORDER BY no;
SELECT same('tv_ticket, tv_open', 'person');

-- a dimension joined by code
SELECT remember('tv_ticket') \g /dev/null
UPDATE state SET label = 'OPEN' WHERE code = 'o';
SELECT equals('dimension', changed('tv_ticket'), '1 3');
INSERT INTO state VALUES ('w', 'waiting');
UPDATE ticket SET state = 'w' WHERE no = 4;
UPDATE state SET code = 'x' WHERE code = 'w';
SELECT same('tv_ticket, tv_open', 'state');

-- a junction table, and the table behind it
SELECT remember('tv_ticket') \g /dev/null
INSERT INTO ticket_tag VALUES (2, 'idea');
DELETE FROM ticket_tag WHERE no = 3;
SELECT equals('junction rows', changed('tv_ticket'), '2 3');
SELECT remember('tv_ticket') \g /dev/null
UPDATE tag SET colour = 'blue' WHERE tag = 'idea';
SELECT equals('behind the junction', changed('tv_ticket'), '1 2');
UPDATE ticket_tag SET tag = 'bug' WHERE no = 2;
SELECT no, tags FROM tv_ticket ORDER BY no;
SELECT same('tv_ticket', 'tags');

-- a row that enters and leaves the view
SELECT remember('tv_open') \g /dev/null
UPDATE ticket SET state = CASE WHEN no = 1 THEN 'c' ELSE 'o' END WHERE no IN (1, 2);
SELECT equals('filter in a view', changed('tv_open'), '-1 +2');
SELECT same('tv_ticket, tv_open', 'filter');

-- a helper view that comes to read another column of the same table
ALTER TABLE person ADD nick text;
UPDATE person SET nick = first;
CREATE OR REPLACE VIEW person_name AS SELECT person_no, nick || ' ' || last AS name FROM person;
SELECT same('tv_ticket, tv_open', 'replaced helper');
UPDATE person SET nick = 'Lady' WHERE person_no = 1;
SELECT no, name FROM tv_open ORDER BY no;
SELECT same('tv_ticket, tv_open', 'another column of the replaced helper');

-- a migration may set what the scripts of pg_dump set, and is no restore
SET check_function_bodies = off;
CREATE OR REPLACE VIEW person_name AS SELECT person_no, last || ', ' || nick AS name FROM person;
SELECT same('tv_ticket, tv_open', 'replaced in a migration');
SELECT refused('columns, in a migration', '42809', 'ALTER TABLE tv_open ADD COLUMN extra int');
SELECT refused('rows, in a migration', '42809', 'INSERT INTO tv_open (no) VALUES (10)');
RESET check_function_bodies;

-- a chain of six tables
CREATE TABLE a (a int PRIMARY KEY, v text);
CREATE TABLE b (b int PRIMARY KEY, a int, v text);
CREATE TABLE c (c int PRIMARY KEY, b int, v text);
CREATE TABLE d (d int PRIMARY KEY, c int, v text);
CREATE TABLE e (e int PRIMARY KEY, d int, v text);
CREATE TABLE f (f int PRIMARY KEY, e int, v text);
INSERT INTO a SELECT n, 'a' || n FROM generate_series(1, 2) n;
INSERT INTO b SELECT n, n % 2 + 1, 'b' || n FROM generate_series(1, 3) n;
INSERT INTO c SELECT n, n % 3 + 1, 'c' || n FROM generate_series(1, 4) n;
INSERT INTO d SELECT n, n % 4 + 1, 'd' || n FROM generate_series(1, 5) n;
INSERT INTO e SELECT n, n % 5 + 1, 'e' || n FROM generate_series(1, 6) n;
INSERT INTO f SELECT n, n % 6 + 1, 'f' || n FROM generate_series(1, 12) n;
CREATE TVIEW tv_a WITH (key = 'a') AS SELECT a, jsonb_build_object('v', v) AS data FROM a;
CREATE TVIEW tv_b WITH (key = 'b') AS SELECT b, jsonb_build_object('v', v, 'a', x.data) AS data FROM b JOIN v_a x USING (a);
CREATE TVIEW tv_c WITH (key = 'c') AS SELECT c, jsonb_build_object('v', v, 'b', x.data) AS data FROM c JOIN v_b x USING (b);
CREATE TVIEW tv_d WITH (key = 'd') AS SELECT d, jsonb_build_object('v', v, 'c', x.data) AS data FROM d JOIN v_c x USING (c);
CREATE TVIEW tv_e WITH (key = 'e') AS SELECT e, jsonb_build_object('v', v, 'd', x.data) AS data FROM e JOIN v_d x USING (d);
CREATE TVIEW tv_f WITH (key = 'f') AS SELECT f, jsonb_build_object('v', v, 'e', x.data) AS data FROM f JOIN v_e x USING (e);
SELECT remember('tv_f') \g /dev/null
UPDATE a SET v = 'changed' WHERE a = 1;
SELECT equals('six levels',
	changed('tv_f'),
	(SELECT string_agg(f::text, ' ' ORDER BY length(f::text), f::text) FROM tv_f WHERE data #>> '{e,d,c,b,a,v}' = 'changed'));
UPDATE b SET a = 3 - a;
UPDATE d SET c = 1 WHERE d = 2;
DELETE FROM c WHERE c = 1;
SELECT same('tv_a, tv_b, tv_c, tv_d, tv_e, tv_f', 'six levels');

SET client_min_messages = warning;
DROP SCHEMA helper_views CASCADE;
