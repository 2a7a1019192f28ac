"""Reads a folder again while somebody may be writing to it: what cannot be believed yet stays as it was."""

from collections.abc import Collection, Iterable
from pathlib import Path, PurePath

from engine.diagnostics import Report, Source
from engine.document.folder import Folder, read_folder
from engine.document.snapshot import Snapshot, has_shrunk, is_gone, take_snapshot


def reread_folder(path: Path, report: Report, former: Folder | None = None, believed: Snapshot | None = None) -> Folder:
    """What the folder holds, with each file that is in question as it is in `former`, or left out if it is not there.

    In question are files that change while they are read, and those that are missing, empty or cut short though `believed`, the
    state that somebody looked at before, says otherwise: whoever looks will see that, and has them read again. Nothing is reported
    of them.
    """
    before, found = take_snapshot(path), Report()
    folder = read_folder(path, found)
    after = take_snapshot(path)
    seen = before if believed is None else believed
    kept = {name for name in seen.keys() | before.keys() | after.keys() if before.get(name) != after.get(name)}
    for name in seen.keys() | before.keys():
        if is_gone(seen.get(name), before.get(name)) or has_shrunk(seen.get(name), before.get(name)):
            kept.add(name)
    for diagnostic in found.diagnostics:
        if PurePath(diagnostic.span.source.path).name not in kept:
            report.add(diagnostic)
    if not kept:
        return folder
    old = former or Folder(path, (), None)
    return Folder(
        folder.path,
        _kept(folder.flows, old.flows, kept),
        _one(folder.project, old.project, kept),
        folder.audio,
        _one(folder.functions, old.functions, kept),
        _kept(folder.catalogues, old.catalogues, kept),
        folder.deeper,
    )


def _kept(now: Iterable[Source], old: Iterable[Source], kept: Collection[str]) -> tuple[Source, ...]:
    """The sources of now, with those of the names `kept` from before, by name."""
    sources = [*(one for one in now if _name(one) not in kept), *(one for one in old if _name(one) in kept)]
    return tuple(sorted(sources, key=_name))


def _one(now: Source | None, old: Source | None, kept: Collection[str]) -> Source | None:
    return next(iter(_kept([now] if now else [], [old] if old else [], kept)), None)


def _name(source: Source) -> str:
    return PurePath(source.path).name


def may_be_cut(folder: Folder, former: Folder | None) -> bool:
    """Whether a file that ended with a line end does so no more: somebody may be writing it in several strokes."""
    before = texts_of(former) if former is not None else {}
    now = texts_of(folder)
    return any(before.get(name, "").endswith("\n") and not text.endswith("\n") for name, text in now.items())


def texts_of(folder: Folder) -> dict[str, str]:
    """The texts of the flows, the catalogs and the project file, by the names of their files."""
    common = [folder.project] if folder.project else []
    return {_name(source): source.text for source in (*folder.flows, *folder.catalogues, *common)}
