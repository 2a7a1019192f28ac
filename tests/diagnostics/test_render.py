"""The forms for machines: one line each, JSON, GitHub, SARIF."""

import json

from engine.diagnostics import (
    FORMATS,
    Diagnostic,
    Label,
    Severity,
    Source,
    Span,
    codes,
    page,
    render_github,
    render_json,
    render_line,
    render_sarif,
)

SOURCE = Source("flows/a b,c.yaml", "steps:\n  menu: 100%\n  menu: x\n")
FOUND = Diagnostic(
    Severity.ERROR,
    "F101",
    "the key `menu` is written twice: 100%",
    Span(SOURCE, 22, 26),
    "again here",
    (Label(Span(SOURCE, 9, 13), "first here"),),
    ("a fact",),
    ("give one of them\nanother name",),
)
DOUBT = Diagnostic(Severity.HINT, "F998", "a doubt", Span(SOURCE, 0, 20), "did you mean `stops`?", (), (), ("no",))


def test_one_line_each_with_the_best_hint() -> None:
    assert render_line([FOUND, DOUBT]).split("\n") == [
        "flows/a b,c.yaml:3:3: error[F101]: the key `menu` is written twice: 100% (give one of them another name)",
        "flows/a b,c.yaml:1:1: hint[F998]: a doubt (did you mean `stops`?)",
    ]


def test_a_second_place_may_be_the_suggestion() -> None:
    found = Diagnostic(
        Severity.ERROR,
        "F201",
        "no step",
        Span(SOURCE, 22, 26),
        "no such step",
        (Label(Span(SOURCE, 9, 13), "did you mean this step?"),),
    )
    assert found.hint == "did you mean `menu`?"


def test_without_suggestion_or_help_the_line_ends_with_the_title() -> None:
    found = Diagnostic(Severity.ERROR, "F1", "wrong", Span(SOURCE, 0, 1), "a label")
    assert render_line([found]) == "flows/a b,c.yaml:1:1: error[F1]: wrong"


def test_json_holds_everything() -> None:
    first, second = json.loads(render_json([FOUND, DOUBT]))
    assert first == {
        "severity": "error",
        "code": "F101",
        "title": "the key `menu` is written twice: 100%",
        "path": "flows/a b,c.yaml",
        "line": 3,
        "column": 3,
        "end_line": 3,
        "end_column": 7,
        "label": "again here",
        "also": [
            {"path": "flows/a b,c.yaml", "line": 2, "column": 3, "end_line": 2, "end_column": 7, "text": "first here"}
        ],
        "notes": ["a fact"],
        "helps": ["give one of them\nanother name"],
    }
    assert (second["line"], second["end_line"]) == (1, 3)
    assert json.loads(render_json([])) == []


def test_github_commands_are_escaped() -> None:
    assert render_github([FOUND, DOUBT]).split("\n") == [
        "::error file=flows/a b%2Cc.yaml,line=3,col=3,endColumn=7,title=F101::"
        "the key `menu` is written twice: 100%25%0Ahelp: give one of them%0Aanother name%0Anote: a fact",
        "::notice file=flows/a b%2Cc.yaml,line=1,col=1,title=F998::a doubt%0Ahelp: no",
    ]


def test_sarif_has_a_rule_for_each_code_and_places_in_characters() -> None:
    log = json.loads(render_sarif([FOUND, DOUBT, FOUND]))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["F101", "F998"]
    assert rules[0]["shortDescription"]["text"] == (page("F101") or "").split("\n")[0].removeprefix("# F101: ")
    first, doubt, _ = run["results"]
    assert (first["level"], doubt["level"]) == ("error", "note")
    assert first["ruleIndex"] == 0
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "flows/a%20b%2Cc.yaml"
    assert place["region"] == {"startLine": 3, "startColumn": 3, "endLine": 3, "endColumn": 7}
    assert first["relatedLocations"][0]["message"]["text"] == "first here"


def test_every_form_takes_nothing_and_everything() -> None:
    assert set(FORMATS) == {"text", "line", "json", "github", "sarif"}
    for render in FORMATS.values():
        assert isinstance(render([]), str)
        assert "F101" in render([FOUND, DOUBT])


def test_pages_are_found_by_code_in_any_case() -> None:
    assert page("f101") == page("F101")
    assert page("F999") is None
    assert page("../F101") is None
    assert list(codes()) == sorted(codes())
    assert "F101" in codes()
