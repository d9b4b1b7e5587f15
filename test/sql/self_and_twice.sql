--
-- One table in several places of a definition.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA twice;
SET search_path = twice, public;

-- author and reviewer are the same kind of row, sometimes the same row
CREATE TABLE tb_user (pk_user int PRIMARY KEY, name text, boss int);
CREATE TABLE tb_paper (pk_paper int PRIMARY KEY, author int, reviewer int);
INSERT INTO tb_user SELECT n, 'user ' || n, n / 2 FROM generate_series(1, 7) n;
INSERT INTO tb_paper VALUES (1, 1, 2), (2, 2, 1), (3, 1, 1), (4, 3, NULL), (5, NULL, 3);
CREATE TVIEW tv_paper AS
	SELECT pk_paper, jsonb_build_object('author', a.name, 'reviewer', r.name) AS data
	FROM tb_paper LEFT JOIN tb_user a ON a.pk_user = author LEFT JOIN tb_user r ON r.pk_user = reviewer;
SELECT remember('tv_paper') \g /dev/null
UPDATE tb_user SET name = 'renamed' WHERE pk_user = 1;
SELECT equals('both roles', changed('tv_paper'), '1 2 3');
SELECT remember('tv_paper') \g /dev/null
UPDATE tb_user SET name = 'also renamed' WHERE pk_user = 3;
SELECT equals('one role', changed('tv_paper'), '4 5');
UPDATE tb_paper SET author = reviewer, reviewer = author;
DELETE FROM tb_user WHERE pk_user = 2;
INSERT INTO tb_user VALUES (2, 'second', 1);
SELECT pk_paper, data FROM tv_paper ORDER BY 1;
SELECT same('tv_paper', 'two roles');

-- a tree: parent, grandparent, whether there are children, how many siblings
CREATE TVIEW tv_user AS
	SELECT u.pk_user, jsonb_build_object('name', u.name, 'boss', b.name, 'boss of boss', bb.name,
		'leads', EXISTS (SELECT FROM tb_user c WHERE c.boss = u.pk_user),
		'team', (SELECT jsonb_agg(c.name ORDER BY c.pk_user) FROM tb_user c WHERE c.boss = u.pk_user),
		'peers', (SELECT count(*) FROM tb_user p WHERE p.boss = u.boss)) AS data
	FROM tb_user u LEFT JOIN tb_user b ON b.pk_user = u.boss LEFT JOIN tb_user bb ON bb.pk_user = b.boss;
SELECT remember('tv_user') \g /dev/null
UPDATE tb_user SET name = 'chief' WHERE pk_user = 1;
SELECT equals('tree: children and their children', changed('tv_user'), '1 2 3 4 5 6 7');
SELECT remember('tv_user') \g /dev/null
UPDATE tb_user SET name = 'leaf' WHERE pk_user = 7;
SELECT equals('tree: parent of a leaf', changed('tv_user'), '3 7');
INSERT INTO tb_user VALUES (8, 'new', 7);
SELECT equals('first child', (SELECT data ->> 'leads' FROM tv_user WHERE pk_user = 7), 'true');
UPDATE tb_user SET boss = 6 WHERE pk_user = 8;
SELECT equals('child moved away', (SELECT data ->> 'leads' FROM tv_user WHERE pk_user = 7), 'false');
SELECT same('tv_user', 'moved');
-- keys swapped and shifted
UPDATE tb_user SET pk_user = pk_user + 100;
UPDATE tb_user SET boss = boss + 100;
SELECT same('tv_user, tv_paper', 'all keys changed');
UPDATE tb_user SET boss = pk_user WHERE pk_user = 101;
SELECT same('tv_user', 'a row that is its own parent');
DELETE FROM tb_user WHERE pk_user = 103;
SELECT same('tv_user, tv_paper', 'inner node deleted');

-- a table joined with itself by another column; pairs as key
CREATE TVIEW tv_peers WITH (key = 'one, other') AS
	SELECT a.pk_user AS one, b.pk_user AS other, a.name || ' and ' || b.name AS names
	FROM tb_user a JOIN tb_user b ON b.boss = a.boss AND b.pk_user > a.pk_user;
INSERT INTO tb_user VALUES (1, 'x', 101), (2, 'y', 101);
UPDATE tb_user SET name = 'z' WHERE pk_user = 1;
UPDATE tb_user SET boss = 102 WHERE pk_user = 2;
SELECT same('tv_peers, tv_user', 'pairs');

-- one tview reads a table directly and through a view, and in a subquery
CREATE VIEW names AS SELECT pk_user, name FROM tb_user;
CREATE TVIEW tv_thrice WITH (key = 'pk_user') AS
	SELECT u.pk_user, u.name, n.name AS again, (SELECT name FROM tb_user t WHERE t.pk_user = u.pk_user) AS third
	FROM tb_user u JOIN names n USING (pk_user);
UPDATE tb_user SET name = name || '!';
SELECT equals('thrice', (SELECT bool_and(name = again AND again = third) FROM tv_thrice), true);
SELECT same('tv_thrice, tv_peers, tv_user, tv_paper', 'all');

SET client_min_messages = warning;
DROP SCHEMA twice CASCADE;
