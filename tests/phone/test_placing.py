"""A call that the API places: what is reported, who answers, and that it can be moved or ended while it is live."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from engine.phone.events import Asked, Heard, Requested
from engine.phone.leg import Moved
from engine.phone.line import Go, Kept
from engine.phone.placing import Detection, Order, PlacedCall, Reports, Tapped
from engine.phone.tape import Moment, Sids

MENU = '<Say>Welcome.</Say><Gather numDigits="1" action="/chosen"><Say>Press 1.</Say></Gather><Say>Bye.</Say>'
EVENTS = ("initiated", "ringing", "answered", "completed")


class Asks:
    """What the server was asked, by path."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def page(self, path: str, verbs: str) -> Callable[[Mapping[str, str]], str]:
        def answer(params: Mapping[str, str]) -> str:
            self.asked.append((path, dict(params)))
            return verbs

        return answer

    def at(self, path: str) -> list[Mapping[str, str]]:
        return [params for asked, params in self.asked if asked == path]


@pytest.fixture
def asks() -> Asks:
    return Asks()


@pytest.fixture
def place(site, asks):
    def make(pages: Mapping[str, str], url: str = "/", **more) -> PlacedCall:
        made = site({path: asks.page(path, verbs) for path, verbs in {"/status": "", **pages}.items()})
        go = more.pop("go", Go(f"https://example.com{url}"))
        reports = more.pop("reports", Reports("https://example.com/status", "POST", EVENTS))
        order = Order("CA1", "AC1", "+15550002222", "+15550001111", go, reports=reports, **more)
        return PlacedCall(order, made.transport, "", datetime(2026, 11, 30, 12, 0, tzinfo=UTC), Sids())

    return make


def answered(placed: PlacedCall, by: str = "", seconds: float = 0.0) -> PlacedCall:
    placed.report("initiated")
    placed.report("ringing")
    placed.tape.now += 4
    placed.pick_up()
    placed.begin(by, seconds=seconds)
    return placed


def test_every_event_is_reported_in_order(place, asks):
    placed = answered(place({"/": MENU, "/chosen": "<Say>One.</Say>"}))
    placed.call.press("1")
    assert placed.call.over
    told = asks.at("/status")
    assert [report["CallStatus"] for report in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert [report["SequenceNumber"] for report in told] == ["0", "1", "2", "3"]
    assert {report["CallbackSource"] for report in told} == {"call-progress-events"}
    assert {report["Direction"] for report in told} == {"outbound-api"}
    assert told[2]["Timestamp"] == "Mon, 30 Nov 2026 12:00:04 +0000"
    assert "CallDuration" not in told[2]
    assert int(told[3]["CallDuration"]) == placed.seconds > 0, "the ringing is no part of a call"


def test_only_the_end_is_reported_by_default(place, asks):
    placed = answered(place({"/": "<Say>Hello.</Say>"}, reports=Reports("https://example.com/status")))
    assert placed.status == "completed"
    assert [report["CallStatus"] for report in asks.at("/status")] == ["completed"]


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_nobody_answers(place, asks, status):
    placed = place({"/": MENU})
    placed.report("initiated")
    placed.unanswered(status)
    assert placed.call.over
    last = asks.at("/status")[-1]
    assert (last["CallStatus"], last["CallDuration"]) == (status, "0")
    assert not asks.at("/"), "no document is asked for"


def test_the_document_may_come_with_the_order(place, asks):
    placed = answered(place({"/next": "<Say>There.</Say>"}, go=Go("", twiml="<Response><Say>Here.</Say></Response>")))
    assert placed.call.heard == ("Here.",)
    assert not placed.call.warnings


def test_an_address_in_such_a_document_must_be_absolute(place):
    twiml = "<Response><Redirect>/next</Redirect></Response>"
    placed = answered(place({"/next": "<Say>There.</Say>"}, go=Go("", twiml=twiml)))
    assert [warning.code for warning in placed.call.warnings] == [11100]


def test_who_answers_is_told_with_the_first_request(place, asks):
    placed = answered(place({"/": MENU}, detection=Detection("Enable")), "machine_start", 3.6)
    first = asks.at("/")[0]
    assert (first["AnsweredBy"], first["MachineDetectionDuration"]) == ("machine_start", "3600")
    placed.call.hang_up()
    assert asks.at("/status")[-1]["AnsweredBy"] == "machine_start"


def test_who_answers_is_told_later_if_the_call_does_not_wait_for_it(place, asks):
    detection = Detection("Enable", asynchronous=True, reports=Reports("https://example.com/amd"))
    answered(place({"/": MENU, "/amd": ""}, detection=detection), "human", 1.0)
    assert "AnsweredBy" not in asks.at("/")[0]
    assert [report["AnsweredBy"] for report in asks.at("/amd")] == ["human"]


def test_the_whole_call_is_recorded(place, asks):
    recording = Tapped(True, 2, reports=Reports("https://example.com/recorded", "POST", ("in-progress", "completed")))
    placed = place({"/": MENU, "/recorded": ""}, recording=recording)
    kept: list[Kept] = []
    placed.line.keepers.append(kept.append)
    answered(placed).call.silence()
    assert [(one.seconds, one.source, one.channels) for one in kept] == [(placed.seconds, "OutboundAPI", 2)]
    assert [report["RecordingStatus"] for report in asks.at("/recorded")] == ["in-progress", "completed"]
    assert asks.at("/status")[-1]["RecordingSid"] == kept[0].sid


@pytest.mark.parametrize(
    "verbs",
    [
        MENU,
        '<Dial action="/chosen">+15550100</Dial>',
        '<Dial><Number url="/screen">+15550100</Number></Dial>',
        "<Dial><Conference>Room</Conference></Dial>",
        '<Enqueue waitUrl="/wait">support</Enqueue>',
        '<Record action="/chosen"/>',
        "<Connect><Stream url='wss://example.com/s'/></Connect>",
    ],
)
def test_a_call_is_moved_wherever_it_is(place, asks, verbs):
    pages = {
        "/": verbs,
        "/screen": MENU,
        "/wait": "<Say>Wait.</Say>",
        "/chosen": "<Say>No.</Say>",
        "/moved": "<Say>Elsewhere.</Say>",
    }
    placed = answered(place(pages))
    call = placed.call
    if "/screen" in verbs:
        call.pick_up()
        assert call.side == "callee"
    assert not call.over
    call.redirect(Go("https://example.com/moved"))
    assert call.heard == ("Elsewhere.",)
    assert call.over
    assert placed.status == "completed"
    assert not asks.at("/chosen"), "what was left is not asked what comes next"


def test_a_queue_is_told_that_a_call_was_moved(place, asks):
    placed = answered(place({"/": '<Enqueue action="/left">q</Enqueue>', "/left": "", "/moved": "<Say>Yes.</Say>"}))
    placed.call.redirect(Go("https://example.com/moved"))
    assert [told["QueueResult"] for told in asks.at("/left")] == ["redirected"]
    assert placed.call.heard == ("Yes.",)


def test_a_call_is_moved_in_the_middle_of_a_sentence(place, asks):
    placed = place({"/": "<Say>One.</Say><Say>Two.</Say>", "/moved": MENU})

    def listen(moment: Moment) -> None:
        if moment.event == Heard("One."):
            raise Moved(Go("https://example.com/moved"))

    placed.tape.listeners.append(listen)
    answered(placed)
    assert isinstance(placed.call.waiting_for, Asked)
    assert placed.call.heard == ("One.", "Welcome.", "Press 1.")


def test_a_call_ends_in_the_middle_of_a_sentence(place, asks):
    placed = place({"/": "<Say>One.</Say><Say>Two.</Say>"})

    def listen(moment: Moment) -> None:
        if isinstance(moment.event, Heard):
            raise placed.call.broken_off("api")

    placed.tape.listeners.append(listen)
    answered(placed)
    assert (placed.call.over, placed.call.ended_by, placed.status) == (True, "api", "completed")
    assert asks.at("/status")[-1]["CallStatus"] == "completed"
    assert not any(event == Heard("Two.") for event in placed.call.events)


def test_a_call_that_comes_in_is_reported_at_its_end_too(place, asks):
    placed = place({"/": MENU}, direction="inbound", reports=Reports("https://example.com/status"))
    placed.begin()
    assert asks.at("/")[0]["CallStatus"] == "ringing"
    placed.call.hang_up(by="api")
    assert [request.kind for request in placed.call.requests if isinstance(request, Requested)] == [
        "document",
        "callback",
    ]
    assert asks.at("/status")[-1]["CallStatus"] == "completed"
