"""Links flows into a project: every target looked up, every name in a template known, every page fit for its place."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.report import Report
from engine.diagnostics.source import Span
from engine.diagnostics.suggest import nearest
from engine.grammar.fields import Address
from engine.grammar.names import NAMES
from engine.grammar.overlay import PLACES
from engine.grammar.templates import check_names
from engine.model.flows import Common, Draft
from engine.model.parts import (
    Block,
    Flow,
    Instruction,
    Piece,
    Project,
    Redirect,
    Target,
    ToStep,
    ToWord,
    Verb,
)
from engine.model.reader import first_line


def link(drafts: Mapping[str, Draft], common: Common, report: Report, env: Iterable[str] = ()) -> Project:
    """The project of the flows that could be read; `env` are the names of the environment that templates may use."""
    for draft in drafts.values():
        _check_start(draft, report)
        for target in flow_targets(draft.flow):
            _check_target(draft, target, drafts, report)
    joined = _joined(drafts)
    for name, draft in drafts.items():
        known = {*NAMES, *(word for other in joined[name] for word in drafts[other].names)}
        for thing in draft.used:
            check_names(thing, known, report, env=tuple(env))
    _check_places(drafts, report)
    keeping = _keeping(drafts)
    return Project({name: replace(draft.flow, keeps=name in keeping) for name, draft in sorted(drafts.items())})


def walk(block: Block) -> Iterator[Instruction]:
    """Every instruction of the block and of the trees in it, in file order."""
    for instruction in block.instructions:
        yield instruction
        for exit_ in getattr(instruction, "exits", ()):
            if isinstance(exit_.goes, Block):
                yield from walk(exit_.goes)


def instruction_targets(instruction: Instruction) -> Iterator[Target]:
    """Where the call itself may go on from an instruction, but for its trees."""
    if isinstance(instruction, Redirect):
        yield instruction.target
    for exit_ in getattr(instruction, "exits", ()):
        if not isinstance(exit_.goes, Block):
            yield exit_.goes


def page_targets(piece: Piece) -> Iterator[tuple[str, Target]]:
    """The targets in URL attributes of a piece and the elements in it, with the role of each."""
    for xml, value in piece.attributes:
        if isinstance(value, Target):
            attribute = next(a for a in piece.element.attributes.values() if a.xml == xml)
            assert isinstance(attribute.field, Address), "only an address is read as a target"
            yield attribute.field.role, value
    for item in piece.content:
        if isinstance(item, Piece):
            yield from page_targets(item)


def flow_targets(flow: Flow) -> Iterator[Target]:
    """Every target written in a flow."""
    if flow.on_error:
        yield flow.on_error
    for step in flow.steps.values():
        for instruction in walk(step):
            yield from instruction_targets(instruction)
            if isinstance(instruction, Verb):
                yield from (target for _, target in page_targets(instruction.piece))


def _check_start(draft: Draft, report: Report) -> None:
    flow = draft.flow
    if draft.start_span is not None and flow.start not in flow.steps:
        _no_step(flow, flow.start, draft.start_span, report)


def _check_target(draft: Draft, target: Target, drafts: Mapping[str, Draft], report: Report) -> None:
    if not isinstance(target, ToStep):
        return
    if target.flow and target.flow not in drafts:
        close = nearest(target.flow, drafts)
        names = ", ".join(sorted(drafts)[:12])
        report.error(
            "F202",
            f"there is no flow named `{target.flow}`",
            target.span,
            label=f"did you mean `{close}`?" if close else "no such flow",
            notes=(f"flows of this project: {names}",),
        )
        return
    flow = drafts[target.flow].flow if target.flow else draft.flow
    if target.step and target.step not in flow.steps:
        elsewhere = next(
            (name for name, other in drafts.items() if target.step in other.flow.steps and not target.flow), None
        )
        _no_step(flow, target.step, target.span, report, elsewhere, target.step in drafts)


def _no_step(
    flow: Flow, step: str, span: Span, report: Report, elsewhere: str | None = None, is_flow: bool = False
) -> None:
    close = nearest(step, flow.steps)
    also = (Label(_key_span(flow, close), "did you mean this step?"),) if close else ()
    names = list(flow.steps)
    shown = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
    helps: tuple[str, ...] = ()
    if is_flow and not close:
        helps = (f"to go on in the flow `{step}` write  {step}/",)
    elif elsewhere and not close:
        helps = (f"to go to that step of the flow `{elsewhere}` write  {elsewhere}/{step}",)
    where = span.source.path != flow.source.path
    title = f"the flow `{flow.name}` has no step named `{step}`" if where else f"there is no step named `{step}`"
    report.error(
        "F201", title, span, label="no such step", also=also, notes=(f"steps of `{flow.name}`: {shown}",), helps=helps
    )


def _key_span(flow: Flow, step: str) -> Span:
    """The place of a step's name, looked for before the step's instructions."""
    block = flow.steps[step]
    start = flow.source.text.rfind(step, 0, block.span.start)
    return Span(flow.source, start, start + len(step)) if start >= 0 else first_line(block.span)


def _edges(drafts: Mapping[str, Draft]) -> dict[str, set[str]]:
    return {
        name: {t.flow for t in flow_targets(draft.flow) if isinstance(t, ToStep) and t.flow in drafts}
        for name, draft in drafts.items()
    }


def _joined(drafts: Mapping[str, Draft]) -> dict[str, set[str]]:
    """For each flow those a call may have come from or go to: their variables may be known in it."""
    groups = {name: {name} for name in drafts}
    for name, others in _edges(drafts).items():
        for other in others:
            if groups[name] is not groups[other]:
                groups[name] |= groups[other]
                for member in groups[other]:
                    groups[member] = groups[name]
    return groups


def _keeping(drafts: Mapping[str, Draft]) -> set[str]:
    """The flows whose calls need a session: those with variables or `back`, and those that lead to such a flow."""
    edges = _edges(drafts)
    keeping = {
        name
        for name, draft in drafts.items()
        if draft.names
        or any(isinstance(t, ToWord) and t.word == "back" for t in flow_targets(draft.flow))
        or any(thing.names - set(NAMES) for thing in draft.used)
    }
    while grown := {name for name, others in edges.items() if others & keeping} - keeping:
        keeping |= grown
    return keeping


def _check_places(drafts: Mapping[str, Draft], report: Report) -> None:
    """Steps used as whisper, wait document or callback hold only what Twilio carries out there."""
    for name, draft in drafts.items():
        for step in draft.flow.steps.values():
            for instruction in walk(step):
                if isinstance(instruction, Verb):
                    for role, target in page_targets(instruction.piece):
                        if role in PLACES and isinstance(target, ToStep):
                            _check_page(drafts, name, role, target, report)


def _check_page(drafts: Mapping[str, Draft], name: str, role: str, target: ToStep, report: Report) -> None:
    place = PLACES[role]  # type: ignore[index]
    waiting, seen = [(target.flow or name, target.step)], set()
    while waiting:
        flow_name, step = waiting.pop()
        flow = drafts[flow_name].flow if flow_name in drafts else None
        block = flow.steps.get(step or flow.start) if flow else None
        if block is None or (flow_name, step) in seen:
            continue
        seen.add((flow_name, step))
        for instruction in walk(block):
            waiting.extend(
                (t.flow or flow_name, t.step) for t in instruction_targets(instruction) if isinstance(t, ToStep)
            )
            if isinstance(instruction, Verb) and instruction.piece.element.name not in place.verbs:
                verb = instruction.piece.element.name
                report.error(
                    "F204",
                    f"`{verb}` may not stand in a step that is used as a page here: {place.fact}",
                    instruction.span,
                    label="not carried out there",
                    also=(Label(target.span, "used here"),),
                )
