"""How long it takes to play calls on the telephone: the clinic, in process, each request signed and checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time, time

from benchmarks.callers import PUBLIC_URL, TOKEN
from benchmarks.servers import HERE
from engine.commands.common import utc_now
from engine.phone import Phone, PhoneCall, in_process
from engine.program.library import Library, load_folder
from engine.runtime.desk import Desk
from engine.runtime.stores import open_store
from engine.server.app import assemble
from engine.server.settings import Settings

CALLS, TURNS = 1000, 6


@contextmanager
def clinic_phone() -> Iterator[Phone]:
    """A telephone that rings the clinic; its server remembers calls in memory."""
    loaded = load_folder(HERE.parent / "flows")
    assert loaded.program is not None, "the clinic is clean"
    desk = Desk(Library(loaded.program), open_store("memory:", time))
    with in_process(
        assemble(desk.answer, Settings(public_url=PUBLIC_URL, tokens=(TOKEN,)), clock=utc_now), PUBLIC_URL
    ) as transport:
        yield Phone(transport, base=PUBLIC_URL, token=TOKEN)


def play(phone: Phone) -> PhoneCall:
    """A whole call: billing, the account number read back, nobody picks up, a message is left."""
    call = phone.ring("/flows/clinic").press("2").press("123456").press("1").dial("busy").record(12, key="#")
    assert call.over, "the flow hung up"
    assert call.round_trips == TURNS, f"the call took {call.round_trips} turns"
    return call


def calls_seconds(calls: int = CALLS) -> float:
    """Seconds of a core that a thousand calls take, measured by playing so many one after another."""
    with clinic_phone() as phone:
        play(phone)
        began = process_time()
        for _ in range(calls):
            play(phone)
        return (process_time() - began) * CALLS / calls
