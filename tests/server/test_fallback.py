"""A fallback URL that is the entry of the flow that failed answers the turn that failed."""

import re
from html import unescape
from time import process_time
from urllib.parse import quote, urljoin

import pytest

from engine.program.library import Library
from engine.runtime.desk import Desk
from engine.runtime.stores import open_store
from engine.server.fallback import rebased
from tests.server.conftest import NOON

ACTION = "https://example.com/flows/clinic/menu?_a=1.0&_v=0123abcd&_t=3"


@pytest.fixture
def unsigned(exchange):
    return exchange(unsigned=True)


def asked(exchange, error_url, target="/flows/clinic", **sent):
    """The turn that a request to a fallback URL becomes."""
    fields = {"CallSid": "CA1", "Digits": "1", "ErrorCode": "11205", "ErrorUrl": error_url, **sent}
    body = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items() if value is not None)
    exchange.ask(target, body=body.encode(), headers=[("content-type", "application/x-www-form-urlencoded")])
    return exchange.turns[-1]


@pytest.mark.parametrize(
    ("error_url", "target"),
    [
        (ACTION, "/flows/clinic"),
        (ACTION, "/flows/clinic?tries=2"),
        (ACTION.replace("/flows/", "/touchtone/flows/"), "/flows/clinic"),
        (ACTION.replace("/flows/", "/flows/app/flows/"), "/flows/clinic"),
        (f"{ACTION}#rc=2", "/flows/clinic"),
    ],
)
def test_it_is_the_turn_at_the_address_that_failed(unsigned, error_url, target):
    turn = asked(unsigned, error_url, target)
    assert (turn.flow, turn.step, turn.base) == ("clinic", "menu", "../")
    assert turn.asked == {"_a": "1.0", "_v": "0123abcd", "_t": "3"}
    assert turn.params["ErrorCode"] == "11205"


def test_what_stood_in_the_query_of_the_entry_stays_known(unsigned):
    turn = asked(unsigned, f"{ACTION}&tries=2")
    assert (turn.entry, turn.params["tries"]) == ({"tries": "2"}, "2")


def test_what_the_fallback_url_adds_is_known_too(unsigned):
    turn = asked(unsigned, "https://example.com/flows/clinic?tries=2", "/flows/clinic?fallback=1")
    assert (turn.params["tries"], turn.params["fallback"]) == ("2", "1")


def test_a_message_is_the_same_at_the_entry_of_any_flow(unsigned):
    turn = asked(unsigned, ACTION, "/flows/other", CallSid=None, MessageSid="SM1")
    assert (turn.flow, turn.step) == ("clinic", "menu")


@pytest.mark.parametrize(
    ("error_url", "target"),
    [
        (ACTION, "/flows/sorry"),  # a flow that is heard instead
        (ACTION, "/flows/clinic/sorry"),  # a step that is
        ("https://example.com/flows/clinic", "/flows/clinic"),
        ("https://example.com/flows/audio/welcome.mp3", "/flows/clinic"),
        ("https://api.example.com/else?_v=1", "/flows/clinic"),
        ("https://example.com/flows/?_v=1", "/flows/clinic"),
        ("https://example.com/flows/a/b/c?_v=1", "/flows/clinic"),
        ("http://[", "/flows/clinic"),
        ("", "/flows/clinic"),
        ("\x00\ud7ff&=?#", "/flows/clinic"),
    ],
)
def test_otherwise_what_is_asked_is_played(unsigned, error_url, target):
    turn = asked(unsigned, error_url, target)
    place = target.removeprefix("/flows/").split("/")
    assert [turn.flow, turn.step] == [*place, ""][:2]
    assert turn.asked == {}


def test_an_address_of_the_engine_that_is_asked_itself_stays(unsigned):
    turn = asked(unsigned, ACTION, "/flows/clinic/hours?_a=0&_v=0123abcd")
    assert (turn.step, turn.asked["_a"]) == ("hours", "0")


COUNTS = """
vars: {n: 0}
steps:
  a: [{set: {n: "{{ n + 1 }}"}}, {gather: {num_digits: 1, say: "{{ n }}", branch: {1: b, else: a}}}]
  b: [{set: {n: "{{ n + 10 }}"}}, {gather: {num_digits: 1, say: "{{ n }}", branch: {1: b}}}]
"""


@pytest.mark.parametrize("query", ["", "?fallback=1"])
@pytest.mark.parametrize("tokens", [("", ""), ("T1", "T2")])
def test_a_call_whose_answer_was_lost_goes_on_by_the_entry_and_counts_once(exchange, load, tokens, query):
    desk = Desk(Library(load(clinic=COUNTS)), open_store("memory:", clock=NOON.timestamp))
    app = exchange(desk.answer)

    def said(target, token="", **sent):
        headers = [("I-Twilio-Idempotency-Token", token)] if token else []
        fields = [("CallSid", "CA1"), *sent.items()]
        # Nobody says in which order the fields of a request come that is another one.
        body = app.call(target, fields[::-1] if "ErrorUrl" in sent else fields, headers=headers).body.decode()
        return re.findall(r"<Say>(\d+)", body), urljoin(target, unescape(re.search(r' action="([^"]*)"', body)[1]))

    asked, first = said("/flows/clinic")
    error = {"ErrorCode": "11205", "ErrorUrl": "https://example.com/flows/clinic"}
    assert said(f"/flows/clinic{query}", **error) == (asked, first) == (["1"], first)
    lost, second = said(first, tokens[0], Digits="1")
    error = {"ErrorCode": "11205", "ErrorUrl": f"https://example.com{first}"}
    assert said(f"/flows/clinic{query}", tokens[1], Digits="1", **error) == (lost, second) == (["11"], second)
    never = {"ErrorCode": "11200", "ErrorUrl": f"https://example.com{second}"}
    assert said("/flows/clinic/", tokens[1], Digits="1", **never)[0] == ["21"], (
        "it was never answered: it is played now"
    )


def test_the_answer_to_the_first_request_is_written_for_the_url_that_is_asked(exchange, load):
    desk = Desk(Library(load(clinic=COUNTS)), open_store("memory:", clock=NOON.timestamp))
    app = exchange(desk.answer)
    first = app.call("/flows/clinic").body
    error = [("CallSid", "CA1"), ("ErrorCode", "11205"), ("ErrorUrl", "https://example.com/flows/clinic")]
    assert app.call("/flows/clinic", error).body == first
    assert app.call("/flows/clinic/", error).body == re.sub(rb'(action="|<Redirect>)', rb"\1../", first)


@pytest.mark.parametrize(
    ("written", "base", "document", "expected"),
    [
        ("../", "", '<Gather action="../a/b?_v=1"><Play>../audio/x.mp3</Play></Gather>', None),
        ("../", "", "<Redirect>../a/b</Redirect><Redirect method=\"GET\">../a/c</Redirect>", None),
        ("../", "", '<Message statusCallback="../a/b"><Body>../a/b</Body></Message>', '<Message statusCallback="a/b"><Body>../a/b</Body></Message>'),
        ("../", "", "<Say>../a/b is a path.</Say>", "<Say>../a/b is a path.</Say>"),
        ("../", "", '<Say voice="x/y">a/b</Say>', '<Say voice="x/y">a/b</Say>'),
        ("", "../", '<Gather action="a/b?_v=1"><Play>audio/x.mp3</Play></Gather>', '<Gather action="../a/b?_v=1"><Play>../audio/x.mp3</Play></Gather>'),
        ("", "../", "<Redirect>https://x.example/a</Redirect>", "<Redirect>https://x.example/a</Redirect>"),
        ("", "../", '<Say voice="x/y">a/b</Say>', '<Say voice="x/y">a/b</Say>'),
        ("", "../", '<Play>/a/b</Play><Say language="en-US">A/b.</Say>', '<Play>/a/b</Play><Say language="en-US">A/b.</Say>'),
        ("../../", "../", '<Dial action="../../a/b" />', '<Dial action="../a/b" />'),
    ],
)  # fmt: skip
def test_addresses_are_written_for_the_url_that_is_asked(written, base, document, expected):
    expected = document.replace(written, base) if expected is None else expected
    assert rebased(document.encode(), written, base) == expected.encode()


@pytest.mark.parametrize("query", ["_v=1&" + "a&" * 2000, "_v=1&_p=" + "%26" * 2000, "_v=1&_p=%FF", "_v=1&_r=x&_p="])
def test_an_address_that_nobody_would_ask_for_is_no_fault(unsigned, query):
    error = {"ErrorCode": "11205", "ErrorUrl": f"https://example.com/flows/clinic/menu?{query}"}
    assert unsigned.call("/flows/clinic", [("CallSid", "CA1"), *error.items()]).status == 200


def test_a_path_without_end_holds_nobody_up(exchange):
    unsigned = exchange(unsigned=True, body_limit=1_000_000)
    error = {"ErrorCode": "11205", "ErrorUrl": "https://example.com" + "/flows/" * 50_000}
    began = process_time()
    assert unsigned.call("/flows/clinic", [("CallSid", "CA1"), *error.items()]).status == 200
    assert process_time() - began < 1
