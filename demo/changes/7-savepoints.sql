-- A transaction sees its own changes at every point, also where it takes some of them back

SELECT pk_package AS package, fk_maintainer AS maintainer, fk_section AS section
  FROM tv_package
 ORDER BY abs(needed_by - 50), identifier
 LIMIT 1 \gset

CALL demo.watch('tv_package', :package);
\ir ../before.sql
BEGIN;

UPDATE tb_package SET summary = 'Written before the savepoint' WHERE pk_package = :package;
SELECT data ->> 'summary' AS seen FROM tv_package WHERE pk_package = :package \gset
\echo '    ->' :seen'\n'

SAVEPOINT first;
UPDATE tb_maintainer SET name = 'Nobody' WHERE pk_maintainer = :maintainer;
DELETE FROM tb_dependency WHERE fk_package = :package;
SELECT data #>> '{maintainer,name}' AS seen, jsonb_array_length(data -> 'dependencies') AS dependencies
  FROM tv_package WHERE pk_package = :package \gset
\echo '    ->' :seen, :dependencies dependencies'\n'

ROLLBACK TO first;
SELECT data #>> '{maintainer,name}' AS seen, jsonb_array_length(data -> 'dependencies') AS dependencies
  FROM tv_package WHERE pk_package = :package \gset
\echo '    ->' :seen, :dependencies dependencies'\n'

SAVEPOINT second;
INSERT INTO tb_package (name, version, summary, fk_maintainer, fk_section)
VALUES ('aardvark', '1.0', 'A package born between two savepoints', :maintainer, :section)
RETURNING pk_package AS aardvark \gset
INSERT INTO tb_dependency (fk_package, fk_target, kind, position) VALUES (:aardvark, :package, 'Depends', 1);
SELECT data ->> 'needed_by' AS seen FROM tv_package WHERE pk_package = :package \gset
\echo '    ->' needed by :seen'\n'

RELEASE second;
COMMIT;
\set ECHO none
INSERT INTO demo.watched (tview, key) VALUES ('tv_package', :aardvark);
\ir ../after.sql
