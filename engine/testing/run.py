"""Runs call scripts: a line for each file, and each call that goes otherwise than written."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.diagnostics import render_text
from engine.phone.scripts import Result, play
from engine.phone.transcript import visible
from engine.testing.idle import idle
from engine.testing.project import Project
from engine.testing.scripts import Folders, Written, find_scripts, near, read_written
from engine.testing.told import told


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a script file."""

    written: Written
    results: tuple[Result, ...]

    @property
    def failures(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.failure)


def run_scripts(paths: Iterable[Path], folders: Folders, words: str = "") -> Iterator[Run]:
    """Plays the calls of all script files below the paths; with `words` those whose file or name holds them."""
    for path in find_scripts(paths):
        written = read_written(path, folders)
        if written.script is None or written.project is None:
            yield Run(written, ())
            continue
        results = play(written.script, written.project, wanted(path, words))
        if results or not words:
            yield Run(written, results)


def wanted(path: Path, words: str) -> Callable[[str], bool]:
    """Whether a call of a file is meant by the words of `-k`: all of them stand in its name or that of its file."""
    parts = words.casefold().split()
    return lambda name: all(part in f"{path.name} {name}".casefold() for part in parts)


def line(run: Run) -> str:
    """A file in one line: `tests/clinic.calls.yaml  12 calls`."""
    path = " ".join(visible(str(near(run.written.path))).split())
    if run.written.script is None:
        return f"{path}  cannot be played"
    failed = len(run.failures)
    return f"{path}  {counted(len(run.results))}" + (f", {failed} otherwise than written" if failed else "")


def details(run: Run, *, colour: bool = False) -> Iterator[str]:
    """Each mistake of a file, and each of its calls that goes otherwise than written."""
    if len(run.written.report):
        yield render_text(run.written.report.diagnostics, colour=colour)
    project = run.written.project
    for result in run.failures:
        assert isinstance(project, Project), "a call was made to a project"
        yield told(result, project.program, colour=colour)
    if run.written.script is not None and project is not None:
        hints = tuple(idle(run.written.script, run.results, project))
        if hints:
            yield render_text(hints, colour=colour)


def summary(runs: Sequence[Run], began: float, met: int = 0) -> str:
    """All of a run in one line: `25 calls, 1 otherwise than written, 1 file that cannot be played, 400 ms`; `met` is how many
    things went wrong for callers who do anything."""
    failed = sum(len(run.failures) for run in runs)
    broken = sum(run.written.script is None for run in runs)
    calls = sum(len(run.results) for run in runs)
    parts = [counted(calls)]
    parts += [f"{failed} otherwise than written"] if failed else []
    parts += [f"{broken} file{'s' if broken > 1 else ''} that cannot be played"] if broken else []
    parts += ["all as written"] if calls and not failed and not broken else []
    parts += [f"{met} fault{'s' if met > 1 else ''} met by callers who do anything"] if met else []
    took = time.perf_counter() - began
    return ", ".join([*parts, f"{took:.1f} s" if took >= 1 else f"{took * 1000:.0f} ms"])


def counted(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls} calls"
