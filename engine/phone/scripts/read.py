"""Reads a call script: its keys, and its calls."""

from collections.abc import Mapping
from pathlib import PurePath

from engine.diagnostics import Label, Report, Source, Span
from engine.document import Mapping as Entries
from engine.document import Node, Scalar, Sequence, parse
from engine.phone.scripts.given import read_given
from engine.phone.scripts.reader import Reader, folded, shortened
from engine.phone.scripts.script import CallScript, Given, Script, Stands, Turn, Write
from engine.phone.scripts.turns import MESSAGES, read_turns

SUFFIX = ".calls.yaml"
KEYS = ("description", "flow", "flows", "given", "calls")
_CALLS = "write\ncalls:\n  A caller is greeted:\n    - hear: Thank you for calling"


def read_script(source: Source, report: Report) -> Script | None:
    """The script in `source`; None if it cannot be read at all. Every mistake of the file by itself is in `report`."""
    node = parse(source, report, nouns={"calls": "call"})
    if node is None:
        return None
    reader = Reader(report)
    mapping = reader.mapping("a call script", node, _CALLS)
    if mapping is None:
        return None
    for key, _ in mapping.entries:
        if key.text not in KEYS:
            reader.unknown("F402", "a call script has no key", key, KEYS)
    calls = mapping.get("calls")
    flow, flow_span = _named(reader, mapping, "flow")
    flows, flows_span = _named(reader, mapping, "flows")
    if calls is None:
        report.error("F403", "a call script has `calls`", Span(source, 0, 0), helps=[_CALLS])
        return None
    given = read_given(reader, mapping.get("given"))
    entries = reader.mapping("calls", calls, _CALLS)
    return Script(
        source,
        flow or PurePath(source.path).name.removesuffix(SUFFIX),
        flow_span or _first(calls),
        flows,
        flows_span or flow_span or _first(calls),
        tuple(_call(reader, key, value, given) for key, value in (entries.entries if entries else ())),
    )


def check_names(script: Script, flows: Mapping[str, Mapping[str, object]], report: Report) -> bool:
    """Whether the flow and the steps that a script names are there; what is not is reported. `flows` holds their steps."""
    reader = Reader(report)
    if script.flow not in flows:
        word = Scalar(script.flow, script.flow_span, False)
        helps = (
            () if script.flow_span.text == script.flow else ("the file is named after its flow, or has  flow: NAME",)
        )
        reader.unknown("F404", "there is no flow named", word, flows, *helps)
        return False
    fine = True
    for call in script.calls:
        for flow, step, span in _steps_named(call):
            there = flow or script.flow
            if there not in flows:
                reader.unknown("F404", "there is no flow named", Scalar(there, span, False), flows)
                fine = False
            elif step not in flows[there]:
                where = f"the flow `{there}` has no step" if flow else "there is no step named"
                reader.unknown("F404", where, Scalar(step, span, False), flows[there])
                fine = False
    return fine


def _named(reader: Reader, mapping: Entries, name: str) -> tuple[str, Span | None]:
    node = mapping.get(name)
    return ((reader.text(name, node) or ""), node.span) if node is not None else ("", None)


def _first(node: Node) -> Span:
    """The place that a message about the whole script shows: its first call."""
    return node.entries[0][0].span if isinstance(node, Entries) and node.entries else node.span


def _call(reader: Reader, key: Scalar, node: Node, common: Given) -> CallScript:
    given, turns = common, node
    if isinstance(node, Entries):
        for name, _ in node.entries:
            if name.text not in ("given", "turns"):
                helps = ("a call is a list of turns, or has  given  and  turns",)
                reader.unknown("F402", "a call has no key", name, ("given", "turns"), *helps)
        given = common.merged(read_given(reader, node.get("given")))
        turns = node.get("turns") or Sequence((), node.span)
        if node.get("turns") is None:
            reader.report.error("F403", f"`{shortened(key.text)}` has no turns", key.span, helps=["write  turns:"])
    call = CallScript(key.text, key.span, given, read_turns(reader, key.text, turns))
    if call.kind == "conversation":
        _only_messages(reader, call)
    return call


def _only_messages(reader: Reader, call: CallScript) -> None:
    """A conversation by text message has no turns of a call."""
    first = next(turn for turn in call.turns if isinstance(turn, Write))
    for turn in call.turns:
        if turn.key not in MESSAGES:
            title = f"`{turn.key}` is a turn of a call, and `text` one of a conversation"
            helps = [folded("turns of a conversation: " + ", ".join(MESSAGES))]
            reader.report.error("F401", title, turn.span, also=[Label(first.span, "a text message")], helps=helps)
            return


def _steps_named(call: CallScript) -> list[tuple[str, str, Span]]:
    found: list[tuple[str, str, Span]] = []

    def look(turns: tuple[Turn, ...]) -> None:
        for turn in turns:
            if isinstance(turn, Stands):
                found.append((turn.flow, turn.step, turn.span))
            look(getattr(turn, "turns", ()))

    if call.given.step and call.given.step_span:
        found.append(("", call.given.step, call.given.step_span))
    look(call.turns)
    return found
