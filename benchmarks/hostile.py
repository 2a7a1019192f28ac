"""`python -m benchmarks.hostile`: 35,000 hostile requests to a server of its own; says what it found, and exits 1 on a failure.

A failure is an answer with a 5xx status, TwiML that is not well-formed, a connection without any answer where one was due, or a server
that ended, or that grew by more than MEGABYTES. The same number (`--seed`) gives the same requests.
"""

import argparse
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote_plus, urlencode
from xml.etree import ElementTree

from benchmarks.servers import Server, started, touchtone_command

MEGABYTES = 150
FLOWS = {
    "shop": "channel: [voice, messaging]\nvars: {n: 0, said: ''}\nsteps: {a: [{set: {n: '{{ n + 1 }}'}}, {gather: {say: '{{ n }} {{ said }} {{ params.X }}', "
    "save: said, branch: {1 | one: b, '/\\d+/': b, else: repeat}}}], b: [{say: 'You said {{ said }}, {{ call.from }}.'}]}",
    "plain": "steps: {a: [{gather: {say: Press 1., num_digits: 1, branch: {1: b, else: repeat}}}], b: [{play: audio/x.mp3}, hangup]}",
}
NASTY = (
    "", "1", "\0", "\ud800", "{{ 7 * 7 }}", "{% for x in range(10**9) %}", "{{ ''.__class__.__mro__ }}", "<Say>x</Say>", "]]>", "&amp;", "'\"><script>",
    "../../etc/passwd", "x" * 20_000, "é" * 3_000, "\u202e", "💥" * 500, "%00%ff", "1e309", "-0", "9" * 400, "null", "a=b&c=d", "\r\nX: y", "+15550001111",
    "0" * 65, "{" * 500, "(a+)+$", "☎", "\x1b[2J", "STOP", "`id`", "${jndi:ldap://x}", "{{ env }}", "{{ cycler.__init__.__globals__ }}",
)  # fmt: skip
NAMES = (
    "CallSid", "From", "To", "Digits", "SpeechResult", "Body", "MessageSid", "SmsSid", "CallStatus", "MessageStatus", "ErrorUrl", "ErrorCode", "Direction",
    "RecordingUrl", "DialCallStatus", "X", "a[]", "a[0]", "_a", "_v", "__class__", "", "params", "NumMedia", "MediaUrl0", "bodySHA256", "Confidence", "QueueResult",
)  # fmt: skip
_LETTERS = [chr(number) for number in range(1, 0x2FF)]
OWN = ("_a", "_q", "_i", "_n", "_v", "_t", "_w", "_c", "_f", "_r", "_p", "_x")


def main() -> None:
    """Sends the requests, and says what came of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("--requests", type=int, default=35_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--signed", action="store_true", help="to a server that checks signatures: all must be refused")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "flows"
        folder.mkdir()
        for name, text in FLOWS.items():
            (folder / f"{name}.yaml").write_text(text)
        found, failures = attack(folder, words.requests, words.seed, signed=words.signed)
    print(", ".join(f"{number} × {status}" for status, number in sorted(found.items())))
    for failure in failures[:20]:
        print(failure)
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


def attack(folder: Path, number: int, seed: int, *, signed: bool) -> tuple[Counter[str], list[str]]:
    """How often which status came, and what should not have."""
    command = [*touchtone_command(folder, "https://x.example/ivr"), "--store", "memory:"]
    environ = {"TWILIO_AUTH_TOKEN": "12345"} if signed else {"TOUCHTONE_UNSIGNED": "true"}
    chance, found, failures = random.Random(seed), Counter[str](), []
    with started(command, 0, folder.parent, environ) as server:
        before = _megabytes(server)
        lane = Lane(server.port)
        for count in range(number):
            kind = chance.choice(KINDS)
            request = kind(chance)
            try:
                status, body = lane.exchange(request)
            except (OSError, ValueError) as error:
                status, body = "none", b""
                if kind not in MAY_CLOSE:
                    failures.append(f"{count} {kind.__name__}: {type(error).__name__} {error}: {request[:300]!r}")
            found[status] += 1
            if why := _wrong(status, body, signed):
                failures.append(f"{count} {kind.__name__}: {why}: {request[:300]!r} -> {body[:300]!r}")
            if len(failures) > 100:
                break
        lane.close()
        if not server.alive:
            failures.append("the server ended")
        elif (grown := _megabytes(server) - before) > MEGABYTES:
            failures.append(f"the server grew by {grown:.0f} MB")
    return found, failures


def _wrong(status: str, body: bytes, signed: bool) -> str:
    """What is wrong with an answer; "" if nothing is."""
    if status.startswith("5"):
        return status
    if status == "200" and (signed and body != b"ok\n"):
        return "answered without a signature"
    if status == "200" and body.startswith(b"<"):
        try:
            root = ElementTree.fromstring(body)
        except ElementTree.ParseError as error:
            return f"no XML: {error}"
        if root.tag != "Response":
            return f"no TwiML: {root.tag}"
        if len(body) > 64 * 1024:
            return f"{len(body)} bytes"
    return ""


class Lane:
    """A connection that is opened again where the server closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def exchange(self, request: bytes) -> tuple[str, bytes]:
        """Status and body of the answer; raises OSError or ValueError where there is none."""
        for fresh in (False, True):
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=20)
                fresh = True
            try:
                with suppress(ConnectionError):
                    self._socket.sendall(request)
                return self._read(request.startswith(b"HEAD"))
            except (OSError, ValueError):
                self.close()
                if fresh:
                    raise
        raise AssertionError("the second try is the last")

    def _read(self, head: bool) -> tuple[str, bytes]:
        assert self._socket is not None, "it was opened"
        said = b""
        while b"\r\n\r\n" not in said:
            said += self._part()
        top, _, body = said.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in top.split(b"\r\n")[1:])
        length = 0 if head else int(fields.get(b"content-length", b"0"))
        while len(body) < length:
            body += self._part()
        if fields.get(b"connection") == b"close":
            self.close()
        return top.split(b" ")[1].decode(), body[:length]

    def _part(self) -> bytes:
        assert self._socket is not None, "it was opened"
        if not (part := self._socket.recv(65536)):
            raise ValueError("the connection was closed without an answer")
        return part

    def close(self) -> None:
        """Closes the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _text(chance: random.Random) -> str:
    return chance.choice(NASTY) if chance.random() < 0.8 else "".join(chance.choices(_LETTERS, k=20))


def _form(chance: random.Random) -> str:
    pairs = [(chance.choice(NAMES), _text(chance)) for _ in range(chance.randrange(12))]
    return urlencode([("CallSid", f"CA{chance.randrange(200)}"), *pairs], errors="replace")


def _target(chance: random.Random) -> str:
    place = chance.choice(
        (
            "shop",
            "plain",
            "shop/a",
            "plain/b",
            "shop/b/",
            "nowhere",
            "shop/nowhere",
            quote_plus(_text(chance)[:500], errors="replace"),
        )
    )
    prefix = chance.choice(("", "", "/ivr", "/other"))
    query = {
        chance.choice(OWN): chance.choice(
            ("0", "1", "1.0", "-1", "a/b", "return", "CA1", ">", "x" * 300, _text(chance)[:2000])
        )
        for _ in range(chance.randrange(4))
    }
    return f"{prefix}/flows/{place}" + (f"?{urlencode(query, errors='replace')}" if query else "")


def _request(method: str, target: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: x.example", *headers]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


def post(chance: random.Random) -> bytes:
    """A form to a flow."""
    return _request("POST", _target(chance), _form(chance).encode(), "Content-Type: application/x-www-form-urlencoded")


def get(chance: random.Random) -> bytes:
    """A query to a flow."""
    target = _target(chance)
    return _request(chance.choice(("GET", "HEAD")), target + ("&" if "?" in target else "?") + _form(chance)[:8_000])


def signed_badly(chance: random.Random) -> bytes:
    """A form with headers of signatures."""
    settings = chance.choice(("key=x,algorithm=HMAC_SHA256", "key", ",", "algorithm=NONE"))
    headers = [
        f"X-Twilio-Signature: {quote_plus(_text(chance)[:100], errors='replace')}",
        f"X-Twilio-Webhooks-Signature-Settings: {settings}",
    ]
    return _request(
        "POST",
        _target(chance),
        _form(chance).encode(),
        *headers[: chance.randrange(3)],
        "I-Twilio-Idempotency-Token: " + "t" * chance.randrange(50),
    )


def json_body(chance: random.Random) -> bytes:
    """A body of JSON, or of what is none."""
    body = chance.choice(
        (
            b"{}",
            b"[" * 5_000,
            b'{"CallSid": "CA1", "Digits": 1}',
            b'{"a": "\\ud800"}',
            b"\xff\xfe",
            b'{"a":' * 900,
            b"null",
            b'{"x": 1e999}',
        )
    )
    return _request("POST", _target(chance), body, "Content-Type: application/json")


def other_body(chance: random.Random) -> bytes:
    """A body of another kind, or raw bytes for a form."""
    kind = chance.choice(("multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencoded", ""))
    return _request("POST", _target(chance), chance.randbytes(chance.randrange(3_000)), f"Content-Type: {kind}")


def many_fields(chance: random.Random) -> bytes:
    """More fields, or a longer body, than are taken."""
    body = chance.choice(
        (b"a=b&" * 998, b"a&" * 3_000, b"=" * 5_000, b"x=" + b"%41" * 20_000, b"Digits=" + b"1" * 200_000)
    )
    return _request("POST", _target(chance), body)


def elsewhere(chance: random.Random) -> bytes:
    """Another address, or another method."""
    paths = (
        "/",
        "/healthz",
        "/flows/audio/../../x",
        "/flows/audio/%2e%2e/%2e%2e/etc/passwd",
        "/flows/",
        "/flows//",
        "/ivr",
        "/admin",
        "/flows/audio/x.mp3",
        "//flows/shop",
        "*",
    )
    return _request(chance.choice(("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE")), chance.choice(paths))


def chunked(chance: random.Random) -> bytes:
    """A body in chunks, with extensions and trailers."""
    head = f"POST {_target(chance)} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + b"b;ext=1\r\nCallSid=CA1\r\n0\r\nX-Twilio-Signature: x\r\n\r\n"


def no_http(chance: random.Random) -> bytes:
    """What is no request at all, or none that may be answered."""
    return chance.choice(
        (
            chance.randbytes(60) + b"\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET /flows/shop HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
            b"POST /flows/shop HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST /flows/shop HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"GET /flows/shop HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
            b"GET /flows/shop HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        )
    )


KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    post, post, post, post, get, get, get, signed_badly, json_body, other_body, many_fields, elsewhere, elsewhere, chunked, no_http,
)  # fmt: skip
MAY_CLOSE = (no_http,)


def _megabytes(server: Server) -> float:
    time.sleep(0.2)
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
