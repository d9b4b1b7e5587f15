-- A package on which hundreds depend is deleted; its edges go with it (ON DELETE CASCADE)

SELECT pk_package AS package, fk_section AS section
  FROM tv_package
 WHERE cardinality(tags) > 0
 ORDER BY abs(needed_by - 200), identifier
 LIMIT 1 \gset

SELECT fk_package AS dependent
  FROM tb_dependency
 WHERE fk_target = :package AND kind = 'Depends'
 ORDER BY fk_package
 LIMIT 1 \gset

CALL demo.watch('tv_package', :package);
CALL demo.watch('tv_package', :dependent);
CALL demo.watch('tv_section', :section);
\ir ../before.sql
DELETE FROM tb_package
 WHERE pk_package = :package;
\ir ../after.sql
