"""What happened in calls is kept for a day, by all processes together, and within bounds."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.api import trails
from engine.api.trails import EVENTS, Trails
from engine.diagnostics.source import Source, Span
from engine.runtime import trail
from engine.runtime.stores import StoreError, open_store
from engine.server.listening import PlayedTurn

SID = "CA" + "1" * 32
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
SPAN = Span(Source("a.yaml", "steps: {}"), 0, 5)


def turn(*events, at=0.0, key=SID, repeated=False, **facts):
    told = {"CallSid": key, "CallStatus": "in-progress", **facts}
    return PlayedTurn(NOON + timedelta(seconds=at), key, "v", "a", "", told, events, 0, 1.0, repeated)


def entered(step, at=0, flow="a"):
    return trail.Entered(flow, step, SPAN, at)


def steps(kept):
    return [event.step for event in kept.events if isinstance(event, trails.Entered)]


@pytest.fixture
def story():
    """Runs a story with trails over a store in memory, `now` seconds after the epoch of the test."""

    def run(tell, url="memory:"):
        async def told():
            clock = [NOON.timestamp()]
            store = open_store(url, lambda: clock[0])
            await store.start()
            kept = Trails(lambda: store.records)
            kept.start()
            await tell(kept, store, clock)
            await kept.stop()
            await store.stop()

        asyncio.run(told())

    return run


def test_a_call_is_where_it_last_entered_a_step(story):
    async def tell(kept, store, clock):
        await kept.begin(SID, "a")
        assert (await kept.read(SID)).flow == "a"
        kept.hear(turn(entered("one"), entered("two")))
        kept.hear(turn(entered("three", flow="b"), at=1))
        found = await kept.read(SID)
        assert (found.flow, found.step, found.status) == ("b", "three", "in-progress")
        assert steps(found) == ["one", "two", "three"]

    story(tell)


def test_what_follows_a_question_in_its_document_is_told_apart(story):
    async def tell(kept, store, clock):
        silent = trail.Took("a", "ask", "0", 0, 1, "no_input", SPAN, 120)
        kept.hear(turn(entered("ask"), silent, entered("bye", 120)))
        found = await kept.read(SID)
        assert found.step == "ask"
        assert [event.on_silence for event in found.events if hasattr(event, "on_silence")] == [False, True, True]
        came = trail.Took("a", "ask", "0", 0, 1, "no_input", SPAN, 0)
        kept.hear(turn(came, entered("bye"), at=1))
        assert (await kept.read(SID)).step == "bye", "the caller was silent"

    story(tell)


@pytest.mark.parametrize(
    "facts",
    [
        {"CallStatus": "completed"},
        {"RecordingStatus": "completed"},
        {"StatusCallbackEvent": "ringing"},
        {"TranscriptionStatus": "completed"},
        {"CallSid": "CA" + "2" * 32},
    ],
)
def test_a_report_or_another_leg_moves_nobody(story, facts):
    async def tell(kept, store, clock):
        kept.hear(turn(entered("menu")))
        kept.hear(turn(entered("told"), at=1, **facts))
        found = await kept.read(SID)
        assert found.step == "menu"
        assert steps(found) == ["menu", "told"]

    story(tell)


def test_turns_stand_in_the_order_of_their_times(story):
    """Those of another process may be written later."""

    async def tell(kept, store, clock):
        kept.hear(turn(entered("second"), at=2))
        await kept.write()
        kept.hear(turn(entered("first"), at=1))
        found = await kept.read(SID)
        assert steps(found) == ["first", "second"]
        assert found.step == "second"

    story(tell)


def test_conversations_and_repeated_turns_are_not_kept(story):
    async def tell(kept, store, clock):
        kept.hear(turn(entered("a"), key="+1>+2"))
        kept.hear(turn(entered("a"), repeated=True))
        assert await kept.read(SID) is None

    story(tell)


def test_of_a_long_call_the_oldest_events_are_left_out(story):
    async def tell(kept, store, clock):
        for number in range(EVENTS + 50):
            kept.hear(turn(entered(f"s{number}"), at=number))
        found = await kept.read(SID)
        assert len(found.events) == EVENTS
        assert found.left_out == 51, "50 steps, and that the call was in progress"
        assert found.step == f"s{EVENTS + 49}"

    story(tell)


def test_large_events_are_cut_and_the_trail_stays_small(story):
    async def tell(kept, store, clock):
        values = [{"rows": ["x" * 5000] * 10}, "y" * 5000, "half \ud83d", {"half": "\ud83d"}, 7, None, [1]]
        kept.hear(turn(*[trail.Set(f"v{number}", value, SPAN) for number, value in enumerate(values)]))
        found = [event.value for event in (await kept.read(SID)).events if isinstance(event, trails.SetVariable)]
        assert all(len(str(value)) <= trails.TEXT + 1 for value in found)
        assert found[4:] == [7, None, [1]]
        for number in range(300):
            kept.hear(turn(trail.Logged("z" * 900, SPAN), at=number))
        sizes = []
        await store.records.change(f"trail:{SID}", lambda text: (sizes.append(len(text)), text), 1)
        found = await kept.read(SID)
        assert found.left_out > 0
        await store.records.change(f"trail:{SID}", lambda text: (sizes.append(len(text)), text), 1)
        assert sizes[-1] <= trails.BYTES

    story(tell)


def test_every_kind_of_event_is_told(story):
    async def tell(kept, store, clock):
        kept.hear(
            turn(
                trail.Asked("request", "0", "200", "", SPAN, 0.12345),
                trail.Logged("a line", SPAN),
                trail.Failed("it broke", None),
                trail.Said(SPAN, 0, 10),
            )
        )
        _, asked, logged, failed = (await kept.read(SID)).events
        assert (asked.verb, asked.answer, asked.seconds) == ("request", "200", 0.123)
        assert (logged.text, failed.message) == ("a line", "it broke")

    story(tell)


def test_a_trail_is_gone_a_day_after_the_last_turn(story):
    async def tell(kept, store, clock):
        kept.hear(turn(entered("a")))
        await kept.write()
        clock[0] += trails.LIFE - 1
        kept.hear(turn(entered("b"), at=100))
        assert steps(await kept.read(SID)) == ["a", "b"]
        clock[0] += trails.LIFE + 1
        assert await kept.read(SID) is None

    story(tell)


def test_a_store_that_fails_is_logged_and_turns_go_on(story, caplog):
    async def tell(kept, store, clock):
        change = store.records.change

        async def broken(*words):
            raise StoreError("the disk is full")

        store.records.change = broken
        kept.hear(turn(entered("a")))
        await kept.write()
        store.records.change = change
        kept.hear(turn(entered("b")))
        assert steps(await kept.read(SID)) == ["b"]

    story(tell)
    assert "is not kept: the disk is full" in caplog.text


def test_more_turns_than_can_wait_are_counted(story, caplog, monkeypatch):
    monkeypatch.setattr(trails, "WAITING", 3)

    async def tell(kept, store, clock):
        for number in range(5):
            kept.hear(turn(entered(f"s{number}"), at=number))
        assert steps(await kept.read(SID)) == ["s0", "s1", "s2"]

    story(tell)
    assert "2 turns are missing" in caplog.text


def test_a_trail_that_nobody_can_read_begins_anew(story):
    async def tell(kept, store, clock):
        await store.records.change(f"trail:{SID}", lambda _: (None, b'{"events": 7}'), 60)
        kept.hear(turn(entered("a")))
        assert steps(await kept.read(SID)) == ["a"]

    story(tell)


def test_processes_that_share_a_store_write_one_trail(story, tmp_path):
    url = f"sqlite:///{tmp_path}/calls.sqlite"

    async def tell(kept, store, clock):
        other = open_store(url, lambda: clock[0])
        await other.start()
        second = Trails(lambda: other.records)
        for number in range(40):
            (kept, second)[number % 2].hear(turn(entered(f"s{number:02}"), at=number))
        await asyncio.gather(kept.write(), second.write())
        assert steps(await second.read(SID)) == [f"s{number:02}" for number in range(40)]
        await other.stop()

    story(tell, url)


def test_the_hour_that_comes_twice_in_autumn_keeps_a_call_where_it_is(story):
    async def tell(kept, store, clock):
        berlin = ZoneInfo("Europe/Berlin")
        for minute, step in ((50, "before"), (70, "after")):
            at = (datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=minute)).astimezone(berlin)
            kept.hear(turn(entered(step))._replace(at=at))
        found = await kept.read(SID)
        assert (found.step, steps(found)) == ("after", ["before", "after"])

    story(tell)


def test_a_store_that_is_locked_is_waited_for_once_and_not_for_each_call():
    class Locked:
        """Records that fail once everybody waits for them; who waits in turn is never let go."""

        def __init__(self):
            self.asked, self.all_here = 0, asyncio.Event()

        async def change(self, key, change, life):
            self.asked += 1
            if self.asked == 20:
                self.all_here.set()
            await self.all_here.wait()
            raise StoreError("locked")

    async def told():
        locked = Locked()
        kept = Trails(lambda: locked)
        for number in range(20):
            kept.hear(turn(entered("one"), key=f"CA{number:032x}"))
        await asyncio.wait_for(kept.write(), 30)
        assert locked.asked == 20

    asyncio.run(told())
