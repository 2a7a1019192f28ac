"""Every flow that ships is clean and answers, wherever a call comes in."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest

from engine.diagnostics.diagnostic import Severity
from engine.program.library import Loaded, load_folder
from engine.runtime.effects.claim import Claim
from engine.runtime.effects.effect import Result
from engine.runtime.request import Request
from engine.runtime.respond import respond, respond_in_session
from engine.testing.explore import explore
from engine.testing.project import Project

ROOT = Path(__file__).parents[1]
TWIMLETS = ROOT / "examples" / "twimlets"
FOLDERS = (ROOT / "flows", ROOT / "examples", TWIMLETS)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

VERBS = ("Dial", "Gather", "Hangup", "Pause", "Play", "Record", "Redirect", "Reject", "Say", "Sms")
OTHERS = (
    "after-hours",
    "always",
    "browser",
    "reply",
    "tree",
    "twimlets",
    "keywords",
    "reminder",
    "survey",
    "appointment",
)
LONGEST = 30  # lines of an example
CALLERS = 200  # at random, for each folder

# Retired by Twilio, and shown because calls still use it: the one hint that stays.
RETIRED = {("sms.yaml", "L301")}

LOADED: dict[Path, Loaded] = {folder: load_folder(folder) for folder in FOLDERS}


# What the flows that are made by their URLs need in these, each of them something.
QUERY = {
    "Message": "Hello",
    "Options[1]": "https://example.com/1",
    "PhoneNumber": "+15550100",
    "PhoneNumbers[0]": "+15550100",
    "FailUrl": "https://example.com/failed",
    "Email": "desk@example.com",
    "Name": "sales",
    "Password": "4711",
    "Songs[0]": "https://example.com/song.mp3",
    "Twiml": "<Hangup/>",
}

# Steps that nobody hears, or that play nothing where nobody answers.
SILENT = {("appointment", "ended"), ("voicemail", "mail"), ("voicemail", "unmailed"), ("holdmusic", "bucket")}

# Steps that speak of what a server answered in the step before: no call comes in there.
LATER = {("account", "balance"), ("holdmusic", "play")}

ADDRESSES = tuple(
    (folder, flow.name, step)
    for folder, loaded in LOADED.items()
    if loaded.program
    for flow in loaded.program.flows.values()
    for step in ("", *flow.steps)
    if (flow.name, step) not in LATER
)


def ask(folder: Path, flow: str, step: str, **params: str) -> tuple[str, ElementTree.Element]:
    """The address and the TwiML of a step, for a call that comes in there; fails if the step had a fault."""
    program = LOADED[folder].program
    assert program is not None, f"{folder.name} loads"
    name = "MessageSid" if program.flows[flow].channel == "messaging" else "CallSid"
    sent = {name: "X1", "From": "+15550111", "To": "+15550100", **params}
    sent |= dict.fromkeys(program.flows[flow].required, "1")
    query = QUERY if folder == TWIMLETS else {}
    turn = Request(flow, step, NOON, sent, entry=query, base="../" if step else "")
    keeps, claim = program.flows[flow].keeps, Claim("x")
    outcome = respond_in_session(program, turn, None, claim=claim)[0] if keeps else respond(program, turn)
    while outcome.needs is not None:  # nobody answers
        claim = claim.with_result(outcome.needs.place, Result("error", {}, "nobody is there"))
        outcome = respond_in_session(program, turn, None, claim=claim)[0]
        assert outcome.trouble is None or outcome.trouble.message == "nobody is there"
        outcome = outcome._replace(trouble=None)
    assert outcome.trouble is None, f"{flow}/{step}: {outcome.trouble}"
    return f"/flows/{flow}/{step}" if step else f"/flows/{flow}", ElementTree.fromstring(outcome.body)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_that_ships_has_nothing_to_complain_about(folder: Path) -> None:
    loaded = LOADED[folder]
    found = {(Path(each.span.source.path).name, each.code): each for each in loaded.report.diagnostics}
    assert loaded.program is not None
    assert set(found) <= RETIRED
    assert all(each.severity is Severity.HINT for each in found.values())


def test_flows_and_examples_are_found() -> None:
    """Guards the tests over all addresses against having nothing to go over."""
    flows = {flow for _, flow, _ in ADDRESSES}
    assert {"clinic", *OTHERS, *(verb.lower() for verb in VERBS)} <= flows


@pytest.mark.parametrize(("folder", "flow", "step"), ADDRESSES)
def test_every_step_answers_with_twiml(folder: Path, flow: str, step: str) -> None:
    _, response = ask(folder, flow, step)
    assert response.tag == "Response"
    if (flow, step) in SILENT:
        return
    assert len(response), "the caller meets something"


@pytest.mark.parametrize(("folder", "flow", "step"), ADDRESSES)
def test_every_address_in_the_twiml_leads_to_a_step_or_a_file(folder: Path, flow: str, step: str) -> None:
    url, response = ask(folder, flow, step)
    steps = {(name, there) for _, name, there in ADDRESSES}
    for element in response.iter():
        for key in ("action", "url", "waitUrl"):
            if relative(link := element.get(key, "")):
                _, _, name, there = urlsplit(urljoin(url, link)).path.split("/")
                assert (name, there) in steps
        if element.tag == "Play" and relative(file := element.text or ""):
            assert (folder / urljoin(url, file).removeprefix("/flows/")).is_file()


def relative(link: str) -> bool:
    return bool(link) and not urlsplit(link).scheme


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_caller_meets_a_fault_whatever_they_do(folder: Path) -> None:
    """Random callers go through the flows of a folder, knowing only what the TwiML says."""
    project = Project.load(folder)
    assert isinstance(project, Project), "the folder loads"
    # Who calls the hold music itself hears it for ever.
    given = {flow: [QUERY] for flow in project.program.flows if flow != "holdmusic"} if folder == TWIMLETS else {}
    exploration = explore(project, CALLERS, given=given)
    assert [f"{failure.trouble}\n{failure.transcript}" for failure in exploration.failures] == []
    assert exploration.moves > CALLERS, "they do more than ring"


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_an_example_that_uses_it(verb: str) -> None:
    responses = [ask(FOLDERS[1], flow, step)[1] for _, flow, step in ADDRESSES if flow == verb.lower()]
    assert any(response.find(f".//{verb}") is not None for response in responses)


@pytest.mark.parametrize("flow", [*(verb.lower() for verb in VERBS), *OTHERS])
def test_an_example_says_what_it_shows_and_stays_short(flow: str) -> None:
    program = LOADED[FOLDERS[1]].program
    assert program is not None
    shown = program.flows[flow]
    assert shown.description
    assert len(shown.source.text.splitlines()) <= LONGEST


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("Hours", "We are open Monday to Friday, 9 to 5."),
        ("where are you?", "We are at 5 Main Street."),
        ("<b>hi</b>", "You wrote: <b>hi</b>. Text HOURS or MAP."),
    ],
)
def test_the_reply_follows_what_was_written(body: str, answer: str) -> None:
    _, response = ask(FOLDERS[1], "reply", "", Body=body)
    message = response.find("Message")
    assert message is not None
    assert "".join(message.findtext("Body") or message.text or "") == answer
    assert (message.find("Media") is not None) == (body == "where are you?")


@pytest.mark.parametrize(
    ("keys", "heard"),
    [
        ("2", "One moment."),
        ("12", "One moment."),
        ("112", "Restart it once a week."),
        ("1111", "It is charging. Wait ten minutes."),
        ("1112", "One moment."),
    ],
)
def test_the_tree_is_four_levels_deep(keys: str, heard: str, call: Callable[..., Any]) -> None:
    one = call(tree=(ROOT / "examples" / "tree.yaml").read_text())
    one.ask("tree")
    for key in keys:
        twiml = one.ask(one.action(0), Digits=key)
    assert twiml.startswith(f"<Say>{heard}</Say>")
