"""Answers for the telephone of the page: calls that are played here, on threads of their own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from threading import Lock
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.account.client import Credentials
from engine.history.recorder import Recorder
from engine.page import script_files
from engine.page.answers import Refused, json_answer, read_object
from engine.page.desk import PageDesk, Saved
from engine.page.given import GivenByScripts
from engine.program.program import Program
from engine.runtime.desk import TURN_SECONDS, Heard
from engine.runtime.effects.effect import Effect, Result, TextMessage
from engine.simulation import Outside, Simulator, Unknown
from engine.simulation import Refused as NotDone
from engine.simulation.call import Written
from engine.simulation.outside import Given

T = TypeVar("T")

THREADS = 3  # in which calls are played


def routes(desk: PageDesk) -> list[Route]:
    """The addresses of this part; makes the simulator of the page."""
    phone = _Phone(desk)
    desk.on_save.append(phone.saved)
    desk.simulation = phone.simulator
    return [
        Route("/api/phone", phone.begin, methods=["POST"]),
        Route("/api/phone", phone.all, methods=["GET"]),
        Route("/api/phone/{id}", phone.act, methods=["POST"]),
        Route("/api/phone/{id}", phone.one, methods=["GET"]),
        Route("/api/phone/{id}/script", phone.script, methods=["POST"]),
    ]


class _Phone:
    def __init__(self, desk: PageDesk) -> None:
        self._desk = desk
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="touchtone phone")
        self._scripts, self._reading = GivenByScripts(desk), Lock()
        self.simulator = Simulator(
            Outside(
                desk.folder,
                program=lambda: desk.program,
                clock=desk.now,
                saved=desk.live_since,
                ask=self._ask,
                may_ask=self._may_ask,
                heard=self._heard,
                forget=self._forget,
                ended=self._ended,
                known=self._known,
                given=self._given,
            )
        )

    def saved(self, saved: Saved) -> None:
        """After each save: calls whose flows changed are played again, where they are to."""
        with suppress(RuntimeError):  # the program ends
            self._threads.submit(self._replay)

    def _replay(self) -> None:
        for name in self.simulator.reloaded():
            self._changed(name)

    def _changed(self, name: str) -> None:
        self._desk.hub.publish("phone", {"id": name})

    async def begin(self, request: Request) -> Response:
        """A new call."""
        posted = await read_object(request)
        return await self._state(lambda: self.simulator.begin(posted))

    async def all(self, request: Request) -> Response:
        """All open calls."""
        return json_answer(await self._done(self.simulator.all))

    async def one(self, request: Request) -> Response:
        """One call."""
        name = request.path_params["id"]
        return json_answer(await self._done(lambda: self.simulator.get(name)))

    async def act(self, request: Request) -> Response:
        """Something is done in a call."""
        name, posted = request.path_params["id"], await read_object(request)
        if set(posted) != {"do"}:
            raise Refused(400, 'Put the act under “do”: {"do": {"press": "1"}}.')
        return await self._state(lambda: self.simulator.act(name, posted["do"]))

    async def script(self, request: Request) -> Response:
        """The call as a script."""
        name, posted = request.path_params["id"], await read_object(request)

        def work() -> tuple[Written, dict[str, Any]]:
            call = self.simulator.script(name)
            return call, script_files.save(self._desk, call, preview=posted.get("preview") is True)

        _, told = await self._done(work)
        if told["written"]:
            self._desk.hub.publish("scripts", {})
        return json_answer(told)

    async def _state(self, work: Callable[[], dict[str, Any]]) -> Response:
        state = await self._done(work)
        self._changed(state["id"])
        if state["over"] and (recorder := self._recorder) is not None:
            by = "caller" if state["acts"] and "hang_up" in state["acts"][-1] else "flow"
            self._in_order(lambda: recorder.ended(state["call"], by))
        return json_answer(state)

    async def _done(self, work: Callable[[], T]) -> T:
        """What comes of work in a thread: a play takes its time, and must not hold up the page."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except Unknown as why:
            raise Refused(404, str(why)) from None
        except NotDone as why:
            raise Refused(400, str(why)) from None

    # What the calls are given of the server

    def _ask(self, effect: Effect) -> Result:
        """Really asks the world, from a thread."""
        loop = self._desk.main
        if loop is None:
            raise NotDone("The server has not started yet.")

        async def asked() -> Result:
            try:
                async with asyncio.timeout(TURN_SECONDS):
                    return await self._desk.world.perform(effect)
            except TimeoutError:
                return Result("timeout", {}, f"it took longer than {TURN_SECONDS:g} seconds")

        return asyncio.run_coroutine_threadsafe(asked(), loop).result(TURN_SECONDS + 1)

    def _may_ask(self, effect: Effect) -> bool:
        return not isinstance(effect, TextMessage) or Credentials.of(self._desk.settings).complete

    def _given(self, flow: str) -> list[Given]:
        with self._reading:
            return list(self._scripts(flow))

    def _heard(self, heard: Heard, program: Program, took: float) -> None:
        if (recorder := self._recorder) is not None:
            self._in_order(lambda: recorder.hear(heard, "simulated", program, took))

    def _forget(self, key: str, since: datetime) -> None:
        if (recorder := self._recorder) is not None:
            self._in_order(lambda: recorder.forget(key, since))

    def _ended(self, key: str, by: str) -> None:
        if (recorder := self._recorder) is not None:
            self._in_order(lambda: recorder.ended(key, by))

    def _known(self, key: str) -> str:
        return self._desk.history.latest(key) if self._desk.history is not None else key

    @property
    def _recorder(self) -> Recorder | None:
        return self._desk.history.recorder if self._desk.history is not None else None

    def _in_order(self, work: Callable[[], None]) -> None:
        """Does something in the loop of the server, in which the recorder listens."""
        if self._desk.main is None:
            work()
        else:
            self._desk.main.call_soon_threadsafe(work)
