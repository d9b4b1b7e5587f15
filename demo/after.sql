-- Included by every change just after its statement: what did it do?
\set ECHO none
SELECT 1000 * extract(epoch FROM clock_timestamp() - :'started') AS took \gset
\echo
SELECT demo.report();
SELECT '  took     ' || to_char(:took, 'FM999,990.0') || ' ms to the end of the transaction';
