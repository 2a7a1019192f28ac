"""The SVG of a flow: what the page finds in it, and that texts stay texts."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from engine.picture.compare import compare
from engine.picture.picture import draw, problems_of, stylesheet
from engine.picture.reading import cards_of

ROOT = Path(__file__).parents[2]
NS = {"s": "http://www.w3.org/2000/svg"}
HOSTILE = "</text><script>alert(1)</script>\"' onload=x & \\x00"


def root(cards):
    return ET.fromstring(draw(cards).svg)


def test_every_step_is_a_card_in_the_order_of_the_file(clinic):
    cards = clinic()
    found = root(cards).findall("s:g[@role='treeitem']", NS)
    assert [card.get("data-step") for card in found] == [card.step for card in cards]
    menu = found[1]
    assert menu.get("aria-label") == "menu, line 27, 6 exits"
    assert menu.get("aria-level") == "1"
    assert menu.get("tabindex") == "-1"


def test_every_exit_is_a_row_that_waits_for_its_count_and_turn(clinic):
    cards = clinic()
    rows = {row.get("data-edge"): row for row in root(cards).iter(f"{{{NS['s']}}}g") if row.get("data-edge")}
    assert set(rows) == {row.edge for card in cards for row in card.rows}
    row = rows["clinic/menu:0 1"]
    assert row.get("data-to") == "clinic/billing"
    assert row.get("data-line") == "38"
    count = row.find("s:text[@class='count']", NS)
    bar = row.find("s:rect[@class='bar']", NS)
    assert not count.text
    assert (bar.get("width"), bar.get("data-full")) == ("0", "252")
    assert not row.find("s:g[@class='turn']/s:text", NS).text


def test_the_first_way_to_a_step_is_a_line_and_every_other_a_chip(clinic):
    told = {card["step"]: card for card in draw(clinic()).told()["cards"]}
    menu = [(row["target"], row["shown"], row["jump"]) for row in told["clinic/menu"]["rows"]]
    assert menu[3] == ("operator", "line", "")
    assert told["clinic/confirm"]["rows"][1]["shown"] == "chip"
    assert told["clinic/confirm"]["rows"][1]["jump"] == "up"
    wires = [wire.get("data-edges") for wire in root(clinic()).iter(f"{{{NS['s']}}}path") if wire.get("data-edges")]
    assert "clinic/menu:0 3" in wires
    assert "clinic/menu:0 5" in wires
    assert "clinic/confirm:0 1" not in wires


def test_texts_of_a_flow_are_never_markup(cards_of_text):
    text = f"steps: {{menu: [{{gather: {{say: '{HOSTILE.replace(chr(39), chr(39) * 2)}', branch: {{'{HOSTILE.replace(chr(39), '')}': menu}}}}}}]}}"
    picture = draw(cards_of_text(text))
    assert "<script" not in picture.svg
    parsed = ET.fromstring(picture.svg)
    assert any("</text><script>" in (one.text or "") for one in parsed.iter())
    assert not [name for one in parsed.iter() for name in one.attrib if name.startswith("on") or name == "style"]


def test_a_picture_needs_no_style_of_its_own(clinic):
    svg = draw(clinic()).svg
    assert "style" not in svg
    used = set(re.findall(r'href="#([a-z-]+)"', svg))
    assert used <= set(re.findall(r'symbol id="([a-z-]+)"', svg))


def test_every_class_of_a_picture_is_in_its_stylesheet(clinic):
    picture = draw(clinic())
    classes = {name for value in re.findall(r'class="([^"]+)"', picture.svg) for name in value.split()}
    structure = {"tree", "wires", "row", "fall", "line", "card", "said"}
    assert {name for name in classes if f".{name}" not in stylesheet()} - structure <= {
        f"is-{shown}" for shown in ("line", "chip", "repeat", "back", "end", "on", "again")
    }


def test_a_problem_is_told_by_its_card_which_alone_grows(clinic, flow_of_text):
    from engine.diagnostics.diagnostic import Diagnostic, Severity
    from engine.diagnostics.source import Span

    flow = flow_of_text(clinic.source.text, "clinic")
    at = flow.source.text.index("redirect: voicemail")
    found = [
        Diagnostic(Severity.HINT, "L1", "a hint", Span(flow.source, at, at + 1)),
        Diagnostic(Severity.WARNING, "L2", "a `doubt`", Span(flow.source, at, at + 1)),
        Diagnostic(Severity.ERROR, "F201", "no step named `q`", Span(flow.source, at, at + 1)),
    ]
    problems = problems_of(flow, found)
    assert {step: problem.text for step, problem in problems.items()} == {"clinic/busy": "F201 no step named q"}
    before, after = draw(clinic()), draw(clinic(), problems)
    grown = {step for step, shape in after.shapes.items() if shape.height != before.shapes[step].height}
    assert grown == {"clinic/busy"}
    assert 'class="card bad error"' in after.svg
    assert "F201 no step named q" in after.svg


def test_a_target_that_does_not_exist_is_shown_as_written(clinic):
    svg = draw(clinic(("          2 | billing: billing", "          2 | billing: biling"))).svg
    assert 'class="row is-chip bad"' in svg
    assert ">biling</text>" in svg


def test_the_line_of_a_subflow_says_where_it_leads(cards_of_text):
    parsed = ET.fromstring(draw(cards_of_text("steps: {ask: [{subflow: pin}]}")).svg)
    (line,) = [one for one in parsed.iter(f"{{{NS['s']}}}g") if "line" in one.get("class", "").split()]
    assert line.get("data-to") == "pin/"


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("[!_]*.yaml")), ids=lambda path: path.stem)
def test_every_example_is_a_picture_that_can_be_read(path, flow_of_text):
    cards = cards_of(flow_of_text(path.read_text(), path.stem))
    for view in ("tree", "overview"):
        assert ET.fromstring(draw(cards, view=view).svg) is not None
    assert ET.fromstring(compare(cards, cards).svg) is not None
