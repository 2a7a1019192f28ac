"""The note by which a telephone finds the server that runs here."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.program.library import load_sources
from engine.server.presence import Presence, note_of, running
from engine.server.settings import Settings

FLOWS = load_sources(
    {
        "clinic.yaml": "steps: {a: [{say: Hello.}]}",
        "texts.yaml": "channel: messaging\nsteps: {a: [{message: Hello.}]}",
    }
).program.flows
HERE = "http://127.0.0.1:8000"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flows").mkdir()
    return tmp_path / "flows"


def test_a_server_is_found_while_it_runs(folder: Path) -> None:
    assert running(folder) is None
    presence = Presence(folder, HERE, "https://example.com", sends=True)
    assert running(folder) is None  # nothing is served yet
    presence.show(FLOWS)
    found = running(folder)
    assert found is not None
    assert (found.url, found.public_url, found.sends) == (HERE, "https://example.com", True)
    assert found.flows == {"clinic": ("voice",), "texts": ("messaging",)}
    presence.show({"clinic": FLOWS["clinic"]})  # after a save
    assert list(running(folder).flows) == ["clinic"]
    presence.close()
    presence.close()
    assert running(folder) is None
    assert not note_of(folder).exists()


def test_a_server_of_other_flows_is_not_this_one(folder: Path) -> None:
    other = folder.parent / "examples"
    other.mkdir()
    presence = Presence(other, HERE)
    presence.show(FLOWS)
    assert running(folder) is None
    assert running(other) is not None
    presence.close()


def test_a_folder_is_the_same_however_it_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    presence = Presence(folder, HERE)
    presence.show(FLOWS)
    monkeypatch.chdir(folder.parent)
    assert running(Path("flows")) is not None
    assert running(Path("./flows/../flows")) is not None
    presence.close()


def test_the_first_of_two_servers_is_found(folder: Path) -> None:
    first, second = Presence(folder, HERE), Presence(folder, "http://127.0.0.1:8001")
    first.show(FLOWS)
    second.show(FLOWS)
    second.close()
    assert running(folder).url == HERE
    first.close()


def test_a_server_that_begins_while_another_ends_is_found(folder: Path) -> None:
    first = Presence(folder, HERE)
    first.show(FLOWS)
    ending = threading.Timer(0.02, first.close)
    ending.start()
    second = Presence(folder, "http://127.0.0.1:8001")
    ending.join()
    second.show(FLOWS)
    found = running(folder)
    assert found is not None
    assert found.url == "http://127.0.0.1:8001"
    second.close()


def test_a_server_that_was_killed_is_not_found(folder: Path) -> None:
    note_of(folder).parent.mkdir()
    code = f"""
import time
from pathlib import Path
from engine.server.presence import Presence
presence = Presence(Path({str(folder)!r}), {HERE!r})
presence.show({{}})
print("up", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        assert running(folder) is not None
        process.kill()
        process.wait()
    assert note_of(folder).exists()
    assert running(folder) is None
    presence = Presence(folder, "http://127.0.0.1:8001")  # the next one takes its place
    presence.show(FLOWS)
    assert running(folder).url == "http://127.0.0.1:8001"
    presence.close()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"url": "http://127.0.0.1:8000"}',
        '{"url": "http://127.0.0.1:8000", "public_url": "", "sends": false, "flows": []}',
        '{"url": "https://evil.example", "public_url": "", "sends": false, "flows": {}}',
        '{"url": "http://127.0.0.1.evil.example", "public_url": "", "sends": false, "flows": {}}',
        '{"url": "http://[", "public_url": "", "sends": false, "flows": {}}',
        "[" * 100_000,
        "\xff\xfe",
    ],
)
def test_a_note_of_something_else_is_no_server(folder: Path, text: str) -> None:
    presence = Presence(folder, HERE)
    note_of(folder).write_bytes(text.encode("latin-1"))
    assert running(folder) is None
    presence.close()


def test_a_note_that_nobody_holds_is_not_believed(folder: Path) -> None:
    note_of(folder).parent.mkdir()
    told = {"url": HERE, "public_url": "", "sends": False, "flows": {"clinic": ["voice"]}}
    note_of(folder).write_text(json.dumps(told))
    assert running(folder) is None


def test_a_link_in_the_place_of_the_note_is_not_followed(folder: Path) -> None:
    other = folder.parent / "precious.txt"
    other.write_text("precious")
    note_of(folder).parent.mkdir()
    note_of(folder).symlink_to(other)
    presence = Presence(folder, HERE)
    presence.show(FLOWS)
    assert running(folder) is None
    presence.close()
    assert other.read_text() == "precious"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_in_the_place_of_the_note_keeps_nobody_waiting(folder: Path) -> None:
    note_of(folder).parent.mkdir()
    os.mkfifo(note_of(folder))
    looking = [sys.executable, "-c", f"import engine.server.presence as p, pathlib; p.running(pathlib.Path({str(folder)!r}))"]  # fmt: skip
    assert subprocess.run(looking, timeout=30, check=False).returncode == 0


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")
def test_the_note_of_another_user_is_not_believed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    presence = Presence(folder, HERE)
    presence.show(FLOWS)
    somebody = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)
    assert running(folder) is None
    presence.close()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("192.168.1.5", None),
    ],
)
def test_only_an_address_of_this_machine_is_written(folder: Path, host: str, url: str | None) -> None:
    presence = Presence.of(folder, Settings(host=host), 8000, follow=True)
    presence.show(FLOWS)
    found = running(folder)
    assert (found.url if found else None) == url
    presence.close()


def test_a_server_in_production_leaves_no_note(folder: Path) -> None:
    presence = Presence.of(folder, Settings(), 8000, follow=False)
    presence.show(FLOWS)
    assert running(folder) is None
    assert not note_of(folder).parent.exists()
    presence.close()


def test_a_place_that_cannot_be_written_is_no_reason_to_stop(folder: Path) -> None:
    (folder.parent / ".touchtone").write_text("a file")
    presence = Presence(folder, HERE)
    presence.show(FLOWS)
    assert running(folder) is None
    presence.close()


def test_the_note_is_for_its_owner_alone(folder: Path) -> None:
    presence = Presence(folder, HERE)
    assert os.stat(note_of(folder)).st_mode & 0o077 == 0
    presence.close()
