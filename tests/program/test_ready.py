"""Documents that were made are kept, as far as there is room for them."""

import sys
import threading

from engine.program.library import EARLIER_BYTES, Library
from engine.program.ready import Ready
from engine.runtime.request import Request
from engine.runtime.respond import respond
from tests.conftest import NOON

FLOW = "steps: {a: [{say: Hi.}, {gather: {say: Press 1., branch: {1: b, else: repeat}}}], b: [{say: Bye.}]}"


def test_the_oldest_give_way() -> None:
    ready = Ready(most=10_000)
    for number in range(100):
        ready.keep(("voice", f"key {number}"), number, b"x" * 1000)
    assert list(ready.values()) == [96, 97, 98, 99]
    ready.keep(("voice", "key 99"), "another", b"")
    assert ready[("voice", "key 99")] == 99
    ready.keep(("long", "x" * 20_000), 100, b"")
    assert not ready, "one that is too large for all the room leaves none"


def test_a_program_that_is_not_the_current_one_any_more_keeps_few(load) -> None:
    first, second = load(f=FLOW), load(f=FLOW.replace("Bye", "See you"))
    library = Library(first)
    respond(first, Request("f", "", NOON))
    made = list(first.ready.values())
    assert len(made) == 1
    pieces = library.publish(second)
    assert [value for _, value in pieces] == made
    assert not first.ready
    first.ready.keep(("large",), "large", b"x" * EARLIER_BYTES)
    assert not first.ready
    assert library.publish(second) == []


def test_strangers_fill_no_memory(load) -> None:
    program = load(f=FLOW)
    program.ready = Ready(most=20_000)
    for number in range(200):
        for turn in (
            Request("f", "", NOON, folder=f"http://{number}.example/flows/"),
            Request("f", f"step{number}", NOON),
            Request("f", "a", NOON, asked={"_i": f"{number}"}),
            Request("f", "a", NOON, asked={"_w": "x" * number}),
            Request("f", "", NOON, asked={"_n": "x" * 5000}),
        ):
            respond(program, turn)
    assert program.ready._bytes <= 20_000
    assert {key[2] for key in program.ready} <= {"", "a", "b"}


def test_only_places_that_exist_are_kept(load) -> None:
    program = load(f=FLOW)
    for asked in ({"_i": "99"}, {"_q": "nowhere"}, {"_a": "7.7"}, {"_w": "nowhere"}):
        respond(program, Request("f", "a", NOON, asked=asked))
    respond(program, Request("f", "nowhere", NOON))
    assert not program.ready
    respond(program, Request("f", "a", NOON))
    assert len(program.ready) == 1


def test_threads_that_keep_at_the_same_time_do_not_take_each_others_oldest_away() -> None:
    before, faults = sys.getswitchinterval(), list[Exception]()
    sys.setswitchinterval(1e-6)
    ready = Ready(most=20_000)

    def keep(number: int) -> None:
        try:
            for one in range(3000):
                ready.keep((number, one), "made", b"x" * 100)
                ready.keep((one,), "made", b"x" * 100)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(3)]
    try:
        for thread in threads:
            thread.start()
        for _ in range(50):
            ready.empty(20_000)
    finally:
        for thread in threads:
            thread.join()
        sys.setswitchinterval(before)
    assert faults == []
    assert ready.keys() == ready._sizes.keys()
    assert ready._bytes == sum(ready._sizes.values())
