"""The simulated calls that are open: begun, acted on, played again after saves."""

from collections.abc import Mapping
from secrets import randbits, token_hex
from threading import Lock, RLock
from typing import Any

from engine.diagnostics import nearest
from engine.program.program import Program
from engine.simulation import state
from engine.simulation.acts import Refused, Start, Unknown, read_act, read_start
from engine.simulation.call import Call, Written
from engine.simulation.outside import Outside

MOST = 20  # calls that are open at once


class Simulator:
    """The open calls by their ids. Its methods take their time, and belong into a thread; several may be at work at once."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._calls: dict[str, Call] = {}  # the one used last at the end
        self._locks: dict[str, RLock] = {}
        self._lock = Lock()

    def begin(self, posted: object) -> dict[str, Any]:
        """A new call, as the page posts it; its state. Raises Refused."""
        outside = self._outside
        start = read_start(posted, outside.clock)
        program = self._program()
        check(start, program)
        name = token_hex(8)
        call = Call(name, start, program, outside, seed=randbits(32))
        with self._lock:
            self._calls[name], self._locks[name] = call, RLock()
            while len(self._calls) > MOST:
                oldest = next(iter(self._calls))
                del self._calls[oldest], self._locks[oldest]
        with self._locks[name]:
            call.begin()
            return self._state(call)

    def act(self, name: str, posted: object) -> dict[str, Any]:
        """Does something with a call; its state. Raises Refused."""
        call, lock = self._find(name)
        act = read_act(posted)
        with lock:
            call.act(act, self._program())
            return self._state(call)

    def get(self, name: str) -> dict[str, Any]:
        """The state of a call. Raises Unknown."""
        call, lock = self._find(name)
        with lock:
            return self._state(call)

    def all(self) -> list[dict[str, Any]]:
        """The states of all open calls, the one used last first."""
        with self._lock:
            names = [*reversed(self._calls)]
        return [self.get(name) for name in names if name in self._calls]

    def script(self, name: str) -> Written:
        """The call as a script has it. Raises Unknown."""
        call, lock = self._find(name)
        with lock:
            return call.written()

    def reloaded(self) -> list[str]:
        """Plays the calls again whose flows were saved, if they are to; the ids of those that changed."""
        program = self._outside.program()
        if program is None:
            return []
        with self._lock:
            calls = list(self._calls.values())
        changed: list[str] = []
        for call in calls:
            lock = self._locks.get(call.name)
            if lock is None:
                continue
            with lock:
                if call.touched(program):
                    if call.replays and (not call.play.over or call is calls[-1]):
                        call.replay(program)
                    changed.append(call.name)
        return changed

    def _program(self) -> Program:
        program = self._outside.program()
        if program is None:
            raise Refused("There is no flow to call yet. Fix the errors first.")
        return program

    def _find(self, name: str) -> tuple[Call, RLock]:
        with self._lock:
            call = self._calls.pop(name, None)
            if call is None:
                raise Unknown("This call is no longer open. Start a new one.")
            self._calls[name] = call
            return call, self._locks[name]

    def _state(self, call: Call) -> dict[str, Any]:
        program = self._outside.program()
        return state.of(call, newer=program is not None and call.touched(program))


def check(start: Start, program: Program) -> None:
    """Raises Unknown if there is nothing that a call could begin with."""
    flow = program.flows.get(start.flow)
    if flow is None:
        if missing := program.lacks(start.flow):
            raise Unknown(f"{missing[0].upper()}{missing[1:]}.")
        raise Unknown(f"There is no flow named “{start.flow[:100]}”.{_meant(start.flow, program.flows)}")
    if start.step and start.step not in flow.steps:
        raise Unknown(f"“{start.flow}” has no step named “{start.step[:100]}”.{_meant(start.step, flow.steps)}")
    if start.channel and start.channel not in flow.channels:
        takes = "texts" if flow.channels == ("messaging",) else "calls"
        raise Refused(f"“{start.flow}” answers {takes} only.")


def _meant(name: str, names: Mapping[str, object]) -> str:
    close = nearest(name, names)
    return f" Did you mean “{close}”?" if close else ""
