"""Makes effects of what a flow wrote: every template is given its value here, and the value is judged."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from engine.diagnostics.source import Span
from engine.grammar.fields import Wrong
from engine.grammar.outside import MOST_MEDIA, OUTSIDE
from engine.grammar.templates import Template
from engine.model.parts import Pairs, Request, Run, Send
from engine.program.holes import settle, text_of
from engine.runtime.effects.effect import DEFAULT_TIMEOUT, FunctionCall, HttpCall, Login, TextMessage
from engine.runtime.fault import Fault
from engine.runtime.scope import storable

Scope = Mapping[str, object]


def http_call(request: Request, scope: Scope, key: str) -> HttpCall:
    """The request with its values for this scope; raises TemplateFault, or Fault for a value that cannot be one."""
    timeout = _judged("timeout", request.timeout, scope)
    retries = _judged("retries", request.retries, scope)
    return HttpCall(
        _judged("method", request.method, scope) or "GET",
        _url(request.url, scope),
        _pairs("headers", request.headers, scope),
        _pairs("params", request.params, scope),
        storable(settle(request.json, scope)),
        None if request.form is None else _pairs("form", request.form, scope),
        request.has_json,
        float(timeout) if timeout else DEFAULT_TIMEOUT,
        int(retries) if retries else None,
        key,
        _auth(request, scope),
    )


def function_call(run: Run, scope: Scope) -> FunctionCall:
    """The call with its arguments for this scope; raises TemplateFault."""
    return FunctionCall(run.function, {name: storable(settle(value, scope)) for name, value in run.args})


def text_message(send: Send, scope: Scope, own_number: str, key: str) -> TextMessage:
    """The message with its values for this scope, from `own_number` unless the flow says more; raises TemplateFault or Fault."""
    media: list[str] = []
    for url in send.media_url:
        found = url.value(scope) if isinstance(url, Template) else url
        media += [text_of(item).strip() for item in (found if isinstance(found, list | tuple) else (found,))]
    media = [url for url in media if url]
    if len(media) > MOST_MEDIA:
        raise Fault(f"`media_url` came out as {len(media)} addresses: a message takes {MOST_MEDIA}", send.span)
    to = _text(send.to, scope).strip()
    if not to:
        raise Fault("`to` came out as nothing: a message needs a number", _span(send.to) or send.span)
    from_ = "" if send.from_ is None else _text(send.from_, scope).strip()
    body = "" if send.body is None else text_of(settle(send.body, scope))
    return TextMessage(to, body, tuple(media), from_ or own_number, key)


def _auth(request: Request, scope: Scope) -> Login | Literal["twilio"] | None:
    if request.auth is None or isinstance(request.auth, str):
        return "twilio" if request.auth else None
    user, password = (_text(value, scope) for value in request.auth)
    if not (user or password):
        raise Fault("`auth` came out without a user and a password", request.span)
    return Login(user, password)


def _judged(name: str, value: str | Template | None, scope: Scope) -> str:
    """A value as its field reads it; "" for none."""
    if not isinstance(value, Template):
        return value or ""
    found = value.value(scope)
    if found is None:
        return ""
    read = OUTSIDE["request"][name].read(text_of(found))
    if isinstance(read, Wrong):
        raise Fault(f"`{name}` {read.what}, and came out as `{text_of(found)}`", value.span)
    return read


def _url(url: str | Template, scope: Scope) -> str:
    text = _text(url, scope).strip()
    if isinstance(url, Template) and not url.single:
        # What stands in it is encoded, but dots have no other form: `..` would lead out of its place.
        for segment in text.partition("?")[0].partition("#")[0].split("/"):
            if segment in (".", ".."):
                raise Fault(f"`url` came out with `{segment}` in its path, which leads to another one", url.span)
    return text


def _text(value: str | Template, scope: Scope) -> str:
    return text_of(value.value(scope)) if isinstance(value, Template) else value


def _span(value: str | Template) -> Span | None:
    return value.span if isinstance(value, Template) else None


def _pairs(name: str, pairs: Pairs, scope: Scope) -> tuple[tuple[str, str], ...]:
    """Names with their texts: one that came out as nothing is left out, one that came out as a list stands several times."""
    if not isinstance(pairs, Template):
        settled: list[tuple[str, Any]] = [
            (key, value.value(scope) if isinstance(value, Template) else value) for key, value in pairs
        ]
    else:
        whole = pairs.value(scope)
        if whole is None:
            return ()
        if not isinstance(whole, Mapping):
            raise Fault(f"`{name}` came out as no mapping of names and values", pairs.span)
        settled = [(str(key), value) for key, value in whole.items()]
    return tuple(_spread(settled))


def _spread(pairs: list[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    for key, value in pairs:
        for item in value if isinstance(value, list | tuple) else (value,):
            if item is not None:
                yield key, text_of(item)
