"""Answers with pictures of flows: trees, overviews, comparisons."""

import asyncio
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.diagnostics import Diagnostic
from engine.model.flow import Flow
from engine.page.answers import Refused, json_answer
from engine.page.desk import PageDesk, Saved
from engine.picture.compare import compare
from engine.picture.layout import NONE, Parents
from engine.picture.picture import Picture, View, draw, problems_of
from engine.picture.reading import cards_of, entered_from
from engine.picture.shapes import Problem
from engine.program.library import load_version
from engine.program.program import Program

KEPT = 64  # flows whose last picture is kept
VIEWS: tuple[View, ...] = ("tree", "overview")


class _MadeOf(NamedTuple):
    """What a picture was made of: as long as that is the same, so is the picture."""

    flow: Flow
    entered: frozenset[str]
    wrong: bool
    problems: Mapping[str, Problem]
    reading: bool
    view: View


class Pictures:
    """Draws the flows as they are saved, and knows where their cards stood before. Asked in threads."""

    def __init__(self, desk: PageDesk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._made: dict[tuple[str, View], tuple[_MadeOf, Picture]] = {}
        self._parents: dict[str, Parents] = {}
        self._crossed: tuple[Mapping[str, Flow], dict[str, set[str]]] = ({}, {})

    def picture(self, name: str, view: View) -> Picture:
        """The picture of a flow; raises Refused (404)."""
        with self._lock:
            return self._picture(self._desk.saved, name, view)

    def _picture(self, saved: Saved, name: str, view: View) -> Picture:
        flow = saved.flows.get(name)
        known = self._made.get((name, view))
        if flow is None:
            # While a file cannot be read, the picture of its last readable version stays.
            if known is not None and f"{name}.yaml" in saved.files:
                return known[1]
            flow = saved.program.flows.get(name)
        if flow is None:
            raise Refused(404, _missing(saved, name))
        found = [one for one in saved.found if one.span.source is flow.source]
        problems, wrong = problems_of(flow, found), any(_is_error(one) for one in found)
        entered = frozenset(self._entered(saved.flows).get(name, ()))
        made_of = _MadeOf(flow, entered, wrong, problems, name in saved.flows, view)
        if known is not None and _same(known[0], made_of):
            return known[1]
        steps = (
            {each: one.steps for each, one in saved.flows.items()} if len(saved.flows) and not _unread(saved) else {}
        )
        cards = cards_of(flow, steps, entered, errors=wrong)
        before = self._parents.get(name) or self._live_parents(saved, name, flow)
        picture = draw(cards, problems, before, view)
        self._parents[name] = picture.layout.parents
        self._made.pop((name, view), None)
        self._made[name, view] = made_of, picture
        while len(self._made) > KEPT:
            self._made.pop(next(iter(self._made)))
        while len(self._parents) > KEPT * 4:
            self._parents.pop(next(iter(self._parents)))
        return picture

    def _live_parents(self, saved: Saved, name: str, flow: Flow) -> Parents:
        """Where the cards stand in what callers hear, for a flow that is drawn for the first time."""
        live = saved.program.flows.get(name)
        return NONE if live is None or live is flow else draw(cards_of(live)).layout.parents

    def _entered(self, flows: Mapping[str, Flow]) -> dict[str, set[str]]:
        """The steps that other flows lead to, found once for each save."""
        if self._crossed[0] is not flows:
            self._crossed = flows, entered_from(flows)
        return self._crossed[1]


def _same(one: _MadeOf, other: _MadeOf) -> bool:
    return one.flow is other.flow and one[1:] == other[1:]


def _is_error(found: Diagnostic) -> bool:
    return found.severity.weight == 2


def _unread(saved: Saved) -> bool:
    """Whether some flow could not be read, so that its steps are unknown."""
    return any(f"{name}.yaml" not in saved.files for name in saved.flows) or len(saved.flows) < len(saved.folder.flows)


def _missing(saved: Saved, name: str) -> str:
    if f"{name}.yaml" in saved.files:
        return f"{name[:80]}.yaml cannot be read yet. See its problems."
    return f"There is no flow `{name[:80]}`."


async def _version(desk: PageDesk, name: str, version: str, other: str) -> tuple[Flow, str, str]:
    """A flow in a version, with its version and when that was saved: `other` says which one "" is. Raises Refused (404)."""
    saved = desk.saved
    if version == "" and other == "saved":
        flow = saved.flows.get(name)
        if flow is None:
            raise Refused(404, _missing(saved, name))
        same = saved.program.flows.get(name) is flow
        return flow, saved.program.version if same else "", _written(saved, name)
    program = saved.program if version in ("", "live", saved.program.version) else desk.library.look(version)
    if program is None:
        program = await _kept(desk, version)
    flow = program.flows.get(name) if program is not None else None
    if program is None or flow is None:
        raise Refused(
            404, f"That version has no flow `{name[:80]}`." if program else "That version is no longer available."
        )
    return flow, program.version, desk.live_since(program.version)


async def _kept(desk: PageDesk, version: str) -> Program | None:
    """The program of an earlier version whose texts are kept."""
    texts = await asyncio.to_thread(desk.history.sources, version) if desk.history is not None else None
    texts = texts or await desk.on_main(desk.store.version(version))
    if not texts:
        return None
    return await asyncio.to_thread(load_version, texts, desk.settings.env, version)


def _written(saved: Saved, name: str) -> str:
    """When a file was saved."""
    source = saved.files.get(f"{name}.yaml")
    try:
        at = Path(source.path).stat().st_mtime if source is not None else None
    except OSError:
        at = None
    moment = saved.at if at is None else datetime.fromtimestamp(at, saved.at.tzinfo)
    return moment.isoformat(timespec="milliseconds")


def routes(desk: PageDesk) -> list[Route]:
    """The addresses of this part."""
    pictures = Pictures(desk)

    def picture(request: Request) -> Response:
        name, view = request.path_params["flow"], request.query_params.get("view", "tree")
        if view not in VIEWS:
            raise Refused(400, "`view` must be `tree` or `overview`.")
        made = pictures.picture(name, view)
        told: dict[str, Any] = {**made.told(), "version": desk.saved.program.version}
        return json_answer(told)

    async def comparison(request: Request) -> Response:
        name = request.path_params["flow"]
        asked = request.query_params
        before, from_, since = await _version(desk, name, asked.get("from", ""), "live")
        after, to, at = await _version(desk, name, asked.get("to", ""), "saved")
        told = await asyncio.to_thread(lambda: compare(cards_of(before), cards_of(after)).told())
        ends = {"from": {"version": from_, "saved": since}, "to": {"version": to, "saved": at}}
        return json_answer({**told, **ends})

    return [Route("/api/flows/{flow}/picture", picture), Route("/api/flows/{flow}/compare", comparison)]
