"""Plays a call of a script: the result tells whether it went as written, and where it did not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.diagnostics import Span
from engine.phone.call import PhoneCall
from engine.phone.course import KINDS
from engine.phone.scripts import script
from engine.phone.scripts.checks import check
from engine.phone.scripts.player import Amiss, Player, Project
from engine.phone.scripts.script import CallScript, Script, Turn
from engine.phone.story import Story
from engine.phone.tape import Side
from engine.phone.transcript import transcript

ACTS = (
    script.Press,
    script.Say,
    script.Silence,
    script.HangUp,
    script.Write,
    script.PickUp,
    script.Talk,
    script.Later,
    script.Record,
    script.Outcome,
)
DURING_TALK = (
    script.Talk,
    script.Later,
    script.HangUp,
    script.Press,
    script.Silence,
    script.Outcome,
)  # what does not end it first


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a call goes otherwise than its script says: the place in the script, a title, facts.

    `step` is the step that the call is at (`clinic/menu`), `verb` the verb that waits there; "" where there is none.
    """

    title: str
    span: Span
    label: str = ""
    notes: tuple[str, ...] = ()
    step: str = ""
    verb: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What came of a call: `story` is the whole of it, `failure` is None if all went as written."""

    script: Script
    call: CallScript
    story: Story
    failure: Failure | None

    @property
    def transcript(self) -> str:
        """The call as far as it went, as lines for a terminal."""
        return transcript(self.story.moments)


def play(written: Script, project: Project, wanted: Callable[[str], bool] = lambda name: True) -> tuple[Result, ...]:
    """Plays the calls of a script whose names are wanted, each on a telephone of its own."""
    return tuple(play_call(written, call, project) for call in written.calls if wanted(call.name))


def play_call(written: Script, call: CallScript, project: Project) -> Result:
    """Plays one call up to its end, or to where it goes otherwise than written."""
    player = Player(project, written.flow, call)
    turn: Turn | None = None
    try:
        player.settle(call.turns)
        for number, turn in enumerate(call.turns):
            take(player, turn, "caller", call.turns[number + 1 :])
    except _Within as within:
        return Result(written, call, player.story, failure_of(player, within, within.turn))
    except Amiss as amiss:
        return Result(written, call, player.story, failure_of(player, amiss, turn))
    return Result(written, call, player.story, None)


class _Within(Amiss):
    """Something went otherwise in a turn of somebody who was dialled."""

    def __init__(self, amiss: Amiss, turn: Turn) -> None:
        super().__init__(amiss.title, *amiss.notes, label=amiss.label, span=amiss.span)
        self.turn = turn


def take(player: Player, turn: Turn, side: Side, ahead: Sequence[Turn]) -> None:
    """One turn: does it, or looks whether it is so. `ahead` are the turns that follow. Raises Amiss."""
    if side == "caller" and not isinstance(turn, DURING_TALK):
        player.finish_talk()
    if isinstance(turn, ACTS):
        player.act(turn, side, ahead)
    if isinstance(turn, script.PickUp):
        for number, inner in enumerate(turn.turns):
            try:
                take(player, inner, "callee", (*turn.turns[number + 1 :], *ahead))
            except Amiss as amiss:
                raise _Within(amiss, inner) from None
        return
    check(player, turn, side)


def failure_of(player: Player, amiss: Amiss, turn: Turn | None) -> Failure:
    """What went otherwise, with the place in the script and the step that the call is at."""
    side: Side = player.story.side if isinstance(player.story, PhoneCall) else "caller"
    steps = player.project.steps(player.story, side) or player.project.steps(player.story)
    waiting = player.story.waiting_for if isinstance(player.story, PhoneCall) else None
    verb = KINDS[type(waiting)] if waiting is not None else ""
    span = amiss.span or (turn.span if turn else player.call.span)
    return Failure(amiss.title, span, amiss.label, amiss.notes, steps[-1] if steps else "", verb)
