"""Together the scripts in this folder take every step and every exit of the flows that ship."""

from pathlib import Path

import pytest

from engine.testing.course import Course

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FOLDERS = {"flows": "", "examples": "", "examples/twimlets": "twimlets"}  # with that of their scripts, from here


@pytest.fixture(scope="module")
def course() -> Course:
    played = Course([HERE], quiet=True, say=print, warn=print)
    assert played.play()
    return played


def test_every_flow_has_a_script() -> None:
    flows = {(at, file.stem) for folder, at in FOLDERS.items() for file in (ROOT / folder).glob("[!_]*.yaml")}
    scripts = {
        (at, file.name.removesuffix(".calls.yaml"))
        for at in FOLDERS.values()
        for file in (HERE / at).glob("*.calls.yaml")
    }
    assert scripts == flows


def test_every_step_and_exit_is_taken(course: Course) -> None:
    assert course.covers(100), "\n".join(
        place.where
        for coverage in course.taken.values()
        for place in (*coverage.missing_steps, *coverage.missing_exits)
    )
