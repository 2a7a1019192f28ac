"""The files of a folder of flows, read from the disk."""

import errno
import os
import re
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from engine.diagnostics import Report, Source, Span
from engine.document.recordings import MOST, recordings

LARGEST = 5_000_000  # bytes of a file: a flow of that size would take minutes to read
LOOKED_AT = 2_000  # files and folders below that of the flows: somebody may name the folder of a whole project
BEGINNING = 100_000  # bytes of a file that tell whether it is a flow
PROJECT = "_project.yaml"
AUDIO = "audio"
CATALOGUE = ".po"  # how the name of a catalogue of translations ends
FUNCTIONS = "functions.py"
_STEPS = re.compile(rb"^steps[ \t]*:", re.MULTILINE)
Read = Callable[[Path, str, Report], Source | None]  # of the folder and the name of a file in it
CALLS = ".calls.yaml"  # how the name of a call script ends: it may lie beside the flow that it calls


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder holds: a source for each flow, by name, the project file if there is one, and the names of its recordings.

    `catalogues` are the translations of its texts, `_es.po`; `functions` is the project's own Python, if there is any. `audio` are paths as flows write them,
    `audio/welcome.mp3`; None where the flows do not come from a folder. `deeper` are flows that are not read: the first of each
    folder within.
    """

    path: Path
    flows: tuple[Source, ...]
    project: Source | None
    audio: frozenset[str] | None = None
    functions: Source | None = None
    catalogues: tuple[Source, ...] = ()
    deeper: tuple[Path, ...] = ()

    @property
    def files(self) -> dict[str, Source]:
        """The texts that make a version, by the names of their files: flows, catalogues, the project file, the functions."""
        common = (one for one in (self.project, self.functions) if one is not None)
        return {_name(source): source for source in (*self.flows, *self.catalogues, *common)}

    def with_files(self, files: Mapping[str, Source]) -> "Folder":
        """The folder with these texts in place of its own."""
        flows = tuple(files[name] for name in sorted(files) if is_flow(name))
        catalogues = tuple(files[name] for name in sorted(files) if name.endswith(CATALOGUE))
        return replace(
            self, flows=flows, project=files.get(PROJECT), functions=files.get(FUNCTIONS), catalogues=catalogues
        )


def is_flow(name: str) -> bool:
    """Whether a file of that name is a flow."""
    return name.endswith(".yaml") and not name.startswith("_")


def _name(source: Source) -> str:
    return source.path.rpartition(os.sep)[2]


def read_folder(path: Path, report: Report, read: Read | None = None) -> Folder:
    """Reads every flow of the folder, and `_project.yaml`; each file by `read`, as by `read_file` without it.

    Files whose name begins with `_`, and call scripts, are no flows. A file that cannot be read is reported and left out; so is a folder
    without flows, or none at all.
    """
    try:
        with os.scandir(path) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        _no_folder(path, error, report)
        return Folder(path, (), None)
    read = read or _read_in
    flows: list[Source] = []
    project: Source | None = None
    functions: Source | None = None
    catalogues: list[Source] = []
    deeper: list[Path] = []
    wanted = 0
    for listed in entries:
        name = listed.name  # a path of each of a thousand would cost more than all else here
        ending = os.path.splitext(name)[1]
        if ending == CATALOGUE and not name.startswith(".") and not _is_folder(listed):
            catalogues += _read_translations(path, name, report, read)
        if name.startswith(".") or (name.startswith("_") and name not in (PROJECT, "_project.yml")):
            continue
        if name.endswith(CALLS):
            continue
        if name not in (AUDIO, FUNCTIONS) and _is_folder(listed):
            deeper += _flow_below(path / name)
        if name == FUNCTIONS:
            functions = read(path, name, report)
        if ending != ".yaml" and ending.lower() in (".yml", ".yaml"):
            wanted += 1
            entry = path / name
            right = f"{entry.stem}.yaml"
            report.error(
                "F016", f"`{name}` is not read: flows end in `.yaml`", _start(entry), helps=[f"call it  {right}"]
            )
        elif ending == ".yaml" and not _is_folder(listed):
            wanted += name != PROJECT
            source = read(path, name, report)
            if name == PROJECT:
                project = source
            elif source is not None:
                flows.append(source)
    if not wanted:
        _no_flows(path, deeper, report)
    return Folder(path, tuple(flows), project, _recordings(path, report), functions, tuple(catalogues), tuple(deeper))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder, or a link leads to one; of a file the system tells so at once."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _flow_below(folder: Path) -> list[Path]:
    """The first flow in a folder within the folder of flows, if there is one; of a large folder a part is looked at.

    A folder with a project file is a project of its own, and means to lie apart.
    """
    seen = 0
    for where, folders, names in os.walk(folder):
        if PROJECT in names:  # a project of its own
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        seen += len(names) + len(folders)
        if seen > LOOKED_AT:
            break
        for name in sorted(names):
            if name.endswith(".yaml") and not name.endswith(CALLS) and not name.startswith((".", "_")):
                with suppress(OSError):
                    if _STEPS.search(read_regular(Path(where) / name, BEGINNING)):
                        return [Path(where) / name]
    return []


def _read_translations(folder: Path, name: str, report: Report, read: Read) -> list[Source]:
    """A catalogue, if it has the name of one."""
    if not name.startswith("_"):
        title = f"`{name}` is not read: a catalogue begins with `_`"
        report.error("F016", title, _start(folder / name), helps=[f"call it  _{name}"])
        return []
    source = read(folder, name, report)
    return [source] if source is not None else []


def _recordings(folder: Path, report: Report) -> frozenset[str] | None:
    """The recordings, None where there are too many to list: then nobody knows what there is."""
    found, whole = recordings(folder, AUDIO)
    if whole:
        return found
    title = f"`{AUDIO}` holds more than {MOST:,} files: the names of recordings are not checked"
    report.hint("F022", title, _start(folder / AUDIO), helps=[f"move what flows do not play out of `{AUDIO}`"])
    return None


def _read_in(folder: Path, name: str, report: Report) -> Source | None:
    return read_file(folder / name, report)


def read_file(path: Path, report: Report) -> Source | None:
    """A file's text; None if it is gone by now, cannot be read, or is not UTF-8, which is reported."""
    try:
        content = read_regular(path)
    except FileNotFoundError:
        # Editors replace a file by deleting it first; whoever watches the folder reads it again in a moment.
        report.warning("F016", f"`{path.name}` vanished while the folder was read", _start(path))
        return None
    except OSError as error:
        report.error("F016", f"`{path.name}` cannot be read: {_reason(error)}", _start(path))
        return None
    if len(content) > LARGEST:
        report.error("F016", f"`{path.name}` is not read: it is larger than {LARGEST // 1_000_000} MB", _start(path))
        return None
    try:
        return Source(str(path), content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        _not_utf8(path, content, error, report)
        return None


def read_regular(path: Path, largest: int = LARGEST) -> bytes:
    """What stands in a file, cut one byte behind the `largest` that is of use; raises OSError, also for a pipe or a device.

    Opening one of these could wait for ever, or read without end.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is a pipe, a folder or a device")
    with path.open("rb") as file:
        return file.read(largest + 1)


def _not_utf8(path: Path, content: bytes, error: UnicodeDecodeError, report: Report) -> None:
    # `decode` counts behind the byte order mark.
    content = content.removeprefix(b"\xef\xbb\xbf")
    byte = content[error.start]
    # Shown as the encoding it most likely is, so that the excerpt can be recognized.
    source = Source(
        str(path), content[: error.start].decode("utf-8") + content[error.start :].decode("cp1252", "replace")
    )
    at = len(content[: error.start].decode("utf-8"))
    utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    what = "it looks like UTF-16" if utf16 else f"byte 0x{byte:02X}"
    report.error(
        "F002",
        f"the file is not UTF-8: {what} at position {error.start + 1}",
        Span(source, at, at + 1),
        label="not UTF-8" if utf16 else f"byte 0x{byte:02X}",
        helps=["save the file as UTF-8 in your editor"],
    )


_FIRST = "write {} with\nsteps:\n  welcome:\n    - say: Thank you for calling."


def _no_folder(path: Path, error: OSError, report: Report) -> None:
    if isinstance(error, FileNotFoundError):
        title = f"there is no folder `{path}`"
        helps = ["name the folder that holds your flows", f"or begin one: {_FIRST.format(path / 'hello.yaml')}"]
    elif isinstance(error, NotADirectoryError):
        title = f"`{path}` is a file; flows are read from a folder"
        helps = [f"name the folder that holds it:  {path.parent}"]
    else:
        title = f"the folder `{path}` cannot be read: {_reason(error)}"
        helps = []
    report.error("F016", title, _start(path), helps=helps)


def _no_flows(path: Path, deeper: list[Path], report: Report) -> None:
    if deeper:
        helps = [f"flows are read from the folder itself: name  {deeper[0].parent}"]
        report.error("F017", f"there is no flow in `{path}`", _start(path), helps=helps)
        return
    report.error("F017", f"there is no flow in `{path}`", _start(path), helps=[_FIRST.format(path / "hello.yaml")])


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _start(path: Path) -> Span:
    return Span(Source(str(path), ""), 0, 0)
