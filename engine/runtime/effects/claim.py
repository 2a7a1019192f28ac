"""Sees to it that what a turn asks of the world is done once: also when the request is repeated, and by whichever process."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from msgspec.structs import replace as changed

from engine.runtime.effects.effect import Result
from engine.runtime.effects.journal import Needs
from engine.runtime.session import Pending, Session

LEASE = 13.0  # seconds that a process has for a turn: more than its effects take, and who waits for it can still answer within Twilio's 15
SESSION_SECONDS = 24 * 60 * 60  # callbacks may come long after a call; after a day it is forgotten


@dataclass(frozen=True, slots=True)
class Claim:
    """One process at work on one turn: `owner` is nobody else's, `results` what the world answered it so far.

    `waited` are the seconds that it waited for another owner of the same turn.
    """

    owner: str
    results: Mapping[str, Result] = field(default_factory=dict)
    waited: float = 0.0

    def must_wait(self, pending: Pending, now: float) -> bool:
        """Whether another process is still at work on the turn."""
        return pending.owner != self.owner and pending.until > now + self.waited

    def known(self, pending: Pending | None) -> dict[str, Result]:
        """What the world answered, the process that was at work before included."""
        before = {place: Result(*kept) for place, kept in pending.results.items()} if pending is not None else {}
        return {**before, **self.results}

    def taken(self, before: Session, pending: Pending | None, print_: str, needs: Needs, now: float) -> Session:
        """The session with the note that this process now performs an effect for the turn."""
        results = {place: tuple(result) for place, result in self.known(pending).items()}
        until = max(
            pending.until if pending is not None and pending.owner == self.owner else 0.0, now + self.waited + LEASE
        )
        ours = Pending(print_, self.owner, until, needs.place, results)  # type: ignore[arg-type]
        others = tuple(one for one in before.pending if one is not pending and one.until > now - SESSION_SECONDS)
        return changed(before, pending=(*others, ours), expires=max(before.expires, now + SESSION_SECONDS))

    def released(self, session: Session | None, now: float) -> Session | None:
        """The session with the note that this process is not at work on the turn any more: nobody need wait for it."""
        if session is None:
            return None
        pending = tuple(
            changed(one, until=min(one.until, now)) if one.owner == self.owner else one for one in session.pending
        )
        return session if pending == session.pending else changed(session, pending=pending)

    def with_result(self, place: str, result: Result) -> "Claim":
        """The claim, knowing one more answer."""
        return replace(self, results={**self.results, place: result})


def lost(pending: Pending | None, needs: Needs, claim: Claim | None) -> Result | None:
    """What an effect came to that another process was performing when it was lost; None if it can be performed (again).

    Nobody knows whether it was done. What may be done twice is; anything else would not happen once.
    """
    if pending is None or (claim is not None and pending.owner == claim.owner) or pending.doing != needs.place:
        return None
    if needs.effect.repeatable:
        return None
    return Result("error", {}, "the process that was at this stopped: whether it was done is not known")


NOBODY = Claim("")
