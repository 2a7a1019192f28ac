"""The documents that Twilio plays outside the caller's own course, and the verbs each allows."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.grammar.fields import Role


@dataclass(frozen=True, slots=True)
class Place:
    """A document with fewer verbs: those Twilio carries out there, a sentence that says so, and what follows."""

    verbs: frozenset[str]
    fact: str
    end: str


def _place(verbs: str, fact: str, end: str) -> Place:
    return Place(frozenset(verbs.split()), fact, end)


PLACES: Mapping[Role, Place] = {
    "whisper": _place(
        "say play pause gather hangup redirect",
        "what the other side of a dial hears may hold say, play, pause, gather, hangup and redirect",
        "the two sides are joined",
    ),
    "queue_whisper": _place(
        "say play pause redirect",
        "what a caller hears on leaving a queue may hold say, play, pause and redirect",
        "the two sides are joined",
    ),
    "queue_wait": _place(
        "say play pause gather hangup leave redirect",
        "what is heard in a queue may hold say, play, pause, gather, hangup, leave and redirect",
        "Twilio asks for it again",
    ),
    "conference_wait": _place(
        "say play pause redirect",
        "what is heard before a conference may hold say, play, pause and redirect",
        "it falls silent; end it with `redirect: repeat`",
    ),
    "callback": _place("", "nobody hears the answer to a callback", "nothing follows"),
}
