"""Walks over what a flow is made of: its instructions, and the targets in them."""

from collections.abc import Iterable, Iterator

from engine.grammar.fields import Address, Role
from engine.model.parts import Block, Branching, ByLanguage, Exit, Flow, Instruction, Piece, Redirect, Target, Verb


def walk(block: Block) -> Iterator[Instruction]:
    """Every instruction of the block and of the trees in it, in file order."""
    for instruction in block.instructions:
        yield instruction
        for exit_ in instruction.exits if isinstance(instruction, Branching) else ():
            if isinstance(exit_.goes, Block):
                yield from walk(exit_.goes)


def instruction_targets(instruction: Instruction) -> Iterator[Target]:
    """Where the call itself may go on from an instruction, but for its trees."""
    if isinstance(instruction, Redirect):
        yield instruction.target
    for exit_ in instruction.exits if isinstance(instruction, Branching) else ():
        if not isinstance(exit_.goes, Block):
            yield exit_.goes


def page_targets(piece: Piece) -> Iterator[tuple[Role, Target]]:
    """The targets in URL attributes of a piece and the elements in it, with the role of each."""
    for xml, written in piece.attributes:
        if isinstance(written, str):
            continue
        for value in written.entries.values() if isinstance(written, ByLanguage) else (written,):
            if isinstance(value, Target):
                attribute = next(a for a in piece.element.attributes.values() if a.xml == xml)
                assert isinstance(attribute.field, Address), "only an address is read as a target"
                yield attribute.field.role, value
    for item in piece.content:
        if isinstance(item, Piece):
            yield from page_targets(item)


def every_target(instruction: Instruction) -> Iterator[Target]:
    """Every target written in an instruction, but for its trees."""
    yield from instruction_targets(instruction)
    if isinstance(instruction, Verb):
        for _, target in page_targets(instruction.piece):
            yield target


def exits_targets(exits: Iterable[Exit]) -> Iterator[Target]:
    """Every target of the exits, and every one written in their trees."""
    for exit_ in exits:
        if isinstance(exit_.goes, Block):
            for instruction in walk(exit_.goes):
                yield from every_target(instruction)
        else:
            yield exit_.goes


def always_instructions(flow: Flow) -> Iterator[Instruction]:
    """Every instruction in the trees of `always`."""
    for exit_ in flow.always:
        if isinstance(exit_.goes, Block):
            yield from walk(exit_.goes)


def step_instructions(flow: Flow, step: str) -> Iterator[Instruction]:
    """Every instruction that a call may come to in a step: those of `always` too, if the step asks something."""
    asks = False
    for instruction in walk(flow.steps[step]):
        yield instruction
        asks = asks or is_gather(instruction)
    if asks:
        yield from always_instructions(flow)


def flow_instructions(flow: Flow) -> Iterator[Instruction]:
    """Every instruction that is written in a flow, each once."""
    for step in flow.steps.values():
        yield from walk(step)
    yield from always_instructions(flow)


def is_gather(instruction: Instruction) -> bool:
    """Whether the instruction asks the caller something, and so understands `always`."""
    return isinstance(instruction, Verb) and instruction.piece.element.name == "gather"


def flow_targets(flow: Flow) -> Iterator[Target]:
    """Every target written in a flow."""
    if flow.on_error:
        yield flow.on_error
    for step in flow.steps.values():
        for instruction in walk(step):
            yield from every_target(instruction)
    yield from exits_targets(flow.always)
