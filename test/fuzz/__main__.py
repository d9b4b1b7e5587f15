"""Command line: python3 -m fuzz [--seed N] [--seconds N | --rounds N] [--dry]."""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter

from .round import Round, Runner
from .shrink import Shrinker, script


def arguments():
    parser = argparse.ArgumentParser(prog="fuzz", description="Compare tviews with their definitions.")
    parser.add_argument("--seed", type=int, default=None, help="of the first round; later ones count up")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=None, help="stop after this many rounds")
    parser.add_argument("--dsn", default="", help="of the server; the environment's by default")
    parser.add_argument("--dry", action="store_true", help="plain views: test the generator itself")
    parser.add_argument("--keep-going", action="store_true", help="report failures and go on")
    parser.add_argument("--out", default=tempfile.gettempdir(), help="where scripts of failures go")
    parser.add_argument("--shrink", type=float, default=90, help="seconds to spend on making one small")
    parser.add_argument("--coverage", action="store_true", help="print how often each construct was used")
    return parser.parse_args()


def main():
    args = arguments()
    seed = random.SystemRandom().randrange(10**9) if args.seed is None else args.seed
    print(f"fuzz: seed {seed}", flush=True)
    runner = Runner(args.dsn, args.dry)
    start, rounds, total, refusals, used = time.time(), 0, Counter(), Counter(), Counter()
    failed = 0
    while (rounds < args.rounds) if args.rounds else (time.time() - start < args.seconds):
        round_ = Round(seed + rounds)
        outcome = runner.run(round_.steps())
        rounds += 1
        total.update(rounds=1, definitions=len(outcome.created), transactions=outcome.transactions,
                     comparisons=outcome.comparisons, slow=outcome.slow, refused=len(outcome.refused),
                     own_errors=outcome.own_errors)
        refusals.update(message for _, message in outcome.refused)
        for item in outcome.created:
            used.update(item.constructs)
        used.update(round_.transactions.used)
        if outcome.failure:
            failed += 1
            report(runner, round_, outcome.failure, args)
            runner.reset()
            if not args.keep_going:
                break
        if rounds % 20 == 0:
            runner.reset()
    summary(total, refusals, used if args.coverage else {}, time.time() - start)
    sys.exit(1 if failed else 0)


def report(runner, round_, failure, args):
    """Say what failed, shrink it and write the script."""
    print(f"\nseed {round_.seed}: {failure.kind}\n{failure.text}\nafter: {failure.where}", flush=True)
    path = os.path.join(args.out, f"fuzz-{round_.seed}.sql")
    whole = script(round_.seed, round_.steps()[: failure.at + 1], failure, runner)
    shrinker = Shrinker(runner, round_, failure, args.shrink)
    if args.shrink and shrinker.shrink():
        whole = shrinker.script()
        print(f"shrunk in {shrinker.attempts} attempts")
    else:
        print("not shrunk: it did not fail again on a new connection" if args.shrink else "not shrunk")
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
