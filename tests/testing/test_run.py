"""`touchtone test`: what it plays, what it prints, and its exit status."""

import re
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main

FLOW = """\
steps:
  menu:
    - gather:
        say: For sales, press 1. For help, press 2.
        branch: {1: sales, 2: help, else: hangup}
  sales:
    - say: Sales is closed.
  help:
    - say: Nobody can help.
"""
GOOD = """\
calls:
  Sales is reached:
    - press: 1
    - hear: Sales is closed.
    - ends: hangup
  Help is reached:
    - press: 2
    - hear: Nobody can help.
"""
BAD = """\
calls:
  Sales is reached:
    - hear: For sales
    - press: 1
    - hear: Sales is open.
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    """A folder with one flow, in which the command is run."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "shop.yaml").write_text(FLOW)
    (tmp_path / "tests").mkdir()
    with chdir(tmp_path):
        yield tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["test", *words])


def timeless(text: str) -> str:
    return re.sub(r"\d+(\.\d)? m?s\n$", "N ms\n", text)


def test_calls_that_go_as_written_are_a_line_for_each_file(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text(GOOD)
    (house / "flows" / "shop.calls.yaml").write_text("calls:\n  Nothing:\n    - silence\n    - ends: hangup\n")
    result = run()
    assert result.exit_code == 0
    assert timeless(result.output) == (
        "tests/shop.calls.yaml  2 calls\nflows/shop.calls.yaml  1 call\n\n3 calls, all as written, N ms\n"
    )


def test_a_call_that_goes_otherwise_is_told_with_both_places_and_the_call_so_far(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text(BAD)
    result = run()
    assert result.exit_code == 1
    assert timeless(result.output) == (
        """\
tests/shop.calls.yaml  1 call, 1 otherwise than written

error[F410]: the caller does not hear `Sales is open.`
 --> tests/shop.calls.yaml:5:13
  |
5 |     - hear: Sales is open.
  |             ^^^^^^^^^^^^^^
 ::: flows/shop.yaml:6:3
  |
6 |   sales:
  |   ----- the call came here last
  |
  = note: heard since `press: 1`: "Sales is closed."
  = note: the call is over: the flow ran out, and Twilio hung up

so far, in "Sales is reached":
  "For sales, press 1. For help, press 2."
  asks for keys (1 key, 5 s)
> press 1
  "Sales is closed."
  the flow ran out, and Twilio hung up

1 call, 1 otherwise than written, N ms
"""
    )
    assert max(map(len, result.output.splitlines())) <= 80


def test_a_script_with_a_mistake_is_told_like_a_flow_with_one(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text(GOOD.replace("hear", "heer", 1))
    (house / "tests" / "more.calls.yaml").write_text("flow: shop\n" + GOOD)
    result = run()
    assert result.exit_code == 1
    assert "tests/more.calls.yaml  2 calls\ntests/shop.calls.yaml  cannot be played\n" in result.output
    assert " --> tests/shop.calls.yaml:4:7\n" in result.output
    assert "^^^^ did you mean `hear`?" in result.output
    assert "2 calls, 1 file that cannot be played, " in result.output


def test_a_flow_with_a_mistake_is_told_in_the_flow(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text(GOOD)
    (house / "flows" / "shop.yaml").write_text(FLOW.replace("1: sales", "1: salse"))
    result = run()
    assert result.exit_code == 1
    assert "error[F201]: there is no step named `salse`\n" in result.output
    assert " --> flows/shop.yaml:5:21\n" in result.output


def test_a_mistake_of_a_flow_that_several_scripts_call_is_told_once(house: Path) -> None:
    for name in ("shop", "more"):
        (house / "tests" / f"{name}.calls.yaml").write_text("flow: shop\n" + GOOD)
    (house / "flows" / "shop.yaml").write_text(FLOW.replace("1: sales", "1: salse"))
    result = run()
    assert result.output.count("there is no step named `salse`") == 1
    assert "0 calls, 2 files that cannot be played, " in result.output


def test_the_coverage_of_several_folders_says_which(house: Path) -> None:
    (house / "menus").mkdir()
    (house / "menus" / "shop.yaml").write_text(FLOW)
    (house / "tests" / "shop.calls.yaml").write_text(GOOD)
    assert "\nflow " in run("--cov").output.replace("\n\nflow ", "\nflow ")
    (house / "tests" / "more.calls.yaml").write_text("flow: shop\nflows: ../menus\n" + GOOD)
    result = run("--cov")
    assert "\nmenus:\nflow " in result.output.replace("tests/../", "")
    assert "\nflows:\nflow " in result.output


def test_a_text_to_a_flow_that_answers_calls_is_a_mistake(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text("calls:\n  A text:\n    - text: HOURS\n")
    result = run()
    assert result.exit_code == 1
    assert "error[F401]: `shop` answers calls, and `text` is a text message\n" in result.output


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("flow: shpo\n", "error[F404]: there is no flow named `shpo`"),
        ("flows: elsewhere\n", "error[F404]: there is no folder `elsewhere` beside this file"),
    ],
)
def test_a_flow_or_folder_that_is_not_there_is_told(head: str, said: str, house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text(head + GOOD)
    result = run()
    assert result.exit_code == 1
    assert said in result.output


def test_a_script_names_its_folder_of_flows(house: Path) -> None:
    (house / "flows").rename(house / "menus")
    (house / "tests" / "shop.calls.yaml").write_text(GOOD)
    result = run("tests")
    assert result.exit_code == 1
    assert "no folder `flows` is found around this file" in result.output
    (house / "tests" / "shop.calls.yaml").write_text("flows: ../menus\n" + GOOD)
    assert run("tests").exit_code == 0


def test_a_script_that_is_not_utf8_is_told(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_bytes("calls: {Olá: []}".encode("latin-1"))
    result = run()
    assert result.exit_code == 1
    assert "error[F002]: the file is not UTF-8: byte 0xE1 at position 11" in result.output


def test_calls_can_be_chosen_by_words(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text(GOOD)
    assert "1 call, all as written" in run("-k", "help").output
    assert "2 calls, all as written" in run("-k", "shop reached").output
    result = run("-k", "nowhere")
    assert result.exit_code == 2
    assert result.stderr == (
        "touchtone: no call with `nowhere` is written in tests or flows; scripts are named *.calls.yaml\n"
    )


def test_a_place_that_is_not_there_is_status_2(house: Path) -> None:
    result = run("test")
    assert result.exit_code == 2
    assert result.stderr == "touchtone: there is no file or folder test\n"


def test_a_file_that_is_no_script_is_status_2(house: Path) -> None:
    result = run("flows/shop.yaml")
    assert result.exit_code == 2
    assert result.stderr == "touchtone: flows/shop.yaml is no call script: these are named *.calls.yaml\n"


def test_coverage_is_a_table_and_can_be_demanded(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text(GOOD)
    result = run("--cov", "--cov-fail-under", "100")
    assert result.exit_code == 1
    assert "\nnot taken:\n  flows/shop.yaml:5  exit menu: else\n" in result.output
    assert "flows: 83 % of steps and exits are taken, not 100 %\n" in result.output
    assert run("--cov-fail-under", "80").exit_code == 0


def test_coverage_is_written_for_other_tools(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text(GOOD)
    assert run("--lcov", "out/lcov.info").exit_code == 0
    assert "SF:flows/shop.yaml\n" in (house / "out" / "lcov.info").read_text()


def test_what_is_suggested_takes_what_was_missing(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text(GOOD)
    result = run("--suggest")
    assert result.exit_code == 0
    (house / "tests" / "more.calls.yaml").write_text(result.stdout)
    assert run("--cov-fail-under", "100").exit_code == 0


def test_the_empty_file_that_a_shell_makes_for_what_is_suggested_is_no_mistake(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text(GOOD)
    (house / "tests" / "more.calls.yaml").write_text("")
    assert run("--suggest").exit_code == 0
    assert run().exit_code == 1


def test_each_flow_has_a_script_of_its_own(house: Path) -> None:
    (house / "flows" / "box.yaml").write_text("steps:\n  a:\n    - say: Hello.\n")
    result = run("--suggest")
    assert result.stdout.count("\nflow: ") == 2
    assert "each flow has a script of its own:  --suggest --save tests  writes each to a file\n" in result.stderr


def test_what_is_suggested_is_saved_a_file_for_each_flow_and_never_over_another(house: Path) -> None:
    (house / "flows" / "box.yaml").write_text("steps:\n  a:\n    - say: Hello.\n")
    result = run("--suggest", "--save", "tests/calls")
    assert result.exit_code == 0
    assert "\nwritten to tests/calls/box.suggested.calls.yaml\n" in result.output
    assert run("--cov-fail-under", "100").exit_code == 0
    (house / "tests" / "calls" / "shop.suggested.calls.yaml").write_text("flow: shop\n" + BAD.replace("open", "closed"))
    assert run("--suggest", "--save", "tests/calls").exit_code == 0
    assert (house / "tests" / "calls" / "shop.suggested-2.calls.yaml").exists()
    assert run("--cov-fail-under", "100").exit_code == 0


def test_what_is_suggested_for_other_folders_names_them_from_where_it_is_saved(house: Path) -> None:
    (house / "flows").rename(house / "menus")
    (house / "tests" / "shop.calls.yaml").write_text("flows: ../menus\n" + GOOD)
    assert run("tests", "--suggest", "--save", "tests/calls").exit_code == 0
    assert "\nflows: ../../menus\n" in (house / "tests" / "calls" / "shop.suggested.calls.yaml").read_text()
    assert run("tests", "--cov-fail-under", "100").exit_code == 0


def test_saving_is_of_what_is_suggested(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text(GOOD)
    assert run("--save", "tests").stderr == "touchtone: --save goes with --suggest: it writes what is suggested\n"


def test_the_flows_may_read_the_environment_that_the_settings_name(house: Path) -> None:
    (house / "flows" / "shop.yaml").write_text(FLOW.replace("Sales is closed.", "Sales is {{ env.SALES }}."))
    (house / ".env").write_text("TOUCHTONE_ENV=SALES\nSALES=closed\n")
    (house / "tests" / "shop.calls.yaml").write_text(GOOD)
    assert run().exit_code == 0


def test_a_doubt_about_a_script_is_shown_and_its_calls_are_played(house: Path) -> None:
    (house / "tests" / "shop.calls.yaml").write_text(GOOD.replace("can help.", "can #help us"))
    result = run()
    assert result.exit_code == 0
    assert "warning[F008]" in result.output


def test_scripts_are_suggested_where_there_is_none_yet(house: Path) -> None:
    result = run("--suggest")
    assert result.exit_code == 0
    (house / "tests" / "shop.calls.yaml").write_text(result.stdout)
    assert run("--cov-fail-under", "100").exit_code == 0


def test_callers_who_do_anything_are_played(house: Path) -> None:
    result = run("--explore", "20", "--seed", "3")
    assert result.exit_code == 0
    assert "flows: 20 calls by callers who do anything, " in result.output


def test_what_goes_wrong_for_them_is_printed_as_a_script(house: Path) -> None:
    (house / "flows" / "shop.yaml").write_text(FLOW.replace("Nobody can help.", "'{{ 1 / 0 }}'"))
    result = run("--explore", "60")
    assert result.exit_code == 1
    script = result.output.partition("# to play it again:\n")[2].partition("\n\n0 calls")[0]
    (house / "tests" / "again.calls.yaml").write_text(script)
    again = run()
    assert again.exit_code == 1
    assert "a step has a fault" in again.output
    assert timeless(result.output).endswith(", 1 fault met by callers who do anything, N ms\n")
