--
-- The cost of a change follows the number of documents, not the size of the tables.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA plans;
SET search_path = plans, public;
CREATE TABLE tb_user (pk_user int PRIMARY KEY, name text);
CREATE TABLE tb_post (pk_post int PRIMARY KEY, fk_user int, title text);
CREATE TABLE tb_comment (pk_comment int PRIMARY KEY, fk_post int, text text);
CREATE INDEX ON tb_post (fk_user);
CREATE INDEX ON tb_comment (fk_post);
INSERT INTO tb_user SELECT n, 'user ' || n FROM generate_series(1, 5000) n;
INSERT INTO tb_post SELECT n, n % 5000 + 1, 'post ' || n FROM generate_series(1, 10000) n;
INSERT INTO tb_comment SELECT n, n % 10000 + 1, 'comment ' || n FROM generate_series(1, 20000) n;
VACUUM ANALYZE tb_user, tb_post, tb_comment;
CREATE TVIEW tv_post AS
	SELECT p.pk_post, p.fk_user, jsonb_build_object('title', title, 'author', name, 'comments', c.comments, 'n', c.n,
		'others', (SELECT count(*) FROM tb_post o WHERE o.fk_user = p.fk_user)) AS data
	FROM tb_post p JOIN tb_user u ON u.pk_user = p.fk_user
	LEFT JOIN (SELECT fk_post, count(*) AS n, jsonb_agg(text ORDER BY pk_comment) AS comments FROM tb_comment GROUP BY fk_post) c ON c.fk_post = p.pk_post;
CREATE TVIEW tv_user AS
	SELECT u.pk_user, jsonb_build_object('name', u.name, 'posts', (SELECT jsonb_agg(p.data ORDER BY p.pk_post) FROM tv_post p WHERE p.fk_user = u.pk_user)) AS data
	FROM tb_user u;
ANALYZE tv_post, tv_user;

\set rows_read :dir '/sql/include/rows_read.sql'
\i :rows_read
CREATE PROCEDURE cheap(statement text, most int) LANGUAGE plpgsql AS $$
DECLARE
	before bigint := rows_read();
	read bigint;
BEGIN
	EXECUTE statement;
	PERFORM FROM tv_user WHERE pk_user = 0;
	read := rows_read() - before;
	RAISE INFO '%', CASE WHEN read <= most THEN 'ok - ' ELSE format('not ok (%s rows read) - ', read) END || statement;
	COMMIT;
END
$$;
CALL cheap('UPDATE tb_post SET title = ''x'' WHERE pk_post = 17', 100);
CALL cheap('UPDATE tb_user SET name = ''x'' WHERE pk_user = 17', 100);
CALL cheap('UPDATE tb_comment SET text = ''x'' WHERE pk_comment = 17', 100);
CALL cheap('UPDATE tb_comment SET fk_post = 18 WHERE pk_comment = 17', 100);
CALL cheap('INSERT INTO tb_comment VALUES (0, 19, ''x'')', 100);
CALL cheap('DELETE FROM tb_comment WHERE pk_comment = 0', 100);
CALL cheap('UPDATE tb_post SET fk_user = 21 WHERE pk_post = 17', 200);
CALL cheap('INSERT INTO tb_post VALUES (0, 22, ''x'')', 100);
CALL cheap('DELETE FROM tb_post WHERE pk_post = 0', 100);
CALL cheap('UPDATE tb_user SET name = ''y'' WHERE pk_user BETWEEN 100 AND 120', 2000);
CALL cheap('UPDATE tb_comment SET text = ''y'' WHERE pk_comment BETWEEN 100 AND 120', 3000);
SELECT same('tv_post, tv_user', 'cheap changes');

-- the first write of a session locks the tviews, but nothing else that they read
\c -
SET search_path = plans, public;
BEGIN;
UPDATE tb_user SET name = 'z' WHERE pk_user = 17;
SELECT relname, mode FROM pg_locks JOIN pg_class ON pg_class.oid = relation
	WHERE pid = pg_backend_pid() AND relnamespace = 'plans'::regnamespace AND relname NOT IN ('tb_user', 'tb_user_pkey')
	ORDER BY relname COLLATE "C", mode;
COMMIT;
SELECT same('tv_post, tv_user', 'first write');

SET client_min_messages = warning;
DROP SCHEMA plans CASCADE;
