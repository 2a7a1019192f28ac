"""The project's own functions: called, awaited, timed, read again, and never able to take the server with them."""

import asyncio
import logging
import sys
import threading
from contextvars import ContextVar
from pathlib import Path
from textwrap import dedent

import pytest

from engine.runtime.effects import aside
from engine.runtime.effects.aside import BLOCKED_MOST
from engine.runtime.effects.effect import FunctionCall, Result
from engine.runtime.effects.functions import LOST_MOST, Functions
from engine.runtime.effects.importing import MODULE
from engine.runtime.effects.workers import Workers
from engine.runtime.session import Session

MUTE = "class Mute(Exception):\n    def __str__(self): raise Mute\n\n"
TURN: ContextVar[str] = ContextVar("TURN", default="")


class Project:
    """A folder with a `functions.py`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "functions.py"

    def write(self, source: str, seconds: float = 5.0) -> Functions:
        self.path.write_text(dedent(source))
        return Functions(self.path, seconds=seconds)

    def __call__(self, source: str, function: str = "f", *, seconds: float = 5.0, **args: object) -> Result:
        """What a function of the text comes to."""
        return asyncio.run(self.write(source, seconds).perform(FunctionCall(function, args)))


@pytest.fixture
def project(tmp_path):
    yield Project(tmp_path)
    sys.modules.pop(MODULE, None)
    sys.path[:] = [entry for entry in sys.path if entry != str(tmp_path.resolve())]


class TestCalls:
    def test_a_function_is_called_with_its_arguments(self, project):
        result = project("def f(a, b=2): return {'a': a, 'b': b}", a="x")
        assert result == Result('{"a": "x", "b": 2}'.replace('"', "'"), {"value": {"a": "x", "b": 2}})

    def test_an_async_function_is_awaited(self, project):
        assert project("import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 5").values == {
            "value": 5
        }

    def test_so_is_what_any_other_gives_to_await(self, project):
        assert project("async def g(): return 6\ndef f(): return g()").values == {"value": 6}

    @pytest.mark.parametrize(
        ("head", "args", "value"),
        [
            ("def f(a, /, b): return [a, b]", {"a": 1, "b": 2}, [1, 2]),
            ("def f(*, a, **rest): return [a, rest]", {"a": 1, "z": 2}, [1, {"z": 2}]),
            ("def f(a=1, /): return a", {}, 1),
            ("class F:\n    def __call__(self, a): return a\nf = F()", {"a": 1}, 1),
            ("from functools import partial\nf = partial(lambda a, b: a + b, 1)", {"b": 2}, 3),
            ("from operator import neg as f", {"a": 1}, -1),
            ("f = dict", {"a": 1}, {"a": 1}),
        ],
    )
    def test_every_kind_of_parameter_and_of_function(self, project, head, args, value):
        assert project(head, **args).values == {"value": value}

    @pytest.mark.parametrize(
        ("returned", "answer"),
        [("True", "true"), ("None", ""), ("3", "3"), ("'gold'", "gold"), ("2.5", "2.5"), ("['a', 'b']", "a b")],
    )
    def test_the_answer_is_the_value_as_text(self, project, returned, answer):
        assert project(f"def f(): return {returned}").answer == answer

    def test_blocking_work_is_done_aside(self, project):
        """Each waits for the other, which could not be in one thread."""
        text = """
            import threading
            both = threading.Barrier(2, timeout=5)
            def f(): both.wait(); return threading.current_thread().name
        """

        async def twice():
            functions = project.write(text)
            return await asyncio.gather(*(functions.perform(FunctionCall("f", {})) for _ in range(2)))

        names = {result.values["value"] for result in asyncio.run(twice())}
        assert len(names) == 2
        assert threading.current_thread().name not in names

    def test_the_context_of_the_call_is_known_in_it(self, project):
        TURN.set("turn 7")
        assert project(f"from {__name__} import TURN\ndef f(): return TURN.get()").values == {"value": "turn 7"}

    def test_modules_that_lie_beside_it_can_be_imported(self, project, tmp_path):
        (tmp_path / "crm_of_this_test.py").write_text("def find(n): return n * 2")
        assert project("from crm_of_this_test import find\ndef f(n): return find(n)", n=4).values == {"value": 8}


class TestValues:
    @pytest.mark.parametrize(
        ("expression", "value"),
        [
            ("datetime(2026, 12, 24, 18, 0, tzinfo=timezone.utc)", "2026-12-24T18:00:00+00:00"),
            ("date(2026, 12, 24)", "2026-12-24"),
            ("Decimal('1.10')", "1.10"),
            ("UUID(int=1)", "00000000-0000-0000-0000-000000000001"),
            ("Customer('Zoë', Level.GOLD)", {"name": "Zoë", "level": "gold"}),
            ("[Point(1, 2)]", [{"x": 1, "y": 2}]),
            ("{1: {Level.GOLD: (1, 2)}}", {"1": {"gold": [1, 2]}}),
            ("{'a'}", ["a"]),
            ("float('nan')", "nan"),
            ("[Share(0.5), Count(2)]", [0.5, 2]),
        ],
    )
    def test_what_python_has_beyond_json(self, project, expression, value):
        text = f"""
            from dataclasses import dataclass
            from datetime import date, datetime, timezone
            from decimal import Decimal
            from enum import Enum
            from typing import NamedTuple
            from uuid import UUID

            class Level(Enum):
                GOLD = "gold"

            @dataclass
            class Customer:
                name: str
                level: Level

            class Point(NamedTuple):
                x: int
                y: int

            class Share(float):
                pass

            class Count(int):
                pass

            def f():
                return {expression}
        """
        result = project(text)
        assert result.values == {"value": value}
        Session(variables=result.values).to_json()  # which takes numbers of no other type than Python's

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            ("return object()", "an object is no JSON: return a mapping, a list, text or a number"),
            ("return [object()]", "an object is no JSON"),
            ("return (x for x in ())", "a generator is no JSON"),
            ("return b'x'", "bytes are no JSON: decode them to text"),
            ("a = []; a.append(a); return a", "nested more than 50 deep"),
            ("a = {}; a['a'] = a['b'] = [a, a]; return a", "nested more than 50 deep"),
            ("a = [0] * 1000; return [a] * 1000", "a value holds at most"),
            ("return 'x' * 100_000", "the text is longer than 65536 characters"),
            ("return list(range(300_000))", "a value holds at most"),
            ("return 10 ** 5000", "the number is too large"),
        ],
    )
    def test_what_no_call_can_keep_is_an_error(self, project, body, why):
        result = project(f"def f():\n    {body}")
        assert (result.answer, result.values) == ("error", {"value": None})
        assert "functions.py:1: f returned what a call cannot keep: " in result.problem
        assert why in result.problem


class TestFaults:
    def test_an_exception_is_told_with_its_place_in_the_project(self, project, caplog):
        text = "import json\n\n\ndef f(text):\n    return g(text)\n\n\ndef g(text):\n    return json.loads(text)\n"
        result = project(text, text="{")
        assert result.answer == "error"
        assert "functions.py:9: f: JSONDecodeError: Expecting property name" in result.problem
        assert "Traceback" in caplog.text
        assert "\n" not in result.problem

    @pytest.mark.parametrize(
        ("text", "args", "problem"),
        [
            ("def f(a): return a", {}, "functions.py:1: f: missing a required argument: 'a'"),
            ("def f(): return 1", {"b": 1}, "functions.py:1: f: got an unexpected keyword argument 'b'"),
            ("def f(): raise SystemExit(3)", {}, "functions.py:1: f: RuntimeError: SystemExit: 3"),
            ("async def f(): raise SystemExit(3)", {}, "functions.py:1: f: RuntimeError: SystemExit: 3"),
            ("def f(): raise StopIteration", {}, "RuntimeError: StopIteration"),
            ("def f(): raise ValueError('x' * 5000)", {}, "ValueError: " + "x" * 200 + "…"),
            ("def f(): raise ValueError('a\\nb')", {}, "ValueError: a b"),
            (f"{MUTE}def f(): raise Mute", {}, "functions.py:4: f: Mute"),
            (f"{MUTE}def f(): return Mute()", {}, "functions.py:4: f returned what cannot be read: Mute"),
            ("import asyncio\nasync def f(): raise asyncio.CancelledError", {}, "functions.py:2: f was cancelled"),
            ("def g(): pass", {}, "there is no function `f` in "),
            ("f = 5", {}, "there is no function `f` in "),
        ],
    )
    def test_whatever_a_function_does_the_server_goes_on(self, project, text, args, problem):
        result = project(text, **args)
        assert result.answer == "error"
        assert problem in result.problem

    def test_what_is_private_is_not_called(self, project):
        assert "there is no function `_f`" in project("def _f(): return 1", "_f").problem
        assert "there is no function `__import__`" in project("x = 1", "__import__").problem

    def test_without_a_file_there_is_none(self, tmp_path):
        functions = Functions(tmp_path / "functions.py")
        assert functions.reload() == ""
        assert "there is no function" in asyncio.run(functions.perform(FunctionCall("f", {}))).problem


class TestTime:
    @pytest.mark.parametrize(
        "text",
        [
            "import threading\ndef f(): threading.Event().wait(60)",
            "import asyncio\nasync def f(): await asyncio.sleep(60)",
            """
            import asyncio
            async def f():
                while True:
                    try:
                        await asyncio.sleep(60)
                    except asyncio.CancelledError:
                        return "late"
            """,
        ],
        ids=["blocking", "async", "stubborn"],
    )
    def test_a_function_that_takes_too_long_is_left(self, project, text):
        result = project(text, seconds=0.1)
        assert result.answer == "error"
        assert result.problem.endswith("f took longer than 0.1 s")
        assert "functions.py:" in result.problem

    def test_an_async_function_that_blocks_keeps_nobody_else_waiting(self, project):
        functions = project.write(
            """
            import threading
            LEFT = threading.Event()
            async def blocks(): LEFT.wait(60)
            async def quick(): return 1
            def leave(): LEFT.set()
            """,
            seconds=0.2,
        )

        async def play():
            blocked = asyncio.create_task(functions.perform(FunctionCall("blocks", {})))
            turns = 0
            while not blocked.done():
                await asyncio.sleep(0.01)
                turns += 1
            met = [(await functions.perform(FunctionCall(name, {}))).answer for name in ("quick", "quick", "leave")]
            return turns, met, await blocked

        turns, met, blocked = asyncio.run(play())
        assert turns > 3
        assert met == ["1", "1", ""]
        assert "blocks took longer than 0.2 s, and never gives way at " in blocked.problem
        assert blocked.problem.endswith("functions.py:4: use `await`, or `def` in place of `async def`")

    def test_whoever_stops_waiting_stops_the_function(self, tmp_path):
        path = tmp_path / "functions.py"
        path.write_text(
            "import asyncio, threading\nbegun, ended = threading.Event(), threading.Event()\n"
            "async def f():\n    try:\n        begun.set()\n        await asyncio.sleep(60)\n"
            "    finally:\n        ended.set()\n"
            "def has_begun(): return begun.wait(4)\ndef has_ended(): return ended.wait(4)"
        )

        async def play():
            functions = Functions(path)
            task = asyncio.ensure_future(functions.perform(FunctionCall("f", {})))
            begun = await functions.perform(FunctionCall("has_begun", {}))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return begun.values, (await functions.perform(FunctionCall("has_ended", {}))).values

        assert asyncio.run(play()) == ({"value": True}, {"value": True})


HANGING = """
    import asyncio, threading
    LEFT = threading.Event()
    def hang(): LEFT.wait(30)
    def hang_too(): LEFT.wait(30)
    def quick(n=1): return n
    async def quick_too():
        await asyncio.sleep(0)
        return 2
    async def block(): LEFT.wait(30)
    async def sleeps():
        await asyncio.sleep(30)
    def leave(): LEFT.set()
"""


class TestThoseThatNeverReturn:
    """They cost their own flow only: nobody else waits for their threads, nor is blamed."""

    @pytest.fixture
    def functions(self, project):
        made = project.write(HANGING, seconds=0.3)
        yield made
        asyncio.run(made.perform(FunctionCall("leave", {})))

    @staticmethod
    async def ask(functions, name, **args):
        return await functions.perform(FunctionCall(name, args))

    @pytest.mark.parametrize("names", [("hang",), ("hang", "hang_too"), ("block",), ("hang", "block", "sleeps")])
    @pytest.mark.parametrize("calls", [1, 40, 100])
    def test_others_are_answered_meanwhile_and_afterwards(self, functions, names, calls):
        async def play():
            hanging = [asyncio.ensure_future(self.ask(functions, name)) for name in names for _ in range(calls)]
            await asyncio.sleep(0.05)
            meanwhile = [(await self.ask(functions, "quick", n=n)).answer for n in range(20)]
            results = await asyncio.gather(*hanging)
            after = [(await self.ask(functions, name)).answer for name in ("quick", "quick_too") for _ in range(5)]
            return meanwhile, results, after

        meanwhile, results, after = asyncio.run(play())
        assert meanwhile == [str(n) for n in range(20)]
        assert after == ["1"] * 5 + ["2"] * 5
        assert {result.answer for result in results} == {"error"}
        assert not any("quick" in result.problem for result in results)

    def test_one_that_never_returned_often_enough_is_refused_at_once_by_its_name(self, functions):
        async def play():
            for _ in range(LOST_MOST):
                assert (await self.ask(functions, "hang")).problem.endswith("hang took longer than 0.3 s")
            loop = asyncio.get_running_loop()
            began = loop.time()
            refused = await self.ask(functions, "hang")
            return (
                refused,
                loop.time() - began,
                await self.ask(functions, "hang_too"),
                await self.ask(functions, "quick"),
            )

        refused, seconds, other, quick = asyncio.run(play())
        assert (
            f": hang is not called: {LOST_MOST} calls of it have not returned, and cannot be ended" in refused.problem
        )
        assert "functions.py:4: " in refused.problem
        assert seconds < 0.2
        assert other.problem.endswith("hang_too took longer than 0.3 s")
        assert quick.answer == "1"
        assert functions.exhausted == ""

    def test_it_is_called_again_once_they_have_returned(self, functions):
        async def play():
            for _ in range(LOST_MOST):
                await self.ask(functions, "hang")
            assert "is not called" in (await self.ask(functions, "hang")).problem
            await self.ask(functions, "leave")
            for _ in range(100):
                if (result := await self.ask(functions, "hang")).answer != "error":
                    return result
                await asyncio.sleep(0.02)
            return result

        assert asyncio.run(play()).answer == ""

    def test_a_new_text_is_called_at_once(self, functions, project):
        async def play():
            for _ in range(LOST_MOST):
                await self.ask(functions, "hang")
            project.path.write_text(dedent(HANGING).replace("def hang(): LEFT.wait(30)", "def hang(): return 5"))
            old = functions._module
            functions.reload()
            result = await self.ask(functions, "hang")
            old.leave()
            return result

        assert asyncio.run(play()).answer == "5"

    def test_one_that_could_not_begin_is_told_what_it_waited_for(self, functions, monkeypatch):
        functions._workers = Workers(2, "few", share=2, lost=8, ceiling=2)

        async def play():
            hanging = [asyncio.ensure_future(self.ask(functions, "hang")) for _ in range(2)]
            await asyncio.sleep(0.05)
            waited = await self.ask(functions, "quick")
            await asyncio.gather(*hanging)
            return waited

        waited = asyncio.run(play())
        assert waited.problem.endswith("quick did not begin within 0.3 s: the threads are busy with `hang` (2)")
        assert functions.exhausted == "functions that never return hold every thread, most of them `hang`"
        functions._module.leave()

    def test_an_async_one_that_was_held_up_by_another_is_told_which(self, functions):
        async def play():
            sleeping = asyncio.ensure_future(self.ask(functions, "sleeps"))
            await asyncio.sleep(0.1)
            blocking = asyncio.ensure_future(self.ask(functions, "block"))
            return await sleeping, await blocking, await self.ask(functions, "quick_too")

        sleeping, blocking, quick = asyncio.run(play())
        assert "sleeps was held up by `block`, which never gives way at " in sleeping.problem
        assert sleeping.problem.endswith("functions.py:10")
        assert "block took longer than 0.3 s" in blocking.problem
        assert quick.answer == "2"

    def test_an_async_one_waits_for_a_few_of_those_that_never_give_way_and_not_for_all(self, project, monkeypatch):
        monkeypatch.setattr(aside, "STUCK", 0.1)
        functions = project.write(HANGING, seconds=2)

        async def play():
            blocking = [asyncio.ensure_future(self.ask(functions, "block")) for _ in range(40)]
            await asyncio.sleep(0.01)
            quick = await self.ask(functions, "quick_too")
            problems = [(await task).problem for task in blocking]
            await self.ask(functions, "leave")
            return quick, problems

        quick, problems = asyncio.run(play())
        assert quick.answer == "2", quick.problem
        assert sum("block took longer than 2 s" in problem for problem in problems) == BLOCKED_MOST
        assert sum("block is not called" in problem for problem in problems) == 40 - BLOCKED_MOST

    def test_an_async_one_that_could_not_begin_is_told_what_it_waited_for(self, project, monkeypatch):
        monkeypatch.setattr(aside, "STUCK", 0.2)
        functions = project.write(HANGING, seconds=0.5)

        async def play():
            blocking = [asyncio.ensure_future(self.ask(functions, "block")) for _ in range(8)]
            await asyncio.sleep(0.01)
            waited = await self.ask(functions, "quick_too")
            await asyncio.gather(*blocking)
            await self.ask(functions, "leave")
            return waited

        waited = asyncio.run(play())
        assert waited.problem.endswith("quick_too did not begin within 0.5 s: it waited for `block` to give way")

    def test_an_async_one_that_blocks_again_and_again_is_refused(self, functions):
        async def play():
            problems = [(await self.ask(functions, "block")).problem for _ in range(BLOCKED_MOST + 1)]
            return problems, (await self.ask(functions, "quick_too")).answer

        problems, quick = asyncio.run(play())
        assert all("never gives way" in problem for problem in problems[:-1])
        assert f"block is not called: {BLOCKED_MOST} calls of it have not returned" in problems[-1]
        assert quick == "2"


class TestReload:
    def test_a_changed_file_is_read_again(self, tmp_path):
        path = tmp_path / "functions.py"
        functions = Functions(path)
        for number in range(3):  # quicker than any clock of a file system
            path.write_text(f"def f(): return {number}")
            assert functions.reload() == ""
            assert asyncio.run(functions.perform(FunctionCall("f", {}))).values == {"value": number}
        path.unlink()
        assert functions.reload() == ""
        assert asyncio.run(functions.perform(FunctionCall("f", {}))).answer == "error"

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("def f(:", "functions.py:1: SyntaxError: invalid syntax"),
            ("x = 1\n\nraise ValueError('no')", "functions.py:3: ValueError: no"),
            ("import no_such_module_here", "functions.py:1: ModuleNotFoundError: No module named"),
            ("import sys\nsys.exit(2)", "functions.py:2: SystemExit: 2"),
            ("x = 'a\0b'", "functions.py: SyntaxError: source code string cannot contain null bytes"),
        ],
    )
    def test_a_file_that_cannot_be_imported_leaves_the_last_good_one(self, tmp_path, text, problem):
        path = tmp_path / "functions.py"
        path.write_text("from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\ndef f(): return A(1)")
        functions = Functions(path)
        path.write_text(text)
        assert problem in functions.reload()
        assert problem in functions.reload(), "it is told as long as it stands"
        assert asyncio.run(functions.perform(FunctionCall("f", {}))).values == {"value": {"x": 1}}

    def test_one_that_never_was_good_says_why_at_each_call(self, tmp_path):
        path = tmp_path / "functions.py"
        path.write_text("def f(:")
        assert "functions.py:1: SyntaxError" in asyncio.run(Functions(path).perform(FunctionCall("f", {}))).problem

    def test_a_file_that_cannot_be_read(self, tmp_path):
        (tmp_path / "functions.py").mkdir()
        assert "cannot be read" in Functions(tmp_path / "functions.py").reload()


class TestImports:
    """An import that does not end, or ends badly, holds up nobody and is told with its place."""

    @pytest.fixture
    def hasty(self, monkeypatch):
        monkeypatch.setattr("engine.runtime.effects.functions.IMPORT_SECONDS", 0.3)

    def call(self, functions, name="f"):
        return asyncio.run(functions.perform(FunctionCall(name, {}))).values["value"]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("# coding: nope\ndef f(): return 2", "SyntaxError: unknown encoding: nope"),
            ("raise KeyboardInterrupt", "functions.py:1: KeyboardInterrupt"),
            ("raise SystemExit", "functions.py:1: SystemExit"),
            ("quit()", "functions.py:1: SystemExit"),
            ("x = 1\ndef g(): g()\ng()", "functions.py:2: RecursionError: maximum recursion depth exceeded"),
            ("x = " + "(" * 300 + ")" * 300, "functions.py:1: SyntaxError: too many nested parentheses"),
            ("x = " + "-" * 100_000 + "1", "functions.py: "),
            ("import os\nos._exit(3)", "functions.py:2: SyntaxError: `os._exit()` stops every import"),
            ("import os\nos.abort()", "functions.py:2: SyntaxError: `os.abort()` stops every import"),
            ("x = 1\nwhile True: pass", "functions.py:2: SyntaxError: this loop has no `break`"),
            ("class E(BaseException):\n    def __str__(self): raise ValueError\nraise E", "functions.py:3: E"),
            ("print('x' * 1_000_000)\n1 / 0", "functions.py:2: ZeroDivisionError: division by zero"),
            ("import sys; sys.modules.clear(); 1 / 0", "ZeroDivisionError"),
            ("del __builtins__\nf(1)", "NameError"),
            ("return 1", "functions.py:1: SyntaxError: 'return' outside function"),
        ],
    )
    def test_however_an_import_fails_the_last_good_functions_stay(self, tmp_path, text, problem, capsys):
        modules = dict(sys.modules)
        path = tmp_path / "functions.py"
        path.write_text("def f(): return 1")
        functions = Functions(path)
        path.write_text(text)
        try:
            assert problem in functions.reload()
        finally:
            sys.modules.update(modules)
        assert self.call(functions) == 1
        path.write_text("def f(): return 3")
        assert functions.reload() == ""
        assert self.call(functions) == 3

    @pytest.mark.parametrize(
        "wait",
        [
            "while not done: pass",
            "while not done: time.sleep(0.01)",
            "exec('while not done: pass')",
            "threading.Event().wait(60)",
        ],
    )
    def test_an_import_that_does_not_end_is_told_and_the_next_text_is_imported(self, tmp_path, hasty, wait):
        path = tmp_path / "functions.py"
        path.write_text("def f(): return 1")
        functions = Functions(path)
        path.write_text(f"import threading, time\ndone = []\n\n{wait}\ndef f(): return 2")
        expected = f"{path}:4: the import has not ended yet"
        assert functions.reload(patience=0.3) == expected
        assert functions.reload(patience=0.3) == expected, "it is not begun again"
        assert self.call(functions) == 1
        path.write_text("def f(): return 3")
        assert functions.reload() == ""
        assert self.call(functions) == 3

    def test_an_import_that_was_given_up_does_not_go_on_running(self, tmp_path, hasty):
        path = tmp_path / "functions.py"
        path.write_text("n = 0\nwhile n >= 0: n += 1")
        before = set(threading.enumerate())
        functions = Functions(path, patience=0.3)
        assert "functions.py:2: the import has not ended yet" in functions.problem
        assert (
            "functions.py:2: the import has not ended yet"
            in asyncio.run(functions.perform(FunctionCall("f", {}))).problem
        )
        functions.take(b"def f(): return 1")
        for _ in range(200):
            if not any(thread.name == "functions-import" for thread in set(threading.enumerate()) - before):
                break
            threading.Event().wait(0.02)
        else:
            raise AssertionError("it still runs")
        assert self.call(functions) == 1

    def test_a_slow_import_is_taken_when_it_ends(self, tmp_path, hasty, caplog):
        caplog.set_level(logging.INFO)
        path, flag = tmp_path / "functions.py", tmp_path / "flag"
        path.write_text(
            f"import pathlib, time\nwhile not pathlib.Path({str(flag)!r}).exists(): time.sleep(0.01)\ndef f(): return 1"
        )
        functions = Functions(path, patience=0)
        assert functions.problem
        flag.touch()
        for _ in range(500):
            if not functions.problem:
                break
            threading.Event().wait(0.01)
        assert self.call(functions) == 1
        assert f"{path} is imported now" in caplog.text

    def test_a_slow_import_that_fails_says_so(self, tmp_path, hasty, caplog):
        path, flag = tmp_path / "functions.py", tmp_path / "flag"
        path.write_text(
            f"import pathlib, time\nwhile not pathlib.Path({str(flag)!r}).exists(): time.sleep(0.01)\n1 / 0"
        )
        functions = Functions(path, patience=0)
        flag.touch()
        for _ in range(500):
            if "ZeroDivisionError" in functions.problem:
                break
            threading.Event().wait(0.01)
        assert functions.problem == f"{path}:3: ZeroDivisionError: division by zero"

    def test_the_start_waits_for_a_slow_import(self, tmp_path, hasty, caplog):
        caplog.set_level(logging.INFO)
        path = tmp_path / "functions.py"
        path.write_text("import time\ntime.sleep(0.6)\ndef f(): return 1")
        assert self.call(Functions(path)) == 1
        assert f"{path}:2: the import has not ended yet" in caplog.text

    def test_modules_beside_it_are_imported(self, tmp_path):
        (tmp_path / "beside_functions.py").write_text("VALUE = 5")
        (tmp_path / "functions.py").write_text("import beside_functions\ndef f(): return beside_functions.VALUE")
        assert self.call(Functions(tmp_path / "functions.py")) == 5
