"""Checks that steps used as whisper, wait document or callback hold only what Twilio carries out there."""

from collections.abc import Iterable, Mapping

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.report import Report
from engine.diagnostics.source import Span
from engine.grammar.fields import Role
from engine.grammar.overlay import PLACES
from engine.model.parts import Instruction, Target, ToStep, ToWord, Verb
from engine.model.reading.flows import Draft
from engine.model.reading.reader import folded
from engine.model.walk import flow_instructions, instruction_targets, page_targets, walk

CALLED: Mapping[Role, str] = {
    "whisper": "a whisper",
    "queue_whisper": "a whisper",
    "queue_wait": "the wait document of a queue",
    "conference_wait": "the wait document of a conference",
    "callback": "a callback",
}


def check_pages(drafts: Mapping[str, Draft], report: Report, naming: Iterable[str]) -> None:
    """Reports each verb in such a step, and in the steps it leads to, that is not carried out there (F204); `naming` are the flows that name some."""
    seen: dict[Role, set[tuple[str, str]]] = {role: set() for role in PLACES}
    for name in naming:
        for instruction in flow_instructions(drafts[name].flow):
            if isinstance(instruction, Verb):
                for role, target in page_targets(instruction.piece):
                    if role in PLACES and isinstance(target, ToStep):
                        _check_page(drafts, name, role, target, seen[role], report)


def _check_page(
    drafts: Mapping[str, Draft],
    name: str,
    role: Role,
    target: ToStep,
    seen: set[tuple[str, str]],
    report: Report,
) -> None:
    """Looks at the steps from `target` on, but for those `seen` from another: each mistake is told once."""
    waiting = [(target.flow or name, target.step)]
    while waiting:
        flow_name, step = waiting.pop()
        flow = drafts[flow_name].flow if flow_name in drafts else None
        block = flow.steps.get(step or flow.start) if flow else None
        if block is None or (flow_name, step) in seen:
            continue
        seen.add((flow_name, step))
        for instruction in walk(block):
            if isinstance(instruction, Verb):
                verb = instruction.piece.element.name
                if verb not in PLACES[role].verbs:
                    _report(role, verb, instruction.span, target, report)
            for leads in _course(instruction):
                if isinstance(leads, ToStep):
                    waiting.append((leads.flow or flow_name, leads.step))
                elif isinstance(leads, ToWord) and leads.word == "restart":
                    waiting.append((flow_name, ""))
                elif isinstance(leads, ToWord) and leads.word in ("hangup", "leave") and role != "callback":
                    if leads.word not in PLACES[role].verbs:
                        _report(role, leads.word, leads.span, target, report)


def _course(instruction: Instruction) -> tuple[Target, ...]:
    """Where the document may go on: targets of the instruction, and the `action` of its verb."""
    actions: tuple[Target, ...] = ()
    if isinstance(instruction, Verb):
        actions = tuple(target for role, target in page_targets(instruction.piece) if role == "action")
    return (*instruction_targets(instruction), *actions)


def _report(role: Role, verb: str, span: Span, target: ToStep, report: Report) -> None:
    title = f"`{verb}` does nothing in {CALLED[role]}"
    also = (Label(target.span, "the step is used here"),)
    helps = ("a callback holds set, log, branch and redirect",) if role == "callback" else ()
    report.error(
        "F204", title, span, label="not carried out", also=also, notes=(folded(PLACES[role].fact),), helps=helps
    )
