-- A procedure :procedure that runs :statement once for each key, and :each, which is COMMIT or
-- nothing, after it, and says how many milliseconds one took. The client has no part in it.
SELECT format($$
	CREATE PROCEDURE %I(keys int[], INOUT ms float8 DEFAULT 0) LANGUAGE plpgsql AS $body$
	DECLARE
		k int;
		start float8 := clock_ms();
	BEGIN
		FOREACH k IN ARRAY keys LOOP
			%s;
			%s;
		END LOOP;
		ms := (clock_ms() - start) / cardinality(keys);
	END $body$ $$, :'procedure', replace(:'statement', ':k', 'k'), :'each')
\gexec
