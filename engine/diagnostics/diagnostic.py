"""One finding: what is so, where, and what to write instead."""

from dataclasses import dataclass
from enum import StrEnum

from engine.diagnostics.source import Span


class Severity(StrEnum):
    """How much a finding matters: an error keeps the flow from being served, a warning is a doubt, a hint an idea."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"

    @property
    def weight(self) -> int:
        """A number that is greater for what matters more."""
        return (Severity.HINT, Severity.WARNING, Severity.ERROR).index(self)


@dataclass(frozen=True, slots=True)
class Label:
    """A further place that a finding speaks of, with a few words beside it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding as a value.

    `title` stands alone in a log line: lowercase, no full stop, names in backticks. `label` (at most six words)
    stands beside the caret, `also` are further places, `notes` are facts, `helps` what the author can paste.
    """

    severity: Severity
    code: str
    title: str
    span: Span
    label: str = ""
    also: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()

    @property
    def hint(self) -> str:
        """The one thing worth adding to the title in a single line: a suggested name, else the first help, else ""."""
        if self.label.startswith("did you mean"):
            return self.label
        for place in self.also:
            if place.text.startswith("did you mean"):
                return f"did you mean `{place.span.text}`?"
        return " ".join(self.helps[0].split()) if self.helps else ""
