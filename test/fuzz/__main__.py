"""Command line: python3 -m fuzz [--seed N] [--seconds N | --rounds N] [--dry]; a line "ok" for each check."""

import argparse
import math
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter

from .concurrent import session
from .constructs import required
from .round import Round, Runner
from .shrink import Shrinker, script

LEAST = 100  # definitions, before the share of refused ones says anything
REFUSED = 0.02  # the largest share that is no failure
PATIENCE = 10  # how much longer than asked a run may take to make them


def arguments():
    parser = argparse.ArgumentParser(prog="fuzz", description="Compare tviews with their definitions.")
    parser.add_argument("--seed", type=int, default=None, help="of the first round; later ones count up")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=None, help="stop after this many rounds")
    parser.add_argument("--step", type=int, default=1, help="from one round's seed to the next")
    parser.add_argument("--using", help="only rounds that use a construct which matches this pattern")
    parser.add_argument("--clients", type=int, default=0, help="several connections at once")
    parser.add_argument("--bursts", type=int, default=40, help="of transactions a round, with --clients")
    parser.add_argument("--dsn", default="", help="of the server; the environment's by default")
    parser.add_argument("--dry", action="store_true", help="plain views: test the generator itself")
    parser.add_argument("--keep-going", action="store_true", help="report failures and go on")
    parser.add_argument("--out", default=tempfile.gettempdir(), help="where scripts of failures go")
    parser.add_argument("--shrink", type=float, default=90, help="seconds to spend on making one small")
    parser.add_argument("--strict", action="store_true", help="a refusal is a failure")
    parser.add_argument("--verbose", action="store_true", help="with --clients: print what maintenance had to retry")
    parser.add_argument("--known", help="count failures that match this pattern, and go on")
    parser.add_argument("--refused", action="store_true", help="print refused definitions")
    parser.add_argument("--constructs", action="store_true", help="no server: is everything made within --rounds?")
    parser.add_argument("--coverage", action="store_true", help="print how often each construct was used")
    return parser.parse_args()


def main():
    args = arguments()
    seed = random.SystemRandom().randrange(10**9) if args.seed is None else args.seed
    print(f"fuzz: seed {seed}", flush=True)
    if args.constructs:
        sys.exit(missing_constructs(seed, args.rounds or 1000))
    sys.exit(many_clients(args, seed) if args.clients else one_client(args, seed))


def missing_constructs(first, rounds):
    """Make rounds until each construct of the list was there; the exit status."""
    missing, tried = set(required()), 0
    while missing and tried < rounds:
        missing -= set(Round(first + tried).used())
        tried += 1
    for name in sorted(missing):
        print(f"never made: {name}")
    print(f"{'not ok' if missing else 'ok'} 1 - the generator makes each of {len(required())} constructs ({tried} rounds)")
    return 1 if missing else 0


def seeds(args, first, total):
    """Seeds until the rounds are used up, or the time and there are enough definitions to judge."""
    start, done, seed = time.time(), 0, first
    while done < args.rounds if args.rounds else unfinished(args, time.time() - start, total):
        if not args.using or uses(Round(seed), args.using):
            yield seed
            done += 1
        elif seed - first > 10000 and not done:
            sys.exit(f"no round uses {args.using}")
        seed += args.step


def uses(round_, pattern):
    """Whether a construct or a kind of table in the round matches."""
    constructs = [f"{table.kind} table" for table in round_.schema.tables] + list(round_.used())
    return any(re.search(pattern, construct) for construct in constructs)


def unfinished(args, elapsed, total):
    return elapsed < args.seconds or (asked(total) < LEAST and elapsed < PATIENCE * args.seconds)


def asked(total):
    """The definitions that were asked for."""
    return total["definitions"] + total["refused"]


def one_client(args, first):
    """Rounds of transactions one after another; the exit status."""
    runner = Runner(args.dsn, args.dry)
    runner.strict = args.strict
    start, total, refusals, used = time.time(), Counter(), Counter(), Counter()
    failed, kinds = 0, Counter()
    for seed in seeds(args, first, total):
        round_ = Round(seed)
        runner.watch = round_.watch
        outcome = runner.run(round_.steps())
        total.update(rounds=1, definitions=len(outcome.created), transactions=outcome.transactions,
                     comparisons=outcome.comparisons, keyed=outcome.keyed, slow=outcome.slow, refused=len(outcome.refused),
                     own_errors=outcome.own_errors)
        refusals.update(message for _, message in outcome.refused)
        if args.refused:
            for item, message in outcome.refused:
                read = [i for i in round_.items if i.view() in str(item.query.text) or i.name in str(item.query.text)]
                texts = [str(i.create()[0]) for i in read + [item]]
                print(f"\nseed {seed}: {message}\n{item.refused}\n" + "\n".join(texts))
        for item in outcome.created:
            used.update(item.constructs)
        used.update(round_.transactions.used)
        if outcome.failure and args.known and re.search(args.known, outcome.failure.text):
            total["known"] += 1
            runner.reset()
        elif outcome.failure:
            failed += outcome.failure.kind != "silent recompute"
            kinds[outcome.failure.kind] += 1
            report(runner, round_, outcome.failure, args)
            runner.reset()
            if not args.keep_going:
                break
        if total["rounds"] % 20 == 0:
            runner.reset()
    summary(total, refusals, used if args.coverage else {}, time.time() - start)
    return verdict(args, total, [
        (not failed, f"no difference and no error of the engine in {total['rounds']} rounds"),
        (kinds["silent recompute"] == 0, f"no tview traced by key was recomputed in {total['keyed']} comparisons")])


def most_refused(count):
    """So many of this number may be refused; chance makes more of the share in two of a hundred short runs."""
    return REFUSED * count + 2 * math.sqrt(REFUSED * count)


def verdict(args, total, checks):
    """Print what was checked, one line each; the exit status."""
    if asked(total) >= LEAST:
        checks.append((total["refused"] <= most_refused(asked(total)),
                       f"refused {total['refused']} of {asked(total)} definitions: not more than {REFUSED:.0%}, but for chance"))
    elif not args.rounds and all(passed for passed, _ in checks):
        checks.append((False, f"made {asked(total)} definitions, at least {LEAST}"))
    for n, (passed, text) in enumerate(checks, 1):
        print(f"{'ok' if passed else 'not ok'} {n} - {text}", flush=True)
    return 0 if all(passed for passed, _ in checks) else 1


def many_clients(args, first):
    """Rounds of bursts by several clients; the exit status."""
    start, counts, failed = time.time(), Counter(), 0
    for seed in seeds(args, first, counts):
        found = session(args, seed, counts)
        if found:
            failed += 1
            failure, text = found
            path = os.path.join(args.out, f"fuzz-clients-{seed}.sql")
            print(f"\nseed {seed}: {failure.kind}\n{failure.text}\nscript: {path}", flush=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            if not args.keep_going:
                break
    seconds = time.time() - start
    print(", ".join(f"{count} {name}" for name, count in counts.items()), f"in {seconds:.0f} s")
    return verdict(args, counts, [(not failed, f"no difference and no error of the engine in {counts['bursts']} bursts")])


def report(runner, round_, failure, args):
    """Say what failed, shrink it and write the script."""
    print(f"\nseed {round_.seed}: {failure.kind}\n{failure.text}\nafter: {failure.where}", flush=True)
    path = os.path.join(args.out, f"fuzz-{round_.seed}.sql")
    steps = round_.steps()[: failure.at + 1]
    kept = {id(step) for step in steps}
    groups = [[step for step in group if id(step) in kept] for group in round_.groups]
    shrinker = Shrinker(runner, groups, round_.schema.tables, failure, args.shrink)
    smaller = shrinker.shrink() if args.shrink else None
    if smaller:
        print(f"shrunk in {shrinker.attempts} attempts")
    elif args.shrink:
        print("not shrunk: it did not fail again on a new connection")
    whole = script(round_.seed, smaller or steps, shrinker.failure, runner)
    with open(path, "w", encoding="utf-8") as file:
        file.write(whole)
    if whole.count("\n") < 60:
        print(whole)
    print(f"script: {path}", flush=True)


def summary(total, refusals, used, seconds):
    print(", ".join(f"{count} {name}" for name, count in total.items()),
          f"in {seconds:.0f} s ({total['definitions'] / seconds:.1f} definitions/s, "
          f"{total['transactions'] / seconds:.1f} transactions/s)")
    for message, count in refusals.most_common():
        print(f"  refused {count}: {message}")
    for construct, count in sorted(used.items()):
        print(f"  {count:6d} {construct}")


main()
