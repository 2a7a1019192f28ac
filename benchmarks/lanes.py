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
FEW = 8  # lanes of those who are not measured
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


class Turn(NamedTuple):
    """A request as it goes over the line, and the body that must come back."""

    request: bytes
    answer: bytes


class Unexpected(Exception):
    """A server answered something else than it should: whatever was measured is worth nothing."""


class Lane:
    """One connection, with one request on its way at most."""

    __slots__ = ("answer", "due", "received", "socket", "turns")

    def __init__(self, port: int, turns: list[Turn] | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.turns: Iterator[Turn] = iter(turns or [])
        self.received = b""
        self.due: deque[float] = deque()

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
def _lanes(port: int, calls: list[list[Turn]], lanes: int = LANES) -> Iterator[dict[int, Lane]]:
    """The calls shared out: each lane takes one call after another, turn by turn."""
    assert len(calls) % lanes == 0, "every lane makes as many calls"
    shared: list[list[Turn]] = [[] for _ in range(lanes)]
    for number, call in enumerate(calls):
        shared[number % lanes].extend(call)
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
    """Seconds until all calls were made: on every lane a request follows the answer at once (closed loop)."""
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


def at_a_rate(port: int, calls: list[list[Turn]], rate: float, beside: list[list[Turn]] | None = None) -> list[float]:
    """The latency of each turn in seconds, in order, when so many a second come in whatever the server does (open loop).

    Counted from the time at which a turn was due: one that had to wait for its lane is as late as its caller finds it.
    Meanwhile the calls `beside` are made on lanes of their own, as fast as possible, and are not measured.
    """
    with _lanes(port, calls) as lanes, _lanes(port, beside or [], FEW) as others, select.epoll() as poll:
        for number in (*lanes, *others):
            poll.register(number, select.EPOLLIN)
        for other in others.values():
            other.send()
        order, begun = list(lanes.values()), 0
        latencies: list[float] = []
        total = sum(len(call) for call in calls)
        began = perf_counter()
        while len(latencies) < total:
            # Never asleep: a timer would be late by as much as is measured.
            while begun < total and perf_counter() >= (due := began + begun / rate):
                lane = order[begun % LANES]
                if not lane.due:
                    lane.send()
                lane.due.append(due)
                begun += 1
            for number, _ in poll.poll(0):
                if number in others:
                    if others[number].receive():
                        others[number].send()
                    continue
                lane = lanes[number]
                if lane.receive():
                    latencies.append(perf_counter() - lane.due.popleft())
                    if lane.due:
                        lane.send()
        return latencies
