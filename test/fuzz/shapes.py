"""The shapes of queries: joins, grouping, set operations, windows and the rest.

Each function takes a generator (definition.Definitions) and a depth and returns a
Query whose key columns come first.
"""

from dataclasses import dataclass

from .expression import Var, rng_true, traced, variables
from .schema import BOOL, CANONICAL, INT, TEXT, Rel
from .sql import Name, Node, Seq, optional


@dataclass
class Query:
    """A query's text, its columns, which of them are the key, and its optional select items."""

    text: object
    cols: list
    key: list
    items: Seq = None
    size: int = 1
    unique: object = None  # a column that no two rows share, other than the key


class Join:
    """A FROM clause while it grows: text, columns in scope, key so far."""

    def __init__(self, gen, depth, rel=None):
        self.gen = gen
        self.depth = depth
        self.compound = False
        self.top = False  # of a tview, not part of another query
        rel = self.rel = rel or gen.source(depth)
        self.alias = gen.alias()
        self.text = Node(rel.text, " ", self.alias)
        self.scope = variables(self.alias, rel)
        self.key = [(Node(self.alias, ".", k.name), k.type) for k in rel.key]

    def add(self, text, scope):
        self.text = Node(self.text, "\n  ", text, alts=[self.text])
        self.compound = True
        self.scope = self.scope + scope


def find(gen, scope, type_):
    """A column of the scope that can be compared with the type."""
    found = [v for v in scope if v.type.family == type_.family]
    derived = [v for v in found if v.derived]
    if derived and rng_true(gen.rng, 0.2):
        gen.use("join by a derived column")
        found = derived
    elif rng_true(gen.rng, 0.9):
        found = traced(found)
    return gen.rng.choice(found) if found else None


def match(gen, scope, alias, rel):
    """(condition under which at most one row of rel matches, its columns), or None."""
    tests, derived = [], False
    for key in rel.key:
        var = find(gen, scope, key.type)
        if var is None:
            return None
        derived = derived or var.derived
        tests.append(Node(alias, ".", key.name, " = ", var.text))
    columns = variables(alias, rel)
    for column in columns:
        column.derived = column.derived or derived
    return Seq(" AND ", tests, least=len(tests)), columns


def match_subquery(gen, scope, alias, rel):
    """The same, where a subquery says which row; None if the key is not of its type."""
    if len(rel.key) != 1 or rel.key[0].type.family != "int":
        return None
    gen.use("join by a scalar subquery")
    middle, inside = gen.source(0), gen.alias("m")
    columns = variables(inside, middle)
    source = Node(middle.text, " ", inside, " WHERE ", gen.correlation(scope, columns))
    value = gen.own(columns)
    query = gen.rng.choice([Node("max(", value, ") FROM ", source),
                            Node(value, " FROM ", source, " ORDER BY ", gen.order(inside, middle), " LIMIT 1")])
    return Node(alias, ".", rel.key[0].name, " = (SELECT ", query, ")"), variables(alias, rel)


def join_one(gen, join, rel=None):
    """A join to at most one row, by its key; LEFT, INNER, or RIGHT with the sides swapped."""
    rel, alias = rel or gen.source(join.depth), gen.alias()
    found = (rng_true(gen.rng, 0.1) and match_subquery(gen, join.scope, alias, rel)) or match(gen, join.scope, alias, rel)
    if found is None:
        return
    on, scope = found
    more = optional(" AND ", gen.cond(scope + join.scope, join.depth - 1)) if rng_true(gen.rng, 0.25) else ""
    kind = gen.rng.choice(("JOIN", "LEFT JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN"))
    gen.use(kind)
    if kind == "RIGHT JOIN":
        left = Node("(", join.text, ")") if join.compound else join.text
        join.text = Node(rel.text, " ", alias, " RIGHT JOIN ", left, " ON ", on, more, alts=[join.text])
        join.compound = True
        join.scope = join.scope + scope
        return
    inner = Node(rel.text, " ", alias)
    if rng_true(gen.rng, 0.2):
        inner, scope = chain(gen, inner, scope, join.depth)
    join.add(Node(kind, " ", inner, " ON ", on, more), scope)


def chain(gen, inner, scope, depth):
    """(t1 LEFT JOIN t2 ON ..): the middle row of a chain of outer joins."""
    rel, alias = gen.source(depth), gen.alias()
    found = match(gen, scope, alias, rel)
    if found is None:
        return inner, scope
    on, columns = found
    gen.use("nested join tree")
    kind = gen.rng.choice((" LEFT JOIN ", " JOIN "))
    return Node("(", inner, kind, rel.text, " ", alias, " ON ", on, ")"), scope + columns


def join_many(gen, join):
    """A join to many rows; its key joins the key, replaced by an impossible value where it is null."""
    rng = gen.rng
    rel, alias = gen.source(join.depth), gen.alias()
    if not all(k.type.outside for k in rel.key) or not all(k[1].outside for k in join.key):
        return
    scope = variables(alias, rel)
    kind = rng.choice(("JOIN", "LEFT JOIN", "LEFT JOIN", "FULL JOIN", "CROSS JOIN"))
    if kind == "CROSS JOIN" and not join.top:  # a change to one side would change whatever is made of the other
        kind = "JOIN"
    gen.use("to-many " + kind)
    on = Node(" ON ", gen.correlation(traced(join.scope), scope, strict=kind == "FULL JOIN"))
    if kind == "CROSS JOIN":
        on = ""
    elif kind != "FULL JOIN" and rng_true(rng, 0.2):
        on = Node(on, optional(" AND ", gen.cond(scope + join.scope, join.depth - 1)))
    if kind == "FULL JOIN":
        missing = Node("(", join.key[0][0], " IS NULL)"), BOOL
        join.key = [present(text, type_) for text, type_ in join.key] + [missing]
    join.add(Node(kind, " ", rel.text, " ", alias, on), scope)
    added = [(Node(alias, ".", k.name), k.type) for k in rel.key]
    if kind in ("LEFT JOIN", "FULL JOIN"):
        added = [present(text, type_) for text, type_ in added]
    join.key = join.key + added


def present(text, type_):
    return Node("coalesce(", text, f", {type_.outside}::{type_.sql})"), type_


def join_lateral(gen, join):
    """LATERAL: the first rows by an order, or an aggregate."""
    alias = gen.alias("l")
    body, inner, order = gen.inner(join.scope, join.depth)
    names = [Name(f"{alias}_{n}") for n in range(2)]
    if rng_true(gen.rng, 0.5):
        gen.use("LATERAL LIMIT 1")
        var = gen.rng.choice(inner)
        outs = [(var.text, var.type), (gen.scalar(inner, "int", 1), INT)]
        tail = Node(" ORDER BY ", order, " LIMIT 1")
    else:
        gen.use("LATERAL aggregate")
        outs = [(gen.aggregate(inner, f, order, 1), t) for f, t in (("int", INT), ("text", TEXT))]
        tail = ""
        if rng_true(gen.rng, 0.3):
            gen.use("LATERAL aggregate with HAVING")
            tail = optional(" HAVING count(*) > 1")
    items = Seq(", ", [Node(t, " AS ", n) for (t, _), n in zip(outs, names)], least=len(outs))
    kind = gen.rng.choice(("LEFT JOIN", "LEFT JOIN", "JOIN"))
    join.add(Node(kind, " LATERAL (SELECT ", items, " FROM ", body, tail, f") {alias} ON true"),
             [Var(Node(alias, ".", n), t, derived=True) for (_, t), n in zip(outs, names)])


def join_first_rows(gen, join):
    """LATERAL with LIMIT: the first two rows by an order; their key joins the key."""
    rel, inner, alias = gen.source(0), gen.alias(), gen.alias("l")
    if not all(k.type.outside for k in rel.key) or not all(k[1].outside for k in join.key):
        return
    gen.use("LATERAL LIMIT 2")
    scope = variables(inner, rel)
    body = Node("(SELECT ", inner, ".* FROM ", rel.text, " ", inner, " WHERE ", gen.correlation(traced(join.scope), scope),
                " ORDER BY ", gen.order(inner, rel), f" LIMIT 2) {alias}")
    kind = gen.rng.choice(("LEFT JOIN", "JOIN"))
    columns = variables(alias, rel)
    for column in columns:
        column.row, column.derived = "", True
    join.add(Node(kind, " LATERAL ", body, " ON true"), columns)
    join.key = join.key + [present(Node(alias, ".", k.name), k.type) for k in rel.key]


def join_grouped(gen, join):
    """A join to a grouped subquery by its group."""
    rel, inside, alias = gen.source(0), gen.alias("g"), gen.alias("s")
    scope = variables(inside, rel)
    able = [v for v in traced(scope) if v.type.exact and v.type.ordered and find(gen, join.scope, v.type)]
    if not able:
        return
    gen.use("join to a grouped subquery")
    group = gen.rng.choice(able)
    outer = find(gen, join.scope, group.type)
    order = gen.order(inside, rel)
    family = gen.rng.choice(("int", "json", "text"))
    value = gen.aggregate(scope, family, order, 1)
    kind = gen.rng.choice(("JOIN", "LEFT JOIN", "LEFT JOIN", "LEFT JOIN"))
    join.add(Node(kind, f" (SELECT ", group.text, " AS grp, ", value, " AS agg FROM ", rel.text, f" {inside}",
                  gen.where(scope, 1, 0.2), " GROUP BY ", group.text, having(gen, scope, [group]),
                  f") {alias} ON {alias}.grp = ", outer.text),
             [Var(Node(f"{alias}.agg"), CANONICAL[family], derived=True)])


def having(gen, scope, groups=()):
    """A condition on the group; groups: the columns that all of its rows share."""
    if rng_true(gen.rng, 0.7):
        return ""
    gen.use("HAVING")
    if groups and rng_true(gen.rng, 0.3):
        gen.use("subquery in HAVING")
        body, _, _ = gen.inner(groups, 0)
        return optional(" HAVING ", gen.rng.choice([Node("count(*) > (SELECT count(*) FROM ", body, ")"),
                                                   Node("NOT EXISTS (SELECT 1 FROM ", body, ")")]))
    ints = gen.scalar(scope, "int", 0)
    return optional(" HAVING ", gen.rng.choice([Node("count(*) > 1"), Node("max(", ints, ") > 2"),
                                               Node("bool_or(", ints, " <> 3)"), Node("count(*) < 4")]))


def joined(gen, depth, top=False):
    """The commonest shape: a driving relation, joins, WHERE."""
    if top and rng_true(gen.rng, 0.1):
        return crossed(gen, depth)
    join = Join(gen, depth)
    join.top = top
    steps = [join_one, join_one, join_one, join_lateral, join_grouped]
    for _ in range(gen.rng.choice((0, 1, 1, 2, 2, 3))):
        if gen.size < gen.MAX_SIZE:
            gen.rng.choice(steps)(gen, join)
    if rng_true(gen.rng, 0.25):
        gen.rng.choice((join_many, join_many, join_many, join_first_rows))(gen, join)
    query = gen.select("", join.key, join.scope, join.text, depth, gen.where(join.scope, depth))
    unique = [c for c in join.rel.cols if c.unique]
    if unique and len(join.key) == len(join.rel.key):
        text, query.unique = gen.output(Node(join.alias, ".", unique[0].name), INT)
        query.items.items.append(text)
        query.cols.append(query.unique)
    return query


def crossed(gen, depth):
    """Two tables whose keys together make one column."""
    gen.use("key made of two tables")
    gen.size += 2
    join, other, alias = Join(gen, depth, gen.rng.choice(gen.bases)), gen.rng.choice(gen.bases), gen.alias()
    scope = variables(alias, other)
    kind = gen.rng.choice(("JOIN", "LEFT JOIN", "FULL JOIN"))
    join.add(Node(kind, " ", other.text, " ", alias, " ON ", gen.correlation(join.scope, scope, strict=True)), scope)
    keys = [text for text, _ in join.key] + [Node(alias, ".", k.name) for k in other.key]
    key = Seq(" || '/' || ", [Node("coalesce(quote_literal(", text, "::text), '')") for text in keys], least=len(keys))
    return gen.select("", [(Node("(", key, ")"), TEXT)], join.scope, join.text, depth, gen.where(join.scope, depth))


def grouped(gen, depth):
    """GROUP BY one or two expressions, with aggregates and HAVING."""
    join = Join(gen, depth)
    if rng_true(gen.rng, 0.5):
        join_one(gen, join)
    able = [v for v in traced(join.scope) if v.type.exact and v.type.ordered and v.type.outside]
    groups = gen.rng.sample(able, min(len(able), gen.rng.choice((1, 1, 2)))) if able else []
    if not groups:
        return joined(gen, depth)
    keys = [present(v.text, v.type) if rng_true(gen.rng, 0.5) else (v.text, v.type) for v in groups]
    tests = [Node(v.text, " IS NOT NULL") for v in groups]
    where = Node(Seq(" AND ", tests, least=len(tests), prefix="\nWHERE "),
                 optional(" AND ", gen.cond(join.scope, depth)) if rng_true(gen.rng, 0.4) else "")
    if all(k[0] is not v.text for k, v in zip(keys, groups)) and rng_true(gen.rng, 0.7):
        where = gen.where(join.scope, depth)
    by = Seq(", ", [k for k, _ in keys], least=len(keys))
    order = total(join)
    plain = [Var(v.text, v.type) for v, (key, _) in zip(groups, keys) if key is v.text]
    query = gen.select("", keys, plain, join.text, depth - 1,
                       Node(where, "\nGROUP BY ", by, having(gen, join.scope, plain)))
    add_aggregates(gen, query, join.scope, order, depth)
    if len(keys) == 2 and rng_true(gen.rng, 0.3):
        gen.use("window over groups")
        text, col = gen.output(Node("(sum(count(*)) OVER (PARTITION BY ", keys[0][0], "))::integer"), INT)
        query.items.items.append(text)
        query.cols.append(col)
    return query


def total(join):
    return Seq(", ", [text for text, _ in join.key], least=len(join.key))


def add_aggregates(gen, query, scope, order, depth):
    for family in gen.rng.sample(("int", "int", "num", "text", "json", "bool", "ints"), gen.rng.randint(1, 3)):
        text, col = gen.output(gen.aggregate(scope, family, order, depth - 1), CANONICAL[family],
                               stem="doc" if family == "json" else "c")
        query.items.items.append(text)
        query.cols.append(col)


def rollup(gen, depth):
    """ROLLUP, CUBE and GROUPING SETS: the key says which grouping a row belongs to.

    Over tables only: before 18 PostgreSQL confuses two columns of a subquery that stand for the same one.
    """
    gen.size += 1
    join = Join(gen, depth, gen.rng.choice(gen.bases))
    able = [v for v in traced(join.scope) if v.type.exact and v.type.ordered and v.type.outside and v.type.family != "text"]
    if not able:
        return joined(gen, depth)
    groups = gen.rng.sample(able, min(2, len(able)))
    names = [v.text for v in groups]
    numbers = [v for v in groups if v.type.family == "int"]
    if numbers and rng_true(gen.rng, 0.4):
        gen.use("grouping by an expression of a column")
        groups = [numbers[0], Var(Node("(", numbers[0].text, " % 3)"), INT)]
        names = [v.text for v in gen.rng.sample(groups, 2)]
        groups = [groups[0] if n is groups[0].text else groups[1] for n in names]
    kind = gen.rng.choice(("ROLLUP", "CUBE", "GROUPING SETS"))
    gen.use(kind)
    if kind == "GROUPING SETS":
        by = Node("GROUPING SETS (", Seq(", ", [Node("(", n, ")") for n in names] + ["()"]), ")")
    else:
        by = Node(kind, " (", Seq(", ", names, least=len(names)), ")")
    keys = [present(v.text, v.type) for v in groups]
    keys.append((Node("GROUPING(", Seq(", ", names, least=len(names)), ")"), INT))
    tests = Seq(" AND ", [Node(n, " IS NOT NULL") for n in names], least=len(names), prefix="\nWHERE ")
    query = gen.select("", keys, [], join.text, -1, Node(tests, "\nGROUP BY ", by, having(gen, join.scope)))
    query.cols[len(keys) - 1].derived = True
    add_aggregates(gen, query, join.scope, total(join), depth)
    return query


def distinct(gen, depth):
    """DISTINCT over exact columns, all of which are the key."""
    join = Join(gen, depth)
    if rng_true(gen.rng, 0.6):
        join_one(gen, join)
    able = [v for v in traced(join.scope) if v.type.exact and v.type.ordered and v.type.outside]
    if not able:
        return joined(gen, depth)
    groups = gen.rng.sample(able, min(len(able), gen.rng.choice((1, 2))))
    keys = [present(v.text, v.type) for v in groups]
    made = [gen.output(text, type_, False, "k", derived=False) for text, type_ in keys]
    text = Node("SELECT DISTINCT ", Seq(", ", [t for t, _ in made], least=len(made)), "\nFROM ", join.text,
                gen.where(join.scope, depth))
    return wrap(gen, text, [c for _, c in made], depth)


def wrap(gen, text, key, depth):
    """Key columns from a subquery, with further columns computed outside it."""
    alias = gen.alias("q")
    scope = [Var(Node(alias, ".", c.name), c.type, False) for c in key]
    return gen.select("", [(v.text, v.type) for v in scope], scope, Node("(", text, f") {alias}"), depth,
                      gen.where(scope, depth, 0.2))


def distinct_on(gen, depth):
    """DISTINCT ON: which row decides depends on an order over all of them."""
    join = Join(gen, depth)
    if rng_true(gen.rng, 0.5):
        join_one(gen, join)
    able = [v for v in traced(join.scope) if v.type.exact and v.type.ordered and v.type.outside]
    if not able:
        return joined(gen, depth)
    keys = [present(v.text, v.type) for v in gen.rng.sample(able, min(len(able), gen.rng.choice((1, 1, 2))))]
    on = Seq(", ", [k for k, _ in keys], least=len(keys))
    able = [v for v in join.scope if v.type.ordered]
    first = optional(gen.rng.choice(able).text, gen.rng.choice(("", " DESC")), ", ")
    tail = Node(gen.where(join.scope, depth), "\nORDER BY ", on, ", ", first, total(join))
    if rng_true(gen.rng, 0.4):
        gen.use("DISTINCT ON, key of the row")
        keys = join.key
    query = gen.select(Node("DISTINCT ON (", on, ") "), keys, join.scope, join.text, depth, tail)
    for col in query.cols[len(keys):]:
        col.derived = True
    return query


def set_operation(gen, depth):
    """UNION, INTERSECT, EXCEPT of integers, or UNION ALL of branches told apart by a tag."""
    if rng_true(gen.rng, 0.4):
        return union_all(gen, depth)
    if rng_true(gen.rng, 0.25):
        return counted(gen, depth)
    count = gen.rng.choice((2, 2, 3))
    branches = [branch(gen, depth) for _ in range(count)]
    text = branches[0][0]
    for other, _ in branches[1:]:
        op = gen.rng.choice(("UNION", "UNION", "INTERSECT", "EXCEPT"))
        gen.use(op)
        text = Node("(", text, f")\n{op}\n(", other, ")", alts=[text])
    return wrap(gen, text, [branches[0][1]], depth)


def branch(gen, depth):
    join = Join(gen, depth)
    text, col = gen.output(Node("coalesce(", gen.own(join.scope), ", -1)::integer"), INT, False, "k", derived=False)
    return Node("SELECT ", text, " FROM ", join.text, gen.where(join.scope, depth - 1)), col


def counted(gen, depth):
    """Set operations that keep duplicates, counted by a GROUP BY outside."""
    (one, col), (two, _) = branch(gen, depth), branch(gen, depth)
    op = gen.rng.choice(("UNION ALL", "INTERSECT ALL", "EXCEPT ALL"))
    gen.use(op)
    alias = gen.alias("q")
    body = Node("((", one, f")\n{op}\n(", two, f")) {alias}")
    key = Node(alias, ".", col.name)
    query = gen.select("", [(key, INT)], [Var(key, INT, False)], body, depth - 1, Node("\nGROUP BY ", key))
    text, count = gen.output(Node("count(*)::integer"), INT)
    query.items.items.append(text)
    query.cols.append(count)
    return query


def by_primary_key(gen, depth):
    """GROUP BY a table's primary key: its other columns depend on it and need no grouping."""
    tables = [t for t in gen.schema.tables if t.kind not in ("inherited", "foreign")]
    if not tables:
        return joined(gen, depth)
    table = gen.rng.choice(tables)
    gen.size += 1
    join = Join(gen, depth, table.rel())
    scope = join.scope
    rel, alias = gen.source(depth), gen.alias()
    inner = variables(alias, rel)
    kind = gen.rng.choice(("LEFT JOIN", "LEFT JOIN", "JOIN"))
    join.add(Node(kind, " ", rel.text, " ", alias, " ON ", gen.correlation(scope, inner)), inner)
    by = Seq(", ", [text for text, _ in join.key], least=len(join.key))
    query = gen.select("", join.key, scope, join.text, depth - 1,
                       Node(gen.where(join.scope, depth), "\nGROUP BY ", by, having(gen, inner, scope)))
    order = gen.order(alias, rel)
    add_aggregates(gen, query, inner, order, depth)
    return query


def union_all(gen, depth):
    gen.use("UNION ALL")
    branches = []
    for tag in range(gen.rng.choice((2, 3))):
        join = Join(gen, depth)
        if len(join.key) > 1:  # one text out of several columns: they must come from one row
            join = Join(gen, depth, gen.rng.choice(gen.bases))
        if rng_true(gen.rng, 0.4):
            join_one(gen, join)
        parts = []
        for n, (text, type_) in enumerate(join.key):
            parts += ([" || '/' || "] if n else []) + [text, "::text"]
        fields = [(Node(f"{tag}"), INT), (Node(*parts), TEXT)]
        extra = [(gen.scalar(join.scope, "int", 1), INT), (gen.document(join.scope, 1), CANONICAL["json"])]
        outs = [gen.output(t, y, False, "k", derived=False) for t, y in fields]
        outs[0][1].derived = True
        outs += [gen.output(extra[0][0], INT), gen.output(extra[1][0], extra[1][1], stem="doc")]
        branches.append((Node("SELECT ", Seq(", ", [t for t, _ in outs], least=4), "\nFROM ", join.text,
                              gen.where(join.scope, depth - 1)), [c for _, c in outs]))
    cols = branches[0][1]
    return Query(Seq("\nUNION ALL\n", [t for t, _ in branches]), cols, cols[:2])


def windowed(gen, depth):
    """Window functions over a partition; the key is the driving relation's."""
    join = Join(gen, depth)
    able = [v for v in traced(join.scope) if v.type.ordered]
    parts = [v.text for v in gen.rng.sample(able, min(len(able), gen.rng.choice((1, 1, 2))))]
    gen.use("window")
    over = Node("(PARTITION BY ", Seq(", ", parts), " ORDER BY ", gen.order(join.alias, join.rel), ")")
    whole = Node("(PARTITION BY ", Seq(", ", parts), ")")
    ints = gen.scalar(join.scope, "int", 0)
    functions = [Node("row_number() OVER ", over), Node("lag(", ints, ") OVER ", over),
                 Node("count(*) OVER ", whole), Node("sum(", ints, ") OVER ", over),
                 Node("first_value(", ints, ") OVER ", over), Node("max(", ints, ") OVER ", whole),
                 Node("ntile(2) OVER ", over), Node("dense_rank() OVER ", over),
                 Node("sum(", ints, ") OVER ", Node(*over.parts[:-1], " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)")),
                 Node("count(*) OVER ", Node(*over.parts[:-1], " ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW)")),
                 Node("last_value(", ints, ") OVER ",
                      Node(*over.parts[:-1], " GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)")),
                 Node("nth_value(", ints, ", 2) OVER (PARTITION BY ", parts[0], " ORDER BY ",
                      gen.order(join.alias, join.rel), ")")]
    query = gen.select("", join.key, join.scope, join.text, depth - 1, gen.where(join.scope, depth, 0.2))
    chosen = gen.rng.sample(functions, gen.rng.randint(1, 2))
    if parts and rng_true(gen.rng, 0.3):
        gen.use("windows that share a column")
        more = Seq(", ", parts[:1] + [v.text for v in gen.rng.sample(able, 1)])
        chosen.append(Node("count(*) OVER (PARTITION BY ", more, ")"))
    elif rng_true(gen.rng, 0.3):
        gen.use("windows of different partitions")
        chosen.append(Node("count(*) OVER (PARTITION BY ", gen.rng.choice(able).text, ")"))
    for function in chosen:
        text, col = gen.output(Node("(", function, ")::integer"), INT)
        query.items.items.append(text)
        query.cols.append(col)
    return query


def placed(gen, depth):
    """A place within a partition as part of the key."""
    join = Join(gen, depth)
    if rng_true(gen.rng, 0.4):
        join_one(gen, join)
    able = [v for v in traced(join.scope) if v.type.exact and v.type.ordered and v.type.outside]
    if not able:
        return joined(gen, depth)
    gen.use("place in the key")
    part = gen.rng.choice(able)
    place = Node("(", gen.rng.choice(("row_number()", "row_number()", "count(*)")), " OVER (PARTITION BY ", part.text,
                 " ORDER BY ", total(join), "))::integer")
    where = Node(" WHERE ", part.text, " IS NOT NULL", optional(" AND ", gen.cond(join.scope, depth)) if rng_true(gen.rng, 0.3) else "")
    query = gen.select("", [(part.text, part.type), (place, INT)], join.scope, join.text, depth - 1, where)
    query.key[-1].derived = True
    return query


def unnested(gen, depth):
    """Set-returning functions and VALUES beside a relation."""
    join = Join(gen, depth)
    alias = gen.alias("u")
    arrays = [v for v in traced(join.scope) if v.type.family in ("ints", "texts")]
    if arrays and rng_true(gen.rng, 0.6):
        gen.use("unnest WITH ORDINALITY")
        var = gen.rng.choice(arrays)
        add = Node("CROSS JOIN unnest(", var.text, f") WITH ORDINALITY AS {alias}(e, n)")
        type_ = INT if var.type.family == "ints" else TEXT
        new, key = [Var(Node(f"{alias}.e"), type_)], Node(f"{alias}.n::integer")
    elif rng_true(gen.rng, 0.3) and any(v.type.family == "json" for v in traced(join.scope)):
        gen.use("jsonb_array_elements")
        value = gen.rng.choice([v.text for v in traced(join.scope) if v.type.family == "json"])
        guarded = Node("CASE jsonb_typeof(", value, ") WHEN 'array' THEN ", value, " ELSE '[1]' END")
        add = Node("CROSS JOIN LATERAL jsonb_array_elements(", guarded, f") WITH ORDINALITY AS {alias}(e, n)")
        new, key = [Var(Node(f"{alias}.e"), CANONICAL["json"])], Node(f"{alias}.n::integer")
    elif rng_true(gen.rng, 0.5):
        gen.use("VALUES")
        rows = Seq(", ", [f"({n}, {t})" for n, t in ((1, "'a'"), (3, "'b'"), (5, "NULL"))])
        add = Node("JOIN (VALUES ", rows, f") {alias}(n, e) ON {alias}.n ", gen.rng.choice(("= ", "<> ")),
                   gen.own(join.scope))
        new, key = [Var(Node(f"{alias}.e"), TEXT)], Node(f"{alias}.n")
    else:
        gen.use("generate_series LATERAL")
        add = Node("CROSS JOIN LATERAL generate_series(1, least(", gen.own(join.scope), f", 3)) {alias}(n)")
        new, key = [], Node(f"{alias}.n")
    join.text = Node(join.text, "\n  ", add)
    join.scope = join.scope + new + [Var(key, INT, derived=True)]
    join.key = join.key + [(key, INT)]
    query = gen.select("", join.key, join.scope, join.text, depth, gen.where(join.scope, depth))
    query.key[-1].derived = True
    return query


def listed(gen, depth):
    """VALUES as the driving relation, and a set-returning function in the select list."""
    if rng_true(gen.rng, 0.4):
        gen.use("SRF in the select list")
        join = Join(gen, depth)
        alias = gen.alias("q")
        keys = [Node(text, f" AS k{n}") for n, (text, _) in enumerate(join.key)]
        body = Node("(SELECT ", Seq(", ", keys, least=len(keys)), ", generate_series(1, least(",
                    gen.own(join.scope), ", 3)) AS n FROM ", join.text, gen.where(join.scope, depth), f") {alias}")
        keys = [(Node(f"{alias}.k{n}"), type_) for n, (_, type_) in enumerate(join.key)]
        keys.append((Node(f"{alias}.n"), INT))
    else:
        gen.use("VALUES drives")
        alias = gen.alias("v")
        rows = Seq(", ", [f"({n}, {t})" for n, t in ((1, "'a'"), (2, "'b'"), (3, "NULL"), (7, "'o''b'"))])
        rel, table = gen.source(0), gen.alias()
        inner = variables(table, rel)
        outer = [Var(Node(f"{alias}.n"), INT), Var(Node(f"{alias}.t"), TEXT)]
        body = Node("(VALUES ", rows, f") {alias}(n, t) WHERE EXISTS (SELECT 1 FROM ", rel.text, f" {table} WHERE ",
                    gen.correlation(outer, inner), ")")
        keys = [(Node(f"{alias}.n"), INT)]
        return gen.select("", keys, outer, body, depth)
    scope = [Var(text, type_, False) for text, type_ in keys]
    query = gen.select("", keys, scope, body, depth, gen.where(scope, depth))
    query.key[-1].derived = True
    return query


def with_cte(gen, depth):
    """A CTE, plain or MATERIALIZED, that the rest may use several times."""
    query = gen.query(depth - 1)
    name = gen.alias("w")
    kind = gen.rng.choice(("", "MATERIALIZED ", "NOT MATERIALIZED "))
    gen.use(("CTE " + kind).strip())
    rel = Rel(name, query.cols, query.key, query.size)
    before, gen.ctes = gen.ctes, gen.ctes + [rel]
    if rng_true(gen.rng, 0.4):
        main = twice(gen, depth - 1, rel, kind)
    else:
        main = joined(gen, depth - 1) if rng_true(gen.rng, 0.5) else gen.query(depth - 1)
    gen.ctes = before
    if str(main.text).startswith("WITH"):
        main.text = Node("SELECT * FROM (", main.text, ") q")
    main.text = Node(f"WITH {name} AS {kind}(", query.text, ")\n", main.text)
    return main


def twice(gen, depth, rel, kind):
    """A CTE joined to itself."""
    join = Join(gen, depth, rel)
    join_one(gen, join, rel)
    gen.use(f"CTE {kind}twice" if join.compound else "CTE once")
    return gen.select("", join.key, join.scope, join.text, depth, gen.where(join.scope, depth))


def using(gen, depth):
    """JOIN USING and NATURAL JOIN between subqueries that share a column name."""
    one, two = Join(gen, 0), Join(gen, 0)
    pair = next(((a, b) for a in one.key for b in traced(two.scope) if a[1].family == b.type.family), None)
    if pair is None or len(one.key) != 1:
        return joined(gen, depth)
    (text, type_), other = pair
    if not type_.exact or not other.type.exact or not all(t.outside for _, t in two.key) or not type_.outside:
        return joined(gen, depth)
    left, right = gen.alias("x"), gen.alias("y")
    shared, mine, theirs = gen.alias("j"), gen.alias("m"), gen.alias("t")
    kind = gen.rng.choice(("JOIN", "LEFT JOIN", "FULL JOIN", "RIGHT JOIN"))
    style = gen.rng.choice(("USING", "NATURAL"))
    gen.use(f"{style} {kind}")
    keys = [(Node("coalesce(", f"{shared}, {type_.outside}::{type_.sql})"), type_)]
    outs = []
    for n, (key, key_type) in enumerate(two.key):
        outs.append(Node(key, f" AS {theirs}_{n}"))
        keys.append((Node(f"coalesce({right}.{theirs}_{n}, {key_type.outside}::{key_type.sql})"), key_type))
    keys.append((Node(f"({right}.{theirs}_0 IS NULL)"), BOOL))
    var = gen.rng.choice(one.scope)
    a = Node("(SELECT ", text, f"::{type_.sql} AS {shared}, ", var.text, f" AS {mine} FROM ", one.text, f") {left}")
    b = Node("(SELECT ", other.text, f"::{type_.sql} AS {shared}, ", Seq(", ", outs, least=len(outs)),
             " FROM ", two.text, f") {right}")
    body = Node(a, f" {kind} ", b, f" USING ({shared})") if style == "USING" else Node(a, f" NATURAL {kind} ", b)
    scope = [Var(Node(shared), type_, derived=kind == "FULL JOIN"), Var(Node(f"{left}.{mine}"), var.type, derived=var.derived)]
    return gen.select("", keys, scope, body, depth, gen.where(scope, depth, 0.3))


def untraceable(gen):
    """What only a recompute of the whole tview maintains."""
    gen.size, gen.ctes = 0, []
    kind = gen.rng.choice(("recursive CTE", "uncorrelated aggregate", "window without partition", "LIMIT"))
    gen.use("recompute: " + kind)
    if kind == "recursive CTE":
        return recursive(gen)
    query = joined(gen, 1)
    if kind == "LIMIT":
        keys = Seq(", ", [text.parts[0] for text in query.text.parts[2].items], least=len(query.key))
        query.text = Node(query.text, "\nORDER BY ", keys, " LIMIT 4")
        return query
    table = gen.rng.choice(gen.schema.tables)
    if kind == "uncorrelated aggregate":
        extra = Node(f"(SELECT count(*) FROM {table.name})::integer")
    else:
        extra = Node("(rank() OVER (ORDER BY ", query.text.parts[2].items[0].parts[0], "))::integer")
    text, col = gen.output(extra, INT)
    query.items.items.append(text)
    query.cols.append(col)
    return query


def counting(gen):
    """(query, tables): a column from functions that read tables, which have to be declared."""
    gen.size, gen.ctes = 0, []
    gen.use("function that reads tables")
    query = joined(gen, 1)
    (key, col), tables = (query.text.parts[2].items[0].parts[0], query.key[0]), []
    number = Node(key, "::integer") if col.type.family == "int" else Node("length(", key, "::text)")
    for table in gen.rng.sample(gen.schema.tables, gen.rng.choice((1, 1, 2))):
        tables.append(table.name)
        text, made = gen.output(Node(f"{table.counter()}(", number, ")"), INT)
        query.items.items.append(text)
        query.cols.append(made)
    return query, tables


def recursive(gen):
    table = gen.rng.choice(gen.schema.tables)
    key = table.key[0].name
    made, col = gen.output(Node("r.k"), INT, False, "k")
    depth, count = gen.output(Node("min(r.depth)"), INT)
    text = Node(f"WITH RECURSIVE r(k, depth) AS (SELECT l1, 0 FROM {table.name} WHERE l1 IS NOT NULL AND {key} IS NOT NULL "
                "UNION SELECT t.l1 + r.k, r.depth + 1 "
                f"FROM {table.name} t JOIN r ON r.k = t.l1 WHERE r.depth < 3)\nSELECT ", made, ", ", depth,
                "\nFROM r GROUP BY r.k")
    return Query(text, [col, count], [col])


SHAPES = ((joined, 10), (grouped, 4), (distinct_on, 2), (distinct, 1), (set_operation, 3), (windowed, 2),
          (rollup, 1), (unnested, 2), (with_cte, 2), (using, 1), (by_primary_key, 2),
          (listed, 1), (placed, 1))
