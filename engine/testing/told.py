"""Tells a call that goes otherwise than its script says: the place in the script, the place in the flow, the call so far."""

from engine.diagnostics import Diagnostic, Label, Severity, Span, render_text
from engine.model.parts import Verb
from engine.phone.scripts import Failure, Result
from engine.phone.transcript import visible
from engine.program.program import Program
from engine.testing.coverage import survey

CODE = "F410"
LINES = 40  # of the call so far; those before are left out


def diagnostic(failure: Failure, program: Program) -> Diagnostic:
    """The failure as a finding: in the script, and beside it where the call is in the flow."""
    place = whereabouts(program, failure.step, failure.verb)
    step = failure.step.partition("/")[2]
    words = f"the call waits here, in `{step}`" if failure.verb else "the call came here last"
    also = (Label(place, words),) if place else ()
    return Diagnostic(Severity.ERROR, CODE, failure.title, failure.span, failure.label, also, failure.notes)


def whereabouts(program: Program, step: str, verb: str) -> Span | None:
    """The place of a step (`clinic/menu`): of the one `verb` in it that waits, else of its name; None if there is no such step."""
    flow, _, name = step.partition("/")
    if flow not in program.flows or name not in program.flows[flow].steps:
        return None
    # A conference is waited in, and dialled.
    kind = "dial" if verb == "conference" else verb
    instructions = program.flows[flow].graph.instructions_at(name)
    waiting = [one for one in instructions if isinstance(one, Verb) and one.piece.element.name == kind]
    if len(waiting) == 1:
        return _first_line(waiting[0].span)
    return next(place.span for place in survey(program).steps if place.id == step)


def _first_line(span: Span) -> Span:
    return Span(span.source, span.start, span.start + len(span.text.split("\n", 1)[0].rstrip()))


def told(result: Result, program: Program, *, colour: bool = False) -> str:
    """The failure of a call for people: the finding, then the call so far. Never a stack."""
    assert result.failure is not None, "a call that went as written is not told"
    finding = render_text([diagnostic(result.failure, program)], colour=colour)
    lines = result.transcript.split("\n")
    left_out = ["  …"] if len(lines) > LINES else []
    name = " ".join(visible(result.call.name).split())
    return "\n".join([finding, "", f'so far, in "{name}":', *left_out, *lines[-LINES:]])
