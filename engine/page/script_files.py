"""Where the page writes calls as scripts, and how: behind the calls that are there, never over them."""

from pathlib import Path
from typing import Any

from engine.page.answers import Refused
from engine.page.desk import PageDesk
from engine.phone.scripts import SUFFIX
from engine.phone.scripts.write import add_entry, new_script
from engine.simulation.call import Written
from engine.testing.saving import script_text, write_script


def save(desk: PageDesk, call: Written, *, preview: bool) -> dict[str, Any]:
    """Writes a call into the script of its flow, or only shows it with `preview`. Raises Refused."""
    path = place(desk, call.flow)
    new = new_script(call.flow, call.entry(call.name))
    if desk.folder.name != "flows":  # which is where scripts look for flows
        new = new.replace("\n", "\nflows: .\n", 1)
    before = _before(path)
    added = _added(path, before, call, new)
    kept = before.rstrip()
    shown = added[len(kept) :].lstrip("\n") if before.strip() and added.startswith(kept) else added
    told = {
        "path": _shown(desk, path),
        "file": str(path),
        "text": shown,
        "adds": bool(before.strip()),
        "name": call.name,
    }
    if not preview:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_script(path, lambda text: _added(path, text, call, new))
        except (OSError, UnicodeDecodeError) as fault:
            raise Refused(409, f"{path} cannot be written: {_why(fault)}.") from None
    return {**told, "written": not preview}


def place(desk: PageDesk, flow: str) -> Path:
    """The script of a flow: below tests/calls, beside the flow, or in the folder of flows that is not named so."""
    folder = desk.folder.resolve()
    beside = folder / f"{flow}{SUFFIX}"
    if folder.name != "flows" or beside.is_file():
        return beside
    return folder.parent / "tests" / "calls" / f"{flow}{SUFFIX}"


def _before(path: Path) -> str:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise Refused(409, f"{path} is not a regular file.")
    try:
        return script_text(path) if path.exists() else ""
    except (OSError, UnicodeDecodeError) as fault:
        raise Refused(409, f"{path} cannot be read: {_why(fault)}.") from None


def _added(path: Path, before: str, call: Written, new: str) -> str:
    text = add_entry(before, call.flow, call.name, call.entry) if before.strip() else new
    if text is None:
        raise Refused(409, f"{path} is not a call script for {call.flow} with `calls` as its last key. Fix it first.")
    return text


def _shown(desk: PageDesk, path: Path) -> str:
    home = desk.folder.resolve().parent
    return str(path.relative_to(home)) if path.is_relative_to(home) else str(path)


def _why(fault: OSError | UnicodeDecodeError) -> str:
    return (fault.strerror or str(fault)).lower() if isinstance(fault, OSError) else "it is not UTF-8"
