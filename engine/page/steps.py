"""Finds the lines of each step in the text of a flow, also in one that has errors."""

import re
from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

from engine.diagnostics.source import Source

_STEPS = re.compile(r"steps[ \t]*:[ \t]*(#.*)?")
_KEY = re.compile(
    r"""(?P<indent> *)(?P<quote>["']?)(?P<name>[^\s"':#\[\]{},&*!|>%@`-][^"':#]*?)(?P=quote)[ \t]*:(\s|$)"""
)


class Lines(NamedTuple):
    """A step and its first and last line."""

    step: str
    line: int
    last: int


@lru_cache(maxsize=256)
def steps_in(text: str) -> tuple[Lines, ...]:
    """The steps of a flow in file order: the keys right below `steps:`, by their indentation."""
    found: list[Lines] = []
    inside, indent = False, 0
    end = 0
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        depth = len(line) - len(line.lstrip(" "))
        if depth == 0 and inside:
            break
        if depth == 0:
            inside = _STEPS.fullmatch(line.rstrip()) is not None
            continue
        if inside:
            indent = indent or depth
            if depth == indent and (key := _KEY.match(line)):
                if found:
                    found[-1] = found[-1]._replace(last=end)
                found.append(Lines(key["name"], number, number))
            end = number
    if found:
        found[-1] = found[-1]._replace(last=max(end, found[-1].line))
    return tuple(found)


def step_at(source: Source, line: int) -> str:
    """The step that a line stands in; "" for none."""
    steps = steps_in(source.text)
    at = bisect_right(steps, line, key=lambda one: one.line) - 1
    return steps[at].step if at >= 0 and line <= steps[at].last else ""
