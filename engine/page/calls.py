"""Answers for calls that were played: lists, timelines, counts, scripts made of them."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.history.file import Unusable
from engine.history.history import History
from engine.page import script_files
from engine.page.answers import Refused, json_answer, read_object
from engine.page.desk import PageDesk
from engine.simulation import Refused as NotDone
from engine.simulation.recorded import script_of

T = TypeVar("T")

LIMIT = 50  # calls that are listed at once, unless the page asks for another number


def routes(desk: PageDesk) -> list[Route]:
    """The addresses of this part."""

    async def listed(request: Request) -> Response:
        asked = request.query_params
        limit = asked.get("limit", "")
        number = int(limit) if limit.isascii() and limit.isdecimal() and len(limit) < 6 else LIMIT
        return json_answer(await _read(lambda: _history(desk).calls.list(asked.get("before", ""), number)))

    async def one(request: Request) -> Response:
        id_ = request.path_params["id"]
        program = desk.program
        found = await _read(lambda: _history(desk).calls.call(id_, program))
        if found is None:
            raise Refused(404, "This call is no longer recorded.")
        return json_answer(found)

    async def counts(request: Request) -> Response:
        flow, program = request.path_params["flow"], desk.program
        if f"{flow}.yaml" not in desk.saved.files:  # a flow that is not live yet may have been, and callers came to it
            desk.flow(flow)
        return json_answer(await _read(lambda: _history(desk).calls.counts(flow, program)))

    async def script(request: Request) -> Response:
        id_ = request.path_params["id"]
        preview = (await read_object(request)).get("preview") is True
        program = desk.program

        def work() -> dict[str, Any]:
            found = _history(desk).calls.kept_turns(id_)
            if found is None:
                raise Refused(404, "This call is no longer recorded.")
            try:
                written = script_of(*found, program, desk.folder)
            except NotDone as why:
                raise Refused(409, str(why)) from None
            return script_files.save(desk, written, preview=preview)

        told = await _read(work)
        if told["written"]:
            desk.hub.publish("scripts", {})
        return json_answer(told)

    return [
        Route("/api/calls", listed),
        Route("/api/calls/{id:path}/script", script, methods=["POST"]),
        Route("/api/calls/{id:path}", one),
        Route("/api/flows/{flow}/counts", counts),
    ]


def _history(desk: PageDesk) -> History:
    if desk.history is None:
        raise Refused(404, "Calls are not recorded here.")
    return desk.history


async def _read(work: Callable[[], T]) -> T:
    """What comes of reading the file, in a thread."""
    try:
        return await asyncio.to_thread(work)
    except Unusable as fault:
        raise Refused(503, str(fault)) from None
