"""Walks over graphs: what is reached, what is joined, what leads back to itself; over the steps of flows, or whatever has edges."""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Set
from typing import TypeVar

from engine.model.flow import Flow
from engine.model.graph import Step, Way

N = TypeVar("N", bound=Hashable)
E = TypeVar("E")


def closure(starts: Iterable[N], onward: Callable[[N], Iterable[N]], known: set[N] | None = None) -> Iterator[N]:
    """All that `onward` leads to from `starts`, these included, each once; who has seen enough may stop.

    What is `known` is left out with what only it leads to; all that is found becomes known.
    """
    known = set() if known is None else known
    waiting: list[N] = []
    ahead = iter(starts)
    while True:
        for each in ahead:
            if each not in known:
                known.add(each)
                waiting.append(each)
        if not waiting:
            return
        yield (here := waiting.pop())
        ahead = iter(onward(here))


def reachable(
    flows: Mapping[str, Flow],
    starts: Iterable[Step],
    follow: Collection[Way],
    *,
    always: bool = True,
    known: set[Step] | None = None,
) -> Iterator[Step]:
    """The steps that edges of the roles `follow` lead to from `starts`, these included; one of a name that nobody knows too.

    Without `always` what every gather understands leads nowhere; `known` as in `closure`.
    """

    def onward(step: Step) -> Iterator[Step]:
        for edge in flows[step[0]].graph.edges_at(step[1], always=always) if step[0] in flows else ():
            if edge.role in follow and (aim := edge.aim):
                yield named(flows, aim)

    return closure((named(flows, step) for step in starts), onward, known)


def named(flows: Mapping[str, Flow], step: Step) -> Step:
    """A step by its own name, where it may be said as what its flow begins with."""
    return (step[0], flows[step[0]].start) if not step[1] and step[0] in flows else step


def backwards(edges: Mapping[N, Iterable[N]]) -> dict[N, list[N]]:
    """What leads to each."""
    found: dict[N, list[N]] = {}
    for each, others in edges.items():
        for other in others:
            found.setdefault(other, []).append(each)
    return found


def joined(edges: Mapping[N, Iterable[N]]) -> Iterator[list[N]]:
    """The groups of those that are joined by edges, whichever way they lead. Edges lead only to what has an entry itself."""
    beside = {each: list(others) for each, others in edges.items()}
    for each, others in edges.items():
        for other in others:
            beside[other].append(each)
    known: set[N] = set()
    for each in edges:
        if each not in known:
            yield list(closure([each], beside.__getitem__, known))


def round_trip(start: N, onward: Callable[[N], Iterable[tuple[N, E]]]) -> list[E]:
    """The fewest edges by which something leads back to itself, in their order; none if it does not. `onward` gives each with its edge."""
    came: dict[N, list[E]] = {start: []}
    for here in (waiting := [start]):  # grows while it is walked
        for each, edge in onward(here):
            if each == start:
                return [*came[here], edge]
            if each not in came:
                came[each] = [*came[here], edge]
                waiting.append(each)
    return []


def settled(names: Iterable[N], holds: Callable[[N, Set[N]], bool]) -> set[N]:
    """The fewest names for which `holds` is true, given those of them for which it is known to be; more known may not make it false."""
    found: set[N] = set()
    left = list(names)
    while new := {name for name in left if holds(name, found)}:
        found |= new
        left = [name for name in left if name not in new]
    return found
