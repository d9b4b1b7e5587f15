"""DDL in the middle of a round: on tviews, and on the tables below them."""

from .expression import rng_true
from .sql import Node
from .step import Step


def change_definitions(make):
    """A group of steps that ends with the same tables and tviews as before."""
    table = make.rng.choice(make.schema.tables)
    kinds = [] if table.kind == "foreign" else [rename_column, rename_table, rebuild_index, rewrite]
    if make.policies and table in make.policies.protected:
        kinds += [policy] * 4
    if table.bounds:
        kinds += [detach, detach]
    if make.tviews:
        kinds += [replace, recreate, refresh]
    if not kinds:
        return make.transaction()
    kind = make.rng.choice(kinds)
    make.use("DDL: " + kind.__name__)
    return kind(make, table)


def sql(text):
    return Step("sql", Node(text))


def rename_column(make, table):
    """A used column has another name while it is written, with changes pending on both sides of the rename."""
    steps = [sql("BEGIN"), make.update(make.rng.choice(make.schema.tables)),
             sql(f"ALTER TABLE {table.name} RENAME COLUMN l1 TO renamed")]
    if make.tviews:
        name = pick(make).name
        steps.append(Step("read", Node(f"SELECT count(*) FROM {name}"), reads=name))
    return steps + [sql(f"UPDATE {table.name} SET renamed = coalesce(renamed, 0) % 7 + 1 WHERE renamed IS DISTINCT FROM 4"),
                    sql(f"ALTER TABLE {table.name} RENAME COLUMN renamed TO l1"), Step("end", Node("COMMIT"))]


def rename_table(make, table):
    return [sql(f"ALTER TABLE {table.name} RENAME TO renamed"),
            sql("UPDATE renamed SET l1 = coalesce(l1, 0) % 5 + 2"),
            sql(f"ALTER TABLE renamed RENAME TO {table.name}")]


def rebuild_index(make, table):
    """An invalidation, then a write."""
    return [sql(f"CREATE INDEX ON {table.name} (l1)"), make.update(table)]


def rewrite(make, table):
    """Every row gets a new place."""
    return [sql(f"VACUUM FULL {table.name}"), make.update(table)]


def policy(make, table):
    """Other rows of a table become visible to the owner of the tviews."""
    steps = [sql("BEGIN"), make.update(table)]
    steps += [Step("sql", text) for text in make.policies.change(table)]
    steps += [make.read() if make.tviews else make.update(table), make.update(table)]
    return steps + [Step("end", Node(make.rng.choice(("COMMIT", "COMMIT", "ROLLBACK"))))]


def detach(make, table):
    leaf = make.rng.choice(sorted(table.bounds))
    steps = [sql("BEGIN"), make.update(table)]
    steps.append(sql(f"ALTER TABLE {table.name} DETACH PARTITION {leaf}"))
    if make.tviews:
        steps.append(make.read())
    steps += [sql(f"UPDATE {leaf} SET l1 = 5 WHERE l1 < 5"),
              sql(f"ALTER TABLE {table.name} ATTACH PARTITION {leaf} {table.bounds[leaf]}"), make.update(table)]
    return steps + [Step("end", Node("COMMIT"))]


def pick(make):
    return make.rng.choice(make.tviews)


def tview_step(text, item):
    """As the owner of the tview, in the transaction block that is open."""
    step = Step("tviewddl", text, reads=item.name)
    return [sql(f"SET LOCAL ROLE {item.owner}"), step, sql("RESET ROLE")] if item.owner else [step]


def replace(make, table):
    """OR REPLACE by the same definition, with changes pending."""
    item = pick(make)
    return [sql("BEGIN"), make.update(table),
            *tview_step(Node(f"CREATE OR REPLACE TVIEW {item.name}{item.options} AS ", item.query.text), item),
            make.insert(table), Step("end", Node(make.rng.choice(("COMMIT", "ROLLBACK"))))]


def recreate(make, table):
    """Drop a tview that nothing else reads, change a table, create it again."""
    item = make.tviews[-1]
    again = Node(f"CREATE TVIEW {item.name}{item.options} AS ", item.query.text)
    drop = "DROP TVIEW" if rng_true(make.rng, 0.5) else "DROP TABLE"
    return [sql("BEGIN"), make.update(table), *tview_step(Node(f"{drop} {item.name}"), item), make.update(table),
            *tview_step(again, item), Step("end", Node("COMMIT"))]


def refresh(make, table):
    item = pick(make)
    return [sql("BEGIN"), make.update(table),
            *tview_step(Node("SELECT pg_tviews_refresh('", item.name.replace("'", "''"), "')"), item),
            make.update(table), Step("end", Node("COMMIT"))]
