"""Callers who press or speak in the middle of what is said: in a script, and in a test in Python."""

import pytest

from engine.diagnostics import Report, Source, render_line
from engine.phone.events import Heard
from engine.phone.scripts import Result, play, read_script
from engine.program.library import load_sources
from engine.testing.caller import ring
from engine.testing.project import Project

FLOW = """\
steps:
  menu:
    - say: Welcome to the shop.
    - gather:
        input: dtmf speech
        say: ["For sales, press 1.", "For help, press 2."]
        branch: {1 | sales: sales, 2: help, else: repeat}
  sales:
    - say: Sales is closed.
  help:
    - gather: {barge_in: false, say: ["Slowly now.", "Then press 1."], branch: {1: sales, else: hangup}}
"""


def project() -> Project:
    loaded = load_sources({"shop.yaml": FLOW})
    assert loaded.program is not None
    return Project(loaded.program)


def result(*turns: str) -> Result:
    text = "calls:\n  A call:\n" + "".join(f"    - {turn}\n" for turn in turns)
    report = Report()
    script = read_script(Source("shop.calls.yaml", text), report)
    assert script is not None
    assert not report.errors, render_line(report.diagnostics)
    (played,) = play(script, project())
    return played


def mistake(turn: str) -> str:
    report = Report()
    read_script(Source("shop.calls.yaml", f"calls:\n  A call:\n    - {turn}\n"), report)
    return render_line(report.diagnostics)


@pytest.mark.parametrize(
    "turn", ["press: {keys: 1, during: for   SALES}", "say: {words: sales, during: For sales}"], ids=["keys", "words"]
)
def test_the_prompt_stops_and_what_came_after_it_is_never_heard(turn: str) -> None:
    played = result("hear: Welcome", turn, "hear: Sales is closed.", "ends: hangup")
    assert played.failure is None, played.transcript
    said = [(event.text, event.cut) for event in played.story.events if isinstance(event, Heard)]
    assert said == [("Welcome to the shop.", False), ("For sales, press 1.", True), ("Sales is closed.", False)]


def test_a_key_before_the_gather_is_lost_and_the_call_fails() -> None:
    """Twilio, TwiML <Gather>: what is pressed while a Say outside it speaks reaches nobody."""
    failure = result("press: {keys: 1, during: Welcome}").failure
    assert failure is not None
    assert failure.title == "`1` is lost: no gather waited for it yet"


def test_without_barge_in_the_prompt_is_heard_to_its_end() -> None:
    """Twilio, TwiML <Gather>, bargeIn."""
    played = result("press: 2", "press: {keys: 1, during: Slowly}", "hear: Sales is closed.")
    assert played.failure is None, played.transcript
    assert "Then press 1." in played.transcript
    assert "cut short" not in played.transcript


def test_nobody_presses_in_the_middle_of_what_is_not_said() -> None:
    failure = result("press: {keys: 1, during: Goodbye}").failure
    assert failure is not None
    assert failure.title == "`press` cannot happen here: `Goodbye` is not heard before it"


def test_what_goes_wrong_after_an_interruption_is_seen_all_the_same() -> None:
    """The call is shorter than it was when the script last looked at it."""
    failure = result("press: {keys: 19, during: For sales}").failure
    assert failure is not None
    assert failure.title.startswith("`9` is lost")


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        ("press: {key: 1}", "`press` has no key `key` (did you mean `keys`?)"),
        ("press: {during: x}", "`press` has `keys` (write press: {keys: …, during: For billing})"),
        ("say: {words: [a], during: x}", "`say` must be a text"),
        ("press: {keys: 1, during: []}", "`during` must be a text"),
    ],
)
def test_mistakes_are_told(turn: str, said: str) -> None:
    assert said in mistake(turn)


def test_a_test_in_python_can_do_it_too() -> None:
    caller = ring(project(), "shop", {})
    caller.press(1, during="For sales").hears("Sales is closed.").ends("hangup")
    assert "(cut short)" in caller.transcript
    ring(project(), "shop", {}).say("sales", during="For sales").hears("Sales is closed.")
