"""Rules about conversations: L211 words that Twilio answers by itself, L212 an answer that nobody replies to."""

import re
from collections.abc import Iterator

from engine.grammar.optout import opts_out
from engine.model.flow import Flow
from engine.model.lint.survey import Finding, Survey
from engine.model.parts import Branch, Exit, Instruction, Verb, is_gather

# On these channels Twilio passes on STOP and HELP like any other words.
_OTHER_CHANNEL = re.compile(r"whatsapp|messenger:|\brcs\b", re.IGNORECASE)


def left_to_twilio(survey: Survey) -> Iterator[Finding]:
    """A key for a word that Twilio answers by itself, as STOP and HELP: alone it never comes to a flow.

    A flow that speaks of WhatsApp, Messenger or RCS is left alone. Between numbers of phones Twilio replies to STOP, STOPALL, UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPTOUT, HELP and
    INFO, and sends nothing more to whoever wrote one of the first eight. With a word more the message comes ("cancel it").

    PASS:
        channel: messaging
        steps:
          menu:
            - gather: {say: "Reply C to confirm, R to change it.", branch: {c: menu, r: menu, else: menu}}

    FAIL:
        channel: messaging
        steps:
          menu:
            - gather: {say: "Reply YES, or CANCEL.", branch: {yes: menu, cancel: menu, else: menu}}
    """
    for place in survey.blocks:
        if "messaging" not in survey.flow.channels or _OTHER_CHANNEL.search(survey.flow.source.text):
            continue
        for instruction in place.block.instructions:
            for exit_ in _about_texts(instruction):
                for key in exit_.keys:
                    if key.kind in ("words", "whole") and (left := opts_out(key.text)):
                        yield Finding(
                            key.span,
                            f"the text `{key.text}` never comes here: Twilio answers it",
                            f"means {left}" if key.text.upper() != left else "",
                            helps=("ask for another word", "or keep it with  # touchtone: ignore[L211]"),
                        )


def no_reply(survey: Survey) -> Iterator[Finding]:
    """A gather in messaging after which an answer that no key takes gets no reply: no `no_match`, no `else`, and nothing after it.

    PASS:
        channel: messaging
        steps:
          menu:
            - gather: {say: "Reply C to confirm.", branch: {c: confirmed}}
            - message: Please call us.
          confirmed:
            - message: See you tomorrow.

    FAIL:
        channel: messaging
        steps:
          menu:
            - gather: {say: "Reply C to confirm.", branch: {c: confirmed}}
          confirmed:
            - message: See you tomorrow.
    """
    for place in survey.blocks:
        if survey.flow.channel != "messaging" or place.followed:
            continue
        last = place.block.instructions[-1] if place.block.instructions else None
        if isinstance(last, Verb) and is_gather(last) and last.exits and not _takes_rest(survey.flow, last):
            yield Finding(
                last.span,
                "an answer that no key takes gets no reply here",
                "nothing follows",
                helps=("write  else: help  in its `branch`", "or write the reply in an instruction below it"),
            )


def _about_texts(instruction: Instruction) -> tuple[Exit, ...]:
    """The exits of a gather, or of a branch by what was written."""
    if isinstance(instruction, Branch):
        return instruction.exits if instruction.on and instruction.on.names & {"message", "answer"} else ()
    return instruction.exits if isinstance(instruction, Verb) and is_gather(instruction) else ()


def _takes_rest(flow: Flow, gather: Verb) -> bool:
    """Whether no answer is left: by name, by a condition that nobody can judge here, or because there is no key at all."""
    exits = (*gather.exits, *flow.always)
    named = any(name in exit_.names for exit_ in exits for name in ("no_match", "else"))
    return named or not any(exit_.keys for exit_ in gather.exits) or any(exit_.when for exit_ in gather.exits)
