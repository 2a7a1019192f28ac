"""The desk finds the program and the session, and writes a log in which nobody else can write."""

import asyncio
import logging
from urllib.parse import unquote

import pytest

from engine.runtime.desk import one_line
from engine.runtime.request import Reply
from engine.runtime.stores import StoreError


class Broken:
    """A store that cannot be used."""

    async def turn(self, key, play):
        raise StoreError("the disk is full")

    async def version(self, version):
        raise StoreError("the disk is full")


class TestLog:
    def test_a_line_of_the_flow_stands_with_its_place(self, line, caplog):
        caplog.set_level("INFO", "touchtone")
        line(f="steps:\n  a:\n    - log: reached {{ call.from }}\n").ask("f")
        assert [(r.levelno, r.getMessage()) for r in caplog.records] == [
            (logging.INFO, "f.yaml:3:12: reached +15550001111")
        ]

    def test_logging_is_no_answer_to_keep_ready(self, line, caplog):
        caplog.set_level("INFO", "touchtone")
        made = line(f="steps: {a: [{log: here}, {say: One.}]}")
        made.ask("f")
        made.ask("f")
        assert len(caplog.records) == 2

    @pytest.mark.parametrize(
        "text", ["a\nERROR f.yaml: forged", "a\r\nb", "a\x1b[31mb", "a\u2028b", "a\x85b", "a\ud800", "\x00", "é" * 9000]
    )
    @pytest.mark.parametrize(
        "flow",
        [
            "steps: {a: [{log: 'said {{ params.T }}'}]}",
            "vars: {x: 0}\nsteps: {a: [{log: 'said {{ params.T }}'}]}",
            "steps: {a: [{say: '{{ params.T | money }}'}]}",
            "steps: {a: [{redirect: '{{ params.T }}'}]}",
            "vars: {x: {}}\nsteps: {a: [{say: '{{ x[params.T] }}'}]}",
        ],
        ids=["line", "line in a session", "fault of a filter", "fault of a target", "unknown entry"],
    )
    def test_what_a_caller_sends_cannot_begin_a_line_of_its_own(self, line, caplog, flow, text):
        caplog.set_level("INFO", "touchtone")
        line(f=flow).ask("f", T=text)
        (record,) = caplog.records
        assert record.getMessage().isprintable()
        assert len(record.getMessage()) < 2200
        record.getMessage().encode()

    @pytest.mark.parametrize(
        "address", ["x%0bERROR: forged", "x/%0bERROR: forged", "f/%0bERROR: forged", "f?_v=%0bERROR: forged"]
    )
    def test_nor_can_what_an_address_names(self, line, caplog, address):
        line(f="steps: {a: [{say: One.}]}").ask(unquote(address))
        assert caplog.records
        assert all(record.getMessage().isprintable() for record in caplog.records)

    def test_text_that_can_be_read_is_left_as_it_is(self):
        assert one_line("Grüße, 世界 \\n 😀") == "Grüße, 世界 \\n 😀"
        assert one_line("a\nb\ud800") == "a\\nb\\ud800"


class TestAnswers:
    def test_a_flow_without_variables_is_answered_at_once(self, line):
        made = line(Broken(), f="steps: {a: [{say: One.}]}")
        assert isinstance(made.desk.answer(made.turn("f")), Reply)

    def test_a_store_that_fails_is_for_the_server_to_apologise_for(self, line):
        made = line(Broken(), f="vars: {x: 0}\nsteps: {a: [{say: One.}]}")
        with pytest.raises(StoreError):
            made.ask("f")

    def test_a_store_that_cannot_find_a_version_does_not_stop_a_call_without_variables(self, line, caplog):
        made = line(Broken(), f="steps: {a: [{say: One.}]}")
        assert made.ask("f?_v=00000000").twiml == "<Say>One.</Say>"
        assert "the disk is full" in caplog.text

    def test_a_step_under_two_hosts_has_two_absolute_addresses(self, line):
        made = line(
            f="steps: {a: [{start: {stream: {url: 'wss://x.example.com/s', status_callback: b}}}], b: [{log: x}]}"
        )
        turn = made.turn("f")
        first = made.desk.answer(turn.replaced(folder="https://one.example.com/flows/")).body
        second = made.desk.answer(turn.replaced(folder="https://two.example.com/flows/")).body
        assert b"https://one.example.com/flows/f/b" in first
        assert b"https://two.example.com/flows/f/b" in second

    def test_ready_documents_do_not_grow_with_the_number_of_calls(self, line):
        made = line(
            f="vars: {x: 0}\nsteps: {a: [{dial: {number: {phone_number: '+1', url: g/a}}}]}",
            g="steps: {a: [{say: Hello.}, {pause: 1}, {redirect: a}]}",
        )
        for number in range(20):
            dial = made.ask("f", CallSid=f"CA{number}")
            made.ask(dial.address("url"), CallSid="CX")
        assert len(made.library.current.ready) <= 1

    def test_a_hundred_calls_of_an_earlier_version_have_it_read_once(self, line, load):
        made = line(f="steps: {a: [{say: New.}]}")
        old = load(f="steps: {a: [{say: Old.}]}")
        asyncio.run(made.store.keep_version(old.version, old.sources))
        reads = []
        version = made.store.version

        class Counting:
            turn = made.store.turn

            async def version(self, name):
                reads.append(name)
                return await version(name)

        counting = line(Counting(), f="steps: {a: [{say: New.}]}")

        async def ask():
            return await asyncio.gather(*[counting.hear(f"f?_v={old.version}", CallSid=f"CA{n}") for n in range(100)])

        assert {document.twiml for document in asyncio.run(ask())} == {"<Say>Old.</Say>"}
        assert reads == [old.version]


class TestCutOff:
    def test_a_turn_that_waits_for_a_version_goes_on_too(self, line, monkeypatch):
        """Also a flow that keeps no session may have to wait: for the version of the flows that asked."""

        async def cut(made, address):
            async def version(name):
                await asyncio.sleep(10)

            monkeypatch.setattr(made.store, "version", version)
            turn = asyncio.create_task(made.hear(address, Digits="1"))
            await asyncio.sleep(0.02)
            turn.cancel()
            document = await turn
            monkeypatch.undo()
            return document

        made = line(f="steps: {a: [{gather: {num_digits: 1, say: Press., branch: {1: b}}}], b: [{say: One.}]}")
        address = made.ask("f").address().replace("_v=", "_v=0")
        document = asyncio.run(cut(made, address))
        assert "Digits" not in document.twiml
        assert "<Say>One.</Say>" in made.ask(document.redirect).twiml
