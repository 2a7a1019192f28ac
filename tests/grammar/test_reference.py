"""Everything a flow can hold has a page, which fits a terminal and whose example loads."""

import re

import pytest

from engine.diagnostics.diagnostic import Severity
from engine.diagnostics.render import render_text
from engine.grammar.callables import FILTERS
from engine.grammar.examples import EXAMPLES
from engine.grammar.filters import FILTERS as OWN
from engine.grammar.names import CALL, HOURS, MESSAGE, NAMES
from engine.grammar.reference import reference, topics
from engine.grammar.signatures import signature_of
from engine.grammar.verbs import ENGINE_VERBS, EXTRAS, FLOW_KEYS, PROJECT_KEYS, TARGET_WORDS
from engine.grammar.vocabulary import MESSAGING, VOICE, Element, elements
from engine.program.library import load_sources

KINDS = {"a filter": OWN, "a target": TARGET_WORDS, "a known name": NAMES}
ROOTS = (VOICE, MESSAGING)
VERBS = sorted(({*VOICE.children, *MESSAGING.children} - {"queue", "prompt"}) | {*ENGINE_VERBS})
WORDS = [word.name for words in (ENGINE_VERBS, FLOW_KEYS, PROJECT_KEYS) for word in words.values()]
CALLED = "takes: {tries: 3}\nsteps: {ask: [{return: '{{ tries > 1 }}'}]}\n"  # what an example of `subflow` calls
STEPS = ("sales", "billing", "operator", "voicemail", "goodbye", "hold", "menu")


def page(name: str) -> str:
    found = reference(name)
    assert found is not None, name
    return found


def flow(name: str) -> str:
    """A flow with the example in its first step, and the steps that it leads to."""
    example = EXAMPLES[name]
    verb = VOICE.children.get(name)
    lines = [f"- {example}".replace("\n", "\n      "), *(["- say: Hello"] if verb and not verb.conduct.heard else [])]
    first = "\n    ".join(lines)
    named = [step for step in STEPS if re.search(rf": {step}\b", example)]
    steps = "".join(f"  {step}: [{{say: Hello}}]\n" for step in named)
    channel = "voice" if verb or name in ENGINE_VERBS else "messaging"
    return f"channel: {channel}\nvars: {{visits: 0}}\nsteps:\n  welcome:\n    {first}\n{steps}"


@pytest.mark.parametrize("name", [*VERBS, *WORDS, *EXTRAS])
def test_every_verb_and_key_has_a_page(name: str) -> None:
    assert name in topics()
    assert page(name).startswith(f"{name} — ")


@pytest.mark.parametrize("name", topics())
def test_every_page_fits_a_terminal_of_80_columns(name: str) -> None:
    lines = page(name).split("\n")
    assert max(len(line) for line in lines) <= 80
    assert not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize("root", ROOTS, ids=["voice", "messaging"])
def test_a_page_tells_every_field_and_everything_nested(root: Element) -> None:
    for element in elements(root):
        if element.name in ENGINE_VERBS:
            continue
        text = page(element.name)
        told = set(re.findall(r"^  ([a-z0-9_]+)", text, re.MULTILINE))
        assert {*element.attributes, *element.children, *([element.text] if element.text else [])} <= told
        assert " ".join(element.help.split()) in " ".join(text.split())


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_an_example_that_loads_without_a_word(name: str) -> None:
    assert "\nExample\n  - " + EXAMPLES[name].split("\n")[0] in page(name)
    report = load_sources({"t.yaml": flow(name), "verify_pin.yaml": CALLED}).report
    retired = name in ("sms", "echo")  # a hint says what to use instead
    found = [each for each in report.diagnostics if not (retired and each.severity is Severity.HINT)]
    assert found == [], render_text(found)


@pytest.mark.parametrize("name", ["conditions", *OWN, *TARGET_WORDS, *NAMES])
def test_every_filter_target_and_known_name_has_a_page(name: str) -> None:
    assert name in topics()
    kinds = [each for each, names in KINDS.items() if name in names]
    for kind in kinds:
        assert f"{name} — {kind}" in page(name).split("\n")


@pytest.mark.parametrize("name", sorted(OWN))
def test_the_page_of_a_filter_tells_what_it_does_and_each_option(name: str) -> None:
    text = " ".join(page(name).split())
    assert " ".join((OWN[name].__doc__ or "").split()) in text
    for option in signature_of(name, OWN[name]).parameters:
        assert f"{option.name} {option.note}" in text
    assert f'- say: "{{{{ value | {name} }}}}"' in text


@pytest.mark.parametrize(("name", "entries"), [("call", CALL), ("message", {**MESSAGE, "media": ""}), ("hours", HOURS)])
def test_the_page_of_a_name_tells_all_that_is_known_below_it(name: str, entries: dict[str, str]) -> None:
    told = set(re.findall(r"^  \S*\.(\w+)", page(name), re.MULTILINE))
    assert set(entries) <= told


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_filter_of_jinja_is_explained_by_how_it_is_written(name: str) -> None:
    assert any(f"{name} — a filter" in line for line in page(name).split("\n"))


def test_the_page_of_conditions_says_what_is_tested() -> None:
    text = page("conditions")
    for word in ("at most 15 digits", "`0471`", "`+15550100`", "`1e3`", "`true` is no", "the log says so"):
        assert word in " ".join(text.split())


def test_there_is_no_example_of_what_is_no_verb() -> None:
    assert sorted(EXAMPLES) == VERBS


def test_an_element_is_found_by_its_way_and_by_its_name() -> None:
    assert page("dial.number") == page("number")
    assert page("number").startswith("dial.number — stands in dial")
    assert page("break").startswith("break — stands in say, emphasis, ")
    assert page("gather.say") == page("say")
    assert page("say.emphasis.break") == page("break")
    assert page("media").startswith("message.media — stands in message")


def test_a_name_that_means_two_things_has_both() -> None:
    assert "start — a verb of voice" in page("start")
    assert "start — a key of a flow" in page("start")
    assert "dial.sip — stands in dial" in page("sip")
    assert "refer.sip — stands in refer" in page("sip")
    assert "dial.sip" not in page("refer.sip")


@pytest.mark.parametrize("name", ["", "sey", "dial.say", "number.dial", "queue.prompt", "."])
def test_what_is_not_there_has_no_page(name: str) -> None:
    assert reference(name) is None


def test_the_kind_range_and_choices_of_a_field_are_told() -> None:
    assert "whole number of seconds, 5 to 600" in " ".join(page("dial").split())
    assert "GET or POST" in page("dial")
    assert "Also written pause: …" in " ".join(page("pause").split())


def test_what_comes_back_is_told() -> None:
    text = page("dial")
    assert "its values   completed, answered, busy, no-answer, failed, canceled" in text
    assert "other exits  declined" in text
    assert "dial_call_status" in text
    assert "retry" in page("gather")
    assert "retry" not in text
    assert "What comes back" not in page("say")


def test_the_page_of_dial_number() -> None:
    head, _, rest = page("dial.queue").partition("\n\nFields\n")
    assert head == "dial.queue — stands in dial\n\nThe first caller of a queue."
    assert rest.split("\n")[0].startswith("  name ")
