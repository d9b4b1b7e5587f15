\set ECHO none
-- What the regress tests share: checks that print their name and whether they hold.
--
--	ok(name, condition)			equals(name, got, wanted)
--	refused(name, sqlstate, statements)	fails with this SQLSTATE; prints the message
--	same('tview, ...' [, after])	the tables equal their definitions, row for row (the oracle)
--	traced('tview, ...')			how changes to their base tables reach them, says the engine
--	remember(tview)				notes the version of each row ...
--	changed(tview)				... and lists the keys of those written since: +new, -gone
--
-- Each test works in a schema of its own and drops it at its end.
\pset format unaligned
\pset tuples_only on
\pset null '(null)'
\set SHOW_CONTEXT never
-- Comparisons of few rows take longest to compile.
SET jit = off;

CREATE OR REPLACE FUNCTION ok(name text, condition boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN condition THEN 'ok - ' ELSE 'not ok - ' END || name
$$;

CREATE OR REPLACE FUNCTION equals(name text, got anycompatible, wanted anycompatible) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN got::text IS NOT DISTINCT FROM wanted::text THEN 'ok - ' || name
		ELSE format(E'not ok - %s\n  got:    %s\n  wanted: %s', name,
					coalesce(got::text, '(null)'), coalesce(wanted::text, '(null)')) END
$$;

CREATE OR REPLACE FUNCTION refused(name text, sqlstate text, statements text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	state text;
	message text;
	detail text;
	hint text;
	context text;
BEGIN
	EXECUTE statements;
	RETURN 'not ok - ' || name || ': no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
		detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
		context = PG_EXCEPTION_CONTEXT;
	RETURN ok(name, state = refused.sqlstate) || E'\n  ' || state || ': ' || message ||
		coalesce(E'\n  DETAIL: ' || nullif(detail, ''), '') ||
		coalesce(E'\n  HINT: ' || nullif(hint, ''), '') ||
		coalesce(E'\n  CONTEXT: ' || substring(context FROM '(?n)^refresh of tview.*$'), '');
END
$$;

-- Text images, because = takes 1.0 for 1.00.
CREATE OR REPLACE FUNCTION same_rows(tview regclass, after text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	name text := coalesce(after || ': ', '') || (SELECT relname FROM pg_class WHERE oid = tview);
	definition regclass;
	columns text;
	difference text;
BEGIN
	SELECT m.view, string_agg(quote_ident(attname), ', ' ORDER BY attnum)
	INTO STRICT definition, columns
	FROM pg_tview_meta m JOIN pg_attribute ON attrelid = m.view AND attnum > 0
	WHERE m.tview = same_rows.tview GROUP BY m.view;
	EXECUTE format($q$
		WITH stored AS (SELECT "~"::text AS line FROM (SELECT %1$s FROM %2$s) "~"),
			defined AS (SELECT "~"::text AS line FROM (SELECT %1$s FROM %3$s) "~")
		SELECT string_agg(line, E'\n' ORDER BY line COLLATE "C") FROM (
			(SELECT '  only stored:  ' || line AS line
			 FROM (SELECT line FROM stored EXCEPT ALL SELECT line FROM defined) a)
			UNION ALL
			(SELECT '  only defined: ' || line
			 FROM (SELECT line FROM defined EXCEPT ALL SELECT line FROM stored) b)) c
		$q$, columns, tview, definition) INTO difference;
	RETURN ok(name || ' equals its definition', difference IS NULL) ||
		coalesce(E'\n' || difference, '');
END
$$;

CREATE OR REPLACE FUNCTION same(tviews text, after text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
	SELECT string_agg(same_rows(tview::regclass, after), E'\n' ORDER BY n)
	FROM string_to_table(tviews, ', ') WITH ORDINALITY AS t(tview, n)
$$;

CREATE OR REPLACE FUNCTION traced(tviews text) RETURNS text
LANGUAGE sql AS $$
	SELECT string_agg('traced - ' || tview || ': ' ||
		coalesce((SELECT 'recomputed at each change to ' || string_agg(DISTINCT (t->>'table')::regclass::text, ', ')
				  FROM jsonb_array_elements(pg_tviews_describe(tview::regclass)->'base_tables') t
				  WHERE t->>'traced' = 'recompute'), 'by key'), E'\n' ORDER BY n)
	FROM string_to_table(tviews, ', ') WITH ORDINALITY AS t(tview, n)
$$;

CREATE TEMP TABLE remembered (tview regclass, key text, version text);

CREATE OR REPLACE FUNCTION versions_of(tview regclass) RETURNS TABLE (key text, version text)
LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT concat_ws('','', %s), concat(ctid, xmin) FROM %s',
		(SELECT string_agg(quote_ident(k), ', ' ORDER BY n)
		 FROM pg_tview_meta m, unnest(key_columns) WITH ORDINALITY AS k(k, n)
		 WHERE m.tview = versions_of.tview), tview);
END
$$;

CREATE OR REPLACE FUNCTION remember(tview regclass) RETURNS void
LANGUAGE sql AS $$
	DELETE FROM remembered WHERE remembered.tview = remember.tview;
	INSERT INTO remembered SELECT remember.tview, v.* FROM versions_of(remember.tview) v;
$$;

CREATE OR REPLACE FUNCTION changed(tview regclass) RETURNS text
LANGUAGE sql AS $$
	SELECT coalesce(string_agg(
		CASE WHEN r.key IS NULL THEN '+' || v.key WHEN v.key IS NULL THEN '-' || r.key
		ELSE v.key END, ' ' ORDER BY length(coalesce(v.key, r.key)), coalesce(v.key, r.key) COLLATE "C"), 'none')
	FROM versions_of(changed.tview) v
	FULL JOIN (SELECT * FROM remembered WHERE remembered.tview = changed.tview) r ON r.key = v.key
	WHERE r.version IS DISTINCT FROM v.version
$$;
\set ECHO all
