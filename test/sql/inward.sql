--
-- Conditions that join a grouped, windowed or distinct subquery decide what of it is computed; a key that comes by way of
-- several tables is found by the way that narrows most.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
SET pg_tviews.verify_patches = off;		-- by cost, as users have it
CREATE SCHEMA inward;
SET search_path = inward, public;
CREATE TABLE author (pk int PRIMARY KEY, name text, team int);
CREATE TABLE post (pk int PRIMARY KEY, author int, day date, stars int NOT NULL, title text);
CREATE INDEX ON post (author);
CREATE INDEX ON author (team);
INSERT INTO author SELECT n, 'a' || n, n % 50 FROM generate_series(1, 1000) n;
INSERT INTO post SELECT n, nullif(n % 1001, 0), '2024-01-01'::date + n % 300, n % 7, 't' || n FROM generate_series(1, 10000) n;
VACUUM ANALYZE author, post;
CREATE VIEW statistics AS SELECT author, count(*) AS posts, sum(stars) AS stars FROM post GROUP BY author;
CREATE VIEW latest AS SELECT DISTINCT ON (author) author AS writer, title, day FROM post ORDER BY author, day DESC, pk;
CREATE VIEW ranks AS SELECT pk, rank() OVER w AS place, count(*) OVER (PARTITION BY author) AS n FROM post WINDOW w AS (PARTITION BY author ORDER BY stars DESC, pk);
CREATE VIEW named AS SELECT s.author AS who, name, posts FROM statistics s JOIN author a ON a.pk = s.author;
CREATE VIEW active AS SELECT author, 'post' AS why FROM post WHERE stars > 3 UNION SELECT author, 'old' FROM post WHERE day < '2024-02-01';
ALTER VIEW named RENAME COLUMN name TO called;
CREATE TVIEW tv_grouped WITH (key = 'pk') AS SELECT p.pk, p.title, s.posts, s.stars FROM post p JOIN statistics s ON s.author = p.author;
CREATE TVIEW tv_outer WITH (key = 'pk') AS
	SELECT p.pk, p.title, s.posts, l.title AS latest, l.day FROM post p LEFT JOIN statistics s USING (author) LEFT JOIN latest l ON l.writer = p.author;
CREATE TVIEW tv_first WITH (key = 'pk') AS SELECT p.pk, called, n.posts, l.title FROM named n, latest l, post p WHERE n.who = p.author AND p.author = l.writer;
CREATE TVIEW tv_place WITH (key = 'pk') AS
	SELECT pk, title, author, rank() OVER (PARTITION BY author ORDER BY stars DESC, pk) AS place, lag(title) OVER (PARTITION BY author ORDER BY pk) AS before,
		count(*) OVER (PARTITION BY author, stars) AS alike FROM post;
CREATE TVIEW tv_ranked WITH (key = 'pk') AS SELECT p.pk, p.title, r.place, r.n FROM post p LEFT JOIN ranks r ON r.pk = p.pk;
\set all '\'tv_grouped, tv_outer, tv_first, tv_place, tv_ranked, tv_several, tv_right, tv_day, tv_nested\''
VACUUM ANALYZE tv_grouped, tv_outer, tv_first, tv_place, tv_ranked;

\set rows_read :dir '/sql/include/rows_read.sql'
\i :rows_read
CREATE PROCEDURE cheap(statement text, most int) LANGUAGE plpgsql AS $$
DECLARE
	before bigint := rows_read();
	tview regclass;
	read bigint;
BEGIN
	EXECUTE statement;
	FOR tview IN SELECT m.tview FROM pg_tview_meta m WHERE entity = ANY ('{grouped,outer,first,place,ranked}') LOOP
		EXECUTE format('SELECT FROM %s WHERE pk = 0', tview);
		read := rows_read() - before;
		IF read > most THEN
			RAISE INFO 'not ok (% rows read) - %, up to %', read, statement, tview;
		END IF;
		before := rows_read();
	END LOOP;
	RAISE INFO 'ok - %', statement;
	COMMIT;
END
$$;
CALL cheap('UPDATE post SET title = ''x'' WHERE pk = 17', 2000);
CALL cheap('UPDATE post SET stars = 6 WHERE pk = 18', 2000);
CALL cheap('INSERT INTO post VALUES (20000, 19, ''2025-01-01'', 5, ''new'')', 2000);
CALL cheap('UPDATE post SET author = 20 WHERE pk = 20000', 2000);
CALL cheap('DELETE FROM post WHERE pk = 20000', 2000);
CALL cheap('UPDATE author SET name = ''x'' WHERE pk = 21', 2000);
SELECT same('tv_grouped, tv_outer, tv_first, tv_place, tv_ranked', 'cheap changes');
CREATE TVIEW tv_several WITH (key = 'pk') AS
	WITH totals(who, n) AS (SELECT author, count(*) FROM post GROUP BY author)
	SELECT p.pk, t.n, (SELECT jsonb_agg(a.why ORDER BY a.why) FROM active a JOIN totals o ON o.who = a.author WHERE a.author = t.who AND o.n > 2) AS why
	FROM post p LEFT JOIN (totals t JOIN author a ON a.pk = t.who) ON t.who = p.author;
CREATE TVIEW tv_right WITH (key = 'pk') AS SELECT p.pk, s.posts, why FROM statistics s RIGHT JOIN post p USING (author) LEFT JOIN active a ON a.author = p.author AND why = 'post';
CREATE TVIEW tv_day WITH (key = 'pk') AS SELECT p.pk, l.title FROM post p LEFT JOIN latest l ON l.day = p.day AND l.writer = p.author;
CREATE TVIEW tv_nested WITH (key = 'team, posts') AS
	SELECT a.team, s.posts, count(*) AS n FROM author a JOIN statistics s ON s.author = a.pk GROUP BY a.team, s.posts;

-- rows that belong to nobody are a partition and a group, too
UPDATE post SET author = NULL WHERE pk BETWEEN 22 AND 25;
UPDATE post SET author = 22, stars = 1 WHERE author IS NULL AND pk < 2000;
DELETE FROM author WHERE pk = 23;
SELECT same(:all, 'without author');
BEGIN;
DELETE FROM post WHERE author = 24 AND pk > 5000;
UPDATE post SET author = author + 1 WHERE author BETWEEN 30 AND 32;
INSERT INTO post VALUES (30000, 24, '2023-01-01', 6, 'old');
COMMIT;
SELECT same(:all, 'several at once');

-- what is equal, but not the same, is one group
CREATE TABLE price (pk int PRIMARY KEY, amount numeric, kind text COLLATE "C");
INSERT INTO price VALUES (1, 1.5, 'a'), (2, 1.50, 'a'), (3, 2, 'b'), (4, NULL, NULL), (5, NULL, 'b');
CREATE TVIEW tv_same WITH (key = 'pk') AS
	SELECT p.pk, p.kind, g.n, w.place FROM price p LEFT JOIN (SELECT amount, count(*) AS n FROM price GROUP BY amount) g ON g.amount = p.amount
	LEFT JOIN (SELECT pk, count(*) OVER (PARTITION BY amount, kind) AS place FROM price) w ON w.pk = p.pk;
SET pg_tviews.verify_patches = on;		-- from now on always
\c -
\set QUIET on
SET search_path = inward, public;
SET pg_tviews.verify_patches = on;
-- rows of a view as values have its names, and an order in a subquery is kept
CREATE TVIEW tv_row WITH (key = 'pk') AS SELECT a.pk, to_jsonb(s) AS data FROM author a LEFT JOIN statistics s ON s.author = a.pk WHERE a.pk BETWEEN 38 AND 42;
CREATE TVIEW tv_order WITH (key = 'pk') AS
	SELECT a.pk, s.posts, (SELECT jsonb_agg(title) FROM (SELECT author, title, rank() OVER (PARTITION BY day ORDER BY pk) FROM post ORDER BY title DESC) p
						   WHERE p.author = a.pk) AS titles
	FROM author a LEFT JOIN statistics s ON s.author = a.pk WHERE a.pk BETWEEN 38 AND 42;
ALTER VIEW statistics RENAME COLUMN stars TO sum;
CREATE OR REPLACE VIEW statistics AS SELECT author, count(*) AS posts, sum(stars) AS sum, max(stars) AS best FROM post GROUP BY author;
UPDATE post SET title = 'z', stars = 9 WHERE author = 40 AND pk > 3000;
INSERT INTO post VALUES (40001, 40, '2023-05-05', 2, 't3');
SELECT same('tv_row, tv_order, tv_grouped', 'rows of a view, rows in order');

-- a join with an alias
CREATE TVIEW tv_alias WITH (key = 'pk') AS
	SELECT j.pk, j.n, z.m FROM (post p LEFT JOIN (SELECT author, count(*) AS n FROM post GROUP BY author) s USING (author)) j
	LEFT JOIN (SELECT day, max(pk) AS m FROM post GROUP BY day) z ON z.day = j.day;
CREATE TVIEW tv_aliases WITH (key = 'pk') AS
	SELECT p.pk, s.posts, j.stars, j.what FROM post p LEFT JOIN statistics s ON s.author = p.author
	LEFT JOIN (post q JOIN latest l(who, what, seen) ON l.who = q.author) AS j(pk, author, day, stars) ON j.pk = p.pk;
UPDATE post SET title = 'y', stars = 8 WHERE author = 41 AND pk > 3000;
INSERT INTO post VALUES (40000, 41, '2024-05-05', 1, 'n');
SELECT same('tv_alias, tv_aliases', 'joins with an alias');

INSERT INTO price VALUES (6, 1.500, 'a'), (7, NULL, 'b');
CREATE EXTENSION citext;
CREATE TABLE word (pk int PRIMARY KEY, grp int, c citext);
INSERT INTO word SELECT n, 1, CASE WHEN n % 3 = 1 THEN 'A' ELSE 'a' END FROM generate_series(1, 9) n;
CREATE TABLE wanted (pk int PRIMARY KEY, grp int, c text);
INSERT INTO wanted SELECT n, (n + 1) / 2, CASE WHEN n % 2 = 1 THEN 'A' ELSE 'a' END FROM generate_series(1, 40) n;
ANALYZE word, wanted;
CREATE TVIEW tv_wanted WITH (key = 'pk') AS
	SELECT w.pk, s.n FROM wanted w LEFT JOIN (SELECT g.grp, g.c::text AS c, sum(g.n) AS n
		FROM (SELECT grp, c, count(*) AS n FROM word GROUP BY grp, c) g GROUP BY g.grp, g.c::text) s ON s.grp = w.grp AND s.c = w.c;
ANALYZE tv_wanted;
INSERT INTO word VALUES (10, 1, 'a');
UPDATE price SET kind = 'a' WHERE pk = 3;
UPDATE price SET amount = 1.5, kind = 'a' WHERE pk IN (3, 5);
SELECT same('tv_same', 'equal and not the same');
SELECT equals('one group', string_agg(n::text, ' '), '10') FROM tv_wanted;

-- a row that some tenants share leads to few of them
CREATE TABLE org (tenant int, org int, name text, PRIMARY KEY (tenant, org));
CREATE TABLE person (tenant int, person int, org int, name text, PRIMARY KEY (tenant, person));
CREATE TABLE item (tenant int, item int, person int, title text, PRIMARY KEY (tenant, item));
CREATE TABLE follows (tenant int, person int, follower int, PRIMARY KEY (tenant, person, follower));
INSERT INTO org SELECT 1, n, 'o' FROM generate_series(1, 20) n;
INSERT INTO person SELECT 1, n, n % 20 + 1, 'p' FROM generate_series(1, 100) n;
INSERT INTO item SELECT 1, n, n % 100 + 1, 'i' FROM generate_series(1, 1000) n;
INSERT INTO follows SELECT 1, n, n % 100 + 1 FROM generate_series(1, 100) n;
CREATE TVIEW tv_item WITH (key = 'tenant, item') AS
	SELECT tenant, i.item, i.title, p.name AS person, o.name AS org,
		(SELECT count(*) FROM follows f JOIN person x ON x.tenant = i.tenant AND x.person = f.follower
		 WHERE f.tenant = i.tenant AND f.person = i.person AND x.name <> 'nobody') AS followers
	FROM item i JOIN person p USING (tenant, person) JOIN org o USING (tenant, org);
UPDATE org SET name = 'x' WHERE org = 5;
SELECT equals('items of one organisation', keys, 50) FROM pg_tviews_statistics WHERE tview = 'tv_item'::regclass;
UPDATE person SET name = 'nobody' WHERE person = 7;
SELECT equals('those of a person and of whom he follows', keys, 70) FROM pg_tviews_statistics WHERE tview = 'tv_item'::regclass;
SELECT same('tv_item', 'tenants');

SET client_min_messages = warning;
DROP SCHEMA inward CASCADE;
