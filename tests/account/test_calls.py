"""A call is ordered with what was asked for and no more, and followed until it is over."""

import pytest

from engine.account.calls import CallOrder, CallState
from engine.account.following import followed

FLOW = CallOrder("+15550101", "+15550100", url="https://example.com/flows/clinic")


def test_the_least_that_is_ordered():
    assert FLOW.fault == ""
    assert FLOW.parameters() == {
        "to": "+15550101",
        "from_": "+15550100",
        "url": "https://example.com/flows/clinic",
        "method": "POST",
    }


def test_all_that_can_be_ordered():
    order = CallOrder(
        "client:ann",
        "+15550100",
        twiml="<Response/>",
        machine_detection="DetectMessageEnd",
        answered_by_url="https://example.com/flows/clinic/answered",
        ring_seconds=20,
        limit_seconds=600,
        record=True,
        send_digits="ww12#",
        status_url="https://example.com/flows/clinic/ended",
    )
    assert order.fault == ""
    assert order.parameters() == {
        "to": "client:ann",
        "from_": "+15550100",
        "twiml": "<Response/>",
        "machine_detection": "DetectMessageEnd",
        "async_amd": "true",
        "async_amd_status_callback": "https://example.com/flows/clinic/answered",
        "timeout": 20,
        "time_limit": 600,
        "record": True,
        "send_digits": "ww12#",
        "status_callback": "https://example.com/flows/clinic/ended",
    }


@pytest.mark.parametrize(
    ("order", "fault"),
    [
        (CallOrder("+15550101", "+15550100"), "a call runs one thing"),
        (CallOrder("+15550101", "+15550100", url="https://a", twiml="<Response/>"), "a call runs one thing"),
        (CallOrder("+15550101", "+15550100", twiml="<Response>"), "the TwiML cannot be played: it is not well-formed"),
        (CallOrder("+15550101", "+15550100", twiml="<Say/>"), "the TwiML cannot be played: it begins with <Response>"),
        (
            CallOrder("+15550101", "+15550100", twiml="<!DOCTYPE a [<!ENTITY b 'c'>]><Response>&b;</Response>"),
            "the TwiML cannot be played: TwiML has no <!DOCTYPE>",
        ),
        (CallOrder("+15550101", "+15550100", twiml="x" * 4001), "4001 characters, and Twilio takes 4000"),
        (
            CallOrder("+15550101", "+15550100", url="https://a", answered_by_url="https://b"),
            "nothing detects who answered",
        ),
        (
            CallOrder("+15550101", "+15550100", url="https://a", ring_seconds=601),
            "rings from 1 to 600 seconds, not 601",
        ),
        (CallOrder("+15550101", "+15550100", url="https://a", limit_seconds=0), "lasts from 1 to 86400 seconds, not 0"),
        (CallOrder("+15550101", "+15550100", url="https://a", send_digits="1-2"), "cannot press `1-2`"),
    ],
)
def test_what_twilio_would_refuse_is_told_before_it_is_asked(order, fault):
    assert fault in order.fault


def test_each_state_is_told_once_and_the_last_is_the_end():
    states = [
        CallState("CA1", status, *more)
        for status, *more in [
            ("queued",),
            ("ringing",),
            ("ringing",),
            ("in-progress",),
            ("in-progress", "human"),
            ("completed", "human", 12),
            ("completed", "human", 13),
        ]
    ]
    looks, pauses = iter(states), []

    def pause(state: CallState) -> bool:
        pauses.append(state.status)
        return True

    seen = list(followed(CallState("CA1", "queued"), lambda: next(looks), pause))
    assert [(state.status, state.answered_by, state.seconds) for state in seen] == [
        ("queued", "", None),
        ("ringing", "", None),
        ("in-progress", "", None),
        ("in-progress", "human", None),
        ("completed", "human", 12),
    ]
    assert pauses == ["queued", "queued", "ringing", "ringing", "in-progress", "in-progress"]
    assert [seen[-1].over, seen[-1].completed] == [True, True]


def test_nobody_looks_for_ever():
    seen = list(
        followed(
            CallState("CA1", "queued"), lambda: CallState("CA1", "ringing"), lambda state: state.status == "queued"
        )
    )
    assert [state.status for state in seen] == ["queued", "ringing"]


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_a_call_that_nobody_answered_is_over_too(status):
    state = CallState("CA1", status)
    assert (state.over, state.completed) == (True, False)
