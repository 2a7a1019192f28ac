"""`touchtone recordings` lists, saves and deletes; it overwrites and deletes nothing that it was not told to."""

import json

import pytest
from click.testing import CliRunner

from engine.account import recordings
from engine.cli import main
from tests.account.fake import ACCOUNT, TOKEN, Fake, sid

RECORDING, CALL = sid("RE", 1), sid("CA", 1)
WHEN = "Mon, 30 Nov 2026 12:00:00 +0000"


@pytest.fixture
def fake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    kept = {"sid": RECORDING, "duration": "65", "date_created": WHEN, "call_sid": CALL, "status": "completed"}
    made = Fake({"recordings": [kept]})
    monkeypatch.setattr("engine.account.client.open_client", lambda *_, **__: made.client())
    return made


def run(*words, status=0, typed=""):
    result = CliRunner().invoke(main, ["recordings", *words], input=typed)
    assert result.exit_code == status, result.output
    assert TOKEN not in result.output
    return result


def test_they_are_listed_with_date_length_and_call(fake):
    assert run().stdout.splitlines() == [f"2026-11-30 12:00   1:05  {RECORDING}", f"{'':25}of the call {CALL}"]
    assert run("list").stdout == run().stdout
    told = json.loads(run("list", "--json").stdout)
    assert (told["sid"], told["seconds"], told["call"]) == (RECORDING, 65, CALL)
    assert run("list", "--call", sid("CA", 2)).stdout == "no recordings\n"


def test_it_says_if_there_are_more(fake):
    fake.kept["recordings"].append({"sid": sid("RE", 2), "status": "processing"})
    assert run("list", "--limit", "1").stdout.endswith("there are more: --limit 10\n")
    assert f"{sid('RE', 2)}  processing" in run().stdout


def test_audio_is_saved_where_it_was_asked_for(fake, tmp_path, monkeypatch):
    saved = []

    def save(client, own, which, path, *, form, api, replace):
        saved.append((str(path), form, replace))
        if path.name == "there.wav":
            raise FileExistsError(path)
        return 1_234_567

    monkeypatch.setattr(recordings, "save_audio", save)
    assert run("get", RECORDING).stdout == f"{RECORDING}.wav: 1.2 MB\n"
    run("get", RECORDING, "--to", str(tmp_path))
    run("get", RECORDING, "--to", "ann.MP3", "--overwrite")
    assert saved[1:] == [(str(tmp_path / f"{RECORDING}.wav"), "wav", False), ("ann.MP3", "mp3", True)]
    why = run("get", RECORDING, "--to", "there.wav", status=2).stderr
    assert why == "touchtone: there.wav exists already\n  replace it with --overwrite\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("get", "RE12"), "RE12 is not the SID of a recording"),
        (("get", "../../etc/passwd"), "is not the SID of a recording"),
        (("get", RECORDING, "--to", "ann.ogg"), "ends in .wav or .mp3"),
        (("get", RECORDING, "--to", "none/ann.wav"), "there is no folder none"),
        (("delete", "x\x1b[2J"), "is not the SID of a recording"),
        (("delete", sid("RE", 7)), "Twilio error 20404"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(fake, words, why):
    told = run(*words, status=2).stderr
    assert why in told
    assert "\x1b" not in told


def test_deleting_asks_first(fake):
    assert "nothing is deleted" in run("delete", RECORDING, typed="n\n").stdout
    assert "the question was not answered" in run("delete", RECORDING, status=2).stderr
    assert fake.changes() == []
    assert run("delete", RECORDING, typed="y\n").stdout.endswith(f"deleted {RECORDING}\n")
    assert fake.kept["recordings"] == []


def test_deleting_need_not_ask(fake):
    assert run("delete", RECORDING, "--yes").stdout == f"deleted {RECORDING}\n"


@pytest.mark.parametrize("words", [(), ("list",), ("get",), ("delete",)])
def test_help_fits_one_screen_and_shows_an_example(words):
    lines = CliRunner().invoke(main, ["recordings", *words, "--help"]).output.splitlines()
    assert len(lines) <= 30
    assert all(len(line) <= 80 for line in lines)
    assert any(line.strip().startswith("touchtone recordings") for line in lines)


def test_what_the_account_answers_cannot_speak_to_the_terminal(fake):
    fake.refuse = (400, {"code": 20001, "message": "x\x1b]0;evil\x07\u202ey\x9b31m", "status": 400})
    failed = run(status=2)
    assert "Twilio error 20001: x\\u001b]0;evil\\u0007\\u202ey\\u009b31m" in failed.stderr.replace("\n  ", " ")


def test_what_goes_wrong_is_folded_to_a_page(fake):
    failed = run("get", RECORDING, "--to", "x" * 30 + " " + "y" * 40, status=2)
    assert max(map(len, failed.stderr.splitlines())) <= 80
