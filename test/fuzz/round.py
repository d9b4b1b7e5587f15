"""One round: a schema, its tviews and transactions, run against a server and compared.

run() sends every step as psql would: an error of the statement's own leaves the
transaction aborted, and the steps up to its end are then ignored.
"""

import io
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INERROR

from . import oracle
from .ddl import change_definitions
from .definition import Definitions
from .policy import Policies
from .schema import TYPE_DDL, Schema
from .sql import Node
from .step import Step
from .transaction import Transactions

SETTINGS = ((0.1, "SET pg_tviews.refresh = 'immediate'"), (0.1, "SET pg_tviews.dirty_limit = '64kB'"),
            (0.1, "SET plan_cache_mode = force_generic_plan"), (0.1, "SET enable_seqscan = off"))
OWN_ERRORS = {"23505", "23503", "23514", "23502", "23001", "25P02", "55006", "3B001", "42704"}
OWN_MESSAGES = re.compile("cannot affect row a second time|invalid ON UPDATE specification|"
                          "moving row to another partition during a BEFORE|could no longer be traced|row security of table .* is forced upon|cannot PREPARE a transaction that has operated on")
RECOMPUTING = re.compile(r"\bTRUNCATE\b|^ALTER |\bPOLICY\b|pg_tviews_refresh")
USER_TRIGGER = re.compile(r"function (writes_other|before_row)\(\)")
REFUSED = {"0A000", "42P17"}


@dataclass
class Failure:
    """What went wrong; `same` decides whether a smaller script fails in the same way."""

    kind: str
    text: str
    where: str = ""
    at: int = 0

    def signature(self):
        if self.kind in ("difference", "silent recompute"):
            return self.kind
        line = self.text.splitlines()[0] if self.text else ""
        if line.startswith("42"):  # names tell these errors apart
            return self.kind, line
        return self.kind, re.sub(r'"[^"]*"|\d+', "?", line)


@dataclass
class Outcome:
    failure: Failure = None
    refused: list = field(default_factory=list)
    created: list = field(default_factory=list)
    transactions: int = 0
    comparisons: int = 0
    keyed: int = 0  # comparisons of tviews that are traced by key
    slow: bool = False
    own_errors: int = 0


class Round:
    """The steps that a seed stands for, grouped by transaction."""

    def __init__(self, seed):
        rng = random.Random(seed)
        self.seed = seed
        self.watch = rng.random() < 0.2
        self.schema = Schema(rng)
        self.policies = self.protect(rng)
        self.definitions = Definitions(rng, self.schema, self.policies)
        self.definitions.populate()
        self.items = self.definitions.items
        self.tviews = [i for i in self.items if i.kind == "tview"]
        self.transactions = Transactions(rng, self.schema, self.tviews)
        self.transactions.policies = self.policies
        self.groups = [[Step("ddl", Node(t)) for t in TYPE_DDL], [Step("ddl", n) for n in self.schema.ddl]]
        self.groups.append([Step("ddl", Node(s)) for share, s in SETTINGS if rng.random() < share])
        self.groups += [[Step(i.kind, None, item=i)] for i in self.items]
        for _ in range(rng.randint(15, 30)):
            make = change_definitions if rng.random() < (0.12 if self.policies else 0.03) else Transactions.transaction
            self.groups.append(make(self.transactions))

    def protect(self, rng):
        """In some rounds the owner of the tviews sees what policies let him see."""
        if rng.random() >= 0.15 or any(t.kind == "foreign" for t in self.schema.tables):
            return None
        policies = Policies(rng, self.schema)
        self.schema.ddl += policies.ddl()
        return policies

    def used(self):
        """How often each construct is in the round, whether the server took it or not."""
        makers = [self.schema.used, self.definitions.used, self.transactions.used]
        return sum(makers, self.policies.used if self.policies else Counter())

    def steps(self):
        return [step for group in self.groups for step in group]


class Runner:
    """Runs steps on one connection in a schema of their own."""

    def __init__(self, dsn, dry=False, check_keys=False):
        self.dsn = dsn
        self.dry = dry
        self.check_keys = check_keys or dry
        self.strict = False  # whether a refusal is a failure
        self.watch = False  # whether rows that do not change are written
        self.connection = None
        self.at = 0

    def connect(self):
        if self.connection is None or self.connection.closed:
            self.connection = self.patiently_connect()
            self.connection.autocommit = True
        return self.connection

    def patiently_connect(self):
        """After a crash the server needs a while to recover."""
        for attempt in range(300):
            try:
                return psycopg2.connect(
                    self.dsn, options="-c timezone=UTC -c jit=off -c statement_timeout=10s "
                                      "-c client_min_messages=error -c lock_timeout=5s")
            except psycopg2.OperationalError:
                if attempt == 299:
                    raise
                time.sleep(0.1)

    def reset(self):
        """A new backend next time, so that no cache survives."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def run(self, steps, schema="fz", keep=False):
        """Run the steps; the schema is dropped before, and after unless it is to be kept."""
        self.outcome = Outcome()
        self.live, self.settings = [], []
        self.gone = set()
        self.watching, self.versions, self.quiet = self.watch, None, False
        self.recomputes, self.may_recompute, self.limited = {}, False, False
        try:
            cursor = self.connect().cursor()
            self.clear(cursor, schema)
            cursor.execute(f"CREATE SCHEMA {schema}")
            cursor.execute(f"SET search_path = {schema}, public")
            for at, step in enumerate(steps):
                self.at = at
                self.one(cursor, step)
                if self.outcome.failure or self.outcome.slow:
                    break
            if not self.outcome.failure and not keep:
                self.at = len(steps)
                self.clear(cursor, schema)
        except psycopg2.Error as error:
            self.fail_with(error, "", "error outside a step")
        return self.outcome

    def clear(self, cursor, schema):
        if self.connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
            cursor.execute("ROLLBACK")
        cursor.execute("SELECT 1 FROM pg_prepared_xacts WHERE gid = 'fuzz'")
        if cursor.fetchone():
            cursor.execute("ROLLBACK PREPARED 'fuzz'")
        cursor.execute("RESET ALL")
        cursor.execute("SET search_path = public")
        cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")

    # ---- steps

    def one(self, cursor, step):
        if step.kind in ("view", "tview"):
            return self.create(cursor, step.item)
        text = str(step.sql)
        if step.kind not in ("begin", "sql", "end") or text.startswith("ALTER"):
            self.quiet = False
        if "pg_tviews." in text:
            self.watching = False
            self.limited = self.limited or "dirty_limit" in text
        if step.kind in ("ddl", "tviewddl") or RECOMPUTING.search(text):
            self.may_recompute = True
        if step.reads in self.gone or step.kind == "tviewddl" and self.dry:
            return
        try:
            shown = self.send(cursor, step, self.dry)
        except psycopg2.Error as error:
            return self.statement_error(error, step)
        if text.startswith("SET LOCAL") and " ROLE " not in text:
            self.settings.append(text)
        if step.kind == "copyout" and not self.dry and not self.settings:
            self.compare_copy(cursor, step, shown)
        if not self.outcome.failure:
            self.after(cursor, step)

    @staticmethod
    def send(cursor, step, dry=False):
        """Returns the lines that COPY TO printed."""
        text, output = str(step.sql), io.BytesIO()
        if step.kind == "copy":
            cursor.copy_expert(text, Stream(str(step.data) + "\n"))
        elif step.kind == "copyout":
            cursor.copy_expert(text.replace(step.reads, f"(TABLE {step.reads})") if dry else text, output)
        else:
            cursor.execute(text)
        return output.getvalue().decode().splitlines()

    def after(self, cursor, step):
        """Compare after commits and after reads, where the transaction is in order."""
        status = self.connection.info.transaction_status
        if status == TRANSACTION_STATUS_IDLE:
            self.settings = []
            if step.kind not in ("ddl", "prepare"):
                self.outcome.transactions += 1
                self.compare(cursor, step)
        elif step.kind in ("read", "copyout") and status != TRANSACTION_STATUS_INERROR:
            for text in self.settings:
                cursor.execute(text.split(" = ")[0] + " TO DEFAULT")
            if not self.dry:
                self.compare_alone(cursor, step)
            if not self.outcome.failure:
                self.compare(cursor, step)
            for text in self.settings:
                cursor.execute(text)

    def create(self, cursor, item):
        texts = [str(n) for n in item.create(self.dry)]
        text = ";\n".join(texts)
        if any(name in text for name in self.gone for text in texts):
            self.gone |= {item.name, item.view()}
            return
        try:
            for statement in texts:
                cursor.execute(statement)
        except psycopg2.Error as error:
            cursor.execute("RESET ROLE")
            if error.pgcode in REFUSED and item.kind == "tview":
                self.gone |= {item.name, item.view()}
                item.refused = str(error)
                self.outcome.refused.append((item, refusal(error.diag)))
                if self.strict:
                    self.outcome.failure = Failure("refusal", refusal(error.diag), text, self.at)
                return
            self.fail_with(error, text, "error at creation")
            return
        if item.kind == "tview":
            cursor.execute("SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass "
                           "AND attnum > 0 ORDER BY attnum", (item.view(),))
            item.columns = [name for name, in cursor.fetchall()]
            item.by_key = not self.dry and oracle.traced_by_key(cursor, item)
            self.live.append(item)
            self.outcome.created.append(item)
            self.compare(cursor, Step("tview", Node(text)))

    def compare(self, cursor, step):
        if not self.live:
            return
        self.outcome.comparisons += 1
        try:
            if self.check_keys:
                cursor.execute(oracle.key_fault(self.live))
                self.judge("faulty key", cursor.fetchall(), step)
            if not self.outcome.failure:
                cursor.execute(oracle.comparison(self.live))
                self.judge("difference", cursor.fetchall(), step)
            if not self.dry and not self.outcome.failure:
                self.compare_recomputes(cursor, step)
            if self.watching and not self.dry and not self.outcome.failure and not self.reads_foreign(cursor):
                self.compare_versions(cursor, step)
        except psycopg2.Error as error:
            self.fail_with(error, str(step.sql), "error in a comparison")

    def compare_copy(self, cursor, step, shown):
        """COPY does not go through the executor: what did it print?"""
        for item in self.live:
            if item.name == step.reads:
                output = io.BytesIO()
                cursor.copy_expert(f"COPY (SELECT {', '.join(item.columns)} FROM {item.view()}) TO STDOUT", output)
                have = ("\t".join(line.split("\t")[:len(item.columns)]) for line in shown)
                self.compare_lists(item, have, output.getvalue().decode().splitlines(), step)

    def compare_alone(self, cursor, step):
        """What does a query see that reads nothing but the tview, so that nothing else asks for a flush?"""
        for item in self.live:
            if item.name == step.reads:
                cursor.execute(oracle.images(item, item.name))
                have = [image for image, in cursor.fetchall()]
                cursor.execute(oracle.images(item, item.view()))
                self.compare_lists(item, have, [image for image, in cursor.fetchall()], step)

    def compare_lists(self, item, have, want, step):
        have, want = Counter(have), Counter(want)
        rows = [(item.name, "stale", image) for image in (have - want).elements()]
        self.judge("difference", rows + [(item.name, "missing", image) for image in (want - have).elements()], step)

    def judge(self, kind, rows, step):
        if rows:
            text = "\n".join(f"{name}: {side}: {image}" for name, side, image in rows[:10])
            self.outcome.failure = Failure(kind, text, str(step.sql or ""), self.at)

    def compare_recomputes(self, cursor, step):
        """A tview that is traced by key, as the engine says, is not recomputed as a whole unasked."""
        cursor.execute(oracle.RECOMPUTES)
        now = dict(cursor.fetchall())
        keyed = [item.name for item in self.live if item.by_key]
        if not self.may_recompute and not self.limited:
            silent = [(name, "recomputed as a whole", "though traced by key") for name in keyed
                      if now[name.strip('"')] > self.recomputes.get(name.strip('"'), 0)]
            self.judge("silent recompute", silent, step)
        self.outcome.keyed += len(keyed)
        self.recomputes = now
        if self.connection.info.transaction_status == TRANSACTION_STATUS_IDLE and self.may_recompute:
            self.may_recompute = False
            for item in self.live:  # another policy may have changed it
                item.by_key = oracle.traced_by_key(cursor, item)

    def reads_foreign(self, cursor):
        """Tviews over foreign tables are refreshed at each statement: a value may come and go."""
        cursor.execute("SELECT EXISTS (SELECT FROM pg_class WHERE relkind = 'f')")
        return cursor.fetchone()[0]

    def compare_versions(self, cursor, step):
        """After a transaction that was flushed once, unchanged rows are the same row versions."""
        if self.connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
            return
        cursor.execute(oracle.versions(self.live))
        now = {(name, image): place for name, image, place in cursor.fetchall()}
        if self.versions is not None and self.quiet:
            moved = [(*key, place) for key, place in now.items() if self.versions.get(key, place) != place]
            self.judge("written without need", moved, step)
        self.versions, self.quiet = now, True

    # ---- errors

    def statement_error(self, error, step):
        if error.pgcode == "57014":
            self.outcome.slow = True
            return
        self.outcome.failure = self.judge_error(error, step)
        self.outcome.own_errors += self.outcome.failure is None

    def judge_error(self, error, step):
        """None for an error that is the statement's own doing."""
        if error.pgcode in OWN_ERRORS and not self.ours(error):
            return None
        if error.pgcode == "55006" and (step.kind == "tviewddl" or str(step.sql).startswith("ALTER")):  # deferred foreign keys wait for their check
            return None
        if error.pgcode in ("42P01", "42703") and USER_TRIGGER.search(str(error)):
            return None  # its table or column has another name for now
        if error.pgcode in ("21000", "0A000") and OWN_MESSAGES.search(str(error)):
            return None
        return self.failure(error, str(step.sql), "error")

    def ours(self, error):
        """Whether the error came out of a tview rather than a base table."""
        names = {item.name.strip('"') for item in self.live}
        return error.diag.table_name in names or "tview" in str(error)

    def fail_with(self, error, text, kind):
        if error.pgcode == "57014":
            self.outcome.slow = True
            return
        self.outcome.failure = self.failure(error, text, kind)

    def failure(self, error, text, kind):
        if error.pgcode is None or error.pgcode == "57P02":
            kind = "crash"
        if error.pgcode == "XX000":
            kind = "internal error"
        return Failure(kind, f"{error.pgcode}: {error}".strip(), text, self.at)


def refusal(diag):
    """A refusal's message and detail, without names."""
    text = diag.message_primary + (": " + diag.message_detail if diag.message_detail else "")
    return re.sub(r'"[^"]*"', "?", text)


class Stream:
    """What COPY FROM reads."""

    def __init__(self, text):
        self.data = text.encode()

    def read(self, size=8192):
        chunk, self.data = self.data[:size], self.data[size:]
        return chunk
