"""How long it takes to read a thousand flows, in a process of its own."""

import json
import subprocess
import sys
import time
from pathlib import Path


def loading_costs(folder: Path) -> tuple[float, float]:
    """Seconds of processor time and, above the bare interpreter, megabytes at the peak of reading a folder, in a fresh process."""
    run = [sys.executable, "-m", "benchmarks.loading", str(folder)]
    seconds, megabytes = json.loads(subprocess.run(run, check=True, stdout=subprocess.PIPE).stdout)
    return seconds, megabytes


def _main() -> None:
    def peak() -> int:
        """The most memory held so far, in kB. `getrusage` would give that of the process that started this one, if it held more."""
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0])

    bare = peak()
    from engine.program.library import load_folder

    began = time.process_time()
    loaded = load_folder(Path(sys.argv[1]))
    seconds = time.process_time() - began
    assert not loaded.report.diagnostics, "the flows of the benchmark are clean"
    print(json.dumps([seconds, (peak() - bare) / 1024]))


if __name__ == "__main__":
    _main()
