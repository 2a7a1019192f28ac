"""Listeners are told of every turn, in order, and can neither hold up nor break one."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.commands.common import utc_now
from engine.program.library import Library, load_folder
from engine.runtime.stores import StoreError, open_store
from engine.runtime.trail import Entered, Failed, Logged, Set, Took
from engine.server import listening
from engine.server.listening import PlayedTurn
from engine.server.service import Service
from engine.server.settings import Settings

FLOW = """\
vars: {tries: 0}
steps:
  menu: [{gather: {say: "Your PIN, please.", branch: {1234: in, else: menu}}}]
  in: [{set: {tries: "{{ tries + 1 }}"}}, {log: "in with {{ env.KEY }}"}, {say: Welcome.}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bank.yaml").write_text(FLOW)
    (tmp_path / "menu.yaml").write_text("steps: {a: [{say: Hello.}]}")
    return tmp_path


@contextmanager
def served(folder: Path, *listeners: Any, store: Any = None) -> Iterator[TestClient]:
    settings = Settings(unsigned=True, env={"KEY": "hush-hush"})
    program = load_folder(folder, settings.env).program
    assert program is not None
    service = Service(
        folder,
        Library(program),
        store or open_store("memory:", time.time),
        settings,
        clock=utc_now,
        listeners=listeners,
    )
    with TestClient(service.app()) as client:
        yield client


def call(client: TestClient, path: str, **sent: str) -> str:
    answer = client.post(path, data={"CallSid": "CA1", "From": "+15550001111", **sent})
    assert answer.status_code == 200
    return answer.text


def test_a_turn_is_told_with_what_happened_and_without_what_was_pressed(folder: Path) -> None:
    turns: list[PlayedTurn] = []
    began = utc_now()
    with served(folder, turns.append) as client:
        call(client, "/flows/bank")
        said = call(client, "/flows/bank/menu?_a=0", Digits="1234", CallToken="t0ken")
    assert [turn.step for turn in turns] == ["", "menu"]
    turn = turns[1]
    assert began <= turn.at <= utc_now()
    assert (turn.key, turn.flow, turn.size, turn.repeated) == ("CA1", "bank", len(said), False)
    assert turn.version == load_folder(folder, {"KEY": ""}).program.version  # type: ignore[union-attr]
    assert turn.facts == {"CallSid": "CA1", "From": "+15550001111"}
    assert [event.id for event in turn.trail if isinstance(event, Took)] == ["bank/menu:0 0"]
    assert [event.value for event in turn.trail if isinstance(event, Set)] == [1]
    assert [event.text for event in turn.trail if isinstance(event, Logged)] == ["in with •••"]
    assert 0 <= turn.milliseconds < 10_000


def test_no_secret_of_the_settings_is_told(folder: Path) -> None:
    (folder / "bank.yaml").write_text("""
vars: {key: "{{ env.KEY }}", all: "{{ {'key': [env.KEY]} }}"}
steps:
  a:
    - branch: {on: key, hush-hush: b}
  b: [{subflow: {flow: other, with: {given: "{{ key }}"}}}]
""")
    (folder / "other.yaml").write_text("takes: {given: required}\nsteps: {a: [{say: Hello.}]}")
    turns: list[PlayedTurn] = []
    with served(folder, turns.append) as client:
        call(client, "/flows/bank")
    events = turns[0].trail
    assert [event.value for event in events if isinstance(event, Set)] == ["•••", {"key": ["•••"]}, "•••"]
    assert [event.compared for event in events if isinstance(event, Took)] == ["•••"]
    assert not any("hush" in str(event) for event in events)


def test_ready_documents_are_told_too(folder: Path) -> None:
    turns: list[PlayedTurn] = []
    with served(folder, turns.append) as client:
        for _ in range(3):
            call(client, "/flows/menu")
    assert [[event.id for event in turn.trail if isinstance(event, Entered)] for turn in turns] == [["menu/a"]] * 3


def test_the_end_of_a_call_is_a_turn(folder: Path) -> None:
    turns: list[PlayedTurn] = []
    with served(folder, turns.append) as client:
        call(client, "/flows/menu", CallStatus="ringing")
        call(client, "/flows/menu", CallStatus="completed", CallDuration="12")
    assert [turn.facts["CallStatus"] for turn in turns] == ["ringing", "completed"]
    assert turns[1].facts["CallDuration"] == "12"
    assert [type(event) for event in turns[1].trail] == [Logged], "it needs no answer"


def test_a_flow_that_is_not_there_and_a_store_that_breaks_are_told(folder: Path) -> None:
    class Broken:
        def __init__(self) -> None:
            self._store = open_store("memory:", time.time)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._store, name)

        async def turn(self, *_: object) -> None:
            raise StoreError("the disk is full")

    turns: list[PlayedTurn] = []
    with served(folder, turns.append, store=Broken()) as client:
        call(client, "/flows/nowhere")
        assert "went wrong" in call(client, "/flows/bank")
    assert [event.message for turn in turns for event in turn.trail if isinstance(event, Failed)] == [
        "there is no such flow",
        "StoreError: the disk is full",
    ]


@pytest.mark.parametrize("raised", [RuntimeError("no disk"), SystemExit(1)])
def test_what_a_listener_raises_breaks_nothing_and_is_logged_once(
    folder: Path, caplog: Any, raised: BaseException
) -> None:
    def broken(_: PlayedTurn) -> None:
        raise raised

    turns: list[PlayedTurn] = []
    with served(folder, broken, turns.append) as client:
        for _ in range(3):
            assert "Hello." in call(client, "/flows/menu")
    assert len(turns) == 3
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == [
        "a listener failed; what it raises from now on is not logged"
    ]


def test_a_listener_that_never_returns_holds_up_nobody(folder: Path, caplog: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(listening, "WAITING", 2)
    turns: list[PlayedTurn] = []
    held, freed = threading.Event(), threading.Event()

    def slow(turn: PlayedTurn) -> None:
        held.set()
        freed.wait(30)
        turns.append(turn)

    with served(folder, slow) as client:
        call(client, "/flows/menu")
        assert held.wait(10)
        for _ in range(5):  # two of these wait, three are not told
            assert "Hello." in call(client, "/flows/menu")
        freed.set()
    assert len(turns) == 3, "what waited is told before the server ends"
    told = [record.message for record in caplog.records if "told" in record.message]
    assert told == [
        "listeners are slower than calls: turns are not told any more until they have caught up",
        "3 turns were not told to listeners",
    ]


def test_the_server_does_not_wait_for_a_listener_for_ever(folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(listening, "LAST_WORDS", 0.05)
    freed = threading.Event()
    with served(folder, lambda _: freed.wait(30)) as client:
        call(client, "/flows/menu")
        ending = time.monotonic()
    assert time.monotonic() - ending < 10
    freed.set()


def test_whoever_is_refused_is_nobodys_turn(folder: Path) -> None:
    turns: list[PlayedTurn] = []
    with served(folder, turns.append) as client:
        assert client.put("/flows/menu").status_code == 405
        assert client.post("/flows/").status_code == 404
    assert turns == []
