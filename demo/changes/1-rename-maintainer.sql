-- A maintainer of hundreds of packages gets another name

-- of those with hundreds, the one whose packages are needed most
SELECT fk_maintainer AS maintainer
  FROM tv_package
 GROUP BY fk_maintainer
HAVING count(*) BETWEEN 200 AND 500
 ORDER BY sum(needed_by) DESC, fk_maintainer
 LIMIT 1 \gset

-- a package that depends on one of theirs
SELECT d.fk_package AS neighbour
  FROM tb_dependency d
  JOIN tb_package target ON target.pk_package = d.fk_target
  JOIN tb_package p ON p.pk_package = d.fk_package
 WHERE target.fk_maintainer = :maintainer AND p.fk_maintainer <> :maintainer
 ORDER BY p.name
 LIMIT 1 \gset

SELECT min(pk_package) AS package FROM tb_package WHERE fk_maintainer = :maintainer \gset

CALL demo.watch('tv_maintainer', :maintainer);
CALL demo.watch('tv_package', :package);
CALL demo.watch('tv_package', :neighbour);
\ir ../before.sql
UPDATE tb_maintainer
   SET name = 'Ministry of Packages'
 WHERE pk_maintainer = :maintainer;
\ir ../after.sql
