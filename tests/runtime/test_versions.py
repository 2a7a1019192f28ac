"""A call under way keeps working through any edit: its next answer is judged by the version that asked the question."""

import asyncio
from datetime import UTC, datetime

import pytest

from engine.program.library import VERSIONS_KEPT, Library, load_sources
from engine.runtime.stores import open_store

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

OLD = """
steps:
  menu:
    - gather: {num_digits: 1, say: Old menu., branch: {1: sales, 2: gone, 3: menu, else: hangup}}
  sales: [{say: Old sales.}]
  gone: [{say: Old gone.}]
"""
NEW = """
steps:
  menu:
    - say: New.
    - gather: {num_digits: 1, say: New menu., branch: {1: other, else: hangup}}
  sales: [{say: New sales.}]
  other: [{say: New other.}]
"""
VARIABLES = "vars: {n: 0}\n"


@pytest.mark.parametrize("variables", ["", VARIABLES], ids=["static", "with variables"])
class TestAnEditUnderWay:
    def test_an_answer_is_judged_by_the_version_that_asked(self, line, load, variables):
        """A key that is gone, or leads elsewhere now, still works for those who heard the question."""
        made = line(f=variables + OLD)
        question = made.ask("f")
        made.library.publish(load(f=variables + NEW))
        assert made.ask(question.address(), Digits="2").twiml == "<Say>Old gone.</Say>"
        assert made.ask("f", CallSid="CA2").twiml.startswith("<Say>New.</Say>"), "a new call has the newest version"

    def test_in_production_the_call_goes_on_with_its_own_version(self, line, load, variables):
        made = line(f=variables + OLD)
        question = made.ask("f")
        made.library.publish(load(f=variables + NEW))
        assert made.ask(question.address(), Digits="1").twiml == "<Say>Old sales.</Say>"
        again = made.ask(question.address(), Digits="3")
        assert "Old menu." in again.twiml

    def test_in_design_mode_the_next_step_is_the_newest(self, line, load, variables):
        made = line(follow=True, f=variables + OLD)
        question = made.ask("f")
        new = load(f=variables + NEW)
        made.library.publish(new)
        assert made.ask(question.address(), Digits="1").twiml == "<Say>New sales.</Say>"
        assert made.ask(question.address(), Digits="2").twiml == "<Say>Old gone.</Say>", (
            "what is gone is taken from before"
        )
        again = made.ask(question.address(), Digits="3")
        assert again.twiml.startswith("<Say>New.</Say>")
        assert f"_v={new.version}" in again.address()
        assert made.ask(again.address(), Digits="1").twiml == "<Say>New other.</Say>"

    def test_a_flow_whose_file_was_deleted_goes_on_for_the_calls_in_it(self, line, load, variables):
        for follow in (False, True):
            made = line(follow=follow, f=variables + OLD, g="steps: {a: [{say: Other.}]}")
            question = made.ask("f")
            made.library.publish(load(g="steps: {a: [{say: Other.}]}"))
            assert made.ask(question.address(), Digits="2").twiml == "<Say>Old gone.</Say>"

    def test_a_version_that_nobody_knows_any_more_goes_on_with_the_newest(self, line, variables, caplog):
        made = line(f=variables + OLD)
        assert "Old sales." in made.ask("f/menu?_a=0&_v=deadbeef", Digits="1").twiml
        assert "deadbeef" in caplog.text


class TestVariablesThroughAnEdit:
    def test_variables_that_an_edit_brings_are_there_in_design_mode(self, line, load):
        made = line(
            follow=True, f="vars: {a: 1}\nsteps: {s: [{gather: {num_digits: 1, branch: {1: t}}}], t: [{say: x}]}"
        )
        question = made.ask("f")
        made.library.publish(
            load(
                f="vars: {a: 5, b: '{{ a + 1 }}'}\ntakes: {c: 3}\nsteps: {s: [{say: x}], t: [{say: '{{ a }} {{ b }} {{ c }}'}]}"
            )
        )
        assert made.ask(question.address(), Digits="1").twiml == "<Say>1 2 3</Say>"

    def test_a_flow_may_get_its_first_variables_while_a_call_is_in_it(self, line, load):
        made = line(follow=True, f="steps: {s: [{gather: {num_digits: 1, branch: {1: t}}}], t: [{say: x}]}")
        question = made.ask("f")
        made.library.publish(
            load(f="vars: {n: 1}\nsteps: {s: [{say: x}], t: [{set: {n: '{{ n + 1 }}'}}, {say: '{{ n }}'}]}")
        )
        assert made.ask(question.address(), Digits="1").twiml == "<Say>2</Say>"

    def test_a_flow_that_only_the_old_one_led_to_may_have_got_variables(self, line, load):
        made = line(
            follow=True, f="steps: {s: [{gather: {num_digits: 1, branch: {1: g/}}}]}", g="steps: {t: [{say: x}]}"
        )
        question = made.ask("f")
        made.library.publish(
            load(f="steps: {s: [{say: x}]}", g="vars: {n: 1}\nsteps: {t: [{set: {n: 2}}, {say: '{{ n }}'}]}")
        )
        assert made.ask(question.address(), Digits="1").twiml == "<Say>2</Say>"

    def test_a_repeated_request_gets_its_answer_though_the_flow_was_edited(self, line, load):
        made = line(follow=True, f=VARIABLES + OLD)
        question = made.ask("f")
        first = made.ask(question.address(), "t", Digits="1")
        made.library.publish(load(f=VARIABLES + NEW))
        assert made.ask(question.address(), "t", Digits="1") == first


class TestAfterARestart:
    @pytest.mark.parametrize("variables", ["", VARIABLES], ids=["static", "with variables"])
    def test_the_version_is_recalled_from_the_store(self, line, load, tmp_path, variables):
        kind = type(line(f=OLD))

        async def begin():
            store = open_store(f"sqlite:///{tmp_path / 'calls.sqlite'}", NOON.timestamp)
            await store.start()
            program = load(f=variables + OLD)
            await store.keep_version(program.version, program.sources)
            question = await kind(Library(program), store).hear("f")
            await store.stop()
            return question.address()

        async def go_on(address):
            store = open_store(f"sqlite:///{tmp_path / 'calls.sqlite'}", NOON.timestamp)
            await store.start()
            made = kind(Library(load(f=variables + NEW)), store)
            try:
                return [(await made.hear(address, f"t{key}", Digits=key)).twiml for key in ("2", "1")]
            finally:
                await store.stop()

        address = asyncio.run(begin())
        assert asyncio.run(go_on(address)) == ["<Say>Old gone.</Say>", "<Say>Old sales.</Say>"]

    def test_two_processes_of_different_versions_serve_each_others_calls(self, line, load, tmp_path):
        kind = type(line(f=OLD))

        async def play():
            lines = []
            for text in (OLD, NEW):
                store = open_store(f"sqlite:///{tmp_path / 'calls.sqlite'}", NOON.timestamp)
                await store.start()
                program = load(f=VARIABLES + text)
                await store.keep_version(program.version, program.sources)
                lines.append(kind(Library(program), store))
            old, new = lines
            try:
                first = await old.hear("f", CallSid="CA1")
                second = await new.hear("f", CallSid="CA2")
                return [
                    (await new.hear(first.address(), CallSid="CA1", Digits="2")).twiml,
                    (await old.hear(second.address(), CallSid="CA2", Digits="1")).twiml,
                ]
            finally:
                for each in lines:
                    await each.store.stop()

        assert asyncio.run(play()) == ["<Say>Old gone.</Say>", "<Say>New other.</Say>"]

    def test_a_version_that_was_pushed_out_of_memory_is_recalled(self, line):
        made = line(f=OLD)
        program = made.library.current
        asyncio.run(made.store.keep_version(program.version, program.sources))
        question = made.ask("f")
        for number in range(VERSIONS_KEPT + 5):
            made.library.publish(load_sources({"f.yaml": NEW + f"# {number}\n"}).program)
        assert made.library.find(program.version) is None
        assert made.ask(question.address(), Digits="2").twiml == "<Say>Old gone.</Say>"
        assert made.library.find(program.version) is not None
