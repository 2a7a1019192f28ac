"""A served folder whose calls are recorded, and a telephone that calls it."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.commands.common import utc_now
from engine.history.history import History
from engine.phone import Phone, Request, Response
from engine.phone.phone import ACCOUNT
from engine.program.library import Library, load_folder
from engine.runtime.stores import open_store
from engine.server.outside import Outside
from engine.server.service import Service
from engine.server.settings import Settings

CLINIC = Path(__file__).parents[2] / "flows"


@dataclass
class House:
    """A folder that is served: `client` asks it as Twilio does, `phone` plays Twilio."""

    folder: Path
    library: Library
    history: History
    client: TestClient
    told: list[Any]

    def phone(self, seed: int = 1) -> Phone:
        def carry(request: Request) -> Response:
            data = dict(request.params) if request.method == "POST" else None
            answer = self.client.request(request.method, request.url, data=data, headers=dict(request.headers))
            return Response(answer.status_code, tuple(answer.headers.items()), answer.content)

        return Phone(carry, base="http://testserver", seed=seed)

    def ask(self, path: str, **params: str) -> str:
        answer = self.client.post(path, data={"CallSid": "CA1", "From": "+15550001111", **params})
        assert answer.status_code == 200
        return answer.text

    def publish(self, name: str, text: str) -> None:
        """Saves a file, and serves it."""
        (self.folder / name).write_text(text)
        program = load_folder(self.folder).program
        assert program is not None
        self.library.publish(program)

    def calls(self) -> list[Any]:
        self.history.recorder.flush()
        found: list[Any] = self.history.calls.list()["calls"]
        return found

    def call(self, id_: str = "") -> Any:
        """A call with its turns, the last one without an id."""
        id_ = id_ or self.calls()[0]["id"]
        self.history.recorder.flush()
        return self.history.calls.call(id_, self.library.current)


Serve = Callable[..., House]


@contextmanager
def served(folder: Path, settings: Settings, follow: bool, clock: Any = utc_now) -> Iterator[House]:
    program = load_folder(folder, settings.env).program
    assert program is not None
    library, told = Library(program), list[Any]()
    outside = Outside(folder, settings, clock=clock)
    history = History(folder, library, clock=clock, secrets=outside.secrets, simulated=(ACCOUNT,), told=told.append)
    service = Service(
        folder,
        library,
        open_store("memory:", time.time),
        settings,
        clock=clock,
        follow=follow,
        outside=outside,
        recorder=history.recorder,
    )
    with TestClient(service.app()) as client:
        yield House(folder, library, history, client, told)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves these files, the clinic without any, until the end of the test."""
    with ExitStack() as stack:

        def start(files: Mapping[str, str] | None = None, *, follow: bool = False, **settings: Any) -> House:
            folder = tmp_path / "flows"
            if files is None:
                shutil.copytree(CLINIC, folder, dirs_exist_ok=True)
            else:
                folder.mkdir(exist_ok=True)
                for name, text in files.items():
                    (folder / name).write_text(text)
            known = Settings(**{"unsigned": True, **settings})
            return stack.enter_context(served(folder, known, follow))

        yield start
