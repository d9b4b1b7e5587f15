-- A maintainer with all packages and some statistics.

-- The short form in which other documents speak of a maintainer.
CREATE VIEW maintainer_card AS
SELECT pk_maintainer,
       jsonb_build_object('id', id, 'name', name, 'email', email) AS data
  FROM tb_maintainer;

CREATE TVIEW tv_maintainer AS
SELECT m.pk_maintainer, m.id, m.email AS identifier, p.packages,
       c.data || jsonb_build_object(
           'packages', p.list,
           'statistics', jsonb_build_object(
               'packages', p.packages,
               'sections', p.sections,
               'installed_mb', p.installed_mb)) AS data
  FROM tb_maintainer m
  JOIN maintainer_card c ON c.pk_maintainer = m.pk_maintainer
  LEFT JOIN LATERAL (
       SELECT count(*) AS packages,
              count(DISTINCT p.fk_section) AS sections,
              round(sum(p.installed_size) / 1024.0, 1) AS installed_mb,
              coalesce(jsonb_agg(jsonb_build_object(
                           'id', p.id,
                           'name', p.name,
                           'version', p.version,
                           'section', s.name) ORDER BY p.name), '[]') AS list
         FROM tb_package p
         JOIN tb_section s ON s.pk_section = p.fk_section
        WHERE p.fk_maintainer = m.pk_maintainer) p ON true;
