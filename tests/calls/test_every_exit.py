"""Together the scripts in this folder take every step and every exit of the flows that ship."""

from pathlib import Path

import pytest

from engine.testing.course import Course

HERE = Path(__file__).parent
FLOWS = sorted(
    file.stem for folder in ("flows", "examples") for file in (HERE.parents[1] / folder).glob("[!_]*.yaml")
)  # fmt: skip


@pytest.fixture(scope="module")
def course() -> Course:
    played = Course([HERE], quiet=True, say=print, warn=print)
    assert played.play()
    return played


def test_every_flow_has_a_script() -> None:
    assert sorted(file.name.removesuffix(".calls.yaml") for file in HERE.glob("*.calls.yaml")) == FLOWS


def test_every_step_and_exit_is_taken(course: Course) -> None:
    assert course.covers(100), "\n".join(
        place.where
        for coverage in course.taken.values()
        for place in (*coverage.missing_steps, *coverage.missing_exits)
    )
