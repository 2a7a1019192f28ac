"""Gives programs access tokens for browsers and apps that call through Twilio's Voice SDK."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from engine.account.client import Credentials
from engine.account.tokens import HOUR, TokenError, check_identity, voice_token
from engine.api.answers import Answer
from engine.api.bodies import MadeToken, MakeToken
from engine.api.checks import Asked, Entries, check_allowed
from engine.api.problems import Problem, invalid
from engine.api.reading import read_body
from engine.server.settings import Settings


class Tokens:
    """Makes them with the API key of the settings. `clock` gives aware times."""

    def __init__(self, settings: Settings, entries: Entries, clock: Callable[[], datetime]) -> None:
        self._settings, self._entries, self._clock = settings, entries, clock
        self.operations: Mapping[str, Callable[[Asked], Awaitable[Answer]]] = {"makeToken": self.make_token}

    async def make_token(self, asked: Asked) -> Answer:
        """A token with which a client is called by its identity and, with a flow, calls that flow."""
        wanted = read_body(asked.body, MakeToken)
        app = self._app(asked, wanted.flow) if wanted.flow is not None else ""
        try:
            check_identity(wanted.identity)
        except TokenError as error:
            raise invalid("/identity", str(error)) from None
        at = self._clock()
        seconds = wanted.seconds or HOUR
        try:
            token = voice_token(
                Credentials.of(self._settings),
                wanted.identity,
                at=at,
                app=app,
                seconds=seconds,
                incoming=wanted.incoming,
            )
        except TokenError as error:
            detail, _, fix = str(error).partition(": ")
            raise Problem(503, "not-set-up", detail, fix) from None
        until = (at + timedelta(seconds=seconds)).astimezone(UTC).isoformat(timespec="seconds")
        return Answer.of(201, MadeToken(token, wanted.identity, until))

    def _app(self, asked: Asked, flow: str) -> str:
        """The SID of the TwiML App whose calls go to a flow; raises Problem (422, 503)."""
        program, apps = self._entries.program, self._settings.apps
        check_allowed(asked.key, program, flow, "/flow")
        if "voice" not in program.flows[flow].channels:
            raise invalid("/flow", f"the flow `{flow}` answers no calls", "name a flow for voice")
        # A key for some flows must not get a token for an app that may lead to another.
        app = apps.get(flow) or ("" if asked.key.flows else apps.get("", ""))
        if not app:
            raise Problem(
                503,
                "not-set-up",
                f"no TwiML App is known whose calls go to the flow `{flow}`",
                f"run `touchtone numbers app {flow}`, and set TOUCHTONE_APPS={flow}=AP… at the server",
            )
        return app
