"""Doubts about texts that look like expressions: nothing is computed without `{{ }}` around it (L402)."""

import re
from collections.abc import Collection

from engine.diagnostics.report import Report
from engine.diagnostics.source import Span
from engine.document import nodes
from engine.document.layout import entry_at, quote
from engine.grammar.names import NAMES
from engine.model.reading.reader import pasted, shortened

_OPERAND = r"""(?:[a-z_]\w*(?:\.\w+)*|[0-9]+(?:\.[0-9]+)?|'[^']*'|"[^"]*")"""
_RECKONED = re.compile(rf"\s*{_OPERAND}(?:\s*(?:[-+*/~%]|//)\s*{_OPERAND})+\s*")
_LOOKED_UP = re.compile(r"\s*(?:call|message|params)\.[A-Za-z_]\w*\s*|\s*(?:answer|digits|speech)\s*")
_WORD = re.compile(r"""'[^']*'|"[^"]*"|(?<![\w.])([a-z_]\w*)""")
_BRACES = re.compile(r"\$?(?<!\{)\{ *(([a-z_]\w*)(?:\.\w+)*) *\}(?!\})")


def reckons(text: str) -> bool:
    """Whether a text has the form of an expression."""
    return bool(_RECKONED.fullmatch(text) or _LOOKED_UP.fullmatch(text))


def words_of(text: str) -> frozenset[str]:
    """The names of variables in a text that may be meant as one."""
    return frozenset({*filter(None, _WORD.findall(text)), *(found[2] for found in _BRACES.finditer(text))})


def doubt_text(scalar: nodes.Scalar, known: Collection[str], report: Report) -> None:
    """Warns of a text that is an expression of `known` variables but for the braces, or has them in single braces."""
    text = scalar.text
    if reckons(text):
        words = [word for word in _WORD.findall(text) if word]
        if words and all(word in known or word in NAMES for word in words):
            template = quote(f"{{{{ {text.strip()} }}}}")
            helps = (f"write  {entry_at(scalar.span.source.text, scalar.span.start).written(template)}",)
            title = f"`{shortened(text)}` is taken as text: it stands in no `{{{{ }}}}`"
            report.warning("L402", title, scalar.span, helps=helps)
        return
    meant = [each for each in _BRACES.finditer(text) if each[2] in known or each[2] in NAMES]
    if meant:
        found = meant[0]
        at = scalar.span.text.find(found[0])
        start = scalar.span.start + at
        span = Span(scalar.span.source, start, start + len(found[0])) if at >= 0 else scalar.span
        mended = text
        for each in reversed(meant):
            mended = f"{mended[: each.start()]}{{{{ {each[1]} }}}}{mended[each.end() :]}"
        entry = entry_at(scalar.span.source.text, scalar.span.start)
        helps = (f"write  {entry.written(pasted(mended))}" if len(mended) <= 50 else f"write  {{{{ {found[1]} }}}}",)
        report.warning("L402", f"`{found[0]}` is taken as text: a value stands in two braces", span, helps=helps)
