-- A tag with the packages most needed: a tview on the documents of tv_package.

CREATE TVIEW tv_tag AS
SELECT t.pk_tag, t.id, t.name AS identifier, n.packages,
       jsonb_build_object(
           'id', t.id,
           'facet', split_part(t.name, '::', 1),
           'value', split_part(t.name, '::', 2),
           'packages', n.packages,
           'installed_mb', n.installed_mb,
           'most_needed', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                      'name', b.data -> 'name',
                                      'summary', b.data -> 'summary',
                                      'maintainer', b.data #> '{maintainer,name}',
                                      'needed_by', b.needed_by)), '[]')
                             FROM (SELECT p.data, p.needed_by
                                     FROM tb_package_tag pt
                                     JOIN tv_package p ON p.pk_package = pt.fk_package
                                    WHERE pt.fk_tag = t.pk_tag
                                    ORDER BY p.needed_by DESC, p.identifier
                                    LIMIT 10) b)) AS data
  FROM tb_tag t
  LEFT JOIN LATERAL (
       SELECT count(*) AS packages,
              round(sum(p.installed_size) / 1024.0, 1) AS installed_mb
         FROM tb_package_tag pt
         JOIN tv_package p ON p.pk_package = pt.fk_package
        WHERE pt.fk_tag = t.pk_tag) n ON true;
