--
-- Each kind of change to each base table, one at a time: which documents are
-- written, and that the tviews equal their definitions afterwards.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\set blog :dir '/sql/include/blog.sql'
\i :check
CREATE SCHEMA dml;
SET search_path = dml, public;
\i :blog

-- creation fills
SELECT equals('tv_user filled', (SELECT count(*) FROM tv_user), 3);
SELECT equals('tv_post filled', (SELECT count(*) FROM tv_post), 4);
SELECT data FROM tv_post WHERE pk_post = 1;
SELECT same('tv_user, tv_post', 'creation');

-- an update of one entity: its own document and those that embed it, no others
SELECT remember('tv_company'), remember('tv_user'), remember('tv_post') \g /dev/null
UPDATE tb_user SET name = 'renamed' WHERE pk_user = 1;
SELECT equals('update one user: tv_user', changed('tv_user'), '1');
SELECT equals('update one user: his posts', changed('tv_post'), '1 2');
SELECT equals('update one user: not upward', changed('tv_company'), 'none');
SELECT data ->> 'name' FROM tv_user WHERE pk_user = 1;
SELECT same('tv_user, tv_post', 'update');

-- three levels
SELECT remember('tv_company'), remember('tv_user'), remember('tv_post') \g /dev/null
UPDATE tb_company SET name = 'ACME' WHERE pk_company = 1;
SELECT equals('rename a company: its users', changed('tv_user'), '1 2');
SELECT equals('rename a company: their posts', changed('tv_post'), '1 2 3 4');
SELECT data #>> '{author,company,name}' FROM tv_post WHERE pk_post = 3;
SELECT same('tv_company, tv_user, tv_post', 'company');

-- an update of a leaf concerns nothing above
SELECT remember('tv_company'), remember('tv_user'), remember('tv_post') \g /dev/null
UPDATE tb_post SET title = 'new title' WHERE pk_post = 4;
SELECT equals('update a post: only it', changed('tv_post') || changed('tv_user') || changed('tv_company'), '4nonenone');
SELECT same('tv_post', 'leaf');

-- NULL and back
UPDATE tb_user SET name = NULL WHERE pk_user = 2;
SELECT equals('update to NULL', (SELECT data -> 'name' FROM tv_user WHERE pk_user = 2), 'null'::jsonb);
SELECT same('tv_post', 'NULL');
UPDATE tb_user SET name = 'back' WHERE pk_user = 2;
SELECT same('tv_post', 'no longer NULL');

-- insert and delete
SELECT remember('tv_user') \g /dev/null
INSERT INTO tb_user VALUES (4, uuid_of(1, 4), NULL, 'user 4');
SELECT equals('insert', changed('tv_user'), '+4');
SELECT same('tv_user', 'insert');
DELETE FROM tb_user WHERE pk_user = 4;
SELECT equals('delete', changed('tv_user'), 'none');
SELECT same('tv_user', 'delete');

-- children of an array: insert, update, move, delete, delete the last
SELECT remember('tv_post') \g /dev/null
INSERT INTO tb_comment VALUES (7, 4, 'first');
SELECT equals('first child', changed('tv_post'), '4');
SELECT data -> 'comments' FROM tv_post WHERE pk_post = 4;
UPDATE tb_comment SET text = 'edited' WHERE pk_comment = 7;
SELECT data -> 'comments' FROM tv_post WHERE pk_post = 4;
SELECT remember('tv_post') \g /dev/null
UPDATE tb_comment SET fk_post = 1 WHERE pk_comment = 7;
SELECT equals('moved child: both parents', changed('tv_post'), '1 4');
SELECT data -> 'comments' FROM tv_post WHERE pk_post IN (1, 4) ORDER BY pk_post;
SELECT same('tv_post', 'children');
DELETE FROM tb_comment WHERE fk_post = 1;
SELECT equals('last child deleted', (SELECT data -> 'comments' FROM tv_post WHERE pk_post = 1), '[]'::jsonb);
SELECT same('tv_post', 'no children');

-- a parent that changes: move a post, move a user
SELECT remember('tv_user'), remember('tv_post') \g /dev/null
UPDATE tb_post SET fk_user = 3 WHERE pk_post = 2;
SELECT equals('post to another user', changed('tv_post') || ', ' || changed('tv_user'), '2, none');
UPDATE tb_user SET fk_company = 2 WHERE pk_user = 1;
SELECT equals('user to another company', changed('tv_user'), '1');
SELECT pk_post, user_id, data #>> '{author,company,name}' FROM tv_post ORDER BY 1;
SELECT same('tv_user, tv_post', 'moves');

-- the key itself
SELECT remember('tv_post') \g /dev/null
UPDATE tb_post SET pk_post = 40 WHERE pk_post = 4;
SELECT equals('changed key', changed('tv_post'), '-4 +40');
SELECT same('tv_post', 'changed key');

-- what the definitions do not read, and what does not change
SELECT remember('tv_user'), remember('tv_post') \g /dev/null
UPDATE tb_user SET password = 'secret';
UPDATE tb_post SET visits = visits + 1;
SELECT equals('unused column', changed('tv_user') || changed('tv_post'), 'nonenone');
UPDATE tb_user SET name = name;
UPDATE tb_post SET title = title, id = id, fk_user = fk_user;
SELECT equals('nothing changed', changed('tv_user') || changed('tv_post'), 'nonenone');
UPDATE tb_user SET name = name || '!' WHERE pk_user = 1;
UPDATE tb_user SET name = rtrim(name, '!') WHERE pk_user = 1;
SELECT same('tv_user', 'there and back');

-- several changes of one row in one transaction; several rows in one statement
BEGIN;
UPDATE tb_user SET name = 'a' WHERE pk_user = 1;
SELECT data ->> 'name' FROM tv_user WHERE pk_user = 1;
UPDATE tb_user SET name = 'b' WHERE pk_user = 1;
SELECT data ->> 'name' FROM tv_user WHERE pk_user = 1;
SELECT same('tv_user, tv_post', 'inside');
COMMIT;
SELECT same('tv_user, tv_post', 'same row twice');
INSERT INTO tb_post SELECT n, uuid_of(2, n), 1 + n % 3, 'post ' || n FROM generate_series(101, 600) n;
INSERT INTO tb_comment SELECT n, n, 'c' || n FROM generate_series(101, 600) n;
SELECT equals('bulk insert', (SELECT count(*) FROM tv_post), 504);
SELECT same('tv_post', 'bulk insert');
UPDATE tb_post SET title = title || '?', fk_user = 1 + (fk_user + 1) % 3 WHERE pk_post > 100;
SELECT same('tv_post', 'bulk update');
UPDATE tb_company SET name = name || '!';
SELECT equals('rename above 504 documents',
			  (SELECT count(*) FROM tv_post WHERE data #>> '{author,company,name}' LIKE '%!'), 504);
SELECT same('tv_post', 'fan out');
DELETE FROM tb_post WHERE pk_post > 100;
SELECT equals('bulk delete', (SELECT count(*) FROM tv_post), 4);
SELECT same('tv_post', 'bulk delete');

-- rollback
BEGIN;
UPDATE tb_user SET name = 'never' WHERE pk_user = 1;
INSERT INTO tb_comment VALUES (50, 1, 'never');
SELECT data #>> '{author,name}', data -> 'comments' FROM tv_post WHERE pk_post = 1;
ROLLBACK;
SELECT data #>> '{author,name}', data -> 'comments' FROM tv_post WHERE pk_post = 1;
SELECT same('tv_post', 'rollback');

-- data-modifying CTEs
WITH moved AS (DELETE FROM tb_comment WHERE pk_comment = 3 RETURNING *),
	renamed AS (UPDATE tb_user SET name = 'cte' WHERE pk_user = 3 RETURNING pk_user)
INSERT INTO tb_comment SELECT 60, 1, m.text || ' moved' FROM moved m;
SELECT data -> 'comments', data #>> '{author,name}' FROM tv_post WHERE pk_post IN (1, 2) ORDER BY pk_post;
SELECT same('tv_user, tv_post', 'CTE');

-- everything below goes
DELETE FROM tb_comment;
DELETE FROM tb_post;
DELETE FROM tb_user;
DELETE FROM tb_company;
SELECT equals('empty', (SELECT count(*) FROM tv_post) + (SELECT count(*) FROM tv_user) + (SELECT count(*) FROM tv_company), 0);
INSERT INTO tb_company VALUES (1, 'one');
INSERT INTO tb_user VALUES (1, uuid_of(1, 1), 1, 'one');
INSERT INTO tb_post VALUES (1, uuid_of(2, 1), 1, 'one');
SELECT same('tv_company, tv_user, tv_post', 'refill');

SET client_min_messages = warning;
DROP SCHEMA dml CASCADE;
