"""The HTTP API of a served folder: its route, what it hears of turns, and its life."""

from collections.abc import Callable
from datetime import datetime

from engine.api.asking import AccountClient
from engine.api.once import Once
from engine.api.route import ApiRoute
from engine.api.trails import Trails
from engine.api.work import Work
from engine.program.library import Library
from engine.runtime.stores import Store
from engine.server.settings import Settings


class Api:
    """The API for programs. Whoever serves it adds `route` to the addresses, tells `hear` of turns, and calls `start` and `stop` with
    the store open.

    `mask` hides the secrets of the settings; `clock` gives aware times; `account` is asked in place of that of the settings.
    """

    def __init__(
        self,
        settings: Settings,
        library: Library,
        store: Store,
        *,
        mask: Callable[[str], str],
        clock: Callable[[], datetime],
        account: AccountClient | None = None,
    ) -> None:
        self._trails = Trails(lambda: store.records)
        work = Work(settings, library, store, self._trails, account or AccountClient(settings), mask)
        self.route = ApiRoute(work, Once(lambda: store.records, lambda: clock().timestamp()), settings, clock)
        self.hear = self._trails.hear

    def start(self) -> None:
        """Keeps trails from now on."""
        self._trails.start()

    async def stop(self) -> None:
        """Keeps what was heard last."""
        await self._trails.stop()
