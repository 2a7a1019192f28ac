"""The rule about secret answers that leave the call: L424."""

import re
from collections.abc import Collection, Iterator

from engine.model.lint.survey import Finding, Survey
from engine.model.parts import Block, Instruction, Log, PerformEffect, ToStep, Verb
from engine.model.secrets import secret_variables, secret_verbs, templates_in

_CODE = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_ANSWER = frozenset(("answer", "digits", "speech"))
_SAID = "people next to the caller hear it, and Twilio keeps the text;\nsay that it came, or how many digits: {{ pin | length }}"
_SENT = "texts are kept by Twilio, by carriers, and on the phone;\nleave the answer out"
_LOGGED = "the log shows ••• in its place: leave it out"


def leaves(survey: Survey) -> Iterator[Finding]:
    """A secret answer that is said, sent as a text, or written into the log.

    PASS:
        steps:
          menu:
            - gather: {secret: true, num_digits: 4, save: pin, branch: [{when: answer == '1234', to: right}, {else: menu}]}
          right:
            - say: Thank you.

    FAIL:
        steps:
          menu:
            - gather: {secret: true, num_digits: 4, save: pin}
            - say: "You entered {{ pin }}."
    """
    verbs = secret_verbs(survey.flow)
    if not verbs:
        return
    names, told = secret_variables(survey.flow), set[int]()
    for instruction in survey.flow.graph.instructions:
        yield from _told(instruction, names, told)
    for verb in verbs:
        for exit_ in verb.exits if verb.piece.element.name == "gather" else ():
            block = exit_.goes if isinstance(exit_.goes, Block) else None
            if isinstance(exit_.goes, ToStep):
                flow, step = survey.step_of(exit_.goes)
                block = survey.block(flow, step)[1]
            for instruction in block.instructions if block is not None else ():
                yield from _told(instruction, _ANSWER, told)


def _told(instruction: Instruction, names: Collection[str], told: set[int]) -> Iterator[Finding]:
    where, label, help_ = "", "", ""
    value: object = ()
    match instruction:
        case Verb(piece=piece) if piece.element.name in ("say", "gather"):
            value, where, label, help_ = piece.content, "is said", "said", _SAID
        case Verb(piece=piece) if piece.element.name in ("message", "sms"):
            value, where, label, help_ = piece, "is sent as a text", "sent", _SENT
        case PerformEffect() if instruction.spec.account:
            value, where, label, help_ = dict(instruction.values), "is sent as a text", "sent", _SENT
        case Log(text=text):
            value, where, label, help_ = text, "stands in a line of the log", "masked", _LOGGED
    for one in templates_in(value):
        found = one.names & frozenset(names)
        if id(one) not in told and found and not all(_is_counted(one.text, name) for name in found):
            told.add(id(one))
            yield Finding(one.span, f"a secret answer {where}", label, helps=(help_,))


def _is_counted(text: str, name: str) -> bool:
    """Whether a template only says how long a value is."""
    name = re.escape(name)
    return not re.search(rf"(?<![\w.]){name}(?!\w|\s*\|\s*(?:length|count)\b)", "".join(_CODE.findall(text)))
