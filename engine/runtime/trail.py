"""What a turn did, one value after another: written while it is played, if anybody listens.

A listener hears of it when the turn is over; coverage, scripts and the account of a call read nothing else.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from engine.diagnostics.source import Span
from engine.program.always import exit_name


class Entered(msgspec.Struct, frozen=True):
    """The call came to a step, `span` is the step; `at` as in `Took`."""

    flow: str
    step: str
    span: Span
    at: int

    @property
    def id(self) -> str:
        """The step as `clinic/menu`."""
        return f"{self.flow}/{self.step}"


class Took(msgspec.Struct, frozen=True):
    """An exit was taken: the one with that `number` among those of the instruction at `place` in a step, of which `own` are its
    own and the others those of `always`. `span` is the exit's key as it is written.

    `compared` is what was compared with its keys: an answer, a value, a name such as `no_input`; "" where only conditions were.
    `at` are the bytes of the answer that were written before: whoever hears the document comes to it there. In messaging, where
    words in a row become one message, it is only near.
    """

    flow: str
    step: str
    place: str
    number: int
    own: int
    compared: str
    span: Span
    at: int

    @property
    def id(self) -> str:
        """The exit as `clinic/menu:0 1`, that of `always` as `clinic/always:a 1`."""
        return exit_name(self.flow, self.step, self.place, self.number, self.own)


class Set(msgspec.Struct, frozen=True):
    """A variable was set; `span` is the instruction, or the first value as it is written."""

    name: str
    value: Any
    span: Span


class Asked(msgspec.Struct, frozen=True):
    """The world was asked by a `request`, `run` or `send` (`kind`), and gave `answer`; `problem` says why it failed.

    `place` is that of the instruction, with how many times the turn came past it. `seconds` is how long it took; None where another
    process asked, or nobody did. `line` is all that was asked in one line, such as `GET https://example.com/orders`; `values` what came
    back, by the names that flows know it by (`body`, `status`, …).
    """

    kind: str
    place: str
    answer: str
    problem: str
    span: Span
    seconds: float | None = None
    line: str = ""
    values: Mapping[str, Any] = {}


class Said(msgspec.Struct, frozen=True):
    """An instruction wrote `size` bytes of the document, behind `at` others."""

    span: Span
    at: int
    size: int


class Logged(msgspec.Struct, frozen=True):
    """The flow wrote a line into the log, or an expression of it was warned of."""

    text: str
    span: Span


class Failed(msgspec.Struct, frozen=True):
    """A step could not go on: what was written before it is thrown away, and nobody hears it."""

    message: str
    span: Span | None


Event = Entered | Took | Set | Asked | Said | Logged | Failed
Trail = tuple[Event, ...]

NO_TRAIL: Trail = ()
_ANY = "\0"  # stands for the answer in the trail of a document that is kept ready


class Lines(list[tuple[str, Span]]):
    """The lines for the log, which stand in a trail as well."""

    def __init__(self, trail: list[Event]) -> None:
        super().__init__()
        self._trail = trail

    def append(self, line: tuple[str, Span]) -> None:
        """Adds a line, in the log and in the trail."""
        super().append(line)
        self._trail.append(Logged(*line))


def masked(trail: Trail, mask: Callable[[str], str]) -> Trail:
    """The trail with every text hidden by `mask` that a secret may stand in."""
    return tuple(masked_event(event, mask) for event in trail)


def masked_event(event: Event, mask: Callable[[str], str]) -> Event:
    """One event, as in `masked`."""
    match event:
        case Took(compared=text) if mask(text) != text:
            return msgspec.structs.replace(event, compared=mask(text))
        case Set(value=value):
            return msgspec.structs.replace(event, value=_masked_value(value, mask))
        case Asked(answer=answer, problem=problem, line=line, values=values):
            return msgspec.structs.replace(
                event,
                answer=mask(answer),
                problem=mask(problem),
                line=mask(line),
                values=_masked_value(dict(values), mask),
            )
        case Logged(text=text):
            return msgspec.structs.replace(event, text=mask(text))
        case Failed(message=text):
            return msgspec.structs.replace(event, message=mask(text))
    return event


def _masked_value(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask(name): _masked_value(one, mask) for name, one in value.items()}
    return [_masked_value(one, mask) for one in value] if isinstance(value, list) else value


def heard(trail: Trail) -> Trail:
    """The part of a trail whose document was sent: what comes after the last fault."""
    for number in range(len(trail), 0, -1):
        if isinstance(trail[number - 1], Failed):
            return trail[number:]
    return trail


def for_any(trail: Trail, answer: str) -> Trail:
    """The trail of a document that is kept ready for all whose answer takes the same exit as this one."""
    return _compared(trail, answer, _ANY) if answer else trail


def answered_with(trail: Trail, answer: str) -> Trail:
    """The trail of a document that was ready ahead, for the answer that asked for it."""
    return _compared(trail, _ANY, answer) if answer else trail


def _compared(trail: Trail, before: str, after: str) -> Trail:
    return tuple(
        msgspec.structs.replace(event, compared=after)
        if isinstance(event, Took) and event.compared == before
        else event
        for event in trail
    )


def timed(trail: Trail, seconds: dict[str, float]) -> Trail:
    """The trail with how long the world took at each place that was asked just now."""
    return tuple(
        msgspec.structs.replace(event, seconds=seconds[event.place])
        if isinstance(event, Asked) and event.place in seconds
        else event
        for event in trail
    )
