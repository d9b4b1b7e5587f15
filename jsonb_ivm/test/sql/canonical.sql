-- Results are the bytes that PostgreSQL itself writes for the same value, at every alignment, on
-- both sides of each multiple of 32 entries, and for every kind of value at the border of a change.
-- In an array every value has the long length word; in a table, short ones have the short.
CREATE FUNCTION pg_temp.same(a jsonb, b jsonb) RETURNS boolean LANGUAGE sql
RETURN a = b AND record_image_eq(ROW(a), ROW(b)) AND pg_column_size(ARRAY[a]) = pg_column_size(ARRAY[b])
	AND jsonb_hash(a) = jsonb_hash(b) AND jsonb_send(a) = jsonb_send(b);
CREATE FUNCTION pg_temp.canonical(d jsonb) RETURNS boolean LANGUAGE sql
RETURN pg_temp.same(d, d::text::jsonb);

-- values of every length modulo 4 and every kind
CREATE TEMP TABLE value (v jsonb);
INSERT INTO value VALUES ('null'), ('true'), ('false'), ('""'), ('"a"'), ('"ab"'), ('"abc"'), ('"abcd"'), ('0'), ('1'), ('1.50'), ('1e300'), ('-1e-300'),
	('[]'), ('{}'), ('[1]'), ('["a"]'), ('{"a": "b"}'), ('{"a": 1, "bb": [null, "x", 2.5]}'), ('[[], {}, [[["deep"]]]]');

-- one element of n replaced, deleted, inserted before, for n around the stride
SELECT n, count(*) AS cases, bool_and(pg_temp.same(jsonb_ivm_set_path(d, format('[%s]', k), v), jsonb_set(d, ARRAY[k::text], v))
		AND pg_temp.same(jsonb_apply_changeset(d, jsonb_build_array(jsonb_build_object('op', 'remove', 'path', jsonb_build_array(k)))), d - k)) AS same
FROM (VALUES (1), (2), (3), (31), (32), (33), (63), (64), (65), (97)) AS s(n),
	LATERAL (SELECT jsonb_agg((SELECT v FROM value OFFSET (i * 7 + n) % 20 LIMIT 1) ORDER BY i) AS d FROM generate_series(1, n) AS i) AS a,
	LATERAL unnest(ARRAY[0, 1, n / 2, n - 2, n - 1]) AS k, value
WHERE k BETWEEN 0 AND n - 1 GROUP BY n ORDER BY n;

-- each key of n set, each removed, one added, for objects around half a stride
SELECT n, count(*) AS cases, bool_and(pg_temp.same(jsonb_merge_shallow(d, jsonb_build_object(k, v)), d || jsonb_build_object(k, v))
		AND pg_temp.same(jsonb_apply_changeset(d, jsonb_build_array(jsonb_build_object('op', 'remove', 'path', jsonb_build_array(k)))), d - k)) AS same
FROM (VALUES (0), (1), (2), (15), (16), (17), (31), (32), (33)) AS s(n),
	LATERAL (SELECT coalesce(jsonb_object_agg(repeat('k', i % 5) || i, (SELECT v FROM value OFFSET (i * 3 + n) % 20 LIMIT 1)), '{}') AS d FROM generate_series(1, n) AS i) AS a,
	LATERAL (SELECT 'new' UNION ALL SELECT '' UNION ALL SELECT k FROM jsonb_object_keys(d) AS k) AS keys(k), value
GROUP BY n ORDER BY n;

-- two wide objects: all of one, none, every second, every tenth key in common
SELECT n, step, pg_temp.same(jsonb_merge_shallow(a, b), a || b), pg_temp.same(jsonb_deep_merge(b, a), b || a)
FROM (VALUES (10), (40), (1000)) AS s(n), (VALUES (1), (2), (10), (1001)) AS t(step),
	LATERAL (SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, n) AS i) AS x(a),
	LATERAL (SELECT jsonb_object_agg('k' || i * step, 'new' || i) FROM generate_series(1, n) AS i) AS y(b)
ORDER BY 1, 2;

-- nested containers move by every distance
SELECT bool_and(pg_temp.canonical(jsonb_ivm_set_path(d, 'a', to_jsonb(repeat('x', n)))) AND pg_temp.canonical(jsonb_ivm_set_path(d, 'b.b[0]', to_jsonb(repeat('x', n)))))
FROM generate_series(0, 9) AS n, (VALUES (jsonb '{"a": "", "b": {"a": "y", "b": ["", {"c": 1}, "z", [1, "t", 2]]}, "c": 1.5, "d": {"e": "f"}}')) AS t(d);

-- scalars, and root containers of every kind
SELECT bool_and(pg_temp.canonical(jsonb_deep_merge('{}', v)) AND pg_temp.same(jsonb_apply_changeset('{"a": 1}', jsonb_build_array(jsonb_build_object('op', 'set', 'value', v))), v)) FROM value;
SELECT bool_and(pg_temp.canonical(jsonb_array_insert_where('{"a": [1, "x"]}', 'a', v)) AND pg_temp.canonical(jsonb_array_insert_where('{}', 'a', v))) FROM value;
SELECT pg_temp.canonical(jsonb_apply_changeset('1.5', '[{"op": "increment", "by": 1.50}]')), pg_temp.canonical(jsonb_ivm_set_path('null', '[40]', '1')), pg_temp.canonical(jsonb_ivm_set_path('null', 'a[5].b', '1'));

-- what comes from a table, with the short length word of small values
CREATE TEMP TABLE stored AS SELECT d, v FROM (VALUES (jsonb '{"a": 1, "l": [{"id": 1}]}')) AS t(d), value;
SELECT bool_and(pg_temp.same(jsonb_merge_shallow(d, jsonb_build_object('l', v)), d || jsonb_build_object('l', v)) AND pg_temp.same(jsonb_ivm_set_path(d, 'l[0].id', v), jsonb_set(d, '{l,0,id}', v))) FROM stored;
