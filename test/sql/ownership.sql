--
-- Who may change a tview, and what its owner must be allowed: at creation, and whenever another
-- owner or what it reads would need rights that he does not have.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE ROLE regress_owner;
CREATE ROLE regress_thief;
CREATE ROLE regress_heir;
CREATE SCHEMA ownership;
GRANT USAGE, CREATE ON SCHEMA ownership TO regress_owner, regress_thief, regress_heir;
SET search_path = ownership, public;
CREATE TABLE base (a int PRIMARY KEY, b text);
CREATE TABLE secret (a int PRIMARY KEY, b text);
INSERT INTO base VALUES (1, 'one'), (2, 'two');
INSERT INTO secret VALUES (1, 'secret');
GRANT SELECT, TRIGGER ON base TO regress_owner, regress_thief;
CREATE FUNCTION triggers(name regclass) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM pg_trigger WHERE tgrelid = name AND tgname LIKE 'pg\_tviews%' $$;
SET ROLE regress_owner;
CREATE TVIEW tv_r WITH (key = 'a') AS SELECT a, b FROM base;
RESET ROLE;

-- every statement and function that changes a tview is its owner's
SET ROLE regress_thief;
SELECT refused('SET options', '42501', $$ALTER TVIEW tv_r SET (on_untraceable = 'recompute')$$);
SELECT refused('SET reads', '42501', $$ALTER TVIEW tv_r SET (reads = 'base')$$);
SELECT refused('SET of an unknown option', '42501', $$ALTER TVIEW tv_r SET (nonsense = 'x')$$);
SELECT refused('RENAME', '42501', $$ALTER TVIEW tv_r RENAME TO tv_mine$$);
SELECT refused('SET SCHEMA', '42501', $$ALTER TVIEW tv_r SET SCHEMA public$$);
SELECT refused('OWNER', '42501', $$ALTER TVIEW tv_r OWNER TO regress_thief$$);
SELECT refused('ADD COLUMN', '42501', $$ALTER TVIEW tv_r ADD COLUMN c int$$);
SELECT refused('IF EXISTS', '42501', $$ALTER TVIEW IF EXISTS tv_r SET (on_untraceable = 'recompute')$$);
SELECT refused('OR REPLACE', '42501', $$CREATE OR REPLACE TVIEW tv_r WITH (key = 'a') AS SELECT a, b FROM base$$);
SELECT refused('refresh', '42501', $$SELECT pg_tviews_refresh('tv_r')$$);
SELECT refused('DROP', '42501', $$DROP TVIEW tv_r$$);
SELECT refused('DROP IF EXISTS', '42501', $$DROP TVIEW IF EXISTS tv_r CASCADE$$);
SELECT refused('drop', '42501', $$SELECT pg_tviews_drop('tv_r', true)$$);
CREATE TVIEW IF NOT EXISTS tv_r WITH (key = 'a') AS SELECT a, b FROM secret;
RESET ROLE;
SELECT equals('all as it was', (SELECT options::text FROM pg_tview_meta), '{key=a}');
SET ROLE regress_owner;
ALTER TVIEW tv_r SET (on_untraceable = 'recompute');
RESET ROLE;
ALTER TVIEW tv_r SET (on_untraceable = 'error');
SELECT equals('the owner and a superuser may', (SELECT options::text FROM pg_tview_meta), '{on_untraceable=error,key=a}');
-- who owns the schema may drop, as with tables
SELECT current_database() AS database \gset
GRANT CREATE ON DATABASE :database TO regress_thief;
SET ROLE regress_thief;
CREATE SCHEMA his;
GRANT ALL ON SCHEMA his TO regress_owner;
SET ROLE regress_owner;
CREATE TVIEW his.tv_guest WITH (key = 'a') AS SELECT a FROM base;
SET ROLE regress_thief;
DROP TVIEW his.tv_guest;
DROP SCHEMA his;
RESET ROLE;
REVOKE CREATE ON DATABASE :database FROM regress_thief;

-- a helper view or a policy cannot be made to reach what the owner of the tview may not
SET ROLE regress_thief;
CREATE VIEW helper AS SELECT a, b FROM base;
CREATE TVIEW tv_t WITH (key = 'a') AS SELECT a, b FROM helper;
CREATE TVIEW tv_later WITH (key = 'a') AS SELECT a, b FROM helper WITH NO DATA;
SELECT refused('helper, no right', '42501', $$CREATE OR REPLACE VIEW helper AS SELECT a, b FROM secret$$);
RESET ROLE;
GRANT SELECT ON secret TO regress_thief;
SET ROLE regress_thief;
SELECT refused('helper, no TRIGGER', '42501', $$CREATE OR REPLACE VIEW helper AS SELECT a, b FROM secret$$);
SELECT refused('helper, by a rule', '42501', $$CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO helper DO INSTEAD SELECT a, b FROM secret$$);
DROP TVIEW tv_t;
SELECT refused('helper, of a tview without data', '42501', $$CREATE OR REPLACE VIEW helper AS SELECT a, b FROM secret$$);
RESET ROLE;
REVOKE SELECT ON secret FROM regress_thief;
GRANT TRIGGER ON secret TO regress_thief;
SET ROLE regress_thief;
SELECT refused('helper, no SELECT', '42501', $$CREATE OR REPLACE VIEW helper AS SELECT a, b FROM secret$$);
DROP TVIEW tv_later;
CREATE TABLE own (a int PRIMARY KEY, b text);
GRANT SELECT, TRIGGER ON own TO regress_owner;
SET ROLE regress_owner;
CREATE TVIEW tv_own WITH (key = 'a', on_untraceable = 'recompute') AS SELECT a, b FROM own;
CREATE TVIEW tv_own_later WITH (key = 'a', on_untraceable = 'recompute') AS SELECT a, b FROM own WITH NO DATA;
SET ROLE regress_thief;
CREATE POLICY p ON own USING (true);
ALTER TABLE own ENABLE ROW LEVEL SECURITY;
SELECT refused('ALTER POLICY', '42501', $$ALTER POLICY p ON own USING (a IN (SELECT a FROM secret))$$);
SELECT refused('CREATE POLICY', '42501', $$CREATE POLICY q ON own USING (a IN (SELECT a FROM secret))$$);
ALTER TABLE own DISABLE ROW LEVEL SECURITY;
CREATE POLICY q ON own USING (a IN (SELECT a FROM secret));
SELECT refused('ENABLE ROW LEVEL SECURITY', '42501', $$ALTER TABLE own ENABLE ROW LEVEL SECURITY$$);
DROP POLICY q ON own;
ALTER TABLE own ENABLE ROW LEVEL SECURITY;
RESET ROLE;
SELECT equals('no trigger came to it', triggers('secret'), 0);
-- with the rights, each is accepted
GRANT SELECT, TRIGGER ON secret TO regress_owner;
SET ROLE regress_thief;
CREATE POLICY q ON own AS RESTRICTIVE USING (a IN (SELECT a FROM secret));
RESET ROLE;
INSERT INTO own VALUES (1, 'seen'), (2, 'hidden');
SELECT a, b FROM tv_own;
SELECT same('tv_own', 'policy');
DELETE FROM secret;
SELECT same('tv_own', 'table of the policy');
SELECT equals('triggers of the policy', triggers('secret'), 2);
DROP TVIEW tv_own, tv_own_later;
-- a rule replaces a view like any other statement
CREATE VIEW helper_2 AS SELECT a, b FROM base;
CREATE TVIEW tv_h WITH (key = 'a') AS SELECT a, b FROM helper_2;
CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO helper_2 DO INSTEAD SELECT a, b || '!' AS b FROM base;
SELECT same('tv_h', 'helper replaced by a rule');
SELECT refused('backing view, by a rule', '42809', $$CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO v_h DO INSTEAD SELECT a, b FROM base$$);
CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO helper_2 DO INSTEAD SELECT a, b FROM own;
INSERT INTO own VALUES (3, 'three');
SELECT same('tv_h', 'another table, by a rule');
DROP TVIEW tv_h;
-- OR REPLACE by somebody else: what is read is read as the owner
REVOKE ALL ON secret FROM regress_owner;
SELECT refused('OR REPLACE by a superuser', '42501', $$CREATE OR REPLACE TVIEW tv_r WITH (key = 'a') AS SELECT a, b FROM secret$$);
SELECT refused('reads, by a superuser', '42501', $$ALTER TVIEW tv_r SET (reads = 'secret')$$);
SELECT equals('nor did one now', triggers('secret'), 0);

-- another owner needs what the first needed
SELECT refused('ALTER TVIEW OWNER', '42501', 'ALTER TVIEW tv_r OWNER TO regress_heir');
SELECT refused('ALTER TABLE OWNER', '42501', 'ALTER TABLE tv_r OWNER TO regress_heir');
SELECT refused('REASSIGN OWNED', '42501', 'REASSIGN OWNED BY regress_owner TO regress_heir');
GRANT SELECT ON base TO regress_heir;
SELECT refused('ALTER TVIEW OWNER, no TRIGGER', '42501', 'ALTER TVIEW tv_r OWNER TO regress_heir');
GRANT TRIGGER ON base TO regress_heir;
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
SELECT refused('ALTER TVIEW OWNER, no USAGE', '42501', 'ALTER TVIEW tv_r OWNER TO regress_heir');
GRANT USAGE ON SCHEMA public TO PUBLIC;
SELECT equals('the owner is the same', (SELECT relowner::regrole::text FROM pg_class WHERE oid = 'tv_r'::regclass), 'regress_owner');
INSERT INTO base VALUES (3, 'three');
ALTER TVIEW tv_r OWNER TO regress_heir;
INSERT INTO base VALUES (4, 'four');
SELECT same('tv_r', 'another owner');
REASSIGN OWNED BY regress_heir TO regress_owner;
INSERT INTO base VALUES (5, 'five');
SELECT same('tv_r', 'REASSIGN OWNED');

-- who lost a right since is not in the way of others
REVOKE SELECT ON base FROM regress_owner;
REASSIGN OWNED BY regress_thief TO regress_heir;
GRANT SELECT ON base TO regress_owner;

SET client_min_messages = warning;
DROP SCHEMA ownership CASCADE;
DROP OWNED BY regress_owner, regress_thief, regress_heir;
DROP ROLE regress_owner, regress_thief, regress_heir;
