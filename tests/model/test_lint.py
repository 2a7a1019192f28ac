"""Lint rules: the manual of each is true, they speak at the right place, and never without need."""

import re
import textwrap
from pathlib import Path

import pytest

from engine.diagnostics import Diagnostic, Report, Source
from engine.document.folder import Folder, read_folder
from engine.model.build import build
from engine.model.lint import RULES
from engine.server.settings import read_settings

ROOT = Path(__file__).parents[2]
FOLDERS = sorted({file.parent for folder in ("flows", "examples") for file in (ROOT / folder).rglob("*.yaml")})
MANUAL = re.compile(r"^ *(PASS|FAIL):\n((?:(?: +.*)?\n)+?)(?=\n* *(?:PASS|FAIL):|\Z)", re.MULTILINE)


def check(text: str, project: str = "", audio: frozenset[str] | None = None) -> tuple[Diagnostic, ...]:
    report = Report()
    common = Source("_project.yaml", project) if project else None
    build(Folder(Path(), (Source("example.yaml", text),), common, audio), report)
    return report.diagnostics


def told(text: str, project: str = "") -> list[str]:
    """The findings as `line:column code`."""
    return [
        f"{':'.join(map(str, found.span.source.position(found.span.start)))} {found.code}"
        for found in check(text, project)
    ]


def manual(doc: str) -> list[tuple[str, str]]:
    text = textwrap.dedent("    " + doc).rstrip() + "\n"
    return [(kind, textwrap.dedent(example)) for kind, example in MANUAL.findall(text)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_manual_of_a_rule_passes_and_fails_as_it_says(rule) -> None:  # type: ignore[no-untyped-def]
    examples = manual(rule.find.__doc__ or "")
    assert {kind for kind, _ in examples} == {"PASS", "FAIL"}
    for kind, text in examples:
        found = {diagnostic.code for diagnostic in check(text)}
        assert found == ({rule.code} if kind == "FAIL" else set()), text


def test_rules_are_in_the_order_of_their_codes() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_shipped_flows_are_clean(folder: Path) -> None:
    report = Report()
    build(read_folder(folder, report), report)
    # The example of `sms` shows what Twilio has retired.
    found = [
        each for each in report.diagnostics if (each.code, Path(each.span.source.path).name) != ("L301", "sms.yaml")
    ]
    assert [str(each.span) + " " + each.title for each in found] == []


def test_nothing_is_doubted_while_there_are_errors() -> None:
    assert told("steps:\n  menu:\n    - hangup\n    - say: Hello\n    - sya: Hello\n") == ["5:7 F102"]


@pytest.mark.parametrize(
    ("last", "found"),
    [
        ("- hangup", ["4:7 L101"]),
        ("- reject: busy", ["4:7 L101"]),
        ("- leave", ["4:7 L101"]),
        ("- return", ["4:7 L101"]),
        ("- redirect: end", ["4:7 L101"]),
        ("- redirect: https://example.com/", ["4:7 L101"]),
        ("- dial: {number: '+15550100', branch: {completed: end, else: end}}", ["4:7 L101"]),
        ("- gather: {say: Press 1., branch: {1: end, else: end}}", ["4:7 L101"]),
        ("- gather: {say: Press 1., branch: {1: end, no_input: end, no_match: end}}", ["4:7 L101"]),
        ("- record: {branch: {recorded: end, no_input: end}}", ["4:7 L101"]),
        ("- branch: [{when: answer == '1', to: end}, {else: end}]", ["4:7 L101"]),
        ("- branch: {on: answer, 1: [hangup], else: end}", ["4:7 L101"]),
        ("- gather: {say: Press 1., branch: {1: [], else: end}}", []),
        ("- gather: {say: Press 1., branch: {1: end, no_match: end}}", []),
        ("- gather: {say: Enter it., branch: {no_input: end}}", []),
        ("- gather: {say: Enter it., action: end}", []),
        ("- gather: {say: Enter it., save: code}", []),
        ("- record: {branch: {no_input: end}}", []),
        ("- record", []),
        ("- dial: '+15550100'", []),
        ("- dial: {number: '+15550100', branch: {busy: end}}", []),
        ("- branch: [{when: answer == '1', to: end}]", []),
        ("- branch: {on: answer, 1: end}", []),
        ("- twiml: <Hangup/>", []),
        ("- enqueue: support", []),
    ],
)
def test_what_follows_an_instruction_that_lets_nobody_on_is_unreachable(last: str, found: list[str]) -> None:
    text = f"steps:\n  menu:\n    {last}\n    - say: Still there?\n    - redirect: end\n  end:\n    - say: Goodbye.\n"
    assert [each for each in told(text) if "L101" in each] == found


@pytest.mark.parametrize(
    ("last", "found"),
    [
        ("dial: {number: '+15550100', action: end}", True),
        ("dial: {number: ['+15550100', '+15550101'], action: ./end, method: GET}", True),
        ("dial: {conference: room, action: end}", True),
        ("dial: {queue: support, action: https://example.com/x}", True),
        ("enqueue: {name: support, action: end}", True),
        ("connect: {stream: 'wss://example.com', action: end}", True),
        ("refer: {sip: 'sip:a@example.com', action: end}", True),
        ("gather: {say: Enter it., action: end, action_on_empty_result: true}", True),
        # On silence, or when nothing was recorded, the next verb may follow: Twilio's pages do not agree.
        ("gather: {say: Enter it., action: end}", False),
        ("gather: {say: Enter it., action: end, action_on_empty_result: false}", False),
        ("record: {action: end}", False),
        ("record: {action: https://example.com/recorded}", False),
        ("pay: {action: https://example.com/paid}", False),
        # A conference that does not come about lets the call on.
        ("dial: {conference: {name: room, wait_url: https://example.com/wait}, action: end}", False),
        ("dial: {conference: {name: room, participant_label: me}, action: end}", False),
        # A template may come out as `none`.
        ("dial: {number: '+15550100', action: \"{{ 'https://example.com' if 'a' in digits else none }}\"}", False),
        ("dial: '+15550100'", False),
        ("dial: {number: '+15550100', branch: {else: []}}", False),
        ("dial: {number: '+15550100', save: outcome}", False),
    ],
)
def test_what_follows_a_verb_whose_action_is_always_requested_is_unreachable(last: str, found: bool) -> None:
    text = f"steps:\n  menu:\n    - {last}\n    - say: Still there?\n    - redirect: end\n  end:\n    - hangup\n"
    assert [each for each in told(text) if "L101" in each or "L220" in each] == (["4:7 L220"] if found else [])


def test_only_the_first_unreachable_instruction_of_a_block_is_told() -> None:
    assert told("steps:\n  menu:\n    - hangup\n    - say: a\n    - say: b\n") == ["4:7 L101"]


def test_a_step_is_led_to_by_every_kind_of_target() -> None:
    text = """
on_error: failed
steps:
  menu:
    - dial: {number: {phone_number: "+15550100", url: screen, status_callback: ./noted}}
    - twiml: <Redirect>./markup</Redirect>
    - branch: [{when: answer == "1", to: [{redirect: tree}]}]
    - redirect: https://example.com/flows/example/address?x=1
  failed: [{say: a}]
  screen: [{say: a}]
  noted: [{log: a}]
  markup: [{say: a}]
  tree: [{say: a}]
  address: [{say: a}]
"""
    assert told(text) == []


def test_of_steps_that_only_lead_to_each_other_one_is_told() -> None:
    text = (
        "steps:\n  menu:\n    - say: a\n  b:\n    - say: b\n    - redirect: c\n  c:\n    - say: c\n    - redirect: b\n"
    )
    assert told(text) == ["4:3 L102"]


def test_what_only_a_lonely_step_leads_to_is_not_told() -> None:
    text = "steps:\n  menu:\n    - say: a\n  c:\n    - say: c\n  b:\n    - say: b\n    - redirect: c\n"
    assert told(text) == ["6:3 L102"]


def test_an_address_put_together_by_a_template_may_lead_anywhere() -> None:
    text = "steps:\n  menu:\n    - redirect: './{{ answer }}'\n  sales:\n    - say: a\n"
    assert told(text) == []


def test_a_circle_that_a_branch_may_leave_is_no_circle() -> None:
    text = "vars: {n: 0}\nsteps:\n  menu:\n    - set: {n: '{{ n + 1 }}'}\n    - branch: [{when: n > 3, to: hangup}]\n"
    assert told(text + "    - redirect: menu\n") == []


def test_a_step_that_repeats_itself_without_a_word_is_a_circle() -> None:
    assert told("steps:\n  menu:\n    - redirect: repeat\n") == ["3:17 L103"]


def test_a_gather_in_a_tree_may_be_followed_by_what_comes_after_the_tree() -> None:
    tree = "steps:\n  menu:\n    - branch:\n        on: call.from\n        a:\n          - gather: {say: b, branch: {1: menu}}\n"
    assert told(tree) == ["6:13 L201"]
    assert told(tree + "    - say: Goodbye.\n") == []


def test_a_gather_in_a_whisper_may_be_met_with_silence() -> None:
    text = """
steps:
  menu:
    - dial: {number: {phone_number: "+15550100", url: screen}}
  screen:
    - gather: {say: To take the call press 1., branch: {1: [], no_match: hangup}}
"""
    assert told(text) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("For sales, press 1. For help, press 2.", []),
        ("Press one for sales or two for help.", []),
        ("For sales press 1, for help press 3.", ["L202", "L202"]),
        ("For sales press 1.", ["L202"]),
        ("For sales press the number 1, for help press the 2 key.", []),
        ("Press a key from 1 to 2.", []),
        ("Press 1 or 2. When you are done, press pound.", []),
        ("Press 1 or 2. For more press 22 times 4 digits.", []),
        ("In an emergency, hang up and dial 9 1 1. For sales press 1, for help press 2.", []),
        ("Sales or help?", []),
        ("For sales press 1, for help press {{ 1 + 1 }}.", []),
        ("For sales press 1, for help press 2, to hear this again press star.", ["L202"]),
    ],
)
def test_words_and_keys_are_compared_where_that_is_certain(words: str, found: list[str]) -> None:
    text = f"steps:\n  menu:\n    - gather:\n        say: '{words}'\n        retry: {{attempts: 2}}\n"
    text += "        branch: {1: sales, 2: sales, 0: sales, else: sales}\n  sales:\n    - say: a\n"
    assert [diagnostic.code for diagnostic in check(text)] == found


def test_an_else_may_be_what_the_words_mean_by_a_key() -> None:
    text = (
        "steps:\n  menu:\n    - gather: {say: 'Press 1, or press 9 for the desk.', branch: {1: sales, else: sales}}\n"
    )
    assert told(text + "  sales:\n    - say: a\n") == []


def test_a_key_that_finishes_the_input_cannot_be_pressed() -> None:
    text = "steps:\n  menu:\n    - gather: {say: a, finish_on_key: '*', branch: {1: sales, '*': sales, else: sales}}\n"
    assert told(text + "  sales:\n    - say: a\n") == ["3:64 L203"]


def test_spoken_digits_may_be_longer_than_what_is_pressed() -> None:
    text = "steps:\n  menu:\n    - gather: {say: a, num_digits: 1, branch: {12 | twelve: sales, else: sales}}\n"
    assert told(text + "  sales:\n    - say: a\n") == []


@pytest.mark.parametrize("end", ["- redirect: repeat", "- play: {url: audio/a.mp3, loop: 0}", "- redirect: hold"])
def test_music_that_begins_again_does_not_fall_silent(end: str) -> None:
    text = "steps:\n  menu:\n    - dial: {conference: {name: a, wait_url: hold}}\n  hold:\n    - play: audio/b.mp3\n"
    assert told(f"{text}    {end}\n") == []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("audio/hello.mp3", []),
        ("audio/es/hello%20all.mp3", []),
        ("audio/hello.mp3?v=2", []),
        ("https://example.com/hello.mp3", []),
        ("/flows/audio/hello.mp3", []),
        ('"{{ call.from }}.mp3"', []),
        ("audio/helo.mp3", ["there is no recording `audio/helo.mp3`", "did you mean `audio/hello.mp3`?"]),
        ("audio/Hello.mp3", ["there is no recording `audio/Hello.mp3`", "did you mean `audio/hello.mp3`?"]),
        ("audio/x.wav", ["there is no recording `audio/x.wav`", "no such file"]),
        ("hello.mp3", ["`hello.mp3` is not served: recordings stand in `audio/`", "nothing at this address"]),
        ("../x.mp3", ["`../x.mp3` is not served: recordings stand in `audio/`", "nothing at this address"]),
    ],
)
def test_what_is_played_is_looked_for_among_the_recordings(url: str, told: list[str]) -> None:
    audio = frozenset(("audio/hello.mp3", "audio/es/hello all.mp3"))
    text = f"steps:\n  menu:\n    - gather: {{play: {url}, save: a}}\n    - play: {url}\n"
    found = check(text, audio=audio)
    assert [(each.code, each.title, each.label) for each in found] == [("L403", *told)] * 2 * bool(told)


def test_where_no_folder_is_known_a_recording_may_be_there() -> None:
    assert told("steps:\n  menu:\n    - play: audio/hello.mp3\n") == []


def test_the_recording_of_that_name_is_told_with_its_folder() -> None:
    text = (
        "steps:\n  menu:\n    - gather: {play: hello.mp3, retry: {no_input: [{play: b.mp3}]}, save: c}\n    - hangup\n"
    )
    helps = [each.helps for each in check(text, audio=frozenset(("audio/es/hello.mp3",)))]
    assert helps == [("write  play: audio/es/hello.mp3",), ("write  play: audio/b.mp3",)]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("press 1", "1: …"),
        ("Press 12", "12: …"),
        ("2 or 3", "2 | 3: …"),
        ("2, 8", "2 | 8: …"),
        ("2 and star", '"2 | *": …'),
        ("1-3", "1 | 2 | 3: …"),
        ("1 to 3", "1 | 2 | 3: …"),
        ("star", '"*": …'),
        ("pound key", '"#": …'),
        ("hash", '"#": …'),
        ("sales | hash", '"#"  in its place'),
        ("timeout", "no_input: …"),
        ("otherwise", "else: …"),
    ],
)
def test_a_key_that_nobody_says_is_told_with_the_key_that_was_meant(key: str, meant: str) -> None:
    text = f"steps:\n  menu:\n    - gather: {{say: a, branch: {{'{key}': menu, else: menu}}}}\n"
    found = check(text)
    assert [(each.code, each.helps) for each in found] == [("L208", (f"write  {meant}",))]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("'^[0-9]{4}$'", "'/[0-9]{4}/': …"),
        ('"[1-5]"', '"/[1-5]/": …'),
        ("^[0-9]+$", "/[0-9]+/: …"),
        ("'[12]'", "'/[12]/': …"),
        (r"'\d{4}'", r"'/\d{4}/': …"),
        (r"\d\d", r"/\d\d/: …"),
        ("/[6-7]", "/[6-7]/: …"),
        ("'[6-7]/'", "'/[6-7]/': …"),
        ("/[0-9]{4}/i", "/[0-9]{4}/: …"),
        ("(yes|no)", "/(yes|no)/: …"),
        ("^(yes|no)$", "/(yes|no)/: …"),
        ("yes.*", "/yes.*/: …"),
        ("'[1-3] | [7-9]'", "'/[1-3]|[7-9]/': …"),
        ("'[1-3] | sales'", "/[1-3]/  in its place"),
        ("/[1-3]/ | /[7-9]/", "/[1-3]|[7-9]/: …"),
    ],
)
@pytest.mark.parametrize("channel", ["voice", "messaging"])
def test_a_regular_expression_in_a_key_stands_between_slashes(key: str, meant: str, channel: str) -> None:
    ask = "say" if channel == "voice" else "message"
    text = f"channel: {channel}\nsteps:\n  menu:\n    - gather:\n        {ask}: a\n        branch:\n          %s: menu\n          else: menu\n"
    assert [(each.code, each.helps) for each in check(text % key)] == [("L208", (f"write  {meant}",))]
    if "in its place" not in meant:  # what is proposed is taken
        assert told(text % meant.removesuffix(": …")) == []


def test_nothing_is_told_twice_of_keys_without_slashes() -> None:
    text = "steps:\n  menu:\n    - gather: {say: a, branch: {'[0-9]{4}': menu, '[0-9]-{4}': menu, else: menu}}\n"
    assert [each.code for each in check(text)] == ["L208", "L208"]


def test_a_regular_expression_without_slashes_is_told_of_a_value_too() -> None:
    text = "steps:\n  menu:\n    - branch: {on: call.from_zip, '94[0-9]{3}': menu, else: menu}\n    - run: x\n"
    found = [each for each in check(text) if each.code == "L208"]
    assert [each.title for each in found] == ["`94[0-9]{3}` is compared as text, not as a regular expression"]


@pytest.mark.parametrize(
    "key",
    [
        "C++",
        "$5",
        "US$",
        "[yes]",
        "(yes)",
        "yes?",
        "and/or",
        "a.m.",
        "wait...",
        "/help",
        "{x}",
        "1 | yes",
        "[1]",
    ],
)
@pytest.mark.parametrize("channel", ["voice", "messaging"])
def test_a_key_with_signs_that_may_be_said_is_no_regular_expression(key: str, channel: str) -> None:
    ask = "say" if channel == "voice" else "message"
    text = f"channel: {channel}\nsteps:\n  menu:\n    - gather: {{{ask}: a, branch: {{'{key}': menu, else: menu}}}}\n"
    assert told(text) == []


def test_a_condition_in_a_key_stands_in_a_list() -> None:
    found = check("vars: {n: 1}\nsteps:\n  menu:\n    - gather: {say: a, branch: {when n > 3: menu, else: menu}}\n")
    assert [(each.code, each.helps) for each in found] == [
        ("L208", ("conditions stand in a list:\n- when: n > 3\n  to: …",))
    ]


@pytest.mark.parametrize(
    "key", ["sales", "one", "press", "operator or help", "* | star", "hash browns", "if you like it"]
)
def test_a_key_that_may_be_said_is_no_doubt(key: str) -> None:
    text = f"steps:\n  menu:\n    - gather: {{say: a, branch: {{'{key}': menu, else: menu}}}}\n"
    assert told(text) == []


@pytest.mark.parametrize(
    ("instruction", "helps"),
    [
        ("set: {n: n + 1}", ['n: "{{ n + 1 }}"']),
        ("set: {n: '(n)', m: n - 1}", ['m: "{{ n - 1 }}"']),
        ('set: {n: "n + 1"}', ['n: "{{ n + 1 }}"']),
        ("set: {m: call.from}", ['m: "{{ call.from }}"']),
        ("set: {m: {o: n * 2}}", ['o: "{{ n * 2 }}"']),
        ("set: {m: n - other}", []),
        ("set: {m: n}", []),
        ("set: {m: follow-up, o: 9 - 5, p: a/b}", []),
        ("say: You are {n}.", ["say: You are {{ n }}."]),
        ("say: '{n} of {call.to}'", ['say: "{{ n }} of {{ call.to }}"']),
        ("log: ${n}", ['log: "{{ n }}"']),
        ("say: A {brace} and {{ n }}.", []),
    ],
)
def test_a_text_that_looks_like_an_expression_is_a_doubt(instruction: str, helps: list[str]) -> None:
    found = check(f"vars: {{n: 1}}\nsteps:\n  menu:\n    - {instruction}\n    - say: a\n")
    assert [(each.code, each.helps) for each in found] == [("L402", (f"write  {help}",)) for help in helps]


@pytest.mark.parametrize(
    ("words", "branch", "found"),
    [
        ("For sales press 1, to hear this again press star.", "{1: sales, else: repeat}", []),
        ("For sales press 1, to hear this again press star.", "{1: sales, else: restart}", []),
        ("For sales press 1. For these options again press 9.", "{1: sales, else: repeat}", []),
        ("For sales press 1. To start over press pound.", "{1: sales, else: restart, no_input: sales}", []),
        ("For sales press 1, to hear this again press star.", '{1: sales, "*": repeat, else: sales}', []),
        ("For sales press 1. For help press 9.", "{1: sales, else: repeat}", ["L202"]),
        ("For sales press 1, to hear this again press star.", "{1: sales, else: hangup}", ["L202"]),
        ("For sales press 1, to hear this again press star.", "{1: sales, no_match: sales, else: repeat}", ["L202"]),
        # Not English, or not only: nobody can tell what is named.
        ("For sales press 1. Para español oprima el dos.", "{1: sales, 2: sales, else: sales}", []),
        ("For English, press 1. Para continuar, marque dos.", "{1: sales, 2: sales, else: sales}", []),
        ("Drücken Sie die 1, oder press 3.", "{1: sales, 2: sales, else: hangup}", []),
        ("Pour les ventes tapez un, press 1.", "{1: sales, 2: sales, else: sales}", []),
        ("Продажи: press 1.", "{1: sales, 2: sales, else: sales}", []),
        ("Druk op de twee of press 1.", "{1: sales, 2: sales, else: sales}", []),
    ],
)
def test_a_prompt_is_compared_where_it_is_english_and_nothing_else_takes_the_key(
    words: str, branch: str, found: list[str]
) -> None:
    text = f"steps:\n  menu:\n    - gather:\n        say: '{words}'\n        branch: {branch}\n"
    text += "    - redirect: sales\n  sales:\n    - say: a\n"
    assert [each.code for each in check(text) if each.code != "L101"] == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("languages: {es: {language: es-MX}}", []),
        ("languages: {en: {language: en-US}}", ["L202"]),
        ("{say: {message: WORDS, language: es-MX}}", []),
        ("{say: {message: WORDS, language: en-GB}}", ["L202"]),
        ("{language: de-DE, say: WORDS}", []),
    ],
)
def test_a_prompt_in_another_language_is_not_compared(where: str, found: list[str]) -> None:
    top, gather = (where, "{say: WORDS}") if where.startswith("languages") else ("description: d", where)
    gather = gather.replace("WORDS", "Press 1 amigo")[:-1] + ", branch: {1: sales, 2: sales, else: sales}}"
    text = f"{top}\nsteps:\n  menu:\n    - gather: {gather}\n  sales:\n    - say: a\n"
    assert [each.code for each in check(text)] == found


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ("", ["L211"]),
        ("description: Orders by WhatsApp", []),
        ("# for whatsapp:+15550100", []),
        ("vars: {from: messenger:4711}", []),
        ("description: Answers RCS messages", []),
        ("description: Orders by text", ["L211"]),
    ],
)
def test_only_between_phone_numbers_stop_stays_with_twilio(changed: str, found: list[str]) -> None:
    text = f"channel: messaging\n{changed}\nsteps:\n  menu:\n"
    text += "    - gather: {say: Reply YES or CANCEL., branch: {yes: menu, cancel: menu, else: menu}}\n"
    assert [each.code for each in check(text)] == found


ASKING = """
channel: CHANNEL
languages: {en: {language: en-US}, es: {language: es-US}}
steps:
  menu:
    - gather:
        say: For English reply 1. Para español responda 2.
        retry: {attempts: 2, no_match: 1 or 2? ¿1 o 2?}
        branch: BRANCH
    - redirect: go
  en:
    - set: {language: en}
    - redirect: go
  es:
    - set: {language: es}
    - redirect: go
  go:
    - VERB: {en: Hello., es: Hola.}
"""


@pytest.mark.parametrize(
    ("channel", "branch", "found"),
    [
        ("messaging", "{1: en, 2: es, else: go}", []),
        ("messaging", "{1: [{set: {language: en}}], 2: [{set: {language: es}}], else: go}", []),
        ("messaging", "{1: go, 2: [{set: {language: es}}], else: go}", []),
        ("messaging", "{1: go, 2: go, else: go}", ["L421", "L421"]),
        ("voice", "{1: go, 2: [{set: {language: es}}], else: go}", ["L421", "L421"]),
    ],
)
def test_a_question_about_the_language_by_text_is_in_all_of_them(channel: str, branch: str, found: list[str]) -> None:
    text = ASKING.replace("CHANNEL", channel).replace("BRANCH", branch)
    text = text.replace("VERB", "say" if channel == "voice" else "message")
    assert [each.code for each in check(text) if each.code not in ("L101", "L102")] == found


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ("- record: {transcribe: true, save: {t: transcription_text}}\n    - log: '{{ t }}'", 1),
        ("- record: {transcribe: true, save: {t: transcription_status}}\n    - log: '{{ t }}'", 1),
        ("- record: {transcribe: true}\n    - log: '{{ params.TranscriptionText }}'", 1),
        ("- record: {transcribe: true, branch: {recorded: next, else: next}}", 1),
        ("- record: {transcribe: true, branch: {recorded: [{log: '{{ params.TranscriptionUrl }}'}], else: hangup}}", 1),
        ("- record: {transcribe: true, transcribe_callback: next}\n    - say: Bye.", 0),
        ("- record: {transcribe: true, transcribe_callback: next, branch: {recorded: hangup, else: hangup}}", 0),
        ("- record: {save: {u: recording_url}}\n    - log: '{{ u }}'  # no params.TranscriptionText here", 0),
        ("- log: '{{ params.TranscriptionText }}'\n    - record: {transcribe: true}", 0),
    ],
)
def test_a_transcription_comes_later_than_its_recording(steps: str, found: int) -> None:
    text = f"steps:\n  menu:\n    {steps}\n  next:\n    - log: '{{{{ params.TranscriptionText }}}}'\n"
    assert [each.code for each in check(text) if each.code not in ("L102", "L209")] == ["L312"] * found


def test_a_host_that_the_settings_allow_is_no_warning() -> None:
    text = "steps:\n  menu:\n    - request: {url: 'http://HOST/x', save: a}\n    - say: '{{ a }}'\n"
    settings = read_settings({}, {"TOUCHTONE_ALLOW_HOSTS": "localhost:8001,10.0.0.0/8,*.internal,192.168.1.5"}, {})
    hosts = {
        "localhost:8001": [],
        "LOCALHOST:8001": [],
        "localhost:8002": ["L411"],
        "10.1.2.3": [],
        "10.1.2.3:9000": [],
        "crm.internal": [],
        "192.168.1.5": [],
        "192.168.1.6": ["L411"],
        "127.0.0.1:8001": ["L411"],
    }
    for host, found in hosts.items():
        report = Report()
        sources = (Source("example.yaml", text.replace("HOST", host)),)
        build(Folder(Path(), sources, None), report, allowed=settings.allows)
        assert [each.code for each in report.diagnostics] == found, host


def test_localhost_is_allowed_by_its_network() -> None:
    assert read_settings({}, {"TOUCHTONE_ALLOW_HOSTS": "127.0.0.0/8"}, {}).allows("localhost", 80)
    assert not read_settings({}, {}, {}).allows("localhost", 80)


def test_a_comment_silences_its_codes_on_its_line() -> None:
    text = "steps:\n  menu:\n    - say: a\n  b:  # touchtone: ignore[L101, L102]\n    - say: b\n  c:\n    - say: c\n"
    assert told(text) == ["6:3 L102"]
    assert told(text.replace("L101, L102", "L101")) == ["4:3 L102", "6:3 L102"]


def test_the_project_silences_codes_everywhere() -> None:
    text = "steps:\n  menu:\n    - hangup\n    - say: a\n  b:\n    - say: b\n"
    assert told(text) == ["4:7 L101", "5:3 L102"]
    assert told(text, "check: {ignore: [L102]}\n") == ["4:7 L101"]


def test_what_is_out_of_use_is_a_hint_that_can_be_silenced() -> None:
    text = "steps:\n  menu:\n    - gather: {say: a, enhanced: true, branch: {else: hangup}}"
    assert told(text + "\n") == ["3:15 L301"]
    assert told(text + "  # touchtone: ignore[L301]\n") == []


@pytest.mark.parametrize(("project", "found"), [("vars: {a: 1}\n", ["L104"]), ("check: {ignore: [L104]}\n", [])])
def test_a_flow_in_a_folder_of_its_own_is_a_hint(tmp_path: Path, project: str, found: list[str]) -> None:
    (tmp_path / "north").mkdir()
    for file in ("clinic.yaml", "north/desk.yaml"):
        (tmp_path / file).write_text("steps: {menu: [{say: Hello}]}\n", encoding="utf-8")
    (tmp_path / "_project.yaml").write_text(project, encoding="utf-8")
    report = Report()
    build(read_folder(tmp_path, report), report)
    assert [each.code for each in report.diagnostics] == found
    assert all(each.title == "`north/desk.yaml` is not read" for each in report.diagnostics)
    assert all(f"move it to  {tmp_path / 'desk.yaml'}" in each.helps for each in report.diagnostics)


def test_an_error_cannot_be_silenced() -> None:
    assert told("steps:\n  menu:\n    - sya: a  # touchtone: ignore[F102]\n") == ["3:7 F102"]


@pytest.mark.parametrize(
    ("gather", "when", "told"),
    [
        ("input: dtmf speech", "answer != pin", True),
        ("input: speech", "answer != '1234'", True),
        ("input: speech", "answer not in pins and answer", True),
        ("input: dtmf speech", "answer == pin", False),
        ("input: dtmf speech", "(answer | bare_digits) != pin", False),
        ("input: dtmf speech", "answer != 'yes'", False),
        ("input: dtmf", "answer != pin", False),
        ("num_digits: 4", "answer != pin", False),
    ],
)
def test_what_must_differ_from_the_right_digits_is_told_where_they_may_be_said(
    gather: str, when: str, told: bool
) -> None:
    text = (
        "vars: {pin: '1234', pins: ['1234']}\nsteps:\n  menu:\n"
        f'    - gather: {{say: a, {gather}, branch: [{{when: "{when}", to: menu}}, {{else: hangup}}]}}\n'
    )
    assert [each.code for each in check(text)] == ["L213"] * told
