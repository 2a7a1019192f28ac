"""The rule about transcriptions that are asked for before Twilio has made them: L312."""

import re
from collections.abc import Iterator

from engine.diagnostics.source import Span
from engine.model.graph import Tree
from engine.model.lint.survey import Finding, Survey
from engine.model.parts import Block, Verb

_NAMED = re.compile(r"\bparams\.Transcription(?:Text|Status|Sid|Url)\b|\btranscription_(?:text|status|sid|url)\b")
_HELP = "write  transcribe_callback: transcribed  in it, and read\n`params.TranscriptionText` in the step `transcribed`"


def transcribed_later(survey: Survey) -> Iterator[Finding]:
    """A transcription that is read right after its `record`: it is made of the finished recording, and comes minutes later.

    Twilio, TwiML <Record>, `transcribeCallback`: its parameters are only in the request of that callback.

    PASS:
        steps:
          menu:
            - record: {transcribe: true, transcribe_callback: told}
            - say: Goodbye.
          told:
            - log: "{{ params.TranscriptionText }}"

    FAIL:
        steps:
          menu:
            - record: {transcribe: true}
            - log: "{{ params.TranscriptionText }}"
    """
    seen: set[Span] = set()
    for place, number, record in survey.verbs("record"):
        own = place.step in survey.used_as(survey.flow.name, "callback")
        for part in _parts(survey, place, number, record) if not own else ():
            span = _named(part)
            if span is not None and span not in seen:
                seen.add(span)
                title = "a transcription is not known right after its `record`"
                yield Finding(span, title, "comes minutes later", helps=(_HELP,))


def _parts(survey: Survey, place: Tree, number: int, record: Verb) -> Iterator[Span]:
    """What of the files happens with the answer of a record, or right after it."""
    block = place.block
    yield record.piece.span
    if following := block.instructions[number + 1 :]:
        yield Span(block.span.source, following[0].span.start, block.span.end)
    for exit_ in record.exits:
        if not isinstance(exit_.goes, Block):
            goes = survey.resolved(place.step, exit_.goes)
            if goes is not None and goes[1] not in survey.used_as(goes[0], "callback"):
                yield survey.block(*goes)[1].span


def _named(span: Span) -> Span | None:
    """The first name of a parameter of a transcription in a part of a file, but for one in a comment."""
    text = span.source.text
    for found in _NAMED.finditer(text, span.start, span.end):
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if not re.search(r"(^|\s)#", line):
            return Span(span.source, found.start(), found.end())
    return None
