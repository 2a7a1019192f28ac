"""What is wrong with a template, in words an author can act on instead of Jinja's."""

import re
from dataclasses import dataclass

from engine.diagnostics import nearest
from engine.grammar.compared import as_meant, is_before, unquoted_text, with_equals
from engine.grammar.filters import FILTERS
from engine.grammar.slips import slip_at

TAGS = (
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "endfor",
    "set",
    "endset",
    "with",
    "endwith",
    "filter",
    "endfilter",
    "raw",
)

_ZEROS = "a number with a leading zero is text"
_SHORT = 5  # names of tests shorter than this are too much like any word
OWN_FILTERS = f", and {', '.join(FILTERS)}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a template's text: `offset` and `length` say where, the rest is as in a diagnostic."""

    code: str
    title: str
    offset: int
    length: int = 1
    label: str = ""
    helps: tuple[str, ...] = ()

    @classmethod
    def unknown(cls, what: str, name: str, offset: int, close: str | None, text: str = "") -> "Mistake":
        """A filter or test (`what`) that there isn't; `text` is what an unknown test stands in."""
        if what == "test" and (close is None or len(name) < _SHORT):
            fixed = with_equals(text, name, quoted=False), with_equals(text, name, quoted=True)
            helps = ("two equal signs compare:  ==",)
            if "{" not in text and fixed[0] != text:
                helps = (f"write  {fixed[0]}  to compare with a variable,\nor  {fixed[1]}  with a text",)
            return cls("F305", f"there is no test `{name}`", offset, len(name), helps=helps)
        return cls(
            "F305",
            f"there is no {what} `{name}`",
            offset,
            len(name),
            f"did you mean `{close}`?" if close else "",
            () if close else (f"the {what}s are those of Jinja" + OWN_FILTERS * (what == "filter"),),
        )

    @classmethod
    def zeros(cls, zeros: str, offset: int, text: str) -> "Mistake":
        """The text `0000` without its quotes, which would be the number 0."""
        braces = "{" in text
        fixed = f"'{zeros}'" if braces else as_meant(text)
        return cls("F303" if braces else "F304", _ZEROS, offset, len(zeros), helps=(f"write  {fixed}",))

    @classmethod
    def forbidden(cls, word: str, offset: int) -> "Mistake":
        """A tag that reaches beyond its own text."""
        return cls(
            "F306",
            f"`{{% {word} %}}` may not be used in a flow",
            offset,
            len(word),
            helps=("what several steps share is a step of its own",),
        )

    @classmethod
    def unrenderable(cls, title: str, offset: int, *, expression: bool, help: str) -> "Mistake":
        """Something longer or more deeply nested than can be rendered."""
        return cls("F304" if expression else "F303", title, offset, helps=(help,))


_OPENERS = {")": "(", "]": "[", "}": "{"}


def syntax_mistake(text: str, offset: int, message: str, *, expression: bool) -> Mistake:
    """Jinja's `message` about the place `offset` of `text` as a mistake in our words."""
    code = "F304" if expression else "F303"
    if expression and "{{" in text:
        inner = text.strip().removeprefix("{{").removesuffix("}}").strip()
        at = text.index("{{")
        return Mistake(
            code, "braces are not needed here: this is an expression already", at, 2, helps=(f"write  {inner}",)
        )
    if expression and "{%" in text:
        at = text.index("{%")
        return Mistake(
            code, "a tag cannot stand in an expression", at, 2, helps=("write the condition alone, as  visits > 3",)
        )
    nested = re.search(r"\{\{[^{}]*(\{\{)", text[: offset + 2])
    if nested:
        helps = ("inside the braces a name is written alone",)
        return Mistake(code, "braces stand within braces", nested.start(1), 2, helps=helps)
    return (
        _unclosed(code, text, offset, message, expression=expression)
        or _tag(code, text, offset, message)
        or _quote(code, text, offset, message)
        or _compared(code, text, offset, expression=expression)
        or _slip(code, text, offset)
        or _balance(code, text, offset, message)
        or _misplaced(code, text, offset, message)
    )


def unreadable(text: str, error: Exception, *, expression: bool) -> Mistake:
    """The mistake of a text that no reader could take in: too deeply nested, or a number without end."""
    title = "this is nested too deeply" if isinstance(error, RecursionError) else "this number is too long"
    return Mistake("F304" if expression else "F303", title, 0, max(len(text.splitlines()[0]), 1))


def _unclosed(code: str, text: str, offset: int, message: str, *, expression: bool) -> Mistake | None:
    if "end of comment" in message:
        at = text.rfind("{#", 0, offset + 2)
        return Mistake(
            code, "`{#` begins a comment that is never closed", max(at, 0), 2, helps=("write  {# comment #}",)
        )
    if "end of raw" in message:
        return Mistake(code, "`{% raw %}` is never closed", max(text.find("{%"), 0), 2, helps=("write  {% endraw %}",))
    if "innermost block" in message:
        word = message.rstrip(".'").rpartition("'")[2]
        tags = list(re.finditer(r"\{%[-+]?\s*(" + re.escape(word) + r")\b", text))
        if "Unexpected end" in message and tags:
            return Mistake(
                code,
                f"`{{% {word} %}}` is never closed",
                tags[-1].start(1),
                len(word),
                helps=(f"write  {{% end{word} %}}",),
            )
    if "end of template" not in message:
        return None
    if expression:
        opened = _open_bracket(text)
        if opened is not None:
            closer = next(closer for closer, opener in _OPENERS.items() if opener == text[opened])
            return Mistake(
                code, f"`{text[opened]}` is never closed", opened, helps=(f"write  {closer}  where it ends",)
            )
        return Mistake(
            code,
            "the expression ends too early",
            max(len(text.rstrip()) - 1, 0),
            helps=("something is missing at its end",),
        )
    at = max(text.rfind("{{"), text.rfind("{%"))
    opener, closer = text[at : at + 2], "}}" if text.startswith("{{", at) else "%}"
    return Mistake(
        code, f"`{opener}` is never closed", max(at, 0), 2, helps=(f"write  {closer}  where the template ends",)
    )


def _open_bracket(text: str) -> int | None:
    """The last bracket that nothing closes, leaving out what stands in quotes."""
    opened: list[int] = []
    for token in re.finditer(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[(\[{]|[)\]}]", text):
        if token.group() in _OPENERS.values():
            opened.append(token.start())
        elif token.group() in _OPENERS and opened:
            opened.pop()
    return opened[-1] if opened else None


def _tag(code: str, text: str, offset: int, message: str) -> Mistake | None:
    if message.startswith("Encountered unknown tag"):
        word = message.split("'")[1]
        at = max(text.find(word, offset), 0)
        if word in TAGS:
            return Mistake(code, f"`{{% {word} %}}` does not belong to an open tag here", at, len(word))
        close = nearest(word, TAGS)
        label = f"did you mean `{close}`?" if close else ""
        return Mistake(
            code, f"there is no tag `{word}`", at, len(word), label, () if close else ("a value stands in  {{ … }}",)
        )
    if message == "tag name expected":
        return Mistake(
            code, "a tag begins with its name", offset, helps=("write  {% if … %}, {% for … %} or {% set … %}",)
        )
    return None


def _quote(code: str, text: str, offset: int, message: str) -> Mistake | None:
    if message.startswith("unexpected char") and text[offset] in "'\"":
        return Mistake(code, "this quote is not closed", offset, helps=("end the text with the quote that begins it",))
    return None


def _compared(code: str, text: str, offset: int, *, expression: bool) -> Mistake | None:
    """A text without its quotes that begins with a digit, or a value behind `is`."""
    if found := unquoted_text(text, offset):
        at, word = found
        zero = word.isdecimal() and word.startswith("0")
        title = _ZEROS if zero else f"the text `{word}` needs quotes"
        return Mistake(code, title, at, len(word), helps=(f"write  {as_meant(text) if expression else repr(word)}",))
    if found := is_before(text, offset):
        at, word = found
        sign = "!=" if "not" in word else "=="
        title = f"`{word}` does not compare values"
        return Mistake(code, title, at, len(word), helps=(f"write  {as_meant(text) if expression else sign}",))
    return None


def _slip(code: str, text: str, offset: int) -> Mistake | None:
    if found := slip_at(text, offset):
        at, sign, title, help = found
        return Mistake(code, title, at, len(sign), helps=(help,))
    return None


def _balance(code: str, text: str, offset: int, message: str) -> Mistake | None:
    closing = re.match(r"unexpected '([)\]}])'(?:, expected '(.)')?", message)
    if not closing:
        return None
    found, expected = closing.groups()
    if expected:
        opener = _OPENERS[expected]
        at = text.rfind(opener, 0, offset)
        return Mistake(code, f"`{opener}` is never closed", max(at, 0), helps=(f"write  {expected}  where it ends",))
    if found == "}":
        return Mistake(
            code, "this brace closes nothing", offset, helps=("a value ends with two braces  }}, a tag with  %}",)
        )
    return Mistake(code, f"`{found}` closes nothing", offset)


def _misplaced(code: str, text: str, offset: int, message: str) -> Mistake:
    ends = re.match(r"[-+]?(?:\}\}|%\})", text[offset:])
    if ends or offset >= len(text):
        before = text[:offset].rstrip()
        if before.endswith(("{{", "{%")):
            return Mistake(
                code,
                "there is nothing between the braces",
                max(offset - 1, 0),
                helps=("write a name, as  {{ answer }}",),
            )
        if ends and message.startswith("chunk after"):
            return Mistake(code, "the expression ends before this", offset, len(ends.group()))
        return Mistake(code, "something is missing before this", offset, len(ends.group()) if ends else 1)
    word = re.match(r"\w+|\S", text[offset:])
    found = word.group() if word else " "
    if "expected token" in message or "chunk after" in message:
        helps = ("two values are joined with  ~ , compared with  == ; texts stand in quotes",)
        return Mistake(code, f"`{found}` does not belong here", offset, len(found), helps=helps)
    if message == "expected name or number":
        return Mistake(code, "a name must follow the dot", offset)
    return Mistake(code, f"`{found}` is not expected here", offset, len(found))
