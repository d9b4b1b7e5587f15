-- The table: medians of all trials. A pair's cost is what it takes longer than without tviews.
CREATE TEMP VIEW median AS
SELECT query,
	percentile_cont(0.5) WITHIN GROUP (ORDER BY changes) FILTER (WHERE arm = 'tview')
		- percentile_cont(0.5) WITHIN GROUP (ORDER BY changes) FILTER (WHERE arm = 'bare') AS tview,
	percentile_cont(0.5) WITHIN GROUP (ORDER BY refreshes) FILTER (WHERE arm = 'matview') AS refresh
FROM cost
GROUP BY query;

CREATE TEMP VIEW traced AS
SELECT query, string_agg(base, ', ' ORDER BY base) FILTER (WHERE NOT whole) AS by_key,
	CASE WHEN bool_and(whole) THEN 'all'
		ELSE string_agg(base, ', ' ORDER BY base) FILTER (WHERE whole) END AS whole
FROM trace
GROUP BY query;

CREATE TEMP VIEW equality AS
SELECT replace(tview, 'tv_', '') AS query, bool_and(equal) AS equal
FROM verdict
GROUP BY tview;

CREATE TEMP VIEW result AS
SELECT name, refusal IS NULL AS accepted, by_key, whole, tview, refresh, tview / refresh AS ratio, equal
FROM query q
LEFT JOIN median m ON m.query = name
LEFT JOIN traced t ON t.query = name
LEFT JOIN equality e ON e.query = name;

\pset format aligned
\pset footer off
\pset tuples_only off
\pset null -
SELECT name AS query, CASE WHEN accepted THEN 'yes' ELSE 'no' END AS accepted,
	by_key AS "traced by key", whole AS "recomputed for", round(tview::numeric, 1) AS "tview, ms",
	round(refresh::numeric, 1) AS "REFRESH, ms", round(ratio::numeric, 2) AS ratio,
	CASE WHEN equal THEN 'yes' ELSE 'no' END AS equal
FROM result
ORDER BY name;
\pset tuples_only on
\pset format unaligned
SELECT name || ' is refused: ' || refusal FROM query WHERE refusal IS NOT NULL ORDER BY name;
SELECT tview || ' differs ' || after FROM verdict WHERE NOT equal;
SELECT format('%s of %s accepted, %s equal', count(*) FILTER (WHERE accepted), count(*),
	count(*) FILTER (WHERE equal))
FROM result;
