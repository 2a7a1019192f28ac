"""A secret answer is not written down: not in a saved script, nor in what is shown of a simulated call."""

from contextlib import chdir

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.grammar.masks import MASK, pattern_of, takes_secret

BANK = """\
steps:
  ask:
    - gather:
        say: Enter your PIN.
        num_digits: 4
        secret: true
        save: pin
        branch: [{when: answer == '4711', to: right}, {else: wrong}]
  right:
    - request: {url: "https://bank.example.com/pins?pin={{ pin }}", save: holder}
    - log: PIN {{ pin }}
    - say: "You entered {{ pin | digits }}, dear {{ holder.name }}."
    - gather: {say: For sales press 1., branch: {1: sales}}
  wrong:
    - say: "{{ answer }} is wrong."
  sales:
    - say: "Goodbye, {{ pin }}."
"""


@pytest.fixture
def saved(tmp_path):
    """A call to the bank that was saved as a script, and what the command printed."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "bank.yaml").write_text(BANK)
    with chdir(tmp_path):
        (tmp_path / "given.yaml").write_text('request: {/pins: {name: Ann, pin: "4711"}}')
        words = ["phone", "bank", "--save", "bank.calls.yaml", "--given", "given.yaml"]
        CliRunner().invoke(main, words, "4711\n1\n", catch_exceptions=False)
        yield tmp_path / "bank.calls.yaml"


def test_a_saved_script_has_a_mask_with_what_to_write_in_its_place(saved):
    text = saved.read_text()
    assert "4711" not in text
    assert "4 7 1 1" not in text
    assert f'- press: "{MASK}"  # secret, so it is not saved: write what is to be answered here' in text
    assert "- press: 1\n" in text, "what is not secret is saved"
    assert "- hear: Goodbye" in text, "of words with a secret in them the rest is expected"


def test_the_script_is_not_played_before_the_answer_is_written(saved):
    with chdir(saved.parent):
        refused = CliRunner().invoke(main, ["test", "bank.calls.yaml"])
        assert refused.exit_code
        assert "a secret answer was left out here when the call was saved" in refused.output + refused.stderr
        saved.write_text(saved.read_text().replace(f'press: "{MASK}"', 'press: "4711"'))
        played = CliRunner().invoke(main, ["test", "bank.calls.yaml"])
        assert not played.exit_code, played.output


def test_addresses_say_whether_their_answer_is_secret():
    assert takes_secret("bank/ask?_a=0&_x=1&_v=1")
    assert takes_secret("bank/ask?_x=1")
    assert not takes_secret("bank/ask?_a=0&_v=1&_xx=1")
    assert not takes_secret("bank/ask?_a=0&_x=11")


@pytest.mark.parametrize(
    "text",
    ["PIN 4711.", "4 7 1 1", "4, 7, 1, 1", "<Say>4711</Say>", "?pin=4711&x", "4-7-1-1"],
)
def test_a_number_is_found_as_it_is_read_out(text):
    pattern = pattern_of(["4711"])
    assert pattern is not None
    assert MASK in pattern.sub(MASK, text)


@pytest.mark.parametrize("text", ["a%20%26%20b", "a+%26+b", "a &amp; b", "A & B"])
def test_words_are_found_as_addresses_and_xml_write_them(text):
    pattern = pattern_of(["a & b"])
    assert pattern is not None
    assert pattern.sub(MASK, text) == MASK


def test_short_texts_are_not_looked_for():
    assert pattern_of(["1", "42", ""]) is None
