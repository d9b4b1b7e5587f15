"""Random definitions, each with a key that is unique and not null whatever the data.

A query is made from relations and becomes a relation itself (subquery, CTE, helper
view, tview), so the shapes below combine freely.  Where the key comes from: the
driving table's key kept through joins that match at most one row; the keys of both
sides of a join; the columns of GROUP BY, DISTINCT, DISTINCT ON or a set operation.
"""

from dataclasses import dataclass

from .expression import Expressions, rng_true
from .policy import OWNER
from .schema import CANONICAL, JSONB, Col, Rel
from .shapes import SHAPES, Query, counting, untraceable
from .sql import Name, Node, Seq, quote


@dataclass
class Item:
    """A CREATE VIEW or CREATE TVIEW of a round."""

    kind: str
    name: str
    query: Query
    options: str = ""
    constructs: tuple = ()
    form: str = ""
    columns: tuple = ()  # names, as the server has them
    refused: str = ""  # why
    owner: str = ""  # a role, where it is not the one that runs the round
    by_key: bool = False  # no change to a base table recomputes all of it, says the engine

    def create(self, dry=False):
        """The statements; in a dry run a plain view stands in for the tview."""
        statements = self.statements(dry)
        return [Node(f"SET ROLE {self.owner}"), *statements, Node("RESET ROLE")] if self.owner else statements

    def statements(self, dry):
        body = self.query.text
        if self.kind == "view":
            return [Node(f"CREATE VIEW {self.name}{self.options} AS ", body)]
        if dry:
            return [Node(f"CREATE VIEW {self.view()} AS ", body),
                    Node(f"CREATE VIEW {self.name} AS SELECT * FROM {self.view()}")]
        if self.form == "function":
            return [Node(f"SELECT pg_tviews_create({literal(self.name)}, $def$", body, "$def$)")]
        return [Node(f"CREATE TVIEW {self.name}{self.options} AS ", body)]

    def view(self):
        bare = self.name.strip('"')
        return quote("v_" + (bare[3:] if bare.startswith("tv_") else bare))


def literal(text):
    return "'" + text.replace("'", "''") + "'"


class Definitions(Expressions):
    """Makes the views and tviews of one schema."""

    MAX_SIZE = 9

    def __init__(self, rng, schema, policies=None):
        super().__init__(rng)
        self.schema = schema
        self.owner = OWNER if policies else ""
        self.lenient = bool(policies and policies.read_tables)
        self.bases = [t.rel() for t in schema.tables] * 3 + [r for t in schema.tables for r in t.parts()]
        self.made = []
        self.items = []
        self.size = 0
        self.ctes = []
        self.top = False

    # ---- sources

    def source(self, depth, driving=False):
        """A relation for FROM: a table mostly, else a view, a tview or a subquery."""
        rng = self.rng
        pick = rng.random()
        if self.ctes and pick < 0.3:
            self.use("CTE used again")
            return rng.choice(self.ctes)
        if pick < 0.25 and self.made:
            rel = rng.choice(self.made)
            if self.size + rel.size <= self.MAX_SIZE:
                self.size += rel.size
                self.use("reads a view or tview")
                return rel
        if pick > 0.85 and depth > 0 and self.size < 4:
            self.use("subquery in FROM")
            query = self.query(depth - 1)
            return Rel(Node("(", query.text, ")"), query.cols, query.key, query.size)
        self.size += 1
        return rng.choice(self.bases)

    def query(self, depth):
        """A query of a random shape."""
        shapes = SHAPES if depth > 0 else SHAPES[:4]
        shape = self.rng.choices(shapes, [weight for _, weight in shapes])[0][0]
        before = self.size
        self.use("shape " + shape.__name__)
        top, self.top = self.top, False
        if shape is SHAPES[0][0]:
            query = shape(self, depth, top)
        else:
            query = shape(self, depth)
        query.size = max(1, self.size - before)
        return query

    # ---- output columns

    def output(self, text, type_, nullable=True, stem="c", derived=True):
        name = Name(f"{stem}{self.aliases}")
        self.aliases += 1
        return Node(text, " AS ", name), Col(name, type_, nullable, derived=derived)

    def extras(self, scope, depth, document=0.7):
        """Further columns of a select list: (texts, columns)."""
        rng = self.rng
        texts, cols = [], []
        for _ in range(rng.randint(0, 3)):
            if rng_true(rng, 0.4) and scope:
                var = rng.choice(scope)
                pair = self.output(var.text, var.type, derived=var.derived)
            else:
                family = rng.choice(("int", "int", "text", "json", "num", "bool", "ints", "date"))
                pair = self.output(self.scalar(scope, family, depth), CANONICAL[family])
            texts.append(pair[0])
            cols.append(pair[1])
        if rng_true(rng, document):
            text, col = self.output(self.document(scope, depth), JSONB, stem="doc")
            texts.append(text)
            cols.append(col)
        return texts, cols

    def where(self, scope, depth, share=0.3):
        tests = [self.cond(scope, depth) for _ in range(rng_true(self.rng, share))]
        return Seq(" AND ", tests, least=0, prefix=" WHERE ")

    def select(self, head, keys, scope, body, depth, tail=""):
        """SELECT head keys, extras FROM body tail; keys are (text, type) pairs."""
        made = [self.output(text, type_, False, "k", derived=False) for text, type_ in keys]
        texts, cols = self.extras(scope, depth)
        items = Seq(",\n  ", texts, least=0, prefix=",\n  ")
        text = Node("SELECT ", head, Seq(", ", [t for t, _ in made], least=len(made)), items,
                    "\nFROM ", body, tail)
        return Query(text, [c for _, c in made] + cols, [c for _, c in made], items)

    # ---- items

    def helper(self):
        """A plain view for later definitions to read."""
        self.top = False
        name = self.alias("v_help")
        query = self.fresh(1)
        options = ""
        if rng_true(self.rng, 0.3):
            kind = self.rng.choice(("security_barrier", "security_barrier" if self.owner else "security_invoker"))
            self.use(kind)
            options = f" WITH ({kind})"
        self.items.append(Item("view", name, query, options, owner=self.owner))
        self.made.append(Rel(name, query.cols, query.key, query.size))

    def fresh(self, depth):
        self.size, self.ctes = 0, []
        query = self.query(depth)
        self.ctes = []
        return query

    def tview(self):
        rng = self.rng
        before = self.used.copy()
        hard = rng_true(rng, 0.06)
        self.top = rng_true(rng, 0.5)  # then nothing but its table is read by others
        top = self.top
        reads = []
        if not hard and not self.owner and rng_true(rng, 0.06):  # with policies, functions see what their caller sees
            query, reads = counting(self)
        else:
            query = untraceable(self) if hard else self.fresh(2)
        entity = self.alias("e")
        item = Item("tview", f"tv_{entity}", query, owner=self.owner)
        lenient = hard or self.lenient
        declared = f"reads = {literal(', '.join(reads))}" if reads else ""
        docs = [c for c in query.cols if str(c.name).startswith("doc")]
        single = len(query.key) == 1 and docs
        if single and rng_true(rng, 0.8):
            query.key[0].name.text = f"pk_{entity}"
            docs[0].name.text = "data"
            item.form = "statement" if lenient or reads else rng.choice(("statement", "statement", "function"))
            item.options = " WITH (on_untraceable = 'recompute')" if lenient else f" WITH ({declared})" if reads else ""
        else:
            if rng_true(rng, 0.2):
                query.key[0].name.text = '"Key, 1"'
            if rng_true(rng, 0.3):
                item.name = quote(f"List {entity}")
            names = ", ".join(str(k.name) for k in query.key)
            more = ", on_untraceable = 'recompute'" if lenient else ", " + declared if reads else ""
            item.options = f" WITH (key = {literal(names)}{more})"
        self.roles(query)
        item.constructs = tuple((self.used - before).keys())
        self.items.append(item)
        for name in (item.name, item.view())[: 1 if hard or top or reads else 2]:  # its view is as hard to trace
            self.made.append(Rel(name, query.cols, query.key, query.size))

    def roles(self, query):
        """Column names that the product gives a role: indexed, or unique."""
        for col in query.cols:
            if col in query.key or not str(col.name).startswith("c") or not rng_true(self.rng, 0.1):
                continue
            if col.type.sql == "uuid":
                col.name.text += "_id"
            elif col.type.family == "int":
                col.name.text = "fk_" + col.name.text
            elif col.type.sql == "text" and not any(str(c.name) == "identifier" for c in query.cols):
                col.name.text = "identifier"
        if query.unique:
            self.use("unique column id")
            query.unique.name.text = "id"

    def populate(self):
        for _ in range(self.rng.randint(0, 2)):
            self.helper()
        for _ in range(self.rng.randint(2, 5)):
            self.tview()

