"""A save is noticed, however the editor saves; what is no flow file is not."""

import asyncio
import contextlib
import os
import shutil
from pathlib import Path

import pytest

from engine.document.snapshot import matters
from engine.server.notifying import Notifier, why_polling
from engine.server.watching import changes


def noticed(folder, *acts):
    """Does one act after the other, each when the one before was noticed; fails if one is not."""

    async def watch():
        seen = changes(folder, look_ms=60)
        try:
            for act in acts:
                waiting = asyncio.ensure_future(anext(seen))
                await asyncio.sleep(0)  # the watch stands from its first step on
                act()
                await asyncio.wait_for(waiting, 10)
        finally:
            await seen.aclose()

    asyncio.run(watch())
    return True


class TestSaves:
    def test_written_made_and_deleted_files(self, tmp_path):
        flow = tmp_path / "f.yaml"
        flow.write_text("a")
        assert noticed(
            tmp_path, lambda: flow.write_text("b"), lambda: (tmp_path / "g.yaml").write_text("c"), flow.unlink
        )

    def test_an_editor_that_saves_by_renaming(self, tmp_path):
        flow, swap = tmp_path / "f.yaml", tmp_path / ".f.swp"
        flow.write_text("a")
        swap.write_text("b")
        assert noticed(tmp_path, lambda: swap.rename(flow))

    def test_a_folder_that_vanishes_and_comes_back(self, tmp_path):
        folder = tmp_path / "flows"
        folder.mkdir()
        (folder / "f.yaml").write_text("a")

        def make():
            folder.mkdir()
            (folder / "f.yaml").write_text("b")

        assert noticed(folder, lambda: shutil.rmtree(folder), make, lambda: (folder / "f.yaml").write_text("c"))

    def test_a_folder_that_another_takes_the_place_of(self, tmp_path):
        folder, other = tmp_path / "flows", tmp_path / "other"
        for each in (folder, other):
            each.mkdir()
            (each / "f.yaml").write_text(each.name)

        def swap():
            folder.rename(tmp_path / "old")
            other.rename(folder)

        assert noticed(folder, swap, lambda: (folder / "f.yaml").write_text("c"))

    def test_a_folder_that_is_deleted_and_made_again_between_two_looks(self, tmp_path):
        folder = tmp_path / "flows"
        folder.mkdir()
        (folder / "f.yaml").write_text("a")

        def make_again():
            shutil.rmtree(folder)
            folder.mkdir()
            (folder / "f.yaml").write_text("b")

        for _ in range(3):
            assert noticed(folder, make_again, lambda: (folder / "f.yaml").write_text("c"))

    def test_no_folder_is_left_open(self, tmp_path):
        folder = tmp_path / "flows"
        folder.mkdir()
        assert noticed(folder, lambda: (folder / "f.yaml").write_text("a"))
        number = folder.stat().st_ino
        for descriptor in range(3, 256):
            with contextlib.suppress(OSError):
                assert os.fstat(descriptor).st_ino != number


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


class TestLinks:
    """A save is noticed behind links, where the system tells of nothing."""

    def test_a_configmap_of_kubernetes(self, tmp_path):
        for name in ("shop.yaml", "_project.yaml", "_es.po", "functions.py"):
            put(tmp_path / "..v1" / name, "one")
            (tmp_path / name).symlink_to(f"..data/{name}")
        (tmp_path / "..data").symlink_to("..v1")

        def update(old, new):
            def act():
                for name in ("shop.yaml", "_project.yaml", "_es.po", "functions.py"):
                    put(tmp_path / new / name, new)
                (tmp_path / "..data_tmp").symlink_to(new)
                (tmp_path / "..data_tmp").rename(tmp_path / "..data")
                shutil.rmtree(tmp_path / old)

            return act

        assert noticed(tmp_path, update("..v1", "..v2"), update("..v2", "..v3"))

    @pytest.mark.parametrize("name", ["a.yaml", "_project.yaml", "_es.po", "functions.py"])
    def test_a_file_elsewhere_that_is_written_and_replaced(self, tmp_path, name):
        folder, other = tmp_path / "flows", put(tmp_path / "other" / "file", "one")
        folder.mkdir()
        (folder / name).symlink_to(other)
        fresh = tmp_path / "other" / "fresh"
        assert noticed(
            folder,
            lambda: other.write_text("two"),
            lambda: put(fresh, "three").rename(other),
            lambda: other.write_text("four"),
        )

    def test_a_chain_of_links_that_is_led_elsewhere_in_its_middle(self, tmp_path):
        folder, chain = tmp_path / "flows", tmp_path / "chain"
        folder.mkdir()
        for name in ("one", "two"):
            put(chain / name / "f.yaml", name)
        (chain / "now").symlink_to("one")
        (chain / "f").symlink_to("now/f.yaml")
        (folder / "f.yaml").symlink_to("../chain/f")

        def lead():
            (chain / "fresh").symlink_to("two")
            (chain / "fresh").rename(chain / "now")

        assert noticed(folder, lead, lambda: (chain / "two" / "f.yaml").write_text("three"))

    def test_a_folder_that_is_a_link_to_a_release(self, tmp_path):
        for name in ("one", "two"):
            put(tmp_path / name / "f.yaml", name)
        folder = tmp_path / "flows"
        folder.symlink_to("one")

        def release():
            (tmp_path / "fresh").symlink_to("two")
            (tmp_path / "fresh").rename(folder)

        assert noticed(folder, release, lambda: (tmp_path / "two" / "f.yaml").write_text("three"))

    def test_a_link_to_nothing_that_is_filled_later(self, tmp_path):
        (tmp_path / "f.yaml").symlink_to("later")
        assert noticed(tmp_path, lambda: put(tmp_path / "later", "one"))

    def test_a_link_to_nothing_that_is_removed(self, tmp_path):
        link = tmp_path / "f.yaml"
        assert noticed(tmp_path, lambda: link.symlink_to(tmp_path / "nowhere"), link.unlink)

    def test_a_link_that_a_file_takes_the_place_of(self, tmp_path):
        put(tmp_path / "other", "one")
        (tmp_path / "f.yaml").symlink_to("other")
        assert noticed(tmp_path, lambda: put(tmp_path / ".f.swp", "two").rename(tmp_path / "f.yaml"))


class TestPolling:
    """Where nobody tells of saves the files themselves are looked at, and that is said once."""

    @pytest.fixture(autouse=True)
    def said(self, caplog):
        caplog.set_level("INFO", "touchtone")
        return lambda: [record.getMessage() for record in caplog.records]

    def edit(self, folder, *texts):
        return [lambda text=text: put(folder / "f.yaml", text) for text in texts]

    def test_by_the_setting_of_watchfiles(self, tmp_path, monkeypatch, said):
        monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")
        assert noticed(tmp_path, *self.edit(tmp_path, "one", "two", "three"))
        assert said() == [f"files in {tmp_path} are checked several times a second: WATCHFILES_FORCE_POLLING is set"]

    def test_on_a_network_file_system(self, tmp_path, monkeypatch, said):
        mounts = f"1 2 0:1 / {tmp_path} rw - nfs4 server:/flows rw"
        monkeypatch.setattr("engine.server.notifying.read_mounts", lambda: mounts)
        assert noticed(tmp_path, *self.edit(tmp_path, "one", "two"))
        assert said() == [f"files in {tmp_path} are checked several times a second: nfs4 does not report changes"]

    def test_where_the_system_has_no_watch_left(self, tmp_path, monkeypatch, said):
        def refuse(*_, **__):
            raise OSError(28, "OS file watch limit reached")

        monkeypatch.setattr("engine.server.notifying.awatch", refuse)
        monkeypatch.setattr("engine.server.notifying.AGAIN_SECONDS", 0)
        assert noticed(tmp_path, *self.edit(tmp_path, "one", "two", "three"))
        (line,) = said()
        assert "OS file watch limit reached" in line

    def test_an_editor_that_saves_by_renaming_is_noticed_too(self, tmp_path, monkeypatch):
        monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "true")
        put(tmp_path / "f.yaml", "one")
        assert noticed(tmp_path, lambda: put(tmp_path / ".swap", "two").rename(tmp_path / "f.yaml"))

    @pytest.mark.parametrize(
        ("value", "why"),
        [("", ""), ("false", ""), ("DISABLED", ""), ("1", "WATCHFILES_FORCE_POLLING is set")],
    )
    def test_the_setting_is_read_as_watchfiles_reads_it(self, value, why):
        assert why_polling(Path("/flows"), {"WATCHFILES_FORCE_POLLING": value}, "") == why

    @pytest.mark.parametrize(
        ("folder", "kind"),
        [
            ("/srv/flows", ""),
            ("/mnt/c/flows", "9p"),
            ("/mnt/c", "9p"),
            ("/mnt/cellar", ""),
            ("/mnt/my files/flows", "cifs"),
            ("/home/ann/flows", "fuse.sshfs"),
            ("/home/ann/local/flows", ""),
        ],
    )
    def test_the_file_system_is_that_of_the_nearest_mount(self, folder, kind):
        mounts = "\n".join(
            f"{number} 1 0:{number} / {place} rw,relatime shared:1 - {kind} source rw"
            for number, (place, kind) in enumerate(
                [
                    ("/", "ext4"),
                    ("/mnt/c", "9p"),
                    ("/mnt/my\\040files", "cifs"),
                    ("/home/ann", "fuse.sshfs"),
                    ("/home/ann/local", "overlay"),
                ]
            )
        )
        expected = f"{kind} does not report changes" if kind else ""
        assert why_polling(Path(folder), {}, f"{mounts}\nnonsense\n") == expected


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("clinic.yaml", True),
        ("clinic.yml", True),
        ("_project.yaml", True),
        ("_es.po", True),
        ("functions.py", True),
        ("_es.mo", False),
        (".clinic.yaml.swp", False),
        (".#clinic.yaml", False),
        ("clinic.yaml~", False),
        ("4913", False),
        ("a.wav", False),
        ("helper.py", False),
    ],
)
def test_only_files_that_flows_are_read_from_matter(name, counts):
    assert matters(name) is counts


def test_a_watch_ends_also_while_news_comes(tmp_path):
    """A server that is stopped right behind a save must not wait for ever."""

    async def play():
        notifier = Notifier(tmp_path)
        waiting = asyncio.create_task(notifier.wait(60))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        notifier._news.set()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(play())
