-- What the extension installs, and how.
SELECT p.proname || '(' || pg_get_function_arguments(p.oid) || ')' AS function, pg_get_function_result(p.oid) AS result,
	p.provolatile AS volatile, p.proisstrict AS strict, p.proparallel AS parallel
FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
	JOIN pg_extension AS e ON d.refobjid = e.oid AND e.extname = 'jsonb_ivm'
ORDER BY p.proname;

-- named notation and defaults
SELECT jsonb_array_insert_where(target => '{}', array_path => 'a', new_element => '1'), jsonb_extract_id(data => '{"id": 7}'), jsonb_extract_id('{"k": 7}', key => 'k');

-- nothing else, and everything has a comment
SELECT count(*) FILTER (WHERE classid <> 'pg_proc'::regclass) AS others, count(*) FILTER (WHERE obj_description(objid, 'pg_proc') IS NULL) AS without_comment
FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'jsonb_ivm') AND deptype = 'e';

-- trusted and relocatable
CREATE SCHEMA elsewhere;
ALTER EXTENSION jsonb_ivm SET SCHEMA elsewhere;
SELECT elsewhere.jsonb_extract_id('{"id": 1}');
ALTER EXTENSION jsonb_ivm SET SCHEMA public;
DROP SCHEMA elsewhere;
SELECT trusted, relocatable, requires FROM pg_available_extension_versions WHERE name = 'jsonb_ivm' AND version = (SELECT default_version FROM pg_available_extensions WHERE name = 'jsonb_ivm');

-- IMMUTABLE: usable in an index
CREATE TABLE indexed (d jsonb);
CREATE INDEX ON indexed (jsonb_extract_id(d));
DROP TABLE indexed;
