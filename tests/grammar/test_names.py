"""The known names, and the views over what Twilio sent."""

import re
from collections.abc import ItemsView

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import Report, Source, Span
from engine.document.nodes import Scalar
from engine.grammar.names import CALL, MESSAGE, NAMES, find_parameter, snake
from engine.grammar.templates import Template, read_template
from engine.grammar.views import Call, Message, Params

SENT = {
    "CallSid": "CA1",
    "From": "+15550100",
    "FromCity": "BOSTON",
    "Digits": "2",
    "Options[1]": "sales",
    "Options[2]": "billing",
    "Numbers[]": "+1",
    "Name": "Ann Lee",
    "_turn": "3",
}


def rendered(text: str, **scope: object) -> str:
    source = Source("flows/a.yaml", text)
    read = read_template(Scalar(text, Span(source, 0, len(text)), quoted=False), Report())
    assert isinstance(read, Template)
    return read.render(scope)


def test_each_name_is_a_word_with_a_line_of_documentation() -> None:
    for name, line in NAMES.items():
        assert re.fullmatch(r"[a-z]+", name)
        assert line
        assert "\n" not in line


@pytest.mark.parametrize("entries", [CALL, MESSAGE], ids=["call", "message"])
def test_entries_are_snake_case_of_what_is_sent(entries: dict[str, str]) -> None:
    for entry, sent in entries.items():
        # call.sid is CallSid, call.parent_sid ParentCallSid, message.sid MessageSid …
        assert entry in (snake(sent), snake(sent).replace("call_", ""), snake(sent).replace("message_", ""))


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("RecordingUrl", "recording_url"),
        ("CallSid", "call_sid"),
        ("PaymentToken", "payment_token"),
        ("SpeechResult", "speech_result"),
        ("MediaUrl0", "media_url0"),
        ("SipHeader_X-Id", "sip_header_x_id"),
        ("DTMFInput", "dtmf_input"),
        ("digits", "digits"),
    ],
)
def test_snake(sent: str, name: str) -> None:
    assert snake(sent) == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("digits", "2"),
        ("from_city", "BOSTON"),
        ("call_sid", "CA1"),
        ("recording_url", None),
        ("speech", None),
        ("confidence", None),
    ],
)
def test_a_parameter_is_found_by_its_name_in_snake_case(name: str, value: str | None) -> None:
    assert find_parameter(SENT, name) == value


def test_speech_is_found_under_its_short_and_its_full_name() -> None:
    sent = {"SpeechResult": "hello", "Confidence": "0.9"}
    assert [find_parameter(sent, name) for name in ("speech", "speech_result", "confidence")] == [
        "hello",
        "hello",
        "0.9",
    ]


def test_call_is_empty_where_twilio_sent_nothing() -> None:
    call = Call(SENT)
    text = "{{ call.sid }}|{{ call.from }}|{{ call.from_city }}|{{ call.parent_sid }}|{{ call['answered_by'] }}"
    assert rendered(text, call=call) == "CA1|+15550100|BOSTON||"
    assert set(call) == set(CALL)
    assert len(call) == len(CALL)


def test_an_entry_that_there_is_not_is_unknown() -> None:
    assert rendered("{{ call.form is defined }} {{ call.form | default('?') }}", call=Call(SENT)) == "false ?"


def test_message_gathers_its_media() -> None:
    sent = {
        "Body": "look",
        "MediaUrl0": "https://a/0",
        "MediaContentType0": "image/png",
        "MediaUrl1": "https://a/1",
    }
    message = Message(sent)
    assert rendered("{{ message.body }}: {{ message.media | length }}", message=message) == "look: 2"
    assert message["media"] == [
        {"url": "https://a/0", "content_type": "image/png"},
        {"url": "https://a/1", "content_type": ""},
    ]
    assert Message({})["media"] == []
    assert dict(message)["from"] == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ params.Digits }}", "2"),
        ("{{ params.Nothing }}|{{ params.Nothing | length }}", "|0"),
        ("{{ params.Options[1] }} {{ params.Options['2'] }} {{ params.Options[Digits] }}", "sales billing billing"),
        ("{{ params.Options[9] }}|{{ params.Nothing['1'] | default('none') }}", "|none"),
        ("{{ params.Options | length }}", "2"),
        ("{% for one in params.Options %}{{ one }};{% endfor %}", "sales;billing;"),
        ("{{ params.Options | join(' or ') }}", "sales or billing"),
        ("{{ params.Options | first }}-{{ params.Options | last }}", "sales-billing"),
        ("{{ 'sales' in params.Options }} {{ 'x' in params.Options }}", "true false"),
        ("{{ params.Options }}", "['sales', 'billing']"),
        ("{{ params.Numbers[0] }}", "+1"),
        ("{% for one in params.Name %}<{{ one }}>{% endfor %}", "<Ann Lee>"),
        ("{% for one in params.Nothing %}<{{ one }}>{% endfor %}", ""),
        (
            "{{ params.Name }} {{ params.Name | length }} {{ 'Lee' in params.Name }} {{ params.Name | upper }}",
            "Ann Lee 7 true ANN LEE",
        ),
        ("{{ params.Name == 'Ann Lee' }} {{ params.Name ~ '!' }}", "true Ann Lee!"),
        (
            "{{ params._turn }}|{{ '_turn' in params }}|{{ 'Name' in params }}|{{ 'Options' in params }}",
            "|false|true|true",
        ),
        (
            "{% for name, value in params | items %}{{ name }} {% endfor %}",
            "CallSid From FromCity Digits Options Numbers Name ",
        ),
        ("{{ params['items'] }}|{{ params.keys }}", "|"),
    ],
)
def test_params(text: str, expected: str) -> None:
    assert rendered(text, params=Params(SENT), Digits="2") == expected


def test_what_is_kept_of_the_views_is_plain() -> None:
    def kept(text: str) -> object:
        source = Source("flows/a.yaml", text)
        read = read_template(Scalar(text, Span(source, 0, len(text)), quoted=False), Report())
        assert isinstance(read, Template)
        return read.value({"params": Params(SENT), "call": Call(SENT)})

    assert kept("{{ params.Options }}") == ["sales", "billing"]
    assert type(kept("{{ params.Name }}")) is str
    assert type(kept("{{ call }}")) is dict


@given(st.dictionaries(st.text("ab[]_", max_size=6), st.text(max_size=3), max_size=5))
def test_params_give_text_or_lists_for_whatever_is_sent(sent: dict[str, str]) -> None:
    params = Params(sent)
    assert len(params) == len(list(params))
    for name in params:
        assert list(params[name]) or params[name] == ""
        assert not name.startswith("_")


def test_params_are_gone_through_once_however_often_a_loop_asks() -> None:
    looks = []

    class Sent(dict[str, str]):
        def items(self) -> ItemsView[str, str]:  # type: ignore[override]
            looks.append(1)
            return super().items()

    sent = Sent({f"Options[{number}]": "x" for number in range(50)})
    text = "{% for one in params.Options %}{{ params | length }}{{ params.Options[3] }}{{ params.Nothing }}{% endfor %}"
    assert rendered(text, params=Params(sent)) == "1x" * 50
    assert len(looks) == 1
