"""Files are saved in any order, with errors and without, while callers call: what is live links clean, and is heard as it was saved."""

import asyncio
import re
import time
from contextlib import asynccontextmanager
from itertools import count

import pytest
from starlette.testclient import TestClient

from engine.commands.common import utc_now
from engine.program.library import Library, load_sources, load_version
from engine.runtime.stores import StoreBusy, open_store
from engine.server.loading import FolderLoader
from engine.server.service import Service
from engine.server.settings import Settings
from tests.server.test_service import serve

SORRY = "We are sorry"
A = "steps: {{a: [{{say: a{0}.}}, {{redirect: b/{1}}}]}}\n"
B = "steps: {{first: [{{say: First.}}], {1}: [{{say: b{0}.}}]}}\n"
BROKEN = "steps: {c: [{sya: Hi.}]}\n"
STEP = {1: "old", 2: "new"}


def a(number):
    return A.format(number, STEP[number])


def b(number):
    return B.format(number, STEP[number])


class Kept:
    """A store that has every version that was published, to be read again from its texts."""

    def __init__(self, store):
        self.store, self.versions = store, {}

    def __getattr__(self, name):
        return getattr(self.store, name)

    async def keep_version(self, version, sources):
        self.versions[version] = {}
        await self.store.keep_version(version, sources)

    async def check(self, absent=()):
        """Loads every version that was published, in which nothing leads to flows that are `absent`."""
        for version in self.versions:
            sources = await self.store.version(version)
            assert load_version(sources).version == version
            if not absent:
                assert not load_sources(sources).report.errors, sources


@asynccontextmanager
async def served(folder, **options):
    """A served folder with what callers of `a` hear all the time; at the end every version that was live is loaded."""
    store = Kept(open_store("memory:", time.time))
    async with serve(folder, store, **options) as made:
        made.heard, stop, numbers = [], asyncio.Event(), count()

        async def call():
            number = 0
            while not stop.is_set():
                number += 1
                status, twiml = await made.ask("/flows/a", CallSid=f"CA{number}")
                assert status == 200
                made.heard.append(" ".join(re.findall(r"<Say>([^<]*)\.<", twiml)))
                await asyncio.sleep(0.005)

        async def hears(words, flow="a"):
            until, answer = asyncio.get_running_loop().time() + 10, ""
            while words not in answer:
                assert asyncio.get_running_loop().time() < until, (words, answer)
                _, answer = await made.ask(f"/flows/{flow}", CallSid=f"CB{next(numbers)}")
                await asyncio.sleep(0.01)

        made.hears = hears
        calling = asyncio.create_task(call())
        try:
            yield made
        finally:
            stop.set()
            await calling
    await store.check()


@pytest.fixture
def folder(tmp_path):
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "a.yaml").write_text(a(1))
    (flows / "b.yaml").write_text(b(1))
    return flows


def run(play):
    asyncio.run(play())


def test_a_broken_file_does_not_keep_others_from_going_live(folder):
    async def play():
        async with served(folder) as made:
            (folder / "c.yaml").write_text(BROKEN)
            await made.told()
            (folder / "a.yaml").write_text(a(1).replace("a1", "a9"))
            await made.hears("a9")
            assert SORRY in (await made.ask("/flows/c", CallSid="CAc"))[1]
            (folder / "c.yaml").write_text(BROKEN.replace("sya", "say"))
            await made.hears("Hi.", "c")
        assert set(made.heard) <= {"a1 b1", "a9 b1"}

    run(play)


def test_a_file_that_gets_an_error_stays_as_it_was_and_others_go_on(folder):
    async def play():
        async with served(folder) as made:
            (folder / "b.yaml").write_text(b(1).replace("say: b1", "sya: b5"))
            loaded = await made.told()
            assert [(one.file, one.because, one.served) for one in loaded.held] == [("b.yaml", (), True)]
            (folder / "a.yaml").write_text(a(1).replace("a1", "a9"))
            await made.hears("a9")
        assert set(made.heard) <= {"a1 b1", "a9 b1"}

    run(play)


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_step_that_is_renamed_in_two_files_goes_live_with_the_second(folder, order):
    async def play():
        async with served(folder) as made:
            texts = {"a": a(2), "b": b(2)}
            (folder / f"{order[0]}.yaml").write_text(texts[order[0]])
            loaded = await made.told()
            assert [(one.file, one.because) for one in loaded.held] == [(f"{order[0]}.yaml", (f"{order[1]}.yaml",))]
            assert "a1" in (await made.ask("/flows/a"))[1]
            (folder / f"{order[1]}.yaml").write_text(texts[order[1]])
            await made.hears("a2")
        assert set(made.heard) <= {"a1 b1", "a2 b2"}

    run(play)


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize("pause", [0, 0.02, 0.2])
def test_two_files_that_are_saved_shortly_after_one_another_are_never_heard_in_part(folder, order, pause):
    async def play():
        async with served(folder) as made:
            for number in (2, 1, 2):
                texts = {"a": a(number), "b": b(number)}
                for name in order:
                    (folder / f"{name}.yaml").write_text(texts[name])
                    await asyncio.sleep(pause)
                await made.hears(f"a{number}")
        assert set(made.heard) <= {"a1 b1", "a2 b2"}

    run(play)


@pytest.mark.parametrize("first", ["shop", "verify"])
def test_what_a_subflow_takes_changes_with_those_that_call_it(folder, first):
    texts = {
        "verify": ("steps: {v: [{return: one}]}\n", "takes: {pin: required}\nsteps: {v: [{return: two}]}\n"),
        "shop": (
            "steps: {s: [{subflow: {flow: verify, save: got}}, {say: 'Old {{ got }}.'}]}\n",
            "steps: {s: [{subflow: {flow: verify, with: {pin: 1}, save: got}}, {say: 'New {{ got }}.'}]}\n",
        ),
    }
    for name, (old, _) in texts.items():
        (folder / f"{name}.yaml").write_text(old)

    async def play():
        async with served(folder) as made:
            second = next(name for name in texts if name != first)
            await made.hears("Old one.", "shop")
            (folder / f"{first}.yaml").write_text(texts[first][1])
            await made.told()
            await made.hears("Old one.", "shop")
            (folder / f"{second}.yaml").write_text(texts[second][1])
            await made.hears("New two.", "shop")

    run(play)


@pytest.mark.parametrize("first", ["shop.yaml", "functions.py"])
def test_a_function_changes_what_it_takes_with_those_that_call_it(folder, first):
    texts = {
        "functions.py": ("def look():\n    return 'one'\n", "def look(pin):\n    return 'two'\n"),
        "shop.yaml": (
            "steps: {s: [{run: {function: look, save: got}}, {say: 'Old {{ got }}.'}]}\n",
            "steps: {s: [{run: {function: look, args: {pin: 1}, save: got}}, {say: 'New {{ got }}.'}]}\n",
        ),
    }
    for name, (old, _) in texts.items():
        (folder / name).write_text(old)

    async def play():
        async with served(folder) as made:
            second = next(name for name in texts if name != first)
            await made.hears("Old one.", "shop")
            (folder / first).write_text(texts[first][1])
            await made.told()
            await made.hears("Old one.", "shop")
            (folder / second).write_text(texts[second][1])
            await made.hears("New two.", "shop")

    run(play)


def test_another_branch_is_checked_out(folder):
    """Git deletes and writes file after file; what leads from one to the next fits within a branch only."""

    def branch(number):
        step, files = STEP[number], {}
        for at in range(8):
            onward = f"{{redirect: f{at + 1}/{step}}}" if at < 7 else "{say: End.}"
            files[f"f{at}.yaml"] = f"steps: {{{step}: [{{say: f{at}v{number}.}}, {onward}]}}\n"
        files["a.yaml"] = f"steps: {{a: [{{redirect: f0/{step}}}]}}\n"
        return files | {f"only{number}.yaml": "steps: {a: [{say: Here.}]}\n"}

    def whole(number):
        return " ".join(f"f{at}v{number}" for at in range(8)) + " End"

    (folder / "b.yaml").unlink()
    for name, text in branch(1).items():
        (folder / name).write_text(text)

    async def play():
        async with served(folder) as made:
            for number in (2, 1):
                for name in branch(3 - number):
                    (folder / name).unlink()
                    await asyncio.sleep(0.01)
                    if name in branch(number):
                        (folder / name).write_text(branch(number)[name])
                        await asyncio.sleep(0.01)
                (folder / f"only{number}.yaml").write_text(branch(number)[f"only{number}.yaml"])
                await made.hears("End.")
                until = asyncio.get_running_loop().time() + 10
                while made.heard[-1] != whole(number):
                    assert asyncio.get_running_loop().time() < until, made.heard[-1]
                    await asyncio.sleep(0.02)
        assert set(made.heard) <= {whole(1), whole(2)}

    run(play)


def test_a_file_that_others_lead_to_is_deleted_and_written_again(folder):
    async def play():
        async with served(folder) as made:
            (folder / "b.yaml").unlink()
            loaded = await made.told()
            assert [(one.file, one.because) for one in loaded.held] == [("b.yaml", ("a.yaml",))]
            assert "b1" in (await made.ask("/flows/a"))[1]
            (folder / "b.yaml").write_text(b(1).replace("b1", "b7"))
            await made.hears("b7")
            (folder / "b.yaml").unlink()
            (folder / "a.yaml").write_text("steps: {a: [{say: alone.}]}\n")
            await made.hears("alone")
            until = asyncio.get_running_loop().time() + 10
            while "b" in made.library.current.flows:
                assert asyncio.get_running_loop().time() < until
                await asyncio.sleep(0.02)
        assert set(made.heard) <= {"a1 b1", "a1 b7", "alone"}

    run(play)


@pytest.mark.parametrize(
    ("name", "bad"), [("_project.yaml", "defaults: [\n"), ("_es.po", "msgid\n"), ("functions.py", "def x(:\n")]
)
def test_what_all_flows_share_stays_as_it_was_while_it_has_errors(folder, name, bad):
    async def play():
        async with served(folder) as made:
            (folder / name).write_text(bad)
            await made.told()
            (folder / "a.yaml").write_text(a(1).replace("a1", "a9"))
            await made.hears("a9")
        assert set(made.heard) <= {"a1 b1", "a9 b1"}

    (folder / "_project.yaml").write_text("vars: {x: 1}\n")
    (folder / "functions.py").write_text("def x():\n    return 1\n")
    run(play)


def test_production_that_is_told_to_read_anew_takes_all_or_nothing(folder):
    async def play():
        async with served(folder, follow=False) as made:
            (folder / "a.yaml").write_text(a(1).replace("a1", "a9"))
            (folder / "c.yaml").write_text(BROKEN)
            await made.service.reload()
            assert "a1" in (await made.ask("/flows/a"))[1]
            (folder / "c.yaml").unlink()
            await made.service.reload()
            assert "a9" in (await made.ask("/flows/a"))[1]

    run(play)


@pytest.mark.parametrize("broken", ["b.yaml", "_project.yaml"])
def test_what_was_good_before_a_restart_is_served_after_it(folder, broken, tmp_path):
    """`dev` is started again while a file has errors: the store still has its last good text."""
    settings = Settings(unsigned=True)
    (folder / "_project.yaml").write_text("defaults: {say: {voice: Polly.Amy}}\n")

    async def play(words):
        loader = FolderLoader(folder, settings, strict=False)
        loaded = loader.load_whole()
        library = Library(loaded.program or load_sources({}).program)
        store = open_store(f"sqlite:///{tmp_path}/calls.sqlite", time.time)
        service = Service(folder, library, store, settings, follow=True, loader=loader, clock=utc_now)
        app = service.app()
        async with app.router.lifespan_context(app):
            with_client = TestClient(app)
            twiml = (await asyncio.to_thread(with_client.get, "/flows/a", params={"CallSid": "CA1"})).text
            assert words in twiml
            assert 'voice="Polly.Amy"' in twiml
        return loader.held

    assert asyncio.run(play("b1")) == ()
    (folder / broken).write_text("steps: [\n")
    (folder / "a.yaml").write_text(a(1).replace("a1", "a9"))
    for _ in range(2):
        assert [one.file for one in asyncio.run(play("a9"))] == [broken]


def test_what_was_good_before_a_restart_is_served_and_told_as_soon_as_the_store_can_be_opened(folder, tmp_path):
    """Meanwhile another file is saved: its new text is not lost for that of the store."""
    settings, said = Settings(unsigned=True), []

    async def play(store, told=None):
        loader = FolderLoader(folder, settings, strict=False)
        library = Library(loader.load_whole().program)
        service = Service(folder, library, store, settings, follow=True, loader=loader, told=told, clock=utc_now)

        async def heard(words):
            until, live = asyncio.get_running_loop().time() + 10, ""
            while words not in live:
                assert asyncio.get_running_loop().time() < until
                await asyncio.sleep(0.02)
                live = " ".join(library.current.sources.values())

        async with service.app().router.lifespan_context(None):
            if told is not None:
                assert "c" not in library.current.flows
                (folder / "a.yaml").write_text(a(1).replace("a1", "a9"))
                await heard("a9")
                (folder / "a.yaml").write_text("steps: [\n")
                await asyncio.sleep(0.3)
                store.busy = False
                await heard("Good once")
                assert "a9" in library.current.sources["a.yaml"]
                for _ in range(500):  # it is told after it is served
                    if said and all(one.served for one in said[-1].held):
                        break
                    await asyncio.sleep(0.02)

    class Busy:
        """A store that another process keeps locked."""

        def __init__(self):
            self.store, self.busy = open_store(f"sqlite:///{tmp_path}/calls.sqlite", time.time), True

        def __getattr__(self, name):
            return getattr(self.store, name)

        async def start(self):
            if self.busy:
                raise StoreBusy("it is locked")
            await self.store.start()

    (folder / "c.yaml").write_text("steps: {c: [{say: Good once.}]}\n")
    asyncio.run(play(open_store(f"sqlite:///{tmp_path}/calls.sqlite", time.time)))
    (folder / "c.yaml").write_text(BROKEN)
    asyncio.run(play(Busy(), said.append))
    assert {one.file: one.served for one in said[-1].held} == {"a.yaml": True, "c.yaml": True}
