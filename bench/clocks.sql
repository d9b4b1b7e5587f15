-- The clock that loop.sql reads: of the wall or, if :cpu, of the time for which this server
-- process ran, which other load on the machine disturbs less. The system brings that figure up
-- to date when the process goes to sleep.
SELECT format('CREATE FUNCTION clock_ms() RETURNS float8 LANGUAGE sql VOLATILE AS %L',
	CASE WHEN :cpu
		THEN $$SELECT pg_sleep(0.0001);
			SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1e6$$
		ELSE $$SELECT 1000 * extract(epoch FROM clock_timestamp())::float8$$ END)
\gexec
