-- Runs the cases that match :pattern, :trials times each, and prints the table.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET work_mem = '256MB';
SELECT format('CALL bench.measure(%L::bench.cases, %s)', c, :trials) FROM bench.cases AS c WHERE name || ' ' || setting ~ :'pattern' ORDER BY id
\gexec
