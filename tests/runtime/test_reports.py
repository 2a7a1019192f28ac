"""Status reports at an address that is nobody's turn: they do nothing, unless the flow is one for reports."""

import asyncio

import pytest

from engine.runtime.desk import Desk
from engine.runtime.effects.effect import HttpCall, Result
from engine.runtime.effects.world import World

APPOINTMENT = """
channel: messaging
vars: {n: 0}
steps:
  ask:
    - set: {n: "{{ n + 1 }}"}
    - gather: {say: "First name? ({{ n }})", save: name}
    - gather: {say: "Thanks {{ name }}. Which day?", save: day}
    - message: "{{ name }}, see you on {{ day }}."
"""
CALL = """
vars: {n: 0}
steps:
  menu:
    - set: {n: "{{ n + 1 }}"}
    - gather: {say: "Press 1. ({{ n }})", branch: {1: bye}}
  bye: [{say: "Bye {{ n }}."}]
  count: [{set: {n: "{{ n + 10 }}"}}]
"""
PLAIN = "steps: {a: [{gather: {say: Press 1., branch: {1: b}}}], b: [{say: One.}]}"
OURS = {"From": "+15550002222", "To": "+15550001111"}
ENDED = ["completed", "busy", "failed", "no-answer", "canceled"]


def texted(made, body, sid, **sent):
    return made.ask("f", CallSid=None, MessageSid=sid, Body=body, SmsStatus="received", **sent).twiml


def reported(made, address="f", **sent):
    return made.ask(address, CallSid=None, MessageSid="SM90", SmsSid="SM90", **{**OURS, **sent}).twiml


def kept(made, key):
    """What is remembered under a key."""
    return asyncio.run(made.store.turn(key, lambda session: (session, session)))


class TestMessages:
    def test_the_open_question_stays_open(self, line):
        made = line(f=APPOINTMENT)
        texted(made, "hi", "SM1")
        texted(made, "Ann", "SM2")
        before = kept(made, "+15550001111>+15550002222")
        for status in ("sent", "delivered"):
            assert reported(made, MessageStatus=status, SmsStatus=status) == ""
        assert kept(made, "+15550001111>+15550002222") == before
        assert texted(made, "Monday", "SM3") == "<Message>Ann, see you on Monday.</Message>"

    @pytest.mark.parametrize(
        "sent",
        [
            {"MessageStatus": "queued"},
            {"MessageStatus": "sent", "Body": ""},
            {"MessageStatus": "delivered", "Body": "Thanks Ann. Which day?"},
            {"MessageStatus": "undelivered", "ErrorCode": "30003"},
            {"MessageStatus": "read", "EventType": "READ"},
            {"MessageStatus": "a status that is new"},
            {"SmsStatus": "sent"},  # as of the old verb <Sms>
            {"MessageStatus": "delivered", "To": "whatsapp:+15550001111", "From": "whatsapp:+15550002222"},
        ],
    )
    @pytest.mark.parametrize("address", ["f", "f/ask"])
    def test_a_report_opens_nothing_and_plays_nothing(self, line, sent, address):
        made = line(f=APPOINTMENT)
        assert reported(made, address, **sent) == ""
        for key in ("+15550001111>+15550002222", "whatsapp:+15550001111>whatsapp:+15550002222"):
            assert kept(made, key) is None

    @pytest.mark.parametrize(
        "sent", [{}, {"SmsStatus": "received"}, {"MessageStatus": "received"}, {"SmsStatus": "receiving"}]
    )
    def test_a_message_that_comes_in_is_none(self, line, sent):
        made = line(f=APPOINTMENT)
        assert (
            made.ask("f", CallSid=None, MessageSid="SM1", Body="hi", **sent).twiml
            == "<Message>First name? (1)</Message>"
        )

    def test_a_picture_without_words_is_a_message(self, line):
        made = line(f=APPOINTMENT)
        assert texted(made, "", "MM1", NumMedia="1").startswith("<Message>First name?")

    def test_a_flow_for_calls_says_nothing_to_a_report_of_a_message(self, line):
        assert reported(line(f=PLAIN), MessageStatus="delivered") == ""
        assert reported(line(f=CALL), MessageStatus="delivered") == ""


class TestCalls:
    @pytest.mark.parametrize("flow", [CALL, PLAIN])
    @pytest.mark.parametrize("status", ENDED)
    def test_a_call_that_has_ended_plays_nothing(self, line, flow, status):
        made = line(f=flow)
        assert made.ask("f", CallStatus=status, CallDuration="12").twiml == ""
        assert kept(made, "CA1") is None, "also as the first that is ever heard of the call"

    def test_the_call_is_as_it_was(self, line):
        made = line(f=CALL)
        menu = made.ask("f", CallStatus="ringing")
        assert made.ask("f", CallStatus="completed", CallDuration="12").twiml == ""
        assert made.ask(menu.address(), Digits="1", CallStatus="in-progress").twiml == "<Say>Bye 1.</Say>"

    @pytest.mark.parametrize(
        "sent",
        [
            {"CallStatus": "initiated", "CallbackSource": "call-progress-events", "SequenceNumber": "0"},
            {"CallStatus": "in-progress", "CallbackSource": "call-progress-events", "SequenceNumber": "2"},
            {"RecordingStatus": "completed", "RecordingUrl": "https://api.example.com/RE1", "From": None, "To": None},
            {"TranscriptionStatus": "completed", "TranscriptionText": "Hello.", "CallStatus": "in-progress"},
            {"TranscriptionEvent": "transcription-content", "From": None, "To": None},
            {"StatusCallbackEvent": "participant-join", "ConferenceSid": "CF1", "From": None, "To": None},
            {"StreamEvent": "stream-started", "StreamSid": "MZ1", "From": None, "To": None},
            {"UnstableSpeechResult": "I would", "CallStatus": "in-progress"},
            {"AnsweredBy": "human", "MachineDetectionDuration": "2300", "From": None, "To": None},
        ],
    )
    def test_other_events_play_nothing_either(self, line, sent):
        made = line(f=CALL)
        assert made.ask("f", **sent).twiml == ""
        assert kept(made, "CA1") is None

    def test_who_answered_may_come_with_the_first_request(self, line):
        sent = {"AnsweredBy": "human", "MachineDetectionDuration": "2300", "CallStatus": "in-progress"}
        assert line(f=CALL).ask("f", **sent).twiml.startswith("<Gather")

    @pytest.mark.parametrize("status", ["queued", "ringing", "in-progress", None])
    def test_a_call_under_way_is_none(self, line, status):
        assert line(f=CALL).ask("f", CallStatus=status).twiml.startswith("<Gather")

    @pytest.mark.parametrize(
        "sent",
        [
            {"DialCallStatus": "busy"},
            {"Digits": "hangup", "RecordingUrl": "https://api.example.com/RE1", "RecordingDuration": "4"},
            {"QueueResult": "hangup"},
            {"Result": "caller-hung-up"},
            {"ReferCallStatus": "completed"},
            {"SessionStatus": "completed", "HandoffData": "{}"},
        ],
    )
    def test_the_answer_of_a_verb_is_a_turn_although_the_call_has_ended(self, line, sent):
        """At an address that somebody else wrote, as the action of a flow on another server."""
        made = line(f=CALL)
        assert made.ask("f", CallStatus="completed", **sent).twiml.startswith("<Gather")

    @pytest.mark.parametrize(
        ("verb", "sent"),
        [
            ('dial: {number: "+15550100", branch: {else: count}}', {"DialCallStatus": "completed"}),
            ('dial: {number: "+15550100", branch: {else: count}}', {}),
            (
                "record: {branch: {hangup: count, else: menu}}",
                {"Digits": "hangup", "RecordingUrl": "https://x.example/1"},
            ),
            ("enqueue: {name: q, branch: {else: count}}", {"QueueResult": "hangup"}),
            ("connect: {stream: 'wss://x.example', branch: {else: count}}", {}),
        ],
    )
    def test_an_action_of_ours_counts_after_the_caller_hung_up(self, line, verb, sent):
        made = line(f=CALL.replace("steps:\n", f"start: first\nsteps:\n  first: [{{{verb}}}]\n"))
        action = made.ask("f").address()
        made.ask(action, CallStatus="completed", **sent)
        assert kept(made, "CA1").variables["n"] == 10

    def test_a_callback_belongs_to_its_call(self, line):
        made = line(
            f=CALL.replace(
                "steps:\n",
                'start: first\nsteps:\n  first: [{dial: {number: {phone_number: "+15550100", status_callback: count}}}]\n',
            )
        )
        address = made.ask("f").address("statusCallback")
        made.ask(address, CallSid="CA2", CallStatus="completed", CallbackSource="call-progress-events")
        assert kept(made, "CA1").variables["n"] == 10

    def test_a_callback_of_a_flow_without_variables_is_asked_as_ever(self, line):
        made = line(
            f="""
            steps:
              a: [{dial: {number: {phone_number: "+15550100", status_callback: b}}}]
              b: [{say: Nobody hears this.}]
            """.replace("say: Nobody hears this.", "log: Reported.")
        )
        assert made.ask(made.ask("f").address("statusCallback"), CallStatus="completed").twiml == ""


class TestFlowsForReports:
    COUNTS = "channel: [voice, messaging]\nvars: {n: 0}\nsteps: {a: [{set: {n: '{{ n + 1 }}'}}]}"

    @pytest.mark.parametrize(
        "sent",
        [
            {"MessageStatus": "delivered", "CallSid": None, "MessageSid": "SM9", **OURS},
            {"CallStatus": "completed", "CallDuration": "12"},
            {"RecordingStatus": "completed", "From": None, "To": None},
        ],
    )
    def test_they_are_played(self, line, sent):
        made = line(f=self.COUNTS)
        assert made.ask("f", **sent).twiml == ""
        key = "CA1" if sent.get("CallSid", "CA1") else "+15550001111>+15550002222"
        assert kept(made, key).variables == {"n": 1}

    def test_a_report_neither_answers_nor_ends_the_conversation_of_another_flow(self, line):
        made = line(f=APPOINTMENT, r=self.COUNTS)
        texted(made, "hi", "SM1")
        assert reported(made, "r", MessageStatus="delivered") == ""
        assert kept(made, "+15550001111>+15550002222").variables["n"] == 1
        assert texted(made, "Ann", "SM2") == "<Message>Thanks Ann. Which day?</Message>"

    @pytest.mark.parametrize(
        ("steps", "played"),
        [
            ("a: [{log: x}, {set: {n: 1}}]", True),
            ("a: [{branch: {on: call.status, completed: b, else: hangup}}], b: [{set: {n: 1}}]", True),
            ("a: [{branch: [{when: call.status == 'completed', to: [{set: {n: 1}}]}]}]", True),
            ("a: [{subflow: {flow: quiet}}, {set: {n: 1}}]", True),
            ("a: [{set: {n: 1}}, {redirect: quiet/}]", True),
            ("a: [{set: {n: 1}}, {branch: [{when: n == 2, to: restart}]}]", True),
            ("a: [{set: {n: 1}}, {branch: {on: call.status, completed: hangup, else: b}}], b: [{say: Hello.}]", False),
            ("a: [{set: {n: 1}}, {branch: [{when: n == 2, to: [{say: Hello.}]}]}]", False),
            ("a: [{set: {n: 1}}, {subflow: {flow: loud}}]", False),
            ("a: [{set: {n: 1}}, {redirect: loud/}]", False),
            ("a: [{set: {n: 1}}, {redirect: 'https://x.example/y'}]", False),
            ("a: [{set: {n: 1}}, {twiml: <Say>Hello.</Say>}]", False),
            ("a: [{set: {n: 1}}, {reject: busy}]", False),
            ("a: [{set: {n: 1}}, hangup]", False),
        ],
    )
    def test_what_the_entry_leads_to_decides(self, line, steps, played):
        made = line(
            f=f"vars: {{n: 0}}\nsteps: {{{steps}}}",
            quiet="steps: {a: [{log: quiet}]}",
            loud="steps: {a: [{say: loud}]}",
        )
        made.ask("f", CallStatus="completed", CallDuration="1")
        assert (kept(made, "CA1") is not None) is played

    def test_a_step_for_reports_beside_a_menu_counts(self, line):
        made = line(f=CALL)
        made.ask("f")
        made.ask("f/count", CallStatus="completed", CallDuration="12")
        assert kept(made, "CA1").variables["n"] == 11

    def test_on_error_does_not_make_it_a_flow_for_callers(self, line):
        made = line(f="vars: {n: 0}\non_error: loud/\nsteps: {a: [{set: {n: 1}}]}", loud="steps: {a: [{say: loud}]}")
        made.ask("f", CallStatus="completed", CallDuration="1")
        assert kept(made, "CA1").variables == {"n": 1}

    def test_nothing_is_requested_for_a_report_elsewhere(self, line):
        asked = []

        async def perform(effect):
            asked.append(effect)
            return Result("200", {"body": "Ann"})

        made = line(f="steps: {a: [{request: {url: 'https://x.example/y'}}, {say: Hello.}]}")
        made.desk._world = World({HttpCall: perform})
        assert made.ask("f", CallStatus="completed").twiml == ""
        assert asked == []
        assert made.ask("f").twiml == "<Say>Hello.</Say>"
        assert len(asked) == 1


def test_a_report_needs_no_store(line):
    made = line(f=APPOINTMENT)
    made.desk = Desk(made.library, None)
    assert reported(made, MessageStatus="delivered") == ""


def test_the_log_says_that_a_report_came(line, caplog):
    caplog.set_level("INFO")
    line(f=PLAIN).ask("f", CallStatus="completed")
    assert "f.yaml:1:12: the status report CallStatus=completed needs no answer" in caplog.text
