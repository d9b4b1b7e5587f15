--
-- Tviews that read the tables of other tviews: order, depth, diamonds, drops.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA stacked;
SET search_path = stacked, public;
CREATE TABLE tb_user (pk_user int PRIMARY KEY, name text, city text);
CREATE TABLE tb_post (pk_post int PRIMARY KEY, fk_user int, title text);
INSERT INTO tb_user SELECT n, 'user ' || n, 'city ' || n % 2 FROM generate_series(1, 4) n;
INSERT INTO tb_post SELECT n, n % 4 + 1, 'post ' || n FROM generate_series(1, 8) n;
CREATE TVIEW tv_user AS SELECT pk_user, jsonb_build_object('name', name) AS data FROM tb_user;
CREATE TVIEW tv_post AS
	SELECT pk_post, fk_user, jsonb_build_object('title', title, 'author', u.data) AS data FROM tb_post LEFT JOIN tv_user u ON pk_user = fk_user;
CREATE TVIEW tv_feed WITH (key = 'pk_user') AS
	SELECT u.pk_user, u.data, (SELECT jsonb_agg(p.data ORDER BY pk_post) FROM tv_post p WHERE p.fk_user = u.pk_user) AS posts FROM tv_user u;
CREATE TVIEW tv_city WITH (key = 'city') AS
	SELECT city, count(*) AS users, sum(jsonb_array_length(posts)) AS posts FROM tb_user JOIN tv_feed USING (pk_user) GROUP BY city;
\set all '\'tv_user, tv_post, tv_feed, tv_city\''
SELECT same(:all, 'creation');

SELECT remember('tv_post'), remember('tv_feed'), remember('tv_city') \g /dev/null
UPDATE tb_user SET name = 'renamed' WHERE pk_user = 2;
SELECT equals('up three levels, as far as something changes', concat_ws(', ', changed('tv_post'), changed('tv_feed'), changed('tv_city')), '1 5, 2, none');
SELECT posts FROM tv_feed WHERE pk_user = 2;
SELECT same(:all, 'rename');
UPDATE tb_post SET fk_user = 1 WHERE pk_post IN (2, 3);
SELECT city, users, posts FROM tv_city ORDER BY 1;
SELECT same(:all, 'move');
BEGIN;
INSERT INTO tb_user VALUES (5, 'new', 'city 5');
INSERT INTO tb_post VALUES (9, 5, 'new');
SELECT posts FROM tv_city WHERE city = 'city 5';
DELETE FROM tb_user WHERE pk_user = 1;
SELECT same(:all, 'inside');
SAVEPOINT s;
UPDATE tb_user SET city = 'one city';
SELECT city, users, posts FROM tv_city;
ROLLBACK TO s;
COMMIT;
SELECT same(:all, 'commit');
TRUNCATE tb_post;
SELECT same(:all, 'truncate');

-- depth
SET pg_tviews.max_depth = 4;
CREATE TVIEW tv_5 WITH (key = 'city') AS SELECT city, users FROM tv_city;
RESET pg_tviews.max_depth;
DO $$
BEGIN
	CREATE TVIEW tv_0 WITH (key = 'pk_user') AS SELECT pk_user, name FROM tb_user;
	FOR i IN 1 .. 9 LOOP
		EXECUTE format('CREATE TVIEW tv_%s WITH (key = ''pk_user'') AS SELECT pk_user, name || ''.'' AS name FROM tv_%s', i, i - 1);
	END LOOP;
END
$$;
CREATE TVIEW tv_10 WITH (key = 'pk_user') AS SELECT pk_user, name FROM tv_9;
UPDATE tb_user SET name = 'deep' WHERE pk_user = 3;
SELECT equals('ten levels', (SELECT name FROM tv_9 WHERE pk_user = 3), 'deep.........');
SELECT same('tv_0, tv_3, tv_6, tv_9', 'ten levels');

-- a replaced tview in the middle; columns that others need stay
CREATE OR REPLACE TVIEW tv_5 WITH (key = 'pk_user') AS SELECT pk_user, name || '!' AS name FROM tv_4;
SELECT equals('OR REPLACE in the middle', (SELECT name FROM tv_9 WHERE pk_user = 3), 'deep....!....');
UPDATE tb_user SET name = 'deeper' WHERE pk_user = 3;
SELECT same('tv_4, tv_5, tv_6, tv_9', 'OR REPLACE in the middle');
SELECT refused('a cycle', '42P17', $$CREATE OR REPLACE TVIEW tv_3 WITH (key = 'pk_user') AS SELECT pk_user, name FROM tv_8$$);
SELECT refused('a tview that reads its own table', '42P17', $$CREATE OR REPLACE TVIEW tv_3 WITH (key = 'pk_user') AS SELECT pk_user, name FROM tv_3$$);
-- through backing views and helper views
CREATE TVIEW tv_m WITH (key = 'pk_user') AS SELECT pk_user, name FROM tb_user;
CREATE TVIEW tv_p WITH (key = 'pk_user') AS SELECT pk_user, name FROM v_m;
CREATE VIEW helper_p AS SELECT pk_user, name FROM tv_p;
CREATE VIEW helper_vp AS SELECT pk_user, name FROM v_p;
CREATE TVIEW tv_q WITH (key = 'pk_user') AS SELECT pk_user, name FROM helper_p;
CREATE TVIEW tv_r WITH (key = 'pk_user') AS SELECT pk_user, name FROM v_q;
SELECT refused('reads ' || below, '42P17', format('CREATE OR REPLACE TVIEW tv_m WITH (key = ''pk_user'') AS SELECT pk_user, name FROM %s', below))
FROM unnest('{v_p, tv_p, helper_p, helper_vp, v_q, tv_q, v_r, tv_r}'::text[]) WITH ORDINALITY AS b (below, n) ORDER BY n;
SELECT refused('between', '42P17', $$CREATE OR REPLACE TVIEW tv_p WITH (key = 'pk_user') AS SELECT pk_user, name FROM tv_r$$);
SELECT refused('between, by a subquery', '42P17', $$CREATE OR REPLACE TVIEW tv_q WITH (key = 'pk_user') AS
	SELECT pk_user, name || (SELECT count(*) FROM v_r r WHERE r.pk_user = u.pk_user) AS name FROM tb_user u$$);
UPDATE tb_user SET name = 'no cycle' WHERE pk_user = 4;
SELECT same('tv_m, tv_p, tv_q, tv_r', 'no cycle');
CREATE OR REPLACE TVIEW tv_r WITH (key = 'pk_user') AS SELECT pk_user, p.name FROM v_p p JOIN tv_q USING (pk_user) JOIN v_m USING (pk_user);
SELECT same('tv_m, tv_p, tv_q, tv_r', 'the same several times, but no cycle');
SET client_min_messages = warning;
DROP TVIEW tv_m CASCADE;
RESET client_min_messages;

-- dropping
SELECT refused('DROP below', '2BP01', 'DROP TVIEW tv_8');
SELECT refused('DROP several, one still needed', '2BP01', 'DROP TVIEW tv_7, tv_8');
DROP TVIEW tv_9, tv_8, tv_7;
SET client_min_messages = warning;
DROP TVIEW tv_0 CASCADE;
RESET client_min_messages;
SELECT string_agg(tview::text, ' ' ORDER BY tview::text) FROM pg_tview_meta;
UPDATE tb_user SET name = 'end';
SELECT same(:all, 'others dropped');

SET client_min_messages = warning;
DROP SCHEMA stacked CASCADE;
