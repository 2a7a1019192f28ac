"""What a gather can be answered with: which keys can be pressed, whether words are heard, which exits of `always` it may take."""

from typing import NamedTuple

from engine.model.flow import Flow
from engine.model.keys import identity
from engine.model.parts import Exit, Key, Verb, is_gather


def gathers_of(flow: Flow) -> list[Verb]:
    """Every gather that is written in a flow."""
    return [one for one in flow.graph.instructions if isinstance(one, Verb) and is_gather(one)]


def takes_every(gather: Verb) -> bool:
    """Whether the gather names no answers, by a key or a condition, and so takes every one but a key of `always`."""
    return not any(exit_.keys or exit_.when for exit_ in gather.exits)


def hears_words(gather: Verb) -> bool:
    """Whether the caller may speak; so too where a template decides."""
    return "speech" in _text(gather, "input", "dtmf", "speech")


class AfterSilence(NamedTuple):
    """What a question by message does when nobody answers it: it is sent again, goes on with `no_input`, or neither."""

    asks_again: bool
    goes_on: bool


def after_silence(gather: Verb) -> AfterSilence:
    """What silence does at a gather: only in a flow for messages alone, and only by what the gather itself has."""
    if gather.piece.element.class_name != "MessagingGather":
        return AfterSilence(False, False)
    times = gather.retry
    return AfterSilence(
        bool(times.no_input) and times.attempts > 1, any("no_input" in exit_.names for exit_ in gather.exits)
    )


def too_long(gather: Verb, digits: str) -> bool:
    """Whether the keys are more than the gather waits for."""
    most = _text(gather, "numDigits", "", "")
    return most.isdecimal() and len(digits) > int(most)


def finishes(gather: Verb, digits: str) -> bool:
    """Whether among the keys is the one that finishes the input."""
    finish = _text(gather, "finishOnKey", "#", "")
    return bool(finish) and finish in digits


def may_give(gather: Verb, key: Key) -> bool:
    """Whether a key can be pressed, said or written at the gather."""
    if gather.piece.element.class_name == "MessagingGather":
        return True
    if key.kind in ("emoji", "signs"):
        return False
    if key.kind == "words":
        return hears_words(gather)
    presses = "dtmf" in _text(gather, "input", "dtmf", "dtmf")
    reaches = key.kind == "pattern" or not (too_long(gather, key.text) or finishes(gather, key.text))
    return hears_words(gather) or (presses and reaches)


def may_take(flow: Flow, exit_: Exit) -> bool:
    """Whether some gather of the flow can take an exit of `always`. Anything can be texted, but silence."""
    texted = "messaging" in flow.channels
    gathers = gathers_of(flow)
    return any(
        any((texted or may_give(gather, key)) and not _has(gather, key) for key in exit_.keys)
        or any(_may_need(flow, gather, name) for name in exit_.names)
        for gather in gathers
    )


def _has(gather: Verb, key: Key) -> bool:
    return any(identity(own) == identity(key) for exit_ in gather.exits for own in exit_.keys)


def _may_need(flow: Flow, gather: Verb, name: str) -> bool:
    """Whether the gather lacks an exit of the name, and `always` has none that comes before it."""
    own = {name for exit_ in gather.exits for name in exit_.names}
    silent = "voice" in flow.channels
    if name in own or (takes_every(gather) and name != "no_input"):
        return False
    if name != "else":
        return silent or name != "no_input"
    own |= {name for exit_ in flow.always for name in exit_.names}
    return (silent and "no_input" not in own) or "no_match" not in own


def _text(gather: Verb, xml: str, unwritten: str, unknown: str) -> str:
    """An attribute as TwiML has it; what it is when it is not written, or a template."""
    value = next((value for name, value in gather.piece.attributes if name == xml), unwritten)
    return value if isinstance(value, str) else unknown
