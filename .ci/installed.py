"""Builds the wheel and the sdist, installs each where nothing else is, and calls a flow there."""

import os
import re
import subprocess
import sys
import tempfile
import urllib.request
import venv
from pathlib import Path

HERE = Path(__file__).parents[1]
FLOW = """\
description: Answers from an installed package
steps:
  welcome:
    - gather:
        say: Press 1.
        branch: {1: done, "/[0-9]{4}/": done, else: done}
  done: [{say: Thank you.}, hangup]
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "dist"
        subprocess.run([sys.executable, "-m", "hatchling", "build", "--directory", built], cwd=HERE, check=True)
        files = sorted(built.iterdir())
        assert {file.suffix for file in files} == {".gz", ".whl"}, files
        for file in files:
            answers(file, Path(folder) / file.suffix[1:])
    print(f"{len(files)} passed, 0 failed")


def answers(package: Path, place: Path) -> None:
    """Installs a package into a new environment; its telephone and its server must play a call."""
    venv.create(place / "env", with_pip=True)
    programs = place / "env" / ("Scripts" if os.name == "nt" else "bin")
    pip = [programs / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", package]
    subprocess.run(pip, check=True, cwd=place)
    (place / "flows").mkdir()
    (place / "flows" / "hello.yaml").write_text(FLOW)
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith(("TOUCHTONE_", "TWILIO_", "PYTHON"))
    }

    def run(*words: str, keys: str = "") -> str:
        done = subprocess.run(
            [programs / "touchtone", *words],
            cwd=place,
            env=bare,
            input=keys,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    typed = "import engine; from pathlib import Path; assert (Path(engine.__file__).parent / 'py.typed').is_file()"
    subprocess.run([programs / "python", "-c", typed], check=True, cwd=place, env=bare)
    described = "from engine.standin.description import operations; assert len(operations()) > 10"
    subprocess.run([programs / "python", "-c", described], check=True, cwd=place, env=bare)
    run("check")
    heard = run("phone", "hello", keys="4711\n")
    assert "Press 1." in heard, heard
    assert "Thank you." in heard, heard
    server = subprocess.Popen(
        [programs / "touchtone", "dev", "--port", "0"], cwd=place, env=bare, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        address = next(found[0] for line in server.stdout if (found := re.search(r"http://\S+/flows/hello", line)))
        with urllib.request.urlopen(address, b"CallSid=CA1&From=%2B15550100", timeout=10) as answer:
            twiml = answer.read().decode()
    finally:
        server.terminate()
        server.wait(20)
    assert "<Gather" in twiml, twiml
    assert "Press 1." in twiml, twiml
    print(f"{package.name}: installed alone, checks, phones, and answers a webhook")


if __name__ == "__main__":
    main()
