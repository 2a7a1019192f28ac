"""The calls that were recorded: found again, told as the page shows them, counted."""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.history.changes import changed_steps
from engine.history.file import TURNS, Unusable, reading, sources_of_version
from engine.history.kept import Kept, read
from engine.history.path import Ways
from engine.history.state import BY_CALLER, BY_FLOW, SIMULATED
from engine.history.told import Json, told
from engine.program.program import Program

COUNTED = 200  # calls that counts are made of
MOST = 200  # calls that are listed at once
SHOWN = 1000  # turns of a call that are shown

_COLUMNS = (
    "number, key, origin, channel, flow, caller, called, first, last, seen, calls.version, here, turns, faults, ended, until,"
    " versions.saved"
)
_FROM = f"SELECT {_COLUMNS} FROM calls LEFT JOIN versions ON versions.version = calls.version"
_CONVERSATION = re.compile(r"m([0-9]{1,15})")


class Calls:
    """Reads the file that a `Recorder` writes, in any thread. What cannot be read raises Unusable with a sentence."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._path, self._clock = path, clock

    def list(self, before: str = "", limit: int = 50) -> Json:
        """The latest calls, those before a call of that id; `more` says that there are older ones."""
        limit = max(1, min(limit, MOST))
        with self._open() as db:
            number = _number(db, before) if before else None
            where = "" if number is None else " WHERE number < ?"
            rows = db.execute(
                f"{_FROM}{where} ORDER BY number DESC LIMIT ?", (*(() if number is None else (number,)), limit + 1)
            ).fetchall()
        return {"calls": [self._summary(row) for row in rows[:limit]], "more": len(rows) > limit}

    def summaries(self, numbers: Collection[int]) -> Sequence[Json]:
        """The calls of these numbers (see `Recorder`), in that order."""
        marks = ",".join("?" * len(numbers))
        with self._open() as db:
            rows = db.execute(f"{_FROM} WHERE number IN ({marks}) ORDER BY number", tuple(numbers)).fetchall()
        return [self._summary(row) for row in rows]

    def call(self, id_: str, live: Program) -> Json | None:
        """A call with its turns; None if there is none. `live` is what callers hear now."""
        with self._open() as db:
            number = _number(db, id_)
            row = db.execute(f"{_FROM} WHERE number = ?", (number,)).fetchone()
            if row is None:
                return None
            summary, turns = self._summary(row), _turns(db, row[0])
            then = sources_of_version(db, summary["version"])
        shown = told(row[1], turns, Ways(live.flows))
        for one in shown:
            one["at"] = _iso(one["at"])
        flows = {turn.flow for turn in turns}
        return {**summary, "changed_since": changed_steps(then, live.sources, summary["flow"], flows), "turns": shown}

    def id_of(self, key: str) -> str:
        """The id of the last simulated call of a session's key; "" if there is none yet."""
        with self._open() as db:
            row = db.execute(
                "SELECT max(number), channel FROM calls WHERE key = ? AND origin = ?", (key, SIMULATED)
            ).fetchone()
        return "" if row[0] is None else f"m{row[0]}" if row[1] == "messaging" else key

    def kept_turns(self, id_: str) -> tuple[Json, Sequence[Kept]] | None:
        """A call and its turns as they were recorded; None if there is none."""
        with self._open() as db:
            row = db.execute(f"{_FROM} WHERE number = ?", (_number(db, id_),)).fetchone()
            return None if row is None else (self._summary(row), _turns(db, row[0]))

    def counts(self, flow: str, live: Program) -> Json:
        """How often exits were taken and steps entered in the last calls that came to a flow, and at which steps callers hung up."""
        edges: Counter[str] = Counter()
        steps: Counter[str] = Counter()
        hung_up: Counter[str] = Counter()
        ways = Ways(live.flows)
        with self._open() as db:
            rows = db.execute(
                f"{_FROM} WHERE instr(flows, ?) > 0 ORDER BY number DESC LIMIT ?", (f",{flow},", COUNTED)
            ).fetchall()
            for row in rows:
                for turn in told(row[1], _turns(db, row[0]), ways):
                    if not turn["repeated"]:
                        edges.update(turn["took"])
                        entered = (e for e in turn["events"] if e["kind"] == "entered" and "ahead" not in e)
                        steps.update(e["step"] for e in entered if e["flow"] == flow)
                summary = self._summary(row)
                here, _, step = summary["now"].partition("/")
                if summary["ended_by"] == BY_CALLER and here == flow:
                    hung_up[step] += 1
        own = {edge: count for edge, count in edges.items() if edge.startswith(f"{flow}/")}
        return {"calls": len(rows), "edges": own, "steps": dict(steps), "hung_up": dict(hung_up)}

    @property
    def live(self) -> int:
        """How many calls are under way."""
        try:
            with self._open() as db:
                (count,) = db.execute(
                    "SELECT count(*) FROM calls WHERE ended = '' AND until > ?", (self._clock().timestamp(),)
                ).fetchone()
        except (Unusable, OSError, sqlite3.Error):
            return 0
        return int(count)

    def sources(self, version: str) -> Mapping[str, str]:
        """The texts of a version that calls ran on, by file name; none of one that is not kept."""
        with self._open() as db:
            return sources_of_version(db, version)

    def saved(self, version: str) -> str:
        """When a version was saved; "" of one that is not kept."""
        with self._open() as db:
            row = db.execute("SELECT saved FROM versions WHERE version = ?", (version,)).fetchone()
        return _iso(row[0]) if row else ""

    def _open(self) -> "_Opened":
        return _Opened(self._path)

    def _summary(self, row: tuple[Any, ...]) -> Json:
        number, key, origin, channel, flow, caller, called, first, last, _, version, here, turns, faults, *rest = row
        ended, until, saved = rest
        live = not ended and until > self._clock().timestamp()
        return {
            "id": f"m{number}" if channel == "messaging" else key,
            "flow": flow,
            "origin": origin,
            "channel": channel,
            "from": caller,
            "to": called,
            "began": _iso(first),
            "seconds": round(max(last - first, 0.0), 1),
            "status": "live" if live else "ended",
            "ended_by": ended if ended in (BY_FLOW, BY_CALLER) else "",
            "now": here,
            "turns": turns,
            "faults": faults,
            "version": version,
            "version_saved": _iso(saved) if saved is not None else "",
        }


class _Opened:
    """The file for a moment; one that is not there yet is empty."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> sqlite3.Connection:
        try:
            self._connection = reading(self._path)
        except (OSError, sqlite3.Error, Unusable) as fault:
            raise _unusable(self._path, fault) from fault
        return self._connection

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        self._connection.close()
        if isinstance(fault, sqlite3.Error):
            raise _unusable(self._path, fault) from fault


def _unusable(path: Path, fault: Exception) -> Unusable:
    words = (fault.strerror if isinstance(fault, OSError) else "") or str(fault)
    return Unusable(f"The calls in {path} cannot be read: {words}. Delete that file to start a new one.")


def _turns(db: sqlite3.Connection, number: int) -> list[Kept]:
    first = number << TURNS
    rows = db.execute(
        "SELECT turn FROM turns WHERE number >= ? AND number < ? ORDER BY number LIMIT ?",
        (first, first + (1 << TURNS), SHOWN),
    )
    found = []
    for (data,) in rows:
        try:
            found.append(read(data))
        except (ValueError, TypeError):  # another version of this program wrote it
            continue
    return found


def _number(db: sqlite3.Connection, id_: str) -> int:
    """The number of the call of an id; 0 for none."""
    if conversation := _CONVERSATION.fullmatch(id_):
        return int(conversation[1])
    row = db.execute("SELECT max(number) FROM calls WHERE key = ?", (id_,)).fetchone()
    return int(row[0] or 0)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
