"""Says which requests a key under `given.request` means: a whole path, unless the key says otherwise."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, unquote_plus

from engine.grammar.patterns import Pattern
from engine.grammar.verbs.request import METHODS

MASK = "•••"  # stands for a secret
_PORTS = {"http": "80", "https": "443"}
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(\?[^#]*)?", re.DOTALL)
# What a regular expression between slashes has, and a path that begins and ends with one has not.
_SIGNS = re.compile(r"[\\^$|()\[\]{}+]|\.\*|\.\?|\?(?![\w.-]+=)")
_SERVER = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?/|[\w.-]+:\d+/", re.IGNORECASE)
_UNRESERVED = (
    "!$&'()+,;=:@~"  # of a path, beside letters, digits and _.- (RFC 3986, 3.3); no `*`, which stands for anything
)


@dataclass(frozen=True, slots=True)
class Line:
    """A request as it was made: `origin` is `https://example.com`, without a port that goes without saying."""

    method: str
    origin: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: str

    @property
    def server(self) -> str:
        """`example.com`, or `localhost:8001`."""
        return self.origin.partition("://")[2]

    @property
    def address(self) -> str:
        """The address without scheme and query."""
        return self.server + self.path


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The requests that a key means; what is "" or empty may be anything.

    `origin` and `path` are in pieces, between which anything may stand (`*`); `end` says that `path` is only the end of an
    address, whole parts of it; `query` holds names, and the readings of their values in pieces (None: any value).
    """

    method: str = ""
    origin: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    end: bool = False
    query: tuple[tuple[str, tuple[tuple[str, ...], ...] | None], ...] = ()
    body: str = ""

    def takes(self, line: Line) -> bool:
        """Whether it means this request."""
        return (
            self.method in ("", line.method)
            and (not self.origin or _globbed(self.origin, line.origin))
            and (not self.path or self._means(line))
            and all(self._asks(line, name, readings) for name, readings in self.query)
            and (not self.body or _holds(self.body, line.body))
        )

    @property
    def exactness(self) -> tuple[int, ...]:
        """Of two keys that mean the same request the one with the smaller value is the more exact."""
        if not self.path:
            form = 3
        elif len(self.path) > 1 or len(self.origin) > 1:
            form = 2
        else:
            form = 1 if self.end and not self._names_server else 0
        letters = sum(map(len, (*self.origin, *self.path)))
        server = bool(self.origin) or self._names_server
        return form, -len(self.query), -len(self.body), -server, -bool(self.method), -letters

    @property
    def _names_server(self) -> bool:
        """Whether the end of an address is most likely all of it: `example.com/orders`."""
        return self.end and bool(_SERVER.match(self.path[0]))

    def _means(self, line: Line) -> bool:
        if not self.end:
            return _globbed(self.path, line.path)
        host, *rest = self.path[0].split("/", 1)  # the case of a host's letters says nothing (RFC 3986, 6.2.2.1)
        whole = ("/".join([host.lower(), *rest]), *self.path[1:])
        end = ("", f"/{self.path[0]}", *self.path[1:])
        return whole == (line.server,) or _globbed(whole, line.address) or _globbed(end, line.address)

    @staticmethod
    def _asks(line: Line, name: str, readings: tuple[tuple[str, ...], ...] | None) -> bool:
        values = [value for sent, value in line.query if sent == name]
        if readings is None:
            return bool(values)
        return any(_globbed(reading, value) for reading in readings for value in values)


def line_of(text: str) -> Line:
    """A request that is written in one line: `POST https://example.com/orders?a=1 {"id": 1}`."""
    method, _, rest = text.partition(" ")
    url, _, body = rest.partition(" ")
    found = _URL.match(url)
    if found is None:
        return Line(method, "", _canonical(url), (), body)
    query = tuple(parse_qsl((found[4] or "")[1:], keep_blank_values=True))
    return Line(method, _origin(found[1], found[2]), _canonical(found[3]) or "/", query, body)


@lru_cache(maxsize=1024)
def key_of(text: str) -> RequestKey:
    """What a key means: `GET https://example.com/orders`, `/orders/*`, `orders/17?full=yes`, `POST /orders {"id": 1}`."""
    rest = text.strip()
    method, (first, _, after) = "", rest.partition(" ")
    if first.upper() in METHODS and (after or first.isupper()):
        method, rest = first.upper(), after.strip()
    if rest.startswith(("{", "[")):
        return RequestKey(method, body=rest)
    address, _, body = rest.partition(" ")
    address, query = (address.partition("#")[0].partition("?"))[::2]
    asked = tuple(_parameter(pair) for pair in query.split("&") if pair)
    found = _URL.match(address)
    if found is not None:
        origin = tuple(_origin(found[1], found[2]).split("*"))
        return RequestKey(method, origin, _pieces(found[3]) if found[3] else (), False, asked, body.strip())
    end = bool(address) and not address.startswith("/")
    return RequestKey(method, (), _pieces(address) if address else (), end, asked, body.strip())


def is_pattern(words: str) -> bool:
    """Whether a key between slashes is a regular expression, and not a path that ends with a slash."""
    return len(words) > 2 and words.startswith("/") and words.endswith("/") and bool(_SIGNS.search(words[1:-1]))


def takes(words: str, lines: tuple[str, ...]) -> bool:
    """Whether a key means a request; `lines` are its readings, with and without secrets."""
    if not words:
        return True
    if is_pattern(words):
        found = Pattern(f"(?s:.*(?:{words[1:-1]}).*)")
        return any(found.takes(reading) for line in lines for reading in (line, unquote_plus(line)))
    key = key_of(words)
    return any(key.takes(line_of(line)) for line in lines)


def exactness(words: str) -> tuple[int, ...]:
    """The order in which keys are tried: the more exact first, patterns behind them, at last what means every request."""
    if not words:
        return (5,)
    return (4,) if is_pattern(words) else key_of(words).exactness


def key_without_secrets(text: str) -> str:
    """A key from the address that was asked, with `*` where a secret stands, and nothing that looks like a template."""
    return text.replace("*", "%2A").replace(MASK, "*").replace("{{", "%7B%7B").replace("{%", "%7B%")


def address_in(text: str) -> str:
    """The part of a key that is an address, up to the first space."""
    first, _, after = text.strip().partition(" ")
    return after.strip().partition(" ")[0] if first.upper() in METHODS and after else first


def _origin(scheme: str, netloc: str) -> str:
    """A server as all its spellings have it (RFC 3986, 6.2.3): small letters, no user, no port that is the scheme's own."""
    scheme, host = scheme.lower(), netloc.rpartition("@")[2].lower()
    return f"{scheme}://{host.removesuffix(':' + _PORTS.get(scheme, ''))}"


def _canonical(path: str) -> str:
    """A path as all its spellings have it: what need not be percent-encoded is not (RFC 3986, 6.2.2.2)."""
    return "/".join(quote(unquote(part), safe=_UNRESERVED) for part in path.split("/"))


def _pieces(path: str) -> tuple[str, ...]:
    return tuple(map(_canonical, path.split("*")))


def _parameter(pair: str) -> tuple[str, tuple[tuple[str, ...], ...] | None]:
    name, equals, value = pair.partition("=")
    if not equals:
        return unquote_plus(name), None
    # A plus sign is a plus sign (`?phone=+1555`), or the space that it stands for in an address.
    readings = (tuple(read(piece) for piece in value.split("*")) for read in (unquote, unquote_plus))
    return unquote_plus(name), tuple(dict.fromkeys(readings))


def _globbed(pieces: tuple[str, ...], text: str) -> bool:
    """Whether a text is made of these pieces, with anything between them."""
    first, *rest = pieces
    if not rest:
        return text == first
    if not text.startswith(first) or len(text) < len(first) + len(rest[-1]) or not text.endswith(rest[-1]):
        return False
    at, end = len(first), len(text) - len(rest[-1])
    for piece in rest[:-1]:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _holds(wanted: str, body: str) -> bool:
    """Whether a body is the one that is written, whatever the order of its entries; it may have others beside them."""
    if " ".join(wanted.split()) == " ".join(body.split()):
        return True
    try:
        return _within(json.loads(wanted), json.loads(body))
    except (ValueError, RecursionError):
        pass
    fields = parse_qsl(wanted, keep_blank_values=True)
    return bool(fields) and set(fields) <= set(parse_qsl(body, keep_blank_values=True))


def _within(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(name in found and _within(entry, found[name]) for name, entry in wanted.items())
    return type(wanted) is type(found) and bool(wanted == found)
