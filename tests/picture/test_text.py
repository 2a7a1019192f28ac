"""The call tree as text: what a client reads of a flow."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.diagnostics import Report, Source
from engine.document.folder import Folder
from engine.model.build import build
from engine.picture.text import print_out
from engine.program.library import load_folder

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("text")
FOLDERS = ("flows", "examples", "examples/twimlets")
CASES = [
    text
    for file in sorted((ROOT / "tests/model/mistakes").glob("*.txt"))
    for text in re.findall(r"^## .*\n((?:.*\n)*?)---\n", file.read_text(encoding="utf-8"), re.MULTILINE)
]


def golden(folder: str) -> str:
    flows = load_folder(ROOT / folder).program.flows
    return "\n\n".join(f"### {name}\n\n{print_out(flow, flows)}" for name, flow in flows.items())


def file_of(folder: str) -> Path:
    return GOLDEN / f"{folder.rpartition('/')[2]}.txt"


def printed(text: str, name: str = "shop", **others: str) -> str:
    """A flow in YAML as it is printed, whatever is wrong with it."""
    sources = tuple(Source(f"{each}.yaml", one) for each, one in sorted({name: text, **others}.items()))
    flows = build(Folder(Path(), sources, None), Report()).flows
    return print_out(flows[name], flows)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_flows_that_are_shown(folder):
    """Written anew with  python -m tests.picture.test_text."""
    assert golden(folder) == file_of(folder).read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS)
def test_it_fits_a_page_and_tells_each_step_once(folder):
    flows = load_folder(ROOT / folder).program.flows
    for flow in flows.values():
        text = print_out(flow, flows)
        assert max(map(len, text.splitlines())) <= 80
        for step in flow.steps:
            begins = re.findall(rf"^(?:{step}|{step} \(.*\))\n-|: {step}\n(?!\S)|^ +{step}\n", text, re.MULTILINE)
            assert len(begins) == 1, f"{flow.name}: {step}"


MENU = """\
description: A shop
steps:
  menu:
    - gather:
        say: "For parts, press 1."
        branch:
          1: [{gather: {say: "Wheels 1, brakes 2.", branch: {1: wheels, 2 | brakes: [{say: Soon.}]}}}]
          9: repeat
    - say: Bye.
  wheels:
    - dial: {number: "+15550100", timeout: 20, branch: {completed: hangup, busy: menu, else: []}}
    - say: Nobody is there.
"""


def test_keys_are_told_from_the_start_and_what_follows_a_list_is_told_once():
    assert (
        printed(MENU)
        == """\
A shop
======
Flow "shop", answers calls, 2 steps.

menu
----
"For parts, press 1."

Press 1:
  "Wheels 1, brakes 2."
  Press 1 then 1: wheels
    Calls +15550100, for up to 20 seconds.
    After the call: the call ends
    If the line is busy: see menu
    Otherwise: continues below
    Continued:
    "Nobody is there."
    Then the call ends.
  Press 1 then 2 or say "brakes":
    "Soon."
    Continues below.
  Silence or any other answer: continues below

Press 9: this again, from its beginning

Silence or any other answer: continues below
Continued:
"Bye."
Then the call ends.
"""
    )


def test_what_only_another_one_hears_says_so_and_ends_in_its_own_way():
    text = printed(
        "steps:\n"
        "  desk: [{dial: {number: {phone_number: '+15550100', url: screen}}}]\n"
        "  screen: [{say: A call.}]\n"
        "  lost: [hangup]\n"
    )
    assert "the person who answers hears: see screen" in text
    assert "screen (heard only by the person who is called)\n" in text
    assert '"A call."\nThen the two are connected.\n' in text
    assert "lost (nothing in the flow leads here)\n" in text


RICH = """\
hours: {desk: {timezone: America/New_York, mon-fri: "22:00-06:00", closed: [2026-12-24..2026-12-26]}}
steps:
  begin:
    - branch: [{when: hours.desk.open and x, to: line}, {when: not hours.desk.open, to: [{say: Closed.}]}]
    - request: {url: https://example.com/, branch: {404: talk, timeout: hangup}}
    - run: {function: f, branch: {a | b: talk, error: line}}
    - start: {recording: {recording_status_callback: done}}
    - connect: {stream: {url: "wss://example.com/a"}}
  line:
    - enqueue: {name: support, wait_url: hold, branch: {queue-full: talk, else: []}}
  hold: [{play: audio/music.mp3}]
  talk:
    - dial: {conference: {name: room, wait_url: hold}}
  done: [{log: done}]
vars: {x: 1}
on_error: talk
"""


def test_hours_outcomes_and_what_is_heard_meanwhile_are_told_in_words():
    text = " ".join(printed(RICH).split())
    for told in (
        'Hours "desk" (America/New_York): Monday to Friday: 22:00 to 6:00 Saturday to Sunday: closed December 24, 2026 to',
        'If it is within the hours "desk" and x: line Waits in the queue "support".',
        "While waiting, the caller hears: see hold",
        'If it is outside the hours "desk": "Closed." Continues below.',
        "If no answer comes in time: the call ends If that fails: see talk",
        "If the result is a or b: see talk If that fails: see line",
        "Starts recording. A report goes to: see done Connects to a stream to wss://example.com/a.",
        "hold (heard before the conference begins; heard while waiting in the queue)",
        "Then there is silence, until the conference begins, or it begins again, for as long as the caller waits.",
    ):
        assert told in text


def test_a_flow_that_others_call_goes_back_to_them():
    text = printed("steps: {ask: [{say: Hello.}]}", "pin", shop="steps: {menu: [{subflow: pin}]}")
    assert '"Hello."\nThen it goes back to where the flow was called from.\n' in text


def test_a_long_way_down_goes_on_at_the_margin():
    steps = "".join(
        f"  s{n}: [{{gather: {{say: Step {n}., branch: {{1: s{n + 1}, else: hangup}}}}}}]\n" for n in range(20)
    )
    text = printed(f"steps:\n{steps}  s20: [hangup]\n")
    assert max(map(len, text.splitlines())) <= 80
    assert f"\ns13 (press {', '.join('1' * 13)})\n---" in text
    assert re.search(r"\n {24}Press 1: see s13\n", text)


def test_a_long_row_of_steps_is_told_one_after_another():
    steps = "".join(f"  s{n}: [{{say: Step {n}.}}, {{redirect: s{n + 1}}}]\n" for n in range(1500))
    text = printed(f"steps:\n{steps}  s1500: [hangup]\n")
    assert text.count("\n---") == 1501 - 10  # the names of the first ten are two letters long


def test_what_a_terminal_would_obey_is_left_out():
    assert "\x1b" not in printed('description: "\\e[31mred"\nsteps: {menu: [{say: "\\e[2J\\u202eHello"}]}')


@pytest.mark.parametrize("text", CASES)
def test_a_flow_with_mistakes_is_told_as_it_can_be_read(text):
    flows = build(Folder(Path(), (Source("shop.yaml", text),), None), Report()).flows
    for flow in flows.values():
        assert print_out(flow, flows).endswith("\n")


def test_a_target_that_does_not_exist_is_told():
    assert "see biling (no such step)" in " ".join(printed("steps: {menu: [{redirect: biling}]}").split())


def run(*words: str):
    return CliRunner().invoke(main, ["graph", *words])


def test_the_command_prints_writes_and_lists(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert run("clinic").output.startswith("Front desk of Riverside Clinic\n===")
    assert run("flows/clinic.yaml").output == run("clinic").output
    assert run().output == "clinic   12 steps  Front desk of Riverside Clinic\n"
    file = tmp_path / "clinic.txt"
    assert run("clinic", "-o", str(file)).exit_code == 0
    assert file.read_text(encoding="utf-8") == run("clinic").output
    wrong = run("clinik")
    assert (wrong.exit_code, wrong.output) == (
        2,
        "touchtone: there is no flow `clinik` in flows; did you mean `clinic`?\n",
    )
    assert run("clinic", "--flows", "nowhere").output == "touchtone: there is no folder nowhere\n"


def test_the_command_shows_a_flow_with_errors_and_says_so(tmp_path):
    (tmp_path / "shop.yaml").write_text("steps:\n  menu:\n    - redirect: biling\n")
    (tmp_path / "torn.yaml").write_text("steps: [\n")
    shown = run("shop", "--flows", str(tmp_path))
    assert shown.exit_code == 0
    assert "see biling (no such step)" in shown.output
    assert f"touchtone: {tmp_path}/shop.yaml has 1 error, listed by  touchtone check" in shown.output
    torn = run("torn", "--flows", str(tmp_path))
    assert torn.exit_code == 2
    assert f"touchtone: {tmp_path}/torn.yaml cannot be read until this is fixed\n" in torn.output


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in FOLDERS:
        file_of(each).write_text(golden(each), encoding="utf-8")
