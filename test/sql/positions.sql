--
-- Where in the text something is wrong, in the statement and in texts given to functions; and what is said of options.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA positions;
SET search_path = positions, public;
CREATE TABLE u (pk int PRIMARY KEY, a int, t text);

-- texts given to functions
SELECT pg_tviews_create('tv_q', 'select a frm u', '{key=a}');
SELECT pg_tviews_create('tv_q', 'select a from nowhere', '{key=a}');
SELECT pg_tviews_create('tv_q', 'select a, b from u', '{key=a}');
SELECT pg_tviews_analyze_select('select a frm u');
SELECT pg_tviews_analyze_select('select a + t from u');
DO $$ BEGIN PERFORM pg_tviews_create('tv_q', 'select a, from u', '{key=a}'); END $$;

-- what cannot be traced
CREATE TVIEW tv_w WITH (key = 'pk') AS SELECT pk, rank() OVER (ORDER BY a) AS r FROM u;
CREATE TVIEW tv_w WITH (key = 'pk') AS SELECT pk FROM u ORDER BY a LIMIT 3;
CREATE TVIEW tv_w WITH (key = 'pk') AS SELECT pk FROM u ORDER BY a OFFSET 3;
CREATE TVIEW tv_w WITH (key = 'n') AS WITH RECURSIVE r AS (SELECT pk AS n FROM u UNION SELECT n + 1 FROM r WHERE n < 9) SELECT n FROM r;
CREATE TVIEW tv_w WITH (key = 'pk') AS SELECT pk, (SELECT max(a) FROM u) AS m FROM u v;
CREATE TVIEW tv_w WITH (key = 'pk') AS SELECT pk FROM u WHERE a = (SELECT max(a) FROM u);
SELECT pg_tviews_create('tv_w', 'SELECT pk, rank() OVER (ORDER BY a) AS r FROM u', '{key=pk}');
CREATE VIEW ranked AS SELECT pk, rank() OVER (ORDER BY a) AS r FROM u;
CREATE TVIEW tv_w WITH (key = 'pk') AS SELECT pk, r FROM ranked;
SELECT r ->> 'message' AS message, substr(text, (r ->> 'position')::int) AS there
FROM (VALUES ('SELECT pk, rank() OVER (ORDER BY a) AS r FROM u'), ('SELECT pk FROM u ORDER BY a LIMIT 3'), ('SELECT pk, r FROM ranked')) v (text),
	jsonb_array_elements(pg_tviews_analyze_select(text, '{key=pk}') -> 'refusals') r;

-- options
CREATE TVIEW tv_o WITH (keys = 'pk') AS SELECT pk FROM u;
CREATE TVIEW tv_o WITH (key) AS SELECT pk FROM u;
CREATE TVIEW tv_o WITH (key = 'pk', on_untraceable = 'ignore') AS SELECT pk FROM u;
CREATE TVIEW tv_o WITH (key = 'pk,,a') AS SELECT pk FROM u;
CREATE TVIEW tv_o WITH (key = 'pk', reads = 'nope') AS SELECT pk FROM u;
CREATE TVIEW tv_o WITH (key = 'pk', reads = 'u,') AS SELECT pk FROM u;
CREATE TVIEW tv_o WITH (key = 'pk', reads = 'u."') AS SELECT pk FROM u;
SELECT refused('a function', '22023', $$SELECT pg_tviews_create('tv_o', 'SELECT pk FROM u', '{keys=pk}')$$);
SELECT refused('a question', '22023', $$SELECT pg_tviews_analyze_select('SELECT pk FROM u', '{keys=pk}')$$);
CREATE TVIEW tv_o WITH (key = 'pk') AS SELECT pk FROM u;
ALTER TVIEW tv_o SET (on_untraceable = 'ignore');
ALTER TVIEW tv_o SET (reads = 'nope');

SET client_min_messages = warning;
DROP SCHEMA positions CASCADE;
