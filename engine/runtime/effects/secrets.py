"""Keeps secrets out of logs: what the environment holds for flows is never written there."""

import json
import logging
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote, quote_plus

from engine.grammar.masks import MASK

_COVER: ContextVar[Callable[[str], str] | None] = ContextVar("what is secret in the turn that asks", default=None)
SHORTEST = 4  # characters of a value that can be told from anything else


@contextmanager
def covered(mask: Callable[[str], str]) -> Iterator[None]:
    """What is logged of an effect meanwhile hides what is secret in the turn that asks for it."""
    token = _COVER.set(mask)
    try:
        yield
    finally:
        _COVER.reset(token)


def log_fault(log: logging.Logger, fault: BaseException, words: str) -> None:
    """Logs a fault with its traceback, without what is secret in the turn that asked."""
    mask = _COVER.get()
    if mask is None:
        log.error("%s", words, exc_info=fault)
    else:
        log.error("%s\n%s", mask(words), mask("".join(traceback.format_exception(fault)).rstrip("\n")))


class Secrets(logging.Filter):
    """Masks values wherever they stand in a text, also as a URL, JSON or XML writes them. As a filter it masks every line of a logger."""

    def __init__(self, values: Iterable[str]) -> None:
        super().__init__()
        forms: set[str] = set()
        for value in values:
            if len(value.strip()) >= SHORTEST:
                forms |= {value, value.strip(), quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]}
                forms.add(json.dumps(value, ensure_ascii=False)[1:-1])
                escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                forms |= {escaped, escaped.replace('"', "&quot;")}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._forms = re.compile("|".join(map(re.escape, longest_first))) if forms else None
        self._bytes = tuple(form.encode("utf-8", "replace") for form in longest_first)

    def mask(self, text: str) -> str:
        """The text without the values."""
        return self._forms.sub(MASK, text) if self._forms else text

    def within(self, data: bytes) -> bool:
        """Whether one of the values stands in a text in UTF-8: quicker than masking what most often holds none."""
        return any(form in data for form in self._bytes)

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every line through, masked, its traceback included."""
        if self._forms is None:
            return True
        try:
            text = record.getMessage()
        except (TypeError, ValueError):  # arguments that do not fit: whoever writes the line will say so
            return True
        masked = self.mask(text)
        if masked != text:
            record.msg, record.args = masked, None
        if record.exc_info and record.exc_info[0] is not None and not record.exc_text:
            written = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            if self._forms.search(written):
                record.exc_text = self.mask(written)
        return True
