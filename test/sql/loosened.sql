-- Subqueries that choose among rows or merge them: what they are joined to is traced through their rows, by indexes.
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA loosened;
SET search_path = loosened, public;
CREATE TABLE person (pk int PRIMARY KEY, name text, kind int);
CREATE TABLE ticket (pk int PRIMARY KEY, title text);
CREATE TABLE event (pk int PRIMARY KEY, ticket int, person int, day int);
CREATE INDEX ON event (ticket, day);
CREATE INDEX ON event (person);
INSERT INTO person SELECT n, 'person ' || n, n FROM generate_series(1, 10) n;
INSERT INTO ticket SELECT n, 'ticket ' || n FROM generate_series(1, 30) n;
INSERT INTO event SELECT n, n % 25 + 1, n * 7 % 11, n * 13 % 17 FROM generate_series(1, 100) n;

CREATE TVIEW tv_lateral WITH (key = 'pk') AS SELECT t.pk, jsonb_build_object('day', e.day, 'by', p.name) AS data
	FROM ticket t LEFT JOIN LATERAL (SELECT * FROM event WHERE ticket = t.pk ORDER BY day DESC, pk LIMIT 1) e ON true
	LEFT JOIN person p ON p.pk = e.person;
CREATE TVIEW tv_distinct_on WITH (key = 'pk') AS SELECT t.pk, jsonb_build_object('day', e.day, 'by', p.name) AS data
	FROM ticket t LEFT JOIN (SELECT DISTINCT ON (ticket) * FROM event ORDER BY ticket, day DESC, pk) e ON e.ticket = t.pk
	LEFT JOIN person p ON p.pk = e.person;
CREATE TVIEW tv_numbered WITH (key = 'pk') AS SELECT t.pk, jsonb_build_object('day', e.day, 'by', p.name) AS data
	FROM ticket t LEFT JOIN (SELECT *, row_number() OVER (PARTITION BY ticket ORDER BY day DESC, pk) AS n FROM event) e
	ON e.ticket = t.pk AND e.n = 1 LEFT JOIN person p ON p.pk = e.person;
CREATE TVIEW tv_latest WITH (key = 'pk') AS SELECT t.pk, jsonb_build_object('day', e.day, 'by', p.name) AS data
	FROM ticket t JOIN (SELECT ticket, max(pk) AS pk FROM event WHERE day > 3 GROUP BY ticket HAVING count(*) > 1) l ON l.ticket = t.pk
	JOIN event e ON e.pk = l.pk JOIN person p ON p.pk = e.person;
CREATE TVIEW tv_latest_of WITH (key = 'pk') AS SELECT t.pk, jsonb_build_object('day', e.day, 'by', p.name) AS data
	FROM ticket t CROSS JOIN LATERAL (SELECT max(pk) AS pk FROM event WHERE ticket = t.pk) l
	LEFT JOIN event e ON e.pk = l.pk LEFT JOIN person p ON p.pk = e.person;
CREATE TVIEW tv_counted WITH (key = 'pk, person') AS SELECT t.pk, e.person, jsonb_build_object('n', e.n, 'by', p.name) AS data
	FROM ticket t JOIN (SELECT ticket, person, count(*) AS n FROM event GROUP BY ticket, person) e ON e.ticket = t.pk
	JOIN person p ON p.pk = e.person;
CREATE TVIEW tv_united WITH (key = 'pk, who') AS SELECT t.pk, x.person AS who, p.name
	FROM ticket t JOIN (SELECT ticket, person FROM event WHERE day < 9 UNION SELECT DISTINCT ticket, person + 1 FROM event) x ON x.ticket = t.pk
	JOIN person p ON p.pk = x.person;
CREATE TVIEW tv_any WITH (key = 'pk') AS SELECT t.pk, (SELECT jsonb_agg(p.name ORDER BY p.pk) FROM person p
	WHERE p.pk = ANY (ARRAY(SELECT person FROM event WHERE ticket = t.pk))) AS data FROM ticket t;
CREATE TVIEW tv_all WITH (key = 'pk') AS SELECT t.pk, (SELECT jsonb_agg(p.name ORDER BY p.pk) FROM person p
	WHERE p.pk <> ALL (ARRAY(SELECT person FROM event WHERE ticket = t.pk))) AS data FROM ticket t;
CREATE TVIEW tv_busy WITH (key = 'pk') AS SELECT t.pk, (SELECT jsonb_agg(p.name ORDER BY p.pk) FROM person p
	WHERE p.pk IN (SELECT person FROM event WHERE ticket = t.pk GROUP BY person HAVING count(*) > 1)) AS data FROM ticket t;

CREATE TVIEW tv_second WITH (key = 'pk') AS SELECT v.pk, jsonb_build_object('by', p.name) AS data FROM person p
	JOIN (SELECT t.pk, e.person FROM ticket t LEFT JOIN LATERAL
		(SELECT person FROM event WHERE ticket = t.pk ORDER BY day DESC, pk OFFSET 3 LIMIT 1) e ON true) v ON p.pk = coalesce(v.person, 1);

-- not loosened: the condition that ties the rows together, or the only row, would be lost
CREATE TVIEW tv_by_count WITH (key = 'pk') AS SELECT t.pk, jsonb_build_object('kind', k.name) AS data
	FROM ticket t JOIN (SELECT ticket, count(*) AS n FROM event GROUP BY ticket) c ON c.ticket = t.pk JOIN person k ON k.kind = c.n;
CREATE TVIEW tv_two_picked WITH (key = 'pk') AS SELECT t.pk, jsonb_build_object('a', a.name, 'b', b.name) AS data
	FROM ticket t JOIN (SELECT ticket, max(person) AS a, min(person) AS b FROM event GROUP BY ticket) c ON c.ticket = t.pk
	JOIN person a ON a.pk = c.a JOIN person b ON b.pk = c.b;
CREATE TVIEW tv_two_used WITH (key = 'pk') AS SELECT t.pk, jsonb_build_object('d', d.name) AS data
	FROM ticket t JOIN (SELECT ticket, max(person) AS a, min(person) AS b FROM event GROUP BY ticket) c ON c.ticket = t.pk
	JOIN person a ON a.pk = c.a JOIN person b ON b.pk = c.b JOIN person d ON d.pk = a.kind - b.kind;
CREATE TVIEW tv_only_row WITH (key = 'pk') AS SELECT t.pk, jsonb_build_object('n', c.n, 'by', p.name) AS data
	FROM ticket t CROSS JOIN LATERAL (SELECT count(*) AS n, t.pk % 10 AS person FROM event WHERE ticket = t.pk) c
	JOIN person p ON p.pk = c.person;
CREATE TVIEW tv_no_row WITH (key = 'pk') AS SELECT t.pk, jsonb_build_object('n', c.n, 'by', p.name) AS data
	FROM ticket t CROSS JOIN LATERAL (SELECT max(person) AS n FROM event WHERE ticket = t.pk) c
	LEFT JOIN person p ON p.pk = coalesce(c.n, 1);

SELECT tview, string_agg(regexp_replace(query, '\s+', ' ', 'g'), E'\n  ' ORDER BY n) AS "how changes of a person are traced"
FROM unnest('{lateral, distinct_on, numbered, latest, latest_of, counted, united, any, all, busy, second, by_count, two_picked, two_used, only_row, no_row}'::text[])
	WITH ORDINALITY v(tview, i),
	jsonb_array_elements(pg_tviews_analyze_select(pg_get_viewdef(format('v_%s', tview)::regclass),
		ARRAY[CASE WHEN tview = 'counted' THEN 'key=pk,person' WHEN tview = 'united' THEN 'key=pk,who' ELSE 'key=pk' END]) -> 'base_tables') b,
	jsonb_array_elements_text(b -> 'queries') WITH ORDINALITY q(query, n)
WHERE b ->> 'table' = 'loosened.person' GROUP BY i, tview ORDER BY i;

CREATE FUNCTION all_same(what text) RETURNS SETOF text LANGUAGE sql AS
	$$ SELECT same('tv_lateral, tv_distinct_on, tv_numbered, tv_latest, tv_latest_of, tv_counted, tv_united, tv_any, tv_all, tv_busy, tv_second, tv_by_count, tv_two_picked, tv_two_used, tv_only_row, tv_no_row', what) $$;
UPDATE person SET name = name || '!' WHERE pk % 2 = 0;
SELECT all_same('names change');
BEGIN;
DELETE FROM person WHERE pk IN (3, 4);
UPDATE event SET person = person % 10 + 1, day = day * 5 % 19 WHERE pk % 3 = 0;
INSERT INTO person VALUES (3, 'third', 3);
UPDATE person SET pk = 11 WHERE pk = 5;
COMMIT;
SELECT all_same('people and events change together');
DELETE FROM event WHERE pk % 2 = 0;
INSERT INTO person VALUES (0, 'nobody', 0), (4, 'fourth', 4);
SELECT all_same('events go, people come');

SET client_min_messages = warning;
DROP SCHEMA loosened CASCADE;
