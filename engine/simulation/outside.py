"""What simulated calls are given of the server that they are played beside."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from engine.phone.scripts.stubs import Stub
from engine.program.program import Program
from engine.runtime.desk import Heard
from engine.runtime.effects.effect import Effect, Result


class Given(NamedTuple):
    """What a call script, at a path, gives in place of the world."""

    path: str
    stubs: Sequence[Stub]


class Outside(NamedTuple):
    """What simulated calls are given of the server: the flows that callers hear now, the time, and the world.

    `saved` tells when a version went live, "" where that is not known. `ask` really asks the world, and waits for what comes back;
    `may_ask` says whether it can be asked that.

    `heard` is told each turn of a call once, with the program of its version and the seconds that its answer took. `forget` is told that what was heard of a call since a
    time of its own clock is to be forgotten, as it is told anew; `ended` who ended a call (caller, flow, or "" for neither); `known` gives what the
    call is known by where such things are kept. All of them know calls by the keys of their sessions. `given` is what scripts of calls to a flow give.
    """

    folder: Path
    program: Callable[[], Program | None]
    clock: Callable[[], datetime]
    saved: Callable[[str], str] = lambda version: ""
    ask: Callable[[Effect], Result] | None = None
    may_ask: Callable[[Effect], bool] = lambda effect: True
    heard: Callable[[Heard, Program, float], None] = lambda heard, program, took: None
    forget: Callable[[str, datetime], None] = lambda key, since: None
    ended: Callable[[str, str], None] = lambda key, by: None
    known: Callable[[str], str] = lambda key: key
    given: Callable[[str], Iterable[Given]] = lambda flow: ()
