-- Included by every change just before its statement, which psql then prints.
SELECT clock_timestamp() AS started \gset
\set ECHO queries
