"""Where a call goes on without an exit: past an instruction none of whose exits is taken, and behind the end of a block.

These are the edges that nobody writes. The walks over the graph do not follow them: they stay within a step.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.diagnostics.source import Span
from engine.model.flow import Flow
from engine.model.graph import ALWAYS, OWN
from engine.model.lint.course import is_passed, passes
from engine.model.parts import Block, Branching


@dataclass(frozen=True, slots=True)
class Fall:
    """A way on that is not written. `place` is that of a block which may run out ("" for the step itself), or of an instruction.

    `onto` is the place of the instruction that follows: "" where the step ends, None at the end of a block of `always`, where the
    gather decides that was asked. `span` is the block, or the instruction.
    """

    flow: str
    step: str
    place: str
    onto: str | None
    ends: bool  # the end of a block; else an instruction that is passed
    span: Span = field(compare=False)

    @property
    def id(self) -> str:
        """The edge in words, as `Edge.id`: `clinic/menu:0 falls`, `clinic/menu:0.1 ends`."""
        return f"{self.flow}/{self.step}:{self.place} {'ends' if self.ends else 'falls'}"


def falls_of(flow: Flow) -> tuple[Fall, ...]:
    """All of a flow, in file order: an instruction that is passed before what follows it, a block behind what is in it."""
    found: list[Fall] = []
    for step, block in flow.steps.items():
        found += _in_block(flow, step, block, "")
    for exit_ in flow.always:
        # What the project has in it leaves no flow of its own.
        if isinstance(exit_.goes, Block) and exit_.goes.place.startswith(OWN):
            found += _in_block(flow, ALWAYS, exit_.goes, None)
    return tuple(found)


def _in_block(flow: Flow, step: str, block: Block, after: str | None) -> Iterator[Fall]:
    """What runs out in a block, behind which the instruction at `after` follows."""
    last = len(block.instructions) - 1
    for number, instruction in enumerate(block.instructions):
        onto = block.instructions[number + 1].place if number < last else after
        if isinstance(instruction, Branching):
            for exit_ in instruction.exits:
                if isinstance(exit_.goes, Block):
                    yield from _in_block(flow, step, exit_.goes, onto)
            if instruction.exits and is_passed(flow, instruction):
                yield Fall(flow.name, step, instruction.place, onto, False, instruction.span)
        if not passes(flow, instruction):
            return  # what stands behind it is never reached
    yield Fall(flow.name, step, block.place, after, True, block.span)
