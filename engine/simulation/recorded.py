"""Plays a recorded call again, real or simulated, with the flows that callers hear now, and writes it as a script."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from engine.diagnostics import Report, Source
from engine.grammar.masks import MASK
from engine.grammar.names import snake
from engine.history.kept import Kept
from engine.history.path import Ways
from engine.history.state import own_leg
from engine.history.told import Json, reports, silences_of, told
from engine.phone import Conversation, NotNow, PhoneCall
from engine.phone.events import Asked, Bridged, Dialled
from engine.phone.scripts import play_call, read_script
from engine.phone.scripts.stubs import Ask, Stub
from engine.phone.scripts.write import new_script
from engine.phone.scripts.write_stubs import stubs_of
from engine.phone.verbs.dial import FAILURES
from engine.program.program import Program
from engine.runtime.effects.effect import Result
from engine.runtime.request import ANSWERS, ENDED
from engine.runtime.silence import SILENT
from engine.simulation.acts import Act, Refused, Start
from engine.simulation.call import Call, Written
from engine.simulation.outside import Outside
from engine.testing.project import Project
from engine.testing.world import Exchange, answer_of

SILENCES = 12  # after which a call that nothing more was heard of is over
# What Twilio sends with every request, and a telephone knows by itself.
_USUAL = frozenset(
    (
        *("CallSid", "AccountSid", "From", "To", "Caller", "Called", "CallStatus", "ApiVersion", "Direction"),
        *("MessageSid", "SmsSid", "SmsMessageSid", "Body", "NumMedia", "NumSegments", "SmsStatus", "CallToken"),
        *("StirVerstat", "StirPassportToken", "ForwardedFrom", "ErrorCode", "ErrorUrl"),
    )
)
_WORD = re.compile(r"\w+")


def script_of(summary: Json, turns: Sequence[Kept], program: Program, folder: Path) -> Written:
    """A recorded call as a script that passes with the flows as they are now. Raises Refused with where it differs."""
    key = f"{summary['from']}>{summary['to']}" if summary["channel"] == "messaging" else summary["id"]
    if not turns:
        raise Refused("This call has no recorded turns.")
    if summary["flow"] not in program.flows:
        raise Refused(f"The flow {summary['flow']} no longer exists, so the call cannot be played again.")
    if any(MASK in value for turn in turns for value in turn.params.values()):
        raise Refused("This call contains a secret answer, which was not recorded, so it cannot be played again.")
    shown = told(key, turns, Ways(program.flows))
    call = Call("", _start(summary, turns[0], program), program, _outside(folder, program), 0, _world(shown))
    try:
        call.begin()
        _play(call, key, turns, summary, program)
    except (NotNow, Refused) as why:
        raise Refused(f"{_at(call)}the call differs with the current flows: {why}") from None
    if call.play.pending is not None:
        line = call.play.house.mask(call.play.pending.line)
        raise Refused(f"{_at(call)}the flow now asks for {line[:200]}; the recorded call has no answer to that.")
    _compare(call, shown)
    written = call.written()
    _check(written, program, folder)
    return written


def _start(summary: Json, first: Kept, program: Program) -> Start:
    flow = program.flows[summary["flow"]]
    words = set(_WORD.findall(flow.source.text))
    params = {
        name: value
        for name, value in first.params.items()
        if name not in _USUAL and name not in first.entry and value and ({name, snake(name)} & words)
    }
    begins = "" if "_v" in first.own else first.step
    return Start(
        summary["flow"],
        "" if begins == flow.start else begins,
        summary["from"],
        summary["to"],
        datetime.fromtimestamp(first.at, UTC),
        {name: value for name, value in first.entry.items() if name in flow.takes or name in flow.required},
        params,
        summary["channel"],
    )


def _outside(folder: Path, program: Program) -> Outside:
    return Outside(folder, lambda: program, lambda: datetime.fromtimestamp(0, UTC))


def _world(shown: Sequence[Json]) -> tuple[Stub, ...]:
    """Stubs that answer as the world did."""
    events = [event for turn in shown for event in turn["events"] if event["kind"] == "asked" and not turn["repeated"]]
    asked = [Ask(one["asked"], one["text"], one["text"]) for one in events if one["text"]]
    came = [Result(one["answer"], one["values"], one["problem"]) for one in events if one["text"]]
    return stubs_of([(ask, answer_of(Exchange(ask, result))) for ask, result in zip(asked, came, strict=True)])


def _play(call: Call, key: str, turns: Sequence[Kept], summary: Json, program: Program) -> None:
    before = turns[0]
    texted = isinstance(call.play.story, Conversation) and bool(before.params.get("MessageSid"))
    for turn in turns if texted else turns[1:]:
        if reports(turn) or turn.repeated or call.play.stuck:
            continue
        for act in _acts(call, key, before, turn):
            call.act(act, program)
        if own_leg(key, turn.params):
            before = turn
    if call.play.stuck or not isinstance(call.play.story, PhoneCall):
        return
    if summary["ended_by"] != "flow" and not call.play.over:
        call.act(Act("hang_up"), program)
    for _ in range(SILENCES):
        if call.play.stuck or call.play.over:
            return
        call.act(Act("silence"), program)


def _acts(call: Call, key: str, before: Kept, turn: Kept) -> Iterator[Act]:
    """What was done for a turn to come, as the telephone does it: each with a look at where the call is by then."""
    params, story = turn.params, call.play.story
    if isinstance(story, Conversation):
        if SILENT in turn.own:
            yield Act("later", f"{max(1, round(turn.at - before.at))}s")
        elif "_v" not in turn.own and "_c" not in turn.own:
            yield Act("text", params.get("Body", ""))
        return
    if not own_leg(key, params):
        yield from _callee(call, turn)
        return
    for _ in range(silences_of(before, turn)):
        if isinstance(call.play.story, PhoneCall) and isinstance(call.play.story.waiting_for, Asked):
            yield Act("silence")
    gone = params.get("CallStatus") in ENDED
    if "DialCallStatus" in params:
        yield from _dialed(call, params["DialCallStatus"], gone)
    elif "RecordingUrl" in params or "RecordingDuration" in params:
        seconds = params.get("RecordingDuration", "")
        ended = params.get("Digits", "")
        yield Act("record", ended, int(seconds) if seconds.isdecimal() else 1)
    elif params.get("Digits"):
        yield from _pressed(call, params["Digits"])
    elif params.get("SpeechResult"):
        yield Act("say", params["SpeechResult"])
    elif name := next((name for name in sorted(ANSWERS) if params.get(name)), ""):
        yield Act("settle", params[name])
    elif gone:
        yield Act("hang_up")


def _pressed(call: Call, keys: str) -> Iterator[Act]:
    heard = len(call.play.desktop.heards)
    yield Act("press", keys)
    story = call.play.story
    waits = isinstance(story, PhoneCall) and isinstance(story.waiting_for, Asked)
    if waits and len(call.play.desktop.heards) == heard and not call.play.stuck:
        yield Act("silence")  # no more keys follow


def _dialed(call: Call, status: str, gone: bool) -> Iterator[Act]:
    def waiting() -> object:
        return call.play.story.waiting_for if isinstance(call.play.story, PhoneCall) else None

    if status in FAILURES:
        yield Act("settle", status)
        return
    if isinstance(waiting(), Dialled):
        yield Act("settle", "picks_up")
    for _ in range(SILENCES):  # what the person who picked up hears is played to its end
        if not isinstance(waiting(), Asked) or call.play.stuck:
            break
        yield Act("silence")
    if isinstance(waiting(), Bridged):
        yield Act("hang_up") if gone else Act("settle", "completed")


def _callee(call: Call, turn: Kept) -> Iterator[Act]:
    """What somebody did who was dialed."""
    story = call.play.story
    if isinstance(story, PhoneCall) and isinstance(story.waiting_for, Dialled):
        yield Act("settle", "picks_up")
    elif turn.params.get("Digits"):
        yield from _pressed(call, turn.params["Digits"])
    elif turn.params.get("SpeechResult"):
        yield Act("say", turn.params["SpeechResult"])


def _compare(call: Call, shown: Sequence[Json]) -> None:
    """Raises Refused where the call came to another step than it did then."""
    then = [
        (turn["number"], f"{event['flow']}/{event['step']}")
        for turn in shown
        if turn["side"] == "caller" and not turn["repeated"] and turn["caller"]["kind"] != "report"
        for event in turn["events"]
        if event["kind"] == "entered" and "ahead" not in event
    ]
    now = call.play.house.steps(call.play.story, "caller")
    for (number, was), came in zip(then, (*now, *[""] * len(then)), strict=False):
        if was != came:
            instead = f"it goes to {came}" if came else "it ends earlier"
            raise Refused(f"In turn {number} the call went to {was}; with the current flows {instead}.")


def _check(written: Written, program: Program, folder: Path) -> None:
    """Raises Refused if the script does not pass."""
    report = Report()
    script = read_script(Source("", new_script(written.flow, written.entry(written.name))), report)
    if script is None:
        raise Refused(f"The call cannot be written as a script: {_first(report)}.")
    (one,) = script.calls
    failure = play_call(script, one, Project(program, folder)).failure
    if failure is not None:
        raise Refused(f"A script of this call would not pass: {failure.title}.")


def _first(report: Report) -> str:
    return next((one.title for one in report.diagnostics), "it cannot be read")


def _at(call: Call) -> str:
    step = call.play.step
    return f"At {step}, " if step else "At its start, "
