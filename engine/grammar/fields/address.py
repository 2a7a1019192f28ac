"""The kind of value that is an address: a URL, and where Twilio asks for TwiML also a step or a flow."""

import re
from dataclasses import dataclass
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from engine.grammar.fields.base import Schema, Wrong, either, listed

Role = Literal[
    "action",  # where the call goes on
    "page",  # a document of TwiML on its own
    "whisper",  # what the other side hears before the two are joined
    "queue_whisper",  # what the one who waited in a queue hears before the two are joined
    "queue_wait",  # what is heard while waiting in a queue
    "conference_wait",  # what is heard before a conference begins
    "callback",  # a report to the server; nobody hears the answer
    "socket",  # a WebSocket
    "media",  # a sound or a picture
    "foreign",  # any other URL of somebody else's server
]

_NO_TARGET: frozenset[Role] = frozenset({"socket", "media", "foreign"})
_SILENT: frozenset[Role] = frozenset({"queue_wait", "conference_wait"})  # wait_url: '' is silence


@dataclass(frozen=True, slots=True)
class Address:
    """An address in one of the roles it can have in a call.

    `absolute`: Twilio wants the host too. `schemes`: those a written URL may have. `query`: may it have a query string.
    `any_host`: it is asked by this server, not by Twilio, which refuses some hosts.
    """

    role: Role
    absolute: bool = False
    schemes: tuple[str, ...] = ("https", "http")
    query: bool = True
    any_host: bool = False

    join: ClassVar[str | None] = None

    @property
    def takes_target(self) -> bool:
        """Whether a step or a flow may stand here."""
        return self.role not in _NO_TARGET

    def read(self, text: str) -> str | Wrong:
        word = text.strip()
        if not word:
            return "" if self.role in _SILENT else Wrong("F103", f"must be a {self.describe()}", self._example())
        if re.search(r"[\s\x00-\x1f]", word):
            mended = re.sub(r"\s+", "%20" if "/" in word or "." in word else "_", word)
            return Wrong("F103", "must be an address without spaces", mended)
        scheme, mark, rest = word.partition("://")
        if mark and not set(scheme) & set("/?#"):  # in a path or a query it is no scheme
            return self._read_url(word, scheme.lower(), rest)
        if self.absolute and not self.takes_target:
            return Wrong("F103", f"must begin with {self.schemes[0]}://", self._example())
        return word

    def schema(self) -> Schema:
        if self.absolute and not self.takes_target:
            return either({"type": "string", "pattern": f"^({'|'.join(self.schemes)})://[^\\s/]+"})
        return either({"type": "string", "pattern": r"^\S*$" if self.role in _SILENT else r"^\S+$"})

    def describe(self) -> str:
        if self.takes_target:
            return "step, flow or URL" + (", or '' for silence" if self.role in _SILENT else "")
        return f"URL that begins with {self.schemes[0]}://" if self.absolute else "URL"

    def _read_url(self, word: str, scheme: str, rest: str) -> str | Wrong:
        if scheme not in self.schemes:
            wanted = listed(tuple(f"{name}://" for name in self.schemes))
            return Wrong("F103", f"must begin with {wanted}", f"{self.schemes[0]}://{rest}")
        try:
            parts = urlsplit(word)
            host, _ = parts.hostname, parts.port  # a port that is none shows only when it is asked for
        except ValueError:
            return Wrong("F103", "must be a URL with a valid host and port", self._example())
        if not host:
            return Wrong("F103", "must be a URL with a host", self._example())
        if (
            "_" in host and not self.any_host
        ):  # Twilio, "TwiML: Absolute and relative URLs": underscores in hostnames are not permitted
            return Wrong(
                "F103",
                "must not have an underscore in its host name",
                word.replace(parts.netloc, parts.netloc.replace("_", "-"), 1),
            )
        if parts.query and not self.query:
            return Wrong("F103", "must not have a query string; values go in `parameter`", word.partition("?")[0])
        return word

    def _example(self) -> str:
        return "menu" if self.takes_target else f"{self.schemes[0]}://example.com/"
