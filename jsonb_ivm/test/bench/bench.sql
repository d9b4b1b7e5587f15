-- Measures the functions of jsonb_ivm against the same change written in plain SQL, in schema bench.
--
-- A case has arms: ours, idiomatic (take the array apart and aggregate it again), best (what an
-- expert would write) and floor (one copy of the document, or one UPDATE to a value that is there
-- already). Before anything is timed the results of the first three must be the same bytes. Then
-- the arms take turns, in another order in each trial, because an arm leaves memory and caches as it
-- used them; the median of each is kept.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;

CREATE TABLE bench.cases (
	id int GENERATED ALWAYS AS IDENTITY,
	name text,
	setting text,				-- expression or update
	elements int,				-- of the array in the document
	documents int,
	repeats int,				-- of each document in a trial
	ours text,					-- expressions on d, a document
	idiomatic text,
	best text,
	at_least numeric,			-- promised ratio to idiomatic
	at_least_best numeric		-- and to best
);

CREATE TABLE bench.trials (id int, arm text, ms float);

-- Ten scalars, an object nested three deep, and n objects of five members under items.
CREATE FUNCTION bench.document(n int, salt int) RETURNS jsonb LANGUAGE sql
RETURN jsonb_build_object('id', salt, 'name', 'document ' || salt, 'slug', md5(salt::text), 'active', true, 'score', 12.50,
	'owner_id', salt % 7, 'created', '2025-01-01T00:00:00Z', 'note', NULL, 'version', 3, 'total', 99999.99,
	'l1', jsonb_build_object('x', 1, 'l2', jsonb_build_object('y', 2, 'l3', jsonb_build_object('a', 1, 'b', 'text', 'c', 3.5))),
	'items', (SELECT jsonb_agg(jsonb_build_object('id', 2 * i, 'sku', md5(i::text), 'qty', i % 13, 'price', i * 1.05, 'status', 'in stock') ORDER BY i)
			  FROM generate_series(1, n) AS i));

-- An object of n scalars, for merging.
CREATE FUNCTION bench.wide(n int, salt int) RETURNS jsonb LANGUAGE sql
RETURN (SELECT jsonb_object_agg('key' || (i * salt), CASE i % 3 WHEN 0 THEN to_jsonb(i) WHEN 1 THEN to_jsonb(md5(i::text)) ELSE 'null' END)
		FROM generate_series(1, n) AS i);

-- Edits as the batch, the changeset and a plain map from id to patch want them.
CREATE FUNCTION bench.edits(n int, every int) RETURNS TABLE (batch jsonb, changeset jsonb, map jsonb) LANGUAGE sql
BEGIN ATOMIC
	SELECT jsonb_agg(jsonb_build_object('match_value', id, 'updates', patch) ORDER BY id),
		jsonb_agg(jsonb_build_object('op', 'array_update', 'path', 'items', 'match_key', 'id', 'match_value', id, 'value', patch) ORDER BY id),
		jsonb_object_agg(id, patch)
	FROM (SELECT 2 * i * every AS id, jsonb_build_object('qty', 1000 + i, 'seen', true) AS patch FROM generate_series(1, n) AS i) AS e;
END;

-- What a user would nest or loop: one idiomatic update for each edit.
CREATE FUNCTION bench.chain(d jsonb, map jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	k text;
	patch jsonb;
BEGIN
	FOR k, patch IN SELECT * FROM jsonb_each(map) LOOP
		d := jsonb_set(d, '{items}', (SELECT jsonb_agg(CASE WHEN e->>'id' = k THEN e || patch ELSE e END) FROM jsonb_array_elements(d->'items') AS e));
	END LOOP;
	RETURN d;
END $$;

CREATE PROCEDURE bench.add(name text, elements int, ours text, idiomatic text, best text,
						   at_least numeric DEFAULT NULL, at_least_best numeric DEFAULT 1.2, settings text[] DEFAULT '{expression,update}') LANGUAGE sql
BEGIN ATOMIC
	INSERT INTO bench.cases (name, setting, elements, documents, repeats, ours, idiomatic, best, at_least, at_least_best)
	SELECT name, s, elements,
		CASE WHEN s = 'update' THEN least(1000, greatest(4, 20000 / elements)) ELSE least(400, greatest(2, 8000 / elements)) END,
		CASE WHEN s = 'update' THEN 1 WHEN elements < 10000 THEN 5 ELSE 3 END,
		ours, idiomatic, best,
		CASE WHEN s = 'expression' THEN at_least END, CASE WHEN s = 'expression' THEN at_least_best END
	FROM unnest(settings) AS s;
END;

-- The array functions, for an array of n; k is the id that is looked for.
CREATE PROCEDURE bench.add_array_cases(n int) LANGUAGE plpgsql AS $$
DECLARE
	patch text := '''{"qty": 1000, "seen": true}''::jsonb';
	place record;
	k int;
BEGIN
	FOR place IN SELECT * FROM (VALUES ('first', 2), ('middle', n), ('last', 2 * n)) AS v(name, id) LOOP
		k := place.id / 2 * 2;
		CALL bench.add('update, ' || place.name, n,
			format('jsonb_array_update_where(d, ''items'', ''id'', ''%s'', %s)', k, patch),
			format('jsonb_set(d, ''{items}'', (SELECT jsonb_agg(CASE WHEN e->>''id'' = ''%s'' THEN e || %s ELSE e END) FROM jsonb_array_elements(d->''items'') AS e))', k, patch),
			format('(SELECT jsonb_set(d, ARRAY[''items'', (o - 1)::text], e || %2$s) FROM jsonb_array_elements(d->''items'') WITH ORDINALITY AS t(e, o) WHERE e->''id'' = ''%1$s'' LIMIT 1)', k, patch),
			CASE WHEN n = 1000 THEN 5 END, 1.2,
			CASE place.name WHEN 'middle' THEN ARRAY['expression', 'update'] ELSE ARRAY['expression'] END);
	END LOOP;
	k := n / 2 * 2;
	CALL bench.add('update at a path', n,
		format('jsonb_ivm_array_update_where_path(d, ''items'', ''id'', ''%s'', ''qty'', ''1000'')', k),
		format('jsonb_set(d, ''{items}'', (SELECT jsonb_agg(CASE WHEN e->>''id'' = ''%s'' THEN jsonb_set(e, ''{qty}'', ''1000'') ELSE e END) FROM jsonb_array_elements(d->''items'') AS e))', k),
		format('(SELECT jsonb_set(d, ARRAY[''items'', (o - 1)::text, ''qty''], ''1000'') FROM jsonb_array_elements(d->''items'') WITH ORDINALITY AS t(e, o) WHERE e->''id'' = ''%s'' LIMIT 1)', k),
		NULL, 1.2, '{expression}');
	CALL bench.add('update by text', n,
		format('jsonb_array_update_where(d, ''items'', ''sku'', ''"%s"'', %s)', md5((k / 2)::text), patch),
		format('jsonb_set(d, ''{items}'', (SELECT jsonb_agg(CASE WHEN e->>''sku'' = ''%s'' THEN e || %s ELSE e END) FROM jsonb_array_elements(d->''items'') AS e))', md5((k / 2)::text), patch),
		format('(SELECT jsonb_set(d, ARRAY[''items'', (o - 1)::text], e || %2$s) FROM jsonb_array_elements(d->''items'') WITH ORDINALITY AS t(e, o) WHERE e->''sku'' = ''"%1$s"'' LIMIT 1)', md5((k / 2)::text), patch),
		CASE WHEN n = 1000 THEN 5 END, 1.2, '{expression}');
	CALL bench.add('delete', n,
		format('jsonb_array_delete_where(d, ''items'', ''id'', ''%s'')', k),
		format('jsonb_set(d, ''{items}'', (SELECT coalesce(jsonb_agg(e), ''[]'') FROM jsonb_array_elements(d->''items'') AS e WHERE e->>''id'' <> ''%s''))', k),
		format('(SELECT d #- ARRAY[''items'', (o - 1)::text] FROM jsonb_array_elements(d->''items'') WITH ORDINALITY AS t(e, o) WHERE e->''id'' = ''%s'' LIMIT 1)', k),
		CASE WHEN n = 1000 THEN 6 END);
	CALL bench.add('sorted insert', n,
		format('jsonb_array_insert_where(d, ''items'', ''{"id": %s, "sku": "new"}'', ''id'', ''ASC'')', k + 1),
		format('jsonb_set(d, ''{items}'', (SELECT jsonb_agg(e ORDER BY (e->>''id'')::int) FROM (SELECT jsonb_array_elements(d->''items'') UNION ALL SELECT ''{"id": %s, "sku": "new"}'') AS t(e)))', k + 1),
		format('(SELECT jsonb_insert(d, ARRAY[''items'', (o - 1)::text], ''{"id": %1$s, "sku": "new"}'') FROM jsonb_array_elements(d->''items'') WITH ORDINALITY AS t(e, o) WHERE e->''id'' > ''%1$s'' LIMIT 1)', k + 1),
		CASE WHEN n = 1000 THEN 5 END);
	CALL bench.add('contains', n,
		format('jsonb_array_contains_id(d, ''items'', ''id'', ''%s'')', k + 1),
		format('EXISTS (SELECT FROM jsonb_array_elements(d->''items'') AS e WHERE e->>''id'' = ''%s'')', k + 1),
		format('d->''items'' @> ''[{"id": %s}]''', k + 1), NULL, 1.2, '{expression}');
END $$;

CREATE PROCEDURE bench.add_list_cases() LANGUAGE plpgsql AS $$
DECLARE
	n int;
	edits record;
BEGIN
	FOREACH n IN ARRAY ARRAY[100, 1000] LOOP
		SELECT * INTO edits FROM bench.edits(10, n / 10);
		CALL bench.add('batch of 10', n,
			format('jsonb_array_update_where_batch(d, ''items'', ''id'', %L)', edits.batch),
			format('jsonb_set(d, ''{items}'', (SELECT jsonb_agg(CASE WHEN u IS NULL THEN e ELSE e || (u->''updates'') END ORDER BY o) FROM jsonb_array_elements(d->''items'') WITH ORDINALITY AS t(e, o) LEFT JOIN jsonb_array_elements(%L) AS u ON u->''match_value'' = e->''id''))', edits.batch),
			format('jsonb_set(d, ''{items}'', (SELECT jsonb_agg(coalesce(e || (%L::jsonb -> (e->>''id'')), e)) FROM jsonb_array_elements(d->''items'') AS e))', edits.map),
			CASE WHEN n = 100 THEN 8 END);
	END LOOP;
	FOREACH n IN ARRAY ARRAY[1, 5, 20, 50] LOOP
		SELECT * INTO edits FROM bench.edits(n, 500 / n);
		CALL bench.add('changeset of ' || n, 500,
			format('jsonb_apply_changeset(d, %L)', edits.changeset),
			format('bench.chain(d, %L)', edits.map),
			format('jsonb_set(d, ''{items}'', (SELECT jsonb_agg(coalesce(e || (%L::jsonb -> (e->>''id'')), e)) FROM jsonb_array_elements(d->''items'') AS e))', edits.map),
			CASE WHEN n = 50 THEN 40 END);
	END LOOP;
END $$;

-- What replaces || and jsonb_set; there is no other native form.
CREATE PROCEDURE bench.add_object_cases(n int) LANGUAGE plpgsql AS $$
DECLARE
	patch text := '''{"name": "changed", "fresh": [1, 2]}''::jsonb';
BEGIN
	CALL bench.add('merge', n, format('jsonb_merge_shallow(d, %s)', patch), NULL, format('d || %s', patch), NULL, 1.0);
	CALL bench.add('merge at a path', n, format('jsonb_merge_at_path(d, %s, ''{l1,l2,l3}'')', patch), NULL,
		format('jsonb_set(d, ''{l1,l2,l3}'', (d #> ''{l1,l2,l3}'') || %s)', patch), NULL, 1.0);
	CALL bench.add('set at a path', n, 'jsonb_ivm_set_path(d, ''l1.l2.l3.b'', ''"changed"'')', NULL,
		'jsonb_set(d, ''{l1,l2,l3,b}'', ''"changed"'')', NULL, 1.0);
	CALL bench.add('extract id', n, 'jsonb_extract_id(d)', NULL, 'd->>''id''', NULL, NULL, '{expression}');
END $$;

-- The query of an arm: a row for each document in $1, repeated. The documents are kept in memory by
-- a CTE, because what it costs to pass them in would otherwise hide what is to be measured.
CREATE FUNCTION bench.rows_of(c bench.cases, expression text, repeats int) RETURNS text LANGUAGE sql
RETURN CASE WHEN expression LIKE 'jsonb_array_update_multi_row%'
	THEN format('SELECT %s AS r FROM generate_series(1, %s)', expression, repeats)
	ELSE format('WITH docs AS MATERIALIZED (SELECT unnest($1) AS d) SELECT %s AS r FROM docs, generate_series(1, %s)', expression, repeats) END;

CREATE FUNCTION bench.arms(c bench.cases) RETURNS TABLE (arm text, query text) LANGUAGE sql AS $$
	SELECT v.arm, CASE WHEN c.setting = 'update' THEN 'UPDATE bench.stored SET d = ' || v.expression
		ELSE format('SELECT sum(pg_column_size(r)) FROM (%s) AS q', bench.rows_of(c, v.expression, c.repeats)) END
	FROM (VALUES (1, 'ours', c.ours), (2, 'idiomatic', c.idiomatic), (3, 'best', c.best),
		(4, 'floor', CASE WHEN c.name IN ('contains', 'extract id') THEN NULL WHEN c.setting = 'update' THEN 'other' ELSE 'd->''w''' END)) AS v(n, arm, expression)
	WHERE v.expression IS NOT NULL ORDER BY v.n
$$;

-- Fails unless all arms give the same bytes.
CREATE PROCEDURE bench.verify(c bench.cases, docs jsonb[]) LANGUAGE plpgsql AS $$
DECLARE
	expression text;
	same boolean;
BEGIN
	FOREACH expression IN ARRAY array_remove(ARRAY[c.idiomatic, c.best], NULL) LOOP
		EXECUTE format('SELECT count(*) = cardinality($1) AND bool_and(record_image_eq(ROW(a), ROW(b)))
						FROM ROWS FROM (unnest((SELECT array_agg(r) FROM (%s) AS x)), unnest((SELECT array_agg(r) FROM (%s) AS y))) AS t(a, b)',
					   bench.rows_of(c, c.ours, 1), bench.rows_of(c, expression, 1)) INTO same USING docs;
		IF same IS NOT TRUE THEN
			RAISE EXCEPTION 'results differ: %, % elements: %', c.name, c.elements, expression;
		END IF;
	END LOOP;
END $$;

-- Time of one trial of one arm; what an UPDATE did is rolled back.
CREATE FUNCTION bench.time_of(query text, setting text, docs jsonb[]) RETURNS float LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz;
	ms float;
BEGIN
	IF setting = 'update' THEN
		BEGIN
			start := clock_timestamp();
			EXECUTE query;
			ms := 1000 * extract(epoch FROM clock_timestamp() - start);
			RAISE EXCEPTION 'roll back' USING ERRCODE = 'UB000';
		EXCEPTION WHEN SQLSTATE 'UB000' THEN
			RETURN ms;
		END;
	END IF;
	start := clock_timestamp();
	EXECUTE query USING docs;
	RETURN 1000 * extract(epoch FROM clock_timestamp() - start);
END $$;

CREATE PROCEDURE bench.measure(c bench.cases, trials int) LANGUAGE plpgsql AS $$
DECLARE
	docs jsonb[];
	wrapped jsonb[];
	arms text[];
	queries text[];
	a int;
BEGIN
	SELECT array_agg(CASE WHEN c.name LIKE 'merge of%' THEN bench.wide(c.elements, 1) ELSE bench.document(c.elements, i) END) INTO docs
	FROM generate_series(1, c.documents) AS i;
	SELECT array_agg(jsonb_build_object('w', d)) INTO wrapped FROM unnest(docs) AS d;
	CALL bench.verify(c, docs);
	DROP TABLE IF EXISTS bench.stored;
	IF c.setting = 'update' THEN
		-- other is stored as it is, so that reading it costs no more than a copy
		CREATE TABLE bench.stored (d jsonb, other jsonb);
		ALTER TABLE bench.stored ALTER other SET STORAGE EXTERNAL;
		INSERT INTO bench.stored SELECT d, jsonb_set(d, '{name}', '"another"') FROM unnest(docs) AS d;
	END IF;
	SELECT array_agg(arm), array_agg(query) INTO arms, queries FROM bench.arms(c);
	FOR trial IN 0..trials LOOP
		FOR a IN SELECT i FROM generate_subscripts(arms, 1) AS i ORDER BY random() LOOP
			INSERT INTO bench.trials
			SELECT c.id, arms[a], ms FROM bench.time_of(queries[a], c.setting, CASE arms[a] WHEN 'floor' THEN wrapped ELSE docs END) AS ms
			WHERE trial > 0;	-- the first warms up
		END LOOP;
		COMMIT;
		IF c.setting = 'update' AND trial % 4 = 3 THEN
			-- what was rolled back would make every later UPDATE slower
			CREATE TABLE bench.fresh (LIKE bench.stored INCLUDING STORAGE);
			INSERT INTO bench.fresh SELECT * FROM bench.stored;
			DROP TABLE bench.stored;
			ALTER TABLE bench.fresh RENAME TO stored;
		END IF;
	END LOOP;
END $$;

-- Microseconds for one document, and how many times longer the native forms take.
CREATE VIEW bench.result AS
SELECT c.id, c.name, c.setting, c.elements, round((m.ours * us)::numeric, 1) AS ours_us,
	round((m.idiomatic * us)::numeric, 1) AS idiomatic_us, round((m.best * us)::numeric, 1) AS best_us,
	round((m.floor * us)::numeric, 1) AS floor_us,
	round((m.idiomatic / m.ours)::numeric, 2) AS to_idiomatic, c.at_least,
	round((m.best / m.ours)::numeric, 2) AS to_best, c.at_least_best, round((m.ours / m.floor)::numeric, 2) AS over_floor,
	coalesce(m.idiomatic / m.ours >= c.at_least, true) AND coalesce(m.best / m.ours >= c.at_least_best, true) AS kept
FROM bench.cases AS c
JOIN (SELECT id, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE arm = 'ours') AS ours,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE arm = 'idiomatic') AS idiomatic,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE arm = 'best') AS best,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE arm = 'floor') AS floor
	  FROM bench.trials GROUP BY id) AS m USING (id),
	LATERAL (SELECT 1000.0 / c.documents / c.repeats AS us) AS u;

DO $$
DECLARE
	n int;
BEGIN
	FOREACH n IN ARRAY ARRAY[10, 100, 1000, 10000] LOOP
		CALL bench.add_array_cases(n);
		CALL bench.add_object_cases(n);
	END LOOP;
	CALL bench.add_list_cases();
	CALL bench.add('multi_row, 100 documents', 50,
		'jsonb_array_update_multi_row($1, ''items'', ''id'', ''50'', ''{"qty": 1000}'')',
		'jsonb_set(d, ''{items}'', (SELECT jsonb_agg(CASE WHEN e->>''id'' = ''50'' THEN e || ''{"qty": 1000}'' ELSE e END) FROM jsonb_array_elements(d->''items'') AS e))',
		'(SELECT jsonb_set(d, ARRAY[''items'', (o - 1)::text], e || ''{"qty": 1000}'') FROM jsonb_array_elements(d->''items'') WITH ORDINALITY AS t(e, o) WHERE e->''id'' = ''50'' LIMIT 1)',
		4, 1.2, '{expression}');
	UPDATE bench.cases SET documents = 100 WHERE name LIKE 'multi%';
	FOREACH n IN ARRAY ARRAY[10, 50, 1000] LOOP
		CALL bench.add(format('merge of %s keys into', greatest(1, n / 10)), n, format('jsonb_merge_shallow(d, %L)', bench.wide(greatest(1, n / 10), 7)), NULL,
			format('d || %L', bench.wide(greatest(1, n / 10), 7)), NULL, 1.0, '{expression}');
		CALL bench.add(format('merge of %s keys into', n), n, format('jsonb_merge_shallow(d, %L)', bench.wide(n, 3)), NULL,
			format('d || %L', bench.wide(n, 3)), NULL, 1.0, '{expression}');
	END LOOP;
END $$;
