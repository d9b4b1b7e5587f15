-- The table of results from the samples in the file :samples. Medians are over all trials; a
-- ratio is the median of the ratios within each trial, whose arms ran one right after the other,
-- and lies between least and most with a probability of 95 %. A ratio that misses its target by
-- less than that is unclear: more trials or a quieter machine would tell.
\set ON_ERROR_STOP on
CREATE TEMP TABLE sample (id serial, name text, arm text, trial int, value float8);
SELECT format('COPY sample (name, arm, trial, value) FROM %L', :'samples')
\gexec

-- 0.99 of the throughput is 1 / 0.99 of the time.
CREATE TEMP TABLE promise (name text, arm text, "to" text, bound float8);
INSERT INTO promise VALUES
	('one post', 'tview', 'bare', 4.0),
	('one post', 'tview', 'generic', 0.4),
	('one post, client', 'tview', 'bare', 4.0),
	('one post, client', 'tview', 'generic', 0.4),
	('a tenth of the posts', 'tview', 'generic', 0.2),
	('first fill', 'tview', 'table + key', 1.2),
	('select', 'preloaded', 'stock', 1 / 0.99),
	('select, prepared', 'preloaded', 'stock', 1 / 0.99),
	('update', 'preloaded', 'stock', 1 / 0.99),
	('update, prepared', 'preloaded', 'stock', 1 / 0.99);

CREATE TEMP VIEW median AS
SELECT name, arm, percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS value,
	min(min(id)) OVER (PARTITION BY name) AS position
FROM sample
GROUP BY name, arm;

CREATE TEMP VIEW ratios AS
SELECT name, a.arm, b.arm AS "to", count(*)::int AS n,
	percentile_cont(0.5) WITHIN GROUP (ORDER BY a.value / b.value) AS value,
	array_agg(a.value / b.value ORDER BY a.value / b.value) AS sorted
FROM sample a
JOIN sample b USING (name, trial)
WHERE a.arm IN ('tview', 'preloaded') AND b.arm <> a.arm
GROUP BY name, a.arm, b.arm;

CREATE TEMP VIEW ratio AS
SELECT name, arm, "to", value,
	sorted[greatest(1, floor((n + 1) / 2.0 - 0.98 * sqrt(n))::int)] AS least,
	sorted[least(n, ceil((n + 1) / 2.0 + 0.98 * sqrt(n))::int)] AS most
FROM ratios;

CREATE TEMP TABLE result AS
SELECT row_number() OVER (ORDER BY position, arm IN ('tview', 'preloaded'), arm, "to") AS id,
	name AS "case", arm, m.value AS ms,
	r.value AS ratio, least, most, "to", bound AS at_most,
	CASE
		WHEN r.value <= bound THEN 'kept'
		WHEN least <= bound THEN 'unclear'
		WHEN bound IS NOT NULL THEN 'missed'
	END AS verdict
FROM median m
LEFT JOIN ratio r USING (name, arm)
LEFT JOIN promise USING (name, arm, "to");

\pset footer off
SELECT "case", arm, round(ms::numeric, 4) AS ms,
	round(ratio::numeric, 3) AS ratio, round(least::numeric, 3) AS least,
	round(most::numeric, 3) AS most, "to", round(at_most::numeric, 3) AS at_most, verdict
FROM result
ORDER BY id;

\pset tuples_only on
\pset format unaligned
\o :json
SELECT jsonb_pretty(jsonb_agg(to_jsonb(r) - 'id' ORDER BY id)) FROM result r;
