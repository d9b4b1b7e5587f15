-- jsonb_array_update_where_batch: a list of updates, each for all its matches.
\pset null '(null)'
\pset format unaligned
\pset tuples_only on

SELECT jsonb_array_update_where_batch('{"a": [{"id": 1}, {"id": 2}, {"id": 1}, {"id": "u"}]}', 'a', 'id',
	'[{"match_value": 1, "updates": {"x": 1}}, {"match_value": "u", "updates": {"x": 2}}, {"match_value": 9, "updates": {"x": 3}}]');
-- in order: later ones see earlier ones, all are applied
SELECT jsonb_array_update_where_batch('{"a": [{"id": 1}]}', 'a', 'id',
	'[{"match_value": 1, "updates": {"x": 1, "y": 1}}, {"match_value": 1, "updates": {"x": 2, "id": 5}}, {"match_value": 5, "updates": {"z": 3}}, {"match_value": 1, "updates": {"lost": true}}]');
SELECT jsonb_array_update_where_batch('{"a": [{"id": 1}]}', 'a', 'id', '[]');

-- many of both, where an index is used: the same as one after the other
WITH d AS (SELECT jsonb_build_object('a', jsonb_agg(jsonb_build_object('id', i % 70, 'n', i))) AS doc FROM generate_series(1, 200) AS i),
	u AS (SELECT jsonb_agg(jsonb_build_object('match_value', i, 'updates', jsonb_build_object('id', (i * 7) % 80, 'v' || i % 3, i))) AS list FROM generate_series(1, 90) AS i),
	o AS (SELECT jsonb_agg(jsonb_build_object('op', 'array_update_all', 'path', 'a', 'match_key', 'id', 'match_value', i, 'value', jsonb_build_object('id', (i * 7) % 80, 'v' || i % 3, i))) AS ops FROM generate_series(1, 90) AS i)
SELECT md5(jsonb_array_update_where_batch(doc, 'a', 'id', list)::text), jsonb_array_update_where_batch(doc, 'a', 'id', list) = jsonb_apply_changeset(doc, ops) FROM d, u, o;

\set SHOW_CONTEXT never
SELECT jsonb_array_update_where_batch('{"a": []}', 'a', 'id', '[{"id": 1, "x": 7}]'); \echo :SQLSTATE
SELECT jsonb_array_update_where_batch('{"a": []}', 'a', 'id', '[{"match_value": 1, "updates": {}}, {"match_value": 1, "updates": 7}]'); \echo :SQLSTATE
SELECT jsonb_array_update_where_batch('{"a": []}', 'a', 'id', '[5]'); \echo :SQLSTATE
SELECT jsonb_array_update_where_batch('{"a": []}', 'a', 'id', '{}'); \echo :SQLSTATE
SELECT jsonb_array_update_where_batch('{"a": {}}', 'a', 'id', '[]'); \echo :SQLSTATE
SELECT jsonb_array_update_where_batch('{}', 'a', 'id', '[]'); \echo :SQLSTATE
SELECT jsonb_array_update_where_batch('{"a": []}', 'a', '', '[]'); \echo :SQLSTATE
