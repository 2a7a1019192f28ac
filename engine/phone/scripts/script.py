"""A call script as values: calls, and in each call its turns, in the order they are lived."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from engine.diagnostics import Source, Span
from engine.phone.scripts.stubs import Stub
from engine.phone.scripts.words import Words

CallKind = Literal["call", "conversation"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: `key` as it is written (`hear`), and the place of what it says."""

    key: str
    span: Span = field(compare=False)


# What is done


@dataclass(frozen=True, slots=True)
class Press(Turn):
    """Keys; `during` words of the prompt that they come in the middle of."""

    keys: str
    during: str = ""


@dataclass(frozen=True, slots=True)
class Say(Turn):
    """Words; `during` words of the prompt that they come in the middle of."""

    words: str
    during: str = ""


@dataclass(frozen=True, slots=True)
class Silence(Turn):
    times: int = 1


@dataclass(frozen=True, slots=True)
class HangUp(Turn):
    pass


@dataclass(frozen=True, slots=True)
class Write(Turn):
    """A text message."""

    body: str


@dataclass(frozen=True, slots=True)
class PickUp(Turn):
    """Somebody who is dialled picks up (`who`, else the first), and takes these turns on their side."""

    turns: tuple[Turn, ...] = ()
    who: str = ""


@dataclass(frozen=True, slots=True)
class Talk(Turn):
    seconds: int


@dataclass(frozen=True, slots=True)
class Record(Turn):
    """Seconds are spoken into a recording, which `ending` ends: a key, `hangup`, or `silence`."""

    seconds: int
    ending: str = "silence"


@dataclass(frozen=True, slots=True)
class Later(Turn):
    """So many seconds pass in which nobody does anything."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Outcome(Turn):
    """How a verb that waits for somebody ends; `params` are parameters that Twilio sends with it."""

    verb: str
    outcome: str
    params: tuple[tuple[str, str], ...] = ()


# What is expected


@dataclass(frozen=True, slots=True)
class Hear(Turn):
    """Words that are heard, in this order."""

    words: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Asks(Turn):
    """Words of what the flow asks of the world, since the last act."""

    words: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Logs(Turn):
    """Words of lines that the flow has logged, since the last act."""

    words: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Rings(Turn):
    """Numbers that are dialled, all at once; none for anybody's."""

    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stands(Turn):
    """The step that the call is at; `flow` is "" for the script's own."""

    flow: str
    step: str


@dataclass(frozen=True, slots=True)
class Holds(Turn):
    """Variables and what they hold, as text: all of it, or a pattern that takes all of it."""

    values: tuple[tuple[str, Words], ...]


@dataclass(frozen=True, slots=True)
class Costs(Turn):
    """Requests for TwiML so far; `at_most` if fewer do as well."""

    count: int
    at_most: bool = False


@dataclass(frozen=True, slots=True)
class Ends(Turn):
    """The call is over; `by` is "" for whoever ended it."""

    by: str = ""


@dataclass(frozen=True, slots=True)
class Leaves(Turn):
    """The call goes on at an address that is not the flows'."""

    address: str


@dataclass(frozen=True, slots=True)
class Given:
    """What is so before the call begins; `outcomes` by verb, one after another, the last one for ever; `stubs` answer for the world.

    What is None, or not in a mapping, is left to the telephone. `query` is that of the address where the call comes in, as a whole.
    """

    from_: str | None = None
    to: str | None = None
    at: datetime | None = None
    step: str | None = None
    step_span: Span | None = field(default=None, compare=False)
    channel: Literal["", "voice", "messaging"] = ""
    channel_span: Span | None = field(default=None, compare=False)
    params: Mapping[str, str] = field(default_factory=dict)
    takes: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stubs: tuple[Stub, ...] = ()

    @property
    def entry(self) -> Mapping[str, str]:
        """What stands in the query of the address, with what the flow takes."""
        return {**self.query, **self.takes}

    def merged(self, inner: "Given") -> "Given":
        """These, with the entries of `inner` winning."""
        return Given(
            inner.from_ or self.from_,
            inner.to or self.to,
            inner.at or self.at,
            inner.step or self.step,
            inner.step_span or self.step_span,
            inner.channel or self.channel,
            inner.channel_span or self.channel_span,
            {**self.params, **inner.params},
            {**self.takes, **inner.takes},
            inner.query or self.query,
            {**self.outcomes, **inner.outcomes},
            (*inner.stubs, *self.stubs),
        )


@dataclass(frozen=True, slots=True)
class CallScript:
    """One call, by the name it is given; or a conversation by text message."""

    name: str
    span: Span = field(compare=False)
    given: Given
    turns: tuple[Turn, ...]

    def kind(self, channels: Collection[str] = ("voice",)) -> CallKind:
        """What it is, for a flow that answers on these channels: a conversation by what is given or by its messages, or as the
        flow answers nothing else."""
        if self.given.channel:
            return "conversation" if self.given.channel == "messaging" else "call"
        if any(isinstance(turn, Write) for turn in self.turns) or "voice" not in channels:
            return "conversation"
        return "call"


@dataclass(frozen=True, slots=True)
class Script:
    """A file of calls to `flow`, whose folder is `flows` ("" for the nearest one); each with the place it is named at."""

    source: Source = field(compare=False)
    flow: str
    flow_span: Span = field(compare=False)
    flows: str
    flows_span: Span = field(compare=False)
    calls: tuple[CallScript, ...]
