"""Runs the project's own functions: `functions.py` beside the flows, read again when it was changed."""

import asyncio
import inspect
import logging
import threading
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from engine.document.folder import read_regular
from engine.program.holes import text_of
from engine.runtime.effects.aside import Aside
from engine.runtime.effects.effect import FunctionCall, Result
from engine.runtime.effects.importing import Import
from engine.runtime.effects.jsonable import jsonable
from engine.runtime.effects.secrets import log_fault
from engine.runtime.effects.workers import WAITING, Job, Stuck, Workers

FUNCTION_SECONDS = 10.0  # that a function may take; Twilio waits 15 for the whole turn
AT_ONCE = 32  # functions that block, at once, of which one may take half
LOST_MOST = 8  # calls of a function that never returned, after which it is refused
THREADS_MOST = 256  # at all
IMPORT_SECONDS = 5.0  # that a save waits for an import; after them it goes on by itself
FIRST_IMPORT_SECONDS = 30.0  # that the start waits
_SAID = 200  # characters of an exception's own words

log = logging.getLogger("touchtone")


class Functions:
    """The functions of a project.

    Imported once when they are made, unless they are `handed` to `take`; `reload` imports them again if the text was changed. What was good stays when a new text is
    not, or while its import goes on. `problem` says in one sentence, with its place, what is wrong with the text; "" if nothing is.
    """

    __slots__ = (
        "_aside",
        "_edition",
        "_import",
        "_late",
        "_lock",
        "_module",
        "_path",
        "_problem",
        "_seconds",
        "_text",
        "_workers",
    )

    def __init__(
        self,
        path: Path,
        *,
        seconds: float = FUNCTION_SECONDS,
        patience: float = FIRST_IMPORT_SECONDS,
        handed: bool = False,
    ) -> None:
        self._path, self._seconds = path, seconds
        self._workers = Workers(AT_ONCE, "function", share=AT_ONCE // 2, lost=LOST_MOST, ceiling=THREADS_MOST)
        self._aside = Aside("functions")
        self._module: ModuleType | None = None
        self._edition = 0  # of the module: what an earlier one left behind does not count against its functions
        self._text: bytes | None = None
        self._problem = ""
        self._import: Import | None = None  # that goes on
        self._late = False  # whether somebody was told that it does
        self._lock = threading.Lock()
        if not handed:
            self.reload(patience=patience)

    def reload(self, *, patience: float = IMPORT_SECONDS) -> str:
        """Imports what stands in the file, if it was changed, as `take` does; gives `problem`."""
        try:
            text: bytes | None = read_regular(self._path)
        except FileNotFoundError:
            text = None
        except OSError as error:
            self._problem = f"{self._path} cannot be read: {error.strerror or error}"
            return self._problem
        return self.take(text, patience=patience)

    def take(self, text: bytes | None, *, patience: float = IMPORT_SECONDS) -> str:
        """Imports a text of the file if it is another one than before; None is no file. Gives `problem`.

        It waits for `patience` seconds; an import that takes longer goes on meanwhile.
        """
        if text == self._text:
            return self.problem
        with self._lock:
            if self._import is not None:
                self._import.abandon()
            self._text, self._problem, self._late, self._import = text, "", False, None
            if text is None:
                self._module = None
                return ""
            going = self._import = Import(self._path, text, self._imported)
        if not going.wait(min(patience, IMPORT_SECONDS)):
            self._late = True
            if patience > IMPORT_SECONDS:
                log.info("%s", self.problem)
                going.wait(patience - IMPORT_SECONDS)
        return self.problem

    @property
    def loaded(self) -> bool:
        """Whether some text was imported, so that its functions can be called."""
        return self._module is not None

    @property
    def problem(self) -> str:
        """What is wrong with the text; an import that goes on says where."""
        going = self._import
        if going is None:
            return self._problem
        return f"{going.place}: the import has not ended yet"

    def _imported(self, ended: Import) -> None:
        """Takes what came of an import, in its thread, unless there is a newer text."""
        with self._lock:
            if self._import is not ended:
                return
            self._import = None
            if ended.error is None:
                self._module = ended.module
                self._edition += 1
            else:
                self._problem = f"{_place(self._path, ended.error)}: {_said(ended.error)}"
                log.debug("%s was not imported", self._path, exc_info=ended.error)
            if self._late:
                log.info("%s", self._problem or f"{self._path} is imported now")

    async def perform(self, call: FunctionCall) -> Result:
        """What a function returned, or why it did not; never raises but when it is cancelled."""
        function = self._find(call.name)
        if function is None:
            return _failed(self.problem or f"there is no function `{call.name}` in {self._path}")
        try:
            arguments = _bound(function, call.args)
        except (TypeError, ValueError) as error:
            return _failed(f"{_defined(self._path, function)}: {call.name}: {error}")
        job = Job(call.name, self._edition)
        task = asyncio.ensure_future(self._run(function, job, *arguments))
        try:
            await asyncio.wait({task}, timeout=self._seconds)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            task.cancel()
            task.add_done_callback(_overlook)
            why = await self._why_late(job, inspect.iscoroutinefunction(function))
            return _failed(f"{_defined(self._path, function)}: {call.name} {why}")
        if task.cancelled():
            return _failed(f"{_defined(self._path, function)}: {call.name} was cancelled")
        fault = task.exception()
        if isinstance(fault, Stuck):
            return _failed(
                f"{_defined(self._path, function)}: {call.name} is not called: "
                f"{fault.calls} calls of it have not returned, and cannot be ended"
            )
        if fault is not None:
            place = _place(self._path, fault, _defined(self._path, function))
            log_fault(log, fault, f"{place}: {call.name}: {_said(fault)}")
            return _failed(f"{place}: {call.name}: {_said(fault)}")
        try:
            value = jsonable(task.result())
        except (TypeError, OverflowError) as error:
            return _failed(f"{_defined(self._path, function)}: {call.name} returned what a call cannot keep: {error}")
        except Exception as error:  # of the value's own methods
            return _failed(
                f"{_defined(self._path, function)}: {call.name} returned what cannot be read: {_said(error)}"
            )
        return Result(text_of(value), {"value": value})

    async def _why_late(self, job: Job, is_async: bool) -> str:
        """What a function did that did not return in time, or what kept it from doing anything."""
        took = f"took longer than {self._seconds:g} s"
        blocker = await self._aside.blocker() if is_async else None
        if blocker is not None:
            line = _line_in(self._path, blocker.frame)
            if blocker.job is job:
                return f"{took}, and never gives way{line}: use `await`, or `def` in place of `async def`"
            return f"was held up by `{blocker.job.name}`, which never gives way{line}"
        if job.state == WAITING and is_async:
            names = ", ".join(f"`{name}`" for name in self._aside.blockers()[:3])
            return f"did not begin within {self._seconds:g} s: it waited for {names or 'others'} to give way"
        if job.state == WAITING:
            busy = ", ".join(f"`{name}` ({number})" for name, number in self._workers.busy()[:3])
            return f"did not begin within {self._seconds:g} s: the threads are busy with {busy}"
        return took

    @property
    def exhausted(self) -> str:
        """Why no function can be called any more, in one sentence; "" if some can."""
        if not (self._workers.exhausted or self._aside.exhausted):
            return ""
        names = ", ".join(f"`{name}`" for name, _ in self._workers.busy()[:3])
        return f"functions that never return hold every thread{f', most of them {names}' if names else ''}"

    def _find(self, name: str) -> Callable[..., object] | None:
        found = getattr(self._module, name, None) if not name.startswith("_") else None
        return found if callable(found) else None

    async def _run(
        self, function: Callable[..., object], job: Job, args: list[object], kwargs: dict[str, object]
    ) -> object:
        try:
            if inspect.iscoroutinefunction(function):
                return await self._aside.run(lambda: _awaited(function(*args, **kwargs)), job)
            value = await self._workers.run(lambda: function(*args, **kwargs), job)
            if inspect.isawaitable(value):
                return await self._aside.run(lambda: _awaited(value), Job(job.name, self._edition))
            return value
        except (SystemExit, KeyboardInterrupt) as error:  # a task would end the server with it
            raise _ended(error) from error


async def _awaited(value: Awaitable[object]) -> object:
    try:
        return await value
    except (SystemExit, KeyboardInterrupt) as error:  # and here the thread
        raise _ended(error) from error


def _ended(error: BaseException) -> RuntimeError:
    return RuntimeError(f"{type(error).__name__}: {error}")


def _bound(function: Callable[..., object], given: Mapping[str, Any]) -> tuple[list[object], dict[str, object]]:
    """Arguments as Python takes them: those that have no name for callers go by their place. Raises TypeError for wrong ones."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # of some that are written in C
        return [], dict(given)
    kwargs = dict(given)
    args: list[object] = []
    for parameter in signature.parameters.values():
        if parameter.kind is not parameter.POSITIONAL_ONLY or parameter.name not in kwargs:
            break
        args.append(kwargs.pop(parameter.name))
    signature.bind(*args, **kwargs)
    return args, kwargs


def _place(path: Path, error: BaseException, otherwise: str = "") -> str:
    """`file:line` of the project's own code where it happened."""
    if isinstance(error, SyntaxError) and error.filename == str(path) and error.lineno:
        return f"{path}:{error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path}:{lines[-1]}" if lines else otherwise or str(path)


def _defined(path: Path, function: Callable[..., object]) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code is not None else str(path)


def _line_in(path: Path, frame: FrameType | None) -> str:
    """Where in the project's own code a frame is, as ` at file:line`; "" if it is nowhere in it."""
    while frame is not None:
        if frame.f_code.co_filename == str(path):
            return f" at {path}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _said(error: BaseException) -> str:
    """An exception in one line."""
    try:
        words = " ".join((error.msg if isinstance(error, SyntaxError) else str(error)).split())
    except Exception:  # one that fails to say what it is
        words = ""
    if len(words) > _SAID:
        words = words[:_SAID] + "…"
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _failed(problem: str) -> Result:
    return Result("error", {"value": None}, problem)


def _overlook(task: "asyncio.Future[object]") -> None:
    """Takes note of what a function came to after its time, so that nobody is told of it."""
    if not task.cancelled():
        task.exception()
