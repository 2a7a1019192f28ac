"""Callers and writers who order something, whatever becomes of the servers: they ask again as Twilio does."""

import asyncio
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urljoin, urlsplit

PATIENCE = 60.0  # seconds until a caller gives up
ANSWER_SECONDS = 15.0  # that Twilio waits for one answer
AGAIN_SECONDS = 0.3
PAUSE = (0.2, 0.8)  # seconds between the turns of a call
REPEATED = 0.1  # of all requests come again although they were answered
FOLDER = "https://example.com/flows/"

_SAID = re.compile(r"<(?:Say|Message)[^>]*>([^<]*)</")
_ACTION = re.compile(r' action="([^"]*)"')


@dataclass
class Tally:
    """What became of calls: `outcomes` by the id of an order; the others are sentences about what went wrong."""

    calls: int = 0
    kills: int = 0
    turns: int = 0
    repeats: int = 0
    deployments: int = 0
    seconds: float = 0.0
    outcomes: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def unsure(self) -> int:
        return sum(outcome == "unsure" for outcome in self.outcomes.values())

    def line(self, name: str, seconds: float) -> str:
        """A line of the table."""
        self.seconds = seconds
        counts = (self.kills, self.calls, self.turns, self.repeats, self.deployments, self.unsure)
        wrong = (len(self.lost), len(self.doubled), len(self.errors))
        widths = (5, 6, 6, 8, 12, 7, 5, 8, 4)
        figures = " ".join(f"{count:{width}}" for count, width in zip((*counts, *wrong), widths, strict=True))
        return f"{name:24} {figures} {seconds:8.0f}"

    def add(self, other: "Tally") -> None:
        """Adds what became of other calls."""
        self.calls += other.calls
        self.kills += other.kills
        self.turns += other.turns
        self.repeats += other.repeats
        self.deployments += other.deployments
        self.seconds += other.seconds
        self.outcomes |= {f"{len(self.outcomes)} {name}": outcome for name, outcome in other.outcomes.items()}
        self.lost += other.lost
        self.doubled += other.doubled
        self.errors += other.errors


class Lost(Exception):
    """A call did not go on as it should have; the sentence says how."""


@dataclass
class Line:
    """One call or conversation: what Twilio asks for it, of whichever server answers."""

    ports: Sequence[int]
    entry: str
    tally: Tally
    cut: bool = False  # the latest answer did not come at first

    async def ask(self, address: str, sent: Mapping[str, str]) -> tuple[str, str]:
        """The answer to a request, with the URL that it came from; asked for again until it comes."""
        token, until = f"{random.getrandbits(64):x}", time.monotonic() + PATIENCE
        asked = [(address, dict(sent), token)]
        self.cut = False
        while True:
            url, params, used = asked[-1]
            try:
                body = await self._post(url, params, used)
                break
            except (OSError, EOFError, TimeoutError):
                if time.monotonic() > until:
                    raise Lost(f"no answer within {PATIENCE:g} seconds from {address}") from None
                self.tally.repeats += 1
                self.cut = True
                await asyncio.sleep(AGAIN_SECONDS)
                # Twilio asks again with the same token, then the fallback URL, with another one.
                if len(asked) % 2:
                    asked.append((address, dict(sent), token))
                else:
                    failed = {**sent, "ErrorCode": "11200", "ErrorUrl": address}
                    asked.append((self.entry, failed, f"{random.getrandbits(64):x}"))
        self.tally.turns += 1
        if random.random() < REPEATED:
            self.tally.repeats += 1
            try:
                again = await self._post(url, params, used)
            except (OSError, EOFError, TimeoutError):
                again = body  # killed meanwhile
            if again != body:
                raise Lost(f"{url} answered {said(body)!r}, and {said(again)!r} when it was asked again")
        return url, body

    async def _post(self, url: str, params: Mapping[str, str], token: str) -> str:
        parts = urlsplit(url)
        form = urlencode(params).encode()
        head = (
            f"POST {parts.path}{'?' + parts.query if parts.query else ''} HTTP/1.1\r\nhost: example.com\r\n"
            f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(form)}\r\n"
            f"i-twilio-idempotency-token: {token}\r\nconnection: close\r\n\r\n"
        )
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", random.choice(self.ports))
            try:
                writer.write(head.encode() + form)
                await writer.drain()
                found = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"content-length: (\d+)", found, re.IGNORECASE)
                body = (await reader.readexactly(int(length[1]) if length else 0)).decode()
            finally:
                writer.close()
        status = int(found.split()[1])
        if status >= 500:
            self.tally.errors.append(f"{url} answered with the status {status}")
        elif status != 200:
            raise Lost(f"{url} answered with the status {status}")
        return body


def said(body: str) -> str:
    """The words of a document."""
    return " ".join(map(unescape, _SAID.findall(body)))


def expect(body: str, wanted: str) -> None:
    """Raises Lost if a document says something else."""
    if said(body) != wanted:
        raise Lost(f"heard {said(body)!r} instead of {wanted!r}")


async def call(ports: Sequence[int], number: int, tally: Tally) -> None:
    """A call that presses some keys, and orders."""
    sid = f"CA{number:032x}"
    line = Line(ports, f"{FOLDER}keys", tally)
    caller = {"CallSid": sid, "From": "+15550001111", "To": "+15550002222", "Direction": "inbound"}
    pressed = ""
    try:
        url, body = await line.ask(line.entry, {**caller, "CallStatus": "ringing"})
        words = said(body).partition(":")[0]  # those of the version that the call began with
        expect(body, f"{words}: .")
        for key in [*(str(random.randrange(9)) for _ in range(random.randrange(3, 6))), "9"]:
            await asyncio.sleep(random.uniform(*PAUSE))
            action = _ACTION.search(body)
            if action is None:
                raise Lost(f"asked for nothing, but said {said(body)!r}")
            address = urljoin(url, unescape(action[1]))
            url, body = await line.ask(address, {**caller, "CallStatus": "in-progress", "Digits": key})
            if key != "9":
                pressed += key
                expect(body, f"{words}: {pressed}.")
        _end(line, sid, body, words, pressed)
    except Lost as why:
        tally.lost.append(f"{sid}: {why}")


async def converse(ports: Sequence[int], number: int, tally: Tally) -> None:
    """A conversation by message that orders."""
    person = f"+1666{number:07}"
    line = Line(ports, f"{FOLDER}talk", tally)
    name, day = f"Ann{number}", random.choice(("Monday", "Friday"))
    try:
        body, words = "", ""
        for turn, text in enumerate(("hi", name, day)):
            sent = {"MessageSid": f"SM{number:030x}{turn:02}", "From": person, "To": "+15550002222", "Body": text}
            _, body = await line.ask(line.entry, {**sent, "SmsStatus": "received"})
            if turn == 0:
                words = said(body).partition(" 1.")[0]
                expect(body, f"{words} 1. Your name?")
            elif turn == 1:
                expect(body, f"{words}, {name}. Which day?")
            await asyncio.sleep(random.uniform(*PAUSE))
        _end(line, person, body, words, f"{name}, {day}")
    except Lost as why:
        tally.lost.append(f"{person}: {why}")


def _end(line: Line, name: str, body: str, words: str, ordered: str) -> None:
    outcome = "unsure" if ", unsure: " in said(body) else "ordered"
    expect(body, f"{words}, {outcome}: {ordered}.")
    if outcome == "unsure" and not line.cut:
        raise Lost(f"heard {said(body)!r}, although no server was killed in this turn")
    line.tally.outcomes[name] = outcome
