"""What a flow marks as secret is nowhere in the file that calls are recorded in."""

import pytest

BANK = """\
vars: {pin: "", made: ""}
steps:
  menu:
    - gather: {say: "Your PIN, please.", num_digits: 4, secret: true, save: pin, branch: {'/^\\d{4}$/': in, else: menu}}
  in:
    - run: {function: twice, args: {number: "{{ pin }}"}, save: made}
    - say: "You typed {{ pin | digits }}, that is {{ made }}."
    - log: "the PIN is {{ pin }}"
    - gather: {say: "Press 1 for {{ pin }}.", branch: {1: menu, else: hangup}}
"""
FUNCTIONS = "def twice(number):\n    return int(number) * 2\n"


def test_marked_digits_are_in_no_parameter_comparison_variable_request_or_twiml(serve, tmp_path):
    house = serve({"bank.yaml": BANK, "functions.py": FUNCTIONS})
    call = house.phone().ring("/flows/bank").press("7361")
    heard = [moment.event.text for moment in call.moments if hasattr(moment.event, "text")]
    assert any("7 3 6 1" in text for text in heard), "the caller hears it"
    call.hang_up()
    turns = house.call()["turns"]
    assert turns[1]["params"]["Digits"] == "•••"
    assert [one["value"] for one in turns[1]["compared"]] == ["•••"]
    changed = {one["name"]: one["after"] for turn in turns[1:] for one in turn["changed"]}
    assert changed["pin"] == "•••"
    house.history.recorder.stop()
    kept = b"".join(path.read_bytes() for path in (tmp_path / ".touchtone").glob("calls.sqlite*"))
    assert b"Your PIN, please." in kept
    for form in (b"7361", b"7 3 6 1", b"\xcd\x1c\xc1"):  # the last is 7361 as msgpack writes numbers
        assert form not in kept


@pytest.mark.parametrize("digits", ["4", "42"])
def test_short_ones_are_not_in_what_is_asked_of_the_world(serve, digits):
    flow = BANK.replace("num_digits: 4, ", "num_digits: 2, ").replace("{4}", "{1,2}")
    house = serve({"bank.yaml": flow, "functions.py": FUNCTIONS})
    house.phone().ring("/flows/bank").press(digits).hang_up()
    asked = [event for turn in house.call()["turns"] for event in turn["events"] if event["kind"] == "asked"]
    assert [one["text"] for one in asked] == ['twice {"number": "•••"}']
