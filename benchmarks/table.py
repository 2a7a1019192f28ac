"""The results as a table that a README can quote."""

import platform
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Row:
    """One result beside its goal, if it has one, and whether that was met."""

    what: str
    measured: str
    goal: str = ""
    met: bool | None = None


def table(rows: list[Row], where: str = "one core") -> str:
    """The rows in Markdown, with the day and the kind of machine."""
    marks = {True: " ✓", False: " ✗", None: ""}
    lines = [f"| {row.what} | {row.measured} | {row.goal}{marks[row.met]} |" for row in rows]
    day, python = datetime.now(UTC).date(), platform.python_version()
    head = [f"| {day}, {where}, Python {python} | measured | goal |", "|---|---|---|"]
    return "\n".join([*head, *lines])
