"""Keeps several processes that answer on one port: replaces those that die, hands them new versions, and ends them in good order."""

import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from types import FrameType
from typing import Any

from engine.server.hangups import take_hangups
from engine.server.running import LAST_WORDS
from engine.server.worker import Ready, Refused, Start, Switched, VersionTexts

STEADY_SECONDS = 5.0
"""A worker that answered for so long is replaced at once when it dies; another one after a pause that doubles each time."""
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 10.0
NOBODY_SECONDS = 2.0
"""The longest pause while no worker answers: Twilio waits 15 seconds."""
STARTS_TRIED = 3
"""So many workers may die before any has ever answered."""

log = logging.getLogger("touchtone")


class CannotServe(Exception):
    """No worker can serve; the message is one sentence for the person who runs the server."""


@dataclass(eq=False, slots=True)
class _Worker:
    """The process of one number, or the time from which the next may be started. `outbox` is what it has yet to be told."""

    number: int
    process: subprocess.Popen[bytes] | None = None
    line: Connection | None = None
    outbox: "SimpleQueue[object]" = field(default_factory=SimpleQueue)
    ready_at: float = 0.0  # 0.0 until it answers
    failures: int = 0  # in a row
    not_before: float = 0.0


class Supervisor:
    """Runs `count` workers until SIGINT or SIGTERM.

    `command` starts one; it is given the numbers of two descriptors more: its line to here, and the listening socket. Processes
    are started anew, not forked: this one has threads. The socket is shared, so that a connection waits for any worker.
    `read` reads the flows anew for SIGHUP, in a thread of its own: the texts to serve, None to stay with what is served.
    `answers` is called when the first worker does.
    """

    def __init__(
        self,
        command: Sequence[str],
        count: int,
        start: Start,
        listener: socket.socket,
        *,
        read: Callable[[], VersionTexts | None],
        answers: Callable[[], None],
    ) -> None:
        self._command, self._start, self._listener = command, start, listener
        self._read, self._answers = read, answers
        self._workers = [_Worker(number) for number in range(1, count + 1)]
        self._woken, self._wake = socket.socketpair()
        self._signals: list[int] = []
        self._fresh: SimpleQueue[VersionTexts | None] = SimpleQueue()
        self._reading = False
        self._again = False  # asked to read while it was read
        self._awaited: set[int] = set()  # the workers that have yet to switch to the version handed on last
        self._switched = 0  # how many have
        self._answered = False  # whether any worker ever did
        self._deaths = 0  # of workers that never answered, until one does
        self._ending = False

    def run(self) -> None:
        """Serves; raises CannotServe if no worker can."""
        with ExitStack() as undo:
            undo.callback(self._kill)
            undo.callback(self._woken.close)
            undo.callback(self._wake.close)
            self._woken.setblocking(False)
            self._wake.setblocking(False)
            for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
                undo.callback(signal.signal, sign, signal.signal(sign, self._noted))
            undo.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False))
            take_hangups()
            while not self._ending:
                self._begin()
                self._wait()
                self._hear()
                self._bury()
                self._act()
                self._hand_on()
            self._drain()

    def _noted(self, sign: int, frame: FrameType | None) -> None:
        self._signals.append(sign)

    def _begin(self) -> None:
        """Starts the workers that are missing."""
        now = time.monotonic()
        for worker in self._workers:
            if worker.process is None and worker.not_before <= now:
                self._spawn(worker)

    def _spawn(self, worker: _Worker) -> None:
        outbox: SimpleQueue[object] = SimpleQueue()
        outbox.put(list(sys.path))
        outbox.put(replace(self._start, number=worker.number))
        try:
            ours, theirs = socket.socketpair()
            with theirs:
                line = Connection(ours.detach())
                try:
                    # A thread for each: a worker that does not read holds up nobody else. It closes the line in the end.
                    threading.Thread(target=_tell, args=(line, outbox), daemon=True).start()
                except RuntimeError:
                    line.close()
                    raise
                descriptors = (theirs.fileno(), self._listener.fileno())
                try:
                    worker.process = subprocess.Popen(
                        [*self._command, *map(str, descriptors)], pass_fds=descriptors, stdin=subprocess.DEVNULL
                    )
                except OSError:
                    outbox.put(None)
                    raise
        except (OSError, RuntimeError) as error:  # no descriptor, no process, no thread is to be had
            self._failed(worker)
            pause = worker.not_before - time.monotonic()
            why = getattr(error, "strerror", None) or error
            log.error("worker %d cannot be started: %s; tried again in %.1f seconds", worker.number, why, pause)
            return
        worker.line, worker.outbox, worker.ready_at = line, outbox, 0.0

    def _wait(self) -> None:
        """Waits until a worker says something or dies, a signal comes, or a worker is to be started."""
        now = time.monotonic()
        due = [worker.not_before - now for worker in self._workers if worker.process is None]
        lines = [worker.line for worker in self._workers if worker.line is not None]
        wait([self._woken, *lines], max(0.0, min(due)) if due else None)
        with suppress(BlockingIOError):
            while self._woken.recv(4096):
                pass

    def _hear(self) -> None:
        """Takes what the workers say."""
        for worker in self._workers:
            try:
                while worker.line is not None and worker.line.poll():
                    self._take(worker, worker.line.recv())
            except (EOFError, OSError):
                worker.line = None  # it is gone, or about to be

    def _take(self, worker: _Worker, message: Any) -> None:
        if isinstance(message, Ready):
            worker.ready_at = time.monotonic()
            self._deaths = 0
            if message.version == self._start.texts.version:  # else it is told of a newer one in a moment
                self._take(worker, Switched(message.version, message.imported))
            if not self._answered:
                self._answered = True
                self._answers()
        elif isinstance(message, Switched):
            if message.imported and message.version == self._start.texts.version:
                self._start = replace(self._start, good=self._start.texts)
            if worker.number in self._awaited:
                self._awaited.remove(worker.number)
                self._switched += bool(message.version)
                if not self._awaited:
                    version, count = self._start.texts.version, len(self._workers)
                    log.info("version %s is served by %d of %d workers", version, self._switched, count)
        elif isinstance(message, Refused):
            if not self._answered:
                raise CannotServe(message.why)
            log.error("worker %d cannot serve: %s", worker.number, message.why)

    def _bury(self) -> None:
        """Finds the workers that have died; they are replaced."""
        for worker in self._workers:
            if worker.process is None or (status := worker.process.poll()) is None:
                continue
            how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
            lived = time.monotonic() - worker.ready_at if worker.ready_at else 0.0
            worker.process = worker.line = None
            worker.outbox.put(None)
            if lived >= STEADY_SECONDS:
                worker.failures = 0
                log.warning("worker %d %s; it is replaced", worker.number, how)
            else:
                self._failed(worker)
                pause = worker.not_before - time.monotonic()
                log.warning("worker %d %s; it is replaced in %.1f seconds", worker.number, how, pause)
            if not self._answered:
                self._deaths += 1
                if self._deaths >= STARTS_TRIED:
                    raise CannotServe(f"no worker could be started: {self._deaths} died before they answered")

    def _failed(self, worker: _Worker) -> None:
        worker.failures += 1
        answering = any(one.process is not None and one.ready_at for one in self._workers)
        longest = LONGEST_PAUSE_SECONDS if answering else NOBODY_SECONDS
        pause = min(PAUSE_SECONDS * 2 ** min(worker.failures - 1, 10), longest)
        worker.not_before = time.monotonic() + pause

    def _act(self) -> None:
        """Does what the signals say."""
        signals, self._signals = self._signals, []
        if signal.SIGINT in signals or signal.SIGTERM in signals:
            self._ending = True
        elif signal.SIGHUP in signals:
            if self._reading:
                self._again = True
            else:
                try:
                    threading.Thread(target=self._reread, name="flows", daemon=True).start()
                    self._reading = True
                except RuntimeError as error:
                    log.error("the flows cannot be read again: %s", error)

    def _reread(self) -> None:
        texts = None
        try:
            texts = self._read()
        except Exception:
            log.exception("the flows could not be read again; the last good version stays in service")
        self._fresh.put(texts)
        with suppress(OSError):  # it ends meanwhile
            self._wake.send(b"\0")

    def _hand_on(self) -> None:
        """Hands a version that was read to every worker."""
        while not self._fresh.empty():
            texts, self._reading = self._fresh.get(), False
            if texts is not None and texts != self._start.texts:
                self._start = replace(self._start, texts=texts)
                # One that has died is awaited too: the next of its number begins with this version.
                self._awaited, self._switched = {worker.number for worker in self._workers}, 0
                for worker in self._workers:
                    worker.outbox.put(texts)
            if self._again:
                self._again = False
                self._signals.append(signal.SIGHUP)
                self._act()

    def _drain(self) -> None:
        """Lets the workers finish their turns; a second Ctrl-C, or a worker that takes too long, ends them at once.

        SIGTERM may come twice where somebody means it once: to this process, and to its group.
        """
        for worker in self._workers:
            if worker.process is not None:
                with suppress(ProcessLookupError):
                    worker.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + self._start.settings.grace + 2 * LAST_WORDS + 1.0
        while time.monotonic() < until and signal.SIGINT not in self._signals:
            if all(worker.process is None or worker.process.poll() is not None for worker in self._workers):
                return
            wait([self._woken], 0.2)
            with suppress(BlockingIOError):
                self._woken.recv(4096)
        log.warning("workers that were still at work are ended")

    def _kill(self) -> None:
        for worker in self._workers:
            worker.outbox.put(None)
            if worker.process is not None and worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()


def _tell(line: Connection, outbox: "SimpleQueue[object]") -> None:
    """Sends what is put into the outbox, until None is, and closes the line; what a worker that is gone does not hear, the next one begins with."""
    gone = False
    with line:
        while (message := outbox.get()) is not None:
            if not gone:
                try:
                    line.send(message)
                except OSError:
                    gone = True
