-- What each function of jsonb_ivm is to return, in plain SQL and PL/pgSQL, in schema reference.
-- Written for plainness: every function rebuilds what it changes. Paths are jsonb arrays of
-- strings (keys) and numbers (indexes). Errors carry the SQLSTATE; their wording is not compared.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS reference CASCADE;
RESET client_min_messages;
CREATE SCHEMA reference;

CREATE FUNCTION reference.fail(state text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'refused' USING ERRCODE = state;
END $$;

CREATE FUNCTION reference.is_object(value jsonb) RETURNS boolean LANGUAGE sql
RETURN coalesce(jsonb_typeof(value) = 'object', false);

CREATE FUNCTION reference.is_array(value jsonb) RETURNS boolean LANGUAGE sql
RETURN coalesce(jsonb_typeof(value) = 'array', false);

-- absent or JSON null
CREATE FUNCTION reference.is_nothing(value jsonb) RETURNS boolean LANGUAGE sql
RETURN coalesce(value = 'null', true);

-- Paths

CREATE FUNCTION reference.parse_path(path text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	token text;
	digits text;
	steps jsonb := '[]';
BEGIN
	IF path ~ '\.\.' THEN
		RETURN reference.fail('22023');
	END IF;
	FOR token IN SELECT m[1] FROM regexp_matches(path, '(\.|\[[^\]]*\]?|\]|[^.\[\]]+)', 'g') m LOOP
		IF token = '.' THEN
			CONTINUE;
		ELSIF token = ']' THEN
			RETURN reference.fail('22023');
		ELSIF token LIKE '[%' THEN
			digits := rtrim(substr(token, 2), ']');
			IF digits !~ '^\+?[0-9]+$' OR digits::numeric > 18446744073709551615 THEN
				RETURN reference.fail('22023');
			END IF;
			steps := steps || to_jsonb(digits::numeric);
		ELSE
			steps := steps || to_jsonb(token);
		END IF;
	END LOOP;
	IF jsonb_array_length(steps) = 0 THEN
		RETURN reference.fail('22023');
	ELSIF jsonb_array_length(steps) > 1000 THEN
		RETURN reference.fail('54000');
	END IF;
	RETURN steps;
END $$;

CREATE FUNCTION reference.is_index(step jsonb) RETURNS boolean LANGUAGE sql
RETURN jsonb_typeof(step) = 'number';

-- one step down, SQL NULL if there is nothing
CREATE FUNCTION reference.child(value jsonb, step jsonb) RETURNS jsonb LANGUAGE sql
RETURN CASE
	WHEN reference.is_index(step) AND reference.is_array(value) AND step::numeric < jsonb_array_length(value)
		THEN value -> step::int
	WHEN NOT reference.is_index(step) AND reference.is_object(value)
		THEN value -> (step #>> '{}')
END;

CREATE FUNCTION reference.get(value jsonb, steps jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	step jsonb;
BEGIN
	FOR step IN SELECT jsonb_array_elements(steps) LOOP
		value := reference.child(value, step);
	END LOOP;
	RETURN value;
END $$;

CREATE FUNCTION reference.replace_element(elements jsonb, index int, value jsonb) RETURNS jsonb LANGUAGE sql
RETURN (SELECT jsonb_agg(CASE WHEN n = index + 1 THEN value ELSE e END ORDER BY n)
		FROM jsonb_array_elements(elements) WITH ORDINALITY AS t(e, n));

CREATE FUNCTION reference.pad(elements jsonb, n int) RETURNS jsonb LANGUAGE sql
RETURN elements || (SELECT coalesce(jsonb_agg('null'::jsonb), '[]')
					FROM generate_series(jsonb_array_length(elements) + 1, n));

CREATE FUNCTION reference.set_steps(doc jsonb, steps jsonb, value jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	step jsonb := steps -> 0;
	rest jsonb := steps - 0;
	key text := step #>> '{}';
BEGIN
	IF step IS NULL THEN
		RETURN value;
	END IF;
	IF reference.is_index(step) THEN
		IF reference.is_nothing(doc) THEN
			doc := '[]';
		ELSIF NOT reference.is_array(doc) THEN
			RETURN reference.fail('22039');
		END IF;
		IF step::numeric >= jsonb_array_length(doc) THEN
			IF step::numeric > 100000 THEN
				RETURN reference.fail('54000');
			END IF;
			doc := reference.pad(doc, step::int + 1);
		END IF;
		RETURN reference.replace_element(doc, step::int,
										 reference.set_steps(doc -> step::int, rest, value));
	END IF;
	IF reference.is_nothing(doc) THEN
		doc := '{}';
	ELSIF NOT reference.is_object(doc) THEN
		RETURN reference.fail('2203C');
	END IF;
	RETURN doc || jsonb_build_object(key, reference.set_steps(doc -> key, rest, value));
END $$;

CREATE FUNCTION reference.remove_steps(doc jsonb, steps jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	last jsonb := steps -> -1;
	parent jsonb;
BEGIN
	IF last IS NULL THEN
		RETURN reference.fail('22023');
	END IF;
	IF reference.get(doc, steps) IS NULL THEN
		RETURN doc;
	END IF;
	parent := reference.get(doc, steps - -1);
	IF reference.is_index(last) THEN
		parent := parent - last::int;
	ELSE
		parent := parent - (last #>> '{}');
	END IF;
	RETURN reference.set_steps(doc, steps - -1, parent);
END $$;

-- Merging

CREATE FUNCTION reference.jsonb_merge_shallow(target jsonb, source jsonb) RETURNS jsonb STRICT LANGUAGE sql
RETURN CASE WHEN reference.is_object(target) AND reference.is_object(source)
		THEN target || source ELSE reference.fail('22023') END;

CREATE FUNCTION reference.jsonb_deep_merge(target jsonb, source jsonb) RETURNS jsonb STRICT LANGUAGE plpgsql AS $$
BEGIN
	IF NOT reference.is_object(target) OR NOT reference.is_object(source) THEN
		RETURN source;
	END IF;
	RETURN target || (SELECT coalesce(jsonb_object_agg(s.key,
							CASE WHEN target ? s.key
								THEN reference.jsonb_deep_merge(target -> s.key, s.value)
								ELSE s.value END), '{}')
					  FROM jsonb_each(source) AS s);
END $$;

-- into what the steps lead to
CREATE FUNCTION reference.merge_steps(doc jsonb, steps jsonb, source jsonb, deep boolean) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	old jsonb := reference.get(doc, steps);
BEGIN
	IF reference.is_nothing(old) THEN
		old := '{}';
	ELSIF NOT reference.is_object(old) THEN
		RETURN reference.fail('2203C');
	END IF;
	RETURN reference.set_steps(doc, steps,
							   CASE WHEN deep THEN reference.jsonb_deep_merge(old, source)
								   ELSE old || source END);
END $$;

CREATE FUNCTION reference.jsonb_merge_at_path(target jsonb, source jsonb, path text[]) RETURNS jsonb STRICT LANGUAGE plpgsql AS $$
BEGIN
	IF cardinality(path) > 1000 THEN
		RETURN reference.fail('54000');
	ELSIF array_position(path, NULL) IS NOT NULL THEN
		RETURN reference.fail('22004');
	ELSIF NOT reference.is_object(source) OR NOT reference.is_object(target) THEN
		RETURN reference.fail('22023');
	END IF;
	RETURN reference.merge_steps(target, to_jsonb(path), source, false);
END $$;

CREATE FUNCTION reference.jsonb_smart_patch_scalar(target jsonb, source jsonb) RETURNS jsonb STRICT LANGUAGE sql
RETURN reference.jsonb_merge_shallow(target, source);

CREATE FUNCTION reference.jsonb_smart_patch_nested(target jsonb, source jsonb, path text[]) RETURNS jsonb STRICT LANGUAGE sql
RETURN reference.jsonb_merge_at_path(target, source, path);

-- Elements of arrays

CREATE FUNCTION reference.matches(element jsonb, key text, value jsonb) RETURNS boolean LANGUAGE sql
RETURN reference.is_object(element) AND coalesce(element -> key = value, false);

-- from 0; NULL if there is none
CREATE FUNCTION reference.first_match(elements jsonb, key text, value jsonb) RETURNS int LANGUAGE sql
RETURN (SELECT min(n)::int - 1 FROM jsonb_array_elements(elements) WITH ORDINALITY AS t(e, n)
		WHERE reference.matches(e, key, value));

CREATE FUNCTION reference.update_first(elements jsonb, key text, value jsonb, updates jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	index int := reference.first_match(elements, key, value);
BEGIN
	IF index IS NULL THEN
		RETURN elements;
	END IF;
	RETURN reference.replace_element(elements, index, (elements -> index) || updates);
END $$;

CREATE FUNCTION reference.update_all(elements jsonb, key text, value jsonb, updates jsonb) RETURNS jsonb LANGUAGE sql
RETURN (SELECT coalesce(jsonb_agg(CASE WHEN reference.matches(e, key, value) THEN e || updates ELSE e END
								  ORDER BY n), '[]')
		FROM jsonb_array_elements(elements) WITH ORDINALITY AS t(e, n));

CREATE FUNCTION reference.delete_first(elements jsonb, key text, value jsonb) RETURNS jsonb LANGUAGE sql
RETURN coalesce(elements - reference.first_match(elements, key, value), elements);

CREATE FUNCTION reference.sort_rank(value jsonb) RETURNS int LANGUAGE sql
RETURN CASE jsonb_typeof(value) WHEN 'null' THEN 0 WHEN 'boolean' THEN 1 WHEN 'number' THEN 2
	WHEN 'string' THEN 3 ELSE 4 END;

-- Not in SQL, because the casts of an inlined constant would be folded and fail.
CREATE FUNCTION reference.sorts_before(a jsonb, b jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF reference.sort_rank(a) <> reference.sort_rank(b) THEN
		RETURN reference.sort_rank(a) < reference.sort_rank(b);
	END IF;
	RETURN CASE jsonb_typeof(a)
		WHEN 'boolean' THEN a::boolean < b::boolean
		WHEN 'number' THEN a::numeric < b::numeric
		WHEN 'string' THEN (a #>> '{}') COLLATE "C" < (b #>> '{}') COLLATE "C"
		ELSE false END;
END $$;

CREATE FUNCTION reference.insert_sorted(elements jsonb, element jsonb, sort_key text, sort_order text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	position bigint;
	wanted jsonb := CASE WHEN reference.is_object(element) THEN element -> sort_key END;
BEGIN
	SELECT min(n) INTO position
	FROM jsonb_array_elements(elements) WITH ORDINALITY AS t(e, n)
	WHERE reference.is_object(e) AND e ? sort_key AND wanted IS NOT NULL
		AND CASE WHEN lower(sort_order) = 'desc' THEN reference.sorts_before(e -> sort_key, wanted)
				ELSE reference.sorts_before(wanted, e -> sort_key) END;
	RETURN (SELECT jsonb_agg(e ORDER BY n, new DESC)
			FROM (SELECT e, n, false AS new FROM jsonb_array_elements(elements) WITH ORDINALITY AS t(e, n)
				  UNION ALL SELECT element, coalesce(position, jsonb_array_length(elements) + 1), true) AS all_elements);
END $$;

CREATE FUNCTION reference.check_match_key(key text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF key = '' THEN
		PERFORM reference.fail('22023');
	END IF;
END $$;

CREATE FUNCTION reference.check_sort_order(sort_order text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF lower(sort_order) NOT IN ('asc', 'desc') THEN
		PERFORM reference.fail('22023');
	END IF;
END $$;

-- the array under a top-level key
CREATE FUNCTION reference.require_array(target jsonb, array_path text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF NOT reference.is_object(target) OR NOT target ? array_path THEN
		RETURN reference.fail('2203A');
	ELSIF NOT reference.is_array(target -> array_path) THEN
		RETURN reference.fail('22039');
	END IF;
	RETURN target -> array_path;
END $$;

CREATE FUNCTION reference.jsonb_array_update_where(target jsonb, array_path text, match_key text, match_value jsonb, updates jsonb) RETURNS jsonb STRICT LANGUAGE plpgsql AS $$
DECLARE
	elements jsonb;
BEGIN
	PERFORM reference.check_match_key(match_key);
	elements := reference.require_array(target, array_path);
	IF NOT reference.is_object(updates) THEN
		RETURN reference.fail('22023');
	END IF;
	RETURN target || jsonb_build_object(array_path, reference.update_first(elements, match_key, match_value, updates));
END $$;

CREATE FUNCTION reference.jsonb_smart_patch_array(target jsonb, source jsonb, array_path text, match_key text, match_value jsonb) RETURNS jsonb STRICT LANGUAGE sql
RETURN reference.jsonb_array_update_where(target, array_path, match_key, match_value, source);

CREATE FUNCTION reference.jsonb_array_update_where_batch(target jsonb, array_path text, match_key text, updates_array jsonb) RETURNS jsonb STRICT LANGUAGE plpgsql AS $$
DECLARE
	elements jsonb;
	entry jsonb;
BEGIN
	PERFORM reference.check_match_key(match_key);
	IF NOT reference.is_array(updates_array) THEN
		RETURN reference.fail('22023');
	END IF;
	elements := reference.require_array(target, array_path);
	FOR entry IN SELECT jsonb_array_elements(updates_array) LOOP
		IF NOT reference.is_object(entry) OR NOT entry ? 'match_value' OR NOT reference.is_object(entry -> 'updates') THEN
			RETURN reference.fail('22023');
		END IF;
		elements := reference.update_all(elements, match_key, entry -> 'match_value', entry -> 'updates');
	END LOOP;
	RETURN target || jsonb_build_object(array_path, elements);
END $$;

CREATE FUNCTION reference.jsonb_array_update_multi_row(targets jsonb[], array_path text, match_key text, match_value jsonb, updates jsonb) RETURNS SETOF jsonb STRICT LANGUAGE plpgsql AS $$
DECLARE
	target jsonb;
BEGIN
	PERFORM reference.check_match_key(match_key);
	IF NOT reference.is_object(updates) THEN
		PERFORM reference.fail('22023');
	END IF;
	FOREACH target IN ARRAY targets LOOP
		RETURN NEXT reference.jsonb_array_update_where(target, array_path, match_key, match_value, updates);
	END LOOP;
END $$;

CREATE FUNCTION reference.jsonb_array_delete_where(target jsonb, array_path text, match_key text, match_value jsonb) RETURNS jsonb STRICT LANGUAGE plpgsql AS $$
BEGIN
	PERFORM reference.check_match_key(match_key);
	IF NOT reference.is_object(target) OR NOT reference.is_array(target -> array_path) THEN
		RETURN target;
	END IF;
	RETURN target || jsonb_build_object(array_path, reference.delete_first(target -> array_path, match_key, match_value));
END $$;

CREATE FUNCTION reference.jsonb_array_insert_where(target jsonb, array_path text, new_element jsonb, sort_key text, sort_order text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	elements jsonb;
BEGIN
	IF target IS NULL THEN
		RETURN NULL;
	ELSIF array_path IS NULL OR new_element IS NULL THEN
		RETURN reference.fail('22004');
	END IF;
	PERFORM reference.check_sort_order(sort_order);
	IF NOT reference.is_object(target) THEN
		RETURN reference.fail('22023');
	END IF;
	elements := target -> array_path;
	IF reference.is_nothing(elements) THEN
		elements := '[]';
	ELSIF NOT reference.is_array(elements) THEN
		RETURN reference.fail('22039');
	END IF;
	RETURN target || jsonb_build_object(array_path, reference.insert_sorted(elements, new_element, sort_key, sort_order));
END $$;

CREATE FUNCTION reference.jsonb_array_contains_id(data jsonb, array_path text, id_key text, id_value jsonb) RETURNS boolean STRICT LANGUAGE plpgsql AS $$
BEGIN
	PERFORM reference.check_match_key(id_key);
	RETURN reference.is_object(data) AND reference.is_array(data -> array_path)
		AND reference.first_match(data -> array_path, id_key, id_value) IS NOT NULL;
END $$;

CREATE FUNCTION reference.jsonb_extract_id(data jsonb, key text) RETURNS text STRICT LANGUAGE sql
RETURN CASE WHEN reference.is_object(data) AND jsonb_typeof(data -> key) IN ('string', 'number')
		THEN data ->> key END;

CREATE FUNCTION reference.jsonb_ivm_set_path(target jsonb, path text, value jsonb) RETURNS jsonb STRICT LANGUAGE sql
RETURN reference.set_steps(target, reference.parse_path(path), value);

CREATE FUNCTION reference.jsonb_ivm_array_update_where_path(target jsonb, array_key text, match_key text, match_value jsonb, update_path text, update_value jsonb) RETURNS jsonb STRICT LANGUAGE plpgsql AS $$
DECLARE
	steps jsonb := reference.parse_path(update_path);
	elements jsonb;
	index int;
BEGIN
	PERFORM reference.check_match_key(match_key);
	elements := reference.require_array(target, array_key);
	index := reference.first_match(elements, match_key, match_value);
	IF index IS NULL THEN
		RETURN target;
	END IF;
	elements := reference.replace_element(elements, index, reference.set_steps(elements -> index, steps, update_value));
	RETURN target || jsonb_build_object(array_key, elements);
END $$;

-- Changesets

CREATE FUNCTION reference.op_path(path jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF reference.is_nothing(path) OR path = '""' THEN
		RETURN '[]';
	ELSIF jsonb_typeof(path) = 'string' THEN
		RETURN reference.parse_path(path #>> '{}');
	ELSIF NOT reference.is_array(path) THEN
		RETURN reference.fail('22023');
	END IF;
	IF EXISTS (SELECT FROM jsonb_array_elements(path) AS e
			   WHERE jsonb_typeof(e) NOT IN ('string', 'number')
				   OR jsonb_typeof(e) = 'number' AND (e::text !~ '^[0-9]+$' OR e::numeric > 18446744073709551615)) THEN
		RETURN reference.fail('22023');
	END IF;
	RETURN path;
END $$;

CREATE FUNCTION reference.op_string(op jsonb, field text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	IF NOT reference.is_nothing(op -> field) AND jsonb_typeof(op -> field) <> 'string' THEN
		PERFORM reference.fail('22023');
	END IF;
	RETURN op ->> field;
END $$;

-- Raises an error if the fields are not what the kind of operation needs.
CREATE FUNCTION reference.check_op(op jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	kind text;
BEGIN
	IF NOT reference.is_object(op) THEN
		PERFORM reference.fail('22023');
	END IF;
	kind := coalesce(reference.op_string(op, 'op'), '');
	IF kind NOT IN ('set', 'remove', 'merge', 'deep_merge', 'increment', 'array_update', 'array_update_all',
					'array_replace', 'array_upsert', 'array_delete', 'array_insert') THEN
		PERFORM reference.fail('22023');
	END IF;
	IF kind IN ('array_update', 'array_update_all', 'array_replace', 'array_upsert', 'array_delete')
		AND (coalesce(reference.op_string(op, 'match_key'), '') = '' OR NOT op ? 'match_value') THEN
		PERFORM reference.fail('22023');
	END IF;
	IF kind IN ('set', 'array_replace', 'array_insert') AND NOT op ? 'value'
		OR kind IN ('merge', 'deep_merge', 'array_update', 'array_update_all', 'array_upsert')
			AND NOT reference.is_object(op -> 'value')
		OR kind = 'increment' AND coalesce(jsonb_typeof(op -> 'by'), '') <> 'number' THEN
		PERFORM reference.fail('22023');
	END IF;
	IF kind IN ('array_upsert', 'array_insert') THEN
		PERFORM reference.op_string(op, 'sort_key'), reference.check_sort_order(reference.op_string(op, 'sort_order'));
	END IF;
END $$;

-- The array an operation works on, as it becomes; NULL means do nothing.
CREATE FUNCTION reference.apply_to_array(elements jsonb, op jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	kind text := op ->> 'op';
	key text := op ->> 'match_key';
	wanted jsonb := op -> 'match_value';
	index int;
BEGIN
	IF kind IN ('array_upsert', 'array_insert') THEN
		IF reference.is_nothing(elements) THEN
			elements := '[]';
		ELSIF NOT reference.is_array(elements) THEN
			RETURN reference.fail('22039');
		END IF;
	ELSIF NOT reference.is_array(elements) THEN
		RETURN NULL;
	END IF;
	index := reference.first_match(elements, key, wanted);
	RETURN CASE
		WHEN kind = 'array_update' OR kind = 'array_upsert' AND index IS NOT NULL
			THEN reference.update_first(elements, key, wanted, op -> 'value')
		WHEN kind = 'array_update_all' THEN reference.update_all(elements, key, wanted, op -> 'value')
		WHEN kind = 'array_delete' THEN reference.delete_first(elements, key, wanted)
		WHEN kind = 'array_replace' AND index IS NULL THEN NULL
		WHEN kind = 'array_replace' THEN reference.replace_element(elements, index, op -> 'value')
		ELSE reference.insert_sorted(elements, op -> 'value', op ->> 'sort_key', op ->> 'sort_order') END;
END $$;

CREATE FUNCTION reference.increment_steps(doc jsonb, steps jsonb, by jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	old jsonb := reference.get(doc, steps);
BEGIN
	IF NOT reference.is_nothing(old) AND jsonb_typeof(old) <> 'number' THEN
		RETURN reference.fail('22036');
	END IF;
	RETURN reference.set_steps(doc, steps, CASE WHEN reference.is_nothing(old) THEN by
											   ELSE to_jsonb(old::numeric + by::numeric) END);
END $$;

CREATE FUNCTION reference.apply_op(doc jsonb, op jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	kind text := op ->> 'op';
	steps jsonb := reference.op_path(op -> 'path');
	elements jsonb;
BEGIN
	IF kind = 'set' THEN
		RETURN reference.set_steps(doc, steps, op -> 'value');
	ELSIF kind = 'remove' THEN
		RETURN reference.remove_steps(doc, steps);
	ELSIF kind IN ('merge', 'deep_merge') THEN
		RETURN reference.merge_steps(doc, steps, op -> 'value', kind = 'deep_merge');
	ELSIF kind = 'increment' THEN
		RETURN reference.increment_steps(doc, steps, op -> 'by');
	END IF;
	elements := reference.apply_to_array(reference.get(doc, steps), op);
	RETURN CASE WHEN elements IS NULL THEN doc ELSE reference.set_steps(doc, steps, elements) END;
END $$;

CREATE FUNCTION reference.jsonb_apply_changeset(doc jsonb, ops jsonb) RETURNS jsonb STRICT LANGUAGE plpgsql AS $$
DECLARE
	op jsonb;
BEGIN
	IF NOT reference.is_array(ops) THEN
		RETURN reference.fail('22023');
	ELSIF jsonb_array_length(ops) > 10000 THEN
		RETURN reference.fail('54000');
	END IF;
	FOR op IN SELECT jsonb_array_elements(ops) LOOP
		PERFORM reference.check_op(op);
		doc := reference.apply_op(doc, op);
	END LOOP;
	RETURN doc;
END $$;
