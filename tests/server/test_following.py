"""What follows a save is told of it in order: callers hear the new version first, then the page is told, then doubts are looked for."""

import asyncio

import pytest

from engine.commands.common import utc_now
from engine.program.library import Library
from engine.runtime.stores.memory import MemoryStore
from engine.server.loading import FolderLoader
from engine.server.service import Service
from engine.server.settings import Settings

GOOD = "steps:\n  a:\n    - say: One.\n"
LONELY = GOOD + "  lonely:\n    - say: Never heard.\n"
BAD = "steps:\n  a:\n    - redirect: nowhere\n"


class Followed:
    """A folder that is followed, and what its follower saw at the moment that it was told."""

    def __init__(self, folder, fails=False):
        (folder / "f.yaml").write_text(GOOD)
        settings = Settings(unsigned=True)
        self.loader = FolderLoader(folder, settings, strict=False)
        self.library = Library(self.loader.load_whole().program)
        self.saw, self.fails = [], fails
        options = {"follow": True, "loader": self.loader, "following": self.hear, "clock": utc_now}
        store = MemoryStore(lambda: utc_now().timestamp())
        self.service = Service(folder, self.library, store, settings, **options)

    def hear(self, loaded, *, whole):
        live = self.library.current.sources["f.yaml"]
        self.saw.append((whole, live, [one.severity.value for one in loaded.report.diagnostics]))
        if self.fails:
            raise RuntimeError("the page is broken")


@pytest.fixture
def followed(tmp_path):
    return lambda **options: Followed(tmp_path, **options)


def test_the_swap_comes_first_then_errors_then_doubts(followed, tmp_path):
    made = followed()
    (tmp_path / "f.yaml").write_text(LONELY)
    asyncio.run(made.service.reload())
    assert made.saw == [(False, LONELY, []), (True, LONELY, ["hint"])]
    (tmp_path / "f.yaml").write_text(BAD)
    asyncio.run(made.service.reload())
    assert made.saw[2:] == [(False, LONELY, ["error"]), (True, LONELY, ["error"])]


def test_a_follower_that_fails_keeps_no_save_from_going_live(followed, tmp_path, caplog):
    made = followed(fails=True)
    (tmp_path / "f.yaml").write_text(LONELY)
    loaded = asyncio.run(made.service.reload())
    assert made.library.current is loaded.program
    assert made.library.current.sources["f.yaml"] == LONELY
    assert "the page could not be told of a save" in caplog.text


def test_where_it_begins_with_errors_the_last_good_version_is_told_too(tmp_path):
    """After a restart with a broken file, the store has the version that callers heard before."""

    async def live() -> Followed:
        before = Followed(tmp_path)
        store = before.service._store
        async with before.service.app().router.lifespan_context(None):
            pass
        (tmp_path / "f.yaml").write_text(BAD)
        after = Followed.__new__(Followed)
        settings = Settings(unsigned=True)
        after.loader = FolderLoader(tmp_path, settings, strict=False)
        loaded = after.loader.load_whole()
        after.library, after.saw, after.fails = Library(loaded.program), [], False
        options = {"follow": True, "loader": after.loader, "clock": utc_now}
        after.hear = lambda loaded, whole: after.saw.append((whole, dict(after.library.current.sources)))
        after.service = Service(tmp_path, after.library, store, settings, following=after.hear, **options)
        async with after.service.app().router.lifespan_context(None):
            pass
        return after

    assert asyncio.run(live()).saw == [(False, {"f.yaml": GOOD})]
