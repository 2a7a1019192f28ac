"""Reads `request`: an HTTP request from the server."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from engine.document import nodes
from engine.grammar.hosts import inward
from engine.grammar.templates import Template
from engine.grammar.verbs.request import REQUEST
from engine.grammar.verbs.spec import Key, VerbSpec
from engine.model.parts import Auth, Pairs, PerformEffect
from engine.model.reading.branches import ReadBlock
from engine.model.reading.reader import Reader, authorizes, first_line, folded, joined, shortened
from engine.model.verbs.logins import check_auth, read_auth
from engine.model.verbs.pairs import read_pairs
from engine.model.verbs.written import FORMS, ReadKey, Written, made, read_value, read_written

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_FRAMING = ("content-length", "transfer-encoding", "connection", "host", "keep-alive", "te", "trailer", "upgrade")
_SECRET = re.compile(
    r"authorization|api[-_]?key|(^|[-_])(access[-_]?|auth[-_]?)?(token|secret|password|passwd)$|^cookie$", re.IGNORECASE
)


def read_request(reader: Reader, place: str, node: nodes.Node, read_block: ReadBlock) -> PerformEffect | None:
    """The request at `node`, a mapping; None if it has no address, which is reported."""
    written = read_written(reader, REQUEST, place, node, read_block, _FORMS)
    if written is None:
        return None
    fields, values = written.fields, written.values
    if "json" in fields and "form" in fields:
        helps = ("a request has one body: leave one of the two out",)
        reader.report.error("F110", "`json` and `form` stand side by side", fields["form"][0].span, helps=helps)
    method = values.get("method")
    body = next((name for name in ("json", "form") if name in fields), "")
    if body and method in ("GET", "HEAD"):
        title = f"a {method} with a body: most servers overlook `{body}`"
        helps = (folded("values for the address stand in `params`; a body is sent with POST, PUT or PATCH"),)
        reader.report.warning("L412", title, fields[body][0].span, helps=helps)
    values["method"] = method or ("POST" if body else "GET")
    values["auth"], values["headers"] = _read_who(reader, written)
    return made(reader, REQUEST, place, written)


def read_request_defaults(
    reader: Reader, spec: VerbSpec, written: Mapping[str, tuple[nodes.Scalar, nodes.Node]]
) -> dict[str, Any]:
    """What every `request` gets, by key; what cannot be is reported."""
    forms = {**FORMS, **_FORMS}
    found = {
        name: forms[spec.fields[name].form](reader, name, spec.fields[name], node)
        for name, (_, node) in written.items()
    }
    if "auth" in found:
        check_auth(reader, written["auth"][0].span, found["auth"], found.get("headers", ()), login_in_url=False)
    return {name: value for name, value in found.items() if value is not None or name == "auth"}


def _read_who(reader: Reader, written: Written) -> tuple[Auth | None, Pairs]:
    """Who asks, and all headers: what the request says comes before what it gets by default."""
    url, own = written.values.get("url"), written.values.get("headers", ())
    start = (url.text if isinstance(url, Template) else url or "").partition("://")[2]
    login = "@" in re.split(r"[/?#]", start, maxsplit=1)[0]
    headers = joined(reader.defaults.own_of(REQUEST.name, "headers") or (), own)
    auth: Auth | None
    if "auth" in written.fields:
        auth = written.values["auth"]
        check_auth(reader, written.fields["auth"][0].span, auth, own, login)
    else:
        auth = None if authorizes(own) or login else reader.defaults.own_of(REQUEST.name, "auth")
    if ("auth" in written.fields or login or auth) and not authorizes(own) and isinstance(headers, tuple):
        headers = tuple(pair for pair in headers if pair[0].lower() != "authorization")
    return auth, headers


def _read_url(reader: Reader, name: str, key: Key, node: nodes.Node) -> str | Template | None:
    text: str | Template | None = read_value(reader, name, key, node)
    if text is None or not isinstance(node, nodes.Scalar):
        return None
    start = node.text.split("{", 1)[0].strip() if isinstance(text, Template) else text
    if isinstance(text, Template) and start and not re.match(r"https?://", start, re.IGNORECASE):
        title = "`url` must begin with https://"
        path = shortened(node.text.strip().lstrip("/"), 40)
        helps = (f"write  url: https://example.com/{path}",)
        reader.report.error("F103", title, node.span, label=f"begins with `{shortened(start)}`", helps=helps)
        return None
    _doubt_host(reader, node, start, whole=isinstance(text, str))
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


def _read_login(reader: Reader, name: str, key: Key, node: nodes.Node) -> Auth | None:
    return read_auth(reader, node)


def _pairs(judge: Callable[[Reader], Callable[[nodes.Scalar, nodes.Scalar], bool]]) -> ReadKey:
    """What reads names with texts, each of which is judged."""
    return lambda reader, name, key, node: read_pairs(reader, name, node, key.example, judge(reader))


_FORMS: Mapping[str, ReadKey] = {
    "address": _read_url,
    "headers": _pairs(_judge_header),
    "pairs": _pairs(_judge_param),
    "login": _read_login,
}
