"""A verb of the engine is described once: one that nobody knew before is its spec, its effect and one function that makes that.

So messages, defaults, schema, reference, call scripts, coverage and suggestions follow from the spec; the test makes such a verb
and changes nothing else.
"""

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.diagnostics import Report, Source, render_line
from engine.document.folder import Folder
from engine.grammar.fields import Whole
from engine.grammar.overlay.common import TEXTED
from engine.grammar.reference import reference, topics
from engine.grammar.schema import flow_schema
from engine.grammar.verbs import ENGINE_VERBS
from engine.grammar.verbs.spec import Key, VerbSpec
from engine.model.build import build
from engine.model.parts import PerformEffect
from engine.phone.scripts import Result as Played
from engine.phone.scripts import play
from engine.phone.scripts.read import read_script
from engine.picture.reading import cards_of
from engine.picture.text import print_out
from engine.runtime.effects.calls import EFFECTS, Circumstances, Scope
from engine.runtime.effects.effect import Effect, Result
from engine.runtime.effects.world import World
from engine.testing.coverage import Coverage, survey
from engine.testing.project import Project
from engine.testing.suggest import suggest

ENGINE = Path(__file__).parents[1] / "engine"

FAX = VerbSpec(
    "fax",
    "Sends a fax.",
    {
        "to": Key("the number of the machine", TEXTED, wanted="a phone number", called=("number",)),
        "pages": Key("how many pages, 1 to 20", Whole(1, 20)),
        "save": Key("keeps the number of the fax: `save: sent`", form="save"),
        "branch": Key("where to go on when it was `sent`, when the line is `busy`, and on `error`", form="branch"),
    },
    "fax:\n  to: '+15550100'\n  branch:\n    busy: operator",
    answers=("sent", "busy", "error"),
    gives=("id",),
    defaults=("pages",),
    bare="to",
    wanted="a mapping with `to`",
    written="write  fax: {to: '+15550100'}",
    needs=(("to",),),
    called=("telefax",),
    asks=True,
    done="faxes",
    stubs="word",
    shown="the fax",
    undone="is not faxed",
    sample={"id": "FX1"},
    given="write  fax: sent  or  fax: busy",
    trial="-a fax=sent",
)


class Fax(NamedTuple):
    """The effect of the new verb."""

    to: str
    pages: int

    @property
    def spec(self) -> VerbSpec:
        return FAX

    @property
    def line(self) -> str:
        return f"{self.to}: {self.pages} pages"

    @property
    def nobody(self) -> str:
        return "there is no fax machine"

    @property
    def repeatable(self) -> bool:
        return False


def make_fax(wanted: PerformEffect, scope: Scope, now: Circumstances) -> Effect:
    return Fax(wanted["to"], int(wanted["pages"] or 1))


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINE_VERBS, FAX.name, FAX)
    monkeypatch.setitem(EFFECTS, FAX.name, make_fax)


def read(instruction: str, top: str = "") -> tuple[PerformEffect | None, list[str]]:
    """The instruction, if it is one, and what is told of it."""
    report = Report()
    flow = f"{top}steps:\n  a:\n    - {instruction}\n    - hangup\n  b: [hangup]\n"
    project = build(Folder(Path(), (Source("f.yaml", flow),), None), report)
    told = [render_line([found]) for found in report.diagnostics if found.severity == "error"]
    found = project.flows["f"].steps["a"].instructions[0] if "f" in project.flows else None
    return (found if isinstance(found, PerformEffect) else None), told


def test_it_is_read_by_its_spec() -> None:
    found, told = read("fax: {to: '+15550100', pages: 3, save: sent, branch: {busy: b, else: b}}")
    assert told == []
    assert found is not None
    assert (found["to"], found["pages"], found.save and found.save.answer) == ("+15550100", "3", "sent")
    assert [exit_.names for exit_ in found.exits] == [("busy",), ("else",)]


def test_what_is_no_mapping_is_its_main_key() -> None:
    found, told = read("fax: '+15550100'")
    assert told == []
    assert found is not None
    assert found.values == {"to": "+15550100"}


def test_the_defaults_give_what_it_says() -> None:
    found, _ = read("fax: '+15550100'", "defaults: {fax: {pages: 7}}\n")
    assert found is not None
    assert found["pages"] == "7"
    _, told = read("fax: '+15550100'", "defaults: {fax: {to: '+15550100'}}\n")
    assert ["F108" in line for line in told] == [True]


@pytest.mark.parametrize(
    ("instruction", "code", "words"),
    [
        ("fax: {pages: 1}", "F109", "`fax` needs `to`"),
        ("fax: {to: '+15550100', page: 1}", "F102", "`fax` has no field `page` (did you mean `pages`?)"),
        ("fax: {number: '+15550100'}", "F102", "`fax` has no field `number` (did you mean `to`?)"),
        ("fax: {to: '+15550100', pages: 99}", "F104", "`pages`"),
        ("fax: {to: '+15550100', pages: few}", "F103", "`pages`"),
        ("fax: {to: '+15550100', branch: {bus: b}}", "F102", "`fax` never answers `bus` (did you mean `busy`?)"),
        ("fax: {to: '+15550100', save: {x: sid}}", "F102", "`fax` gives no `sid`"),
        ("telefax: '+15550100'", "F102", "there is no verb `telefax` (did you mean `fax`?)"),
    ],
)
def test_its_mistakes_are_told(instruction: str, code: str, words: str) -> None:
    _, (told, *more) = read(instruction)
    assert code in told
    assert words in told
    assert more == []


def test_schema_and_reference_have_it() -> None:
    schema = flow_schema()["definitions"]
    assert isinstance(schema, dict)
    assert "fax" in schema["instruction"]["properties"]
    (within,) = schema["verb-fax"]["allOf"]
    assert set(within["properties"]) == {"to", "pages", "save", "branch"}
    page = reference("fax")
    assert page is not None
    assert "fax" in topics()
    assert all(
        words in page for words in ("Sends a fax.", "sent, busy, error", "how many pages", "id", "busy: operator")
    )


FLOW = """\
vars: {kept: ''}
steps:
  a: [{fax: {to: '+15550100', save: kept, branch: {busy: b, error: c}}}, {say: 'Sent {{ kept }}.'}]
  b: [{say: Busy.}]
  c: [{say: Failed.}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "f.yaml").write_text(FLOW)
    made = Project.load(tmp_path)
    assert isinstance(made, Project), made
    return made


def played(project: Project, text: str) -> tuple[Played, ...]:
    report = Report()
    script = read_script(Source("f.calls.yaml", text), report)
    assert script is not None
    assert not report.diagnostics, [render_line([found]) for found in report.diagnostics]
    return play(script, project)


@pytest.mark.parametrize(("answer", "heard"), [("sent", "Sent FX1."), ("busy", "Busy."), ("error", "Failed.")])
def test_a_script_says_what_came_of_it(project: Project, answer: str, heard: str) -> None:
    text = f"flow: f\ngiven: {{fax: {answer}}}\ncalls:\n  One:\n    - asked: 1 pages\n    - hear: {heard}\n"
    (result,) = played(project, text)
    assert result.failure is None, f"{result.failure}\n{result.transcript}"
    assert f"(faxes +15550100: 1 pages -> {answer}" in result.transcript


def test_a_word_that_is_none_of_its_answers_is_told() -> None:
    report = Report()
    read_script(Source("f.calls.yaml", "flow: f\ngiven: {fax: sen}\ncalls:\n  One:\n    - hear: x\n"), report)
    assert [found.title for found in report.diagnostics] == ["`fax` never ends `sen`"]


def test_its_exits_are_to_be_covered_and_scripts_for_them_are_suggested(project: Project) -> None:
    ground = survey(project.program)
    assert [place.text for place in ground.exits] == ["busy", "error"]
    coverage = Coverage(ground)
    for text in suggest(project, coverage).scripts.values():
        results = played(project, text)
        assert [result.failure for result in results] == [None] * len(results)
        coverage = coverage.plus(project, [result.story for result in results])
    assert coverage.percent == 100


def test_a_picture_shows_it_by_its_keys(project: Project) -> None:
    flow = project.program.flows["f"]
    cards = cards_of(flow, {"f": flow.steps})
    (line,) = (line for card in cards.cards if card.step == "f/a" for line in card.lines if line.verb == "fax")
    assert "+15550100" in line.text
    assert "fax: to +15550100" in print_out(flow)


def test_the_world_performs_it_or_says_that_nobody_does() -> None:
    async def machine(fax: Fax) -> Result:
        return Result("sent", {"id": f"{fax.pages}"})

    effect = Fax("+15550100", 2)
    assert asyncio.run(World({Fax: machine}).perform(effect)) == Result("sent", {"id": "2"})
    assert asyncio.run(World().perform(effect)) == Result("error", {}, "there is no fax machine")


KINDS = ("words", "localized", "list", "target", "json")
"""Forms of values that are of a kind."""


@pytest.mark.parametrize("spec", ENGINE_VERBS.values(), ids=list(ENGINE_VERBS))
def test_a_spec_says_all_that_is_asked_of_it(spec: VerbSpec) -> None:
    """What the reader, messages and scripts take for granted of a verb."""
    within = {name for keys in spec.needs for name in keys} | {*spec.defaults, *filter(None, [spec.bare])}
    assert within <= spec.fields.keys()
    assert not spec.bare or spec.needs[0] == (spec.bare,)
    assert all(key.kind is not None for key in spec.fields.values() if key.form in KINDS)
    called = [name for key in spec.fields.values() for name in key.called]
    assert len(called) == len(set(called) - spec.fields.keys())
    assert {name for rule in spec.rules for name in rule.names} <= spec.fields.keys()
    assert spec.asks == (spec.name in EFFECTS)
    if spec.asks:
        assert "error" in spec.answers
        assert all((spec.gives, spec.done, spec.stubs, spec.given, spec.trial, spec.written))
        assert not spec.open or spec.stubs == "named"
        assert spec.stubs != "word" or (spec.shown and spec.undone and spec.sample.keys() == set(spec.gives))


# Nobody else knows a verb by its name.

OWN = {
    "send": {"runtime/effects/effect.py", "runtime/effects/calls.py"},
    "subflow": {"model/verbs/subflows.py", "model/verbs/own_verbs.py"},
    "run": {
        "runtime/effects/effect.py",
        "runtime/effects/calls.py",
        "model/verbs/runs.py",
        "model/verbs/own_verbs.py",
        "model/files/remembered.py",  # a changed signature lets the flows be read again that call the function
        "phone/scripts/read.py",  # a stub names a function that there is
        "testing/project.py",
        "testing/world.py",
        "testing/answers.py",
        "commands/twiml.py",
    },
    "request": {
        "runtime/effects/effect.py",
        "runtime/effects/calls.py",
        "model/verbs/requests.py",
        "model/verbs/own_verbs.py",
        "model/files/defaults.py",  # headers of two places are one list
        "phone/scripts/requested.py",
        "testing/answers.py",
    },
}
"""Beside its spec and the list of verbs, who may import the spec of a verb."""

# A picture has a sign and words of its own for the verbs that it knows; it draws any other by its keys.
IN_PICTURES = {"picture/marks.py", "picture/sentences.py", "picture/wording.py"}
ADVICE = {"model/files/instructions.py", "grammar/overlay/verbs.py"}  # messages that say to write `send` instead


def constants(path: Path) -> Iterator[str]:
    """The texts in a module that are no docstrings."""
    tree = ast.parse(path.read_text())
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def test_a_verb_is_named_where_it_is_described_and_nowhere_else() -> None:
    named: dict[str, set[str]] = {"send": set(), "run": set()}
    advised: set[str] = set()
    for path in ENGINE.rglob("*.py"):
        here = path.relative_to(ENGINE).as_posix()
        for text in constants(path):
            if text in named:
                named[text].add(here)
            if "`send`" in text:
                advised.add(here)
    named["run"] -= {"runtime/effects/workers.py"}  # `run` of a worker is an attribute
    named["send"] -= {"simulation/acts.py", "simulation/call.py"}  # an act of the page: really ask
    for of_verb in named.values():
        of_verb -= IN_PICTURES
    assert named == {"send": {"grammar/verbs/send.py"}, "run": {"grammar/verbs/run.py"}}
    assert advised == ADVICE


@pytest.mark.parametrize("verb", sorted(OWN))
def test_the_spec_of_a_verb_is_known_to_what_is_its_own(verb: str) -> None:
    module = f"engine.grammar.verbs.{verb}"
    found = {
        path.relative_to(ENGINE).as_posix()
        for path in ENGINE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == module
    }
    assert found - {"grammar/verbs/__init__.py"} == OWN[verb]
