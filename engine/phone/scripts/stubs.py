"""What the world answers in a call script, as values: to requests, functions and text messages that the flow asks it for."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from engine.diagnostics import Span
from engine.grammar.patterns import Pattern
from engine.phone.scripts.words import fold

KINDS = ("request", "run", "send")
PARTS = ("status", "body", "headers")  # of a response
MASK = "•••"  # stands for a secret
_ROOM = 48  # letters of a key that a help proposes
# As a key stands plain in a mapping in braces (YAML 1.2, "7.3.3 Plain style"), well on the safe side.
PLAIN_KEY = re.compile(r"[A-Za-z/_](?:(?:[\w ./?=&%+~@-]|:(?=\S))*[\w./?=&%+~@-])?", re.ASCII)


class Ask(NamedTuple):
    """What a flow asks of the world: the verb (`request`, `run`, `send`), and all of it in one line.

    Such lines are `POST https://example.com/orders {"id": 1}`, `lookup {"number": "1"}`, `+15550111: Hello`; `shown` is the
    line without secrets.
    """

    kind: str
    line: str
    shown: str

    @property
    def readings(self) -> tuple[str, ...]:
        """The forms in which words are looked for: as it is, without secrets, and a request without percent signs."""
        plain = map(unquote_plus, (self.line, self.shown)) if self.kind == "request" else ()
        return tuple(dict.fromkeys((self.line, self.shown, *plain)))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the world answers once: `failure` is "timeout" or "error", else `status`, `body` and `headers` of a response.

    What a function returns is a `body`.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Stub:
    """What is answered where a flow asks a `kind` of thing whose words hold `words` (or match them, between slashes).

    `answers` come one after another, the last one for ever. Without words everything of the kind is answered.
    """

    kind: str
    words: str
    answers: tuple[Answer, ...]
    span: Span = field(compare=False)

    def takes(self, ask: Ask) -> bool:
        """Whether it answers what is asked."""
        if ask.kind != self.kind:
            return False
        if ask.kind == "run":
            return self.words == ask.line.split(" ", 1)[0]
        if is_pattern(self.words):
            found = Pattern(f"(?s:.*(?:{self.words[1:-1]}).*)")
            return any(found.takes(reading) for reading in ask.readings)
        return any(fold(self.words) in fold(reading) for reading in ask.readings)


def is_pattern(words: str) -> bool:
    return len(words) > 2 and words.startswith("/") and words.endswith("/")


def key_of(ask: Ask) -> str:
    """The words by which a script tells it: the name of a function; the method and address of a request without its query, or so
    much of that as holds no secret."""
    if ask.kind == "send":
        return ""
    words = ask.shown.split(" ", 2)
    if ask.kind == "run":
        return words[0]
    return " ".join(words[:2]).partition("?")[0].rpartition(MASK)[2] or ask.shown


def hint(ask: Ask) -> str:
    """What to write where the script gives no answer for something that was asked."""
    if ask.kind == "send":
        return "write  given: {send: sent}"
    key = key_of(ask)
    if len(key) > _ROOM:  # a part of it will do: the end of the path tells it best
        key = f"/{key[-_ROOM:].partition('/')[2] or key[-_ROOM:]}"
    return f"write\ngiven:\n  {ask.kind}: {{{key if PLAIN_KEY.fullmatch(key) else json.dumps(key)}: …}}"
