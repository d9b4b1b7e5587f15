-- Paths as text, and jsonb_ivm_set_path.
\pset null '(null)'
\pset format unaligned
\pset tuples_only on
\set VERBOSITY terse

CREATE FUNCTION pg_temp.try(path text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN jsonb_ivm_set_path('null', path, '"x"');
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- the grammar
SELECT path, pg_temp.try(path) FROM (VALUES
	('a'), ('a.b'), ('a[1]'), ('a[0].b'), ('a[0][1]'), ('[0]'), ('[1].a'),
	('.a'), ('a.'), ('a.[0]'), ('a[0]b'), ('a[0'), ('a[+1]'), ('a[007]'), ('[0].'), ('.[0]'),
	('with space'), ('q"uote''s'), ('日本.é'), ('-1'), ('0'),
	(''), ('.'), ('a..b'), ('..'), ('...'), ('a[]'), ('a['), ('a]'), (']'), ('a[0]]'), ('a[-1]'), ('a[ 0]'), ('a[x]'), ('a[1.5]'), ('a[+]'), ('a[[0]'),
	('a[18446744073709551615]'), ('a[18446744073709551616]'), ('a[99999999999999999999]')) AS v(path);

-- length: 1000 steps, keys of any length
SELECT length(pg_temp.try(repeat('a.', 1000))), pg_temp.try(repeat('a.', 1001));
SELECT jsonb_ivm_set_path('{}', repeat('k', 100000), '1') = jsonb_build_object(repeat('k', 100000), 1);

-- replaces what is there, whatever it is
SELECT jsonb_ivm_set_path('{"a": {"b": [1, 2, 3]}}', 'a.b[1]', '{"c": 1.50}');
SELECT jsonb_ivm_set_path('{"a": {"b": [1, 2, 3]}}', 'a.b', 'null'), jsonb_ivm_set_path('[1]', '[0]', '[]');
-- creates what is missing or null, and pads with null
SELECT jsonb_ivm_set_path('{"a": null}', 'a.b[2].c', '1'), jsonb_ivm_set_path('{}', 'a', '1'), jsonb_ivm_set_path('null', '[1]', '1');
SELECT jsonb_ivm_set_path('[[]]', '[0][2]', 'true'), jsonb_ivm_set_path('[1, 2]', '[3].x', '1');
SELECT jsonb_array_length(jsonb_ivm_set_path('[]', '[100000]', '1'));
-- an index within the array may be any
SELECT md5((jsonb_ivm_set_path((SELECT jsonb_agg(i) FROM generate_series(0, 150000) AS i), '[140000]', '"x"') -> 140000)::text) = md5('"x"');
SELECT jsonb_delta_set_path('{"a": 1}', 'b', '2'), jsonb_ivm_set_path(NULL, 'a', '1'), jsonb_ivm_set_path('{}', NULL, '1'), jsonb_ivm_set_path('{}', 'a', NULL);

-- never destroys a container or scalar on its way
SELECT jsonb_ivm_set_path('{"a": [1]}', 'a.b', '1'); \echo :SQLSTATE
SELECT jsonb_ivm_set_path('{"a": {"b": 1}}', 'a[0]', '1'); \echo :SQLSTATE
SELECT jsonb_ivm_set_path('{"a": {"b": 1}}', 'a.b.c', '1'); \echo :SQLSTATE
SELECT jsonb_ivm_set_path('{"a": 1}', '[0]', '1'); \echo :SQLSTATE
SELECT jsonb_ivm_set_path('1', 'a', '1'); \echo :SQLSTATE
SELECT jsonb_ivm_set_path('{"a": [1]}', 'a[100001]', '1'); \echo :SQLSTATE
SELECT jsonb_ivm_set_path('{}', 'a..b', '1'); \echo :SQLSTATE
