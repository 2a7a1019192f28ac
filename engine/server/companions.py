"""What may be run beside the flows of a service: the API for programs, and what records turns."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from starlette.routing import BaseRoute

from engine.program.library import Library
from engine.program.workspace import Loaded
from engine.runtime.desk import Heard
from engine.runtime.stores import Store
from engine.server.listening import Listener
from engine.server.settings import Settings
from engine.server.webhook import Answer


class ProgramsApi(Protocol):
    """The API for programs: its routes, and its listener for turns."""

    def route(self, answers: Answer) -> BaseRoute:
        """All its addresses; `answers` plays the turns with which conversations begin."""

    @property
    def hear(self) -> Listener:
        """Takes each turn."""

    def start(self) -> None:
        """Begins, with the store open."""

    async def stop(self) -> None:
        """Ends, before the store is closed."""


class Records(Protocol):
    """Records turns in full for the design page: `hear` takes each turn when it is answered."""

    def hear(self, heard: Heard) -> None:
        """Takes a turn; it neither takes time nor raises."""

    def start(self) -> None:
        """Begins to write."""

    def stop(self) -> None:
        """Writes what still waits."""


class Following(Protocol):
    """Hears of each save that was taken, before anything else is done for it: just after the swap, then with all findings."""

    def __call__(self, loaded: Loaded, *, whole: bool) -> None: ...


class OpenApi(Protocol):
    """Opens the API for programs; None if the settings want none. `mask` hides the secrets of the settings."""

    def __call__(
        self,
        settings: Settings,
        library: Library,
        store: Store,
        *,
        mask: Callable[[str], str],
        clock: Callable[[], datetime],
    ) -> ProgramsApi | None: ...
