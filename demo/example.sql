-- One document, whole: of the packages with few dependencies the most needed one.
SELECT jsonb_pretty(data)
  FROM tv_package
 WHERE jsonb_array_length(data -> 'dependencies') = 2
   AND cardinality(tags) > 0
 ORDER BY needed_by DESC, identifier
 LIMIT 1;
