"""What a turn asks of the world is done once: when it is played again, when Twilio repeats it, and by whichever process."""

import asyncio
import re

import pytest

from engine.runtime.desk import Desk
from engine.runtime.effects.effect import FunctionCall, HttpCall, Result, TextMessage
from engine.runtime.effects.world import World
from engine.runtime.stores import open_store

URL = "https://shop.example.com/customers"


class Outside:
    """A world that remembers what was asked of it; `answers` are given in order, the last for ever."""

    def __init__(self, *answers: Result, hold: asyncio.Event | None = None) -> None:
        self.answers, self.asked, self.hold = list(answers), [], hold

    async def perform(self, effect):
        self.asked.append(effect)
        if self.hold is not None:
            await self.hold.wait()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def found(status: int, body: object = "") -> Result:
    return Result(str(status), {"body": body, "status": status, "headers": {"x": "y"}})


def spoken(document) -> list[str]:
    return re.findall(r"<Say[^>]*>([^<]*)</Say>", document.twiml)


def connected(line, outside: Outside, flow: str, **more: str):
    made = line(f=flow, **more)
    made.desk = Desk(
        made.library, made.store, world=World(dict.fromkeys((HttpCall, FunctionCall, TextMessage), outside.perform))
    )
    return made


def asking(request: str, *, top: str = "", after: str = "{say: After.}") -> str:
    return f"{top}\nsteps:\n  a: [{{request: {request}}}, {after}]\n  one: [{{say: One.}}]\n  two: [{{say: Two.}}]\n"


class TestRequest:
    def test_the_answer_is_kept_and_spoken(self, line):
        outside = Outside(found(200, {"name": "Ann"}))
        made = connected(
            line, outside, asking(f"{{url: '{URL}', save: customer}}", after="{say: 'Hello {{ customer.name }}.'}")
        )
        assert spoken(made.ask("f")) == ["Hello Ann."]
        (asked,) = outside.asked
        assert (asked.method, asked.url, asked.timeout) == ("GET", URL, 4.0)

    @pytest.mark.parametrize(
        ("result", "branch", "heard"),
        [
            (found(200), "{ok: one, error: two}", ["One."]),
            (found(404), "{error: two, 4xx: [{say: Class.}], 404: one}", ["One."]),
            (found(410), "{error: two, 4xx: one}", ["One."]),
            (found(410), "{error: two, '/4[01]./': one, else: two}", ["One."]),
            (found(410), "{'/4[01]./': two, 4xx: one}", ["One."]),
            (found(500), "{ok: two, error: one}", ["One."]),
            (found(302), "{ok: two, error: one}", ["One."]),
            (Result("timeout", {}, "slow"), "{timeout: one, error: two}", ["One."]),
            (Result("timeout", {}, "slow"), "{ok: two, error: one}", ["One."]),
            (Result("error", {}, "refused"), "{timeout: two, error: one}", ["One."]),
            (Result("error", {}, "refused"), "{ok: two, else: one}", ["One."]),
            (found(204), "{error: two}", ["After."]),
            (found(200), "[{when: answer == '200', to: one}, {else: two}]", ["One."]),
        ],
    )
    def test_its_status_chooses_the_closest_key_first(self, line, result, branch, heard):
        made = connected(line, Outside(result), asking(f"{{url: '{URL}', branch: {branch}}}"))
        assert spoken(made.ask("f")) == heard

    def test_a_failure_that_no_key_takes_is_a_fault_of_the_step(self, line, caplog):
        outside = Outside(Result("error", {}, "shop.example.com could not be reached"))
        made = connected(line, outside, asking(f"{{url: '{URL}'}}", top="on_error: two"))
        assert spoken(made.ask("f")) == ["Two."]
        assert [record.getMessage() for record in caplog.records] == [
            "f.yaml:3:17: shop.example.com could not be reached"
        ]

    def test_what_is_to_be_heard_is_heard_while_the_world_answers(self, line):
        flow = f"steps: {{a: [{{say: One moment.}}, {{request: '{URL}'}}, {{say: Done.}}]}}".replace(
            f"request: '{URL}'", f"request: {{url: '{URL}'}}"
        )
        outside = Outside(found(200))
        made = connected(line, outside, flow)
        first = made.ask("f")
        assert spoken(first) == ["One moment."]
        assert outside.asked == []
        assert spoken(made.ask(first.redirect)) == ["Done."]

    def test_parts_of_the_answer_are_kept_by_name(self, line):
        request = f"{{url: '{URL}', save: {{a: body, b: status, c: headers}}}}"
        made = connected(line, Outside(found(201, "made")), asking(request, after="{say: '{{ a }} {{ b }} {{ c.x }}'}"))
        assert spoken(made.ask("f")) == ["made 201 y"]


class TestOnce:
    FLOW = f"""
vars: {{n: 0}}
steps:
  a:
    - set: {{n: "{{{{ n + 1 }}}}"}}
    - request: {{url: "{URL}", method: POST, branch: {{error: failed}}}}
    - request: {{url: "{URL}", method: POST}}
    - gather: {{num_digits: 1, say: "Asked {{{{ n }}}}.", branch: {{else: a}}}}
  failed: [{{say: "Failed {{{{ n }}}}."}}]
"""

    def test_a_turn_played_again_with_each_answer_asks_each_once_and_sets_once(self, line):
        outside = Outside(found(200))
        made = connected(line, outside, self.FLOW)
        assert spoken(made.ask("f")) == ["Asked 1."]
        assert len(outside.asked) == 2
        assert len({call.key for call in outside.asked}) == 2

    def test_a_repeated_request_gets_the_same_answer_and_asks_nothing(self, line):
        outside = Outside(found(200))
        made = connected(line, outside, self.FLOW)
        first = made.ask("f", token="T")
        assert made.ask("f", token="T").body == first.body
        assert len(outside.asked) == 2

    def test_a_request_repeated_meanwhile_waits_for_the_answer(self, line):
        async def both():
            hold = asyncio.Event()
            outside = Outside(found(200), hold=hold)
            made = connected(line, outside, self.FLOW)
            turns = [asyncio.create_task(made.hear("f", token="T")) for _ in range(3)]
            await asyncio.sleep(0.02)
            assert len(outside.asked) == 1
            hold.set()
            documents = await asyncio.gather(*turns)
            return documents, outside

        documents, outside = asyncio.run(both())
        assert len({document.body for document in documents}) == 1
        assert len(outside.asked) == 2

    def test_another_turn_of_the_call_goes_on_meanwhile_and_loses_nothing(self, line):
        flow = f"""
vars: {{n: 0}}
steps:
  a:
    - request: {{url: "{URL}"}}
    - set: {{n: "{{{{ n + 1 }}}}"}}
    - say: "{{{{ n }}}}"
  note: [{{set: {{n: "{{{{ n + 10 }}}}"}}}}]
"""

        async def both():
            hold = asyncio.Event()
            made = connected(line, Outside(found(200), hold=hold), flow)
            turn = asyncio.create_task(made.hear("f"))
            await asyncio.sleep(0.02)
            await made.hear("f/note?_c=CA1", CallStatus="in-progress")
            hold.set()
            return await turn

        assert spoken(asyncio.run(both())) == ["11"]

    @pytest.mark.parametrize(("method", "heard", "times"), [("GET", ["Asked 1."], 2), ("POST", ["Failed 1."], 0)])
    def test_when_a_process_is_lost_only_what_may_be_repeated_is(self, line, method, heard, times):
        flow = self.FLOW.replace("method: POST, branch", f"method: {method}, branch")

        async def lost():
            outside = Outside(found(200), hold=asyncio.Event())
            made = connected(line, outside, flow)
            turn = asyncio.create_task(made.hear("f", token="T"))
            await asyncio.sleep(0.02)
            turn.cancel()
            assert len(outside.asked) == 1
            other = Outside(found(200))
            again = Desk(made.library, made.store, world=World(dict.fromkeys((HttpCall,), other.perform)))
            made.later(seconds=14)  # Twilio gives up after 15
            made.desk = again
            document = await asyncio.wait_for(made.hear("f", token="T"), 0.5)
            return document, other

        document, other = asyncio.run(lost())
        assert spoken(document) == heard
        assert len(other.asked) == times

    def test_the_clock_of_a_turn_is_the_limit_of_all_it_asks(self, line, monkeypatch):
        monkeypatch.setattr("engine.runtime.desk.TURN_SECONDS", 0.02)
        flow = asking(f"{{url: '{URL}', branch: {{timeout: one}}}}")
        made = connected(line, Outside(found(200), hold=asyncio.Event()), flow)
        assert spoken(made.ask("f")) == ["One."]

    def test_in_a_subflow(self, line):
        flow = "steps: {a: [{subflow: {flow: sub, save: got}}, {say: '{{ got }}'}]}"
        sub = f"steps: {{a: [{{request: {{url: '{URL}', save: x}}}}, {{return: '{{{{ x }}}}'}}]}}"
        outside = Outside(found(200, "kept"))
        assert spoken(connected(line, outside, flow, sub=sub).ask("f")) == ["kept"]
        assert len(outside.asked) == 1


class TestNobody:
    def test_without_a_world_it_is_an_error_that_says_so(self, line, caplog):
        made = line(f=asking(f"{{url: '{URL}'}}"))
        made.ask("f")
        assert "this server makes no requests" in caplog.text


def test_two_processes_over_one_file_ask_once(tmp_path, line):
    async def both():
        hold = asyncio.Event()
        outside = Outside(found(200), hold=hold)
        lines = []
        for _ in range(2):
            store = open_store(f"sqlite:///{tmp_path}/s.sqlite", clock=lambda: lines[0].at.timestamp() if lines else 0)
            await store.start()
            made = line(store, f=TestOnce.FLOW)
            made.desk = Desk(made.library, store, world=World({HttpCall: outside.perform}))
            lines.append(made)
        turns = [asyncio.create_task(each.hear("f", token="T")) for each in lines]
        await asyncio.sleep(0.1)
        hold.set()
        documents = await asyncio.gather(*turns)
        for each in lines:
            await each.store.stop()
        return documents, outside

    documents, outside = asyncio.run(both())
    assert len({document.body for document in documents}) == 1
    assert len(outside.asked) == 2
