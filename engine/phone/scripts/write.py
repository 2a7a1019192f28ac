"""Writes a call that was played as a call script: what was heard, what was done, how it ended."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from engine.diagnostics import Report, Source
from engine.document import Mapping, Scalar, parse
from engine.grammar.masks import MASK
from engine.grammar.verbs import ENGINE_VERBS
from engine.phone.discreet import discreet
from engine.phone.events import (
    Bridged,
    Dialled,
    Did,
    Event,
    Heard,
    HungUp,
    Logged,
    Lost,
    PickedUp,
    Played,
    Reached,
    Requested,
    Texted,
)
from engine.phone.scripts.given import FAILURES
from engine.phone.tape import Moment
from engine.phone.transport import origin

ENDINGS = {
    "caller": "caller",
    "flow": "hangup",
    "end": "hangup",
    "reject": "rejected",
    "busy": "busy",
    "error": "error",
}
LONGEST = 70  # letters of a call's name
KEY_NAMES = {"#": "pound", "*": "star"}
# What needs no quotes as a value in a block (YAML 1.2, "7.3.3 Plain style"), well on the safe side.
_PLAIN = re.compile(
    r"[A-Za-z][^:#{}\[\]\"\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]*[^\s:#{}\[\]\"\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]"
)
_WORDS = {"true", "false", "null", "yes", "no"}


def written_call(
    name: str, moments: Sequence[Moment], given: Sequence[tuple[str, object]] = (), world: Sequence[str] = ()
) -> str:
    """A call as an entry of `calls:`; `given` are keys and values that the call came in with, `world` lines of what the world
    answered (see `given_lines`)."""
    here, left = _left(discreet(moments))
    turns = list(_hung_up(_turns(_as_turns(here))))
    turns += [f"- leaves: {scalar(left)}"] if left else []
    lines = [f"  {scalar(name)}:"]
    head = given_entry([f"{key}: {quoted(value)}" for key, value in given], world)
    if head:
        lines += [f"    {line}" for line in (*head, "turns:")]
    indent = " " * (6 if head else 4)
    return "\n".join([*lines, *(indent + turn for turn in turns)]) + "\n"


def given_entry(entries: Sequence[str], below: Sequence[str] = ()) -> list[str]:
    """The lines of a call's `given`: on one line, unless there are lines that stand `below`; none if nothing is given."""
    if below:
        return ["given:", *(f"  {line}" for line in (*entries, *below))]
    return [f"given: {{{', '.join(entries)}}}"] if entries else []


def new_script(flow: str, call: str) -> str:
    """A script file that holds one call."""
    return f"flow: {scalar(flow)}\n\ncalls:\n{call}"


def title(moments: Sequence[Moment]) -> str:
    """A name for a call, from what was done in it: `press 1, silence, hang up`."""
    done = [
        f"{event.act} {event.words}".strip() for _, _, event in _as_turns(discreet(moments)) if isinstance(event, Did)
    ]
    name = (", ".join(done[:8]) or "the caller only listens") + (", …" if len(done) > 8 else "")
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def add_call(
    text: str,
    flow: str,
    moments: Sequence[Moment],
    given: Sequence[tuple[str, object]] = (),
    world: Sequence[str] = (),
) -> str | None:
    """The text of a script with one more call behind its own; None if it is no script of calls to that flow, or if
    something else stands last in it. A name that is taken gets a number."""
    return add_entry(text, flow, title(moments), lambda name: written_call(name, moments, given, world))


def add_entry(text: str, flow: str, name: str, entry: Callable[[str], str]) -> str | None:
    """As `add_call`, for a call that `entry` writes under the name that it gets."""
    report = Report()
    root = parse(Source("", text), report)
    calls = root.get("calls") if isinstance(root, Mapping) else None
    if (
        report.errors
        or not isinstance(root, Mapping)
        or not isinstance(calls, Mapping)
        or root.entries[-1][1] is not calls
    ):
        return None
    named = root.get("flow")
    if isinstance(named, Scalar) and named.text != flow:
        return None
    if "{" in text[calls.span.start : calls.span.start + 1]:
        return None
    taken = {key.text for key, _ in calls.entries}
    first, count = name, 1
    while name in taken:
        count += 1
        name = f"{first} ({count})"
    return f"{text.rstrip()}\n\n{entry(name)}"


def scalar(text: str) -> str:
    """A text as YAML takes it for itself: plain where it can be, else in double quotes."""
    line = " ".join(text.split())
    if line == text and len(text) > 1 and _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return quoted(text)


def quoted(value: object) -> str:
    """A text, or a mapping of texts, as YAML in double quotes; whatever cannot be printed as an escape."""
    return re.sub(r"[^\x20-\x7e]", _escaped, json.dumps(value, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    # YAML 1.2, "5.7 Escaped characters"
    sign = found[0]
    code = ord(sign)
    if 0xD800 <= code < 0xE000:
        return "\ufffd"  # half a letter, which no file can hold
    if sign.isprintable() and code != 0xFEFF:
        return sign
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _left(moments: Sequence[Moment]) -> tuple[Sequence[Moment], str]:
    """The moments up to where the call went on at a foreign address that gave no answer, and that address; all of them and "" of
    a call that stayed."""
    asked = [(number, one.event) for number, one in enumerate(moments) if isinstance(one.event, Requested)]
    for number, event in asked:
        if not event.status and event.kind == "document" and _host(event.url) != _host(asked[0][1].url):
            return moments[:number], event.url.partition("?")[0]
    return moments, ""


def _host(url: str) -> str:
    return origin(urlsplit(url))


def _as_turns(moments: Sequence[Moment]) -> list[Moment]:
    """The moments as turns tell them: keys that were pressed one by one are pressed in one go, and what reached nobody is
    left out, since a turn whose keys or words are lost fails its call."""
    told: list[Moment] = []
    for moment in moments:
        event, last = moment.event, told[-1] if told else None
        did = last.event if last is not None and isinstance(last.event, Did) else None
        if last is None or did is None or did.act not in ("press", "say"):
            told.append(moment)
        elif isinstance(event, Lost):
            reached = did.words.removesuffix(event.words)
            told[-1:] = [last._replace(event=replace(did, words=reached))] if reached else []
        elif did.act != "press" or not isinstance(event, Did) or moment.side != last.side:
            told.append(moment)
        elif event.act == "press":
            told[-1] = last._replace(event=replace(did, words=did.words + event.words))
        elif event.act != "silence":  # which says that no more keys follow: so does the end of the turn
            told.append(moment)
    return told


def _hung_up(turns: Iterable[str]) -> Iterator[str]:
    """The turns, with a hang-up that ends a recording as a part of it."""
    held = ""
    for turn in turns:
        if held and turn == "- hangup":
            turn, held = f"{held}, then hangup", ""
        if held:
            yield held
        held = turn if turn.startswith("- recorded") and "then" not in turn else ""
        if not held:
            yield turn
    if held:
        yield held


def _turns(moments: Sequence[Moment]) -> Iterator[str]:
    inner: list[str] = []  # the turns of somebody who was dialled, after `picks_up`
    bridged = False
    for number, (at, side, event) in enumerate(moments):
        if side == "callee":
            inner += _callee(event)
            continue
        bridged = bridged or isinstance(event, Bridged)
        if isinstance(event, PickedUp | Bridged):
            continue
        turns = list(_caller(event, bridged, _seconds(at, moments[number + 1 : number + 2])))
        if turns and inner:
            yield from _picked_up(inner)
            inner = []
        if isinstance(event, Did):
            bridged = bridged and event.act not in ("dial", "hang up", "transfer")
        if turns[:1] == ["- picks_up"]:
            inner = ["- picks_up"]
            turns = []
        yield from turns
    if inner:
        yield from _picked_up(inner)


def _seconds(at: float, later: Sequence[Moment]) -> int:
    """How long something took: until the next thing happens."""
    return int(later[0].at - at) if later else 0


def _picked_up(inner: list[str]) -> Iterator[str]:
    head, *turns = inner if inner[0] == "- picks_up" else ["- picks_up", *inner]
    yield f"{head}:" if turns else head
    yield from (f"    {turn}" for turn in turns)


def _caller(event: Event, bridged: bool, seconds: int) -> Iterable[str]:
    match event:
        case Heard(text=text):
            return _hears(text)
        case Played(words=words) if words:
            return _hears(words)
        case Played(url=url, digits=digits):
            return [f"- hear: {_expected(url.rpartition('/flows/')[2] or digits)}"]
        case Texted(body=body):
            return _hears(body)
        case Reached(kind=kind, asked=text) if kind in ENGINE_VERBS and ENGINE_VERBS[kind].stubs == "word":
            return [f"- asked: {_expected(text)}"]
        case Logged(text=text):
            return [f"- logged: {_expected(text)}"] if text.strip() else []
        case Dialled(targets=targets):
            numbers = [quoted(target.address) for target in targets]
            return [f"- dialled: {numbers[0] if len(numbers) == 1 else '[' + ', '.join(numbers) + ']'}"]
        case HungUp(by=by):
            return [f"- ends: {ENDINGS[by]}" if by in ENDINGS else "- ends"]
        case Did():
            return _did(event, bridged, seconds)
    return []


def _expected(text: str) -> str:
    """Words that are expected: as they are, also where they look like a pattern."""
    pattern = len(text.strip()) > 2 and text.strip().startswith("/") and text.strip().endswith("/")
    return f"{{exactly: {quoted(text)}}}" if pattern else scalar(text)


def _callee(event: Event) -> Iterable[str]:
    match event:
        case Heard(text=text):
            return _hears(text)
        case Did():
            return _did(event)
    return []


def _hears(text: str) -> Iterable[str]:
    """What is heard; of words with something secret in them, the longest piece without."""
    if MASK in text:
        text = max((piece.strip(" \t\n,.:;") for piece in text.split(MASK)), key=len)
    return [f"- hear: {_expected(text)}"] if text else []


def _did(did: Did, bridged: bool = False, seconds: int = 0) -> Iterable[str]:
    act, words = did.act, did.words
    if did.params:
        outcome = quoted(f"transfer {words}" if act == "transfer" else words or "ended")
        verb = "dial" if act == "transfer" else act
        return [f"- outcome: {{{verb}: {outcome}, params: {quoted(dict(did.params))}}}"]
    if MASK in words and act in ("press", "say", "text"):
        return [f"- {act}: {quoted(MASK)}  # secret, so it is not saved: write what is to be answered here"]
    if act == "press":
        return [f"- press: {KEY_NAMES.get(words) or (words if words.isdecimal() else quoted(words))}"]
    if act in ("say", "text"):
        return [f"- {act}: {scalar(words)}"]
    if act == "silence":
        return ["- silence"]
    if act == "later":
        return [f"- later: {words}"]
    if act == "hang up":
        return ["- hangup"]
    if act == "pick up":
        return ["- picks_up"]
    if act == "dial" and bridged:
        return [f"- talks: {seconds} second{'s' if int(seconds) != 1 else ''}"]
    if act == "dial":
        return [f"- answers: {words}" if words in FAILURES else "- picks_up"]
    if act == "transfer":
        return [f"- outcome: {{dial: {quoted(f'transfer {words}')}}}"]
    if act == "record":
        spoken, _, key = words.partition(" ")
        return [
            f"- recorded: {spoken} second{'s' if spoken != '1' else ''}"
            + (f", then {KEY_NAMES.get(key, key)}" if key else "")
        ]
    return [f"- outcome: {{{act}: {scalar(words or 'ended')}}}"]
