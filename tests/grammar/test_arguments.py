"""What filters and tests are given is checked when the file is read: names, number and the values that are written out."""

import pytest

from engine.diagnostics import Diagnostic, Report, Source, Span
from engine.document.nodes import Scalar
from engine.grammar.callables import FILTERS, TESTS
from engine.grammar.filters import FILTERS as OWN
from engine.grammar.signatures import signature_of
from engine.grammar.templates import Template, read_expression, read_template


def found_in(text: str) -> list[Diagnostic]:
    """What is found in an expression, and in a template that it stands in."""
    kept = []
    for read, written in ((read_expression, text), (read_template, f"{{{{ {text} }}}}")):
        report = Report()
        thing = read(Scalar(written, Span(Source("f", written), 0, len(written)), False), report)
        assert (thing is None) == bool(report.diagnostics)
        kept.append(list(report.diagnostics))
    assert [(one.code, one.title, one.span.text) for one in kept[0]] == [
        (one.code, one.title, one.span.text) for one in kept[1]
    ]
    return kept[0]


@pytest.mark.parametrize(
    ("text", "place", "title", "instead"),
    [
        ("now | date(format='x')", "format", "`date` has no option `format`", "date(weekday=false, year=false)"),
        ("now | date('%b %d')", "'%b %d'", "the options of `date` are given by name", "now.strftime('%b %d')"),
        ("now | date(format='%d')", "format", "`date` has no option `format`", "now.strftime('%d')"),
        (
            "hours.desk.opens_at | time('%H')",
            "'%H'",
            "`time` takes nothing in parentheses",
            "hours.desk.opens_at.strftime('%H')",
        ),
        ("x | date('%b %d')", "'%b %d'", "the options of `date` are given by name", "date(weekday=false, year=false)"),
        ("x | date(false)", "false", "the options of `date` are given by name", "date(weekday=false)"),
        ("x | date(weekday=false, yaer=false)", "yaer", "`date` has no option `yaer`", None),
        ("x | date(weekday='no')", "'no'", "`weekday` of `date` must be true or false", "weekday=false"),
        ("x | money('EUR')", "'EUR'", "the options of `money` are given by name", "money(currency='EUR')"),
        ("x | money('euro')", "'euro'", "the options of `money` are given by name", "money(currency='EUR')"),
        (
            "x | money(currency='euro')",
            "'euro'",
            "`currency` of `money` must be a code of three letters, as 'EUR'",
            "currency='EUR'",
        ),
        (
            "x | money(currency=3)",
            "3",
            "`currency` of `money` must be a code of three letters, as 'EUR'",
            "currency='EUR'",
        ),
        ("x | phone('US')", "'US'", "`phone` takes nothing in parentheses", "phone"),
        ("x | digits(2)", "2", "`digits` takes nothing in parentheses", "digits"),
        ("x | ordinal(short=true)", "short", "`ordinal` has no option `short`", "ordinal"),
        ("x | fromjson('a')", "'a'", "`fromjson` takes nothing in parentheses", "fromjson"),
        ("x | replace('a')", "replace", "`replace` needs `new`", "replace('a', '')"),
        ("x | replace", "replace", "`replace` needs `old`", "replace('', '')"),
        (
            "x | replace('a', 'b', 1, 2)",
            "2",
            "`replace` takes at most 3 values in parentheses",
            "replace(old, new, count=none)",
        ),
        ("x | replace('a', 'b', 'c')", "'c'", "`count` of `replace` must be a whole number", "1"),
        ("x | replace('a', 'b', old='c')", "old", "`replace` is given `old` twice", None),
        ("x | replace('a', nwe='b')", "nwe", "`replace` has no option `nwe`", None),
        ("x | upper('x')", "'x'", "`upper` takes nothing in parentheses", "upper"),
        ("x | center(5, 6)", "6", "`center` takes at most 1 value in parentheses", "center(width=80)"),
        ("x | round('2')", "'2'", "`precision` of `round` must be a whole number", "2"),
        ("x | round(1, 'cel')", "'cel'", "`method` of `round` must be one of common, ceil, floor", "'ceil'"),
        ("x | round(method='up')", "'up'", "`method` of `round` must be one of common, ceil, floor", "method='ceil'"),
        ("x | truncate(20, 'yes')", "'yes'", "`killwords` of `truncate` must be true or false", "true"),
        ("x | default('a', 'true')", "'true'", "`boolean` of `default` must be true or false", "true"),
        ("x | d('a', true, 1)", "1", "`d` takes at most 2 values in parentheses", "d(default_value='', boolean=false)"),
        ("x | dictsort(by='vlaue')", "'vlaue'", "`by` of `dictsort` must be one of key, value", "by='value'"),
        ("x | sort(reverse='no')", "'no'", "`reverse` of `sort` must be true or false", "reverse=false"),
        ("x | sort(attr='n')", "attr", "`sort` has no option `attr`", None),
        ("x | groupby", "groupby", "`groupby` needs `attribute`", "groupby('name')"),
        ("x | batch", "batch", "`batch` needs `linecount`", "batch(1)"),
        ("x | slice(true)", "true", "`slices` of `slice` must be a whole number", "1"),
        ("x | join(', ', 'n', 3)", "3", "`join` takes at most 2 values in parentheses", "join(d='', attribute=none)"),
        ("x | tojson(2.5)", "2.5", "`indent` of `tojson` must be a whole number", "2"),
        ("x | length(1)", "1", "`length` takes nothing in parentheses", "length"),
        ("x | first(2)", "2", "`first` takes nothing in parentheses", "first"),
        ("x | map", "map", "`map` needs a filter or an attribute", "map('upper'),  or  map(attribute='name')"),
        ("x | map(atribute='n')", "atribute", "`map` has no option `atribute`", None),
        ("x | map('replace', 'a')", "replace", "`replace` needs `new`", "map('replace', 'a', '')"),
        (
            "x | map('date', '%d')",
            "'%d'",
            "the options of `date` are given by name",
            "map('date', weekday=false, year=false)",
        ),
        (
            "x | map('round', method='cel')",
            "'cel'",
            "`method` of `round` must be one of common, ceil, floor",
            "method='ceil'",
        ),
        ("x | select('gt')", "gt", "`gt` needs `other`", "select('gt', 3)"),
        (
            "x | reject('divisibleby', 2, 3)",
            "3",
            "`divisibleby` takes at most 1 value in parentheses",
            "reject('divisibleby', num)",
        ),
        ("x | selectattr", "selectattr", "`selectattr` needs an attribute", "selectattr('name')"),
        ("x | rejectattr('n', 'eq')", "eq", "`eq` needs `other`", "rejectattr('n', 'eq', 3)"),
        ("x is divisibleby", "divisibleby", "`divisibleby` needs `num`", "divisibleby(2)"),
        ("x is odd(3)", "3", "`odd` takes nothing in parentheses", "odd"),
        ("x is in", "in", "`in` needs `seq`", "in([1, 2])"),
        ("x is defined(1)", "1", "`defined` takes nothing in parentheses", "defined"),
        ("(x | upper('a')) ~ (x | lower)", "'a'", "`upper` takes nothing in parentheses", "upper"),
    ],
)
def test_what_is_given_wrongly_is_told_with_what_to_write(
    text: str, place: str, title: str, instead: str | None
) -> None:
    (found,) = found_in(text)
    assert (found.code, found.span.text, found.title) == ("F308", place, title)
    assert (found.helps[0] if found.helps else None) == (f"write  {instead}" if instead else None)
    assert instead or found.label.startswith("did you mean `") or "twice" in title


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("x | map('uper')", "did you mean `upper`?"),
        ("x | map('datee')", "did you mean `date`?"),
        ("x | select('defind')", "did you mean `defined`?"),
        ("x | selectattr('n', 'equal', 3)", "did you mean `equalto`?"),
        ("x | rejectattr('n', 'nonne')", "did you mean `none`?"),
        ("x | b64encod", "did you mean `b64encode`?"),
        ("x | ordinals", "did you mean `ordinal`?"),
    ],
)
def test_a_name_that_is_none_is_told_wherever_it_stands(text: str, label: str) -> None:
    (found,) = found_in(text)
    assert (found.code, found.label) == ("F305", label)


@pytest.mark.parametrize(
    "text",
    [
        "now | date",
        "now | date(weekday=false, year=false)",
        "now | date(weekday=vip)",
        "x | money(currency='eur')",
        "x | money(currency=y)",
        "x | replace('a', 'b')",
        "x | replace(old='a', new='b', count=1)",
        "x | replace(y, z)",
        "x | default",
        "x | default(none)",
        "x | int(default=none)",
        "x | int('')",
        "x | default('a', true)",
        "x | default('a', 1)",
        "x | round(1, 'floor')",
        "x | round(-2)",
        "x | truncate(20, true, end='…', leeway=none)",
        "x | indent('  ')",
        "x | join",
        "x | join(d=', ', attribute='n')",
        "x | sum(attribute='n', start=1)",
        "x | sort(true, attribute='a,b')",
        "x | map('upper')",
        "x | map(attribute='n', default='')",
        "x | map(y)",
        "x | map('replace', 'a', 'b')",
        "x | map('map', 'upper')",
        "x | select",
        "x | select('gt', 3)",
        "x | select('==', 3)",
        "x | selectattr('n')",
        "x | selectattr('n', 'eq', 4)",
        "x | reject('in', [1, 2])",
        "x | groupby('n', default=3)",
        "x | slice(3, 'fill')",
        "x is divisibleby 3",
        "x is divisibleby(num=3)",
        "x is eq y",
        "x is sameas none",
        "x | replace(*y)",
        "x | replace(**y)",
        "x | trim | lower | length",
    ],
)
def test_what_is_given_rightly_is_left_alone(text: str) -> None:
    assert found_in(text) == []


def test_a_filter_over_a_block_is_checked_too() -> None:
    text = "{% filter replace('a') %}abc{% endfilter %}"
    report = Report()
    assert read_template(Scalar(text, Span(Source("f", text), 0, len(text)), False), report) is None
    assert [(one.code, one.span.text) for one in report.diagnostics] == [("F308", "replace")]


@pytest.mark.parametrize("name", sorted({*FILTERS, *TESTS}))
def test_the_signature_of_every_filter_and_test_can_be_told(name: str) -> None:
    for functions in (FILTERS, TESTS):
        if name in functions:
            signature = signature_of(name, functions[name])
            assert signature.form.startswith(name)
            for parameter in signature.parameters:
                assert parameter.required or parameter.kind is None or parameter.takes(parameter.default)
                assert parameter.kind is None or parameter.takes(parameter.example)


@pytest.mark.parametrize("name", sorted(OWN))
def test_options_of_our_own_filters_are_given_by_name_and_have_a_note(name: str) -> None:
    for parameter in signature_of(name, OWN[name]).parameters:
        assert parameter.by_name
        assert parameter.note
        assert not parameter.required


@pytest.mark.parametrize(
    ("text", "encoded"), [("user:pass", "dXNlcjpwYXNz"), ("", ""), ("Zoë", "Wm/Dqw=="), (4711, "NDcxMQ==")]
)
def test_base64(text: object, encoded: str) -> None:
    written = "{{ x | b64encode }}"
    read = read_template(Scalar(written, Span(Source("f", written), 0, len(written)), False), Report())
    assert isinstance(read, Template)
    assert read.render({"x": text}) == encoded
