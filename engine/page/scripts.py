"""The call scripts of the project: which there are, and whether their calls go as written with the flows that callers hear."""

import threading
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.diagnostics import Report
from engine.page.answers import Refused, json_answer, read_object, text_of
from engine.page.desk import PageDesk
from engine.phone.scripts import CallScript, Script, play_call
from engine.testing.project import Project
from engine.testing.scripts import Folders, Written, find_scripts, read_written

MOST: Final = 500  # files that are looked at
TESTS: Final = "tests"  # beside the folder of flows

_Key = tuple[Path, str]  # the file and the name of a call


class _Outcome(NamedTuple):
    """What came of a call, of the text and the flows that were there then."""

    text: str
    version: str
    message: str
    line: int


class Scripts:
    """Lists and plays the scripts; what came of each is kept until its file or the flows change."""

    def __init__(self, desk: PageDesk) -> None:
        self._desk = desk
        self._outcomes: dict[_Key, _Outcome] = {}
        self._playing = threading.Lock()

    def listed(self) -> list[Mapping[str, Any]]:
        """A line for each call, and one for each file that cannot be played."""
        folders = _Live(self._desk)
        lines = [line for path in self._files() for line in self._lines(path, read_written(path, folders))]
        if self._desk.scripts != len(lines):
            self._desk.scripts = len(lines)
            self._desk.changed()
        return lines

    def run(self, name: str) -> list[Mapping[str, Any]]:
        """Plays the calls of one file, or of all for ""; then the list. Raises Refused."""
        wanted = list(self._files()) if not name else [self.path(name)]
        if not self._playing.acquire(blocking=False):
            raise Refused(409, "The scripts are already running.")
        try:
            folders, version = _Live(self._desk), self._desk.program.version
            for path in wanted:
                written = read_written(path, folders)
                if written.script is None or written.project is None:
                    continue
                self._forget(path)
                for call in written.script.calls:
                    result = play_call(written.script, call, written.project)
                    failure = result.failure
                    message = _sentences(failure.title, *failure.notes[:2]) if failure else ""
                    line = failure.span.source.position(failure.span.start)[0] if failure else 0
                    text = written.script.source.text
                    self._outcomes[path.resolve(), call.name] = _Outcome(text, version, message, line)
        finally:
            self._playing.release()
        self._desk.hub.publish("scripts", {})
        return self.listed()

    def path(self, name: str) -> Path:
        """A script of the project by the path that it is listed with; raises Refused (404)."""
        found = next((path for path in self._files() if self._shown(path) == name), None)
        if found is None:
            raise Refused(404, f"Unknown call script: {name[:120]}.")
        return found

    def _forget(self, path: Path) -> None:
        for key in [key for key in self._outcomes if key[0] == path.resolve()]:
            del self._outcomes[key]

    def _files(self) -> Iterator[Path]:
        home, flows = self._desk.folder.resolve().parent, self._desk.folder.resolve()
        yield from islice(find_scripts([place for place in (home / TESTS, flows) if place.is_dir()]), MOST)

    def _shown(self, path: Path) -> str:
        # Not resolved: a script may be a link to a file elsewhere.
        return path.relative_to(self._desk.folder.resolve().parent).as_posix()

    def _lines(self, path: Path, written: Written) -> Iterator[Mapping[str, Any]]:
        if written.script is None:
            yield self._broken(path, written.report)
            return
        for call in written.script.calls:
            yield self._line(path, written.script, call)

    def _broken(self, path: Path, report: Report) -> Mapping[str, Any]:
        first = next(iter(report.diagnostics), None)
        line = first.span.source.position(first.span.start)[0] if first and first.span.source.text else 1
        where = (
            f"{Path(first.span.source.path).name}, line {line}: "
            if first and not _is(first.span.source.path, path)
            else ""
        )
        message = _sentences(f"{where}{first.title}") if first else "Invalid script."
        about = {"path": self._shown(path), "file": path.name, "flow": "", "name": "", "line": line}
        return {**about, "state": "failed", "message": message, "failed_line": line, "absolute": str(path.resolve())}

    def _line(self, path: Path, script: Script, call: CallScript) -> Mapping[str, Any]:
        came = self._outcomes.get((path.resolve(), call.name))
        if came is not None and (came.text != script.source.text or came.version != self._desk.program.version):
            came = None
        return {
            "path": self._shown(path),
            "file": path.name,
            "absolute": str(path.resolve()),
            "flow": script.flow,
            "name": call.name,
            "line": script.source.position(call.span.start)[0],
            "state": "new" if came is None else "failed" if came.message else "passed",
            "message": came.message if came is not None else "",
            "failed_line": came.line if came is not None else 0,
        }


class _Live(Folders):
    """The flows that callers hear, in the place of the page's folder as it is saved."""

    __slots__ = ("_desk", "_here")

    def __init__(self, desk: PageDesk) -> None:
        super().__init__(desk.settings.env)
        self._desk = desk
        self._here: Project | None = None

    def project(self, folder: Path) -> Project | Report:
        """The project of a folder."""
        if folder.resolve() != self._desk.folder.resolve():
            return super().project(folder)
        if self._here is None:
            self._here = Project(self._desk.program, self._desk.folder)
        return self._here


def _is(path: str, other: Path) -> bool:
    return Path(path).name == other.name


def _sentences(*texts: str) -> str:
    found = (text.strip() for text in texts if text.strip())
    return " ".join(f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}" for text in found)


def routes(desk: PageDesk) -> list[Route]:
    """The addresses of this part."""
    scripts = Scripts(desk)

    def listed(request: Request) -> Response:
        return json_answer(scripts.listed())

    async def run(request: Request) -> Response:
        asked = await read_object(request)
        return json_answer(await run_in_threadpool(scripts.run, text_of(asked, "path")))

    return [Route("/api/scripts", listed), Route("/api/scripts/run", run, methods=["POST"])]
