"""A request tells at once whose it is and what it is for; the way to ask has no second place in the engine."""

from datetime import UTC, datetime

import pytest

from engine.runtime.request import Request

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
PAIR = {"MessageSid": "SM1", "From": "+15550199", "To": "+15550100"}


def request(asked: dict[str, str] | None = None, **sent: str) -> Request:
    return Request("clinic", "", NOON, sent, asked or {})


@pytest.mark.parametrize(
    ("asked", "sent", "channel", "key"),
    [
        ({}, {"CallSid": "CA1"}, "voice", "CA1"),
        ({"_v": "1", "_c": "CA1"}, {"CallSid": "CA2"}, "voice", "CA1"),
        ({"_v": "1", "_c": "+15550199>+15550100"}, {"CallSid": "CA2"}, "messaging", "+15550199>+15550100"),
        ({}, PAIR, "messaging", "+15550199>+15550100"),
        ({}, {**PAIR, "Direction": "outbound-api"}, "messaging", "+15550100>+15550199"),
        ({}, {**PAIR, "MessageStatus": "delivered"}, "messaging", "+15550100>+15550199"),
        ({}, {**PAIR, "CallSid": "CA1"}, "voice", "CA1"),
        ({}, {"MessageSid": ""}, "messaging", ""),
        ({}, {}, "", ""),
    ],
)
def test_whose_session_it_is(asked: dict[str, str], sent: dict[str, str], channel: str, key: str) -> None:
    made = request(asked, **sent)
    assert (made.channel, made.session_key) == (channel, key)


@pytest.mark.parametrize(
    ("asked", "sent", "report", "sid"),
    [
        ({}, PAIR, "", "SM1"),
        ({}, {**PAIR, "SmsStatus": "received"}, "", "SM1"),
        ({}, {**PAIR, "MessageStatus": "failed"}, "MessageStatus=failed", ""),
        ({"_v": "1"}, {**PAIR, "MessageStatus": "failed"}, "", ""),
        ({"_v": "1"}, PAIR, "", ""),
        ({}, {"CallSid": "CA1", "CallStatus": "completed"}, "CallStatus=completed", ""),
        ({}, {"CallSid": "CA1", "CallStatus": "completed", "Digits": "1"}, "", ""),
        ({}, {"CallSid": "CA1", "CallStatus": "in-progress"}, "", ""),
        ({}, {"CallSid": "CA1", "RecordingStatus": "completed"}, "RecordingStatus=completed", ""),
    ],
)
def test_what_a_report_tells_and_what_somebody_wrote(
    asked: dict[str, str], sent: dict[str, str], report: str, sid: str
) -> None:
    made = request(asked, **sent)
    assert (made.report, made.message_sid) == (report, sid)


def test_one_that_was_changed_is_known_anew() -> None:
    made = request(CallSid="CA1", Digits="1")
    changed = made.replaced(params={"CallSid": "CA2", "Digits": "1"})
    assert changed.session_key == "CA2"
    assert changed.fingerprint != made.fingerprint
    assert made.replaced() == made != changed


def test_the_order_of_what_was_sent_tells_nothing() -> None:
    assert request(A="1", B="2").fingerprint == request(B="2", A="1").fingerprint != request(A="2", B="1").fingerprint
