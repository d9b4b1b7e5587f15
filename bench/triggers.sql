-- The same read model kept by hand: a table as CREATE TVIEW makes it, and row triggers in
-- PL/pgSQL that rebuild the documents a changed row concerns.
CREATE VIEW v_post AS :document;
CREATE TABLE tv_post AS SELECT *, now() AS updated_at FROM v_post;
ALTER TABLE tv_post ADD PRIMARY KEY (pk_post);
CREATE UNIQUE INDEX ON tv_post (id);
CREATE INDEX ON tv_post (fk_user);
CREATE INDEX ON tv_post (user_id);

CREATE FUNCTION post_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.pk_post <> NEW.pk_post THEN
		DELETE FROM tv_post WHERE pk_post = OLD.pk_post;
	END IF;
	IF TG_OP <> 'DELETE' THEN
		INSERT INTO tv_post
		SELECT *, now() FROM v_post WHERE pk_post = NEW.pk_post
		ON CONFLICT (pk_post) DO UPDATE
		SET id = excluded.id, fk_user = excluded.fk_user, user_id = excluded.user_id,
			data = excluded.data, updated_at = excluded.updated_at;
	END IF;
	RETURN NULL;
END $$;

CREATE FUNCTION user_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE tv_post t
	SET user_id = v.user_id, data = v.data, updated_at = now()
	FROM v_post v
	WHERE v.fk_user = NEW.pk_user AND t.pk_post = v.pk_post;
	RETURN NULL;
END $$;

CREATE FUNCTION comment_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP <> 'INSERT' THEN
		UPDATE tv_post t
		SET data = v.data, updated_at = now()
		FROM v_post v
		WHERE v.pk_post = OLD.fk_post AND t.pk_post = OLD.fk_post;
	END IF;
	IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.fk_post <> NEW.fk_post THEN
		UPDATE tv_post t
		SET data = v.data, updated_at = now()
		FROM v_post v
		WHERE v.pk_post = NEW.fk_post AND t.pk_post = NEW.fk_post;
	END IF;
	RETURN NULL;
END $$;

CREATE TRIGGER post_changed AFTER INSERT OR UPDATE OR DELETE ON tb_post
	FOR EACH ROW EXECUTE FUNCTION post_changed();
CREATE TRIGGER user_changed AFTER UPDATE ON tb_user
	FOR EACH ROW EXECUTE FUNCTION user_changed();
CREATE TRIGGER comment_changed AFTER INSERT OR UPDATE OR DELETE ON tb_comment
	FOR EACH ROW EXECUTE FUNCTION comment_changed();
