"""Makes effects of what a flow wrote: every template is given its value here, and the value is judged."""

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from engine.diagnostics.source import Span
from engine.grammar.fields import Wrong
from engine.grammar.templates import Template
from engine.grammar.verbs.request import REQUEST
from engine.grammar.verbs.run import RUN
from engine.grammar.verbs.send import SEND
from engine.model.parts import Pairs, PerformEffect
from engine.program.holes import settle, text_of
from engine.runtime.effects.effect import DEFAULT_TIMEOUT, Effect, FunctionCall, HttpCall, Login, TextMessage
from engine.runtime.fault import Fault
from engine.runtime.scope import storable

Scope = Mapping[str, object]

_WHATSAPP = "whatsapp:"  # before the same numbers as texts have


def http_call(request: PerformEffect, scope: Scope, key: str) -> HttpCall:
    """The request with its values for this scope; raises TemplateFault, or Fault for a value that cannot be one."""
    timeout = _judged("timeout", request["timeout"], scope)
    retries = _judged("retries", request["retries"], scope)
    return HttpCall(
        _judged("method", request["method"], scope) or "GET",
        _url(request["url"], scope),
        _pairs("headers", request["headers"] or (), scope),
        _pairs("params", request["params"] or (), scope),
        storable(settle(request["json"], scope)),
        None if request["form"] is None else _pairs("form", request["form"], scope),
        "json" in request.values,
        float(timeout) if timeout else DEFAULT_TIMEOUT,
        int(retries) if retries else None,
        key,
        _auth(request, scope),
    )


def function_call(run: PerformEffect, scope: Scope) -> FunctionCall:
    """The call with its arguments for this scope; raises TemplateFault."""
    return FunctionCall(
        run["function"], {name: storable(settle(value, scope)) for name, value in (run["args"] or {}).items()}
    )


def text_message(send: PerformEffect, scope: Scope, now: "Circumstances") -> TextMessage:
    """The message with its values for this scope; raises TemplateFault, or Fault for a value that cannot be one.

    It is from our number in this call or conversation, unless the flow names a number or a messaging service.
    """
    media: list[str] = []
    for url in send["media_url"] or ():
        found = url.value(scope) if isinstance(url, Template) else url
        media += [text_of(item).strip() for item in (found if isinstance(found, list | tuple) else (found,))]
    media = [url for url in media if url]
    most = send.spec.fields["media_url"].most
    if most is not None and len(media) > most.number:
        title = f"`media_url` came out as {len(media)} {most.entries}: {most.whole} takes {most.number}"
        raise Fault(title, send.span)
    to = _text(send["to"], scope).strip()
    if not to:
        raise Fault("`to` came out as nothing: a message needs a number", _span(send["to"]) or send.span)
    service = _settled(send["messaging_service_sid"], scope).strip()
    return TextMessage(
        to,
        _settled(send["body"], scope),
        tuple(media),
        _settled(send["from"], scope).strip() or ("" if service else _on_channel_of(to, now.own_number)),
        now.key,
        _settled(send["content_sid"], scope).strip(),
        _json_texts("content_variables", send["content_variables"], scope),
        service,
        now.addresses.get("status_callback", ""),
    )


class Circumstances(NamedTuple):
    """What an effect is told beside what the flow wrote.

    `key` is the same when the turn is played again; `own_number` is ours in this call or conversation; `addresses` are those of
    the verb's targets by key, from their scheme on, "" where a template came out as nothing.
    """

    key: str
    own_number: str
    addresses: Mapping[str, str] = MappingProxyType({})


EFFECTS: dict[str, Callable[[PerformEffect, Scope, Circumstances], Effect]] = {
    REQUEST.name: lambda wanted, scope, now: http_call(wanted, scope, now.key),
    RUN.name: lambda wanted, scope, now: function_call(wanted, scope),
    SEND.name: lambda wanted, scope, now: text_message(wanted, scope, now),
}
"""What makes the effect of a verb, by its name; raises TemplateFault or Fault for a value that cannot be one."""


def _auth(request: PerformEffect, scope: Scope) -> Login | Literal["twilio"] | None:
    if request["auth"] is None or isinstance(request["auth"], str):
        return "twilio" if request["auth"] else None
    user, password = (_text(value, scope) for value in request["auth"])
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
    kind = REQUEST.fields[name].kind
    assert kind is not None, f"`{name}` is of a kind"
    read = kind.read(text_of(found))
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


def _on_channel_of(to: str, own: str) -> str:
    """Our number on the channel of another: between two channels Twilio sends nothing (error 21910)."""
    if to.startswith(_WHATSAPP) and own.startswith("+"):
        return _WHATSAPP + own
    return own.removeprefix(_WHATSAPP) if to.startswith("+") else own


def _settled(value: Any, scope: Scope) -> str:
    return "" if value is None else text_of(settle(value, scope))


def _json_texts(name: str, value: Any, scope: Scope) -> str:
    """Names and texts as a JSON object, without those that came out as none; "" for nothing."""
    if value is None:
        return ""
    settled = settle(value, scope)
    if settled is None:
        return ""
    if not isinstance(settled, Mapping):
        raise Fault(f"`{name}` came out as no mapping of names and texts", value.span)
    texts = {str(key): text_of(item) for key, item in settled.items() if item is not None}
    return json.dumps(texts, ensure_ascii=False) if texts else ""


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
