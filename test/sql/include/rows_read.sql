-- rows_read(): rows fetched by scans of the tables of the current schema in this transaction, sequential ones counted in full
CREATE FUNCTION rows_read() RETURNS bigint LANGUAGE sql AS $$
	SELECT sum(coalesce(pg_stat_get_xact_tuples_returned(oid), 0)) + sum(coalesce(pg_stat_get_xact_tuples_fetched(oid), 0))
	FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
$$;
