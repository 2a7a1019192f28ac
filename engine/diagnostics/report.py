"""The list that every stage writes its findings on."""

from collections import Counter
from collections.abc import Iterable

from engine.diagnostics.diagnostic import Diagnostic, Label, Severity
from engine.diagnostics.source import Source, Span

MOST = 1_000  # findings of one code that are kept: nobody reads more, and hints never take the place of errors
MANY = 20  # findings of one code for which it is worth searching among all names for the one that was meant


class Report:
    """Collects findings; never raises for what an author wrote."""

    __slots__ = ("_count", "_found", "full")

    def __init__(self) -> None:
        self._found: dict[tuple[Span, str, str], Diagnostic] = {}
        self._count: Counter[str] = Counter()
        # Whether errors are left out by now: to look for more is of no use.
        self.full = False

    def add(self, diagnostic: Diagnostic) -> None:
        """Takes a finding; the same one (place, code, title) only once, and of each code so many."""
        key = (diagnostic.span, diagnostic.code, diagnostic.title)
        if key in self._found:
            return
        if self._count[diagnostic.code] < MOST:
            self._count[diagnostic.code] += 1
            self._found[key] = diagnostic
        elif diagnostic.severity is Severity.ERROR:
            self.full = True

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Takes several findings, in their order."""
        for diagnostic in diagnostics:
            self.add(diagnostic)

    def many(self, code: str) -> bool:
        """Whether so many findings of a code are here that for further ones no name is searched that may be meant."""
        return self._count[code] >= MANY

    def error(
        self,
        code: str,
        title: str,
        span: Span,
        *,
        label: str = "",
        also: Iterable[Label] = (),
        notes: Iterable[str] = (),
        helps: Iterable[str] = (),
    ) -> None:
        """Adds something that keeps the flow from being served."""
        self.add(Diagnostic(Severity.ERROR, code, title, span, label, tuple(also), tuple(notes), tuple(helps)))

    def warning(
        self,
        code: str,
        title: str,
        span: Span,
        *,
        label: str = "",
        also: Iterable[Label] = (),
        notes: Iterable[str] = (),
        helps: Iterable[str] = (),
    ) -> None:
        """Adds a doubt: the flow is served as written."""
        self.add(Diagnostic(Severity.WARNING, code, title, span, label, tuple(also), tuple(notes), tuple(helps)))

    def hint(
        self,
        code: str,
        title: str,
        span: Span,
        *,
        label: str = "",
        also: Iterable[Label] = (),
        notes: Iterable[str] = (),
        helps: Iterable[str] = (),
    ) -> None:
        """Adds an idea."""
        self.add(Diagnostic(Severity.HINT, code, title, span, label, tuple(also), tuple(notes), tuple(helps)))

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All findings, by path, place and code."""
        return tuple(
            sorted(self._found.values(), key=lambda found: (found.span.source.path, found.span.start, found.code))
        )

    @property
    def all(self) -> tuple[Diagnostic, ...]:
        """All findings, in the order in which they came."""
        return tuple(self._found.values())

    @property
    def errors(self) -> bool:
        """Whether there is an error among them."""
        return any(found.severity is Severity.ERROR for found in self._found.values())

    def wrong(self) -> dict[str, Source]:
        """The files that have errors, by their paths."""
        return {one.span.source.path: one.span.source for one in self._found.values() if one.severity is Severity.ERROR}

    def __len__(self) -> int:
        return len(self._found)
