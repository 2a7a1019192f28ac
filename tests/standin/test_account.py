"""The account, its numbers, apps, caller IDs and recordings, asked for with the real `twilio` client; who is let in, and how often."""

import hashlib
import struct
import urllib.request
from pathlib import Path

import pytest
from twilio.base.exceptions import TwilioRestException

from engine.account.client import Credentials, open_client
from engine.standin.driver import telephone
from engine.standin.people import read_people
from engine.standin.resources import RecordingResource
from tests.standin.description import Exchange, assert_described
from tests.standin.played import FAST, over
from tests.standin.test_calls import FLOW, refusal
from tests.standin_server import ACCOUNT_SID, API_KEY, API_SECRET, AUTH_TOKEN

DESCRIBED = "a681eebacf46a9458a7c3f4c28ad8cbe977872a6cc54ea42f852d2ce1f404c9d"  # SHA-256 of the reduced description


@pytest.fixture
def server(standin):
    return standin()


@pytest.fixture
def client(server):
    return server.client()


def test_the_account_and_its_balance(client):
    account = client.api.accounts(ACCOUNT_SID).fetch()
    assert (account.status, account.type, account.auth_token) == ("active", "Full", None)
    balance = client.api.accounts(ACCOUNT_SID).balance.fetch()
    assert (balance.balance, balance.currency) == ("100.00", "USD")


def test_a_number_is_found_and_pointed_somewhere(server, client):
    [number] = client.incoming_phone_numbers.list(phone_number=server.number)
    assert (number.voice_url, number.sms_url, number.voice_application_sid) == ("", "", None)
    assert client.incoming_phone_numbers.list(phone_number="+1555000****")[0].sid == number.sid
    assert client.incoming_phone_numbers.list(phone_number="+1777") == []
    changed = number.update(voice_url=FLOW, voice_method="GET", sms_url=f"{FLOW}/text")
    assert (changed.voice_url, changed.voice_method, changed.sms_url) == (FLOW, "GET", f"{FLOW}/text")
    assert number.fetch().voice_url == FLOW
    assert number.update(voice_url="").voice_url == ""
    assert server.told()[-1] == f"{server.number} is set to no voice_url"


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"voice_url": "nowhere"}, 21402),
        ({"sms_method": "PATCH"}, 21403),
        ({"voice_fallback_url": FLOW}, 21405),
        ({"sms_fallback_url": FLOW}, 21406),
        ({"voice_application_sid": "AP" + "0" * 32}, 21218),
        ({"voice_receive_mode": "telex"}, 20422),
        ({"trunk_sid": "nothing"}, 20422),
    ],
)
def test_what_a_number_does_not_take_is_refused_and_changes_nothing(client, order, code):
    [number] = client.incoming_phone_numbers.list()
    assert refusal(number.update, **order) == code
    assert number.fetch().date_updated == number.date_updated


def test_an_app_is_made_changed_used_and_deleted(server, client):
    app = client.applications.create(friendly_name="Clinic", voice_url=FLOW)
    assert client.applications.list(friendly_name="Clinic")[0].voice_url == FLOW
    assert app.update(voice_method="GET").voice_method == "GET"
    [number] = client.incoming_phone_numbers.list()
    assert number.update(voice_application_sid=app.sid).voice_application_sid == app.sid
    assert client.calls.create(to="+15550101", from_=server.number, application_sid=app.sid).status == "queued"
    assert app.delete() is True
    assert client.applications.list() == []


def test_a_caller_id_is_verified_once_and_can_call(client):
    asked = client.validation_requests.create(phone_number="+15550103", friendly_name="Ann")
    assert len(asked.validation_code) == 6
    [verified] = client.outgoing_caller_ids.list(phone_number="+15550103")
    assert verified.friendly_name == "Ann"
    assert refusal(client.validation_requests.create, phone_number="+15550103") == 21450
    assert refusal(client.validation_requests.create, phone_number="12") == 21401
    assert refusal(client.validation_requests.create, phone_number="+15550104", call_delay=61) == 21454
    assert client.calls.create(to="+15550101", from_="+15550103", url=FLOW).phone_number_sid is None
    assert client.outgoing_caller_ids(verified.sid).delete() is True


def test_a_number_where_nobody_answers_is_not_verified(standin):
    server = standin(telephone(people=read_people(["+15550103: busy"])))
    client = server.client()
    code = client.validation_requests.create(phone_number="+15550103").validation_code
    assert client.outgoing_caller_ids.list() == []
    assert server.told()[-1] == f"+15550103 is not verified: nobody answered and typed the code {code}"


def test_recordings_are_listed_heard_and_deleted(server, client):
    records = server.records
    call = client.calls.create(to="+15550101", from_=server.number, url=FLOW)
    kept = records.recordings.add(RecordingResource(**records.stamp("RE"), call_sid=call.sid, duration=2))
    [listed] = client.recordings.list(call_sid=call.sid)
    assert (listed.sid, listed.duration, listed.source) == (kept.sid, "2", "RecordVerb")
    assert client.recordings.list(call_sid="CA" + "0" * 32) == []
    with urllib.request.urlopen(listed.media_url) as answer:
        sound = answer.read()
    assert sound[:4] == b"RIFF"
    assert struct.unpack_from("<I", sound, 40)[0] == 2 * 8000 * 2
    with urllib.request.urlopen(f"{listed.media_url}.mp3") as answer:
        assert answer.headers["content-type"] == "audio/mpeg"
    assert client.recordings(kept.sid).delete() is True
    assert refusal(client.recordings(kept.sid).fetch) == 20404


@pytest.mark.parametrize(
    "known",
    [
        Credentials(ACCOUNT_SID, "another token"),
        Credentials("AC" + "0" * 32, AUTH_TOKEN),
        Credentials(ACCOUNT_SID, "", API_KEY, "another secret"),
    ],
)
def test_nobody_is_let_in_with_other_credentials(server, known):
    with pytest.raises(TwilioRestException) as caught:
        open_client(known, api=server.base).balance.fetch()
    assert (caught.value.status, caught.value.code) == (401, 20003)


def test_an_api_key_is_as_good_as_the_token(server):
    assert open_client(Credentials(ACCOUNT_SID, "", API_KEY, API_SECRET), api=server.base).calls.list() == []


def test_more_requests_than_the_rate_are_refused(standin):
    client = standin(rate=0.001).client()
    client.balance.fetch()
    with pytest.raises(TwilioRestException) as caught:
        client.balance.fetch()
    assert (caught.value.status, caught.value.code) == (429, 20429)


def test_a_trial_account_calls_and_texts_verified_numbers_only(standin):
    server = standin(trial=True)
    client = server.client()
    assert client.api.accounts(ACCOUNT_SID).fetch().type == "Trial"
    assert refusal(client.calls.create, to="+15550101", from_=server.number, url=FLOW) == 21219
    assert refusal(client.messages.create, to="+15550101", from_=server.number, body="Hello") == 21608
    client.validation_requests.create(phone_number="+15550101")
    assert client.calls.create(to="+15550101", from_=server.number, url=FLOW).status == "queued"
    sent = client.messages.create(to="+15550101", from_=server.number, body="Hello")
    assert sent.body == "Sent from your Twilio trial account - Hello"


def test_who_is_called_from_a_trial_account_hears_so_first(standin):
    server = standin(telephone(speed=FAST), trial=True)
    client = server.client()
    client.validation_requests.create(phone_number="+15550101")
    call = over(
        server, client.calls.create(to="+15550101", from_=server.number, twiml="<Response><Say>Hi</Say></Response>").sid
    )
    heard = [text for text in server.told() if text.startswith(f"{call.sid[:8]} hears")]
    assert heard == [
        f'{call.sid[:8]} hears "You have a trial account. …" before your TwiML',
        f'{call.sid[:8]} hears "Hi"',
    ]


def test_the_description_is_the_published_one():
    text = (Path(__file__).parents[2] / "engine/standin/twilio-api.json").read_bytes()
    assert hashlib.sha256(text).hexdigest() == DESCRIBED


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/2010-04-01/Accounts/AC1/Nothing.json", "", b"", 200, b"{}"),
        Exchange("GET", f"/2010-04-01/Accounts/{ACCOUNT_SID}/Balance.json", "Tea=1", b"", 200, b"{}"),
        Exchange("GET", f"/2010-04-01/Accounts/{ACCOUNT_SID}/Balance.json", "", b"", 200, b"{}"),
        Exchange("POST", f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json", "", b"To=1&From=2&Method=PUT", 201, b"{}"),
        Exchange("POST", f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json", "", b"To=1", 201, b"{}"),
        Exchange("GET", f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json", "", b"", 400, b'{"code": 20404}'),
    ],
)
def test_what_is_not_described_is_noticed(exchange):
    """The check itself is tried on requests and answers that are none of Twilio's."""
    with pytest.raises(Exception, match=r"Twilio knows no|required|is not one of|without"):
        assert_described(exchange)
