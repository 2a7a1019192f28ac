"""A simulator over flows that are given as text, and can be saved anew."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from engine.diagnostics import Report, Source
from engine.document.folder import read_folder
from engine.phone.scripts import Failure, play, read_script
from engine.phone.scripts.write import new_script
from engine.program.program import Program
from engine.program.workspace import Workspace
from engine.runtime.desk import Heard
from engine.runtime.effects.effect import Effect, Result
from engine.simulation import Outside, Simulator
from engine.testing.project import Project

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


class Bench:
    """A folder of flows and a simulator of it; the last state of its call is `state`."""

    def __init__(self, folder: Path, env: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._workspace = Workspace(env or {})
        self.program: Program | None = None
        self.asked: list[Effect] = []
        self.result = Result("200", {"body": {"name": "Ann"}, "status": 200, "headers": {}})
        self.heard: list[Heard] = []
        self.forgotten: list[str] = []
        self.ended: list[tuple[str, str]] = []
        self.simulator = Simulator(
            Outside(
                folder,
                lambda: self.program,
                lambda: NOON,
                saved=lambda version: "2026-11-30T14:02:11+00:00",
                ask=self._ask,
                heard=lambda heard, program, took: self.heard.append(heard),
                ended=lambda key, by: self.ended.append((key, by)),
                forget=lambda key, since: self.forgotten.append(key),
            )
        )
        self.state: dict[str, Any] = {}

    def save(self, **flows: str) -> None:
        """Saves flows by name, with everything below `steps:`, or a whole file that begins otherwise."""
        for name, text in flows.items():
            (self.folder / f"{name}.yaml").write_text(dedent(text))
        loaded = self._workspace.update(read_folder(self.folder, Report()), Report())
        self.program = loaded.program

    def call(self, flow: str, **given: Any) -> dict[str, Any]:
        self.state = self.simulator.begin({"flow": flow, **{name.rstrip("_"): value for name, value in given.items()}})
        return self.state

    def do(self, *acts: dict[str, Any]) -> dict[str, Any]:
        for act in acts:
            self.state = self.simulator.act(self.state["id"], act)
        return self.state

    def press(self, *keys: str) -> dict[str, Any]:
        return self.do(*({"press": key} for key in keys))

    def reload(self) -> dict[str, Any]:
        """What the page does after a save."""
        self.simulator.reloaded()
        self.state = self.simulator.get(self.state["id"])
        return self.state

    def told(self, *kinds: str) -> list[str]:
        """The texts of the captions of some kinds."""
        return [one["text"] for one in self.state["captions"] if one["kind"] in (kinds or ("heard",))]

    def script(self) -> str:
        """The call as a script."""
        flow, name, entry = self.simulator.script(self.state["id"])
        return new_script(flow, entry(name))

    def failures(self) -> list[Failure | None]:
        """What goes wrong when its script is played."""
        report = Report()
        script = read_script(Source("made.calls.yaml", self.script()), report)
        assert script is not None, [one.title for one in report.diagnostics]
        assert self.program is not None
        return [one.failure for one in play(script, Project(self.program, self.folder))]

    @property
    def waits(self) -> dict[str, Any]:
        return self.state["waits"]

    def _ask(self, effect: Effect) -> Result:
        self.asked.append(effect)
        return self.result


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Bench]:
    """A bench whose flows may read variables of the environment."""
    return lambda **env: Bench(tmp_path, env)


@pytest.fixture
def clinic() -> Bench:
    made = Bench(Path("flows"))
    made.save()
    return made
