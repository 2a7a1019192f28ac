"""The graph of flows: what its edges are, and the walks over it."""

from pathlib import Path

import pytest

from engine.diagnostics import Report, Source
from engine.document.folder import Folder
from engine.model.build import build
from engine.model.falls import falls_of
from engine.model.flow import Flow
from engine.model.graph import CALLED, COURSE, TARGETS, Edge
from engine.model.parts import Block, ToStep, ToUrl, ToWord
from engine.model.walk import closure, joined, reachable, round_trip, settled
from engine.program.library import load_folder

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("graph")


def listed(flow: Flow) -> str:
    """The graph of a flow as text: an edge a line, with where it leads and where it is written."""
    lines = []
    for edge in flow.graph.edges:
        line, column = edge.span.source.position(edge.span.start)
        lines.append(f"{edge.id}  {leads(edge)}  {line}:{column}  {edge.text}"[:120].rstrip())
    for fall in falls_of(flow):
        line, column = fall.span.source.position(fall.span.start)
        onto = "?" if fall.onto is None else fall.onto or "end of the step"
        lines.append(f"{fall.id}  {onto}  {line}:{column}")
    return "".join(f"{line}\n" for line in lines)


def leads(edge: Edge) -> str:
    match edge.goes:
        case Block():
            return f"tree {edge.goes.place}"
        case ToStep():
            return "/".join(edge.aim)
        case ToWord():
            return edge.goes.word
        case ToUrl():
            return "outside"
    return "-"


@pytest.mark.parametrize("folder", ["flows", "examples"])
def test_the_edges_of_the_flows_that_are_shown(folder):
    """Written anew with  python -m tests.model.test_graph."""
    assert golden(folder) == (GOLDEN / f"{folder}.txt").read_text()


def golden(folder: str) -> str:
    program = load_folder(ROOT / folder).program
    return "\n".join(listed(flow) for flow in program.flows.values())


def flows_of(**texts: str) -> dict[str, Flow]:
    report = Report()
    sources = tuple(Source(f"{name}.yaml", text) for name, text in sorted(texts.items()))
    flows = build(Folder(Path(), sources, None), report).flows
    assert not report.errors, report.diagnostics
    return flows


SHOP = """\
always: {0: help, "*": repeat, 9: [{redirect: shop_2/}]}
on_error: sorry
steps:
  menu:
    - gather:
        say: Hello.
        branch:
          1: hours
          2 | no_input:
            - dial: {number: {phone_number: "+15550100", url: screen, status_callback: told}}
            - return
          else: restart
    - subflow: {flow: shop_2, branch: {true: hours, else: repeat}}
  hours:
    - say: At nine.
    - redirect: https://example.com/hours
  help: [hangup]
  screen: [{say: A call.}, {redirect: screen_2}]
  screen_2: [{say: For you.}]
  told: [{log: told}]
  sorry: [{redirect: back}]
"""
OTHER = "steps: {one: [{redirect: always}], always: [{gather: {say: Yes?, branch: {1: repeat}}}]}\n"


def test_each_edge_is_known_by_its_place_and_says_where_it_leads():
    graph = flows_of(shop=SHOP, shop_2=OTHER)["shop"].graph
    found = {edge.id: edge.aim for edge in graph.edges}
    assert len(found) == len(list(graph.edges)) == len(set(graph.edges))
    assert found == {
        "shop/ start 0": ("shop", "menu"),
        "shop/ error 0": ("shop", "sorry"),
        "shop/menu:0 0": ("shop", "hours"),
        "shop/menu:0 1": ("shop", "menu"),  # a tree of the step itself
        "shop/menu:0 2": ("shop", ""),
        "shop/menu:0.1.0 whisper 0": ("shop", "screen"),
        "shop/menu:0.1.0 callback 0": ("shop", "told"),
        "shop/menu:0.1.1 return 0": None,
        "shop/menu:1 subflow 0": ("shop_2", ""),
        "shop/menu:1 0": ("shop", "hours"),
        "shop/menu:1 1": ("shop", "menu"),
        "shop/hours:1 redirect 0": None,
        "shop/screen:1 redirect 0": ("shop", "screen_2"),
        "shop/sorry:0 redirect 0": None,
        "shop/always:a 0": ("shop", "help"),
        "shop/always:a 1": None,  # whatever step the gather stands in
        "shop/always:a 2": None,
        "shop/always:a.2.0 redirect 0": ("shop_2", ""),
    }


def test_an_edge_stays_the_same_when_what_it_leads_to_changes():
    before, after = (flows_of(shop=text)["shop"].graph for text in ("steps: {a: [{redirect: b}], b: [hangup]}",) * 2)
    changed = flows_of(shop="steps: {a: [{redirect: a}, {say: x}], b: [hangup]}")["shop"].graph
    assert set(before.edges) == set(after.edges) == set(changed.edges)
    assert [edge.aim for edge in before.edges] != [edge.aim for edge in changed.edges]


def test_a_step_named_always_is_a_step():
    graph = flows_of(shop_2=OTHER)["shop_2"].graph
    assert [edge.aim for edge in graph.edges_at("always")] == [("shop_2", "always")]
    assert not graph.always.edges


FALLING = """\
always: {"*": [{say: One moment.}], 0: [{redirect: back}]}
steps:
  menu:
    - gather:
        say: Hello.
        branch:
          1:
            - branch:
                - when: hours_are_odd
                  to: [{say: Odd.}]
                - when: 1 == 2
                  to: other
          2: [{say: Two.}, {redirect: other}]
          3: []
          else: other
    - dial: {number: "+15550100", branch: {completed: hangup}}
  other:
    - branch: [{when: hours_are_odd, to: [hangup]}, {else: []}]
    - say: Bye.
    - hangup
    - branch: [{when: hours_are_odd, to: menu}]
  asked:
    - gather: {say: Well?, branch: {1: menu, no_match: menu, no_input: []}}
vars: {hours_are_odd: true}
"""


def test_where_a_call_goes_on_without_an_exit():
    flow = flows_of(falling=FALLING)["falling"]
    assert {fall.id.partition("/")[2]: fall.onto for fall in falls_of(flow)} == {
        "menu:0.0.0.0 ends": "1",  # through the end of the list around it
        "menu:0.0.0 falls": "1",
        "menu:0.0 ends": "1",
        "menu:0.2 ends": "1",  # an empty list is over at once
        "menu:1 falls": "",  # the call was not completed: the step ends
        "menu: ends": "",
        "other:0.1 ends": "1",
        "asked:0.2 ends": "",
        "asked: ends": "",  # not that of `other`: behind `hangup` nothing is reached
        "always:a.0 ends": None,
    }


def test_trees_are_nodes_of_their_step():
    graph = flows_of(shop=SHOP, shop_2=OTHER)["shop"].graph
    assert [(tree.block.place, tree.followed) for tree in graph.steps["menu"].trees] == [("", False), ("0.1", True)]
    assert [(tree.block.place, tree.followed) for tree in graph.always.trees] == [("a.2", True)]
    inside = [edge.id for edge in graph.edges_at("menu") if edge.tree == "0.1"]
    assert inside == ["shop/menu:0.1.0 whisper 0", "shop/menu:0.1.0 callback 0", "shop/menu:0.1.1 return 0"]


@pytest.mark.parametrize(
    ("start", "follow", "always", "expected"),
    [
        ("screen", COURSE, True, {"screen", "screen_2"}),
        ("", COURSE, True, {"menu", "hours", "help", "one", "always"}),
        ("", COURSE, False, {"menu", "hours"}),
        ("", CALLED, False, {"menu", "hours", "one", "always"}),
        ("", TARGETS, False, {"menu", "hours", "screen", "screen_2", "told"}),
        ("nowhere", COURSE, True, {"nowhere"}),
    ],
)
def test_what_is_reachable_follows_the_roles_that_are_asked_for(start, follow, always, expected):
    flows = flows_of(shop=SHOP, shop_2=OTHER)
    assert {step for _, step in reachable(flows, [("shop", start)], follow, always=always)} == expected


def test_a_walk_leaves_out_what_another_has_found():
    flows = flows_of(shop=SHOP, shop_2=OTHER)
    known = set()
    first = list(reachable(flows, [("shop", "screen_2")], COURSE, known=known))
    assert (first, list(reachable(flows, [("shop", "screen")], COURSE, known=known))) == (
        [("shop", "screen_2")],
        [("shop", "screen")],
    )


def test_a_walk_goes_no_farther_than_somebody_looks():
    asked = []

    def onward(number):
        asked.append(number)
        return [number + 1]

    assert next(each for each in closure([0], onward) if each == 3) == 3
    assert asked == [0, 1, 2]


def test_groups_are_joined_whichever_way_edges_lead():
    groups = joined({"a": ["b"], "b": [], "c": ["b"], "d": ["e"], "e": ["d"], "f": []})
    assert sorted(map(sorted, groups)) == [["a", "b", "c"], ["d", "e"], ["f"]]


def test_a_round_trip_takes_the_fewest_edges():
    edges = {"a": ["b", "d"], "b": ["c"], "c": ["a"], "d": ["a"], "e": ["a"]}

    def onward(each):
        return [(other, each + other) for other in edges[each]]

    assert round_trip("a", onward) == ["ad", "da"]
    assert round_trip("e", onward) == []


def test_what_holds_may_let_others_hold():
    needs = {"a": {"b"}, "b": {"c"}, "c": set(), "d": {"e"}, "e": {"d"}}
    assert settled(needs, lambda name, known: needs[name] <= known) == {"a", "b", "c"}


if __name__ == "__main__":
    for each in ("flows", "examples"):
        (GOLDEN / f"{each}.txt").write_text(golden(each))
