"""Finds comparisons that can never hold: times with texts, texts with what nobody can type, and methods that nobody calls."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from jinja2 import nodes

from engine.diagnostics import Report
from engine.grammar.drafts import tree_of
from engine.grammar.mistakes import Mistake
from engine.grammar.numbers import has_order, number_of
from engine.grammar.places import place
from engine.grammar.templates import Expression, Template

_WORTH = re.compile(r"[<>=]=?|\bin\b|\bnow\.")
_TEXTS = frozenset(("answer", "digits", "speech", "flow", "step", "language", "channel"))
_TEXT_ENTRIES = frozenset(("call", "params", "env", "message"))
_NUMBERS = frozenset(f"now.{name}" for name in ("year", "month", "day", "hour", "minute", "second", "weekday()"))
_TIMES = frozenset(("now", "now.date()", "now.time()"))
_MOMENT = re.compile(r"hours\.\w+\.(?:opens_at|closes_at|now)")
_OPEN = re.compile(r"hours\.\w+\.open")
_SIGNS = {"eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "in": "in", "notin": "not in"}
_TURNED = {"gt": "lt", "gteq": "lteq", "lt": "gt", "lteq": "gteq"}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_METHODS = frozenset(name for name in dir(datetime) if name[0] != "_" and callable(getattr(datetime, name)))

Literal = str | int | float


def check_comparisons(thing: Template | Expression, report: Report) -> None:
    """Reports comparisons that never work: F307 for a time that is compared as if it were a text or number, L401 for others."""
    if not _WORTH.search(thing.text):
        return
    for mistake in _mistakes(thing.text, isinstance(thing, Expression), thing.names):
        span = place(thing.scalar, mistake.offset, mistake.length)
        tell = report.error if mistake.code == "F307" else report.warning
        tell(mistake.code, mistake.title, span, label=mistake.label, helps=mistake.helps)


@lru_cache(maxsize=2048)
def _mistakes(text: str, expression: bool, names: frozenset[str]) -> tuple[Mistake, ...]:
    tree = tree_of(text, expression=expression)
    every: list[nodes.Node] = [tree, *tree.find_all(nodes.Node)]
    called = {id(call.node) for call in every if isinstance(call, nodes.Call)}
    found: list[Mistake] = []
    told: set[int] = set()
    for node in every:
        if isinstance(node, nodes.Compare):
            for mistake in _compared(node, names):
                found.append(mistake)
                told.add(mistake.offset)
    for node in every:
        if isinstance(node, nodes.Getattr) and id(node) not in called and _path(node) == f"now.{node.attr}":
            if node.attr in _METHODS and "now" in names and (at := _start(node)) not in told:
                name = f"now.{node.attr}"
                title = f"`{name}` is a method: `()` stands after its name"
                found.append(Mistake("F307", title, at, len(name), helps=(f"write  {name}()",)))
    return tuple(found)


def _compared(node: nodes.Compare, names: frozenset[str]) -> Iterator[Mistake]:
    left = node.expr
    for operand in node.ops:
        for one, sign, other in (
            (left, operand.op, operand.expr),
            (operand.expr, _TURNED.get(operand.op, operand.op), left),
        ):
            path = _path(one)
            if path.split(".")[0] in names:
                listed = sign in ("in", "notin")
                if listed and one is left and isinstance(other, nodes.List | nodes.Tuple):
                    yield from _listed(path, sign, other, _start(one))
                elif not listed and (literal := _literal(other)) is not None:
                    yield from _pair(path, sign, literal, _start(one))
        left = operand.expr


def _pair(path: str, sign: str, literal: Literal, at: int) -> Iterator[Mistake]:
    """What is wrong with comparing the name `path` with a value as it is written."""
    number = not isinstance(literal, str)
    shown = _shown(literal)
    method = path.removeprefix("now.") in ("weekday", "date", "time", "isoweekday") and path != "now"
    if method:
        title = f"`{path}` is a method: `()` stands after its name"
        yield Mistake("F307", title, at, len(path), helps=(f"write  {_by_clock(path, _SIGNS[sign], literal)}",))
        return
    if path in _TIMES:
        better, what = _by_clock(path, _SIGNS[sign], literal), f"`{path}` is a time"
    elif _MOMENT.fullmatch(path) and literal != "":  # empty, where it never opens
        better, what = _by_clock("now", _SIGNS[sign], literal).replace("now.", f"{path}."), f"`{path}` is a time"
    elif _OPEN.fullmatch(path) and not isinstance(literal, bool):
        said = str(literal).casefold() in ("true", "open", "yes", "1")
        better, what = path if said == (sign != "ne") else f"not {path}", f"`{path}` is true or false"
    elif _is_text(path) and number and not _typed(path, literal):
        if sign not in ("eq", "ne"):
            return
        better = f"{path} {_SIGNS[sign]} {_quoted(path, literal)}"
        what = f"`{path}` is text"
    elif path in _NUMBERS and isinstance(literal, str) and number_of(literal) is None:
        better = _by_clock(path, _SIGNS[sign], literal)
        what = f"`{path}` is a number"
    elif sign in _TURNED and isinstance(literal, str) and not has_order(literal):
        yield _without_order(path, sign, literal, at)
        return
    else:
        return
    other = shown if isinstance(literal, str | bool) else f"the number {shown}"
    if sign in ("eq", "ne"):
        never = "never equals" if sign == "eq" else "always differs from"
        code, title = "L401", f"{what}, so it {never} {other}"
    elif path in _NUMBERS or _OPEN.fullmatch(path):
        code, title = "L401", f"{what}, so it is never ordered with {other}"
    else:
        code, title = "F307", f"{what}: it cannot be compared with {other}"
    yield Mistake(code, title, at, len(path), helps=(f"write  {better}",))


def _without_order(path: str, sign: str, literal: str, at: int) -> Mistake:
    """An order with a text that has none."""
    title = f"`{path} {_SIGNS[sign]} {_shown(literal)}` never holds: such texts have no order"
    if literal == "":
        return Mistake("L401", title, at, len(path), helps=(f"write  {path} {'!=' if sign[0] == 'g' else '=='} ''",))
    return Mistake("L401", title, at, len(path), "never ordered with this")


def _listed(path: str, sign: str, listing: nodes.List | nodes.Tuple, at: int) -> Iterator[Mistake]:
    """A text looked for among numbers that nobody can type."""
    values = [_literal(item) for item in listing.items]
    if (
        _is_text(path)
        and values
        and not any(value is None or isinstance(value, str) or _typed(path, value) for value in values)
    ):
        better = ", ".join(_quoted(path, value) for value in values if value is not None)
        title = f"`{path}` is text, so it is never one of these"
        if sign == "notin":
            title = f"`{path}` is text, so it is never one of these, and this always holds"
        yield Mistake("L401", title, at, len(path), helps=(f"write  {path} {_SIGNS[sign]} [{better}]",))


def _typed(path: str, literal: Literal) -> bool:
    """Whether the text of this name may be written as the number."""
    return number_of(str(literal)) is not None and not _is_number_of_phone(path, literal)


def _quoted(path: str, literal: Literal) -> str:
    return f"'{'+' if _is_number_of_phone(path, literal) else ''}{_shown(literal)}'"


def _is_text(path: str) -> bool:
    root, _, entry = path.partition(".")
    return path in _TEXTS or (root in _TEXT_ENTRIES and bool(entry) and "." not in entry and path != "message.media")


def _is_number_of_phone(path: str, literal: Literal) -> bool:
    return path in ("call.from", "call.to", "call.caller", "call.called", "message.from", "message.to") and (
        isinstance(literal, int) and literal > 999_999
    )


def _by_clock(path: str, sign: str, literal: Literal) -> str:
    """The comparison of a time as it works."""
    if isinstance(literal, str):
        word = literal.strip().casefold()
        clock = re.fullmatch(r"(\d{1,2}):(\d\d)", word)
        day = next((number for number, name in enumerate(_DAYS) if word.startswith(name)), None)
        if clock and clock[2] == "00":
            return f"now.hour {sign} {int(clock[1])}"
        if clock:
            return f"now.strftime('%H:%M') {sign} '{word:0>5}'"
        if re.fullmatch(r"\d{4}-\d\d-\d\d", word):
            return f"now.strftime('%Y-%m-%d') {sign} '{word}'"
        if day is not None:
            return f"now.weekday() {sign} {day}"
        if word.isdecimal():
            return f"{path if path in _NUMBERS else 'now.hour'} {sign} {int(word)}"
        return f"now.strftime('%Y-%m-%d') {sign} '2026-12-24'"
    name = {"now.weekday": "now.weekday()", "now.isoweekday": "now.isoweekday()", "now.date": "now.day"}
    return f"{name.get(path.removesuffix('()') if path in _TIMES else path, 'now.hour')} {sign} {_shown(literal)}"


def _shown(literal: Literal) -> str:
    if isinstance(literal, str):
        return f"'{literal}'" if len(literal) <= 20 else f"'{literal[:19]}…'"
    return str(literal).lower() if isinstance(literal, bool) else str(literal)


def _literal(node: nodes.Node) -> Literal | None:
    if isinstance(node, nodes.Neg):
        value = _literal(node.node)
        return -value if value is not None and not isinstance(value, str) else None
    value = node.value if isinstance(node, nodes.Const) else None
    return value if isinstance(value, str | int | float) else None


def _path(node: nodes.Node) -> str:
    """`call.from` of what looks it up, `now.weekday()` of a call without arguments; "" of anything else."""
    if isinstance(node, nodes.Name):
        return str(node.name)
    if isinstance(node, nodes.Getattr) and (path := _path(node.node)) and not path.endswith(")"):
        return f"{path}.{node.attr}"
    if isinstance(node, nodes.Call) and not (node.args or node.kwargs) and (path := _path(node.node)):
        return f"{path}()"
    return ""


def _start(node: nodes.Node) -> int:
    while not isinstance(node, nodes.Name):
        assert isinstance(node, nodes.Getattr | nodes.Call), "only what has a path is asked for its start"
        node = node.node
    return int(node.lineno)
