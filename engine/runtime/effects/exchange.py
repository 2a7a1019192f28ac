"""One request and its answer: over redirects, with every answer bounded in size."""

import json
import ssl
from base64 import b64encode
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode

import httpcore2
import httpx2

from engine.runtime.effects.effect import HttpCall, Login
from engine.runtime.effects.failure import Failure
from engine.runtime.effects.signing import BODY_HASH, SIGNATURE, body_hash, signature

MOST_BYTES = 1_000_000  # of a body, as it comes and unpacked
MOST_REDIRECTS = 5
KEYED = frozenset(("POST", "PATCH"))  # what a server may do twice without a key
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_ENCODINGS = frozenset(("", "identity", "gzip", "deflate"))
# What an author's request carries to another origin: anything else may be a secret (RFC 9110, 15.4).
_CARRIED = frozenset(("accept", "accept-language", "content-type", "user-agent"))

Headers = Mapping[str, tuple[str, str]]  # by lowercase name: the name as written, and the value


class Answer(NamedTuple):
    """What a server answered; the names of `headers` are in small letters."""

    host: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Hop:
    """One request on the way to an answer."""

    method: str
    url: httpx2.URL
    headers: Headers
    body: bytes
    token: str = field(default="", repr=False)  # what it is signed with as Twilio signs; "" for no signature

    @property
    def host(self) -> str:
        return self.url.host

    def followed(self, status: int, location: str) -> "Hop":
        """The request that a redirect asks for (RFC 9110, 15.4)."""
        try:
            url = self.url.join(location)
        except httpx2.InvalidURL as error:
            raise Failure(f"{self.host} redirects to what is no address") from error
        headers = self.headers
        token = self.token
        if _origin(url) != _origin(self.url):
            token = ""
            headers = {name: pair for name, pair in headers.items() if name in _CARRIED}
        hop = replace(self, url=_judged(url), headers=headers, token=token)
        if (status == 303 and self.method != "HEAD") or (status in (301, 302) and self.method == "POST"):
            kept = {name: pair for name, pair in headers.items() if not name.startswith("content-")}
            kept.pop("idempotency-key", None)
            return replace(hop, method="GET", body=b"", headers=kept)
        return hop


@dataclass(frozen=True, slots=True)
class Line:
    """The connections over which servers are asked."""

    pool: httpcore2.AsyncConnectionPool
    token: str = field(default="", repr=False)  # of the account, "" where nobody knows it

    async def ask(self, call: HttpCall) -> Answer:
        """The answer to a call, once; raises Failure."""
        hop = _first(call, self.token)
        for _ in range(MOST_REDIRECTS + 1):
            answer = await _send(self.pool, _signed(hop))
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return answer
            hop = hop.followed(answer.status, location)
        raise Failure(f"{hop.host} redirects more than {MOST_REDIRECTS} times")

    async def close(self) -> None:
        """Lets go of the connections."""
        await self.pool.aclose()


def _first(call: HttpCall, token: str) -> Hop:
    if call.auth == "twilio" and not token:
        raise Failure("`auth: twilio` needs the auth token of the account: set TWILIO_AUTH_TOKEN")
    try:
        url = _judged(httpx2.URL(call.url))
        if call.params:
            added = urlencode(call.params, errors="replace").encode()
            url = url.copy_with(query=url.query + b"&" + added if url.query else added)
    except (httpx2.InvalidURL, UnicodeError) as error:  # also of one that is too long, or holds half a character
        raise Failure("the address of the request is none") from error
    headers: dict[str, tuple[str, str]] = {}
    for name, value in call.headers:
        before = headers.get(name.lower())
        headers[name.lower()] = (name, f"{before[1]}, {value}" if before else value)
    if url.userinfo:
        headers.setdefault("authorization", ("Authorization", _basic(unquote(url.userinfo.decode("ascii")))))
        url = url.copy_with(userinfo=b"")
    if isinstance(call.auth, Login):
        headers.setdefault("authorization", ("Authorization", _basic(f"{call.auth.user}:{call.auth.password}")))
    body, kind = b"", ""
    if call.has_json:
        body, kind = json.dumps(call.json, ensure_ascii=False).encode("utf-8", "replace"), "application/json"
    elif call.form is not None:
        body, kind = urlencode(call.form, errors="replace").encode(), "application/x-www-form-urlencoded"
    if kind:
        headers.setdefault("content-type", ("Content-Type", kind))
    if call.key and call.method in KEYED:
        headers.setdefault("idempotency-key", ("Idempotency-Key", call.key))
    return Hop(call.method, url, headers, body, token if call.auth == "twilio" else "")


def _basic(login: str) -> str:
    """The header for a name and a password with a colon between (RFC 7617)."""
    return f"Basic {b64encode(login.encode('utf-8', 'replace')).decode('ascii')}"


def _signed(hop: Hop) -> Hop:
    """The request with Twilio's signature, where it has one: over the address, with a form or the hash of any other body."""
    if not hop.token:
        return hop
    url, form = hop.url.copy_with(fragment=None), list[tuple[str, str]]()
    if hop.headers.get("content-type", ("", ""))[1].startswith("application/x-www-form-urlencoded"):
        form = parse_qsl(hop.body.decode(), keep_blank_values=True)
    elif hop.body:
        added = f"{BODY_HASH}={body_hash(hop.body)}".encode()
        url = url.copy_with(query=url.query + b"&" + added if url.query else added)
    return replace(
        hop, url=url, headers={**hop.headers, SIGNATURE.lower(): (SIGNATURE, signature(hop.token, str(url), form))}
    )


def _judged(url: httpx2.URL) -> httpx2.URL:
    if url.scheme not in ("http", "https"):
        raise Failure(
            f"an address that begins with `{url.scheme[:20]}:` is not asked"
            if url.scheme
            else "the address has no https://"
        )
    if not url.host:
        raise Failure("the address has no host")
    return url


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _send(pool: httpcore2.AsyncConnectionPool, hop: Hop) -> Answer:
    url = hop.url
    try:
        request = httpcore2.Request(
            hop.method.encode("ascii"),
            httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=_written(hop),
            content=hop.body,
        )
        response = await pool.handle_async_request(request)
        try:
            return await _received(hop, response)
        finally:
            await response.aclose()
    except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
        raise _unconnected(hop.host, error) from error
    except (httpcore2.NetworkError, httpcore2.RemoteProtocolError) as error:
        raise Failure(f"{hop.host} broke off its answer", again=True) from error
    except (httpcore2.LocalProtocolError, httpcore2.UnsupportedProtocol, UnicodeError) as error:
        # Not in its own words: they hold the header that was wrong.
        raise Failure(f"the request to {hop.host} has a header or an address that HTTP cannot carry") from error
    except httpx2.DecodingError as error:
        raise Failure(f"{hop.host} sent a body that cannot be unpacked") from error


def _unconnected(host: str, error: Exception) -> Failure:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Failure(f"the certificate of {host} is not accepted: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            return Failure(f"no secure connection to {host} comes about")
        cause = cause.__cause__ or cause.__context__
    return Failure(f"{host} cannot be reached", again=True)


def _written(hop: Hop) -> list[tuple[bytes, bytes]]:
    own = {"accept": ("Accept", "*/*"), "user-agent": ("User-Agent", "touchtone")}
    headers = [("Host", hop.url.netloc.decode("ascii")), *({**own, **hop.headers}).values()]
    if "accept-encoding" not in hop.headers:
        headers.append(("Accept-Encoding", "gzip, deflate"))
    if hop.body or hop.method in ("POST", "PUT", "PATCH"):
        headers.append(("Content-Length", str(len(hop.body))))
    return [(name.encode("ascii"), value.strip().encode("utf-8")) for name, value in headers]


async def _received(hop: Hop, response: httpcore2.Response) -> Answer:
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if response.status in _REDIRECTS and "location" in headers:
        return Answer(hop.host, response.status, headers, b"")  # its body is nobody's
    if hop.method == "HEAD":
        return Answer(hop.host, response.status, headers, b"")
    encodings = {each.strip().lower() for each in headers.get("content-encoding", "").split(",")}
    if not encodings <= _ENCODINGS:
        raise Failure(f"{hop.host} sent a body that is packed as nobody asked for")
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > MOST_BYTES:
        raise _too_large(hop.host)
    return Answer(hop.host, response.status, headers, await _read(hop.host, response))


async def _read(host: str, response: httpcore2.Response) -> bytes:
    """The body, unpacked a piece at a time: a little that unpacks to very much is left when it becomes too much."""
    assert isinstance(response.stream, AsyncIterable), "the pool is asynchronous"
    unpacking = httpx2.Response(response.status, headers=response.headers, stream=_Counted(host, response.stream))
    body = bytearray()
    async with aclosing(unpacking.aiter_bytes()) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) > MOST_BYTES:
                raise _too_large(host)
    return bytes(body)


class _Counted(httpx2.AsyncByteStream):
    """The bytes as they come, up to MOST_BYTES."""

    def __init__(self, host: str, stream: AsyncIterable[bytes]) -> None:
        self._host, self._stream = host, stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for piece in self._stream:
            count += len(piece)
            if count > MOST_BYTES:
                raise _too_large(self._host)
            yield piece


def _too_large(host: str) -> Failure:
    return Failure(f"{host} answered with more than {MOST_BYTES // 1_000_000} MB")
