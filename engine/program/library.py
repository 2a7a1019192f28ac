"""Keeps the programs: the current one, which a reload replaces in one assignment, and earlier versions while calls use them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from engine.diagnostics.diagnostic import Severity
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source
from engine.document.folder import CATALOGUE, Folder, read_folder
from engine.grammar.hosts import Allows, never
from engine.program.program import Program
from engine.program.workspace import Loaded, Workspace

VERSIONS_KEPT = 16  # programs held in memory, those that were used last; the store keeps the text of others


def load_folder(
    path: Path,
    env: Mapping[str, str] | None = None,
    *,
    allowed: Allows = never,
    signs: bool = True,
    unsent: Severity | None = None,
) -> Loaded:
    """The program of the flows in a folder; none if the report holds errors. `allowed`, `signs` and `unsent` as in `Builder`."""
    report = Report()
    return load_read(read_folder(path, report), report, env, allowed=allowed, signs=signs, unsent=unsent)


def load_read(
    folder: Folder,
    report: Report,
    env: Mapping[str, str] | None = None,
    *,
    allowed: Allows = never,
    signs: bool = True,
    unsent: Severity | None = None,
) -> Loaded:
    """The program of a folder whose files were read, of which `report` holds what was found, and then all findings.

    The others as in `load_folder`.
    """
    loaded = _load(folder, report, Workspace(env, allowed=allowed, signs=signs, unsent=unsent))
    report.extend(loaded.report.all)
    return loaded


def load_for(path: Path, flow: str, env: Mapping[str, str] | None = None) -> tuple[Loaded, tuple[str, ...]]:
    """The program of a folder as far as one flow can be answered for, and the files that are left out for their mistakes.

    With a file goes what leads to it. There is no program if that is `flow` itself, or the project file: then the report
    holds all findings of the folder, and the files are those to be mended first.
    """
    report = Report()
    folder = read_folder(path, report)
    loaded = whole = _load(folder, report, Workspace(env))
    left_out: dict[str, None] = {}
    while loaded.program is None:
        wrong = {
            found.span.source.path for found in loaded.report.diagnostics if found.severity is Severity.ERROR
        } - left_out.keys()
        needed = any(PurePath(file).stem in (flow, "_project") for file in wrong)
        if needed or not wrong or str(path) in wrong:
            return whole, tuple(sorted(left_out or wrong))
        left_out |= dict.fromkeys(wrong)
        folder = replace(
            folder,
            flows=tuple(source for source in folder.flows if source.path not in wrong),
            catalogues=tuple(source for source in folder.catalogues if source.path not in wrong),
            functions=folder.functions if folder.functions and folder.functions.path not in wrong else None,
        )
        loaded = _load(folder, Report(), Workspace(env))
    return loaded, tuple(sorted(left_out))


def load_sources(sources: Mapping[str, str], env: Mapping[str, str] | None = None) -> Loaded:
    """The program of flow files given as text by file name, as a version that was kept."""
    report = Report()
    flows = tuple(
        Source(name, text) for name, text in sorted(sources.items()) if not PurePath(name).name.startswith("_")
    )
    project = next(
        (Source(name, text) for name, text in sources.items() if PurePath(name).name == "_project.yaml"), None
    )
    catalogues = tuple(Source(name, text) for name, text in sorted(sources.items()) if name.endswith(CATALOGUE))
    return _load(Folder(Path(), flows, project, catalogues=catalogues), report, Workspace(env))


def _load(folder: Folder, report: Report, workspace: Workspace) -> Loaded:
    return Loaded(workspace.update(folder, report).program, workspace.doubts())


def is_broken(name: str, report: Report) -> bool:
    """Whether an error was found in the file of that name."""
    return any(
        found.severity is Severity.ERROR and PurePath(found.span.source.path).name == name
        for found in report.diagnostics
    )


def let_go(pieces: list[object]) -> None:
    """Drops one piece after another: between two of them other threads have their turn."""
    while pieces:
        pieces.pop()


class Library:
    """The current program and the versions still in use. Readers take `current` once for each turn."""

    __slots__ = ("_versions", "current")

    def __init__(self, program: Program) -> None:
        self.current = program
        self._versions: dict[str, Program] = {program.version: program}

    def publish(self, program: Program) -> list[object]:
        """Makes a program the current one; calls under way go on with the version that asked them. Gives what `hold` gives."""
        pieces = self.hold(program)
        self.current = program
        return pieces

    def hold(self, program: Program) -> list[object]:
        """Keeps a program, as the one used last; the one that was not used for longest may have to go.

        Its pieces come back, for `let_go` in a thread: a large program that is dropped at once holds up every call.
        """
        self._versions.pop(program.version, None)
        self._versions[program.version] = program
        if len(self._versions) <= VERSIONS_KEPT:
            return []
        # Calls use the current program without asking for it by its version.
        oldest = next(version for version in self._versions if version != self.current.version)
        return self._versions.pop(oldest).pieces()

    def find(self, version: str) -> Program | None:
        """The program of that version, if it is still held, which counts as use."""
        program = self._versions.pop(version, None)
        if program is not None:
            self._versions[version] = program
        return program
