"""The layout of a message: header, arrow, excerpt, caret, further places, help."""

import pytest

from engine.diagnostics import Diagnostic, Label, Report, Severity, Source, Span, render_text, summary

SUPPORT = Source(
    "flows/support.yaml",
    "steps:\n  menu:\n    - say: Hello\n    - hangup\n    - say: Are you still there?\n  menu:\n    - hangup\n",
)


def span(source: Source, word: str, nth: int = 1) -> Span:
    start = -1
    for _ in range(nth):
        start = source.text.index(word, start + 1)
    return Span(source, start, start + len(word))


def one(
    place: Span,
    label: str = "",
    *,
    also: tuple[Label, ...] = (),
    notes: tuple[str, ...] = (),
    helps: tuple[str, ...] = (),
    severity: Severity = Severity.ERROR,
    code: str = "F999",
    title: str = "something is wrong",
) -> Diagnostic:
    return Diagnostic(severity, code, title, place, label, also, notes, helps)


def shown(found: Diagnostic) -> list[str]:
    return render_text([found]).split("\n")


def test_an_error_with_a_suggestion() -> None:
    source = Source("flows/support.yaml", "\n" * 5 + "        numDigits: 1\n")
    found = one(
        span(source, "numDigits"),
        "did you mean `num_digits`?",
        code="F102",
        title="`gather` has no field `numDigits`",
        helps=(
            "fields are written in snake_case; TwiML's numDigits is num_digits here",
            "`engine explain gather` lists every field",
        ),
    )
    assert (
        render_text([found])
        == """\
error[F102]: `gather` has no field `numDigits`
 --> flows/support.yaml:6:9
  |
6 |         numDigits: 1
  |         ^^^^^^^^^ did you mean `num_digits`?
  |
  = help: fields are written in snake_case; TwiML's numDigits is num_digits here
  = help: `engine explain gather` lists every field"""
    )


def test_a_second_place_far_below_with_a_wider_gutter() -> None:
    source = Source("flows/support.yaml", "\n" * 11 + '          "2": suport\n\n\n  support:\n')
    found = one(
        span(source, "suport"),
        "no such step",
        also=(Label(span(source, "support"), "did you mean this step?"),),
        notes=("steps of this flow: welcome, sales, support",),
        code="F201",
        title="there is no step named `suport`",
    )
    assert (
        render_text([found])
        == """\
error[F201]: there is no step named `suport`
  --> flows/support.yaml:12:16
   |
12 |           "2": suport
   |                ^^^^^^ no such step
...
15 |   support:
   |   ------- did you mean this step?
   |
   = note: steps of this flow: welcome, sales, support"""
    )


def test_a_second_place_above() -> None:
    found = one(span(SUPPORT, "menu", 2), "again here", also=(Label(span(SUPPORT, "menu"), "first here"),))
    assert shown(found) == [
        "error[F999]: something is wrong",
        " --> flows/support.yaml:6:3",
        "  |",
        "2 |   menu:",
        "  |   ---- first here",
        "...",
        "6 |   menu:",
        "  |   ^^^^ again here",
    ]


def test_neighbouring_lines_need_no_gap() -> None:
    place = span(SUPPORT, "- say: Are you still there?")
    found = one(
        place, "unreachable", also=(Label(span(SUPPORT, "hangup"), "the call ends here"),), severity=Severity.WARNING
    )
    assert shown(found)[3:] == [
        "4 |     - hangup",
        "  |       ------ the call ends here",
        "5 |     - say: Are you still there?",
        "  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^ unreachable",
    ]


def test_a_single_line_between_is_shown() -> None:
    found = one(span(SUPPORT, "menu"), also=(Label(span(SUPPORT, "hangup"), "here"),))
    assert shown(found)[3:] == [
        "2 |   menu:",
        "  |   ^^^^",
        "3 |     - say: Hello",
        "4 |     - hangup",
        "  |       ------ here",
    ]


def test_two_places_on_one_line_share_the_excerpt() -> None:
    found = one(span(SUPPORT, "Hello"), "this", also=(Label(span(SUPPORT, "say"), "that"),))
    assert shown(found)[3:] == ["3 |     - say: Hello", "  |            ^^^^^ this", "  |       --- that"]


def test_a_place_in_another_file() -> None:
    other = Source("flows/_project.yaml", "vars:\n  x: 1\n")
    found = one(span(SUPPORT, "Hello"), "here", also=(Label(span(other, "x"), "and here"),), helps=("choose one",))
    assert shown(found)[2:] == [
        "  |",
        "3 |     - say: Hello",
        "  |            ^^^^^ here",
        " ::: flows/_project.yaml:2:3",
        "  |",
        "2 |   x: 1",
        "  |   - and here",
        "  |",
        "  = help: choose one",
    ]


def test_a_help_of_several_lines_is_indented() -> None:
    found = one(span(SUPPORT, "Hello"), helps=("write\nsteps:\n  a: b",), notes=("a fact",))
    assert shown(found)[5:] == ["  |", "  = help: write", "          steps:", "            a: b", "  = note: a fact"]


def test_messages_are_apart_by_a_blank_line() -> None:
    first, second = one(span(SUPPORT, "menu")), one(span(SUPPORT, "menu", 2))
    assert render_text([first, second]) == f"{render_text([first])}\n\n{render_text([second])}"
    assert render_text([]) == ""


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("a: b\n", 5, 5, ["2 |", "  | ^"]),
        ("a: b", 4, 4, ["1 | a: b", "  |     ^"]),
        ("a: b\r\nc: d\r\n", 4, 6, ["1 | a: b", "  |     ^"]),
        ("a: b\r\nc: d\r\n", 9, 10, ["2 | c: d", "  |    ^"]),
        ("a:\n  b\n  c\n", 5, 10, ["2 |   b", "  |   ^"]),
        ("a: b", 90, 99, ["1 | a: b", "  |     ^"]),
        ("\n", 0, 1, ["1 |", "  | ^"]),
    ],
)
def test_any_place_can_be_shown(text: str, start: int, end: int, expected: list[str]) -> None:
    assert shown(one(Span(Source("f", text), start, end)))[3:] == expected


def test_a_source_without_text_has_no_excerpt() -> None:
    found = one(Span(Source("flows", ""), 0, 0), helps=("write one",))
    assert shown(found) == ["error[F999]: something is wrong", " --> flows:1:1", "  |", "  = help: write one"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\tx: y", ["1 |     x: y", "  |     ^ here"]),
        ("日本 x: y", ["1 | 日本 x: y", "  |      ^ here"]),
        ("e\u0301 x: y", ["1 | e\u0301 x: y", "  |   ^ here"]),
        ("\x1b[31m x", ["1 | \ufffd[31m x", "  |       ^ here"]),
    ],
)
def test_the_caret_stands_below_what_it_means(text: str, expected: list[str]) -> None:
    place = span(Source("f", text), "x")
    assert shown(one(place, "here"))[3:] == expected


def test_wide_characters_are_underlined_as_wide() -> None:
    assert shown(one(span(Source("f", "a: 日本 b"), "日本")))[3:] == ["1 | a: 日本 b", "  |    ^^^^"]


@pytest.mark.parametrize("before", [0, 10, 60, 75, 300])
@pytest.mark.parametrize("after", [0, 10, 70, 300])
@pytest.mark.parametrize("word", ["x", "target", "t" * 100])
@pytest.mark.parametrize("filling", ["-", "日"])
def test_long_lines_are_cut_around_the_caret(before: int, after: int, word: str, filling: str) -> None:
    source = Source("f", filling * before + f"<{word}>" + filling * after)
    lines = shown(one(span(source, word), "four words of label"))[3:]
    width = [sum(2 if sign == "日" else 1 for sign in line) for line in lines]
    assert len(lines) == 2
    assert max(width) <= 80
    excerpt, caret = lines
    column = 0
    under = ""
    for sign in excerpt:
        if column < len(caret) and caret[column] == "^":
            under += sign
        column += 2 if sign == "日" else 1
    assert set(under) == set(word)
    assert len(under) == len(word) or len(word) == 100
    assert caret.endswith("^ four words of label")


def test_colour_only_when_asked() -> None:
    found = one(span(SUPPORT, "Hello"), "here", helps=("write it",))
    coloured = render_text([found], colour=True)
    assert "\x1b[1;31merror[F999]\x1b[0m" in coloured
    assert "\x1b" not in render_text([found])


def test_nothing_an_author_wrote_moves_the_cursor() -> None:
    found = one(
        span(SUPPORT, "Hello"), "\x1b[2J", title="no `\x1b]0;x\x07`", helps=("write \x9b1m",), notes=("\u202e",)
    )
    assert not set(render_text([found])) & set("\x1b\x07\x9b\u202e")


def test_a_hundred_findings_are_shown_and_the_others_counted() -> None:
    source = Source("f", "x" * 1_234)
    found = [one(Span(source, at, at + 1), title=f"number {at}") for at in range(1_234)]
    text = render_text(found)
    assert "number 99" in text
    assert "number 100" not in text
    assert text.endswith("\n\n… and 1,134 more")
    assert "more" not in render_text(found[:100])


def test_a_long_title_is_cut() -> None:
    found = one(span(SUPPORT, "Hello"), "y" * 5_000, title="x" * 5_000, helps=("z" * 5_000,))
    assert [len(line) < 1_100 for line in shown(found)] == [True] * len(shown(found))
    assert shown(found)[0].endswith("x…")


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ([], "no mistakes"),
        ([Severity.ERROR], "1 error"),
        ([Severity.WARNING, Severity.ERROR, Severity.ERROR], "2 errors, 1 warning"),
        ([Severity.HINT] * 3, "3 hints"),
    ],
)
def test_summary_counts(severities: list[Severity], expected: str) -> None:
    assert summary(one(span(SUPPORT, "Hello"), severity=severity) for severity in severities) == expected


def test_a_report_renders_in_its_order() -> None:
    report = Report()
    report.error("F2", "second", span(SUPPORT, "Hello"))
    report.warning("F1", "first", span(SUPPORT, "menu"))
    assert [line for line in render_text(report.diagnostics).split("\n") if "[F" in line] == [
        "warning[F1]: first",
        "error[F2]: second",
    ]
