"""What the world can answer where it makes a difference: read from the branches of a flow, and from what it does with what it saves."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from engine.diagnostics import Report, Source
from engine.document.folder import Folder
from engine.model.build import build
from engine.model.flow import Flow
from engine.phone.scripts.stubs import Answer
from engine.runtime.effects.effect import Effect, FunctionCall, HttpCall, TextMessage
from engine.testing.answers import Answers
from engine.testing.mentions import Mentions

ASK = HttpCall("GET", "https://x.example/a")
TIMEOUT, ERROR = Answer(failure="timeout"), Answer(failure="error")


def flows(*steps: str) -> Iterable[Flow]:
    """A flow with these steps, in a project that has the function `look`."""
    report = Report()
    text = "vars: {n: 0}\nsteps:\n" + "".join(f"  {step}\n" for step in steps)
    functions = Source("functions.py", "def look(n):\n    return n\n")
    project = build(Folder(Path(), (Source("f.yaml", text),), None, functions=functions), report)
    assert not report.errors, report.diagnostics
    return project.flows.values()


def answers(effect: Effect, *steps: str) -> tuple[Answer, ...]:
    return Answers(flows(*steps)).of(effect)


def to_request(branch: str, save: str = "", *more: str) -> tuple[Answer, ...]:
    kept = f", save: {save}" if save else ""
    ends = "b: [{say: B.}]"
    return answers(
        ASK, f"a: [{{request: {{url: https://x.example/a, branch: {branch}{kept}}}}}, {{say: Fine.}}]", ends, *more
    )


@pytest.mark.parametrize(
    ("branch", "found"),
    [
        ("{error: b}", [Answer(""), ERROR]),
        ("{ok: b}", [Answer(""), ERROR]),
        ("{404: b}", [Answer(""), Answer("", 404), ERROR]),
        ("{404: b, 4xx: b}", [Answer(""), Answer("", 404), Answer("", 400), ERROR]),
        ("{4xx: b}", [Answer(""), Answer("", 404), ERROR]),
        ("{5xx: b, timeout: b}", [Answer(""), Answer("", 500), TIMEOUT, ERROR]),
        ("{2xx: b, 201: b, else: b}", [Answer(""), Answer("", 201), ERROR]),
        ("[{when: answer == '409', to: b}]", [Answer(""), Answer("", 409), ERROR]),
    ],
)  # fmt: skip
def test_a_request_is_answered_for_each_of_its_keys(branch: str, found: list[Answer]) -> None:
    assert list(to_request(branch)) == found


def test_a_body_has_all_that_the_flow_looks_up() -> None:
    say = "b2: [{say: '{{ c.name }} {{ c.home.city }} {{ c.owed | money }} {{ c.visits + 1 }} {{ c.since | date }}'}]"
    loop = "b3: [{say: '{% for o in c.orders %}{{ o.id }} {{ o.text }}{% endfor %}{{ c.tags | join }}'}]"
    first = to_request("{error: b}", "c", say, loop)[0].body
    assert first == {
        "name": "Ann",
        "home": {"city": "city"},
        "owed": 12,
        "visits": 12,
        "since": "2026-01-06T09:00:00+00:00",
        "orders": [{"id": 1, "text": "text"}],
        "tags": ["one"],
    }


@pytest.mark.parametrize(
    ("condition", "bodies"),
    [
        ("[{when: c.vip, to: b}]", [{"vip": True}, {"vip": False}]),
        ("[{when: not c.vip, to: b}]", [{"vip": True}, {"vip": False}]),
        ("[{when: c.plan == 'gold', to: b}]", [{"plan": "plan"}, {"plan": "gold"}, {"plan": "+15550100"}]),
        ("[{when: c.age >= 18, to: b}]", [{"age": 12}, {"age": 18}, {"age": 19}, {"age": 17}]),
        ("{on: c.plan, gold: b, 2: b}", [{"plan": "plan"}, {"plan": "gold"}, {"plan": 2}, {"plan": "+15550100"}]),
        ("{on: c, sunny: b, rain: b}", ["c", "sunny", "rain"]),
    ],
)
def test_bodies_differ_where_the_flow_makes_a_difference(condition: str, bodies: list[object]) -> None:
    found = to_request("{error: b}", "c", f"b2: [{{branch: {condition}}}]")
    assert [answer.body for answer in found if answer.status == 200 and not answer.failure] == bodies


def test_a_status_or_header_that_is_kept_is_one_that_the_flow_compares() -> None:
    found = to_request(
        "{error: b}",
        "{s: status, h: headers}",
        "b2: [{branch: [{when: s == 429, to: b}]}, {say: \"{{ h['retry-after'] }}\"}]",
    )
    assert Answer("", 429, {"retry-after": "retry-after"}) in found


def test_what_is_asked_is_told_by_method_and_address() -> None:
    steps = [
        "a: [{request: {url: 'https://x.example/a/{{ n }}', branch: {404: b}}}]",
        "b: [{request: {url: 'https://x.example/b', branch: {409: b}}}]",
        "c: [{request: {url: 'https://x.example/b', method: POST, branch: {410: b}}}]",
    ]
    statuses = {
        call: {answer.status for answer in answers(call, *steps)} - {200}
        for call in (
            HttpCall("GET", "https://x.example/a/17"),
            HttpCall("GET", "https://x.example/b"),
            HttpCall("POST", "https://x.example/b"),
        )
    }
    assert list(statuses.values()) == [{404}, {409}, {410}]


def test_a_function_returns_what_its_keys_say_and_what_the_flow_can_work_with() -> None:
    run = "a: [{run: {function: look, args: {n: 1}, save: c, branch: {true: b, gold: b, 2: b, error: b}}}]"
    found = answers(FunctionCall("look", {}), run, "b: [{say: '{{ c.name }}'}]")
    assert [answer.body for answer in found if not answer.failure] == [
        {"name": "Ann"},
        {"name": "+15550100"},
        True,
        "gold",
        2,
    ]
    assert found[-1] == ERROR
    bare = answers(FunctionCall("look", {}), "a: [{run: {function: look, args: {n: 1}}}]")
    assert bare == (Answer(None), ERROR)


def test_a_text_is_sent_or_not() -> None:
    assert answers(TextMessage("+1", "x", (), "", ""), "a: [{send: {to: '+15550100', body: x}}]") == (Answer(), ERROR)


def test_methods_are_no_entries() -> None:
    found = Mentions(flows("a: [{set: {c: {}}}, {say: \"{{ c.get('name') }} {{ c.id }}\"}]")).values("c")
    assert found == ({"id": 1},)


def test_a_subflow_that_is_given_a_part_under_the_name_of_the_whole_ends() -> None:
    report = Report()
    caller = 'steps: {a: [{set: {c: {}}}, {subflow: {flow: g, with: {c: "{{ c.id }}"}}}, {say: "{{ c.name }}"}]}\n'
    called = 'takes: {c: required}\nsteps: {a: [{say: "{{ c }}"}]}\n'
    project = build(Folder(Path(), (Source("f.yaml", caller), Source("g.yaml", called)), None), report)
    assert Mentions(project.flows.values()).values("c") == ({"id": 1, "name": "Ann"}, {"id": 1, "name": "+15550100"})


def test_nothing_is_looked_up_in_a_variable_that_nobody_speaks_of() -> None:
    assert Mentions(flows("a: [{say: Hello.}]")).values("c") == ({},)


# The shape of what is saved, from what flows do with it


def values(*texts: str) -> tuple[object, ...]:
    """Values of the variable `c`, of which a flow says these texts."""
    says = "".join(f"\n    - say: {json.dumps(text)}" for text in texts)
    return Mentions(flows(f"a:\n    - set: {{c: 1}}{says}")).values("c")


TIME = "2026-01-06T09:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("{{ c.bicycle }} {{ c.ready | date }}", {"bicycle": "bicycle", "ready": TIME}),
        ("{% for m in c %}{{ m.name }} at {{ m.at | time }}{% endfor %}", [{"name": "Ann", "at": TIME}]),
        ("{% for m in c %}{{ m }}{% endfor %}", ["one"]),
        ("{% for m in c.rows %}{% for n in m.cells %}{{ n.price + 1 }}{% endfor %}{% endfor %}", {"rows": [{"cells": [{"price": 12}]}]}),
        ("{% for k, v in c.items() %}{{ k }} {{ v.city }}{% endfor %}", {"one": {"city": "city"}}),
        ("{{ c[0].name }} {{ c[1].id }}", [{"name": "Ann", "id": 1}] * 2),
        ("{{ (c | first).name }} {{ c | map(attribute='owner.phone') | join(', ') }}", [{"name": "Ann", "owner": {"phone": "+15550100"}}]),
        ("{{ c | sum(attribute='price') | money }}", [{"price": 12}]),
        ("{{ (c.rows | sort(attribute='at') | last).name }}", {"rows": [{"at": "at", "name": "Ann"}]}),
        ("{% set home = c.home %}{{ home.city }} {{ c['first name'] }}", {"home": {"city": "city"}, "first name": "first name"}),
        ("{% for m in c.rows[:3] %}{{ m.price | money }}{% endfor %}", {"rows": [{"price": 12}]}),
        ("{% for m in c if m.open %}{{ m.name[:3] }}{{ loop.index }}{% endfor %}", [{"name": "Ann", "open": True}]),
        ("{{ c.total / 2 }} {{ -c.debt }} {{ c.price | money }} {{ c.a ~ c.b }}", {"total": 12, "debt": 12, "price": 12, "a": "a", "b": "b"}),
        ("{{ c.name | default('you') | upper }}", {"name": "Ann"}),
    ],
)  # fmt: skip
def test_a_body_has_the_shape_that_the_flow_reads(text: str, first: object) -> None:
    found = values(text)[0]
    assert found == first
    assert all(isinstance(value, type(first)) for value in values(text))


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("{% for m in c %}{{ m }}{% endfor %}", {0, 1, 2}),
        ("{% for m in c %}{{ m }}{% endfor %}{% if c | length > 4 %}x{% endif %}", {0, 1, 2, 3, 4, 5}),
        ("{{ c[2].name }}", {3}),
        ("{{ (c | first).name }}", {1, 2}),
        ("{% if c %}{{ c[0].name }}{% endif %}", {0, 1, 2}),
        ("{% if c | length == 0 %}none{% else %}{{ c[0].name }}{% endif %}", {0, 1, 2}),
    ],
)
def test_a_list_has_as_many_items_as_the_flow_makes_a_difference_between(text: str, lengths: set[int]) -> None:
    found = {len(value) for value in values(text) if isinstance(value, list)}
    assert found - {2} == lengths - {2}


def test_what_is_asked_for_as_a_whole_may_not_be_there() -> None:
    assert {"home": None} in values("{% if c.home %}{{ c.home.city }}{% endif %}")
    assert [] in values("{% if c %}{% for m in c %}{{ m.name }}{% endfor %}{% endif %}")
    assert True not in values("{% if c %}{% for m in c %}{{ m.name }}{% endfor %}{% endif %}")


def test_what_is_a_date_stays_one() -> None:
    assert all(value["at"] == TIME for value in values("{{ c.at | date }} {{ c.name }}") if isinstance(value, dict))


def test_the_shape_is_known_by_another_name_too() -> None:
    step = 'a: [{set: {c: 1, meetings: "{{ c.meetings }}"}}, {say: "{% for m in meetings %}{{ m.name }}{% endfor %}"}]'
    assert Mentions(flows(step)).values("c")[0] == {"meetings": [{"name": "Ann"}]}
    around = 'a: [{set: {c: "{{ d }}"}}, {set: {d: "{{ c }}"}}, {say: "{{ c.x }}{{ d.y }}"}]'
    assert Mentions(flows(around)).values("c")[0] == {"x": "x", "y": "y"}


def test_no_branch_goes_without_an_answer_of_the_right_shape() -> None:
    keys = "b2: [{branch: [{when: c.plan in ['gold', 'red'], to: b}, {when: c.rows | length > 1 and not c.off, to: b}]}]".replace(
        "c.plan in ['gold', 'red']", "\"c.plan in ['gold', 'red']\""
    )
    bodies = [
        answer.body for answer in to_request("{error: b}", "c", keys) if answer.status == 200 and not answer.failure
    ]
    assert {"gold", "red"} <= {body["plan"] for body in bodies}
    assert {True, False} == {body["off"] for body in bodies}
