-- A package with everything around it: three levels, package - dependencies - package.

-- The short form in which other documents speak of a package.
CREATE VIEW package_card AS
SELECT p.pk_package,
       jsonb_build_object(
           'id', p.id,
           'name', p.name,
           'summary', p.summary,
           'maintainer', m.data -> 'name') AS data
  FROM tb_package p
  JOIN maintainer_card m ON m.pk_maintainer = p.fk_maintainer;

CREATE TVIEW tv_package AS
SELECT p.pk_package, p.id, p.name AS identifier,
       p.fk_maintainer, p.fk_section, m.id AS maintainer_id, s.id AS section_id,
       p.installed_size, r.needed_by,
       ARRAY(SELECT t.name
               FROM tb_package_tag pt
               JOIN tb_tag t ON t.pk_tag = pt.fk_tag
              WHERE pt.fk_package = p.pk_package
              ORDER BY t.name) AS tags,
       jsonb_build_object(
           'id', p.id,
           'name', p.name,
           'version', p.version,
           'summary', p.summary,
           'homepage', p.homepage,
           'section', jsonb_build_object('id', s.id, 'name', s.name),
           'maintainer', c.data,
           'needed_by', r.needed_by,
           'dependencies', coalesce(
               (SELECT jsonb_agg(jsonb_build_object(
                           'kind', d.kind,
                           'requirement', d.position,
                           'version', d.operator || ' ' || d.version,
                           'package', coalesce(t.data, jsonb_build_object('name', d.virtual_name)))
                       ORDER BY d.kind, d.position, d.alternative)
                  FROM tb_dependency d
                  LEFT JOIN package_card t ON t.pk_package = d.fk_target
                 WHERE d.fk_package = p.pk_package), '[]')) AS data
  FROM tb_package p
  JOIN tb_section s ON s.pk_section = p.fk_section
  JOIN tb_maintainer m ON m.pk_maintainer = p.fk_maintainer
  JOIN maintainer_card c ON c.pk_maintainer = p.fk_maintainer
  LEFT JOIN LATERAL (
       SELECT count(DISTINCT d.fk_package) AS needed_by
         FROM tb_dependency d
        WHERE d.fk_target = p.pk_package
          AND d.kind IN ('Pre-Depends', 'Depends')) r ON true;

-- A tview is a table: the readers' indexes are theirs to choose.
CREATE INDEX ON tv_package USING gin (tags);
CREATE INDEX ON tv_package (needed_by);
