"""Sends a request through the public address as Twilio would, and compares what was signed with what the server saw.

Twilio, "Webhooks security"; the server's side is `engine/server/probe.py`.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import HMAC_SHA1, RequestValidator

from engine.account.fetching import PORTS, Answer, FetchError
from engine.account.findings import Finding, error, ok, warning
from engine.grammar.hosts import inward
from engine.server.probe import FRESH, PLACE, PROOF, proof
from engine.server.settings import Settings

CHECK = "signature"
QUERY = "note=it%27s+a%20test&empty="
"""What proxies like to write otherwise: an apostrophe, both forms of a space, a value that is empty."""
FIELDS = {"CallSid": "CA" + "0" * 32, "From": "+15550100", "To": "+15550101", "Note": "café & more"}
_FORM = "application/x-www-form-urlencoded; charset=UTF-8"
_SIGNATURE, _HOW = "X-Twilio-Signature", "X-Twilio-Webhooks-Signature-Settings"

Ask = Callable[..., Answer]
"""`fetch`, or what a test puts in its place."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A secret that Twilio may sign with; `key` is the id of a shared key, "" for a token."""

    name: str
    secret: str = field(repr=False)
    key: str = ""
    algorithm: str = HMAC_SHA1


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it was signed and sent."""

    url: str
    signed: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = b""


def signers(settings: Settings) -> tuple[Signer, ...]:
    """All that the settings hold."""
    count = len(settings.tokens)
    found = [
        Signer("TWILIO_AUTH_TOKEN" if count == 1 else f"token {number} of {count}", token)
        for number, token in enumerate(settings.tokens, start=1)
    ]
    found += [Signer(f"shared key {key.id}", key.secret, key.id, key.algorithm) for key in settings.shared_keys]
    return tuple(found)


def signed_request(public_url: str, signer: Signer, seconds: int) -> Sent:
    """A request to the probe below the public address, signed as Twilio signs, at a time in seconds since 1970."""
    url = f"{public_url}{PLACE}?{QUERY}"
    parts = urlsplit(url)
    # Twilio signs an address that begins with https without its port.
    signed = url.replace(f":{parts.port}", "", 1) if parts.scheme == "https" and parts.port is not None else url
    made = RequestValidator(signer.secret).compute_signature(signed, FIELDS, signer.algorithm)
    headers = {
        "Content-Type": _FORM,
        "User-Agent": "TwilioProxy/1.1 (touchtone doctor)",
        "Accept": "*/*",
        _SIGNATURE: made,
        PROOF: proof(signer.secret, seconds, secrets.token_hex(16)),
    }
    if signer.key:
        headers[_HOW] = f"key={signer.key},algorithm={signer.algorithm}"
    return Sent(url, signed, headers, urlencode(FIELDS).encode())


def round_trip(public_url: str, signer: Signer, ask: Ask, seconds: int) -> Finding:
    """What becomes of a request that this secret signed."""
    sent = signed_request(public_url, signer, seconds)
    try:
        answer = ask("POST", sent.url, headers=sent.headers, body=sent.body)
        seen = _seen(answer)
        if seen is not None:
            return _judged(signer, sent, seen)
        if _is_twiml(answer):
            return _accepted(signer, ask("POST", sent.url, headers={"Content-Type": _FORM}, body=sent.body))
    except FetchError as fault:
        return error(CHECK, f"{signer.name}: no answer: {fault}")
    return _unexplained(signer, answer)


def differences(sent: Sent, seen: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """What differs between a request as it was signed and as it was seen: the name of the part, and both."""
    there, here = urlsplit(sent.signed), urlsplit(str(seen.get("url", "")))
    found = {
        "scheme": (there.scheme, here.scheme),
        "host": ((there.hostname or "").lower(), (here.hostname or "").lower()),
        "path": (there.path, here.path),
        "query": (there.query, here.query),
    }
    ports = there.port or PORTS.get(there.scheme), _port(here.netloc) or PORTS.get(here.scheme)
    # Over https Twilio signs no port; a server accepts both.
    if there.scheme == here.scheme and not (there.scheme == "https" and there.port is None):
        found["port"] = str(ports[0]), str(ports[1])
    body = seen.get("body") if isinstance(seen.get("body"), dict) else {}
    assert isinstance(body, dict)
    if body.get("sha256") != sha256(sent.body).hexdigest():
        found["body"] = f"{len(sent.body)} bytes", f"{body.get('bytes')} other bytes"
    headers = seen.get("headers") if isinstance(seen.get("headers"), dict) else {}
    assert isinstance(headers, dict)
    for name in (_SIGNATURE, _HOW, "Content-Type"):
        if name in sent.headers:
            found[name] = sent.headers[name], str(headers.get(name.lower(), "(missing)"))
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def _judged(signer: Signer, sent: Sent, seen: Mapping[str, Any]) -> Finding:
    differing = differences(sent, seen)
    refused = str(seen.get("refused", ""))
    if refused:
        parts = ", ".join(differing)
        text = f"{signer.name}: the server rejects it: " + (f"different {parts}" if parts else refused)
        return error(CHECK, text, _fix(sent, differing), *_lines(sent, seen, differing))
    if seen.get("unsigned"):
        return warning(CHECK, f"{signer.name}: right, but the server answers unsigned requests too", _SIGN)
    if not seen.get("public_url") and not inward(urlsplit(sent.url).hostname or ""):
        fix = f"start the server with TOUCHTONE_PUBLIC_URL={_base(sent)}"
        return warning(CHECK, f"{signer.name}: accepted, but only because the server trusts the Host header", fix)
    arrived, asked = str(seen.get("path", "")), urlsplit(sent.url).path
    note = "" if arrived == asked else f"; a proxy changes {asked} to {arrived}"
    return ok(CHECK, f"{signer.name}: accepted{note}")


_SIGN = "start it again: `touchtone dev` with TWILIO_AUTH_TOKEN in .env, or `touchtone serve` without --unsigned"


def _fix(sent: Sent, differing: Mapping[str, object]) -> str:
    if _SIGNATURE in differing:
        return f"a proxy drops or changes the header {_SIGNATURE}: have it pass the header on"
    if _HOW in differing:
        return f"a proxy drops or changes the header {_HOW}: have it pass the header on"
    if "body" in differing or "Content-Type" in differing:
        return "a proxy changes the body of requests: have it pass them on unchanged"
    if any(part in differing for part in ("scheme", "host", "port", "path")):
        return f"start the server with TOUCHTONE_PUBLIC_URL={_base(sent)}"
    if "query" in differing:
        return "a proxy rewrites the query: have it pass the query on unchanged"
    return "give the server the same secret and algorithm"


def _lines(sent: Sent, seen: Mapping[str, Any], differing: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    """What was signed and what was seen, one below the other."""
    both = sent.signed, _printable(str(seen.get("url", "")))
    if "query" not in differing:
        both = both[0].partition("?")[0], both[1].partition("?")[0]
    lines = [f"signed  {both[0]}", f"seen    {both[1]}"]
    for name in (_SIGNATURE, _HOW, "Content-Type", "body"):
        if name in differing:
            there, here = differing[name]
            # The signature says nothing that must be kept, but is of no use to people.
            lines.append(f"{name}: {'(changed)' if name == _SIGNATURE and here != '(missing)' else _printable(here)}")
            if name != _SIGNATURE:
                lines.append(f"  sent: {there}")
    return tuple(lines)


def _accepted(signer: Signer, unsigned: Answer) -> Finding:
    """What it means that the server took a request for one to a flow, by its answer to one that nobody signed."""
    if not _is_rejection(unsigned):
        return warning(CHECK, f"{signer.name}: the server checks no signatures", _SIGN)
    text = f"{signer.name}: accepted, but the server does not say what it saw"
    return warning(CHECK, text, f"update the server; set its clock, which may be off by {FRESH / 60:g} minutes at most")


def _is_twiml(answer: Answer) -> bool:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return answer.status == 200 and kind in ("text/xml", "application/xml")


def _is_rejection(answer: Answer) -> bool:
    return answer.status == 403 and b"not signed by Twilio" in answer.body


def _unexplained(signer: Signer, answer: Answer) -> Finding:
    """An answer in which the server does not say what it saw."""
    if _is_rejection(answer):
        return error(
            CHECK,
            f"{signer.name}: the server does not know it",
            "give the server the same secret; the clocks of both machines may differ by "
            f"{FRESH / 60:g} minutes at most",
        )
    return error(CHECK, f"{signer.name}: {said(answer)}", fix_of(answer))


def said(answer: Answer) -> str:
    """An answer that is not of Touchtone, in a few words."""
    words = {
        401: "a login is required",
        404: "nothing is served there",
        502: "a proxy cannot reach the server",
        503: "a proxy cannot reach the server",
        504: "a proxy gets no answer from the server",
        530: "a tunnel has no server behind it",
    }
    if 300 <= answer.status < 400:
        place = _printable(answer.headers.get("location", ""))
        return f"it is redirected to {place.partition('?')[0] or 'nowhere'} (HTTP {answer.status})"
    what = words.get(answer.status, "the answer is not from Touchtone")
    return f"{what} (HTTP {answer.status})"


def fix_of(answer: Answer) -> str:
    """What to do about it."""
    if 300 <= answer.status < 400:
        return "write the address that it is redirected to as TOUCHTONE_PUBLIC_URL: a redirect loses what Twilio sends"
    if answer.status == 401:
        return "let requests to /flows/ through without a login: they are signed"
    if answer.status in (502, 503, 504, 530):
        return "start the server, or point the proxy or tunnel at its port"
    return "check that this URL, with its path, is that of the server of your flows"


def _seen(answer: Answer) -> Mapping[str, Any] | None:
    if answer.status != 200 or not answer.headers.get("content-type", "").startswith("application/json"):
        return None
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "refused" in found else None


def _base(sent: Sent) -> str:
    return sent.url.partition(PLACE)[0]


def _port(netloc: str) -> int | None:
    number = netloc.rpartition("]")[2].rpartition(":")[2] if ":" in netloc else ""
    return int(number) if number.isdecimal() else None


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text[:300])
