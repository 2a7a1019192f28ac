"""Which servers the stand-in asks, whatever an order, a document or a redirect says."""

import pytest

from engine.phone.transport import Request, Unreachable
from engine.standin.reach import Reach
from tests.standin.played import FAST, PERSON, over, playing, told


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/flow",
        "http://localhost/flow",
        "http://phone.localhost:9/flow",
        "http://127.8.9.10/flow",
        "http://[::1]:8000/flow",
        "https://clinic.example/other",
        "https://CLINIC.example:443/flow",
        "https://public.example/flow",
    ],
)
def test_what_may_be_asked(url):
    assert Reach(["https://clinic.example/flows"], {"https://public.example": "http://127.0.0.1:1"}).fault(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "http://clinic.example/",
        "https://clinic.example:444/",
        "https://clinic.example.evil.example/",
        "https://evil.example@other.example/",
        "http://192.168.0.1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost.example/",
        "http://0.0.0.0/",
        "http://[::ffff:10.0.0.1]/",
    ],
)
def test_what_is_not_asked(url):
    reach = Reach(["https://clinic.example"])
    assert "not on this machine" in reach.fault(url)
    with pytest.raises(Unreachable):
        reach.open()(Request("GET", url))


def test_a_stand_in_that_stops_asks_nobody():
    reach = Reach()
    reach.closed = True
    assert reach.fault("http://127.0.0.1/")


@pytest.mark.parametrize(
    "verbs",
    [
        "<Redirect>http://10.0.0.1/</Redirect>",
        "<Say>Hello.</Say><Play>http://10.0.0.1/x.mp3</Play><Redirect>http://10.0.0.1/</Redirect>",
    ],
)
def test_a_document_leads_nowhere_else(standin, callbacks, verbs):
    callbacks.pages["/flow"] = verbs
    server = standin(playing(speed=FAST))
    call = server.client().calls.create(to=PERSON, from_=server.number, url=f"{callbacks.base}/flow")
    over(server, call.sid)
    assert told(server, "Twilio error 11205: http://10.0.0.1 is not on this machine")
