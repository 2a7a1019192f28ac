"""What happened, as a test or a terminal reads it."""

from collections.abc import Sequence

from engine.phone.events import Event, Heard, Requested, Warned
from engine.phone.line import Line
from engine.phone.tape import Moment, Passed, Side, Tape


class Story:
    """The account of a call or a conversation."""

    def __init__(self, tape: Tape, line: Line) -> None:
        self._tape, self._line = tape, line

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(moment.event for moment in self._tape.moments)

    @property
    def moments(self) -> tuple[Moment, ...]:
        """The events with their time and the side they happened on."""
        return tuple(self._tape.moments)

    @property
    def passed(self) -> Sequence[Passed]:
        """How far each document came, in order: what a document says behind that was never come to."""
        return self._tape.passed

    def after(self, count: int) -> tuple[Moment, ...]:
        """The moments behind the first `count`: whoever follows a long call looks at each moment once."""
        return tuple(self._tape.moments[count:])

    @property
    def length(self) -> int:
        """How many moments there are so far. A key in the middle of a prompt takes back those that are then never heard."""
        return len(self._tape.moments)

    @property
    def acted(self) -> int:
        """How many moments there were before the last act."""
        return self._tape.acted

    @property
    def news(self) -> tuple[Moment, ...]:
        """What happened since the last act, itself included."""
        return tuple(self._tape.moments[self._tape.acted :])

    def heard_by(self, side: Side) -> tuple[str, ...]:
        """What one side heard since the last act."""
        return tuple(one.event.text for one in self.news if one.side == side and isinstance(one.event, Heard))

    @property
    def now(self) -> float:
        """The seconds since the beginning, on a clock of its own."""
        return self._tape.now

    @property
    def round_trips(self) -> int:
        """How many requests for documents it has cost, each hop of a redirect counted."""
        return self._line.round_trips

    @property
    def requests(self) -> tuple[Requested, ...]:
        return tuple(event for event in self.events if isinstance(event, Requested))

    @property
    def warnings(self) -> tuple[Warned, ...]:
        return tuple(event for event in self.events if isinstance(event, Warned))
