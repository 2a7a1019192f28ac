"""What YAML misreads, silently or with words nobody understands: code, place, and what to write instead."""

import pytest
import yaml

from engine.diagnostics import Report, Severity, Source, render_text
from engine.document import parse

LOADERS = [yaml.SafeLoader, yaml.CSafeLoader]

# YAML, what is found (`code line:column`), what the rendered message must hold.
SILENT = [
    ("b:\n  1 | #: menu\n", "F008 2:7", 'write  "1 | #": menu'),
    ("b:\n  1: a\n  1 | #: menu\n", "F008 3:7", 'write  "1 | #": menu'),
    ("b:\n  1 | #: menu\n  2: b\n", "F008 2:7", 'write  "1 | #": menu'),
    ("b:\n  1: a\n  #: menu\n", "F008 3:3", 'write  "#": menu'),
    ("say: Press 1 # now\n", "F008 1:14", 'write  say: "Press 1 # now"'),
    ("say: Press # now\n", "F008 1:12", 'write  say: "Press # now"'),
    ("- say: Press 1 or #\n", "F008 1:19", 'write  say: "Press 1 or #"'),
    ("say: Then press #, please\n", "F008 1:17", 'write  say: "Then press #, please"'),
    ("say: We are at suite #5\n", "F008 1:22", 'write  say: "We are at suite #5"'),
    ("say: Dial 12   #\n", "F008 1:16", 'write  say: "Dial 12   #"'),
    ("finish_on_key: #\n", "F008 1:16", 'write  finish_on_key: "#"'),
    ("dial: #31#5550100\n", "F008 1:7", 'write  dial: "#31#5550100"'),
    ("say: Hello to all # morning\n", "F008 1:19", "put two blanks before the `#` if it is a comment"),
    ("say: &hello there\n", "F009 1:6", 'write  say: "&hello there"'),
    ("when: !vip\n", "F009 1:7", "in an expression write  not vip"),
    ("when: !vip and open\n", "F009 1:7", 'write  when: "!vip and open"'),
    ("a: !!str 5\n", "F009 1:4", "a tag"),
    ("a: !thing\n  b: c\n", "F009 1:4", "delete it"),
    ("say: {en: Hello, friend., es: Hola.}\n", "F010 1:18", 'write  en: "Hello, friend."'),
    ("say: {en: Hello, my friend, bye., es: Hola.}\n", "F010 1:18", 'write  en: "Hello, my friend, bye."'),
    ('say: {en: "Hello", friend.}\n', "F010 1:20", "a text with a comma needs quotes"),
    ("b: {sales}\n", "F010 1:5", "`sales` has no value"),
    ("b: {1: menu, 2:sales}\n", "F010 1:14", "write  2: sales"),
    ("a: {{ x }}\n", "F004 1:4", 'write  a: "{{ x }}"'),
    ("set: {a: {{ x }}}\n", "F004 1:10", 'write  a: "{{ x }}"'),
    ("set: {a: {{ x }}, b: 1}\n", "F004 1:10", 'write  a: "{{ x }}"'),
    ("a: [{{ x }}]\n", "F004 1:5", 'write  "{{ x }}"'),
    ("b:\n  {{ x }}: menu\n", "F004 2:3", "a key cannot be a template"),
    ("b:\n  1: a\n  01: b\n", "F020 3:3", "`1` and `01` are two different keys"),
    ("b:\n  01: a\n  1: b\n", "F020 3:3", "`01` and `1` are two different keys"),
    ("a: 1\nb: 2\na: 3\n", "F101 3:1", "first here"),
    ('1: a\n"1": b\n', "F101 2:1", "the key `1` is written twice"),
    ("a: {b: 1, b: 2}\n", "F101 1:11", "the key `b` is written twice"),
    ("[1, 2]: a\n", "F011 1:1", "1 | 2: billing"),
    ("{a: b}: c\n", "F011 1:1", "not a mapping"),
    ("a:\n  <<: b\n", "F012 2:3", "merge keys"),
    ("a: &x [*x]\n", "F012 1:8", "stands within itself"),
    ("a: *important\n", "F001 1:4", 'write  a: "*important"'),
    ("*x : menu\n", "F001 1:1", 'write  "*x": menu'),
    ("say: Hello\n  - hangup\n", "F007 2:3", "begins no item"),
    ("a: 1\n---\nb: 2\n", "F018 2:1", "a second document"),
    ("", "F019 1:1", "this file is empty"),
    ("# nothing yet\n", "F019 1:1", "nothing but comments"),
    ("a: b\u2028c\n", "F002 1:5", "U+2028"),
    ("a: \x00\n", "F002 1:4", "U+0000"),
    ("a: \x1b[31m\n", "F002 1:4", "U+001B"),
    ("a: \ud800\n", "F002 1:4", "U+D800"),
]

LOUD = [
    ("steps: [\n", "F007 1:8", "write  steps: []"),
    ("steps:\n  a: [1,\n", "F007 2:6", "write  a: [1]"),
    ("steps:\n  a:\n    - gather: {say: hi, branch: {\n", "F007 3:33", "write  gather: {say: hi, branch: {}}"),
    ("steps:\n  a: [ # c\n", "F007 2:6", "a `]` is missing"),
    ("steps:\n  a:\n    - gather: {\n  b:\n    - say: x\n", "F007 3:15", "write  gather: {}"),
    ("gather:\n  say hi 1\n  num_digits: 1\n", "F007 2:3", "write  say: hi 1"),
    ("gather:\n  num_digits 1\n  say: hi\n", "F007 2:3", "write  num_digits: 1"),
    ("branch:\n  1 menu\n  2: hangup\n", "F007 2:3", "write  1: menu"),
    ("branch:\n  1 | 2 menu\n  3: hangup\n", "F007 2:3", "write  1 | 2: menu"),
    ("description My shop\nsteps:\n  menu: hangup\n", "F007 1:1", "write  description: My shop"),
    ("# the shop\ndescription My shop\nchannel voice\nsteps:\n  menu: a\n", "F007 2:1", "write  description: My shop"),
    ("vars:\n  a 1\n  b: 2\n", "F007 2:3", "write  a: 1"),
    ("- when call.from == '+1'\n  to: menu\n", "F007 1:3", "write  - when: call.from == '+1'"),
    ("- say hello\n  voice: alice\n", "F007 1:3", "write  - say: hello"),
    ("- url https://x.org/a\n  method: GET\n", "F007 1:3", "write  - url: https://x.org/a"),
    ("- say: hi\n  voice b\n", "F007 2:3", "write  voice: b  if it is a key"),
    ("- say: hi\n    and more\n    timeout: 5\n", "F007 3:5", "indent it like `say`"),
    ("- when: call.from == '+1' to: menu\n", "F007 1:27", "- when: call.from == '+1'\n            to: menu"),
    ("- to: menu when: n > 3\n", "F007 1:12", "- to: menu\n            when: n > 3"),
    ("- when: n > 3, to: menu\n", "F007 1:16", "- when: n > 3\n            to: menu"),
    ("b:\n  *: operator\n", "F001 2:3", 'write  "*": operator'),
    ("b:\n  * | 0: operator\n", "F001 2:3", 'write  "* | 0": operator'),
    ("- say: *Olá*\n", "F001 1:8", 'write  say: "*Olá*"'),
    ("a: *\n", "F001 1:4", 'write  a: "*"'),
    ("a: *x : y\n", "F001 1:4", 'write  a: "*x : y"'),
    ("a: & more\n", "F009 1:4", 'write  a: "& more"'),
    ("say: {{ x }} and more\n", "F004 1:6", 'write  say: "{{ x }} and more"'),
    ("say: {{ 'a' if x else 'b' }}\n", "F004 1:6", "write  say: \"{{ 'a' if x else 'b' }}\""),
    ('say: {{ "a" if x else "b" }}\n', "F004 1:6", 'write  say: \'{{ "a" if x else "b" }}\''),
    ("say: {% if x %}yes{% endif %}\n", "F004 1:6", 'write  say: "{% if x %}yes{% endif %}"'),
    ("a: {say: Hello {{ x }}}\n", "F004 1:16", 'write  say: "Hello {{ x }}"'),
    ("- say: Please note: calls are recorded.\n", "F003 1:19", 'write  say: "Please note: calls are recorded."'),
    ('say: Ana\'s note: "call"\n', "F003 1:16", "write  say: 'Ana''s note: \"call\"'"),
    ("a: {say: Note: this}\n", "F003 1:14", 'write  say: "Note: this"'),
    ("a:\n\t- b\n", "F005 2:1", "a tab cannot indent a line"),
    ("a:\n  - b\n\t- c\n\t- d\n", "F005 3:1", "1 more line of this file begins so"),
    ("a:\n\u00a0\u00a0- b\n", "F005 2:1", "a no-break space"),
    ('a: "open\nb: c\n', "F006 1:4", 'write  a: "open"'),
    ("a: 'open\nb: c\nd: e\n", "F006 1:4", "write  a: 'open'"),
    ('a: "open\nb: "closed"\n', "F006 1:4", "YAML closes it only here"),
    ('b:\n  "1: menu\n  2: x\n', "F006 2:3", 'write  "1": menu'),
    ("when: 'yes' in speech\n", "F013 1:13", "write  when: \"'yes' in speech\""),
    ("say: 'It's time.'\n", "F013 1:10", 'write  say: "It\'s time."'),
    ('b:\n  "*" | 0: x\n', "F013 2:7", 'write  "* | 0": x'),
    ('b:\n  "*" | "0": x\n', "F013 2:7", 'write  "* | 0": x'),
    ('a: [b, "c" d]\n', "F013 1:12", "outside the quotes"),
    ("b: {/\\d{4}/: x}\n", "F015 1:5", "write  '/\\d{4}/': x"),
    ("b: {1: a, /[ab],c/: x}\n", "F015 1:11", 'write  "/[ab],c/": x'),
    ("say: @riverside\n", "F014 1:6", 'write  say: "@riverside"'),
    ("say: `code`\n", "F014 1:6", "a backtick"),
    ("say: %5 off\n", "F014 1:6", 'write  say: "%5 off"'),
    ("%x: a\n", "F014 1:1", 'write  "%x": a'),
    ("b:\n  @x: a\n", "F014 2:3", 'write  "@x": a'),
    ('a: "/\\d+/"\n', "F007 1:6", "write  a: '/\\d+/'"),
    ("s:\n  m:\n    - a: 1\n   - b: 2\n", "F007 4:1", "indent it by 4 blanks"),
    ("a: b\n\n  c: d\n", "F007 3:3", "`a` already has a value"),
    ("- say: Hello\n  - hangup\n", "F007 2:3", "begin it at the left edge"),
    ("s:\n  - say: Hello\n    - hangup\n", "F007 3:5", "indent it by 2 blanks, like the item above"),
    ("- a: b\nc: d\n", "F007 2:1", "write  - c: d"),
    ("a:\n  b: c\n  d\n  e: f\n", "F007 3:3", "a colon is missing"),
    ("a: 1\nsay:Hello\nb: 2\n", "F007 2:4", "write  say: Hello"),
    ("a: [b, c\nd: e\n", "F007 1:4", "write  a: [b, c]"),
    ("a: {b: c\nd: e\n", "F007 1:4", "write  a: {b: c}"),
    ("a: {b: c\n  d: e}\n", "F007 2:3", "a comma or `}` is missing"),
    ('number: "+15550101", "+15550102"\n', "F013 1:20", 'write  number: ["+15550101", "+15550102"]'),
    ('- dial: "+1", "+2"\n', "F013 1:13", 'write  dial: {number: ["+1", "+2"]}'),
    ('when: "call.from_country == "GB""\n', "F013 1:30", "write  when: call.from_country == 'GB'"),
    ('say: "Say "hello" now"\n', "F013 1:12", "write  say: 'Say \"hello\" now'"),
    ('- set: {tries: "{{ tries + 1 }}}\n', "F006 1:16", 'write  {tries: "{{ tries + 1 }}"}'),
    ('a: [b, "c]\n', "F006 1:8", 'write  [b, "c"]'),
    ("m:\n  say: Hi\n  - hangup\n", "F007 2:3", "write  - say: Hi"),
    ("m:\n  gather:\n    say: Hi\n  - hangup\n", "F007 2:3", "write  - gather:"),
    ("m:\n  -say: Hi\n  - hangup\n", "F007 2:3", "write  - say: Hi"),
    ("m:\n  - hangup\n  -say: Hi\n", "F007 3:3", "write  - say: Hi"),
    ("m:\n  - hangup\n  -\u00a0say: Hi\n", "F005 3:4", "a no-break space (U+00A0) cannot stand here"),
    ("m:\n  - a: b\n  hangup\n", "F007 3:3", "write  - hangup"),
    ("m:\n  - a: b\n  hangup\n  - c\n", "F007 3:3", "write  - hangup"),
    ('- dial\n    number: "+1"\n', "F007 1:3", "write  - dial:"),
    ("m:\n  branch\n    1: a\n", "F007 2:3", "a colon is missing after `branch`"),
    ("say: ? what\n", "F014 1:6", 'write  say: "? what"'),
    ("b:\n  1: menu\n  else bye\n", "F007 3:3", "write  else: bye"),
    ("b:\n  1: redirect: orders\n", "F003 2:14", "write  1: orders"),
    ("b:\n  else: say: Goodbye.\n", "F003 2:12", "write  else: [{say: Goodbye.}]"),
    ("say: note: this\n", "F003 1:10", 'write  say: "note: this"'),
    ("- say: Hello\nto all\n", "F007 2:1", "indent it more than `say`"),
    ("m:\n  - say: Hello\n to all\n", "F007 3:2", "indent it more than `say`"),
    ("- when: x\n  to\n", "F007 2:3", "write  to:  if it is a key"),
    ("- when: x\n  to menu\n  a: b\n", "F007 2:3", "write  to: menu"),
    ("a: [b, c]]\n", "F007 1:10", "closes nothing"),
    ("a: - b\n", "F007 1:4", "a list begins on a line of its own"),
    ("a: ,b\n", "F007 1:4", 'write  a: ",b"'),
    ("a: |text\n", "F007 1:4", "the text begins on the next line"),
    (": b\n", "F011 1:1", "a key is missing"),
    ("a: b\n...\nc: d\n", "F018 2:1", "it ends at `...`"),
    ("[" * 300, "F007 1:101", "more than 100 levels"),
]

HONEST = [
    "timeout: 5 # seconds\n",
    "redirect: menu  # the main menu\n",
    "redirect: menu # the main menu\n",
    "say: Welcome to Riverside.  # the greeting\n",
    "say: Welcome to Riverside. # the greeting\n",
    'number: "+15550100" # front desk\n',
    "when: hours.desk.open and x > 3 # at day\n",
    "mon-fri: 09:00-12:00, 13:00-17:00 # lunch\n",
    "channel: voice                  # voice (default), messaging\n",
    "- hangup # done\n",
    "- hangup: # done\n",
    "steps: # all of them\n  a: b # one\n",
    "# say: Press 1 # now\n#- hangup\na: b\n",
    "say: |\n  Press\n  #: pound\n",
    "say: Room#5 and C# are fine\n",
    "say: See https://example.org/a#b today\n",
    'branch: {1: a, 2: b, "*": c, else: d}\n',
    "branch: {/yes|no/: a}\n",
    "hints: [sales, support]\n",
    "a: &x [1, 2]\nb: *x\n",
    "a: &x {c: 1}\nb: *x\n",
    "say: Hello {{ name }}, welcome\n",
    'say: "{{ name }}"\n',
    "say: Tom & Jerry! 5 * 3 @ 10%\n",
    "say: It's 9:30\n",
    "---\na: b\n",
    "a: b\n...\n",
    "? a\n: b\n",
    "say: >\n  Hello: you\n  - there\n",
    "say: Hello\n  there\n",
    "play:\n",
    "1: a\n2: b\n10: c\n",
    "a: {b: , c: }\n",
]


def found_in(text: str, loader: object) -> tuple[list[str], str]:
    report = Report()
    parse(Source("f", text), report, loader=loader)
    places = [f"{found.code} {str(found.span).removeprefix('f:')}" for found in report.diagnostics]
    return places, render_text(report.diagnostics)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("text", "expected", "words"), SILENT + LOUD)
def test_trap_is_found_once_and_where_it_is(text: str, expected: str, words: str, loader: object) -> None:
    places, message = found_in(text, loader)
    assert places == [expected]
    assert words in message


@pytest.mark.parametrize("line_end", ["\r\n", ""])
@pytest.mark.parametrize(("text", "expected", "words"), SILENT + LOUD)
def test_trap_is_found_with_other_line_ends(text: str, expected: str, words: str, line_end: str) -> None:
    changed = text.replace("\n", line_end) if line_end else text.rstrip("\n")
    places, message = found_in(changed, yaml.CSafeLoader)
    assert places == [expected]
    assert words in message


@pytest.mark.parametrize("text", HONEST)
def test_honest_yaml_is_left_alone(text: str) -> None:
    assert found_in(text, yaml.CSafeLoader) == ([], "")


def test_a_doubtful_comment_is_a_warning_and_does_not_change_the_text() -> None:
    report = Report()
    root = parse(Source("f", "say: Hello to all # morning\n"), report)
    assert [found.severity for found in report.diagnostics] == [Severity.WARNING]
    assert root is not None
    assert root.entries[0][1].text == "Hello to all"


def test_independent_traps_are_all_found_in_one_run() -> None:
    text = (
        "steps:\n  w:\n    - say: Note: this\n    - gather:\n        branch:\n          *: x\n"
        "          1: \"open\n          2: y\n          2: z\n    - when: 'yes' in speech\n    - say: &a b\n"
    )
    assert found_in(text, yaml.CSafeLoader)[0] == [
        "F003 3:16",
        "F001 6:11",
        "F006 7:14",
        "F101 9:11",
        "F013 10:19",
        "F009 11:12",
    ]


def test_tabs_do_not_hide_what_stands_above_and_below() -> None:
    text = "a: &x y\nb:\n\t- c\nd: e: f\n"
    assert found_in(text, yaml.CSafeLoader)[0] == ["F009 1:4", "F005 3:1", "F003 4:5"]


def test_a_patch_makes_no_message_of_its_own() -> None:
    text = "b:\n  *: a\n  *: b\n  1: c\n"
    assert found_in(text, yaml.CSafeLoader)[0] == ["F001 2:3", "F001 3:3"]


def test_aliases_that_grow_without_bound_are_stopped() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    places, message = found_in("\n".join(rows), yaml.CSafeLoader)
    assert [place.split()[0] for place in places] == ["F012"]
    assert "more than 200,000 nodes" in message


def test_a_pound_sign_counts_as_text_in_every_one_of_many_blocks() -> None:
    blocks = '- say: |\n    #: menu\n- say: "a\n    #: b"\n' * 500
    report = Report()
    parse(Source("f", blocks + "#: menu\n" + blocks), report)
    assert [found.span.location for found in report.diagnostics] == ["f:2001:1"]
