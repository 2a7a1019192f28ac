"""Finds call scripts, reads them, and finds the flows that they call."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.diagnostics import Report, Source, Span
from engine.document.folder import read_regular
from engine.phone.scripts import SUFFIX, Script, check_names, read_script
from engine.phone.scripts.reader import shortened
from engine.testing.project import Project

LARGEST = 2_000_000  # bytes of a script: tens of thousands of calls, and some seconds to read


@dataclass(frozen=True, slots=True)
class Written:
    """A script file: `script` and `project` if it can be played, else what is wrong in `report`."""

    path: Path
    script: Script | None
    project: Project | None
    report: Report


class Folders:
    """The folders of flows that scripts have named so far, each loaded once; templates may read the variables of `env`."""

    __slots__ = ("_env", "_loaded")

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self._env = env
        self._loaded: dict[Path, Project | Report] = {}

    def project(self, folder: Path) -> Project | Report:
        """The project of a folder; the report of its mistakes if it cannot be served."""
        key = folder.resolve()
        if key not in self._loaded:
            self._loaded[key] = Project.load(near(folder), self._env)
        return self._loaded[key]


def find_scripts(paths: Iterable[Path]) -> Iterator[Path]:
    """The script files among the paths and in the folders among them, each once, by name."""
    seen: set[Path] = set()
    for path in paths:
        files = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        for file in files:
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts) if path.is_dir() else False
            real = Path(os.path.realpath(file))  # of a link to itself too, which cannot be read then
            if not hidden and real not in seen:
                seen.add(real)
                yield file


def read_written(path: Path, folders: Folders) -> Written:
    """Reads a script file and loads the flows it calls; every mistake of both is in the report."""
    report = Report()
    text = _text(path, report)
    if text is None:
        return Written(path, None, None, report)
    source = Source(str(near(path)), text)
    script = read_script(source, report)
    if script is None:
        return Written(path, None, None, report)
    folder = flows_of(script, path)
    if folder is None:
        _no_folder(script, report)
        return Written(path, None, None, report)
    project = folders.project(folder)
    if isinstance(project, Report):
        for finding in project.diagnostics:
            report.add(finding)
        return Written(path, None, None, report)
    flows = {name: flow.steps for name, flow in project.program.flows.items()}
    channels = {name: flow.channels for name, flow in project.program.flows.items()}
    fine = check_names(script, flows, report, channels, project.functions) and not report.errors
    return Written(path, script if fine else None, project, report)


def _text(path: Path, report: Report) -> str | None:
    """What stands in a script file; None if it cannot be read, which is reported."""
    name = str(near(path))
    try:
        content = read_regular(path, LARGEST)
        if len(content) > LARGEST:
            title = f"`{path.name}` is not read: it is larger than {LARGEST // 1_000_000} MB"
            report.error("F016", title, Span(Source(name, ""), 0, 0), helps=["split it into several scripts"])
            return None
        return content.decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        report.error("F016", f"`{path.name}` cannot be read: {reason}", Span(Source(name, ""), 0, 0))
    except UnicodeDecodeError as error:
        byte, read = f"byte 0x{error.object[error.start]:02X}", error.object[: error.start].decode("utf-8")
        # Shown as the encoding it most likely is, so that the line can be recognized.
        shown = read + error.object[error.start :].decode("cp1252", "replace")
        place = Span(Source(name, shown), len(read), len(read) + 1)
        help_ = "save the file as UTF-8 in your editor"
        title = f"the file is not UTF-8: {byte} at position {error.start + 1}"
        report.error("F002", title, place, label=byte, helps=[help_])
    return None


def flows_of(script: Script, path: Path) -> Path | None:
    """The folder that a script's flows are in: the one it names, else the nearest `flows` going up from the file."""
    if script.flows:
        named = path.parent / script.flows
        try:
            return named if named.is_dir() else None
        except OSError:  # a name that is too long for any folder
            return None
    return flows_near(path)


def flows_near(path: Path) -> Path | None:
    """The nearest folder called `flows`: around a file, or beside it or a folder around it."""
    for folder in path.resolve().parents:
        if folder.name == "flows":
            return folder
        if (folder / "flows").is_dir():
            return folder / "flows"
    return None


def near(path: Path) -> Path:
    """The path as seen from the working folder, if it lies below it."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else Path(relative)


def _no_folder(script: Script, report: Report) -> None:
    if script.flows:
        title = f"there is no folder `{shortened(script.flows)}` beside this file"
        report.error("F404", title, script.flows_span, label="seen from this file")
    else:
        title = "no folder `flows` is found around this file"
        report.error("F404", title, script.flow_span, helps=["write  flows: ../flows  at the top: where they are"])
