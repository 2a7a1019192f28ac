"""Tells listeners of each turn that was played, beside the answers: none of them can hold up or break a turn."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from inspect import iscoroutinefunction
from itertools import starmap
from queue import SimpleQueue
from typing import NamedTuple

from engine.runtime.desk import Heard
from engine.runtime.hidden import FACTS
from engine.runtime.trail import Logged, Trail, masked

log = logging.getLogger("touchtone")

WAITING = 10_000  # turns that wait for listeners at most; what comes beyond that is not told
LAST_WORDS = 2.0  # seconds that listeners have for what still waits when the server stops


class PlayedTurn(NamedTuple):
    """A turn that was played: a request of Twilio's, and what came of it.

    `at` is when it came; `key` the call's SID or the two numbers of a conversation, as sessions are kept by, "" for nobody's; `version`
    that of the flows that answered; `flow` and `step` the address. `facts` is what Twilio sent of the call or message, without what
    the person pressed, said or wrote. `trail` is what happened, with what was asked of the world and what came back, and with secrets of
    the settings hidden; `size` the bytes of the answer, after so many `milliseconds`; `repeated` says that Twilio asked once more for an answer that was given before.

    How calls begin and end is told as well: the reports of Twilio (`CallStatus`, `MessageStatus`) are turns.
    """

    at: datetime
    key: str
    version: str
    flow: str
    step: str
    facts: Mapping[str, str]
    trail: Trail
    size: int
    milliseconds: float
    repeated: bool


Listener = Callable[[PlayedTurn], None]


class Listeners:
    """Whoever is told of turns, in a thread of their own: one turn after another, in the order they were answered.

    What a listener raises is logged once for each listener. One that is slow keeps the others waiting, and then misses turns, which
    the log says once; callers wait for nobody. `mask` hides secrets; `clock` gives aware times. Raises TypeError for a listener that
    cannot be called, or whose call would only make a coroutine.
    """

    def __init__(
        self, listeners: Sequence[Listener], clock: Callable[[], datetime], mask: Callable[[str], str] = str
    ) -> None:
        self._listeners, self._clock, self._mask = tuple(listeners), clock, mask
        for listener in self._listeners:
            if not callable(listener):
                raise TypeError(f"a listener is a function that takes a turn, not {listener!r}")
            if iscoroutinefunction(listener) or iscoroutinefunction(getattr(listener, "__call__", None)):  # noqa: B004
                raise TypeError(
                    f"listeners run in a thread of their own: write `def`, not `async def`, for {listener!r}"
                )
        self._waiting: SimpleQueue[tuple[Heard, datetime] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._failed: set[int] = set()
        self._missed = 0

    def start(self) -> None:
        """Begins to tell; what was heard before is told first."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._tell_all, name="touchtone listeners", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Tells what still waits, as far as that takes no longer than LAST_WORDS."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(LAST_WORDS)

    def hear(self, heard: Heard) -> None:
        """Takes a turn that was answered just now."""
        if self._waiting.qsize() < WAITING:
            self._waiting.put((heard, self._clock()))
            return
        if not self._missed:
            log.error("listeners are slower than calls: turns are not told any more until they have caught up")
        self._missed += 1

    def _tell_all(self) -> None:
        while (one := self._waiting.get()) is not None:
            if self._waiting.empty():
                self._own_up()
            try:
                played = self._played(*one)
            except Exception:
                log.exception("a turn could not be told to listeners")
                continue
            for number, listener in enumerate(self._listeners):
                try:
                    listener(played)
                except BaseException:  # SystemExit too: the others are still told
                    if number not in self._failed:
                        self._failed.add(number)
                        log.exception("a listener failed; what it raises from now on is not logged")

        self._own_up()

    def _own_up(self) -> None:
        if self._missed:
            log.warning("%d turns were not told to listeners", self._missed)
            self._missed = 0

    def _played(self, heard: Heard, answered: datetime) -> PlayedTurn:
        request, outcome = heard.request, heard.outcome
        return PlayedTurn(
            request.at,
            request.session_key,
            heard.version,
            request.flow,
            request.step,
            {name: value for name, value in heard.params.items() if name in FACTS},
            masked(outcome.trail or tuple(starmap(Logged, outcome.lines)), self._mask),
            len(outcome.body),
            max((answered - request.at).total_seconds() * 1000, 0.0),
            outcome.repeated,
        )
