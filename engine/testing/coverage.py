"""What there is to test in flows, steps and exits, and how much of it calls have taken."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from engine.diagnostics import Span
from engine.model.flow import Flow
from engine.model.gathers import may_take
from engine.model.graph import OWN, PROJECT, TARGETS
from engine.model.parts import Block
from engine.model.walk import reachable
from engine.phone.story import Story
from engine.program.program import Program
from engine.testing.project import Project

WIDTH = 80


@dataclass(frozen=True, slots=True)
class Place:
    """A step or an exit of a flow: `id` as a trail names it, `text` as a person does, `span` where its name or key is written.

    `group` is what an exit is one of: the place of its instruction, such as `clinic/menu:0`; "" for a step.
    """

    id: str
    flow: str
    step: str
    text: str
    span: Span = field(compare=False)
    group: str = ""

    @property
    def in_always(self) -> bool:
        """Whether it is one of what every gather of the flow understands."""
        return self.group.rpartition(":")[2].startswith((OWN, PROJECT))

    @property
    def line(self) -> int:
        return self.span.source.position(self.span.start)[0]

    @property
    def where(self) -> str:
        """`file:line`."""
        return f"{self.span.source.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Ground:
    """All there is to cover, in the order of the files."""

    steps: tuple[Place, ...]
    exits: tuple[Place, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        return self.steps + self.exits

    def by_flow(self) -> dict[str, "Ground"]:
        """The part of each flow, by its name."""
        parts: dict[str, tuple[list[Place], list[Place]]] = {}
        for number, places in enumerate((self.steps, self.exits)):
            for place in places:
                parts.setdefault(place.flow, ([], []))[number].append(place)
        return {flow: Ground(tuple(steps), tuple(exits)) for flow, (steps, exits) in parts.items()}

    def by_file(self) -> Iterator[tuple[str, "Ground"]]:
        """The part of each flow in each file: that of `_project.yaml` has what its `always` gives the flow."""
        for part in self.by_flow().values():
            for file in dict.fromkeys(place.span.source.path for place in part.places):
                steps = tuple(place for place in part.steps if place.span.source.path == file)
                yield file, Ground(steps, tuple(place for place in part.exits if place.span.source.path == file))

    def of(self, *flows: str) -> "Ground":
        """The part of some flows."""
        return Ground(
            tuple(place for place in self.steps if place.flow in flows),
            tuple(place for place in self.exits if place.flow in flows),
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often each place was taken; a value: `plus` gives another one."""

    ground: Ground
    taken: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def plus(self, project: Project, stories: Iterable[Story]) -> "Coverage":
        """With what these calls and conversations took."""
        counts = Counter(self.taken)
        for story in stories:
            counts.update(project.steps(story))
            counts.update(project.exits(story))
        return replace(self, taken=MappingProxyType(dict(counts)))

    def merged(self, other: "Coverage") -> "Coverage":
        """With what another coverage of the same ground counted."""
        return replace(self, taken=MappingProxyType(dict(Counter(self.taken) + Counter(other.taken))))

    def of(self, *flows: str) -> "Coverage":
        """The part of some flows."""
        return replace(self, ground=self.ground.of(*flows))

    @property
    def missing_steps(self) -> tuple[Place, ...]:
        return tuple(place for place in self.ground.steps if place.id not in self.taken)

    @property
    def missing_exits(self) -> tuple[Place, ...]:
        return tuple(place for place in self.ground.exits if place.id not in self.taken)

    @property
    def percent(self) -> float:
        """Of all steps and exits, how many were taken: from 0 to 100, which it is only if none is missing."""
        places = self.ground.places
        return 100.0 * sum(place.id in self.taken for place in places) / len(places) if places else 100.0


def survey(program: Program) -> Ground:
    """Every step of a program, every exit of the instructions that have a branch, and those of `always` that may be taken."""
    steps: list[Place] = []
    exits: list[Place] = []
    for flow in program.flows.values():
        for name, block in flow.steps.items():
            steps.append(Place(f"{flow.name}/{name}", flow.name, name, name, _named(flow, name, block)))
        taken = True
        for edge in flow.graph.edges:
            if edge.role == "exit":
                if edge.place == OWN:  # its tree comes behind it
                    taken = may_take(flow, flow.always[edge.number])
                if taken:
                    exits.append(Place(edge.id, flow.name, edge.step, edge.text, edge.span, edge.group))
    return Ground(tuple(steps), tuple(exits))


def reached(program: Program) -> frozenset[str]:
    """The steps that targets lead to from the starts of the flows, as `clinic/menu`: not those that only a fault leads to, but for
    a fault of the world."""
    flows = program.flows
    steps = reachable(flows, [(name, flow.start) for name, flow in flows.items()], TARGETS | {"error"})
    return frozenset(f"{name}/{step}" for name, step in steps if name in flows and step in flows[name].steps)


def shown(percent: float) -> str:
    """A percentage in whole numbers: never 100 while something is missing, nor 0 once something was taken."""
    whole = min(99, max(1, round(percent))) if 0 < percent < 100 else round(percent)
    return f"{whole} %"


def table(coverage: Coverage, width: int = WIDTH) -> str:
    """The coverage as text: a line for each flow and one for all, then what is missing with its place."""
    rows = [(flow, replace(coverage, ground=part)) for flow, part in coverage.ground.by_flow().items()]
    wide = max([len("all"), *(len(flow) for flow, _ in rows)])
    lines = [f"{'flow':<{wide}}  {'steps':>9}  {'exits':>9}  {'taken':>6}"]
    for name, part in [*rows, *([("all", coverage)] if len(rows) != 1 else [])]:
        steps = _of(part.ground.steps, part.missing_steps)
        exits = _of(part.ground.exits, part.missing_exits)
        lines.append(f"{name:<{wide}}  {steps:>9}  {exits:>9}  {shown(part.percent):>6}")
    # Of a flow that nobody calls not every place is news.
    idle = [flow for flow, part in rows if len(rows) > 1 and part.ground.steps and not part.percent]
    called = coverage.of(*(flow for flow, _ in rows if flow not in idle))
    missing = [(coverage.ground.of(flow).steps[0], f"all of {flow}") for flow in idle]
    missing += [(place, f"step {place.text}") for place in called.missing_steps]
    missing += [(place, f"exit {place.step}: {place.text}") for place in called.missing_exits]
    if missing:
        lines += ["", "not taken:"]
        # Sorted by where they are written: a step stands before the exits in it.
        missing.sort(key=lambda entry: (entry[0].span.source.path, entry[0].span.start))
        where = max(len(place.where) for place, _ in missing)
        lines += [_cut(f"  {place.where:<{where}}  {named}", width) for place, named in missing]
    return "\n".join(lines)


def lcov(coverage: Coverage) -> str:
    """The coverage in the lcov format (geninfo(1), "Files"): steps and exits as lines, exits as branches."""
    lines: list[str] = []
    for file, part in coverage.ground.by_file():
        hits: dict[int, int] = {}
        for place in part.places:
            hits[place.line] = max(hits.get(place.line, 0), coverage.taken.get(place.id, 0))
        lines += ["TN:", f"SF:{file}"]
        branches = list(_branches(part.exits, coverage.taken))
        lines += [f"BRDA:{line},{group},{number},{taken}" for line, group, number, taken in branches]
        lines += [f"BRF:{len(branches)}", f"BRH:{sum(taken not in ('-', '0') for *_, taken in branches)}"]
        lines += [f"DA:{line},{count}" for line, count in sorted(hits.items())]
        lines += [f"LF:{len(hits)}", f"LH:{sum(count > 0 for count in hits.values())}", "end_of_record"]
    return "".join(f"{line}\n" for line in lines)


def _branches(exits: Iterable[Place], taken: Mapping[str, int]) -> Iterator[tuple[int, int, int, str]]:
    """Line, number of the instruction, number of the exit, times; `-` where the step was never come to."""
    groups: dict[str, int] = {}
    numbers: Counter[str] = Counter()
    for place in exits:
        group = groups.setdefault(place.group, len(groups))
        never = not _come_to(place, taken)
        yield place.line, group, numbers[place.group], "-" if never else str(taken.get(place.id, 0))
        numbers[place.group] += 1


def _come_to(place: Place, taken: Mapping[str, int]) -> bool:
    """Whether a call came to the step of an exit; to any step of the flow, for one of `always`."""
    if place.in_always:
        return any(id_.startswith(f"{place.flow}/") for id_ in taken)
    return f"{place.flow}/{place.step}" in taken


def _named(flow: Flow, name: str, block: Block) -> Span:
    """Where the name of a step is written: right before what it holds."""
    before = flow.source.text[: block.span.start]
    for found in reversed(list(re.finditer(rf"(?<![\w-]){re.escape(name)}(?=[\"']?[ \t]*:)", before))):
        if "#" not in before[before.rfind("\n", 0, found.start()) + 1 : found.start()]:  # not in a comment behind it
            return Span(flow.source, found.start(), found.end())
    return block.span


def _of(all_: tuple[Place, ...], missing: tuple[Place, ...]) -> str:
    return f"{len(all_) - len(missing)}/{len(all_)}"


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 1] + "…"
