"""Which of the files that are saved can be live together, where some have errors: the rest stays as it was good last."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import PurePath

from engine.diagnostics.diagnostic import Diagnostic, Severity
from engine.diagnostics.source import Source, Span
from engine.document.folder import FUNCTIONS, PROJECT, is_flow
from engine.model.build import Built
from engine.model.parts import Subflow, ToStep
from engine.model.reading.reader import first_line
from engine.model.walk import closure

TRIED = 16  # attempts with files that are held back for others, when it is known which these are
ROUNDS = (
    20  # attempts after which no longer only what an error comes from is held back, but all that is connected with it
)

Files = Mapping[str, Source]  # by name
Build = Callable[[Files, Files], Built]  # of the files that are live, and those that never were


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A file that is not live as it is saved, or is still live though it is deleted.

    `because` are the other files for which it is held back: they need it as it was, or lack what it needs; none, if it has
    errors of its own. `served` tells that an earlier text of it is live.
    """

    file: str
    because: tuple[str, ...]
    served: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """Files that are good together: `absent` are those that have a name and no text that was ever good."""

    files: Files
    absent: Files
    held: tuple[HeldBack, ...]
    built: Built


def settle(saved: Files, unread: Files, good: Files, lacked: Files, built: Built, build: Build) -> Settled | None:
    """The files that can be live: as they are `saved`, or as they were `good` last; None if nothing can.

    `unread` are files that could not even be read, `lacked` those that were `absent` beside the good ones; `built` is what became of
    all that is saved. What is held back is what changed since the last good files and does not fit, repeated until nothing is wrong
    any more. What did not change and is wrong nevertheless, by a newer rule or for lack of a file that nobody knows any more, is
    not live at all. Where nothing was ever good, a project file with errors leaves nothing to be served: every flow may depend on it.
    """
    settling = _Settling(saved, unread, good, lacked, build, frozenset(map(_told, _errors(built))))
    for name in unread:
        settling.hold(name, ())
    if not unread:
        settling.blame(built)
    for rounds in count():
        if PROJECT in settling.absent:
            return None
        if rounds == ROUNDS:
            settling.spread(built)
        built = build(settling.live, settling.absent)
        if not built.errors:
            break
        if not settling.blame(built):
            return None
    return settling.again(built)


def _errors(built: Built) -> Iterator[Diagnostic]:
    return (found for found in built.found.all if found.severity is Severity.ERROR)


def _told(found: Diagnostic) -> tuple[Span, str, str]:
    """What makes an error the same one in another attempt: its notes may list other names there."""
    return found.span, found.code, found.title


def _file(source: Source) -> str:
    return PurePath(source.path).name


def _flow_file(name: str) -> str:
    return f"{name}.yaml"


@dataclass(slots=True)
class _Settling:
    saved: Files
    unread: Files
    good: Files
    lacked: Files
    build: Build
    first: Collection[tuple[Span, str, str]]  # the errors of all that is saved, before anything was held back
    live: dict[str, Source] = field(init=False)
    absent: dict[str, Source] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=dict)  # with the files for which each is

    def __post_init__(self) -> None:
        self.live = dict(self.saved)

    def hold(self, name: str, because: Collection[str]) -> bool:
        """Puts the last good text in the place of a file; whether that is news."""
        if name in self.held:
            self.held[name].update(because)
            return False
        self.held[name] = set(because)
        if name in self.good:
            self.live[name] = self.good[name]
            return True
        lacking = self.live.pop(name, None) or self.unread.get(name) or self.lacked[name]
        if name != PROJECT or not self.good:  # without a project file all was good once
            self.absent[name] = lacking
        return True

    def changed(self) -> list[str]:
        """The files that are live otherwise than they were good last."""
        names = self.live.keys() | (self.good.keys() - self.unread.keys())
        gone = self.lacked.keys() - self.saved.keys() - self.absent.keys()
        return sorted(gone.union(name for name in names if self.live.get(name) is not self.good.get(name)))

    def blame(self, built: Built) -> bool:
        """Holds back what the errors come from; False if there is nothing left to hold back."""
        changed = self.changed()
        wrong = [name for name in changed if name in built.wrong]
        # What is wrong in itself comes first, files that all flows share before them: the rest may follow from it.
        first = [name for name in wrong if not is_flow(name)] or wrong or changed
        news = False
        near = {} if wrong else _neighbors(built)
        for found in _errors(built):
            name, named = _file(found.span.source), _named(found, built)
            if name in first:
                news = self.hold(name, self._lacking(found, named) - {name}) or news
            elif name not in changed and not wrong:
                for other in _causes(found, named, near, changed, self.good):
                    news = self.hold(other, {name}) or news
        if not news:  # whatever it is, it came with what changed
            there = {_file(found.span.source) for found in _errors(built)}
            for other in changed:
                news = self.hold(other, there - {other}) or news
        if not news:
            for found in _errors(built):
                news = self.drop(_file(found.span.source), _named(found, built)) or news
        return news

    def spread(self, built: Built) -> None:
        """Holds back all that changed and is connected with what is: one flow after another would take too long."""
        near, changed = _neighbors(built), set(self.changed())
        for name in closure(list(self.held), lambda name: near.get(name, set()) & changed):
            if name in changed:
                self.hold(name, near[name] & self.held.keys())

    def drop(self, name: str, named: Collection[str]) -> bool:
        """Leaves out a file whose last good text is not right any more; whether that is news."""
        if name not in self.live:
            return False
        self.absent[name] = self.live.pop(name)
        self.held.setdefault(name, set()).update(self.held.keys() & named)
        return True

    def _lacking(self, found: Diagnostic, named: Collection[str]) -> set[str]:
        """The other files that an error in a changed file comes from; none if it is a mistake of its own."""
        if known := (self.saved.keys() | self.good.keys()) & set(named):
            return known
        at_first = _told(found) in self.first
        if found.code in ("F201", "F202") and at_first:
            return set()
        # What is read as far as it can be may have a name that is taken as known; a file that all share is not.
        held = {name for name in self.held if not (at_first and is_flow(name))}
        if speaking := self._speaking_of(found.span.text, held):
            return speaking
        if at_first:
            return set()
        shared = {FUNCTIONS} if found.code == "F210" else {name for name in held if not is_flow(name)}
        return shared & held or held

    def _speaking_of(self, word: str, held: Collection[str]) -> set[str]:
        """The files that are held back and have a word as they are saved."""
        found = re.compile(rf"\b{re.escape(word)}\b")
        return {name for name in held if name in self.saved and found.search(self.saved[name].text)}

    def again(self, built: Built) -> Settled:
        """What is live, with files that were held back for others and fit nevertheless, now that these are held back."""
        tries = TRIED
        while names := self._waiting()[:tries]:
            tries -= len(names)
            before = len(self.held)
            for name in names:
                live, absent = dict(self.live), dict(self.absent)
                absent.pop(name, None)
                if name in self.saved:
                    live[name] = self.saved[name]
                else:
                    live.pop(name, None)
                if not (tried := self.build(live, absent)).errors:
                    self.live, self.absent, built = live, absent, tried
                    del self.held[name]
            if len(self.held) == before:
                break
        held = tuple(
            HeldBack(name, tuple(sorted(because)), name in self.live) for name, because in sorted(self.held.items())
        )
        return Settled(self.live, self.absent, held, built)

    def _waiting(self) -> list[str]:
        """The files that may fit as they are saved, those that flows share first."""
        # What is wrong with a file that all flows share may be right as long as that one is held back.
        shared = not all(map(is_flow, self.held))
        names = (name for name, because in self.held.items() if because or (shared and is_flow(name)))
        return sorted((name for name in names if name not in self.unread), key=lambda name: (is_flow(name), name))


def _named(found: Diagnostic, built: Built) -> set[str]:
    """The other files that an error speaks of: by its further places, or as the flow that is named where it stands."""
    files = {_file(label.span.source) for label in found.also}
    own = built.drafts.get(PurePath(found.span.source.path).stem)
    for draft in (
        built.drafts.values() if own is None else (own,)
    ):  # what stands in the project file is part of every flow
        files |= {
            _flow_file(t.flow)
            for t in draft.flow.graph.targets
            if isinstance(t, ToStep) and t.flow and t.span == found.span
        }
        for call in draft.asked:
            if isinstance(call, Subflow):
                spans = (call.flow_span, first_line(call.flow_span), *(span for _, _, span in call.given))
                files |= {_flow_file(call.flow)} if found.span in spans else set()
    return files - {_file(found.span.source)}


def _causes(
    found: Diagnostic,
    named: Collection[str],
    near: Mapping[str, Collection[str]],
    changed: Collection[str],
    good: Files,
) -> list[str]:
    """The changed files from which an error comes that stands in another; all of them where nobody can say. `near` are `_neighbors`."""
    if precise := [name for name in changed if name in named]:
        return precise
    if found.code == "F210":
        return [name for name in changed if name == FUNCTIONS]
    if shared := [name for name in changed if not is_flow(name)]:
        return shared
    close = [name for name in changed if name in near.get(_file(found.span.source), ()) and name in good]
    return close or list(changed)


def _neighbors(built: Built) -> dict[str, set[str]]:
    """For each file of a flow those of the flows that it names, or that name it."""
    near: dict[str, set[str]] = {}
    for name, draft in built.drafts.items():
        named = {t.flow for t in draft.flow.graph.targets if isinstance(t, ToStep) and t.flow}
        named |= {call.flow for call in draft.asked if isinstance(call, Subflow)}
        for other in named:
            near.setdefault(_flow_file(name), set()).add(_flow_file(other))
            near.setdefault(_flow_file(other), set()).add(_flow_file(name))
    return near
