"""The loop that looks at what is due: each conversation once, at its time, and whatever goes wrong it goes on."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from engine.runtime.stores import StoreBusy, WrittenLater
from engine.server import silence
from engine.server.silence import SilenceTimers

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class House:
    """A store that tells what is due, and a clock that stands at `now`, a time of the event loop; `followed` are the keys."""

    def __init__(self, *due: tuple[str, float]) -> None:
        self.noted = list(due)
        self.followed: list[tuple[str, float]] = []
        self.asked: list[float] = []
        self.fault: Exception | None = None
        self.began = asyncio.get_running_loop().time()

    def clock(self) -> datetime:
        return NOON + timedelta(seconds=self.passed)

    @property
    def passed(self) -> float:
        return asyncio.get_running_loop().time() - self.began

    async def due(self, until: float, limit: int) -> list[tuple[str, float]]:
        self.asked.append(until - NOON.timestamp())
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        return [(key, at) for key, at in self.noted if at <= until][:limit]

    async def follow(self, key: str, at: datetime) -> None:
        self.followed.append((key, at.timestamp()))
        self.noted = [one for one in self.noted if one[0] != key]

    def timers(self) -> SilenceTimers:
        return SilenceTimers(self, self.follow, clock=self.clock)  # type: ignore[arg-type]


async def run_until(timers: SilenceTimers, done) -> None:
    task = asyncio.ensure_future(timers.run())
    async with asyncio.timeout(30):
        while not done():
            await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(silence, "AHEAD", 0.2)


def test_each_is_followed_not_before_its_time():
    async def story():
        now = NOON.timestamp()
        house = House(("past", now - 100), ("soon", now + 0.15), ("later", now + 0.5))
        await run_until(house.timers(), lambda: len(house.followed) == 3)
        assert [key for key, _ in house.followed] == ["past", "soon", "later"]
        assert [at >= due for (_, at), due in zip(house.followed, (now - 100, now + 0.15, now + 0.5), strict=True)] == [
            True
        ] * 3

    asyncio.run(story())


def test_more_than_are_looked_up_at_a_time_are_all_followed(monkeypatch):
    monkeypatch.setattr(silence, "AT_ONCE", 10)

    async def story():
        house = House(*[(f"k{number}", 0.0) for number in range(35)])
        await run_until(house.timers(), lambda: len(house.followed) >= 35)
        assert {key for key, _ in house.followed} == {f"k{number}" for number in range(35)}
        assert len(house.followed) == 35

    asyncio.run(story())


def test_a_store_that_cannot_be_asked_is_asked_again(caplog):
    async def story():
        house = House(("k", 0.0))
        house.fault = StoreBusy("the store is away")
        await run_until(house.timers(), lambda: house.followed)

    asyncio.run(story())
    assert caplog.text.count("conversations that nobody answers cannot be looked up: the store is away") == 1


def test_whatever_goes_wrong_in_the_store_it_is_asked_again(caplog):
    async def story():
        house = House(("k", 0.0))
        house.fault = RuntimeError("an error of the store")
        await run_until(house.timers(), lambda: house.followed)

    asyncio.run(story())
    assert "an error of the store" in caplog.text


def test_one_that_breaks_does_not_hold_up_the_others(caplog):
    async def story():
        house = House(("bad", 0.0), ("good", 0.0))
        follow = house.follow

        async def breaks(key: str, at: datetime) -> None:
            await follow(key, at)
            if key == "bad":
                raise ValueError("an error of ours")

        await run_until(SilenceTimers(house, breaks, clock=house.clock), lambda: len(house.followed) == 2)

    asyncio.run(story())
    assert "an error of ours" in caplog.text


def test_what_cannot_be_followed_is_not_tried_all_the_time(monkeypatch):
    monkeypatch.setattr(silence, "AT_ONCE", 1)

    async def story():
        house = House(("k", 0.0))

        async def refuses(key: str, at: datetime) -> None:
            raise StoreBusy("the store is away")

        await run_until(SilenceTimers(house, refuses, clock=house.clock), lambda: len(house.asked) == 3)
        assert house.passed >= 0.4

    asyncio.run(story())


def test_what_is_being_sent_is_finished_when_the_server_stops():
    async def story():
        house = House(("k", 0.0))
        begun, finished = asyncio.Event(), []

        async def slow(key: str, at: datetime) -> None:
            begun.set()
            await asyncio.sleep(0.1)
            finished.append(key)

        task = asyncio.ensure_future(SilenceTimers(house, slow, clock=house.clock).run())
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert finished == ["k"]

    asyncio.run(story())


def test_one_that_takes_long_does_not_hold_up_the_others():
    """As where Twilio takes seconds for a text of one conversation, and another is due meanwhile."""

    async def story():
        house, free = House(("slow", 0.0)), asyncio.Event()
        follow = house.follow

        async def waits(key: str, at: datetime) -> None:
            if key == "slow":
                house.noted.append(("other", 0.0))
                await free.wait()
            await follow(key, at)

        timers = SilenceTimers(house, waits, clock=house.clock)  # type: ignore[arg-type]
        await run_until(
            timers, lambda: ("other" in dict(house.followed) and not free.set()) and len(house.followed) == 2
        )
        assert [key for key, _ in house.followed] == ["other", "slow"]

    asyncio.run(story())


def test_those_of_a_later_version_do_not_hide_the_others(monkeypatch):
    """After a new version was taken back, what it wrote stays due until it expires."""
    monkeypatch.setattr(silence, "AT_ONCE", 10)

    async def story():
        house = House(*[(f"later{number}", 0.0) for number in range(25)], ("ours", 1.0))
        follow, asked = house.follow, []

        async def follows(key: str, at: datetime) -> None:
            asked.append(key)
            if key.startswith("later"):
                raise WrittenLater("it is of a later version")
            await follow(key, at)

        timers = SilenceTimers(house, follows, clock=house.clock)  # type: ignore[arg-type]
        await run_until(timers, lambda: house.followed)
        assert [key for key, _ in house.followed] == ["ours"]
        looked = len(house.asked)
        assert len(asked) == 26, "each was tried once"
        await run_until(timers, lambda: len(house.asked) >= looked + 2)
        assert len(asked) == 26

    asyncio.run(story())
