"""The call tree of a flow as text, to send to a client. Each path is listed once; other ways to a step say `see menu`."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.model.falls import Fall, falls_of
from engine.model.flow import Flow
from engine.model.graph import ALWAYS, Edge
from engine.model.lint.course import passes
from engine.model.parts import (
    Block,
    Branching,
    Exit,
    Instruction,
    PerformEffect,
    Redirect,
    Return,
    Target,
    ToStep,
    ToUrl,
    ToWord,
    Verb,
    is_gather,
)
from engine.picture.opening_hours import hours_lines, hours_named
from engine.picture.outline import heard_as, only_way, parents_of, reached_steps, step_named
from engine.picture.phrases import keys_of, plain, target, value
from engine.picture.sentences import Sentences

WIDTH = 80
_STEP = 2  # columns of one level
_DEEPEST = 24  # columns: what would begin farther in stands by itself
_NARROWEST = 36  # columns that are left to a text at least

_ENDS = {
    "whisper": "Then the two are connected.",
    "queue_whisper": "Then the two are connected.",
    "queue_wait": "Then it begins again, for as long as the caller waits.",
    "conference_wait": "Then there is silence, until the conference begins.",
    "callback": "Then the report is done.",
}
_HEARD = {
    "whisper": "heard only by the person who is called",
    "queue_whisper": "heard only by the caller who waited",
    "queue_wait": "heard while waiting in the queue",
    "conference_wait": "heard before the conference begins",
    "callback": "a report to the server, not heard by anyone",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A step that begins at the margin."""

    step: str
    note: str
    path: tuple[str, ...] = ()


def print_out(flow: Flow, flows: Mapping[str, Flow] = MappingProxyType({}), *, width: int = WIDTH) -> str:
    """The call tree of a flow; `flows` are all of the project, by which it is known what the flow is used for."""
    return "\n".join(_PrintOut(flow, flows, width).lines()) + "\n"


class _PrintOut:
    def __init__(self, flow: Flow, flows: Mapping[str, Flow], width: int) -> None:
        self._flow, self._flows, self._width = flow, flows, width
        self._sentences = Sentences(flow)
        self._graph = flow.graph
        self._edges: dict[tuple[str, str], list[Edge]] = {}
        for edge in self._graph.edges:
            self._edges.setdefault((edge.step, edge.place), []).append(edge)
        self._falls = {(fall.step, fall.place, fall.ends): fall for fall in falls_of(flow)}
        self._ends: dict[str, list[Fall]] = {}
        for fall in self._falls.values():
            if fall.ends:
                self._ends.setdefault(fall.step, []).append(fall)
        self._parents = parents_of(flow)
        self._heard = heard_as(flow, flows)
        self._called = any(
            edge.role == "subflow" and edge.aim and edge.aim[0] == flow.name
            for one in flows.values()
            for edge in one.graph.edges
        )
        self._printed: set[str] = set()
        self._waiting: list[Section] = []
        self._common = self._common_retry()

    def lines(self) -> Iterator[str]:
        yield from self._heading()
        sections = self._roots()
        for section in sections:
            yield ""
            yield from self._section(section)
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                for each in waiting:
                    yield ""
                    yield from self._section(each)

    def _heading(self) -> Iterator[str]:
        flow = self._flow
        title = plain(flow.description) or flow.name
        yield from self._put(title, 0)
        yield "=" * min(len(title), self._width)
        kinds = {"voice": "calls", "messaging": "messages"}
        answers = " and ".join(kinds[channel] for channel in flow.channels)
        yield from self._put(f'Flow "{flow.name}", answers {answers}, {_count(len(flow.steps), "step")}.', 0)
        takes = [
            f"{name}{' (required)' if name in flow.required else ''}"
            for name in dict.fromkeys((*flow.takes, *sorted(flow.required)))
        ]
        if takes:
            yield from self._put(f"It is given: {', '.join(takes)}.", 0)
        if flow.on_error is not None:
            yield from self._put(f"If a step fails: {self._goal(flow.on_error, '')}.", 0)
        if flow.languages:
            told = [
                f"{name} ({language.tag})" if language.tag != name else name
                for name, language in flow.languages.items()
            ]
            yield from self._put(f"Languages: {', '.join(told)}. It begins in {next(iter(flow.languages))}.", 0)
        if self._common is not None:
            yield ""
            yield from self._put("Every question, unless it says otherwise:", 0)
            for line in self._common:
                yield from self._put(line, 1)
        if flow.always:
            yield ""
            yield from self._put("At every question that has no such key of its own:", 0)
            yield from self._always()
        for name, hours in hours_named(flow):
            yield ""
            yield from self._put(f'Hours "{name}" ({hours.zone}):', 0)
            for line in hours_lines(hours):
                yield from self._put(line, 1)

    def _common_retry(self) -> tuple[str, ...] | None:
        """How most questions ask again, if several do so alike."""
        counts: dict[tuple[str, ...], int] = {}
        for node in self._graph.nodes:
            for one in node.instructions:
                if isinstance(one, Verb) and is_gather(one) and one.retry.attempts > 1:
                    told = self._sentences.retry(one.retry)
                    counts[told] = counts.get(told, 0) + 1
        best = max(counts, key=lambda told: counts[told], default=None)
        return best if best is not None and counts[best] > 1 else None

    def _asked(self, gather: Verb) -> Iterator[str]:
        """How a gather asks again, where that is not as with most."""
        own, common = self._sentences.retry(gather.retry), self._common
        if common is None:
            yield from own if gather.retry.attempts > 1 else ()
        elif own != common:
            yield from (line for line in own if line not in common)
            if gather.retry.attempts > 1:
                said = {line.partition(":")[0] for line in own}
                yield from (
                    f"{what}: nothing is said."
                    for what in dict.fromkeys(line.partition(":")[0] for line in common[1:])
                    if what not in said
                )
        if gather.retry.attempts > 1:
            yield from self._sentences.again(gather.retry)

    def _roots(self) -> list[Section]:
        flow = self._flow
        parents, error = self._parents, ""
        if isinstance(flow.on_error, ToStep) and not flow.on_error.flow:
            error = flow.on_error.step or flow.start
        reached = reached_steps(self._flow, self._flows)
        first: list[Section] = []
        unreached: list[Section] = []
        for step in flow.steps:
            if step == flow.start:
                first.insert(0, Section(step, ""))
            elif step not in parents:
                heard = [_HEARD[role] for role in self._heard.get(step, ()) if role in _HEARD]
                note = "; ".join(heard)
                if step == error:
                    note = "when a step fails"
                kept = first if note or step in reached else unreached
                kept.append(Section(step, note or ("" if step in reached else "nothing in the flow leads here")))
        return first + unreached

    def _section(self, section: Section) -> Iterator[str]:
        yield from self._title(f"{section.step} ({section.note})" if section.note else section.step)
        yield from self._step(section.step, 0, section.path)

    def _title(self, text: str) -> Iterator[str]:
        yield from self._put(text, 0)
        yield "-" * min(self._width, len(text))

    def _step(self, step: str, level: int, path: tuple[str, ...]) -> Iterator[str]:
        """What happens in a step, and behind it what it always goes on with."""
        while True:
            self._printed.add(step)
            yield from self._block(step, self._flow.steps[step], level, path)
            only = only_way(self._flow, step)
            if self._parents.get(only) != step or only in self._printed:
                return
            if level:
                yield from self._put(f"Then: {only}", level)
            else:
                yield ""
                yield from self._title(only)
            step = only

    def _block(self, step: str, block: Block, level: int, path: tuple[str, ...]) -> Iterator[str]:
        for number, instruction in enumerate(block.instructions):
            yield from self._instruction(step, block, number, instruction, level, path)
            if not passes(self._flow, instruction):
                return  # what stands behind it is never reached
        last = block.instructions[-1] if block.instructions else None
        if isinstance(last, Branching) and last.exits:
            return  # told with each way out of it
        if (end := self._falls.get((step, block.place, True))) is not None:
            yield from self._end(step, end.onto, level)

    def _end(self, step: str, onto: str | None, level: int) -> Iterator[str]:
        if onto is None:
            yield from self._put("Then the question again goes on.", level)
        elif onto:
            yield from self._put("Continues below.", level)
        elif line := self._ending(step):
            yield from self._put(line, level)

    def _ending(self, step: str) -> str:
        """What happens when a step runs out."""
        roles = self._heard.get(step, ())
        told = list(dict.fromkeys(_ENDS[role] for role in roles if role in _ENDS))
        if told:
            return (
                ", or ".join([told[0].rstrip("."), *(each.removeprefix("Then ").rstrip(".") for each in told[1:])])
                + "."
            )
        if self._called:
            return "Then it goes back to where the flow was called from."
        return "Then the call ends." if self._flow.channel == "voice" else "Then the conversation is over."

    def _instruction(
        self, step: str, block: Block, number: int, instruction: Instruction, level: int, path: tuple[str, ...]
    ) -> Iterator[str]:
        edges = self._edges.get((step, instruction.place), [])
        if isinstance(instruction, Redirect):
            if not (
                only_way(self._flow, step) == step_named(instruction.target) and self._nests(step, instruction.target)
            ):
                yield from self._way("Then", step, instruction.target, level, path)
            return
        for line in dict.fromkeys(self._sentences.lines(instruction, edges)):
            yield from self._put(line, level)
        if isinstance(instruction, Return):
            yield from self._put(self._ending(step) or "Then nothing more happens.", level)
            return
        if not isinstance(instruction, Branching):
            return
        if isinstance(instruction, Verb) and is_gather(instruction):
            for line in self._asked(instruction):
                yield from self._put(line, level)
        asks = isinstance(instruction, Verb) and is_gather(instruction)
        fall = self._falls.get((step, instruction.place, False))
        if fall is not None and fall.onto and all(_is_empty(exit_) for exit_ in instruction.exits):
            return  # whatever comes of it, the next instruction follows
        for exit_ in instruction.exits:
            if not level and asks:
                yield ""
            head = self._sentences.head(instruction, exit_, path if asks else ())
            yield from self._way(head, step, exit_.goes, level, _onward(path, exit_) if asks else path)
        if isinstance(instruction, PerformEffect) and self._flow.on_error is not None:
            named = {name for exit_ in instruction.exits for name in exit_.names}
            if not named & {"error", "else"}:
                yield from self._put(f"If that fails: {self._goal(self._flow.on_error, step)}", level)
        yield from self._below(step, block, number, instruction, level)

    def _below(self, step: str, block: Block, number: int, instruction: Branching, level: int) -> Iterator[str]:
        """What leads to the instruction that follows one with exits."""
        fall = self._falls.get((step, instruction.place, False))
        onto = block.instructions[number + 1].place if number + 1 < len(block.instructions) else None
        inside = [one for one in self._ends.get(step, ()) if one.place.startswith(f"{instruction.place}.")]
        continued = onto is not None and any(one.onto == onto for one in inside)
        if fall is None:
            if continued and instruction.exits:
                yield from self._put("Continued:", level)
            return
        head = self._sentences.passed(instruction)
        if not level and isinstance(instruction, Verb) and is_gather(instruction):
            yield ""
        if fall.onto and fall.onto == onto and not continued:
            yield from self._put(f"{head}:", level)
        elif fall.onto and fall.onto == onto:
            yield from self._put(f"{head}: continues below", level)
            yield from self._put("Continued:", level)
        elif fall.onto:
            yield from self._put(f"{head}: continues below", level)
        else:
            ending = self._ending(step).removeprefix("Then ").rstrip(".")
            yield from self._put(f"{head}: {ending or 'nothing more'}", level)

    def _always(self) -> Iterator[str]:
        gather = next(
            (
                one
                for node in self._graph.nodes
                for one in node.instructions
                if isinstance(one, Verb) and is_gather(one)
            ),
            None,
        )
        for exit_ in self._flow.always:
            head = self._sentences.head(gather, exit_) if gather is not None else value(exit_.span.text)
            head = head.partition(", ")[0] if exit_.names else head
            yield from self._way(head, ALWAYS, exit_.goes, 1, ())

    def _way(self, head: str, step: str, goes: Target | Block, level: int, path: tuple[str, ...]) -> Iterator[str]:
        """An exit with where it leads: what follows there stands below it, unless it stands elsewhere."""
        if isinstance(goes, Block):
            if goes.instructions:
                yield from self._put(f"{head}:", level)
                yield from self._block(step, goes, level + 1, path)
                return
            fall = self._falls.get((step, goes.place, True))
            if step == ALWAYS:
                text = "continues behind the question"
            elif fall is not None and fall.onto:
                text = "continues below"
            else:
                text = self._ending(step).removeprefix("Then ").rstrip(".") or "nothing more"
            yield from self._put(f"{head}: {text}", level)
            return
        if self._nests(step, goes) and step_named(goes) not in self._printed:
            child = step_named(goes)
            if level * _STEP < _DEEPEST:
                yield from self._put(f"{head}: {child}", level)
                yield from self._step(child, level + 1, path)
                return
            if all(section.step != child for section in self._waiting):
                self._waiting.append(Section(child, _reached_by(path), path))
        yield from self._put(f"{head}: {self._goal(goes, step)}", level)

    def _nests(self, step: str, goes: Target) -> bool:
        """Whether what a target leads to stands below the step."""
        child = step_named(goes)
        return bool(child) and self._parents.get(child) == step

    def _goal(self, goes: Target, step: str) -> str:
        """Where a target leads, in words."""
        if isinstance(goes, ToUrl):
            return f"goes on at {target(goes)}"
        if isinstance(goes, ToWord):
            messages = self._flow.channel == "messaging"
            told = {
                "repeat": "this again, from its beginning",
                "back": "back to the question before",
                "restart": f"starts over at {self._flow.start}",
                "hangup": "the conversation is over" if messages else "the call ends",
                "leave": "leaves the queue",
            }
            if goes.word == "hangup" and set(self._heard.get(step, ())) & {"whisper", "queue_whisper"}:
                return "hangs up on that person only"
            return told.get(goes.word, goes.word)
        if goes.flow and goes.flow != self._flow.name:
            return f"goes on in the flow {goes.flow}{f', at {goes.step}' if goes.step else ''}"
        name = goes.step or self._flow.start
        return f"see {name}" if name in self._flow.steps else f"see {name} (no such step)"

    def _put(self, text: str, level: int) -> Iterator[str]:
        indent = min(level * _STEP, self._width - _NARROWEST)
        hanging = indent if text.startswith('"') else indent + _STEP
        yield from textwrap.wrap(
            text,
            self._width,
            initial_indent=" " * indent,
            subsequent_indent=" " * (hanging if level else indent),
            break_on_hyphens=False,
        ) or [""]


def _onward(path: tuple[str, ...], exit_: Exit) -> tuple[str, ...]:
    """What was pressed up to behind an exit; nothing where that is no single key."""
    pressed, _, _ = keys_of(exit_)
    return (*path, pressed[0]) if len(pressed) == 1 and not exit_.names else ()


def _reached_by(path: tuple[str, ...]) -> str:
    return f"press {', '.join(path)}" if path else ""


def _is_empty(exit_: Exit) -> bool:
    return isinstance(exit_.goes, Block) and not exit_.goes.instructions


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
