"""Finds what call scripts give in place of the world, so that a call of the page can be answered as they are."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from engine.diagnostics import Report, Source
from engine.page.desk import PageDesk
from engine.phone.scripts import Script, read_script
from engine.simulation.outside import Given
from engine.testing.saving import script_text
from engine.testing.scripts import find_scripts

MOST: Final = 200  # files that are looked at
LARGEST: Final = 500_000  # bytes of one


class GivenByScripts:
    """Reads the scripts of a project; one that did not change is read once. For one thread at a time."""

    def __init__(self, desk: PageDesk) -> None:
        self._desk = desk
        self._known: dict[Path, tuple[tuple[int, int], Script | None]] = {}

    def __call__(self, flow: str) -> Iterator[Given]:
        """What the calls to a flow are given, each with the path of its script."""
        flows = self._desk.folder.resolve()
        home = flows.parent
        files = list(islice(find_scripts([place for place in (home / "tests", flows) if place.is_dir()]), MOST))
        known, self._known = self._known, {}
        for path in files:
            try:
                stat = path.stat()
                stamp = (stat.st_mtime_ns, stat.st_size)
                before = known.get(path)
                script = before[1] if before is not None and before[0] == stamp else _read(path, stat.st_size)
            except (OSError, UnicodeDecodeError):
                continue
            self._known[path] = (stamp, script)
            if script is None or script.flow != flow:
                continue
            shown = path.relative_to(home) if path.is_relative_to(home) else path
            yield from (Given(str(shown), call.given.stubs) for call in script.calls if call.given.stubs)


def _read(path: Path, size: int) -> Script | None:
    if size > LARGEST:
        return None
    return read_script(Source(str(path), script_text(path)), Report())
