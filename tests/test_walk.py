"""The walk of a turn, from the webhook to the answer, goes straight through: what it is in it does not come back to."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any
from urllib.parse import urlencode

import pytest

from engine.commands.common import utc_now
from engine.program.library import Library
from engine.program.program import Program
from engine.runtime.desk import Desk
from engine.runtime.stores import open_store
from engine.server.app import assemble
from engine.server.settings import Settings

ROOMS = ("engine.server.", "engine.runtime.", "engine.program.")
WRITTEN = "engine.runtime.document"  # by whatever is played, and by the holes of its own TwiML

FLOWS = {
    "main": """
vars: {count: 0, name: ""}
steps:
  start:
    - set: {count: "{{ count + 1 }}"}
    - say: Welcome.
    - gather:
        say: "{{ count }}: press 1, 2 or 3."
        num_digits: 1
        retry: {attempts: 2}
        branch:
          1: asked
          2: [{say: "Here {{ name }}."}, {redirect: start}]
          3: back
          else: hangup
  asked:
    - subflow: {flow: other, with: {given: "{{ count }}"}, save: name, branch: {none: start}}
    - branch: {on: name, 7: [{log: seven}], else: start}
    - record: {max_length: 5, branch: {no_input: hangup, else: start}}
""",
    "other": """
takes: {given: 0}
steps:
  start:
    - gather: {say: "What?", num_digits: 1, save: said}
    - return: "{{ said }}"
""",
}


def modules(frame: FrameType | None) -> Iterator[str]:
    """The modules of the engine that are under way, the innermost first; one that calls itself stands once."""
    last = ""
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.startswith(ROOMS) and name != last:
            yield name
            last = name
        frame = frame.f_back


async def ask(app: Any, target: str, sent: dict[str, str]) -> bytes:
    """The body of the answer to one request."""
    path, _, query = target.partition("?")
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": query.encode()}
    scope |= {"headers": [(b"content-type", b"application/x-www-form-urlencoded")], "root_path": "", "scheme": "https"}
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": urlencode(sent).encode(), "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return b"".join(parts)


@pytest.fixture
def app(load: Callable[..., Program]) -> Any:
    settings = Settings(public_url="https://calls.example.com", unsigned=True)
    desk = Desk(Library(load(**FLOWS)), open_store("memory:", time.time))
    return assemble(desk.answer, settings, clock=utc_now)


def test_a_turn_enters_no_module_that_it_is_in_but_the_document(app: Any) -> None:
    """A module that calls back into one that waits for it cannot be understood without it."""
    again: set[tuple[str, ...]] = set()
    seen: set[str] = set()

    def look(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_globals.get("__name__", "").startswith(ROOMS):
            way = tuple(modules(frame))
            seen.add(way[0])
            if way[0] in way[1:] and way[0] != WRITTEN:
                again.add(way[way[1:].index(way[0]) + 1 :: -1])

    async def call() -> None:
        target, digits = "/flows/main", ""
        for digits in ("", "1", "7", "#", "2", "3", "1", "5", "", "9"):
            body = await ask(app, target, {"CallSid": "CA1", "From": "+1", **({"Digits": digits} if digits else {})})
            for attribute in ('action="', "<Redirect>"):
                _, found, rest = body.decode().partition(attribute)
                if found:
                    address = rest.partition('"' if attribute[-1] == '"' else "<")[0].replace("&amp;", "&")
                    target = "/flows/" + address.removeprefix("../")
                    break

    asyncio.run(call())  # what is compiled and remembered once is not a part of the walk
    sys.setprofile(look)
    try:
        asyncio.run(call())
    finally:
        sys.setprofile(None)
    assert {f"engine.runtime.plays.{name}" for name in ("branch", "gather", "twiml", "variables")} <= seen
    assert not again
