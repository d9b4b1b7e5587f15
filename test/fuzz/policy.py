"""Row-level security on base tables: owners, policies, and what changes them later.

The tviews of such a round belong to a role without special rights, so that policies decide what its
definitions see. Transactions run as a superuser, whom no policy concerns.
"""

from .expression import Expressions, rng_true, variables
from .sql import Node

OWNER = "fuzz_owner"  # of the tviews
OTHER = "fuzz_other"  # of some of the tables
ROLES = [f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$" for role in (OWNER, OTHER)]


class Policies(Expressions):
    """Makes conditions for policies; a table's may read those made before it, so none ends in itself."""

    def __init__(self, rng, schema):
        super().__init__(rng)
        self.tables = schema.tables
        self.protected = []
        self.read_tables = rng_true(rng, 0.4)  # then the tviews must be told to recompute
        self.readable = []

    def source(self, depth):
        return self.rng.choice(self.readable).rel()

    def condition(self, table):
        self.readable = self.tables[:self.tables.index(table)] if self.read_tables else []
        if self.readable:
            self.use("policy that may read tables")
        return self.cond(variables(table.name, table.rel()), 1 if self.readable else 0)

    def ddl(self):
        steps = [Node(text) for text in ROLES]
        steps.append(Node(f"GRANT USAGE, CREATE ON SCHEMA fz TO {OWNER}, {OTHER}"))
        for table in self.tables:
            steps += self.protect(table)
        # to PUBLIC: what an owner has goes to the next one
        return steps + [Node("GRANT ALL ON ALL TABLES IN SCHEMA fz TO PUBLIC")]

    def protect(self, table):
        rng = self.rng
        owner = rng.choice((OTHER, OTHER, OWNER, "postgres"))
        steps = [Node(f"ALTER TABLE {table.name} OWNER TO {owner}")]
        if rng_true(rng, 0.3):
            return steps
        self.protected.append(table)
        steps.append(Node(f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"))
        if owner != OWNER and rng_true(rng, 0.5):
            self.use("FORCE ROW LEVEL SECURITY")
            steps.append(Node(f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"))
        steps.append(Node(f"CREATE POLICY everything ON {table.name} TO {OTHER} USING (true)"))
        steps.append(self.create_policy(table))
        if rng_true(rng, 0.3):
            self.use("restrictive policy")
            steps.append(Node(f"CREATE POLICY fewer ON {table.name} AS RESTRICTIVE TO PUBLIC USING (",
                              self.condition(table), ")"))
        return steps

    def create_policy(self, table):
        self.use("policy")
        return Node(f"CREATE POLICY visible ON {table.name} FOR SELECT TO {OWNER} USING (", self.condition(table), ")")

    def change(self, table):
        """Statements that make other rows visible."""
        self.use("DDL: policy")
        return self.rng.choice((
            [Node(f"ALTER POLICY visible ON {table.name} USING (", self.condition(table), ")")],
            [Node(f"DROP POLICY visible ON {table.name}"), self.create_policy(table)],
            [Node(f"ALTER TABLE {table.name} ", self.rng.choice(("DISABLE", "ENABLE")), " ROW LEVEL SECURITY")],
            [Node(f"ALTER TABLE {table.name} ", self.rng.choice(("FORCE", "NO FORCE")), " ROW LEVEL SECURITY")],
            [Node(f"ALTER TABLE {table.name} OWNER TO ", self.rng.choice((OWNER, OTHER)))]))
