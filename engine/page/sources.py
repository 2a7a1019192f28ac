"""Answers with the text of a flow: as it is saved, as callers hear it, or as it was in an earlier version."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.page.answers import Refused, json_answer
from engine.page.desk import PageDesk
from engine.page.steps import steps_in


def routes(desk: PageDesk) -> list[Route]:
    """The addresses of this part."""

    async def source(request: Request) -> Response:
        name, version = request.path_params["flow"], request.query_params.get("version", "")
        file = f"{name}.yaml"
        text = await text_of(desk, file, version)
        shown = version if version not in ("", "live") else desk.saved.program.version
        return json_answer(
            {
                "file": file,
                "path": str(desk.saved.folder.path.resolve() / file),
                "text": text,
                "version": shown,
                "steps": [one._asdict() for one in steps_in(text)],
            }
        )

    return [Route("/api/flows/{flow}/source", source)]


async def text_of(desk: PageDesk, file: str, version: str = "") -> str:
    """The text of a file: "" as it is saved, "live" as callers hear it, else as in that version. Raises Refused (404)."""
    if version == "":
        source = desk.saved.files.get(file)
        if source is not None:
            return source.text
        version = "live"
    if version in ("live", desk.saved.program.version):
        texts = desk.saved.program.sources
    elif (program := desk.library.look(version)) is not None:
        texts = program.sources
    else:
        kept = await asyncio.to_thread(desk.history.sources, version) if desk.history is not None else None
        kept = kept or await desk.on_main(desk.store.version(version))
        texts = kept or {}
    if file not in texts:
        raise Refused(404, f"That version has no {file[:80]}." if texts else "That version is no longer available.")
    return texts[file]
