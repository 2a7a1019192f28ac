"""Versions share their texts: each is kept once, before the first version that names it, and for as long as the last."""

import asyncio
import json
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing
from subprocess import PIPE, Popen

import pytest

from engine.runtime.stores import manifests
from engine.runtime.stores.contract import VERSION_DAYS, WrittenLater

SHARED = "steps: {a: [{say: Shared.}]}"


def texts(place, tmp_path):
    """How many texts a place keeps."""
    if place.kind == "sqlite":
        with closing(sqlite3.connect(tmp_path / "calls.sqlite")) as file:
            return file.execute("SELECT count(*) FROM texts").fetchone()[0]
    return sum(name.startswith(f"{place.prefix}text:") for _, name in place.names())


def versions(place, tmp_path):
    """The names of the versions that a place has a manifest of."""
    if place.kind == "sqlite":
        with closing(sqlite3.connect(tmp_path / "calls.sqlite")) as file:
            return {name for (name,) in file.execute("SELECT version FROM manifests")}
    start = f"{place.prefix}manifest:"
    return {name.removeprefix(start) for _, name in place.names() if name.startswith(start)}


def test_a_text_stays_as_long_as_one_version_names_it(shared, plays, tmp_path):
    first = {"a.yaml": "steps: {a: [{say: One.}]}", "b.yaml": SHARED}
    second = {"a.yaml": "steps: {a: [{say: Two.}]}", "b.yaml": SHARED, "c.yaml": SHARED}

    async def wait(store, days):
        shared.wait_until(plays.NOON + days * plays.DAY)
        await store.sweep(shared.clock.now)

    async def story():
        async with shared.open() as store:
            await store.keep_version("v1", first)
            assert texts(shared, tmp_path) == 2
            await wait(store, 10)
        async with shared.open() as store:  # another process, which has not kept anything yet
            await store.keep_version("v2", second)
            assert texts(shared, tmp_path) == 3
            await wait(store, VERSION_DAYS + 5)
            assert await store.version("v1") is None
            assert texts(shared, tmp_path) == 2
            assert await store.version("v2") == second, "its text was first kept for another version"
            await wait(store, 2 * VERSION_DAYS)
            assert await store.version("v2") == second, "asking for it was using it"
            await wait(store, 4 * VERSION_DAYS)
            assert await store.version("v2") is None
            assert texts(shared, tmp_path) == 0

    asyncio.run(story())


def test_a_version_is_kept_whole_at_every_moment(on_store, plays):
    """Kept every few hours, as a server does, a version never loses a text, whenever the sweep comes."""
    files = {f"{number}.yaml": f"steps: {{a: [{{say: {number}.}}]}}" for number in range(5)}

    async def story(store, place):
        for hours in range(0, 40 * 24, 7):
            place.wait_until(plays.NOON + hours * 3600)
            await store.keep_version("v1", files)
            if hours == 21:
                await store.keep_version("v2", {**files, "other.yaml": SHARED})
            await store.sweep(place.clock.now)
        assert await store.version("v1") == files
        assert await store.version("v2") is None

    on_store(story)


@pytest.mark.parametrize("text", ["half \ud83d a smile", "Zoë \U0001f600", "nul \0", ""], ids=ascii)
def test_any_text_and_name_is_kept(on_store, text):
    async def story(store, place):
        files = {f"{text}.yaml": text, "b.yaml": text + " "}
        await store.keep_version("v", files)
        assert await store.version("v") == files

    on_store(story)


def test_of_a_thousand_files_the_one_that_changed_is_written(shared, tmp_path):
    files = {f"{number}.yaml": f"steps: {{a: [{{say: {number}.}}]}}" for number in range(1000)}

    async def story():
        async with shared.open() as store:
            await store.keep_version("v1", files)
            for number in range(10):
                files["7.yaml"] = f"steps: {{a: [{{say: Seven {number}.}}]}}"
                await store.keep_version(f"w{number}", files)
            assert texts(shared, tmp_path) == 1010
            assert await store.version("w9") == files

    asyncio.run(story())


def test_the_last_good_version_of_a_folder_is_known_to_the_next_process(shared, plays):
    async def story():
        async with shared.open() as store:
            assert await store.good("/srv/flows") is None
            await store.keep_good("/srv/flows", "v1")
            await store.keep_good("/srv/Olá", "v2")
            await store.keep_good("/srv/flows", "v3")
        async with shared.open() as store:
            assert (await store.good("/srv/flows"), await store.good("/srv/Olá")) == ("v3", "v2")
            shared.wait_until(plays.NOON + (VERSION_DAYS + 1) * plays.DAY)
            await store.sweep(shared.clock.now)
            assert await store.good("/srv/flows") is None

    asyncio.run(story())


def test_a_manifest_of_a_later_version_is_left_as_it_is(shared, monkeypatch):
    async def story():
        async with shared.open() as store:
            with monkeypatch.context() as patched:
                name = f"engine.runtime.stores.{'sqlite' if shared.kind == 'sqlite' else 'redis'}.written_manifest"
                patched.setattr(name, lambda manifest: json.dumps({"format": 2, "trees": {}}).encode())
                await store.keep_version("v1", {"a.yaml": SHARED})
            for _ in range(2):
                with pytest.raises(WrittenLater, match=r"the version `v1` is left as it is: .* \(format 2, here 1\)"):
                    await store.version("v1")
                await store.keep_version("v1", {"a.yaml": SHARED})

    asyncio.run(story())


def test_a_process_that_ends_between_texts_and_manifest_leaves_no_version(shared, plays, tmp_path, monkeypatch):
    files = {"a.yaml": SHARED, "b.yaml": "steps: {b: [{say: Own.}]}"}

    class Ended(Exception):
        pass

    def ended(_):
        raise Ended

    async def story():
        async with shared.open() as store:
            with monkeypatch.context() as patched:
                name = f"engine.runtime.stores.{'sqlite' if shared.kind == 'sqlite' else 'redis'}.written_manifest"
                patched.setattr(name, ended)
                with pytest.raises(Ended):
                    await store.keep_version("v1", files)
        assert (texts(shared, tmp_path), versions(shared, tmp_path)) == (2, set())
        async with shared.open() as store:  # the process that takes its place
            assert await store.version("v1") is None
            await store.keep_version("v2", files)
            assert await store.version("v2") == files
            assert texts(shared, tmp_path) == 2, "what was written is used"
            shared.wait_until(plays.NOON + (VERSION_DAYS + 5) * plays.DAY)
            await store.sweep(shared.clock.now)
            assert texts(shared, tmp_path) == 0

    asyncio.run(story())


KEEPING = """
import asyncio, sys, time
from engine.runtime.stores import open_store

async def main(url, name):
    store = open_store(url, time.time)
    await store.start()
    for number in range(int(sys.argv[3])):
        files = {f"{one}.yaml": f"text {one % 7} of {number // 2}" for one in range(300)}
        files |= {f"own{one}.yaml": f"text {one} of {name} {number}" for one in range(150)}
        await store.keep_version(f"{name}{number}", files)
        print(number, flush=True)
        await store.sweep(time.time())
    await store.stop()

asyncio.run(main(*sys.argv[1:3]))
"""


def keeping(place, name, rounds):
    return Popen([sys.executable, "-c", KEEPING, place.url, name, str(rounds)], stdout=PIPE, text=True)


def test_a_kill_leaves_no_version_without_its_texts(shared, tmp_path):
    """Killed at any moment, while another process keeps versions with the same texts."""
    other = keeping(shared, "other", 60)
    acknowledged = set()
    for victim in range(6):
        process = keeping(shared, f"victim{victim}-", 1_000)
        with process.stdout:
            process.stdout.readline()
            acknowledged.add(f"victim{victim}-0")
            time.sleep(random.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    rest = other.communicate(timeout=60)[0].split()
    assert other.returncode == 0
    known = versions(shared, tmp_path)
    assert acknowledged | {f"other{number}" for number in rest} <= known

    async def story():
        async with shared.open() as store:
            for name in sorted(known):
                files = await store.version(name)
                assert files is not None, f"{name} lacks a text"
                assert len(files) == 450

    asyncio.run(story())


def test_a_manifest_remembers_hashes_of_the_one_before():
    hashes = manifests.Hashes()
    one, texts_of_one = hashes.manifest({"a": "x", "b": "y", "c": "x"})
    two, _ = hashes.manifest({"a": "x", "b": "z"})
    assert one.files["a"] == one.files["c"] == two.files["a"] != one.files["b"] != two.files["b"]
    assert texts_of_one == {one.files["a"]: "x", one.files["b"]: "y"}
    assert one.sources(texts_of_one) == {"a": "x", "b": "y", "c": "x"}
    assert one.sources({one.files["a"]: "x"}) is None
