"""Where the course of a call certainly ends, and where it may go on."""

from engine.model.lint.survey import given
from engine.model.parts import Block, Branch, Exit, Instruction, Redirect, Return, ToWord, Verb


def passes(instruction: Instruction) -> bool:
    """Whether the instruction after this one may follow. In doubt it may."""
    match instruction:
        case Redirect() | Return():
            return False
        case Branch():
            return _falls(instruction.exits) or not _named(instruction.exits, "else")
        case Verb():
            return _verb_passes(instruction)
    return True


def runs_out(block: Block) -> bool:
    """Whether the end of the block may be reached."""
    return all(passes(instruction) for instruction in block.instructions)


def _verb_passes(verb: Verb) -> bool:
    conduct = verb.piece.element.conduct
    if conduct.ends:
        return False
    if verb.branches:
        return _falls(verb.exits) or not _covers(verb)
    if verb.save is not None:
        return True
    has_action = any(xml == "action" for xml, _ in verb.piece.attributes)
    if has_action and conduct.comes_back:
        return conduct.falls_through and given(verb, "actionOnEmptyResult") != "true"
    return True


def _covers(verb: Verb) -> bool:
    """Whether the exits of a verb's branch take every answer it can have."""
    if _named(verb.exits, "else"):
        return True
    keys = any(exit_.keys or exit_.when for exit_ in verb.exits)
    match verb.piece.element.name:
        case "gather":
            return keys and _named(verb.exits, "no_input") and _named(verb.exits, "no_match")
        case "record":
            return _named(verb.exits, "recorded") and _named(verb.exits, "no_input")
    return False


def _falls(exits: tuple[Exit, ...]) -> bool:
    return any(isinstance(exit_.goes, Block) and runs_out(exit_.goes) for exit_ in exits)


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
