"""Call scripts: what they say, what is said about mistakes in them, and how they are played."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diagnostics import Report, Source, render_line, render_text
from engine.phone.scripts import Result, Script, check_names, play, read_script
from engine.phone.scripts.given import keys
from engine.phone.scripts.reference import reference
from engine.phone.scripts.script import Costs, Ends, Hear, Outcome, PickUp, Press, Record, Rings
from engine.phone.scripts.turns import TURNS
from engine.phone.scripts.write import add_call, new_script, scalar, title, written_call
from engine.program.library import load_sources
from engine.testing.project import Project

SHOP = """\
vars: {code: ""}
takes: {name: friend}
steps:
  menu:
    - say: Hello {{ name }}, welcome to the shop.
    - gather:
        input: dtmf speech
        say: For sales press 1. To leave a message press 2. For the line press 3.
        branch: {1 | sales: sales, 2: box, 3: line, 4: code, 5: both, "*": repeat}
    - say: Goodbye.
  sales:
    - say: One moment.
    - dial:
        number: {phone_number: "+15550100", url: screen}
        branch: {completed: hangup, busy: busy, else: box}
  screen:
    - gather: {num_digits: 1, say: A call. Press 1., branch: {1: [], else: hangup}}
  busy:
    - say: They are busy.
    - redirect: sales
  box:
    - say: Speak after the tone.
    - record: {finish_on_key: "#", branch: {no_input: menu}}
    - say: Thank you.
  line:
    - enqueue: {name: desk, branch: {bridged: hangup, else: box}}
  code:
    - gather: {num_digits: 4, say: Your code., save: code}
    - say: It is {{ code | digits }}.
    - redirect: https://elsewhere.example/twiml
  both:
    - dial: {number: ["+15550121", "+15550122"]}
"""
TEXTS = """\
channel: messaging
steps:
  incoming:
    - branch:
        on: message.body
        hours: hours
        else: help
  hours:
    - message: Nine to five.
  help:
    - message: Text HOURS.
"""

Play = Callable[[str], Result]


def read(text: str) -> tuple[Script | None, str]:
    """The script, and what is wrong with it, a line for each mistake."""
    report = Report()
    script = read_script(Source("shop.calls.yaml", text), report)
    return script, render_line(report.diagnostics)


def turns(*lines: str) -> str:
    return "calls:\n  A call:\n" + "".join(f"    {line}\n" for text in lines for line in text.splitlines())


@pytest.fixture(scope="module")
def shop() -> Project:
    loaded = load_sources({"shop.yaml": SHOP, "texts.yaml": TEXTS})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    return Project(loaded.program)


@pytest.fixture
def played(shop: Project) -> Play:
    """Plays a script of one call to the shop; mistakes in the script itself fail the test."""

    def make(text: str) -> Result:
        script, wrong = read(text)
        assert not wrong
        assert script is not None
        (result,) = play(script, shop)
        return result

    return make


def missed(result: Result) -> str:
    """What did not go as written, its place, and the facts."""
    assert result.failure is not None, result.transcript
    failure = result.failure
    return "\n".join([f"{failure.span.location}: {failure.title}", *failure.notes])


# Reading


def test_every_turn_is_one_key_and_what_it_says() -> None:
    script, wrong = read(
        turns(
            "- hear: Hello",
            "- press: star",
            '- dialled: {to: "+15550100", answers: busy}',
            '- picks_up: "1"',
            "- recorded: 12 seconds, then pound",
            "- outcome: {enqueue: bridged}",
            "- round_trips: {at_most: 4}",
            "- ends",
        )
    )
    assert not wrong
    assert script is not None
    taken = script.calls[0].turns
    assert [type(turn) for turn in taken] == [Hear, Press, Rings, Outcome, PickUp, Record, Outcome, Costs, Ends]
    assert [turn.key for turn in taken][:4] == ["hear", "press", "dialled", "answers"]
    assert isinstance(taken[5], Record)
    assert (taken[5].seconds, taken[5].ending) == (12, "#")


@pytest.mark.parametrize(
    ("written", "seconds", "ending"),
    [
        ("12", 12, "silence"),
        ('"12 #"', 12, "#"),
        ("12 seconds", 12, "silence"),
        ("1 second", 1, "silence"),
        ("12 s, then star", 12, "*"),
        ("12 seconds, then hangup", 12, "hangup"),
        ("nothing", 0, "silence"),
        ('{seconds: 12, ends_with: "5"}', 12, "5"),
        ("{seconds: 3 seconds}", 3, "silence"),
    ],
)
def test_a_recording_is_told_in_seconds_and_by_what_ends_it(written: str, seconds: int, ending: str) -> None:
    script, wrong = read(turns(f"- recorded: {written}"))
    assert not wrong
    assert script is not None
    (turn,) = script.calls[0].turns
    assert isinstance(turn, Record)
    assert (turn.seconds, turn.ending) == (seconds, ending)


def test_a_call_wins_over_its_file_in_what_is_given() -> None:
    script, wrong = read(
        'flow: shop\nflows: ../here\ngiven: {from: "+1", at: 2026-12-24 18:00, dial: busy, params: {A: "1"}}\n'
        "calls:\n  One:\n    given: {from: anonymous, dial: [busy, completed 1], params: {B: no}}\n    turns:\n    - ends\n"
    )
    assert not wrong
    assert script is not None
    told = script.calls[0].given
    assert (script.flow, script.flows) == ("shop", "../here")
    assert (told.from_, told.at) == ("anonymous", datetime(2026, 12, 24, 18, 0, tzinfo=UTC))
    assert told.params == {"A": "1", "B": "no"}
    assert told.outcomes == {"dial": ("busy", "completed 1")}


def test_the_flow_is_the_name_of_the_file() -> None:
    script, _ = read(turns("- ends"))
    assert script is not None
    assert script.flow == "shop"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (turns("- heer: x"), "3:7: error[F401]: there is no turn `heer` (did you mean `hear`?)"),
        (turns("- silense"), "3:7: error[F401]: there is no turn `silense` (did you mean `silence`?)"),
        (turns("- hear:"), "3:7: error[F403]: `hear` says nothing"),
        (turns("- press"), "3:7: error[F403]: `press` says nothing (write press: …)"),
        (turns("- [hear]"), "3:7: error[F403]: a turn is one key and what it says (write hear: Thank you for calling)"),
        (turns("- hear: /a(/"), "3:13: error[F403]: this is no regular expression: missing )"),
        (turns("- hear: {exact: x}"), "3:14: error[F402]: `hear` has no key `exact` (did you mean `exactly`?)"),
        (turns("- hear: {exactly: x, not: y}"), "3:13: error[F403]: `hear` takes words, or one of `exactly` and `not` (write hear: {exactly: Thank you for calling})"),
        (turns("- press 1"), "3:7: error[F403]: a turn is a key and what it says (write press: 1)"),
        (turns("- Presss star"), "3:7: error[F403]: a turn is a key and what it says (write press: star)"),
        (turns("- For sales press 1"), "3:7: error[F403]: a turn is a key and what it says (write hear: For sales press 1)"),
        (turns("- wait: 3"), "3:7: error[F401]: there is no turn `wait` (did you mean `silence`?)"),
        (turns("- recorded: 12 seconds, than pound"), "3:17: error[F405]: a recording ends with a key, `hangup` or `silence` (write recorded: 12 seconds, then pound or recorded: {seconds: 12, ends_with: hangup})"),
        (turns("- hangup: now"), "3:15: error[F403]: `hangup` stands alone (write - hangup)"),
        (turns("- press: 1a"), "3:14: error[F403]: `press` takes keys: 0 to 9, star and pound (what a caller says is say: 1a)"),
        (turns("- answers: [busy]"), "3:16: error[F403]: `answers` must be a text (write answers: busy)"),
        (turns("- recorded: long"), "3:17: error[F403]: `recorded` says how many seconds (write recorded: 12 seconds, then pound or recorded: {seconds: 12, ends_with: hangup})"),
        (turns("- recorded: 3 seconds, then bang"), "3:17: error[F405]: a recording ends with a key, `hangup` or `silence` (write recorded: 12 seconds, then pound or recorded: {seconds: 12, ends_with: hangup})"),
        (turns("- outcome: bridged"), "3:16: error[F403]: `outcome` names one verb and how it ends (write outcome: {enqueue: bridged})"),
        (turns("- outcome: {enqueu: bridged}"), "3:17: error[F402]: nobody waits at the verb `enqueu` (did you mean `enqueue`?)"),
        (turns("- outcome: {enqueue: bridge}"), "3:26: error[F405]: `enqueue` never ends `bridge` (did you mean `bridged`?)"),
        (turns("- talks: long"), "3:14: error[F403]: `talks` must be a number of seconds (write talks: 30 seconds)"),
        (turns("- set: 5"), '3:12: error[F403]: `set` must be a mapping (write set: {account: "123456"})'),
        (turns("- dialled: {too: x}"), "3:17: error[F402]: `dialled` has no key `too` (did you mean `to`?)"),
        ("given: {at: noon}\n" + turns("- ends"), "1:13: error[F403]: `noon` is no day and time (write at: 2026-12-24 18:00 (UTC), or at: 2026-12-24T18:00-05:00)"),
        ("given: {record: long}\n" + turns("- ends"), '1:17: error[F403]: a recording is told by its seconds (write record: 12, or record: "12 #")'),
        ("calls: {A call: {turn: []}}\n", "1:18: error[F402]: a call has no key `turn` (did you mean `turns`?)"),
        ("calls: {A call: {given: {}}}\n", "1:9: error[F403]: `A call` has no turns (write turns:)"),
        ("calls:\n  A call:\n    hear: Hello\n    press: 1\n", "3:5: error[F403]: turns are a list: each begins with a hyphen (write - hear: … - press: …)"),
        ("call: {}\n", "1:1: error[F402]: a call script has no key `call` (did you mean `calls`?)"),
        ("A call:\n  - ends\n", "1:1: error[F402]: a call script has no key `A call` (write calls: A call: - hear: …)"),
        ("", "1:1: error[F019]: this file is empty (write calls: A caller is greeted: - hear: Thank you for calling)"),
        ("calls: {A call: 5}\n", "1:17: error[F403]: `A call` must be a list of turns (write - hear: Thank you for calling - press: 1)"),
        ("flow: shop\n", "1:1: error[F403]: a call script has `calls` (write calls: A caller is greeted: - hear: Thank you for calling)"),
        ("- ends\n", "1:1: error[F403]: `a call script` must be a mapping (write calls: A caller is greeted: - hear: Thank you for calling)"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_to_write(text: str, said: str) -> None:
    assert read(text)[1] == f"shop.calls.yaml:{said}"


def test_all_mistakes_are_told_at_once() -> None:
    _, wrong = read(turns("- heer: x", "- press: a", "- ends: well"))
    assert [line.partition("error")[0] for line in wrong.splitlines()] == [
        "shop.calls.yaml:3:7: ",
        "shop.calls.yaml:4:14: ",
        "shop.calls.yaml:5:13: ",
    ]


def test_a_flow_that_answers_calls_is_sent_no_text_and_the_other_way_round() -> None:
    def wrong(text: str, *channels: str) -> str:
        report = Report()
        script = read_script(Source("shop.calls.yaml", text), report)
        assert script is not None
        assert check_names(script, {"shop": {}}, report, {"shop": channels}) == (not report.errors)
        return render_line(report.diagnostics).strip()

    assert wrong(turns("- text: HOURS"), "messaging") == ""
    assert wrong(turns("- hear: Hello"), "voice") == ""
    assert wrong(turns("- text: HOURS"), "voice", "messaging") == ""
    assert wrong(turns("- hear: Hello"), "voice", "messaging") == ""
    assert wrong(turns("- text: HOURS"), "voice") == (
        "shop.calls.yaml:3:13: error[F401]: `shop` answers calls, and `text` is a text message "
        "(what a caller says is say: HOURS)"
    )
    assert wrong(turns("- hear: Hello"), "messaging") == ""
    assert wrong(turns("- press: 1"), "messaging") == (
        "shop.calls.yaml:3:14: error[F401]: `press` is a turn of a call, and `shop` answers messages "
        "(turns of a conversation: text, later, hear, asked, logged, at, set, round_trips)"
    )
    given = "given: {channel: %s}\n"
    assert wrong(given % "messaging" + turns("- hear: Hello"), "voice", "messaging") == ""
    assert wrong(given % "voice" + turns("- hear: Hello"), "voice", "messaging") == ""
    assert wrong(given % "messaging" + turns("- hear: Hello"), "voice") == (
        "shop.calls.yaml:1:18: error[F401]: `shop` does not answer messages (leave channel out)"
    )
    assert wrong(given % "voice" + turns("- hear: Hello"), "messaging") == (
        "shop.calls.yaml:1:18: error[F401]: `shop` does not answer calls (leave channel out)"
    )


def test_names_of_flows_and_steps_are_looked_up(shop: Project) -> None:
    flows = {name: flow.steps for name, flow in shop.program.flows.items()}

    def wrong(text: str) -> str:
        report = Report()
        script = read_script(Source("shop.calls.yaml", text), report)
        assert script is not None
        assert check_names(script, flows, report) == (not report.errors)
        return render_line(report.diagnostics)

    assert wrong(turns("- at: menu", "- at: texts/help")) == ""
    assert "there is no step named `menus` (did you mean `menu`?)" in wrong(turns("- at: menus"))
    assert "the flow `texts` has no step `helpp` (did you mean `help`?)" in wrong(turns("- at: texts/helpp"))
    assert "there is no flow named `text`" in wrong(turns("- at: text/help"))
    assert "there is no step named `mnu`" in wrong("calls: {A: {given: {step: mnu}, turns: [ends]}}")
    assert "3:23: error[F404]: there is no step named `x`" in wrong(turns("- picks_up: [{at: x}]"))
    assert "there is no flow named `shoop`" in wrong("flow: shoop\n" + turns("- ends"))


# Playing: what goes as written


@pytest.mark.parametrize(
    "lines",
    [
        ["- hear: hello FRIEND,  welcome"],
        ["- hear: [Hello, For sales]", "- hear: For the line"],
        ["- hear: welcome to the shop. For sales"],
        ["- hear: /for (sales|support) press \\d/"],
        ["- hear: {exactly: 'Hello friend, welcome to the shop.'}", "- hear: {not: Thank you}"],
        ["- say: sales, please", "- silence", "- at: box"],
        ["- silence", "- hear: Goodbye.", "- ends: hangup", "- round_trips: 1"],
        ["- press: star", "- at: menu", "- hangup", "- ends: caller"],
        ["- press: 1", "- dialled: +1 555-0100", "- picks_up: 1", "- talks: 90 seconds", "- ends: hangup"],
        ["- press: 1", "- picks_up: 1", "- ends: hangup"],
        ["- press: 1", "- picks_up: [{hear: A call}, {at: screen}, {press: 2}]", "- at: box"],
        ["- press: 1", "- picks_up: [hangup]", "- at: box"],
        ["- press: 1", "- answers: busy", "- hear: They are busy. One moment.", "- dialled: '+15550100'"],
        ["- press: 1", "- outcome: {dial: no-answer}", "- at: box"],
        ["- press: 2", "- recorded: 9 seconds, then pound", "- hear: Thank you.", "- ends: hangup"],
        ["- press: 2", "- recorded: 9 seconds, then hangup", "- ends: caller"],
        ["- press: 2", "- recorded: nothing", "- at: menu"],
        ["- press: 3", "- outcome: {enqueue: queue-full}", "- at: box"],
        ["- press: 4", "- press: 1234", "- set: {code: '1234', name: friend}", "- leaves: https://elsewhere.example"],
        ["- press: 4", "- press: 1234", "- hear: It is 1 2 3 4.", "- ends"],
        ["- round_trips: 1", "- round_trips: {at_most: 3}"],
    ],
)
def test_a_call_that_goes_as_written(lines: list[str], played: Play) -> None:
    result = played(turns(*lines))
    assert result.failure is None, f"{missed(result)}\n{result.transcript}"


def test_what_is_given_happens_by_itself_one_after_another(played: Play) -> None:
    text = "given: {dial: [busy, completed 1]}\n" + turns(
        "- press: 1", "- hear: They are busy.", "- dialled: '+15550100'", "- ends: hangup"
    )
    assert played(text).failure is None


def test_a_turn_that_tells_it_wins_over_what_is_given(played: Play) -> None:
    text = "given: {dial: busy}\n" + turns("- press: 1", "- dialled: '+15550100'", "- answers: no-answer", "- at: box")
    assert played(text).failure is None


def test_a_call_comes_in_with_what_it_is_given(played: Play) -> None:
    assert played("given: {takes: {name: Ann & Bob}}\n" + turns("- hear: Hello Ann & Bob")).failure is None
    assert played("given: {step: box}\n" + turns("- hear: Speak", "- at: box")).failure is None


def test_a_call_comes_in_under_a_query(played: Play) -> None:
    """That of a call takes the place of the file's as a whole; what the flow takes comes to it."""
    assert played("given: {query: name=Ann+%26+Bob}\n" + turns("- hear: Hello Ann & Bob")).failure is None
    assert played("given: {query: '?name=Ann', takes: {name: Bob}}\n" + turns("- hear: Hello Bob")).failure is None
    report = Report()
    text = "given: {query: 'a=1&n[]=x&n[]=y'}\ncalls:\n  A: {given: {query: b=2}, turns: [hangup]}\n  B: [hangup]\n"
    script = read_script(Source("shop.calls.yaml", text), report)
    assert script is not None
    assert [call.given.entry for call in script.calls] == [{"b": "2"}, {"a": "1", "n[0]": "x", "n[1]": "y"}]


def test_a_text_makes_a_conversation(played: Play) -> None:
    text = "flow: texts\n" + turns("- text: hours", "- hear: {exactly: Nine to five.}", "- at: hours", "- text: hm")
    assert played(text).failure is None


def test_what_is_there_before_anybody_writes_is_what_the_flow_begins_with(shop: Project) -> None:
    flow = "channel: messaging\ntakes: {name: required}\nsteps: {a: [{gather: {say: 'Hi {{ name }}.', save: x}}, {message: '{{ x }}!'}]}"
    program = load_sources({"reminder.yaml": flow}).program
    assert program is not None
    script, wrong = read(
        "flow: reminder\ngiven: {takes: {name: Ann}}\n"
        + turns("- hear: {exactly: Hi Ann.}", "- at: a", "- text: Yes", "- hear: {exactly: Yes!}", "- set: {x: Yes}")
    )
    assert script is not None, wrong
    (result,) = play(script, Project(program))
    assert result.failure is None, result.transcript


# Playing: what does not


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ["- press: 2", "- hear: Goodbye"],
            '4:13: the caller does not hear `Goodbye`\nheard since `press: 2`: "Speak after the tone."',
        ),
        (
            ["- press: 2", "- hear: Hello"],
            "4:13: the caller does not hear `Hello`\n"
            "it was heard before `press: 2`; `hear` stands above the turn that follows it\n"
            'heard since `press: 2`: "Speak after the tone."',
        ),
        (
            ["- silence", "- hear: {exactly: Good}"],
            '4:23: the caller does not hear exactly `Good`\nheard since `silence`: "Goodbye."\n'
            "the call is over: the flow ran out, and Twilio hung up",
        ),
        (["- silence", "- hear: {not: bye}"], '4:19: the caller hears `bye`\nheard since `silence`: "Goodbye."'),
        (["- press: 1", "- dialled: '+15550199'"], "4:16: it rings at +15550100"),
        (["- dialled: '+15550100'"], "3:16: nobody is dialled here"),
        (["- at: sales"], "3:11: the call is at `menu`, not at `sales`\nits way: menu"),
        (["- set: {name: friend, code: '1'}"], "3:33: `code` is ``, not `1`"),
        (
            ["- press: 5", "- dialled: '+15550122'"],
            '4:16: it rings at 2 at once: +15550121, +15550122\nwrite  dialled: ["+15550121", "+15550122"]',
        ),
        (
            ["- press: 1", "- dialled: 15550100"],
            '4:16: it rings at +15550100\na number begins with its +: write  dialled: "+15550100"',
        ),
        (
            ["- hear: [Hello, For sales, bye]"],
            "3:32: the caller does not hear `bye`\n"
            'heard so far: "Hello friend, welcome to the shop." '
            '"For sales press 1. To leave a message press 2. For the line press 3."',
        ),
        (["- set: {cod: '1'}"], "3:12: the call has no variable `cod`\ndid you mean `code`?"),
        (["- ends: hangup"], "3:13: the call is not over"),
        (["- hangup", "- ends: hangup"], "4:13: the call ends otherwise: you hung up"),
        (["- silence", "- press: 1"], "4:14: `press` cannot happen here: the call is over"),
        (["- answers: busy"], "3:16: `answers` cannot happen here: the call is at a gather, not at a dial"),
        (["- recorded: 5"], "3:17: `recorded` cannot happen here: the call is at a gather, not at a record"),
        (["- outcome: {pay: success}"], "3:22: `outcome` cannot happen here: the call is at a gather, not at a pay"),
        (
            ["- outcome: {enqueue: bridged}"],
            "3:26: `outcome` cannot happen here: the call is at a gather, not at an enqueue",
        ),
        (["- talks: 5"], "3:14: `talks` cannot happen here: nobody talks with the caller"),
        (["- press: 12"], "3:14: `2` is lost: the gather had its answer already"),
        (["- round_trips: 2"], "3:20: the call has cost 1 round trip, not 2"),
        (["- leaves: https://a.example"], "3:15: the call does not go to `https://a.example`"),
        (
            ["- press: 4", "- press: 1234", "- ends: hangup"],
            "5:13: the call goes on at https://elsewhere.example/twiml\nwrite  leaves: https://elsewhere.example/twiml",
        ),
        (
            ["- press: 1", "- picks_up: [{hear: Nobody}]"],
            '4:25: who was dialled does not hear `Nobody`\nheard since `picks_up`: "A call. Press 1."\n'
            "somebody who was dialled is being asked something: what they do stands in `picks_up`",
        ),
        (["- press: 1", "- picks_up: {who: '+1'}"], "4:7: `picks_up` cannot happen here: it rings at +15550100"),
    ],
)
def test_a_call_that_goes_otherwise(lines: list[str], said: str, played: Play) -> None:
    assert missed(played(turns(*lines))) == f"shop.calls.yaml:{said}"


def test_words_are_heard_in_the_order_they_are_written(played: Play) -> None:
    result = played(turns("- hear: For sales", "- hear: Hello"))
    assert "it was heard, but before what the turn above hears: turns go in order" in missed(result)


def test_a_failure_knows_the_step_and_the_verb_that_waits(played: Play) -> None:
    failure = played(turns("- press: 1", "- at: menu")).failure
    assert failure is not None
    assert (failure.step, failure.verb) == ("shop/sales", "dial")


def test_a_fault_of_a_step_fails_the_call_by_itself() -> None:
    program = load_sources({"f.yaml": "steps:\n  a:\n    - say: '{{ 1 / (call.from | length - 12) }}'\n"}).program
    assert program is not None
    script, _ = read("flow: f\n" + turns("- hear: Sorry"))
    assert script is not None
    (result,) = play(script, Project(program))
    assert missed(result).startswith("shop.calls.yaml:3:3: a step has a fault: f.yaml:3:")


def test_calls_are_played_by_name_and_know_nothing_of_each_other(shop: Project) -> None:
    script, _ = read("calls:\n  One: [{press: 4}, {press: 1234}]\n  Two: [{set: {code: ''}}]\n")
    assert script is not None
    assert [result.call.name for result in play(script, shop, lambda name: name != "One")] == ["Two"]
    assert all(result.failure is None for result in play(script, shop))


LINES = [
    "hear: e", "hear: {not: zz}", "press: 1", "press: 2", "press: 3", "press: 4", "press: 12#", "say: sales", "silence: 2",
    "hangup", "answers: busy", "answers: well", "picks_up", "picks_up: 1", "picks_up: [silence]", "picks_up: [hangup, {press: 1}]",
    "picks_up: {who: x}", "talks: 3", "recorded: 3", "recorded: nothing", "recorded: 3 s, then hangup", "recorded: {}",
    "outcome: {enqueue: silence}", "outcome: {dial: completed 1}", "outcome: {dial: hangup}", "outcome: {pay: success}",
    "dialled: [x, {}]", "at: menu", "at: x/y", "set: {code: 1}", "ends", "leaves: x", "round_trips: []", "text: hours", "{}", "[]", "'': x",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(LINES), max_size=8),
    st.sampled_from(
        ["", "given: {dial: [busy, completed 1], record: 3, enqueue: silence}\n", "given: {dial: completed 2 2}\n"]
    ),
)
def test_whatever_stands_in_a_script_nobody_meets_a_stack(shop: Project, lines: list[str], head: str) -> None:
    report = Report()
    script = read_script(Source("shop.calls.yaml", head + turns(*(f"- {line}" for line in lines))), report)
    assert render_text(report.diagnostics) or not report.errors
    flows = {name: flow.steps for name, flow in shop.program.flows.items()}
    if script is not None and check_names(script, flows, report) and not report.errors:
        assert all(result.transcript is not None for result in play(script, shop))


# Writing


def test_a_call_that_was_played_can_be_written_and_played_again(shop: Project, played: Play) -> None:
    call = shop.phone().ring("/flows/shop")
    call.press("*").press("1").pick_up()
    call.callee.press("1")
    call.dial("completed", seconds=42)
    text = new_script("shop", written_call(title(call.moments), call.moments))
    assert "    - picks_up:\n        - hear: A call. Press 1.\n        - press: 1\n    - talks: 42 seconds\n" in text
    assert "    - press: star\n" in text
    assert played(text).failure is None


@pytest.mark.parametrize(
    "acts",
    [
        ["press 1", "dial busy", "dial completed 1"],
        ["press 2", "record 9 #"],
        ["press 3", "enqueue queue-full", "record 3 hangup"],
        ["say sales", "hang"],
        ["silence"],
    ],
)
def test_whatever_was_done_is_written_as_it_can_be_read(acts: list[str], shop: Project, played: Play) -> None:
    call = shop.phone().ring("/flows/shop")
    for act in acts:
        verb, _, rest = act.partition(" ")
        match verb:
            case "press":
                call.press(rest)
            case "say":
                call.say(rest)
            case "silence":
                call.silence()
            case "hang":
                call.hang_up()
            case _:
                call.settle(rest)
    text = new_script("shop", written_call("A call", call.moments))
    assert played(text).failure is None, text


def test_keys_pressed_one_by_one_are_written_as_one_turn(shop: Project, played: Play) -> None:
    call = shop.phone().ring("/flows/shop").press("4", held=True)
    for key in "1234":
        call.press(key, held=True)
    text = new_script("shop", written_call(title(call.moments), call.moments))
    assert "    - press: 4\n    - hear: Your code.\n    - press: 1234\n" in text
    assert "  press 4, press 1234:\n" in text
    assert played(text).failure is None, text


def test_a_call_that_goes_on_elsewhere_is_written_as_one_that_leaves(shop: Project, played: Play) -> None:
    call = shop.phone().ring("/flows/shop").press("4").press("1234")
    text = new_script("shop", written_call("A call", call.moments))
    assert text.endswith('    - hear: It is 1 2 3 4.\n    - leaves: "https://elsewhere.example/twiml"\n')
    assert played(text).failure is None, text


def test_silence_that_only_ends_the_keys_is_no_turn(shop: Project, played: Play) -> None:
    call = shop.phone().ring("/flows/shop").press("4", held=True).press("1", held=True).silence()
    text = new_script("shop", written_call("A call", call.moments))
    assert "    - press: 1\n    - hear: It is 1.\n" in text
    assert played(text).failure is None, text


def test_what_reached_nobody_is_not_written(shop: Project, played: Play) -> None:
    call = shop.phone().ring("/flows/shop").press("15").press("9").say("hello").silence().press("7").hang_up()
    text = new_script("shop", written_call(title(call.moments), call.moments))
    assert "  press 1, silence, hang up:\n" in text
    assert played(text).failure is None, text


def test_a_call_is_added_behind_the_others(shop: Project) -> None:
    moments = shop.phone().ring("/flows/shop").silence().moments
    text = new_script("shop", written_call("silence", moments, [("from", "+1")]))
    more = add_call(text, "shop", moments, [("from", "+15550111")])
    assert more is not None
    script, wrong = read(more)
    assert not wrong
    assert script is not None
    assert [call.name for call in script.calls] == ["silence", "silence (2)"]
    assert script.calls[1].given.from_ == "+15550111"


def test_a_call_is_not_added_where_it_would_not_fit(shop: Project) -> None:
    moments = shop.phone().ring("/flows/shop").silence().moments
    for text in (
        "flow: other\ncalls:\n  A:\n    - ends\n",
        "calls:\n  A:\n    - ends\nflow: shop\n",
        "calls: {}\n",
        "a: b: c",
    ):
        assert add_call(text, "shop", moments) is None


@pytest.mark.parametrize(
    "text", ["Hello.", "a: b", "# x", "yes", "", "'tis", "12", "- x", "two\nlines", 'say "x"', "x #y"]
)
def test_any_text_survives_being_written(text: str) -> None:
    script, wrong = read(turns(f"- say: {scalar(text)}"))
    if text:
        assert not wrong
        assert script is not None
        assert getattr(script.calls[0].turns[0], "words", None) == text


# The reference


BLOCKS = re.findall(r"```yaml\n(.*?)```", reference(), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_example_of_the_reference_can_be_read(block: str) -> None:
    script, wrong = read(block)
    assert script is not None
    assert not wrong


def test_the_reference_names_every_turn_and_everything_that_can_be_given() -> None:
    written = [turn.key for block in BLOCKS for call in read_all(block).calls for turn in call.turns]
    assert set(written) == set(TURNS)
    given = "".join(BLOCKS[-3:])
    assert all(f"  {key}:" in given or f"`{key}`" in given for key in keys())
    assert max(map(len, reference().splitlines())) <= 80


def read_all(block: str) -> Script:
    script, _ = read(block)
    assert script is not None
    return script
