"""Call scripts of somebody who waits: in a conference or a queue whose document leads back to itself."""

from collections.abc import Callable

import pytest

from engine.diagnostics import Report, Source
from engine.phone.scripts import Result, play, read_script
from engine.testing.project import Project

ROOM = """\
takes: {password: "1234"}
vars: {rounds: 0}
steps:
  ask:
    - gather:
        say: Please enter your pass code.
        num_digits: 4
        retry: {attempts: 3, no_match: That is not the code.}
        branch: [{when: answer == password | string, to: room}, {else: bye}]
  room:
    - dial: {conference: {name: team, wait_url: hold, start_conference_on_enter: false}}
    - say: The conference is over.
  hold: [{play: https://example.com/hold.mp3}, {redirect: repeat}]
  bye: [{say: Goodbye.}]
  line:
    - enqueue: {name: desk, wait_url: intro, branch: {bridged: hangup, leave: box, else: bye}}
  intro: [{say: You are in the line.}, {redirect: music}]
  music:
    - set: {rounds: "{{ rounds + 1 }}"}
    - say: "Round {{ rounds }}."
    - gather: {timeout: 1, num_digits: 1, say: To leave a message press 1., branch: {1: out}}
    - redirect: music
  out: [{say: One moment.}, leave]
  box: [{say: Leave a message.}]
  silent:
    - dial: {conference: {name: team, wait_url: nothing}}
  nothing: [{redirect: repeat}]
"""

Play = Callable[..., Result]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Play:
    folder = tmp_path_factory.mktemp("flows")
    (folder / "room.yaml").write_text(ROOM)
    project = Project.load(folder)
    assert isinstance(project, Project)

    def go(turns: str, given: str = "{}") -> Result:
        report = Report()
        text = f"flow: room\ngiven: {given}\ncalls:\n  A call: [{turns}]\n"
        script = read_script(Source("room.calls.yaml", text), report)
        assert script is not None, report.diagnostics
        return play(script, project)[0]

    return go


@pytest.mark.parametrize(
    ("turns", "given"),
    [
        (
            "press: 9999}, {hear: That is not the code.}, {press: 1234}, {hear: The conference is over.",
            "{conference: answered}",
        ),
        ("silence: 1}, {press: 1234}, {hear: The conference is over.", "{conference: answered}"),
        ("press: 1234}, {hear: hold.mp3}, {silence: 80}, {outcome: {conference: answered}}, {hear: over", "{}"),
        ("press: 1234}, {silence: 3}, {hangup: }, {ends: caller", "{}"),
        ("press: 1234}, {outcome: {conference: failed}}, {hear: The conference is over.", "{}"),
        (
            "hear: in the line}, {hear: Round 1.}, {silence: 60}, {press: 1}, {hear: [One moment., Leave a message.]",
            "{step: line}",
        ),
        ("outcome: {enqueue: bridged}}, {ends: hangup", "{step: line}"),
        ("silence: 4}, {outcome: {enqueue: queue-full}}, {hear: Goodbye.", "{step: line}"),
    ],
)
def test_the_caller_waits_until_the_script_says_what_comes_of_it(played, turns, given):
    failure = played("{" + turns + "}", given).failure
    assert failure is None, failure


def test_a_wait_document_with_nothing_to_hear_is_an_infinite_loop(played):
    failure = played("{outcome: {conference: answered}}", "{step: silent}").failure
    assert failure is not None
    assert failure.title.endswith(
        "the call goes round in a circle here"
    )  # the server says it before the telephone does
