--
-- Expressions that another condition keeps from failing: a write fails only where the definition does.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA guarded;
SET search_path = guarded, public;
CREATE TABLE post (pk int PRIMARY KEY, title text, kind int, divisor int);
CREATE TABLE attr (pk int PRIMARY KEY, name text, val text, j jsonb);
CREATE TABLE kind (pk int PRIMARY KEY, label text, flag boolean);
INSERT INTO post VALUES (7, 'p', 1, 1), (8, 'q', NULL, 0);
INSERT INTO kind VALUES (1, 'one', true);
CREATE TVIEW tv_key WITH (key = 'k') AS SELECT val::int AS k, count(*) AS n FROM attr WHERE val ~ '^[0-9]+$' GROUP BY val::int;
CREATE TVIEW tv_tie WITH (key = 'pk') AS
	SELECT pk, (SELECT count(*) FROM attr WHERE name LIKE 'ref%' AND val::int = post.pk) AS n FROM post;
CREATE TVIEW tv_exists WITH (key = 'pk') AS
	SELECT pk, title FROM post WHERE EXISTS (SELECT FROM attr WHERE j ->> 'kind' = 'n' AND (j ->> 'v')::int = post.pk);
CREATE TVIEW tv_case WITH (key = 'pk') AS
	SELECT pk, title FROM post WHERE pk IN (SELECT val::int FROM attr WHERE CASE WHEN name = 'ref' THEN val ~ '^[0-9]+$' ELSE false END);
-- the guard is in a subquery, which no tracing query has
CREATE TVIEW tv_far WITH (key = 'k') AS
	SELECT val::int AS k, max(name) AS name FROM attr WHERE EXISTS (SELECT FROM kind WHERE label = name AND flag) GROUP BY val::int;
CREATE TVIEW tv_elements WITH (key = 'pk, o') AS
	SELECT a.pk, e.o, e.v FROM attr a, jsonb_array_elements(a.j) WITH ORDINALITY e(v, o) WHERE jsonb_typeof(a.j) = 'array';
\set all '''tv_key, tv_tie, tv_exists, tv_case, tv_far, tv_elements'''
INSERT INTO attr VALUES (1, 'ref', '7', '{"kind": "n", "v": 8}'), (2, 'one', '5', '[1, 2]');
INSERT INTO attr VALUES (3, 'colour', 'red', '{"kind": "c", "v": "red"}');
INSERT INTO attr VALUES (4, 'one', '12', '3');
SELECT same(:all, 'rows that only guards keep out');
UPDATE attr SET val = '8', name = 'ref' WHERE pk = 3;
UPDATE attr SET val = 'blue', name = 'colour' WHERE pk = 1;
UPDATE attr SET j = '["x"]' WHERE pk IN (3, 4);
UPDATE kind SET flag = false;
UPDATE attr SET val = 'none' WHERE pk = 2;
UPDATE kind SET label = 'colour';
SELECT same(:all, 'rows that come and go');
SELECT refused('where the definition fails, so does the write', '22P02', 'UPDATE kind SET flag = true; SELECT FROM tv_far');
SELECT same(:all, 'a failure');
DELETE FROM attr;
SELECT same(:all, 'no rows');

-- a condition that only filters is left to the definition where its guard is not at hand: the row is traced
CREATE TABLE link (attr int PRIMARY KEY, post int);
INSERT INTO link VALUES (21, 7), (22, 8);
CREATE TVIEW tv_filter WITH (key = 'pk') AS
	SELECT pk, (SELECT count(*) FROM link JOIN attr ON attr.pk = link.attr
		WHERE link.post = post.pk AND EXISTS (SELECT FROM kind WHERE label = attr.name AND flag) AND val::int > 5) AS n
	FROM post;
INSERT INTO attr VALUES (21, 'unknown', 'red'), (22, 'colour', '6');
UPDATE attr SET val = 'blue' WHERE pk = 21;
SELECT same('tv_filter', 'a filter without its guard');
SELECT equals('traced', (SELECT recomputes FROM pg_tviews_statistics WHERE tview = 'tv_filter'::regclass), 0);
DELETE FROM attr;

-- what a join keeps out is not evaluated for a part of the document either
CREATE TVIEW tv_part AS SELECT p.pk AS pk_part, jsonb_build_object('q', 100 / p.divisor, 'label', jsonb_build_object(k.label, p.title), 'title', p.title) AS data
	FROM post p JOIN kind k ON k.pk = p.kind;
UPDATE post SET title = title || '!';
UPDATE post SET divisor = divisor * 2;
SELECT same('tv_part', 'rows without a match');

-- nor are the conditions of other rows, where only a join keeps them out
CREATE TABLE c (id int PRIMARY KEY, x int NOT NULL);
CREATE TABLE a (pk int PRIMARY KEY, bid int REFERENCES kind, cid int);
INSERT INTO c VALUES (1, 5);
INSERT INTO a VALUES (1, 1, 1), (2, 1, 99);
CREATE TVIEW tv_where WITH (key = 'pk') AS SELECT a.pk, jsonb_build_object('label', b.label, 'x', c.x) AS data
	FROM a JOIN kind b ON b.pk = a.bid JOIN c ON c.id = a.cid WHERE 10 / coalesce(c.x, 0) > 1;
CREATE TVIEW tv_on WITH (key = 'pk') AS SELECT a.pk, jsonb_build_object('label', b.label, 'x', c.x) AS data
	FROM a JOIN c ON c.id = a.cid JOIN kind b ON b.pk = a.bid AND 10 / coalesce(c.x, 0) > 1;
CREATE TVIEW tv_lateral WITH (key = 'pk') AS SELECT a.pk, jsonb_build_object('label', b.label, 'l', l.n) AS data
	FROM a JOIN kind b ON b.pk = a.bid JOIN c ON c.id = a.cid
	JOIN LATERAL (SELECT id, count(*) AS n FROM c AS d WHERE 10 / coalesce(c.x, 0) > 1 GROUP BY id) l ON l.id = a.cid;
UPDATE kind SET label = 'another';
SELECT same('tv_where, tv_on, tv_lateral', 'rows that only an inner join keeps out');

-- what guards keep from failing may fail in any way: by an exception of a function, a constraint of a domain
CREATE FUNCTION pos(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
	$$ BEGIN IF $1 <= 0 THEN RAISE EXCEPTION 'not positive'; END IF; RETURN $1; END $$;
CREATE DOMAIN dpos AS int CHECK (value > 0);
CREATE TABLE m (pk int PRIMARY KEY, g int, x int);
CREATE TABLE n (id int PRIMARY KEY, k int, s text);
INSERT INTO m VALUES (1, 1, 1), (2, 2, -1);
INSERT INTO n VALUES (1, 7, 'a'), (2, 8, 'b');
CREATE TVIEW tv_raised WITH (key = 'k, g') AS
	SELECT k, g, m, s FROM (SELECT g, x, max(pk) AS m FROM m WHERE g IS NOT NULL GROUP BY g, x HAVING min(x) > 0 AND max(x) > 0) z JOIN n ON n.id = pos(z.x);
UPDATE m SET pk = 5 WHERE pk = 2;
SELECT same('tv_raised', 'an exception of a function');
CREATE TVIEW tv_raising WITH (key = 'k') AS SELECT pos(x) AS k, max(pk) AS pk FROM m WHERE EXISTS (SELECT FROM n WHERE id = m.pk) GROUP BY pos(x);
SELECT refused('an exception that the definition raises, too', 'P0001', 'UPDATE m SET pk = 2 WHERE pk = 5; SELECT FROM tv_raising');
DROP TABLE tv_raising;
DROP TABLE tv_raised;
CREATE TVIEW tv_domain WITH (key = 'k, g') AS
	SELECT k, g, m, s FROM (SELECT g, x, max(pk) AS m FROM m WHERE g IS NOT NULL GROUP BY g, x HAVING min(x) > 0 AND max(x) > 0) z JOIN n ON n.id = z.x::dpos;
UPDATE m SET pk = 6 WHERE pk = 5;
SELECT same('tv_domain', 'a constraint of a domain');

-- what fails where a side of an outer join is missing fails for such a row, and in no analysis
CREATE TABLE p (pk int PRIMARY KEY, x int);
CREATE TABLE q (pk int PRIMARY KEY, pid int, y int);
CREATE TABLE r (pk int PRIMARY KEY, y int);
INSERT INTO p VALUES (1, 1), (2, 2);
INSERT INTO q VALUES (1, 1, 3), (2, 2, 4), (3, 2, 5);
INSERT INTO r SELECT n, n % 4 FROM generate_series(1, 10) n;
CREATE TVIEW tv_nulled WITH (key = 'pk') AS SELECT p.pk, jsonb_agg(q.y ORDER BY q.pk) AS data
	FROM p LEFT JOIN q ON q.pid = p.pk WHERE 10 / coalesce(q.y, 0) > 1 GROUP BY p.pk;
CREATE TVIEW tv_nulled_on WITH (key = 'pk, qk, rk') AS SELECT p.pk, coalesce(q.pk, 0) AS qk, coalesce(r.pk, 0) AS rk
	FROM p LEFT JOIN q ON q.pid = p.pk LEFT JOIN r ON r.y = 10 / coalesce(q.y, 0);
CREATE TVIEW tv_nulled_key WITH (key = 'k') AS SELECT 10 / coalesce(q.y, 0) AS k, count(*) AS n
	FROM p LEFT JOIN q ON q.pid = p.pk GROUP BY 1;
CREATE TVIEW tv_nulled_arm WITH (key = 'k', on_untraceable = 'recompute') AS SELECT coalesce(nullif(p.pk, 0), 10 / coalesce(q.y, 0)) AS k, count(*) AS n
	FROM p LEFT JOIN q ON q.pid = p.pk GROUP BY 1;
CREATE TVIEW tv_nulled_peers WITH (key = 'pk, qk') AS SELECT p.pk, coalesce(q.pk, 0) AS qk, count(*) OVER (PARTITION BY p.pk, 10 / coalesce(q.y, 0)) AS n
	FROM p LEFT JOIN q ON q.pid = p.pk;
SELECT refused('a row that has no other side', '22012', 'INSERT INTO p SELECT 3, 3 UNION SELECT 4, 4; SELECT FROM tv_nulled');
BEGIN;
INSERT INTO p SELECT 3, 3 UNION SELECT 4, 4;
INSERT INTO q VALUES (4, 3, 6), (5, 4, 4);
COMMIT;
UPDATE q SET y = y % 5 + 1;
UPDATE r SET y = (y + 1) % 6;
DELETE FROM q WHERE pk = 3;
SELECT same('tv_nulled, tv_nulled_on, tv_nulled_key, tv_nulled_arm, tv_nulled_peers', 'what fails for a missing side');
CREATE TABLE alone (pk int PRIMARY KEY);
CREATE TABLE beside (pid int, y int);
CREATE TVIEW tv_alone WITH (key = 'k', on_untraceable = 'recompute') AS SELECT coalesce(nullif(alone.pk, 0), 10 / coalesce(y, 0)) AS k FROM alone LEFT JOIN beside ON pid = pk;
INSERT INTO alone VALUES (1);
SELECT same('tv_alone', 'what fails in an arm that is not reached');
INSERT INTO beside VALUES (1, 2);
DELETE FROM beside;
DELETE FROM alone;
SELECT same('tv_alone', 'gone');
SELECT refused('the last row of the other side', '22012', 'DELETE FROM q WHERE pk = 4; SELECT FROM tv_nulled_key');

-- unique values that move between rows, seen in the middle of the statement
CREATE TABLE place (pk int PRIMARY KEY, id int UNIQUE DEFERRABLE, name text);
INSERT INTO place SELECT n, n, 'place ' || n FROM generate_series(1, 4) n;
CREATE TVIEW tv_place AS SELECT pk AS pk_place, id, jsonb_build_object('name', name) AS data FROM place;
CREATE TABLE seen (who int, id int, ids text);
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO seen SELECT new.pk, new.id, string_agg(id::text, ' ' ORDER BY pk_place) FROM tv_place; RETURN NULL; END $$;
CREATE TRIGGER zz_look AFTER UPDATE ON place FOR EACH ROW EXECUTE FUNCTION look();
UPDATE place SET id = 5 - id;
SELECT same('tv_place', 'swapped');
TABLE seen ORDER BY 1;
SET pg_tviews.refresh = immediate;
UPDATE place SET id = id % 4 + 1;
SELECT same('tv_place', 'rotated');
RESET pg_tviews.refresh;

SET client_min_messages = warning;
DROP SCHEMA guarded CASCADE;
