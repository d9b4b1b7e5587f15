-- What matches, by way of jsonb_array_contains_id; and jsonb_extract_id.
\pset null '(null)'

CREATE FUNCTION pg_temp.matches(element jsonb, wanted jsonb) RETURNS boolean LANGUAGE sql
RETURN jsonb_array_contains_id(jsonb_build_object('a', jsonb_build_array(element)), 'a', 'k', wanted);

SELECT e AS element, w AS wanted, pg_temp.matches(e::jsonb, w::jsonb) FROM (VALUES
	('{"k": 1}', '1'), ('{"k": 1}', '2'), ('{"k": 2}', '2.0'), ('{"k": 1e2}', '100'), ('{"k": 100.000}', '1E2'), ('{"k": -0}', '0'),
	('{"k": 9007199254740993}', '9007199254740992'), ('{"k": 1e-400}', '0'),
	('{"k": "1"}', '1'), ('{"k": 1}', '"1"'), ('{"k": "a"}', '"a"'), ('{"k": "a"}', '"A"'), ('{"k": "é"}', '"é"'), ('{"k": ""}', '""'),
	('{"k": null}', 'null'), ('{}', 'null'), ('{"x": 1}', '1'),
	('{"k": true}', 'true'), ('{"k": true}', 'false'), ('{"k": false}', 'null'),
	('{"k": [1, 2]}', '[1, 2.0]'), ('{"k": [1, 2]}', '[2, 1]'), ('{"k": {"a": 1}}', '{"a": 1}'), ('{"k": {}}', '[]'), ('{"k": []}', '[]'), ('{"k": 1}', '[1]'), ('{"k": [1]}', '1'),
	('1', '1'), ('null', 'null'), ('[{"k": 1}]', '1'), ('"k"', '"k"')) AS v(e, w);
SELECT jsonb_array_contains_id('{"a.b": [{"k": 1}], "": [{"k": 2}]}', 'a.b', 'k', '1'), jsonb_array_contains_id('{"": [{"k": 2}]}', '', 'k', '2');

-- nothing to look into
SELECT jsonb_array_contains_id(d, 'a', 'k', '1') FROM (VALUES (jsonb '[]'), ('1'), ('{}'), ('{"a": 1}'), ('{"a": {"k": 1}}'), ('{"a": null}'), ('{"a": []}')) AS v(d);
SELECT jsonb_array_contains_id(NULL, 'a', 'k', '1'), jsonb_array_contains_id('{}', NULL, 'k', '1'), jsonb_array_contains_id('{}', 'a', NULL, '1'), jsonb_array_contains_id('{}', 'a', 'k', NULL);
SELECT jsonb_array_contains_id('{"a": [{"": 1}]}', 'a', '', '1'); \echo :SQLSTATE

-- many elements: found and not found at every place
SELECT count(*) FILTER (WHERE jsonb_array_contains_id(d, 'a', 'k', to_jsonb(i))) AS found, count(*)
FROM (SELECT jsonb_build_object('a', jsonb_agg(jsonb_build_object('k', i, 'x' || i, repeat('y', i % 5)))) FROM generate_series(1, 200) AS i) AS a(d), generate_series(1, 300) AS i;

SELECT jsonb_extract_id(d), jsonb_extract_id(d, 'n') FROM (VALUES
	(jsonb '{"id": "a\nb", "n": 1.50}'), ('{"id": 12345678901234567890.5, "n": ""}'), ('{"id": true, "n": null}'), ('{"id": [1], "n": {}}'), ('{}'), ('[]'), ('"id"'), ('null')) AS v(d);
SELECT jsonb_extract_id(NULL), jsonb_extract_id('{"id": 1}', NULL), jsonb_extract_id('{"": "x"}', '');
