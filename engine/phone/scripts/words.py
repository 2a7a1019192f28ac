"""Words that are expected to be heard, and how they are looked for in what was heard."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.diagnostics import Span
from engine.grammar.patterns import Pattern

Kind = Literal["part", "pattern", "exactly", "not", "unlike"]


@dataclass(frozen=True, slots=True)
class Words:
    """A part of what is heard, case and spaces aside; or a pattern found in one sentence, the whole of one sentence, or words
    (`not`) or a pattern (`unlike`) that are not heard. A sentence is what one `say` says."""

    text: str
    span: Span = field(compare=False)
    kind: Kind = "part"

    @property
    def denied(self) -> bool:
        """Whether it is expected that this is not heard."""
        return self.kind in ("not", "unlike")

    def is_value(self, text: str) -> bool:
        """Whether a text is, as a whole, what is written: letter by letter, or by a pattern, case aside."""
        found = Pattern(self.text).takes(text) if self.kind in ("pattern", "unlike") else text == self.text
        return found != self.denied

    def find(self, heard: Sequence[str], start: int = 0) -> int | None:
        """Where behind `start` the match ends, counted in letters of all that was heard; None if there is none."""
        folded = [fold(sentence) for sentence in heard]
        if self.kind == "part":
            wanted = fold(self.text)
            at = " ".join(folded).find(wanted, start)
            return at + len(wanted) if at >= 0 else None
        if self.kind == "not":
            return start if fold(self.text) not in " ".join(folded) else None
        if self.kind == "unlike":
            return None if any(map(self._takes, folded, heard)) else start
        end = -1
        for sentence, written in zip(folded, heard, strict=True):
            end += 1 + len(sentence)
            if end > start and self._takes(sentence, written):
                return end
        return None

    def _takes(self, sentence: str, written: str) -> bool:
        if self.kind in ("pattern", "unlike"):
            return Pattern(f"(?s:.*(?:{self.text}).*)").takes(" ".join(written.split()))
        return sentence == fold(self.text)


def fold(text: str) -> str:
    """The text without what nobody hears: large and small letters, and how many blanks stand between the words."""
    return " ".join(text.split()).casefold()
