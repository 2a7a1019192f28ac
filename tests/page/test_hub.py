"""Events reach each browser that listens; one that does not read costs little, and is told everything anew."""

import asyncio
from typing import Any

import pytest

from engine.page import hub as hubs
from engine.page.hub import Hub


class Browser:
    """One `/events`: reads what is sent only while `reads` is set."""

    def __init__(self, hub: Hub) -> None:
        self.sent: list[Any] = []
        self.reads, self.gone = asyncio.Event(), asyncio.Event()
        self.reads.set()
        self.task = asyncio.ensure_future(hub.serve({"type": "http"}, self._receive, self._send))

    async def _receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.reads.wait()
        self.sent.append(message)

    @property
    def text(self) -> str:
        return b"".join(one.get("body", b"") for one in self.sent).decode()

    @property
    def events(self) -> list[str]:
        return [line.removeprefix("event: ") for line in self.text.splitlines() if line.startswith("event: ")]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def hub():
    found = Hub()
    found.greeting = lambda: [("state", {"all": True})]
    return found


def play(hub, story):
    async def run() -> None:
        hub.open()
        await story()

    asyncio.run(run())


def test_a_browser_is_greeted_with_everything_and_then_told_what_happens(hub):
    async def story():
        browser = Browser(hub)
        await settle()
        assert browser.sent[0]["status"] == 200
        assert browser.text.startswith("retry: ")
        hub.publish("call", {"id": "<b>\n\nevent: evil"})
        await settle()
        assert browser.events == ["state", "call"]
        assert '{"id":"<b>\\n\\nevent: evil"}' in browser.text  # a line end in a caller's text ends no event
        hub.close()
        await browser.task
        assert browser.sent[-1] == {"type": "http.response.body", "body": b""}

    play(hub, story)


def test_events_are_made_only_while_somebody_listens(hub):
    async def story():
        made = []
        hub.publish("call", lambda: made.append(1))
        await settle()
        browser = Browser(hub)
        await settle()
        assert made == []
        hub.publish("call", lambda: made.append(1))
        await settle()
        assert made == [1]
        browser.gone.set()
        await browser.task
        assert not hub.watched
        hub.publish("call", lambda: made.append(1))
        await settle()
        assert made == [1]

    play(hub, story)


def test_a_browser_that_does_not_read_keeps_few_events_and_is_told_everything_anew(hub):
    async def story():
        slow, quick = Browser(hub), Browser(hub)
        await settle()
        slow.reads.clear()
        for number in range(10 * hubs.WAITING):
            hub.publish("call", {"number": number})
            await settle()
        waiting = next(stream for stream in hub._streams if stream._waiting or stream.behind)
        assert len(waiting._waiting) <= hubs.WAITING
        assert quick.events.count("call") == 10 * hubs.WAITING
        slow.reads.set()
        await settle()
        assert slow.events[-1] == "state"
        assert slow.events.count("call") <= hubs.WAITING
        hub.publish("call", {"number": -1})
        await settle()
        assert slow.events[-1] == "call"
        hub.close()

    play(hub, story)


def test_so_many_browsers_and_no_more(hub):
    async def story():
        browsers = [Browser(hub) for _ in range(hubs.STREAMS)]
        await settle()
        late = Browser(hub)
        await settle()
        assert late.sent[0]["status"] == 503
        browsers[0].gone.set()
        await settle()
        again = Browser(hub)
        await settle()
        assert again.sent[0]["status"] == 200
        hub.close()

    play(hub, story)


def test_an_idle_browser_hears_that_the_server_lives(hub, monkeypatch):
    monkeypatch.setattr(hubs, "HEARTBEAT", 0.001)

    async def story():
        browser = Browser(hub)
        while browser.text.count(": still here\n\n") < 2:
            await asyncio.sleep(0.001)
        assert browser.events == ["state"]
        hub.close()

    play(hub, story)


def test_what_is_told_before_it_is_open_or_after_its_loop_is_closed_goes_nowhere(hub):
    hub.soon(lambda: pytest.fail("nobody is there"))
    play(hub, settle)
    hub.soon(lambda: pytest.fail("nobody is there any more"))
    hub.publish("call", {})
