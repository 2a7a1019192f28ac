"""Lets the time of a call pass, faster than the clock on the wall, and wakes up for what somebody asks meanwhile."""

import queue
import time
from dataclasses import dataclass

from engine.phone.line import Go

SPEED = 4.0  # seconds of a call in one second: a demonstration is short, and a live call can still be moved by hand


@dataclass(frozen=True, slots=True)
class Redirect:
    """The call is moved to another document."""

    go: Go


@dataclass(frozen=True, slots=True)
class End:
    """The call ends: `by` is `api`, or `stop` if the stand-in stops; `status` is `completed` or `canceled`."""

    by: str = "api"
    status: str = "completed"


@dataclass(frozen=True, slots=True)
class Typed:
    """The person of the call does something, in the words of `touchtone phone`."""

    words: str


@dataclass(frozen=True, slots=True)
class DropCallee:
    """Somebody who was dialled in the call is disconnected; the caller stays."""


Command = Redirect | End | Typed | DropCallee


class Inbox:
    """What is asked of a live call by other threads; `speed` is how many of its seconds pass in one."""

    def __init__(self, speed: float = SPEED) -> None:
        self._speed = speed
        self._asked: queue.SimpleQueue[Command] = queue.SimpleQueue()

    def put(self, command: Command) -> None:
        """Asks something; it is done as soon as the call can."""
        self._asked.put(command)

    def wait(self, seconds: float) -> tuple[float, Command | None]:
        """Lets so many seconds of the call pass; less if something is asked. Returns those that passed, and what is asked."""
        began = time.monotonic()
        try:
            command = self._asked.get(timeout=max(seconds, 0.0) / self._speed)
        except queue.Empty:
            return seconds, None
        return min((time.monotonic() - began) * self._speed, seconds), command
