-- What a pair of refresh functions costs: tables for the results of dev/tpch, and how they get there.
-- Needs bench/clocks.sql.
CREATE TABLE query (name text PRIMARY KEY, refusal text);
CREATE TABLE trace (query text, base text, whole boolean);
CREATE TABLE cost (query text, arm text, changes float8, refreshes float8);

-- RF1 and RF2, each in a transaction of its own and each followed by `refresh`, if that says
-- anything. The first pair, in which plans are made, is not noted.
CREATE PROCEDURE pairs(query text, arm text, trials int, orders int, refresh text DEFAULT NULL)
LANGUAGE plpgsql AS $$
DECLARE
	start float8;
	changes float8;
	refreshes float8;
BEGIN
	FOR trial IN 0 .. trials LOOP
		changes := 0;
		refreshes := 0;
		FOR rf IN 1 .. 2 LOOP
			start := clock_ms();
			EXECUTE format('CALL rf%s(%s)', rf, orders);
			COMMIT;
			changes := changes + clock_ms() - start;
			CONTINUE WHEN refresh IS NULL;
			start := clock_ms();
			EXECUTE refresh;
			COMMIT;
			refreshes := refreshes + clock_ms() - start;
		END LOOP;
		IF trial > 0 THEN
			INSERT INTO cost VALUES (query, arm, changes, refreshes);
			COMMIT;
		END IF;
	END LOOP;
END $$;

-- How changes to each table below a tview are traced. A table read in several places is
-- recomputed from if one of them needs it.
CREATE PROCEDURE note_traces(query text) LANGUAGE sql AS $$
	INSERT INTO trace
	SELECT query, (SELECT relname FROM pg_class WHERE oid = base), bool_or(how = 'recompute')
	FROM pg_tviews_info, unnest(dependencies, dependency_traces) AS d(base, how)
	WHERE entity = query
	GROUP BY base
$$;
