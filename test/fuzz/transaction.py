"""Random transactions over the tables of a schema, and reads of the tviews in between.

Statements may fail for reasons of their own (a duplicate key, a missing parent): as
in psql, the rest of the transaction is then ignored up to a rollback.
"""

from .expression import Expressions, rng_true, variables
from .schema import names, normal
from .sql import Cell, Node, Seq, condition, optional
from .step import Step

ISOLATION = ("READ COMMITTED",) * 4 + ("REPEATABLE READ", "SERIALIZABLE")
SETTINGS = ("SET LOCAL TimeZone = 'Asia/Tokyo'", "SET LOCAL DateStyle = 'German, DMY'",
            "SET LOCAL extra_float_digits = -3", "SET LOCAL IntervalStyle = 'iso_8601'",
            "SET LOCAL bytea_output = 'escape'", "SET LOCAL enable_seqscan = off")


class Transactions(Expressions):
    """Makes steps; `tviews` are the items that reads may name."""

    def __init__(self, rng, schema, tviews):
        super().__init__(rng)
        self.schema = schema
        self.tviews = tviews
        self.policies = None
        self.savepoints = []
        self.nested = False  # many savepoints, and reads between them
        self.gentle = False  # for many clients: few rows a statement, nothing that locks a table

    def source(self, depth):
        return self.rng.choice(self.schema.tables).rel()

    # ---- transactions

    def transaction(self):
        """BEGIN, some statements, savepoints among them, and COMMIT, ROLLBACK or PREPARE."""
        rng = self.rng
        if rng_true(rng, 0.3):
            return [self.statement()]
        self.savepoints = []
        level = rng.choice(ISOLATION)
        self.use(level)
        steps = [Step("begin", Node("BEGIN", optional(" ISOLATION LEVEL ", level)))]
        if rng_true(rng, 0.2):
            steps.append(Step("sql", Node(rng.choice(SETTINGS))))
        if rng_true(rng, 0.12):
            steps += self.bracket()
        self.nested = rng_true(rng, 0.1)
        for _ in range(rng.randint(4, 9) if self.nested else rng.randint(1, 6)):
            steps.append(self.event())
        end = rng.choices(("COMMIT", "ROLLBACK", "PREPARE"), (80, 14, 0 if self.gentle else 6))[0]
        self.use(end)
        if end == "PREPARE":
            steps += [Step("prepare", Node("PREPARE TRANSACTION 'fuzz'")),
                      Step("end", Node(rng.choice(("COMMIT", "COMMIT", "ROLLBACK")), " PREPARED 'fuzz'"))]
        else:
            steps.append(Step("end", Node(end)))
        return steps

    def bracket(self):
        """A flush inside of a savepoint, of changes from before it and from inside, and changes after it."""
        self.use("flush in a savepoint")
        table = self.rng.choice(self.schema.tables)
        verb = self.rng.choice(("ROLLBACK TO SAVEPOINT", "ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT"))
        inside = [self.insert(table)] if rng_true(self.rng, 0.5) else []
        after = [self.update(table)] if rng_true(self.rng, 0.4) else []
        return [self.update(table), self.step("SAVEPOINT", "SAVEPOINT b")] + inside + \
            [self.read(), self.step(verb, verb, " b")] + after

    def event(self):
        rng = self.rng
        pick = rng.random()
        save, back, read = (0.25, 0.45, 0.65) if self.nested else (0.12, 0.25, 0.4)
        if pick < save:
            self.savepoints.append(f"s{len(self.savepoints)}")
            return self.step("SAVEPOINT", "SAVEPOINT ", self.savepoints[-1])
        if pick < back and self.savepoints:
            verb = rng.choice(("ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT"))
            at = rng.randrange(len(self.savepoints))
            name = self.savepoints[at]
            del self.savepoints[at + (verb[0:8] == "ROLLBACK"):]
            return self.step(verb, verb, " ", name)
        if pick < read:
            return self.read()
        if pick < read + 0.03 and not self.gentle:
            return self.analyze()
        return self.statement()

    def step(self, construct, *parts):
        self.use(construct)
        return Step("sql", Node(*parts))

    def analyze(self):
        """What is cached about a table becomes invalid, while changes of it are pending."""
        table = self.rng.choice(self.schema.tables)
        if table.kind == "foreign":
            return self.statement()
        return self.step("ANALYZE", "ANALYZE ", table.name)

    # ---- reads

    def read(self):
        """A statement that reads a tview, in one of the ways that reach the executor."""
        rng = self.rng
        if not self.tviews:
            return self.statement()
        name = rng.choice(self.tviews).name
        self.use("read in the transaction")
        table = rng.choice(self.schema.tables)
        pick = rng.randrange(5 if self.gentle else 7)
        texts = (f"SELECT count(*) FROM {name}", f"COPY {name} TO STDOUT",
                 f"WITH w AS (SELECT count(*)::integer AS n FROM {name}) SELECT n FROM w",
                 f"DECLARE c CURSOR FOR SELECT * FROM {name}; FETCH 3 FROM c; CLOSE c",
                 f"DO $$ BEGIN PERFORM count(*) FROM {name}; END $$",
                 f"UPDATE {table.name} SET l1 = (SELECT count(*)::integer % 7 FROM {name})",
                 f"DELETE FROM {table.name} WHERE l1 > (SELECT count(*) FROM {name})")
        return Step("copyout" if pick == 1 else "read", Node(texts[pick]), reads=name)

    # ---- statements

    def statement(self):
        rng = self.rng
        table = rng.choice(self.schema.tables)
        if self.gentle:
            maker = rng.choice((self.insert, self.insert, self.update, self.update, self.delete, self.on_conflict))
            self.use(maker.__name__)
            return maker(table)
        makers = ((self.insert, 30), (self.update, 30), (self.delete, 9), (self.on_conflict, 12),
                  (self.merge, 7), (self.writable_cte, 8), (self.copy, 5), (self.truncate, 0.5),
                  (self.update_from, 7), (self.swap, 4), (self.block, 5))
        if table.kind == "foreign":
            makers = [m for m in makers if m[0] not in (self.on_conflict, self.merge, self.truncate)]
        maker = rng.choices([m for m, _ in makers], [w for _, w in makers])[0]
        self.use(maker.__name__)
        return maker(table)

    def target(self, table):
        """The table, or directly one of its partitions or heirs."""
        if table.children and rng_true(self.rng, 0.3):
            self.use("write to a leaf")
            return self.rng.choice(table.children)
        return table.name

    def rows(self, table, fresh=0.2, odd=0):
        """(column list, columns, rows): distinct keys, now and then outside the usual domain."""
        rng = self.rng
        cols = table.writable()
        keep = [c for c in cols if not c.nullable or rng_true(rng, 0.85)]
        rows, seen = [], set()
        for _ in range(rng.choice((1, 1, 2, 3, 6))):
            row = [self.value(table, c, fresh, odd) for c in keep]
            key = tuple(normal(v) for c, v in zip(keep, row) if c in table.key)
            if key not in seen or rng_true(rng, 0.03):
                seen.add(key)
                rows.append(Node("(", Seq(", ", [Cell(c, v) for c, v in zip(keep, row)], least=len(keep)), ")"))
        return names(keep), keep, Seq(", ", rows)

    def value(self, table, col, fresh, odd=0):
        """A literal for a column; keys of inheritance trees are even in the parent, odd in the heir."""
        rng = self.rng
        if col not in table.key:
            return col.type.literal(rng, 0.2)
        if table.kind == "inherited" and rng_true(rng, 0.9):
            return f"{rng.randint(1, 4) * 2 - odd}::integer"
        if rng_true(rng, fresh) and col.type.family in ("int", "text"):
            number = rng.randint(9, 60)
            return f"{number}::{col.type.sql}" if col.type.family == "int" else f"'n{number}'::text"
        return col.type.literal(rng)

    def values(self, table, odd=0):
        """(column list, SELECT of rows whose parents are there)."""
        cols, keep, rows = self.rows(table, odd=odd)
        tests = []
        for ref in table.refs:
            if ref.declared and all(c in keep for c in ref.cols) and rng_true(self.rng, 0.9):
                nulls = " OR ".join(f"v.{c.name} IS NULL" for c in ref.cols)
                equal = " AND ".join(f"p.{k.name} = v.{c.name}" for k, c in zip(ref.table.key, ref.cols))
                tests.append(f"({nulls} OR EXISTS (SELECT 1 FROM {ref.table.name} p WHERE {equal}))")
        if not tests:
            return cols, Node("VALUES ", rows)
        return cols, Node("SELECT * FROM (VALUES ", rows, ") v(", cols, ")", Seq(" AND ", tests, 0, " WHERE "))

    def insert(self, table):
        target = self.target(table)
        cols, rows = self.values(table, odd=target != table.name)
        tail = nothing(table) if rng_true(self.rng, 0.85) else ""
        return Step("sql", Node(f"INSERT INTO {target} (", cols, ") ", rows, tail))

    def on_conflict(self, table):
        cols, rows = self.values(table)
        keys = ", ".join(str(k.name) for k in table.key)
        return Step("sql", Node(f"INSERT INTO {table.name} AS t (", cols, ") ", rows,
                                f" ON CONFLICT ({keys}) DO UPDATE SET ", self.assignments(table, []),
                                optional(" WHERE ", self.cond(variables("t", table.rel()), 0))))

    def assignments(self, table, scope, least=1):
        """SET items: new values for one to three columns, the key seldom."""
        rng = self.rng
        cols = [c for c in table.writable() if c not in table.key and not c.unique]
        cols = rng.sample(cols, min(len(cols), rng.choice((1, 1, 2, 3))))
        if rng_true(rng, 0.1):
            cols = [rng.choice(table.key)]
        items = []
        for col in cols:
            value = col.type.literal(rng, 0.2 * col.nullable)
            if col.type.family == "int" and rng_true(rng, 0.3) and not col.ref:
                value = f"{value if col in table.key else 1}" if not scope else Node("t.", col.name, " + 1")
            if scope and rng_true(rng, 0.2) and not col.ref and col not in table.key:
                value = Node(self.scalar(scope, col.type.family, 0), f"::{col.type.sql}") \
                    if col.type.family in ("int", "text") else value
            items.append(Node(col.name, " = ", value))
        return Seq(", ", items)

    def filter(self, table, share=0.85):
        """A WHERE that takes a few rows, mostly without a self-inflicted reference error."""
        if not rng_true(self.rng, share) and not self.gentle:
            return ""
        scope = variables("t", table.rel())
        pick = self.rng.random()
        if pick < 0.45 or self.gentle:
            key = self.rng.choice(table.key)
            lits = [key.type.literal(self.rng) for _ in range(self.rng.randint(2, 4))]
            return Node(" WHERE ", condition("t.", key.name, " IN (", Seq(", ", lits), ")"))
        return Node(" WHERE ", self.cond(scope, 1))

    def update(self, table):
        scope = variables("t", table.rel())
        return Step("sql", Node(f"UPDATE {self.target(table)} t SET ", self.assignments(table, scope),
                                self.filter(table)))

    def swap(self, table):
        """Values of a unique column change places."""
        unique = [(t, c) for t in self.schema.tables for c in t.cols if c.unique]
        if not unique:
            return self.update(table)
        table, col = self.rng.choice(unique)
        forms = (f"u1 = (SELECT min(u1) + max(u1) FROM {table.name}) - u1", "u1 = 100 - u1", "u1 = u1 + 1")
        return Step("sql", Node(f"UPDATE {table.name} t SET {self.rng.choice(forms)}"))

    def update_from(self, table):
        """UPDATE .. FROM another table, each row at most once in effect since values are constant."""
        other = self.rng.choice(self.schema.tables)
        scope, inner = variables("t", table.rel()), variables("o", other.rel())
        return Step("sql", Node(f"UPDATE {table.name} t SET ", self.assignments(table, []), f" FROM {other.name} o",
                                " WHERE ", self.correlation(scope, inner)))

    def delete(self, table):
        return Step("sql", Node(f"DELETE FROM {self.target(table)} t", self.filter(table, 0.97)))

    def merge(self, table):
        cols, keep, rows = self.rows(table)
        on = " AND ".join(f"t.{k.name} = v.{k.name}" for k in table.key)
        inserts = Seq(", ", [Cell(c, f"v.{c.name}") for c in keep], least=len(keep))
        tail = Seq(" ", [Node("WHEN MATCHED AND t.l1 = 2 THEN DELETE"),
                         Node("WHEN MATCHED THEN UPDATE SET ", self.assignments(table, [])),
                         Node("WHEN NOT MATCHED THEN INSERT (", cols, ") VALUES (", inserts, ")")])
        return Step("sql", Node(f"MERGE INTO {table.name} t USING (VALUES ", rows, ") v(", cols, f") ON {on} ", tail))

    def writable_cte(self, table):
        other = self.rng.choice(self.schema.tables)
        scope = variables("t", table.rel())
        first = self.rng.choice((
            Node(f"DELETE FROM {table.name} t", self.filter(table, 1)),
            Node(f"UPDATE {table.name} t SET ", self.assignments(table, scope), self.filter(table))))
        cols, rows = self.values(other)
        second = Node(f"INSERT INTO {other.name} (", cols, ") ", rows, nothing(other))
        return Step("sql", Node("WITH w AS (", first, " RETURNING t.*), i AS (", second,
                                " RETURNING 1) SELECT count(*) FROM w"))

    def copy(self, table):
        """COPY FROM of rows with fresh keys, as far as luck has it."""
        cols = table.writable()
        lines = []
        for _ in range(self.rng.choice((1, 1, 3))):
            cells = [Cell(c, copied(self.value(table, c, 0.9))) for c in cols]
            lines.append(Seq("\t", cells, least=len(cols)))
        return Step("copy", Node(f"COPY {table.name} (", names(cols), ") FROM STDIN"), data=Seq("\n", lines))

    def truncate(self, table):
        return Step("sql", Node(f"TRUNCATE {self.target(table)} CASCADE"))

    def block(self, table):
        """A PL/pgSQL block whose inner part is rolled back by an exception, or not."""
        one, two = self.update(table), self.insert(self.rng.choice(self.schema.tables))
        failing = self.rng.choice(("PERFORM 1/0;", "", "PERFORM 1/0;"))
        return Step("sql", Node("DO $$ BEGIN ", optional(one.sql, "; "), "BEGIN ", two.sql, f"; {failing} ",
                                "EXCEPTION WHEN OTHERS THEN NULL; END; END $$"))


def nothing(table):
    """ON CONFLICT DO NOTHING; a deferrable constraint cannot be its arbiter."""
    if any(c.unique for c in table.cols) and table.kind != "foreign":
        return f" ON CONFLICT ({', '.join(str(k.name) for k in table.key)}) DO NOTHING"
    return " ON CONFLICT DO NOTHING"


def copied(literal):
    """A literal as COPY's text format writes it."""
    value = literal.rsplit("::", 1)[0]
    if value == "NULL":
        return r"\N"
    return (value[1:-1] or "a").replace("''", "'").replace("\\", "\\\\") if value.startswith("'") else value


