"""Files with more mistakes, or more of anything, than a person writes: reading them ends, and what is told stays short."""

from pathlib import Path

import pytest

from engine.diagnostics import Diagnostic, Report, Source, render_text
from engine.diagnostics.report import MANY, MOST
from engine.document.folder import Folder
from engine.model.build import build
from engine.model.flow import Project


def read(flows: dict[str, str]) -> tuple[Project, tuple[Diagnostic, ...]]:
    report = Report()
    sources = tuple(Source(f"{name}.yaml", text) for name, text in flows.items())
    return build(Folder(Path(), sources, None), report), report.diagnostics


def told(text: str) -> tuple[Diagnostic, ...]:
    return read({"flow": text})[1]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("steps:\n  menu:\n" + "    - sya: Hello\n" * 5_000, "F102"),
        ("steps:\n  menu: [" + "{sya: Hello}, " * 5_000 + "]\n", "F102"),
        ("steps:\n  menu:\n    - say: {" + ", ".join(f"atr{number}: 1" for number in range(5_000)) + "}\n", "F102"),
        ("steps:\n" + "".join(f"  s{number}:\n    - redirect: t{number}\n" for number in range(2_000)), "F201"),
        ("steps:\n" + "".join(f"  s{number}:\n    - redirect: T {number}\n" for number in range(2_000)), "F203"),
        ("steps:\n  menu: [" + ", ".join(f"*a{number}" for number in range(5_000)) + "]\n", "F001"),
        ("?\n" * 5_000, "F011"),
    ],
)
def test_of_each_mistake_so_many_are_told(text: str, code: str) -> None:
    found = [each for each in told(text) if each.code == code]
    assert len(found) == MOST
    assert len(render_text(found)) < 100_000


def test_the_first_mistyped_targets_are_told_what_may_be_meant() -> None:
    steps = "".join(f"  step_{number}:\n    - redirect: stepp_{number}\n" for number in range(MANY + 10))
    meant = [bool(found.also) for found in told(f"steps:\n{steps}")]
    assert meant == [True] * MANY + [False] * 10


def test_no_variable_is_missed_where_reading_stopped() -> None:
    wrong = "    - sya: Hello\n" * (MOST + 1)
    text = f"steps:\n  first:\n    - say: '{{{{ answer }}}}'\n{wrong}    - set: {{answer: 1}}\n"
    assert {found.code for found in told(text)} == {"F102"}


@pytest.mark.parametrize("back", [False, True])
def test_flows_in_a_long_row_know_each_others_variables(back: bool) -> None:
    size = 2_000
    flows = {}
    for number in range(size):
        following = (number - 1 if back else number + 1) % size
        says = f"{{{{ v{(number + 7) % size} }}}}"
        flows[f"f{number}"] = (
            f"vars: {{v{number}: 1}}\nsteps:\n  menu:\n    - say: '{says}'\n    - redirect: f{following}/\n"
        )
    project, found = read(flows)
    assert not found
    assert all(flow.keeps for flow in project.flows.values())


def test_a_call_that_leads_to_a_variable_after_many_flows_is_kept() -> None:
    flows = {
        f"f{number}": f"steps:\n  menu:\n    - say: a\n    - redirect: f{number + 1}/\n" for number in range(1_000)
    }
    project, _ = read(
        {
            **flows,
            "f1000": "vars: {a: 1}\nsteps:\n  menu:\n    - say: a\n",
            "alone": flows["f0"].replace("f1/", "hangup"),
        }
    )
    assert {flow.name for flow in project.flows.values() if not flow.keeps} == {"alone"}


@pytest.mark.parametrize(
    "text",
    [
        "steps:\n  menu:\n    - redirect: " + "n" * 300_000,
        "steps:\n  menu:\n    - say: '{{ " + "n" * 50_000 + " }}'\n",
        "steps:\n  menu:\n    - say: x {{ a " + "{{ a " * 50_000 + ": b\n",
        "steps:\n  menu:\n    - say: a" + " " * 30_000 + "b: c\n",
        "steps:\n" + "".join(f"  s{number}:\n    - redirect: s{(number + 1) % 3_000}\n" for number in range(3_000)),
        "{" * 30_000,
        "[" * 30_000,
    ],
)
def test_a_finding_is_short_whatever_is_written(text: str) -> None:
    found = told(text)
    assert found
    assert len(render_text(found)) < 10_000


@pytest.mark.parametrize(
    "instruction",
    ["gather: {say: Press 1., branch: {1: menu}}", "start: {stream: {url: 'wss://example.com/ear'}}", "say: Hello"],
)
def test_a_long_block_is_looked_through(instruction: str) -> None:
    end = "    - say: Goodbye.\n"
    assert not told("steps:\n  menu:\n" + f"    - {instruction}\n" * 5_000 + end)


def test_a_step_used_as_a_page_from_many_places_is_told_of_once() -> None:
    calls = "".join(
        f"  s{number}:\n    - dial: {{number: {{phone_number: '+15550100', url: page}}}}\n" for number in range(300)
    )
    found = [each for each in told(f"steps:\n{calls}  page:\n    - dial: '+15550100'\n") if each.code == "F204"]
    assert len(found) == 1
