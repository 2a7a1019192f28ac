"""The turn `outcome`: the parameters that come with it, and what is said where another turn works."""

from collections.abc import Callable

import pytest

from engine.diagnostics import Report, Source, render_line
from engine.phone.handset import play_lines
from engine.phone.scripts import Result, play, read_script
from engine.phone.scripts.write import new_script, written_call
from engine.testing.project import Project

DESK = """\
steps:
  agent:
    - connect:
        conversation_relay: {url: "wss://bot.example.com/ws"}
        save: {handed: handoff_data, how: session_status, long: session_duration}
        branch: {ended: after, else: after}
  after: [{say: "{{ how }} {{ long }}: {{ handed }}."}]
  shop:
    - pay: {charge_amount: "12.50", save: {code: payment_confirmation_code}, branch: {success: paid, else: unpaid}}
  paid: [{say: "Code {{ code }}."}]
  unpaid: [{say: Not paid.}]
  hand:
    - refer: {sip: sip:ann@example.com, save: {why: refer_sip_response_code}, branch: {else: told}}
  told: [{say: "Answer {{ why }}."}]
  line:
    - enqueue: {name: desk, save: {who: queue_agent}, branch: {else: served}}
  served: [{say: "By {{ who }}."}]
  ring:
    - dial: {number: "+15550100", save: {code: dial_sip_response_code}, branch: {busy: engaged, else: engaged}}
  engaged: [{say: "Code {{ code }}."}]
  room:
    - dial: {conference: team, save: {why: reason}, branch: {answered: over, else: failed}}
  over: [{say: "Over {{ why }}."}]
  failed: [{say: No conference.}]
  tape:
    - record: {save: {key: recording_key}, branch: {recorded: kept, else: kept}}
  kept: [{say: "Key {{ key }}."}]
"""

Play = Callable[..., Result]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("flows")
    (folder / "desk.yaml").write_text(DESK)
    project = Project.load(folder)
    assert isinstance(project, Project), render_line(project.diagnostics)
    return project


def read(turns: str, step: str = "agent"):
    report = Report()
    text = f"flow: desk\ncalls:\n  A call:\n    given: {{step: {step}}}\n    turns: [{turns}]\n"
    return read_script(Source("desk.calls.yaml", text), report), render_line(report.diagnostics)


@pytest.fixture
def played(desk: Project) -> Play:
    def go(turns: str, step: str) -> Result:
        script, said = read(turns, step)
        assert script is not None, said
        assert not said
        return play(script, desk)[0]

    return go


@pytest.mark.parametrize(
    ("step", "turns"),
    [
        ("agent", "{outcome: {connect: ended, params: {HandoffData: agent}}}, {hear: 'ended 0: agent.'}"),
        (
            "agent",
            '{outcome: {connect: ended, params: {HandoffData: {"why": ["a", 1]}}}}, {hear: \'{"why": ["a", 1]}\'}',
        ),
        (
            "agent",
            "{outcome: {params: {SessionDuration: 30, HandoffData: x}, connect: failed}}, {hear: 'failed 30: x.'}",
        ),
        ("agent", "{outcome: {connect: ended}}, {hear: 'ended 0: .'}"),
        ("shop", "{outcome: {pay: success, params: {PaymentConfirmationCode: ch_7}}}, {hear: Code ch_7.}"),
        ("shop", "{outcome: {pay: payment-connector-error, params: {PayErrorCode: 7}}}, {hear: Not paid.}"),
        ("hand", "{outcome: {refer: failed, params: {ReferSipResponseCode: 486}}}, {hear: Answer 486.}"),
        ("line", "{outcome: {enqueue: bridged, params: {QueueAgent: Ann}}}, {hear: By Ann.}"),
        ("ring", "{outcome: {dial: busy, params: {DialSipResponseCode: 486}}}, {hear: Code 486.}"),
        ("ring", "{outcome: {dial: completed, params: {DialSipResponseCode: 200}}}, {hear: Code 200.}"),
        ("room", "{outcome: {conference: answered, params: {Reason: host-left}}}, {hear: Over host-left.}"),
        ("tape", "{outcome: {record: 12, params: {RecordingKey: k1}}}, {hear: Key k1.}"),
        # A conference is dialled: its DialCallStatus is that of the dial.
        ("room", "{outcome: {dial: answered}}, {hear: Over}"),
        ("room", "{outcome: {dial: failed}}, {hear: No conference.}"),
    ],
)
def test_an_outcome_comes_with_parameters(played, step, turns):
    failure = played(turns, step).failure
    assert failure is None, failure


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        ("{outcome: {connect: ended, params: HandoffData}}", "F403]: `params` must be a mapping"),
        (
            "{outcome: {connect: ended, params: {handoff_data: x}}}",
            "F405]: Twilio sends no parameter `handoff_data` (did you mean `HandoffData`?)",
        ),
        ("{outcome: {pay: hangup, params: {Result: x}}}", "F403]: `params` cannot be combined with `hangup`"),
        ("{outcome: {params: {Result: x}}}", "F403]: `outcome` names one verb and how it ends"),
        ("{outcome: {connect: ended, pay: success}}", "F403]: `outcome` names one verb and how it ends"),
        (
            "{outcome: {conect: ended, params: {A: x}}}",
            "F402]: nobody waits at the verb `conect` (did you mean `connect`?)",
        ),
    ],
)
def test_a_mistake_in_an_outcome_is_named(turn, message):
    assert message in read(turn)[1]


def test_who_looks_for_answered_is_told_of_conferences_too():
    report = Report()
    text = "flow: desk\ncalls:\n  A call: [{answers: answered}]\n"
    read_script(Source("desk.calls.yaml", text), report)
    assert report.diagnostics[0].helps[-1] == "for a conference write  outcome: {conference: answered}"


@pytest.mark.parametrize(
    ("step", "turn", "advice"),
    [
        ("room", "picks_up", "write  outcome: {conference: answered}"),
        ("room", "{answers: busy}", "write  outcome: {conference: answered}"),
        ("room", "{talks: 30 seconds}", "write  outcome: {conference: answered}"),
        ("room", "{outcome: {enqueue: bridged}}", "write  outcome: {conference: answered}"),
        ("line", "picks_up", "write  outcome: {enqueue: bridged}"),
        ("agent", "{recorded: 12}", "write  outcome: {connect: ended}"),
        ("tape", "picks_up", "write  recorded: 12 seconds"),
        ("ring", "{outcome: {connect: ended}}", "write  answers: busy,  or  picks_up"),
    ],
)
def test_the_message_names_the_turn_that_works(played, step, turn, advice):
    failure = played(turn, step).failure
    assert failure is not None
    assert advice in failure.notes


@pytest.mark.parametrize(
    ("step", "typed", "written"),
    [
        (
            "agent",
            'ended HandoffData={"why": "a b"} SessionDuration=9',
            '- outcome: {connect: "ended", params: {"HandoffData":',
        ),
        (
            "shop",
            "success PaymentConfirmationCode=ch_7",
            '- outcome: {pay: "success", params: {"PaymentConfirmationCode": "ch_7"}}',
        ),
        ("room", "answered Reason=x", '- outcome: {conference: "answered", params: {"Reason": "x"}}'),
        ("ring", "busy DialSipResponseCode=486", '- outcome: {dial: "busy", params: {"DialSipResponseCode": "486"}}'),
    ],
)
def test_parameters_can_be_typed_and_saved(desk, step, typed, written):
    """What the telephone writes down goes the same way when it is played."""
    call = desk.phone().ring(f"/flows/desk/{step}")
    assert not [amiss for amiss in play_lines([f"'{typed}'"], call) if amiss]
    text = new_script("desk", written_call("A call", call.moments, [("step", step)]))
    assert written in text
    report = Report()
    script = read_script(Source("desk.calls.yaml", text), report)
    assert script is not None, render_line(report.diagnostics)
    assert play(script, desk)[0].failure is None


def test_words_to_a_gather_are_no_parameters(desk, tmp_path):
    (tmp_path / "ask.yaml").write_text(
        "steps: {a: [{gather: {input: speech, say: Who?, save: who}}, {say: 'I heard {{ who }}.'}]}"
    )
    project = Project.load(tmp_path)
    assert isinstance(project, Project)
    call = project.phone().ring("/flows/ask")
    list(play_lines(["'call Name=Ann'"], call))
    assert call.heard == ("I heard call Name=Ann.",)
