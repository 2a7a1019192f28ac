"""How long it takes to read flows: a thousand of them in a process of its own, and one by the command."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median


def loading_costs(folder: Path) -> tuple[float, float]:
    """Seconds and, above the bare interpreter, megabytes at the peak of reading a folder, in a fresh process."""
    run = [sys.executable, "-m", "benchmarks.loading", str(folder)]
    seconds, megabytes = json.loads(subprocess.run(run, check=True, stdout=subprocess.PIPE).stdout)
    return seconds, megabytes


def check_seconds(flow: Path, times: int) -> float:
    """Seconds that `touchtone check` takes for one file, start-up included."""
    command = [str(Path(sys.executable).with_name("touchtone")), "check", str(flow)]
    # Compiled modules are kept, as they are wherever it is installed; those of the first run stand beside the flow.
    environ = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(flow.parent / "compiled")
    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environ)
        taken.append(time.perf_counter() - began)
    return median(taken[1:])


def _main() -> None:
    def peak() -> int:
        """The most memory held so far, in kB. `getrusage` would give that of the process that started this one, if it held more."""
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0])

    bare = peak()
    from engine.program.library import load_folder

    began = time.perf_counter()
    loaded = load_folder(Path(sys.argv[1]))
    seconds = time.perf_counter() - began
    assert not loaded.report.diagnostics, "the flows of the benchmark are clean"
    print(json.dumps([seconds, (peak() - bare) / 1024]))


if __name__ == "__main__":
    _main()
