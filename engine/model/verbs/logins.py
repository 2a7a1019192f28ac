"""Reads `auth` of a request: a user and a password, Twilio's signature, or none."""

from engine.diagnostics.source import Span
from engine.document import nodes
from engine.model.parts import Auth, Pairs
from engine.model.reading.reader import Reader, first_line, is_null
from engine.model.reading.values import as_template

_EXAMPLE = "write  auth: {user: '{{ env.API_USER }}', password: '{{ env.API_PASSWORD }}'}"
_WANTED = "`twilio`, `none`, or a mapping of `user` and `password`"


def read_auth(reader: Reader, node: nodes.Node) -> Auth | None:
    """The login written at `node`; None for `none`, and for what cannot be one, which is reported."""
    if isinstance(node, nodes.Scalar):
        word = node.text.strip().casefold()
        if word == "twilio":
            if not reader.signs:
                title = "`auth: twilio` needs an auth token, and the settings have none"
                reader.report.warning("L313", title, node.span, helps=("set it:  TWILIO_AUTH_TOKEN=…",))
            return "twilio"
        if word != "none" or is_null(node):
            reader.shape("auth", _WANTED, node, _EXAMPLE)
        return None
    mapping = reader.mapping("auth", node, _WANTED, _EXAMPLE)
    if mapping is None:
        return None
    unknown = [key for key, _ in mapping.entries if key.text not in ("user", "password")]
    for key in unknown:
        reader.unknown("`auth` has no field", key, ("user", "password"))
    found = []
    for name in ("user", "password"):
        written = mapping.get(name)
        if written is None:
            if not unknown:
                reader.report.error("F109", f"`auth` needs `{name}`", first_line(mapping.span), helps=(_EXAMPLE,))
            continue
        scalar = reader.scalar(name, written, "text", _EXAMPLE)
        text = as_template(reader, scalar) if scalar else None
        if scalar and isinstance(text, str) and ":" in text and name == "user":
            title = "`user` cannot have a colon in it"
            reader.report.error("F103", title, scalar.span, helps=("HTTP puts a colon between user and password",))
            continue
        if scalar and isinstance(text, str) and name == "password" and text:
            shown = "write  password: '{{ env.API_PASSWORD }}'"
            helps = (shown, "and list the name in the settings:  TOUCHTONE_ENV=API_PASSWORD")
            reader.report.hint("L410", "the secret of `password` stands in the flow", scalar.span, helps=helps)
        if text is not None:
            found.append(text)
    return (found[0], found[1]) if len(found) == 2 else None


def check_auth(reader: Reader, at: Span, auth: Auth | None, headers: Pairs, login_in_url: bool) -> None:
    """Reports (F110) what else of the same request says who asks, beside its own `auth`."""
    names = {name.lower() for name, _ in headers} if isinstance(headers, tuple) else set()
    beside = "x-twilio-signature" if auth == "twilio" else "authorization"
    if auth is not None and beside in names:
        title = f"`auth` cannot be combined with the header `{'X-Twilio-Signature' if auth == 'twilio' else 'Authorization'}`"
        reader.report.error("F110", title, at, helps=("leave one of the two out",))
    elif auth is not None and login_in_url:
        title = "`auth` cannot be combined with a login in the address"
        reader.report.error("F110", title, at, helps=("leave one of the two out",))
