"""The course of `touchtone test`: plays scripts, keeps what they took, says what came of it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from engine.testing.coverage import Coverage, lcov, shown, survey, table
from engine.testing.project import Project
from engine.testing.run import Run, details, line, run_scripts, summary
from engine.testing.scripts import Folders

Say = Callable[[str], None]


class Course:
    """The scripts below `paths`, those calls that `words` mean; `say` prints, and `quiet` leaves out what went well."""

    def __init__(self, paths: Sequence[Path], words: str = "", *, quiet: bool, say: Say, colour: bool = False) -> None:
        self._paths, self._words, self._quiet, self._say, self._colour = paths, words, quiet, say, colour
        self._folders = Folders()
        self.runs: list[Run] = []
        self.taken: dict[Project, Coverage] = {}

    @property
    def fine(self) -> bool:
        """Whether all calls went as written."""
        return not any(run.failures or run.written.script is None for run in self.runs)

    def play(self) -> bool:
        """Plays everything, a line for each file; whether there was anything."""
        for run in run_scripts(self._paths, self._folders, self._words):
            self.runs.append(run)
            project = run.written.project
            if project is not None:
                known = self.taken.get(project) or Coverage(survey(project.program))
                self.taken[project] = known.plus(project, [result.story for result in run.results])
            if not self._quiet:
                self._say(line(run))
        for run in self.runs:
            for told in details(run, colour=self._colour):
                if not self._quiet:
                    self._say(f"\n{told}")
        return any(run.results or run.written.script is None for run in self.runs)

    def table(self) -> None:
        """Prints which steps and exits were taken."""
        for coverage in self.taken.values():
            self._say(f"\n{table(coverage)}")

    def lcov(self) -> str:
        """The same for other tools."""
        return "".join(lcov(coverage) for coverage in self.taken.values())

    def covers(self, least: float) -> bool:
        """Whether so many percent of the steps and exits of each folder were taken; says so if not."""
        for project, coverage in self.taken.items():
            if coverage.percent < least:
                self._say(f"{project.folder}: {shown(coverage.percent)} of steps and exits are taken, not {least:g} %")
        return all(coverage.percent >= least for coverage in self.taken.values())

    def suggest(self) -> None:
        """Prints a script of calls for the exits that no call took."""

    def explore(self, callers: int, seed: int) -> bool:
        """Plays callers who do anything; whether nothing goes wrong for them. What does is printed as a script."""
        return callers + seed > 0

    def sum_up(self, began: float) -> None:
        """Prints the last line."""
        if not self._quiet:
            self._say(f"\n{summary(self.runs, began)}")
