"""Several clients at once: short bursts of random transactions, compared when all are done.

The rows before each burst are remembered, so that a failing burst can be tried again,
made smaller and printed as setup, rows and the statements in the order they started.
Deadlocks, serialization failures and timeouts are allowed outcomes of a transaction.
"""

import random
import threading
import time
from collections import Counter

import psycopg2

from .oracle import comparison
from .round import Failure, Round, Runner
from .sql import Cell, Node, Seq
from .schema import names
from .shrink import Shrinker
from .step import Step

RETRIED = {"40P01": "deadlocks", "40001": "serialization failures", "55P03": "lock timeouts",
           "57014": "statement timeouts"}
OPTIONS = ("-c timezone=UTC -c jit=off -c statement_timeout=20s -c lock_timeout=4s -c deadlock_timeout=100ms "
           "-c client_min_messages=error -c search_path=fz,public")
TRIES = 12  # of a burst, before it counts as not failing


class Client(threading.Thread):
    """Runs its transactions on its own connection with small random pauses."""

    verbose = False

    def __init__(self, runner, connection, number, steps, log):
        super().__init__(daemon=True)
        self.runner, self.connection, self.number = runner, connection, number
        self.steps, self.log = steps, log
        self.rng = random.Random()
        self.failure = None
        self.counts = Counter()

    def run(self):
        try:
            cursor = self.connection.cursor()
            for step in self.steps:
                self.one(cursor, step)
                if self.failure:
                    return
            cursor.execute("ROLLBACK")  # a warning where nothing is open
        except psycopg2.Error as error:
            self.failure = Failure("crash", f"{error.pgcode}: {error}")

    def one(self, cursor, step):
        if self.rng.random() < 0.6:
            time.sleep(self.rng.random() * 0.006)
        started = time.time()
        result = self.send(cursor, step)
        self.log.append((started, time.time(), step, result))
        self.counts["transactions"] += step.kind == "end"

    def send(self, cursor, step):
        """The outcome of a step if it was not success."""
        try:
            Runner.send(cursor, step)
            return ""
        except psycopg2.Error as error:
            if error.pgcode in RETRIED:
                ours = "tview" in str(error.diag.context) or "advisory" in str(error)
                at = " in maintenance" if ours else ""
                self.counts[RETRIED[error.pgcode] + at] += 1
                if at and self.verbose:
                    print(f"{step.sql}\n{error}", flush=True)
                return RETRIED[error.pgcode]
            self.failure = self.runner.judge_error(error, step)
            return self.failure.text if self.failure else "an error of its own"


class Crowd:
    """Runs scripts whose steps belong to clients, or to nobody: those come first."""

    dry = False

    def __init__(self, dsn, clients):
        self.dsn, self.clients = dsn, clients
        self.runner = Runner(dsn)
        self.connections = []
        self.counts = Counter()
        self.log = []

    def reset(self):
        """Nothing: new schemas come often enough."""

    def close(self):
        for connection in self.connections:
            connection.close()
        self.runner.reset()

    def connect(self):
        while len(self.connections) < self.clients:
            connection = psycopg2.connect(self.dsn, options=OPTIONS)
            connection.autocommit = True
            self.connections.append(connection)

    def run(self, steps):
        """Try a whole script several times; the outcome of the first failure, or of the last try."""
        for _ in range(TRIES):
            outcome = self.runner.run([s for s in steps if s.client is None], keep=True)
            if not outcome.failure and not outcome.slow:
                outcome.failure = self.burst([s for s in steps if s.client is not None])
            if outcome.failure:
                break
        return outcome

    def burst(self, steps):
        """The clients' steps at once, then the comparison; a failure or None."""
        self.connect()
        self.log = []
        clients = [Client(self.runner, c, n, [s for s in steps if s.client == n], self.log)
                   for n, c in enumerate(self.connections)]
        for client in clients:
            client.start()
        for client in clients:
            client.join(120)
        for client in clients:
            self.counts.update(client.counts)
            if client.is_alive():
                return Failure("hang", f"client {client.number} did not come back")
            if client.failure:
                return client.failure
        return self.compare()

    def compare(self):
        self.runner.outcome.failure = None
        self.runner.compare(self.runner.connect().cursor(), Step("end", "a burst"))
        return self.runner.outcome.failure


def rows(cursor, tables):
    """Steps that bring back the rows which the tables have now."""
    steps = [Step("ddl", "SET session_replication_role = replica")]
    for table in tables:
        cols = table.writable()
        images = ", ".join(f"quote_nullable({c.name}::text)" for c in cols)
        heirs = table.children if table.kind == "inherited" else []
        for name in [table.name] + heirs:
            cursor.execute(f"SELECT {images} FROM {'ONLY ' if heirs else ''}{name}")
            found = [Node("(", Seq(", ", [Cell(c, v) for c, v in zip(cols, row)], len(cols)), ")")
                     for row in cursor.fetchall()]
            if found:
                steps.append(Step("ddl", Node(f"INSERT INTO {name} (", names(cols), ") VALUES\n  ",
                                              Seq(",\n  ", found))))
    return steps + [Step("ddl", "RESET session_replication_role")]


def transactions(make, rng, clients):
    """Groups of steps: one or two transactions for each client."""
    make.gentle = True
    groups = []
    for client in range(clients):
        for _ in range(rng.choice((1, 1, 2))):
            group = make.transaction()
            for step in group:
                step.client = client
            groups.append(group)
    return groups


def session(args, seed, counts):
    """One schema, many bursts; (failure, script) or None."""
    round_, rng = Round(seed), random.Random(seed)
    Client.verbose = args.verbose
    if any(t.kind == "foreign" for t in round_.schema.tables):
        return None  # a lock held through another connection makes deadlocks that nobody sees
    crowd = Crowd(args.dsn, args.clients)
    setup = [g for g in round_.groups if all(s.kind in ("ddl", "view", "tview") for s in g)]
    try:
        outcome = crowd.runner.run([s for g in setup for s in g], keep=True)
        counts.update(rounds=1, definitions=len(outcome.created), refused=len(outcome.refused))
        if outcome.failure or outcome.slow:
            return None  # the other mode reports it
        round_.transactions.tviews = outcome.created
        for _ in range(args.bursts):
            before = rows(crowd.runner.connect().cursor(), round_.schema.tables)
            groups = transactions(round_.transactions, rng, args.clients)
            failure = crowd.burst([s for g in groups for s in g])
            counts["bursts"] += 1
            if failure:
                return failure, report(crowd, round_, failure, setup, before, groups, args.shrink)
        return None
    finally:
        counts.update(crowd.counts)
        crowd.close()


def report(crowd, round_, failure, setup, before, groups, seconds):
    """A script of the failure, shrunk where it fails again."""
    log = crowd.log
    tables = [[s] for g in setup for s in g if s.item is None and not str(s.sql).startswith("INSERT")]
    whole = tables + [[s] for s in before] + [g for g in setup if g and g[0].item] + groups
    shrinker = Shrinker(crowd, whole, round_.schema.tables, failure, seconds)
    steps = shrinker.shrink() if seconds else None
    if steps is None:
        steps = [s for g in whole for s in g]
    else:
        log, failure = crowd.log, shrinker.failure
    return script(round_.seed, steps, failure, log)


def script(seed, steps, failure, log):
    lines = [f"-- seed {seed}, several clients: {failure.kind}"]
    lines += ["--   " + line for line in failure.text.splitlines()]
    lines += ["CREATE EXTENSION IF NOT EXISTS pg_tviews;", "DROP SCHEMA IF EXISTS fz CASCADE;", "CREATE SCHEMA fz;",
              "SET search_path = fz, public;"]
    items = [s.item for s in steps if s.kind == "tview" and s.item.columns]
    for step in steps:
        if step.item:
            lines += [f"{node};" for node in step.item.create()]
        elif step.client is None:
            lines.append(step.script())
    start = min((entry[0] for entry in log), default=0)
    for began, ended, step, result in sorted(log, key=lambda entry: entry[0]):
        note = f", {result}" if result else ""
        lines.append(f"-- client {step.client}, {1000 * (began - start):.1f} to {1000 * (ended - start):.1f} ms{note}")
        lines.append(step.script())
    lines += ["-- expected: no rows", comparison(items) + ";"] if items else []
    return "\n".join(lines) + "\n"
