--
-- Operators of other schemas where SQL has no place for their schema.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA operators;
SET search_path = operators, public;
CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE TABLE person (person int PRIMARY KEY, email citext, other citext, n int, h hstore);
CREATE TABLE account (account int PRIMARY KEY, email citext, name text, n int, h hstore);
INSERT INTO person VALUES (1, 'Ann', 'ann', 1, 'a=>1'), (2, 'Bob', NULL, 2, NULL), (3, NULL, NULL, 3, 'b=>2'), (4, 'Cyd', 'x', 4, 'c=>3');
INSERT INTO account VALUES (1, 'ANN', 'A', 1, 'a=>1'), (2, 'bob', 'B', 2, 'b=>2'), (3, NULL, 'none', 3, 'b=>2');

CREATE TVIEW tv_distinct WITH (key = 'person') AS
	SELECT person, a.name FROM person p LEFT JOIN account a ON p.email IS NOT DISTINCT FROM a.email;
CREATE TVIEW tv_values WITH (key = 'person') AS
	SELECT person, jsonb_build_object('n', n, 'nullif', nullif(email, other), 'distinct', email IS DISTINCT FROM other,
		'case', CASE email WHEN other THEN 'same' WHEN 'BOB' THEN 'bob' ELSE 'other' END,
		'less', (email, n) < (other, 5), 'most', (n, email) >= (1, other)) AS data FROM person;
CREATE TVIEW tv_using WITH (key = 'person') AS
	SELECT person, jsonb_build_object('email', email, 'n', person.n, 'name', name) AS data FROM person LEFT JOIN account USING (email);
CREATE TVIEW tv_full WITH (key = 'person, account') AS
	SELECT coalesce(person, 0) AS person, coalesce(account, 0) AS account, jsonb_build_object('email', email, 'name', name) AS data
	FROM person FULL JOIN account USING (email);
CREATE TVIEW tv_natural WITH (key = 'person') AS
	SELECT person, s.name FROM person JOIN (SELECT h, max(name) AS name FROM account GROUP BY h) s USING (h);
CREATE TVIEW tv_in WITH (key = 'person') AS
	SELECT person, (email, n) IN (SELECT a.email, a.n FROM account a) AS yes, (n, email) NOT IN (SELECT a.n, a.email FROM account a WHERE a.n >= p.n) AS no FROM person p;
CREATE TVIEW tv_where WITH (key = 'person') AS
	SELECT person, n FROM person p WHERE (n, email) IN (SELECT a.n, a.email FROM account a);
CREATE TVIEW tv_row WITH (key = 'person') AS
	SELECT person, (email, n) <= (SELECT a.email, a.n FROM account a WHERE a.account = p.person) AS most,
		(email, n) = (SELECT a.email, a.n FROM account a WHERE a.account = p.person) AS same FROM person p;
\set all '\'tv_distinct, tv_values, tv_using, tv_full, tv_natural, tv_in, tv_where, tv_row\''
SELECT traced(:all);
SELECT same(:all, 'creation');
UPDATE account SET name = name || '!';
SELECT person, name FROM tv_distinct ORDER BY person;
SELECT same(:all, 'names');
UPDATE person SET n = n + 1, other = upper(email) WHERE person < 3;
SELECT person, data FROM tv_values ORDER BY person;
SELECT same(:all, 'persons');
UPDATE account SET n = n + 1;
SELECT person, yes, no FROM tv_in ORDER BY person;
SELECT same(:all, 'numbers');
INSERT INTO account VALUES (4, 'cyd', 'C', 4, 'c=>3');
UPDATE person SET email = lower(email), h = 'b=>2';
SELECT same(:all, 'in another case');
DELETE FROM account WHERE account = 1;
DELETE FROM person WHERE person = 2;
SELECT same(:all, 'deleted');
UPDATE account SET email = email || account, h = NULL;
SELECT same(:all, 'moved');

SET client_min_messages = warning;
DROP SCHEMA operators CASCADE;
