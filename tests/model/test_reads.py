"""What is right is read as it is meant: forms that look like mistakes and are none."""

from pathlib import Path

import pytest

from engine.diagnostics import Report, Source
from engine.document.folder import Folder, read_folder
from engine.model.build import build
from engine.model.flow import Flow
from engine.model.parts import ToUrl, Verb


def read(text: str) -> Flow:
    """The flow of a text without mistakes; YAML that begins with `-` is a step `menu`."""
    if text.startswith("-"):
        text = "steps:\n  menu:\n" + "".join(f"    {line}\n" for line in text.split("\n"))
    report = Report()
    project = build(Folder(Path(), (Source("example.yaml", text),), None), report)
    assert [found.title for found in report.diagnostics if found.severity == "error"] == []
    return project.flows["example"]


def first(text: str) -> Verb:
    verb = read(text).steps["menu"].instructions[0]
    assert isinstance(verb, Verb)
    return verb


@pytest.mark.parametrize("task", ["{skill: sales, level: 2}", "{body: {skill: sales, level: 2}}"])
def test_a_mapping_for_a_task_is_its_json(task: str) -> None:
    (piece,) = first(f"- enqueue: {{workflow_sid: WW1, task: {task}}}").piece.content
    assert piece.content == ('{"skill": "sales", "level": 2}',)  # type: ignore[union-attr]


def test_silence_may_be_what_a_queue_hears() -> None:
    assert ("waitUrl", "") in first("- enqueue: {name: support, wait_url: ''}").piece.attributes


def test_an_address_is_read_by_its_kind() -> None:
    (stream,) = first("- connect: {stream: {url: 'wss://example.com/ear'}}").piece.content
    assert [(xml, value.url) for xml, value in stream.attributes if isinstance(value, ToUrl)] == [  # type: ignore[union-attr]
        ("url", "wss://example.com/ear")
    ]


def test_a_time_of_retry_without_words_keeps_its_turn() -> None:
    retry = first("- gather: {say: a, retry: {attempts: 3, no_input: [[], Still there?]}}").retry
    assert [len(time) for time in retry.no_input] == [0, 1]


def test_a_step_that_does_nothing_may_be_written_as_an_empty_list() -> None:
    assert read("steps:\n  menu: []\n").steps["menu"].instructions == ()


def test_texts_that_look_like_something_else_are_texts() -> None:
    assert first("- say: no").piece.content == ("no",)
    assert first("- say: 0177").piece.content == ("0177",)
    assert first('- say: "null"').piece.content == ("null",)
    assert first("- dial: +15550100").piece.content == ("+15550100",)


def test_a_pattern_that_python_doubts_is_a_pattern() -> None:
    verb = first("- gather: {say: a, branch: {'/[[a]/': menu, else: menu}}")
    assert verb.exits[0].keys[0].text == "[[a]"


def test_a_project_gives_its_variables_to_every_flow() -> None:
    report = Report()
    flow = Source("example.yaml", "steps:\n  menu:\n    - say: '{{ shop }}'\n")
    common = Source("_project.yaml", "vars: {shop: Riverside}\ndefaults: {say: {voice: '{{ shop }}'}}\n")
    build(Folder(Path(), (flow,), common), report)
    assert report.diagnostics == ()


def test_a_flow_that_is_not_utf8_is_told_and_not_that_it_is_missing(tmp_path: Path) -> None:
    (tmp_path / "front.yaml").write_bytes(b"steps:\n  menu:\n    - say: Caf\xe9\n")
    (tmp_path / "example.yaml").write_text("steps:\n  menu:\n    - say: Hello.\n    - redirect: front/menu\n")
    report = Report()
    build(read_folder(tmp_path, report), report)
    assert [found.code for found in report.diagnostics] == ["F002"]
