"""A workspace: whatever is saved, what it makes is what a reading from scratch makes."""

import gc
import os
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.projects import common_text, flow_text, name_of, write_project
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source, Span
from engine.document.folder import Folder, is_flow, read_folder
from engine.grammar.templates import Expression, Template
from engine.grammar.vocabulary import Element
from engine.model.build import Builder
from engine.model.files.flows import Draft
from engine.model.files.remembered import ReadFlow
from engine.model.flow import Flow
from engine.model.graph import FlowGraph
from engine.model.linking.facts import Facts
from engine.model.lint import Doubted
from engine.program.library import VERSIONS_KEPT, Library, load_sources, load_version
from engine.program.program import Program
from engine.program.tracks import Tracks
from engine.program.workspace import Loaded, Workspace
from engine.runtime.trial import try_address

ROOT = Path(__file__).parents[2]
CATALOG = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Hello."\nmsgstr "{said}"\n'


def plain(value: Any) -> Any:
    """A value as it is compared: templates by their texts, and where everything stands."""
    if isinstance(value, Span):
        return value.source.path, value.start, value.end
    if isinstance(value, Source):
        return value.path, value.text
    if isinstance(value, Template | Expression):
        return type(value).__name__, value.text, plain(value.span)
    if isinstance(value, FlowGraph):
        return [(edge.id, edge.aim, plain(edge.span)) for edge in value.edges]
    if isinstance(value, Element):
        return value.name
    if is_dataclass(value):
        return type(value).__name__, *((one.name, plain(getattr(value, one.name))) for one in fields(value))
    if isinstance(value, Mapping):
        return [(plain(key), plain(entry)) for key, entry in value.items()]
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value


def program_of(program: Program | None) -> Any:
    return program and (program.version, plain(program.flows), program.sources)


def found(report: Report) -> list[Any]:
    return [plain(diagnostic) for diagnostic in report.diagnostics]


def update(workspace: Workspace, folder: Path) -> tuple[Loaded, Report]:
    """What a workspace makes of a folder, and its doubts, which are the same as from scratch."""
    report, again = Report(), Report()
    loaded = workspace.update(read_folder(folder, report), report)
    doubts = workspace.doubts()
    scratch = Workspace()
    expected = scratch.update(read_folder(folder, again), again, whole=True)
    assert found(doubts) == found(scratch.doubts())
    if expected.program is not None:
        assert not loaded.held
        assert program_of(loaded.program) == program_of(expected.program)
    elif loaded.program is not None:
        assert loaded.live is not None
        live = Builder().build(anew(loaded.live), Report(), workspace._lacked)
        assert [plain(one) for one in live.found.all if one.severity == "error"] == []
        assert plain(loaded.program.flows) == plain(live.project.flows)
        assert load_version(loaded.program.sources) is not None
    return loaded, doubts


def anew(folder: Folder) -> Folder:
    """The folder with sources that nobody knows."""
    return folder.with_files({name: Source(one.path, one.text) for name, one in folder.files.items()})


def edited(text: str, chance: random.Random) -> str:
    """A text with a small change somewhere, which may be a mistake."""
    lines = text.splitlines(keepends=True)
    at = chance.randrange(len(lines)) if lines else 0
    match chance.randrange(6):
        case 0:
            return text + f"# {chance.random()}\n"
        case 1:
            return "".join(lines[:at] + lines[at + 1 :])
        case 2:
            return "".join(lines[:at] + lines[at : at + 1] * 2 + lines[at + 1 :])
        case 3:
            words = [word for word in text.split() if word.isalpha()] or ["x"]
            return text.replace(chance.choice(words), chance.choice(words), chance.choice((1, 1, -1)))
        case 4:
            words = [word.rstrip(":") for word in text.split() if word.endswith(":")] or ["x"]
            word = chance.choice(words)
            return text.replace(f"{word}:", f"{word}x:", 1) if chance.random() < 0.5 else text.replace(word, f"{word}x")
        case _:
            return text.replace("{{ ", "{{ un", 1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("folder", ["flows", "examples"])
def test_random_edits_of_shipped_flows_give_what_a_reading_from_scratch_gives(
    folder: str, seed: int, tmp_path: Path
) -> None:
    chance = random.Random(f"{folder} {seed}")
    kept = {path.name: path.read_text() for path in (ROOT / folder).iterdir() if path.is_file()}
    kept["_project.yaml"] = kept.get("_project.yaml", common_text())
    for name, text in kept.items():
        (tmp_path / name).write_text(text)
    workspace = Workspace()
    update(workspace, tmp_path)
    for _ in range(25):
        name = chance.choice(list(kept))
        path = tmp_path / name
        match chance.randrange(8):
            case 0:
                path.unlink(missing_ok=True)
            case 1 | 2 | 3:
                path.write_text(kept[name])
            case _:
                path.write_text(edited(path.read_text() if path.exists() else kept[name], chance))
        update(workspace, tmp_path)


# What flows of one project share, in all its kinds; a choice among the texts of each file is a project, right or wrong.
PROJECT: Mapping[str, tuple[str | None, ...]] = {
    "_project.yaml": (
        "languages: {en: {language: en-US}, es: {language: es-US}}\nvars: {shop: Spokes}\n",
        "languages: {en: {language: en-US}}\nalways: {0: a/}\n",
        "vars: {shop: Spokes, other: 1}\nhours: {desk: {timezone: UTC, mon-fri: 09:00-17:00, closed_if: '{{ other }}'}}\n",
        "check: {ignore: [L102]}\n",
        "steps: {}\n",
        None,
    ),
    "functions.py": (
        "def lookup(number):\n    return number\n",
        "# moved\n\ndef lookup(number, more=1):\n    return number\n",
        "def lookup(number, more):\n    return number\n",
        "def other():\n    pass\n",
        "def lookup(:\n",
        None,
    ),
    "_es.po": (CATALOG.format(said="Hola."), CATALOG.format(said="Hola {{ nobody }}."), "msgid\n", None, None, None),
    "a.yaml": (
        "steps:\n  start:\n    - say: Hello.\n    - redirect: b/\n  lonely: [hangup]\n",
        "steps:\n  start:\n    - set: {x: 1}\n    - redirect: b/old\n",
        "steps:\n  start:\n    - say: '{{ y }} {{ shop }}'\n    - redirect: b/new\n",
        "steps:\n  start:\n    - subflow: {flow: b, with: {pin: 1}}\n    - run: {function: lookup, args: {number: 1}}\n",
        "steps:\n  start:\n    - dial: {conference: {name: x, wait_url: b/old}}\n    - redirect: b/\n",
        "steps:\n  start: [{redirect: a/start}]\n",
        "steps: [",
        None,
    ),
    "b.yaml": (
        "steps:\n  first: [{say: Hello.}]\n  old: [{say: Old.}]\n",
        "start: new\nsteps:\n  first: [{redirect: new}]\n  new: [{say: '{{ x }}'}]\n",
        "takes: {pin: required}\nsteps:\n  first: [{gather: {say: Press 1., branch: {1: a/}}}]\n  old: [hangup]\n",
        "channel: messaging\nsteps:\n  first: [{message: Hello.}]\n  old: [{gather: {say: 'Yes?', branch: {yes: c/}}}]\n",
        "vars: {y: 1, x: 2}\nsteps:\n  first: [{redirect: c/more}]\n  old: [{play: 'audio/no.mp3'}, {redirect: repeat}]\n",
        "steps:\n  first: [{subflow: b}]\n",
        "steps:\n  first: [{sya: x}]\n  old: [hangup]\n",
        None,
    ),
    "c.yaml": (
        "steps:\n  first: [{say: Hello.}]\n  more: [{redirect: first}]\n",
        "steps:\n  first: [{dial: {number: {phone_number: '+15550100', url: a/start}}}]\n  more: [{set: {language: es}}, {redirect: b/}]\n",
        "on_error: b/old\nsteps:\n  first: [{record: {branch: {recorded: b/old, else: hangup}}}]\n  more: [{redirect: first}]\n",
        "steps:\n  first: [{run: {function: lookup}}]\n  more: [{redirect: 'https://example.com/{{ x }}/'}]\n",
        "steps:\n  first: [{request: 'https://example.com/{{ z }}'}, {back: 1}]\n",
        None,
    ),
}


@pytest.mark.parametrize("seed", range(8))
def test_random_saves_of_files_that_share_things_give_what_a_reading_from_scratch_gives(
    seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    workspace = Workspace()
    good = 0
    for _ in range(80):
        name = chance.choice(list(PROJECT))
        text = (
            PROJECT[name][0] if chance.random() < 0.6 else chance.choice(PROJECT[name])
        )  # the first of each go together
        if text is None:
            (tmp_path / name).unlink(missing_ok=True)
        else:
            (tmp_path / name).write_text(text)
        if chance.random() < 0.1:  # a flow gets another name, or takes the place of one
            name, other = chance.sample([name for name in PROJECT if is_flow(name)], 2)
            if (tmp_path / name).exists():
                (tmp_path / name).rename(tmp_path / other)
        loaded, _ = update(workspace, tmp_path)
        good += loaded.program is not None and not loaded.held
        assert loaded.program is not None or not good or not any(map(is_flow, os.listdir(tmp_path)))
    assert 5 < good < 80, "projects that are right, and such that are wrong"


def test_what_did_not_change_is_the_same_flow(tmp_path: Path) -> None:
    write_project(tmp_path, 5)
    workspace = Workspace()
    before, _ = update(workspace, tmp_path)
    (tmp_path / "flow_1.yaml").write_text(flow_text(1, 5, mark=1))
    after, _ = update(workspace, tmp_path)
    assert before.program is not None
    assert after.program is not None
    for number in range(5):
        same = before.program.flows[name_of(number)] is after.program.flows[name_of(number)]
        assert same == (number != 1)


def test_a_file_that_is_saved_is_the_only_one_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_project(tmp_path, 5)
    workspace = Workspace()
    update(workspace, tmp_path)
    read: list[str] = []
    from engine.model.files import remembered

    original = remembered.read_flow

    def noted(name: str, *more: Any) -> Any:
        read.append(name)
        return original(name, *more)

    monkeypatch.setattr(remembered, "read_flow", noted)
    (tmp_path / "flow_1.yaml").write_text(flow_text(1, 5, mark=1))
    report = Report()
    workspace.update(read_folder(tmp_path, report), report)
    assert read == ["flow_1"]
    (tmp_path / "_project.yaml").write_text(common_text(6))
    workspace.update(read_folder(tmp_path, report), report)
    assert sorted(read[1:]) == [name_of(number) for number in range(5)]


TWO = {
    "_project.yaml": "languages: {en: {language: en-US}, es: {language: es-US}}\nalways: {0: b/}\ndefaults: {say: {voice: alice}}\n",
    "a.yaml": "steps:\n  a:\n    - set: {language: es}\n    - gather: {say: Hello., branch: {1: b/, 2: c/first}}\n",
    "b.yaml": "steps:\n  first: [{say: First.}]\n  second: [{say: Second.}]\n",
    "c.yaml": "steps:\n  first: [{dial: {number: {phone_number: '+15550100', url: b/}}}]\n",
    "_es.po": CATALOG.format(said="Hola."),
}
CHANGED = {
    "the project's defaults": ("_project.yaml", TWO["_project.yaml"].replace("alice", "man")),
    "always": ("_project.yaml", TWO["_project.yaml"].replace("0: b/", "0: c/first")),
    "languages": ("_project.yaml", TWO["_project.yaml"].replace("es-US", "es-ES")),
    "a catalog": ("_es.po", CATALOG.format(said="Buenos dias.")),
    "the start of another flow": ("b.yaml", f"start: second\n{TWO['b.yaml']}"),
    "another flow": ("c.yaml", TWO["c.yaml"].replace("+15550100", "+15550199")),
    "the flow itself": ("a.yaml", TWO["a.yaml"].replace("Hello.", "Good day.")),
}


def answers(program: Program) -> dict[str, bytes]:
    """What each step, and each key of `a`, is answered with; whatever was made before is not looked at."""
    at = datetime(2026, 11, 30, tzinfo=UTC)
    places = [f"{name}/{step}" for name, flow in program.flows.items() for step in flow.steps]
    tried = [(place, {}) for place in places] + [("a/a?_a=1", {"Digits": key}) for key in "012"]
    found = {}
    for address, params in tried:
        outcome = try_address(program, address, {"CallSid": "CA1", **params}, at)
        assert not isinstance(outcome, str)
        found[f"{address} {params}"] = outcome.body
    return found


@pytest.mark.parametrize("what", CHANGED)
@pytest.mark.parametrize("played", [True, False], ids=["played before", "not played before"])
def test_two_versions_that_are_alive_have_each_its_own(tmp_path: Path, what: str, played: bool) -> None:
    for name, text in TWO.items():
        (tmp_path / name).write_text(text)
    workspace = Workspace()
    old = update(workspace, tmp_path)[0].program
    assert old is not None
    if played:
        answers(old)
    name, text = CHANGED[what]
    (tmp_path / name).write_text(text)
    new = update(workspace, tmp_path)[0].program
    assert new is not None
    assert old.version != new.version
    for program in (new, old):
        alone = load_sources(program.sources).program
        assert alone is not None
        assert alone.version == program.version
        assert answers(program) == answers(alone)
    assert answers(old) != answers(new)


def test_steps_that_were_compiled_are_shared_by_the_versions_that_have_the_same_flow(tmp_path: Path) -> None:
    write_project(tmp_path, 3)
    workspace = Workspace()
    before = update(workspace, tmp_path)[0].program
    (tmp_path / "flow_1.yaml").write_text(flow_text(1, 3, mark=1))
    after = update(workspace, tmp_path)[0].program
    assert before is not None
    assert after is not None
    assert before.tracks("flow_0", "menu_0") is after.tracks("flow_0", "menu_0")
    assert before.tracks("flow_1", "menu_0") is not after.tracks("flow_1", "menu_0")


def test_many_saves_do_not_grow(tmp_path: Path) -> None:
    """What is remembered of files is that of the last save, and what the versions that are held need."""
    flows = 12
    write_project(tmp_path, flows, counts=True)
    workspace = Workspace()
    program = update(workspace, tmp_path)[0].program
    assert program is not None
    library = Library(program)

    def save(number: int) -> None:
        """A flow that is right, one that is not, and sometimes the file of all."""
        chosen = number % flows
        (tmp_path / f"{name_of(chosen)}.yaml").write_text(flow_text(chosen, flows, mark=number + 1, counts=True))
        (tmp_path / "draft.yaml").write_text(f"steps: {{a: [{{sya: '{number}'}}]}}\n")
        if number % 10 == 0:
            (tmp_path / "_project.yaml").write_text(common_text(5 + number))
        report = Report()
        loaded = workspace.update(read_folder(tmp_path, report), report)
        workspace.doubts()
        assert loaded.program is not None
        loaded.program.tracks(name_of(chosen), "menu_0")
        library.publish(loaded.program)

    def counted() -> dict[str, int]:
        gc.collect()
        kinds = (Flow, Draft, Source, ReadFlow, Facts, Doubted, Program, Tracks)
        names = Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, kinds))
        assert names.keys() == {kind.__name__ for kind in kinds}
        return dict(names)

    full = 120  # more than the library holds; every 60 saves the same files have been saved
    assert full > VERSIONS_KEPT
    for number in range(full):
        save(number)
    kept = counted()
    for number in range(full, full + 60):
        save(number)
    assert counted() == kept


def test_an_earlier_text_is_kept_by_no_flow_that_names_it(tmp_path: Path) -> None:
    write_project(tmp_path, 3)
    workspace = Workspace()
    update(workspace, tmp_path)
    (tmp_path / "flow_1.yaml").write_text(flow_text(1, 3, mark=1))
    report = Report()
    workspace.update(read_folder(tmp_path, report), report)
    workspace.doubts()
    gc.collect()
    texts = [one.text for one in gc.get_objects() if isinstance(one, Source) and one.path.startswith(str(tmp_path))]
    assert sum("flow number 1" in text.lower() for text in texts) == 1
