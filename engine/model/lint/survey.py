"""What lint rules look at, and what they find."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from engine.diagnostics.diagnostic import Label, Severity
from engine.diagnostics.source import Span
from engine.grammar.fields import Role
from engine.grammar.templates import Template
from engine.model.flow import Flow
from engine.model.graph import Tree, Way
from engine.model.parts import Block, Branch, Instruction, Target, ToStep, ToUrl, ToWord, Verb


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found; the fields are those of a diagnostic."""

    span: Span
    title: str
    label: str = ""
    also: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()


Pages = Mapping[str, frozenset[tuple[Way, str]]]  # by flow its steps that URL attributes name, with the role of each
Use = tuple[
    Literal["steps", "body", "pages", "audio"], str
]  # something beyond a flow's own text, and the flow it is of


@dataclass(frozen=True)  # without slots: what several rules ask for is found once
class Survey:
    """A flow among the others, as rules look at it: `flows` are all of the project, `used` its pages.

    `recordings` are those that there are, None if nobody knows. Whatever a rule asks beyond the flow itself is noted in `uses`: as long as
    that stays as it is, so do the findings.
    """

    flow: Flow
    flows: Mapping[str, Flow]
    names: Mapping[str, Mapping[str, Span]]  # by flow where the names of its steps stand
    used: Pages = field(default_factory=dict)
    recordings: frozenset[str] | None = None
    uses: dict[Use, object] = field(default_factory=dict)

    def still_sees(self, uses: Mapping[Use, object]) -> bool:
        """Whether all that was asked of another survey of the flow is here as it was there."""
        return all(self._answer(use, seen) is seen for use, seen in uses.items())

    def _answer(self, use: Use, seen: object) -> object:
        """What is so now; `seen` itself if it is the same."""
        kind, name = use
        if kind == "audio":
            return seen if seen is self.recordings or seen == self.recordings else self.recordings
        if kind == "pages":
            now = self.used.get(name)
            return seen if seen == now else now
        flow = self.flows.get(name)
        if kind == "steps":
            steps = _steps(flow)
            return seen if seen == steps else steps
        return flow

    @property
    def audio(self) -> frozenset[str] | None:
        """The recordings that there are; None if nobody knows."""
        self.uses["audio", ""] = self.recordings
        return self.recordings

    def used_as(self, flow: str, *roles: Role) -> frozenset[str]:
        """The steps of a flow that URL attributes of these roles name, in any flow."""
        found = self.uses["pages", flow] = self.used.get(flow)
        return frozenset(step for role, step in found or () if role in roles)

    def _other(self, name: str) -> Flow | None:
        """A flow of which start and names of steps matter."""
        if name == self.flow.name:
            return self.flow
        found = self.flows.get(name)
        self.uses["steps", name] = _steps(found)
        return found

    def block(self, flow: str, step: str) -> tuple[Flow, Block]:
        """A step with all that is in it, and its flow."""
        if flow != self.flow.name:
            self.uses["body", flow] = self.flows[flow]
        return self.flows[flow], self.flows[flow].steps[step]

    @cached_property
    def blocks(self) -> tuple[Tree, ...]:
        """Every step and every tree of the flow."""
        return tuple(tree for node in self.flow.graph.nodes for tree in node.trees)

    def verbs(self, name: str) -> list[tuple[Tree, int, Verb]]:
        """Every such verb of a voice flow, with its block and its number in it."""
        return self._verbs.get(name, [])

    @cached_property
    def _verbs(self) -> dict[str, list[tuple[Tree, int, Verb]]]:
        found: dict[str, list[tuple[Tree, int, Verb]]] = {}
        for place in self.blocks if self.flow.channel == "voice" else ():
            for number, instruction in enumerate(place.block.instructions):
                if isinstance(instruction, Verb):
                    found.setdefault(instruction.piece.element.name, []).append((place, number, instruction))
        return found

    def pages(self, *roles: Role) -> Iterator[ToStep]:
        """The steps that URL attributes of these roles name in the flow."""
        for page in self.flow.graph.pages:
            if page.role in roles and isinstance(page.goes, ToStep):
                yield page.goes

    def step_of(self, target: ToStep) -> tuple[str, str]:
        """The names of the flow and the step that a target of the flow means."""
        aim = self.flow if not target.flow else self._other(target.flow)
        assert aim is not None, "a project without errors has every flow that is named"
        return aim.name, target.step or aim.start

    def resolved(self, step: str, target: Target) -> tuple[str, str] | None:
        """The step that a call goes on at, as names of flow and step; None where that is no step, or nobody can say which."""
        if isinstance(target, ToStep):
            return self.step_of(target)
        if isinstance(target, ToWord):
            own = self.flow
            return {"repeat": (own.name, step), "restart": (own.name, own.start)}.get(target.word)
        return self._by_address(target)

    def _by_address(self, target: ToUrl) -> tuple[str, str] | None:
        if isinstance(target.url, Template):
            return None
        path = target.url.split("?")[0].split("#")[0].rstrip("/")
        parts = [self.flow.name, path[2:]] if path.startswith("./") else path.split("/")[-2:]
        aim = self._other(parts[0]) if len(parts) == 2 else None
        return (parts[0], parts[1]) if aim is not None and parts[1] in aim.steps else None


def _steps(flow: Flow | None) -> tuple[str, ...] | None:
    """The first step of a flow, and the names of all: what was looked at, without keeping the flow itself."""
    return None if flow is None else (flow.start, *flow.steps)


@dataclass(frozen=True, slots=True)
class Rule:
    """A lint rule: a code, how much it matters, and a generator whose docstring is its manual.

    One that looks `across` flows is asked once, with all that `reach` found of them.
    """

    code: str
    severity: Severity
    find: Callable[..., Iterator[Finding]]
    across: bool = False


def given(verb: Verb, xml: str) -> str | None:
    """The attribute of a verb as TwiML has it, if it is written and no template."""
    return next((value for name, value in verb.piece.attributes if name == xml and isinstance(value, str)), None)


def is_heard(instruction: Instruction) -> bool:
    """Whether the caller hears the instruction, or waits in it, or nobody can say."""
    return isinstance(instruction, Verb) and instruction.piece.element.conduct.heard


def has_exits(instruction: Instruction) -> bool:
    """Whether the course may part at the instruction."""
    return isinstance(instruction, Verb | Branch) and bool(instruction.exits)
