"""The stand-in really calls: flows of a real server are played over sockets, and everything is reported."""

from contextlib import closing

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from twilio.base.exceptions import TwilioRestException

from engine.server.running import bind
from engine.standin.driver import telephone
from engine.standin.reach import Reach
from engine.standin.resources import NumberResource
from tests.standin.played import (
    CLINIC,
    EVENTS,
    FAST,
    PERSON,
    SLOW,
    Callbacks,
    control,
    over,
    playing,
    serving,
    told,
    until,
)
from tests.standin_server import StandinServer, served


def test_a_call_runs_a_flow_to_its_end(standin, flows, callbacks):
    server, base = standin(playing()), flows(CLINIC)
    call = server.client().calls.create(
        to=PERSON,
        from_=server.number,
        url=f"{base}/flows/clinic",
        status_callback=f"{callbacks.base}/status",
        status_callback_event=EVENTS,
    )
    assert over(server, call.sid).status == "completed"
    assert until(lambda: len(callbacks.told) == 4)
    assert callbacks.at("/status", "CallStatus") == ["initiated", "ringing", "in-progress", "completed"]
    assert callbacks.at("/status", "SequenceNumber") == ["0", "1", "2", "3"]
    fetched = server.client().calls(call.sid).fetch()
    assert callbacks.at("/status", "CallDuration")[-1] == fetched.duration
    lines = "\n".join(server.told())
    assert 'hears "Thank you for calling Riverside Clinic."' in lines
    assert "dials +15550100" in lines, "who says nothing is connected with the front desk"
    assert f"{call.sid[:8]} completed after {fetched.duration} s" in lines
    assert all(len(line) <= 80 for line in server.told()), "each line fits a terminal"
    [child] = server.client().calls.list(parent_call_sid=call.sid)
    assert (child.to, child.direction, child.status) == ("+15550100", "outbound-dial", "completed")


MENU = """\
steps:
  a:
    - gather: {num_digits: 1, say: Press 1 or 2., timeout: 120, branch: {1: b, 2: c, else: c}}
  b: [{say: You pressed one.}]
  c: [{say: Something else.}]
"""
ELSEWHERE = "steps: {a: [{say: This is elsewhere.}]}\n"


def waits(server: StandinServer, sid: str, heard: str = "Press 1 or 2.") -> None:
    """Until the call has come to the gather."""
    until(lambda: told(server, f'{sid[:8]} hears "{heard}"'))


def test_a_live_call_is_moved_to_another_flow(standin, flows):
    server, base = standin(playing(speed=SLOW)), flows(menu=MENU, elsewhere=ELSEWHERE)
    client = server.client()
    call = client.calls.create(to=PERSON, from_=server.number, url=f"{base}/flows/menu")
    waits(server, call.sid)
    client.calls(call.sid).update(url=f"{base}/flows/elsewhere", method="POST")
    assert over(server, call.sid).status == "completed"
    lines = server.told()
    assert told(server, f"{call.sid[:8]} is moved to /flows/elsewhere"), lines
    assert told(server, 'hears "This is elsewhere."')
    assert not told(server, "Something else."), "the gather is left at once"


def test_a_live_call_is_moved_to_twiml(standin, flows):
    server, base = standin(playing(speed=SLOW)), flows(menu=MENU)
    call = server.client().calls.create(to=PERSON, from_=server.number, url=f"{base}/flows/menu")
    waits(server, call.sid)
    server.client().calls(call.sid).update(twiml="<Response><Say>Given.</Say></Response>")
    over(server, call.sid)
    assert told(server, 'hears "Given."')


def test_a_live_call_is_hung_up(standin, flows, callbacks):
    server, base = standin(playing(speed=SLOW)), flows(menu=MENU)
    call = server.client().calls.create(
        to=PERSON, from_=server.number, url=f"{base}/flows/menu", status_callback=f"{callbacks.base}/status"
    )
    waits(server, call.sid)
    server.client().calls(call.sid).update(status="completed")
    assert over(server, call.sid).status == "completed"
    assert until(lambda: callbacks.at("/status", "CallStatus")) == ["completed"]
    assert not told(server, "Something else.")


@pytest.mark.parametrize("status", ["canceled", "completed"])
def test_a_call_that_rings_is_canceled(standin, flows, status):
    server, base = standin(playing(f"{PERSON}: no-answer", speed=SLOW)), flows(menu=MENU)
    call = server.client().calls.create(to=PERSON, from_=server.number, url=f"{base}/flows/menu")
    until(lambda: server.records.calls[call.sid].status == "ringing")
    server.client().calls(call.sid).update(status=status)
    assert over(server, call.sid).status == "canceled"
    assert not told(server, "asks ")


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed"])
def test_nobody_takes_the_call(standin, flows, callbacks, status):
    server, base = standin(playing(f"{PERSON}: {status}")), flows(menu=MENU)
    call = server.client().calls.create(
        to=PERSON,
        from_=server.number,
        url=f"{base}/flows/menu",
        timeout=10,
        status_callback=f"{callbacks.base}/status",
    )
    assert over(server, call.sid).status == status
    assert until(lambda: callbacks.at("/status", "CallStatus")) == [status]
    assert server.client().calls(call.sid).fetch().duration == "0"


def test_the_person_presses_and_says_what_was_given(standin, flows):
    server, base = standin(playing(f"{PERSON}: press 1")), flows(menu=MENU)
    call = server.client().calls.create(to=PERSON, from_=server.number, url=f"{base}/flows/menu")
    over(server, call.sid)
    assert told(server, f"{call.sid[:8]} presses 1")
    assert told(server, 'hears "You pressed one."')


@pytest.mark.parametrize(
    ("who", "mode", "by"),
    [
        ("human", "Enable", "human"),
        ("machine", "Enable", "machine_start"),
        ("machine", "DetectMessageEnd", "machine_end_beep"),
        ("fax", "DetectMessageEnd", "fax"),
    ],
)
def test_who_answers_is_detected(standin, callbacks, who, mode, by):
    server = standin(playing(f"{PERSON}: {who}"))
    callbacks.pages["/flow"] = "<Say>Hello.</Say>"
    call = server.client().calls.create(
        to=PERSON, from_=server.number, url=f"{callbacks.base}/flow", machine_detection=mode
    )
    over(server, call.sid)
    assert callbacks.at("/flow", "AnsweredBy") == [by]
    assert server.client().calls(call.sid).fetch().answered_by == by


def test_a_greeting_longer_than_it_is_listened_to(standin, callbacks):
    server = standin(playing(f"{PERSON}: machine"))
    callbacks.pages["/flow"] = "<Say>Hello.</Say>"
    call = server.client().calls.create(
        to=PERSON,
        from_=server.number,
        url=f"{callbacks.base}/flow",
        machine_detection="DetectMessageEnd",
        machine_detection_timeout=5,
    )
    over(server, call.sid)
    assert callbacks.at("/flow", "AnsweredBy") == ["unknown"]


def test_who_answers_is_told_beside_the_call(standin, callbacks):
    server = standin(playing(f"{PERSON}: machine"))
    callbacks.pages["/flow"] = "<Say>Hello.</Say><Pause length='10'/>"
    call = server.client().calls.create(
        to=PERSON,
        from_=server.number,
        url=f"{callbacks.base}/flow",
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=f"{callbacks.base}/amd",
    )
    over(server, call.sid)
    until(lambda: callbacks.at("/amd", "CallSid"))  # it is posted beside the call
    assert callbacks.at("/flow", "AnsweredBy") == [""]
    assert callbacks.at("/amd", "AnsweredBy") == ["machine_start"]
    assert callbacks.at("/amd", "CallSid") == [call.sid]


def test_a_call_is_recorded(standin, callbacks):
    server = standin(playing())
    callbacks.pages["/flow"] = "<Say>A sentence that takes a while.</Say><Pause length='5'/>"
    call = server.client().calls.create(
        to=PERSON,
        from_=server.number,
        url=f"{callbacks.base}/flow",
        record=True,
        recording_channels="dual",
        recording_status_callback=f"{callbacks.base}/recorded",
        recording_status_callback_event=["in-progress", "completed"],
    )
    over(server, call.sid)
    until(lambda: callbacks.at("/recorded", "RecordingStatus") == ["in-progress", "completed"])
    [recording] = server.client().recordings.list()
    assert (recording.call_sid, recording.source, recording.channels) == (call.sid, "OutboundAPI", 2)
    assert callbacks.at("/recorded", "RecordingSid") == [recording.sid] * 2
    assert callbacks.at("/recorded", "RecordingUrl")[-1].startswith(server.base)


def test_what_a_flow_records_is_a_recording(standin, callbacks):
    server = standin(playing(f"{PERSON}: say 'This is a message for you', hang up"))
    callbacks.pages["/flow"] = "<Record action='/kept'/>"
    call = server.client().calls.create(to=PERSON, from_=server.number, url=f"{callbacks.base}/flow")
    over(server, call.sid)
    [recording] = server.client().recordings.list()
    assert (recording.source, recording.sid) == ("RecordVerb", callbacks.at("/kept", "RecordingSid")[0])


def test_a_server_that_is_down(standin, callbacks):
    with serving(callbacks.app) as (gone, _, _):
        pass
    server = standin(playing())
    call = server.client().calls.create(
        to=PERSON, from_=server.number, url=f"{gone}/flow", fallback_url=f"{callbacks.base}/fallback"
    )
    over(server, call.sid)
    assert callbacks.at("/fallback", "ErrorCode") == ["11202"]
    assert told(server, f"{call.sid[:8]} Twilio error 11202: {gone} refuses the connection")


def test_a_server_that_dies_in_the_middle(standin, callbacks):
    server = standin(playing(speed=20))
    dying = Callbacks()
    dying.pages["/flow"] = "<Say>Hello.</Say><Gather timeout='20'/><Redirect>/next</Redirect>"
    with serving(dying.app) as (base, _, _):
        call = server.client().calls.create(
            to=PERSON, from_=server.number, url=f"{base}/flow", status_callback=f"{callbacks.base}/status"
        )
        until(lambda: told(server, 'hears "Hello."'))
    assert over(server, call.sid).status == "completed", "somebody talked with it"
    assert told(server, "Twilio error 11202") or told(server, "Twilio error 11205")
    assert told(server, 'hears "We are sorry, an application error has occurred')
    assert until(lambda: callbacks.at("/status", "CallStatus")) == ["completed"]


def test_only_this_machine_is_asked(standin):
    server = standin(playing())
    call = server.client().calls.create(to=PERSON, from_=server.number, url="https://example.com/flow")
    over(server, call.sid)
    assert told(server, "Twilio error 11205: https://example.com is not on this machine")


def test_a_public_address_may_lead_to_this_machine(standin, callbacks):
    callbacks.pages["/flow"] = "<Say>Hello.</Say>"
    reach = Reach(instead={"https://clinic.example": callbacks.base})
    server = standin(telephone(reach=reach, speed=FAST))
    call = server.client().calls.create(to=PERSON, from_=server.number, url="https://clinic.example/flow")
    over(server, call.sid)
    assert told(server, 'hears "Hello."')


def test_somebody_calls_a_number(standin, flows, callbacks):
    server, base = standin(playing("+15550123: press 1")), flows(menu=MENU)
    [number] = server.client().incoming_phone_numbers.list()
    number.update(voice_url=f"{base}/flows/menu", status_callback=f"{callbacks.base}/status")
    control(server, "/standin/calls", From="+15550123")
    [call] = until(lambda: [one for one in server.client().calls.list() if one.status == "completed"])
    assert (call.direction, call.to) == ("inbound", server.number)
    assert told(server, 'hears "You pressed one."')
    assert until(lambda: callbacks.at("/status", "CallStatus")) == ["completed"]


def test_the_stand_in_stops_while_somebody_talks(flows):
    base = flows(menu=MENU)
    with served(playing(speed=SLOW)) as server:
        call = server.client().calls.create(to=PERSON, from_=server.number, url=f"{base}/flows/menu")
        waits(server, call.sid)
    assert server.records.calls[call.sid].over


# Messages

TEXTS = """\
channel: messaging
steps:
  a:
    - message: "You wrote {{ message.body }}."
"""


def test_a_message_is_delivered(standin, callbacks):
    server = standin(playing())
    message = server.client().messages.create(
        to=PERSON, from_=server.number, body="Your table is ready.", status_callback=f"{callbacks.base}/status"
    )
    until(lambda: callbacks.at("/status", "MessageStatus") == ["sent", "delivered"])
    assert callbacks.at("/status", "MessageSid") == [message.sid] * 2
    assert server.client().messages(message.sid).fetch().status == "delivered"
    assert told(server, f'{message.sid[:8]} {PERSON} reads "Your table is ready."')


def test_a_phone_that_cannot_be_reached(standin, callbacks):
    server = standin(playing(f"{PERSON}: failed"))
    message = server.client().messages.create(
        to=PERSON, from_=server.number, body="Hello.", status_callback=f"{callbacks.base}/status"
    )
    until(lambda: callbacks.at("/status", "MessageStatus") == ["sent", "undelivered"])
    assert callbacks.at("/status", "ErrorCode") == ["", "30003"]
    fetched = server.client().messages(message.sid).fetch()
    assert (fetched.status, fetched.error_code) == ("undelivered", 30003)


def texting(server: StandinServer, url: str) -> None:
    [number] = server.client().incoming_phone_numbers.list()
    number.update(sms_url=url)


def bodies(server: StandinServer, direction: str) -> list[str]:
    """What was sent, the oldest first."""
    return [one.body for one in server.records.messages.all() if one.direction == direction and one.over]


def test_somebody_writes_and_is_answered(standin, flows):
    server, base = standin(playing()), flows(texts=TEXTS)
    texting(server, f"{base}/flows/texts")
    control(server, "/standin/texts", From=PERSON, Body="Hello")
    control(server, "/standin/texts", From=PERSON, Body="Are you there?")
    replies = ["You wrote Hello.", "You wrote Are you there?."]
    until(lambda: sorted(bodies(server, "outbound-reply")) == sorted(replies))
    assert bodies(server, "inbound") == ["Hello", "Are you there?"]
    reply = next(one for one in server.client().messages.list() if one.direction == "outbound-reply")
    assert (reply.to, reply.from_, reply.status) == (PERSON, server.number, "delivered")


def test_a_reply_is_reported_where_its_document_asks_for_it(standin, callbacks):
    server = standin(playing())
    callbacks.pages["/texts"] = "<Message statusCallback='/status'>Hello.</Message>"
    texting(server, f"{callbacks.base}/texts")
    control(server, "/standin/texts", From=PERSON, Body="Hi")
    until(lambda: callbacks.at("/status", "MessageStatus") == ["sent", "delivered"])
    [reply] = [one for one in server.client().messages.list() if one.direction == "outbound-reply"]
    assert callbacks.at("/status", "MessageSid") == [reply.sid] * 2


def test_nothing_is_sent_to_somebody_who_wrote_stop(standin, flows):
    server, base = standin(playing()), flows(texts=TEXTS)
    client = server.client()
    texting(server, f"{base}/flows/texts")
    control(server, "/standin/texts", From=PERSON, Body="Stop")
    until(lambda: any("unsubscribed" in body for body in bodies(server, "outbound-reply")))
    assert told(server, "Twilio itself answers STOP")
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(to=PERSON, from_=server.number, body="Hello?")
    assert caught.value.code == 21610
    control(server, "/standin/texts", From=PERSON, Body="START")
    until(lambda: any("re-subscribed" in body for body in bodies(server, "outbound-reply")))
    until(lambda: told(server, "You wrote START."))
    assert not told(server, "You wrote Stop."), "the flow is asked, but its reply is not delivered"
    client.messages.create(to=PERSON, from_=server.number, body="Hello again.")
    until(lambda: told(server, "Hello again."))


def test_one_number_of_the_account_texts_another(standin, flows):
    server, base = standin(playing()), flows(texts=TEXTS)
    other = {"phone_number": "+15550003333", "friendly_name": "other", "sms_url": f"{base}/flows/texts"}
    server.records.numbers.add(NumberResource(**server.records.stamp("PN"), **other))
    server.client().messages.create(to="+15550003333", from_=server.number, body="Hello")
    until(lambda: "You wrote Hello." in bodies(server, "outbound-reply"))


def test_a_call_sends_a_message(standin, callbacks):
    server = standin(playing())
    callbacks.pages["/flow"] = "<Say>Hello.</Say><Sms>We called you.</Sms>"
    call = server.client().calls.create(to=PERSON, from_=server.number, url=f"{callbacks.base}/flow")
    over(server, call.sid)
    until(lambda: told(server, f'{PERSON} reads "We called you."'))


# What is configured elsewhere


def test_a_call_by_a_twiml_app(standin, callbacks):
    server = standin(playing())
    callbacks.pages["/app"] = "<Say>This is the app.</Say>"
    client = server.client()
    app = client.applications.create(
        friendly_name="Flow", voice_url=f"{callbacks.base}/app", status_callback=f"{callbacks.base}/status"
    )
    call = client.calls.create(to=PERSON, from_=server.number, application_sid=app.sid)
    over(server, call.sid)
    assert told(server, 'hears "This is the app."')
    assert until(lambda: callbacks.at("/status", "CallStatus")) == ["completed"]


def test_a_number_that_leads_to_a_twiml_app(standin, callbacks):
    server = standin(playing())
    callbacks.pages |= {"/app": "<Say>This is the app.</Say>", "/texts": "<Message>The app replies.</Message>"}
    client = server.client()
    app = client.applications.create(
        friendly_name="Flow", voice_url=f"{callbacks.base}/app", sms_url=f"{callbacks.base}/texts"
    )
    [number] = client.incoming_phone_numbers.list()
    number.update(voice_application_sid=app.sid, sms_application_sid=app.sid, voice_url="", sms_url="")
    sid = control(server, "/standin/calls", From=PERSON)["sid"]
    control(server, "/standin/texts", From=PERSON, Body="Hello")
    over(server, sid)
    assert told(server, 'hears "This is the app."')
    until(lambda: bodies(server, "outbound-reply") == ["The app replies."])


def test_a_number_whose_server_is_down(standin, callbacks):
    with serving(callbacks.app) as (gone, _, _):
        pass
    server = standin(playing())
    callbacks.pages |= {"/spare": "<Say>Call later.</Say>", "/texts": "<Message>Write later.</Message>"}
    [number] = server.client().incoming_phone_numbers.list()
    number.update(
        voice_url=f"{gone}/flow",
        voice_fallback_url=f"{callbacks.base}/spare",
        sms_url=f"{gone}/flow",
        sms_fallback_url=f"{callbacks.base}/texts",
    )
    sid = control(server, "/standin/calls", From=PERSON)["sid"]
    control(server, "/standin/texts", From=PERSON, Body="Hello")
    over(server, sid)
    assert told(server, 'hears "Call later."')
    until(lambda: bodies(server, "outbound-reply") == ["Write later."])
    assert callbacks.at("/spare", "ErrorUrl") == callbacks.at("/texts", "ErrorUrl") == [f"{gone}/flow"]


def test_a_number_that_asks_nobody(standin):
    server = standin(playing())
    sid = control(server, "/standin/calls", From=PERSON)["sid"]
    assert over(server, sid).status == "no-answer"
    assert told(server, "has no voice URL")
    control(server, "/standin/texts", From=PERSON, Body="Hello")
    until(lambda: told(server, "has no messaging URL"))


def test_a_password_in_an_address_is_not_shown(standin, callbacks):
    with serving(callbacks.app) as (gone, _, _):
        pass
    server = standin(playing())
    hidden = gone.replace("//", "//ann:secret@")
    call = server.client().calls.create(to=PERSON, from_=server.number, url=f"{hidden}/flow")
    message = server.client().messages.create(
        to=PERSON, from_=server.number, body="Hi", status_callback=f"{hidden}/status"
    )
    over(server, call.sid)
    until(lambda: server.records.messages[message.sid].over and told(server, f"{message.sid[:8]} Twilio warning"))
    assert told(server, f"{call.sid[:8]} Twilio error 11202")
    assert not told(server, "secret")


def test_a_password_that_the_server_wants(standin):
    """Twilio asks without it first; what the server then refuses is told without it."""
    refusing = Starlette(routes=[Route("/{path:path}", lambda request: Response("no", 401), methods=["POST"])])
    server = standin(playing())
    with serving(refusing) as (base, _, _):
        hidden = base.replace("//", "//ann:secret@")
        call = server.client().calls.create(to=PERSON, from_=server.number, url=f"{hidden}/flow")
        over(server, call.sid)
    assert told(server, f"Twilio error 11200: POST {base}/flow was answered with 401")
    assert not told(server, "secret")


def test_a_server_that_takes_too_long(standin):
    with closing(bind("127.0.0.1", 0, strict=True)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/flow"
        server = standin(telephone(reach=Reach(seconds=0.3), speed=FAST))
        call = server.client().calls.create(to=PERSON, from_=server.number, url=url)
        over(server, call.sid)
    assert told(server, "Twilio error 11203")
    assert told(server, 'hears "We are sorry')
