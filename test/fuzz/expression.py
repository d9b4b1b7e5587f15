"""Random scalar expressions, conditions and sublinks over a scope of columns.

Everything made here is a function of the data alone: aggregates and LIMIT always
have a total order, values whose equality hides a difference (numeric 1.5 and 1.50)
are never grouped, compared for extremes or made distinct.
"""

from collections import Counter
from dataclasses import dataclass

from .schema import CANONICAL, Type
from .sql import Node, Seq, condition, optional


@dataclass
class Var:
    """A column as an expression can name it."""

    text: Node
    type: Type
    nullable: bool = True
    row: str = ""  # the alias, where a whole row may be asked for
    derived: bool = False  # see Col


def variables(alias, rel):
    row = alias if rel.base else ""
    return [Var(Node(alias, ".", c.name), c.type, c.nullable, row, c.derived) for c in rel.cols]


def traced(scope):
    """The columns through which changes can be traced, if there are any."""
    return [v for v in scope if not v.derived] or scope


def null(family):
    return f"NULL::{CANONICAL[family].sql}"


class Expressions:
    """The part of a generator that makes expressions; sources of rows come from a subclass."""

    def __init__(self, rng):
        self.rng = rng
        self.aliases = 0
        self.used = Counter()

    def use(self, construct):
        self.used[construct] += 1

    def alias(self, stem="a"):
        self.aliases += 1
        return f"{stem}{self.aliases}"

    # ---- scalars

    def columns(self, scope, family):
        return [v for v in scope if v.type.family == family]

    def scalar(self, scope, family, depth):
        """An expression of the family's canonical type."""
        rng = self.rng
        found = self.columns(scope, family)
        plain = self.plain(found, family)
        if depth <= 0 or rng.random() < 0.35:
            return plain
        maker = rng.choice([self.coalesce, self.case, self.operator, self.operator, self.subquery,
                            self.subquery])
        return Node("(", maker(scope, family, depth), f")::{CANONICAL[family].sql}",
                    alts=[plain, null(family)])

    def plain(self, found, family):
        rng = self.rng
        if found and rng.random() < 0.85:
            return Node(rng.choice(found).text, f"::{CANONICAL[family].sql}", alts=[null(family)])
        return Node(CANONICAL[family].literal(rng, 0.1), alts=[null(family)])

    def coalesce(self, scope, family, depth):
        first = self.scalar(scope, family, depth - 1)
        return Node("coalesce(", first, ", ", CANONICAL[family].literal(self.rng), ")", alts=[first])

    def case(self, scope, family, depth):
        self.use("CASE")
        yes, no = (self.scalar(scope, family, depth - 1) for _ in range(2))
        return Node("CASE WHEN ", self.cond(scope, depth - 1), " THEN ", yes, " ELSE ", no, " END",
                    alts=[yes, no])

    def operator(self, scope, family, depth):
        one = self.scalar(scope, family, depth - 1)
        make = {"int": self.int_operator, "text": self.text_operator, "num": self.num_operator,
                "json": self.json_operator, "bool": self.bool_operator}.get(family)
        return make(scope, one, depth) if make else one

    def int_operator(self, scope, one, depth):
        rng = self.rng
        other = self.scalar(scope, "int", depth - 1)
        forms = [Node(one, rng.choice((" + ", " - ")), other), Node("nullif(", one, ", ", other, ")"),
                 Node("greatest(", one, ", ", other, ")"),
                 Node("length(", self.scalar(scope, "text", depth - 1), ")"), Node("twice(", one, ")")]
        for var in self.columns(scope, "ints"):
            forms += [Node("cardinality(", var.text, ")"), Node("(", var.text, ")[1]")]
        for var in self.columns(scope, "pair"):
            forms.append(Node("(", var.text, ").a"))
        for var in self.columns(scope, "range"):
            forms.append(Node("upper(", var.text, ")"))
        return rng.choice(forms)

    def text_operator(self, scope, one, depth):
        rng = self.rng
        other = rng.choice(scope).text if scope else "1"
        return rng.choice([Node(one, " || ", self.scalar(scope, "text", depth - 1)),
                           Node("upper(", one, ")"), Node(other, "::text"),
                           Node("concat_ws('-', ", one, ", ", other, "::text)")])

    def num_operator(self, scope, one, depth):
        other = self.scalar(scope, "int", depth - 1)
        return self.rng.choice([Node(one, " + ", other), Node(one, " * 1.10"), Node("abs(", one, ")")])

    def json_operator(self, scope, one, depth):
        return self.rng.choice([Node(one, " -> 'a'"), self.document(scope, depth - 1),
                                Node("jsonb_build_array(", one, ")")])

    def bool_operator(self, scope, one, depth):
        return self.cond(scope, depth - 1)

    def anything(self, scope, depth):
        """An expression of any type, whatever suits a document's field."""
        rng = self.rng
        rows = [v.row for v in scope if v.row]
        if rows and rng.random() < 0.06:
            self.use("whole row")
            return Node(rng.choice(("to_jsonb(%s)", "%s::text", "(%s IS NULL)")) % rng.choice(rows), alts=["NULL::text"])
        if scope and rng.random() < 0.4:
            return Node(rng.choice(scope).text, alts=["NULL::text"])
        family = rng.choice(("int", "int", "text", "num", "json", "bool", "ints", "date", "stamp"))
        return self.scalar(scope, family, depth)

    def document(self, scope, depth):
        """jsonb_build_object over a few fields, nested documents among them."""
        rng = self.rng
        fields = []
        for n in range(rng.randint(1, 4)):
            value = self.anything(scope, depth)
            fields.append(Node(f"'f{n}', ", value))
        return Node("jsonb_build_object(", Seq(", ", fields), ")")

    # ---- conditions

    def cond(self, scope, depth):
        rng = self.rng
        if depth > 0 and rng.random() < 0.5:
            pick = rng.random()
            if pick < 0.55:
                return self.sublink(scope, depth - 1)
            one, two = self.cond(scope, depth - 1), self.cond(scope, depth - 1)
            if pick < 0.7:
                return Node("NOT (", one, ")", alts=["true", "false", one])
            return Node("(", one, rng.choice((" AND ", " OR ")), two, ")", alts=["true", "false", one, two])
        return self.simple_cond(scope)

    def simple_cond(self, scope):
        rng = self.rng
        able = [v for v in scope if v.type.family in CANONICAL]
        if not able:
            return condition("(", self.plain([], "int"), " > 2)")
        var = rng.choice(able)
        family = var.type.family
        kind = CANONICAL[family]
        one = Node(var.text, f"::{kind.sql}")
        others = [v for v in self.columns(scope, family) if v is not var]
        two = self.plain(others, family)
        lits = Seq(", ", [kind.literal(rng, 0.07) for _ in range(rng.randint(2, 4))])
        forms = [Node(one, rng.choice((" IS NULL", " IS NOT NULL", " IS NOT NULL"))),
                 Node(one, rng.choice((" = ", " <> ", " < ", " >= ")), two),
                 Node(one, rng.choice((" <> ", " >= ", " < ", " <= ", " = ")), kind.literal(rng)),
                 Node(one, rng.choice((" IS DISTINCT FROM ", " IS NOT DISTINCT FROM ")), two),
                 Node(one, rng.choice((" IN (", " NOT IN (")), lits, ")"),
                 Node(one, " BETWEEN SYMMETRIC ", kind.literal(rng), " AND ", kind.literal(rng))]
        if family == "text":
            forms.append(Node(one, " NOT LIKE '%a%'"))
        if family == "bool":
            forms = [one, Node(one, " IS NOT TRUE"), Node("NOT ", one)]
        for array in self.columns(scope, "ints"):
            forms.append(Node(self.plain(self.columns(scope, "int"), "int"),
                              rng.choice((" = ANY (", " <> ALL (", " < ANY (")), array.text, ")"))
        if rng_true(rng, 0.1):
            forms = [self.compared_rows(one, scope, family)]
        form = rng.choice(forms)
        if rng_true(rng, 0.4):
            form = Node("(", form, rng.choice((") OR ", ") OR ", ") IS NOT FALSE OR ")), one, " IS NULL", alts=[form])
        return condition("(", form, ")")

    def compared_rows(self, one, scope, family):
        """(a, b) against (c, d); also where a part is NULL."""
        self.use("row comparison")
        op = self.rng.choice((" = ", " <> ", " < ", " >= ", " IS DISTINCT FROM "))
        ints = [self.plain(self.columns(scope, "int"), "int") for _ in range(2)]
        return Node("(", one, ", ", ints[0], ")", op, "(", CANONICAL[family].literal(self.rng, 0.1), ", ", ints[1], ")")

    def correlation(self, outer, inner, strict=False):
        """A condition that ties inner columns to outer ones, mostly by equality."""
        rng = self.rng
        shared = self.shared(outer, inner)
        if not shared:
            return Node(rng.choice(traced(inner)).text, "::text = ", rng.choice(outer).text, "::text")
        left, right = rng.choice(shared)
        equal = Node(left.text, " = ", right.text)
        if strict or rng.random() < 0.75:
            return equal
        if rng.random() < 0.3:
            self.use("correlation by two columns")
            left, right = rng.choice(shared)
            return Node(equal, " AND ", left.text, " = ", right.text, alts=[equal])
        self.use("non-equi correlation")
        op = rng.choice((" < ", " >= ", " IS NOT DISTINCT FROM ", " <> "))
        return Node(left.text, op, right.text, alts=[equal])

    def tie(self, outer, inner):
        """What ties inner columns to outer ones: a comparison, or a subquery about both."""
        return self.tie_by_subquery(outer, inner) if rng_true(self.rng, 0.12) else self.correlation(outer, inner)

    def tie_by_subquery(self, outer, inner):
        rng = self.rng
        rel, alias = self.source(0), self.alias("m")
        middle = variables(alias, rel)
        value, item = self.own(inner), self.own(middle)
        source = Node(rel.text, " ", alias, " WHERE ", self.correlation(outer, middle))
        arrays = self.columns(outer, "ints")
        kind = rng.choice(("IN", "IN", "EXISTS", "EXISTS", "NOT IN", "scalar", "first", "ARRAY", "count", "unnest"))
        if kind == "unnest" and not arrays:
            kind = "IN"
        self.use("tied by a subquery: " + kind)
        if kind in ("IN", "NOT IN"):
            return Node(value, f" {kind} (SELECT ", item, " FROM ", source, ")")
        if kind == "EXISTS":
            return Node("EXISTS (SELECT 1 FROM ", source, " AND ", self.correlation(inner, middle), ")")
        if kind == "scalar":
            return Node(value, rng.choice((" = ", " >= ")), "(SELECT max(", item, ") FROM ", source, ")")
        if kind == "first":
            return Node(value, " = (SELECT ", item, " FROM ", source, " ORDER BY ", self.order(alias, rel), " LIMIT 1)")
        if kind == "ARRAY":
            return Node(value, " = ANY (ARRAY(SELECT ", item, " FROM ", source, "))")
        if kind == "count":
            return Node("(SELECT count(*) FROM ", source, ") >= ", value)
        array = rng.choice(arrays).text
        return rng.choice([Node(value, " IN (SELECT unnest(", array, "))"),
                           Node(f"EXISTS (SELECT 1 FROM unnest(", array, f") {alias}u(e) WHERE {alias}u.e = ", value, ")")])

    def shared(self, outer, inner):
        """Pairs of columns that may be compared, keys and links more often."""
        pairs = [(i, o) for i in traced(inner) for o in outer
                 if i.type.family == o.type.family and i.type.ordered and i.type.family != "bool"]
        ints = [p for p in pairs if p[0].type.family == "int"]
        return pairs + ints * 2

    # ---- sublinks

    def inner(self, outer, depth, correlate=True):
        """FROM and WHERE of a sublink: (text, scope of its columns, total order)."""
        rel = self.source(depth)
        alias = self.alias("s")
        scope = variables(alias, rel)
        tests = [self.tie(outer, scope)] if correlate else []
        if rng_true(self.rng, 0.35):
            tests.append(self.cond(scope + outer if rng_true(self.rng, 0.4) else scope, depth))
        where = Seq(" AND ", tests, least=1 if correlate else 0, prefix=" WHERE ")
        return Node(rel.text, " ", alias, where), scope, self.order(alias, rel)

    def order(self, alias, rel):
        """Terms of a total order: perhaps one column, then the key."""
        rng = self.rng
        terms = [Node(alias, ".", k.name) for k in rel.key]
        able = [c for c in rel.cols if c.type.ordered]
        if able and rng.random() < 0.6:
            first = Node(alias, ".", rng.choice(able).name)
            terms.insert(0, optional(first, rng.choice(("", " DESC", " NULLS FIRST")), ", "))
            return Node(*[terms[0]], Seq(", ", terms[1:], least=len(terms) - 1))
        return Node(Seq(", ", terms, least=len(terms)))

    def subquery(self, scope, family, depth):
        """A scalar subquery, correlated to the scope."""
        rng = self.rng
        if not scope:
            return null(family)
        body, inner, order = self.inner(scope, depth - 1)
        if family in ("ints", "texts") and rng.random() < 0.6:
            self.use("ARRAY(subquery)")
            item = self.scalar(inner, "int" if family == "ints" else "text", 0)
            return Node("ARRAY(SELECT ", item, " FROM ", body, " ORDER BY ", order, ")")
        if rng.random() < 0.3:
            self.use("scalar subquery with LIMIT")
            return Node("SELECT ", self.scalar(inner, family, depth - 1), " FROM ", body, " ORDER BY ", order,
                        rng.choice((" LIMIT 1", " LIMIT 1", " FETCH FIRST 1 ROW ONLY")),
                        optional(rng.choice(("", "", " OFFSET 1"))))
        if family == "json" and rng.random() < 0.4:
            return self.first_few(inner, body, order)
        self.use("aggregate in a scalar subquery")
        return Node("SELECT ", self.aggregate(inner, family, order, depth - 1), " FROM ", body)

    def first_few(self, inner, body, order):
        """jsonb_agg over the first rows by an order."""
        self.use("LIMIT in an aggregated subquery")
        alias = self.alias("f")
        place = Node("row_number() OVER (ORDER BY ", order, ") AS n")
        return Node("SELECT jsonb_agg(", f"{alias}.v ORDER BY {alias}.n) FROM (SELECT ", self.document(inner, 0),
                    " AS v, ", place, " FROM ", body, " ORDER BY ", order, f" LIMIT 2) {alias}")

    def aggregate(self, scope, family, order, depth):
        """An aggregate of the family's canonical type over rows of the scope."""
        rng = self.rng
        item = self.scalar(scope, family, min(depth, 1))
        forms = [Node("(array_agg(", item, " ORDER BY ", order, "))[1]")]
        if family == "int":
            ints = self.scalar(scope, "int", min(depth, 1))
            forms += [Node("count(*)"), Node("count(", ints, ")"), Node("max(", ints, ")"),
                      Node("min(", ints, ")"), Node("sum(", ints, ")"), Node("count(DISTINCT ", ints, ")")]
            if rng_true(rng, 0.08):
                self.use("user-defined aggregate")
                forms = [Node("product(", ints, " % 3)")]
            elif rng_true(rng, 0.2):
                self.use("ordered-set aggregate")
                forms = [Node("percentile_disc(0.5) WITHIN GROUP (ORDER BY ", ints, ")"),
                         Node("mode() WITHIN GROUP (ORDER BY ", ints, ")"),
                         Node("rank(3) WITHIN GROUP (ORDER BY ", ints, ")")]
        if family == "num":
            forms = [Node("sum(", item, ")"), Node("avg(", item, ")")]
        if family == "text":
            forms += [Node("string_agg(", item, ", ',' ORDER BY ", order, ")"), Node("max(", item, ")")]
        if family == "bool":
            forms = [Node("bool_or(", item, ")"), Node("bool_and(", item, ")")]
        if family in ("ints", "texts"):
            return Node("array_agg(", self.scalar(scope, "int" if family == "ints" else "text", 0),
                        " ORDER BY ", order, ")")
        if family == "json":
            forms = self.json_aggregates(scope, order, depth)
        text = rng.choice(forms)
        if "(DISTINCT" in str(text.parts[0]):
            self.use("DISTINCT in an aggregate")
        if rng_true(rng, 0.2) and str(text).endswith(")") and not str(text).startswith("coalesce"):
            self.use("FILTER")
            text = Node(text, optional(" FILTER (WHERE ", self.cond(scope, depth), ")"))
        return Node(text, f"::{CANONICAL[family].sql}")

    def json_aggregates(self, scope, order, depth):
        self.use("jsonb_agg ORDER BY")
        value = self.anything(scope, 0) if rng_true(self.rng, 0.3) else self.document(scope, min(depth, 1))
        total = Node("jsonb_agg(", value, " ORDER BY ", order, ")")
        ints = self.scalar(scope, "int", 0)
        return [total, Node("coalesce(", total, ", '[]')", alts=[total]),
                Node("jsonb_agg(DISTINCT ", ints, " ORDER BY ", ints, ")")]

    def sublink(self, scope, depth):
        """EXISTS, IN, NOT IN, ANY, ALL, row comparisons and compared subqueries."""
        rng = self.rng
        if not scope:
            return self.simple_cond(scope)
        kind = rng.choice(("EXISTS", "NOT EXISTS", "IN", "NOT IN", "ANY", "ALL", "ROW IN", "ROW IN GROUP",
                           "COMPARE"))
        self.use("sublink " + kind)
        if kind in ("EXISTS", "NOT EXISTS"):
            body, _, _ = self.inner(scope, depth)
            return condition(kind, " (SELECT 1 FROM ", body, ")")
        if kind == "COMPARE":
            body, inner, order = self.inner(scope, depth)
            return condition("((SELECT ", self.aggregate(inner, "int", order, depth), " FROM ", body, ") ",
                             rng.choice((">", "=", "<=")), " ", self.scalar(scope, "int", 0), ")")
        body, inner, _ = self.inner(scope, depth, correlate=rng_true(rng, 0.5))
        if kind == "ROW IN GROUP":
            group = self.own(inner)
            return condition("((", self.own(scope), ", ", self.own(scope), ")", rng.choice((" IN ", " NOT IN ")),
                             "(SELECT ", group, ", max(", self.own(inner), ") FROM ", body, " GROUP BY ", group, "))")
        if kind == "ROW IN":
            return condition("((", self.own(scope), ", ", self.own(scope), ")", rng.choice((" IN ", " NOT IN ")),
                             "(SELECT ", self.own(inner), ", ", self.own(inner), " FROM ", body, "))")
        left, right = self.own(scope), self.own(inner)
        middle = {"IN": " IN ", "NOT IN": " NOT IN ", "ANY": rng.choice((" < ANY ", " = ANY ", " <> ANY ")),
                  "ALL": rng.choice((" >= ALL ", " <> ALL ", " = ALL "))}[kind]
        query = Node("SELECT ", right, " FROM ", body)
        if kind == "ANY" and rng_true(rng, 0.3):
            self.use("sublink ANY (ARRAY)")
            return condition("(", left, middle, "(ARRAY(", query, ")))")
        if rng_true(rng, 0.15):
            self.use("set operation in a sublink")
            other, more, _ = self.inner(scope, 0)
            query = Node(query, rng.choice((" UNION ALL ", " UNION ", " EXCEPT ", " INTERSECT ")), "SELECT ",
                         self.own(more), " FROM ", other, alts=[query])
        return condition("(", left, middle, "(", query, "))")

    def own(self, scope):
        """An integer made of the scope's columns, never a mere constant."""
        found = self.columns(traced(scope), "int")
        if found:
            return self.rng.choice(found).text
        return Node("length(", self.rng.choice(traced(scope)).text, "::text)")


def rng_true(rng, share):
    return rng.random() < share


