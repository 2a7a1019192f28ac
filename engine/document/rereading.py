"""Reads a folder again while somebody may be writing to it: what cannot be believed yet stays as it was."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from engine.diagnostics import Diagnostic, Report, Source
from engine.document.folder import Folder, read_file, read_folder
from engine.document.snapshot import Snapshot, Stamp, has_shrunk, is_gone, take_snapshot

RECENT = 2_500_000_000
"""Nanoseconds within which a file may be written twice and have the same stamp: the coarsest file systems count in two seconds."""


@dataclass(frozen=True, slots=True)
class FileRead:
    """What came of reading a file: its text, if it has one, and what was reported; `stamp` is from before."""

    stamp: Stamp
    source: Source | None
    found: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A folder as it was read, and what was found there.

    `files` is what came of each file by name, as far as it need not be read again while its stamp is the same.
    """

    folder: Folder
    report: Report
    files: Mapping[str, FileRead] = field(default_factory=dict)


def reread_folder(path: Path, former: Reading | None = None, believed: Snapshot | None = None) -> Reading:
    """What the folder holds, with each file that is in question as it is in `former`, or left out if it is not there.

    In question are files that change while they are read, and those that are missing, empty or cut short though `believed`, the
    state that somebody looked at before, says otherwise: whoever looks will see that, and has them read again. Nothing is reported
    of them. A file that has the stamp with which it stands in `former` is not read again. The same text is the same object as there.
    """
    before, found, report = take_snapshot(path), Report(), Report()
    reader = _Reader(former, before)
    folder = read_folder(path, found, reader.read)
    after = take_snapshot(path)
    seen = before if believed is None else believed
    kept = {name for name in seen.keys() | before.keys() | after.keys() if before.get(name) != after.get(name)}
    for name in seen.keys() | before.keys():
        if is_gone(seen.get(name), before.get(name)) or has_shrunk(seen.get(name), before.get(name)):
            kept.add(name)
    for diagnostic in found.diagnostics:
        if PurePath(diagnostic.span.source.path).name not in kept:
            report.add(diagnostic)
    # A file that was written shortly before may be written once more without a new stamp. The file system's own clock is believed
    # alone: the last file that was written tells how late it was at least.
    settled = max((stamp.changed for stamp in before.values()), default=0) - RECENT
    files = {
        name: one
        for name, one in reader.files.items()
        if name not in kept and max(one.stamp.modified, one.stamp.changed) <= settled
    }
    if not kept:
        return Reading(folder, report, files)
    old = former.folder if former is not None else Folder(path, (), None)
    folder = Folder(
        folder.path,
        _kept(folder.flows, old.flows, kept),
        _one(folder.project, old.project, kept),
        folder.audio,
        _one(folder.functions, old.functions, kept),
        _kept(folder.catalogues, old.catalogues, kept),
        folder.deeper,
    )
    return Reading(folder, report, files)


class _Reader:
    """Reads the files that are not as they were; `files` is what came of each."""

    def __init__(self, former: Reading | None, stamps: Snapshot) -> None:
        self._known = former.files if former is not None else {}
        self._sources = {one.path: one for one in _sources(former.folder)} if former is not None else {}
        self._stamps = stamps
        self.files: dict[str, FileRead] = {}

    def read(self, folder: Path, name: str, report: Report) -> Source | None:
        """The text of a file, as `read_file` gives it."""
        known, stamp = self._known.get(name), self._stamps.get(name)
        if known is None or known.stamp != stamp:
            path, found = folder / name, Report()
            source, before = read_file(path, found), self._sources.get(str(path))
            if source is not None and before is not None and source.text == before.text:
                source = before
            if stamp is None:  # it came between the look and now
                known = FileRead(Stamp(0, 0, 0), source, found.diagnostics)
            else:
                known = self.files[name] = FileRead(stamp, source, found.diagnostics)
        else:
            self.files[name] = known
        for diagnostic in known.found:
            report.add(diagnostic)
        return known.source


def _kept(now: Iterable[Source], old: Iterable[Source], kept: Collection[str]) -> tuple[Source, ...]:
    """The sources of now, with those of the names `kept` from before, by name."""
    sources = [*(one for one in now if _name(one) not in kept), *(one for one in old if _name(one) in kept)]
    return tuple(sorted(sources, key=_name))


def _one(now: Source | None, old: Source | None, kept: Collection[str]) -> Source | None:
    return next(iter(_kept([now] if now else [], [old] if old else [], kept)), None)


def _name(source: Source) -> str:
    return PurePath(source.path).name


def may_be_cut(folder: Folder, former: Folder) -> bool:
    """Whether a file that ended with a line end does so no more: somebody may be writing it in several strokes."""
    before = {source.path: source for source in _texts(former)}
    changed = [source for source in _texts(folder) if source is not before.get(source.path)]
    return any(
        not source.text.endswith("\n") and source.path in before and before[source.path].text.endswith("\n")
        for source in changed
    )


def _texts(folder: Folder) -> tuple[Source, ...]:
    return (*folder.flows, *folder.catalogues, *([folder.project] if folder.project else []))


def _sources(folder: Folder) -> tuple[Source, ...]:
    return (*_texts(folder), *([folder.functions] if folder.functions else []))
