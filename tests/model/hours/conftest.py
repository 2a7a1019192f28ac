"""Reads opening hours as a flow has them, and asks them at times of a clock on the wall."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.diagnostics import Report, Source, render_text
from engine.document.folder import Folder
from engine.model.build import build
from engine.model.hours.opening import Hours

NEW_YORK = ZoneInfo("America/New_York")


class Asked:
    """Hours in New York (unless they say otherwise), asked at local times such as `2026-03-08 01:30`."""

    def __init__(self, hours: Hours) -> None:
        self.hours = hours

    def at(self, text: str, fold: int = 0) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=self.hours.zone, fold=fold)

    def open(self, text: str, fold: int = 0) -> bool:
        return self.hours.planned(self.at(text, fold))

    def opens(self, text: str, fold: int = 0) -> str:
        return _shown(self.hours.opens_at(self.at(text, fold)))

    def closes(self, text: str, fold: int = 0, *, shut: bool = False) -> str:
        return _shown(self.hours.closes_at(self.at(text, fold), shut=shut))


def _shown(at: datetime | None) -> str:
    """`Mon 2026-03-09 09:00 -0400`; empty for None."""
    return at.strftime("%a %Y-%m-%d %H:%M %z") if at else ""


@pytest.fixture
def hours() -> Callable[..., Asked]:
    """Makes hours of lines as they stand in a flow."""

    def make(*lines: str, timezone: str = "America/New_York") -> Asked:
        text = "".join(f"    {line}\n" for line in (f"timezone: {timezone}", *lines))
        report = Report()
        flow = Source("a.yaml", f"hours:\n  desk:\n{text}steps:\n  menu:\n    - say: Hello.\n")
        project = build(Folder(Path(), (flow,), None), report)
        assert not report.errors, render_text(report.diagnostics)
        return Asked(project.flows["a"].hours["desk"])

    return make
