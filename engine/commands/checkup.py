"""What `touchtone doctor` examines on this machine: the store and the flows."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.account.findings import Finding, error, ok, warning

if TYPE_CHECKING:
    from engine.account.doctor import Flows

PROBE = "doctor\0"  # the key of a session that is written and has expired already: no request has such a one
MOUNTS = Path("/proc/self/mounts")
SHARED = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "glusterfs", "ceph", "afs")
"""File systems of other machines, on which SQLite's locks may not hold (SQLite, "How To Corrupt An SQLite Database File", 2.1)."""


def examine_store(url: str) -> tuple[Finding, ...]:
    """Whether the store opens and can be written to."""
    import asyncio

    from engine.runtime.session import Session
    from engine.runtime.stores import StoreError, open_store

    if url == "memory:":
        return (
            warning(
                "store",
                "sessions are kept in memory: they end with the server",
                "TOUCHTONE_STORE=sqlite:///.touchtone/sessions.sqlite keeps them",
            ),
        )
    found: list[Finding] = []
    if url.startswith("sqlite:///"):
        path = Path(url.partition("?")[0].removeprefix("sqlite:///"))
        if (kind := file_system(path, _mounts())) in SHARED:
            fix = "put it on a disk of this machine, or use redis:// for several"
            found.append(warning("store", f"{path} is on a network file system ({kind})", fix))
        if not path.exists():
            folder = next((one for one in path.absolute().parents if one.exists()), Path("/"))
            if not os.access(folder, os.W_OK):
                return (*found, error("store", f"{path} cannot be made: {folder} is not writable"))
            return (*found, ok("store", f"{path} will be made by the server"))
        name = str(path)
    else:
        name = _bare(url)

    async def write() -> None:
        store = open_store(url, time.time)
        await store.start()
        try:
            await store.turn(PROBE, lambda _: (None, Session(expires=time.time() - 3600)))
        finally:
            await store.stop()

    try:
        asyncio.run(write())
    except StoreError as fault:
        return (*found, error("store", str(fault), "check TOUCHTONE_STORE"))
    return (*found, ok("store", f"{name} opens and can be written to"))


def file_system(path: Path, mounts: str) -> str:
    """The type of the file system that a path is on, by the text of /proc/mounts (proc(5)); "" if it is not known."""
    place, best, kind = str(path.resolve()), "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ").rstrip("/")
        if (place == point or place.startswith(f"{point}/")) and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind


def examine_flows(flows: Path, known: Any) -> "tuple[tuple[Finding, ...], Flows | None]":
    """Whether the flows can be served, and those that can; None if the folder cannot be read."""
    from engine.diagnostics import Severity
    from engine.program.library import load_folder, load_for

    if not flows.is_dir():
        return (warning("flows", f"there is no folder {flows}", "name yours with --flows FOLDER"),), None
    loaded = load_folder(
        flows, known.env, allowed=known.allows, signs=bool(known.tokens), unsent=known.unsent(strict=True)
    )
    counts = dict.fromkeys(Severity, 0)
    for one in loaded.report.diagnostics:
        counts[one.severity] += 1
    served, _ = load_for(flows, "", known.env)
    program = served.program
    found: list[Finding] = []
    if counts[Severity.ERROR]:
        found.append(error("flows", f"{flows}: {_count(counts[Severity.ERROR], 'error')}", f"touchtone check {flows}"))
    elif counts[Severity.WARNING]:
        what = _count(counts[Severity.WARNING], "warning")
        found.append(warning("flows", f"{flows}: {what}", f"touchtone check {flows}"))
    elif program is None or not program.flows:
        found.append(warning("flows", f"{flows}: no flows", "touchtone check"))
    else:
        found.append(ok("flows", f"{flows}: {_count(len(program.flows), 'flow')}, no errors or warnings"))
    if program is not None and not known.from_ and (texting := sorted(_texting(program.flows.values()))):
        names = ", ".join(f"`{name}`" for name in texting[:5]) + (", …" if len(texting) > 5 else "")
        text = f"{names} sends texts without `from`: they come from the number that was called or texted, if it can send them"
        found.append(warning("flows", text, "set TOUCHTONE_FROM, or write `from` or `messaging_service_sid`"))
    return tuple(found), program.flows if program is not None else None


def _texting(flows: Iterable[Any]) -> set[str]:
    """The flows that send a text and do not say what it comes from."""
    from engine.model.parts import PerformEffect

    return {
        flow.name
        for flow in flows
        for one in flow.graph.instructions
        if isinstance(one, PerformEffect) and one.spec.account and not (one["from"] or one["messaging_service_sid"])
    }


def _mounts() -> str:
    try:
        return MOUNTS.read_text(errors="replace")
    except OSError:
        return ""


def _bare(url: str) -> str:
    """The address of a Redis without its secrets."""
    from engine.runtime.stores import StoreError
    from engine.runtime.stores.redis_address import read_address

    scheme, _, rest = url.partition(":")
    try:
        return str(read_address(scheme, rest))
    except (StoreError, ValueError):
        return f"{scheme}:"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
