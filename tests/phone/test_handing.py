"""Connect, Refer, Pay, Start, Stop: the call in the hands of something else."""

import pytest

from engine.phone.events import Connected, Heard, Lost, Paying, Referred, Started, Texted


def last(call, *names):
    params = dict(call.requests[-1].params)
    return tuple(params.get(name) for name in names)


RELAY = "<ConversationRelay url='wss://x.example/s'><Parameter name='a' value='1'/></ConversationRelay>"


def test_connect_waits_until_the_session_ends(site):
    """Twilio, TwiML <Connect>, <ConversationRelay>: SessionId, SessionStatus, SessionDuration, HandoffData."""
    call = site({"/": f"<Connect action='/a'>{RELAY}</Connect><Say>never</Say>", "/a": "<Say>Back</Say>"}).ring()
    assert call.waiting_for == Connected("ConversationRelay", "wss://x.example/s", (("a", "1"),))
    call.connect("completed", seconds=8, handoff='{"to": "billing"}')
    assert last(call, "SessionStatus", "SessionDuration", "HandoffData") == ("completed", "8", '{"to": "billing"}')
    assert last(call, "SessionId") != (None,)
    assert call.heard == ("Back",)


def test_without_an_action_the_next_verb_follows_a_session(site):
    """Twilio, TwiML <Connect>, action."""
    call = site("<Connect><Stream url='wss://x.example/s'/></Connect><Say>Next</Say>").ring().connect()
    assert call.heard == ("Next",)


def test_a_stream_tells_the_action_nothing_of_its_own(site):
    """Twilio, TwiML <Stream>."""
    call = site({"/": "<Connect action='/a'><Stream url='wss://x.example/s'/></Connect>"}).ring().connect()
    assert last(call, "SessionStatus", "CallStatus") == (None, "in-progress")


def test_a_socket_must_be_wss_and_has_no_query(site):
    """Twilio, TwiML <Stream>, url."""
    for url in ("https://x.example/s", "wss://x.example/s?a=1"):
        call = site(f"<Connect><Stream url='{url}'/></Connect>").ring()
        assert [warning.code for warning in call.warnings] == [12200]


def test_a_caller_who_hangs_up_completes_the_session(site):
    """Twilio, TwiML <ConversationRelay>: CallStatus completed if the caller hung up."""
    call = site({"/": f"<Connect action='/a'>{RELAY}</Connect>"}).ring().hang_up()
    assert last(call, "CallStatus", "SessionStatus") == ("completed", "completed")


def test_refer_hands_over_a_sip_call(site):
    """Twilio, TwiML <Refer>: ReferCallStatus."""
    page = site({"/": "<Refer action='/a'><Sip>sip:b@x.example</Sip></Refer>"})
    call = page.ring(from_="sip:a@x.example")
    assert call.waiting_for == Referred("sip:b@x.example")
    assert last(call.refer("success"), "ReferCallStatus", "ReferSipResponseCode") == ("success", "202")
    assert call.warnings == ()
    assert [warning.code for warning in page.ring().warnings] == [13801]


def test_pay_asks_its_own_questions_and_tells_the_action(site):
    """Twilio, TwiML <Pay>, <Prompt>, action."""
    prompts = (
        "<Prompt for='payment-card-number'><Say>Your card</Say></Prompt>"
        "<Prompt for='payment-card-number' attempt='2'><Say>Again</Say></Prompt>"
        "<Prompt for='expiration-date' errorType='timeout'><Say>Too slow</Say></Prompt>"
    )
    call = site({"/": f"<Pay chargeAmount='20.45' action='/a'>{prompts}</Pay>"}).ring()
    assert call.waiting_for == Paying("credit-card", "20.45", "usd")
    assert [event.text for event in call.events if isinstance(event, Heard)] == ["Your card"]
    call.pay("success", extra={"PaymentCardType": "amex"})
    assert last(call, "Result", "PaymentCardType", "PaymentConfirmationCode") == ("success", "amex", "ch_1")
    assert last(site("<Pay/>").ring().pay(), "PaymentToken", "PaymentConfirmationCode") == ("tok_1", None)


def test_without_an_action_pay_asks_the_current_document_again(site):
    """Twilio, TwiML <Pay>, action: the default is the current document."""
    call = site("<Pay/>").ring().pay("validation-error")
    assert call.requests[-1].url == "https://example.com/"


def test_star_ends_a_payment_and_so_does_hanging_up(site):
    """Twilio, TwiML <Pay>: caller-interrupted-with-star, caller-hung-up."""
    page = site({"/": "<Pay action='/a'/>"})
    assert last(page.ring().press("41*"), "Result") == ("caller-interrupted-with-star",)
    assert last(page.ring().silence(), "Result") == ("too-many-failed-attempts",)
    assert last(page.ring().hang_up(), "Result", "CallStatus") == ("caller-hung-up", "completed")


def test_the_action_of_a_payment_must_be_https(site):
    """Twilio, error 64016."""
    (warning,) = site("<Pay action='http://example.com/a'/>").ring().warnings
    assert (warning.code, warning.error) == (64016, True)


def test_start_and_stop_do_not_wait(site):
    """Twilio, TwiML <Start>, <Stop>."""
    call = site(
        "<Start><Stream name='s' url='wss://x.example/s'/></Start><Say>Hi</Say><Stop><Stream name='s'/></Stop>"
    ).ring()
    assert call.heard == ("Hi",)
    assert [event for event in call.events if isinstance(event, Started)] == [
        Started("Stream", "s", "wss://x.example/s"),
        Started("Stream", "s", stopped=True),
    ]


def test_if_nothing_follows_start_the_call_ends(site):
    """Twilio, TwiML <Start>."""
    assert site("<Start><Stream url='wss://x.example/s'/></Start>").ring().over


def test_a_stream_reports_that_it_began_and_ended(site):
    """Twilio, TwiML <Stream>, statusCallback: times in ISO 8601, not the standard parameters."""
    stream = "<Stream name='s' url='wss://x.example/s' statusCallback='https://example.com/s'/>"
    call = site({"/": f"<Start>{stream}</Start><Gather/>"}).ring().hang_up()
    reports = [dict(request.params) for request in call.requests if request.kind == "callback"]
    assert [report["StreamEvent"] for report in reports] == ["stream-started", "stream-stopped"]
    assert reports[0]["Timestamp"] == "2026-01-05T09:00:00+00:00"
    assert "From" not in reports[0]


def test_a_recording_beside_the_call_is_reported_at_its_end(site):
    """Twilio, TwiML <Recording>."""
    pages = {"/": "<Start><Recording recordingStatusCallback='/r' channels='mono'/></Start><Pause length='9'/>"}
    call = site(pages).ring()
    assert last(call, "RecordingDuration", "RecordingChannels", "RecordingTrack") == ("9", "1", "both")


def test_sms_sends_a_message_beside_the_call(site):
    """Twilio, TwiML <Sms> (retired)."""
    call = site("<Sms>On our way</Sms><Say>Sent</Say>").ring(from_="+1", to="+2")
    assert Texted("On our way", (), "+1", "+2") in call.events
    assert call.heard == ("Sent",)


def test_a_verb_that_the_telephone_does_not_play_is_left_out(site):
    call = site("<Echo/><Say>On</Say>").ring()
    assert "`Echo`" in call.events[1].reason
    assert call.heard == ("On",)


@pytest.mark.parametrize(
    ("verbs", "outcome", "name", "value"),
    [
        ("<Gather action='/a'/>", "1 2 #", "Digits", "12"),
        ("<Record action='/a'/>", "12 #", "RecordingDuration", "12"),
        ("<Record action='/a'/>", "5 hangup", "Digits", "hangup"),
        ("<Record action='/a'/>", "silence", "RecordingDuration", "0"),
        ("<Dial action='/a'>+1</Dial>", "no-answer", "DialCallStatus", "no-answer"),
        ("<Dial action='/a'><Conference>b</Conference></Dial>", "answered", "DialCallStatus", "answered"),
        ("<Enqueue action='/a'>q</Enqueue>", "bridged", "QueueResult", "bridged"),
        (f"<Connect action='/a'>{RELAY}</Connect>", "failed", "SessionStatus", "failed"),
        ("<Pay action='/a'/>", "internal-error", "Result", "internal-error"),
        ("<Refer action='/a'><Sip>sip:b@x.example</Sip></Refer>", "failed", "ReferCallStatus", "failed"),
    ],
)
def test_every_outcome_can_be_said_in_a_word(site, verbs, outcome, name, value):
    assert last(site({"/": verbs}).ring().settle(outcome), name) == (value,)


def test_keys_and_words_to_nobody_are_lost(site):
    conference = "<Dial><Conference>c</Conference></Dial>"
    for verbs in ("<Refer><Sip>sip:b@x.example</Sip></Refer>", "<Enqueue>q</Enqueue>", "<Dial>+1</Dial>", conference):
        call = site(verbs).ring().press("1").say("hello")
        assert [event.words for event in call.events if isinstance(event, Lost)] == ["1", "hello"]
        assert not call.over


def reported(call, *names):
    sent = [dict(request.params) for request in call.requests if request.kind == "callback"]
    return [tuple(params.get(name) for name in names) for params in sent]


def test_a_payment_reports_what_it_asks_for(site):
    """Twilio, TwiML <Pay>, statusCallback: For, and what is known by then; not the standard parameters."""
    call = site("<Pay action='/a' statusCallback='/s' securityCode='false' postalCode='94109'/>").ring()
    assert reported(call, "For", "Attempt", "From") == [("payment-card-number", "1", None)]
    call.pay("success")
    assert reported(call, "For", "PaymentCardType", "ExpirationDate") == [
        ("payment-card-number", None, None),
        ("expiration-date", "visa", None),
        ("payment-processing", "visa", "1227"),
    ]
    bank = site("<Pay action='/a' statusCallback='/s' paymentMethod='ach-debit'/>").ring().pay("success")
    assert [step for (step,) in reported(bank, "For")] == [
        "bank-routing-number",
        "bank-account-number",
        "payment-processing",
    ]
    late = site("<Pay action='/a' statusCallback='/s' maxAttempts='3'/>").ring().silence()
    assert reported(late, "For", "ErrorType", "Attempt")[-1] == ("payment-card-number", "input-timeout", "3")


def test_a_transcription_reports_what_both_sides_say(site):
    """Twilio, TwiML <Transcription>, statusCallbackUrl: started, content, stopped; always by POST."""
    noun = "<Transcription name='t' statusCallbackUrl='https://example.com/s' inboundTrackLabel='guest'/>"
    page = {
        "/": f"<Say>Before.</Say><Start>{noun}</Start><Gather input='speech' action='/a'><Say>Speak.</Say></Gather>",
        "/a": "<Say>Thanks.</Say><Stop><Transcription name='t'/></Stop><Say>After.</Say>",
    }
    call = site(page).ring().say("two, please")
    events = reported(call, "TranscriptionEvent", "SequenceId", "Track", "TranscriptionData")
    assert events == [
        ("transcription-started", "1", "both_tracks", None),
        ("transcription-content", "2", "outbound_track", '{"transcript": "Speak.", "confidence": 0.9}'),
        ("transcription-content", "3", "inbound_track", '{"transcript": "two, please", "confidence": 0.9}'),
        ("transcription-content", "4", "outbound_track", '{"transcript": "Thanks.", "confidence": 0.9}'),
        ("transcription-stopped", "5", None, None),
    ]
    assert reported(call, "InboundTrackLabel", "From", "LanguageCode")[0] == ("guest", None, "en-US")
    assert "After." in call.heard


def test_one_track_is_transcribed_where_one_is_wanted_and_the_end_of_the_call_stops_it(site):
    """Twilio, TwiML <Transcription>, track."""
    noun = "<Transcription track='inbound_track' statusCallbackUrl='https://example.com/s'/>"
    call = site(f"<Start>{noun}</Start><Say>Hello.</Say>").ring()
    assert [event for (event,) in reported(call, "TranscriptionEvent")] == [
        "transcription-started",
        "transcription-stopped",
    ]


def test_stop_reports_that_a_stream_or_a_recording_is_over_once(site):
    """Twilio, TwiML <Stop>, <Stream>."""
    stream = "<Stream name='{}' url='wss://x.example/s' statusCallback='https://example.com/s'/>"
    start = f"<Start>{stream.format('a')}{stream.format('b')}</Start>"
    call = site(f"{start}<Say>x</Say><Stop><Stream name='a'/></Stop><Gather/>").ring()
    told = [("stream-started", "a"), ("stream-started", "b"), ("stream-stopped", "a")]
    assert reported(call, "StreamEvent", "StreamName") == told
    call.hang_up()
    assert reported(call, "StreamEvent", "StreamName") == [*told, ("stream-stopped", "b")]


@pytest.mark.parametrize(
    "noun",
    [
        "<Stream url='wss://x.example/s' statusCallback='/s'/>",
        "<Transcription statusCallbackUrl='/s'/>",
    ],
)
def test_some_callbacks_must_be_absolute(site, noun):
    """Twilio, TwiML <Stream>, <Transcription>: "absolute URL"."""
    call = site(f"<Start>{noun}</Start><Say>x</Say>").ring()
    assert [warning.code for warning in call.warnings] == [11100]
    assert not reported(call, "CallSid")


def test_without_an_action_the_next_verb_follows_a_refer(site):
    """Unverified: Twilio's page names no default."""
    call = site("<Refer><Sip>sip:a@b.example</Sip></Refer><Say>Still here.</Say>").ring(from_="sip:c@d.example")
    assert call.refer("failed").heard == ("Still here.",)
