"""Rules about questions: L201 silence that ends the call, L203 keys that cannot be pressed, L205 settings that clash, L213 right digits refused."""

import re
from collections.abc import Iterator

from engine.grammar.fields import Role
from engine.model.flow import Flow
from engine.model.gathers import finishes, gathers_of, hears_words, may_give, takes_every
from engine.model.lint.survey import Finding, Survey, given
from engine.model.reading.reader import shortened

# Compared with digits, or with what nobody knows before the call.
_DIFFERS = re.compile(r"""\banswer\s*(?P<sign>!=|not\s+in\b)\s*(?P<other>['"]?[0-9][0-9]*['"]?|[a-z_][\w.]*)""")
_PAGES: tuple[Role, ...] = ("whisper", "queue_whisper", "queue_wait", "conference_wait", "callback")


def silent_end(survey: Survey) -> Iterator[Finding]:
    """A gather after which the call ends when the caller stays silent: no `no_input`, no `else`, and nothing after it.

    In a whisper silence joins the two sides, and in a wait document Twilio asks again; there it is no doubt.

    PASS:
        steps:
          menu:
            - gather: {say: For sales press 1., branch: {1: sales, else: sales}}
          sales:
            - say: This is sales.

    FAIL:
        steps:
          menu:
            - gather: {say: For sales press 1., branch: {1: sales}}
          sales:
            - say: This is sales.
    """
    pages = survey.used_as(survey.flow.name, *_PAGES)
    for place, number, verb in survey.verbs("gather"):
        if place.step in pages:
            continue
        if place.followed or number < len(place.block.instructions) - 1:
            continue
        own = {name for exit_ in verb.exits for name in exit_.names}
        shared = {name for exit_ in survey.flow.always for name in exit_.names}
        # What takes every answer has nothing of `always` but its silence.
        if {"no_input", "else"} & (own | (shared & {"no_input"} if takes_every(verb) else shared)):
            continue
        comes_back = verb.branches or verb.save is not None
        if not comes_back and given(verb, "actionOnEmptyResult") == "true" and given(verb, "action") is not None:
            continue
        add = "in its `branch`" if verb.branches else "in a `branch`"
        yield Finding(
            verb.span,
            "when the caller says and presses nothing, the call ends here",
            "nothing follows",
            helps=(f"write  else: operator  {add}", "or say what comes next in an instruction below it"),
        )


def impossible_key(survey: Survey) -> Iterator[Finding]:
    """A key of a gather that nobody can press: more digits than `num_digits` takes, or the key that finishes the input.

    So too a key of `always` that no gather of the flow can be given: words, where none takes speech.

    PASS:
        steps:
          menu:
            - gather: {say: Enter your code., num_digits: 3, branch: {123: sales, else: sales}}
          sales:
            - say: This is sales.

    FAIL:
        steps:
          menu:
            - gather: {say: Enter your code., num_digits: 1, branch: {123: sales, else: sales}}
          sales:
            - say: This is sales.
    """
    for _, _, verb in survey.verbs("gather"):
        if "speech" in (given(verb, "input") or ""):
            continue
        most, finish = given(verb, "numDigits"), given(verb, "finishOnKey")
        for exit_ in verb.exits:
            for key in exit_.keys:
                if key.kind != "digits":
                    continue
                if most and most.isdecimal() and len(key.text) > int(most):
                    title = f"nobody can press `{key.text}`: `num_digits` is {most}"
                    yield Finding(key.span, title, "too many digits", helps=(f"write  num_digits: {len(key.text)}",))
                elif finish and finish in key.text:
                    title = f"nobody can press `{key.text}`: `{finish}` is the key that finishes"
                    helps = ("write  finish_on_key: ''  and no key finishes",)
                    yield Finding(key.span, title, "ends the input", helps=helps)
    if "messaging" not in survey.flow.channels:  # there anything can be written
        yield from _never_understood(survey.flow)


def _never_understood(flow: Flow) -> Iterator[Finding]:
    """The keys of a flow's own `always` that can be pressed or said at none of its gathers; a word beside another key may wait."""
    gathers = gathers_of(flow)
    for exit_ in flow.always:
        if exit_.span.source is not flow.source:
            continue
        dead = [key for key in exit_.keys if not any(may_give(gather, key) for gather in gathers)]
        for key in dead:
            if key.kind == "words" and len(dead) < len(exit_.keys):
                continue
            does = "say" if key.kind == "words" else "press"
            helps = (f"write  num_digits: {len(key.text)}  in a gather",)
            if not gathers:
                helps = ("leave it out, or ask the caller something",)
            elif key.kind == "words":
                helps = ("write  input: dtmf speech  in a gather",)
            elif all(finishes(gather, key.text) for gather in gathers):
                helps = ("write  finish_on_key: ''  in a gather, and no key finishes",)
            title = f"no gather of this flow takes `{shortened(key.text)}`"
            yield Finding(key.span, title, f"nobody can {does} it", helps=helps)


def refused_digits(survey: Survey) -> Iterator[Finding]:
    """A condition that a right number meets by the way it was said: `answer != pin` holds for `1 2 3 4` and for `1234.`.

    Such an answer is compared as it came, and then as its digits alone; what must differ already differs at first.

    PASS:
        takes: {pin: required}
        steps:
          menu:
            - gather:
                say: Enter your pin.
                input: dtmf speech
                branch: [{when: (answer | bare_digits) != pin, to: menu}, {else: hangup}]

    FAIL:
        takes: {pin: required}
        steps:
          menu:
            - gather:
                say: Enter your pin.
                input: dtmf speech
                branch: [{when: answer != pin, to: menu}, {else: hangup}]
    """
    for _, _, verb in survey.verbs("gather"):
        if "messaging" not in survey.flow.channels and not hears_words(verb):
            continue
        for exit_ in verb.exits:
            found = _DIFFERS.search(exit_.when.text) if exit_.when else None
            if found and "bare_digits" not in found.string:
                yield Finding(
                    exit_.span,
                    f"`{shortened(found[0], 20)}` also holds for the right digits, said as `1 2 3 4`",
                    "differs as it was said",
                    helps=(f"write  (answer | bare_digits) {found['sign']} {shortened(found['other'], 20)}",),
                )


def clash(survey: Survey) -> Iterator[Finding]:
    """Settings of a gather that do not go together: with a `speech_model` Twilio wants `speech_timeout` in seconds.

    Twilio, TwiML <Gather> `speechTimeout`, and error 13335, which is written for every call.

    PASS:
        steps:
          menu:
            - gather: {say: Who is it?, input: speech, speech_model: phone_call, speech_timeout: 2, save: name}
            - say: Hello {{ name }}.

    FAIL:
        steps:
          menu:
            - gather: {say: Who is it?, input: speech, speech_model: phone_call, speech_timeout: auto, save: name}
            - say: Hello {{ name }}.
    """
    for _, _, verb in survey.verbs("gather"):
        if "speech" in (given(verb, "input") or "") and given(verb, "speechTimeout") == "auto":
            if model := given(verb, "speechModel"):
                yield Finding(
                    verb.span,
                    f"`speech_timeout: auto` does not go with `{shortened(model, 22)}`",
                    "Twilio wants seconds here",
                    helps=("write  speech_timeout: 2", "or leave `speech_model` out"),
                )
