"""Sources, the collector, and the nearest name."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import Report, Source, Span, nearest
from engine.diagnostics.report import MOST


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("", 0, (1, 1)),
        ("", 7, (1, 1)),
        ("ab\ncd", 2, (1, 3)),
        ("ab\ncd", 3, (2, 1)),
        ("ab\r\ncd", 4, (2, 1)),
        ("ab\rcd", 3, (2, 1)),
        ("ab\n", 3, (2, 1)),
        ("😀b", 1, (1, 2)),
        ("ab", -3, (1, 1)),
    ],
)
def test_positions_count_from_one(text: str, offset: int, position: tuple[int, int]) -> None:
    assert Source("f", text).position(offset) == position


def test_lines_come_without_their_ends() -> None:
    source = Source("f", "a\r\nb\n\nc")
    assert [source.line(number) for number in range(6)] == ["", "a", "b", "", "c", ""]
    assert source.last_line == 4
    assert source.start_of(2) == 3
    assert source.start_of(9) == len(source.text)


@given(st.text("ab\r\n😀", max_size=40), st.integers(0, 40))
def test_a_position_leads_back_to_its_offset(text: str, offset: int) -> None:
    source = Source("f", text)
    line, column = source.position(offset)
    assert source.start_of(line) + column - 1 == min(offset, len(text))
    assert 1 <= line <= source.last_line


def test_a_span_knows_its_text_and_place() -> None:
    span = Span(Source("flows/a.yaml", "a:\n  b"), 5, 6)
    assert (span.text, span.location, str(span)) == ("b", "flows/a.yaml:2:3", "flows/a.yaml:2:3")


def test_findings_are_sorted_and_counted_once() -> None:
    first, second = Source("a", "xyz"), Source("b", "xyz")
    report = Report()
    report.hint("F3", "c", Span(second, 0, 1))
    report.warning("F2", "b", Span(first, 1, 2))
    report.warning("F1", "b", Span(first, 1, 2))
    report.warning("F1", "b", Span(first, 1, 2), label="the same again")
    assert not report.errors
    report.error("F9", "a", Span(first, 0, 1))
    assert report.errors
    assert [found.code for found in report.diagnostics] == ["F9", "F1", "F2", "F3"]
    assert len(report) == 4


def test_of_each_code_so_many_are_kept_and_hints_take_no_errors_place() -> None:
    source = Source("a", "x" * (MOST + 5))
    report = Report()
    for at in range(MOST + 5):
        report.hint("L1", "doubt", Span(source, at, at + 1))
    assert not report.full
    for at in range(MOST):
        report.error("F1", "wrong", Span(source, at, at + 1))
        report.error("F1", "wrong", Span(source, at, at + 1))
    assert not report.full
    report.error("F1", "wrong", Span(source, MOST, MOST + 1))
    assert report.full
    assert Counter(found.code for found in report.diagnostics) == {"L1": MOST, "F1": MOST}


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("numDigits", ["num_digits", "digits"], "num_digits"),
        ("finish-on-key", ["finish_on_key"], "finish_on_key"),
        ("SAY", ["say", "play"], "say"),
        ("suport", ["welcome", "sales", "support"], "support"),
        ("timout", ["timeout", "time"], "timeout"),
        ("Redirct", ["redirect"], "redirect"),
        ("xyzzy", ["welcome", "sales"], None),
        ("a", [], None),
        ("", ["a"], None),
    ],
)
def test_nearest_name(word: str, known: list[str], expected: str | None) -> None:
    assert nearest(word, known) == expected
