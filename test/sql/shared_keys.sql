-- Key columns that are computed from many rows, beside others that lead to them: places, islands, extremes, elements.
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA shared_keys;
SET search_path = shared_keys, public;
CREATE TABLE item (id int PRIMARY KEY, cat int, score int, day int);
CREATE TABLE cat (id int PRIMARY KEY, name text, shown boolean DEFAULT true);
CREATE INDEX ON item (cat);
INSERT INTO cat SELECT n, 'cat ' || n FROM generate_series(1, 5) n;
INSERT INTO item SELECT n, n % 4 + 1, n * 7 % 11, n * 3 % 17 FROM generate_series(1, 30) n;

CREATE TVIEW tv_top WITH (key = 'cat, place') AS SELECT * FROM
	(SELECT cat, row_number() OVER (PARTITION BY cat ORDER BY score DESC, id) AS place, id FROM item WHERE cat IS NOT NULL) x WHERE place <= 3;
CREATE TVIEW tv_named_top WITH (key = 'cat, place') AS SELECT x.cat, x.place, x.id, c.name FROM cat c JOIN
	(SELECT cat, row_number() OVER (PARTITION BY cat ORDER BY score DESC, id) AS place, id FROM item) x ON x.cat = c.id WHERE c.shown;
CREATE TVIEW tv_streak WITH (key = 'cat, since') AS SELECT cat, min(day) AS since, count(*) AS days FROM
	(SELECT DISTINCT cat, day, day - dense_rank() OVER (PARTITION BY cat ORDER BY day) AS island FROM item WHERE cat IS NOT NULL) x GROUP BY cat, island;
CREATE TVIEW tv_best WITH (key = 'cat, best') AS SELECT cat, max(score) AS best, count(*) AS n FROM item
	WHERE cat IS NOT NULL AND score IS NOT NULL GROUP BY cat;
CREATE TVIEW tv_first WITH (key = 'id, n') AS SELECT c.id, t.n, t.item FROM cat c,
	unnest(ARRAY(SELECT i.id FROM item i WHERE i.cat = c.id ORDER BY score, id LIMIT 3)) WITH ORDINALITY t(item, n);
CREATE TVIEW tv_pairs WITH (key = 'id, label') AS SELECT c.id, u.label, u.value FROM cat c CROSS JOIN LATERAL
	(VALUES ('name', c.name), ('items', (SELECT count(*)::text FROM item i WHERE i.cat = c.id)),
		((SELECT 'best ' || max(score) FROM item i WHERE i.cat = c.id), 'x')) u (label, value) WHERE u.label IS NOT NULL;
SELECT v AS "a place in the whole table is not traced", refused('no shared column', '0A000',
	'CREATE TVIEW tv_refused WITH (key = ''place'') AS SELECT row_number() OVER (PARTITION BY cat ORDER BY score, id) + cat * 1000 AS place, id FROM item') FROM (VALUES (1)) v(v);

-- a part of the key that is NULL is an error, as ever
CREATE TVIEW tv_nullable WITH (key = 'cat, place') AS
	SELECT cat, row_number() OVER (PARTITION BY cat ORDER BY id) AS place, id FROM item WHERE id > 1000;
SELECT refused('a NULL in the part that is known', '23502', 'INSERT INTO item VALUES (2000, NULL, 1, 1); SELECT FROM tv_nullable');
CREATE TVIEW tv_null_place WITH (key = 'cat, best') AS SELECT cat, max(score) AS best FROM item WHERE cat IS NOT NULL AND id > 1000 GROUP BY cat;
SELECT refused('a NULL in the part that is not', '23502', 'INSERT INTO item VALUES (2000, 1, NULL, 1); SELECT FROM tv_null_place');
DROP TVIEW tv_nullable, tv_null_place;

CREATE FUNCTION all_same(what text) RETURNS SETOF text LANGUAGE sql AS
	$$ SELECT same('tv_top, tv_named_top, tv_streak, tv_best, tv_first, tv_pairs', what) $$;
SELECT all_same('filled');
UPDATE item SET score = score + 5 WHERE id % 5 = 0;
SELECT all_same('other places');
BEGIN;
UPDATE item SET cat = cat % 5 + 1, day = day + 1 WHERE id % 3 = 0;
DELETE FROM item WHERE id IN (SELECT id FROM tv_top WHERE place = 1);
SELECT all_same('in the transaction');
INSERT INTO item VALUES (100, 5, 99, 1), (101, NULL, 1, 1);
UPDATE cat SET name = 'renamed', shown = false WHERE id = 2;
COMMIT;
SELECT all_same('moved, gone, new, hidden');
DELETE FROM item WHERE cat = 1;
UPDATE item SET cat = 1 WHERE cat = 3;
DELETE FROM cat WHERE id = 4;
SELECT all_same('a category less, another one renamed');
SELECT string_agg(DISTINCT tview || ' ' || recomputes, ', ') AS recomputations FROM pg_tviews_statistics WHERE tview::text ~ 'tv_(top|named_top|streak|best|first|pairs)$';

SET client_min_messages = warning;
DROP SCHEMA shared_keys CASCADE;
