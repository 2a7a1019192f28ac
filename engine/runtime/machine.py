"""Plays a turn: from the place a request asks for, operation by operation, until its document ends."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.model.parts import Target
from engine.program.place import Place
from engine.program.tracks import (
    Ask,
    AskByText,
    Call,
    Choose,
    Close,
    Jump,
    Letter,
    Note,
    Operation,
    Put,
    Reach,
    Refuse,
    Spot,
    Tell,
    Track,
    Utter,
    Wait,
)
from engine.runtime.document import DOCUMENT_CUT, LARGEST
from engine.runtime.entering import begin_flow, is_new
from engine.runtime.fault import Fault
from engine.runtime.plays import branch, effects, gather, texts, twiml, variables
from engine.runtime.route import RETURN
from engine.runtime.session import Question
from engine.runtime.turn import Turn

MOVES = 2_000  # operations in one turn: more is a circle that no caller could hear the end of


def play(turn: Turn, question: Question | None = None) -> None:
    """Plays what the request asks for; with the open `question` of a conversation, what follows the message that answers it."""
    _play(turn, _asked_for(turn) if question is None else texts.answer_question(turn, question))


def play_silence(turn: Turn, question: Question) -> None:
    """Plays what follows where nobody has answered the open `question` of a conversation."""
    _play(turn, texts.meet_silence(turn, question))


def recover(turn: Turn, target: Target) -> None:
    """Begins the document anew at the step for errors."""
    turn.begin()
    _play(turn, turn.route.lead(target, Track(*turn.document.here)))


def find_help(turn: Turn) -> Target | None:
    """The step for errors of the flow that failed, which need not be the one that was asked for, else of those that called it."""
    document, memory = turn.document, turn.document.memory
    name = document.here.flow
    while True:
        flow = document.program.flows.get(name)
        if flow is not None and flow.on_error is not None:
            document.here = Place(name, document.here.step)
            return flow.on_error
        if memory is None or not memory.inside:
            return None
        name = memory.give_back().flow
        document.know_other_variables()


def times(asked: Mapping[str, str]) -> int:
    """How many times a question was asked again, as an address says it."""
    text = asked.get("_n")
    return min(int(text), 1000) if text and text.isdecimal() and len(text) < 6 else 0


def _asked_for(turn: Turn) -> Spot | None:
    """What the address of the request leads to."""
    document, route = turn.document, turn.route
    request, asked = document.request, document.request.asked
    if not asked:
        return route.enter(request.flow, request.step, request.params)
    if "_w" in asked:
        track = route.first(request.flow, request.step)
        if track is None:
            raise Fault(f"the flow `{request.flow}` has no step `{request.step}` any more", None)
        return route.run_out(track) if asked["_w"] == RETURN else route.follow(asked["_w"], track)
    at = asked.get("_a") or asked.get("_q") or asked.get("_i")
    if at is None:
        return route.enter(request.flow, request.step, request.params)
    spot = document.program.spot(Place(request.flow, request.step, at), document.channel)
    if is_new(document, request.flow):  # its session was lost, or another flow answered before
        begin_flow(document, request.flow, request.params)
    if spot is None:
        raise Fault(f"the step `{request.flow}/{request.step}` has no place {at} any more", None)
    track, index = spot
    operation = track.operations[index]
    if "_a" in asked:
        document.at = operation.span
        if isinstance(operation, Ask):
            return gather.come_back(turn, operation, track, index, times(asked))
        if isinstance(operation, AskByText):
            return texts.come_back(turn, operation, track, index, times(asked))
        if isinstance(operation, Wait):
            return twiml.come_back(turn, operation, track, index)
        return track, index + 1
    if "_q" in asked and isinstance(operation, Ask):
        document.at = operation.span
        return gather.ask_again(turn, operation, track, index, times(asked))
    return spot


def _play(turn: Turn, spot: Spot | None) -> None:
    document, route = turn.document, turn.route
    for _ in range(MOVES):
        if spot is None:
            return
        track, index = spot
        if index >= len(track.operations):
            spot = track.parent or route.run_out(track)
            continue
        if index == 0:
            route.inside.add(route.block(track))
        operation = track.operations[index]
        if document.length > LARGEST:
            raise Fault("the TwiML of this step is larger than the 64 kB that Twilio takes", document.at)
        document.at = operation.span
        if track.step != document.here.step or track.flow != document.here.flow:
            route.arrive(track)
        if document.length > DOCUMENT_CUT:
            route.continue_in_next_document(track, operation.place)
            return
        spot = PLAYS[type(operation)](turn, operation, track, index)
    raise Fault("the call goes round in a circle here", document.at)


PLAYS: Mapping[type[Operation], Callable[[Turn, Any, Track, int], Spot | None]] = {
    Utter: twiml.emit,
    Wait: twiml.wait,
    Ask: gather.gather,
    Tell: texts.say,
    Letter: texts.message,
    AskByText: texts.gather,
    Refuse: texts.refuse,
    Jump: branch.redirect,
    Choose: branch.branch,
    Call: branch.subflow,
    Close: branch.return_,
    Put: variables.set_,
    Note: variables.log,
    Reach: effects.reach,
}
