"""`touchtone message`: what is checked before anything is sent, what is sent, and how its delivery is told."""

import json
import threading

import pytest
import uvicorn

from engine import create_app
from engine.server.running import bind

ACCOUNT = "AC" + "1" * 32
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
SID = "SM" + "2" * 32
HX, MG = "HX" + "3" * 32, "MG" + "4" * 32
QUEUED = (201, {"sid": SID, "status": "queued", "error_code": None})

REMINDER = """
channel: messaging
takes: {name: there}
start: incoming
steps:
  incoming: [{message: We send reminders from this number.}]
  remind:
    - gather:
        message: Hello {{ name }}, see you tomorrow?
        branch: {yes: [{message: "Thank you, {{ name }}."}], else: [{message: Please call us.}]}
  asks:
    - request: {url: "https://example.com/day", save: day}
    - message: See you {{ day }}.
  delivered: [{log: "{{ params.MessageStatus }}"}]
"""


def told(status: str, error_code: int | None = None) -> tuple[int, dict[str, object]]:
    return 200, {"sid": SID, "status": status, "error_code": error_code}


def said(result) -> str:
    """What a command wrote for people, unfolded; no line is longer than a page is wide."""
    assert all(len(line) <= 80 for line in result.stderr.splitlines() if " http" not in line)
    return " ".join(result.stderr.split())


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.fixture
def reminder(flows):
    (flows / "reminder.yaml").write_text(REMINDER)
    (flows / "broken.yaml").unlink()
    return flows


def statuses(result) -> list[str]:
    return [line.split("s  ")[1] for line in result.stdout.splitlines() if " s  " in line]


def test_a_text_is_sent_and_followed_until_it_is_delivered(account, twilio):
    twilio.says(QUEUED, told("sending"), told("sent"), told("sent"), told("delivered"))
    result = account("message", "+15550101", "--text", "Your table is ready.")
    assert result.exit_code == 0, result.output
    assert statuses(result) == [f"queued  {SID}", "sending", "sent", "delivered"]
    assert '"Your table is ready."' in result.stdout
    assert twilio.asked[0] == (
        "POST",
        MESSAGES,
        [("To", "+15550101"), ("From", "+15550100"), ("Body", "Your table is ready.")],
    )


@pytest.mark.parametrize("status", ["undelivered", "failed"])
def test_what_is_not_delivered_is_status_1_and_says_why(account, twilio, status):
    twilio.says(QUEUED, told(status, 30003))
    result = account("message", "+15550101", "--text", "Hello")
    assert result.exit_code == 1
    assert statuses(result)[-1].startswith(f"{status}: Twilio error 30003; the phone is off")


def test_not_every_carrier_reports_a_delivery(account, twilio):
    twilio.says(QUEUED, told("sent"))
    result = account("message", "+15550101", "--text", "Hello")
    assert (result.exit_code, statuses(result)[-1]) == (0, "sent")


def test_nobody_waits_for_ever(account, twilio):
    twilio.says(QUEUED, told("queued"))
    result = account("message", "+15550101", "--text", "Hello")
    assert result.exit_code == 0
    assert f"! the message {SID} is still queued: look again later" in said(result)


def test_all_that_a_message_can_carry(account, twilio, reminder):
    twilio.says(QUEUED)
    words = ["message", "whatsapp:+15550101", "--content-sid", HX, "--content-variables", '{"1": "Ann"}']
    words += ["--media", "https://example.com/a.png", "--media", "https://example.com/b.png", "--no-wait"]
    result = account(*words, "--messaging-service", MG, "--status", "reminder/delivered")
    assert result.exit_code == 0, result.output
    assert twilio.asked[0][2] == [
        ("To", "whatsapp:+15550101"),
        ("StatusCallback", "https://example.com/flows/reminder/delivered"),
        ("ContentVariables", '{"1": "Ann"}'),
        ("MessagingServiceSid", MG),
        ("MediaUrl", "https://example.com/a.png"),
        ("MediaUrl", "https://example.com/b.png"),
        ("ContentSid", HX),
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "there is nothing to send: give a text, a picture or a content template"),
        (["--text", "x", "--from", "whatsapp:+15550100"], "another channel: send from +15550100"),
        (["--text", "x" * 1601], "the text has 1601 characters, and Twilio takes 1600"),
        (["--text", "x", "--content-sid", HX], "a content template has its own text"),
        (["--content-sid", "12"], "`12` is not the SID of a content template"),
        (["--content-sid", HX, "--content-variables", "[1]"], "content variables are a JSON object of texts"),
        (["--text", "x", "--content-variables", "{}"], "content variables fill a content template"),
        (["--text", "x", "--messaging-service", "12"], "`12` is not the SID of a messaging service"),
        (["--media", "a.png"], "--media: `a.png` is not a URL that Twilio can request"),
        (["--text", "x", "--flow", "reminder"], "the flow says what is sent"),
        (["--text", "x", "-v", "a=b"], "--with gives variables to a flow: name it with --flow"),
        (["--text", "x", "--from", "555 0100"], "cannot text from `555 0100`"),
        (["--text", "x", "--status", "reminder/remind"], "--status: `reminder/remind` says or asks something"),
        (["--flow", "shop", "-v", "name=A"], "`shop` answers calls, not messages"),
        (["--flow", "reminder", "-v", "nmae=A"], "takes no variable `nmae`\n  did you mean `name`?"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(account, twilio, reminder, words, why):
    result = account("message", "+15550101", *words)
    assert result.exit_code == 2
    assert " ".join(why.split()) in said(result)
    assert twilio.asked == []


def test_who_wrote_stop_is_not_texted(account, twilio):
    twilio.says((400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}))
    result = account("message", "+15550101", "--text", "Hello")
    assert result.exit_code == 2
    assert "Twilio error 21610: Attempt to send to unsubscribed recipient this person wrote STOP" in said(result)


def test_for_programs_an_error_is_an_object_too(account, twilio):
    twilio.says((401, {"code": 20003, "message": "Authenticate", "status": 401}))
    result = account("message", "+15550101", "--text", "Hello", "--json")
    error = json.loads(result.stdout)["error"]
    assert (error["code"], error["status"], "TWILIO_AUTH_TOKEN" in error["fix"]) == (20003, 401, True)
    assert "has another account" in error["fix"]  # TOUCHTONE_TWILIO_API is set


def test_a_dry_run_of_a_flow_shows_what_it_would_say_first(account, twilio, reminder):
    result = account("message", "+15550101", "--flow", "reminder/remind", "-v", "name=Ann", "--dry-run")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"POST {twilio.url}{MESSAGES}",
        "  To=+15550101",
        "  From=+15550100",
        "  Body=Hello Ann, see you tomorrow?",
    ]
    asks = account("message", "+15550101", "--flow", "reminder/asks", "--dry-run")
    assert "what the flow says depends on a `request`, which a dry run does not make" in said(asks)
    assert twilio.asked == []


@pytest.fixture
def server(reminder):
    """A server of the flows on the loopback that takes the token of the account; gives its address."""
    listener = bind("127.0.0.1", 0, strict=True)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create_app(reminder, public_url=base, tokens="token-that-nobody-sees", store="memory:")
    running = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    yield base
    running.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def test_a_conversation_begins_with_what_the_flow_says(account, twilio, server):
    numbers = {"incoming_phone_numbers": [{"sid": "PN1", "sms_url": "https://other.example/sms?key=SECRET"}]}
    twilio.says((200, numbers), QUEUED)
    words = ["message", "+15550101", "--flow", "reminder/remind", "-v", "name=Ann", "--no-wait"]
    result = account(*words, TOUCHTONE_PUBLIC_URL=server)
    assert result.exit_code == 0, result.output
    assert '  "Hello Ann, see you tomorrow?"\n' in result.stdout
    assert "! texts to +15550100 go to https://other.example/sms: `touchtone numbers point +15550100 reminder`" in said(
        result
    )
    assert twilio.asked[-1][2] == [("To", "+15550101"), ("From", "+15550100"), ("Body", "Hello Ann, see you tomorrow?")]


def test_a_server_that_has_another_token_says_so(account, twilio, server):
    words = ["message", "+15550101", "--flow", "reminder/remind"]
    twilio.says((200, {"incoming_phone_numbers": []}))
    result = account(*words, TOUCHTONE_PUBLIC_URL=server, TWILIO_AUTH_TOKEN="another")
    assert result.exit_code == 2
    assert f"your server at {server} rejected the signature" in said(result)
    assert [method for method, _, _ in twilio.asked] == ["GET"]


def test_a_server_that_does_not_answer_is_told(account, twilio, reminder):
    words = ["message", "+15550101", "--flow", "reminder/remind"]
    twilio.says((200, {"incoming_phone_numbers": []}))
    result = account(*words, TOUCHTONE_PUBLIC_URL="http://127.0.0.1:9")
    assert result.exit_code == 2
    assert "your server at http://127.0.0.1:9 does not answer" in said(result)


def test_when_no_answer_comes_nobody_knows_whether_it_was_sent(account, twilio):
    twilio.says((0, {}))
    result = account("message", "+15550101", "--text", "Hello")
    assert result.exit_code == 2
    assert "whether the message is sent is not known" in said(result)
    assert len(twilio.asked) == 1


def test_a_messaging_service_has_no_number_that_is_answered(account, twilio, reminder):
    service = "MG" + "0" * 32
    result = account("message", "+15550101", "--flow", "reminder/remind", TOUCHTONE_FROM=service)
    assert "name the one that is answered: --from NUMBER --messaging-service MG…" in said(result)
    twilio.says(QUEUED)
    account("message", "+15550101", "--text", "Hello", "--no-wait", TOUCHTONE_FROM=service)
    assert ("MessagingServiceSid", service) in twilio.asked[-1][2]


def test_a_stand_in_that_does_not_run_is_told_so(account):
    result = account("message", "+15550101", "--text", "Hello", TOUCHTONE_TWILIO_API="http://127.0.0.1:9")
    assert result.exit_code == 2
    assert "Twilio cannot be reached: the connection is refused" in said(result)
    assert "TOUCHTONE_TWILIO_API leads to http://127.0.0.1:9: start `touchtone standin`" in said(result)


@pytest.mark.parametrize(
    "words", [["--text", "Hello"], ["--text", "Hello", "--dry-run"], ["--text", "Hello", "--json"]]
)
def test_an_api_key_is_used_and_its_secret_is_never_shown(account, twilio, words):
    twilio.says(QUEUED, told("delivered"))
    own = {
        "TWILIO_API_KEY": "SK" + "5" * 32,
        "TWILIO_API_SECRET": "api-secret-that-nobody-sees",
        "TWILIO_AUTH_TOKEN": "",
    }
    result = account("message", "+15550101", *words, **own)
    assert result.exit_code == 0, result.output
