"""Whatever is sent to the stand-in, it answers with a status and a sentence; and its own pages and controls."""

import base64
import http.client
import json
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.standin.driving import Silent
from tests.standin.test_calls import FLOW, refusal
from tests.standin_server import ACCOUNT_SID, AUTH_TOKEN, served

BASIC = "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
ACCOUNT = f"/2010-04-01/Accounts/{ACCOUNT_SID}"


class Listening(Silent):
    """Notes who calls and texts the account's numbers."""

    heard = ()

    def call_number(self, from_, to, does=""):
        self.heard = (from_, to, *([does] if does else []))
        return "CA1"

    def expect(self, number, does):
        if does == "unreadable":
            raise ValueError("`unreadable` is nothing that somebody does")
        self.heard = (number, does)

    def does(self, sid, words):
        self.heard = (sid, words)
        return words != "too late"

    def text_number(self, from_, to, body):
        self.heard = (from_, to, body)
        return "SM1"


@pytest.fixture
def driver():
    return []


@pytest.fixture
def server(standin, driver):
    def start(records):
        driver.append(Listening(records))
        return driver[0]

    return standin(start)


def ask(server, method, path, body=b"", **headers):
    """The status and the text of an answer."""
    line = http.client.HTTPConnection(urlsplit(server.base).netloc, timeout=20)
    try:
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": BASIC}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        line.request(method, path, body, {name: value for name, value in sent.items() if value})
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


def told(server, path, **form):
    """The answer to a control."""
    return ask(server, "POST", path, urlencode(form).encode(), Authorization="")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/2010-04-01/Accounts/AC1/Calls.json", 404, 20404),
        ("GET", f"{ACCOUNT}/Nothing.json", 404, 20404),
        ("GET", f"{ACCOUNT}/Calls", 404, 20404),
        ("GET", f"{ACCOUNT}/Calls/../Calls.json", 404, 20404),
        ("GET", f"{ACCOUNT}/Calls/%00%ff.json", 404, 20404),
        ("GET", "/v1/Content", 404, 20404),
        ("PUT", f"{ACCOUNT}/Calls.json", 405, 20004),
        ("DELETE", f"{ACCOUNT}/Calls.json", 405, 20004),
        ("GET", f"{ACCOUNT}/Calls.json?PageSize=many", 400, 20422),
        ("GET", f"{ACCOUNT}/Calls.json?Status=gone", 400, 20422),
        ("GET", f"{ACCOUNT}/Calls.json?StartTime=never", 400, 20422),
    ],
)
def test_a_request_that_twilio_does_not_know(server, method, path, status, code):
    answered, text = ask(server, method, path)
    assert (answered, json.loads(text)["code"]) == (status, code)


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Bearer x", BASIC[:-4]],
)
def test_a_login_that_is_none(server, authorization):
    status, text = ask(server, "GET", f"{ACCOUNT}/Calls.json", Authorization=authorization)
    assert (status, json.loads(text)["code"]) == (401, 20003)


def test_a_body_that_is_too_long_or_no_form(server):
    assert ask(server, "POST", f"{ACCOUNT}/Calls.json", b"x" * 300_000)[0] == 413
    assert ask(server, "POST", f"{ACCOUNT}/Calls.json", b"a&" * 2000)[0] == 413
    status, text = ask(server, "POST", f"{ACCOUNT}/Calls.json", b'{"To": 1}', Content_Type="application/json")
    assert (status, json.loads(text)["code"]) == (400, 21201)


def test_a_parameter_that_twilio_does_not_know_is_ignored_and_noted(server):
    form = urlencode({"To": "+15550101", "From": server.number, "Url": FLOW, "Colour": "red"}).encode()
    assert ask(server, "POST", f"{ACCOUNT}/Calls.json", form)[0] == 201
    server.exchanges.clear()  # it is none of Twilio's, on purpose
    assert "ignored, as by Twilio: unknown parameter Colour" in server.told()


NAMES = st.sampled_from(
    ["To", "From", "Url", "Body", "MediaUrl", "Timeout", "SendAt", "Status", "Twiml", "PhoneNumber", "X"]
)
PATHS = ["Calls", "Messages", "IncomingPhoneNumbers", "OutgoingCallerIds", "Applications", "Recordings", "Balance"]


def test_whatever_a_form_holds_there_is_an_answer():
    with served() as server:
        own = {
            "Calls": server.client().calls.create(to="+15550101", from_=server.number, url=FLOW).sid,
            "IncomingPhoneNumbers": next(iter(server.records.numbers)),
        }

        @settings(max_examples=150)
        @given(
            st.sampled_from(["GET", "POST", "DELETE"]),
            st.sampled_from(PATHS),
            st.booleans(),
            st.lists(st.tuples(NAMES, st.one_of(st.text(max_size=40), st.just("+15550102"), st.just(FLOW)))),
            st.binary(max_size=20),
        )
        def asked(method, kind, single, fields, noise):
            path = f"{ACCOUNT}/{kind}/{own[kind]}.json" if single and kind in own else f"{ACCOUNT}/{kind}.json"
            body = urlencode(fields, errors="surrogatepass").encode() + noise
            status, text = ask(server, method, f"{path}?{urlencode(fields[:2], errors='surrogatepass')}", body)
            assert status < 500
            assert not text or json.loads(text)
            assert server.client().api.accounts(ACCOUNT_SID).fetch().status == "active"

        asked()


def test_the_next_requests_are_refused_as_told(server):
    assert told(server, "/standin/refusals", Count=2, Code=20429)[0] == 200
    account = server.client().api.accounts(ACCOUNT_SID)
    assert [refusal(account.fetch), refusal(account.fetch)] == [20429, 20429]
    assert account.fetch().sid == ACCOUNT_SID
    for code in (20500, 21211, 21205, 99999):
        told(server, "/standin/refusals", Code=code)
        assert refusal(account.fetch) == code


def test_somebody_calls_and_texts_a_number_of_the_account(server, driver):
    assert json.loads(told(server, "/standin/calls", From="+15550101")[1]) == {"sid": "CA1"}
    assert driver[0].heard == ("+15550101", server.number)
    told(server, "/standin/texts", From="+15550101", To=server.number, Body="Hi")
    assert driver[0].heard == ("+15550101", server.number, "Hi")
    assert (
        ask(server, "POST", "/standin/calls", b"From=+15550104")[0] == 200
    )  # as curl -d sends it: a blank for the plus
    assert driver[0].heard == ("+15550104", server.number)


def test_people_are_told_what_to_do(server, driver):
    assert told(server, "/standin/people", Number="+15550103", Does="busy")[0] == 200
    assert driver[0].heard == ("+15550103", "busy")
    told(server, "/standin/calls", From="+15550101", Does="press 1, hang up")
    assert driver[0].heard == ("+15550101", server.number, "press 1, hang up")
    call = server.client().calls.create(to="+15550101", from_=server.number, url=FLOW)
    assert told(server, f"/standin/calls/{call.sid}", Does="press 2")[0] == 200
    assert driver[0].heard == (call.sid, "press 2")
    assert told(server, f"/standin/calls/{call.sid}", Does="too late") == (400, f"{call.sid} is not live: queued\n")
    assert told(server, f"/standin/calls/{call.sid}")[0] == 400
    assert told(server, "/standin/calls/CA1", Does="press 2")[0] == 404


@pytest.mark.parametrize(
    ("path", "form", "sentence"),
    [
        ("/standin/calls", {"From": "nobody"}, "From is not a phone number: 'nobody'"),
        (
            "/standin/texts",
            {"To": "+15559999999"},
            "To is not a number of the account: '+15559999999'; it has +15550002222",
        ),
        ("/standin/texts", {"Body": "x" * 1601}, "Body is at most 1600 characters long, not 1601"),
        ("/standin/people", {"Number": "x"}, "Number is not a phone number: 'x'"),
        (
            "/standin/people",
            {"Number": "+15550101", "Does": "unreadable"},
            "`unreadable` is nothing that somebody does",
        ),
        ("/standin/refusals", {"Count": "many"}, "Count is a number from 1 to 1000, not 'many'"),
        ("/standin/refusals", {"Code": "7"}, "Code is a number from 10000 to 99999, not '7'"),
    ],
)
def test_a_control_that_is_used_wrongly_says_how(server, path, form, sentence):
    assert told(server, path, **form) == (400, f"{sentence}\n")


def test_what_happened_is_shown_as_text_and_as_json(server):
    assert ask(server, "GET", "/") == (200, "Nothing happened yet.\n")
    call = server.client().calls.create(to="+15550101", from_=server.number, url=FLOW)
    said = f"{call.sid[:8]} outbound-api call from {server.number} to +15550101: queued"
    assert ask(server, "GET", "/")[1].splitlines()[0].endswith(f"  {said}")
    [event] = json.loads(ask(server, "GET", "/standin/events")[1])
    assert (event["number"], event["text"], event["sid"]) == (1, said, call.sid)
    assert json.loads(ask(server, "GET", "/standin/events?after=1")[1]) == []
    assert ask(server, "GET", "/standin/events?after=x")[0] == 400
    assert "/standin/texts" in ask(server, "GET", "/standin")[1]
    assert ask(server, "GET", "/standin/tea")[0] == 404
    assert ask(server, "GET", "/standin/calls")[0] == 405
    assert ask(server, "POST", "/")[0] == 405
    assert ask(server, "HEAD", "/") == (200, "")


def test_nothing_that_is_sent_can_move_the_terminal(server):
    server.client().messages.create(to="+15550101", from_=server.number, body="\x1b[2J\x07new\nline")
    assert server.told()[0].endswith("to +15550101: \ufffd[2J\ufffdnew line")


def test_no_line_holds_the_login_of_an_address(server):
    client = server.client()
    [number] = client.incoming_phone_numbers.list()
    number.update(voice_url="https://ann:secret@example.com/voice")
    assert refusal(number.update, sms_url="ftp://ann:secret@example.com") == 21402
    assert "https://…@example.com/voice" in server.told()[0]
    assert "secret" not in str(server.told())
    assert number.fetch().voice_url == "https://ann:secret@example.com/voice"


def test_a_web_page_of_somebody_else_is_not_answered(server):
    assert ask(server, "POST", "/standin/calls", Origin="https://evil.example")[0] == 403
    assert ask(server, "GET", "/", Host="evil.example")[0] == 403
    assert ask(server, "POST", "/standin/calls", Origin=server.base)[0] == 200


def test_the_oldest_call_that_is_over_makes_room(standin):
    server = standin()
    table = server.records.calls
    table._most = 3
    sids = [server.records.add_call(to="+15550101", from_=server.number).sid for _ in range(3)]
    server.records.update_call(sids[1], status="completed")
    newest = server.records.add_call(to="+15550101", from_=server.number).sid
    assert list(table) == [sids[0], sids[2], newest]
