"""Plays flows written in a test: each call is answered by the machine itself, without a server."""

import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from hypothesis import HealthCheck, settings

from benchmarks.redis_server import RedisServer, redis_server
from engine.diagnostics import render_text
from engine.program.library import load_sources
from engine.program.program import Program
from engine.runtime.request import Request
from engine.runtime.respond import Outcome, respond, respond_in_session
from engine.runtime.session import Session
from tests.standin_server import standin

__all__ = ["standin"]  # a fixture for all

# How long an example takes tells more about the machine than about us.
settings.register_profile("touchtone", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("touchtone")

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PREFIX = '<?xml version="1.0" encoding="UTF-8"?><Response>'


# Whoever starts a server, a command or a store of its own gives it the real clock; `make test-time` runs these at a turn of
# the year too.
REAL_CLOCK = (
    "account/",
    "phone/test_own_flows",
    "runtime/effects/",
    "runtime/stores/",
    "server/",
    "standin/",
    "standin/",
    "test_cli",
    "test_serve",
    "test_several",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and str(item.path.relative_to(here)).startswith(REAL_CLOCK):
            item.add_marker(pytest.mark.real_clock)


class Call:
    """One call (or conversation) with a program: requests go in, TwiML comes out, the session is kept as a store would."""

    def __init__(self, program: Program, at: datetime = NOON, **params: str) -> None:
        self.program, self.at = program, at
        self.params = {"CallSid": "CA1", "From": "+15550001111", "To": "+15550002222", **params}
        self.session: Session | None = None
        self.url = ""
        self.outcome: Outcome | None = None

    def ask(self, address: str, token: str = "", **params: str) -> str:
        """The content of `<Response>` for an address below /flows/, absolute or relative to the one asked before."""
        self.url = urljoin(self.url or "http://x/flows/", address.replace("&amp;", "&"))
        parts = urlsplit(self.url)
        path = parts.path.removeprefix("/flows/")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        flow, _, step = path.partition("/")
        asked = {name: value for name, value in query.items() if name.startswith("_")}
        entry = {name: value for name, value in query.items() if not name.startswith("_")}
        sent = {**entry, **self.params, **params}
        turn = Request(
            flow, step, self.at, sent, asked, entry, "../" if step else "", token, "https://example.com/flows/"
        )
        if self.program.flows[flow].keeps:
            self.outcome, self.session = respond_in_session(self.program, turn, self.session)
        else:
            self.outcome = respond(self.program, turn)
        text = self.outcome.body.decode()
        assert text.startswith(PREFIX), "every answer is a whole document"
        return text.removeprefix(PREFIX).removesuffix("</Response>")

    def action(self, number: int = -1) -> str:
        """An `action` of the document that was answered last; the last one by default."""
        assert self.outcome is not None, "nothing was asked yet"
        return re.findall(r'action="([^"]*)"', self.outcome.body.decode())[number]

    def redirect(self) -> str:
        """The address of the last `<Redirect>` of the document that was answered last."""
        assert self.outcome is not None, "nothing was asked yet"
        return re.findall(r"<Redirect[^>]*>([^<]*)</Redirect>", self.outcome.body.decode())[-1]


def bare(twiml: str) -> str:
    """TwiML without what varies from version to version in its addresses."""
    return re.sub(
        r"[?&;](amp;)?_v=[0-9a-f]{8}", "", re.sub(r"&amp;_v=[0-9a-f]{8}|\?_v=[0-9a-f]{8}(?=[\"<])", "", twiml)
    )


@pytest.fixture
def load() -> Callable[..., Program]:
    """Makes a program of flows given as `name=text`; mistakes in them fail the test."""

    def make(**flows: str) -> Program:
        loaded = load_sources({f"{name}.yaml": text for name, text in flows.items()})
        assert loaded.program is not None, render_text(loaded.report.diagnostics)
        return loaded.program

    return make


@pytest.fixture
def call(load: Callable[..., Program]) -> Callable[..., Call]:
    """Makes a call to flows given as `name=text`, with request parameters by their own names."""

    def make(params: Mapping[str, str] | None = None, **flows: str) -> Call:
        return Call(load(**flows), **(params or {}))

    return make


@pytest.fixture
def plain() -> Callable[[str], str]:
    """Strips from TwiML what varies from version to version."""
    return bare


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A real Redis (or Valkey) on a free port of loopback, for tests that write under names of their own and do it no harm."""
    if sys.platform == "win32" and shutil.which("redis-server") is None and shutil.which("valkey-server") is None:
        pytest.skip("neither Redis nor Valkey has a server for Windows")
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server
