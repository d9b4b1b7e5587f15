-- compare(after): do all tviews of this schema equal their definitions? Says so in a line and,
-- for dev/tpch, notes it for each of them. Needs include/check.sql.
CREATE TABLE verdict (after text, tview text, equal boolean, digest text);

CREATE FUNCTION compare(after text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	name text;
	line text;
	digest text;
	total int := 0;
	differences text := '';
BEGIN
	FOR name IN SELECT relname FROM pg_tview_meta JOIN pg_class ON oid = tview
		WHERE relnamespace = current_schema()::regnamespace ORDER BY 1
	LOOP
		line := same_rows(name::regclass, NULL);
		EXECUTE format('SELECT md5(coalesce(string_agg(data::text, E''\n'' ORDER BY data::text COLLATE "C"), ''''))
			FROM %I', name) INTO digest;
		INSERT INTO verdict VALUES (after, name, line LIKE 'ok%', digest);
		total := total + 1;
		differences := differences || CASE WHEN line LIKE 'ok%' THEN '' ELSE E'\n' || line END;
	END LOOP;
	RETURN ok(format('%s: %s tviews equal their definitions', after, total), differences = '') ||
		differences;
END
$$;

-- A query that finds nothing says little: one row at least, and none that sums up nothing.
CREATE FUNCTION meaningful() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	name text;
	rows int;
	nulls int;
	empty text[] := '{}';
BEGIN
	FOR name IN SELECT DISTINCT tview FROM verdict ORDER BY 1 LOOP
		EXECUTE format('SELECT count(*), count(*) FILTER (WHERE data::text LIKE ''%%: null%%'') FROM %I',
			name) INTO rows, nulls;
		IF rows = 0 OR nulls > 0 THEN
			empty := empty || name;
		END IF;
	END LOOP;
	RETURN equals('every query finds something', empty, '{}');
END
$$;

-- Nor does a tview that no change has touched.
CREATE FUNCTION all_changed() RETURNS text LANGUAGE sql AS $$
	SELECT equals('every tview has changed', array_agg(tview ORDER BY tview) FILTER (WHERE states < 2), NULL)
	FROM (SELECT tview, count(DISTINCT digest) AS states FROM verdict GROUP BY tview) t
$$;
