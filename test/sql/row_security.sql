--
-- Policies on base tables: a tview has the rows that its owner may see.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
SET client_min_messages = warning;
CREATE ROLE regress_owner;
CREATE ROLE regress_other;
CREATE SCHEMA row_security;
GRANT USAGE, CREATE ON SCHEMA row_security TO regress_owner, regress_other;
SET search_path = row_security, public;
CREATE TABLE tb_user (pk_user int PRIMARY KEY, name text, hidden boolean NOT NULL DEFAULT false);
CREATE TABLE tb_post (pk_post int PRIMARY KEY, fk_user int, title text);
CREATE TABLE ban (fk_user int);
INSERT INTO tb_user VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cid');
INSERT INTO tb_post VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 3, 'd');
GRANT ALL ON ALL TABLES IN SCHEMA row_security TO regress_owner, regress_other;
ALTER TABLE tb_user ENABLE ROW LEVEL SECURITY;
CREATE POLICY shown ON tb_user FOR SELECT TO regress_owner USING (NOT hidden);
SET ROLE regress_owner;
-- supports: Relations / tables with row security, as the owner of the tview sees them
CREATE TVIEW tv_post AS
	SELECT pk_post, jsonb_build_object('title', title, 'author', name) AS data FROM tb_post JOIN tb_user ON pk_user = fk_user;
CREATE TVIEW tv_user AS
	SELECT pk_user, jsonb_build_object('name', name, 'posts', (SELECT count(*) FROM tb_post WHERE fk_user = pk_user)) AS data FROM tb_user;
RESET ROLE;
CREATE VIEW posts AS SELECT coalesce(string_agg(pk_post::text, '' ORDER BY pk_post), '') AS keys FROM tv_post;

SELECT same('tv_post, tv_user', 'creation');
UPDATE tb_user SET hidden = true WHERE pk_user = 1;
SELECT equals('a row was hidden', keys, '34') FROM posts;
SELECT same('tv_post, tv_user', 'hidden');
BEGIN;
UPDATE tb_post SET fk_user = 1 WHERE pk_post = 3;
UPDATE tb_user SET hidden = (pk_user = 2);
SELECT equals('rows moved and hidden at once', keys, '1234') FROM posts;
SELECT same('tv_post, tv_user', 'moved and hidden');
COMMIT;

SELECT traced('tv_post, tv_user');

-- policies change
ALTER POLICY shown ON tb_user USING (name <> 'Ann');
SELECT equals('another policy', keys, '4') FROM posts;
CREATE POLICY more ON tb_user FOR SELECT TO regress_owner USING (name = 'Ann');
SELECT equals('one more policy', keys, '1234') FROM posts;
DROP POLICY more ON tb_user;
SELECT equals('one policy less', keys, '4') FROM posts;
ALTER TABLE tb_user DISABLE ROW LEVEL SECURITY;
SELECT equals('no row security', keys, '1234') FROM posts;
ALTER TABLE tb_user ENABLE ROW LEVEL SECURITY;
SELECT equals('row security', keys, '4') FROM posts;
SELECT same('tv_post, tv_user', 'policies');

-- a policy that goes with what it uses
CREATE FUNCTION allowed(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1 < 'B' $$;
CREATE POLICY extra ON tb_user FOR SELECT TO regress_owner USING (allowed(name));
SELECT equals('a policy that calls a function', keys, '1234') FROM posts;
DROP FUNCTION allowed CASCADE;
SELECT equals('which was dropped', keys, '4') FROM posts;
SELECT same('tv_post, tv_user', 'DROP FUNCTION CASCADE');

-- owners change
ALTER TVIEW tv_post OWNER TO CURRENT_USER;
SELECT equals('a tview of a superuser', keys, '1234') FROM posts;
ALTER TVIEW tv_post OWNER TO regress_owner;
SELECT equals('a tview given back', keys, '4') FROM posts;
ALTER TABLE tv_post OWNER TO CURRENT_USER;
SELECT equals('by ALTER TABLE', keys, '1234') FROM posts;
ALTER TABLE tv_post OWNER TO regress_owner;
ALTER TABLE tb_user OWNER TO regress_owner;
SELECT equals('a table of the owner of the tview', keys, '1234') FROM posts;
SELECT same('tv_post, tv_user', 'owners');

BEGIN;
ALTER TABLE tb_user OWNER TO CURRENT_USER;
GRANT ALL ON tb_user TO regress_owner, regress_other;
COMMIT;
ALTER TABLE tb_user FORCE ROW LEVEL SECURITY;
SELECT equals('forced on somebody else', keys, '4') FROM posts;
UPDATE tb_post SET fk_user = 4 - fk_user;
DELETE FROM tb_post WHERE pk_post = 2;

-- a policy that reads another table: its changes can concern every row
-- refused: Without on_untraceable / a policy that reads another table
SELECT refused('a policy that reads a table', '0A000', $$ALTER POLICY shown ON tb_user USING (pk_user NOT IN (SELECT fk_user FROM ban))$$);
ALTER TVIEW tv_post SET (on_untraceable = 'recompute');
ALTER TVIEW tv_user SET (on_untraceable = 'recompute');
ALTER POLICY shown ON tb_user USING (pk_user NOT IN (SELECT fk_user FROM ban));
SELECT equals('nobody is banned', keys, '134') FROM posts;
BEGIN;
INSERT INTO ban VALUES (3);
UPDATE tb_post SET fk_user = 2 WHERE pk_post = 1;
SELECT equals('banned', keys, '14') FROM posts;
SELECT same('tv_post, tv_user', 'banned');
COMMIT;
INSERT INTO ban VALUES (NULL);
SELECT equals('NOT IN with NULL', keys, '') FROM posts;
DELETE FROM ban;
SELECT same('tv_post, tv_user', 'nobody is banned');

CREATE VIEW banned_users AS SELECT fk_user FROM ban;
ALTER VIEW banned_users OWNER TO regress_owner;
ALTER POLICY shown ON tb_user USING (pk_user NOT IN (SELECT fk_user FROM banned_users));
INSERT INTO ban VALUES (3);
SELECT equals('banned by a view', keys, '14') FROM posts;
DELETE FROM ban;
SELECT same('tv_post, tv_user', 'a policy that reads a view');

-- roles give away all they have
REASSIGN OWNED BY regress_owner TO regress_other;
SELECT equals('no policy is for the new owner', keys, '') FROM posts;
CREATE POLICY other ON tb_user FOR SELECT TO regress_other USING (pk_user > 1);
SELECT equals('now there is one', keys, '13') FROM posts;
DROP OWNED BY regress_owner;
SELECT same('tv_post, tv_user', 'REASSIGN and DROP OWNED');
SET ROLE regress_other;
ALTER TABLE tv_post OWNER TO regress_other;
RESET ROLE;

-- what a definition may not contain, neither may a helper view nor a policy
CREATE VIEW helper AS SELECT pk_post AS k, title FROM tb_post;
CREATE TVIEW tv_helped WITH (key = 'k') AS SELECT k, title FROM helper;
SELECT refused('volatile function in a helper view', '0A000', 'CREATE OR REPLACE VIEW helper AS SELECT pk_post AS k, random()::text AS title FROM tb_post');
CREATE FUNCTION banned() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM row_security.ban $$;
SELECT refused('a function that reads tables in a helper view', '0A000', 'CREATE OR REPLACE VIEW helper AS SELECT pk_post AS k, banned()::text AS title FROM tb_post');
SELECT refused('a function that reads tables in a policy', '0A000', 'ALTER POLICY other ON tb_user USING (banned() = 0)');
SELECT same('tv_post, tv_user, tv_helped', 'in the end');

DROP SCHEMA row_security CASCADE;
DROP ROLE regress_owner, regress_other;
