-- A package loses one tag and gets another

SELECT p.pk_package AS package, min(pt.fk_tag) AS tag
  FROM tv_package p
  JOIN tb_package_tag pt ON pt.fk_package = p.pk_package
 WHERE cardinality(p.tags) BETWEEN 3 AND 5
 GROUP BY p.pk_package
 ORDER BY p.needed_by DESC, p.pk_package
 LIMIT 1 \gset

SELECT pk_tag AS new_tag
  FROM tv_tag t
 WHERE NOT EXISTS (SELECT FROM tb_package_tag WHERE fk_package = :package AND fk_tag = t.pk_tag)
 ORDER BY abs(packages - 100), pk_tag
 LIMIT 1 \gset

CALL demo.watch('tv_package', :package);
CALL demo.watch('tv_tag', :tag);
CALL demo.watch('tv_tag', :new_tag);
\ir ../before.sql
UPDATE tb_package_tag
   SET fk_tag = :new_tag
 WHERE fk_package = :package AND fk_tag = :tag;
\ir ../after.sql
