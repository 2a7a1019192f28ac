"""Reads the files of a project, and remembers what came of each for as long as nothing that it was read with changes."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.diagnostics.diagnostic import Diagnostic, Severity
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source
from engine.document.catalogue import Catalogue, read_catalogue
from engine.grammar.verbs.run import RUN
from engine.model.files.flows import Common, Draft, read_flow, read_project
from engine.model.functions.functions import Functions
from engine.model.parts import PerformEffect
from engine.model.recent import Recent


@dataclass(frozen=True, slots=True, eq=False)
class ReadFlow:
    """What came of a flow's text: the draft, if it could be read, and what was found in the text by itself.

    `functions` and `catalogues` are those of the project that it was read with.
    """

    draft: Draft | None
    findings: tuple[Diagnostic, ...]
    functions: Functions | None
    catalogues: Mapping[str, Catalogue]

    def holds(self, functions: Functions | None, catalogues: Mapping[str, Catalogue]) -> bool:
        """Whether the flow would be read in the same way with these."""
        wrong = self.draft is None or any(found.severity is Severity.ERROR for found in self.findings)
        if functions is not self.functions and (wrong or not self._same_functions(functions)):
            return False
        if self.draft is None:
            return catalogues == self.catalogues
        languages = {name.lower() for name in self.draft.flow.languages}
        return all(catalogues.get(name) is self.catalogues.get(name) for name in languages)

    def _same_functions(self, functions: Functions | None) -> bool:
        """Whether the functions that the flow calls take the same as before."""
        assert self.draft is not None, "a flow that could not be read is read again"
        called = {one["function"] for one in self.draft.asked if isinstance(one, PerformEffect) and one.spec is RUN}
        if not called or functions is None or self.functions is None:
            return not called
        before, now = self.functions.signatures, functions.signatures
        return all(name in now and name in before and now[name] == before[name] for name in called)


class Reads:
    """What came of the files that were read. Texts are told apart by their source: the same text read anew must come as the same one."""

    __slots__ = ("_catalogues", "_flows", "_functions", "_projects", "_signs")

    def __init__(self, *, signs: bool = True) -> None:
        self._signs = signs
        self._projects: Recent[Source, tuple[Common, tuple[Diagnostic, ...]]] = Recent()
        self._flows: Recent[tuple[Source, Source | None], tuple[ReadFlow, ...]] = Recent()
        self._catalogues: Recent[Source, tuple[Catalogue | None, tuple[Diagnostic, ...]]] = Recent()
        self._functions: Recent[Source, Functions] = Recent()

    def forget(self) -> None:
        """Lets go of what was not asked for since this was called last."""
        for each in (self._projects, self._flows, self._catalogues, self._functions):
            each.forget()

    def project(self, source: Source, report: Report) -> Common:
        """As `read_project`."""
        known = self._projects.get(source)
        if known is None:
            found = Report()
            common = read_project(source, found, signs=self._signs)
            known = self._projects.put(source, (common, found.all))
        report.extend(known[1])
        return known[0]

    def catalogue(self, source: Source, report: Report) -> Catalogue | None:
        """As `read_catalogue`."""
        known = self._catalogues.get(source)
        if known is None:
            found = Report()
            catalogue = read_catalogue(source, found)
            known = self._catalogues.put(source, (catalogue, found.all))
        report.extend(known[1])
        return known[0]

    def functions(self, source: Source, found: Functions) -> Functions:
        """The functions as they were found in the same text before, if they are the same: what was read with them still holds."""
        known = self._functions.get(source)
        return known if known == found else self._functions.put(source, found)

    def flow(self, name: str, source: Source, report: Report, common: Common, project: Source | None) -> Draft | None:
        """As `read_flow`; `project` is the text that `common` was read from, but for functions and catalogues."""
        key = (source, project)
        # With functions that are held back, one text is read with those that are saved and with those in service.
        now, past = self._flows.now(key) or (), self._flows.past(key) or ()
        read = next((one for one in (*now, *past) if one.holds(common.functions, common.catalogues)), None)
        if read is None:
            found = Report()
            draft = read_flow(name, source, found, common)
            read = ReadFlow(draft, found.all, common.functions, common.catalogues)
        if read not in now:
            self._flows.put(key, (*now, read))
        report.extend(read.findings)
        return read.draft
