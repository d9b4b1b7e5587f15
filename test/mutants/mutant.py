"""The seeded bugs: reads *.txt in this folder, applies one to a copy of the sources.

    mutant.py list                 every mutant: id, what it breaks
    mutant.py check TREE           do all of them still apply to this copy of the sources?
    mutant.py apply ID TREE        plant one
    mutant.py get ID file|breaks|killer

README.md describes the format.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
FIELDS = ("mutant", "file", "breaks", "killer")
KILLERS = ("fuzz", "regress", "isolation", "tap")


class Faulty(Exception):
    """A mutant that cannot be used, and why."""


@dataclass
class Mutant:
    """One bug: lines of a file and what to put in their place."""

    table: str
    fields: dict = field(default_factory=dict)
    before: list = field(default_factory=list)
    after: list = field(default_factory=list)

    def add(self, line):
        """A line of the description; marked as in a patch where it is source text."""
        name, _, value = line.partition(" ")
        if line[0] in " -":
            self.before.append(line[1:])
        if line[0] in " +":
            self.after.append(line[1:])
        if line[0] in " -+":
            return
        if name not in FIELDS:
            raise Faulty(f"{self.table}: what is \"{line}\"?")
        known = self.fields.get(name)
        self.fields[name] = f"{known}\n{value.strip()}" if known else value.strip()

    def check(self):
        for name in FIELDS:
            if not self.fields.get(name):
                raise Faulty(f"{self.table}: {self.fields.get('mutant', 'a mutant')} has no \"{name}\"")
        if not self.fields["file"].endswith(".c"):
            raise Faulty(f"{self.fields['mutant']}: only C files can be built alone")
        if self.before == self.after:
            raise Faulty(f"{self.fields['mutant']}: changes nothing")
        for killer in self.fields["killer"].splitlines():
            if killer.split()[0] not in KILLERS:
                raise Faulty(f"{self.fields['mutant']}: unknown killer \"{killer}\"")

    def planted(self, tree):
        """The path of the file and its text with the bug in it."""
        path = Path(tree, self.fields["file"])
        if not path.exists():
            raise Faulty(f"{self.fields['mutant']} is stale: there is no {self.fields['file']}")
        text = path.read_text(encoding="utf-8")
        old = "".join(line + "\n" for line in self.before)
        found = ("\n" + text).count("\n" + old)
        if found != 1:
            raise Faulty(f"{self.fields['mutant']} is stale: its lines occur {found} times "
                         f"in {self.fields['file']}")
        new = "".join(line + "\n" for line in self.after)
        return path, ("\n" + text).replace("\n" + old, "\n" + new)[1:]


def read_table(path):
    """The mutants of one file; an empty line ends each."""
    mutants, current = [], None
    for line in path.read_text(encoding="utf-8").splitlines() + [""]:
        if line.startswith("#"):
            continue
        if not line:
            current = None
            continue
        if current is None:
            current = Mutant(path.name)
            mutants.append(current)
        current.add(line)
    return mutants


def read_all():
    """All mutants by id."""
    result = {}
    for path in sorted(HERE.glob("*.txt")):
        for mutant in read_table(path):
            mutant.check()
            name = mutant.fields["mutant"]
            if name in result:
                raise Faulty(f"{path.name}: {name} is there twice")
            result[name] = mutant
    return result


def check(mutants, tree):
    """Print what is stale; the exit status."""
    status = 0
    for mutant in mutants.values():
        try:
            mutant.planted(tree)
        except Faulty as fault:
            print(fault)
            status = 1
    if status:
        print("Adapt these mutants to the source (test/mutants/README.md).")
    return status


def main(command, *arguments):
    mutants = read_all()
    if command == "list":
        for name, mutant in mutants.items():
            print(f"{name:32} {mutant.fields['breaks']}")
        return 0
    if command == "check":
        return check(mutants, *arguments)
    if arguments[0] not in mutants:
        raise Faulty(f"there is no mutant \"{arguments[0]}\"")
    mutant = mutants[arguments[0]]
    if command == "get":
        print(mutant.fields[arguments[1]])
    elif command == "apply":
        path, text = mutant.planted(arguments[1])
        path.write_text(text, encoding="utf-8")
    else:
        raise Faulty(__doc__)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Faulty as fault:
        sys.exit(str(fault))
