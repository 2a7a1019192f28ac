"""Plays a simulated call again on a newer version, to the same place or to where its path ends."""

from collections.abc import Sequence

from engine.simulation.play import Done, Play

_ACTS = {"press": "key", "silence": "silence", "text": "text", "later": "later", "say": "words"}


def sentence(play: Play, wanted: Sequence[Done], *, whole: bool) -> str:
    """How far a call came that was played again; `whole` if it came to the same place."""
    acts = [one for one in wanted if not one.is_answer]
    done = [one for one in play.done if not one.is_answer]
    noun = "key" if all(one.act.kind == "press" for one in acts) else "turn"
    count = f"{len(acts)} {noun}{'s' if len(acts) != 1 else ''}"
    if whole:
        return f"Replayed {count}." if acts else "Called again."
    reached = f"Replayed {len(done)} of {count}"
    if play.cut:
        return f"{reached}: then it took too long."
    if play.pending is not None:
        return f"{reached}: then the flow makes a new external call."
    at = _short(play.step, play.start.flow)
    if len(done) >= len(acts):
        return f"{reached}."
    lost = acts[len(done)]
    if play.over:
        return f"{reached}: then the call ended{f', at {at}' if at else ''}."
    if lost.act.kind in ("press", "say", "text") and lost.keyed:
        return f"{reached}: at {at}, {_words(lost)} no longer leads anywhere."
    there = _short(lost.step, play.start.flow)
    return f"{reached}: {_words(lost)} came at {there}, and the call is now at {at}."


def _words(one: Done) -> str:
    act = one.act
    if one.secret:
        return "the answer"
    if act.kind == "press":
        return act.text
    if act.kind in ("say", "text"):
        return f"“{act.text if len(act.text) <= 40 else act.text[:39] + '…'}”"
    if act.kind in ("silence", "hang_up"):
        return {"silence": "silence", "hang_up": "the hang-up"}[act.kind]
    return f"“{act.text or act.value or act.kind}”"


def _short(step: str, flow: str) -> str:
    return step.removeprefix(f"{flow}/")
