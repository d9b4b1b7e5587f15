-- One session of a comparison: psql -v seed=... -v calls=... -f compare.sql
\set ON_ERROR_STOP on
SELECT setseed(:seed);
CALL differential.compare(:calls);
