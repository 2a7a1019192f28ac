"""What a call came past: the trails of its answers, as far as the telephone carried them out."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from xml.parsers.expat import ExpatError, ParserCreate

from engine.phone.story import Story
from engine.phone.tape import Side
from engine.runtime.trail import Entered, Said, Took, Trail, heard


class Answered(NamedTuple):
    """An answer to a telephone under test, and the trail of the turn that gave it."""

    body: bytes
    trail: Trail

    @property
    def places(self) -> Sequence[tuple[int, Entered | Took]]:
        """The steps and exits of what is heard, each with the number of elements of the document that stand before it."""
        found = [event for event in heard(self.trail) if isinstance(event, Entered | Took)]
        begins = _begins(self.body) if found else ()
        return [(bisect_left(begins, event.at), event) for event in found]

    @property
    def said(self) -> Sequence[tuple[int, Said]]:
        """The instructions that wrote what is heard, each with the number of elements of the document that stand before it."""
        found = [event for event in heard(self.trail) if isinstance(event, Said)]
        begins = _begins(self.body) if found else ()
        return [(bisect_left(begins, event.at), event) for event in found]


def lived(story: Story, answers: Mapping[str, Answered], side: Side | None = None) -> Iterator[Entered | Took]:
    """The steps and exits that a call or conversation came past, in order; `answers` by the tokens of their requests.

    With `side` those that one side of the line came to; without it also those that begin an answer which nobody heard (callbacks).
    """
    come: dict[tuple[str, Side], int] = {}
    for token, elements, where, is_heard, _ in story.passed:
        answered = answers.get(token)
        if answered is None or not (side is None or (is_heard and side == where)):
            continue
        since = come.get((token, where), -1)
        come[token, where] = elements
        for before, event in answered.places:
            if since < before <= elements:
                yield event


@lru_cache(maxsize=512)
def _begins(body: bytes) -> tuple[int, ...]:
    """Where the elements of a document begin, in bytes; none of what is no XML, which nobody carries out."""
    begins: list[int] = []
    depth = 0
    parser = ParserCreate()

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth == 2:
            begins.append(parser.CurrentByteIndex)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(body, True)
    except ExpatError:
        return ()
    return tuple(begins)
