"""Comparisons that can never work are told with the form that does; those that work are left alone."""

import pytest

from engine.diagnostics import Report, Source, Span
from engine.document.nodes import Scalar
from engine.grammar.comparisons import check_comparisons
from engine.grammar.templates import read_expression, read_template

FAIL = [
    ('now < "09:00"', "now.hour < 9"),
    ("now >= '17:30'", "now.strftime('%H:%M') >= '17:30'"),
    ("now > '2026-12-24'", "now.strftime('%Y-%m-%d') > '2026-12-24'"),
    ("now < 9", "now.hour < 9"),
    ("now.time() < 9", "now.hour < 9"),
    ("now.time() < '9:30'", "now.strftime('%H:%M') < '09:30'"),
    ("now.weekday == 6", "now.weekday() == 6"),
    ("now.weekday in [5, 6]", "now.weekday()"),
    ("now.time < 9", "now.hour < 9"),
    ("now.date == '2026-12-24'", "now.strftime('%Y-%m-%d') == '2026-12-24'"),
    ("now.isoformat == 'x'", "now.isoformat()"),
    ("hours.desk.opens_at > '09:00'", "hours.desk.opens_at.hour > 9"),
    ("hours.desk.now < 9", "hours.desk.now.hour < 9"),
]
NEVER = [
    ("answer == true", "answer == 'true'"),
    ("false != message.body", "message.body != 'false'"),
    ("answer == 4111111111111111", "answer == '4111111111111111'"),
    ("call.from == 15550100", "call.from == '+15550100'"),
    ("15550100 == call.to", "call.to == '+15550100'"),
    ("call.from in [15550100, 15550101]", "call.from in ['+15550100', '+15550101']"),
    ("digits not in [true, false]", "digits not in ['true', 'false']"),
    ("now.hour < '09'", "now.hour < 9"),
    ("now.hour == '09'", "now.hour == 9"),
    ("speech > ''", "speech != ''"),
    ("'' >= digits", "digits == ''"),
    ("hours.desk.open == 1", "hours.desk.open"),
    ("hours.desk.open == 0", "not hours.desk.open"),
    ("now.weekday() == 'Monday'", "now.weekday() == 0"),
    ("now.date() == '2026-12-24'", "now.strftime('%Y-%m-%d') == '2026-12-24'"),
    ("now == 'noon'", "now.strftime('%Y-%m-%d') == '2026-12-24'"),
    ("hours.desk.open == 'true'", "hours.desk.open"),
    ("hours.desk.open == 'no'", "not hours.desk.open"),
    ("hours.desk.open != 'open'", "not hours.desk.open"),
    ("hours.desk.closes_at == '17:30'", "hours.desk.closes_at.strftime('%H:%M') == '17:30'"),
    ("now.hour == 'nine'", "now.strftime('%Y-%m-%d') == '2026-12-24'"),
]
WORKS = [
    "answer == '1'",
    "answer == 1",
    "1 == answer",
    "speech != -1",
    "call.from_zip == 94103",
    "message.body == 1",
    "message.from == 12345",
    "params.X == 1",
    "env.LIMIT == 3",
    "digits in [1, 2]",
    "digits not in (1, 2)",
    "digits > 3",
    "3 < digits",
    "call.duration >= 60",
    "params.Count < 2.5",
    "now.hour < '9'",
    "customer.due < '2026-12-24'",
    "visits < '3'",
    "digits | int > 3",
    "digits | length > 3",
    "3 < visits <= 5",
    "visits == '3' or visits > 3",
    "confidence > 0.5",
    "call.from == '+15550100'",
    "call.from[:3] == '+44'",
    "answer in ['1', '2']",
    "answer in ['1', 2]",
    "'1' in answer",
    "visits in [1, 2]",
    "now.hour < 9 and now.weekday() == 6",
    "now.strftime('%H:%M') < '09:30'",
    "now.date().isoformat() == '2026-12-24'",
    "hours.desk.open == true",
    "hours.desk.opens_at == ''",
    "hours.desk.opens_at > now",
    "hours.desk.holiday == 'Thanksgiving Day'",
    "message.media == 1",
    "params == 1",
    "customer.digits == 1",
]


def found_in(text: str) -> list[tuple[str, str]]:
    """The code and the help of each finding, in an expression and in a template alike."""
    told = []
    for read, written in ((read_expression, text), (read_template, f"{{{{ {text} }}}}")):
        report = Report()
        thing = read(Scalar(written, Span(Source("f", written), 0, len(written)), False), report)
        assert thing is not None
        assert not isinstance(thing, str)
        check_comparisons(thing, report)
        told.append([(each.code, each.helps[0].removeprefix("write  ")) for each in report.diagnostics])
    assert told[0] == told[1]
    return told[0]


@pytest.mark.parametrize(("text", "instead"), FAIL)
def test_a_comparison_that_only_fails_is_an_error(text: str, instead: str) -> None:
    assert found_in(text) == [("F307", instead)]


@pytest.mark.parametrize(("text", "instead"), NEVER)
def test_a_comparison_that_never_holds_is_a_doubt(text: str, instead: str) -> None:
    assert found_in(text) == [("L401", instead)]


@pytest.mark.parametrize("text", [*WORKS, *(instead for _, instead in FAIL + NEVER)])
def test_a_comparison_that_works_is_left_alone(text: str) -> None:
    assert found_in(text) == []


def test_a_name_that_the_template_gives_a_value_of_its_own_may_be_a_number() -> None:
    written = "{% set answer = 3 %}{{ answer == 1 }}"
    report = Report()
    thing = read_template(Scalar(written, Span(Source("f", written), 0, len(written)), False), report)
    assert thing is not None
    assert not isinstance(thing, str)
    check_comparisons(thing, report)
    assert len(report) == 0


@pytest.mark.parametrize("text", ["name < 'M'", "'yes' <= speech", "customer.level > 'gold'", "digits >= '0471'"])
def test_an_order_with_a_text_that_has_none_is_told(text: str) -> None:
    report = Report()
    thing = read_expression(Scalar(text, Span(Source("f", text), 0, len(text)), False), report)
    assert thing is not None
    check_comparisons(thing, report)
    (found,) = report.diagnostics
    assert (found.code, found.label) == ("L401", "never ordered with this")


def test_each_comparison_is_told_where_it_stands() -> None:
    text = "visits > 1 and now > 3 or answer == true"
    report = Report()
    thing = read_expression(Scalar(text, Span(Source("f", text), 0, len(text)), False), report)
    assert thing is not None
    check_comparisons(thing, report)
    assert [(each.code, each.span.text, each.span.start) for each in report.diagnostics] == [
        ("F307", "now", 15),
        ("L401", "answer", 26),
    ]
