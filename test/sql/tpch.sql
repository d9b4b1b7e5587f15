--
-- The 22 queries of TPC-H are accepted and stay right; test/tpch/ has them.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
\set load :dir '/tpch/load.sql'
\set queries :dir '/tpch/queries.sql'
\set changes :dir '/tpch/changes.sql'
\set scale 0.001
\set orders 5
SET client_min_messages = warning;
CREATE SCHEMA tpch;
SET search_path = tpch, public;
\set ECHO none
\i :load
ANALYZE;
\i :queries
\set ECHO all
\i :changes
DROP SCHEMA tpch CASCADE;
