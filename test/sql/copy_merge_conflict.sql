--
-- COPY, INSERT .. ON CONFLICT, MERGE, UPDATE .. FROM, writes through views.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\set blog :dir '/sql/include/blog.sql'
\i :check
CREATE SCHEMA copying;
SET search_path = copying, public;
\i :blog

COPY tb_comment FROM stdin;
100	1	copied
101	4	copied
102	4	\N
\.
SELECT data -> 'comments' FROM tv_post WHERE pk_post IN (1, 4) ORDER BY pk_post;
SELECT same('tv_post', 'COPY FROM');
BEGIN;
COPY tb_post (pk_post, id, fk_user, title) FROM stdin (FORMAT csv);
10,00000002-0000-0000-0000-000000000010,3,"copied, too"
\.
COPY (SELECT data ->> 'title' FROM tv_post WHERE pk_post = 10) TO stdout;
COMMIT;
SELECT same('tv_post', 'COPY FROM and COPY TO');
COPY tb_comment FROM stdin;
103	1	good
104	99	bad
\.
SELECT same('tv_post', 'COPY that fails');

SELECT remember('tv_post') \g /dev/null
INSERT INTO tb_comment VALUES (100, 2, 'conflict'), (105, 2, 'no conflict') ON CONFLICT DO NOTHING;
SELECT equals('DO NOTHING', changed('tv_post'), '2');
INSERT INTO tb_comment AS c VALUES (100, 3, 'moved'), (106, 3, 'new') ON CONFLICT (pk_comment)
	DO UPDATE SET text = excluded.text || ', was ' || c.text, fk_post = excluded.fk_post;
SELECT equals('DO UPDATE: old and new parent', changed('tv_post'), '1 2 3');
SELECT data -> 'comments' FROM tv_post WHERE pk_post = 3;
INSERT INTO tb_user VALUES (1, uuid_of(1, 1), 1, 'upserted') ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING name;
INSERT INTO tb_user VALUES (1, uuid_of(1, 1), 1, 'not taken') ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE false;
SELECT same('tv_user, tv_post', 'ON CONFLICT');

MERGE INTO tb_post p USING (VALUES (1, 'merged'), (3, 'gone'), (20, 'inserted'), (2, 'left')) v(n, title) ON p.pk_post = v.n
	WHEN MATCHED AND v.title = 'gone' THEN DELETE
	WHEN MATCHED AND v.title = 'left' THEN DO NOTHING
	WHEN MATCHED THEN UPDATE SET title = v.title, fk_user = 3
	WHEN NOT MATCHED THEN INSERT VALUES (n, uuid_of(2, n), 1, v.title);
SELECT pk_post, data ->> 'title' AS title, data #>> '{author,name}' AS author FROM tv_post ORDER BY 1;
SELECT same('tv_user, tv_post', 'MERGE');
-- with a tview as source, and in one statement with what it maintains
MERGE INTO tb_user u USING tv_post p ON u.id = p.user_id AND p.pk_post = 1
	WHEN MATCHED THEN UPDATE SET name = 'author of ' || (p.data ->> 'title')
	WHEN NOT MATCHED THEN DO NOTHING;
SELECT data #>> '{author,name}' FROM tv_post WHERE pk_post = 1;
SELECT same('tv_user, tv_post', 'MERGE from a tview');

UPDATE tb_post SET title = u.name || '''s' FROM tb_user u WHERE u.pk_user = fk_user;
DELETE FROM tb_comment USING tb_post WHERE fk_post = pk_post AND fk_user = 3;
UPDATE tb_company c SET name = (SELECT string_agg(data ->> 'name', '+' ORDER BY pk_user) FROM tv_user u WHERE u.fk_company = c.pk_company);
SELECT data ->> 'name' FROM tv_company ORDER BY pk_company;
SELECT same('tv_company, tv_user, tv_post', 'UPDATE FROM, DELETE USING');

-- through an updatable view, an INSTEAD OF trigger, a rule
CREATE VIEW editable AS SELECT pk_user, name FROM tb_user WHERE pk_user < 3;
UPDATE editable SET name = 'edited' WHERE pk_user = 2;
CREATE VIEW joined AS SELECT p.pk_post, u.name FROM tb_post p JOIN tb_user u ON pk_user = fk_user;
CREATE FUNCTION rename_author() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE tb_user SET name = new.name WHERE pk_user = (SELECT fk_user FROM tb_post WHERE pk_post = old.pk_post);
	RETURN new;
END
$$;
CREATE TRIGGER i INSTEAD OF UPDATE ON joined FOR EACH ROW EXECUTE FUNCTION rename_author();
UPDATE joined SET name = 'through a view' WHERE pk_post = 20;
CREATE RULE r AS ON DELETE TO tb_company DO INSTEAD UPDATE tb_company SET name = 'closed' WHERE pk_company = old.pk_company;
DELETE FROM tb_company WHERE pk_company = 2;
SELECT data #>> '{author,name}' FROM tv_post WHERE pk_post = 20;
SELECT same('tv_company, tv_user, tv_post', 'views and rules');

-- session_replication_role does not switch maintenance off
SET session_replication_role = replica;
UPDATE tb_user SET name = 'replica' WHERE pk_user = 3;
RESET session_replication_role;
SELECT same('tv_user, tv_post', 'replica role');

SET client_min_messages = warning;
DROP SCHEMA copying CASCADE;
