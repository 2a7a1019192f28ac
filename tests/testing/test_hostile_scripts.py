"""Call scripts and projects of the worst kind: each is told with its place and what to write, never with a stack; none waits for ever."""

import os
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main
from engine.diagnostics import Report
from engine.phone.scripts.given import read_given
from engine.phone.scripts.reader import Reader
from engine.testing import scripts
from engine.testing.caller import _node, ring
from engine.testing.project import Project
from engine.testing.scripts import Folders, find_scripts, read_written

FLOW = """\
steps:
  menu:
    - gather: {say: Press 1 or 2., branch: {1: box, 2: queue, else: hangup}}
  box:
    - record: {finish_on_key: "#", branch: {else: hangup}}
  queue:
    - enqueue: {name: desk, wait_url: wait, branch: {bridged: menu, else: hangup}}
  wait:
    - gather: {say: Press 1 to go., branch: {1: leave, else: repeat}}
"""
TEXTS = "channel: messaging\nsteps: {a: [{message: hello}]}\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "shop.yaml").write_text(FLOW)
    (tmp_path / "flows" / "texts.yaml").write_text(TEXTS)
    (tmp_path / "tests").mkdir()
    with chdir(tmp_path):
        yield tmp_path


def run(*words: str) -> Result:
    result = CliRunner().invoke(main, ["test", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def played(house: Path, text: str | bytes, *words: str) -> Result:
    content = text.encode() if isinstance(text, str) else text
    (house / "tests" / "shop.calls.yaml").write_bytes(content)
    return run(*words)


def turns(*lines: str) -> str:
    return "calls:\n  A call:\n" + "".join(f"    - {line}\n" for line in lines)


# Files


def test_a_link_to_itself_is_a_file_that_cannot_be_read(house: Path) -> None:
    (house / "tests" / "x.calls.yaml").symlink_to("x.calls.yaml")
    result = run()
    assert "`x.calls.yaml` cannot be read: too many levels of symbolic links" in result.output
    assert result.exit_code == 1


def test_nobody_waits_for_a_pipe_or_reads_a_device_to_its_end(house: Path) -> None:
    os.mkfifo(house / "tests" / "x.calls.yaml")
    (house / "tests" / "y.calls.yaml").symlink_to("/dev/zero")
    (house / "tests" / "z.calls.yaml").mkdir()
    assert run().output.count("cannot be read: it is a pipe, a folder or a device") == 3


def test_a_script_of_any_size_is_judged_at_once(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "LARGEST", 3_000_000)
    result = played(house, b"# " + b"x" * 3_000_000)
    assert "`shop.calls.yaml` is not read: it is larger than 3 MB" in result.output
    assert "split it into several scripts" in result.output


def test_a_letter_that_is_none_is_shown_at_its_line(house: Path) -> None:
    result = played(house, b"calls:\n  A call:\n    - say: caf\xe9\n")
    assert "tests/shop.calls.yaml:3:15" in result.output
    assert "- say: caf\u00e9" in result.output


def test_a_file_that_is_gone_by_now_is_one_that_cannot_be_read(house: Path) -> None:
    (house / "tests" / "x.calls.yaml").write_text(turns("hangup"))
    (found,) = find_scripts([house])
    found.unlink()
    assert "no such file" in read_written(found, Folders()).report.diagnostics[0].title


def test_a_folder_whose_name_is_too_long_is_none(house: Path) -> None:
    result = played(house, f"flows: {'a' * 5000}\n{turns('hangup')}")
    assert "error[F404]: there is no folder `aaa" in result.output
    assert "1:8" in result.output


def test_names_move_no_cursor(house: Path) -> None:
    (house / "tests" / "a\x1b[31m\nb.calls.yaml").write_text(
        'flow: shop\ncalls: {"c\\e[2J\\nd": [hear: nonsense], "e": [say: "\\x9b31m"]}\n'
    )
    output = run().output
    assert not [sign for sign in output if sign != "\n" and not sign.isprintable()], ascii(output)
    assert 'so far, in "c\ufffd[2J d":' in output


# Turns


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        ("hear: []", "`hear` says nothing"),
        ("set: {}", "`set` says nothing"),
        ("silence: 0", "`silence` says nothing"),
        ("round_trips: {at_most: 4, atleast: 2}", "`round_trips` has no key `atleast`"),
        ('say: ""', "nothing is written here"),
        (f"outcome: {{record: {'9' * 5000}}}", "a recording is told by its seconds"),
        ("outcome: {record: 12 bang}", "a recording is told by its seconds"),
        ("outcome: {dial: completed x}", "only keys can stand behind `completed`"),
        ("press: \u0663", "`press` takes keys"),
    ],
)
def test_a_turn_that_says_nothing_or_too_much(turn: str, said: str, house: Path) -> None:
    result = played(house, turns(turn))
    assert said in result.output
    assert "tests/shop.calls.yaml:3:" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize("at", ["9999-12-31 23:59", "0001-01-01T00:00+23:59", "2026-02-30", "99999-01-01", "5"])
def test_no_call_comes_in_where_the_calendar_ends(at: str, house: Path) -> None:
    result = played(house, f"given: {{at: {at}}}\n{turns('silence')}")
    assert f"`{at}` is no day and time" in result.output


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("12", "12"),
        ("12 #", "12 #"),
        ("12 seconds, then pound", "12 #"),
        ("3 s then hangup", "3 hangup"),
        ("silence", "silence"),
    ],
)
def test_a_recording_in_advance_is_told_as_any_other(told: str, meant: str) -> None:
    report = Report()
    assert read_given(Reader(report), _node({"record": told})).outcomes == {"record": (meant,)}


def test_long_keys_make_no_long_title(house: Path) -> None:
    output = played(house, turns(f"press: {'1' * 3000}")).output
    assert "error[F410]: `1111111111111111111111111111111111111" in output
    assert max(map(len, output.split("\n"))) <= 100


def test_the_caller_can_be_taken_out_of_a_queue_that_asks_something(house: Path) -> None:
    result = played(
        house, turns("press: 2", "hear: Press 1 to go", "outcome: {enqueue: bridged}", "hear: Press 1 or 2")
    )
    assert result.exit_code == 0, result.output


# Options


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cov-fail-under", "nan"], "--cov-fail-under is a number of percent, from 0 to 100; not nan"),
        (["--lcov", "tests/shop.calls.yaml"], "--lcov writes a report over what is there"),
        (["--explore", "9" * 20], "is not in the range"),
    ],
)
def test_an_option_that_cannot_be_meant_is_told_before_anything_is_done(
    words: list[str], said: str, house: Path
) -> None:
    result = played(house, turns("silence"), *words)
    assert result.exit_code == 2
    assert said in result.output
    assert (house / "tests" / "shop.calls.yaml").read_text() == turns("silence")


def test_a_percentage_is_told_as_it_was_demanded(house: Path) -> None:
    assert "not 99.99999 %" in played(house, turns("silence"), "--cov-fail-under", "99.99999").output


def test_the_mistakes_of_flows_are_told_once(house: Path) -> None:
    (house / "flows" / "shop.yaml").write_text("steps: [\n")
    assert played(house, turns("silence"), "--explore", "1").output.count("error[F007]") == 1


# Tests in Python


@pytest.fixture
def project(house: Path) -> Project:
    loaded = Project.load(house / "flows")
    assert isinstance(loaded, Project)
    return loaded


def test_a_turn_without_anything_to_look_at_fails(project: Project) -> None:
    caller = ring(project, "shop", {})
    for turn in (caller.hears, caller.sets):
        with pytest.raises(AssertionError, match="says nothing"):
            turn()
    with pytest.raises(AssertionError, match="`press` says nothing"):
        caller.press(None)  # type: ignore[arg-type]


def test_a_turn_of_another_channel_is_told(project: Project) -> None:
    with pytest.raises(AssertionError, match="this flow answers calls"):
        ring(project, "shop", {}).text("hello")
    with pytest.raises(AssertionError, match="this flow answers messages"):
        ring(project, "texts", {}).press(1)


def test_a_flow_that_is_no_word_is_none(project: Project) -> None:
    with pytest.raises(AssertionError, match="there is no flow named `5`"):
        ring(project, 5, {})  # type: ignore[arg-type]


def test_half_a_letter_makes_no_stack(project: Project) -> None:
    ring(project, "texts", {}).text("\ud83d").hears("hello")
