"""Each kind of value reads, refuses with a value that would be right, exports its schema and describes itself."""

import pytest
from jsonschema import Draft7Validator

from engine.grammar import fields
from engine.grammar.fields import (
    Address,
    Boolean,
    Choice,
    Decimal,
    Duration,
    Either,
    Field,
    Json,
    Keys,
    Pattern,
    Phone,
    Several,
    Text,
    Whole,
    Wrong,
)

SECONDS = Whole(5, 600, "seconds")
EVENTS = Several(Choice(("initiated", "ringing")))
HINTS = Several(Text(10), join=",", most=3)
TONES = Pattern("[0-9w]+", "tones", "ww12")
AUTO = Either((Choice(("auto",)), SECONDS))
WAIT = Duration(60, 30 * 86400)
WAIT_BY_UNIT = Duration(60, 30 * 86400, unit=True)

GOOD: list[tuple[Field, str, str]] = [
    (Text(), "hello  you ", "hello  you "),
    (Text(5), "hello", "hello"),
    (Phone(), " +15550100", "+15550100"),
    (Phone(), "(415) 555-0123", "(415) 555-0123"),
    (Phone(calls=True), "*67", "*67"),
    (Phone(calls=True), "911", "911"),
    (Phone(texts=True), "whatsapp:+15550100", "whatsapp:+15550100"),
    (SECONDS, "5", "5"),
    (SECONDS, " 600 ", "600"),
    (SECONDS, "010", "10"),
    (Whole(), "-3", "-3"),
    (Decimal(0, 1000), "20.45", "20.45"),
    (Decimal(0, 1000), "0", "0"),
    (Choice(("GET", "POST")), "GET", "GET"),
    (Choice(("true", "onEnter")), "true", "true"),
    (Boolean(), "true", "true"),
    (Boolean(), "false", "false"),
    (EVENTS, "initiated   ringing", "initiated ringing"),
    (HINTS, "yes, no,", "yes,no"),
    (TONES, "1w2", "1w2"),
    (Keys(), "#", "#"),
    (Keys(), "", ""),
    (Keys(several=True), "12*#", "12*#"),
    (Json(), '{"skill": "sales"}', '{"skill": "sales"}'),
    (AUTO, "auto", "auto"),
    (AUTO, "7", "7"),
    (WAIT, " 90 ", "90"),
    (WAIT, "2h", "7200"),
    (WAIT, "1d", "86400"),
    (WAIT, "1h30m", "5400"),
    (WAIT_BY_UNIT, "120m", "2h"),
    (WAIT_BY_UNIT, "90s", "90s"),
    (Address("action"), "billing/welcome", "billing/welcome"),
    (Address("action"), "https://example.com/menu?a=1", "https://example.com/menu?a=1"),
    (Address("queue_wait"), "", ""),
    (Address("media"), "audio/welcome.mp3", "audio/welcome.mp3"),
    (Address("socket", absolute=True, schemes=("wss",)), "wss://example.com/talk", "wss://example.com/talk"),
]

# field, what the author wrote, the code, the value offered instead
BAD: list[tuple[Field, str, str, str | None]] = [
    (Phone(), "bob", "F133", "+15550100"),
    (Phone(texts=True), "whatsapp:14155550123", "F133", "whatsapp:+14155550123"),
    (Text(3), "hello", "F104", None),
    (Text(shortest=1), "", "F104", None),
    (SECONDS, "7s", "F103", "7"),
    (SECONDS, "soon", "F103", "5"),
    (SECONDS, "١٢", "F103", "5"),
    (SECONDS, "2", "F104", "5"),
    (SECONDS, "1000", "F104", "600"),
    (Decimal(0, 1000), "$20.45", "F103", "20.45"),
    (Decimal(0, 10_000), "1,000.50 USD", "F103", "1000.50"),
    (Decimal(0, 1000), "2000", "F104", "1000"),
    (Choice(("GET", "POST")), "PST", "F105", "POST"),
    (Choice(("record-from-start", "mono")), "record_from_strat", "F105", "record-from-start"),
    (Choice(("GET", "POST")), "zzzz", "F105", None),
    (Boolean(), "yes", "F103", "true"),
    (Boolean(), "off", "F103", "false"),
    (EVENTS, "initiated ringin", "F105", "initiated ringing"),
    (HINTS, "a,b,c,d", "F104", None),
    (TONES, "press one", "F103", "ww12"),
    (Keys(), "pound", "F103", "#"),
    (Keys(), "##", "F104", "#"),
    (Keys(several=True), "a", "F103", "#"),
    (Json(), "sales", "F103", '{"skill": "sales"}'),
    (Json(), "[1]", "F103", '{"skill": "sales"}'),
    (AUTO, "autto", "F103", "auto"),
    (AUTO, "2", "F104", "5"),
    (WAIT, "4 hours", "F103", "4h"),
    (WAIT, "1.5h", "F103", "90m"),
    (WAIT, "2 weeks", "F103", "4h"),
    (WAIT, "5", "F104", "1m"),
    (WAIT, "99d", "F104", "30d"),
    (WAIT_BY_UNIT, "7200", "F103", "2h"),
    (WAIT_BY_UNIT, "soon", "F103", "4h"),
    (Address("action"), "", "F103", "menu"),
    (Address("action"), "main menu", "F103", "main_menu"),
    (Address("action", schemes=("https",)), "http://example.com/pay", "F103", "https://example.com/pay"),
    (Address("media"), "https://my_host.example.com/a_b.mp3", "F103", "https://my-host.example.com/a_b.mp3"),
    (Address("media"), "https:///a.mp3", "F103", "https://example.com/"),
    (Address("media"), "https://example.com:port/a.mp3", "F103", "https://example.com/"),
    (Address("media"), "https://[::1/a.mp3", "F103", "https://example.com/"),
    (Address("socket", absolute=True, schemes=("wss",)), "ws://example.com/talk", "F103", "wss://example.com/talk"),
    (Address("socket", absolute=True, schemes=("wss",)), "talk", "F103", "wss://example.com/"),
    (
        Address("socket", absolute=True, schemes=("wss",), query=False),
        "wss://example.com/talk?a=1",
        "F103",
        "wss://example.com/talk",
    ),
]


def passes(field: Field, value: object) -> bool:
    Draft7Validator.check_schema(field.schema())
    return Draft7Validator(field.schema()).is_valid(value)


@pytest.mark.parametrize(("field", "written", "twiml"), GOOD)
def test_a_good_value_is_read_as_twiml_wants_it_and_passes_the_schema(field: Field, written: str, twiml: str) -> None:
    assert field.read(written) == twiml
    assert passes(field, written)


@pytest.mark.parametrize(("field", "written", "twiml"), GOOD)
def test_what_was_read_reads_the_same_again(field: Field, written: str, twiml: str) -> None:
    assert field.read(twiml) == twiml


@pytest.mark.parametrize(("field", "written", "code", "instead"), BAD)
def test_a_bad_value_is_refused_with_one_that_is_right(
    field: Field, written: str, code: str, instead: str | None
) -> None:
    wrong = field.read(written)
    assert isinstance(wrong, Wrong)
    assert (wrong.code, wrong.instead) == (code, instead)
    assert wrong.what.startswith(("must ", "has "))
    if instead is not None:
        assert not isinstance(field.read(instead), Wrong)


KINDS = [field for field, _, _ in GOOD]


@pytest.mark.parametrize("field", KINDS)
def test_a_template_passes_every_schema(field: Field) -> None:
    assert passes(field, "{{ chosen }}")
    assert passes(field, "{% if vip %}5{% endif %}")


@pytest.mark.parametrize("field", KINDS)
def test_a_description_is_a_phrase(field: Field) -> None:
    phrase = field.describe()
    assert phrase == phrase.strip()
    assert not phrase.endswith(".")
    assert phrase


def test_every_kind_has_a_good_and_a_bad_value_here() -> None:
    kinds = {kind for kind in vars(fields).values() if isinstance(kind, type) and hasattr(kind, "join")} - {Field}
    assert {type(field) for field, _, _ in GOOD} == kinds
    assert {type(field) for field, *_ in BAD} == kinds


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (SECONDS, 3),
        (SECONDS, "soon"),
        (SECONDS, True),
        (Decimal(0, 1000), -1),
        (Choice(("GET", "POST")), "PUT"),
        (Boolean(), "yes"),
        (Keys(), "##"),
        (Keys(), 12),
        (Json(), "sales"),
        (TONES, "press one"),
        (AUTO, "autto"),
        (Text(3), "hello"),
        (Text(), None),
        (EVENTS, ["initiated", "ringin"]),
        (HINTS, ["a", "b", "c", "d"]),
        (Address("action"), "main menu"),
        (Address("socket", absolute=True, schemes=("wss",)), "https://example.com"),
    ],
)
def test_the_schema_refuses_what_an_editor_can_see_is_wrong(field: Field, value: object) -> None:
    assert not passes(field, value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (SECONDS, 20),
        (Boolean(), True),
        (Choice(("true", "onEnter")), True),
        (Several(Whole(1)), [1, 2]),
        (Several(Whole(1)), 1),
        (Keys(), 9),
        (TONES, 12),
        (Text(), 12),
        (Json(), {"skill": "sales"}),
        (EVENTS, ["initiated", "ringing"]),
    ],
)
def test_the_schema_takes_plain_values_as_an_editor_types_them(field: Field, value: object) -> None:
    assert passes(field, value)


@pytest.mark.parametrize("written", ["record-from-start", "record_from_start", "Record-From-Start", "recordFromStart"])
def test_a_choice_forgives_case_and_dashes_and_writes_twilios_spelling(written: str) -> None:
    assert Choice(("do-not-record", "record-from-start")).read(written) == "record-from-start"


def test_only_several_takes_a_list() -> None:
    assert {type(field) for field in KINDS if field.join is not None} == {Several}
    assert (EVENTS.join, HINTS.join) == (" ", ",")


def test_the_words_of_a_refusal_follow_the_name_of_the_attribute() -> None:
    assert SECONDS.read("5s") == Wrong("F103", "must be a whole number of seconds", "5")
    assert SECONDS.read("2") == Wrong("F104", "must be a whole number of seconds, 5 to 600", "5")
    assert AUTO.read("soon") == Wrong("F103", "must be auto, or a whole number of seconds", "5")
    assert EVENTS.read("ringin") == Wrong(
        "F105", "has the entry `ringin`, which must be initiated or ringing", "ringing"
    )
    assert Choice(("GET", "POST")).read("PUT") == Wrong("F105", "must be GET or POST", None)


def test_only_what_twilio_asks_for_twiml_or_reports_to_may_name_a_step() -> None:
    targets = {"action", "page", "whisper", "queue_whisper", "queue_wait", "conference_wait", "callback"}
    roles = fields.Role.__args__  # type: ignore[attr-defined]
    assert {role for role in roles if Address(role).takes_target} == targets
