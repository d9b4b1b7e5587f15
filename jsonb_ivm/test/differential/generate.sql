-- Random documents, paths, patches and calls, in schema differential. setseed() makes a run repeatable.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS differential CASCADE;
RESET client_min_messages;
CREATE SCHEMA differential;

CREATE FUNCTION differential.below(n int) RETURNS int LANGUAGE sql VOLATILE
RETURN floor(random() * n)::int;

CREATE FUNCTION differential.pick(choices anyarray) RETURNS anyelement LANGUAGE sql VOLATILE AS
'SELECT choices[1 + floor(random() * cardinality(choices))::int]';

-- Keys of equal length, unicode, escapes, numbers, dots and brackets, very long ones, the empty one.
CREATE FUNCTION differential.random_key() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r float := random();
BEGIN
	IF r < 0.80 THEN
		RETURN differential.pick(ARRAY['id', 'a', 'b', 'c', 'items', 'tags', 'name', 'aa', 'ab', 'ba', 'bb',
			'k1', 'k2', 'k3', 'é', 'è', '日本', '本日', '😀', '0', '1', 'value']);
	ELSIF r < 0.90 THEN
		RETURN differential.pick(ARRAY['', ' ', 'a.b', 'x[0]', ']', 'q"t', E'back\\slash', E'tab\t', E'\u0001', 'Ⅻ',
			'with space', E'new\nline', '''', 'null', '-1', '{}']);
	ELSIF r < 0.97 THEN
		RETURN 'k' || differential.below(100);
	END IF;
	RETURN repeat(differential.pick(ARRAY['x', 'y', 'é', '日']), 1 + differential.below(400));
END $$;

-- Numbers of every size, with and without trailing zeros.
CREATE FUNCTION differential.random_number() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	r float := random();
BEGIN
	IF r < 0.5 THEN
		RETURN to_jsonb(differential.below(8));
	ELSIF r < 0.9 THEN
		RETURN differential.pick(ARRAY['0', '-0', '0.0', '1.0', '1.00', '2.0', '1.50', '1.5', '-1', '1e5', '100000', '1E-7',
			'-3.14159265358979323846264338327950288', '9007199254740993', '18446744073709551616', '1e400', '1e-400',
			'123456789012345678901234567890.1234567890', '0.1', '0.10', '10000', '99999999'])::jsonb;
	END IF;
	RETURN to_jsonb((random() * 10 ^ differential.below(20))::numeric);
END $$;

CREATE FUNCTION differential.random_string() RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF random() < 0.7 THEN
		RETURN to_jsonb(differential.random_key());
	END IF;
	RETURN to_jsonb(repeat(differential.pick(ARRAY['s', 'ß', '漢', '😀', '"', E'\\', E'\n']), differential.below(60)));
END $$;

CREATE FUNCTION differential.random_scalar() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	r float := random();
BEGIN
	RETURN CASE
		WHEN r < 0.12 THEN 'null'
		WHEN r < 0.18 THEN 'true'
		WHEN r < 0.24 THEN 'false'
		WHEN r < 0.60 THEN differential.random_number()
		ELSE differential.random_string() END;
END $$;

-- Mostly few children, sometimes none, sometimes more than two strides of entries.
CREATE FUNCTION differential.random_count() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	r float := random();
BEGIN
	RETURN CASE WHEN r < 0.10 THEN 0 WHEN r < 0.96 THEN 1 + differential.below(5) ELSE 20 + differential.below(60) END;
END $$;

CREATE FUNCTION differential.random_value(depth int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	r float := random();
	child_depth int;
	n int;
	result jsonb;
BEGIN
	IF depth <= 0 OR r < 0.45 THEN
		RETURN differential.random_scalar();
	END IF;
	n := differential.random_count();
	child_depth := CASE WHEN n > 10 THEN least(depth - 1, 1) ELSE depth - 1 END;
	IF r < 0.65 THEN
		SELECT jsonb_agg(differential.random_value(child_depth + 0 * i)) INTO result FROM generate_series(1, n) AS i;
		RETURN coalesce(result, '[]');
	END IF;
	SELECT jsonb_object_agg(differential.random_key(), differential.random_value(child_depth + 0 * i)) INTO result
	FROM generate_series(1, n) AS i;
	RETURN coalesce(result, '{}');
END $$;

CREATE FUNCTION differential.random_object(depth int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
BEGIN
	SELECT jsonb_object_agg(differential.random_key(), differential.random_value(depth - 1 + 0 * i)) INTO result
	FROM generate_series(1, differential.random_count()) AS i;
	RETURN coalesce(result, '{}');
END $$;

-- Usually an object with an id, among few ids so that they repeat.
CREATE FUNCTION differential.random_element() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	r float := random();
BEGIN
	IF r < 0.1 THEN
		RETURN differential.random_value(2);
	ELSIF r < 0.2 THEN
		RETURN differential.random_object(2);
	END IF;
	RETURN differential.random_object(1) || jsonb_build_object('id', differential.random_id());
END $$;

CREATE FUNCTION differential.random_id() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	r float := random();
BEGIN
	RETURN CASE
		WHEN r < 0.65 THEN to_jsonb(differential.below(7))
		WHEN r < 0.75 THEN differential.pick(ARRAY['1.0', '2.00', '3.5', '"1"', '"a"', 'null', 'true', '[1]', '{"a": 1}', '{"a": 1.0}'])::jsonb
		ELSE differential.random_value(1) END;
END $$;

CREATE FUNCTION differential.random_array() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
	r float := random();
BEGIN
	IF r < 0.04 THEN			-- numbers in order, for sorted insertion
		SELECT jsonb_agg(jsonb_build_object('id', i)) INTO result FROM generate_series(1, differential.below(90)) AS i;
	ELSE
		SELECT jsonb_agg(CASE WHEN i > 0 THEN differential.random_element() END) INTO result
		FROM generate_series(1, CASE WHEN r < 0.9 THEN differential.below(7) ELSE differential.below(45) END) AS i;
	END IF;
	RETURN coalesce(result, '[]');
END $$;

-- What most functions are called on: an object with arrays of objects in it.
CREATE FUNCTION differential.random_document() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	r float := random();
BEGIN
	IF r < 0.08 THEN
		RETURN differential.random_value(3);
	END IF;
	RETURN differential.random_object(3) || jsonb_build_object('items', differential.random_array())
		|| CASE WHEN r < 0.3 THEN jsonb_build_object('a', jsonb_build_object('items', differential.random_array()))
			ELSE '{}' END;
END $$;

-- Steps that mostly exist in the value.
CREATE FUNCTION differential.random_steps(value jsonb, how_far int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	steps jsonb := '[]';
	step jsonb;
BEGIN
	FOR i IN 1..how_far LOOP
		IF random() < 0.15 OR value IS NULL OR jsonb_typeof(value) NOT IN ('object', 'array') THEN
			step := CASE WHEN random() < 0.3 THEN to_jsonb(differential.below(5))
						WHEN random() < 0.03 THEN '100001'
						ELSE to_jsonb(differential.random_key()) END;
		ELSIF jsonb_typeof(value) = 'array' THEN
			step := to_jsonb(differential.below(jsonb_array_length(value) + 1));
		ELSE
			step := (SELECT to_jsonb(k) FROM jsonb_object_keys(value) AS k ORDER BY random() LIMIT 1);
			step := coalesce(step, '"id"');
		END IF;
		steps := steps || jsonb_build_array(step);
		value := CASE WHEN jsonb_typeof(step) = 'string' THEN value -> (step #>> '{}') ELSE value -> step::int END;
	END LOOP;
	RETURN steps;
END $$;

-- As text; keys with dots and brackets make it mean something else, which is as good.
CREATE FUNCTION differential.steps_text(steps jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	path text;
BEGIN
	path := (SELECT string_agg(CASE WHEN jsonb_typeof(s) = 'number' THEN format('[%s]', s) ELSE '.' || (s #>> '{}') END, '' ORDER BY n)
			 FROM jsonb_array_elements(steps) WITH ORDINALITY AS t(s, n));
	IF random() < 0.9 THEN
		path := ltrim(path, '.');
	END IF;
	IF random() < 0.08 THEN		-- damage it
		path := overlay(coalesce(path, '') PLACING differential.pick(ARRAY['.', '..', '[', ']', '[]', '[+1]', '[-1]', '[x]', '[ 0]', '[99999999999999999999999]', '[7', ''])
						FROM 1 + differential.below(length(coalesce(path, '')) + 1) FOR differential.below(2));
	END IF;
	RETURN coalesce(path, '');
END $$;

CREATE FUNCTION differential.array_key() RETURNS text LANGUAGE sql VOLATILE
RETURN CASE WHEN random() < 0.9 THEN 'items' ELSE differential.random_key() END;

CREATE FUNCTION differential.match_key() RETURNS text LANGUAGE sql VOLATILE
RETURN CASE WHEN random() < 0.92 THEN 'id' ELSE differential.random_key() END;

CREATE FUNCTION differential.patch() RETURNS jsonb LANGUAGE sql VOLATILE
RETURN CASE WHEN random() < 0.93 THEN differential.random_object(2) ELSE differential.random_value(2) END;

CREATE FUNCTION differential.sort_order() RETURNS text LANGUAGE sql VOLATILE
RETURN differential.pick(ARRAY['ASC', 'DESC', 'desc', 'Asc', NULL, 'DESC', 'asc', 'desc', NULL, 'ascending']);

CREATE FUNCTION differential.random_op(doc jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	kind text := differential.pick(ARRAY['set', 'remove', 'merge', 'deep_merge', 'increment', 'array_update', 'array_update_all',
		'array_replace', 'array_upsert', 'array_delete', 'array_insert']);
	steps jsonb := differential.random_steps(doc, differential.below(4));
	op jsonb;
BEGIN
	IF kind LIKE 'array%' AND random() < 0.9 THEN
		steps := differential.pick(ARRAY['["items"]', '["items"]', '["a", "items"]', '["new"]'])::jsonb;
	END IF;
	op := jsonb_build_object('op', kind, 'path',
							 CASE WHEN random() < 0.5 THEN steps ELSE to_jsonb(differential.steps_text(steps)) END,
							 'match_key', differential.match_key(), 'match_value', differential.random_id(),
							 'by', differential.random_number(), 'sort_key', differential.match_key(),
							 'value', CASE WHEN kind IN ('set', 'array_replace', 'array_insert') THEN differential.random_element()
										  ELSE differential.random_object(2) END);
	IF random() < 0.4 THEN
		op := op || jsonb_build_object('sort_order', differential.pick(ARRAY['asc', 'DESC']));
	END IF;
	IF random() < 0.1 THEN		-- take a field away or spoil it
		op := CASE WHEN random() < 0.5 THEN op - differential.pick(ARRAY['op', 'path', 'match_key', 'match_value', 'by', 'sort_key', 'value'])
			ELSE op || jsonb_build_object(differential.pick(ARRAY['op', 'path', 'match_key', 'by', 'value', 'sort_order', 'sort_key']), differential.random_scalar()) END;
	END IF;
	RETURN op;
END $$;

-- Many on one array, so that it is searched by index while it changes in every way.
CREATE FUNCTION differential.random_array_op() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	kind text := differential.pick(ARRAY['array_update', 'array_update_all', 'array_replace', 'array_upsert', 'array_delete', 'array_insert', 'remove', 'set']);
	id jsonb := CASE WHEN random() < 0.9 THEN to_jsonb(differential.below(7)) ELSE differential.random_id() END;
BEGIN
	RETURN jsonb_build_object('op', kind, 'match_key', differential.pick(ARRAY['id', 'id', 'id', 'a']), 'match_value', id,
		'path', CASE WHEN kind IN ('remove', 'set') THEN format('items[%s]', differential.below(12)) ELSE 'items' END,
		'value', jsonb_build_object(differential.pick(ARRAY['id', 'a', 'b']), differential.below(7), 'id', differential.below(7)),
		'sort_key', CASE WHEN random() < 0.5 THEN 'id' END);
END $$;

CREATE FUNCTION differential.random_ops(doc jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	ops jsonb;
BEGIN
	IF random() < 0.02 THEN
		RETURN differential.random_value(2);
	END IF;
	IF random() < 0.15 AND jsonb_typeof(doc -> 'items') = 'array' THEN
		SELECT jsonb_agg(CASE WHEN i > 0 THEN differential.random_array_op() END) INTO ops
		FROM generate_series(1, 4 + differential.below(16)) AS i;
		RETURN ops;
	END IF;
	SELECT jsonb_agg(differential.random_op(doc)) INTO ops
	FROM generate_series(1, CASE WHEN random() < 0.8 THEN 1 + differential.below(4) ELSE differential.below(15) END);
	RETURN coalesce(ops, '[]');
END $$;

CREATE FUNCTION differential.random_updates() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	list jsonb;
BEGIN
	SELECT jsonb_agg(jsonb_build_object('match_value', differential.random_id(), 'updates', differential.random_object(1 + 0 * i)))
	INTO list FROM generate_series(1, differential.below(7)) AS i;
	IF random() < 0.04 THEN
		list := coalesce(list, '[]') || differential.random_value(2);
	END IF;
	RETURN coalesce(list, '[]');
END $$;

CREATE FUNCTION differential.quote(value jsonb) RETURNS text LANGUAGE sql VOLATILE
RETURN CASE WHEN random() < 0.003 THEN 'NULL::jsonb' ELSE quote_literal(value) || '::jsonb' END;

CREATE FUNCTION differential.quote(value text) RETURNS text LANGUAGE sql VOLATILE
RETURN CASE WHEN random() < 0.003 THEN 'NULL::text' ELSE quote_nullable(value) || '::text' END;

-- One call of a function, as its name and its arguments in SQL.
CREATE FUNCTION differential.random_call(OUT name text, OUT arguments text) LANGUAGE plpgsql AS $$
DECLARE
	doc jsonb := differential.random_document();
	path text[];
BEGIN
	name := differential.pick(ARRAY['jsonb_merge_shallow', 'jsonb_deep_merge', 'jsonb_merge_at_path', 'jsonb_smart_patch_scalar',
		'jsonb_smart_patch_nested', 'jsonb_smart_patch_array', 'jsonb_array_update_where', 'jsonb_array_update_where_batch',
		'jsonb_array_update_multi_row', 'jsonb_array_delete_where', 'jsonb_array_insert_where', 'jsonb_array_contains_id',
		'jsonb_extract_id', 'jsonb_ivm_array_update_where_path', 'jsonb_ivm_set_path', 'jsonb_apply_changeset',
		'jsonb_apply_changeset', 'jsonb_apply_changeset', 'jsonb_deep_merge', 'jsonb_ivm_set_path']);
	CASE
		WHEN name IN ('jsonb_merge_shallow', 'jsonb_smart_patch_scalar') THEN
			arguments := concat_ws(', ', differential.quote(doc), differential.quote(differential.patch()));
		WHEN name = 'jsonb_deep_merge' THEN
			arguments := concat_ws(', ', differential.quote(doc), differential.quote(
				CASE WHEN random() < 0.5 THEN differential.random_document() ELSE differential.patch() END));
		WHEN name IN ('jsonb_merge_at_path', 'jsonb_smart_patch_nested') THEN
			path := ARRAY(SELECT jsonb_array_elements_text(differential.random_steps(doc, differential.below(4))));
			IF random() < 0.02 THEN
				path := path || NULL::text;
			END IF;
			arguments := concat_ws(', ', differential.quote(doc), differential.quote(differential.patch()), quote_literal(path) || '::text[]');
		WHEN name = 'jsonb_smart_patch_array' THEN
			arguments := concat_ws(', ', differential.quote(doc), differential.quote(differential.patch()), differential.quote(differential.array_key()),
				differential.quote(differential.match_key()), differential.quote(differential.random_id()));
		WHEN name = 'jsonb_array_update_where' THEN
			arguments := concat_ws(', ', differential.quote(doc), differential.quote(differential.array_key()),
				differential.quote(differential.match_key()), differential.quote(differential.random_id()), differential.quote(differential.patch()));
		WHEN name = 'jsonb_array_update_where_batch' THEN
			arguments := concat_ws(', ', differential.quote(doc), differential.quote(differential.array_key()),
				differential.quote(differential.match_key()), differential.quote(differential.random_updates()));
		WHEN name = 'jsonb_array_update_multi_row' THEN
			arguments := concat_ws(', ', format('ARRAY[%s, %s, %s]::jsonb[]', differential.quote(doc), differential.quote(differential.random_document()),
				differential.pick(ARRAY['NULL', quote_literal(doc)])), differential.quote(differential.array_key()),
				differential.quote(differential.match_key()), differential.quote(differential.random_id()), differential.quote(differential.patch()));
		WHEN name IN ('jsonb_array_delete_where', 'jsonb_array_contains_id') THEN
			arguments := concat_ws(', ', differential.quote(doc), differential.quote(differential.array_key()),
				differential.quote(differential.match_key()), differential.quote(differential.random_id()));
		WHEN name = 'jsonb_array_insert_where' THEN
			arguments := concat_ws(', ', differential.quote(doc), differential.quote(differential.array_key()), differential.quote(differential.random_element()),
				differential.quote(CASE WHEN random() < 0.9 THEN differential.match_key() END), differential.quote(differential.sort_order()));
		WHEN name = 'jsonb_extract_id' THEN
			arguments := concat_ws(', ', differential.quote(CASE WHEN random() < 0.5 THEN differential.random_element() ELSE doc END), differential.quote(differential.match_key()));
		WHEN name = 'jsonb_ivm_array_update_where_path' THEN
			arguments := concat_ws(', ', differential.quote(doc), differential.quote(differential.array_key()),
				differential.quote(differential.match_key()), differential.quote(differential.random_id()),
				differential.quote(differential.steps_text(differential.random_steps(doc #> '{items,0}', 1 + differential.below(3)))), differential.quote(differential.random_value(2)));
		WHEN name = 'jsonb_ivm_set_path' THEN
			arguments := concat_ws(', ', differential.quote(doc),
				differential.quote(differential.steps_text(differential.random_steps(doc, 1 + differential.below(4)))), differential.quote(differential.random_value(3)));
		ELSE
			arguments := concat_ws(', ', differential.quote(doc), differential.quote(differential.random_ops(doc)));
	END CASE;
END $$;

CREATE TABLE differential.difference (name text, arguments text, got text, expected text);
CREATE TABLE differential.run (name text, calls int, refusals int);

-- The rows a call returns, or its SQLSTATE. to_jsonb() would rebuild what is jsonb already.
CREATE FUNCTION differential.call(name text, arguments text, OUT rows jsonb[], OUT state text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT array_agg(%s) FROM %s(%s) AS r',
				   CASE WHEN name ~ 'contains_id|extract_id' THEN 'to_jsonb(r)' ELSE 'r' END, name, arguments) INTO rows;
EXCEPTION WHEN OTHERS THEN
	state := SQLSTATE;
END $$;

-- Equal, and the same size and bytes, whichever kind of length word is before them.
CREATE FUNCTION differential.same(a jsonb, b jsonb) RETURNS boolean LANGUAGE sql
RETURN a IS NOT DISTINCT FROM b AND record_image_eq(ROW(a), ROW(b))
	AND jsonb_hash_extended(a, 1) IS NOT DISTINCT FROM jsonb_hash_extended(b, 1);

-- Calls both; the result must also be what PostgreSQL reads from its own text.
CREATE PROCEDURE differential.compare(n int) LANGUAGE plpgsql AS $$
DECLARE
	one record;
	got record;
	expected record;
	same boolean;
BEGIN
	FOR i IN 1..n LOOP
		SELECT * INTO one FROM differential.random_call();
		got := differential.call(one.name, one.arguments);
		expected := differential.call('reference.' || one.name, one.arguments);
		same := got.state IS NOT DISTINCT FROM expected.state
			AND cardinality(got.rows) IS NOT DISTINCT FROM cardinality(expected.rows)
			AND coalesce((SELECT bool_and(differential.same(g, e) AND differential.same(g, g::text::jsonb))
						  FROM unnest(got.rows, expected.rows) AS t(g, e)), true);
		IF NOT same THEN
			INSERT INTO differential.difference
			VALUES (one.name, one.arguments, coalesce(got.state, got.rows::text), coalesce(expected.state, expected.rows::text));
		END IF;
		INSERT INTO differential.run VALUES (one.name, 1, (got.state IS NOT NULL)::int);
		IF i % 1000 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
END $$;
