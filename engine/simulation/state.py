"""A simulated call as the page shows it."""

from collections.abc import Callable
from typing import Any

from engine.phone import Conversation, PhoneCall
from engine.phone.events import HungUp
from engine.runtime.shown_session import variables_of
from engine.simulation.call import Call
from engine.simulation.captions import CUT, ENDS, captions, left_for
from engine.simulation.play import Done, Play
from engine.simulation.waits import waits

LONGEST = 4000  # characters of a variable that is shown
DEEPEST, WIDEST = 6, 200


def of(call: Call, *, newer: bool) -> dict[str, Any]:
    """All of it; `newer` tells that callers hear another version of its flows."""
    play, start = call.play, call.start
    story, mask = play.story, play.mask
    over = play.over
    return {
        "id": call.name,
        "call": call.known,
        "flow": start.flow,
        "channel": play.channel,
        "version": play.house.program.version,
        "version_saved": call.saved,
        "newer": newer,
        "over": over,
        "ended": ended(play) if over else "",
        "seconds": round(story.now, 1),
        "side": story.side if isinstance(story, PhoneCall) else "caller",
        "now": play.step,
        "captions": captions(play),
        "waits": waits(play, call.given_by_scripts(), may_send=call.may_send),
        "acts": [_posted(one, mask) for one in play.done],
        "replay": call.replays,
        "replayed": call.replayed,
        "vars": {name: shown(value, mask) for name, value in _variables(play).items()},
        "given": given(call, mask),
    }


def _posted(done: Done, mask: Callable[[str], str]) -> dict[str, Any]:
    """An act as it was posted; an answer of the world may say again what is secret."""
    return {name: mask(one) if isinstance(one, str) and done.is_answer else one for name, one in done.posted.items()}


def _variables(play: Play) -> dict[str, Any]:
    session = play.house.session(play.story)
    return variables_of(session) if session is not None else {}


def ended(play: Play) -> str:
    """Why the call is over."""
    if play.cut:
        return CUT
    if isinstance(play.story, Conversation):
        return ""
    for url in filter(None, map(left_for, play.story.events)):
        return f"The call went on at {url}, which is not played here."
    by = next((event.by for event in reversed(play.story.events) if isinstance(event, HungUp)), "")
    return ENDS.get(by, "The call ended.")


def given(call: Call, mask: Callable[[str], str]) -> dict[str, Any]:
    """How the call came in, and what the world answered."""
    start, play = call.start, call.play
    return {
        "from": start.from_,
        "to": start.to,
        "at": start.at.isoformat() if start.at else "",
        "time": play.desktop.time.isoformat(),
        "step": start.step,
        "vars": dict(start.vars),
        "params": dict(start.params),
        "answers": [
            {"kind": one.ask.kind, "asked": mask(one.ask.shown), "answer": mask(one.result.answer)}
            for one in play.house.exchanges(play.story)
        ],
    }


def shown(value: Any, mask: Callable[[str], str], depth: int = 0) -> Any:
    """A value without secrets, and not longer than can be read."""
    if isinstance(value, str):
        text = mask(value)
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    if isinstance(value, dict | list) and depth >= DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {str(name): shown(one, mask, depth + 1) for name, one in list(value.items())[:WIDEST]}
    return [shown(one, mask, depth + 1) for one in value[:WIDEST]] if isinstance(value, list) else value
