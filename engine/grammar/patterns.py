"""Reads the regular expressions of branch keys: the door of RE2, whose time grows with the answer and never explodes."""

import re
from typing import Any

_BACKREFERENCE = re.compile(r"\\[0-9]")


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
        if (len(text) - len(text.rstrip("\\"))) % 2:
            raise PatternError("trailing \\", "\\")
        import re2  # few flows have patterns, and those start without it

        # What RE2 cannot do, pyre2 would leave to Python's `re` unless it is told not to; the setting is the process's own.
        re2.set_fallback_notification(re2.FALLBACK_EXCEPTION)
        try:
            # ASCII leaves `\d` and `\w` to RE2; without it pyre2 rewrites them, and takes no `[^\W]`.
            self._compiled = re2.compile(_encodable(text), re2.IGNORECASE | re2.ASCII)
        except re2.error as error:
            raise _told(str(error.args[0]), text) from None
        if not isinstance(self._compiled, re2.Pattern):
            raise PatternError("not supported by RE2", "")

    def found(self, text: str) -> list[str]:
        """All that it finds in a text, from its start on; with a group in parentheses, what that holds."""
        return [match[1 if match.re.groups else 0] or "" for match in self._compiled.finditer(_encodable(text))]

    def takes(self, answer: str) -> bool:
        """Whether the whole answer matches."""
        return self._compiled.fullmatch(_encodable(answer)) is not None


def _told(said: str, text: str) -> PatternError:
    """The error in RE2's words; where pyre2 has words of its own, those that are true."""
    why, _, part = said.partition(": ")
    if why == "unexpected end of regular expression":
        return PatternError("missing ]", text[max(text.rfind("["), 0) :])
    if why == "Backreferences not supported" and not _BACKREFERENCE.search(text):
        return PatternError("not supported by RE2", "\\x{" if "\\x{" in text else "")
    return PatternError(why, part if part in text else "")


def _encodable(text: str) -> str:
    """The text with a `?` for each lone surrogate, which UTF-8 has no bytes for."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
