"""Which change of a folder is believed at once, and which at a second look."""

import pytest

from engine.document.snapshot import FOLDER, Stamp
from engine.server.steady import GONE_SECONDS, SHRUNK_SECONDS, Steady

HERE = Stamp(1, 1, 0)


def file(version: int = 1, size: int = 100) -> Stamp:
    return Stamp(1, 10 + version, size, version, version)


def folder(here: Stamp = HERE, **files: Stamp) -> dict[str, Stamp]:
    return {FOLDER: here, **{f"{name}.yaml": stamp for name, stamp in files.items()}}


OLD = folder(a=file(), b=file())


def test_a_save_is_believed_at_once() -> None:
    steady = Steady(OLD)
    now = folder(a=file(2), b=file())
    assert steady.look(now, (), 0) == {"a.yaml"}
    assert steady.believed == now
    assert steady.look(now, (), 1) == frozenset()


def test_a_file_that_was_touched_is_read_though_its_stamp_is_the_same() -> None:
    assert Steady(OLD).look(OLD, ("a.yaml",), 0) == {"a.yaml"}


@pytest.mark.parametrize("now", [folder(b=file()), folder(a=file(2, 0), b=file())], ids=["missing", "empty"])
def test_a_file_that_is_missing_or_empty_is_believed_at_a_second_look(now: dict[str, Stamp]) -> None:
    steady = Steady(OLD)
    assert steady.look(now, ("a.yaml",), 0) == frozenset()
    assert steady.believed == OLD
    assert steady.look(now, (), GONE_SECONDS / 2) == frozenset()
    assert steady.look(now, (), GONE_SECONDS) == {"a.yaml"}
    assert steady.believed == now
    assert not steady.held
    assert steady.look(now, (), GONE_SECONDS * 9) == frozenset()


def test_what_comes_back_was_never_gone() -> None:
    steady = Steady(OLD)
    steady.look(folder(b=file()), (), 0)
    assert steady.look(OLD, (), 0.5) == frozenset()
    steady.look(folder(b=file()), (), 0.6)
    assert steady.look(folder(b=file()), (), 1.4) == frozenset()
    assert steady.look(folder(a=file(2), b=file()), (), 1.5) == {"a.yaml"}


def test_one_that_is_touched_again_and_again_is_not_believed() -> None:
    steady = Steady(OLD)
    gone = folder(b=file())
    for number in range(50):
        assert steady.look(gone, ("a.yaml",), number * 0.4) == frozenset()
    assert steady.look(gone, (), 49 * 0.4 + GONE_SECONDS) == {"a.yaml"}


def test_other_files_are_believed_meanwhile() -> None:
    steady = Steady(OLD)
    assert steady.look(folder(b=file(2)), (), 0) == {"b.yaml"}
    assert steady.believed == folder(a=file(), b=file(2))
    assert steady.look(folder(b=file(3)), (), 0.2) == {"b.yaml"}
    assert steady.look(folder(b=file(3)), (), 1.1) == {"a.yaml"}


def test_a_file_cut_short_waits_a_moment_for_the_rest() -> None:
    steady = Steady(OLD)
    cut = folder(a=file(2, 40), b=file())
    assert steady.look(cut, (), 0) == frozenset()
    assert steady.look(folder(a=file(3, 110), b=file()), (), 0.1) == {"a.yaml"}
    assert steady.look(folder(a=file(4, 30), b=file()), (), 0.25) == frozenset()
    assert steady.look(folder(a=file(4, 30), b=file()), (), 0.25 + SHRUNK_SECONDS) == {"a.yaml"}
    assert steady.look(folder(a=file(5, 29), b=file()), (), 0.9) == {"a.yaml"}


def test_a_new_file_counts_when_something_is_in_it() -> None:
    steady = Steady(OLD)
    assert steady.look(folder(a=file(), b=file(), c=file(1, 0)), (), 0) == frozenset()
    assert "c.yaml" not in steady.believed
    assert steady.look(folder(a=file(), b=file(), c=file(2)), (), 0.1) == {"c.yaml"}


def test_a_folder_that_is_filled_again_file_by_file_loses_none() -> None:
    steady = Steady(OLD)
    assert steady.look({}, (), 0) == frozenset()
    fresh = Stamp(1, 2, 0)
    assert steady.look({FOLDER: fresh}, (), 0.8) == {FOLDER}
    assert steady.believed == {**OLD, FOLDER: fresh}
    assert steady.look(folder(fresh, a=file(2)), (), 1.6) == {"a.yaml"}
    assert steady.look(folder(fresh, a=file(2)), (), 2.4) == frozenset()
    assert steady.look(folder(fresh, a=file(2), b=file(2)), (), 2.5) == {"b.yaml"}


def test_a_folder_that_stays_away_is_believed_gone() -> None:
    steady = Steady(OLD)
    assert steady.look({}, (), 0) == frozenset()
    assert FOLDER in steady.look({}, (), GONE_SECONDS)
    assert steady.believed == {}
