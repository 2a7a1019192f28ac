"""Where turns are answered: finds the program a call began with, its session, and writes the log."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from secrets import token_hex
from typing import NamedTuple

from engine.grammar.masks import SECRET
from engine.program.library import Library, Versions, let_go
from engine.program.program import Program
from engine.runtime.conversing import Recalled
from engine.runtime.cut_off import KEPT, hand_on, hand_over, with_kept
from engine.runtime.effects.claim import Claim
from engine.runtime.effects.effect import Result
from engine.runtime.effects.journal import Needs
from engine.runtime.effects.secrets import covered
from engine.runtime.effects.world import World
from engine.runtime.hidden import NOTHING_HIDDEN, UNSEEN
from engine.runtime.outcome import Outcome, Trouble, apology
from engine.runtime.request import Reply, Request
from engine.runtime.respond import ignored_report, respond, respond_in_session
from engine.runtime.silence import follow_silence, unfollowed
from engine.runtime.stores import SessionTooLarge, Store, StoreError, WrittenLater
from engine.runtime.trail import Failed, timed

LINE = 2_000  # characters of a line in the log
TURN_SECONDS = 12.0  # that all effects of a turn may take: Twilio waits 15 for its answer
LOOK_AGAIN = 0.05  # seconds until it is looked whether another process is done with a turn

log = logging.getLogger("touchtone")


class Heard(NamedTuple):
    """What a listener is told: the request of a turn, the version of the flows that it asked, and what came of it."""

    request: Request
    version: str
    outcome: Outcome

    @property
    def params(self) -> Mapping[str, str]:
        """The parameters of the request as people may see them: what the flow marks as `secret` is masked."""
        return self.outcome.cover.params(self.request.params)

    @property
    def twiml(self) -> bytes:
        """The answer as people may see it."""
        body = self.outcome.cover.body
        return self.outcome.body if body is None else body


class Desk:
    """Answers turns from a library of programs and a store of sessions.

    With `follow` a call goes on in the newest program from the next step it enters (design mode); without it, it stays with the
    version it began with. `told` writes what came of each turn into the log. `listener` is told of it too, with its trail:
    also of one that broke; it must neither take time nor raise. `world` performs what flows ask of it.
    """

    __slots__ = (
        "_follow",
        "_kept",
        "_library",
        "_listener",
        "_listening",
        "_nothing_recalled",
        "_reading",
        "_recalls",
        "_store",
        "_told",
        "_world",
    )

    def __init__(
        self,
        library: Library,
        store: Store,
        *,
        follow: bool = False,
        told: Callable[[Request, Outcome], None] | None = None,
        world: World | None = None,
        listener: Callable[[Heard], None] | None = None,
    ) -> None:
        self._library, self._store, self._follow = library, store, follow
        self._listener, self._listening = listener, listener is not None
        self._told = told or write_log
        self._world = world or World()
        self._nothing_recalled = Recalled(follow=follow)
        self._recalls: dict[str, asyncio.Task[Program | None]] = {}
        # What versions from the store have in common is read once; one after the other.
        self._kept, self._reading = Versions(library.current.env), asyncio.Lock()

    def answer(self, request: Request) -> Reply | Awaitable[Reply]:
        """The reply to a turn; awaitable only where a store has to be asked.

        One that is cut off, as the server stops, is handed to the next process.
        """
        if KEPT in request.asked:
            return self._finished(request, self._completed(request))
        if self._listener is None:
            reply = self._asked(request)
        else:
            try:
                reply = self._asked(request)
            except Exception as fault:
                self._tell_broken(request, fault)
                raise
        return reply if isinstance(reply, Reply) else self._finished(request, reply)

    async def _completed(self, request: Request) -> Reply:
        """The reply to a turn that was cut off before, with what was sent with it."""
        request = await with_kept(request, self._store.records)
        reply = self.answer(request.replaced(asked={n: value for n, value in request.asked.items() if n != KEPT}))
        return reply if isinstance(reply, Reply) else await reply

    async def _finished(self, request: Request, reply: Awaitable[Reply]) -> Reply:
        try:
            return await (reply if self._listener is None else self._listened(request, reply))
        except asyncio.CancelledError:
            return await hand_over(request, self._store.records)
        except WrittenLater as fault:
            return await hand_on(request, self._store.records, fault)

    async def _listened(self, request: Request, reply: Awaitable[Reply]) -> Reply:
        try:
            return await reply
        except Exception as fault:
            self._tell_broken(request, fault)
            raise

    def _tell_broken(self, request: Request, fault: Exception) -> None:
        assert self._listener is not None, "it is told where there is one"
        secret = SECRET in request.asked
        message = type(fault).__name__ if secret else f"{type(fault).__name__}: {fault}"
        broken = Outcome(b"", trail=(Failed(message, None),), cover=UNSEEN if secret else NOTHING_HIDDEN)
        self._listener(Heard(request, request.version or self._library.current.version, broken))

    def _asked(self, request: Request) -> Reply | Awaitable[Reply]:
        current = self._library.current
        version = request.version
        program: Program | None = current
        if version and version != current.version:
            program = self._library.find(version)
            if program is None:
                return self._recalled(request, version)
        return self._answer(request, program or current)

    def _answer(self, request: Request, program: Program) -> Reply | Awaitable[Reply]:
        current = self._library.current
        newest = current if self._follow and program is not current else None
        flow = program.flows.get(request.flow)
        if flow is None and program is not current:
            program, newest = current, None
            flow = program.flows.get(request.flow)
        if flow is None:
            # A sound is fetched without the parameters of the call.
            called = "CallSid" in request.params or "MessageSid" in request.params
            heard = "the caller heard an apology" if called else "the answer was an apology"
            if not called and "." in request.flow:
                heard = "recordings are served from audio/"
            missing = program.lacks(request.flow)
            log.error("%s; %s", missing or f"no flow is named {one_line(request.flow)}", heard)
            nothing = Outcome(
                apology(request.channel_in(program.flows.get(request.flow))),
                trail=(Failed(missing or "there is no such flow", None),),
            )
            return self._reply(request, program, nothing)
        # A step of the newest program may have been given variables; which one will be entered is not known yet.
        keeps = flow.keeps or (newest is not None and any(other.keeps for other in newest.flows.values()))
        if not keeps or ignored_report(program, request) is not None:
            return self._reply(request, program, respond(program, request, newest, listening=self._listening))
        return self._in_session(request, program, newest)

    async def _in_session(self, request: Request, program: Program, newest: Program | None) -> Reply:
        """The reply with what the store keeps for the session's key; for "" with what nobody keeps."""
        key = request.session_key
        # A flow that asks the world says at once who it is; the others would pay for it in every turn.
        claim = Claim(token_hex(8)) if program.flows[request.flow].reaches else None
        recalled = self._nothing_recalled
        outcome = await self._played(request, program, newest, claim, recalled)
        if outcome.needs is None and not outcome.waits and not outcome.version:
            return self._reply(request, program, outcome)
        clock = asyncio.get_running_loop().time
        began, seconds = clock(), dict[str, float]()
        if claim is None:
            claim = Claim(token_hex(8))
            if outcome.needs is not None:  # it came to another flow that asks
                outcome = await self._played(request, program, newest, claim, recalled)
        while outcome.needs is not None or outcome.waits or outcome.version:
            if outcome.version:
                earlier = self._library.find(outcome.version) or await self._found(request, outcome.version)
                recalled = replace(recalled, programs={**recalled.programs, outcome.version: earlier})
            elif outcome.needs is None:
                await asyncio.sleep(LOOK_AGAIN)
                claim = replace(claim, waited=clock() - began)
            else:
                asked = clock()
                left = TURN_SECONDS - (asked - began - claim.waited)
                try:
                    result = await self._perform(outcome.needs, left)
                except (
                    asyncio.CancelledError
                ):  # the server stops: the process that is asked next need not wait for this one
                    await self._release(key, claim, request.at.timestamp() + clock() - began)
                    raise
                seconds[outcome.needs.place] = clock() - asked
                claim = claim.with_result(outcome.needs.place, result)
            outcome = await self._played(request, program, newest, claim, recalled)
        if self._listening and seconds:
            outcome = outcome._replace(trail=timed(outcome.trail, seconds))
        return self._reply(request, program, outcome)

    async def follow_silence(self, key: str, at: datetime) -> Outcome | None:
        """Plays what is due in a conversation at a time (aware), to its end; what came of it, None if nothing was due, or others do it.

        Raises StoreError where the store cannot be used; after any other trouble, which is logged, nothing is due any more.
        """
        try:
            return await self._follow_silence(key, at)
        except StoreError:
            raise
        except SessionTooLarge as fault:
            log.error("%s; nobody is told what follows silence there", fault)
        except Exception:
            log.exception("what follows silence in a conversation was not played")
        await self._store.turn(key, lambda session: (None, unfollowed(session) if session is not None else None))
        return None

    async def _follow_silence(self, key: str, at: datetime) -> Outcome | None:
        claim, recalled, seconds = Claim(token_hex(8)), self._nothing_recalled, dict[str, float]()
        clock = asyncio.get_running_loop().time
        began, listening = clock(), self._listening
        while True:
            # In the newest version unless another one asked.
            play = partial(
                follow_silence, self._library.current, key, at, claim=claim, recalled=recalled, listening=listening
            )
            outcome, request = await self._store.turn(key, play)
            if request is None:
                return None
            if outcome.version:
                earlier = self._library.find(outcome.version) or await self._found(request, outcome.version)
                recalled = replace(recalled, programs={**recalled.programs, outcome.version: earlier})
            elif outcome.needs is not None:
                asked = clock()
                try:
                    result = await self._perform(outcome.needs, TURN_SECONDS)
                except asyncio.CancelledError:
                    await self._release(key, claim, at.timestamp() + clock() - began)
                    raise
                seconds[outcome.needs.place] = clock() - asked
                # Each effect has the whole time: nobody waits for an answer.
                claim = replace(claim.with_result(outcome.needs.place, result), waited=clock() - began)
            else:
                if seconds and listening:
                    outcome = outcome._replace(trail=timed(outcome.trail, seconds))
                self._reply(request, self._library.current, outcome)
                return outcome

    async def _played(
        self, request: Request, program: Program, newest: Program | None, claim: Claim | None, recalled: Recalled
    ) -> Outcome:
        """What comes of a turn, with what the world answered so far."""
        key = request.session_key
        play = partial(
            respond_in_session,
            program,
            request,
            newest=newest,
            claim=claim,
            recalled=recalled,
            listening=self._listening,
        )
        if not key:
            return play(None)[0]
        try:
            return await self._store.turn(key, play)
        except SessionTooLarge as fault:
            why = str(fault)
        try:
            return await self._store.turn(key, partial(play, too_large=why))
        except SessionTooLarge as fault:  # what stands there beside the variables leaves no room
            body = apology(request.channel_in(program.flows.get(request.flow)))
            return Outcome(body, trouble=Trouble(str(fault), None))

    async def _release(self, key: str, claim: Claim, now: float) -> None:
        """Notes in the session that nobody is at work on the turn of a claim."""
        if key:
            await self._store.turn(key, lambda session: (None, claim.released(session, now)))

    async def _perform(self, needs: Needs, seconds: float) -> Result:
        """What came of an effect within so many seconds."""
        try:
            async with asyncio.timeout(max(seconds, 0)):
                if needs.mask is str:
                    return await self._world.perform(needs.effect)
                with covered(needs.mask):
                    return await self._world.perform(needs.effect)
        except TimeoutError:
            return Result("timeout", {}, f"it took longer than the {TURN_SECONDS:g} seconds that a turn has")

    async def _recalled(self, request: Request, version: str) -> Reply:
        """The answer by a version that this process does not hold."""
        program = await self._found(request, version)
        reply = self._answer(request, program or self._library.current)
        return reply if isinstance(reply, Reply) else await reply

    async def _found(self, request: Request, version: str) -> Program | None:
        """A version that this process does not hold: the store may have kept its text."""
        recall = self._recalls.get(version)
        if recall is None:
            # Many calls may ask at once for the version they began with: it is read once.
            recall = asyncio.get_running_loop().create_task(self._recall(version))
            self._recalls[version] = recall
            recall.add_done_callback(lambda _: self._recalls.pop(version, None))
        program = await asyncio.shield(recall)
        if program is None:
            log.warning(
                "the version %s of the flows is not kept any more; %s goes on with the newest",
                one_line(version),
                one_line(request.flow),
            )
        return program

    async def _recall(self, version: str) -> Program | None:
        try:
            sources = await self._store.version(version)
        except WrittenLater:
            raise
        except StoreError as fault:
            log.error("the version %s of the flows cannot be looked up: %s", one_line(version), fault)
            return None
        if not sources:
            return None
        async with self._reading:
            program = await asyncio.to_thread(self._kept.load, sources, version, self._library.current.recordings)
        if program is not None:
            await asyncio.to_thread(let_go, self._library.hold(program))
        return program

    def _reply(self, request: Request, program: Program, outcome: Outcome) -> Reply:
        self._told(request, outcome)
        if self._listener is not None:
            self._listener(Heard(request, outcome.played or program.version, outcome))
        return Reply(outcome.body)


def write_log(request: Request, outcome: Outcome) -> None:
    """Writes the lines of a flow, and the faults of its steps, each with its place in the file."""
    for text, span in outcome.lines:
        log.info("%s: %s", span.location, one_line(text))
    if outcome.trouble is not None:
        _report(request, outcome.trouble)
    if outcome.also is not None:
        _report(request, outcome.also)


def _report(request: Request, trouble: Trouble) -> None:
    place = trouble.span.location if trouble.span else one_line(f"{request.flow}/{request.step}")
    log.error("%s: %s", place, one_line(trouble.message), exc_info=trouble.cause)


def one_line(text: str) -> str:
    """Text as it may stand in a line of a log: what a caller sent cannot end the line, nor speak to a terminal."""
    if len(text) > LINE:
        text = text[:LINE] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
