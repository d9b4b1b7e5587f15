-- A package moves to another section and another maintainer

SELECT pk_package AS package, fk_maintainer AS maintainer, fk_section AS section
  FROM tv_package
 WHERE cardinality(tags) > 2
 ORDER BY abs(needed_by - 25), identifier
 LIMIT 1 \gset

SELECT pk_section AS new_section
  FROM tv_section
 WHERE pk_section <> :section
 ORDER BY packages, pk_section
 LIMIT 1 \gset

SELECT pk_maintainer AS new_maintainer
  FROM tv_maintainer
 WHERE pk_maintainer <> :maintainer
 ORDER BY abs(packages - 3), pk_maintainer
 LIMIT 1 \gset

CALL demo.watch('tv_package', :package);
CALL demo.watch('tv_section', :section);
CALL demo.watch('tv_section', :new_section);
CALL demo.watch('tv_maintainer', :new_maintainer);
\ir ../before.sql
UPDATE tb_package
   SET fk_section = :new_section,
       fk_maintainer = :new_maintainer
 WHERE pk_package = :package;
\ir ../after.sql
