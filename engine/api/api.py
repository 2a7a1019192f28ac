"""The HTTP API of a served folder: its route, what it hears of turns, and its life."""

from collections.abc import Callable
from datetime import datetime

from starlette.routing import BaseRoute

from engine.api.answers import Answer
from engine.api.asking import AccountClient
from engine.api.calls import Calls
from engine.api.checks import Asked, Entries
from engine.api.once import Once
from engine.api.openapi import describe
from engine.api.route import ApiRoute
from engine.api.texts import Texts
from engine.api.tokens import Tokens
from engine.api.trails import Trails
from engine.program.library import Library
from engine.runtime.stores import Store
from engine.server.settings import Settings
from engine.server.webhook import Answer as Answers


class Api:
    """The API for programs. The server that runs it adds its `route` to the addresses, tells `hear` of turns, and calls `start` and `stop`
    with the store open.

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
        self._settings, self._clock = settings, clock
        self._account, self._entries = account or AccountClient(settings), Entries(settings, library)
        self._trails = Trails(lambda: store.records)
        self._calls = Calls(self._entries, store, self._trails, self._account, mask)
        self._once = Once(lambda: store.records, lambda: clock().timestamp())
        self.hear = self._trails.hear

    def route(self, answers: Answers) -> BaseRoute:
        """All its addresses; `answers` plays the turns with which conversations begin."""
        texts = Texts(self._settings, self._entries, self._account, answers, self._clock)
        tokens = Tokens(self._settings, self._entries, self._clock)
        operations = {
            **self._calls.operations,
            **texts.operations,
            **tokens.operations,
            "getDescription": _description,
        }
        return ApiRoute(operations, self._once, self._settings, self._clock)

    def start(self) -> None:
        """Keeps trails from now on."""
        self._trails.start()

    async def stop(self) -> None:
        """Keeps what was heard last."""
        await self._trails.stop()


async def _description(asked: Asked) -> Answer:
    """The OpenAPI document."""
    return Answer.of(200, describe(asked.base))
