"""What only a file that processes share must stand."""

import asyncio
import json
import sqlite3
import time
from contextlib import closing

import pytest

from engine.runtime.stores import StoreBusy, StoreError, open_store
from engine.runtime.stores import batches as batches_module


@pytest.fixture
def file(place):
    return place("sqlite")


def start(url):
    async def story():
        store = open_store(url, time.time)
        await store.start()
        await store.stop()

    asyncio.run(story())


def test_the_file_is_made_with_its_folder_for_its_owner_alone(tmp_path):
    start(f"sqlite:///{tmp_path}/a/b/calls.sqlite?synchronous=full")
    assert (tmp_path / "a/b/calls.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_path_that_cannot_be_used_is_one_clear_sentence(tmp_path):
    (tmp_path / "note.txt").write_text("not a database, however long it may be " * 50)
    for path, why in [
        (tmp_path, "Is a directory"),
        (tmp_path / "note.txt", "file is not a database"),
        (tmp_path / "note.txt/calls.sqlite", "Not a directory"),
    ]:
        with pytest.raises(StoreError) as raised:
            start(f"sqlite:///{path}")
        assert str(raised.value) == f"sessions cannot be kept in `{path}`: {why}"
    assert (tmp_path / "note.txt").read_text().startswith("not a database")


def test_the_database_of_another_program_is_left_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as shop:
        shop.execute("CREATE TABLE orders (id)")
    with pytest.raises(StoreError, match="it is the database of another program"):
        start(f"sqlite:///{tmp_path}/shop.sqlite")
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as shop:
        assert shop.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_file_of_a_later_schema_is_left_alone(tmp_path):
    """Unless its schema says that programs of this one can go on using it."""
    url = f"sqlite:///{tmp_path}/calls.sqlite"
    start(url)
    with closing(sqlite3.connect(tmp_path / "calls.sqlite")) as file:
        file.execute("PRAGMA user_version = 2005")
    start(url)
    with closing(sqlite3.connect(tmp_path / "calls.sqlite")) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (2005,)
        file.execute("PRAGMA user_version = 5005")
    with pytest.raises(StoreError, match=r"later version of touchtone \(schema 5, here 4\)$"):
        start(url)


def test_a_file_of_an_earlier_schema_is_brought_to_this_one(tmp_path):
    path = tmp_path / "calls.sqlite"
    first = {"a.yaml": "steps:\n", "b.yaml": "Olá"}
    second = {"a.yaml": "steps: {}\n", "b.yaml": "Olá"}
    with closing(sqlite3.connect(path)) as file:
        file.executescript(
            "CREATE TABLE sessions"
            " (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, due REAL NOT NULL, session TEXT NOT NULL);"
            "CREATE INDEX sessions_due ON sessions (due);"
            "CREATE TABLE versions (version TEXT PRIMARY KEY, kept REAL NOT NULL, sources TEXT NOT NULL);"
            "PRAGMA application_id = 1416590691; PRAGMA user_version = 1;"
        )
        kept = json.dumps({"turn": 3, "variables": {"n": 3}, "expires": 4e9})
        file.execute("INSERT INTO sessions VALUES (1, 'CA1', 4e9, ?)", (kept,))
        for version, sources in (("v1", first), ("v2", second)):
            file.execute("INSERT INTO versions VALUES (?, ?, ?)", (version, 1.8e9, json.dumps(sources)))
        file.commit()

    async def story():
        for _ in range(2):
            store = open_store(f"sqlite:///{path}", lambda: 1.8e9)
            await store.start()
            assert (await store.version("v1"), await store.version("v2")) == (first, second)
            assert (await store.turn("CA1", lambda before: (before, before))).variables == {"n": 3}
            await store.stop()

    asyncio.run(story())
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM texts").fetchone() == (3,)
        assert file.execute("PRAGMA user_version").fetchone() == (2004,)
        names = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert names == {"records", "sessions", "texts", "manifests", "good"}


def test_an_unreadable_row_is_swept_too(tmp_path, file, plays):
    async def story():
        async with file.open() as store:
            await store.turn("call:1", plays.write(plays.FULL))
            with closing(sqlite3.connect(tmp_path / "calls.sqlite", isolation_level=None)) as other:
                other.execute("UPDATE sessions SET session = 'x'")
            assert await store.sessions(10) == []
            assert await store.sweep(plays.FULL.expires) == 1
            assert await store.sweep(plays.FULL.expires) == 0

    asyncio.run(story())


def test_while_another_process_writes_the_turn_waits_and_the_loop_does_not(tmp_path, file, plays):
    async def story():
        async with file.open() as store:
            with closing(sqlite3.connect(tmp_path / "calls.sqlite", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                turns = [asyncio.ensure_future(store.turn("call:1", plays.count)) for _ in range(3)]
                done, _ = await asyncio.wait(turns, timeout=0.02)
                assert not done
                other.execute("COMMIT")
                assert await asyncio.gather(*turns) == [1, 2, 3]

    asyncio.run(story())


def test_patience_ends_and_begins_anew(tmp_path, file, plays):
    """Turns are given up while the file stays locked, unplayed; the next ones get all the time again."""
    played = []

    class Impatient(asyncio.SelectorEventLoop):
        """Its clock runs a thousand times too fast."""

        def time(self):
            return super().time() * 1000

    async def story():
        async with file.open() as store:
            with closing(sqlite3.connect(tmp_path / "calls.sqlite", isolation_level=None)) as other:

                def play(before):
                    played.append(before)
                    return None, plays.FULL

                for _ in range(2):
                    other.execute("BEGIN IMMEDIATE")
                    turns = [store.turn("call:1", play) for _ in range(2)]
                    raised = await asyncio.gather(*turns, return_exceptions=True)
                    assert [type(fault) for fault in raised] == [StoreBusy, StoreBusy]
                    assert str(raised[0]).endswith("was locked by other processes for 5 seconds")
                    other.execute("COMMIT")
                    assert await store.turn("call:2", plays.look) is None

    with asyncio.Runner(loop_factory=Impatient) as runner:
        runner.run(story())
    assert not played


def test_a_transaction_that_fails_is_undone_for_all_of_it_and_the_store_goes_on(tmp_path, file, plays):
    async def story():
        async with file.open() as store:
            with closing(sqlite3.connect(tmp_path / "calls.sqlite", isolation_level=None)) as other:
                other.execute(
                    "CREATE TRIGGER full BEFORE INSERT ON sessions WHEN new.key = 'call:2'"
                    " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
                )
            turns = [store.turn(f"call:{number}", plays.count) for number in (1, 2, 3)]
            raised = await asyncio.gather(*turns, return_exceptions=True)
            assert [type(fault) for fault in raised] == [StoreError] * 3
            assert str(raised[0]) == f"sessions cannot be kept in `{tmp_path}/calls.sqlite`: disk full"
            assert await store.sessions(10) == []
            assert await store.turn("call:1", plays.count) == 1

    asyncio.run(story())


def test_a_batch_is_bounded_and_the_rest_follows(tmp_path, file, plays):
    """The lock is let go between batches: another connection sees the first before the last is played."""
    seen = []
    many = 3 * batches_module.BATCH

    async def story():
        async with file.open() as store:
            with closing(sqlite3.connect(tmp_path / "calls.sqlite", isolation_level=None)) as other:

                def watch(before):
                    (committed,) = other.execute("SELECT count(*) FROM sessions").fetchone()
                    seen.append(committed)
                    return None, plays.FULL

                await asyncio.gather(*[store.turn(f"call:{number}", watch) for number in range(many)])

    asyncio.run(story())
    assert sorted(set(seen)) == [0, batches_module.BATCH, 2 * batches_module.BATCH]


def test_the_log_is_moved_into_the_file_in_the_background(tmp_path, file, plays):
    """Polls until a checkpoint was made by the store's own thread, while turns go on."""

    async def story():
        async with file.open() as store:
            before = (tmp_path / "calls.sqlite").stat().st_size
            async with asyncio.timeout(20):
                number = 0
                while (tmp_path / "calls.sqlite").stat().st_size <= before:
                    number += 100
                    await asyncio.gather(*[store.turn(f"call:{number + i}", plays.count) for i in range(100)])
            assert len(await store.sessions(100_000)) == number

    asyncio.run(story())
