"""Keeps the programs: the current one, which a reload replaces in one assignment, and earlier versions while calls use them."""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from engine.diagnostics.diagnostic import Severity
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source
from engine.document.folder import FUNCTIONS, Folder, read_folder
from engine.grammar.hosts import Allows, never
from engine.model.build import Builder
from engine.model.prompts import NO_RECORDINGS, Recordings
from engine.program.program import Program
from engine.program.workspace import Loaded, Workspace, sources_of

VERSIONS_KEPT = 64  # programs held in memory at most, those that were used last; the store keeps the text of others
FLOWS_BESIDE = 256
"""Versions share the flows that did not change. In all they may hold twice as many as the current one has, and so many more."""
DROPPED_AT_ONCE = 8  # versions: one of a thousand flows is told apart from the others in a quarter of a millisecond
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
    files = {name: Source(name, text) for name, text in sources.items()}
    return _load(_folder_of(files), Report(), Workspace(env))


def load_version(sources: Mapping[str, str], env: Mapping[str, str] | None = None, version: str = "") -> Program | None:
    """The program of a version that was good once and kept as texts, as in `Versions.load`."""
    return Versions(env).load(sources, version)


class Versions:
    """Makes the programs of versions that were good once, one after another: what two have in common is read and linked once.

    To be used by one thread at a time.
    """

    __slots__ = ("_builder", "_env", "_files", "_program")

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self._env = env
        self._builder = Builder(env or {})
        self._files: Mapping[str, Source] = {}
        self._program: Program | None = None

    def load(
        self, sources: Mapping[str, str], version: str = "", recordings: Recordings = NO_RECORDINGS
    ) -> Program | None:
        """The program of a version's texts; None if one of its flows cannot be read any more.

        `version` is how it was called when it was kept, if that is known; `recordings` are those there are now.

        Other errors do not count: they come of rules that are newer than the version, or of settings that have changed. Nor are its
        functions looked at: it runs those there are.
        """
        before = self._files
        self._files = {
            name: known if (known := before.get(name)) is not None and known.text == text else Source(name, text)
            for name, text in sources.items()
        }
        folder = _folder_of(self._files)
        built = self._builder.build(folder, Report(), _UNKNOWN)
        self._builder.forget()
        if len(built.drafts) < len(folder.flows):
            return None
        self._program = Program(
            built.project, sources_of(folder), self._env, before=self._program, version=version, recordings=recordings
        )
        return self._program


_UNKNOWN = {FUNCTIONS: Source(FUNCTIONS, "")}


def _folder_of(files: Mapping[str, Source]) -> Folder:
    return Folder(Path(), (), None).with_files({PurePath(name).name: source for name, source in files.items()})


def _load(folder: Folder, report: Report, workspace: Workspace) -> Loaded:
    return replace(workspace.update(folder, report, whole=True), report=workspace.doubts())


def let_go(pieces: list[object]) -> None:
    """Drops one piece after another: between two of them other threads have their turn."""
    while pieces:
        pieces.pop()


class Library:
    """The current program and the versions still in use. Readers take `current` once for each turn.

    It belongs to one thread; others may take `current` and `look`.
    """

    __slots__ = ("_flows", "_versions", "current")

    def __init__(self, program: Program) -> None:
        self.current = program
        self._versions: OrderedDict[str, Program] = OrderedDict(
            {program.version: program}
        )  # the one used last at the end
        self._flows = Counter(map(id, program.flows.values()))  # in how many versions each is

    def publish(self, program: Program) -> list[object]:
        """Makes a program the current one; calls under way go on with the version that asked them. Gives what `hold` gives."""
        pieces = self.hold(program)
        for other in self._versions.values():  # a recording that is gone is gone for them as well
            pieces += other.play(program.recordings)
        before, self.current = self.current, program
        if before is not program:
            pieces += before.ready.empty(EARLIER_BYTES)
        return pieces

    def hold(self, program: Program) -> list[object]:
        """Keeps a program, as the one used last; the one that was not used for longest may have to go.

        Its pieces come back, for `let_go` in a thread: a large program that is dropped at once holds up every call. Then `trim` may
        have more.
        """
        pieces: list[object] = []
        before = self._versions.get(program.version)
        if before is not None and before is not program:
            pieces += self._dropped(before)
        self._versions[program.version] = program
        self._versions.move_to_end(program.version)
        if before is not program:
            self._flows.update(map(id, program.flows.values()))
        return pieces + self.trim()

    def trim(self) -> list[object]:
        """Drops some of the versions that are too many, those that were not used for longest; gives their pieces, none at the end."""
        pieces: list[object] = []
        # Calls use the current program without asking for it by its version; and the newest is about to be used.
        *spare, _ = self._versions
        for version in [one for one in spare if one != self.current.version][:DROPPED_AT_ONCE]:
            most = 2 * len(self.current.flows) + FLOWS_BESIDE
            if len(self._versions) <= VERSIONS_KEPT and len(self._flows) <= most:
                break
            pieces += self._dropped(self._versions.pop(version))
        return pieces

    def _dropped(self, program: Program) -> list[object]:
        """What is large in a program that is held no more."""
        held = self._flows
        for one in map(id, program.flows.values()):
            if held[one] == 1:
                del held[one]
            else:
                held[one] -= 1
        return program.pieces()

    def find(self, version: str) -> Program | None:
        """The program of that version, if it is still held, which counts as use."""
        program = self._versions.get(version)
        if program is not None:
            self._versions.move_to_end(version)
        return program

    def look(self, version: str) -> Program | None:
        """The same without counting as use, from any thread: nothing is moved, and a version that is held is always found."""
        return self._versions.get(version)
