"""Who a request says it is from (`auth`), and what the engine's verbs get by `defaults`."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from engine.diagnostics import Diagnostic, Report, Source
from engine.document.folder import Folder
from engine.grammar.reference import reference
from engine.grammar.schema import flow_schema, project_schema
from engine.model.build import build
from engine.model.parts import PerformEffect
from engine.runtime.effects.calls import Circumstances, http_call, text_message
from engine.runtime.effects.effect import HttpCall, Login
from engine.runtime.fault import Fault

ENV = {"USER": "ann", "PASSWORD": "hunter2", "EMPTY": ""}


def check(text: str, project: str = "", *, signs: bool = True) -> tuple[Diagnostic, ...]:
    report = Report()
    source = Source("_project.yaml", project) if project else None
    build(Folder(Path(), (Source("f.yaml", text),), source), report, ENV, signs=signs)
    return report.diagnostics


def flow(fields: str, defaults: str = "") -> str:
    top = f"defaults: {defaults}\n" if defaults else ""
    return f"{top}steps:\n  menu:\n    - request: {{url: 'https://example.com/x', save: a, {fields}}}\n    - say: '{{{{ a }}}}'\n"


def read(text: str, project: str = "") -> PerformEffect:
    report = Report()
    source = Source("_project.yaml", project) if project else None
    built = build(Folder(Path(), (Source("f.yaml", text),), source), report, ENV)
    assert [found for found in report.diagnostics if found.severity == "error"] == []
    found = built.flows["f"].steps["menu"].instructions[0]
    assert isinstance(found, PerformEffect)
    return found


def asked(text: str, project: str = "") -> HttpCall:
    found = read(text, project)
    assert isinstance(found, PerformEffect)
    return http_call(found, {"env": ENV}, "")


USER = "user: '{{ env.USER }}', password: '{{ env.PASSWORD }}'"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (f"auth: {{{USER}}}", []),
        ("auth: {user: '{{ env.USER }}', password: ''}", []),
        ("auth: twilio", []),
        ("auth: Twilio", []),
        ("auth: none", []),
        ("auth: {user: ann, password: hunter2}", ["L410"]),
        ("auth: basic", ["F112"]),
        ("auth: ", ["F112"]),
        ("auth: ~", ["F112"]),
        ("auth: [ann, hunter2]", ["F112"]),
        ("auth: '{{ env.USER }}'", ["F112"]),
        ("auth: {user: '{{ env.USER }}'}", ["F109"]),
        ("auth: {password: '{{ env.PASSWORD }}'}", ["F109"]),
        ("auth: {usr: '{{ env.USER }}', password: '{{ env.PASSWORD }}'}", ["F102"]),
        ("auth: {user: 'a:b', password: '{{ env.PASSWORD }}'}", ["F103"]),
        ("auth: {user: '{{ env.NOBODY }}', password: '{{ env.PASSWORD }}'}", ["F302"]),
        (f"auth: {{{USER}}}, headers: {{Authorization: 'Bearer {{{{ env.PASSWORD }}}}'}}", ["F110"]),
        (f"auth: {{{USER}}}, headers: {{authorization: 'Bearer {{{{ env.PASSWORD }}}}'}}", ["F110"]),
        ("auth: twilio, headers: {X-Twilio-Signature: abcd}", ["F110"]),
        (f"auth: {{{USER}}}, headers: {{Accept: text/plain}}", []),
    ],
)
def test_auth_is_judged_when_it_is_read(fields: str, found: list[str]) -> None:
    assert [each.code for each in check(flow(fields))] == found


def test_a_login_in_the_address_is_one_too_many() -> None:
    text = flow(f"auth: {{{USER}}}").replace("https://example", "https://{{ env.USER }}@example")
    assert [each.code for each in check(text)] == ["F110"]


def test_a_missing_token_is_told_where_the_settings_are_known() -> None:
    assert [each.code for each in check(flow("auth: twilio"), signs=False)] == ["L313"]
    assert [each.code for each in check(flow(f"auth: {{{USER}}}"), signs=False)] == []
    project = "defaults: {request: {auth: twilio}}\n"
    assert [each.code for each in check(flow("timeout: 2"), project, signs=False)] == ["L313"]


def test_what_is_asked_has_the_login_and_shows_it_nowhere() -> None:
    call = asked(flow(f"auth: {{{USER}}}"))
    assert call.auth == Login("ann", "hunter2")
    assert "hunter2" not in repr(call) + str(call) + call.line
    assert asked(flow("auth: twilio")).auth == "twilio"
    assert asked(flow("auth: none")).auth is None
    assert asked(flow("timeout: 2")).auth is None


def test_a_login_that_comes_out_as_nothing_is_a_fault() -> None:
    with pytest.raises(Fault, match="without a user and a password"):
        asked(flow("auth: {user: '{{ env.EMPTY }}', password: '{{ env.EMPTY }}'}"))


def test_defaults_are_merged_entry_by_entry_and_the_request_wins() -> None:
    project = (
        "defaults: {request: {timeout: 2, retries: 3, headers: {Accept: text/plain, X-Shop: one}, auth: twilio}}\n"
    )
    call = asked(flow("retries: 0", "{request: {timeout: 3, headers: {x-shop: two, X-Flow: f}}}"), project)
    assert (call.timeout, call.retries, call.auth) == (3.0, 0, "twilio")
    assert call.headers == (("Accept", "text/plain"), ("x-shop", "two"), ("X-Flow", "f"))
    own = asked(flow("timeout: 4, headers: {accept: '*/*'}"), project)
    assert (own.timeout, own.retries) == (4.0, 3)
    assert own.headers == (("X-Shop", "one"), ("accept", "*/*"))


@pytest.mark.parametrize(
    ("fields", "defaults", "auth", "headers"),
    [
        ("timeout: 2", "", "twilio", ()),
        ("auth: none", "", None, ()),
        (f"auth: {{{USER}}}", "", Login("ann", "hunter2"), ()),
        ("headers: {Authorization: 'Bearer {{ env.USER }}'}", "", None, (("Authorization", "Bearer ann"),)),
        ("timeout: 2", f"{{request: {{auth: {{{USER}}}}}}}", Login("ann", "hunter2"), ()),
        ("timeout: 2", "{request: {auth: none}}", None, ()),
        (
            "timeout: 2",
            "{request: {headers: {Authorization: 'Bearer {{ env.USER }}'}}}",
            None,
            (("Authorization", "Bearer ann"),),
        ),
        ("auth: twilio", "{request: {headers: {Authorization: 'Bearer {{ env.USER }}'}}}", "twilio", ()),
    ],
)
def test_who_asks_is_said_once(fields: str, defaults: str, auth: object, headers: object) -> None:
    call = asked(flow(fields, defaults), "defaults: {request: {auth: twilio}}\n")
    assert (call.auth, call.headers) == (auth, headers)


def test_a_login_in_the_address_comes_before_the_defaults() -> None:
    text = flow("timeout: 2").replace("https://example", "https://{{ env.USER }}@example")
    assert asked(text, "defaults: {request: {auth: twilio}}\n").auth is None


@pytest.mark.parametrize(
    ("defaults", "sender"),
    [("", "+15550102"), ("{send: {from: '+15550103'}}", "+15550103"), ("{say: {loop: 1}}", "+15550102")],
)
def test_a_text_comes_from_the_number_of_the_defaults(defaults: str, sender: str) -> None:
    top = f"defaults: {defaults}\n" if defaults else ""
    text = f"{top}steps:\n  menu:\n    - send: {{to: '+15550101', body: Hello}}\n"
    found = read(text, "defaults: {send: {from: '+15550102'}}\n")
    assert isinstance(found, PerformEffect)
    assert text_message(found, {}, Circumstances("", "+15550100")).from_ == sender


@pytest.mark.parametrize(
    ("defaults", "found"),
    [
        ("{request: {url: 'https://example.com/'}}", ["F108"]),
        ("{request: {save: x}}", ["F108"]),
        ("{request: {branch: {error: menu}}}", ["F108"]),
        ("{request: {tiemout: 3}}", ["F102"]),
        ("{request: {timeout: soon}}", ["F103"]),
        ("{request: {timeout: 60}}", ["F104"]),
        ("{request: {retries: 9}}", ["F104"]),
        ("{request: {headers: [a]}}", ["F112"]),
        ("{request: {headers: {Host: x}}}", ["F110"]),
        ("{request: {auth: basic}}", ["F112"]),
        (f"{{request: {{auth: {{{USER}}}, headers: {{Authorization: 'x {{{{ env.USER }}}}'}}}}}}", ["F110"]),
        ("{request: }", ["F112"]),
        ("{send: {to: '+15550100'}}", ["F108"]),
        ("{send: {body: Hello}}", ["F108"]),
        ("{send: {from: no such sender!}}", ["F133"]),
        ("{send: {from: (415) 555-0123}}", ["L310"]),
        ("{set: {a: 1}}", ["F102"]),
        ("{branch: {on: x}}", ["F102"]),
        ("{subflow: {flow: f}}", ["F102"]),
        ("{requets: {timeout: 3}}", ["F102"]),
    ],
)
def test_defaults_that_no_verb_can_get_are_told(defaults: str, found: list[str]) -> None:
    text = "steps:\n  menu:\n    - say: Hello.\n"
    assert [each.code for each in check(f"defaults: {defaults}\n{text}")] == found
    assert [each.code for each in check(text, f"defaults: {defaults}\n")] == found


@pytest.mark.parametrize(
    ("written", "good"),
    [
        ({"request": {"timeout": 2, "headers": {"Accept": "x"}, "auth": "twilio"}}, True),
        ({"request": {"auth": {"user": "a", "password": "b"}}, "send": {"from": "+15550100"}}, True),
        ({"request": {"url": "https://example.com/"}}, False),
        ({"request": {"auth": "basic"}}, False),
        ({"request": {"auth": {"user": "a"}}}, False),
        ({"send": {"to": "+15550100"}}, False),
        ({"set": {"a": 1}}, False),
    ],
)
def test_the_schema_agrees(written: object, good: bool) -> None:
    steps = {"menu": ["hangup"]}
    assert Draft7Validator(flow_schema()).is_valid({"defaults": written, "steps": steps}) == good
    assert Draft7Validator(project_schema()).is_valid(json.loads(json.dumps({"defaults": written}))) == good


def test_the_reference_tells_of_both() -> None:
    page = reference("request") or ""
    assert "auth" in page
    assert "`defaults` may give every request: timeout, retries, headers, auth" in " ".join(page.split())
    assert "`request` and `send`" in " ".join((reference("defaults") or "").split())
