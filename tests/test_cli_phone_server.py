"""`touchtone phone` calls the server that `touchtone dev` runs here, and says what is called."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main
from engine.server.presence import running

MENU = """\
vars: {visits: 0}
steps:
  a:
    - set: {visits: "{{ visits + 1 }}"}
    - gather: {num_digits: 1, say: "Visit {{ visits }}. Press 1.", branch: {1: b, 2: a, else: hangup}}
  b: [{say: Thanks.}]
"""
TEXTS = "channel: messaging\nsteps: {a: [{message: 'You wrote {{ message.body }}.'}]}\n"
Call = Callable[..., Result]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "menu.yaml").write_text(MENU)
    (tmp_path / "flows" / "texts.yaml").write_text(TEXTS)
    with chdir(tmp_path):
        yield tmp_path


@contextmanager
def dev(house: Path, *words: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """`touchtone dev`, ready to be called."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
    command = [sys.executable, "-m", "engine.cli", "dev", "--port", "0", *words]
    with subprocess.Popen(
        command, cwd=house, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**clean, **env}
    ) as server:
        assert server.stdout is not None
        try:
            for line in server.stdout:
                if "Ctrl-C" in line:
                    break
            threading.Thread(target=server.stdout.read, daemon=True).start()
            until = time.monotonic() + 20
            while running(house / "flows") is None and time.monotonic() < until:
                time.sleep(0.02)
            yield server
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture
def call(house: Path) -> Call:
    def make(lines: str, *words: str, **env: str) -> Result:
        clean = {name: "" for name in os.environ if name.startswith(("TWILIO", "TOUCHTONE"))}
        return CliRunner(env={**clean, **env}).invoke(main, ["phone", *words], input=lines)

    return make


def first(result: Result) -> str:
    return " ".join(result.stderr.split())


def test_without_a_server_the_files_are_played(call: Call) -> None:
    result = call("1", "menu")
    assert result.stderr == "Calling menu from the files in flows/ (no server is running)\n"
    assert "Thanks." in result.stdout


def test_a_server_that_runs_is_called(house: Path, call: Call) -> None:
    with dev(house):
        url = running(house / "flows").url
        result = call("2 2 1", "menu")
        assert result.stderr == f"Calling menu on the server at {url} (touchtone dev)\n"
        assert '"Visit 3. Press 1."' in result.stdout
        assert '"Visit 1. Press 1."' in call("1", "menu").stdout  # a call of its own
        assert '"You wrote Hello."' in call("Hello\n", "texts").stdout
        assert first(call("Hello\n", "texts")).startswith(f"Texting texts on the server at {url}")
        assert "there is no flow named `menue`; did you mean `menu`?" in call("", "menue").stderr
        # What is saved is live there; a mistake leaves the last good version.
        (house / "flows" / "menu.yaml").write_text(MENU.replace("Thanks.", "Thank you."))
        until = time.monotonic() + 20
        while "Thank you." not in call("1", "menu").stdout:
            assert time.monotonic() < until, "the change never goes live"
        (house / "flows" / "menu.yaml").write_text(MENU.replace("2: a", "2: nowhere"))
        until = time.monotonic() + 20
        while (older := call("1", "menu")).stderr.count("\n") == 1:
            assert time.monotonic() < until, "nobody says that the server is behind the files"
        assert "Thank you." in older.stdout
        assert older.stderr.splitlines()[1] == "! menu.yaml has errors: callers still hear its last good version."
        assert "has errors" not in call("Hello\n", "texts").stderr
        (house / "flows" / "new.yaml").write_text("steps: {a: [{redirect: menu/later}]}")
        until = time.monotonic() + 20
        while "new.yaml" not in running(house / "flows").held:
            assert time.monotonic() < until
            time.sleep(0.05)
        told = first(call("", "new"))
        assert "the server does not serve `new`: new.yaml is saved but not live" in told
        (house / "flows" / "new.yaml").unlink()
        (house / "flows" / "menu.yaml").write_text(MENU)
        # What a server cannot be told is played here, and said.
        for words, why in [
            (("--at", "2026-01-05"), "--at"),
            (("--no-server",), "--no-server"),
            (("--save", "x.calls.yaml"), "--save"),
            (("-a", "request=200"), "--answer or --given"),
        ]:
            told = first(call("1", "menu", *words))
            assert f"Calling menu from the files in flows/ ({why}; not the server at {url})" in told
        assert f"Calling menu on the server at {url}/ " not in first(call("1", "menu", "--url", url))
        # An outcome of the telephone's own is no reason to leave the server.
        assert "touchtone dev" in first(call("1", "menu", "-a", "dial=busy"))
    assert "(no server is running)" in first(call("1", "menu"))


def test_a_server_that_checks_signatures_is_called_under_its_public_address(house: Path, call: Call) -> None:
    token = {"TWILIO_AUTH_TOKEN": "12345"}
    with dev(house, "--public-url", "https://menu.example.com", **token):
        assert "Visit 1." in call("1", "menu", **token).stdout
        refused = call("1", "menu", TWILIO_AUTH_TOKEN="other")
        assert "403" in refused.stdout


def test_a_server_that_was_killed_is_not_called(house: Path, call: Call) -> None:
    with dev(house) as server:
        assert "touchtone dev" in first(call("1", "menu"))
        server.kill()
        server.wait()
        assert "(no server is running)" in first(call("1", "menu"))


def test_a_rejected_signature_says_what_may_differ(house: Path, call: Call) -> None:
    token = {"TWILIO_AUTH_TOKEN": "a-token"}
    with dev(house, "--public-url", "https://example.com", **token):
        found = running(house / "flows")
        assert found is not None

        def told(*words: str, **env: str) -> str:
            return " ".join(call("1", "menu", *words, **env).stderr.split())

        assert "--public-url or TOUCHTONE_PUBLIC_URL), which --url must name then" in told("--url", found.url, **token)
        assert "the server wants Twilio's signature: set TWILIO_AUTH_TOKEN" in told("--url", found.url)
        assert "wants Twilio's signature" in told()
        other = told(TWILIO_AUTH_TOKEN="another")
        assert "! the server has another TWILIO_AUTH_TOKEN than the one set here" in other
        assert "--public-url" not in other
        assert "signature" not in told(**token)
        assert "11200" in call("1", "menu", TWILIO_AUTH_TOKEN="another").stdout


def test_a_flow_that_is_not_served_for_its_errors_is_not_called_unknown(house: Path, call: Call) -> None:
    (house / "flows" / "svy.yaml").write_text("steps: {a: [{sya: Hi}]}")
    with dev(house):
        own = call("", "svy")
        assert "there is no verb `sya`" in own.stderr
        assert "flows/svy.yaml has errors, so the server does not serve `svy`" in own.stderr
        assert '"Visit 1. Press 1."' in call("1", "menu").stdout, "one file with errors stops no other"
        assert "there is no flow named `mnu`; did you mean `menu`?" in call("", "mnu").stderr
        (house / "flows" / "_project.yaml").write_text("defaults: [")
    with dev(house):
        other = call("", "menu")
        assert "the server does not serve `menu` yet: there are errors in flows/_project.yaml" in other.stderr
        assert "there is no flow named `mnu`; none is served" in call("", "mnu").stderr
    assert "there is no verb `sya`" in call("", "svy").stderr
