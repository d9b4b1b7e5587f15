"""The oracle: a tview's definition columns against its view, EXCEPT ALL both ways.

Rows are compared as the text they print, so that differences which equality hides
(the scale of a numeric, inside jsonb too) count.
"""


def images(item, relation):
    """A query that returns the rows of a tview or of its view."""
    return f"SELECT ROW({', '.join(f'o.{c}' for c in item.columns)})::text FROM {relation} o"


def comparison(items):
    """One query that returns (tview, side, row image) for every difference of every tview."""
    parts = []
    for item in items:
        have, want = images(item, item.name), images(item, item.view())
        label = item.name.replace("'", "''")
        for side, one, two in (("stale", have, want), ("missing", want, have)):
            parts.append(f"SELECT '{label}', '{side}', image FROM ({one} EXCEPT ALL {two}) d(image)")
    return "\nUNION ALL\n".join(parts)


def key_fault(items):
    """One query that returns the definitions whose key is null or not unique at the moment."""
    parts = []
    for item in items:
        keys = ", ".join(f"o.{k.name}" for k in item.query.key)
        nulls = " OR ".join(f"o.{k.name} IS NULL" for k in item.query.key)
        label = item.name.replace("'", "''")
        parts.append(f"SELECT '{label}', 'key', count(*)::text FROM {item.view()} o "
                     f"GROUP BY {keys} HAVING count(*) > 1 OR bool_or({nulls})")
    return "\nUNION ALL\n".join(parts)


RECOMPUTES = """SELECT c.relname, s.recomputes FROM pg_tviews_statistics s
    JOIN pg_class c ON c.oid = s.tview WHERE c.relnamespace = 'fz'::regnamespace"""


def traced_by_key(cursor, item):
    """Whether the engine says that no change recomputes the whole tview."""
    cursor.execute("SELECT coalesce(bool_and(t->>'traced' <> 'recompute'), true) "
                   "FROM jsonb_array_elements(pg_tviews_describe(%s::regclass)->'base_tables') t", (item.name,))
    return cursor.fetchone()[0]


def versions(items):
    """One query that returns (tview, row image, place) for every row: a row left alone stays in its place."""
    parts = []
    for item in items:
        image = "ROW(" + ", ".join(f"o.{c}" for c in item.columns) + ")::text"
        label = item.name.replace("'", "''")
        parts.append(f"SELECT '{label}', {image}, o.ctid::text || '/' || o.xmin FROM {item.name} o")
    return "\nUNION ALL\n".join(parts)
