-- What the demonstration needs to look at tviews from outside.  Nothing here
-- asks the extension what it did: rows are compared with rows.

CREATE SCHEMA demo;

CREATE VIEW demo.tview AS
SELECT c.oid::regclass AS tview,
       to_regclass(format('v_%s', substr(c.relname, 4))) AS definition,
       format('pk_%s', substr(c.relname, 4)) AS key,
       (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
          FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND a.attname <> 'updated_at') AS columns
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'tv\_%';

CREATE FUNCTION demo.figure(n bigint) RETURNS text LANGUAGE sql
RETURN to_char(n, 'FM999,999,990');

-- Documents -----------------------------------------------------------------

-- A value in one line: no ids, long texts cut, two elements of each array.
CREATE FUNCTION demo.brief(value jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    CASE jsonb_typeof(value)
        WHEN 'object' THEN
            RETURN (SELECT format('{%s}', string_agg(format('%s: %s', e.key, demo.brief(e.value)), ', '
                                                     ORDER BY e.key <> 'name', ordinality))
                      FROM jsonb_each(value) WITH ORDINALITY e
                     WHERE e.key <> 'id' AND e.value <> 'null');
        WHEN 'array' THEN
            RETURN (SELECT format('[%s]', concat_ws(', ',
                               string_agg(demo.brief(e.value), ', ' ORDER BY ordinality)
                                   FILTER (WHERE ordinality <= 2),
                               '... ' || nullif(greatest(count(*) - 2, 0), 0) || ' more'))
                      FROM jsonb_array_elements(value) WITH ORDINALITY e);
        WHEN 'string' THEN
            RETURN CASE WHEN length(value #>> '{}') > 48
                        THEN to_jsonb(left(value #>> '{}', 45) || '...') ELSE value END;
        ELSE
            RETURN value;
    END CASE;
END $$;

-- The same, reduced to names and to what differs from another version.
CREATE FUNCTION demo.focus(value jsonb, other jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF jsonb_typeof(value) = 'object' AND jsonb_typeof(other) = 'object' THEN
        RETURN (SELECT format('{%s}', string_agg(format('%s: %s', e.key, demo.focus(e.value, other -> e.key)),
                                                 ', ' ORDER BY e.key <> 'name', ordinality))
                  FROM jsonb_each(value) WITH ORDINALITY e
                 WHERE e.key IN ('name', 'facet', 'value')
                    OR (e.key <> 'id' AND e.value IS DISTINCT FROM other -> e.key));
    ELSIF jsonb_typeof(value) = 'array' AND jsonb_typeof(other) = 'array' THEN
        RETURN demo.focus_array(value, other);
    END IF;
    RETURN demo.brief(value);
END $$;

CREATE FUNCTION demo.focus_array(value jsonb, other jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    -- of arrays of different length, elements with the same place have nothing to do with each other
    aligned constant boolean := jsonb_array_length(value) = jsonb_array_length(other);
    changed text[];
BEGIN
    changed := ARRAY(
        SELECT demo.focus(e.value, CASE WHEN aligned THEN other -> (ordinality - 1)::integer END)
          FROM jsonb_array_elements(value) WITH ORDINALITY e
         WHERE e.value NOT IN (SELECT jsonb_array_elements(other))
         ORDER BY ordinality
         LIMIT 2);
    RETURN format('[%s]', concat_ws(', ', VARIADIC changed ||
        ('... ' || nullif(jsonb_array_length(value) - cardinality(changed), 0) || ' more')));
END $$;

CREATE FUNCTION demo.document(tview regclass, key integer) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    document jsonb;
BEGIN
    EXECUTE format($q$ SELECT data || jsonb_build_object('tags', to_jsonb(t) -> 'tags') FROM %s t WHERE %I = $1 $q$,
                   tview, (SELECT v.key FROM demo.tview v WHERE v.tview = document.tview))
       INTO document USING key;
    RETURN document;
END $$;

-- Before and after ----------------------------------------------------------

CREATE TABLE demo.watched (
    position integer GENERATED ALWAYS AS IDENTITY,
    tview    regclass,
    key      integer,
    document jsonb
);

-- Where each row of each tview lies, who wrote it and a hash of what it says,
-- at the last two times somebody looked.
CREATE UNLOGGED TABLE demo.current (
    tview   regclass,
    key     integer,
    place   tid,
    writer  xid,
    content bigint
);
CREATE UNLOGGED TABLE demo.former (LIKE demo.current);

-- Rows written although they stayed the same: there must be none.
CREATE TABLE demo.needless (tview regclass, rows bigint);

CREATE PROCEDURE demo.watch(tview regclass, key integer) LANGUAGE sql AS $$
    INSERT INTO demo.watched (tview, key, document) VALUES (tview, key, demo.document(tview, key));
$$;

CREATE FUNCTION demo.rows(tview regclass) RETURNS SETOF demo.current LANGUAGE plpgsql AS $$
DECLARE
    t demo.tview;
BEGIN
    SELECT * INTO STRICT t FROM demo.tview v WHERE v.tview = rows.tview;
    RETURN QUERY EXECUTE format('SELECT $1, %I, ctid, xmin, hashtextextended(ROW(%s)::text, 0) FROM %s',
                                t.key, t.columns, t.tview) USING t.tview;
END $$;

CREATE PROCEDURE demo.look() LANGUAGE sql AS $$
    TRUNCATE demo.former;
    INSERT INTO demo.former SELECT * FROM demo.current;
    TRUNCATE demo.current;
    INSERT INTO demo.current SELECT r.* FROM demo.tview t, demo.rows(t.tview) r;
$$;

CREATE VIEW demo.changes AS
SELECT tview,
       count(*) FILTER (WHERE former.content <> current.content) AS changed,
       count(*) FILTER (WHERE former.place IS NULL) AS inserted,
       count(*) FILTER (WHERE current.place IS NULL) AS deleted,
       count(*) FILTER (WHERE former.content = current.content
                          AND (former.place, former.writer::text) <> (current.place, current.writer::text)) AS needless
  FROM demo.former
  FULL JOIN demo.current USING (tview, key)
 GROUP BY tview;

-- A label and its text, broken at blanks into lines of 100 columns.
CREATE FUNCTION demo.labelled(label text, content text) RETURNS text LANGUAGE sql
RETURN rtrim(label || regexp_replace(content, format('(.{1,%s})( |$)', 100 - length(label)),
                                     E'\\1\n' || repeat(' ', length(label)), 'g'), E' \n');

-- What happened since the last look, as lines of text.
CREATE FUNCTION demo.report() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    w demo.watched;
    document jsonb;
BEGIN
    FOR w IN SELECT * FROM demo.watched ORDER BY position LOOP
        document := demo.document(w.tview, w.key);
        RETURN NEXT '  ' || w.tview;
        RETURN NEXT demo.labelled('      before  ', coalesce(demo.focus(w.document, document), 'none'));
        RETURN NEXT demo.labelled('      after   ', coalesce(demo.focus(document, w.document), 'none'));
    END LOOP;
    TRUNCATE demo.watched;

    CALL demo.look();
    INSERT INTO demo.needless SELECT tview, needless FROM demo.changes WHERE needless > 0;
    RETURN NEXT '  changed  ' ||
        (SELECT string_agg(concat_ws(' ', tview, demo.figure(changed), '+' || demo.figure(nullif(inserted, 0)),
                                     '-' || demo.figure(nullif(deleted, 0))), '   ' ORDER BY tview::text)
           FROM demo.changes);
END $$;

-- The verdict ---------------------------------------------------------------

CREATE TABLE demo.comparison (
    tview      regclass,
    documents  bigint,
    missing    bigint,
    unexpected bigint
);

-- Compares a tview with its definition, row for row, both ways.
CREATE FUNCTION demo.compare(tview regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    t demo.tview;
    c demo.comparison;
BEGIN
    SELECT * INTO STRICT t FROM demo.tview v WHERE v.tview = compare.tview;
    EXECUTE format('CREATE TEMPORARY TABLE defined AS SELECT %s FROM %s', t.columns, t.definition);
    EXECUTE format('CREATE TEMPORARY TABLE kept AS SELECT %s FROM %s', t.columns, t.tview);
    c.tview := t.tview;
    SELECT count(*) INTO c.documents FROM kept;
    SELECT count(*) INTO c.missing FROM (SELECT * FROM defined EXCEPT ALL SELECT * FROM kept) d;
    SELECT count(*) INTO c.unexpected FROM (SELECT * FROM kept EXCEPT ALL SELECT * FROM defined) d;
    DROP TABLE defined, kept;
    INSERT INTO demo.comparison SELECT c.*;
    RETURN format('  %s %s documents   %s missing   %s unexpected', rpad(t.tview::text, 16),
                  lpad(demo.figure(c.documents), 8), demo.figure(c.missing), demo.figure(c.unexpected));
END $$;

CREATE PROCEDURE demo.judge(tviews integer) LANGUAGE plpgsql AS $$
DECLARE
    wrong text := (SELECT string_agg(tview::text, ', ') FROM demo.comparison WHERE missing + unexpected > 0);
    idle text := (SELECT string_agg(DISTINCT tview::text, ', ') FROM demo.needless);
BEGIN
    IF (SELECT count(*) FROM demo.comparison) <> tviews THEN
        RAISE EXCEPTION 'only % of % tviews were compared', (SELECT count(*) FROM demo.comparison), tviews;
    ELSIF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'differs from its definition: %', wrong;
    ELSIF idle IS NOT NULL THEN
        RAISE EXCEPTION 'wrote rows that had not changed: %', idle;
    END IF;
END $$;
