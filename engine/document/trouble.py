"""A mistake that stops the YAML parser, with the patch that lets it read on."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.diagnostics import Diagnostic, Label, Severity, Source, Span


@dataclass(frozen=True, slots=True)
class Trouble:
    """What to tell the author; the patches (start, end), filled with `filling`, make the text readable in its place.

    `certain` is false where the parser may only have stumbled over an earlier mistake.
    """

    diagnostic: Diagnostic
    patches: tuple[tuple[int, int], ...] = ()
    filling: str = "x"
    certain: bool = True

    def lines(self, source: Source) -> set[int]:
        """The numbers of the lines that it speaks of, or patches."""
        places = [self.diagnostic.span, *(label.span for label in self.diagnostic.also)]
        numbers = {source.position(span.start)[0] for span in places}
        for start, end in self.patches:
            numbers.update(range(source.position(start)[0], source.position(end)[0] + 1))
        return numbers

    def follows(self, source: Source, patched: set[int]) -> bool:
        """Whether it may only be the consequence of what was patched over on those lines."""
        if not patched:
            return False
        number = source.position(self.diagnostic.span.start)[0]
        child = number - 1 in patched and _indent(source.line(number)) > _indent(source.line(number - 1))
        return not self.certain or child or bool(self.lines(source) & patched)

    def near(self, source: Source, found: Iterable[Diagnostic]) -> bool:
        """Whether it may only be the consequence of what was misread on its line or the one before."""
        wrong = {source.position(each.span.start)[0] for each in found if each.severity is Severity.ERROR}
        number = source.position(self.diagnostic.span.start)[0]
        return not self.certain and not wrong.isdisjoint((number, number - 1))

    def patched(self, text: str) -> str:
        """The text, of the same length and with the same lines, with the mistake patched over."""
        for start, end in self.patches:
            middle = "".join(sign if sign in "\r\n" else self.filling for sign in text[start:end])
            text = text[:start] + middle + text[end:]
        return text


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the parser stopped: at offset `at`, within what began at `began`; `quoted` is a quoted text just before."""

    source: Source
    text: str
    problem: str
    context: str
    at: int
    began: int
    quoted: tuple[int, int] | None

    def span(self, start: int, end: int) -> Span:
        """A piece of the source."""
        return Span(self.source, start, end)

    def trouble(
        self,
        code: str,
        title: str,
        start: int,
        end: int,
        label: str = "",
        *,
        helps: tuple[str, ...] = (),
        notes: tuple[str, ...] = (),
        also: tuple[Label, ...] = (),
        patch: tuple[int, int] | None = None,
        patches: tuple[tuple[int, int], ...] = (),
        filling: str = "x",
        certain: bool = True,
    ) -> Trouble:
        """Puts an error into words; `patch` is what `filling` may stand for."""
        size = len(self.text)
        place = self.span(min(start, size), min(max(end, start), size))
        error = Diagnostic(Severity.ERROR, code, title, place, label, also, notes, helps)
        return Trouble(error, patches if patch is None else (patch,), filling, certain)
