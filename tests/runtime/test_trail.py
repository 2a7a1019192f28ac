"""The trail of a turn: what happened, in order, each with its place in the file; only where somebody listens."""

import asyncio
from datetime import UTC, datetime

import pytest

from engine.program.library import Library, load_sources
from engine.program.program import Program
from engine.runtime.desk import Desk
from engine.runtime.effects.effect import HttpCall, Result
from engine.runtime.effects.world import World
from engine.runtime.request import Request
from engine.runtime.respond import Outcome, respond, respond_in_session
from engine.runtime.stores.memory import MemoryStore
from engine.runtime.trail import Asked, Entered, Event, Failed, Logged, Said, Set, Took, heard

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

MENU = """\
steps:
  menu:
    - gather: {say: "Press 1.", branch: {1 | sales: sales, no_input: silent, else: menu}}
  sales: [{say: Sales.}]
  silent: [{say: Still there?}]
"""


def program_of(**flows: str) -> Program:
    loaded = load_sources({f"{name}.yaml": text for name, text in flows.items()})
    assert loaded.program is not None, loaded.report.diagnostics
    return loaded.program


def said(event: Event) -> str:
    """An event in a line, with what is written at its place."""
    match event:
        case Entered():
            return f"entered {event.id}"
        case Took():
            return f"took {event.id} by {event.compared!r}: {event.span.text}"
        case Set():
            return f"set {event.name}={event.value!r}: {event.span.location}"
        case Asked():
            return f"asked {event.kind}: {event.answer}"
        case Said():
            return f"said {event.span.location}"
        case Logged():
            return f"logged {event.text}"
        case Failed():
            return f"failed: {event.message}"


def lines(outcome: Outcome) -> list[str]:
    return list(map(said, outcome.trail))


def turn(program: Program, step: str = "", asked: dict[str, str] | None = None, **params: str) -> Outcome:
    it = Request("f", step, NOON, {"CallSid": "CA1", **params}, asked or {})
    if program.flows["f"].keeps:
        return respond_in_session(program, it, None, listening=True)[0]
    return respond(program, it, listening=True)


class TestWhatHappened:
    def test_steps_exits_and_documents_stand_in_the_order_they_came(self):
        assert lines(turn(program_of(f=MENU))) == [
            "entered f/menu",
            "said f.yaml:3:7",
            "took f/menu:0 1 by 'no_input': no_input",
            "entered f/silent",
            "said f.yaml:5:13",
        ]

    def test_an_exit_tells_what_was_compared_with_its_keys(self):
        program = program_of(f=MENU)
        assert lines(turn(program, "menu", {"_a": "0"}, Digits="1"))[0] == "took f/menu:0 0 by '1': 1 | sales"
        assert lines(turn(program, "menu", {"_a": "0"}, Digits="7"))[0] == "took f/menu:0 2 by '7': else"

    def test_positions_are_those_in_the_answer(self):
        outcome = turn(program_of(f=MENU))
        text = outcome.body.decode()
        for event in outcome.trail:
            if isinstance(event, Said):
                assert text[event.at] == "<"
                assert text[event.at + event.size] == "<"
        assert [text[event.at :].partition(" ")[0] for event in outcome.trail if isinstance(event, Entered)] == [
            "<Gather",
            "<Say>Still",
        ]

    def test_variables_are_told_with_the_place_that_sets_them(self):
        flow = """
vars: {visits: "{{ 1 + 1 }}", name: Ann}
steps:
  a:
    - set: {visits: "{{ visits + 1 }}"}
    - branch: [{when: visits == 3, to: b}]
  b: [{say: Hello.}]
"""
        assert lines(turn(program_of(f=flow))) == [
            "entered f/a",
            "set visits=2: f.yaml:2:16",
            "set name='Ann': f.yaml:5:5",
            "set visits=3: f.yaml:5:12",
            "took f/a:1 0 by '': when",
            "entered f/b",
            "said f.yaml:7:8",
        ]

    def test_lines_of_the_log_stand_where_they_were_written(self):
        flow = "vars: {n: 1}\nsteps: {a: [{log: one}, {set: {n: 2}}, {log: 'two {{ n }}'}, {say: Hi.}]}"
        outcome = turn(program_of(f=flow))
        assert [line.partition(":")[0] for line in lines(outcome)] == [
            "entered f/a",
            "set n=1",
            "logged one",
            "set n=2",
            "logged two 2",
            "said f.yaml",
        ]
        assert [text for text, _ in outcome.lines] == ["one", "two 2"]

    def test_a_saved_answer_is_told_once_and_an_answer_of_always_not_at_all(self):
        flow = """
always: {0: b}
steps:
  a: [{gather: {say: Hi., save: choice, branch: {1: b}}}]
  b: [{say: Bye.}]
"""
        program = program_of(f=flow)
        assert "set choice='1': f.yaml:4:8" in lines(turn(program, "a", {"_a": "0"}, Digits="1"))
        assert not any("set" in line for line in lines(turn(program, "a", {"_a": "0"}, Digits="0")))

    def test_what_a_subflow_returns_and_takes_is_told(self):
        caller = "steps: {a: [{subflow: {flow: g, with: {n: 2}, save: got, branch: {4: b}}}], b: [{say: Four.}]}"
        called = "takes: {n: required}\nsteps: {a: [{return: '{{ n * 2 }}'}]}"
        told = [line.partition(": ")[0] for line in lines(turn(program_of(f=caller, g=called)))]
        assert told == [
            "entered f/a",
            "set n=2",
            "entered g/a",
            "entered f/a",
            "set got=4",
            "took f/a:0 0 by '4'",
            "entered f/b",
            "said f.yaml:1:82",
        ]


class TestFaults:
    FLOW = "on_error: help\nsteps: {a: [{say: One.}, {say: '{{ 1 // 0 }}'}], help: [{say: Sorry.}]}"

    def test_a_fault_ends_what_was_said_before_it(self):
        outcome = turn(program_of(f=self.FLOW))
        told = lines(outcome)
        assert told[:2] == ["entered f/a", "said f.yaml:2:14"]
        assert told[2].startswith("failed: ")
        assert list(map(said, heard(outcome.trail))) == ["entered f/help", "said f.yaml:2:58"]
        assert "One." not in outcome.body.decode()

    def test_after_a_second_fault_nothing_of_the_flow_is_heard(self):
        outcome = turn(program_of(f=self.FLOW.replace("Sorry.", "'{{ 1 // 0 }}'")))
        assert [line.partition(":")[0] for line in lines(outcome)] == [
            "entered f/a",
            "said f.yaml",
            "failed",
            "entered f/help",
            "failed",
        ]
        assert heard(outcome.trail) == ()

    def test_a_session_that_is_too_large_is_a_fault_of_the_turn(self):
        flow = "vars: {n: 1}\non_error: help\nsteps: {a: [{log: one}, {say: Hi.}], help: [{log: two}, {say: Sorry.}]}"
        request = Request("f", "", NOON, {"CallSid": "CA1"})
        outcome, _ = respond_in_session(program_of(f=flow), request, None, too_large="too large", listening=True)
        assert [line.partition(":")[0] for line in lines(outcome)] == [
            "entered f/a",
            "set n=1",
            "logged one",
            "said f.yaml",
            "failed",
            "entered f/help",
            "set n=1",
            "logged two",
            "said f.yaml",
        ]


class TestReadyDocuments:
    def test_they_have_their_steps_and_exits_too(self):
        program = program_of(f=MENU)
        first, second = turn(program), turn(program)
        assert first.body is second.body
        assert first.trail == second.trail != ()

    def test_each_has_the_answer_that_asked_for_it(self):
        """Who says sales and who presses 1 get the same bytes: neither is told of the other."""
        program = program_of(f=MENU)
        pressed = turn(program, "menu", {"_a": "0"}, Digits="1")
        spoken = turn(program, "menu", {"_a": "0"}, SpeechResult="sales")
        assert pressed.body is spoken.body
        assert [event.compared for event in spoken.trail if isinstance(event, Took)] == ["sales"]
        assert [event.compared for event in pressed.trail if isinstance(event, Took)] == ["1"]

    def test_they_were_made_before_anybody_listened(self):
        program = program_of(f=MENU)
        deaf = respond(program, Request("f", "", NOON, {"CallSid": "CA1"}))
        assert deaf.trail == ()
        heard_too = turn(program)
        assert heard_too.body == deaf.body
        assert [event.id for event in heard_too.trail if isinstance(event, Entered)] == ["f/menu", "f/silent"]
        assert respond(program, Request("f", "", NOON, {"CallSid": "CA1"})).trail == ()


class TestTheWorld:
    FLOW = """
steps:
  a:
    - request: {url: https://example.com/, save: got, branch: {404: missing}}
    - say: Found.
  missing: [{say: Nobody.}]
"""

    @pytest.mark.parametrize(("status", "step"), [("200", "a"), ("404", "missing")])
    def test_it_is_told_once_with_what_came_and_how_long_it_took(self, status, step):
        async def perform(_: HttpCall) -> Result:
            await asyncio.sleep(0.01)
            return Result(
                status, {"body": "x", "status": int(status), "headers": {}}, "" if status == "200" else "gone"
            )

        told: list[Outcome] = []

        async def answered() -> None:
            desk = Desk(
                Library(program_of(f=self.FLOW)),
                MemoryStore(NOON.timestamp),
                world=World({HttpCall: perform}),
                listener=lambda heard: told.append(heard.outcome),
            )
            reply = desk.answer(Request("f", "", NOON, {"CallSid": "CA1"}))
            assert not isinstance(reply, tuple)
            await reply

        asyncio.run(answered())
        (outcome,) = told
        (asked,) = [event for event in outcome.trail if isinstance(event, Asked)]
        assert (asked.kind, asked.answer, asked.place) == ("request", status, "f/a:0#1")
        assert asked.seconds is not None
        assert 0.005 < asked.seconds < 5
        assert [event.step for event in outcome.trail if isinstance(event, Entered)][-1] == step


def test_a_conversation_is_told_with_the_version_that_asked_its_question():
    flow = """
channel: messaging
steps:
  a: [{gather: {message: "How many?", branch: {else: b}}}]
  b: [{message: Thanks.}]
"""
    old, new = program_of(f=flow), program_of(f=flow.replace("Thanks", "Thank you"))
    library, told = Library(old), list[str]()

    async def play() -> None:
        desk = Desk(library, MemoryStore(NOON.timestamp), listener=lambda heard: told.append(heard.version))
        for sid in ("SM1", "SM2", "SM3"):
            sent = {"MessageSid": sid, "From": "+15550001111", "To": "+15550002222", "Body": "two"}
            await desk.answer(Request("f", "", NOON, sent))
            library.publish(new)

    asyncio.run(play())
    assert told == [old.version, old.version, new.version]


def test_nobody_pays_for_a_trail_that_nobody_reads():
    program = program_of(f=MENU)
    assert respond(program, Request("f", "menu", NOON, {"Digits": "1"}, {"_a": "0"})).trail == ()
