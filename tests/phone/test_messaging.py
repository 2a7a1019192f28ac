"""Conversations by text message."""

import pytest
from starlette.responses import Response

from engine.phone import Phone
from engine.phone.events import Limit, Texted
from engine.phone.segments import segments


def codes(conversation):
    return [warning.code for warning in conversation.warnings]


def test_the_request_says_what_was_written(site):
    """Twilio, "Messaging: Parameters in Twilio's request to your application"."""
    conversation = site("").write(from_="+15551110000", to="+15552220000")
    conversation.text("Hello", [("https://x.example/a.jpg", "image/jpeg")])
    params = dict(conversation.requests[0].params)
    assert params["MessageSid"] == params["SmsSid"] == params["SmsMessageSid"]
    expected = {
        "From": "+15551110000",
        "To": "+15552220000",
        "Body": "Hello",
        "NumMedia": "1",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
        "MediaUrl0": "https://x.example/a.jpg",
        "MediaContentType0": "image/jpeg",
    }
    assert params.items() >= expected.items()
    assert "CallSid" not in params


def test_messages_come_back_in_order(site):
    """Twilio, TwiML <Message>, <Body>, <Media>: bodies are joined; media addresses may be relative."""
    message = (
        "<Message><Body>One</Body><Body> and two</Body><Media>/m.png</Media></Message><Message to='+1'>Three</Message>"
    )
    conversation = site(message).write(from_="+15551110000", to="+15552220000").text("hi")
    assert conversation.replies == (
        Texted("One and two", ("https://example.com/m.png",), "+15551110000", "+15552220000"),
        Texted("Three", (), "+1", "+15552220000"),
    )
    assert conversation.text("again").heard == ("One and two", "Three")


def test_redirect_goes_on_and_what_follows_is_not_reached(site):
    """Twilio, TwiML <Redirect> of messaging."""
    pages = {"/": "<Message>A</Message><Redirect>/b</Redirect><Message>C</Message>", "/b": "<Message>B</Message>"}
    conversation = site(pages).write().text("hi")
    assert conversation.heard == ("A", "B")
    assert dict(conversation.requests[1].params)["Body"] == "hi"


def test_plain_text_is_the_reply(site):
    """Twilio, "Messaging: Respond to incoming messages"; an empty answer is none."""
    assert site({"/": Response("Hello", media_type="text/plain")}).write().text("hi").heard == ("Hello",)
    assert site({"/": Response("", media_type="text/plain")}).write().text("hi").heard == ()
    assert site({"/": Response(status_code=204)}).write().text("hi").warnings == ()


def test_there_are_ten_replies_to_one_message(site):
    """Twilio, error 14109."""
    conversation = site("<Message>x</Message>" * 12).write().text("hi")
    assert len(conversation.replies) == 10
    assert codes(conversation) == [14109]


def test_there_are_fifty_documents_for_one_message(site):
    """Twilio, error 14106."""
    conversation = site("<Redirect/>").write().text("hi")
    assert conversation.round_trips == 50
    assert codes(conversation) == [14106]
    assert isinstance(conversation.events[-1], Limit)


@pytest.mark.parametrize("body", ["", "x" * 1601])
def test_a_message_that_is_empty_or_too_long_is_not_sent(site, body):
    """Twilio, error 14103."""
    conversation = site(f"<Message>{body}</Message>").write().text("hi")
    assert conversation.replies == ()
    assert 14103 in codes(conversation)


def test_a_verb_of_a_call_is_no_reply(site):
    """Twilio, error 14110."""
    conversation = site("<Say>x</Say><Message>y</Message>").write().text("hi")
    assert conversation.heard == ("y",)
    assert codes(conversation) == [14110]


def test_what_becomes_of_a_reply_is_reported_once_and_the_answer_ignored(site):
    """Twilio, TwiML <Message>, action and statusCallback: set both to the same URL."""
    pages = {"/": "<Message action='/s' statusCallback='/s'>x</Message>", "/s": "<Message>never</Message>"}
    conversation = site(pages).write().text("hi")
    assert conversation.heard == ("x",)
    (report,) = [request for request in conversation.requests if request.kind == "callback"]
    assert dict(report.params)["MessageStatus"] == "sent"
    assert "Body" not in dict(report.params)


def test_a_failure_is_reported_and_the_fallback_asked(site):
    """Twilio, "Messaging: fallback URL"."""
    pages = {"/": Response("x", 500), "/f": "<Message>Sorry</Message>"}
    assert codes(site(pages).write().text("hi")) == [11200]
    conversation = site(pages).write(fallback_url="/f").text("hi")
    assert conversation.heard == ("Sorry",)
    assert dict(conversation.requests[-1].params)["ErrorCode"] == "11200"


def test_cookies_are_kept_for_four_hours_between_two_numbers(site):
    """Twilio, "Webhooks: HTTP cookies"."""
    seen = []

    def page(params):
        return Response("<Response/>", media_type="text/xml", headers={"set-cookie": f"n={len(seen)}"})

    made = site({"/": page})

    def watched(request):
        seen.append(dict(request.headers).get("Cookie"))
        return made.transport(request)

    Phone(watched, base=made.base).write("/").text("a").wait(14399).text("b").wait(14400).text("c")
    assert seen == [None, "n=1", None]


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("😀" * 36, 2),
    ],
)
def test_long_texts_are_sent_in_segments(body, count):
    """Twilio, "What is GSM-7", "What is UCS-2"."""
    assert segments(body) == count


def test_the_other_side_may_write_first(site):
    """Twilio asks nothing then: whoever sends for a flow asks it, as for a message through the API (`direction`)."""
    asked = []

    def page(params):
        asked.append(params)
        return "<Message>Reply C.</Message>" if params.get("Direction") else "<Message>Fine.</Message>"

    conversation = site({"/": page}).write("/", from_="+15551110000", to="+15552220000").begin()
    assert conversation.replies == (Texted("Reply C.", (), "+15551110000", "+15552220000"),)
    assert (asked[0]["From"], asked[0]["To"], asked[0]["Direction"]) == ("+15552220000", "+15551110000", "outbound-api")
    assert "Body" not in asked[0]
    assert conversation.text("c").heard == ("Fine.",)
    assert asked[1]["From"] == "+15551110000"
