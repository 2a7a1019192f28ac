"""Dates, times, money and numbers in the language of a call."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import Report, Source, Span
from engine.document.nodes import Scalar
from engine.grammar.locales import is_foreign, speaker
from engine.grammar.needing import needing_babel
from engine.grammar.templates import Template, read_template
from engine.grammar.tongue import TONGUE

NOON = datetime(2026, 12, 24, 12, 0, tzinfo=UTC)
TAGS = ("es", "es-MX", "es-US", "fr-FR", "de-DE", "it-IT", "pt-BR", "nl-NL", "ca-ES", "sv-SE", "ja-JP", "cmn-CN", "arb")


def template(text: str) -> Template:
    read = read_template(Scalar(text, Span(Source("flows/a.yaml", text), 0, len(text)), quoted=False), Report())
    assert isinstance(read, Template)
    return read


def heard(tag: str, filter: str, value: object) -> object:
    return template("{{ value | %s }}" % filter).value({"value": value, TONGUE: tag})  # noqa: UP031


@pytest.mark.parametrize(
    ("tag", "filter", "value", "said"),
    [
        ("es-ES", "date", NOON, "jueves, 24 de diciembre de 2026"),
        ("es-ES", "date(year=false)", "2026-12-24", "jueves, 24 de diciembre"),
        ("es-ES", "date(weekday=false)", "2026-12-24", "24 de diciembre de 2026"),
        ("es-ES", "date(weekday=false, year=false)", "2026-12-24", "24 de diciembre"),
        ("de-DE", "date", "2026-12-24", "Donnerstag, 24. Dezember 2026"),
        ("fr-FR", "date(year=false)", date(2026, 12, 24), "jeudi 24 décembre"),
        ("da-DK", "date(year=false)", "2026-12-24", "torsdag den 24. december"),
        ("cmn-CN", "date", "2026-12-24", "2026年12月24日星期四"),
        ("arb", "date(year=false)", "2026-12-24", "الخميس، 24 ديسمبر"),
        ("es-ES", "time", "21:30", "21:30"),
        ("es-MX", "time", "21:30", "9:30 p.m."),
        ("fr-FR", "time", time(9, 0), "09:00"),
        ("es-ES", "money", "1234.5", "1.234,50 dólares estadounidenses"),
        ("es-MX", "money", "1234.5", "1,234.50 dólares estadounidenses"),
        ("es-ES", "money(currency='EUR')", 1, "1 euro"),
        ("es-ES", "money(currency='EUR')", "1.5", "1,50 euros"),
        ("pl-PL", "money(currency='PLN')", 5, "5 złotych polskich"),
        ("de-DE", "money(currency='chf')", Decimal("-3.10"), "-3,10 Schweizer Franken"),
        ("fr-FR", "money(currency='EUR')", "-0.001", "0 euro"),
        ("ja-JP", "money(currency='JPY')", "1234.5", "1,235円"),
        ("es-MX", "ordinal", 2, "2º"),
        ("fr-CA", "ordinal", 1, "1er"),
        ("fr-CA", "ordinal", 21, "21e"),
        ("de-DE", "ordinal", 3, "3."),
        ("it-IT", "ordinal", 3, "3º"),
        ("pt-BR", "ordinal", 3, "3º"),
        ("nl-NL", "ordinal", 3, "3e"),
        ("sv-SE", "ordinal", 22, "22:a"),
        ("sv-SE", "ordinal", 12, "12:e"),
        ("ca-ES", "ordinal", 23, "23r"),
        ("ca-ES", "ordinal", 14, "14è"),
        ("ja-JP", "ordinal", 2, "第2"),
        ("ko-KR", "ordinal", 2, "2"),
        ("es-MX", "digits", "1234", "1 2 3 4"),
        ("es-MX", "phone", "+34911234567", "más 3, 4 9 1, 1 2 3, 4 5 6 7"),
        ("es-MX", "phone", "+14155550123", "4 1 5, 5 5 5, 0 1 2 3"),
        ("fr-FR", "phone", "anonymous", "un numéro inconnu"),
        ("ko-KR", "phone", "+442079460123", "+ 4 4, 2 0 7, 9 4 6, 0 1 2 3"),
        ("en-GB", "date", "2026-12-24", "Thursday, December 24, 2026"),
        ("", "time", "12:00", "noon"),
    ],
)
def test_what_a_caller_hears_in_a_language(tag: str, filter: str, value: object, said: object) -> None:
    assert heard(tag, filter, value) == said


def test_a_language_that_nobody_knows_has_numbers_at_least() -> None:
    assert is_foreign("tlh")
    assert "24" in str(heard("tlh", "date", NOON))
    assert heard("tlh", "ordinal", 2) == "2"


def test_a_template_may_be_said_in_a_language_of_its_own() -> None:
    one = replace(template("{{ value | ordinal }} {{ other }}"), language="fr-FR")
    assert one.render({"value": 1, "other": "x", TONGUE: "de-DE"}) == "1er x"


@pytest.mark.parametrize("tag", TAGS)
@given(st.dates(), st.times(), st.decimals(-(10**14), 10**14, places=2), st.integers(0, 10**6))
def test_everything_can_be_said_without_blanks_that_voices_stumble_over(
    tag: str, day: date, at: time, amount: Decimal, number: int
) -> None:
    one = speaker(tag)
    said = [
        one.say_date(day, weekday=True, year=False),
        one.say_time(at),
        one.say_money(amount, "USD"),
        one.say_ordinal(number),
    ]
    assert all(text and not set("\u00a0\u202f") & set(text) for text in said)


def test_the_filters_that_need_babel_are_found_where_they_stand() -> None:
    text = (
        "On {{ now | date(year=false) }}, {{ 'date | time' }}, {% filter time %}9:30{% endfilter %} {{ 2 | ordinal }}"
    )
    found = list(needing_babel(template(text)))
    assert [(name, span.start) for name, span in found] == [("date", 12), ("time", text.index("time %}"))]


def test_a_text_without_such_filters_needs_nothing() -> None:
    assert list(needing_babel(template("At this time: {{ now }}"))) == []
