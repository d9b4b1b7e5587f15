--
-- TRUNCATE of base tables, alone, with others, by cascade.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\set blog :dir '/sql/include/blog.sql'
\i :check
CREATE SCHEMA truncating;
SET search_path = truncating, public;
SET client_min_messages = warning;
\i :blog
CREATE TVIEW tv_with_comments WITH (key = 'fk_post') AS SELECT fk_post, count(*) AS n FROM tb_comment GROUP BY fk_post;
SELECT remember('tv_post') \g /dev/null
TRUNCATE tb_comment;
SELECT equals('children', changed('tv_post') || ', ' || (SELECT count(*) FROM tv_with_comments), '1 2 3, 0');
SELECT same('tv_post, tv_with_comments', 'children');
BEGIN;
INSERT INTO tb_comment VALUES (1, 1, 'before');
TRUNCATE tb_comment;
SELECT same('tv_post, tv_with_comments', 'inside');
INSERT INTO tb_comment VALUES (2, 2, 'after');
UPDATE tb_post SET title = 'changed' WHERE pk_post = 3;
SELECT same('tv_post, tv_with_comments', 'truncated and filled again');
ROLLBACK;
SELECT same('tv_post, tv_with_comments', 'rollback');
BEGIN;
SAVEPOINT s;
TRUNCATE tb_post CASCADE;
SELECT equals('inside a savepoint', (SELECT count(*) FROM tv_post), 0);
ROLLBACK TO s;
SELECT equals('rolled back', (SELECT count(*) FROM tv_post), 4);
COMMIT;
SELECT same('tv_post', 'savepoint');
INSERT INTO tb_comment VALUES (1, 1, 'again');
TRUNCATE tb_user CASCADE;
SELECT equals('by cascade', (SELECT count(*) FROM tv_user) + (SELECT count(*) FROM tv_post) + (SELECT count(*) FROM tv_with_comments), 0);
SELECT same('tv_company, tv_user, tv_post, tv_with_comments', 'cascade');
TRUNCATE tb_company, tb_user, tb_post, tb_comment RESTART IDENTITY;
INSERT INTO tb_company VALUES (1, 'new');
SELECT same('tv_company, tv_user, tv_post, tv_with_comments', 'all at once');
SELECT refused('the tview itself', '42809', 'TRUNCATE tv_post');
SELECT refused('the tview among others', '42809', 'TRUNCATE tb_comment, tv_post');
DROP SCHEMA truncating CASCADE;
