"""What the flows of a folder reach in the world: other servers, the project's functions, and what else is performed for them."""

from collections.abc import Mapping
from pathlib import Path

from engine.document.folder import FUNCTIONS
from engine.runtime.effects.addresses import Guard
from engine.runtime.effects.effect import Effect, FunctionCall, HttpCall
from engine.runtime.effects.functions import Functions
from engine.runtime.effects.http import HttpClient
from engine.runtime.effects.world import Perform, World
from engine.server.settings import Settings


class Outside:
    """The world of one process; `performers` perform what this room does not know of, such as text messages.

    `problem` says in one sentence why the functions cannot be called as they are written; "" if they can.
    """

    def __init__(
        self, folder: Path, settings: Settings, performers: Mapping[type[Effect], Perform] | None = None
    ) -> None:
        self._http = HttpClient(Guard(settings.allow_hosts))
        self._functions = Functions(folder / FUNCTIONS)
        self.problem = self._functions.reload()
        self.world = World({HttpCall: self._http.perform, FunctionCall: self._functions.perform, **(performers or {})})

    def reload(self) -> str:
        """Reads the functions again if they were changed; what is wrong with them, "" if nothing is."""
        self.problem = self._functions.reload()
        return self.problem

    async def close(self) -> None:
        """Lets go of connections."""
        await self._http.close()
