"""What `touchtone doctor` finds: one line each, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `check` names it in a word, `text` says what was found, `fix` what to do ("" for nothing), `details` are lines beside it."""

    check: str
    status: Status
    text: str
    fix: str = ""
    details: tuple[str, ...] = ()


def ok(check: str, text: str, *details: str) -> Finding:
    """What is as it should be."""
    return Finding(check, Status.OK, text, "", details)


def warning(check: str, text: str, fix: str = "", *details: str) -> Finding:
    """What works, but perhaps not as it is meant."""
    return Finding(check, Status.WARNING, text, fix, details)


def error(check: str, text: str, fix: str = "", *details: str) -> Finding:
    """What does not work."""
    return Finding(check, Status.ERROR, text, fix, details)
