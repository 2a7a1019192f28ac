"""A desk with its store, and the telephone network in front of it: requests go in at absolute addresses."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

from engine.program.library import Library
from engine.program.program import Program
from engine.runtime.desk import Desk
from engine.runtime.request import Reply, Request
from engine.runtime.stores import Store, open_store

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FOLDER = "https://example.com/flows/"
PREFIX = '<?xml version="1.0" encoding="UTF-8"?><Response>'


@dataclass(frozen=True)
class Document:
    """What an address was answered with."""

    url: str
    body: bytes

    @property
    def twiml(self) -> str:
        text = self.body.decode()
        assert text.startswith(PREFIX), "every answer is a whole document"
        return text.removeprefix(PREFIX).removesuffix("</Response>")

    def address(self, attribute: str = "action", number: int = -1) -> str:
        """The absolute address in an attribute, in the last one of that name by default."""
        return urljoin(self.url, unescape(re.findall(rf' {attribute}="([^"]*)"', self.body.decode())[number]))

    @property
    def redirect(self) -> str:
        """The absolute address in the last `<Redirect>`."""
        return urljoin(self.url, unescape(re.findall(r"<Redirect[^>]*>([^<]*)</Redirect>", self.body.decode())[-1]))


class Line:
    """A desk, and what Twilio would ask it."""

    def __init__(self, library: Library, store: Store, *, follow: bool = False, at: datetime = NOON) -> None:
        self.library, self.store, self.at = library, store, at
        self.desk = Desk(library, store, follow=follow)

    def turn(self, address: str, token: str = "", **sent: str) -> Request:
        """The turn that a POST to the address is, relative to the folder of flows or absolute; a caller's unless `sent` says more."""
        url = urljoin(FOLDER, address)
        parts = urlsplit(url)
        flow, _, step = parts.path.removeprefix("/flows/").partition("/")
        query = parse_qsl(parts.query, keep_blank_values=True)
        asked = {name: value for name, value in query if name.startswith("_")}
        entry = {name: value for name, value in query if not name.startswith("_")}
        params = {"CallSid": "CA1", "From": "+15550001111", "To": "+15550002222", **sent}
        params = {**entry, **{name: value for name, value in params.items() if value is not None}}
        return Request(flow, step, self.at, params, asked, entry, "../" if step else "", token, FOLDER)

    async def hear(self, address: str, token: str = "", **sent: Any) -> Document:
        """What the address answers; a parameter that is None is not sent."""
        reply = self.desk.answer(self.turn(address, token, **sent))
        if not isinstance(reply, Reply):
            reply = await reply
        assert reply.status == 200
        return Document(urljoin(FOLDER, address), reply.body)

    def ask(self, address: str, token: str = "", **sent: Any) -> Document:
        """`hear`, for stores that belong to no event loop."""
        return asyncio.run(self.hear(address, token, **sent))

    def later(self, **passed: float) -> None:
        """Lets time pass."""
        self.at += timedelta(**passed)


@pytest.fixture
def line(load: Callable[..., Program]) -> Callable[..., Line]:
    """Makes a line to flows given as `name=text`, with its sessions in memory."""

    def make(store: Store | None = None, *, follow: bool = False, **flows: str) -> Line:
        lines: list[Line] = []
        kept = store or open_store("memory:", clock=lambda: lines[0].at.timestamp())
        lines.append(Line(Library(load(**flows)), kept, follow=follow))
        return lines[0]

    return make
