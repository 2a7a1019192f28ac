"""An answer that was made before does the same as one that is played: to whoever hears it, and to the session."""

import random
import re
from html import unescape
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

from engine.program.ready import Ready
from engine.runtime.made_before import Made
from engine.runtime.request import Request
from engine.runtime.respond import respond_in_session
from tests.conftest import NOON

PROJECT = "vars: {shop: Corner, tries: 0}"
CALL = """
languages: {en: {language: en-US}, de: {language: de-DE}}
vars: {name: none}
always:
  "*": [{say: You are back.}, {redirect: back}]
  0: language
steps:
  start:
    - say: {en: Welcome., de: Willkommen.}
    - gather:
        say: {en: "Press 1, 2 or 3.", de: "1, 2 oder 3."}
        retry: {attempts: 2}
        branch:
          1: other
          2: [{say: Two.}, {redirect: back}]
          3 | three: [{call_other: x}]
          4: f/start
          5: kept
          6: [{subflow: {flow: quick}}, {say: Done.}, {redirect: other}]
          else: language
  other:
    - gather: {say: Again?, branch: {1: restart, 2: repeat, 3: back, 4: said, else: count}}
  language:
    - set: {language: de}
    - redirect: start
  said:
    - gather: {say: Who?, save: name, branch: {else: other}}
  kept:
    - dial: {number: {phone_number: "+15550100", url: whisper}, branch: {completed: other, else: start}}
    - gather: {say: Still there?, branch: {1: count, 2: start}}
  whisper:
    - say: A call for you.
  count:
    - set: {tries: "{{ tries + 1 }}"}
    - gather: {say: "Number {{ tries }} at {{ shop }}.", branch: {1: start, else: kept}}
"""
SIDE = """
takes: {color: red}
steps:
  start:
    - gather: {say: The side., branch: {1: more, 2: call/start, 3: back, else: hangup}}
  more:
    - subflow: {flow: small, branch: {yes: start, else: call/other}}
"""
SMALL = """
vars: {inner: [1, 2]}
steps:
  ask:
    - gather: {say: Small?, branch: {1: [{return: "yes"}], 2: [{return: "no"}], 3: back}}
"""
QUICK = """
vars: {inner: 1}
steps:
  ask: [{return: "yes"}]
"""
MINE = """
vars: {mine: "{{ call.from }}"}
steps:
  start:
    - gather: {say: Mine?, branch: {1: start, 2: heard, 3: [{redirect: back}], else: call/start}}
  heard:
    - gather: {say: "You are {{ mine }}.", branch: {1: start, else: side/}}
"""
PLAIN = """
steps:
  start:
    - gather: {say: Plain., branch: {1: deep, 2: quick, 3: call/said, else: start}}
  deep:
    - subflow: small
    - redirect: start
  quick:
    - subflow: quick
    - gather: {say: And now?, branch: {1: start, 2: deep, else: quick}}
"""


class Nothing(Ready):
    """Keeps nothing."""

    def keep(self, key, made, body) -> None:
        pass


@pytest.mark.parametrize("listening", [False, True])
def test_it_is_the_same_whether_it_was_made_before_or_not(load, listening) -> None:
    files = {"call": CALL.replace("[{call_other: x}]", "side/more").replace("f/start", "side/start")}
    files |= {"side": SIDE, "small": SMALL, "quick": QUICK, "mine": MINE, "plain": PLAIN}
    made, played = load(**files, _project=PROJECT), load(**files, _project=PROJECT)
    played.ready = Nothing()
    entries = [
        "call",
        "call/start",
        "call/count",
        "side",
        "side?color=blue",
        "small",
        "mine",
        "plain",
        "plain/quick",
        "call/said",
    ]
    chance, used, told = random.Random(7), 0, 0
    for number in range(900):
        session, address = None, chance.choice(entries)
        for turn in range(chance.randrange(1, 14)):
            sent = {"Digits": chance.choice("123456*0"), "CallSid": f"CA{number}", "From": f"+1555{number}"}
            if chance.random() < 0.3:
                del sent["Digits"]
            if chance.random() < 0.2:
                sent |= {
                    "DialCallStatus": chance.choice(["completed", "busy"]),
                    "color": chance.choice(["blue", "red"]),
                }
            if chance.random() < 0.15:
                session = None  # lost
            request = _request(address, sent, f"{number} {turn}")
            before = dict(made.ready)
            answer, after = respond_in_session(made, request, session, listening=listening)
            again, after_again = respond_in_session(played, request, session, listening=listening)
            assert (answer._replace(trail=()), after) == (again._replace(trail=()), after_again)
            assert list(map(str, answer.trail)) == list(map(str, again.trail))
            told += len(answer.trail)
            used += any(isinstance(one, Made) for one in before.values()) and before.keys() == made.ready.keys()
            assert "\0" not in answer.body.decode()
            session = after
            addresses = re.findall(r'(?: action="| url="|<Redirect>)([^"<]*)', answer.body.decode())
            if not addresses or chance.random() < 0.1:
                addresses = entries
            address = urljoin("/flows/" + address.removeprefix("/flows/"), unescape(chance.choice(addresses)))
    kept = [one for one in made.ready.values() if isinstance(one, Made)]
    assert len(kept) > 10
    assert used > 300
    assert bool(told) == listening


def _request(address: str, sent: dict[str, str], token: str) -> Request:
    parts = urlsplit(address.removeprefix("/flows/"))
    flow, _, step = parts.path.partition("/")
    query = parse_qsl(parts.query, keep_blank_values=True)
    asked = {name: value for name, value in query if name.startswith("_")}
    entry = {name: value for name, value in query if not name.startswith("_")}
    return Request(flow, step, NOON, {**entry, **sent}, asked, entry, "../" if step else "", token)
