"""The graph of flows: steps and the trees in them are its nodes, every way out is an edge.

A flow's part is made of that flow alone, once, and kept with it. What edges lead to is known by name, so that the graph of a project
is no more than its flows by their names. Whoever walks over it does so by `engine.model.walk`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, get_args

from engine.diagnostics.source import Span
from engine.grammar.fields import Address, Role
from engine.model.parts import (
    Asking,
    Block,
    Branching,
    ByLanguage,
    Exit,
    Instruction,
    PerformEffect,
    Piece,
    Redirect,
    Return,
    Subflow,
    Target,
    ToStep,
    ToWord,
    Verb,
    is_gather,
)

Step = tuple[str, str]  # the names of a flow and of a step of it; "" is the step that the flow begins with

ALWAYS = "always"  # stands for a step where an edge is one of those that every gather has
OWN, PROJECT = "a", "p"  # how the places in its trees begin: those of a flow's own `always`, and those of the project's

# What an edge is: how a flow begins, what a fault leads to; an exit of a branch; the end of a subflow; else an attribute's role.
Way = Literal["start", "error", "exit", "redirect", "subflow", "return"] | Role

COURSE: Final[frozenset[Way]] = frozenset(("exit", "redirect"))  # by these a call goes on by itself
CALLED: Final[frozenset[Way]] = frozenset((*COURSE, "subflow"))  # … and is led into what it calls
DOCUMENT: Final[frozenset[Way]] = frozenset((*COURSE, "action"))  # by these a document goes on, whoever hears it
PAGES: Final[frozenset[Way]] = frozenset(get_args(Role))  # attributes that name a step
TARGETS: Final[frozenset[Way]] = COURSE | PAGES  # whatever a target is written for


@dataclass(slots=True, unsafe_hash=True)  # as frozen by its types: `frozen=True` makes one in twice the time
class Edge:
    """A way out of a step, or into a flow. Two are the same if they stand at the same place, whatever they lead to.

    `place` is that of the instruction in the step, "a" for an exit of `always`, "" for the flow's own; `number` counts the edges of
    that role there. `goes` is what is written: a target, a tree, or None where the flow is left. `span` is where that stands,
    the key of an `exit`.
    """

    flow: Final[str]
    step: Final[str]
    place: Final[str]
    role: Final[Way]
    number: Final[int]
    goes: Final[Target | Block | None] = field(compare=False)
    span: Final[Span] = field(compare=False)
    exit: Final[Exit | None] = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """What is written there, on one line."""
        when = self.exit and self.exit.when
        return " ".join((f"when {when.text}" if when else self.span.text).split())

    @property
    def id(self) -> str:
        """The edge in words, an exit as a trail names it: `clinic/menu:0 1`, `clinic/menu:2 whisper 0`."""
        role = "" if self.role == "exit" else f"{self.role} "
        return f"{self.group} {role}{self.number}"

    @property
    def group(self) -> str:
        """Where it leaves: the step and the place of the instruction, `clinic/menu:0`; `clinic/` for the flow's own."""
        return f"{self.flow}/{self.step}:{self.place}" if self.step else f"{self.flow}/"

    @property
    def tree(self) -> str:
        """The place of the tree that it leaves, "" in the step itself."""
        return self.place.rpartition(".")[0]

    @property
    def aim(self) -> Step | None:
        """The step that it leads to; None where that is none, or depends on how a call came here.

        An address is taken as foreign, also where it may name a step. An exit with a tree leads into its own step.
        """
        return aimed(self.flow, "" if self.in_always else self.step, self.goes)

    @property
    def in_always(self) -> bool:
        """Whether it is one of what every gather of the flow understands: it leaves the step of the gather."""
        return self.place.startswith((OWN, PROJECT))


def aimed(flow: str, step: str, goes: Target | Block | None) -> Step | None:
    """The step that something leads to which is written in a step ("" if nobody knows in which), as `Edge.aim`."""
    if isinstance(goes, ToStep):
        return goes.flow or flow, goes.step
    if isinstance(goes, ToWord) and goes.word == "restart":
        return flow, ""
    stays = isinstance(goes, Block) or (isinstance(goes, ToWord) and goes.word == "repeat")
    return (flow, step) if step and stays else None


@dataclass(slots=True)
class Tree:
    """A step's own block or a tree in it; `followed` tells that something follows in the step when it runs out.

    `step` is "" for a tree of `always`, which may stand in any; then what follows may be anything.
    """

    step: Final[str]
    block: Final[Block]
    followed: Final[bool]


@dataclass(slots=True)
class Node:
    """A step: what is written in it with all its trees, and the ways out of it, all in file order."""

    name: Final[str]
    trees: Final[tuple[Tree, ...]]
    instructions: Final[tuple[Instruction, ...]]
    edges: Final[tuple[Edge, ...]]

    @property
    def asks(self) -> bool:
        """Whether something in it asks the caller, and so understands `always`."""
        return any(map(is_gather, self.instructions))

    @property
    def asks_world(self) -> bool:
        """Whether something in it asks others than the caller, who may fail whatever the flow does."""
        return any(isinstance(one, Asking) for one in self.instructions)


def node_of(flow: str, step: str, block: Block) -> Node:
    """The node that a step makes."""
    reading = _Reading(flow, step, step)
    reading.read(block, followed=False)
    return reading.node()


def always_of(flow: str, exits: tuple[Exit, ...]) -> Node:
    """The node that what a flow always understands makes."""
    reading = _Reading(flow, ALWAYS, "")
    for number, exit_ in enumerate(exits):
        reading.edges.append(Edge(flow, ALWAYS, OWN, "exit", number, exit_.goes, exit_.span, exit_))
        if isinstance(exit_.goes, Block):
            reading.read(exit_.goes, followed=True)
    return reading.node()


class FlowGraph:  # without slots: what several ask for is found once
    """The part of the graph that one flow makes."""

    def __init__(
        self, name: str, start: str, steps: Mapping[str, Block], always: tuple[Exit, ...], on_error: Target | None
    ) -> None:
        self.name, self.start = name, start
        self._steps, self._exits, self._on_error = steps, always, on_error

    @cached_property
    def steps(self) -> Mapping[str, Node]:
        """Its steps by name."""
        return {name: node_of(self.name, name, block) for name, block in self._steps.items()}

    @cached_property
    def always(self) -> Node:
        """What every gather of the flow has behind its own: exits, and the trees behind them."""
        return always_of(self.name, self._exits)

    @cached_property
    def doors(self) -> tuple[Edge, ...]:
        """Where it begins, and where a fault leads."""
        begin = self._steps.get(self.start)
        doors = [] if begin is None else [self._door("start", ToStep("", self.start, begin.span))]
        if self._on_error is not None:
            doors.append(self._door("error", self._on_error))
        return tuple(doors)

    def _door(self, role: Way, target: Target) -> Edge:
        return Edge(self.name, "", "", role, 0, target, target.span)

    @cached_property
    def pages(self) -> tuple[Edge, ...]:
        """The edges by which attributes name steps."""
        edges = (edge for node in self.nodes for edge in node.edges)
        return tuple(edge for edge in edges if edge.role in PAGES and isinstance(edge.goes, ToStep))

    @cached_property
    def outward(self) -> tuple[Step, ...]:
        """The steps of other flows that it leads to, each once."""
        aims = (edge.aim for edge in self.edges)
        return tuple(dict.fromkeys(aim for aim in aims if aim is not None and aim[0] != self.name))

    @property
    def edges(self) -> Iterator[Edge]:
        """Every edge, each once."""
        yield from self.doors
        for node in self.nodes:
            yield from node.edges

    @property
    def nodes(self) -> Iterator[Node]:
        """The steps, and what is always understood."""
        yield from self.steps.values()
        yield self.always

    @property
    def instructions(self) -> Iterator[Instruction]:
        """Every instruction that is written in the flow, each once."""
        for node in self.nodes:
            yield from node.instructions

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """Every target that is written in the flow; not the names of subflows."""
        edges = (edge for node in self.nodes for edge in node.edges if edge.role != "subflow")
        written = tuple(goes for edge in edges if (goes := edge.goes) is not None and not isinstance(goes, Block))
        return written if self._on_error is None else (self._on_error, *written)

    def at(self, step: str, *, always: bool = True) -> tuple[Node, ...]:
        """All that a call may come to in a step ("" for the start): the step, and what is `always` understood if it asks something."""
        node = self.steps.get(step or self.start)
        if node is None:
            return ()
        return (node, self.always) if always and self._exits and node.asks else (node,)

    def instructions_at(self, step: str) -> Iterator[Instruction]:
        """Every instruction that a call may come to in a step."""
        for node in self.at(step):
            yield from node.instructions

    def edges_at(self, step: str, *, always: bool = True) -> Iterator[Edge]:
        """Every way out of a step; what a fault leads to is one where the world is asked."""
        asks_world = False
        for node in self.at(step, always=always):
            yield from node.edges
            asks_world = asks_world or node.asks_world
        if asks_world:
            yield from (door for door in self.doors if door.role == "error")


class _Reading:
    """Finds what is in one step."""

    __slots__ = ("edges", "flow", "home", "instructions", "step", "trees")

    def __init__(self, flow: str, step: str, home: str) -> None:
        self.flow, self.step, self.home = flow, step, home
        self.trees: list[Tree] = []
        self.instructions: list[Instruction] = []
        self.edges: list[Edge] = []

    def node(self) -> Node:
        return Node(self.step, tuple(self.trees), tuple(self.instructions), tuple(self.edges))

    def read(self, block: Block, followed: bool) -> None:
        flow, step, edges, instructions = self.flow, self.step, self.edges, block.instructions
        self.trees.append(Tree(self.home, block, followed))
        last = len(instructions) - 1
        for index, instruction in enumerate(instructions):
            self.instructions.append(instruction)
            place = instruction.place
            exits = instruction.exits if isinstance(instruction, Branching) else ()
            if isinstance(instruction, Redirect):
                target = instruction.target
                edges.append(Edge(flow, step, place, "redirect", 0, target, target.span))
            elif isinstance(instruction, Return):
                edges.append(Edge(flow, step, place, "return", 0, None, instruction.span))
            elif isinstance(instruction, Subflow):
                target = ToStep(instruction.flow, "", instruction.flow_span)
                edges.append(Edge(flow, step, place, "subflow", 0, target, target.span))
            for number, exit_ in enumerate(exits):
                edges.append(Edge(flow, step, place, "exit", number, exit_.goes, exit_.span, exit_))
            named = _named_by(instruction)
            if named:
                numbers: dict[Role, int] = {}
                for role, target in named:
                    number = numbers[role] = numbers.get(role, -1) + 1
                    edges.append(Edge(flow, step, place, role, number, target, target.span))
            for exit_ in exits:
                if isinstance(exit_.goes, Block):
                    self.read(exit_.goes, followed or index < last)


def _named_by(instruction: Instruction) -> list[tuple[Role, Target]]:
    """The targets that an instruction gives to Twilio as addresses, with the role of each."""
    if isinstance(instruction, Verb):
        return _named_in(instruction.piece)
    if not isinstance(instruction, PerformEffect):
        return []
    found: list[tuple[Role, Target]] = []
    for name, key in instruction.spec.fields.items():
        if key.form == "target" and (target := instruction[name]) is not None:
            assert isinstance(key.kind, Address), "a target is an address"
            found.append((key.kind.role, target))
    return found


def _named_in(piece: Piece) -> list[tuple[Role, Target]]:
    """The targets in URL attributes of a piece and the elements in it, with the role of each."""
    found: list[tuple[Role, Target]] = []
    for xml, written in piece.attributes:
        if isinstance(written, str):
            continue
        for value in written.entries.values() if isinstance(written, ByLanguage) else (written,):
            if isinstance(value, Target):
                attribute = next(a for a in piece.element.attributes.values() if a.xml == xml)
                assert isinstance(attribute.field, Address), "only an address is read as a target"
                found.append((attribute.field.role, value))
    for item in piece.content:
        if isinstance(item, Piece):
            found += _named_in(item)
    return found
