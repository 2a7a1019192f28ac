"""A page over a folder of flows, asked in process or over a socket."""

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from engine.page.app import page_app
from engine.page.desk import PageDesk
from engine.program.library import Library, load_sources
from engine.runtime.stores.memory import MemoryStore
from engine.server.loading import FolderLoader
from engine.server.outside import Outside
from engine.server.settings import Settings

TOKEN = "a-token"
PORT = 8030
HOST = f"127.0.0.1:{PORT}"
MENU = """\
description: A menu
steps:
  welcome:
    - say: Hello.
    - gather:
        say: For billing, press 1.
        branch:
          1: billing
          else: hangup
  billing:
    - say: Billing.
    - hangup:
"""


class Clock:
    """A clock that goes on by a second with each look."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 14, 2, 11, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def write(path: Path, text: str, at: datetime) -> None:
    """Saves a file at a time."""
    path.write_text(text)
    os.utime(path, (at.timestamp(), at.timestamp()))


@dataclass
class Opened:
    """A page, and a browser that has its cookie."""

    folder: Path
    desk: PageDesk
    app: Any
    loader: FolderLoader
    cookie: str = ""

    def ask(self, method: str, path: str, *, body: object = None, **headers: str) -> httpx2.Response:
        """One request, in a loop of its own."""
        given = {"host": HOST, **({"cookie": self.cookie} if self.cookie else {})}
        if method == "POST":
            given |= {"origin": f"http://{HOST}", "content-type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name.encode(): value.encode() for name, value in given.items() if value != "-"}

        async def asked() -> httpx2.Response:
            async with httpx2.AsyncClient(
                transport=httpx2.ASGITransport(self.app), base_url=f"http://{HOST}"
            ) as client:
                content = body if isinstance(body, bytes | type(None)) else json.dumps(body).encode()
                return await client.request(method, path, headers=sent, content=content)

        return asyncio.run(asked())

    def get(self, path: str) -> Any:
        """The JSON of an address."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: object) -> Any:
        answer = self.ask("POST", path, body=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def open(self) -> None:
        answer = self.ask("GET", f"/?token={TOKEN}")
        assert answer.status_code == 303, answer.text
        self.cookie = answer.headers["set-cookie"].partition(";")[0]

    def save(self, name: str = "", text: str = "") -> Any:
        """Writes a file, has it taken as the server does, and gives the state that the page shows then."""
        if name:
            write(self.folder / name, text, self.desk.now())
        return self.reload()

    def reload(self, *, whole: bool = True) -> Any:
        loaded = self.loader.load(self.loader.read())
        if loaded.program is not None:
            self.desk.library.publish(loaded.program)
        self.desk._take(self.desk._saved(loaded, whole=False))
        if whole:
            self.desk._take(self.desk._saved(replace(loaded, report=self.loader.doubts()), whole=True))
        return self.get("/api/state")


Open = Callable[..., Opened]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Opens the page of a folder with these files; `menu.yaml` without any."""

    def open_page(files: Mapping[str, str] | None = None, **settings: Any) -> Opened:
        folder, clock = tmp_path / "flows", Clock()
        folder.mkdir()
        for name, text in ({"menu.yaml": MENU} if files is None else files).items():
            write(folder / name, text, clock.at)
        known = Settings(**{"unsigned": True, **settings})
        loader = FolderLoader(folder, known, strict=False)
        loaded = loader.load_whole()
        program = loaded.program or load_sources({}).program
        assert program is not None
        desk = PageDesk(
            folder=folder,
            library=Library(program),
            loader=loader,
            store=MemoryStore(lambda: clock.at.timestamp()),
            settings=known,
            outside=Outside(folder, known, clock=clock),
            now=clock,
            url="http://127.0.0.1:8000",
        )
        page = Opened(folder, desk, page_app(desk, token=TOKEN, key="k" * 43, port=PORT), loader)
        page.open()
        return page

    return open_page
