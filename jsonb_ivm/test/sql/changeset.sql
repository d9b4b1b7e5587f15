-- jsonb_apply_changeset: every operation.
\pset null '(null)'
\pset format unaligned
\pset tuples_only on

-- one operation with its fields
CREATE FUNCTION pg_temp.apply(doc jsonb, op text, fields jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql
RETURN jsonb_apply_changeset(doc, jsonb_build_array(jsonb_build_object('op', op) || fields));

\set doc '\'{"n": 1.50, "s": "x", "a": [{"id": 1}, {"id": 2, "x": 1}, {"id": 2, "x": 2}], "o": {"p": {"q": 1}}, "z": null}\''

SELECT jsonb_apply_changeset(:doc, '[]') = :doc, jsonb_apply_changeset(NULL, '[]'), jsonb_apply_changeset('{}', NULL);

-- paths: text, array, root
SELECT pg_temp.apply('{"a": [1]}', 'set', '{"path": "a[1].b", "value": 1}'), pg_temp.apply('{"a": [1]}', 'set', '{"path": ["a", 1, "b"], "value": 1}'), pg_temp.apply('{}', 'set', '{"path": ["a.b", "[0]"], "value": 1}');
SELECT pg_temp.apply('{}', 'set', '{"value": 1}'), pg_temp.apply('{}', 'set', '{"path": null, "value": [2]}'), pg_temp.apply('{}', 'set', '{"path": "", "value": "3"}'), pg_temp.apply('1', 'set', '{"path": [], "value": {}}');

-- set and remove
SELECT pg_temp.apply(:doc, 'set', '{"path": "o.p", "value": [1e3]}');
SELECT pg_temp.apply(:doc, 'remove', '{"path": "a[1]"}');
SELECT pg_temp.apply(:doc, 'remove', '{"path": "o.p.q"}');
SELECT pg_temp.apply(:doc, 'remove', jsonb_build_object('path', p)) = :doc FROM (VALUES ('missing'), ('o.p.q.r'), ('a[9]'), ('a[0].x.y'), ('s[0]'), ('a.id'), ('o[0]')) AS v(p);

-- merge and deep_merge
SELECT pg_temp.apply(:doc, 'merge', '{"path": "o", "value": {"p": {"r": 2}}}');
SELECT pg_temp.apply(:doc, 'deep_merge', '{"path": "o", "value": {"p": {"r": 2}}}');
SELECT pg_temp.apply('{"z": null}', 'merge', '{"path": "z", "value": {"p": 1}}'), pg_temp.apply('{}', 'deep_merge', '{"path": "y[1].w", "value": {"p": 1}}'), pg_temp.apply('null', 'merge', '{"value": {"a": 1}}');

-- increment: numbers stay exact
SELECT pg_temp.apply('{"n": 1.50}', 'increment', '{"path": "n", "by": 1}'), pg_temp.apply('{}', 'increment', '{"path": "n.m", "by": -2.5}'), pg_temp.apply('{"n": null}', 'increment', '{"path": "n", "by": 1}'), pg_temp.apply('41', 'increment', '{"by": 1}');
SELECT pg_temp.apply('{"n": 9223372036854775807}', 'increment', '{"path": "n", "by": 1}'), pg_temp.apply('{"n": 12345678901234567890.123456789}', 'increment', '{"path": "n", "by": 0.000000001}');

-- arrays
SELECT pg_temp.apply(:doc, 'array_update', '{"path": "a", "match_key": "id", "match_value": 2.0, "value": {"x": 9}}');
SELECT pg_temp.apply(:doc, 'array_update_all', '{"path": "a", "match_key": "id", "match_value": 2, "value": {"x": 9}}');
SELECT pg_temp.apply(:doc, 'array_replace', '{"path": "a", "match_key": "id", "match_value": 2, "value": "whole"}');
SELECT pg_temp.apply(:doc, 'array_delete', '{"path": "a", "match_key": "id", "match_value": 2}');
SELECT pg_temp.apply(:doc, 'array_insert', '{"path": "a", "value": {"id": 1, "new": true}, "sort_key": "id"}');
SELECT pg_temp.apply(:doc, 'array_insert', '{"path": "o.list", "value": 1}');
SELECT pg_temp.apply(:doc, 'array_upsert', '{"path": "a", "match_key": "id", "match_value": 2, "value": {"x": 9}}');
SELECT pg_temp.apply(:doc, 'array_upsert', '{"path": "a", "match_key": "id", "match_value": 0, "value": {"id": 0}, "sort_key": "id", "sort_order": "asc"}');
SELECT pg_temp.apply('[{"id": 1}]', 'array_upsert', '{"match_key": "id", "match_value": 2, "value": {"id": 2}}'), pg_temp.apply('{"z": null}', 'array_upsert', '{"path": "z", "match_key": "id", "match_value": 2, "value": {"id": 2}}');
-- without an array, or without a match, these do nothing
SELECT op, p, pg_temp.apply(:doc, op, jsonb_build_object('path', p, 'match_key', 'id', 'match_value', 5, 'value', jsonb '{}')) = :doc
FROM unnest('{array_update,array_update_all,array_replace,array_delete}'::text[]) AS op, unnest('{a,o,n,missing,o.p.q,z,a[0].id}'::text[]) AS p WHERE p IN ('a', 'o', 'missing', 'z') OR op = 'array_delete';

-- each sees what the ones before it did
SELECT jsonb_apply_changeset('{}', '[
	{"op": "array_insert", "path": "l", "value": {"id": 3}, "sort_key": "id"},
	{"op": "array_insert", "path": "l", "value": {"id": 1}, "sort_key": "id"},
	{"op": "array_upsert", "path": "l", "match_key": "id", "match_value": 2, "value": {"id": 2}, "sort_key": "id"},
	{"op": "array_upsert", "path": "l", "match_key": "id", "match_value": 2, "value": {"seen": true}},
	{"op": "increment", "path": "l[1].n", "by": 2}, {"op": "increment", "path": ["l", 1, "n"], "by": 3},
	{"op": "array_delete", "path": "l", "match_key": "id", "match_value": 3},
	{"op": "set", "path": "m.k", "value": {"a": 1}}, {"op": "merge", "path": "m.k", "value": {"b": 2}}, {"op": "remove", "path": "m.k.a"}, {"op": "set", "path": "m.k.a", "value": 5}]');

-- errors, which name the operation
SELECT pg_temp.apply('{}', 'remove', '{}'); \echo :SQLSTATE
SELECT pg_temp.apply('{}', 'remove', '{"path": []}'); \echo :SQLSTATE
SELECT pg_temp.apply('{"a": [1]}', 'set', '{"path": "a.b", "value": 1}'); \echo :SQLSTATE
SELECT pg_temp.apply('{"a": [1]}', 'merge', '{"path": "a", "value": {}}'); \echo :SQLSTATE
SELECT pg_temp.apply('{"a": 1}', 'deep_merge', '{"path": "a", "value": {}}'); \echo :SQLSTATE
SELECT pg_temp.apply('{"a": "1"}', 'increment', '{"path": "a", "by": 1}'); \echo :SQLSTATE
SELECT pg_temp.apply('{"a": 1}', 'array_insert', '{"path": "a", "value": 1}'); \echo :SQLSTATE
SELECT pg_temp.apply('{"a": {}}', 'array_upsert', '{"path": "a", "match_key": "k", "match_value": 1, "value": {}}'); \echo :SQLSTATE
\set VERBOSITY terse
\set ops '\'[[], {}, {"op": null}, {"op": 1}, {"op": "Set"}, {"op": "set"}, {"op": "merge", "value": 1}, {"op": "merge"}, {"op": "increment"}, {"op": "increment", "by": "1"}, {"op": "set", "value": 1, "path": 1}, {"op": "set", "value": 1, "path": [true]}, {"op": "set", "value": 1, "path": [-1]}, {"op": "set", "value": 1, "path": [1.5]}, {"op": "set", "value": 1, "path": [null]}, {"op": "set", "value": 1, "path": "a..b"}, {"op": "set", "value": 1, "path": {}}, {"op": "array_delete", "path": "a"}, {"op": "array_delete", "path": "a", "match_key": "k"}, {"op": "array_delete", "path": "a", "match_key": "", "match_value": 1}, {"op": "array_delete", "path": "a", "match_key": 1, "match_value": 1}, {"op": "array_insert", "value": 1, "sort_key": 1}, {"op": "array_insert", "value": 1, "sort_order": "up"}, {"op": "array_update", "match_key": "k", "match_value": 1, "value": []}]\''
CREATE FUNCTION pg_temp.try(ops jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	context text;
BEGIN
	RETURN jsonb_apply_changeset('{}', ops);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
	RETURN SQLSTATE || ' ' || SQLERRM || ' | ' || coalesce(substring(context FROM '^changeset[^\n]*'), '');
END $$;
SELECT op, pg_temp.try(jsonb_build_array('{"op": "set", "value": {}}'::jsonb, op)) FROM jsonb_array_elements(:ops) AS op;
SELECT pg_temp.try('{}');
SELECT pg_temp.try((SELECT jsonb_agg('{"op": "increment", "path": "n", "by": 1}'::jsonb) FROM generate_series(1, 10000)));
SELECT pg_temp.try((SELECT jsonb_agg('{"op": "increment", "path": "n", "by": 1}'::jsonb) FROM generate_series(1, 10001)));
