"""Addresses carry the version and the turn; a request that Twilio repeats gets the same answer and does nothing twice."""

import asyncio
import re

import pytest

from engine.program.library import Library
from engine.runtime.stores import open_store

COUNT = """
    vars: {n: 0}
    steps:
      a:
        - set: {n: "{{ n + 1 }}"}
        - gather: {num_digits: 1, say: "{{ n }}", branch: {1: a, 2: b, else: hangup}}
      b:
        - dial: {number: {phone_number: "+15550100", status_callback: rung, status_callback_event: initiated ringing}, branch: {else: c}}
      rung: [{set: {n: "{{ n + 100 }}"}}]
      c: [{say: "{{ n }}"}]
"""


def counted(document) -> int:
    return int(re.findall(r"<Say>(\d+)</Say>", document.twiml)[0])


class TestAddresses:
    def test_every_address_carries_the_version(self, line):
        calls = line(
            f="""
            steps:
              a:
                - gather: {num_digits: 1, say: One., branch: {1: a}}
                - dial: {number: {phone_number: "+15550100", url: b, status_callback: c}, branch: {else: a}}
              b: [{say: Two.}, {redirect: b}]
              c: [{log: rung}]
        """
        )
        text = calls.ask("f").body.decode() + calls.ask("f/b").body.decode()
        addresses = re.findall(r'="((?:\.\./)?f/[^"]*)"|>((?:\.\./)?f/[^<]*)<', text)
        assert len(addresses) == 5
        version = calls.library.current.version
        assert all(f"_v={version}" in "".join(address) for address in addresses)
        assert all("_t=" not in "".join(address) for address in addresses), "without variables there is no turn"

    def test_in_a_flow_with_variables_every_address_carries_the_turn(self, line):
        calls = line(f=COUNT)
        first = calls.ask("f")
        assert "_t=1" in first.address()
        second = calls.ask(first.address(), Digits="1")
        assert "_t=2" in second.address()

    def test_addresses_are_relative_to_the_one_that_was_asked(self, line):
        calls = line(f="steps: {a: [{gather: {num_digits: 1, branch: {1: a}}}]}")
        assert 'action="f/a?' in calls.ask("f").twiml
        assert 'action="../f/a?' in calls.ask("f/a").twiml


class TestRepeatedRequests:
    @pytest.mark.parametrize("token", ["", "t-1"], ids=["by turn and parameters", "by token"])
    def test_the_same_turn_gets_the_same_answer_and_counts_once(self, line, token):
        calls = line(f=COUNT)
        first = calls.ask("f")
        second = calls.ask(first.address(), token, Digits="1")
        assert counted(second) == 2
        assert calls.ask(first.address(), token, Digits="1") == second
        assert counted(calls.ask(second.address(), "t-2" if token else "", Digits="1")) == 3, (
            "the same key in a later turn"
        )

    def test_the_token_decides_though_parameters_differ(self, line):
        calls = line(f=COUNT)
        first = calls.ask("f")
        second = calls.ask(first.address(), "t", Digits="1", Timestamp="10:00")
        assert calls.ask(first.address(), "t", Digits="1", Timestamp="10:01") == second

    def test_the_entry_repeated_at_once_counts_once(self, line):
        calls = line(f=COUNT)
        assert calls.ask("f") == calls.ask("f")
        assert calls.ask("f", "t") == calls.ask("f"), "the repetition may carry a token that the first request lacked"
        assert calls.ask("f", "w", CallSid="CA3") == calls.ask("f", CallSid="CA3"), "or lack one that the first carried"
        assert calls.ask("f", "u", CallSid="CA2") != calls.ask("f", "v", CallSid="CA2"), (
            "each token is a request of its own"
        )

    def test_the_entry_asked_again_later_in_the_call_is_a_new_turn(self, line):
        calls = line(f=COUNT)
        first = calls.ask("f")
        calls.ask(first.address(), Digits="1")
        assert counted(calls.ask("f")) == 3

    def test_the_entry_under_another_query_knows_that_query_alone(self, line):
        """A call that goes on at a URL of ours begins there with what that URL says; its earlier addresses keep theirs."""
        shown = "{{ params.a }}{{ params.b }}{{ seen }}"
        calls = line(
            f=f"""
            vars: {{seen: ""}}
            steps:
              a: [{{gather: {{num_digits: 1, say: "{shown}", branch: {{1: a, else: b}}}}}}]
              b: [{{set: {{seen: "!"}}}}, {{say: "{shown}"}}]
            """
        )
        first = calls.ask("f?a=A")
        assert "<Say>A</Say>" in first.twiml
        second = calls.ask("f?b=B")
        assert "<Say>B</Say>" in second.twiml
        assert "<Say>B!</Say>" in calls.ask(second.address(), Digits="2").twiml
        assert "<Say>A!</Say>" in calls.ask(first.address(), Digits="2").twiml
        assert "<Say>B!</Say>" in calls.ask("f/b").twiml, "an address that Twilio knows otherwise"

    def test_the_same_token_at_another_address_is_another_request(self, line):
        """A fallback address may be asked with the token of the request that failed."""
        calls = line(f=COUNT)
        assert counted(calls.ask("f", "t")) == 1
        assert calls.ask("f/c", "t", ErrorCode="11200").twiml == "<Say>1</Say>"

    @pytest.mark.parametrize("between", [1, 4, 12])
    def test_callbacks_that_come_in_between_change_nothing(self, line, between):
        calls = line(f=COUNT)
        dial = calls.ask(calls.ask("f").address(), "t-1", Digits="2")
        after = calls.ask(dial.address(), "t-2", DialCallStatus="completed")
        for number in range(between):
            calls.ask(dial.address("statusCallback"), f"c-{number}", CallSid="CA2", SequenceNumber=str(number))
        assert calls.ask(dial.address(), "t-2", DialCallStatus="completed") == after
        assert counted(calls.ask("f/c", "t-3")) == 1 + 100 * between

    def test_two_different_requests_of_one_turn_both_count(self, line):
        calls = line(f=COUNT)
        dial = calls.ask(calls.ask("f").address(), Digits="2")
        for status in ("initiated", "ringing", "ringing"):
            calls.ask(dial.address("statusCallback"), CallSid="CA2", CallStatus=status)
        assert counted(calls.ask(dial.address(), DialCallStatus="busy")) == 201

    def test_silence_that_goes_on_twice_is_two_turns(self, line):
        calls = line(
            f="""
            vars: {n: 0}
            steps:
              a:
                - gather: {num_digits: 1, branch: {1: a}}
                - set: {n: "{{ n + 1 }}"}
                - say: "{{ n }}"
                - redirect: a
        """
        )
        first = calls.ask("f")
        second = calls.ask(first.redirect)
        assert counted(second) == 1
        assert counted(calls.ask(second.redirect)) == 2

    def test_a_repeated_request_is_not_logged_again(self, line, caplog):
        caplog.set_level("INFO", "touchtone")
        calls = line(f="vars: {n: 0}\nsteps: {a: [{log: here}, {say: One.}]}")
        calls.ask("f", "t")
        calls.ask("f", "t")
        assert len(caplog.messages) == 1

    def test_a_fault_is_answered_the_same_again(self, line):
        calls = line(
            f="vars: {n: 0}\non_error: b\nsteps: {a: [{say: '{{ 1 / n }}'}], b: [{set: {n: '{{ n + 1 }}'}}, {say: '{{ n }}'}]}"
        )
        assert calls.ask("f", "t") == calls.ask("f", "t")
        assert calls.ask("f/b", "u").twiml == "<Say>2</Say>"


class TestManyAtOnce:
    """Real concurrency, over a SQLite file."""

    def test_every_request_counts_once_however_often_it_is_repeated(self, load, line, tmp_path):
        made = line(f=COUNT)

        async def play() -> list[int]:
            store = open_store(f"sqlite:///{tmp_path / 'calls.sqlite'}", made.at.timestamp)
            await store.start()
            calls = type(made)(Library(load(f=COUNT)), store)
            try:
                dials = {}
                for call in ("CA1", "CA2", "CA3"):
                    first = await calls.hear("f", f"{call}-1", CallSid=call)
                    dials[call] = await calls.hear(first.address(), f"{call}-2", CallSid=call, Digits="2")
                asked = [
                    calls.hear(
                        dials[call].address("statusCallback"),
                        f"{call}-cb-{number}",
                        CallSid="CX",
                        SequenceNumber=str(number),
                    )
                    for number in range(20)
                    for _ in range(3)
                    for call in dials
                ]
                await asyncio.gather(*asked)
                return [counted(await calls.hear("f/c", f"{call}-end", CallSid=call)) for call in dials]
            finally:
                await store.stop()

        assert asyncio.run(play()) == [2001, 2001, 2001]

    def test_two_processes_that_share_a_file_count_together(self, load, line, tmp_path):
        made = line(f=COUNT)

        async def play() -> int:
            lines = []
            for _ in range(2):
                store = open_store(f"sqlite:///{tmp_path / 'calls.sqlite'}", made.at.timestamp)
                await store.start()
                lines.append(type(made)(Library(load(f=COUNT)), store))
            try:
                first = await lines[0].hear("f", "t-1")
                dial = await lines[1].hear(first.address(), "t-2", Digits="2")
                callback = dial.address("statusCallback")
                await asyncio.gather(*[lines[n % 2].hear(callback, f"c-{n // 2}", CallSid="CX") for n in range(40)])
                return counted(await lines[0].hear(dial.address(), "t-3", DialCallStatus="busy"))
            finally:
                for each in lines:
                    await each.store.stop()

        assert asyncio.run(play()) == 2001
