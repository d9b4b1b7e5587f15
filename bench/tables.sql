-- The base tables of one arm, in the schema that search_path names; the same rows in each.
-- :posts posts by a twentieth as many users, with five times as many comments.
CREATE TABLE tb_user (
	pk_user int PRIMARY KEY,
	id uuid NOT NULL,
	name text NOT NULL,
	email text NOT NULL
);
CREATE TABLE tb_post (
	pk_post int PRIMARY KEY,
	id uuid NOT NULL,
	fk_user int NOT NULL,
	title text NOT NULL,
	body text NOT NULL
);
CREATE TABLE tb_comment (
	pk_comment int PRIMARY KEY,
	id uuid NOT NULL,
	fk_post int NOT NULL,
	body text NOT NULL
);

-- Numbers that look random and are the same in every run.
CREATE FUNCTION scatter(n int, size int) RETURNS int
	LANGUAGE sql IMMUTABLE
	RETURN (hashint8(n) & 2147483647) % size + 1;

INSERT INTO tb_user
SELECT n, md5('user ' || n)::uuid, 'User number ' || n, 'user.' || n || '@example.org'
FROM generate_series(1, greatest(:posts / 20, 1)) n;

INSERT INTO tb_post
SELECT n, md5('post ' || n)::uuid, scatter(n, greatest(:posts / 20, 1)),
	'The title of post ' || n, repeat('What post ' || n || ' says. ', 12)
FROM generate_series(1, :posts) n;

INSERT INTO tb_comment
SELECT n, md5('comment ' || n)::uuid, scatter(-n, :posts), repeat('Comment ' || n || '. ', 4)
FROM generate_series(1, 5 * :posts) n;

CREATE INDEX ON tb_post (fk_user);
CREATE INDEX ON tb_comment (fk_post);
ALTER TABLE tb_post ADD FOREIGN KEY (fk_user) REFERENCES tb_user;
ALTER TABLE tb_comment ADD FOREIGN KEY (fk_post) REFERENCES tb_post;

-- The keys of n rows out of size to change in a trial.
CREATE FUNCTION old_keys(trial int, n int, size int) RETURNS int[]
	LANGUAGE sql
	RETURN (SELECT array_agg(scatter(10000 * trial + i, size)) FROM generate_series(1, n) i);

-- The keys of n rows to add.
CREATE FUNCTION new_keys(trial int, n int, size int) RETURNS int[]
	LANGUAGE sql
	RETURN (SELECT array_agg(1000000000 + 10000 * trial + i) FROM generate_series(1, n) i);
