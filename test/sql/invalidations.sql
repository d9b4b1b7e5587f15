--
-- What a session knows about a tview is replaced in the middle of a transaction, by commands that change
-- nothing and by others: what was captured before is not lost, and meets what is captured after.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA invalidations;
SET search_path = invalidations, public;
CREATE TABLE c (pk int PRIMARY KEY, name text);
CREATE TABLE u (pk int PRIMARY KEY, c int, name text, d int);
INSERT INTO c VALUES (1, 'A'), (2, 'B');
INSERT INTO u VALUES (1, 1, 'n1', 2), (2, 2, 'n2', 1);
-- keys that are computed from both tables
CREATE TVIEW tv_text WITH (key = 'k') AS SELECT u.name || ':' || c.name AS k, count(*) AS n FROM u JOIN c ON c.pk = u.c GROUP BY 1;
CREATE TVIEW tv_number WITH (key = 'k') AS SELECT u.pk * 100 + c.pk AS k, c.name FROM u JOIN c ON c.pk = u.c;
CREATE TVIEW tv_either WITH (key = 'k') AS SELECT coalesce(c.name, u.name) AS k, count(*) AS n FROM u FULL JOIN c ON c.pk = u.c GROUP BY 1;
CREATE TVIEW tv_document AS SELECT u.pk AS pk_document, jsonb_build_object('user', u.name, 'company', c.name) AS data FROM u JOIN c ON c.pk = u.c;

\set all '''tv_text, tv_number, tv_either, tv_document'''
BEGIN;
UPDATE u SET name = 'u2' WHERE pk = 1;
ANALYZE u;
UPDATE c SET name = 'NEW' WHERE pk = 1;
COMMIT;
SELECT same(:all, 'ANALYZE');
BEGIN;
DELETE FROM u WHERE pk = 2;
GRANT SELECT ON u TO PUBLIC;
DELETE FROM c WHERE pk = 2;
COMMIT;
SELECT same(:all, 'GRANT');
INSERT INTO c VALUES (2, 'B'), (3, 'C');
INSERT INTO u VALUES (2, 2, 'n2', 3), (3, 3, 'n3', 1);
BEGIN;
UPDATE u SET c = 3 WHERE pk = 2;
SAVEPOINT s;
ANALYZE c;
UPDATE c SET pk = 20 WHERE pk = 2;
SELECT count(*) FROM tv_text;
ROLLBACK TO s;
ANALYZE tv_text;
DELETE FROM c WHERE pk = 2;
COMMIT;
SELECT same(:all, 'a savepoint');
-- indexes and constraints may change how rows are traced
BEGIN;
UPDATE u SET name = 'x' WHERE pk = 2;
CREATE UNIQUE INDEX unique_name ON c (name);
UPDATE c SET name = name || '!';
DROP INDEX unique_name;
DELETE FROM u WHERE pk = 3;
ALTER TABLE u ALTER c SET NOT NULL;
DELETE FROM c WHERE pk = 3 AND NOT EXISTS (SELECT FROM u WHERE c = 3);
COMMIT;
SELECT same(:all, 'indexes and constraints');
-- names
BEGIN;
UPDATE c SET name = name || '?';
ALTER TABLE u RENAME COLUMN c TO tmp;
ALTER TABLE u RENAME COLUMN d TO c;
ALTER TABLE u RENAME COLUMN tmp TO d;
UPDATE u SET name = name || '?';
COMMIT;
SELECT same(:all, 'names');

SET client_min_messages = warning;
DROP SCHEMA invalidations CASCADE;
