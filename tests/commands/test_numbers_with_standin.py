"""The README's section on numbers, followed line by line against the stand-in and a server; and the audio of a recording."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine import create_app
from engine.cli import main
from engine.server.running import bind
from engine.standin.resources import RecordingResource
from tests.account.test_doctor import running

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text().partition("## Numbers\n")[2].partition("\n## ")[0]
COMMANDS = [
    (words, expected)
    for block in re.findall(r"```console\n(.*?)```", SECTION, re.DOTALL)
    for words, expected in re.findall(r"^\$ touchtone (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


@pytest.fixture
def followed(tmp_path, monkeypatch, standin) -> Iterator[str]:
    """A folder in which everything is set as the README says; the address of its server, which believes to be another."""
    server = standin()
    shutil.copytree(ROOT / "flows", tmp_path / "flows")
    monkeypatch.chdir(tmp_path)
    for name, value in server.settings().items():
        monkeypatch.setenv(name, value)
    listener = bind("127.0.0.1", 0, strict=True)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    token = server.settings()["TWILIO_AUTH_TOKEN"]
    app = create_app(tmp_path / "flows", public_url="https://example.com", tokens=token, store="memory:")
    monkeypatch.setenv("TOUCHTONE_PUBLIC_URL", url)
    with running(app, listener):
        yield url


def plain(text: str) -> str:
    """Without what is another one each time."""
    return re.sub(r"(?<=phone: )\d{6}|AP[0-9a-f]{32}|AC[0-9a-f]{32}", "…", text)


def test_the_readme_is_followed(followed):
    assert len(COMMANDS) == 5
    for words, expected in COMMANDS:
        result = CliRunner().invoke(main, words.split())
        told = result.output.replace(followed, "http://127.0.0.1:8000")
        told = re.sub(r"(?<=stand-in at)\s+http://127\.0\.0\.1:\d+", "\n         http://127.0.0.1:8010", told)
        assert plain(told) == plain(expected), words
        assert result.exit_code == (1 if words == "doctor" else 0)


def test_a_number_is_put_back_as_it_was(tmp_path, monkeypatch, standin):
    server = standin()
    shutil.copytree(ROOT / "flows", tmp_path / "flows")
    monkeypatch.chdir(tmp_path)
    env = {**server.settings(), "TOUCHTONE_PUBLIC_URL": "http://127.0.0.1:8000"}
    client = server.client()
    (one,) = client.incoming_phone_numbers.list()
    app = client.applications.create(friendly_name="desk", voice_url="https://a.example.org/x")
    before = one.update(
        voice_application_sid=app.sid, voice_url="https://a.example.org/y", sms_url="https://a.example.org/z"
    )

    def run(*words: str) -> str:
        result = CliRunner().invoke(main, ["numbers", *words], env=env)
        assert result.exit_code == 0, result.output
        return result.output

    assert "app desk" in run()
    run("point", one.phone_number, "clinic", "--yes")
    after = client.incoming_phone_numbers(one.sid).fetch()
    assert (after.voice_url, after.voice_application_sid or "") == ("http://127.0.0.1:8000/flows/clinic", "")
    assert after.sms_url == "https://a.example.org/z"
    run("restore", one.phone_number)
    restored = client.incoming_phone_numbers(one.sid).fetch()
    fields = ("voice_url", "voice_method", "voice_fallback_url", "voice_application_sid", "sms_url", "sms_method")
    assert [getattr(restored, name) or "" for name in fields] == [getattr(before, name) or "" for name in fields]


def test_audio_is_saved_as_the_file_is_named(tmp_path, monkeypatch, standin):
    server = standin()
    monkeypatch.chdir(tmp_path)
    kept = RecordingResource(**server.records.stamp("RE"), call_sid="CA" + "0" * 32, duration=3)
    server.records.recordings.add(kept)

    def run(*words: str) -> str:
        result = CliRunner().invoke(main, ["recordings", *words], env=server.settings())
        assert result.exit_code == 0, result.output
        return result.output

    assert f"0:03  {kept.sid}" in run()
    run("get", kept.sid)
    assert (tmp_path / f"{kept.sid}.wav").read_bytes()[:4] == b"RIFF"
    run("get", kept.sid, "--to", "ann.mp3")
    assert (tmp_path / "ann.mp3").read_bytes()[:4] != b"RIFF"
    run("delete", kept.sid, "--yes")
    assert run() == "no recordings\n"
