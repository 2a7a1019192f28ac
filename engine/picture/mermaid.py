"""A flow as text for Mermaid, which GitHub and many wikis draw: a box for each step, an arrow for each way from one to another.

What stays in a step, or ends the call, is a line in its box. Any text stands in quotes, with what Mermaid would read as its own in the
form of entities.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from engine.model.flow import Flow
from engine.model.graph import PAGES, Edge
from engine.model.parts import Block, Exit, Instruction, PerformEffect, Target, ToStep, ToUrl, ToWord, Verb
from engine.picture.outline import heard_as, reached_steps
from engine.picture.phrases import keys_of, pattern, plain, target, value
from engine.picture.sentences import Sentences

MOST_WORDS = 70  # characters of what is said that a box shows
MOST_LABEL = 60  # … of a key, a condition or an address

_OWN = re.compile(r"[\"#<>&|{}\[\]()\\;*`~^$]|(?<![^\W_])_|_(?![^\W_])")  # an underscore within a word means nothing
_LIST = re.compile(r"\A(\d+)([.)])|\A([-+])")  # a line that begins like a list of Markdown is not drawn
_ROLES = {
    "whisper": "heard first",
    "queue_whisper": "heard first",
    "queue_wait": "while waiting",
    "conference_wait": "while waiting",
    "callback": "report",
    "action": "afterwards",
    "page": "page",
}
_NAMES: Mapping[tuple[bool, bool], Mapping[str, str]] = {  # by whether it records, and whether it is written
    (False, False): {"no_input": "silence", "no_match": "no match"},
    (False, True): {"no_input": "no reply", "no_match": "no match"},
    (True, False): {"no_input": "nothing recorded"},
}
_STYLES = (
    "classDef start stroke-width:3px",
    "classDef heard stroke-dasharray:5 3,stroke:#7a4fbf",
    "classDef unreached stroke-dasharray:3 3,stroke:#b07a00",
)


def mermaid(flow: Flow, flows: Mapping[str, Flow] = MappingProxyType({})) -> str:
    """The flow as a Mermaid flowchart; `flows` are all of the project, by which it is known what the flow is used for."""
    return "".join(f"{line}\n" for line in _Chart(flow, flows).lines())


def escaped(text: str, most: int = MOST_LABEL) -> str:
    """A text as it stands between the quotes of a label, cut where it is long."""
    text = plain(text)
    text = text if len(text) <= most else text[: most - 1].rstrip() + "…"
    listing = _LIST.match(text)
    before = ""
    if listing is not None:
        sign = listing[2] or listing[3]
        before, text = f"{listing[1] or ''}#{ord(sign)};", text[listing.end() :]
    return before + _OWN.sub(lambda found: f"#{ord(found.group())};", text)


class _Chart:
    def __init__(self, flow: Flow, flows: Mapping[str, Flow]) -> None:
        self._flow, self._flows = flow, flows
        self._sentences = Sentences(flow)
        self._names: dict[tuple[str, str], str] = {}
        self._outside: dict[str, str] = {}  # boxes of what is no step of the flow, by their names

    def lines(self) -> Iterator[str]:
        flow = self._flow
        title = plain(flow.description) or flow.name
        yield from ("---", f"title: {json.dumps(title, ensure_ascii=False)}", "---", "flowchart TD")
        arrows: list[str] = []
        for step, node in flow.graph.steps.items():
            ways, inside = self._ways(node.edges, node.instructions)
            yield f'  {self._id("step", step)}["{"<br/>".join((f"<b>{escaped(step)}</b>", *self._said(node.instructions), *inside))}"]'
            arrows += self._arrows(self._id("step", step), ways)
        if flow.on_error is not None:
            yield '  on_error(["when a step fails"])'
            arrows += self._arrows("on_error", {self._box(flow.on_error): [("", True)]})
        always = flow.graph.always
        if always.edges:
            ways, inside = self._ways(always.edges, always.instructions)
            yield f'  always(["{"<br/>".join(("at every question", *inside))}"])'
            arrows += self._arrows("always", ways)
        for name, box in self._outside.items():
            yield f"  {name}{box}"
        yield from (f"  {arrow}" for arrow in arrows)
        yield from self._classes()

    def _said(self, instructions: Iterable[Instruction]) -> Iterator[str]:
        """What a step does first, in a line: what is heard, else what is asked of somebody."""
        lines = [line for one in instructions for line in self._sentences.lines(one)]
        said = next((line for line in lines if line.startswith('"')), "")
        asked = next(
            (line for one in instructions if _waits(one) for line in self._sentences.lines(one) if line != said), ""
        )
        first = said or next(iter(lines), "")
        yield from (escaped(line, MOST_WORDS) for line in dict.fromkeys(filter(None, (first, asked))))

    def _ways(
        self, edges: Iterable[Edge], instructions: Iterable[Instruction]
    ) -> tuple[dict[str, list[tuple[str, bool]]], list[str]]:
        """Where the edges lead: labels by the box, each with whether it is heard by another one; and the lines for what stays here."""
        labels = _labels(edges, _recording(instructions), self._sentences.texts)
        ways: dict[str, list[tuple[str, bool]]] = {}
        inside: list[str] = []
        for edge in edges:
            label = labels.get(edge, "")
            goes = edge.goes
            if goes is None or isinstance(goes, Block):
                if edge.role == "return":
                    inside.append(escaped(f"{label} ends" if label else "ends"))
                continue
            if isinstance(goes, ToWord) and goes.word != "restart":
                words = {"repeat": "again", "back": "back", "hangup": "hangs up", "leave": "leaves the queue"}
                inside.append(escaped(f"{label}: {words[goes.word]}" if label else words[goes.word]))
                continue
            if edge.role in PAGES:
                label = _ROLES.get(edge.role, edge.role)
            elif edge.role == "subflow":
                label = "and back"
            ways.setdefault(self._box(goes), []).append((label, edge.role in PAGES or edge.role == "subflow"))
        return ways, list(dict.fromkeys(inside))

    def _box(self, goes: Target) -> str:
        """The name of the box that a target leads to."""
        if isinstance(goes, ToWord):
            return self._id("step", self._flow.start)
        if (
            isinstance(goes, ToStep)
            and goes.flow in ("", self._flow.name)
            and (goes.step or self._flow.start) in self._flow.steps
        ):
            return self._id("step", goes.step or self._flow.start)
        written = target(goes)
        if isinstance(goes, ToUrl):
            name = self._id("url", written)
            self._outside.setdefault(name, f'>"{escaped(written)}"]')
        elif goes.flow in ("", self._flow.name):
            name = self._id("missing", written)
            self._outside.setdefault(name, f'{{{{"{escaped(written)}<br/>no such step"}}}}')
        else:
            name = self._id("flow", written)
            self._outside.setdefault(name, f'[["{escaped(written)}"]]')
        return name

    def _id(self, kind: str, name: str) -> str:
        """The name of a box: no two are the same, and none is a word of Mermaid's."""
        known = self._names.get((kind, name))
        if known is None:
            plain_name = re.sub(r"\W", "_", name, flags=re.ASCII)[:40] if kind != "url" else ""
            known = first = f"{kind}_{plain_name}"
            number = 1
            while known in self._names.values():
                number += 1
                known = f"{first}_{number}"
            self._names[kind, name] = known
        return known

    def _arrows(self, here: str, ways: Mapping[str, list[tuple[str, bool]]]) -> Iterator[str]:
        for there, labelled in ways.items():
            for dashed in (False, True):
                labels = [label for label, other in labelled if other is dashed]
                if labels:
                    arrow = "-.->" if dashed else "-->"
                    label = "<br/>".join(dict.fromkeys(escaped(each) for each in labels if each))
                    yield f'{here} {arrow}|"{label}"| {there}' if label else f"{here} {arrow} {there}"

    def _classes(self) -> Iterator[str]:
        flow = self._flow
        heard, reached = heard_as(flow, self._flows), reached_steps(flow, self._flows)
        kinds = {
            "start": [flow.start] if flow.start in flow.steps else [],
            "heard": [step for step in flow.steps if step in heard],
            "unreached": [step for step in flow.steps if step not in heard and step not in reached],
        }
        for style in _STYLES:
            name = style.split()[1]
            if kinds[name]:
                yield f"  {style}"
                yield f"  class {','.join(self._id('step', step) for step in kinds[name])} {name}"


def _recording(instructions: Iterable[Instruction]) -> frozenset[str]:
    """The places of what records, where `no_input` is not silence before a tone but nothing behind it."""
    return frozenset(one.place for one in instructions if isinstance(one, Verb) and one.piece.element.name == "record")


def _labels(edges: Iterable[Edge], recording: frozenset[str], texts: bool) -> dict[Edge, str]:
    """What takes each edge: the keys of the exits that lead into the list it stands in, then its own."""
    lists: dict[str, str] = {}
    found: dict[Edge, str] = {}
    for edge in edges:  # an exit stands before what is in its list
        before = lists.get(edge.tree, "")
        own = _caption(edge.exit, _NAMES.get((edge.place in recording, texts), {})) if edge.exit is not None else ""
        found[edge] = " → ".join(filter(None, (before, own)))
        if isinstance(edge.goes, Block):
            lists[edge.goes.place] = found[edge]
    return found


def _caption(exit_: Exit, names: Mapping[str, str]) -> str:
    """What takes an exit, in short."""
    if exit_.when is not None:
        return f"if {value(exit_.when.text)}"
    pressed, said, patterns = keys_of(exit_)
    keys = [*pressed, *(text.strip('"') for text in said), *(pattern(text) for text in patterns)]
    return " or ".join((*keys, *(names.get(name, name) for name in exit_.names)))


def _waits(instruction: Instruction) -> bool:
    """Whether something is asked of somebody."""
    if isinstance(instruction, PerformEffect):
        return True
    return isinstance(instruction, Verb) and instruction.piece.element.name in (
        "dial",
        "record",
        "enqueue",
        "connect",
        "pay",
        "refer",
    )
