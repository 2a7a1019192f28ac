"""The ready-made flows over a socket: what a browser gets from `dev`, and who may ask `serve`."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest
from twilio.request_validator import RequestValidator

TWIMLETS = Path(__file__).parents[2] / "examples" / "twimlets"
TOKEN = "twimlets-token"
HELLO = "/flows/message?Message[0]=Hello%20World"


@contextmanager
def server(folder: Path, *words: str, **env: str) -> Iterator[int]:
    """A server of these flows, by the port it took."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
    command = [sys.executable, "-m", "engine.cli", *words, "twimlets", "--port", "0"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**clean, **env}
    ) as running:
        assert running.stdout is not None
        said: list[str] = []
        try:
            for line in running.stdout:
                said.append(line)
                if "Ctrl-C" in line or "Listening on" in line:
                    break
            address = next((word for word in "".join(said).split() if word.startswith("http://127.0.0.1:")), "")
            assert address, "".join(said)
            threading.Thread(target=running.stdout.read, daemon=True).start()
            yield urlsplit(address.rstrip(".")).port or 0
        finally:
            running.terminate()
            running.wait(20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(TWIMLETS, folder / "twimlets")
    return folder


@pytest.fixture(scope="module")
def dev(folder: Path) -> Iterator[int]:
    with server(folder, "dev") as port:
        yield port


def ask(port: int, target: str, headers: Sequence[tuple[str, str]] = (), body: str = "") -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        form = [("Content-Type", "application/x-www-form-urlencoded")] if body else []
        connection.request("POST" if body else "GET", target, body or None, dict([*form, *headers]))
        answer = connection.getresponse()
        return answer, answer.read().decode()
    finally:
        connection.close()


def content(twiml: str) -> str:
    return twiml.partition("<Response>")[2].removesuffix("</Response>")


def test_a_browser_sees_the_twiml(dev: int) -> None:
    answer, twiml = ask(dev, HELLO, [("Accept", "text/html,application/xhtml+xml")])
    assert answer.status == 200
    assert answer.getheader("Content-Type") == "text/xml; charset=utf-8"
    assert twiml == '<?xml version="1.0" encoding="UTF-8"?><Response><Say>Hello World</Say></Response>'


def test_a_post_may_carry_the_parameters_in_its_body(dev: int) -> None:
    _, twiml = ask(dev, "/flows/message", body="Message[0]=Hello+World&Message[1]=https%3A%2F%2Fexample.com%2Fa.mp3")
    assert content(twiml) == "<Say>Hello World</Say><Play>https://example.com/a.mp3</Play>"


def test_what_the_address_says_goes_on_with_the_call_also_by_get(dev: int) -> None:
    """Twilio adds its own parameters to the end of a GET's query."""
    query = "Message=Sales+1.&Options[1]=/flows/message%3FMessage%3DSales"
    _, twiml = ask(dev, f"/flows/menu?{query}&AccountSid=AC1&CallSid=CA1&From=%2B15550111&CallToken=x")
    gather = ElementTree.fromstring(twiml).find("Gather")
    assert gather is not None
    action = gather.get("action", "")
    assert "Message=Sales+1." in action
    assert "Call" not in action.partition("?")[2]
    _, chosen = ask(dev, f"/flows/{action}", body="CallSid=CA1&Digits=1")
    assert content(chosen) == "<Redirect>/flows/message?Message=Sales</Redirect>"


@pytest.mark.parametrize("flow", sorted(file.stem for file in TWIMLETS.glob("[!_]*.yaml")))
def test_without_what_it_needs_the_response_is_empty(dev: int, flow: str) -> None:
    answer, twiml = ask(dev, f"/flows/{flow}?Colour=blue")
    assert (answer.status, content(twiml)) == (200, "")


@pytest.mark.parametrize(
    ("target", "element", "attributes"),
    [
        (
            "forward?PhoneNumber=%2B15550100&Timeout=10&CallerId=(415)+555-0123",
            "Dial",
            {"timeout": "10", "callerId": "+14155550123"},
        ),
        ("forward?PhoneNumber=%2B15550100", "Dial", {"timeout": None, "callerId": None}),
        ("callme?PhoneNumber=%2B15550100&Timeout=10", "Dial", {"timeout": "10"}),
        ("findme?PhoneNumbers[]=%2B15550100&Timeout=10", "Dial", {"timeout": "10"}),
        ("simulring?PhoneNumbers[]=%2B15550100&Timeout=10", "Dial", {"timeout": "10"}),
        (
            "menu?Options[1]=/a&Options[333]=/b&Voice=alice&Language=es-MX",
            "Gather",
            {"numDigits": "3", "finishOnKey": None},
        ),
        ("menu?Options[1]=/a&Voice=man&Language=es-MX", "Say", {"voice": "man", "language": "es-MX"}),
        ("menu?Options[%23]=/a", "Gather", {"numDigits": "1", "finishOnKey": ""}),
        ("voicemail?Email=a@b.example&Voice=man&Language=es-MX", "Say", {"voice": "man", "language": "es-MX"}),
        ("voicemail?Email=a@b.example", "Record", {"transcribe": None, "transcribeCallback": None}),
        ("voicemail?Email=a@b.example&Transcribe=1", "Record", {"transcribe": "true"}),
        ("conference?Name=a", "Conference", {"startConferenceOnEnter": "true", "waitUrl": None}),
        (
            "conference?Name=a&Moderators=%2B15550112&Music=https://example.com/wait",
            "Conference",
            {"startConferenceOnEnter": "false", "waitUrl": "https://example.com/wait"},
        ),
        (
            "conference?Name=a&Moderators=%2B15550112&From=%2B15550112&Music=rock",
            "Conference",
            {"startConferenceOnEnter": "true", "waitUrl": "holdmusic?Bucket=com.twilio.music.rock"},
        ),
    ],
)
def test_a_parameter_is_an_attribute(dev: int, target: str, element: str, attributes: dict[str, str | None]) -> None:
    _, twiml = ask(dev, f"/flows/{target}&CallSid={quote(target, safe='')}")
    found = ElementTree.fromstring(twiml).find(f".//{element}")
    assert found is not None, twiml
    assert {name: found.get(name) for name in attributes} == attributes


@pytest.mark.parametrize(
    "text",
    [
        "<Say>Hello",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><Response><Say>&b;</Say></Response>",
        "<Response/><Response/>",
        "<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>",
        "</Response><Response>",
    ],
)
def test_what_is_no_twiml_is_not_echoed(dev: int, text: str) -> None:
    """Script of XHTML would run in a browser that opens such an address."""
    answer, twiml = ask(dev, f"/flows/echo?Twiml={quote(text)}")
    assert answer.status == 200
    assert "something went wrong" in twiml
    assert "Hello" not in twiml
    assert "script" not in twiml


def test_text_is_text_whatever_stands_in_it(dev: int) -> None:
    _, twiml = ask(dev, f"/flows/message?Message={quote('</Say><Dial>+15550100</Dial>')}")
    assert content(twiml) == "<Say>&lt;/Say&gt;&lt;Dial&gt;+15550100&lt;/Dial&gt;</Say>"


def test_in_production_only_twilio_may_ask(folder: Path) -> None:
    """A server of these flows does what any URL says, so the URL must be one that Twilio was given."""
    public = "https://example.com"
    with server(folder, "serve", "--public-url", public, TWILIO_AUTH_TOKEN=TOKEN) as port:
        assert ask(port, HELLO)[0].status == 403
        signature = RequestValidator(TOKEN).compute_signature(public + HELLO, {})
        answer, twiml = ask(port, HELLO, [("X-Twilio-Signature", signature)])
        assert (answer.status, content(twiml)) == (200, "<Say>Hello World</Say>")
        other = HELLO.replace("World", "There")
        assert ask(port, other, [("X-Twilio-Signature", signature)])[0].status == 403
