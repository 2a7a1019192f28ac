"""Which flows keep a session, and that variables belong to the call, whatever leg or callback asks."""

import asyncio
import re

import pytest

from engine.runtime.session import Session
from engine.runtime.stores import Store

PLAIN = """
    steps:
      menu:
        - gather:
            say: For sales, press 1.
            retry: {attempts: 2, no_match: "{{ answer }} is no choice."}
            branch: {1: sales, else: menu}
      sales:
        - dial: {number: {phone_number: "+15550100", url: screen}, branch: {busy: menu, else: hangup}}
      screen:
        - gather: {num_digits: 1, say: "Press 1, {{ call.to }}.", branch: {1: [], else: hangup}}
"""


class Forbidden:
    """A store that must not be touched."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the store was asked for `{name}`")


class TestWhoKeepsASession:
    def test_a_menu_without_variables_touches_no_store(self, line):
        menu = line(Forbidden(), f=PLAIN)
        question = menu.ask("f")
        assert "_t=" not in question.twiml
        assert "is no choice" in menu.ask(question.address(number=0), Digits="9").twiml
        dial = menu.ask(question.address(number=0), Digits="1")
        assert "<Dial" in dial.twiml
        assert menu.ask(dial.address("url"), CallSid="CA2", To="+15550100").twiml.startswith("<Gather")
        assert menu.ask(dial.address(), DialCallStatus="busy").twiml.startswith("<Gather")

    @pytest.mark.parametrize(
        "text",
        [
            "vars: {x: 1}\nsteps: {a: [{say: One.}]}",
            "takes: {x: 1}\nsteps: {a: [{say: One.}]}",
            "steps: {a: [{set: {x: 1}}]}",
            "steps: {a: [{gather: {num_digits: 1, save: x}}]}",
            "steps: {a: [{gather: {branch: {1: back}}}]}",
            "steps: {a: [{redirect: g/}]}",
            "steps: {a: [{dial: {number: {phone_number: '+15550100', url: g/a}}}]}",
            "on_error: g/a\nsteps: {a: [{say: One.}]}",
        ],
        ids=[
            "vars",
            "takes",
            "set",
            "save",
            "back",
            "leads to a flow with variables",
            "whisper with variables",
            "on_error",
        ],
    )
    def test_a_flow_with_variables_keeps_a_session(self, line, text):
        other = "vars: {y: 1}\nsteps: {a: [{say: One.}]}"
        kept = line(f=text, g=other)
        kept.ask("f")
        assert kept.ask("f/a").twiml is not None
        assert [key for key, _ in sessions(kept.store)] == ["CA1"]

    def test_a_flow_beside_one_with_variables_keeps_none(self, line):
        apart = line(Forbidden(), f=PLAIN, g="vars: {y: 1}\nsteps: {a: [{say: One.}, {redirect: f/}]}")
        assert "<Gather" in apart.ask("f").twiml

    def test_a_call_without_a_sid_is_answered_all_the_same(self, line):
        lost = line(f="vars: {x: 7}\nsteps: {a: [{say: 'It is {{ x }}.'}]}")
        assert lost.ask("f", CallSid=None).twiml == "<Say>It is 7.</Say>"


def sessions(store: Store) -> list[tuple[str, Session]]:
    return asyncio.run(store.sessions(10))


class TestVariables:
    def test_first_values_are_set_when_the_call_first_enters_the_flow(self, line):
        calls = line(
            f="vars: {n: 0}\nsteps: {a: [{set: {n: '{{ n + 1 }}'}}, {say: '{{ n }}'}, {pause: 1}, {redirect: a}]}"
        )
        first = calls.ask("f")
        assert first.twiml.startswith("<Say>1</Say>")
        second = calls.ask(first.redirect)
        assert second.twiml.startswith("<Say>2</Say>")
        assert calls.ask("f", CallSid="CA9").twiml.startswith("<Say>1</Say>"), "another call has variables of its own"

    def test_a_call_that_goes_on_in_another_flow_keeps_its_variables(self, line):
        both = line(
            f="vars: {who: Ann}\nsteps: {a: [{set: {who: Bob}}, {redirect: g/}], b: [{say: '{{ who }} {{ n }}'}]}",
            g="vars: {n: 1}\nsteps: {a: [{say: '{{ who }} {{ n }}'}, {set: {n: 2}}, {redirect: f/b}]}",
        )
        assert both.ask("f").twiml == "<Say>Bob 1</Say><Say>Bob 2</Say>"
        assert both.ask("g").twiml == "<Say>Bob 2</Say><Say>Bob 2</Say>", "first values are set once"

    def test_what_a_flow_takes_comes_by_request_parameter(self, line):
        given = line(
            f="takes: {account: required, tries: 3}\nsteps: {a: [{say: '{{ account }} {{ tries }} {{ tries is number }}'}]}"
        )
        assert given.ask("f?account=77").twiml == "<Say>77 3 true</Say>"
        assert given.ask("f", CallSid="CA2", account="78", tries="5").twiml == "<Say>78 5 true</Say>"

    def test_what_is_required_and_missing_is_a_fault(self, line, caplog):
        flow = """
            takes: {account: required, tries: 3}
            vars: {x: 1}
            on_error: sorry
            steps:
              a: [{say: "{{ account }}"}]
              sorry: [{say: "Sorry {{ tries }} {{ x }}."}]
        """
        lacking = line(f=flow)
        assert lacking.ask("f").twiml == "<Say>Sorry 3 1.</Say>", "the step for errors knows the other variables"
        assert "must be given `account`" in caplog.text
        assert re.search(r"f\.yaml:\d+:\d+: ", caplog.text)

    def test_saved_answers_are_variables(self, line):
        saving = line(
            f="""
            steps:
              a:
                - gather: {num_digits: 1, say: Yes or no., save: {key: answer, sure: confidence, heard: speech}, branch: {else: b}}
              b: [{say: "{{ key }}/{{ sure }}/{{ heard }}"}]
        """
        )
        question = saving.ask("f")
        answer = saving.ask(question.address(), Digits="1", Confidence="0.9")
        assert answer.twiml == "<Say>1/0.9/</Say>"

    def test_a_session_lasts_a_day_after_the_last_turn(self, line):
        long = line(f="vars: {n: 0}\nsteps: {a: [{set: {n: '{{ n + 1 }}'}}, {say: '{{ n }}'}], b: [{say: '{{ n }}'}]}")
        long.ask("f")
        long.later(hours=23)
        assert long.ask("f/b").twiml == "<Say>1</Say>"
        long.later(hours=25)
        assert long.ask("f/b").twiml == "<Say>0</Say>", "a flow entered anew begins with its first values"


LEGS = """
    vars: {who: Ann, said: nothing, rung: 0}
    steps:
      welcome:
        - set: {who: Bob}
        - dial:
            number: {phone_number: "+15550100", url: screen, status_callback: rung, status_callback_event: initiated ringing}
            branch: {else: after}
      screen:
        - gather: {num_digits: 1, say: "Call for {{ who }} from {{ call.parent_sid }} on {{ call.sid }}.", save: said, branch: {1: [], else: hangup}}
      after:
        - say: "{{ said }} {{ rung }}"
      rung:
        - set: {rung: "{{ rung + 1 }}"}
        - log: "{{ call.sid }} {{ call.to }} {{ call.caller_name }} {{ call.status }} {{ who }}"
      done:
        - set: {rung: "{{ rung + 10 }}"}
        - log: "over {{ call.duration }} {{ call.caller_name }}"
      look:
        - say: "{{ rung }}"
"""
OTHER = {"CallSid": "CA2", "ParentCallSid": "CA1", "From": "+15550002222", "To": "+15550100"}


class TestVariablesBelongToTheCall:
    def test_a_whisper_sees_and_sets_the_variables_of_the_caller(self, line):
        legs = line(f=LEGS)
        dial = legs.ask("f")
        assert "_c=CA1" in dial.address("url")
        assert "_c=" not in dial.address("action"), "the caller's own addresses need none"
        whisper = legs.ask(dial.address("url"), **OTHER)
        assert "Call for Bob from CA1 on CA2." in whisper.twiml, "`call.*` is of the request itself"
        assert legs.ask(whisper.address(), Digits="1", **OTHER).twiml == "", "the two sides are joined"
        assert legs.ask(dial.address(), DialCallStatus="completed").twiml == "<Say>1 0</Say>"

    def test_a_status_callback_of_the_other_leg_sets_the_variables_of_the_caller(self, line, caplog):
        caplog.set_level("INFO", "touchtone")
        legs = line(f=LEGS)
        dial = legs.ask("f", CallerName="BOB SMITH")
        callback = dial.address("statusCallback")
        for number, status in enumerate(("initiated", "ringing")):
            body = legs.ask(callback, CallStatus=status, SequenceNumber=str(number), **OTHER).body
            assert body.endswith(b"<Response></Response>")
        assert "CA2 +15550100 BOB SMITH ringing Bob" in caplog.text, (
            "what a callback does not carry, `call.*` remembers"
        )
        assert legs.ask(dial.address(), DialCallStatus="busy").twiml == "<Say>nothing 2</Say>"

    def test_a_callback_after_the_call_has_ended_still_knows_it(self, line, caplog):
        caplog.set_level("INFO", "touchtone")
        legs = line(f=LEGS)
        legs.ask("f", CallerName="BOB SMITH")
        legs.later(hours=20)
        legs.ask("f/done", CallStatus="completed", CallDuration="12")
        assert "over 12 BOB SMITH" in caplog.text, "a number's status callback belongs to its CallSid"
        assert legs.ask("f/look").twiml == "<Say>10</Say>"

    def test_a_callback_that_comes_before_the_call_does_not_hide_what_the_call_brings(self, line, caplog):
        caplog.set_level("INFO", "touchtone")
        legs = line(f=LEGS)
        legs.ask("f/done", CallStatus="initiated")
        legs.ask("f", CallerName="BOB SMITH")
        legs.ask("f/done", CallStatus="completed")
        assert caplog.messages[-1].endswith("over  BOB SMITH")

    def test_what_the_other_leg_carries_is_not_taken_for_the_callers(self, line):
        legs = line(f=LEGS + '      city: [{say: "{{ call.from_city }}"}]\n')
        dial = legs.ask("f", FromCity="OSLO")
        legs.ask(dial.address("url"), FromCity="ROME", **OTHER)
        assert legs.ask("f/city").twiml == "<Say>OSLO</Say>"

    def test_recording_and_transcription_callbacks_know_the_call(self, line, caplog):
        caplog.set_level("INFO", "touchtone")
        recorded = line(
            f="""
            vars: {who: Ann}
            steps:
              a:
                - set: {who: Bob}
                - record: {recording_status_callback: kept, transcribe: true, transcribe_callback: read}
              kept: [{log: "{{ who }} {{ call.from }} {{ params.RecordingUrl }}"}]
              read: [{log: "{{ who }} {{ call.from }} {{ params.TranscriptionText }}"}]
        """
        )
        record = recorded.ask("f")
        small = {"CallSid": "CA1", "From": None, "To": None}
        recorded.ask(record.address("recordingStatusCallback"), RecordingUrl="https://x/1", **small)
        recorded.ask(record.address("transcribeCallback"), TranscriptionText="hello", **small)
        assert caplog.messages[-2].endswith("Bob +15550001111 https://x/1")
        assert caplog.messages[-1].endswith("Bob +15550001111 hello")

    def test_a_wait_document_counts_for_the_caller(self, line):
        waiting = line(
            f="""
            vars: {rounds: 0}
            steps:
              a:
                - enqueue: {name: desk, wait_url: hold, branch: {else: after}}
              hold:
                - set: {rounds: "{{ rounds + 1 }}"}
                - say: "You are number {{ params.QueuePosition }}."
              after:
                - say: "{{ rounds }} rounds."
        """
        )
        queue = waiting.ask("f")
        for seconds in ("0", "10", "20"):
            assert "number 2." in waiting.ask(queue.address("waitUrl"), QueuePosition="2", QueueTime=seconds).twiml
        assert waiting.ask(queue.address(), QueueResult="bridged").twiml == "<Say>3 rounds.</Say>"

    def test_a_whisper_goes_on_belonging_to_the_caller_through_all_its_turns(self, line):
        chain = line(
            f="""
            vars: {x: 0}
            steps:
              a: [{dial: {number: {phone_number: "+15550100", url: one}, branch: {else: end}}}]
              one: [{gather: {num_digits: 1, say: One., branch: {1: two, else: hangup}}}]
              two: [{set: {x: "{{ x + 1 }}"}}, {say: Two.}, {redirect: three}]
              three: [{gather: {num_digits: 1, say: Three., branch: {1: [{set: {x: "{{ x + 1 }}"}}]}}}]
              end: [{say: "{{ x }}"}]
        """
        )
        dial = chain.ask("f")
        one = chain.ask(dial.address("url"), **OTHER)
        two = chain.ask(one.address(), Digits="1", **OTHER)
        chain.ask(two.address(), Digits="1", **OTHER)
        assert chain.ask(dial.address(), DialCallStatus="completed").twiml == "<Say>2</Say>"

    def test_a_whisper_in_another_flow_belongs_to_the_caller(self, line):
        apart = line(
            f="vars: {x: Ann}\nsteps: {a: [{dial: {number: {phone_number: '+15550100', url: g/}}}], b: [{redirect: g/}]}",
            g="steps: {w: [{say: 'For {{ x }}.'}]}",
        )
        dial = apart.ask("f")
        assert apart.ask(dial.address("url"), **OTHER).twiml == "<Say>For Ann.</Say>"

    def test_a_message_belongs_to_the_pair_of_numbers(self, line):
        texts = line(
            f="channel: messaging\nvars: {n: 0}\nsteps: {a: [{set: {n: '{{ n + 1 }}'}}, {message: '{{ n }} {{ message.body }}'}]}"
        )
        sent = {"CallSid": None, "MessageSid": "SM1", "Body": "hi"}
        assert texts.ask("f", **sent).twiml == "<Message>1 hi</Message>"
        assert [key for key, _ in sessions(texts.store)] == ["+15550001111>+15550002222"]

    def test_what_one_message_brought_is_not_said_of_the_next(self, line):
        texts = line(
            f="channel: messaging\nvars: {n: 0}\nsteps: {a: [{message: '{{ message.latitude }}|{{ message.button_payload }}|{{ message.body }}'}]}"
        )
        sent = {"CallSid": None, "MessageSid": "SM1", "Body": "hi", "Latitude": "59.9", "ButtonPayload": "yes"}
        assert texts.ask("f", **sent).twiml == "<Message>59.9|yes|hi</Message>"
        assert texts.ask("f", CallSid=None, MessageSid="SM2", Body="ho").twiml == "<Message>||ho</Message>"


ENTRY = """
    vars: {x: 0}
    steps:
      a:
        - gather: {num_digits: 1, say: "For {{ params.campaign }}.", branch: {1: b, else: a}}
        - say: Nothing.
        - redirect: a
      b:
        - dial:
            number: {phone_number: "+15550100", url: screen, status_callback: rung}
            branch: {else: c}
      c: [{say: "{{ params.campaign }} {{ params.Name | join('+') }} {{ params._v }}{{ params | length }}"}]
      screen: [{say: "{{ params.campaign }}"}]
      rung: [{set: {x: "{{ params.campaign }}"}}]
      done: [{log: "over {{ params.campaign }} {{ params.Name | join('+') }}"}]
"""


class TestTheQueryOfTheEntry:
    def test_it_is_known_to_the_whole_call(self, line):
        entered = line(f=ENTRY)
        question = entered.ask("f?campaign=spring%26%3Cb%3E&Name[0]=Ann&Name[1]=Bob")
        assert "For spring&amp;&lt;b&gt;." in question.twiml
        again = entered.ask(question.redirect)
        dial = entered.ask(again.address(), Digits="1")
        assert entered.ask(dial.address("url"), **OTHER).twiml == "<Say>spring&amp;&lt;b&gt;</Say>"
        entered.ask(dial.address("statusCallback"), **OTHER)
        over = entered.ask(dial.address(), DialCallStatus="busy")
        assert over.twiml.startswith("<Say>spring&amp;&lt;b&gt; Ann+Bob ")

    def test_names_of_the_engine_do_not_show(self, line):
        shown = line(
            f="vars: {x: 0}\nsteps: {a: [{say: '{{ params | join(\" \") }}.{{ params._v }}{{ params._t }}.'}]}"
        )
        assert shown.ask("f/a?_t=0&_v=12345678&a=1").twiml == "<Say>a CallSid From To..</Say>"

    def test_an_address_that_twilio_knows_otherwise_knows_it_too(self, line, caplog):
        caplog.set_level("INFO", "touchtone")
        entered = line(f=ENTRY)
        entered.ask("f?campaign=spring&Name[0]=Ann")
        entered.ask("f/done", CallStatus="completed")
        assert caplog.messages[-1].endswith("over spring Ann")

    def test_it_is_known_without_a_session_too(self, line):
        static = line(
            Forbidden(), f="steps: {a: [{gather: {num_digits: 1, branch: {1: b}}}], b: [{say: '{{ params.c }}'}]}"
        )
        assert static.ask(static.ask("f?c=spring").address(), Digits="1").twiml == "<Say>spring</Say>"
        assert static.ask(static.ask("f?c=fall").address(), Digits="1").twiml == "<Say>fall</Say>"
        assert static.ask(static.ask("f").address(), Digits="1").twiml == "<Say></Say>"
