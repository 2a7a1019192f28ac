"""The schema takes what the reader takes, refuses what it refuses, and has the words that editors show."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from engine.grammar.examples import EXAMPLES
from engine.grammar.schema import SNIPPETS, flow_schema, project_schema
from engine.grammar.verbs import ENGINE_VERBS, FLOW_KEYS
from engine.grammar.vocabulary import BOTH, elements
from engine.program.library import load_sources

ROOT = Path(__file__).parents[2]
FLOWS = sorted((ROOT / "flows").glob("*.yaml")) + sorted((ROOT / "examples").glob("*.yaml"))
SCHEMA = flow_schema(["menu", "operator"])
CHECK = Draft7Validator(SCHEMA)


class Old(yaml.SafeLoader):
    """YAML 1.1, as editors read it: `no` is a boolean, and a date is text."""


class New(yaml.SafeLoader):
    """YAML 1.2: only `true` and `false` are booleans, and `09:30` is text."""


def without(loader: type[yaml.SafeLoader], *kinds: str) -> dict[str, list[Any]]:
    tags = {f"tag:yaml.org,2002:{kind}" for kind in kinds}
    return {
        first: [(tag, form) for tag, form in known if tag not in tags]
        for first, known in loader.yaml_implicit_resolvers.items()
    }


Old.yaml_implicit_resolvers = without(yaml.SafeLoader, "timestamp")
New.yaml_implicit_resolvers = without(yaml.SafeLoader, "timestamp", "bool", "int")
New.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
New.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("[-+]?[0-9]+$"), list("-+0123456789"))


def typed(text: str, loader: type[yaml.SafeLoader]) -> Any:
    """The text as an editor types it; the keys of mappings are text to JSON Schema."""

    class Typed(loader):  # type: ignore[valid-type,misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
            return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}

    return yaml.load(text, Typed)


def wrongs(text: str, loader: type[yaml.SafeLoader] = New) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in CHECK.iter_errors(typed(text, loader))]


def flow(instruction: str, top: str = "") -> str:
    written = instruction.strip("\n").replace("\n", "\n      ")
    return f"{top}\nsteps:\n  welcome:\n    - {written}\n  menu:\n    - hangup\n  told:\n    - log: told\n"


@pytest.mark.parametrize("loader", [Old, New])
@pytest.mark.parametrize(
    ("always", "wrong"),
    [
        ("{0 | operator: operator, '*': back, 9: [{say: Hi}, hangup], no_input: menu, else: billing/}", ""),
        ("[{when: visits > 3, to: menu}]", "$.always"),
        ("{0: {say: Hi}}", "$.always['0']"),
        ("{else: 7 8}", "$.always.else"),
    ],
)
def test_always_is_keys_with_targets_or_trees(always: str, wrong: str, loader: type[yaml.SafeLoader]) -> None:
    found = wrongs(flow("hangup", f"always: {always}"), loader)
    assert (not found) if not wrong else found[0].startswith(wrong), found


def parts(schema: object) -> Iterator[dict[str, Any]]:
    """Every mapping inside a schema."""
    if isinstance(schema, dict):
        yield schema
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts(inner)


@pytest.mark.parametrize("schema", [SCHEMA, flow_schema(), flow_schema(["a"], ["en", "es"]), project_schema()])
def test_it_is_a_draft_07_schema_without_one_of(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(schema)
    assert not any("oneOf" in part for part in parts(schema))
    assert all(part["$ref"].rpartition("/")[2] in schema["definitions"] for part in parts(schema) if "$ref" in part)


@pytest.mark.parametrize("loader", [Old, New])
@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.name)
def test_every_flow_that_ships_is_valid(path: Path, loader: type[yaml.SafeLoader]) -> None:
    schema = project_schema() if path.name.startswith("_") else SCHEMA
    if "\nlanguages:" in path.read_text():
        schema = flow_schema([], ["en", "es"])
    found = Draft7Validator(schema).iter_errors(typed(path.read_text(), loader))
    assert [f"{error.json_path}: {error.message[:200]}" for error in found] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_valid(name: str) -> None:
    assert wrongs(flow(EXAMPLES[name])) == []


GOOD = [
    "say: Hello",
    "say: 1234",
    "say: 09:30",
    "hangup",
    "hangup:",
    "pause: {}",
    "pause: 2",
    "reject: busy",
    "say: {message: Hi, voice: man, loop: 2}",
    "say: ['Your code is', {say_as: {words: 1234, interpret_as: digits}}, {break: {time: 1s}}]",
    "say: {content: [One, {break_: {}}, Two]}",
    "gather: {say: [One, Two], input: [dtmf, speech], hints: 'a, b', num_digits: 1, timeout: auto}",
    "gather:\n  - say: One\n  - pause: 1\n  - say: Two",
    "gather: {say: Hi, timeout: '{{ 3 }}', branch: {1: menu, 2 | two: [{say: Hi}], '*': repeat, else: []}}",
    "gather: {say: Hi, branch: [{when: answer == digits, to: menu}, {else: [hangup]}]}",
    "gather: {say: Hi, save: {pin: digits, rest: answer}}",
    "gather: {say: Hi, retry: {attempts: 2, no_input: [One, [{say: Two}]], prompt: Again}}",
    "dial: '+15550100'",
    "dial: 15550100",
    "dial: {number: ['+15550100', {phone_number: '+15550101', url: menu}], client: alice}",
    "dial: {number: '+15550100', caller_id: 15550100, branch: {completed: hangup, busy | no-answer: menu}}",
    "dial: {conference: {name: lobby, beep: false, wait_url: ''}}",
    "enqueue: {name: support, wait_url: menu}",
    "enqueue: {workflow_sid: WW1, task: {skill: sales, tier: 2, nested: {a: [1]}}}",
    "pay: {prompt: {for: postal-code, say: Hi}, action: https://example.com/x}",
    "pay: {prompt: {for_: postal-code, say: Hi}, action: https://example.com/x}",
    "connect: {conversation_relay: {url: wss://example.com/a, language: [{code: en-US}]}}",
    "connect: {stream: wss://example.com/a}",
    "record: {max_length: 10, play_beep: true, transcribe: 'true', transcribe_callback: told}",
    "redirect: menu",
    "redirect: {url: https://example.com/, method: GET}",
    "set: {visits: 1, name: x, deep: {a: [1, 2]}}",
    "log: reached {{ call.sid }}",
    "return",
    "return: 5",
    "twiml: <Say>Hello</Say>",
    "branch: {on: call.from_country, US | CA: menu, else: hangup}",
    "branch: [{when: call.sid, to: menu}, {else: hangup}]",
    "send: {to: '+15550100', body: Hello, status_callback: told, from_: '+15550101'}",
    "send: {to: '+15550100', content_sid: HX0123456789abcdef0123456789abcdef, content_variables: {1: Ann, at: '{{ 9 }}'}}",
    "send: {to: '+15550100', body: Hi, messaging_service_sid: MG0123456789abcdef0123456789abcdef}",
]


@pytest.mark.parametrize("loader", [Old, New])
@pytest.mark.parametrize("written", GOOD)
def test_what_the_reader_takes_is_valid(written: str, loader: type[yaml.SafeLoader]) -> None:
    assert not load_sources({"t.yaml": flow(written)}).report.errors
    assert wrongs(flow(written), loader) == []


BAD = [
    "sey: Hello",
    "say: {mesage: Hello}",
    "say: {message: Hello, voice: [a, b]}",
    "say: {message: Hello}\nplay: audio/a.mp3",
    "pause: {length: 5s}",
    "dial: {number: '+15550100', timeout: 3s}",
    "dial: {number: '+15550100', timeout: 700}",
    "dial: {number: '+15550100', answer_on_bridge: maybe}",
    "dial: {number: '+15550100', record: always}",
    "dial: {number: {phone_number: '+1', statusCallback: /x}}",
    "gather: Press 1.",
    "gather: [Press 1.]",
    "gather: {numDigits: 1}",
    "gather: {say: Hi, retry: {atempts: 2}}",
    "gather: {say: Hi, branch: menu}",
    "gather: {say: Hi, branch: {1: {say: Hi}}}",
    "gather: {say: Hi, branch: [{when: answer}]}",
    "gather: {say: Hi, branch: [{wen: answer, to: menu}]}",
    "gather: {dial: '+1'}",
    "connect: {stream: {url: https://example.com}}",
    "connect:",
    "goodbye",
    "hangup: now",
    "redirect: {url: menu, methd: GET}",
    "branch: {US: menu}",
    "set: {Bad-Name: 1}",
    "set: 5",
    "send: {to: '+15550100', content_sid: hello}",
    "send: {to: '+15550100', content_sid: HX0123456789abcdef0123456789abcdef, content_variables: [Ann]}",
    "send: {to: '+15550100', body: Hi, status_callback: [told]}",
    "5",
]


@pytest.mark.parametrize("written", BAD)
def test_a_mistake_is_refused_by_both(written: str) -> None:
    assert wrongs(flow(written)) != []
    assert load_sources({"t.yaml": flow(written)}).report.errors


@pytest.mark.parametrize(
    "top",
    [
        "stpes: {}",
        "channel: fax",
        "start: 'Not a step'",
        "vars: {Bad Name: 1}",
        "defaults: {sey: {voice: man}}",
        "defaults: {say: {voise: man}}",
        "on_error: two words",
    ],
)
def test_a_mistake_at_the_top_is_refused_by_both(top: str) -> None:
    assert wrongs(flow("hangup", top)) != []
    assert load_sources({"t.yaml": flow("hangup", top)}).report.errors


DAYS = "timezone: UTC, mon-fri: '09:00-12:00, 13:00-17:00'"
GOOD_HOURS = [
    DAYS,
    f"{DAYS}, sat: closed, 2026-12-24: 09:00-24:00, 2026-12-27..2027-01-02: closed",
    "timezone: UTC, sat-mon: [09:00-12:00, 22:00 - 02:00]",
    f"{DAYS}, closed: [2026-12-25, 2026-12-27..2027-01-02, {{holidays: US}}, {{holidays: CA, state: ON}}]",
    f"{DAYS}, closed: [{{holidays: NO}}, {{holidays: AT, state: 9}}]",
    f"{DAYS}, closed_if: true",
    f"{DAYS}, closed_if: now.hour == 12",
]
BAD_HOURS = [
    "mon-fri: 09:00-17:00",
    f"{DAYS}, Sat: closed",
    f"{DAYS}, saturday: closed",
    f"{DAYS}, sat: 9-17",
    f"{DAYS}, sat: 09:00-25:00",
    f"{DAYS}, sat: 24:00-01:00",
    f"{DAYS}, sat: off",
    f"{DAYS}, sat: {{open: 09:00-17:00}}",
    f"{DAYS}, 24.12.2026: closed",
    f"{DAYS}, 2026-12-27-2027-01-02: closed",
    f"{DAYS}, closed: 2026-12-25",
    f"{DAYS}, closed: [12-25]",
    f"{DAYS}, closed: [{{country: US}}]",
    f"{DAYS}, closed: [{{state: NY}}]",
    f"{DAYS}, closed_if: [now]",
    "timezone: [UTC], mon: closed",
]


@pytest.mark.parametrize("loader", [Old, New])
@pytest.mark.parametrize("written", GOOD_HOURS)
def test_hours_that_the_reader_takes_are_valid(written: str, loader: type[yaml.SafeLoader]) -> None:
    text = flow("hangup", f"hours: {{desk: {{{written}}}}}")
    assert not load_sources({"t.yaml": text}).report.errors
    assert wrongs(text, loader) == []
    assert not list(Draft7Validator(project_schema()).iter_errors(typed(f"hours: {{desk: {{{written}}}}}", loader)))


@pytest.mark.parametrize("written", BAD_HOURS)
def test_a_mistake_in_hours_is_refused_by_both(written: str) -> None:
    text = flow("hangup", f"hours: {{desk: {{{written}}}}}")
    assert wrongs(text) != []
    assert load_sources({"t.yaml": text}).report.errors


@pytest.mark.parametrize("name", ["repeat", "hangup", "Two words", "1st"])
def test_the_name_of_a_step_is_checked(name: str) -> None:
    text = f"steps:\n  {name}:\n    - hangup\n"
    assert wrongs(text) != []
    assert load_sources({"t.yaml": text}).report.errors


def test_a_mistake_is_told_where_it_stands_and_by_itself() -> None:
    """One wrong value deep in a flow is one message at its place, not "matches none of these" at the step."""
    text = flow("gather:\n  say: Hi\n  branch:\n    1:\n      - dial: {number: '+1', timeout: 3s}")
    assert [line.split(": ")[0] for line in wrongs(text)] == ["$.steps.welcome[0].gather.branch['1'][0].dial.timeout"]


def test_everything_an_editor_offers_has_a_title_or_a_description() -> None:
    for name in SCHEMA["definitions"]["instruction"]["properties"]:
        verb = SCHEMA["definitions"][f"verb-{name}"]
        assert verb["title"] == name
        assert verb["description"]
    for part in parts(SCHEMA):
        for name, value in part.get("properties", {}).items():
            assert "$ref" in value or value.get("description"), name


def test_every_verb_element_and_key_is_in_it() -> None:
    known = SCHEMA["definitions"]["instruction"]["properties"]
    served = {*ENGINE_VERBS}
    assert set(known) == (set(BOTH.children) - {"queue", "prompt"}) | served
    classes = {element.class_name for element in elements(BOTH)}
    assert classes <= set(SCHEMA["definitions"])
    assert set(SCHEMA["properties"]) == {*FLOW_KEYS}


def test_targets_offer_the_steps_and_the_words() -> None:
    for name in ("target", "goes"):
        assert SCHEMA["definitions"][name]["examples"][:3] == ["menu", "operator", "repeat"]
    assert SCHEMA["properties"]["start"]["examples"] == ["menu", "operator"]


def test_snippets_are_the_examples() -> None:
    snippets = SCHEMA["definitions"]["instruction"]["defaultSnippets"]
    assert [each["label"] for each in snippets] == [f"{name} …" for name in SNIPPETS]
    assert snippets[0]["body"]["gather"]["branch"] == {"1": "sales", "2": "billing", "else": "operator"}


def test_where_there_are_languages_a_text_may_be_a_mapping_of_them() -> None:
    check = Draft7Validator(flow_schema([], ["en", "es"]))
    said = typed(flow("say: {en: Hello, es: Hola}"), New)
    assert check.is_valid(said)
    assert not CHECK.is_valid(said)
    assert check.is_valid(typed(flow("gather: {say: Hi, hints: {en: yes, es: 'sí, claro'}}"), New))
    assert not check.is_valid(typed(flow("say: {en: Hello, fr: Salut}"), New))


def test_a_project_file_has_its_own_keys() -> None:
    check = Draft7Validator(project_schema())
    assert check.is_valid({"defaults": {"say": {"voice": "man"}}, "on_error": "clinic/sorry", "vars": {"visits": 0}})
    assert not check.is_valid({"steps": {}})


@pytest.mark.parametrize(
    ("instruction", "valid"),
    [
        ("say: {message: {en: Hello, es: Hola}, voice: {es: Polly.Mia}}", True),
        ("say: [{en: Hello, es: Hola}, {emphasis: {en: now, es: ya}}]", True),
        ("say: {en: [Hello, {break: {time: 1s}}], es: Hola}", True),
        ("pause: {en: 1, es: 2}", True),
        ("dial: {number: {en: '+15550100', es: '+15550101'}}", True),
        ("enqueue: {name: support, wait_url: {en: menu, es: told}}", True),
        ("gather: {say: Hi, retry: {no_input: {en: Again, es: Otra vez}}}", True),
        ("set: {language: es}", True),
        ("send: {to: '+15550100', body: {en: Hello, es: Hola}}", True),
        ("send: {to: '+15550100', content_sid: {en: HX0123456789abcdef0123456789abcdef, es: '{{ sid }}'}}", True),
        ("send: {to: '+15550100', body: {fr: Salut}}", False),
        ("pause: {en: 1, fr: 2}", False),
        ("enqueue: {name: support, wait_url: {fr: menu}}", False),
    ],
)
def test_whatever_may_be_by_language_may_be_so_in_an_editor(instruction: str, valid: bool) -> None:
    check = Draft7Validator(flow_schema([], ["en", "es"]))
    assert check.is_valid(typed(flow(instruction), New)) is valid


@pytest.mark.parametrize(
    ("languages", "valid"),
    [("{en: {voice: a, language: en-US}, pt-BR: }", True), ("{en: {speed: 1}}", False), ("{English: {}}", False)],
)
def test_languages_are_named_and_voiced(languages: str, valid: bool) -> None:
    assert CHECK.is_valid(typed(f"languages: {languages}\nsteps: {{}}\n", New)) is valid
