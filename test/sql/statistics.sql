--
-- What a session's flushes did: by key, or all rows.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA statistics;
SET search_path = statistics, public;
CREATE TABLE tb_user (pk_user int PRIMARY KEY, name text);
CREATE TABLE tb_post (pk_post int PRIMARY KEY, fk_user int, title text);
CREATE TVIEW tv_post AS
	SELECT pk_post, jsonb_build_object('title', title, 'author', name) AS data
	FROM tb_post JOIN tb_user ON pk_user = fk_user;
CREATE TVIEW tv_share WITH (on_untraceable = 'recompute') AS
	SELECT pk_post AS pk_share, jsonb_build_object('of', (SELECT count(*) FROM tb_post)) AS data FROM tb_post;
CREATE VIEW counted AS
	SELECT string_agg(format('%s %s/%s/%s', tview, refreshes, keys, recomputes), ', ' ORDER BY tview::text) AS n
	FROM pg_tviews_statistics WHERE tview::text IN ('tv_post', 'tv_share');
SELECT equals('nothing yet', n, 'tv_post 0/0/0, tv_share 0/0/0') FROM counted;

INSERT INTO tb_user VALUES (1, 'Ann'), (2, 'Bob');
INSERT INTO tb_post VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c');
SELECT equals('by key, and as a whole', n, 'tv_post 2/3/0, tv_share 0/0/1') FROM counted;
UPDATE tb_user SET name = 'Anna' WHERE pk_user = 1;
SELECT equals('a change of one table', n, 'tv_post 3/5/0, tv_share 0/0/1') FROM counted;
BEGIN;
UPDATE tb_post SET title = 'x' WHERE pk_post = 3;
SELECT count(*) FROM tv_post;
ROLLBACK;
SELECT equals('work that was rolled back was done', n, 'tv_post 4/6/0, tv_share 0/0/1') FROM counted;
SELECT pg_tviews_refresh('tv_post') \g /dev/null
TRUNCATE tb_post;
SELECT equals('refresh and TRUNCATE', n, 'tv_post 4/6/2, tv_share 0/0/2') FROM counted;
SET pg_tviews.dirty_limit = '64kB';
INSERT INTO tb_user SELECT n, 'user ' || n FROM generate_series(3, 3000) n;
SELECT equals('too many changes to remember', n, 'tv_post 4/6/3, tv_share 0/0/2') FROM counted;
RESET pg_tviews.dirty_limit;
SELECT same('tv_post, tv_share');
DROP TVIEW tv_share;
SELECT equals('dropped', n, 'tv_post 4/6/3') FROM counted;

SET client_min_messages = warning;
DROP SCHEMA statistics CASCADE;
