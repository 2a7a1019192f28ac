"""The filters: what a caller hears, and what is refused in a sentence."""

from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import Report, Source, Span
from engine.document.nodes import Scalar
from engine.grammar.filters import FILTERS
from engine.grammar.templates import Template, TemplateFault, read_template
from engine.grammar.views import Params

NOON = datetime(2026, 12, 24, 12, 0, tzinfo=UTC)


def template(text: str) -> Template:
    read = read_template(Scalar(text, Span(Source("flows/a.yaml", text), 0, len(text)), quoted=False), Report())
    assert isinstance(read, Template)
    return read


def heard(filter: str, value: object) -> object:
    return template("{{ value | %s }}" % filter).value({"value": value})  # noqa: UP031


@pytest.mark.parametrize(
    ("filter", "value", "said"),
    [
        ("digits", "1234", "1 2 3 4"),
        ("digits", 1234, "1 2 3 4"),
        ("digits", "AB-12 c", "A B 1 2 c"),
        ("digits", "+1 (415) 555", "1 4 1 5 5 5 5"),
        ("digits", "", ""),
        ("bare_digits", "1 2 3 4", "1234"),
        ("bare_digits", "12345.", "12345"),
        ("bare_digits", "555-0100", "5550100"),
        ("bare_digits", "1, 2, 3.", "123"),
        ("bare_digits", "१२३४", "1234"),
        ("bare_digits", "\u202d12\u202c", "12"),
        ("bare_digits", "0471", "0471"),
        ("bare_digits", 4711, "4711"),
        ("bare_digits", "AB 1234", "AB 1234"),
        ("bare_digits", "1.5", "1.5"),
        ("bare_digits", "-5", "-5"),
        ("bare_digits", "", ""),
        ("phone", "+14155550123", "4 1 5, 5 5 5, 0 1 2 3"),
        ("phone", "(415) 555-0123", "4 1 5, 5 5 5, 0 1 2 3"),
        ("phone", "+442079460123", "plus 4 4, 2 0 7, 9 4 6, 0 1 2 3"),
        ("phone", "whatsapp:+14155550123", "4 1 5, 5 5 5, 0 1 2 3"),
        ("phone", "sip:+14155550123@example.com", "4 1 5, 5 5 5, 0 1 2 3"),
        ("phone", "60606", "6 0 6 0 6"),
        ("phone", "client:ann", "ann"),
        ("phone", "anonymous", "an unknown number"),
        ("phone", "", ""),
        ("e164", "(415) 555-0123", "+14155550123"),
        ("e164", "415.555.0123", "+14155550123"),
        ("e164", "1 415 555 0123", "+14155550123"),
        ("e164", " 15550100", "+15550100"),
        ("e164", "+442079460123", "+442079460123"),
        ("e164", "+44 20 7946 0123", "+442079460123"),
        ("e164", 4155550123, "+14155550123"),
        ("e164", "client:ann", "client:ann"),
        ("e164", "anonymous", "anonymous"),
        ("e164", "911", "911"),
        ("e164", "", ""),
        ("keys", {"a": 1, 2: 3}, ["a", "2"]),
        ("keys", Params({"O[1]": "x", "O[22]": "y"})["O"], ["1", "22"]),
        ("keys", Params({"O": "x"})["O"], []),
        ("keys", Params({})["O"], []),
        ("findall", "one  two", ["one", "two"]),
        ("findall(pattern='[0-9]+')", "order 17, 18", ["17", "18"]),
        ("findall(pattern='<K>([^<]*)</K>')", "<K>a</K><x/><K>b c</K>", ["a", "b c"]),
        ("findall(pattern='a|(b)')", "ab", ["", "b"]),
        ("findall(pattern='x*')", "", [""]),
        ("date", "2026-12-24", "Thursday, December 24, 2026"),
        ("date", "2026-12-24T18:00:00+01:00", "Thursday, December 24, 2026"),
        ("date", NOON, "Thursday, December 24, 2026"),
        ("date", date(2026, 1, 2), "Friday, January 2, 2026"),
        ("date(weekday=false)", "2026-12-24", "December 24, 2026"),
        ("date(year=false)", "2026-12-24", "Thursday, December 24"),
        ("time", "09:30", "9:30 AM"),
        ("time", "00:05", "12:05 AM"),
        ("time", "12:05:30", "12:05 PM"),
        ("time", "21:00", "9 PM"),
        ("time", "00:00", "midnight"),
        ("time", NOON, "noon"),
        ("time", time(13, 1), "1:01 PM"),
        ("time", "2026-12-24T18:45:00Z", "6:45 PM"),
        ("money", "1234.5", "$1,234.50"),
        ("money", 12, "$12"),
        ("money", 0.005, "$0.01"),
        ("money", Decimal("-3.10"), "minus $3.10"),
        ("money", "-0.001", "$0"),
        ("money(currency='eur')", "99.9", "€99.90"),
        ("money(currency='CHF')", 5, "5 CHF"),
        ("money(currency='JPY')", "1234.5", "¥1,235"),
        ("ordinal", 1, "1st"),
        ("ordinal", "2", "2nd"),
        ("ordinal", 3.0, "3rd"),
        ("ordinal", 4, "4th"),
        ("ordinal", 11, "11th"),
        ("ordinal", 112, "112th"),
        ("ordinal", 121, "121st"),
        ("fromjson", '{"a": [1, null]}', {"a": [1, None]}),
        ("fromjson", "3", 3),
    ],
)
def test_what_a_caller_hears(filter: str, value: object, said: object) -> None:
    assert heard(filter, value) == said


@pytest.mark.parametrize(
    ("filter", "value", "message"),
    [
        ("digits", None, "`digits` works on a text, and this is nothing"),
        ("digits", True, "`digits` works on a text, and this is true or false"),
        ("phone", {"a": 1}, "`phone` works on a text, and this is a mapping"),
        ("date", "tomorrow", "`date` needs a day as 2026-12-24, and this is `tomorrow`"),
        ("date", "2026-13-01", "`date` needs a day as 2026-12-24, and this is `2026-13-01`"),
        ("time", "930", "`time` needs a time as 09:30, and this is `930`"),
        ("time", "25:00", "`time` needs a time as 09:30, and this is `25:00`"),
        ("time", "2026-12-24", "`time` needs a time as 09:30, and this is `2026-12-24`"),
        ("time", [], "`time` works on a text, and this is a list"),
        ("money", "twelve", "`money` needs an amount as 12.50, and this is `twelve`"),
        ("money", "1e999999999", "`money` needs an amount as 12.50, and this is `1e999999999`"),
        ("money", "NaN", "`money` needs an amount as 12.50, and this is `NaN`"),
        ("money", None, "`money` works on a text, and this is nothing"),
        ("ordinal", "-1", "`ordinal` needs a whole number as 2, and this is `-1`"),
        ("ordinal", 1.5, "`ordinal` needs a whole number as 2, and this is `1.5`"),
        ("fromjson", "{", "`fromjson` needs JSON, and this is `{`"),
        ("fromjson", "[" * 60_000, "`fromjson` needs JSON, and this is `" + "[" * 40 + "…`"),
        ("fromjson", "NaN", "`fromjson` needs JSON, and this is `NaN`"),
        ("keys", 1, "`keys` works on a mapping, and this is a number"),
        ("findall(pattern='(')", "a", "`findall` needs a regular expression: missing ): ("),
        ("findall", [], "`findall` works on a text, and this is a list"),
        ("fromjson", {}, "`fromjson` works on a text, and this is a mapping"),
    ],
)
def test_what_is_refused(filter: str, value: object, message: str) -> None:
    with pytest.raises(TemplateFault) as caught:
        heard(filter, value)
    assert caught.value.message == message


@pytest.mark.parametrize("filter", sorted(FILTERS))
def test_a_filter_names_what_is_unknown(filter: str) -> None:
    with pytest.raises(TemplateFault, match="nothing named `valeu` is known"):
        template("{{ valeu | %s }}" % filter).render({"value": "1"})  # noqa: UP031


@pytest.mark.parametrize("filter", sorted(FILTERS))
@given(st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.none(), st.booleans(), st.dates(), st.times()))
def test_a_filter_gives_a_value_or_a_fault_for_anything(filter: str, value: object) -> None:
    with suppress(TemplateFault):
        said = heard(filter, value)
        assert filter in ("fromjson", "keys", "findall") or isinstance(said, str)


@pytest.mark.parametrize("filter", sorted(FILTERS))
def test_each_filter_has_its_line_in_the_reference(filter: str) -> None:
    documented = FILTERS[filter].__doc__ or ""
    assert documented.endswith(".")
    assert "\n" not in documented
