-- Installs the current version; steps between versions are in files of their own.
\echo Use "CREATE EXTENSION jsonb_ivm" to load this file. \quit

-- Merging objects

CREATE FUNCTION jsonb_merge_shallow(target jsonb, source jsonb)
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_merge_shallow';
COMMENT ON FUNCTION jsonb_merge_shallow(jsonb, jsonb) IS
'set each key of source in target';

CREATE FUNCTION jsonb_deep_merge(target jsonb, source jsonb)
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_deep_merge';
COMMENT ON FUNCTION jsonb_deep_merge(jsonb, jsonb) IS
'merge source into target, and objects under the same key in turn';

CREATE FUNCTION jsonb_merge_at_path(target jsonb, source jsonb, path text[])
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_merge_at_path';
COMMENT ON FUNCTION jsonb_merge_at_path(jsonb, jsonb, text[]) IS
'merge source into the object at a path of keys';

CREATE FUNCTION jsonb_smart_patch_scalar(target jsonb, source jsonb)
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_merge_shallow';
COMMENT ON FUNCTION jsonb_smart_patch_scalar(jsonb, jsonb) IS
'another name of jsonb_merge_shallow';

CREATE FUNCTION jsonb_smart_patch_nested(target jsonb, source jsonb, path text[])
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_merge_at_path';
COMMENT ON FUNCTION jsonb_smart_patch_nested(jsonb, jsonb, text[]) IS
'another name of jsonb_merge_at_path';

CREATE FUNCTION jsonb_smart_patch_array(target jsonb, source jsonb, array_path text, match_key text, match_value jsonb)
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_smart_patch_array';
COMMENT ON FUNCTION jsonb_smart_patch_array(jsonb, jsonb, text, text, jsonb) IS
'jsonb_array_update_where with its arguments in another order';

-- Elements of an array, found by the value of a member

CREATE FUNCTION jsonb_array_update_where(target jsonb, array_path text, match_key text, match_value jsonb, updates jsonb)
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_array_update_where';
COMMENT ON FUNCTION jsonb_array_update_where(jsonb, text, text, jsonb, jsonb) IS
'merge updates into the first matching element';

CREATE FUNCTION jsonb_array_update_where_batch(target jsonb, array_path text, match_key text, updates_array jsonb)
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_array_update_where_batch';
COMMENT ON FUNCTION jsonb_array_update_where_batch(jsonb, text, text, jsonb) IS
'apply a list of updates, each to all matching elements';

CREATE FUNCTION jsonb_array_update_multi_row(targets jsonb[], array_path text, match_key text, match_value jsonb, updates jsonb)
RETURNS TABLE(result jsonb) LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_array_update_multi_row';
COMMENT ON FUNCTION jsonb_array_update_multi_row(jsonb[], text, text, jsonb, jsonb) IS
'jsonb_array_update_where for each of several documents, one row each';

CREATE FUNCTION jsonb_array_delete_where(target jsonb, array_path text, match_key text, match_value jsonb)
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_array_delete_where';
COMMENT ON FUNCTION jsonb_array_delete_where(jsonb, text, text, jsonb) IS
'remove the first matching element';

CREATE FUNCTION jsonb_array_insert_where(target jsonb, array_path text, new_element jsonb, sort_key text DEFAULT NULL, sort_order text DEFAULT NULL)
RETURNS jsonb LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_array_insert_where';
COMMENT ON FUNCTION jsonb_array_insert_where(jsonb, text, jsonb, text, text) IS
'insert an element where it sorts, or at the end';

CREATE FUNCTION jsonb_array_contains_id(data jsonb, array_path text, id_key text, id_value jsonb)
RETURNS boolean LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_array_contains_id';
COMMENT ON FUNCTION jsonb_array_contains_id(jsonb, text, text, jsonb) IS
'does the array have a matching element?';

CREATE FUNCTION jsonb_extract_id(data jsonb, key text DEFAULT 'id')
RETURNS text LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_extract_id';
COMMENT ON FUNCTION jsonb_extract_id(jsonb, text) IS
'a string or number under a top-level key, as text';

-- Paths, under both spellings that exist

CREATE FUNCTION jsonb_ivm_array_update_where_path(target jsonb, array_key text, match_key text, match_value jsonb, update_path text, update_value jsonb)
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_array_update_where_path';
COMMENT ON FUNCTION jsonb_ivm_array_update_where_path(jsonb, text, text, jsonb, text, jsonb) IS
'set a value at a path in the first matching element';

CREATE FUNCTION jsonb_delta_array_update_where_path(target jsonb, array_key text, match_key text, match_value jsonb, update_path text, update_value jsonb)
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_array_update_where_path';
COMMENT ON FUNCTION jsonb_delta_array_update_where_path(jsonb, text, text, jsonb, text, jsonb) IS
'another name of jsonb_ivm_array_update_where_path';

CREATE FUNCTION jsonb_ivm_set_path(target jsonb, path text, value jsonb)
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_set_path';
COMMENT ON FUNCTION jsonb_ivm_set_path(jsonb, text, jsonb) IS
'set a value at a path, creating what is missing';

CREATE FUNCTION jsonb_delta_set_path(target jsonb, path text, value jsonb)
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_set_path';
COMMENT ON FUNCTION jsonb_delta_set_path(jsonb, text, jsonb) IS
'another name of jsonb_ivm_set_path';

CREATE FUNCTION jsonb_apply_changeset(doc jsonb, ops jsonb)
RETURNS jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jsonb_ivm_apply_changeset';
COMMENT ON FUNCTION jsonb_apply_changeset(jsonb, jsonb) IS
'apply a list of operations in order';
