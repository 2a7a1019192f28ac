"""Records beside the sessions: what every store promises of them."""

import asyncio
import sqlite3

from engine.runtime.session import Session
from engine.runtime.stores.records import LARGEST_RECORD, MemoryRecords
from engine.runtime.stores.sqlite_records import SqliteRecords


def keep(text):
    return lambda before: (before, text)


def look(before):
    return before, before


def count(before):
    number = int(before or 0) + 1
    return number, str(number).encode()


def test_a_record_is_kept_for_its_time_apart_from_the_session_of_the_same_key(on_store, plays):
    async def story(store, place):
        assert await store.records.change("CA1", keep(b'{"a": 1}'), 60) is None
        await store.turn("CA1", plays.write(plays.FULL))
        place.wait_until(place.clock.now + 59)
        assert await store.records.change("CA1", look, 60) == b'{"a": 1}'
        assert await store.turn("CA1", plays.look) == plays.FULL
        place.wait_until(place.clock.now + 2)
        assert await store.records.change("CA1", look, 60) is None
        assert [key for key, _ in await store.sessions(10)] == ["CA1"]

    on_store(story)


def test_what_is_written_again_lives_from_then_on(on_store):
    async def story(store, place):
        await store.records.change("a", keep(b"1"), 60)
        place.wait_until(place.clock.now + 50)
        await store.records.change("a", keep(b"2"), 60)
        place.wait_until(place.clock.now + 50)
        assert await store.records.change("a", look, 60) == b"2"

    on_store(story)


def test_none_drops_a_record(on_store):
    async def story(store, place):
        await store.records.change("a", keep(b"1"), 60)
        await store.records.change("a", keep(None), 60)
        assert await store.records.change("a", look, 60) is None

    on_store(story)


def test_a_change_that_raises_writes_nothing_and_harms_no_other(on_store):
    def fails(before):
        raise sqlite3.OperationalError("not the store's")

    async def story(store, place):
        asked = [
            store.records.change("a", count, 60),
            store.records.change("a", fails, 60),
            store.records.change("a", keep(b"x" * (LARGEST_RECORD + 1)), 60),
            store.records.change("a", count, 60),
        ]
        first, raised, large, second = await asyncio.gather(*asked, return_exceptions=True)
        assert (first, second) == (1, 2)
        assert isinstance(raised, sqlite3.OperationalError)
        assert isinstance(large, ValueError)

    on_store(story)


def test_changes_by_several_who_share_a_place_are_all_seen(shared):
    async def story():
        async with shared.open() as one, shared.open() as other:
            asked = [store.records.change("a", count, 60) for _ in range(50) for store in (one, other)]
            assert sorted(await asyncio.gather(*asked)) == list(range(1, 101))

    asyncio.run(story())


def test_the_sweep_drops_what_has_expired(on_store):
    async def story(store, place):
        await store.records.change("short", keep(b"1"), 60)
        await store.records.change("long", keep(b"2"), 600)
        place.wait_until(place.clock.now + 100)
        await store.sweep(place.clock.now)
        place.clock.now -= 100  # by a clock that is behind it would still be there
        found = [await store.records.change(key, look, 60) for key in ("short", "long")]
        assert found == [None, b"2"]

    on_store(story)


def test_of_too_many_records_in_memory_the_first_to_expire_are_dropped():
    async def story():
        records = MemoryRecords(lambda: 0.0, most=10, most_bytes=100)
        for number in range(20):
            await records.change(str(number), keep(b"x"), 100 + number)
        assert [await records.change(str(number), look, 1) for number in (0, 9, 10, 19)] == [None, None, b"x", b"x"]
        await records.change("large", keep(b"x" * 99), 1)
        assert await records.change("large", look, 1) == b"x" * 99
        assert await records.change("19", look, 1) == b"x"
        assert await records.change("18", look, 1) is None

    asyncio.run(story())


def test_of_too_many_records_in_a_file_the_sweep_drops_the_first_to_expire(place):
    async def story():
        async with place("sqlite").open() as store:
            records = SqliteRecords(store._opened, store._clock, most=1500)
            for number in range(2000):
                await records.change(str(number), keep(b"x"), 100 + number)
            await records.sweep(store._clock())
            assert [await records.change(str(number), look, 1) for number in (0, 999, 1000, 1999)] == [
                None,
                None,
                b"x",
                b"x",
            ]

    asyncio.run(story())


def test_a_session_of_the_same_name_is_none_of_the_records(on_store):
    async def story(store, place):
        await store.turn("record:a", lambda _: (None, Session(expires=place.clock.now + 9)))
        assert await store.records.change("a", look, 60) is None

    on_store(story)
