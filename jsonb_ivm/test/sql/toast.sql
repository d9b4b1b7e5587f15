-- A document that does not change is returned as it came, so an UPDATE does not write its
-- out-of-line part again.
CREATE TABLE document (d jsonb);
ALTER TABLE document ALTER d SET STORAGE EXTERNAL;
INSERT INTO document SELECT jsonb_build_object('a', jsonb_agg(jsonb_build_object('id', i, 'text', repeat('x', 100)))) FROM generate_series(1, 100) AS i;
SELECT reltoastrelid::regclass AS toast FROM pg_class WHERE oid = 'document'::regclass \gset
SELECT array_agg(DISTINCT chunk_id) AS before FROM :toast \gset

UPDATE document SET d = jsonb_array_update_where(d, 'a', 'id', '101', '{"x": 1}');
UPDATE document SET d = jsonb_array_delete_where(d, 'a', 'id', '101');
UPDATE document SET d = jsonb_merge_shallow(d, '{}');
UPDATE document SET d = jsonb_array_update_where_batch(d, 'a', 'id', '[{"match_value": 0, "updates": {"x": 1}}]');
UPDATE document SET d = jsonb_apply_changeset(d, '[{"op": "remove", "path": "b"}, {"op": "array_delete", "path": "a", "match_key": "id", "match_value": 0}]');
SELECT array_agg(DISTINCT chunk_id) = :'before' AS same FROM :toast;

UPDATE document SET d = jsonb_array_update_where(d, 'a', 'id', '100', '{"x": 1}');
SELECT d -> 'a' -> 99 ->> 'x' AS x, record_image_eq(ROW(d), ROW(d::text::jsonb)) FROM document;
-- compressed
ALTER TABLE document ALTER d SET STORAGE EXTENDED;
UPDATE document SET d = jsonb_ivm_set_path(d, 'b', '1');
UPDATE document SET d = jsonb_array_delete_where(d, 'a', 'id', '50');
SELECT jsonb_array_length(d -> 'a'), record_image_eq(ROW(d), ROW(d::text::jsonb)) FROM document;
DROP TABLE document;
