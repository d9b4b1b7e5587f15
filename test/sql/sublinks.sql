--
-- Subqueries in every place: select list, WHERE, IN, ANY, ALL, ARRAY, LATERAL.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA sublinks;
SET search_path = sublinks, public;
CREATE TABLE p (p int PRIMARY KEY, v int, g text);
CREATE TABLE q (q int PRIMARY KEY, p int, w int, g text);
CREATE TABLE r (r int PRIMARY KEY, q int, t text);
INSERT INTO p SELECT n, n, 'g' || n % 2 FROM generate_series(1, 4) n;
INSERT INTO q SELECT n, n % 4 + 1, n, 'g' || n % 2 FROM generate_series(1, 6) n;
INSERT INTO r SELECT n, n % 6 + 1, 'r' || n FROM generate_series(1, 6) n;

CREATE TVIEW tv_scalar WITH (key = 'p') AS
	SELECT p, (SELECT sum(w) FROM q WHERE q.p = p.p) AS total FROM p;
CREATE TVIEW tv_exists WITH (key = 'p') AS
	SELECT p, EXISTS (SELECT FROM q WHERE q.p = p.p AND w > 3) AS big, v IN (SELECT w FROM q WHERE q.p = p.p) AS equal FROM p;
CREATE TVIEW tv_in WITH (key = 'p') AS SELECT p, v FROM p WHERE p IN (SELECT q.p FROM q WHERE w % 2 = 0);
CREATE TVIEW tv_not_in WITH (key = 'p') AS SELECT p FROM p WHERE v NOT IN (SELECT w FROM q WHERE q.p = p.p);
CREATE TVIEW tv_any WITH (key = 'p') AS SELECT p FROM p WHERE p = ANY (SELECT q.p FROM q JOIN r USING (q));
CREATE TVIEW tv_all WITH (key = 'p') AS SELECT p FROM p WHERE v >= ALL (SELECT w FROM q WHERE q.p = p.p);
CREATE TVIEW tv_array WITH (key = 'p') AS
	SELECT p, ARRAY(SELECT w FROM q WHERE q.p = p.p ORDER BY w) AS ws,
		ARRAY(SELECT t FROM q JOIN r USING (q) WHERE q.p = p.p ORDER BY t) AS ts FROM p;
CREATE TVIEW tv_lateral WITH (key = 'p') AS
	SELECT p.p, l.ws FROM p, LATERAL (SELECT jsonb_agg(w ORDER BY w DESC) AS ws
		FROM (SELECT w FROM q WHERE q.p = p.p ORDER BY w DESC LIMIT 2) top) l;
CREATE TVIEW tv_nested WITH (key = 'p') AS
	SELECT p, (SELECT jsonb_agg(jsonb_build_object('q', q, 'rs',
		(SELECT coalesce(jsonb_agg(t ORDER BY r), '[]') FROM r WHERE r.q = q.q)) ORDER BY q) FROM q WHERE q.p = p.p) AS qs FROM p;
CREATE TVIEW tv_same_group WITH (key = 'p') AS SELECT p, (SELECT max(w) FROM q WHERE q.g = p.g) AS most FROM p;
CREATE TVIEW tv_having WITH (key = 'g') AS
	SELECT g, count(*) AS n FROM p GROUP BY g HAVING count(*) > (SELECT count(*) FROM q WHERE q.g = p.g AND w > 100);
CREATE TVIEW tv_case WITH (key = 'p') AS
	SELECT p, CASE WHEN g = 'g0' THEN (SELECT min(w) FROM q WHERE q.p = p.p) ELSE v END AS value FROM p ORDER BY p DESC;
\set all '\'tv_scalar, tv_exists, tv_in, tv_not_in, tv_any, tv_all, tv_array, tv_lateral, tv_nested, tv_same_group, tv_having, tv_case\''
SELECT same(:all, 'creation');

SELECT remember('tv_nested'), remember('tv_array') \g /dev/null
UPDATE r SET t = 'changed' WHERE r = 1;
SELECT equals('two levels down', changed('tv_nested') || ', ' || changed('tv_array'), '3, 3');
SELECT same(:all, 'r updated');
UPDATE r SET q = q % 6 + 1;
SELECT same(:all, 'r moved');
DELETE FROM r WHERE q = 3;
INSERT INTO r VALUES (20, 3, 'new'), (21, 99, 'nowhere');
SELECT same(:all, 'r inserted and deleted');
UPDATE q SET w = w + 10 WHERE q < 4;
SELECT * FROM (SELECT p, ws FROM tv_lateral) t ORDER BY p;
SELECT same(:all, 'q updated');
UPDATE q SET w = NULL WHERE q = 2;
SELECT same(:all, 'NULL in a subquery');
UPDATE q SET p = 5 - p, g = 'g' || w % 3;
SELECT same(:all, 'q moved');
INSERT INTO q VALUES (30, 1, 1, 'g1'), (31, 1, 40, 'g1'), (32, NULL, 2, NULL);
SELECT p, ws FROM tv_lateral WHERE p = 1;
SELECT same(:all, 'q inserted');
DELETE FROM q WHERE q = 31;
SELECT p, ws FROM tv_lateral WHERE p = 1;
SELECT same(:all, 'top row deleted');
UPDATE p SET v = v * 5, g = 'g1' WHERE p < 3;
SELECT same(:all, 'p updated');
INSERT INTO p VALUES (5, 5, 'g5');
UPDATE p SET p = 6 WHERE p = 1;
DELETE FROM p WHERE p = 4;
SELECT same(:all, 'p inserted, deleted, key changed');
UPDATE q SET q = q + 100;
SELECT same(:all, 'keys of q');
BEGIN;
DELETE FROM q WHERE w IS NULL;
UPDATE r SET q = q + 100;
SELECT same(:all, 'inside');
DELETE FROM q;
SELECT same(:all, 'no q');
ROLLBACK;
SELECT same(:all, 'rollback');
TRUNCATE q, r;
SELECT same(:all, 'truncate');

-- a LIMIT above a join
CREATE TVIEW tv_first WITH (key = 'p') AS
	SELECT p, (SELECT t FROM r JOIN q USING (q) WHERE q.p = p.p ORDER BY r LIMIT 1) AS first_t FROM p;
INSERT INTO q SELECT n, n % 4 + 1, n, 'g' || n % 2 FROM generate_series(1, 6) n;
INSERT INTO r SELECT n, n % 6 + 1, 'r' || n FROM generate_series(1, 6) n;
SELECT * FROM (SELECT p, first_t FROM tv_first) t ORDER BY p;
SELECT same('tv_first', 'filled');
DELETE FROM r WHERE r < 3;
UPDATE q SET p = 2 WHERE p = 3;
SELECT same('tv_first', 'changed');

-- subqueries in FROM that refer to the outer level, beside a table
CREATE TVIEW tv_derived WITH (key = 'p') AS
	SELECT p, (SELECT string_agg(t, ',' ORDER BY r) FROM (SELECT q FROM q WHERE q.p = p.p) x JOIN r USING (q)) AS ts FROM p;
CREATE TVIEW tv_common WITH (key = 'p') AS
	SELECT p, (WITH x AS (SELECT q FROM q WHERE q.p = p.p GROUP BY q) SELECT string_agg(t, ',' ORDER BY r) FROM x JOIN r USING (q)) AS ts FROM p;
CREATE TVIEW tv_values WITH (key = 'p') AS
	SELECT p, EXISTS (SELECT FROM (VALUES (p.p, 1), (p.p + 1, 2)) x(q, n) JOIN r ON r.q = x.q AND r.t <> 'no') AS any FROM p;
CREATE TVIEW tv_beside WITH (key = 'p') AS
	SELECT p.p, l.n FROM p LEFT JOIN LATERAL (SELECT sum(r.q) AS n FROM (SELECT q FROM q WHERE q.p = p.p UNION SELECT p.v) x JOIN r USING (q)) l ON true;
CREATE TVIEW tv_after WITH (key = 'p') AS
	SELECT p, (SELECT jsonb_agg(t ORDER BY u.n) FROM r JOIN unnest(ARRAY[p.p, p.v]) WITH ORDINALITY u(r, n) ON r.r = u.r) AS ts FROM p;
\set beside '\'tv_derived, tv_common, tv_values, tv_beside, tv_after\''
SELECT traced(:beside);
UPDATE r SET t = t || '!', q = q % 4 + 1;
SELECT same(:beside, 'beside a table: r');
UPDATE q SET p = p % 4 + 1;
DELETE FROM q WHERE q = 2;
SELECT same(:beside, 'beside a table: q');
UPDATE p SET v = v + 1;
SELECT same(:beside, 'beside a table: p');

-- an array made of arrays has their elements; casts that change nothing
CREATE TABLE nested (k int PRIMARY KEY, g text, i int, v varchar);
CREATE TABLE arrays (fk int, t text[], i int[], v varchar(5));
CREATE TVIEW tv_elements WITH (key = 'k', on_untraceable = 'recompute') AS SELECT k FROM nested
	WHERE g = ANY (ARRAY(SELECT t FROM arrays)) OR i = ANY (ARRAY(SELECT i FROM arrays));
CREATE TVIEW tv_cast WITH (key = 'k') AS SELECT k FROM nested WHERE v = ANY (ARRAY(SELECT v FROM arrays));
INSERT INTO nested VALUES (1, '7', 5, 'x'), (2, '8', 6, 'y'), (3, '9', 9, 'z');
INSERT INTO arrays VALUES (1, '{7,2}', '{6,1}', 'x');
SELECT same('tv_elements, tv_cast', 'arrays of arrays');
SELECT k, k IN (SELECT k FROM tv_cast) AS "cast" FROM tv_elements ORDER BY k;
UPDATE arrays SET t = '{9,9}', v = 'z';
SELECT same('tv_elements, tv_cast', 'other elements');

-- a NULL among the rows of NOT IN decides for every row
CREATE TABLE excluded (x int);
CREATE TVIEW tv_included WITH (key = 'k') AS SELECT k FROM nested WHERE i NOT IN (SELECT x FROM excluded);
INSERT INTO excluded VALUES (5), (NULL);
SELECT same('tv_included', 'a NULL comes');
SELECT count(*) FROM tv_included;
DELETE FROM excluded WHERE x IS NULL;
SELECT same('tv_included', 'a NULL goes');
SELECT count(*) FROM tv_included;

SET client_min_messages = warning;
DROP SCHEMA sublinks CASCADE;
