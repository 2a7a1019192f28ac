"""The recorded calls of a folder of flows: their recorder, their reader, and a notice of each change."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path

from engine.history.calls import Calls
from engine.history.file import Unusable
from engine.history.recorder import Recorder
from engine.history.told import Json
from engine.program.library import Library
from engine.runtime.effects.secrets import Secrets


class History:
    """The calls of a folder of flows, in `.touchtone/calls.sqlite` beside it.

    `told` gets the summary of each call that changed, in a thread of the recorder, but only while `watched` returns True.
    The other parameters are those of `Recorder`.
    """

    def __init__(
        self,
        folder: Path,
        library: Library,
        *,
        clock: Callable[[], datetime],
        secrets: Secrets,
        simulated: Collection[str] = (),
        told: Callable[[Json], None] | None = None,
        watched: Callable[[], bool] = lambda: True,
    ) -> None:
        path = folder.resolve().parent / ".touchtone" / "calls.sqlite"
        self._tells, self._watched = told, watched
        self.calls = Calls(path, clock)
        self.recorder = Recorder(
            path,
            library,
            clock=clock,
            secrets=secrets,
            simulated=simulated,
            told=self._tell if told is not None else None,
        )

    @property
    def live(self) -> int:
        """How many calls are under way."""
        return self.calls.live

    def latest(self, key: str) -> str:
        """What the last call of a session's key is known by; "" if nothing was recorded of it."""
        if ">" not in key:
            return key
        self.recorder.flush()
        try:
            return self.calls.id_of(key)
        except Unusable:
            return ""

    def sources(self, version: str) -> Mapping[str, str]:
        """The texts of a version that calls ran on, by file name; none of one that is not kept."""
        try:
            return self.calls.sources(version)
        except Unusable:
            return {}

    def _tell(self, numbers: Collection[int]) -> None:
        if self._tells is not None and self._watched():
            for summary in self.calls.summaries(numbers):
                self._tells(summary)
