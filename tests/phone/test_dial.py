"""Dial: who is called, what they hear first, how it ends."""

import pytest
from starlette.responses import Response

from engine.diagnostics import Report, Source, Span
from engine.document import Scalar
from engine.phone import NotNow
from engine.phone.events import Asked, Bridged, Dialled, Heard, HungUp, Lost, PickedUp, Target
from engine.phone.handset import Handset
from engine.phone.scripts.given import read_outcome
from engine.phone.scripts.reader import Reader
from engine.phone.scripts.write import written_call

NAMES = ("DialCallStatus", "DialCallSid", "DialCallDuration", "DialBridged", "RecordingUrl")
SCREEN = "<Gather numDigits='1' action='/accept'><Say>Press 1 to accept</Say></Gather><Hangup/>"


def told(call):
    params = dict(call.requests[-1].params)
    return {name: params[name] for name in NAMES if name in params}


def callbacks(call):
    return [dict(request.params) for request in call.requests if request.kind == "callback"]


def test_it_says_whom_it_calls(site):
    """Twilio, TwiML <Dial>, attributes and nouns."""
    assert site("<Dial>+15551111111</Dial>").ring().waiting_for == Dialled((Target("Number", "+15551111111"),))
    nouns = "<Number url='/w'>+1</Number><Client><Identity>joe</Identity></Client><Sip>sip:a@b.example</Sip>"
    call = site(f"<Dial timeout='12' callerId='+15559999999'>{nouns}</Dial>").ring()
    assert call.waiting_for == Dialled(
        (
            Target("Number", "+1", "https://example.com/w"),
            Target("Client", "client:joe"),
            Target("Sip", "sip:a@b.example"),
        ),
        12,
        "+15559999999",
    )


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_the_action_is_told_that_nobody_came(site, status):
    """Twilio, TwiML <Dial>, action: DialCallStatus."""
    call = site({"/": "<Dial action='/a'>+1</Dial><Say>never</Say>", "/a": "<Say>Sorry</Say>"}).ring().dial(status)
    assert {**told(call), "DialCallSid": ""} == {"DialCallStatus": status, "DialCallSid": "", "DialBridged": "false"}
    assert call.heard == ("Sorry",)


def test_the_action_is_told_how_long_the_two_talked(site):
    """Twilio, TwiML <Dial>, action: DialCallSid, DialCallDuration, DialBridged."""
    call = site({"/": "<Dial action='/a'>+1</Dial>"}).ring().dial("completed", seconds=42)
    answer = told(call)
    assert answer.pop("DialCallSid") != call.sid
    assert answer == {"DialCallStatus": "completed", "DialCallDuration": "42", "DialBridged": "true"}


def test_without_an_action_the_next_verb_follows_and_nothing_is_requested(site):
    """Twilio, TwiML <Dial>, action."""
    call = site("<Dial>+1</Dial><Say>Next</Say>").ring().dial("busy")
    assert call.heard == ("Next",)
    assert call.round_trips == 1


def test_silence_lets_it_ring_out_five_seconds_after_the_timeout(site):
    """Twilio, TwiML <Dial>, timeout: with a buffer of five seconds."""
    call = site({"/": "<Dial action='/a' timeout='20'>+1</Dial>"}).ring().silence()
    assert told(call)["DialCallStatus"] == "no-answer"
    assert call.now == 25


def test_one_of_several_picks_up(site):
    """Twilio, TwiML <Dial>, "Simultaneous dialing": the first to answer wins."""
    call = site("<Dial><Number>+1</Number><Number>+2</Number></Dial>").ring().pick_up(1)
    assert call.waiting_for == Bridged(Target("Number", "+2"))
    assert PickedUp(Target("Number", "+2")) in call.events


def test_sequential_tries_one_after_another(site):
    """Twilio, TwiML <Dial>, sequential."""
    call = site({"/": "<Dial sequential='true' action='/a'><Number>+1</Number><Number>+2</Number></Dial>"}).ring()
    assert call.waiting_for.to == "+1"
    call.dial("busy")
    assert call.waiting_for.to == "+2"
    assert told(call.dial("completed"))["DialCallStatus"] == "completed"


def test_the_page_of_the_number_is_played_on_a_leg_of_its_own(site):
    """Twilio, TwiML <Number>, url; that its requests carry ParentCallSid is not documented there."""
    pages = {"/": "<Dial action='/a'><Number url='/w' method='GET'>+15553333333</Number></Dial>", "/w": SCREEN}
    call = site(pages).ring(from_="+15551111111").pick_up()
    assert call.side == "callee"
    assert call.callee.heard == ("Press 1 to accept",)
    assert call.heard == ()
    request = call.requests[-1]
    params = dict(request.params)
    assert (request.method, request.url) == ("GET", "https://example.com/w")
    assert params["CallSid"] != call.sid
    assert (params["ParentCallSid"], params["Direction"]) == (call.sid, "outbound-dial")
    assert (params["From"], params["To"]) == ("+15551111111", "+15553333333")


def test_when_the_page_runs_out_the_two_are_joined(site):
    """Twilio, TwiML <Number>, url."""
    pages = {"/": "<Dial action='/a'><Number url='/w'>+1</Number></Dial>", "/w": SCREEN, "/accept": "<Say>Here</Say>"}
    call = site(pages).ring().pick_up()
    call.callee.press("1")
    assert isinstance(call.waiting_for, Bridged)
    assert told(call.dial("completed", seconds=5))["DialBridged"] == "true"
    assert told(site(pages).ring().dial("completed", keys="1"))["DialBridged"] == "true"


@pytest.mark.parametrize("act", ["silence", "hang up", "dial"])
def test_whoever_does_not_accept_is_never_joined(site, act):
    """Twilio, TwiML <Dial>, action: DialBridged."""
    call = site({"/": "<Dial action='/a'><Number url='/w'>+1</Number></Dial>", "/w": SCREEN}).ring()
    if act == "dial":
        call.dial("completed")
    elif act == "silence":
        call.pick_up().callee.silence()
    else:
        call.pick_up().callee.hang_up()
    answer = told(call)
    assert (answer["DialCallStatus"], answer["DialBridged"]) == ("completed", "false")
    assert "DialCallDuration" not in answer


def test_a_page_cannot_dial(site):
    """Twilio, error 13201."""
    call = (
        site({"/": "<Dial action='/a'><Number url='/w'>+1</Number></Dial>", "/w": "<Dial>+2</Dial>"}).ring().pick_up()
    )
    assert [warning.code for warning in call.warnings] == [13201]
    assert told(call)["DialBridged"] == "false"


def test_keys_of_the_caller_are_lost_while_the_other_side_is_asked(site):
    call = site({"/": "<Dial><Number url='/w'>+1</Number></Dial>", "/w": SCREEN}).ring().pick_up().press("1")
    assert call.side == "callee"
    assert [event.words for event in call.events if isinstance(event, Lost)] == ["1"]


def test_nobody_is_asked_while_it_rings(site):
    call = site("<Dial>+1</Dial>").ring().press("1")
    assert [event.words for event in call.events if isinstance(event, Lost)] == ["1"]
    with pytest.raises(NotNow, match="nobody who was dialled"):
        call.callee.press("1")


def test_star_ends_the_other_leg_only_if_it_may(site):
    """Twilio, TwiML <Dial>, hangupOnStar."""
    page = "<Dial {}>+1</Dial><Say>Back</Say>"
    assert site(page.format("hangupOnStar='true'")).ring().pick_up().press("*").heard == ("Back",)
    assert isinstance(site(page.format("")).ring().pick_up().press("*").waiting_for, Bridged)


def test_a_talk_is_no_longer_than_the_time_limit(site):
    """Twilio, TwiML <Dial>, timeLimit."""
    call = site({"/": "<Dial action='/a' timeLimit='60'>+1</Dial>"}).ring().dial("completed", seconds=500)
    assert told(call)["DialCallDuration"] == "60"


def test_a_recording_of_the_talk(site):
    """Twilio, TwiML <Dial>, record, recordingStatusCallback."""
    page = "<Dial action='/a' record='record-from-answer-dual' recordingStatusCallback='/r'>+1</Dial>"
    call = site({"/": page}).ring().dial("completed", seconds=30)
    assert "/Recordings/RE" in told(call)["RecordingUrl"]
    (report,) = callbacks(call)
    assert (report["RecordingSource"], report["RecordingChannels"]) == ("DialVerb", "2")
    assert report["CallSid"] == call.sid
    assert "From" not in report


def test_a_sip_leg_brings_its_own_parameters(site):
    """Twilio, TwiML <Sip>: DialSipCallId, DialSipResponseCode."""
    call = site({"/": "<Dial action='/a'><Sip>sip:a@b.example</Sip></Dial>"}).ring().dial("busy")
    assert dict(call.requests[-1].params)["DialSipResponseCode"] == "486"


def test_the_leg_is_reported_where_it_is_asked_for(site):
    """Twilio, TwiML <Number>, statusCallback, statusCallbackEvent."""
    number = "<Number statusCallback='/s' statusCallbackEvent='{}'>+1</Number>"
    every = "initiated ringing answered completed"
    call = site({"/": f"<Dial>{number.format(every)}</Dial>"}).ring().dial("completed", seconds=9)
    reports = callbacks(call)
    assert [report["CallStatus"] for report in reports] == ["initiated", "ringing", "in-progress", "completed"]
    assert [report["SequenceNumber"] for report in reports] == ["0", "1", "2", "3"]
    assert {report["ParentCallSid"] for report in reports} == {call.sid}
    assert {report["CallbackSource"] for report in reports} == {"call-progress-events"}
    assert reports[-1]["CallDuration"] == "9"
    assert reports[0]["Timestamp"] == "Mon, 05 Jan 2026 09:00:00 +0000"
    plain = site({"/": "<Dial><Number statusCallback='/s'>+1</Number></Dial>"}).ring().dial("busy")
    assert [report["CallStatus"] for report in callbacks(plain)] == ["busy"]


def test_the_answer_to_a_callback_is_ignored_and_a_failure_is_a_warning(site):
    """Twilio, warning 15003."""
    pages = {"/": "<Dial><Number statusCallback='/s'>+1</Number></Dial>"}
    assert site({**pages, "/s": "<Say>x</Say>"}).ring().dial("busy").heard == ()
    call = site({**pages, "/s": Response("no", 500)}).ring().dial("busy")
    assert [warning.code for warning in call.warnings] == [15003]
    assert call.round_trips == 1


def test_who_answered_is_reported(site):
    """Twilio, TwiML <Number>, amdStatusCallback."""
    number = "<Number machineDetection='Enable' amdStatusCallback='/amd'>+1</Number>"
    call = site({"/": f"<Dial>{number}</Dial>"}).ring().pick_up(answered_by="machine_start")
    assert [report["AnsweredBy"] for report in callbacks(call)] == ["machine_start"]


@pytest.mark.parametrize(("picked_up", "status"), [(False, "canceled"), (True, "completed")])
def test_the_action_hears_of_a_caller_who_hung_up(site, picked_up, status):
    """Twilio, TwiML <Dial>; not documented: the action is told, as with Record, and its answer is not heard."""
    call = site({"/": "<Dial action='/a'>+1</Dial>", "/a": "<Say>x</Say>"}).ring()
    if picked_up:
        call.pick_up()
    call.hang_up()
    assert told(call)["DialCallStatus"] == status
    assert dict(call.requests[-1].params)["CallStatus"] == "completed"
    assert call.heard == ()
    assert HungUp("caller") in call.events


@pytest.mark.parametrize(("attributes", "status"), [("", "in-progress"), ("answerOnBridge='true'", "ringing")])
def test_a_dial_answers_unless_it_waits_for_the_bridge(site, attributes, status):
    """Twilio, TwiML <Dial>, answerOnBridge: effective as the first verb."""
    call = site({"/": f"<Dial {attributes} action='/a'>+1</Dial>"}).ring()
    assert call.status == status
    assert call.pick_up().status == "in-progress"


def test_outcomes_may_be_given_in_advance(site):
    pages = {"/": "<Dial action='/a'><Number url='/w'>+1</Number></Dial>", "/w": SCREEN, "/accept": ""}
    assert told(site(pages).ring(answers={"dial": "busy"}))["DialCallStatus"] == "busy"
    assert told(site(pages).ring(answers={"dial": "completed 1"}))["DialBridged"] == "true"
    assert told(site(pages).ring(answers={"dial": "completed"}))["DialBridged"] == "false"


def test_outcomes_in_advance_end_in_a_circle(site):
    call = site("<Dial>+1</Dial><Redirect/>").ring(answers={"dial": "busy"})
    assert "a circle" in call.events[-1].reason


def test_an_outcome_that_is_none_is_refused(site):
    with pytest.raises(NotNow, match="not `maybe`"):
        site("<Dial>+1</Dial>").ring().dial("maybe")


def test_a_call_that_was_taken_hears_the_page_before_the_caller_knows(site):
    """Twilio, TwiML <Number>, url: the caller hears ringing meanwhile."""
    call = site({"/": "<Dial><Client url='/w'>joe</Client></Dial>", "/w": "<Say>A call for Joe</Say>"}).ring().pick_up()
    assert Heard("A call for Joe") in [moment.event for moment in call.moments if moment.side == "callee"]
    assert not isinstance(call.waiting_for, Asked)


def test_whoever_waited_in_a_queue_hears_its_page_before_the_two_are_joined(site):
    """Twilio, TwiML <Queue>, url: heard by the queued caller, with parameters of its own."""
    seen = []
    page = site(
        {
            "/": "<Dial action='/a'><Queue url='/about'>desk</Queue></Dial>",
            "/about": lambda sent: seen.append(sent) or "<Say>An agent comes.</Say><Gather/><Pause/>",
        }
    )
    call = page.ring()
    assert call.waiting_for == Dialled((Target("Queue", "desk", "https://example.com/about"),))
    call.pick_up()
    assert isinstance(call.waiting_for, Bridged)
    assert [one.event.text for one in call.moments if one.side == "callee" and isinstance(one.event, Heard)] == [
        "An agent comes."
    ]
    assert [warning.code for warning in call.warnings] == [12200], "a gather cannot stand there"
    (sent,) = seen
    assert (sent["DequeingCallSid"], sent["QueueTime"], sent["Direction"]) == (call.sid, "30", "inbound")
    assert sent["CallSid"] != call.sid
    assert "ParentCallSid" not in sent
    call.dial("completed", seconds=20)
    params = dict(call.requests[-1].params)
    assert (params["QueueSid"], params["QueueResult"], params["DialCallSid"]) == (
        sent["QueueSid"],
        "bridged",
        sent["CallSid"],
    )


def test_whoever_was_dialled_may_hand_the_caller_on(site):
    """Twilio, TwiML <Dial>, referUrl: the answer says what becomes of the caller."""
    page = site(
        {"/": "<Dial referUrl='/r' action='/a'><Sip>sip:a@b.example</Sip></Dial>", "/r": "<Say>One moment.</Say>"}
    )
    call = page.ring().pick_up()
    call.callee.transfer("sip:c@b.example")
    assert call.heard == ("One moment.",)
    asked = call.requests[-1]
    assert (asked.method, asked.url) == ("POST", "https://example.com/r")
    assert dict(asked.params)["ReferTransferTarget"] == "sip:c@b.example"
    assert dict(asked.params)["CallSid"] == call.sid
    assert "DialCallStatus" not in dict(asked.params)
    get = site({"/": "<Dial referUrl='/r' referMethod='GET'>+1</Dial>"}).ring().pick_up()
    assert get.settle("transfer sip:c@b.example").requests[-1].method == "GET"


def test_nobody_is_handed_on_without_an_address_that_says_where(site):
    """Twilio, error 13802."""
    call = site("<Dial>+1</Dial>").ring().pick_up()
    call.callee.transfer("sip:c@b.example")
    assert [(warning.code, warning.error) for warning in call.warnings] == [(13802, True)]
    assert isinstance(call.waiting_for, Bridged)
    with pytest.raises(NotNow):
        site("<Gather/>").ring().callee.transfer("sip:c@b.example")


def test_a_transfer_can_be_written_and_typed(site):
    """A script says `outcome: {dial: transfer sip:…}`, somebody at a terminal types the same."""
    report = Report()
    text = "transfer sip:c@b.example"
    word = Scalar(text, Span(Source("", text), 0, len(text)), False)
    assert read_outcome(Reader(report), "dial", word) == text
    assert not report.diagnostics
    call = site({"/": "<Dial referUrl='/r'>+1</Dial>", "/r": "<Say>One moment.</Say>"}).ring().pick_up()
    with pytest.raises(NotNow, match="says where to"):
        Handset(call).take("transfer")
    Handset(call).take(text)
    assert call.heard == ("One moment.",)


def test_a_transfer_is_saved_as_it_can_be_played(site):
    call = site({"/": "<Dial referUrl='/r'>+1</Dial>", "/r": "<Say>One moment.</Say>"}).ring().pick_up()
    call.callee.transfer("sip:c@b.example")
    assert written_call("x", call.moments) == (
        '  "x":\n    - dialled: "+1"\n    - picks_up\n    - outcome: {dial: "transfer sip:c@b.example"}\n'
        "    - hear: One moment.\n    - ends: hangup\n"
    )
