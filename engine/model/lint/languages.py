"""The rule about texts that callers in some language would hear in another: L421."""

from collections.abc import Iterator

from engine.diagnostics.source import Span
from engine.document.layout import quote
from engine.model.flow import Flow
from engine.model.graph import Tree
from engine.model.lint.survey import Finding, Survey
from engine.model.parts import Assign, Block, Instruction, Verb, is_gather
from engine.model.reading.reader import folded, shortened
from engine.model.spoken import Said, default_of, is_worded

LANGUAGE = "language"  # the name by which `set` switches the call

EACH = 10  # texts of a flow that are told one by one for a language; where there are more, how many


def untranslated(survey: Survey) -> Iterator[Finding]:
    """A text that one of the flow's languages lacks: callers in that language hear it in the default language.

    Where a language lacks many texts of a flow, it is told once, at the first. What asks by text for the language, and what
    is said before that in the same list, is in all of them at once.

    PASS:
        languages: {en: {language: en-US}, es: {language: es-US}}
        steps:
          menu:
            - say: {en: Hello., es: Hola.}

    FAIL:
        languages: {en: {language: en-US}, es: {language: es-US}}
        steps:
          menu:
            - say: {en: Hello., es: Hola.}
            - say: Goodbye.
    """
    if len(survey.flow.languages) > 1:
        yield from _in_flow(survey.flow, _asking_for_language(survey))


def _asking_for_language(survey: Survey) -> list[Span]:
    """Where a flow for texts asks in what language it should go on: a reader sees all of them in one message."""
    found: list[Span] = []
    for place in survey.blocks if survey.flow.channel == "messaging" else ():
        instructions = place.block.instructions
        for number, asking in enumerate(instructions):
            if isinstance(asking, Verb) and is_gather(asking) and _sets_language(survey, place, number):
                found += [each.piece.span for each in instructions[: number + 1] if isinstance(each, Verb)]
    return found


def _sets_language(survey: Survey, place: Tree, number: int) -> bool:
    """Whether the answer to the gather at that place of a block decides the language."""
    after: list[Instruction] = list(place.block.instructions[number + 1 :])
    gather = place.block.instructions[number]
    assert isinstance(gather, Verb), "only a gather asks"
    for exit_ in gather.exits:
        if isinstance(exit_.goes, Block):
            after += exit_.goes.instructions
        elif (step := survey.resolved(place.step, exit_.goes)) is not None:
            after += survey.block(*step)[1].instructions
    return any(isinstance(each, Assign) and any(name == LANGUAGE for name, _ in each.values) for each in after)


def _in_flow(flow: Flow, asking: list[Span]) -> Iterator[Finding]:
    wanted = [
        said
        for said in flow.texts
        if said.wanted
        and (not said.words or is_worded(said.text))
        and not any(span.start <= said.span.start and said.span.end <= span.end for span in asking)
    ]
    lacking = {name: [said for said in wanted if name not in said.known] for name in flow.languages}
    many = {name: texts for name, texts in lacking.items() if len(texts) > EACH}
    for name, texts in many.items():
        title = f"`{name}` lacks {len(texts)} texts of `{flow.name}`"
        helps = ("touchtone translations check  lists them all",)
        yield Finding(texts[0].span, title, "the first of them", helps=helps)
    kept = {name for said in flow.texts for name in said.known - said.written}  # in catalogues
    for said in wanted:
        missing = [name for name, texts in lacking.items() if name not in many and name not in said.known]
        if missing:
            yield _missing(said, missing, default_of(flow.languages), kept)


def _missing(said: Said, names: list[str], default: str, kept: set[str]) -> Finding:
    named = ", ".join(f"`{name}`" for name in names)
    missing = f"not in {named}" if len(names) == 1 else f"in none of {named}"
    title = f"this text is {missing}: callers hear it in `{default}`"
    if not said.words:
        title = f"there is no {named} here: callers get what stands in `{default}`"
    written = ", ".join(f"{name}: …" for name in names)
    if said.words and kept.intersection(names):
        helps = (f"translate it in  {', '.join(f'_{name}.po' for name in names if name in kept)}",)
    elif len(said.written) > 1 or not said.words:
        helps = (f"write  {written}  beside the others",)
    else:
        helps = (folded(f"write  {{{default}: {quote(shortened(said.text))}, {written}}}"),)
    return Finding(said.span, title, f"no {named}" if len(names) < 5 else "", helps=helps)
