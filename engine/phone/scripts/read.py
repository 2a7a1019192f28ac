"""Reads a call script: its keys, and its calls."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath

from engine.diagnostics import Label, Report, Source, Span
from engine.document import Mapping as Entries
from engine.document import Node, Scalar, Sequence, parse
from engine.grammar.verbs.run import RUN
from engine.phone.scripts.given import read_given
from engine.phone.scripts.reader import Reader, folded, shortened
from engine.phone.scripts.script import CallScript, Given, Script, Stands, Turn, Write
from engine.phone.scripts.stubs import Stub
from engine.phone.scripts.turns import MESSAGES, TURNS, read_turns

SUFFIX = ".calls.yaml"
KEYS = ("description", "flow", "flows", "given", "calls")
_CALLS = "write\ncalls:\n  A caller is greeted:\n    - hear: Thank you for calling"


def read_script(source: Source, report: Report) -> Script | None:
    """The script in `source`; None if it cannot be read at all. Every mistake of the file by itself is in `report`."""
    node = _parsed(source, report)
    if node is None:
        return None
    reader = Reader(report)
    mapping = reader.mapping("a call script", node, _CALLS)
    if mapping is None:
        return None
    calls, unknown = mapping.get("calls"), [entry for entry in mapping.entries if entry[0].text not in KEYS]
    for key, value in unknown:
        if calls is None and isinstance(value, Sequence):
            title = f"a call script has no key `{shortened(key.text)}`"
            report.error("F402", title, key.span, label="not under `calls`", helps=[_under_calls(key)])
        else:
            reader.unknown("F402", "a call script has no key", key, KEYS)
    flow, flow_span = _named(reader, mapping, "flow")
    flows, flows_span = _named(reader, mapping, "flows")
    if calls is None:
        if not unknown:  # else what is written in its place is told already
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


def _parsed(source: Source, report: Report) -> Node | None:
    """The YAML of a script; of an empty file is said what stands in a script, not what stands in a flow."""
    found = Report()
    node = parse(source, found, nouns={"calls": "call"})
    for finding in found.diagnostics:
        report.add(replace(finding, helps=(_CALLS,)) if finding.code == "F019" else finding)
    return node


def _under_calls(key: Scalar) -> str:
    return f"write\ncalls:\n  {shortened(key.text)}:\n    - hear: …"


def check_names(
    script: Script,
    flows: Mapping[str, Mapping[str, object]],
    report: Report,
    channels: Mapping[str, Collection[str]] | None = None,
    functions: Collection[str] | None = None,
) -> bool:
    """Whether the flow, the steps and the functions that a script names are there, and its turns are some that the flow knows; what
    is not is reported. `flows` holds the steps of each, `channels` what each answers, `functions` those that flows run, None where
    that is not known."""
    reader = Reader(report)
    if script.flow not in flows:
        word = Scalar(script.flow, script.flow_span, False)
        helps = (
            () if script.flow_span.text == script.flow else ("the file is named after its flow, or has  flow: NAME",)
        )
        reader.unknown("F404", "there is no flow named", word, flows, *helps)
        return False
    fine = True
    if functions is not None:
        fine = check_functions([stub for call in script.calls for stub in call.given.stubs], functions, report)
    for call in script.calls:
        if channels is not None and not _on_channel(reader, script.flow, call, channels[script.flow]):
            fine = False
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


def check_functions(stubs: Iterable[Stub], functions: Collection[str], report: Report) -> bool:
    """Whether flows run the functions that are answered for; those that they do not are reported, each once."""
    unknown = {stub.span.start: stub for stub in stubs if stub.kind == RUN.name and stub.words not in functions}
    for stub in unknown.values():
        word = Scalar(stub.words, stub.span, False)
        if functions:
            Reader(report).unknown("F404", "no flow runs a function named", word, sorted(functions))
        else:
            helps = ("no flow here runs any function: leave  run  out",)
            report.error("F404", f"no flow runs a function named `{shortened(stub.words)}`", stub.span, helps=helps)
    return not unknown


def _on_channel(reader: Reader, flow: str, call: CallScript, channels: Collection[str]) -> bool:
    """Whether a flow answers on the channel of a call or conversation, which has turns of its kind; if not, it is reported."""
    kind, channel = call.kind(channels), call.given.channel
    text = next((turn for turn in call.turns if isinstance(turn, Write)), None)
    if kind == "conversation" and "messaging" not in channels:
        if channel or text is None:
            title = f"`{flow}` does not answer messages"
            reader.report.error("F401", title, call.given.channel_span or call.span, helps=["leave  channel  out"])
            return False
        title = f"`{flow}` answers calls, and `text` is a text message"
        helps = [f"what a caller says is  say: {shortened(text.body)}"]
        reader.report.error("F401", title, text.span, helps=helps)
        return False
    if kind == "call" and "voice" not in channels:
        title = f"`{flow}` does not answer calls"
        reader.report.error("F401", title, call.given.channel_span or call.span, helps=["leave  channel  out"])
        return False
    if kind == "conversation" and text is None and not channel:
        return _only_messages(reader, call, f"`{flow}` answers messages")
    return True


def _named(reader: Reader, mapping: Entries, name: str) -> tuple[str, Span | None]:
    node = mapping.get(name)
    return ((reader.text(name, node) or ""), node.span) if node is not None else ("", None)


def _first(node: Node) -> Span:
    """The place that a message about the whole script shows: its first call."""
    return node.entries[0][0].span if isinstance(node, Entries) and node.entries else node.span


def _call(reader: Reader, key: Scalar, node: Node, common: Given) -> CallScript:
    given, turns = common, node
    if isinstance(node, Entries):
        unknown = [name for name, _ in node.entries if name.text not in ("given", "turns")]
        bare = [name for name in unknown if name.text in TURNS]
        given = common.merged(read_given(reader, node.get("given")))
        turns = node.get("turns") or Sequence((), node.span)
        if bare:
            lines = "\n".join(f"- {name.text}: …" for name in bare)
            title = "turns are a list: each begins with a hyphen"
            reader.report.error("F403", title, bare[0].span, label="a hyphen is missing", helps=[f"write\n{lines}"])
        elif node.get("turns") is None and not unknown:
            reader.report.error("F403", f"`{shortened(key.text)}` has no turns", key.span, helps=["write  turns:"])
        for name in unknown:
            if name not in bare:
                helps = ("a call is a list of turns, or has  given  and  turns",)
                reader.unknown("F402", "a call has no key", name, ("given", "turns"), *helps)
    call = CallScript(key.text, key.span, given, read_turns(reader, key.text, turns))
    if call.kind() == "conversation":
        _only_messages(reader, call)
    elif given.channel == "voice":
        _only_calls(reader, call)
    return call


def _only_messages(reader: Reader, call: CallScript, why: str = "this is a conversation") -> bool:
    """Whether a conversation by text message has no turns of a call; the first one is reported."""
    text = next((turn for turn in call.turns if isinstance(turn, Write)), None)
    wrong = next((turn for turn in call.turns if turn.key not in MESSAGES), None)
    if wrong is None:
        return True
    other = "`text` one of a conversation" if text is not None else why
    title = f"`{wrong.key}` is a turn of a call, and {other}"
    helps = [folded("turns of a conversation: " + ", ".join(MESSAGES))]
    also = [Label(text.span, "a text message")] if text is not None else []
    reader.report.error("F401", title, wrong.span, also=also, helps=helps)
    return False


def _only_calls(reader: Reader, call: CallScript) -> None:
    """A call has no messages; the first one is reported."""
    text = next((turn for turn in call.turns if isinstance(turn, Write)), None)
    if text is not None:
        title = "`text` is a turn of a conversation, and this is a call"
        helps = [f"what a caller says is  say: {shortened(text.body)}"]
        also = [Label(call.given.channel_span, "a call")] if call.given.channel_span else []
        reader.report.error("F401", title, text.span, also=also, helps=helps)


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
