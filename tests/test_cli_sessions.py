"""`touchtone sessions` tells what is kept, in columns for people and in lines for programs, and drops what it is told to."""

import asyncio
import json
import re
import time

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from benchmarks.redis_server import free_port
from engine.cli import main
from engine.program.place import Place
from engine.runtime.session import Session, StoredFrame
from engine.runtime.stores import open_store

CALL = "CA0123456789abcdef0123456789abcdef"
TEXTS = "whatsapp:+15550100234>whatsapp:+15550199345"
NASTY = "+1\x1b[2J\n\x7f\x9b\u202e\ud83d"


def session(**more):
    return Session(
        turn=3,
        variables={"visits": 3, "said": "Zoë\x1b[31m\u202e \ud83d 世界"},
        entered=("clinic", "billing"),
        facts={"From": "+15550100"},
        replies=(("f" * 48, 3, "<Response/>"),),
        expires=time.time() + 23 * 3600 + 59 * 60 + 30,
        **more,
    )


@pytest.fixture(params=["sqlite", "redis"])
def url(request, tmp_path):
    """A store with three sessions in it."""
    if request.param == "redis":
        made = request.getfixturevalue("redis").url(f"?prefix={tmp_path.name}:")
    else:
        made = f"sqlite:///{tmp_path}/kept.sqlite"

    async def fill():
        store = open_store(made, time.time)
        await store.start()
        visited = StoredFrame(1, "a-long-name-of-a-subflow", {"pin": "12"}, (), (), Place("clinic", "menu", "0"), "")
        for key, kept in (
            (CALL, session()),
            (TEXTS, replace(session(), expires=time.time() + 3 * 86400 + 7230, frames=(visited,))),
            (NASTY, replace(session(), entered=(), expires=time.time() + 59.5)),
        ):
            await store.turn(key, lambda before, kept=kept: (None, kept))
        await store.stop()

    asyncio.run(fill())
    return made


@pytest.fixture
def sessions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOUCHTONE_STORE", raising=False)

    def ask(*words):
        return CliRunner().invoke(main, ["sessions", *words])

    return ask


def test_the_list_is_read_at_eighty_columns(sessions, url, tmp_path):
    result = sessions("list", "--store", url)
    place = f"{tmp_path}/kept.sqlite" if url.startswith("sqlite") else url.partition("?")[0]
    assert result.output.splitlines() == [
        "key                                 turn  flows                     expires in",
        TEXTS,
        "                                       3  clinic, billing, a-long…  3 d 2 h",
        f"{CALL}     3  clinic, billing           23 h 59 min",
        "+1\\u001b[2J\\u000a\\u007f\\u009b\\u202e\\ud83d",
        "                                       3  –                         59 s",
        "",
        f"3 sessions in {place}",
    ]
    assert max(map(len, result.output.splitlines()[:-1])) <= 80


def test_a_longer_list_is_cut_and_says_so(sessions, url):
    lines = sessions("list", "--limit", "1", "--store", url).output.splitlines()
    assert TEXTS in lines
    assert lines[-1].startswith("1 session in ")
    assert lines[-1].endswith("; there are more: --limit 10")


def test_programs_get_a_line_for_each(sessions, url):
    lines = [json.loads(line) for line in sessions("list", "--json", "--store", url).output.splitlines()]
    assert [line["key"] for line in lines] == [TEXTS, CALL, NASTY]
    assert lines[1]["turn"] == 3
    assert lines[1]["flows"] == ["clinic", "billing"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", lines[1]["expires"])


def test_a_session_is_shown_with_its_variables_first(sessions, url):
    output = sessions("show", CALL, "--store", url).output
    held = json.loads(output)
    assert next(iter(held)) == "variables"
    assert held["variables"] == {"visits": 3, "said": "Zoë\x1b[31m\u202e \ud83d 世界"}
    assert '"said": "Zoë\\u001b[31m\\u202e \\ud83d 世界"' in output, "what callers said cannot speak to the terminal"
    assert list(held)[-1] == "replies"
    assert held["expires"].endswith("+00:00")
    assert all(line.isprintable() for line in output.splitlines())


def test_programs_get_it_in_one_line_as_it_is_kept(sessions, url):
    output = sessions("show", CALL, "--json", "--store", url).output
    assert output.count("\n") == 1
    assert Session.from_json(output.strip().encode()).variables["visits"] == 3


def test_a_key_may_be_written_as_it_was_shown(sessions, url):
    listed = sessions("list", "--store", url).output.splitlines()
    assert json.loads(sessions("show", listed[4], "--store", url).output)["turn"] == 3
    assert sessions("drop", listed[4], "--store", url).output.startswith(f"dropped the session {listed[4]} from ")
    assert "2 sessions" in sessions("list", "--store", url).output


def test_a_dropped_session_is_gone(sessions, url):
    result = sessions("drop", CALL, "--store", url)
    assert re.fullmatch(rf"dropped the session {CALL} from .*\n", result.output)
    again = sessions("drop", CALL, "--store", url)
    assert again.exit_code == 2
    assert again.stderr.startswith(f"touchtone: no session is kept under {CALL}; ")
    assert json.loads(sessions("drop", TEXTS, "--json", "--store", url).output) == {"dropped": TEXTS}


@pytest.mark.parametrize("command", ["show", "drop"])
def test_an_unknown_key_names_the_nearest(sessions, url, command):
    result = sessions(command, CALL[:-1] + "e", "--store", url)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"touchtone: no session is kept under {CALL[:-1]}e; did you mean {CALL}?\n"
    result = sessions(command, "x\x1b", "--store", url)
    assert result.stderr == (
        "touchtone: no session is kept under x\\u001b; `touchtone sessions list` shows those that there are\n"
    )


def test_without_a_store_it_is_the_one_that_serve_has(sessions, tmp_path):
    result = sessions("list")
    assert result.exit_code == 2
    assert result.stderr == (
        "touchtone: there is no file .touchtone/sessions.sqlite, so no session is kept there; "
        "--store says where the server keeps its sessions\n"
    )
    assert not (tmp_path / ".touchtone").exists(), "nothing is made by looking"

    async def serve():
        store = open_store("sqlite:///.touchtone/sessions.sqlite", time.time)
        await store.start()
        await store.stop()

    asyncio.run(serve())
    assert sessions("list").output == "no session is kept in .touchtone/sessions.sqlite\n"
    assert sessions("list", "--json").output == ""


def test_memory_is_not_to_be_seen_from_outside(sessions, monkeypatch):
    said = "touchtone: the store `memory:` is inside the server's own process: nothing of it is kept outside\n"
    assert sessions("list", "--store", "memory:").stderr == said
    monkeypatch.setenv("TOUCHTONE_STORE", "memory:")
    assert sessions("show", CALL).stderr == said


def test_a_store_that_cannot_be_had_is_one_sentence_without_its_password(sessions, monkeypatch):
    for url in (f"redis://:SECRET@127.0.0.1:{free_port()}/0", "redis://:SEC/RET@host", "nosql:SECRET"):
        monkeypatch.setenv("TOUCHTONE_STORE", url)
        result = sessions("list")
        assert (result.exit_code, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
        assert "SEC" not in result.stderr


@pytest.mark.parametrize("command", ["list", "show", "drop"])
def test_each_explains_itself_on_one_screen_with_an_example(sessions, command):
    text = sessions(command, "--help").output
    assert len(text.splitlines()) <= 34
    assert max(map(len, text.splitlines())) <= 80
    assert f"touchtone sessions {command} " in text
