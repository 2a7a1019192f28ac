"""The templates and expressions of a flow: read once, rendered for each turn."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from engine.diagnostics import Report, Span, nearest
from engine.document.nodes import Scalar
from engine.grammar.drafts import Draft, Entry, Scope, expression_draft, text_draft
from engine.grammar.faults import worded
from engine.grammar.names import CALL, HOURS, MESSAGE, NAMES, known_entries
from engine.grammar.places import place
from engine.grammar.tongue import in_language

_SHOWN = 60  # names that a note lists
_TWILIO_NAME = re.compile(r"(?:[A-Z][a-z]+){2,}\d*\Z")


class TemplateFault(Exception):
    """A template that cannot be rendered for a caller: `message` says why, `span` where it is written."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(f"{span.location}: {message}")
        self.message = message
        self.span = span


@dataclass(frozen=True, slots=True, eq=False)
class _Written:
    scalar: Scalar
    draft: Draft = field(repr=False)

    @property
    def text(self) -> str:
        """The text as the author wrote it."""
        return self.scalar.text

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.scalar.span

    @property
    def names(self) -> frozenset[str]:
        """The root names that it looks up in its scope."""
        return frozenset(entry.path[0] for entry in self.draft.entries)

    @property
    def entries(self) -> frozenset[tuple[str, ...]]:
        """The lookups it makes, as paths: `call.from` is `("call", "from")`; `("call",)` alone stands for the whole."""
        return frozenset(entry.path for entry in self.draft.entries)

    def fault(self, fault: Exception) -> TemplateFault:
        """What is raised for an exception of this text's rendering."""
        if isinstance(fault, TemplateFault):  # of a `closed_if` that was asked on the way
            return fault
        return TemplateFault(worded(fault), self.span)


@dataclass(frozen=True, slots=True, eq=False)
class Template(_Written):
    """A text with `{{ … }}` or `{% … %}` in it; `language` is the tag of the one it is said in, "" for that of the call."""

    language: str = ""

    @property
    def single(self) -> bool:
        """Whether the whole value is one `{{ … }}`, which keeps its type."""
        return self.draft.single

    def render(self, scope: Scope) -> str:
        """The text for this scope; raises TemplateFault."""
        if self.language:
            scope = in_language(scope, self.language)
        try:
            return self.draft.render(scope, self.span)
        except Exception as fault:
            raise self.fault(fault) from fault

    def value(self, scope: Scope) -> object:
        """The value, with its type, if the template is `single`, else the text; raises TemplateFault."""
        if not self.draft.single:
            return self.render(scope)
        if self.language:
            scope = in_language(scope, self.language)
        try:
            return self.draft.value(scope, self.span)
        except Exception as fault:
            raise self.fault(fault) from fault


@dataclass(frozen=True, slots=True, eq=False)
class Expression(_Written):
    """What stands after `when:` and `on:`."""

    def value(self, scope: Scope) -> object:
        """The value, with its type; raises TemplateFault."""
        try:
            return self.draft.value(scope, self.span)
        except Exception as fault:
            raise self.fault(fault) from fault


def read_template(scalar: Scalar, report: Report) -> str | Template | None:
    """The scalar's text if no template is in it, else its Template; None after reporting what is wrong with it."""
    text = scalar.text
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return text
    draft = text_draft(text)
    return Template(scalar, draft) if _sound(scalar, draft, report) else None


def read_markup(scalar: Scalar, report: Report) -> str | Template | None:
    """As `read_template`, for a fragment of XML: what stands in `{{ }}` is escaped.

    Not so where the whole value is one template: that is to be the fragment itself.
    """
    text = scalar.text
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return text
    draft = text_draft(text)
    if not draft.single:
        draft = text_draft(text, escaped=True)
    return Template(scalar, draft) if _sound(scalar, draft, report) else None


def read_url_template(scalar: Scalar, report: Report) -> str | Template | None:
    """As `read_template`, for a URL: what stands in `{{ }}` is percent-encoded, so that no value can break out of its place.

    Not so where the whole value is one template, which is to be the URL itself, nor where the URL begins with one: that is
    its scheme and host.
    """
    text = scalar.text
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return text
    draft = text_draft(text)
    if not draft.single:
        draft = text_draft(text, encoded=True)
    return Template(scalar, draft) if _sound(scalar, draft, report) else None


def read_expression(scalar: Scalar, report: Report) -> Expression | None:
    """The scalar's text as an expression; None after reporting what is wrong with it."""
    if not scalar.text.strip():
        report.error("F304", "an expression is missing", scalar.span, helps=("write a condition, as  digits == '1'",))
        return None
    draft = expression_draft(scalar.text)
    return Expression(scalar, draft) if _sound(scalar, draft, report) else None


def _sound(scalar: Scalar, draft: Draft, report: Report) -> bool:
    for mistake in draft.mistakes:
        span = place(scalar, mistake.offset, mistake.length)
        report.error(mistake.code, mistake.title, span, label=mistake.label, helps=mistake.helps)
    return not draft.mistakes


def check_names(
    thing: Template | Expression,
    known: Collection[str],
    report: Report,
    *,
    hours: Collection[str] = (),
    env: Collection[str] = (),
    where: str = "here",
) -> None:
    """Reports what `thing` looks up and nobody knows: names beside NAMES and `known`, entries of the names of NAMES.

    `hours` are the names of the opening hours, `env` the environment variables that the settings list; `where` says where
    they are known.
    """
    seen: set[tuple[tuple[str, ...], bool]] = set()
    for entry in thing.draft.entries:
        if (entry.path, entry.guarded) in seen:
            continue
        seen.add((entry.path, entry.guarded))
        if len(entry.path) == 1:
            if entry.path[0] not in NAMES and entry.path[0] not in known:
                _unknown_name(thing, entry, list(dict.fromkeys((*NAMES, *known))), report, where)
        else:
            _check_entry(thing, entry, hours, env, report)


def _unknown_name(thing: Template | Expression, entry: Entry, names: list[str], report: Report, where: str) -> None:
    name = entry.path[0]
    close = None if report.many("F301") else _meant(name, names)
    helps = []
    if close is None and isinstance(thing, Expression):
        helps.append(f"a text stands in quotes:  '{name}'")
    shown = [*sorted(names)[:_SHOWN], *(["…"] if len(names) > _SHOWN else [])]
    notes = () if close else (f"known {where}: {', '.join(shown)}",)
    label = f"did you mean `{close}`?" if close else ""
    span = place(thing.scalar, entry.offset, len(name))
    report.error("F301", f"nothing named `{name}` is known {where}", span, label=label, notes=notes, helps=helps)


def _meant(name: str, names: list[str]) -> str | None:
    if name.lower() in ("null", "nil", "undefined", "nothing"):
        return "none"
    if _TWILIO_NAME.match(name):
        return f"params.{name}"
    close = nearest(name, names)
    if close:
        return close
    for root, entries in (("call", CALL), ("message", MESSAGE)):
        if name in entries:
            return f"{root}.{name}"
    return None


def _check_entry(
    thing: Template | Expression, entry: Entry, hours: Collection[str], env: Collection[str], report: Report
) -> None:
    root, word, depth = entry.path[0], entry.path[-1], len(entry.path)
    known: Iterable[str] | None = None
    if depth == 2:
        known = {"hours": hours, "env": env}.get(root) if root in ("hours", "env") else known_entries(root)
    elif depth == 3 and root == "hours" and entry.path[1] in hours:
        known = HOURS
    if known is None or word in known:
        return
    if root == "env" and entry.guarded:
        return
    known = list(known)
    # Where somebody calls from is asked for far more often than where they call to.
    close = f"from_{word}" if f"from_{word}" in known else nearest(word, known)
    label = f"did you mean `{close}`?" if close else ""
    titles = {
        "hours": f"there are no hours named `{word}`" if depth == 2 else f"hours have no entry `{word}`",
        "env": f"the settings do not list the environment variable `{word}`",
    }
    notes = () if close or not known else (f"known here: {', '.join(sorted(known))}",)
    helps = []
    if root in ("call", "message") and not close:
        helps.append("anything else that Twilio sends is known under its own name, as  params.CallToken")
    if root == "env" and not close:
        helps.append(f"list it in the settings, as  TOUCHTONE_ENV={','.join((*sorted(known), word))}")
        helps.append(f"or, if it need not be set, write  env.{word} | default('')")
    title = titles.get(root, f"`{root}` has no entry `{word}`")
    report.error("F302", title, place(thing.scalar, entry.offset, len(word)), label=label, notes=notes, helps=helps)
