-- Updating, deleting and inserting one element.
\pset null '(null)'
\pset format unaligned
\pset tuples_only on

\set doc '\'{"n": 1.50, "a": [{"id": 1, "x": 1}, "s", {"id": 2, "x": 2}, {"id": 2, "x": 3}], "z": {"k": []}}\''

-- update: the first match only, shallow
SELECT jsonb_array_update_where(:doc, 'a', 'id', '2', '{"x": {"y": 1}, "new": null}');
SELECT jsonb_array_update_where(:doc, 'a', 'id', '1', '{"id": 7}');
SELECT jsonb_smart_patch_array(:doc, '{"x": 0}', 'a', 'id', '2.0');
SELECT jsonb_array_update_where(:doc, 'a', 'id', '9', '{"x": 0}') = :doc, jsonb_array_update_where(:doc, 'a', 'id', '1', '{}') = :doc,
	jsonb_array_update_where('{"a": []}', 'a', 'id', '1', '{"x": 0}');
SELECT jsonb_array_update_where(NULL, 'a', 'id', '1', '{}'), jsonb_array_update_where('{}', NULL, 'id', '1', '{}'), jsonb_array_update_where('{}', 'a', NULL, '1', '{}'),
	jsonb_array_update_where('{}', 'a', 'id', NULL, '{}'), jsonb_array_update_where('{}', 'a', 'id', '1', NULL);

-- update at a path within the element
SELECT jsonb_ivm_array_update_where_path(:doc, 'a', 'id', '1', 'deep.list[1]', '"v"');
SELECT jsonb_delta_array_update_where_path('{"a": [{"id": 1, "tags": ["p", "q"]}]}', 'a', 'id', '1', 'tags[0]', '"new"');
SELECT jsonb_ivm_array_update_where_path(:doc, 'a', 'id', '9', 'x.y.z', '1') = :doc;

-- delete: the first match; nothing to delete is no error
SELECT jsonb_array_delete_where(:doc, 'a', 'id', '2');
SELECT jsonb_array_delete_where('{"a": [{"id": 1}]}', 'a', 'id', '1');
SELECT jsonb_array_delete_where(:doc, 'a', 'id', '9') = :doc, jsonb_array_delete_where(:doc, 'b', 'id', '1') = :doc, jsonb_array_delete_where(:doc, 'n', 'id', '1') = :doc,
	jsonb_array_delete_where('[1]', 'a', 'id', '1'), jsonb_array_delete_where('1', 'a', 'id', '1'), jsonb_array_delete_where('{"a": null}', 'a', 'id', '1');

-- insert: at the end, or where it sorts, behind its equals
SELECT jsonb_array_insert_where('{}', 'a', '1'), jsonb_array_insert_where('{"a": null}', 'a', '{}', 'id', 'ASC'), jsonb_array_insert_where('{"a": [1]}', 'a', 'null', NULL, 'desc');
SELECT d, jsonb_array_insert_where('{"a": [{"id": 1}, {"id": 2, "old": true}, {"id": 3}]}', 'a', '{"id": 2}', 'id', d) FROM (VALUES ('asc'), ('ASC'), ('DESC'), (NULL)) AS v(d);
SELECT jsonb_array_insert_where('{"a": [{"id": 3}, {"id": 2, "old": true}, {"id": 1}]}', 'a', '{"id": 2.0}', 'id', 'Desc');
-- without the key: the new one goes to the end, others are passed over
SELECT jsonb_array_insert_where('{"a": [{"id": 1}]}', 'a', '{"x": 0}', 'id'), jsonb_array_insert_where('{"a": [{"x": 1}, 5, {"id": 2}]}', 'a', '{"id": 1}', 'id');
-- not sorted: before the first that sorts behind it
SELECT jsonb_array_insert_where('{"a": [{"id": 5}, {"id": 1}]}', 'a', '{"id": 3}', 'id');

-- the order of types, and within a type
CREATE FUNCTION pg_temp.sort(VARIADIC members jsonb[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	d jsonb := '{}';
	m jsonb;
BEGIN
	FOREACH m IN ARRAY members LOOP
		d := jsonb_array_insert_where(d, 'a', jsonb_build_object('k', m), 'k');
	END LOOP;
	RETURN jsonb_path_query_array(d, '$.a[*].k');
END $$;
SELECT pg_temp.sort('{"o": 1}', '"b"', '10', 'true', 'null', '[0]', '9.5', '"a"', 'false', 'null', '1e1', '"B"', '""', '"aa"', '"é"', '-1', '123456789012345678901234567890', '123456789012345678901234567889');

-- several documents at once, in their order
SELECT ordinality, result FROM jsonb_array_update_multi_row(ARRAY['{"a": [{"id": 1}]}', NULL, '{"a": []}', '{"a": [{"id": 1}, {"id": 1}]}']::jsonb[], 'a', 'id', '1', '{"x": 1}') WITH ORDINALITY;
SELECT (SELECT count(*) FROM jsonb_array_update_multi_row('{}', 'a', 'id', '1', '{}')), (SELECT count(*) FROM jsonb_array_update_multi_row(NULL, 'a', 'id', '1', '{}'));
SELECT jsonb_array_update_multi_row(ARRAY[['{"a": []}', '{"a": [1]}'], ['{"a": [2]}', '{"a": [3]}']]::jsonb[], 'a', 'id', '1', '{}');
SELECT * FROM jsonb_array_update_multi_row(ARRAY[jsonb '{"a": [{"id": 1}]}', '{"a": [{"id": 1}]}'], 'a', 'id', '1', '{"x": 1}') LIMIT 1;

-- errors
\set SHOW_CONTEXT never
SELECT jsonb_array_update_where('{}', 'a', 'id', '1', '{}'); \echo :SQLSTATE
SELECT jsonb_array_update_where('[]', 'a', 'id', '1', '{}'); \echo :SQLSTATE
SELECT jsonb_array_update_where('{"a": null}', 'a', 'id', '1', '{}'); \echo :SQLSTATE
SELECT jsonb_array_update_where('{"a": []}', 'a', 'id', '1', '[]'); \echo :SQLSTATE
SELECT jsonb_smart_patch_array('{"a": []}', '"x"', 'a', 'id', '1'); \echo :SQLSTATE
SELECT jsonb_array_update_where('{"a": []}', 'a', '', '1', '{}'); \echo :SQLSTATE
SELECT jsonb_array_delete_where('{"a": []}', 'a', '', '1'); \echo :SQLSTATE
SELECT jsonb_ivm_array_update_where_path('{"a": []}', 'a', 'id', '1', 'x[', '1'); \echo :SQLSTATE
SELECT jsonb_ivm_array_update_where_path('{"a": 1}', 'a', 'id', '1', 'x', '1'); \echo :SQLSTATE
SELECT jsonb_ivm_array_update_where_path('{"a": [{"id": 1}]}', 'a', 'id', '1', 'id.x', '1'); \echo :SQLSTATE
SELECT jsonb_array_insert_where(NULL, 'a', '1'), jsonb_array_insert_where(NULL, NULL, NULL, NULL, 'wrong'); \echo :SQLSTATE
SELECT jsonb_array_insert_where('{}', NULL, '1'); \echo :SQLSTATE
SELECT jsonb_array_insert_where('{}', 'a', NULL); \echo :SQLSTATE
SELECT jsonb_array_insert_where('[]', 'a', '1'); \echo :SQLSTATE
SELECT jsonb_array_insert_where('{"a": {}}', 'a', '1'); \echo :SQLSTATE
SELECT jsonb_array_insert_where('{}', 'a', '1', NULL, 'ascending'); \echo :SQLSTATE
SELECT * FROM jsonb_array_update_multi_row(ARRAY[jsonb '{"a": []}', '{}'], 'a', 'id', '1', '{}'); \echo :SQLSTATE
SELECT * FROM jsonb_array_update_multi_row(ARRAY[jsonb '{"a": []}'], 'a', 'id', '1', '1'); \echo :SQLSTATE
