"""What linking asks of a flow, whatever the others are: found once for each text."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from engine.diagnostics.diagnostic import Diagnostic, Severity
from engine.diagnostics.report import Report
from engine.document.catalogue import is_catalogue
from engine.grammar.comparisons import check_comparisons
from engine.grammar.names import NAMES
from engine.grammar.templates import Expression, Template, check_names
from engine.model.files.flows import Draft
from engine.model.flow import Flow
from engine.model.linking.switching import Switches
from engine.model.parts import Subflow, ToStep, ToWord, is_gather
from engine.model.reading.plain import doubt_text, words_of
from engine.model.recent import Recent

_VARIANTS = 3  # of what is known in a flow: as it is saved, as it is served


class Names(NamedTuple):
    """What was found of the names in a flow: `unknown` names first, then doubts about texts."""

    unknown: tuple[Diagnostic, ...]
    doubts: tuple[Diagnostic, ...]


class Facts:  # what several updates ask for is found once
    """What is so of a draft by itself."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._flows: dict[tuple[bool, Switches, tuple[str, ...]], Flow] = {}
        self._names: dict[tuple[frozenset[str], frozenset[str]], Names] = {}

    @cached_property
    def sound(self) -> bool:
        """Whether its start and its targets within itself are steps that it has."""
        flow = self.draft.flow
        own = (t.step for t in flow.graph.targets if isinstance(t, ToStep) and not t.flow and t.step)
        start = self.draft.start_span is None or flow.start in flow.steps
        return start and all(step in flow.steps for step in own)

    @cached_property
    def outward(self) -> frozenset[tuple[str, str]]:
        """The flows that its targets name, each with a step ("" for its start)."""
        return frozenset((t.flow, t.step) for t in self.draft.flow.graph.targets if isinstance(t, ToStep) and t.flow)

    @cached_property
    def subflows(self) -> tuple[Subflow, ...]:
        """Its calls of flows."""
        return tuple(one for one in self.draft.asked if isinstance(one, Subflow))

    @cached_property
    def keeps(self) -> bool:
        """Whether its calls need a session for what it says itself: see `linking.link`."""
        draft = self.draft
        return bool(
            draft.names
            or draft.asked
            or draft.switches
            or any(isinstance(t, ToWord) and t.word == "back" for t in draft.flow.graph.targets)
            or any(thing.names - NAMES.keys() for thing in draft.used)
            or ("messaging" in draft.flow.channels and any(map(is_gather, draft.flow.graph.instructions)))
            or (
                any("call" in thing.names for thing in draft.used)
                and any(page.role == "callback" for page in draft.flow.graph.pages)
            )
        )

    @cached_property
    def compared(self) -> tuple[Diagnostic, ...]:
        """What is wrong with its comparisons."""
        found = Report()
        for thing in self.draft.used:
            check_comparisons(thing, found)
        return found.all

    @cached_property
    def _asked(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names of variables that it asks for anywhere, and those that the project's texts in it ask for."""
        asked: set[str] = set()
        shared: set[str] = set()
        for thing in self.draft.used:
            asked |= thing.names
            if not self._is_own(thing):
                shared |= thing.names
        for text in self.draft.plain:
            asked.update(words_of(text.text))
        asked.update(word for word, _ in self.draft.added)
        return frozenset(asked - NAMES.keys()), frozenset(shared - NAMES.keys())

    def _is_own(self, thing: Template | Expression) -> bool:
        source = thing.span.source
        return source is self.draft.flow.source or is_catalogue(source.path)

    def names(self, known: Collection[str], anywhere: Collection[str], env: tuple[str, ...]) -> Names:
        """What is found of its names where the variables `known` are known in it, and those of `anywhere` in some flow."""
        asked, shared = self._asked
        key = (asked.intersection(known), shared.intersection(anywhere))
        found = self._names.get(key)
        if found is None:
            found = self._find_names(known, anywhere, env)
            # An unknown name is told beside those that are known: these may change while it stays.
            certain = not any(one.severity is Severity.ERROR for one in found.unknown)
            if certain:
                self._names = {**dict(islice(self._names.items(), _VARIANTS - 1)), key: found}
        return found

    def _find_names(self, known: Collection[str], anywhere: Collection[str], env: tuple[str, ...]) -> Names:
        draft, unknown, doubts = self.draft, Report(), Report()
        for thing in draft.used:
            own = thing.span.source is draft.flow.source
            # What closes the project's hours is not told of again for each flow that asks for them.
            if self._is_own(thing) or all(name in anywhere or name in NAMES for name in thing.names):
                where = "here" if own else f"in the flow `{draft.flow.name}`"
                check_names(thing, known, unknown, env=env, hours=draft.hours, where=where)
        for text in draft.plain:
            doubt_text(text, known, doubts)
        for word, doubt in draft.added:
            if word in known or word in NAMES:  # else it has been told that nobody knows it
                doubts.add(doubt)
        return Names(unknown.all, doubts.all)

    @cached_property
    def _begun(self) -> tuple[str, ...]:
        """The other flows that its targets name alone."""
        return tuple(sorted(flow for flow, step in self.outward if not step))

    def flow(self, keeps: bool, switches: Switches, drafts: Mapping[str, Draft]) -> Flow:
        """The flow as it is served among `drafts`; the same one each time, as long as what it depends on is the same."""
        starts = tuple(drafts[name].flow.start if name in drafts else "" for name in self._begun)
        key = (keeps, switches, starts)
        found = self._flows.get(key)
        if found is None:
            reaches = any(not isinstance(one, Subflow) for one in self.draft.asked)
            begun = dict(zip(self._begun, starts, strict=True))
            found = replace(self.draft.flow, keeps=keeps, reaches=reaches, switches=switches, starts=begun)
            self._flows = {**dict(islice(self._flows.items(), _VARIANTS - 1)), key: found}
        return found


class KnownFacts:
    """The facts of the drafts that were linked."""

    __slots__ = ("_facts",)

    def __init__(self) -> None:
        self._facts: Recent[int, Facts] = Recent()

    def of(self, draft: Draft) -> Facts:
        """The facts of a draft, found before or to be found."""
        return self._facts.get(id(draft)) or self._facts.put(id(draft), Facts(draft))

    def of_each(self, drafts: Mapping[str, Draft]) -> dict[str, Facts]:
        """The facts of each draft by the name of its flow."""
        return {name: self.of(draft) for name, draft in drafts.items()}

    def forget(self) -> None:
        """Lets go of drafts that were not asked for since this was called last."""
        self._facts.forget()
