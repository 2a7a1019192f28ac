"""A folder of flows is served while it is edited, broken, mended, deleted and put back; what was opened is closed."""

import asyncio
import logging
import re
import shutil
import time
from contextlib import asynccontextmanager
from html import unescape
from urllib.parse import urlencode

import pytest
from starlette.datastructures import ImmutableMultiDict
from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from engine.commands.common import utc_now
from engine.program.library import Library, load_folder
from engine.runtime.stores import StoreBusy, StoreError, open_store
from engine.runtime.stores.records import MemoryRecords
from engine.server.loading import FolderLoader
from engine.server.service import Service
from engine.server.settings import Settings

TOKEN = "s3cr3t-auth-token"
GATHER = "steps: {{a: [{{gather: {{num_digits: 1, say: {0}, branch: {{1: b}}}}}}], b: [{{say: '{0} b'}}]}}"


class Served:
    """A served folder, and requests to it that Twilio signed."""

    def __init__(self, folder, store, *, follow=True, told=None):
        library = Library(load_folder(folder).program)
        settings = Settings(public_url="https://example.com", tokens=(TOKEN,))
        self.service = Service(folder, library, store, settings, follow=follow, told=told, clock=utc_now)
        self.app, self.library = self.service.app(), library

    async def ask(self, target, method="POST", signature=None, **fields):
        path, _, query = target.partition("?")
        fields = {"CallSid": "CA1", **fields}
        if signature is None:
            url = "https://example.com" + target
            signature = RequestValidator(TOKEN).compute_signature(
                url, ImmutableMultiDict(fields) if method == "POST" else {}
            )
        scope = {
            "type": "http", "method": method, "scheme": "https", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "root_path": "", "server": ("127.0.0.1", 80), "headers": [
                (b"content-type", b"application/x-www-form-urlencoded"), (b"x-twilio-signature", signature.encode()), (b"host", b"example.com")
            ],
        }  # fmt: skip
        sent = []

        async def receive():
            return {
                "type": "http.request",
                "body": urlencode(fields).encode() if method == "POST" else b"",
                "more_body": False,
            }

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode()


@asynccontextmanager
async def serve(folder, store=None, **options):
    reloads = asyncio.Queue()
    made = Served(folder, store or open_store("memory:", time.time), told=reloads.put_nowait, **options)
    async with made.app.router.lifespan_context(made.app):
        made.told = lambda: asyncio.wait_for(reloads.get(), 10)
        yield made


@pytest.fixture
def folder(tmp_path):
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "f.yaml").write_text("steps: {a: [{say: One.}]}")
    return flows


class TestReload:
    def test_a_saved_file_is_served_at_once(self, folder):
        async def play():
            async with serve(folder) as made:
                assert "One." in (await made.ask("/flows/f"))[1]
                (folder / "f.yaml").write_text("steps: {a: [{say: Two.}]}")
                assert (await made.told()).program is not None
                assert "Two." in (await made.ask("/flows/f"))[1]
                (folder / "g.yaml").write_text("steps: {a: [{say: Three.}]}")
                await made.told()
                assert "Three." in (await made.ask("/flows/g"))[1]

        asyncio.run(play())

    def test_the_schema_for_editors_is_never_written_where_a_link_leads(self, folder):
        other, beside = folder.parent / "precious.txt", folder.parent / ".touchtone"
        other.write_text("precious")
        beside.mkdir()
        (beside / "flow.schema.tmp").symlink_to(other)

        async def play():
            async with serve(folder):
                pass

        asyncio.run(play())
        assert other.read_text() == "precious"
        assert (beside / "flow.schema.json").is_file()

    def test_a_file_written_in_two_strokes_is_served_when_it_is_whole(self, folder):
        (folder / "f.yaml").write_text("steps:\n  a:\n    - say: One.\n")

        async def play():
            async with serve(folder) as made:
                with (folder / "f.yaml").open("w") as file:
                    file.write("steps:\n  a:\n    - say: Two and some m")
                    file.flush()
                    for _ in range(10):
                        await asyncio.sleep(0.02)
                        assert "One." in (await made.ask("/flows/f"))[1]
                    file.write("ore.\n")
                await made.told()
                assert "Two and some more." in (await made.ask("/flows/f"))[1]

        asyncio.run(play())

    def test_what_was_saved_before_the_watch_began_is_served(self, folder):
        async def play():
            made = Served(folder, open_store("memory:", time.time))
            (folder / "f.yaml").write_text("steps: {a: [{say: Two.}]}")
            async with made.app.router.lifespan_context(made.app):
                for number in range(100):
                    if "Two." in (await made.ask("/flows/f", CallSid=f"CB{number}"))[1]:
                        return
                    await asyncio.sleep(0.05)
                raise AssertionError("the old version is still served")

        asyncio.run(play())

    def test_what_is_saved_while_that_is_read_is_served_too(self, folder):
        def told(_):
            if "Two." in (folder / "f.yaml").read_text():
                (folder / "f.yaml").write_text("steps: {a: [{say: Three.}]}")

        async def play():
            made = Served(folder, open_store("memory:", time.time), told=told)
            (folder / "f.yaml").write_text("steps: {a: [{say: Two.}]}")
            async with made.app.router.lifespan_context(made.app):
                for number in range(100):
                    if "Three." in (await made.ask("/flows/f", CallSid=f"CB{number}"))[1]:
                        return
                    await asyncio.sleep(0.05)
                raise AssertionError("an old version is still served")

        asyncio.run(play())

    def test_a_file_with_mistakes_leaves_the_last_good_version(self, folder):
        async def play():
            async with serve(folder) as made:
                (folder / "f.yaml").write_text("steps: {a: [{redirect: nowhere}]}")
                loaded = await made.told()
                assert [one.file for one in loaded.held] == ["f.yaml"]
                assert loaded.report.errors
                assert "One." in (await made.ask("/flows/f"))[1]
                assert (await made.ask("/readyz", "GET"))[0] == 200
                (folder / "f.yaml").write_text("steps: {a: [{say: Mended.}]}")
                await made.told()
                assert "Mended." in (await made.ask("/flows/f"))[1]

        asyncio.run(play())

    def test_beside_a_file_that_was_never_good_others_are_heard(self, folder):
        """A draft with a mistake lies in the folder; the flow beside it is saved."""

        async def play():
            async with serve(folder) as made:
                (folder / "c.yaml").write_text("steps:\n  a:\n    - sya: hi\n")
                assert [one.file for one in (await made.told()).held] == ["c.yaml"]
                (folder / "f.yaml").write_text("steps: {a: [{gather: {say: Two., branch: {1: c/}}}]}")
                await made.told()
                assert "Two." in (await made.ask("/flows/f"))[1]
                assert "We are sorry" in (await made.ask("/flows/c"))[1]

        asyncio.run(play())

    def test_a_deleted_file_is_gone_and_apologised_for(self, folder):
        (folder / "g.yaml").write_text("steps: {a: [{say: Two.}]}")

        async def play():
            async with serve(folder) as made:
                (folder / "g.yaml").unlink()
                await made.told()
                status, twiml = await made.ask("/flows/g")
                assert status == 200
                assert "We are sorry" in twiml
                assert "One." in (await made.ask("/flows/f"))[1]

        asyncio.run(play())

    def test_a_folder_that_vanishes_leaves_the_last_good_version_and_is_served_again_when_it_is_back(self, folder):
        async def play():
            async with serve(folder) as made:
                shutil.rmtree(folder)
                assert (await made.told()).program is None
                assert "One." in (await made.ask("/flows/f"))[1]
                folder.mkdir()
                (folder / "f.yaml").write_text("steps: {a: [{say: Back.}]}")
                while (await made.told()).program is None:
                    pass
                assert "Back." in (await made.ask("/flows/f"))[1]

        asyncio.run(play())

    def test_one_who_is_told_and_fails_does_not_end_the_watch(self, folder, caplog):
        async def play():
            heard = asyncio.Queue()

            def told(loaded):
                heard.put_nowait(loaded)
                if heard.qsize():
                    raise RuntimeError("cannot print")

            made = Served(folder, open_store("memory:", time.time), told=told)
            async with made.app.router.lifespan_context(made.app):
                for word in ("Two.", "Three."):
                    (folder / "f.yaml").write_text(f"steps: {{a: [{{say: {word}}}]}}")
                    await asyncio.wait_for(heard.get(), 10)
                    assert word in (await made.ask("/flows/f"))[1]

        asyncio.run(play())
        assert "cannot print" in caplog.text

    def test_requests_during_reloads_are_all_answered_and_no_call_is_lost(self, folder):
        (folder / "f.yaml").write_text("vars: {n: 0}\n" + GATHER.format("v0"))
        address = "/flows/f/a?_a=0"

        async def play():
            async with serve(folder, follow=False) as made:
                first = made.library.current.version
                answers, reloading = [], True

                async def calls():
                    number = 0
                    while reloading:
                        number += 1
                        current = made.library.current.version
                        answers.append(await made.ask("/flows/f", CallSid=f"CA{number}"))
                        answers.append(await made.ask(f"{address}&_v={current}", CallSid=f"CA{number}", Digits="1"))
                        answers.append(await made.ask(f"{address}&_v={first}", CallSid=f"CB{number}", Digits="1"))
                        assert "v0 b" in answers[-1][1]
                        await asyncio.sleep(0)

                calling = asyncio.ensure_future(calls())
                for number in range(1, 8):
                    (folder / "f.yaml").write_text("vars: {n: 0}\n" + GATHER.format(f"v{number}"))
                    await made.service.reload()
                reloading = False
                await calling
                assert len(answers) > 20
                assert all(status == 200 and "sorry" not in twiml for status, twiml in answers)
                assert "v7" in (await made.ask("/flows/f"))[1]

        asyncio.run(play())

    def test_in_production_nothing_is_watched(self, folder):
        async def play():
            async with serve(folder, follow=False) as made:
                names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]
                assert "Service._watch" not in names
                (folder / "f.yaml").write_text("steps: {a: [{say: Two.}]}")
                assert "One." in (await made.ask("/flows/f"))[1]
                await made.service.reload()
                assert "Two." in (await made.ask("/flows/f"))[1]

        asyncio.run(play())


class TestTheQueryOfTheEntry:
    @pytest.mark.parametrize("variables", ["", "vars: {n: 0}\n"], ids=["static", "with variables"])
    @pytest.mark.parametrize("method", ["POST", "GET"])
    def test_it_is_known_to_the_whole_call(self, folder, variables, method):
        (folder / "f.yaml").write_text(
            variables + "steps: {a: [{gather: {num_digits: 1, branch: {1: b}}}], "
            "b: [{say: '{{ params.campaign }} {{ params.names | join(\"+\") }} {{ params._v }}{{ params._a }}.'}]}"
        )

        async def play():
            async with serve(folder, follow=False) as made:
                query = "campaign=spring+%26+fall&names[]=Ann&names[]=Bob"
                if method == "GET":
                    query += "&CallSid=CA1&From=%2B15550001111"
                _, twiml = await made.ask(f"/flows/f?{query}", method)
                action = unescape(re.findall('action="([^"]*)"', twiml)[0])
                assert "CallSid" not in action
                assert "Ann" in action
                _, twiml = await made.ask(f"/flows/{action}", Digits="1")
                assert "<Say>spring &amp; fall Ann+Bob .</Say>" in twiml

        asyncio.run(play())


class Recorded:
    """A store that notes what is done to it, and may fail."""

    def __init__(self, failing=""):
        self.done, self.failing = [], failing
        self.records = MemoryRecords(lambda: 0.0)

    def __getattr__(self, name):
        async def act(*_):
            self.done.append(name)
            if name == self.failing:
                raise StoreError("the disk is full")

        return act


class TestLife:
    def test_the_lifespan_opens_and_closes_the_store_and_ends_its_tasks(self, folder):
        async def play():
            store = Recorded()
            made = Served(folder, store)
            assert await made.service.ready() == "the server is not started"
            before = asyncio.all_tasks()
            async with made.app.router.lifespan_context(made.app):
                assert store.done[:3] == ["start", "keep_version", "keep_good"]
                assert (await made.ask("/readyz", "GET"))[0] == 200
                assert len(asyncio.all_tasks() - before) >= 2
            assert store.done[-1] == "stop"
            assert asyncio.all_tasks() == before
            assert (await made.ask("/readyz", "GET"))[0] == 503

        asyncio.run(play())

    def test_a_store_that_cannot_be_used_stops_the_start_and_is_closed(self, folder):
        async def play():
            store = Recorded("keep_version")
            made = Served(folder, store)
            with pytest.raises(StoreError):
                await made.service.start()
            assert store.done == ["start", "keep_version", "stop"]

        asyncio.run(play())

    def test_a_store_that_opens_late_and_saves_read_the_folder_one_after_the_other(self, folder, monkeypatch):
        """The store has the last good text of a file with an error; somebody saves just when it is asked for."""
        monkeypatch.setattr("engine.server.service.RETRY_SECONDS", 0.0)
        at_work, together, recovered = [], [], asyncio.Event()

        class Loader(FolderLoader):
            def load(self, reading):
                at_work.append(reading)
                together.append(len(at_work))
                time.sleep(0.05)
                try:
                    return super().load(reading)
                finally:
                    at_work.pop()

        class Late(Recorded):
            async def start(self):
                self.done.append("start")
                if len(self.done) == 1:
                    raise StoreBusy("nobody is there")

            async def good(self, _):
                return "v"

            async def version(self, _):
                asyncio.get_running_loop().call_later(0.01, recovered.set)
                return {"f.yaml": "steps: {a: [{say: One.}]}", "g.yaml": "steps: {a: [{say: Good.}]}"}

        async def play():
            (folder / "g.yaml").write_text("steps: [")
            settings = Settings(public_url="https://example.com", tokens=(TOKEN,))
            loader = Loader(folder, settings, strict=False)
            library = Library(loader.load_whole().program)
            service = Service(folder, library, Late(), settings, follow=True, loader=loader, clock=utc_now)
            await service.start()
            await recovered.wait()
            (folder / "f.yaml").write_text("steps: {a: [{say: Two.}]}")
            loaded = await service.reload()
            assert [one.served for one in loaded.held] == [True]
            assert "Two." in loaded.live.files["f.yaml"].text
            assert library.current is loaded.program
            await service.stop()

        asyncio.run(play())
        assert len(together) >= 3
        assert set(together) == {1}

    def test_a_server_is_ready_only_while_its_store_answers(self, folder):
        async def play():
            store = Recorded()
            async with serve(folder, store) as made:
                assert (await made.ask("/readyz", "GET"))[0] == 200
                store.failing = "sessions"
                assert (await made.ask("/readyz", "GET"))[0] == 503
                store.failing = ""
                assert (await made.ask("/readyz", "GET"))[0] == 200

        asyncio.run(play())

    @pytest.mark.parametrize("unsigned", [True, False])
    def test_the_flows_are_listed_only_where_anybody_may_call(self, folder, unsigned):
        (folder / "f.yaml").write_text("description: A shop\nsteps: {a: [{say: One.}]}")
        library = Library(load_folder(folder).program)
        settings = Settings(public_url="https://example.com", tokens=(TOKEN,), unsigned=unsigned)
        app = Service(folder, library, open_store("memory:", time.time), settings, clock=utc_now).app()
        page = TestClient(app).get("/")
        assert page.status_code == (200 if unsigned else 404)
        assert (page.text == "f  A shop  https://example.com/flows/f\n") is unsigned

    def test_a_version_that_cannot_be_kept_is_served_all_the_same(self, folder, caplog):
        async def play():
            store = Recorded()
            async with serve(folder, store) as made:
                store.failing = "keep_version"
                (folder / "f.yaml").write_text("steps: {a: [{say: Two.}]}")
                await made.told()
                assert "Two." in (await made.ask("/flows/f"))[1]

        asyncio.run(play())
        assert "the disk is full" in caplog.text

    def test_a_new_version_is_kept_before_it_is_served(self, folder):
        async def play():
            store = open_store("memory:", time.time)
            async with serve(folder, store, follow=False) as made:
                (folder / "f.yaml").write_text("steps: {a: [{say: Two.}]}")
                await made.service.reload()
                version = made.library.current.version
                assert dict(await store.version(version)) == {"f.yaml": "steps: {a: [{say: Two.}]}"}

        asyncio.run(play())

    def test_a_restart_goes_on_where_calls_were(self, folder, tmp_path):
        (folder / "f.yaml").write_text("vars: {n: 4}\n" + GATHER.format("Old"))
        url = f"sqlite:///{tmp_path / 'calls.sqlite'}"

        async def play():
            async with serve(folder, open_store(url, time.time), follow=False) as made:
                version = made.library.current.version
                assert (await made.ask("/flows/f"))[0] == 200
            (folder / "f.yaml").write_text("vars: {n: 4}\n" + GATHER.format("New"))
            async with serve(folder, open_store(url, time.time), follow=False) as made:
                assert "Old b" in (await made.ask(f"/flows/f/a?_a=0&_v={version}&_t=1", Digits="1"))[1]
                assert "New" in (await made.ask("/flows/f", CallSid="CA2"))[1]

        asyncio.run(play())


class TestLogs:
    def test_no_secret_and_no_signature_is_ever_written(self, folder, caplog):
        caplog.set_level(logging.DEBUG)
        (folder / "f.yaml").write_text("vars: {n: 0}\nsteps: {a: [{log: '{{ params }}'}, {say: '{{ 1 / n }}'}]}")
        signature = RequestValidator(TOKEN).compute_signature("https://example.com/flows/f", {"CallSid": "CA1"})

        async def play():
            async with serve(folder) as made:
                assert (await made.ask("/flows/f"))[0] == 200
                assert (await made.ask("/flows/gone"))[0] == 200
                assert (await made.ask("/flows/f/gone?_v=00000000&_a=1"))[0] == 200
                assert (await made.ask("/flows/f", signature="forged"))[0] == 403
                (folder / "f.yaml").write_text("steps: {")
                await made.told()

        asyncio.run(play())
        assert "divided by zero" in caplog.text
        for secret in (TOKEN, signature, "forged"):
            assert secret not in caplog.text

    def test_a_store_that_fails_in_a_call_is_apologised_for(self, folder, caplog):
        (folder / "f.yaml").write_text("vars: {n: 0}\nsteps: {a: [{say: x}]}")

        async def play():
            store = Recorded("turn")
            async with serve(folder, store, follow=False) as made:
                status, twiml = await made.ask("/flows/f")
                assert status == 200
                assert "We are sorry" in twiml

        asyncio.run(play())
        assert "the disk is full" in caplog.text


def test_the_second_look_at_a_save_is_no_news(folder):
    """Saves are looked at twice, and editors touch files: what was told is not told again."""
    heard = []
    made = Served(folder, open_store("memory:", time.time), told=heard.append, follow=False)

    async def play(name, text, times):
        (folder / name).write_text(text)
        heard.clear()
        for _ in range(times):
            await made.service.reload()
        assert len(heard) == 1, text

    async def save():
        async with made.app.router.lifespan_context(made.app):
            await play("f.yaml", "steps: {a: [{sya: One.}]}", 3)
            await play("f.yaml", "steps: {a: [{sya: Two.}]}", 2)
            await play("f.yaml", "steps: {a: [{say: Two.}]}", 3)
            await play("My-Shop.yml", "steps: {}", 3)
            await play("functions.py", "def one():\n    return 1\n", 2)

    asyncio.run(save())


@pytest.mark.parametrize("at_start", [False, True])
def test_functions_that_cannot_be_imported_are_told_once(folder, caplog, at_start):
    good, bad = "def f():\n    return 1\n", "import no_such_module\n"
    (folder / "functions.py").write_text(bad if at_start else good)
    made = Served(folder, open_store("memory:", time.time))

    async def save():
        async with made.app.router.lifespan_context(made.app):
            if not at_start:
                (folder / "functions.py").write_text(bad)
            for _ in range(3):
                await made.service.reload()

    asyncio.run(save())
    told = [one.getMessage() for one in caplog.records if "no_such_module" in one.getMessage()]
    ends = "no function can be called until it is fixed" if at_start else "the functions stay as they were"
    assert [one.rpartition("; ")[2] for one in told] == [ends]
    assert "functions.py:1: ModuleNotFoundError: No module named 'no_such_module'" in told[0]


def test_a_missing_recording_is_no_apology(folder, caplog):
    made = Served(folder, open_store("memory:", time.time))

    async def fetch():
        async with made.app.router.lifespan_context(made.app):
            await made.ask("/flows/hello.mp3", "GET")
            await made.ask("/flows/nobody")
            await made.ask("/flows/nothing", "GET")

    asyncio.run(fetch())
    told = [one.getMessage() for one in caplog.records]
    assert "no flow is named nothing; the answer was an apology" in told
    assert "no flow is named hello.mp3; recordings are served from audio/" in told
    assert "no flow is named nobody; the caller heard an apology" in told
