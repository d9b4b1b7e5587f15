--
-- Foreign keys that cascade, triggers on base tables, triggers on tviews.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\set blog :dir '/sql/include/blog.sql'
\i :check
CREATE SCHEMA cascades;
SET search_path = cascades, public;
\i :blog

-- ON DELETE CASCADE, two levels
SELECT remember('tv_post') \g /dev/null
DELETE FROM tb_user WHERE pk_user = 1;
SELECT equals('posts and comments of a deleted user', changed('tv_post') || ', ' || (SELECT count(*) FROM tb_comment), '-1 -2, 2');
SELECT same('tv_user, tv_post', 'ON DELETE CASCADE');
-- ON DELETE SET NULL, SET DEFAULT, ON UPDATE CASCADE
CREATE TABLE a (a int PRIMARY KEY, x text);
CREATE TABLE b (b int PRIMARY KEY, n int REFERENCES a ON DELETE SET NULL, d int DEFAULT 0 REFERENCES a ON DELETE SET DEFAULT,
	c int REFERENCES a ON UPDATE CASCADE);
INSERT INTO a SELECT n, 'a' || n FROM generate_series(0, 4) n;
INSERT INTO b VALUES (1, 1, 1, 2), (2, 2, 3, 4), (3, 3, 2, 4);
CREATE TVIEW tv_b WITH (key = 'b') AS
	SELECT b, n.x AS n, d.x AS d, c.x AS c, b.c AS c_no FROM b LEFT JOIN a n ON n.a = b.n JOIN a d ON d.a = b.d LEFT JOIN a c ON c.a = b.c;
DELETE FROM a WHERE a = 1;
UPDATE a SET a = 40 WHERE a = 4;
DELETE FROM a WHERE a = 3;
SELECT * FROM (SELECT b, n, d, c, c_no FROM tv_b) t ORDER BY b;
SELECT same('tv_b', 'SET NULL, SET DEFAULT, ON UPDATE CASCADE');
-- deferred constraints
ALTER TABLE b ALTER CONSTRAINT b_n_fkey DEFERRABLE INITIALLY DEFERRED;
BEGIN;
UPDATE b SET n = 77 WHERE b = 2;
SELECT n FROM tv_b WHERE b = 2;
INSERT INTO a VALUES (77, 'late');
SELECT n FROM tv_b WHERE b = 2;
COMMIT;
SELECT same('tv_b', 'deferred constraint');

-- a BEFORE trigger that changes and one that swallows the row
CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF new.x = 'swallow' THEN RETURN NULL; END IF;
	new.x := upper(new.x);
	RETURN new;
END
$$;
CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON a FOR EACH ROW EXECUTE FUNCTION shout();
UPDATE a SET x = 'quiet' WHERE a = 2;
UPDATE a SET x = 'swallow' WHERE a = 40;
SELECT b, c FROM tv_b ORDER BY b;
SELECT same('tv_b', 'BEFORE trigger');

-- AFTER triggers that write further base tables, before and after ours in name, and a deferred one
CREATE FUNCTION copy_x() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE a SET x = new.x || tg_argv[0] WHERE a = new.a + 1;
	RETURN NULL;
END
$$;
CREATE TRIGGER aaa AFTER UPDATE ON a FOR EACH ROW WHEN (pg_trigger_depth() < 2) EXECUTE FUNCTION copy_x(' a');
CREATE TRIGGER zzz AFTER UPDATE ON a FOR EACH ROW WHEN (pg_trigger_depth() < 2) EXECUTE FUNCTION copy_x(' z');
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE a SET x = 'late ' || new.b WHERE a = 40;
	RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON b DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late();
INSERT INTO a VALUES (3, 'three');
UPDATE a SET x = 'two' WHERE a = 2;
UPDATE b SET n = 3;
SELECT same('tv_b', 'AFTER triggers');
INSERT INTO b VALUES (9, 3, 2, 40);
SELECT equals('deferred trigger', (SELECT c FROM tv_b WHERE b = 9), 'LATE 9');
SELECT same('tv_b', 'deferred trigger');
-- a trigger that reads the tview sees the change that fired it
CREATE TABLE seen (n text);
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO seen SELECT n FROM tv_b WHERE b = 9;
	RETURN NULL;
END
$$;
CREATE TRIGGER zzzz AFTER UPDATE ON a FOR EACH ROW EXECUTE FUNCTION look();
UPDATE a SET x = 'seen' WHERE a = 3;
SELECT * FROM seen LIMIT 1;
DROP TRIGGER zzzz ON a;

-- triggers on a tview: row, statement, transition tables; they may write base tables
CREATE TABLE log (n serial, line text);
CREATE FUNCTION log_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO log (line) VALUES (format('%s %s: %s -> %s', tg_op, coalesce(new.pk_user, old.pk_user), old.data ->> 'name', new.data ->> 'name'));
	RETURN NULL;
END
$$;
CREATE FUNCTION log_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO log (line) SELECT format('%s of %s rows: %s', tg_op, count(*), string_agg(n.data ->> 'name', ', ' ORDER BY pk_user)) FROM new_rows n;
	RETURN NULL;
END
$$;
CREATE TRIGGER log_row AFTER INSERT OR UPDATE OR DELETE ON tv_user FOR EACH ROW EXECUTE FUNCTION log_row();
CREATE TRIGGER log_update AFTER UPDATE ON tv_user REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION log_statement();
UPDATE tb_user SET name = 'x' || name;
INSERT INTO tb_user VALUES (8, uuid_of(1, 8), NULL, 'eight');
DELETE FROM tb_user WHERE pk_user = 8;
UPDATE tb_user SET password = 'nothing to see';
SELECT line FROM log ORDER BY n;
CREATE FUNCTION count_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE tb_company SET name = 'last: ' || (new.data ->> 'name') WHERE pk_company = 1;
	RETURN NULL;
END
$$;
CREATE TRIGGER count_users AFTER UPDATE ON tv_user FOR EACH ROW WHEN (new.pk_user = 3) EXECUTE FUNCTION count_users();
UPDATE tb_user SET name = 'three' WHERE pk_user = 3;
SELECT data ->> 'name' FROM tv_company WHERE pk_company = 1;
SELECT same('tv_company, tv_user, tv_post', 'a trigger on a tview that writes a base table');
-- one that never ends
CREATE FUNCTION forever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE tb_user SET name = name || '.' WHERE pk_user = 3;
	RETURN NULL;
END
$$;
CREATE TRIGGER forever AFTER UPDATE ON tv_company FOR EACH ROW EXECUTE FUNCTION forever();
CREATE TRIGGER count_forever AFTER UPDATE ON tv_user FOR EACH ROW EXECUTE FUNCTION count_users();
SELECT refused('triggers that do not end', '54001', $$UPDATE tb_user SET name = 'loop' WHERE pk_user = 3; SELECT FROM tv_user$$);
SELECT same('tv_company, tv_user, tv_post', 'triggers that do not end');

-- a foreign key to a tview: triggers of the table that it reaches run as whom they would elsewhere
CREATE ROLE regress_cascader;
GRANT USAGE ON SCHEMA cascades TO regress_cascader;
CREATE TABLE source (pk int PRIMARY KEY);
INSERT INTO source VALUES (1), (2);
CREATE TVIEW tv_source WITH (key = 'pk') AS SELECT pk FROM source;
CREATE TABLE child (pk int PRIMARY KEY, source int REFERENCES tv_source ON DELETE CASCADE);
INSERT INTO child VALUES (1, 1), (2, 2);
CREATE TVIEW tv_child WITH (key = 'pk') AS SELECT pk, source FROM child;
CREATE TABLE plain_source (pk int PRIMARY KEY);
INSERT INTO plain_source VALUES (1);
CREATE TABLE plain_child (pk int PRIMARY KEY, source int REFERENCES plain_source ON DELETE CASCADE);
INSERT INTO plain_child VALUES (1, 1);
CREATE TABLE who (what text, gone int, name text, path text);
GRANT INSERT ON who TO PUBLIC;
CREATE FUNCTION note_who() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO who VALUES (TG_TABLE_NAME, old.pk, current_user, current_setting('search_path')); RETURN NULL; END $$;
CREATE TRIGGER note_who AFTER DELETE ON child FOR EACH ROW EXECUTE FUNCTION note_who();
CREATE TRIGGER note_who AFTER DELETE ON plain_child FOR EACH ROW EXECUTE FUNCTION note_who();
GRANT SELECT, DELETE ON source, plain_source TO regress_cascader;
SET ROLE regress_cascader;
DELETE FROM source WHERE pk = 1;
DELETE FROM plain_source WHERE pk = 1;
RESET ROLE;
SELECT what, gone, path FROM who ORDER BY what;
SELECT equals('the same role', (SELECT name FROM who WHERE what = 'child'), (SELECT name FROM who WHERE what = 'plain_child'));
SELECT same('tv_source, tv_child', 'a foreign key to a tview');

-- triggers fire where nothing can be deferred
CREATE TABLE dtarget (pk int PRIMARY KEY);
CREATE TABLE dsource (pk_dsource int PRIMARY KEY, target int);
CREATE TVIEW tv_dsource WITH (key = 'pk_dsource') AS SELECT pk_dsource, target FROM dsource;
CREATE FUNCTION do_nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
ALTER TABLE tv_dsource ADD CONSTRAINT to_target FOREIGN KEY (target) REFERENCES dtarget DEFERRABLE INITIALLY DEFERRED;
SELECT refused('a trigger beside a deferrable constraint', '42809',
	'CREATE TRIGGER nothing AFTER INSERT ON tv_dsource FOR EACH ROW EXECUTE FUNCTION do_nothing()');
BEGIN;
INSERT INTO dsource VALUES (1, 1);
INSERT INTO dtarget VALUES (1);
COMMIT;
SELECT same('tv_dsource', 'a deferred constraint');
ALTER TABLE tv_dsource DROP CONSTRAINT to_target;
CREATE TRIGGER nothing AFTER INSERT ON tv_dsource FOR EACH ROW EXECUTE FUNCTION do_nothing();
SELECT refused('a deferrable constraint beside a trigger', '42809',
	'ALTER TABLE tv_dsource ADD FOREIGN KEY (target) REFERENCES dtarget DEFERRABLE');
ALTER TABLE tv_dsource ADD FOREIGN KEY (target) REFERENCES dtarget;

SET client_min_messages = warning;
DROP SCHEMA cascades CASCADE;
DROP ROLE regress_cascader;
