-- Keys, foreign keys and indexes, added after the load.

ALTER TABLE tb_maintainer  ADD PRIMARY KEY (pk_maintainer), ADD UNIQUE (id), ADD UNIQUE (email);
ALTER TABLE tb_section     ADD PRIMARY KEY (pk_section), ADD UNIQUE (id), ADD UNIQUE (name);
ALTER TABLE tb_package     ADD PRIMARY KEY (pk_package), ADD UNIQUE (id), ADD UNIQUE (name);
ALTER TABLE tb_dependency  ADD PRIMARY KEY (pk_dependency),
                           ADD UNIQUE (fk_package, kind, position, alternative);
ALTER TABLE tb_tag         ADD PRIMARY KEY (pk_tag), ADD UNIQUE (id), ADD UNIQUE (name);
ALTER TABLE tb_package_tag ADD PRIMARY KEY (fk_package, fk_tag);

CREATE INDEX ON tb_package (fk_maintainer);
CREATE INDEX ON tb_package (fk_section);
CREATE INDEX ON tb_dependency (fk_target);
CREATE INDEX ON tb_package_tag (fk_tag);

ALTER TABLE tb_package
    ADD FOREIGN KEY (fk_maintainer) REFERENCES tb_maintainer,
    ADD FOREIGN KEY (fk_section) REFERENCES tb_section;

ALTER TABLE tb_dependency
    ADD FOREIGN KEY (fk_package) REFERENCES tb_package ON DELETE CASCADE,
    ADD FOREIGN KEY (fk_target) REFERENCES tb_package ON DELETE CASCADE;

ALTER TABLE tb_package_tag
    ADD FOREIGN KEY (fk_package) REFERENCES tb_package ON DELETE CASCADE,
    ADD FOREIGN KEY (fk_tag) REFERENCES tb_tag ON DELETE CASCADE;

-- New rows get numbers after those of the catalogue.
SELECT setval(pg_get_serial_sequence('tb_maintainer', 'pk_maintainer'), max(pk_maintainer)) FROM tb_maintainer;
SELECT setval(pg_get_serial_sequence('tb_section', 'pk_section'), max(pk_section)) FROM tb_section;
SELECT setval(pg_get_serial_sequence('tb_package', 'pk_package'), max(pk_package)) FROM tb_package;
SELECT setval(pg_get_serial_sequence('tb_dependency', 'pk_dependency'), max(pk_dependency)) FROM tb_dependency;
SELECT setval(pg_get_serial_sequence('tb_tag', 'pk_tag'), max(pk_tag)) FROM tb_tag;
