--
-- pg_tviews_refresh() and pg_tviews_refresh_all(): write what differs, and only that.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\set blog :dir '/sql/include/blog.sql'
\i :check
CREATE SCHEMA refreshing;
SET search_path = refreshing, public;
\i :blog
CREATE TVIEW tv_above WITH (key = 'fk_user') AS SELECT fk_user, count(*) AS n, jsonb_agg(data ORDER BY pk_post) AS posts FROM tv_post GROUP BY fk_user;

SELECT remember('tv_post') \g /dev/null
SELECT pg_tviews_refresh('tv_post') \g /dev/null
SELECT equals('nothing differs, nothing is written', changed('tv_post'), 'none');
SET pg_tviews.allow_direct_writes = on;
UPDATE tv_post SET data = '{}' WHERE pk_post = 2;
DELETE FROM tv_post WHERE pk_post = 3;
INSERT INTO tv_post VALUES (99, uuid_of(2, 99), 99, NULL, '{}');
UPDATE tv_user SET data = data || '{"more": 1}';
RESET pg_tviews.allow_direct_writes;
SELECT equals('a tview above follows what is stored', (SELECT n FROM tv_above WHERE fk_user = 99), 1);
SELECT remember('tv_post') \g /dev/null
SELECT pg_tviews_refresh('refreshing.tv_post') \g /dev/null
SELECT equals('what differs is written', changed('tv_post'), '2 +3 -99');
SELECT same('tv_post, tv_above', 'refresh');
SELECT equals('others are left alone', (SELECT count(*) FROM tv_user WHERE data ? 'more'), 3);
SELECT pg_tviews_refresh_all() \g /dev/null
SELECT same('tv_company, tv_user, tv_post, tv_above', 'refresh_all');

-- with changes pending, in a transaction that rolls back, twice
BEGIN;
UPDATE tb_user SET name = 'pending' WHERE pk_user = 1;
SELECT pg_tviews_refresh('tv_post') \g /dev/null
SELECT same('tv_company, tv_user, tv_post, tv_above', 'refresh with pending changes');
SELECT pg_tviews_refresh('tv_post') \g /dev/null
ROLLBACK;
SELECT same('tv_company, tv_user, tv_post, tv_above', 'rolled back');

-- after changes that no trigger saw
ALTER TABLE tb_user DISABLE TRIGGER pg_tviews_capture;
UPDATE tb_user SET name = 'unseen' WHERE pk_user = 2;
SELECT equals('stale while suspended', (SELECT data ->> 'name' FROM tv_user WHERE pk_user = 2), 'user 2');
SELECT pg_tviews_refresh_all() \g /dev/null
SELECT same('tv_company, tv_user, tv_post, tv_above', 'bulk load with triggers disabled');
ALTER TABLE tb_user ENABLE ALWAYS TRIGGER pg_tviews_capture;

-- WITH NO DATA, refreshed later
CREATE TVIEW tv_late WITH (key = 'pk_user') AS SELECT pk_user, name FROM tb_user WITH NO DATA;
CREATE TVIEW tv_over WITH (key = 'pk_user') AS SELECT pk_user, name FROM tv_late;
UPDATE tb_user SET name = 'not yet';
SELECT equals('not filled yet', (SELECT count(*) FROM tv_late) + (SELECT count(*) FROM tv_over), 0);
SELECT pg_tviews_refresh_all() \g /dev/null
SELECT same('tv_late, tv_over', 'filled');
INSERT INTO tb_user VALUES (50, uuid_of(1, 50), NULL, 'x');
SELECT same('tv_late, tv_over', 'maintained');

-- what is stored only has no value that a domain could refuse
CREATE DOMAIN checked AS text NOT NULL;
CREATE TABLE plain (a int PRIMARY KEY, b text);
INSERT INTO plain VALUES (1, 'x'), (2, 'y');
CREATE TVIEW tv_checked WITH (key = 'a') AS SELECT a, b::checked AS b FROM plain;
TRUNCATE plain;
SELECT same('tv_checked', 'domain');

SET client_min_messages = warning;
DROP SCHEMA refreshing CASCADE;
