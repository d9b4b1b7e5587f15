\set ECHO none
-- Companies, their users, the users' posts and the comments on these, in the current schema,
-- with three tviews that embed one another. User 3 has no post, post 4 no comment.
CREATE FUNCTION uuid_of(kind int, n int) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
	SELECT format('%s-0000-0000-0000-%s', lpad(kind::text, 8, '0'), lpad(n::text, 12, '0'))::uuid
$$;

CREATE TABLE tb_company (
	pk_company int PRIMARY KEY,
	name text
);
CREATE TABLE tb_user (
	pk_user int PRIMARY KEY,
	id uuid NOT NULL UNIQUE,
	fk_company int REFERENCES tb_company,
	name text,
	email text,
	password text
);
CREATE TABLE tb_post (
	pk_post int PRIMARY KEY,
	id uuid NOT NULL UNIQUE,
	fk_user int NOT NULL REFERENCES tb_user ON DELETE CASCADE,
	title text,
	visits int DEFAULT 0
);
CREATE TABLE tb_comment (
	pk_comment int PRIMARY KEY,
	fk_post int NOT NULL REFERENCES tb_post ON DELETE CASCADE,
	text text
);
CREATE INDEX ON tb_user (fk_company);
CREATE INDEX ON tb_post (fk_user);
CREATE INDEX ON tb_comment (fk_post);

INSERT INTO tb_company SELECT n, 'company ' || n FROM generate_series(1, 2) n;
INSERT INTO tb_user SELECT n, uuid_of(1, n), (n + 1) / 2, 'user ' || n, 'u' || n || '@example.org'
	FROM generate_series(1, 3) n;
INSERT INTO tb_post SELECT n, uuid_of(2, n), (n + 1) / 2, 'post ' || n FROM generate_series(1, 4) n;
INSERT INTO tb_comment SELECT n, (n + 1) / 2, 'comment ' || n FROM generate_series(1, 6) n;

CREATE TVIEW tv_company AS
	SELECT pk_company, jsonb_build_object('name', name) AS data FROM tb_company;
CREATE TVIEW tv_user AS
	SELECT u.pk_user, u.id, u.fk_company,
		jsonb_build_object('id', u.id, 'name', u.name, 'email', u.email, 'company', c.data) AS data
	FROM tb_user u LEFT JOIN v_company c ON c.pk_company = u.fk_company;
CREATE TVIEW tv_post AS
	SELECT p.pk_post, p.id, p.fk_user, u.id AS user_id,
		jsonb_build_object('title', p.title, 'author', u.data, 'comments',
			coalesce((SELECT jsonb_agg(c.text ORDER BY c.pk_comment) FROM tb_comment c
				WHERE c.fk_post = p.pk_post), '[]')) AS data
	FROM tb_post p JOIN v_user u ON u.pk_user = p.fk_user;
\set ECHO all
