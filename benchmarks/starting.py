"""How long commands take that end at once, in processor time: what they import is most of it."""

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median


def command_seconds(words: list[str], place: Path, times: int) -> float:
    """Seconds of processor time that `touchtone` takes with these words, start-up included: the median of so many runs."""
    command = [str(Path(sys.executable).with_name("touchtone")), *words]
    # Compiled modules are kept, as they are wherever it is installed; those of the first run stand in `place`.
    environ = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(place / "compiled")
    taken = []
    for _ in range(times + 1):
        began = _used()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environ)
        taken.append(_used() - began)
    return median(taken[1:])


def _used() -> float:
    """Seconds of processor time of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
