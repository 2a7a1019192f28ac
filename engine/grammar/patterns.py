"""Reads the regular expressions of branch keys: the door of RE2, whose time grows with the answer and never explodes."""

from typing import Any


class PatternError(Exception):
    """A text that is no regular expression: `why` says it in a few words, `part` is the piece of the text that is wrong, or ""."""

    def __init__(self, why: str, part: str) -> None:
        super().__init__(f"{why}: {part}" if part else why)
        self.why, self.part = why, part


class Pattern:
    """A regular expression that a whole answer must match, case aside.

    Python's `re` can take years over an answer of a few dozen letters (`(a+)+` against "aaaa…!"), and what a caller says must never
    hold up the others. RE2 has no backreferences and no looking around (RE2, "Syntax"). Raises PatternError.
    """

    __slots__ = ("_compiled",)
    _compiled: Any

    def __init__(self, text: str) -> None:
        import re2  # few flows have patterns, and those start without it

        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        try:
            self._compiled = re2.compile(text.encode("utf-8", "replace"), options)
        except re2.error as error:
            why, _, part = error.args[0].decode("utf-8", "replace").partition(": ")
            raise PatternError(why, part if part in text else "") from None

    def takes(self, answer: str) -> bool:
        """Whether the whole answer matches."""
        return self._compiled.fullmatch(answer.encode("utf-8", "replace")) is not None
