"""Record: what is said after the tone."""

from urllib.parse import urlsplit

import pytest

from engine.phone.events import Lost, Recording
from engine.phone.leg import LONGEST


def last(call, *names):
    params = dict(call.requests[-1].params)
    return tuple(params.get(name) for name in names)


def test_it_says_what_ends_it(site):
    """Twilio, TwiML <Record>, attributes and their defaults."""
    assert site("<Record/>").ring().waiting_for == Recording(3600, "1234567890*#", 5, True)
    call = site("<Record maxLength='30' finishOnKey='#' timeout='0' playBeep='false'/>").ring()
    assert call.waiting_for == Recording(30, "#", 0, False)
    assert site("<Record transcribe='true'/>").ring().waiting_for.max_length == 120


def test_the_action_gets_the_recording_and_the_key(site):
    """Twilio, TwiML <Record>, action; what follows in the document is not reached."""
    call = site({"/": "<Record action='/a'/><Say>never</Say>", "/a": "<Say>Thanks</Say>"}).ring().record(12, key="#")
    url, seconds, digits, status = last(call, "RecordingUrl", "RecordingDuration", "Digits", "CallStatus")
    assert url.startswith("https://api.twilio.com/2010-04-01/Accounts/AC")
    assert "/Recordings/RE" in url
    assert (seconds, digits, status) == ("12", "#", "in-progress")
    assert call.heard == ("Thanks",)


def test_without_an_action_the_current_document_is_asked_again(site):
    """Twilio, TwiML <Record>, action: the default is the current document's URL."""
    call = site("<Record/>").ring().record(3)
    assert call.requests[-1].url == "https://example.com/"
    assert isinstance(call.waiting_for, Recording)


def test_hanging_up_requests_the_action_with_the_word_hangup(site):
    """Twilio, TwiML <Record>, action: `Digits` is hangup; that CallStatus is completed is not documented."""
    pages = {"/": "<Record action='/a'/>", "/a": "<Say>never heard</Say>"}
    call = site(pages).ring().record(7, hangup=True)
    assert last(call, "Digits", "RecordingDuration", "CallStatus") == ("hangup", "7", "completed")
    assert call.over
    assert call.heard == ()
    assert last(site(pages).ring().hang_up(), "Digits", "RecordingDuration") == ("hangup", "0")


def test_silence_is_recorded_too(site):
    """Twilio, TwiML <Record>, timeout; the page contradicts itself: the action is requested, what follows is not reached."""
    call = site({"/": "<Record action='/a'/><Say>I did not hear you</Say>"}).ring()
    before = call.now
    call.silence()
    assert last(call, "RecordingDuration", "Digits") == ("0", "")
    assert call.now - before == 5
    assert call.heard == ()


def test_it_is_no_longer_than_max_length(site):
    """Twilio, TwiML <Record>, maxLength."""
    call = site("<Record action='/a' maxLength='10'/>").ring().record(99)
    assert last(call, "RecordingDuration", "Digits") == ("10", "")
    assert call.now < 11 < LONGEST


def test_only_its_own_keys_end_it(site):
    """Twilio, TwiML <Record>, finishOnKey: several keys are allowed."""
    call = site("<Record action='/a' finishOnKey='12'/>").ring().say("My name is Ada", held=True).press("#")
    assert [event.words for event in call.events if isinstance(event, Lost)] == ["#"]
    assert last(call.press("2"), "Digits", "RecordingDuration") == ("2", "1")


def test_the_status_of_the_recording_is_posted_without_the_standard_parameters(site):
    """Twilio, TwiML <Record>, recordingStatusCallback: neither From and To nor CallStatus."""
    events = "recordingStatusCallbackEvent='in-progress completed absent'"
    page = site({"/": f"<Record action='/a' recordingStatusCallback='/r' {events}/>"})
    call = page.ring().record(4)
    reports = [dict(request.params) for request in call.requests if request.kind == "callback"]
    assert [(report["RecordingStatus"], report["RecordingDuration"]) for report in reports] == [
        ("in-progress", "0"),
        ("completed", "4"),
    ]
    assert set(reports[1]) == {
        "AccountSid",
        "CallSid",
        "RecordingSid",
        "RecordingUrl",
        "RecordingStatus",
        "RecordingDuration",
        "RecordingChannels",
        "RecordingSource",
    }
    silent = [one for one in page.ring().silence().requests if one.kind == "callback"]
    assert [dict(one.params)["RecordingStatus"] for one in silent] == ["in-progress", "absent"]


@pytest.mark.parametrize(("seconds", "status"), [(60, "completed"), (1, "failed")])
def test_the_transcription_is_posted(site, seconds, status):
    """Twilio, TwiML <Record>, transcribeCallback: recordings of 2 to 120 seconds."""
    page = site({"/": "<Record action='/a' transcribe='true' transcribeCallback='/t'/>"})
    call = page.ring().record(seconds)
    report = dict(call.requests[2].params)
    assert report["TranscriptionStatus"] == status
    assert report["CallSid"] == call.sid
    assert (13617 in [warning.code for warning in call.warnings]) == (status == "failed")


@pytest.mark.parametrize(
    "act",
    [
        lambda call: call.silence(),
        lambda call: call.hang_up(),
        lambda call: call.press("#"),
        lambda call: call.record(0),
        lambda call: call.record(0, hangup=True),
    ],
    ids=["silence", "hangs up", "a key at once", "no seconds", "no seconds and hangs up"],
)
def test_nothing_recorded_is_not_transcribed(site, act):
    """The action comes, and that there is no recording; a transcription is made of a recording, and there is none."""
    attributes = "action='/a' recordingStatusCallback='/r' recordingStatusCallbackEvent='absent'"
    call = site({"/": f"<Record {attributes} transcribe='true' transcribeCallback='/t'/>", "/a": "<Hangup/>"}).ring()
    act(call)
    assert sorted(urlsplit(one.url).path for one in call.requests) == ["/", "/a", "/r"]
    assert not call.warnings


def test_a_recording_of_one_second_is_told_in_the_singular(site):
    call = site({"/": "<Record transcribe='true' transcribeCallback='/t'/>"}).ring().record(1)
    assert "a recording of 1 second is not transcribed" in [one.text for one in call.warnings]


def test_what_was_said_is_what_is_transcribed(site):
    call = site({"/": "<Record transcribe='true' transcribeCallback='/t'/>"}).ring()
    call.say("This is Ada. Call me back on Monday.").hang_up()
    texts = [dict(one.params).get("TranscriptionText") for one in call.requests if one.kind == "callback"]
    assert texts[0] == "This is Ada. Call me back on Monday."


def test_nothing_is_transcribed_unless_it_is_said(site):
    """Twilio, TwiML <Record>, transcribeCallback: it needs transcribe."""
    call = site({"/": "<Record transcribeCallback='/t'/>"}).ring().record(9)
    assert [request.kind for request in call.requests] == ["document", "document"]


def test_a_recording_that_may_be_too_long_to_be_transcribed_is_warned_of(site):
    """Twilio, error 13615."""
    assert [one.code for one in site("<Record transcribe='true' maxLength='121'/>").ring().warnings] == [13615]
    assert not site("<Record transcribe='true' maxLength='120'/>").ring().warnings
    assert not site("<Record transcribe='true'/>").ring().warnings
