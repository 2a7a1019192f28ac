"""The course of `touchtone test`: plays scripts, keeps what they took, says what came of it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from engine.diagnostics import Diagnostic, Report, render_text
from engine.phone.scripts import SUFFIX
from engine.testing.coverage import Coverage, lcov, shown, survey, table
from engine.testing.project import Project
from engine.testing.run import Run, counted, details, line, run_scripts, summary
from engine.testing.scripts import Folders, flows_near, near

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
        # Scripts that are named one by one are about their flows only.
        self._narrow = all(path.is_file() for path in paths)
        self._told: set[Diagnostic] = set()
        self._met = 0  # how many things went wrong for callers who do anything

    @property
    def fine(self) -> bool:
        """Whether all calls went as written."""
        return not any(run.failures or run.written.script is None for run in self.runs)

    def play(self) -> bool:
        """Plays everything, a line for each file; whether there was anything."""
        for run in run_scripts(self._paths, self._folders, self._words):
            if self._quiet and _is_empty(run.written.path):
                continue  # the file that what is suggested is about to be written to
            self.runs.append(run)
            project = run.written.project
            if project is not None:
                known = self.taken.get(project) or Coverage(survey(project.program))
                self.taken[project] = known.plus(project, [result.story for result in run.results])
            if not self._quiet:
                self._say(line(run))
        if self._narrow:
            self.taken = {project: known.of(*self._called(project)) for project, known in self.taken.items()}
        for run in self.runs:
            for told in details(self._news(run), colour=self._colour):
                self._aside(told)
        return any(run.results or run.written.script is None for run in self.runs)

    def _called(self, project: Project) -> tuple[str, ...]:
        """The flows that scripts call."""
        scripts = [run.written.script for run in self.runs if run.written.project is project]
        return tuple(dict.fromkeys(script.flow for script in scripts if script is not None))

    def _given(self, project: Project) -> dict[str, list[Mapping[str, str]]]:
        """What scripts give the flows that they call, each once."""
        found: dict[str, list[Mapping[str, str]]] = {}
        for run in self.runs:
            if run.written.project is project and run.written.script is not None:
                known = found.setdefault(run.written.script.flow, [])
                known += [takes for call in run.written.script.calls if (takes := call.given.entry) not in known]
        return found

    def survey(self, folder: Path) -> bool:
        """Takes up the flows of a folder that no script calls; whether they can be served. Their mistakes are printed."""
        project = self._folders.project(folder)
        if isinstance(project, Project):
            self.taken.setdefault(project, Coverage(survey(project.program)))
            return True
        news = [finding for finding in project.diagnostics if finding not in self._told]
        if news:  # else the scripts that call them have told it
            self._warn(render_text(news, colour=self._colour))
        return False

    def table(self) -> None:
        """Prints which steps and exits were taken."""
        for project, coverage in self.taken.items():
            where = f"{project.folder}:\n" if len(self.taken) > 1 else ""
            self._say(f"\n{where}{table(coverage)}")

    def lcov(self) -> str:
        """The same for other tools."""
        return "".join(lcov(coverage) for coverage in self.taken.values())

    def covers(self, least: float) -> bool:
        """Whether so many percent of the steps and exits of each folder were taken; says so if not."""
        for project, coverage in self.taken.items():
            if coverage.percent < least:
                self._aside(
                    f"{project.folder}: {shown(coverage.percent)} of steps and exits are taken, not {least:.10g} %"
                )
        return all(coverage.percent >= least for coverage in self.taken.values())

    def suggest(self, folder: Path | None = None) -> None:
        """Prints a script of calls for the steps and exits that no call took, one for each flow, or writes them into a folder;
        on the side what none was found for."""
        from engine.testing.suggest import suggest

        printed = 0
        for project, coverage in self.taken.items():
            flows = self._called(project) if self._narrow else ()
            suggestions = suggest(project, coverage, flows, self._given(project))
            for flow, text in suggestions.scripts.items():
                heading = f"# Calls to {flow} that take what no other takes: each wants a name, and to be read.\n"
                if folder is not None:
                    path = _free(folder, flow)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(f"{heading}{_flows(project, folder)}{text}", encoding="utf-8")
                    self._aside(f"written to {near(path)}")
                    continue
                printed += 1
                self._say(f"{heading}{_flows(project, None)}{text}")
            self._aside(suggestions.regrets or ("" if suggestions.found else f"{project.folder}: every exit is taken"))
        if printed > 1:
            self._aside("each flow has a script of its own:  --suggest --save tests  writes each to a file")

    def explore(self, callers: int, seed: int) -> bool:
        """Plays callers who do anything; whether nothing goes wrong for them. What does is printed as a script."""
        from engine.testing.explore import explore

        for project in self.taken:
            flows = self._called(project) if self._narrow else ()
            found = explore(project, callers, seed, flows, self._given(project))
            self._met += len(found.failures)
            self._aside(f"{project.folder}: {counted(found.calls)} by callers who do anything, {found.moves} turns")
            for failure in found.failures:
                many = f", met by {failure.callers} of them" if failure.callers > 1 else ""
                self._say(f"\n{failure.trouble}{many}\n\n{failure.transcript}\n\n# to play it again:\n{failure.script}")
        return not self._met

    def _news(self, run: Run) -> Run:
        """A file without the mistakes that were told of another one: those of the flows that both call."""
        report = Report()
        for finding in run.written.report.diagnostics:
            if finding not in self._told:
                report.add(finding)
                self._told.add(finding)
        return replace(run, written=replace(run.written, report=report))

    def _aside(self, text: str) -> None:
        """Prints what is no script, where scripts are printed only that."""
        if text and not self._quiet:
            self._say(f"\n{text}")
        elif text:
            self._warn(text)

    def sum_up(self, began: float) -> None:
        """Prints the last line."""
        if not self._quiet:
            self._say(f"\n{summary(self.runs, began, self._met)}")


def _is_empty(path: Path) -> bool:
    try:
        return not path.stat().st_size
    except OSError:  # gone by now
        return False


def _free(folder: Path, flow: str) -> Path:
    """A file in a folder for suggested calls to a flow that is not there yet."""
    names = (f"{flow}.suggested{f'-{number}' if number > 1 else ''}{SUFFIX}" for number in count(1))
    return next(folder / name for name in names if not (folder / name).exists())


def _flows(project: Project, folder: Path | None) -> str:
    """The line of a script that names its flows; "" where they are found without: as seen from the script's folder."""
    here = project.folder.resolve()
    if folder is None:
        return "" if here.name == "flows" else f"flows: {here}\n"
    nearest = flows_near(folder / "any")
    return "" if nearest == here else f"flows: {os.path.relpath(here, folder.resolve())}\n"
