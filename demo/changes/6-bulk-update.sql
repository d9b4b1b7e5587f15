-- 5,000 packages are rebuilt: one statement, a new version and a new size for each

SELECT min(pk_package) AS package FROM tb_package \gset

CALL demo.watch('tv_package', :package);
\ir ../before.sql
UPDATE tb_package
   SET version = version || '+b1',
       installed_size = installed_size + 1
 WHERE pk_package IN (SELECT pk_package FROM tb_package ORDER BY pk_package LIMIT 5000);
\ir ../after.sql
