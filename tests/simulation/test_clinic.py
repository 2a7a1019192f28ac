"""The shipped clinic, called from the design page."""

import pytest

from engine.simulation import Refused, Unknown


def test_the_first_question_says_which_key_leads_where(clinic):
    clinic.call("clinic")
    assert clinic.told() == [
        "Thank you for calling Riverside Clinic.",
        "For appointments, press 1. For billing, press 2. To leave a message, press 3. "
        "To talk to the front desk, press 0. To hear this again, press star.",
    ]
    assert clinic.state["now"] == "clinic/menu"
    assert clinic.waits["kind"] == "answer"
    assert clinic.waits["keys"] == {
        "1": "appointments",
        "2": "billing",
        "3": "voicemail",
        "0": "operator",
        "*": "repeat",
    }
    assert clinic.waits["words"]["front desk"] == "operator"
    assert clinic.waits["digits"] == 1
    assert clinic.waits["speech"]
    assert clinic.state["version_saved"] == "2026-11-30T14:02:11+00:00"


def test_captions_name_step_voice_language_time_and_turn(clinic):
    clinic.call("clinic")
    clinic.press("1")
    first, second, pressed, third = clinic.state["captions"]
    assert first["step"] == "clinic/welcome"
    assert second["step"] == "clinic/menu"
    assert (first["voice"], first["language"], first["side"]) == ("Polly.Joanna", "en-US", "caller")
    assert first["at"] == 0
    assert second["at"] > 0
    assert (first["turn"], second["turn"], third["turn"]) == (1, 1, 2)
    assert (pressed["kind"], pressed["text"], pressed["step"]) == ("pressed", "1", "clinic/menu")
    assert third["step"] == "clinic/appointments"


def test_words_choose_as_keys_do(clinic):
    clinic.call("clinic")
    clinic.do({"say": "billing please"})
    assert clinic.state["now"] == "clinic/billing"
    assert clinic.told("said") == ["billing please"]


def test_digits_come_one_by_one_until_there_are_six(clinic):
    clinic.call("clinic")
    clinic.press("2", "4", "8", "2")
    assert clinic.state["now"] == "clinic/billing"
    assert clinic.waits["pressed"] == "482"
    assert clinic.waits["sentence"].startswith("3 of 6 digits")
    clinic.press("9", "1", "3")
    assert clinic.state["now"] == "clinic/confirm"
    assert clinic.state["vars"]["typed"] == "482913"
    assert clinic.told("pressed") == ["2", "482913"]


def test_silence_ends_a_number_that_was_begun(clinic):
    clinic.call("clinic")
    clinic.press("2", "4", "8")
    clinic.do({"silence": True})
    assert "That was not 6 digits." in clinic.told()


def test_silence_asks_again(clinic):
    clinic.call("clinic")
    clinic.do({"silence": True})
    assert "Sorry, I did not hear anything." in clinic.told()
    assert clinic.waits["keys"]["2"] == "billing"
    clinic.press("5")
    assert clinic.told()[-2] == "Sorry, that is not one of the choices."
    assert clinic.waits["keys"]["2"] == "billing"
    assert clinic.told("silence") == [""]


def test_back_is_the_call_without_its_last_answer(clinic):
    clinic.call("clinic")
    before = clinic.press("2")
    clinic.press("4", "8", "2", "9", "1", "3")
    again = clinic.do({"back": True})  # all six keys are one answer
    assert again["captions"] == before["captions"]
    assert again["vars"]["typed"] == ""
    clinic.press("4", "8")
    clinic.do({"back": True})  # in the middle of a number it is the last key
    assert clinic.waits["pressed"] == "4"
    clinic.do({"back": True}, {"back": True})
    assert clinic.state["now"] == "clinic/menu"
    with pytest.raises(Refused, match="nothing to go back to"):
        clinic.do({"back": True})


def test_hanging_up_ends_the_call_and_back_goes_on_with_it(clinic):
    clinic.call("clinic")
    clinic.do({"hang_up": True})
    assert clinic.state["over"]
    assert clinic.ended == [(clinic.state["call"], "caller")]
    assert clinic.state["ended"] == "The caller hung up."
    assert clinic.waits is None
    with pytest.raises(Refused, match="over"):
        clinic.press("1")
    clinic.do({"back": True})
    assert not clinic.state["over"]
    clinic.press("1")
    assert clinic.state["now"] == "clinic/appointments"


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed"])
def test_a_dial_that_nobody_answers_is_a_button(clinic, status):
    clinic.call("clinic")
    clinic.press("0")
    assert clinic.waits["kind"] == "dial"
    assert clinic.waits["sentence"] == ("Ringing +15550100, 20 s left. What happens there? No real call is made.")
    assert {"settle": status} in [one["do"] for one in clinic.waits["outcomes"]]
    clinic.do({"settle": status})
    assert clinic.state["now"] == "clinic/voicemail"
    assert clinic.waits["kind"] == "record"


def test_who_picks_up_is_asked_on_their_side(clinic):
    clinic.call("clinic")
    clinic.press("0")
    clinic.do({"settle": "picks_up"})
    assert clinic.state["side"] == "callee"
    assert clinic.state["now"] == "clinic/screen"
    assert clinic.waits["keys"] == {"1": "goes on"}
    assert [one["text"] for one in clinic.state["captions"] if one["side"] == "callee"] == [
        "+15550100 picks up.",
        "A call for Riverside Clinic. To accept, press 1.",
    ]
    clinic.press("1")
    assert clinic.waits["kind"] == "bridged"
    assert clinic.state["side"] == "caller"
    clinic.do({"settle": "completed"})
    assert clinic.state["over"]
    assert clinic.state["ended"] == "The flow hung up."


def test_who_picks_up_and_hangs_up_declines(clinic):
    clinic.call("clinic")
    clinic.press("0")
    clinic.do({"settle": "picks_up"}, {"hang_up": "callee"})
    assert "Everyone is helping somebody else right now." in clinic.told()


def test_a_recording_takes_seconds_or_nothing(clinic):
    clinic.call("clinic")
    clinic.press("3")
    assert clinic.waits["kind"] == "record"
    assert clinic.waits["finish"] == "#"
    clinic.do({"record": 12})
    assert clinic.state["over"]
    assert clinic.told()[-1] == "Thank you. We will call you back. Goodbye."
    assert any("left a message" in text for text in clinic.told("note"))
    clinic.do({"back": True}, {"record": 0})
    assert clinic.told()[-1] == "I did not hear a message. Call again any time. Goodbye."


def test_a_call_begins_at_a_step_with_variables_and_a_time(clinic):
    clinic.call("clinic", step="confirm", vars={"typed": "471199"}, at="2026-12-24T18:05-05:00", from_="+15550123")
    assert clinic.told() == ["Your account is 4 7 1 1 9 9. If that is right, press 1. To enter it again, press 2."]
    assert clinic.state["vars"] == {"typed": "471199", "account": ""}
    assert clinic.state["given"]["time"].startswith("2026-12-24T23:05")
    clinic.press("1")
    assert clinic.state["vars"]["account"] == "471199"


def test_what_is_not_there_is_named_with_the_nearest(clinic):
    with pytest.raises(Unknown, match=r"no flow named “clinik”\. Did you mean “clinic”"):
        clinic.call("clinik")
    with pytest.raises(Unknown, match=r"no step named “biling”\. Did you mean “billing”"):
        clinic.call("clinic", step="biling")
    with pytest.raises(Refused, match="answers calls only"):
        clinic.call("clinic", channel="messaging")


def test_the_call_is_a_script_that_passes(clinic):
    clinic.call("clinic")
    clinic.press("2", "4", "8", "2", "9", "1", "3", "1")
    clinic.do({"settle": "busy"}, {"record": 9})
    assert "given" not in clinic.script()
    assert clinic.failures() == [None]


def test_each_turn_is_told_once_and_all_are_told_anew_after_back(clinic):
    clinic.call("clinic")
    clinic.press("2", "4", "8")
    assert [one.request.step for one in clinic.heard] == ["", "menu"]
    assert clinic.forgotten == []
    key = clinic.heard[0].request.session_key
    clinic.do({"back": True}, {"back": True}, {"back": True})
    assert set(clinic.forgotten) == {key}
    assert clinic.state["call"] == key
