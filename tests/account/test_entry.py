"""The address that Twilio is given leads into a flow, with what the flow takes, and is one that Twilio reaches."""

from pathlib import Path

import pytest

from engine.account.entry import (
    NotEntered,
    callback_url,
    check_given,
    entry_url,
    find_entry,
    foreign_url,
    public_base,
)
from engine.server.presence import Running
from engine.server.settings import Settings

VOICE = """
takes: {name: required, day: tomorrow}
steps:
  welcome: [{say: "Hello {{ name }}, see you {{ day }}."}]
  ended: [{log: "{{ call.status }}"}]
"""
TEXTS = "channel: messaging\nsteps: {hello: [{message: Hello}]}"
NEAR = "http://127.0.0.1:8010"


@pytest.fixture
def program(load):
    return load(reminder=VOICE, texts=TEXTS)


def refused(ask, *args) -> str:
    with pytest.raises(NotEntered) as caught:
        ask(*args)
    return str(caught.value)


def test_variables_stand_in_the_query():
    assert entry_url("https://example.com/", "reminder") == "https://example.com/flows/reminder"
    assert (
        entry_url("https://example.com/app", "reminder", "welcome", {"name": "Ann & Bob", "day": "à midi"})
        == "https://example.com/app/flows/reminder/welcome?name=Ann+%26+Bob&day=%C3%A0+midi"
    )


def test_a_flow_and_a_step_of_it(program):
    flow, step = find_entry(program, "reminder", "voice")
    assert (flow.name, step) == ("reminder", "")
    assert find_entry(program, "reminder/ended", "voice")[1] == "ended"


@pytest.mark.parametrize(
    ("address", "channel", "why"),
    [
        ("remainder", "voice", "there is no flow named `remainder`; did you mean `reminder`?"),
        ("flows/reminder.yaml", "voice", "there is no flow named `flows`; there are: reminder, texts"),
        ("reminder/endd", "voice", "`reminder` has no step named `endd`; did you mean `ended`?"),
        ("texts", "voice", "`texts` answers messages, not calls; write `channel: [voice, messaging]`"),
        ("reminder", "messaging", "`reminder` answers calls, not messages; write `channel: [voice, messaging]`"),
    ],
)
def test_a_flow_that_is_none_is_refused(program, address, channel, why):
    assert refused(find_entry, program, address, channel).startswith(why)


def test_a_flow_is_given_what_it_takes(program):
    flow = program.flows["reminder"]
    check_given(flow, {"name": "Ann"})
    check_given(flow, {"name": "Ann", "day": "Monday", "Message[0]": "for `params`"})
    assert refused(check_given, flow, {}) == "`reminder` must be given `name`"
    assert (
        refused(check_given, flow, {"name": "Ann", "dya": "x"})
        == "`reminder` takes no variable `dya`; did you mean `day`?"
    )
    assert refused(check_given, flow, {"Name": "Ann"}).endswith("did you mean `name`?")
    assert refused(check_given, flow, {"colour": "red"}).endswith("it takes `day`, `name`")
    assert refused(check_given, program.flows["texts"], {"a": "b"}) == "`texts` takes no variable `a`; it takes none"


def test_a_report_goes_to_a_step_that_nobody_hears(program):
    assert callback_url(program, "https://example.com", "reminder/ended") == "https://example.com/flows/reminder/ended"
    given = {
        "name": "Ann",
        "unknown": "x",
    }  # who did not answer has not run the flow, which then is given its variables here
    assert callback_url(program, "https://example.com", "reminder/ended", given).endswith("/reminder/ended?name=Ann")
    assert "says or asks something, which a report cannot" in refused(
        callback_url, program, "https://example.com", "reminder/welcome"
    )
    assert "no step named `end`; did you mean `ended`?" in refused(
        callback_url, program, "https://example.com", "reminder/end"
    )


def base(running: Running | None = None, **settings: str) -> str:
    return public_base(Settings(**settings), running, Path("flows"))


HERE = Running("http://127.0.0.1:8000", "", {}, False)


def test_twilio_is_given_the_public_address():
    assert base(public_url="https://example.com") == "https://example.com"
    assert base(Running("http://127.0.0.1:8000", "https://t.example.com", {}, False)) == "https://t.example.com"


def test_without_one_it_is_told_how_to_get_one():
    assert "start a tunnel" in refused(lambda: base())
    assert "start a tunnel" in refused(lambda: base(HERE)), "a server that only this machine reaches is none for Twilio"


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.0.0.1", "https://10.0.0.5", "http://[::1]:8000", "http://0x7f000001"]
)
def test_an_address_that_twilio_cannot_reach_is_refused(url):
    assert refused(lambda: base(public_url=url)).startswith(f"Twilio cannot reach {url}, ")


def test_a_stand_in_on_this_machine_reaches_the_server_that_runs_here():
    assert base(HERE, twilio_api=NEAR) == "http://127.0.0.1:8000"
    assert base(HERE, twilio_api=NEAR, public_url="https://example.com") == "https://example.com"
    assert base(None, twilio_api=NEAR, public_url="http://127.0.0.1:9") == "http://127.0.0.1:9"
    assert refused(lambda: base(None, twilio_api=NEAR)) == (
        "no server runs for flows/; start `touchtone dev flows` in another terminal"
    )
    assert "start a tunnel" in refused(lambda: base(HERE, twilio_api="https://standin.example.com"))


def test_somebody_elses_twiml():
    assert foreign_url("https://twimlets.com/message?Message=Hi", "") == "https://twimlets.com/message?Message=Hi"
    assert foreign_url("http://127.0.0.1:9/x", NEAR) == "http://127.0.0.1:9/x"
    assert "Twilio cannot reach http://127.0.0.1, a loopback address" in refused(
        foreign_url, "http://127.0.0.1:9/x", ""
    )
    for url in ("twimlets.com/message", "ftp://a/b", "https://a b", "https://[", "", "https://a/\x1b", "https://a_b/"):
        assert "is not a URL that Twilio can request" in refused(foreign_url, url, "")
