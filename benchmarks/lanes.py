"""The load: keep-alive connections that send requests made in advance, and compare each answer."""

import gc
import re
import select
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple

LANES = 32
_TICK = 0.001  # seconds between two looks at what is due
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


class Turn(NamedTuple):
    """A request as it goes over the line, and the body that must come back."""

    request: bytes
    answer: bytes


class Unexpected(Exception):
    """A server answered something else than it should: whatever was measured is worth nothing."""


class Lane:
    """One connection, with one request on its way at most."""

    __slots__ = ("answer", "received", "socket", "turns")

    def __init__(self, port: int, turns: list[Turn] | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.turns: Iterator[Turn] = iter(turns or [])
        self.received = b""

    def send(self) -> bool:
        """Sends the next request; False when there is none."""
        turn = next(self.turns, None)
        if turn is None:
            return False
        request, self.answer = turn
        self.socket.send(request)
        return True

    def receive(self) -> bool:
        """Whether the answer is complete now; raises Unexpected if it is another one."""
        received = self.received + self.socket.recv(65536)
        # Comparing the end is enough, and costs the load less than reading HTTP.
        if received.endswith(self.answer):
            self.received = b""
            return True
        self.received = received
        if not received or _body(received) is not None:
            raise Unexpected(f"expected …{self.answer!r}, got {received!r}")
        return False

    def exchange(self, request: bytes) -> bytes:
        """The body of the answer to a request, whatever it is."""
        self.socket.sendall(request)
        received = b""
        while (body := _body(received)) is None:
            chunk = self.socket.recv(65536)
            if not chunk:
                raise Unexpected(f"the connection was closed after {received!r}")
            received += chunk
        if not received.startswith(b"HTTP/1.1 200 "):
            raise Unexpected(f"got {received!r}")
        return body

    def close(self) -> None:
        """Ends the connection."""
        self.socket.close()


def _body(received: bytes) -> bytes | None:
    """The body in a response, once all of it is there."""
    head, blank, body = received.partition(b"\r\n\r\n")
    length = _LENGTH.search(head + b"\r\n")
    return body if blank and length and len(body) >= int(length[1]) else None


@contextmanager
def _lanes(port: int, calls: list[list[Turn]]) -> Iterator[dict[int, Lane]]:
    """The calls shared out: each lane takes one call after another, turn by turn."""
    assert len(calls) % LANES == 0, "every lane makes as many calls"
    shared: list[list[Turn]] = [[] for _ in range(LANES)]
    for number, call in enumerate(calls):
        shared[number % LANES].extend(call)
    opened = [Lane(port, turns) for turns in shared]
    gc.collect()
    gc.disable()
    try:
        yield {lane.socket.fileno(): lane for lane in opened}
    finally:
        gc.enable()
        for lane in opened:
            lane.close()


def as_fast_as_possible(port: int, calls: list[list[Turn]]) -> float:
    """Makes all calls; the seconds that it took. On every lane a request follows the answer at once (closed loop)."""
    with _lanes(port, calls) as lanes, select.epoll() as poll:
        for number in lanes:
            poll.register(number, select.EPOLLIN)
        began = perf_counter()
        busy = sum([lane.send() for lane in lanes.values()])
        while busy:
            for number, _ in poll.poll():
                lane = lanes[number]
                if lane.receive() and not lane.send():
                    busy -= 1
        return perf_counter() - began


def at_rate(port: int, calls: list[list[Turn]], rate: float) -> float:
    """Makes all calls, `rate` turns a second on all lanes together, as telephones would ask; the seconds that it took.

    A turn that is due while its lane still waits for an answer is sent with that answer: on a server that keeps up there is none.
    """
    with _lanes(port, calls) as lanes, select.epoll() as poll:
        for number in lanes:
            poll.register(number, select.EPOLLIN)
        began, sent = perf_counter(), 0
        due, waiting = deque(lanes.values()), set[int]()
        while due or waiting:
            while due and sent < (perf_counter() - began) * rate:
                lane = due.popleft()
                if lane.send():
                    waiting.add(lane.socket.fileno())
                    sent += 1
            for number, _ in poll.poll(_TICK):
                if lanes[number].receive():
                    waiting.remove(number)
                    due.append(lanes[number])
        return perf_counter() - began
