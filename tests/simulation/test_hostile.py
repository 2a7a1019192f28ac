"""Whatever is posted, a call is answered by a sentence, and stays as it was."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.simulation import Refused
from engine.simulation.acts import read_act, read_start

NOON = datetime(2026, 11, 30, tzinfo=UTC)
MENU = """
vars: {said: ""}
steps:
  menu:
    - gather: {say: Say something., input: dtmf speech, save: said}
    - say: "You said {{ said }}."
    - redirect: menu
"""
DEEP: object = "x"
for _ in range(60):
    DEEP = [DEEP]

ACTS = [
    None,
    [],
    "press",
    {},
    {"press": "1", "say": "x"},
    {"unknown": 1},
    {"press": ""},
    {"press": "1" * 51},
    {"press": "a"},
    {"press": True},
    {"press": None},
    {"press": -1},
    {"press": ["1"]},
    {"say": " "},
    {"say": "x" * 1601},
    {"say": {}},
    {"silence": False},
    {"silence": "yes"},
    {"hang_up": "me"},
    {"settle": ""},
    {"settle": "x", "params": {"a b": "x"}},
    {"settle": "x", "params": [1]},
    {"settle": "x", "params": {"A": 1}},
    {"settle": "x", "params": {f"A{number}": "" for number in range(31)}},
    {"record": "12"},
    {"record": -1},
    {"record": 3601},
    {"record": True},
    {"record": 5, "key": "12"},
    {"record": 5, "key": []},
    {"text": ""},
    {"later": {}},
    {"answer": "x" * 300_000},
    {"answer": DEEP},
    {"set_replay": "on"},
    {"back": 1},
    {"begin": True},
    {"send": True},
    {"answer": 1},
]
STARTS = [
    None,
    {},
    {"flow": 1},
    {"flow": "menu", "at": "soon"},
    {"flow": "menu", "at": "99999-01-01"},
    {"flow": "menu", "at": "9999-12-31T23:00"},
    {"flow": "menu", "at": 5},
    {"flow": "menu", "vars": []},
    {"flow": "menu", "vars": {"Big Name": 1}},
    {"flow": "menu", "vars": {f"v{number}": 1 for number in range(31)}},
    {"flow": "menu", "params": {"<b>": "x"}},
    {"flow": "menu", "channel": "fax"},
    {"flow": "menu", "step": ["x"]},
    {"flow": "menu/nowhere"},
    {"flow": "../../etc/passwd"},
    {"flow": "menu", "from": "x" * 2000},
    {"flow": "menu", "more": 1},
]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: json.dumps(act)[:30])
def test_an_act_that_is_none_leaves_the_call_as_it_was(bench, act):
    bench.save(menu=MENU)
    before = bench.call("menu")
    with pytest.raises(Refused) as refused:
        bench.do(act)
    assert str(refused.value).endswith((".", "}", "?"))
    assert bench.simulator.get(before["id"]) == before


@pytest.mark.parametrize("start", STARTS, ids=lambda start: json.dumps(start)[:40])
def test_a_start_that_is_none_begins_nothing(bench, start):
    bench.save(menu=MENU)
    with pytest.raises(Refused):
        bench.simulator.begin(start)
    assert bench.simulator.all() == []


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "{% for x in range(9999999) %}x{% endfor %}",
        "]]><Hangup/>",
        "\u202eevil\u2066",
        "\ud800 half",
        "\x00\x01",
        "%00&Digits=1",
        "' OR 1=1 --",
    ],
)
def test_what_is_said_stays_what_was_said(bench, words):
    bench.save(menu=MENU)
    bench.call("menu", from_=words, params={"CallerName": words})
    bench.do({"say": words})
    assert bench.state["now"] == "menu/menu"
    json.dumps(bench.state, ensure_ascii=False).encode()
    assert bench.told("said") == [words.encode("utf-8", "replace").decode()]
    assert "49" not in bench.state["vars"]["said"]
    assert not bench.state["over"]


def test_words_of_a_caller_do_not_turn_the_page_s_own_words_around(bench):
    bench.save(menu="steps: {menu: [{gather: {say: Press a key., num_digits: 1}}, {redirect: menu}]}")
    bench.call("menu")
    bench.do({"say": "\u202eevil"})
    notes = [one["text"] for one in bench.state["captions"] if one["kind"] not in ("heard", "said")]
    assert any("evil" in text for text in notes)
    assert not any("\u202e" in text for text in notes)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["press", "say", "settle", "record", "text", "later", "answer", "params", "key", "set_replay"])


@given(st.dictionaries(NAMES, JSON, max_size=3) | JSON)
def test_anything_is_an_act_or_refused(posted):
    with suppress(Refused):
        assert read_act(posted).posted


@given(st.dictionaries(st.sampled_from(["flow", "step", "from", "at", "vars", "params", "channel"]), JSON) | JSON)
def test_anything_is_a_start_or_refused(posted):
    with suppress(Refused):
        assert read_start(posted, lambda: NOON).flow
