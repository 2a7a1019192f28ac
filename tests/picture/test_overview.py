"""Large flows: small cards with a key for each exit, and above 150 steps a map."""

import xml.etree.ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.picture.layout import MAP, OVERVIEW
from engine.picture.picture import draw

NS = {"s": "http://www.w3.org/2000/svg"}


def fan(count):
    """A menu of nine at each step, with as many steps."""
    lines = ["steps:"]
    for number in range(count):
        keys = ", ".join(f"{key}: s{9 * number + key}" for key in range(1, 10) if 9 * number + key < count)
        say = f"gather: {{say: Menu {number}., branch: {{{keys}}}}}" if keys else f"say: Number {number}."
        lines.append(f"  s{number}: [{{{say}}}]")
    return "\n".join(lines)


def test_an_overview_has_a_key_for_each_exit_and_the_columns_of_the_tree(clinic):
    tree, over = draw(clinic()), draw(clinic(), view="overview")
    assert {step: place.column for step, place in tree.layout.places.items()} == {
        step: place.column for step, place in over.layout.places.items()
    }
    root = ET.fromstring(over.svg)
    assert {row.get("data-edge") for row in root.iter(f"{{{NS['s']}}}g") if row.get("data-edge")} == {
        row.edge for card in clinic() for row in card.rows
    }
    operator = [wire for wire in root.iter(f"{{{NS['s']}}}path") if wire.get("data-to") == "clinic/operator"]
    assert [wire.get("data-edges") for wire in operator] == ["clinic/menu:0 3|clinic/menu:0 5"]
    assert over.told()["cards"][0]["w"] == OVERVIEW.width


def test_names_stay_in_an_overview_and_targets_go(clinic):
    root = ET.fromstring(draw(clinic(), view="overview").svg)
    texts = [text.text for text in root.iter(f"{{{NS['s']}}}text")]
    assert [card.name for card in clinic()] == [text for text in texts if text and len(text) > 3]


def test_above_150_steps_only_blocks_with_names_and_lines_are_drawn(cards_of_text):
    small, large = (draw(cards_of_text(fan(count)), view="overview") for count in (150, 151))
    assert 'class="flow overview"' in small.svg
    assert 'class="flow overview map"' in large.svg
    assert large.measures is MAP
    root = ET.fromstring(large.svg)
    assert len(root.findall("s:g[@role='treeitem']", NS)) == 151
    assert "data-edge=" not in large.svg


def test_more_exits_than_a_card_has_room_for_are_counted(cards_of_text):
    keys = ", ".join(f"{key}: menu" for key in range(10, 40))
    svg = draw(
        cards_of_text(f"steps: {{menu: [{{gather: {{say: Hello., branch: {{{keys}}}}}}}]}}"), view="overview"
    ).svg
    assert svg.count('class="row okey') == 13
    assert ">+19</text>" in svg


def overlaps(places, wide):
    """The pairs of places that share some ground."""
    boxes = sorted((place.x, place.y, place.x + wide, place.y + place.height) for place in places)
    return [
        (one, other)
        for number, one in enumerate(boxes)
        for other in boxes[number + 1 :]
        if other[0] < one[2] and other[1] < one[3] and one[1] < other[3]
    ]


def test_a_tall_overview_is_dealt_into_bands_beside_each_other_with_its_hub_repeated(cards_of_text):
    picture = draw(cards_of_text(fan(120)), view="overview")
    dealt = picture.dealt
    assert dealt.hub == "shop/s0"
    assert dealt.ghosts
    assert picture.svg.count('class="ghost"') == len(dealt.ghosts)
    assert picture.layout.height > 3 * picture.layout.width
    assert dealt.layout.height < dealt.layout.width * 1.5
    assert set(dealt.layout.places) == set(picture.layout.places)
    assert not overlaps(dealt.layout.places.values(), OVERVIEW.width)
    assert all(place.x >= 0 <= place.y for place in dealt.layout.places.values())


def test_a_small_overview_stays_as_it_is(clinic):
    picture = draw(clinic(), view="overview")
    assert picture.dealt.layout is picture.layout
    assert picture.dealt.ghosts == ()


@given(st.lists(st.lists(st.integers(0, 79), max_size=7), min_size=20, max_size=80))
@settings(max_examples=40, deadline=None)
def test_cards_in_bands_never_overlap(cards_of_text, ways):
    def step(number, keys):
        branch = ", ".join(f"{key}: s{to % len(ways)}" for key, to in enumerate(keys, start=1))
        return f"  s{number}: [{{gather: {{say: Menu., branch: {{{branch}}}}}}}]\n"

    text = "steps:\n" + "".join(step(number, keys) for number, keys in enumerate(ways))
    picture = draw(cards_of_text(text), view="overview")
    places = picture.dealt.layout.places
    assert set(places) == {f"shop/s{number}" for number in range(len(ways))}
    assert not overlaps(places.values(), OVERVIEW.width)
