"""A folder is read again: what did not change is the very same text, and what did change is never missed."""

import os
import time

import pytest

from engine.document import rereading
from engine.document.rereading import reread_folder

LONG_AGO = time.time() - 3600


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.yaml").write_text(f"steps: {{a: [{{say: {name}}}]}}\n")
    return tmp_path


@pytest.fixture
def opened(monkeypatch):
    """The names of the files that were read."""
    names = []
    read = rereading.read_file

    def noted(path, report):
        names.append(path.name)
        return read(path, report)

    monkeypatch.setattr(rereading, "read_file", noted)
    return names


@pytest.fixture
def settled(monkeypatch):
    """A file counts as settled at once."""
    monkeypatch.setattr(rereading, "RECENT", -(10**18))


def read(folder, former=None, believed=None):
    reading = reread_folder(folder, former, believed)
    return reading, [one.code for one in reading.report.diagnostics]


@pytest.mark.usefixtures("settled")
class TestSettled:
    def test_only_what_was_saved_is_read(self, folder, opened):
        first, _ = read(folder)
        (folder / "b.yaml").write_text("steps: {a: [{say: other}]}\n")
        opened.clear()
        second, _ = read(folder, first)
        assert opened == ["b.yaml"]
        assert second.folder.flows[0] is first.folder.flows[0]
        assert second.folder.flows[2] is first.folder.flows[2]
        assert "other" in second.folder.flows[1].text

    def test_what_was_found_in_a_file_is_found_again_without_reading_it(self, folder, opened):
        (folder / "b.yaml").write_bytes(b"\xff\xfe")
        (folder / "_x.yaml").write_bytes(b"\xff")
        first, found = read(folder)
        opened.clear()
        assert read(folder, first)[1] == found == ["F002"]
        assert opened == []

    def test_a_file_that_is_replaced_by_one_of_the_same_size_and_age_is_read(self, folder, opened):
        os.utime(folder / "b.yaml", (LONG_AGO, LONG_AGO))
        first, _ = read(folder)
        other = folder / "other"
        other.write_text("steps: {a: [{say: d}]}\n")
        os.utime(other, (LONG_AGO, LONG_AGO))
        other.replace(folder / "b.yaml")
        opened.clear()
        second, _ = read(folder, first)
        assert opened == ["b.yaml"]
        assert "say: d" in second.folder.flows[1].text

    def test_a_file_that_is_gone_and_back_is_read(self, folder, opened):
        first, _ = read(folder)
        text = (folder / "b.yaml").read_text()
        (folder / "b.yaml").unlink()
        second, _ = read(folder, first)
        assert len(second.folder.flows) == 2
        (folder / "b.yaml").write_text(text)
        opened.clear()
        assert len(read(folder, second)[0].folder.flows) == 3
        assert opened == ["b.yaml"]

    def test_what_was_in_question_is_read_again(self, folder, opened):
        first, _ = read(folder)
        believed = rereading.take_snapshot(folder)
        (folder / "b.yaml").write_text("")
        second, _ = read(folder, first, believed)
        assert second.folder.flows[1] is first.folder.flows[1], "an empty file is not believed at once"
        opened.clear()
        third, _ = read(folder, second)
        assert opened == ["b.yaml"]
        assert third.folder.flows[1].text == ""


def test_what_was_written_a_moment_ago_is_read_again_though_its_stamp_is_the_same(folder, opened):
    """It may be written twice within one tick of the file system's clock."""
    first, _ = read(folder)
    opened.clear()
    second, _ = read(folder, first)
    assert sorted(opened) == ["a.yaml", "b.yaml", "c.yaml"]
    assert all(one is other for one, other in zip(first.folder.flows, second.folder.flows, strict=True))


def test_and_no_more_once_something_was_written_later(folder, opened, monkeypatch):
    monkeypatch.setattr(rereading, "RECENT", 50_000_000)
    time.sleep(0.1)
    (folder / "c.yaml").write_text("steps: {a: [{say: later}]}\n")
    first, _ = read(folder)
    opened.clear()
    read(folder, first)
    assert opened == ["c.yaml"]
