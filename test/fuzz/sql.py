"""SQL text as a tree that knows how to become smaller.

A generator builds statements from Node and Seq objects.  Each node may offer
alternatives (an expression: a sub-expression or NULL; a join: nothing), each Seq
says how few of its items it needs.  The shrinker flips these choices in place and
asks whether the failure is still there; a node used in two places changes in both.
"""


class Node:
    """Concatenated parts, or the alternative chosen instead of them."""

    __slots__ = ("parts", "alts", "choice")

    def __init__(self, *parts, alts=()):
        self.parts = list(parts)
        self.alts = list(alts)
        self.choice = None

    def __str__(self):
        if self.choice is not None:
            return str(self.alts[self.choice])
        return "".join(map(str, self.parts))

    def children(self):
        if self.choice is not None:
            return [self.alts[self.choice]]
        return self.parts


class Seq:
    """Items between separators, any of which may be dropped down to `least`."""

    __slots__ = ("sep", "items", "least", "dropped", "prefix")

    def __init__(self, sep, items, least=1, prefix=""):
        self.sep = sep
        self.items = list(items)
        self.least = least
        self.prefix = prefix
        self.dropped = set()

    def __str__(self):
        text = self.sep.join(str(item) for item in self.kept())
        return self.prefix + text if text else ""

    def kept(self):
        return [item for i, item in enumerate(self.items) if i not in self.dropped and str(item)]

    def children(self):
        return self.kept()


class Name:
    """An output column's name, settled after the query that has it was made."""

    __slots__ = ("text",)

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text

    def children(self):
        return []


class Cell:
    """Text that belongs to a table's column, and goes with it when the column is dropped."""

    __slots__ = ("col", "text")

    def __init__(self, col, text):
        self.col = col
        self.text = text

    def __str__(self):
        return "" if self.col.dropped else str(self.text)

    def children(self):
        return [] if self.col.dropped else [self.text]


def optional(*parts):
    return Node(*parts, alts=[""])


def condition(*parts):
    return Node(*parts, alts=["true", "false"])


def quote(name):
    """A name as it must be written, in quotes where SQL needs them."""
    plain = name.isascii() and name.islower() and name.replace("_", "a").isalnum()
    return name if plain and name not in RESERVED else '"' + name.replace('"', '""') + '"'


RESERVED = {"select", "order", "user", "table", "group", "end"}


def walk(node, seen=None):
    """Every piece that the text now shows, each once, outermost first."""
    seen = set() if seen is None else seen
    if isinstance(node, str) or id(node) in seen:
        return
    seen.add(id(node))
    yield node
    for child in node.children():
        yield from walk(child, seen)
