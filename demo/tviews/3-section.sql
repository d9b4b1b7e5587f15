-- A section in figures.

CREATE TVIEW tv_section AS
SELECT s.pk_section, s.id, s.name AS identifier, count(p.pk_package) AS packages,
       jsonb_build_object(
           'id', s.id,
           'name', s.name,
           'packages', count(p.pk_package),
           'maintainers', count(DISTINCT p.fk_maintainer),
           'installed_mb', round(sum(p.installed_size) / 1024.0, 1),
           'largest', (SELECT coalesce(jsonb_agg(l.name), '[]')
                         FROM (SELECT b.name
                                 FROM tb_package b
                                WHERE b.fk_section = s.pk_section
                                ORDER BY b.installed_size DESC NULLS LAST, b.name
                                LIMIT 5) l)) AS data
  FROM tb_section s
  LEFT JOIN tb_package p ON p.fk_section = s.pk_section
 GROUP BY s.pk_section;
