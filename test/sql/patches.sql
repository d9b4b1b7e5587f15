--
-- What of a document is evaluated after a change, and that the patched document
-- is the one that would have been built.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA patches;
SET search_path = patches, public;
SET pg_tviews.verify_patches = on;

CREATE TABLE author (id int PRIMARY KEY, name text, email text, active bool DEFAULT true);
CREATE TABLE cat (id int PRIMARY KEY, name text);
CREATE TABLE post (id int PRIMARY KEY, author int REFERENCES author, cat int, title text, body text, hidden bool DEFAULT false);
CREATE TABLE comment (id int PRIMARY KEY, post int, text text, score int);
INSERT INTO author SELECT n, 'author ' || n, n || '@example.org' FROM generate_series(1, 3) n;
INSERT INTO cat SELECT n, 'cat ' || n FROM generate_series(1, 3) n;
INSERT INTO post SELECT n, n % 3 + 1, n % 4, 'title ' || n, 'body ' || n FROM generate_series(1, 12) n;
INSERT INTO comment SELECT n, n % 12 + 1, 'comment ' || n, n FROM generate_series(1, 36) n;

-- says which member is being evaluated
CREATE FUNCTION noted(what text, value anyelement) RETURNS anyelement LANGUAGE plpgsql IMMUTABLE
	AS $$ BEGIN RAISE NOTICE 'evaluated: %', what; RETURN value; END $$;

CREATE TVIEW tv_post WITH (key = 'id') AS
SELECT p.id, noted('column', p.title) AS title,
	jsonb_build_object(
		'title', noted('title', p.title),
		'text', jsonb_build_object('body', noted('body', p.body), 'length', noted('length', length(p.body))),
		'author', jsonb_build_object('name', noted('name', a.name), 'email', noted('email', a.email)),
		'cat', noted('cat', c.name),
		'comments', (SELECT jsonb_agg(noted('comment', m.text) ORDER BY m.id) FROM comment m WHERE m.post = p.id)) AS data
FROM post p
JOIN author a ON a.id = p.author AND a.active
LEFT JOIN cat c ON c.id = p.cat
WHERE NOT p.hidden
WITH NO DATA;
SET client_min_messages = warning;
SELECT pg_tviews_refresh('tv_post');
RESET client_min_messages;

-- Verification evaluates everything, so what is evaluated is shown without it.
SET pg_tviews.verify_patches = off;
\echo one member and one column
UPDATE post SET title = 'new' WHERE id = 1;
\echo two members of a nested object
UPDATE post SET body = 'a longer one' WHERE id = 1;
\echo one of them
UPDATE author SET email = 'x@example.org' WHERE id = 2 AND id IN (SELECT author FROM post WHERE id = 1);
\echo what is looked up
UPDATE post SET cat = 3 WHERE id = 1;
UPDATE cat SET name = 'third' WHERE id = 3;
DELETE FROM cat WHERE id = 3;
\echo what a subquery reads
UPDATE comment SET text = 'x' WHERE id = 12;
INSERT INTO comment VALUES (100, 1, 'y', 0);
DELETE FROM comment WHERE id = 100;
\echo nothing
UPDATE comment SET score = 7 WHERE post = 1;
\echo what two changes reach
BEGIN;
UPDATE post SET title = 'newer' WHERE id = 1;
UPDATE comment SET text = 'z' WHERE id = 12;
COMMIT;
\echo everything: the change decides whether there is a row
UPDATE post SET author = 1 WHERE id = 1;
\echo everything: one of two changes does
BEGIN;
UPDATE post SET title = 'newest' WHERE id = 1;
SAVEPOINT a;
UPDATE post SET author = 2 WHERE id = 1;
RELEASE a;
COMMIT;
\echo not what was rolled back
BEGIN;
UPDATE post SET title = 'last' WHERE id = 1;
SAVEPOINT a;
UPDATE post SET author = 3 WHERE id = 1;
ROLLBACK TO a;
COMMIT;
SET client_min_messages = warning;
SELECT same('tv_post', 'after all these');

-- The same again and more, each patch compared with the whole.
SET pg_tviews.verify_patches = on;
UPDATE post SET title = title || '!', body = NULL WHERE id < 8;
UPDATE post SET body = repeat('long ', 30000) WHERE id = 2;
UPDATE post SET title = 'beside a long one' WHERE id = 2;
UPDATE author SET name = upper(name);
UPDATE cat SET id = id + 10 WHERE id = 2;
UPDATE post SET cat = 12;
INSERT INTO cat VALUES (2, 'again');
UPDATE comment SET post = post % 12 + 1;
SELECT same('tv_post', 'verified');
UPDATE author SET active = false WHERE id = 1;
UPDATE post SET hidden = true WHERE id = 5;
UPDATE post SET id = 50 WHERE id = 6;
SELECT same('tv_post', 'rows that go');

-- A stored document that the definition did not make is built anew.
SET pg_tviews.allow_direct_writes = on;
UPDATE tv_post SET data = '{"other": 1}' WHERE id = 2;
UPDATE tv_post SET data = '[]' WHERE id = 3;
UPDATE tv_post SET data = NULL WHERE id = 4;
DELETE FROM tv_post WHERE id = 7;
RESET pg_tviews.allow_direct_writes;
UPDATE post SET title = 'mended' WHERE id IN (2, 3, 4, 7);
SELECT same('tv_post', 'mended');

-- A difference is an error.
SET pg_tviews.allow_direct_writes = on;
UPDATE tv_post SET data = data || '{"cat": "forged"}' WHERE id = 2;
RESET pg_tviews.allow_direct_writes;
SELECT refused('forged', 'XX000', $$UPDATE post SET title = 'x' WHERE id = 2; SELECT FROM tv_post$$);
SELECT pg_tviews_refresh('tv_post');

-- a key that another unique index holds, and values that swap
UPDATE post SET title = 'title of ' || id;
CREATE UNIQUE INDEX ON tv_post (title);
BEGIN;
UPDATE post SET title = CASE id WHEN 2 THEN 'title of 3' ELSE 'title of 2' END WHERE id IN (2, 3);
COMMIT;
SELECT same('tv_post', 'swapped');

-- What a grouped subquery, an aggregate that is joined, and a tview below bring.
CREATE TVIEW tv_author WITH (key = 'id') AS
SELECT a.id,
	jsonb_build_object('name', a.name, 'best', g.best, 'posts', l.posts) AS data
FROM author a
LEFT JOIN (SELECT p.author, max(p.title) AS best FROM post p GROUP BY p.author) g ON g.author = a.id
LEFT JOIN LATERAL (SELECT jsonb_agg(t.data ORDER BY t.id) AS posts FROM tv_post t JOIN post p ON p.id = t.id WHERE p.author = a.id) l ON true;
UPDATE post SET title = 'zzz' WHERE id = 2;
UPDATE author SET name = 'x' || name;
DELETE FROM post WHERE author = 2 AND id > 6;
INSERT INTO post VALUES (60, 3, 1, 'sixty', 'sixty');
UPDATE post SET author = 4 - author;
SELECT same('tv_author', 'grouped, joined and below');
SELECT same('tv_post', 'at the end');

-- The unique index that proved one row to be found at most goes.
UPDATE post SET cat = 1 WHERE id = 3;
ALTER TABLE cat DROP CONSTRAINT cat_pkey;
INSERT INTO cat VALUES (77, 'only');
UPDATE post SET cat = 77 WHERE id = 3;
SELECT refused('two rows for a key', '23505', $$INSERT INTO cat VALUES (77, 'second'); SELECT FROM tv_post$$);
UPDATE cat SET name = 'one' WHERE id = 77;
SELECT same('tv_post', 'without the index');

-- Keys twice, computed and null; other builders; casts
CREATE TABLE odd (id int PRIMARY KEY, a text, b numeric, c timestamptz, d text[], e jsonb);
INSERT INTO odd SELECT n, 'a' || n, n / 7.0, timestamptz '2001-01-01' + n * interval '1 day', array['x', 'y' || n], jsonb_build_object('n', n) FROM generate_series(1, 5) n;
CREATE TVIEW tv_odd WITH (key = 'id') AS
SELECT id, jsonb_build_object('a', a, 'a', b) AS twice, jsonb_build_object(a, b) AS computed,
	jsonb_build_object('', a, 'b', b, 'c', c, 'd', d, 'e', e, 'deep', jsonb_build_object('e', jsonb_build_object('e', e, 'a', a, 'none', jsonb_build_object()))) AS data,
	to_jsonb(odd) AS whole_row, e || jsonb_build_object('a', a) AS merged, json_build_object('a', a) AS plain
FROM odd;
UPDATE odd SET a = 'new' WHERE id = 1;
UPDATE odd SET b = 1.000 WHERE id < 3;
UPDATE odd SET e = NULL WHERE id = 4;
UPDATE odd SET e = '{"a": {"b": [1, 2, {"c": null}]}}', d = '{}' WHERE id IN (4, 5);
UPDATE odd SET c = 'infinity', b = 'NaN' WHERE id = 2;
SELECT same('tv_odd', 'odd documents');

-- An index that is not unique proves nothing: a comment more is a row more.
CREATE INDEX ON comment (post);
CREATE TVIEW tv_number WITH (key = 'id') AS
SELECT p.id, count(*) AS n FROM post p LEFT JOIN comment m ON m.post = p.id GROUP BY p.id;
INSERT INTO comment VALUES (200, 1, 'one', 0), (201, 1, 'two', 0);
DELETE FROM comment WHERE post = 2;
SELECT same('tv_number', 'rows that are only counted');

-- Posts with the same slug, of which a join keeps one: the key does not name a row of post.
CREATE TABLE slugged (id int PRIMARY KEY, slug text, cat int, title text);
CREATE TABLE kind (id int PRIMARY KEY);
INSERT INTO kind VALUES (1);
INSERT INTO slugged VALUES (1, 'a', 1, 'kept'), (2, 'a', 2, 'left out'), (3, 'b', 1, 'kept');
CREATE TVIEW tv_slug WITH (key = 'slug') AS
SELECT s.slug, jsonb_build_object('title', s.title) AS data FROM slugged s JOIN kind k ON k.id = s.cat;
UPDATE slugged SET title = title || '!';
SELECT same('tv_slug', 'a key that names several rows of the table');

-- A column that only a policy reads decides which rows are counted.
CREATE ROLE regress_patches;
GRANT USAGE, CREATE ON SCHEMA patches TO regress_patches;
CREATE TABLE guarded (id int PRIMARY KEY, visible bool);
INSERT INTO guarded SELECT n, true FROM generate_series(1, 4) n;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON guarded USING (visible);
GRANT SELECT, TRIGGER ON guarded, cat TO regress_patches;
SET ROLE regress_patches;
CREATE TVIEW tv_counted WITH (key = 'id', on_untraceable = 'recompute') AS
SELECT c.id, (SELECT count(*) FROM guarded) AS n FROM cat c;
RESET ROLE;
UPDATE guarded SET visible = false WHERE id = 1;
SELECT equals('policy', (SELECT max(n) FROM tv_counted), 3);
SELECT same('tv_counted', 'policy');

DROP SCHEMA patches CASCADE;
DROP ROLE regress_patches;
