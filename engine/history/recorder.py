"""Writes down each turn beside the answers: the loop only appends, a thread writes what came in a moment together."""

import logging
import os
import sqlite3
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from engine.history.file import SLACK, TURNS, Unusable, end_simulated, keep_version, open_calls, prune
from engine.history.kept import read, written
from engine.history.state import LIVE, OVER, REAL, SIMULATED, Call, Forget, Over, Waits, begins, take
from engine.program.library import Library
from engine.program.program import Program
from engine.runtime.desk import Heard
from engine.runtime.effects.secrets import Secrets

log = logging.getLogger("touchtone")

WAITING = 20_000  # turns that wait to be written at most
PAUSE = 0.15  # seconds in which turns are gathered
QUIET = 0.3  # seconds between two times that a call is told of
AT_ONCE = 100  # calls that are told of at once
VERSIONS = 16  # whose text is held until it is kept
OPEN = 1000  # calls whose state is held
MOST_TURNS = 1000  # of a call that are kept; those that come after them are counted
RETRY = 10.0  # seconds until a file that could not be used is tried again
BEGIN = (
    "INSERT INTO calls (key, origin, channel, flow, caller, called, first, last, seen, version, here, turns, faults, ended, until,"
    f" flows, number) VALUES ({', '.join('?' * 17)})"
)
UPDATE = (
    "UPDATE calls SET last = ?, seen = ?, version = ?, here = ?, turns = turns + ?, faults = faults + ?, ended = ?,"
    " until = ?, flows = ? WHERE number = ?"
)
LAST_WORDS = 2.0  # seconds to write what still waits when the server stops


class Recorder:
    """Records the turns of calls in a file, from any number of desks, until it is stopped.

    `hear` is for the thread of the event loop, as a listener of a Desk is; it costs no more than to append. `secrets` are masked in all
    that is written; `simulated` are the SIDs of accounts that are none of Twilio's; `told` hears, in the recorder's thread, the
    numbers of calls that have changed. A file that cannot be written is logged once, and calls go on.
    """

    def __init__(
        self,
        path: Path,
        library: Library,
        *,
        clock: Callable[[], datetime],
        secrets: Secrets,
        simulated: Collection[str] = (),
        told: Callable[[Collection[int]], None] | None = None,
    ) -> None:
        self.path = path
        self._library, self._clock, self._secrets = library, clock, secrets
        self._simulated, self._told = frozenset(simulated), told
        self._waiting: deque[Waits | Over | Forget | threading.Event] = deque()
        self._awake, self._hurry = threading.Event(), threading.Event()
        self._is_awake = self._ends = False
        self._thread: threading.Thread | None = None
        self._versions: dict[str, tuple[Program, float]] = {}  # that turns came of, with when they were saved
        self._keep: deque[str] = deque()  # versions that are to be kept
        self._saved: dict[str, float] = {}
        self._calls: OrderedDict[tuple[str, str], Call] = OrderedDict()  # by key and origin
        self._connection: sqlite3.Connection | None = None
        self._inode = (0, 0)
        self._since_prune = SLACK  # calls that began: the first batch prunes
        self._news: dict[int, None] = {}
        self._told_at = 0.0
        self._next = 0  # the number of the next call, while the file is locked
        self._lost = 0
        self._problem, self._tried = "", 0.0

    # In the event loop

    def hear(self, heard: Heard, origin: str = REAL, program: Program | None = None, took: float | None = None) -> None:
        """Takes a turn that was answered just now; `program` is that of its version, where the library may not have it; `took` see Waits."""
        if not heard.request.session_key:
            return
        if heard.version not in self._versions:
            self._note(heard.version, program)
        if len(self._waiting) >= WAITING:
            self._lost += 1
            return
        self._append(Waits(heard, self._clock(), origin, took))

    def ended(self, key: str, by: str = "") -> None:
        """Notes that a call is over which no report tells of; `by` is who ended it: caller, flow, or neither."""
        self._append(Over(key, by))

    def forget(self, key: str, since: datetime) -> None:
        """Forgets the turns of a call since a time: whoever plays it has gone back, and tells them anew."""
        self._append(Forget(key, since.timestamp()))

    def _append(self, one: Waits | Over | Forget) -> None:
        self._waiting.append(one)
        if not self._is_awake:
            self._is_awake = True
            self._awake.set()

    def published(self, version: str, saved: datetime) -> None:
        """Notes when a version was saved: it is kept with the first call that runs on it."""
        if version not in self._saved:
            self._saved[version] = saved.timestamp()
            while len(self._saved) > OPEN:
                del self._saved[next(iter(self._saved))]

    def _note(self, version: str, program: Program | None) -> None:
        library = self._library
        known = program or (library.current if library.current.version == version else library.find(version))
        if known is None or known.version != version:
            return  # its turns are kept, its text is not at hand
        while len(self._versions) >= VERSIONS:
            del self._versions[next(iter(self._versions))]
        self._versions[version] = (known, self._saved.get(version) or self._clock().timestamp())
        self._keep.append(version)

    # Its life

    def start(self) -> None:
        """Begins to write; what was heard before is written first."""
        if self._thread is None:
            self._ends = False
            self._hurry.clear()
            self._thread = threading.Thread(target=self._run, name="touchtone calls", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Writes what still waits, as far as that takes no longer than LAST_WORDS."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._ends = True
            self._hurry.set()
            self._awake.set()
            thread.join(LAST_WORDS)

    def flush(self, seconds: float = LAST_WORDS) -> None:
        """Waits until all that was heard so far is written, at most so long."""
        if self._thread is not None:
            done = threading.Event()
            self._waiting.append(done)
            self._hurry.set()
            self._awake.set()
            done.wait(seconds)

    # In the thread

    def _run(self) -> None:
        with suppress(OSError, sqlite3.Error, Unusable):  # the first call tells what is wrong with the file
            end_simulated(self.path, self._clock().timestamp())
        while True:
            self._awake.wait(PAUSE if self._news else None)
            self._hurry.wait(PAUSE)
            self._awake.clear()
            self._hurry.clear()
            self._is_awake = False
            ends = self._ends
            self._write_all()
            self._tell(all_=ends)
            if ends and not self._waiting:
                break
        self._close()

    def _write_all(self) -> None:
        batch: list[Waits | Over | Forget] = []
        waiting, done = self._waiting, list[threading.Event]()
        while waiting:
            one = waiting.popleft()
            if isinstance(one, threading.Event):
                done.append(one)
            else:
                batch.append(one)
        lost, self._lost = self._lost, 0
        if lost:
            log.warning("%d turns are not recorded: they came faster than they could be written", lost)
        try:
            if batch:
                self._write(batch)
        except (OSError, sqlite3.Error, Unusable) as fault:
            self._give_up(fault)
        except Exception:
            log.exception("%d turns could not be recorded", len(batch))
            self._let_go()
        for event in done:
            event.set()

    def _write(self, batch: list[Waits | Over | Forget]) -> None:
        connection = self._opened()
        if connection is None:
            return
        turns = [written(one.heard, _answered(one), self._secrets) if isinstance(one, Waits) else b"" for one in batch]
        rows: list[tuple[int, bytes]] = []
        changed: dict[int, Call] = {}
        connection.execute("BEGIN IMMEDIATE")
        self._keep_versions(connection)
        (self._next,) = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM calls").fetchone()
        for one, data in zip(batch, turns, strict=True):
            if not isinstance(one, Waits):
                # Only calls that are played here go back: a real conversation may have the same two numbers.
                if known := self._known(connection, one.key, SIMULATED):
                    changed[known.number] = known
                    if isinstance(one, Over):
                        known.ended = one.by or OVER
                    else:
                        self._insert(connection, rows)
                        rows.clear()
                        _forget(connection, known, one.since)
                continue
            call = self._call(connection, one)
            if call is None:
                continue
            take(call, one)
            changed[call.number] = call
            if call.kept < MOST_TURNS:
                rows.append((call.number << TURNS | call.kept, data))
                call.kept += 1
        now = self._clock().timestamp()
        began = [(*call.begun, *call.row(now)) for call in changed.values() if call.begun]
        connection.executemany(BEGIN, began)
        connection.executemany(UPDATE, [call.row(now) for call in changed.values() if not call.begun])
        self._insert(connection, rows)
        connection.execute("COMMIT")
        for call in changed.values():
            call.turns = call.faults = 0
            call.begun = ()
        self._news.update(dict.fromkeys(changed))
        if self._problem:
            self._problem = ""
            log.warning("calls are recorded again in %s", self.path)
        self._since_prune += len(began)
        if self._since_prune >= SLACK:
            self._since_prune = 0
            connection.execute("BEGIN IMMEDIATE")
            if prune(connection, now):
                self._calls.clear()
            connection.execute("COMMIT")

    def _keep_versions(self, connection: sqlite3.Connection) -> None:
        while self._keep:
            known = self._versions.get(version := self._keep.popleft())
            if known is not None:
                program, saved = known
                keep_version(connection, version, saved, program.sources, program.manifest)

    def _insert(self, connection: sqlite3.Connection, rows: list[tuple[int, bytes]]) -> None:
        known = connection.executemany("INSERT OR IGNORE INTO turns VALUES (?, ?)", rows).rowcount
        if known == len(rows):
            return
        # Another process has written turns of the same call meanwhile.
        self._calls.clear()
        for number, data in rows:
            row = connection.execute("SELECT turn FROM turns WHERE number = ?", (number,)).fetchone()
            if row is not None and row[0] != data:
                free = _kept(connection, number >> TURNS)
                connection.execute(
                    "INSERT OR IGNORE INTO turns VALUES (?, ?)", ((number >> TURNS) << TURNS | free, data)
                )

    def _call(self, connection: sqlite3.Connection, one: Waits) -> Call | None:
        """The call of a turn; None for a report of what is no call that is kept."""
        request, outcome = one.heard.request, one.heard.outcome
        key = request.session_key
        origin = SIMULATED if request.params.get("AccountSid") in self._simulated else one.origin
        fresh = request.channel == "voice" and request.is_fresh and not request.report
        call = self._calls.get((key, origin)) if fresh else self._known(connection, key, origin)
        if call is not None and (outcome.repeated or not call.kept or not begins(one, call)):
            return call
        if call is None and request.channel == "messaging" and (request.report or "_c" in request.asked):
            return None
        call = self._begun(one, origin)
        self._calls[key, origin] = call
        while len(self._calls) > OPEN:
            self._calls.popitem(last=False)
        return call

    def _known(self, connection: sqlite3.Connection, key: str, origin: str) -> Call | None:
        known = self._calls.get((key, origin)) or self._found(connection, key, origin)
        if known is not None:
            self._calls[key, origin] = known
        return known

    def _found(self, connection: sqlite3.Connection, key: str, origin: str) -> Call | None:
        row = connection.execute(
            "SELECT number, ended, version, here, flows, last, until FROM calls WHERE key = ? AND origin = ?"
            " ORDER BY number DESC LIMIT 1",
            (key, origin),
        ).fetchone()
        if row is None:
            return None
        call = Call(row[0], _kept(connection, row[0]))
        _, call.ended, call.version, call.here, call.flows, call.last, call.until = row
        return call

    def _begun(self, one: Waits, origin: str) -> Call:
        heard = one.heard
        request, params = heard.request, heard.request.params
        key, channel, at = request.session_key, request.channel or "voice", request.at.timestamp()
        person, _, ours = key.partition(">")
        caller, called = (person, ours) if channel == "messaging" else (params.get("From", ""), params.get("To", ""))
        flow, mask = request.flow[:100], self._secrets.mask
        call = Call(self._next, 0)
        self._next += 1
        call.begun = (key, origin, channel, flow, mask(caller[:100]), mask(called[:100]), at)
        call.flows, call.last = f",{flow},", at
        return call

    def _tell(self, *, all_: bool = False) -> None:
        """Tells of calls that have changed, of each no more than a few times a second."""
        if self._told is None:
            self._news.clear()
        if not self._news or (monotonic() - self._told_at < QUIET and not all_):
            return
        news, self._news, self._told_at = list(self._news)[-AT_ONCE:], {}, monotonic()
        try:
            assert self._told is not None, "else there is no news"
            self._told(news)
        except Exception:
            log.exception("calls that changed could not be told")

    # The file

    def _opened(self) -> sqlite3.Connection | None:
        """The connection; None while a file that could not be used is left alone."""
        if self._connection is not None:
            with suppress(OSError):
                found = os.stat(self.path)
                if (found.st_dev, found.st_ino) == self._inode:
                    return self._connection
            self._let_go()  # somebody has removed the file
        if self._problem and monotonic() - self._tried < RETRY:
            return None
        self._tried = monotonic()
        self._connection = open_calls(self.path)
        found = os.stat(self.path)
        self._inode = (found.st_dev, found.st_ino)
        self._keep.extend(list(self._versions))
        return self._connection

    def _give_up(self, fault: Exception) -> None:
        self._let_go()
        words = fault.strerror or str(fault) if isinstance(fault, OSError) else str(fault)
        if not self._problem:
            log.error("calls are not recorded in %s: %s. Calls go on", self.path, words)
        self._problem, self._tried = words, monotonic()

    def _let_go(self) -> None:
        """Closes the connection, and forgets what may not have been written."""
        self._close()
        self._calls.clear()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _answered(one: Waits) -> datetime:
    """When a turn was answered, on the clock of its call."""
    return one.answered if one.took is None else one.heard.request.at + timedelta(seconds=one.took)


def _kept(connection: sqlite3.Connection, number: int) -> int:
    """How many turns of a call are kept."""
    first = number << TURNS
    (last,) = connection.execute(
        "SELECT max(number) FROM turns WHERE number >= ? AND number < ?", (first, first + (1 << TURNS))
    ).fetchone()
    return 0 if last is None else int(last) - first + 1


def _forget(connection: sqlite3.Connection, call: Call, since: float) -> None:
    """Drops the last turns of a call, those since a time."""
    first = call.number << TURNS
    rows = connection.execute(
        "SELECT number, turn FROM turns WHERE number >= ? AND number < ? ORDER BY number DESC",
        (first, first + (1 << TURNS)),
    )
    dropped = []
    for number, data in rows.fetchall():
        turn = read(data)
        if turn.at < since:
            call.last = turn.at
            break
        dropped.append((number,))
        call.turns -= 1
        call.faults -= sum(event[0] == "failed" for event in turn.events)
    connection.executemany("DELETE FROM turns WHERE number = ?", dropped)
    call.kept -= len(dropped)
    call.ended = LIVE
