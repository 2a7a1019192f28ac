"""The state of a project as the page shows it: what is live, what is saved and not live, what is wrong; and what a save changed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any, Final

from engine.diagnostics import Diagnostic, Severity
from engine.diagnostics.source import Source
from engine.document.folder import FUNCTIONS, is_flow
from engine.model.flow import Flow
from engine.page.desk import PageDesk, Saved
from engine.page.problems import MOST, broken_functions, problem
from engine.program.last_good import HeldBack
from engine.server.held import not_live

_WEIGHT: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}

Told = dict[str, Any]


class State:
    """Keeps what the page was told, so that a save costs as much as it changed. To be used in the loop of the page."""

    def __init__(self, desk: PageDesk) -> None:
        self._desk = desk
        self._home = desk.folder.resolve()
        self._flows: dict[str, Told] = {}
        self._names: dict[str, str] = {}  # of the flows that there are, with their files
        self._held: Mapping[str, HeldBack] = {}
        self._marks: dict[str, tuple[object, ...]] = {}  # what was found in each file
        self._numbers: dict[str, int] = {}  # how often each was told otherwise
        self._live: Mapping[str, Flow] = {}
        self._texts: Mapping[str, str] = {}  # that are live
        self._saved: Mapping[str, Source] = {}
        self._times: dict[str, datetime] = {}  # of the last save of each file
        self._since: dict[str, datetime] = {}  # since when the text of each file is live
        self._doubts: tuple[Diagnostic, ...] = ()
        self._others: list[Told] = []  # files that flows share and that are not live as they are saved
        self._problems: list[Mapping[str, Any]] = []
        self._known: dict[Diagnostic, Mapping[str, Any]] = {}
        self._version, self._went_live = "", desk.now()
        self.take(desk.saved)
        self._told_last = self._head()
        desk.on_save.append(self._heard)

    def _heard(self, saved: Saved) -> None:
        before = self._told_last
        changed, gone = self.take(saved)
        self._told_last = self._head()
        if self._desk.hub.watched and (changed or gone or before != self._told_last):
            self._desk.hub.publish("state", self.part(changed, gone))

    def take(self, saved: Saved) -> tuple[list[str], list[str]]:
        """Takes what is saved now; the names of the flows that are told otherwise than before, and of those that are gone."""
        names = self._named(saved)
        touched = self._remember_times(saved, not self._version)
        found = self._findings(saved)
        self._problems = self._told(found)
        if sentence := self._desk.outside.problem:
            self._add_broken(broken_functions(sentence, saved.files.get(FUNCTIONS)))
        self._more = max(0, len(found) - MOST)
        counts = Counter((_file(one), one.severity) for one in found)
        marks: dict[str, tuple[object, ...]] = {}
        for one in found:
            marks[_file(one)] = (*marks.get(_file(one), ()), (one.code, one.span))
        touched |= _differing(marks, self._marks) | _differing(saved.held, self._held)
        self._marks, self._held = marks, saved.held
        self._others = [self._other(one, saved) for file, one in sorted(saved.held.items()) if not is_flow(file)]
        gone = sorted(self._flows.keys() - names.keys())
        changed = [name for name, file in names.items() if file in touched or name not in self._flows]
        for name in changed:
            self._flows[name] = self._flow(name, names[name], saved, counts)
        for name in gone:
            del self._flows[name]
        if names is not self._names:
            self._names, self._flows = names, {name: self._flows[name] for name in names}
        return changed, gone

    def whole(self) -> Told:
        """All of it."""
        return {**self._head(), "flows": list(self._flows.values()), "all": True}

    def part(self, changed: Iterable[str], gone: Iterable[str] = ()) -> Told:
        """The same with these flows alone."""
        flows = [self._flows[name] for name in changed if name in self._flows]
        return {**self._head(), "flows": flows, "gone": list(gone), "all": False}

    def _head(self) -> Told:
        desk = self._desk
        editor = desk.settings.editor
        return {
            "project": self._home.parent.name if self._home.name == "flows" else self._home.name,
            "folder": str(self._home),
            "version": self._version,
            "saved": self._went_live.isoformat(timespec="milliseconds"),
            "others": self._others,
            "problems": self._problems,
            "more_problems": self._more,
            "editor": "" if editor.command else editor.text,
            "editor_command": editor.command,
            "scripts": desk.scripts,
            "calls": {"live": self._calls()},
            "url": desk.url,
            "public_url": desk.public_url,
            "tunnel": desk.tunnel,
            "empty": not self._flows,
        }

    def _calls(self) -> int:
        return self._desk.history.live if self._desk.history is not None else 0

    def _remember_times(self, saved: Saved, first: bool) -> set[str]:
        """Notes when files were saved, and since when they are live; the names of the files of which anything is new."""
        files, texts, flows = saved.files, saved.program.sources, saved.program.flows
        touched: set[str] = set()
        if files is not self._saved:
            touched = {name for name, source in files.items() if self._saved.get(name) is not source}
            for name in touched:
                self._times[name] = self._written(Path(files[name].path), saved.at)
            gone = self._saved.keys() - files.keys()
            self._times.update(dict.fromkeys(gone, saved.at))
            touched |= gone
        if texts is not self._texts:
            news = {name for name, text in texts.items() if self._texts.get(name) != text}
            for name in news:
                if not first:
                    self._since[name] = saved.at
                elif name in files and files[name].text == texts[name]:
                    self._since[name] = self._times[name]
            touched |= news | (self._texts.keys() - texts.keys())
        if flows is not self._live:
            # Also a flow that takes something of a file that changed, such as the project file, is another object then.
            touched |= {f"{name}.yaml" for name, flow in flows.items() if self._live.get(name) is not flow}
            touched |= {f"{name}.yaml" for name in self._live.keys() - flows.keys()}
        if saved.program.version != self._version:
            live = [self._since[name] for name in texts if name in self._since] if first else []
            self._went_live = max(live, default=saved.at)
            self._desk.note_live(saved.program.version, self._went_live)
        self._version, self._live, self._texts, self._saved = saved.program.version, flows, texts, files
        return touched

    def _written(self, path: Path, at: datetime) -> datetime:
        try:
            return datetime.fromtimestamp(path.stat().st_mtime, at.tzinfo)
        except (OSError, ValueError, OverflowError):
            return at

    def _findings(self, saved: Saved) -> list[Diagnostic]:
        """What was found, with the doubts of before where nobody has looked for them again."""
        found, files = saved.found, saved.files
        errors = any(one.severity is Severity.ERROR for one in found)
        if saved.whole and not errors:
            self._doubts = tuple(one for one in found if one.severity is not Severity.ERROR)
            return list(found)
        told = {(one.span, one.code) for one in found}
        kept = (
            one for one in self._doubts if files.get(_file(one)) is one.span.source and (one.span, one.code) not in told
        )
        return [*found, *kept]

    def _told(self, found: list[Diagnostic]) -> list[Mapping[str, Any]]:
        ordered = sorted(
            found, key=lambda one: (_WEIGHT[one.severity], -self._saved_at(one), one.span.source.path, one.span.start)
        )
        before, self._known = self._known, {}
        shown = []
        for number, one in enumerate(ordered):
            told = before.get(one)
            if told is None and number < MOST:
                told = problem(one)
            if told is not None:
                self._known[one] = told
            if number < MOST and told is not None:
                shown.append(told)
        return shown

    def _add_broken(self, broken: Mapping[str, Any]) -> None:
        """Tells that the functions cannot be imported: at the line of a warning that is found there already, else by itself."""
        for number, one in enumerate(self._problems):
            if (one["file"], one["line"]) == (broken["file"], broken["line"]):
                self._problems.insert(0, {**self._problems.pop(number), "severity": "error"})
                return
        self._problems.insert(0, broken)

    def _saved_at(self, found: Diagnostic) -> float:
        at = self._times.get(_file(found))
        return at.timestamp() if at else 0.0

    def _named(self, saved: Saved) -> dict[str, str]:
        """The flows that there are, saved or live, with their files, by name; the same object as long as they are the same."""
        program, held = saved.program, saved.held
        same = saved.files.keys() == self._saved.keys() and program.flows.keys() == self._live.keys()
        if self._names and same and held.keys() == self._held.keys():
            return self._names
        files = {file for file in saved.files if is_flow(file)}
        files |= {f"{name}.yaml" for name in (*program.flows, *program.absent)}
        files |= {file for file in held if is_flow(file)}
        return {file.removesuffix(".yaml"): file for file in sorted(files)}

    def _flow(self, name: str, file: str, saved: Saved, counts: Mapping[tuple[str, Severity], int]) -> Told:
        live, held, source = saved.program.flows.get(name), saved.held.get(file), self._saved.get(file)
        description = live.description if live is not None else ""
        since = self._since.get(file)
        number = self._numbers[name] = self._numbers.get(name, 0) + 1
        return {
            "name": name,
            "title": description or name,
            "file": file,
            "path": str(self._home / file),
            "channels": list(live.channels) if live is not None else [],
            "steps": len(live.steps) if live is not None else 0,
            "live": live is not None and held is None,
            "served": live is not None,
            "deleted": source is None,
            "saved": _iso(self._times.get(file)),
            "errors": counts[file, Severity.ERROR],
            "warnings": counts[file, Severity.WARNING],
            "hints": counts[file, Severity.HINT],
            "hash": f"{saved.program.manifest.get(file, '')[:8]}-{number}",
            "waits_for": list(held.because) if held is not None else [],
            "not_live": self._not_live(name, file, saved),
            "live_since": _iso(since),
        }

    def _other(self, held: HeldBack, saved: Saved) -> Told:
        return {
            "file": held.file,
            "path": str(self._home / held.file),
            "saved": _iso(self._times.get(held.file)),
            "live_since": _iso(self._since.get(held.file)),
            "waits_for": list(held.because),
            "not_live": not_live(held, saved.folder.path),
        }

    def _not_live(self, name: str, file: str, saved: Saved) -> str:
        held = saved.held.get(file)
        if held is not None:
            return not_live(held, saved.folder.path)
        if name not in saved.program.flows and file in saved.program.absent:
            return f"{file} has errors: it is not live until they are fixed."
        return ""


def _differing(now: Mapping[str, object], before: Mapping[str, object]) -> set[str]:
    return {name for name in now.keys() | before.keys() if now.get(name) != before.get(name)}


def _file(found: Diagnostic) -> str:
    return PurePath(found.span.source.path).name


def _iso(at: datetime | None) -> str:
    return at.isoformat(timespec="milliseconds") if at is not None else ""
