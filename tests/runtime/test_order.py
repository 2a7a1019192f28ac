"""The rules of order and of ends: one document where one can serve, a `<Redirect>` where the order as the caller lives it demands one.

Each row holds a sentence of the rules, the steps of a flow, and what its entry is answered with.
"""

import pytest

FIRST = "f?"

ROWS = [
    (
        "instructions happen in the order written",
        "a: [{say: One.}, {pause: 2}, {play: https://example.com/a.mp3}]",
        '<Say>One.</Say><Pause length="2" /><Play>https://example.com/a.mp3</Play>',
    ),
    (
        "what can stand in one document does, whatever step it comes from",
        "a: [{say: One.}, {redirect: b}]\n  b: [{say: Two.}, {redirect: c}]\n  c: [{say: Three.}]",
        "<Say>One.</Say><Say>Two.</Say><Say>Three.</Say>",
    ),
    (
        "a step does not run into the next one: when it runs out, the call ends",
        "a: [{say: One.}]\n  b: [{say: Two.}]",
        "<Say>One.</Say>",
    ),
    (
        "before a step that is already in the document it is cut",
        "a: [{say: One.}, {redirect: b}]\n  b: [{say: Two.}, {redirect: a}]",
        "<Say>One.</Say><Say>Two.</Say><Redirect>f/a</Redirect>",
    ),
    (
        "a step that leads to itself is cut at once",
        "a: [{say: One.}, {redirect: repeat}]",
        "<Say>One.</Say><Redirect>f/a</Redirect>",
    ),
    (
        "nothing is cut for set after say, play, pause",
        "a: [{say: One.}, {pause: 1}, {play: https://example.com/a.mp3}, {set: {x: 1}}, {say: 'x is {{ x }}.'}]",
        '<Say>One.</Say><Pause length="1" /><Play>https://example.com/a.mp3</Play><Say>x is 1.</Say>',
    ),
    (
        "nothing is cut for branch after say",
        "a: [{say: One.}, {branch: [{when: 1 > 0, to: b}]}]\n  b: [{say: Two.}]",
        "<Say>One.</Say><Say>Two.</Say>",
    ),
    (
        "nothing is cut for log after say",
        "a: [{say: One.}, {log: here}, {say: Two.}]",
        "<Say>One.</Say><Say>Two.</Say>",
    ),
    (
        "what follows a dial without an answer of its own stands in the same document",
        "a: [{dial: '+15550100'}, {say: Good-bye.}]",
        "<Dial>+15550100</Dial><Say>Good-bye.</Say>",
    ),
    (
        "before a set that follows a dial it is cut",
        "a: [{dial: '+15550100'}, {set: {x: 1}}, {say: Two.}]",
        "<Dial>+15550100</Dial><Redirect>f/a?_i=1&amp;_t=1</Redirect>",
    ),
    (
        "before a branch that follows an enqueue it is cut",
        "a: [{enqueue: desk}, {branch: [{when: 1 > 0, to: b}]}]\n  b: [{say: Two.}]",
        "<Enqueue>desk</Enqueue><Redirect>f/a?_i=1</Redirect>",
    ),
    (
        "before a template that follows a connect it is cut",
        "a: [{connect: {room: r}}, {say: 'Hello {{ call.from }}.'}]",
        "<Connect><Room>r</Room></Connect><Redirect>f/a?_i=1</Redirect>",
    ),
    (
        "before a template that follows a refer it is cut, through a step as well",
        "a: [{refer: 'sip:a@example.com'}, {redirect: b}]\n  b: [{say: One.}, {say: 'Hello {{ call.from }}.'}]",
        "<Refer><Sip>sip:a@example.com</Sip></Refer><Say>One.</Say><Redirect>f/b?_i=1</Redirect>",
    ),
    (
        "a log that follows a dial waits until the dial is over",
        "a: [{dial: '+15550100'}, {log: done}]",
        "<Dial>+15550100</Dial><Redirect>f/a?_i=1</Redirect>",
    ),
    (
        "after a gather that was met with silence plain words stand in the same document",
        "a: [{gather: {num_digits: 1, say: Press a key.}}, {say: Nothing.}]",
        '<Gather action="f/a?_a=0" numDigits="1"><Say>Press a key.</Say></Gather><Say>Nothing.</Say>',
    ),
    (
        "before a set that follows a gather met with silence it is cut",
        "a: [{gather: {num_digits: 1, say: Press a key.}}, {set: {x: 1}}]",
        '<Gather action="f/a?_a=0&amp;_t=1" numDigits="1"><Say>Press a key.</Say></Gather>'
        "<Redirect>f/a?_i=1&amp;_t=1</Redirect>",
    ),
    (
        "record has its answer sent to the flow, even where Twilio goes on after silence, and the document ends with it",
        "a: [{record: {max_length: 30}}, {say: Thank you.}]",
        '<Record action="f/a?_a=0" maxLength="30" /><Redirect>f/a?_a=0</Redirect>',
    ),
    (
        "pay has its answer sent to the flow, and the document ends with it",
        "a: [{pay: {charge_amount: '20'}}, {say: Thank you.}]",
        '<Pay action="f/a?_a=0" chargeAmount="20" />',
    ),
    (
        "a dial with a branch ends the document",
        "a: [{dial: {number: '+15550100', branch: {else: b}}}]\n  b: [{say: Two.}]",
        '<Dial action="f/a?_a=0">+15550100</Dial>',
    ),
    (
        "nothing is written after hangup, reject, or a redirect to a URL",
        "a: [{redirect: 'https://example.com/x'}]\n  b: [hangup]",
        "<Redirect>https://example.com/x</Redirect>",
    ),
    (
        "return outside a subflow ends the document",
        "a: [{say: One.}, {branch: [{when: 1 > 0, to: [return]}]}, {say: Two.}]",
        "<Say>One.</Say>",
    ),
    (
        "when a tree runs out, the instruction after its branch follows",
        "a: [{branch: [{when: 1 > 0, to: [{say: Tree.}]}]}, {say: After.}]",
        "<Say>Tree.</Say><Say>After.</Say>",
    ),
    (
        "an empty tree does nothing",
        "a: [{branch: [{when: 1 > 0, to: []}, {else: b}]}, {say: After.}]\n  b: [{say: Two.}]",
        "<Say>After.</Say>",
    ),
    (
        "nothing matches and there is no else: the next instruction follows",
        "a: [{branch: {on: call.from_country, US: b}}, {say: After.}]\n  b: [{say: Two.}]",
        "<Say>After.</Say>",
    ),
]


@pytest.mark.parametrize(("rule", "steps", "twiml"), ROWS, ids=[row[0] for row in ROWS])
def test_one_document_where_one_can_serve(call, plain, rule, steps, twiml):
    first = call(f=f"steps:\n  {steps}\n")
    assert plain(first.ask("f")) == twiml, rule


@pytest.mark.parametrize(
    ("verb", "kept"),
    [
        ("record: {action: 'https://x.example/y'}", True),
        ("record: {action: b}", True),
        ("pay: {action: 'https://x.example/y'}", True),
        ("gather: {say: Hello., action: 'https://x.example/y'}", True),
        ("dial: {conference: {name: room, participant_label: me}, action: 'https://x.example/y'}", True),
        ("dial: {conference: {name: room, wait_url: 'https://x.example/w'}, action: b}", True),
        ("dial: {number: '+15550100', action: \"{{ 'https://x.example/y' if digits else none }}\"}", True),
        ("dial: '+15550100'", True),
        ("dial: {number: '+15550100', action: 'https://x.example/y'}", False),
        ("dial: {conference: room, action: b}", False),
        ("enqueue: {name: q, action: 'https://x.example/y'}", False),
        ("connect: {stream: 'wss://x.example', action: 'https://x.example/y'}", False),
        ("refer: {sip: 'sip:a@x.example', action: b}", False),
    ],
)
def test_what_follows_a_verb_is_kept_unless_its_action_is_always_requested(call, verb, kept):
    made = call(f=f"steps:\n  a: [{{{verb}}}, {{say: After.}}]\n  b: [hangup]")
    assert made.ask("f").endswith("<Say>After.</Say>") is kept


def test_a_record_with_an_action_waits_so_what_counts_is_cut(call):
    made = call(
        f="vars: {n: 0}\nsteps: {a: [{record: {action: 'https://x.example/y'}}, {set: {n: 1}}, {say: 'After {{ n }}.'}]}"
    )
    assert made.ask("f").endswith("</Redirect>")
    assert made.ask(made.redirect()) == "<Say>After 1.</Say>"


def test_a_menu_costs_the_caller_one_request_for_each_answer(call, plain):
    menu = call(
        f="""
        steps:
          menu:
            - gather:
                say: For sales, press 1.
                branch: {1: sales, else: menu}
          sales:
            - dial: {number: "+15550100", branch: {busy: menu, else: hangup}}
    """
    )
    menu.ask("f")
    assert plain(menu.ask(menu.action(0), Digits="1")) == '<Dial action="../f/sales?_a=0">+15550100</Dial>'
    assert menu.ask(menu.action(), DialCallStatus="busy").startswith("<Gather")
    assert menu.ask(menu.action(0), Digits="9").startswith("<Gather"), "`else: menu` is answered with the menu itself"


def test_a_long_silence_goes_on_in_the_next_document(call):
    """The circle menu -> else: menu is cut at the step that is already there, so that no document is endless."""
    menu = call(
        f="""
        steps:
          menu:
            - gather:
                say: For sales, press 1.
                branch: {1: hangup, else: menu}
    """
    )
    twiml = menu.ask("f")
    assert twiml.count("<Gather") == 1
    assert twiml.endswith("</Redirect>")
    assert menu.ask(menu.redirect()).count("<Gather") == 1


def test_a_document_never_grows_past_what_twilio_takes(call):
    text = "word " * 500
    steps = "\n".join(f"          - say: {text}" for _ in range(60))
    long = call(
        f=f"""
        steps:
          a:
{steps}
    """
    )
    pieces, asked = long.ask("f").count("<Say>"), 1
    while "<Redirect>" in long.outcome.body.decode():
        assert len(long.outcome.body) < 64 * 1024
        pieces += long.ask(long.redirect()).count("<Say>")
        asked += 1
    assert pieces == 60
    assert asked > 2
