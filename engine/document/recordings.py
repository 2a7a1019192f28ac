"""Lists the recordings of a project: the files below `audio`."""

import os
from pathlib import Path

MOST = (
    20_000  # recordings and folders that are listed: a project has hundreds, a disk that `audio` links to has millions
)


def recordings(folder: Path, name: str) -> tuple[frozenset[str], bool]:
    """The files below `folder/name` as flows write them (`audio/es/hello.mp3`), and whether that is all of them.

    Links are followed as the server follows them, which sends nothing from outside of the folder. A folder that a link finds
    again within itself is listed once; what vanishes meanwhile is left out. Never raises.
    """
    top = os.path.realpath(folder / name)
    found: set[str] = set()
    seen = 0
    waiting: list[tuple[str, str, frozenset[str]]] = [(top, name, frozenset((top,)))]
    while waiting:
        where, shown, within = waiting.pop()
        try:
            with os.scandir(where) as entries:
                for entry in entries:
                    seen += 1
                    if seen > MOST:
                        return frozenset(found), False
                    path = f"{shown}/{entry.name}"
                    real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                    if real != entry.path and not real.startswith(top + os.sep):
                        continue
                    if os.path.isfile(real):
                        found.add(path)
                    elif os.path.isdir(real) and real not in within:
                        waiting.append((real, path, within | {real}))
        except OSError:  # it vanished, may not be read, or is no folder
            continue
    return frozenset(found), True
