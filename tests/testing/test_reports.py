"""What becomes of a text is reported in call scripts as Twilio reports it, and tests reach what the flow does then."""

import pytest

from engine.diagnostics import Report, Source, render_line, render_text
from engine.phone.scripts import play, read_script
from engine.testing.coverage import Coverage, survey
from engine.testing.project import Project
from engine.testing.suggest import suggest

CALL = """\
vars: {became: nothing, error: "", texts: 0, reports: 0}
defaults: {send: {status_callback: told}}
steps:
  a:
    - send: {to: "{{ call.from }}", body: Hello, save: sid}
    - send: {to: "+15550177", content_sid: HX00000000000000000000000000000000, content_variables: {1: Ann}}
    - gather: {num_digits: 1, say: Press 1., branch: {1: b}}
  b:
    - branch: {on: became, undelivered: lost, else: done}
  lost: [{say: It did not arrive.}]
  done: [{say: It arrived.}]
  told:
    - set: {became: "{{ params.MessageStatus }}", error: "{{ params.ErrorCode }}", reports: "{{ reports + 1 }}"}
    - log: "{{ params.MessageSid }} {{ params.To }} {{ became }}"
"""
TEXTED = """\
channel: messaging
vars: {became: nothing}
steps:
  a:
    - send: {to: "{{ message.from }}", body: Hello, status_callback: told}
    - gather: {message: Well?, timeout: 1h, branch: {no_input: b, else: c}}
  b: [{send: {to: "{{ message.from }}", body: Still there?, status_callback: told}}]
  c: [{message: "It is {{ became }}."}]
  told: [{set: {became: "{{ params.MessageStatus }}"}}]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("flows")
    (folder / "call.yaml").write_text(CALL)
    (folder / "texted.yaml").write_text(TEXTED)
    found = Project.load(folder)
    assert isinstance(found, Project), render_text(found.diagnostics)
    return found


def result(project: Project, flow: str, given: str, turns: str):
    report = Report()
    text = f"flow: {flow}\ncalls:\n  A call:\n    given: {given}\n    turns:\n{turns}"
    script = read_script(Source("x.calls.yaml", text), report)
    assert script is not None, render_line(report.diagnostics)
    (found,) = play(script, project)
    return found


def test_each_report_comes_to_its_callback(project: Project) -> None:
    turns = """\
      - press: 1
      - hear: It arrived.
      - set: {became: delivered, error: "", reports: "4"}
"""
    found = result(project, "call", "{send: sent}", turns)
    assert found.failure is None, found
    lines = [line.strip() for line in found.transcript.splitlines()]
    assert "(texts +15550001111: Hello -> sent)" in lines
    assert '(texts +15550177: template HX00000000000000000000000000000000 {"1": "Ann"}' in found.transcript
    assert [line for line in lines if line.startswith("(logs SM")] == [
        f"(logs SM{number:032x} {to} {status})"
        for number, to in ((0, "+15550001111"), (1, "+15550177"))
        for status in ("sent", "delivered")
    ]


@pytest.mark.parametrize(
    ("word", "became", "error", "reports"),
    [("undelivered", "undelivered", "30003", 4), ("failed", "failed", "30008", 2), ("read", "read", "", 6)],
)
def test_a_script_says_what_becomes_of_a_message(project: Project, word, became, error, reports) -> None:
    known = f'{{became: {became}, error: "{error}", reports: "{reports}"}}'
    said = "It did not arrive." if word == "undelivered" else "It arrived."
    turns = f"      - press: 1\n      - hear: {said}\n      - set: {known}\n"
    assert result(project, "call", f"{{send: {word}}}", turns).failure is None


def test_what_twilio_refused_is_not_reported(project: Project) -> None:
    turns = "      - set: {became: nothing}\n"
    found = result(project, "texted", "{send: error}", "      - text: hi\n" + turns)
    assert found.failure is not None, "the fault of the step"
    assert "nothing" not in found.failure.title


def test_a_conversation_knows_too(project: Project) -> None:
    turns = "      - text: hi\n      - hear: Well?\n      - text: so\n      - hear: It is delivered.\n"
    assert result(project, "texted", "{send: sent}", turns).failure is None


def test_so_does_what_is_sent_after_silence(project: Project) -> None:
    turns = "      - text: hi\n      - hear: Well?\n      - later: 2h\n      - set: {became: undelivered}\n"
    assert result(project, "texted", "{send: [sent, undelivered]}", turns).failure is None


def test_suggested_calls_reach_what_a_report_leads_to(project: Project) -> None:
    found = suggest(project, Coverage(survey(project.program)), ("call",))
    assert "undelivered" in "\n".join(found.scripts.values())
    assert [place.flow for place in found.unreached if place.flow == "call"] == []
