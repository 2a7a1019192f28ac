"""What Twilio told a process that stopped is kept until another has played it."""

import asyncio

import pytest

from engine.runtime.request import Reply, Request
from engine.runtime.stores import StoreBusy
from engine.runtime.stores.records import LARGEST_RECORD, MemoryRecords
from engine.runtime.told_again import keep_for_later, play_kept
from tests.conftest import NOON

TOLD = Request(
    "f", "told", NOON, {"CallSid": "CA1", "RecordingStatus": "completed", "Ä": "\ud800"}, {"_c": "CA1"}, {"who": "Ann"}, "../", "T", "https://x/flows/"
)  # fmt: skip


class Played:
    """Answers with a status, and remembers what it was asked."""

    def __init__(self, status: int = 200) -> None:
        self.status, self.requests = status, []

    async def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        return Reply(b"", self.status)


def kept(*requests: Request) -> MemoryRecords:
    records = MemoryRecords(lambda: 0.0)
    for request in requests:
        asyncio.run(keep_for_later(request, records))
    return records


def play(records: MemoryRecords, status: int = 200) -> list[Request]:
    played = Played(status)
    asyncio.run(play_kept(records, played.answer, lambda: NOON))
    return played.requests


def test_it_is_played_as_it_came_and_once():
    other = TOLD.replaced(params={"CallSid": "CA2", "RecordingStatus": "absent"})
    records = kept(TOLD, other)
    assert play(records) == [TOLD, other]
    assert play(records) == []


def test_what_was_not_taken_is_played_again():
    records = kept(TOLD)
    assert play(records, 503) == [TOLD]
    assert play(records) == [TOLD]
    assert play(records) == []


def test_it_waits_for_a_store_that_is_away():
    async def away(request: Request) -> Reply:
        raise StoreBusy("the store is away")

    records = kept(TOLD)
    with pytest.raises(StoreBusy):
        asyncio.run(play_kept(records, away, lambda: NOON))
    assert play(records) == [TOLD]


def test_one_that_fails_holds_up_no_other(caplog):
    async def broken(request: Request) -> Reply:
        raise RuntimeError("no answer")

    records = kept(TOLD)
    asyncio.run(play_kept(records, broken, lambda: NOON))
    assert "could not be played: f/told" in caplog.text
    assert play(records) == []


def test_what_is_told_meanwhile_is_not_lost():
    records, other = kept(TOLD), TOLD.replaced(token="U")

    async def meanwhile(request: Request) -> Reply:
        await keep_for_later(other, records)
        return Reply(b"")

    asyncio.run(play_kept(records, meanwhile, lambda: NOON))
    assert play(records) == [other]


def test_what_is_cut_off_while_it_is_played_stays_for_the_next_process():
    async def main() -> None:
        records, begun = MemoryRecords(lambda: 0.0), asyncio.Event()
        await keep_for_later(TOLD, records)

        async def cut_off(request: Request) -> Reply:
            begun.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:  # as the desk does where the server stops
                await keep_for_later(request, records)
            return Reply(b"")

        playing = asyncio.create_task(play_kept(records, cut_off, lambda: NOON))
        await begun.wait()
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
        played = Played()
        await play_kept(records, played.answer, lambda: NOON)
        assert played.requests == [TOLD]

    asyncio.run(main())


def test_there_is_an_end_to_what_is_kept():
    with pytest.raises(ValueError, match="a record holds"):
        kept(TOLD.replaced(params={"TranscriptionText": "x" * LARGEST_RECORD}))
