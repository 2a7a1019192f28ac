"""Whatever TwiML can say, a flow can say: the library's own methods are the judge, verb by verb."""

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from twilio.twiml import TwiML
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import VoiceResponse

from engine.diagnostics.render import render_text
from engine.grammar.fields import (
    Address,
    Boolean,
    Choice,
    Decimal,
    Either,
    Field,
    Json,
    Keys,
    Pattern,
    Phone,
    Several,
    Whole,
)
from engine.grammar.overlay import facts_of, kind_of
from engine.program.library import load_sources
from engine.runtime.request import Request
from engine.runtime.respond import respond

RESPONSES = {"voice": VoiceResponse, "messaging": MessagingResponse}

URL = "https://example.com/a"

# What Twilio asks for of an element that holds the one under test; an engine's own address comes where no action is.
ASKED: dict[str, dict[str, str]] = {
    "gather": {"action": URL},
    "pay": {"action": URL},
    "enqueue": {"workflow_sid": "WW1"},
    "stream": {"url": "wss://example.com/a"},
}

# The element that has to stand in another: alone in it when it is under test, or beside the one under test.
HELD = {"connect": "room", "start": "stream", "stop": "stream", "refer": "sip"}
BESIDE = {"client.parameter": "identity", "application.parameter": "application_sid", "sip.headers": "uri"}

# Tones are for a caller who listens, and Twilio plays none inside a gather.
REFUSED: dict[str, set[str]] = {"gather.play": {"digits"}}


@dataclass(frozen=True)
class Method:
    """A method of the library, by the names of those that lead to it."""

    channel: str
    way: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join([self.channel, *map(flow_name, self.way)])


def methods(channel: str, known: type[TwiML], way: tuple[str, ...] = (), ssml: int = 0) -> Iterator[Method]:
    """Every method at every depth; SSML nests in itself for ever, which one level shows."""
    for name, member in vars(known).items():
        if name.startswith("_") or not inspect.isfunction(member):
            continue
        made = made_by(known, name)
        inside = ssml + made.__name__.startswith("Ssml")
        if inside <= 2:
            yield Method(channel, (*way, name))
            yield from methods(channel, made, (*way, name), inside)


def parameters(known: type[TwiML], name: str) -> list[str]:
    signature = inspect.signature(getattr(known, name)).parameters.values()
    return [each.name for each in signature if each.name != "self" and each.kind is not each.VAR_KEYWORD]


def make(parent: TwiML, name: str, values: dict[str, Any]) -> TwiML:
    node = getattr(parent, name)(**values)
    assert isinstance(node, TwiML)
    return node


def flow_name(name: str) -> str:
    """A name of the library as a flow writes it: snake_case, without Python's trailing underscore."""
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower().rstrip("_")


def sample(field: Field) -> str:
    """A value of that kind."""
    match field:
        case Boolean():
            text = "true"
        case Choice(values=values):
            text = values[0]
        case Whole(least=least):
            text = str(least or 1)
        case Decimal(most=most):
            text = "9.50" if most is None or most > 9.5 else str(most)
        case Several(each=each, join=join):
            text = join.join([sample(each), sample(each)])
        case Either(kinds=kinds):
            text = sample(kinds[-1])
        case Pattern(example=example):
            text = example
        case Phone():
            text = "+15550100"
        case Keys():
            text = "#"
        case Json():
            text = '{"skill": "sales"}'
        case Address(schemes=schemes):
            text = f"{schemes[0]}://example.com/a"
        case _:
            text = "some words"
    assert isinstance(field.read(text), str), f"{text!r} is not {field.describe()}"
    return text


@dataclass(frozen=True)
class Call:
    """A call of a method of the library, with the one that is made beside it, before it."""

    name: str
    values: dict[str, str]
    beside: "Call | None" = None


def calls_of(method: Method) -> list[Call]:
    """The calls that lead to a method, and the method with a value for every parameter."""
    known: type[TwiML] = RESPONSES[method.channel]
    calls: list[Call] = []
    above = ""
    for number, name in enumerate(method.way, 1):
        last = number == len(method.way)
        values = all_of(method, fields_of(known, name)) if last else demanded(known, name)
        company = BESIDE.get(f"{above}.{name}")
        calls.append(Call(name, values, Call(company, demanded(known, company)) if company else None))
        known, above = made_by(known, name), name
    if len(method.way) == 1 and (held := HELD.get(above)):
        calls.append(Call(held, demanded(known, held)))
    return calls


def all_of(method: Method, fields: dict[str, Field]) -> dict[str, str]:
    refused = next((names for ending, names in REFUSED.items() if str(method).endswith(ending)), set())
    return {name: sample(field) for name, field in fields.items() if name not in refused}


def made_by(known: type[TwiML], name: str) -> type[TwiML]:
    return type(make(known(), name, dict.fromkeys(parameters(known, name), "x")))


def fields_of(known: type[TwiML], name: str) -> dict[str, Field]:
    """The kind of value of each parameter of a method of `known`."""
    marks = {each: object() for each in parameters(known, name)}
    node = make(known(), name, marks)
    kind = type(node).__name__
    return {
        each: facts_of(kind).text if node.value is mark else kind_of(kind, flow_name(each))
        for each, mark in marks.items()
    }


def demanded(known: type[TwiML], name: str) -> dict[str, str]:
    """Values for what the library demands, and what Twilio does."""
    if name in ASKED:
        return ASKED[name]
    facts = facts_of(made_by(known, name).__name__)
    signature = inspect.signature(getattr(known, name)).parameters
    return {
        each: sample(field)
        for each, field in fields_of(known, name).items()
        if signature[each].default is inspect.Parameter.empty or flow_name(each) in facts.required
    }


def flow_of(method: Method) -> str:
    """A flow of one instruction, in the form of JSON, which is YAML."""
    written: dict[str, Any] = {}
    for call in reversed(calls_of(method)):
        beside = {flow_name(call.beside.name): flow_values(call.beside)} if call.beside else {}
        written = {**beside, flow_name(call.name): {**flow_values(call), **written}}
    return json.dumps({"channel": method.channel, "steps": {"welcome": [written]}}, indent=1)


def flow_values(call: Call) -> dict[str, str]:
    return {flow_name(name): value for name, value in call.values.items()}


def library_says(method: Method) -> str:
    response = node = RESPONSES[method.channel]()
    for call in calls_of(method):
        if call.beside:
            make(node, call.beside.name, call.beside.values)
        node = make(node, call.name, call.values)
    return str(response)


def flow_says(text: str) -> str:
    loaded = load_sources({"t.yaml": text})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    outcome = respond(loaded.program, Request("t", "", datetime(2026, 1, 5, 12, tzinfo=UTC)))
    assert outcome.trouble is None
    return outcome.body.decode()


METHODS = [method for channel, response in RESPONSES.items() for method in methods(channel, response)]


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_a_flow_says_it_as_the_library_does_with_every_attribute(method: Method) -> None:
    assert flow_says(flow_of(method)) == library_says(method)


def test_the_walk_reaches_the_ends_of_the_library() -> None:
    ends = {
        "voice.gather.say.prosody.say_as",
        "voice.pay.prompt.say",
        "voice.connect.conversation_relay.language",
        "messaging.message.media",
    }
    assert ends <= {str(method) for method in METHODS}
