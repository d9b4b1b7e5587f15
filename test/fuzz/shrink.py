"""Makes a failing round small: fewer transactions, statements, definitions, rows, columns, clauses.

Every attempt runs the whole script again on a new backend and keeps the change where
the same failure comes back.
"""

import time

from .oracle import comparison
from .round import Runner
from .schema import FOREIGN_DDL
from .sql import Node, Seq, walk


class Shrinker:
    def __init__(self, runner, groups, tables, failure, seconds):
        self.runner = runner
        self.groups = groups
        self.tables = tables
        self.failure = failure
        self.wanted = failure.signature()
        self.end = time.time() + seconds
        self.steps = [step for group in groups for step in group]
        self.attempts = 0
        key_error = failure.kind == "error" and any(c in failure.text for c in ("23505", "23502", "21000", "key"))
        self.dry = Runner(runner.dsn, dry=True) if key_error else None

    def fails(self, steps):
        self.attempts += 1
        self.runner.reset()
        failure = self.runner.run(steps).failure
        if failure is None or failure.signature() != self.wanted:
            return False
        if self.dry and self.dry.run(steps).failure:
            return False
        self.failure = failure
        return True

    def spent(self):
        return time.time() > self.end

    def shrink(self):
        """The steps of a smaller script, or None where the failure does not come back."""
        if not self.fails(self.steps):
            return None
        size = None
        while size != self.size() and not self.spent():
            size = self.size()
            self.drop_groups()
            self.steps = self.remove(self.steps, self.fails)
            self.drop_columns()
            self.simplify()
        self.fails(self.steps)
        return self.steps

    def drop_groups(self):
        """Whole transactions, whole definitions."""
        kept = {id(s) for s in self.steps}
        groups = [[s for s in g if id(s) in kept] for g in self.groups]
        groups = [g for g in groups if g]
        groups = self.remove(groups, lambda some: self.fails([s for g in some for s in g]))
        self.steps = [s for g in groups for s in g]

    def remove(self, items, fails):
        """Delta debugging: take away halves, quarters, ... single items, from the end."""
        size = max(1, len(items) // 2)
        while True:
            at = len(items) - size
            while at > -size and not self.spent():
                fewer = items[: max(at, 0)] + items[at + size:]
                if len(fewer) < len(items) and fails(fewer):
                    items = fewer
                at -= size
            if size == 1 or self.spent():
                return items
            size = max(1, size // 2)

    def drop_columns(self):
        for table in self.tables:
            for col in table.cols:
                if not col.dropped and not self.spent():
                    col.dropped = True
                    if not self.fails(self.steps):
                        col.dropped = False

    def simplify(self):
        """Alternatives and droppable items of every node that the script shows."""
        done = set()
        for step in reversed(self.steps):
            roots = [step.item.query.text] if step.item else [step.sql, step.data]
            for root in roots:
                if root is not None:
                    self.simplify_tree(root, done)

    def simplify_tree(self, root, done):
        again = True
        while again and not self.spent():
            again = False
            for node in walk(root):
                if id(node) in done or self.spent():
                    continue
                done.add(id(node))
                if self.simplify_node(node):
                    again = True
                    break

    def simplify_node(self, node):
        if isinstance(node, Node) and node.choice is None:
            shown = str(node)
            for choice in range(len(node.alts)):
                node.choice = choice
                if str(node) != shown and self.fails(self.steps):
                    return True
            node.choice = None
        if isinstance(node, Seq):
            return self.simplify_seq(node)
        return False

    def simplify_seq(self, seq):
        live = [i for i in range(len(seq.items)) if i not in seq.dropped]

        def enough(some):
            seq.dropped = set(range(len(seq.items))) - set(some)
            return len(some) >= seq.least and self.fails(self.steps)
        live_now = self.remove(live, enough)
        seq.dropped = set(range(len(seq.items))) - set(live_now)
        return False

    def size(self):
        return sum(len(str(step.item.query.text if step.item else step.script())) for step in self.steps)


def script(seed, steps, failure, runner):
    """What to feed to psql to see the failure."""
    lines = [f"-- seed {seed}: {failure.kind}"]
    lines += ["--   " + line for line in failure.text.splitlines()]
    lines += ["CREATE EXTENSION IF NOT EXISTS pg_tviews;", "DROP SCHEMA IF EXISTS fz CASCADE;",
              "CREATE SCHEMA fz;", "SET search_path = fz, public;", "SET TimeZone = 'UTC';"]
    if any("CREATE FOREIGN TABLE" in str(step.sql) for step in steps):
        lines += [f"{text};" for text in FOREIGN_DDL]  # outlives the schema, so the shrinker dropped it
    items = []
    for step in steps:
        if step.item:
            lines += [f"{node};" for node in step.item.create(runner.dry)]
            items += [step.item] if step.kind == "tview" and step.item.columns else []
        else:
            lines.append(step.script())
    if items and failure.kind == "silent recompute":
        lines += ["-- expected: no recomputes", "SELECT * FROM pg_tviews_statistics;"]
    elif items:
        lines += ["-- expected: no rows", comparison(items) + ";"]
    return "\n".join(lines) + "\n"
