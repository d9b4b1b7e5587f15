--
-- Tables that nothing but a subquery in a condition ties to the key.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA ties;
SET search_path = ties, public;
CREATE TABLE post (post int PRIMARY KEY, title text, tags int[]);
CREATE TABLE tag (tag int PRIMARY KEY, name text, parent int);
CREATE TABLE post_tag (post int, tag int, weight int, PRIMARY KEY (post, tag));
CREATE INDEX ON post_tag (tag);
INSERT INTO post SELECT n, 'post ' || n, ARRAY[n % 4, n % 3] FROM generate_series(1, 6) n;
INSERT INTO tag SELECT n, 'tag ' || n, n / 2 FROM generate_series(0, 5) n;
INSERT INTO post_tag SELECT p, t, p * t FROM generate_series(1, 6) p, generate_series(0, 5) t WHERE (p + t) % 3 = 0;

CREATE TVIEW tv_in WITH (key = 'post') AS
	SELECT post, (SELECT jsonb_agg(name ORDER BY tag) FROM tag t WHERE t.tag IN (SELECT l.tag FROM post_tag l WHERE l.post = p.post)) AS tags FROM post p;
CREATE TVIEW tv_exists WITH (key = 'post') AS
	SELECT p.post, t.names FROM post p, LATERAL (SELECT string_agg(name, ', ' ORDER BY tag) AS names FROM tag t
		WHERE EXISTS (SELECT FROM post_tag l WHERE l.post = p.post AND l.tag = t.tag AND weight > 0)) t;
CREATE TVIEW tv_not_in WITH (key = 'post') AS
	SELECT post, (SELECT count(name) FROM tag t WHERE t.tag NOT IN (SELECT l.tag FROM post_tag l WHERE l.post = p.post)) AS n FROM post p;
CREATE TVIEW tv_first WITH (key = 'post') AS
	SELECT p.post, t.name FROM post p
	LEFT JOIN tag t ON t.tag = (SELECT l.tag FROM post_tag l WHERE l.post = p.post ORDER BY weight DESC, l.tag LIMIT 1);
CREATE TVIEW tv_most WITH (key = 'post') AS
	SELECT p.post, t.name FROM post p JOIN tag t ON t.tag = (SELECT max(l.tag) FROM post_tag l WHERE l.post = p.post);
CREATE TVIEW tv_either WITH (key = 'post') AS
	SELECT post, (SELECT jsonb_agg(name ORDER BY tag) FROM tag t
		WHERE t.tag = (SELECT min(l.tag) FROM post_tag l WHERE l.post = p.post) OR t.parent = p.post) AS tags FROM post p;
CREATE TVIEW tv_array WITH (key = 'post') AS
	SELECT post, (SELECT jsonb_agg(name ORDER BY tag) FROM tag t WHERE t.tag IN (SELECT unnest(p.tags))) AS tags FROM post p;
CREATE TVIEW tv_of_array WITH (key = 'tag') AS
	SELECT tag, (SELECT jsonb_agg(title ORDER BY post) FROM post p WHERE EXISTS (SELECT FROM unnest(p.tags) x WHERE x = t.tag)) AS posts FROM tag t;
CREATE TVIEW tv_two_steps WITH (key = 'post') AS
	SELECT post, (SELECT jsonb_agg(u.name ORDER BY u.tag) FROM tag u WHERE u.tag IN
		(SELECT t.parent FROM tag t WHERE EXISTS (SELECT FROM post_tag l WHERE l.tag = t.tag AND l.post = p.post))) AS parents FROM post p;
CREATE TVIEW tv_found WITH (key = 'tag') AS
	SELECT t.tag, count(*) AS n, jsonb_agg(title ORDER BY p.post) AS titles FROM post p
	JOIN tag t ON t.tag = (SELECT l.tag FROM post_tag l WHERE l.post = p.post ORDER BY weight DESC, l.tag LIMIT 1) GROUP BY t.tag;
CREATE TVIEW tv_pair WITH (key = 'post, tag') AS
	SELECT p.post, t.tag, name FROM post p JOIN tag t ON t.tag IN (SELECT l.tag FROM post_tag l WHERE l.post = p.post);
CREATE TVIEW tv_heaviest WITH (key = 'post, tag') AS
	SELECT post, tag, weight FROM post_tag WHERE (post, weight) IN (SELECT post, max(weight) FROM post_tag GROUP BY post);
CREATE TVIEW tv_not_lightest WITH (key = 'post, tag') AS
	SELECT post, tag, weight FROM post_tag WHERE (post, weight) NOT IN (SELECT post, min(weight) FROM post_tag GROUP BY post);
\set all '\'tv_in, tv_exists, tv_not_in, tv_first, tv_most, tv_either, tv_array, tv_of_array, tv_two_steps, tv_found, tv_pair, tv_heaviest, tv_not_lightest\''
SELECT traced(:all);
SELECT same(:all, 'creation');
-- they lead over the links, by their index, as a join would
SELECT tview, t->>'table' AS changed, regexp_replace(q, '\s+', ' ', 'g') AS tracing
FROM unnest('{tv_in, tv_exists, tv_array, tv_two_steps, tv_most, tv_first, tv_either}'::regclass[]) tview, jsonb_array_elements(pg_tviews_describe(tview)->'base_tables') t,
	jsonb_array_elements_text(t->'queries') q ORDER BY 1, 2, 3;

SELECT remember('tv_in'), remember('tv_exists'), remember('tv_array') \g /dev/null
UPDATE tag SET name = 'changed' WHERE tag = 2;
SELECT equals('those with the tag', concat_ws('; ', changed('tv_in'), changed('tv_exists'), changed('tv_array')), '1 4; 1 4; 2 5 6');
SELECT same(:all, 'tag renamed');
UPDATE post_tag SET weight = 100 - weight WHERE post < 4;
SELECT same(:all, 'links weighed again');
UPDATE post SET tags = tags || 5 WHERE post % 2 = 0;
SELECT same(:all, 'arrays');

-- the tagged row and the link that leads to it, in one transaction, either first
BEGIN;
UPDATE tag SET name = 'moved', tag = 9 WHERE tag = 3;
UPDATE post_tag SET tag = 9 WHERE tag = 3;
COMMIT;
SELECT same(:all, 'tag and its links');
BEGIN;
DELETE FROM post_tag WHERE tag = 4;
DELETE FROM tag WHERE tag = 4;
COMMIT;
SELECT same(:all, 'links and their tag gone');
BEGIN;
UPDATE tag SET name = 'again' WHERE tag = 1;
DELETE FROM post_tag WHERE tag = 1 AND post = 2;
INSERT INTO post_tag VALUES (3, 1, 7), (1, 1, 50);
COMMIT;
SELECT same(:all, 'tag renamed, links replaced');
BEGIN;
UPDATE tag SET tag = 8, parent = 1 WHERE tag = 5;
DELETE FROM post_tag WHERE tag = 5;
UPDATE post SET post = 7 WHERE post = 1;
UPDATE post_tag SET post = 7 WHERE post = 1;
SELECT same(:all, 'all three, inside');
COMMIT;
SELECT same(:all, 'all three');
WITH gone AS (DELETE FROM post_tag WHERE weight > 10 RETURNING *), renamed AS (UPDATE tag SET name = name || '!' RETURNING 1)
	INSERT INTO post_tag SELECT post + 1, tag, weight FROM gone ON CONFLICT DO NOTHING;
SELECT same(:all, 'in one statement');
UPDATE post_tag SET weight = NULL WHERE post = 6;
INSERT INTO tag VALUES (20, 'twenty', NULL), (21, NULL, 5);
INSERT INTO post_tag VALUES (5, 20, NULL), (5, 21, 3);
SELECT same(:all, 'NULLs');

-- what is compared with the subquery is missing, in one of the cases of a join
CREATE VIEW linked AS SELECT t.tag, o.tag AS other FROM tag o RIGHT JOIN tag t ON o.tag = t.parent;
CREATE TVIEW tv_missing WITH (key = 'post') AS
	SELECT post, (SELECT count(*) FROM linked s WHERE s.other NOT IN (SELECT l.weight FROM post_tag l WHERE l.tag = b.parent)) AS n,
		(SELECT count(*) FROM linked s WHERE s.other IN (SELECT l.tag FROM post_tag l WHERE l.post = b.parent)) AS m
	FROM post p LEFT JOIN tag b ON b.tag = p.post;
SELECT same('tv_missing', 'creation');
UPDATE tag SET parent = parent + 1;
UPDATE post_tag SET weight = weight % 4;
SELECT same('tv_missing', 'nothing to compare');
DROP TVIEW tv_missing;

-- conditions that need not be ties filter nowhere: what they say may have changed together with the row they are about
CREATE TABLE shelf (shelf int PRIMARY KEY, code int);
CREATE TABLE box (box int PRIMARY KEY, code int, n int);
CREATE TABLE mark (box int, shelf int, n int, v int);
INSERT INTO shelf SELECT n, n * 10 FROM generate_series(1, 5) n;
INSERT INTO box SELECT n, n % 5 * 10 + 10, n FROM generate_series(1, 20) n;
INSERT INTO mark SELECT n, n % 5 + 1, n % 3, n FROM generate_series(1, 20) n;
CREATE TVIEW tv_marked WITH (key = 'shelf') AS
	SELECT shelf, count(b.n) AS n FROM shelf s LEFT JOIN box b ON b.code = s.code AND EXISTS (SELECT FROM mark m WHERE m.box = b.box) GROUP BY shelf;
CREATE TVIEW tv_rows WITH (key = 'box') AS SELECT box, code FROM box WHERE (code, n) IN (SELECT m.shelf * 10, m.v FROM mark m);
CREATE TVIEW tv_null WITH (key = 'shelf') AS
	SELECT shelf, count(b.n) AS n, count(t.tag) AS tags FROM shelf s JOIN box b ON b.code = s.code
	LEFT JOIN tag t ON t.tag > 2 AND t.tag < 5 WHERE (coalesce(t.tag, 0) NOT IN (SELECT m.n FROM mark m WHERE m.box = b.box)) GROUP BY shelf;
\set all '\'tv_marked, tv_rows, tv_null\''
SELECT traced(:all);
SELECT same(:all, 'creation');
BEGIN;
DELETE FROM mark WHERE box = 7;
UPDATE box SET code = 50 WHERE box = 7;
COMMIT;
SELECT same(:all, 'mark gone, box moved');
BEGIN;
INSERT INTO mark VALUES (7, 5, 0, 7);
UPDATE box SET code = 20 WHERE box = 7;
COMMIT;
SELECT same(:all, 'mark back, box moved');
BEGIN;
UPDATE mark SET n = 0 WHERE box = 8;
DELETE FROM box WHERE box = 8;
COMMIT;
SELECT same(:all, 'mark changed, box gone');
UPDATE mark SET shelf = 3, v = 9 WHERE box = 9;
UPDATE box SET code = 30 WHERE box = 9;
SELECT box, code FROM tv_rows WHERE box = 9;
DELETE FROM mark WHERE box = 9;
SELECT same(:all, 'rows');
DROP TVIEW tv_marked, tv_rows, tv_null;

-- subqueries that look like an array, or like a join, and are neither
CREATE TVIEW tv_aggregated WITH (key = 'post') AS
	SELECT post, (SELECT jsonb_agg(name ORDER BY tag) FROM tag t WHERE t.parent = p.post AND t.tag IN (SELECT unnest(array_agg(3)))) AS tags FROM post p;
CREATE TVIEW tv_outer WITH (key = 'post') AS
	SELECT post, (SELECT jsonb_agg(name ORDER BY tag) FROM tag t
		WHERE EXISTS (SELECT FROM post_tag l LEFT JOIN tag u ON u.tag = l.weight AND u.name = t.name WHERE l.post = p.post AND u.tag IS NULL)) AS tags FROM post p;
CREATE TVIEW tv_grouped WITH (key = 'post') AS
	SELECT post, (SELECT jsonb_agg(name ORDER BY tag) FROM tag t
		WHERE t.tag IN (SELECT l.tag FROM post_tag l WHERE l.post = p.post GROUP BY l.tag HAVING sum(weight) > 2 ORDER BY 1 LIMIT 2)) AS tags FROM post p;
SELECT same('tv_aggregated, tv_outer, tv_grouped', 'creation');
UPDATE tag SET name = 'tag ' || tag / 2;
SELECT same('tv_aggregated, tv_outer, tv_grouped', 'tags');
BEGIN;
UPDATE post_tag SET weight = weight - 3;
UPDATE tag SET tag = tag + 1 WHERE tag = 21;
COMMIT;
SELECT same('tv_aggregated, tv_outer, tv_grouped', 'links and tags');
DROP TVIEW tv_aggregated, tv_outer, tv_grouped;

-- a key computed from several tables, each of which may have changed together with what ties them
CREATE TABLE pair (tag int, other int);
INSERT INTO pair SELECT t.tag, o.tag FROM tag t, tag o WHERE t.tag < o.tag;
CREATE TVIEW tv_made WITH (key = 'k') AS
	SELECT v.post || '-' || s.tag AS k, s.name FROM (VALUES (2), (4), (7)) v(post), LATERAL (SELECT u.tag, max(u.name) AS name FROM tag t, tag u
		WHERE t.tag IN (SELECT l.tag FROM post_tag l WHERE l.post = v.post)
		AND (SELECT count(*) FROM pair WHERE pair.tag = t.tag AND pair.other = u.tag) > 0 GROUP BY u.tag) s;
SELECT same('tv_made', 'creation');
BEGIN;
DELETE FROM post_tag WHERE post = 7;
DELETE FROM pair WHERE tag > 1;
COMMIT;
SELECT same('tv_made', 'both ties gone');
BEGIN;
INSERT INTO post_tag VALUES (7, 0, 1), (2, 0, 1) ON CONFLICT DO NOTHING;
INSERT INTO pair VALUES (0, 20), (0, 21), (9, 2);
UPDATE tag SET name = 'back' WHERE tag = 20;
COMMIT;
SELECT same('tv_made', 'and back');
DROP TVIEW tv_made;

-- a subquery that aggregates in its ORDER BY only has one row, too, where it reads none
CREATE TABLE bare (k int PRIMARY KEY, i int);
CREATE TABLE nothing (x int, y int);
CREATE TABLE beside (k int PRIMARY KEY, a int);
CREATE TVIEW tv_ordered WITH (key = 'k', on_untraceable = 'recompute') AS SELECT t.k, count(v.k) AS n FROM bare t
	JOIN beside v ON v.a = (SELECT 5 FROM nothing u WHERE u.y = t.k AND u.x = v.k ORDER BY max(u.x)) GROUP BY t.k;
CREATE TVIEW tv_ordered_more WITH (key = 'k', on_untraceable = 'recompute') AS
	SELECT DISTINCT t.k FROM bare t, beside v WHERE v.a > (SELECT t.i FROM nothing u WHERE u.y = t.k AND u.x = v.k ORDER BY count(*));
INSERT INTO bare VALUES (1, 4);
INSERT INTO beside VALUES (1, 5);
SELECT same('tv_ordered, tv_ordered_more', 'an aggregate in ORDER BY');
SELECT count(*) FROM tv_ordered;
DELETE FROM beside;
SELECT same('tv_ordered, tv_ordered_more', 'gone');

SET client_min_messages = warning;
DROP SCHEMA ties CASCADE;
