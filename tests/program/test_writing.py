"""The forms in which a verb may be written, and the TwiML each becomes."""

import re
from datetime import UTC, datetime

import pytest

from engine.diagnostics.render import render_text
from engine.program.library import load_sources
from engine.runtime.request import Request
from engine.runtime.respond import respond

OPENING = '<?xml version="1.0" encoding="UTF-8"?><Response>'


def indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip("\n").split("\n"))


def twiml(instruction: str, *, top: str = "", more: str = "", step: str = "") -> str:
    """The TwiML of a step with that instruction; the version in the engine's own addresses is written V."""
    flow = f"{top}\nsteps:\n  welcome:\n{indented(instruction)}\n{more}"
    loaded = load_sources({"t.yaml": flow, "other.yaml": "steps: {first: [hangup], second: [hangup]}"})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    turn = Request(
        "t", step, datetime(2026, 1, 5, 12, tzinfo=UTC), base="../" if step else "", folder="https://host/flows/"
    )
    outcome = respond(loaded.program, turn)
    assert outcome.trouble is None
    body = outcome.body.decode()
    assert body.startswith(OPENING)
    return re.sub(r"_v=\w+", "_v=V", body.removeprefix(OPENING).removesuffix("</Response>"))


def findings(instruction: str, top: str = "") -> str:
    loaded = load_sources({"t.yaml": f"{top}\nsteps:\n  welcome:\n{indented(instruction)}\n"})
    return render_text(loaded.report.diagnostics)


FORMS = {
    "a scalar is the text": ("- say: Hello", "<Say>Hello</Say>"),
    "quotes are not part of a text": ('- dial: "+15550100"', "<Dial>+15550100</Dial>"),
    "a scalar is taken as written": ("- dial: +15550100", "<Dial>+15550100</Dial>"),
    "what YAML would type stays text": ("- say: 09:30", "<Say>09:30</Say>"),
    "no is a word": ("- say: no", "<Say>no</Say>"),
    "a bare word is the verb alone": ("- hangup", "<Hangup />"),
    "nothing is the verb alone": ("- pause:", "<Pause />"),
    "an empty mapping is the verb alone": ("- pause: {}", "<Pause />"),
    "a scalar for pause is its length": ("- pause: 2", '<Pause length="2" />'),
    "a scalar for reject is its reason": ("- reject: busy", '<Reject reason="busy" />'),
    "a scalar for refer is the SIP address": ("- refer: sip:a@b.example", "<Refer><Sip>sip:a@b.example</Sip></Refer>"),
    "a scalar for stream is its url": (
        "- start: {stream: wss://example.com/a}",
        '<Start><Stream url="wss://example.com/a" /></Start>',
    ),
    "a scalar for conversation_relay is its url": (
        "- connect: {conversation_relay: wss://example.com/a}",
        '<Connect><ConversationRelay url="wss://example.com/a" /></Connect>',
    ),
    "the text under the library's name": (
        "- say: {message: Hello, voice: man}",
        '<Say voice="man">Hello</Say>',
    ),
    "enqueue has its text under name": (
        "- enqueue: {name: support, max_queue_size: 5}",
        '<Enqueue maxQueueSize="5">support</Enqueue>',
    ),
    "nested elements by their names": (
        "- gather: {action: https://example.com/x, say: Press 1., play: https://example.com/a.mp3}",
        '<Gather action="https://example.com/x"><Say>Press 1.</Say><Play>https://example.com/a.mp3</Play></Gather>',
    ),
    "a list mixes text and elements in say": (
        '- say: ["Your code is", {say_as: {words: "1234", interpret_as: digits}}, "Thank you"]',
        '<Say>Your code is <say-as interpret-as="digits">1234</say-as> Thank you</Say>',
    ),
    "content has order beside attributes": (
        "- say:\n    voice: man\n    content:\n      - Hello\n      - break: {time: 1s}\n      - emphasis: {content: [very, {w: much}]}",
        '<Say voice="man">Hello<break time="1s" /><emphasis>very <w>much</w></emphasis></Say>',
    ),
    "a list under an element's name is several elements": (
        '- dial: {number: ["+15550100", "+15550101"]}',
        "<Dial><Number>+15550100</Number><Number>+15550101</Number></Dial>",
    ),
    "several elements may have attributes": (
        '- dial:\n    number:\n      - {phone_number: "+15550100", send_digits: ww1}\n      - "+15550101"',
        '<Dial><Number sendDigits="ww1">+15550100</Number><Number>+15550101</Number></Dial>',
    ),
    "several say under one gather": (
        "- gather: {action: https://example.com/x, say: [One, Two]}",
        '<Gather action="https://example.com/x"><Say>One</Say><Say>Two</Say></Gather>',
    ),
    "a bare word in a list is an element without anything": (
        "- gather: {action: https://example.com/x, content: [say: One, pause]}",
        '<Gather action="https://example.com/x"><Say>One</Say><Pause /></Gather>',
    ),
    "python's underscore may be written": (
        "- say: [One, {break_: {time: 1s}}]",
        '<Say>One<break time="1s" /></Say>',
    ),
    "python's underscore may be left out": (
        "- pay: {action: https://example.com/x, prompt: {for: postal-code, say: Your code?}}",
        '<Pay action="https://example.com/x"><Prompt for="postal-code"><Say>Your code?</Say></Prompt></Pay>',
    ),
    "booleans are true and false": (
        "- record: {action: https://example.com/x, play_beep: True, transcribe: false}",
        '<Record action="https://example.com/x" playBeep="true" transcribe="false" />',
    ),
    "a list given to an attribute is joined with spaces": (
        "- gather: {action: https://example.com/x, input: [dtmf, speech]}",
        '<Gather action="https://example.com/x" input="dtmf speech" />',
    ),
    "hints are joined with commas": (
        "- gather: {action: https://example.com/x, hints: [sales, opening hours]}",
        '<Gather action="https://example.com/x" hints="sales,opening hours" />',
    ),
    "a mapping for task is JSON": (
        "- enqueue: {workflow_sid: WW1, task: {skill: sales, tier: 2, vip: true, code: '7'}}",
        '<Enqueue workflowSid="WW1"><Task>{"skill": "sales", "tier": 2, "vip": true, "code": "7"}</Task></Enqueue>',
    ),
    "a task with attributes has its mapping under body": (
        "- enqueue: {workflow_sid: WW1, task: {body: {skill: sales}, priority: 5}}",
        '<Enqueue workflowSid="WW1"><Task priority="5">{"skill": "sales"}</Task></Enqueue>',
    ),
    "a task's mapping may have entries named as its attributes": (
        "- enqueue: {workflow_sid: WW1, task: {skill: sales, priority: 5}}",
        '<Enqueue workflowSid="WW1"><Task>{"skill": "sales", "priority": 5}</Task></Enqueue>',
    ),
    "special letters are escaped": (
        "- say: {message: 'Q&A <1> \"x\"', voice: 'a\"b&c'}",
        '<Say voice="a&quot;b&amp;c">Q&amp;A &lt;1&gt; "x"</Say>',
    ),
    "verbatim TwiML as a document": (
        "- twiml: <?xml version='1.0'?><Response><Say>Hi</Say></Response>",
        "<Say>Hi</Say>",
    ),
    "verbatim TwiML": ("- twiml: <Say>Hi <break/>there</Say>", "<Say>Hi <break/>there</Say>"),
    "what Twilio documents and the library lacks": (
        '- dial: {number: "+15550100", call_reason: Your order}',
        '<Dial callReason="Your order">+15550100</Dial>',
    ),
    "a recording is stopped by its name": (
        "- stop: {recording: {name: mine}}",
        '<Stop><Recording name="mine" /></Stop>',
    ),
}


@pytest.mark.parametrize(("written", "expected"), FORMS.values(), ids=FORMS)
def test_a_form_of_a_verb(written: str, expected: str) -> None:
    assert twiml(written) == expected


def test_a_list_is_the_content_of_a_verb_in_order() -> None:
    """A gather without an action gets the engine's own, which answers go to."""
    written = "- gather:\n    - say: One\n    - pause: 1\n    - say: Two"
    action = "t/welcome?_a=0&amp;_v=V"
    assert twiml(written) == f'<Gather action="{action}"><Say>One</Say><Pause length="1" /><Say>Two</Say></Gather>'


@pytest.mark.parametrize("verb", ["gather: {say: Hello}", "record: {max_length: 20}", "pay: {charge_amount: 5}"])
def test_a_verb_that_twilio_would_ask_for_ever_gets_an_action(verb: str) -> None:
    assert 'action="t/welcome?_a=0&amp;_v=V"' in twiml(f"- {verb}")


@pytest.mark.parametrize(
    "verb", ['dial: "+15550100"', "enqueue: support", "connect: {room: lobby}", "refer: sip:a@b.c"]
)
def test_other_verbs_get_no_action_unless_something_is_done_with_their_answer(verb: str) -> None:
    assert "action" not in twiml(f"- {verb}")


# Where a name is both an attribute or text, and an element.

BOTH = {
    "dial.number as text": ("- dial: {number: '+1555', timeout: 9}", '<Dial timeout="9">+1555</Dial>'),
    "dial.number beside another element": (
        "- dial: {number: '+1555', client: alice}",
        "<Dial><Number>+1555</Number><Client>alice</Client></Dial>",
    ),
    "dial.number as a mapping": (
        "- dial: {number: {phone_number: '+1555', url: https://example.com/w}}",
        '<Dial><Number url="https://example.com/w">+1555</Number></Dial>',
    ),
    "client.identity as text": ("- dial: {client: {identity: alice}}", "<Dial><Client>alice</Client></Dial>"),
    "client.identity beside parameters": (
        "- dial: {client: {identity: alice, parameter: {name: a, value: b}}}",
        '<Dial><Client><Identity>alice</Identity><Parameter name="a" value="b" /></Client></Dial>',
    ),
    "application.application_sid as text": (
        "- dial: {application: {application_sid: AP1}}",
        "<Dial><Application>AP1</Application></Dial>",
    ),
    "application.application_sid beside parameters": (
        "- dial: {application: {application_sid: AP1, parameter: [{name: a, value: b}]}}",
        '<Dial><Application><ApplicationSid>AP1</ApplicationSid><Parameter name="a" value="b" /></Application></Dial>',
    ),
    "conversation_relay.language as an attribute": (
        "- connect: {conversation_relay: {url: wss://a.example/x, language: en-US}}",
        '<Connect><ConversationRelay language="en-US" url="wss://a.example/x" /></Connect>',
    ),
    "conversation_relay.language as elements": (
        "- connect: {conversation_relay: {url: wss://a.example/x, language: [{code: en-US, voice: v}, {code: de-DE}]}}",
        '<Connect><ConversationRelay url="wss://a.example/x"><Language code="en-US" voice="v" />'
        '<Language code="de-DE" /></ConversationRelay></Connect>',
    ),
}


@pytest.mark.parametrize(("written", "expected"), BOTH.values(), ids=BOTH)
def test_a_name_that_is_both_is_the_element_where_it_must_be(written: str, expected: str) -> None:
    assert twiml(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("- message: {body: Hello}", "<Message>Hello</Message>"),
        (
            "- message: {body: Hello, media: https://example.com/a.jpg}",
            "<Message><Body>Hello</Body><Media>https://example.com/a.jpg</Media></Message>",
        ),
        ("- message: {body: [Hello, there]}", "<Message><Body>Hello</Body><Body>there</Body></Message>"),
        ("- message: {to: '+1555', from: '+1666', body: Hello}", '<Message from="+1666" to="+1555">Hello</Message>'),
    ],
)
def test_the_body_of_a_message_is_its_text_or_an_element(written: str, expected: str) -> None:
    assert twiml(written, top="channel: messaging") == expected


# Addresses.

ADDRESSES = {
    "hold": "{base}t/hold?_v=V",
    "other/": "{base}other/first?_v=V",
    "other/second": "{base}other/second?_v=V",
    "https://example.com/w?a=1&b=2": "https://example.com/w?a=1&amp;b=2",
    "/own/path": "/own/path",
    "./sound": "{base}t/sound",
    "repeat": "{base}t/welcome?_v=V",
    "restart": "{base}t/welcome?_v=V",
}


@pytest.mark.parametrize("step", ["", "welcome"])
@pytest.mark.parametrize(("written", "address"), ADDRESSES.items())
def test_an_attribute_that_holds_a_url_takes_a_target(written: str, address: str, step: str) -> None:
    text = twiml(
        f"- enqueue: {{name: support, wait_url: '{written}'}}", more="  hold:\n    - play: audio/a.mp3", step=step
    )
    expected = address.format(base="../" if step else "")
    assert text == f'<Enqueue waitUrl="{expected}">support</Enqueue>'


@pytest.mark.parametrize(
    ("written", "xml"),
    [
        ("dial: {number: {phone_number: '+1555', url: hold}}", "url"),
        ("dial: {conference: {name: lobby, wait_url: hold}}", "waitUrl"),
        ("record: {action: hold}", "action"),
        ("dial: {number: {phone_number: '+1555', status_callback: told}}", "statusCallback"),
        ("dial: {number: '+1555', recording_status_callback: told}", "recordingStatusCallback"),
        ("record: {action: /x, transcribe: true, transcribe_callback: told}", "transcribeCallback"),
    ],
)
def test_every_url_that_asks_for_twiml_or_is_told_something_may_be_a_step(written: str, xml: str) -> None:
    text = twiml(f"- {written}", more="  hold: [{play: a.mp3}]\n  told: [{log: told}]")
    assert re.search(rf' {xml}="t/(hold|told)\?_v=V"', text)


@pytest.mark.parametrize("place", ["enqueue: {name: support", "dial: {conference: {name: lobby"])
def test_no_address_to_wait_at_is_silence(place: str) -> None:
    assert 'waitUrl=""' in twiml(f"- {place}, wait_url: ''}}{'}' * (place.count('{') - 1)}")
    assert findings(f"- {place}, wait_url: }}{'}' * (place.count('{') - 1)}").startswith("error")


@pytest.mark.parametrize(
    "written",
    [
        "start: {stream: {url: https://example.com/a}}",
        "start: {stream: {url: wss://example.com/a?b=1}}",
        "start: {stream: {url: welcome}}",
        "pay: {action: http://example.com/a}",
        "gather: {action: wss://example.com/a}",
        "dial: {number: {phone_number: '+1555', url: https://my_host.example.com/}}",
    ],
)
def test_a_written_address_must_be_one_of_its_kind(written: str) -> None:
    assert "error[F103]" in findings(f"- {written}")


def test_an_address_that_twilio_wants_with_its_host_is_absolute() -> None:
    written = "- start: {stream: {url: wss://a.example/x, status_callback: told}}"
    assert 'statusCallback="https://host/flows/t/told?_v=V"' in twiml(written, more="  told:\n    - log: told")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("audio/a.mp3", "audio/a.mp3"),
        ("https://example.com/a.mp3", "https://example.com/a.mp3"),
        ("/a.mp3", "/a.mp3"),
        ("audio/ä b.mp3", None),
    ],
)
def test_a_file_to_play_is_found_from_wherever_the_step_is_given(written: str, expected: str | None) -> None:
    if expected is None:
        assert "must be an address without spaces" in findings(f"- play: {written}")
        return
    assert twiml(f"- play: {written}") == f"<Play>{expected}</Play>"
    below = "" if written.startswith(("/", "https")) else "../"
    assert twiml(f"- play: {written}", step="welcome") == f"<Play>{below}{expected}</Play>"


# Defaults.

DEFAULTS = "defaults:\n  say: {voice: man, language: en-GB}\n  number: {status_callback: https://example.com/s}\n  gather: {timeout: 7}\n"


def test_defaults_hold_for_verbs_and_for_what_is_nested() -> None:
    said = '<Say language="en-GB" voice="man">Hi</Say>'
    assert twiml("- say: Hi", top=DEFAULTS) == said
    gather = "- gather: {action: https://example.com/x, say: Hi}"
    assert twiml(gather, top=DEFAULTS) == f'<Gather action="https://example.com/x" timeout="7">{said}</Gather>'
    dial = "- dial: {number: [{phone_number: '+1555'}]}"
    number = '<Number statusCallback="https://example.com/s">+1555</Number>'
    assert twiml(dial, top=DEFAULTS) == f"<Dial>{number}</Dial>"


def test_what_the_instruction_says_wins_over_the_defaults() -> None:
    assert twiml("- say: {message: Hi, voice: woman}", top=DEFAULTS) == '<Say language="en-GB" voice="woman">Hi</Say>'


def test_a_default_that_an_elements_namesake_lacks_is_left_out_there() -> None:
    top = "defaults:\n  sip: {username: me}\n"
    assert twiml("- dial: {sip: sip:a@b.c}", top=top) == '<Dial><Sip username="me">sip:a@b.c</Sip></Dial>'
    assert twiml("- refer: {sip: sip:a@b.c}", top=top) == "<Refer><Sip>sip:a@b.c</Sip></Refer>"


# Templates.

TEMPLATES = {
    "a text": ("- say: 'Hi {{ params.Name }}'", "<Say>Hi </Say>"),
    "none leaves the attribute out": ("- say: {message: Hi, voice: '{{ none }}'}", "<Say>Hi</Say>"),
    "a value keeps its type": ("- pause: {length: '{{ 1 + 1 }}'}", '<Pause length="2" />'),
    "an attribute of several": (
        "- gather: {action: https://example.com/x, hints: [a, '{{ 1 + 1 }}']}",
        '<Gather action="https://example.com/x" hints="a,2" />',
    ),
    "a list repeats the element": (
        "- dial: {number: {phone_number: \"{{ ['+1', '+2'] }}\", send_digits: '1'}}",
        '<Dial><Number sendDigits="1">+1</Number><Number sendDigits="1">+2</Number></Dial>',
    ),
    "a list repeats the element written by its scalar": (
        "- dial: {number: \"{{ ['+1', '+2'] }}\"}",
        "<Dial><Number>+1</Number><Number>+2</Number></Dial>",
    ),
    "an empty list leaves the element out": (
        '- dial: {client: alice, number: "{{ [] }}"}',
        "<Dial><Client>alice</Client></Dial>",
    ),
    "an author's value is escaped": ("- say: \"{{ '<b>' }}\"", "<Say>&lt;b&gt;</Say>"),
    "a leaf of a task": (
        "- enqueue: {workflow_sid: WW1, task: {tier: '{{ 1 + 1 }}', name: 'x{{ 1 }}'}}",
        '<Enqueue workflowSid="WW1"><Task>{"tier": 2, "name": "x1"}</Task></Enqueue>',
    ),
    "verbatim TwiML holds text": ("- twiml: \"<Say>{{ '<b>' }}</Say>\"", "<Say>&lt;b&gt;</Say>"),
    "verbatim TwiML as a document with values": (
        "- twiml: \"<Response><Say>{{ '<b>' }}</Say></Response>\"",
        "<Say>&lt;b&gt;</Say>",
    ),
    "verbatim TwiML that comes out as a document": ("- twiml: \"{{ '<Response><Hangup/></Response>' }}\"", "<Hangup/>"),
    "verbatim TwiML that comes out as nothing": ("- twiml: \"{{ '<Response/>' }}\"", ""),
    "verbatim TwiML that is one template holds markup": ("- twiml: \"{{ '<Hangup/>' }}\"", "<Hangup/>"),
    "a templated address": (
        "- dial: {number: {phone_number: '+1555', url: \"https://example.com/{{ 'a b' }}\"}}",
        '<Dial><Number url="https://example.com/a%20b">+1555</Number></Dial>',
    ),
}


@pytest.mark.parametrize(("written", "expected"), TEMPLATES.values(), ids=TEMPLATES)
def test_a_template_stands_wherever_a_value_does(written: str, expected: str) -> None:
    assert twiml(written) == expected


# Refusals.

REFUSED = {
    "loose text where none may be": ("- gather: [Press 1.]", "`gather` takes no loose text in a list"),
    "a text where there is none": ("- gather: Press 1.", "`gather` has no text of its own"),
    "a null where text is meant": ("- dial: {number: }", "has no text"),
    "an unknown field": ("- say: {mesage: Hi}", "did you mean `message`?"),
    "a list where one value belongs": ("- say: {message: Hi, voice: [a, b]}", "`voice` must be text"),
    "markup that is not well-formed": ("- twiml: <Say>Hi", "not well-formed"),
    "an element of another verb": ("- say: [Hi, {number: '+1'}]", "`say`"),
}


@pytest.mark.parametrize(("written", "said"), REFUSED.values(), ids=REFUSED)
def test_a_form_that_is_none_is_refused(written: str, said: str) -> None:
    assert said in findings(written)
