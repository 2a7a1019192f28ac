"""Calls that the stand-in takes, refuses, lists and changes, asked for with the real `twilio` client."""

from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioRestException

from engine.standin.driver import telephone

FLOW = "http://127.0.0.1:8000/flows/clinic"


@pytest.fixture
def server(standin):
    return standin()


@pytest.fixture
def client(server):
    return server.client()


def refusal(create, **order):
    """The error that a request gets, as Twilio's code."""
    with pytest.raises(TwilioRestException) as caught:
        create(**order)
    return caught.value.code


def test_a_call_is_queued_and_can_be_read_again(server, client):
    call = client.calls.create(to="+15550101", from_=server.number, url=FLOW)
    assert call.sid.startswith("CA")
    assert (call.status, call.direction, call.to, call._from) == ("queued", "outbound-api", "+15550101", server.number)
    again = client.calls(call.sid).fetch()
    assert again.sid == call.sid
    assert again.phone_number_sid == next(iter(server.records.numbers))
    assert again.date_created.tzinfo is not None
    assert server.records.calls[call.sid].status == "queued"


def test_calls_are_listed_newest_first_in_pages_and_by_filter(server, client):
    sids = [client.calls.create(to=f"+1555010{digit}", from_=server.number, url=FLOW).sid for digit in range(5)]
    assert [call.sid for call in client.calls.list()] == sids[::-1]
    assert [call.sid for call in client.calls.list(page_size=2)] == sids[::-1]
    assert [call.sid for call in client.calls.list(limit=3, page_size=2)] == sids[:1:-1]
    assert [call.sid for call in client.calls.list(to="+15550103")] == [sids[3]]
    assert client.calls.list(status="completed") == []
    server.records.update_call(sids[1], status="completed")
    assert [call.sid for call in client.calls.list(status="completed")] == [sids[1]]


def test_calls_are_found_by_their_times(server, client):
    call = client.calls.create(to="+15550101", from_=server.number, url=FLOW)
    client.calls.create(to="+15550102", from_=server.number, url=FLOW)  # has not begun
    at = datetime(2026, 11, 30, 12, 30, 15, tzinfo=UTC)
    server.records.update_call(call.sid, status="in-progress", start_time=at)
    hour = timedelta(hours=1)
    for there in (
        {"start_time": at.date()},
        {"start_time": at},
        {"start_time_after": at},
        {"start_time_before": at + hour},
    ):
        assert [one.sid for one in client.calls.list(**there)] == [call.sid], there
    for elsewhere in (
        {"start_time": at.date() - 24 * hour},
        {"start_time_after": at + hour},
        {"start_time_before": at - hour},
    ):
        assert client.calls.list(**elsewhere) == [], elsewhere


def test_new_calls_shift_no_page(server, client):
    sids = [client.calls.create(to=f"+1555010{digit}", from_=server.number, url=FLOW).sid for digit in range(4)]
    page = client.calls.page(page_size=2)
    assert [call.sid for call in page] == [sids[3], sids[2]]
    client.calls.create(to="+15550109", from_=server.number, url=FLOW)
    assert [call.sid for call in page.next_page()] == [sids[1], sids[0]]


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"to": ""}, 21201),
        ({"from_": ""}, 21213),
        ({"to": "12"}, 21211),
        ({"from_": "nobody"}, 21212),
        ({"from_": "+15557778888"}, 21210),
        ({"to": "+15550002222"}, 21266),
        ({"url": ""}, 21205),
        ({"url": "not an address"}, 21205),
        ({"url": "http://under_score.example.com/"}, 21205),
        ({"send_digits": "1x"}, 21206),
        ({"timeout": 601}, 21208),
        ({"method": "PATCH"}, 21209),
        ({"url": None, "application_sid": "AP" + "0" * 32}, 21218),
        ({"machine_detection": "Perhaps"}, 21234),
        ({"machine_detection": "Enable", "async_amd": "true"}, 21262),
        ({"machine_detection": "Enable", "machine_detection_timeout": 2}, 21263),
    ],
)
def test_a_call_that_twilio_refuses_is_refused_with_its_code(server, client, order, code):
    usual = {"to": "+15550101", "from_": server.number, "url": FLOW}
    assert refusal(client.calls.create, **{**usual, **order}) == code
    assert client.calls.list() == []


@pytest.mark.parametrize(
    ("from_", "to", "code"),
    [
        ("+15005550001", "+15550101", 21212),
        ("+15005550006", "+15005550001", 21217),
        ("+15005550006", "+15005550002", 21214),
        ("+15005550006", "+15005550003", 21215),
        ("+15005550006", "+15005550004", 21216),
        ("+15005550009", "+15550101", 21210),
    ],
)
def test_the_numbers_of_the_test_credentials_have_their_errors(client, from_, to, code):
    assert refusal(client.calls.create, from_=from_, to=to, url=FLOW) == code


def test_a_call_from_the_valid_test_number_is_taken_and_calls_nobody(standin):
    server = standin(telephone())
    call = server.client().calls.create(from_="+15005550006", to="+15550101", url=FLOW)
    assert call.status == "queued"
    assert server.client().calls(call.sid).fetch().status == "completed", "nobody waits for it"
    assert f"{call.sid[:8]} +15005550006 is a test number: nobody is called" in server.told()
    assert not any("asks" in line for line in server.told())


def test_a_queued_call_can_be_canceled_and_an_ended_one_not_changed(server, client):
    call = client.calls.create(to="+15550101", from_=server.number, url=FLOW)
    assert refusal(client.calls(call.sid).update, url=FLOW) == 21220  # nobody has answered
    assert client.calls(call.sid).update(status="canceled").status == "canceled"
    assert refusal(client.calls(call.sid).update, status="completed") == 21220


def test_nobody_knows_a_call_of_somebody_else(client):
    assert refusal(client.calls("CA" + "0" * 32).fetch) == 20404


def test_what_a_call_cannot_change_is_noted(server, client):
    call = client.calls.create(to="+15550101", from_=server.number, url=FLOW)
    server.records.update_call(call.sid, status="in-progress")
    assert client.calls(call.sid).update(url=FLOW, time_limit=60).status == "in-progress"
    assert server.told()[-1] == f"{call.sid[:8]} is unchanged: the stand-in cannot change TimeLimit"
