"""Subflows that lead into each other before anything is asked or returned."""

from pathlib import Path

import pytest

from engine.diagnostics import Report, Severity, Source
from engine.document.folder import Folder
from engine.model.build import build


def found(**flows: str) -> list[str]:
    report = Report()
    build(Folder(Path(), tuple(Source(f"{name}.yaml", text) for name, text in sorted(flows.items())), None), report)
    assert not [one for one in report.diagnostics if one.code.startswith("F") and one.code != "F214"], (
        report.diagnostics
    )
    return [f"{one.span.location} {one.title}" for one in report.diagnostics if one.code == "F214"]


def flow(*instructions: str, head: str = "") -> str:
    return f"{head}steps:\n  first:\n" + "".join(f"    - {one}\n" for one in instructions)


ITSELF = "the subflow `a` calls itself on every path, and never returns"
BOTH = "the subflows `a` and `b` call each other on every path, and never return"


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ({"a": flow("subflow: b"), "b": flow("subflow: a")}, [f"a.yaml:3:16 {BOTH}"]),
        ({"a": flow("subflow: a")}, [f"a.yaml:3:16 {ITSELF}"]),
        ({"a": flow("say: Hello.", "subflow: a", "return: true")}, [f"a.yaml:4:16 {ITSELF}"]),
        ({"a": flow("set: {n: 1}", "log: again", "subflow: {flow: a, save: x}")}, [f"a.yaml:5:23 {ITSELF}"]),
        (  # two calls that stand at the same place of two files
            {
                "a": flow("branch: [{when: true, to: c/}, {else: b/}]"),
                "b": flow("subflow: a"),
                "c": flow("subflow: d"),
                "d": flow("subflow: d"),
                "e": flow("subflow: a"),
            },
            [f"b.yaml:3:16 {ITSELF}", f"d.yaml:3:16 {ITSELF.replace('`a`', '`d`')}"],
        ),
        (
            {"a": flow("subflow: b"), "b": flow("subflow: c"), "c": flow("subflow: a")},
            ["a.yaml:3:16 the subflows `a`, `b` and `c` call each other on every path, and never return"],
        ),
        (
            {
                "a": flow("branch: {on: call.from, 1: [{subflow: b}], else: [{say: x}, {subflow: b}]}"),
                "b": flow("subflow: a"),
            },
            [f"a.yaml:3:45 {BOTH}"],
        ),
        ({"a": flow("redirect: second") + "  second:\n    - subflow: a\n"}, [f"a.yaml:5:16 {ITSELF}"]),
        (
            {"a": flow("subflow: b"), "b": flow("redirect: a/")},
            ["a.yaml:3:16 the subflow `b` calls itself on every path, and never returns"],
        ),
        ({"a": flow("request: {url: 'https://example.com'}", "subflow: a")}, [f"a.yaml:4:16 {ITSELF}"]),
        ({"a": flow("branch: {on: call.from, 1: [], else: repeat}", "subflow: a")}, [f"a.yaml:4:16 {ITSELF}"]),
        ({"main": flow("subflow: a"), "a": flow("subflow: b"), "b": flow("subflow: a")}, [f"a.yaml:3:16 {BOTH}"]),
        (
            {"a": flow("subflow: c", "subflow: a"), "c": flow("say: Hello.", "return: 1")},
            [f"a.yaml:4:16 {ITSELF}"],
        ),
    ],
)
def test_a_circle_that_nobody_gets_out_of_is_an_error(flows: dict[str, str], expected: list[str]) -> None:
    assert found(**flows) == expected


@pytest.mark.parametrize(
    "flows",
    [
        {"a": flow("gather: {say: 'Press 1.', branch: {1: [], else: hangup}}", "subflow: a")},
        {"a": flow("branch: {on: call.from, 1: [{return: 1}], else: []}", "subflow: a")},
        {"a": flow("branch: [{when: tries > 3, to: hangup}]", "subflow: a", head="vars: {tries: 0}\n")},
        {
            "a": flow("branch: [{when: tries > 3, to: second}]", "subflow: a", head="vars: {tries: 0}\n")
            + "  second:\n    - say: Bye.\n"
        },
        {"a": flow("subflow: b"), "b": flow("gather: {say: Press 1., branch: {1: []}}", "subflow: a")},
        {"a": flow("subflow: b"), "b": flow("return: 1", "subflow: a")},
        {"a": flow("subflow: b"), "b": flow("redirect: 'https://example.com/x'")},
        {"a": flow("subflow: b"), "b": flow("say: Hello.", "redirect: a/")},
        {"a": flow("subflow: b"), "b": flow("redirect: main/"), "main": flow("say: Hello.")},
        {"a": flow("branch: {on: call.from, 1: [{subflow: a}]}")},
        {"a": flow("twiml: <Hangup/>", "subflow: a")},
        {"a": flow("dial: '+15550100'", "subflow: a")},
        {"a": flow("hangup", "subflow: a")},
        {"a": flow("record: {max_length: 5}", "subflow: a")},
        {"a": flow("redirect: a/")},
        {"a": flow("subflow: {flow: b, branch: {1: hangup, else: repeat}}"), "b": flow("return: 1")},
        {"a": flow("request: {url: 'https://example.com', branch: {404: hangup}}", "subflow: a")},
    ],
)
def test_where_a_path_asks_returns_or_ends_there_is_none(flows: dict[str, str]) -> None:
    assert found(**flows) == []


def test_what_leads_to_a_flow_that_cannot_be_read_is_not_judged() -> None:
    report = Report()
    sources = (Source("a.yaml", flow("subflow: b")), Source("b.yaml", "steps: [\n"))
    build(Folder(Path(), sources, None), report)
    assert "F214" not in {one.code for one in report.diagnostics}


def test_a_long_row_of_subflows_is_followed_to_its_end() -> None:
    size = 300
    flows = {f"f{n}": flow(f"subflow: f{(n + 1) % size}") for n in range(size)}
    (told,) = found(**flows)
    assert "never return" in told
    flows["f7"] = flow("return: 1")
    assert found(**flows) == []


def test_with_on_error_the_call_ends_there_and_it_is_a_warning() -> None:
    report = Report()
    text = flow("subflow: a", head="on_error: sorry\n") + "  sorry:\n    - say: Sorry.\n"
    build(Folder(Path(), (Source("a.yaml", text),), None), report)
    assert [(one.code, one.severity) for one in report.diagnostics] == [("F214", Severity.WARNING)]
