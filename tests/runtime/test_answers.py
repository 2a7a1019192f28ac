"""What comes back from the verbs other than gather, and where it leads."""

import pytest

from engine.diagnostics import render_text
from engine.program.library import load_sources

STEPS = "\n  one: [{say: One.}]\n  two: [{say: Two.}]\n  screen: [{say: Accept?}]\n"


def flow(verb: str, top: str = "") -> str:
    return f"{top}\nsteps:\n  a: [{{{verb}}}, {{say: After.}}]{STEPS}"


def findings(text: str) -> str:
    return render_text(load_sources({"f.yaml": text}).report.diagnostics)


def led(call, verb: str, sent: dict[str, str]) -> str:
    """What a call hears after the verb came back with these parameters."""
    made = call(f=flow(verb))
    twiml = made.ask("f")
    assert "After." not in twiml, "the document ends with a verb whose answer decides"
    return made.ask(made.action(), **sent)


DIAL = 'dial: {number: "+15550100", branch: '
SCREENED = 'dial: {number: {phone_number: "+15550100", url: screen}, branch: '


@pytest.mark.parametrize(
    ("verb", "sent", "heard"),
    [
        (f"{DIAL}{{completed: one, else: two}}}}", {"DialCallStatus": "completed"}, "One."),
        (f"{DIAL}{{busy | no-answer: one, else: two}}}}", {"DialCallStatus": "no-answer"}, "One."),
        (f"{DIAL}{{busy | no-answer: one, else: two}}}}", {"DialCallStatus": "failed"}, "Two."),
        (f"{DIAL}{{busy: one}}}}", {"DialCallStatus": "canceled"}, "After."),
        (f"{DIAL}{{completed: one, else: two}}}}", {}, "Two."),
        (f"{DIAL}{{completed: one, else: two}}}}", {"DialCallStatus": "completed", "DialBridged": "false"}, "One."),
        (f"{DIAL}{{Busy: one, else: two}}}}", {"DialCallStatus": "busy"}, "One."),
        (f"{DIAL}{{/complete.*/: one, else: two}}}}", {"DialCallStatus": "completed"}, "One."),
        (
            f"{SCREENED}{{completed: one, declined: two}}}}",
            {"DialCallStatus": "completed", "DialBridged": "false"},
            "Two.",
        ),
        (
            f"{SCREENED}{{completed: one, declined: two}}}}",
            {"DialCallStatus": "completed", "DialBridged": "true"},
            "One.",
        ),
        (f"{SCREENED}{{completed: one, declined: two}}}}", {"DialCallStatus": "completed"}, "One."),
        (f"{SCREENED}{{completed: one, else: two}}}}", {"DialCallStatus": "completed", "DialBridged": "false"}, "Two."),
        (f"{SCREENED}{{busy: one, declined: two}}}}", {"DialCallStatus": "busy", "DialBridged": "false"}, "One."),
        (
            f"{SCREENED}{{'/.*/': one, declined: two}}}}",
            {"DialCallStatus": "completed", "DialBridged": "false"},
            "Two.",
        ),
        (f"{DIAL}{{'/.*/': one, busy: two}}}}", {"DialCallStatus": "busy"}, "Two."),
        (f"{DIAL}{{'/.*/': one, busy: two}}}}", {"DialCallStatus": "failed"}, "One."),
        ("dial: {conference: room, branch: {answered: one, else: two}}", {"DialCallStatus": "answered"}, "One."),
        (
            "record: {branch: {recorded: one, no_input: two}}",
            {"RecordingUrl": "https://x", "RecordingDuration": "3"},
            "One.",
        ),
        (
            "record: {branch: {recorded: one, no_input: two}}",
            {"RecordingUrl": "https://x", "RecordingDuration": "0"},
            "Two.",
        ),
        ("record: {branch: {recorded: one, no_input: two}}", {}, "Two."),
        (
            "record: {branch: {recorded: one, no_input: two}}",
            {"RecordingUrl": "https://x", "RecordingDuration": "3", "Digits": "#"},
            "One.",
        ),
        (
            "record: {branch: {recorded: one, else: two}}",
            {"RecordingUrl": "https://x", "RecordingDuration": "3", "Digits": "hangup"},
            "One.",
        ),
        (
            "record: {branch: {recorded: one, hangup: two}}",
            {"RecordingUrl": "https://x", "RecordingDuration": "3", "Digits": "hangup"},
            "Two.",
        ),
        ("record: {branch: {recorded: one, hangup: two}}", {"Digits": "hangup"}, "Two."),
        ("record: {branch: {recorded: one, no_input: two}}", {"Digits": "hangup"}, "Two."),
        ("record: {branch: {hangup: one, else: two}}", {"RecordingUrl": "https://x", "RecordingDuration": "3"}, "Two."),
        ("record: {branch: {hangup: one}}", {"RecordingUrl": "https://x", "RecordingDuration": "3"}, "After."),
        ("record: {max_length: 9}", {"RecordingUrl": "https://x", "RecordingDuration": "3"}, "After."),
        ("enqueue: {name: desk, branch: {bridged: one, else: two}}", {"QueueResult": "bridged"}, "One."),
        ("enqueue: {name: desk, branch: {leave: one, queue-full: two}}", {"QueueResult": "leave"}, "One."),
        ("enqueue: {name: desk, branch: {leave: one, queue-full: two}}", {"QueueResult": "queue-full"}, "Two."),
        ("enqueue: {name: desk, branch: {hangup: one, else: two}}", {"QueueResult": "hangup"}, "One."),
        ("connect: {room: r, branch: {ended: one, else: two}}", {}, "One."),
        ("connect: {stream: 'wss://x.example', branch: {ended: one, else: two}}", {"StreamSid": "MZ1"}, "One."),
        (
            "connect: {conversation_relay: 'wss://x.example', branch: {ended: one, failed: two}}",
            {"SessionStatus": "ended"},
            "One.",
        ),
        (
            "connect: {conversation_relay: 'wss://x.example', branch: {ended: one, failed: two}}",
            {"SessionStatus": "failed"},
            "Two.",
        ),
        (
            "connect: {virtual_agent: {connector_name: a}, branch: {live-agent-handoff: one, else: two}}",
            {"VirtualAgentStatus": "live-agent-handoff"},
            "One.",
        ),
        ("pay: {charge_amount: '20', branch: {success: one, else: two}}", {"Result": "success"}, "One."),
        ("pay: {charge_amount: '20', branch: {success: one, else: two}}", {"Result": "caller-hung-up"}, "Two."),
        ("pay: {charge_amount: '20'}", {"Result": "success"}, "After."),
        (
            "refer: {sip: 'sip:a@example.com', branch: {completed: one, else: two}}",
            {"ReferCallStatus": "completed"},
            "One.",
        ),
        (
            "refer: {sip: 'sip:a@example.com', branch: {completed: one, else: two}}",
            {"ReferCallStatus": "failed"},
            "Two.",
        ),
        ('dial: {number: "+15550100", branch: {}}', {"DialCallStatus": "busy"}, "After."),
    ],
)
def test_the_answer_of_a_verb_chooses(call, verb, sent, heard):
    assert led(call, verb, sent) == f"<Say>{heard}</Say>"


@pytest.mark.parametrize(
    ("verb", "sent", "heard"),
    [
        ('dial: {number: "+1", save: x}', {"DialCallStatus": "busy"}, "busy"),
        (
            'dial: {number: "+1", save: {x: dial_call_duration}}',
            {"DialCallStatus": "completed", "DialCallDuration": "9"},
            "9",
        ),
        ("record: {save: x}", {"RecordingUrl": "https://x", "RecordingDuration": "3"}, "recorded"),
        ("record: {save: {x: recording_url}}", {"RecordingUrl": "https://x/1"}, "https://x/1"),
        ("record: {save: {x: recording_url}}", {}, ""),
        ("enqueue: {name: desk, save: {x: queue_time}}", {"QueueResult": "bridged", "QueueTime": "12"}, "12"),
        (
            "connect: {conversation_relay: 'wss://x.example', save: {x: handoff_data}}",
            {"SessionStatus": "ended", "HandoffData": '{"a": 1}'},
            '{"a": 1}',
        ),
        ("connect: {room: r, save: x}", {}, "ended"),
        ("pay: {charge_amount: '20', save: {x: payment_token}}", {"Result": "success", "PaymentToken": "tok"}, "tok"),
        ("refer: {sip: 'sip:a@example.com', save: {x: answer}}", {"ReferCallStatus": "completed"}, "completed"),
    ],
)
def test_save_keeps_the_answer_or_any_parameter_of_it(call, verb, sent, heard):
    made = call(f=f"vars: {{x: nothing}}\nsteps:\n  a: [{{{verb}}}, {{say: 'kept {{{{ x }}}}.'}}]\n")
    made.ask("f")
    assert made.ask(made.action(), **sent) == f"<Say>kept {heard}.</Say>"


def test_save_happens_before_the_branch(call):
    made = call(
        f="""
        steps:
          a:
            - dial:
                number: "+15550100"
                save: {seconds: dial_call_duration}
                branch:
                  - when: seconds | int > 10
                    to: [{say: "Long, {{ seconds }}."}]
                  - when: answer == 'busy'
                    to: [{say: Busy.}]
    """
    )
    made.ask("f")
    assert made.ask(made.action(), DialCallStatus="completed", DialCallDuration="12") == "<Say>Long, 12.</Say>"
    made.ask("/flows/f")
    assert made.ask(made.action(), DialCallStatus="busy") == "<Say>Busy.</Say>"


def test_the_answer_is_known_to_templates(call):
    assert led(
        call, f"{DIAL}{{else: [{{say: 'It was {{{{ answer }}}}.'}}, {{redirect: two}}]}}}}", {"DialCallStatus": "busy"}
    ) == ("<Say>It was busy.</Say><Say>Two.</Say>")


def test_a_tree_of_a_verb_goes_on_after_the_verb(call):
    assert led(call, f"{DIAL}{{busy: [{{say: Busy.}}], completed: []}}}}", {"DialCallStatus": "busy"}) == (
        "<Say>Busy.</Say><Say>After.</Say>"
    )
    assert (
        led(call, f"{DIAL}{{busy: [{{say: Busy.}}], completed: []}}}}", {"DialCallStatus": "completed"})
        == "<Say>After.</Say>"
    )


@pytest.mark.parametrize(
    ("verb", "key"),
    [
        (f"{DIAL}{{complete: one}}}}", "complete"),
        (f"{DIAL}{{no_answer: one}}}}", "no_answer"),
        (f"{DIAL}{{no_input: one}}}}", "no_input"),
        ("record: {branch: {completed: one}}", "completed"),
        ("record: {branch: {no_match: one}}", "no_match"),
        ("enqueue: {name: desk, branch: {completed: one}}", "completed"),
        ("pay: {charge_amount: '20', branch: {failed: one}}", "failed"),
    ],
)
def test_a_key_of_closed_results_that_never_occurs_is_an_error(verb, key):
    assert f"`{key}`" in findings(flow(verb))


@pytest.mark.parametrize("extra", ["branch: {else: one}", "save: x"])
@pytest.mark.parametrize("own", ["action: one", "method: POST"])
@pytest.mark.parametrize("verb", ['dial: {number: "+1", ', "record: {", "enqueue: {name: desk, ", "pay: {"])
def test_beside_branch_or_save_neither_action_nor_method_may_be_given(verb, own, extra):
    assert "error[F110]" in findings(flow(f"{verb}{own}, {extra}}}"))


def test_an_action_from_the_defaults_gives_way_to_a_branch(call, plain):
    top = "defaults: {dial: {action: one, method: GET, timeout: 9}}"
    twiml = plain(call(f=flow(f"{DIAL}{{else: two}}}}", top)).ask("f"))
    assert twiml == '<Dial action="f/a?_a=0" timeout="9">+15550100</Dial>'


def test_record_and_pay_never_ask_the_same_document_again(call, plain):
    assert plain(call(f=flow("record: {}")).ask("f")) == '<Record action="f/a?_a=0" /><Redirect>f/a?_a=0</Redirect>'
    assert plain(call(f=flow("pay: {}")).ask("f")) == '<Pay action="f/a?_a=0" />'
    assert (
        plain(call(f=flow("record: {method: GET}")).ask("f"))
        == '<Record action="f/a?_a=0" /><Redirect>f/a?_a=0</Redirect>'
    )


@pytest.mark.parametrize(
    ("verb", "twiml"),
    [
        ('dial: "+15550100"', "<Dial>+15550100</Dial><Say>After.</Say>"),
        ("enqueue: desk", "<Enqueue>desk</Enqueue><Say>After.</Say>"),
        ("connect: {room: r}", "<Connect><Room>r</Room></Connect><Say>After.</Say>"),
        ("refer: 'sip:a@b.example'", "<Refer><Sip>sip:a@b.example</Sip></Refer><Say>After.</Say>"),
        ("dial: {number: '+1', action: one}", '<Dial action="f/one">+1</Dial>'),
        ("record: {action: one}", '<Record action="f/one" /><Say>After.</Say>'),
        (
            "record: {action: 'https://x.example/r', method: GET}",
            '<Record action="https://x.example/r" method="GET" /><Say>After.</Say>',
        ),
    ],
)
def test_elsewhere_an_action_is_left_out_or_as_given(call, plain, verb, twiml):
    assert plain(call(f=flow(verb)).ask("f")) == twiml


@pytest.mark.parametrize("extra", ["branch: {else: one}", "save: x", "retry: {attempts: 2}"])
@pytest.mark.parametrize(
    "place", ["say: {message: Hi, EXTRA}", "dial: {number: {phone_number: '+1', EXTRA}}", "pause: {length: 1, EXTRA}"]
)
def test_only_what_comes_back_has_branch_save_and_retry(place, extra):
    assert "error[" in findings(flow(place.replace("EXTRA", extra)))


def test_only_a_gather_asks_again():
    assert "error[F110]" in findings(flow("record: {retry: {attempts: 2}}"))
