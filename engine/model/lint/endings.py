"""Rules about how documents end: L204 a wait document that falls silent, L206 too many messages, L207 a start for nothing."""

from collections.abc import Iterator

from engine.diagnostics.diagnostic import Label
from engine.model.flow import Flow
from engine.model.lint.course import passes, runs_out
from engine.model.lint.survey import Finding, Survey, given, has_exits, is_heard
from engine.model.parts import Block, Verb

MOST_MESSAGES = 10  # Twilio, TwiML <Message>: a response holds up to ten


def falls_silent(survey: Survey) -> Iterator[Finding]:
    """A conference's wait document that runs out: those who wait hear nothing from then on.

    PASS:
        steps:
          menu:
            - dial: {conference: {name: standup, wait_url: hold}}
          hold:
            - play: audio/hold.mp3
            - redirect: repeat

    FAIL:
        steps:
          menu:
            - dial: {conference: {name: standup, wait_url: hold}}
          hold:
            - play: audio/hold.mp3
    """
    for target in survey.pages("conference_wait"):
        flow_name, step = survey.step_of(target)
        aim, block = survey.block(flow_name, step)
        instructions = block.instructions
        forever = any(isinstance(each, Verb) and given(each, "loop") == "0" for each in instructions)
        if instructions and runs_out(aim, block) and not forever:
            yield Finding(
                survey.names[flow_name][step],
                f"the wait document `{step}` runs out, and then it is silent",
                "does not begin again",
                also=(Label(target.span, "heard while waiting here"),),
                helps=("end it with  - redirect: repeat",),
            )


def many_messages(survey: Survey) -> Iterator[Finding]:
    """More than ten messages in one answer: Twilio sends ten.

    PASS:
        channel: messaging
        steps:
          hello:
            - message: One.
            - message: Two.

    FAIL:
        channel: messaging
        steps:
          hello:
            - message: "1"
            - message: "2"
            - message: "3"
            - message: "4"
            - message: "5"
            - message: "6"
            - message: "7"
            - message: "8"
            - message: "9"
            - message: "10"
            - message: "11"
    """
    for place in survey.blocks:
        messages = []
        for instruction in place.block.instructions:
            if isinstance(instruction, Verb) and instruction.piece.element.name == "message":
                messages.append(instruction)
            if not passes(survey.flow, instruction):
                break
        if len(messages) > MOST_MESSAGES:
            yield Finding(
                messages[MOST_MESSAGES].span,
                f"Twilio sends up to {MOST_MESSAGES} messages in one answer, and here are {len(messages)}",
                "the first not sent",
                helps=("put several texts into one message",),
            )


def start_for_nothing(survey: Survey) -> Iterator[Finding]:
    """A `start` that nothing follows: what it starts ends at once, with the call.

    PASS:
        steps:
          menu:
            - start: {stream: {url: "wss://example.com/ear"}}
            - dial: "+15550100"

    FAIL:
        steps:
          menu:
            - start: {stream: {url: "wss://example.com/ear"}}
    """
    lasts: dict[int, int] = {}
    for place, number, verb in survey.verbs("start"):
        if place.followed:
            continue
        block = place.block
        if id(block) not in lasts:
            lasts[id(block)] = _last_lasting(survey.flow, block)
        if number > lasts[id(block)]:
            yield Finding(
                verb.span,
                "what this starts ends at once: nothing follows, so the call ends",
                "the last verb",
                helps=("write what the caller hears next below it",),
            )


def _last_lasting(flow: Flow, block: Block) -> int:
    """The number of the last instruction at which a call goes on for a while, or elsewhere; -1 if there is none."""
    numbered = reversed(list(enumerate(block.instructions)))
    return next((n for n, each in numbered if is_heard(each) or not passes(flow, each) or has_exits(each)), -1)
