"""`secret: true`: the answer, and what is made of it, is heard by the caller and used by the flow, and shown to no person."""

import asyncio
import json
import logging
from datetime import UTC, datetime

import pytest

from engine.program.library import Library, load_sources
from engine.runtime.desk import Desk, Heard
from engine.runtime.effects.effect import HttpCall, Result
from engine.runtime.effects.world import World
from engine.runtime.request import Request
from engine.runtime.shown_session import shown_session, variables_of
from engine.runtime.stores.memory import MemoryStore
from engine.runtime.trail import Logged, Set, Took
from engine.server.listening import Listeners

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

PIN = """\
vars: {tries: 0}
steps:
  ask:
    - gather:
        say: Enter your PIN.
        num_digits: 4
        secret: true
        save: pin
        branch: [{when: answer == '4711', to: right}, {else: wrong}]
  right:
    - set: {first: "{{ pin[0] }}", twice: "{{ pin ~ pin }}", tries: "{{ tries + 1 }}"}
    - log: "PIN {{ pin }}, read {{ pin | digits }}, begins with {{ first }}, try {{ tries }}"
    - say: "You entered {{ pin | digits }}, which begins with {{ first }}."
    - gather: {say: Press 1., branch: {1: later, else: later}}
  later:
    - say: "Once more, {{ twice }}."
    - set: {twice: nothing}
    - log: "twice is {{ twice }}, pin is {{ pin }}"
    - gather: {say: Press 2., branch: {2: broken}}
  broken:
    - set: {pin: "{{ pin.missing.entry }}"}
  wrong:
    - say: "{{ answer }} is not right."
"""


def told(event) -> str:
    """An event without its place."""
    return str({name: getattr(event, name) for name in event.__struct_fields__ if name not in ("span", "at", "size")})


class Line:
    """A desk with the flow `bank` and others, and whoever listens at it."""

    def __init__(self, bank: str, **others: str) -> None:
        loaded = load_sources({f"{name}.yaml": text for name, text in {"bank": bank, **others}.items()})
        assert loaded.program is not None, loaded.report.diagnostics
        self.version = loaded.program.version
        self.store = MemoryStore(NOON.timestamp)
        self.heard: list[Heard] = []
        self.library = Library(loaded.program)
        self.desk = Desk(self.library, self.store, listener=self.heard.append)

    def turn(self, step: str = "", at: str = "", turn: int = 0, **params: str) -> str:
        """What the caller hears; `at` is the place that an answer comes to, with `_x` where that is secret."""
        asked = {"_a": at.removesuffix("!"), "_t": str(turn), "_v": self.version} if at else {}
        if at.endswith("!"):
            asked["_x"] = "1"
        call = {"CallSid": "CA1", "From": "+15550001111", "To": "+15550002222", "CallStatus": "in-progress"}
        request = Request("bank", step, NOON, {**call, **params}, asked, base="../" if step else "")

        async def answered() -> bytes:
            reply = self.desk.answer(request)
            return (reply if hasattr(reply, "body") else await reply).body  # type: ignore[union-attr]

        return asyncio.run(answered()).decode()

    def session(self):
        return asyncio.run(self.store.turn("CA1", lambda session: (session, session)))

    def shown(self) -> str:
        """All that people may see of the turns so far: parameters, TwiML and trails as records have them."""
        return "\n".join(
            f"{one.params} {one.twiml.decode()} {[told(event) for event in one.outcome.trail]}" for one in self.heard
        )


@pytest.fixture
def bank():
    return Line(PIN)


def test_the_address_for_a_secret_answer_says_so(bank):
    assert 'action="bank/ask?_a=0&amp;_x=1&amp;' in bank.turn()


def test_the_caller_hears_the_answer_and_nobody_else_sees_it(bank, caplog):
    caplog.set_level(logging.INFO)
    bank.turn()
    heard = bank.turn("ask", "0!", 1, Digits="4711")
    assert "You entered 4 7 1 1, which begins with 4." in heard
    shown = bank.shown() + caplog.text
    assert "4711" not in shown
    assert "4 7 1 1" not in shown
    assert bank.heard[-1].params["Digits"] == "•••"
    assert bank.heard[-1].params["From"] == "+15550001111"
    trail = bank.heard[-1].outcome.trail
    assert {event.name: event.value for event in trail if isinstance(event, Set)} == {
        "pin": "•••",
        "first": "•••",
        "twice": "•••",
        "tries": 1,
    }
    assert next(event.compared for event in trail if isinstance(event, Took)) == "•••"
    # However short: by the names of a template, not by the text.
    (line,) = [event.text for event in trail if isinstance(event, Logged)]
    assert line.startswith("PIN •••, read ")
    assert line.endswith("begins with •••, try 1")
    assert line in caplog.text
    assert "which begins with •••." in bank.heard[-1].twiml.decode()


def test_what_was_made_of_the_answer_stays_secret_in_later_turns_until_it_is_set_anew(bank, caplog):
    caplog.set_level(logging.INFO)
    bank.turn()
    bank.turn("ask", "0!", 1, Digits="4711")
    heard = bank.turn("right", "3", 2, Digits="1")
    assert "Once more, 47114711." in heard
    assert "4711" not in bank.shown() + caplog.text
    assert bank.heard[-1].params["Digits"] == "1", "this answer is not secret"
    assert "twice is nothing, pin is •••" in caplog.text


def test_a_fault_tells_no_secret(bank, caplog):
    bank.turn()
    bank.turn("ask", "0!", 1, Digits="4711")
    bank.turn("right", "3", 2, Digits="1")
    bank.turn("later", "3", 3, Digits="2")
    assert "bank.yaml:21:18" in caplog.text, "the fault is told with its place"
    assert "4711" not in bank.shown() + caplog.text


def test_a_repeated_turn_has_the_same_bytes_though_no_reply_with_a_secret_is_kept(bank):
    bank.turn()
    first = bank.turn("ask", "0!", 1, Digits="4711")
    again = bank.turn("ask", "0!", 1, Digits="4711")
    assert again == first
    assert "4 7 1 1" in again
    assert bank.heard[-1].outcome.repeated
    assert "4711" not in bank.shown()
    assert "4 7 1 1" not in bank.shown()
    kept = json.loads(bank.session().to_json())
    assert "4 7 1 1" not in json.dumps(kept["replies"])
    assert "4711" not in json.dumps(kept["replies"])


def test_a_reply_in_which_a_variable_is_spoken_later_is_kept_sealed_too(bank):
    bank.turn()
    bank.turn("ask", "0!", 1, Digits="4711")
    first = bank.turn("right", "3", 2, Digits="1")
    assert bank.turn("right", "3", 2, Digits="1") == first
    assert "47114711" not in json.dumps(json.loads(bank.session().to_json())["replies"])


def test_the_session_keeps_the_value_and_shows_a_mask(bank):
    bank.turn()
    bank.turn("ask", "0!", 1, Digits="4711")
    session = bank.session()
    assert session.variables["pin"] == "4711", "the call itself needs it"
    assert variables_of(session) == {"tries": 1, "pin": "•••", "first": "•••", "twice": "•••"}
    shown = json.dumps(shown_session(session), ensure_ascii=False)
    assert "4711" not in shown
    assert "secret answers" not in shown
    assert '"tries": 1' in shown


def test_listeners_are_told_no_secret(bank):
    told = []
    listeners = Listeners([told.append], lambda: NOON)
    listeners.start()
    bank.turn()
    bank.turn("ask", "0!", 1, Digits="4711")
    for one in bank.heard:
        listeners.hear(one)
    listeners.stop()
    assert len(told) == 2
    assert "•••" in str(told[1])
    assert "4711" not in str(told)


def test_silence_at_a_secret_question_hides_nothing(bank):
    bank.turn()
    bank.turn("wrong", "", 1)
    assert bank.heard[-1].twiml == bank.heard[-1].outcome.body


def test_a_flow_that_keeps_no_session_hides_its_answer_too():
    line = Line("steps: {a: [{gather: {secret: true, branch: {else: b}}}], b: [{say: 'It was {{ answer }}.'}]}")
    line.turn()
    assert "It was 7." in line.turn("a", "0!", 1, Digits="7")
    assert "It was •••." in line.heard[-1].twiml.decode()
    assert "'7'" not in line.shown()


def test_spoken_answers_are_masked_whatever_their_case():
    line = Line(
        "steps: {a: [{gather: {input: speech, secret: true, save: word, branch: {else: b}}}],"
        " b: [{say: '{{ word | upper }}'}, {log: 'said {{ speech | lower }}, {{ confidence }}'}]}"
    )
    line.turn()
    assert "OPEN SESAME" in line.turn("a", "0!", 1, SpeechResult="Open Sesame", Confidence="0.87")
    shown = line.shown().casefold()
    assert "sesame" not in shown
    assert "0.87" not in shown


def test_a_secret_recording_and_payment_tell_only_how_they_went():
    line = Line(
        "steps: {a: [{record: {secret: true, save: {spoken: recording_url}, branch: {recorded: b}}}],"
        " b: [{log: 'at {{ spoken }}'}, {pay: {secret: true, save: {token: payment_token}, branch: {success: c}}}],"
        " c: [{log: 'paid with {{ token }}'}]}"
    )
    line.turn()
    line.turn(
        "a", "0!", 1, RecordingUrl="https://api.twilio.com/REc0ffee", RecordingSid="REc0ffee", RecordingDuration="7"
    )
    line.turn("b", "1!", 2, Result="success", PaymentToken="pi_c0ffee", PaymentCardNumber="xxxx-1111")
    shown = line.shown()
    assert "c0ffee" not in shown
    assert "1111'" not in shown.replace("+15550001111'", "")
    compared = [event.compared for one in line.heard for event in one.outcome.trail if isinstance(event, Took)]
    assert compared == ["recorded", "success"]


def test_a_subflow_that_is_given_a_secret_keeps_it_and_gives_it_back_as_one():
    flows = {
        "bank": "steps: {a: [{gather: {secret: true, save: pin, branch: {else: b}}}],"
        " b: [{subflow: {flow: twice, with: {n: '{{ pin }}'}, save: both}}, {log: 'both: {{ both }}'}, {say: '{{ both }}'}]}",
        "twice": "takes: {n: required}\nsteps: {a: [{log: 'given {{ n }}'}, {return: '{{ n ~ n }}'}]}",
    }
    line = Line(**flows)
    line.turn()
    assert "9292" in line.turn("a", "0!", 1, Digits="92")
    shown = line.shown()
    assert "given •••" in shown
    assert "secret answers" not in shown
    assert "both: •••" in shown
    assert "92" not in shown


def test_a_text_message_that_answers_a_secret_question_is_masked():
    line = Line(
        "channel: messaging\nsteps: {a: [{gather: {message: Your code?, secret: true, save: code, branch: {else: b}}}],"
        " b: [{message: 'Got {{ code }}.'}, {log: 'code {{ code }}'}]}"
    )
    texts = {"CallSid": "", "CallStatus": ""}
    line.turn(**texts, MessageSid="SM1", Body="Hello")
    assert "Got Tulip 7." in line.turn(**texts, MessageSid="SM2", Body="Tulip 7")
    assert "Tulip" not in line.shown()
    assert "Hello" in line.shown(), "the first message answers nothing secret"


def test_a_request_with_the_answer_in_it_is_shown_without_it_and_without_its_password(caplog):
    line = Line(
        "steps: {a: [{gather: {secret: true, save: pin, branch: {else: b}}}],"
        " b: [{request: {url: 'https://ann:hunter2@bank.example.com/pins/{{ pin }}', save: found}}, {say: 'Hello {{ found }}'}]}"
    )
    asked = []

    async def perform(call: HttpCall) -> Result:
        asked.append(call.url)
        if len(asked) == 2:
            raise ValueError(f"no pin {call.url}")
        return Result("200", {"body": "for 4711", "status": 200, "headers": {}})

    line.desk = Desk(line.library, line.store, listener=line.heard.append, world=World({HttpCall: perform}))
    line.turn()
    line.turn("a", "0!", 1, Digits="7")
    line.turn("a", "0!", 1, Digits="4711")
    assert [url.rpartition("/")[2] for url in asked] == ["7", "4711"]
    assert "GET https://•••@bank.example.com/pins/•••" in line.shown()
    assert "hunter2" not in line.shown()
    assert "an effect was not performed" in caplog.text
    assert "4711" not in caplog.text


def test_what_the_answer_is_compared_with_is_secret_too_whether_it_is_right_or_not():
    line = Line(
        "vars: {expected: '80135', account: {pin: '24680', name: Ann}, tries: 0}\n"
        "steps: {a: [{gather: {secret: true, branch: [{when: answer == expected or answer == account.pin or tries > 3, to: b},"
        " {else: b}]}}], b: [{log: '{{ expected }} {{ account.pin }} {{ account.name }} {{ tries }}'}]}"
    )
    line.turn()
    line.heard.clear()  # before the answer they are variables like any other
    line.turn("a", "0!", 1, Digits="11111")
    assert "••• ••• Ann 0" in line.shown()
    assert variables_of(line.session()) == {"expected": "•••", "account": {"pin": "•••", "name": "Ann"}, "tries": 0}
    kept = json.dumps(shown_session(line.session()))
    assert "80135" not in line.shown() + kept
    assert "24680" not in line.shown() + kept
