-- A tag of hundreds of packages gets another name

SELECT pk_tag AS tag FROM tv_tag ORDER BY abs(packages - 300), pk_tag LIMIT 1 \gset
SELECT min(fk_package) AS package FROM tb_package_tag WHERE fk_tag = :tag \gset

CALL demo.watch('tv_tag', :tag);
CALL demo.watch('tv_package', :package);
\ir ../before.sql
UPDATE tb_tag
   SET name = 'aardvark::' || split_part(name, '::', 2)
 WHERE pk_tag = :tag;
\ir ../after.sql
