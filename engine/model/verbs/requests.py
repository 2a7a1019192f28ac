"""Reads `request`: an HTTP request from the server."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from engine.document import nodes
from engine.grammar.fields import Wrong
from engine.grammar.hosts import inward
from engine.grammar.outside import OUTSIDE
from engine.grammar.templates import Template
from engine.grammar.verbs import ENGINE_VERBS
from engine.model.parts import Auth, Pairs, Request
from engine.model.reading.branches import ReadBlock, read_branch
from engine.model.reading.reader import Reader, authorizes, first_line, folded, is_null, joined, shortened
from engine.model.reading.saves import read_save
from engine.model.reading.values import as_template, read_plain
from engine.model.verbs.logins import check_auth, read_auth
from engine.model.verbs.own_fields import read_fields
from engine.model.verbs.pairs import read_pairs

EXAMPLE = "write  request: {url: https://example.com/, save: found}"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_FRAMING = ("content-length", "transfer-encoding", "connection", "host", "keep-alive", "te", "trailer", "upgrade")
_SECRET = re.compile(
    r"authorization|api[-_]?key|(^|[-_])(access[-_]?|auth[-_]?)?(token|secret|password|passwd)$|^cookie$", re.IGNORECASE
)


def read_request(reader: Reader, place: str, node: nodes.Node, read_block: ReadBlock) -> Request | None:
    """The request at `node`, a mapping; None if it has no address, which is reported."""
    word = ENGINE_VERBS["request"]
    if isinstance(node, nodes.Scalar) and not is_null(node):
        helps = (f"write  request: {{url: {shortened(node.text, 40)}, save: found}}",)
        reader.shape("request", "a mapping with `url`", node, *helps)
        return None
    mapping = reader.mapping("request", node, "a mapping with `url`", EXAMPLE)
    if mapping is None:
        return None
    written, whole = read_fields(reader, word, mapping)
    if "url" not in written and whole:
        reader.report.error("F109", "`request` needs `url`", first_line(node.span), helps=(EXAMPLE,))
    if "json" in written and "form" in written:
        helps = ("a request has one body: leave one of the two out",)
        reader.report.error("F110", "`json` and `form` stand side by side", written["form"][0].span, helps=helps)
    url = _read_url(reader, written["url"][1]) if "url" in written else None
    method = _read_kind(reader, "method", written)
    body = next((name for name in ("json", "form") if name in written), "")
    if body and method in ("GET", "HEAD"):
        title = f"a {method} with a body: most servers overlook `{body}`"
        helps = (folded("values for the address stand in `params`; a body is sent with POST, PUT or PATCH"),)
        reader.report.warning("L412", title, written[body][0].span, helps=helps)
    pairs = {
        name: read_pairs(reader, name, written[name][1], f"write  {name}: {example}", judge(reader))
        for name, (example, judge) in _PAIRS.items()
        if name in written
    }
    auth, headers = _read_who(reader, written, pairs.get("headers", ()), url)
    given = reader.defaults.own_of
    request = Request(
        place,
        node.span,
        method or ("POST" if body else "GET"),
        url or "",
        headers,
        pairs.get("params", ()),
        read_plain(reader, written["json"][1]) if "json" in written else None,
        "json" in written,
        pairs.get("form"),
        _read_kind(reader, "timeout", written) if "timeout" in written else given("request", "timeout"),
        _read_kind(reader, "retries", written) if "retries" in written else given("request", "retries"),
        auth,
        exits=read_branch(reader, written["branch"][1], place, word, read_block) if "branch" in written else (),
        branches="branch" in written,
        save=read_save(reader, written["save"][1], word) if "save" in written else None,
    )
    return request if url is not None else None


def read_request_defaults(reader: Reader, written: dict[str, tuple[nodes.Scalar, nodes.Node]]) -> dict[str, Any]:
    """What every `request` gets, by key; what cannot be is reported."""
    found: dict[str, Any] = {name: _read_kind(reader, name, written) for name in written if name in OUTSIDE["request"]}
    if "headers" in written:
        example, judge = _PAIRS["headers"]
        found["headers"] = read_pairs(
            reader, "headers", written["headers"][1], f"write  headers: {example}", judge(reader)
        )
    if "auth" in written:
        found["auth"] = read_auth(reader, written["auth"][1])
        check_auth(reader, written["auth"][0].span, found["auth"], found.get("headers", ()), login_in_url=False)
    return {name: value for name, value in found.items() if value is not None or name == "auth"}


def _read_who(
    reader: Reader, written: dict[str, tuple[nodes.Scalar, nodes.Node]], own: Pairs, url: str | Template | None
) -> tuple[Auth | None, Pairs]:
    """Who asks, and all headers: what the request says comes before what it gets by default."""
    start = (url.text if isinstance(url, Template) else url or "").partition("://")[2]
    login = "@" in re.split(r"[/?#]", start, maxsplit=1)[0]
    headers = joined(reader.defaults.own_of("request", "headers") or (), own)
    if "auth" in written:
        auth = read_auth(reader, written["auth"][1])
        check_auth(reader, written["auth"][0].span, auth, own, login)
    else:
        auth = None if authorizes(own) or login else reader.defaults.own_of("request", "auth")
    if ("auth" in written or login or auth) and not authorizes(own) and isinstance(headers, tuple):
        headers = tuple(pair for pair in headers if pair[0].lower() != "authorization")
    return auth, headers


def _read_kind(reader: Reader, name: str, written: dict[str, tuple[nodes.Scalar, nodes.Node]]) -> str | Template | None:
    """The value of a key that has a kind of its own; None where it is not written, or wrong, which is reported."""
    if name not in written:
        return None
    kind = OUTSIDE["request"][name]
    scalar = reader.scalar(name, written[name][1], "one of the methods" if name == "method" else f"a {kind.describe()}")
    text = as_template(reader, scalar) if scalar else None
    if scalar is None or not isinstance(text, str):
        return text
    read = kind.read(text)
    if isinstance(read, Wrong):
        reader.wrong(name, read, scalar)
        return None
    return read


def _read_url(reader: Reader, node: nodes.Node) -> str | Template | None:
    kind = OUTSIDE["request"]["url"]
    scalar = reader.scalar("url", node, f"a {kind.describe()}", "write  url: https://example.com/customers")
    text = as_template(reader, scalar, url=True) if scalar else None
    if scalar is None or text is None:
        return None
    start = scalar.text.split("{", 1)[0].strip() if isinstance(text, Template) else text.strip()
    if isinstance(text, Template):
        if start and not re.match(r"https?://", start, re.IGNORECASE):
            title = "`url` must begin with https://"
            path = shortened(scalar.text.strip().lstrip("/"), 40)
            helps = (f"write  url: https://example.com/{path}",)
            reader.report.error("F103", title, scalar.span, label=f"begins with `{shortened(start)}`", helps=helps)
            return None
    else:
        read = kind.read(text)
        if isinstance(read, Wrong):
            reader.wrong("url", read, scalar)
            return None
        text = read
    _doubt_host(reader, scalar, start, whole=isinstance(text, str))
    return text


def _doubt_host(reader: Reader, scalar: nodes.Scalar, start: str, *, whole: bool) -> None:
    """Warns of an address that the server refuses unless it is told otherwise, and of a password in an address."""
    if not whole and not re.match(r"https?://[^/?#]*[/?#]", start, re.IGNORECASE):
        return  # the template is within the host
    try:
        parts = urlsplit(start)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return
    if parts.password:
        _doubt_secret(reader, scalar, "a password stands in this address", "https://{{ env.SHOP_LOGIN }}@…")
    what = inward(host)
    if what and not reader.allowed(host, port or (443 if parts.scheme.lower() == "https" else 80)):
        title = f"`{shortened(host, 40)}` is {what}: not asked unless allowed"
        entry = f"[{host}]" if ":" in host else host
        helps = (f"allow it in the settings:\nTOUCHTONE_ALLOW_HOSTS={entry}{f':{port}' if port else ''}",)
        reader.report.warning("L411", title, scalar.span, helps=helps)


def _judge_header(reader: Reader) -> Callable[[nodes.Scalar, nodes.Scalar], bool]:
    doubts = _judge_param(reader)

    def judge(key: nodes.Scalar, value: nodes.Scalar) -> bool:
        name = key.text
        if not _TOKEN.fullmatch(name):
            title = f"`{shortened(name)}` cannot be the name of a header"
            helps = ("names of headers are letters, digits and `-`, as  X-Request-Id",)
            reader.report.error("F111", title, key.span, helps=helps)
            return False
        if name.lower() in _FRAMING:
            title = f"the header `{name}` is written by the server itself"
            reader.report.error("F110", title, key.span, helps=("leave it out",))
            return False
        if any(ord(sign) < 32 and sign != "\t" for sign in value.text.strip()):
            title = f"the header `{name}` has a line break in it"
            reader.report.error("F103", title, first_line(value.span), helps=("write its value in one line",))
            return False
        return doubts(key, value)

    return judge


def _judge_param(reader: Reader) -> Callable[[nodes.Scalar, nodes.Scalar], bool]:
    def judge(key: nodes.Scalar, value: nodes.Scalar) -> bool:
        if _SECRET.search(key.text) and "{" not in value.text and len(value.text) >= 4:
            scheme, blank, _ = value.text.partition(" ")
            shown = f"{scheme} {{{{ env.API_TOKEN }}}}" if blank else "'{{ env.API_TOKEN }}'"
            _doubt_secret(
                reader, value, f"the secret of `{shortened(key.text)}` stands in the flow", f"{key.text}: {shown}"
            )
        return True

    return judge


def _doubt_secret(reader: Reader, scalar: nodes.Scalar, title: str, instead: str) -> None:
    helps = (f"write  {instead}", "and list the name in the settings:  TOUCHTONE_ENV=API_TOKEN")
    if "API_TOKEN" not in instead:
        helps = (f"write  {instead}", "and list the name in the settings:  TOUCHTONE_ENV=SHOP_LOGIN")
    reader.report.hint("L410", title, scalar.span, helps=helps)


_PAIRS = {
    "headers": ("{Accept: application/json}", _judge_header),
    "params": ("{number: '{{ call.from }}'}", _judge_param),
    "form": ("{number: '{{ call.from }}'}", _judge_param),
}
