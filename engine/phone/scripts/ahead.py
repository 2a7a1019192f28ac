"""What the turns that follow tell of what comes before them."""

from collections.abc import Sequence

from engine.phone.scripts import script
from engine.phone.scripts.script import Turn

LATER = "later"


def begun_by_flow(turns: Sequence[Turn]) -> bool:
    """Whether something is expected before anybody has written."""
    return bool(turns) and not isinstance(turns[0], script.Write | script.Later)


def verb_told(turn: Turn) -> str:
    """The verb that a turn tells the outcome of; "" for none."""
    match turn:
        case script.Outcome(verb=verb):
            return verb
        case script.PickUp() | script.Talk():
            return "dial"
        case script.Record():
            return "record"
        case _:
            return ""


def told_next(ahead: Sequence[Turn]) -> str:
    """The verb whose outcome the script tells next, before anything else is done; LATER if time passes first; "" for none."""
    for turn in ahead:
        if isinstance(turn, script.Later):
            return LATER
        if not isinstance(turn, script.Talk) and (verb := verb_told(turn)):
            return verb
        if isinstance(turn, script.Press | script.Say | script.Silence | script.HangUp | script.Write | script.Talk):
            return ""
    return ""
