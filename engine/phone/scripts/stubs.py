"""What the world answers in a call script, as values: to requests, functions and text messages that the flow asks it for."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from engine.diagnostics import Span
from engine.grammar.verbs import ENGINE_VERBS
from engine.phone.scripts import requested
from engine.phone.scripts.requested import MASK, key_without_secrets

__all__ = ["MASK", "PARTS", "Answer", "Ask", "Stub", "ends_written_as_paths", "hint", "key_of", "kinds"]

PARTS = ("status", "body", "headers")  # of a response
_ROOM = 48  # letters of a key that a help proposes
# As a key stands plain in a mapping in braces (YAML 1.2, "7.3.3 Plain style"), well on the safe side.
PLAIN_KEY = re.compile(r"[A-Za-z/_](?:(?:[\w ./?=&%+~@*-]|:(?=\S))*[\w./?=&%+~@*-])?", re.ASCII)


def kinds() -> tuple[str, ...]:
    """The verbs that ask something of the world, each of which a script may answer."""
    return tuple(spec.name for spec in ENGINE_VERBS.values() if spec.asks)


class Ask(NamedTuple):
    """What a flow asks of the world: the verb, and all of it in one line.

    Such lines are `POST https://example.com/orders {"id": 1}`, `lookup {"number": "1"}`, `+15550111: Hello`; `shown` is the
    line without secrets.
    """

    kind: str
    line: str
    shown: str

    @property
    def readings(self) -> tuple[str, ...]:
        """The forms in which words are looked for: as it is, without secrets, and a request without percent signs."""
        plain = map(unquote_plus, (self.line, self.shown)) if ENGINE_VERBS[self.kind].stubs == "address" else ()
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
    """What is answered where a flow asks a `kind` of thing that `words` mean: a key of requests (see `RequestKey`, or a pattern
    between slashes), the name of a function.

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
        if ENGINE_VERBS[ask.kind].stubs == "named":
            return self.words == ask.line.split(" ", 1)[0]
        return not self.words or requested.takes(self.words, tuple(dict.fromkeys((ask.line, ask.shown))))

    @property
    def exactness(self) -> tuple[int, ...]:
        """The order in which the stubs of one `given` are tried; of equals the first one written."""
        return requested.exactness(self.words) if ENGINE_VERBS[self.kind].stubs == "address" else ()


def key_of(ask: Ask) -> str:
    """The words by which a script tells it: the name of a function; the method and address of a request without its query."""
    stubs = ENGINE_VERBS[ask.kind].stubs
    if stubs == "word":
        return ""
    words = ask.shown.split(" ", 2)
    if stubs == "named":
        return words[0]
    return key_without_secrets(" ".join(words[:2]).partition("?")[0])


def hint(ask: Ask) -> str:
    """What to write where the script gives no answer for something that was asked."""
    spec = ENGINE_VERBS[ask.kind]
    if spec.stubs == "word":
        return f"write  given: {{{spec.name}: {spec.answers[0]}}}"
    key = key_of(ask)
    if len(key) > _ROOM:  # the end of the path will do, which has no slash before it
        path = key.partition("://")[2].partition("/")[2]
        key = (path if len(path) <= _ROOM else path[-_ROOM:].partition("/")[2]).lstrip("/") or key
    return f"write\ngiven:\n  {ask.kind}: {{{key if PLAIN_KEY.fullmatch(key) else json.dumps(key)}: …}}"


def ends_written_as_paths(ask: Ask, keys: Iterable[str]) -> list[str]:
    """A note for each key of a request that means a whole path, and would answer as the end of one."""
    lines = (ask.line, ask.shown)
    return [
        f"`{key}` is a whole path; the end of one has no slash before it: {key[1:]}"
        for key in keys
        if ENGINE_VERBS[ask.kind].stubs == "address"
        and key.startswith("/")
        and key[1:]
        and requested.takes(key[1:], lines)
    ]
