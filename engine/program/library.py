"""Keeps the programs: the current one, which a reload replaces in one assignment, and earlier versions while calls use them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from engine.diagnostics.diagnostic import Severity
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source
from engine.document.folder import FUNCTIONS, Folder, read_folder
from engine.grammar.hosts import Allows, never
from engine.model.build import Builder
from engine.program.program import Program
from engine.program.workspace import Loaded, Workspace, sources_of

VERSIONS_KEPT = 16  # programs held in memory, those that were used last; the store keeps the text of others
EARLIER_BYTES = (
    1024 * 1024
)  # of documents that are kept ready in each that is not the current one: few calls still use it


def load_folder(
    path: Path | str,
    env: Mapping[str, str] | None = None,
    *,
    allowed: Allows = never,
    signs: bool = True,
    unsent: Severity | None = None,
) -> Loaded:
    """The program of the flows in a folder; none if the report holds errors. `allowed`, `signs` and `unsent` as in `Builder`."""
    report = Report()
    return load_read(read_folder(Path(path), report), report, env, allowed=allowed, signs=signs, unsent=unsent)


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
    """The program of a folder as far as one flow can be answered for, and the files that are left out for their errors.

    There is no program if `flow` itself is left out, or the project file: then the files are those to be mended first. The report
    holds the errors of the folder; what may be doubted is not looked for.
    """
    report, workspace = Report(), Workspace(env)
    loaded = workspace.update(read_folder(path, report), report)
    errors = Report()
    errors.extend(one for one in loaded.report.all if one.severity is Severity.ERROR)
    loaded = replace(loaded, report=errors)
    if loaded.program is None:
        return loaded, tuple(sorted(loaded.report.wrong()))
    left_out = tuple(str(path / held.file) for held in loaded.held)
    return (replace(loaded, program=None) if flow in loaded.program.absent else loaded), left_out


def load_sources(sources: Mapping[str, str], env: Mapping[str, str] | None = None) -> Loaded:
    """The program of files given as text by name; none if there are errors."""
    return _load(_folder_of(sources), Report(), Workspace(env))


def load_version(sources: Mapping[str, str], env: Mapping[str, str] | None = None, version: str = "") -> Program | None:
    """The program of a version that was good once and kept as texts; None if one of its flows cannot be read any more.

    `version` is how it was called when it was kept, if that is known.

    Other errors do not count: they come of rules that are newer than the version, or of settings that have changed. Nor are its
    functions looked at: it runs those there are.
    """
    folder = _folder_of(sources)
    unknown = {FUNCTIONS: Source(FUNCTIONS, "")}
    built = Builder(env or {}).build(folder, Report(), unknown)
    if len(built.drafts) < len(folder.flows):
        return None
    return Program(built.project, sources_of(folder), env, version=version)


def _folder_of(sources: Mapping[str, str]) -> Folder:
    files = {PurePath(name).name: Source(name, text) for name, text in sources.items()}
    return Folder(Path(), (), None).with_files(files)


def _load(folder: Folder, report: Report, workspace: Workspace) -> Loaded:
    return replace(workspace.update(folder, report, whole=True), report=workspace.doubts())


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
        before, self.current = self.current, program
        if before is not program:
            pieces += before.ready.empty(EARLIER_BYTES)
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
