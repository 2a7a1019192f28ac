"""What `audio` holds, however it is linked."""

import os
from pathlib import Path

import pytest

from engine.diagnostics import Severity
from engine.document import folder as folders
from engine.document import recordings as listing
from engine.document.recordings import recordings
from engine.program.library import load_folder

FLOW = "steps:\n  a:\n    - play: audio/nothing.mp3\n"


def listed(folder: Path) -> set[str]:
    found, whole = recordings(folder, "audio")
    assert whole
    return set(found)


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"sound")
    return path


def test_files_and_folders_below_audio_are_listed(tmp_path: Path) -> None:
    write(tmp_path / "audio" / "a.mp3")
    write(tmp_path / "audio" / "es" / "deep" / "b.mp3")
    assert listed(tmp_path) == {"audio/a.mp3", "audio/es/deep/b.mp3"}


@pytest.mark.parametrize("what", ["nothing", "a file", "a link to nothing", "a link to itself"])
def test_no_folder_holds_no_recordings(tmp_path: Path, what: str) -> None:
    audio = tmp_path / "audio"
    if what == "a file":
        audio.write_text("")
    elif what == "a link to nothing":
        audio.symlink_to("nowhere")
    elif what == "a link to itself":
        audio.symlink_to("audio")
    assert listed(tmp_path) == set()


def test_audio_may_be_a_link(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "es" / "a.mp3")
    (tmp_path / "audio").symlink_to("elsewhere")
    assert listed(tmp_path) == {"audio/es/a.mp3"}


def test_links_within_audio_are_followed_and_others_are_not_served(tmp_path: Path) -> None:
    write(tmp_path / "secret.txt")
    write(tmp_path / "other" / "c.mp3")
    write(tmp_path / "audio" / "..data" / "a.mp3")
    audio = tmp_path / "audio"
    (audio / "a.mp3").symlink_to("..data/a.mp3")
    (audio / "es").symlink_to("..data")
    (audio / "outside.txt").symlink_to("../secret.txt")
    (audio / "other").symlink_to(tmp_path / "other")
    (audio / "broken.mp3").symlink_to("nowhere")
    assert listed(tmp_path) == {"audio/..data/a.mp3", "audio/a.mp3", "audio/es/a.mp3"}


@pytest.mark.parametrize("target", [".", "..", "../audio", "a"])
def test_a_loop_of_links_ends(tmp_path: Path, target: str) -> None:
    write(tmp_path / "audio" / "a" / "a.mp3")
    (tmp_path / "audio" / "a" / "loop").symlink_to(target)
    (tmp_path / "audio" / "b").symlink_to("b")
    assert "audio/a/a.mp3" in listed(tmp_path)


def test_folders_that_link_to_each_other_end(tmp_path: Path) -> None:
    for name in "abcdef":
        write(tmp_path / "audio" / name / "x.mp3")
        for other in "abcdef":
            (tmp_path / "audio" / name / f"to_{other}").symlink_to(f"../{other}")
    found, _ = recordings(tmp_path, "audio")
    assert "audio/a/x.mp3" in found
    assert len(found) <= listing.MOST


def test_a_folder_that_vanishes_or_may_not_be_read_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "audio" / "a.mp3")
    write(tmp_path / "audio" / "es" / "b.mp3")
    real = os.scandir

    def scan(where: str) -> object:
        if where.endswith("es"):
            raise PermissionError(13, "no")
        return real(where)

    monkeypatch.setattr(listing.os, "scandir", scan)
    assert listed(tmp_path) == {"audio/a.mp3"}


def test_a_large_tree_is_not_walked_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST", 50)
    monkeypatch.setattr(folders, "MOST", 50)
    (tmp_path / "a.yaml").write_text(FLOW)
    for number in range(10):
        write(tmp_path / "tree" / str(number) / "x.mp3")
    (tmp_path / "audio").symlink_to("tree")
    assert [found.code for found in load_folder(tmp_path).report.diagnostics] == ["L403"]
    for number in range(40):
        write(tmp_path / "tree" / "deep" / f"{number}.mp3")
    loaded = load_folder(tmp_path)
    (found,) = loaded.report.diagnostics
    assert (found.code, found.severity) == ("F022", Severity.HINT)
    assert loaded.program is not None
