"""Our own flows on the telephone: signed requests through the whole server, knowing nothing of it but the TwiML."""

import time
from pathlib import Path

import pytest

from engine.commands.common import utc_now
from engine.phone import Phone, in_process
from engine.phone.events import Asked, Bridged, Recording
from engine.program.library import Library, load_folder
from engine.runtime.desk import Desk
from engine.runtime.stores import open_store
from engine.server.app import assemble
from engine.server.settings import Settings

FLOWS = Path(__file__).parents[2] / "flows"
PUBLIC = "https://example.com"


@pytest.fixture(scope="module")
def server():
    loaded = load_folder(FLOWS)
    assert loaded.program is not None
    desk = Desk(Library(loaded.program), open_store("memory:", time.time))
    transport = in_process(assemble(desk.answer, Settings(public_url=PUBLIC, tokens=("12345",)), clock=utc_now), PUBLIC)
    yield transport
    transport.close()


@pytest.fixture(scope="module")
def phone(server):
    return Phone(server, base=PUBLIC, token="12345")


def test_a_call_to_the_clinic(phone):
    call = phone.ring("/flows/clinic")
    assert isinstance(call.waiting_for, Asked)
    call.press("2").press("123456").press("1")
    assert call.heard == ("One moment for billing.",)
    call.pick_up()
    assert call.callee.heard == ("A call for Riverside Clinic, account 1 2 3 4 5 6. To accept, press 1.",)
    call.callee.press("1")
    assert isinstance(call.waiting_for, Bridged)
    call.dial("completed", seconds=60)
    assert (call.status, call.ended_by) == ("completed", "flow")
    assert call.warnings == ()


def test_whoever_does_not_accept_sends_the_caller_to_voicemail(phone):
    call = phone.ring("/flows/clinic").say("the front desk, please").dial("completed")
    assert isinstance(call.waiting_for, Recording)
    assert call.silence().heard[0].startswith("I did not hear a message")


def test_a_call_of_six_turns_costs_six_round_trips(phone):
    call = phone.ring("/flows/clinic").press("1").press("3").press("0").dial("busy").record(12, key="#")
    assert call.over
    assert call.round_trips == 6
    assert call.warnings == ()


def test_an_unsigned_phone_is_refused(server):
    call = Phone(server, base=PUBLIC).ring("/flows/clinic")
    assert [warning.code for warning in call.warnings] == [11200]
