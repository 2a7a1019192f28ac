"""What the turns of a call tell together: who did what, which exits were taken, how variables changed."""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from engine.history.kept import Kept, Values
from engine.history.path import Ways
from engine.history.state import own_leg
from engine.runtime.request import ANSWERS, TOLD
from engine.runtime.silence import SILENT

Json = dict[str, Any]

_GATHER = re.compile(rb"<Gather\b([^>]*)>")
_ACTION = re.compile(rb'\baction="([^"]*)"')
_HEARD_AS = {"DialCallStatus": "dial", "RecordingUrl": "recorded", "Digits": "pressed", "SpeechResult": "said"}


def told(key: str, turns: Sequence[Kept], ways: Ways) -> list[Json]:
    """The turns as they are shown, in the order they came; `ways` are those of the flows as callers hear them now."""
    first = turns[0].at if turns else 0.0
    known: dict[str, Any] = {}
    found: list[Json] = []
    for number, turn in enumerate(turns):
        before = _before(key, turns, number)
        silences = silences_of(before, turn) if before is not None else 0
        lived, ahead = _lived(turn, _after(key, turns, number))
        changed: list[Json] = []
        for event in lived:
            if event[0] == "set":
                changed.append({"name": event[1], "before": known.get(event[1]), "after": event[2]})
                known[event[1]] = event[2]
        took = [event for event in lived if event[0] == "took"]
        entered = [f"{event[1]}/{event[2]}" for event in lived if event[0] == "entered"]
        found.append(
            {
                "number": number + 1,
                "at": turn.at,
                "offset": round(turn.at - first, 3),
                "flow": turn.flow,
                "step": turn.step or next((event[2] for event in turn.events if event[0] == "entered"), ""),
                "side": "caller" if own_leg(key, turn.params) else "callee",
                "caller": act_of(turn, silences),
                "silences": silences,
                "params": dict(turn.params),
                "events": [_event(event, ahead=False) for event in lived]
                + [_event(event, ahead=True) for event in ahead],
                "took": ways.edges(turn.flow, turn.step if "_v" in turn.own else "", lived),
                "compared": [{"value": event[2], "with": event[3], "taken": True} for event in took],
                "goes": entered[-1] if entered else "",
                "changed": changed,
                "milliseconds": round(turn.milliseconds, 1),
                "size": turn.size,
                "twiml": turn.document.decode("utf-8", "replace"),
                "repeated": turn.repeated,
                "cut": turn.cut,
                "version": turn.version,
            }
        )
    return found


def act_of(turn: Kept, silences: int = 0) -> Json:
    """What the caller did, as the parameters tell it; `silences` are the questions that were left unanswered before."""
    params = turn.params
    if reports(turn):
        name = next((name for name in TOLD if params.get(name)), "")
        return _act("report", turn.report or f"{name}={params.get(name, '')}")
    if SILENT in turn.own:
        return _act("silence", "")
    if "_v" not in turn.own and "_c" not in turn.own:
        if params.get("MessageSid") and not params.get("CallSid"):
            return _act("texted", params.get("Body", "") or _media(params))
        return _act("begins", "")
    name = next((name for name in _HEARD_AS if params.get(name)), "")
    if name == "RecordingUrl":
        seconds = params.get("RecordingDuration", "")
        return _act("recorded", f"{seconds} second{'s' if seconds != '1' else ''}" if seconds else "")
    if name:
        return _act(_HEARD_AS[name], params[name])
    if name := next((name for name in sorted(ANSWERS) if params.get(name)), ""):
        return _act("other", f"{name}={params[name]}")
    return _act("silence" if silences else "other", "")


def reports(turn: Kept) -> bool:
    """Whether Twilio told something beside the call."""
    return bool(turn.report) or any(turn.params.get(name) for name in TOLD)


def silences_of(before: Kept, turn: Kept) -> int:
    """How many questions of a document were left unanswered before the turn that followed it."""
    if ">" in turn.own.get("_c", "") or "CallSid" not in turn.params:
        return 0
    asked = _questions(before.document)
    here = (turn.flow, turn.step, turn.own.get("_a"), turn.own.get("_n"))
    return next((number for number, one in enumerate(asked) if one == here), len(asked))


def _questions(document: bytes) -> list[tuple[str, str, str | None, str | None]]:
    """The address of each question in a document: flow, step, place, how often it was asked before."""
    found = []
    for gather in _GATHER.finditer(document):
        action = _ACTION.search(gather[1])
        parts = urlsplit(unescape(action[1].decode("utf-8", "replace"))) if action else urlsplit("")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        *_, flow, step = ["", "", *[part for part in parts.path.split("/") if part not in ("", ".", "..", "flows")]]
        found.append((flow, step, query.get("_a"), query.get("_n")))
    return found


def _lived(turn: Kept, after: Kept | None) -> tuple[Sequence[Values], Sequence[Values]]:
    """What came of a turn, and what would have come had the caller gone on to be silent: the document holds both.

    After a fault only what came later was heard.
    """
    events = turn.events
    for number in range(len(events), 0, -1):
        if events[number - 1][0] == "failed":
            failed = events[number - 1]
            events = [failed, *events[number:]]
            break
    for number, event in enumerate(events):
        if event[0] == "took" and event[2] == "no_input" and event[4] > 0 and _answered(event, after):
            return events[:number], events[number:]
    return events, ()


def _answered(took: Values, after: Kept | None) -> bool:
    """Whether the question of which silence is followed here was answered, or never came to its end."""
    if after is None:
        return True
    return str(took[1]).partition(" ")[0] == f"{after.flow}/{after.step}:{after.own.get('_a')}"


def _after(key: str, turns: Sequence[Kept], number: int) -> Kept | None:
    """The next turn on the same leg that answers the document."""
    leg = turns[number].params.get("CallSid", key)
    later = (one for one in turns[number + 1 :] if one.params.get("CallSid", key) == leg)
    return next((one for one in later if not reports(one) and not one.repeated), None)


def _before(key: str, turns: Sequence[Kept], number: int) -> Kept | None:
    leg = turns[number].params.get("CallSid", key)
    earlier = (one for one in reversed(turns[:number]) if one.params.get("CallSid", key) == leg)
    return next((one for one in earlier if not reports(one) and not one.repeated), None)


def _event(event: Values, *, ahead: bool) -> Json:
    made: Json = _EVENTS[event[0]](event)
    made["line"] = event[-1]
    if ahead:
        made["ahead"] = True
    return made


_EVENTS: Mapping[str, Any] = {
    "entered": lambda e: {"kind": "entered", "flow": e[1], "step": e[2]},
    "took": lambda e: {"kind": "took", "edge": e[1], "compared": e[2], "with": e[3]},
    "set": lambda e: {"kind": "set", "name": e[1], "value": e[2]},
    "asked": lambda e: {
        "kind": "asked",
        "asked": e[1],
        "place": e[2],
        "answer": e[3],
        "problem": e[4],
        "seconds": e[5],
        "text": e[6],
        "values": e[7],
        "milliseconds": None if e[5] is None else round(e[5] * 1000, 1),
    },
    "said": lambda e: {"kind": "said", "at": e[1], "size": e[2]},
    "logged": lambda e: {"kind": "logged", "text": e[1]},
    "failed": lambda e: {"kind": "failed", "message": e[1]},
}


def _act(kind: str, text: str) -> Json:
    return {"kind": kind, "text": text}


def _media(params: Mapping[str, str]) -> str:
    count = params.get("NumMedia", "0")
    return "" if count in ("", "0") else f"{count} attachment{'s' if count != '1' else ''}"
