"""What every store of sessions promises, over all of them; and what only a file shared by processes must stand."""

import asyncio
import json
import logging
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from threading import Thread
from types import MappingProxyType

import pytest

from engine.runtime.session import Session
from engine.runtime.stores import STORES, Store, StoreBusy, StoreError, open_store
from engine.runtime.stores import batches as batches_module
from engine.runtime.stores.contract import VERSION_DAYS
from engine.runtime.stores.memory import MemoryStore

NOON = 1_800_000_000.0
DAY = 86400.0

FULL = Session(
    turn=3,
    variables={"visits": 3, "customer": {"name": "Zoë", "vip": True}, "none": None, "ratio": 0.5},
    entered=("clinic", "billing"),
    questions=("clinic/menu",),
    facts={"From": "+15550100"},
    replies=(("f" * 16, 3, '<?xml version="1.0"?>\n<Response/>'),),
    expires=NOON + DAY,
)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def url_of(scheme: str, folder: Path) -> str:
    return {"memory": "memory:", "sqlite": f"sqlite:///{folder}/calls.sqlite"}[scheme]


@asynccontextmanager
async def opened(url: str, clock: Callable[[], float]) -> AsyncIterator[Store]:
    store = open_store(url, clock)
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


Story = Callable[[Store, Clock], Awaitable[None]]
Play = Callable[[Story], None]


@pytest.fixture(params=sorted(STORES))
def on_store(request: pytest.FixtureRequest, tmp_path: Path) -> Play:
    """Runs a story on a new store of each kind."""

    async def tell(story: Story) -> None:
        clock = Clock()
        async with opened(url_of(request.param, tmp_path), clock) as store:
            await story(store, clock)

    return lambda story: asyncio.run(tell(story))


def write(session: Session | None) -> Callable[[Session | None], tuple[None, Session | None]]:
    return lambda before: (None, session)


def look(before: Session | None) -> tuple[Session | None, Session | None]:
    return before, before


def count(before: Session | None) -> tuple[int, Session]:
    session = before or Session(variables={"n": 0}, expires=NOON + DAY)
    number = session.variables["n"] + 1
    return number, replace(session, variables={"n": number})


def test_a_session_is_read_as_it_was_written(on_store: Play) -> None:
    async def story(store: Store, clock: Clock) -> None:
        assert await store.turn("call:1", look) is None
        await store.turn("call:1", write(FULL))
        assert await store.turn("call:1", look) == FULL
        assert await store.turn("call:2", look) is None

    on_store(story)


def test_the_result_of_play_comes_back(on_store: Play) -> None:
    async def story(store: Store, clock: Clock) -> None:
        assert await store.turn("call:1", lambda before: ("<Response/>", FULL)) == "<Response/>"
        assert await store.turn("call:1", lambda before: ("", None)) == ""

    on_store(story)


def test_none_drops_the_session(on_store: Play) -> None:
    async def story(store: Store, clock: Clock) -> None:
        await store.turn("call:1", write(FULL))
        await store.turn("call:1", write(None))
        assert await store.turn("call:1", look) is None
        assert await store.sessions(10) == []

    on_store(story)


def test_what_play_was_given_can_not_be_changed_behind_the_store(on_store: Play) -> None:
    """The session that comes in is not written back, even if what it holds was changed in place."""

    def scribble(before: Session | None) -> tuple[None, Session | None]:
        assert before is not None
        before.variables["customer"]["name"] = "somebody else"
        return None, before

    async def story(store: Store, clock: Clock) -> None:
        await store.turn("call:1", write(FULL))
        await store.turn("call:1", scribble)
        assert await store.turn("call:1", look) == FULL

    on_store(story)


def test_turns_of_one_key_see_each_other_in_order(on_store: Play) -> None:
    async def story(store: Store, clock: Clock) -> None:
        numbers = await asyncio.gather(*[store.turn("call:1", count) for _ in range(200)])
        assert numbers == list(range(1, 201))

    on_store(story)


def test_many_tasks_count_without_losing_one(on_store: Play) -> None:
    async def story(store: Store, clock: Clock) -> None:
        async def caller(number: int) -> None:
            for turn in range(20):
                await store.turn(f"call:{(number + turn) % 7}", count)

        await asyncio.gather(*[caller(number) for number in range(40)])
        assert sum(session.variables["n"] for _, session in await store.sessions(100)) == 800

    on_store(story)


@pytest.mark.parametrize("fault", [ValueError("x"), sqlite3.OperationalError("not the store's"), KeyError("k")])
def test_a_play_that_raises_harms_no_other_turn(on_store: Play, fault: Exception) -> None:
    def fails(before: Session | None) -> tuple[None, Session]:
        raise fault

    async def story(store: Store, clock: Clock) -> None:
        await store.turn("call:1", write(FULL))
        turns = [store.turn("call:2", count), store.turn("call:1", fails), store.turn("call:2", count)]
        first, raised, second = await asyncio.gather(*turns, return_exceptions=True)
        assert (first, second) == (1, 2)
        assert raised is fault
        assert await store.turn("call:1", look) == FULL

    on_store(story)


def test_a_variable_that_is_no_json_fails_its_own_turn_only(on_store: Play) -> None:
    odd = replace(FULL, variables={"x": object()})

    async def story(store: Store, clock: Clock) -> None:
        await store.turn("call:1", write(FULL))
        turns = [store.turn("call:2", count), store.turn("call:1", write(odd)), store.turn("call:2", count)]
        first, raised, second = await asyncio.gather(*turns, return_exceptions=True)
        assert (first, second) == (1, 2)
        assert isinstance(raised, TypeError)
        assert await store.turn("call:1", look) == FULL

    on_store(story)


@pytest.mark.parametrize("text", ["half \ud83d a smile", "Zoë \U0001f600", 'nul \0, quote ", line\u2028', "\udfff" * 3])
def test_any_text_a_caller_can_send_is_kept(on_store: Play, text: str) -> None:
    session = replace(FULL, variables={"said": text}, facts={text: text})

    async def story(store: Store, clock: Clock) -> None:
        await store.turn("sms:1", write(session))
        assert await store.turn("sms:1", look) == session

    on_store(story)


def test_a_view_of_a_mapping_is_kept_like_the_mapping(on_store: Play) -> None:
    viewed = replace(FULL, variables=MappingProxyType(dict(FULL.variables)), facts=MappingProxyType(dict(FULL.facts)))

    async def story(store: Store, clock: Clock) -> None:
        await store.turn("call:1", write(viewed))
        assert await store.turn("call:1", look) == FULL

    on_store(story)


def test_a_session_reads_as_none_from_the_moment_it_expires(on_store: Play) -> None:
    async def story(store: Store, clock: Clock) -> None:
        await store.turn("call:1", write(FULL))
        clock.now = FULL.expires - 1
        assert await store.turn("call:1", look) == FULL
        clock.now = FULL.expires
        assert await store.turn("call:1", look) is None
        assert await store.sessions(10) == []
        assert await store.drop("call:1") is False
        later = replace(FULL, expires=clock.now + DAY)
        await store.turn("call:1", write(later))
        assert await store.turn("call:1", look) == later

    on_store(story)


def test_the_sweep_drops_what_has_expired_and_nothing_else(on_store: Play) -> None:
    """Also when a session has been prolonged by little, by much, or shortened since it was first written."""

    async def story(store: Store, clock: Clock) -> None:
        for number in range(250):
            await store.turn(f"call:{number}", write(FULL))
        for number, longer in [(1, 10.0), (2, 2 * DAY), (3, -DAY / 2), (4, 3599.0)]:
            for step in (longer / 2, longer):
                await store.turn(f"call:{number}", write(replace(FULL, expires=FULL.expires + step)))
        assert await store.sweep(FULL.expires - DAY / 2) == 1
        assert await store.sweep(FULL.expires) == 246
        assert await store.sweep(FULL.expires) == 0
        left = await store.sessions(10)
        assert {key for key, _ in left} == {"call:1", "call:2", "call:4"}
        assert await store.sweep(FULL.expires + 3 * DAY) == 3

    on_store(story)


def test_sessions_are_listed_last_to_expire_first(on_store: Play) -> None:
    async def story(store: Store, clock: Clock) -> None:
        for day in (2, 1, 3):
            await store.turn(f"call:{day}", write(replace(FULL, expires=NOON + day * DAY)))
        listed = await store.sessions(2)
        assert [key for key, _ in listed] == ["call:3", "call:2"]
        assert listed[0][1] == replace(FULL, expires=NOON + 3 * DAY)

    on_store(story)


def test_drop_says_whether_there_was_a_session(on_store: Play) -> None:
    async def story(store: Store, clock: Clock) -> None:
        await store.turn("call:1", write(FULL))
        assert await store.drop("call:1") is True
        assert await store.drop("call:1") is False

    on_store(story)


def test_versions_are_kept_while_they_are_used(on_store: Play) -> None:
    files = {"clinic.yaml": "steps:\n  welcome:\n    - say: Olá\n", "_project.yaml": ""}

    async def story(store: Store, clock: Clock) -> None:
        assert await store.version("v1") is None
        for version in ("v1", "v2", "v3"):
            await store.keep_version(version, files)
        clock.now += (VERSION_DAYS - 1) * DAY
        await store.keep_version("v1", files)
        assert await store.version("v2") == files
        await store.sweep(NOON + (VERSION_DAYS + 1) * DAY)
        assert await store.version("v1") == files
        assert await store.version("v2") == files
        assert await store.version("v3") is None

    on_store(story)


def test_a_caller_who_went_away_holds_up_nobody(on_store: Play) -> None:
    async def story(store: Store, clock: Clock) -> None:
        gone = asyncio.ensure_future(store.turn("call:1", count))
        stays = asyncio.ensure_future(store.turn("call:2", count))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays == 1
        assert await store.turn("call:2", count) == 2

    on_store(story)


def test_a_full_memory_drops_what_expires_first() -> None:
    async def story() -> list[str]:
        store = MemoryStore(Clock(), limit=3)
        for day in (4, 1, 3, 2, 5):
            await store.turn(f"call:{day}", write(replace(FULL, expires=NOON + day * DAY)))
        await store.turn("call:5", write(replace(FULL, expires=NOON + 6 * DAY)))
        return [key for key, _ in await store.sessions(10)]

    assert asyncio.run(story()) == ["call:5", "call:4", "call:3"]


# -- addresses ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqllite:///x", "`sqllite:` names no store: known are `memory:`, `sqlite:`; did you mean `sqlite:`?"),
        ("carrier-pigeon:", "`carrier-pigeon:` names no store: known are `memory:`, `sqlite:`"),
        ("memory", "this URL names no store: known are `memory:`, `sqlite:`; did you mean `memory:`?"),
        ("redis://me:SECRET@host", "`redis:` names no store: known are `memory:`, `sqlite:`"),
        ("me SECRET:x", "this URL names no store: known are `memory:`, `sqlite:`"),
        ("memory://SECRET", "the store `memory:` has no address behind it: write `memory:`"),
        (
            "sqlite://me:SECRET@calls.sqlite",
            "the store's URL names no file: "
            "write `sqlite:///relative/path.sqlite` or `sqlite:////absolute/path.sqlite`",
        ),
        (
            "sqlite:///",
            "the store's URL names no file: write `sqlite:///relative/path.sqlite` or `sqlite:////absolute/path.sqlite`",
        ),
        (
            "sqlite:///x?syncronous=full",
            "`sqlite:///x` has an unknown option: known is `synchronous`; did you mean `synchronous`?",
        ),
        ("sqlite:///x?SECRET=1", "`sqlite:///x` has an unknown option: known is `synchronous`"),
        ("sqlite:///x?synchronous=SECRET", "`sqlite:///x`: `synchronous` must be `normal` or `full`"),
    ],
)
def test_a_url_that_names_no_store_is_explained(url: str, message: str) -> None:
    with pytest.raises(StoreError) as raised:
        open_store(url)
    assert str(raised.value) == message


def start(url: str) -> None:
    async def story() -> None:
        async with opened(url, Clock()):
            pass

    asyncio.run(story())


def test_the_file_is_made_with_its_folder_for_its_owner_alone(tmp_path: Path) -> None:
    start(f"sqlite:///{tmp_path}/a/b/calls.sqlite?synchronous=full")
    assert (tmp_path / "a/b/calls.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_path_that_cannot_be_used_is_one_clear_sentence(tmp_path: Path) -> None:
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


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as shop:
        shop.execute("CREATE TABLE orders (id)")
    with pytest.raises(StoreError, match="it is the database of another program"):
        start(f"sqlite:///{tmp_path}/shop.sqlite")
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as shop:
        assert shop.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_file_of_a_later_schema_is_left_alone(tmp_path: Path) -> None:
    url = url_of("sqlite", tmp_path)
    start(url)
    with closing(sqlite3.connect(tmp_path / "calls.sqlite")) as file:
        file.execute("PRAGMA user_version = 9")
    with pytest.raises(StoreError, match=r"another version of touchtone \(schema 9, here 1\)$"):
        start(url)


def test_a_store_that_is_closed_says_so(tmp_path: Path) -> None:
    async def story() -> None:
        store = open_store(url_of("sqlite", tmp_path), Clock())
        await store.start()
        last = asyncio.ensure_future(store.turn("call:1", count))
        await asyncio.sleep(0)
        await store.stop()
        await store.stop()
        assert await last == 1, "what was taken before is finished"
        with pytest.raises(StoreError, match="is not open"):
            await store.turn("call:1", count)

    asyncio.run(story())


# -- a file that others touch -----------------------------------------------------------------------------------------------------

GOOD = FULL.to_json()


@pytest.mark.parametrize(
    "row",
    [
        "{not json",
        "null",
        "[]",
        '"text"',
        "{}",
        "7",
        b"\xff\xfe{}",
        12,
        GOOD[:-1],
        GOOD + " ",
        GOOD + GOOD,
        "[" * 100_000,
        json.dumps({**json.loads(GOOD), "turn": "3"}),
        json.dumps({**json.loads(GOOD), "variables": []}),
        json.dumps({**json.loads(GOOD), "entered": "clinic"}),
        json.dumps({**json.loads(GOOD), "replies": [["f", 1]]}),
        json.dumps({**json.loads(GOOD), "replies": [7]}),
        json.dumps({**json.loads(GOOD), "expires": None}),
        json.dumps({**json.loads(GOOD), "mood": "new"}),
        json.dumps({name: part for name, part in json.loads(GOOD).items() if name != "facts"}),
    ],
    ids=lambda row: repr(row)[:20],
)
def test_a_row_that_cannot_be_read_is_absent_and_logged_once(
    tmp_path: Path, row: object, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with opened(url_of("sqlite", tmp_path), Clock()) as store:
            await store.turn("call:1", write(FULL))
            await store.turn("call:2", write(FULL))
            with closing(sqlite3.connect(tmp_path / "calls.sqlite", isolation_level=None)) as other:
                text = row.decode("latin-1") if isinstance(row, bytes) else row
                other.execute("UPDATE sessions SET session = ? WHERE key = 'call:1'", (text,))
                if isinstance(row, bytes):
                    other.execute("UPDATE sessions SET session = CAST(? AS TEXT) WHERE key = 'call:1'", (row,))
            turns = [store.turn("call:2", look), store.turn("call:1", look), store.turn("call:1", look)]
            assert await asyncio.gather(*turns) == [FULL, None, None]
            assert await store.turn("call:1", count) == 1
            assert await store.turn("call:1", count) == 2

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert [record.getMessage().partition(" cannot")[0] for record in caplog.records] == ["the session `call:1`"]


def test_an_unreadable_row_is_swept_too(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(url_of("sqlite", tmp_path), Clock()) as store:
            await store.turn("call:1", write(FULL))
            with closing(sqlite3.connect(tmp_path / "calls.sqlite", isolation_level=None)) as other:
                other.execute("UPDATE sessions SET session = 'x'")
            assert await store.sessions(10) == []
            assert await store.sweep(FULL.expires) == 1
            assert await store.sweep(FULL.expires) == 0

    asyncio.run(story())


def test_while_another_process_writes_the_turn_waits_and_the_loop_does_not(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(url_of("sqlite", tmp_path), Clock()) as store:
            with closing(sqlite3.connect(tmp_path / "calls.sqlite", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                turns = [asyncio.ensure_future(store.turn("call:1", count)) for _ in range(3)]
                done, _ = await asyncio.wait(turns, timeout=0.02)
                assert not done
                other.execute("COMMIT")
                assert await asyncio.gather(*turns) == [1, 2, 3]

    asyncio.run(story())


def test_patience_ends_and_begins_anew(tmp_path: Path) -> None:
    """Turns are given up while the file stays locked, unplayed; the next ones get all the time again."""
    played: list[Session | None] = []

    class Impatient(asyncio.SelectorEventLoop):
        """Its clock runs a thousand times too fast."""

        def time(self) -> float:
            return super().time() * 1000

    async def story() -> None:
        async with opened(url_of("sqlite", tmp_path), Clock()) as store:
            with closing(sqlite3.connect(tmp_path / "calls.sqlite", isolation_level=None)) as other:

                def play(before: Session | None) -> tuple[None, Session]:
                    played.append(before)
                    return None, FULL

                for _ in range(2):
                    other.execute("BEGIN IMMEDIATE")
                    turns = [store.turn("call:1", play) for _ in range(2)]
                    raised = await asyncio.gather(*turns, return_exceptions=True)
                    assert [type(fault) for fault in raised] == [StoreBusy, StoreBusy]
                    assert str(raised[0]).endswith("was locked by other processes for 5 seconds")
                    other.execute("COMMIT")
                    assert await store.turn("call:2", look) is None

    with asyncio.Runner(loop_factory=Impatient) as runner:
        runner.run(story())
    assert not played


def test_a_transaction_that_fails_is_undone_for_all_of_it_and_the_store_goes_on(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(url_of("sqlite", tmp_path), Clock()) as store:
            with closing(sqlite3.connect(tmp_path / "calls.sqlite", isolation_level=None)) as other:
                other.execute(
                    "CREATE TRIGGER full BEFORE INSERT ON sessions WHEN new.key = 'call:2'"
                    " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
                )
            turns = [store.turn(f"call:{number}", count) for number in (1, 2, 3)]
            raised = await asyncio.gather(*turns, return_exceptions=True)
            assert [type(fault) for fault in raised] == [StoreError] * 3
            assert str(raised[0]) == f"sessions cannot be kept in `{tmp_path}/calls.sqlite`: disk full"
            assert await store.sessions(10) == []
            assert await store.turn("call:1", count) == 1

    asyncio.run(story())


def test_a_batch_is_bounded_and_the_rest_follows(tmp_path: Path) -> None:
    """The lock is let go between batches: another connection sees the first before the last is played."""
    seen: list[int] = []
    many = 3 * batches_module.BATCH

    async def story() -> None:
        async with opened(url_of("sqlite", tmp_path), Clock()) as store:
            with closing(sqlite3.connect(tmp_path / "calls.sqlite", isolation_level=None)) as other:

                def watch(before: Session | None) -> tuple[None, Session]:
                    (committed,) = other.execute("SELECT count(*) FROM sessions").fetchone()
                    seen.append(committed)
                    return None, FULL

                await asyncio.gather(*[store.turn(f"call:{number}", watch) for number in range(many)])

    asyncio.run(story())
    assert sorted(set(seen)) == [0, batches_module.BATCH, 2 * batches_module.BATCH]


def test_the_log_is_moved_into_the_file_in_the_background(tmp_path: Path) -> None:
    """Polls until a checkpoint was made by the store's own thread, while turns go on."""

    async def story() -> None:
        async with opened(url_of("sqlite", tmp_path), Clock()) as store:
            before = (tmp_path / "calls.sqlite").stat().st_size
            async with asyncio.timeout(20):
                number = 0
                while (tmp_path / "calls.sqlite").stat().st_size <= before:
                    number += 100
                    await asyncio.gather(*[store.turn(f"call:{number + i}", count) for i in range(100)])
            assert len(await store.sessions(100_000)) == number

    asyncio.run(story())


def test_two_threads_with_a_loop_each_share_the_file(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(url_of("sqlite", tmp_path), Clock()) as store:
            for _ in range(50):
                await asyncio.gather(store.turn("call:1", count), store.turn("call:1", count))

    threads = [Thread(target=lambda: asyncio.run(story())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(tmp_path) == 200


def counted(folder: Path) -> int:
    """What the sessions in the file have counted together."""

    async def story() -> int:
        async with opened(url_of("sqlite", folder), Clock()) as store:
            return sum(session.variables["n"] for _, session in await store.sessions(1000))

    return asyncio.run(story())


COUNTING = """
import asyncio, sys
from dataclasses import replace
from engine.runtime.session import Session
from engine.runtime.stores import open_store

def count(before):
    session = before or Session(variables={"n": 0}, expires=4e9)
    return session.variables["n"] + 1, replace(session, variables={"n": session.variables["n"] + 1})

async def main(url, key, rounds, together):
    store = open_store(url)
    await store.start()
    for _ in range(rounds):
        for number in await asyncio.gather(*[store.turn(key, count) for _ in range(together)]):
            print(number, flush=True)
    await store.stop()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
"""


def counting(folder: Path, key: str, rounds: int, together: int) -> "subprocess.Popen[str]":
    """A process that counts on a key and prints each number that was acknowledged."""
    arguments = [url_of("sqlite", folder), key, str(rounds), str(together)]
    return subprocess.Popen([sys.executable, "-c", COUNTING, *arguments], stdout=subprocess.PIPE, text=True)


def test_processes_that_count_on_one_key_lose_nothing(tmp_path: Path) -> None:
    """They also open, and so make, the file at the same time."""
    processes = [counting(tmp_path, "call:1", 50, 5) for _ in range(3)]
    numbers = [int(line) for process in processes for line in process.communicate(timeout=60)[0].split()]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(numbers) == list(range(1, 751)), "no two turns gave the same number"
    assert counted(tmp_path) == 750


def test_a_killed_process_loses_no_acknowledged_turn(tmp_path: Path) -> None:
    other = counting(tmp_path, "call:2", 200, 1)
    victim = counting(tmp_path, "call:1", 1_000_000, 3)
    assert victim.stdout is not None
    acknowledged = 0
    with victim.stdout:
        while acknowledged < 2000:
            acknowledged = int(victim.stdout.readline())
        victim.send_signal(signal.SIGKILL)
        rest = victim.stdout.read().splitlines(keepends=True)
    assert victim.wait() == -signal.SIGKILL
    acknowledged = max([acknowledged, *[int(line) for line in rest if line.endswith("\n")]])
    other.communicate(timeout=60)
    assert other.returncode == 0
    with closing(sqlite3.connect(tmp_path / "calls.sqlite")) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    async def story() -> None:
        async with opened(url_of("sqlite", tmp_path), Clock()) as store:
            session = await store.turn("call:1", look)
            assert session is not None
            assert session.variables["n"] >= acknowledged
            assert session.variables["n"] <= acknowledged + 3, "nothing was played twice"
            assert await store.turn("call:2", count) == 201

    asyncio.run(story())
