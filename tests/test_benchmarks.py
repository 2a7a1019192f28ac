"""The benchmarks can be run: their modules import, their flows are clean, and what they compare is the same menu."""

import asyncio
import importlib
import pkgutil
from collections import Counter
from pathlib import Path

import pytest

import benchmarks
from benchmarks import kills, refusals, reload
from benchmarks.callers import TOKEN
from benchmarks.projects import write_project
from benchmarks.telephone import clinic_phone, play
from engine.program.library import load_folder

FLOWS = Path(benchmarks.__file__).parent / "flows"


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(benchmarks.__path__)])
def test_every_module_imports(name: str) -> None:
    """Importing one measures nothing: `python -m benchmarks` does."""
    assert importlib.import_module(f"benchmarks.{name}").__doc__


def test_the_flows_are_clean() -> None:
    """A benchmark that nobody ran for a while still speaks the language."""
    loaded = load_folder(FLOWS)
    assert loaded.program is not None
    assert loaded.report.diagnostics == ()
    assert set(loaded.program.flows) == {"menu", "count", "remembers"}


def test_the_flows_that_servers_are_killed_with_are_clean(tmp_path: Path) -> None:
    """Each deployment is a version of its own."""
    versions = set()
    for number in range(len(kills.WORDS)):
        kills.deploy(tmp_path, 8001, number)
        loaded = load_folder(tmp_path / "flows")
        assert loaded.program is not None
        assert {found.code for found in loaded.report.diagnostics} == {"L411"}, "the orders go to this machine"
        versions.add(loaded.program.version)
    assert len(versions) == len(kills.WORDS)


@pytest.mark.parametrize("counts", [False, True])
def test_the_projects_made_for_loading_are_clean(tmp_path: Path, counts: bool) -> None:
    """What is timed is reading, not reporting."""
    write_project(tmp_path, flows=2, counts=counts)
    loaded = load_folder(tmp_path)
    assert loaded.program is not None
    assert loaded.report.diagnostics == ()
    assert [len(flow.steps) for flow in loaded.program.flows.values()] == [20, 20]


def test_a_call_on_the_telephone_has_six_turns_and_comes_to_its_end() -> None:
    """Calls that are refused, or end early, would be quick."""
    with clinic_phone() as phone:
        call = play(phone)
    assert [asked.status for asked in call.requests] == [200] * 6
    assert call.heard == ("Thank you. We will call you back. Goodbye.",)
    assert call.warnings == ()


@pytest.mark.parametrize("fields", [1, 999])
def test_what_is_refused_and_what_is_answered_differ_by_their_signature_alone(fields: int) -> None:
    """Requests that fail for another reason would be cheap to refuse."""
    app, sent = refusals.application((TOKEN, "another")), {f"Field{number}": "x" for number in range(fields)}
    right = refusals.signature(sent)
    for signed, status in ((right, 200), (right.swapcase(), 403), (b"", 403)):
        asyncio.run(refusals.asking(app, sent, signed, status)())


def test_answers_of_reload_are_judged() -> None:
    """Those that tell two texts of one file, an older one than before, or one that is not saved yet, are wrong."""
    heard = reload.Heard(saved=Counter({1: 2, 2: 1, reload.COMMON: 1}))
    oldest = Counter({1: 1})
    for said, problem in (
        ('<Gather timeout="6">Text 2 of flow 1. Text 1 of flow 2.', ""),
        ('<Gather timeout="5">Text 1 of flow 1.', ""),
        ('<Gather timeout="5">Text 0 of flow 1.', "an older text than was heard before"),
        ('<Gather timeout="5">Text 1 of flow 1. Text 2 of flow 1.', "two texts of one file"),
        ('<Gather timeout="7">Text 1 of flow 1.', "a text before it was saved"),
        ("<Say>We are sorry", "200 <Say>We are sorry"),
    ):
        heard.wrong.clear()
        heard.judge(200, said, oldest)
        assert list(heard.wrong) == [problem] * bool(problem), said
    assert heard.heard == {1: 2, 2: 1, reload.COMMON: 2}
