"""Where turns are answered: finds the program a call began with, its session, and writes the log."""

import logging
from collections.abc import Awaitable

from engine.program.library import Library
from engine.program.program import Program
from engine.runtime.respond import Outcome, apology, respond, respond_in_session, session_key
from engine.runtime.stores import Store
from engine.runtime.turn import Reply, Turn

log = logging.getLogger("touchtone")


class Desk:
    """Answers turns from a library of programs and a store of sessions.

    With `follow` a call goes on in the newest program from the next step it enters (design mode); without it, it stays with the
    version it began with.
    """

    __slots__ = ("_follow", "_library", "_store")

    def __init__(self, library: Library, store: Store, *, follow: bool = False) -> None:
        self._library, self._store, self._follow = library, store, follow

    def answer(self, turn: Turn) -> Reply | Awaitable[Reply]:
        """The reply to a turn; awaitable only where a store has to be asked."""
        current = self._library.current
        version = turn.asked.get("_v")
        program: Program | None = current
        if version is not None and version != current.version:
            program = self._library.find(version)
            if program is None:
                return self._recalled(turn, version)
        return self._answer(turn, program or current)

    def _answer(self, turn: Turn, program: Program) -> Reply | Awaitable[Reply]:
        current = self._library.current
        newest = current if self._follow and program is not current else None
        flow = program.flows.get(turn.flow)
        if flow is None and newest is not None:
            program, newest = newest, None
            flow = program.flows.get(turn.flow)
        if flow is None:
            log.error("no flow is named %r; the caller heard an apology", turn.flow)
            return Reply(apology())
        if not flow.keeps:
            return self._reply(turn, respond(program, turn, newest))
        key = session_key(turn)
        if not key:
            return self._reply(turn, respond_in_session(program, turn, None, newest)[0])
        return self._in_session(turn, program, newest, key)

    async def _in_session(self, turn: Turn, program: Program, newest: Program | None, key: str) -> Reply:
        outcome = await self._store.turn(key, lambda session: respond_in_session(program, turn, session, newest))
        return self._reply(turn, outcome)

    async def _recalled(self, turn: Turn, version: str) -> Reply:
        """The answer by a version that this process does not hold: the store may have kept its text."""
        sources = await self._store.version(version)
        program = self._library.recall(sources) if sources else None
        if program is None:
            log.warning(
                "the version %s of the flows is not kept any more; %s goes on with the newest", version, turn.flow
            )
        reply = self._answer(turn, program or self._library.current)
        return reply if isinstance(reply, Reply) else await reply

    def _reply(self, turn: Turn, outcome: Outcome) -> Reply:
        for text, span in outcome.lines:
            log.info("%s: %s", span.location, text)
        if outcome.trouble is not None:
            place = outcome.trouble.span.location if outcome.trouble.span else f"{turn.flow}/{turn.step}"
            log.error("%s: %s", place, outcome.trouble.message, exc_info=outcome.trouble.cause)
        return Reply(outcome.body)
