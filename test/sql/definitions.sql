--
-- What a definition may contain: docs/definitions.md is made from this (dev/definitions).
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA definitions;
SET search_path = definitions, public;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (x int, y text);
CREATE TABLE author (author int PRIMARY KEY, name text, boss int, mood mood, born date, home pair);
CREATE TABLE post (post int PRIMARY KEY, author int, title text, stars int, tags text[], meta jsonb, during int4range,
	rank positive, twice int GENERATED ALWAYS AS (stars * 2) STORED);
CREATE TABLE comment (comment int PRIMARY KEY, post int, author int, text text);
INSERT INTO author SELECT n, 'author ' || n, nullif(n / 2, 0), (enum_range(NULL::mood))[n % 3 + 1], '2000-01-01'::date + n, ROW(n, 'y'::text)::pair
	FROM generate_series(1, 6) n;
INSERT INTO post SELECT n, nullif(n % 6, 0), 'post ' || n, n % 4, ARRAY['t' || n % 2, 't' || n % 3], jsonb_build_object('list', jsonb_build_array(n, n + 1)),
	int4range(n, n + 3), n FROM generate_series(1, 12) n;
INSERT INTO comment SELECT n, n % 13, nullif(n % 7, 0), 'comment ' || n FROM generate_series(1, 30) n;

-- supports: Joins / JOIN
CREATE TVIEW tv_join WITH (key = 'post') AS
	SELECT post, title, name FROM post JOIN author ON author.author = post.author;
-- supports: Joins / LEFT JOIN
CREATE TVIEW tv_left_join WITH (key = 'post') AS
	SELECT post, title, name FROM post LEFT JOIN author ON author.author = post.author AND mood <> 'sad';
-- supports: Joins / RIGHT JOIN
CREATE TVIEW tv_right_join WITH (key = 'author, post') AS
	SELECT a.author, coalesce(post, 0) AS post, title FROM post p RIGHT JOIN author a ON a.author = p.author;
-- supports: Joins / FULL JOIN
CREATE TVIEW tv_full_join WITH (key = 'author, post') AS
	SELECT coalesce(a.author, 0) AS author, coalesce(post, 0) AS post, name, title FROM author a FULL JOIN post p ON a.author = p.author;
-- supports: Joins / CROSS JOIN
CREATE TVIEW tv_cross_join WITH (key = 'author, n') AS
	SELECT author, n, name FROM author CROSS JOIN generate_series(1, 2) n;
-- supports: Joins / JOIN USING
CREATE TVIEW tv_using WITH (key = 'comment') AS SELECT comment, post, title FROM comment JOIN post USING (post);
-- supports: Joins / FULL JOIN USING, several
CREATE TVIEW tv_full_using WITH (key = 'n') AS
	SELECT n, p.title, c.text, a.name FROM (SELECT post AS n, title FROM post) p
	FULL JOIN (SELECT comment AS n, text FROM comment) c USING (n) FULL JOIN (SELECT author AS n, name FROM author) a USING (n);
-- supports: Joins / by whichever of two columns there is
CREATE TVIEW tv_either WITH (key = 'comment') AS
	SELECT comment, a.name FROM comment c LEFT JOIN post p ON p.post = c.post LEFT JOIN author a ON a.author = coalesce(p.author, c.author);
-- supports: Joins / NATURAL JOIN
CREATE TVIEW tv_natural WITH (key = 'post') AS SELECT post, author, name FROM (SELECT post, author FROM post) p NATURAL JOIN author;
-- supports: Joins / self join
CREATE TVIEW tv_self_join WITH (key = 'author') AS
	SELECT a.author, a.name, b.name AS boss FROM author a LEFT JOIN author b ON b.author = a.boss;
-- supports: Joins / anti join
CREATE TVIEW tv_anti_join WITH (key = 'author') AS
	SELECT a.author, a.name FROM author a LEFT JOIN post p ON p.author = a.author WHERE p.post IS NULL;
-- supports: Joins / on an inequality
CREATE TVIEW tv_inequality WITH (key = 'author, post') AS
	SELECT a.author, p.post, title FROM author a JOIN post p ON p.post > a.author;
-- supports: Joins / nested, with outer joins
CREATE TVIEW tv_nested_join WITH (key = 'comment') AS
	SELECT comment, title, name FROM comment c LEFT JOIN (post p JOIN author a ON a.author = p.author) ON p.post = c.post;
-- supports: Joins / LATERAL
CREATE TVIEW tv_lateral WITH (key = 'post') AS
	SELECT p.post, l.n FROM post p, LATERAL (SELECT count(*) AS n FROM comment c WHERE c.post = p.post) l;
-- supports: Joins / to what LATERAL with LIMIT 1 has found
CREATE TVIEW tv_last_by WITH (key = 'post') AS
	SELECT p.post, l.text, a.name FROM post p LEFT JOIN LATERAL (SELECT * FROM comment c WHERE c.post = p.post ORDER BY comment DESC LIMIT 1) l ON true
	LEFT JOIN author a ON a.author = l.author;
-- supports: Joins / LATERAL with LIMIT
CREATE TVIEW tv_lateral_limit WITH (key = 'post, comment') AS
	SELECT p.post, l.comment, l.text FROM post p, LATERAL (SELECT * FROM comment c WHERE c.post = p.post ORDER BY text, comment LIMIT 2) l;

-- supports: Grouping and aggregates / GROUP BY
CREATE TVIEW tv_group_by WITH (key = 'author') AS
	SELECT author, count(*) AS posts, sum(stars) AS stars, max(title) AS last FROM post WHERE author IS NOT NULL GROUP BY author;
-- supports: Grouping and aggregates / GROUP BY the primary key
CREATE TVIEW tv_group_by_key WITH (key = 'author') AS
	SELECT a.author, name, count(post) AS posts FROM author a LEFT JOIN post p ON p.author = a.author GROUP BY a.author;
-- supports: Grouping and aggregates / HAVING
CREATE TVIEW tv_having WITH (key = 'author') AS SELECT author, count(*) AS posts FROM post WHERE author > 0 GROUP BY author HAVING count(*) > 1;
-- supports: Grouping and aggregates / the whole table as one row
CREATE TVIEW tv_total WITH (key = 'only') AS SELECT 1 AS only, count(*) AS posts, avg(stars) AS stars FROM post;
-- supports: Grouping and aggregates / aggregates of documents, in order
CREATE TVIEW tv_documents WITH (key = 'author') AS
	SELECT author, jsonb_agg(jsonb_build_object('post', post, 'title', title) ORDER BY post) AS posts FROM post WHERE author > 0 GROUP BY author;
-- supports: Grouping and aggregates / DISTINCT in an aggregate
CREATE TVIEW tv_agg_distinct WITH (key = 'post') AS
	SELECT post, count(DISTINCT author) AS authors FROM comment WHERE post IS NOT NULL GROUP BY post;
-- supports: Grouping and aggregates / FILTER
CREATE TVIEW tv_filter WITH (key = 'author') AS
	SELECT author, count(*) FILTER (WHERE stars > 1) AS good FROM post WHERE author > 0 GROUP BY author;
-- supports: Grouping and aggregates / ordered-set aggregates
CREATE TVIEW tv_ordered_set WITH (key = 'author') AS
	SELECT author, percentile_disc(0.5) WITHIN GROUP (ORDER BY stars) AS median FROM post WHERE author > 0 GROUP BY author;
-- supports: Grouping and aggregates / hypothetical-set aggregates
CREATE TVIEW tv_hypothetical WITH (key = 'author') AS
	SELECT author, rank(2) WITHIN GROUP (ORDER BY stars) AS place FROM post WHERE author > 0 GROUP BY author;
CREATE AGGREGATE product(int) (SFUNC = int4mul, STYPE = int, INITCOND = '1');
-- supports: Grouping and aggregates / user-defined aggregates
CREATE TVIEW tv_own_aggregate WITH (key = 'author') AS SELECT author, product(stars) AS p FROM post WHERE author > 0 GROUP BY author;
-- supports: Grouping and aggregates / GROUPING SETS
CREATE TVIEW tv_grouping_sets WITH (key = 'by, author, stars') AS
	SELECT grouping(author, stars) AS by, coalesce(author, 0) AS author, coalesce(stars, -1) AS stars, count(*) AS n
	FROM post WHERE author > 0 AND stars >= 0 GROUP BY GROUPING SETS ((author), (stars));
-- supports: Grouping and aggregates / ROLLUP
CREATE TVIEW tv_rollup WITH (key = 'by, author, stars') AS
	SELECT grouping(author, stars) AS by, coalesce(author, 0) AS author, coalesce(stars, -1) AS stars, count(*) AS n
	FROM post WHERE author > 0 AND stars >= 0 GROUP BY ROLLUP (author, stars);
-- supports: Grouping and aggregates / CUBE
CREATE TVIEW tv_cube WITH (key = 'by, author, stars') AS
	SELECT grouping(author, stars) AS by, coalesce(author, 0) AS author, coalesce(stars, -1) AS stars, count(*) AS n
	FROM post WHERE author > 0 AND stars >= 0 GROUP BY CUBE (author, stars);
-- supports: Grouping and aggregates / a join to a grouped subquery
CREATE TVIEW tv_grouped_join WITH (key = 'post') AS
	SELECT p.post, coalesce(c.n, 0) AS n FROM post p LEFT JOIN (SELECT post, count(*) AS n FROM comment GROUP BY post) c ON c.post = p.post;
-- supports: Grouping and aggregates / DISTINCT
CREATE TVIEW tv_distinct WITH (key = 'author, stars') AS SELECT DISTINCT author, stars FROM post WHERE author > 0 AND stars >= 0;
-- supports: Grouping and aggregates / DISTINCT ON
CREATE TVIEW tv_distinct_on WITH (key = 'author') AS
	SELECT DISTINCT ON (author) author, post, title FROM post WHERE author > 0 ORDER BY author, stars DESC, post;

-- supports: Subqueries / scalar
CREATE TVIEW tv_scalar WITH (key = 'post') AS SELECT post, (SELECT name FROM author a WHERE a.author = p.author) AS name FROM post p;
-- supports: Subqueries / aggregates in one
CREATE TVIEW tv_scalar_aggregate WITH (key = 'post') AS
	SELECT post, (SELECT string_agg(text, ', ' ORDER BY comment) FROM comment c WHERE c.post = p.post) AS texts FROM post p;
-- supports: Subqueries / EXISTS and NOT EXISTS
CREATE TVIEW tv_exists WITH (key = 'post') AS
	SELECT post, title, EXISTS (SELECT FROM comment c WHERE c.post = p.post AND c.author = p.author) AS answered FROM post p
	WHERE NOT EXISTS (SELECT FROM comment c WHERE c.post = p.post AND text = 'spam');
-- supports: Subqueries / IN
CREATE TVIEW tv_in WITH (key = 'author') AS SELECT author, name FROM author WHERE author IN (SELECT author FROM post WHERE stars > 1);
-- supports: Subqueries / NOT IN
CREATE TVIEW tv_not_in WITH (key = 'author') AS SELECT author, name FROM author a WHERE author NOT IN (SELECT c.author FROM comment c WHERE c.post = a.author);
-- supports: Subqueries / ANY and ALL
CREATE TVIEW tv_any WITH (key = 'post') AS
	SELECT post, stars >= ALL (SELECT q.stars FROM post q WHERE q.author = p.author) AS best FROM post p
	WHERE post = ANY (SELECT c.post FROM comment c WHERE c.author > 2);
-- supports: Subqueries / rows
CREATE TVIEW tv_row_in WITH (key = 'post') AS SELECT post, title FROM post p WHERE (post, author) IN (SELECT c.post, c.author FROM comment c);
-- supports: Subqueries / rows with the extremes of their groups
CREATE TVIEW tv_row_in_groups WITH (key = 'post') AS
	SELECT post, title FROM post WHERE (author, stars) IN (SELECT author, max(stars) FROM post GROUP BY author);
-- supports: Subqueries / through a table of links, EXISTS
CREATE TVIEW tv_exists_link WITH (key = 'author') AS
	SELECT author, (SELECT jsonb_agg(title ORDER BY post) FROM post p
		WHERE EXISTS (SELECT FROM comment c WHERE c.post = p.post AND c.author = a.author)) AS commented FROM author a;
-- supports: Subqueries / through a table of links, IN and NOT IN
CREATE TVIEW tv_in_link WITH (key = 'author') AS
	SELECT author, (SELECT jsonb_agg(title ORDER BY post) FROM post p
		WHERE p.post IN (SELECT c.post FROM comment c WHERE c.author = a.author)) AS commented,
		(SELECT count(*) FROM post p WHERE p.post NOT IN (SELECT c.post FROM comment c WHERE c.author = a.author AND c.post > 0)) AS others
	FROM author a;
-- supports: Subqueries / a join to the one row that a subquery finds
CREATE TVIEW tv_latest WITH (key = 'author') AS
	SELECT a.author, p.title FROM author a
	LEFT JOIN post p ON p.post = (SELECT q.post FROM post q WHERE q.author = a.author ORDER BY stars DESC, q.post LIMIT 1);
-- supports: Subqueries / groups by the row that a subquery finds
CREATE TVIEW tv_found WITH (key = 'post') AS
	SELECT p.post, count(*) AS n, min(a.name) AS first FROM author a
	JOIN post p ON p.post = (SELECT max(q.post) FROM post q WHERE q.author = a.author) GROUP BY p.post;
-- supports: Subqueries / over arrays
CREATE TVIEW tv_in_array WITH (key = 'author') AS
	SELECT author, (SELECT count(*) FROM post p WHERE 't' || a.author % 3 IN (SELECT unnest(p.tags))) AS tagged,
		(SELECT count(*) FROM post p WHERE EXISTS (SELECT FROM unnest(p.tags) tag WHERE tag = a.name)) AS named FROM author a;
-- supports: Subqueries / ARRAY
CREATE TVIEW tv_array WITH (key = 'post') AS SELECT post, ARRAY(SELECT text FROM comment c WHERE c.post = p.post ORDER BY comment) AS texts FROM post p;
-- supports: Subqueries / LIMIT in a correlated one
CREATE TVIEW tv_limit WITH (key = 'author') AS
	SELECT author, (SELECT title FROM post p WHERE p.author = a.author ORDER BY stars DESC, post LIMIT 1) AS best FROM author a;
-- supports: Subqueries / documents of the first rows
CREATE TVIEW tv_first_rows WITH (key = 'author') AS
	SELECT author, (SELECT jsonb_agg(title ORDER BY post) FROM (SELECT title, post FROM post p WHERE p.author = a.author ORDER BY post LIMIT 2) f) AS first
	FROM author a;
-- supports: Subqueries / nested documents
CREATE TVIEW tv_nested WITH (key = 'author') AS
	SELECT author, (SELECT jsonb_agg(jsonb_build_object('title', title, 'comments',
		(SELECT jsonb_agg(text ORDER BY comment) FROM comment c WHERE c.post = p.post)) ORDER BY post) FROM post p WHERE p.author = a.author) AS posts
	FROM author a;
-- supports: Subqueries / in HAVING
CREATE TVIEW tv_in_having WITH (key = 'author') AS
	SELECT author, count(*) AS n FROM post p WHERE author > 0 GROUP BY author HAVING count(*) > (SELECT count(*) FROM comment c WHERE c.author = p.author);
-- supports: Subqueries / in CASE
CREATE TVIEW tv_in_case WITH (key = 'post') AS
	SELECT post, CASE WHEN stars > 1 THEN (SELECT name FROM author a WHERE a.author = p.author) ELSE title END AS shown FROM post p;

-- supports: Set operations / UNION
CREATE TVIEW tv_union WITH (key = 'author') AS SELECT author FROM post WHERE author > 0 UNION SELECT author FROM comment WHERE author > 0;
-- supports: Set operations / UNION ALL
CREATE TVIEW tv_union_all WITH (key = 'kind, id_') AS
	SELECT 'post' AS kind, post AS id_, title AS text FROM post UNION ALL SELECT 'comment', comment, text FROM comment;
-- supports: Set operations / INTERSECT
CREATE TVIEW tv_intersect WITH (key = 'author') AS SELECT author FROM post WHERE author > 0 INTERSECT SELECT author FROM comment;
-- supports: Set operations / EXCEPT
CREATE TVIEW tv_except WITH (key = 'author') AS SELECT author FROM author EXCEPT SELECT author FROM post;
-- supports: Set operations / with ALL, counted
CREATE TVIEW tv_except_all WITH (key = 'author') AS
	SELECT author, count(*) AS n FROM (SELECT author FROM comment WHERE author > 0 EXCEPT ALL SELECT author FROM post) x GROUP BY author;

-- supports: Common table expressions / WITH
CREATE TVIEW tv_with WITH (key = 'author') AS
	WITH good AS (SELECT * FROM post WHERE stars > 0) SELECT author, count(*) AS n FROM good WHERE author > 0 GROUP BY author;
-- supports: Common table expressions / MATERIALIZED, used twice
CREATE TVIEW tv_materialized WITH (key = 'post') AS
	WITH n AS MATERIALIZED (SELECT post, count(*) AS n FROM comment GROUP BY post)
	SELECT p.post, a.n, b.n AS next FROM post p LEFT JOIN n a ON a.post = p.post LEFT JOIN n b ON b.post = p.post + 1;

-- supports: Window functions / row_number() OVER (PARTITION BY ..)
CREATE TVIEW tv_window WITH (key = 'post') AS
	SELECT post, row_number() OVER (PARTITION BY author ORDER BY stars DESC, post) AS place FROM post;
-- supports: Window functions / frames
CREATE TVIEW tv_frame WITH (key = 'post') AS
	SELECT post, sum(stars) OVER (PARTITION BY author ORDER BY post ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS around FROM post;
-- supports: Window functions / WINDOW, lag and lead
CREATE TVIEW tv_lag WITH (key = 'post') AS
	SELECT post, lag(title) OVER w AS before, lead(title) OVER w AS after FROM post WINDOW w AS (PARTITION BY author ORDER BY post);
-- supports: Window functions / by different partitions
CREATE TVIEW tv_partitions WITH (key = 'post') AS
	SELECT post, count(*) OVER (PARTITION BY author) AS of_author, rank() OVER (PARTITION BY stars ORDER BY title) AS among_equals FROM post;
-- supports: Window functions / over groups
CREATE TVIEW tv_window_groups WITH (key = 'author, stars') AS
	SELECT author, stars, count(*) AS n, sum(count(*)) OVER (PARTITION BY author) AS of FROM post WHERE author > 0 AND stars >= 0 GROUP BY author, stars;

-- supports: Window functions / a place in the key, beside its partition
CREATE TVIEW tv_places WITH (key = 'author, place') AS
	SELECT * FROM (SELECT author, row_number() OVER (PARTITION BY author ORDER BY stars DESC, post) AS place, post FROM post WHERE author > 0) p
	WHERE place <= 3;
-- supports: Window functions / what the first row of each group refers to
CREATE TVIEW tv_first_comment WITH (key = 'post') AS
	SELECT p.post, c.text, a.name FROM post p
	LEFT JOIN (SELECT *, row_number() OVER (PARTITION BY post ORDER BY comment) AS n FROM comment) c ON c.post = p.post AND c.n = 1
	LEFT JOIN author a ON a.author = c.author;

-- supports: Functions / set-returning, in FROM
CREATE TVIEW tv_unnest WITH (key = 'post, n') AS SELECT post, n, tag FROM post, unnest(tags) WITH ORDINALITY t(tag, n);
-- supports: Functions / set-returning, of a column of a subquery
CREATE TVIEW tv_unnest_subquery WITH (key = 'post, n') AS
	SELECT q.post, n, tag FROM (SELECT post, tags FROM post WHERE stars > 1) q, unnest(q.tags) WITH ORDINALITY t(tag, n);
-- supports: Functions / set-returning, in the select list
CREATE TVIEW tv_select_list WITH (key = 'post, n') AS SELECT post, n FROM (SELECT post, generate_series(1, stars) AS n FROM post) s;
-- supports: Functions / elements of documents
CREATE TVIEW tv_elements WITH (key = 'post, n') AS
	SELECT post, n, e FROM post, LATERAL jsonb_array_elements(meta -> 'list') WITH ORDINALITY x(e, n);
-- supports: Functions / ROWS FROM
CREATE TVIEW tv_rows_from WITH (key = 'post, n') AS
	SELECT post, n, tag, i FROM post, ROWS FROM (unnest(tags), generate_series(1, 3)) WITH ORDINALITY r(tag, i, n);
-- supports: Functions / VALUES
CREATE TVIEW tv_values WITH (key = 'post') AS SELECT post, word FROM post JOIN (VALUES (0, 'none'), (1, 'one'), (2, 'some')) v(stars, word) USING (stars);
CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper($1) || '!' $$;
-- supports: Functions / IMMUTABLE ones of your own
CREATE TVIEW tv_immutable WITH (key = 'post') AS SELECT post, shout(title) AS title FROM post WHERE shout(title) <> 'SPAM!';
-- supports: Functions / the clock
CREATE TVIEW tv_clock WITH (key = 'author') AS SELECT author, born < now() AS is_born FROM author;

-- supports: Values / CASE, COALESCE, row comparisons
CREATE TVIEW tv_values_1 WITH (key = 'post') AS
	SELECT post, CASE WHEN (stars, author) > (1, 3) THEN 'high' ELSE coalesce(title, '') END AS shown FROM post WHERE author BETWEEN 1 AND 4;
-- supports: Values / arrays, ranges, composites, enums, domains
CREATE TVIEW tv_values_2 WITH (key = 'post') AS
	SELECT post, tags[1] AS tag, upper(during) AS ends, (home).y, mood, p.rank FROM post p JOIN author USING (author) WHERE 't1' = ANY (tags);
-- supports: Values / generated columns
CREATE TVIEW tv_generated WITH (key = 'post') AS SELECT post, twice FROM post WHERE twice > 0;
-- supports: Values / whole rows
CREATE TVIEW tv_whole_row WITH (key = 'post') AS SELECT post, to_jsonb(p) AS data, a AS author FROM post p LEFT JOIN author a USING (author);

CREATE VIEW good_post AS SELECT * FROM post WHERE stars > 0;
CREATE VIEW good_author AS SELECT author, count(*) AS posts FROM good_post GROUP BY author;
-- supports: Relations / views over views
CREATE TVIEW tv_views WITH (key = 'author') AS SELECT a.author, name, posts FROM author a JOIN good_author g ON g.author = a.author;
CREATE VIEW careful WITH (security_barrier) AS SELECT * FROM post WHERE title <> 'secret';
-- supports: Relations / views with security_barrier
CREATE TVIEW tv_barrier WITH (key = 'post') AS SELECT post, title FROM careful;
-- supports: Relations / other tviews
CREATE TVIEW tv_tview WITH (key = 'author') AS SELECT author, posts FROM tv_group_by WHERE posts > 1;
-- supports: Relations / the backing views of other tviews
CREATE TVIEW tv_backing WITH (key = 'author') AS SELECT author, posts FROM v_group_by WHERE posts > 1;
CREATE TABLE sale (sale int, at date, amount numeric) PARTITION BY RANGE (at);
CREATE TABLE sale_2023 PARTITION OF sale FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE sale_2024 PARTITION OF sale FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
-- supports: Relations / partitioned tables
CREATE TVIEW tv_partitioned WITH (key = 'at') AS SELECT at, sum(amount) AS amount FROM sale WHERE at > '2000-01-01' GROUP BY at;
-- supports: Relations / one partition
CREATE TVIEW tv_partition WITH (key = 'sale') AS SELECT sale, max(amount) AS amount FROM sale_2024 WHERE sale > 0 GROUP BY sale;
CREATE TABLE animal (animal int, name text);
CREATE TABLE dog (barks boolean) INHERITS (animal);
-- supports: Relations / inheritance
CREATE TVIEW tv_animal WITH (key = 'animal') AS SELECT animal, string_agg(name, ', ' ORDER BY name) AS names FROM animal WHERE animal > 0 GROUP BY animal;
-- supports: Relations / ONLY
CREATE TVIEW tv_only WITH (key = 'animal') AS SELECT animal, count(*) AS n FROM ONLY animal WHERE animal > 0 GROUP BY animal;
CREATE UNLOGGED TABLE visit (visit int PRIMARY KEY, at date);
-- supports: Relations / unlogged tables
CREATE TVIEW tv_unlogged WITH (key = 'visit') AS SELECT visit, at FROM visit;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA public;
RESET client_min_messages;
DO $$ BEGIN EXECUTE format('CREATE SERVER definitions FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
	split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database()); END $$;
CREATE USER MAPPING FOR CURRENT_USER SERVER definitions;
CREATE TABLE far_away (item int PRIMARY KEY, label text);
CREATE FOREIGN TABLE item (item int, label text) SERVER definitions OPTIONS (schema_name 'definitions', table_name 'far_away');
-- supports: Relations / foreign tables
CREATE TVIEW tv_foreign WITH (key = 'item') AS SELECT item, label FROM item WHERE label <> 'hidden';

-- supports: Recomputed as a whole / a recursive common table expression
CREATE TVIEW tv_recursive WITH (key = 'author', on_untraceable = 'recompute') AS
	WITH RECURSIVE up(author, top) AS (SELECT author, author FROM author WHERE boss IS NULL UNION
		SELECT a.author, up.top FROM author a JOIN up ON a.boss = up.author) SELECT author, min(top) AS top FROM up GROUP BY author;
-- supports: Recomputed as a whole / a window over the whole table
CREATE TVIEW tv_whole_window WITH (key = 'post', on_untraceable = 'recompute') AS SELECT post, rank() OVER (ORDER BY stars DESC) AS place FROM post;
-- supports: Recomputed as a whole / an uncorrelated aggregate in every row
CREATE TVIEW tv_share WITH (key = 'author', on_untraceable = 'recompute') AS SELECT author, (SELECT count(*) FROM post) AS of FROM author;
-- supports: Recomputed as a whole / LIMIT at the top
CREATE TVIEW tv_top WITH (key = 'post', on_untraceable = 'recompute') AS SELECT post, title FROM post ORDER BY stars DESC, post LIMIT 3;

CREATE FUNCTION all_tviews() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(tview::text, ', ' ORDER BY tview::text) FROM pg_tview_meta
	WHERE tview::oid IN (SELECT oid FROM pg_class WHERE relnamespace = 'definitions'::regnamespace) $$;
CREATE FUNCTION unequal() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(t, ', '), 'none') FROM unnest(string_to_array(all_tviews(), ', ')) t WHERE same(t) ~ 'not ok' $$;

-- every kind of change
INSERT INTO author VALUES (7, 'author 7', 1, 'ok', '2999-01-01', (7, 'z'));
INSERT INTO sale SELECT n, '2023-12-28'::date + n, n * 1.5 FROM generate_series(1, 8) n;
INSERT INTO animal VALUES (1, 'cat'), (2, 'fish');
INSERT INTO dog VALUES (2, 'dog', true), (3, 'puppy', false);
INSERT INTO visit SELECT n, '2024-01-01' FROM generate_series(1, 3) n;
INSERT INTO item VALUES (1, 'one'), (2, 'hidden'), (3, 'three');
INSERT INTO comment VALUES (100, 1, 1, 'spam'), (101, 2, NULL, NULL), (102, NULL, 3, 'nowhere');
SELECT equals('rows inserted', unequal(), 'none');
UPDATE author SET name = name || '!', boss = 8 - author WHERE author IN (2, 4);
UPDATE author SET mood = 'sad', born = '1999-01-01', home = (0, 'new') WHERE author IN (1, 3);
UPDATE post SET author = author % 3 + 1 WHERE post % 3 = 0;
UPDATE post SET title = 'secret', stars = stars + 1 WHERE post IN (2, 7);
UPDATE post SET tags = '{t1}', meta = '{"list": [null]}', during = 'empty', rank = 99 WHERE post = 5;
SELECT equals('rows updated', unequal(), 'none');
UPDATE comment SET post = post % 12 + 1, author = author % 6 + 1;
UPDATE sale SET at = at + 2, amount = amount * 2 WHERE sale % 2 = 0;
UPDATE animal SET name = name || 's', animal = animal % 2 + 1;
UPDATE visit SET visit = 10 WHERE visit = 1;
UPDATE item SET label = 'shown' WHERE item = 2;
SELECT equals('rows moved', unequal(), 'none');
UPDATE author SET author = 20 WHERE author = 3;
UPDATE post SET post = post + 100 WHERE post < 4;
SELECT equals('keys changed', unequal(), 'none');
BEGIN;
DELETE FROM author WHERE author < 3;
UPDATE post SET author = 4, stars = 3 WHERE author = 1;
DELETE FROM comment WHERE comment % 4 = 0;
SELECT equals('much at once, inside', unequal(), 'none');
COMMIT;
SELECT equals('much at once', unequal(), 'none');
DELETE FROM post WHERE post % 2 = 0;
DELETE FROM sale_2024 WHERE amount > 5;
DELETE FROM ONLY animal;
DELETE FROM item WHERE item = 3;
TRUNCATE comment;
SELECT equals('rows deleted', unequal(), 'none');
INSERT INTO comment SELECT n, n * 2 - 1, n % 5 + 3, 'again ' || n FROM generate_series(1, 9) n;
INSERT INTO post VALUES (50, 4, 'last', 2, '{t0,t1}', '{"list": [1]}', '[1,9)', 1);
SELECT same(all_tviews(), 'after all changes');

-- how changes to their base tables reach them
SELECT traced(all_tviews());

-- refused: Functions / volatile
SELECT refused('a volatile function', '0A000', $$CREATE TVIEW tv_no WITH (key = 'post') AS SELECT post, random() AS r FROM post$$);
CREATE FUNCTION comments_of(int) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM definitions.comment WHERE post = $1 $$;
-- refused: Functions / STABLE in SQL or a procedural language
SELECT refused('a function that may read tables', '0A000', $$CREATE TVIEW tv_no WITH (key = 'post') AS SELECT post, comments_of(post) AS n FROM post$$);
CREATE FUNCTION add_comments(bigint, int) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT $1 + definitions.comments_of($2) $$;
CREATE AGGREGATE all_comments(int) (SFUNC = add_comments, STYPE = bigint, INITCOND = '0');
-- refused: Functions / aggregates that are made of such functions
SELECT refused('an aggregate that may read tables', '0A000', $$CREATE TVIEW tv_no WITH (key = 'author') AS SELECT author, all_comments(post) AS n FROM post GROUP BY author$$);
-- refused: Functions / of the server, that read tables
SELECT refused('a function of the server that reads tables', '0A000',
	$$CREATE TVIEW tv_no WITH (key = 'post') AS SELECT post, table_to_xml('comment', true, true, '')::text AS x FROM post$$);
CREATE TEMP TABLE mine (a int);
-- refused: Relations / temporary tables
SELECT refused('a temporary table', '42P16', $$CREATE TVIEW tv_no WITH (key = 'a') AS SELECT a FROM mine$$);
-- refused: Relations / system catalogs
SELECT refused('a system catalog', '42809', $$CREATE TVIEW tv_no WITH (key = 'relname') AS SELECT relname, count(*) AS n FROM pg_class GROUP BY relname$$);
-- refused: Relations / information_schema
SELECT refused('a table of the information schema', '42809', $$CREATE TVIEW tv_no WITH (key = 'feature_id') AS SELECT feature_id, count(*) AS n FROM information_schema.sql_features GROUP BY feature_id$$);
CREATE MATERIALIZED VIEW stored AS SELECT post FROM post;
-- refused: Relations / materialized views
SELECT refused('a materialized view', '42809', $$CREATE TVIEW tv_no WITH (key = 'post') AS SELECT post FROM stored$$);
CREATE SEQUENCE numbers;
-- refused: Relations / sequences
SELECT refused('a sequence', '42809', $$CREATE TVIEW tv_no WITH (key = 'last_value') AS SELECT last_value FROM numbers$$);
-- refused: Relations / TABLESAMPLE
SELECT refused('a sample', '0A000', $$CREATE TVIEW tv_no WITH (key = 'post') AS SELECT post FROM post TABLESAMPLE SYSTEM (10)$$);
-- refused: Relations / no table at all
SELECT refused('no table', '42P17', $$CREATE TVIEW tv_no WITH (key = 'n') AS SELECT n FROM generate_series(1, 3) n$$);
-- refused: Relations / itself
SELECT refused('a tview that reads itself', '42P17', $$CREATE OR REPLACE TVIEW tv_join WITH (key = 'post') AS SELECT post, title, name FROM tv_join$$);
-- refused: Values / system columns
SELECT refused('a system column', '0A000', $$CREATE TVIEW tv_no WITH (key = 'post') AS SELECT post, ctid AS place FROM post$$);
-- refused: Statements / that change data
SELECT refused('a definition that changes data', '0A000', $$CREATE TVIEW tv_no WITH (key = 'post') AS WITH d AS (DELETE FROM post RETURNING post) SELECT post FROM d$$);
-- refused: Statements / FOR UPDATE
SELECT refused('row locks', '0A000', $$CREATE TVIEW tv_no WITH (key = 'post') AS SELECT post FROM post FOR UPDATE$$);
-- refused: Keys / NULL
SELECT refused('a key that is NULL', '23502', $$CREATE TVIEW tv_no WITH (key = 'author') AS SELECT nullif(author, 4) AS author, name FROM author$$);
-- refused: Keys / not unique
SELECT refused('a key that is not unique', '23505', $$CREATE TVIEW tv_no WITH (key = 'stars') AS SELECT twice - stars AS stars, title FROM post$$);
-- refused: Keys / not in the definition
SELECT refused('a key that is no column', '42703', $$CREATE TVIEW tv_no WITH (key = 'nothing') AS SELECT post FROM post$$);
-- refused: Without on_untraceable / a recursive common table expression
SELECT refused('a recursive CTE', '0A000',
	$$CREATE TVIEW tv_no WITH (key = 'n') AS WITH RECURSIVE r(n) AS (SELECT author FROM author UNION SELECT n + 100 FROM r WHERE n < 100) SELECT n FROM r$$);
-- refused: Without on_untraceable / a window over the whole table
SELECT refused('a window without a partition', '0A000', $$CREATE TVIEW tv_no WITH (key = 'post') AS SELECT post, rank() OVER (ORDER BY stars) AS place FROM post$$);
-- refused: Without on_untraceable / an uncorrelated aggregate in every row
SELECT refused('an uncorrelated aggregate', '0A000', $$CREATE TVIEW tv_no WITH (key = 'author') AS SELECT author, (SELECT count(*) FROM post) AS of FROM author$$);
-- refused: Without on_untraceable / LIMIT at the top
SELECT refused('LIMIT at the top', '0A000', $$CREATE TVIEW tv_no WITH (key = 'post') AS SELECT post FROM post ORDER BY post LIMIT 3$$);
SELECT equals('nothing is left of what was refused', (SELECT count(*) FROM pg_class WHERE relname IN ('tv_no', 'v_no')), 0);

SET client_min_messages = warning;
DROP SCHEMA definitions CASCADE;
DROP SERVER definitions CASCADE;
DROP EXTENSION postgres_fdw;
