"""The pytest plugin: collects call scripts (`*.calls.yaml`), and gives tests written in Python a telephone."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Everybody's pytest loads this module: what is ours is imported when there is a script, or a test that rings.
if TYPE_CHECKING:
    from engine.phone.scripts import CallScript
    from engine.testing.caller import Caller
    from engine.testing.scripts import Folders, Written

SUFFIX = ".calls.yaml"
FOLDERS = pytest.StashKey[Any]()  # the Folders of this run


class Otherwise(Exception):
    """A call goes otherwise than its script says, or a script cannot be played; the message is the whole account."""


class ScriptFile(pytest.File):
    """A call script: a test for each call, or one that fails if it has mistakes."""

    def collect(self) -> Iterator[pytest.Item]:
        from engine.phone.transcript import visible
        from engine.testing.scripts import read_written

        try:
            folders = _folders(self.config)
        except pytest.UsageError as error:
            raise self.CollectError(str(error)) from None  # else it is shown with a stack
        written = read_written(self.path, folders)
        if written.script is None:
            yield Mistakes.from_parent(self, name="is read", written=written)
            return
        for call in written.script.calls:
            # Reports print the name as it is.
            yield Call.from_parent(self, name=" ".join(visible(call.name).split()), written=written, call=call)


class ScriptItem(pytest.Item):
    """A test whose failure is an account for people, never a stack."""

    def __init__(self, *, written: "Written", **named: Any) -> None:
        super().__init__(**named)
        self.written = written

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Otherwise):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def place(self) -> tuple[Path, int]:
        """The file, and the line from 1."""
        return self.path, 1

    def reportinfo(self) -> tuple[Path, int, str]:
        path, line = self.place()
        return path, line - 1, self.name


class Mistakes(ScriptItem):
    """A script with mistakes."""

    def runtest(self) -> None:
        from engine.diagnostics import render_text

        raise Otherwise(render_text(self.written.report.diagnostics))


class Call(ScriptItem):
    """One call of a script."""

    def __init__(self, *, call: "CallScript", **named: Any) -> None:
        super().__init__(**named)
        self.call = call
        self.user_properties.append(("place", "{}:{}".format(*self.place())))

    def runtest(self) -> None:
        from engine.phone.scripts import play_call
        from engine.testing.told import told

        script, project = self.written.script, self.written.project
        assert script is not None, "a script with mistakes has no calls"
        assert project is not None, "a script without flows has no calls"
        result = play_call(script, self.call, project)
        if result.failure is not None:
            raise Otherwise(told(result, project.program))

    def place(self) -> tuple[Path, int]:
        span = self.call.span
        return self.path, span.source.position(span.start)[0]


def _folders(config: pytest.Config) -> "Folders":
    """The flows of this run; templates may read the variables that the settings in the environment and `.env` name."""
    from engine.server.dotenv import SettingsError, read_dotenv
    from engine.server.settings import read_settings
    from engine.testing.scripts import Folders

    if FOLDERS not in config.stash:
        try:
            env = read_settings({}, os.environ, read_dotenv(config.rootpath / ".env")).env
        except SettingsError as error:
            raise pytest.UsageError(str(error)) from None
        config.stash[FOLDERS] = Folders(env)
    folders: Folders = config.stash[FOLDERS]
    return folders


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScriptFile | None:
    """Takes call scripts and nothing else."""
    return ScriptFile.from_parent(parent, path=file_path) if file_path.name.endswith(SUFFIX) else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """The folder of flows that the fixture `phone` rings."""
    words = "folder of the flows that `phone` rings (default: the nearest folder `flows` around the test)"
    parser.addini("touchtone_flows", words, default="")


@pytest.fixture
def phone(request: pytest.FixtureRequest) -> "Callable[..., Caller]":
    """A telephone that rings a flow: `call = phone("clinic"); call.press("1").hears("To book a visit")`.

    Everything but the flow's name is as in `given` of a call script: from_, to, at, step, params, takes, outcomes by verb, and
    what the world answers: `phone("clinic", at="2026-12-24 18:00", dial="busy", request={"GET https://example.com": 404},
    run={"lookup": {"name": "Ann"}}, send="sent")`. The flows are those of the setting touchtone_flows, else
    of the nearest folder `flows` around the test.
    """
    from engine.testing.caller import ring
    from engine.testing.scripts import flows_near

    named = request.config.getini("touchtone_flows")
    folder = request.config.rootpath / named if named else flows_near(request.path)
    try:
        folders = _folders(request.config)
    except pytest.UsageError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None

    def make(flow: str, **given: Any) -> "Caller":
        __tracebackhide__ = True
        if folder is None or not folder.is_dir():
            there_is_none = f"no folder of flows is found around {request.path}; name it in touchtone_flows"
            wrong = f"touchtone_flows names `{named}`, and there is no folder {folder}"
            pytest.fail(wrong if named else there_is_none, pytrace=False)
        return ring(folders.project(folder), flow, given)

    return make
