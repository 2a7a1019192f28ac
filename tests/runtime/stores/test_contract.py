"""What every store of sessions promises, told of each kind."""

import asyncio
import sqlite3
from types import MappingProxyType

import pytest
from msgspec.structs import replace

from engine.runtime.session import Session
from engine.runtime.stores import SessionTooLarge, StoreError
from engine.runtime.stores.contract import LARGEST, VERSION_DAYS, WrittenLater
from engine.runtime.stores.memory import MemoryStore


def test_a_session_is_read_as_it_was_written(on_store, plays):
    async def story(store, place):
        assert await store.turn("call:1", plays.look) is None
        await store.turn("call:1", plays.write(plays.FULL))
        assert await store.turn("call:1", plays.look) == plays.FULL
        assert await store.turn("call:2", plays.look) is None

    on_store(story)


def test_the_result_of_play_comes_back(on_store, plays):
    async def story(store, place):
        assert await store.turn("call:1", lambda before: ("<Response/>", plays.FULL)) == "<Response/>"
        assert await store.turn("call:1", lambda before: ("", None)) == ""

    on_store(story)


def test_none_drops_the_session(on_store, plays):
    async def story(store, place):
        await store.turn("call:1", plays.write(plays.FULL))
        await store.turn("call:1", plays.write(None))
        assert await store.turn("call:1", plays.look) is None
        assert await store.sessions(10) == []

    on_store(story)


def test_what_play_was_given_can_not_be_changed_behind_the_store(on_store, plays):
    """The session that comes in is not written back, even if what it holds was changed in place."""

    def scribble(before: Session | None) -> tuple[None, Session | None]:
        assert before is not None
        before.variables["customer"]["name"] = "somebody else"
        return None, before

    async def story(store, place):
        await store.turn("call:1", plays.write(plays.FULL))
        await store.turn("call:1", scribble)
        assert await store.turn("call:1", plays.look) == plays.FULL

    on_store(story)


def test_turns_of_one_key_see_each_other_in_order(on_store, plays):
    async def story(store, place):
        numbers = await asyncio.gather(*[store.turn("call:1", plays.count) for _ in range(200)])
        assert numbers == list(range(1, 201))

    on_store(story)


def test_many_tasks_count_without_losing_one(on_store, plays):
    async def story(store, place):
        async def caller(number: int) -> None:
            for turn in range(20):
                await store.turn(f"call:{(number + turn) % 7}", plays.count)

        await asyncio.gather(*[caller(number) for number in range(40)])
        assert sum(session.variables["n"] for _, session in await store.sessions(100)) == 800

    on_store(story)


@pytest.mark.parametrize("fault", [ValueError("x"), sqlite3.OperationalError("not the store's"), KeyError("k")])
def test_a_play_that_raises_harms_no_other_turn(on_store, plays, fault):
    def fails(before: Session | None) -> tuple[None, Session]:
        raise fault

    async def story(store, place):
        await store.turn("call:1", plays.write(plays.FULL))
        turns = [store.turn("call:2", plays.count), store.turn("call:1", fails), store.turn("call:2", plays.count)]
        first, raised, second = await asyncio.gather(*turns, return_exceptions=True)
        assert (first, second) == (1, 2)
        assert raised is fault
        assert await store.turn("call:1", plays.look) == plays.FULL

    on_store(story)


def test_a_variable_that_is_no_json_fails_its_own_turn_only(on_store, plays):
    odd = replace(plays.FULL, variables={"x": object()})

    async def story(store, place):
        await store.turn("call:1", plays.write(plays.FULL))
        turns = [
            store.turn("call:2", plays.count),
            store.turn("call:1", plays.write(odd)),
            store.turn("call:2", plays.count),
        ]
        first, raised, second = await asyncio.gather(*turns, return_exceptions=True)
        assert (first, second) == (1, 2)
        assert isinstance(raised, TypeError)
        assert await store.turn("call:1", plays.look) == plays.FULL

    on_store(story)


@pytest.mark.parametrize("text", ["half \ud83d a smile", "Zoë \U0001f600", 'nul \0, quote ", line\u2028', "\udfff" * 3])
def test_any_text_a_caller_can_send_is_kept(on_store, plays, text):
    session = replace(plays.FULL, variables={"said": text}, facts={text: text})

    async def story(store, place):
        await store.turn("sms:1", plays.write(session))
        assert await store.turn("sms:1", plays.look) == session

    on_store(story)


def test_a_view_of_a_mapping_is_kept_like_the_mapping(on_store, plays):
    viewed = replace(
        plays.FULL,
        variables=MappingProxyType(dict(plays.FULL.variables)),
        facts=MappingProxyType(dict(plays.FULL.facts)),
    )

    async def story(store, place):
        await store.turn("call:1", plays.write(viewed))
        assert await store.turn("call:1", plays.look) == plays.FULL

    on_store(story)


def test_a_session_reads_as_none_from_the_moment_it_expires(on_store, plays):
    async def story(store, place):
        await store.turn("call:1", plays.write(plays.FULL))
        place.wait_until(plays.FULL.expires - 1)
        assert await store.turn("call:1", plays.look) == plays.FULL
        place.wait_until(plays.FULL.expires)
        assert await store.turn("call:1", plays.look) is None
        assert await store.sessions(10) == []
        assert await store.drop("call:1") is False
        later = replace(plays.FULL, expires=place.clock.now + plays.DAY)
        await store.turn("call:1", plays.write(later))
        assert await store.turn("call:1", plays.look) == later

    on_store(story)


def test_a_session_that_the_place_still_holds_reads_as_none_all_the_same(on_store, plays):
    """Clocks differ: that of the process decides."""

    async def story(store, place):
        await store.turn("call:1", plays.write(plays.FULL))
        place.clock.now = plays.FULL.expires
        assert await store.turn("call:1", plays.look) is None
        assert await store.sessions(10) == []
        assert await store.drop("call:1") is False
        await store.turn("call:1", plays.write(replace(plays.FULL, expires=place.clock.now + 1)))
        assert (await store.turn("call:1", plays.look)).expires == place.clock.now + 1

    on_store(story)


def test_a_session_of_a_later_version_is_left_as_it_is_until_it_expires(on_store, plays, monkeypatch, caplog):
    """Two versions of the program share a place: the earlier one neither writes nor drops what it cannot read."""
    now_written, later = Session.to_json, plays.FULL.to_json().replace(b'{"format":1,', b'{"format":3,"mood":"new",')

    async def story(store, place):
        def refuses(before):
            raise AssertionError("a turn was played with a session that nobody could read")

        monkeypatch.setattr(Session, "to_json", lambda session: later)
        await store.turn("call:1", plays.write(plays.FULL))
        monkeypatch.setattr(Session, "to_json", now_written)
        await store.turn("call:2", plays.write(plays.FULL))
        for asked in (store.turn("call:1", refuses), store.drop("call:1")):
            with pytest.raises(WrittenLater, match=r"`call:1` is left as it is: .* \(format 3, here 2\)"):
                await asked
        assert [key for key, _ in await store.sessions(10)] == ["call:2"]
        assert await store.sweep(plays.FULL.expires - 1) == 0
        monkeypatch.setattr(Session, "from_json", classmethod(lambda cls, kept: (kept == later and plays.FULL) or None))
        assert await store.turn("call:1", plays.look) == plays.FULL, "not a byte was changed"
        monkeypatch.undo()
        place.wait_until(plays.FULL.expires)
        assert await store.turn("call:1", plays.look) is None
        assert await store.turn("call:1", plays.count) == 1

    on_store(story)
    assert "cannot be read" not in caplog.text


def test_the_sweep_drops_what_has_expired_and_nothing_else(on_store, plays):
    """Also when a session has been prolonged by little, by much, or shortened since it was first written."""

    async def story(store, place):
        async def wait_until(now, dropped):
            place.wait_until(now)
            # What is in Redis it has dropped itself.
            assert await store.sweep(now) == (0 if place.servers else dropped)
            assert await store.sweep(now) == 0
            left = {name.rpartition(":")[2] for _, name in place.names()}
            return left or {key.partition(":")[2] for key, _ in await store.sessions(1000)}

        for number in range(250):
            await store.turn(f"call:{number}", plays.write(plays.FULL))
        for number, longer in [(1, 10.0), (2, 2 * plays.DAY), (3, -plays.DAY / 2), (4, 3599.0)]:
            for step in (longer / 2, longer):
                longer_session = replace(plays.FULL, expires=plays.FULL.expires + step)
                await store.turn(f"call:{number}", plays.write(longer_session))
        every = {str(number) for number in range(250)}
        assert await wait_until(plays.FULL.expires - plays.DAY / 2, 1) == every - {"3"}
        assert await wait_until(plays.FULL.expires, 246) == {"1", "2", "4"}
        assert await wait_until(plays.FULL.expires + 3 * plays.DAY, 3) == set()

    on_store(story)


def test_sessions_are_listed_last_to_expire_first(on_store, plays):
    async def story(store, place):
        for day in (2, 1, 3):
            await store.turn(f"call:{day}", plays.write(replace(plays.FULL, expires=plays.NOON + day * plays.DAY)))
        listed = await store.sessions(2)
        assert [key for key, _ in listed] == ["call:3", "call:2"]
        assert listed[0][1] == replace(plays.FULL, expires=plays.NOON + 3 * plays.DAY)

    on_store(story)


def test_drop_says_whether_there_was_a_session(on_store, plays):
    async def story(store, place):
        await store.turn("call:1", plays.write(plays.FULL))
        assert await store.drop("call:1") is True
        assert await store.drop("call:1") is False

    on_store(story)


def test_versions_are_kept_while_they_are_used(on_store, plays):
    files = {"clinic.yaml": "steps:\n  welcome:\n    - say: Olá\n", "_project.yaml": ""}

    async def story(store, place):
        assert await store.version("v1") is None
        for version in ("v1", "v2", "v3"):
            await store.keep_version(version, files)
        place.wait_until(plays.NOON + (VERSION_DAYS - 1) * plays.DAY)
        await store.keep_version("v1", files)
        assert await store.version("v2") == files
        place.wait_until(plays.NOON + (VERSION_DAYS + 1) * plays.DAY)
        await store.sweep(place.clock.now)
        assert await store.version("v1") == files
        assert await store.version("v2") == files
        assert await store.version("v3") is None

    on_store(story)


def test_a_caller_who_went_away_holds_up_nobody(on_store, plays):
    async def story(store, place):
        gone = asyncio.ensure_future(store.turn("call:1", plays.count))
        stays = asyncio.ensure_future(store.turn("call:2", plays.count))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays == 1
        assert await store.turn("call:2", plays.count) == 2

    on_store(story)


ODD = [
    "+15550100>+15550199",
    "*",
    "call:[1]?",
    "a b\n\x1b[31m",
    "nul \0",
    "Zoë \U0001f600",
    "half \ud83d",
    "{slot}",
    "k" * 5000,
    "'; --",
]


@pytest.mark.parametrize("key", ODD, ids=lambda key: ascii(key)[:20])
def test_any_key_is_a_key_of_its_own(on_store, plays, key):
    async def story(store, place):
        for other in ODD:
            await store.turn(other, plays.write(replace(plays.FULL, variables={"whose": other})))
        assert (await store.turn(key, plays.look)).variables == {"whose": key}
        assert {name for name, _ in await store.sessions(100)} == set(ODD)
        assert await store.drop(key) is True
        assert {name for name, _ in await store.sessions(100)} == set(ODD) - {key}

    on_store(story)


def test_a_session_has_a_largest_size(on_store, plays):
    """What is too large is not written, says so in a sentence that names the variable, and harms no other turn."""
    room = LARGEST - len(replace(plays.FULL, variables={"history": ""}).to_json())

    def history(length):
        return replace(plays.FULL, variables={"history": "x" * length})

    async def story(store, place):
        await store.turn("call:1", plays.write(history(room)))
        turns = [
            store.turn("call:2", plays.count),
            store.turn("call:1", plays.write(history(room + 1))),
            store.turn("call:3", plays.write(history(room + 1))),
            store.turn("call:2", plays.count),
        ]
        first, raised, new, second = await asyncio.gather(*turns, return_exceptions=True)
        assert (first, second) == (1, 2)
        assert isinstance(raised, SessionTooLarge)
        assert str(raised) == (
            "the call would remember 512 kB, most of it in `history` (511 kB); a session may hold 512 kB"
        )
        assert isinstance(new, SessionTooLarge)
        assert await store.turn("call:1", plays.look) == history(room)
        assert await store.turn("call:3", plays.look) is None

    on_store(story)


def test_a_store_is_stopped_twice_without_harm_finishes_what_was_begun_and_starts_again(place, plays):
    async def story(made):
        async with made.open() as store:
            begun = [asyncio.ensure_future(store.turn("call:1", plays.count)) for _ in range(20)]
            await asyncio.sleep(0)
            await store.stop()
            assert await asyncio.gather(*begun) == list(range(1, 21))
            await store.stop()
            if made.kind != "memory":
                for asked in (store.turn("call:1", plays.count), store.sessions(1), store.sessions(0), store.drop("x")):
                    with pytest.raises(StoreError, match="is not open"):
                        await asked
            await store.start()
            assert await store.turn("call:1", plays.count) == 21
        async with made.open() as again:
            assert await again.turn("call:1", plays.count) == (1 if made.kind == "memory" else 22)

    for kind in ("memory", "sqlite", "redis", "cluster"):
        asyncio.run(story(place(kind)))


def test_a_store_says_whether_it_can_be_used(on_store, plays):
    async def story(store, place):
        await store.turn("call:1", plays.write(plays.FULL))
        assert await store.sessions(0) == []

    on_store(story)


def test_a_full_memory_drops_what_expires_first(plays):
    async def story() -> list[str]:
        store = MemoryStore(lambda: plays.NOON, limit=3)
        for day in (4, 1, 3, 2, 5):
            await store.turn(f"call:{day}", plays.write(replace(plays.FULL, expires=plays.NOON + day * plays.DAY)))
        await store.turn("call:5", plays.write(replace(plays.FULL, expires=plays.NOON + 6 * plays.DAY)))
        return [key for key, _ in await store.sessions(10)]

    assert asyncio.run(story()) == ["call:5", "call:4", "call:3"]


def test_a_memory_that_holds_too_many_bytes_drops_the_largest(plays):
    """Strangers who send much do not push out the callers who hold little."""

    async def story() -> tuple[list[str], int]:
        store = MemoryStore(lambda: plays.NOON, bytes_limit=1_000_000)
        for number in range(20):
            await store.turn(f"small:{number}", plays.write(plays.FULL))
        for number in range(50):
            large = replace(plays.FULL, variables={"text": "x" * 200_000})
            await store.turn(f"large:{number}", plays.write(large))
            assert store._bytes <= 1_000_000
        await store.drop("large:49")
        await store.turn("large:48", plays.write(plays.FULL))
        return [key for key, _ in await store.sessions(100)], store._bytes

    keys, left = asyncio.run(story())
    assert {f"small:{number}" for number in range(20)} <= set(keys)
    assert "large:49" not in keys
    assert 0 < left < 1_000_000


def test_a_memory_counts_what_it_holds(plays):
    async def story() -> int:
        store = MemoryStore(lambda: plays.NOON)
        for number in range(10):
            await store.turn(f"call:{number}", plays.write(plays.FULL))
            await store.turn(f"call:{number}", plays.write(replace(plays.FULL, turn=number)))
        for number in range(5):
            await store.drop(f"call:{number}")
            await store.turn(f"call:{number + 5}", lambda _: (None, None))
        await store.sweep(plays.NOON + 400 * plays.DAY)
        return store._bytes

    assert asyncio.run(story()) == 0
