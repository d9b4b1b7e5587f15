"""Random schemas: types, tables with keys of many kinds, references, partitions, inheritance.

Values come from small domains and NULLs are frequent, so that matches, misses and
conflicts all happen often among few rows.
"""

from collections import Counter
from dataclasses import dataclass, field

from .sql import Cell, Name, Node, Seq, quote


@dataclass(frozen=True)
class Type:
    """A column type. `exact`: equal values print alike (numeric 1.5 and 1.50 do not)."""

    sql: str
    family: str
    values: tuple
    exact: bool = True
    ordered: bool = True
    outside: str = ""  # a value that no column ever holds, to stand for "no row"
    collation: str = ""  # of columns, where it is not that of the type

    def literal(self, rng, nulls=0.0):
        value = "NULL" if rng.random() < nulls else rng.choice(self.values)
        return f"{value}::{self.sql}"

    def ddl(self):
        return f"{self.sql} COLLATE {self.collation}" if self.collation else self.sql


def uuid(n):
    return f"'00000000-0000-0000-0000-{n:012d}'"


INT = Type("integer", "int", tuple("12345678"), outside="-1")
BIGINT = Type("bigint", "int", tuple("1234567"), outside="-1")
SMALLINT = Type("smallint", "int", tuple("123456"), outside="-1")
TEXT = Type("text", "text", ("'a'", "'b'", "'c'", "''", "'Ü x'", "'o''b'", "'a\"}b'"), outside="'~'")
SERIAL = Type("integer", "int", tuple(map(str, range(1, 90))))
VARCHAR = Type("varchar(8)", "text", ("'a'", "'b'", "'c '", "'d'"), outside="'~'")
SORTED = Type("text", "text", ("'a'", "'B'", "'c'", "''"), outside="'~'", collation='"de-x-icu"')
CITEXT = Type("citext", "citext", ("'a'", "'A'", "'b'", "'B'", "'c'"), exact=False, outside="'~'")
CHAR = Type("char(3)", "text", ("'a'", "'b'", "'cd'"), exact=False, outside="'~'")
NUMERIC = Type("numeric", "num", ("1.5", "1.50", "2", "2.0", "3.25", "0"), exact=False)
MONEY = Type("numeric(6,2)", "num", ("1.5", "2", "3.25", "-1"), outside="-77")
FLOAT = Type("float8", "float", ("0", "'-0'", "1.5", "0.1", "'NaN'"), exact=False)
BOOL = Type("boolean", "bool", ("true", "false"))
DATE = Type("date", "date", ("'2024-01-01'", "'2024-02-29'", "'1999-12-31'", "'infinity'"),
            outside="'1900-01-01'")
STAMP = Type("timestamptz", "stamp", ("'2024-01-01 00:00+00'", "'2024-07-01 12:30+02'",
                                      "'1999-12-31 23:59:59.5+00'"))
UUID = Type("uuid", "uuid", tuple(uuid(n) for n in range(1, 9)), outside=uuid(0))
JSONB = Type("jsonb", "json", ("'1'", "'1.0'", "'{\"a\": 1, \"b\": null}'", "'[1, \"x\"]'", "'{}'",
                               "'null'", "'{\"a\": 2.50}'"), exact=False)
JSON = Type("json", "rawjson", ("'{\"a\":1}'", "'{ \"a\": 1}'", "'2'"), exact=False, ordered=False)
POINT = Type("point", "point", ("'(1,2)'", "'(0,0)'"), exact=False, ordered=False)
BYTEA = Type("bytea", "bytea", (r"'\x00'", r"'\xdead'", "''"))
INTERVAL = Type("interval", "interval", ("'1 day'", "'24 hours'", "'1 mon'"), exact=False)
INTS = Type("integer[]", "ints", ("'{}'", "'{1,2}'", "'{2,NULL,5}'", "'{3}'"))
TEXTS = Type("text[]", "texts", ("'{}'", "'{a,b}'", "'{NULL,\"c d\"}'"))
RANGE = Type("int4range", "range", ("'[1,3)'", "'[2,5]'", "'empty'", "'(,4)'"))
MOOD = Type("mood", "mood", ("'sad'", "'ok'", "'happy'"))
RANGES = Type("int4multirange", "ranges", ("'{}'", "'{[1,3),[5,8)}'", "'{(,2)}'"))
SMALL = Type("small", "int", tuple("12345"), outside="-1")
PAIR = Type("pair", "pair", ("'(1,a)'", "'(2,)'", "'(,b)'"))

ODD = (BIGINT, SMALLINT, VARCHAR, CHAR, NUMERIC, NUMERIC, MONEY, FLOAT, BOOL, BOOL, DATE, STAMP, UUID,
       SORTED, SORTED, CITEXT, CITEXT, JSONB, JSONB, JSON, POINT, BYTEA, INTERVAL, INTS, INTS, TEXTS, RANGE, RANGES, MOOD, SMALL, PAIR)
KEY_TYPES = (INT, INT, INT, INT, INT, INT, BIGINT, TEXT, UUID, DATE, NUMERIC, SMALL, CITEXT)
CANONICAL = {"int": INT, "text": TEXT, "citext": CITEXT, "num": NUMERIC, "float": FLOAT, "bool": BOOL, "date": DATE,
             "stamp": STAMP, "uuid": UUID, "json": JSONB, "bytea": BYTEA, "interval": INTERVAL,
             "ints": INTS, "texts": TEXTS, "range": RANGE, "ranges": RANGES, "mood": MOOD, "pair": PAIR}
KINDS = {"citext": "column: citext", "mood": "column: enum", "small": "column: domain", "pair": "column: composite",
         "integer[]": "column: array", "text[]": "column: array", "int4range": "column: range",
         "int4multirange": "column: range"}
TYPE_DDL = ("CREATE EXTENSION IF NOT EXISTS citext SCHEMA public",
            "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')",
            "CREATE DOMAIN small AS integer CHECK (VALUE > -100)",
            "CREATE TYPE pair AS (a integer, b text)",
            "CREATE AGGREGATE product (integer) (SFUNC = int4mul, STYPE = integer, INITCOND = '1')",
            "CREATE FUNCTION twice(i integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN i * 2")
FOREIGN_DDL = (
    "CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA public",
    "DO $$ BEGIN EXECUTE format('CREATE SERVER IF NOT EXISTS fuzz_loopback FOREIGN DATA WRAPPER postgres_fdw "
    "OPTIONS (host %L, port %L, dbname %L)', split_part(current_setting('unix_socket_directories'), ',', 1), "
    "current_setting('port'), current_database()); END $$",
    "CREATE USER MAPPING IF NOT EXISTS FOR CURRENT_USER SERVER fuzz_loopback")


@dataclass
class Col:
    name: Name
    type: Type
    nullable: bool = True
    generated: str = ""
    unique: bool = False
    ref: "Ref" = None
    dropped: bool = False  # by the shrinker
    derived: bool = False  # from an aggregate or a subquery: changes cannot be traced through it


@dataclass
class Ref:
    """A reference to another table's key; `declared` ones are foreign keys."""

    table: "Table"
    cols: list
    declared: bool = False
    rule: str = ""


@dataclass
class Rel:
    """Anything that can stand in FROM: its text, columns, and a unique key without NULLs."""

    text: object
    cols: list
    key: list
    size: int = 1
    base: bool = False


@dataclass
class Table:
    name: str
    cols: list
    key: list
    refs: list = field(default_factory=list)
    children: list = field(default_factory=list)  # leaf partitions or inheriting tables
    bounds: dict = field(default_factory=dict)  # of the partitions
    kind: str = "plain"
    constrained: bool = True

    def rel(self):
        return Rel(self.name, self.cols, self.key, base=True)

    def parts(self):
        """Its leaf partitions, or parent and heir of an inheritance tree, as relations of their own."""
        only = ["ONLY " + self.name] if self.kind == "inherited" else []
        return [Rel(name, self.cols, self.key, base=True) for name in self.children + only]

    def counter(self):
        return "count_" + str(self.key[0].name)

    def writable(self):
        return [c for c in self.cols if not c.generated]


class Schema:
    """The tables of one round with their DDL and first rows, as shrinkable steps."""

    def __init__(self, rng):
        self.rng = rng
        self.tables = []
        self.ddl = []
        self.used = Counter()
        self.serial = 0
        for number in range(rng.randint(3, 5)):
            self.add_table(number)
        self.add_triggers()
        self.add_functions()
        self.add_rows()

    def add_table(self, number):
        rng = self.rng
        letter = "abcdefg"[number]
        name = quote(rng.choice([f"tb_{letter}"] * 6 + [f"Tb {letter.upper()}", f"tb_{letter}é"]))
        kind = rng.choice(["plain"] * 18 + ["partitioned", "inherited", "unlogged"] * 3 + ["foreign"])
        table = Table(name, [], [], kind=kind)
        self.add_key(table, letter)
        for link in ("l1", "l2")[: rng.randint(1, 2)]:
            table.cols.append(Col(Name(link), INT))
        table.cols.append(Col(Name(quote(rng.choice(["t1", "t1", "Text 1", "order"]))), TEXT))
        self.add_references(table)
        for n, odd in enumerate(rng.sample(ODD, rng.randint(1, 3))):
            table.cols.append(Col(Name(f"o{n}"), odd))
        if rng.random() < 0.25 and table.kind != "foreign":
            table.cols.append(Col(Name("g1"), INT, generated="l1 * 2 + 1"))
        if rng.random() < 0.3 and table.kind in ("plain", "unlogged"):
            table.cols.append(Col(Name("u1"), SERIAL, unique=True))
        rng.random() < 0.3 and rng.shuffle(table.cols)
        self.create(table)
        self.tables.append(table)
        self.used.update([f"table: {table.kind}"] + [KINDS[c.type.sql] for c in table.cols if c.type.sql in KINDS])
        self.used.update("column: collation" for c in table.cols if c.type.collation)
        self.used.update("column: generated" for c in table.cols if c.generated)

    def add_key(self, table, letter):
        rng = self.rng
        if table.kind in ("partitioned", "inherited"):
            types = [INT]
        elif rng.random() < 0.15:
            types = [rng.choice((INT, UUID)), rng.choice((INT, TEXT))]
        else:
            types = [rng.choice(KEY_TYPES)]
        for n, kind in enumerate(types):
            name = f"pk_{letter}" + (f"_{n}" if len(types) > 1 else "")
            table.cols.append(Col(Name(name), kind, nullable=False))
        table.key = list(table.cols)

    def add_references(self, table):
        rng = self.rng
        targets = rng.sample(self.tables, min(len(self.tables), rng.choice((0, 1, 1, 2))))
        if rng.random() < 0.15 and len(table.key) == 1:
            targets.append(table)  # a hierarchy
        for target in targets:
            cols = [Col(Name("fk_" + str(k.name)[3:]), k.type) for k in target.key]
            if target is table:
                cols[0].name.text = "fk_up"
            able = target.kind not in ("inherited", "partitioned", "foreign") and table.kind != "foreign"
            ref = Ref(target, cols, declared=able and rng.random() < 0.5,
                      rule=rng.choice(("", "ON DELETE CASCADE", "ON DELETE SET NULL ON UPDATE CASCADE",
                                       "DEFERRABLE INITIALLY DEFERRED")))
            if target.kind == "unlogged" and table.kind != "unlogged":
                ref.declared = False
            for col in cols:
                col.ref = ref
            table.cols += cols
            table.refs.append(ref)

    def create_foreign(self, table):
        """A table behind postgres_fdw, which leads back to this database."""
        remote = quote(table.name.strip('"') + "_remote")
        lines = Seq(", ", [self.column_ddl(table, c) for c in table.cols])
        self.ddl += [Node(text) for text in FOREIGN_DDL]
        self.ddl += [Node(f"CREATE TABLE {remote} (", lines, ", PRIMARY KEY (", names(table.key), "))"),
                     Node(f"CREATE FOREIGN TABLE {table.name} (", lines, ") SERVER fuzz_loopback "
                          f"OPTIONS (schema_name 'fz', table_name '{remote.strip(chr(34))}')")]

    def create(self, table):
        rng = self.rng
        if table.kind == "foreign":
            return self.create_foreign(table)
        lines = [self.column_ddl(table, c) for c in table.cols]
        if rng.random() < 0.2:
            lines.insert(rng.randint(0, len(lines)), "gone integer")
        keys = ", ".join(str(c.name) for c in table.key)
        lines.append(f"PRIMARY KEY ({keys})")
        for ref in table.refs:
            if ref.declared:
                own = ", ".join(str(c.name) for c in ref.cols)
                lines.append(Node(f"FOREIGN KEY ({own}) REFERENCES {ref.table.name} {ref.rule}"))
        if table.kind == "inherited":
            lines.append(f"CHECK ({table.key[0].name} % 2 = 0) NO INHERIT")
        tail = ""
        if table.kind == "partitioned":
            method = rng.choice(("HASH", "RANGE"))
            tail = f" PARTITION BY {method} ({table.key[0].name})"
        head = "CREATE UNLOGGED TABLE" if table.kind == "unlogged" else "CREATE TABLE"
        self.ddl.append(Node(head, f" {table.name} (", Seq(", ", lines), ")", tail))
        if "gone integer" in lines:
            self.ddl.append(Node(f"ALTER TABLE {table.name} DROP COLUMN gone"))
        if table.kind == "partitioned":
            self.create_partitions(table, method)
        if table.kind == "inherited":
            self.create_heir(table)
        for col in table.cols:
            if rng.random() < (0.5 if col.ref else 0.15) and col.type.ordered and col not in table.key:
                self.ddl.append(Node(f"CREATE INDEX ON {table.name} ({col.name})"))

    def column_ddl(self, table, col):
        tail = f" GENERATED ALWAYS AS ({col.generated}) STORED" if col.generated else ""
        if col.unique:
            tail = " UNIQUE DEFERRABLE"
        return Cell(col, f"{col.name} {col.type.ddl()}{tail}")

    def create_partitions(self, table, method):
        base = table.name.strip('"').replace(" ", "_").lower()
        bounds = {"HASH": ("FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                           "FOR VALUES WITH (MODULUS 2, REMAINDER 1)"),
                  "RANGE": ("FOR VALUES FROM (MINVALUE) TO (4)", "DEFAULT")}[method]
        for n, bound in enumerate(bounds):
            leaf = quote(f"{base}_p{n}")
            table.children.append(leaf)
            table.bounds[leaf] = bound
            if n == 1 and not any(c.generated for c in table.cols) and self.rng.random() < 0.6:
                self.attach_reordered(table, leaf, bound)
            else:
                self.ddl.append(Node(f"CREATE TABLE {leaf} PARTITION OF {table.name} {bound}"))

    def attach_reordered(self, table, leaf, bound):
        """A partition whose columns stand in another order, after a dropped one."""
        cols = [Cell(c, f"{c.name} {c.type.ddl()}{'' if c.nullable else ' NOT NULL'}") for c in reversed(table.cols)]
        self.ddl += [Node(f"CREATE TABLE {leaf} (gone text, ", Seq(", ", cols), ")"),
                     Node(f"ALTER TABLE {leaf} DROP COLUMN gone"),
                     Node(f"ALTER TABLE {table.name} ATTACH PARTITION {leaf} {bound}")]

    def create_heir(self, table):
        heir = quote(table.name.strip('"').replace(" ", "_").lower() + "_heir")
        key = table.key[0].name
        table.children.append(heir)
        self.ddl.append(Node(f"CREATE TABLE {heir} (extra text, PRIMARY KEY ({key}), "
                             f"CHECK ({key} % 2 = 1)) INHERITS ({table.name})"))

    def add_triggers(self):
        """User triggers that change the row itself or write another table."""
        rng = self.rng
        if rng.random() < 0.25:
            table = rng.choice(self.tables)
            body = "IF NEW.l1 = 3 THEN NEW.l1 := 4; END IF; RETURN NEW;"
            self.trigger("before_row", table, "BEFORE INSERT OR UPDATE", "EACH ROW", body)
        if rng.random() < 0.25:
            table, other = rng.choice(self.tables), rng.choice(self.tables)
            body = (f"IF pg_trigger_depth() < 2 THEN UPDATE {other.name} SET l1 = coalesce(l1, 0) % 7 + 1 "
                    "WHERE l1 IN (2, 5); END IF; RETURN NULL;")
            level = rng.choice(("EACH ROW", "EACH STATEMENT"))
            self.trigger("writes_other", table, "AFTER INSERT OR UPDATE OR DELETE", level, body)

    def trigger(self, name, table, when, level, body):
        self.ddl.append(Node(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                             f"$$ BEGIN {body} END $$"))
        self.used[f"trigger: {name}"] += 1
        self.ddl.append(Node(f"CREATE TRIGGER {name} {when} ON {table.name} FOR {level} "
                             f"EXECUTE FUNCTION {name}()"))

    def add_functions(self):
        """A function for each table that counts its rows; renames of the table do not break it."""
        for table in self.tables:
            self.ddl.append(Node(f"CREATE FUNCTION {table.counter()}(integer) RETURNS integer LANGUAGE sql STABLE "
                                 f"RETURN (SELECT count(*)::integer FROM {table.name} t WHERE t.l1 = $1)"))

    def add_rows(self):
        """Five to twenty rows a table, parents first, keys made distinct here."""
        keys = {}
        for table in self.tables:
            rows, seen = [], set()
            keys[id(table)] = []
            for _ in range(self.rng.randint(6, 20)):
                row = self.row(table, keys)
                key = tuple(row[id(c)] for c in table.key)
                value = tuple(normal(v) for v in key)
                if value not in seen and self.fits(table, value):
                    seen.add(value)
                    rows.append(row)
                    keys[id(table)].append(key)
            cols = table.writable()
            if rows:
                cells = [Seq(", ", [Cell(c, r[id(c)]) for c in cols], least=len(cols)) for r in rows]
                self.ddl.append(Node(f"INSERT INTO {table.name} (", names(cols), ") VALUES\n  ",
                                     Seq(",\n  ", [Node("(", c, ")") for c in cells])))

    def fits(self, table, value):
        return table.kind != "inherited" or int(value[0]) % 2 == 0

    def row(self, table, keys):
        rng = self.rng
        row = {id(c): c.type.literal(rng, 0.2 if c.nullable else 0) for c in table.writable()}
        for col in table.writable():
            if col.unique:
                self.serial += 1
                row[id(col)] = f"{self.serial}::integer"
        for ref in table.refs:
            present = keys.get(id(ref.table), [])
            if ref.declared or rng.random() < 0.5:
                whole = rng.choice(present) if present and rng.random() < 0.8 else None
                for n, col in enumerate(ref.cols):
                    row[id(col)] = whole[n] if whole else f"NULL::{col.type.sql}"
        return row


def names(cols):
    return Seq(", ", [Cell(c, c.name) for c in cols], least=len(cols))


def normal(literal):
    """The value of a literal, such that equal numbers compare equal."""
    value = literal.split("::")[0]
    try:
        return repr(float(value)) if "." in value else repr(int(value))
    except ValueError:
        return value
