--
-- pg_tviews.refresh = immediate: the tables are right after every statement, for any reader.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\set blog :dir '/sql/include/blog.sql'
\i :check
CREATE SCHEMA immediate;
SET search_path = immediate, public;
\i :blog
-- tells when rows of the tview are written
CREATE TABLE log (line text);
CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO log VALUES (tg_op || ' ' || coalesce(new.pk_user, old.pk_user));
	RETURN NULL;
END
$$;
CREATE TRIGGER log AFTER INSERT OR UPDATE OR DELETE ON tv_user FOR EACH ROW EXECUTE FUNCTION log();

BEGIN;
UPDATE tb_user SET name = 'deferred' WHERE pk_user = 1;
SELECT equals('deferred: not yet', (SELECT string_agg(line, ', ') FROM log), NULL);
COMMIT;
SELECT equals('deferred: at commit', (SELECT string_agg(line, ', ') FROM log), 'UPDATE 1');
TRUNCATE log;
SET pg_tviews.refresh = immediate;
BEGIN;
UPDATE tb_user SET name = 'immediate' WHERE pk_user = 1;
SELECT equals('immediate', (SELECT string_agg(line, ', ') FROM log), 'UPDATE 1');
INSERT INTO tb_user VALUES (9, uuid_of(1, 9), 1, 'nine');
DELETE FROM tb_user WHERE pk_user = 9;
SELECT equals('each statement', (SELECT string_agg(line, ', ') FROM log), 'UPDATE 1, INSERT 9, DELETE 9');
COPY tb_user (pk_user, id, name) FROM stdin;
10	00000000-0000-0000-0000-000000000010	ten
\.
SELECT equals('COPY', (SELECT count(*) FROM log WHERE line = 'INSERT 10'), 1);
SELECT same('tv_company, tv_user, tv_post', 'inside');
SAVEPOINT s;
UPDATE tb_company SET name = 'x';
ROLLBACK TO s;
SELECT same('tv_company, tv_user, tv_post', 'ROLLBACK TO');
COMMIT;
SELECT same('tv_company, tv_user, tv_post', 'commit');
DO $$
BEGIN
	UPDATE tb_user SET name = 'do' WHERE pk_user = 2;
	IF NOT EXISTS (SELECT FROM log WHERE line = 'UPDATE 2') THEN RAISE 'not immediate in PL/pgSQL'; END IF;
	DELETE FROM tb_user WHERE pk_user = 1;
	TRUNCATE tb_comment;
END
$$;
SELECT same('tv_company, tv_user, tv_post', 'PL/pgSQL');
-- an error is the statement's own
CREATE TVIEW tv_checked WITH (key = 'pk_post') AS SELECT pk_post, 1 / length(title) AS n FROM tb_post;
BEGIN;
SAVEPOINT s;
UPDATE tb_post SET title = '' WHERE pk_post = 3;
ROLLBACK TO s;
UPDATE tb_post SET title = 'x' WHERE pk_post = 3;
COMMIT;
SELECT same('tv_checked, tv_post', 'error of one statement');
TRUNCATE tb_post CASCADE;
SELECT same('tv_checked, tv_post', 'TRUNCATE');
RESET pg_tviews.refresh;

SET client_min_messages = warning;
DROP SCHEMA immediate CASCADE;
