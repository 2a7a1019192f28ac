"""A key that can never be taken is told when the file is read; one that can be taken is not."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import Diagnostic, render_text
from engine.grammar.inclusion import covers
from engine.program.library import load_sources


def found(
    branch: str, *, top: str = "channel: messaging", verb: str = "gather: {say: Ask., branch"
) -> list[Diagnostic]:
    close = "}" if verb.startswith("gather") else ""
    text = f"{top}\nsteps:\n  a: [{{{verb}: {branch}{close}}}]\n  b: [{{redirect: hangup}}]\n"
    report = load_sources({"f.yaml": text}).report
    told = [each for each in report.diagnostics if each.code in ("F101", "F117")]
    others = [each for each in report.diagnostics if each.severity.name == "ERROR" and each not in told]
    assert not others, render_text(report.diagnostics)
    return told


@pytest.mark.parametrize(
    ("keys", "dead"),
    [
        ("['yes', 'Yes!']", "Yes!"),
        ("['café', 'cafe']", "cafe"),
        ("['cafe', 'CAFÉ.']", "CAFÉ."),
        ("['1', '1.']", "1"),
        ("['1', '１']", "1"),
        ("['7', '७']", "7"),
        ("['1', '1️⃣']", "1"),
        ("['o''clock', 'oclock']", "oclock"),
        ("['check-in', 'check in']", "check in"),
        ("['straße', 'strasse']", "strasse"),
        ("['क्या', 'क्\u200dया']", "क्\u200dया"),
        ("['👍', '👍🏽']", "👍🏽"),
        ("['❤', '❤️']", "❤️"),
        ("['?', '？']", "？"),
        ("['yes | yeah', 'no | yeah.']", "yeah."),
        (r"['/\d+/', '/\d/']", r"/\d/"),
        (r"['/.*/', '/\d+/']", r"/\d+/"),
        (r"['/\d*/', '/[0-9]{4}/']", "/[0-9]{4}/"),
        (r"['/[0-9]{4}/', '/\d{4}/']", r"/\d{4}/"),
        ("['/yes|no/', '/YES/']", "/YES/"),
        ("['/a+b?/', '/(a|aa)b/']", "/(a|aa)b/"),
        (r"['/\d{1,3}/', '/\d{4,}/', '/[0-9]+/']", "/[0-9]+/"),
        ("['1', '/1/']", "/1/"),
        ("['1', '2', '3', '/[1-3]/']", "/[1-3]/"),
        ("['yes', '/yes/']", "/yes/"),
        ("['/yes/', 'yes']", "/yes/"),
        ("['yes', 'no', '/yes|NO/']", "/yes|NO/"),
        ("['/[०-९]+/', '/[0-9]{2}/']", "/[0-9]{2}/"),
    ],
)
def test_a_key_whose_answers_others_take_first_is_told(keys, dead):
    branch = (
        "{" + ", ".join(f"{key}: b" for key in keys[1:-1].split(", '") for key in [f"'{key.lstrip(chr(39))}"]) + "}"
    )
    told = found(branch)
    assert len(told) == 1, branch
    assert f"`{dead}`" in told[0].title


@pytest.mark.parametrize(
    "keys",
    [
        ["1", "01"],
        ["1", "11"],
        ["yes", "yes please"],
        ["是", "不是"],
        ["order", "cancel order"],
        ["l'hotel", "hotel"],
        ["l hotel", "l'hotel"],
        ["नहीं", "नही"],
        ["มา", "ม้า"],
        ["👩", "👩‍🚀"],
        ["?", "??"],
        ["👍", "👎"],
        [r"/\d/", r"/\d+/"],
        [r"/\d+/", r"/\d* /"],
        [r"/.+/", r"/.*/"],
        [r"/\d{5}/", r"/\d{5}-\d{4}/"],
        [r"/.*/", r"/(?s:.*)/"],
        [r"/[a-z]+/", r"/\w+/"],
        ["/a|b/", "/[abc]/"],
        ["1", r"/\d/"],
        ["yes", "/yes.*/"],
        ["/yes.*/", "yes"],
        ["/.*/", "yes"],
        [r"/\d+/", r"/[\d#]+/"],
        [r"/\S+/", r"/\S+ \S+/"],
        [r"/[[:alpha:]]+/", r"/abc/"],
        ["1 | rendez-vous | rendez vous", "no"],
        ["café | cafe", "no"],
    ],
)
def test_a_key_that_some_answer_reaches_is_not_told(keys):
    assert found("{" + ", ".join(f"'{key.replace(chr(39), chr(39) * 2)}': b" for key in keys) + "}") == []


@pytest.mark.parametrize(
    ("always", "branch", "count"),
    [
        ("{0: b}", "{'/0/': b}", 1),
        ("{0: b}", r"{'/\d/': b}", 0),
        ("{0: b}", "{0: b}", 0),
        ("{help: b, HELP!: b}", "{0: b}", 1),
        ("{0: b, '/0/': b}", "{1: b}", 1),
    ],
)
def test_keys_of_always_come_before_patterns(always, branch, count):
    assert len(found(branch, top=f"channel: messaging\nalways: {always}")) == count


@pytest.mark.parametrize(
    ("branch", "count"),
    [
        ("{on: call.from, US: b, us: b}", 1),
        ("{on: call.from, US: b, '/us/': b}", 1),
        ("{on: call.from, '/u.*/': b, '/us/': b}", 1),
        ("{on: call.from, '/u.*/': b, us: b}", 0),
        ("{on: call.from, US: b, US.: b}", 0),
    ],
)
def test_so_it_is_in_other_branches(branch, count):
    assert len(found(branch, verb="branch")) == count


@pytest.mark.parametrize(
    ("patterns", "pattern"),
    [
        (("(?i)a",), r"\pN"),
        (("a",), r"(a)\1"),
        ((".*",), "(?=a)b"),
        ((".*",), r"\bno\b"),
        ((".*",), "a{1000}"),
        (("(a?){300}",), "a{300}"),
        (("(",), "a"),
        ((r"[\d-x]",), "a"),
        ((r"\d{,2}",), "1"),
        ((".",), "a{,2}"),
        (("[A-z]+",), "ß"),
        (("[A-z]",), "ı"),
    ],
)
def test_what_is_not_known_is_not_told(patterns, pattern):
    assert covers(patterns, pattern) is False


PIECES = st.sampled_from(
    ["a", "b", "[ab]", "[^a]", ".", "a*", "b+", "a?", "(a|ab)", "(ba){1,2}", r"\d", "1", r"\w*", "A"]
)
EXPRESSIONS = st.lists(PIECES, min_size=1, max_size=4).map("".join)


@given(EXPRESSIONS, EXPRESSIONS, st.lists(st.text("abA1 ", max_size=5), min_size=20, max_size=20))
def test_what_is_told_is_so(pattern, other, texts):
    taken = [text for text in texts if re.fullmatch(other, text, re.IGNORECASE | re.ASCII)]
    if covers((pattern,), other):
        assert all(re.fullmatch(pattern, text, re.IGNORECASE | re.ASCII) for text in taken)


@given(EXPRESSIONS)
def test_a_pattern_covers_itself(pattern):
    assert covers((pattern,), pattern)


@pytest.mark.parametrize(
    ("patterns", "pattern"),
    [((".*" * 40,), "(a|b)*" * 40), (("(a|b)*a(a|b){60}",), "(a|b)*b(a|b){60}"), (("(a?){300}",), "a{300}")],
)
def test_large_patterns_come_to_an_end(patterns, pattern):
    covers(patterns, pattern)


def test_a_python_whose_patterns_have_another_inside_reports_less():
    """The syntax tree of `re` is private: without it flows are still read, and keys that cannot be compared are not reported."""
    known = (
        "from engine.program.library import load_sources\n"
        """text = 'steps: {a: [{gather: {branch: {"/[0-9]+/": a, "/[0-9]/": a}}}]}'\n"""
        "print(sorted({each.code for each in load_sources({'f.yaml': text}).report.diagnostics}))"
    )
    code = "import sys; sys.modules['engine.grammar.inclusion'] = None  # its import fails\n" + known
    codes = [
        subprocess.run([sys.executable, "-c", each], capture_output=True, text=True).stdout for each in (known, code)
    ]
    assert ["F117" in each for each in codes] == [True, False], codes
    assert all(codes), "flows are read"
