"""Messages that the stand-in takes, refuses, lists and changes, asked for with the real `twilio` client."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.standin.driver import telephone
from engine.standin.reply_limit import ReplyLimit
from tests.standin.played import control, until
from tests.standin.test_calls import refusal

SERVICE = "MG" + "0123456789abcdef" * 2


@pytest.fixture
def server(standin):
    return standin()


@pytest.fixture
def client(server):
    return server.client()


def test_a_message_is_queued_and_can_be_read_again(server, client):
    sent = client.messages.create(to="(415) 555-0101", from_=server.number, body="Hello")
    assert sent.sid.startswith("SM")
    assert (sent.status, sent.to, sent.from_, sent.body) == ("queued", "+14155550101", server.number, "Hello")
    assert (sent.num_segments, sent.num_media, sent.direction) == ("1", "0", "outbound-api")
    assert client.messages(sent.sid).fetch().body == "Hello"
    assert [one.sid for one in client.messages.list(to="+14155550101")] == [sent.sid]
    assert client.messages.list(date_sent=datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_a_message_with_media_is_an_mms_and_one_of_a_service_is_accepted(server, client):
    picture = client.messages.create(to="+15550101", from_=server.number, media_url=["https://example.com/a.png"])
    assert (picture.sid[:2], picture.num_media) == ("MM", "1")
    served = client.messages.create(to="+15550101", messaging_service_sid=SERVICE, body="Hello")
    assert (served.status, served.from_, served.messaging_service_sid) == ("accepted", None, SERVICE)
    template = client.messages.create(to="+15550101", from_=server.number, content_sid="HX" + "0" * 32)
    assert (template.status, template.body) == ("queued", "HX" + "0" * 32)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"to": ""}, 21604),
        ({"from_": ""}, 21603),
        ({"body": ""}, 21602),
        ({"body": None}, 21619),
        ({"body": "x" * 1601}, 21617),
        ({"to": "12"}, 21211),
        ({"to": "+15550002222"}, 21266),
        ({"from_": "+15557778888"}, 21606),
        ({"from_": "12345"}, 21606),
        ({"from_": "+++"}, 21212),
        ({"to": "whatsapp:+15550101"}, 21910),
        ({"media_url": ["nowhere"]}, 21620),
        ({"media_url": ["https://example.com/a.png"] * 11}, 21623),
        ({"status_callback": "nowhere"}, 21609),
        ({"validity_period": 0}, 20422),
        ({"schedule_type": "fixed", "send_at": "2030-01-01T00:00:00Z"}, 35118),
    ],
)
def test_a_message_that_twilio_refuses_is_refused_with_its_code(server, client, order, code):
    usual = {"to": "+15550101", "from_": server.number, "body": "Hello"}
    assert refusal(client.messages.create, **{**usual, **order}) == code
    assert client.messages.list() == []


@pytest.mark.parametrize(
    ("from_", "to", "code"),
    [
        ("+15005550001", "+15550101", 21212),
        ("+15005550007", "+15550101", 21606),
        ("+15005550008", "+15550101", 21611),
        ("+15005550005", "+15550101", 21606),
        ("+15005550006", "+15005550001", 21211),
        ("+15005550006", "+15005550002", 21612),
        ("+15005550006", "+15005550003", 21408),
        ("+15005550006", "+15005550004", 21610),
        ("+15005550006", "+15005550009", 21614),
    ],
)
def test_the_numbers_of_the_test_credentials_have_their_errors(client, from_, to, code):
    assert refusal(client.messages.create, from_=from_, to=to, body="Hello") == code


def test_a_text_from_the_valid_test_number_reaches_nobody(server, client):
    sent = client.messages.create(from_="+15005550006", to="+15550101", body="Hello")
    assert (sent.status, client.messages(sent.sid).fetch().status) == ("queued", "delivered")
    assert f"{sent.sid[:8]} +15005550006 is a test number: nobody is texted" in server.told()


def test_who_wrote_stop_gets_no_text_until_start(standin):
    server = standin(telephone())
    client = server.client()
    usual = {"to": "+15550101", "from_": server.number, "body": "Hello"}
    control(server, "/standin/texts", From="+15550101", Body=" Stop ")
    until(lambda: server.records.opted_out("+15550101", server.number))
    assert refusal(client.messages.create, **usual) == 21610
    assert client.messages.create(**{**usual, "to": "+15550102"}).status == "queued"
    control(server, "/standin/texts", From="+15550101", Body="START")
    until(lambda: not server.records.opted_out("+15550101", server.number))
    assert client.messages.create(**usual).status == "queued"


def test_two_numbers_do_not_answer_each_other_without_end():
    limit, now = ReplyLimit(), datetime(2026, 11, 30, tzinfo=UTC)
    taken = [limit.takes("+15550002222", "+15550101", now + timedelta(seconds=second)) for second in range(25)]
    assert taken == [True] * 20 + [False] * 5
    assert limit.takes("+15550002222", "+15550102", now)
    assert not limit.takes("+15550002222", "+15550101", now + timedelta(seconds=50))
    assert limit.takes("+15550002222", "+15550101", now + timedelta(seconds=81))


def test_a_scheduled_message_waits_and_can_be_canceled(server, client):
    at = server.records.clock() + timedelta(hours=1)
    waits = client.messages.create(
        to="+15550101", messaging_service_sid=SERVICE, body="Later", schedule_type="fixed", send_at=at
    )
    assert waits.status == "scheduled"
    assert client.messages(waits.sid).update(status="canceled").status == "canceled"
    assert refusal(client.messages(waits.sid).update, status="canceled") == 20009


def test_the_text_of_a_message_can_be_taken_out_once_it_is_delivered(server, client):
    sent = client.messages.create(to="+15550101", from_=server.number, body="A secret")
    assert refusal(client.messages(sent.sid).update, body="") == 20009
    server.records.update_message(sent.sid, status="delivered")
    assert client.messages(sent.sid).update(body="").body == ""
    assert refusal(client.messages(sent.sid).update, body="Another") == 20422
