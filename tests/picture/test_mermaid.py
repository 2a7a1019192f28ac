"""A flow as text for Mermaid: every way between steps is an arrow, and no text breaks out of its quotes."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.diagnostics import Report, Source
from engine.document.folder import Folder
from engine.model.build import build
from engine.model.graph import COURSE
from engine.picture.mermaid import escaped, mermaid
from engine.program.library import load_folder
from tests.picture.test_text import CASES, FOLDERS, ROOT

GOLDEN = Path(__file__).with_name("mermaid")
# What Mermaid itself was seen to read and to draw; anything else would have to be tried anew.
BOX = r'(?:\w+(?:\["[^"]*"\]|\(\["[^"]*"\]\)|\[\["[^"]*"\]\]|>"[^"]*"\]|\{\{"[^"]*"\}\}))'
ARROW = r'\w+ (?:-->|-\.->)(?:\|"[^"]*"\|)? \w+'
LINE = re.compile(rf"  (?:{BOX}|{ARROW}|classDef \w+ \S+(?: 3,stroke:#\w+)?|class \w+(?:,\w+)* \w+)")


def drawn(text: str) -> str:
    flows = build(Folder(Path(), (Source("shop.yaml", text),), None), Report()).flows
    return mermaid(flows["shop"], flows)


def check(text: str) -> None:
    opening, title, closing, kind, *lines = text.splitlines()
    assert (opening, closing, kind) == ("---", "---", "flowchart TD")
    assert json.loads(title.removeprefix("title: "))
    for line in lines:
        assert LINE.fullmatch(line), line
        assert not re.search(r"<(?!b>|/b>|br/>)", line.replace("<br/>", ""))


def golden(folder: str) -> str:
    flows = load_folder(ROOT / folder).program.flows
    return "\n".join(mermaid(flow, flows) for flow in flows.values())


def file_of(folder: str) -> Path:
    return GOLDEN / f"{folder.rpartition('/')[2]}.txt"


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_flows_that_are_shown(folder):
    """Written anew with  python -m tests.picture.test_mermaid."""
    assert golden(folder) == file_of(folder).read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_way_to_another_step_is_an_arrow(folder):
    flows = load_folder(ROOT / folder).program.flows
    for flow in flows.values():
        text = mermaid(flow, flows)
        check(text)
        for edge in (edge for node in flow.graph.steps.values() for edge in node.edges):
            if edge.role in COURSE and edge.aim and edge.aim[0] == flow.name and edge.aim[1] not in ("", edge.step):
                here, there = (f"step_{step.replace('-', '_')}" for step in (edge.step, edge.aim[1]))
                assert re.search(rf"^  {here} -->.* {there}$", text, re.MULTILINE), edge.id


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('say "yes"', "say #34;yes#34;"),
        ("<b>#1;</b>", "#60;b#62;#35;1#59;#60;/b#62;"),
        ("1. parts", "1#46; parts"),
        ("- parts", "#45; parts"),
        ("a_b _c_ *d*", "a_b #95;c#95; #42;d#42;"),
        ("two\nlines", "two lines"),
        ("x" * 99, "x" * 59 + "…"),
    ],
)
def test_what_mermaid_would_read_as_its_own_is_told_by_number(text, shown):
    assert escaped(text) == shown


NASTY = ['"]', "<script>", "`a`", "#quot;", "|", "end", "%%{init: {}}%%", "\\", "-->", "&amp;", "$$x$$", ":::cls"]


def test_no_text_breaks_out_of_its_quotes():
    steps = "".join(
        f"  s{number}: [{{gather: {{say: {json.dumps(text)}, branch: {{/x/: s{number + 1}, "
        f"{json.dumps('key ' + text)}: s0}}}}}}]\n"
        for number, text in enumerate(NASTY)
    )
    last = f"  s{len(NASTY)}: [{{redirect: 'https://example.com/?a=<\"&#'}}]\n"
    check(drawn(f"description: {json.dumps(' '.join(NASTY))}\nsteps:\n{steps}{last}"))


def test_names_that_are_words_of_mermaid_or_look_alike_stay_apart():
    text = drawn("steps: {end: [{redirect: a--b}], a--b: [{redirect: a__b}], a__b: [{redirect: a_-b}], a_-b: [hangup]}")
    check(text)
    assert len(set(re.findall(r"^  (\w+)\[", text, re.MULTILINE))) == 4


def test_a_list_in_a_list_tells_all_keys_that_lead_on():
    text = drawn(
        "steps:\n"
        "  menu: [{gather: {branch: {1: [{gather: {branch: {2 | wheels: parts, else: hangup}}}], 9: repeat}}}]\n"
        "  parts: [hangup]\n"
    )
    assert '  step_menu -->|"1 → 2 or wheels"| step_parts\n' in text
    assert '<br/>1 → else: hangs up"]' in text


def test_what_does_not_exist_is_a_box_of_its_own():
    text = drawn("steps: {menu: [{redirect: biling}]}")
    assert '  missing_biling{{"biling<br/>no such step"}}\n' in text
    check(text)


@pytest.mark.parametrize("text", CASES)
def test_a_flow_with_mistakes_is_drawn_as_it_can_be_read(text):
    flows = build(Folder(Path(), (Source("shop.yaml", text),), None), Report()).flows
    for flow in flows.values():
        check(mermaid(flow, flows))


def test_the_name_of_the_file_tells_the_format(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    file = tmp_path / "clinic.mmd"
    assert CliRunner().invoke(main, ["graph", "clinic", "-o", str(file)]).exit_code == 0
    assert (
        file.read_text(encoding="utf-8") == CliRunner().invoke(main, ["graph", "clinic", "--format", "mermaid"]).output
    )


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in FOLDERS:
        file_of(each).write_text(golden(each), encoding="utf-8")
