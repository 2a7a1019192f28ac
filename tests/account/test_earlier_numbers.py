"""How a number was set before is remembered in a file of this user alone, without the logins in its addresses."""

import stat

import pytest

from engine.account.earlier_numbers import EarlierError, EarlierNumbers
from engine.account.numbers import Number, own_settings

WHEN = "2026-11-30T12:00+00:00"


def test_what_is_noted_is_given_back_until_it_is_forgotten(tmp_path):
    notes = EarlierNumbers(tmp_path / "kept" / "numbers.json")
    assert notes.get("AC1", "+15550100") is None
    notes.note("AC1", Number("PN1", "+15550100", settings={"voice_url": "https://a.example.org/x"}), WHEN, {})
    notes.note("AC1", Number("PN2", "+15550101"), WHEN, {})
    found = notes.get("AC1", "+15550100")
    assert found is not None
    assert (found.settings["voice_url"], found.settings["trunk_sid"], found.at) == ("https://a.example.org/x", "", WHEN)
    assert notes.get("AC2", "+15550100") is None
    notes.forget("AC1", "+15550100")
    assert notes.get("AC1", "+15550100") is None
    assert notes.get("AC1", "+15550101") is not None


def test_the_file_is_this_users_alone_and_holds_no_login(tmp_path):
    path = tmp_path / "numbers.json"
    settings = {"voice_url": "https://me:secret@a.example.org/x?k=1"}
    EarlierNumbers(path).note("AC1", Number("PN1", "+15550100", settings=settings), WHEN, {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "secret" not in path.read_text()
    found = EarlierNumbers(path).get("AC1", "+15550100")
    assert found is not None
    assert (found.settings["voice_url"], found.incomplete) == ("https://a.example.org/x?k=1", ("voice_url",))
    assert [one.name for one in tmp_path.iterdir()] == ["numbers.json"]


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"AC1": []}', '{"AC1": {"+15550100": {"settings": 1}}}', "9" * 5000, "[" * 9999]
)
def test_a_file_that_cannot_be_read_is_said_and_left_alone(tmp_path, text):  # fmt: skip
    path = tmp_path / "numbers.json"
    path.write_text(text)
    with pytest.raises(EarlierError, match="move it away"):
        EarlierNumbers(path).get("AC1", "+15550100")
    assert path.read_text() == text


def test_what_was_set_from_here_does_not_take_the_place_of_what_was_there_before(tmp_path):
    notes = EarlierNumbers(tmp_path / "numbers.json")
    first, second = "https://one.example.com/flows/clinic", "https://two.example.com/flows/clinic"
    notes.note(
        "AC1",
        Number("PN1", "+15550100", settings={"voice_url": "https://me:secret@a.example.org/x"}),
        WHEN,
        {"voice_url": first},
    )
    changed = Number("PN1", "+15550100", settings={"voice_url": first, "sms_url": "https://b.example.org/y"})
    own = own_settings(changed, "https://two.example.com", {"voice_url": first})
    assert own >= {"voice_url", "voice_method", "trunk_sid"}
    assert "sms_url" not in own
    notes.note("AC1", changed, WHEN, {"voice_url": second}, own)
    found = notes.get("AC1", "+15550100")
    assert found is not None
    assert (found.settings["voice_url"], found.settings["sms_url"]) == (
        "https://a.example.org/x",
        "https://b.example.org/y",
    )
    assert (found.ours, found.incomplete) == ({"voice_url": second}, ("voice_url",))
