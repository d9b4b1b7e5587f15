--
-- The same rows give the same bytes, whatever the writing session has set.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA settings;
CREATE SCHEMA shadow;
SET search_path = settings, public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
CREATE TABLE t (a int PRIMARY KEY, ts timestamptz, d date, iv interval, f float8, b bytea, m money, x text, arr int[]);
INSERT INTO t SELECT n, '2024-06-01 12:00Z', '2024-06-01', '1 day 02:03', 1.0 / 3, '\x00ff', 5, 'x', '{1,NULL}' FROM generate_series(1, 2) n;
CREATE FUNCTION label(int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'label ' || $1 $$;
CREATE TVIEW tv_t AS
	SELECT a AS pk_t, ts::text AS ts, d::text AS d, ts::date AS day, iv::text AS iv, f::text AS f, b::text AS b, to_char(ts, 'HH24:MI TZ') AS formatted,
		jsonb_build_object('ts', ts, 'd', d, 'f', f, 'b', b, 'iv', iv, 'm', m::text, 'label', label(a), 'x', upper(x), 'arr', to_jsonb(arr), 'query', to_tsvector('running')::text) AS data
	FROM t;
SELECT data FROM tv_t WHERE pk_t = 1;
CREATE FUNCTION shadow.upper(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'shadowed' $$;
CREATE FUNCTION shadow.label(int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'shadowed' $$;
CREATE TABLE shadow.t (LIKE t);

SET TimeZone = 'Asia/Tokyo';
SET DateStyle = 'SQL, DMY';
SET IntervalStyle = 'iso_8601';
SET extra_float_digits = -5;
SET bytea_output = 'escape';
SET default_text_search_config = 'pg_catalog.german';
SET quote_all_identifiers = on;
SET array_nulls = off;
SET search_path = shadow, settings, pg_catalog, public;
SET standard_conforming_strings = off;
SET escape_string_warning = off;
SET lc_monetary = 'C';
BEGIN;
UPDATE settings.t SET x = 'y', ts = '2024-06-01 23:30Z' WHERE a = 2;
INSERT INTO settings.t SELECT 3, ts, d, iv, f, b, m, x, arr FROM settings.t WHERE a = 1;
SELECT data ->> 'label' FROM settings.tv_t WHERE pk_t = 3;
COMMIT;
UPDATE settings.t SET x = 'z' WHERE a = 1;
RESET ALL;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
SET search_path = settings, public;
SELECT pk_t, ts, day, d, iv, f, b, formatted FROM tv_t ORDER BY 1;
SELECT equals('one and three differ by their label only',
	(SELECT data - 'label' - 'x' FROM tv_t WHERE pk_t = 1), (SELECT data - 'label' - 'x' FROM tv_t WHERE pk_t = 3));
SELECT same('tv_t', 'other settings');
-- the session's settings are as they were
SET TimeZone = 'Asia/Tokyo';
BEGIN;
UPDATE t SET x = 'w';
SELECT count(*) FROM tv_t;
SELECT current_setting('TimeZone'), current_setting('search_path'), current_user = session_user;
ROLLBACK;
SELECT current_setting('TimeZone');
-- also after an error in the middle of a refresh
CREATE TVIEW tv_cast WITH (key = 'a') AS SELECT a, 100 / length(x) AS n FROM t;
UPDATE t SET x = '';
SELECT current_setting('TimeZone'), current_setting('search_path'), current_user = session_user;
RESET TimeZone;

-- how literals are read: what was written with one setting is not read with the other
CREATE TABLE link (a int, b int, x text);
CREATE TABLE m (c int PRIMARY KEY, b int);
INSERT INTO link VALUES (1, 1, 'qq'), (2, 2, 'q');
INSERT INTO m VALUES (1, 1), (2, 2), (3, 2);
CREATE TVIEW tv_literal WITH (key = 'a') AS
	SELECT a, (SELECT count(*) FROM link JOIN m USING (b) WHERE link.a = t.a AND link.x <> 'q\q') AS n,
		jsonb_build_object('path', 'c:\new ' || x) AS data
	FROM t;
SET escape_string_warning = off;
BEGIN;
INSERT INTO m VALUES (4, 1);
ROLLBACK;
SET standard_conforming_strings = off;
DELETE FROM m WHERE c = 1;
UPDATE t SET x = x || '1' WHERE a = 2;
RESET standard_conforming_strings;
UPDATE t SET x = x || '2' WHERE a = 3;
SELECT same('tv_literal', 'literals with backslashes');
RESET escape_string_warning;

-- how much of an index a query may leave out
CREATE TABLE tagged (n int PRIMARY KEY, tags int[]);
INSERT INTO tagged SELECT n, ARRAY[1, n] FROM generate_series(1, 3000) n;
CREATE INDEX ON tagged USING gin (tags);
CREATE TVIEW tv_tag WITH (key = 'a') AS SELECT a, (SELECT count(*) FROM tagged WHERE tags @> ARRAY[a]) AS n FROM t;
SET enable_seqscan = off;
SET gin_fuzzy_search_limit = 10;
INSERT INTO tagged VALUES (3001, '{1}');
RESET gin_fuzzy_search_limit;
RESET enable_seqscan;
SELECT same('tv_tag', 'an index that is read in part');

-- constants that are written down: what one session shows of them, another reads as something else
CREATE TABLE place (a int PRIMARY KEY, code text);
CREATE TABLE event (k int PRIMARY KEY, code text, at timestamptz, day date, span interval, f float8);
INSERT INTO place VALUES (1, 'x'), (2, 'y');
INSERT INTO event VALUES (1, 'x', '2024-06-01 05:00Z', '2024-02-01', '-1 day -2:00', 0.30000000000000004), (2, 'x', '2024-06-01 04:00Z', '2024-01-02', '1 day', 0.3);
CREATE VIEW late AS SELECT * FROM event WHERE at >= '2024-06-01 10:00+05:30';
CREATE VIEW on_day AS SELECT * FROM event WHERE day = '2024-02-01';
CREATE VIEW spanning AS SELECT * FROM event WHERE span = '-1 day -2:00';
CREATE VIEW exact AS SELECT * FROM event WHERE f = 0.30000000000000004;
SET TimeZone = 'Asia/Kolkata';
SET DateStyle = 'SQL, DMY';
SET IntervalStyle = 'sql_standard';
SET extra_float_digits = 0;
CREATE TVIEW tv_constant WITH (key = 'k') AS
	SELECT k, at >= '2024-06-01 10:00+05:30'::timestamptz AS late, day = '2024-02-01'::date AS on_day, span = '-1 day -2:00'::interval AS spanning,
		jsonb_build_object('exact', f = '0.30000000000000004'::float8, 'late', at >= '2024-06-01 10:00+05:30'::timestamptz, 'code', code) AS data
	FROM event;
CREATE TVIEW tv_constants WITH (key = 'a') AS
	SELECT a, (SELECT count(*) FROM late WHERE code = p.code) AS late, (SELECT count(*) FROM on_day WHERE code = p.code) AS on_day,
		(SELECT count(*) FROM spanning WHERE code = p.code) AS spanning, (SELECT count(*) FROM exact WHERE code = p.code) AS exact
	FROM place p;
SELECT k, late, on_day, spanning, data FROM tv_constant ORDER BY k;
RESET TimeZone;
RESET DateStyle;
RESET IntervalStyle;
RESET extra_float_digits;
INSERT INTO event VALUES (3, 'y', '2024-06-01 05:00Z');
SELECT same('tv_constant, tv_constants', 'timestamptz');
INSERT INTO event VALUES (4, 'y', NULL, '2024-02-01');
SELECT same('tv_constant, tv_constants', 'date');
INSERT INTO event VALUES (5, 'y', NULL, NULL, '-1 day -2:00');
SELECT same('tv_constant, tv_constants', 'interval');
INSERT INTO event VALUES (6, 'y', NULL, NULL, NULL, 0.30000000000000004);
SELECT same('tv_constant, tv_constants', 'float8');
UPDATE event SET at = at - interval '30 min', f = f + 0.1;
UPDATE event SET at = at + interval '30 min', f = 0.30000000000000004;
SELECT same('tv_constant, tv_constants', 'updates');

-- settings of pg_tviews itself
SELECT name, boot_val, unit, context FROM pg_settings WHERE name LIKE 'pg_tviews.%' ORDER BY 1;
SET pg_tviews.nonsense = 1;
SET pg_tviews.refresh = 'sometimes';
\set VERBOSITY sqlstate
SET pg_tviews.dirty_limit = 0;
\set VERBOSITY default
SET pg_tviews.dirty_limit = '1MB';
SHOW pg_tviews.dirty_limit;

-- a definition that depends on the clock says so
CREATE TVIEW tv_clock WITH (key = 'a') AS SELECT a, ts > now() AS future FROM t;
CREATE TVIEW tv_clock_2 WITH (key = 'a') AS SELECT a, current_date - d AS age, current_setting('TimeZone') AS zone FROM t;
UPDATE t SET ts = '2100-01-01' WHERE a = 1;
SELECT equals('evaluated at the change', (SELECT future FROM tv_clock WHERE a = 1), true);
-- so does one that depends on the session or the transaction, or casts a word for a point in time
CREATE TABLE said (pk int PRIMARY KEY, s text, d text);
INSERT INTO said VALUES (1, 'a', '2024-02-01');
CREATE TVIEW tv_session WITH (key = 'pk') AS SELECT pk, jsonb_build_object('s', s, 'tx', txid_current()::text, 'pid', pg_backend_pid(),
	'who', session_user, 'at', coalesce(d, 'now')::timestamptz) AS data FROM said;
UPDATE said SET s = 'b', d = NULL;
BEGIN;
UPDATE said SET s = 'c';
SELECT ok('evaluated as a whole', data->>'tx' = txid_current()::text AND (data->>'at')::timestamptz = now()) FROM tv_session;
COMMIT;
SELECT expression, pg_tviews_analyze_select(format('SELECT pk, %s AS x FROM settings.said', expression), '{key=pk}')->'depends_on_clock' AS clock
FROM unnest(ARRAY['pg_current_xact_id()::text', 'pg_current_xact_id_if_assigned()::text', 'txid_current_if_assigned()', 'pg_current_snapshot()::text', 'txid_current_snapshot()::text',
	'age(''7''::xid)', 'inet_client_addr()', 'inet_client_port()', 'inet_server_addr()', 'inet_server_port()', 'current_schemas(true)::text[]', 'pg_my_temp_schema()', 'pg_trigger_depth()',
	'pg_postmaster_start_time()', 'pg_conf_load_time()',
	'''now''::text::timestamptz', '''today 10:00''::text::timestamp', '(CASE WHEN d = '''' THEN ''Yesterday'' ELSE d END)::date', '''{now}''::text::date[]', 'string_to_array(d || '',tomorrow'', '','')::date[]',
	'''now''::varchar::time', 'coalesce(s, ''now'')', 'current_user', 'current_schema', 'current_database()', 'd::date', 'd::timestamptz', '(d || '' 10:00'')::timestamp', 'to_date(d, ''YYYY'')',
	'timestamptz ''now''']) WITH ORDINALITY AS e (expression, n) ORDER BY n;

SET client_min_messages = warning;
DROP SCHEMA settings, shadow CASCADE;
