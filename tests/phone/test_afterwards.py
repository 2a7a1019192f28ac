"""What is reported beside a call, and when: Twilio posts it once the call has gone on."""

import pytest

from engine.phone.events import HungUp

RECORDING = "recordingStatusCallback='/r' transcribe='true' transcribeCallback='/t' maxLength='60'"
GATHER = "<Gather action='/g' timeout='30'/>"


def paths(call):
    """The addresses in the order they were asked, the first one left out; `!` marks the end of the call."""
    told = []
    for event in call.events:
        if isinstance(event, HungUp):
            told.append("!")
        elif hasattr(event, "kind") and hasattr(event, "url"):
            told.append(event.url.removeprefix("https://example.com"))
    return told[1:]


@pytest.mark.parametrize(
    ("pages", "play", "expected"),
    [
        # A key ends the recording: the action, then what was recorded; its transcription minutes later.
        (
            {"/": f"<Record action='/a' {RECORDING}/>", "/a": "<Say>Thanks</Say>"},
            lambda call: call.record(9, key="#"),
            ["/a", "!", "/r", "/t"],
        ),
        # The caller hangs up.
        (
            {"/": f"<Record action='/a' {RECORDING}/>"},
            lambda call: call.record(9, hangup=True),
            ["!", "/a", "/r", "/t"],
        ),
        # The call goes on: the transcription does not wait for its end.
        (
            {"/": f"<Record action='/a' {RECORDING}/>", "/a": GATHER + "<Redirect/>"},
            lambda call: call.record(9).silence().silence().silence().silence().silence().hang_up(),
            ["/a", "/r", "/a", "/a", "/a", "/a", "/t", "/a", "!"],
        ),
        # Through two documents.
        (
            {"/": f"<Record action='/a' {RECORDING}/>", "/a": "<Redirect>/b</Redirect>", "/b": GATHER},
            lambda call: call.record(9).hang_up(),
            ["/a", "/b", "/r", "!", "/t"],
        ),
        # Two recordings in one call.
        (
            {
                "/": f"<Record action='/a' {RECORDING}/>",
                "/a": "<Record action='/b' recordingStatusCallback='/r2'/>",
                "/b": "",
            },
            lambda call: call.record(9).record(3),
            ["/a", "/r", "/b", "!", "/r2", "/t"],
        ),
        # A dial that is recorded.
        (
            {"/": "<Dial action='/a' record='record-from-answer' recordingStatusCallback='/r'>+1</Dial>", "/a": GATHER},
            lambda call: call.dial("completed").hang_up(),
            ["/a", "/r", "!"],
        ),
        (
            {"/": "<Dial record='record-from-answer' recordingStatusCallback='/r'>+1</Dial>"},
            lambda call: call.pick_up().hang_up(),
            ["!", "/r"],
        ),
        (
            {"/": "<Dial referUrl='/x' record='true' recordingStatusCallback='/r'>+1</Dial>", "/x": GATHER},
            lambda call: call.pick_up().callee.transfer("sip:ann@example.com").hang_up(),
            ["/x", "/r", "!"],
        ),
        # A conference.
        (
            {
                "/": "<Dial action='/a'><Conference record='record-from-start' recordingStatusCallback='/r'>b</Conference></Dial>",
                "/a": GATHER,
            },
            lambda call: call.conference(seconds=30).hang_up(),
            ["/a", "/r", "!"],
        ),
        (
            {"/": "<Dial action='/a'><Conference recordingStatusCallback='/r'>b</Conference></Dial>"},
            lambda call: call.conference(),
            ["/a", "!"],
        ),
        # What runs beside the call.
        (
            {"/": "<Start><Recording recordingStatusCallback='/r'/></Start>" + GATHER},
            lambda call: call.hang_up(),
            ["!", "/r"],
        ),
        (
            {
                "/": "<Start><Recording name='x' recordingStatusCallback='/r'/></Start><Stop><Recording name='x'/></Stop>"
                + GATHER
            },
            lambda call: call.hang_up(),
            ["/r", "!"],
        ),
    ],
)
def test_the_call_goes_on_before_anything_is_reported(site, pages, play, expected):
    """Twilio, TwiML <Record>, transcribe: asynchronous; recordingStatusCallback: when the recording can be fetched."""
    assert paths(play(site(pages).ring())) == expected


def test_addresses_are_those_of_the_document_that_named_them(site):
    """What is relative starts from the document with the verb, wherever the call is by then."""
    pages = {
        "/one/": "<Record action='/two/' recordingStatusCallback='r' transcribe='true' transcribeCallback='t'/>",
        "/two/": "<Say>Thanks</Say>",
    }
    assert paths(site(pages).ring("/one/").record(9)) == ["/two/", "!", "/one/r", "/one/t"]


def test_a_late_transcription_tells_the_status_of_then(site):
    """Twilio, TwiML <Record>, transcribeCallback: the standard parameters, CallStatus among them."""
    call = site({"/": f"<Record action='/a' {RECORDING}/>", "/a": GATHER}).ring().record(9)
    call.hang_up()
    assert dict(call.requests[-1].params)["CallStatus"] == "completed"


def test_the_status_of_the_call_comes_before_its_recordings(site):
    """Twilio, Voice status callback: when the call ends; a recording is worked on first."""
    pages = {"/": f"<Record action='/a' {RECORDING}/>"}
    call = site(pages).ring(status_callback="/over").record(9, hangup=True)
    assert paths(call) == ["!", "/a", "/over", "/r", "/t"]


def test_the_replies_are_sent_before_what_became_of_them(site):
    """Twilio, TwiML <Message>, statusCallback."""
    pages = {"/": "<Message statusCallback='/s'>One</Message><Redirect>/b</Redirect>", "/b": "<Message>Two</Message>"}
    talk = site(pages).write().text("Hi")
    assert talk.heard == ("One", "Two")
    assert paths(talk) == ["/b", "/s"]


def test_a_report_that_fails_ends_nothing(site):
    from starlette.responses import Response

    pages = {
        "/": f"<Record action='/a' {RECORDING}/>",
        "/a": "<Say>Thanks</Say>",
        "/r": Response("x", 500),
        "/t": Response("x", 404),
    }
    call = site(pages).ring().record(9, key="#")
    assert [warning.code for warning in call.warnings] == [15003, 15003]
    assert call.ended_by == "end"
