--
-- What pg_tviews says about definitions and about tviews.
--
CREATE SCHEMA introspection;
SET search_path = introspection, public;

CREATE TABLE tb_user (pk_user int PRIMARY KEY, id uuid UNIQUE NOT NULL, name text, active boolean);
CREATE TABLE tb_post (pk_post int PRIMARY KEY, id uuid UNIQUE NOT NULL, fk_user int, title text, body text, tags text[], meta jsonb);
CREATE TABLE tb_comment (pk_comment int PRIMARY KEY, id uuid UNIQUE NOT NULL, fk_post int, fk_user int, text text);
CREATE TABLE tb_rating (fk_post int, stars int);
CREATE VIEW v_author AS
    SELECT pk_user, id, jsonb_build_object('id', id, 'name', name) AS data FROM tb_user;
CREATE VIEW v_remark AS
    SELECT c.pk_comment, c.fk_post,
           jsonb_build_object('id', c.id, 'text', c.text, 'by', a.data) AS data
    FROM tb_comment c JOIN v_author a ON a.pk_user = c.fk_user;

-- One member of the answer at a time
CREATE FUNCTION tables_of(sql text)
    RETURNS TABLE ("table" text, n int, alias text, traced text, direct jsonb, queries text,
                   captured jsonb, referenced jsonb) LANGUAGE sql AS $$
    SELECT t->>'table', (t->>'occurrence')::int, t->>'alias', t->>'traced', t->'direct',
           (SELECT string_agg(regexp_replace(q, '\s+', ' ', 'g'), '; ')
            FROM jsonb_array_elements_text(t->'queries') q),
           t->'captured', t->'referenced'
    FROM jsonb_array_elements(pg_tviews_analyze_select(sql)->'base_tables') t $$;
CREATE FUNCTION feeds_of(sql text)
    RETURNS TABLE (occurrence text, feeds text, holds text, path text, match_key text)
    LANGUAGE sql AS $$
    SELECT coalesce(t->>'alias', t->>'table'),
           (SELECT string_agg(quote_literal(f), ' ') FROM jsonb_array_elements_text(t->'feeds') f),
           t->>'holds', t->>'path', t->>'match_key'
    FROM jsonb_array_elements(pg_tviews_analyze_select(sql)->'base_tables') t $$;
CREATE FUNCTION refusals_of(sql text)
    RETURNS TABLE (sqlstate text, message text, detail text, hint text) LANGUAGE sql AS $$
    SELECT r.*
    FROM jsonb_to_recordset(pg_tviews_analyze_select(sql)->'refusals')
         AS r (sqlstate text, message text, detail text, hint text) $$;

-- The whole answer
SELECT jsonb_pretty(pg_tviews_analyze_select($$
    SELECT pk_user, jsonb_build_object('name', name) AS data FROM tb_user $$));

-- Names come from the first column that looks like a key
SELECT a->>'entity' AS entity, a->>'table' AS "table", a->>'view' AS view, a->'key' AS key
FROM pg_tviews_analyze_select($$
    SELECT 1 AS n, pk_post AS "pk_Blog post", fk_user AS pk_user, meta AS data FROM tb_post $$) a;

-- Roles and indexes
SELECT c.* FROM jsonb_to_recordset(pg_tviews_analyze_select($$
    SELECT p.id, p.pk_post, p.title::varchar(20) AS identifier, p.fk_user, u.id AS user_id,
           p.fk_user AS post_id, p.meta AS fk_meta, p.tags, u.active, p.meta AS data
    FROM tb_post p JOIN tb_user u ON u.pk_user = p.fk_user $$)->'columns')
    AS c (name text, type text, role text, index text);

-- Base tables and how their changes are traced
SELECT * FROM tables_of($$
    SELECT p.pk_post,
           jsonb_build_object('title', p.title, 'author', a.data,
               'comments', coalesce((SELECT jsonb_agg(r.data ORDER BY r.pk_comment)
                                     FROM v_remark r WHERE r.fk_post = p.pk_post), '[]')) AS data
    FROM tb_post p LEFT JOIN v_author a ON a.pk_user = p.fk_user
    WHERE EXISTS (SELECT FROM tb_rating WHERE fk_post = p.pk_post) $$);
SELECT t->>'table' AS "table", t->>'traced' AS traced, t->>'reason' AS reason, t->'captured' AS captured
FROM jsonb_array_elements(pg_tviews_analyze_select($$
    SELECT pk_user, jsonb_build_object('all', (SELECT count(*) FROM tb_post)) AS data
    FROM tb_user $$)->'base_tables') t;

-- Paths: members, elements and everything in between
SELECT * FROM feeds_of($$
    SELECT p.pk_post,
           jsonb_build_object('title', p.title, 'author', a.data,
               'comments', coalesce((SELECT jsonb_agg(r.data ORDER BY r.pk_comment)
                                     FROM v_remark r WHERE r.fk_post = p.pk_post), '[]')) AS data
    FROM tb_post p LEFT JOIN v_author a ON a.pk_user = p.fk_user
    WHERE EXISTS (SELECT FROM tb_rating WHERE fk_post = p.pk_post) $$);
-- an array whose elements can be told
SELECT * FROM feeds_of($$
    SELECT p.pk_post, jsonb_build_object('comments', jsonb_agg(
               jsonb_build_object('id', c.id, 'text', upper(c.text)))) AS data
    FROM tb_post p LEFT JOIN tb_comment c ON c.fk_post = p.pk_post
    GROUP BY p.pk_post $$);
-- objects put together; a name that looks like a path; a computed name
SELECT * FROM feeds_of($$
    SELECT p.pk_post,
           jsonb_build_object('t', p.title) || jsonb_build_object('a.b', u.name) ||
           jsonb_strip_nulls(jsonb_build_object('x', to_jsonb(p.tags))) AS data
    FROM tb_post p, tb_user u WHERE u.pk_user = p.fk_user $$);
SELECT * FROM feeds_of($$
    SELECT p.pk_post,
           jsonb_build_object('t', p.title) || jsonb_build_object('a.b', u.name, '', u.active) AS data
    FROM tb_post p, tb_user u WHERE u.pk_user = p.fk_user $$);
SELECT * FROM feeds_of($$
    SELECT p.pk_post, jsonb_build_object('u', jsonb_build_object(u.name, 1), 'p', p.title) AS data
    FROM tb_post p, tb_user u WHERE u.pk_user = p.fk_user $$);
-- CASE, arrays, casts, whole rows
SELECT * FROM feeds_of($$
    SELECT p.pk_post, jsonb_build_object(
               'case', CASE WHEN u.active THEN jsonb_build_object('name', u.name)
                            ELSE jsonb_build_array(p.title, 2) END,
               'json', json_build_object('body', p.body)::jsonb,
               'text', jsonb_build_object('body', p.body)::text,
               'row', to_jsonb(u), 'ids', ARRAY(SELECT c.pk_comment FROM tb_comment c
                                                WHERE c.fk_post = p.pk_post)) AS data
    FROM tb_post p JOIN tb_user u ON u.pk_user = p.fk_user $$);
-- what is tied together only by the anchor stays apart
SELECT * FROM feeds_of($$
    SELECT p.pk_post, jsonb_build_object('author', jsonb_build_object('name', u.name),
                                         'stars', r.stars) AS data
    FROM tb_post p LEFT JOIN tb_user u ON u.pk_user = p.fk_user AND p.title <> ''
                   LEFT JOIN tb_rating r ON r.fk_post = p.pk_post $$);
-- no anchor: the rows of one item depend on those of the other
SELECT * FROM feeds_of($$
    SELECT r.fk_post AS pk_post, jsonb_build_object('stars', r.stars, 'title', p.title) AS data
    FROM tb_rating r JOIN tb_comment c ON c.fk_post = r.stars
                     JOIN tb_post p ON p.fk_user = c.fk_user $$);
-- set operations, DISTINCT ON, window functions, recursion
SELECT * FROM feeds_of($$
    SELECT pk_post, jsonb_build_object('title', title) AS data FROM tb_post
    UNION ALL
    SELECT -pk_user, jsonb_build_object('name', name) FROM tb_user $$);
SELECT * FROM feeds_of($$
    SELECT DISTINCT ON (p.pk_post) p.pk_post,
           jsonb_build_object('title', p.title, 'first', c.text) AS data
    FROM tb_post p JOIN tb_comment c ON c.fk_post = p.pk_post
    ORDER BY p.pk_post, c.pk_comment $$);
SELECT * FROM feeds_of($$
    SELECT c.pk_comment, jsonb_build_object('n', row_number() OVER (PARTITION BY c.fk_post),
                                            'text', c.text) AS data
    FROM tb_comment c $$);
SELECT * FROM feeds_of($$
    WITH RECURSIVE up (pk, n) AS (
        SELECT pk_comment, 1 FROM tb_comment UNION SELECT fk_post, n + 1 FROM up, tb_rating)
    SELECT u.pk_user, jsonb_build_object('name', u.name, 'up', (SELECT max(n) FROM up)) AS data
    FROM tb_user u $$);
-- Paths are never too few: change every row in several ways, and see where the
-- documents of keys that are there before and after differ
INSERT INTO tb_user SELECT i, md5('u' || i)::uuid, 'u' || i, i % 2 = 0 FROM generate_series(1, 4) i;
INSERT INTO tb_post SELECT i, md5('p' || i)::uuid, i % 5, 't' || i, 'b' || i, ARRAY['x' || i]
    FROM generate_series(1, 6) i;
INSERT INTO tb_comment SELECT i, md5('c' || i)::uuid, i % 6 + 1, i % 4 + 1, 'c' || i
    FROM generate_series(1, 9) i;
INSERT INTO tb_rating SELECT i % 5 + 1, i % 3 + 1 FROM generate_series(1, 7) i;
CREATE VIEW v_full AS
    SELECT p.pk_post, p.fk_user,
           jsonb_build_object('title', p.title, 'author', a.data,
               'remarks', (SELECT jsonb_agg(r.data ORDER BY r.pk_comment)
                           FROM v_remark r WHERE r.fk_post = p.pk_post)) AS data
    FROM tb_post p LEFT JOIN v_author a ON a.pk_user = p.fk_user;
CREATE FUNCTION differences(a jsonb, b jsonb, path text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    IF a IS NOT DISTINCT FROM b THEN
        RETURN;
    ELSIF jsonb_typeof(a) = 'object' AND jsonb_typeof(b) = 'object' THEN
        RETURN QUERY SELECT d
            FROM (SELECT jsonb_object_keys(a) UNION SELECT jsonb_object_keys(b)) k (key),
                 differences(a->key, b->key, concat_ws('.', nullif(path, ''), key)) d;
    ELSIF jsonb_typeof(a) = 'array' AND jsonb_typeof(b) = 'array' AND
          jsonb_array_length(a) = jsonb_array_length(b) THEN
        RETURN QUERY SELECT d FROM generate_series(0, jsonb_array_length(a) - 1) i,
                                   differences(a->i, b->i, path || '[]') d;
    ELSE
        RETURN NEXT path;
    END IF;
END $$;
CREATE FUNCTION documents(sql text, key text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    result jsonb;
BEGIN
    EXECUTE format('SELECT jsonb_object_agg(%I, data) FROM (%s) q WHERE %1$I IS NOT NULL', key, sql)
        INTO result;
    RETURN result;
END $$;
-- the ways to change the row c of a table
CREATE FUNCTION changes(target regclass, c tid) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('DELETE FROM %s WHERE ctid = %L', target, c)
    UNION ALL
    SELECT format('UPDATE %s SET %I = %s WHERE ctid = %L', target, attname,
                  format(v, attname, target), c)
    FROM pg_attribute,
         unnest(ARRAY['NULL', '(SELECT %1$I FROM %2$s ORDER BY 1 LIMIT 1)',
                      '(SELECT %1$I FROM %2$s ORDER BY 1 DESC LIMIT 1)']
                || CASE WHEN atttypid = 'int'::regtype THEN ARRAY['%I + 1', '%I + 100'] END) v
    WHERE attrelid = target AND attnum > 0 $$;
CREATE FUNCTION check_feeds(sql text, OUT changed boolean, OUT missed text[]) LANGUAGE plpgsql AS $$
DECLARE
    answer jsonb := pg_tviews_analyze_select(sql);
    before jsonb := documents(sql, answer->'key'->>0);
    after jsonb;
    base record;
    command text;
BEGIN
    changed := false;
    FOR base IN SELECT t->>'table' AS name, array_agg(f) AS feeds
                FROM jsonb_array_elements(answer->'base_tables') t,
                     jsonb_array_elements_text(t->'feeds') f GROUP BY 1
    LOOP
        FOR command IN EXECUTE format('SELECT changes(%L, ctid) FROM %s', base.name, base.name)
        LOOP
            BEGIN
                EXECUTE command;
                after := documents(sql, answer->'key'->>0);
                RAISE EXCEPTION 'undo';
            EXCEPTION
                WHEN unique_violation OR not_null_violation THEN CONTINUE;
                WHEN raise_exception THEN NULL;
            END;
            SELECT missed || array_agg(base.name || ': ' || d)
                       FILTER (WHERE NOT EXISTS (
                           SELECT FROM unnest(base.feeds) f
                           WHERE f = '' OR d = f OR starts_with(d, f || '.') OR starts_with(d, f || '['))),
                   changed OR count(*) > 0
            INTO missed, changed
            FROM jsonb_object_keys(before) k, differences(before->k, after->k, '') d
            WHERE after ? k;
        END LOOP;
    END LOOP;
END $$;
SELECT n, c.* FROM (VALUES
    (1, $$SELECT p.pk_post, jsonb_build_object('title', p.title, 'author', a.data,
              'comments', coalesce((SELECT jsonb_agg(r.data ORDER BY r.pk_comment)
                                    FROM v_remark r WHERE r.fk_post = p.pk_post), '[]')) AS data
          FROM tb_post p LEFT JOIN v_author a ON a.pk_user = p.fk_user
          WHERE EXISTS (SELECT FROM tb_rating WHERE fk_post = p.pk_post)$$),
    (2, $$SELECT p.pk_post, jsonb_build_object('comments', jsonb_agg(
              jsonb_build_object('id', c.id, 'text', upper(c.text)))) AS data
          FROM tb_post p LEFT JOIN tb_comment c ON c.fk_post = p.pk_post GROUP BY p.pk_post$$),
    (3, $$SELECT p.pk_post, jsonb_build_object('t', p.title) || jsonb_build_object('u', u.name) ||
                 jsonb_strip_nulls(jsonb_build_object('x', to_jsonb(p.tags))) AS data
          FROM tb_post p LEFT JOIN tb_user u ON u.pk_user = p.fk_user$$),
    (4, $$SELECT p.pk_post, jsonb_build_object('case', CASE WHEN u.active
              THEN jsonb_build_object('name', u.name) ELSE jsonb_build_array(p.title, 2) END,
              'row', to_jsonb(u), 'ids', ARRAY(SELECT c.pk_comment FROM tb_comment c
                                               WHERE c.fk_post = p.pk_post ORDER BY 1)) AS data
          FROM tb_post p JOIN tb_user u ON u.pk_user = p.fk_user$$),
    (5, $$SELECT p.pk_post, jsonb_build_object('author', jsonb_build_object('name', u.name), 's', r.s) AS data
          FROM tb_post p LEFT JOIN tb_user u ON u.pk_user = p.fk_user AND p.title <> 't3'
               LEFT JOIN (SELECT fk_post, avg(stars) s FROM tb_rating GROUP BY 1) r
                         ON r.fk_post = p.pk_post$$),
    (6, $$SELECT DISTINCT ON (p.pk_post) p.pk_post,
                 jsonb_build_object('title', p.title, 'first', c.text) AS data
          FROM tb_post p JOIN tb_comment c ON c.fk_post = p.pk_post ORDER BY p.pk_post, c.pk_comment$$),
    (7, $$SELECT c.pk_comment, jsonb_build_object('n', row_number() OVER (
              PARTITION BY c.fk_post ORDER BY c.pk_comment), 'text', c.text) AS data FROM tb_comment c$$),
    (8, $$SELECT c.pk_comment, jsonb_build_object('t', c.text, 'post', f.data) AS data
          FROM tb_comment c LEFT JOIN v_full f ON f.pk_post = c.fk_post$$),
    (9, $$SELECT c.pk_comment, jsonb_build_object('t', c.text, 'post', f.data) AS data
          FROM tb_comment c JOIN v_full f ON f.pk_post = c.fk_post
               JOIN tb_user u ON u.pk_user = c.fk_user AND u.active$$),
    (10, $$SELECT fk_user AS pk_user, jsonb_build_object('posts', jsonb_agg(data ORDER BY pk_post),
                  'n', count(*)) AS data FROM v_full GROUP BY fk_user$$),
    (11, $$SELECT p.pk_post, jsonb_build_object('top', x.data, 'n', x.n) AS data
           FROM tb_post p LEFT JOIN LATERAL (
               SELECT r.data, count(*) OVER () n FROM v_remark r
               WHERE r.fk_post = p.pk_post ORDER BY r.pk_comment DESC LIMIT 1) x ON true$$),
    (12, $$SELECT p.pk_post, (SELECT jsonb_build_object('a', u.name, 't', p.title)
                              FROM tb_user u WHERE u.pk_user = p.fk_user) AS data FROM tb_post p$$),
    (13, $$SELECT v.pk_post, v.data || jsonb_build_object('max', (
               SELECT max(stars) FROM tb_rating WHERE fk_post = v.pk_post)) AS data FROM v_full v$$),
    (14, $$SELECT f.pk_post, jsonb_build_object('x', f.data->'author', 'y', u.name) AS data
           FROM v_full f FULL JOIN tb_user u ON u.pk_user = f.fk_user$$),
    (15, $$SELECT pk_post, jsonb_build_object('title', title) AS data FROM tb_post
           UNION ALL SELECT -pk_user, jsonb_build_object('name', name) FROM tb_user$$)
    ) AS definitions (n, sql), check_feeds(sql) c ORDER BY n;

-- without a document there are no paths
SELECT * FROM feeds_of('SELECT pk_post, title FROM tb_post');

-- How deep tviews may be stacked
CREATE TVIEW tv_deep AS SELECT pk_user AS pk_deep, to_jsonb(u) AS data FROM tb_user u;
SET pg_tviews.max_depth = 1;
SELECT message FROM refusals_of('SELECT pk_deep AS pk_deeper, data FROM tv_deep');
RESET pg_tviews.max_depth;
DROP TVIEW tv_deep;

-- The clock
SELECT pg_tviews_analyze_select($$
    SELECT pk_post, jsonb_build_object('at', now()) AS data FROM tb_post $$)->'depends_on_clock' AS clock;

-- Every reason to refuse, not only the first
\x on
SELECT * FROM refusals_of('SELECT title FROM tb_post');
SELECT * FROM refusals_of('SELECT pk_post, title AS data FROM tb_post');
SELECT * FROM refusals_of($$
    SELECT meta AS pk_post, 1 + 1, title, body AS title, meta AS data FROM tb_post $$);
SELECT * FROM refusals_of('SELECT point(1, 2) AS pk_post, meta AS data FROM tb_post');
SELECT * FROM refusals_of($$
    SELECT pk_post, jsonb_build_object('r', random(), 'n', (SELECT count(*) FROM tb_user),
                                       'c', (SELECT max(relname) FROM pg_class)) AS data
    FROM tb_post FOR UPDATE $$);
SELECT * FROM refusals_of($$
    WITH gone AS (DELETE FROM tb_rating RETURNING fk_post)
    SELECT fk_post AS pk_post, '{}'::jsonb AS data FROM gone $$);
SELECT * FROM refusals_of($$SELECT 1 AS pk_one, '{}'::jsonb AS data$$);
-- those that lie in what is there already: the tview's own view, and tviews above it
CREATE TVIEW tv_low AS SELECT pk_user AS pk_low, to_jsonb(u) AS data FROM tb_user u;
CREATE TVIEW tv_high AS SELECT pk_low AS pk_high, data FROM tv_low;
SELECT * FROM refusals_of('SELECT pk_low, data FROM v_low');
SELECT * FROM refusals_of('SELECT pk_high AS pk_low, data FROM tv_high');
DROP TVIEW tv_high, tv_low;
\x off
-- CREATE TVIEW says the first in the same words
CREATE TVIEW tv_post AS SELECT pk_post, title AS data FROM tb_post;
CREATE TVIEW tv_post AS SELECT pk_post, jsonb_build_object('n', (SELECT count(*) FROM tb_user)) AS data FROM tb_post;

-- Only what is not one SELECT is an error
SELECT pg_tviews_analyze_select('SELECT 1; SELECT 2');
SELECT pg_tviews_analyze_select('DELETE FROM tb_post');
SELECT pg_tviews_analyze_select('SELECT pk_post INTO x FROM tb_post');
SELECT pg_tviews_analyze_select('SELEC 1');
SELECT pg_tviews_analyze_select(NULL) IS NULL AS nothing;

-- It needs no rights and leaves nothing behind
CREATE ROLE regress_introspection;
GRANT USAGE ON SCHEMA introspection TO regress_introspection;
SELECT count(*) AS relations FROM pg_class WHERE relnamespace = 'introspection'::regnamespace \gset
SET ROLE regress_introspection;
SELECT * FROM tables_of('SELECT pk_user, to_jsonb(u) AS data FROM introspection.tb_user u');
SELECT * FROM refusals_of('SELECT pk_user, to_jsonb(u) AS data FROM introspection.tb_user u');
SELECT current_user, current_setting('search_path') AS search_path;
RESET ROLE;
SELECT count(*) - :relations AS left_behind
FROM pg_class WHERE relnamespace = 'introspection'::regnamespace;

-- Views about tviews
CREATE TVIEW tv_post AS
    SELECT p.pk_post, p.id, p.fk_user, u.id AS user_id,
           jsonb_build_object('title', p.title, 'author', a.data,
               'comments', coalesce((SELECT jsonb_agg(jsonb_build_object('id', c.id, 'text', c.text))
                                     FROM tb_comment c WHERE c.fk_post = p.pk_post), '[]')) AS data
    FROM tb_post p JOIN tb_user u ON u.pk_user = p.fk_user
                   JOIN v_author a ON a.pk_user = p.fk_user;
CREATE TVIEW tv_shelf AS
    SELECT p.fk_user AS pk_shelf, jsonb_build_object('posts', jsonb_agg(p.data)) AS data
    FROM tv_post p GROUP BY p.fk_user
    WITH NO DATA;
CREATE TVIEW remarks WITH (key = 'pk_comment', on_untraceable = 'recompute') AS
    SELECT r.pk_comment, r.data->>'text' AS text, (SELECT count(*) FROM tb_rating) AS ratings,
           v.data AS data
    FROM v_remark r JOIN v_post v ON v.pk_post = r.fk_post;
SELECT * FROM pg_tview_relations ORDER BY tview::text, kind, relation::text;
SELECT * FROM pg_tview_helpers ORDER BY helper::text;
\x on
SELECT tview, view, entity, key_columns, options, populated, depth, size > 0 AS has_size,
       fk_columns, uuid_fk_columns, dependencies, dependency_traces, dependency_types,
       dependency_paths, array_match_keys
FROM pg_tviews_info ORDER BY tview::text;
\x off
SELECT pg_tviews_describe('tb_post') IS NULL AS not_a_tview,
       pg_tviews_describe('remarks')->'refusals' AS refusals;

-- Health
SELECT * FROM pg_tviews_health();
SELECT pg_tviews_refresh('tv_shelf');
SELECT * FROM pg_tviews_health();
SELECT DISTINCT purpose, watches, state FROM pg_tview_triggers ORDER BY 1, 2, 3;
BEGIN;
-- while this one runs, a trigger that is enabled fires always
ALTER EVENT TRIGGER pg_tviews_on_ddl DISABLE;
ALTER TABLE tb_user DISABLE TRIGGER pg_tviews_capture;
ALTER TABLE tb_comment ENABLE REPLICA TRIGGER pg_tviews_capture;
ALTER TABLE tb_comment ENABLE TRIGGER pg_tviews_truncate;
DROP TRIGGER pg_tviews_truncate ON tb_rating;
ALTER TABLE remarks DISABLE TRIGGER pg_tviews_guard;
DROP TRIGGER pg_tviews_guard_rows ON remarks;
ALTER TABLE tv_shelf DROP CONSTRAINT tv_shelf_pkey;
ALTER EVENT TRIGGER pg_tviews_on_drop DISABLE;
ALTER EVENT TRIGGER pg_tviews_on_ddl_start ENABLE;
\x on
SELECT * FROM pg_tviews_health();
\x off
ROLLBACK;
-- partitions and children count too
BEGIN;
CREATE TABLE tb_rating_2 () INHERITS (tb_rating);
SELECT relation, name, watches, state FROM pg_tview_triggers
WHERE relation = 'tb_rating_2'::regclass ORDER BY watches;
DROP TRIGGER pg_tviews_capture ON tb_rating_2;
SELECT * FROM pg_tviews_health();
ROLLBACK;
-- a row of pg_tview_meta whose table is gone
BEGIN;
ALTER EVENT TRIGGER pg_tviews_on_drop DISABLE;
DROP TABLE remarks;
SELECT severity, problem FROM pg_tviews_health() WHERE tview IS NOT NULL;
SELECT entity, dependencies FROM pg_tviews_info ORDER BY entity;
ROLLBACK;

-- Anyone may look, whatever schemas are shut
CREATE SCHEMA "Shut up";
CREATE TABLE "Shut up"."An ""odd"" table" (a int PRIMARY KEY, b text);
CREATE TVIEW "Shut up"."tv_odd" WITH (key = 'a') AS SELECT a, b FROM "Shut up"."An ""odd"" table";
CREATE VIEW "Shut up"."Odd one" AS SELECT a, b FROM "Shut up".tv_odd;
CREATE TVIEW "Shut up"."odder" WITH (key = 'a') AS SELECT a, b FROM "Shut up"."Odd one";
SET ROLE regress_introspection;
SELECT (SELECT count(*) FROM pg_tviews_info) AS info, (SELECT count(*) FROM pg_tview_helpers) AS helpers,
       (SELECT count(*) FROM pg_tviews_health()) AS problems;
SELECT tview, view, dependencies FROM pg_tviews_info WHERE entity LIKE 'odd%' ORDER BY entity;
SELECT * FROM pg_tview_relations WHERE tview::text LIKE '%odd%' ORDER BY tview::text, kind;
SELECT helper, tviews FROM pg_tview_helpers WHERE helper::text LIKE '%Odd%';
SELECT count(*) FROM pg_tview_triggers WHERE tview::text LIKE '%odd%';
SELECT tview FROM pg_tviews_statistics WHERE tview::text LIKE '%odd%' ORDER BY tview::text;
SELECT jsonb_path_query_array(pg_tviews_describe(oid), '$.base_tables[*].table') FROM pg_class WHERE relname = 'tv_odd';
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA "Shut up" CASCADE;
RESET client_min_messages;

SET client_min_messages = warning;
DROP SCHEMA introspection CASCADE;
DROP ROLE regress_introspection;
SELECT * FROM pg_tviews_info;
