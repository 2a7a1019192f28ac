"""What can be done with a call of the stand-in while it is live: by the API, and by the people in it."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from engine.server.running import bind
from engine.standin.driver import TelephoneDriver, telephone
from engine.standin.people import People, read_people, read_person
from engine.standin.reach import Reach
from tests.standin.played import FAST, PERSON, SLOW, over, told, until
from tests.standin_server import StandinServer, served

FRONT = "+15550100"


class Driven:
    """A stand-in, with its driver at hand."""

    def __init__(self, start: Callable[..., StandinServer], people: tuple[str, ...], speed: float) -> None:
        self.drivers: list[TelephoneDriver] = []

        def driver(records: Any) -> TelephoneDriver:
            self.drivers.append(TelephoneDriver(records, people=read_people(people), speed=speed))
            return self.drivers[-1]

        self.server = start(driver)

    def place(self, url: str, **order: Any) -> Any:
        return self.server.client().calls.create(to=PERSON, from_=self.server.number, url=url, **order)

    def does(self, call: Any, words: str) -> bool:
        return self.drivers[0].does(call.sid, words)


@pytest.fixture
def driven(standin):
    def start(*people: str, speed: float = SLOW) -> Driven:
        return Driven(standin, people, speed)

    return start


def test_the_person_does_something_now(driven, callbacks):
    callbacks.pages |= {"/flow": "<Gather numDigits='1' timeout='60' action='/chosen'/>", "/chosen": "<Say>Good.</Say>"}
    house = driven()
    call = house.place(f"{callbacks.base}/flow")
    until(lambda: told(house.server, "asks /flow"))
    assert house.does(call, "press 1")
    over(house.server, call.sid)
    assert callbacks.at("/chosen", "Digits") == ["1"]
    assert not house.does(call, "press 1"), "it is over"


@pytest.mark.parametrize(("words", "name"), [("press 1", "Digits"), ("say billing", "SpeechResult")])
def test_the_person_interrupts_a_prompt(driven, callbacks, words, name):
    gather = "<Gather input='dtmf speech' numDigits='1' timeout='60' action='/chosen'><Say>{}</Say></Gather>"
    callbacks.pages |= {"/flow": gather.format("A very long prompt. " * 50), "/chosen": "<Say>Good.</Say>"}
    house = driven()
    call = house.place(f"{callbacks.base}/flow")
    until(lambda: told(house.server, "A very long prompt."))
    house.does(call, words)
    over(house.server, call.sid)
    assert callbacks.at("/chosen", name) == [words.partition(" ")[2]]


def test_a_key_in_a_silence_of_the_prompt(driven, callbacks):
    gather = "<Gather numDigits='1' timeout='60' action='/chosen'><Pause length='300'/><Say>Never.</Say></Gather>"
    callbacks.pages |= {"/flow": gather, "/chosen": "<Say>Good.</Say>"}
    house = driven()
    call = house.place(f"{callbacks.base}/flow")
    until(lambda: told(house.server, "asks /flow"))
    house.does(call, "press 1")
    over(house.server, call.sid)
    assert callbacks.at("/chosen", "Digits") == ["1"]
    assert not told(house.server, "Never.")


def test_the_person_hangs_up_in_the_middle_of_a_sentence(driven, callbacks):
    callbacks.pages["/flow"] = f"<Say>{'A long sentence. ' * 50}</Say><Say>Never.</Say>"
    house = driven()
    call = house.place(f"{callbacks.base}/flow", status_callback=f"{callbacks.base}/status")
    until(lambda: told(house.server, "A long sentence."))
    house.does(call, "hang up")
    assert over(house.server, call.sid).status == "completed"
    assert until(lambda: callbacks.at("/status", "CallStatus")) == ["completed"]
    assert not told(house.server, "Never.")


def test_a_sentence_is_left_when_the_call_is_moved(driven, callbacks):
    callbacks.pages |= {"/flow": f"<Say>{'A long sentence. ' * 50}</Say>", "/there": "<Say>There.</Say>"}
    house = driven()
    call = house.place(f"{callbacks.base}/flow")
    until(lambda: told(house.server, "A long sentence."))
    house.server.client().calls(call.sid).update(url=f"{callbacks.base}/there", method="GET")
    over(house.server, call.sid)
    assert told(house.server, 'hears "There."')


@pytest.mark.parametrize(
    ("verbs", "words"),
    [
        (f"<Dial action='/left'>{FRONT}</Dial>", "connected with"),
        (f"<Dial action='/left'><Number url='/screen'>{FRONT}</Number></Dial>", f"{FRONT} hears"),
        ("<Dial action='/left'><Conference>Room</Conference></Dial>", "in the conference"),
        ("<Enqueue waitUrl='/wait'>support</Enqueue>", "hears"),
        ("<Record action='/left' timeout='60'/>", "is recorded"),
    ],
)
def test_a_call_is_moved_wherever_it_is(driven, callbacks, verbs, words):
    callbacks.pages |= {
        "/flow": verbs,
        "/screen": f"<Say>{'For you. ' * 50}</Say>",
        "/wait": f"<Say>{'Wait. ' * 50}</Say>",
        "/there": "<Say>There.</Say>",
    }
    house = driven()
    call = house.place(f"{callbacks.base}/flow")
    until(lambda: told(house.server, words))
    house.server.client().calls(call.sid).update(url=f"{callbacks.base}/there")
    assert over(house.server, call.sid).status == "completed"
    assert told(house.server, 'hears "There."')
    assert not callbacks.at("/left", "CallSid"), "what is left is not asked what comes next"
    assert all(one.over for one in house.server.records.calls.all())


def test_somebody_who_was_dialled_is_disconnected(driven, callbacks):
    callbacks.pages |= {"/flow": f"<Dial action='/left'>{FRONT}</Dial>", "/left": "<Say>Good bye.</Say>"}
    house = driven()
    call = house.place(f"{callbacks.base}/flow")
    until(lambda: told(house.server, "connected with"))
    [child] = house.server.client().calls.list(parent_call_sid=call.sid)
    child.update(status="completed")
    over(house.server, call.sid)
    assert callbacks.at("/left", "DialCallStatus") == ["completed"]
    assert told(house.server, 'hears "Good bye."')


def test_somebody_who_never_answers_picks_up_now(driven, callbacks):
    callbacks.pages |= {
        "/flow": f"<Dial action='/left' timeout='600'><Number url='/screen'>{FRONT}</Number></Dial>",
        "/screen": "<Say>For you.</Say>",
    }
    house = driven(f"{FRONT}: no-answer", f"{PERSON}: press 1")
    call = house.place(f"{callbacks.base}/flow")
    until(lambda: told(house.server, f"dials {FRONT}"))
    house.does(call, "pick up")
    over(house.server, call.sid)
    assert told(house.server, f'{FRONT} hears "For you."')
    assert callbacks.at("/left", "DialCallStatus") == ["completed"]


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed"])
def test_nobody_takes_a_call_that_is_dialled(driven, callbacks, status):
    callbacks.pages |= {"/flow": f"<Dial action='/left' timeout='10'>{FRONT}</Dial>"}
    house = driven(f"{FRONT}: {status}", speed=FAST)
    call = house.place(f"{callbacks.base}/flow")
    over(house.server, call.sid)
    assert callbacks.at("/left", "DialCallStatus") == [status]
    [child] = house.server.client().calls.list(parent_call_sid=call.sid)
    assert child.status == status


def test_a_screen_is_answered_by_the_one_who_was_dialled(driven, callbacks):
    callbacks.pages |= {
        "/flow": f"<Dial action='/left'><Number url='/screen'>{FRONT}</Number></Dial>",
        "/screen": "<Gather numDigits='1' action='/taken'><Say>To accept, press 1.</Say></Gather><Hangup/>",
    }
    house = driven(f"{FRONT}: press 1", speed=FAST)
    call = house.place(f"{callbacks.base}/flow")
    over(house.server, call.sid)
    assert callbacks.at("/taken", "Digits") == ["1"]
    assert callbacks.at("/left", "DialBridged") == ["true"]
    assert told(house.server, f"{FRONT} presses 1")


@pytest.mark.parametrize("verbs", ["<Pause length='120'/>", "<Gather timeout='120'/>"])
def test_a_call_lasts_no_longer_than_it_may(driven, callbacks, verbs):
    callbacks.pages["/flow"] = verbs
    house = driven(speed=FAST)
    call = house.place(f"{callbacks.base}/flow", time_limit=30)
    assert over(house.server, call.sid).duration == pytest.approx(30, abs=2)
    assert told(house.server, "has lasted as long as it may")


def test_a_flow_that_never_ends_is_ended(driven, callbacks):
    callbacks.pages["/flow"] = "<Gather timeout='1'/><Redirect/>"
    house = driven(speed=100_000)
    call = house.place(f"{callbacks.base}/flow")
    over(house.server, call.sid)
    assert told(house.server, "goes on and on") or told(house.server, "has lasted as long as it may")


def test_reports_come_while_somebody_thinks(driven, callbacks):
    callbacks.pages["/flow"] = "<Gather timeout='600'/>"
    house = driven(speed=20)
    call = house.place(
        f"{callbacks.base}/flow",
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=f"{callbacks.base}/amd",
    )
    assert until(lambda: callbacks.at("/amd", "AnsweredBy")) == ["human"]
    assert not house.server.records.calls[call.sid].over


def test_people_are_read_from_words():
    people = read_people(
        ["+15550103: busy", "+1 555 0104: machine, press 1, say 'next Monday', hang up", "client:ann: 12"]
    )
    assert people.of("+15550103").answers == "busy"
    assert people.of("+15550104").answers == "machine"
    assert people.of("+15550104").does == ("1", "'next Monday", "hangup")
    assert people.of("whatsapp:+15550103").answers == "busy"
    assert people.of("client:ann").does == ("12",)
    assert People().of("+15550199").answers == "human"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("+15550103", "names no number"),
        ("nobody: busy", "is not a phone number"),
        ("+15550103: busy, press 1", "is all that happens then"),
        ("+15550103: press one", "are no keys"),
        ("+15550103: " + "1" * 2000, "at most 1000 characters"),
    ],
)
def test_people_who_cannot_be_read(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_people([text])


def test_words_may_do_without_their_verbs():
    assert read_person("1 2, billing department").does == ("1", "2", "'billing department")


def test_calls_wait_their_turn(standin, callbacks):
    callbacks.pages["/flow"] = "<Gather timeout='600'/>"
    server = standin(lambda records: TelephoneDriver(records, speed=SLOW, live=1))
    client = server.client()
    first, second, third = (
        client.calls.create(
            to=f"+1555010{number}",
            from_=server.number,
            url=f"{callbacks.base}/flow",
            status_callback=f"{callbacks.base}/status",
        ).sid
        for number in range(3)
    )
    until(lambda: server.records.calls[first].status == "in-progress")
    assert client.calls(second).fetch().status == "queued"
    assert client.calls(third).update(status="canceled").status == "canceled"
    client.calls(first).update(status="completed")
    until(lambda: server.records.calls[second].status == "in-progress")
    client.calls(second).update(status="completed")
    until(lambda: callbacks.at("/status", "CallSid") == [first, second, third])
    assert callbacks.at("/status", "CallStatus") == ["completed", "completed", "canceled"]
    assert server.records.calls[third].status == "canceled"


def test_a_server_that_never_answers_holds_nobody_up():
    """The stand-in stops although a request of its own is under way, which it would wait ten minutes for."""
    with closing(bind("127.0.0.1", 0, strict=True)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/flow"
        with served(telephone(reach=Reach(seconds=600), speed=FAST)) as server:
            call = server.client().calls.create(to=PERSON, from_=server.number, url=url)
            until(lambda: server.records.calls[call.sid].status == "in-progress")


def test_many_calls_at_once(driven, callbacks):
    callbacks.pages |= {
        "/flow": "<Gather numDigits='1' action='/end'><Say>Hello.</Say></Gather>",
        "/end": "<Say>Bye.</Say>",
    }
    house = driven(f"{PERSON}: press 1", speed=FAST)
    calls = [house.place(f"{callbacks.base}/flow").sid for _ in range(60)]
    assert {over(house.server, sid).status for sid in calls} == {"completed"}
    assert len(callbacks.at("/end", "Digits")) == len(calls)


@pytest.mark.parametrize(
    ("verbs", "outcome"),
    [
        ("<Enqueue action='/left' waitUrl='/music'>support</Enqueue>", {"QueueResult": "bridged"}),
        ("<Enqueue action='/left'>support</Enqueue>", {"QueueResult": "bridged"}),
        ("<Dial action='/left'><Conference waitUrl='/music'>Room</Conference></Dial>", {"DialCallStatus": "answered"}),
        ("<Dial action='/left'><Queue>support</Queue></Dial>", {"DialCallStatus": "completed", "DialBridged": "true"}),
        ("<Dial action='/left'><Client>ann</Client></Dial>", {"DialCallStatus": "completed", "DialCallDuration": "20"}),
        ("<Connect action='/left'><Stream url='wss://example.com/s'/></Connect>", {"CallStatus": "in-progress"}),
        (
            "<Connect action='/left'><ConversationRelay url='wss://example.com/s'/></Connect>",
            {"SessionStatus": "ended"},
        ),
        ("<Refer action='/left'><Sip>sip:ann@example.com</Sip></Refer>", {"ReferCallStatus": "success"}),
        ("<Pay action='/left'/>", {"Result": "success"}),
    ],
)
def test_whatever_a_call_waits_for_happens(driven, callbacks, verbs, outcome):
    callbacks.pages |= {"/flow": verbs, "/music": "<Say>Please wait.</Say>", "/left": "<Say>Good bye.</Say>"}
    house = driven(speed=FAST)
    call = house.place(f"{callbacks.base}/flow")
    over(house.server, call.sid)
    [asked] = [form for path, form in callbacks.told if path == "/left"]
    assert outcome.items() <= asked.items()
    assert told(house.server, 'hears "Good bye."')


def test_what_the_person_does_while_somebody_is_dialled(driven, callbacks):
    callbacks.pages["/flow"] = f"<Dial action='/left' timeout='60'>{FRONT}</Dial>"
    house = driven(f"{PERSON}: hang up", f"{FRONT}: no-answer", speed=FAST)
    call = house.place(f"{callbacks.base}/flow")
    over(house.server, call.sid)
    assert callbacks.at("/left", "DialCallStatus") == ["canceled"]
