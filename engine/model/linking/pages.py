"""Checks that steps used as whisper, wait document or callback hold only what Twilio carries out there."""

from collections.abc import Iterator, Mapping

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.report import Report
from engine.diagnostics.source import Span
from engine.grammar.fields import Role
from engine.grammar.overlay import PLACES
from engine.model.flow import Flow
from engine.model.graph import DOCUMENT, Edge, Node, Step
from engine.model.parts import ToWord, Verb
from engine.model.reading.reader import folded
from engine.model.walk import reachable

CALLED: Mapping[Role, str] = {
    "whisper": "a whisper",
    "queue_whisper": "a whisper",
    "queue_wait": "the wait document of a queue",
    "conference_wait": "the wait document of a conference",
    "callback": "a callback",
}


def check_pages(flows: Mapping[str, Flow], report: Report) -> None:
    """Reports each verb in such a step, and in the steps it leads to, that is not carried out there (F204)."""
    pages = [page for flow in flows.values() for page in flow.graph.pages]
    for role in PLACES:
        seen: set[Step] = set()  # each mistake is told once
        for page in (page for page in pages if page.role == role):
            for name, step in reachable(flows, [page.aim] if page.aim else (), DOCUMENT, always=False, known=seen):
                node = flows[name].graph.steps.get(step) if name in flows else None
                for verb, span in _verbs(node, role) if node else ():
                    if verb not in PLACES[role].verbs:
                        _report(role, verb, span, page, report)


def _verbs(node: Node, role: Role) -> Iterator[tuple[str, Span]]:
    """What is to be carried out in a step, and where it is written: verbs, and words that end a document."""
    for instruction in node.instructions:
        if isinstance(instruction, Verb):
            yield instruction.piece.element.name, instruction.span
    for edge in node.edges if role != "callback" else ():
        if edge.role in DOCUMENT and isinstance(edge.goes, ToWord) and edge.goes.word in ("hangup", "leave"):
            yield edge.goes.word, edge.goes.span


def _report(role: Role, verb: str, span: Span, page: Edge, report: Report) -> None:
    title = f"`{verb}` does nothing in {CALLED[role]}"
    also = (Label(page.span, "the step is used here"),)
    helps = ("a callback holds set, log, branch and redirect",) if role == "callback" else ()
    report.error(
        "F204", title, span, label="not carried out", also=also, notes=(folded(PLACES[role].fact),), helps=helps
    )
