-- Merging: jsonb_merge_shallow, jsonb_deep_merge, jsonb_merge_at_path and their other names.
\pset null '(null)'

-- shallow: what || does
SELECT jsonb_merge_shallow('{"a": 1, "b": {"x": 1}}', '{"b": {"y": 2}, "c": null}');
SELECT jsonb_merge_shallow('{"a": 1}', '{}'), jsonb_merge_shallow('{}', '{"a": 1}'), jsonb_merge_shallow('{}', '{}');
SELECT jsonb_merge_shallow(NULL, '{}'), jsonb_merge_shallow('{}', NULL);
SELECT jsonb_smart_patch_scalar('{"a": 1.50}', '{"b": 1e400}');

-- but for objects only
SELECT jsonb_merge_shallow('[1]', '{}');
SELECT jsonb_merge_shallow('"a"', '{}');
SELECT jsonb_merge_shallow('{}', '[1]');
SELECT jsonb_merge_shallow('{}', 'null');
SELECT jsonb_merge_shallow('{}', 'true');
SELECT jsonb_merge_shallow('{}', '1');

-- deep
SELECT jsonb_deep_merge('{"a": {"b": {"c": 1, "d": 2}, "l": [1, 2]}}', '{"a": {"b": {"d": 3, "e": 4}, "l": [3]}}');
SELECT jsonb_deep_merge('{"a": {"b": 1}}', '{"a": null}'), jsonb_deep_merge('{"a": null}', '{"a": {"b": 1}}');
SELECT jsonb_deep_merge('{"a": 1}', '[1]'), jsonb_deep_merge('[1]', '{"a": 1}'), jsonb_deep_merge('1', '"x"');
SELECT jsonb_deep_merge('{"a": {"b": {}}}', '{"a": {"b": {}}}');
SELECT jsonb_deep_merge(NULL, '{}'), jsonb_deep_merge('{}', NULL);

-- at a path of keys
SELECT jsonb_merge_at_path('{"a": {"b": {"x": 1}}}', '{"y": 2}', '{a,b}');
SELECT jsonb_merge_at_path('{"a": 1}', '{"y": 2}', '{}');
SELECT jsonb_merge_at_path('{}', '{"y": 2}', '{a,b,c}'), jsonb_merge_at_path('{}', '{}', '{a}');
SELECT jsonb_smart_patch_nested('{"author": null}', '{"name": "x"}', '{author}');
SELECT jsonb_merge_at_path('{"a": null}', '{"y": 2}', '{a,b}');
SELECT jsonb_merge_at_path('{"a.b": {}, "": {}}', '{"y": 2}', '{a.b}'), jsonb_merge_at_path('{"": {"a": 1}}', '{"y": 2}', '{""}');
SELECT jsonb_merge_at_path('{"items": {"0": {}}}', '{"y": 2}', '{items,0}');
SELECT jsonb_merge_at_path(NULL, '{}', '{a}'), jsonb_merge_at_path('{}', '{}', NULL);

-- never through something else than an object
\set SHOW_CONTEXT never
SELECT jsonb_merge_at_path('{"a": [{}]}', '{}', '{a,0}'); \echo :SQLSTATE
SELECT jsonb_merge_at_path('{"a": {"b": 1}}', '{}', '{a,b}'); \echo :SQLSTATE
SELECT jsonb_merge_at_path('{"a": {"b": "s"}}', '{}', '{a,b,c,d}'); \echo :SQLSTATE
SELECT jsonb_merge_at_path('[]', '{}', '{}'); \echo :SQLSTATE
SELECT jsonb_merge_at_path('null', '{}', '{a}'); \echo :SQLSTATE
SELECT jsonb_merge_at_path('{}', '[]', '{a}'); \echo :SQLSTATE
SELECT jsonb_merge_at_path('{}', '{}', '{a,NULL,b}'); \echo :SQLSTATE
SELECT jsonb_merge_at_path('{}', '{}', '{{a,b},{c,d}}'); \echo :SQLSTATE
