"""Imports the text of `functions.py` in a thread of its own: an import that does not end holds up nobody."""

import ast
import ctypes
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from engine.model.functions.importing import fatal_stop

MODULE = "touchtone_functions"  # under this name it is imported: nothing else is called so


class Import:
    """The import of one text, which begins when it is made; `done` is called when it has ended, in a thread of its own."""

    __slots__ = ("_done", "_ended", "_path", "_text", "_thread", "error", "module")

    def __init__(self, path: Path, text: bytes, done: "Callable[[Import], None]") -> None:
        self._path, self._text, self._done = path, text, done
        self.module: ModuleType | None = None  # what came of it
        self.error: BaseException | None = None  # what it raised
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="functions-import", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within some seconds."""
        return self._ended.wait(seconds)

    @property
    def place(self) -> str:
        """`file:line` of what is being carried out."""
        frame = sys._current_frames().get(self._thread.ident or 0)
        while frame is not None and frame.f_code.co_filename != str(self._path):
            frame = frame.f_back
        return f"{self._path}:{frame.f_lineno}" if frame is not None else str(self._path)

    def abandon(self) -> None:
        """Ends it if it runs Python. What waits for the system ends when that answers, and costs nothing meanwhile."""
        if not self._ended.is_set() and self._thread.ident is not None:
            # The only way to end a thread from outside (Python/C API, PyThreadState_SetAsyncExc).
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread.ident), ctypes.py_object(SystemExit))

    def _run(self) -> None:
        try:
            self.module = _import(self._path, self._text)
        except BaseException as error:  # SystemExit and KeyboardInterrupt end the import, not the server
            self.error = error
        self._done(self)
        self._ended.set()


def _import(path: Path, text: bytes) -> ModuleType:
    """The module of a text; raises whatever it raises. Modules that lie beside it can be imported by it."""
    code = compile(text, str(path), "exec", dont_inherit=True)
    stop = fatal_stop(ast.parse(text))
    if stop is not None:
        raise SyntaxError(stop.title, (str(path), stop.node.lineno, 1, None))
    folder = str(path.parent.resolve())
    if folder not in sys.path:
        sys.path.append(folder)  # at the end: a `json.py` among the flows is not Python's
    module = ModuleType(MODULE)
    module.__file__ = str(path)
    before = sys.modules.get(MODULE)
    sys.modules[MODULE] = module  # dataclasses look their module up there
    try:
        exec(code, module.__dict__)
    except BaseException:
        if sys.modules.get(MODULE) is module:
            if before is None:
                del sys.modules[MODULE]
            else:
                sys.modules[MODULE] = before
        raise
    return module
