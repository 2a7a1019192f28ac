"""Two versions of a flow in one picture, and in sentences."""

import xml.etree.ElementTree as ET

from engine.picture.compare import compare

NS = {"s": "http://www.w3.org/2000/svg"}
DIRECTIONS = """\

  directions:
    - say: We are at 5 Main Street, next to the library.
    - gather:
        say: To get this as a text message, press 1. To go back, press 9.
        branch:
          1: [{send: {to: "{{ call.from }}", body: "Riverside Clinic, 5 Main Street"}}]
          9: back
          else: menu
    - redirect: menu

  billing:
"""
BUSY = "  busy:\n    - say: Everyone is helping somebody else right now.\n    - redirect: voicemail\n\n"


def edited(clinic):
    return compare(
        clinic(),
        clinic(
            ("press 2. To leave a message, press 3.", "press 2. For directions, press 4. To leave a message, press 3."),
            (
                "          0 | front desk: operator",
                "          4 | directions: directions\n          0 | front desk: operator",
            ),
            ("\n  billing:\n", DIRECTIONS),
            ("          9: back             #", "          9: menu             #"),
            ("          declined: busy ", "          declined: voicemail "),
            (BUSY, ""),
            (
                "Leave your name and number after the tone.",
                "Leave your name, your number and why you call after the tone.",
            ),
        ),
    )


def classes(comparison):
    root = ET.fromstring(comparison.svg)
    return {
        card.get("data-step").partition("/")[2]: card.get("class") for card in root.findall("s:g[@role='treeitem']", NS)
    }


def test_what_callers_notice_is_told_in_sentences(clinic):
    told = [(change.step.partition("/")[2], change.change, list(change.what)) for change in edited(clinic).changes]
    assert told == [
        (
            "menu",
            "changed",
            [
                "In menu, 4 or “directions” now goes to directions (new).",
                "New words in menu: 1 prompt to record again.",
            ],
        ),
        ("appointments", "changed", ["In appointments, 9 goes to menu; it went back."]),
        ("directions", "added", ["directions is new."]),
        ("operator", "changed", ["In operator, declined goes to voicemail; it went to busy."]),
        ("busy", "removed", ["busy is gone."]),
        ("voicemail", "changed", ["New words in voicemail: 1 prompt to record again."]),
    ]


def test_both_versions_stand_in_one_picture(clinic):
    comparison = edited(clinic)
    found = classes(comparison)
    assert found["directions"] == "card add"
    assert found["busy"] == "card del"
    assert found["menu"] == found["appointments"] == found["operator"] == found["voicemail"] == "card chg"
    assert found["billing"] == found["sorry"] == "card same"
    assert comparison.layout.places["clinic/busy"].parent == "clinic/operator"
    assert list(found).index("busy") == list(found).index("screen") + 1


def test_an_old_target_is_struck_beside_the_new_and_changed_words_in_place(clinic):
    svg = edited(clinic).svg
    assert ">busy</text>" in svg
    assert 'class="olds"' in svg
    assert '<tspan class="wadd">For directions,</tspan></text>' in svg
    assert '<tspan class="wdel">name</tspan> <tspan class="wadd">name, your number</tspan>' in svg
    assert 'class="wire del"' in svg
    assert 'class="wire add"' in svg


def test_two_versions_that_are_the_same_have_no_changes(clinic):
    comparison = compare(clinic(), clinic(("# The front desk of", "# The desk of")))
    assert comparison.changes == ()
    assert set(classes(comparison).values()) == {"card same"}


def test_a_step_that_only_has_another_name_is_no_new_one(clinic):
    comparison = compare(
        clinic(),
        clinic(("          /\\d{6}/: confirm ", "          /\\d{6}/: check "), ("\n  confirm:\n", "\n  check:\n")),
    )
    (change,) = comparison.changes
    assert (change.step, change.change, change.what) == ("clinic/check", "moved", ("confirm is called check now.",))
    assert classes(comparison)["check"] == "card chg"
    assert classes(comparison)["billing"] == "card same"


def test_what_holds_for_the_whole_flow_is_told_with_its_start(clinic):
    comparison = compare(clinic(), clinic(("on_error: sorry ", "on_error: operator ")))
    first = comparison.changes[0]
    assert (first.step, first.what) == ("clinic/welcome", ("When a step fails, the call goes to operator.",))


def test_a_key_that_stands_elsewhere_is_the_same_key(cards_of_text):
    def menu(keys):
        return cards_of_text(
            f"steps: {{menu: [{{gather: {{say: Hello., branch: {{{keys}}}}}}}], a: [hangup], b: [hangup]}}"
        )

    assert compare(menu("1: a, 2: b"), menu("2: b, 1: a")).changes == ()
    assert [one.what for one in compare(menu("1: a, 2: b"), menu("2: a, 1: a")).changes] == [
        ("In menu, 2 goes to a; it went to b.",)
    ]


def test_texts_of_both_versions_are_escaped(cards_of_text):
    hostile = "</text><script>alert(1)</script>"
    before = cards_of_text(f"steps: {{menu: [{{say: 'One {hostile} two'}}]}}")
    after = cards_of_text(f"steps: {{menu: [{{say: 'One {hostile}{hostile} three'}}]}}")
    svg = compare(before, after).svg
    assert "<script" not in svg
    assert ET.fromstring(svg) is not None


def test_a_step_that_goes_on_elsewhere_is_told_as_such(clinic):
    (change,) = compare(
        clinic(), clinic(("redirect: voicemail\n\n  voicemail", "redirect: voicemial\n\n  voicemail"))
    ).changes
    assert change.what == ("busy goes on to voicemial, which does not exist; it went on to voicemail.",)


def test_cards_with_very_many_items_are_compared_one_by_one(cards_of_text):
    def step(*words):
        return cards_of_text("steps:\n  long:\n" + "".join(f"    - log: {word}\n" for word in words))

    same = [f"line {number}" for number in range(400)]
    changes = compare(step(*same), step(*same[:-1], "other", "more")).changes
    assert [one.what for one in changes] == [
        ("In long, log is “other”; it was “line 399”.", "In long, log “more” is new.")
    ]
