"""What is due in sessions is found by every process that shares a store, at its time and no longer than it is due."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
from msgspec.structs import replace

from engine.runtime.session import Session
from engine.runtime.stores import open_store
from engine.runtime.stores.contract import WrittenLater


def due_at(plays, seconds: float, **changes) -> Session:
    return replace(plays.FULL, due=plays.NOON + seconds, expires=plays.NOON + plays.DAY, **changes)


def test_what_is_due_is_told_the_earliest_first(on_store, plays):
    async def story(store, place):
        for number, seconds in enumerate((300.0, 60.0, 7200.0, 120.0)):
            await store.turn(f"a>{number}", plays.write(due_at(plays, seconds)))
        await store.turn("call:1", plays.write(plays.FULL))
        noon = plays.NOON
        assert await store.due(noon, 10) == []
        assert await store.due(noon + 120, 10) == [("a>1", noon + 60), ("a>3", noon + 120)]
        assert await store.due(noon + 400, 2) == [("a>1", noon + 60), ("a>3", noon + 120)]
        assert await store.due(noon + plays.DAY, 10) == [
            ("a>1", noon + 60),
            ("a>3", noon + 120),
            ("a>0", noon + 300),
            ("a>2", noon + 7200),
        ]

    on_store(story)


def test_what_is_due_is_moved_and_taken_away_by_turns(on_store, plays):
    async def story(store, place):
        later = plays.NOON + plays.DAY / 2
        await store.turn("a>b", plays.write(due_at(plays, 60)))
        await store.turn("a>b", plays.write(due_at(plays, 600)))
        assert await store.due(later, 10) == [("a>b", plays.NOON + 600)]
        await store.turn("a>b", plays.write(due_at(plays, 30)))
        assert await store.due(later, 10) == [("a>b", plays.NOON + 30)]
        await store.turn("a>b", plays.write(replace(plays.FULL, due=0.0)))
        assert await store.due(later, 10) == []
        await store.turn("a>b", plays.write(due_at(plays, 90)))
        assert await store.drop("a>b")
        assert await store.due(later, 10) == []

    on_store(story)


def test_many_that_were_answered_in_time_do_not_hide_what_is_due(on_store, plays):
    async def story(store, place):
        for number in range(25):
            await store.turn(f"answered>{number}", plays.write(due_at(plays, 60 + number)))
            await store.turn(f"answered>{number}", plays.write(replace(plays.FULL, due=0.0)))
            await store.turn(f"moved>{number}", plays.write(due_at(plays, 60 + number)))
            await store.turn(f"moved>{number}", plays.write(due_at(plays, 6000)))
        for number in range(5):
            await store.turn(f"a>{number}", plays.write(due_at(plays, 90 + number)))
        until = plays.NOON + 600
        assert await store.due(until, 3) == [(f"a>{number}", plays.NOON + 90 + number) for number in range(3)]
        assert len(await store.due(until, 10)) == 5
        place.wait_until(until)
        assert len(await store.due(until, 10)) == 5
        assert len(await store.due(plays.NOON + 6000, 40)) == 30

    on_store(story)


def test_a_time_that_has_passed_is_told_until_a_turn_takes_it_away(on_store, plays):
    async def story(store, place):
        await store.turn("a>b", plays.write(due_at(plays, 60)))
        place.wait_until(plays.NOON + 3600)
        for _ in range(2):
            assert await store.due(plays.NOON + 3600, 10) == [("a>b", plays.NOON + 60)]
        await store.turn("a>b", plays.write(plays.FULL))
        for _ in range(2):
            assert await store.due(plays.NOON + 3600, 10) == []
        await store.turn("a>b", plays.write(due_at(plays, 60)))
        assert await store.due(plays.NOON + 3600, 10) == [("a>b", plays.NOON + 60)]

    on_store(story)


def test_a_session_is_not_swept_before_what_is_due_in_it(on_store, plays):
    async def story(store, place):
        await store.turn(
            "a>b", plays.write(replace(due_at(plays, 20 * plays.DAY), expires=plays.NOON + 40 * plays.DAY))
        )
        place.wait_until(plays.NOON + 20 * plays.DAY)
        assert await store.sweep(plays.NOON + 20 * plays.DAY) == 0
        assert await store.due(plays.NOON + 20 * plays.DAY, 10) == [("a>b", plays.NOON + 20 * plays.DAY)]

    on_store(story)


@pytest.mark.parametrize("key", ["whatsapp:+15550001111>whatsapp:+15550002222", "Zoë>\ud83d", "a b>c:d"])
def test_a_key_comes_back_as_it_is(on_store, plays, key):
    async def story(store, place):
        await store.turn(key, plays.write(due_at(plays, 60)))
        assert await store.due(plays.NOON + 60, 10) == [(key, plays.NOON + 60)]
        assert await store.turn(key, plays.look) == due_at(plays, 60)

    on_store(story)


def test_another_process_knows_it(shared, plays):
    async def story():
        async with shared.open() as one, shared.open() as other:
            await one.turn("a>b", plays.write(due_at(plays, 60)))
            assert await other.due(plays.NOON + 60, 10) == [("a>b", plays.NOON + 60)]
        async with shared.open() as third:
            assert await third.due(plays.NOON + 60, 10) == [("a>b", plays.NOON + 60)]

    asyncio.run(story())


def test_one_of_a_later_version_is_left_to_it(on_store, plays, monkeypatch):
    """Whether it is told or not, nobody plays it, and the others are told."""
    now_written = Session.to_json
    later = due_at(plays, 60).to_json().replace(b'{"format":2,', b'{"format":9,"mood":"new",')

    async def story(store, place):
        monkeypatch.setattr(Session, "to_json", lambda session: later)
        await store.turn("a>b", plays.write(due_at(plays, 60)))
        monkeypatch.setattr(Session, "to_json", now_written)
        await store.turn("c>d", plays.write(due_at(plays, 90)))
        assert ("c>d", plays.NOON + 90) in await store.due(plays.NOON + 90, 10)
        with pytest.raises(WrittenLater):
            await store.turn("a>b", plays.look)

    on_store(story)


def test_a_store_that_is_not_open_says_so(place, plays):
    from engine.runtime.stores import StoreError

    for kind in ("sqlite", "redis"):
        store = open_store(place(kind).url, lambda: plays.NOON)
        with pytest.raises(StoreError, match="is not open"):
            asyncio.run(store.due(plays.NOON, 1))


def test_a_file_from_before_there_were_timers_gets_them(tmp_path, plays):
    """And a process of before, which does not know of them, goes on writing to it."""
    path = tmp_path / "sessions.sqlite"

    async def store(*works):
        opened = open_store(f"sqlite:///{path}", lambda: plays.NOON)
        await opened.start()
        try:
            return [await work(opened) for work in works]
        finally:
            await opened.stop()

    asyncio.run(store(lambda one: one.turn("call:1", plays.write(plays.FULL))))
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("DROP INDEX sessions_timer")
        file.execute("ALTER TABLE sessions DROP COLUMN timer")
        file.execute("PRAGMA user_version = 2003")
    asyncio.run(
        store(
            lambda one: one.turn("a>b", plays.write(due_at(plays, 60))),
            lambda one: one.turn("c>d", plays.write(due_at(plays, 90))),
        )
    )
    with closing(sqlite3.connect(path)) as file, file:
        assert file.execute("PRAGMA user_version").fetchone() == (2004,)
        # As a process of before answers: without the time, which then stands there for nothing.
        kept = plays.FULL.to_json().decode()
        file.execute("INSERT INTO sessions (key, due, session) VALUES ('call:2', ?, ?)", (plays.FULL.expires, kept))
        file.execute("UPDATE sessions SET session = ? WHERE key = 'a>b'", (kept,))
    found = asyncio.run(
        store(
            lambda one: one.turn("call:1", plays.look),
            lambda one: one.turn("call:2", plays.look),
            lambda one: one.due(plays.NOON + 100, 10),
            lambda one: one.turn("a>b", lambda before: (before.due, before)),
        )
    )
    assert found == [plays.FULL, plays.FULL, [("a>b", plays.NOON + 60), ("c>d", plays.NOON + 90)], 0]
    # Once somebody has looked it is right again.
    assert asyncio.run(store(lambda one: one.due(plays.NOON + 100, 10))) == [[("c>d", plays.NOON + 90)]]
