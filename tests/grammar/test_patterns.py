"""Patterns of branch keys: RE2 decides, never Python's `re`; what it does not take is told in words that are true."""

import pytest
import re2

from engine.grammar.patterns import Pattern, PatternError


@pytest.mark.parametrize(
    ("text", "why", "part"),
    [
        ("[", "missing ]", "["),
        ("x[a", "missing ]", "[a"),
        ("(a", "missing )", "(a"),
        ("a)", "missing )", "a)"),
        ("*", "no argument for repetition operator", "*"),
        ("a**", "bad repetition operator", "**"),
        ("a{1001}", "invalid repetition size", "{1001}"),
        ("a\\", "trailing \\", "\\"),
        ("(?=a)b", "invalid perl operator", "(?="),
        ("[z-a]", "invalid character class range", "z-a"),
        (r"(a)\1", "Backreferences not supported", ""),
        (r"\x{1F600}", "not supported by RE2", "\\x{"),
        (r"\q", "invalid escape sequence", r"\q"),
    ],
)
def test_what_is_wrong_with_a_pattern(text, why, part):
    with pytest.raises(PatternError) as caught:
        Pattern(text)
    assert (caught.value.why, caught.value.part) == (why, part)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"[^\W]+", "yes"),
        (r"[\W\d]+", "1-2"),
        (r"a\\", "a\\"),
        ("é+", "ÉÉ"),
        (r"\pL+", "ñandú"),
        ("(?P<code>[0-9]{3})", "471"),
        ("[😀-🙏]", "😉"),
        (".", "\ud800"),
    ],
)
def test_what_re2_takes(text, answer):
    assert Pattern(text).takes(answer)


def test_another_user_of_the_library_cannot_bring_back_patterns_that_explode():
    """pyre2 leaves what RE2 lacks to Python's `re` unless it is told not to, in a setting that belongs to the whole process."""
    re2.set_fallback_notification(re2.FALLBACK_QUIETLY)
    with pytest.raises(PatternError):
        Pattern(r"(a+)+(?!b)")
