"""Numbers and what is typed, through whole calls: conditions, keys, variables, what subflows, functions and requests give."""

import logging
import re

import pytest

from engine.runtime.desk import Desk
from engine.runtime.effects.effect import FunctionCall, HttpCall, Result
from engine.runtime.effects.world import World

ENDS = "  right: [{say: Right.}]\n  wrong: [{say: Wrong.}]\n"


def spoken(document) -> list[str]:
    return re.findall(r"<Say[^>]*>([^<]*)</Say>", document.twiml)


def typed(line, keys: str, after: str, top: str = "", **more: str) -> list[str]:
    """What a caller hears who types keys that are kept as `pin`."""
    made = line(
        f=f"{top}\nsteps:\n  a:\n    - gather: {{say: Your PIN?, save: pin}}\n    - {after}\n{ENDS}",
        **more,
    )
    asked = made.ask("f")
    return spoken(made.ask(asked.address(), Digits=keys))


@pytest.mark.parametrize(
    ("keys", "condition", "holds"),
    [
        ("1", "pin == 1", True),
        ("1", "answer == 1", True),
        ("1", "digits == 1", True),
        ("2", "pin == 1", False),
        ("01", "pin == 1", False),
        ("4711", "pin > 1000", True),
        ("999", "pin > 1000", False),
        ("0999", "pin > 100", False),
        ("4711", "pin == expected", True),
        ("4712", "pin == expected", False),
        ("4711", "expected == pin and pin in [expected]", True),
        ("4711", "pin in allowed", True),
        ("4713", "pin in allowed", False),
        ("4711", "allowed | select('eq', pin) | list", True),
        ("4711", "pin in named", True),
        ("4711", "named[pin] == 'Ann'", True),
        ("4711", "pin + 1 == 4712", True),
        ("04711", "pin == expected", False),
        ("4711", "not pin != expected", True),
    ],
)
def test_a_condition_on_what_was_typed(line, keys, condition, holds):
    top = "vars: {expected: 4711, allowed: [1234, 4711], named: {4711: Ann}}"
    after = f'branch: [{{when: "{condition}", to: right}}, {{else: wrong}}]'
    assert typed(line, keys, after, top) == ["Right." if holds else "Wrong."]


@pytest.mark.parametrize(
    ("keys", "heard"), [("4711", "Right."), ("4712", "Wrong."), ("04711", "Wrong."), ("47110", "Wrong.")]
)
def test_a_subflow_is_given_a_number_and_asks_for_it(line, keys, heard):
    made = line(
        f=f"steps:\n  a: [{{subflow: {{flow: check, with: {{expected: 4711}}, branch: {{true: right, else: wrong}}}}}}]\n{ENDS}",
        check="takes: {expected: required}\nsteps:\n  a:\n    - gather: {say: PIN?, save: pin}\n"
        '    - return: "{{ pin == expected }}"\n',
    )
    assert spoken(made.ask(made.ask("f").address(), Digits=keys)) == [heard]


@pytest.mark.parametrize(
    ("value", "keys", "heard"),
    [
        ("1", "{1: right, else: wrong}", "Right."),
        ("1.0", "{1: right, else: wrong}", "Right."),
        ("1", "{1.0: right, else: wrong}", "Right."),
        ("1.0", "{1: wrong, 1.0: right}", "Right."),
        ("1.5", "{1: wrong, 1.50: right}", "Right."),
        ("'1.0'", "{1: wrong, else: right}", "Right."),
        ("1", "{01: wrong, else: right}", "Right."),
        ("true", "{1: wrong, true: right}", "Right."),
        ("1", "{true: wrong, 1: right}", "Right."),
        ("-0", "{0: right, else: wrong}", "Right."),
        ("10000000000000000", "{10000000000000000: right, else: wrong}", "Right."),
    ],
)
@pytest.mark.parametrize("way", ["on", "return", "run", "request"])
def test_a_number_beside_a_key(line, way, value, keys, heard):
    if way in ("run", "request"):
        given = {"true": True}.get(value) or (
            value[1:-1] if value[0] == "'" else float(value) if "." in value else int(value)
        )
        kept = "save: {n: value}, " if way == "run" else "save: n, "
        verb = "run: {function: f, " if way == "run" else "request: {url: 'https://example.com/', "
        branch = keys if way == "run" else "{}"
        after = "" if way == "run" else f", {{branch: {{on: n, {keys.removeprefix('{')}}}"
        if way == "request":
            verb = verb.removesuffix(", ")
            text = f"steps:\n  a: [{{{verb}, save: n}}}}{after}]\n{ENDS}"
        else:
            text = f"steps:\n  a: [{{{verb}{kept}branch: {branch}}}}}]\n{ENDS}"
        made = line(f=text)
        result = Result("200", {"body": given, "status": 200, "headers": {}})
        if way == "run":
            result = Result("?", {"value": given})

        async def perform(effect):
            return result

        made.desk = Desk(made.library, made.store, world=World(dict.fromkeys((HttpCall, FunctionCall), perform)))
        assert spoken(made.ask("f")) == [heard]
        return
    if way == "on":
        made = line(f=f"vars: {{n: {value}}}\nsteps:\n  a: [{{branch: {{on: n, {keys.removeprefix('{')}}}]\n{ENDS}")
    else:
        made = line(
            f=f"steps:\n  a: [{{subflow: {{flow: g, branch: {keys}}}}}]\n{ENDS}",
            g=f"steps:\n  a: [{{return: {value}}}]\n",
        )
    assert spoken(made.ask("f")) == [heard]


@pytest.mark.parametrize(
    ("written", "sent", "holds"),
    [
        ("3", "2", "tries < 3 and tries + 1 == 3"),
        ("3", "1e3", "tries == '1e3'"),
        ("3", "007", "tries == '007'"),
        ("3", "many", "tries == 'many'"),
        ("3", "2.50", "tries == 2.5"),
        ("true", "false", "not tries"),
        ("true", "1", "tries == '1' and tries != true"),
        ("x", "2", "tries == 2 and tries ~ '' == '2'"),
    ],
)
def test_what_a_flow_is_given_by_address(line, written, sent, holds):
    made = line(
        f=f'takes: {{tries: {written}}}\nsteps:\n  a: [{{branch: [{{when: "{holds}", to: right}}, {{else: wrong}}]}}]\n{ENDS}'
    )
    assert spoken(made.ask(f"f?tries={sent}")) == ["Right."]


def test_an_order_that_does_not_hold_is_logged_with_its_place_and_without_its_value(line, caplog):
    caplog.set_level(logging.INFO)
    branch = 'branch: [{when: "pin > 1000", to: right}, {else: wrong}]'
    assert typed(line, "0471*secret", branch) == ["Wrong."]
    messages = [record.getMessage() for record in caplog.records]
    assert messages == [
        "f.yaml:5:23: `>` does not hold: a text that is not a plain number has no order beside a number"
    ]


def test_the_log_says_it_also_of_texts_and_of_hours(line, caplog):
    caplog.set_level(logging.INFO)
    hours = "hours: {desk: {timezone: UTC, mon-sun: 00:00-24:00, closed_if: call.caller_name > 5}}"
    made = line(f=f"{hours}\nsteps:\n  a: [{{say: \"{{{{ hours.desk.open }}}} {{{{ speech < 'x' }}}}\"}}]\n")
    assert spoken(made.ask("f")) == ["true false"]
    assert [record.getMessage().partition(": ")[0] for record in caplog.records] == ["f.yaml:1:64", "f.yaml:3:13"]


@pytest.mark.parametrize("sum_", ["{{ pin + 1 }}", "{{ 1 - pin }}", "{{ -pin }}"])
def test_only_arithmetic_with_another_text_leads_to_on_error(line, sum_):
    assert typed(line, "4711", f'say: "{sum_}"', "on_error: wrong") != ["Wrong."]
    assert typed(line, "04711", f'say: "{sum_}"', "on_error: wrong") == ["Wrong."]
