"""Spaces that look like the plain one, and characters that nobody sees: named where YAML needs plain spaces, left alone in texts."""

import pytest
import yaml

from engine.diagnostics import Report, Source, render_text
from engine.document import parse
from engine.document.nodes import Mapping, Node, Scalar, Sequence

LOADERS = [yaml.SafeLoader, yaml.CSafeLoader]
WIDE = {
    "\u00a0": "a no-break space (U+00A0)",
    "\u1680": "an ogham space mark (U+1680)",
    "\u2000": "an en quad (U+2000)",
    "\u2002": "an en space (U+2002)",
    "\u2003": "an em space (U+2003)",
    "\u2007": "a figure space (U+2007)",
    "\u2009": "a thin space (U+2009)",
    "\u200a": "a hair space (U+200A)",
    "\u202f": "a narrow no-break space (U+202F)",
    "\u205f": "a medium mathematical space (U+205F)",
    "\u3000": "an ideographic space (U+3000)",
}
UNSEEN = {
    "\u00ad": "a soft hyphen (U+00AD)",
    "\u180e": "a mongolian vowel separator (U+180E)",
    "\u200b": "a zero width space (U+200B)",
    "\u200e": "a left-to-right mark (U+200E)",
    "\u2060": "a word joiner (U+2060)",
}
ALL = {**WIDE, **UNSEEN}

# `_` stands for the character. What is found is at its place; the help must hold the words.
STRUCTURE = [
    ("a:\n  timeout:_5\n  b: c\n", "2:11", "write  timeout: 5"),
    ("a:\n  - timeout:_5\n", "2:13", "write  - timeout: 5"),
    ("timeout:_5\n", "1:9", "write  timeout: 5"),
    ("branch:_\n  1: menu\n", "1:8", "write  branch:"),
    ("branch:_\n- menu\n", "1:8", "write  branch:"),
    ("m:\n  - hangup\n  -_say: Hi\n", "3:4", "write  - say: Hi"),
    ("m:\n  -_hangup\n  -_hangup\n", "2:4", "write  - hangup"),
    ("b: {1:_menu, 2: sales}\n", "1:7", "write  b: {1: menu, 2: sales}"),
    ("b: {1: menu,_2: sales}\n", "1:13", "write  b: {1: menu, 2: sales}"),
    ("b: [menu,_sales, 'x']\n", "1:10", "write  b: [menu, sales, 'x']"),
    ("b: {_1: menu}\n", "1:5", "write  b: { 1: menu}"),
    ("b:\n  'a':_'b'\n  c: d\n", "2:7", "write  'a': 'b'"),
    ("b:\n  - say:_10 €, please\n  - hangup\n", "2:9", "write  - say: 10 €, please"),
    ("b:\n  say:_|\n    text\n", "2:7", "write  say: |"),
]
# Only what is as wide as a space can be taken for one here.
STRUCTURE_WIDE = [
    ("a:\n____b: c\n", "2:1", "indent with spaces: two for each level"),
    ("a:\n  _ b: c\n", "2:3", "indent with spaces: two for each level"),
    ("a:\n    b: c\n  _ d: e\n", "3:3", "indent with spaces: two for each level"),
    ("a:\n__- b\n", "2:1", "indent with spaces: two for each level"),
    ("a: b\n_\nc: d\n", "2:1", "delete it"),
    ("a: 'b'_\nc: d\n", "1:7", "write  a: 'b'"),
    ("a: {b: c}_\nd: e\n", "1:10", "write  a: {b: c}"),
    ("a: 'b'_# c\n", "1:7", "write  a: 'b' # c"),
    ("timeout: 5_# seconds\n", "1:11", "write  timeout: 5 # seconds"),
    ("timeout: 5__# seconds\n", "1:11", "write  timeout: 5  # seconds"),
    ("redirect: menu_\n", "1:15", "write  redirect: menu"),
    ("timeout: _5\n", "1:10", "write  timeout:  5"),
    ("a_: b\n", "1:2", "write  a : b"),
    ("a: b\n_# c\nd: e\n", "2:1", "indent with spaces: two for each level"),
]
STRUCTURE_UNSEEN = [
    ("a:\n  _b: c\n  d: e\n", "2:3", "delete it, and indent with spaces"),
    ("a:\n  - b\n _ - c\n", "3:2", "delete it, and indent with spaces"),
    ("_a: b\n", "1:1", "delete it, and indent with spaces"),
    ("time_out: 5\n", "1:5", "write  timeout: 5"),
    ("timeout_: 5\n", "1:8", "write  timeout: 5"),
    ("redirect: menu_\n", "1:15", "write  redirect: menu"),
    ("- _hangup\n", "1:3", "write  - hangup"),
]
TEXTS = [
    "say: 10_€\n",
    "say: Price:_5 €\n",
    "say: Note:_please hold\nb: c\n",
    "- Attention_!\n- Prix:_5\n",
    "- Tarif_:_10_€\n- Heures_:_9_h\n",
    "[Tarif_:_10_€, Bonjour_]\n",
    "say: 'a_b'\n",
    'say: "_a:_b_"\n',
    "say: |\n  __text: _a\n  _\n  b # c_\n",
    "say: >\n  a_b\n  _c\n",
    "say: Hello\n  _there\n",
    "say: Press_# now\n",
    "say: Press 1_# to go on\n",
    "say: Hello there_\n",
    "a: b # c_d\n# _e\n",
    "  # _e\na: b\n",
    "{a: b_c, d: [e_f]}\n",
    "über_Straße: b\n",
]


def read(text: str, loader: object) -> tuple[Node | None, Report]:
    report = Report()
    return parse(Source("f", text), report, loader=loader), report


def bare(node: Node | None) -> object:
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [bare(item) for item in node.items]
        case Mapping():
            return {key.text: bare(value) for key, value in node.entries}
    return None


def leaves(found: object) -> list[str]:
    if isinstance(found, dict):
        return [text for pair in found.items() for each in pair for text in leaves(each)]
    return [text for each in found for text in leaves(each)] if isinstance(found, list) else [str(found)]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "place", "words", "character"),
    [
        (*case, character)
        for cases, characters in ((STRUCTURE, ALL), (STRUCTURE_WIDE, WIDE), (STRUCTURE_UNSEEN, UNSEEN))
        for case in cases
        for character in characters
    ],
)
def test_in_the_structure_it_is_named_at_its_place(
    text: str, place: str, words: str, character: str, loader: object
) -> None:
    root, report = read(text.replace("_", character), loader)
    assert root is not None, render_text(report.diagnostics)
    (found,) = report.diagnostics
    assert found.code == "F005"
    assert found.title.startswith(ALL[character])
    assert found.span.location == f"f:{place}"
    assert found.span.text.strip(character) == ""
    assert words in found.helps[0]
    # What is read is what was meant.
    plain = text.replace("_", " " if character in WIDE or text[text.index("_") - 1] in ":-,{[" else "")
    assert bare(root) == bare(read(plain, loader)[0])


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("character", ["\u00a0", "\u202f", "\u2009", "\u3000"])
@pytest.mark.parametrize("text", TEXTS)
def test_in_a_text_it_is_welcome(text: str, character: str, loader: object) -> None:
    root, report = read(text.replace("_", character), loader)
    assert not report.diagnostics, render_text(report.diagnostics)
    assert character in "".join(leaves(bare(root))) or "# _" in text or "# c" in text


@pytest.mark.parametrize(
    "text",
    [
        "👨\u200d👩\u200d👧: family\n",
        "می\u200cخواهم: yes\n",
        "say: a\u200bb c\n",
        "say: 'a\u200b'\n",
        "- |\n  \u200ba\n",
    ],
)
def test_what_belongs_to_a_word_or_an_emoji_is_left_alone(text: str) -> None:
    assert not read(text, yaml.CSafeLoader)[1].diagnostics


def test_each_character_is_told_once_with_its_lines() -> None:
    text = "".join(f"a{number}:\u00a0b\n" for number in range(12)) + "c:\u3000d\n"
    _, report = read(text, yaml.CSafeLoader)
    first, second = report.diagnostics
    assert first.notes == ("the same on lines 2, 3, 4, 5, 6, 7, 8, 9, …",)
    assert (second.span.location, second.notes) == ("f:13:3", ())


def test_other_mistakes_are_found_in_the_same_run() -> None:
    text = "steps:\n  a:\n    - say:\u00a0Hello\n    - say: Note: b\n    - say: Prix:\u00a05\n    - when: !vip\n"
    found = read(text, yaml.CSafeLoader)[1].diagnostics
    assert [f"{one.code} {one.span.location}" for one in found] == ["F005 f:3:11", "F003 f:4:16", "F009 f:6:13"]


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\u0085", "next line"),
        ("\u2028", "line separator"),
        ("\u2029", "paragraph separator"),
        ("\ufeff", "byte order mark"),
        ("\x07", "control character"),
    ],
)
def test_what_no_file_may_hold_is_named_too(character: str, name: str) -> None:
    (found,) = read(f"say: 'Hello{character}'\n", yaml.CSafeLoader)[1].diagnostics
    assert (found.code, found.span.location, found.label) == ("F002", "f:1:12", name)
    assert f"U+{ord(character):04X}" in found.title


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_other_line_ends(line_end: str) -> None:
    text = "a:\n\u00a0\u00a0- b:\u00a0c\n\u00a0\u00a0- d\n".replace("\n", line_end)
    root, report = read(text, yaml.CSafeLoader)
    assert bare(root) == {"a": [{"b": "c"}, "d"]}
    (found,) = report.diagnostics
    assert (found.span.location, found.notes) == ("f:2:1", ("the same on line 3",))


@pytest.mark.parametrize(
    "text",
    [
        "# " + "\u00a0" * 300_000,
        "a: [" + "\u00a0," * 50_000,
        "a: '" + "\u00a0\u200b" * 100_000,
        "\u00a0" * 300_000,
        "\u200b" * 100_000,
        "\u00a0\n" * 50_000,
        "a:\u00a0b\n" * 20_000,
        "a:\u200bb, " * 20_000,
        "a: b:\u00a0c\n" * 5_000,
        "a\u200b: b\n" * 5_000,
    ],
)
def test_a_text_full_of_them_is_read_in_bounded_time(text: str) -> None:
    _, report = read(text, yaml.CSafeLoader)
    assert len(render_text(report.diagnostics)) < 100_000
