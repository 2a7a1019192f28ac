"""`touchtone test`: plays call scripts, and tells what they leave out."""

import math
import sys
import time
from pathlib import Path

import click

from engine.commands.common import FOLDER, Failure, settings

FLOWS = Path("flows")
PLACES = (Path("tests"), FLOWS)


@click.command()
@click.argument("paths", type=FOLDER, nargs=-1, metavar="[PATH]...")
@click.option("-k", "words", default="", metavar="WORDS", help="Only calls whose name or file holds these words.")
@click.option("--cov", is_flag=True, help="Which steps and exits of the flows the calls took, as a table.")
@click.option(
    "--cov-fail-under",
    "least",
    type=click.FloatRange(0, 100),
    metavar="N",
    help="Fail if fewer than N percent are taken.",
)
@click.option("--lcov", "lcov_file", type=click.Path(path_type=Path), metavar="FILE", help="Coverage for other tools.")
@click.option("--suggest", "suggesting", is_flag=True, help="Print a script of calls for the exits not yet taken.")
@click.option("--save", type=FOLDER, metavar="FOLDER", help="With --suggest: write it there, a file for each flow.")
@click.option(
    "--explore", "callers", type=click.IntRange(1, 1_000_000), metavar="N", help="Also play N callers who do anything."
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="Which callers those are.")
def test(
    paths: tuple[Path, ...],
    words: str,
    cov: bool,
    least: float | None,
    lcov_file: Path | None,
    suggesting: bool,
    save: Path | None,
    callers: int | None,
    seed: int,
) -> None:
    """Plays the call scripts (*.calls.yaml) in PATH.

    Without PATH those in tests and flows are played.

    The exit status is 0 when every call goes as written, 1 when one does not or a script has a mistake, 2 when there
    is nothing to play.

    \b
    touchtone test
    touchtone test tests/clinic.calls.yaml -k "front desk"
    touchtone test --cov --cov-fail-under 100
    touchtone test --suggest --save tests/calls
    """
    from engine.testing.course import Course

    if save is not None and not suggesting:
        raise Failure("--save goes with --suggest: it writes what is suggested")
    if least is not None and math.isnan(least):
        raise Failure("--cov-fail-under is a number of percent, from 0 to 100; not nan")
    if lcov_file is not None and lcov_file.suffix in (".yaml", ".yml"):
        raise Failure(
            f"--lcov writes a report over what is there, and {lcov_file.name} is the name of a flow or a script"
        )
    for path in paths:
        if not path.exists():
            raise Failure(f"there is no file or folder {path}")
        if path.is_file() and not path.name.endswith(".calls.yaml"):
            raise Failure(f"{path} is no call script: these are named *.calls.yaml")
    wanted = paths or tuple(path for path in PLACES if path.is_dir())
    if not wanted:
        raise Failure("there is no folder `tests` or `flows` here; name the place of your *.calls.yaml")
    began = time.perf_counter()
    # What is suggested is a script; all else that is said must not stand in it.
    course = Course(
        wanted,
        words,
        quiet=suggesting and save is None,
        say=click.echo,
        warn=_warn,
        colour=sys.stdout.isatty(),
        env=settings().env,
    )
    played = course.play()
    if not course.taken and (suggesting or callers) and FLOWS.is_dir():
        if not course.survey(FLOWS):
            raise click.exceptions.Exit(1)
    elif not played:
        among = f" with `{words}`" if words else ""
        raise Failure(f"no call{among} is written in {' or '.join(map(str, wanted))}; scripts are named *.calls.yaml")
    fine = course.fine
    if callers:
        fine = course.explore(callers, seed) and fine
    if cov:
        course.table()
    if lcov_file:
        lcov_file.parent.mkdir(parents=True, exist_ok=True)
        lcov_file.write_text(course.lcov(), encoding="utf-8")
    if suggesting:
        course.suggest(save)
    course.sum_up(began)
    if least is not None and not course.covers(least):
        fine = False
    if not fine:
        raise click.exceptions.Exit(1)


def _warn(text: str) -> None:
    click.echo(text, err=True)
