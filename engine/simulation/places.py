"""Where a call stands in its flows: the step of each thing that was heard, and the question that is open now."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.model.flow import Flow
from engine.model.parts import Block, Redirect, Target, ToStep, ToUrl, ToWord, Verb, is_gather
from engine.phone.tape import Side
from engine.runtime.trail import Entered
from engine.simulation.play import Play

_WORDS = {"repeat": "repeat", "back": "back", "restart": "start again", "hangup": "hang up", "leave": "leave"}


class Spot(NamedTuple):
    """A part of a document that one side hears: the step it stands in, and the number of the turn that gave it."""

    side: Side
    moments: int
    step: str
    turn: int


def spots(play: Play) -> list[Spot]:
    """The parts of documents in the order they were come to."""
    found: list[Spot] = []
    last: dict[Side, str] = {}
    places: dict[str, Sequence[tuple[int, object]]] = {}
    for token, elements, side, is_heard, moments in play.story.passed:
        answered = play.desktop.answered.get(token)
        if answered is None or not is_heard:
            continue
        known = places.setdefault(token, answered.places)
        for before, event in known:
            if before <= elements and isinstance(event, Entered):
                last[side] = event.id
        found.append(Spot(side, moments, last.get(side, ""), play.desktop.turns.get(token, 0)))
    return found


def open_gather(play: Play, side: Side) -> tuple[Flow, Verb] | None:
    """The gather whose question one side is asked, with its flow."""
    here = next((one.step for one in reversed(spots(play)) if one.side == side), "")
    for token, elements, where, is_heard, _ in reversed(play.story.passed):
        if is_heard and where == side:
            answered = play.desktop.answered.get(token)
            said = [event for before, event in answered.said if before <= elements] if answered else []
            found = (_gather_at(play, here, event.span) for event in reversed(said))
            return next((one for one in found if one is not None), None)
    return None


def question_gather(play: Play) -> tuple[Flow, Verb] | None:
    """The gather whose question a conversation waits at, with its flow."""
    session = play.house.session(play.story)
    if session is None or session.question is None:
        return None
    place = session.question.place
    flow = play.house.program.flows.get(place.flow)
    for one in flow.graph.instructions_at(place.step) if flow else ():
        if flow and isinstance(one, Verb) and is_gather(one) and one.place == place.at:
            return flow, one
    return None


def _gather_at(play: Play, here: str, span: object) -> tuple[Flow, Verb] | None:
    name, _, step = here.partition("/")
    for program in (play.house.program, *(one.program for one in reversed(play.done)), play.begun_in):
        flow = program.flows.get(name)
        for one in flow.graph.instructions_at(step) if flow else ():
            if flow and isinstance(one, Verb) and is_gather(one) and one.span == span:
                return flow, one
    return None


def leads(flow: Flow, verb: Verb) -> dict[str, str]:
    """Where each answer that a gather knows leads: keys, words and patterns, those of `always` behind its own."""
    found: dict[str, str] = {}
    for exit_ in (*verb.exits, *flow.always):
        for key in exit_.keys:
            found.setdefault(f"/{key.text}/" if key.kind == "pattern" else key.text, target(exit_.goes))
    return found


def target(goes: Target | Block) -> str:
    """Where something leads, in a word or two."""
    if isinstance(goes, ToStep):
        return f"{goes.flow}/{goes.step}" if goes.flow else goes.step
    if isinstance(goes, ToWord):
        return _WORDS.get(goes.word, goes.word)
    if isinstance(goes, ToUrl):
        return "an external URL"
    last = goes.instructions[-1] if goes.instructions else None
    return target(last.target) if isinstance(last, Redirect) else "goes on"


def lasting(seconds: float) -> str:
    """So much time as a person reads it: `45 s`, `2 min`, `1 min 30 s`, `1 h`."""
    hours, minutes, rest = int(seconds) // 3600, int(seconds) // 60 % 60, int(seconds) % 60
    parts = [f"{count} {unit}" for count, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if count]
    return " ".join(parts) or "0 s"
