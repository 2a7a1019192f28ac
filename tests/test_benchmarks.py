"""The benchmarks can be run: their modules import, their flows are clean, and what they compare is the same menu."""

import asyncio
import importlib
import pkgutil
from pathlib import Path

import pytest

import benchmarks
from benchmarks import kills, refusals
from benchmarks.callers import TOKEN
from benchmarks.loading import write_flows
from benchmarks.telephone import clinic_phone, play
from engine.program.library import load_folder

FLOWS = Path(benchmarks.__file__).parent / "flows"


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(benchmarks.__path__)])
def test_every_module_imports(name: str) -> None:
    """Importing one measures nothing: `python -m benchmarks` does."""
    assert importlib.import_module(f"benchmarks.{name}").__doc__


def test_the_flows_are_clean() -> None:
    """A benchmark that nobody ran for a while still speaks the language."""
    loaded = load_folder(FLOWS, {"SLOW_URL": "https://example.com/"})
    assert loaded.program is not None
    assert loaded.report.diagnostics == ()
    assert set(loaded.program.flows) == {"menu", "count", "lookup"}


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


def test_the_flows_made_for_loading_are_clean(tmp_path: Path) -> None:
    """What is timed is reading, not reporting."""
    write_flows(tmp_path, flows=2)
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
