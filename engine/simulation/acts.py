"""What somebody does with a simulated call, as the page posts it; and how the call begins."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from engine.grammar.channels import CHANNELS
from engine.phone.phone import CALLER, NUMBER
from engine.phone.scripts.given import YEARS

LONGEST_TEXT = 1600  # characters of a message (Twilio, error 21617), and of anything else that is said or named
MOST_KEYS = 50
MOST_PARAMS = 30
LONGEST_ANSWER = 256 * 1024  # bytes that a call is answered by hand
LONGEST_RECORDING = 3600

Kind = Literal[
    "press",
    "say",
    "silence",
    "hang_up",
    "settle",
    "record",
    "text",
    "later",
    "answer",
    "send",
    "back",
    "begin",
    "replay",
    "set_replay",
]

_KEYS = re.compile(r"[0-9*#]+")
_NAME = re.compile(r"[A-Za-z_]\w*(\[\w*\])?", re.ASCII)
_VARIABLE = re.compile(r"[a-z][a-z0-9_]*")


class Refused(Exception):
    """What was asked for cannot be done; the message says why, in a sentence."""


class Unknown(Refused):
    """There is no such call, flow or step."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that is done: keys, words, an outcome or a time as `text`; `value` of an answer, or whether a switch is on.

    `params` are sent by Twilio with an outcome.
    """

    kind: Kind
    text: str = ""
    value: Any = None
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def posted(self) -> dict[str, Any]:
        """The act as the page posts it."""
        told: dict[str, Any] = {self.kind: self.value if self.kind in _VALUES else self.text or True}
        return {**told, "params": dict(self.params)} if self.params else told


@dataclass(frozen=True, slots=True)
class Start:
    """How a call comes in. `at` is an aware time; `step` "" for the flow's start; `channel` "" for the flow's first.

    `timed` tells that somebody set the time, so that it matters.
    """

    flow: str
    step: str = ""
    from_: str = CALLER
    to: str = NUMBER
    at: datetime | None = None
    vars: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    channel: str = ""
    timed: bool = False


_VALUES = ("answer", "set_replay", "record")


def read_act(posted: object) -> Act:
    """The act that was posted; raises Refused for anything else."""
    if not isinstance(posted, Mapping):
        raise Refused('An act is an object, such as {"press": "1"}.')
    known = [name for name in posted if name in _READ]
    more = [str(name)[:50] for name in posted if name not in _READ and name not in ("params", "key")]
    if len(known) != 1 or more:
        wrong = f"“{more[0]}” is unknown. " if more else ""
        raise Refused(f"{wrong}Use one of: {', '.join(_READ)}.")
    name = known[0]
    return _READ[name](posted[name], posted)


def read_start(posted: object, clock: Callable[[], datetime]) -> Start:
    """The start that was posted; `clock` gives the time that it is where none is set."""
    if not isinstance(posted, Mapping):
        raise Refused('Name the flow to call: {"flow": "clinic"}.')
    unknown = next((name for name in posted if name not in _START), None)
    if unknown is not None:
        raise Refused(f"“{str(unknown)[:50]}” is unknown. A call takes {', '.join(_START)}.")
    texts = {name: _text(posted.get(name) or "", name) for name in ("flow", "step", "from", "to", "channel")}
    if not texts["flow"]:
        raise Refused('Name the flow to call: {"flow": "clinic"}.')
    if texts["channel"] not in ("", *CHANNELS):
        raise Refused(f"A call's channel is {' or '.join(CHANNELS)}.")
    flow, _, step = texts["flow"].partition("/")
    return Start(
        flow,
        texts["step"] or step,
        texts["from"].strip() or CALLER,
        texts["to"].strip() or NUMBER,
        _time(posted.get("at"), clock),
        _variables(posted.get("vars")),
        _params(posted.get("params")),
        texts["channel"],
        posted.get("at") not in (None, ""),
    )


_START = ("flow", "step", "from", "to", "at", "vars", "params", "channel")


def _text(value: object, what: str, longest: int = LONGEST_TEXT) -> str:
    if not isinstance(value, str):
        raise Refused(f"“{what}” must be a string.")
    if len(value) > longest:
        raise Refused(f"“{what}” has at most {longest:,} characters; this has {len(value):,}.")
    return value.encode("utf-8", "replace").decode()  # a lone surrogate cannot be sent


def _press(value: object, _: object) -> Act:
    keys = _text(str(value) if isinstance(value, int) and not isinstance(value, bool) else value, "press", MOST_KEYS)
    if not _KEYS.fullmatch(keys):
        raise Refused("A phone has the keys 0 to 9, *, and #.")
    return Act("press", keys)


def _say(value: object, _: object) -> Act:
    words = _text(value, "say")
    if not words.strip():
        raise Refused("Type what the caller says; to say nothing, send {“silence”: true}.")
    return Act("say", words)


def _write(value: object, _: object) -> Act:
    words = _text(value, "text")
    if not words.strip():
        raise Refused("Type a text first.")
    return Act("text", words)


def _hang_up(value: object, _: object) -> Act:
    if value is True or value == "caller":
        return Act("hang_up")
    if value == "callee":
        return Act("hang_up", "callee")
    raise Refused("“hang_up” must be true, or “callee” for the person who was dialed.")


def _settle(value: object, posted: Mapping[str, object]) -> Act:
    outcome = _text(value, "settle", 200).strip()
    if not outcome:
        raise Refused("Name the outcome, such as busy.")
    return Act("settle", outcome, params=_params(posted.get("params")))


def _record(value: object, posted: Mapping[str, object]) -> Act:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST_RECORDING:
        raise Refused(f"“record” must be a number of seconds from 0 to {LONGEST_RECORDING}.")
    key = posted.get("key", "")
    if key not in ("", "hangup") and not (isinstance(key, str) and len(key) == 1 and _KEYS.fullmatch(key)):
        raise Refused("“key” must be one key, or “hangup”.")
    return Act("record", str(key), value)


def _later(value: object, _: object) -> Act:
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value}s"
    return Act("later", _text(value, "later", 20).strip())


def _answer(value: object, _: object) -> Act:
    try:
        size = len(json.dumps(value))
    except (ValueError, RecursionError):
        raise Refused("This answer cannot be read.") from None
    if size > LONGEST_ANSWER:
        raise Refused(f"An answer has at most {LONGEST_ANSWER // 1024} KB.")
    return Act("answer", value=value)


def _flag(kind: Kind) -> Callable[[object, object], Act]:
    def read(value: object, _: object) -> Act:
        if value is not True:
            raise Refused(f"“{kind}” must be true.")
        return Act(kind)

    return read


def _switch(value: object, _: object) -> Act:
    if not isinstance(value, bool):
        raise Refused("“set_replay” must be true or false.")
    return Act("set_replay", value=value)


_READ: dict[str, Callable[[Any, Any], Act]] = {
    "press": _press,
    "say": _say,
    "silence": _flag("silence"),
    "hang_up": _hang_up,
    "settle": _settle,
    "record": _record,
    "text": _write,
    "later": _later,
    "answer": _answer,
    "send": _flag("send"),
    "back": _flag("back"),
    "begin": _flag("begin"),
    "replay": _flag("replay"),
    "set_replay": _switch,
}


def _time(value: object, clock: Callable[[], datetime]) -> datetime:
    if value in (None, ""):
        return clock()
    try:
        at = datetime.fromisoformat(_text(value, "at", 50).strip())
        if not YEARS[0] <= at.year <= YEARS[1]:
            raise ValueError
    except ValueError:
        raise Refused("Write the time as 2026-12-24T18:00 (UTC), or with an offset: 2026-12-24T18:00-05:00.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _params(value: object) -> Mapping[str, str]:
    if value in (None, ""):
        return {}
    if not isinstance(value, Mapping) or len(value) > MOST_PARAMS:
        raise Refused(f'Parameters are an object with up to {MOST_PARAMS} entries, such as {{"FromCity": "Boston"}}.')
    for name, text in value.items():
        if not (isinstance(name, str) and len(name) <= 100 and _NAME.fullmatch(name) and isinstance(text, str)):
            raise Refused('A parameter is a name and a string, such as {"FromCity": "Boston"}.')
    return {name: _text(text, name) for name, text in value.items()}


def _variables(value: object) -> Mapping[str, Any]:
    if value in (None, ""):
        return {}
    if not isinstance(value, Mapping) or len(value) > MOST_PARAMS or len(json.dumps(value)) > LONGEST_ANSWER:
        raise Refused(f'Variables are an object with up to {MOST_PARAMS} entries, such as {{"tries": 2}}.')
    for name in value:
        if not (isinstance(name, str) and _VARIABLE.fullmatch(name)):
            raise Refused(f"“{str(name)[:50]}” is not a valid variable name: use lowercase letters, digits, and _.")
    return dict(value)
