--
-- Event triggers of users that write base tables, or read tviews, while these are made.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA events;
SET search_path = events, public;
CREATE TABLE ddl_log (pk_log serial PRIMARY KEY, tag text);
CREATE TABLE note (pk_note serial PRIMARY KEY, text text);
CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO events.ddl_log (tag) SELECT command_tag FROM pg_event_trigger_ddl_commands();
	INSERT INTO events.note (text) VALUES ('n');
END $$;
CREATE EVENT TRIGGER tview_test_log ON ddl_command_end EXECUTE FUNCTION log_ddl();

CREATE TVIEW tv_log AS SELECT pk_log, jsonb_build_object('tag', tag) AS data FROM ddl_log;
SELECT same('tv_log', 'created');
BEGIN;
CREATE TVIEW tv_count WITH (key = 'tag') AS SELECT tag, count(*) AS n FROM ddl_log GROUP BY tag;
SELECT same('tv_log, tv_count', 'created in a transaction');
COMMIT;
SELECT same('tv_log, tv_count', 'committed');
CREATE TVIEW tv_empty WITH (key = 'pk_log') AS SELECT pk_log FROM ddl_log WITH NO DATA;
SELECT equals('not filled', (SELECT count(*) FROM tv_empty), 0);
SELECT pg_tviews_refresh('tv_empty');
SELECT same('tv_empty', 'filled');

-- another column, another table
CREATE OR REPLACE TVIEW tv_log AS
	SELECT pk_log, jsonb_build_object('tag', tag) AS data, tag FROM ddl_log;
SELECT same('tv_log, tv_count', 'a column more');
CREATE OR REPLACE TVIEW tv_log AS
	SELECT pk_log, jsonb_build_object('tag', tag, 'text', text) AS data, tag, text
	FROM ddl_log LEFT JOIN note ON pk_note = pk_log;
SELECT same('tv_log', 'another table');
CREATE TVIEW tv_upper WITH (key = 'pk_log') AS SELECT pk_log, data, tag FROM v_log;
CREATE OR REPLACE TVIEW tv_log AS
	SELECT pk_log, jsonb_build_object('note', text) AS data, tag, text, pk_note
	FROM ddl_log LEFT JOIN note ON pk_note = pk_log;
SELECT same('tv_log, tv_upper', 'below another');
SET pg_tviews.refresh = 'immediate';
CREATE OR REPLACE TVIEW tv_log AS
	SELECT pk_log, jsonb_build_object('note', text, 'tag', tag) AS data, tag, text, pk_note, pk_note + 1 AS next
	FROM ddl_log LEFT JOIN note ON pk_note = pk_log;
CREATE TVIEW tv_other WITH (key = 'pk_log') AS SELECT pk_log, text FROM ddl_log JOIN note ON pk_note = pk_log;
SELECT same('tv_log, tv_upper, tv_other', 'immediate');
RESET pg_tviews.refresh;

-- one that reads tviews
CREATE OR REPLACE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO events.ddl_log (tag) SELECT command_tag FROM pg_event_trigger_ddl_commands();
	PERFORM count(*) FROM events.tv_log;
	PERFORM count(*) FROM events.tv_upper;
END $$;
CREATE OR REPLACE TVIEW tv_log AS
	SELECT pk_log, jsonb_build_object('note', text) AS data, tag, text, pk_note, pk_note + 1 AS next, pk_note + 2 AS last
	FROM ddl_log LEFT JOIN note ON pk_note = pk_log;
SELECT same('tv_log, tv_upper', 'read meanwhile');
SELECT equals('healthy', (SELECT count(*) FROM pg_tviews_health()), 0);

-- one that writes them
CREATE OR REPLACE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN IF to_regclass('events.v_more') IS NOT NULL THEN DELETE FROM events.tv_log; END IF; END $$;
SELECT refused('written', '42809', $$CREATE TVIEW tv_more WITH (key = 'pk_log') AS SELECT pk_log FROM ddl_log$$);

DROP EVENT TRIGGER tview_test_log;
SELECT same('tv_log, tv_count, tv_empty, tv_upper, tv_other', 'at the end');
SET client_min_messages = warning;
DROP SCHEMA events CASCADE;
