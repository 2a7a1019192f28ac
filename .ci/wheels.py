"""Shows that every dependency, the optional ones too, has a wheel for each Python and platform that we name.

Asks pip what it would install there and takes nothing else than wheels; nothing is installed. Exits 1 where one is missing
that the table does not allow to be.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
# The tags that pip tries on such a machine, newest first (PEP 600, PEP 656).
PLATFORMS = {
    "linux x86_64": [f"manylinux_2_{minor}_x86_64" for minor in (28, 27, 26, 24, 17)] + ["manylinux2014_x86_64"],
    "linux aarch64": [f"manylinux_2_{minor}_aarch64" for minor in (28, 27, 26, 24, 17)] + ["manylinux2014_aarch64"],
    "macOS arm64": [f"macosx_{major}_0_arm64" for major in (15, 14, 13, 12, 11)]
    + [f"macosx_{major}_0_universal2" for major in (15, 14, 13, 12, 11)]
    + ["macosx_10_9_universal2"],
    "Windows": ["win_amd64"],
    "linux musl x86_64": ["musllinux_1_2_x86_64", "musllinux_1_1_x86_64"],
}
# RE2 has no wheel for musl; there it is built, with a compiler and RE2's headers (README).
BUILT = {"linux musl x86_64": ("pyre2",)}
# pip judges markers by the machine that it runs on: `uvloop; sys_platform != "win32"` would be wanted on Windows too.
STANDARD = {"Windows": ["uvicorn", "colorama", "httptools", "watchfiles", "websockets"]}


def wanted(platform: str) -> list[str]:
    """What installing Touchtone with its extras asks for there, less what is built there."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    named = project["dependencies"] + [one for name in extras if name not in ("test", "bench") for one in extras[name]]
    if platform in STANDARD:
        named = [one for one in named if not one.startswith("uvicorn[standard]")] + STANDARD[platform]
    return [one for one in named if not one.startswith(BUILT.get(platform, ("\0",)))]


def missing(python: str, tags: list[str], requirements: list[str]) -> str:
    """What pip cannot find a wheel of; "" if it has all."""
    platform = [word for tag in tags for word in ("--platform", tag)]
    command = [
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--dry-run", "--quiet"),
        *("--ignore-installed", "--only-binary=:all:", "--target", "unused", "--report", "-"),
        *("--implementation", "cp", "--python-version", python, *platform, *requirements),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    found = json.loads(done.stdout)["install"]
    return "" if len(found) >= len(requirements) else "fewer packages than were asked for"


def main() -> int:
    failed = 0
    for name, tags in PLATFORMS.items():
        built, requirements = BUILT.get(name, ()), wanted(name)
        for python in PYTHONS:
            why = missing(python, tags, requirements)
            failed += bool(why)
            note = f"  (without {', '.join(built)}, which is built there)" if built else ""
            print(f"Python {python}, {name}: {why or 'all wheels'}{note}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
