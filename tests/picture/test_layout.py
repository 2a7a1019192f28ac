"""Where cards stand: columns, bands, and that an edit moves nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.picture.layout import TREE, lay_out
from engine.picture.picture import draw
from engine.picture.shapes import shape_of


def places(cards, before=None):
    """For each step its column, the step it stands beside or below, and its number from the top."""
    layout = draw(cards, before=before or {}).layout
    return {
        step.partition("/")[2]: (place.column, place.parent.partition("/")[2]) for step, place in layout.places.items()
    }


def order(cards, before=None):
    """The steps of each column from the top."""
    layout = draw(cards, before=before or {}).layout
    columns = {}
    for place in sorted(layout.places.values(), key=lambda place: place.y):
        columns.setdefault(place.column, []).append(place.step.partition("/")[2])
    return columns


def test_a_step_stands_beside_the_shallowest_that_leads_to_it(clinic):
    assert order(clinic()) == {
        0: ["welcome", "menu", "sorry"],
        1: ["appointments", "billing", "operator", "voicemail"],
        2: ["confirm", "screen", "busy", "nothing_recorded"],
        3: ["billing_desk"],
    }
    assert places(clinic())["screen"] == (2, "operator")


def test_a_step_that_only_goes_on_has_the_next_below_itself(clinic):
    layout = draw(clinic()).layout
    welcome, menu = layout.places["clinic/welcome"], layout.places["clinic/menu"]
    assert menu.stacked
    assert menu.y == welcome.y + welcome.height + TREE.below


def test_what_nothing_leads_to_waits_at_the_bottom(clinic):
    holiday = "  holiday:\n    - say: We are closed.\n    - redirect: voicemail\n\n  screen:   "
    picture = draw(clinic(("  screen:   ", holiday)))
    place = picture.layout.places["clinic/holiday"]
    assert place.unreached
    assert place.y == max(one.y for one in picture.layout.places.values())
    assert '<g class="card unreached"' in picture.svg


EDITS = {
    "longer words": [
        ("One moment for billing.", "One moment for billing, we are looking up your account, please stay on the line.")
    ],
    "a new key": [("          0 | front desk: operator", "          4: billing\n          0 | front desk: operator")],
    "a key removed": [("          1 | 2: operator\n", "")],
    "a target changed": [("          declined: busy ", "          declined: voicemail ")],
    "a target misspelt": [("          2 | billing: billing", "          2 | billing: biling")],
    "a target misspelt beyond recognition": [("          2 | billing: billing", "          2 | billing: q")],
    "a new step and its key": [
        ("          0 | front desk: operator", "          4: directions\n          0 | front desk: operator"),
        ("\n  billing:\n", "\n  directions:\n    - say: We are at 5 Main Street.\n\n  billing:\n"),
    ],
    "a new step without its key": [
        ("\n  billing:\n", "\n  directions:\n    - say: We are at 5 Main Street.\n\n  billing:\n")
    ],
    "another retry": [("retry: {attempts: 1}  # ask once", "retry: {attempts: 2}  # ask twice")],
    "no on_error": [("on_error: sorry ", "# on_error: sorry ")],
    "a step removed with its key": [
        ("          declined: busy      # picked up, but did not press 1\n", ""),
        ("  busy:\n    - say: Everyone is helping somebody else right now.\n    - redirect: voicemail\n\n", ""),
    ],
    "a step renamed": [
        ("          /\\d{6}/: confirm ", "          /\\d{6}/: check "),
        ("\n  confirm:\n", "\n  check:\n"),
    ],
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_moves_no_other_card_to_another_column_or_order(clinic, name):
    first = draw(clinic())
    cards = clinic(*EDITS[name])
    before, after = order(clinic()), order(cards, first.layout.parents)
    changed = {"directions", "check", "confirm", "busy"} | ({"sorry"} if name == "no on_error" else set())
    for column in before.keys() | after.keys():
        stay = [[step for step in each.get(column, []) if step not in changed] for each in (before, after)]
        assert stay[0] == stay[1]


def test_a_shorter_way_moves_a_step_and_what_stands_beside_it_one_column_left(clinic):
    cards = clinic(("          0 | front desk: operator", "          5: confirm\n          0 | front desk: operator"))
    before, after = places(clinic()), places(cards)
    assert {step for step in before if before[step] != after[step]} == {"confirm", "billing_desk"}
    assert after["confirm"] == (1, "menu")
    assert after["billing_desk"] == (2, "confirm")


def test_a_redirect_that_becomes_a_question_moves_what_follows_one_column_right(clinic):
    ask = "- gather:\n        say: Press 1.\n        branch:\n          1: menu\n          2: sorry\n"
    before, after = (
        places(clinic()),
        places(clinic(("- redirect: menu          # a step never", f"{ask}    # a step never"))),
    )
    moved = {step for step in before if before[step][0] != after[step][0]}
    assert moved == set(before) - {"welcome"}
    assert all(after[step][0] == before[step][0] + 1 for step in moved)


def test_a_step_keeps_its_place_while_the_file_has_mistakes_and_loses_it_afterwards(clinic):
    """With a name like no other, billing is led to by confirm alone, which stands behind it."""
    gone = ("          2 | billing: billing", "          2 | billing: qqqqqqq")
    known = draw(clinic()).layout.parents
    assert places(clinic(gone), known)["billing"] == (1, "menu")
    assert places(clinic(gone))["billing"] == (0, "")
    assert places(clinic(("          2 | billing: billing\n", "")), known)["billing"] == (0, "")


def test_an_edit_moves_what_stands_below_by_the_same_amount(clinic):
    longer = draw(clinic(EDITS["a new key"][0])).layout.places
    places = draw(clinic()).layout.places
    moved = {step: longer[step].y - place.y for step, place in places.items()}
    assert set(moved.values()) <= {0, 21}


def test_only_the_changed_card_has_another_hash(clinic):
    def hashes(cards):
        return {card["step"]: card["hash"] for card in draw(cards).told()["cards"]}

    before, after = hashes(clinic()), hashes(clinic(*EDITS["longer words"]))
    assert [step for step in before if before[step] != after[step]] == ["clinic/billing_desk"]


names = st.integers(0, 24).map(lambda number: f"s{number}")
goals = st.one_of(
    names,
    st.just("repeat"),
    st.just("hangup"),
    names.map(lambda name: f"[{{redirect: {name}}}]"),
    st.just("[{say: Well.}]"),
)
steps = st.one_of(
    names.map(lambda name: f"[{{redirect: {name}}}]"),
    st.lists(goals, max_size=9).map(
        lambda ways: (
            "[{gather: {say: Press a key., branch: {" + ", ".join(f"{n}: {way}" for n, way in enumerate(ways)) + "}}}]"
        )
    ),
    names.map(lambda name: f'[{{dial: {{number: {{phone_number: "+15550100", url: {name}}}}}}}]'),
)


@given(st.lists(steps, min_size=1, max_size=25))
@settings(max_examples=60, deadline=None)
def test_cards_never_overlap_and_stand_in_their_columns(cards_of_text, written):
    text = "steps:\n" + "".join(f"  s{number}: {step}\n" for number, step in enumerate(written))
    cards = cards_of_text(text)
    layout = lay_out(cards, lambda card: shape_of(card).height)
    bottoms = {}
    for place in sorted(layout.places.values(), key=lambda place: place.y):
        assert place.y >= bottoms.get(place.column, 0.0)
        bottoms[place.column] = place.y + place.height + 8
        assert place.x + TREE.width <= layout.width
        assert place.y + place.height <= layout.height
        if place.parent:
            parent = layout.places[place.parent]
            assert place.column == parent.column + (0 if place.stacked else 1)
            assert place.y >= parent.y


def test_the_work_grows_with_steps_and_exits(cards_of_text):
    """Counted, not timed: each card is asked for its height once."""
    asked = []
    cards = cards_of_text(
        "steps:\n" + "".join(f"  s{n}: [{{redirect: s{n + 1}}}]\n" for n in range(500)) + "  s500: [hangup]\n"
    )
    layout = lay_out(cards, lambda card: asked.append(card.step) or 50.0)
    assert len(asked) == len(cards.cards) == 501
    assert layout.height == 501 * 50 + 500 * TREE.below
