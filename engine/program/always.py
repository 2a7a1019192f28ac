"""The exits of `always` in the compiled flow: each gather has trees of its own, which tests count once."""

import re
from dataclasses import replace
from typing import Any

from engine.model.graph import ALWAYS, OWN, PROJECT
from engine.model.parts import Block, Branching, Instruction

# Where the place of a gather ends and the place within a tree of `always` begins: `2.0.a.1.0` is `a.1.0` at the gather 2.0.
_BOUND = re.compile(rf"\.(?=[{OWN}{PROJECT}]\.)")


def placed(tree: Block, place: str) -> Block:
    """The tree of an exit of `always` at the gather of that place, with addresses of its own."""
    return replace(
        tree, place=f"{place}.{tree.place}", instructions=tuple(_placed(i, place) for i in tree.instructions)
    )


def _placed(instruction: Instruction, place: str) -> Instruction:
    changes: dict[str, Any] = {"place": f"{place}.{instruction.place}"}
    if isinstance(instruction, Branching) and instruction.exits:
        changes["exits"] = tuple(
            replace(exit_, goes=placed(exit_.goes, place)) if isinstance(exit_.goes, Block) else exit_
            for exit_ in instruction.exits
        )
    return replace(instruction, **changes)


def exit_name(flow: str, step: str, place: str, number: int, own: int) -> str:
    """How an exit is named in a trail: `clinic/menu:0 1`; an exit of `always`, `clinic/always:a 1`, wherever it is taken.

    `place` is that of the instruction, which has `own` exits before those of `always`.
    """
    if number >= own:
        return f"{flow}/{ALWAYS}:{OWN} {number - own}"
    gather, *within = _BOUND.split(place, maxsplit=1)
    return f"{flow}/{ALWAYS}:{within[0]} {number}" if within else f"{flow}/{step}:{gather} {number}"
