-- Limits end in a clean error, and long work can be cancelled.
\set VERBOSITY sqlstate
\set SHOW_CONTEXT never

-- the format's 2^28 bytes for a container
CREATE TEMP TABLE big (a jsonb, b jsonb);
ALTER TABLE big ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL;
INSERT INTO big SELECT jsonb_build_object('a', repeat('x', 135000000)), jsonb_build_object('b', repeat('x', 135000000));
SELECT jsonb_merge_shallow(a, b) IS NULL FROM big;
SELECT jsonb_deep_merge(a, b) IS NULL FROM big;
SELECT jsonb_ivm_set_path(a, 'b', b) IS NULL FROM big;
SELECT jsonb_array_insert_where(jsonb_build_object('l', jsonb_build_array(a)), 'l', b) IS NULL FROM big;
SELECT jsonb_ivm_set_path('{}', 'x', a) IS NULL FROM big;
SELECT pg_column_size(jsonb_merge_shallow(a, '{"b": 1}')), pg_column_size(jsonb_ivm_set_path('[]', '[0]', a)) FROM big;
DROP TABLE big;

-- the stack
CREATE TEMP TABLE deep AS SELECT (repeat('{"a": ', 1500) || '{}' || repeat('}', 1500))::jsonb AS d;
SELECT jsonb_deep_merge(d, d) = d FROM deep;
SELECT length(jsonb_merge_at_path('{}', '{"x": 1}', array_fill('k'::text, ARRAY[1000]))::text);
SET max_stack_depth = '100kB';
SELECT jsonb_deep_merge(d, d) IS NULL FROM deep;
RESET max_stack_depth;
SELECT jsonb_merge_at_path('{}', '{}', array_fill('k'::text, ARRAY[1001]));
SELECT jsonb_apply_changeset('{}', jsonb_build_array(jsonb_build_object('op', 'set', 'value', 1, 'path', (SELECT jsonb_agg('k'::text) FROM generate_series(1, 1001)))));

-- padding
SELECT jsonb_ivm_set_path('{}', 'a[100001]', '1');
SELECT jsonb_ivm_set_path('{}', 'a[2000000000]', '1');
SELECT jsonb_ivm_set_path('{}', 'a[18446744073709551615]', '1');

-- numbers
SELECT jsonb_apply_changeset(jsonb_build_object('n', repeat('9', 131072)::numeric), '[{"op": "increment", "path": "n", "by": 1}]') IS NULL;

-- cancelled
SET statement_timeout = '30ms';
SELECT jsonb_apply_changeset('{}', (SELECT jsonb_agg(jsonb_build_object('op', 'array_upsert', 'path', 'a', 'match_key', 'id', 'match_value', -1, 'value', jsonb_build_object('id', i))) FROM generate_series(1, 10000) AS i)) IS NULL;
RESET statement_timeout;
