"""A step of a round: one thing sent to the server, and how a script file would say it."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Step:
    """kinds: ddl, view, tview, begin, sql, read, copy, copyout, prepare, end, tviewddl (not in a dry run)."""

    kind: str
    sql: Any
    data: Any = None
    reads: str = ""
    item: Any = None
    client: Any = None  # the number of the client that sends it, among several

    def script(self):
        """The step as psql reads it."""
        text = f"{self.sql};"
        if self.kind == "copy":
            text += f"\n{self.data}\n\\."
        return text
