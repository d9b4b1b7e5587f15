-- The package that most others need is deleted, looked for and, after a rollback, back again

SELECT pk_package AS package
  FROM tv_package
 ORDER BY needed_by DESC, identifier
 LIMIT 1 \gset

CALL demo.watch('tv_package', :package);
\ir ../before.sql
BEGIN;
DELETE FROM tb_package WHERE pk_package = :package;
SELECT count(*) AS seen FROM tv_package WHERE pk_package = :package \gset
\echo '    ->' :seen documents'\n'
ROLLBACK;
SELECT count(*) AS seen FROM tv_package WHERE pk_package = :package \gset
\echo '    ->' :seen document
\ir ../after.sql
