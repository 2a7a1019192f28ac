"""`touchtone key` makes a key for a program: shown once, kept as a hash."""

import re

import pytest
from click.testing import CliRunner

from engine.api.keys import Keys, key_hash
from engine.cli import main
from engine.server.settings import read_settings


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOUCHTONE_API_KEYS", raising=False)
    return lambda *words, **env: CliRunner().invoke(main, ["key", *words], env=env)


def line_of(result):
    return re.search(r"^TOUCHTONE_API_KEYS=(\S+)$", result.stderr, re.MULTILINE)[1]


def test_a_key_is_made_that_the_line_lets_in(run):
    made = run("backend")
    assert made.exit_code == 0
    key, line = made.stdout.strip(), line_of(made)
    assert "in place of" not in made.stderr  # there is no such line yet
    assert re.fullmatch(r"tt_[A-Za-z0-9_-]{43}", key)
    assert line == f"backend:{key_hash(key)}"
    (known,) = read_settings({}, {"TOUCHTONE_API_KEYS": line}, {}).api_keys
    assert Keys([known]).find(f"Bearer {key}".encode()) == known
    assert known.flows == frozenset()


def test_the_line_holds_the_keys_that_there_are(run):
    first = line_of(run("backend"))
    made = run("reminders", "--flow", "clinic", "--flow", "appointment", TOUCHTONE_API_KEYS=first)
    assert "Put this line into .env beside the server, in place of the present one, and start it again:" in made.stderr
    both = line_of(made)
    assert both.startswith(f"{first},reminders:")
    assert both.endswith(":appointment+clinic")
    keys = read_settings({}, {"TOUCHTONE_API_KEYS": both}, {}).api_keys
    assert [key.name for key in keys] == ["backend", "reminders"]
    assert keys[1].flows == {"appointment", "clinic"}


@pytest.mark.parametrize(
    ("words", "said"), [(("a b",), "letters"), (("",), "letters"), (("x", "--flow", "A!"), "letters")]
)
def test_a_name_that_cannot_be_kept_is_refused(run, words, said):
    refused = run(*words)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert refused.stdout == ""


def test_a_name_that_there_is_already_is_refused(run):
    refused = run("backend", TOUCHTONE_API_KEYS=line_of(run("backend")))
    assert (refused.exit_code, "already" in refused.stderr) == (2, True)
