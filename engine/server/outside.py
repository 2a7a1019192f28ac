"""What the flows of a folder reach in the world: other servers, the project's functions, and what else is performed for them."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from engine.diagnostics.source import Source
from engine.document.folder import FUNCTIONS
from engine.runtime.effects.addresses import Guard
from engine.runtime.effects.effect import Effect, FunctionCall, HttpCall
from engine.runtime.effects.functions import IMPORT_SECONDS, Functions
from engine.runtime.effects.http import HttpClient
from engine.runtime.effects.secrets import Secrets
from engine.runtime.effects.world import Perform, World
from engine.server.settings import Settings

LOGS = (logging.getLogger("touchtone"), logging.getLogger("touchtone.server"))


class Outside:
    """The world of one process; `performers` perform what this room does not know of, such as text messages.

    Functions that are `handed` on are those that `take` is given; else they are imported from the folder here. `clock` gives aware
    times.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        performers: Mapping[type[Effect], Perform] | None = None,
        *,
        clock: Callable[[], datetime],
        handed: bool = False,
    ) -> None:
        guard = Guard(settings.allow_hosts)
        self._http = HttpClient(
            guard, token=next(iter(settings.tokens), ""), clock=time.monotonic, wall=lambda: clock().timestamp()
        )
        self._functions = Functions(folder / FUNCTIONS, handed=handed)
        secrets = (*settings.env.values(), *settings.tokens, settings.api_secret)
        self._masking = Secrets((*secrets, *(key.secret for key in settings.shared_keys)))
        self.world = World({HttpCall: self._http.perform, FunctionCall: self._functions.perform, **(performers or {})})

    def open(self) -> None:
        """Masks what the settings hold as secrets in the log, until it is closed."""
        for log in LOGS:
            log.addFilter(self._masking)

    def mask(self, text: str) -> str:
        """The text without what the settings hold as secrets."""
        return self._masking.mask(text)

    @property
    def secrets(self) -> Secrets:
        """What the settings hold as secrets, to be masked wherever it stands."""
        return self._masking

    @property
    def problem(self) -> str:
        """Why the functions cannot be called as they are written, in one sentence; "" if they can."""
        return self._functions.problem

    @property
    def remaining(self) -> str:
        """What becomes of the functions while there is a problem, in a few words for the log."""
        return (
            "the functions stay as they were"
            if self._functions.loaded
            else "no function can be called until it is fixed"
        )

    @property
    def exhausted(self) -> str:
        """Why no function can be called any more, in one sentence; "" if some can."""
        return self._functions.exhausted

    def reload(self) -> str:
        """Reads the functions again if they were changed; what is wrong with them, "" if nothing is."""
        return self._functions.reload()

    def take(self, functions: Source | None, *, patience: float = IMPORT_SECONDS) -> str:
        """Imports a text of the functions that was read, None where there is no file; what is wrong with them, "" if nothing is.

        It waits for `patience` seconds.
        """
        text = functions.text.encode("utf-8", "surrogatepass") if functions else None
        return self._functions.take(text, patience=patience)

    async def close(self) -> None:
        """Lets go of connections."""
        for log in LOGS:
            log.removeFilter(self._masking)
        await self._http.close()
