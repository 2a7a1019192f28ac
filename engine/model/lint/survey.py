"""What lint rules look at, and what they find."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.diagnostics.diagnostic import Label, Severity
from engine.diagnostics.source import Span
from engine.grammar.fields import Role
from engine.grammar.templates import Template
from engine.model.parts import Block, Branch, Flow, Instruction, Project, Target, ToStep, ToUrl, ToWord, Verb
from engine.model.walk import page_targets


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found; the fields are those of a diagnostic."""

    span: Span
    title: str
    label: str = ""
    also: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A block with where it stands, its step: `followed` tells that something follows in it when the block runs out."""

    flow: Flow
    step: str
    block: Block
    followed: bool

    @property
    def id(self) -> tuple[str, str]:
        return self.flow.name, self.step


@dataclass(frozen=True)  # without slots: what several rules ask for is found once
class Survey:
    """The project, where the names of its steps stand, and what recordings there are (None if nobody knows)."""

    project: Project
    names: Mapping[str, Mapping[str, Span]]
    audio: frozenset[str] | None = None

    @cached_property
    def blocks(self) -> tuple[Place, ...]:
        """Every step and every tree of every flow. A tree of `always` stands in no step; what follows it may be anything."""
        steps = (
            Place(flow, step, block, followed=False)
            for flow in self.project.flows.values()
            for step, block in flow.steps.items()
        )
        trees = (
            Place(flow, "", exit_.goes, followed=True)
            for flow in self.project.flows.values()
            for exit_ in flow.always
            if isinstance(exit_.goes, Block)
        )
        return tuple(place for whole in (*steps, *trees) for place in self._within(whole))

    def _within(self, place: Place) -> Iterator[Place]:
        yield place
        last = len(place.block.instructions) - 1
        for number, instruction in enumerate(place.block.instructions):
            for exit_ in getattr(instruction, "exits", ()):
                if isinstance(exit_.goes, Block):
                    yield from self._within(Place(place.flow, place.step, exit_.goes, place.followed or number < last))

    def verbs(self, name: str) -> list[tuple[Place, int, Verb]]:
        """Every such verb of a voice flow, with its block and its number in it."""
        return self._verbs.get(name, [])

    @cached_property
    def _verbs(self) -> dict[str, list[tuple[Place, int, Verb]]]:
        found: dict[str, list[tuple[Place, int, Verb]]] = {}
        for place in self.blocks:
            if place.flow.channel == "voice":
                for number, instruction in enumerate(place.block.instructions):
                    if isinstance(instruction, Verb):
                        found.setdefault(instruction.piece.element.name, []).append((place, number, instruction))
        return found

    def pages(self, *roles: Role) -> Iterator[tuple[Flow, ToStep]]:
        """The steps that URL attributes of these roles name, with the flow they are named in."""
        return ((flow, target) for flow, role, target in self._pages if role in roles)

    @cached_property
    def _pages(self) -> tuple[tuple[Flow, Role, ToStep], ...]:
        return tuple(
            (place.flow, role, target)
            for place in self.blocks
            for instruction in place.block.instructions
            if isinstance(instruction, Verb)
            for role, target in page_targets(instruction.piece)
            if isinstance(target, ToStep)
        )

    def step_of(self, flow: Flow, target: ToStep) -> tuple[Flow, str]:
        """The flow and the step that a target written in `flow` means."""
        aim = self.project.flows[target.flow] if target.flow else flow
        return aim, target.step or aim.start

    def resolved(self, place_flow: Flow, step: str, target: Target) -> tuple[str, str] | None:
        """The step that a call goes on at, as names of flow and step; None where that is no step, or nobody can say which."""
        if isinstance(target, ToStep):
            flow, name = self.step_of(place_flow, target)
            return flow.name, name
        if isinstance(target, ToWord):
            return {"repeat": (place_flow.name, step), "restart": (place_flow.name, place_flow.start)}.get(target.word)
        return self._by_address(place_flow, target)

    def _by_address(self, flow: Flow, target: ToUrl) -> tuple[str, str] | None:
        if isinstance(target.url, Template):
            return None
        path = target.url.split("?")[0].split("#")[0].rstrip("/")
        parts = [flow.name, path[2:]] if path.startswith("./") else path.split("/")[-2:]
        if len(parts) == 2 and parts[0] in self.project.flows and parts[1] in self.project.flows[parts[0]].steps:
            return parts[0], parts[1]
        return None


@dataclass(frozen=True, slots=True)
class Rule:
    """A lint rule: a code, how much it matters, and a generator whose docstring is its manual."""

    code: str
    severity: Severity
    find: Callable[[Survey], Iterator[Finding]]


def given(verb: Verb, xml: str) -> str | None:
    """The attribute of a verb as TwiML has it, if it is written and no template."""
    return next((value for name, value in verb.piece.attributes if name == xml and isinstance(value, str)), None)


def is_heard(instruction: Instruction) -> bool:
    """Whether the caller hears the instruction, or waits in it, or nobody can say."""
    return isinstance(instruction, Verb) and instruction.piece.element.conduct.heard


def has_exits(instruction: Instruction) -> bool:
    """Whether the course may part at the instruction."""
    return isinstance(instruction, Verb | Branch) and bool(instruction.exits)
