"""Where the course of a call certainly ends, and where it may go on."""

from engine.model.actions import leaves_by_action
from engine.model.flow import Flow
from engine.model.gathers import takes_every
from engine.model.parts import Block, Branch, Branching, Exit, Instruction, Redirect, Return, ToWord, Verb, is_gather


def passes(flow: Flow, instruction: Instruction) -> bool:
    """Whether the instruction after this one may follow. In doubt it may."""
    match instruction:
        case Redirect() | Return():
            return False
        case Branch():
            return _falls(flow, instruction.exits) or not _named(instruction.exits, "else")
        case Verb():
            return _verb_passes(flow, instruction)
    return True


def runs_out(flow: Flow, block: Block) -> bool:
    """Whether the end of the block may be reached."""
    return all(passes(flow, instruction) for instruction in block.instructions)


def is_passed(flow: Flow, instruction: Branching) -> bool:
    """Whether something may come of an instruction with exits that none of them takes. In doubt it may."""
    if isinstance(instruction, Verb):
        return not _covers(instruction, _always_at(flow, instruction))
    return not _named(instruction.exits, "else")


def _verb_passes(flow: Flow, verb: Verb) -> bool:
    conduct = verb.piece.element.conduct
    if conduct.ends:
        return False
    if verb.branches:
        always = _always_at(flow, verb)
        # From inside a tree of `always` its trees go on behind the gather that they stand at.
        inside = not verb.place[0].isdigit()
        return _falls(flow, verb.exits if inside else (*verb.exits, *always)) or not _covers(verb, always)
    return not leaves_by_action(verb)


def _always_at(flow: Flow, verb: Verb) -> tuple[Exit, ...]:
    """The exits that a verb has behind its own."""
    return flow.always if is_gather(verb) else ()


def _covers(verb: Verb, always: tuple[Exit, ...]) -> bool:
    """Whether the exits of a verb's branch, and those of `always`, take every answer it can have."""
    if _named(verb.exits, "else"):
        return True
    exits = (*verb.exits, *always)
    match verb.piece.element.name:
        case "gather":
            # Without a key or a condition every answer goes on.
            if takes_every(verb):
                return False
            # Without it nothing follows when a message is not answered.
            silent = _named(exits, "no_input") or verb.piece.element.class_name == "MessagingGather"
            rest = _named(exits, "else") or (silent and _named(exits, "no_match"))
            return rest
        case "record":
            return _named(verb.exits, "recorded") and _named(verb.exits, "no_input")
    return False


def _falls(flow: Flow, exits: tuple[Exit, ...]) -> bool:
    return any(isinstance(exit_.goes, Block) and runs_out(flow, exit_.goes) for exit_ in exits)


def _named(exits: tuple[Exit, ...], name: str) -> bool:
    return any(name in exit_.names for exit_ in exits)


def ending(instruction: Instruction) -> str:
    """In a few words why nothing follows an instruction that does not pass."""
    if isinstance(instruction, Redirect):
        target = instruction.target
        if isinstance(target, ToWord):
            return {"hangup": "the call ends here", "leave": "the caller leaves here"}.get(
                target.word, "goes on elsewhere"
            )
        return "the call goes on there"
    if isinstance(instruction, Verb) and instruction.piece.element.conduct.ends:
        return "the call ends here"
    return "every way leads elsewhere" if not isinstance(instruction, Return) else "the document ends here"
