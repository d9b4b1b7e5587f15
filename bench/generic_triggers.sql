-- The read model kept by one trigger function for all tables and documents, as teams with many of
-- them write it: its statements are put together from the arguments of the trigger and so are
-- planned at each call. Tables and indexes as in triggers.sql.
CREATE VIEW v_post AS :document;
CREATE TABLE tv_post AS SELECT *, now() AS updated_at FROM v_post;
ALTER TABLE tv_post ADD PRIMARY KEY (pk_post);
CREATE UNIQUE INDEX ON tv_post (id);
CREATE INDEX ON tv_post (fk_user);
CREATE INDEX ON tv_post (user_id);

-- Arguments: the entity; a column of its documents; the column of the changed row it must equal.
CREATE FUNCTION refresh_documents() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	remove text := format('DELETE FROM tv_%s WHERE %I = ($1).%I', TG_ARGV[0], TG_ARGV[1], TG_ARGV[2]);
	build text := format('INSERT INTO tv_%1$s SELECT *, now() FROM v_%1$s WHERE %2$I = ($1).%3$I',
		TG_ARGV[0], TG_ARGV[1], TG_ARGV[2]);
BEGIN
	IF TG_OP <> 'INSERT' THEN
		EXECUTE remove USING OLD;
		EXECUTE build USING OLD;
	END IF;
	IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND to_jsonb(OLD) -> TG_ARGV[2] <> to_jsonb(NEW) -> TG_ARGV[2] THEN
		EXECUTE remove USING NEW;
		EXECUTE build USING NEW;
	END IF;
	RETURN NULL;
END $$;

CREATE TRIGGER refresh AFTER INSERT OR UPDATE OR DELETE ON tb_post
	FOR EACH ROW EXECUTE FUNCTION refresh_documents('post', 'pk_post', 'pk_post');
CREATE TRIGGER refresh AFTER UPDATE ON tb_user
	FOR EACH ROW EXECUTE FUNCTION refresh_documents('post', 'fk_user', 'pk_user');
CREATE TRIGGER refresh AFTER INSERT OR UPDATE OR DELETE ON tb_comment
	FOR EACH ROW EXECUTE FUNCTION refresh_documents('post', 'pk_post', 'fk_post');
