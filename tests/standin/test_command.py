"""`touchtone standin` as somebody starts it: what it prints, which account it has, and what the README says of it."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.account.client import Credentials, open_client
from engine.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SECTION = README.partition("## Without an account\n")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"```console\n(.*?)```", SECTION, re.DOTALL)


TOUCHTONE = [sys.executable, "-c", "from engine.cli import main; main()"]


class Started:
    """The command while it runs: the lines that it has printed, and what it says to set."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self.lines: list[str] = []
        self.read("TOUCHTONE_FROM")
        self.read("")
        self.settings = dict(re.findall(r"^  (\w+)=(.*)$", "\n".join(self.lines), re.MULTILINE))
        self.base = self.settings["TOUCHTONE_TWILIO_API"]

    def read(self, word: str) -> str:
        """Waits for a line with this word in it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if word in line:
                return self.lines[-1]
        raise AssertionError(f"it ended without {word!r}: {self.lines}")


def bare() -> dict[str, str]:
    """The environment without settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}


@contextmanager
def process(folder: Path, *words: str) -> Iterator[subprocess.Popen]:
    """A command that runs until the end of the block, and then ends in good order."""
    one = subprocess.Popen(
        [*TOUCHTONE, *words], cwd=folder, env=bare(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield one
    finally:
        one.send_signal(signal.SIGINT)
        assert one.wait(20) == 0
        assert one.stdout is not None
        one.stdout.close()


@contextmanager
def started(folder: Path, *words: str) -> Iterator[Started]:
    with process(folder, "standin", "--port", "0", *words) as one:
        yield Started(one)


def test_it_prints_what_the_readme_shows(tmp_path):
    with started(tmp_path) as one:
        printed = "\n".join(one.lines).replace(one.base, "http://127.0.0.1:8010")
    shown = BLOCKS[0].removeprefix("$ touchtone standin\n")
    assert re.sub(r"[0-9a-f]{32}", "…", printed).strip() == shown.strip()


def test_what_it_says_to_set_is_what_it_takes_and_each_thing_is_a_line(tmp_path):
    with started(tmp_path) as one:
        known = one.settings
        client = open_client(Credentials(known["TWILIO_ACCOUNT_SID"], known["TWILIO_AUTH_TOKEN"]), api=one.base)
        sent = client.messages.create(to="+15550101", from_=known["TOUCHTONE_FROM"], body="Hello " * 40)
        line = one.read(sent.sid[:8])
        assert re.match(r"\d\d:\d\d:\d\d  SM\w{6} ", line)
        one.read("…")
        assert all(len(line) <= 80 for line in one.lines)


def test_the_readme_says_what_people_do_and_calls_and_texts_a_number(tmp_path):
    with started(tmp_path) as one:
        for line in BLOCKS[1].splitlines():
            words = shlex.split(line.removeprefix("$ ").replace("http://127.0.0.1:8010", one.base))
            done = subprocess.run([words[0], "-s", *words[1:]], capture_output=True, text=True, check=True, timeout=20)
            assert json.loads(done.stdout).keys() <= {"sid", "number"}
        assert one.read("busy").endswith("  +15550103: busy")
        assert one.read("inbound call").endswith("inbound call from +15550104 to +15550002222: ringing")
        assert one.read("Hello").endswith("inbound text from +15550101 to +15550002222: Hello")


def test_with_the_lines_in_dotenv_a_call_runs_the_flow_to_its_end(tmp_path):
    shutil.copytree(ROOT / "flows", tmp_path / "flows")
    with started(tmp_path, "--speed", "200", "--person", "+15550104: press 1, press 2, hang up") as one:
        (tmp_path / ".env").write_text("\n".join(f"{name}={value}" for name, value in one.settings.items()))
        with process(tmp_path, "dev", "--port", "0") as dev:
            assert dev.stdout is not None
            address = next(line.split()[-1] for line in dev.stdout if "/flows/clinic" in line)
            public = ["--public-url", address.removesuffix("/flows/clinic")]
            called = subprocess.run(
                [*TOUCHTONE, "call", "+15550104", "clinic", *public],
                cwd=tmp_path,
                env=bare(),
                capture_output=True,
                text=True,
                timeout=60,
            )
            one.read("completed")
    assert called.returncode == 0, called.stderr
    assert [word for word in ("queued", "in-progress", "completed") if word not in called.stdout] == []
    happened = "\n".join(one.lines)
    assert all(act in happened for act in ("presses 1", "asks /flows/clinic/menu", "presses 2", "hangs up"))


def test_a_token_that_is_set_is_used_and_not_printed(tmp_path):
    (tmp_path / ".env").write_text(
        f"TWILIO_ACCOUNT_SID=AC{'1' * 32}\nTWILIO_AUTH_TOKEN=do-not-show\nTOUCHTONE_FROM=+15550007777\n"
    )
    with started(tmp_path, "--trial") as one:
        assert "do-not-show" not in "\n".join(one.lines)
        assert "  (TWILIO_AUTH_TOKEN as it is set already)" in one.lines
        assert one.settings["TOUCHTONE_FROM"] == "+15550007777"
        client = open_client(Credentials(f"AC{'1' * 32}", "do-not-show"), api=one.base)
        assert [number.phone_number for number in client.incoming_phone_numbers.list()] == ["+15550007777"]
        assert client.api.accounts(f"AC{'1' * 32}").fetch().type == "Trial"


def test_other_machines_may_ask_only_if_they_are_let_in(tmp_path):
    with started(tmp_path, "--host", "0.0.0.0") as one:
        assert one.base.startswith("http://127.0.0.1:")
        assert f"Anyone who reaches port {one.base.rpartition(':')[2]} can see what happens here." in one.lines
        asked = urllib.request.Request(f"{one.base}/", headers={"Host": "standin.example"})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            assert answer.read() == b"Nothing happened yet.\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--number", "nobody"],
            "touchtone: nobody is not a phone number: write it with its country, such as +15550002222",
        ),
        (["--host", "203.0.113.1"], "touchtone: port 8010 of 203.0.113.1 cannot be used"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(words, sentence):
    runner = CliRunner(env={name: "" for name in os.environ if name.startswith(("TWILIO", "TOUCHTONE"))})
    result = runner.invoke(main, ["standin", *words])
    assert result.exit_code == 2
    assert result.stderr.startswith(sentence)
    assert result.stderr.count("\n") == 1
