"""A save is noticed, however the editor saves; what is no flow file is not."""

import asyncio
import contextlib
import os
import shutil

import pytest
from watchfiles import Change

from engine.server.watching import changes, is_flow_file


@pytest.mark.parametrize(
    ("name", "matters"),
    [
        ("clinic.yaml", True),
        ("_project.yaml", True),
        ("_es.po", True),
        ("_es.mo", False),
        (".clinic.yaml.swp", False),
        ("clinic.yaml~", False),
        ("4913", False),
        ("a.wav", False),
    ],
)
def test_only_flow_files_matter(name, matters):
    assert is_flow_file(Change.modified, f"/flows/{name}") is matters


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
