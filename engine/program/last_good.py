"""Which of the files that are saved can be live together, where some have errors: the rest stays as it was good last."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from engine.diagnostics.diagnostic import Diagnostic, Severity
from engine.diagnostics.source import Source
from engine.document.folder import FUNCTIONS, PROJECT, is_flow
from engine.model.build import Built
from engine.model.parts import Subflow, ToStep
from engine.model.reading.reader import first_line

TRIED = 8  # files that are held back for others and tried once more, when these are known

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


def settle(saved: Files, unread: Files, good: Files, built: Built, build: Build) -> Settled | None:
    """The files that can be live: as they are `saved`, or as they were `good` last; None if nothing can.

    `unread` are files that could not even be read; `built` is what became of all that is saved. What is held back is what
    changed since the last good files and does not fit, repeated until nothing is wrong any more. A project file that was never
    good leaves nothing to be served: every flow may depend on it.
    """
    settling = _Settling(saved, unread, good, build)
    for name in unread:
        settling.hold(name, ())
    if not unread:
        settling.blame(built)
    while True:
        if PROJECT in settling.absent:
            return None
        built = build(settling.live, settling.absent)
        if not built.errors:
            break
        if not settling.blame(built):
            return None
    return settling.again(built)


def _errors(built: Built) -> Iterator[Diagnostic]:
    return (found for found in built.found.all if found.severity is Severity.ERROR)


def _file(source: Source) -> str:
    return PurePath(source.path).name


def _flow_file(name: str) -> str:
    return f"{name}.yaml"


@dataclass(slots=True)
class _Settling:
    saved: Files
    unread: Files
    good: Files
    build: Build
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
        else:
            self.absent[name] = self.live.pop(name) if name in self.live else self.unread[name]
        return True

    def changed(self) -> list[str]:
        """The files that are live otherwise than they were good last."""
        names = self.live.keys() | (self.good.keys() - self.unread.keys())
        return sorted(name for name in names if self.live.get(name) is not self.good.get(name))

    def blame(self, built: Built) -> bool:
        """Holds back what the errors come from; False if there is nothing left to hold back."""
        changed = self.changed()
        wrong = [name for name in changed if name in built.wrong]
        # What is wrong in itself comes first, files that all flows share before them: the rest may follow from it.
        first = [name for name in wrong if not is_flow(name)] or wrong or changed
        news = False
        for found in _errors(built):
            name, named = _file(found.span.source), _named(found, built)
            if name in first:
                known = named & (self.saved.keys() | self.good.keys())
                news = self.hold(name, known or self._speaking_of(found.span.text) - {name}) or news
            elif name not in changed and not wrong:
                for other in _causes(found, named, built, changed, self.good):
                    news = self.hold(other, {name}) or news
        if not news:  # whatever it is, it came with what changed
            for other in changed:
                news = self.hold(other, ()) or news
        return news

    def _speaking_of(self, word: str) -> set[str]:
        """The files that are held back and have a word as they are saved."""
        found = re.compile(rf"\b{re.escape(word)}\b")
        return {name for name in self.held if name in self.saved and found.search(self.saved[name].text)}

    def again(self, built: Built) -> Settled:
        """What is live, with files that were held back for others and fit nevertheless, now that these are held back."""
        for name in [name for name, because in sorted(self.held.items()) if because][:TRIED]:
            live, absent = dict(self.live), dict(self.absent)
            absent.pop(name, None)
            if name in self.saved:
                live[name] = self.saved[name]
            else:
                live.pop(name, None)
            if name not in self.unread and not (tried := self.build(live, absent)).errors:
                self.live, self.absent, built = live, absent, tried
                del self.held[name]
        held = tuple(
            HeldBack(name, tuple(sorted(because)), name in self.live) for name, because in sorted(self.held.items())
        )
        return Settled(self.live, self.absent, held, built)


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
    found: Diagnostic, named: Collection[str], built: Built, changed: Collection[str], good: Files
) -> list[str]:
    """The changed files from which an error comes that stands in another; all of them where nobody can say."""
    if precise := [name for name in changed if name in named]:
        return precise
    if found.code == "F210":
        return [name for name in changed if name == FUNCTIONS]
    flow = PurePath(found.span.source.path).stem
    near = {_flow_file(name) for name, draft in built.drafts.items() if _leads(draft.flow.graph.targets, flow)}
    if flow in built.drafts:
        draft = built.drafts[flow]
        near |= {_flow_file(t.flow) for t in draft.flow.graph.targets if isinstance(t, ToStep) and t.flow}
        near |= {_flow_file(call.flow) for call in draft.asked if isinstance(call, Subflow)}
    shared = [name for name in changed if not is_flow(name)]
    close = [name for name in changed if name in near and name in good]
    return shared or close or list(changed)


def _leads(targets: Iterable[object], flow: str) -> bool:
    return any(isinstance(target, ToStep) and target.flow == flow for target in targets)
