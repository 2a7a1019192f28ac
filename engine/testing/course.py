"""The course of `touchtone test`: plays scripts, keeps what they took, says what came of it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from engine.diagnostics import render_text
from engine.testing.coverage import Coverage, lcov, shown, survey, table
from engine.testing.project import Project
from engine.testing.run import Run, counted, details, line, run_scripts, summary
from engine.testing.scripts import Folders

Say = Callable[[str], None]


class Course:
    """The scripts below `paths`, those calls that `words` mean; `say` prints; with `quiet` only scripts that are
    suggested, and all else that matters goes to `warn`."""

    def __init__(
        self,
        paths: Sequence[Path],
        words: str = "",
        *,
        quiet: bool,
        say: Say,
        warn: Say,
        colour: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._paths, self._words, self._quiet, self._colour = paths, words, quiet, colour
        self._say, self._warn = say, warn
        self._folders = Folders(env)
        self.runs: list[Run] = []
        self.taken: dict[Project, Coverage] = {}

    @property
    def fine(self) -> bool:
        """Whether all calls went as written."""
        return not any(run.failures or run.written.script is None for run in self.runs)

    def play(self) -> bool:
        """Plays everything, a line for each file; whether there was anything."""
        for run in run_scripts(self._paths, self._folders, self._words):
            if self._quiet and not run.written.path.stat().st_size:
                continue  # the file that what is suggested is about to be written to
            self.runs.append(run)
            project = run.written.project
            if project is not None:
                known = self.taken.get(project) or Coverage(survey(project.program))
                self.taken[project] = known.plus(project, [result.story for result in run.results])
            if not self._quiet:
                self._say(line(run))
        for run in self.runs:
            for told in details(run, colour=self._colour):
                self._aside(told)
        return any(run.results or run.written.script is None for run in self.runs)

    def survey(self, folder: Path) -> bool:
        """Takes up the flows of a folder that no script calls; whether they can be served. Their mistakes are printed."""
        project = self._folders.project(folder)
        if isinstance(project, Project):
            self.taken.setdefault(project, Coverage(survey(project.program)))
            return True
        self._warn(render_text(project.diagnostics, colour=self._colour))
        return False

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
                self._aside(
                    f"{project.folder}: {shown(coverage.percent)} of steps and exits are taken, not {least:g} %"
                )
        return all(coverage.percent >= least for coverage in self.taken.values())

    def suggest(self) -> None:
        """Prints a script of calls for the steps and exits that no call took; on the side what none was found for."""
        from engine.testing.suggest import suggest

        for project, coverage in self.taken.items():
            suggestions = suggest(project, coverage)
            for flow, text in suggestions.scripts.items():
                where = "" if project.folder.name == "flows" else f"flows: {project.folder.resolve()}\n"
                self._say(f"# {flow}.calls.yaml: calls that take what no other takes\n{where}{text}")
            if len(suggestions.scripts) > 1:
                self._aside("each flow has a script of its own: write each to its own file")
            self._aside(suggestions.regrets or ("" if suggestions.found else f"{project.folder}: every exit is taken"))

    def explore(self, callers: int, seed: int) -> bool:
        """Plays callers who do anything; whether nothing goes wrong for them. What does is printed as a script."""
        from engine.testing.explore import explore

        fine = True
        for project in self.taken:
            found = explore(project, callers, seed)
            fine = fine and not found.failures
            self._aside(f"{project.folder}: {counted(found.calls)} by callers who do anything, {found.moves} turns")
            for failure in found.failures:
                many = f", met by {failure.callers} of them" if failure.callers > 1 else ""
                self._say(f"\n{failure.trouble}{many}\n\n{failure.transcript}\n\n# to play it again:\n{failure.script}")
        return fine

    def _aside(self, text: str) -> None:
        """Prints what is no script, where scripts are printed only that."""
        if text and not self._quiet:
            self._say(f"\n{text}")
        elif text:
            self._warn(text)

    def sum_up(self, began: float) -> None:
        """Prints the last line."""
        if not self._quiet:
            self._say(f"\n{summary(self.runs, began)}")
