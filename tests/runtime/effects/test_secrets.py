"""What the environment holds for flows is never written into a log."""

import logging

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.runtime.effects.secrets import MASK, Secrets


@pytest.fixture
def lines(caplog):
    """A logger that masks two values."""
    caplog.set_level(logging.DEBUG)
    log = logging.getLogger("touchtone.test")
    mask = Secrets(["p@ss wörd", "hunter22"])
    log.addFilter(mask)
    yield log, caplog
    log.removeFilter(mask)


@pytest.mark.parametrize(
    "text",
    [
        "the key is p@ss wörd.",
        "?k=p%40ss%20w%C3%B6rd&x",
        "?k=p%40ss+w%C3%B6rd",
        '{"k": "p@ss w\\u00f6rd"}',
        "hunter22hunter22",
    ],
)
def test_a_value_is_masked_however_it_is_written(text):
    masked = Secrets(["p@ss wörd", "hunter22"]).mask(text)
    assert MASK in masked
    assert "ss" not in masked
    assert "hunter" not in masked


def test_a_value_that_begins_another_does_not_show_the_rest():
    assert Secrets(["abcd", "abcdef"]).mask("x abcdef y") == f"x {MASK} y"


@pytest.mark.parametrize("value", ["", "1", "yes", "   "])
def test_what_is_too_short_to_be_told_apart_is_left(value):
    assert Secrets([value]).mask("yes, 1 of 3   here") == "yes, 1 of 3   here"


@given(st.text(min_size=4), st.text(), st.text())
def test_no_value_gets_through(value, before, after):
    assume(len(value.strip()) >= 4 and MASK[0] not in value)
    masked = Secrets([value]).mask(f"{before}{value}{after}")
    assert all(value.strip() not in piece for piece in masked.split(MASK))


def test_lines_are_masked_with_their_arguments(lines):
    log, caplog = lines
    log.info("%s: asked with %s", "flows/a.yaml:1:1", "hunter22")
    assert caplog.records[-1].getMessage() == f"flows/a.yaml:1:1: asked with {MASK}"


def test_and_their_tracebacks(lines):
    log, caplog = lines
    try:
        raise ValueError("no user hunter22")
    except ValueError:
        log.exception("it failed")
    assert "hunter22" not in caplog.text
    assert f"ValueError: no user {MASK}" in caplog.text
    assert "Traceback" in caplog.text


def test_other_lines_are_as_they_were(lines):
    log, caplog = lines
    log.info("%d calls", 5)
    assert caplog.records[-1].args == (5,)
    assert caplog.records[-1].msg == "%d calls"
